package freddy

import (
	"context"
	"log/slog"
	"maps"
	"net/http"
	"net/url"

	"github.com/aitronos/freddy-go/internal/transport"
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
// else is checked. Every error is an *ArgumentError; nothing is sent. No
// environment variable is read but those of the proxy, by net/http.
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
// Calls under way go on, and the client stays usable. With [WithHTTPClient] they
// are those of the lent Transport, which others may use, too; one that has no
// such method keeps its own.
func (c *Client) CloseIdleConnections() {
	if c != nil && c.transport != nil {
		c.transport.CloseIdleConnections()
	}
}

// Do calls an endpoint that this package does not model yet, with the same
// authentication, limits and errors. GET, HEAD, OPTIONS, PUT and DELETE are
// retried like GET, any other method like POST.
//
// The path is below the base URL, begins with a slash and may carry a query; it
// goes out as it is, so that escaping its segments is the caller's. One that is
// not escaped, has . or .. as a segment or a fragment is an *ArgumentError.
//
// in is the body: nil for none, a json.RawMessage as it is, or anything that
// encoding/json takes (a []byte it writes in base64, a nil pointer as null).
//
// out receives the answer: nil discards it whatever it is, *json.RawMessage takes
// its bytes, any other pointer goes through encoding/json, which may fill a part
// of it before it fails. The answer is taken as it is: {"success":true,"data":...}
// is not opened, but "success": false is an *APIError. An answer without a body
// is a *DecodeError unless out is nil.
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
	query() (query, error)
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
	if !r.raw { // a model is made of copies; what Do decodes into may not be
		result.Release()
	}
	return out, nil
}
