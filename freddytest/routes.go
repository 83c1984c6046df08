package freddytest

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/aitronos/freddy-go"
)

// route is one call of the API. The path is below the base URL. One of its
// segments may be a placeholder in braces, whose value is the id of the request.
//
// handle is called with the lock of the Fake held.
type route struct {
	method, path string
	handle       func(f *Fake, r request) Reply
}

// routes has the routes of each service, which are declared in its file.
var routes = slices.Concat(
	connectorRoutes,
	configurationRoutes,
)

// reserved are the path segments that are not ids.
var reserved = []string{"configurations", "available", "authorize", "callback", "complete-oauth", "connections"}

// handle returns the reply to a request that is not scripted.
func (f *Fake) handle(r request) Reply {
	if !r.inAPI {
		return notFound()
	}
	var allowed []string
	for _, route := range routes {
		id, ok := route.match(r.Path)
		if !ok {
			continue
		}
		if route.method != r.Method {
			allowed = append(allowed, route.method)
			continue
		}
		if !authorized(r.Header) {
			return errorReply(http.StatusUnauthorized, "authentication_error", "Invalid API key", freddy.CodeInvalidAPIKey)
		}
		r.id = id
		return route.handle(f, r)
	}
	if len(allowed) == 0 {
		return notFound()
	}
	reply := detailReply(http.StatusMethodNotAllowed, "Method Not Allowed")
	reply.Header = http.Header{"Allow": {strings.Join(allowed, ", ")}}
	return reply
}

// match reports whether an escaped path matches the route, and returns the
// unescaped segment at the placeholder.
func (t route) match(path string) (id string, ok bool) {
	want, got := strings.Split(t.path, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return "", false
	}
	for i, segment := range got {
		segment, err := url.PathUnescape(segment)
		switch {
		case err != nil:
			return "", false
		case strings.HasPrefix(want[i], "{"):
			if segment == "" || slices.Contains(reserved, segment) {
				return "", false
			}
			id = segment
		case segment != want[i]:
			return "", false
		}
	}
	return id, true
}

// authorized accepts the key in each of the documented headers.
func authorized(header http.Header) bool {
	return header.Get("Authorization") == "Bearer "+APIKey ||
		header.Get("X-Api-Key") == APIKey ||
		header.Get("Api-Key") == APIKey
}
