package freddy

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"sync"

	"github.com/aitronos/freddy-go/internal/redact"
	"github.com/aitronos/freddy-go/internal/transport"
	"github.com/aitronos/freddy-go/internal/wire"
)

// request is what a service method asks for, as plain data.
type request struct {
	method       string
	route        string // /personal-connectors/{connector_id}; empty for Do
	id           string // replaces the parameter of route
	path         string // of Do: path and query
	query        query
	body         body
	organization organizationParameter
	idempotent   bool     // retried like a PUT, whatever the method
	required     string   // a bool member that the response must have
	secret       bool     // the response has a secret: no error quotes it
	seen         *seenIDs // of All: the items of earlier pages
}

// body is the JSON of a request and the secrets in it, or why there is none.
type body struct {
	data    []byte // nil: no body
	secrets []string
	err     error
}

// do sends a request and decodes the response into a new T.
func do[T any](ctx context.Context, client *Client, r request, opts []CallOption) (*T, error) {
	out := new(T)
	if err := client.send(ctx, r, opts, out); err != nil {
		return nil, err
	}
	return out, nil
}

// Do calls an endpoint that this package does not model yet, with the same
// authentication, limits and errors. GET, HEAD, OPTIONS, PUT and DELETE are
// retried like GET, every other method like POST.
//
// The path is relative to the base URL. It begins with a slash and may have a
// query. It is sent as it is: the caller escapes its segments. A path that is not
// escaped, has the segment . or .., or a fragment is an *ArgumentError.
//
// in is the body: nil for none, a json.RawMessage as it is, or anything that
// encoding/json accepts (which writes a []byte in base64 and a nil pointer as
// null).
//
// out receives the response. nil discards it, whatever it is. *json.RawMessage
// receives its bytes. Any other pointer goes through encoding/json, which may fill
// a part of it before it fails. {"success":true,"data":...} is not unwrapped, but
// "success": false is an *APIError. A response without a body is a *DecodeError
// unless out is nil. If a retried DELETE succeeds with 404, out is not filled.
//
// Do not call the OAuth callback (GET /personal-connectors/callback): it belongs
// to the user's browser and uses up a code.
func (c *Client) Do(ctx context.Context, method, path string, in, out any, opts ...CallOption) error {
	return c.send(ctx, request{method: method, path: path, body: encodeBody(in)}, opts, &freeForm{out})
}

// send prepares and sends a request, and reports and decodes the response into
// out: a pointer to a model, or a decoder.
func (c *Client) send(ctx context.Context, r request, opts []CallOption, out any) (err error) {
	call, err := c.prepare(ctx, r, opts, out)
	if err != nil {
		return err
	}
	if c.hooked() {
		ctx = call.start(ctx)
		err = errPanic // for end, until send returns
		defer func() { call.end(err) }()
	}
	if failed := call.authenticate(ctx); failed != nil {
		return failed
	}
	call.result = c.transport.Do(ctx, &call.Request)
	if len(call.responses) > 0 {
		call.fillResponses()
	}
	err = call.finish(out)
	if !c.hooked() { // a hook's end still reads it
		call.free()
	}
	return err
}

var (
	errNoClient = &ArgumentError{"client", "must come from NewClient"}
	errPanic    = errors.New("panic") // what the end of a hook gets if a call panics
)

// call is a request that is being sent. Nothing that a caller, an error, a hook or a
// RoundTripper keeps refers to it, so its memory is used again.
type call struct {
	transport.Request
	client    *Client
	request   request
	url       url.URL
	caller    context.Context    // before any hook
	redactor  *redact.Redactor   // of the key and the secrets in the body
	responses []*Response        // to fill
	mayRenew  bool               // ask the key source again after a 401
	result    transport.Result   // zero until the transport returns
	endHooks  func(r CallResult) // nil: no hook began
}

var calls = sync.Pool{New: func() any { return new(call) }}

// free returns c to the pool without anything of the call.
func (c *call) free() {
	*c = call{}
	calls.Put(c)
}

