package freddy

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"runtime"
	"sync/atomic"

	"github.com/aitronos/freddy-go/internal/redact"
	"github.com/aitronos/freddy-go/internal/transport"
)

const (
	// Version is the version of this module. It is part of the User-Agent.
	Version = "0.2.0"

	// DefaultBaseURL is the base URL of the catalogue and of configurations.
	DefaultBaseURL = "https://api.freddy.aitronos.com/v1"

	// ConnectionsBaseURL is the base URL that the documentation of accounts,
	// connections and MCP configurations names.
	ConnectionsBaseURL = "https://api.aitronos.com/v1"
)

// A Client calls the API. It is immutable and safe for concurrent use. Each call
// of a nil or zero Client returns an *ArgumentError.
//
// A Client keeps its key in a closure: no verb of fmt, logger, encoder or use of
// reflection shows it.
type Client struct {
	transport    *transport.Transport
	budget       *transport.Budget
	base         url.URL // without a trailing slash
	scheme       AuthScheme
	defaults     callSettings
	auth         authenticator
	hasKeySource bool
	callHooks    []hook[CallInfo, CallResult]
	attemptHooks []hook[AttemptInfo, AttemptResult]
	services     services
}

// services has one value of each service, so that an accessor allocates nothing.
type services struct {
	connectors          ConnectorsService
	configurations      ConfigurationsService
	availableConnectors AvailableConnectorsService
	accounts            AccountsService
	connections         ConnectionsService
	mcpConfigurations   MCPConfigurationsService
}

// NewClient returns a client for an API key. The key must be empty if, and only
// if, [WithKeySource] is given. It must be visible ASCII of at most 8 KiB; its
// form is not checked further, because the documentation shows several.
//
// Every error is an *ArgumentError. NewClient sends nothing, and reads no
// environment variable. net/http reads those of the proxy when it connects.
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
	auth, err := newAuthenticator(apiKey, s.authScheme, s.keySource)
	if err != nil {
		return nil, err
	}
	header := http.Header{"Accept": {"application/json"}, "User-Agent": {userAgent(s.product)}}
	maps.Copy(header, s.call.header)
	s.call.header = header
	s.transport.Scheme, s.transport.Host, s.transport.AttemptTimeout = base.Scheme, base.Host, s.call.attemptTimeout
	client := &Client{
		transport:    transport.New(s.transport),
		budget:       transport.NewBudget(),
		base:         base,
		scheme:       s.authScheme,
		defaults:     s.call,
		auth:         auth,
		hasKeySource: s.keySource != nil,
		callHooks:    s.callHooks,
		attemptHooks: s.attemptHooks,
	}
	client.bind()
	return client, nil
}

// WithAPIKey returns a client for another key that shares this client's
// connections and settings. It replaces a key source. It takes microseconds and
// opens no connection.
//
// Keep one client for each key: the retry budget of a derived client is its own.
// Its retries also draw on a budget that all clients derived from the same client
// share, ten times as large. An invalid key is an *ArgumentError.
func (c *Client) WithAPIKey(apiKey string) (*Client, error) {
	if c == nil || c.transport == nil {
		return nil, errNoClient
	}
	auth, err := newAuthenticator(apiKey, c.scheme, nil)
	if err != nil {
		return nil, err
	}
	derived := *c
	derived.auth, derived.hasKeySource, derived.budget = auth, false, c.budget.Sibling()
	derived.bind()
	return &derived, nil
}

// bind makes the services use this client.
func (c *Client) bind() {
	c.services = services{
		connectors:          ConnectorsService{c},
		configurations:      ConfigurationsService{c},
		availableConnectors: AvailableConnectorsService{c},
		accounts:            AccountsService{c},
		connections:         ConnectionsService{c},
		mcpConfigurations:   MCPConfigurationsService{c},
	}
}

// serve returns the services of the client. Those of a nil Client return errors.
func (c *Client) serve() *services {
	if c == nil {
		return new(services)
	}
	return &c.services
}

// Connectors returns the service for the catalogue of connectors.
func (c *Client) Connectors() *ConnectorsService { return &c.serve().connectors }

// Configurations returns the service for the user's configurations of connectors.
func (c *Client) Configurations() *ConfigurationsService { return &c.serve().configurations }

