package freddy_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/internal/faulty"
)

func TestErrorBody(t *testing.T) {
	rejected := func(t *T, status int, body string, fields ...string) *freddy.APIError {
		t.Helper()
		return t.get(t.client(t.serve(faulty.Reply(status, body, fields...)).URL())).api(status, 1)
	}
	t.Run("D1 error object", func(t *testing.T) {
		for _, row := range []struct {
			fixture             string
			status              int
			sentinel            error
			kind, code, message string
		}{
			{"error_connector_not_found.json", 404, freddy.ErrNotFound, "not_found_error", freddy.CodeConnectorNotFound, "Personal connector not found"},
			{"error_invalid_api_key.json", 401, freddy.ErrUnauthenticated, "authentication_error", freddy.CodeInvalidAPIKey, "Invalid API key"},
			{"error_configuration_forbidden.json", 403, freddy.ErrPermissionDenied, "authorization_error", freddy.CodeInsufficientPermissions, "You do not have permission to delete this configuration."},
		} {
			url := server(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("X-Request-Id", "req_7")
				w.WriteHeader(row.status)
				_, _ = w.Write(fixture(t, row.fixture))
			})
			connector, err := newClient(t, url).Connectors().Get(t.Context(), "pcon_github")
			assert.Nil(t, connector)
			require.ErrorIs(t, err, row.sentinel)
			var apiErr *freddy.APIError
			require.ErrorAs(t, err, &apiErr)
			assert.Equal(t, row.kind, apiErr.Type)
			assert.True(t, freddy.HasCode(apiErr, row.code))
			assert.Equal(t, row.message, apiErr.Message)
			assert.Equal(t, "/prefix/v1/personal-connectors/pcon_github", apiErr.Path)
			assert.Equal(t, fixture(t, row.fixture), apiErr.Body)
			assert.EqualError(t, err, fmt.Sprintf("freddy: GET /prefix/v1/personal-connectors/pcon_github: %d %s: %s, request id req_7",
				row.status, row.code, row.message))
		}
	})
	t.Run("all fields", func(t *testing.T) {
		for _, row := range []struct {
			name, body string
			status     int
			want       freddy.APIError
		}{
			{"D2 standard envelope", string(fixture(t, "error_standard_envelope.json")), 400, freddy.APIError{
				Type: "client_error", Code: "INVALID_EMAIL_FORMAT", Message: "Please enter a valid email address.",
				SystemMessage: "Email validation failed", TraceID: "2fbbf3b6-51a1-4f1b-88e2-c00e8b52fbb8",
				Details: []byte(`{ "field": "email", "value": "invalid-email" }`),
			}},
			{"D4 detail envelope", string(fixture(t, "error_detail_envelope.json")), 400, freddy.APIError{
				Type: "ValidationError", Message: "Human-readable error description", RequestID: "req_123456789",
				Fields: []freddy.FieldError{{Field: "/email", Message: "Invalid email format", Code: "INVALID_FORMAT"}},
			}},
			{"D3 FastAPI validation", string(fixture(t, "error_fastapi_validation.json")), 422, freddy.APIError{
				Message: "limit: Input should be less than or equal to 100 (and 1 more)",
				Fields: []freddy.FieldError{
					{Field: "limit", Message: "Input should be less than or equal to 100", Code: "less_than_equal"},
					{Field: "/credentials/0", Message: "Field required", Code: "missing"},
				},
			}},
			{"D3 FastAPI detail", string(fixture(t, "error_fastapi_detail.json")), 405, freddy.APIError{Message: "Method Not Allowed"}},
			{"D5 HTML", "<html><h1>Conflict</h1>", 409, freddy.APIError{Message: "Conflict"}},
			{"D5 empty", "", 403, freddy.APIError{Message: "Forbidden"}},
			{"D5 unknown status", "", 499, freddy.APIError{}},
		} {
			t.Run(row.name, func(t *testing.T) {
				url := server(t, func(w http.ResponseWriter, _ *http.Request) {
					w.WriteHeader(row.status)
					_, _ = io.WriteString(w, row.body)
				})
				_, err := newClient(t, url).Connectors().Get(t.Context(), "pcon_x")
				var got *freddy.APIError
				require.ErrorAs(t, err, &got)
				assert.NotEmpty(t, got.Header)
				row.want.Method, row.want.Path, row.want.StatusCode, row.want.Attempts = "GET", "/prefix/v1/personal-connectors/pcon_x", row.status, 1
				row.want.Header, row.want.Body = got.Header, []byte(row.body)
				assert.Equal(t, row.want.Details, got.Details)
				row.want.Details = got.Details
				if row.body == "" {
					assert.Empty(t, got.Body)
					row.want.Body = got.Body
				}
				assert.Equal(t, row.want, *got)
			})
		}
	})
	runInBubble(t, "D3 fields in other forms", func(t *T) {
		for body, want := range map[string]freddy.APIError{
			`{"message":"Validation Failed","errors":["position is null","line is null"]}`: {
				Message: "Validation Failed", Fields: []freddy.FieldError{{Message: "position is null"}, {Message: "line is null"}},
			},
			`{"errors":["position is null","line is null"]}`: {
				Message: "position is null (and 1 more)", Fields: []freddy.FieldError{{Message: "position is null"}, {Message: "line is null"}},
			},
			`{"message":["name must be a string"],"error":"Bad Request"}`: { // NestJS
				Message: "Bad Request", Fields: []freddy.FieldError{{Message: "name must be a string"}},
			},
			`{"message":{"name":["is too short","is taken"]}}`: {
				Message: "/name: is too short (and 1 more)", Fields: []freddy.FieldError{{Field: "/name", Message: "is too short"}, {Field: "/name", Message: "is taken"}},
			},
			`{"errors":{"name":["is taken"],"a/b":"c"}}`: { // Rails
				Message: "/name: is taken (and 1 more)", Fields: []freddy.FieldError{{Field: "/name", Message: "is taken"}, {Field: "/a~1b", Message: "c"}},
			},
			`{"message":"m","errors":[{"field":"/x","message":"n","code":"k"},5,null]}`: {
				Message: "m", Fields: []freddy.FieldError{{Field: "/x", Message: "n", Code: "k"}},
			},
			`{"detail":{"code":"connector_not_found","message":"gone"}}`:                          {Code: freddy.CodeConnectorNotFound, Message: "gone"},
			`{"detail":{"code":"c","detail":"gone"}}`:                                             {Code: "c", Message: "gone"},
			`{"error":{"code":"c","message":{"en":"gone"}}}`:                                      {Code: "c", Message: "/en: gone", Fields: []freddy.FieldError{{Field: "/en", Message: "gone"}}},
			`{"code":"c","detail":{"message":"gone"},"error":{"code":"later","message":"later"}}`: {Code: "c", Message: "gone"},
		} {
			err := rejected(t, 422, body)
			assert.Equal(t, []any{want.Code, want.Message, want.Fields}, []any{err.Code, err.Message, err.Fields}, body)
			require.ErrorIs(t, err, freddy.ErrBadRequest)
		}
	})
	runInBubble(t, "D4 request id of header and body", func(t *T) {
		body := string(fixture(t, "error_detail_envelope.json"))
		assert.Equal(t, "req_header", rejected(t, 400, body, "X-Request-Id: req_header").RequestID)
	})
	runInBubble(t, "D5 undocumented body", func(t *T) {
		for body, message := range map[string]string{
			`{"error":"boom"}`:            "boom",
			`{"message":"boom"}`:          "boom",
			`{"detail":"boom"}`:           "boom",
			`{"error":null}`:              "",
			`{"error":[]}`:                "",
			`{"error":{}}`:                "",
			`{"error":{"message":null}}`:  "",
			`{"error":{"message":5}}`:     "",
			`{"error":true}`:              "",
			`{"detail":null}`:             "",
			`{"detail":[]}`:               "",
			`{"detail":[null,5,"x"]}`:     "",
			`{"detail":{"a":"b"}}`:        "",
			`{}`:                          "",
			`[]`:                          "",
			`null`:                        "",
			`"boom"`:                      "",
			`5`:                           "",
			``:                            "",
			` `:                           "",
			`<html>boom</html>`:           "",
			"\xff\xfe\x00":                "",
			`{"error":{"message":"bo`:     "bo",
			`{"error":{"code":"c"}} junk`: "",
		} {
			for status, text := range map[int]string{404: "Not Found", 418: "I'm a teapot", 499: ""} {
				err := rejected(t, status, body)
				want := message
				if want == "" {
					want = text
				}
				if !strings.HasPrefix(body, `{"detail":[n`) { // errors without a message, which may be counted
					assert.Equal(t, want, err.Message, body)
				}
				assert.Equal(t, body, string(err.Body))
			}
		}
		// A property of a wrong type is ignored.
		err := rejected(t, 400, `{"error":{"code":7,"type":["t"],"message":"boom","trace_id":{"a":1},"details":[1]},"meta":"x","errors":{}}`, "X-Request-Id: req_d5")
		assert.Equal(t, []string{"", "", "boom", "", "req_d5"}, []string{err.Code, err.Type, err.Message, err.TraceID, err.RequestID})
		assert.JSONEq(t, `[1]`, string(err.Details))
	})
	runInBubble(t, "D8 control and bidirectional characters", func(t *T) {
		nasty := "one\ntwo\r\x1b[31mred\x07\u202eevil\u2066\u200b\u0085\u2028\x00\x7f\ufeffend"
		quoted, err := json.Marshal(nasty)
		require.NoError(t, err)
		for _, form := range []string{`{"error":{"message":%s,"code":%[1]s}}`, `{"detail":%s}`, `{"error":%s}`} {
			apiErr := rejected(t, 400, fmt.Sprintf(form, quoted))
			assert.Equal(t, nasty, apiErr.Message, "the field is unchanged")
			assert.Contains(t, apiErr.Error(), `one\ntwo\r\x1b[31mred`)
			assert.Contains(t, apiErr.Error(), `\u202e`)
		}
		long := `{"error":{"code":"c","message":"` + strings.Repeat(`\"ü\n`, 1<<20/6) + `"}}`
		apiErr := rejected(t, 400, long)
		assert.Equal(t, "c", apiErr.Code)
		assert.Len(t, apiErr.Body, 64<<10)
		full := strings.Repeat("\"ü\n", 1<<20/6)
		assert.True(t, strings.HasPrefix(full, strings.TrimRight(apiErr.Message, "\ufffd")))
		assert.Greater(t, len(apiErr.Message), 40<<10)
		// settle checks that a header does not break the line.
		apiErr = rejected(t, 400, "", "X-Request-Id: \u202ereq\u2028", "Location: http://\u202ehost/")
		assert.Equal(t, "\u202ereq\u2028", apiErr.RequestID)
	})
	runInBubble(t, "D8 in other parts of a response", func(t *T) {
		s := t.serve(faulty.Reply(200, "\x1b[31m\u202e", "Content-Type: text/\u2028\u202e", "X-Request-Id: "+strings.Repeat("\u202e", 2000)))
		t.get(t.client(s.URL())).isDecode(200)
		s = t.serve(faulty.Reply(200, "{\"id\":\"x\",\"metadata\":{\"supported\x1bFeatures\":1}, \"\u202ename\x1b\": }"))
		t.get(t.client(s.URL())).isDecode(200)
		s = t.serve(faulty.Cut(200, 50, "", "X-Request-Id: "+strings.Repeat("\u202e", 2000)))
		t.get(t.client(s.URL())).isTransport(200, 4)
		s = t.serve(faulty.Then(faulty.Raw("HTTP/1.1 \x1b[31m\u202e"+strings.Repeat("x", 3000)+"\r\n\r\n"), faulty.Close))
		t.get(t.client(s.URL())).isTransport(0, 4)
	})
	runInBubble(t, "D10 two ids and long ids", func(t *T) {
		err := rejected(t, 400, `{"error":{"trace_id":"trace_1"}}`, "X-Request-Id: req_1")
		assert.Equal(t, "req_1", err.RequestID)
		assert.Equal(t, "trace_1", err.TraceID)
		junk := strings.Repeat("junk ü ", 64<<10/8)
		capped := func(id string) {
			assert.LessOrEqual(t, len(id), 4<<10)
			assert.GreaterOrEqual(t, len(id), 4<<10-4)
			assert.True(t, utf8.ValidString(id))
		}
		err = rejected(t, 400, `{"error":{"trace_id":"`+junk[:60<<10]+`"}}`, "X-Request-Id: "+junk)
		capped(err.RequestID)
		capped(err.TraceID)
		capped(rejected(t, 400, `{"meta":{"request_id":"`+junk[:60<<10]+`"}}`).RequestID)
		s := t.serve(faulty.Reply(200, "", "X-Request-Id: "+junk))
		o := t.get(t.client(s.URL()))
		capped(o.decode(200).RequestID)
		capped(o.response.RequestID)
		capped(t.get(t.client(t.serve(faulty.Cut(200, 9, "", "X-Request-Id: "+junk)).URL())).transport(200, 4).RequestID)
	})
}

