// Package cli is what the examples share: how a program takes its words, reaches
// the API or a fake one, prints what a server sends, and ends.
package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/aitronos/freddy-go"
)

// The exit codes of the examples.
const (
	ExitOK          = 0
	ExitFailed      = 1
	ExitUsage       = 2
	ExitInterrupted = 130 // what shells report for Ctrl-C
)

// Run is a program without its process: it returns the exit code.
type Run func(ctx context.Context, args []string, env func(string) string, stdout, stderr io.Writer) int

// Main runs a program in this process until it ends. Ctrl-C, or one of the other
// signals, ends the context; a second one ends the process at once.
func Main(run Run, others ...os.Signal) {
	ctx, stop := signal.NotifyContext(context.Background(), append(others, os.Interrupt)...)
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr))
}

// Program says how a program calls itself and its words.
type Program struct {
	Name  string
	Usage string // one line
	Help  string // what -h prints

	// Words are the user's for what the client or the API calls by a name of its
	// own: "Limit" is "-limit".
	Words map[string]string
}

// Environment is the part of a Help that Connect answers for.
const Environment = `FREDDY_API_KEY   the key of the API; without it, a built-in fake API answers
FREDDY_BASE_URL  where the API is, if not at ` + freddy.DefaultBaseURL + `
`

// Flags returns a set of flags that prints nothing: Misused does.
func (p Program) Flags() *flag.FlagSet {
	flags := flag.NewFlagSet(p.Name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	return flags
}

// Misused ends a program whose arguments ask for help, or make no sense.
func (p Program) Misused(err error, stdout, stderr io.Writer) int {
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(stdout, p.Help)
		return ExitOK
	}
	fmt.Fprintf(stderr, "%s: %s\n%s\n", p.Name, Plain(err.Error()), p.Usage)
	return ExitUsage
}

// Done ends a program that has done what it could: what there is to say of the
// error, if there is one, takes one line.
func (p Program) Done(ctx context.Context, err error, stderr io.Writer) int {
	if err == nil {
		return ExitOK
	}
	line, code := p.explain(ctx, err)
	fmt.Fprintf(stderr, "%s: %s\n", p.Name, Plain(line))
	return code
}

func (p Program) explain(ctx context.Context, err error) (line string, code int) {
	var invalid *freddy.ArgumentError
	switch {
	case ctx.Err() != nil:
		return "interrupted", ExitInterrupted
	case errors.As(err, &invalid):
		return p.Word(invalid.Argument) + " " + invalid.Reason, ExitUsage
	case errors.Is(err, freddy.ErrUnauthenticated):
		return "the API refused the key: check FREDDY_API_KEY", ExitFailed
	}
	return err.Error(), ExitFailed
}

// Word says where the user finds what the client or the API calls name.
func (p Program) Word(name string) string {
	switch name {
	case "apiKey":
		return "FREDDY_API_KEY"
	case "WithBaseURL":
		return "FREDDY_BASE_URL"
	}
	if word, found := p.Words[name]; found {
		return word
	}
	return name
}
