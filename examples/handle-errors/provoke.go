package main

import (
	"cmp"
	"context"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"time"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/examples/internal/cli"
	"github.com/aitronos/freddy-go/freddytest"
)

// This file makes an API fail in every way that a service has to expect.

// fault is one way in which a call fails, and the call.
type fault struct {
	harmless bool // for the real API, too
	name     string
	provoked string
	provoke  func(ctx context.Context, api *api) error
}

const github = "/personal-connectors/pcon_github"

var faultList = []fault{
	{true, "Bad argument", `Get of the id "../admin"`, func(ctx context.Context, api *api) error {
		return get(ctx, api.client(), "../admin")
	}},
	{true, "Unknown id", "Get of pcon_unknown", func(ctx context.Context, api *api) error {
		return get(ctx, api.client(), "pcon_unknown")
	}},
	{true, "Bad key", "Get with a key that was revoked", func(ctx context.Context, api *api) error {
		api.key = "revoked-key"
		return get(ctx, api.client(), "pcon_github")
	}},
	{false, "Rate limited", "Get, answered by 429 with Retry-After: 120", func(ctx context.Context, api *api) error {
		api.Script(http.MethodGet, github, freddytest.Reply{
			Status: http.StatusTooManyRequests,
			Header: http.Header{"Retry-After": {"120"}},
			Body:   `{"error":{"type":"rate_limit_error","message":"Rate limit exceeded"}}`,
		})
		return get(ctx, api.client(), "pcon_github")
	}},
	{false, "Server error", "Get, answered by 503 four times", func(ctx context.Context, api *api) error {
		down := freddytest.Reply{Status: http.StatusServiceUnavailable}
		api.Script(http.MethodGet, github, down, down, down, down)
		return get(ctx, api.client(), "pcon_github")
	}},
	{false, "Time limit of an attempt", "Get with 100 ms an attempt, never answered", func(ctx context.Context, api *api) error {
		stalled := freddytest.Reply{Delay: time.Hour}
		api.Script(http.MethodGet, github, stalled, stalled)
		return get(ctx, api.client(freddy.WithAttemptTimeout(100*time.Millisecond), freddy.WithMaxRetries(1)), "pcon_github")
	}},
	{false, "Deadline of the caller", "Get in a context of 300 ms, never answered", func(ctx context.Context, api *api) error {
		ctx, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
		defer cancel()
		api.Script(http.MethodGet, github, freddytest.Reply{Delay: time.Hour})
		return get(ctx, api.client(), "pcon_github")
	}},
	{false, "Lost answer of a Create", "Create, processed, but the connection broke", func(ctx context.Context, api *api) error {
		api.losing.Store(true)
		_, err := api.client().Configurations().Create(ctx, backend())
		return err
	}},
	{false, "Answer not as documented", "Get, answered by a connector whose name is a number", func(ctx context.Context, api *api) error {
		api.Script(http.MethodGet, github, freddytest.Reply{Body: `{"id":"pcon_github","name":5}`})
		return get(ctx, api.client(), "pcon_github")
	}},
	{false, "Settings that do not fit", "a repository and a branch that are numbers", func(ctx context.Context, api *api) error {
		params := backend()
		params.Configuration = map[string]any{"repository": 5, "branch": 7}
		_, err := configure(ctx, api.client(), params)
		return err
	}},
}

func get(ctx context.Context, client *freddy.Client, id string) error {
	_, err := client.Connectors().Get(ctx, id)
	return err
}

func backend() freddy.ConfigurationCreateParams {
	return freddy.ConfigurationCreateParams{
		PersonalConnectorID: "pcon_github",
		Name:                "Backend",
		Credentials:         freddy.BearerCredentials("example-token"),
		Configuration:       map[string]any{"repository": "acme/backend"},
	}
}

// api is an API: a fake one that can be told how to fail, or the real one.
type api struct {
	*freddytest.Fake // nil of the real one
	url, key         string
	losing           atomic.Bool // the answer to the next Create
	clients          []*freddy.Client
}

// startAPI returns an API that runs until it is stopped, or the real one where
// there is a key for it.
func startAPI(ctx context.Context, env func(string) string) (started *api, stop func(), err error) {
	a := &api{key: env("FREDDY_API_KEY"), url: cmp.Or(env("FREDDY_BASE_URL"), freddy.DefaultBaseURL)}
	stopServer := func() {}
	if a.key == "" {
		a.Fake, a.key = freddytest.NewFake(), freddytest.APIKey
		if a.url, stopServer, err = cli.Serve(ctx, a); err != nil {
			return nil, nil, err
		}
	}
	if _, err := freddy.NewClient(a.key, freddy.WithBaseURL(a.url)); err != nil {
		stopServer()
		return nil, nil, err
	}
	return a, func() {
		for _, client := range a.clients {
			client.CloseIdleConnections()
		}
		stopServer()
	}, nil
}

// client returns a client that waits no longer than a millisecond before each
// retry: nobody is to wait for an example.
func (a *api) client(opts ...freddy.Option) *freddy.Client {
	opts = append(opts, freddy.WithBaseURL(a.url), freddy.WithRetryWait(time.Millisecond, time.Millisecond))
	client, err := freddy.NewClient(a.key, opts...)
	if err != nil {
		panic(err) // startAPI has made one of what is the user's
	}
	a.clients = append(a.clients, client)
	return client
}

// ServeHTTP loses the answer to a request that it has processed, if it is told
// to; a script of freddytest stands in the place of processing.
func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost && a.losing.CompareAndSwap(true, false) {
		a.Fake.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler) // closes the connection
	}
	a.Fake.ServeHTTP(w, r)
}
