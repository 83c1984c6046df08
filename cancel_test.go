package freddy_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/internal/faulty"
)

func TestCancel(t *testing.T) {
	patient := freddy.WithAttemptTimeout(time.Minute)
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		runInBubble(t, "G2 while connecting, "+method, func(t *T) {
			dialing := make(chan struct{}, 1)
			dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
				dialing <- struct{}{}
				<-ctx.Done()
				return nil, ctx.Err()
			}
			client := t.client("http://127.0.0.1", patient, withTransport(&http.Transport{DialContext: dial}))
			err := t.canceled(client, method, dialing).transport(0, 1)
			if method == http.MethodPost {
				assert.False(t, err.Ambiguous, "nothing was sent")
			}
		})

		runInBubble(t, "G2 in the TLS handshake, "+method, func(t *T) {
			s := t.serveHandshakeStall()
			ready := make(chan struct{}, 1)
			timer := time.AfterFunc(20*time.Millisecond, func() { ready <- struct{}{} })
			defer timer.Stop()
			err := t.canceled(t.client(s.URL(), patient), method, ready).transport(0, 1)
			if method == http.MethodPost {
				assert.False(t, err.Ambiguous, "nothing was sent")
			}
		})

		runInBubble(t, "G2 waiting for a response, "+method, func(t *T) {
			ready := make(chan struct{}, 1)
			s := t.serve(faulty.Then(signal(ready), faulty.Stall))
			err := t.canceled(t.client(s.URL(), patient), method, ready).transport(0, 1)
			assert.Equal(t, !reads(method), err.Ambiguous)
			assert.Len(t, s.Requests(), 1)
		})

		for _, status := range []int{http.StatusOK, http.StatusServiceUnavailable} {
			runInBubble(t, fmt.Sprintf("G2 in the body of a %d, %s", status, method), func(t *T) {
				ready := make(chan struct{}, 1)
				head := faulty.Head(status, "Content-Length: 100", "X-Request-Id: req_begun")
				s := t.serve(faulty.Then(faulty.Raw(head+"half"), faulty.Wait(20*time.Millisecond), signal(ready), faulty.Stall))
				o := t.canceled(t.client(s.URL(), patient), method, ready)
				err := o.transport(status, 1)
				assert.Equal(t, "req_begun", err.RequestID)
				assert.Equal(t, !reads(method), err.Ambiguous)
				assert.NotErrorAs(t, o.err, new(*freddy.APIError))
				assert.Nil(t, err.Previous, "there was no earlier attempt")
				assert.Len(t, s.Requests(), 1)
			})
		}
	}

	const unavailable = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nX-Request-Id: req_unavailable\r\n"
	for name, response := range map[string]string{"of Retry-After": unavailable + "Retry-After: 1\r\n\r\n", "of a backoff": unavailable + "\r\n"} {
		forever := freddy.WithRetryBackoff(1<<62, 1<<62)
		runInBubble(t, "G3 in a wait, "+name, func(t *T) {
			ready := make(chan struct{}, 1)
			time.AfterFunc(50*time.Millisecond, func() { ready <- struct{}{} })
			o := t.canceled(t.over(script(response), forever), http.MethodGet, ready)
			assert.Equal(t, 50*time.Millisecond, o.took)
			t.unavailableBefore(o)
		})

		if name == "of a backoff" { // of a Retry-After see E11
			runInBubble(t, "G3 deadline before the end of a wait", func(t *T) {
				ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
				defer cancel()
				err := t.call(ctx, t.over(script(response), forever), http.MethodGet).within(0).api(http.StatusServiceUnavailable, 1)
				assert.Equal(t, freddy.RetryDeadline, err.Decision)
			})
		}
	}

	silent := roundTrip(func(req *http.Request) (*http.Response, error) {
		<-req.Context().Done()
		return nil, context.Cause(req.Context()) // as net/http does
	})
	for limit, attempts := range map[time.Duration]int{300 * time.Millisecond: 2, time.Hour: 1} {
		runInBubble(t, "G5 deadline of a call, attempt timeout "+limit.String(), func(t *T) {
			client := t.over(silent, freddy.WithAttemptTimeout(limit))
			ctx, cancel := context.WithTimeoutCause(t.Context(), 500*time.Millisecond, errTest)
			defer cancel()
			o := t.call(ctx, client, http.MethodGet)
			assert.Equal(t, 500*time.Millisecond, o.took)
			err := o.transport(0, attempts)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.ErrorIs(t, err, errTest)
			require.NotErrorIs(t, err, context.Canceled)
			assert.True(t, err.Timeout())
		})
	}

	runInBubble(t, "G1 context has ended", func(t *T) {
		client := t.client(t.untouched().URL())
		canceled, cancel := context.WithCancelCause(t.Context())
		cancel(errTest)
		late, stop := context.WithDeadlineCause(t.Context(), time.Now().Add(-time.Second), errTest)
		defer stop()
		for ctx, end := range map[context.Context]error{canceled: context.Canceled, late: context.DeadlineExceeded} {
			for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
				err := t.call(ctx, client, method).within(backoffs).transport(0, 0)
				require.ErrorIs(t, err, end)
				require.ErrorIs(t, err, errTest)
				assert.False(t, err.Ambiguous)
				assert.Equal(t, errors.Is(end, context.DeadlineExceeded), err.Timeout())
			}
			_, err := t.collect(client.Connectors().All(ctx, freddy.ConnectorListParams{}), 1)
			require.ErrorIs(t, err, end)
		}
	})
	run(t, "G3 in a wait, over TCP", func(t *T) {
		ready := make(chan struct{}, 1)
		s := t.serve(faulty.Then(signal(ready), faulty.Reply(http.StatusServiceUnavailable, "", "Retry-After: 2", "X-Request-Id: req_unavailable")))
		o := t.canceled(t.client(s.URL()), http.MethodGet, ready)
		require.ErrorIs(t, o.err, context.Canceled)
		assert.Len(t, s.Requests(), 1)
	})
}

