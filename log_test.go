package freddy_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log"
	"log/slog"
	"maps"
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
		line := func(level, method, route string, status, attempt float64, id string, more map[string]any) map[string]any {
			line := map[string]any{"level": level, "msg": "freddy: attempt", "method": method, "route": route, "status": status, "attempt": attempt, "request_id": id}
			maps.Copy(line, more)
			return line
		}
		assert.Equal(t, []map[string]any{
			line("WARN", "GET", "/personal-connectors", 503, 1, "req_1", map[string]any{"reason": "503", "wait": float64(time.Millisecond)}),
			line("DEBUG", "GET", "/personal-connectors", 200, 2, `req_\u202eREDACTED`, nil),
			line("DEBUG", "GET", "/personal-connectors/{connector_id}", 404, 1, "", nil),
			line("WARN", "POST", "", 0, 1, "", map[string]any{"reason": "connection closed", "decision": "not safe to retry"}),
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
			url, want string // reason, or empty
			level     slog.Level
			ctx       context.Context
			opts      []freddy.Option
		}{
			{server(t, drop), "connection closed", slog.LevelWarn, t.Context(), nil},
			{server(t, cut), "connection closed", slog.LevelWarn, t.Context(), nil},
			{server(t, stall), "timeout", slog.LevelWarn, t.Context(), []freddy.Option{freddy.WithAttemptTimeout(20 * time.Millisecond)}},
			{server(t, odd), "599", slog.LevelWarn, t.Context(), nil},
			{server(t, encoded), "", slog.LevelDebug, t.Context(), nil},
			{server(t, reply("{}")), "", slog.LevelDebug, t.Context(), []freddy.Option{freddy.WithMaxResponseBytes(1)}},
			{server(t, reply("<html>")), "", slog.LevelDebug, t.Context(), nil},
			{server(t, canceling), "context canceled", slog.LevelDebug, ended, nil},
			{server(t, stall), "context deadline exceeded", slog.LevelWarn, nil, nil},
			{closed.URL, "connection refused", slog.LevelWarn, t.Context(), nil},
			{untrusted.URL, "certificate rejected", slog.LevelWarn, t.Context(), nil},
			{strings.Replace(server(t, reply("{}")), "http:", "https:", 1), "TLS handshake failed", slog.LevelWarn, t.Context(), nil},
			{server(t, notGzip), "no valid response", slog.LevelWarn, t.Context(), nil},
			{"https://api.test", "unknown host", slog.LevelWarn, t.Context(), failing(&net.OpError{Op: "dial", Err: &net.DNSError{IsNotFound: true}})},
			{"https://api.test", "cannot connect", slog.LevelWarn, t.Context(), failing(&net.OpError{Op: "dial", Err: &net.DNSError{IsTemporary: true}})},
			{"https://api.test", "cannot connect", slog.LevelWarn, t.Context(), failing(&net.OpError{Op: "proxyconnect", Err: io.EOF})},
			{"https://api.test", "no valid response", slog.LevelWarn, t.Context(), failing(context.Canceled)},
		} {
			if row.ctx == nil { // the caller's deadline
				ctx, cancel := context.WithTimeoutCause(t.Context(), 20*time.Millisecond, io.EOF)
				defer cancel()
				row.ctx = ctx
			}
			var records []slog.Record
			logger := slog.New(logHandler(func(_ context.Context, record slog.Record) { records = append(records, record) }))
			client := newClient(t, row.url, append(row.opts, freddy.WithLogger(logger), freddy.WithMaxRetries(0))...)
			_, err := client.Connectors().Get(row.ctx, "pcon_github")
			require.Error(t, err)
			require.Len(t, records, 1)
			assert.Equal(t, row.level, records[0].Level, row.want)
			assert.Equal(t, "freddy: attempt", records[0].Message)
			assert.Equal(t, row.want, attribute(records[0], "reason"))
		}
	})
}

// attribute returns an attribute of a record as text, or "".
func attribute(record slog.Record, key string) (value string) {
	record.Attrs(func(a slog.Attr) bool {
		if a.Key == key {
			value = a.Value.String()
		}
		return a.Key != key
	})
	return value
}
