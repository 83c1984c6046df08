package freddy_test

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
)

const (
	dayCallers  = 8
	dayInterval = time.Minute      // of a caller between two calls in an outage, on average
	dayNormal   = 4 * time.Minute  // the same between outages
	dayDeadline = time.Minute      // of a call
	dayTimeout  = 30 * time.Second // of an attempt, the client's default
	dayRotation = 16 * time.Hour   // when the key changes
	dayRetries  = 100              // that a full budget allows without a success
)

// A phase is a part of the day.
type phase struct {
	name     string
	from, to time.Duration                                          // since midnight
	serve    func(w http.ResponseWriter, r *http.Request) (ok bool) // reports whether the request is then processed; nil: yes, at once
	check    func(t *testing.T, c dayCall)                          // what holds of each call that begins in it
}

// normal is the phase between the others. The calls that follow an outage are in
// it, too: none of them fails, waits or is retried.
var normal = phase{name: "normal", check: func(t *testing.T, c dayCall) {
	assert.NoError(t, c.err)
	assert.Equal(t, 1, c.attempts)
	assert.Zero(t, c.took)
}}

var phases = []phase{
	{
		"unavailable", 2 * time.Hour, 3 * time.Hour,
		func(w http.ResponseWriter, _ *http.Request) bool {
			w.WriteHeader(http.StatusServiceUnavailable)
			return false
		},
		func(t *testing.T, c dayCall) {
			assert.ErrorIs(t, c.err, freddy.ErrServer)
			assert.LessOrEqual(t, c.took, 3500*time.Millisecond)
		},
	},
	{
		"dropped connections", 8 * time.Hour, 8*time.Hour + 15*time.Minute,
		func(http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) },
		func(t *testing.T, c dayCall) {
			var transportErr *freddy.TransportError
			assert.True(t, errors.As(c.err, &transportErr) && transportErr.Ambiguous == c.create, "%v", c.err)
			assert.LessOrEqual(t, c.took, 3500*time.Millisecond)
		},
	},
	{
		"rate limit", 10 * time.Hour, 10*time.Hour + 30*time.Minute,
		func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Retry-After", "10")
			w.WriteHeader(http.StatusTooManyRequests)
			return false
		},
		func(t *testing.T, c dayCall) {
			switch least, most := 30*time.Second, 33*time.Second; { // three waits with their random extra
			case c.left <= least:
				assert.NoError(t, c.err)
			case c.left > most:
				assert.ErrorIs(t, c.err, freddy.ErrRateLimited)
				assert.Equal(t, 4, c.attempts)
				assert.GreaterOrEqual(t, c.took, least)
			}
		},
	},
	{
		"slow", 12 * time.Hour, 12*time.Hour + 30*time.Minute,
		func(http.ResponseWriter, *http.Request) bool { time.Sleep(20 * time.Second); return true },
		func(t *testing.T, c dayCall) {
			assert.NoError(t, c.err)
			assert.Equal(t, 1, c.attempts)
			assert.Equal(t, 20*time.Second, c.took)
		},
	},
	{
		"silent", 13 * time.Hour, 13*time.Hour + 10*time.Minute,
		func(_ http.ResponseWriter, r *http.Request) bool { <-r.Context().Done(); return false },
		func(t *testing.T, c dayCall) {
			var transportErr *freddy.TransportError
			switch {
			case c.create:
				assert.True(t, errors.As(c.err, &transportErr) && transportErr.Ambiguous, "%v", c.err)
				assert.Equal(t, dayTimeout, c.took)
			case c.left > dayTimeout+500*time.Millisecond:
				assert.ErrorIs(t, c.err, context.DeadlineExceeded)
				assert.Equal(t, 2, c.attempts)
				assert.Equal(t, dayDeadline, c.took)
			default: // the second attempt may come after the outage
				assert.Equal(t, 2, c.attempts)
			}
		},
	},
	{
		"rotated key", dayRotation, dayRotation + 10*time.Minute, nil,
		func(t *testing.T, c dayCall) {
			assert.NoError(t, c.err)
			assert.Zero(t, c.took)
		},
	},
}

// A dayCall is how a call ended.
type dayCall struct {
	create   bool // POST, otherwise GET
	err      error
	attempts int
	took     time.Duration
	left     time.Duration // until the end of the phase, when the call began
}

// A tally counts what happened in a phase.
type tally struct{ calls, retries, budgetExhausted int }

// A day is a server with a schedule, a client of it, and the records of both.
type day struct {
	midnight  time.Time
	client    *freddy.Client
	transport *http.Transport

	mu       sync.Mutex
	tallies  map[string]*tally
	key      string // that the key source has cached
	rejected int    // requests with the old key
	created  int    // POSTs that the server has processed
	success  int    // POSTs that the client reports
}

// newDay starts a day, whose client has the default settings.
func newDay(t *testing.T) *day {
	d := &day{midnight: time.Now(), tallies: map[string]*tally{}, transport: freddy.NewTransport()}
	pipes := make(pipeListener)
	d.transport.DialContext = pipes.dial
	server := &http.Server{Handler: d}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(pipes) })
	t.Cleanup(func() {
		d.transport.CloseIdleConnections()
		_ = server.Close()
		serving.Wait()
	})
	var err error
	d.client, err = freddy.NewClient("", freddy.WithBaseURL("http://127.0.0.1/v1"), withTransport(d.transport), freddy.WithKeySource(d.source),
		freddy.WithHooks(freddy.Hooks{Attempt: func(context.Context, freddy.AttemptInfo) (context.Context, func(freddy.AttemptResult)) {
			return nil, d.attempt
		}}))
	require.NoError(t, err)
	return d
}