// canceled makes a call whose context is canceled once ready receives a value.
// The call must return at once with the context's error.
func (t *T) canceled(client *freddy.Client, method string, ready <-chan struct{}) *outcome {
	t.Helper()
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	at := make(chan time.Time, 1)
	go func() {
		select {
		case <-ready:
		case <-ctx.Done():
		}
		at <- time.Now()
		cancel(errTest)
	}()
	o := t.call(ctx, client, method)
	end := time.Now()
	cancel(nil)
	if t.network != nil {
		assert.Zero(t, end.Sub(<-at), "the call returns at once")
	}
	require.ErrorIs(t, o.err, context.Canceled)
	require.ErrorIs(t, o.err, errTest)
	return o
}

// signal is a handler that sends to ready and not to the client.
func signal(ready chan<- struct{}) faulty.Handler {
	return func(*faulty.Conn) { ready <- struct{}{} }
}

// unavailableBefore requires that the only attempt was rejected with a 503, which
// is in Previous only.
func (t *T) unavailableBefore(o *outcome) {
	t.Helper()
	transportErr, ok := o.err.(*freddy.TransportError) //nolint:errorlint // the type itself
	require.True(t, ok, "%T: %v", o.err, o.err)
	assert.Equal(t, 1, transportErr.Attempts)
	assert.Zero(t, transportErr.StatusCode, "the response was complete")
	assert.NotErrorAs(t, o.err, new(*freddy.APIError))
	require.NotErrorIs(t, o.err, freddy.ErrServer)
	require.NotNil(t, transportErr.Previous)
	assert.Equal(t, http.StatusServiceUnavailable, transportErr.Previous.StatusCode)
	assert.Equal(t, "req_unavailable", transportErr.Previous.RequestID)
	assert.Equal(t, freddy.RetryCanceled, transportErr.Decision)
	assert.Equal(t, http.StatusServiceUnavailable, o.response.StatusCode, "the last response")
}