// Users create errors in their own tests.
func TestErrorText(t *testing.T) {
	for _, row := range []struct {
		err  error
		text string
	}{
		{&freddy.ArgumentError{Argument: "id", Reason: "must not be empty"}, "freddy: id must not be empty"},
		{&freddy.APIError{Method: "GET", Path: "/x", StatusCode: 404}, "freddy: GET /x: 404 Not Found"},
		{&freddy.APIError{Method: "GET", Path: "/x", StatusCode: 404, Message: "Not Found", Attempts: 2}, "freddy: GET /x: 404 Not Found, 2 attempts"},
		{&freddy.APIError{Method: "GET", Path: "/x", StatusCode: 799, Code: "c", Message: "m\nn", RequestID: "r"}, `freddy: GET /x: 799 c: m\nn, request id r`},
		{
			&freddy.APIError{Method: "GET", Path: "/x", StatusCode: 302, Header: http.Header{"Location": {"https://u:p@h.example.com:8/secret?q=1"}}},
			"freddy: GET /x: 302 Found, to https://h.example.com:8",
		},
		{&freddy.TransportError{Method: "GET", Path: "/x", Attempts: 4, Err: io.EOF}, "freddy: GET /x: no response, 4 attempts: EOF"},
		{
			&freddy.TransportError{Method: "POST", Path: "/x", StatusCode: 200, RequestID: "r", Attempts: 1, Ambiguous: true, Err: io.ErrUnexpectedEOF},
			"freddy: POST /x: incomplete response 200, request id r, the request may have been processed: unexpected EOF",
		},
		{&freddy.TransportError{}, "freddy:  : nothing was sent"},
		{
			&freddy.DecodeError{Method: "GET", Path: "/x", StatusCode: 200, ContentType: "text/html", Err: errors.New("invalid JSON")},
			"freddy: GET /x: 200 text/html: unexpected response body: invalid JSON",
		},
		{&freddy.DecodeError{}, "freddy:  : 0: unexpected response body"},
	} {
		assert.EqualError(t, row.err, row.text)
	}
	assert.False(t, (&freddy.TransportError{}).Timeout())
	assert.False(t, freddy.HasCode(&freddy.APIError{StatusCode: 404}, ""))
}

