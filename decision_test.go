package freddy_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/internal/faulty"
)

// decided makes a call and returns its error, after it has required that the error,
// the hook and the log have the decision.
func (t *T) decided(rt http.RoundTripper, method string, timeout time.Duration, want freddy.RetryDecision, opts ...freddy.Option) error {
	t.Helper()
	log := new(hookLog)
	var logged string
	logger := slog.New(logHandler(func(_ context.Context, record slog.Record) { logged = attribute(record, "decision") }))
	client := t.over(rt, append(opts, log.option(), freddy.WithLogger(logger))...)
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	if rt, ok := rt.(*scripted); ok && want == freddy.RetryBudgetExhausted {
		exhaustBudget(t, client, rt)
	}
	o := t.call(ctx, client, method).within(0)
	var decision freddy.RetryDecision
	switch err := o.err.(type) { //nolint:errorlint // the type itself
	case *freddy.APIError:
		decision = err.Decision
	case *freddy.TransportError:
		decision = err.Decision
	}
	assert.Equal(t, want, decision, o.err)
	assert.Equal(t, want, log.attempts[len(log.attempts)-1].Decision, "in the hook")
	assert.Equal(t, string(want), logged, "in the log")
	return o.err
}

// exhaustBudget empties the budget of a client whose calls are scripted.
func exhaustBudget(t *T, client *freddy.Client, rt *scripted) {
	t.Helper()
	responses := rt.responses
	rt.responses = []string{faulty.Text(503, "")}
	err := client.Do(t.Context(), http.MethodGet, "/x", nil, nil, freddy.WithMaxRetries(100))
	require.ErrorIs(t, err, freddy.ErrServer)
	rt.mu.Lock()
	rt.responses, rt.at = responses, nil
	rt.mu.Unlock()
}

