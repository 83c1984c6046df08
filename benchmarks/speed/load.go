package main

import (
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/benchmarks/internal/clients"
)

const (
	crowd     = 256 // goroutines that call at the same time
	callsEach = 40  // of each goroutine in a round
	fewer     = 64  // goroutines, at the flaky server
	flakyEach = 100 // calls of each of them
)

// A maker returns a Get of a new client, and a func that closes its connections.
type maker func(base string) (get func() error, closeIdle func())

// tuned is net/http with as many idle connections as this client keeps.
func tuned(base string) (func() error, func()) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConns, transport.MaxIdleConnsPerHost = 2*crowd, crowd
	return getOf(clients.ByHand(&http.Client{Transport: transport}, base)), transport.CloseIdleConnections
}

// usual makes a client as its SDK does.
func usual(client clients.Client) maker {
	return func(base string) (func() error, func()) {
		api, err := client.New(base, nil)
		if err != nil {
			panic(err)
		}
		if client, ok := api.Value.(*retryablehttp.Client); ok {
			client.Logger = nil // it kept stderr from before silence
		}
		return getOf(api), closerOf(api.Value)
	}
}

// closerOf returns the CloseIdleConnections of a client, if it has one.
func closerOf(client any) func() {
	if c, ok := client.(interface{ CloseIdleConnections() }); ok {
		return c.CloseIdleConnections
	}
	return func() {}
}

// withOptions makes this client.
func withOptions(opts ...freddy.Option) maker {
	return func(base string) (func() error, func()) {
		client := newFreddy(append(opts, freddy.WithBaseURL(base))...)
		return freddyGet(client), client.CloseIdleConnections
	}
}

// measured is a contender of a new client in each round. Some SDKs share
// http.DefaultTransport, which begins without connections, too.
func measured(name, base string, make maker, measure func(get func() error) reading) contender {
	return contender{name, func() reading {
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
		get, closeIdle := make(base)
		defer closeIdle()
		return measure(get)
	}}
}

// everyCaller is a unit of all clients with the connections that they have by
// default.
func (s *server) everyCaller(name string, n network, measure func(get func() error) reading) unit {
	u := unit{name: name, floor: tunedName}
	add := func(name, client string, make maker) {
		u.of = append(u.of, measured(name, s.base(n, client), make, measure))
	}
	add(tunedName, plain, tuned)
	for _, client := range clients.All() {
		if n.tls || !client.TLSOnly {
			add(client.Name, client.Name, usual(client))
		}
	}
	add(twinName, plain, tuned)
	return u
}

// crowdUnit has 256 goroutines call for a while.
func (s *server) crowdUnit(n network) unit {
	return s.everyCaller(n.name, n, func(get func() error) reading { return s.load(crowd, callsEach, 3, get) })
}

// dialsUnit counts the connections of the first calls of 256 goroutines. Their number
// is left to chance, so it takes many rounds.
func (s *server) dialsUnit(n network) unit {
	return s.everyCaller(n.name, n, func(get func() error) reading { return s.load(crowd, 4, 0, get) }).only(freddyName, tunedName)
}

// burstUnit has 256 goroutines make the first calls of a client, all at once.
func (s *server) burstUnit(n network) unit {
	u := s.everyCaller("cold burst, "+n.name, n, func(get func() error) reading { return s.load(crowd, 1, 0, get) })
	u.of = append(u.of, measured(oneCall, s.base(n, plain), tuned, func(get func() error) reading { return s.load(1, 1, 0, get) }))
	return u
}

// flakyUnit calls the flaky server with a backoff of at most a millisecond, so that
// connections are measured and not delays; and with freddy's default backoff.
func (s *server) flakyUnit(n network) unit {
	u := unit{name: "flaky, " + n.name, floor: tunedName}
	add := func(name, client string, make maker) {
		for _, mode := range [][2]string{{"/ok", healthySuffix}, {"/flaky", ""}} {
			u.of = append(u.of, measured(name+mode[1], s.base(n, client)+mode[0], make, func(get func() error) reading {
				return s.load(fewer, flakyEach, 2, get)
			}))
		}
	}
	add(freddyName, freddyName, withOptions(freddy.WithRetryBackoff(time.Millisecond, time.Millisecond)))
	add(ownBackoff, freddyName, withOptions())
	add(tunedName, plain, tuned)
	add(retrying, plain, func(base string) (func() error, func()) {
		client := retryablehttp.NewClient()
		client.Logger, client.RetryWaitMin, client.RetryWaitMax = nil, time.Millisecond, time.Millisecond
		return getOf(clients.Retrying(client, base)), client.HTTPClient.CloseIdleConnections
	})
	return u
}

