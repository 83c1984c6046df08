package freddytest_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/freddytest"
)

func TestScriptRepliesInOrder(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	server.Script(http.MethodGet, scriptGithub,
		freddytest.Reply{Body: "first"},
		freddytest.Reply{Status: http.StatusForbidden, Body: "second"},
	)
	server.Script(http.MethodGet, scriptGithub, freddytest.Reply{Body: "third"})

	assert.Equal(t, http.StatusOK, get(t, server, connectorsPath+"/pcon_notion").status, "another path")
	assert.Equal(t, http.StatusMethodNotAllowed, send(t, server, http.MethodPost, "/v1"+scriptGithub, bearer(), "").status, "another method")

	for _, want := range []response{
		{status: http.StatusOK, body: "first"},
		{status: http.StatusForbidden, body: "second"},
		{status: http.StatusOK, body: "third"},
		{status: http.StatusOK, body: compact(t, fixture(t, "connector.json"))},
	} {
		got := get(t, server, "/v1"+scriptGithub)
		assert.Equal(t, want.status, got.status)
		assert.Equal(t, want.body, got.body)
	}
}

func TestScriptMatchesAnyQuery(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	server.Script(http.MethodGet, "/personal-connectors", freddytest.Reply{Body: `{"object":"list","data":[],"hasMore":true}`})
	page, err := server.Client().Connectors().List(t.Context(), freddy.ConnectorListParams{Limit: 7})
	require.NoError(t, err)
	assert.True(t, page.HasMore)
}

func TestScriptPrecedesTheKeyAndThePath(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	server.Script(http.MethodPost, "/some/a%20path", freddytest.Reply{Status: http.StatusCreated, Body: "hello"})
	outside := send(t, server, http.MethodPost, "/some/a%20path", nil, "")
	assert.Equal(t, http.StatusNotFound, outside.status, "not below the base URL")
	got := send(t, server, http.MethodPost, "/v1/some/a%20path", nil, "")
	assert.Equal(t, http.StatusCreated, got.status)
	assert.Equal(t, "hello", got.body)
}

func TestScriptHeaders(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	header := http.Header{
		"retry-after":          {"1"},
		"X-Request-Id":         {"req_own"},
		"Content-Type":         {"text/html"},
		"Freddy-Api-Version":   nil,
		"Set-Cookie":           {"a=1", "b=2"},
		"freddy-processing-ms": {"12.5"},
	}
	server.Script(http.MethodGet, scriptGithub, freddytest.Reply{}, freddytest.Reply{Header: header})
	header.Set("X-Request-Id", "changed")

	got := get(t, server, "/v1"+scriptGithub)
	assert.Equal(t, http.StatusOK, got.status)
	assert.Empty(t, got.body)
	assert.Equal(t, "req_000001", got.header.Get("X-Request-Id"))
	assert.Equal(t, "application/json", got.header.Get("Content-Type"))
	assert.Equal(t, "99", got.header.Get("X-Ratelimit-Remaining-Requests"))

	got = get(t, server, "/v1"+scriptGithub)
	assert.Equal(t, []string{"req_own"}, got.header.Values("X-Request-Id"))
	assert.Equal(t, []string{"text/html"}, got.header.Values("Content-Type"))
	assert.Equal(t, []string{"12.5"}, got.header.Values("Freddy-Processing-Ms"))
	assert.Equal(t, []string{"a=1", "b=2"}, got.header.Values("Set-Cookie"))
	assert.Equal(t, "1", got.header.Get("Retry-After"))
	assert.NotContains(t, got.header, "Freddy-Api-Version")
	assert.Equal(t, "98", got.header.Get("X-Ratelimit-Remaining-Requests"))
}