func TestDecision(t *testing.T) {
	failing := roundTrip(func(*http.Request) (*http.Response, error) { return nil, errTest })
	immediately := freddy.WithRetryBackoff(0, 0)
	for name, row := range map[string]struct {
		rt       http.RoundTripper
		method   string
		timeout  time.Duration
		want     freddy.RetryDecision
		inText   bool
		opts     []freddy.Option
		attempts int
	}{
		"budget exhausted":              {script(faulty.Text(503, "")), http.MethodGet, time.Hour, freddy.RetryBudgetExhausted, true, []freddy.Option{immediately}, 1},
		"budget exhausted, 429":         {script(faulty.Text(429, "")), http.MethodPost, time.Hour, freddy.RetryBudgetExhausted, true, []freddy.Option{immediately}, 1},
		"budget exhausted, 503, wait":   {script(faulty.Text(503, "", "Retry-After-Ms: 1")), http.MethodGet, time.Hour, freddy.RetryBudgetExhausted, true, []freddy.Option{immediately}, 1},
		"Retry-After over the limit":    {script(faulty.Text(429, "", "Retry-After: 3")), http.MethodPost, time.Hour, freddy.RetryAfterTooLong, true, nil, 1},
		"Retry-After of a 503":          {script(faulty.Text(503, "", "Retry-After: 3")), http.MethodGet, time.Second, freddy.RetryAfterTooLong, true, nil, 1},
		"Retry-After past the deadline": {script(faulty.Text(429, "", "Retry-After: 2")), http.MethodPost, time.Second, freddy.RetryDeadline, true, nil, 1},
		"backoff past the deadline":     {script(faulty.Text(500, "")), http.MethodGet, time.Second, freddy.RetryDeadline, true, []freddy.Option{freddy.WithRetryBackoff(1<<62, 1<<62)}, 1},
		"network, past the deadline":    {failing, http.MethodGet, time.Second, freddy.RetryDeadline, true, []freddy.Option{freddy.WithRetryBackoff(1<<62, 1<<62)}, 1},
		"retries exhausted":             {script(faulty.Text(503, "")), http.MethodGet, time.Hour, freddy.RetryExhausted, false, []freddy.Option{immediately}, 4},
		"retries exhausted, POST":       {script(faulty.Text(429, "")), http.MethodPost, time.Hour, freddy.RetryExhausted, false, []freddy.Option{immediately}, 4},
		"network, retries exhausted":    {failing, http.MethodGet, time.Hour, freddy.RetryExhausted, false, []freddy.Option{immediately}, 4},
		"retries off":                   {script(faulty.Text(503, "")), http.MethodGet, time.Hour, freddy.RetryExhausted, false, []freddy.Option{freddy.WithMaxRetries(0)}, 1},
		"POST, 503":                     {script(faulty.Text(503, "")), http.MethodPost, time.Hour, freddy.RetryUnsafe, false, nil, 1},
		"PATCH, 408":                    {script(faulty.Text(408, "")), http.MethodPatch, time.Hour, freddy.RetryUnsafe, false, nil, 1},
		"POST, network":                 {failing, http.MethodPost, time.Hour, freddy.RetryUnsafe, false, nil, 1},
		"POST, 503, over the limit":     {script(faulty.Text(503, "", "Retry-After: 9")), http.MethodPost, time.Hour, freddy.RetryUnsafe, false, nil, 1},
		"404":                           {script(faulty.Text(404, "", "Retry-After: 1")), http.MethodGet, time.Hour, freddy.RetryNotNeeded, false, nil, 1},
		"501":                           {script(faulty.Text(501, "")), http.MethodGet, time.Hour, freddy.RetryNotNeeded, false, nil, 1},
		"POST, 404":                     {script(faulty.Text(404, "")), http.MethodPost, time.Hour, freddy.RetryNotNeeded, false, nil, 1},
	} {
		runInBubble(t, "J2 "+name, func(t *T) {
			err := t.decided(row.rt, row.method, row.timeout, row.want, row.opts...)
			require.Error(t, err)
			if row.inText {
				assert.Contains(t, err.Error(), ", "+string(row.want))
			} else if row.want != "" {
				assert.NotContains(t, err.Error(), string(row.want), "the text says it otherwise")
			}
			if rt, ok := row.rt.(*scripted); ok {
				assert.Len(t, rt.at, row.attempts)
			}
		})
	}
	runInBubble(t, "J2 canceled", func(t *T) {
		rt := roundTrip(func(req *http.Request) (*http.Response, error) {
			<-req.Context().Done()
			return nil, req.Context().Err()
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := t.call(ctx, t.over(rt), http.MethodGet).transport(0, 1)
		assert.Equal(t, freddy.RetryCanceled, err.Decision)
		assert.NotContains(t, err.Error(), "context ended", "the cause says it")
	})
	runInBubble(t, "J2 a 429 with Retry-After costs no budget", func(t *T) {
		rt := script(faulty.Text(429, "", "Retry-After: 1"), faulty.Text(429, "", "Retry-After-Ms: 1"), faulty.Text(200, connectorBody))
		client := t.over(rt)
		exhaustBudget(t, client, rt)
		t.post(client).ok(3)
		// A Retry-After of 0 says nothing.
		zero := script(faulty.Text(429, "", "Retry-After: 0"))
		client = t.over(zero)
		exhaustBudget(t, client, zero)
		assert.Equal(t, freddy.RetryBudgetExhausted, t.post(client).api(429, 1).Decision)
	})
	runInBubble(t, "J2 what gives budget back", func(t *T) {
		for response, gives := range map[string]bool{
			faulty.Text(200, connectorBody): true, faulty.Text(404, ""): true, faulty.Text(401, ""): true, faulty.Text(302, ""): true, faulty.Text(200, "<html>"): true,
			faulty.Text(429, ""): false, faulty.Text(429, "", "Retry-After: 9"): false, faulty.Text(500, ""): false, faulty.Text(501, ""): false, "BANANA\r\n\r\n": false,
		} {
			rt := script(response)
			client := t.over(rt)
			exhaustBudget(t, client, rt)
			for range 5 { // a retry takes 5 tokens
				t.get(client, freddy.WithMaxRetries(0))
			}
			rt.responses = []string{faulty.Text(503, "")}
			t.get(client).isAPI(503, map[bool]int{true: 2, false: 1}[gives])
		}
	})
	runInBubble(t, "J3 three hundred callers", func(t *T) {
		const callers, rate = 300, 100
		start := time.Now()
		var mu sync.Mutex
		served := map[int]int{} // in each second
		var retried []time.Duration
		rt := roundTrip(func(req *http.Request) (*http.Response, error) {
			mu.Lock()
			defer mu.Unlock()
			since := time.Since(start)
			if since > 0 && since < 1500*time.Millisecond {
				retried = append(retried, since)
			}
			if served[int(since/time.Second)]++; served[int(since/time.Second)] > rate {
				return script(faulty.Text(429, "", "Retry-After: 1")).RoundTrip(req)
			}
			return script(faulty.Text(200, connectorBody)).RoundTrip(req)
		})
		client := t.over(rt)
		var tasks sync.WaitGroup
		for range callers {
			tasks.Go(func() {
				var response freddy.Response
				_, err := client.Connectors().Get(t.Context(), "x", freddy.WithResponse(&response))
				assert.NoError(t, err)
				assert.LessOrEqual(t, response.Attempts, 3)
			})
		}
		tasks.Wait()
		require.Len(t, retried, callers-rate)
		assert.GreaterOrEqual(t, slices.Max(retried)-slices.Min(retried), 50*time.Millisecond, "they do not come back together")
	})
	runInBubble(t, "J3 a long Retry-After is spread by a second", func(t *T) {
		var waits []time.Duration
		for range 100 {
			rt := script(faulty.Text(503, "", "Retry-After: 50"), faulty.Text(200, connectorBody))
			t.get(t.over(rt, freddy.WithMaxRetryAfter(time.Minute))).ok(2)
			waits = append(waits, rt.waits()...)
		}
		assert.GreaterOrEqual(t, slices.Min(waits), 50*time.Second)
		assert.LessOrEqual(t, slices.Max(waits), 51*time.Second)
		assert.Greater(t, slices.Max(waits)-slices.Min(waits), time.Second/2)
	})
	runInBubble(t, "J1 rate limited, then lost", func(t *T) {
		for name, lost := range map[string]faulty.Handler{
			"closed": faulty.Close, "cut": faulty.Cut(201, 99, "{"), "half a status": faulty.Then(faulty.Raw("HTTP/1.1 20"), faulty.Close), "timeout": faulty.Stall,
		} {
			for _, method := range notIdempotent {
				for _, wait := range []string{"Retry-After: 0", "Retry-After: 1"} {
					s := t.serve(faulty.Reply(429, `{"error":"slow down"}`, wait, "X-Request-Id: req_429"), lost, faulty.Reply(200, connectorBody))
					o := t.do(t.client(s.URL(), freddy.WithAttemptTimeout(time.Minute)), method)
					err := o.transport(o.response.StatusCode%http.StatusTooManyRequests, 2)
					assert.True(t, err.Ambiguous, name)
					assert.Equal(t, freddy.RetryUnsafe, err.Decision)
					assert.True(t, freddy.MayHaveSucceeded(o.err))
					require.NotErrorIs(t, o.err, freddy.ErrRateLimited)
					assert.NotErrorAs(t, o.err, new(*freddy.APIError))
					assert.False(t, freddy.HasCode(o.err, ""))
					require.NotNil(t, err.Previous)
					assert.Equal(t, []any{429, "req_429", "slow down"}, []any{err.Previous.StatusCode, err.Previous.RequestID, err.Previous.Message})
					assert.NotContains(t, o.err.Error(), "slow down")
					assert.Len(t, s.Requests(), 2, "never sent again")
				}
			}
		}
	})
	runInBubble(t, "J15 an attempt before an error response", func(t *T) {
		finals := map[string]faulty.Handler{
			"429":         faulty.Reply(429, "", "Retry-After: 9"),
			"401":         faulty.Reply(401, ""),
			"409":         faulty.Reply(409, ""),
			"400":         faulty.Reply(400, ""),
			"302":         faulty.Reply(302, "", "Location: /x"),
			"200 failed":  faulty.Reply(200, `{"success":false,"error":{"code":"NO"}}`),
			"501 (final)": faulty.Reply(501, ""),
		}
		firsts := map[string]struct {
			handler   faulty.Handler
			ambiguous bool
		}{
			"closed": {faulty.Close, true}, "cut": {faulty.Cut(200, 99, "{"), true}, "503": {faulty.Reply(503, ""), true}, "408": {faulty.Reply(408, ""), true},
			"429": {faulty.Reply(429, ""), false},
		}
		for first, before := range firsts {
			for final, handler := range finals {
				for _, method := range []string{http.MethodDelete, http.MethodPut, http.MethodGet} {
					s := t.serve(before.handler, handler)
					o := t.do(t.client(s.URL()), method)
					name := fmt.Sprint(method, " ", first, " ", final)
					require.Equal(t, 2, o.response.Attempts, name)
					err := o.api(o.response.StatusCode, 2)
					want := before.ambiguous && method != http.MethodGet
					assert.Equal(t, want, err.Ambiguous, name)
					assert.Equal(t, want || final == "501 (final)" && method != http.MethodGet, freddy.MayHaveSucceeded(err), name)
				}
			}
		}
		// The only attempt's own status is no earlier attempt.
		s := t.serve(faulty.Reply(503, ""))
		err := t.post(t.client(s.URL())).api(503, 1)
		assert.False(t, err.Ambiguous)
		assert.True(t, freddy.MayHaveSucceeded(err))
	})
}
