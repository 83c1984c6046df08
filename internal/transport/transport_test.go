package transport_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go/internal/transport"
)

// script responds to attempt n with its step n, and after the last step with that
// again. It records when each attempt came.
type script struct {
	steps []step
	count atomic.Int64
	times []time.Time
	seen  []*http.Request
}

type step struct {
	status int
	header http.Header
	body   io.Reader
	err    error
}

func (s *script) RoundTrip(req *http.Request) (*http.Response, error) {
	n := int(s.count.Add(1))
	s.times, s.seen = append(s.times, time.Now()), append(s.seen, req)
	if req.Body != nil {
		_, _ = io.Copy(io.Discard, req.Body)
		_ = req.Body.Close()
	}
	step := s.steps[min(n, len(s.steps))-1]
	if step.err != nil {
		return nil, step.err
	}
	if step.header == nil {
		step.header = http.Header{}
	}
	if step.body == nil {
		step.body = strings.NewReader("{}")
	}
	return &http.Response{StatusCode: step.status, Header: step.header, Body: io.NopCloser(step.body), ContentLength: -1}, nil
}

func (s *script) waits() []time.Duration {
	var waits []time.Duration
	for i := 1; i < len(s.times); i++ {
		waits = append(waits, s.times[i].Sub(s.times[i-1]))
	}
	return waits
}

func statuses(codes ...int) *script {
	s := &script{}
	for _, code := range codes {
		s.steps = append(s.steps, step{status: code})
	}
	return s
}

func contextEnded(r transport.Result) bool {
	return r.Failure != nil && r.Failure.Kind == transport.Context
}

// longest draws the upper end of every delay.
func longest(n int64) int64 { return n - 1 }

func config(rt http.RoundTripper) transport.Config {
	return transport.Config{
		Client: &http.Client{Transport: rt}, Scheme: "https", Host: "api.example.com",
		BaseDelay: transport.BaseDelay, MaxDelay: transport.MaxDelay, MaxRetryAfter: transport.MaxRetryAfter,
		MaxResponseBytes: 1 << 20, AttemptTimeout: transport.AttemptTimeout, Random: longest,
	}
}

func request(method string) *transport.Request {
	return &transport.Request{
		Method: method, URL: &url.URL{Scheme: "https", Host: "api.example.com", Path: "/v1/x"}, Route: "/x",
		Header:     http.Header{"Accept": {"application/json"}},
		Credential: func() (string, string) { return "Authorization", "Bearer example-key" },
		Budget:     transport.NewBudget(),
		Idempotent: method != http.MethodPost && method != http.MethodPatch,
		MaxRetries: transport.MaxRetries, Timeout: transport.AttemptTimeout,
	}
}

// A pooled call keeps neither the credential nor the body of the last one.
func TestPoolKeepsNothing(t *testing.T) {
	held := func(status int) (credential weak.Pointer[[64]byte], body weak.Pointer[byte]) {
		server, secret, data := statuses(status), new([64]byte), make([]byte, 1<<10)
		r := request(http.MethodPut)
		r.Credential = func() (string, string) { return "Authorization", "Bearer example-key" + string(secret[:0]) }
		r.Body, r.MaxRetries = data, 0
		transport.New(config(server)).Do(t.Context(), r)
		return weak.Make(secret), weak.Make(&data[0])
	}
	for _, status := range []int{200, 404, 503} {
		credential, body := held(status)
		runtime.GC() // one collection leaves what lies in pools
		assert.Nil(t, credential.Value(), status)
		assert.Nil(t, body.Value(), status)
	}
}

