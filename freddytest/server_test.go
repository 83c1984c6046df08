package freddytest_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/freddytest"
)

// fakeTB is a test whose failure is recorded.
type fakeTB struct {
	testing.TB
	cleanups []func()
	errors   []string
	fatal    string
}

func (tb *fakeTB) Helper() {}

func (tb *fakeTB) Cleanup(f func()) { tb.cleanups = append(tb.cleanups, f) }

func (tb *fakeTB) Errorf(format string, args ...any) {
	tb.errors = append(tb.errors, fmt.Sprintf(format, args...))
}

func (tb *fakeTB) Fatalf(format string, args ...any) {
	tb.fatal = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// run runs the test and its cleanups.
func (tb *fakeTB) run(test func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			for _, f := range slices.Backward(tb.cleanups) {
				f()
			}
		}()
		test()
	}()
	<-done
}

func TestServerURL(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() { _ = server.URL() })
	}
	wg.Wait()
	base, err := url.Parse(server.URL())
	require.NoError(t, err)
	assert.Equal(t, "127.0.0.1", base.Hostname())
	assert.Equal(t, "/v1", base.Path)

	client, err := freddy.NewClient(freddytest.APIKey, freddy.WithBaseURL(server.URL()))
	require.NoError(t, err)
	defer client.CloseIdleConnections()
	_, err = client.Connectors().Get(t.Context(), "pcon_github")
	require.NoError(t, err)
	assert.Len(t, server.Requests(), 1)
}

func TestServersAreIndependent(t *testing.T) {
	t.Parallel()
	one, other := freddytest.NewServer(t), freddytest.NewServer(t)
	one.AddConnector(freddy.Connector{ID: "pcon_acme"})
	_, err := one.Client().Connectors().Get(t.Context(), "pcon_acme")
	require.NoError(t, err)
	_, err = other.Client().Connectors().Get(t.Context(), "pcon_acme")
	require.ErrorIs(t, err, freddy.ErrNotFound)
}

func TestServerReportsRepliesThatWereNotRequested(t *testing.T) {
	t.Parallel()
	tb := &fakeTB{TB: t}
	tb.run(func() {
		server := freddytest.NewServer(tb)
		server.Script(http.MethodGet, scriptGithub, freddytest.Reply{Status: http.StatusTeapot}, freddytest.Reply{}, freddytest.Reply{})
		server.Script(http.MethodDelete, "/a", freddytest.Reply{})
		server.Script(http.MethodGet, "/used", freddytest.Reply{})
		server.Script(http.MethodGet, "/empty")
		client := server.Client()
		if _, err := client.Connectors().Get(t.Context(), "pcon_github"); err == nil {
			t.Error("the first reply was not sent")
		}
		if err := client.Do(t.Context(), http.MethodGet, "/used", nil, nil); err != nil {
			t.Error(err)
		}
	})
	assert.Equal(t, []string{
		"freddytest: DELETE /a: scripted replies that were not requested: 1",
		"freddytest: GET /personal-connectors/pcon_github: scripted replies that were not requested: 2",
	}, tb.errors)
	assert.Empty(t, tb.fatal)
}

func TestServerClosesListener(t *testing.T) {
	t.Parallel()
	tb := &fakeTB{TB: t}
	var base string
	tb.run(func() { base = freddytest.NewServer(tb).URL() })
	client, err := freddy.NewClient(freddytest.APIKey, freddy.WithBaseURL(base), freddy.WithMaxRetries(0))
	require.NoError(t, err)
	_, err = client.Connectors().Get(t.Context(), "pcon_github")
	var lost *freddy.TransportError
	require.ErrorAs(t, err, &lost)
	assert.Empty(t, tb.errors)
}

