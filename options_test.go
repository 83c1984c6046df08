package freddy_test

import (
	"context"
	"math"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/internal/faulty"
)

func TestOptions(t *testing.T) {
	options := []struct {
		option string
		shared []freddy.SharedOption
		client []freddy.Option
	}{
		{option: "WithMaxRetries", shared: []freddy.SharedOption{
			freddy.WithMaxRetries(-1), freddy.WithMaxRetries(101), freddy.WithMaxRetries(1e9), freddy.WithMaxRetries(math.MinInt), freddy.WithMaxRetries(math.MaxInt),
		}},
		{option: "WithAttemptTimeout", shared: []freddy.SharedOption{
			freddy.WithAttemptTimeout(0), freddy.WithAttemptTimeout(-1), freddy.WithAttemptTimeout(math.MinInt64),
		}},
		{option: "WithRetryBackoff", client: []freddy.Option{
			freddy.WithRetryBackoff(-1, 0), freddy.WithRetryBackoff(2, 1), freddy.WithRetryBackoff(-2, -1), freddy.WithRetryBackoff(0, -1), freddy.WithRetryBackoff(math.MinInt64, math.MaxInt64),
		}},
		{option: "WithMaxRetryAfter", client: []freddy.Option{freddy.WithMaxRetryAfter(-1), freddy.WithMaxRetryAfter(math.MinInt64)}},
		{option: "WithMaxResponseBytes", client: []freddy.Option{
			freddy.WithMaxResponseBytes(0), freddy.WithMaxResponseBytes(-1), freddy.WithMaxResponseBytes(math.MinInt64), freddy.WithMaxResponseBytes(math.MaxInt64),
		}},
		{option: "WithAuthScheme", client: []freddy.Option{freddy.WithAuthScheme(-1), freddy.WithAuthScheme(3), freddy.WithAuthScheme(math.MaxInt)}},
		{option: "WithHTTPClient", client: []freddy.Option{freddy.WithHTTPClient(nil)}},
		{option: "WithKeySource", client: []freddy.Option{freddy.WithKeySource(nil)}},
		{option: "WithLogger", client: []freddy.Option{freddy.WithLogger(nil)}},
		{option: "WithUserAgent", client: []freddy.Option{
			freddy.WithUserAgent(""), freddy.WithUserAgent(" "), freddy.WithUserAgent("\t"), freddy.WithUserAgent("a\r\nX: 1"), freddy.WithUserAgent("a\x00"), freddy.WithUserAgent("a\x7f"), freddy.WithUserAgent("Åcme/1"), freddy.WithUserAgent(" a"), freddy.WithUserAgent("a\tb"),
		}},
		{option: "WithHeader", shared: badHeaders()},
	}
	for _, row := range options {
		runInBubble(t, "F13 "+row.option, func(t *T) {
			client := t.client(t.untouched().URL())
			for _, option := range row.shared {
				row.client = append(row.client, option)
				t.allReject(t.Context(), client, client.Connectors(), row.option, option)
				t.allReject(t.Context(), client, client.Connectors(), row.option, freddy.WithMaxRetries(0), option, freddy.WithMaxRetries(0))
			}
			good := []freddy.Option{freddy.WithMaxRetries(0), freddy.WithBaseURL("https://api.test/v1"), freddy.WithUserAgent("a/1")}
			for _, option := range row.client {
				for at := range len(good) + 1 {
					client, err := freddy.NewClient(testKey, slices.Insert(slices.Clone(good), at, option)...)
					assert.Nil(t, client)
					t.argument(err, row.option)
				}
			}
		})
	}

	runAlone(t, "F12 http.Client without a Transport", func(t *T) {
		s := t.serve(faulty.Reply(http.StatusOK, connectorBody))
		provided := &http.Client{}
		t.get(t.client(s.URL(), freddy.WithHTTPClient(provided))).ok(1)
		assert.Equal(t, http.Client{}, *provided, "a caller-supplied client is not changed")
	})
	runInBubble(t, "F13 smallest and largest values", func(t *T) {
		for _, options := range [][]freddy.Option{
			{freddy.WithMaxRetries(100), freddy.WithRetryBackoff(0, 0)},
			{freddy.WithRetryBackoff(0, math.MaxInt64)},
			{freddy.WithRetryBackoff(1, 1)},
			{freddy.WithAttemptTimeout(math.MaxInt64), freddy.WithMaxRetryAfter(math.MaxInt64)},
			{freddy.WithMaxRetryAfter(0)},
			{freddy.WithMaxResponseBytes(1 << 40)},
			{freddy.WithMaxResponseBytes(int64(len(connectorBody)))},
		} {
			s := t.serve(faulty.Reply(http.StatusServiceUnavailable, ""), faulty.Reply(http.StatusOK, connectorBody))
			t.get(t.client(s.URL(), options...)).ok(2).within(backoffs)
		}
		s := t.serve(faulty.Reply(http.StatusServiceUnavailable, ""))
		require.ErrorIs(t, t.get(t.client(s.URL()), freddy.WithMaxRetries(0)).api(http.StatusServiceUnavailable, 1), freddy.ErrServer)
		require.ErrorIs(t, t.get(t.client(s.URL(), freddy.WithMaxRetries(0)), freddy.WithMaxRetries(2)).api(http.StatusServiceUnavailable, 3), freddy.ErrServer)
		stalled := t.serve(faulty.Stall)
		assert.True(t, t.get(t.client(stalled.URL()), freddy.WithAttemptTimeout(1)).within(backoffs+4).transport(0, 4).Timeout())
		forever := freddy.WithRetryBackoff(math.MaxInt64, math.MaxInt64)
		require.ErrorIs(t, t.get(t.client(s.URL(), forever), freddy.WithMaxRetries(0)).api(http.StatusServiceUnavailable, 1), freddy.ErrServer)
		whole := t.serve(faulty.Reply(http.StatusOK, connectorBody))
		got := t.get(t.client(whole.URL(), freddy.WithMaxResponseBytes(int64(len(connectorBody)-1)))).decode(http.StatusOK)
		require.ErrorIs(t, got, freddy.ErrResponseTooLarge)
	})
	runInBubble(t, "in any order", func(t *T) {
		s := t.serve(faulty.Reply(http.StatusServiceUnavailable, ""))
		transport := t.transport()
		transport.Proxy = func(*http.Request) (*url.URL, error) { return url.Parse(s.URL()) }
		options := []freddy.Option{
			freddy.WithBaseURL("http://api.test/v1"), freddy.WithInsecureHTTP(), withTransport(transport),
			freddy.WithAuthScheme(freddy.AuthSchemeXAPIKey), freddy.WithKeySource(func(context.Context) (string, error) { return testKey, nil }),
			freddy.WithUserAgent("a/1"), freddy.WithHeader("user-agent", "b/2"), freddy.WithHeader("ACCEPT", "text/plain"), freddy.WithHeader("X-Other", "c"),
			freddy.WithRetryBackoff(1, 1), freddy.WithMaxRetries(1), freddy.WithAttemptTimeout(time.Second), freddy.WithMaxRetryAfter(1), freddy.WithMaxResponseBytes(10),
		}
		const orders = 20
		for range orders {
			_, err := t.newClient("", options...).Connectors().Get(t.Context(), "x")
			require.ErrorIs(t, err, freddy.ErrServer)
			rand.Shuffle(len(options), func(i, j int) { options[i], options[j] = options[j], options[i] })
		}
		requests := s.Requests()
		require.Len(t, requests, 2*orders)
		for _, request := range requests {
			assert.Equal(t, "http://api.test/v1/personal-connectors/x", request.RequestURI)
			assert.Equal(t, requests[0].Header, request.Header)
		}
		assert.Equal(t, "b/2", requests[0].Header.Get("User-Agent"))
		assert.Equal(t, "text/plain", requests[0].Header.Get("Accept"))
		assert.Equal(t, testKey, requests[0].Header.Get("X-Api-Key"))
		assert.Empty(t, requests[0].Header.Get("Authorization"))
	})
	runInBubble(t, "WithHeader of a call overrides the client's", func(t *T) {
		s := t.serve(faulty.Reply(http.StatusOK, connectorBody))
		client := t.client(s.URL(), freddy.WithHeader("x-a", "client"), freddy.WithHeader("X-B", "client"), freddy.WithHeader("Content-Type", "text/client"))
		require.NoError(t, client.Do(t.Context(), http.MethodPost, "/x", 1, nil, freddy.WithHeader("X-A", "call"), freddy.WithHeader("x-c", "é\ta")))
		require.NoError(t, client.Do(t.Context(), http.MethodPost, "/x", nil, nil))
		require.NoError(t, client.Do(t.Context(), http.MethodPost, "/x", 1, nil, freddy.WithHeader("content-type", "text/call")))
		sent := s.Requests()
		assert.Equal(t, []string{"call"}, sent[0].Header["X-A"])
		assert.Equal(t, []string{"client"}, sent[0].Header["X-B"])
		assert.Equal(t, []string{"é\ta"}, sent[0].Header["X-C"])
		assert.Equal(t, []string{"text/client"}, sent[0].Header["Content-Type"])
		assert.Equal(t, []string{"client"}, sent[1].Header["X-A"], "a header of a call is not kept")
		assert.Empty(t, sent[1].Header["X-C"])
		assert.Empty(t, sent[1].Header["Content-Type"], "no Content-Type without a body")
		assert.Equal(t, []string{"text/call"}, sent[2].Header["Content-Type"])
		assert.True(t, strings.HasPrefix(sent[0].Header.Get("User-Agent"), "freddy-go/"+freddy.Version+" (go"), sent[0].Header.Get("User-Agent"))
	})
}

// badHeaders returns headers that WithHeader rejects.
func badHeaders() []freddy.SharedOption {
	var options []freddy.SharedOption
	for _, name := range []string{"Authorization", "X-API-Key", "api-key", "Host", "Content-Length", "Transfer-Encoding", "Trailer"} {
		for _, name := range []string{name, strings.ToLower(name), strings.ToUpper(name), http.CanonicalHeaderKey(name), strings.ToUpper(name[:3]) + strings.ToLower(name[3:])} {
			options = append(options, freddy.WithHeader(name, "x"))
		}
	}
	for _, name := range []string{"", " ", "a b", "a:b", " a", "a ", "a\r\n", "a\r\nX", "ä", "a\x00", "(a)", "a/b", "a\x7f", `"a"`, "authorization ", "a@b"} {
		options = append(options, freddy.WithHeader(name, "x"))
	}
	for _, value := range []string{"\n", "a\nb", "a\r\nAuthorization: x", "\r", "\x00", "a\x01", "a\x1b[0m", "a\x7f", " a", "a ", "\ta"} {
		options = append(options, freddy.WithHeader("X-A", value))
	}
	return options
}
