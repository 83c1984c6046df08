// Readme type-checks the Go blocks of README.md. A block that is no whole file
// is taken for the body of a function that has a context, a client and whatever
// else the prelude declares.
//
//	go run ./.ci/readme
package main

import (
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"strings"
)

const prelude = `package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/freddytest"
	"github.com/stretchr/testify/require"
)

var (
	_ = errors.New
	_ = fmt.Sprint
	_ testing.TB
	_ = http.MethodGet
	_ = freddytest.NewFake
	_ = require.NoError
)

var (
	ctx        context.Context
	client     *freddy.Client
	connector  *freddy.Connector
	settings   map[string]any
	key, token string
	tracing    http.RoundTripper
)
`

func main() {
	text, err := os.ReadFile("README.md")
	if err != nil {
		fail(err)
	}
	blocks := blocksOf(string(text))
	set := token.NewFileSet()
	imports := importer.ForCompiler(set, "source", nil)
	bad := false
	for i, block := range blocks {
		if err := check(set, imports, block); err != nil {
			fmt.Fprintf(os.Stderr, "Go block %d of README.md: %v\n%s\n", i+1, err, block)
			bad = true
		}
	}
	if bad || len(blocks) == 0 {
		os.Exit(1)
	}
	fmt.Println(len(blocks), "Go blocks of README.md type-check")
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// blocksOf returns the fenced blocks that are marked as Go.
func blocksOf(text string) []string {
	var blocks []string
	for _, part := range strings.Split(text, "\n```go\n")[1:] {
		block, _, _ := strings.Cut(part, "\n```")
		blocks = append(blocks, block)
	}
	return blocks
}

// check type-checks one block. A variable that is not used is fine in a piece
// of a function.
func check(set *token.FileSet, imports types.Importer, block string) error {
	switch {
	case strings.HasPrefix(block, "package "):
	case strings.HasPrefix(block, "func "):
		block = prelude + block
	default:
		block = prelude + "func _() error {\n" + block + "\nreturn nil\n}"
	}
	file, err := parser.ParseFile(set, "README.go", block, 0)
	if err != nil {
		return err
	}
	var faults []error
	config := types.Config{Importer: imports, Error: func(err error) {
		var fault types.Error
		if !errors.As(err, &fault) || !fault.Soft {
			faults = append(faults, err)
		}
	}}
	_, _ = config.Check("main", set, []*ast.File{file}, nil) // its errors are in faults
	return errors.Join(faults...)
}