// pipeListener is a listener in memory.
type pipeListener chan net.Conn

func (l pipeListener) dial(context.Context, string, string) (net.Conn, error) {
	client, server := net.Pipe()
	l <- server
	return client, nil
}

func (l pipeListener) Accept() (net.Conn, error) {
	if conn, ok := <-l; ok {
		return conn, nil
	}
	return nil, net.ErrClosed
}

func (l pipeListener) Close() error   { close(l); return nil }
func (l pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "memory", Net: "unix"} }

// phase returns the phase of now, and the time until its end.
func (d *day) phase() (p phase, left time.Duration) {
	now := time.Since(d.midnight)
	for _, p := range phases {
		if p.from <= now && now < p.to {
			return p, p.to - now
		}
	}
	return normal, 0
}

// tally returns the tally of now. The caller holds the lock.
func (d *day) tally() *tally {
	p, _ := d.phase()
	if d.tallies[p.name] == nil {
		d.tallies[p.name] = new(tally)
	}
	return d.tallies[p.name]
}

// accepted returns the key that the server accepts.
func (d *day) accepted() string {
	if time.Since(d.midnight) < dayRotation {
		return testKey + "-old"
	}
	return testKey + "-new"
}

type askedKey struct{}

// source is a key source that caches the key until a call asks twice.
func (d *day) source(ctx context.Context) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	asked := ctx.Value(askedKey{}).(*int)
	*asked++
	if d.key == "" || *asked > 1 {
		d.key = d.accepted()
	}
	return d.key, nil
}

// attempt is the hook of the end of an attempt.
func (d *day) attempt(result freddy.AttemptResult) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch tally := d.tally(); result.Decision {
	case freddy.RetryScheduled:
		tally.retries++
	case freddy.RetryBudgetExhausted:
		tally.budgetExhausted++
	}
}

func (d *day) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	if p, _ := d.phase(); p.serve != nil && !p.serve(w, r) {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if r.Header.Get("Authorization") != "Bearer "+d.accepted() {
		d.rejected++
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if r.Method == http.MethodPost {
		d.created++
	}
	_, _ = io.WriteString(w, `{"id":"pcon_github"}`)
}

// calls makes calls until the end of the day.
func (d *day) calls(t *testing.T) {
	for {
		interval := dayNormal
		if p, _ := d.phase(); p.name != normal.name {
			interval = dayInterval
		}
		time.Sleep(rand.N(2 * interval))
		if time.Since(d.midnight) >= 24*time.Hour {
			return
		}
		d.call(t)
	}
}

// call makes a call and checks it. One in five creates.
func (d *day) call(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.WithValue(context.Background(), askedKey{}, new(int)), dayDeadline)
	defer cancel()
	p, left := d.phase()
	c := dayCall{create: rand.IntN(5) == 0, left: left}
	var response freddy.Response
	start := time.Now()
	if c.create {
		_, c.err = d.client.Configurations().Create(ctx, freddy.ConfigurationCreateParams{
			PersonalConnectorID: "pcon_github", Name: "Work", Credentials: freddy.BearerCredentials("example-token"),
		}, freddy.WithResponse(&response))
	} else {
		_, c.err = d.client.Connectors().Get(ctx, "pcon_github", freddy.WithResponse(&response))
	}
	c.took, c.attempts = time.Since(start), response.Attempts
	assert.LessOrEqual(t, c.took, dayDeadline)
	p.check(t, c)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.tally().calls++
	if c.create && c.err == nil {
		d.success++
	}
}

// left returns the goroutines and the heap at a time of the day.
func (d *day) left(at time.Duration) (goroutines int, heap uint64) {
	time.Sleep(time.Until(d.midnight.Add(at)))
	synctest.Wait()
	runtime.GC()
	runtime.GC() // sync.Pool keeps its objects for one collection
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	return runtime.NumGoroutine(), memory.HeapAlloc
}

// Over a day of outages every call ends within its deadline, retries stay within
// the budget, and after each outage calls succeed at once.
func TestDay(t *testing.T) {
	start := time.Now()
	synctest.Test(t, func(t *testing.T) {
		d := newDay(t)
		var callers sync.WaitGroup
		for range dayCallers {
			callers.Go(func() { d.calls(t) })
		}
		goroutines, heap := d.left(90 * time.Minute)
		goroutinesLater, heapLater := d.left(23*time.Hour + 30*time.Minute)
		callers.Wait()
		assert.LessOrEqual(t, goroutinesLater, goroutines+4, "goroutines left") // two for each end of a connection
		assert.Less(t, heapLater, heap+256<<10, "heap left")

		unavailable, dropped, limited := d.tallies["unavailable"], d.tallies["dropped connections"], d.tallies["rate limit"]
		assert.Equal(t, dayRetries, unavailable.retries, "retries of an hour")
		assert.Greater(t, unavailable.budgetExhausted, unavailable.calls/2)
		assert.Equal(t, dayRetries, dropped.retries, "the budget is full again")
		assert.Greater(t, limited.retries, dayRetries, "a retry after a Retry-After costs no budget")
		assert.Zero(t, limited.budgetExhausted)
		assert.Equal(t, d.success, d.created)
		assert.NotZero(t, d.created)
		assert.NotZero(t, d.rejected)
		assert.LessOrEqual(t, d.rejected, dayCallers, "requests with the old key")
		for name, tally := range d.tallies {
			t.Logf("%s: %+v", name, *tally)
		}
		t.Logf("goroutines: %d, later %d; heap: %d KiB, later %d KiB", goroutines, goroutinesLater, heap>>10, heapLater>>10)
	})
	t.Logf("%.1f s", time.Since(start).Seconds())
}
