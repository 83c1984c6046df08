// Package transport sends the request of a call, retries it where that is safe,
// and reports how the call ended. The loop is that of go-retryablehttp, which no
// other package imports; the policy is this package's own.
//
// A response is read to its end within the attempt, so that a body that stalls or
// breaks off is a failure of the attempt like any other.
package transport

import (
	"context"
	"math"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// Config configures a Transport. Client, Limiter and Random may be nil; everything else
// is required.
type Config struct {
	Client           *http.Client // caller-supplied: its Transport and Timeout are used; nil: a NewHTTPTransport
	Scheme, Host     string       // the only origin that may receive the credential
	BaseDelay        time.Duration
	MaxDelay         time.Duration
	MaxRetryAfter    time.Duration
	MaxResponseBytes int64
	AttemptTimeout   time.Duration // of most attempts, for the pings of the default transport
	Limiter          Limiter
	Random           func(n int64) int64 // uniform in [0, n); for tests
}

// Limiter is waited for before each attempt.
type Limiter interface {
	Wait(ctx context.Context) error
}

// Transport is safe for concurrent use.
type Transport struct {
	config        Config
	clientTimeout time.Duration            // of the caller-supplied client; 0: none
	roundTripper  func() http.RoundTripper // a closure, so that reflection on a Client reaches no connection's buffers
	retry         *retryablehttp.Client
	gate          *gate        // nil: a caller-supplied RoundTripper, or plain http
	protocol      atomic.Int32 // major HTTP version of the last response
}

// New returns a Transport.
func New(config Config) *Transport {
	if config.Random == nil {
		config.Random = rand.Int64N
	}
	t := &Transport{config: config}
	switch {
	case config.Client != nil:
		t.clientTimeout, t.config.Client = config.Client.Timeout, nil
	case config.Scheme == "https":
		t.gate = new(gate)
	}
	t.roundTripper = roundTripper(config, t.gate)
	t.retry = &retryablehttp.Client{
		HTTPClient: &http.Client{Transport: guard{}},
		RetryMax:   math.MaxInt, // each call has its own limit, which checkRetry applies
		CheckRetry: checkRetry,
		Backoff:    backoff,
	}
	return t
}

// roundTripper returns a func that returns the RoundTripper of an attempt.
func roundTripper(config Config, gate *gate) func() http.RoundTripper {
	client := config.Client
	switch {
	case client == nil:
		own := NewHTTPTransport()
		own.HTTP2, own.DialContext = pings(config.AttemptTimeout), gate.watch(own.DialContext)
		return func() http.RoundTripper { return own }
	case client.Transport == nil: // looked up at the time of the call: a test may have replaced it
		return func() http.RoundTripper { return http.DefaultTransport }
	default:
		supplied := client.Transport
		return func() http.RoundTripper { return supplied }
	}
}

// CloseIdleConnections closes the idle connections of the RoundTripper, if it
// supports that.
func (t *Transport) CloseIdleConnections() {
	if closer, ok := t.roundTripper().(interface{ CloseIdleConnections() }); ok {
		closer.CloseIdleConnections()
	}
}

// Request is one call.
type Request struct {
	Method     string
	URL        *url.URL
	Route      string      // the path with its parameters unexpanded
	Header     http.Header // not changed
	Credential Credential
	Body       []byte // nil: none
	Idempotent bool   // processing it twice has the same effect as processing it once
	MaxRetries int
	Timeout    time.Duration // of an attempt
	Budget     *Budget

	// Renew is called once, after a 401. It returns another credential, or nil.
	// Renew may be nil.
	Renew func(context.Context) Credential

	// Observe is called before each attempt. It returns the context of the attempt,
	// and a func that is called when the attempt has ended. It may add to header.
	// Observe may be nil.
	Observe func(ctx context.Context, number int, header http.Header) (context.Context, func(Attempt))
}

// Credential returns the header that authenticates a request: its canonical name,
// which is not in Request.Header, and its value. It is a func so that no
// verb of fmt and no use of reflection shows the value.
type Credential func() (name, value string)

// Attempt is how an attempt ended, and what follows.
type Attempt struct {
	Number   int      // from 1
	Response Response // as far as it was received
	Failure  *Failure // why there is no response; nil: there is one, even if it is an incomplete error response
	Decision Decision
	Delay    time.Duration // before the next attempt
}

// Response is a response that was read.
type Response struct {
	StatusCode int // 0: there is none
	Header     http.Header
	Body       []byte // of an error response at most 64 KiB
	Incomplete bool   // Body is only the beginning
}

// Success reports whether the status is 2xx.
func (r *Response) Success() bool { return r.StatusCode/100 == 2 }

// Result is how a call ended.
type Result struct {
	Attempt           // the last one; Number is 0 if none was made
	Previous Response // the last error response of an earlier attempt

	// Ambiguous is set if the server may have processed an attempt without
	// saying so. The last attempt counts only if it has no complete response.
	Ambiguous bool

	memory *[]byte // that holds Response.Body, if it is that of a success
}

// call is the state of one call. It is the context of the request that
// go-retryablehttp gets, so that the guard finds it again. It is in no context and no
// request that the caller's code receives, so it can be used for another call
// afterwards.
type call struct {
	context.Context // the caller's
	*Transport
	request   *Request
	http      http.Request
	loop      retryablehttp.Request
	synthetic http.Response

	last       Attempt
	previous   Response
	credential Credential
	ambiguous  bool    // an attempt before the last may have been processed
	renewed    int     // attempts that Renew has added
	memory     *[]byte // of the last body of a success
}

type callKey struct{}

func (c *call) Value(key any) any {
	if key == (callKey{}) {
		return c
	}
	return c.Context.Value(key)
}

func callFrom(ctx context.Context) *call { return ctx.Value(callKey{}).(*call) }

var calls = sync.Pool{New: func() any { return new(call) }}

// Do sends the request, and retries it where that is safe and may help.
func (t *Transport) Do(ctx context.Context, request *Request) Result {
	c := calls.Get().(*call)
	*c = call{Context: ctx, Transport: t, request: request, credential: request.Credential}
	c.run()
	result := Result{
		Attempt:   c.last,
		Previous:  c.previous,
		Ambiguous: c.ambiguous || c.last.Failure != nil && c.mayHaveBeenProcessed(),
		memory:    c.memory,
	}
	*c = call{} // the credential above all
	calls.Put(c)
	return result
}

// noHeader is the placeholder header of a request until the guard replaces it.
// http.Client copies the header of each request that it is given.
var noHeader = http.Header{}

func (c *call) run() {
	c.http = *(&http.Request{
		Method:     c.request.Method,
		URL:        c.request.URL,
		Proto:      "HTTP/1.1",
		ProtoMajor: 1,
		ProtoMinor: 1,
		Header:     noHeader,
		Pattern:    c.request.Route,
	}).WithContext(c)
	c.loop.Request = &c.http
	if c.request.Body != nil {
		_ = c.loop.SetBody(c.request.Body) // it fails for other types only
	}
	if response, err := c.retry.Do(&c.loop); err == nil {
		_ = response.Body.Close() // the synthetic response, already empty
	}
	if c.last.Decision == Retry { // the context ended during the delay
		c.stop(contextFailure(c.Context, nil, false))
	}
}

// guard is the RoundTripper under go-retryablehttp. It makes the attempt and
// keeps the outcome in the call. To go-retryablehttp and net/http, which would
// follow redirects, it returns a synthetic response that leads back to the call.
//
// It has no method CloseIdleConnections: go-retryablehttp calls that on every
// cancelled delay, and one caller's cancellation would empty the pool of all.
type guard struct{}

func (guard) RoundTrip(req *http.Request) (*http.Response, error) {
	c := callFrom(req.Context())
	c.attempt(req)
	c.synthetic = http.Response{StatusCode: http.StatusOK, Header: noHeader, Body: http.NoBody, Request: req}
	return &c.synthetic, nil
}

// checkRetry applies the decision that the attempt ended with.
func checkRetry(ctx context.Context, _ *http.Response, _ error) (bool, error) {
	return callFrom(ctx).last.Decision == Retry, nil
}

func backoff(_, _ time.Duration, _ int, synthetic *http.Response) time.Duration {
	return callFrom(synthetic.Request.Context()).last.Delay
}
