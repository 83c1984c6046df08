package freddy_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/internal/faulty"
)

func TestUnusualResponse(t *testing.T) {
	t.Run("B10 unusual but valid", func(t *testing.T) {
		length := fmt.Sprintf("Content-Length: %d", len(connectorBody))
		for name, handler := range map[string]faulty.Handler{
			"single bytes":         faulty.Split(faulty.Text(200, connectorBody, "X-Request-Id: req_1")),
			"chunks of one byte":   faulty.Chunks(strings.Split(connectorBody, "")...),
			"until close":          faulty.Then(faulty.Raw(faulty.Head(200)+connectorBody), faulty.Close),
			"connection close":     faulty.Then(faulty.Reply(200, connectorBody, "Connection: close"), faulty.Close),
			"HTTP/1.0":             faulty.Then(faulty.Raw("HTTP/1.0 200 OK\r\n\r\n"+connectorBody), faulty.Close),
			"HTTP/1.0 with length": faulty.Then(faulty.Raw("HTTP/1.0 200 OK\r\n"+length+"\r\n\r\n"+connectorBody), faulty.Close),
			"HTTP/1.0 keep-alive":  faulty.Raw("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n" + length + "\r\n\r\n" + connectorBody),
			"no reason":            faulty.Raw("HTTP/1.1 200\r\n" + length + "\r\n\r\n" + connectorBody),
			"only line feeds":      faulty.Raw("HTTP/1.1 200 OK\n" + length + "\n\n" + connectorBody),
			"lower case":           faulty.Raw("HTTP/1.1 200 ok\r\n" + strings.ToLower(length) + "\r\n\r\n" + connectorBody),
			"length twice":         faulty.Raw(faulty.Head(200, length, length) + connectorBody),
			"chunked, extensions":  faulty.Raw(faulty.Head(200, "Transfer-Encoding: Chunked") + fmt.Sprintf("%X;a=b\r\n%s\r\n0\r\nX-Trailer: t\r\n\r\n", len(connectorBody), connectorBody)),
			"headers twice":        faulty.Reply(200, connectorBody, "X-Request-Id: req_1", "X-Request-Id: req_2", "Date: a", "Date: b"),
			"folded header":        faulty.Reply(200, connectorBody, "X-Folded: a\r\n b"),
			"no content type":      faulty.Reply(200, connectorBody),
			"another content type": faulty.Reply(200, connectorBody, "Content-Type: text/html; charset=utf-16"),
			"white space around":   faulty.Reply(200, "\r\n\t "+connectorBody+" \r\n\t"),
			"100 before":           faulty.Then(faulty.Raw(faulty.Head(100)), faulty.Reply(200, connectorBody)),
			"102, 103 before":      faulty.Then(faulty.Raw(faulty.Head(102)+faulty.Head(103, "Link: </a>", "Retry-After: 9")+faulty.Head(199)), faulty.Reply(200, connectorBody)),
		} {
			for _, method := range allMethods {
				if method == http.MethodHead {
					continue // the responses have bodies
				}
				runInBubble(t, name+" "+method, func(t *T) {
					s := t.serve(handler)
					o := t.do(t.client(s.URL()), method).ok(1).within(0)
					assert.Equal(t, 200, o.response.StatusCode)
					assert.JSONEq(t, connectorBody, t.body(t.client(s.URL()), method))
					if name == "single bytes" || name == "headers twice" {
						assert.Equal(t, "req_1", o.response.RequestID)
					}
				})
			}
		}
	})
}

