package freddy_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/internal/faulty"
)

// Attempt timeouts. In a bubble they are exact and take no time.
const (
	attempt = 300 * time.Millisecond
	brief   = 60 * time.Millisecond
)

func TestTimeout(t *testing.T) {
	runInBubble(t, "A14 no response", func(t *T) {
		s := t.serve(faulty.Stall)
		o := t.get(t.client(s.URL(), freddy.WithAttemptTimeout(attempt))).within(4*attempt + backoffs)
		err := o.transport(0, 4)
		assert.GreaterOrEqual(t, o.took, 4*attempt)
		assert.True(t, err.Timeout())
		assert.NotContains(t, err.Error(), "context deadline", "that is the caller's deadline")
		assert.False(t, err.Ambiguous, "a GET only reads")
		assert.Len(t, s.Requests(), 4)
	})
	runInBubble(t, "A15 no response to a create", func(t *T) {
		for _, method := range notIdempotent {
			s := t.serve(faulty.Stall)
			o := t.do(t.client(s.URL(), freddy.WithAttemptTimeout(attempt)), method).within(attempt)
			err := o.transport(0, 1)
			assert.GreaterOrEqual(t, o.took, attempt)
			assert.True(t, err.Timeout())
			assert.True(t, err.Ambiguous)
			assert.Len(t, s.Requests(), 1)
		}
	})
	runInBubble(t, "A17 body byte by byte", func(t *T) {
		head := faulty.Head(200, "Content-Length: 4096", "X-Request-Id: req_drip")
		s := t.serve(faulty.Drip(head, '{', brief/6))
		err := t.get(t.client(s.URL(), freddy.WithAttemptTimeout(brief))).within(4*brief+backoffs).transport(200, 4)
		assert.True(t, err.Timeout())
		assert.Equal(t, "req_drip", err.RequestID)
	})
	t.Run("A17 stalls and drips", func(t *testing.T) {
		for name, test := range map[string]struct {
			handler faulty.Handler
			status  int
		}{
			"in the status":      {faulty.Drip("HTTP/1.1 200 ", 'O', 5*time.Millisecond), 0},
			"in a header":        {faulty.Drip("HTTP/1.1 200 OK\r\nX-Slow: ", 'x', 5*time.Millisecond), 0},
			"until close":        {faulty.Drip(faulty.Head(200), ' ', 5*time.Millisecond), 200},
			"in a chunk":         {faulty.Drip(faulty.Head(200, "Transfer-Encoding: chunked")+"ff\r\n", ' ', 5*time.Millisecond), 200},
			"after the value":    {faulty.Drip(faulty.Head(200)+connectorBody, '\n', 5*time.Millisecond), 200},
			"stalls in a status": {faulty.Then(faulty.Raw("HTTP/1.1 2"), faulty.Stall), 0},
			"stalls in a header": {faulty.Then(faulty.Raw("HTTP/1.1 200 OK\r\nX-Request-Id"), faulty.Stall), 0},
			"stalls after 100":   {faulty.Then(faulty.Raw(faulty.Head(100)), faulty.Stall), 0},
			"stalls in a body":   {faulty.Then(faulty.Raw(faulty.Head(201, "Content-Length: 500")+connectorBody), faulty.Stall), 201},
			"stalls in chunks":   {faulty.Then(faulty.Raw(faulty.Head(200, "Transfer-Encoding: chunked")), faulty.Chunk(connectorBody), faulty.Stall), 200},
		} {
			runInBubble(t, name, func(t *T) {
				s := t.serve(test.handler)
				err := t.post(t.client(s.URL(), freddy.WithAttemptTimeout(brief))).within(brief).transport(test.status, 1)
				assert.True(t, err.Timeout())
				assert.True(t, err.Ambiguous)
				assert.Len(t, s.Requests(), 1)
			})
		}
	})
	runInBubble(t, "A18 error body stalls", func(t *T) {
		part := `{"error":{"code":"overloaded","message":"Try la`
		head := faulty.Head(503, "Content-Length: 4096", "X-Request-Id: req_a18")
		s := t.serve(faulty.Then(faulty.Raw(head+part), faulty.Stall))
		err := t.get(t.client(s.URL(), freddy.WithAttemptTimeout(brief))).within(4*brief+backoffs).api(503, 4)
		assert.Equal(t, "req_a18", err.RequestID)
		assert.Equal(t, part, string(err.Body), "the error has what was received")
		assert.Equal(t, "overloaded", err.Code)
	})
	runInBubble(t, "A18 body of another status stalls", func(t *T) {
		for _, test := range []struct {
			method           string
			status, attempts int
		}{
			{http.MethodGet, 404, 1},
			{http.MethodGet, 302, 1},
			{http.MethodPost, 503, 1},
			{http.MethodPost, 429, 4},
		} {
			s := t.serve(faulty.Then(faulty.Raw(faulty.Head(test.status, "Content-Length: 4096")), faulty.Stall))
			c := t.client(s.URL(), freddy.WithAttemptTimeout(brief))
			t.do(c, test.method).within(time.Duration(test.attempts)*brief+backoffs).isAPI(test.status, test.attempts)
		}
	})
	runInBubble(t, "C19 length without a body", func(t *T) {
		s := t.serve(faulty.Then(faulty.Raw(faulty.Head(200, "Content-Length: 500", "X-Request-Id: req_c19")), faulty.Stall))
		err := t.do(t.client(s.URL(), freddy.WithAttemptTimeout(brief)), http.MethodDelete).within(4*brief+backoffs).transport(200, 4)
		assert.True(t, err.Timeout())
		assert.True(t, err.Ambiguous)
		assert.Equal(t, "req_c19", err.RequestID)
		// A response to HEAD has a length and no body, so no value either.
		t.do(t.client(s.URL()), http.MethodHead).ok(1).within(backoffs)
		var value json.RawMessage
		var invalid *freddy.DecodeError
		require.ErrorAs(t, t.client(s.URL()).Do(t.Context(), http.MethodHead, connectorPath, nil, &value), &invalid)
	})
	runInBubble(t, "A14 timeout of a caller-supplied http.Client", func(t *T) {
		s := t.serve(faulty.Stall)
		for _, limits := range [][2]time.Duration{{brief, 10 * time.Second}, {10 * time.Second, brief}} {
			provided := &http.Client{Transport: t.transport(), Timeout: limits[0]}
			o := t.get(t.client(s.URL(), freddy.WithHTTPClient(provided), freddy.WithAttemptTimeout(limits[1]))).within(4*brief + backoffs)
			assert.True(t, o.transport(0, 4).Timeout())
			assert.GreaterOrEqual(t, o.took, 4*brief)
			assert.Equal(t, limits[0], provided.Timeout)
		}
		// The timeout includes the body.
		slow := t.serve(faulty.Drip(faulty.Head(200), ' ', 5*time.Millisecond))
		provided := &http.Client{Transport: t.transport(), Timeout: brief}
		assert.True(t, t.post(t.client(slow.URL(), freddy.WithHTTPClient(provided))).within(brief).transport(200, 1).Timeout())
	})
	runInBubble(t, "G6 attempt timeout while the context is alive", func(t *T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		short := freddy.WithAttemptTimeout(40 * time.Millisecond)
		s := t.serve(faulty.Stall, faulty.Then(faulty.Raw(faulty.Head(http.StatusOK, "Content-Length: 9")), faulty.Stall), faulty.Reply(http.StatusOK, connectorBody))
		t.call(ctx, t.client(s.URL(), short), http.MethodGet).ok(3)

		s = t.serve(faulty.Stall)
		err := t.call(ctx, t.client(s.URL()), http.MethodGet, short, freddy.WithMaxRetries(1)).within(80*time.Millisecond+backoffs).transport(0, 2)
		assert.True(t, err.Timeout())
		var timeout interface{ Timeout() bool }
		require.ErrorAs(t, err.Err, &timeout)

		provided := &http.Client{Transport: t.transport(), Timeout: 40 * time.Millisecond} // of an attempt, too
		err = t.call(ctx, t.client(s.URL(), freddy.WithHTTPClient(provided)), http.MethodPost).within(40*time.Millisecond).transport(0, 1)
		assert.True(t, err.Timeout())
		assert.True(t, err.Ambiguous)
	})
	runInBubble(t, "I5 endless slow body", func(t *T) {
		s := t.serve(faulty.Drip(faulty.Head(http.StatusOK), ' ', 5*time.Millisecond))
		err := t.get(t.client(s.URL()), freddy.WithMaxRetries(1), freddy.WithAttemptTimeout(60*time.Millisecond)).within(120*time.Millisecond+backoffs).transport(http.StatusOK, 2)
		assert.True(t, err.Timeout())
		slow := t.serve(faulty.Drip(faulty.Head(http.StatusNotFound), ' ', 5*time.Millisecond))
		require.ErrorIs(t, t.get(t.client(slow.URL()), freddy.WithAttemptTimeout(60*time.Millisecond)).within(60*time.Millisecond).api(http.StatusNotFound, 1), freddy.ErrNotFound)
	})
	runInBubble(t, "G5 a deadline whose timer has not fired", func(t *T) {
		ctx := lateContext{t.Context(), time.Now().Add(time.Second)}
		rt := roundTrip(func(*http.Request) (*http.Response, error) {
			time.Sleep(time.Second)
			return nil, errTest
		})
		err := t.call(ctx, t.over(rt), http.MethodGet).transport(0, 1)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.True(t, err.Timeout())
	})
	run(t, "G5 deadline of a call over TCP", func(t *T) {
		s := t.serve(faulty.Stall)
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		err := t.call(ctx, t.client(s.URL(), freddy.WithAttemptTimeout(time.Hour)), http.MethodGet).transport(0, 1)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.True(t, err.Timeout())
		assert.Len(t, s.Requests(), 1)
	})
}

// A lateContext does not end at its deadline.
type lateContext struct {
	context.Context
	deadline time.Time
}

func (c lateContext) Deadline() (time.Time, bool) { return c.deadline, true }
