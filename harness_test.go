package freddy_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/internal/faulty"
)

// TestMain also requires that the package writes nothing to stderr or to a
// default logger and leaves no goroutine.
func TestMain(m *testing.M) {
	debug.SetGCPercent(gcPercent)
	os.Exit(faulty.Main(m.Run))
}

// gcPercent is GOGC of tests. Most of them allocate much and keep little.
const gcPercent = 400

// testKey is the API key of every client.
const testKey = "test-key-example-3f9c2b7a"

const (
	// connectorBody is a success for every call of a row.
	connectorBody = `{"id":"pcon_github","object":"personal_connector"}`
	// anyBody is a success for Get and for List.
	anyBody = `{"id":"pcon_github","data":[]}`
)

// The paths of the calls that T.call makes.
const (
	connectorPath      = "/personal-connectors/pcon_github"
	configurationsPath = "/personal-connectors/configurations"
	configurationPath  = "/personal-connectors/configurations/pconf_1"
)

const (
	// backoffs is the longest that a call of four attempts waits in total.
	backoffs = (1 + 2 + 4) * time.Millisecond

	// patience bounds a call over TCP. It is a factor of ten above what the
	// slowest row takes on an idle machine, so that a busy machine fails no
	// test, and below the 5 s of an attempt, so that an attempt that hangs does.
	// Exact times are asserted in bubbles.
	patience = 4 * time.Second
)

// The methods by whether they are idempotent (RFC 9110, section 9.2.2).
var (
	idempotent    = []string{http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPut, http.MethodDelete}
	notIdempotent = []string{http.MethodPost, http.MethodPatch}
	allMethods    = slices.Concat(idempotent, notIdempotent)
)

// reads reports whether a method only reads (RFC 9110, section 9.2.1), so that its
// calls are never ambiguous.
func reads(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// errTest stands for the errors of caller-supplied functions.
var errTest = errors.New("on purpose")

// A T is one row: a test whose servers and clients are closed and checked at its
// end. Rows are named after the fault matrix, testdata/faults.md.
type T struct {
	*testing.T
	checks  *faulty.Checks
	network *faulty.Network // nil: TCP
}

// run runs a row over TCP, in parallel with others. At its end the client must
// have closed all connections.
func run(t *testing.T, name string, row func(t *T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		row(&T{t, faulty.NewChecks(t), nil})
	})
}

// runAlone is run for rows that measure the whole process, such as its heap. The
// goroutines that run at the end must be those that ran at the start.
func runAlone(t *testing.T, name string, row func(t *T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		checks := faulty.NewChecks(t)
		checks.Goroutines()
		row(&T{t, checks, nil})
	})
}

// runInBubble is run for rows that need no TCP. Servers are in memory, time is
// that of a testing/synctest bubble, and no goroutine may be left.
func runInBubble(t *testing.T, name string, row func(t *T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) { row(&T{t, faulty.NewChecks(t), new(faulty.Network)}) })
	})
}

// run runs a part of a row over TCP.
func (t *T) run(name string, part func(t *T)) {
	t.Helper()
	t.Run(name, func(inner *testing.T) { part(&T{inner, faulty.NewChecks(inner), nil}) })
}

// serve starts a server.
func (t *T) serve(handlers ...faulty.Handler) *faulty.Server {
	t.Helper()
	if t.network != nil {
		return t.checks.Server(t.network.Serve(t, handlers...))
	}
	return t.checks.Server(faulty.Serve(t, handlers...))
}

// serveTLS is serve over TLS. T.transport trusts a nil config.
func (t *T) serveTLS(config *tls.Config, handlers ...faulty.Handler) *faulty.Server {
	t.Helper()
	if t.network != nil {
		return t.checks.Server(t.network.ServeTLS(t, config, handlers...))
	}
	return t.checks.Server(faulty.ServeTLS(t, config, handlers...))
}

// serveHandshakeStall starts a server whose TLS handshake never finishes.
func (t *T) serveHandshakeStall() *faulty.Server {
	t.Helper()
	if t.network != nil {
		return t.checks.Server(t.network.ServeHandshakeStall(t))
	}
	return t.checks.Server(faulty.ServeHandshakeStall(t))
}

