package transport

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// RoundTrip makes one attempt and reads its answer to the end, within the time
// limit of the attempt. To net/http, which would look at Location, it passes on
// no more than the status.
func (c *call) RoundTrip(req *http.Request) (*http.Response, error) {
	// The context may have ended while the loop slept; nothing was attempted.
	if err := ended(req.Context()); err != nil {
		closeBody(req.Body)
		c.err, c.ended, c.answer = err, true, Answer{}
		return nil, err
	}
	c.attempts++
	c.repeated = c.repeated || c.doubtful
	c.answer, c.err = c.observed(req)
	c.doubtful = c.mayBeProcessed()
	if c.answer.StatusCode != 0 && c.answer.StatusCode/100 != 2 {
		c.refusal = c.answer
	}
	if c.err != nil {
		return nil, c.err
	}
	c.synthetic = http.Response{StatusCode: c.answer.StatusCode, Header: noHeader, Body: http.NoBody}
	return &c.synthetic, nil
}

// observed makes the attempt, and tells of it if somebody wants to know.
func (c *call) observed(req *http.Request) (Answer, error) {
	if c.request.Observe == nil {
		return c.attempt(req)
	}
	start := c.transport.now()
	answer, err := c.attempt(req)
	c.request.Observe(req.Context(), Attempt{Number: c.attempts, Answer: answer, Err: err, Duration: c.transport.now().Sub(start)})
	return answer, err
}

func (c *call) attempt(req *http.Request) (Answer, error) {
	limit := c.request.Timeout
	if lent := c.transport.lentTimeout; lent > 0 {
		limit = min(limit, lent)
	}
	ctx, cancel := limited(req.Context(), limit)
	defer cancel()
	var trace *connTrace
	if c.request.Method != http.MethodGet { // which may be sent again whatever became of it
		trace = new(connTrace)
		ctx = trace.with(ctx)
	}
	c.unsent = true
	if req.URL.Scheme != c.transport.scheme || req.URL.Host != c.transport.host {
		closeBody(req.Body)
		return Answer{}, errors.New("the request is not for the origin of the base URL")
	}
	out := req.WithContext(ctx) // a copy: the credential stays out of req
	out.Header = c.request.Header.Clone()
	out.Header[c.request.AuthName][0] = c.request.AuthValue
	out.Host = out.URL.Host
	if !c.request.Repeatable {
		out.GetBody = c.transport.rewind(out.GetBody, trace)
		// Without a body there is nothing to rewind, and net/http would not ask.
		// Over HTTP/1 it would send this one in chunks.
		if out.Body == nil && c.transport.protocol.Load() == 2 {
			out.Body = noBytes{}
		}
	}

	response, err := c.transport.base.RoundTrip(out) //nolint:bodyclose // read closes it
	if err == nil && response == nil {
		err = errors.New("the RoundTripper returned neither a response nor an error")
	}
	if err != nil {
		if response != nil {
			closeBody(response.Body)
		}
		c.unsent = notSent(err) || refusedStream(err) || trace.unsent()
		return Answer{}, c.explain(req.Context(), ctx, limit, err)
	}
	c.unsent = false
	c.transport.protocol.Store(int32(response.ProtoMajor))
	if response.StatusCode < 100 {
		closeBody(response.Body)
		return Answer{}, errors.New("malformed HTTP response: a status below 100")
	}
	answer := Answer{StatusCode: response.StatusCode, Header: response.Header}
	answer.Body, err = c.read(response)
	if err == nil {
		return answer, nil
	}
	err = c.explain(req.Context(), ctx, limit, err)
	if response.StatusCode/100 != 2 && !c.ended {
		return answer, nil // the status says what is to be known
	}
	return answer, err
}

// rewind decides whether net/http may send the body of a request anew that must
// not be sent twice. Over HTTP/1 it does so only if it has written nothing to a
// connection that the server closed. Over HTTP/2 it also does after a reset that
// proves nothing (PROTOCOL_ERROR), and without an end; there, the resets that do
// prove something are for our own loop. Before the first answer there is no
// connection that could have been closed.
func (t *Transport) rewind(getBody func() (io.ReadCloser, error), trace *connTrace) func() (io.ReadCloser, error) {
	if getBody == nil || t.protocol.Load() != 1 {
		return nil
	}
	return func() (io.ReadCloser, error) {
		if trace.http2.Load() {
			return nil, errors.New("the connection broke, and the request may have been processed")
		}
		return getBody()
	}
}

// noBytes is an empty body that net/http does not recognise as one.
type noBytes struct{}

func (noBytes) Read([]byte) (int, error) { return 0, io.EOF }
func (noBytes) Close() error             { return nil }

// limited puts the time limit on an attempt. Where the caller's deadline is
// nearer, it serves, without a timer of our own.
func limited(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= limit {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, limit)
}

// explain finds the reason behind a fault: the caller's context, the limit of
// the attempt, or the fault itself.
func (c *call) explain(caller, attempt context.Context, limit time.Duration, err error) error {
	var record tls.RecordHeaderError
	switch {
	case ended(caller) != nil:
		c.ended = true
		return err
	case ended(attempt) != nil:
		return &TimeoutError{Limit: limit}
	case errors.As(err, &record) && string(record.RecordHeader[:]) == "HTTP/":
		return http.ErrSchemeMismatch // as http.Client says it
	}
	return err
}