func TestMalformedResponse(t *testing.T) {
	t.Run("A19 malformed status line or header", func(t *testing.T) {
		for _, head := range []string{
			"BANANA\r\n\r\n",
			"\r\n\r\n",
			"\x00\x01\x02\r\n\r\n",
			"220 mail.example ESMTP\r\n",
			"ICY 200 OK\r\n\r\n",
			"http/1.1 200 OK\r\n\r\n",
			"HTTP/one 200 OK\r\n\r\n",
			"HTTP/1.1\r\n\r\n",
			"HTTP/1.1 BANANA\r\n\r\n",
			"HTTP/1.1 20 OK\r\n\r\n",
			"HTTP/1.1 2000 OK\r\n\r\n",
			"HTTP/1.1 -20 OK\r\n\r\n",
			"HTTP/1.1 000 OK\r\nContent-Length: 0\r\n\r\n", // net/http accepts it
			"HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n",
			faulty.Head(200, "no colon"),
			faulty.Head(200, "Content-Length: abc"),
			faulty.Head(200, "Content-Length: -1"),
			faulty.Head(200, "Content-Length: 1", "Content-Length: 2"),
			faulty.Head(200, "Transfer-Encoding: banana"),
		} {
			runInBubble(t, fmt.Sprintf("%.40q", head), func(t *T) {
				s := t.serve(faulty.Then(faulty.Raw(head), faulty.Close))
				c := t.client(s.URL())
				err := t.get(c).within(backoffs).transport(0, 4)
				assert.False(t, err.Timeout())
				assert.True(t, t.post(c).within(backoffs).transport(0, 1).Ambiguous)
				assert.Len(t, s.Requests(), 5)
			})
		}
	})
}

