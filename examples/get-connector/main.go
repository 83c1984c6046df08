// Get-connector prints one connector of the catalogue, and the settings that it
// asks for:
//
//	go run ./examples/get-connector pcon_github
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
	usage = "usage: get-connector [-json] [-timeout 30s] CONNECTOR_ID"
	help  = usage + `

Prints a connector, such as pcon_github, and the settings that it asks for.

  -json         print the connector as JSON
  -timeout 30s  give up after this long
  -h            print this text

` + cli.Environment
)

var program = cli.Program{
	Name: "get-connector", Usage: usage, Help: help,
	Words: map[string]string{"id": "the connector's id"},
}

func main() { cli.Main(run) }

// run is the program: it returns the exit code.
func run(ctx context.Context, args []string, env func(string) string, stdout, stderr io.Writer) int {
	opts, err := parse(args)
	if err != nil {
		return program.Misused(err, stdout, stderr)
	}
	var text string
	err = program.Ask(ctx, opts.timeout, env, stderr, func(ctx context.Context, client *freddy.Client) error {
		text, err = opts.render(ctx, client)
		return err
	})
	if err == nil {
		_, err = io.WriteString(stdout, text)
	}
	return program.Done(ctx, err, stderr)
}

// options is what the command line asks for.
type options struct {
	id      string
	json    bool
	timeout time.Duration
}

func parse(args []string) (options, error) {
	var opts options
	flags := program.Flags()
	flags.BoolVar(&opts.json, "json", false, "")
	flags.DurationVar(&opts.timeout, "timeout", 30*time.Second, "")
	if err := flags.Parse(args); err != nil {
		return opts, err
	}
	switch {
	case opts.timeout <= 0:
		return opts, errors.New("-timeout must be positive")
	case flags.NArg() == 0:
		return opts, errors.New("which connector? Give its id, such as pcon_github")
	case flags.NArg() > 1:
		return opts, fmt.Errorf("one connector at a time, and flags before its id; got: %s", strings.Join(flags.Args(), " "))
	}
	opts.id = flags.Arg(0)
	return opts, nil
}

// render fetches the connector and returns what is printed of it.
func (o options) render(ctx context.Context, client *freddy.Client) (string, error) {
	connector, err := client.Connectors().Get(ctx, o.id)
	var refused *freddy.APIError
	switch {
	case errors.As(err, &refused) && refused.HasCode(freddy.CodeConnectorNotFound):
		return "", errors.New("there is no connector with the id " + o.id)
	case err != nil:
		return "", err
	case o.json:
		return cli.JSON(connector)
	}
	return card(connector), nil
}