// prepare checks the arguments and makes the call, without the key.
func (c *Client) prepare(ctx context.Context, r request, opts []CallOption, out any) (*call, error) {
	settings, err := c.apply(opts)
	switch {
	case err != nil:
		return nil, err
	case c == nil || c.transport == nil:
		return nil, errNoClient
	case ctx == nil:
		return nil, &ArgumentError{"ctx", "must not be nil"}
	}
	if err := r.addOrganization(settings.organization); err != nil {
		return nil, err
	}
	call := calls.Get().(*call)
	call.client, call.request, call.url, call.caller, call.responses = c, r, c.base, ctx, settings.responses
	call.mayRenew = c.hasKeySource && (settings.maxRetries > 0 || settings.renewAlways)
	if err := call.request.setTarget(&call.url); err != nil {
		return nil, err
	}
	if r.body.err != nil {
		return nil, r.body.err
	}
	if free, ok := out.(*freeForm); ok && !free.valid() {
		return nil, &ArgumentError{"out", "must be nil or a non-nil pointer"}
	}
	call.Request = transport.Request{
		Method:     r.method,
		URL:        &call.url,
		Route:      r.route,
		Header:     withContentType(settings.header, r.body.data != nil),
		Body:       r.body.data,
		Idempotent: r.idempotent || idempotent(r.method),
		MaxRetries: settings.maxRetries,
		Timeout:    settings.attemptTimeout,
		Budget:     c.budget,
	}
	return call, nil
}

// apply applies the options of a call to the client's settings. It applies
// all of them even if one fails, so that every Response is reset.
func (c *Client) apply(opts []CallOption) (*callSettings, error) {
	if len(opts) == 0 && c != nil {
		return &c.defaults, nil
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
	return s, first
}

// authenticate gets the key. Only the call holds it, until the call ends.
func (c *call) authenticate(ctx context.Context) error {
	key, err := c.client.auth(ctx)
	c.Credential, c.redactor = key.header, key.redactor
	if secrets := c.request.body.secrets; len(secrets) > 0 {
		c.redactor = c.redactor.With(secrets...)
	}
	if err != nil {
		return c.keyError(err)
	}
	if c.mayRenew {
		c.Renew = c.renew
	}
	return nil
}

// renew asks the key source again after a 401. It returns nil if there is no other
// key.
func (c *call) renew(ctx context.Context) transport.Credential {
	key, err := c.client.auth(ctx)
	if err != nil {
		return nil
	}
	_, before := c.Credential()
	_, after := key.header()
	if before == after {
		return nil
	}
	_, prefix := c.client.scheme.header()
	c.redactor = c.redactor.With(strings.TrimPrefix(after, prefix))
	return key.header
}

// finish returns the error of the call, or decodes its response.
func (c *call) finish(out any) error {
	response := &c.result.Response
	if c.result.Failure != nil || !response.Success() {
		return c.failure()
	}
	if err := c.request.decode(c.caller, response.Body, out); err != nil {
		return c.decodeError(err)
	}
	if c.request.route != "" { // a model is a copy; what Do decodes into may not be
		c.result.Release()
	}
	return nil
}

var errNoBody = errors.New("the response body is empty")

// A decoder is a result that is not a model.
type decoder interface {
	decode(body []byte) error
}

// decode decodes the body of a 2xx response.
func (r *request) decode(ctx context.Context, body []byte, out any) error {
	if d, ok := out.(decoder); ok {
		return d.decode(body)
	}
	if len(body) == 0 {
		return errNoBody
	}
	return wire.DecodeUntil(ctx.Done(), body, out, func() error { return r.validate(body, out) })
}

// validate checks a decoded body.
func (r *request) validate(body []byte, out any) error {
	if r.required != "" && !wire.Has(body, r.required) {
		return missing(r.required)
	}
	if model, ok := out.(interface{ validate() error }); ok {
		if err := model.validate(); err != nil {
			return err
		}
	}
	if r.seen != nil {
		return r.seen.add(out)
	}
	return nil
}

// missing is the error of a required member.
func missing(name string) error { return &wire.Error{Pointer: "/" + name, Reason: "is missing"} }

// nothing is the result of a call whose response says only that it succeeded:
// empty, or any JSON value except {"success":false}.
type nothing struct{}

func (*nothing) decode(body []byte) error {
	if len(body) == 0 {
		return nil
	}
	if wire.Unsuccessful(body) {
		return wire.ErrUnsuccessful
	}
	_, err := wire.Value(body)
	return err
}

// freeForm is the result of Do.
type freeForm struct{ out any }

func (f *freeForm) valid() bool {
	v := reflect.ValueOf(f.out)
	return f.out == nil || v.Kind() == reflect.Pointer && !v.IsNil()
}

func (f *freeForm) decode(body []byte) error {
	if wire.Unsuccessful(body) {
		return wire.ErrUnsuccessful
	}
	if f.out == nil {
		return nil
	}
	if len(body) == 0 {
		return errNoBody
	}
	if raw, ok := f.out.(*json.RawMessage); ok && json.Valid(body) {
		*raw = append((*raw)[:0:0], body...)
		return nil
	}
	return withoutValue(json.Unmarshal(body, f.out))
}

// withoutValue returns an error of encoding/json, or of a type that unmarshals
// itself, without the value that it quotes.
func withoutValue(err error) error {
	var (
		mismatch *json.UnmarshalTypeError
		syntax   *json.SyntaxError
		member   *wire.Error
	)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &syntax): // what wraps it may quote the value
		return syntax
	case errors.As(err, &member):
		return member
	case errors.As(err, &mismatch):
		pointer := ""
		if mismatch.Field != "" {
			pointer = "/" + strings.ReplaceAll(mismatch.Field, ".", "/")
		}
		return &wire.Error{Pointer: pointer, Reason: "does not fit the Go type " + mismatch.Type.String()}
	}
	return &opaqueError{err}
}