// The waits double from 500 ms, and are no longer than 8 s.
func TestWaits(t *testing.T) {
	for _, row := range []struct {
		name    string
		change  func(*transport.Config)
		retries int
		want    []time.Duration
	}{
		{"upper end", func(*transport.Config) {}, 7, []time.Duration{
			500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 8 * time.Second, 8 * time.Second,
		}},
		{"lower end", func(c *transport.Config) { c.Random = func(int64) int64 { return 0 } }, 3, []time.Duration{
			time.Millisecond, time.Millisecond, time.Millisecond,
		}},
		{"bound below 1 ms", func(c *transport.Config) { c.BaseDelay, c.MaxDelay = time.Microsecond, 2*time.Microsecond }, 3, []time.Duration{
			time.Microsecond, 2 * time.Microsecond, 2 * time.Microsecond,
		}},
		{"no wait", func(c *transport.Config) { c.BaseDelay, c.MaxDelay = 0, 0 }, 2, []time.Duration{0, 0}},
		{"saturates", func(c *transport.Config) { c.BaseDelay, c.MaxDelay = 1<<60, 1<<61 }, 3, []time.Duration{1 << 60, 1 << 61, 1 << 61}},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := statuses(http.StatusServiceUnavailable)
				c := config(server)
				row.change(&c)
				r := request(http.MethodGet)
				r.MaxRetries = row.retries
				result := transport.New(c).Do(t.Context(), r)
				assert.Equal(t, row.retries+1, result.Number)
				assert.Equal(t, row.want, server.waits())
			})
		})
	}
}

// Full jitter: the waits of many clients fill their window evenly.
func TestJitter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var quarters [4]int
		for range 400 {
			server := statuses(http.StatusServiceUnavailable, http.StatusOK)
			c := config(server)
			c.Random = nil
			transport.New(c).Do(t.Context(), request(http.MethodGet))
			wait := server.waits()[0]
			require.True(t, wait >= time.Millisecond && wait <= transport.BaseDelay, wait)
			quarters[min(3, 4*wait/transport.BaseDelay)]++
		}
		for _, n := range quarters {
			assert.Greater(t, n, 50)
		}
	})
}

func TestRetryTable(t *testing.T) {
	methods := []string{http.MethodGet, http.MethodPut, http.MethodDelete, http.MethodPost, http.MethodPatch}
	for _, row := range []struct {
		step       step
		idempotent int // attempts of GET, PUT, DELETE
		other      int // attempts of POST, PATCH
	}{
		{step{status: 400}, 1, 1},
		{step{status: 401}, 1, 1},
		{step{status: 404}, 1, 1},
		{step{status: 407}, 1, 1},
		{step{status: 408}, 4, 1},
		{step{status: 409}, 1, 1},
		{step{status: 421}, 1, 1},
		{step{status: 425}, 1, 1},
		{step{status: 429}, 4, 4},
		{step{status: 500}, 4, 1},
		{step{status: 501}, 1, 1},
		{step{status: 502}, 4, 1},
		{step{status: 503}, 4, 1},
		{step{status: 504}, 4, 1},
		{step{status: 505}, 1, 1},
		{step{status: 507}, 4, 1},
		{step{status: 511}, 1, 1},
		{step{status: 520}, 4, 1},
		{step{status: 599}, 4, 1},
		{step{status: 600}, 1, 1},
		{step{status: 999}, 1, 1},
		{step{status: 301, header: http.Header{"Location": {"https://api.example.com/v1/y"}}}, 1, 1},
		{step{status: 307, header: http.Header{"Location": {"http://[bad"}}}, 1, 1},
		{step{status: 304}, 1, 1},
		{step{err: io.ErrUnexpectedEOF}, 4, 1},
		{step{err: &net.OpError{Op: "read", Err: os.NewSyscallError("read", syscall.ECONNRESET)}}, 4, 1},
		{step{err: &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}}, 4, 4},
		{step{err: &net.OpError{Op: "proxyconnect", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}}, 4, 4},
		{step{err: &net.OpError{Op: "dial", Err: &net.DNSError{IsNotFound: true}}}, 1, 1},
		{step{err: &net.OpError{Op: "dial", Err: &net.DNSError{IsTemporary: true}}}, 4, 4},
		{step{err: errors.New("Proxy Authentication Required")}, 1, 1},
		{step{err: http.ErrSchemeMismatch}, 1, 1},
		{step{err: &net.OpError{Op: "remote error", Err: errors.New("tls: bad certificate")}}, 1, 1},
		{step{err: &net.OpError{Op: "remote error", Err: errors.New("tls: internal error")}}, 4, 1},
		{step{status: 200, body: io.MultiReader(strings.NewReader("{"), broken{})}, 4, 1},
		{step{status: 200, header: http.Header{"Content-Encoding": {"gzip"}}, body: repeated("no gzip at all")}, 4, 1},
		{step{status: 200, header: http.Header{"Content-Encoding": {"br"}}}, 1, 1},
		{step{status: 200, body: io.LimitReader(endless{}, 2<<20)}, 1, 1},
		{step{status: 200}, 1, 1},
	} {
		for _, method := range methods {
			synctest.Test(t, func(t *testing.T) {
				want := row.other
				if method != http.MethodPost && method != http.MethodPatch {
					want = row.idempotent
				}
				server := &script{steps: []step{row.step}}
				result := transport.New(config(server)).Do(t.Context(), request(method))
				assert.Equal(t, want, result.Number, "%s %+v", method, row.step)
				assert.Equal(t, int64(want), server.count.Load())
			})
		}
	}
}

