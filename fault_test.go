package freddy_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"runtime/metrics"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/internal/faulty"
)

// The rows of the fault matrix, A to E, and the same kinds of fault in other
// clothes. Each runs under the conditions of fault and the invariants of
// settle; a row says only what is its own.

// faultKey is the API key of every row.
const faultKey = "fault-tests-key-3f9c2b7a"

// fast is the matrix's 150 ms, three times over for a loaded machine.
const fast = 450 * time.Millisecond

// faultBody is an answer that every call of a row takes for a success.
const faultBody = `{"id":"pcon_github","object":"personal_connector"}`

// The paths that faultRow.call asks for.
const (
	faultConnector      = "/personal-connectors/pcon_github"
	faultConfigurations = "/personal-connectors/configurations"
	faultConfiguration  = "/personal-connectors/configurations/pconf_1"
)

// A faultRow is one row under test.
type faultRow struct {
	*testing.T
	checks *faulty.Checks
}

// fault runs a row under the conditions of every row: no goroutine and no
// connection is left.
func fault(t *testing.T, name string, row func(f *faultRow)) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		checks := faulty.NewChecks(t)
		checks.Goroutines()
		row(&faultRow{t, checks})
	})
}

// faultInBubble is fault in a bubble of testing/synctest, where waits take no
// time and are exact. A row there has no sockets.
func faultInBubble(t *testing.T, name string, row func(f *faultRow)) {
	t.Helper()
	fault(t, name, func(f *faultRow) {
		synctest.Test(f.T, func(t *testing.T) { row(&faultRow{t, f.checks}) })
	})
}

// serve starts a server whose connections must be closed when the row ends.
func (f *faultRow) serve(answers ...faulty.Handler) *faulty.Server {
	f.Helper()
	return f.checks.Server(faulty.Serve(f, answers...))
}

// serveTLS is serve over TLS; a nil config is one that trusting trusts.
func (f *faultRow) serveTLS(config *tls.Config, answers ...faulty.Handler) *faulty.Server {
	f.Helper()
	return f.checks.Server(faulty.ServeTLS(f, config, answers...))
}

// client returns a client for an origin, with the configuration of the matrix,
// save that an attempt may take longer where a row does not say how long, for a
// busy machine is none of these faults. opts come after it.
func (f *faultRow) client(origin string, opts ...freddy.Option) *freddy.Client {
	f.Helper()
	client, err := freddy.NewClient(faultKey, append([]freddy.Option{
		freddy.WithBaseURL(origin + "/v1"),
		freddy.WithMaxRetries(3),
		freddy.WithRetryWait(time.Millisecond, 8*time.Millisecond),
		freddy.WithAttemptTimeout(5 * time.Second),
		freddy.WithMaxRetryAfter(2 * time.Second),
		freddy.WithMaxResponseBytes(1 << 20),
	}, opts...)...)
	require.NoError(f, err)
	f.checks.CloseIdle(client.CloseIdleConnections)
	return client
}

// over returns a client whose attempts go to rt.
func (f *faultRow) over(rt http.RoundTripper, opts ...freddy.Option) *freddy.Client {
	f.Helper()
	return f.client("http://127.0.0.1", append(opts, freddy.WithHTTPClient(&http.Client{Transport: rt}))...)
}

// trusting is the option of a client that trusts the certificates of faulty.
func trusting() freddy.Option {
	return freddy.WithHTTPClient(&http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: faulty.RootCAs()},
	}})
}

// A faultOutcome is how a call ended.
type faultOutcome struct {
	f            *faultRow
	method, path string
	err          error
	response     freddy.Response // of WithResponse
	took         time.Duration
}

func (f *faultRow) get(client *freddy.Client, opts ...freddy.CallOption) *faultOutcome {
	f.Helper()
	return f.call(f.Context(), client, http.MethodGet, opts...)
}

// post creates a configuration.
func (f *faultRow) post(client *freddy.Client, opts ...freddy.CallOption) *faultOutcome {
	f.Helper()
	return f.call(f.Context(), client, http.MethodPost, opts...)
}

// do is a call by any method in the row's own context.
func (f *faultRow) do(client *freddy.Client, method string, opts ...freddy.CallOption) *faultOutcome {
	f.Helper()
	return f.call(f.Context(), client, method, opts...)
}

// call makes the call that goes with a method: GET by the service, others by
// Do, of which all but HEAD and DELETE want a value. A success without the
// value of faultBody fails the test.
func (f *faultRow) call(ctx context.Context, client *freddy.Client, method string, opts ...freddy.CallOption) *faultOutcome {
	f.Helper()
	o := &faultOutcome{f: f, method: method, path: faultConfiguration}
	o.response = freddy.Response{StatusCode: -1, RequestID: "stale", Attempts: -1} // to be overwritten
	opts = append(opts, freddy.WithResponse(&o.response))
	var in, out any
	var value struct{ ID string }
	switch method {
	case http.MethodGet, http.MethodOptions:
		o.path, out = faultConnector, &value
	case http.MethodHead:
		o.path = faultConnector
	case http.MethodPost:
		o.path, in, out = faultConfigurations, map[string]string{"name": "Work"}, &value
	case http.MethodPut, http.MethodPatch:
		in, out = map[string]string{"name": "Work"}, &value
	}
	start := time.Now()
	if method == http.MethodGet {
		var connector *freddy.Connector
		connector, o.err = client.Connectors().Get(ctx, "pcon_github", opts...)
		if o.err == nil {
			require.NotNil(f, connector)
			value.ID = connector.ID
		} else {
			assert.Nil(f, connector)
		}
	} else {
		o.err = client.Do(ctx, method, o.path, in, out, opts...)
	}
	o.took = time.Since(start)
	if o.err == nil && out != nil {
		require.Equal(f, "pcon_github", value.ID, "a success has its value")
	}
	o.settle(ctx)
	return o
}

// settle requires what holds of every outcome.
func (o *faultOutcome) settle(ctx context.Context) {
	f := o.f
	f.Helper()
	shown, response := o.err, o.response
	if refusal, ok := o.err.(*freddy.APIError); ok { //nolint:errorlint // see below
		refusal := *refusal
		refusal.Body = o.short(refusal.Body)
		shown = &refusal
	}
	response.Body = o.short(response.Body)
	faulty.NoSecret(f, faultKey, shown, response)
	require.NotEqual(f, -1, o.response.StatusCode, "WithResponse overwrites")
	assert.NotEqual(f, "stale", o.response.RequestID)
	if o.err == nil {
		return
	}
	text := o.err.Error()
	assert.True(f, strings.HasPrefix(text, "freddy: "+o.method+" /v1"+o.path), text)
	assert.LessOrEqual(f, len(text), 1024)
	odd := func(r rune) bool { return !unicode.IsPrint(r) || r == unicode.ReplacementChar }
	assert.False(f, strings.ContainsFunc(text, odd), "%q", text)
	for _, ended := range []error{context.Canceled, context.DeadlineExceeded} {
		deadline, ok := ctx.Deadline()
		if ended == context.DeadlineExceeded && ok && !time.Now().Before(deadline) { //nolint:errorlint // one of the two
			continue // its timer may be yet to fire
		}
		if !errors.Is(ctx.Err(), ended) {
			require.NotErrorIs(f, o.err, ended, "the caller's context alone ends like this")
		}
	}
	switch err := o.err.(type) { //nolint:errorlint // the type itself, as a caller's switch sees it
	case *freddy.TransportError:
		o.agree(err.Method, err.Path, err.Attempts)
		require.Error(f, err.Err)
		if cause := err.Err.Error(); len(cause) < 200 && !strings.ContainsFunc(cause, odd) { // nothing to escape or cut
			assert.True(f, strings.HasSuffix(text, cause), "%q ends with the cause", text)
		}
		if err.StatusCode != 0 {
			assert.Equal(f, err.StatusCode, o.response.StatusCode)
			assert.Equal(f, err.RequestID, o.response.RequestID)
		}
	case *freddy.APIError:
		o.agree(err.Method, err.Path, err.Attempts)
		assert.Equal(f, err.StatusCode, o.response.StatusCode)
		assert.Equal(f, err.Header, o.response.Header)
		assert.LessOrEqual(f, len(err.Body), 64<<10)
		assert.GreaterOrEqual(f, err.RetryAfter, time.Duration(0))
	case *freddy.DecodeError:
		o.agree(err.Method, err.Path, err.Attempts)
		assert.Equal(f, err.StatusCode, o.response.StatusCode)
		assert.Equal(f, 2, err.StatusCode/100)
		assert.LessOrEqual(f, len(err.Snippet), 200)
	default:
		require.Fail(f, "unexpected type", "%T: %v", err, err)
	}
}

// short returns a body for NoSecret, which would take seconds for the bytes of a
// megabyte; of such a one it sees to the key itself.
func (o *faultOutcome) short(body []byte) []byte {
	o.f.Helper()
	if len(body) < 4<<10 {
		return body
	}
	assert.False(o.f, bytes.Contains(body, []byte(faultKey)), "the key is in a body")
	return nil
}

func (o *faultOutcome) agree(method, path string, attempts int) {
	o.f.Helper()
	assert.Equal(o.f, o.method, method)
	assert.Equal(o.f, "/v1"+o.path, path)
	assert.Equal(o.f, o.response.Attempts, attempts)
}

// ok requires a success after so many attempts.
func (o *faultOutcome) ok(attempts int) *faultOutcome {
	o.f.Helper()
	require.NoError(o.f, o.err)
	require.Equal(o.f, attempts, o.response.Attempts, "attempts")
	return o
}

// api requires an *APIError with the status after so many attempts.
func (o *faultOutcome) api(status, attempts int) *freddy.APIError {
	o.f.Helper()
	return faultError[*freddy.APIError](o, status, attempts)
}

// decode requires a *DecodeError with the status after one attempt.
func (o *faultOutcome) decode(status int) *freddy.DecodeError {
	o.f.Helper()
	return faultError[*freddy.DecodeError](o, status, 1)
}

// transport requires a *TransportError after so many attempts, none of which
// was answered unless the answer broke off with the status.
func (o *faultOutcome) transport(status, attempts int) *freddy.TransportError {
	o.f.Helper()
	err := faultError[*freddy.TransportError](o, o.response.StatusCode, attempts)
	require.Equal(o.f, status, err.StatusCode, "status of the answer that broke off")
	return err
}

// isAPI, isDecode and isTransport are for rows to which the rest is all one.
func (o *faultOutcome) isAPI(status, attempts int) {
	o.f.Helper()
	_ = o.api(status, attempts)
}

func (o *faultOutcome) isDecode(status int) {
	o.f.Helper()
	_ = o.decode(status)
}

func (o *faultOutcome) isTransport(status, attempts int) {
	o.f.Helper()
	_ = o.transport(status, attempts)
}

func faultError[E error](o *faultOutcome, status, attempts int) E {
	o.f.Helper()
	err, ok := o.err.(E) //nolint:errorlint // the type itself, see settle
	require.True(o.f, ok, "want %T, have %T: %v", err, o.err, o.err)
	require.Equal(o.f, status, o.response.StatusCode, "status")
	require.Equal(o.f, attempts, o.response.Attempts, "attempts")
	return err
}

// within requires that the call took no longer.
func (o *faultOutcome) within(limit time.Duration) *faultOutcome {
	o.f.Helper()
	assert.LessOrEqual(o.f, o.took, limit)
	return o
}

func TestFaults(t *testing.T) {
	transportRows(t)
	tlsRows(t)
	timeRows(t)
	answerRows(t)
	roundTripperRows(t)
	statusRows(t)
	cutRows(t)
	encodingRows(t)
	bodyRows(t)
	envelopeRows(t)
	retryAfterRows(t)
	headerRows(t)
	budgetRows(t)
	http2Rows(t)

	// fault_input_test.go
	argumentRows(t)
	concurrencyRows(t)
	secretRows(t)
	sizeRows(t)
	t.Run("Do", doRows)
	t.Run("KeySource", keySourceRows)
	t.Run("All", allRows)
	t.Run("Echo", echoRows)
}

