package freddy_test

import (
	"cmp"
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
	"slices"
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

// A soak is clients, a server that misbehaves at random, and the records of both.
type soak struct {
	clients  []*freddy.Client // of the first tenants; all others are derived for each call
	trips    atomic.Int64     // of the RoundTripper
	attempts atomic.Int64     // as the client reports
	calls    atomic.Int64
	returned atomic.Int64
	success  atomic.Int64

	hookedCalls, hookedAttempts pairs
	connections                 atomic.Int64 // that are open, as the server sees it
	wrongKeys                   atomic.Int64 // requests with another tenant's key, or without one

	names     atomic.Int64 // used so far
	processed []atomic.Uint32
	outcomes  []atomic.Uint32

	mu     sync.Mutex
	errors map[string]int
}

// pairs counts what begins and ends.
type pairs struct{ begun, ended, repeated atomic.Int64 }

func (p *pairs) begin() (end func()) {
	p.begun.Add(1)
	var ended atomic.Bool
	return func() {
		p.ended.Add(1)
		if ended.Swap(true) {
			p.repeated.Add(1)
		}
	}
}

// all requires that everything has ended exactly once.
func (p *pairs) all(t *testing.T, what string) {
	t.Helper()
	assert.Equal(t, p.begun.Load(), p.ended.Load(), "%s that do not end", what)
	assert.Zero(t, p.repeated.Load(), "%s that end twice", what)
}

// A soakRecord is what hooks and the limiter see of one call. It is in the context
// of the call, whose goroutine alone uses it.
type soakRecord struct {
	limited  int // attempts that the limiter has allowed
	attempts int // as the hooks of attempts count them
	reported int // as the hooks of calls report them
	err      error
}

type soakRecordKey struct{}

func soakRecordOf(ctx context.Context) *soakRecord {
	return ctx.Value(soakRecordKey{}).(*soakRecord)
}

func (s *soak) hooks() freddy.Hooks {
	return freddy.Hooks{
		Call: func(ctx context.Context, _ freddy.CallInfo) (context.Context, func(freddy.CallResult)) {
			record, end := soakRecordOf(ctx), s.hookedCalls.begin()
			return ctx, func(result freddy.CallResult) {
				end()
				record.reported += result.Attempts
				record.err = result.Err
			}
		},
		Attempt: func(ctx context.Context, _ freddy.AttemptInfo) (context.Context, func(freddy.AttemptResult)) {
			record, end := soakRecordOf(ctx), s.hookedAttempts.begin()
			record.attempts++
			return ctx, func(freddy.AttemptResult) { end() }
		},
	}
}

// soakLimit is a limiter that makes one attempt in fifty wait.
func soakLimit(ctx context.Context) error {
	if rand.IntN(50) == 0 {
		timer := time.NewTimer(time.Duration(rand.IntN(5)) * time.Millisecond)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	soakRecordOf(ctx).limited++
	return nil
}

const (
	soakTenants = 1000
	soakTenant  = "X-Tenant" // the header that says whose key the request must have
)

func soakKey(tenant string) string { return testKey + "-" + tenant }

// client returns the client of a tenant.
func (s *soak) client(t *testing.T, tenant int) *freddy.Client {
	if tenant < len(s.clients) {
		return s.clients[tenant]
	}
	client, err := s.clients[0].WithAPIKey(soakKey(strconv.Itoa(tenant)))
	assert.NoError(t, err)
	return client
}

// ServeHTTP responds normally to most requests. It drops, resets, stalls, cuts or
// rejects the others. Of the creations that it drops, resets, stalls or cuts it
// processes half.
func (s *soak) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer "+soakKey(r.Header.Get(soakTenant)) {
		s.wrongKeys.Add(1)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	id, response := soakResponse(r, body)
	process := func() {}
	if number, creation := strings.CutPrefix(id, "soak_"); creation {
		n, err := strconv.Atoi(number)
		if err != nil {
			http.Error(w, "no number", http.StatusBadRequest)
			return
		}
		process = func() { s.processed[n].Add(1) }
	}
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
			s.connections.Add(-1) // which ConnState does not report
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
	case 8, 9, 10, 11, 12, 13, 14, 15:
		http.Error(w, "<html>", http.StatusServiceUnavailable)
	default:
		process()
		io.WriteString(w, response)
	}
}

