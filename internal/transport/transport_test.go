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
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go/internal/transport"
)

// script answers the n-th attempt with its n-th step, and from then on with the
// last. It notes when each attempt came.
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

// longest draws the upper end of every wait.
func longest(n int64) int64 { return n - 1 }

func config(rt http.RoundTripper) transport.Config {
	return transport.Config{
		Client: &http.Client{Transport: rt}, Scheme: "https", Host: "api.example.com",
		BaseWait: transport.BaseWait, MaxWait: transport.MaxWait, MaxRetryAfter: transport.MaxRetryAfter,
		MaxResponseBytes: 1 << 20, Random: longest,
	}
}

func request(method string) *transport.Request {
	return &transport.Request{
		Method: method, URL: &url.URL{Scheme: "https", Host: "api.example.com", Path: "/v1/x"}, Route: "/x",
		Header:   http.Header{"Authorization": {""}, "Accept": {"application/json"}},
		AuthName: "Authorization", AuthValue: "Bearer example-key",
		Repeatable: method != http.MethodPost && method != http.MethodPatch,
		MaxRetries: transport.MaxRetries, Timeout: transport.AttemptTimeout,
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
		{"bound below 1 ms", func(c *transport.Config) { c.BaseWait, c.MaxWait = time.Microsecond, 2*time.Microsecond }, 3, []time.Duration{
			time.Microsecond, 2 * time.Microsecond, 2 * time.Microsecond,
		}},
		{"no wait", func(c *transport.Config) { c.BaseWait, c.MaxWait = 0, 0 }, 2, []time.Duration{0, 0}},
		{"saturates", func(c *transport.Config) { c.BaseWait, c.MaxWait = 1<<60, 1<<61 }, 3, []time.Duration{1 << 60, 1 << 61, 1 << 61}},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := statuses(http.StatusServiceUnavailable)
				c := config(server)
				row.change(&c)
				r := request(http.MethodGet)
				r.MaxRetries = row.retries
				result := transport.New(c).Do(t.Context(), r)
				assert.Equal(t, row.retries+1, result.Attempts)
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
			require.True(t, wait >= time.Millisecond && wait <= transport.BaseWait, wait)
			quarters[min(3, 4*wait/transport.BaseWait)]++
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
		repeatable int // attempts of GET, PUT, DELETE
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
		{step{status: 200, header: http.Header{"Content-Encoding": {"gzip"}}, body: strings.NewReader("no gzip at all")}, 4, 1},
		{step{status: 200, header: http.Header{"Content-Encoding": {"br"}}}, 1, 1},
		{step{status: 200, body: io.LimitReader(endless{}, 2<<20)}, 1, 1},
		{step{status: 200}, 1, 1},
	} {
		for _, method := range methods {
			synctest.Test(t, func(t *testing.T) {
				want := row.other
				if method != http.MethodPost && method != http.MethodPatch {
					want = row.repeatable
				}
				server := &script{steps: []step{row.step}}
				result := transport.New(config(server)).Do(t.Context(), request(method))
				assert.Equal(t, want, result.Attempts, "%s %+v", method, row.step)
				assert.Equal(t, int64(want), server.count.Load())
			})
		}
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

func TestBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := statuses(http.StatusServiceUnavailable)
		tr := transport.New(config(server))
		for range 200 {
			result := tr.Do(t.Context(), request(http.MethodGet))
			assert.Equal(t, http.StatusServiceUnavailable, result.Answer.StatusCode)
		}
		assert.Equal(t, int64(200+transport.BudgetTokens/transport.RetryCost), server.count.Load())

		// Five successes pay for one retry.
		server.steps = []step{{status: http.StatusOK}}
		for range 2 * transport.RetryCost {
			tr.Do(t.Context(), request(http.MethodGet))
		}
		server.steps = []step{{status: http.StatusServiceUnavailable}}
		assert.Equal(t, 3, tr.Do(t.Context(), request(http.MethodGet)).Attempts)
		assert.Equal(t, 1, tr.Do(t.Context(), request(http.MethodGet)).Attempts)
	})
}

func TestBudgetIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := statuses(http.StatusOK)
		tr := transport.New(config(server))
		for range 2 * transport.BudgetTokens {
			tr.Do(t.Context(), request(http.MethodGet))
		}
		server.steps = []step{{status: http.StatusServiceUnavailable}}
		server.count.Store(0)
		for range 200 {
			tr.Do(t.Context(), request(http.MethodGet))
		}
		assert.Equal(t, int64(200+transport.BudgetTokens/transport.RetryCost), server.count.Load())
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
		{"0", 0, 2, transport.BaseWait},
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
			assert.Equal(t, row.attempts, result.Attempts, row.value)
			assert.Equal(t, row.wait, time.Since(start), row.value)
			assert.False(t, result.ContextEnded)
		})
	}
}