// untouched starts a server that no client may connect to.
func (t *T) untouched() *faulty.Server {
	t.Helper()
	s := t.serve(faulty.Reply(http.StatusOK, connectorBody))
	t.Cleanup(func() { assert.Zero(t, s.Accepted(), "nothing is sent") })
	return s
}

// client returns a client for an origin with the configuration of the fault
// matrix, except that an attempt may take 5 s. opts override it.
func (t *T) client(origin string, opts ...freddy.Option) *freddy.Client {
	t.Helper()
	defaults := []freddy.Option{
		freddy.WithBaseURL(origin + "/v1"),
		freddy.WithMaxRetries(3),
		freddy.WithRetryBackoff(time.Millisecond, 8*time.Millisecond),
		freddy.WithAttemptTimeout(5 * time.Second),
		freddy.WithMaxRetryAfter(2 * time.Second),
		freddy.WithMaxResponseBytes(1 << 20),
	}
	return t.newClient(testKey, append(defaults, opts...)...)
}

// newClient returns a client that has only the options. In a bubble it reaches
// the servers in memory.
func (t *T) newClient(key string, opts ...freddy.Option) *freddy.Client {
	t.Helper()
	if t.network != nil {
		opts = append([]freddy.Option{t.withTransport()}, opts...)
	}
	client, err := freddy.NewClient(key, opts...)
	require.NoError(t, err)
	t.checks.CloseIdle(client.CloseIdleConnections)
	return client
}

// transport returns a transport that reaches the servers of the row, trusts their
// certificates and limits headers as the default one does.
func (t *T) transport() *http.Transport {
	transport := &http.Transport{
		TLSClientConfig:        &tls.Config{RootCAs: faulty.RootCAs()},
		MaxResponseHeaderBytes: 1 << 20,
	}
	transport.DialContext = t.dial
	t.checks.CloseIdle(transport.CloseIdleConnections)
	return transport
}

// dial connects to a server of the row.
func (t *T) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if t.network != nil {
		return t.network.DialContext(ctx, network, address)
	}
	return new(net.Dialer).DialContext(ctx, network, address)
}

// withTransport is the option of a client that uses T.transport.
func (t *T) withTransport() freddy.Option { return withTransport(t.transport()) }

// withTransport is the option of a client whose attempts go to rt.
func withTransport(rt http.RoundTripper) freddy.Option {
	return freddy.WithHTTPClient(&http.Client{Transport: rt})
}

// over returns a client whose attempts go to rt. It must close every body that rt
// returns.
func (t *T) over(rt http.RoundTripper, opts ...freddy.Option) *freddy.Client {
	t.Helper()
	var mu sync.Mutex
	open := 0
	t.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		assert.Zero(t, open, "bodies left open")
	})
	counting := roundTrip(func(req *http.Request) (*http.Response, error) {
		response, err := rt.RoundTrip(req)
		if response != nil && response.Body != nil && response.Body != http.NoBody {
			mu.Lock()
			open++
			mu.Unlock()
			response.Body = &closer{Reader: response.Body, close: sync.OnceFunc(func() {
				mu.Lock()
				open--
				mu.Unlock()
			}), inner: response.Body}
		}
		return response, err
	})
	return t.client("http://127.0.0.1", append(opts, withTransport(counting))...)
}

// A closer is a body that calls close when it is closed.
type closer struct {
	io.Reader
	close func()
	inner io.Closer // may be nil
}

func (c *closer) Close() error {
	c.close()
	if c.inner != nil {
		return c.inner.Close()
	}
	return nil
}

// roundTrip is an http.RoundTripper.
type roundTrip func(req *http.Request) (*http.Response, error)

func (r roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return r(req) }

// A scripted RoundTripper gives the first response to the first attempt, and so
// on. The last one repeats. Responses are as on the wire.
type scripted struct {
	responses []string

	mu sync.Mutex
	at []time.Time // of each attempt
}