// A: connections that fail.
func transportRows(t *testing.T) {
	broken := map[string]faulty.Handler{
		"closed":        faulty.Close,
		"reset":         faulty.Reset,
		"half a status": faulty.Then(faulty.Raw("HTTP/1.1 20"), faulty.Close),
		"half a head":   faulty.Then(faulty.Raw("HTTP/1.1 200 OK\r\nX-Request-Id: re"), faulty.Close),
	}
	fault(t, "A1_closed_once_then_ok", func(f *faultRow) {
		for kind, answer := range broken {
			for _, method := range idempotent {
				fault(f.T, kind+" "+method, func(f *faultRow) {
					s := f.serve(answer, faulty.Reply(200, faultBody))
					f.do(f.client(s.URL()), method).ok(2).within(fast)
					require.Len(f, s.Requests(), 2)
					first, second := s.Requests()[0], s.Requests()[1]
					assert.Equal(f, "Bearer "+faultKey, first.Header.Get("Authorization"))
					first.Conn = second.Conn
					assert.Equal(f, first, second, "the same request again, body and all")
				})
			}
		}
	})
	fault(t, "A2_closed_for_ever", func(f *faultRow) {
		for kind, answer := range broken {
			for _, method := range idempotent {
				fault(f.T, kind+" "+method, func(f *faultRow) {
					s := f.serve(answer)
					o := f.do(f.client(s.URL()), method).within(fast)
					err := o.transport(0, 4)
					assert.False(f, err.Timeout())
					assert.True(f, err.Ambiguous)
					assert.Empty(f, err.RequestID)
					switch kind {
					case "closed":
						require.ErrorIs(f, err, io.EOF)
					case "reset":
						require.ErrorIs(f, err, syscall.ECONNRESET)
					case "half a head": // of half a status net/http makes an error of its own
						require.ErrorIs(f, err, io.ErrUnexpectedEOF)
					}
					assert.Len(f, s.Requests(), 4)
				})
			}
		}
	})
	fault(t, "A3_closed_after_a_create", func(f *faultRow) {
		for kind, answer := range broken {
			for _, method := range notIdempotent {
				fault(f.T, kind+" "+method, func(f *faultRow) {
					s := f.serve(answer, faulty.Reply(200, faultBody))
					err := f.do(f.client(s.URL()), method).within(fast).transport(0, 1)
					assert.True(f, err.Ambiguous)
					assert.Contains(f, err.Error(), "may have been processed")
					require.Len(f, s.Requests(), 1)
					assert.JSONEq(f, `{"name":"Work"}`, string(s.Requests()[0].Body))
				})
			}
		}
	})
	fault(t, "A5_closed_port", func(f *faultRow) {
		for _, method := range allMethods {
			fault(f.T, method, func(f *faultRow) {
				dials := new(atomic.Int32)
				c := f.client("http://127.0.0.1", dialing(dials, faulty.Refused(f)))
				err := f.do(c, method).within(fast).transport(0, 4)
				require.ErrorIs(f, err, syscall.ECONNREFUSED)
				assert.False(f, err.Ambiguous, "nothing was sent")
				assert.EqualValues(f, 4, dials.Load())
			})
		}
		fault(f.T, "own transport", func(f *faultRow) {
			err := f.post(f.client(faulty.Refused(f))).within(fast).transport(0, 4)
			require.ErrorIs(f, err, syscall.ECONNREFUSED)
		})
		fault(f.T, "open later", func(f *faultRow) {
			s := f.serve(faulty.Reply(201, faultBody))
			f.post(f.client("http://127.0.0.1", dialing(nil, faulty.Refused(f), s.URL()))).ok(2)
			assert.Len(f, s.Requests(), 1)
		})
	})
	fault(t, "A6_unknown_host", func(f *faultRow) {
		const noSuchName, serverFailure = 3, 2 // RFC 1035, section 4.1.1
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			fault(f.T, "no such name "+method, func(f *faultRow) {
				c := f.client("http://api.invalid", freddy.WithInsecureHTTP(), f.resolving(noSuchName))
				err := f.do(c, method).within(fast).transport(0, 1)
				var dns *net.DNSError
				require.ErrorAs(f, err, &dns)
				assert.True(f, dns.IsNotFound)
				assert.False(f, err.Ambiguous)
			})
			// A name server in trouble says nothing of the name.
			fault(f.T, "name server fails "+method, func(f *faultRow) {
				c := f.client("http://api.invalid", freddy.WithInsecureHTTP(), f.resolving(serverFailure))
				err := f.do(c, method).within(2*fast).transport(0, 4)
				assert.False(f, err.Ambiguous)
			})
		}
	})
	fault(t, "A19_malformed_head", func(f *faultRow) {
		for _, head := range []string{
			"BANANA\r\n\r\n",
			"\r\n\r\n",
			"\x00\x01\x02\r\n\r\n",
			"220 mail.example ESMTP\r\n",
			"ICY 200 OK\r\n\r\n",
			"http/1.1 200 OK\r\n\r\n",
			"HTTP/one 200 OK\r\n\r\n",
			"HTTP/1.1\r\n\r\n",
			"HTTP/1.1 BANANA\r\n\r\n",
			"HTTP/1.1 20 OK\r\n\r\n",
			"HTTP/1.1 2000 OK\r\n\r\n",
			"HTTP/1.1 -20 OK\r\n\r\n",
			"HTTP/1.1 000 OK\r\nContent-Length: 0\r\n\r\n", // net/http takes it, but HTTP begins at 100
			"HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n",
			faulty.Head(200, "no colon"),
			faulty.Head(200, "Content-Length: abc"),
			faulty.Head(200, "Content-Length: -1"),
			faulty.Head(200, "Content-Length: 1", "Content-Length: 2"),
			faulty.Head(200, "Transfer-Encoding: banana"),
		} {
			fault(f.T, fmt.Sprintf("%.40q", head), func(f *faultRow) {
				s := f.serve(faulty.Then(faulty.Raw(head), faulty.Close))
				c := f.client(s.URL())
				err := f.get(c).within(fast).transport(0, 4)
				assert.False(f, err.Timeout())
				assert.True(f, f.post(c).within(fast).transport(0, 1).Ambiguous)
				assert.Len(f, s.Requests(), 5)
			})
		}
	})
	fault(t, "A22_connection_closed_between_calls", func(f *faultRow) {
		// The server closes either on the second request, which has then been
		// sent, or right after the first answer, in a race with the second.
		onRequest := []faulty.Handler{faulty.Reply(200, faultBody), faulty.Close, faulty.Reply(200, faultBody)}
		onAnswer := []faulty.Handler{faulty.Then(faulty.Reply(200, faultBody), faulty.Close), faulty.Reply(200, faultBody)}
		for kind, answers := range map[string][]faulty.Handler{"on request": onRequest, "on answer": onAnswer} {
			for _, method := range allMethods {
				fault(f.T, kind+" "+method, func(f *faultRow) {
					s := f.serve(answers...)
					c := f.client(s.URL())
					f.get(c).ok(1)
					o := f.do(c, method).within(fast)
					arrived := 0
					for _, request := range s.Requests()[1:] {
						if request.Method == method {
							arrived++
						}
					}
					switch {
					case slices.Contains(idempotent, method):
						require.NoError(f, o.err)
					case o.err == nil:
						assert.Equal(f, 1, arrived)
					default:
						assert.True(f, o.transport(0, 1).Ambiguous)
						assert.LessOrEqual(f, arrived, 1)
					}
				})
			}
		}
	})
	fault(t, "A_proxy", func(f *faultRow) {
		through := func(answer faulty.Handler) (*faulty.Server, freddy.Option) {
			proxy := f.serve(answer)
			address, err := url.Parse(proxy.URL())
			require.NoError(f, err)
			return proxy, freddy.WithHTTPClient(&http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(address)}})
		}
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
			// It wants credentials, which a repeat has as little.
			proxy, lent := through(faulty.Reply(407, "", "Proxy-Authenticate: Basic"))
			err := f.do(f.client("https://api.invalid", lent), method).within(fast).transport(0, 1)
			unsent(f, method, err)
			require.Len(f, proxy.Requests(), 1)
			assert.Equal(f, http.MethodConnect, proxy.Requests()[0].Method)

			// It is in trouble, and has passed nothing on.
			proxy, lent = through(faulty.Reply(503, ""))
			err = f.do(f.client("https://api.invalid", lent), method).within(fast).transport(0, 4)
			unsent(f, method, err)
			assert.Len(f, proxy.Requests(), 4)

			// A plain request is answered by the proxy itself.
			proxy, lent = through(faulty.Reply(407, ""))
			f.do(f.client("http://api.invalid", lent, freddy.WithInsecureHTTP()), method).within(fast).isAPI(407, 1)
			assert.Len(f, proxy.Requests(), 1)
		}
	})
	fault(t, "A_ambiguous", func(f *faultRow) {
		// What an earlier attempt may have done stays true after one that
		// surely did nothing.
		refused := func(f *faultRow, answers ...faulty.Handler) *freddy.Client {
			s := f.serve(answers...)
			return f.client("http://127.0.0.1", dialing(nil, s.URL(), faulty.Refused(f)))
		}
		tests := map[string]struct {
			method    string
			first     faulty.Handler // closes; every attempt after it is refused
			ambiguous bool
			status    int // of the *APIError within, 0 for none
		}{
			"put cut":    {http.MethodPut, faulty.Cut(200, 500, faultBody), true, 0},
			"put 503":    {http.MethodPut, faulty.Reply(503, "", "Connection: close"), true, 503},
			"put 408":    {http.MethodPut, faulty.Reply(408, "", "Connection: close"), true, 408},
			"put 429":    {http.MethodPut, faulty.Reply(429, "", "Connection: close"), false, 429},
			"post 429":   {http.MethodPost, faulty.Reply(429, "", "Connection: close"), false, 429},
			"delete 500": {http.MethodDelete, faulty.Reply(500, "", "Connection: close"), true, 500},
		}
		for name, test := range tests {
			fault(f.T, name, func(f *faultRow) {
				err := f.do(refused(f, faulty.Then(test.first, faulty.Close)), test.method).within(fast).transport(0, 4)
				require.ErrorIs(f, err, syscall.ECONNREFUSED)
				assert.Equal(f, test.ambiguous, err.Ambiguous)
				var refusal *freddy.APIError
				if assert.Equal(f, test.status != 0, errors.As(err, &refusal)) && refusal != nil {
					assert.Equal(f, test.status, refusal.StatusCode)
					faulty.NoSecret(f, faultKey, refusal)
				}
			})
		}
		fault(f.T, "post 429 then closed", func(f *faultRow) {
			s := f.serve(faulty.Reply(429, ""), faulty.Close)
			err := f.post(f.client(s.URL())).transport(0, 2)
			assert.True(f, err.Ambiguous)
			require.ErrorIs(f, err, freddy.ErrRateLimited)
			require.ErrorIs(f, err, io.EOF)
		})
	})
	fault(t, "A_retried_delete", func(f *faultRow) {
		// The documented bodies of an error, of which one says so in words too.
		for _, body := range []string{"", "<html>", `{"error":{"code":"configuration_not_found"}}`, `{"success":false,"error":{"code":"NOT_FOUND"}}`} {
			gone := faulty.Reply(404, body)
			tests := map[string]struct {
				before  []faulty.Handler
				deleted bool // an earlier attempt may have done it
			}{
				"first try":          {nil, false},
				"after close":        {[]faulty.Handler{faulty.Close}, true},
				"after reset":        {[]faulty.Handler{faulty.Reset}, true},
				"after cut":          {[]faulty.Handler{faulty.Cut(200, 500, "{")}, true},
				"after 503":          {[]faulty.Handler{faulty.Reply(503, "")}, true},
				"after 408":          {[]faulty.Handler{faulty.Reply(408, "")}, true},
				"after 429":          {[]faulty.Handler{faulty.Reply(429, "")}, false},
				"after close, 429":   {[]faulty.Handler{faulty.Close, faulty.Reply(429, "")}, true},
				"after 429, 429, cl": {[]faulty.Handler{faulty.Reply(429, ""), faulty.Reply(429, ""), faulty.Close}, true},
			}
			for name, test := range tests {
				fault(f.T, fmt.Sprintf("%s %.12q", name, body), func(f *faultRow) {
					s := f.serve(append(test.before, gone)...)
					o := f.do(f.client(s.URL()), http.MethodDelete)
					if test.deleted {
						o.ok(len(test.before) + 1)
					} else {
						require.ErrorIs(f, o.api(404, len(test.before)+1), freddy.ErrNotFound)
					}
				})
			}
			fault(f.T, fmt.Sprintf("with a value %.12q", body), func(f *faultRow) {
				s := f.serve(faulty.Close, gone)
				raw := json.RawMessage("untouched")
				require.NoError(f, f.client(s.URL()).Do(f.Context(), http.MethodDelete, faultConfiguration, nil, &raw))
				assert.Equal(f, "untouched", string(raw), "a refusal is no value")
			})
		}
		fault(f.T, "after a port that was closed", func(f *faultRow) {
			s := f.serve(faulty.Reply(404, ""))
			c := f.client("http://127.0.0.1", dialing(nil, faulty.Refused(f), s.URL()))
			f.do(c, http.MethodDelete).isAPI(404, 2)
		})
		fault(f.T, "of another method", func(f *faultRow) {
			s := f.serve(faulty.Close, faulty.Reply(404, ""))
			f.do(f.client(s.URL()), http.MethodPut).isAPI(404, 2)
		})
	})
}

// dialing is the option of a client whose first connection goes to the first
// origin and so on, whatever its address; the last repeats. dials may be nil.
func dialing(dials *atomic.Int32, origins ...string) freddy.Option {
	if dials == nil {
		dials = new(atomic.Int32)
	}
	return freddy.WithHTTPClient(&http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: faulty.RootCAs()},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			origin := origins[min(int(dials.Add(1)), len(origins))-1]
			_, address, _ := strings.Cut(origin, "://")
			return new(net.Dialer).DialContext(ctx, network, address)
		},
	}})
}

// resolving is the option of a client whose name server answers every question
// with the error code.
func (f *faultRow) resolving(code byte) freddy.Option {
	f.Helper()
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(f, err)
	var answering sync.WaitGroup
	answering.Go(func() {
		for message := make([]byte, 1500); ; {
			n, asker, err := server.ReadFrom(message)
			if err != nil {
				return
			}
			message[2] |= 0x80       // it is an answer
			message[3] = 0x80 | code // of a server that recurses
			_, _ = server.WriteTo(message[:n], asker)
		}
	})
	f.Cleanup(func() {
		server.Close()
		answering.Wait()
	})
	resolver := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", server.LocalAddr().String())
	}}
	return freddy.WithHTTPClient(&http.Client{Transport: &http.Transport{
		DialContext: (&net.Dialer{Resolver: resolver}).DialContext,
	}})
}

// unsent requires that a request that never left is not called ambiguous. Of a
// GET, which is safe to repeat anyway, it need not be known.
func unsent(f *faultRow, method string, err *freddy.TransportError) {
	f.Helper()
	if method != http.MethodGet {
		assert.False(f, err.Ambiguous, "%s: nothing was sent", method)
	}
}

// A: TLS that fails. Nothing of a request is sent before the handshake ends.
func tlsRows(t *testing.T) {
	refused := func(f *faultRow, s *faulty.Server, opts []freddy.Option, cause any) {
		for i, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
			err := f.do(f.client(s.URL(), opts...), method).within(fast).transport(0, 1)
			require.ErrorAs(f, err, cause)
			unsent(f, method, err)
			assert.False(f, err.Timeout())
			assert.Equal(f, i+1, s.Accepted())
		}
		assert.Empty(f, s.Requests())
	}
	fault(t, "A8_untrusted_certificate", func(f *faultRow) {
		_, err := x509.SystemCertPool() // reads them once, which takes its time
		require.NoError(f, err)
		s := f.serveTLS(faulty.Untrusted(), faulty.Reply(200, faultBody))
		refused(f, s, nil, new(*tls.CertificateVerificationError))
		require.ErrorAs(f, f.get(f.client(s.URL(), trusting())).err, new(x509.UnknownAuthorityError))
	})
	fault(t, "A9_wrong_host_and_expired", func(f *faultRow) {
		wrong := f.serveTLS(faulty.WrongHost(), faulty.Reply(200, faultBody))
		refused(f, wrong, []freddy.Option{trusting()}, new(x509.HostnameError))
		expired := f.serveTLS(faulty.Expired(), faulty.Reply(200, faultBody))
		refused(f, expired, []freddy.Option{trusting()}, new(x509.CertificateInvalidError))
	})
	fault(t, "A9_refused_by_the_server", func(f *faultRow) {
		old := faulty.Valid()
		old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
		s := f.serveTLS(old, faulty.Reply(200, faultBody))
		refused(f, s, []freddy.Option{trusting()}, new(*net.OpError))
		assert.ErrorContains(f, f.get(f.client(s.URL(), trusting())).err, "protocol version")
	})
	fault(t, "A10_https_to_plain_port", func(f *faultRow) {
		for _, banner := range []string{
			"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n",
			"HTTP/1.0 400 Bad Request\r\n\r\nno TLS here",
		} {
			s := f.checks.Server(faulty.ServeBanner(f, banner))
			for i, method := range []string{http.MethodGet, http.MethodPost} {
				err := f.do(f.client(s.URL()), method).within(fast).transport(0, 1)
				assert.Contains(f, err.Error(), "server gave HTTP response to HTTPS client")
				require.ErrorIs(f, err, http.ErrSchemeMismatch)
				unsent(f, method, err)
				assert.Equal(f, i+1, s.Accepted())
			}
		}
		s := httptest.NewServer(http.NotFoundHandler())
		defer s.Close()
		err := f.get(f.client(strings.Replace(s.URL, "http", "https", 1))).within(fast).transport(0, 1)
		require.ErrorIs(f, err, http.ErrSchemeMismatch)
	})
	fault(t, "A10_https_to_another_protocol", func(f *faultRow) {
		s := f.checks.Server(faulty.ServeBanner(f, "220 mail.example ESMTP ready\r\n"))
		refused(f, s, nil, new(tls.RecordHeaderError))
	})
	fault(t, "A11_http_to_tls_port", func(f *faultRow) {
		s := httptest.NewUnstartedServer(http.NotFoundHandler())
		s.Config.ErrorLog = log.New(io.Discard, "", 0)
		s.StartTLS()
		defer s.Close()
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			err := f.do(f.client(strings.Replace(s.URL, "https", "http", 1)), method).within(fast).api(400, 1)
			require.ErrorIs(f, err, freddy.ErrBadRequest)
			assert.Contains(f, string(err.Body), "HTTP request to an HTTPS server")
			assert.Equal(f, "Bad Request", err.Message)
			assert.Empty(f, err.Code)
		}
	})
	fault(t, "A13_handshake_never_finishes", func(f *faultRow) {
		const brief = 40 * time.Millisecond
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
			s := f.checks.Server(faulty.ServeHandshakeStall(f))
			err := f.do(f.client(s.URL(), trusting(), freddy.WithAttemptTimeout(brief)), method).within(4*brief+fast).transport(0, 4)
			assert.True(f, err.Timeout())
			unsent(f, method, err)
			assert.Equal(f, 4, s.Accepted())
		}
	})
	fault(t, "A13_delete_after_a_handshake_that_failed", func(f *faultRow) {
		stalled := f.checks.Server(faulty.ServeHandshakeStall(f))
		s := f.serveTLS(nil, faulty.Reply(404, ""))
		c := f.client("https://127.0.0.1", dialing(nil, stalled.URL(), s.URL()), freddy.WithAttemptTimeout(100*time.Millisecond))
		f.do(c, http.MethodDelete).isAPI(404, 2)
	})
}