func TestScriptPanicsForInvalidArguments(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]func(*freddytest.Fake){
		"no slash":       func(f *freddytest.Fake) { f.Script("GET", "personal-connectors") },
		"no path":        func(f *freddytest.Fake) { f.Script("GET", "") },
		"query":          func(f *freddytest.Fake) { f.Script("GET", "/personal-connectors?limit=1") },
		"fragment":       func(f *freddytest.Fake) { f.Script("GET", "/personal-connectors#x") },
		"status 20":      func(f *freddytest.Fake) { f.Script("GET", "/x", freddytest.Reply{Status: 20}) },
		"status 103":     func(f *freddytest.Fake) { f.Script("GET", "/x", freddytest.Reply{Status: 103}) },
		"unknown fault":  func(f *freddytest.Fake) { f.Script("GET", "/x", freddytest.Reply{Fault: 4}) },
		"negative fault": func(f *freddytest.Fake) { f.Script("GET", "/x", freddytest.Reply{Fault: -1}) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake := freddytest.NewFake()
			assert.Panics(t, func() { script(fake) })
			assert.NotPanics(t, func() { fake.Script("GET", "/x", freddytest.Reply{Status: 299}) }, "the lock is released")
		})
	}
}

// Only FaultLost processes the request. Each scripted reply stands for one
// request.
func TestScriptedCreate(t *testing.T) {
	t.Parallel()
	created := `{"id":"pconf_1"}`
	tests := map[string]struct {
		reply     freddytest.Reply
		status    int // 0: no response
		processed bool
	}{
		"error response":   {freddytest.Reply{Status: http.StatusServiceUnavailable}, http.StatusServiceUnavailable, false},
		"success":          {freddytest.Reply{Status: http.StatusCreated, Body: created}, http.StatusCreated, false},
		"drop":             {freddytest.Reply{Fault: freddytest.FaultDrop}, 0, false},
		"truncate":         {freddytest.Reply{Status: http.StatusCreated, Body: created, Fault: freddytest.FaultTruncate}, http.StatusCreated, false},
		"lost":             {freddytest.Reply{Fault: freddytest.FaultLost}, 0, true},
		"lost with a body": {freddytest.Reply{Status: http.StatusCreated, Body: created, Fault: freddytest.FaultLost}, 0, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := freddytest.NewServer(t)
			server.Script(http.MethodPost, scriptConfigurations, tt.reply)
			_, err := server.Client(freddy.WithMaxRetries(0)).Configurations().Create(t.Context(), minimal())
			var transportErr *freddy.TransportError
			switch {
			case tt.reply.Fault != freddytest.FaultNone:
				require.ErrorAs(t, err, &transportErr)
				assert.True(t, transportErr.Ambiguous)
				assert.Equal(t, tt.status, transportErr.StatusCode)
			case tt.status == http.StatusCreated:
				require.NoError(t, err)
			default:
				require.ErrorIs(t, err, freddy.ErrServer)
			}
			want := ""
			if tt.processed {
				want = "000001"
			}
			assert.Equal(t, want, listed(t, server))
			require.Len(t, server.Requests(), 2)
			assert.JSONEq(t, minimalBody, string(server.Requests()[0].Body))
		})
	}
}

// After the scripted replies, the request is processed once.
func TestScriptedCreateIsRetried(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	server.Script(http.MethodPost, scriptConfigurations, freddytest.Reply{Status: http.StatusTooManyRequests})
	created, err := server.Client().Configurations().Create(t.Context(), minimal())
	require.NoError(t, err)
	assert.Equal(t, "pconf_000001", created.ID)
	assert.Equal(t, "000001", listed(t, server))
}

// If the program retries after such a failure, it may create twice.
func TestScriptedCreateFailsAfterARateLimit(t *testing.T) {
	t.Parallel()
	for fault, want := range map[freddytest.Fault]string{freddytest.FaultDrop: "", freddytest.FaultLost: "000001"} {
		t.Run(fmt.Sprint(fault), func(t *testing.T) {
			t.Parallel()
			server := freddytest.NewServer(t)
			server.Script(http.MethodPost, scriptConfigurations,
				freddytest.Reply{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"0"}}},
				freddytest.Reply{Fault: fault},
			)
			_, err := server.Client().Configurations().Create(t.Context(), minimal())
			var lost *freddy.TransportError
			require.ErrorAs(t, err, &lost)
			assert.True(t, lost.Ambiguous)
			assert.Equal(t, 2, lost.Attempts)
			assert.Equal(t, want, listed(t, server))
		})
	}
}

