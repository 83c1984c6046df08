package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/examples/internal/cli"
	"github.com/aitronos/freddy-go/examples/internal/clitest"
	"github.com/aitronos/freddy-go/freddytest"
)

func TestOutput(t *testing.T) {
	t.Parallel()
	for _, env := range []map[string]string{nil, {"FREDDY_BASE_URL": "https://api.example.com", "COLUMNS": "20"}} {
		got := clitest.Try(t.Context(), run, env)
		assert.Equal(t, cli.ExitOK, got.Code)
		assert.Empty(t, got.Stderr)
		clitest.Golden(t, "all.txt", got.Stdout)
	}
}

// The API itself is not told to fail, and nothing is created there.
func TestAgainstTheAPI(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	got := clitest.Try(t.Context(), run, clitest.Live(server))
	assert.Equal(t, cli.ExitOK, got.Code)
	assert.Empty(t, got.Stderr)
	clitest.Golden(t, "live.txt", got.Stdout)
	for _, request := range server.Requests() {
		assert.Equal(t, http.MethodGet, request.Method)
	}

	for name, env := range map[string]map[string]string{
		"FREDDY_API_KEY must be visible ASCII, without spaces or line ends": {"FREDDY_API_KEY": "a key"},
		"FREDDY_BASE_URL must have the scheme https":                        {"FREDDY_API_KEY": "key", "FREDDY_BASE_URL": "ftp://api.example.com"},
	} {
		got := clitest.Try(t.Context(), run, env)
		assert.Equal(t, cli.ExitUsage, got.Code)
		assert.Equal(t, "handle-errors: "+name+"\n", got.Stderr)
	}
}

func TestCommandLine(t *testing.T) {
	t.Parallel()
	assert.Equal(t, clitest.Result{Code: cli.ExitOK, Stdout: help}, clitest.Try(t.Context(), run, nil, "-h"))
	for line, args := range map[string][]string{
		"there is nothing to choose; got: all now": {"all", "now"},
		"flag provided but not defined: -json":     {"-json"},
	} {
		want := clitest.Result{Code: cli.ExitUsage, Stderr: "handle-errors: " + line + "\n" + usage + "\n"}
		assert.Equal(t, want, clitest.Try(t.Context(), run, nil, args...))
	}
}

func TestInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	var stdout interrupting
	stdout.after, stdout.interrupt = "Server error", cancel
	var stderr bytes.Buffer
	code := run(ctx, nil, nowhere, &stdout, &stderr)
	assert.Equal(t, cli.ExitInterrupted, code)
	assert.Equal(t, "handle-errors: interrupted\n", stderr.String())
	assert.NotContains(t, stdout.printed.String(), "Time limit")
}

// nowhere is an environment without a variable.
func nowhere(string) string { return "" }

// interrupting presses Ctrl-C when a text is printed.
type interrupting struct {
	printed   bytes.Buffer // not embedded: its WriteString would get around Write
	after     string
	interrupt func()
}

func (w *interrupting) Write(p []byte) (int, error) {
	if strings.Contains(string(p), w.after) {
		w.interrupt()
	}
	return w.printed.Write(p)
}

func TestOutputThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	var stderr bytes.Buffer
	assert.Equal(t, cli.ExitFailed, run(t.Context(), nil, nowhere, clitest.Full{}, &stderr))
	assert.Equal(t, "handle-errors: no space left on device\n", stderr.String())
}

func TestFaultThatIsNone(t *testing.T) {
	t.Parallel()
	none := fault{false, "None", "nothing", func(context.Context, *api) error { return nil }}
	assert.EqualError(t, show(t.Context(), nowhere, none, new(bytes.Buffer)), "None: the call did not fail as it should")
}

