package freddy

import (
	"context"
	"log/slog"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aitronos/freddy-go/internal/transport"
)

// An Option configures a [Client]. Options can be passed to [NewClient] in any
// order. If one is repeated, the last wins ([WithHeader]: per header name); of
// [WithHooks] and [WithLogger], all apply. NewClient returns an *ArgumentError for a
// nil or invalid option.
type Option interface {
	applyClient(s *settings) error
}

// A CallOption configures one call. If one is repeated, the last wins; of
// [WithResponse], all apply. The call returns an *ArgumentError for a nil or
// invalid option.
type CallOption interface {
	applyCall(s *callSettings) error
}

// A SharedOption is both an Option and a CallOption. On a call it overrides the
// client's setting.
type SharedOption interface {
	Option
	CallOption
}

// A Limiter limits the rate of attempts. *golang.org/x/time/rate.Limiter is one.
type Limiter interface {
	// Wait blocks until an attempt may begin. It returns an error if ctx ends
	// before, or if no attempt may begin.
	Wait(ctx context.Context) error
}

// settings is what the options of NewClient set.
type settings struct {
	baseURL      string
	insecureHTTP bool
	authScheme   AuthScheme
	keySource    func(context.Context) (string, error)
	callHooks    []hook[CallInfo, CallResult]
	attemptHooks []hook[AttemptInfo, AttemptResult]
	product      string
	transport    transport.Config
	call         callSettings
}

// callSettings is what may differ from call to call.
type callSettings struct {
	maxRetries     int
	attemptTimeout time.Duration
	header         http.Header // shared with the client; an option copies it
	organization   string
	renewAlways    bool // ask a key source again after a 401, although retries are off
	responses      []*Response
}

func defaultSettings() settings {
	return settings{
		baseURL: DefaultBaseURL,
		transport: transport.Config{
			BaseDelay:        transport.BaseDelay,
			MaxDelay:         transport.MaxDelay,
			MaxRetryAfter:    transport.MaxRetryAfter,
			MaxResponseBytes: transport.MaxResponseBytes,
		},
		call: callSettings{
			maxRetries:     transport.MaxRetries,
			attemptTimeout: transport.AttemptTimeout,
		},
	}
}

// clientSetting returns an Option that sets something if its argument is valid.
func clientSetting(name string, valid bool, reason string, set func(*settings)) Option {
	return clientOption(func(s *settings) error {
		if !valid {
			return &ArgumentError{name, reason}
		}
		set(s)
		return nil
	})
}

// sharedSetting is clientSetting for a SharedOption.
func sharedSetting(name string, valid bool, reason string, set func(*callSettings)) SharedOption {
	return sharedOption(func(s *callSettings) error {
		if !valid {
			return &ArgumentError{name, reason}
		}
		set(s)
		return nil
	})
}

type clientOption func(*settings) error

func (o clientOption) applyClient(s *settings) error { return o(s) }

type callOption func(*callSettings) error

func (o callOption) applyCall(s *callSettings) error { return o(s) }

type sharedOption func(*callSettings) error

func (o sharedOption) applyClient(s *settings) error   { return o(&s.call) }
func (o sharedOption) applyCall(s *callSettings) error { return o(s) }

// AuthScheme is the header that carries the API key.
type AuthScheme int

// The documented schemes.
const (
	AuthSchemeBearer  AuthScheme = iota // Authorization: Bearer KEY; the default
	AuthSchemeXAPIKey                   // X-API-Key: KEY
	AuthSchemeAPIKey                    // api-key: KEY
)

// header returns the canonical name of the header, and the prefix of the key in
// its value.
func (s AuthScheme) header() (name, prefix string) {
	switch s {
	case AuthSchemeXAPIKey:
		return "X-Api-Key", ""
	case AuthSchemeAPIKey:
		return "Api-Key", ""
	default:
		return "Authorization", "Bearer "
	}
}

// WithBaseURL sets the base URL. The default is [DefaultBaseURL]. It is an absolute
// URL with https, with or without a trailing slash, and with any path prefix; the
// version, /v1, is a part of it. User info, a query or a fragment is an
// *ArgumentError, and so is an empty string.
//
// http is allowed for loopback hosts (localhost, 127.0.0.0/8, ::1), and for others
// with [WithInsecureHTTP]. The key is sent to the URL's scheme, host and port only.
func WithBaseURL(baseURL string) Option {
	return clientOption(func(s *settings) error { s.baseURL = baseURL; return nil })
}

