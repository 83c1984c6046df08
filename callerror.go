package freddy

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/aitronos/freddy-go/internal/redact"
	"github.com/aitronos/freddy-go/internal/transport"
	"github.com/aitronos/freddy-go/internal/wire"
)

// This file makes the error of a call from its outcome, and redacts everything in it
// that comes from outside. Response and the results of hooks are redacted where they
// are made.

// failure returns the error of a call that has no 2xx response, or nil for a 404 that
// means success.
func (c *call) failure() error {
	failure, status := c.result.Failure, c.result.Response.StatusCode
	switch {
	case failure != nil && failure.Kind == transport.Unusable:
		return c.decodeError(failure.Err)
	case failure != nil:
		return c.transportError(c.failureCause(failure))
	case status == http.StatusNotFound && c.Method == http.MethodDelete && c.result.Ambiguous:
		return nil // an earlier attempt may have deleted it
	}
	return c.apiError(&c.result.Response)
}

// keyError returns the error of a call that has no key.
func (c *call) keyError(err error) error {
	failed, ok := err.(*keySourceError) //nolint:errorlint // what it wraps may be anything
	switch {
	case !ok:
		return err // an *ArgumentError
	case c.caller.Err() != nil:
		c.result.Decision = transport.Canceled
		return c.transportError(c.contextCause(failed.error))
	}
	return c.transportError(c.cause(failed.error))
}

func (c *call) transportError(cause error) error {
	e := &TransportError{
		Method:     c.method(),
		Path:       c.path(),
		StatusCode: c.result.Response.StatusCode,
		RequestID:  c.requestID(c.result.Response.Header),
		Attempts:   c.result.Number,
		Ambiguous:  c.result.Ambiguous,
		Decision:   RetryDecision(c.result.Decision),
		Err:        cause,
	}
	if c.result.Previous.StatusCode != 0 {
		e.Previous = c.apiError(&c.result.Previous)
	}
	return e
}

// failureCause returns the error behind a failed attempt.
func (c *call) failureCause(f *transport.Failure) error {
	if f.Kind == transport.Context {
		return c.contextCause(f.Err)
	}
	return c.cause(f.Err)
}

// contextCause returns the error of a call that the caller's context ended. err is
// the error of the attempt, or nil.
func (c *call) contextCause(err error) error {
	ended := c.caller.Err()
	if ended == nil { // the deadline has passed, but its timer has not fired
		ended = context.DeadlineExceeded
	}
	message, behind := ended.Error(), []error{ended}
	if cause := context.Cause(c.caller); cause != nil && !errors.Is(ended, cause) {
		message, behind = message+": "+cause.Error(), append(behind, cause)
	}
	if err != nil {
		behind = append(behind, c.cause(err))
	}
	return c.redactor.Cause(message, nil, behind...)
}

// cause returns the error behind a failure in which the caller's context has no
// part. It hides context errors: net's own timeouts call themselves
// context.DeadlineExceeded. Of a *url.Error it shows only the reason, because its
// URL has the query.
func (c *call) cause(err error) error {
	message := err.Error()
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		message = wrapped.Err.Error()
	}
	if query := c.URL.RawQuery; query != "" {
		message = strings.ReplaceAll(message, "?"+query, "?"+redact.Redacted)
	}
	return c.redactor.Cause(message, []error{context.DeadlineExceeded, context.Canceled}, err)
}

// apiError returns the error of an error response.
func (c *call) apiError(response *transport.Response) *APIError {
	if c.request.secret && response.Success() { // everything in it may be the result
		response = &transport.Response{StatusCode: response.StatusCode, Header: response.Header}
	}
	r, received := c.redactor, response.Body
	if response.Incomplete { // its last string may end with the beginning of a secret
		received = r.CutEnd(received)
	}
	body := r.Bytes(received)
	if bytes.Equal(body, received) && bytes.IndexByte(body, '\\') < 0 {
		r = nil // without escapes, the members of a clean body are clean
	}
	problem := wire.ParseErrorBody(received)
	e := &APIError{
		Method:        c.method(),
		Path:          c.path(),
		StatusCode:    response.StatusCode,
		RequestID:     c.requestID(response.Header),
		Attempts:      c.result.Number,
		Type:          r.Name(problem.Type),
		Code:          r.Name(problem.Code),
		Message:       r.String(problem.Message),
		SystemMessage: r.String(problem.SystemMessage),
		TraceID:       clip(r.Name(problem.TraceID), maxIDBytes),
		Details:       redactJSON(r, problem.Details),
		RetryAfter:    transport.RetryAfter(response.Header),
		Ambiguous:     c.result.Ambiguous && c.result.Failure == nil,
		Decision:      RetryDecision(c.result.Decision),
		Header:        c.redactor.Header(response.Header),
		Body:          body,
	}
	e.RateLimit = rateLimit(e.Header)
	if e.RequestID == "" {
		e.RequestID = clip(r.Name(problem.RequestID), maxIDBytes)
	}
	if e.Message == "" {
		e.Message = http.StatusText(response.StatusCode)
	}
	for _, f := range problem.Fields {
		e.Fields = append(e.Fields, FieldError{Field: r.Name(f.Name), Message: r.String(f.Message), Code: r.Name(f.Code)})
	}
	if c.request.secret {
		e.removeResult()
	}
	return e
}

