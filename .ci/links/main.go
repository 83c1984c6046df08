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
	"sync"
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
	for path, pkg := range packages() {
		n, bad := comments(pkg)
		for _, name := range bad {
			broken = append(broken, path+": "+name)
		}
		links += n
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
	link    = regexp.MustCompile(`\]\(\s*<?([^)\s>]+)[^)]*\)|(?m:^\[[^\]]+\]:\s*(\S+))`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	noSlug  = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
	fence   = regexp.MustCompile("(?ms)^ *```.*?^ *```")
)

// markdown returns how many links a page has, and those that lead nowhere.
func markdown(path string) (links int, broken []string) {
	for _, match := range link.FindAllStringSubmatch(page(path), -1) {
		address := match[1] + match[2] // one of them is empty
		target, anchor, anchored := strings.Cut(address, "#")
		if strings.Contains(target, ":") {
			continue
		}
		links++
		file := path
		if target != "" {
			file = filepath.Join(filepath.Dir(path), target)
		}
		if _, err := os.Stat(file); err != nil || !filepath.IsLocal(file) || anchored && !hasHeading(file, anchor) {
			broken = append(broken, path+": "+address)
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

const module = "github.com/aitronos/freddy-go"

// packages are those that users import, by path.
var packages = sync.OnceValue(func() map[string]*doc.Package {
	all := make(map[string]*doc.Package)
	for path, folder := range map[string]string{module: ".", module + "/freddytest": "freddytest"} {
		set := token.NewFileSet()
		var files []*ast.File
		names, _ := filepath.Glob(filepath.Join(folder, "*.go"))
		for _, name := range names {
			file, err := parser.ParseFile(set, name, nil, parser.ParseComments)
			if err != nil {
				panic(err)
			}
			files = append(files, file)
		}
		pkg, err := doc.NewFromFiles(set, files, path)
		if err != nil {
			panic(err)
		}
		all[path] = pkg
	}
	return all
})

// has reports whether a link leads to a name of this module, or out of it.
func has(link *comment.DocLink) bool {
	if link.ImportPath == "" || link.ImportPath != module && !strings.HasPrefix(link.ImportPath, module+"/") {
		return true // the parser has found it, or it is not ours
	}
	pkg, ok := packages()[link.ImportPath]
	if !ok || link.Name == "" {
		return ok
	}
	found := false
	each(pkg, func(name, _ string) { found = found || name == strings.TrimPrefix(link.Recv+"."+link.Name, ".") })
	return found
}

// each calls visit with every exported name of a package, and its comment.
func each(pkg *doc.Package, visit func(name, text string)) {
	values := func(all []*doc.Value) {
		for _, v := range all {
			for _, name := range v.Names {
				visit(name, v.Doc)
			}
		}
	}
	funcs := func(receiver string, all []*doc.Func) {
		for _, f := range all {
			visit(receiver+f.Name, f.Doc)
		}
	}
	values(pkg.Consts)
	values(pkg.Vars)
	funcs("", pkg.Funcs)
	for _, t := range pkg.Types {
		visit(t.Name, t.Doc)
		values(t.Consts)
		values(t.Vars)
		funcs("", t.Funcs)
		funcs(t.Name+".", t.Methods)
	}
}

// comments returns how many links the comments of a package have, and those that
// lead nowhere.
func comments(pkg *doc.Package) (links int, broken []string) {
	read := func(_, text string) {
		n, bad := linksIn(pkg.Parser().Parse(text))
		links, broken = links+n, append(broken, bad...)
	}
	read("", pkg.Doc)
	each(pkg, read)
	return links, broken
}

// plain is a name in brackets that go/doc has not made a link, since there is
// no such name.
var plain = regexp.MustCompile(`\[\*?([A-Z]\w*(\.\w+)?|[a-z]\w*\.[A-Z]\w*)\]`)

// linksIn finds the links of one comment, and the names that are none.
func linksIn(text *comment.Doc) (links int, broken []string) {
	walk := func(texts []comment.Text) {
		for _, t := range texts {
			switch t := t.(type) {
			case *comment.DocLink:
				links++
				if !has(t) {
					broken = append(broken, strings.TrimPrefix(t.ImportPath+"."+t.Recv+"."+t.Name, "."))
				}
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