// Each attempt has its own time; the call has the caller's.
func TestTimeLimits(t *testing.T) {
	for _, row := range []struct {
		name        string
		limit, lent time.Duration
		deadline    time.Duration
		attempts    int
		took        time.Duration
		ended       bool
	}{
		{"attempts", time.Second, 0, 0, 3, 3 * time.Second, false},
		{"the lent client's, if shorter", time.Second, 100 * time.Millisecond, 0, 3, 300 * time.Millisecond, false},
		{"the lent client's, if longer", time.Second, time.Hour, 0, 3, 3 * time.Second, false},
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
				c.Client.Timeout = row.lent
				c.BaseWait, c.MaxWait = 0, 0
				r := request(http.MethodGet)
				r.Timeout, r.MaxRetries = row.limit, 2
				start := time.Now()
				result := transport.New(c).Do(ctx, r)
				assert.Equal(t, row.took, time.Since(start))
				assert.Equal(t, row.attempts, result.Attempts)
				assert.Equal(t, row.ended, result.ContextEnded)
				var limit *transport.TimeoutError
				assert.Equal(t, !row.ended, errors.As(result.Err, &limit))
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

func TestContextEndsInAWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		start := time.Now()
		result := transport.New(config(statuses(http.StatusServiceUnavailable))).Do(ctx, request(http.MethodGet))
		assert.Equal(t, 50*time.Millisecond, time.Since(start))
		assert.True(t, result.ContextEnded)
		assert.Equal(t, 1, result.Attempts)
		assert.Zero(t, result.Answer.StatusCode)
		assert.Equal(t, http.StatusServiceUnavailable, result.Refusal.StatusCode)
	})
}

func TestContextEndedBefore(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	server := statuses(http.StatusOK)
	result := transport.New(config(server)).Do(ctx, request(http.MethodGet))
	assert.True(t, result.ContextEnded)
	assert.Zero(t, result.Attempts)
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
				assert.Equal(t, row.attempts, result.Attempts)
				assert.Equal(t, row.attempts == 1, result.Ambiguous)
			})
		})
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// What earlier attempts may have done is remembered.
func TestRepeated(t *testing.T) {
	refused := step{err: &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}}
	for _, row := range []struct {
		name                string
		steps               []step
		repeated, ambiguous bool
	}{
		{"first try", []step{{status: 404}}, false, false},
		{"after a lost answer", []step{{err: io.EOF}, {status: 404}}, true, true},
		{"after 503", []step{{status: 503}, {status: 404}}, true, true},
		{"after 429", []step{{status: 429}, {status: 404}}, false, false},
		{"after a refused connection", []step{refused, {status: 404}}, false, false},
		{"only refused", []step{refused}, false, false},
		{"lost, then refused", []step{{err: io.EOF}, refused}, true, true},
		{"lost at last", []step{refused, refused, refused, {err: io.EOF}}, false, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				result := transport.New(config(&script{steps: row.steps})).Do(t.Context(), request(http.MethodDelete))
				assert.Equal(t, row.repeated, result.Repeated)
				assert.Equal(t, row.ambiguous, result.Ambiguous)
			})
		})
	}
}

func TestCredential(t *testing.T) {
	server := statuses(http.StatusServiceUnavailable, http.StatusOK)
	c := config(server)
	c.BaseWait, c.MaxWait = 0, 0
	r := request(http.MethodGet)
	require.Equal(t, 2, transport.New(c).Do(t.Context(), r).Attempts)
	for _, req := range server.seen {
		assert.Equal(t, "Bearer example-key", req.Header.Get("Authorization"))
		assert.Equal(t, "/x", req.Pattern)
		assert.Equal(t, "api.example.com", req.Host)
		req.Header.Set("Authorization", "changed by the RoundTripper")
	}
	assert.Equal(t, []string{""}, r.Header["Authorization"], "the request was changed")

	// Whatever the URL says, the key goes to its origin only.
	for _, target := range []string{"https://evil.example.com/v1/x", "http://api.example.com/v1/x", "https://api.example.com:8443/v1/x"} {
		r := request(http.MethodGet)
		r.URL, _ = url.Parse(target)
		server := statuses(http.StatusOK)
		result := transport.New(c).Do(t.Context(), r)
		require.Error(t, result.Err)
		assert.Zero(t, server.count.Load(), target)
		assert.False(t, result.Ambiguous)
	}
}

func TestObserve(t *testing.T) {
	server := &script{steps: []step{{err: io.EOF}, {status: 503}, {status: 200}}}
	c := config(server)
	c.BaseWait, c.MaxWait = 0, 0
	var seen []transport.Attempt
	r := request(http.MethodGet)
	r.Observe = func(_ context.Context, a transport.Attempt) { seen = append(seen, a) }
	transport.New(c).Do(t.Context(), r)
	require.Len(t, seen, 3)
	assert.Equal(t, 1, seen[0].Number)
	require.ErrorIs(t, seen[0].Err, io.EOF)
	assert.Equal(t, 503, seen[1].Answer.StatusCode)
	assert.Equal(t, 3, seen[2].Number)
}

func TestCloseIdleConnections(t *testing.T) {
	closer := &closing{script: statuses(http.StatusServiceUnavailable)}
	c := config(closer)
	c.BaseWait, c.MaxWait = 0, 0
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

// A dead HTTP/2 connection is found before the attempt's limit ends the attempt,
// so that the next one has a new connection. To see it takes 20 s of silence.
func TestPings(t *testing.T) {
	pings := transport.NewBase().HTTP2
	require.NotNil(t, pings)
	assert.Positive(t, pings.SendPingTimeout)
	assert.Positive(t, pings.PingTimeout)
	assert.Less(t, pings.SendPingTimeout+pings.PingTimeout, transport.AttemptTimeout)
}
