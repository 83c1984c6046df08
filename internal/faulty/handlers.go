package faulty

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"
)

// A Handler is what a server does after it has read one request. It returns
// without an error if the client closes the connection. The connection stays
// open for the next request unless the Handler closes it.
type Handler func(c *Conn)

// Close closes the connection without a further byte.
func Close(c *Conn) { c.Close() }

// Reset closes the connection with a TCP reset, which may overtake bytes that
// the client has not read: a [Wait] before it lets them arrive. It panics on a
// connection in memory.
func Reset(c *Conn) {
	c.cancel()
	_ = c.conn.(*net.TCPConn).SetLinger(0)
	c.conn.Close()
}

// Stall sends nothing until the client or the server closes the connection.
func Stall(c *Conn) { <-c.Gone() }

// Wait sends nothing for d, or until the client or the server closes the
// connection.
func Wait(d time.Duration) Handler {
	return func(c *Conn) {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-c.Gone():
		}
	}
}

// Then runs the handlers one after another for one request.
func Then(handlers ...Handler) Handler {
	return func(c *Conn) {
		for _, handle := range handlers {
			handle(c)
		}
	}
}

// Raw sends text unchanged.
func Raw(text string) Handler {
	return func(c *Conn) { c.send(text) }
}

// Head returns a status line and a header. A field is a line such as
// "Retry-After: 1".
func Head(status int, fields ...string) string {
	var head strings.Builder
	fmt.Fprintf(&head, "HTTP/1.1 %d %s\r\n", status, http.StatusText(status))
	for _, field := range fields {
		head.WriteString(field + "\r\n")
	}
	return head.String() + "\r\n"
}

// Text returns a complete response with the right Content-Length. A 204 and a
// 304 have neither body nor Content-Length.
func Text(status int, body string, fields ...string) string {
	if status == http.StatusNoContent || status == http.StatusNotModified {
		return Head(status, fields...)
	}
	return sized(status, int64(len(body)), fields) + body
}

// Reply sends [Text], without the body if the request is a HEAD.
func Reply(status int, body string, fields ...string) Handler {
	text := Text(status, body, fields...)
	return func(c *Conn) {
		if c.request.Method == http.MethodHead {
			head, _, _ := strings.Cut(text, "\r\n\r\n")
			c.send(head + "\r\n\r\n")
			return
		}
		c.send(text)
	}
}

// Split sends text in writes of one byte.
func Split(text string) Handler {
	return func(c *Conn) {
		for i := range len(text) {
			c.send(text[i : i+1])
		}
	}
}

// Cut sends a head that claims contentLength, then body, and closes.
func Cut(status int, contentLength int64, body string, fields ...string) Handler {
	return Then(Raw(sized(status, contentLength, fields)+body), Close)
}

func sized(status int, contentLength int64, fields []string) string {
	length := fmt.Sprintf("Content-Length: %d", contentLength)
	return Head(status, append([]string{length}, fields...)...)
}

// Chunk sends one chunk, for a [Head] with "Transfer-Encoding: chunked".
func Chunk(part string) Handler {
	return Raw(fmt.Sprintf("%x\r\n%s\r\n", len(part), part))
}

// LastChunk ends a chunked body.
func LastChunk(c *Conn) { Raw("0\r\n\r\n")(c) }

// Chunks sends a complete chunked response with one chunk for each part.
func Chunks(parts ...string) Handler {
	return Then(chunks(parts), LastChunk)
}

// CutChunks sends parts as chunks, then a chunk of one byte whose header claims
// more, and closes.
func CutChunks(parts ...string) Handler {
	return Then(chunks(parts), Raw("10\r\n."), Close)
}

func chunks(parts []string) Handler {
	handlers := []Handler{Raw(Head(http.StatusOK, "Transfer-Encoding: chunked"))}
	for _, part := range parts {
		handlers = append(handlers, Chunk(part))
	}
	return Then(handlers...)
}

// Drip sends head, then b once every interval until the client or the server
// closes the connection.
func Drip(head string, b byte, every time.Duration) Handler {
	return func(c *Conn) {
		c.send(head)
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				c.send(string([]byte{b}))
			case <-c.Gone():
				return
			}
		}
	}
}

// Flood sends head and then total bytes of filler as fast as the client reads.
// It stops if the connection closes. [Server.Written] reports how much was sent.
func Flood(head string, total int64) Handler {
	filler := []byte(strings.Repeat("x", 32<<10))
	return func(c *Conn) {
		// A small buffer keeps the count near what the client has read.
		if tcp, ok := c.conn.(*net.TCPConn); ok {
			_ = tcp.SetWriteBuffer(len(filler))
		}
		c.send(head)
		for left := total; left > 0; {
			n, err := c.Write(filler[:min(left, int64(len(filler)))])
			if err != nil {
				return
			}
			left -= int64(n)
		}
	}
}