func script(responses ...string) *scripted { return &scripted{responses: responses} }

func (s *scripted) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		io.Copy(io.Discard, req.Body)
		req.Body.Close()
	}
	s.mu.Lock()
	s.at = append(s.at, time.Now())
	text := s.responses[min(len(s.at), len(s.responses))-1]
	s.mu.Unlock()
	return http.ReadResponse(bufio.NewReader(strings.NewReader(text)), req)
}

// waits returns the times between the attempts.
func (s *scripted) waits() []time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	var waits []time.Duration
	for i := 1; i < len(s.at); i++ {
		waits = append(waits, s.at[i].Sub(s.at[i-1]))
	}
	return waits
}

// An outcome is how a call ended.
type outcome struct {
	t            *T
	method, path string
	err          error
	response     freddy.Response // of WithResponse
	took         time.Duration
}

func (t *T) get(client *freddy.Client, opts ...freddy.CallOption) *outcome {
	t.Helper()
	return t.call(t.Context(), client, http.MethodGet, opts...)
}

// post creates a configuration.
func (t *T) post(client *freddy.Client, opts ...freddy.CallOption) *outcome {
	t.Helper()
	return t.call(t.Context(), client, http.MethodPost, opts...)
}

// do makes a call by any method in the row's context.
func (t *T) do(client *freddy.Client, method string, opts ...freddy.CallOption) *outcome {
	t.Helper()
	return t.call(t.Context(), client, method, opts...)
}

// call makes a call: GET through the service, other methods through Do, which
// expect a value except for HEAD and DELETE. A success must have the value of
// connectorBody.
func (t *T) call(ctx context.Context, client *freddy.Client, method string, opts ...freddy.CallOption) *outcome {
	t.Helper()
	o := &outcome{t: t, method: method, path: configurationPath}
	o.response = freddy.Response{StatusCode: -1, RequestID: "stale", Attempts: -1} // to be overwritten
	opts = append(opts, freddy.WithResponse(&o.response))
	var in, out any
	var value struct{ ID string }
	switch method {
	case http.MethodGet, http.MethodOptions:
		o.path, out = connectorPath, &value
	case http.MethodHead:
		o.path = connectorPath
	case http.MethodPost:
		o.path, in, out = configurationsPath, map[string]string{"name": "Work"}, &value
	case http.MethodPut, http.MethodPatch:
		in, out = map[string]string{"name": "Work"}, &value
	}
	start := time.Now()
	if method == http.MethodGet {
		var connector *freddy.Connector
		connector, o.err = client.Connectors().Get(ctx, "pcon_github", opts...)
		if o.err == nil {
			require.NotNil(t, connector)
			value.ID = connector.ID
		} else {
			assert.Nil(t, connector)
		}
	} else {
		o.err = client.Do(ctx, method, o.path, in, out, opts...)
	}
	o.took = time.Since(start)
	if o.err == nil && out != nil {
		require.Equal(t, "pcon_github", value.ID, "a success has its value")
	}
	o.settle(ctx)
	return o
}

// body makes a call that must succeed and returns the body of the response.
func (t *T) body(client *freddy.Client, method string) string {
	t.Helper()
	var raw json.RawMessage
	require.NoError(t, client.Do(t.Context(), method, connectorPath, nil, &raw))
	return string(raw)
}