// A goroutine that outlives the bubble fails the test. The server does not wait
// for the end of a delay.
func TestServerLeavesNoGoroutine(t *testing.T) {
	t.Parallel()
	get := func(t *testing.T, server *freddytest.Server, path string) (*http.Response, error) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://example.com/v1"+path, nil)
		require.NoError(t, err)
		return server.HTTPClient().Do(req)
	}
	tests := map[string]func(t *testing.T, server *freddytest.Server){
		"unused": func(*testing.T, *freddytest.Server) {},
		"client": func(t *testing.T, server *freddytest.Server) {
			t.Helper()
			_, err := server.Client().Connectors().Get(t.Context(), "pcon_github")
			assert.NoError(t, err)
		},
		"canceled call": func(t *testing.T, server *freddytest.Server) {
			t.Helper()
			server.Script(http.MethodGet, "/slow", freddytest.Reply{Delay: time.Hour})
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			err := server.Client().Do(ctx, http.MethodGet, "/slow", nil, nil)
			assert.ErrorIs(t, err, context.DeadlineExceeded)
		},
		"call during a delay": func(t *testing.T, server *freddytest.Server) {
			t.Helper()
			server.Script(http.MethodGet, "/slow", freddytest.Reply{Delay: time.Hour})
			go func() {
				_, err := get(t, server, "/slow") //nolint:bodyclose // there is no response
				assert.Error(t, err)
			}()
			synctest.Wait()
			assert.Len(t, server.Requests(), 1)
		},
		"canceled call with a large body": func(t *testing.T, server *freddytest.Server) {
			t.Helper()
			server.Script(http.MethodPost, "/slow", freddytest.Reply{Delay: time.Hour})
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			err := server.Client().Do(ctx, http.MethodPost, "/slow", strings.Repeat("a", 3<<20), nil)
			assert.ErrorIs(t, err, context.DeadlineExceeded)
		},
		"unread response": func(t *testing.T, server *freddytest.Server) {
			t.Helper()
			server.Script(http.MethodGet, "/large", freddytest.Reply{Body: string(make([]byte, 1<<20))})
			res, err := get(t, server, "/large") //nolint:bodyclose // on purpose
			require.NoError(t, err)
			assert.Equal(t, http.StatusOK, res.StatusCode)
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				tb := &fakeTB{TB: t}
				var server *freddytest.Server
				start := time.Now()
				tb.run(func() {
					server = freddytest.NewServer(tb)
					test(t, server)
				})
				assert.Empty(t, tb.errors)
				assert.Less(t, time.Since(start), time.Minute)
				_, err := get(t, server, "/") //nolint:bodyclose // there is no response
				assert.Error(t, err, "the server is closed")
			})
		})
	}
}

func TestHTTPClientReachesTheServerAtAnyHost(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	for _, base := range []string{freddy.DefaultBaseURL, "https://api.example.com/v1", "http://localhost/v1", "http://[::1]:8080/v1/"} {
		client, err := freddy.NewClient(freddytest.APIKey, freddy.WithBaseURL(base), freddy.WithHTTPClient(server.HTTPClient()))
		require.NoError(t, err, base)
		_, err = client.Connectors().Get(t.Context(), "pcon_github")
		require.NoError(t, err, base)
	}
	assert.Len(t, server.Requests(), 4)

	client, err := freddy.NewClient("another-key", freddy.WithHTTPClient(server.HTTPClient()))
	require.NoError(t, err)
	_, err = client.Connectors().Get(t.Context(), "pcon_github")
	require.ErrorIs(t, err, freddy.ErrUnauthenticated)
}

func TestHTTPClientsAreIndependent(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	changed := server.HTTPClient()
	changed.Transport.(*http.Transport).DialTLSContext = nil
	changed.Transport = nil
	_, err := server.Client().Connectors().Get(t.Context(), "pcon_github")
	require.NoError(t, err)
}

func TestConcurrentCallsInABubble(t *testing.T) {
	t.Parallel()
	const callers = 200
	synctest.Test(t, func(t *testing.T) {
		server := freddytest.NewServer(t)
		faults := []freddytest.Reply{
			{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"30"}}},
			{Fault: freddytest.FaultDrop},
			{Body: `{"id":"pcon_github"}`, Fault: freddytest.FaultTruncate},
			{Fault: freddytest.FaultLost},
			{Delay: 10 * time.Second, Body: `{"id":"pcon_github"}`},
		}
		for i := range callers / 2 {
			server.Script(http.MethodGet, scriptGithub, faults[i%len(faults)])
		}
		client := server.Client(freddy.WithMaxRetries(20))
		var wg sync.WaitGroup
		for range callers {
			wg.Go(func() {
				connector, err := client.Connectors().Get(t.Context(), "pcon_github")
				if assert.NoError(t, err) {
					assert.Equal(t, "pcon_github", connector.ID)
				}
			})
		}
		wg.Wait()
		const delayed = callers / 2 / 5 // the only scripted replies that are not retried
		assert.Len(t, server.Requests(), callers+callers/2-delayed)
	})
}

func TestClientTakesOptions(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	server.Script(http.MethodGet, "/x", freddytest.Reply{Status: http.StatusServiceUnavailable})
	err := server.Client(freddy.WithMaxRetries(0)).Do(t.Context(), http.MethodGet, "/x", nil, nil)
	require.ErrorIs(t, err, freddy.ErrServer)
}

func TestClientEndsTheTestForAnInvalidOption(t *testing.T) {
	t.Parallel()
	tb := &fakeTB{TB: t}
	tb.run(func() {
		freddytest.NewServer(tb).Client(freddy.WithMaxRetries(-1))
		t.Error("Client has returned")
	})
	assert.Contains(t, tb.fatal, "WithMaxRetries")
}