func TestSentinels(t *testing.T) {
	sentinels := []error{
		freddy.ErrBadRequest, freddy.ErrUnauthenticated, freddy.ErrPermissionDenied, freddy.ErrNotFound,
		freddy.ErrConflict, freddy.ErrRateLimited, freddy.ErrServer, freddy.ErrInvalidArgument, freddy.ErrResponseTooLarge,
	}
	for status, want := range map[int]error{
		0: nil, 200: nil, 302: nil, 400: freddy.ErrBadRequest, 401: freddy.ErrUnauthenticated, 403: freddy.ErrPermissionDenied,
		404: freddy.ErrNotFound, 405: nil, 408: nil, 409: freddy.ErrConflict, 410: nil, 422: freddy.ErrBadRequest,
		429: freddy.ErrRateLimited, 499: nil, 500: freddy.ErrServer, 501: freddy.ErrServer, 599: freddy.ErrServer, 600: nil,
	} {
		for _, sentinel := range sentinels {
			assert.Equal(t, errors.Is(want, sentinel), errors.Is(&freddy.APIError{StatusCode: status}, sentinel), "%d %v", status, sentinel)
		}
	}
	assert.ErrorIs(t, &freddy.ArgumentError{}, freddy.ErrInvalidArgument)
	assert.NotErrorIs(t, &freddy.ArgumentError{}, freddy.ErrBadRequest)
}

