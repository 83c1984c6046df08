package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/benchmarks/internal/clients"
)

const (
	crowd     = 256 // goroutines that call at the same time
	fewer     = 64  // the same, against the flaky server
	callsEach = 40  // of each goroutine in a round
	flakyEach = 100 // likewise
)

// tuned returns what makes a Get of a base URL that nobody has used yet.
func tuned(perHost int) func(base string) func() error {
	return func(base string) func() error {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.MaxIdleConns, transport.MaxIdleConnsPerHost = 2*perHost, perHost
		return getOf(clients.ByHand(&http.Client{Transport: transport}, base))
	}
}

func itself(client clients.Client) func(base string) func() error {
	return func(base string) func() error {
		api, err := client.New(base, nil)
		if err != nil {
			panic(err)
		}
		if client, ok := api.Value.(*retryablehttp.Client); ok {
			client.Logger = nil // it has taken stderr before it could be silenced
		}
		return getOf(api)
	}
}

func getOf(api clients.API) func() error {
	return func() error {
		name, err := api.Get(context.Background(), clients.ID)
		return wrong(err, name != clients.Name)
	}
}

// crowdUnit has 256 goroutines call for a while.
func crowdUnit(name string, s *server, bases map[string]string) unit {
	return everyCaller(name, bases, func(get func() error) reading { return s.load(crowd, callsEach, 3, get) })
}

// burstUnit has 256 goroutines make the first calls of a client, all at once.
func burstUnit(name string, s *server, bases map[string]string) unit {
	return everyCaller(name, bases, func(get func() error) reading { return s.load(crowd, 1, 0, get) })
}

// dialsUnit counts the connections of the first calls of 256 goroutines. Over
// HTTP/2 their number is left to chance, so that it takes many rounds.
func dialsUnit(name string, s *server, bases map[string]string) unit {
	return everyCaller(name, bases, func(get func() error) reading { return s.load(crowd, 4, 0, get) }).only(freddyName, tunedName)
}

// everyCaller is a unit of all clients with the connections that they have by
// themselves. Some share http.DefaultTransport, which begins without any.
func everyCaller(name string, bases map[string]string, measure func(get func() error) reading) unit {
	u := unit{name: name, floor: tunedName}
	add := func(name, base string, make func(base string) func() error) {
		u.of = append(u.of, contender{name, func() reading {
			http.DefaultTransport.(*http.Transport).CloseIdleConnections()
			return measure(make(base))
		}})
	}
	add(tunedName, bases[plain], tuned(256))
	for _, client := range clients.All() {
		if base := bases[client.Name]; !client.TLSOnly || strings.HasPrefix(base, "https:") {
			add(client.Name, base, itself(client))
		}
	}
	add(twinName, bases[plain], tuned(256))
	return u
}

// poolUnit is net/http with pools of several sizes.
func poolUnit(s *server) unit {
	u := unit{name: "idle connections kept", floor: "256"}
	for _, perHost := range []int{2, 16, 64, 128, 256, 512} {
		u.of = append(u.of, contender{fmt.Sprint(perHost), func() reading {
			return s.load(crowd, callsEach, 3, tuned(perHost)(s.Plain[plain]))
		}})
	}
	return u
}

// flakyUnit calls the flaky server with waits of at most a millisecond before a
// retry, so that connections are seen and not waits; and with freddy's own waits.
func flakyUnit(name string, s *server, bases map[string]string) unit {
	u := unit{name: name, floor: tunedName}
	for _, c := range []struct {
		name, answers string
		make          func(base string) (get func() error)
	}{
		{freddyName, freddyName, freddyCaller(freddy.WithRetryBackoff(time.Millisecond, time.Millisecond))},
		{defaultWaits, freddyName, freddyCaller()},
		{tunedName, plain, tuned(256)},
		{retrying, plain, func(base string) func() error {
			client := retryablehttp.NewClient()
			client.Logger, client.RetryWaitMin, client.RetryWaitMax = nil, time.Millisecond, time.Millisecond
			return getOf(clients.Retrying(client, base))
		}},
	} {
		for _, mode := range [][2]string{{"/ok", healthyOf}, {"/flaky", ""}} {
			u.of = append(u.of, contender{c.name + mode[1], func() reading {
				return s.load(fewer, flakyEach, 2, c.make(bases[c.answers]+mode[0]))
			}})
		}
	}
	return u
}

func freddyCaller(opts ...freddy.Option) func(base string) func() error {
	return func(base string) func() error {
		client := newFreddy(append(opts, freddy.WithBaseURL(base))...)
		return func() error {
			_, err := client.Connectors().Get(context.Background(), clients.ID)
			return err
		}
	}
}

// load has goroutines make calls, some before those that are measured, and
// counts the connections and the requests of all of them.
func (s *server) load(goroutines, each, before int, call func() error) reading {
	earlier := s.seen()
	run(goroutines, before, call)
	r := run(goroutines, each, call)
	now := s.seen()
	r.connections, r.requests = now.Connections-earlier.Connections, now.Requests-earlier.Requests
	return r
}

// run has goroutines make a number of calls each, as fast as they come.
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
