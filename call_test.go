package freddy_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/internal/faulty"
)

func TestDo(t *testing.T) {
	t.Run("request and response", func(t *testing.T) {
		type note struct {
			Text string `json:"text"`
		}
		url := server(t, func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			w.Header().Set("Got", r.Method+" "+r.URL.RequestURI()+" "+r.Header.Get("Content-Type"))
			if len(body) == 0 {
				body = []byte(`{"text":"none"}`)
			}
			_, _ = w.Write(body)
		})
		client := newClient(t, url)
		var response freddy.Response
		var out note
		require.NoError(t, client.Do(t.Context(), "POST", "/notes/a%2Fb?x=1&y=%20", note{"hello"}, &out, freddy.WithResponse(&response)))
		assert.Equal(t, "hello", out.Text)
		assert.Equal(t, "POST /notes/a%2Fb?x=1&y=%20 application/json", response.Header.Get("Got"))

		var raw json.RawMessage
		require.NoError(t, client.Do(t.Context(), "PUT", "/notes", json.RawMessage(` {"text" : "as it is"}`), &raw, freddy.WithResponse(&response)))
		assert.Equal(t, ` {"text" : "as it is"}`, string(raw))

		require.NoError(t, client.Do(t.Context(), "GET", "/notes", nil, &out, freddy.WithResponse(&response)))
		assert.Equal(t, "none", out.Text)
		assert.Equal(t, "GET /notes", response.Header.Get("Got"), "a request without a body has no Content-Type")

		require.NoError(t, client.Do(t.Context(), "DELETE", "/notes", nil, nil))

		var connector freddy.Connector // a model decodes itself
		var decode *freddy.DecodeError
		err := client.Do(t.Context(), "POST", "/x", json.RawMessage(`{"metadata":{"auth_method":5}}`), &connector)
		require.ErrorAs(t, err, &decode)
		assert.Equal(t, "/metadata/auth_method", decode.Field)
		err = client.Do(t.Context(), "POST", "/x", json.RawMessage(`{"text":{"deep":5}}`), &struct {
			Text struct {
				Deep string `json:"deep"`
			} `json:"text"`
		}{})
		require.ErrorAs(t, err, &decode)
		assert.Equal(t, "/text/deep", decode.Field)
	})
	t.Run("rejected responses", func(t *testing.T) {
		for body, want := range map[string]string{
			``:                  "the response body is empty",
			`<html>`:            "invalid character",
			`{"a":1} {}`:        "after top-level value",
			`{"success":false}`: "200 OK",
		} {
			client := newClient(t, server(t, reply(body)))
			for _, out := range []any{new(json.RawMessage), new(any), new(struct{})} {
				assert.ErrorContains(t, client.Do(t.Context(), "GET", "/x", nil, out), want)
			}
		}
		client := newClient(t, server(t, reply(`{"success":false,"error":{"code":"NO"}}`)))
		var apiErr *freddy.APIError
		require.ErrorAs(t, client.Do(t.Context(), "GET", "/x", nil, nil), &apiErr)
		assert.True(t, freddy.HasCode(apiErr, "no"))
		require.NoError(t, newClient(t, server(t, reply(`<html>`))).Do(t.Context(), "GET", "/x", nil, nil), "nil discards the response")
	})
	runInBubble(t, "F15 invalid request bodies", func(t *T) {
		client := t.client(t.untouched().URL())
		loop := map[string]any{}
		loop["self"] = loop
		type node struct{ Next *node }
		ring := &node{}
		ring.Next = ring
		marshals := 0
		for _, in := range []any{
			math.NaN(), math.Inf(1), make(chan int), func() {}, complex(1, 1), loop, ring,
			map[string]any{"a": []any{make(chan int)}},
			map[bool]int{true: 1},
			marshaler(func() ([]byte, error) { marshals++; return nil, fmt.Errorf("cannot write %s", testKey) }),
			marshaler(func() ([]byte, error) { return []byte("{" + testKey), nil }),
			json.Number(testKey), json.RawMessage(nil), json.RawMessage(""), json.RawMessage("{"), json.RawMessage("{}{}"), json.RawMessage(testKey),
		} {
			for _, method := range []string{http.MethodPost, http.MethodPut} {
				t.argument(client.Do(t.Context(), method, "/x", in, nil), "in")
			}
		}
		assert.Equal(t, 2, marshals, "each call marshals once")
	})
	runInBubble(t, "F15 request bodies as sent", func(t *T) {
		s := t.serve(faulty.Reply(http.StatusOK, ""))
		client := t.client(s.URL())
		for i, row := range []struct {
			in       any
			sent, as string
		}{
			{nil, "", ""},
			{json.RawMessage(` {"a":1.0}`), ` {"a":1.0}`, "application/json"},
			{map[string]int{"a": 1}, `{"a":1}`, "application/json"},
			{(*int)(nil), "null", "application/json"},
			{"", `""`, "application/json"},
		} {
			require.NoError(t, client.Do(t.Context(), http.MethodPost, "/x", row.in, nil))
			request := s.Requests()[i]
			assert.Equal(t, row.sent, string(request.Body))
			assert.Equal(t, row.as, request.Header.Get("Content-Type"))
			assert.Equal(t, strconv.Itoa(len(row.sent)), request.Header.Get("Content-Length"))
		}
	})
	runInBubble(t, "B2 retried methods", func(t *T) {
		client := t.client(t.untouched().URL())
		for _, method := range []string{"", " ", "GET ", "G T", "GET /x", "GET\r\nX: 1", "GÉT", "\x00", "CONNECT", "(", "GET:"} {
			t.argument(client.Do(t.Context(), method, "/x", nil, nil), "method")
		}
		s := t.serve(faulty.Reply(http.StatusServiceUnavailable, ""))
		client = t.client(s.URL())
		for method, attempts := range map[string]int{
			"GET": 4, "HEAD": 4, "OPTIONS": 4, "PUT": 4, "DELETE": 4, "POST": 1, "PATCH": 1, "get": 1, "PURGE": 1, "X-A": 1,
		} {
			var apiErr *freddy.APIError
			require.ErrorAs(t, client.Do(t.Context(), method, "/x", nil, nil), &apiErr)
			assert.Equal(t, attempts, apiErr.Attempts, method)
			assert.Equal(t, method, apiErr.Method)
		}
	})
	runInBubble(t, "out", func(t *T) {
		client := t.client(t.untouched().URL())
		for _, out := range []any{1, "", map[string]any{}, []byte{}, struct{}{}, json.RawMessage{}, (*int)(nil), (*json.RawMessage)(nil), func() {}, http.Header{}} {
			t.argument(client.Do(t.Context(), http.MethodGet, "/x", nil, out), "out")
		}
		s := t.serve(faulty.Reply(http.StatusOK, ` {"a":1.0}`))
		client = t.client(s.URL())
		var raw json.RawMessage
		require.NoError(t, client.Do(t.Context(), http.MethodGet, "/x", nil, &raw))
		assert.JSONEq(t, `{"a":1.0}`, string(raw))
		var value any
		require.NoError(t, client.Do(t.Context(), http.MethodGet, "/x", nil, &value))
		assert.Equal(t, map[string]any{"a": 1.0}, value)
		var wrong struct {
			Wrong string `json:"a"`
		}
		var decode *freddy.DecodeError
		require.ErrorAs(t, client.Do(t.Context(), http.MethodGet, "/x", nil, &wrong), &decode)
		assert.Equal(t, "/a", decode.Field)
		require.EqualError(t, decode.Err, "/a: does not fit the Go type string")
	})
	runInBubble(t, "errors of UnmarshalJSON", func(t *T) {
		client := t.client(t.serve(faulty.Reply(http.StatusOK, `"password=hunter2"`)).URL())
		for _, cause := range []error{errors.New("cannot parse"), json.Unmarshal([]byte("?"), new(any)), json.Unmarshal([]byte("{}"), new(int))} {
			quotes := unmarshaler(func(data []byte) error { return fmt.Errorf("%s: %w", data, cause) })
			var decode *freddy.DecodeError
			require.ErrorAs(t, client.Do(t.Context(), http.MethodGet, "/x", nil, &quotes), &decode)
			assert.NotContains(t, decode.Error(), "hunter2")
		}
	})
}

// unmarshaler is a json.Unmarshaler.
type unmarshaler func(data []byte) error

func (u *unmarshaler) UnmarshalJSON(data []byte) error { return (*u)(data) }

// marshaler is a json.Marshaler.
type marshaler func() ([]byte, error)

func (m marshaler) MarshalJSON() ([]byte, error) { return m() }
