package freddytest

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/aitronos/freddy-go"
)

// baseURL is the base URL of Client. If an option replaces the transport, no
// request reaches a real host.
const baseURL = "https://freddytest.invalid" + prefix

// Server is a [Fake] with a server, for one test. NewServer creates one. The
// zero Server is not usable.
type Server struct {
	*Fake
	tb         testing.TB
	memory     *pipeListener
	listenOnce sync.Once
	url        string
}

// NewServer starts a Server with the catalogue and no configurations. When the
// test ends, the server closes. Replies that were scripted but not requested
// fail the test.
//
// In a testing/synctest bubble, create the Server in the bubble, and use Client
// or HTTPClient instead of URL.
func NewServer(tb testing.TB) *Server {
	tb.Helper()
	s := &Server{Fake: NewFake(), tb: tb, memory: newPipeListener()}
	tb.Cleanup(func() {
		for _, line := range s.unused() {
			tb.Errorf("freddytest: %s", line)
		}
	})
	tb.Cleanup(serve(s.memory, s.Fake))
	return s
}

// URL returns the base URL, with /v1, for freddy.WithBaseURL. The first call
// starts a listener on loopback.
func (s *Server) URL() string {
	s.tb.Helper()
	s.listenOnce.Do(func() {
		listener, err := listenLoopback()
		if err != nil {
			s.tb.Fatalf("freddytest: URL: %v", err)
		}
		s.tb.Cleanup(serve(listener, s.Fake))
		s.url = "http://" + listener.Addr().String() + prefix
	})
	return s.url
}

// HTTPClient returns a new http.Client that reaches the server in memory, for
// freddy.WithHTTPClient. Each request uses a new connection.
//
// It reaches the server at any host, with http or https. So a client needs no
// base URL, and no request leaves the program:
//
//	client, err := freddy.NewClient("another-key", freddy.WithHTTPClient(server.HTTPClient()))
func (s *Server) HTTPClient() *http.Client {
	return &http.Client{Transport: &http.Transport{
		DialContext:         s.memory.dial,
		DialTLSContext:      s.memory.dial, // used as it is, without a TLS handshake
		MaxIdleConnsPerHost: -1,            // net/http resends requests on reused connections
	}}
}

// Client returns a client with APIKey that reaches the server in memory and
// waits at most a millisecond before a retry. opts override these settings. An
// invalid option ends the test. A scripted Retry-After is waited for, which
// takes no time in a testing/synctest bubble.
func (s *Server) Client(opts ...freddy.Option) *freddy.Client {
	s.tb.Helper()
	defaults := []freddy.Option{
		freddy.WithBaseURL(baseURL),
		freddy.WithHTTPClient(s.HTTPClient()),
		freddy.WithRetryBackoff(time.Millisecond, time.Millisecond),
	}
	client, err := freddy.NewClient(APIKey, append(defaults, opts...)...)
	if err != nil {
		s.tb.Fatalf("freddytest: Client: %v", err)
	}
	return client
}

// serve serves handler on listener. stop closes the listener and its connections
// and waits for their goroutines.
func serve(listener net.Listener, handler http.Handler) (stop func()) {
	var running sync.WaitGroup
	server := &http.Server{
		Handler:  handler,
		ErrorLog: log.New(io.Discard, "", 0),
		ConnState: func(_ net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew:
				running.Add(1)
			case http.StateClosed:
				running.Done()
			}
		},
	}
	running.Go(func() { _ = server.Serve(listener) })
	return func() {
		_ = server.Close()
		running.Wait()
	}
}

func listenLoopback() (net.Listener, error) {
	var config net.ListenConfig
	listener, err := config.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		listener, err = config.Listen(context.Background(), "tcp", "[::1]:0")
	}
	return listener, err
}

// pipeListener is a net.Listener whose connections are the ends of net.Pipe.
type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
}

func newPipeListener() *pipeListener {
	return &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
}

// dial connects to the listener, whatever the address.
func (l *pipeListener) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case l.conns <- server:
		return client, nil
	case <-l.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept returns the server's end of the next connection.
func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close closes the listener. An http.Server calls it once.
func (l *pipeListener) Close() error {
	close(l.closed)
	return nil
}

// Addr returns a name: the listener has no address.
func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "freddytest", Net: "unix"} }
