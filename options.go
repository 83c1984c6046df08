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

// An Option sets something for a whole Client; it is given to [NewClient]. The
// order of options does not matter; of one that is given twice the last counts
// ([WithHeader]: for each name). One that is nil or makes no sense is an
// *ArgumentError of NewClient.
type Option interface {
	applyClient(s *settings) error
}

// A CallOption sets something for one call; of one that is given twice the last
// counts, but for [WithResponse]. One that is nil or makes no sense is an
// *ArgumentError of the call.
type CallOption interface {
	applyCall(s *callSettings) error
}

// A SharedOption is both: on a call it replaces what the client has.
type SharedOption interface {
	Option
	CallOption
}

// settings is what the options of NewClient record.
type settings struct {
	baseURL          string
	httpClient       *http.Client
	authScheme       AuthScheme
	keySource        func(context.Context) (string, error)
	product          string
	logger           *slog.Logger
	baseWait         time.Duration
	maxWait          time.Duration
	maxRetryAfter    time.Duration
	maxResponseBytes int64
	insecureHTTP     bool
	call             callSettings
}

// callSettings is what may differ from call to call.
type callSettings struct {
	maxRetries     int
	attemptTimeout time.Duration
	header         http.Header // shared with the client; an option makes a copy
	responses      []*Response
	accept         func(body any) error // of an iterator: whether to take the page
}

func defaultSettings() settings {
	return settings{
		baseURL:          DefaultBaseURL,
		baseWait:         transport.BaseWait,
		maxWait:          transport.MaxWait,
		maxRetryAfter:    transport.MaxRetryAfter,
		maxResponseBytes: transport.MaxResponseBytes,
		call: callSettings{
			maxRetries:     transport.MaxRetries,
			attemptTimeout: transport.AttemptTimeout,
		},
	}
}

type clientOption func(*settings) error

func (o clientOption) applyClient(s *settings) error { return o(s) }

type callOption func(*callSettings) error

func (o callOption) applyCall(s *callSettings) error { return o(s) }

type sharedOption func(*callSettings) error

func (o sharedOption) applyClient(s *settings) error   { return o(&s.call) }
func (o sharedOption) applyCall(s *callSettings) error { return o(s) }

// AuthScheme is the header that carries the API key.
//
// Source: the page "Authentication", and older and newer pages that differ
// from it.
type AuthScheme int

// The documented schemes.
const (
	AuthSchemeBearer  AuthScheme = iota // Authorization: Bearer KEY; the default
	AuthSchemeXAPIKey                   // X-API-Key: KEY
	AuthSchemeAPIKey                    // api-key: KEY
)

// header returns the canonical name of the header, and what stands in it before
// the key.
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

// WithBaseURL sets where the API is; without it, DefaultBaseURL. It is an
// absolute URL with http or https, with or without a trailing slash and with
// any path prefix, but without user info, query or fragment; the version, /v1,
// is part of it. http is for loopback (localhost, 127.0.0.0/8, ::1), unless
// [WithInsecureHTTP] is given. The key is sent to its scheme, host and port only.
// An empty text is not the default but an *ArgumentError.
func WithBaseURL(baseURL string) Option {
	return clientOption(func(s *settings) error {
		s.baseURL = baseURL
		return nil
	})
}

// WithHTTPClient lends an http.Client. Its Transport is used for every attempt,
// wrapped, and its Timeout limits an attempt if it is shorter than that of
// WithAttemptTimeout; CheckRedirect and Jar are not used. It is copied and
// never changed. Without a Transport it stands for http.DefaultTransport.
//
// A RoundTripper of your own sees each attempt with its key, and the route
// (/personal-connectors/{connector_id}) in Request.Pattern, which is empty for
// [Client.Do]. One that does not report to net/http/httptrace leaves it open
// whether a failed request was sent, so that a POST is not repeated, unless the
// error is net's own of a failed dial.
//
// Without this option the client has a pool of its own: up to 256 idle
// connections to the host, HTTP/2 with pings (after 10 s of silence, 10 s for the
// answer), 10 s to connect, 10 s for TLS, 1 MiB of response headers, the proxy of
// the environment. benchmarks/RESULTS.md has what these were chosen by.
func WithHTTPClient(client *http.Client) Option {
	return clientOption(func(s *settings) error {
		if client == nil {
			return &ArgumentError{"WithHTTPClient", "must not be nil"}
		}
		if v := reflect.ValueOf(client.Transport); v.Kind() == reflect.Pointer && v.IsNil() {
			return &ArgumentError{"WithHTTPClient", "must not have a Transport that is a nil pointer"}
		}
		lent := *client
		s.httpClient = &lent
		return nil
	})
}

