package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/freddytest"
)

func TestMain(m *testing.M) {
	log.SetOutput(io.Discard) // the cache logs each refresh that fails
	os.Exit(m.Run())
}

const (
	id         = "pcon_acme"
	path       = "/personal-connectors/" + id
	retryAfter = 30 * time.Second // after a refresh that failed
	maxEntries = 1000
)

// inBubble runs a test with a cache of a server's connectors, where time passes only while
// everything waits. The server has a connector pcon_acme.
func inBubble(t *testing.T, test func(t *testing.T, server *freddytest.Server, cached *connectors), opts ...freddy.Option) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		server := freddytest.NewServer(t)
		server.AddConnector(freddy.Connector{ID: id, Name: "first"})
		cached := newConnectors(server.Client(opts...))
		t.Cleanup(func() { cached.cache.StopAllGoroutines() })
		test(t, server, cached)
	})
}

// wantName gets a connector without waiting.
func wantName(t *testing.T, cached *connectors, name string) {
	t.Helper()
	start := time.Now()
	connector, err := cached.get(t.Context(), id)
	require.NoError(t, err)
	assert.Equal(t, name, connector.Name)
	assert.Zero(t, time.Since(start))
}

// pass lets time pass, and what it starts end.
func pass(d time.Duration) {
	time.Sleep(d) // in a bubble, this takes no time
	synctest.Wait()
}

func TestConcurrentMissesMakeOneRequest(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, server *freddytest.Server, cached *connectors) {
		server.Script(http.MethodGet, path, freddytest.Reply{Delay: time.Second, Body: `{"id":"pcon_acme","name":"slow"}`})
		var running sync.WaitGroup
		for range 500 {
			running.Go(func() {
				connector, err := cached.get(t.Context(), id)
				if assert.NoError(t, err) {
					assert.Equal(t, "slow", connector.Name)
				}
			})
		}
		running.Wait()
		assert.Len(t, server.Requests(), 1)
		wantName(t, cached, "slow")
		assert.Len(t, server.Requests(), 1, "a hit makes no request")
	})
}

func TestCanceledCallerDoesNotFailTheOthers(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, server *freddytest.Server, cached *connectors) {
		server.Script(http.MethodGet, path, freddytest.Reply{Delay: time.Second, Body: `{"id":"pcon_acme","name":"slow"}`})
		start := time.Now()
		first, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		var running sync.WaitGroup
		running.Go(func() { // starts the request
			_, err := cached.get(first, id)
			assert.ErrorIs(t, err, context.DeadlineExceeded)
			assert.Equal(t, 100*time.Millisecond, time.Since(start), "it returns at once")
		})
		synctest.Wait()
		require.Len(t, server.Requests(), 1)
		for range 10 {
			running.Go(func() {
				connector, err := cached.get(t.Context(), id)
				if assert.NoError(t, err) {
					assert.Equal(t, "slow", connector.Name)
				}
			})
		}
		running.Wait()
		assert.Equal(t, time.Second, time.Since(start))
		assert.Len(t, server.Requests(), 1)
	})
}

func TestLoadContinuesWithoutCallers(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, server *freddytest.Server, cached *connectors) {
		server.Script(http.MethodGet, path, freddytest.Reply{Delay: time.Second, Body: `{"id":"pcon_acme","name":"slow"}`})
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		_, err := cached.get(ctx, id)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		pass(time.Second)
		wantName(t, cached, "slow")
		assert.Len(t, server.Requests(), 1)
	})
}

func TestNotFoundIsKeptBriefly(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, server *freddytest.Server, cached *connectors) {
		for range 500 {
			_, err := cached.get(t.Context(), "pcon_new")
			require.ErrorIs(t, err, freddy.ErrNotFound)
		}
		assert.Len(t, server.Requests(), 1)

		server.AddConnector(freddy.Connector{ID: "pcon_new"})
		pass(keepNotFound - time.Second)
		_, err := cached.get(t.Context(), "pcon_new")
		require.ErrorIs(t, err, freddy.ErrNotFound)
		pass(time.Second)
		connector, err := cached.get(t.Context(), "pcon_new")
		require.NoError(t, err)
		assert.Equal(t, "pcon_new", connector.ID)
		assert.Len(t, server.Requests(), 2)
	})
}

func TestRefreshesInTheBackground(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, server *freddytest.Server, cached *connectors) {
		_, err := cached.get(t.Context(), id)
		require.NoError(t, err)
		server.AddConnector(freddy.Connector{ID: id, Name: "second"})
		pass(refreshAfter - time.Second)
		wantName(t, cached, "first")
		synctest.Wait()
		require.Len(t, server.Requests(), 1, "it is not refreshed yet")

		pass(time.Second)
		wantName(t, cached, "first") // and starts the refresh
		synctest.Wait()
		wantName(t, cached, "second")
		assert.Len(t, server.Requests(), 2)
	})
}

