package freddy_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
)

// The outcome of a creation, as the client reports it.
const (
	soakUnknown = iota // not tried
	soakCreated
	soakNotCreated
	soakAmbiguous
)

// A soak is a client, a server that misbehaves at random, and the records of
// both.
type soak struct {
	client   *freddy.Client
	trips    atomic.Int64 // of the RoundTripper
	attempts atomic.Int64 // as the client reports
	calls    atomic.Int64
	returned atomic.Int64
	success  atomic.Int64

	names     atomic.Int64 // used so far
	processed []atomic.Uint32
	outcomes  []atomic.Uint32

	mu     sync.Mutex
	errors map[string]int
}

// ServeHTTP responds normally to most requests. It drops, resets, stalls, cuts or
// rejects the others. Of the creations that it drops, resets, stalls or cuts it
// processes half.
func (s *soak) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	id := path.Base(strings.TrimSuffix(r.URL.Path, "/toggle"))
	process := func() {}
	if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/configurations") {
		var create struct{ Name string }
		_ = json.Unmarshal(body, &create)
		n, err := strconv.Atoi(strings.TrimPrefix(create.Name, "soak "))
		if err != nil {
			http.Error(w, "no name", http.StatusBadRequest)
			return
		}
		id = "pconf_" + strconv.Itoa(n)
		process = func() { s.processed[n].Add(1) }
	}
	response := fmt.Sprintf(`{"id":%q,"data":[{"id":"pcon_1"}]}`, id)
	draw := rand.IntN(100)
	if draw < 6 && rand.IntN(2) == 0 {
		process()
	}
	switch draw {
	case 0, 1:
		panic(http.ErrAbortHandler) // closes the connection
	case 2:
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_ = conn.(*net.TCPConn).SetLinger(0)
			conn.Close()
		}
	case 3:
		<-r.Context().Done()
	case 4:
		w.Header().Set("Content-Length", strconv.Itoa(len(response)))
		io.WriteString(w, response[:len(response)/2])
		panic(http.ErrAbortHandler)
	case 5:
		io.WriteString(w, response[:len(response)/2])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	case 6, 7:
		if draw == 6 {
			w.Header().Set("Retry-After-Ms", "5")
		}
		http.Error(w, `{"detail":"later"}`, http.StatusTooManyRequests)
	case 8, 9:
		http.Error(w, "<html>", http.StatusServiceUnavailable)
	default:
		process()
		io.WriteString(w, response)
	}
}

// run makes calls from 200 goroutines for d, and reports whether all of them
// return.
func (s *soak) run(t *testing.T, d time.Duration) bool {
	var callers sync.WaitGroup
	end := time.Now().Add(d)
	for range 200 {
		callers.Go(func() {
			for time.Now().Before(end) {
				s.call(t)
			}
		})
	}
	done := make(chan struct{})
	go func() {
		callers.Wait()
		close(done)
	}()
	select {
	case <-done:
		return true
	case <-time.After(d + 30*time.Second):
		return false
	}
}

// call makes a random call and records it.
func (s *soak) call(t *testing.T) {
	ctx := context.Background()
	if rand.IntN(20) == 0 { // a short deadline
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(rand.IntN(20))*time.Millisecond)
		defer cancel()
	}
	var (
		response freddy.Response
		id       = "pcon_" + strconv.Itoa(rand.IntN(1000))
		got      = id
		err      error
		note     = func(outcome uint32) {}
	)
	s.calls.Add(1)
	switch rand.IntN(10) {
	case 0, 1, 2:
		n := s.names.Add(1) - 1
		if n >= int64(len(s.outcomes)) { // more than are recorded
			s.returned.Add(1)
			return
		}
		id = "pconf_" + strconv.FormatInt(n, 10)
		note = func(outcome uint32) { s.outcomes[n].Store(outcome) }
		var created *freddy.Configuration
		created, err = s.client.Configurations().Create(ctx, freddy.ConfigurationCreateParams{
			PersonalConnectorID: "pcon_1", Name: fmt.Sprintf("soak %d", n), Credentials: freddy.BearerCredentials("example-token"),
		}, freddy.WithResponse(&response))
		if err == nil {
			got = created.ID
		}
	case 3:
		err = s.client.Configurations().Delete(ctx, id, freddy.WithResponse(&response))
	case 4:
		var changed *freddy.Configuration
		if changed, err = s.client.Configurations().SetEnabled(ctx, id, true, freddy.WithResponse(&response)); err == nil {
			got = changed.ID
		}
	case 5:
		var page *freddy.Page[freddy.Connector]
		if page, err = s.client.Connectors().List(ctx, freddy.ConnectorListParams{}, freddy.WithResponse(&response)); err == nil {
			assert.Len(t, page.Items, 1)
		}
	default:
		var connector *freddy.Connector
		if connector, err = s.client.Connectors().Get(ctx, id, freddy.WithResponse(&response)); err == nil {
			got = connector.ID
		}
	}
	s.returned.Add(1)
	s.attempts.Add(int64(response.Attempts))
	var transportErr *freddy.TransportError
	var apiErr *freddy.APIError
	switch kind := ""; {
	case err == nil:
		s.success.Add(1)
		note(soakCreated)
		assert.Equal(t, id, got, "each call gets its own response")
	case errors.As(err, &transportErr):
		note(soakNotCreated)
		kind = "TransportError"
		if transportErr.Ambiguous {
			note(soakAmbiguous)
			kind += ", ambiguous"
		}
		if transportErr.Timeout() {
			kind += ", timeout"
		}
		if errors.Is(err, context.DeadlineExceeded) {
			deadline, has := ctx.Deadline() // which may pass before ctx.Err is not nil
			assert.True(t, has && !time.Now().Before(deadline), "a deadline that is not the caller's")
			kind += ", caller's"
		}
		s.note(kind)
	case errors.As(err, &apiErr):
		note(soakNotCreated)
		s.note(fmt.Sprintf("APIError %d", apiErr.StatusCode))
	default:
		assert.NoError(t, err, "another kind of error")
	}
}