// settle requires what holds of every outcome.
func (o *outcome) settle(ctx context.Context) {
	t := o.t
	t.Helper()
	if t.network == nil {
		assert.LessOrEqual(t, o.took, patience)
	}
	shown := o.err
	if apiErr, ok := o.err.(*freddy.APIError); ok { //nolint:errorlint // see below
		apiErr := *apiErr
		apiErr.Body = o.short(apiErr.Body)
		shown = &apiErr
	}
	faulty.NoSecret(t, testKey, shown, o.response)
	require.NotEqual(t, -1, o.response.StatusCode, "WithResponse overwrites")
	assert.NotEqual(t, "stale", o.response.RequestID)
	if o.err == nil {
		return
	}
	text := o.err.Error()
	assert.True(t, strings.HasPrefix(text, "freddy: "+o.method+" /v1"+o.path), text)
	t.fitForLog(text)
	for _, ended := range []error{context.Canceled, context.DeadlineExceeded} {
		deadline, ok := ctx.Deadline()
		if ended == context.DeadlineExceeded && ok && !time.Now().Before(deadline) { //nolint:errorlint // one of the two
			continue // ctx.Err may still be nil
		}
		if !errors.Is(ctx.Err(), ended) {
			require.NotErrorIs(t, o.err, ended, "only the caller's context ends a call like this")
		}
	}
	switch err := o.err.(type) { //nolint:errorlint // the type itself, as in a caller's type switch
	case *freddy.TransportError:
		o.agree(err.Method, err.Path, err.Attempts)
		require.Error(t, err.Err)
		if cause := err.Err.Error(); len(cause) < 200 && !strings.ContainsFunc(cause, unprintable) {
			assert.True(t, strings.HasSuffix(text, cause), "%q ends with the cause", text)
		}
		if err.StatusCode != 0 {
			assert.Equal(t, err.StatusCode, o.response.StatusCode)
			assert.Equal(t, err.RequestID, o.response.RequestID)
		}
	case *freddy.APIError:
		o.agree(err.Method, err.Path, err.Attempts)
		assert.Equal(t, err.StatusCode, o.response.StatusCode)
		assert.Equal(t, err.Header, o.response.Header)
		assert.LessOrEqual(t, len(err.Body), 64<<10)
		assert.GreaterOrEqual(t, err.RetryAfter, time.Duration(0))
	case *freddy.DecodeError:
		o.agree(err.Method, err.Path, err.Attempts)
		assert.Equal(t, err.StatusCode, o.response.StatusCode)
		assert.Equal(t, 2, err.StatusCode/100)
		assert.LessOrEqual(t, len(err.Snippet), 200)
	default:
		require.Fail(t, "unexpected type", "%T: %v", err, err)
	}
}

// short returns a body for faulty.NoSecret, which takes seconds for a megabyte.
// It searches a longer body for the plain key itself.
func (o *outcome) short(body []byte) []byte {
	o.t.Helper()
	if len(body) < 4<<10 {
		return body
	}
	assert.False(o.t, bytes.Contains(body, []byte(testKey)), "the key is in a body")
	return nil
}

func (o *outcome) agree(method, path string, attempts int) {
	o.t.Helper()
	assert.Equal(o.t, o.method, method)
	assert.Equal(o.t, "/v1"+o.path, path)
	assert.Equal(o.t, o.response.Attempts, attempts)
}

// ok requires a success after so many attempts.
func (o *outcome) ok(attempts int) *outcome {
	o.t.Helper()
	require.NoError(o.t, o.err)
	require.Equal(o.t, attempts, o.response.Attempts, "attempts")
	return o
}

// api requires an *APIError with the status after so many attempts.
func (o *outcome) api(status, attempts int) *freddy.APIError {
	o.t.Helper()
	return outcomeError[*freddy.APIError](o, status, attempts)
}

// decode requires a *DecodeError with the status after one attempt.
func (o *outcome) decode(status int) *freddy.DecodeError {
	o.t.Helper()
	return outcomeError[*freddy.DecodeError](o, status, 1)
}

// transport requires a *TransportError after so many attempts. The status is
// that of an incomplete response, or 0.
func (o *outcome) transport(status, attempts int) *freddy.TransportError {
	o.t.Helper()
	err := outcomeError[*freddy.TransportError](o, o.response.StatusCode, attempts)
	require.Equal(o.t, status, err.StatusCode, "status of the incomplete response")
	return err
}

// isAPI, isDecode and isTransport require no more of the error.
func (o *outcome) isAPI(status, attempts int) {
	o.t.Helper()
	_ = o.api(status, attempts)
}

func (o *outcome) isDecode(status int) {
	o.t.Helper()
	_ = o.decode(status)
}