func TestIncompleteBody(t *testing.T) {
	fields := []string{"Content-Type: application/json", "X-Request-Id: req_cut"}
	responses := map[string]string{
		"C1 length":  faulty.Text(201, connectorBody, fields...),
		"C3 chunked": faulty.Head(200, append(fields, "Transfer-Encoding: chunked", "Trailer: X-End")...) + fmt.Sprintf("a\r\n%s\r\n%x\r\n%s\r\n0\r\nX-End: 1\r\n\r\n", connectorBody[:10], len(connectorBody)-10, connectorBody[10:]),
		"C3 gzip":    faulty.Text(200, gzipped(connectorBody), append(fields, "Content-Encoding: gzip")...),
	}
	for name, response := range responses {
		head, last := strings.Index(response, "\r\n\r\n")+len("\r\n\r\n"), len(response)
		if chunked := strings.LastIndex(response, "\r\n0\r\n"); chunked > 0 {
			last = chunked + len("\r\n")
		}
		var cuts, recovers []faulty.Handler
		var ends []int // every byte of the body, some of the header
		for end := range len(response) {
			if end < head-4 && end%10 > 0 {
				continue
			}
			ends = append(ends, end)
			cut := faulty.Then(faulty.Raw(response[:end]), faulty.Close)
			cuts = append(cuts, cut)
			recovers = append(recovers, cut, faulty.Reply(200, connectorBody))
		}
		runInBubble(t, name+" cut at every byte, then complete", func(t *T) {
			s := t.serve(recovers...)
			for _, end := range ends {
				o := t.get(t.client(s.URL()))
				require.NoError(t, o.err, "cut after %q", response[:end])
				require.Equal(t, 2, o.response.Attempts, "cut after %q", response[:end])
			}
			assert.Len(t, s.Requests(), 2*len(ends))
		})
		runInBubble(t, name+" cut at every byte of a create", func(t *T) {
			s := t.serve(cuts...)
			for _, end := range ends {
				o := t.post(t.client(s.URL()))
				require.Equal(t, 1, o.response.Attempts, "cut after %q", response[:end])
				status, id := 0, ""
				if end >= head {
					status, id = o.response.StatusCode, "req_cut"
					require.Equal(t, 2, status/100)
				}
				err := o.transport(status, 1)
				require.Equal(t, id, err.RequestID)
				require.True(t, err.Ambiguous)
				require.False(t, err.Timeout())
				if status != 0 && end <= last { // after that net/http has its own errors
					require.ErrorIs(t, err, io.ErrUnexpectedEOF, "cut after %q", response[:end])
				}
			}
			assert.Len(t, s.Requests(), len(ends))
		})
	}
	t.Run("C2 short body of a create", func(t *testing.T) {
		for name, handler := range map[string]faulty.Handler{
			"length":       faulty.Cut(200, 500, `{"id":"x`, "X-Request-Id: req_c2"),
			"whole value":  faulty.Cut(200, 500, connectorBody, "X-Request-Id: req_c2"),
			"nothing":      faulty.Cut(200, 500, "", "X-Request-Id: req_c2"),
			"in a chunk":   faulty.Then(faulty.Raw(faulty.Head(200, "Transfer-Encoding: chunked", "X-Request-Id: req_c2")+"ff\r\n{"), faulty.Close),
			"after chunks": faulty.Then(faulty.Raw(faulty.Head(200, "Transfer-Encoding: chunked", "X-Request-Id: req_c2")), faulty.Chunk(connectorBody), faulty.Close),
		} {
			runInBubble(t, name, func(t *T) {
				s := t.serve(handler)
				for _, method := range notIdempotent {
					o := t.do(t.client(s.URL()), method).within(backoffs)
					err := o.transport(200, 1)
					require.ErrorIs(t, err, io.ErrUnexpectedEOF)
					assert.True(t, err.Ambiguous)
					assert.Equal(t, "req_c2", err.RequestID)
					assert.Contains(t, err.Error(), "200")
					assert.Contains(t, err.Error(), "req_c2")
				}
				assert.Equal(t, "req_c2", t.get(t.client(s.URL())).within(backoffs).transport(200, 4).RequestID)
			})
		}
	})
	run(t, "C3 broken framing", func(t *T) {
		chunked := faulty.Head(200, "Transfer-Encoding: chunked", "X-Request-Id: req_c3")
		for name, handler := range map[string]faulty.Handler{
			"no number":       faulty.Raw(chunked + "zz\r\n"),
			"negative":        faulty.Raw(chunked + "-1\r\n"),
			"too large":       faulty.Raw(chunked + "ffffffffffffffffff\r\n"),
			"wrong size":      faulty.Raw(chunked + "2\r\n{}more\r\n0\r\n\r\n"),
			"reset in chunks": faulty.Then(faulty.Raw(chunked), faulty.Chunk("{"), faulty.Wait(20*time.Millisecond), faulty.Reset),
			"reset in length": faulty.Then(faulty.Raw(faulty.Head(200, "Content-Length: 500", "X-Request-Id: req_c3")+"{"), faulty.Wait(20*time.Millisecond), faulty.Reset),
			"reset, no end":   faulty.Then(faulty.Raw(faulty.Head(200, "X-Request-Id: req_c3")+connectorBody), faulty.Wait(20*time.Millisecond), faulty.Reset),
		} {
			t.run(name, func(t *T) {
				err := t.post(t.client(t.serve(faulty.Then(handler, faulty.Close)).URL())).transport(200, 1)
				assert.Equal(t, "req_c3", err.RequestID)
				assert.True(t, err.Ambiguous)
				if strings.HasPrefix(name, "reset") {
					require.ErrorIs(t, err, syscall.ECONNRESET)
				}
				for _, method := range []string{http.MethodGet, http.MethodDelete} {
					s := t.serve(faulty.Then(handler, faulty.Close), faulty.Reply(200, connectorBody))
					t.do(t.client(s.URL()), method).ok(2)
				}
			})
		}
	})
	runInBubble(t, "C6 cut without a length", func(t *T) {
		// Only the JSON shows that the response is incomplete.
		for _, head := range []string{faulty.Head(200, "Connection: close"), faulty.Head(200), "HTTP/1.0 200 OK\r\n\r\n"} {
			var handlers []faulty.Handler
			for end := range len(connectorBody) {
				handlers = append(handlers, faulty.Then(faulty.Raw(head+connectorBody[:end]), faulty.Close))
			}
			s := t.serve(handlers...)
			for end := range len(connectorBody) {
				assert.Equal(t, connectorBody[:end], t.get(t.client(s.URL())).decode(200).Snippet)
			}
			assert.Len(t, s.Requests(), len(connectorBody))
			t.post(t.client(s.URL())).isDecode(200)
		}
	})
	runInBubble(t, "C7 error body cut", func(t *T) {
		body := `{"error":{"type":"not_found_error","code":"connector_not_found","message":"No such connector \u00fc"}}`
		var cuts []faulty.Handler
		for end := range len(body) {
			cuts = append(cuts, faulty.Cut(404, int64(len(body)), body[:end], "X-Request-Id: req_c7"))
		}
		s := t.serve(cuts...)
		for end := range len(body) {
			err := t.get(t.client(s.URL())).api(404, 1)
			require.ErrorIs(t, err, freddy.ErrNotFound)
			assert.Equal(t, "req_c7", err.RequestID)
			assert.Equal(t, body[:end], string(err.Body))
			if strings.Contains(body[:end], `found",`) {
				assert.Equal(t, freddy.CodeConnectorNotFound, err.Code, "the code was received: %s", body[:end])
			}
			assert.NotEmpty(t, err.Message)
		}
		assert.Len(t, s.Requests(), len(body))
	})
	run(t, "C7 error body invalid", func(t *T) {
		chunked := "Transfer-Encoding: chunked"
		for name, handler := range map[string]func(status int) faulty.Handler{
			"complete, cut": func(status int) faulty.Handler { return faulty.Then(faulty.Raw(faulty.Head(status)+"{"), faulty.Close) },
			"chunks cut": func(status int) faulty.Handler {
				return faulty.Then(faulty.Raw(faulty.Head(status, chunked)+"ff\r\n{"), faulty.Close)
			},
			"no chunks": func(status int) faulty.Handler {
				return faulty.Then(faulty.Raw(faulty.Head(status, chunked)+"zz"), faulty.Close)
			},
			"reset": func(status int) faulty.Handler {
				return faulty.Then(faulty.Raw(faulty.Head(status, "Content-Length: 500")+"{"), faulty.Wait(5*time.Millisecond), faulty.Reset)
			},
			"not gzip": func(status int) faulty.Handler { return faulty.Reply(status, "plain", "Content-Encoding: gzip") },
			"gzip cut": func(status int) faulty.Handler {
				return faulty.Reply(status, gzipped(connectorBody)[:30], "Content-Encoding: gzip")
			},
			"unknown coding": func(status int) faulty.Handler { return faulty.Reply(status, "?", "Content-Encoding: br") },
			"deep":           func(status int) faulty.Handler { return faulty.Reply(status, strings.Repeat(`{"error":`, 10001)) },
			"over the limit": func(status int) faulty.Handler { return faulty.Reply(status, strings.Repeat("x", 1<<20+1)) },
			"huge length":    func(status int) faulty.Handler { return faulty.Cut(status, 1<<40, "{") },
		} {
			t.run(name, func(t *T) {
				for _, test := range []struct {
					method           string
					status, attempts int
				}{{http.MethodGet, 404, 1}, {http.MethodGet, 503, 4}, {http.MethodPost, 429, 4}, {http.MethodDelete, 302, 1}} {
					s := t.serve(handler(test.status))
					t.do(t.client(s.URL()), test.method).isAPI(test.status, test.attempts)
					assert.Len(t, s.Requests(), test.attempts)
				}
			})
		}
	})
}

