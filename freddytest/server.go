package freddytest

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aitronos/freddy-go"
)

// Server is a [Fake] behind a listener on loopback, for one test. It comes from
// NewServer; the zero Server is of no use.
type Server struct {
	*Fake
	tb       testing.TB
	listener *httptest.Server
}

// NewServer starts a Server with the catalogue and closes it when the test
// ends. A scripted reply that nobody has asked for by then fails the test.
func NewServer(tb testing.TB) *Server {
	tb.Helper()
	fake := NewFake()
	listener, stop := listen(fake)
	tb.Cleanup(func() {
		stop()
		for _, line := range fake.unused() {
			tb.Errorf("freddytest: %s", line)
		}
	})
	return &Server{Fake: fake, tb: tb, listener: listener}
}

// listen starts a server that logs nothing. What stops it ends the delays that
// are still running, too: closing waits for the requests under way.
func listen(handler http.Handler) (server *httptest.Server, stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	server = httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.Config.BaseContext = func(net.Listener) context.Context { return ctx }
	server.Start()
	return server, func() {
		cancel()
		server.Close()
	}
}

// URL returns the base URL, with /v1: what freddy.WithBaseURL takes.
func (s *Server) URL() string { return s.listener.URL + prefix }

// Client returns a client of the server, with APIKey and a millisecond before
// each retry; opts come on top. An option that makes no sense ends the test.
// For a client with another key, or with a source of keys, give URL to
// freddy.NewClient. A Retry-After that is scripted is waited for in real time.
func (s *Server) Client(opts ...freddy.Option) *freddy.Client {
	s.tb.Helper()
	own := []freddy.Option{
		freddy.WithBaseURL(s.URL()),
		freddy.WithRetryBackoff(time.Millisecond, time.Millisecond),
	}
	client, err := freddy.NewClient(APIKey, append(own, opts...)...)
	if err != nil {
		s.tb.Fatalf("freddytest: Client: %v", err)
	}
	// Cleanups run last in, first out: this one before the server closes.
	s.tb.Cleanup(client.CloseIdleConnections)
	return client
}