// repeated is a body that every attempt can read.
type repeated string

func (r repeated) Read(p []byte) (int, error) { return copy(p, r), nil }

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

// with returns a GET request that draws on a budget.
func with(budget *transport.Budget) *transport.Request {
	r := request(http.MethodGet)
	r.Budget = budget
	return r
}

func TestBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := statuses(http.StatusServiceUnavailable)
		tr, budget := transport.New(config(server)), transport.NewBudget()
		exhausted := 0
		for range 200 {
			result := tr.Do(t.Context(), with(budget))
			assert.Equal(t, http.StatusServiceUnavailable, result.Response.StatusCode)
			if result.Decision == transport.BudgetExhausted {
				exhausted++
			}
		}
		assert.Equal(t, int64(200+transport.BudgetTokens/transport.RetryCost), server.count.Load())
		assert.Positive(t, exhausted)

		// Five responses pay for one retry: successes, and rejections by the API itself.
		for _, status := range []int{http.StatusOK, http.StatusNotFound} {
			server.steps = []step{{status: status}}
			for range 2 * transport.RetryCost {
				tr.Do(t.Context(), with(budget))
			}
			server.steps = []step{{status: http.StatusServiceUnavailable}}
			assert.Equal(t, 3, tr.Do(t.Context(), with(budget)).Number)
			assert.Equal(t, 1, tr.Do(t.Context(), with(budget)).Number)
		}

		// A 429 gives nothing back, and costs nothing if it says when to come back.
		server.steps = []step{{status: http.StatusTooManyRequests}}
		for range transport.RetryCost {
			assert.Equal(t, 1, tr.Do(t.Context(), with(budget)).Number)
		}
		server.steps = []step{{status: http.StatusTooManyRequests, header: http.Header{"Retry-After": {"1"}}}}
		assert.Equal(t, transport.MaxRetries+1, tr.Do(t.Context(), with(budget)).Number)
	})
}

func TestBudgetIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := statuses(http.StatusOK)
		tr, budget := transport.New(config(server)), transport.NewBudget()
		for range 2 * transport.BudgetTokens {
			tr.Do(t.Context(), with(budget))
		}
		server.steps = []step{{status: http.StatusServiceUnavailable}}
		server.count.Store(0)
		for range 200 {
			tr.Do(t.Context(), with(budget))
		}
		assert.Equal(t, int64(200+transport.BudgetTokens/transport.RetryCost), server.count.Load())
	})
}

