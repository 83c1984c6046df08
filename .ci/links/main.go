// Links checks that what the documentation points to is there: the files and
// headings that Markdown links to, and the names in brackets in the comments of
// the packages that users import. Addresses outside the repository are not asked.
//
//	go run ./.ci/links
package main

import (
	"fmt"
	"go/ast"
	"go/doc"
	"go/doc/comment"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

func main() {
	var broken []string
	links := 0
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.Name() == ".git" {
			return skip(entry, err)
		}
		if !entry.IsDir() && strings.HasSuffix(path, ".md") {
			n, bad := markdown(path)
			links, broken = links+n, append(broken, bad...)
		}
		return nil
	})
	if err != nil {
		broken = append(broken, err.Error())
	}
	for _, folder := range []string{".", "freddytest"} {
		n, bad := comments(folder)
		links, broken = links+n, append(broken, bad...)
	}
	if len(broken) > 0 || links == 0 {
		fmt.Fprintln(os.Stderr, strings.Join(append(broken, "links that lead nowhere"), "\n"))
		os.Exit(1)
	}
	fmt.Println(links, "links lead somewhere")
}

func skip(entry fs.DirEntry, err error) error {
	if err == nil && entry.IsDir() {
		return filepath.SkipDir
	}
	return err
}

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	noSlug  = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
	fence   = regexp.MustCompile("(?ms)^```.*?^```")
)

// markdown returns how many links a page has, and those that lead nowhere.
func markdown(path string) (links int, broken []string) {
	for _, match := range link.FindAllStringSubmatch(page(path), -1) {
		target, anchor, anchored := strings.Cut(match[1], "#")
		if strings.Contains(target, ":") {
			continue
		}
		links++
		file := path
		if target != "" {
			file = filepath.Join(filepath.Dir(path), target)
		}
		if _, err := os.Stat(file); err != nil || anchored && !hasHeading(file, anchor) {
			broken = append(broken, path+": "+match[1])
		}
	}
	return links, broken
}

// page is the text of a page without its blocks of code.
func page(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return fence.ReplaceAllString(string(text), "")
}

// hasHeading looks for the heading that an anchor names, as forges spell it.
func hasHeading(path, anchor string) bool {
	for _, match := range heading.FindAllStringSubmatch(page(path), -1) {
		slug := strings.ReplaceAll(noSlug.ReplaceAllString(strings.ToLower(match[1]), ""), " ", "-")
		if slug == anchor {
			return true
		}
	}
	return false
}

// plain is a name in brackets that go/doc has not made a link, since there is
// no such name.
var plain = regexp.MustCompile(`\[\*?([A-Z]\w*(\.\w+)?|[a-z]\w*\.[A-Z]\w*)\]`)

// comments returns how many links the comments of a package have, and those that
// lead nowhere.
func comments(folder string) (links int, broken []string) {
	set := token.NewFileSet()
	var files []*ast.File
	names, _ := filepath.Glob(filepath.Join(folder, "*.go"))
	for _, name := range names {
		file, err := parser.ParseFile(set, name, nil, parser.ParseComments)
		if err != nil {
			return 0, []string{err.Error()}
		}
		files = append(files, file)
	}
	pkg, err := doc.NewFromFiles(set, files, folder, doc.AllDecls)
	if err != nil {
		return 0, []string{err.Error()}
	}
	read := func(text string) {
		n, bad := linksIn(pkg.Parser().Parse(text))
		links += n
		for _, name := range bad {
			broken = append(broken, folder+": "+name)
		}
	}
	read(pkg.Doc)
	for _, values := range [][]*doc.Value{pkg.Consts, pkg.Vars} {
		for _, v := range values {
			read(v.Doc)
		}
	}
	for _, f := range pkg.Funcs {
		read(f.Doc)
	}
	for _, t := range pkg.Types {
		read(t.Doc)
		for _, f := range append(t.Funcs, t.Methods...) {
			read(f.Doc)
		}
		for _, v := range append(t.Consts, t.Vars...) {
			read(v.Doc)
		}
	}
	return links, broken
}

// linksIn finds the links of one comment, and the names that are none.
func linksIn(text *comment.Doc) (links int, broken []string) {
	walk := func(texts []comment.Text) {
		for _, t := range texts {
			switch t := t.(type) {
			case *comment.DocLink:
				links++
			case comment.Plain:
				broken = append(broken, plain.FindAllString(string(t), -1)...)
			}
		}
	}
	var blocks func(content []comment.Block)
	blocks = func(content []comment.Block) {
		for _, b := range content {
			switch b := b.(type) {
			case *comment.Paragraph:
				walk(b.Text)
			case *comment.List:
				for _, item := range b.Items {
					blocks(item.Content)
				}
			}
		}
	}
	blocks(text.Content)
	return links, broken
}