func TestInvalidBody(t *testing.T) {
	// wrong requires that a GET and a POST return a *DecodeError.
	wrong := func(t *T, body string, fields ...string) (get *outcome) {
		t.Helper()
		s := t.serve(faulty.Reply(200, body, fields...))
		t.post(t.client(s.URL())).within(backoffs).isDecode(200)
		get = t.get(t.client(s.URL())).within(backoffs)
		get.isDecode(200)
		return get
	}
	runInBubble(t, "C8 login page", func(t *T) {
		page := "<!DOCTYPE html><html><body>Sign in: " + strings.Repeat("ü", 500) + "</body></html>"
		err := wrong(t, page, "Content-Type: text/html; charset=utf-8", "X-Request-Id: req_c8").decode(200)
		assert.Equal(t, "text/html; charset=utf-8", err.ContentType)
		assert.Equal(t, "req_c8", err.RequestID)
		assert.True(t, strings.HasPrefix(err.Snippet, "<!DOCTYPE html>"))
		assert.True(t, utf8.ValidString(err.Snippet))
		assert.GreaterOrEqual(t, len(err.Snippet), 190)
		for _, part := range []string{"200", "text/html", "req_c8"} {
			assert.Contains(t, err.Error(), part)
		}
		assert.NotContains(t, err.Error(), "Sign in")
		assert.NotContains(t, wrong(t, "<p>"+testKey+strings.Repeat(" ", 180)+testKey).decode(200).Snippet, testKey[:8], "no part of the key at the end")
	})
	runInBubble(t, "C9 HTML of a proxy", func(t *T) {
		page := "<html><head><title>502 Bad Gateway</title></head><body>nginx" + strings.Repeat(".", 200<<10) + "</body></html>"
		s := t.serve(faulty.Reply(502, page, "Content-Type: text/html"))
		err := t.get(t.client(s.URL())).api(502, 4)
		assert.Len(t, err.Body, 64<<10)
		assert.Equal(t, page[:64<<10], string(err.Body))
		assert.NotContains(t, err.Error(), "nginx")
		assert.Equal(t, "Bad Gateway", err.Message)
		assert.Equal(t, 1, s.Accepted(), "enough is read to reuse the connection")
	})
	runInBubble(t, "C10 another JSON type", func(t *T) {
		for _, body := range []string{`null`, `[]`, `"x"`, `5`, `true`, `[` + connectorBody + `]`, `{}`, `{"data":` + connectorBody + `}`} {
			s := t.serve(faulty.Reply(200, body))
			t.get(t.client(s.URL())).isDecode(200)
			if !strings.HasPrefix(body, "{") && !strings.HasPrefix(body, "[") { // a list may be a bare array
				_, err := t.client(s.URL()).Connectors().List(t.Context(), freddy.ConnectorListParams{})
				var invalid *freddy.DecodeError
				require.ErrorAs(t, err, &invalid, body)
			}
			if body != "null" && !strings.HasPrefix(body, "{") { // encoding/json accepts these for a struct
				t.post(t.client(s.URL())).isDecode(200)
			}
		}
	})
	runInBubble(t, "C11 data after the value", func(t *T) {
		for _, junk := range []string{"x", "}", "]", ",", connectorBody, " \n null", "\x00", "<!-- -->", "\ufeff", "\u00a0"} {
			wrong(t, connectorBody+junk)
		}
		for _, junk := range []string{"\ufeff", ")]}',\n", "\x00", "//\n", "\u00a0", "\v"} {
			wrong(t, junk+connectorBody)
		}
		for _, body := range []string{
			"{'id':'pcon_github'}", `{"id":"pcon_github",}`, `{id:"pcon_github"}`, `{"id":"pcon_github" "object":1}`, `{"id":"pcon_github"/**/}`,
			`{"id":"pcon_github","n":NaN}`, `{"id":"pcon_github","n":01}`, `{"id":"pcon_github","n":1.}`, `{"id":"pcon_github","n":+1}`, `{"id":"pcon_github","n":0x1}`,
			`{"id":"pcon_github","n":tru}`, `{"id":"pcon_github","n":"\x"}`, `{"id":"pcon_github","n":"\ud8"}`, "{\"id\":\"pcon_github\",\"n\":\"\n\"}", `{"id":"pcon_github","n":}`,
		} {
			wrong(t, body)
		}
	})
	runInBubble(t, "C12 success false", func(t *T) {
		failed := `"error":{"code":"INVALID_API_KEY","message":"No","trace_id":"req_x"}`
		for _, body := range []string{
			`{"success":false,` + failed + `}`,
			`{` + failed + `,"success":false}`,
			`{"success":false,"id":"pcon_github",` + failed + `}`,
			`{"success":false,"data":` + connectorBody + `,` + failed + `}`,
			`{"success":false,"data":[],` + failed + `}`,
			` {"success" : false, "object":"list","data":[{"id":"a"}],` + failed + `} `,
		} {
			for _, status := range []int{200, 201} {
				s := t.serve(faulty.Reply(status, body, "X-Request-Id: req_c12"))
				for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete} {
					err := t.do(t.client(s.URL()), method).api(status, 1)
					assert.True(t, freddy.HasCode(err, freddy.CodeInvalidAPIKey))
					assert.Equal(t, []string{"No", "req_x", "req_c12"}, []string{err.Message, err.TraceID, err.RequestID})
					require.NotErrorIs(t, err, freddy.ErrUnauthenticated, "the sentinel is that of the status")
				}
				page, err := t.client(s.URL()).Connectors().List(t.Context(), freddy.ConnectorListParams{})
				assert.Nil(t, page)
				var apiErr *freddy.APIError
				require.ErrorAs(t, err, &apiErr)
			}
		}
		for _, body := range []string{`{"success":false}`, `{"success":false,"error":null}`, `{"success":false,"data":null}`} {
			s := t.serve(faulty.Reply(200, body))
			t.get(t.client(s.URL())).isAPI(200, 1)
			t.do(t.client(s.URL()), http.MethodDelete).isAPI(200, 1)
		}
		wrapped := t.serve(faulty.Reply(200, `{"success":true,"data":`+connectorBody+`}`))
		t.get(t.client(wrapped.URL())).ok(1)
	})
	runInBubble(t, "C13 property of a wrong type", func(t *T) {
		for body, field := range map[string]string{
			`{"id":5}`:                                            "/id",
			`{"id":"x","name":["n"]}`:                             "/name",
			`{"id":"x","status":{}}`:                              "/status",
			`{"id":"x","iconUrl":false}`:                          "/iconUrl",
			`{"id":"x","icon_url":1}`:                             "/icon_url",
			`{"id":"x","metadata":"m"}`:                           "/metadata",
			`{"id":"x","metadata":{"authMethod":1}}`:              "/metadata/authMethod",
			`{"id":"x","metadata":{"supportedFeatures":"all"}}`:   "/metadata/supportedFeatures",
			`{"id":"x","metadata":{"supportedFeatures":["a",1]}}`: "/metadata/supportedFeatures/1",
			`{"id":"x","createdAt":"yesterday"}`:                  "/createdAt",
			`{"id":"x","created_at":"2025-10-07 25:45:00"}`:       "/created_at",
			`{"id":"x","updatedAt":1759833900}`:                   "/updatedAt",
			`{"id":"x","object":"list"}`:                          "/object",
			`{"id":"a","object":5}`:                               "/object",
			`{"id":"a","metadata":{"auth_method":[]}}`:            "/metadata/auth_method",
			`{"id":""}`:                       "/id",
			`{"id":null}`:                     "/id",
			`{"name":"n"}`:                    "/id",
			`{"ID":"x"}`:                      "/id",
			`{"object":"personal_connector"}`: "/id",
		} {
			s := t.serve(faulty.Reply(200, body))
			err := t.get(t.client(s.URL())).decode(200)
			assert.Equal(t, field, err.Field, body)
			assert.Equal(t, body, err.Snippet)
			assert.Contains(t, err.Error(), field)
			assert.NotContains(t, err.Err.Error(), "yesterday", "no value is quoted")
		}
		for body, field := range map[string]string{
			`"x"`:                                            "",
			`[{"id":"a"},7]`:                                 "/1",
			`[{"id":"a"},{}]`:                                "/1/id",
			`{"data":{}}`:                                    "/data",
			`{"data":[null]}`:                                "/data/0",
			`{"data":[{"id":"a"},7]}`:                        "/data/1",
			`{"data":[{"id":"a"},{"id":7}]}`:                 "/data/1/id",
			`{"data":[{"id":"a"},{}]}`:                       "/data/1/id",
			`{"data":[{"name":"a"}]}`:                        "/data/0/id",
			`{"data":[{"id":"a","object":"x"}]}`:             "/data/0/object",
			`{"data":[],"hasMore":"no"}`:                     "/hasMore",
			`{"object":"personal_connector"}`:                "/object",
			`{"object":"list","data":[{"id":"a","name":7}]}`: "/data/0/name",
			`{"object":"personal_connector","data":[]}`:      "/object",
			`{"data":[{"id":"a"},{"id":"b","metadata":{"authMethod":1}}]}`: "/data/1/metadata/authMethod",
		} {
			page, err := t.client(t.serve(faulty.Reply(200, body)).URL()).Connectors().List(t.Context(), freddy.ConnectorListParams{})
			assert.Nil(t, page)
			var invalid *freddy.DecodeError
			require.ErrorAs(t, err, &invalid, body)
			assert.Equal(t, field, invalid.Field, body)
		}
	})
	runInBubble(t, "C13 forms of times", func(t *T) {
		noon := time.Date(2025, 11, 10, 8, 0, 0, 0, time.UTC)
		for text, want := range map[string]time.Time{
			"2025-11-10T08:00:00Z": noon, "2025-11-10t08:00:00z": noon, "2025-11-10T08:00:00": noon, "2025-11-10 08:00:00": noon, "2025-11-10 08:00:00+0000": noon,
			"2025-11-10T09:00:00+01:00": noon, "2025-11-10T09:00:00+0100": noon, "2025-11-10 08:00:00Z": noon,
			"2025-11-10T08:00:00.123456": noon.Add(123456 * time.Microsecond), "2025-11-10T08:00:00.5Z": noon.Add(time.Second / 2), "": {},
		} {
			// One item of a list.
			s := t.serve(faulty.Reply(200, `[{"id":"a","createdAt":"`+text+`"},{"id":"b","created_at":null}]`))
			page, err := t.client(s.URL()).Connectors().List(t.Context(), freddy.ConnectorListParams{})
			require.NoError(t, err, text)
			assert.True(t, want.Equal(page.Items[0].CreatedAt), "%q: %v", text, page.Items[0].CreatedAt)
			assert.Zero(t, page.Items[1].CreatedAt)
		}
		for _, text := range []string{"soon", "2025-11-10", "08:00:00", "2025-13-10T08:00:00Z", "2025-11-10T08:00:00+1", "2025-11-10T08:00:00 PST", " ", "1762761600"} {
			s := t.serve(faulty.Reply(200, `{"id":"a","createdAt":"`+text+`"}`))
			assert.Equal(t, "/createdAt", t.get(t.client(s.URL())).decode(200).Field, text)
		}
	})
	runInBubble(t, "C13 forms of integers", func(t *T) {
		for number, want := range map[string]int{"5": 5, "5.0": 5, "5e0": 5, "0": 0, "50e-1": 5, "null": 0} {
			s := t.serve(faulty.Reply(200, `{"status":"healthy","details":{"availableTools":`+number+`}}`))
			result, err := t.client(s.URL()).Configurations().Test(t.Context(), "pconf_1")
			require.NoError(t, err, number)
			assert.Equal(t, want, result.Details.AvailableTools, number)
		}
		for _, number := range []string{"5.5", "1e400", "9223372036854775808", `"5"`, "true"} {
			s := t.serve(faulty.Reply(200, `{"status":"healthy","details":{"availableTools":`+number+`}}`))
			var decode *freddy.DecodeError
			require.ErrorAs(t, second(t.client(s.URL()).Configurations().Test(t.Context(), "pconf_1")), &decode, number)
			assert.Equal(t, "/details/availableTools", decode.Field, number)
		}
	})
	runInBubble(t, "C13 unknown, null and repeated properties", func(t *T) {
		get := func(body string) *freddy.Connector {
			connector, err := t.client(t.serve(faulty.Reply(200, body)).URL()).Connectors().Get(t.Context(), "pcon_github")
			require.NoError(t, err, body)
			return connector
		}
		unknown := get(`{"id":"a","new":{"deep":[1,{"a":null}]},"ID":"b","metadata":{"newer":2}}`)
		assert.Equal(t, "a", unknown.ID)
		assert.JSONEq(t, `{"deep":[1,{"a":null}]}`, string(unknown.Extra["new"]))
		assert.JSONEq(t, `"b"`, string(unknown.Extra["ID"]), "names are case-sensitive")
		assert.JSONEq(t, `2`, string(unknown.Metadata.Extra["newer"]))
		nulls := get(`{"id":"a","name":null,"metadata":null,"createdAt":null,"object":null,"status":null}`)
		assert.Equal(t, &freddy.Connector{ID: "a"}, nulls)
		twice := get(`{"id":"a","name":"one","id":"b","name":"two","name":null}`)
		assert.Equal(t, "b", twice.ID)
		assert.Equal(t, "two", twice.Name)
		objects := get(`{"id":"a","metadata":{"authMethod":"oauth2","x":1},"metadata":{"y":2},"metadata":null}`)
		assert.Equal(t, freddy.ConnectorMetadata{Extra: map[string]json.RawMessage{"y": json.RawMessage("2")}}, objects.Metadata, "objects are not merged")
	})
	runInBubble(t, "C15 deep nesting", func(t *T) {
		deep := func(levels int) string { return strings.Repeat("[", levels) + strings.Repeat("]", levels) }
		wrong(t, deep(10001))
		wrong(t, strings.Repeat("[", 1<<20-1))
		wrong(t, strings.Repeat(`{"id":`, 100_000))
		for _, format := range []string{`{"id":"pcon_github","new":%s}`, `{"id":"pcon_github","metadata":{"configurationSchema":%s}}`, `{"id":"pcon_github","metadata":{"new":%s}}`} {
			above := strings.Count(format, "{")
			wrong(t, fmt.Sprintf(format, deep(10001-above)))
			s := t.serve(faulty.Reply(200, fmt.Sprintf(format, deep(10000-above))))
			t.get(t.client(s.URL())).ok(1)
			t.post(t.client(s.URL())).ok(1)
		}
		failed := t.serve(faulty.Reply(404, `{"error":{"code":"connector_not_found","details":`+deep(10001)+`}}`))
		assert.Equal(t, "connector_not_found", t.get(t.client(failed.URL())).api(404, 1).Code)
	})
	runInBubble(t, "C16 numbers out of range", func(t *T) {
		for _, number := range []string{"1e400", "-1e400", "9223372036854775808", "1.5", "18446744073709551616"} {
			s := t.serve(faulty.Reply(200, `{"tools":{"available":`+number+`}}`))
			var out struct {
				Tools struct {
					Available int `json:"available"`
				} `json:"tools"`
			}
			err := t.client(s.URL()).Do(t.Context(), http.MethodPost, configurationsPath, nil, &out)
			var invalid *freddy.DecodeError
			require.ErrorAs(t, err, &invalid, number)
			assert.Equal(t, "/tools/available", invalid.Field)
			assert.Equal(t, 1, invalid.Attempts)
			assert.Len(t, s.Requests(), 1)
		}
	})
	runInBubble(t, "C11 start of another value", func(t *T) {
		for _, more := range []string{"{", `{"a":`, `{"a":1`, `{"a":1,`, "[", "[1", "[1,", `"`, `"a`, "t", "-", "1", "}", "]", ",", ":", "\x00", "null", "{}", "\ufeff", "//"} {
			s := t.serve(faulty.Reply(http.StatusOK, connectorBody+more))
			_, err := t.client(s.URL()).Connectors().Get(t.Context(), "x")
			_, ok := err.(*freddy.DecodeError) //nolint:errorlint // the type itself
			assert.True(t, ok, "%q: %v", more, err)
		}
	})
	runInBubble(t, "C13 decode errors quote no value", func(t *T) {
		for body, out := range map[string]any{
			`{"at":"` + querySecret + `"}`: new(struct{ At time.Time }),
			`123456789`:                    new(int8),
			`{"n":123456789}`:              new(struct{ N int8 }),
			`"` + querySecret + `"`:        new(int),
			querySecret:                    new(any),
		} {
			s := t.serve(faulty.Reply(http.StatusOK, body))
			err := t.client(s.URL()).Do(t.Context(), http.MethodGet, "/x", nil, out)
			var decode *freddy.DecodeError
			require.ErrorAs(t, err, &decode)
			assert.NotContains(t, err.Error(), querySecret)
			assert.NotContains(t, err.Error(), "123456789")
		}
	})
}
