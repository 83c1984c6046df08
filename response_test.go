package freddy_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/internal/faulty"
)

func TestResponse(t *testing.T) {
	runInBubble(t, "B1 last response", func(t *T) {
		busy := faulty.Reply(503, `{"error":"busy"}`, "X-Request-Id: req_503", "X-Only: busy")
		success := faulty.Reply(200, connectorBody, "x-request-id: req_200", "FREDDY-API-VERSION: 2025-01-01", "Freddy-Processing-Ms: 12.5")

		o := t.get(t.client(t.serve(busy, busy, success).URL())).ok(3)
		assert.Equal(t, 200, o.response.StatusCode)
		assert.Equal(t, "req_200", o.response.RequestID)
		assert.Equal(t, "2025-01-01", o.response.APIVersion)
		assert.Equal(t, 12500*time.Microsecond, o.response.ProcessingTime)
		assert.Empty(t, o.response.Header.Get("X-Only"), "of the last response only")
		assert.Nil(t, o.response.RateLimit)

		o = t.get(t.client(t.serve(busy).URL()))
		assert.JSONEq(t, `{"error":"busy"}`, string(o.api(503, 4).Body))
		assert.Equal(t, "req_503", o.response.RequestID)

		o = t.get(t.client(t.serve(faulty.Close).URL()))
		o.isTransport(0, 4)
		assert.Equal(t, freddy.Response{Attempts: 4}, o.response, "no response")

		// If there is no last response, it is the last error response of an earlier
		// attempt, which only Previous has.
		o = t.get(t.client(t.serve(busy, faulty.Close).URL()))
		err := o.transport(0, 4)
		assert.Equal(t, 503, o.response.StatusCode)
		assert.Equal(t, "req_503", o.response.RequestID)
		require.NotNil(t, err.Previous)
		assert.Equal(t, "req_503", err.Previous.RequestID)
		assert.Equal(t, "busy", err.Previous.Message)
		assert.Equal(t, 4, err.Previous.Attempts)
		assert.NotErrorAs(t, err, new(*freddy.APIError))
		require.NotErrorIs(t, err, freddy.ErrServer)
		require.ErrorIs(t, err, io.EOF)
		assert.False(t, err.Ambiguous, "a GET only reads")
	})
	runInBubble(t, "WithResponse twice", func(t *T) {
		s := t.serve(faulty.Reply(http.StatusOK, connectorBody, "X-A: a"))
		var one, two freddy.Response
		t.get(t.client(s.URL()), freddy.WithResponse(&one), freddy.WithResponse(&two)).ok(1)
		assert.Equal(t, one, two)
		one.Header.Set("X-A", "b")
		assert.Equal(t, "a", two.Header.Get("X-A"), "the responses share no memory")
	})
	runInBubble(t, "WithResponse is reset if nothing is sent", func(t *T) {
		s := t.untouched()
		source := func(context.Context) (string, error) { return "", errTest }
		keyless := t.newClient("", freddy.WithBaseURL(s.URL()), freddy.WithKeySource(source))
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		client := t.client(s.URL())
		for name, call := range map[string]func(freddy.CallOption) error{
			"id": func(opt freddy.CallOption) error {
				_, err := client.Connectors().Get(t.Context(), "", opt)
				return err
			},
			"option": func(opt freddy.CallOption) error {
				_, err := client.Connectors().Get(t.Context(), "x", freddy.WithMaxRetries(-1), opt, nil)
				return err
			},
			"client": func(opt freddy.CallOption) error {
				_, err := new(freddy.Client).Connectors().Get(t.Context(), "x", opt)
				return err
			},
			"path": func(opt freddy.CallOption) error { return client.Do(t.Context(), http.MethodGet, "x", nil, nil, opt) },
			"in": func(opt freddy.CallOption) error {
				return client.Do(t.Context(), http.MethodGet, "/x", make(chan int), nil, opt)
			},
			"context": func(opt freddy.CallOption) error {
				_, err := client.Connectors().Get(ended, "x", opt)
				return err
			},
			"key": func(opt freddy.CallOption) error {
				_, err := keyless.Connectors().Get(t.Context(), "x", opt)
				return err
			},
		} {
			response := freddy.Response{StatusCode: 200, RequestID: "stale", Attempts: 3, Header: http.Header{"A": {"b"}}}
			require.Error(t, call(freddy.WithResponse(&response)))
			assert.Equal(t, freddy.Response{}, response, name)
		}
	})
	runInBubble(t, "F12 WithResponse(nil)", func(t *T) {
		client := t.client(t.untouched().URL())
		t.allReject(t.Context(), client, client.Connectors(), "WithResponse", freddy.WithResponse(nil))
	})
	runInBubble(t, "E12 rate limits and processing time", func(t *T) {
		in2030, reset := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC), time.Now().Add(time.Hour)
		for name, test := range map[string]struct {
			fields []string
			want   *freddy.RateLimit
		}{
			"none":         {nil, nil},
			"words":        {[]string{"X-RateLimit-Limit: soon", "X-RateLimit-Remaining: soon", "X-RateLimit-Reset: soon"}, nil},
			"empty":        {[]string{"X-RateLimit-Limit:", "X-RateLimit-Remaining:", "X-RateLimit-Reset:"}, nil},
			"negative":     {[]string{"X-RateLimit-Limit: -1", "X-RateLimit-Remaining: -1", "X-RateLimit-Reset: -1"}, nil},
			"huge":         {[]string{"X-RateLimit-Limit: 1e30", "X-RateLimit-Remaining: 1e30", "X-RateLimit-Reset: 1e30"}, nil},
			"2^63":         {[]string{"X-RateLimit-Limit: 9223372036854775808", "X-RateLimit-Remaining: 99999999999999999999", "X-RateLimit-Reset: 9223372036854775808"}, nil},
			"not numbers":  {[]string{"X-RateLimit-Limit: NaN", "X-RateLimit-Remaining: Inf", "X-RateLimit-Reset: NaN"}, nil},
			"seconds":      {[]string{"X-RateLimit-Limit: 100", "X-RateLimit-Remaining: 99", fmt.Sprint("X-RateLimit-Reset: ", in2030.Unix())}, &freddy.RateLimit{Limit: 100, Remaining: 99, Reset: in2030}},
			"milliseconds": {[]string{"x-ratelimit-limit: 100", fmt.Sprint("x-ratelimit-reset: ", in2030.UnixMilli())}, &freddy.RateLimit{Limit: 100, Reset: in2030}},
			"delta":        {[]string{"X-RateLimit-Remaining: 0", "X-RateLimit-Reset: 3600"}, &freddy.RateLimit{Reset: reset}},
			"duration":     {[]string{"X-RATELIMIT-REMAINING: 7", "X-RateLimit-Reset: 1h0m0s"}, &freddy.RateLimit{Remaining: 7, Reset: reset}},
			"requests":     {[]string{"x-ratelimit-limit-requests: 10", "X-RateLimit-Limit: 99", "x-ratelimit-remaining-requests: 9"}, &freddy.RateLimit{Limit: 10, Remaining: 9}},
			"max int64":    {[]string{"X-RateLimit-Reset: 9223372036854775807"}, nil},
			"short":        {[]string{"X-RateLimit-Reset: 1m30s"}, &freddy.RateLimit{Reset: time.Now().Add(90 * time.Second)}},
			"limit only":   {[]string{"X-RateLimit-Limit: 100", "X-RateLimit-Remaining: x"}, &freddy.RateLimit{Limit: 100}},
			"partly":       {[]string{"X-RateLimit-Limit: soon", "X-RateLimit-Remaining: 5"}, &freddy.RateLimit{Remaining: 5}},
		} {
			rt := script(faulty.Text(429, "", test.fields...), faulty.Text(200, connectorBody, test.fields...))
			o := t.get(t.over(rt)).ok(2).within(time.Millisecond)
			if test.want != nil && !test.want.Reset.IsZero() {
				require.NotNil(t, o.response.RateLimit, name)
				assert.WithinDuration(t, test.want.Reset, o.response.RateLimit.Reset, time.Second, name)
				o.response.RateLimit.Reset = test.want.Reset
			}
			assert.Equal(t, test.want, o.response.RateLimit, name)
		}
		for _, value := range []string{"", "-1", "1e30", "NaN", "Inf", "soon", "9223372036854775808"} {
			o := t.get(t.over(script(faulty.Text(200, connectorBody, "Freddy-Processing-Ms: "+value)))).ok(1)
			assert.Zero(t, o.response.ProcessingTime, value)
		}
	})
}