// opaqueError hides the message of the wrapped error but keeps it reachable by
// errors.As.
type opaqueError struct{ error }

func (e *opaqueError) Error() string { return fmt.Sprintf("UnmarshalJSON failed: %T", e.error) }
func (e *opaqueError) Unwrap() error { return e.error }

// encodeBody encodes the body of Do.
func encodeBody(in any) body {
	switch in := in.(type) {
	case nil:
		return body{}
	case json.RawMessage:
		if !json.Valid(in) {
			return body{err: &ArgumentError{"in", "must be valid JSON"}}
		}
		return body{data: bytes.Clone(in)}
	}
	return jsonBody("in", in)
}

// jsonBody encodes the body that an argument describes.
func jsonBody(argument string, in any, secrets ...string) body {
	data, err := json.Marshal(in)
	if err != nil {
		// The message of a failed MarshalJSON may quote what it could not write.
		return body{err: &ArgumentError{argument, fmt.Sprintf("must be encodable as JSON: %T", err)}}
	}
	return body{data: data, secrets: secrets}
}

// organizationParameter is how a call names the organization of WithOrganization.
type organizationParameter int

const (
	organizationNone      organizationParameter = iota
	organizationOptional                        // in the query, if there is one
	organizationRequired                        // in the query
	organizationTwice                           // in the query, under both of its names
	organizationInTheBody                       // as a member of the body
)

// addOrganization adds the organization to the query, or as the first member of the
// body, which is an object.
func (r *request) addOrganization(id string) error {
	switch {
	case r.organization == organizationNone, r.organization == organizationOptional && id == "":
		return nil
	case id == "":
		return &ArgumentError{"WithOrganization", "is required for this call"}
	case r.organization == organizationInTheBody:
		member, err := json.Marshal(map[string]string{"organization_id": id})
		if err == nil && len(r.body.data) > 0 {
			r.body.data = append(append(member[:len(member)-1], ','), r.body.data[1:]...)
		}
		return err
	case r.organization == organizationTwice:
		r.query = r.query.with("organizationId", id)
	}
	r.query = r.query.with("organization_id", id)
	return nil
}

// idempotent reports whether a method is idempotent (RFC 9110, section 9.2.2).
func idempotent(method string) bool {
	return transport.ReadOnly(method) || method == http.MethodPut || method == http.MethodDelete
}

// withContentType returns the header of a request, with a Content-Type if and only
// if it has a body.
func withContentType(header http.Header, body bool) http.Header {
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
