package freddy

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aitronos/freddy-go/internal/redact"
	"github.com/aitronos/freddy-go/internal/transport"
)

// Sentinel errors, for errors.Is. An *APIError matches the sentinel of its HTTP
// status, whatever its body says. Other statuses, such as 3xx, 405 and 410, match
// none. A test can build one: &APIError{StatusCode: 404} matches ErrNotFound.
var (
	ErrBadRequest       = errors.New("freddy: bad request")       // 400, 422
	ErrUnauthenticated  = errors.New("freddy: unauthenticated")   // 401
	ErrPermissionDenied = errors.New("freddy: permission denied") // 403
	ErrNotFound         = errors.New("freddy: not found")         // 404
	ErrConflict         = errors.New("freddy: conflict")          // 409
	ErrRateLimited      = errors.New("freddy: rate limited")      // 429
	ErrServer           = errors.New("freddy: server error")      // 5xx

	// ErrInvalidArgument is matched by *ArgumentError: nothing was sent.
	ErrInvalidArgument = errors.New("freddy: invalid argument")

	// ErrNotConnected is matched by *NotConnectedError.
	ErrNotConnected = errors.New("freddy: not connected")

	// ErrResponseTooLarge is matched by the *DecodeError of a body over the limit
	// of WithMaxResponseBytes.
	ErrResponseTooLarge = errors.New("the response body is larger than the limit of WithMaxResponseBytes")
)

// Codes that the API documents, for [HasCode]. The API documentation lists more.
const (
	CodeConnectorNotFound       = "connector_not_found"
	CodeConfigurationNotFound   = "configuration_not_found"
	CodeInvalidAPIKey           = "invalid_api_key"
	CodeInsufficientPermissions = "insufficient_permissions"
)

// HasCode reports whether err wraps an *APIError with one of the codes. It ignores
// case: the API spells one code invalid_api_key and INVALID_API_KEY.
func HasCode(err error, codes ...string) bool {
	e, ok := err.(*APIError) //nolint:errorlint // unwrapped below
	if ok {
		return e.Code != "" && slices.ContainsFunc(codes, func(code string) bool { return strings.EqualFold(e.Code, code) })
	}
	return slices.ContainsFunc(unwrap(err), func(err error) bool { return HasCode(err, codes...) })
}

// MayHaveSucceeded reports whether the call that returned err may have been
// processed although it failed. It is true for a *TransportError with Ambiguous, a
// *DecodeError, and an *APIError with Ambiguous or with status 408 or 5xx. It is
// false for nil, and for the methods that only read: GET, HEAD and OPTIONS. Of errors
// that errors.Join has joined, it is enough if it is true for one.
//
// If it is true after Create, check whether the object exists before creating it
// again. A request that timed out may still be processed after that.
func MayHaveSucceeded(err error) bool {
	switch e := err.(type) { //nolint:errorlint // unwrapped below
	case *TransportError:
		return e.Ambiguous
	case *DecodeError:
		return !transport.ReadOnly(e.Method)
	case *APIError:
		return e.Ambiguous || transport.Inconclusive(e.StatusCode) && !transport.ReadOnly(e.Method)
	}
	return slices.ContainsFunc(unwrap(err), MayHaveSucceeded)
}

// unwrap returns the errors that err wraps.
func unwrap(err error) []error {
	switch e := err.(type) { //nolint:errorlint // one level
	case interface{ Unwrap() error }:
		return []error{e.Unwrap()}
	case interface{ Unwrap() []error }:
		return e.Unwrap()
	}
	return nil
}

// ArgumentError reports an invalid argument: nothing was sent. It matches
// [ErrInvalidArgument]. Its message never quotes the value, which may be a key in the
// wrong place.
type ArgumentError struct {
	Argument string // the parameter, field or option: "id", "Limit", "WithBaseURL"
	Reason   string // what is wrong with it: "must not be negative"
}

// Error returns one line of at most 1 KiB.
func (e *ArgumentError) Error() string {
	return redact.SingleLine("freddy: "+e.Argument+" "+e.Reason, maxErrorText)
}

// Is reports whether target is ErrInvalidArgument.
func (e *ArgumentError) Is(target error) bool { return target == ErrInvalidArgument }