// A: servers that take their time. The matrix's 1.5 s are four attempts of 300
// ms and the waits between them.
func timeRows(t *testing.T) {
	const attempt, slack = 300 * time.Millisecond, 600 * time.Millisecond
	const brief = 60 * time.Millisecond
	fault(t, "A14_never_answers", func(f *faultRow) {
		s := f.serve(faulty.Stall)
		o := f.get(f.client(s.URL(), freddy.WithAttemptTimeout(attempt))).within(4*attempt + slack)
		err := o.transport(0, 4)
		assert.GreaterOrEqual(f, o.took, 4*attempt)
		assert.True(f, err.Timeout())
		assert.NotContains(f, err.Error(), "context deadline", "which would be the caller's")
		assert.True(f, err.Ambiguous)
		assert.Len(f, s.Requests(), 4)
	})
	fault(t, "A15_never_answers_a_create", func(f *faultRow) {
		for _, method := range notIdempotent {
			s := f.serve(faulty.Stall)
			o := f.do(f.client(s.URL(), freddy.WithAttemptTimeout(attempt)), method).within(attempt + fast)
			err := o.transport(0, 1)
			assert.GreaterOrEqual(f, o.took, attempt)
			assert.True(f, err.Timeout())
			assert.True(f, err.Ambiguous)
			assert.Len(f, s.Requests(), 1)
		}
	})
	fault(t, "A17_drips", func(f *faultRow) {
		head := faulty.Head(200, "Content-Length: 4096", "X-Request-Id: req_drip")
		s := f.serve(faulty.Drip(head, '{', brief/6))
		err := f.get(f.client(s.URL(), freddy.WithAttemptTimeout(brief))).within(4*brief+fast).transport(200, 4)
		assert.True(f, err.Timeout())
		assert.Equal(f, "req_drip", err.RequestID)
	})
	fault(t, "A17_drips_elsewhere", func(f *faultRow) {
		for name, test := range map[string]struct {
			answer faulty.Handler
			status int
		}{
			"in the status":      {faulty.Drip("HTTP/1.1 200 ", 'O', 5*time.Millisecond), 0},
			"in a header":        {faulty.Drip("HTTP/1.1 200 OK\r\nX-Slow: ", 'x', 5*time.Millisecond), 0},
			"until close":        {faulty.Drip(faulty.Head(200), ' ', 5*time.Millisecond), 200},
			"in a chunk":         {faulty.Drip(faulty.Head(200, "Transfer-Encoding: chunked")+"ff\r\n", ' ', 5*time.Millisecond), 200},
			"after the value":    {faulty.Drip(faulty.Head(200)+faultBody, '\n', 5*time.Millisecond), 200},
			"stalls in a status": {faulty.Then(faulty.Raw("HTTP/1.1 2"), faulty.Stall), 0},
			"stalls in a head":   {faulty.Then(faulty.Raw("HTTP/1.1 200 OK\r\nX-Request-Id"), faulty.Stall), 0},
			"stalls after 100":   {faulty.Then(faulty.Raw(faulty.Head(100)), faulty.Stall), 0},
			"stalls in a body":   {faulty.Then(faulty.Raw(faulty.Head(201, "Content-Length: 500")+faultBody), faulty.Stall), 201},
			"stalls in chunks":   {faulty.Then(faulty.Raw(faulty.Head(200, "Transfer-Encoding: chunked")), faulty.Chunk(faultBody), faulty.Stall), 200},
		} {
			fault(f.T, name, func(f *faultRow) {
				s := f.serve(test.answer)
				err := f.post(f.client(s.URL(), freddy.WithAttemptTimeout(brief))).within(brief+fast).transport(test.status, 1)
				assert.True(f, err.Timeout())
				assert.True(f, err.Ambiguous)
				assert.Len(f, s.Requests(), 1)
			})
		}
	})
	fault(t, "A18_error_body_stalls", func(f *faultRow) {
		part := `{"error":{"code":"overloaded","message":"Try la`
		head := faulty.Head(503, "Content-Length: 4096", "X-Request-Id: req_a18")
		s := f.serve(faulty.Then(faulty.Raw(head+part), faulty.Stall))
		err := f.get(f.client(s.URL(), freddy.WithAttemptTimeout(brief))).within(4*brief+fast).api(503, 4)
		assert.Equal(f, "req_a18", err.RequestID)
		assert.Equal(f, part, string(err.Body), "the error holds what arrived")
		assert.Equal(f, "overloaded", err.Code)
	})
	fault(t, "A18_other_status_stalls", func(f *faultRow) {
		for _, test := range []struct {
			method           string
			status, attempts int
		}{
			{http.MethodGet, 404, 1},
			{http.MethodGet, 302, 1},
			{http.MethodPost, 503, 1},
			{http.MethodPost, 429, 4},
		} {
			s := f.serve(faulty.Then(faulty.Raw(faulty.Head(test.status, "Content-Length: 4096")), faulty.Stall))
			c := f.client(s.URL(), freddy.WithAttemptTimeout(brief))
			f.do(c, test.method).within(time.Duration(test.attempts)*brief+fast).isAPI(test.status, test.attempts)
		}
	})
	fault(t, "A_timeout_of_a_lent_client", func(f *faultRow) {
		s := f.serve(faulty.Stall)
		for _, limits := range [][2]time.Duration{{brief, 10 * time.Second}, {10 * time.Second, brief}} {
			lent := &http.Client{Transport: &http.Transport{}, Timeout: limits[0]}
			o := f.get(f.client(s.URL(), freddy.WithHTTPClient(lent), freddy.WithAttemptTimeout(limits[1]))).within(4*brief + fast)
			assert.True(f, o.transport(0, 4).Timeout())
			assert.GreaterOrEqual(f, o.took, 4*brief)
			assert.Equal(f, limits[0], lent.Timeout)
		}
		// A body is read within it, too.
		slow := f.serve(faulty.Drip(faulty.Head(200), ' ', 5*time.Millisecond))
		lent := &http.Client{Transport: &http.Transport{}, Timeout: brief}
		assert.True(f, f.post(f.client(slow.URL(), freddy.WithHTTPClient(lent))).within(brief+fast).transport(200, 1).Timeout())
	})
	fault(t, "A_options_of_one_call", func(f *faultRow) {
		s := f.serve(faulty.Close)
		for retries := range 6 {
			f.get(f.client(s.URL()), freddy.WithMaxRetries(retries)).isTransport(0, retries+1)
			f.get(f.client(s.URL(), freddy.WithMaxRetries(retries))).isTransport(0, retries+1)
		}
		f.get(f.client(s.URL(), freddy.WithMaxRetries(5)), freddy.WithMaxRetries(0)).isTransport(0, 1)
		f.get(f.client(s.URL(), freddy.WithMaxRetries(0)), freddy.WithMaxRetries(1)).isTransport(0, 2)
		stalled := f.serve(faulty.Stall)
		o := f.get(f.client(stalled.URL()), freddy.WithMaxRetries(1), freddy.WithAttemptTimeout(brief)).within(2*brief + fast)
		assert.True(f, o.transport(0, 2).Timeout())
	})
	fault(t, "C19_length_without_a_body", func(f *faultRow) {
		s := f.serve(faulty.Then(faulty.Raw(faulty.Head(200, "Content-Length: 500", "X-Request-Id: req_c19")), faulty.Stall))
		err := f.do(f.client(s.URL(), freddy.WithAttemptTimeout(brief)), http.MethodDelete).within(4*brief+fast).transport(200, 4)
		assert.True(f, err.Timeout())
		assert.True(f, err.Ambiguous)
		assert.Equal(f, "req_c19", err.RequestID)
		// Of a HEAD it is right; but no value comes with it.
		f.do(f.client(s.URL()), http.MethodHead).ok(1).within(fast)
		var value json.RawMessage
		var invalid *freddy.DecodeError
		require.ErrorAs(f, f.client(s.URL()).Do(f.Context(), http.MethodHead, faultConnector, nil, &value), &invalid)
	})
}

// A and B: answers that are unusual and right.
func answerRows(t *testing.T) {
	fault(t, "A_unusual_and_right", func(f *faultRow) {
		length := fmt.Sprintf("Content-Length: %d", len(faultBody))
		for name, answer := range map[string]faulty.Handler{
			"single bytes":         faulty.Split(faulty.Text(200, faultBody, "X-Request-Id: req_1")),
			"chunks of one byte":   faulty.Chunks(strings.Split(faultBody, "")...),
			"until close":          faulty.Then(faulty.Raw(faulty.Head(200)+faultBody), faulty.Close),
			"connection close":     faulty.Then(faulty.Reply(200, faultBody, "Connection: close"), faulty.Close),
			"HTTP/1.0":             faulty.Then(faulty.Raw("HTTP/1.0 200 OK\r\n\r\n"+faultBody), faulty.Close),
			"HTTP/1.0 with length": faulty.Then(faulty.Raw("HTTP/1.0 200 OK\r\n"+length+"\r\n\r\n"+faultBody), faulty.Close),
			"HTTP/1.0 keep-alive":  faulty.Raw("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n" + length + "\r\n\r\n" + faultBody),
			"no reason":            faulty.Raw("HTTP/1.1 200\r\n" + length + "\r\n\r\n" + faultBody),
			"only line feeds":      faulty.Raw("HTTP/1.1 200 OK\n" + length + "\n\n" + faultBody),
			"lower case":           faulty.Raw("HTTP/1.1 200 ok\r\n" + strings.ToLower(length) + "\r\n\r\n" + faultBody),
			"length twice":         faulty.Raw(faulty.Head(200, length, length) + faultBody),
			"chunked, extensions":  faulty.Raw(faulty.Head(200, "Transfer-Encoding: Chunked") + fmt.Sprintf("%X;a=b\r\n%s\r\n0\r\nX-Trailer: t\r\n\r\n", len(faultBody), faultBody)),
			"headers twice":        faulty.Reply(200, faultBody, "X-Request-Id: req_1", "X-Request-Id: req_2", "Date: a", "Date: b"),
			"folded header":        faulty.Reply(200, faultBody, "X-Folded: a\r\n b"),
			"no content type":      faulty.Reply(200, faultBody),
			"another content type": faulty.Reply(200, faultBody, "Content-Type: text/html; charset=utf-16"),
			"white space around":   faulty.Reply(200, "\r\n\t "+faultBody+" \r\n\t"),
			"100 before":           faulty.Then(faulty.Raw(faulty.Head(100)), faulty.Reply(200, faultBody)),
			"102, 103 before":      faulty.Then(faulty.Raw(faulty.Head(102)+faulty.Head(103, "Link: </a>", "Retry-After: 9")+faulty.Head(199)), faulty.Reply(200, faultBody)),
		} {
			for _, method := range allMethods {
				if method == http.MethodHead {
					continue // these answers have bodies
				}
				fault(f.T, name+" "+method, func(f *faultRow) {
					s := f.serve(answer)
					o := f.do(f.client(s.URL()), method).ok(1).within(fast)
					assert.Equal(f, 200, o.response.StatusCode)
					assert.JSONEq(f, faultBody, string(o.response.Body))
					if name == "single bytes" || name == "headers twice" {
						assert.Equal(f, "req_1", o.response.RequestID)
					}
				})
			}
		}
	})
	fault(t, "A_with_response", func(f *faultRow) {
		refusal := faulty.Reply(503, `{"error":"busy"}`, "X-Request-Id: req_503", "X-Only: refusal")
		success := faulty.Reply(200, faultBody, "x-request-id: req_200", "FREDDY-API-VERSION: 2025-01-01", "Freddy-Processing-Ms: 12.5")

		o := f.get(f.client(f.serve(refusal, refusal, success).URL())).ok(3)
		assert.Equal(f, 200, o.response.StatusCode)
		assert.Equal(f, "req_200", o.response.RequestID)
		assert.Equal(f, "2025-01-01", o.response.APIVersion)
		assert.Equal(f, 12500*time.Microsecond, o.response.ProcessingTime)
		assert.Empty(f, o.response.Header.Get("X-Only"), "of the last answer alone")
		assert.JSONEq(f, faultBody, string(o.response.Body))
		assert.Nil(f, o.response.RateLimit)

		o = f.get(f.client(f.serve(refusal).URL()))
		o.isAPI(503, 4)
		assert.Equal(f, "req_503", o.response.RequestID)
		assert.JSONEq(f, `{"error":"busy"}`, string(o.response.Body))

		o = f.get(f.client(f.serve(faulty.Close).URL()))
		o.isTransport(0, 4)
		assert.Equal(f, freddy.Response{Attempts: 4, Body: o.response.Body}, o.response, "nothing came")
		assert.Empty(f, o.response.Body)

		// The last answer that came was a refusal, and errors.As finds it.
		err := f.get(f.client(f.serve(refusal, faulty.Close).URL())).transport(0, 4)
		var found *freddy.APIError
		require.ErrorAs(f, err, &found)
		assert.Equal(f, "req_503", found.RequestID)
		assert.Equal(f, "busy", found.Message)
		assert.Equal(f, 4, found.Attempts)
		require.ErrorIs(f, err, freddy.ErrServer)
		require.ErrorIs(f, err, io.EOF)
		assert.True(f, err.Ambiguous)

		// Nothing of an earlier call is left where nothing was sent.
		c := f.client(f.serve(success).URL())
		var first, second freddy.Response
		both := []freddy.CallOption{freddy.WithResponse(&first), freddy.WithResponse(&second)}
		_, e := c.Connectors().Get(f.Context(), "pcon_github", both...)
		require.NoError(f, e)
		assert.Equal(f, first, second)
		assert.Equal(f, 200, first.StatusCode)
		for name, call := range map[string]func(opt freddy.CallOption) error{
			"id":   func(opt freddy.CallOption) error { _, err := c.Connectors().Get(f.Context(), "", opt); return err },
			"path": func(opt freddy.CallOption) error { return c.Do(f.Context(), http.MethodGet, "x", nil, nil, opt) },
			"option": func(opt freddy.CallOption) error {
				return c.Do(f.Context(), "GET", "/", nil, nil, opt, freddy.WithMaxRetries(-1))
			},
			"client": func(opt freddy.CallOption) error {
				return new(freddy.Client).Do(f.Context(), "GET", "/", nil, nil, opt)
			},
		} {
			response := first
			require.ErrorIs(f, call(freddy.WithResponse(&response)), freddy.ErrInvalidArgument)
			assert.Zero(f, response, name)
		}
	})
	fault(t, "A_key_that_cannot_be_had", func(f *faultRow) {
		s := f.serve(faulty.Reply(200, faultBody))
		c, err := freddy.NewClient("", freddy.WithBaseURL(s.URL()+"/v1"), freddy.WithKeySource(
			func(context.Context) (string, error) { return "", errors.New("the vault is shut") }))
		require.NoError(f, err)
		o := f.get(c)
		failed := o.transport(0, 0)
		require.ErrorContains(f, failed, "the vault is shut")
		assert.False(f, failed.Ambiguous)
		assert.Zero(f, s.Accepted())
	})
}

