package freddytest

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Reply is one scripted response. The zero Reply is a 200 with an empty body.
//
// A reply has the headers of every response (a request id, the rate limit, the
// content type application/json), unless Header replaces them.
type Reply struct {
	Status int         // from 200 to 999; 0: 200
	Header http.Header // a name without values removes the header
	Body   string      // sent as it is, JSON or not

	// Delay is the time before the response or the fault. If the request's
	// context ends first, the connection closes without a response.
	Delay time.Duration

	Fault Fault
}

// Fault is the way in which a [Reply] fails. The zero Fault is FaultNone.
type Fault int

// The faults of a reply.
const (
	FaultNone Fault = iota

	// FaultDrop closes the connection without a response and without processing
	// the request. Status, Header and Body have no effect.
	//
	// If a connection to the URL of a Server is reused, net/http itself resends
	// a dropped GET. The client then sees the next response, and Requests has
	// both requests. Connections of HTTPClient and Client are not reused.
	FaultDrop

	// FaultTruncate closes the connection after the first half of the body. The
	// Content-Length is the length of the complete body, or 1 if it is empty.
	FaultTruncate

	// FaultLost processes the request as if nothing were scripted, then closes
	// the connection without a response. Status, Header and Body have no effect.
	FaultLost
)

// scriptKey identifies the call that a script is for.
type scriptKey struct{ method, path string }

// Script sets the next replies to a call. The Fake sends each reply once and
// then responds without a script again. So a failure that outlasts the retries of the
// client takes four replies, or one reply and freddy.WithMaxRetries(0).
//
// The path is below the base URL, escaped, and without a query:
// "/personal-connectors/pcon_github". Any path is accepted, and the key of the
// request is not checked. If Script is called again for the same
// call, the new replies are sent after the earlier ones.
//
// A request with a scripted reply is recorded, but only FaultLost processes it:
// a POST with any other scripted reply creates nothing.
//
// Script panics if the path is not of that form, a status is not from 200 to
// 999, or a fault is unknown.
func (f *Fake) Script(method, path string, replies ...Reply) {
	if !strings.HasPrefix(path, "/") || strings.ContainsAny(path, "?#") {
		panic(fmt.Sprintf("freddytest: Script: path %q must begin with a slash and have no query or fragment", path))
	}
	checked := make([]Reply, len(replies))
	for i, reply := range replies {
		checked[i] = reply.check()
	}
	key := scriptKey{method, path}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.script == nil {
		f.script = map[scriptKey][]Reply{}
	}
	f.script[key] = append(f.script[key], checked...)
}

// check returns a copy of the reply with its default status.
func (r Reply) check() Reply {
	r.Status = cmp.Or(r.Status, http.StatusOK)
	if r.Status < 200 || r.Status > 999 {
		panic(fmt.Sprintf("freddytest: Script: status %d must be from 200 to 999", r.Status))
	}
	if r.Fault < FaultNone || r.Fault > FaultLost {
		panic(fmt.Sprintf("freddytest: Script: unknown fault %d", r.Fault))
	}
	r.Header = r.Header.Clone()
	return r
}

// nextReply takes the next scripted reply to a request, if there is one.
func (f *Fake) nextReply(r request) (Reply, bool) {
	key := scriptKey{r.Method, r.Path}
	replies := f.script[key]
	if !r.inAPI || len(replies) == 0 {
		return Reply{}, false
	}
	f.script[key] = replies[1:]
	return replies[0], true
}

// unused describes the scripted replies that were not requested, in one line for
// each call.
func (f *Fake) unused() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var lines []string
	for key, replies := range f.script {
		if len(replies) > 0 {
			lines = append(lines, fmt.Sprintf("%s %s: scripted replies that were not requested: %d", key.method, key.path, len(replies)))
		}
	}
	slices.Sort(lines)
	return lines
}

// send writes the reply. Its headers replace the headers of w.
func (r Reply) send(w http.ResponseWriter) {
	if r.Fault == FaultDrop || r.Fault == FaultLost {
		panic(http.ErrAbortHandler)
	}
	for name, values := range r.Header {
		w.Header()[http.CanonicalHeaderKey(name)] = values
	}
	body := r.Body
	if r.Fault == FaultTruncate {
		w.Header().Set("Content-Length", strconv.Itoa(max(1, len(body))))
		body = body[:len(body)/2]
	}
	w.WriteHeader(r.Status)
	_, _ = io.WriteString(w, body) // fails if the client is gone or the status allows no body
	if r.Fault == FaultTruncate {
		_ = http.NewResponseController(w).Flush() // the server discards what is buffered
		panic(http.ErrAbortHandler)
	}
}

// wait waits for delay and reports whether ctx is still alive.
func wait(ctx context.Context, delay time.Duration) bool {
	if delay <= 0 {
		return true
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
