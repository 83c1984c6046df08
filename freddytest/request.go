package freddytest

import (
	"cmp"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// prefix is the path of the base URL.
const prefix = "/v1"

// maxBody is the size in bytes of the largest request body that is accepted, and
// of the part that is kept of a larger one.
const maxBody = 1 << 20

// Request is one request that a [Fake] has received, as it was sent.
type Request struct {
	Method string

	// Path is below the base URL and escaped as it was sent:
	// /personal-connectors/pcon_github. A path outside the base URL is complete.
	Path string

	Query  url.Values  // never nil
	Header http.Header // never nil
	Body   []byte      // nil if it is empty; at most the first 1 MiB
}

// request is a Request with what the handlers need to know about it.
type request struct {
	Request
	inAPI    bool   // Path is below the base URL
	complete bool   // the body arrived without an error
	origin   string // scheme and host
	id       string // the path segment at the route's placeholder
}

// readRequest reads a request. The body of the result is one byte longer than
// maxBody if the request's body is larger than that.
func readRequest(r *http.Request) request {
	in := request{complete: true, origin: originOf(r), Request: Request{
		Method: cmp.Or(r.Method, http.MethodGet),
		Path:   r.URL.EscapedPath(),
		Query:  r.URL.Query(),
		Header: r.Header.Clone(),
	}}
	if in.Header == nil {
		in.Header = http.Header{}
	}
	if path, found := strings.CutPrefix(in.Path, prefix); found && (path == "" || path[0] == '/') {
		in.Path, in.inAPI = path, true
	}
	if r.Body != nil { // a server sets it, another caller of ServeHTTP may not
		in.Body, in.complete = readBody(r.Body)
	}
	return in
}

// readBody reads to the end, since an http.Server does not notice before that a
// client is gone.
func readBody(r io.Reader) (body []byte, complete bool) {
	body, err := io.ReadAll(io.LimitReader(r, maxBody+1))
	if err == nil {
		_, err = io.Copy(io.Discard, r)
	}
	if len(body) == 0 {
		body = nil
	}
	return body, err == nil
}