func TestErrorTextIsBounded(t *testing.T) {
	long := strings.Repeat("é\n\u202e", 10_000)
	for _, err := range []error{
		&freddy.ArgumentError{Argument: long, Reason: long},
		&freddy.APIError{Method: long, Path: long, StatusCode: 400, Code: long, Message: long, RequestID: long, Header: http.Header{"Location": {"https://" + strings.Repeat("h", 5000)}}},
		&freddy.TransportError{Method: long, Path: long, RequestID: long, Err: errors.New(long + "the end")},
		&freddy.DecodeError{Method: long, Path: long, RequestID: long, ContentType: long, Err: errors.New(long)},
	} {
		assert.LessOrEqual(t, len(err.Error()), 1024)
		assert.NotContains(t, err.Error(), "\n")
		assert.NotContains(t, err.Error(), "\u202e")
	}
}

// An error is logged as its text, wrapped or not.
func TestErrorLogged(t *testing.T) {
	for _, err := range []error{
		&freddy.APIError{
			Method: "GET", Path: "/x", StatusCode: 404, RequestID: "r", Type: "t", Code: "c", Message: "m", TraceID: "i",
			Header: http.Header{"Hidden": {"hidden"}}, Body: []byte("hidden"),
		},
		&freddy.TransportError{Method: "POST", Path: "/x", Attempts: 2, Ambiguous: true, Err: io.EOF, Previous: &freddy.APIError{Message: "hidden"}},
		&freddy.DecodeError{Method: "GET", Path: "/x", StatusCode: 200, ContentType: "text/html", Field: "/a", Snippet: "hidden", Err: io.EOF},
		&freddy.ArgumentError{Argument: "id", Reason: "must not be empty"},
		&freddy.NotConnectedError{ToolKey: "github", Err: context.Canceled},
	} {
		for _, logged := range []error{err, fmt.Errorf("sync: %w", err)} {
			var out bytes.Buffer
			slog.New(slog.NewJSONHandler(&out, nil)).Error("x", "err", logged)
			var record map[string]any
			require.NoError(t, json.Unmarshal(out.Bytes(), &record))
			assert.Equal(t, logged.Error(), record["err"])
			assert.NotContains(t, out.String(), "hidden")
		}
	}
}