func TestAnswerTo(t *testing.T) {
	t.Parallel()
	refused := func(status int) error { return &freddy.APIError{StatusCode: status, RetryAfter: 5 * time.Second} }
	lost := func(err error) error { return &freddy.TransportError{Method: http.MethodGet, Err: err} }
	for name, tt := range map[string]struct {
		err  error
		want answer
	}{
		"canceled":          {lost(context.Canceled), answer{status: 499, text: "nobody waits for an answer any more"}},
		"deadline":          {lost(context.DeadlineExceeded), answer{status: 504, text: "it took longer than we allow for"}},
		"deadline, refused": {lost(errors.Join(context.DeadlineExceeded, refused(503))), answer{status: 504, text: "it took longer than we allow for"}},
		"canceled, refused": {lost(errors.Join(context.Canceled, refused(401))), answer{status: 499, text: "nobody waits for an answer any more"}},
		"settings": {
			&freddy.ValidationError{Fields: []freddy.FieldError{{Field: "/a", Message: "a: required"}, {Field: "/b", Message: "b: required"}}},
			answer{status: 422, text: "a: required; b: required"},
		},
		"argument":          {&freddy.ArgumentError{Argument: "id", Reason: "must be short"}, answer{status: 400, text: "id must be short"}},
		"not found":         {refused(404), answer{status: 404, text: "there is no such connector"}},
		"key":               {refused(401), answer{status: 502, text: "we are not set up right", alert: true}},
		"permission":        {refused(403), answer{status: 502, text: "we are not set up right", alert: true}},
		"rate limited":      {refused(429), answer{status: 503, text: "too much is going on", retryAfter: 5 * time.Second}},
		"server":            {refused(500), answer{status: 503, text: "the API is out of order", retryAfter: time.Minute}},
		"server, then lost": {lost(errors.Join(errors.New("reset"), refused(502))), answer{status: 503, text: "the API is out of order", retryAfter: time.Minute}},
		"bad request":       {refused(422), answer{status: 502, text: "the API refused it", alert: true}},
		"redirect":          {refused(302), answer{status: 502, text: "the API refused it", alert: true}},
		"lost":              {lost(errors.New("reset")), answer{status: 502, text: "the API cannot be reached"}},
		"decoding":          {&freddy.DecodeError{Field: "/name"}, answer{status: 502, text: "the API's answer makes no sense", alert: true}},
		"wrapped":           {fmt.Errorf("sync: %w", refused(404)), answer{status: 404, text: "there is no such connector"}},
		"another":           {errors.New("a schema that cannot be used"), answer{status: 500, text: "something went wrong", alert: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tt.want, answerTo(tt.err))
		})
	}
}

func TestCreateOnce(t *testing.T) {
	t.Parallel()
	const create, list = "POST", "GET"
	tests := []struct {
		name    string
		losing  bool               // the answer, after the configuration was created
		answers []freddytest.Reply // to Create, none of which creates it
		lists   []freddytest.Reply
		calls   []string
		class   error // of the error; nil: there is none
		count   int   // of configurations in the end
	}{
		{name: "created", calls: []string{create}, count: 1},
		{name: "answer lost", losing: true, calls: []string{create, list}, count: 1},
		{name: "request lost", answers: []freddytest.Reply{{Fault: freddytest.FaultDrop}}, calls: []string{create, list, create}, count: 1},
		{name: "a proxy", answers: []freddytest.Reply{{Status: http.StatusBadGateway}}, calls: []string{create, list, create}, count: 1},
		{name: "no sense", answers: []freddytest.Reply{{Body: "<html>"}}, calls: []string{create, list, create}, count: 1},
		{
			name: "refused", answers: []freddytest.Reply{{Status: http.StatusConflict}},
			calls: []string{create}, class: freddy.ErrConflict,
		},
		{
			name: "twice", answers: []freddytest.Reply{{Status: http.StatusBadGateway}, {Status: http.StatusBadGateway}},
			calls: []string{create, list, create}, class: freddy.ErrServer,
		},
		{
			name: "cannot look", losing: true, lists: []freddytest.Reply{{Status: http.StatusForbidden}},
			calls: []string{create, list}, class: freddy.ErrPermissionDenied, count: 1,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			api, stop, err := startAPI(t.Context(), nowhere)
			require.NoError(t, err)
			defer stop()
			const path = "/personal-connectors/configurations"
			api.losing.Store(tt.losing)
			api.Script(http.MethodPost, path, tt.answers...)
			api.Script(http.MethodGet, path, tt.lists...)
			created, err := createOnce(t.Context(), api.client(), backend())
			if tt.class == nil {
				require.NoError(t, err)
				assert.Equal(t, "Backend", created.Name)
			} else {
				require.ErrorIs(t, err, tt.class)
			}
			var calls []string
			for _, request := range api.Requests() {
				calls = append(calls, request.Method)
			}
			assert.Equal(t, tt.calls, calls)
			page, err := api.client().Configurations().List(t.Context(), freddy.ConfigurationListParams{})
			require.NoError(t, err)
			assert.Len(t, page.Items, tt.count)
		})
	}
}

func TestConfigure(t *testing.T) {
	t.Parallel()
	api, stop, err := startAPI(t.Context(), nowhere)
	require.NoError(t, err)
	defer stop()
	created, err := configure(t.Context(), api.client(), backend())
	require.NoError(t, err)
	assert.Equal(t, map[string]any{"repository": "acme/backend", "branch": "main"}, created.Configuration, "with the default")

	params := backend()
	params.PersonalConnectorID = "pcon_unknown"
	_, err = configure(t.Context(), api.client(), params)
	require.ErrorIs(t, err, freddy.ErrNotFound)

	before := len(api.Requests())
	params = backend()
	params.Configuration = nil
	_, err = configure(t.Context(), api.client(), params)
	var invalid *freddy.ValidationError
	require.ErrorAs(t, err, &invalid)
	assert.Equal(t, "/repository", invalid.Fields[0].Field)
	assert.Len(t, api.Requests(), before+1, "nothing is created")
}