// One client's empty budget does not stop another's retries; the shared budget
// limits those of all.
func TestSharedBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := statuses(http.StatusServiceUnavailable)
		tr, first := transport.New(config(server)), transport.NewBudget()
		const clients = 3 * transport.SharedBudgetFactor
		for range clients {
			budget := first.Sibling()
			for range 40 {
				tr.Do(t.Context(), with(budget))
			}
		}
		retries := server.count.Load() - clients*40
		assert.Equal(t, int64(transport.SharedBudgetFactor*transport.BudgetTokens/transport.RetryCost), retries)
	})
}

func TestRetryAfterIsWaited(t *testing.T) {
	retryAfter := func(value string) step {
		return step{status: http.StatusTooManyRequests, header: http.Header{"Retry-After": {value}}}
	}
	for _, row := range []struct {
		value    string
		deadline time.Duration
		attempts int
		wait     time.Duration
	}{
		{"1", 0, 2, time.Second},
		{"60", 0, 2, time.Minute},
		{"60.001", 0, 1, 0},
		{"86400", 0, 1, 0},
		{"0", 0, 2, transport.BaseDelay},
		{"2", 3 * time.Second, 2, 2 * time.Second},
		{"3", 2 * time.Second, 1, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx := t.Context()
			if row.deadline > 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, row.deadline)
				defer cancel()
			}
			start := time.Now()
			server := &script{steps: []step{retryAfter(row.value), {status: http.StatusOK}}}
			result := transport.New(config(server)).Do(ctx, request(http.MethodPost))
			assert.Equal(t, row.attempts, result.Number, row.value)
			extra := min(row.wait/10, transport.MaxRetryExtra)
			if row.value == "0" { // the usual backoff
				extra = 0
			}
			assert.Equal(t, row.wait+extra, time.Since(start), row.value)
			assert.False(t, contextEnded(result))
		})
	}
}

// Each attempt has its own time; the call has the caller's.
func TestTimeLimits(t *testing.T) {
	for _, row := range []struct {
		name          string
		limit, client time.Duration
		deadline      time.Duration
		attempts      int
		took          time.Duration
		ended         bool
	}{
		{"attempts", time.Second, 0, 0, 3, 3 * time.Second, false},
		{"the given client's, if shorter", time.Second, 100 * time.Millisecond, 0, 3, 300 * time.Millisecond, false},
		{"the given client's, if longer", time.Second, time.Hour, 0, 3, 3 * time.Second, false},
		{"the caller's", time.Second, 0, 1500 * time.Millisecond, 2, 1500 * time.Millisecond, true},
		{"the caller's, before the first ends", time.Minute, 0, time.Second, 1, time.Second, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx := t.Context()
				if row.deadline > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, row.deadline)
					defer cancel()
				}
				c := config(silent{})
				c.Client.Timeout = row.client
				c.BaseDelay, c.MaxDelay = 0, 0
				r := request(http.MethodPut)
				r.Timeout, r.MaxRetries = row.limit, 2
				start := time.Now()
				result := transport.New(c).Do(ctx, r)
				assert.Equal(t, row.took, time.Since(start))
				assert.Equal(t, row.attempts, result.Number)
				assert.Equal(t, row.ended, contextEnded(result))
				var limit *transport.TimeoutError
				assert.Equal(t, !row.ended, result.Failure != nil && errors.As(result.Failure.Err, &limit))
				assert.True(t, result.Ambiguous)
			})
		})
	}
}

type silent struct{}

func (silent) RoundTrip(req *http.Request) (*http.Response, error) {
	<-req.Context().Done()
	return nil, req.Context().Err()
}

func TestContextEndsInADelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(50*time.Millisecond, cancel)
		start := time.Now()
		result := transport.New(config(statuses(http.StatusServiceUnavailable))).Do(ctx, request(http.MethodGet))
		assert.Equal(t, 50*time.Millisecond, time.Since(start))
		assert.True(t, contextEnded(result))
		assert.Equal(t, transport.Canceled, result.Decision)
		assert.Equal(t, 1, result.Number)
		assert.Zero(t, result.Response.StatusCode)
		assert.Equal(t, http.StatusServiceUnavailable, result.Previous.StatusCode)
	})
}

