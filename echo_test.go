package freddy_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/internal/faulty"
)

// Servers, proxies and net/http quote what they received.
func TestEcho(t *testing.T) {
	// Errors of net/http that quote the response.
	quotes := map[string]bool{"transfer": true, "status": true, "status line": true, "header line": true}
	for name, response := range map[string]func(echo string) string{
		"message": func(echo string) string {
			return faulty.Text(http.StatusNotFound, `{"error":{"message":"no key `+echo+`."}}`)
		},
		"properties": func(echo string) string {
			return faulty.Text(http.StatusBadRequest, strings.ReplaceAll(`{"success":false,"error":{"code":"$","type":"$","message":"$","system_message":"$","trace_id":"$","details":{"$":["$"]}}}`, "$", echo))
		},
		"fields": func(echo string) string {
			return faulty.Text(http.StatusUnprocessableEntity, strings.ReplaceAll(`{"detail":[{"loc":["body","$"],"msg":"$","type":"$"}],"meta":{"request_id":"$"}}`, "$", echo))
		},
		"page": func(echo string) string {
			return faulty.Text(http.StatusBadGateway, "<p>Authorization: Bearer "+echo+"</p>", "Content-Type: text/html")
		},
		"not JSON": func(echo string) string { return faulty.Text(http.StatusOK, "Authorization: "+echo+" ?") },
		"property name": func(echo string) string {
			return faulty.Text(http.StatusOK, `{"`+echo+`":nope}`)
		},
		"wrong type": func(echo string) string { return faulty.Text(http.StatusOK, `{"id":"x","createdAt":"`+echo+`"}`) },
		"success false": func(echo string) string {
			return faulty.Text(http.StatusOK, `{"success":false,"error":{"code":"`+echo+`"}}`)
		},
		"success": func(echo string) string { return faulty.Text(http.StatusOK, `{"id":"x","a":"`+echo+`"}`, "X-A: "+echo) },
		"header": func(echo string) string {
			return faulty.Text(http.StatusForbidden, "", "X-A: Bearer "+echo, "X-A: "+echo)
		},
		"request id": func(echo string) string { return faulty.Text(http.StatusForbidden, "", "X-Request-Id: "+echo) },
		"version": func(echo string) string {
			return faulty.Text(http.StatusOK, connectorBody, "Freddy-Api-Version: "+echo)
		},
		"location":         func(echo string) string { return faulty.Text(http.StatusFound, "", "Location: https://x/"+echo) },
		"host of location": func(echo string) string { return faulty.Text(http.StatusFound, "", "Location: https://"+echo+"/") },
		"content type":     func(echo string) string { return faulty.Text(http.StatusOK, "<", "Content-Type: text/"+echo) },
		"content encoding": func(echo string) string { return faulty.Text(http.StatusOK, "<", "Content-Encoding: "+echo) },
		"Retry-After":      func(echo string) string { return faulty.Text(http.StatusServiceUnavailable, "", "Retry-After: "+echo) },
		"transfer":         func(echo string) string { return faulty.Text(http.StatusOK, "", "Transfer-Encoding: "+echo) },
		"reason":           func(echo string) string { return "HTTP/1.1 404 " + echo + "\r\n\r\n" },
		"status":           func(echo string) string { return "HTTP/1.1 " + echo + "\r\n\r\n" },
		"status line":      func(echo string) string { return echo + "\r\n\r\n" },
		"header line":      func(echo string) string { return "HTTP/1.1 200 OK\r\n" + echo + "\r\n\r\n" },
		"chunk": func(echo string) string {
			return faulty.Head(http.StatusOK, "Transfer-Encoding: chunked") + echo + "\r\n"
		},
	} {
		runInBubble(t, "in "+name, func(t *T) {
			for _, key := range []string{testKey, oddKey} {
				echoed := t.echoing(key)
				for form, echo := range distinctForms(key) {
					if quotes[name] && form != "plain" {
						continue // see "escaped twice"
					}
					_, ok := echoed(response(echo), key, echo)
					require.True(t, !ok || name == "success" || name == "version", form)
				}
			}
		})
	}

	for name, text := range map[string]string{
		"bearer": "Bearer " + testKey, "user and key": "x:" + testKey, "key and colon": testKey + ":", "header": "Authorization: Bearer " + testKey + "\r\n",
	} {
		runInBubble(t, "in base64 of "+name, func(t *T) {
			for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.RawURLEncoding} {
				t.echoed(testKey, faulty.Text(http.StatusBadGateway, "Basic "+encoding.EncodeToString([]byte(text))), testKey)
			}
		})
	}

	for _, key := range []string{`fk-&lt;5e9d7c41`, `fk-%41"5e9d7c41`, `fk-%41<5e9d7c41`, `fk-\u0041<5e9d7c41`, `fk-&copy-5e9d"7c41`} {
		runInBubble(t, "of a key that looks escaped, "+key, func(t *T) {
			all, echoed := forms(key), t.echoing(key)
			for _, form := range []string{"plain", "json", "go", "html", "percent_query", "base64"} {
				echo := all[form]
				echoed(faulty.Text(http.StatusNotFound, `{"error":{"message":"`+echo+`"}}`), key, echo)
			}
		})
	}

	// A value that is cut contains no part of the key either.
	for name, row := range map[string]struct {
		cut      int
		response func(text string) string
	}{
		"request id": {4 << 10, func(text string) string { return faulty.Text(http.StatusNotFound, "", "X-Request-Id: "+text) }},
		"request id of an incomplete response": {4 << 10, func(text string) string {
			return faulty.Head(http.StatusOK, "Content-Length: 9", "X-Request-Id: "+text) + "{"
		}},
		"request id in the body": {4 << 10, func(text string) string {
			return faulty.Text(http.StatusNotFound, `{"meta":{"request_id":"`+text+`"}}`)
		}},
		"trace id":     {4 << 10, func(text string) string { return faulty.Text(http.StatusNotFound, `{"trace_id":"`+text+`"}`) }},
		"content type": {4 << 10, func(text string) string { return faulty.Text(http.StatusOK, "<", "Content-Type: "+text) }},
		"version": {4 << 10, func(text string) string {
			return faulty.Text(http.StatusOK, connectorBody, "Freddy-Api-Version: "+text)
		}},
		"snippet": {200, func(text string) string { return faulty.Text(http.StatusOK, text) }},
		"body":    {64 << 10, func(text string) string { return faulty.Text(http.StatusNotFound, text+"...") }},
		"message": {64<<10 - len(`{"message":"`), func(text string) string { return faulty.Text(http.StatusNotFound, `{"message":"`+text+`..."}`) }},
		"details": {64<<10 - len(`{"details":"`), func(text string) string { return faulty.Text(http.StatusNotFound, `{"details":"`+text+`..."}`) }},
		"text":    {1 << 10, func(text string) string { return faulty.Text(http.StatusNotFound, `{"message":"`+text+`"}`) }},
		"cause":   {512, func(text string) string { return text + "\r\n\r\n" }},
	} {
		runInBubble(t, "cut in "+name, func(t *T) {
			for _, shown := range []int{len(testKey) - 1, len(testKey) / 2} {
				text := strings.Repeat("x", row.cut-shown) + testKey + "xxx"
				t.echoed(testKey, row.response(text), testKey[:shown])
			}
		})
	}
	// The beginning of a secret at the end of an incomplete body.
	for name, response := range map[string]func(part string) string{
		"error body cut": func(part string) string {
			return faulty.Head(404, "Content-Length: 9999") + `{"message":"no key ` + part
		},
		"error body cut in chunks": func(part string) string {
			return faulty.Head(404, "Transfer-Encoding: chunked") + fmt.Sprintf("%x\r\n%s\r\n", len(part)+12, `{"message":"`+part)
		},
		"members": func(part string) string {
			return faulty.Head(422, "Content-Length: 9999") + `{"detail":[{"loc":["body","x"],"msg":"m","type":"t"},{"msg":"` + part
		},
		"code": func(part string) string {
			return faulty.Head(404, "Content-Length: 9999") + `{"error":{"code":"` + part
		},
		"trace id":        func(part string) string { return faulty.Head(404, "Content-Length: 9999") + `{"trace_id":"` + part },
		"name of a field": func(part string) string { return faulty.Head(404, "Content-Length: 9999") + `{"errors":{"` + part },
		"page":            func(part string) string { return faulty.Head(502, "Content-Length: 9999") + "<p>" + part },
		"gzip cut": func(part string) string {
			return faulty.Text(404, gzippedWithoutEnd("<p>"+part), "Content-Encoding: gzip")
		},
		"over the limit": func(part string) string {
			return faulty.Text(404, strings.Repeat("x", 64<<10-len(part))+part+"and more")
		},
		"success too large": func(part string) string { return faulty.Text(200, strings.Repeat(" ", 150-len(part))+part+"and more") },
		"stalled":           func(part string) string { return faulty.Head(404, "Content-Length: 9999") + part },
	} {
		runInBubble(t, "cut: "+name, func(t *T) {
			for _, key := range []string{testKey, oddKey} {
				rt := script()
				client := t.newClient(key, freddy.WithBaseURL("http://127.0.0.1"), freddy.WithMaxRetries(0), freddy.WithMaxResponseBytes(150), withTransport(rt))
				for form, echo := range distinctForms(key) {
					for _, n := range []int{8, len(echo) - 1, len(echo)} {
						part := echo[:n]
						if n < 8 || strings.ContainsAny(part, "\"\\<") && strings.HasPrefix(form, "plain") {
							continue // not as it would be in JSON
						}
						rt.responses = []string{response(part)}
						_, err := client.Connectors().Get(t.Context(), "x")
						require.Error(t, err)
						shown := []string{err.Error()}
						var apiErr *freddy.APIError
						if errors.As(err, &apiErr) {
							shown = append(shown, string(apiErr.Body), string(apiErr.Details), apiErr.Code, apiErr.Message, apiErr.TraceID, fmt.Sprint(apiErr.Fields))
						}
						var decode *freddy.DecodeError
						if errors.As(err, &decode) {
							shown = append(shown, decode.Snippet)
						}
						for _, text := range shown {
							require.NotContains(t, text, part, "%s, %d bytes: %.300q", form, n, err)
						}
					}
				}
			}
		})
	}
	runInBubble(t, "cut: credentials", func(t *T) {
		for n := 8; n <= len(secret); n++ {
			_, err := t.over(script(faulty.Head(422, "Content-Length: 9999")+`{"message":"rejected: `+secret[:n])).Configurations().Create(t.Context(), freddy.ConfigurationCreateParams{
				PersonalConnectorID: "p", Name: "n", Credentials: freddy.APIKeyCredentials(secret),
			})
			var apiErr *freddy.APIError
			require.ErrorAs(t, err, &apiErr)
			assert.Equal(t, "rejected: REDACTED", apiErr.Message)
			assert.Equal(t, `{"message":"rejected: REDACTED`, string(apiErr.Body))
		}
	})
	runInBubble(t, "cut: a shorter beginning, or not at the end", func(t *T) {
		for _, body := range []string{`{"message":"rejected: ` + testKey[:7], `{"message":"` + testKey[:9] + ` is short"`} {
			var apiErr *freddy.APIError
			require.ErrorAs(t, second(t.over(script(faulty.Head(422, "Content-Length: 9999")+body)).Connectors().Get(t.Context(), "x")), &apiErr)
			assert.Equal(t, body, string(apiErr.Body))
		}
		whole := `{"message":"` + testKey[:9] + `"}`
		var apiErr *freddy.APIError
		require.ErrorAs(t, second(t.over(script(faulty.Text(422, whole))).Connectors().Get(t.Context(), "x")), &apiErr)
		assert.Equal(t, whole, string(apiErr.Body), "the body is complete")
	})
	runInBubble(t, "in an invalid status line or header", func(t *T) {
		for _, response := range []string{
			testKey + "\r\n\r\n", "HTTP/1.1 " + testKey + "\r\n\r\n", "HTTP/1.1 200 " + testKey + "\r\n" + testKey + "\r\n\r\n",
			"HTTP/1.1 200 OK\r\nTransfer-Encoding: " + testKey + "\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: " + testKey + "\r\n\r\n",
			"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2" + testKey + "\r\n\r\n", "HTTP/" + testKey + " 200 OK\r\n\r\n",
		} {
			s := t.serve(faulty.Then(faulty.Raw(response), faulty.Close))
			require.Error(t, t.get(t.client(s.URL()), freddy.WithMaxRetries(0)).transport(0, 1))
		}
	})
	runInBubble(t, "in the path", func(t *T) {
		s := t.serve(faulty.Reply(http.StatusNotFound, ""))
		client := t.client(s.URL())
		_, err := client.Connectors().Get(t.Context(), testKey)
		require.ErrorIs(t, err, freddy.ErrNotFound)
		faulty.NoSecret(t, testKey, err)
		err = client.Do(t.Context(), http.MethodGet, "/x/"+testKey+"?"+testKey, nil, nil)
		require.ErrorIs(t, err, freddy.ErrNotFound)
		faulty.NoSecret(t, testKey, err)
	})
	runInBubble(t, "in the method", func(t *T) {
		s := t.serve(faulty.Reply(http.StatusNotFound, ""))
		err := t.client(s.URL()).Do(t.Context(), testKey, "/x", nil, nil)
		require.Error(t, err)
		faulty.NoSecret(t, testKey, err)
	})
	runInBubble(t, "in the base URL", func(t *T) {
		// It is the program's own, and never changed.
		s := t.serve(faulty.Reply(http.StatusNotFound, ""))
		client := t.newClient(testKey, freddy.WithBaseURL(s.URL()+"/"+testKey))
		_, err := client.Connectors().Get(t.Context(), testKey)
		var apiErr *freddy.APIError
		require.ErrorAs(t, err, &apiErr)
		assert.Equal(t, "/"+testKey+"/personal-connectors/REDACTED", apiErr.Path)
	})
	runInBubble(t, "in the name of a header", func(t *T) {
		response, _ := t.echoed(testKey, faulty.Text(http.StatusNotFound, "", "X-"+testKey+": 1"), testKey)
		assert.NotContains(t, strings.ToLower(fmt.Sprint(response.Header)), testKey)
	})
	runInBubble(t, "escaped twice", func(t *T) {
		for _, key := range []string{testKey, oddKey} {
			echoed := t.echoing(key)
			echoed(strconv.Quote(key)+"\r\n\r\n", key) // net/http quotes it again
			for name, echo := range distinctForms(key) {
				if strings.Contains(name, "percent") || strings.Contains(name, "html") && key == oddKey {
					continue // a gateway quotes in JSON
				}
				twice := strings.Trim(strconv.Quote(echo), `"`)
				echoed(faulty.Text(http.StatusBadGateway, twice), key, echo, twice)
			}
		}
	})
	runInBubble(t, "in JSON within JSON", func(t *T) {
		for _, key := range []string{testKey, oddKey} {
			inner, err := json.Marshal(map[string]string{"key": key})
			require.NoError(t, err)
			outer, err := json.Marshal(map[string]any{"error": map[string]string{"message": string(inner)}})
			require.NoError(t, err)
			t.echoed(key, faulty.Text(http.StatusBadGateway, string(outer)), key, forms(key)["json"], strings.Trim(strconv.Quote(forms(key)["json"]), `"`))
		}
	})
	// doc.go says what is not covered: no encoder writes it by itself.
	runInBubble(t, "not covered", func(t *T) {
		for _, echo := range []string{hex.EncodeToString([]byte(testKey)), strings.ToUpper(testKey), each(`\u%04x`, testKey), each("%%%02x", testKey), each("&#%d;", testKey)} {
			client := t.over(script(faulty.Text(http.StatusBadGateway, echo)), freddy.WithMaxRetries(0))
			var apiErr *freddy.APIError
			require.ErrorAs(t, second(client.Connectors().Get(t.Context(), "x")), &apiErr)
			assert.Equal(t, echo, string(apiErr.Body))
		}
	})
}