// A: RoundTrippers that lend themselves and break the contract of net/http.
func roundTripperRows(t *testing.T) {
	reply := func(req *http.Request) *http.Response {
		return &http.Response{StatusCode: http.StatusOK, Request: req, Body: io.NopCloser(strings.NewReader(faultBody))}
	}
	fault(t, "A_roundtripper_without_a_response", func(f *faultRow) {
		c := f.over(roundTrip(func(*http.Request) (*http.Response, error) { return nil, nil }))
		f.get(c).within(fast).isTransport(0, 4)
		assert.True(f, f.post(c).transport(0, 1).Ambiguous, "it proves nothing")
	})
	fault(t, "A_roundtripper_with_both", func(f *faultRow) {
		closed := 0
		c := f.over(roundTrip(func(req *http.Request) (*http.Response, error) {
			response := reply(req)
			response.Body = &closer{Reader: response.Body, close: func() { closed++ }}
			return response, errors.New("an error and a response")
		}))
		require.ErrorContains(f, f.get(c).transport(0, 4), "an error and a response")
		assert.Equal(f, 4, closed, "every body is closed")
		f.post(c).isTransport(0, 1)
	})
	fault(t, "A_roundtripper_with_less", func(f *faultRow) {
		bare := func(status int) *freddy.Client { // neither header nor body
			return f.over(roundTrip(func(*http.Request) (*http.Response, error) { return &http.Response{StatusCode: status}, nil }))
		}
		f.get(bare(200)).isDecode(200)
		f.do(bare(200), http.MethodDelete).ok(1)
		f.get(bare(404)).isAPI(404, 1)
		f.get(bare(503)).isAPI(503, 4)
		for _, none := range []int{-200, -1, 0, 1, 20, 99} { // HTTP begins at 100
			f.get(bare(none)).isTransport(0, 4)
		}
		f.get(f.over(roundTrip(func(req *http.Request) (*http.Response, error) { return reply(req), nil }))).ok(1)
	})
	fault(t, "A_roundtripper_with_context_errors", func(f *faultRow) {
		// They are its own: the caller's context lives.
		for _, own := range []error{context.Canceled, context.DeadlineExceeded, fmt.Errorf("dial: %w", context.DeadlineExceeded)} {
			c := f.over(roundTrip(func(*http.Request) (*http.Response, error) { return nil, own }))
			err := f.get(c).within(fast).transport(0, 4)
			assert.Equal(f, errors.Is(own, context.DeadlineExceeded), err.Timeout())
		}
	})
	fault(t, "A_roundtripper_that_tells_the_key", func(f *faultRow) {
		for _, told := range []string{faultKey, hex.EncodeToString([]byte(faultKey)), url.QueryEscape("Bearer " + faultKey)} {
			c := f.over(roundTrip(func(*http.Request) (*http.Response, error) {
				return nil, &url.Error{Op: "Get", URL: "https://proxy.example/?key=" + told, Err: errors.New("refused " + told)}
			}))
			require.ErrorContains(f, f.get(c).transport(0, 4), "REDACTED")
			c = f.over(roundTrip(func(req *http.Request) (*http.Response, error) {
				response := reply(req)
				response.Body = io.NopCloser(iotest.ErrReader(errors.New("cut at " + told)))
				return response, nil
			}))
			require.ErrorContains(f, f.post(c).transport(200, 1), "REDACTED")
		}
	})
	fault(t, "A_bodies_of_a_roundtripper", func(f *faultRow) {
		for name, test := range map[string]struct {
			body  io.Reader
			fails bool
		}{
			"one byte a read":    {iotest.OneByteReader(strings.NewReader(faultBody)), false},
			"data with the end":  {iotest.DataErrReader(strings.NewReader(faultBody)), false},
			"fails after half":   {io.MultiReader(strings.NewReader(faultBody[:20]), iotest.ErrReader(io.ErrClosedPipe)), true},
			"fails after all":    {io.MultiReader(strings.NewReader(faultBody), iotest.ErrReader(io.ErrClosedPipe)), true},
			"fails without data": {iotest.ErrReader(io.ErrClosedPipe), true},
		} {
			closed := 0
			c := f.over(roundTrip(func(req *http.Request) (*http.Response, error) {
				response := reply(req)
				response.Body = &closer{Reader: test.body, close: func() { closed++ }}
				return response, nil
			}))
			o := f.post(c)
			if test.fails {
				require.ErrorIs(f, o.transport(200, 1), io.ErrClosedPipe, name)
			} else {
				o.ok(1)
			}
			assert.Equal(f, 1, closed, name)
		}
	})
}

// B: what the status says.
func statusRows(t *testing.T) {
	const refusal = `{"error":{"type":"server_error","message":"Try later","code":"overloaded"}}`
	every := allMethods
	fault(t, "B1_503_for_ever", func(f *faultRow) {
		s := f.serve(faulty.Reply(503, refusal, "X-Request-Id: req_b1"))
		for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete, http.MethodOptions} {
			before := len(s.Requests())
			err := f.do(f.client(s.URL()), method).within(fast).api(503, 4)
			assert.Equal(f, 4, len(s.Requests())-before)
			require.ErrorIs(f, err, freddy.ErrServer)
			assert.Equal(f, []string{"server_error", "overloaded", "Try later", "req_b1"}, []string{err.Type, err.Code, err.Message, err.RequestID})
			assert.JSONEq(f, refusal, string(err.Body))
			for _, part := range []string{"503", "overloaded", "Try later", "req_b1", "4 attempts"} {
				assert.Contains(f, err.Error(), part)
			}
		}
	})
	fault(t, "B2_server_error_once", func(f *faultRow) {
		for _, status := range []int{500, 502, 503, 504, 506, 507, 520, 529, 599} {
			for _, method := range idempotent {
				fault(f.T, fmt.Sprint(status, method), func(f *faultRow) {
					s := f.serve(faulty.Reply(status, refusal), faulty.Reply(200, faultBody))
					f.do(f.client(s.URL()), method).ok(2).within(fast)
					assert.Len(f, s.Requests(), 2)
					assert.Equal(f, 1, s.Accepted(), "the connection is used again")
				})
			}
		}
	})
	fault(t, "B3_server_error_on_a_create", func(f *faultRow) {
		for _, status := range []int{500, 502, 503, 504, 520, 529} {
			for _, method := range notIdempotent {
				s := f.serve(faulty.Reply(status, refusal), faulty.Reply(200, faultBody))
				require.ErrorIs(f, f.do(f.client(s.URL()), method).within(fast).api(status, 1), freddy.ErrServer)
				assert.Len(f, s.Requests(), 1)
			}
		}
	})
	classes := []error{
		freddy.ErrBadRequest, freddy.ErrUnauthenticated, freddy.ErrPermissionDenied, freddy.ErrNotFound,
		freddy.ErrConflict, freddy.ErrRateLimited, freddy.ErrServer, freddy.ErrInvalidArgument, freddy.ErrResponseTooLarge,
	}
	fault(t, "B4_final", func(f *faultRow) {
		for status, class := range map[int]error{
			400: freddy.ErrBadRequest, 401: freddy.ErrUnauthenticated, 403: freddy.ErrPermissionDenied, 404: freddy.ErrNotFound,
			409: freddy.ErrConflict, 422: freddy.ErrBadRequest, 501: freddy.ErrServer, 505: freddy.ErrServer, 511: freddy.ErrServer,
			402: nil, 405: nil, 406: nil, 407: nil, 410: nil, 411: nil, 412: nil, 413: nil, 414: nil, 415: nil, 416: nil, 417: nil, 418: nil,
			421: nil, 423: nil, 424: nil, 425: nil, 426: nil, 428: nil, 431: nil, 451: nil, 499: nil, 600: nil, 999: nil,
		} {
			s := f.serve(faulty.Reply(status, refusal, "Retry-After: 1"))
			c := f.client(s.URL())
			for _, method := range every {
				err := f.do(c, method).within(fast).api(status, 1)
				for _, target := range classes {
					assert.Equal(f, target == class, errors.Is(err, target), "%d and %v", status, target) //nolint:errorlint // the very class
				}
			}
			assert.Len(f, s.Requests(), len(every))
		}
	})
	fault(t, "B5_408", func(f *faultRow) {
		for _, method := range every {
			// Servers that send it close the connection.
			s := f.serve(faulty.Then(faulty.Reply(408, "", "Connection: close"), faulty.Close), faulty.Reply(200, faultBody))
			if o := f.do(f.client(s.URL()), method).within(fast); slices.Contains(idempotent, method) {
				o.ok(2)
			} else {
				o.isAPI(408, 1)
			}
		}
	})
	fault(t, "B6_429", func(f *faultRow) {
		for _, method := range every {
			s := f.serve(faulty.Reply(429, refusal), faulty.Reply(200, faultBody))
			f.do(f.client(s.URL()), method).ok(2).within(fast)
			always := f.serve(faulty.Reply(429, refusal))
			require.ErrorIs(f, f.do(f.client(always.URL()), method).within(fast).api(429, 4), freddy.ErrRateLimited)
			assert.Len(f, always.Requests(), 4)
			assert.Equal(f, s.Requests()[0].Body, s.Requests()[1].Body, "the whole body again")
		}
	})
	fault(t, "B7_redirects", func(f *faultRow) {
		elsewhere := f.serve(faulty.Reply(200, faultBody))
		lent := func() *http.Client {
			return &http.Client{
				Transport:     &http.Transport{TLSClientConfig: &tls.Config{RootCAs: faulty.RootCAs()}},
				CheckRedirect: func(*http.Request, []*http.Request) error { f.Error("asked about a redirect"); return nil },
				Jar:           jar{f},
			}
		}
		port := strings.TrimPrefix(elsewhere.URL(), "http://127.0.0.1")
		locations := map[string]string{ // what the text may tell of them
			elsewhere.URL() + "/hidden-path?hidden=query#hidden": elsewhere.URL(),
			"http://localhost" + port + "/hidden-path":           "http://localhost" + port,
			"http://user:hidden@127.0.0.1" + port + "/":          elsewhere.URL(),
			"//127.0.0.1" + port + "/hidden-path":                "//127.0.0.1" + port,
			"/v1/hidden-path":                                    "",
			"hidden-path":                                        "",
			"":                                                   "",
			"http://[hidden":                                     "",
			"javascript:hidden":                                  "",
			"http:///hidden-path":                                "",
		}
		for location, told := range locations {
			for _, status := range []int{300, 301, 302, 303, 307, 308} {
				fault(f.T, fmt.Sprintf("%d %s", status, location), func(f *faultRow) {
					answer := faulty.Reply(status, "<a>hidden</a>", "Location: "+location, "Set-Cookie: a=b")
					servers := []*faulty.Server{f.serve(answer)}
					if status == 302 || status == 307 { // these two stand for all
						servers = append(servers, f.serveTLS(nil, answer))
					}
					for _, s := range servers {
						for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
							err := f.do(f.client(s.URL(), freddy.WithHTTPClient(lent())), method).within(fast).api(status, 1)
							assert.Equal(f, location, err.Header.Get("Location"))
							assert.NotContains(f, err.Error(), "hidden")
							assert.NotContains(f, err.Error(), "user")
							assert.Contains(f, err.Error(), told)
						}
						assert.Len(f, s.Requests(), 3)
					}
				})
			}
		}
		assert.Zero(f, elsewhere.Accepted(), "never followed")
	})
	fault(t, "B7_redirects_of_the_own_transport", func(f *faultRow) {
		elsewhere := f.serve(faulty.Reply(200, faultBody))
		for _, fields := range [][]string{{"Location: " + elsewhere.URL()}, {"Location: /v1/personal-connectors/pcon_other"}, nil} {
			s := f.serve(faulty.Reply(307, "", fields...))
			f.get(f.client(s.URL())).isAPI(307, 1)
			f.post(f.client(s.URL())).isAPI(307, 1)
			assert.Len(f, s.Requests(), 2)
		}
		assert.Zero(f, elsewhere.Accepted())
		key := f.serve(faulty.Reply(302, "", "Location: http://"+faultKey+".example/"+faultKey))
		assert.Contains(f, f.get(f.client(key.URL())).api(302, 1).Header.Get("Location"), "REDACTED")
	})
	fault(t, "B10_304_and_1xx", func(f *faultRow) {
		s := f.serve(faulty.Reply(304, "", `ETag: "a"`))
		for _, method := range every {
			err := f.do(f.client(s.URL()), method).within(fast).api(304, 1)
			assert.Empty(f, err.Body)
			assert.Equal(f, "Not Modified", err.Message)
		}
		endless := f.serve(func(c *faulty.Conn) {
			for err := error(nil); err == nil; {
				_, err = io.WriteString(c, faulty.Head(103, "Link: </a>"))
			}
		})
		assert.False(f, f.get(f.client(endless.URL())).within(10*time.Second).transport(0, 4).Timeout())
		broken := f.serve(faulty.Then(faulty.Raw(faulty.Head(102)), faulty.Close), faulty.Reply(200, faultBody))
		f.get(f.client(broken.URL())).ok(2)
		lost := f.serve(faulty.Then(faulty.Raw(faulty.Head(102, "X-Request-Id: req_102")), faulty.Close))
		assert.Empty(f, f.post(f.client(lost.URL())).transport(0, 1).RequestID)
	})
	fault(t, "B10_101", func(f *faultRow) {
		// The connection would be the body, and end with the server.
		head := faulty.Head(101, "Connection: Upgrade", "Upgrade: websocket", "X-Request-Id: req_101")
		s := f.serve(faulty.Then(faulty.Raw(head+"frames"), faulty.Stall))
		for _, method := range every {
			err := f.do(f.client(s.URL()), method).within(fast).api(101, 1)
			assert.Equal(f, "req_101", err.RequestID)
			assert.Empty(f, err.Body)
		}
		assert.Eventually(f, func() bool { return s.Open() == 0 }, time.Second, time.Millisecond)
	})
	fault(t, "B11_204", func(f *faultRow) {
		for _, answer := range []faulty.Handler{
			faulty.Reply(204, ""), faulty.Reply(205, ""), faulty.Reply(200, ""), faulty.Reply(200, `{"deleted":true}`), faulty.Reply(202, ""), faulty.Chunks(),
		} {
			f.do(f.client(f.serve(answer).URL()), http.MethodDelete).ok(1)
		}
		for _, status := range []int{204, 205} {
			s := f.serve(faulty.Reply(status, "", "X-Request-Id: req_b11"))
			for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPatch} {
				err := f.do(f.client(s.URL()), method).decode(status)
				assert.Contains(f, err.Error(), fmt.Sprint(status))
				assert.Equal(f, "req_b11", err.RequestID)
				assert.Empty(f, err.Snippet)
			}
		}
	})
	fault(t, "B12_other_2xx", func(f *faultRow) {
		for _, status := range []int{200, 201, 202, 203, 206, 207, 226, 299} {
			s := f.serve(faulty.Reply(status, faultBody))
			for _, method := range every {
				assert.Equal(f, status, f.do(f.client(s.URL()), method).ok(1).response.StatusCode)
			}
		}
	})
	fault(t, "B12_no_body", func(f *faultRow) {
		for name, answer := range map[string]faulty.Handler{
			"length 0":     faulty.Reply(200, "", "Content-Type: application/json"),
			"no chunks":    faulty.Chunks(),
			"until close":  faulty.Then(faulty.Raw(faulty.Head(200)), faulty.Close),
			"HTTP/1.0":     faulty.Then(faulty.Raw("HTTP/1.0 200 OK\r\n\r\n"), faulty.Close),
			"white space":  faulty.Reply(200, " \r\n\t"),
			"gzip":         faulty.Reply(200, gzipped(""), "Content-Encoding: gzip"),
			"gzip, length": faulty.Reply(200, "", "Content-Encoding: gzip"),
			"br, length":   faulty.Reply(200, "", "Content-Encoding: br"),
		} {
			fault(f.T, name, func(f *faultRow) {
				s := f.serve(answer)
				for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut} {
					f.do(f.client(s.URL()), method).within(fast).isDecode(200)
				}
				f.do(f.client(s.URL()), http.MethodDelete).ok(1)
				raw := json.RawMessage("stale")
				require.Error(f, f.client(s.URL()).Do(f.Context(), http.MethodGet, faultConnector, nil, &raw))
			})
		}
	})
	fault(t, "B15_401_then_200", func(f *faultRow) {
		for _, status := range []int{401, 403} {
			for _, method := range every {
				s := f.serve(faulty.Reply(status, "", "WWW-Authenticate: Bearer"), faulty.Reply(200, faultBody))
				f.do(f.client(s.URL()), method).isAPI(status, 1)
				assert.Len(f, s.Requests(), 1)
			}
		}
	})
}