func TestMayHaveSucceeded(t *testing.T) {
	for _, row := range []struct {
		err  error
		want bool
	}{
		{nil, false},
		{io.EOF, false},
		{&freddy.ArgumentError{}, false},
		{&freddy.NotConnectedError{}, false},
		{&freddy.TransportError{Method: "POST"}, false},
		{&freddy.TransportError{Method: "POST", Ambiguous: true}, true},
		{&freddy.TransportError{Method: "POST", Previous: &freddy.APIError{Method: "POST", StatusCode: 503}}, false},
		{&freddy.DecodeError{Method: "POST", StatusCode: 201}, true},
		{&freddy.DecodeError{Method: "PUT", StatusCode: 200}, true},
		{&freddy.DecodeError{Method: "PURGE", StatusCode: 200}, true},
		{&freddy.DecodeError{Method: "GET", StatusCode: 200}, false},
		{&freddy.DecodeError{Method: "HEAD", StatusCode: 200}, false},
		{&freddy.DecodeError{Method: "OPTIONS", StatusCode: 200}, false},
		{&freddy.APIError{Method: "POST", StatusCode: 400}, false},
		{&freddy.APIError{Method: "POST", StatusCode: 408}, true},
		{&freddy.APIError{Method: "POST", StatusCode: 409}, false},
		{&freddy.APIError{Method: "POST", StatusCode: 429}, false},
		{&freddy.APIError{Method: "DELETE", StatusCode: 429, Ambiguous: true}, true},
		{&freddy.APIError{Method: "POST", StatusCode: 500}, true},
		{&freddy.APIError{Method: "PATCH", StatusCode: 599}, true},
		{&freddy.APIError{Method: "GET", StatusCode: 503}, false},
		{&freddy.APIError{Method: "HEAD", StatusCode: 408}, false},
		{&freddy.APIError{Method: "POST", StatusCode: 200}, false},
		{errors.Join(&freddy.TransportError{Method: "GET"}, &freddy.APIError{Method: "POST", StatusCode: 503}), true},
		{errors.Join(&freddy.APIError{Method: "POST", StatusCode: 503}, &freddy.TransportError{Method: "GET"}), true},
		{&freddy.TransportError{Method: "GET", Err: &freddy.APIError{Method: "POST", StatusCode: 503}}, false}, // of a key source
	} {
		assert.Equal(t, row.want, freddy.MayHaveSucceeded(row.err), "%#v", row.err)
		if row.err != nil {
			assert.Equal(t, row.want, freddy.MayHaveSucceeded(fmt.Errorf("sync: %w", row.err)), "%#v", row.err)
			assert.Equal(t, row.want, freddy.MayHaveSucceeded(errors.Join(errTest, row.err)), "%#v", row.err)
		}
	}
	runInBubble(t, "of calls", func(t *T) {
		for response, want := range map[string]bool{
			faulty.Text(201, "<html>"): true, faulty.Text(201, ""): true, faulty.Text(200, `{"id":5}`): true, faulty.Text(200, strings.Repeat("x", 1<<20+1)): true,
			faulty.Text(200, `{"success":false}`): false, faulty.Text(422, "{}"): false, faulty.Text(503, ""): true, faulty.Text(302, ""): false,
			faulty.Head(200, "Content-Length: 9") + "{": true, "BANANA\r\n\r\n": true,
		} {
			_, err := t.over(script(response)).Configurations().Create(t.Context(), freddy.ConfigurationCreateParams{
				PersonalConnectorID: "p", Name: "n", Credentials: freddy.BearerCredentials("example-token"),
			})
			require.Error(t, err)
			assert.Equal(t, want, freddy.MayHaveSucceeded(err), "%.60q: %v", response, err)
			_, err = t.over(script(response)).Connectors().Get(t.Context(), "x")
			require.Error(t, err)
			assert.False(t, freddy.MayHaveSucceeded(err), "it only reads")
		}
		assert.False(t, freddy.MayHaveSucceeded(t.post(t.client(faulty.Refused(t))).err), "nothing was sent")
	})
}

