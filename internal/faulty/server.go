// Package faulty provides servers for tests that misbehave in bytes (they
// stall, cut, reset, lie about lengths, break TLS) and the checks that follow
// every fault test.
//
// A server is scripted with one [Answer] per request, so that a table of
// faults reads as one row each:
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

// A Server answers requests on a local port as its script says.
type Server struct {
	url     string
	config  *tls.Config // nil for plain TCP
	deaf    bool        // discards what comes instead of reading requests
	banner  string      // what a deaf server says to whoever connects
	answers []Answer

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

// Serve starts a server that gives the first answer to the first request, on
// whichever connection it comes, and so on; the last answer repeats. The
// server closes at the end of the test.
func Serve(tb testing.TB, answers ...Answer) *Server {
	tb.Helper()
	return start(tb, "http", &Server{answers: answers})
}

// ServeTLS is Serve over TLS, without HTTP/2; a nil config means [Valid].
func ServeTLS(tb testing.TB, config *tls.Config, answers ...Answer) *Server {
	tb.Helper()
	if config == nil {
		config = Valid()
	}
	return start(tb, "https", &Server{answers: answers, config: config})
}

// ServeHandshakeStall starts a server whose TLS handshake never finishes: it
// takes whatever comes and says nothing.
func ServeHandshakeStall(tb testing.TB) *Server {
	tb.Helper()
	return start(tb, "https", &Server{answers: []Answer{Stall}, deaf: true})
}

// ServeBanner starts a server that takes a TLS client for one of another
// protocol: it sends banner as soon as one connects.
func ServeBanner(tb testing.TB, banner string) *Server {
	tb.Helper()
	return start(tb, "https", &Server{answers: []Answer{Stall}, deaf: true, banner: banner})
}

func start(tb testing.TB, scheme string, s *Server) *Server {
	tb.Helper()
	if len(s.answers) == 0 {
		tb.Fatal("faulty: a server needs an answer")
	}
	s.listener = listen(tb)
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

// Refused returns the URL of a port on which nobody listens until the end of
// the test.
func Refused(tb testing.TB) string {
	tb.Helper()
	listener := listen(tb)
	tb.Cleanup(func() { listener.Close() })
	// The near end of an open connection keeps its port from every listener,
	// where a port merely closed could be taken by another process.
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

// Written returns the number of bytes taken from the answers so far: what
// clients have read and what the kernel holds for them.
func (s *Server) Written() int64 { return s.written.Load() }

// Close closes the listener and all connections and waits for the server's
// goroutines, so an Answer must not call it. It may be called again.
func (s *Server) Close() {
	s.cancel()
	s.listener.Close()
	s.mu.Lock()
	for c := range s.conns {
		c.tcp.Close()
	}
	s.mu.Unlock()
	s.tasks.Wait()
}

func (s *Server) accept() {
	for {
		tcp, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.serve(tcp.(*net.TCPConn))
	}
}

func (s *Server) serve(tcp *net.TCPConn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil {
		tcp.Close()
		return
	}
	s.accepted++
	c := &Conn{server: s, number: s.accepted, tcp: tcp, stream: tcp}
	if s.config != nil {
		c.stream = tls.Server(tcp, s.config)
	}
	c.ctx, c.cancel = context.WithCancel(s.ctx)
	s.conns[c] = struct{}{}
	turns := make(chan turn, 16) // room to go on reading while an answer stalls
	s.tasks.Go(func() { c.read(turns) })
	s.tasks.Go(func() { c.answer(turns) })
}

func (s *Server) record(r Request) turn {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, r)
	return turn{r, s.answers[min(len(s.requests), len(s.answers))-1]}
}

// A turn is a request with the answer it is due.
type turn struct {
	request Request
	answer  Answer
}

// A Conn is a connection on which an [Answer] writes its bytes.
type Conn struct {
	server  *Server
	number  int
	tcp     *net.TCPConn
	stream  net.Conn // tcp, or TLS over it
	request Request
	ctx     context.Context
	cancel  context.CancelFunc
}

// Request returns the request to answer.
func (c *Conn) Request() Request { return c.request }

// Gone is closed once the client or the server has closed the connection.
func (c *Conn) Gone() <-chan struct{} { return c.ctx.Done() }

// Write sends p to the client.
func (c *Conn) Write(p []byte) (int, error) {
	n, err := c.stream.Write(p)
	c.server.written.Add(int64(n))
	return n, err
}

// send is Write for answers, to which a client that is gone is no error.
func (c *Conn) send(text string) { _, _ = c.Write([]byte(text)) }

// Close closes the connection in good order.
func (c *Conn) Close() error {
	c.cancel()
	return c.stream.Close()
}

// read runs beside answer, since only a pending read tells that the client
// went away during a stall.
func (c *Conn) read(turns chan<- turn) {
	defer close(turns)
	defer c.cancel()
	if c.server.deaf {
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

func (c *Conn) answer(turns <-chan turn) {
	for t := range turns {
		c.request = t.request
		t.answer(c)
	}
	c.tcp.Close()
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	delete(c.server.conns, c)
}
