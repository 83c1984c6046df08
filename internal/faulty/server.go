// Package faulty provides test servers that stall, cut, reset, send wrong
// lengths or break TLS, and checks for the end of a test.
//
// A server is scripted with one [Handler] per request, so that a table of faults
// has a row for each:
//
//	{"cut body", faulty.Cut(200, 100, "half")},
//	{"silent", faulty.Stall},
//	{"reset", faulty.Reset},
package faulty

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
)

// A Request is one request as the server read it.
type Request struct {
	Conn       int // number of the connection it came on, from 1
	Method     string
	RequestURI string
	Host       string
	Header     http.Header
	Body       []byte
	Err        error // why Body is not whole, or nil
}

// A Server runs its handlers for requests on a local port or in memory.
type Server struct {
	url      string
	config   *tls.Config // nil: no TLS
	silent   bool        // reads no requests; discards what the client sends
	banner   string      // sent by a silent server on each connection
	handlers []Handler

	listener net.Listener
	ctx      context.Context
	cancel   context.CancelFunc
	tasks    sync.WaitGroup
	written  atomic.Int64

	mu       sync.Mutex
	accepted int
	conns    map[*Conn]struct{}
	requests []Request
}

// Serve starts a server that runs the first handler for the first request, the
// second for the second, whatever their connections, and so on. The last handler
// repeats. The server closes at the end of the test.
func Serve(tb testing.TB, handlers ...Handler) *Server {
	tb.Helper()
	return start(tb, listen(tb), "http", &Server{handlers: handlers})
}

// ServeTLS is [Serve] over TLS, without HTTP/2. A nil config means [Valid].
func ServeTLS(tb testing.TB, config *tls.Config, handlers ...Handler) *Server {
	tb.Helper()
	return start(tb, listen(tb), "https", &Server{handlers: handlers, config: orValid(config)})
}

// ServeHandshakeStall starts a server whose TLS handshake never finishes.
func ServeHandshakeStall(tb testing.TB) *Server {
	tb.Helper()
	return start(tb, listen(tb), "https", &Server{handlers: []Handler{Stall}, silent: true})
}

// ServeBanner starts a server that sends banner on each connection, like a
// server of another protocol than TLS.
func ServeBanner(tb testing.TB, banner string) *Server {
	tb.Helper()
	return start(tb, listen(tb), "https", &Server{handlers: []Handler{Stall}, silent: true, banner: banner})
}

func orValid(config *tls.Config) *tls.Config {
	if config == nil {
		return Valid()
	}
	return config
}

func start(tb testing.TB, listener net.Listener, scheme string, s *Server) *Server {
	tb.Helper()
	tb.Cleanup(func() { listener.Close() })
	if len(s.handlers) == 0 {
		tb.Fatal("faulty: a server needs a handler")
	}
	s.listener = listener
	s.url = scheme + "://" + s.listener.Addr().String()
	s.conns = make(map[*Conn]struct{})
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.tasks.Go(s.accept)
	tb.Cleanup(s.Close)
	return s
}

func listen(tb testing.TB) net.Listener {
	tb.Helper()
	var config net.ListenConfig
	listener, err := config.Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatalf("faulty: %v", err)
	}
	return listener
}

// Refused returns the URL of a port on which no process listens until the end
// of the test.
func Refused(tb testing.TB) string {
	tb.Helper()
	listener := listen(tb)
	tb.Cleanup(func() { listener.Close() })
	// The local port of an open connection cannot be listened on. A closed port
	// could be taken by another process.
	var dialer net.Dialer
	holder, err := dialer.DialContext(tb.Context(), "tcp", listener.Addr().String())
	if err != nil {
		tb.Fatalf("faulty: %v", err)
	}
	tb.Cleanup(func() { holder.Close() })
	return "http://" + holder.LocalAddr().String()
}

// URL returns the server's address, without a path.
func (s *Server) URL() string { return s.url }

// Requests returns the requests read so far, in order of arrival.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// Accepted returns the number of connections accepted so far.
func (s *Server) Accepted() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.accepted
}

// Open returns the number of connections that neither side has closed.
func (s *Server) Open() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	open := 0
	for c := range s.conns {
		if c.ctx.Err() == nil {
			open++
		}
	}
	return open
}

// Written returns the number of bytes that the handlers have sent: those that
// clients have read and those in the kernel's buffers.
func (s *Server) Written() int64 { return s.written.Load() }

// Close closes the listener and all connections and waits for the server's
// goroutines, so a Handler must not call it. It may be called again.
func (s *Server) Close() {
	s.cancel()
	s.listener.Close()
	s.mu.Lock()
	for c := range s.conns {
		c.conn.Close()
	}
	s.mu.Unlock()
	s.tasks.Wait()
}

func (s *Server) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.serve(conn)
	}
}

func (s *Server) serve(conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil {
		conn.Close()
		return
	}
	s.accepted++
	c := &Conn{server: s, number: s.accepted, conn: conn, stream: conn}
	if s.config != nil {
		c.stream = tls.Server(conn, s.config)
	}
	c.ctx, c.cancel = context.WithCancel(s.ctx)
	s.conns[c] = struct{}{}
	turns := make(chan turn, 16) // read can go on while a handler stalls
	s.tasks.Go(func() { c.read(turns) })
	s.tasks.Go(func() { c.handle(turns) })
}

func (s *Server) record(r Request) turn {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, r)
	return turn{r, s.handlers[min(len(s.requests), len(s.handlers))-1]}
}

// A turn is a request and its handler.
type turn struct {
	request Request
	handle  Handler
}

// A Conn is a connection on which a [Handler] writes.
type Conn struct {
	server  *Server
	number  int
	conn    net.Conn // TCP or in memory
	stream  net.Conn // conn, or TLS over it
	request Request
	ctx     context.Context
	cancel  context.CancelFunc
}

// Request returns the request that is being handled.
func (c *Conn) Request() Request { return c.request }

// Gone is closed once the client or the server has closed the connection.
func (c *Conn) Gone() <-chan struct{} { return c.ctx.Done() }

// Write sends p to the client.
func (c *Conn) Write(p []byte) (int, error) {
	n, err := c.stream.Write(p)
	c.server.written.Add(int64(n))
	return n, err
}

// send is Write for handlers, which ignore that the client has closed the
// connection.
func (c *Conn) send(text string) { _, _ = c.Write([]byte(text)) }

// Close closes the connection without a reset.
func (c *Conn) Close() error {
	c.cancel()
	return c.stream.Close()
}

// read runs beside handle, since only a pending read notices that the client
// closes the connection while a handler stalls.
func (c *Conn) read(turns chan<- turn) {
	defer close(turns)
	defer c.cancel()
	if c.server.silent {
		c.send(c.server.banner)
		_, _ = io.Copy(io.Discard, c.stream)
		return
	}
	reader := bufio.NewReader(c.stream)
	for {
		r, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		body, err := io.ReadAll(r.Body)
		turns <- c.server.record(Request{c.number, r.Method, r.RequestURI, r.Host, r.Header, body, err})
		if err != nil {
			return
		}
	}
}

func (c *Conn) handle(turns <-chan turn) {
	for t := range turns {
		c.request = t.request
		t.handle(c)
	}
	c.conn.Close()
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	delete(c.server.conns, c)
}