// WithAuthScheme sets the header that carries the key; without it,
// AuthSchemeBearer.
func WithAuthScheme(scheme AuthScheme) Option {
	return clientOption(func(s *settings) error {
		if scheme < AuthSchemeBearer || scheme > AuthSchemeAPIKey {
			return &ArgumentError{"WithAuthScheme", "must be one of the constants"}
		}
		s.authScheme = scheme
		return nil
	})
}

// WithKeySource sets a function that is asked for the key once a call (All: once
// a page), with the call's context, in place of a fixed key: for keys that
// rotate. It is asked concurrently and should answer from memory, for the call
// waits for it. If it fails, nothing is sent and the call returns a
// *TransportError that wraps its error; a key that no header can carry is an
// *ArgumentError.
func WithKeySource(source func(context.Context) (string, error)) Option {
	return clientOption(func(s *settings) error {
		if source == nil {
			return &ArgumentError{"WithKeySource", "must not be nil"}
		}
		s.keySource = source
		return nil
	})
}

// WithUserAgent puts a product, such as "acme-sync/1.4", in front of the
// client's own: acme-sync/1.4 freddy-go/0.1.0 (go1.26.8; linux/amd64).
func WithUserAgent(product string) Option {
	return clientOption(func(s *settings) error {
		if strings.Trim(product, " ") != product || product == "" || strings.ContainsFunc(product, notPrintable) {
			return &ArgumentError{"WithUserAgent", "must be printable ASCII, without spaces at its ends"}
		}
		s.product = product
		return nil
	})
}

// WithLogger logs each attempt: at level Debug, or Warn if it failed. The message
// says in a few fixed words why ("freddy: attempt failed: time limit"). A record
// has method, route, status, attempt, duration and request_id, never a header, a
// query or a body. status is 0 where no answer came; the route of [Client.Do] is
// the path as requested. Without this option nothing is logged.
func WithLogger(logger *slog.Logger) Option {
	return clientOption(func(s *settings) error {
		if logger == nil {
			return &ArgumentError{"WithLogger", "must not be nil"}
		}
		s.logger = logger
		return nil
	})
}

// WithRetryWait sets the upper bounds of the random wait before a retry: minWait
// is that of the first, which doubles with each further one, and maxWait that of
// any; without it, 500 ms and 8 s. The wait is drawn uniformly between 1 ms,
// whatever minWait is, and the bound; a bound of 1 ms or less is the wait itself,
// so that 0, 0 waits for nothing. A Retry-After stands in the place of this wait.
func WithRetryWait(minWait, maxWait time.Duration) Option {
	return clientOption(func(s *settings) error {
		if minWait < 0 || maxWait < minWait {
			return &ArgumentError{"WithRetryWait", "must be 0 <= minWait <= maxWait"}
		}
		s.baseWait, s.maxWait = minWait, maxWait
		return nil
	})
}

// WithMaxRetryAfter sets how long a server may ask to wait (Retry-After); one
// that asks for more ends the call at once with the *APIError. Without it, 60
// s. With 0, any request to wait ends the call.
func WithMaxRetryAfter(limit time.Duration) Option {
	return clientOption(func(s *settings) error {
		if limit < 0 {
			return &ArgumentError{"WithMaxRetryAfter", "must not be negative"}
		}
		s.maxRetryAfter = limit
		return nil
	})
}

