// Readme holds README.md to its Go blocks: each type-checks, one that an output
// follows prints it, and a test passes. A block that is no whole file is taken
// for the body of a function that has a context, a client of the fake API and
// whatever else the prelude declares.
//
//	go run ./.ci/readme
package main

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

const prelude = `package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/freddytest"
	"github.com/stretchr/testify/require"
)

var (
	_ = errors.New
	_ = fmt.Sprint
	_ json.RawMessage
	_ testing.TB
	_ = http.MethodGet
	_ = httptest.NewServer
	_ = require.NoError
	_ = slog.New
	_ = os.Stdout
)

var (
	ctx       = context.Background()
	fake      = freddytest.NewFake()
	client    *freddy.Client
	connector *freddy.Connector
	key       string
	tracing   http.RoundTripper
	vault     interface{ Current(context.Context) (string, error) }
)

func main() {
	client = connect(fake)
	connector, _ = connect(freddytest.NewFake()).Connectors().Get(ctx, "pcon_github")
	if err := block(); err != nil {
		fmt.Println(err)
	}
}

func connect(fake http.Handler) *freddy.Client {
	server := httptest.NewServer(fake)
	client, _ := freddy.NewClient(freddytest.APIKey, freddy.WithBaseURL(server.URL+"/v1"))
	return client
}
`

const (
	body = prelude + "\nfunc block() error {\n%s\nreturn nil\n}\n"
	test = prelude + "\nfunc block() error { return nil }\n\n%s\n"
)

// A block is fenced Go, and what the README says that it prints.
type block struct {
	code    string
	output  string
	printed bool
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	text, err := os.ReadFile("README.md")
	if err != nil {
		return err
	}
	blocks, err := blocksOf(string(text))
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "readme")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	set := token.NewFileSet()
	imports := importer.ForCompiler(set, "source", nil)
	ran := 0
	for i, b := range blocks {
		err := check(set, imports, b)
		if err == nil && (b.printed || b.isTest()) {
			err = b.run(folder)
			ran++
		}
		if err != nil {
			return fmt.Errorf("go block %d of README.md: %w\n%s", i+1, err, b.code)
		}
	}
	if ran == 0 {
		return errors.New("README.md has no Go block with an output")
	}
	fmt.Printf("%d Go blocks of README.md type-check, %d do what it says\n", len(blocks), ran)
	return nil
}

// blocksOf returns the fenced blocks that are marked as Go. A block without a
// mark is the output of the block right before it. Any other mark but sh is a
// mistake: what nobody looks at may be wrong.
func blocksOf(text string) ([]block, error) {
	var blocks []block
	before := "" // the mark of the block right before
	for rest := text; ; {
		above, after, found := strings.Cut(rest, "\n```")
		if !found {
			return blocks, nil
		}
		mark, after, _ := strings.Cut(after, "\n")
		code, below, whole := strings.Cut(after, "\n```\n")
		direct := strings.TrimSpace(above) == ""
		switch {
		case !whole:
			return nil, errors.New("README.md has a block without an end")
		case mark == "go":
			blocks = append(blocks, block{code: code})
		case mark == "" && before == "go" && direct:
			blocks[len(blocks)-1].output, blocks[len(blocks)-1].printed = code, true
		case mark == "" && before == "sh" && direct, mark == "sh":
		default:
			return nil, fmt.Errorf("README.md has a block that is neither go nor sh nor the output of the one before: %q\n%s", mark, code)
		}
		before, rest = mark, "\n"+below
	}
}

func (b block) isTest() bool    { return strings.HasPrefix(b.code, "func Test") }
func (b block) isProgram() bool { return strings.HasPrefix(b.code, "package ") }

// source is the block as a file.
func (b block) source() string {
	switch {
	case b.isProgram():
		return b.code
	case b.isTest():
		return fmt.Sprintf(test, b.code)
	}
	return fmt.Sprintf(body, b.code)
}

// check type-checks one block. A variable that is not used is fine in a piece
// of a function.
func check(set *token.FileSet, imports types.Importer, b block) error {
	file, err := parser.ParseFile(set, "README.go", b.source(), 0)
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

// run runs one block and compares what it prints. A whole program is given the
// fake API in the place of the real one.
func (b block) run(folder string) error {
	source, name, args := b.source(), "block.go", []string{"run"}
	if b.isTest() {
		name, args = "block_test.go", []string{"test", "-count=1"}
	}
	if b.isProgram() {
		source = strings.Replace(source, `freddy.NewClient(os.Getenv("FREDDY_API_KEY"))`, `connect()`, 1) + connect
		source = strings.Replace(source, "import (\n", "import (\n\t\"net/http/httptest\"\n\t\"github.com/aitronos/freddy-go/freddytest\"\n", 1)
		source = strings.Replace(source, "\t\"os\"\n", "", 1)
	}
	file := filepath.Join(folder, name)
	if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
		return err
	}
	printed, err := exec.CommandContext(context.Background(), "go", append(args, file)...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w\n%s", err, printed)
	}
	if got := strings.TrimSpace(string(printed)); b.printed && timeless(got) != timeless(b.output) {
		return fmt.Errorf("it prints\n%s\nand not\n%s", got, b.output)
	}
	return nil
}

const connect = `
func connect() (*freddy.Client, error) {
	server := httptest.NewServer(freddytest.NewFake())
	return freddy.NewClient(freddytest.APIKey, freddy.WithBaseURL(server.URL+"/v1"))
}
`

var times = regexp.MustCompile(`\b(time|duration)=\S+`)

// timeless leaves out what differs from run to run.
func timeless(text string) string { return times.ReplaceAllString(text, "$1") }
