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

// An unresponsiveServer supports HTTP/2. After stopResponding, its connections stay
// open, but it discards what arrives and sends nothing.
type unresponsiveServer struct {
	net.Listener
	url   string
	http2 atomic.Bool // the last request came over HTTP/2

	mu    sync.Mutex
	conns []*unresponsiveConn
}

// serveUnresponsive starts a server that sends the body to every request.
func (c *cell) serveUnresponsive(body []byte) *unresponsiveServer {
	s := new(unresponsiveServer)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.http2.Store(r.ProtoMajor == 2)
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(body)
	}))
	s.Listener, server.Listener = server.Listener, s
	server.EnableHTTP2 = true
	server.TLS = serverTLS()
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	c.Cleanup(server.Close)
	s.url = server.URL
	return s
}

func (s *unresponsiveServer) Accept() (net.Conn, error) {
	conn, err := s.Listener.Accept()
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &unresponsiveConn{Conn: conn}
	s.conns = append(s.conns, c)
	return c, nil
}

// stopResponding affects the connections that are open now.
func (s *unresponsiveServer) stopResponding() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, conn := range s.conns {
		conn.silent.Store(true)
	}
}

type unresponsiveConn struct {
	net.Conn
	silent atomic.Bool
}

func (c *unresponsiveConn) Read(p []byte) (int, error) {
	for {
		n, err := c.Conn.Read(p)
		if err != nil || !c.silent.Load() {
			return n, err
		}
	}
}

func (c *unresponsiveConn) Write(p []byte) (int, error) {
	if c.silent.Load() {
		return len(p), nil
	}
	return c.Conn.Write(p)
}
