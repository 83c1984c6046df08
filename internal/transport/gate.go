package transport

import (
	"context"
	"crypto/tls"
	"net"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"time"
)

// A gate keeps a burst of attempts from opening a connection each. While no
// connection is open, one attempt connects and the others wait: over HTTP/1.1 until it
// has its connection, over HTTP/2 until the first byte of its response, because
// net/http then knows how many streams the server allows. net/http opens a connection
// for each attempt that finds no free stream, so at most burstStreams of the attempts
// that waited run at the same time over HTTP/2. A nil gate is always open.
type gate struct {
	open        atomic.Bool
	mu          sync.Mutex
	connections int           // that this side has not closed
	connecting  chan struct{} // closed when the attempt that connects is done; nil: none connects
	streams     chan struct{} // has a value for each running attempt that waited; nil over HTTP/1.1
}

const (
	maxGateWait   = time.Second            // of an attempt
	maxStreamWait = 100 * time.Millisecond // the part of it that begins when the gate opens
	burstStreams  = 96                     // servers should allow at least 100 (RFC 9113, section 6.5.2)
)

// A connection is the kind of connection that an attempt has got.
type connection int

const (
	none connection = iota
	overHTTP1
	overHTTP2
)

func (g *gate) isOpen() bool { return g == nil || g.open.Load() }

// enter waits until an attempt may begin, at most limit, and returns how long it
// has waited. If done is not nil, it must be called when the attempt has ended. If
// connects is true, done must also be called when the attempt has connected; only its
// first call counts.
func (g *gate) enter(ctx context.Context, limit time.Duration) (done func(connection), connects bool, waited time.Duration) {
	if g.isOpen() {
		return nil, false, 0
	}
	start := time.Now()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for ctx.Err() == nil {
		connecting, first := g.connect()
		if first {
			return g.doneFunc(connecting), true, time.Since(start)
		}
		if connecting == nil {
			return g.stream(ctx), false, time.Since(start)
		}
		select {
		case <-connecting: // connected, or failed: then another attempt connects
		case <-ctx.Done():
		}
	}
	return nil, false, time.Since(start)
}

// connect returns a channel that is closed when the attempt that connects is done,
// and whether that is the caller's attempt. The channel is nil if the gate is open.
func (g *gate) connect() (connecting chan struct{}, first bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.connecting == nil && !g.isOpen() {
		g.connecting = make(chan struct{})
		first = true
	}
	return g.connecting, first
}

// doneFunc returns the done of the attempt that connects.
func (g *gate) doneFunc(connecting chan struct{}) func(connection) {
	return func(got connection) {
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.connecting != connecting {
			return // not the first call
		}
		g.streams = nil
		if got == overHTTP2 {
			g.streams = make(chan struct{}, burstStreams)
		}
		if got != none {
			g.setOpen()
		}
		g.connecting = nil
		close(connecting)
	}
}

// used records that an attempt has got a response.
func (g *gate) used() {
	if g.isOpen() {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.setOpen()
}

// setOpen opens the gate, unless the server has closed the connection already.
func (g *gate) setOpen() { g.open.Store(g.connections > 0) }

// stream waits until fewer than burstStreams attempts run that have waited. It
// returns the done of this one, or nil if it is not one of them.
func (g *gate) stream(ctx context.Context) (done func(connection)) {
	g.mu.Lock()
	streams := g.streams
	g.mu.Unlock()
	if streams == nil {
		return nil
	}
	timer := time.NewTimer(maxStreamWait)
	defer timer.Stop()
	select {
	case streams <- struct{}{}:
		return func(connection) { <-streams }
	case <-timer.C:
	case <-ctx.Done():
	}
	return nil
}

// watch returns dial with connections that the gate counts. When the last one is
// closed, the gate closes.
func (g *gate) watch(dial dialFunc) dialFunc {
	if g == nil {
		return dial
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		g.count(1)
		return &countedConn{Conn: conn, closed: sync.OnceFunc(func() { g.count(-1) })}, nil
	}
}

func (g *gate) count(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.connections += n
	if g.connections == 0 {
		g.open.Store(false)
	}
}

type dialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

// A countedConn calls closed when it is closed.
type countedConn struct {
	net.Conn
	closed func()
}

func (c *countedConn) Close() error {
	c.closed()
	return c.Conn.Close()
}

// traceConnection calls done when the attempt has connected.
func traceConnection(ctx context.Context, done func(connection)) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) {
			if !isHTTP2(info) {
				done(overHTTP1)
			}
		},
		GotFirstResponseByte: func() { done(overHTTP2) },
	})
}

func isHTTP2(info httptrace.GotConnInfo) bool {
	conn, ok := info.Conn.(*tls.Conn)
	return ok && conn.ConnectionState().NegotiatedProtocol == "h2"
}
