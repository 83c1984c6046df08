package transport

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// read returns the body of a response, or the beginning of that of an error response.
// If the body is incomplete because it could not be read, err says why.
func (c *call) read(response *http.Response) (data []byte, incomplete bool, err error) {
	body := response.Body
	if body == nil {
		return nil, false, nil
	}
	defer func() { _ = body.Close() }()
	limit := c.config.MaxResponseBytes
	switch status := response.StatusCode; {
	case status < 200: // 101: the body is the connection, which has no deadline
		return nil, false, nil
	case status/100 != 2:
		return readError(response)
	case response.ContentLength > limit && body != http.NoBody && contentCoding(response.Header) == "":
		return nil, true, ErrTooLarge
	}
	reader, err := decoded(response)
	if err != nil {
		return nil, true, err
	}
	data, err = readAll(c.borrow(), reader, response.ContentLength, limit+1)
	if int64(len(data)) > limit {
		return data[:limit], true, ErrTooLarge
	}
	return data, err != nil, err
}

// decoded undoes the Content-Encoding that net/http left in place: net/http undoes
// gzip only if it asked for gzip itself.
func decoded(response *http.Response) (io.Reader, error) {
	coding := contentCoding(response.Header)
	switch {
	case coding == "" || response.Body == http.NoBody:
		return response.Body, nil
	case !isGzip(coding):
		return nil, &EncodingError{Encoding: coding}
	}
	reader, err := gzip.NewReader(response.Body)
	if errors.Is(err, io.EOF) { // not one byte: an empty body, whatever its header says
		return http.NoBody, nil
	}
	return reader, err
}

// contentCoding returns the codings of a body, except identity.
func contentCoding(header http.Header) string {
	var codings []string
	for _, line := range header["Content-Encoding"] {
		for coding := range strings.SplitSeq(line, ",") {
			if coding = strings.TrimSpace(coding); coding != "" && !strings.EqualFold(coding, "identity") {
				codings = append(codings, coding)
			}
		}
	}
	return strings.Join(codings, ", ")
}

func isGzip(coding string) bool {
	return strings.EqualFold(coding, "gzip") || strings.EqualFold(coding, "x-gzip")
}

// readError returns the beginning of an error response's body, decompressed if
// that is possible. It reads a little further, so that the connection can be used
// again.
func readError(response *http.Response) (data []byte, incomplete bool, err error) {
	data, err = readAll(nil, response.Body, response.ContentLength, ErrorBytesKept)
	incomplete = err != nil
	if err == nil && len(data) == ErrorBytesKept {
		var more int64
		more, err = io.CopyN(io.Discard, response.Body, errorBytesRead-ErrorBytesKept)
		if errors.Is(err, io.EOF) {
			err = nil
		}
		incomplete = more > 0 || err != nil
	}
	if !isGzip(contentCoding(response.Header)) {
		return data, incomplete, err
	}
	inflated, partly := inflate(data)
	return inflated, incomplete || partly, err
}

// inflate decompresses as much of an error response's body as possible. If nothing
// of it can be decompressed, it returns the body as it is.
func inflate(body []byte) (data []byte, incomplete bool) {
	reader, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return body, false
	}
	data, err = readAll(nil, reader, -1, ErrorBytesKept)
	if len(data) == 0 {
		return body, false
	}
	return data, err != nil || len(data) == ErrorBytesKept
}

// readAll reads at most limit bytes and appends them to data, which is empty. size is
// the Content-Length, or -1. Up to 1 MiB it is allocated at once, and a larger body
// when a sixteenth of it has arrived, so that a false Content-Length costs little.
func readAll(data []byte, body io.Reader, size, limit int64) ([]byte, error) {
	size = min(size, limit) + 1 // one more, to read the end
	if size == 0 {
		size = 1 << 10
	}
	data = slices.Grow(data, int(min(size, 1<<20)))
	for {
		n, err := body.Read(data[len(data):min(int64(cap(data)), limit)])
		data = data[:len(data)+n]
		switch {
		case err == io.EOF, int64(len(data)) >= limit:
			return data, nil
		case err != nil:
			return data, err
		case len(data) == cap(data):
			more := int64(len(data))
			if rest := size - more; 0 < rest && rest < 16*more {
				more = rest
			}
			data = slices.Grow(data, int(more))
		}
	}
}

// bodies pools the buffers of 2xx bodies. Models are copies, so a buffer is free after
// decoding.
var bodies = sync.Pool{New: func() any { return new([]byte) }}

// maxPooled is the largest memory that is kept.
const maxPooled = 1 << 20

// borrow returns the memory for the body of a success. Another attempt of the call
// uses the memory of the one before, whose body is no longer needed.
func (c *call) borrow() []byte {
	if c.memory == nil {
		c.memory = bodies.Get().(*[]byte)
	}
	return (*c.memory)[:0]
}

// Release returns the memory of a success's body to the pool. Neither the body nor
// a part of it may be used afterwards.
func (r *Result) Release() {
	if r.memory != nil && r.Response.Success() && cap(r.Response.Body) <= maxPooled {
		*r.memory = r.Response.Body
		bodies.Put(r.memory)
	}
}