func TestHasCode(t *testing.T) {
	err := &freddy.APIError{StatusCode: 200, Code: "INVALID_API_KEY"}
	for _, wrapped := range []error{err, fmt.Errorf("sync: %w", err), errors.Join(io.EOF, err), errors.Join(&freddy.APIError{Code: "first"}, nil, err)} {
		assert.True(t, freddy.HasCode(wrapped, freddy.CodeInvalidAPIKey))
		assert.True(t, freddy.HasCode(wrapped, "other", freddy.CodeInvalidAPIKey))
		assert.False(t, freddy.HasCode(wrapped, "other", ""))
		assert.False(t, freddy.HasCode(wrapped))
	}
	for _, other := range []error{nil, io.EOF, &freddy.APIError{}, &freddy.TransportError{Previous: err, Err: io.EOF}, &freddy.NotConnectedError{Last: err}} {
		assert.False(t, freddy.HasCode(other, "", freddy.CodeInvalidAPIKey))
	}
}

// The error of an attempt's timeout is a net.Error, as that of net/http is.
func TestNetError(t *testing.T) {
	runInBubble(t, "attempt timeout", func(t *T) {
		for name, handler := range map[string]faulty.Handler{"no response": faulty.Stall, "body": faulty.Then(faulty.Raw(faulty.Head(200, "Content-Length: 9")), faulty.Stall)} {
			o := t.get(t.client(t.serve(handler).URL()), freddy.WithAttemptTimeout(time.Second), freddy.WithMaxRetries(1))
			var netErr net.Error
			require.ErrorAs(t, o.err, &netErr, name)
			assert.True(t, netErr.Timeout())
			assert.True(t, netErr.Temporary()) //nolint:staticcheck // old programs ask for it
			require.NotErrorIs(t, o.err, context.DeadlineExceeded)
			require.NotErrorIs(t, o.err, os.ErrDeadlineExceeded)
			assert.Contains(t, o.err.Error(), "timeout: no complete response within 1s")
		}
	})
	runInBubble(t, "other failures", func(t *T) {
		o := t.get(t.client(t.serve(faulty.Close).URL()))
		var netErr net.Error
		require.ErrorAs(t, o.err, &netErr)
		assert.False(t, netErr.Timeout())
	})
}

