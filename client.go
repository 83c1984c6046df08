package freddy

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"strings"

	"github.com/aitronos/freddy-go/internal/redact"
	"github.com/aitronos/freddy-go/internal/transport"
	"github.com/aitronos/freddy-go/internal/wire"
)

const (
	// Version is that of this module; it is part of the User-Agent.
	Version = "0.1.0"

	// DefaultBaseURL is where the API is, unless WithBaseURL says otherwise.
	//
	// Source: the page "Retrieve personal connector". Newer pages name
	// https://api.aitronos.com/v1.
	DefaultBaseURL = "https://api.freddy.aitronos.com/v1"
)

// A Client calls the API. It is immutable and safe for concurrent use; a
// program needs one for each key. A nil or zero Client answers every call with
// an *ArgumentError.
//
// A Client keeps its key in a closure: printing, logging, encoding or
// reflecting upon a Client does not show it.
type Client struct {
	transport *transport.Transport
	base      url.URL // without a trailing slash
	defaults  callSettings
	auth      authenticator
	logger    *slog.Logger
}

// NewClient returns a client for the API key. The key is empty when, and only
// when, WithKeySource is given. It must be visible ASCII, at most 8 KiB; what
// keys look like differs from page to page of the documentation, so nothing
// else is checked. Every error is an *ArgumentError; nothing is sent.
func NewClient(apiKey string, opts ...Option) (*Client, error) {
	s := defaultSettings()
	for i, opt := range opts {
		if opt == nil {
			return nil, nilOption(i)
		}
		if err := opt.applyClient(&s); err != nil {
			return nil, err
		}
	}
	base, err := parseBaseURL(s.baseURL, s.insecureHTTP)
	if err != nil {
		return nil, err
	}
	auth, err := authenticate(apiKey, s)
	if err != nil {
		return nil, err
	}
	header := http.Header{"Accept": {"application/json"}, "User-Agent": {userAgent(s.product)}}
	maps.Copy(header, s.call.header)
	authName, _ := s.authScheme.header()
	header[authName] = []string{""} // filled on the way out
	s.call.header = header
	return &Client{
		transport: transport.New(transport.Config{
			Client:           s.httpClient,
			Scheme:           base.Scheme,
			Host:             base.Host,
			BaseWait:         s.baseWait,
			MaxWait:          s.maxWait,
			MaxRetryAfter:    s.maxRetryAfter,
			MaxResponseBytes: s.maxResponseBytes,
		}),
		base:     base,
		defaults: s.call,
		auth:     auth,
		logger:   s.logger,
	}, nil
}

// Connectors gives access to the catalogue of connectors.
func (c *Client) Connectors() *ConnectorsService { return (*ConnectorsService)(c) }

// Configurations gives access to the user's configurations of connectors.
func (c *Client) Configurations() *ConfigurationsService { return (*ConfigurationsService)(c) }

// CloseIdleConnections closes the connections that are kept for further calls.
// Calls under way go on, and the client stays usable. With WithHTTPClient they
// are those of the lent Transport.
func (c *Client) CloseIdleConnections() {
	if c != nil && c.transport != nil {
		c.transport.CloseIdleConnections()
	}
}

// Do calls an endpoint that this package does not model yet, with the same
// authentication, retries (by method), limits and errors.
//
// The path is below the base URL, begins with a slash and may carry a query; it
// goes out as it is, so that escaping its segments is the caller's. in is the
// body: nil for none, a json.RawMessage as it is, or anything that
// encoding/json takes. out receives the answer: nil discards it,
// *json.RawMessage takes its bytes, anything else goes through encoding/json.
// An answer without a body is a *DecodeError unless out is nil.
func (c *Client) Do(ctx context.Context, method, path string, in, out any, opts ...CallOption) error {
	_, err := do[struct{}](ctx, c, request{
		method: method,
		raw:    true,
		route:  path,
		body:   in,
		decode: func(body []byte, _ any) error { return decodeInto(body, out) },
		check:  func() error { return checkOut(out) },
	}, opts)
	return err
}

// request is what a service method hands down.
type request struct {
	method     string
	route      string // with {connector_id} or the like in the id's place
	id         string // fills it
	params     querier
	body       any  // nil, a payload, or what encoding/json takes
	repeatable bool // although the method is not idempotent
	bodyless   bool // a success may have no body

	// Of Do alone: the route is the path and query as they are, and the result
	// is not a model.
	raw    bool
	check  func() error
	decode func(body []byte, out any) error
}