func TestConnectorThatIsGone(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, server *freddytest.Server, cached *connectors) {
		_, err := cached.get(t.Context(), id)
		require.NoError(t, err)
		server.Script(http.MethodGet, path, freddytest.Reply{Status: http.StatusNotFound})
		pass(refreshAfter)
		wantName(t, cached, "first") // and starts the refresh
		synctest.Wait()
		_, err = cached.get(t.Context(), id)
		assert.ErrorIs(t, err, freddy.ErrNotFound)
		assert.Len(t, server.Requests(), 2)
	})
}

func TestOldValueWhileRefreshingFails(t *testing.T) {
	t.Parallel()
	down := freddytest.Reply{Status: http.StatusServiceUnavailable}
	inBubble(t, func(t *testing.T, server *freddytest.Server, cached *connectors) {
		_, err := cached.get(t.Context(), id)
		require.NoError(t, err)
		server.Script(http.MethodGet, path, down, down)
		server.AddConnector(freddy.Connector{ID: id, Name: "second"})

		pass(refreshAfter)
		wantName(t, cached, "first") // and starts a refresh, which fails
		synctest.Wait()
		require.Len(t, server.Requests(), 2)
		for range 500 {
			wantName(t, cached, "first")
		}
		pass(retryAfter - time.Second)
		wantName(t, cached, "first")
		synctest.Wait()
		require.Len(t, server.Requests(), 2, "a refresh that failed is not tried again at once")

		pass(time.Second)
		wantName(t, cached, "first") // and starts a refresh, which fails, too
		pass(retryAfter)
		wantName(t, cached, "first") // and starts a refresh, which succeeds
		synctest.Wait()
		wantName(t, cached, "second")
		assert.Len(t, server.Requests(), 4)
	}, freddy.WithMaxRetries(0))
}

func TestOldValueExpires(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, server *freddytest.Server, cached *connectors) {
		_, err := cached.get(t.Context(), id)
		require.NoError(t, err)
		server.Script(http.MethodGet, path, freddytest.Reply{Status: http.StatusServiceUnavailable})
		pass(keepFor)
		_, err = cached.get(t.Context(), id)
		assert.ErrorIs(t, err, freddy.ErrServer)
		connector, err := cached.get(t.Context(), id)
		require.NoError(t, err, "an error is not kept")
		assert.Equal(t, "first", connector.Name)
		assert.Len(t, server.Requests(), 3)
	}, freddy.WithMaxRetries(0))
}

func TestLoadTimeout(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, server *freddytest.Server, cached *connectors) {
		server.Script(http.MethodGet, path, freddytest.Reply{Delay: time.Hour})
		start := time.Now()
		_, err := cached.get(t.Context(), id)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, loadTimeout, time.Since(start))
	})
}

func TestIsBounded(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, server *freddytest.Server, cached *connectors) {
		for n := range maxEntries + 500 {
			_, err := cached.get(t.Context(), fmt.Sprintf("pcon_%d", n))
			require.ErrorIs(t, err, freddy.ErrNotFound)
		}
		synctest.Wait()
		assert.LessOrEqual(t, cached.cache.EstimatedSize(), maxEntries)
		assert.Len(t, server.Requests(), maxEntries+500)
	})
}

// Lookups of IDs in turn, each with a deadline of a second.
func TestStaysWithinThePlan(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		ids, perSecond, minutes int
		wantRequests            int // at most
		wantLookups             int // that succeed, in percent of all, at least
	}{
		"one request for each ID": {ids: 20, perSecond: 500, minutes: 1, wantRequests: 20, wantLookups: 100},
		// Each ID is requested at first and refreshed three times. At first, some lookups
		// wait for the limiter for too long.
		"refreshes": {ids: 100, perSecond: 10, minutes: 15, wantRequests: 4 * 100, wantLookups: 90},
		// Most lookups fail at once, because the limiter would let them wait for too long.
		"more IDs than the plan": {ids: 800, perSecond: 500, minutes: 1, wantRequests: 20 + 100, wantLookups: 5},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T, server *freddytest.Server, cached *connectors) {
				for n := range tt.ids {
					server.AddConnector(freddy.Connector{ID: fmt.Sprintf("pcon_%d", n)})
				}
				lookups := tt.perSecond * tt.minutes * 60
				var succeeded atomic.Int64
				var running sync.WaitGroup
				for n := range lookups {
					running.Go(func() {
						ctx, cancel := context.WithTimeout(t.Context(), time.Second)
						defer cancel()
						if _, err := cached.get(ctx, fmt.Sprintf("pcon_%d", n%tt.ids)); err == nil {
							succeeded.Add(1)
						}
					})
					time.Sleep(time.Second / time.Duration(tt.perSecond))
				}
				assert.LessOrEqual(t, len(server.Requests()), tt.wantRequests)
				running.Wait()
				assert.GreaterOrEqual(t, int(succeeded.Load())*100/lookups, tt.wantLookups)
				pass(loadTimeout) // ends the loads that still wait
			}, freddy.WithLimiter(newLimiter()))
		})
	}
}