func TestPrevious(t *testing.T) {
	runInBubble(t, "the last error response", func(t *T) {
		s := t.serve(faulty.Reply(503, "", "X-Request-Id: req_1"), faulty.Close, faulty.Reply(429, `{"error":"`+testKey+`"}`, "X-Request-Id: req_3"), faulty.Close)
		o := t.do(t.client(s.URL()), http.MethodPut)
		err := o.transport(0, 4)
		require.NotNil(t, err.Previous)
		assert.Equal(t, "req_3", err.Previous.RequestID)
		assert.Equal(t, "REDACTED", err.Previous.Message)
		assert.False(t, err.Previous.Ambiguous, "that is said of the call's error")
		for _, sentinel := range []error{freddy.ErrServer, freddy.ErrRateLimited} {
			require.NotErrorIs(t, o.err, sentinel)
		}
		assert.NotErrorAs(t, o.err, new(*freddy.APIError))
	})
	runInBubble(t, "none", func(t *T) {
		assert.Nil(t, t.get(t.client(t.serve(faulty.Close).URL())).transport(0, 4).Previous)
		assert.Nil(t, t.get(t.client(t.serve(faulty.Cut(200, 9, "{")).URL())).transport(200, 4).Previous, "a success that was cut off")
	})
}

func TestAPIErrorRateLimit(t *testing.T) {
	runInBubble(t, "of the final response", func(t *T) {
		s := t.serve(faulty.Reply(503, "", "X-RateLimit-Limit: 7"), faulty.Reply(429, "", "X-RateLimit-Limit: 100", "X-RateLimit-Remaining: 0", "X-RateLimit-Reset: 1893456000.5", "Retry-After: 9"))
		err := t.get(t.client(s.URL())).api(429, 2)
		assert.Equal(t, &freddy.RateLimit{Limit: 100, Reset: time.Date(2030, 1, 1, 0, 0, 0, 500_000_000, time.UTC)}, err.RateLimit)
		assert.Nil(t, t.get(t.client(t.serve(faulty.Reply(429, "", "Retry-After: 9")).URL())).api(429, 1).RateLimit)
	})
}

func TestTooLargeText(t *testing.T) {
	runInBubble(t, "says the limit", func(t *T) {
		large := t.get(t.over(script(faulty.Text(200, connectorBody)), freddy.WithMaxResponseBytes(9))).decode(200)
		assert.EqualError(t, large, "freddy: GET /v1"+connectorPath+": 200: the response body is larger than the limit of WithMaxResponseBytes")
	})
}
