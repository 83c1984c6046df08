package freddy_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/internal/transport"
)

func TestRequest(t *testing.T) {
	for scheme, header := range map[freddy.AuthScheme][2]string{
		freddy.AuthSchemeBearer:  {"Authorization", "Bearer " + testKey},
		freddy.AuthSchemeXAPIKey: {"X-Api-Key", testKey},
		freddy.AuthSchemeAPIKey:  {"Api-Key", testKey},
	} {
		var got *http.Request
		url := server(t, func(w http.ResponseWriter, r *http.Request) {
			got = r.Clone(context.Background())
			_, _ = w.Write(fixture(t, "connector.json"))
		})
		client := newClient(t, url, freddy.WithAuthScheme(scheme), freddy.WithUserAgent("acme/1.4"), freddy.WithHeader("x-team", "a"))
		_, err := client.Connectors().Get(t.Context(), "pcon_github", freddy.WithHeader("X-Call", "b"))
		require.NoError(t, err)

		assert.Equal(t, http.MethodGet, got.Method)
		assert.Equal(t, "/personal-connectors/pcon_github", got.URL.Path)
		assert.Equal(t, header[1], got.Header.Get(header[0]))
		assert.Regexp(t, `^acme/1\.4 freddy-go/\S+ \(go\S+; \w+/\w+\)$`, got.UserAgent())
		assert.Equal(t, "a", got.Header.Get("X-Team"))
		assert.Equal(t, "b", got.Header.Get("X-Call"))
		got.Header.Del(header[0])
		names := []string{}
		for name := range got.Header {
			names = append(names, name)
		}
		assert.ElementsMatch(t, []string{"Accept", "Accept-Encoding", "User-Agent", "X-Team", "X-Call"}, names)
	}
}

func TestDo(t *testing.T) {
	type note struct {
		Text string `json:"text"`
	}
	url := server(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Got", r.Method+" "+r.URL.RequestURI()+" "+r.Header.Get("Content-Type"))
		if len(body) == 0 {
			body = []byte(`{"text":"none"}`)
		}
		_, _ = w.Write(body)
	})
	client := newClient(t, url)
	var response freddy.Response
	var out note
	require.NoError(t, client.Do(t.Context(), "POST", "/notes/a%2Fb?x=1&y=%20", note{"hello"}, &out, freddy.WithResponse(&response)))
	assert.Equal(t, "hello", out.Text)
	assert.Equal(t, "POST /notes/a%2Fb?x=1&y=%20 application/json", response.Header.Get("Got"))

	var raw json.RawMessage
	require.NoError(t, client.Do(t.Context(), "PUT", "/notes", json.RawMessage(` {"text" : "as it is"}`), &raw, freddy.WithResponse(&response)))
	assert.Equal(t, ` {"text" : "as it is"}`, string(raw))

	require.NoError(t, client.Do(t.Context(), "GET", "/notes", nil, &out, freddy.WithResponse(&response)))
	assert.Equal(t, "none", out.Text)
	assert.Equal(t, "GET /notes", response.Header.Get("Got"), "a request without a body has no Content-Type")

	require.NoError(t, client.Do(t.Context(), "DELETE", "/notes", nil, nil))

	var connector freddy.Connector // a model decodes by its own rules
	var decode *freddy.DecodeError
	err := client.Do(t.Context(), "POST", "/x", json.RawMessage(`{"metadata":{"auth_method":5}}`), &connector)
	require.ErrorAs(t, err, &decode)
	assert.Equal(t, "/metadata/auth_method", decode.Field)
	err = client.Do(t.Context(), "POST", "/x", json.RawMessage(`{"text":{"deep":5}}`), &struct {
		Text struct {
			Deep string `json:"deep"`
		} `json:"text"`
	}{})
	require.ErrorAs(t, err, &decode)
	assert.Equal(t, "/text/deep", decode.Field)
}