// A querier makes the query of a list from its parameters.
type querier interface {
	query() (url.Values, error)
}

// A payload is a body that has to be made first, of parameters that are checked;
// secrets are what no error may show of it.
type payload interface {
	payload() (body any, secrets []string, err error)
}

// do is the one way of every call: make it ready, send it, say what came.
func do[T any](ctx context.Context, client *Client, r request, opts []CallOption) (*T, error) {
	c, err := client.prepare(ctx, r, opts)
	if err != nil {
		return nil, err
	}
	result := client.transport.Do(ctx, &c.Request)
	c.report(result)
	if err := c.failure(ctx, result); err != nil {
		return nil, err
	}
	out := new(T)
	if result.Answer.StatusCode/100 != 2 { // a success all the same, which the body does not tell of
		return out, nil
	}
	err = r.read(result.Answer.Body, out)
	if err == nil && c.accept != nil {
		err = c.accept(out)
	}
	if err != nil {
		return nil, c.decodeError(result, err)
	}
	return out, nil
}

// call is a request made ready: checked, addressed, authenticated.
type call struct {
	transport.Request
	query     string           // as sent
	redactor  *redact.Redactor // of the key
	responses []*Response
	accept    func(body any) error
}

func (c *Client) prepare(ctx context.Context, r request, opts []CallOption) (*call, error) {
	settings, err := c.settings(opts)
	switch {
	case err != nil:
		return nil, err
	case c == nil || c.transport == nil:
		return nil, &ArgumentError{"client", "must come from NewClient"}
	case ctx == nil:
		return nil, &ArgumentError{"ctx", "must not be nil"}
	}
	target, err := c.address(r)
	if err != nil {
		return nil, err
	}
	body, secrets, err := encode(r.body)
	if err != nil {
		return nil, err
	}
	prepared := &call{query: target.RawQuery, responses: settings.responses, accept: settings.accept}
	prepared.Request = transport.Request{
		Method:     r.method,
		URL:        target,
		Header:     contentType(settings.header, body != nil),
		Body:       body,
		Repeatable: r.repeatable || idempotent(r.method),
		MaxRetries: settings.maxRetries,
		Timeout:    settings.attemptTimeout,
	}
	if !r.raw {
		prepared.Route = r.route
	}
	if c.logger != nil {
		prepared.Observe = prepared.log(c.logger)
	}
	return prepared, prepared.authorize(ctx, c.auth, secrets)
}

// settings applies the options of a call to the client's. All of them are
// applied even if one fails, so that every Response is reset.
func (c *Client) settings(opts []CallOption) (callSettings, error) {
	if len(opts) == 0 && c != nil {
		return c.defaults, nil
	}
	s := new(callSettings)
	if c != nil {
		*s = c.defaults
	}
	var first error
	for i, opt := range opts {
		err := nilOption(i)
		if opt != nil {
			err = opt.applyCall(s)
		}
		if first == nil {
			first = err
		}
	}
	return *s, first
}

// authorize asks for the key. It is in the call, and nowhere else, until the
// call ends.
func (c *call) authorize(ctx context.Context, auth authenticator, secrets []string) error {
	credential, err := auth(ctx)
	c.AuthName, c.AuthValue, c.redactor = credential.name, credential.value, credential.redactor
	if len(secrets) > 0 {
		c.redactor = c.redactor.With(secrets...)
	}
	if err != nil {
		return c.unauthorized(ctx, err)
	}
	return nil
}

// path is the path as requested.
func (c *call) path() string { return c.redactor.String(c.URL.EscapedPath()) }

// log returns what tells the logger of an attempt.
func (c *call) log(logger *slog.Logger) func(context.Context, transport.Attempt) {
	return func(ctx context.Context, a transport.Attempt) {
		level := slog.LevelDebug
		if a.Err != nil || a.Answer.StatusCode/100 != 2 {
			level = slog.LevelWarn
		}
		route := c.Route
		if route == "" {
			route = c.path()
		}
		logger.LogAttrs(ctx, level, "freddy: attempt",
			slog.String("method", c.redactor.String(c.Method)),
			slog.String("route", route),
			slog.Int("status", a.Answer.StatusCode),
			slog.Int("attempt", a.Number),
			slog.Duration("duration", a.Duration),
			slog.String("request_id", redact.Line(c.requestID(a.Answer.Header), maxNameText)))
	}
}

