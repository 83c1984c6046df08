package freddy_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
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
	"github.com/aitronos/freddy-go/internal/faulty"
)

func TestConcurrency(t *testing.T) {
	run(t, "G7 fifty goroutines", func(t *T) {
		s := t.serve(func(c *faulty.Conn) {
			uri := c.Request().RequestURI
			ok := faulty.Reply(http.StatusOK, `{"id":"`+uri[strings.LastIndexByte(uri, '/')+1:]+`"}`)
			switch rand.IntN(25) {
			case 0, 1:
				ok = faulty.Reply(http.StatusServiceUnavailable, "{}")
			case 2:
				ok = faulty.Close
			case 3:
				ok = faulty.Then(faulty.Wait(10*time.Millisecond), ok)
			case 4:
				ok = faulty.Cut(http.StatusOK, 100, "{")
			}
			ok(c)
		})
		base := t.transport()
		base.MaxIdleConnsPerHost = 50
		var trips, attempts atomic.Int64
		counting := roundTrip(func(req *http.Request) (*http.Response, error) {
			trips.Add(1)
			return base.RoundTrip(req)
		})
		client := t.client(s.URL(), withTransport(counting))
		var failed atomic.Int64
		var tasks sync.WaitGroup
		for g := range 50 {
			tasks.Go(func() {
				for n := range 10 {
					id := fmt.Sprintf("pcon_%d_%d", g, n)
					var response freddy.Response
					connector, err := client.Connectors().Get(t.Context(), id, freddy.WithResponse(&response))
					attempts.Add(int64(response.Attempts))
					if err == nil {
						assert.Equal(t, id, connector.ID, "each call gets its own response")
						continue
					}
					failed.Add(1)
					var api *freddy.APIError
					var transportErr *freddy.TransportError
					assert.True(t, errors.As(err, &api) || errors.As(err, &transportErr), "%T: %v", err, err)
				}
			})
		}
		tasks.Wait()
		assert.Equal(t, trips.Load(), attempts.Load())
		assert.Greater(t, trips.Load(), int64(500), "there were faults")
		assert.Less(t, failed.Load(), int64(100))
	})
	runAlone(t, "G9 five hundred failures", func(t *T) {
		handlers := []faulty.Handler{
			faulty.Close, faulty.Reset, faulty.Raw("BANANA\r\n\r\n"), faulty.Cut(http.StatusOK, 9, "{"), faulty.CutChunks("{"), faulty.Reply(http.StatusOK, "<html>"), faulty.Reply(http.StatusTeapot, ""),
			faulty.Flood(faulty.Head(http.StatusServiceUnavailable, "Content-Length: 300000"), 300_000), faulty.Flood(faulty.Head(http.StatusOK, "Content-Length: 300000"), 300_000),
		}
		s := t.serve(func(c *faulty.Conn) { handlers[rand.IntN(len(handlers))](c) })
		client := t.client(s.URL(), freddy.WithMaxRetries(1), freddy.WithMaxResponseBytes(100_000))
		var tasks sync.WaitGroup
		for range 5 {
			tasks.Go(func() {
				for range 100 {
					_, err := client.Connectors().Get(t.Context(), "x")
					assert.Error(t, err)
				}
			})
		}
		tasks.Wait()
		for range 50 {
			_, err := client.Connectors().Get(t.Context(), "x", freddy.WithAttemptTimeout(1))
			require.Error(t, err)
		}
	})
	runInBubble(t, "G10 one connection", func(t *T) {
		for name, handler := range map[string]faulty.Handler{
			"sized":    faulty.Reply(http.StatusServiceUnavailable, strings.Repeat("x", 100_000)),
			"chunked":  faulty.Then(faulty.Raw(faulty.Head(http.StatusServiceUnavailable, "Transfer-Encoding: chunked")), faulty.Chunk(strings.Repeat("x", 100_000)), faulty.LastChunk),
			"256 KiB":  faulty.Reply(http.StatusServiceUnavailable, strings.Repeat("x", 256<<10)),
			"nothing":  faulty.Reply(http.StatusServiceUnavailable, ""),
			"redirect": faulty.Reply(http.StatusFound, strings.Repeat("x", 100_000), "Location: /elsewhere"),
		} {
			s := t.serve(handler)
			client := t.client(s.URL(), freddy.WithMaxRetries(4))
			for range 2 {
				_, err := client.Connectors().Get(t.Context(), "x")
				var apiErr *freddy.APIError
				require.ErrorAs(t, err, &apiErr, name)
				assert.LessOrEqual(t, len(apiErr.Body), 64<<10)
			}
			assert.Equal(t, 1, s.Accepted(), name)
		}
	})
	runInBubble(t, "G13 calls within a call", func(t *T) {
		type name struct{}
		ctx, cancel := context.WithTimeout(context.WithValue(t.Context(), name{}, "outer"), 5*time.Second)
		defer cancel()
		s := t.serve(faulty.Reply(http.StatusServiceUnavailable, ""), faulty.Reply(http.StatusOK, anyBody), faulty.Reply(http.StatusServiceUnavailable, ""), faulty.Reply(http.StatusOK, anyBody))
		other := t.client(s.URL())
		var client *freddy.Client
		within := func(ctx context.Context) { // calls of both clients in the context of a call
			if ctx.Value(name{}) != "outer" {
				return
			}
			ctx = context.WithValue(ctx, name{}, "inner")
			for _, c := range []*freddy.Client{other, client} {
				_, err := c.Connectors().Get(ctx, "x")
				assert.NoError(t, err)
			}
		}
		base := t.transport()
		rt := roundTrip(func(req *http.Request) (*http.Response, error) {
			within(req.Context())
			return base.RoundTrip(req)
		})
		source := freddy.WithKeySource(func(ctx context.Context) (string, error) { within(ctx); return testKey, nil })
		logger := freddy.WithLogger(slog.New(logHandler(func(ctx context.Context, _ slog.Record) { within(ctx) })))
		client = t.newClient("", freddy.WithBaseURL(s.URL()), withTransport(rt), source, logger, freddy.WithRetryBackoff(0, 0))
		_, err := client.Connectors().Get(ctx, "x")
		require.NoError(t, err)
		for connector, err := range client.Connectors().All(ctx, freddy.ConnectorListParams{}) {
			assert.Nil(t, connector)
			assert.NoError(t, err)
		}
	})
	run(t, "G15 CloseIdleConnections", func(t *T) {
		s := t.serve(faulty.Then(faulty.Wait(time.Millisecond), faulty.Reply(http.StatusOK, connectorBody)))
		client := t.client(s.URL())
		client.CloseIdleConnections()
		t.get(client).ok(1)
		client.CloseIdleConnections()
		client.CloseIdleConnections()
		t.get(client).ok(1)
		assert.Equal(t, 2, s.Accepted())

		ctx, cancel := context.WithCancel(t.Context())
		var failed atomic.Int64
		var calls, closer sync.WaitGroup
		closer.Go(func() {
			for ctx.Err() == nil {
				client.CloseIdleConnections()
				time.Sleep(10 * time.Microsecond)
			}
		})
		for range 4 {
			calls.Go(func() {
				for range 25 {
					if _, err := client.Connectors().Get(ctx, "x"); err != nil {
						failed.Add(1)
					}
					err := client.Do(ctx, http.MethodPost, "/x", 1, nil)
					_, typed := err.(*freddy.TransportError) //nolint:errorlint // the type itself
					assert.True(t, err == nil || typed, "%T: %v", err, err)
				}
			})
		}
		calls.Wait()
		cancel()
		closer.Wait()
		assert.Zero(t, failed.Load(), "in-flight calls are not affected")
	})
	runInBubble(t, "G16 a thousand calls for two connections", func(t *T) {
		s := t.serve(faulty.Stall)
		transport := t.transport()
		transport.MaxConnsPerHost = 2
		client := t.client(s.URL(), withTransport(transport))
		errs, took := make([]error, 1000), make([]time.Duration, 1000)
		var tasks sync.WaitGroup
		for i := range errs {
			tasks.Go(func() {
				start := time.Now()
				ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
				defer cancel()
				_, errs[i] = client.Connectors().Get(ctx, "x")
				took[i] = time.Since(start)
			})
		}
		tasks.Wait()
		for _, err := range errs {
			var transportErr *freddy.TransportError
			require.ErrorAs(t, err, &transportErr)
			require.ErrorIs(t, err, context.DeadlineExceeded)
		}
		assert.Equal(t, 50*time.Millisecond, slices.Max(took))
		assert.LessOrEqual(t, s.Open(), 2)
	})
}

