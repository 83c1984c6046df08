package freddy_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/internal/faulty"
)

// otherKey is the key of derived clients.
const otherKey = "other-key-example-81d4fa"

func derive(t *T, client *freddy.Client, key string) *freddy.Client {
	t.Helper()
	derived, err := client.WithAPIKey(key)
	require.NoError(t, err)
	return derived
}

func TestWithAPIKey(t *testing.T) {
	runInBubble(t, "J5 services use the derived key", func(t *T) {
		s := t.serve(faulty.Reply(404, ""))
		client := t.client(s.URL(), freddy.WithOrganization("org_1"), freddy.WithMaxRetries(0))
		derived := derive(t, client, otherKey)
		again := derive(t, derived, testKey+"-2")
		for key, c := range map[string]*freddy.Client{testKey: client, otherKey: derived, testKey + "-2": again} {
			before := len(s.Requests())
			calls := []error{
				second(c.Connectors().Get(t.Context(), "x")),
				second(c.Configurations().Get(t.Context(), "x")),
				second(c.AvailableConnectors().List(t.Context())),
				second(c.Accounts().List(t.Context(), freddy.AccountListParams{})),
				second(c.Connections().List(t.Context(), "github", freddy.ConnectionListParams{})),
				second(c.MCPConfigurations().Get(t.Context(), "x")),
				second(freddy.Collect(c.Configurations().All(t.Context(), freddy.ConfigurationListParams{}))),
				c.Do(t.Context(), http.MethodGet, "/x", nil, nil),
			}
			for _, err := range calls {
				require.ErrorIs(t, err, freddy.ErrNotFound)
			}
			require.Len(t, s.Requests(), before+len(calls))
			for _, request := range s.Requests()[before:] {
				assert.Equal(t, []string{"Bearer " + key}, request.Header["Authorization"])
			}
		}
		assert.Equal(t, 1, s.Accepted(), "the connections are shared")
	})
	runInBubble(t, "J5 settings are shared", func(t *T) {
		log, waits, logged := new(hookLog), 0, 0
		s := t.serve(faulty.Reply(503, ""), faulty.Reply(200, connectorBody))
		client := t.client(s.URL(), freddy.WithAuthScheme(freddy.AuthSchemeAPIKey), freddy.WithHeader("X-A", "a"), freddy.WithUserAgent("acme/1"), log.option(),
			freddy.WithLimiter(limiter(func(context.Context) error { waits++; return nil })),
			freddy.WithLogger(slog.New(logHandler(func(context.Context, slog.Record) { logged++ }))))
		t.get(derive(t, client, otherKey)).ok(2)
		for _, request := range s.Requests() {
			assert.Equal(t, otherKey, request.Header.Get("Api-Key"))
			assert.Equal(t, "a", request.Header.Get("X-A"))
			assert.True(t, strings.HasPrefix(request.Header.Get("User-Agent"), "acme/1 "))
		}
		assert.Equal(t, []int{2, 2, 2}, []int{waits, logged, len(log.attempts)})
	})
	runInBubble(t, "J5 the right key is redacted", func(t *T) {
		s := t.serve(func(c *faulty.Conn) {
			faulty.Reply(403, c.Request().Header.Get("Authorization")+" is not "+testKey, "X-A: "+c.Request().Header.Get("Authorization"))(c)
		})
		client := t.client(s.URL())
		derived := derive(t, client, otherKey)
		var apiErr *freddy.APIError
		require.ErrorAs(t, second(derived.Connectors().Get(t.Context(), "x")), &apiErr)
		assert.Equal(t, "Bearer REDACTED is not "+testKey, string(apiErr.Body), "another client's key was not sent")
		faulty.NoSecret(t, otherKey, apiErr, derived, *derived, derived.Connectors(), []*freddy.Client{derived}, client)
		require.ErrorAs(t, second(client.Connectors().Get(t.Context(), "x")), &apiErr)
		assert.Equal(t, "Bearer REDACTED is not REDACTED", string(apiErr.Body))
	})
	runInBubble(t, "J5 replaces a key source", func(t *T) {
		s := t.serve(faulty.Reply(401, ""))
		client := t.newClient("", freddy.WithBaseURL(s.URL()), freddy.WithKeySource(func(context.Context) (string, error) {
			assert.Fail(t, "asked")
			return testKey, nil
		}))
		require.ErrorIs(t, second(derive(t, client, otherKey).Connectors().Get(t.Context(), "x")), freddy.ErrUnauthenticated)
		require.Len(t, s.Requests(), 1)
		assert.Equal(t, "Bearer "+otherKey, s.Requests()[0].Header.Get("Authorization"))
	})
	runInBubble(t, "F8 invalid keys and clients", func(t *T) {
		client := t.client(t.untouched().URL())
		for _, key := range []string{"", " ", testKey + "\n", "\x00", "ключ", strings.Repeat("k", 8<<10+1)} {
			derived, err := client.WithAPIKey(key)
			assert.Nil(t, derived)
			t.argument(err, "apiKey")
		}
		for _, none := range []*freddy.Client{nil, {}} {
			derived, err := none.WithAPIKey(testKey)
			assert.Nil(t, derived)
			t.argument(err, "client")
		}
	})
	runInBubble(t, "J5 budgets", func(t *T) {
		const each = 500 / 5 // retries of one client
		client := t.over(script(faulty.Text(503, "")), freddy.WithRetryBackoff(0, 0), freddy.WithMaxRetries(100))
		exhaust := func(c *freddy.Client) int {
			var response freddy.Response
			_, err := c.Connectors().Get(t.Context(), "x", freddy.WithResponse(&response))
			var apiErr *freddy.APIError
			require.ErrorAs(t, err, &apiErr)
			return response.Attempts - 1
		}
		var first *freddy.Client
		for i := range 10 { // the shared budget is ten times as large
			derived := derive(t, client, fmt.Sprint(otherKey, "-", i))
			assert.Equal(t, each, exhaust(derived), "another client's empty budget does not matter")
			assert.Zero(t, exhaust(derived), "its own does")
			if first == nil {
				first = derived
			}
		}
		assert.Zero(t, exhaust(derive(t, client, otherKey)), "the shared budget is empty")
		assert.Zero(t, exhaust(client), "also for the client itself")
		assert.Equal(t, each, exhaust(t.over(script(faulty.Text(503, "")), freddy.WithRetryBackoff(0, 0), freddy.WithMaxRetries(100))), "not for a client of its own")
	})
	for name, http2 := range map[string]bool{"HTTP/1": false, "HTTP/2": true} {
		run(t, "J5 a thousand clients over "+name, func(t *T) { t.thousandClients(http2) })
	}
}

