package freddy

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aitronos/freddy-go/internal/redact"
)

// The classes of errors, for errors.Is. An *APIError belongs to the class of
// its HTTP status, whatever its body says; other statuses, such as 3xx, 405 and
// 410, belong to none. One that a test makes, &APIError{StatusCode: 404}, matches
// ErrNotFound.
var (
	ErrBadRequest       = errors.New("freddy: bad request")       // 400, 422
	ErrUnauthenticated  = errors.New("freddy: unauthenticated")   // 401
	ErrPermissionDenied = errors.New("freddy: permission denied") // 403
	ErrNotFound         = errors.New("freddy: not found")         // 404
	ErrConflict         = errors.New("freddy: conflict")          // 409
	ErrRateLimited      = errors.New("freddy: rate limited")      // 429
	ErrServer           = errors.New("freddy: server error")      // 5xx

	// ErrInvalidArgument is the class of *ArgumentError and *ValidationError:
	// nothing was sent.
	ErrInvalidArgument = errors.New("freddy: invalid argument")

	// ErrResponseTooLarge is inside the *DecodeError of a body over the limit
	// of WithMaxResponseBytes.
	ErrResponseTooLarge = errors.New("the response is larger than the limit")
)

// Codes that the API documents, for APIError.HasCode. Its pages list more.
//
// Source: the error sections of the pages "Retrieve personal connector" and
// "Delete configuration".
const (
	CodeConnectorNotFound       = "connector_not_found"
	CodeConfigurationNotFound   = "configuration_not_found"
	CodeInvalidAPIKey           = "invalid_api_key"
	CodeInsufficientPermissions = "insufficient_permissions"
)

// ArgumentError says that a call was refused before anything was sent: the
// caller has to change it. errors.Is matches ErrInvalidArgument.
//
// Its text never quotes the value, which may be a key in the wrong place.
type ArgumentError struct {
	Argument string // the parameter, field or option: "id", "Limit", "WithBaseURL"
	Reason   string // reads on from it: "must be 1 to 100"
}

// Error returns one line of at most 1 KiB.
func (e *ArgumentError) Error() string {
	return redact.Line("freddy: "+e.Argument+" "+e.Reason, maxErrorText)
}

// Is reports whether target is ErrInvalidArgument.
func (e *ArgumentError) Is(target error) bool { return target == ErrInvalidArgument }

// TransportError says that no complete answer arrived: the network failed, a
// time limit passed, the answer was cut off, or the caller's context ended.
//
// Where the caller's context ended the call, errors.Is matches ctx.Err() and
// context.Cause(ctx); it matches context.DeadlineExceeded in no other case.
// Where the server had refused an earlier attempt, errors.As finds that
// *APIError, too, and errors.Is matches its class.
type TransportError struct {
	Method   string
	Path     string // as requested, without the query
	Attempts int    // calls of the RoundTripper; 0: the context had ended, or there was no key

	// StatusCode and RequestID are those of the answer that broke off; zero if
	// none had begun.
	StatusCode int
	RequestID  string

	// Ambiguous is true where the server may have processed the request. After
	// a call that is not safe to repeat, look what is there before trying
	// again; false means that it is safe.
	Ambiguous bool

	Err error // what happened, without the key and the query
}

// Error returns one line of at most 1 KiB that ends with the cause.
func (e *TransportError) Error() string {
	var b strings.Builder
	b.WriteString(where(e.Method, e.Path))
	b.WriteString(": no complete answer")
	if e.StatusCode != 0 {
		fmt.Fprintf(&b, " (%d had begun)", e.StatusCode)
	}
	b.WriteString(attempts(e.Attempts))
	b.WriteString(requestID(e.RequestID))
	if e.Ambiguous && !safe(e.Method) {
		b.WriteString(", the request may have been processed")
	}
	if e.Err != nil {
		b.WriteString(": " + redact.Line(e.Err.Error(), maxCauseText))
	}
	return redact.Line(b.String(), maxErrorText)
}

