package freddytest

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aitronos/freddy-go"
)

// APIKey is the key that a [Fake] accepts, in any of the three documented
// headers. With any other the answer is 401.
const APIKey = "freddytest-key"

// prefix is the path of the base URL.
const prefix = "/v1"

// Fake is the API in memory: an http.Handler that is safe for concurrent use.
// The zero Fake has an empty catalogue, and like every new one no configuration.
//
// It serves the paths below /v1. A scripted reply comes first, whatever the
// request. Otherwise it looks at the path (404), the method (405), the key
// (401), the parameters or the body (422; above 1 MiB 413) and the ids (404), in
// this order. What it refuses changes nothing, and neither does a request that
// breaks off. The rate limit is told, never enforced.
type Fake struct {
	mu             sync.Mutex
	connectors     []entry                // in the order in which they were added
	configurations []freddy.Configuration // likewise; shares nothing with anyone
	created        int                    // how many ids were given
	script         map[call][]Reply
	requests       []Request
	quota          quota
}

// NewFake returns a Fake with the catalogue: pcon_github (the documented sample),
// pcon_notion, pcon_slack, pcon_figma, pcon_clickup, pcon_jira, pcon_inventory and
// pcon_scripts are active, pcon_trello is deprecated, pcon_teams in maintenance.
//
// In a program it stands behind a server of its own:
//
//	server := httptest.NewServer(freddytest.NewFake())
//	defer server.Close()
//	client, err := freddy.NewClient(freddytest.APIKey, freddy.WithBaseURL(server.URL+"/v1"))
func NewFake() *Fake {
	f := new(Fake)
	for _, connector := range catalogue() {
		f.AddConnector(connector)
	}
	return f
}

// ServeHTTP answers one request. For the faults of a script, and where the
// caller gives up during a delay or before the end of its body, it panics with
// http.ErrAbortHandler, by which an http.Server closes the connection without a
// word.
func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	in, below, whole := read(r)
	header, reply, scripted := f.admit(in, below, began)
	if !scripted {
		if !whole {
			panic(http.ErrAbortHandler)
		}
		reply = f.answer(in, below)
	}
	if !pause(r.Context(), reply.Delay) {
		panic(http.ErrAbortHandler)
	}
	header.Set("Freddy-Processing-Ms", strconv.FormatInt(max(1, time.Since(began).Milliseconds()), 10))
	maps.Copy(w.Header(), header)
	reply.send(w)
}

// admit records a request. It returns the headers of the answer and, where one
// is left, the scripted reply.
func (f *Fake) admit(in Request, below bool, now time.Time) (http.Header, Reply, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.requests = append(f.requests, in.masked())
	header := f.quota.take(now)
	header.Set("Content-Type", "application/json")
	header.Set("Freddy-Api-Version", "2025-01-01")
	header.Set("X-Request-Id", fmt.Sprintf("req_%06d", len(f.requests)))
	if !below {
		return header, Reply{}, false
	}
	reply, scripted := f.next(call{in.Method, in.Path})
	return header, reply, scripted
}

// quota is the rate limit that the headers tell of. It refuses nobody: a test
// that wants a 429 scripts it.
type quota struct {
	used  int
	reset time.Time
}

// take counts one request and returns the headers, in both documented families.
func (q *quota) take(now time.Time) http.Header {
	const limit = 100 // a minute, on the standard plan
	if !now.Before(q.reset) {
		q.used, q.reset = 0, now.Truncate(time.Second).Add(time.Minute)
	}
	q.used = min(q.used+1, limit)
	header := http.Header{}
	for name, value := range map[string]int64{
		"Limit": limit, "Remaining": int64(limit - q.used), "Reset": q.reset.Unix(),
	} {
		text := strconv.FormatInt(value, 10)
		header.Set("X-Ratelimit-"+name, text)
		header.Set("X-Ratelimit-"+name+"-Requests", text)
	}
	return header
}

// endpoint is a method and a path below the base URL. One segment of the path
// may be a placeholder in braces; what stands there is handed to answer as id.
type endpoint struct {
	method, path string
	answer       func(f *Fake, in Request, id string) Reply
}

// endpoints has a part from each file that serves a resource.
var endpoints = slices.Concat(connectorEndpoints, configurationEndpoints)

// reserved are the names of endpoints that share the level of an id.
var reserved = []string{"configurations", "available", "authorize", "callback", "complete-oauth", "connections"}

// answer is what the API says to a request.
func (f *Fake) answer(in Request, below bool) Reply {
	if !below {
		return notFound()
	}
	var allow []string
	for _, e := range endpoints {
		id, ok := e.match(in.Path)
		switch {
		case !ok:
		case e.method != in.Method:
			allow = append(allow, e.method)
		case !authorized(in.Header):
			return refusal(http.StatusUnauthorized, "authentication_error", "Invalid API key", freddy.CodeInvalidAPIKey)
		default:
			return e.answer(f, in, id)
		}
	}
	if len(allow) == 0 {
		return notFound()
	}
	reply := respond(http.StatusMethodNotAllowed, detail{"Method Not Allowed"})
	reply.Header = http.Header{"Allow": {strings.Join(allow, ", ")}}
	return reply
}

// match reports whether a path, escaped as it was sent, is that of the endpoint.
func (e endpoint) match(path string) (id string, ok bool) {
	want, have := strings.Split(e.path, "/"), strings.Split(path, "/")
	if len(want) != len(have) {
		return "", false
	}
	for i, segment := range have {
		segment, err := url.PathUnescape(segment)
		switch {
		case err != nil:
			return "", false
		case !strings.HasPrefix(want[i], "{"):
			if segment != want[i] {
				return "", false
			}
		case segment == "" || slices.Contains(reserved, segment):
			return "", false
		default:
			id = segment
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

// detail is the body of an error that the API's web framework answers with, not
// the API itself. It holds a text or a []invalid.
type detail struct {
	Detail any `json:"detail"`
}

// invalid is one parameter that the framework has refused.
type invalid struct {
	Loc  []string `json:"loc"`
	Msg  string   `json:"msg"`
	Type string   `json:"type"`
}

func notFound() Reply { return respond(http.StatusNotFound, detail{"Not Found"}) }

// refusal is an error of the API itself.
func refusal(status int, kind, message, code string) Reply {
	type problem struct {
		Type    string `json:"type"`
		Message string `json:"message"`
		Code    string `json:"code"`
	}
	return respond(status, map[string]problem{"error": {kind, message, code}})
}

// respond makes the reply of a body that is known to be encodable.
func respond(status int, body any) Reply {
	return Reply{Status: status, Body: string(encode(body))}
}

// encode returns the JSON of what is known to have one.
func encode(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("freddytest: %v", err))
	}
	return data
}

// maxBody is the size of the largest body that is understood, and of what is
// kept of a larger one.
const maxBody = 1 << 20

// read returns the request as it was sent, whether it is below the base URL, and
// whether all of it came. Of a body that breaks off, it has what came, and of one
// that is too large a byte too much.
func read(r *http.Request) (in Request, below, whole bool) {
	in = Request{
		Method: r.Method,
		Path:   r.URL.EscapedPath(),
		Query:  r.URL.Query(),
		Header: r.Header.Clone(),
	}
	if rest, found := strings.CutPrefix(in.Path, prefix); found && (rest == "" || rest[0] == '/') {
		in.Path, below = rest, true
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if len(body) > 0 {
		in.Body = body
	}
	return in, below, err == nil
}
