package redact_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go/internal/redact"
)

func TestSingleLineEscapes(t *testing.T) {
	for in, want := range map[string]string{
		"plain text, as it is":     "plain text, as it is",
		"zwölf €":                  "zwölf €",
		"two\nlines\r\n\ttab":      `two\nlines\r\n\ttab`,
		"\x1b[31mred\x1b[0m":       `\x1b[31mred\x1b[0m`,
		"a\u202eb\u2066c\u200fd":   `a\u202eb\u2066c\u200fd`,
		"line\u2028par\u2029":      `line\u2028par\u2029`,
		"bad \xff\xfe utf":         `bad \xff\xfe utf`,
		"\uFFFD itself":            "\uFFFD itself",
		"nul\x00 del\x7f c1\u0085": `nul\x00 del\x7f c1\u0085`,
	} {
		assert.Equal(t, want, redact.SingleLine(in, 100), "%q", in)
	}
}

func TestSingleLineLimit(t *testing.T) {
	for _, s := range []string{
		strings.Repeat("a", 2000), strings.Repeat("é", 2000), strings.Repeat("\u202e", 2000), strings.Repeat("\xff", 2000),
	} {
		for limit := 3; limit < 40; limit++ {
			got := redact.SingleLine(s, limit)
			assert.LessOrEqual(t, len(got), limit)
			assert.True(t, utf8.ValidString(got))
			assert.True(t, strings.HasSuffix(got, "..."))
		}
	}
	assert.Equal(t, "abc", redact.SingleLine("abc", 3))
	assert.Equal(t, "...", redact.SingleLine("abcd", 3))
	assert.Equal(t, "a...", redact.SingleLine("abcde", 4))
	assert.Equal(t, "éé", redact.SingleLine("éé", 4))
}

func FuzzSingleLine(f *testing.F) {
	f.Add("two\nlines \xff", 8)
	f.Fuzz(func(t *testing.T, s string, limit int) {
		if limit < 3 {
			return
		}
		line := redact.SingleLine(s, limit)
		require.LessOrEqual(t, len(line), limit)
		require.True(t, utf8.ValidString(line))
		require.NotContains(t, line, "\n")
	})
}
