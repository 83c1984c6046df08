// Package transport sends a request until it has an answer or a reason to give
// up, and says which. It is built on go-retryablehttp, whose loop it keeps and
// whose policy it replaces; it is the only package that knows it.
//
// What a caller gets is an answer that was read to its end within the attempt,
// so that a stalled or broken body is a fault like any other.
package transport

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// Config is what holds for every call. All of it is required but Client and
// the clock.
type Config struct {
	Client           *http.Client // lent: its Transport and Timeout are used; nil: a transport of our own
	Scheme, Host     string       // the one origin that a credential may go to
	BaseWait         time.Duration
	MaxWait          time.Duration
	MaxRetryAfter    time.Duration
	MaxResponseBytes int64

	// For tests. The waits themselves are real timers, which testing/synctest
	// moves.
	Now    func() time.Time
	Random func(n int64) int64 // uniform in [0, n)
}

// Transport is safe for concurrent use.
type Transport struct {
	base             http.RoundTripper
	lentTimeout      time.Duration
	scheme, host     string
	baseWait         time.Duration
	maxWait          time.Duration
	maxRetryAfter    time.Duration
	maxResponseBytes int64
	now              func() time.Time
	random           func(n int64) int64
	budget           budget
	protocol         atomic.Int32 // the major version of HTTP that the last answer came over
}

// New returns a Transport with a full retry budget.
func New(config Config) *Transport {
	t := &Transport{
		scheme:           config.Scheme,
		host:             config.Host,
		baseWait:         config.BaseWait,
		maxWait:          config.MaxWait,
		maxRetryAfter:    config.MaxRetryAfter,
		maxResponseBytes: config.MaxResponseBytes,
		now:              config.Now,
		random:           config.Random,
	}
	if t.now == nil {
		t.now = time.Now
	}
	if t.random == nil {
		t.random = rand.Int64N
	}
	t.budget.tokens.Store(BudgetTokens)
	switch {
	case config.Client == nil:
		t.base = newBase()
	case config.Client.Transport == nil:
		t.base, t.lentTimeout = http.DefaultTransport, config.Client.Timeout
	default:
		t.base, t.lentTimeout = config.Client.Transport, config.Client.Timeout
	}
	return t
}

// newBase is net/http's default transport with room for a service's load on
// one host, a bound on headers, and pings that find a dead HTTP/2 connection
// before the attempt's limit does: the next attempt would choose it again.
func newBase() *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           512,
		MaxIdleConnsPerHost:    256,
		IdleConnTimeout:        90 * time.Second,
		TLSHandshakeTimeout:    10 * time.Second,
		ExpectContinueTimeout:  time.Second,
		MaxResponseHeaderBytes: MaxHeaderBytes,
		OnProxyConnectResponse: refuseProxy,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: 10 * time.Second, PingTimeout: 10 * time.Second},
	}
}

// errProxyAuth has the text that net/http gives to a refused CONNECT whose
// status line is the usual one.
var errProxyAuth = errors.New(http.StatusText(http.StatusProxyAuthRequired))

// refuseProxy knows a proxy that wants credentials by its status; net/http tells
// no more than the words that come after it.
func refuseProxy(_ context.Context, _ *url.URL, _ *http.Request, response *http.Response) error {
	if response.StatusCode == http.StatusProxyAuthRequired {
		return errProxyAuth
	}
	return nil
}

// CloseIdleConnections closes the idle connections of the base transport, and
// ends the dials whose request gave up.
func (t *Transport) CloseIdleConnections() {
	if base, ok := t.base.(interface{ CloseIdleConnections() }); ok {
		base.CloseIdleConnections()
	}
}

// Request is one call.
type Request struct {
	Method     string
	URL        *url.URL
	Route      string      // the path with its parameters unfilled, for tracing and logs
	Header     http.Header // not changed; AuthName has one value in it, which is replaced
	AuthName   string      // the header, canonical, that carries the credential
	AuthValue  string
	Body       []byte // nil: none
	Repeatable bool   // processing it twice has the effect of processing it once
	MaxRetries int
	Timeout    time.Duration // of an attempt

	Observe func(context.Context, Attempt) // after each attempt; may be nil
}

// Attempt is what is told of one attempt.
type Attempt struct {
	Number   int // from 1
	Answer   Answer
	Err      error // why there is no complete answer
	Duration time.Duration
}

// Answer is a response that was read.
type Answer struct {
	StatusCode int // 0: there is none
	Header     http.Header
	Body       []byte // of an error the first 64 KiB, and a little more for redaction to see
}