func TestDoRefusesAnswers(t *testing.T) {
	for body, want := range map[string]string{
		``:                  "there is no body",
		`<html>`:            "invalid character",
		`{"a":1} {}`:        "after top-level value",
		`{"success":false}`: "200 OK",
	} {
		client := newClient(t, server(t, reply(body)))
		for _, out := range []any{new(json.RawMessage), new(any), new(struct{})} {
			assert.ErrorContains(t, client.Do(t.Context(), "GET", "/x", nil, out), want)
		}
	}
	client := newClient(t, server(t, reply(`{"success":false,"error":{"code":"NO"}}`)))
	var refusal *freddy.APIError
	require.ErrorAs(t, client.Do(t.Context(), "GET", "/x", nil, nil), &refusal)
	assert.True(t, refusal.HasCode("no"))
	require.NoError(t, newClient(t, server(t, reply(`<html>`))).Do(t.Context(), "GET", "/x", nil, nil), "nil discards the answer")
}

func TestResponse(t *testing.T) {
	url := server(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Request-Id", "req_1")
		w.Header().Set("Freddy-Api-Version", "2025-01-01")
		w.Header().Set("Freddy-Processing-Ms", "12.5")
		w.Header().Set("X-Ratelimit-Limit", "100")
		w.Header().Set("X-Ratelimit-Remaining-Requests", "98")
		w.Header().Set("X-Ratelimit-Remaining", "1")
		w.Header().Set("X-Ratelimit-Reset", "1767225600")
		_, _ = w.Write(fixture(t, "connector.json"))
	})
	var first, second freddy.Response
	_, err := newClient(t, url).Connectors().Get(t.Context(), "pcon_github", freddy.WithResponse(&first), freddy.WithResponse(&second))
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, first.StatusCode)
	assert.Equal(t, "req_1", first.RequestID)
	assert.Equal(t, "2025-01-01", first.APIVersion)
	assert.Equal(t, 12500*time.Microsecond, first.ProcessingTime)
	assert.Equal(t, &freddy.RateLimit{Limit: 100, Remaining: 98, Reset: time.Unix(1767225600, 0).UTC()}, first.RateLimit)
	assert.Equal(t, 1, first.Attempts)
	assert.Equal(t, fixture(t, "connector.json"), first.Body)
	assert.Equal(t, first, second)
}

func TestResponseIsOverwritten(t *testing.T) {
	client := newClient(t, server(t, reply(`{}`)))
	for name, call := range map[string]func(freddy.CallOption) error{
		"argument": func(o freddy.CallOption) error {
			_, err := client.Connectors().Get(t.Context(), "../x", o)
			return err
		},
		"no client": func(o freddy.CallOption) error {
			_, err := (*freddy.Client)(nil).Connectors().Get(t.Context(), "x", o)
			return err
		},
		"another option": func(o freddy.CallOption) error {
			_, err := client.Connectors().Get(t.Context(), "x", freddy.WithMaxRetries(-1), o)
			return err
		},
		"context": func(o freddy.CallOption) error {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			_, err := client.Connectors().Get(ctx, "x", o)
			return err
		},
	} {
		response := freddy.Response{StatusCode: 200, RequestID: "old", Attempts: 7, Body: []byte("old")}
		require.Error(t, call(freddy.WithResponse(&response)), name)
		assert.Equal(t, freddy.Response{}, response, name)
	}
}

func TestRateLimitIsReadLeniently(t *testing.T) {
	now := time.Now().UTC().Truncate(time.Second)
	for _, row := range []struct {
		limit, remaining, reset string
		want                    *freddy.RateLimit
	}{
		{"", "", "", nil},
		{"soon", "soon", "soon", nil},
		{"-1", "-1", "-1", nil},
		{"1e30", "1e30", "1e30", nil},
		{"100", "x", "", &freddy.RateLimit{Limit: 100}},
		{"", "7", "1767225600000", &freddy.RateLimit{Remaining: 7, Reset: time.Unix(1767225600, 0).UTC()}},
		{"", "", "30", &freddy.RateLimit{Reset: now.Add(30 * time.Second)}},
		{"", "", "1m30s", &freddy.RateLimit{Reset: now.Add(90 * time.Second)}},
		{"", "", "9223372036854775807", nil},
	} {
		url := server(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Date", now.Format(http.TimeFormat))
			for name, value := range map[string]string{"Limit": row.limit, "Remaining": row.remaining, "Reset": row.reset} {
				w.Header().Set("X-Ratelimit-"+name, value)
			}
			_, _ = io.WriteString(w, `{}`)
		})
		var response freddy.Response
		require.NoError(t, newClient(t, url).Do(t.Context(), "GET", "/x", nil, nil, freddy.WithResponse(&response)))
		assert.Equal(t, row.want, response.RateLimit, "%+v", row)
	}
}

