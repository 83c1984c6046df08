package freddy_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/internal/faulty"
)

func TestStatus(t *testing.T) {
	const errorBody = `{"error":{"type":"server_error","message":"Try later","code":"overloaded"}}`
	sentinels := []error{
		freddy.ErrBadRequest, freddy.ErrUnauthenticated, freddy.ErrPermissionDenied, freddy.ErrNotFound,
		freddy.ErrConflict, freddy.ErrRateLimited, freddy.ErrServer, freddy.ErrInvalidArgument, freddy.ErrResponseTooLarge,
	}
	runInBubble(t, "B1 always 503", func(t *T) {
		s := t.serve(faulty.Reply(503, errorBody, "X-Request-Id: req_b1"))
		for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete, http.MethodOptions} {
			before := len(s.Requests())
			err := t.do(t.client(s.URL()), method).within(backoffs).api(503, 4)
			assert.Equal(t, 4, len(s.Requests())-before)
			require.ErrorIs(t, err, freddy.ErrServer)
			assert.Equal(t, []string{"server_error", "overloaded", "Try later", "req_b1"}, []string{err.Type, err.Code, err.Message, err.RequestID})
			assert.JSONEq(t, errorBody, string(err.Body))
			for _, part := range []string{"503", "overloaded", "Try later", "req_b1", "4 attempts"} {
				assert.Contains(t, err.Error(), part)
			}
		}
	})
	runInBubble(t, "B4 final status", func(t *T) {
		for status, sentinel := range map[int]error{
			400: freddy.ErrBadRequest, 401: freddy.ErrUnauthenticated, 403: freddy.ErrPermissionDenied, 404: freddy.ErrNotFound,
			409: freddy.ErrConflict, 422: freddy.ErrBadRequest, 501: freddy.ErrServer, 505: freddy.ErrServer, 511: freddy.ErrServer,
			402: nil, 405: nil, 406: nil, 407: nil, 410: nil, 411: nil, 412: nil, 413: nil, 414: nil, 415: nil, 416: nil, 417: nil, 418: nil,
			421: nil, 423: nil, 424: nil, 425: nil, 426: nil, 428: nil, 431: nil, 451: nil, 499: nil, 600: nil, 999: nil,
		} {
			s := t.serve(faulty.Reply(status, errorBody, "Retry-After: 1"))
			c := t.client(s.URL())
			for _, method := range allMethods {
				err := t.do(c, method).within(0).api(status, 1)
				for _, target := range sentinels {
					assert.Equal(t, target == sentinel, errors.Is(err, target), "%d and %v", status, target) //nolint:errorlint // the sentinel itself
				}
			}
			assert.Len(t, s.Requests(), len(allMethods))
		}
	})
	runInBubble(t, "B10 304 and 1xx", func(t *T) {
		s := t.serve(faulty.Reply(304, "", `ETag: "a"`))
		for _, method := range allMethods {
			err := t.do(t.client(s.URL()), method).within(0).api(304, 1)
			assert.Empty(t, err.Body)
			assert.Equal(t, "Not Modified", err.Message)
		}
		endless := t.serve(repeat(faulty.Head(103, "Link: </"+strings.Repeat("a", 4<<10)+">")))
		assert.False(t, t.get(t.client(endless.URL())).within(backoffs).transport(0, 4).Timeout())
		broken := t.serve(faulty.Then(faulty.Raw(faulty.Head(102)), faulty.Close), faulty.Reply(200, connectorBody))
		t.get(t.client(broken.URL())).ok(2)
		lost := t.serve(faulty.Then(faulty.Raw(faulty.Head(102, "X-Request-Id: req_102")), faulty.Close))
		assert.Empty(t, t.post(t.client(lost.URL())).transport(0, 1).RequestID)
	})
	runInBubble(t, "B10 101", func(t *T) {
		// The connection is the body, which ends with the server.
		head := faulty.Head(101, "Connection: Upgrade", "Upgrade: websocket", "X-Request-Id: req_101")
		s := t.serve(faulty.Then(faulty.Raw(head+"frames"), faulty.Stall))
		for _, method := range allMethods {
			err := t.do(t.client(s.URL()), method).within(0).api(101, 1)
			assert.Equal(t, "req_101", err.RequestID)
			assert.Empty(t, err.Body)
		}
		synctest.Wait()
		assert.Zero(t, s.Open())
	})
	runInBubble(t, "B11 204", func(t *T) {
		for _, handler := range []faulty.Handler{
			faulty.Reply(204, ""), faulty.Reply(205, ""), faulty.Reply(200, ""), faulty.Reply(200, `{"deleted":true}`), faulty.Reply(202, ""), faulty.Chunks(),
		} {
			t.do(t.client(t.serve(handler).URL()), http.MethodDelete).ok(1)
		}
		for _, status := range []int{204, 205} {
			s := t.serve(faulty.Reply(status, "", "X-Request-Id: req_b11"))
			for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPatch} {
				err := t.do(t.client(s.URL()), method).decode(status)
				assert.Contains(t, err.Error(), fmt.Sprint(status))
				assert.Equal(t, "req_b11", err.RequestID)
				assert.Empty(t, err.Snippet)
			}
		}
	})
	runInBubble(t, "B12 other 2xx", func(t *T) {
		for _, status := range []int{200, 201, 202, 203, 206, 207, 226, 299} {
			s := t.serve(faulty.Reply(status, connectorBody))
			for _, method := range allMethods {
				assert.Equal(t, status, t.do(t.client(s.URL()), method).ok(1).response.StatusCode)
			}
		}
	})
	t.Run("B12 no body", func(t *testing.T) {
		for name, handler := range map[string]faulty.Handler{
			"length 0":     faulty.Reply(200, "", "Content-Type: application/json"),
			"no chunks":    faulty.Chunks(),
			"until close":  faulty.Then(faulty.Raw(faulty.Head(200)), faulty.Close),
			"HTTP/1.0":     faulty.Then(faulty.Raw("HTTP/1.0 200 OK\r\n\r\n"), faulty.Close),
			"white space":  faulty.Reply(200, " \r\n\t"),
			"gzip":         faulty.Reply(200, gzipped(""), "Content-Encoding: gzip"),
			"gzip, length": faulty.Reply(200, "", "Content-Encoding: gzip"),
			"br, length":   faulty.Reply(200, "", "Content-Encoding: br"),
		} {
			runInBubble(t, name, func(t *T) {
				s := t.serve(handler)
				for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut} {
					t.do(t.client(s.URL()), method).within(0).isDecode(200)
				}
				t.do(t.client(s.URL()), http.MethodDelete).ok(1)
				raw := json.RawMessage("stale")
				require.Error(t, t.client(s.URL()).Do(t.Context(), http.MethodGet, connectorPath, nil, &raw))
			})
		}
	})
}

