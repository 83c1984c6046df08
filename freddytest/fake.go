package freddytest

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/aitronos/freddy-go"
)

// APIKey is the API key that a [Fake] accepts, in any of the three documented
// headers. A request with another key, or without one, gets a 401.
const APIKey = "freddytest-key"

// maxRequests is the number of requests that a Fake keeps.
const maxRequests = 10_000

// Fake is the API in memory. It is an http.Handler and safe for concurrent use.
// The zero Fake has no connectors, no configurations and nothing to connect.
//
// It serves the paths below /v1. If a reply is scripted, the Fake sends it.
// Otherwise it checks the path (404), the method (405), the key (401), the
// parameters or the body (422, or 413 above 1 MiB) and the ids (404), in this
// order. A request that is rejected or incomplete changes nothing. The rate
// limit headers count down, but no request is rejected because of them.
type Fake struct {
	mu                sync.Mutex // guards all fields
	connectors        store[freddy.Connector]
	configurations    store[freddy.Configuration]
	available         store[freddy.AvailableConnector] // by key
	accounts          store[freddy.Account]
	accountTools      store[freddy.AccountTools] // by account
	connections       store[freddy.Connection]
	broken            store[string] // why the tokens of a connection do not work, by connection
	mcpConfigurations store[freddy.MCPConfiguration]
	signIns           store[signIn] // by state
	grants            store[grant]  // by code
	script            map[scriptKey][]Reply
	received          int // requests so far
	requests          []Request
	quota             quota
}

// NewFake returns a Fake with a catalogue and no configurations. In the
// catalogue, pcon_github (the documented sample), pcon_notion, pcon_slack,
// pcon_figma, pcon_clickup, pcon_jira, pcon_inventory and pcon_scripts are
// active, pcon_trello is deprecated, and pcon_teams is in maintenance. Accounts of
// slack, github, clickup and atlassian can be connected, and none is.
//
// A program serves a Fake with a server of net/http:
//
//	server := httptest.NewServer(freddytest.NewFake())
//	defer server.Close()
//	client, err := freddy.NewClient(freddytest.APIKey, freddy.WithBaseURL(server.URL+"/v1"))
func NewFake() *Fake {
	f := new(Fake)
	for _, connector := range catalogue() {
		f.AddConnector(connector)
	}
	for _, connector := range available() {
		f.AddAvailableConnector(connector)
	}
	return f
}

// ServeHTTP responds to one request. If the reply has a fault, the request body
// is incomplete, or the request's context ends during a delay, it panics with
// http.ErrAbortHandler. An http.Server then closes the connection.
func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	header, reply := f.process(readRequest(r), start)
	if !wait(r.Context(), reply.Delay) {
		panic(http.ErrAbortHandler)
	}
	header.Set("Freddy-Processing-Ms", strconv.FormatInt(max(1, time.Since(start).Milliseconds()), 10))
	maps.Copy(w.Header(), header)
	reply.send(w)
}

// process records a request and returns the headers of every response and the
// reply to this request.
func (f *Fake) process(r request, now time.Time) (http.Header, Reply) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.record(r.Request)
	header := f.quota.take(now)
	header.Set("Content-Type", "application/json")
	header.Set("Freddy-Api-Version", "2025-01-01")
	header.Set("X-Request-Id", f.requestID())

	scripted, found := f.nextReply(r)
	if found && scripted.Fault != FaultLost {
		return header, scripted
	}
	if !r.complete {
		return header, Reply{Fault: FaultDrop}
	}
	reply := f.handle(r)
	if found {
		return header, scripted
	}
	return header, reply
}

// requestID returns the id of the request that is being processed.
func (f *Fake) requestID() string { return fmt.Sprintf("req_%06d", f.received) }

func (f *Fake) record(r Request) {
	f.received++
	r.Body = r.Body[:min(len(r.Body), maxBody)]
	f.requests = append(f.requests, r)
	if len(f.requests) > maxRequests {
		f.requests[0] = Request{} // append frees the array later
		f.requests = f.requests[1:]
	}
}

// Requests returns a copy of the last 10,000 requests, oldest first, including
// requests for scripted replies and for unknown paths.
//
// The requests are as they were sent, with API keys and credentials, so that a
// test can check them.
func (f *Fake) Requests() []Request {
	f.mu.Lock()
	defer f.mu.Unlock()
	requests := make([]Request, len(f.requests))
	for i, r := range f.requests {
		r.Query = url.Values(http.Header(r.Query).Clone())
		r.Header = r.Header.Clone()
		r.Body = bytes.Clone(r.Body)
		requests[i] = r
	}
	return requests
}

// quota is the rate limit that the response headers report. It rejects no
// request: a test scripts its 429.
type quota struct {
	used  int
	reset time.Time
}

// take counts one request and returns the rate limit headers under both
// documented names.
func (q *quota) take(now time.Time) http.Header {
	const limit = 100 // per minute, on the standard plan
	if !now.Before(q.reset) {
		q.used, q.reset = 0, now.Truncate(time.Second).Add(time.Minute)
	}
	q.used = min(q.used+1, limit)
	header := http.Header{}
	for name, value := range map[string]int64{
		"Limit": limit, "Remaining": int64(limit - q.used), "Reset": q.reset.Unix(),
	} {
		number := strconv.FormatInt(value, 10)
		header.Set("X-Ratelimit-"+name, number)
		header.Set("X-Ratelimit-"+name+"-Requests", number)
	}
	return header
}
