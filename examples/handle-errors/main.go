// Handle-errors provokes every class of error that the client has, and shows
// what errors.Is and errors.As say of each and what a service does with it:
//
//	go run ./examples/handle-errors
//
// With FREDDY_API_KEY set it asks the API, at FREDDY_BASE_URL if that is set, for
// what can be provoked there without harm; otherwise a fake one, for everything.
// What a service does is in handle.go.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/examples/internal/cli"
)

const (
	usage = "usage: handle-errors"
	help  = usage + `

Provokes every class of error, and shows what errors.Is and errors.As say of it
and what a service does with it. The API itself is asked only for what does no
harm: a bad id, an unknown one, a bad key.

  -h  print this text

` + cli.Environment
)

var program = cli.Program{Name: "handle-errors", Usage: usage, Help: help}

func main() { cli.Main(run) }

// run is the program: it returns the exit code.
func run(ctx context.Context, args []string, env func(string) string, stdout, stderr io.Writer) int {
	flags := program.Flags()
	err := flags.Parse(args)
	if err == nil && flags.NArg() > 0 {
		err = fmt.Errorf("there is nothing to choose; got: %s", strings.Join(flags.Args(), " "))
	}
	if err != nil {
		return program.Misused(err, stdout, stderr)
	}
	return program.Done(ctx, showAll(ctx, env, stdout), stderr)
}

func showAll(ctx context.Context, env func(string) string, stdout io.Writer) error {
	real := env("FREDDY_API_KEY") != ""
	head := "Every fault here is provoked on a built-in fake API; the real one is not asked.\n"
	if real {
		head = "FREDDY_API_KEY is set, so the API itself is asked, for what can be provoked there without harm.\n"
	}
	_, err := io.WriteString(stdout, head)
	for _, f := range faultList {
		if err == nil && (f.harmless || !real) {
			err = show(ctx, env, f, stdout)
		}
	}
	return err
}

// show provokes one fault, on an API of its own, and tells of it.
func show(ctx context.Context, env func(string) string, f fault, stdout io.Writer) error {
	api, stop, err := startAPI(ctx, env)
	if err != nil {
		return err
	}
	defer stop()
	failed := f.provoke(ctx, api)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case failed == nil:
		return fmt.Errorf("%s: the call did not fail as it should", f.name)
	}
	lines := [][]string{{"provoked", f.provoked}, {"error", failed.Error()}}
	for i, line := range told(failed) {
		lines = append(lines, []string{[]string{"told by", ""}[min(i, 1)], line})
	}
	done, err := service(ctx, api, failed)
	if err != nil {
		return err
	}
	lines = append(lines, []string{"a service", done})
	_, err = io.WriteString(stdout, "\n"+f.name+"\n\n"+cli.Indent(cli.Table(lines, 0)))
	return err
}

// told lists what errors.As and errors.Is find in an error.
func told(err error) []string {
	var (
		lines    []string
		invalid  *freddy.ValidationError
		argument *freddy.ArgumentError
		refused  *freddy.APIError
		lost     *freddy.TransportError
		odd      *freddy.DecodeError
	)
	as := func(format string, fields ...any) { lines = append(lines, "errors.As "+fmt.Sprintf(format, fields...)) }
	if errors.As(err, &argument) {
		as("*ArgumentError: Argument %s", argument.Argument)
	}
	if errors.As(err, &invalid) {
		as("*ValidationError: Fields %s", pointers(invalid.Fields))
	}
	if errors.As(err, &lost) {
		as("*TransportError: Attempts %d, Timeout() %t, Ambiguous %t", lost.Attempts, lost.Timeout(), lost.Ambiguous)
	}
	if errors.As(err, &refused) {
		text := ""
		if refused.Code != "" {
			text += ", Code " + refused.Code
		}
		if refused.RetryAfter > 0 {
			text += ", RetryAfter " + refused.RetryAfter.String()
		}
		as("*APIError: StatusCode %d, Attempts %d%s", refused.StatusCode, refused.Attempts, text)
	}
	if errors.As(err, &odd) {
		as("*DecodeError: Field %s", odd.Field)
	}
	for _, class := range []struct {
		name string
		err  error
	}{
		{"freddy.ErrInvalidArgument", freddy.ErrInvalidArgument},
		{"freddy.ErrBadRequest", freddy.ErrBadRequest},
		{"freddy.ErrUnauthenticated", freddy.ErrUnauthenticated},
		{"freddy.ErrPermissionDenied", freddy.ErrPermissionDenied},
		{"freddy.ErrNotFound", freddy.ErrNotFound},
		{"freddy.ErrConflict", freddy.ErrConflict},
		{"freddy.ErrRateLimited", freddy.ErrRateLimited},
		{"freddy.ErrServer", freddy.ErrServer},
		{"freddy.ErrResponseTooLarge", freddy.ErrResponseTooLarge},
		{"context.DeadlineExceeded", context.DeadlineExceeded},
		{"context.Canceled", context.Canceled},
	} {
		if errors.Is(err, class.err) {
			lines = append(lines, "errors.Is "+class.name)
		}
	}
	return lines
}

func pointers(fields []freddy.FieldError) string {
	list := make([]string, len(fields))
	for i, field := range fields {
		list[i] = field.Field
	}
	return strings.Join(list, ", ")
}

// service does what a service does with an error, and says what that was.
func service(ctx context.Context, api *api, failed error) (string, error) {
	var lost *freddy.TransportError
	if errors.As(failed, &lost) && lost.Method == http.MethodPost && uncertain(failed) {
		found, err := lookOrCreate(ctx, api.client(), backend(), failed)
		if err != nil {
			return "", err
		}
		return "lists and looks: " + found.ID + " is there, so it is not created again", nil
	}
	a := answerTo(failed)
	text := "answers " + strconv.Itoa(a.status) + ": " + a.text
	if a.retryAfter > 0 {
		text += ", with Retry-After: " + strconv.Itoa(int(a.retryAfter/time.Second))
	}
	if a.alert {
		text += ", and alerts its operators"
	}
	return text, nil
}
