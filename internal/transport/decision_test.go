package transport_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go/internal/transport"
)

// After a 401, another credential gets one more attempt, beyond MaxRetries and
// without budget.
func TestRenew(t *testing.T) {
	renewed := func(value string) func(context.Context) transport.Credential {
		return func(context.Context) transport.Credential {
			if value == "" {
				return nil
			}
			return func() (string, string) { return "Authorization", value }
		}
	}
	for _, row := range []struct {
		name     string
		steps    []step
		value    string
		retries  int
		attempts int
	}{
		{"another key", []step{{status: 401}, {status: 200}}, "Bearer example-2", 1, 2},
		{"beyond the limit", []step{{status: 503}, {status: 401}, {status: 200}}, "Bearer example-2", 1, 3},
		{"then retries", []step{{status: 401}, {status: 503}, {status: 200}}, "Bearer example-2", 1, 3},
		{"once", []step{{status: 401}}, "Bearer example-2", 3, 2},
		{"no other key", []step{{status: 401}}, "", 3, 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := &script{steps: row.steps}
				r := request(http.MethodPut)
				r.MaxRetries, r.Renew = row.retries, renewed(row.value)
				result := transport.New(config(server)).Do(t.Context(), r)
				assert.Equal(t, row.attempts, result.Number)
				want := "Bearer example-key"
				for i, req := range server.seen {
					if i > 0 && row.steps[i-1].status == 401 {
						want = row.value
					}
					assert.Equal(t, want, req.Header.Get("Authorization"))
				}
			})
		})
	}
}

type limiterFunc func(context.Context) error

func (f limiterFunc) Wait(ctx context.Context) error { return f(ctx) }

func TestLimiter(t *testing.T) {
	t.Run("waited for before each attempt", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			server := statuses(503, 503, 200)
			c := config(server)
			c.BaseDelay, c.MaxDelay = 0, 0
			c.Limiter = limiterFunc(func(context.Context) error {
				time.Sleep(time.Hour)
				return nil
			})
			result := transport.New(c).Do(t.Context(), request(http.MethodGet))
			assert.Equal(t, 200, result.Response.StatusCode, "the wait is no part of the attempt's timeout")
			assert.Equal(t, []time.Duration{time.Hour, time.Hour}, server.waits())
		})
	})
	t.Run("fails", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			server, calls, failed := statuses(503), 0, errors.New("limiter")
			c := config(server)
			c.Limiter = limiterFunc(func(context.Context) error {
				if calls++; calls > 1 {
					return failed
				}
				return nil
			})
			result := transport.New(c).Do(t.Context(), request(http.MethodGet))
			require.ErrorIs(t, result.Failure.Err, failed)
			assert.Equal(t, transport.Canceled, result.Decision)
			assert.Equal(t, 1, result.Number)
			assert.Equal(t, 503, result.Previous.StatusCode)
			assert.Zero(t, result.Response.StatusCode)
		})
	})
}

// The Decision says why there was no further attempt.
func TestDecisions(t *testing.T) {
	seconds := func(status int, value string) step {
		return step{status: status, header: http.Header{"Retry-After": {value}}}
	}
	for _, row := range []struct {
		name     string
		method   string
		step     step
		deadline time.Duration
		want     transport.Decision
	}{
		{"success", http.MethodGet, step{status: 200}, 0, transport.NotNeeded},
		{"404", http.MethodGet, step{status: 404}, 0, transport.NotNeeded},
		{"permanent failure", http.MethodGet, step{err: http.ErrSchemeMismatch}, 0, transport.NotNeeded},
		{"POST 503", http.MethodPost, step{status: 503}, 0, transport.Unsafe},
		{"POST cut off", http.MethodPost, step{err: io.EOF}, 0, transport.Unsafe},
		{"retries used up", http.MethodGet, step{status: 503}, 0, transport.Exhausted},
		{"Retry-After over the limit", http.MethodGet, seconds(429, "61"), 0, transport.RetryAfterTooLong},
		{"Retry-After past the deadline", http.MethodGet, seconds(429, "5"), time.Second, transport.DeadlineTooNear},
		{"backoff past the deadline", http.MethodGet, step{status: 503}, 100 * time.Millisecond, transport.DeadlineTooNear},
		{"context ended", http.MethodGet, step{err: context.Canceled}, time.Nanosecond, transport.Canceled},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx := t.Context()
				if row.deadline > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, row.deadline)
					defer cancel()
				}
				rt := roundTrip(func(req *http.Request) (*http.Response, error) {
					if row.want == transport.Canceled {
						<-req.Context().Done()
					}
					return (&script{steps: []step{row.step}}).RoundTrip(req)
				})
				assert.Equal(t, row.want, transport.New(config(rt)).Do(ctx, request(row.method)).Decision)
			})
		})
	}
}
