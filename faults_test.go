package freddy_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Each row of testdata/faults.md names tests that exist. Those of a row with a
// number have the number as the prefix of their rows.
func TestFaultMatrix(t *testing.T) {
	text, err := os.ReadFile("testdata/faults.md")
	require.NoError(t, err)
	matrix, others, ok := strings.Cut(string(text), "## Not in the matrix")
	require.True(t, ok)
	others, _, ok = strings.Cut(others, "\n## ")
	require.True(t, ok)

	source := sources{}
	rows := regexp.MustCompile(`(?m)^\| ([A-J]\d+) \|.* \| (.*) \|$`).FindAllStringSubmatch(matrix, -1)
	assert.Greater(t, len(rows), 100)
	for _, row := range rows {
		source.require(t, row[2], row[1]+" ")
	}
	rows = regexp.MustCompile(`(?m)^\| (.*) \|.* \| (`+"`"+`.*) \|$`).FindAllStringSubmatch(others, -1)
	assert.Greater(t, len(rows), 15)
	for _, row := range rows {
		source.require(t, row[2], "")
	}
}

// require requires that tests, a cell of the matrix, exist, and that the names
// of their rows contain a prefix.
func (s sources) require(t *testing.T, tests, prefix string) {
	t.Helper()
	for name := range strings.SplitSeq(tests, ", ") {
		dir, name, ok := strings.Cut(strings.Trim(name, "`"), ": ")
		if !ok {
			dir, name = ".", dir
		}
		top, rest, nested := strings.Cut(name, "/")
		source := s.of(t, dir, top)
		require.NotEmpty(t, source, "no test %s", name)
		if !nested {
			continue
		}
		for part := range strings.SplitSeq(rest, "/") {
			part = strings.ReplaceAll(part, "_", " ")
			assert.Contains(t, source, `"`+part, name)
			rest = part
		}
		assert.Contains(t, rest, prefix, name)
	}
}

// sources are the test files of packages, by directory.
type sources map[string][]string

// of returns the file of a top-level test.
func (s sources) of(t *testing.T, dir, test string) string {
	t.Helper()
	if s[dir] == nil {
		files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
		require.NoError(t, err)
		for _, file := range files {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			s[dir] = append(s[dir], string(text))
		}
	}
	for _, text := range s[dir] {
		if strings.Contains(text, "\nfunc "+test+"(") {
			return text
		}
	}
	return ""
}
