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

// newHTTP2Rig is newRig with a client that speaks HTTP/2.
func newHTTP2Rig(t *testing.T) *rig {
	checks := faulty.Watch(t)
	transport := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: faulty.RootCAs()}}
	checks.CloseIdle(transport.CloseIdleConnections)
	return &rig{t, checks, &http.Client{Transport: transport}}
}

// exchange sends a request and returns the answer's status and body, or why
// there is none; of an answer that broke off it returns all three.
func (r *rig) exchange(ctx context.Context, s *faulty.HTTP2Server, method, body string) (int, string, error) {
	r.Helper()
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second) // far more than any of them takes
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

func TestHTTP2Answers(t *testing.T) {
	type answers = []faulty.StreamAnswer
	ok := faulty.StreamReply(200, "ok")
	tests := map[string]struct {
		greeting faulty.StreamAnswer
		answers  answers
		status   int
		body     string
		err      string // within the error; empty for none
		requests int    // as sent, by net/http itself too
	}{
		"reply":              {nil, answers{faulty.StreamReply(503, "busy", "retry-after: 1")}, 503, "busy", "", 1},
		"empty":              {nil, answers{faulty.StreamReply(200, "")}, 200, "", "", 1},
		"split":              {nil, answers{faulty.StreamThen(faulty.StreamPart(200, "o"), faulty.StreamReset(faulty.NoError))}, 200, "o", "NO_ERROR", 1},
		"refused once":       {nil, answers{faulty.StreamReset(faulty.RefusedStream), ok}, 200, "ok", "", 2},
		"reset":              {nil, answers{faulty.StreamReset(faulty.InternalError)}, 0, "", "INTERNAL_ERROR", 1},
		"calm":               {nil, answers{faulty.StreamReset(faulty.EnhanceYourCalm)}, 0, "", "ENHANCE_YOUR_CALM", 1},
		"reset in the body":  {nil, answers{faulty.StreamThen(faulty.StreamPart(200, "half"), faulty.StreamReset(faulty.InternalError))}, 200, "half", "INTERNAL_ERROR", 1},
		"goaway, unanswered": {nil, answers{faulty.StreamThen(faulty.GoAway(true, faulty.NoError, "debug data"), faulty.HangUp)}, 0, "", "debug data", 1},
		"goaway, answered":   {nil, answers{faulty.StreamThen(faulty.GoAway(true, faulty.NoError, ""), ok)}, 200, "ok", "", 1},
		"goaway, other conn": {nil, answers{faulty.GoAway(false, faulty.NoError, ""), ok}, 200, "ok", "", 2},
		"goaway with a code": {nil, answers{faulty.GoAway(false, faulty.EnhanceYourCalm, "")}, 0, "", "ENHANCE_YOUR_CALM", 1},
		"hangs up":           {nil, answers{faulty.HangUp}, 0, "", "EOF", 1},
		"hangs up at once":   {faulty.HangUp, answers{ok}, 0, "", "path", 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := newHTTP2Rig(t)
			s := r.checks.HTTP2Server(faulty.ServeHTTP2(t, test.greeting, test.answers...))
			status, body, err := r.exchange(t.Context(), s, http.MethodPost, "request")
			assert.Equal(t, test.status, status)
			assert.Equal(t, test.body, body)
			if test.err == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, test.err)
			}
			if test.requests == 0 {
				return // a race: the request may be on its way
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
		t.Error("the stall goes on")
	}
	_, body, err := r.exchange(t.Context(), s, http.MethodGet, "")
	require.NoError(t, err)
	assert.Equal(t, "ok", body)
}

// A connection whose every stream is refused as unprocessed makes net/http dial
// anew for as long as the request lives.
func TestHTTP2GoAwayOnEveryConnection(t *testing.T) {
	for name, greeting := range map[string]faulty.StreamAnswer{"on request": nil, "at once": faulty.StreamThen(faulty.GoAway(false, faulty.NoError, ""), faulty.HangUp)} {
		t.Run(name, func(t *testing.T) {
			r := newHTTP2Rig(t)
			s := r.checks.HTTP2Server(faulty.ServeHTTP2(t, greeting, faulty.StreamThen(faulty.GoAway(false, faulty.NoError, ""), faulty.HangUp)))
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			_, _, err := r.exchange(ctx, s, http.MethodGet, "")
			require.Error(t, err) // of the deadline, or of a connection that was dead before it was used
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