// Timeout reports whether a time limit ended the call: that of an attempt or of
// connecting, the caller's deadline, or one of the source of keys.
func (e *TransportError) Timeout() bool {
	var limit interface{ Timeout() bool }
	return errors.As(e.Err, &limit) && limit.Timeout()
}

// Unwrap returns Err.
func (e *TransportError) Unwrap() error { return e.Err }

// LogValue returns the error as a group of its fields.
func (e *TransportError) LogValue() slog.Value {
	cause := ""
	if e.Err != nil {
		cause = redact.Line(e.Err.Error(), maxCauseText)
	}
	return group(e.Method, e.Path, e.StatusCode, e.RequestID, e.Attempts,
		slog.Bool("ambiguous", e.Ambiguous), slog.String("cause", cause))
}

// APIError says that the server refused: any final status outside 2xx, and a
// 2xx whose body says "success": false. errors.Is matches the class of the
// status. A refusal inside a 2xx matches no class: its status says success;
// tell it by HasCode.
//
// The body's members are filled from whichever of the API's four documented
// forms it has; of a body of another form, or none, the status survives.
//
// Source: the page "Errors".
type APIError struct {
	Method        string
	Path          string // as requested, without the query
	StatusCode    int
	RequestID     string // quote it to support
	Attempts      int    // calls of the RoundTripper
	Type          string // not_found_error; differs between the API's generations
	Code          string // connector_not_found; for comparing see HasCode
	Message       string // fit for end users; the status text where the body has none
	SystemMessage string // for logs
	TraceID       string
	Fields        []FieldError    // the faults of single fields, where the server names them
	Details       json.RawMessage // as the server sent them
	RetryAfter    time.Duration   // what the server asked to wait; 0: nothing, or nothing that makes sense
	Header        http.Header     // of the response
	Body          []byte          // of the response, at most its first 64 KiB
}

// Error returns one line of at most 1 KiB.
func (e *APIError) Error() string {
	var b strings.Builder
	b.WriteString(where(e.Method, e.Path))
	fmt.Fprintf(&b, ": %d", e.StatusCode)
	status := http.StatusText(e.StatusCode)
	switch {
	case e.Code != "":
		b.WriteString(" " + redact.Line(e.Code, maxNameText))
	case status != "":
		b.WriteString(" " + status)
	}
	if e.Message != "" && e.Message != status {
		b.WriteString(": " + redact.Line(e.Message, maxCauseText))
	}
	b.WriteString(target(e.Header.Get("Location")))
	b.WriteString(requestID(e.RequestID))
	b.WriteString(attempts(e.Attempts))
	return redact.Line(b.String(), maxErrorText)
}

// Is reports whether target is the class of the status.
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

// HasCode reports whether the error has the code. It ignores case, for the API
// spells one code invalid_api_key and INVALID_API_KEY.
func (e *APIError) HasCode(code string) bool {
	return e.Code != "" && strings.EqualFold(e.Code, code)
}

// LogValue returns the error as a group of its fields, without header and body.
func (e *APIError) LogValue() slog.Value {
	return group(e.Method, e.Path, e.StatusCode, e.RequestID, e.Attempts,
		slog.String("type", redact.Line(e.Type, maxNameText)),
		slog.String("code", redact.Line(e.Code, maxNameText)),
		slog.String("message", redact.Line(e.Message, maxCauseText)),
		slog.String("trace_id", redact.Line(e.TraceID, maxNameText)))
}

// DecodeError says that a 2xx answer is not what is documented: not JSON, a
// member of a wrong type, something missing, a Content-Encoding that is not
// understood, or more than the limit (errors.Is ErrResponseTooLarge). The call
// may have had its effect. It is never retried.
type DecodeError struct {
	Method      string
	Path        string // as requested, without the query
	StatusCode  int
	RequestID   string
	Attempts    int // calls of the RoundTripper
	ContentType string
	Field       string // JSON pointer of the member that is wrong; empty: the whole
	Snippet     string // the beginning of the body, at most 200 bytes
	Err         error  // what is wrong; it quotes no value
}

