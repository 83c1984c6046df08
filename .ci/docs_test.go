// Package ci_test checks the documentation. The other tests do not need it, so
// `go test ./...` leaves it out:
//
//	go test -count=1 ./.ci
//
// The cache of test results does not notice a change of a page.
package ci_test

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
)

func TestMain(m *testing.M) {
	if err := os.Chdir(".."); err != nil { // all paths start at the root
		panic(err)
	}
	os.Unsetenv("FREDDY_API_KEY") // no command calls the real API
	os.Exit(m.Run())
}

// files returns the contents of all files with the extension, by path.
func files(t *testing.T, extension string) map[string]string {
	all := make(map[string]string)
	require.NoError(t, filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && entry.Name() == ".git" {
			return filepath.SkipDir
		}
		if err != nil || entry.IsDir() || filepath.Ext(path) != extension {
			return err
		}
		content, err := os.ReadFile(path)
		all[path] = string(content)
		return err
	}))
	require.NotEmpty(t, all)
	return all
}

// A block is fenced code of a page.
type block struct {
	line     int
	language string
	code     string
	of       *block // the block whose output this one is: the one right above, if this one has no language
	output   string // of a program that has run
}

var fence = regexp.MustCompile("(?ms)^ *```(\\w*)\n(.*?)^ *```$")

func blocks(page string) []*block {
	var found []*block
	end := 0
	for _, at := range fence.FindAllStringSubmatchIndex(page, -1) {
		b := &block{strings.Count(page[:at[0]], "\n") + 1, page[at[2]:at[3]], page[at[4]:at[5]], nil, ""}
		if b.language == "" && len(found) > 0 && strings.TrimSpace(page[end:at[0]]) == "" {
			b.of = found[len(found)-1]
		}
		found, end = append(found, b), at[1]
	}
	return found
}

// isProgram reports whether a block is a whole program.
func (b *block) isProgram() bool {
	return b.language == "go" && strings.HasPrefix(b.code, "package main\n")
}

// Code in the documentation is a whole program, or a copy of code that is compiled and
// tested. Output is what the program, a test or a command prints.
func TestBlocks(t *testing.T) {
	sources := files(t, ".go")
	for path, page := range files(t, ".md") {
		if path == "CHANGELOG.md" {
			continue // it may show how older versions were used
		}
		for _, b := range blocks(page) {
			t.Run(fmt.Sprintf("%s:%d", path, b.line), func(t *testing.T) {
				switch {
				case b.isProgram():
					b.output = runProgram(t, b.code)
				case b.of != nil && b.of.isProgram():
					assert.Equal(t, b.of.output, b.code)
				case b.language == "go":
					assert.NotEmpty(t, filesWith(sources, b.code),
						"no Go file has these lines; copy the block from an Example or a program:\n%s", b.code)
				case b.of != nil && b.of.language == "go":
					assert.True(t, printed(sources, b), "no Output comment or testdata beside the code has these lines:\n%s", b.code)
				case b.of != nil && b.of.language == "sh":
					output, err := exec.CommandContext(t.Context(), "sh", "-ec", b.of.code).Output()
					require.NoError(t, err)
					assert.Equal(t, b.code, string(output), "the output of\n%s", b.of.code)
				default: // text is for blocks that nothing can check
					assert.Contains(t, []string{"sh", "text"}, b.language)
				}
			})
		}
	}
}

// filesWith returns the files that contain the lines of code.
func filesWith(sources map[string]string, code string) []string {
	var paths []string
	for path, source := range sources {
		if strings.Contains(lines(source), lines(code)) {
			paths = append(paths, path)
		}
	}
	return paths
}

// printed reports whether a file with the code of a block has the output in an
// Output comment, or a golden file beside it does.
func printed(sources map[string]string, output *block) bool {
	comment := "// Output:\n"
	for line := range strings.Lines(output.code) {
		comment += "// " + line
	}
	for _, path := range filesWith(sources, output.of.code) {
		if strings.Contains(lines(sources[path]), lines(comment)) {
			return true
		}
		golden, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "testdata", "*"))
		for _, file := range golden {
			if content, _ := os.ReadFile(file); string(content) == output.code {
				return true
			}
		}
	}
	return false
}

// lines removes indentation, in which a block may differ from its source.
func lines(code string) string {
	all := strings.Split(strings.Trim(code, "\n"), "\n")
	for i, line := range all {
		all[i] = strings.TrimSpace(line)
	}
	return "\n" + strings.Join(all, "\n") + "\n"
}

// The README is short, and names the Go release and the modules that a program needs.
func TestREADME(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	assert.LessOrEqual(t, len(readme), 12<<10)

	output, err := exec.CommandContext(t.Context(), "go", "list", "-deps",
		"-f", "{{with .Module}}{{if .Main}}/go-{{.GoVersion}}{{else}}{{.Path}}{{end}}{{end}}", ".", "./schema").Output()
	require.NoError(t, err)
	for name := range strings.FieldsSeq(string(output)) {
		name = regexp.MustCompile(`^github\.com/(hashicorp/)?|/v\d+$|\.0$`).ReplaceAllString(name, "")
		if !strings.Contains(string(readme), name) {
			assert.Fail(t, "not in the README", name)
		}
	}
}

// The version, the changelog and the tag of HEAD agree.
func TestVersion(t *testing.T) {
	changelog, err := os.ReadFile("CHANGELOG.md")
	require.NoError(t, err)
	heading := regexp.MustCompile(`(?m)^## \[?([^\]\s]+)`).FindSubmatch(changelog)
	require.NotNil(t, heading)
	assert.Equal(t, freddy.Version, string(heading[1]), "the top heading of CHANGELOG.md")

	tags, err := exec.CommandContext(t.Context(), "git", "tag", "--points-at", "HEAD", "v*").Output()
	require.NoError(t, err)
	for tag := range strings.Lines(string(tags)) {
		assert.Equal(t, "v"+freddy.Version+"\n", tag, "a tag of HEAD")
	}
}
