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

// Each row of testdata/faults.md names tests that exist and have its number.
func TestFaultMatrix(t *testing.T) {
	sources := map[string]string{} // of each top-level test, the file that it is in
	files, err := filepath.Glob("*_test.go")
	require.NoError(t, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, match := range regexp.MustCompile(`(?m)^func (Test\w+)\(`).FindAllStringSubmatch(string(text), -1) {
			sources[match[1]] = string(text)
		}
	}
	text, err := os.ReadFile("testdata/faults.md")
	require.NoError(t, err)
	matrix, _, ok := strings.Cut(string(text), "## Not in the matrix")
	require.True(t, ok)
	rows := 0
	for _, row := range regexp.MustCompile(`(?m)^\| ([A-J]\d+) \|.* \| (.*) \|$`).FindAllStringSubmatch(matrix, -1) {
		number, tests := row[1], row[2]
		if tests == "-" {
			continue // not implemented yet
		}
		rows++
		for name := range strings.SplitSeq(tests, ", ") {
			parts := strings.Split(strings.Trim(name, "`"), "/")
			source, ok := sources[parts[0]]
			require.True(t, ok, "%s: %s", number, name)
			if len(parts) > 1 {
				literal := strings.ReplaceAll(parts[len(parts)-1], "_", " ")
				assert.Contains(t, source, `"`+literal, "%s: %s", number, name)
				assert.Contains(t, literal, number+" ", name)
			}
		}
	}
	assert.Greater(t, rows, 90)
}
