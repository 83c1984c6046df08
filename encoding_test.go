package freddy_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/internal/faulty"
)

func TestContentEncoding(t *testing.T) {
	// net/http decodes gzip if it set Accept-Encoding itself. Otherwise the client
	// decodes it.
	options := map[string]func(t *T) freddy.Option{
		"default": (*T).withTransport,
		"compression disabled": func(t *T) freddy.Option {
			transport := t.transport()
			transport.DisableCompression = true
			return withTransport(transport)
		},
		"gzip set by the caller": func(*T) freddy.Option { return freddy.WithHeader("accept-encoding", "gzip") },
		"identity":               func(*T) freddy.Option { return freddy.WithHeader("Accept-Encoding", "identity") },
	}
	decoding := []string{"default", "compression disabled"}
	runInBubble(t, "C1 gzip", func(t *T) {
		body := gzipped(connectorBody)
		for name, option := range options {
			for _, handler := range []faulty.Handler{
				faulty.Reply(200, body, "Content-Encoding: gzip"),
				faulty.Reply(200, body, "CONTENT-ENCODING: GZip"),
				faulty.Reply(200, body, "Content-Encoding: x-gzip"),
				faulty.Split(faulty.Text(200, body, "Content-Encoding: gzip")),
				faulty.Then(faulty.Raw(faulty.Head(200, "Content-Encoding: gzip", "Transfer-Encoding: chunked")), faulty.Chunk(body[:15]), faulty.Chunk(body[15:]), faulty.LastChunk),
				faulty.Reply(200, gzipped(connectorBody[:9])+gzipped(connectorBody[9:]), "Content-Encoding: gzip"), // RFC 1952: several members
				faulty.Reply(200, connectorBody, "Content-Encoding: identity"),
				faulty.Reply(200, connectorBody, "Content-Encoding:"),
			} {
				s := t.serve(handler)
				for _, method := range []string{http.MethodGet, http.MethodPost} {
					assert.JSONEq(t, connectorBody, t.body(t.client(s.URL(), option(t)), method), name)
				}
			}
			rejected := t.serve(faulty.Reply(404, gzipped(`{"error":{"code":"connector_not_found"}}`), "Content-Encoding: gzip"))
			err := t.get(t.client(rejected.URL(), option(t))).api(404, 1)
			assert.True(t, freddy.HasCode(err, freddy.CodeConnectorNotFound), "%s: %q", name, err.Body)
			// A response to HEAD has the header and no body.
			t.do(t.client(t.serve(faulty.Raw(faulty.Head(200, "Content-Encoding: gzip", "Content-Length: 2000000"))).URL(), option(t)), http.MethodHead).ok(1)
		}
	})
	runInBubble(t, "C1 gzip cut at every byte", func(t *T) {
		body := gzipped(connectorBody)
		var cuts, recovers []faulty.Handler
		for end := 1; end < len(body); end++ { // complete as HTTP, cut as gzip
			cut := faulty.Reply(200, body[:end], "Content-Encoding: gzip", "X-Request-Id: req_gzip")
			cuts = append(cuts, cut)
			recovers = append(recovers, cut, faulty.Reply(200, connectorBody))
		}
		for _, name := range decoding {
			option, s, lost := options[name], t.serve(recovers...), t.serve(cuts...)
			for end := 1; end < len(body); end++ {
				t.get(t.client(s.URL(), option(t))).ok(2)
				err := t.post(t.client(lost.URL(), option(t))).transport(200, 1)
				require.ErrorIs(t, err, io.ErrUnexpectedEOF, "%s: cut at %d of %d", name, end, len(body))
				require.True(t, err.Ambiguous)
				require.Equal(t, "req_gzip", err.RequestID)
			}
			assert.Len(t, s.Requests(), 2*len(cuts))
			assert.Len(t, lost.Requests(), len(cuts))
		}
	})
	runInBubble(t, "C1 gzip corrupt at every byte", func(t *T) {
		body := gzipped(connectorBody)
		var recovers []faulty.Handler
		for at := range len(body) {
			wrong := []byte(body)
			wrong[at] ^= 0xff
			recovers = append(recovers, faulty.Reply(200, string(wrong), "Content-Encoding: gzip"))
			if at < 4 || at > 9 { // time, flags and system are ignored
				recovers = append(recovers, faulty.Reply(200, connectorBody))
			}
		}
		for _, name := range decoding {
			s := t.serve(recovers...)
			for at := range len(body) {
				assert.JSONEq(t, connectorBody, t.body(t.client(s.URL(), options[name](t)), http.MethodGet), "at byte %d", at)
			}
			assert.Len(t, s.Requests(), len(recovers), "each corrupt response is retried")
		}
	})
	runInBubble(t, "C1 gzip without a byte", func(t *T) {
		// Responses without a body often keep the header.
		chunked := faulty.Then(faulty.Raw(faulty.Head(200, "Content-Encoding: gzip", "Transfer-Encoding: chunked")), faulty.LastChunk)
		for name, option := range options {
			for _, handler := range []faulty.Handler{chunked, faulty.Reply(200, "", "Content-Encoding: gzip"), faulty.Reply(204, "", "Content-Encoding: gzip"), faulty.Then(faulty.Raw(faulty.Head(200, "Content-Encoding: gzip")), faulty.Close)} {
				s := t.serve(handler)
				require.NoError(t, t.client(s.URL(), option(t)).Configurations().Delete(t.Context(), "pconf_1"), name)
				t.do(t.client(s.URL(), option(t)), http.MethodDelete).ok(1)
			}
		}
	})
	runInBubble(t, "C1 never gzip", func(t *T) {
		for name, option := range options {
			s := t.serve(faulty.Reply(200, connectorBody, "Content-Encoding: gzip"))
			require.ErrorIs(t, t.get(t.client(s.URL(), option(t))).transport(200, 4), gzip.ErrHeader, name)
			assert.True(t, t.post(t.client(s.URL(), option(t))).transport(200, 1).Ambiguous, name)
		}
	})
	runInBubble(t, "C8 unknown encoding", func(t *T) {
		for _, coding := range []string{"br", "zstd", "deflate", "compress", "BR", "gzip, br", "br, gzip", "banana"} {
			s := t.serve(faulty.Reply(200, connectorBody, "Content-Encoding: "+coding, "X-Request-Id: req_ce"))
			for name, option := range options {
				for _, method := range []string{http.MethodGet, http.MethodPost} {
					err := t.do(t.client(s.URL(), option(t)), method).within(0).decode(200)
					assert.Contains(t, err.Error(), coding, name)
					assert.Equal(t, "req_ce", err.RequestID)
				}
			}
		}
		two := t.serve(faulty.Reply(200, connectorBody, "Content-Encoding: identity", "Content-Encoding: br"))
		assert.Contains(t, t.get(t.client(two.URL())).decode(200).Error(), "br", "a list may have two fields")
		key := t.serve(faulty.Reply(200, connectorBody, "Content-Encoding: "+testKey))
		assert.Contains(t, t.get(t.client(key.URL())).decode(200).Error(), "REDACTED")
		rejected := t.serve(faulty.Reply(404, "?", "Content-Encoding: br"))
		t.get(t.client(rejected.URL())).isAPI(404, 1)
	})
}

// gzipWriters are reused, since a new one allocates 800 KiB.
var gzipWriters = sync.Pool{New: func() any { return gzip.NewWriter(nil) }}

func gzipped(text string) string {
	var b bytes.Buffer
	w := gzipWriters.Get().(*gzip.Writer)
	defer gzipWriters.Put(w)
	w.Reset(&b)
	io.WriteString(w, text)
	w.Close()
	return b.String()
}