func TestLogger(t *testing.T) {
	var calls int
	url := server(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Request-Id", "req_"+testKey+"\n")
		if calls++; calls == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write(fixture(t, "connector.json"))
	})
	var out strings.Builder
	logger := slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	client := newClient(t, url, freddy.WithLogger(logger))
	_, err := client.Connectors().Get(t.Context(), "pcon_github")
	require.NoError(t, err)
	require.NoError(t, client.Do(t.Context(), "GET", "/personal-connectors?secret=1", nil, nil))

	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	require.Len(t, lines, 3)
	for i, want := range []struct {
		level, message, route string
		status                float64
		attempt               float64
	}{
		{"WARN", "freddy: attempt failed: Service Unavailable", "/personal-connectors/{connector_id}", 503, 1},
		{"DEBUG", "freddy: attempt", "/personal-connectors/{connector_id}", 200, 2},
		{"DEBUG", "freddy: attempt", "/prefix/v1/personal-connectors", 200, 1},
	} {
		var record map[string]any
		require.NoError(t, json.Unmarshal([]byte(lines[i]), &record))
		assert.Positive(t, record["duration"])
		delete(record, "duration")
		delete(record, "time")
		assert.Equal(t, map[string]any{
			"level": want.level, "msg": want.message, "method": "GET", "route": want.route,
			"status": want.status, "attempt": want.attempt, "request_id": "req_REDACTED",
		}, record)
	}
}

// The message says why an attempt failed, which the status alone does not.
func TestLoggerSaysWhy(t *testing.T) {
	nobodys := httptest.NewUnstartedServer(reply("{}"))
	nobodys.Config.ErrorLog = log.New(io.Discard, "", 0)
	nobodys.StartTLS()
	t.Cleanup(nobodys.Close)
	gone := httptest.NewServer(nil)
	gone.Close()
	drop := func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
	cut := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, "{")
	}
	stall := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	odd := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(599) }
	coded := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "br")
		_, _ = io.WriteString(w, "{}")
	}
	badGzip := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = io.WriteString(w, "no gzip, though it says so")
	}
	failing := func(err error) []freddy.Option {
		return []freddy.Option{freddy.WithHTTPClient(&http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) {
			return nil, err
		})})}
	}
	ended, cancel := context.WithCancelCause(t.Context())
	giveUp := func(_ http.ResponseWriter, r *http.Request) { cancel(io.EOF); <-r.Context().Done() }
	for _, row := range []struct {
		url, want string
		ctx       context.Context
		opts      []freddy.Option
	}{
		{server(t, drop), "the connection broke", t.Context(), nil},
		{server(t, cut), "the answer was cut off", t.Context(), nil},
		{server(t, stall), "time limit", t.Context(), []freddy.Option{freddy.WithAttemptTimeout(20 * time.Millisecond)}},
		{server(t, odd), "refused", t.Context(), nil},
		{server(t, coded), "the answer cannot be used", t.Context(), nil},
		{server(t, reply("{}")), "the answer cannot be used", t.Context(), []freddy.Option{freddy.WithMaxResponseBytes(1)}},
		{server(t, giveUp), "the caller gave up", ended, nil},
		{server(t, stall), "time limit", nil, nil},
		{gone.URL, "cannot connect", t.Context(), nil},
		{nobodys.URL, "the certificate was refused", t.Context(), nil},
		{strings.Replace(server(t, reply("{}")), "http:", "https:", 1), "TLS failed", t.Context(), nil},
		{server(t, badGzip), "the answer cannot be used", t.Context(), nil},
		{"https://api.test", "name not found", t.Context(), failing(&net.OpError{Op: "dial", Err: &net.DNSError{IsNotFound: true}})},
		{"https://api.test", "cannot connect", t.Context(), failing(&net.OpError{Op: "dial", Err: &net.DNSError{IsTemporary: true}})},
		{"https://api.test", "cannot connect", t.Context(), failing(&net.OpError{Op: "proxyconnect", Err: io.EOF})},
		{"https://api.test", "no usable answer", t.Context(), failing(context.Canceled)},
	} {
		if row.ctx == nil { // a deadline of the caller's
			ctx, cancel := context.WithTimeoutCause(t.Context(), 20*time.Millisecond, io.EOF)
			defer cancel()
			row.ctx = ctx
		}
		var out strings.Builder
		logger := slog.New(slog.NewTextHandler(&out, nil))
		client := newClient(t, row.url, append(row.opts, freddy.WithLogger(logger), freddy.WithMaxRetries(0))...)
		_, err := client.Connectors().Get(row.ctx, "pcon_github")
		require.Error(t, err)
		assert.Contains(t, out.String(), `level=WARN msg="freddy: attempt failed: `+row.want+`"`)
	}
}

