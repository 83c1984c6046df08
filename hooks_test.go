package freddy_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/internal/faulty"
)

// A hookLog records what hooks observe.
type hookLog struct {
	mu       sync.Mutex
	lines    []string // in order
	infos    []freddy.AttemptInfo
	attempts []freddy.AttemptResult
	calls    []freddy.CallResult
}

func (l *hookLog) add(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, fmt.Sprintf(format, args...))
}

// hooks returns hooks that record, with a name before each line.
func (l *hookLog) hooks(name string) freddy.Hooks {
	return freddy.Hooks{
		Call: func(_ context.Context, call freddy.CallInfo) (context.Context, func(freddy.CallResult)) {
			l.add("%scall %s %s", name, call.Method, call.Route)
			return nil, func(r freddy.CallResult) {
				l.calls = append(l.calls, r)
				l.add("%scall ends, %d, %d attempts", name, r.StatusCode, r.Attempts)
			}
		},
		Attempt: func(_ context.Context, attempt freddy.AttemptInfo) (context.Context, func(freddy.AttemptResult)) {
			l.infos = append(l.infos, attempt)
			l.add("%sattempt %d", name, attempt.Number)
			return nil, func(r freddy.AttemptResult) {
				l.attempts = append(l.attempts, r)
				l.add("%sattempt %d ends, %d %q %q", name, attempt.Number, r.StatusCode, r.Reason, r.Decision)
			}
		},
	}
}

func (l *hookLog) option() freddy.Option { return freddy.WithHooks(l.hooks("")) }

const getCall = "call GET /personal-connectors/{connector_id}"

