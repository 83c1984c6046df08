package ci_test

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	link        = regexp.MustCompile(`\]\(\s*<?([^)\s>]+)[^)]*\)|(?m:^\[[^\]]+\]:\s*(\S+))|(?:src|href)="([^"]+)"`)
	heading     = regexp.MustCompile(`(?m)^#+ (.*)$`)
	punctuation = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// The files and headings that Markdown links to exist. Other sites are not
// visited.
func TestMarkdownLinks(t *testing.T) {
	pages := files(t, ".md")
	for path, page := range pages {
		pages[path] = fence.ReplaceAllString(page, "")
	}
	for path, page := range pages {
		for _, match := range link.FindAllStringSubmatch(page, -1) {
			address := match[1] + match[2] + match[3] // all but one are empty
			target, anchor, anchored := strings.Cut(address, "#")
			if strings.Contains(target, ":") {
				continue
			}
			file := path
			if target != "" {
				file = filepath.Join(filepath.Dir(path), target)
			}
			_, err := os.Stat(file)
			assert.True(t, err == nil && filepath.IsLocal(file), "%s links to %s", path, address)
			if anchored {
				assert.Contains(t, anchors(pages[file]), anchor, "%s links to %s", path, address)
			}
		}
	}
}

// anchors returns the anchors that forges give to the headings of a page.
func anchors(page string) []string {
	var all []string
	for _, match := range heading.FindAllStringSubmatch(page, -1) {
		all = append(all, strings.ReplaceAll(punctuation.ReplaceAllString(strings.ToLower(match[1]), ""), " ", "-"))
	}
	return all
}

const module = "github.com/aitronos/freddy-go"

// A name in brackets in a comment is a link. In go/doc's Markdown, its brackets are
// escaped if the name does not exist in the package, and it points to /IMPORT/PATH#Name
// if it is a name of another one.
var (
	deadLink  = regexp.MustCompile(`(?:^|\s)\\\[(\*?(?:[a-z]\w*\.)?[A-Z][\w.]*)\\?\]`)
	otherLink = regexp.MustCompile(`\]\(/(` + module + `[^)#]*)#(?:(\w+)\.)?(\w+)\)`)
)

// The names that doc comments link to exist.
func TestCommentLinks(t *testing.T) {
	listing, err := exec.CommandContext(t.Context(), "go", "list", "-f", `{{if ne .Name "main"}}{{.ImportPath}}{{end}}`, "./...").Output()
	require.NoError(t, err)
	packages := make(map[string]*doc.Package)
	comments := make(map[string][]*ast.CommentGroup)
	for path := range strings.FieldsSeq(string(listing)) {
		packages[path], comments[path] = parse(t, path)
	}
	for path, pkg := range packages {
		for _, comment := range comments[path] {
			text := string(pkg.Markdown(comment.Text()))
			for _, match := range deadLink.FindAllStringSubmatch(text, -1) {
				assert.Fail(t, "a name that does not exist", "%s: [%s]", path, match[1])
			}
			for _, match := range otherLink.FindAllStringSubmatch(text, -1) {
				other := packages[match[1]]
				assert.True(t, other != nil && other.Parser().LookupSym(match[2], match[3]), "%s links to %s", path, match[0])
			}
		}
	}
}

// parse returns the package of an import path of this module, and its comments.
func parse(t *testing.T, path string) (*doc.Package, []*ast.CommentGroup) {
	names, err := filepath.Glob(filepath.Join("."+strings.TrimPrefix(path, module), "*.go"))
	require.NoError(t, err)
	set := token.NewFileSet()
	var all []*ast.File
	var comments []*ast.CommentGroup
	for _, name := range names {
		file, err := parser.ParseFile(set, name, nil, parser.ParseComments)
		require.NoError(t, err)
		all = append(all, file)
		if !strings.HasSuffix(name, "_test.go") {
			comments = append(comments, file.Comments...)
		}
	}
	pkg, err := doc.NewFromFiles(set, all, path, doc.PreserveAST)
	require.NoError(t, err)
	return pkg, comments
}