// logHandler is a slog.Handler.
type logHandler func(ctx context.Context, record slog.Record)

func (h logHandler) Enabled(context.Context, slog.Level) bool { return true }
func (h logHandler) Handle(ctx context.Context, record slog.Record) error {
	h(ctx, record)
	return nil
}
func (h logHandler) WithAttrs([]slog.Attr) slog.Handler { return h }
func (h logHandler) WithGroup(string) slog.Handler      { return h }

// A cutter is a server that closes every connection at a random point of the
// request, before it is processed, or of the response, after it was. It counts the
// creations.
type cutter struct {
	net.Listener
	mu      sync.Mutex
	created map[string]int
}

func newCutter(t *testing.T) *cutter {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	c := &cutter{Listener: listener, created: map[string]int{}}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { c.serve(conn) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		wg.Wait()
	})
	return c
}

func (c *cutter) serve(conn net.Conn) {
	defer conn.Close()
	if rand.IntN(2) == 0 { // close with RST instead of FIN
		_ = conn.(*net.TCPConn).SetLinger(0)
	}
	for requests := 1 + rand.IntN(2); requests > 0; requests-- { // some connections are closed when they are reused
		var in io.Reader = conn
		if rand.IntN(3) == 0 {
			in = io.LimitReader(conn, rand.Int64N(600))
		}
		req, err := http.ReadRequest(bufio.NewReader(in))
		if err != nil {
			return
		}
		var body struct{ Name string }
		if err := json.NewDecoder(req.Body).Decode(&body); err != nil {
			return
		}
		c.mu.Lock()
		c.created[body.Name]++
		c.mu.Unlock()
		response := fmt.Appendf(nil, "HTTP/1.1 201 Created\r\nX-Request-Id: req_%[1]s\r\nContent-Length: %[2]d\r\n\r\n{\"id\":%[1]q}", body.Name, len(body.Name)+9)
		if rand.IntN(3) > 0 {
			response = response[:rand.IntN(len(response))]
			requests = 0
		}
		if _, err := conn.Write(response); err != nil {
			return
		}
	}
}

