package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"
)

// attempt makes one attempt and decides what follows. The outcome is in c.last.
func (c *call) attempt(req *http.Request) {
	if failure := c.limit(); failure != nil {
		closeBody(req.Body)
		c.stop(failure)
		return
	}
	done, connects, waited := c.gate.enter(c.Context, min(maxGateWait, c.timeout()/2))
	if done != nil {
		defer done(none)
	}
	if contextErr(c.Context) != nil { // it ended at the gate
		closeBody(req.Body)
		c.stop(contextFailure(c.Context, nil, false))
		return
	}
	c.remember()
	c.last = Attempt{Number: c.last.Number + 1, Failure: panicked}
	ctx, header := c.Context, c.request.Header.Clone()
	if observe := c.request.Observe; observe != nil {
		var end func(Attempt)
		ctx, end = observe(ctx, c.last.Number, header)
		header = header.Clone()        // the hook may keep its own, which must not get the key
		defer func() { end(c.last) }() // also if the RoundTripper panics
	}
	if connects {
		ctx = traceConnection(ctx, done)
	}
	c.last.Response, c.last.Failure = c.exchange(ctx, req, header, waited)
	if c.last.Failure == nil {
		c.gate.used()
	}
	c.last.Decision, c.last.Delay = c.decide()
}

// limit waits for the limiter. It returns why no attempt may begin.
func (c *call) limit() *Failure {
	if contextErr(c.Context) != nil {
		return contextFailure(c.Context, nil, false)
	}
	if c.config.Limiter == nil {
		return nil
	}
	err := c.config.Limiter.Wait(c.Context)
	switch {
	case err == nil:
		return nil
	case contextErr(c.Context) != nil:
		return contextFailure(c.Context, err, false)
	}
	return &Failure{Err: err, Kind: Limit, Reason: "limiter"}
}

// remember keeps what later attempts and the error need of the last one.
func (c *call) remember() {
	if c.last.Number == 0 {
		return
	}
	c.ambiguous = c.ambiguous || c.mayHaveBeenProcessed()
	if status := c.last.Response.StatusCode; status != 0 && !c.last.Response.Success() {
		c.previous = c.last.Response
	}
}

// stop ends the call before another attempt begins.
func (c *call) stop(failure *Failure) {
	c.remember()
	c.last = Attempt{Number: c.last.Number, Failure: failure, Decision: Canceled}
}

// timeout returns the timeout of an attempt.
func (c *call) timeout() time.Duration {
	if c.clientTimeout > 0 {
		return min(c.request.Timeout, c.clientTimeout)
	}
	return c.request.Timeout
}

// exchange sends the request and reads the response, within what is left of the
// attempt's timeout.
func (c *call) exchange(caller context.Context, req *http.Request, header http.Header, waited time.Duration) (Response, *Failure) {
	timeout := c.timeout()
	ctx, cancel := withTimeout(caller, timeout-waited)
	defer cancel()
	fail := func(err error, sent bool) *Failure {
		sent = sent && !neverSent(err)
		switch {
		case contextErr(caller) != nil:
			return contextFailure(caller, err, sent)
		case contextErr(ctx) != nil:
			err = &TimeoutError{Limit: timeout}
		}
		return classify(schemeMismatch(err), sent)
	}
	var trace *connTrace
	if !ReadOnly(c.request.Method) { // Ambiguous is never set for read-only methods
		trace = new(connTrace)
		ctx = trace.with(ctx)
	}
	out, err := c.outgoing(ctx, req, header, trace)
	if err != nil {
		closeBody(req.Body)
		return Response{}, &Failure{Err: err, Kind: Permanent, Reason: "invalid request"}
	}
	response, err := c.roundTripper().RoundTrip(out) //nolint:bodyclose // read closes it
	if err == nil && response == nil {
		err = errors.New("the RoundTripper returned neither a response nor an error")
	}
	if err != nil {
		if response != nil {
			closeBody(response.Body)
		}
		return Response{}, fail(err, !trace.provesUnsent(err))
	}
	c.protocol.Store(int32(response.ProtoMajor))
	if response.StatusCode < 100 {
		closeBody(response.Body)
		return Response{}, classify(errors.New("invalid response: status below 100"), true)
	}
	received := Response{StatusCode: response.StatusCode, Header: response.Header}
	received.Body, received.Incomplete, err = c.read(response)
	if err != nil && (received.Success() || contextErr(caller) != nil) {
		return received, fail(err, true)
	}
	return received, nil // the status of an error response is enough
}

