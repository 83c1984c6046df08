package freddy

import (
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// This file is the one door for URLs: what it lets through stays on the origin
// and below the path of the base URL.

// parseBaseURL checks a base URL. Its errors do not quote it: it may hold a
// password.
func parseBaseURL(text string, insecure bool) (url.URL, error) {
	refuse := func(reason string) (url.URL, error) {
		return url.URL{}, &ArgumentError{"WithBaseURL", reason}
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || !validHost(u):
		return refuse("must be an absolute URL such as " + DefaultBaseURL)
	case u.Scheme != "https" && u.Scheme != "http":
		return refuse("must have the scheme https")
	case u.User != nil:
		return refuse("must not have user info")
	case strings.ContainsAny(text, "?#"):
		return refuse("must not have a query or a fragment")
	case u.Scheme == "http" && !insecure && !isLoopback(u.Hostname()):
		return refuse("would send the key in clear: use https, or WithInsecureHTTP")
	}
	// Trimmed as it is written: an escaped slash is not a separator.
	u.RawPath = strings.TrimRight(u.EscapedPath(), "/")
	if u.Path, err = url.PathUnescape(u.RawPath); err != nil {
		return refuse("must have a path that is escaped correctly")
	}
	if plain := (&url.URL{Path: u.Path}); plain.EscapedPath() == u.RawPath {
		u.RawPath = "" // net/url finds it by itself
	}
	return *u, nil
}

// validHost requires a host, of which a colon tells the port or stands in an
// IPv6 address, and a port that there is.
func validHost(u *url.URL) bool {
	host, port := u.Hostname(), u.Port()
	if strings.Contains(host, ":") && !strings.HasPrefix(u.Host, "[") {
		return false
	}
	_, err := strconv.ParseUint(port, 10, 16)
	return host != "" && u.Opaque == "" && (port == "" || err == nil)
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback() || strings.EqualFold(host, "localhost")
}

// address returns the URL of a request.
func (c *Client) address(r request) (*url.URL, error) {
	u := c.base
	if r.raw {
		return &u, extend(&u, r)
	}
	before, id, after, err := fill(r.route, r.id)
	if err != nil {
		return nil, err
	}
	u.Path += before + id + after
	if u.RawPath != "" {
		u.RawPath += before + id + after
	}
	if r.params != nil {
		q, err := r.params.query()
		if err != nil {
			return nil, err
		}
		u.RawQuery = string(q)
	}
	return &u, nil
}

// query is the query of a list, escaped. Its parameters stand by name, so that
// equal parameters make equal requests.
type query string

// with adds a parameter, unless it is empty.
func (q query) with(name, value string) query {
	if value == "" {
		return q
	}
	if q != "" {
		q += "&"
	}
	return q + query(name+"="+url.QueryEscape(value))
}

// number returns n as the value of a parameter, empty for 0.
func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// reserved are the names that share the level of {connector_id}: an id of this
// kind would call another endpoint.
var reserved = []string{"configurations", "available", "authorize", "callback", "complete-oauth", "connections"}

// fill puts the id into the route and returns the parts of the path. What an id
// may hold needs no escaping, and no server, proxy or framework reads it as
// anything else.
func fill(route, id string) (before, _, after string, err error) {
	before, after, found := strings.Cut(route, "{")
	if !found {
		return route, "", "", nil
	}
	_, after, _ = strings.Cut(after, "}")
	switch {
	case len(id) < 1 || len(id) > 128 || strings.ContainsFunc(id, notInID):
		err = &ArgumentError{"id", "must be 1 to 128 characters of A-Z, a-z, 0-9, _ and -"}
	case slices.Contains(reserved, id):
		err = &ArgumentError{"id", "must not be the name of an endpoint"}
	}
	return before, id, after, err
}

func notInID(r rune) bool {
	return r > '~' || !isAlphanumeric(byte(r)) && r != '_' && r != '-'
}

// extend appends the path and query of Do.
func extend(u *url.URL, r request) error {
	if !validToken(r.method) || r.method == "CONNECT" {
		return &ArgumentError{"method", "must be an HTTP method other than CONNECT"}
	}
	if err := r.check(); err != nil {
		return err
	}
	path, query, found := strings.Cut(r.route, "?")
	switch {
	case !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//"):
		return &ArgumentError{"path", "must begin with one slash"}
	case strings.ContainsFunc(path, notInPath) || strings.ContainsFunc(query, notInQuery):
		return &ArgumentError{"path", "must be escaped, and without a fragment"}
	case leaves(path):
		return &ArgumentError{"path", "must not have segments that are . or .., or bad escapes"}
	}
	decoded, err := url.PathUnescape(path)
	if err != nil {
		return &ArgumentError{"path", "must be escaped correctly"}
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

// leaves reports whether a path has a dot segment for anybody on the way:
// escaped, escaped twice, behind an escaped slash or a backslash, or before the
// parameters that some servers cut off.
func leaves(path string) bool {
	for round := range 3 {
		decoded, err := url.PathUnescape(path)
		if err != nil && round > 0 { // %25 was a percent sign, no escape
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