// Result is how a call ended.
type Result struct {
	Answer   Answer // of the last attempt, as far as it came
	Refusal  Answer // the last answer outside 2xx, of whichever attempt
	Attempts int
	// Err says why there is no complete answer: the fault of the last attempt,
	// ErrTooLarge, an *EncodingError, or the end of the context.
	Err error
	// ContextEnded is set where the caller's context ended the call, before, in
	// or between attempts.
	ContextEnded bool
	// Repeated is set where an attempt before the last may have been processed.
	Repeated bool
	// Ambiguous is set where any attempt, the last included, may have been
	// processed without the server saying so.
	Ambiguous bool

	memory *[]byte // that Answer.Body is in, if it is a success's
}

// ErrTooLarge is a 2xx body over the limit.
var ErrTooLarge = errors.New("the response is larger than the limit")

// EncodingError is a 2xx body whose Content-Encoding is not understood.
type EncodingError struct{ Encoding string }

func (e *EncodingError) Error() string {
	return "the response's Content-Encoding is not understood: " + e.Encoding
}

// TimeoutError is the end of an attempt by its own time limit. It is not a
// context.DeadlineExceeded: that one is the caller's.
type TimeoutError struct{ Limit time.Duration }

func (e *TimeoutError) Error() string { return "no answer within " + e.Limit.String() }

// Timeout marks the error as one for net.Error and its like.
func (e *TimeoutError) Timeout() bool { return true }

// call is one call: a RoundTripper of its own for the loop of
// go-retryablehttp, which decides by what the RoundTripper saw. That loop
// closes idle connections after every failure; a call has no such method, so
// the pool of the base transport is left alone.
type call struct {
	transport *Transport
	request   *Request
	retry     retryablehttp.Client
	client    http.Client
	synthetic http.Response

	attempts int
	answer   Answer
	refusal  Answer
	err      error // of the last attempt
	ended    bool  // the caller's context ended the last attempt
	unsent   bool  // it is proven that the last attempt sent nothing
	doubtful bool  // the last attempt may have been processed
	repeated bool  // an attempt before it may have been
	settled  bool  // the last attempt was final
	wait     time.Duration
	memory   *[]byte // of the last body of a success
}

// Do sends the request, again where that is safe and may help.
func (t *Transport) Do(ctx context.Context, request *Request) Result {
	c := &call{transport: t, request: request}
	c.client.Transport = c
	c.retry = retryablehttp.Client{
		HTTPClient:   &c.client,
		RetryMax:     request.MaxRetries,
		CheckRetry:   c.checkRetry,
		Backoff:      c.backoff,
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
	req := retryablehttp.Request{Request: newRequest(ctx, request)}
	if request.Body != nil {
		if err := req.SetBody(request.Body); err != nil {
			return Result{Err: err}
		}
	}
	if response, err := c.retry.Do(&req); err == nil {
		_ = response.Body.Close() // the call's own, already empty
	}
	result := Result{
		Answer:       c.answer,
		Refusal:      c.refusal,
		Attempts:     c.attempts,
		Err:          c.err,
		ContextEnded: c.ended || !c.settled,
		Repeated:     c.repeated,
		Ambiguous:    c.repeated || c.doubtful,
		memory:       c.memory,
	}
	if !c.settled { // in a wait: what was answered before it is no answer to the call
		result.Answer = Answer{}
	}
	return result
}

// noHeader goes with every request as far as the guard, which replaces it.
// http.Client copies the headers of each request that it is given, and its URL
// where Host is set; the guard sets both on the request that is sent.
var noHeader = http.Header{}

func newRequest(ctx context.Context, request *Request) *http.Request {
	return (&http.Request{
		Method:     request.Method,
		URL:        request.URL,
		Proto:      "HTTP/1.1",
		ProtoMajor: 1,
		ProtoMinor: 1,
		Header:     noHeader,
		Pattern:    request.Route,
	}).WithContext(ctx)
}

// checkRetry decides after each attempt. It is given neither the request nor
// an answer that can still be read, so it asks the call.
func (c *call) checkRetry(ctx context.Context, _ *http.Response, _ error) (bool, error) {
	c.settled = true
	if c.err == nil && c.answer.StatusCode/100 == 2 {
		c.transport.budget.earn()
		return false, nil
	}
	if c.ended || c.attempts > c.request.MaxRetries || !c.retriable() {
		return false, nil
	}
	deadline, _ := ctx.Deadline()
	wait, ok := c.pause(c.attempts, deadline)
	if !ok || !c.transport.budget.spend() {
		return false, nil
	}
	c.wait, c.settled = wait, false
	return true, nil
}

func (c *call) backoff(_, _ time.Duration, _ int, _ *http.Response) time.Duration { return c.wait }
