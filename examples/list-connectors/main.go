// List-connectors prints the catalogue of connectors as a table, or as JSON:
//
//	go run ./examples/list-connectors -category development
//
// With FREDDY_API_KEY set it asks the API, at FREDDY_BASE_URL if that is set,
// too. Without a key it asks a fake API of its own, so that it runs anywhere.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/examples/internal/cli"
)

const (
	usage = "usage: list-connectors [-type T] [-category C] [-status S] [-limit N] [-json] [-timeout 30s]"
	help  = usage + `

Prints the connectors of the catalogue.

  -type T       only those of a type: official, aitronos_built or custom
  -category C   only those of a category: productivity, development,
                communication, design or custom
  -status S     only those of a status: active, deprecated or maintenance;
                without it, the active ones
  -limit N      ask for so many at a time, 1 to 100; all are printed anyway
  -json         print them as a JSON array
  -timeout 30s  give up after this long
  -h            print this text

The table is cut to fit the terminal, or the number of columns in COLUMNS. In a
pipe or a file nothing is cut.

` + cli.Environment
)

var program = cli.Program{
	Name: "list-connectors", Usage: usage, Help: help,
	Words: map[string]string{
		"type": "-type", "category": "-category", "status": "-status", "limit": "-limit", "Limit": "-limit",
	},
}

func main() { cli.Main(run) }

// run is the program: it returns the exit code.
func run(ctx context.Context, args []string, env func(string) string, stdout, stderr io.Writer) int {
	opts, err := parse(args)
	if err != nil {
		return program.Misused(err, stdout, stderr)
	}
	var connectors []*freddy.Connector
	err = program.Ask(ctx, opts.timeout, env, stderr, func(ctx context.Context, client *freddy.Client) error {
		connectors, err = list(ctx, client, opts.filter)
		return err
	})
	if err == nil {
		err = opts.print(connectors, cli.Width(stdout, env), stdout, stderr)
	}
	return program.Done(ctx, err, stderr)
}

// options is what the command line asks for.
type options struct {
	filter  freddy.ConnectorListParams
	json    bool
	timeout time.Duration
}

// parse leaves it to the API which types, categories and statuses there are.
func parse(args []string) (options, error) {
	var opts options
	flags := program.Flags()
	flags.StringVar((*string)(&opts.filter.Type), "type", "", "")
	flags.StringVar((*string)(&opts.filter.Category), "category", "", "")
	flags.StringVar((*string)(&opts.filter.Status), "status", "", "")
	flags.IntVar(&opts.filter.Limit, "limit", 0, "")
	flags.BoolVar(&opts.json, "json", false, "")
	flags.DurationVar(&opts.timeout, "timeout", 30*time.Second, "")
	if err := flags.Parse(args); err != nil {
		return opts, err
	}
	switch {
	case opts.timeout <= 0:
		return opts, errors.New("-timeout must be positive")
	case flags.NArg() > 0:
		return opts, fmt.Errorf("filters are flags, such as -type official; got: %s", strings.Join(flags.Args(), " "))
	}
	return opts, nil
}

// list returns all connectors that match.
func list(ctx context.Context, client *freddy.Client, filter freddy.ConnectorListParams) ([]*freddy.Connector, error) {
	found := []*freddy.Connector{} // of none, too, the JSON is an array
	for connector, err := range client.Connectors().All(ctx, filter) {
		if err != nil {
			return nil, explain(err)
		}
		found = append(found, connector)
	}
	return found, nil
}

// explain names the flags that the API finds fault with.
func explain(err error) error {
	var refused *freddy.APIError
	if !errors.As(err, &refused) || !errors.Is(err, freddy.ErrBadRequest) || len(refused.Fields) == 0 {
		return err
	}
	faults := make([]string, len(refused.Fields))
	for i, fault := range refused.Fields {
		faults[i] = program.Word(fault.Field) + ": " + fault.Message
	}
	return errors.New("the API refused " + strings.Join(faults, "; "))
}

func (o options) print(connectors []*freddy.Connector, width int, stdout, stderr io.Writer) error {
	var text string
	var err error
	switch {
	case o.json:
		text, err = cli.JSON(connectors)
	case len(connectors) == 0:
		fmt.Fprintf(stderr, "%s: no connector matches\n", program.Name)
	default:
		text = table(connectors, width)
	}
	if err == nil {
		_, err = io.WriteString(stdout, text)
	}
	return err
}

func table(connectors []*freddy.Connector, width int) string {
	rows := [][]string{{"ID", "NAME", "TYPE", "CATEGORY", "STATUS"}}
	for _, c := range connectors {
		rows = append(rows, []string{c.ID, c.Name, string(c.Type), string(c.Category), string(c.Status)})
	}
	return cli.Table(rows, width)
}
