package freddy

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aitronos/freddy-go/internal/redact"
	"github.com/aitronos/freddy-go/internal/transport"
	"github.com/aitronos/freddy-go/internal/wire"
)

// This file makes the error of a call from how it ended. Everything that comes
// from outside is redacted here, and nowhere after it.

// maxIDBytes bounds what a header or a body may put into RequestID and TraceID.
const maxIDBytes = 4 << 10

// clip cuts s to at most limit bytes. What is no UTF-8, such as a character that
// is cut in half, becomes a question mark, which is no longer than it.
func clip(s string, limit int) string { return strings.ToValidUTF8(s[:min(len(s), limit)], "?") }

// redactJSON redacts a JSON value. Where that breaks it, because the secret was
// escaped, a string is made of it.
func redactJSON(r *redact.Redactor, raw json.RawMessage) json.RawMessage {
	clean := r.Bytes(raw)
	if raw != nil && !json.Valid(clean) {
		clean, _ = json.Marshal(string(clean)) // no string fails
	}
	return clean
}

// clipBytes cuts the body of an error, and does not keep the rest alive.
func clipBytes(body []byte) []byte {
	if len(body) <= transport.ErrorBytesKept {
		return body
	}
	return bytes.Clone(body[:transport.ErrorBytesKept])
}

// failure returns the error of a call that has no usable answer, or nil. From
// here on nothing holds the key: every text and field goes through redaction.
func (c *call) failure(ctx context.Context, result transport.Result) error {
	switch status := result.Answer.StatusCode; {
	case result.ContextEnded:
		return c.transportError(result, c.contextCause(ctx, result))
	case result.Err != nil:
		return c.incomplete(result)
	case status/100 == 2:
		return nil
	case status == http.StatusNotFound && c.Method == http.MethodDelete && result.Repeated:
		return nil // an earlier attempt has deleted it
	}
	return c.apiError(result, result.Answer)
}

// incomplete is the error of an answer that did not come, or not to its end.
func (c *call) incomplete(result transport.Result) error {
	var encoding *transport.EncodingError
	switch {
	case errors.Is(result.Err, transport.ErrTooLarge):
		return c.decodeError(result, ErrResponseTooLarge)
	case errors.As(result.Err, &encoding):
		return c.decodeError(result, result.Err)
	}
	return c.transportError(result, c.faultCause(result))
}

// unauthorized is the error of a call that has no key.
func (c *call) unauthorized(ctx context.Context, err error) error {
	failed, ok := err.(*sourceError) //nolint:errorlint // what it wraps is not looked at
	switch {
	case !ok:
		return err // an *ArgumentError
	case ctx.Err() != nil:
		return c.transportError(transport.Result{}, c.contextCause(ctx, transport.Result{Err: failed.error}))
	}
	return c.transportError(transport.Result{}, c.fault(failed.error))
}

func (c *call) transportError(result transport.Result, cause error) error {
	return &TransportError{
		Method: c.redactor.String(c.Method), Path: c.path(), Attempts: result.Attempts,
		StatusCode: result.Answer.StatusCode,
		RequestID:  c.requestID(result.Answer.Header),
		Ambiguous:  result.Ambiguous,
		Err:        cause,
	}
}

// contextCause is the error of a call that the caller's context ended. net/http
// passes on only the context's cause.
func (c *call) contextCause(ctx context.Context, result transport.Result) error {
	ended := ctx.Err()
	if ended == nil { // the deadline has passed, its timer is yet to fire
		ended = context.DeadlineExceeded
	}
	text, behind := ended.Error(), []error{ended}
	if cause := context.Cause(ctx); cause != nil && !errors.Is(ended, cause) {
		text, behind = text+": "+cause.Error(), append(behind, cause)
	}
	if result.Refusal.StatusCode != 0 {
		behind = append(behind, c.apiError(result, result.Refusal))
	}
	if result.Err != nil {
		behind = append(behind, c.fault(result.Err))
	}
	return c.redactor.Cause(text, nil, behind...)
}

// faultCause is the error of a call that met a fault in its last attempt.
func (c *call) faultCause(result transport.Result) error {
	fault := c.fault(result.Err)
	if result.Refusal.StatusCode == 0 {
		return fault
	}
	return c.redactor.Cause(fault.Error(), nil, fault, c.apiError(result, result.Refusal))
}

// fault hides the context errors behind a fault that the caller's context has
// no part in: net's own time limits call themselves context.DeadlineExceeded.
// Of a *url.Error only the reason is told, for its URL has the query.
func (c *call) fault(err error) error {
	var wrapped *url.Error
	text := err.Error()
	if errors.As(err, &wrapped) {
		text = wrapped.Err.Error()
	}
	if c.query != "" {
		text = strings.ReplaceAll(text, "?"+c.query, "?"+redact.Mark)
	}
	return c.redactor.Cause(text, []error{context.DeadlineExceeded, context.Canceled}, err)
}