// AvailableConnectors returns the service for what a user can connect.
func (c *Client) AvailableConnectors() *AvailableConnectorsService {
	return &c.serve().availableConnectors
}

// Accounts returns the service for the accounts that the user has connected.
func (c *Client) Accounts() *AccountsService { return &c.serve().accounts }

// Connections returns the service for the accounts of one tool, and for adding one.
func (c *Client) Connections() *ConnectionsService { return &c.serve().connections }

// MCPConfigurations returns the service for the user's own MCP servers.
func (c *Client) MCPConfigurations() *MCPConfigurationsService { return &c.serve().mcpConfigurations }

// NewTransport returns the transport that a Client has by default, for a program
// that changes its TLS settings or its proxy, wraps it for tracing, or shares it
// among clients:
//
//	transport := freddy.NewTransport()
//	transport.TLSClientConfig = &tls.Config{RootCAs: pool}
//	client, err := freddy.NewClient(key, freddy.WithHTTPClient(&http.Client{Transport: transport}))
//
// It keeps up to 256 idle connections to the host for 90 s, and supports HTTP/2
// with pings: after 10 s without data, the server has 10 s to respond to a ping. It allows
// 10 s to connect, 10 s for the TLS handshake, and 1 MiB of response header. It
// uses the proxy of the environment. Each call returns a new transport.
func NewTransport() *http.Transport { return transport.NewHTTPTransport() }

// CloseIdleConnections closes the idle connections. In-flight calls are not
// affected, and the client remains usable. With [WithHTTPClient] it calls
// CloseIdleConnections of the given Transport, if that has such a method. Derived
// clients share their connections.
func (c *Client) CloseIdleConnections() {
	if c != nil && c.transport != nil {
		c.transport.CloseIdleConnections()
	}
}

// maxKeyBytes limits a key: servers limit their request header to about as much.
const maxKeyBytes = 8 << 10

// credential is a key as the transport sends it, and the Redactor of it.
type credential struct {
	header   transport.Credential
	redactor *redact.Redactor
}

// An authenticator returns the credential of a call.
type authenticator func(context.Context) (credential, error)

func newAuthenticator(apiKey string, scheme AuthScheme, source func(context.Context) (string, error)) (authenticator, error) {
	if source != nil {
		if apiKey != "" {
			return nil, &ArgumentError{"apiKey", "must be empty, because WithKeySource is given"}
		}
		var last atomic.Pointer[credential] // keeps the forms of its Redactor, as long as the key stays the same
		return func(ctx context.Context) (credential, error) {
			key, err := source(ctx)
			if err != nil {
				return credential{redactor: redact.New(key)}, &keySourceError{err}
			}
			if known := last.Load(); known != nil && known.isFor(key, scheme) {
				return *known, nil
			}
			fresh := newCredential(key, scheme)
			if err = checkKey("WithKeySource", key); err == nil {
				last.Store(&fresh)
			}
			return fresh, err
		}, nil
	}
	if err := checkKey("apiKey", apiKey); err != nil {
		return nil, err
	}
	fixed := newCredential(apiKey, scheme)
	return func(context.Context) (credential, error) { return fixed, nil }, nil
}

func newCredential(key string, scheme AuthScheme) credential {
	name, prefix := scheme.header()
	value := prefix + key
	return credential{func() (string, string) { return name, value }, redact.New(key)}
}

func (c credential) isFor(key string, scheme AuthScheme) bool {
	_, prefix := scheme.header()
	_, value := c.header()
	return value == prefix+key
}

// keySourceError is an error of the caller's key source, whatever its type.
type keySourceError struct{ error }

// checkKey requires what every header can carry. Its error does not quote the key.
func checkKey(argument, key string) error {
	if key == "" {
		return &ArgumentError{argument, "must not be empty"}
	}
	if len(key) > maxKeyBytes {
		return &ArgumentError{argument, fmt.Sprintf("must be at most %d bytes", maxKeyBytes)}
	}
	for _, c := range []byte(key) {
		if c <= ' ' || c > '~' {
			return &ArgumentError{argument, "must be visible ASCII, without spaces or line breaks"}
		}
	}
	return nil
}

func userAgent(product string) string {
	own := fmt.Sprintf("freddy-go/%s (%s; %s/%s)", Version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	if product == "" {
		return own
	}
	return product + " " + own
}