// A jar that nobody may open.
type jar struct{ *faultRow }

func (j jar) SetCookies(*url.URL, []*http.Cookie)    { j.Error("cookies set") }
func (j jar) Cookies(*url.URL) (none []*http.Cookie) { j.Error("cookies asked for"); return none }

// C: bodies that end too soon. Where they end must not matter.
func cutRows(t *testing.T) {
	fields := []string{"Content-Type: application/json", "X-Request-Id: req_cut"}
	answers := map[string]string{
		"C1_length":  faulty.Text(201, faultBody, fields...),
		"C3_chunked": faulty.Head(200, append(fields, "Transfer-Encoding: chunked", "Trailer: X-End")...) + fmt.Sprintf("a\r\n%s\r\n%x\r\n%s\r\n0\r\nX-End: 1\r\n\r\n", faultBody[:10], len(faultBody)-10, faultBody[10:]),
		"C_gzip":     faulty.Text(200, gzipped(faultBody), append(fields, "Content-Encoding: gzip")...),
	}
	for name, answer := range answers {
		head, last := strings.Index(answer, "\r\n\r\n")+len("\r\n\r\n"), len(answer)
		if chunked := strings.LastIndex(answer, "\r\n0\r\n"); chunked > 0 {
			last = chunked + len("\r\n")
		}
		var cuts, recovers []faulty.Handler
		for end := range len(answer) {
			cut := faulty.Then(faulty.Raw(answer[:end]), faulty.Close)
			cuts = append(cuts, cut)
			recovers = append(recovers, cut, faulty.Reply(200, faultBody))
		}
		fault(t, name+"_cut_at_every_byte_then_ok", func(f *faultRow) {
			s := f.serve(recovers...)
			for end := range len(answer) {
				o := f.get(f.client(s.URL()))
				require.NoError(f, o.err, "cut after %q", answer[:end])
				require.Equal(f, 2, o.response.Attempts, "cut after %q", answer[:end])
			}
			assert.Len(f, s.Requests(), 2*len(answer))
		})
		fault(t, name+"_cut_at_every_byte_of_a_create", func(f *faultRow) {
			s := f.serve(cuts...)
			for end := range len(answer) {
				o := f.post(f.client(s.URL()))
				require.Equal(f, 1, o.response.Attempts, "cut after %q", answer[:end])
				status, id := 0, ""
				if end >= head {
					status, id = o.response.StatusCode, "req_cut"
					require.Equal(f, 2, status/100)
				}
				err := o.transport(status, 1)
				require.Equal(f, id, err.RequestID)
				require.True(f, err.Ambiguous)
				require.False(f, err.Timeout())
				if status != 0 && end <= last { // for the rest net/http has errors of its own
					require.ErrorIs(f, err, io.ErrUnexpectedEOF, "cut after %q", answer[:end])
				}
			}
			assert.Len(f, s.Requests(), len(answer))
		})
	}
	fault(t, "C2_short_body_of_a_create", func(f *faultRow) {
		for name, answer := range map[string]faulty.Handler{
			"length":       faulty.Cut(200, 500, `{"id":"x`, "X-Request-Id: req_c2"),
			"whole value":  faulty.Cut(200, 500, faultBody, "X-Request-Id: req_c2"),
			"nothing":      faulty.Cut(200, 500, "", "X-Request-Id: req_c2"),
			"in a chunk":   faulty.Then(faulty.Raw(faulty.Head(200, "Transfer-Encoding: chunked", "X-Request-Id: req_c2")+"ff\r\n{"), faulty.Close),
			"after chunks": faulty.Then(faulty.Raw(faulty.Head(200, "Transfer-Encoding: chunked", "X-Request-Id: req_c2")), faulty.Chunk(faultBody), faulty.Close),
		} {
			fault(f.T, name, func(f *faultRow) {
				s := f.serve(answer)
				for _, method := range notIdempotent {
					o := f.do(f.client(s.URL()), method).within(fast)
					err := o.transport(200, 1)
					require.ErrorIs(f, err, io.ErrUnexpectedEOF)
					assert.True(f, err.Ambiguous)
					assert.Equal(f, "req_c2", err.RequestID)
					assert.Contains(f, err.Error(), "200")
					assert.Contains(f, err.Error(), "req_c2")
				}
				assert.Equal(f, "req_c2", f.get(f.client(s.URL())).within(fast).transport(200, 4).RequestID)
			})
		}
	})
	fault(t, "C3_broken_framing", func(f *faultRow) {
		chunked := faulty.Head(200, "Transfer-Encoding: chunked", "X-Request-Id: req_c3")
		for name, answer := range map[string]faulty.Handler{
			"no number":       faulty.Raw(chunked + "zz\r\n"),
			"negative":        faulty.Raw(chunked + "-1\r\n"),
			"too large":       faulty.Raw(chunked + "ffffffffffffffffff\r\n"),
			"longer than it":  faulty.Raw(chunked + "2\r\n{}more\r\n0\r\n\r\n"),
			"reset in chunks": faulty.Then(faulty.Raw(chunked), faulty.Chunk("{"), faulty.Wait(20*time.Millisecond), faulty.Reset),
			"reset in length": faulty.Then(faulty.Raw(faulty.Head(200, "Content-Length: 500", "X-Request-Id: req_c3")+"{"), faulty.Wait(20*time.Millisecond), faulty.Reset),
			"reset, no end":   faulty.Then(faulty.Raw(faulty.Head(200, "X-Request-Id: req_c3")+faultBody), faulty.Wait(20*time.Millisecond), faulty.Reset),
		} {
			fault(f.T, name, func(f *faultRow) {
				err := f.post(f.client(f.serve(faulty.Then(answer, faulty.Close)).URL())).within(fast).transport(200, 1)
				assert.Equal(f, "req_c3", err.RequestID)
				assert.True(f, err.Ambiguous)
				if strings.HasPrefix(name, "reset") {
					require.ErrorIs(f, err, syscall.ECONNRESET)
				}
				for _, method := range []string{http.MethodGet, http.MethodDelete} {
					s := f.serve(faulty.Then(answer, faulty.Close), faulty.Reply(200, faultBody))
					f.do(f.client(s.URL()), method).ok(2).within(fast)
				}
			})
		}
	})
	fault(t, "C6_cut_without_a_length", func(f *faultRow) {
		// Nothing tells it from a complete answer but the JSON.
		for _, head := range []string{faulty.Head(200, "Connection: close"), faulty.Head(200), "HTTP/1.0 200 OK\r\n\r\n"} {
			var answers []faulty.Handler
			for end := range len(faultBody) {
				answers = append(answers, faulty.Then(faulty.Raw(head+faultBody[:end]), faulty.Close))
			}
			s := f.serve(answers...)
			for end := range len(faultBody) {
				assert.Equal(f, faultBody[:end], f.get(f.client(s.URL())).decode(200).Snippet)
			}
			assert.Len(f, s.Requests(), len(faultBody))
			f.post(f.client(s.URL())).isDecode(200)
		}
	})
	fault(t, "C7_status_wins_over_a_cut_body", func(f *faultRow) {
		body := `{"error":{"type":"not_found_error","code":"connector_not_found","message":"No such connector \u00fc"}}`
		var cuts []faulty.Handler
		for end := range len(body) {
			cuts = append(cuts, faulty.Cut(404, int64(len(body)), body[:end], "X-Request-Id: req_c7"))
		}
		s := f.serve(cuts...)
		for end := range len(body) {
			err := f.get(f.client(s.URL())).api(404, 1)
			require.ErrorIs(f, err, freddy.ErrNotFound)
			assert.Equal(f, "req_c7", err.RequestID)
			assert.Equal(f, body[:end], string(err.Body))
			if strings.Contains(body[:end], `found",`) {
				assert.Equal(f, freddy.CodeConnectorNotFound, err.Code, "what arrived counts: %s", body[:end])
			}
			assert.NotEmpty(f, err.Message)
		}
		assert.Len(f, s.Requests(), len(body))
	})
	fault(t, "C7_status_wins_over_any_body", func(f *faultRow) {
		chunked := "Transfer-Encoding: chunked"
		for name, answer := range map[string]func(status int) faulty.Handler{
			"complete, cut": func(status int) faulty.Handler { return faulty.Then(faulty.Raw(faulty.Head(status)+"{"), faulty.Close) },
			"chunks cut": func(status int) faulty.Handler {
				return faulty.Then(faulty.Raw(faulty.Head(status, chunked)+"ff\r\n{"), faulty.Close)
			},
			"no chunks": func(status int) faulty.Handler {
				return faulty.Then(faulty.Raw(faulty.Head(status, chunked)+"zz"), faulty.Close)
			},
			"reset": func(status int) faulty.Handler {
				return faulty.Then(faulty.Raw(faulty.Head(status, "Content-Length: 500")+"{"), faulty.Wait(5*time.Millisecond), faulty.Reset)
			},
			"not gzip": func(status int) faulty.Handler { return faulty.Reply(status, "plain", "Content-Encoding: gzip") },
			"gzip cut": func(status int) faulty.Handler {
				return faulty.Reply(status, gzipped(faultBody)[:30], "Content-Encoding: gzip")
			},
			"unknown coding":  func(status int) faulty.Handler { return faulty.Reply(status, "?", "Content-Encoding: br") },
			"deep":            func(status int) faulty.Handler { return faulty.Reply(status, strings.Repeat(`{"error":`, 10001)) },
			"over the limit":  func(status int) faulty.Handler { return faulty.Reply(status, strings.Repeat("x", 1<<20+1)) },
			"says it is long": func(status int) faulty.Handler { return faulty.Cut(status, 1<<40, "{") },
		} {
			fault(f.T, name, func(f *faultRow) {
				for _, test := range []struct {
					method           string
					status, attempts int
				}{{http.MethodGet, 404, 1}, {http.MethodGet, 503, 4}, {http.MethodPost, 429, 4}, {http.MethodDelete, 302, 1}} {
					s := f.serve(answer(test.status))
					f.do(f.client(s.URL()), test.method).within(fast).isAPI(test.status, test.attempts)
					assert.Len(f, s.Requests(), test.attempts)
				}
			})
		}
	})
}

func gzipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	io.WriteString(w, text)
	w.Close()
	return b.String()
}