// apiError is the error of an answer that says no.
func (c *call) apiError(result transport.Result, answer transport.Answer) *APIError {
	r := c.redactor
	// Redacted first and cut then: the end may lie in the middle of a key. What
	// is parsed has to stay JSON; what decoding reveals in it is redacted member
	// by member.
	body := r.Bytes(answer.Body)
	source := body
	if !bytes.Equal(body, answer.Body) {
		source = r.Plain(answer.Body)
	}
	problem := wire.ParseProblem(clipBytes(source))
	e := &APIError{
		Method:        r.String(c.Method),
		Path:          c.path(),
		StatusCode:    answer.StatusCode,
		RequestID:     c.requestID(answer.Header),
		Attempts:      result.Attempts,
		Type:          r.String(problem.Type),
		Code:          r.String(problem.Code),
		Message:       r.String(problem.Message),
		SystemMessage: r.String(problem.SystemMessage),
		TraceID:       clip(r.String(problem.TraceID), maxIDBytes),
		Details:       redactJSON(r, problem.Details),
		RetryAfter:    transport.RetryAfter(answer.Header, time.Now),
		Header:        r.Header(answer.Header),
		Body:          clipBytes(body),
	}
	if e.RequestID == "" {
		e.RequestID = clip(r.String(problem.RequestID), maxIDBytes)
	}
	if e.Message == "" {
		e.Message = http.StatusText(answer.StatusCode)
	}
	for _, f := range problem.Fields {
		e.Fields = append(e.Fields, FieldError{Field: r.String(f.Name), Message: r.String(f.Message), Code: r.String(f.Code)})
	}
	return e
}

// decodeError is the error of a 2xx answer that cannot be used.
func (c *call) decodeError(result transport.Result, err error) error {
	if errors.Is(err, wire.ErrUnsuccessful) {
		return c.apiError(result, result.Answer)
	}
	const maxSnippet = 200
	r := c.redactor
	e := &DecodeError{
		Method:      r.String(c.Method),
		Path:        c.path(),
		StatusCode:  result.Answer.StatusCode,
		RequestID:   c.requestID(result.Answer.Header),
		Attempts:    result.Attempts,
		ContentType: clip(r.String(result.Answer.Header.Get("Content-Type")), maxIDBytes),
		Err:         r.Cause(err.Error(), nil, err),
	}
	// The key may lie across the snippet's end, so it is replaced in more.
	body := result.Answer.Body
	e.Snippet = clip(r.String(string(body[:min(len(body), maxSnippet+maxKeyBytes)])), maxSnippet)
	var member *wire.Error
	if errors.As(err, &member) {
		e.Field = r.String(member.Pointer)
	}
	return e
}

func (c *call) requestID(header http.Header) string {
	return clip(c.redactor.String(header.Get("X-Request-Id")), maxIDBytes)
}

// whatFailed says why an attempt failed, in fixed words: the text of an error may
// quote what a server or a proxy sent. It is empty if the attempt did not fail.
func whatFailed(ctx context.Context, a transport.Attempt) string {
	var (
		limit  interface{ Timeout() bool }
		lookup *net.DNSError
		op     *net.OpError
		coding *transport.EncodingError
		cert   *tls.CertificateVerificationError
	)
	isOp := func(err error, names ...string) bool { return errors.As(err, &op) && slices.Contains(names, op.Op) }
	switch err := a.Err; {
	case err == nil && a.Answer.StatusCode/100 == 2:
		return ""
	case err == nil:
		return cmp.Or(http.StatusText(a.Answer.StatusCode), "refused")
	case errors.Is(ctx.Err(), context.Canceled): // err is the context's cause, which may be anything
		return "the caller gave up"
	case ctx.Err() != nil, errors.As(err, &limit) && limit.Timeout():
		return "time limit"
	case errors.As(err, &lookup) && lookup.IsNotFound:
		return "name not found"
	case isOp(err, "dial", "proxyconnect"):
		return "cannot connect"
	case errors.As(err, &cert):
		return "the certificate was refused"
	case isOp(err, "remote error"), errors.Is(err, http.ErrSchemeMismatch):
		return "TLS failed"
	case errors.Is(err, transport.ErrTooLarge), errors.As(err, &coding), errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum):
		return "the answer cannot be used"
	case a.Answer.StatusCode != 0:
		return "the answer was cut off"
	case errors.Is(err, io.EOF), isOp(err, "read", "write"):
		return "the connection broke"
	}
	return "no usable answer"
}