// WithHTTPClient makes the client use an http.Client. Its Transport is used for
// every attempt. Its Timeout limits an attempt if it is shorter than the timeout of
// [WithAttemptTimeout]. CheckRedirect and Jar are not used. The http.Client is read
// once and never changed. If it has no Transport, each attempt uses the
// http.DefaultTransport of that time.
//
// [NewTransport] returns the transport that a client has without this option, to
// be changed or wrapped. With this option, also with NewTransport, calls do not wait
// for the first connection: over HTTP/2, a burst of n calls can open n connections.
//
// A RoundTripper receives each attempt with its key. Request.Pattern is the route
// (/personal-connectors/{connector_id}), empty for [Client.Do]. If a RoundTripper
// does not report to net/http/httptrace, the client does not know whether a failed
// request was sent. It then retries a POST only if the error is that of a failed
// dial.
func WithHTTPClient(client *http.Client) Option {
	return clientOption(func(s *settings) error {
		if client == nil {
			return &ArgumentError{"WithHTTPClient", "must not be nil"}
		}
		if isNilPointer(client.Transport) {
			return &ArgumentError{"WithHTTPClient", "must not have a Transport that is a nil pointer"}
		}
		own := *client
		s.transport.Client = &own
		return nil
	})
}

// WithAuthScheme sets the header that carries the key. The default is
// AuthSchemeBearer.
func WithAuthScheme(scheme AuthScheme) Option {
	return clientSetting("WithAuthScheme", scheme >= AuthSchemeBearer && scheme <= AuthSchemeAPIKey, "must be one of the constants",
		func(s *settings) { s.authScheme = scheme })
}

// WithKeySource sets a func that returns the key, for keys that rotate. It is
// called once for each call (All: for each page) with the call's context. After a
// 401 it is called once more: if it returns another key, the call gets one more
// attempt, whatever its method, unless retries are off.
//
// It is called concurrently, and calls wait for it, so it should return from
// memory. If the first call fails, nothing is sent and the call returns a
// *TransportError that wraps the error; an invalid key is an *ArgumentError. If the
// second one fails, or returns an invalid key, the call returns the 401.
func WithKeySource(source func(context.Context) (string, error)) Option {
	return clientSetting("WithKeySource", source != nil, "must not be nil",
		func(s *settings) { s.keySource = source })
}

// WithLimiter sets a limiter that is waited for before each attempt, for pacing.
// The wait is not part of the attempt's timeout, but of the context's deadline. If
// it fails, the call ends with a *TransportError that wraps the error. Derived
// clients ([Client.WithAPIKey]) share the limiter.
func WithLimiter(limiter Limiter) Option {
	return clientSetting("WithLimiter", limiter != nil && !isNilPointer(limiter), "must not be nil",
		func(s *settings) { s.transport.Limiter = limiter })
}

// WithHooks adds hooks that observe calls and attempts. It may be given several
// times. The first hook is the outermost.
func WithHooks(hooks Hooks) Option {
	return clientOption(func(s *settings) error {
		if hooks.Call != nil {
			s.callHooks = append(s.callHooks, hooks.Call)
		}
		if hooks.Attempt != nil {
			s.attemptHooks = append(s.attemptHooks, hooks.Attempt)
		}
		return nil
	})
}

// WithUserAgent sets a product, such as acme-sync/1.4, that precedes the client's
// own in the User-Agent: acme-sync/1.4 freddy-go/0.2.0 (go1.26.8; linux/amd64). It
// must be printable ASCII.
func WithUserAgent(product string) Option {
	return clientSetting("WithUserAgent", product != "" && strings.Trim(product, " ") == product && !strings.ContainsFunc(product, notPrintable), "must be printable ASCII, without leading or trailing spaces",
		func(s *settings) { s.product = product })
}

// WithLogger logs each attempt with the message "freddy: attempt". A record has the
// attributes method, route, status, attempt, duration and request_id. If the
// attempt failed, it has reason. If the attempt is retried, it has wait; if a retry
// might help but is not made, decision. status is 0 if there was no response. route
// is empty for [Client.Do].
//
// The level is Warn if the attempt failed, unless the caller canceled it. 408, 429 and
// 5xx count as failures; other error responses, such as a 404, have the level Debug
// and no reason, and so does a success: a logger at Info records failures only. A
// record never has a header, a query or a body. The default is no log. The log is one
// of the hooks, in the order of the options.
func WithLogger(logger *slog.Logger) Option {
	return clientSetting("WithLogger", logger != nil, "must not be nil",
		func(s *settings) { s.attemptHooks = append(s.attemptHooks, logHooks(logger).Attempt) })
}

// WithRetryBackoff sets the backoff. The delay before retry n is random, uniform
// between 1 ms and the smaller of base*2^(n-1) and limit. The defaults are 500 ms and 8 s.
// A bound of at most 1 ms is used as the delay, without randomness, so
// WithRetryBackoff(0, 0) disables the delay. A Retry-After replaces it. base must not
// be negative or greater than limit.
func WithRetryBackoff(base, limit time.Duration) Option {
	return clientSetting("WithRetryBackoff", 0 <= base && base <= limit, "must have 0 <= base <= limit",
		func(s *settings) { s.transport.BaseDelay, s.transport.MaxDelay = base, limit })
}