// C: content codings. net/http undoes gzip where it asked for it; what it
// leaves comes to the client as it is.
func encodingRows(t *testing.T) {
	asIs := func() freddy.Option {
		return freddy.WithHTTPClient(&http.Client{Transport: &http.Transport{DisableCompression: true}})
	}
	transports := map[string]func() freddy.Option{
		"own":     func() freddy.Option { return freddy.WithMaxRetries(3) },
		"as is":   asIs,
		"user's":  func() freddy.Option { return freddy.WithHeader("accept-encoding", "gzip") },
		"refused": func() freddy.Option { return freddy.WithHeader("Accept-Encoding", "identity") },
	}
	fault(t, "C_gzip", func(f *faultRow) {
		body := gzipped(faultBody)
		for name, transport := range transports {
			for _, answer := range []faulty.Handler{
				faulty.Reply(200, body, "Content-Encoding: gzip"),
				faulty.Reply(200, body, "CONTENT-ENCODING: GZip"),
				faulty.Reply(200, body, "Content-Encoding: x-gzip"),
				faulty.Split(faulty.Text(200, body, "Content-Encoding: gzip")),
				faulty.Then(faulty.Raw(faulty.Head(200, "Content-Encoding: gzip", "Transfer-Encoding: chunked")), faulty.Chunk(body[:15]), faulty.Chunk(body[15:]), faulty.LastChunk),
				faulty.Reply(200, gzipped(faultBody[:9])+gzipped(faultBody[9:]), "Content-Encoding: gzip"), // RFC 1952: members in a row
				faulty.Reply(200, faultBody, "Content-Encoding: identity"),
				faulty.Reply(200, faultBody, "Content-Encoding:"),
			} {
				s := f.serve(answer)
				for _, method := range []string{http.MethodGet, http.MethodPost} {
					assert.JSONEq(f, faultBody, string(f.do(f.client(s.URL(), transport()), method).ok(1).response.Body), name)
				}
			}
			refused := f.serve(faulty.Reply(404, gzipped(`{"error":{"code":"connector_not_found"}}`), "Content-Encoding: gzip"))
			err := f.get(f.client(refused.URL(), transport())).api(404, 1)
			assert.True(f, err.HasCode(freddy.CodeConnectorNotFound), "%s: %q", name, err.Body)
			// An answer to HEAD has the header and no body.
			f.do(f.client(f.serve(faulty.Raw(faulty.Head(200, "Content-Encoding: gzip", "Content-Length: 2000000"))).URL(), transport()), http.MethodHead).ok(1)
		}
	})
	fault(t, "C_gzip_cut_at_every_byte", func(f *faultRow) {
		body := gzipped(faultBody)
		var cuts, recovers []faulty.Handler
		for end := 1; end < len(body); end++ { // whole as HTTP, cut as gzip
			cut := faulty.Reply(200, body[:end], "Content-Encoding: gzip", "X-Request-Id: req_gzip")
			cuts = append(cuts, cut)
			recovers = append(recovers, cut, faulty.Reply(200, faultBody))
		}
		for _, name := range []string{"own", "as is"} {
			transport, s, lost := transports[name], f.serve(recovers...), f.serve(cuts...)
			for end := 1; end < len(body); end++ {
				f.get(f.client(s.URL(), transport())).ok(2)
				err := f.post(f.client(lost.URL(), transport())).transport(200, 1)
				require.ErrorIs(f, err, io.ErrUnexpectedEOF, "%s: cut at %d of %d", name, end, len(body))
				require.True(f, err.Ambiguous)
				require.Equal(f, "req_gzip", err.RequestID)
			}
			assert.Len(f, s.Requests(), 2*len(cuts))
			assert.Len(f, lost.Requests(), len(cuts))
		}
	})
	fault(t, "C_gzip_corrupt_at_every_byte", func(f *faultRow) {
		body := gzipped(faultBody)
		var recovers []faulty.Handler
		for at := range len(body) {
			wrong := []byte(body)
			wrong[at] ^= 0xff
			recovers = append(recovers, faulty.Reply(200, string(wrong), "Content-Encoding: gzip"))
			if at < 4 || at > 9 { // a time, flags and a system that nobody reads
				recovers = append(recovers, faulty.Reply(200, faultBody))
			}
		}
		for _, name := range []string{"own", "as is"} {
			s := f.serve(recovers...)
			for at := range len(body) {
				o := f.get(f.client(s.URL(), transports[name]()))
				require.NoError(f, o.err, "at byte %d", at)
				assert.JSONEq(f, faultBody, string(o.response.Body))
			}
			assert.Len(f, s.Requests(), len(recovers), "each that is wrong is asked for again")
		}
	})
	fault(t, "C_not_gzip_for_ever", func(f *faultRow) {
		for name, transport := range transports {
			s := f.serve(faulty.Reply(200, faultBody, "Content-Encoding: gzip"))
			require.ErrorIs(f, f.get(f.client(s.URL(), transport())).transport(200, 4), gzip.ErrHeader, name)
			assert.True(f, f.post(f.client(s.URL(), transport())).transport(200, 1).Ambiguous, name)
		}
	})
	fault(t, "C_unknown_encoding", func(f *faultRow) {
		for _, coding := range []string{"br", "zstd", "deflate", "compress", "BR", "gzip, br", "br, gzip", "banana"} {
			s := f.serve(faulty.Reply(200, faultBody, "Content-Encoding: "+coding, "X-Request-Id: req_ce"))
			for name, transport := range transports {
				for _, method := range []string{http.MethodGet, http.MethodPost} {
					err := f.do(f.client(s.URL(), transport()), method).within(fast).decode(200)
					assert.Contains(f, err.Error(), coding, name)
					assert.Equal(f, "req_ce", err.RequestID)
				}
			}
		}
		two := f.serve(faulty.Reply(200, faultBody, "Content-Encoding: identity", "Content-Encoding: br"))
		assert.Contains(f, f.get(f.client(two.URL())).decode(200).Error(), "br", "a list may come in two lines")
		key := f.serve(faulty.Reply(200, faultBody, "Content-Encoding: "+faultKey))
		assert.Contains(f, f.get(f.client(key.URL())).decode(200).Error(), "REDACTED")
		refused := f.serve(faulty.Reply(404, "?", "Content-Encoding: br"))
		f.get(f.client(refused.URL())).isAPI(404, 1)
	})
}

// C: bodies that came whole and are not what is documented.
func bodyRows(t *testing.T) {
	// wrong requires that a GET and a POST call the body an error.
	wrong := func(f *faultRow, body string, fields ...string) (get *faultOutcome) {
		f.Helper()
		s := f.serve(faulty.Reply(200, body, fields...))
		f.post(f.client(s.URL())).within(fast).isDecode(200)
		get = f.get(f.client(s.URL())).within(fast)
		get.isDecode(200)
		return get
	}
	fault(t, "C8_login_page", func(f *faultRow) {
		page := "<!DOCTYPE html><html><body>Sign in: " + strings.Repeat("ü", 500) + "</body></html>"
		err := wrong(f, page, "Content-Type: text/html; charset=utf-8", "X-Request-Id: req_c8").decode(200)
		assert.Equal(f, "text/html; charset=utf-8", err.ContentType)
		assert.Equal(f, "req_c8", err.RequestID)
		assert.True(f, strings.HasPrefix(err.Snippet, "<!DOCTYPE html>"))
		assert.True(f, utf8.ValidString(err.Snippet))
		assert.GreaterOrEqual(f, len(err.Snippet), 190)
		for _, part := range []string{"200", "text/html", "req_c8"} {
			assert.Contains(f, err.Error(), part)
		}
		assert.NotContains(f, err.Error(), "Sign in")
		assert.NotContains(f, wrong(f, "<p>"+faultKey+strings.Repeat(" ", 180)+faultKey).decode(200).Snippet, faultKey[:8], "nor a part of it at the end")
	})
	fault(t, "C9_html_of_a_proxy", func(f *faultRow) {
		page := "<html><head><title>502 Bad Gateway</title></head><body>nginx" + strings.Repeat(".", 200<<10) + "</body></html>"
		s := f.serve(faulty.Reply(502, page, "Content-Type: text/html"))
		err := f.get(f.client(s.URL())).api(502, 4)
		assert.Len(f, err.Body, 64<<10)
		assert.Equal(f, page[:64<<10], string(err.Body))
		assert.NotContains(f, err.Error(), "nginx")
		assert.Equal(f, "Bad Gateway", err.Message)
		assert.Equal(f, 1, s.Accepted(), "read so far that the connection stays usable")
	})
	fault(t, "C10_another_kind", func(f *faultRow) {
		for _, body := range []string{`null`, `[]`, `"x"`, `5`, `true`, `[` + faultBody + `]`, `{}`, `{"data":` + faultBody + `}`} {
			s := f.serve(faulty.Reply(200, body))
			f.get(f.client(s.URL())).isDecode(200)
			if !strings.HasPrefix(body, "{") {
				_, err := f.client(s.URL()).Connectors().List(f.Context(), freddy.ConnectorListParams{})
				var invalid *freddy.DecodeError
				require.ErrorAs(f, err, &invalid, body)
			}
			if body != "null" && !strings.HasPrefix(body, "{") { // which encoding/json takes for a struct
				f.post(f.client(s.URL())).isDecode(200)
			}
		}
	})
	fault(t, "C11_after_the_value", func(f *faultRow) {
		for _, junk := range []string{"x", "}", "]", ",", faultBody, " \n null", "\x00", "<!-- -->", "\ufeff", "\u00a0"} {
			wrong(f, faultBody+junk)
		}
		for _, junk := range []string{"\ufeff", ")]}',\n", "\x00", "//\n", "\u00a0", "\v"} {
			wrong(f, junk+faultBody)
		}
		for _, body := range []string{
			"{'id':'pcon_github'}", `{"id":"pcon_github",}`, `{id:"pcon_github"}`, `{"id":"pcon_github" "object":1}`, `{"id":"pcon_github"/**/}`,
			`{"id":"pcon_github","n":NaN}`, `{"id":"pcon_github","n":01}`, `{"id":"pcon_github","n":1.}`, `{"id":"pcon_github","n":+1}`, `{"id":"pcon_github","n":0x1}`,
			`{"id":"pcon_github","n":tru}`, `{"id":"pcon_github","n":"\x"}`, `{"id":"pcon_github","n":"\ud8"}`, "{\"id\":\"pcon_github\",\"n\":\"\n\"}", `{"id":"pcon_github","n":}`,
		} {
			wrong(f, body)
		}
	})
	fault(t, "C12_unsuccessful", func(f *faultRow) {
		failed := `"error":{"code":"INVALID_API_KEY","message":"No","trace_id":"req_x"}`
		for _, body := range []string{
			`{"success":false,` + failed + `}`,
			`{` + failed + `,"success":false}`,
			`{"success":false,"id":"pcon_github",` + failed + `}`,
			`{"success":false,"data":` + faultBody + `,` + failed + `}`,
			`{"success":false,"data":[],` + failed + `}`,
			` {"success" : false, "object":"list","data":[{"id":"a"}],` + failed + `} `,
		} {
			for _, status := range []int{200, 201} {
				s := f.serve(faulty.Reply(status, body, "X-Request-Id: req_c12"))
				for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete} {
					err := f.do(f.client(s.URL()), method).api(status, 1)
					assert.True(f, err.HasCode(freddy.CodeInvalidAPIKey))
					assert.Equal(f, []string{"No", "req_x", "req_c12"}, []string{err.Message, err.TraceID, err.RequestID})
					require.NotErrorIs(f, err, freddy.ErrUnauthenticated, "the class is that of the status")
				}
				page, err := f.client(s.URL()).Connectors().List(f.Context(), freddy.ConnectorListParams{})
				assert.Nil(f, page)
				var refusal *freddy.APIError
				require.ErrorAs(f, err, &refusal)
			}
		}
		for _, body := range []string{`{"success":false}`, `{"success":false,"error":null}`, `{"success":false,"data":null}`} {
			s := f.serve(faulty.Reply(200, body))
			f.get(f.client(s.URL())).isAPI(200, 1)
			f.do(f.client(s.URL()), http.MethodDelete).isAPI(200, 1)
		}
		wrapped := f.serve(faulty.Reply(200, `{"success":true,"data":`+faultBody+`}`))
		f.get(f.client(wrapped.URL())).ok(1)
	})
	fault(t, "C13_wrong_members", func(f *faultRow) {
		for field, body := range map[string]string{
			"/id":                           `{"id":5}`,
			"/name":                         `{"id":"x","name":["n"]}`,
			"/status":                       `{"id":"x","status":{}}`,
			"/iconUrl":                      `{"id":"x","iconUrl":false}`,
			"/icon_url":                     `{"id":"x","icon_url":1}`,
			"/metadata":                     `{"id":"x","metadata":"m"}`,
			"/metadata/authMethod":          `{"id":"x","metadata":{"authMethod":1}}`,
			"/metadata/supportedFeatures":   `{"id":"x","metadata":{"supportedFeatures":"all"}}`,
			"/metadata/supportedFeatures/1": `{"id":"x","metadata":{"supportedFeatures":["a",1]}}`,
			"/createdAt":                    `{"id":"x","createdAt":"yesterday"}`,
			"/created_at":                   `{"id":"x","created_at":"2025-10-07 10:45:00"}`,
			"/updatedAt":                    `{"id":"x","updatedAt":1759833900}`,
			"/object":                       `{"id":"x","object":"list"}`,
		} {
			s := f.serve(faulty.Reply(200, body))
			err := f.get(f.client(s.URL())).decode(200)
			assert.Equal(f, field, err.Field, body)
			assert.Contains(f, err.Error(), field)
			assert.NotContains(f, err.Err.Error(), "yesterday", "no value")
		}
		for _, body := range []string{`{"id":""}`, `{"id":null}`, `{"name":"n"}`, `{"ID":"x"}`} {
			assert.Equal(f, "/id", f.get(f.client(f.serve(faulty.Reply(200, body)).URL())).decode(200).Field)
		}
		for field, body := range map[string]string{
			"/data":        `{"data":{}}`,
			"/data/1":      `{"data":[{"id":"a"},7]}`,
			"/data/1/id":   `{"data":[{"id":"a"},{"id":7}]}`,
			"/data/0/id":   `{"data":[{"name":"a"}]}`,
			"/hasMore":     `{"data":[],"hasMore":"no"}`,
			"/data/0/name": `{"object":"list","data":[{"id":"a","name":7}]}`,
			"/object":      `{"object":"personal_connector","data":[]}`,
		} {
			_, err := f.client(f.serve(faulty.Reply(200, body)).URL()).Connectors().List(f.Context(), freddy.ConnectorListParams{})
			var invalid *freddy.DecodeError
			require.ErrorAs(f, err, &invalid, body)
			assert.Equal(f, field, invalid.Field)
		}
	})
	fault(t, "C13_tolerated_members", func(f *faultRow) {
		get := func(body string) *freddy.Connector {
			connector, err := f.client(f.serve(faulty.Reply(200, body)).URL()).Connectors().Get(f.Context(), "pcon_github")
			require.NoError(f, err, body)
			return connector
		}
		unknown := get(`{"id":"a","new":{"deep":[1,{"a":null}]},"ID":"b","metadata":{"newer":2}}`)
		assert.Equal(f, "a", unknown.ID)
		assert.JSONEq(f, `{"deep":[1,{"a":null}]}`, string(unknown.Extra["new"]))
		assert.JSONEq(f, `"b"`, string(unknown.Extra["ID"]), "another case is another member")
		assert.JSONEq(f, `2`, string(unknown.Metadata.Extra["newer"]))
		nulls := get(`{"id":"a","name":null,"metadata":null,"createdAt":null,"object":null,"status":null}`)
		assert.Equal(f, &freddy.Connector{ID: "a"}, nulls)
		twice := get(`{"id":"a","name":"one","id":"b","name":"two","name":null}`)
		assert.Equal(f, "b", twice.ID)
		assert.Equal(f, "two", twice.Name)
	})
	fault(t, "C15_nested_too_deep", func(f *faultRow) {
		deep := func(levels int) string { return strings.Repeat("[", levels) + strings.Repeat("]", levels) }
		wrong(f, deep(10001))
		wrong(f, strings.Repeat("[", 1<<20-1))
		wrong(f, strings.Repeat(`{"id":`, 100_000))
		for _, member := range []string{`{"id":"pcon_github","new":%s}`, `{"id":"pcon_github","metadata":{"configurationSchema":%s}}`, `{"id":"pcon_github","metadata":{"new":%s}}`} {
			above := strings.Count(member, "{")
			wrong(f, fmt.Sprintf(member, deep(10001-above)))
			s := f.serve(faulty.Reply(200, fmt.Sprintf(member, deep(10000-above))))
			f.get(f.client(s.URL())).ok(1)
			f.post(f.client(s.URL())).ok(1)
		}
		failed := f.serve(faulty.Reply(404, `{"error":{"code":"connector_not_found","details":`+deep(10001)+`}}`))
		assert.Equal(f, "connector_not_found", f.get(f.client(failed.URL())).api(404, 1).Code)
	})
	fault(t, "C16_numbers_that_do_not_fit", func(f *faultRow) {
		for _, number := range []string{"1e400", "-1e400", "9223372036854775808", "1.5", "18446744073709551616"} {
			s := f.serve(faulty.Reply(200, `{"tools":{"available":`+number+`}}`))
			var out struct {
				Tools struct {
					Available int `json:"available"`
				} `json:"tools"`
			}
			err := f.client(s.URL()).Do(f.Context(), http.MethodPost, faultConfigurations, nil, &out)
			var invalid *freddy.DecodeError
			require.ErrorAs(f, err, &invalid, number)
			assert.Equal(f, "/tools/available", invalid.Field)
			assert.Equal(f, 1, invalid.Attempts)
			assert.Len(f, s.Requests(), 1)
		}
	})
}

