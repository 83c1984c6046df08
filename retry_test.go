package freddy_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/internal/faulty"
)

func TestRetry(t *testing.T) {
	closing := map[string]faulty.Handler{
		"closed":        faulty.Close,
		"reset":         faulty.Reset,
		"half a status": faulty.Then(faulty.Raw("HTTP/1.1 20"), faulty.Close),
		"half a header": faulty.Then(faulty.Raw("HTTP/1.1 200 OK\r\nX-Request-Id: re"), faulty.Close),
	}
	run(t, "A1 connection closed once", func(t *T) {
		for kind, handler := range closing {
			for _, method := range idempotent {
				t.run(kind+" "+method, func(t *T) {
					s := t.serve(handler, faulty.Reply(200, connectorBody))
					t.do(t.client(s.URL()), method).ok(2)
					require.Len(t, s.Requests(), 2)
					first, second := s.Requests()[0], s.Requests()[1]
					assert.Equal(t, "Bearer "+testKey, first.Header.Get("Authorization"))
					first.Conn = second.Conn
					assert.Equal(t, first, second, "the same request with its body")
				})
			}
		}
	})
	run(t, "A2 connection always closed", func(t *T) {
		for kind, handler := range closing {
			for _, method := range idempotent {
				t.run(kind+" "+method, func(t *T) {
					s := t.serve(handler)
					o := t.do(t.client(s.URL()), method)
					err := o.transport(0, 4)
					assert.False(t, err.Timeout())
					assert.Equal(t, !reads(method), err.Ambiguous)
					assert.Empty(t, err.RequestID)
					switch kind {
					case "closed":
						require.ErrorIs(t, err, io.EOF)
					case "reset":
						require.ErrorIs(t, err, syscall.ECONNRESET)
					case "half a header": // for half a status net/http has its own error
						require.ErrorIs(t, err, io.ErrUnexpectedEOF)
					}
					assert.Len(t, s.Requests(), 4)
				})
			}
		}
	})
	run(t, "A3 connection closed after a create", func(t *T) {
		for kind, handler := range closing {
			for _, method := range notIdempotent {
				t.run(kind+" "+method, func(t *T) {
					s := t.serve(handler, faulty.Reply(200, connectorBody))
					err := t.do(t.client(s.URL()), method).transport(0, 1)
					assert.True(t, err.Ambiguous)
					assert.Contains(t, err.Error(), "may have been processed")
					require.Len(t, s.Requests(), 1)
					assert.JSONEq(t, `{"name":"Work"}`, string(s.Requests()[0].Body))
				})
			}
		}
	})
	run(t, "A5 closed port", func(t *T) {
		for _, method := range allMethods {
			t.run(method, func(t *T) {
				dials := new(atomic.Int32)
				c := t.client("http://127.0.0.1", t.dialing(dials, faulty.Refused(t)))
				err := t.do(c, method).transport(0, 4)
				require.ErrorIs(t, err, syscall.ECONNREFUSED)
				assert.False(t, err.Ambiguous, "nothing was sent")
				assert.EqualValues(t, 4, dials.Load())
			})
		}
		t.run("default transport", func(t *T) {
			err := t.post(t.client(faulty.Refused(t))).transport(0, 4)
			require.ErrorIs(t, err, syscall.ECONNREFUSED)
		})
		t.run("open on the second dial", func(t *T) {
			s := t.serve(faulty.Reply(201, connectorBody))
			t.post(t.client("http://127.0.0.1", t.dialing(nil, faulty.Refused(t), s.URL()))).ok(2)
			assert.Len(t, s.Requests(), 1)
		})
	})
	run(t, "A6 unknown host", func(t *T) {
		const noSuchName, serverFailure = 3, 2 // RFC 1035, section 4.1.1
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			t.run("no such name "+method, func(t *T) {
				c := t.client("http://api.invalid", freddy.WithInsecureHTTP(), t.resolving(noSuchName))
				err := t.do(c, method).transport(0, 1)
				var dns *net.DNSError
				require.ErrorAs(t, err, &dns)
				assert.True(t, dns.IsNotFound)
				assert.False(t, err.Ambiguous)
			})
			// A failing name server does not say that the host is unknown.
			t.run("name server fails "+method, func(t *T) {
				c := t.client("http://api.invalid", freddy.WithInsecureHTTP(), t.resolving(serverFailure))
				err := t.do(c, method).transport(0, 4)
				assert.False(t, err.Ambiguous)
			})
		}
	})
	run(t, "A22 connection closed between calls", func(t *T) {
		// The server closes the connection either on the second request or right
		// after the first response, in a race with the second request.
		onRequest := []faulty.Handler{faulty.Reply(200, connectorBody), faulty.Close, faulty.Reply(200, connectorBody)}
		onResponse := []faulty.Handler{faulty.Then(faulty.Reply(200, connectorBody), faulty.Close), faulty.Reply(200, connectorBody)}
		for kind, handlers := range map[string][]faulty.Handler{"on request": onRequest, "on response": onResponse} {
			for _, method := range allMethods {
				t.run(kind+" "+method, func(t *T) {
					s := t.serve(handlers...)
					c := t.client(s.URL())
					t.get(c).ok(1)
					o := t.do(c, method)
					arrived := 0
					for _, request := range s.Requests()[1:] {
						if request.Method == method {
							arrived++
						}
					}
					switch {
					case slices.Contains(idempotent, method):
						require.NoError(t, o.err)
					case o.err == nil:
						assert.Equal(t, 1, arrived)
					default:
						assert.True(t, o.transport(0, 1).Ambiguous)
						assert.LessOrEqual(t, arrived, 1)
					}
				})
			}
		}
	})
	run(t, "ambiguous outcome", func(t *T) {
		// Ambiguous stays true after an attempt that was certainly not processed.
		thenRefused := func(t *T, handlers ...faulty.Handler) *freddy.Client {
			s := t.serve(handlers...)
			return t.client("http://127.0.0.1", t.dialing(nil, s.URL(), faulty.Refused(t)))
		}
		tests := map[string]struct {
			method    string
			first     faulty.Handler // later connections are refused
			ambiguous bool
			status    int // of Previous; 0: none
		}{
			"put cut":    {http.MethodPut, faulty.Cut(200, 500, connectorBody), true, 0},
			"put 503":    {http.MethodPut, faulty.Reply(503, "", "Connection: close"), true, 503},
			"put 408":    {http.MethodPut, faulty.Reply(408, "", "Connection: close"), true, 408},
			"put 429":    {http.MethodPut, faulty.Reply(429, "", "Connection: close"), false, 429},
			"post 429":   {http.MethodPost, faulty.Reply(429, "", "Connection: close"), false, 429},
			"delete 500": {http.MethodDelete, faulty.Reply(500, "", "Connection: close"), true, 500},
		}
		for name, test := range tests {
			t.run(name, func(t *T) {
				err := t.do(thenRefused(t, faulty.Then(test.first, faulty.Close)), test.method).transport(0, 4)
				require.ErrorIs(t, err, syscall.ECONNREFUSED)
				assert.Equal(t, test.ambiguous, err.Ambiguous)
				assert.NotErrorAs(t, err, new(*freddy.APIError))
				if test.status == 0 {
					assert.Nil(t, err.Previous)
				} else if assert.NotNil(t, err.Previous) {
					assert.Equal(t, test.status, err.Previous.StatusCode)
				}
			})
		}
		t.run("post 429 then closed", func(t *T) {
			s := t.serve(faulty.Reply(429, ""), faulty.Close)
			err := t.post(t.client(s.URL())).transport(0, 2)
			assert.True(t, err.Ambiguous)
			require.NotErrorIs(t, err, freddy.ErrRateLimited)
			require.ErrorIs(t, err, io.EOF)
		})
	})
	run(t, "retried DELETE", func(t *T) {
		// Whatever the body of the 404 is.
		for _, body := range []string{"", "<html>", `{"error":{"code":"configuration_not_found"}}`, `{"success":false,"error":{"code":"NOT_FOUND"}}`} {
			gone := faulty.Reply(404, body)
			tests := map[string]struct {
				before  []faulty.Handler
				deleted bool // an earlier attempt may have deleted it
			}{
				"first try":             {nil, false},
				"after close":           {[]faulty.Handler{faulty.Close}, true},
				"after reset":           {[]faulty.Handler{faulty.Reset}, true},
				"after cut":             {[]faulty.Handler{faulty.Cut(200, 500, "{")}, true},
				"after 503":             {[]faulty.Handler{faulty.Reply(503, "")}, true},
				"after 408":             {[]faulty.Handler{faulty.Reply(408, "")}, true},
				"after 429":             {[]faulty.Handler{faulty.Reply(429, "")}, false},
				"after close, 429":      {[]faulty.Handler{faulty.Close, faulty.Reply(429, "")}, true},
				"after 429, 429, close": {[]faulty.Handler{faulty.Reply(429, ""), faulty.Reply(429, ""), faulty.Close}, true},
			}
			for name, test := range tests {
				t.run(fmt.Sprintf("%s %.12q", name, body), func(t *T) {
					s := t.serve(append(test.before, gone)...)
					o := t.do(t.client(s.URL()), http.MethodDelete)
					if test.deleted {
						o.ok(len(test.before) + 1)
					} else {
						require.ErrorIs(t, o.api(404, len(test.before)+1), freddy.ErrNotFound)
					}
				})
			}
			t.run(fmt.Sprintf("with a value %.12q", body), func(t *T) {
				s := t.serve(faulty.Close, gone)
				raw := json.RawMessage("untouched")
				require.NoError(t, t.client(s.URL()).Do(t.Context(), http.MethodDelete, configurationPath, nil, &raw))
				assert.Equal(t, "untouched", string(raw), "the body of an error response is not decoded")
			})
		}
		t.run("after a closed port", func(t *T) {
			s := t.serve(faulty.Reply(404, ""))
			c := t.client("http://127.0.0.1", t.dialing(nil, faulty.Refused(t), s.URL()))
			t.do(c, http.MethodDelete).isAPI(404, 2)
		})
		runInBubble(t.T, "after a connect timeout", func(t *T) {
			s := t.serve(faulty.Reply(404, ""))
			transport := t.transport()
			var dials atomic.Int32
			transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
				if dials.Add(1) == 1 {
					<-ctx.Done()
					return nil, ctx.Err()
				}
				return t.dial(ctx, network, address)
			}
			c := t.client(s.URL(), withTransport(transport))
			t.do(c, http.MethodDelete).isAPI(404, 2)
			assert.Len(t, s.Requests(), 1)
		})
		t.run("another method", func(t *T) {
			s := t.serve(faulty.Close, faulty.Reply(404, ""))
			t.do(t.client(s.URL()), http.MethodPut).isAPI(404, 2)
		})
	})
	runInBubble(t, "A2 number of retries", func(t *T) {
		s := t.serve(faulty.Close)
		for retries := range 6 {
			t.get(t.client(s.URL()), freddy.WithMaxRetries(retries)).isTransport(0, retries+1)
			t.get(t.client(s.URL(), freddy.WithMaxRetries(retries))).isTransport(0, retries+1)
		}
		t.get(t.client(s.URL(), freddy.WithMaxRetries(5)), freddy.WithMaxRetries(0)).isTransport(0, 1)
		t.get(t.client(s.URL(), freddy.WithMaxRetries(0)), freddy.WithMaxRetries(1)).isTransport(0, 2)
		stalled := t.serve(faulty.Stall)
		o := t.get(t.client(stalled.URL()), freddy.WithMaxRetries(1), freddy.WithAttemptTimeout(brief))
		assert.True(t, o.transport(0, 2).Timeout())
	})
	const errorBody = `{"error":{"type":"server_error","message":"Try later","code":"overloaded"}}`
	t.Run("B2 server error once", func(t *testing.T) {
		for _, status := range []int{500, 502, 503, 504, 506, 507, 520, 529, 599} {
			for _, method := range idempotent {
				runInBubble(t, fmt.Sprint(status, " ", method), func(t *T) {
					s := t.serve(faulty.Reply(status, errorBody), faulty.Reply(200, connectorBody))
					t.do(t.client(s.URL()), method).ok(2).within(backoffs)
					assert.Len(t, s.Requests(), 2)
					assert.Equal(t, 1, s.Accepted(), "the connection is reused")
				})
			}
		}
	})
	runInBubble(t, "B3 server error on a create", func(t *T) {
		for _, status := range []int{500, 502, 503, 504, 520, 529} {
			for _, method := range notIdempotent {
				s := t.serve(faulty.Reply(status, errorBody), faulty.Reply(200, connectorBody))
				require.ErrorIs(t, t.do(t.client(s.URL()), method).within(backoffs).api(status, 1), freddy.ErrServer)
				assert.Len(t, s.Requests(), 1)
			}
		}
	})
	runInBubble(t, "B5 408", func(t *T) {
		for _, method := range allMethods {
			// RFC 9110, section 15.5.9: the server closes the connection.
			s := t.serve(faulty.Then(faulty.Reply(408, "", "Connection: close"), faulty.Close), faulty.Reply(200, connectorBody))
			if o := t.do(t.client(s.URL()), method).within(backoffs); slices.Contains(idempotent, method) {
				o.ok(2)
			} else {
				o.isAPI(408, 1)
			}
		}
	})
	runInBubble(t, "B6 429", func(t *T) {
		for _, method := range allMethods {
			s := t.serve(faulty.Reply(429, errorBody), faulty.Reply(200, connectorBody))
			t.do(t.client(s.URL()), method).ok(2).within(backoffs)
			always := t.serve(faulty.Reply(429, errorBody))
			require.ErrorIs(t, t.do(t.client(always.URL()), method).within(backoffs).api(429, 4), freddy.ErrRateLimited)
			assert.Len(t, always.Requests(), 4)
			assert.Equal(t, s.Requests()[0].Body, s.Requests()[1].Body, "the same body")
		}
	})
	runInBubble(t, "B15 401 then 200", func(t *T) {
		for _, status := range []int{401, 403} {
			for _, method := range allMethods {
				s := t.serve(faulty.Reply(status, "", "WWW-Authenticate: Bearer"), faulty.Reply(200, connectorBody))
				t.do(t.client(s.URL()), method).isAPI(status, 1)
				assert.Len(t, s.Requests(), 1)
			}
		}
	})
	runInBubble(t, "E15 backoffs are spread", func(t *T) {
		const window = 500 * time.Millisecond // of the default first backoff
		var clients sync.WaitGroup
		waits := make([]time.Duration, 100)
		for i := range waits {
			rt := script(faulty.Text(503, ""), faulty.Text(200, connectorBody))
			c := t.over(rt, freddy.WithRetryBackoff(window, 8*time.Second))
			clients.Go(func() {
				if _, err := c.Connectors().Get(t.Context(), "pcon_github"); assert.NoError(t, err) {
					waits[i] = rt.waits()[0]
				}
			})
		}
		clients.Wait()
		assert.GreaterOrEqual(t, slices.Max(waits)-slices.Min(waits), window/2)
		assert.GreaterOrEqual(t, slices.Min(waits), time.Millisecond)
		assert.LessOrEqual(t, slices.Max(waits), window)
	})
	runInBubble(t, "E15 backoffs double", func(t *T) {
		longest := make([]time.Duration, 6)
		for range 100 {
			rt := script(faulty.Text(503, ""))
			t.get(t.over(rt, freddy.WithRetryBackoff(500*time.Millisecond, 8*time.Second), freddy.WithMaxRetries(6))).isAPI(503, 7)
			for i, wait := range rt.waits() {
				longest[i] = max(longest[i], wait)
			}
		}
		for i, wait := range longest { // the longest of 100 is near the bound
			bound := min(500*time.Millisecond<<i, 8*time.Second)
			assert.LessOrEqual(t, wait, bound)
			assert.Greater(t, wait, bound*3/4)
		}
	})
	runInBubble(t, "E16 retry budget", func(t *T) {
		const calls, retries = 200, 500 / 5
		down := slices.Repeat([]string{faulty.Text(503, "", "X-Request-Id: req_e16")}, calls+retries)
		rt := script(append(down, faulty.Text(200, connectorBody))...)
		c := t.over(rt)
		for i := range calls {
			o := t.get(c)
			require.ErrorIs(t, o.err, freddy.ErrServer)
			o.isAPI(503, min(4, max(1, retries-3*i+1)))
		}
		assert.Len(t, rt.at, calls+retries)
		// Five successes pay for one retry.
		for range 5 {
			t.get(c).ok(1)
		}
		rt.responses = []string{faulty.Text(503, "")}
		t.get(c).isAPI(503, 2)
		t.get(c).isAPI(503, 1)
	})
}