// Wherever the connection is cut, nothing is created twice, and the error says
// whether it may have been created.
func TestCreatedOnce(t *testing.T) {
	t.Parallel()
	const tries, workers = 500, 8
	server := newCutter(t)
	client := newClient(t, "http://"+server.Addr().String()+"/v1")
	outcomes := make([]error, tries)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := w; i < tries; i += workers {
				created, err := client.Configurations().Create(context.Background(), freddy.ConfigurationCreateParams{
					PersonalConnectorID: "pcon_github", Name: "n" + strconv.Itoa(i), Credentials: freddy.BearerCredentials("example-token"),
				})
				if err == nil {
					err = checkID(created, "n"+strconv.Itoa(i))
				}
				outcomes[i] = err
			}
		})
	}
	wg.Wait()

	server.mu.Lock()
	defer server.mu.Unlock()
	seen := map[string]int{}
	for i, err := range outcomes {
		count := server.created["n"+strconv.Itoa(i)]
		require.LessOrEqual(t, count, 1, "created twice")
		var lost *freddy.TransportError
		switch {
		case err == nil:
			seen["created"]++
			require.Equal(t, 1, count)
		case errors.As(err, &lost) && !lost.Ambiguous:
			seen["not created"]++
			require.Zero(t, count, "not ambiguous, but created: %v", err)
		case errors.As(err, &lost):
			seen["ambiguous, created: "+strconv.Itoa(count)]++
		default:
			require.NoError(t, err, "another kind of error")
		}
	}
	t.Log(seen)
	for _, outcome := range []string{"created", "ambiguous, created: 0", "ambiguous, created: 1"} {
		assert.Greater(t, seen[outcome], tries/100, outcome)
	}
}

func checkID(created *freddy.Configuration, want string) error {
	if created.ID != want {
		return fmt.Errorf("created %s, want %s", created.ID, want)
	}
	return nil
}
