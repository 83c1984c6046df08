package freddy_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
)

// cutter is a server that breaks every connection at a point drawn at random:
// somewhere in the request, before it is processed, or somewhere in the answer,
// after it was. It counts what it has processed.
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
	if rand.IntN(2) == 0 { // an answer of RST instead of FIN
		_ = conn.(*net.TCPConn).SetLinger(0)
	}
	for requests := 1 + rand.IntN(2); requests > 0; requests-- { // some die when they are used again
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
		answer := fmt.Appendf(nil, "HTTP/1.1 201 Created\r\nX-Request-Id: req_%[1]s\r\nContent-Length: %[2]d\r\n\r\n{\"id\":%[1]q}", body.Name, len(body.Name)+9)
		if rand.IntN(3) > 0 {
			answer = answer[:rand.IntN(len(answer))]
			requests = 0
		}
		if _, err := conn.Write(answer); err != nil {
			return
		}
	}
}

// Wherever the connection breaks, nothing is created twice, and the error knows
// whether it may have been created.
func TestNothingIsCreatedTwice(t *testing.T) {
	const tries, workers = 10_000, 8
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
			seen["surely not created"]++
			require.Zero(t, count, "said to be safe to repeat: %v", err)
		case errors.As(err, &lost):
			seen["perhaps created: "+strconv.Itoa(count)]++
		default:
			require.NoError(t, err, "another kind of error")
		}
	}
	t.Log(seen)
	for _, outcome := range []string{"created", "perhaps created: 0", "perhaps created: 1"} {
		assert.Greater(t, seen[outcome], tries/100, outcome)
	}
}

func checkID(created *freddy.Configuration, want string) error {
	if created.ID != want {
		return fmt.Errorf("created %s, want %s", created.ID, want)
	}
	return nil
}

// The body of a request is not copied for each attempt.
func TestBodyIsNotCopied(t *testing.T) {
	const size = 8 << 20
	payload, _ := json.Marshal(map[string]string{"x": string(bytes.Repeat([]byte("a"), size))})
	client, err := freddy.NewClient(testKey, freddy.WithRetryWait(0, 0), freddy.WithHTTPClient(&http.Client{Transport: unavailable{}}))
	require.NoError(t, err)
	perCall := testing.Benchmark(func(b *testing.B) {
		for b.Loop() {
			err := client.Do(context.Background(), http.MethodPut, "/x", json.RawMessage(payload), nil)
			var refusal *freddy.APIError
			if !errors.As(err, &refusal) || refusal.Attempts < 1 {
				b.Fatal(err)
			}
		}
	}).AllocedBytesPerOp()
	assert.Less(t, perCall, int64(size*3/2), "one copy of what the caller lends")
}

type unavailable struct{}

func (unavailable) RoundTrip(req *http.Request) (*http.Response, error) {
	_, _ = io.Copy(io.Discard, req.Body)
	_ = req.Body.Close()
	return &http.Response{StatusCode: http.StatusServiceUnavailable, Header: http.Header{}, Body: http.NoBody}, nil
}