// ended is ctx.Err, and true to the deadline: a dial that has the same deadline
// can fail a moment before the context's own timer fires.
func ended(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if deadline, ok := ctx.Deadline(); ok && !time.Now().Before(deadline) {
		return context.DeadlineExceeded
	}
	return nil
}

// read returns the body of a response, of an error as much as is worth having.
// The error says why the body has no end.
func (c *call) read(response *http.Response) ([]byte, error) {
	body := response.Body
	if body == nil {
		return nil, nil
	}
	defer func() { _ = body.Close() }()
	switch status := response.StatusCode; {
	case status < 200: // 101: the body is the connection, and knows no deadline
		return nil, nil
	case status/100 != 2:
		data, err := readError(body, response.ContentLength)
		return inflated(response.Header, data), err
	case response.ContentLength > c.transport.maxResponseBytes && body != http.NoBody && contentCoding(response.Header) == "":
		return nil, ErrTooLarge
	}
	reader, err := decoded(response)
	if err != nil {
		return nil, err
	}
	data, err := readAll(c.borrow(), reader, response.ContentLength, c.transport.maxResponseBytes+1)
	if int64(len(data)) > c.transport.maxResponseBytes {
		return data[:c.transport.maxResponseBytes], ErrTooLarge
	}
	return data, err
}

// decoded undoes the Content-Encoding that net/http left in place: it undoes
// gzip itself only where it asked for it.
func decoded(response *http.Response) (io.Reader, error) {
	coding := contentCoding(response.Header)
	switch {
	case coding == "" || response.Body == http.NoBody:
		return response.Body, nil
	case isGzip(coding):
		return gzip.NewReader(response.Body)
	}
	return nil, &EncodingError{Encoding: coding}
}

// contentCoding returns the codings of a body, without those that do nothing.
func contentCoding(header http.Header) string {
	var codings []string
	for _, line := range header["Content-Encoding"] {
		for coding := range strings.SplitSeq(line, ",") {
			if coding = strings.TrimSpace(coding); coding != "" && !strings.EqualFold(coding, "identity") {
				codings = append(codings, coding)
			}
		}
	}
	return strings.Join(codings, ", ")
}

func isGzip(coding string) bool {
	return strings.EqualFold(coding, "gzip") || strings.EqualFold(coding, "x-gzip")
}

// inflated is what can be decompressed of the body of an error, or the body as
// it is if that is nothing.
func inflated(header http.Header, body []byte) []byte {
	if !isGzip(contentCoding(header)) {
		return body
	}
	reader, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return body
	}
	if data, _ := readAll(nil, reader, -1, errorBytesHeld); len(data) > 0 {
		return data
	}
	return body
}

// What is held of an error's body is a little more than what is kept: a key of
// up to 8 KiB, which redaction must see whole, may lie across the end.
const errorBytesHeld = ErrorBytesKept + 8<<10

// readError keeps the beginning of an error's body, and reads a little further
// so that the connection can be used again.
func readError(body io.Reader, size int64) ([]byte, error) {
	data, err := readAll(nil, body, size, errorBytesHeld)
	if err == nil && len(data) == errorBytesHeld {
		_, err = io.CopyN(io.Discard, body, errorBytesRead-errorBytesHeld)
		if errors.Is(err, io.EOF) {
			err = nil
		}
	}
	return data, err
}

// readAll reads at most limit bytes into data, which is empty. The size that the
// server announced saves growing; a server that lies gets no more than a
// megabyte for it.
func readAll(data []byte, body io.Reader, size, limit int64) ([]byte, error) {
	if size < 0 { // not announced
		size = 1 << 10
	}
	data = slices.Grow(data, int(min(size, limit, 1<<20)+1)) // one more, for the end to be seen
	for {
		n, err := body.Read(data[len(data):min(int64(cap(data)), limit)])
		data = data[:len(data)+n]
		switch {
		case err == io.EOF, int64(len(data)) >= limit:
			return data, nil
		case err != nil:
			return data, err
		case len(data) == cap(data):
			data = slices.Grow(data, len(data))
		}
	}
}

// bodies are read into memory that later calls use again, for what is made of a
// success is made of copies.
var bodies = sync.Pool{New: func() any { return new([]byte) }}

// maxPooled is the largest memory that is kept for later.
const maxPooled = 1 << 20

// borrow returns the memory for the body of a success. A further attempt uses
// that of the one before, of which nothing is left.
func (c *call) borrow() []byte {
	if c.memory == nil {
		c.memory = bodies.Get().(*[]byte)
	}
	return (*c.memory)[:0]
}

// Release gives the memory of a success's body back. The body must not be used
// any more, nor a piece of it.
func (r Result) Release() {
	if r.memory != nil && r.Answer.StatusCode/100 == 2 && cap(r.Answer.Body) <= maxPooled {
		*r.memory = r.Answer.Body
		bodies.Put(r.memory)
	}
}

func closeBody(body io.Closer) {
	if body != nil {
		_ = body.Close()
	}
}

// connTrace notices whether a connection was ever had for a request: without
// one, nothing was sent. A RoundTripper that does not report to httptrace
// proves nothing.
type connTrace struct{ asked, got, http2 atomic.Bool }

func (t *connTrace) with(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { t.asked.Store(true) },
		GotConn: func(info httptrace.GotConnInfo) {
			t.got.Store(true)
			if conn, ok := info.Conn.(*tls.Conn); ok && conn.ConnectionState().NegotiatedProtocol == "h2" {
				t.http2.Store(true)
			}
		},
	})
}

func (t *connTrace) unsent() bool { return t != nil && t.asked.Load() && !t.got.Load() }
