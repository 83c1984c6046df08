package freddytest

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/aitronos/freddy-go"
)

// route is one call of the API. The path is below the base URL. One of its
// segments may be a placeholder in braces, whose value is the id of the request. If
// the path ends with ?name, the route matches only requests with that query
// parameter.
//
// handle is called with the lock of the Fake held.
type route struct {
	method, path string
	handle       func(f *Fake, r request) Reply
}

// service has routes that share the reply to a request without the key. If
// unauthorized is nil, the routes need no key.
type service struct {
	unauthorized func(f *Fake) Reply
	routes       []route
}

// services has the routes of each service, which are declared in its file. The
// first route that matches handles the request.
var services = []service{
	{(*Fake).unauthorized, accountRoutes},
	{(*Fake).invalidAPIKey, connectorRoutes},
	{(*Fake).invalidAPIKey, configurationRoutes},
	{(*Fake).authenticationRequired, availableRoutes},
	{(*Fake).authenticationRequired, connectionRoutes},
	{(*Fake).authenticationRequired, signInRoutes},
	{(*Fake).unauthorized, mcpConfigurationRoutes},
	{nil, browserRoutes},
}

// reserved are the path segments that are not ids.
var reserved = []string{"configurations", "available", "authorize", "callback", "complete-oauth", "connections"}

// handle returns the reply to a request that is not scripted.
func (f *Fake) handle(r request) Reply {
	if !r.inAPI {
		return notFound()
	}
	var allowed []string
	for _, service := range services {
		for _, route := range service.routes {
			id, ok := route.match(r)
			switch {
			case !ok:
			case route.method != r.Method:
				if !slices.Contains(allowed, route.method) {
					allowed = append(allowed, route.method)
				}
			case service.unauthorized != nil && !authorized(r.Header):
				return service.unauthorized(f)
			default:
				r.id = id
				return route.handle(f, r)
			}
		}
	}
	if len(allowed) == 0 {
		return notFound()
	}
	reply := detailReply(http.StatusMethodNotAllowed, "Method Not Allowed")
	reply.Header = http.Header{"Allow": {strings.Join(allowed, ", ")}}
	return reply
}

// match reports whether a request matches the route except for its method, and
// returns the unescaped segment at the placeholder.
func (t route) match(r request) (id string, ok bool) {
	path, parameter, found := strings.Cut(t.path, "?")
	want, got := strings.Split(path, "/"), strings.Split(r.Path, "/")
	if len(want) != len(got) || found && !r.Query.Has(parameter) {
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

func (*Fake) invalidAPIKey() Reply {
	return errorReply(http.StatusUnauthorized, "authentication_error", "Invalid API key", freddy.CodeInvalidAPIKey)
}

// authorized accepts the key in each of the documented headers.
func authorized(header http.Header) bool {
	return header.Get("Authorization") == "Bearer "+APIKey ||
		header.Get("X-Api-Key") == APIKey ||
		header.Get("Api-Key") == APIKey
}
