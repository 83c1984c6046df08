package faulty

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// A Code says why a stream or a connection ends (RFC 9113, section 7).
type Code uint32

// The codes that clients distinguish.
const (
	NoError         Code = 0
	ProtocolError   Code = 1
	InternalError   Code = 2
	RefusedStream   Code = 7 // proof that nothing was processed
	EnhanceYourCalm Code = 11
)

// What a client sends first; then frames and their flags (RFC 9113, section 6).
const (
	clientPreface                                                              = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
	frameData, frameHeaders, frameReset, frameSettings, framePing, frameGoAway = 0, 1, 3, 4, 6, 7
	flagAck, flagEndStream, flagEndHeaders                                     = 1, 1, 4
)

// A StreamHandler is what a server does after it has read one request over
// HTTP/2. Handlers of several streams run concurrently.
type StreamHandler func(s *Stream)

// A Stream is one request over HTTP/2. Its headers are not decoded, which would
// take an implementation of HPACK.
type Stream struct {
	Conn int // number of the connection it came on, from 1
	Body []byte

	conn   *http2Conn
	id     uint32
	gone   <-chan struct{} // closed once the client resets it or closes the connection
	cancel context.CancelFunc
}

// An HTTP2Server runs its handlers for requests over HTTP/2 on a local port. It
// reads at most 64 KiB of bodies on a connection.
type HTTP2Server struct {
	server   *httptest.Server // accepts, does the TLS handshake and closes; this package does the frames
	greeting StreamHandler
	handlers []StreamHandler

	accepted atomic.Int32
	open     atomic.Int32
	mu       sync.Mutex
	requests []*Stream
}

// ServeHTTP2 is [ServeTLS] with HTTP/2 only. The greeting, if not nil, runs as
// stream 0 on each connection before any request.
func ServeHTTP2(tb testing.TB, greeting StreamHandler, handlers ...StreamHandler) *HTTP2Server {
	tb.Helper()
	if len(handlers) == 0 {
		tb.Fatal("faulty: a server needs a handler")
	}
	s := &HTTP2Server{greeting: greeting, handlers: handlers}
	s.server = httptest.NewUnstartedServer(http.NotFoundHandler()) // for clients that do not negotiate HTTP/2
	s.server.TLS = Valid()
	s.server.TLS.NextProtos = []string{"h2"}
	s.server.Config.TLSNextProto = map[string]func(*http.Server, *tls.Conn, http.Handler){"h2": s.serve}
	s.server.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.server.StartTLS()
	tb.Cleanup(s.server.Close)
	return s
}

// URL returns the server's address, without a path.
func (s *HTTP2Server) URL() string { return s.server.URL }

// Requests returns the requests read so far, in order of arrival.
func (s *HTTP2Server) Requests() []*Stream {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// Accepted returns the number of HTTP/2 connections so far.
func (s *HTTP2Server) Accepted() int { return int(s.accepted.Load()) }

// Open returns the number of connections that the client has not closed.
func (s *HTTP2Server) Open() int { return int(s.open.Load()) }

func (s *HTTP2Server) serve(_ *http.Server, tls *tls.Conn, _ http.Handler) {
	s.open.Add(1)
	c := &http2Conn{server: s, tls: tls, number: int(s.accepted.Add(1))}
	ctx, cancel := context.WithCancel(context.Background())
	c.read(ctx)
	cancel()
	s.open.Add(-1)
	c.handling.Wait()
}

// http2Conn is one connection.
type http2Conn struct {
	server   *HTTP2Server
	tls      *tls.Conn
	number   int
	writing  sync.Mutex
	handling sync.WaitGroup
}

// read reads frames until the client closes the connection.
func (c *http2Conn) read(ctx context.Context) {
	reader := bufio.NewReader(c.tls)
	if _, err := reader.Discard(len(clientPreface)); err != nil {
		return
	}
	c.send(frameSettings, 0, 0, nil)
	if c.server.greeting != nil {
		c.server.greeting(c.stream(ctx, 0))
	}
	streams := make(map[uint32]*Stream)
	for {
		head := make([]byte, 9)
		_, err := io.ReadFull(reader, head)
		payload := make([]byte, binary.BigEndian.Uint32(head)>>8)
		if _, cut := io.ReadFull(reader, payload); err != nil || cut != nil {
			return
		}
		kind, flags, id := head[3], head[4], binary.BigEndian.Uint32(head[5:])
		stream := streams[id]
		switch {
		case kind == frameSettings && flags&flagAck == 0:
			c.send(frameSettings, flagAck, 0, nil)
		case kind == framePing && flags&flagAck == 0:
			c.send(framePing, flagAck, 0, payload)
		case kind == frameHeaders && stream == nil:
			stream = c.stream(ctx, id)
			streams[id] = stream
		case kind == frameData && stream != nil:
			stream.Body = append(stream.Body, payload...)
		case kind == frameReset && stream != nil:
			stream.cancel()
		}
		if (kind == frameHeaders || kind == frameData) && flags&flagEndStream != 0 {
			handle := c.server.record(stream)
			c.handling.Go(func() { handle(stream) })
		}
	}
}

func (s *HTTP2Server) record(stream *Stream) StreamHandler {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, stream)
	return s.handlers[min(len(s.requests), len(s.handlers))-1]
}

