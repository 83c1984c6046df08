// Cache looks connectors of a fake API up 500 times a second, under a plan of 100 a minute.
//
//	cd examples/cache && go run . -for 2s
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"time"

	"github.com/maypok86/otter/v2"
	"golang.org/x/time/rate"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/freddytest"
)

const (
	maxEntries   = 1000
	refreshAfter = 5 * time.Minute  // less up to a minute, at random: 100 requests a minute refresh 400 connectors
	retryAfter   = 30 * time.Second // after a refresh that failed
	keepFor      = time.Hour        // while refreshing fails
	keepNotFound = 30 * time.Second
	loadTimeout  = 10 * time.Second // the waits for the limiter and before retries included
)

func newLimiter() *rate.Limiter { return rate.NewLimiter(rate.Every(time.Minute/100), 20) }

// connectors is a bounded cache. It uses otter, which makes one load of concurrent misses and
// refreshes in the background. With an LRU cache and singleflight, both take code of our own.
type connectors struct {
	client *freddy.Client
	cache  *otter.Cache[string, lookup]
}

// lookup is a connector, or the error that there is none.
type lookup struct {
	connector *freddy.Connector
	err       error
	keepFor   time.Duration
}

type calculator struct {
	otter.RefreshCalculator[string, lookup]
}

func (calculator) RefreshAfterReloadFailure(otter.Entry[string, lookup], error) time.Duration {
	return retryAfter
}

func newConnectors(client *freddy.Client) *connectors {
	return &connectors{client, otter.Must(&otter.Options[string, lookup]{
		MaximumSize:       maxEntries,
		ExpiryCalculator:  otter.ExpiryWritingFunc(func(e otter.Entry[string, lookup]) time.Duration { return e.Value.keepFor }),
		RefreshCalculator: calculator{otter.RefreshWritingFunc(func(otter.Entry[string, lookup]) time.Duration { return refreshAfter - rand.N(time.Minute) })},
	})}
}

// get returns a connector, which callers share and must not change. If ctx ends, only this
// caller stops waiting. The load continues for the others.
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

// load requests a connector. A 404 is kept, too. Any other error is not kept: if there is
// an old value, otter logs the error and keeps the value.
func (c *connectors) load(ctx context.Context, id string) (lookup, error) {
	ctx, cancel := context.WithTimeout(ctx, loadTimeout)
	defer cancel()
	connector, err := c.client.Connectors().Get(ctx, id)
	if errors.Is(err, freddy.ErrNotFound) {
		return lookup{nil, err, keepNotFound}, nil
	}
	return lookup{connector, nil, keepFor}, err
}

func main() {
	duration := flag.Duration("for", 5*time.Second, "how long to look connectors up")
	flag.Parse()
	if err := run(context.Background(), *duration, os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, duration time.Duration, stdout io.Writer) error {
	fake := freddytest.NewFake()
	server := httptest.NewServer(fake)
	defer server.Close()
	client, err := freddy.NewClient(freddytest.APIKey, freddy.WithBaseURL(server.URL+"/v1"), freddy.WithLimiter(newLimiter()))
	if err != nil {
		return err
	}
	cached, ids := newConnectors(client), []string{"pcon_github", "pcon_jira", "pcon_unknown"}
	for i := range int(duration.Seconds() * 500) {
		if _, err := cached.get(ctx, ids[i%len(ids)]); err != nil && !errors.Is(err, freddy.ErrNotFound) {
			return err
		}
		time.Sleep(time.Second / 500)
	}
	fmt.Fprintf(stdout, "500 lookups a second for %v: %d requests\n", duration, len(fake.Requests()))
	return nil
}