// removeResult removes what may quote the result of a call whose result is secret: a
// URL with a state.
func (e *APIError) removeResult() {
	e.Header, e.Body, e.Details = withoutLocation(e.Header), nil, nil
	for _, message := range []*string{&e.Message, &e.SystemMessage} {
		if strings.Contains(*message, "://") {
			*message = http.StatusText(e.StatusCode)
		}
	}
}

func withoutLocation(header http.Header) http.Header {
	header = header.Clone()
	header.Del("Location")
	return header
}

// redactJSON redacts a JSON value. If that breaks it, it returns a JSON string.
func redactJSON(r *redact.Redactor, raw json.RawMessage) json.RawMessage {
	clean := r.Bytes(raw)
	if raw != nil && !json.Valid(clean) {
		clean, _ = json.Marshal(string(clean)) // a string never fails
	}
	return clean
}

// decodeError returns the error of a 2xx response that cannot be used.
func (c *call) decodeError(err error) error {
	response := &c.result.Response
	switch {
	case errors.Is(err, wire.ErrUnsuccessful):
		return c.apiError(response)
	case errors.Is(err, wire.ErrCanceled):
		c.result.Decision = transport.Canceled
		c.result.Ambiguous = c.result.Ambiguous || !transport.ReadOnly(c.Method)
		return c.transportError(c.contextCause(nil))
	}
	if errors.Is(err, transport.ErrTooLarge) {
		err = ErrResponseTooLarge
	}
	e := &DecodeError{
		Method:      c.method(),
		Path:        c.path(),
		StatusCode:  response.StatusCode,
		RequestID:   c.requestID(response.Header),
		Attempts:    c.result.Number,
		ContentType: clip(c.redactor.String(response.Header.Get("Content-Type")), maxIDBytes),
		Err:         c.redactor.Cause(err.Error(), nil, err),
	}
	if !c.request.secret {
		e.Snippet = c.snippet(response.Body)
	}
	var member *wire.Error
	if errors.As(err, &member) {
		e.Field = c.redactor.Name(member.Pointer)
	}
	return e
}

// snippet returns the beginning of a body. A secret may span its end, so more
// of the body is redacted.
func (c *call) snippet(body []byte) string {
	const most = 200
	return clip(string(c.redactor.Cut(body[:min(len(body), most+maxKeyBytes)])), most)
}

// method returns the method as errors and hooks show it.
func (c *call) method() string {
	if idempotent(c.Method) || c.Method == http.MethodPost || c.Method == http.MethodPatch {
		return c.Method
	}
	return c.redactor.Name(c.Method)
}

// path returns the path as requested, without the query. Only the part that
// the caller supplied is redacted.
func (c *call) path() string {
	base := c.client.base.EscapedPath()
	before, rest, found := strings.Cut(c.request.route, "{")
	switch {
	case found:
		_, after, _ := strings.Cut(rest, "}")
		return base + before + c.redactor.Name(c.request.id) + after
	case before != "":
		return base + before
	}
	path, _, _ := strings.Cut(c.request.path, "?")
	return base + c.redactor.Name(path)
}

// maxIDBytes limits what a header or a body may put into RequestID and the like.
const maxIDBytes = 4 << 10

func (c *call) requestID(header http.Header) string {
	return clip(c.redactor.Name(header.Get("X-Request-Id")), maxIDBytes)
}

// clip cuts s to at most limit bytes. Each byte that is not UTF-8, such as a part
// of a character that was cut, becomes a question mark.
func clip(s string, limit int) string { return strings.ToValidUTF8(s[:min(len(s), limit)], "?") }