// WithMaxResponseBytes sets how long the body of a 2xx answer may be, after
// decompression; without it, 10 MiB. A longer one is a *DecodeError for which
// errors.Is matches ErrResponseTooLarge.
func WithMaxResponseBytes(limit int64) Option {
	return clientOption(func(s *settings) error {
		const most = 1 << 40 // no machine holds more; keeps limit+1 a number
		if limit < 1 || limit > most {
			return &ArgumentError{"WithMaxResponseBytes", "must be 1 to 1 TiB"}
		}
		s.maxResponseBytes = limit
		return nil
	})
}

// WithInsecureHTTP allows a base URL with http to a host that is not loopback.
// The key then crosses the network in clear.
func WithInsecureHTTP() Option {
	return clientOption(func(s *settings) error {
		s.insecureHTTP = true
		return nil
	})
}

// WithMaxRetries sets how often a call is retried after its first attempt, 0 to
// 100; without it, 3. 0 turns retries off. The client's retry budget, of which
// 100 retries take all, holds as well.
func WithMaxRetries(retries int) SharedOption {
	return sharedOption(func(s *callSettings) error {
		if retries < 0 || retries > 100 {
			return &ArgumentError{"WithMaxRetries", "must be 0 to 100"}
		}
		s.maxRetries = retries
		return nil
	})
}

// WithAttemptTimeout sets how long one attempt may take, from the connection to
// the end of the body; without it, 30 s. It must be positive. What limits the
// whole call is the context.
func WithAttemptTimeout(timeout time.Duration) SharedOption {
	return sharedOption(func(s *callSettings) error {
		if timeout <= 0 {
			return &ArgumentError{"WithAttemptTimeout", "must be positive"}
		}
		s.attemptTimeout = timeout
		return nil
	})
}

// ownHeaders are those that the client answers for, or that net/http would drop
// without a word.
var ownHeaders = []string{
	"Authorization", "X-Api-Key", "Api-Key", "Host", "Content-Length", "Transfer-Encoding", "Trailer",
}

// WithHeader sets a header of each request; a call's wins over the client's,
// and both over those of the client itself (Accept, Content-Type, User-Agent).
// A name has one value, and its case does not matter. Authorization, the key
// headers, Host, Content-Length, Transfer-Encoding and Trailer are an
// *ArgumentError. With an Idempotency-Key net/http itself may send a POST twice,
// where the server closes the connection.
func WithHeader(key, value string) SharedOption {
	return sharedOption(func(s *callSettings) error {
		name := http.CanonicalHeaderKey(key)
		switch {
		case !validToken(key):
			return &ArgumentError{"WithHeader", "must have the name of a header"}
		case slices.Contains(ownHeaders, name):
			return &ArgumentError{"WithHeader", "must not set " + name}
		case !validHeaderValue(value):
			return &ArgumentError{"WithHeader", "must have a value without control characters, or spaces at its ends"}
		}
		s.header = s.header.Clone()
		if s.header == nil {
			s.header = http.Header{}
		}
		s.header[name] = []string{value}
		return nil
	})
}

// WithResponse fills response when the call ends, on success and on error, and
// overwrites what is there: where no answer came, StatusCode is 0. With All it
// is the last page's. Given twice, both are filled. Calls that run at the same
// time each need a Response of their own.
func WithResponse(response *Response) CallOption {
	return callOption(func(s *callSettings) error {
		if response == nil {
			return &ArgumentError{"WithResponse", "must not be nil"}
		}
		*response = Response{} // nothing of an earlier call is left, however this one ends
		s.responses = append(s.responses, response)
		return nil
	})
}

func nilOption(i int) error {
	return &ArgumentError{"option " + strconv.Itoa(i), "must not be nil"}
}

// validToken reports whether s is a token (RFC 9110, section 5.6.2): a header's
// name or a method.
func validToken(s string) bool {
	const punctuation = "!#$%&'*+-.^_`|~"
	for _, c := range []byte(s) {
		if !isAlphanumeric(c) && !strings.ContainsRune(punctuation, rune(c)) {
			return false
		}
	}
	return s != ""
}

func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

func notPrintable(r rune) bool { return r < ' ' || r > '~' }

// validHeaderValue reports whether net/http would send s as it is.
func validHeaderValue(s string) bool {
	for _, c := range []byte(s) {
		if c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return strings.TrimSpace(s) == s
}
