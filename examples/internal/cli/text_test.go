package cli_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/aitronos/freddy-go/examples/internal/cli"
)

func TestTable(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		rows  [][]string
		width int
		want  string
	}{
		{"none", nil, 0, ""},
		{"aligned", [][]string{{"A", "B", "C"}, {"long", "", "x"}}, 0, "A     B  C\nlong     x\n"},
		{"no blanks at the end", [][]string{{"A", "B"}, {"long", ""}}, 0, "A     B\nlong\n"},
		{"rows that differ", [][]string{{"A"}, {"b", "c"}}, 0, "A\nb  c\n"},
		{"runes, not bytes", [][]string{{"é", "x"}, {"ab", "y"}}, 0, "é   x\nab  y\n"},
		{"escapes are counted", [][]string{{"\n", "x"}, {"abc", "y"}}, 0, "\\n   x\nabc  y\n"},
		{"fits", [][]string{{"abcdefgh", "abcdefgh"}}, 18, "abcdefgh  abcdefgh\n"},
		{"the second gives first", [][]string{{"abcdefgh", "abcdefgh"}}, 17, "abcdefgh  abcdef…\n"},
		{"the widest gives first", [][]string{{"a", "abcdefgh", "abcdefghijkl"}}, 21, "a  abcdefgh  abcdefg…\n"},
		{"the first gives last", [][]string{{"abcdefgh", "abcdefgh"}}, 12, "abcde…  abc…\n"},
		{"no column vanishes", [][]string{{"abcdefgh", "abcdefgh", "a"}}, 1, "abc…  abc…  a\n"},
		{"a cell is cut alone", [][]string{{"a", "short"}, {"b", "much longer"}}, 10, "a  short\nb  much l…\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tt.want, cli.Table(tt.rows, tt.width))
		})
	}
}

func TestWidth(t *testing.T) {
	t.Parallel()
	for columns, want := range map[string]int{"": 0, "50": 50, "0": 0, "-3": 0, "wide": 0} {
		assert.Equal(t, want, cli.Width(nil, func(string) string { return columns }), columns)
	}
}