// D: the bodies of errors.
func envelopeRows(t *testing.T) {
	refused := func(f *faultRow, status int, body string, fields ...string) *freddy.APIError {
		f.Helper()
		return f.get(f.client(f.serve(faulty.Reply(status, body, fields...)).URL())).api(status, 1)
	}
	fault(t, "D1_the_old_form", func(f *faultRow) {
		err := refused(f, 404, string(fixture(f, "error_connector_not_found.json")))
		require.ErrorIs(f, err, freddy.ErrNotFound)
		assert.Equal(f, []string{"not_found_error", "connector_not_found", "Personal connector not found"}, []string{err.Type, err.Code, err.Message})
		assert.True(f, err.HasCode("CONNECTOR_NOT_FOUND"))
		err = refused(f, 401, string(fixture(f, "error_invalid_api_key.json")))
		require.ErrorIs(f, err, freddy.ErrUnauthenticated)
		assert.True(f, err.HasCode(freddy.CodeInvalidAPIKey))
		err = refused(f, 403, string(fixture(f, "error_configuration_forbidden.json")))
		require.ErrorIs(f, err, freddy.ErrPermissionDenied)
		assert.True(f, err.HasCode(freddy.CodeInsufficientPermissions))
	})
	fault(t, "D2_the_standard_form", func(f *faultRow) {
		body := strings.Replace(string(fixture(f, "error_standard_envelope.json")), "2fbbf3b6-51a1-4f1b-88e2-c00e8b52fbb8", "req_x", 1)
		err := refused(f, 400, body, "x-request-ID: req_header")
		require.ErrorIs(f, err, freddy.ErrBadRequest)
		assert.Equal(f, []string{"client_error", "INVALID_EMAIL_FORMAT", "Please enter a valid email address.", "Email validation failed", "req_x", "req_header"},
			[]string{err.Type, err.Code, err.Message, err.SystemMessage, err.TraceID, err.RequestID})
		assert.JSONEq(f, `{"field":"email","value":"invalid-email"}`, string(err.Details))
		assert.Equal(f, 400, err.StatusCode, "HTTP's, not the body's")
	})
	fault(t, "D3_the_fastapi_forms", func(f *faultRow) {
		err := refused(f, 405, string(fixture(f, "error_fastapi_detail.json")))
		assert.Equal(f, "Method Not Allowed", err.Message)
		assert.Equal(f, "Not Found", refused(f, 404, `{"detail":"Not Found"}`).Message)
		err = refused(f, 422, string(fixture(f, "error_fastapi_validation.json")))
		require.ErrorIs(f, err, freddy.ErrBadRequest)
		assert.Equal(f, []freddy.FieldError{
			{Field: "limit", Message: "Input should be less than or equal to 100", Code: "less_than_equal"},
			{Field: "/credentials/0", Message: "Field required", Code: "missing"},
		}, err.Fields)
		assert.Contains(f, err.Message, "Input should be less than or equal to 100")
	})
	fault(t, "D4_the_detail_form", func(f *faultRow) {
		body := string(fixture(f, "error_detail_envelope.json"))
		err := refused(f, 400, body)
		assert.Equal(f, []string{"ValidationError", "Human-readable error description", "req_123456789"}, []string{err.Type, err.Message, err.RequestID})
		assert.Equal(f, []freddy.FieldError{{Field: "/email", Message: "Invalid email format", Code: "INVALID_FORMAT"}}, err.Fields)
		assert.Equal(f, "req_header", refused(f, 400, body, "X-Request-Id: req_header").RequestID, "the header's is the server's own")
	})
	fault(t, "D5_no_form", func(f *faultRow) {
		for body, message := range map[string]string{
			`{"error":"boom"}`:            "boom",
			`{"message":"boom"}`:          "boom",
			`{"error":null}`:              "",
			`{"error":[]}`:                "",
			`{"error":{}}`:                "",
			`{"error":{"message":null}}`:  "",
			`{"error":{"message":5}}`:     "",
			`{"error":true}`:              "",
			`{"detail":null}`:             "",
			`{"detail":[]}`:               "",
			`{"detail":[null,5,"x"]}`:     "",
			`{"detail":{"a":"b"}}`:        "",
			`{}`:                          "",
			`[]`:                          "",
			`null`:                        "",
			`"boom"`:                      "",
			`5`:                           "",
			``:                            "",
			` `:                           "",
			`<html>boom</html>`:           "",
			"\xff\xfe\x00":                "",
			`{"error":{"message":"bo`:     "bo",
			`{"error":{"code":"c"}} junk`: "",
		} {
			for status, text := range map[int]string{404: "Not Found", 418: "I'm a teapot", 499: ""} {
				err := refused(f, status, body)
				want := message
				if want == "" {
					want = text
				}
				if !strings.HasPrefix(body, `{"detail":[n`) { // faults without a text, counted or not
					assert.Equal(f, want, err.Message, body)
				}
				assert.Equal(f, body, string(err.Body))
			}
		}
		// A member of a wrong type is skipped, and the rest stays.
		err := refused(f, 400, `{"error":{"code":7,"type":["t"],"message":"boom","trace_id":{"a":1},"details":[1]},"meta":"x","errors":{}}`, "X-Request-Id: req_d5")
		assert.Equal(f, []string{"", "", "boom", "", "req_d5"}, []string{err.Code, err.Type, err.Message, err.TraceID, err.RequestID})
		assert.JSONEq(f, `[1]`, string(err.Details))
	})
	fault(t, "D8_a_message_for_nobody", func(f *faultRow) {
		nasty := "one\ntwo\r\x1b[31mred\x07\u202eevil\u2066\u200b\u0085\u2028\x00\x7f\ufeffend"
		quoted, err := json.Marshal(nasty)
		require.NoError(f, err)
		for _, form := range []string{`{"error":{"message":%s,"code":%[1]s}}`, `{"detail":%s}`, `{"error":%s}`} {
			refusal := refused(f, 400, fmt.Sprintf(form, quoted))
			assert.Equal(f, nasty, refusal.Message, "the field has it all")
			assert.Contains(f, refusal.Error(), `one\ntwo\r\x1b[31mred`)
			assert.Contains(f, refusal.Error(), `\u202e`)
		}
		long := `{"error":{"code":"c","message":"` + strings.Repeat(`\"ü\n`, 1<<20/6) + `"}}`
		refusal := refused(f, 400, long)
		assert.Equal(f, "c", refusal.Code)
		assert.Len(f, refusal.Body, 64<<10)
		full := strings.Repeat("\"ü\n", 1<<20/6)
		assert.True(f, strings.HasPrefix(full, strings.TrimRight(refusal.Message, "\ufffd")))
		assert.Greater(f, len(refusal.Message), 40<<10)
		// Nor may a header break the line.
		refusal = refused(f, 400, "", "X-Request-Id: \u202ereq\u2028", "Location: http://\u202ehost/")
		assert.Equal(f, "\u202ereq\u2028", refusal.RequestID)
	})
	fault(t, "D8_in_every_other_part", func(f *faultRow) {
		s := f.serve(faulty.Reply(200, "\x1b[31m\u202e", "Content-Type: text/\u2028\u202e", "X-Request-Id: "+strings.Repeat("\u202e", 2000)))
		f.get(f.client(s.URL())).isDecode(200)
		s = f.serve(faulty.Reply(200, "{\"id\":\"x\",\"metadata\":{\"supported\x1bFeatures\":1}, \"\u202ename\x1b\": }"))
		f.get(f.client(s.URL())).isDecode(200)
		s = f.serve(faulty.Cut(200, 50, "", "X-Request-Id: "+strings.Repeat("\u202e", 2000)))
		f.get(f.client(s.URL())).isTransport(200, 4)
		s = f.serve(faulty.Then(faulty.Raw("HTTP/1.1 \x1b[31m\u202e"+strings.Repeat("x", 3000)+"\r\n\r\n"), faulty.Close))
		f.get(f.client(s.URL())).isTransport(0, 4)
	})
	fault(t, "D10_two_ids_and_long_ones", func(f *faultRow) {
		err := refused(f, 400, `{"error":{"trace_id":"trace_1"}}`, "X-Request-Id: req_1")
		assert.Equal(f, "req_1", err.RequestID)
		assert.Equal(f, "trace_1", err.TraceID)
		junk := strings.Repeat("junk ü ", 64<<10/8)
		capped := func(id string) {
			assert.LessOrEqual(f, len(id), 4<<10)
			assert.GreaterOrEqual(f, len(id), 4<<10-4)
			assert.True(f, utf8.ValidString(id))
		}
		err = refused(f, 400, `{"error":{"trace_id":"`+junk[:60<<10]+`"}}`, "X-Request-Id: "+junk)
		capped(err.RequestID)
		capped(err.TraceID)
		capped(refused(f, 400, `{"meta":{"request_id":"`+junk[:60<<10]+`"}}`).RequestID)
		s := f.serve(faulty.Reply(200, "", "X-Request-Id: "+junk))
		o := f.get(f.client(s.URL()))
		capped(o.decode(200).RequestID)
		capped(o.response.RequestID)
		capped(f.get(f.client(f.serve(faulty.Cut(200, 9, "", "X-Request-Id: "+junk)).URL())).transport(200, 4).RequestID)
	})
}