// TransportError reports that no complete response was received: the network
// failed, a timeout expired, the response was cut off, the caller's context ended,
// or a key source or limiter failed.
//
// If the caller's context ended the call, the error matches ctx.Err() and
// context.Cause(ctx). It matches context.DeadlineExceeded in no other case. It
// matches no sentinel of an HTTP status: what earlier attempts got is in Previous
// only.
type TransportError struct {
	Method   string
	Path     string // as requested, without the query
	Attempts int    // calls of the RoundTripper; 0: nothing was sent

	// StatusCode and RequestID describe the response that was cut off. They are
	// zero if there was none.
	StatusCode int
	RequestID  string

	// Ambiguous is true if the server may have processed the request. It is false
	// for GET, HEAD and OPTIONS, which only read.
	Ambiguous bool

	// Decision is why there was no further attempt.
	Decision RetryDecision

	// Previous is the last error response of an earlier attempt, or nil. Its Attempts
	// and Decision are those of the call. errors.Is and errors.As do not reach it.
	Previous *APIError

	// Err is the cause, without the key and the query. The cause of an attempt's
	// timeout implements net.Error.
	Err error
}

// Error returns one line of at most 1 KiB, which ends with the cause.
func (e *TransportError) Error() string {
	var b strings.Builder
	b.WriteString(where(e.Method, e.Path))
	switch {
	case e.Attempts == 0:
		b.WriteString(": nothing was sent")
	case e.StatusCode != 0:
		fmt.Fprintf(&b, ": incomplete response %d", e.StatusCode)
	default:
		b.WriteString(": no response")
	}
	b.WriteString(attempts(e.Attempts) + requestID(e.RequestID) + decision(e.Decision))
	if e.Ambiguous {
		b.WriteString(", the request may have been processed")
	}
	if e.Err != nil {
		b.WriteString(": " + redact.SingleLine(e.Err.Error(), maxCauseText))
	}
	return redact.SingleLine(b.String(), maxErrorText)
}

// Timeout reports whether a timeout ended the call: that of an attempt or of
// connecting, the caller's deadline, or one of the key source.
func (e *TransportError) Timeout() bool {
	var timeout interface{ Timeout() bool }
	return errors.As(e.Err, &timeout) && timeout.Timeout()
}

// Unwrap returns Err.
func (e *TransportError) Unwrap() error { return e.Err }

// APIError reports an error response: a final status outside 2xx, or a 2xx whose
// body says "success": false. It matches the sentinel of its status. A 2xx matches
// none; use [HasCode].
//
// The fields are filled from the body, whichever of the documented forms it has.
// If it has another form, or there is none, the status remains.
type APIError struct {
	Method        string
	Path          string // as requested, without the query
	StatusCode    int
	RequestID     string // quote it to support
	Attempts      int    // calls of the RoundTripper
	Type          string // not_found_error; differs between versions of the API
	Code          string // connector_not_found; HasCode compares it
	Message       string // for end users; the status text if the body has none
	SystemMessage string // for logs
	TraceID       string
	Fields        []FieldError    // invalid fields of the request, if the server names them
	Details       json.RawMessage // as the server sent them
	RetryAfter    time.Duration   // how long the server asks to wait; 0: absent
	RateLimit     *RateLimit      // nil: the server sent none

	// Ambiguous is true if the server may have processed an earlier attempt. It is
	// false for GET, HEAD and OPTIONS, which only read.
	Ambiguous bool

	// Decision is why there was no further attempt.
	Decision RetryDecision

	Header http.Header // of the response
	Body   []byte      // of the response, at most the first 64 KiB
}

// Error returns one line of at most 1 KiB.
func (e *APIError) Error() string {
	var b strings.Builder
	b.WriteString(where(e.Method, e.Path))
	fmt.Fprintf(&b, ": %d", e.StatusCode)
	status := http.StatusText(e.StatusCode)
	switch {
	case e.Code != "":
		b.WriteString(" " + redact.SingleLine(e.Code, maxNameText))
	case status != "":
		b.WriteString(" " + status)
	}
	if e.Message != "" && e.Message != status {
		b.WriteString(": " + redact.SingleLine(e.Message, maxCauseText))
	}
	b.WriteString(location(e.Header.Get("Location")))
	b.WriteString(requestID(e.RequestID) + attempts(e.Attempts) + decision(e.Decision))
	return redact.SingleLine(b.String(), maxErrorText)
}

// Is reports whether target is the sentinel of the status.
func (e *APIError) Is(target error) bool {
	switch e.StatusCode {
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		return target == ErrBadRequest
	case http.StatusUnauthorized:
		return target == ErrUnauthenticated
	case http.StatusForbidden:
		return target == ErrPermissionDenied
	case http.StatusNotFound:
		return target == ErrNotFound
	case http.StatusConflict:
		return target == ErrConflict
	case http.StatusTooManyRequests:
		return target == ErrRateLimited
	}
	return e.StatusCode/100 == 5 && target == ErrServer
}

