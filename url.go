package freddy

import (
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// This file makes every URL that the client uses. Each stays on the origin and
// below the path of the base URL.

// parseBaseURL checks a base URL. Its errors do not quote it: it may contain a
// password.
func parseBaseURL(raw string, insecure bool) (url.URL, error) {
	invalid := func(reason string) (url.URL, error) {
		return url.URL{}, &ArgumentError{"WithBaseURL", reason}
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil || !validHost(u):
		return invalid("must be an absolute URL such as " + DefaultBaseURL)
	case u.Scheme != "https" && u.Scheme != "http":
		return invalid("must have the scheme https")
	case u.User != nil:
		return invalid("must not have user info")
	case strings.ContainsAny(raw, "?#"):
		return invalid("must not have a query or a fragment")
	case u.Scheme == "http" && !insecure && !isLoopback(u.Hostname()):
		return invalid("would send the API key over plaintext HTTP: use https, or WithInsecureHTTP")
	}
	// Trimmed as it is written: an escaped slash is not a separator.
	u.RawPath = strings.TrimRight(u.EscapedPath(), "/")
	if u.Path, err = url.PathUnescape(u.RawPath); err != nil {
		return invalid("must have a correctly escaped path")
	}
	if plain := (&url.URL{Path: u.Path}); plain.EscapedPath() == u.RawPath {
		u.RawPath = "" // net/url derives it
	}
	return *u, nil
}

// validHost requires a host in which a colon is only in an IPv6 address or before
// the port, and a port of 16 bits.
func validHost(u *url.URL) bool {
	host, port := u.Hostname(), u.Port()
	if strings.Contains(host, ":") && !strings.HasPrefix(u.Host, "[") {
		return false
	}
	_, err := strconv.ParseUint(port, 10, 16)
	return host != "" && u.Opaque == "" && (port == "" || err == nil)
}

// isLoopback reports whether a host is this machine.
func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback() || strings.ToLower(host) == "localhost" // EqualFold would also match a long s
}

// setTarget makes the URL of a request from the base URL in u.
func (r *request) setTarget(u *url.URL) error {
	if r.route == "" {
		return r.extend(u)
	}
	before, id, after, err := expandRoute(r.route, r.id)
	if err != nil {
		return err
	}
	u.Path += before + id + after
	if u.RawPath != "" {
		u.RawPath += before + id + after
	}
	u.RawQuery = r.query.encoded
	return r.query.err
}

// query is the encoded query of a request, or why there is none. Parameters are
// added in a fixed order, so that equal parameters make equal requests.
type query struct {
	encoded string
	err     error
}

// with adds a parameter, unless its value is empty.
func (q query) with(name, value string) query {
	if value == "" {
		return q
	}
	if q.encoded != "" {
		q.encoded += "&"
	}
	q.encoded += name + "=" + url.QueryEscape(value)
	return q
}

// withNumber adds a parameter, unless it is 0. A negative one is an error.
func (q query) withNumber(name, argument string, n int) query {
	if n < 0 && q.err == nil {
		q.err = &ArgumentError{argument, "must not be negative"}
	}
	if n == 0 {
		return q
	}
	return q.with(name, strconv.Itoa(n))
}

// withBool adds a parameter, unless it is nil.
func (q query) withBool(name string, b *bool) query {
	if b == nil {
		return q
	}
	return q.with(name, strconv.FormatBool(*b))
}

// withFlag adds a parameter if it is true.
func (q query) withFlag(name string, b bool) query {
	if !b {
		return q
	}
	return q.with(name, "true")
}

// reserved are the endpoints at the level of {connector_id}. As an id, each would
// call another endpoint.
var reserved = []string{"configurations", "available", "authorize", "callback", "complete-oauth", "connections"}

// expandRoute returns the path of a route whose parameter is id, in three parts. An
// id needs no escaping, and no server, proxy or framework reads it as anything else.
func expandRoute(route, id string) (before, _, after string, err error) {
	before, after, found := strings.Cut(route, "{")
	if !found {
		return route, "", "", nil
	}
	name, after, _ := strings.Cut(after, "}")
	switch {
	case len(id) < 1 || len(id) > 128 || strings.ContainsFunc(id, notUnreserved) || id == "." || id == "..":
		err = &ArgumentError{argumentName(name), "must be 1 to 128 characters of A-Z, a-z, 0-9, -, ., _ and ~, and not . or .."}
	case before == routeConnectors+"/" && slices.Contains(reserved, id):
		err = &ArgumentError{argumentName(name), "must not be the name of an endpoint"}
	}
	return before, id, after, err
}

// argumentName returns the Go name of the parameter that becomes a route's.
func argumentName(parameter string) string {
	if parameter == "tool_key" {
		return "toolKey"
	}
	return "id"
}

func notUnreserved(r rune) bool {
	return r > '~' || !isAlphanumeric(byte(r)) && !strings.ContainsRune("-._~", r)
}

// extend appends the path and query of Do.
func (r *request) extend(u *url.URL) error {
	path, query, found := strings.Cut(r.path, "?")
	switch {
	case !validToken(r.method) || r.method == "CONNECT":
		return &ArgumentError{"method", "must be an HTTP method other than CONNECT"}
	case !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//"):
		return &ArgumentError{"path", "must begin with one slash"}
	case strings.ContainsFunc(path, notInPath) || strings.ContainsFunc(query, notInQuery):
		return &ArgumentError{"path", "must be escaped, and without a fragment"}
	case hasDotSegment(path):
		return &ArgumentError{"path", "must not have the segment . or .., or an invalid escape"}
	}
	decoded, err := url.PathUnescape(path)
	if err != nil {
		return &ArgumentError{"path", "must be correctly escaped"}
	}
	u.RawPath = u.EscapedPath() + path
	u.Path += decoded
	u.RawQuery, u.ForceQuery = query, found && query == ""
	return nil
}

func notInPath(r rune) bool {
	return r > '~' || !isAlphanumeric(byte(r)) && !strings.ContainsRune("/%-._~!$&'()*+,;=:@", r)
}

func notInQuery(r rune) bool { return r <= ' ' || r > '~' || r == '#' }

// hasDotSegment reports whether path contains a "." or ".." segment, also after
// percent-decoding once or twice, behind a backslash, or before the parameters
// that some servers cut off. It also reports an escaped control character.
func hasDotSegment(path string) bool {
	for round := range 3 {
		decoded, err := url.PathUnescape(path)
		if err != nil && round > 0 { // %25 was a percent sign, not the beginning of an escape
			return false
		}
		if err != nil || strings.ContainsFunc(decoded, isControl) {
			return true
		}
		for _, segment := range strings.FieldsFunc(decoded, func(r rune) bool { return r == '/' || r == '\\' }) {
			if segment, _, _ = strings.Cut(segment, ";"); segment == "." || segment == ".." {
				return true
			}
		}
		if decoded == path {
			break
		}
		path = decoded
	}
	return false
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// validToken reports whether s is a token (RFC 9110, section 5.6.2): the name of a
// header or a method.
func validToken(s string) bool {
	const punctuation = "!#$%&'*+-.^_`|~"
	for _, c := range []byte(s) {
		if !isAlphanumeric(c) && !strings.ContainsRune(punctuation, rune(c)) {
			return false
		}
	}
	return s != ""
}
