// Cache looks connectors of a fake API up 500 times a second, under a plan of 100 a minute.
//
//	cd examples/cache && go run .
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"math/rand/v2"
	"net/http/httptest"
	"time"

	"github.com/maypok86/otter/v2"
	"golang.org/x/time/rate"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/freddytest"
)

const (
	refreshAfter = 5 * time.Minute // to refresh 500 connectors takes 100 requests a minute
	keepFor      = time.Hour       // while refreshing fails
	keepNotFound = 30 * time.Second
	loadTimeout  = 10 * time.Second
)

type limiter struct{ *rate.Limiter }

func newLimiter() limiter { return limiter{rate.NewLimiter(rate.Every(time.Minute/100), 20)} }

// Wait fails at once if it would leave too little time for the request.
func (l limiter) Wait(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, loadTimeout/2)
	defer cancel()
	return l.Limiter.Wait(ctx)
}

// connectors is a bounded cache. It uses otter, which makes one load of concurrent misses and
// refreshes in the background. With an LRU cache and singleflight, both take code of our own.
type connectors struct {
	client *freddy.Client
	cache  *otter.Cache[string, lookup]
}

type lookup struct {
	connector    *freddy.Connector
	err          error // a 404
	keepFor      time.Duration
	refreshAfter time.Duration
}

type (
	refreshes  = otter.RefreshCalculator[string, lookup]
	calculator struct{ refreshes }
)

func (calculator) RefreshAfterReloadFailure(otter.Entry[string, lookup], error) time.Duration {
	return 30 * time.Second
}

func newConnectors(client *freddy.Client) *connectors {
	return &connectors{client, otter.Must(&otter.Options[string, lookup]{
		MaximumSize:       1000,
		ExpiryCalculator:  otter.ExpiryWritingFunc(func(e otter.Entry[string, lookup]) time.Duration { return e.Value.keepFor }),
		RefreshCalculator: calculator{otter.RefreshWritingFunc(func(e otter.Entry[string, lookup]) time.Duration { return e.Value.refreshAfter })},
	})}
}

// fill caches all active connectors, in one request for 100 of them. Without it, each of them
// is a miss at first, and each miss is a request. After an error, what was read is cached.
func (c *connectors) fill(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, loadTimeout)
	defer cancel()
	all, err := freddy.Collect(c.client.Connectors().All(ctx, freddy.ConnectorListParams{Limit: 100}))
	for _, connector := range all {
		// At random, so that the refreshes are not all due at once.
		c.cache.Set(connector.ID, lookup{connector, nil, keepFor, refreshAfter + rand.N(refreshAfter)})
	}
	return err
}

// get returns a connector, which is shared. If ctx ends, the load continues for the others.
func (c *connectors) get(ctx context.Context, id string) (*freddy.Connector, error) {
	done := make(chan lookup, 1)
	go func() {
		found, err := c.cache.Get(context.WithoutCancel(ctx), id, otter.LoaderFunc[string, lookup](c.load))
		done <- lookup{connector: found.connector, err: cmp.Or(found.err, err)}
	}()
	select {
	case found := <-done:
		return found.connector, found.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// load requests a connector. A 404 is kept, too. After another error, the old value is kept.
func (c *connectors) load(ctx context.Context, id string) (lookup, error) {
	ctx, cancel := context.WithTimeout(ctx, loadTimeout)
	defer cancel()
	connector, err := c.client.Connectors().Get(ctx, id)
	if errors.Is(err, freddy.ErrNotFound) {
		return lookup{nil, err, keepNotFound, refreshAfter}, nil
	}
	return lookup{connector, nil, keepFor, refreshAfter}, err
}

func main() {
	flag.Parse() // -h
	requests, err := run(context.Background(), 2500)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("2500 lookups,", requests, "requests")
}

func run(ctx context.Context, lookups int) (requests int, err error) {
	fake := freddytest.NewFake()
	server := httptest.NewServer(fake)
	defer server.Close()
	client, err := freddy.NewClient(freddytest.APIKey, freddy.WithBaseURL(server.URL+"/v1"), freddy.WithLimiter(newLimiter()))
	if err != nil {
		return 0, err
	}
	cached, ids := newConnectors(client), []string{"pcon_github", "pcon_jira", "pcon_unknown"}
	if err := cached.fill(ctx); err != nil {
		log.Print(err) // get requests what is missing
	}
	for i := range lookups {
		if _, err := cached.get(ctx, ids[i%len(ids)]); err != nil && !errors.Is(err, freddy.ErrNotFound) {
			return 0, err
		}
		time.Sleep(time.Second / 500)
	}
	return len(fake.Requests()), nil
}