func (o *outcome) isTransport(status, attempts int) {
	o.t.Helper()
	_ = o.transport(status, attempts)
}

func outcomeError[E error](o *outcome, status, attempts int) E {
	o.t.Helper()
	err, ok := o.err.(E) //nolint:errorlint // the type itself, see settle
	require.True(o.t, ok, "want %T, have %T: %v", err, o.err, o.err)
	require.Equal(o.t, status, o.response.StatusCode, "status")
	require.Equal(o.t, attempts, o.response.Attempts, "attempts")
	return err
}

// within requires that the call took no longer. It is for bubbles.
func (o *outcome) within(limit time.Duration) *outcome {
	o.t.Helper()
	require.NotNil(o.t, o.t.network, "times are exact in bubbles only")
	assert.LessOrEqual(o.t, o.took, limit)
	return o
}

// argument requires an *ArgumentError that names the argument.
func (t *T) argument(err error, argument string) {
	t.Helper()
	invalid, ok := err.(*freddy.ArgumentError) //nolint:errorlint // the type itself
	require.True(t, ok, "want *ArgumentError, have %T: %v", err, err)
	assert.Equal(t, argument, invalid.Argument)
	assert.NotEmpty(t, invalid.Reason)
	require.ErrorIs(t, err, freddy.ErrInvalidArgument)
	assert.True(t, strings.HasPrefix(err.Error(), "freddy: "+argument+" "), err.Error())
	t.fitForLog(err.Error())
	faulty.NoSecret(t, testKey, err)
}

// fitForLog requires of an error's text what doc.go promises.
func (t *T) fitForLog(text string) {
	t.Helper()
	assert.LessOrEqual(t, len(text), 1024)
	assert.False(t, strings.ContainsFunc(text, unprintable), "%q", text)
}

func unprintable(r rune) bool { return !unicode.IsPrint(r) || r == unicode.ReplacementChar }

// allocated returns the bytes that all goroutines allocate while run runs.
func allocated(run func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	run()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// server serves under a path prefix, so that a path without the base URL's is
// not found. It returns the base URL.
func server(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(http.StripPrefix("/prefix/v1", handler))
	t.Cleanup(s.Close)
	return s.URL + "/prefix/v1"
}

// newClient returns a client that retries without waiting.
func newClient(t *testing.T, baseURL string, opts ...freddy.Option) *freddy.Client {
	t.Helper()
	opts = append([]freddy.Option{freddy.WithBaseURL(baseURL), freddy.WithRetryBackoff(0, 0)}, opts...)
	client, err := freddy.NewClient(testKey, opts...)
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)
	return client
}

func reply(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }
}

// received is a request as a server received it.
type received struct {
	Method, URI, Body, ContentType string
}

// recorder returns a client of a server that sends the same response to every
// request, and the last request.
func recorder(t *testing.T, status int, body string) (*freddy.Client, *received) {
	t.Helper()
	last := new(received)
	return newClient(t, server(t, func(w http.ResponseWriter, r *http.Request) {
		data, _ := io.ReadAll(r.Body)
		*last = received{r.Method, r.URL.RequestURI(), string(data), r.Header.Get("Content-Type")}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})), last
}

// fixture returns a file of testdata.
func fixture(tb testing.TB, name string) []byte {
	tb.Helper()
	body, err := os.ReadFile("testdata/" + name)
	require.NoError(tb, err)
	return body
}

// listBody is a list of the connectors pcon_FROM to pcon_TO-1, with more members
// after the list.
func listBody(from, to int, members string) string {
	var items []string
	for _, id := range connectorIDs(from, to) {
		items = append(items, fmt.Sprintf(`{"id":%q}`, id))
	}
	return `{"object":"list","data":[` + strings.Join(items, ",") + `]` + members + `}`
}

func connectorIDs(from, to int) []string {
	var ids []string
	for i := from; i < to; i++ {
		ids = append(ids, fmt.Sprintf("pcon_%d", i))
	}
	return ids
}

// second returns the error of a call.
func second[T any](_ T, err error) error { return err }