// outgoing is a request as it is sent, with its URL and key in the same allocation.
// It shares neither with the request of the loop, so that a RoundTripper that changes
// or keeps its request changes or keeps this attempt alone.
type outgoing struct {
	http.Request
	url url.URL
	key [1]string
}

func (c *call) outgoing(ctx context.Context, req *http.Request, header http.Header, trace *connTrace) (*http.Request, error) {
	if req.URL.Scheme != c.config.Scheme || req.URL.Host != c.config.Host {
		return nil, errors.New("the request is not for the origin of the base URL")
	}
	name, value := c.credential()
	out := &outgoing{Request: *req.WithContext(ctx), url: *req.URL, key: [1]string{value}}
	header[name] = out.key[:]
	out.URL, out.Host, out.Header = &out.url, out.url.Host, header
	if !c.request.Idempotent {
		out.GetBody = c.rewind(out.GetBody, trace)
		// Without a body there is nothing to rewind, and net/http would resend
		// the request over HTTP/2. Over HTTP/1 it would send this one in chunks.
		if out.Body == nil && c.protocol.Load() == 2 {
			out.Body = noBytes{}
		}
	}
	return &out.Request, nil
}

// rewind decides whether net/http may resend the body of a request that is not
// idempotent. Over HTTP/1, net/http does so only if it has written nothing to a
// connection that the server closed. Over HTTP/2, net/http also resends after
// resets that do not prove the request was unprocessed, without limit. So
// resending is left to our retry loop, which checks the error code. Before the
// first response there is no connection that could have been closed.
func (t *Transport) rewind(getBody func() (io.ReadCloser, error), trace *connTrace) func() (io.ReadCloser, error) {
	if getBody == nil || t.protocol.Load() != 1 {
		return nil
	}
	return func() (io.ReadCloser, error) {
		if trace.http2.Load() {
			return nil, errors.New("the connection was closed, and the request may have been processed")
		}
		return getBody()
	}
}

// noBytes is an empty body that net/http does not recognize as empty.
type noBytes struct{}

func (noBytes) Read([]byte) (int, error) { return 0, io.EOF }
func (noBytes) Close() error             { return nil }

func closeBody(body io.Closer) {
	if body != nil {
		_ = body.Close()
	}
}

// schemeMismatch replaces the TLS error of an HTTP server by that of http.Client.
func schemeMismatch(err error) error {
	var record tls.RecordHeaderError
	if errors.As(err, &record) && string(record.RecordHeader[:]) == "HTTP/" {
		return http.ErrSchemeMismatch
	}
	return err
}

// withTimeout limits an attempt. If the caller's deadline is nearer, it returns ctx.
func withTimeout(ctx context.Context, timeout time.Duration) (context.Context, context.CancelFunc) {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= timeout {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, timeout)
}

// contextErr is ctx.Err, exact to the deadline: a dial with the same deadline can
// fail a moment before the context's own timer fires.
func contextErr(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if deadline, ok := ctx.Deadline(); ok && !time.Now().Before(deadline) {
		return context.DeadlineExceeded
	}
	return nil
}

// connTrace observes whether a request got a connection. Without one, nothing was
// sent. A RoundTripper that does not report to httptrace proves nothing.
type connTrace struct{ asked, got, http2 atomic.Bool }

func (t *connTrace) with(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { t.asked.Store(true) },
		GotConn: func(info httptrace.GotConnInfo) {
			t.got.Store(true)
			t.http2.Store(isHTTP2(info))
		},
	})
}

func (t *connTrace) provesUnsent(err error) bool {
	if t == nil {
		return false
	}
	noConnection := t.asked.Load() && !t.got.Load()
	return noConnection || t.got.Load() && !t.http2.Load() && isUnsentRewind(err)
}
