package freddy_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
)

func TestRoundTripper(t *testing.T) {
	reply := func(req *http.Request) *http.Response {
		return &http.Response{StatusCode: http.StatusOK, Request: req, Body: io.NopCloser(strings.NewReader(connectorBody))}
	}
	runInBubble(t, "A2 no response and no error", func(t *T) {
		c := t.over(roundTrip(func(*http.Request) (*http.Response, error) { return nil, nil }))
		t.get(c).within(backoffs).isTransport(0, 4)
		assert.True(t, t.post(c).transport(0, 1).Ambiguous, "the request may have been sent")
	})
	runInBubble(t, "A2 response and error", func(t *T) {
		closed := 0
		c := t.over(roundTrip(func(req *http.Request) (*http.Response, error) {
			response := reply(req)
			response.Body = &closer{Reader: response.Body, close: func() { closed++ }}
			return response, errors.New("an error and a response")
		}))
		require.ErrorContains(t, t.get(c).transport(0, 4), "an error and a response")
		assert.Equal(t, 4, closed, "the bodies are closed")
		t.post(c).isTransport(0, 1)
	})
	runInBubble(t, "A19 no header, no body, no status", func(t *T) {
		bare := func(status int) *freddy.Client {
			return t.over(roundTrip(func(*http.Request) (*http.Response, error) { return &http.Response{StatusCode: status}, nil }))
		}
		t.get(bare(200)).isDecode(200)
		t.do(bare(200), http.MethodDelete).ok(1)
		t.get(bare(404)).isAPI(404, 1)
		t.get(bare(503)).isAPI(503, 4)
		for _, none := range []int{-200, -1, 0, 1, 20, 99} { // no HTTP status
			t.get(bare(none)).isTransport(0, 4)
		}
		t.get(t.over(roundTrip(func(req *http.Request) (*http.Response, error) { return reply(req), nil }))).ok(1)
	})
	runInBubble(t, "G6 context errors that are not the caller's", func(t *T) {
		for _, own := range []error{context.Canceled, context.DeadlineExceeded, fmt.Errorf("dial: %w", context.DeadlineExceeded)} {
			c := t.over(roundTrip(func(*http.Request) (*http.Response, error) { return nil, own }))
			err := t.get(c).within(backoffs).transport(0, 4)
			assert.Equal(t, errors.Is(own, context.DeadlineExceeded), err.Timeout())
		}
	})
	t.Run("default transport replaced later", func(t *testing.T) { // not parallel: it changes a global
		client, err := freddy.NewClient(testKey, freddy.WithBaseURL("http://127.0.0.1"), freddy.WithHTTPClient(&http.Client{}))
		require.NoError(t, err)
		original := http.DefaultTransport
		defer func() { http.DefaultTransport = original }()
		for _, id := range []string{"first", "second"} {
			http.DefaultTransport = roundTrip(func(req *http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: http.StatusOK, Request: req, Body: io.NopCloser(strings.NewReader(`{"id":"` + id + `"}`))}, nil
			})
			connector, err := client.Connectors().Get(t.Context(), "x")
			require.NoError(t, err)
			assert.Equal(t, id, connector.ID)
		}
	})
	runInBubble(t, "H3 key in its errors", func(t *T) {
		for _, leaked := range []string{testKey, base64.StdEncoding.EncodeToString([]byte(testKey)), url.QueryEscape("Bearer " + testKey)} {
			c := t.over(roundTrip(func(*http.Request) (*http.Response, error) {
				return nil, &url.Error{Op: "Get", URL: "https://proxy.example/?key=" + leaked, Err: errors.New("rejected " + leaked)}
			}))
			require.ErrorContains(t, t.get(c).transport(0, 4), "REDACTED")
			c = t.over(roundTrip(func(req *http.Request) (*http.Response, error) {
				response := reply(req)
				response.Body = io.NopCloser(iotest.ErrReader(errors.New("cut at " + leaked)))
				return response, nil
			}))
			require.ErrorContains(t, t.post(c).transport(200, 1), "REDACTED")
		}
	})
	runInBubble(t, "C2 bodies that fail", func(t *T) {
		for name, test := range map[string]struct {
			body  io.Reader
			fails bool
		}{
			"one byte at a time": {iotest.OneByteReader(strings.NewReader(connectorBody)), false},
			"data with EOF":      {iotest.DataErrReader(strings.NewReader(connectorBody)), false},
			"fails after half":   {io.MultiReader(strings.NewReader(connectorBody[:20]), iotest.ErrReader(io.ErrClosedPipe)), true},
			"fails after all":    {io.MultiReader(strings.NewReader(connectorBody), iotest.ErrReader(io.ErrClosedPipe)), true},
			"fails without data": {iotest.ErrReader(io.ErrClosedPipe), true},
		} {
			closed := 0
			c := t.over(roundTrip(func(req *http.Request) (*http.Response, error) {
				response := reply(req)
				response.Body = &closer{Reader: test.body, close: func() { closed++ }}
				return response, nil
			}))
			o := t.post(c)
			if test.fails {
				require.ErrorIs(t, o.transport(200, 1), io.ErrClosedPipe, name)
			} else {
				o.ok(1)
			}
			assert.Equal(t, 1, closed, name)
		}
	})
}