// WithMaxRetryAfter limits the Retry-After that a client waits for. If a server
// asks for more, the call ends at once with the *APIError. The default is 60 s.
// With 0, any positive Retry-After ends the call.
func WithMaxRetryAfter(limit time.Duration) Option {
	return clientSetting("WithMaxRetryAfter", limit >= 0, "must not be negative",
		func(s *settings) { s.transport.MaxRetryAfter = limit })
}

// WithMaxResponseBytes limits the body of a 2xx response, after decompression. The
// default is 10 MiB. A larger body is a *DecodeError that matches
// [ErrResponseTooLarge].
func WithMaxResponseBytes(limit int64) Option {
	const most = 1 << 40 // more than any memory; limit+1 stays a number
	return clientSetting("WithMaxResponseBytes", 1 <= limit && limit <= most, "must be 1 to 1 TiB",
		func(s *settings) { s.transport.MaxResponseBytes = limit })
}

// WithInsecureHTTP allows a base URL with http to a host that is not loopback. The
// key is then sent in plaintext.
func WithInsecureHTTP() Option {
	return clientOption(func(s *settings) error { s.insecureHTTP = true; return nil })
}

// WithMaxRetries limits the retries after the first attempt, from 0 to 100. The
// default is 3. 0 turns retries off. The client's retry budget, which 100 retries
// use up, applies as well.
func WithMaxRetries(retries int) SharedOption {
	return sharedSetting("WithMaxRetries", 0 <= retries && retries <= 100, "must be 0 to 100",
		func(s *callSettings) { s.maxRetries = retries })
}

// WithAttemptTimeout limits one attempt, from the connection to the end of the
// body. The default is 30 s. It must be positive. The context limits the whole
// call.
func WithAttemptTimeout(timeout time.Duration) SharedOption {
	return sharedSetting("WithAttemptTimeout", timeout > 0, "must be positive",
		func(s *callSettings) { s.attemptTimeout = timeout })
}

// reservedHeaders are those that the client sets itself, or that net/http ignores.
var reservedHeaders = []string{
	"Authorization", "X-Api-Key", "Api-Key", "Host", "Content-Length", "Transfer-Encoding", "Trailer",
}

// WithHeader sets a header of each request. A call's header wins over the client's,
// and both over Accept, Content-Type and User-Agent of the client itself. A name
// has one value, and its case does not matter.
//
// Authorization, X-API-Key, api-key, Host, Content-Length, Transfer-Encoding and
// Trailer are an *ArgumentError. With an Idempotency-Key, net/http itself may
// resend a POST if the server closes the connection.
func WithHeader(key, value string) SharedOption {
	return sharedOption(func(s *callSettings) error {
		name := http.CanonicalHeaderKey(key)
		switch {
		case !validToken(key):
			return &ArgumentError{"WithHeader", "must have a valid header name"}
		case slices.Contains(reservedHeaders, name):
			return &ArgumentError{"WithHeader", "must not set " + name}
		case invalidHeaderValue(value):
			return &ArgumentError{"WithHeader", "must have a value without control characters and without leading or trailing spaces"}
		}
		s.header = s.header.Clone()
		if s.header == nil {
			s.header = http.Header{}
		}
		s.header[name] = []string{value}
		return nil
	})
}

// WithOrganization sets the organization of the calls that take one: they send it
// as organization_id in the query (Authorize also as organizationId), or in the body
// of MCPConfigurations().Create. Other calls do not send it. An id has 1 to 128
// visible ASCII characters. A call that requires an organization and has none
// returns an *ArgumentError.
func WithOrganization(id string) SharedOption {
	return sharedSetting("WithOrganization", 1 <= len(id) && len(id) <= 128 && !strings.ContainsFunc(id, notVisible), "must be 1 to 128 visible ASCII characters",
		func(s *callSettings) { s.organization = id })
}

// WithResponse fills response when the call ends, on success and on error. It
// overwrites what response contains: if there was no HTTP response, StatusCode is
// 0. With All, it describes the last page. If it is given twice, both are filled.
// Concurrent calls need a Response each.
func WithResponse(response *Response) CallOption {
	return callOption(func(s *callSettings) error {
		if response == nil {
			return &ArgumentError{"WithResponse", "must not be nil"}
		}
		*response = Response{} // nothing of an earlier call is left, however this one ends
		s.responses = append(slices.Clip(s.responses), response)
		return nil
	})
}

func nilOption(i int) error {
	return &ArgumentError{"option " + strconv.Itoa(i), "must not be nil"}
}

func isNilPointer(v any) bool {
	r := reflect.ValueOf(v)
	return r.Kind() == reflect.Pointer && r.IsNil()
}

func notPrintable(r rune) bool { return r < ' ' || r > '~' }

func notVisible(r rune) bool { return r <= ' ' || r > '~' }

// invalidHeaderValue reports whether net/http would reject or change s.
func invalidHeaderValue(s string) bool {
	return strings.TrimSpace(s) != s || strings.ContainsFunc(s, func(r rune) bool { return isControl(r) && r != '\t' })
}