func TestHooks(t *testing.T) {
	busy := faulty.Text(503, "", "X-Request-Id: req_busy")
	ok := faulty.Text(200, connectorBody, "X-Request-Id: req_ok")
	for name, row := range map[string]struct {
		responses []string
		lines     []string
		status    int
		id        string
	}{
		"success": {[]string{ok}, []string{getCall, "attempt 1", `attempt 1 ends, 200 "" ""`, "call ends, 200, 1 attempts"}, 200, "req_ok"},
		"retries": {[]string{busy, busy, ok}, []string{
			getCall, "attempt 1", `attempt 1 ends, 503 "503" "retry"`, "attempt 2", `attempt 2 ends, 503 "503" "retry"`,
			"attempt 3", `attempt 3 ends, 200 "" ""`, "call ends, 200, 3 attempts",
		}, 200, "req_ok"},
		"retries exhausted": {[]string{busy}, []string{
			getCall, "attempt 1", `attempt 1 ends, 503 "503" "retry"`, "attempt 2", `attempt 2 ends, 503 "503" "retry"`,
			"attempt 3", `attempt 3 ends, 503 "503" "retry"`, "attempt 4", `attempt 4 ends, 503 "503" "retries exhausted"`, "call ends, 503, 4 attempts",
		}, 503, "req_busy"},
		"not found": {
			[]string{faulty.Text(404, "", "X-Request-Id: req_404")},
			[]string{getCall, "attempt 1", `attempt 1 ends, 404 "" ""`, "call ends, 404, 1 attempts"},
			404, "req_404",
		},
		"unexpected body": {[]string{faulty.Text(200, "<html>")}, []string{getCall, "attempt 1", `attempt 1 ends, 200 "" ""`, "call ends, 200, 1 attempts"}, 200, ""},
		"unknown coding": {
			[]string{faulty.Text(200, "x", "Content-Encoding: br")},
			[]string{getCall, "attempt 1", `attempt 1 ends, 200 "" ""`, "call ends, 200, 1 attempts"},
			200, "",
		},
		"success false": {[]string{faulty.Text(200, `{"success":false}`)}, []string{getCall, "attempt 1", `attempt 1 ends, 200 "" ""`, "call ends, 200, 1 attempts"}, 200, ""},
		"error response, then cut": {[]string{busy, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nX-Request-Id: req_cut\r\n\r\n{", ok}, []string{
			getCall, "attempt 1", `attempt 1 ends, 503 "503" "retry"`, "attempt 2", `attempt 2 ends, 200 "connection closed" "retry"`,
			"attempt 3", `attempt 3 ends, 200 "" ""`, "call ends, 200, 3 attempts",
		}, 200, "req_ok"},
	} {
		runInBubble(t, "J9 "+name, func(t *T) {
			log, rt := new(hookLog), script(row.responses...)
			o := t.get(t.over(rt, log.option()))
			assert.Equal(t, row.lines, log.lines)
			require.Len(t, log.calls, 1)
			assert.Equal(t, freddy.CallResult{StatusCode: row.status, RequestID: row.id, Attempts: o.response.Attempts, Err: o.err}, log.calls[0])
			waits := rt.waits()
			for i, attempt := range log.attempts {
				want := time.Duration(0)
				if i < len(waits) {
					want = waits[i]
				}
				assert.Equal(t, want, attempt.Wait, "as waited")
				assert.Equal(t, attempt.Reason == "connection closed", attempt.Err != nil, "there is no complete response")
			}
		})
	}
	runInBubble(t, "J9 info of calls and attempts", func(t *T) {
		type name struct{}
		s := t.serve(faulty.Reply(200, anyBody))
		host := strings.TrimPrefix(s.URL(), "http://")
		var calls []freddy.CallInfo
		var attempts []freddy.AttemptInfo
		client := t.client(s.URL(), freddy.WithHooks(freddy.Hooks{
			Call: func(ctx context.Context, call freddy.CallInfo) (context.Context, func(freddy.CallResult)) {
				assert.Equal(t, "caller's", ctx.Value(name{}))
				calls = append(calls, call)
				return nil, nil
			},
			Attempt: func(ctx context.Context, attempt freddy.AttemptInfo) (context.Context, func(freddy.AttemptResult)) {
				assert.Equal(t, "caller's", ctx.Value(name{}))
				assert.Equal(t, "application/json", attempt.Header.Get("Accept"))
				attempt.Header = nil
				attempts = append(attempts, attempt)
				return nil, nil
			},
		}))
		ctx := context.WithValue(t.Context(), name{}, "caller's")
		_, err := client.Connectors().Get(ctx, "pcon_github")
		require.NoError(t, err)
		_, err = client.Connectors().List(ctx, freddy.ConnectorListParams{Category: querySecret})
		require.NoError(t, err)
		require.NoError(t, client.Do(ctx, http.MethodPut, "/notes/a?b="+querySecret, 1, nil))
		assert.Equal(t, []freddy.CallInfo{
			{Method: "GET", Host: host, Route: "/personal-connectors/{connector_id}"}, {Method: "GET", Host: host, Route: "/personal-connectors"}, {Method: "PUT", Host: host},
		}, calls)
		for i, call := range calls {
			assert.Equal(t, freddy.AttemptInfo{Method: call.Method, Host: host, Route: call.Route, Number: 1}, attempts[i])
		}
	})
	runInBubble(t, "J9 nothing begins", func(t *T) {
		log := new(hookLog)
		client := t.client(t.untouched().URL(), log.option())
		_, err := client.Connectors().Get(t.Context(), "")
		t.argument(err, "id")
		_, err = client.Connectors().Get(t.Context(), "x", nil)
		t.argument(err, "option 0")
		assert.Empty(t, log.lines, "the arguments are invalid")

		keyless := t.newClient("", freddy.WithKeySource(func(context.Context) (string, error) { return "", errTest }), log.option())
		_, err = keyless.Connectors().Get(t.Context(), "x")
		require.ErrorIs(t, err, errTest)
		assert.Equal(t, []string{getCall, "call ends, 0, 0 attempts"}, log.lines)
		assert.Equal(t, err, log.calls[0].Err)

		ended, cancel := context.WithCancel(t.Context())
		cancel()
		log.lines = nil
		_, err = client.Connectors().Get(ended, "x")
		require.ErrorIs(t, err, context.Canceled)
		assert.Equal(t, []string{getCall, "call ends, 0, 0 attempts"}, log.lines)
	})
	runInBubble(t, "J9 canceled", func(t *T) {
		for name, row := range map[string]struct {
			response string // empty: none
			lines    []string
			decision freddy.RetryDecision
		}{
			"in an attempt": {"", []string{`attempt 1 ends, 0 "context canceled" "context ended"`, "call ends, 0, 1 attempts"}, freddy.RetryCanceled},
			"in a wait":     {busy, []string{`attempt 1 ends, 503 "503" "retry"`, "call ends, 503, 1 attempts"}, freddy.RetryCanceled},
		} {
			log, ready := new(hookLog), make(chan struct{}, 1)
			time.AfterFunc(time.Millisecond, func() { ready <- struct{}{} })
			rt := roundTrip(func(req *http.Request) (*http.Response, error) {
				if row.response != "" {
					return script(row.response).RoundTrip(req)
				}
				<-req.Context().Done()
				return nil, req.Context().Err()
			})
			o := t.canceled(t.over(rt, log.option(), freddy.WithRetryBackoff(1<<62, 1<<62)), http.MethodGet, ready)
			assert.Equal(t, row.decision, o.transport(0, 1).Decision, name)
			assert.Equal(t, append([]string{getCall, "attempt 1"}, row.lines...), log.lines, name)
			assert.Equal(t, o.err, log.calls[0].Err, name)
			if log.attempts[0].Decision == freddy.RetryScheduled {
				assert.Positive(t, log.attempts[0].Wait)
			} else {
				require.ErrorIs(t, log.attempts[0].Err, context.Canceled)
			}
		}
	})
	runInBubble(t, "J9 a call a page", func(t *T) {
		log := new(hookLog)
		s := t.serve(pages(5))
		all := t.client(s.URL(), log.option()).Connectors().All(t.Context(), freddy.ConnectorListParams{Limit: 2})
		assert.Empty(t, log.lines)
		got, err := freddy.Collect(all)
		require.NoError(t, err)
		assert.Len(t, got, 5)
		one := []string{"call GET /personal-connectors", "attempt 1", `attempt 1 ends, 200 "" ""`, "call ends, 200, 1 attempts"}
		assert.Equal(t, append(append(append([]string{}, one...), one...), one...), log.lines)
	})
	runInBubble(t, "J9 two hooks and the log are nested", func(t *T) {
		log := new(hookLog)
		logger := slog.New(logHandler(func(_ context.Context, record slog.Record) {
			log.add("log %s %s %s", attribute(record, "attempt"), attribute(record, "status"), attribute(record, "wait"))
		}))
		rt := script(faulty.Text(429, "", "Retry-After-Ms: 0"), ok)
		client := t.over(rt, freddy.WithHooks(log.hooks("outer ")), freddy.WithLogger(logger), freddy.WithHooks(freddy.Hooks{}), freddy.WithHooks(log.hooks("inner ")), freddy.WithRetryBackoff(0, 0))
		t.get(client).ok(2)
		assert.Equal(t, []string{
			"outer " + getCall, "inner " + getCall,
			"outer attempt 1", "inner attempt 1",
			`inner attempt 1 ends, 429 "429" "retry"`, "log 1 429 0s", `outer attempt 1 ends, 429 "429" "retry"`,
			"outer attempt 2", "inner attempt 2",
			`inner attempt 2 ends, 200 "" ""`, "log 2 200 ", `outer attempt 2 ends, 200 "" ""`,
			"inner call ends, 200, 2 attempts", "outer call ends, 200, 2 attempts",
		}, log.lines)
	})
	runInBubble(t, "J9 echoed secrets", func(t *T) {
		log := new(hookLog)
		rt := script(faulty.Text(500, testKey, "X-Request-Id: "+testKey), faulty.Text(200, "{", "X-Request-Id: "+testKey, "Content-Length: 9"), testKey+"\r\n\r\n", faulty.Text(404, testKey, "X-Request-Id: "+testKey))
		client := t.over(rt, log.option())
		_, err := client.Connectors().Get(t.Context(), testKey)
		require.Error(t, err)
		require.ErrorIs(t, client.Do(t.Context(), "PURGE", "/"+testKey+"?"+testKey, testKey, nil), freddy.ErrNotFound)
		assert.Len(t, log.attempts, 5)
		faulty.NoSecret(t, testKey, log.lines, log.infos, log.attempts, log.calls)
	})
	t.Run("J9 panics", testHookPanics)
	t.Run("J9 headers", testHookHeaders)
	t.Run("J16 contexts", testHookContexts)
}

// A panic reaches the caller, every hook that began ends once, and the client
// remains usable.
func testHookPanics(t *testing.T) {
	const value = "on purpose"
	for _, at := range []string{"call", "call end", "attempt", "attempt end", "limiter", "key source", "round trip", "body", "log"} {
		runInBubble(t, at, func(t *T) {
			armed := true
			blow := func(place string) {
				if armed && place == at {
					panic(value)
				}
			}
			log := new(hookLog)
			exploding := freddy.Hooks{
				Call: func(context.Context, freddy.CallInfo) (context.Context, func(freddy.CallResult)) {
					blow("call")
					return nil, func(freddy.CallResult) { blow("call end") }
				},
				Attempt: func(context.Context, freddy.AttemptInfo) (context.Context, func(freddy.AttemptResult)) {
					blow("attempt")
					return nil, func(freddy.AttemptResult) { blow("attempt end") }
				},
			}
			base := script(faulty.Text(200, connectorBody))
			rt := roundTrip(func(req *http.Request) (*http.Response, error) {
				response, err := base.RoundTrip(req)
				if blow("round trip"); at == "body" && armed {
					response.Body = io.NopCloser(readerFunc(func([]byte) (int, error) { panic(value) }))
				}
				return response, err
			})
			client := t.newClient("", freddy.WithBaseURL("http://127.0.0.1"), freddy.WithRetryBackoff(0, 0), withTransport(rt),
				freddy.WithKeySource(func(context.Context) (string, error) { blow("key source"); return testKey, nil }),
				freddy.WithLimiter(limiter(func(context.Context) error { blow("limiter"); return nil })),
				freddy.WithHooks(log.hooks("outer ")), freddy.WithHooks(exploding), freddy.WithHooks(log.hooks("inner ")),
				freddy.WithLogger(slog.New(logHandler(func(context.Context, slog.Record) { blow("log") }))))
			for range 3 { // a pooled call must not be used twice
				assert.PanicsWithValue(t, value, func() { _, _ = client.Connectors().Get(t.Context(), "pcon_github") })
			}
			for _, hook := range []string{"outer call", "inner call", "outer attempt", "inner attempt"} {
				starts, ends := 0, 0
				for _, line := range log.lines {
					if strings.HasPrefix(line, hook) && strings.Contains(line, " ends") {
						ends++
					} else if strings.HasPrefix(line, hook) {
						starts++
					}
				}
				assert.Equal(t, starts, ends, "%s: %q", hook, log.lines)
			}
			if at == "attempt" || at == "round trip" || at == "body" {
				assert.Equal(t, "panic", log.attempts[0].Reason)
				require.Error(t, log.attempts[0].Err)
			}
			for _, result := range log.calls {
				assert.Equal(t, at == "call end", result.Err == nil)
			}
			armed = false
			connector, err := client.Connectors().Get(t.Context(), "pcon_github")
			require.NoError(t, err)
			assert.Equal(t, "pcon_github", connector.ID)
		})
	}
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func testHookHeaders(t *testing.T) {
	runInBubble(t, "added", func(t *T) {
		s := t.serve(faulty.Reply(503, ""), faulty.Reply(200, connectorBody))
		hook := func(_ context.Context, attempt freddy.AttemptInfo) (context.Context, func(freddy.AttemptResult)) {
			assert.Empty(t, attempt.Header.Values("Traceparent"), "nothing is left of another attempt")
			attempt.Header.Set("traceparent", fmt.Sprint("00-", attempt.Number))
			attempt.Header.Set("Accept", "text/plain")
			return nil, nil
		}
		client := t.client(s.URL(), freddy.WithHeader("X-A", "client's"), freddy.WithHooks(freddy.Hooks{Attempt: hook}))
		t.get(client).ok(2)
		t.get(client).ok(1)
		for i, want := range []string{"00-1", "00-2", "00-1"} {
			assert.Equal(t, want, s.Requests()[i].Header.Get("Traceparent"))
			assert.Equal(t, "client's", s.Requests()[i].Header.Get("X-A"))
			assert.Equal(t, "text/plain", s.Requests()[i].Header.Get("Accept"))
		}
	})
	runInBubble(t, "reserved", func(t *T) {
		s := t.serve(faulty.Reply(200, connectorBody))
		reserved := []string{"Authorization", "authorization", "X-API-Key", "x-api-key", "api-key", "API-KEY", "Host", "Content-Length", "Transfer-Encoding", "Trailer"}
		hook := func(_ context.Context, attempt freddy.AttemptInfo) (context.Context, func(freddy.AttemptResult)) {
			for _, name := range reserved {
				attempt.Header[name] = []string{"evil"} // whatever its case
			}
			attempt.Header["bad name"] = []string{"evil"}
			attempt.Header["X-Bad-Value"] = []string{"good", "evil\r\nX-C: c"}
			attempt.Header.Set("X-B", "b")
			return nil, nil
		}
		for _, scheme := range []freddy.AuthScheme{freddy.AuthSchemeBearer, freddy.AuthSchemeXAPIKey, freddy.AuthSchemeAPIKey} {
			before := len(s.Requests())
			t.post(t.client(s.URL(), freddy.WithAuthScheme(scheme), freddy.WithHooks(freddy.Hooks{Attempt: hook}))).ok(1)
			request := s.Requests()[before]
			assert.NotContains(t, fmt.Sprint(request.Header, request.Host), "evil")
			assert.Contains(t, fmt.Sprint(request.Header), testKey)
			assert.Equal(t, "b", request.Header.Get("X-B"))
			assert.JSONEq(t, `{"name":"Work"}`, string(request.Body))
		}
	})
	runInBubble(t, "kept", func(t *T) {
		// The header of a hook never has the key, however long the hook keeps it, and
		// what the hook does with it afterwards is without effect.
		var kept []http.Header
		hook := func(_ context.Context, attempt freddy.AttemptInfo) (context.Context, func(freddy.AttemptResult)) {
			kept = append(kept, attempt.Header)
			return nil, func(freddy.AttemptResult) {
				faulty.NoSecret(t, testKey, attempt.Header)
				attempt.Header.Set("X-Late", "late")
			}
		}
		s := t.serve(faulty.Reply(503, ""), faulty.Reply(200, connectorBody))
		client := t.client(s.URL(), freddy.WithHooks(freddy.Hooks{Attempt: hook}))
		t.get(client).ok(2)
		t.get(client).ok(1)
		faulty.NoSecret(t, testKey, kept)
		for _, request := range s.Requests() {
			assert.Empty(t, request.Header.Get("X-Late"))
		}
	})
}

// limiter is a freddy.Limiter.
type limiter func(ctx context.Context) error

func (l limiter) Wait(ctx context.Context) error { return l(ctx) }

func testHookContexts(t *testing.T) {
	type name struct{}
	type caller struct{}
	// detached returns a context of its own with a value.
	detached := func(value string) context.Context {
		return context.WithValue(context.Background(), name{}, value)
	}
	callHook := func(make func(ctx context.Context) context.Context) freddy.Option {
		return freddy.WithHooks(freddy.Hooks{Call: func(ctx context.Context, _ freddy.CallInfo) (context.Context, func(freddy.CallResult)) {
			return make(ctx), nil
		}})
	}
	attemptHook := func(make func(ctx context.Context, number int) context.Context) freddy.Option {
		return freddy.WithHooks(freddy.Hooks{Attempt: func(ctx context.Context, a freddy.AttemptInfo) (context.Context, func(freddy.AttemptResult)) {
			return make(ctx, a.Number), nil
		}})
	}
	runInBubble(t, "values of a call", func(t *T) {
		var seen []string
		note := func(place string, ctx context.Context) {
			seen = append(seen, fmt.Sprint(place, " ", ctx.Value(name{}), " ", ctx.Value(caller{})))
		}
		base := script(faulty.Text(200, connectorBody))
		client := t.newClient("", freddy.WithBaseURL("http://127.0.0.1"),
			callHook(func(ctx context.Context) context.Context { return context.WithValue(ctx, name{}, "call's") }),
			freddy.WithKeySource(func(ctx context.Context) (string, error) { note("key source", ctx); return testKey, nil }),
			freddy.WithLimiter(limiter(func(ctx context.Context) error { note("limiter", ctx); return nil })),
			attemptHook(func(ctx context.Context, _ int) context.Context { note("attempt", ctx); return nil }),
			freddy.WithLogger(slog.New(logHandler(func(ctx context.Context, _ slog.Record) { note("log", ctx) }))),
			withTransport(roundTrip(func(req *http.Request) (*http.Response, error) {
				note("round trip", req.Context())
				return base.RoundTrip(req)
			})))
		_, err := client.Connectors().Get(context.WithValue(t.Context(), caller{}, "caller's"), "pcon_github")
		require.NoError(t, err)
		assert.Equal(t, []string{
			"key source call's caller's", "limiter call's caller's", "attempt call's caller's", "round trip call's caller's", "log call's caller's",
		}, seen)
	})
	runInBubble(t, "values of an attempt", func(t *T) {
		var seen []any
		base := script(faulty.Text(503, ""), faulty.Text(200, connectorBody))
		rt := roundTrip(func(req *http.Request) (*http.Response, error) {
			seen = append(seen, req.Context().Value(name{}), req.Context().Value(caller{}))
			return base.RoundTrip(req)
		})
		client := t.over(rt, attemptHook(func(ctx context.Context, number int) context.Context {
			assert.Nil(t, ctx.Value(name{}), "nothing is left of another attempt")
			return context.WithValue(ctx, name{}, number)
		}))
		t.call(context.WithValue(t.Context(), caller{}, "caller's"), client, http.MethodGet).ok(2)
		assert.Equal(t, []any{1, "caller's", 2, "caller's"}, seen)
	})
	runInBubble(t, "two hooks", func(t *T) {
		var seen any
		rt := roundTrip(func(req *http.Request) (*http.Response, error) {
			seen = req.Context().Value(name{})
			return script(faulty.Text(200, connectorBody)).RoundTrip(req)
		})
		t.get(t.over(rt, callHook(func(context.Context) context.Context { return detached("first") }),
			callHook(func(ctx context.Context) context.Context {
				assert.Equal(t, "first", ctx.Value(name{}), "the second hook has the values of the first")
				return nil
			}))).ok(1)
		assert.Equal(t, "first", seen)
	})
	// Cancellation and deadline are those of the caller.
	for place, option := range map[string]func(func(context.Context) context.Context) freddy.Option{
		"call": callHook,
		"attempt": func(make func(context.Context) context.Context) freddy.Option {
			return attemptHook(func(ctx context.Context, _ int) context.Context { return make(ctx) })
		},
	} {
		runInBubble(t, "detached, "+place, func(t *T) {
			var seen any
			silent := roundTrip(func(req *http.Request) (*http.Response, error) {
				seen = req.Context().Value(name{})
				<-req.Context().Done()
				return nil, req.Context().Err()
			})
			client := t.over(silent, option(func(context.Context) context.Context { return detached("hook's") }))
			ready := make(chan struct{}, 1)
			time.AfterFunc(50*time.Millisecond, func() { ready <- struct{}{} })
			o := t.canceled(client, http.MethodGet, ready)
			assert.Equal(t, 50*time.Millisecond, o.took)
			assert.Equal(t, "hook's", seen)

			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			o = t.call(ctx, client, http.MethodGet)
			assert.Equal(t, 50*time.Millisecond, o.took)
			require.ErrorIs(t, o.transport(0, 1), context.DeadlineExceeded)

			// A delay is compared with the caller's deadline, too.
			ctx, cancel = context.WithTimeout(t.Context(), 500*time.Millisecond)
			defer cancel()
			client = t.over(script(faulty.Text(429, "", "Retry-After: 1")), option(func(context.Context) context.Context { return detached("hook's") }))
			assert.Equal(t, freddy.RetryDeadline, t.call(ctx, client, http.MethodGet).within(0).api(429, 1).Decision)
		})
		runInBubble(t, "canceled by the hook, "+place, func(t *T) {
			client := t.over(script(faulty.Text(503, ""), faulty.Text(200, connectorBody)), option(func(ctx context.Context) context.Context {
				ctx, cancel := context.WithCancel(ctx)
				cancel()
				return ctx
			}))
			t.get(client).ok(2)
			client = t.over(script(faulty.Text(503, ""), faulty.Text(200, connectorBody)), option(func(ctx context.Context) context.Context {
				ctx, cancel := context.WithDeadline(ctx, time.Now().Add(-time.Hour))
				cancel()
				return ctx
			}))
			t.get(client).ok(2)
		})
	}
}