func (s *soak) note(kind string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.errors[kind]++
}

// TestSoak runs for two seconds, or for the duration in FREDDY_SOAK, such as 60s.
// The records of client and server must agree, and nothing may be left.
func TestSoak(t *testing.T) {
	const warmUp = 300 * time.Millisecond
	length := 2 * time.Second
	if text := os.Getenv("FREDDY_SOAK"); text != "" {
		var err error
		length, err = time.ParseDuration(text)
		require.NoError(t, err, "FREDDY_SOAK")
	}
	goroutines := runtime.NumGoroutine()
	names := int((length+warmUp)/time.Second+1) * 20_000
	s := &soak{processed: make([]atomic.Uint32, names), outcomes: make([]atomic.Uint32, names), errors: map[string]int{}}
	server := httptest.NewServer(s)
	base := &http.Transport{MaxIdleConnsPerHost: 256}
	counting := roundTrip(func(req *http.Request) (*http.Response, error) {
		s.trips.Add(1)
		return base.RoundTrip(req)
	})
	s.client = newClient(t, server.URL+"/v1", freddy.WithHTTPClient(&http.Client{Transport: counting}),
		freddy.WithRetryBackoff(time.Millisecond, 8*time.Millisecond), freddy.WithAttemptTimeout(200*time.Millisecond))
	settled := func() uint64 {
		base.CloseIdleConnections()
		server.CloseClientConnections()
		runtime.GC()
		runtime.GC() // sync.Pool keeps its objects for one collection
		var memory runtime.MemStats
		runtime.ReadMemStats(&memory)
		return memory.HeapAlloc
	}

	require.True(t, s.run(t, warmUp), "calls that do not return")
	before := settled()
	start := time.Now()
	returned := s.run(t, length)
	took := time.Since(start)
	assert.Equal(t, s.calls.Load(), s.returned.Load(), "calls that do not return")
	require.True(t, returned)
	var after uint64
	left := assert.Eventually(t, func() bool { after = settled(); return after < before+4<<20 }, 5*time.Second, 50*time.Millisecond)
	server.Close()
	assert.Eventually(t, func() bool { base.CloseIdleConnections(); return runtime.NumGoroutine() <= goroutines+4+1 }, // one of Eventually
		5*time.Second, 10*time.Millisecond, "goroutines left")

	assert.Equal(t, s.trips.Load(), s.attempts.Load(), "attempts that the client does not report")
	var outcomes [soakAmbiguous + 1]int
	for n := range s.outcomes {
		outcome, processed := s.outcomes[n].Load(), s.processed[n].Load()
		outcomes[outcome]++
		require.LessOrEqual(t, processed, uint32(1), "created twice")
		switch outcome {
		case soakCreated:
			require.EqualValues(t, 1, processed, "reported as created")
		case soakUnknown, soakNotCreated:
			require.Zero(t, processed, "reported as not created")
		}
	}
	for outcome, count := range outcomes {
		assert.NotZero(t, count, "outcome %d of creations", outcome)
	}
	t.Logf("%.1f s and %.1f s to warm up: %d calls, %d successes, %d attempts", took.Seconds(), warmUp.Seconds(), s.calls.Load(), s.success.Load(), s.attempts.Load())
	t.Logf("creations: %d created, %d not created, %d ambiguous", outcomes[soakCreated], outcomes[soakNotCreated], outcomes[soakAmbiguous])
	t.Logf("errors: %v", s.errors)
	t.Logf("heap: %d KiB before, %d KiB after (%t)", before>>10, after>>10, left)
}