// soakResponse returns the id that a request is about, and a success for it.
func soakResponse(r *http.Request, body []byte) (id, response string) {
	var sent struct {
		Name          string
		ConnectorType string `json:"connector_type"`
		StateToken    string `json:"state_token"`
	}
	_ = json.Unmarshal(body, &sent) // most requests have no body
	parts := strings.Split(strings.TrimPrefix(r.URL.Path, "/v1/"), "/")
	last := parts[len(parts)-1]
	id, list := last, r.Method == http.MethodGet
	switch last {
	case "toggle", "active", "tools", "test", "health":
		id, list = parts[len(parts)-2], false
	case "personal-connectors", "configurations", "mcp-configurations", "authorize", "complete-oauth":
		query := r.URL.Query()
		id = cmp.Or(sent.Name, sent.ConnectorType, sent.StateToken, query.Get("offset"), query.Get("after"), "none")
	default:
		list = list && path.Base(path.Dir(r.URL.Path)) == "connections"
	}
	item := fmt.Sprintf(`{"id":%[1]q,"connector_id":%[1]q,"connector_type":"soak","credential_id":%[1]q,"tool_key":%[1]q,"status":"healthy",`+
		`"is_active":true,"authorization_url":"https://accounts.example/","state":%[1]q,"connected":%[2]t,"tools":[{"name":%[1]q}],"success":true}`, id, rand.IntN(2) == 0)
	switch {
	case list && strings.HasPrefix(id, "wait_") && rand.IntN(2) == 0:
		return id, `{"connections":[]}`
	case list:
		return id, fmt.Sprintf(`{"data":[%[1]s],"connections":[%[1]s],"configurations":[%[1]s]}`, item)
	}
	return id, item
}

// A soakCall makes a call and returns the id that the response names.
type soakCall func() (string, error)

// soakCreations are the calls that must not be processed twice.
func soakCreations(ctx context.Context, c *freddy.Client, id string, opts []freddy.CallOption) []soakCall {
	return []soakCall{
		func() (string, error) {
			created, err := c.Configurations().Create(ctx, freddy.ConfigurationCreateParams{
				PersonalConnectorID: "pcon_1", Name: id, Credentials: freddy.BearerCredentials("example-token"),
			}, opts...)
			return idOf(created, err, func(c *freddy.Configuration) string { return c.ID })
		},
		func() (string, error) {
			created, err := c.MCPConfigurations().Create(ctx, freddy.MCPConfigurationCreateParams{
				Name: id, ServerURL: "https://mcp.example/", TransportType: freddy.MCPTransportSSE, AuthType: freddy.MCPAuthTypeNone,
			}, opts...)
			return idOf(created, err, soakMCPID)
		},
	}
}

// soakWait polls until the server has a connection.
func soakWait(ctx context.Context, c *freddy.Client, id string, opts []freddy.CallOption) (string, error) {
	params := freddy.WaitParams{State: id, PollInterval: time.Millisecond, MaxPollInterval: 5 * time.Millisecond}
	connection, err := c.Connections().Wait(ctx, id, params, opts...)
	return idOf(connection, err, soakConnectionID)
}

