package freddy_test

import (
	"context"
	"crypto/tls"
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

func TestHTTP2(t *testing.T) {
	const brief = 20 * time.Millisecond // timeout of an attempt in which nothing needs to arrive
	few := []string{http.MethodGet, http.MethodPut, http.MethodPost}
	withBody := []string{http.MethodGet, http.MethodPut, http.MethodDelete, http.MethodPost, http.MethodPatch} // of the response
	ok := faulty.StreamReply(200, connectorBody)
	run(t, "A24 GOAWAY on every connection", func(t *T) {
		// Every connection states that the stream is not processed.
		for name, greeting := range map[string]faulty.StreamHandler{
			"on request": nil,
			"at once":    faulty.StreamThen(faulty.GoAway(false, faulty.NoError, "bye"), faulty.HangUp),
		} {
			for _, method := range few {
				t.run(name+" "+method, func(t *T) {
					s := t.serveHTTP2(greeting, faulty.StreamThen(faulty.GoAway(false, faulty.NoError, "bye"), faulty.HangUp))
					o := t.do(t.client(s.URL(), overHTTP2(), freddy.WithAttemptTimeout(brief)), method)
					if method == http.MethodPost {
						assert.LessOrEqual(t, o.response.Attempts, 4, "more than one only if nothing was sent")
						o.isTransport(0, o.response.Attempts)
						return
					}
					o.isTransport(0, 4)
				})
			}
		}
		t.run("with an error code", func(t *T) {
			s := t.serveHTTP2(nil, faulty.StreamThen(faulty.GoAway(false, faulty.EnhanceYourCalm, "too_many_pings"), faulty.HangUp))
			err := t.get(t.client(s.URL(), overHTTP2())).transport(0, 4)
			require.ErrorContains(t, err, "ENHANCE_YOUR_CALM")
			assert.Len(t, s.Requests(), 4)
		})
		t.run("once", func(t *T) {
			for _, method := range withBody {
				s := t.serveHTTP2(nil, faulty.StreamThen(faulty.GoAway(false, faulty.NoError, ""), faulty.HangUp), ok)
				t.do(t.client(s.URL(), overHTTP2()), method).ok(resent(method))
				assert.Equal(t, 2, s.Accepted())
				t.sameBodies(s, 2)
			}
		})
	})
	run(t, "A25 GOAWAY after the stream", func(t *T) {
		for _, method := range allMethods {
			t.run(method, func(t *T) {
				s := t.serveHTTP2(nil, faulty.StreamThen(faulty.GoAway(true, faulty.NoError, "bye"), faulty.HangUp))
				_ = t.lost(s, t.client(s.URL(), overHTTP2()), method, 0)
			})
		}
		t.run("with a response", func(t *T) {
			s := t.serveHTTP2(nil, faulty.StreamThen(faulty.GoAway(true, faulty.NoError, ""), ok))
			c := t.client(s.URL(), overHTTP2())
			for _, method := range withBody {
				t.do(c, method).ok(1)
			}
			assert.Equal(t, len(withBody), s.Accepted(), "each call has its own connection")
			assert.Len(t, s.Requests(), len(withBody))
		})
	})
	run(t, "A25 closed without GOAWAY", func(t *T) {
		for _, method := range allMethods {
			s := t.serveHTTP2(nil, faulty.HangUp)
			_ = t.lost(s, t.client(s.URL(), overHTTP2()), method, 0)
		}
	})
	run(t, "A22 GOAWAY between calls", func(t *T) {
		for _, method := range withBody {
			for name, end := range map[string]faulty.StreamHandler{
				"goaway": faulty.StreamThen(faulty.GoAway(true, faulty.NoError, ""), faulty.HangUp), "hang up": faulty.HangUp,
			} {
				t.run(name+" "+method, func(t *T) {
					s := t.serveHTTP2(nil, faulty.StreamThen(ok, end), ok)
					c := t.client(s.URL(), overHTTP2())
					t.get(c).ok(1)
					o := t.do(c, method)
					if o.err != nil { // a race with the end of the connection
						assert.Contains(t, notIdempotent, method)
						assert.True(t, o.transport(0, 1).Ambiguous)
					}
					if name == "hang up" { // a request after GOAWAY is not processed
						most := map[bool]int{true: 3, false: 2}[slices.Contains(idempotent, method)]
						assert.LessOrEqual(t, len(s.Requests()), most)
					}
				})
			}
		}
	})
	run(t, "A26 refused once", func(t *T) {
		for _, method := range withBody {
			s := t.serveHTTP2(nil, faulty.StreamReset(faulty.RefusedStream), ok)
			t.do(t.client(s.URL(), overHTTP2()), method).ok(resent(method))
			assert.Equal(t, 1, s.Accepted())
			t.sameBodies(s, 2)
		}
	})
	run(t, "A26 always refused", func(t *T) {
		s := t.serveHTTP2(nil, faulty.StreamReset(faulty.RefusedStream))
		c := t.client(s.URL(), overHTTP2())
		assert.True(t, t.get(c, freddy.WithAttemptTimeout(brief)).transport(0, 4).Timeout())
		assert.False(t, t.post(c).transport(0, 4).Ambiguous, "the server states that it processed nothing")
		assert.LessOrEqual(t, len(s.Requests()), 2*4+4, "net/http resends a GET at once, then after a second")
	})
	// net/http resends after PROTOCOL_ERROR at once and without end, although it does
	// not prove that the request was unprocessed.
	run(t, "A26 PROTOCOL_ERROR", func(t *T) {
		for _, method := range notIdempotent {
			for _, warm := range []bool{false, true} {
				handlers := []faulty.StreamHandler{faulty.StreamReset(faulty.ProtocolError), ok}
				before := 0
				if warm { // the client knows that the server uses HTTP/2
					handlers, before = append([]faulty.StreamHandler{ok}, handlers...), 1
				}
				s := t.serveHTTP2(nil, handlers...)
				c := t.client(s.URL(), overHTTP2())
				if warm {
					t.get(c).ok(1)
				}
				assert.True(t, t.do(c, method).transport(0, 1).Ambiguous)
				assert.Len(t, s.Requests(), before+1, "%s is sent once", method)
			}
		}
	})
	run(t, "A26 PROTOCOL_ERROR without a body", func(t *T) {
		s := t.serveHTTP2(nil, ok, faulty.StreamReset(faulty.ProtocolError), ok)
		c := t.client(s.URL(), overHTTP2())
		t.get(c).ok(1) // after which the client knows that the server uses HTTP/2
		_, err := c.Configurations().Test(t.Context(), "config_123")
		var failed *freddy.TransportError
		require.ErrorAs(t, err, &failed)
		assert.True(t, failed.Ambiguous)
		require.Len(t, s.Requests(), 2)
		assert.Empty(t, s.Requests()[1].Body)
	})
	run(t, "A26 refused without a body", func(t *T) {
		s := t.serveHTTP2(nil, ok, faulty.StreamReset(faulty.RefusedStream), ok)
		c := t.client(s.URL(), overHTTP2())
		t.get(c).ok(1)
		require.NoError(t, c.Do(t.Context(), http.MethodPost, "/x", nil, nil), "the server states that it processed nothing")
		assert.Len(t, s.Requests(), 3)
	})
	run(t, "A25 stream reset", func(t *T) {
		for name, code := range map[string]faulty.Code{
			"INTERNAL_ERROR": faulty.InternalError, "ENHANCE_YOUR_CALM": faulty.EnhanceYourCalm, "NO_ERROR": faulty.NoError,
		} {
			for _, method := range allMethods {
				t.run(name+" "+method, func(t *T) {
					s := t.serveHTTP2(nil, faulty.StreamReset(code))
					_ = t.lost(s, t.client(s.URL(), overHTTP2()), method, 0)
					assert.Equal(t, 1, s.Accepted(), "the connection is reused")
				})
			}
		}
		t.run("once", func(t *T) {
			for _, method := range withBody[:3] {
				s := t.serveHTTP2(nil, faulty.StreamReset(faulty.InternalError), ok)
				t.do(t.client(s.URL(), overHTTP2()), method).ok(2)
				t.sameBodies(s, 2)
			}
		})
	})
	run(t, "C2 stream reset in the body", func(t *T) {
		cut := faulty.StreamThen(faulty.StreamPart(200, `{"id":"pc`, "x-request-id: req_cut"), faulty.StreamReset(faulty.InternalError))
		for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodPost, http.MethodPatch} {
			t.run(method, func(t *T) {
				s := t.serveHTTP2(nil, cut)
				err := t.lost(s, t.client(s.URL(), overHTTP2()), method, 200)
				assert.Equal(t, "req_cut", err.RequestID)
			})
		}
		t.run("once", func(t *T) {
			s := t.serveHTTP2(nil, cut, ok)
			t.get(t.client(s.URL(), overHTTP2())).ok(2)
			assert.Equal(t, 1, s.Accepted())
		})
		t.run("of an error response", func(t *T) { // has its status
			s := t.serveHTTP2(nil, faulty.StreamThen(faulty.StreamPart(404, `{"error`), faulty.StreamReset(faulty.InternalError)))
			require.ErrorIs(t, t.get(t.client(s.URL(), overHTTP2())).api(404, 1), freddy.ErrNotFound)
		})
		t.run("GOAWAY in the body", func(t *T) {
			for _, method := range []string{http.MethodGet, http.MethodPost} {
				s := t.serveHTTP2(nil, faulty.StreamThen(faulty.StreamPart(200, `{`), faulty.GoAway(true, faulty.NoError, ""), faulty.HangUp))
				_ = t.lost(s, t.client(s.URL(), overHTTP2()), method, 200)
			}
		})
		t.run("wrong length", func(t *T) {
			for _, length := range []string{"content-length: 5", "content-length: 500"} {
				s := t.serveHTTP2(nil, faulty.StreamReply(200, connectorBody, length))
				_ = t.lost(s, t.client(s.URL(), overHTTP2()), http.MethodPost, 200)
			}
		})
	})
	run(t, "A14 no response", func(t *T) {
		s := t.serveHTTP2(nil, ok, faulty.StreamStall)
		c := t.client(s.URL(), overHTTP2())
		t.get(c).ok(1) // after which the connection is open
		for _, method := range few {
			err := t.lost(nil, c, method, 0, freddy.WithAttemptTimeout(3*brief)) // so that the request is sent on a busy machine
			assert.True(t, err.Timeout())
		}
		assert.LessOrEqual(t, len(s.Requests()), 1+4+4+1)
	})
	run(t, "A17 body stalls", func(t *T) {
		stop := faulty.StreamThen(faulty.StreamPart(200, `{"id":"pc`), faulty.StreamStall)
		s := t.serveHTTP2(nil, ok, stop, ok, stop)
		c := t.client(s.URL(), overHTTP2())
		t.get(c).ok(1)                                            // after which the connection is open
		long := freddy.WithAttemptTimeout(300 * time.Millisecond) // so that the header arrives on a busy machine
		t.get(c, long).ok(2)
		assert.True(t, t.lost(nil, c, http.MethodPost, 200, long).Timeout())
	})
	run(t, "A14 other streams beside one that stalls", func(t *T) {
		s := t.serveHTTP2(nil, faulty.StreamStall, ok)
		c := t.client(s.URL(), overHTTP2())
		ctx, cancel := context.WithCancel(t.Context())
		var stalled *outcome
		var wait sync.WaitGroup
		wait.Go(func() { stalled = t.call(ctx, c, http.MethodGet) })
		require.Eventually(t, func() bool { return len(s.Requests()) == 1 }, 5*time.Second, time.Millisecond)
		for range 10 {
			t.get(c).ok(1)
		}
		cancel()
		wait.Wait()
		require.ErrorIs(t, stalled.err, context.Canceled)
		t.get(c).ok(1)
		assert.Equal(t, 1, s.Accepted(), "the end of a stream does not end the connection")
	})
	run(t, "B1 status and header", func(t *T) {
		s := t.serveHTTP2(nil, faulty.StreamReply(503, "", "x-request-id: req_1"), faulty.StreamReply(429, "", "retry-after-ms: 1"), ok)
		t.get(t.client(s.URL(), overHTTP2())).ok(3)
		s = t.serveHTTP2(nil, faulty.StreamReply(404, `{"error":{"code":"connector_not_found"}}`, "x-request-id: req_1"))
		err := t.get(t.client(s.URL(), overHTTP2())).api(404, 1)
		assert.True(t, freddy.HasCode(err, freddy.CodeConnectorNotFound))
		assert.Equal(t, "req_1", err.RequestID)
	})
	run(t, "H8 key in GOAWAY debug data", func(t *T) {
		for form, text := range distinctForms(testKey) {
			for _, method := range []string{http.MethodGet, http.MethodPost} {
				t.run(form+" "+method, func(t *T) {
					s := t.serveHTTP2(nil, faulty.StreamThen(faulty.GoAway(true, faulty.NoError, "Bearer "+text+" is banned"), faulty.HangUp))
					err := t.lost(s, t.client(s.URL(), overHTTP2()), method, 0)
					require.ErrorContains(t, err, "REDACTED")
					require.ErrorContains(t, err, "is banned")
				})
			}
		}
	})
}