func TestContextEndedBefore(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	server := statuses(http.StatusOK)
	result := transport.New(config(server)).Do(ctx, request(http.MethodGet))
	assert.True(t, contextEnded(result))
	assert.Zero(t, result.Number)
	assert.False(t, result.Ambiguous)
	assert.Zero(t, server.count.Load())
}

// Whether a connection was had decides whether a POST may be sent again.
func TestProofThatNothingWasSent(t *testing.T) {
	for name, row := range map[string]struct {
		asked, got bool
		attempts   int
	}{
		"no connection was had":          {true, false, 4},
		"a connection was had":           {true, true, 1},
		"the RoundTripper does not tell": {false, false, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rt := roundTrip(func(req *http.Request) (*http.Response, error) {
					trace := httptrace.ContextClientTrace(req.Context())
					if row.asked {
						trace.GetConn("api.example.com:443")
					}
					if row.got {
						trace.GotConn(httptrace.GotConnInfo{})
					}
					return nil, errors.New("something")
				})
				result := transport.New(config(rt)).Do(t.Context(), request(http.MethodPost))
				assert.Equal(t, row.attempts, result.Number)
				assert.Equal(t, row.attempts == 1, result.Ambiguous)
			})
		})
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// An attempt that may have been processed is remembered; that of the last attempt
// counts only without a complete response.
func TestAmbiguous(t *testing.T) {
	refused := step{err: &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}}
	for _, row := range []struct {
		name      string
		steps     []step
		ambiguous bool
	}{
		{"first attempt", []step{{status: 404}}, false},
		{"after a lost response", []step{{err: io.EOF}, {status: 404}}, true},
		{"after 503", []step{{status: 503}, {status: 404}}, true},
		{"after 408", []step{{status: 408}, {status: 404}}, true},
		{"after 429", []step{{status: 429}, {status: 404}}, false},
		{"after a refused connection", []step{refused, {status: 404}}, false},
		{"only refused", []step{refused}, false},
		{"lost, then refused", []step{{err: io.EOF}, refused}, true},
		{"lost at last", []step{refused, refused, refused, {err: io.EOF}}, true},
		{"503 at last", []step{refused, refused, refused, {status: 503}}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				result := transport.New(config(&script{steps: row.steps})).Do(t.Context(), request(http.MethodDelete))
				assert.Equal(t, row.ambiguous, result.Ambiguous)
				result = transport.New(config(&script{steps: row.steps})).Do(t.Context(), request(http.MethodGet))
				assert.False(t, result.Ambiguous, "GET only reads")
			})
		})
	}
}

func TestCredential(t *testing.T) {
	server := statuses(http.StatusServiceUnavailable, http.StatusOK)
	c := config(server)
	c.BaseDelay, c.MaxDelay = 0, 0
	r := request(http.MethodGet)
	require.Equal(t, 2, transport.New(c).Do(t.Context(), r).Number)
	for _, req := range server.seen {
		assert.Equal(t, "Bearer example-key", req.Header.Get("Authorization"))
		assert.Equal(t, "/x", req.Pattern)
		assert.Equal(t, "api.example.com", req.Host)
		req.Header.Set("Authorization", "changed by the RoundTripper")
	}
	assert.NotContains(t, r.Header, "Authorization", "the request was changed")

	// Whatever the URL says, the key goes to its origin only.
	for _, target := range []string{"https://evil.example.com/v1/x", "http://api.example.com/v1/x", "https://api.example.com:8443/v1/x"} {
		r := request(http.MethodGet)
		r.URL, _ = url.Parse(target)
		server := statuses(http.StatusOK)
		result := transport.New(c).Do(t.Context(), r)
		require.NotNil(t, result.Failure)
		assert.Equal(t, 1, result.Number)
		assert.Zero(t, server.count.Load(), target)
		assert.False(t, result.Ambiguous)
	}
}

type valueKey struct{}