// dialing is the option of a client that dials the first origin for its first
// connection, and so on, whatever the address. The last one repeats. dials counts
// the dials and may be nil.
func (t *T) dialing(dials *atomic.Int32, origins ...string) freddy.Option {
	if dials == nil {
		dials = new(atomic.Int32)
	}
	transport := t.transport()
	transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		origin := origins[min(int(dials.Add(1)), len(origins))-1]
		_, address, _ := strings.Cut(origin, "://")
		return t.dial(ctx, network, address)
	}
	return withTransport(transport)
}

// resolving is the option of a client whose name server responds to every query
// with the error code.
func (t *T) resolving(code byte) freddy.Option {
	t.Helper()
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	var responding sync.WaitGroup
	responding.Go(func() {
		for message := make([]byte, 1500); ; {
			n, client, err := server.ReadFrom(message)
			if err != nil {
				return
			}
			message[2] |= 0x80       // a response
			message[3] = 0x80 | code // recursion available
			_, _ = server.WriteTo(message[:n], client)
		}
	})
	t.Cleanup(func() {
		server.Close()
		responding.Wait()
	})
	resolver := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", server.LocalAddr().String())
	}}
	return withTransport(&http.Transport{DialContext: (&net.Dialer{Resolver: resolver}).DialContext})
}

// notSent requires that a request that was not sent is not called ambiguous. A
// GET is retried either way, so the client need not know.
func notSent(t *T, method string, err *freddy.TransportError) {
	t.Helper()
	if method != http.MethodGet {
		assert.False(t, err.Ambiguous, "%s: nothing was sent", method)
	}
}