func TestRedirect(t *testing.T) {
	runInBubble(t, "B7 not followed", func(t *T) {
		elsewhere := t.serve(faulty.Reply(200, connectorBody))
		provided := &http.Client{
			Transport:     t.transport(),
			CheckRedirect: func(*http.Request, []*http.Request) error { t.Error("CheckRedirect is called"); return nil },
			Jar:           unusedJar{t},
		}
		port := strings.TrimPrefix(elsewhere.URL(), "http://127.0.0.1")
		statuses := []int{300, 301, 302, 303, 307, 308}
		methods := []string{http.MethodGet, http.MethodPost, http.MethodDelete}
		locations := map[string]string{ // and the part that may be in the error
			elsewhere.URL() + "/hidden-path?hidden=query#hidden": elsewhere.URL(),
			"http://localhost" + port + "/hidden-path":           "http://localhost" + port,
			"http://user:hidden@127.0.0.1" + port + "/":          elsewhere.URL(),
			"//127.0.0.1" + port + "/hidden-path":                "//127.0.0.1" + port,
			"/v1/hidden-path":                                    "",
			"hidden-path":                                        "",
			"":                                                   "",
			"http://[hidden":                                     "",
			"javascript:hidden":                                  "",
			"http:///hidden-path":                                "",
		}
		for location, shown := range locations {
			var handlers []faulty.Handler
			for _, status := range statuses {
				for range methods {
					handlers = append(handlers, faulty.Reply(status, "<a>hidden</a>", "Location: "+location, "Set-Cookie: a=b"))
				}
			}
			for _, s := range []*faulty.Server{t.serve(handlers...), t.serveTLS(nil, handlers...)} {
				client := t.client(s.URL(), freddy.WithHTTPClient(provided))
				for _, status := range statuses {
					for _, method := range methods {
						err := t.do(client, method).within(0).api(status, 1)
						assert.Equal(t, location, err.Header.Get("Location"))
						assert.NotContains(t, err.Error(), "hidden")
						assert.NotContains(t, err.Error(), "user")
						assert.Contains(t, err.Error(), shown, location)
					}
				}
				assert.Len(t, s.Requests(), len(handlers))
			}
		}
		assert.Zero(t, elsewhere.Accepted(), "never followed")
	})
	run(t, "B7 not followed by the default transport", func(t *T) {
		elsewhere := t.serve(faulty.Reply(200, connectorBody))
		for _, fields := range [][]string{{"Location: " + elsewhere.URL()}, {"Location: /v1/personal-connectors/pcon_other"}, nil} {
			s := t.serve(faulty.Reply(307, "", fields...))
			t.get(t.client(s.URL())).isAPI(307, 1)
			t.post(t.client(s.URL())).isAPI(307, 1)
			assert.Len(t, s.Requests(), 2)
		}
		assert.Zero(t, elsewhere.Accepted())
		key := t.serve(faulty.Reply(302, "", "Location: http://"+testKey+".example/"+testKey))
		assert.Contains(t, t.get(t.client(key.URL())).api(302, 1).Header.Get("Location"), "REDACTED")
	})
	runInBubble(t, "H8 key in a location", func(t *T) {
		evil := t.untouched()
		for _, location := range []string{evil.URL() + "/" + testKey, evil.URL() + "/?" + testKey, "https://" + testKey + ".example/", "https://" + testKey + "@evil.example/x?" + querySecret, "/" + testKey, testKey, "%zz" + testKey, "//" + testKey} {
			for _, status := range []int{301, 302, 303, 307, 308} {
				s := t.serve(faulty.Reply(status, connectorBody, "Location: "+location))
				err := t.get(t.client(s.URL())).api(status, 1)
				assert.NotContains(t, err.Error(), querySecret)
				require.Len(t, s.Requests(), 1)
			}
		}
	})
}

// An unusedJar is a cookie jar that must not be used.
type unusedJar struct{ *T }

func (j unusedJar) SetCookies(*url.URL, []*http.Cookie)    { j.Error("cookies are set") }
func (j unusedJar) Cookies(*url.URL) (none []*http.Cookie) { j.Error("cookies are read"); return none }
