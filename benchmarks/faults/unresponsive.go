package main

import (
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
)

// A mortal is a server with HTTP/2 whose connections can die: then they stay open,
// and nothing comes or goes any more.
type mortal struct {
	net.Listener
	url   string
	http2 atomic.Bool // the last request came over HTTP/2

	mu    sync.Mutex
	conns []*mortalConn
}

// serveMortal starts a mortal that sends the body to every request.
func (c *cell) serveMortal(body []byte) *mortal {
	m := new(mortal)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.http2.Store(r.ProtoMajor == 2)
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(body)
	}))
	m.Listener, server.Listener = server.Listener, m
	server.EnableHTTP2 = true
	server.TLS = serverTLS()
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	c.Cleanup(server.Close)
	m.url = server.URL
	return m
}

func (m *mortal) Accept() (net.Conn, error) {
	conn, err := m.Listener.Accept()
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	mortal := &mortalConn{Conn: conn}
	m.conns = append(m.conns, mortal)
	return mortal, nil
}

// die ends all connections that are open now.
func (m *mortal) die() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, conn := range m.conns {
		conn.dead.Store(true)
	}
}

type mortalConn struct {
	net.Conn
	dead atomic.Bool
}

func (c *mortalConn) Read(p []byte) (int, error) {
	for {
		n, err := c.Conn.Read(p)
		if err != nil || !c.dead.Load() {
			return n, err
		}
	}
}

func (c *mortalConn) Write(p []byte) (int, error) {
	if c.dead.Load() {
		return len(p), nil
	}
	return c.Conn.Write(p)
}
