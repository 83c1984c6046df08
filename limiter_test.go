package freddy_test

import (
	"context"
	"errors"
	"fmt"
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

func TestLimiter(t *testing.T) {
	runInBubble(t, "J8 before each attempt", func(t *T) {
		type name struct{}
		waits := 0
		rt := script(faulty.Text(503, ""), faulty.Text(429, "", "Retry-After-Ms: 1"), faulty.Text(200, connectorBody))
		client := t.over(rt, freddy.WithLimiter(limiter(func(ctx context.Context) error {
			waits++
			assert.Equal(t, "caller's", ctx.Value(name{}))
			return nil
		})))
		t.call(context.WithValue(t.Context(), name{}, "caller's"), client, http.MethodGet).ok(3)
		assert.Equal(t, 3, waits)
	})
	runInBubble(t, "J8 its time is not the attempt's", func(t *T) {
		slow := limiter(func(context.Context) error { time.Sleep(time.Hour); return nil })
		t.get(t.over(script(faulty.Text(200, connectorBody)), freddy.WithLimiter(slow), freddy.WithAttemptTimeout(time.Millisecond))).ok(1)
	})
	blocking := limiter(func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
	runInBubble(t, "J8 blocks", func(t *T) {
		client := t.client(t.untouched().URL(), freddy.WithLimiter(blocking))
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			ready := make(chan struct{}, 1)
			time.AfterFunc(time.Second, func() { ready <- struct{}{} })
			err := t.canceled(client, method, ready).transport(0, 0)
			assert.Equal(t, freddy.RetryCanceled, err.Decision)
			assert.False(t, err.Ambiguous)

			ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, errTest)
			o := t.call(ctx, client, method)
			assert.Equal(t, time.Second, o.took)
			require.ErrorIs(t, o.transport(0, 0), context.DeadlineExceeded)
			require.ErrorIs(t, o.err, errTest)
			cancel()
		}
	})
	runInBubble(t, "J8 ignores the end of the context", func(t *T) {
		ctx, cancel := context.WithCancel(t.Context())
		client := t.client(t.untouched().URL(), freddy.WithLimiter(limiter(func(context.Context) error { cancel(); return nil })))
		err := t.call(ctx, client, http.MethodGet).transport(0, 0)
		require.ErrorIs(t, err, context.Canceled)
	})
	runInBubble(t, "J8 fails", func(t *T) {
		for name, failure := range map[string]error{
			"plain":        fmt.Errorf("rate: Wait(n=1) would exceed %s: %w", testKey, errTest),
			"own deadline": errors.Join(context.DeadlineExceeded, errTest), // settle requires that it does not match
			"own cancel":   errors.Join(context.Canceled, errTest),
			"API error":    errors.Join(&freddy.APIError{StatusCode: 429}, errTest),
		} {
			log := new(hookLog)
			client := t.client(t.untouched().URL(), log.option(), freddy.WithLimiter(limiter(func(context.Context) error { return failure })))
			for _, method := range allMethods {
				err := t.do(client, method).within(0).transport(0, 0)
				require.ErrorIs(t, err, errTest, name)
				assert.False(t, err.Ambiguous)
				assert.False(t, freddy.MayHaveSucceeded(err))
				assert.Equal(t, freddy.RetryCanceled, err.Decision)
			}
			assert.Empty(t, log.attempts, "an attempt begins after the limiter")
			assert.Len(t, log.calls, len(allMethods))
		}
	})
	runInBubble(t, "J8 fails before a retry", func(t *T) {
		for method, ambiguous := range map[string]bool{http.MethodGet: false, http.MethodDelete: true} {
			waits := 0
			client := t.over(script(faulty.Text(503, "", "X-Request-Id: req_1")), freddy.WithLimiter(limiter(func(context.Context) error {
				if waits++; waits == 2 {
					return errTest
				}
				return nil
			})))
			o := t.do(client, method)
			err := o.transport(0, 1)
			require.ErrorIs(t, err, errTest)
			require.NotErrorIs(t, err, freddy.ErrServer)
			assert.Equal(t, ambiguous, err.Ambiguous, "the first attempt may have been processed")
			require.NotNil(t, err.Previous)
			assert.Equal(t, "req_1", err.Previous.RequestID)
			assert.Equal(t, 503, o.response.StatusCode)
		}
	})
	runInBubble(t, "J8 a hundred a second", func(t *T) {
		const interval, calls = 10 * time.Millisecond, 50
		var mu sync.Mutex
		var at []time.Time
		rt := roundTrip(func(req *http.Request) (*http.Response, error) {
			mu.Lock()
			at = append(at, time.Now())
			busy := len(at)%3 == 0
			mu.Unlock()
			if busy {
				return script(faulty.Text(503, "")).RoundTrip(req)
			}
			return script(faulty.Text(200, connectorBody)).RoundTrip(req)
		})
		next := time.Now()
		pace := limiter(func(ctx context.Context) error {
			mu.Lock()
			start := next
			if now := time.Now(); start.Before(now) {
				start = now
			}
			next = start.Add(interval)
			mu.Unlock()
			timer := time.NewTimer(time.Until(start))
			defer timer.Stop()
			select {
			case <-timer.C:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		client := t.over(rt, freddy.WithLimiter(pace))
		derived := derive(t, client, otherKey) // shares the limiter
		var tasks sync.WaitGroup
		for i := range calls {
			tasks.Go(func() {
				_, err := []*freddy.Client{client, derived}[i%2].Connectors().Get(t.Context(), "x")
				assert.NoError(t, err)
			})
		}
		tasks.Wait()
		assert.Greater(t, len(at), calls*5/4, "there were retries")
		slices.SortFunc(at, time.Time.Compare)
		for i := range at[1:] {
			assert.GreaterOrEqual(t, at[i+1].Sub(at[i]), interval)
		}
	})
	runInBubble(t, "F12 nil", func(t *T) {
		type pointer struct{ limiter }
		for _, none := range []freddy.Limiter{nil, (*pointer)(nil)} {
			_, err := freddy.NewClient(testKey, freddy.WithLimiter(none))
			t.argument(err, "WithLimiter")
		}
	})
}