func TestFaultDrop(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	client := server.Client(freddy.WithMaxRetries(0))
	for range 2 { // net/http would resend on a reused connection
		_, err := client.Connectors().Get(t.Context(), "pcon_notion")
		require.NoError(t, err)
		server.Script(http.MethodGet, scriptGithub, freddytest.Reply{Fault: freddytest.FaultDrop})
		_, err = client.Connectors().Get(t.Context(), "pcon_github")
		var lost *freddy.TransportError
		require.ErrorAs(t, err, &lost)
		assert.Zero(t, lost.StatusCode)
		require.ErrorIs(t, err, io.EOF)
	}
	assert.Len(t, server.Requests(), 4)
}

// The comment of FaultDrop describes this case.
func TestFaultDropOnAReusedConnection(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	client, err := freddy.NewClient(freddytest.APIKey, freddy.WithBaseURL(server.URL()), freddy.WithMaxRetries(0))
	require.NoError(t, err)
	defer client.CloseIdleConnections()
	_, err = client.Connectors().Get(t.Context(), "pcon_github")
	require.NoError(t, err)
	server.Script(http.MethodGet, scriptGithub, freddytest.Reply{Fault: freddytest.FaultDrop})
	_, err = client.Connectors().Get(t.Context(), "pcon_github")
	require.NoError(t, err)
	assert.Len(t, server.Requests(), 3)
}

func TestFaultTruncate(t *testing.T) {
	t.Parallel()
	for name, reply := range map[string]freddytest.Reply{
		"body":           {Body: `{"id":"pcon_github"}`, Fault: freddytest.FaultTruncate},
		"one byte":       {Body: "1", Fault: freddytest.FaultTruncate},
		"empty body":     {Fault: freddytest.FaultTruncate},
		"error response": {Status: http.StatusForbidden, Body: `{"detail":"no"}`, Fault: freddytest.FaultTruncate},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := freddytest.NewServer(t)
			for _, base := range []string{server.URL(), freddy.DefaultBaseURL} {
				server.Script(http.MethodGet, scriptGithub, reply)
				req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+scriptGithub, nil)
				require.NoError(t, err)
				transport := server.HTTPClient().Transport.(*http.Transport)
				if base == server.URL() {
					transport.DialContext = nil // over the listener
				}
				res, err := transport.RoundTrip(req)
				require.NoError(t, err)
				assert.EqualValues(t, max(1, len(reply.Body)), res.ContentLength)
				body, err := io.ReadAll(res.Body)
				require.ErrorIs(t, err, io.ErrUnexpectedEOF)
				assert.Equal(t, reply.Body[:len(reply.Body)/2], string(body))
				require.NoError(t, res.Body.Close())
			}
		})
	}
}

func TestFaultTruncateThroughTheClient(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	server.Script(http.MethodGet, scriptGithub, freddytest.Reply{Body: `{"id":"pcon_github"}`, Fault: freddytest.FaultTruncate})
	_, err := server.Client(freddy.WithMaxRetries(0)).Connectors().Get(t.Context(), "pcon_github")
	var lost *freddy.TransportError
	require.ErrorAs(t, err, &lost)
	assert.Equal(t, http.StatusOK, lost.StatusCode)
	assert.Equal(t, "req_000001", lost.RequestID)
}

// The client retries a lost DELETE, and the 404 of the retry is a success.
func TestFaultLostDelete(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	server.AddConfiguration(freddy.Configuration{ID: "pconf_a"})
	server.Script(http.MethodDelete, scriptConfigurations+"/pconf_a", freddytest.Reply{Fault: freddytest.FaultLost})
	var response freddy.Response
	err := server.Client().Configurations().Delete(t.Context(), "pconf_a", freddy.WithResponse(&response))
	require.NoError(t, err)
	assert.Equal(t, http.StatusNotFound, response.StatusCode)
	assert.Equal(t, 2, response.Attempts)
	assert.Empty(t, listed(t, server))
}