// serveHTTP2 is serve over HTTP/2.
func (t *T) serveHTTP2(greeting faulty.StreamHandler, handlers ...faulty.StreamHandler) *faulty.HTTP2Server {
	t.Helper()
	return t.checks.HTTP2Server(faulty.ServeHTTP2(t, greeting, handlers...))
}

// overHTTP2 is the option of a client that uses HTTP/2, as the default transport
// does, and trusts the certificates of faulty.
func overHTTP2() freddy.Option {
	return withTransport(&http.Transport{
		ForceAttemptHTTP2: true,
		TLSClientConfig:   &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: faulty.RootCAs()},
	})
}

// lost makes a call whose response is lost in every attempt, after the status if
// it is not 0. The call must be retried if it is idempotent, and is ambiguous if it does more than read. If
// s is not nil, it must have received a request for each attempt.
func (t *T) lost(s *faulty.HTTP2Server, client *freddy.Client, method string, status int, opts ...freddy.CallOption) *freddy.TransportError {
	t.Helper()
	attempts := 1
	if slices.Contains(idempotent, method) {
		attempts = 4
	}
	err := t.do(client, method, opts...).transport(status, attempts)
	assert.Equal(t, !reads(method), err.Ambiguous)
	if s != nil {
		t.sameBodies(s, attempts)
	}
	return err
}

// sameBodies requires that a server received so many requests with the same body.
func (t *T) sameBodies(s *faulty.HTTP2Server, requests int) {
	t.Helper()
	require.Len(t, s.Requests(), requests)
	for _, request := range s.Requests()[1:] {
		assert.Equal(t, s.Requests()[0].Body, request.Body)
	}
}

// resent is the number of attempts for a request that the server did not process
// the first time. If the method is idempotent, net/http resends it itself.
func resent(method string) int {
	if slices.Contains(notIdempotent, method) {
		return 2
	}
	return 1
}