// gzippedWithoutEnd compresses a text without its checksum.
func gzippedWithoutEnd(text string) string {
	whole := gzipped(text)
	return whole[:len(whole)-8]
}

// oddKey differs from all its encodings.
const oddKey = `fk-"<&>'\/+=~?#{}-5e9d7c`

// each writes every byte of a text in a format.
func each(format, text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		fmt.Fprintf(&b, format, c)
	}
	return b.String()
}

var (
	symbol         = regexp.MustCompile(`[^A-Za-z0-9]`)
	percentEncoded = regexp.MustCompile(`%..`)
)

// distinctForms returns forms without those that equal the text, except "plain".
func distinctForms(text string) map[string]string {
	distinct := forms(text)
	maps.DeleteFunc(distinct, func(name, form string) bool { return name != "plain" && form == text })
	return distinct
}

// forms returns a text as encoders write it, by name.
func forms(text string) map[string]string {
	marshal := func(escapeHTML bool) string {
		var b strings.Builder
		encoder := json.NewEncoder(&b)
		encoder.SetEscapeHTML(escapeHTML)
		_ = encoder.Encode(text)
		return strings.Trim(b.String(), "\"\n")
	}
	quoted := marshal(true)
	escaped := symbol.ReplaceAllStringFunc
	return map[string]string{
		"plain":          text,
		"json":           quoted,
		"json_html":      marshal(false),
		"json_php":       strings.ReplaceAll(quoted, "/", `\/`),
		"json_dotnet":    strings.NewReplacer(`\u003c`, `\u003C`, `\u003e`, `\u003E`, "'", `\u0027`, `\"`, `\u0022`, "+", `\u002B`).Replace(quoted),
		"json_symbols":   escaped(text, func(s string) string { return each(`\u%04x`, s) }),
		"json_upper":     escaped(text, func(s string) string { return each(`\u%04X`, s) }),
		"go":             strings.Trim(strconv.Quote(text), `"`),
		"percent_query":  url.QueryEscape(text),
		"percent_path":   url.PathEscape(text),
		"percent_lower":  percentEncoded.ReplaceAllStringFunc(url.QueryEscape(text), strings.ToLower),
		"percent_python": strings.ReplaceAll(url.QueryEscape(text), "%2F", "/"),
		"html":           html.EscapeString(text),
		"html_quot":      strings.ReplaceAll(html.EscapeString(text), "&#34;", "&quot;"),
		"html_apos":      strings.NewReplacer("&#34;", "&quot;", "&#39;", "&apos;").Replace(html.EscapeString(text)),
		"base64":         base64.StdEncoding.EncodeToString([]byte(text)),
		"url_base64":     base64.RawURLEncoding.EncodeToString([]byte(text)),
	}
}

// echoed is echoing for one response.
func (t *T) echoed(key, text string, secrets ...string) (freddy.Response, bool) {
	t.Helper()
	return t.echoing(key)(text, secrets...)
}

// echoing returns a function that makes a call whose response, as on the wire, is
// text. It requires that neither the error nor the Response contains a secret. It
// returns the Response and whether the call succeeded.
func (t *T) echoing(key string) func(text string, secrets ...string) (freddy.Response, bool) {
	rt := script()
	client := t.newClient(key, freddy.WithBaseURL("http://127.0.0.1"), freddy.WithMaxRetries(0), withTransport(rt))
	return func(text string, secrets ...string) (freddy.Response, bool) {
		t.Helper()
		rt.responses = []string{text}
		var response freddy.Response
		_, err := client.Connectors().Get(t.Context(), "x", freddy.WithResponse(&response))
		faulty.NoSecrets(t, secrets, err, response)
		return response, err == nil
	}
}
