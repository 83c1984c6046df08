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
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/freddytest"
)

const (
	usage = "usage: get-connector [-json] [-timeout 30s] CONNECTOR_ID"
	help  = usage + `

Prints a connector, such as pcon_github, and the settings that it asks for.

  -json         print the connector as JSON
  -timeout 30s  give up after this long
  -h            print this text

FREDDY_API_KEY   the key of the API; without it, a built-in fake API answers
FREDDY_BASE_URL  where the API is, if not at ` + freddy.DefaultBaseURL + `
`
)

const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130 // what shells report for Ctrl-C
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr))
}

// run is the program: it returns the exit code.
func run(ctx context.Context, args []string, env func(string) string, stdout, stderr io.Writer) int {
	opts, err := parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, help)
		return exitOK
	case err != nil:
		fmt.Fprintf(stderr, "get-connector: %s\n%s\n", plain(err.Error()), usage)
		return exitUsage
	}
	text, err := opts.render(ctx, env, stderr)
	if err == nil {
		_, err = io.WriteString(stdout, text)
	}
	if err != nil {
		line, code := opts.explain(ctx, err)
		fmt.Fprintf(stderr, "get-connector: %s\n", plain(line))
		return code
	}
	return exitOK
}

// options is what the command line asks for.
type options struct {
	id      string
	json    bool
	timeout time.Duration
}

func parse(args []string) (options, error) {
	var opts options
	flags := flag.NewFlagSet("get-connector", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
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
func (o options) render(ctx context.Context, env func(string) string, stderr io.Writer) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	client, done, err := connect(ctx, env, stderr)
	if err != nil {
		return "", err
	}
	defer done()
	connector, err := client.Connectors().Get(ctx, o.id)
	if err != nil {
		return "", err
	}
	if o.json {
		return asJSON(connector)
	}
	return card(connector), nil
}

// connect returns a client of the API, or of a fake one where there is no key,
// and what to do when it is no longer needed.
func connect(ctx context.Context, env func(string) string, stderr io.Writer) (client *freddy.Client, done func(), err error) {
	key, address, stop := env("FREDDY_API_KEY"), env("FREDDY_BASE_URL"), func() {}
	if key == "" {
		fmt.Fprintln(stderr, "get-connector: FREDDY_API_KEY is not set, so a built-in fake API answers")
		key = freddytest.APIKey
		if address, stop, err = serveFake(ctx); err != nil {
			return nil, nil, err
		}
	}
	if address == "" {
		address = freddy.DefaultBaseURL
	}
	client, err = freddy.NewClient(key, freddy.WithBaseURL(address))
	if err != nil {
		stop()
		return nil, nil, err
	}
	done = func() {
		client.CloseIdleConnections()
		stop()
	}
	return client, done, nil
}

// serveFake starts a fake API on a free port of this machine.
func serveFake(ctx context.Context) (baseURL string, stop func(), err error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{
		Handler:           freddytest.NewFake(),
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          log.New(io.Discard, "", 0),
	}
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		_ = server.Serve(listener) // http.ErrServerClosed, or the call fails
	}()
	stop = func() {
		_ = server.Close()
		<-stopped
	}
	return "http://" + listener.Addr().String() + "/v1", stop, nil
}

// explain returns the line and the exit code of an error.
func (o options) explain(ctx context.Context, err error) (line string, code int) {
	var (
		refused *freddy.APIError
		invalid *freddy.ArgumentError
	)
	switch {
	case ctx.Err() != nil:
		return "interrupted", exitInterrupted
	case errors.As(err, &invalid):
		return argument(invalid) + " " + invalid.Reason, exitUsage
	case errors.As(err, &refused) && refused.HasCode(freddy.CodeConnectorNotFound):
		return "there is no connector with the id " + o.id, exitFailed
	case errors.Is(err, freddy.ErrUnauthenticated):
		return "the API refused the key: check FREDDY_API_KEY", exitFailed
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("no answer within %v; -timeout allows for more", o.timeout), exitFailed
	}
	return err.Error(), exitFailed
}

// argument says where the user finds what the client calls by its own name.
func argument(err *freddy.ArgumentError) string {
	switch err.Argument {
	case "apiKey":
		return "FREDDY_API_KEY"
	case "WithBaseURL":
		return "FREDDY_BASE_URL"
	case "id":
		return "the connector's id"
	}
	return err.Argument
}
