package faulty_test

import (
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go/internal/faulty"
)

// newHTTP2Rig is newRig with an HTTP/2 client.
func newHTTP2Rig(t *testing.T) *rig {
	checks := watch(t)
	transport := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: faulty.RootCAs()}}
	checks.CloseIdle(transport.CloseIdleConnections)
	return &rig{t, checks, &http.Client{Transport: transport}}
}

// exchange sends a request and returns the status, the body and the error. If
// the response is cut off, it returns all three.
func (r *rig) exchange(ctx context.Context, s *faulty.HTTP2Server, method, body string) (int, string, error) {
	r.Helper()
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second) // far longer than any of them takes
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, s.URL()+"/path", strings.NewReader(body))
	require.NoError(r, err)
	response, err := r.client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	assert.Equal(r, 2, response.ProtoMajor)
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, string(text), err
}

func TestHTTP2Handlers(t *testing.T) {
	type handlers = []faulty.StreamHandler
	ok := faulty.StreamReply(200, "ok")
	tests := map[string]struct {
		greeting faulty.StreamHandler
		handlers handlers
		status   int
		body     string
		err      string // within the error; empty for none
		requests int    // including those that net/http resends
	}{
		"reply":               {nil, handlers{faulty.StreamReply(503, "busy", "retry-after: 1")}, 503, "busy", "", 1},
		"empty":               {nil, handlers{faulty.StreamReply(200, "")}, 200, "", "", 1},
		"split":               {nil, handlers{faulty.StreamThen(faulty.StreamPart(200, "o"), faulty.StreamReset(faulty.NoError))}, 200, "o", "NO_ERROR", 1},
		"refused once":        {nil, handlers{faulty.StreamReset(faulty.RefusedStream), ok}, 200, "ok", "", 2},
		"reset":               {nil, handlers{faulty.StreamReset(faulty.InternalError)}, 0, "", "INTERNAL_ERROR", 1},
		"calm":                {nil, handlers{faulty.StreamReset(faulty.EnhanceYourCalm)}, 0, "", "ENHANCE_YOUR_CALM", 1},
		"reset in the body":   {nil, handlers{faulty.StreamThen(faulty.StreamPart(200, "half"), faulty.StreamReset(faulty.InternalError))}, 200, "half", "INTERNAL_ERROR", 1},
		"goaway, no response": {nil, handlers{faulty.StreamThen(faulty.GoAway(true, faulty.NoError, "debug data"), faulty.HangUp)}, 0, "", "debug data", 1},
		"goaway, response":    {nil, handlers{faulty.StreamThen(faulty.GoAway(true, faulty.NoError, ""), ok)}, 200, "ok", "", 1},
		"goaway, other conn":  {nil, handlers{faulty.GoAway(false, faulty.NoError, ""), ok}, 200, "ok", "", 2},
		"goaway with a code":  {nil, handlers{faulty.GoAway(false, faulty.EnhanceYourCalm, "")}, 0, "", "ENHANCE_YOUR_CALM", 1},
		"hangs up":            {nil, handlers{faulty.HangUp}, 0, "", "EOF", 1},
		"hangs up at once":    {faulty.HangUp, handlers{ok}, 0, "", "path", 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := newHTTP2Rig(t)
			s := r.checks.HTTP2Server(faulty.ServeHTTP2(t, test.greeting, test.handlers...))
			status, body, err := r.exchange(t.Context(), s, http.MethodPost, "request")
			assert.Equal(t, test.status, status)
			assert.Equal(t, test.body, body)
			if test.err == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, test.err)
			}
			if test.requests == 0 {
				return // a race: the request may have been sent
			}
			require.Len(t, s.Requests(), test.requests)
			for _, request := range s.Requests() {
				assert.Equal(t, "request", string(request.Body))
			}
		})
	}
}

func TestHTTP2ConnectionIsShared(t *testing.T) {
	r := newHTTP2Rig(t)
	s := r.checks.HTTP2Server(faulty.ServeHTTP2(t, nil, faulty.StreamReply(200, "ok", "x-request-id: req_1")))
	for range 3 {
		status, _, err := r.exchange(t.Context(), s, http.MethodGet, "")
		require.NoError(t, err)
		assert.Equal(t, 200, status)
	}
	assert.Equal(t, 1, s.Accepted())
	assert.Equal(t, 1, s.Open())
	assert.Len(t, s.Requests(), 3)
	assert.Equal(t, 1, s.Requests()[2].Conn)
}

func TestHTTP2StallEndsWithTheStream(t *testing.T) {
	r := newHTTP2Rig(t)
	begun, ended := make(chan struct{}), make(chan struct{})
	s := r.checks.HTTP2Server(faulty.ServeHTTP2(t, nil, faulty.StreamThen(
		func(*faulty.Stream) { close(begun) }, faulty.StreamStall, func(*faulty.Stream) { close(ended) }),
		faulty.StreamReply(200, "ok")))
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-begun
		cancel()
	}()
	_, _, err := r.exchange(ctx, s, http.MethodGet, "")
	require.ErrorIs(t, err, context.Canceled)
	select {
	case <-ended:
	case <-time.After(soon):
		t.Error("the handler still stalls")
	}
	_, body, err := r.exchange(t.Context(), s, http.MethodGet, "")
	require.NoError(t, err)
	assert.Equal(t, "ok", body)
}

// If every connection refuses the stream as unprocessed, net/http dials again
// until the request's context ends.
func TestHTTP2GoAwayOnEveryConnection(t *testing.T) {
	for name, greeting := range map[string]faulty.StreamHandler{"on request": nil, "at once": faulty.StreamThen(faulty.GoAway(false, faulty.NoError, ""), faulty.HangUp)} {
		t.Run(name, func(t *testing.T) {
			r := newHTTP2Rig(t)
			s := r.checks.HTTP2Server(faulty.ServeHTTP2(t, greeting, faulty.StreamThen(faulty.GoAway(false, faulty.NoError, ""), faulty.HangUp)))
			ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
			defer cancel()
			_, _, err := r.exchange(ctx, s, http.MethodGet, "")
			require.Error(t, err) // the deadline, or a connection that was closed before it was used
			assert.GreaterOrEqual(t, s.Accepted(), 1)
		})
	}
}

func TestHTTP2ClosesWithTheTest(t *testing.T) {
	r := newHTTP2Rig(t)
	var s *faulty.HTTP2Server
	t.Run("server", func(t *testing.T) {
		s = faulty.ServeHTTP2(t, nil, faulty.StreamReply(200, "ok"))
		_, _, err := r.exchange(t.Context(), s, http.MethodGet, "")
		require.NoError(t, err)
	})
	assert.Zero(t, s.Open())
	_, _, err := r.exchange(t.Context(), s, http.MethodGet, "")
	require.Error(t, err)
}