// Each of 500 connectors is looked up once a second from the start, then every 50 s.
func TestFill(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, server *freddytest.Server, cached *connectors) {
		const count = 500
		for n := range count {
			server.AddConnector(freddy.Connector{ID: fmt.Sprintf("pcon_%d", n), Name: "full", Status: freddy.ConnectorStatusActive})
		}
		require.NoError(t, cached.fill(t.Context()))
		assert.LessOrEqual(t, len(server.Requests()), 6)
		look := func(lookups, perSecond int) {
			for n := range lookups {
				connector, err := cached.get(t.Context(), fmt.Sprintf("pcon_%d", n%count))
				require.NoError(t, err)
				require.Equal(t, "full", connector.Name)
				time.Sleep(time.Second / time.Duration(perSecond))
			}
		}
		look(20*500, 500)
		assert.LessOrEqual(t, len(server.Requests()), 6, "each lookup is a hit")

		start := time.Now()
		look(15*60*10, 10)
		pass(loadTimeout) // the last refreshes end
		refreshes := len(server.Requests())
		assert.Greater(t, refreshes, count)
		assert.Less(t, refreshes, 100*int(time.Since(start).Minutes()))
	}, freddy.WithLimiter(newLimiter()))
}

func TestFillThatFails(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, server *freddytest.Server, cached *connectors) {
		for n := range 200 {
			server.AddConnector(freddy.Connector{ID: fmt.Sprintf("pcon_%d", n), Status: freddy.ConnectorStatusActive})
		}
		page, err := server.Client().Connectors().List(t.Context(), freddy.ConnectorListParams{Limit: 100})
		require.NoError(t, err)
		first, err := json.Marshal(map[string]any{"object": "list", "data": page.Items})
		require.NoError(t, err)
		server.Script(http.MethodGet, "/personal-connectors",
			freddytest.Reply{Body: string(first)}, freddytest.Reply{Status: http.StatusServiceUnavailable})
		require.ErrorIs(t, cached.fill(t.Context()), freddy.ErrServer)
		require.Len(t, server.Requests(), 3)

		for _, id := range []string{page.Items[99].ID, "pcon_199"} {
			connector, err := cached.get(t.Context(), id)
			require.NoError(t, err)
			assert.Equal(t, id, connector.ID)
		}
		assert.Len(t, server.Requests(), 4, "one of them was cached")
	}, freddy.WithMaxRetries(0))
}

// If a load could wait for the limiter until its timeout, it would take a request of the
// plan and then fail.
func TestLimiterLeavesTimeForTheRequest(t *testing.T) {
	t.Parallel()
	var attempts atomic.Int64
	slow := freddy.Hooks{Attempt: func(context.Context, freddy.AttemptInfo) (context.Context, func(freddy.AttemptResult)) {
		attempts.Add(1)
		time.Sleep(4 * time.Second)
		return nil, nil
	}}
	inBubble(t, func(t *testing.T, server *freddytest.Server, cached *connectors) {
		var running sync.WaitGroup
		var succeeded atomic.Int64
		for n := range 100 {
			id := fmt.Sprintf("pcon_%d", n)
			server.AddConnector(freddy.Connector{ID: id})
			running.Go(func() {
				if _, err := cached.get(t.Context(), id); err == nil {
					succeeded.Add(1)
				}
			})
		}
		running.Wait()
		assert.Equal(t, int64(20+8), attempts.Load(), "20 at once, and 8 in 5 s")
		assert.Equal(t, attempts.Load(), succeeded.Load())
	}, freddy.WithLimiter(newLimiter()), freddy.WithHooks(slow))
}

func TestRun(t *testing.T) {
	t.Parallel()
	requests, err := run(t.Context(), 50)
	require.NoError(t, err)
	assert.Equal(t, 2, requests, "one for the catalogue, and one for the ID that is not in it")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = run(ctx, 500)
	assert.ErrorIs(t, err, context.Canceled)
}