// DecodeError reports a 2xx response that is not as documented: it is not JSON, a
// member is missing or has a wrong type, the Content-Encoding is unsupported, or
// the body is larger than the limit ([ErrResponseTooLarge]). The call may have had
// its effect. It is never retried.
type DecodeError struct {
	Method      string
	Path        string // as requested, without the query
	StatusCode  int
	RequestID   string
	Attempts    int // calls of the RoundTripper
	ContentType string
	Field       string // JSON pointer of the invalid member; empty: the whole body
	Snippet     string // beginning of the body, at most 200 bytes; empty if the response has a secret
	Err         error  // what is wrong; it quotes no value
}

// Error returns one line of at most 1 KiB.
func (e *DecodeError) Error() string {
	var b strings.Builder
	b.WriteString(where(e.Method, e.Path))
	fmt.Fprintf(&b, ": %d", e.StatusCode)
	if e.ContentType != "" {
		b.WriteString(" " + redact.SingleLine(e.ContentType, maxNameText))
	}
	b.WriteString(requestID(e.RequestID) + attempts(e.Attempts))
	if !errors.Is(e.Err, ErrResponseTooLarge) {
		b.WriteString(": unexpected response body")
	}
	if e.Err != nil {
		b.WriteString(": " + redact.SingleLine(e.Err.Error(), maxCauseText))
	}
	return redact.SingleLine(b.String(), maxErrorText)
}

// Unwrap returns Err.
func (e *DecodeError) Unwrap() error { return e.Err }

// NotConnectedError reports that [ConnectionsService.Wait] ended without a connection:
// the context ended, or 10 minutes passed. It matches [ErrNotConnected], and what Err
// matches.
type NotConnectedError struct {
	ToolKey string
	Polls   int // requests for the list
	Waited  time.Duration
	Last    error // of the last poll that failed; errors.Is and errors.As do not reach it
	Err     error // of the context; nil if Wait ended after 10 minutes
}

// Error returns one line of at most 1 KiB.
func (e *NotConnectedError) Error() string {
	text := fmt.Sprintf("freddy: %s is not connected after %s and %d polls", redact.SingleLine(e.ToolKey, maxNameText), e.Waited.Round(time.Millisecond), e.Polls)
	if e.Err != nil {
		text += ": " + redact.SingleLine(e.Err.Error(), maxCauseText)
	}
	if e.Last != nil {
		text += "; the last failed poll: " + redact.SingleLine(e.Last.Error(), maxCauseText)
	}
	return redact.SingleLine(text, maxErrorText)
}

// Is reports whether target is ErrNotConnected.
func (e *NotConnectedError) Is(target error) bool { return target == ErrNotConnected }

// Unwrap returns Err.
func (e *NotConnectedError) Unwrap() error { return e.Err }

// FieldError reports one invalid field of a request.
type FieldError struct {
	Field   string // JSON pointer (/credentials/0, /email); a query or path parameter by its bare name; empty: the whole request
	Message string // for people
	Code    string // the server's
}

// Limits of the parts of an error's message, in bytes: it is one line of a log,
// whatever a server sends.
const (
	maxErrorText = 1024
	maxCauseText = 512
	maxPathText  = 200
	maxNameText  = 100
)

// where is the beginning of every message: what was requested.
func where(method, path string) string {
	return "freddy: " + redact.SingleLine(method, maxNameText) + " " + redact.SingleLine(path, maxPathText)
}

func requestID(id string) string {
	if id == "" {
		return ""
	}
	return ", request id " + redact.SingleLine(id, maxNameText)
}

func attempts(n int) string {
	if n <= 1 {
		return ""
	}
	return fmt.Sprintf(", %d attempts", n)
}

// decision says why there was no further attempt, if that is not obvious.
func decision(d RetryDecision) string {
	switch d {
	case RetryBudgetExhausted, RetryAfterTooLong, RetryDeadline:
		return ", " + string(d)
	}
	return ""
}

// location names the target of a redirect by scheme and host alone. The rest may
// contain anything.
func location(location string) string {
	u, err := url.Parse(location)
	if err != nil || u.Host == "" {
		return ""
	}
	return ", to " + redact.SingleLine((&url.URL{Scheme: u.Scheme, Host: u.Host}).String(), maxNameText)
}