// soakCalls are the other calls, about an id that is a number.
func soakCalls(ctx context.Context, c *freddy.Client, id string, opts []freddy.CallOption) []soakCall {
	return []soakCall{
		func() (string, error) {
			connector, err := c.Connectors().Get(ctx, id, opts...)
			return idOf(connector, err, soakConnectorID)
		},
		func() (string, error) {
			offset, err := strconv.Atoi(id)
			if err != nil {
				return "", err
			}
			page, err := c.Connectors().List(ctx, freddy.ConnectorListParams{Offset: offset}, opts...)
			return firstID(page, err, soakConnectorID)
		},
		func() (string, error) {
			page, err := c.Configurations().List(ctx, freddy.ConfigurationListParams{After: id}, opts...)
			return firstID(page, err, func(c *freddy.Configuration) string { return c.ID })
		},
		func() (string, error) {
			changed, err := c.Configurations().SetEnabled(ctx, id, true, opts...)
			return idOf(changed, err, func(c *freddy.Configuration) string { return c.ID })
		},
		func() (string, error) {
			return id, c.Configurations().Delete(ctx, id, opts...)
		},
		func() (string, error) {
			page, err := c.Accounts().List(ctx, freddy.AccountListParams{}, opts...)
			_, err = firstID(page, err, func(a *freddy.Account) string { return a.Type })
			return id, err // no parameter that the server could return
		},
		func() (string, error) {
			account, err := c.Accounts().SetActive(ctx, id, true, opts...)
			return idOf(account, err, func(a *freddy.Account) string { return a.ID })
		},
		func() (string, error) {
			tools, err := c.Accounts().Tools(ctx, id, opts...)
			return idOf(tools, err, func(a *freddy.AccountTools) string { return a.Tools[0].Name })
		},
		func() (string, error) {
			return id, c.Accounts().SetTools(ctx, id, freddy.AccountToolsParams{Enabled: true, Allowed: []string{id}}, opts...)
		},
		func() (string, error) {
			return id, c.Accounts().Disconnect(ctx, id, opts...)
		},
		func() (string, error) {
			page, err := c.Connections().List(ctx, id, freddy.ConnectionListParams{}, opts...)
			return firstID(page, err, soakConnectionID)
		},
		func() (string, error) {
			return id, c.Connections().SetActive(ctx, id, true, opts...)
		},
		func() (string, error) {
			health, err := c.Connections().Health(ctx, id, opts...)
			return idOf(health, err, func(h *freddy.ConnectionHealth) string { return h.ID })
		},
		func() (string, error) {
			test, err := c.Connections().Test(ctx, id, opts...)
			return idOf(test, err, func(t *freddy.ConnectionTest) string { return t.ID })
		},
		func() (string, error) {
			authorization, err := c.Connections().Authorize(ctx, freddy.AuthorizeParams{ConnectorType: id}, opts...)
			return idOf(authorization, err, func(a *freddy.Authorization) string { return a.State })
		},
		func() (string, error) {
			available, err := c.AvailableConnectors().Get(ctx, id, opts...)
			return idOf(available, err, func(a *freddy.AvailableConnector) string { return a.Key })
		},
		func() (string, error) {
			configuration, err := c.MCPConfigurations().Get(ctx, id, opts...)
			return idOf(configuration, err, soakMCPID)
		},
		func() (string, error) {
			configuration, err := c.MCPConfigurations().Update(ctx, id, freddy.MCPConfigurationUpdateParams{Active: freddy.Ptr(true)}, opts...)
			return idOf(configuration, err, soakMCPID)
		},
		func() (string, error) {
			return id, c.MCPConfigurations().Delete(ctx, id, opts...)
		},
		func() (string, error) {
			test, err := c.MCPConfigurations().Test(ctx, id, opts...)
			_, err = idOf(test, err, func(r *freddy.MCPTestResult) string { return r.Status })
			return id, err // the result has no id
		},
	}
}

func soakConnectorID(c *freddy.Connector) string   { return c.ID }
func soakConnectionID(c *freddy.Connection) string { return c.ID }
func soakMCPID(c *freddy.MCPConfiguration) string  { return c.ID }

// idOf returns the id of a result, or the error of its call.
func idOf[T any](value *T, err error, id func(*T) string) (string, error) {
	if err != nil {
		return "", err
	}
	return id(value), nil
}

func oneOf(calls []soakCall) soakCall { return calls[rand.IntN(len(calls))] }

// firstID is idOf for a list.
func firstID[T any](page *freddy.Page[T], err error, id func(*T) string) (string, error) {
	if err != nil {
		return "", err
	}
	return id(page.Items[0]), nil
}