const (
	keys       = 1000
	workers    = 50
	callsAKey  = 4
	oneKey     = "one client"
	derived    = "1,000 with WithAPIKey"
	newClients = "1,000 with NewClient"
)

// keysUnit has 50 workers call with 1,000 keys in turn.
func (s *server) keysUnit(n network) unit {
	u := unit{name: "1,000 keys, " + n.name, floor: oneKey}
	base := freddy.WithBaseURL(s.base(n, freddyName))
	add := func(name string, make func() []*freddy.Client) {
		u.of = append(u.of, contender{name, func() reading { return s.withKeys(make) }})
	}
	add(oneKey, func() []*freddy.Client { return slices.Repeat([]*freddy.Client{newFreddy(base)}, keys) })
	add(derived, func() []*freddy.Client {
		first := newFreddy(base)
		return eachKey(func(key string) *freddy.Client {
			client, err := first.WithAPIKey(key)
			if err != nil {
				panic(err)
			}
			return client
		})
	})
	add(newClients, func() []*freddy.Client {
		return eachKey(func(key string) *freddy.Client { return newFreddyFor(key, base) })
	})
	return u
}

func eachKey(make func(key string) *freddy.Client) []*freddy.Client {
	all := []*freddy.Client{}
	for i := range keys {
		all = append(all, make(fmt.Sprintf("%s-%d", clients.Key, i)))
	}
	return all
}

// withKeys measures workers that take the clients in turn. Its heap and goroutines
// are those of the clients and their idle connections, made and afterwards still
// there.
func (s *server) withKeys(make func() []*freddy.Client) reading {
	heapBefore, goroutinesBefore := heap(), runtime.NumGoroutine()
	all := make()
	var next atomic.Int64
	r := s.load(workers, len(all)*callsAKey/workers, 0, func() error {
		i := int(next.Add(1)) % len(all)
		return freddyGet(all[i])()
	})
	r.heap, r.goroutines = heap()-heapBefore, runtime.NumGoroutine()-goroutinesBefore
	for _, client := range all {
		client.CloseIdleConnections()
	}
	for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > goroutinesBefore && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond) // the goroutines of connections end a little later
	}
	return r
}

const (
	wrappedCalls   = 20_000
	wrappedWorkers = 200
	ownTransport   = "freddy's own transport"
	wrapsNew       = "NewTransport, wrapped"
	wrapsDefault   = "http.DefaultTransport, wrapped"
)

// wrapUnit has 200 goroutines call through a RoundTripper of the program, as one for
// tracing is.
func (s *server) wrapUnit(n network) unit {
	u := unit{name: "wrapped transport, " + n.name, floor: ownTransport}
	add := func(name string, options func() []freddy.Option) {
		u.of = append(u.of, measured(name, s.base(n, freddyName), func(base string) (func() error, func()) {
			return withOptions(options()...)(base)
		}, func(get func() error) reading {
			return s.load(wrappedWorkers, wrappedCalls/wrappedWorkers, 0, get)
		}))
	}
	around := func(inner func() *http.Transport) func() []freddy.Option {
		return func() []freddy.Option { return []freddy.Option{withTransport(wrapper{inner()})} }
	}
	add(ownTransport, func() []freddy.Option { return nil })
	add(wrapsNew, around(freddy.NewTransport))
	add(wrapsDefault, around(http.DefaultTransport.(*http.Transport).Clone))
	return u
}

// A wrapper adds nothing to its transport.
type wrapper struct{ *http.Transport }

func (w wrapper) RoundTrip(req *http.Request) (*http.Response, error) {
	return w.Transport.RoundTrip(req)
}

// load has goroutines make calls, first a number that is not measured, and counts the
// connections and the requests of all of them.
func (s *server) load(goroutines, each, before int, call func() error) reading {
	earlier := s.seen()
	run(goroutines, before, call)
	r := run(goroutines, each, call)
	now := s.seen()
	r.connections, r.requests = now.Connections-earlier.Connections, now.Requests-earlier.Requests
	return r
}

// run has goroutines make a number of calls each, one after another.
func run(goroutines, each int, call func() error) reading {
	times := make([]time.Duration, max(1, goroutines*each))
	var failed atomic.Int64
	var all sync.WaitGroup
	start := make(chan struct{})
	for i := range goroutines {
		all.Go(func() {
			<-start
			for j := range each {
				began := time.Now()
				if call() != nil {
					failed.Add(1)
				}
				times[i*each+j] = time.Since(began)
			}
		})
	}
	began := time.Now()
	close(start)
	all.Wait()
	took := time.Since(began)
	slices.Sort(times)
	return reading{
		time:   took,
		rate:   float64(int64(goroutines*each)-failed.Load()) / took.Seconds(),
		p50:    times[len(times)/2],
		p99:    times[len(times)*99/100],
		failed: int(failed.Load()),
	}
}