// Error returns one line of at most 1 KiB.
func (e *DecodeError) Error() string {
	var b strings.Builder
	b.WriteString(where(e.Method, e.Path))
	fmt.Fprintf(&b, ": %d", e.StatusCode)
	if e.ContentType != "" {
		b.WriteString(" " + redact.Line(e.ContentType, maxNameText))
	}
	b.WriteString(", but the answer is not as documented")
	b.WriteString(requestID(e.RequestID))
	b.WriteString(attempts(e.Attempts))
	if e.Err != nil {
		b.WriteString(": " + redact.Line(e.Err.Error(), maxCauseText))
	}
	return redact.Line(b.String(), maxErrorText)
}

// Unwrap returns Err.
func (e *DecodeError) Unwrap() error { return e.Err }

// LogValue returns the error as a group of its fields, without the snippet.
func (e *DecodeError) LogValue() slog.Value {
	cause := ""
	if e.Err != nil {
		cause = redact.Line(e.Err.Error(), maxCauseText)
	}
	return group(e.Method, e.Path, e.StatusCode, e.RequestID, e.Attempts,
		slog.String("content_type", redact.Line(e.ContentType, maxNameText)),
		slog.String("field", redact.Line(e.Field, maxNameText)),
		slog.String("cause", cause))
}

// ValidationError says that a value does not satisfy a schema. errors.Is
// matches ErrInvalidArgument.
type ValidationError struct {
	Fields []FieldError // every fault, by pointer; Code is the JSON Schema keyword
}

// Error returns one line of at most 1 KiB, with the first faults and the number
// of the others.
func (e *ValidationError) Error() string {
	const most = 3
	var b strings.Builder
	b.WriteString("freddy: invalid value")
	for i, f := range e.Fields {
		if i == most {
			fmt.Fprintf(&b, "; and %d more", len(e.Fields)-most)
			break
		}
		b.WriteString([]string{": ", "; "}[min(i, 1)] + redact.Line(f.Message, maxPathText))
	}
	return redact.Line(b.String(), maxErrorText)
}

// Is reports whether target is ErrInvalidArgument.
func (e *ValidationError) Is(target error) bool { return target == ErrInvalidArgument }

// FieldError is one fault of one field.
type FieldError struct {
	Field   string // JSON pointer (/credentials/0, /email); a query or path parameter by its bare name; empty: the whole
	Message string // for people; that of a ValidationError begins with the field: "branch: must be a string"
	Code    string // the server's, or the JSON Schema keyword
}

// What an error's text may take, in bytes: a line for a log, whatever a server
// puts into its parts.
const (
	maxErrorText = 1024
	maxCauseText = 512
	maxPathText  = 200
	maxNameText  = 100
)

// where begins every text: what was asked.
func where(method, path string) string {
	return "freddy: " + redact.Line(method, maxNameText) + " " + redact.Line(path, maxPathText)
}

func requestID(id string) string {
	if id == "" {
		return ""
	}
	return ", request id " + redact.Line(id, maxNameText)
}

func attempts(n int) string {
	if n <= 1 {
		return ""
	}
	return fmt.Sprintf(", %d attempts", n)
}

// target names the place that a redirect points to by scheme and host alone:
// the rest may hold anything.
func target(location string) string {
	u, err := url.Parse(location)
	if err != nil || u.Host == "" {
		return ""
	}
	return ", to " + redact.Line((&url.URL{Scheme: u.Scheme, Host: u.Host}).String(), maxNameText)
}

// safe reports whether a method asks for no change (RFC 9110, section 9.2.1).
func safe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// group is what every error logs, and more.
func group(method, path string, status int, requestID string, attempts int, more ...slog.Attr) slog.Value {
	attrs := []slog.Attr{
		slog.String("method", redact.Line(method, maxNameText)),
		slog.String("path", redact.Line(path, maxPathText)),
		slog.Int("status", status),
		slog.String("request_id", redact.Line(requestID, maxNameText)),
		slog.Int("attempts", attempts),
	}
	return slog.GroupValue(append(attrs, more...)...)
}