// run makes calls from 64 goroutines for d, and reports whether all of them
// return.
func (s *soak) run(t *testing.T, d time.Duration) bool {
	var callers sync.WaitGroup
	end := time.Now().Add(d)
	for range 64 {
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
	record := new(soakRecord)
	ctx := context.WithValue(context.Background(), soakRecordKey{}, record)
	if rand.IntN(20) == 0 { // a short deadline
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(rand.IntN(20))*time.Millisecond)
		defer cancel()
	}
	tenant, draw := rand.IntN(soakTenants), rand.IntN(10)
	client := s.client(t, tenant)
	var response freddy.Response
	opts := []freddy.CallOption{freddy.WithHeader(soakTenant, strconv.Itoa(tenant)), freddy.WithResponse(&response)}
	var (
		id, got string
		err     error
		note    = func(uint32) {}
	)
	s.calls.Add(1)
	switch {
	case draw < 3:
		n := s.names.Add(1) - 1
		if n >= int64(len(s.outcomes)) { // more than are recorded
			s.calls.Add(-1)
			return
		}
		id, note = "soak_"+strconv.FormatInt(n, 10), func(outcome uint32) { s.outcomes[n].Store(outcome) }
		got, err = oneOf(soakCreations(ctx, client, id, opts))()
	case draw == 3:
		id = "wait_" + strconv.Itoa(tenant)
		got, err = soakWait(ctx, client, id, opts)
	default:
		id = strconv.Itoa(1 + tenant)
		got, err = oneOf(soakCalls(ctx, client, id, opts))()
	}
	s.returned.Add(1)
	s.attempts.Add(int64(record.reported))
	assert.Equal(t, record.attempts, record.reported, "attempts")
	assert.Contains(t, []int{record.attempts, record.attempts + 1}, record.limited, "the limiter allows each attempt, and one more if the context then ends")
	if draw != 3 { // Wait makes several calls
		assert.Equal(t, record.reported, response.Attempts)
		assert.Equal(t, err, record.err)
	}
	if err == nil {
		s.success.Add(1)
		note(soakCreated)
		assert.Equal(t, id, got, "each call gets its own response")
		return
	}
	s.fail(ctx, t, err, note)
}

// fail records an error, and requires that it is one of the documented kinds.
func (s *soak) fail(ctx context.Context, t *testing.T, err error, note func(uint32)) {
	var (
		transportErr *freddy.TransportError
		apiErr       *freddy.APIError
		notConnected *freddy.NotConnectedError
		kind         string
	)
	note(soakNotCreated)
	switch {
	case errors.As(err, &notConnected):
		kind = "NotConnectedError"
	case errors.As(err, &transportErr):
		kind = "TransportError"
		if transportErr.Ambiguous {
			note(soakAmbiguous)
			kind += ", ambiguous"
		}
		if transportErr.Timeout() {
			kind += ", timeout"
		}
	case errors.As(err, &apiErr):
		kind = fmt.Sprintf("APIError %d", apiErr.StatusCode)
	default:
		assert.NoError(t, err, "another kind of error")
	}
	if errors.Is(err, context.DeadlineExceeded) {
		deadline, has := ctx.Deadline() // which may pass before ctx.Err is not nil
		assert.True(t, has && !time.Now().Before(deadline), "a deadline that is not the caller's")
		kind += ", caller's"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.errors[kind]++
}

// newSoak starts a soak. Three of its clients are kept: the one that the others
// are derived from, and two that are derived from it.
func newSoak(t *testing.T, names int) (s *soak, server *httptest.Server, transport *http.Transport) {
	s = &soak{processed: make([]atomic.Uint32, names), outcomes: make([]atomic.Uint32, names), errors: map[string]int{}}
	server = httptest.NewUnstartedServer(s)
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			s.connections.Add(1)
		case http.StateClosed:
			s.connections.Add(-1)
		}
	}
	server.Start()
	transport = freddy.NewTransport()
	counting := roundTrip(func(req *http.Request) (*http.Response, error) {
		s.trips.Add(1)
		return transport.RoundTrip(req)
	})
	client, err := freddy.NewClient(soakKey("0"), freddy.WithBaseURL(server.URL+"/v1"), withTransport(counting), freddy.WithOrganization("org_soak"),
		freddy.WithHooks(s.hooks()), freddy.WithLimiter(limiter(soakLimit)),
		freddy.WithRetryBackoff(time.Millisecond, 8*time.Millisecond), freddy.WithAttemptTimeout(200*time.Millisecond))
	require.NoError(t, err)
	s.clients = []*freddy.Client{client}
	s.clients = append(s.clients, s.client(t, 1), s.client(t, 2))
	return s, server, transport
}