func (c *http2Conn) stream(ctx context.Context, id uint32) *Stream {
	ctx, cancel := context.WithCancel(ctx)
	return &Stream{Conn: c.number, conn: c, id: id, gone: ctx.Done(), cancel: cancel}
}

func (c *http2Conn) send(kind, flags byte, id uint32, payload []byte) {
	frame := binary.BigEndian.AppendUint32(nil, uint32(len(payload))<<8|uint32(kind))
	frame = binary.BigEndian.AppendUint32(append(frame, flags), id)
	c.writing.Lock()
	defer c.writing.Unlock()
	_, _ = c.tls.Write(append(frame, payload...))
}

// StreamReply sends a status, a body and fields. A field is a line such as
// "retry-after: 1", whose name and value have at most 126 bytes each.
func StreamReply(status int, body string, fields ...string) StreamHandler {
	return StreamThen(StreamPart(status, body, fields...), func(s *Stream) { s.conn.send(frameData, flagEndStream, s.id, nil) })
}

// StreamPart is [StreamReply] without the end of the stream.
func StreamPart(status int, body string, fields ...string) StreamHandler {
	var block bytes.Buffer // of literal fields without indexing, names included (RFC 7541, section 6.2.2)
	fmt.Fprintf(&block, "\x00\x07:status\x03%03d", status)
	for _, line := range fields {
		name, value, _ := strings.Cut(line, ": ")
		fmt.Fprintf(&block, "\x00%c%s%c%s", len(name), name, len(value), value)
	}
	return func(s *Stream) {
		s.conn.send(frameHeaders, flagEndHeaders, s.id, block.Bytes())
		s.conn.send(frameData, 0, s.id, []byte(body))
	}
}

// StreamReset sends RST_STREAM.
func StreamReset(code Code) StreamHandler {
	return func(s *Stream) {
		s.conn.send(frameReset, 0, s.id, binary.BigEndian.AppendUint32(nil, uint32(code)))
	}
}

// StreamStall sends nothing until the client resets the stream or closes the
// connection.
func StreamStall(s *Stream) { <-s.gone }

// GoAway sends GOAWAY. If processed, it states that this stream and those before
// it may have been processed, else that no stream has been.
func GoAway(processed bool, code Code, debug string) StreamHandler {
	return func(s *Stream) {
		var last uint32
		if processed {
			last = s.id
		}
		s.conn.send(frameGoAway, 0, 0, append(binary.BigEndian.AppendUint64(nil, uint64(last)<<32|uint64(code)), debug...))
	}
}

// HangUp closes the connection for writing. What the client still sends is read,
// so that no reset overtakes what was sent before.
func HangUp(s *Stream) {
	s.conn.writing.Lock()
	defer s.conn.writing.Unlock()
	_ = s.conn.tls.CloseWrite()
}

// StreamThen runs the handlers one after another for one stream.
func StreamThen(handlers ...StreamHandler) StreamHandler {
	return func(s *Stream) {
		for _, handle := range handlers {
			handle(s)
		}
	}
}
