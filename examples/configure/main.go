// Configure makes a configuration of a connector: it asks for what the
// connector's schema describes, creates the configuration, tests it and lists
// its tools. In a terminal it asks by a form:
//
//	go run . pcon_github
//
// Elsewhere, or with -set, everything comes from the command line, save the
// credential, which comes from FREDDY_CREDENTIAL:
//
//	go run . -set repository=acme/backend pcon_github
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
	"strings"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/examples/internal/cli"
	"github.com/aitronos/freddy-go/freddytest"
)

const (
	usage = "usage: configure [-set name=value]... [-name NAME] [-delete] [CONNECTOR_ID]"
	help  = usage + `

Makes a configuration of a connector, such as pcon_github, tests it and lists
its tools. In a terminal a form asks for what is needed.

  -set name=value  a setting; may be given several times, and no form is shown.
                   Lists are comma-separated or JSON, objects are JSON
  -name NAME       what the configuration is called, if not like its connector
  -delete          delete the configuration in the end
  -h               print this text

FREDDY_CREDENTIAL  the API key that the connector is to be used with; without it,
                   the form asks
FREDDY_API_KEY     the key of the API; without it, a built-in fake API answers
FREDDY_BASE_URL    where the API is, if not at ` + freddy.DefaultBaseURL + `
`
)

func main() {
	cli.Main(func(ctx context.Context, args []string, env func(string) string, stdout, stderr io.Writer) int {
		return run(ctx, args, env, findTerminal(), stdout, stderr)
	})
}

// run is the program: it returns the exit code. Without a terminal it shows no
// form.
func run(ctx context.Context, args []string, env func(string) string, forms terminal, stdout, stderr io.Writer) int {
	opts, err := parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, help)
		return cli.ExitOK
	case err == nil && opts.id == "" && (forms == nil || len(opts.settings) > 0):
		err = errors.New("which connector? Give its id, such as pcon_github")
	}
	if err != nil {
		fmt.Fprintf(stderr, "configure: %s\n%s\n", cli.Plain(err.Error()), usage)
		return cli.ExitUsage
	}
	s := &session{options: opts, credential: env("FREDDY_CREDENTIAL"), forms: forms, stdout: stdout}
	if len(opts.settings) > 0 {
		s.forms = nil
	}
	if err := s.start(ctx, env, stderr); err != nil {
		line, code := s.explain(ctx, err)
		fmt.Fprintf(stderr, "configure: %s\n", s.hide(cli.Plain(line)))
		return code
	}
	return cli.ExitOK
}

// options is what the command line asks for.
type options struct {
	id       string
	settings []setting
	name     string
	remove   bool
}

// setting is one -set.
type setting struct{ name, value string }

// parse reads the command line. Its errors quote nothing that may be a secret.
func parse(args []string) (options, error) {
	var opts options
	malformed := false
	flags := flag.NewFlagSet("configure", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Func("set", "", func(text string) error { // its error would quote text
		name, value, found := strings.Cut(text, "=")
		malformed = malformed || !found || name == ""
		opts.settings = append(opts.settings, setting{name, value})
		return nil
	})
	flags.StringVar(&opts.name, "name", "", "")
	flags.BoolVar(&opts.remove, "delete", false, "")
	if err := flags.Parse(args); err != nil {
		return opts, err
	}
	switch {
	case malformed:
		return opts, errors.New("-set takes name=value")
	case flags.NArg() > 1:
		return opts, errors.New("one connector at a time, and flags before its id")
	}
	opts.id = flags.Arg(0)
	return opts, nil
}

// sampleCredential is as good as any for the fake API.
const sampleCredential = "example-credential"

// start connects to the API, or to a fake one where there is no key, and runs
// the session.
func (s *session) start(ctx context.Context, env func(string) string, stderr io.Writer) error {
	key, address := env("FREDDY_API_KEY"), env("FREDDY_BASE_URL")
	if key == "" {
		fmt.Fprintln(stderr, "configure: FREDDY_API_KEY is not set, so a built-in fake API answers")
		fake, stop, err := cli.Serve(ctx, freddytest.NewFake())
		if err != nil {
			return err
		}
		defer stop()
		key, address, s.offline = freddytest.APIKey, fake, true
	}
	if address == "" {
		address = freddy.DefaultBaseURL
	}
	client, err := freddy.NewClient(key, freddy.WithBaseURL(address))
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	s.client, s.secrets = client, []string{key}
	return s.run(ctx)
}
