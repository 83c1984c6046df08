package transport

import (
	"context"
	"crypto/tls"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"time"
)

// A gate keeps a burst of attempts from opening a connection each. While no
// connection is known to be open, one attempt connects and the others wait: over
// HTTP/1.1 until it has its connection, over HTTP/2 until the first byte of its
// response, because net/http then knows how many streams the server allows. A nil
// gate is always open.
type gate struct {
	openUntil  atomic.Int64 // Unix time in nanoseconds
	mu         sync.Mutex
	connecting chan struct{} // closed when the attempt that connects is done; nil: none connects
}

// maxGateWait limits the wait of an attempt.
const maxGateWait = time.Second

func (g *gate) isOpen() bool { return g == nil || time.Now().UnixNano() < g.openUntil.Load() }

// enter waits until an attempt may begin, at most limit, and returns how long it
// has waited. If the attempt has to connect, enter returns done, which must be called
// with whether it has connected. Later calls of done have no effect.
func (g *gate) enter(ctx context.Context, limit time.Duration) (done func(connected bool), waited time.Duration) {
	if g.isOpen() {
		return nil, 0
	}
	start := time.Now()
	done = g.wait(ctx, limit)
	return done, time.Since(start)
}

func (g *gate) wait(ctx context.Context, limit time.Duration) (done func(connected bool)) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	for {
		g.mu.Lock()
		connecting := g.connecting
		switch {
		case g.isOpen():
			g.mu.Unlock()
			return nil
		case connecting == nil:
			g.connecting = make(chan struct{})
			done = g.doneFunc(g.connecting)
			g.mu.Unlock()
			return done
		}
		g.mu.Unlock()
		select {
		case <-connecting: // connected, or failed: then another attempt connects
		case <-timer.C:
			return nil
		case <-ctx.Done():
			return nil
		}
	}
}

func (g *gate) doneFunc(connecting chan struct{}) func(bool) {
	var once sync.Once
	return func(connected bool) {
		once.Do(func() {
			g.mu.Lock()
			defer g.mu.Unlock()
			if connected {
				g.used()
			}
			g.connecting = nil
			close(connecting)
		})
	}
}

// used records that a connection is open. It stays open as long as the pool keeps
// it idle.
func (g *gate) used() {
	if g != nil {
		g.openUntil.Store(time.Now().Add(idleTimeout).UnixNano())
	}
}

// lost records that a connection was lost, or that all idle ones were closed.
func (g *gate) lost() {
	if g != nil {
		g.openUntil.Store(0)
	}
}

// traceConnection calls done when the attempt has connected.
func traceConnection(ctx context.Context, done func(connected bool)) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) {
			if info.Reused || !isHTTP2(info) {
				done(true)
			}
		},
		GotFirstResponseByte: func() { done(true) },
	})
}

func isHTTP2(info httptrace.GotConnInfo) bool {
	conn, ok := info.Conn.(*tls.Conn)
	return ok && conn.ConnectionState().NegotiatedProtocol == "h2"
}
