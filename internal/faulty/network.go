package faulty

import (
	"context"
	"crypto/tls"
	"net"
	"strconv"
	"sync"
	"syscall"
	"testing"
)

// A Network connects clients to servers in memory. Unlike TCP it works within a
// bubble of testing/synctest. A connection is a [net.Pipe]: a write returns once
// the peer has read it, which net/http's HTTP/2 does not support. The zero
// Network is ready for use.
type Network struct {
	mu        sync.Mutex
	listeners map[string]*memoryListener
}

// Serve is the package's [Serve] on this network.
func (n *Network) Serve(tb testing.TB, handlers ...Handler) *Server {
	tb.Helper()
	return start(tb, n.listen(), "http", &Server{handlers: handlers})
}

// ServeTLS is the package's [ServeTLS] on this network.
func (n *Network) ServeTLS(tb testing.TB, config *tls.Config, handlers ...Handler) *Server {
	tb.Helper()
	return start(tb, n.listen(), "https", &Server{handlers: handlers, config: orValid(config)})
}

// ServeHandshakeStall is the package's [ServeHandshakeStall] on this network.
func (n *Network) ServeHandshakeStall(tb testing.TB) *Server {
	tb.Helper()
	return start(tb, n.listen(), "https", &Server{handlers: []Handler{Stall}, silent: true})
}

// DialContext connects to the server at address. It is meant for
// [net/http.Transport].
func (n *Network) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	n.mu.Lock()
	listener := n.listeners[address]
	n.mu.Unlock()
	refused := &net.OpError{Op: "dial", Net: network, Addr: memoryAddr(address), Err: syscall.ECONNREFUSED}
	if listener == nil {
		return nil, refused
	}
	client, server := net.Pipe()
	select {
	case listener.conns <- server:
		return client, nil
	case <-listener.closed:
		return nil, refused
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (n *Network) listen() net.Listener {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.listeners == nil {
		n.listeners = make(map[string]*memoryListener)
	}
	address := "127.0.0.1:" + strconv.Itoa(10_000+len(n.listeners))
	l := &memoryListener{address: memoryAddr(address), conns: make(chan net.Conn), closed: make(chan struct{})}
	n.listeners[address] = l
	return l
}

type memoryListener struct {
	address memoryAddr
	conns   chan net.Conn
	once    sync.Once
	closed  chan struct{}
}

func (l *memoryListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *memoryListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *memoryListener) Addr() net.Addr { return l.address }

type memoryAddr string

func (memoryAddr) Network() string  { return "memory" }
func (a memoryAddr) String() string { return string(a) }