// E: Retry-After, in a time of its own. The bubble's begins in the year 2000.
func retryAfterRows(t *testing.T) {
	ok := faulty.Text(200, faultBody)
	backsOff := func(f *faultRow, waits []time.Duration) { // as WithRetryWait says
		f.Helper()
		for i, wait := range waits {
			assert.GreaterOrEqual(f, wait, time.Millisecond)
			assert.LessOrEqual(f, wait, time.Millisecond<<i)
		}
	}
	fault(t, "E1_over_a_socket", func(f *faultRow) {
		const wait = 200 * time.Millisecond
		s := f.serve(faulty.Reply(429, "", "retry-after: 0.2"), faulty.Reply(200, faultBody))
		o := f.post(f.client(s.URL())).ok(2).within(wait + fast)
		assert.GreaterOrEqual(f, o.took, wait)
	})
	faultInBubble(t, "E1_honoured", func(f *faultRow) {
		for value, want := range map[string]time.Duration{
			"1": time.Second, "2": 2 * time.Second, "0.25": 250 * time.Millisecond, "1.5": 1500 * time.Millisecond, " 1 ": time.Second, "01": time.Second, "0.001": time.Millisecond,
		} {
			for _, status := range []int{408, 429, 500, 502, 503, 504, 520, 529} {
				rt := script(faulty.Text(status, "", "Retry-After: "+value), ok)
				f.get(f.over(rt)).ok(2)
				assert.Equal(f, []time.Duration{want}, rt.waits(), "%d %q", status, value)
			}
			for _, method := range allMethods {
				rt := script(faulty.Text(429, "", "Retry-After: "+value), faulty.Text(429, "", "retry-after: "+value), ok)
				f.do(f.over(rt), method).ok(3)
				assert.Equal(f, []time.Duration{want, want}, rt.waits(), "%s %q", method, value)
			}
		}
	})
	faultInBubble(t, "E2_above_the_ceiling", func(f *faultRow) {
		for value, asked := range map[string]time.Duration{"86400": 24 * time.Hour, "2.1": 2100 * time.Millisecond, "3": 3 * time.Second} {
			for _, method := range []string{http.MethodGet, http.MethodPost} {
				o := f.do(f.over(script(faulty.Text(429, "", "Retry-After: "+value), ok)), method).within(0)
				err := o.api(429, 1)
				require.ErrorIs(f, err, freddy.ErrRateLimited)
				assert.Equal(f, asked, err.RetryAfter)
			}
		}
		err := f.get(f.over(script(faulty.Text(503, "", "Retry-After: 1")))).api(503, 4)
		assert.Equal(f, time.Second, err.RetryAfter, "told after retries, too")
		err = f.get(f.over(script(faulty.Text(429, "", "Retry-After: 1"), ok), freddy.WithMaxRetryAfter(0))).within(0).api(429, 1)
		assert.Equal(f, time.Second, err.RetryAfter)
	})
	faultInBubble(t, "E3_numbers_without_end", func(f *faultRow) {
		const century = 100 * 365 * 24 * time.Hour
		for _, value := range []string{"9223372037", "18446744074", "9223372036854775808", "18446744073709551616", "1e100", "1e400", strings.Repeat("9", 5000)} {
			for _, name := range []string{"Retry-After: ", "Retry-After-Ms: 000000"} {
				if name != "Retry-After: " && len(value) < 19 && value != "1e100" {
					continue // in milliseconds it is no end
				}
				for _, status := range []int{429, 503} {
					err := f.get(f.over(script(faulty.Text(status, "", name+value), ok))).within(0).api(status, 1)
					assert.Greater(f, err.RetryAfter, century, value)
				}
			}
		}
		for _, date := range []string{"Fri, 31 Dec 9999 23:59:59 GMT", "Thu, 01 Jan 2500 00:00:00 GMT"} {
			err := f.get(f.over(script(faulty.Text(503, "", "Retry-After: "+date)))).within(0).api(503, 1)
			assert.Greater(f, err.RetryAfter, century)
		}
	})
	nothing := []string{"0", "0.0", "-0", "Sat, 01 Jan 1999 00:00:00 GMT", "Thu, 01 Jan 1970 00:00:00 GMT", "Mon, 01 Jan 0001 00:00:00 GMT"}
	nonsense := []string{
		"-5", "-0.5", "-1e9", "NaN", "nan", "Inf", "+Inf", "-Inf", "Infinity", "abc", "", "120, 240", "1;2", "1 2", "1s", "PT1S", "0x10", "1_0", "1,5", "٣", "∞", "--1", "1-", "e", ".", "+",
		"Mon, 01 Jan 2001 00:00:00 PST", "Monday, 01-Jan-01 00:00:00 PST", "Mon, 01 Jan 2001 00:00:00 +0100", "Mon, 01 Jan 2001 00:00:00", "2001-01-01T00:00:00Z", "Mon, 32 Jan 2001 00:00:00 GMT",
	}
	for name, values := range map[string][]string{"E4_nothing_to_wait_for": nothing, "E5_nonsense": nonsense} {
		faultInBubble(t, name, func(f *faultRow) {
			for _, value := range values {
				for _, field := range []string{"Retry-After: ", "Retry-After-Ms: "} {
					rt := script(faulty.Text(503, "", field+value))
					err := f.get(f.over(rt)).api(503, 4)
					assert.Zero(f, err.RetryAfter, "%s%q", field, value)
					assert.Len(f, rt.waits(), 3)
					backsOff(f, rt.waits())
				}
			}
		})
	}
	faultInBubble(t, "E7_dates", func(f *faultRow) {
		forms := map[string]func(at time.Time) string{
			"RFC 1123": func(at time.Time) string { return at.Format(http.TimeFormat) },
			"RFC 850":  func(at time.Time) string { return at.Format("Monday, 02-Jan-06 15:04:05 GMT") },
			"asctime":  func(at time.Time) string { return at.Format(time.ANSIC) },
		}
		for name, form := range forms {
			// Against the server's clock, whatever ours says.
			for _, skew := range []time.Duration{0, time.Hour, -time.Hour, 24 * 365 * time.Hour} {
				date := time.Now().UTC().Add(skew).Truncate(time.Second)
				rt := script(faulty.Text(503, "", "Date: "+date.Format(http.TimeFormat), "Retry-After: "+form(date.Add(time.Second))), ok)
				f.get(f.over(rt)).ok(2)
				assert.Equal(f, []time.Duration{time.Second}, rt.waits(), "%s %v", name, skew)
				err := f.get(f.over(script(faulty.Text(429, "", "Date: "+form(date), "Retry-After: "+form(date.Add(time.Hour)))))).api(429, 1)
				assert.Equal(f, time.Hour, err.RetryAfter, "%s %v", name, skew)
			}
			// Without its clock, or with nonsense for one, against ours.
			for _, fields := range [][]string{nil, {"Date: soon"}, {"Date: "}, {"Date: 2000-01-01T00:00:00Z"}, {"Date: Sat, 01 Jan 2000 09:00:00 PST"}} {
				time.Sleep(time.Until(time.Now().Truncate(time.Second).Add(time.Second)))
				rt := script(faulty.Text(503, "", append(fields, "Retry-After: "+form(time.Now().UTC().Add(time.Second)))...), ok)
				f.get(f.over(rt)).ok(2)
				assert.Equal(f, []time.Duration{time.Second}, rt.waits(), "%s %v", name, fields)
			}
		}
	})
	faultInBubble(t, "E9_milliseconds_and_lines", func(f *faultRow) {
		for want, fields := range map[time.Duration][]string{
			250 * time.Millisecond:  {"Retry-After: 5", "retry-after-ms: 250"},
			1500 * time.Millisecond: {"RETRY-AFTER-MS: 1500"},
			500 * time.Microsecond:  {"Retry-After-Ms: 0.5"},
			time.Second:             {"Retry-After-Ms: soon", "Retry-After: 1"},
			2 * time.Second:         {"Retry-After: soon", "Retry-After: 2", "Retry-After: 1"},
			700 * time.Millisecond:  {"Retry-After-Ms: -1", "Retry-After-Ms: 700", "Retry-After-Ms: 100"},
		} {
			rt := script(faulty.Text(429, "", fields...), ok)
			f.get(f.over(rt)).ok(2)
			assert.Equal(f, []time.Duration{want}, rt.waits(), fields)
		}
	})
	faultInBubble(t, "E11_past_the_deadline", func(f *faultRow) {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			ctx, cancel := context.WithTimeout(f.Context(), 100*time.Millisecond)
			err := f.call(ctx, f.over(script(faulty.Text(429, "", "Retry-After: 1"), ok)), method).within(0).api(429, 1)
			require.ErrorIs(f, err, freddy.ErrRateLimited)
			require.NotErrorIs(f, err, context.DeadlineExceeded)
			assert.Equal(f, time.Second, err.RetryAfter)
			cancel()

			ctx, cancel = context.WithTimeout(f.Context(), 1100*time.Millisecond)
			rt := script(faulty.Text(429, "", "Retry-After: 1"), faulty.Text(429, "", "Retry-After: 1"), ok)
			f.call(ctx, f.over(rt), method).within(time.Second).isAPI(429, 2)
			cancel()
		}
		// The usual back-off is not asked for: the deadline ends it.
		ctx, cancel := context.WithTimeout(f.Context(), time.Millisecond)
		defer cancel()
		slow := freddy.WithRetryWait(time.Hour, time.Hour)
		err := f.call(ctx, f.over(script(faulty.Text(503, "", "X-Request-Id: req_e11")), slow), http.MethodGet).within(time.Millisecond).transport(0, 1)
		require.ErrorIs(f, err, context.DeadlineExceeded)
		assert.True(f, err.Timeout())
		var refusal *freddy.APIError
		require.ErrorAs(f, err, &refusal)
		assert.Equal(f, "req_e11", refusal.RequestID)
	})
}

// E: other headers.
func headerRows(t *testing.T) {
	faultInBubble(t, "E12_rate_limits", func(f *faultRow) {
		in2030, reset := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC), time.Now().Add(time.Hour)
		for name, test := range map[string]struct {
			fields []string
			want   *freddy.RateLimit
		}{
			"none":         {nil, nil},
			"words":        {[]string{"X-RateLimit-Limit: soon", "X-RateLimit-Remaining: soon", "X-RateLimit-Reset: soon"}, nil},
			"empty":        {[]string{"X-RateLimit-Limit:", "X-RateLimit-Remaining:", "X-RateLimit-Reset:"}, nil},
			"negative":     {[]string{"X-RateLimit-Limit: -1", "X-RateLimit-Remaining: -1", "X-RateLimit-Reset: -1"}, nil},
			"huge":         {[]string{"X-RateLimit-Limit: 1e30", "X-RateLimit-Remaining: 1e30", "X-RateLimit-Reset: 1e30"}, nil},
			"2^63":         {[]string{"X-RateLimit-Limit: 9223372036854775808", "X-RateLimit-Remaining: 99999999999999999999", "X-RateLimit-Reset: 9223372036854775808"}, nil},
			"not numbers":  {[]string{"X-RateLimit-Limit: NaN", "X-RateLimit-Remaining: Inf", "X-RateLimit-Reset: NaN"}, nil},
			"seconds":      {[]string{"X-RateLimit-Limit: 100", "X-RateLimit-Remaining: 99", fmt.Sprint("X-RateLimit-Reset: ", in2030.Unix())}, &freddy.RateLimit{Limit: 100, Remaining: 99, Reset: in2030}},
			"milliseconds": {[]string{"x-ratelimit-limit: 100", fmt.Sprint("x-ratelimit-reset: ", in2030.UnixMilli())}, &freddy.RateLimit{Limit: 100, Reset: in2030}},
			"delta":        {[]string{"X-RateLimit-Remaining: 0", "X-RateLimit-Reset: 3600"}, &freddy.RateLimit{Reset: reset}},
			"duration":     {[]string{"X-RATELIMIT-REMAINING: 7", "X-RateLimit-Reset: 1h0m0s"}, &freddy.RateLimit{Remaining: 7, Reset: reset}},
			"of requests":  {[]string{"x-ratelimit-limit-requests: 10", "X-RateLimit-Limit: 99", "x-ratelimit-remaining-requests: 9"}, &freddy.RateLimit{Limit: 10, Remaining: 9}},
			"partly":       {[]string{"X-RateLimit-Limit: soon", "X-RateLimit-Remaining: 5"}, &freddy.RateLimit{Remaining: 5}},
		} {
			rt := script(faulty.Text(429, "", test.fields...), faulty.Text(200, faultBody, test.fields...))
			o := f.get(f.over(rt)).ok(2).within(time.Millisecond)
			if test.want != nil && !test.want.Reset.IsZero() {
				require.NotNil(f, o.response.RateLimit, name)
				assert.WithinDuration(f, test.want.Reset, o.response.RateLimit.Reset, time.Second, name)
				o.response.RateLimit.Reset = test.want.Reset
			}
			assert.Equal(f, test.want, o.response.RateLimit, name)
		}
		// What else has a number in it.
		for _, value := range []string{"", "-1", "1e30", "NaN", "Inf", "soon", "9223372036854775808"} {
			o := f.get(f.over(script(faulty.Text(200, faultBody, "Freddy-Processing-Ms: "+value)))).ok(1)
			assert.Zero(f, o.response.ProcessingTime, value)
		}
	})
	fault(t, "E14_headers_without_end", func(f *faultRow) {
		few := faulty.Then(faulty.Flood("HTTP/1.1 200 OK\r\nX-A: ", 9<<20), faulty.Raw("\r\n\r\n"+faultBody))
		var lines strings.Builder
		for i := range 100_000 {
			fmt.Fprintf(&lines, "X-%06d: 0123456789a\r\n", i)
		}
		many := faulty.Raw("HTTP/1.1 200 OK\r\n" + lines.String() + "\r\n" + faultBody)
		same := faulty.Raw("HTTP/1.1 200 OK\r\n" + strings.Repeat("X-Same: 0123456789012\r\n", 100_000) + "\r\n" + faultBody)
		interim := faulty.Then(faulty.Flood("HTTP/1.1 103 Early Hints\r\nX-A: ", 9<<20), faulty.Raw("\r\n\r\n"), faulty.Reply(200, faultBody))
		for name, answer := range map[string]faulty.Handler{"few": few, "many": many, "same": same, "interim": interim} {
			fault(f.T, name, func(f *faultRow) {
				s := f.serve(answer)
				const most = 8 << 20
				extra := int64(most + 1)
				// Again, since a collection counts what is made while it runs.
				for try := 0; try < 5 && extra > most; try++ {
					extra = peakHeap(func() {
						err := f.get(f.client(s.URL())).within(5*time.Second).transport(0, 4)
						assert.False(f, err.Timeout())
					})
				}
				assert.LessOrEqual(f, extra, int64(most))
				f.post(f.client(s.URL())).isTransport(0, 1)
			})
		}
		// Below the limit they are the server's affair.
		s := f.serve(faulty.Reply(200, faultBody, "X-A: "+strings.Repeat("x", 900<<10)))
		f.get(f.client(s.URL())).ok(1)
	})
}

// peakHeap returns how far what the heap holds grows while run runs, without
// the garbage on it.
func peakHeap(run func()) int64 {
	live := func() int64 {
		sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}} // as each collection finds it
		metrics.Read(sample)
		return int64(sample[0].Value.Uint64())
	}
	runtime.GC()
	before, peak := live(), int64(0)
	done := make(chan struct{})
	var sampling sync.WaitGroup
	sampling.Go(func() {
		for tick := time.NewTicker(time.Millisecond); ; {
			select {
			case <-done:
				tick.Stop()
				return
			case <-tick.C:
				peak = max(peak, live())
			}
		}
	})
	run()
	close(done)
	sampling.Wait()
	return peak - before
}

// E: many calls at once, and a server that is out for long.
func budgetRows(t *testing.T) {
	faultInBubble(t, "E15_waits_are_spread", func(f *faultRow) {
		const window = 500 * time.Millisecond // of the default first wait
		var clients sync.WaitGroup
		waits := make([]time.Duration, 100)
		for i := range waits {
			rt := script(faulty.Text(503, ""), faulty.Text(200, faultBody))
			c := f.over(rt, freddy.WithRetryWait(window, 8*time.Second))
			clients.Go(func() {
				if _, err := c.Connectors().Get(f.Context(), "pcon_github"); assert.NoError(f, err) {
					waits[i] = rt.waits()[0]
				}
			})
		}
		clients.Wait()
		assert.GreaterOrEqual(f, slices.Max(waits)-slices.Min(waits), window/2)
		assert.GreaterOrEqual(f, slices.Min(waits), time.Millisecond)
		assert.LessOrEqual(f, slices.Max(waits), window)
	})
	faultInBubble(t, "E15_waits_double", func(f *faultRow) {
		longest := make([]time.Duration, 6)
		for range 100 {
			rt := script(faulty.Text(503, ""))
			f.get(f.over(rt, freddy.WithRetryWait(500*time.Millisecond, 8*time.Second), freddy.WithMaxRetries(6))).isAPI(503, 7)
			for i, wait := range rt.waits() {
				longest[i] = max(longest[i], wait)
			}
		}
		for i, wait := range longest { // the longest of 100 is near the bound
			bound := min(500*time.Millisecond<<i, 8*time.Second)
			assert.LessOrEqual(f, wait, bound)
			assert.Greater(f, wait, bound*3/4)
		}
	})
	faultInBubble(t, "E16_budget", func(f *faultRow) {
		const calls, retries = 200, 500 / 5
		down := slices.Repeat([]string{faulty.Text(503, "", "X-Request-Id: req_e16")}, calls+retries)
		rt := script(append(down, faulty.Text(200, faultBody))...)
		c := f.over(rt)
		for i := range calls {
			o := f.get(c)
			require.ErrorIs(f, o.err, freddy.ErrServer)
			o.isAPI(503, min(4, max(1, retries-3*i+1)))
		}
		assert.Len(f, rt.at, calls+retries)
		// Five successes pay for one retry.
		for range 5 {
			f.get(c).ok(1)
		}
		rt.responses = []string{faulty.Text(503, "")}
		f.get(c).isAPI(503, 2)
		f.get(c).isAPI(503, 1)
	})
}