// idempotent reports whether a method may be repeated (RFC 9110, section
// 9.2.2).
func idempotent(method string) bool {
	return safe(method) || method == http.MethodPut || method == http.MethodDelete
}

// contentType makes the header of a request say what its body is, if and only
// if it has one.
func contentType(header http.Header, body bool) http.Header {
	if _, set := header["Content-Type"]; set == body {
		return header
	}
	header = header.Clone()
	if body {
		header["Content-Type"] = []string{"application/json"}
	} else {
		delete(header, "Content-Type")
	}
	return header
}

// encode returns the bytes of a request's body, or nil for none, and the secrets
// in it.
func encode(in any) (body []byte, secrets []string, err error) {
	if params, ok := in.(payload); ok {
		if in, secrets, err = params.payload(); err != nil {
			return nil, nil, err
		}
	}
	switch in := in.(type) {
	case nil:
		return nil, nil, nil
	case json.RawMessage:
		if !json.Valid(in) {
			return nil, nil, &ArgumentError{"in", "must be valid JSON"}
		}
		return bytes.Clone(in), nil, nil
	}
	body, err = json.Marshal(in)
	if err != nil {
		// The text of a failing MarshalJSON may hold what it could not write.
		return nil, nil, &ArgumentError{"in", fmt.Sprintf("must be encodable as JSON: %T", err)}
	}
	return body, secrets, nil
}

var errNoBody = errors.New("there is no body, but one is required")

// identified is a model that says what it is: its id, and the object member it
// has and the one it should have.
type identified interface {
	identity() (id, object, want string)
}

// read decodes a 2xx answer into out.
func (r request) read(body []byte, out any) error {
	if r.decode != nil {
		return r.decode(body, out)
	}
	switch {
	case len(body) == 0 && r.bodyless:
		return nil
	case len(body) == 0:
		return errNoBody
	}
	if err := wire.Answer(body, out); err != nil {
		return err
	}
	if model, ok := out.(identified); ok {
		return identify(model, "")
	}
	if other, ok := out.(interface{ verify() error }); ok {
		return other.verify()
	}
	return nil
}

// identify requires of a model at the pointer that it has an id and is the
// object it should be, where it says so.
func identify(model identified, pointer string) error {
	switch id, object, want := model.identity(); {
	case object != "" && object != want:
		return &wire.Error{Pointer: pointer + "/object", Reason: "must be " + want}
	case id == "":
		return &wire.Error{Pointer: pointer + "/id", Reason: "is missing"}
	}
	return nil
}

func checkOut(out any) error {
	if v := reflect.ValueOf(out); out != nil && (v.Kind() != reflect.Pointer || v.IsNil()) {
		return &ArgumentError{"out", "must be nil or a pointer that is not"}
	}
	return nil
}

// decodeInto decodes the answer of an endpoint that is not modelled.
func decodeInto(body []byte, out any) error {
	if wire.Unsuccessful(body) {
		return wire.ErrUnsuccessful
	}
	if out == nil {
		return nil
	}
	if len(body) == 0 {
		return errNoBody
	}
	if raw, ok := out.(*json.RawMessage); ok && json.Valid(body) {
		*raw = append((*raw)[:0:0], body...)
		return nil
	}
	return unquoted(json.Unmarshal(body, out))
}

// unquoted returns an error of encoding/json, or of a type that decodes itself,
// without the value that it quotes.
func unquoted(err error) error {
	var (
		mismatch *json.UnmarshalTypeError
		syntax   *json.SyntaxError
		member   *wire.Error
	)
	switch {
	case err == nil, errors.As(err, &syntax), errors.As(err, &member):
		return err
	case errors.As(err, &mismatch):
		pointer := ""
		if mismatch.Field != "" {
			pointer = "/" + strings.ReplaceAll(mismatch.Field, ".", "/")
		}
		return &wire.Error{Pointer: pointer, Reason: "must fit " + mismatch.Type.String()}
	}
	return &opaqueError{err}
}

// opaqueError is an error whose text is nobody's business but errors.As's.
type opaqueError struct{ error }

func (e *opaqueError) Error() string { return fmt.Sprintf("a type refused its JSON: %T", e.error) }
func (e *opaqueError) Unwrap() error { return e.error }
