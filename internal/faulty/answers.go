package faulty

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// An Answer is what a server does after it has read one request. A client
// that is gone is no error: an Answer ends quietly, and its connection stays
// open for the next request unless the Answer closed it.
type Answer func(c *Conn)

// Close closes the connection without a further byte.
func Close(c *Conn) { c.Close() }

// Reset closes the connection with a TCP reset, which may overtake bytes that
// the client has not read: a [Wait] before it lets them arrive.
func Reset(c *Conn) {
	c.cancel()
	_ = c.tcp.SetLinger(0)
	c.tcp.Close()
}

// Stall sends nothing until the client goes away or the server closes.
func Stall(c *Conn) { <-c.Gone() }

// Wait sends nothing for d, or until the client goes away or the server closes.
func Wait(d time.Duration) Answer {
	return func(c *Conn) {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-c.Gone():
		}
	}
}

// Then gives the answers one after another within one exchange.
func Then(answers ...Answer) Answer {
	return func(c *Conn) {
		for _, answer := range answers {
			answer(c)
		}
	}
}

// Raw sends text as it is.
func Raw(text string) Answer {
	return func(c *Conn) { c.send(text) }
}

// Head returns a status line and header for the answers that take one; a
// field is a line such as "Retry-After: 1".
func Head(status int, fields ...string) string {
	var head strings.Builder
	fmt.Fprintf(&head, "HTTP/1.1 %d %s\r\n", status, http.StatusText(status))
	for _, field := range fields {
		head.WriteString(field + "\r\n")
	}
	return head.String() + "\r\n"
}

// Text returns a complete answer, whose Content-Length is right; 204 and 304
// have neither.
func Text(status int, body string, fields ...string) string {
	if status == http.StatusNoContent || status == http.StatusNotModified {
		return Head(status, fields...)
	}
	return sized(status, int64(len(body)), fields) + body
}

// Reply sends [Text], to a HEAD without the body.
func Reply(status int, body string, fields ...string) Answer {
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
func Split(text string) Answer {
	return func(c *Conn) {
		for i := range len(text) {
			c.send(text[i : i+1])
		}
	}
}

// Cut sends a head that claims contentLength, then body, and closes.
func Cut(status int, contentLength int64, body string, fields ...string) Answer {
	return Then(Raw(sized(status, contentLength, fields)+body), Close)
}

func sized(status int, contentLength int64, fields []string) string {
	length := fmt.Sprintf("Content-Length: %d", contentLength)
	return Head(status, append([]string{length}, fields...)...)
}

// Chunk sends one chunk, for a [Head] with "Transfer-Encoding: chunked".
func Chunk(part string) Answer {
	return Raw(fmt.Sprintf("%x\r\n%s\r\n", len(part), part))
}

// LastChunk ends a chunked body.
func LastChunk(c *Conn) { Raw("0\r\n\r\n")(c) }

// Chunks sends a complete chunked answer with one chunk for each part.
func Chunks(parts ...string) Answer {
	return Then(chunks(parts), LastChunk)
}

// CutChunks sends parts as chunks, then a chunk header that claims more than
// the one byte that follows it, and closes.
func CutChunks(parts ...string) Answer {
	return Then(chunks(parts), Raw("10\r\n."), Close)
}

func chunks(parts []string) Answer {
	answers := []Answer{Raw(Head(http.StatusOK, "Transfer-Encoding: chunked"))}
	for _, part := range parts {
		answers = append(answers, Chunk(part))
	}
	return Then(answers...)
}

// Drip sends head, then b once every interval until the client goes away or
// the server closes.
func Drip(head string, b byte, every time.Duration) Answer {
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

// Flood sends head and then total bytes of filler as fast as they are taken;
// it stops when the client goes away, and [Server.Written] tells how far it
// came.
func Flood(head string, total int64) Answer {
	filler := []byte(strings.Repeat("x", 32<<10))
	return func(c *Conn) {
		// A small buffer keeps the count near what the client has read.
		_ = c.tcp.SetWriteBuffer(len(filler))
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