func TestKeyOfNoUse(t *testing.T) {
	for key, want := range map[string]string{
		"":                        "freddy: apiKey must not be empty",
		strings.Repeat("x", 8193): "freddy: apiKey must be at most 8192 bytes",
		"a key":                   "freddy: apiKey must be visible ASCII, without spaces or line ends",
	} {
		_, err := freddy.NewClient(key)
		assert.EqualError(t, err, want)
	}
}

func TestKeySourceError(t *testing.T) {
	vault := errors.New("vault is sealed")
	client, err := freddy.NewClient("", freddy.WithKeySource(func(context.Context) (string, error) { return "", vault }))
	require.NoError(t, err)
	var response freddy.Response
	_, err = client.Connectors().Get(t.Context(), "pcon_github", freddy.WithResponse(&response))
	require.ErrorIs(t, err, vault)
	var fault *freddy.TransportError
	require.ErrorAs(t, err, &fault)
	assert.Zero(t, fault.Attempts)
	assert.False(t, fault.Ambiguous)
	assert.Zero(t, response)
}

func TestRepeatedDelete(t *testing.T) {
	for name, row := range map[string]struct {
		statuses []int
		err      error
	}{
		"gone at the second try": {[]int{503, 404}, nil},
		"was not there":          {[]int{404}, freddy.ErrNotFound},
		"refused, was not there": {[]int{429, 404}, freddy.ErrNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			var n int
			url := server(t, func(w http.ResponseWriter, _ *http.Request) {
				n++
				w.WriteHeader(row.statuses[n-1])
			})
			err := newClient(t, url).Do(t.Context(), "DELETE", "/personal-connectors/configurations/pconf_1", nil, nil)
			require.ErrorIs(t, err, row.err)
			assert.Equal(t, len(row.statuses), n)
		})
	}
}

// doc.go promises the numbers of the policy to users.
func TestDocStatesThePolicy(t *testing.T) {
	text, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	for row, value := range map[string]any{
		`retries +3 +WithMaxRetries`:                   transport.MaxRetries == 3,
		`time of an attempt +30 s +WithAttemptTimeout`: transport.AttemptTimeout == 30*time.Second,
		`wait before retry n +1 ms to 500 ms \* 2\^\(n-1\), at most 8 s`: time.Millisecond == transport.MinWait &&
			500*time.Millisecond == transport.BaseWait && 8*time.Second == transport.MaxWait,
		`Retry-After +up to 60 s +WithMaxRetryAfter`: transport.MaxRetryAfter == 60*time.Second,
		`budget of a client +500 tokens; a retry takes 5, a success gives 1`: transport.BudgetTokens == 500 &&
			transport.RetryCost == 5 && transport.SuccessGain == 1,
		`body of a success +10 MiB +WithMaxResponseBytes`: transport.MaxResponseBytes == 10<<20,
		`body of an error +64 KiB kept`:                   transport.ErrorBytesKept == 64<<10,
		`headers +1 MiB`:                                  transport.MaxHeaderBytes == 1<<20,
	} {
		assert.Regexp(t, row, string(text))
		assert.Equal(t, true, value, row)
	}
}