func TestObserve(t *testing.T) {
	server := &script{steps: []step{{err: io.EOF}, {status: 503}, {status: 200}}}
	c := config(server)
	c.BaseDelay, c.MaxDelay = 0, 0
	var ended []transport.Attempt
	var began []int
	r := request(http.MethodGet)
	r.Observe = func(ctx context.Context, number int, header http.Header) (context.Context, func(transport.Attempt)) {
		began = append(began, number)
		assert.NotContains(t, header, "Authorization")
		header.Set("Traceparent", "example")
		return context.WithValue(ctx, valueKey{}, number), func(a transport.Attempt) { ended = append(ended, a) }
	}
	transport.New(c).Do(t.Context(), r)
	assert.Equal(t, []int{1, 2, 3}, began)
	require.Len(t, ended, 3)
	assert.Equal(t, 1, ended[0].Number)
	require.ErrorIs(t, ended[0].Failure.Err, io.EOF)
	assert.Equal(t, transport.Retry, ended[0].Decision)
	assert.Equal(t, 503, ended[1].Response.StatusCode)
	assert.Equal(t, 3, ended[2].Number)
	for i, req := range server.seen {
		assert.Equal(t, "example", req.Header.Get("Traceparent"))
		assert.Equal(t, "Bearer example-key", req.Header.Get("Authorization"))
		assert.Equal(t, i+1, req.Context().Value(valueKey{}))
	}
	assert.NotContains(t, r.Header, "Traceparent")
}

// A panic of the RoundTripper reaches the caller, and the attempt has ended.
func TestPanic(t *testing.T) {
	ended := 0
	r := request(http.MethodGet)
	r.Observe = func(ctx context.Context, _ int, _ http.Header) (context.Context, func(transport.Attempt)) {
		return ctx, func(a transport.Attempt) {
			ended++
			assert.NotNil(t, a.Failure)
		}
	}
	rt := roundTrip(func(*http.Request) (*http.Response, error) { panic("test") })
	tr := transport.New(config(rt))
	assert.PanicsWithValue(t, "test", func() { tr.Do(t.Context(), r) })
	assert.Equal(t, 1, ended)
}

func TestCloseIdleConnections(t *testing.T) {
	closer := &closing{script: statuses(http.StatusServiceUnavailable)}
	c := config(closer)
	c.BaseDelay, c.MaxDelay = 0, 0
	tr := transport.New(c)
	for range 5 { // go-retryablehttp closes the pool after each of these
		tr.Do(t.Context(), request(http.MethodGet))
	}
	assert.Zero(t, closer.closed)
	tr.CloseIdleConnections()
	assert.Equal(t, 1, closer.closed)
	transport.New(config(silent{})).CloseIdleConnections() // has no such method
}

type closing struct {
	*script
	closed int
}

func (c *closing) CloseIdleConnections() { c.closed++ }

// The pings find a dead HTTP/2 connection before the attempt's timeout ends the
// attempt, so that the next one has a new connection.
func TestPings(t *testing.T) {
	for timeout, want := range map[time.Duration]time.Duration{
		time.Hour:                10 * time.Second,
		transport.AttemptTimeout: 10 * time.Second,
		3 * time.Second:          time.Second,
	} {
		c := config(nil)
		c.Client, c.AttemptTimeout = nil, timeout
		pings := transport.OwnTransport(transport.New(c)).HTTP2
		assert.Equal(t, want, pings.SendPingTimeout)
		assert.Equal(t, want, pings.PingTimeout)
	}
}

// An error body that breaks off exactly where it is cut anyway is incomplete.
func TestErrorBodyBreaksOffAtTheLimit(t *testing.T) {
	body := io.MultiReader(io.LimitReader(endless{}, transport.ErrorBytesKept), broken{})
	result := transport.New(config(&script{steps: []step{{status: 400, body: body}}})).Do(t.Context(), request(http.MethodGet))
	assert.Len(t, result.Response.Body, transport.ErrorBytesKept)
	assert.True(t, result.Response.Incomplete)
}
