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

// serveHTTP2 is serve over HTTP/2.
func (f *faultRow) serveHTTP2(greeting faulty.StreamHandler, answers ...faulty.StreamHandler) *faulty.HTTP2Server {
	f.Helper()
	return f.checks.HTTP2Server(faulty.ServeHTTP2(f, greeting, answers...))
}

// overHTTP2 is the option of a client that trusts the certificates of faulty
// and speaks HTTP/2, as the client's own transport does.
func overHTTP2() freddy.Option {
	return freddy.WithHTTPClient(&http.Client{Transport: &http.Transport{
		ForceAttemptHTTP2: true,
		TLSClientConfig:   &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: faulty.RootCAs()},
	}})
}

// http2Rows has the faults of the matrix that only HTTP/2 knows. net/http
// itself sends a request anew where the server says that it did not process it;
// the client does not see those as attempts.
func http2Rows(t *testing.T) {
	const brief = 100 * time.Millisecond
	few := []string{http.MethodGet, http.MethodPut, http.MethodPost}
	answered := []string{http.MethodGet, http.MethodPut, http.MethodDelete, http.MethodPost, http.MethodPatch} // with a body
	ok := faulty.StreamReply(200, faultBody)

	fault(t, "A24_goaway_on_every_connection", func(f *faultRow) {
		// The stream is not processed, says the server, on each connection.
		for name, greeting := range map[string]faulty.StreamHandler{
			"on_request": nil,
			"at_once":    faulty.StreamThen(faulty.GoAway(false, faulty.NoError, "bye"), faulty.HangUp),
		} {
			for _, method := range few {
				fault(f.T, name+"_"+method, func(f *faultRow) {
					s := f.serveHTTP2(greeting, faulty.StreamThen(faulty.GoAway(false, faulty.NoError, "bye"), faulty.HangUp))
					o := f.do(f.client(s.URL(), overHTTP2(), freddy.WithAttemptTimeout(brief)), method).within(4*brief + fast)
					if method == http.MethodPost {
						assert.LessOrEqual(f, o.response.Attempts, 4, "more than one only where nothing was sent")
						o.isTransport(0, o.response.Attempts)
						return
					}
					o.isTransport(0, 4)
				})
			}
		}
		fault(f.T, "with_an_error", func(f *faultRow) {
			s := f.serveHTTP2(nil, faulty.StreamThen(faulty.GoAway(false, faulty.EnhanceYourCalm, "too_many_pings"), faulty.HangUp))
			err := f.get(f.client(s.URL(), overHTTP2())).within(fast).transport(0, 4)
			require.ErrorContains(f, err, "ENHANCE_YOUR_CALM")
			assert.Len(f, s.Requests(), 4)
		})
		fault(f.T, "once", func(f *faultRow) {
			for _, method := range answered {
				s := f.serveHTTP2(nil, faulty.StreamThen(faulty.GoAway(false, faulty.NoError, ""), faulty.HangUp), ok)
				f.do(f.client(s.URL(), overHTTP2()), method).within(fast).ok(resent(method))
				assert.Equal(f, 2, s.Accepted())
				f.sameBodies(s, 2)
			}
		})
	})
	fault(t, "A25_goaway_that_took_the_stream", func(f *faultRow) {
		for _, method := range allMethods {
			fault(f.T, method, func(f *faultRow) {
				s := f.serveHTTP2(nil, faulty.StreamThen(faulty.GoAway(true, faulty.NoError, "bye"), faulty.HangUp))
				_ = f.lost(s, f.client(s.URL(), overHTTP2()), method, 0)
			})
		}
		fault(f.T, "but_answers", func(f *faultRow) {
			s := f.serveHTTP2(nil, faulty.StreamThen(faulty.GoAway(true, faulty.NoError, ""), ok))
			c := f.client(s.URL(), overHTTP2())
			for _, method := range answered {
				f.do(c, method).within(fast).ok(1)
			}
			assert.Equal(f, len(answered), s.Accepted(), "each has a connection of its own")
			assert.Len(f, s.Requests(), len(answered))
		})
	})
	fault(t, "A25_hung_up_without_goaway", func(f *faultRow) {
		for _, method := range allMethods {
			s := f.serveHTTP2(nil, faulty.HangUp)
			_ = f.lost(s, f.client(s.URL(), overHTTP2()), method, 0)
		}
	})
	fault(t, "A22_goaway_between_calls", func(f *faultRow) {
		for _, method := range answered {
			for name, end := range map[string]faulty.StreamHandler{
				"goaway": faulty.StreamThen(faulty.GoAway(true, faulty.NoError, ""), faulty.HangUp), "hang up": faulty.HangUp,
			} {
				fault(f.T, name+" "+method, func(f *faultRow) {
					s := f.serveHTTP2(nil, faulty.StreamThen(ok, end), ok)
					c := f.client(s.URL(), overHTTP2())
					f.get(c).ok(1)
					o := f.do(c, method).within(fast)
					if o.err != nil { // in a race with the end of the connection
						assert.Contains(f, notIdempotent, method)
						assert.True(f, o.transport(0, 1).Ambiguous)
					}
					if name == "hang up" { // of GOAWAY, a request that came after it was not taken
						most := map[bool]int{true: 3, false: 2}[slices.Contains(idempotent, method)]
						assert.LessOrEqual(f, len(s.Requests()), most)
					}
				})
			}
		}
	})
	fault(t, "A26_refused_once", func(f *faultRow) {
		for _, method := range answered {
			s := f.serveHTTP2(nil, faulty.StreamReset(faulty.RefusedStream), ok)
			f.do(f.client(s.URL(), overHTTP2()), method).within(fast).ok(resent(method))
			assert.Equal(f, 1, s.Accepted())
			f.sameBodies(s, 2)
		}
	})
	fault(t, "A26_refused_for_ever", func(f *faultRow) {
		s := f.serveHTTP2(nil, faulty.StreamReset(faulty.RefusedStream))
		c := f.client(s.URL(), overHTTP2(), freddy.WithAttemptTimeout(brief))
		assert.True(f, f.get(c).within(4*brief+fast).transport(0, 4).Timeout())
		assert.False(f, f.post(c).within(brief+fast).transport(0, 4).Ambiguous, "the server said that it did nothing")
		assert.LessOrEqual(f, len(s.Requests()), 2*4+4, "net/http tries a GET again at once, then after a second")
	})
	// net/http takes a PROTOCOL_ERROR for a reason to send a request anew, at once
	// and without an end; it does not say that the request was not processed.
	fault(t, "A_stream_reset_by_protocol_error", func(f *faultRow) {
		for _, method := range notIdempotent {
			for _, warm := range []bool{false, true} {
				answers := []faulty.StreamHandler{faulty.StreamReset(faulty.ProtocolError), ok}
				before := 0
				if warm { // the protocol is known
					answers, before = append([]faulty.StreamHandler{ok}, answers...), 1
				}
				s := f.serveHTTP2(nil, answers...)
				c := f.client(s.URL(), overHTTP2())
				if warm {
					f.get(c).ok(1)
				}
				assert.True(f, f.do(c, method).within(fast).transport(0, 1).Ambiguous)
				assert.Len(f, s.Requests(), before+1, "%s is sent once", method)
			}
		}
	})
	fault(t, "A_stream_reset_by_protocol_error_without_a_body", func(f *faultRow) {
		s := f.serveHTTP2(nil, ok, faulty.StreamReset(faulty.ProtocolError), ok)
		c := f.client(s.URL(), overHTTP2())
		f.get(c).ok(1) // before the first answer the protocol is not known
		_, err := c.Configurations().Test(f.Context(), "config_123")
		var failed *freddy.TransportError
		require.ErrorAs(f, err, &failed)
		assert.True(f, failed.Ambiguous)
		require.Len(f, s.Requests(), 2)
		assert.Empty(f, s.Requests()[1].Body)
	})
	fault(t, "A_stream_refused_without_a_body", func(f *faultRow) {
		s := f.serveHTTP2(nil, ok, faulty.StreamReset(faulty.RefusedStream), ok)
		c := f.client(s.URL(), overHTTP2())
		f.get(c).ok(1)
		require.NoError(f, c.Do(f.Context(), http.MethodPost, "/x", nil, nil), "the server said that it did nothing")
		assert.Len(f, s.Requests(), 3)
	})
	fault(t, "A_stream_reset", func(f *faultRow) {
		for name, code := range map[string]faulty.Code{
			"internal_error": faulty.InternalError, "enhance_your_calm": faulty.EnhanceYourCalm, "no_error": faulty.NoError,
		} {
			for _, method := range allMethods {
				fault(f.T, name+"_"+method, func(f *faultRow) {
					s := f.serveHTTP2(nil, faulty.StreamReset(code))
					_ = f.lost(s, f.client(s.URL(), overHTTP2()), method, 0)
					assert.Equal(f, 1, s.Accepted(), "the connection is still good")
				})
			}
		}
		fault(f.T, "once", func(f *faultRow) {
			for _, method := range answered[:3] {
				s := f.serveHTTP2(nil, faulty.StreamReset(faulty.InternalError), ok)
				f.do(f.client(s.URL(), overHTTP2()), method).within(fast).ok(2)
				f.sameBodies(s, 2)
			}
		})
	})
	fault(t, "C_stream_reset_in_the_body", func(f *faultRow) {
		cut := faulty.StreamThen(faulty.StreamPart(200, `{"id":"pc`, "x-request-id: req_cut"), faulty.StreamReset(faulty.InternalError))
		for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodPost, http.MethodPatch} {
			fault(f.T, method, func(f *faultRow) {
				s := f.serveHTTP2(nil, cut)
				err := f.lost(s, f.client(s.URL(), overHTTP2()), method, 200)
				assert.Equal(f, "req_cut", err.RequestID)
			})
		}
		fault(f.T, "once", func(f *faultRow) {
			s := f.serveHTTP2(nil, cut, ok)
			f.get(f.client(s.URL(), overHTTP2())).within(fast).ok(2)
			assert.Equal(f, 1, s.Accepted())
		})
		fault(f.T, "of_an_error", func(f *faultRow) { // the status wins
			s := f.serveHTTP2(nil, faulty.StreamThen(faulty.StreamPart(404, `{"error`), faulty.StreamReset(faulty.InternalError)))
			require.ErrorIs(f, f.get(f.client(s.URL(), overHTTP2())).api(404, 1), freddy.ErrNotFound)
		})
		fault(f.T, "goaway_in_the_body", func(f *faultRow) {
			for _, method := range []string{http.MethodGet, http.MethodPost} {
				s := f.serveHTTP2(nil, faulty.StreamThen(faulty.StreamPart(200, `{`), faulty.GoAway(true, faulty.NoError, ""), faulty.HangUp))
				_ = f.lost(s, f.client(s.URL(), overHTTP2()), method, 200)
			}
		})
		fault(f.T, "length_not_kept", func(f *faultRow) {
			for _, length := range []string{"content-length: 5", "content-length: 500"} {
				s := f.serveHTTP2(nil, faulty.StreamReply(200, faultBody, length))
				_ = f.lost(s, f.client(s.URL(), overHTTP2()), http.MethodPost, 200)
			}
		})
	})
	fault(t, "A_stream_that_never_answers", func(f *faultRow) {
		s := f.serveHTTP2(nil, faulty.StreamStall)
		c := f.client(s.URL(), overHTTP2(), freddy.WithAttemptTimeout(brief))
		for _, method := range few {
			err := f.lost(nil, c, method, 0)
			assert.True(f, err.Timeout())
		}
		assert.LessOrEqual(f, len(s.Requests()), 4+4+1)
	})
	fault(t, "A_stream_that_stops_answering", func(f *faultRow) {
		stop := faulty.StreamThen(faulty.StreamPart(200, `{"id":"pc`), faulty.StreamStall)
		s := f.serveHTTP2(nil, stop, ok)
		c := f.client(s.URL(), overHTTP2(), freddy.WithAttemptTimeout(4*brief)) // in which the request has to arrive
		f.get(c).within(4*brief + fast).ok(2)
		assert.True(f, f.lost(nil, f.client(f.serveHTTP2(nil, stop).URL(), overHTTP2(), freddy.WithAttemptTimeout(brief)), http.MethodPost, 200).Timeout())
	})
	fault(t, "A_streams_beside_one_that_stalls", func(f *faultRow) {
		s := f.serveHTTP2(nil, faulty.StreamStall, ok)
		c := f.client(s.URL(), overHTTP2())
		ctx, cancel := context.WithCancel(f.Context())
		var stalled *faultOutcome
		var wait sync.WaitGroup
		wait.Go(func() { stalled = f.call(ctx, c, http.MethodGet) })
		require.Eventually(f, func() bool { return len(s.Requests()) == 1 }, 5*time.Second, time.Millisecond)
		for range 10 {
			f.get(c).within(fast).ok(1)
		}
		cancel()
		wait.Wait()
		require.ErrorIs(f, stalled.err, context.Canceled)
		f.get(c).within(fast).ok(1)
		assert.Equal(f, 1, s.Accepted(), "one stream's end is not the connection's")
	})
	fault(t, "B_statuses", func(f *faultRow) {
		s := f.serveHTTP2(nil, faulty.StreamReply(503, "", "x-request-id: req_1"), faulty.StreamReply(429, "", "retry-after-ms: 1"), ok)
		f.get(f.client(s.URL(), overHTTP2())).within(fast).ok(3)
		s = f.serveHTTP2(nil, faulty.StreamReply(404, `{"error":{"code":"connector_not_found"}}`, "x-request-id: req_1"))
		err := f.get(f.client(s.URL(), overHTTP2())).api(404, 1)
		assert.True(f, err.HasCode(freddy.CodeConnectorNotFound))
		assert.Equal(f, "req_1", err.RequestID)
	})
	fault(t, "H8_goaway_debug_data", func(f *faultRow) {
		for form, text := range forms(faultKey) {
			for _, method := range []string{http.MethodGet, http.MethodPost} {
				fault(f.T, form+"_"+method, func(f *faultRow) {
					s := f.serveHTTP2(nil, faulty.StreamThen(faulty.GoAway(true, faulty.NoError, "Bearer "+text+" is banned"), faulty.HangUp))
					err := f.lost(s, f.client(s.URL(), overHTTP2()), method, 0)
					require.ErrorContains(f, err, "REDACTED")
					require.ErrorContains(f, err, "is banned")
				})
			}
		}
	})
}

// lost makes a call whose answer is lost each time, after the status, and
// requires what follows: what may be idempotent was, and for the rest it is
// ambiguous. A server, if given, got no more requests than attempts.
func (f *faultRow) lost(s *faulty.HTTP2Server, client *freddy.Client, method string, status int) *freddy.TransportError {
	f.Helper()
	attempts := 1
	if slices.Contains(idempotent, method) {
		attempts = 4
	}
	err := f.do(client, method).within(time.Duration(attempts)*100*time.Millisecond+fast).transport(status, attempts)
	assert.True(f, err.Ambiguous)
	if s != nil {
		f.sameBodies(s, attempts)
	}
	return err
}

// sameBodies requires that a server got so many requests, body and all.
func (f *faultRow) sameBodies(s *faulty.HTTP2Server, requests int) {
	f.Helper()
	require.Len(f, s.Requests(), requests)
	for _, request := range s.Requests()[1:] {
		assert.Equal(f, s.Requests()[0].Body, request.Body)
	}
}

// resent is how many attempts it takes to send a request anew that the server
// did not process: net/http does so by itself where the body may be sent twice.
func resent(method string) int {
	if slices.Contains(notIdempotent, method) {
		return 2
	}
	return 1
}
