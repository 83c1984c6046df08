// Surface prints what packages export, in a form made for comparing: every
// constant, function, type and variable by kind and name, methods under their
// type, whatever file holds them and however it is laid out. Comments and bodies
// are left out, "..." stands for a type's unexported members. The packages are
// the directories that the arguments name, or else this module's two.
//
// It reads syntax, not types: what an embedded unexported type promotes is not
// seen, and a variable declared without a type shows its initial value.
package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/printer"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

func main() {
	dirs := os.Args[1:]
	if len(dirs) == 0 {
		dirs = []string{".", "freddytest"}
	}
	for i, dir := range dirs {
		text, err := packageSurface(dir)
		if err != nil {
			fmt.Fprintln(os.Stderr, "surface:", err)
			os.Exit(1)
		}
		if i > 0 {
			fmt.Println()
		}
		fmt.Print(text)
	}
}

// packageSurface returns the surface of the package in dir.
func packageSurface(dir string) (string, error) {
	pkg, err := build.ImportDir(dir, 0)
	if err != nil {
		return "", err
	}
	found := declarations{}
	for _, name := range pkg.GoFiles {
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return "", err
		}
		found.addFile(file)
	}
	return "package " + pkg.Name + "\n" + found.String(), nil
}

// declarations holds the text of each exported declaration under its kind and
// name: "const Version", "type Client", "type Client.Do". Sorted by that key,
// a method comes right after its type.
type declarations map[string]string

func (d declarations) String() string {
	var out strings.Builder
	last := ""
	for _, key := range slices.Sorted(maps.Keys(d)) {
		kind, name, _ := strings.Cut(key, " ")
		if kind != last || kind == "type" && !strings.Contains(name, ".") {
			out.WriteByte('\n')
		}
		last = kind
		out.WriteString(d[key] + "\n")
	}
	return out.String()
}

func (d declarations) addFile(file *ast.File) {
	// Values come first: FileExports drops the specs that iota counts.
	for _, decl := range file.Decls {
		if decl, ok := decl.(*ast.GenDecl); ok && (decl.Tok == token.CONST || decl.Tok == token.VAR) {
			d.addValues(decl)
		}
	}
	ast.FileExports(file)
	for _, decl := range file.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			d.addFunc(decl)
		case *ast.GenDecl:
			for _, spec := range decl.Specs {
				if spec, ok := spec.(*ast.TypeSpec); ok {
					ast.Inspect(spec, markIncomplete)
					d["type "+spec.Name.Name] = "type " + text(spec)
				}
			}
		}
	}
}

// addValues adds constants, each with its type and with iota spelled out, or
// variables, each with its type or, without one, its initial value.
func (d declarations) addValues(decl *ast.GenDecl) {
	var typ ast.Expr
	var values []ast.Expr
	for i, spec := range decl.Specs {
		spec := spec.(*ast.ValueSpec)
		if decl.Tok == token.VAR || len(spec.Values) > 0 {
			typ, values = spec.Type, spec.Values // else a constant repeats the last ones
		}
		for j, name := range spec.Names {
			if !name.IsExported() {
				continue
			}
			line := decl.Tok.String() + " " + name.Name
			if typ != nil {
				line += " " + text(typ)
			}
			if len(values) > 0 && (decl.Tok == token.CONST || typ == nil) {
				line += " = " + valueText(values[min(j, len(values)-1)], i)
			}
			d[decl.Tok.String()+" "+name.Name] = line
		}
	}
}

func (d declarations) addFunc(decl *ast.FuncDecl) {
	decl.Body = nil
	if decl.Recv == nil {
		d["func "+decl.Name.Name] = text(decl)
	} else if receiver := receiverName(decl.Recv.List[0].Type); ast.IsExported(receiver) {
		d["type "+receiver+"."+decl.Name.Name] = text(decl)
	}
}

// markIncomplete puts "..." where FileExports removed fields or methods. The
// printer's own remark is a comment, and a comment needs a position.
func markIncomplete(node ast.Node) bool {
	rest := &ast.Field{Type: ast.NewIdent("...")}
	switch node := node.(type) {
	case *ast.StructType:
		if node.Incomplete {
			node.Incomplete = false
			node.Fields.List = append(node.Fields.List, rest)
		}
	case *ast.InterfaceType:
		if node.Incomplete {
			node.Incomplete = false
			node.Methods.List = append(node.Methods.List, rest)
		}
	}
	return true
}

// receiverName returns T for T, *T, T[P] and *T[P, Q].
func receiverName(expr ast.Expr) string {
	name := strings.TrimPrefix(text(expr), "*")
	name, _, _ = strings.Cut(name, "[")
	return name
}

// valueText returns a value's text with a number in place of iota, leaving the
// tree as it was: later constants may repeat it.
func valueText(value ast.Expr, iota int) string {
	var renamed []*ast.Ident
	ast.Inspect(value, func(node ast.Node) bool {
		if ident, ok := node.(*ast.Ident); ok && ident.Name == "iota" {
			ident.Name = strconv.Itoa(iota)
			renamed = append(renamed, ident)
		}
		return true
	})
	out := text(value)
	for _, ident := range renamed {
		ident.Name = "iota"
	}
	return out
}

// text formats a node. The empty file set hides the source's line breaks, so
// that the layout follows from the declaration alone.
func text(node any) string {
	var out bytes.Buffer
	config := printer.Config{Mode: printer.UseSpaces | printer.TabIndent, Tabwidth: 8}
	if err := config.Fprint(&out, token.NewFileSet(), node); err != nil {
		panic(err) // a node that the parser made prints, and a buffer takes it
	}
	return out.String()
}