// TestSoak runs for a quarter of a second, or for the duration in FREDDY_SOAK, such as 60s.
// The records of client and server must agree, and nothing may be left.
func TestSoak(t *testing.T) {
	const warmUp = 200 * time.Millisecond
	length := time.Second / 4
	if text := os.Getenv("FREDDY_SOAK"); text != "" {
		var err error
		length, err = time.ParseDuration(text)
		require.NoError(t, err, "FREDDY_SOAK")
	}
	goroutines := runtime.NumGoroutine()
	s, server, transport := newSoak(t, int((length+warmUp)/time.Second+1)*20_000)
	closed := func() bool { transport.CloseIdleConnections(); return s.connections.Load() == 0 }
	heap := func() uint64 {
		runtime.GC()
		runtime.GC() // sync.Pool keeps its objects for one collection
		var memory runtime.MemStats
		runtime.ReadMemStats(&memory)
		return memory.HeapAlloc
	}

	require.True(t, s.run(t, warmUp), "calls that do not return")
	assert.Eventually(t, closed, 5*time.Second, 10*time.Millisecond, "connections left")
	before := heap()
	start := time.Now()
	returned := s.run(t, length)
	took := time.Since(start)
	require.True(t, returned, "calls that do not return")
	assert.Eventually(t, closed, 5*time.Second, 10*time.Millisecond, "connections left")
	var after uint64
	assert.Eventually(t, func() bool { after = heap(); return after < before+4<<20 }, 5*time.Second, 50*time.Millisecond, "heap left")
	server.Close()
	assert.Eventually(t, func() bool { return runtime.NumGoroutine() <= goroutines+4+1 }, // one of Eventually
		5*time.Second, 10*time.Millisecond, "goroutines left")

	assert.Equal(t, s.calls.Load(), s.returned.Load(), "calls that do not return")
	assert.Equal(t, s.trips.Load(), s.attempts.Load(), "attempts that the client does not report")
	assert.Equal(t, s.trips.Load(), s.hookedAttempts.begun.Load(), "attempts without a hook")
	assert.GreaterOrEqual(t, s.hookedCalls.begun.Load(), s.calls.Load(), "calls without a hook")
	s.hookedCalls.all(t, "hooks of calls")
	s.hookedAttempts.all(t, "hooks of attempts")
	assert.Zero(t, s.wrongKeys.Load(), "requests with another key")
	outcomes := s.creations(t)
	t.Logf("%.1f s and %.1f s to warm up: %d calls, %d successes, %d attempts", took.Seconds(), warmUp.Seconds(), s.calls.Load(), s.success.Load(), s.attempts.Load())
	t.Logf("creations: %d created, %d not created, %d ambiguous", outcomes[soakCreated], outcomes[soakNotCreated], outcomes[soakAmbiguous])
	t.Logf("errors: %v", s.errors)
	t.Logf("heap: %d KiB before, %d KiB after", before>>10, after>>10)
}

// creations requires that the server has processed no creation twice, and those
// that the client reports. It returns the number of each outcome.
func (s *soak) creations(t *testing.T) []int {
	outcomes := make([]int, soakAmbiguous+1)
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
	assert.False(t, slices.Contains(outcomes, 0), "%v: an outcome does not occur", outcomes)
	return outcomes
}
