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

// Reply is one scripted answer. The zero Reply is an empty 200.
//
// It carries the headers of every answer (a request id, the rate limit,
// application/json as its type) unless its own Header says otherwise.
type Reply struct {
	Status int           // 0: 200
	Header http.Header   // a name without values leaves out that header
	Body   string        // as it is, JSON or not
	Delay  time.Duration // before the answer or the fault; ends early, and without one, when the caller gives up
	Fault  Fault
}

// Fault is the way in which a [Reply] fails to arrive. The zero Fault is
// FaultNone.
type Fault int

// The faults of a reply.
const (
	FaultNone Fault = iota

	// FaultDrop closes the connection without an answer; Status, Header and Body
	// go unused. Where the connection
	// has served an earlier call, net/http sends a GET once more by itself, so
	// that the caller sees the next answer and no fault; Requests shows both.
	FaultDrop

	// FaultTruncate closes the connection after one half of the body; the
	// Content-Length is that of the whole, and of an empty body 1.
	FaultTruncate
)

// call is what a script is for.
type call struct{ method, path string }

// Script sets the next answers to a call, each of which is given once; when all
// have been given, the Fake answers by itself again. So an outage that outlasts
// the client's retries takes four replies, or one and freddy.WithMaxRetries(0).
// The path is the one below the base URL, escaped,
// without a query: "/personal-connectors/pcon_github". It may be one that the
// Fake does not know. Replies that are scripted while others wait come after
// them. The key of the request is not looked at.
//
// A scripted reply stands in the place of the Fake's own: the request is
// recorded, but not processed. A POST that is answered by a script creates
// nothing, whatever the reply says and however it fails.
//
// Script panics if the path has another form, or if a reply has a status
// outside 200 to 999 or an unknown fault, for no call would ever see it.
func (f *Fake) Script(method, path string, replies ...Reply) {
	if !strings.HasPrefix(path, "/") || strings.ContainsAny(path, "?#") {
		panic(fmt.Sprintf("freddytest: Script: the path %q must begin with a slash and have no query", path))
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, reply := range replies {
		if f.script == nil {
			f.script = map[call][]Reply{}
		}
		c := call{method, path}
		f.script[c] = append(f.script[c], reply.checked())
	}
}

// checked returns a copy of the reply with its defaults.
func (r Reply) checked() Reply {
	r.Status = cmp.Or(r.Status, http.StatusOK)
	if r.Status < 200 || r.Status > 999 {
		panic(fmt.Sprintf("freddytest: Script: %d is not the status of an answer", r.Status))
	}
	if r.Fault < FaultNone || r.Fault > FaultTruncate {
		panic(fmt.Sprintf("freddytest: Script: %d is not a fault", r.Fault))
	}
	r.Header = r.Header.Clone()
	return r
}

// next takes the next reply to a call, if there is one. The lock is held.
func (f *Fake) next(c call) (Reply, bool) {
	replies := f.script[c]
	if len(replies) == 0 {
		return Reply{}, false
	}
	f.script[c] = replies[1:]
	return replies[0], true
}

// unused says which replies are left, a line for each call.
func (f *Fake) unused() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var lines []string
	for c, replies := range f.script {
		if len(replies) > 0 {
			lines = append(lines, fmt.Sprintf("%s %s: scripted replies that nobody asked for: %d", c.method, c.path, len(replies)))
		}
	}
	slices.Sort(lines)
	return lines
}

// send writes the reply; its headers replace those that w has.
func (r Reply) send(w http.ResponseWriter) {
	if r.Fault == FaultDrop {
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
	_, _ = io.WriteString(w, body) // fails where the caller has gone, or where the status has no body
	if r.Fault == FaultTruncate {
		_ = http.NewResponseController(w).Flush() // the server would drop what it still holds
		panic(http.ErrAbortHandler)
	}
}

// pause waits, and reports whether the caller is still there.
func pause(ctx context.Context, delay time.Duration) bool {
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