// thousandClients makes calls of a thousand derived clients from 50 goroutines.
// Keys are not mixed up, and the connections are as many as those of one client.
func (t *T) thousandClients(http2 bool) {
	const clients, calls, workers = 1000, 1000, 50
	var connections, wrong atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, id, _ := strings.Cut(r.URL.Path, "pcon_"); r.Header.Get("Authorization") != "Bearer "+otherKey+"-"+id {
			wrong.Add(1)
		}
		_, _ = io.WriteString(w, connectorBody)
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	transport := freddy.NewTransport()
	if http2 {
		server.EnableHTTP2 = true
		server.StartTLS()
		transport = trusting(server)
	} else {
		server.Start()
	}
	t.Cleanup(server.Close)
	client := t.newClient(testKey, freddy.WithBaseURL(server.URL), withTransport(transport))
	derived := make([]*freddy.Client, clients)
	for i := range derived {
		derived[i] = derive(t, client, fmt.Sprint(otherKey, "-", i))
	}
	_, err := derived[0].Connectors().Get(t.Context(), "pcon_0") // over HTTP/2 the others use its connection
	require.NoError(t, err)
	var next atomic.Int64
	var tasks sync.WaitGroup
	for range workers {
		tasks.Go(func() {
			for i := next.Add(1); i < calls; i = next.Add(1) {
				_, err := derived[i%clients].Connectors().Get(t.Context(), fmt.Sprint("pcon_", i%clients))
				assert.NoError(t, err)
			}
		})
	}
	tasks.Wait()
	assert.Zero(t, wrong.Load(), "requests with another client's key")
	// Over HTTP/1, net/http dials for each waiting request, and then uses whichever
	// connection is free first: on a busy machine about twice as many as workers.
	most := map[bool]int64{false: 3 * workers, true: 2}[http2]
	assert.LessOrEqual(t, connections.Load(), most)
}

// trusting returns a NewTransport that trusts a server.
func trusting(server *httptest.Server) *http.Transport {
	transport := freddy.NewTransport()
	pool := x509.NewCertPool()
	pool.AddCert(server.Certificate())
	transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	return transport
}

func TestNewTransport(t *testing.T) {
	one, two := freddy.NewTransport(), freddy.NewTransport()
	assert.NotSame(t, one, two, "each call returns a new one")
	assert.Equal(t, []any{512, 256, 90 * time.Second, 10 * time.Second, int64(1 << 20), true},
		[]any{one.MaxIdleConns, one.MaxIdleConnsPerHost, one.IdleConnTimeout, one.TLSHandshakeTimeout, one.MaxResponseHeaderBytes, one.ForceAttemptHTTP2}, "as documented")
	assert.Equal(t, &http.HTTP2Config{SendPingTimeout: 10 * time.Second, PingTimeout: 10 * time.Second}, one.HTTP2)
}