// "As if nothing were scripted" includes the checks.
func TestFaultLostRejectsInvalidRequests(t *testing.T) {
	t.Parallel()
	for name, request := range map[string]struct{ key, body string }{
		"invalid key":  {"Bearer another-key", minimalBody},
		"invalid body": {"Bearer " + freddytest.APIKey, `{}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := freddytest.NewServer(t)
			server.Script(http.MethodPost, scriptConfigurations, freddytest.Reply{Fault: freddytest.FaultLost})
			r := httptest.NewRequest(http.MethodPost, configurationsPath, strings.NewReader(request.body))
			r.Header.Set("Authorization", request.key)
			assert.PanicsWithValue(t, http.ErrAbortHandler, func() { server.ServeHTTP(httptest.NewRecorder(), r) })
			assert.Empty(t, listed(t, server))
		})
	}
}

// An incomplete body is not processed, even if the part that arrived is JSON.
func TestIncompleteBody(t *testing.T) {
	t.Parallel()
	for _, fault := range []freddytest.Fault{freddytest.FaultNone, freddytest.FaultLost} {
		t.Run(fmt.Sprint(fault), func(t *testing.T) {
			t.Parallel()
			server := freddytest.NewServer(t)
			if fault == freddytest.FaultLost {
				server.Script(http.MethodPost, scriptConfigurations, freddytest.Reply{Fault: fault})
			}
			address := strings.TrimSuffix(strings.TrimPrefix(server.URL(), "http://"), "/v1")
			conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
			require.NoError(t, err)
			defer conn.Close()
			_, err = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: 500\r\n\r\n%s",
				configurationsPath, freddytest.APIKey, minimalBody)
			require.NoError(t, err)
			require.NoError(t, conn.(*net.TCPConn).CloseWrite())
			n, err := conn.Read(make([]byte, 1))
			require.Error(t, err)
			assert.Zero(t, n, "there is no response")

			assert.Empty(t, listed(t, server))
			assert.Equal(t, minimalBody, string(server.Requests()[0].Body))
		})
	}
}

func TestDelay(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		reply   freddytest.Reply
		timeout time.Duration
		want    time.Duration
		fails   bool
	}{
		"response":          {freddytest.Reply{Status: http.StatusNoContent, Delay: 3 * time.Second}, time.Hour, 3 * time.Second, false},
		"fault":             {freddytest.Reply{Fault: freddytest.FaultDrop, Delay: 3 * time.Second}, time.Hour, 3 * time.Second, true},
		"context ends":      {freddytest.Reply{Delay: time.Hour}, time.Second, time.Second, true},
		"lost":              {freddytest.Reply{Fault: freddytest.FaultLost, Delay: 3 * time.Second}, time.Hour, 3 * time.Second, true},
		"negative: no wait": {freddytest.Reply{Delay: -time.Second}, time.Hour, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := freddytest.NewServer(t)
				server.Script(http.MethodGet, scriptGithub, tt.reply)
				ctx, cancel := context.WithTimeout(t.Context(), tt.timeout)
				defer cancel()
				var response freddy.Response
				start := time.Now()
				err := server.Client(freddy.WithMaxRetries(0)).Do(ctx, http.MethodGet, scriptGithub, nil, nil, freddy.WithResponse(&response))
				assert.Equal(t, tt.want, time.Since(start))
				if tt.fails {
					var lost *freddy.TransportError
					require.ErrorAs(t, err, &lost)
					return
				}
				require.NoError(t, err)
				assert.Equal(t, max(tt.want, time.Millisecond), response.ProcessingTime)
			})
		})
	}
}

// The request is processed before the delay.
func TestDelayOfFaultLost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := freddytest.NewServer(t)
		server.Script(http.MethodPost, scriptConfigurations, freddytest.Reply{Fault: freddytest.FaultLost, Delay: time.Hour})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := server.Client().Configurations().Create(ctx, minimal())
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, "000001", listed(t, server))
	})
}
