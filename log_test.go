package freddy_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/internal/faulty"
)

func TestLogger(t *testing.T) {
	run(t, "H6 records", func(t *T) {
		var text bytes.Buffer
		logger := slog.New(slog.NewJSONHandler(&text, &slog.HandlerOptions{Level: slog.LevelDebug}))
		s := t.serve(
			faulty.Reply(http.StatusServiceUnavailable, `"body-secret"`, "X-Request-Id: req_1"), faulty.Reply(http.StatusOK, `{"data":[],"x":"body-secret"}`, "X-Request-Id: req_\u202e"+testKey, "X-A: "+headerSecret),
			faulty.Reply(http.StatusNotFound, "body-secret"), faulty.Close)
		client := t.client(s.URL(), freddy.WithLogger(logger), freddy.WithHeader("X-Other", headerSecret))
		assert.Empty(t, text.String())
		_, err := client.Connectors().List(t.Context(), freddy.ConnectorListParams{Category: querySecret})
		require.NoError(t, err)
		_, err = client.Connectors().Get(t.Context(), "pcon_github")
		require.Error(t, err)
		require.Error(t, client.Do(t.Context(), http.MethodPost, "/x/"+testKey+"?"+querySecret, "body-secret", nil))

		var lines []map[string]any
		for decoder := json.NewDecoder(&text); decoder.More(); {
			var line map[string]any
			require.NoError(t, decoder.Decode(&line))
			require.Contains(t, line, "duration")
			assert.Positive(t, line["duration"])
			delete(line, "time")
			delete(line, "duration")
			lines = append(lines, line)
		}
		line := func(level, message, method, route string, status, attempt float64, id string) map[string]any {
			return map[string]any{"level": level, "msg": message, "method": method, "route": route, "status": status, "attempt": attempt, "request_id": id}
		}
		assert.Equal(t, []map[string]any{
			line("WARN", "freddy: attempt failed: Service Unavailable", "GET", "/personal-connectors", 503, 1, "req_1"),
			line("DEBUG", "freddy: attempt", "GET", "/personal-connectors", 200, 2, `req_\u202eREDACTED`),
			line("WARN", "freddy: attempt failed: Not Found", "GET", "/personal-connectors/{connector_id}", 404, 1, ""),
			line("WARN", "freddy: attempt failed: the connection broke", "POST", "/v1/x/REDACTED", 0, 1, ""),
		}, lines)
	})
	t.Run("H6 reasons of failures", func(t *testing.T) {
		untrusted := httptest.NewUnstartedServer(reply("{}"))
		untrusted.Config.ErrorLog = log.New(io.Discard, "", 0)
		untrusted.StartTLS()
		t.Cleanup(untrusted.Close)
		closed := httptest.NewServer(nil)
		closed.Close()
		drop := func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
		cut := func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "{")
		}
		stall := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
		odd := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(599) }
		encoded := func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "br")
			_, _ = io.WriteString(w, "{}")
		}
		notGzip := func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = io.WriteString(w, "this is not gzip")
		}
		failing := func(err error) []freddy.Option {
			return []freddy.Option{withTransport(roundTrip(func(*http.Request) (*http.Response, error) {
				return nil, err
			}))}
		}
		ended, cancel := context.WithCancelCause(t.Context())
		canceling := func(_ http.ResponseWriter, r *http.Request) { cancel(io.EOF); <-r.Context().Done() }
		for _, row := range []struct {
			url, want string
			ctx       context.Context
			opts      []freddy.Option
		}{
			{server(t, drop), "the connection broke", t.Context(), nil},
			{server(t, cut), "the answer was cut off", t.Context(), nil},
			{server(t, stall), "time limit", t.Context(), []freddy.Option{freddy.WithAttemptTimeout(20 * time.Millisecond)}},
			{server(t, odd), "refused", t.Context(), nil},
			{server(t, encoded), "the answer cannot be used", t.Context(), nil},
			{server(t, reply("{}")), "the answer cannot be used", t.Context(), []freddy.Option{freddy.WithMaxResponseBytes(1)}},
			{server(t, canceling), "the caller gave up", ended, nil},
			{server(t, stall), "time limit", nil, nil},
			{closed.URL, "cannot connect", t.Context(), nil},
			{untrusted.URL, "the certificate was refused", t.Context(), nil},
			{strings.Replace(server(t, reply("{}")), "http:", "https:", 1), "TLS failed", t.Context(), nil},
			{server(t, notGzip), "the answer cannot be used", t.Context(), nil},
			{"https://api.test", "name not found", t.Context(), failing(&net.OpError{Op: "dial", Err: &net.DNSError{IsNotFound: true}})},
			{"https://api.test", "cannot connect", t.Context(), failing(&net.OpError{Op: "dial", Err: &net.DNSError{IsTemporary: true}})},
			{"https://api.test", "cannot connect", t.Context(), failing(&net.OpError{Op: "proxyconnect", Err: io.EOF})},
			{"https://api.test", "no usable answer", t.Context(), failing(context.Canceled)},
		} {
			if row.ctx == nil { // the caller's deadline
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
	})
}
