package freddy_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"io/fs"
	"iter"
	"log/slog"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/internal/faulty"
)

// prompt is the matrix's 50 ms after the end of a context, three times over
// like fast.
const prompt = 150 * time.Millisecond

// argument requires an *ArgumentError, the type itself, that blames the
// argument and is fit for a log.
func (f *faultRow) argument(err error, argument string) {
	f.Helper()
	invalid, ok := err.(*freddy.ArgumentError) //nolint:errorlint // the type itself
	require.True(f, ok, "want *ArgumentError, have %T: %v", err, err)
	assert.Equal(f, argument, invalid.Argument)
	assert.NotEmpty(f, invalid.Reason)
	require.ErrorIs(f, err, freddy.ErrInvalidArgument)
	text := err.Error()
	assert.True(f, strings.HasPrefix(text, "freddy: "+argument+" "), text)
	assert.LessOrEqual(f, len(text), 1024)
	assert.False(f, strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }), "%q", text)
	faulty.NoSecret(f, faultKey, err)
}

// untouched starts a server that nobody may connect to.
func (f *faultRow) untouched() *faulty.Server {
	f.Helper()
	s := f.serve(faulty.Reply(http.StatusOK, faultBody))
	f.Cleanup(func() { assert.Zero(f, s.Accepted(), "nothing is sent") })
	return s
}

// refusedID requires that no call takes the id.
func (f *faultRow) refusedID(client *freddy.Client, id string) {
	f.Helper()
	start := time.Now()
	connector, err := client.Connectors().Get(f.Context(), id)
	assert.Less(f, time.Since(start), fast)
	assert.Nil(f, connector)
	f.argument(err, "id")
	if len(id) > 8 {
		assert.NotContains(f, err.Error(), id)
	}
}

func argumentRows(t *testing.T) {
	ids := []struct {
		row string
		ids []string
	}{
		{"F1_empty_id", []string{"", " ", "\t", "\u00a0", "   "}},
		{"F2_dot_segments", []string{
			".", "..", "...", "../admin", "..%2fadmin", "%2e%2e", `..\admin`, ".%2e", "..;", "pcon.", "%252e%252e", "\uff0e\uff0e",
		}},
		{"F3_delimiters", []string{
			"a/b", "a?x=1", "a#f", "a;x", "a%00", "//evil/x", "/", "?", "#", "a%2fb", "a&b", "a=b", "a+b", "a b", "a:b", "a@b", "{connector_id}", "*",
		}},
		{"F4_what_no_id_holds", []string{
			"a\r\nX: 1", "a\n", "a\x00", "a\x7f", "a\xff", "\u202epcon", "pcön", "pcon_github\u200b", strings.Repeat("a", 129), strings.Repeat("a", 1<<20), strings.Repeat("\x00", 1<<20),
		}},
		{"F5_reserved_words", []string{"configurations", "available", "authorize", "callback", "complete-oauth", "connections"}},
	}
	for _, row := range ids {
		fault(t, row.row, func(f *faultRow) {
			client := f.client(f.untouched().URL())
			for _, id := range row.ids {
				f.refusedID(client, id)
			}
		})
	}

	fault(t, "F5_every_id_that_is_one", func(f *faultRow) {
		ids := []string{
			"a", "0", "_", "-", "pcon_github", "PCON-9", "Configurations", "configurations_", "availables",
			strings.Repeat("z", 128), "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-",
		}
		s := f.serve(faulty.Reply(http.StatusOK, faultBody))
		client := f.client(s.URL())
		for i, id := range ids {
			_, err := client.Connectors().Get(f.Context(), id)
			require.NoError(f, err)
			assert.Equal(f, "/v1/personal-connectors/"+id, s.Requests()[i].RequestURI)
		}
	})

	fault(t, "F6_delete_without_an_id", func(f *faultRow) {
		client := f.client(f.untouched().URL())
		f.argument(client.Do(f.Context(), http.MethodDelete, "", nil, nil), "path")
	})

	fault(t, "F7_no_key", func(f *faultRow) {
		for _, key := range []string{"", " ", "    ", "\t", "\n"} {
			client, err := freddy.NewClient(key)
			assert.Nil(f, client)
			f.argument(err, "apiKey")
		}
	})

	fault(t, "F8_keys_that_no_header_carries", func(f *faultRow) {
		refused := func(key string) {
			client, err := freddy.NewClient(key)
			assert.Nil(f, client)
			f.argument(err, "apiKey") // without faultKey, a part of each
		}
		for b := range 256 {
			if '!' <= b && b <= '~' {
				continue
			}
			for _, key := range []string{string([]byte{byte(b)}) + faultKey, faultKey + string([]byte{byte(b)}), faultKey + string([]byte{byte(b)}) + faultKey} {
				refused(key)
			}
		}
		for _, key := range []string{
			faultKey + "\r\nX: 1", "ключ-" + faultKey, faultKey + "\u202e", faultKey + strings.Repeat("k", 8<<10-len(faultKey)+1), strings.Repeat(faultKey, 1<<20/len(faultKey)),
		} {
			refused(key)
		}
	})

	fault(t, "F8_keys_that_one_does", func(f *faultRow) {
		var all []byte
		for b := byte('!'); b <= '~'; b++ {
			all = append(all, b)
		}
		for _, key := range []string{"k", string(all), strings.Repeat("k", 8<<10)} {
			for scheme, header := range map[freddy.AuthScheme][2]string{
				freddy.AuthSchemeBearer:  {"Authorization", "Bearer "},
				freddy.AuthSchemeXAPIKey: {"X-Api-Key", ""},
				freddy.AuthSchemeAPIKey:  {"Api-Key", ""},
			} {
				s := f.serve(faulty.Reply(http.StatusOK, faultBody))
				client, err := freddy.NewClient(key, freddy.WithBaseURL(s.URL()), freddy.WithAuthScheme(scheme))
				require.NoError(f, err)
				f.checks.CloseIdle(client.CloseIdleConnections)
				_, err = client.Connectors().Get(f.Context(), "x")
				require.NoError(f, err)
				sent := s.Requests()[0].Header
				assert.Equal(f, []string{header[1] + key}, sent[header[0]])
				carriers := 0
				for _, name := range []string{"Authorization", "X-Api-Key", "Api-Key"} {
					carriers += len(sent[name])
				}
				assert.Equal(f, 1, carriers, "the key goes out once")
			}
		}
	})

	fault(t, "F9_base_urls_that_are_none", func(f *faultRow) {
		const secret = "hunter2-hunter2"
		for _, base := range []string{
			"", " ", "/", "api.x", "//x", "//x/v1", "/v1", "ftp://x", "ws://x", "file:///v1", "javascript:alert(1)", "https:", "https:x", "https:/x", "https://", "https:///v1",
			"https://:443", "https://x y", "https://[::1", "https://::1]", "https://x:port", "https://x/%zz", "https://%zz/", "https://x\n", "https://x/\x00", "https://x/\x7f",
			" https://x", "https ://x", `https:\\x`, `https://x\y`, "unix:///run/x",
			"https://user@x", "https://user:" + secret + "@x", "https://:" + secret + "@x/v1", "https://@x",
			"https://x?token=" + secret, "https://x/v1?", "https://x#" + secret, "https://x/v1#", "https://x/" + secret + "%zz", "https://u:" + secret + "@x:port",
		} {
			client, err := freddy.NewClient(faultKey, freddy.WithBaseURL(base))
			assert.Nil(f, client)
			require.Error(f, err, base)
			f.argument(err, "WithBaseURL")
			faulty.NoSecret(f, secret, err)
		}
	})

	fault(t, "F10_http_to_another_host", func(f *faultRow) {
		for _, base := range []string{
			"http://api.freddy.example", "HTTP://api.freddy.example", "http://10.0.0.1", "http://0.0.0.0", "http://128.0.0.1", "http://[::2]", "http://[::ffff:10.0.0.1]",
			"http://localhost.evil.example", "http://127.0.0.1.evil.example", "http://localhostx", "http://xlocalhost",
		} {
			_, err := freddy.NewClient(faultKey, freddy.WithBaseURL(base))
			f.argument(err, "WithBaseURL")
			for _, opts := range [][]freddy.Option{
				{freddy.WithBaseURL(base), freddy.WithInsecureHTTP()},
				{freddy.WithInsecureHTTP(), freddy.WithBaseURL(base)},
			} {
				_, err = freddy.NewClient(faultKey, opts...)
				require.NoError(f, err, base)
			}
		}
		for _, base := range []string{
			"http://127.0.0.1", "http://127.255.255.254:8080/v1", "http://[::1]:80", "http://localhost", "http://LOCALHOST:1", "http://[::ffff:127.0.0.1]",
		} {
			_, err := freddy.NewClient(faultKey, freddy.WithBaseURL(base))
			require.NoError(f, err, base)
		}
	})

	for _, row := range []struct{ name, base, host, uri string }{
		{"bare", "http://api.test", "api.test", ""},
		{"slash", "http://api.test/", "api.test", ""},
		{"slashes", "http://api.test///", "api.test", ""},
		{"path", "http://api.test/v1", "api.test", "/v1"},
		{"path_and_slash", "http://api.test/v1/", "api.test", "/v1"},
		{"prefix", "http://api.test/proxy/v1", "api.test", "/proxy/v1"},
		{"double_slash", "http://api.test/proxy//v1//", "api.test", "/proxy//v1"},
		{"double_slash_in_front", "http://api.test//v1", "api.test", "//v1"},
		{"port", "http://api.test:8443/v1", "api.test:8443", "/v1"},
		{"ipv4", "http://127.0.0.2:81", "127.0.0.2:81", ""},
		{"ipv6", "http://[::1]:8080/v1", "[::1]:8080", "/v1"},
		{"upper_case", "HTTP://API.Test/V1", "API.Test", "/V1"},
		{"percent", "http://api.test/a%20b", "api.test", "/a%20b"},
		{"percent_slash", "http://api.test/a%2Fb/", "api.test", "/a%2Fb"},
		{"percent_slash_at_the_end", "http://api.test/a%2F", "api.test", "/a%2F"},
		{"percent_that_needs_none", "http://api.test/%7Euser", "api.test", "/%7Euser"},
		{"lower_case_percent", "http://api.test/%c3%a9", "api.test", "/%c3%a9"},
		{"not_ascii", "http://api.test/é", "api.test", "/%C3%A9"},
		{"sub_delimiters", "http://api.test/a;b=c,d:e@f!$&'()*+", "api.test", "/a;b=c,d:e@f!$&'()*+"},
	} {
		fault(t, "F11_base_url_"+row.name, func(f *faultRow) {
			s := f.serve(faulty.Reply(http.StatusOK, anyBody))
			dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, network, strings.TrimPrefix(s.URL(), "http://"))
			}
			client, err := freddy.NewClient(faultKey, freddy.WithBaseURL(row.base), freddy.WithInsecureHTTP(),
				freddy.WithHTTPClient(&http.Client{Transport: &http.Transport{DialContext: dial}}))
			require.NoError(f, err)
			f.checks.CloseIdle(client.CloseIdleConnections)

			_, err = client.Connectors().Get(f.Context(), "pcon_github")
			require.NoError(f, err)
			_, err = client.Connectors().List(f.Context(), freddy.ConnectorListParams{Category: "a&b=c/?d é"})
			require.NoError(f, err)
			require.NoError(f, client.Do(f.Context(), http.MethodGet, "/x%2Fy/?z=%2F", nil, nil))
			require.NoError(f, client.Do(f.Context(), http.MethodGet, "/", nil, nil))

			var uris []string
			for _, request := range s.Requests() {
				uris = append(uris, request.RequestURI)
				assert.Equal(f, row.host, request.Host)
				assert.Equal(f, "Bearer "+faultKey, request.Header.Get("Authorization"))
			}
			assert.Equal(f, []string{
				row.uri + "/personal-connectors/pcon_github",
				row.uri + "/personal-connectors?category=a%26b%3Dc%2F%3Fd+%C3%A9",
				row.uri + "/x%2Fy/?z=%2F",
				row.uri + "/",
			}, uris)
		})
	}

	fault(t, "F12_clients_from_nowhere", func(f *faultRow) {
		var zero freddy.Client
		for _, client := range []*freddy.Client{nil, &zero} {
			f.allRefuse(f.Context(), client, client.Connectors(), "client")
			client.CloseIdleConnections()
		}
		f.allRefuse(f.Context(), nil, new(freddy.ConnectorsService), "client")
	})

	fault(t, "F12_nil_context", func(f *faultRow) {
		client := f.client(f.untouched().URL())
		f.allRefuse(nil, client, client.Connectors(), "ctx") //nolint:staticcheck // what is tested
	})

	fault(t, "F12_nil_options", func(f *faultRow) {
		client := f.client(f.untouched().URL())
		f.allRefuse(f.Context(), client, client.Connectors(), "option 0", nil)
		f.allRefuse(f.Context(), client, client.Connectors(), "option 1", freddy.WithMaxRetries(1), nil)
		f.allRefuse(f.Context(), client, client.Connectors(), "option 0", freddy.SharedOption(nil), freddy.WithMaxRetries(1))
		for i := range 2 {
			opts := []freddy.Option{freddy.WithMaxRetries(1), freddy.WithMaxRetries(1)}
			opts[i] = nil
			_, err := freddy.NewClient(faultKey, opts...)
			f.argument(err, "option "+strconv.Itoa(i))
		}
	})

	fault(t, "F12_http_client_without_a_transport", func(f *faultRow) {
		s := f.serve(faulty.Reply(http.StatusOK, faultBody))
		lent := &http.Client{}
		f.get(f.client(s.URL(), freddy.WithHTTPClient(lent))).ok(1)
		assert.Equal(f, http.Client{}, *lent, "a lent client is not changed")
	})

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
		{option: "WithRetryWait", client: []freddy.Option{
			freddy.WithRetryWait(-1, 0), freddy.WithRetryWait(2, 1), freddy.WithRetryWait(-2, -1), freddy.WithRetryWait(0, -1), freddy.WithRetryWait(math.MinInt64, math.MaxInt64),
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
		fault(t, "F13_"+row.option, func(f *faultRow) {
			client := f.client(f.untouched().URL())
			for _, option := range row.shared {
				row.client = append(row.client, option)
				f.allRefuse(f.Context(), client, client.Connectors(), row.option, option)
				f.allRefuse(f.Context(), client, client.Connectors(), row.option, freddy.WithMaxRetries(0), option, freddy.WithMaxRetries(0))
			}
			good := []freddy.Option{freddy.WithMaxRetries(0), freddy.WithBaseURL(client2URL), freddy.WithUserAgent("a/1")}
			for _, option := range row.client {
				for at := range len(good) + 1 {
					client, err := freddy.NewClient(faultKey, slices.Insert(slices.Clone(good), at, option)...)
					assert.Nil(f, client)
					f.argument(err, row.option)
				}
			}
		})
	}

	fault(t, "F13_values_at_the_edge", func(f *faultRow) {
		for _, options := range [][]freddy.Option{
			{freddy.WithMaxRetries(100), freddy.WithRetryWait(0, 0)},
			{freddy.WithRetryWait(0, math.MaxInt64)},
			{freddy.WithRetryWait(1, 1)},
			{freddy.WithAttemptTimeout(math.MaxInt64), freddy.WithMaxRetryAfter(math.MaxInt64)},
			{freddy.WithMaxRetryAfter(0)},
			{freddy.WithMaxResponseBytes(1 << 40)},
			{freddy.WithMaxResponseBytes(int64(len(faultBody)))},
		} {
			s := f.serve(faulty.Reply(http.StatusServiceUnavailable, ""), faulty.Reply(http.StatusOK, faultBody))
			f.get(f.client(s.URL(), options...)).ok(2).within(fast)
		}
		s := f.serve(faulty.Reply(http.StatusServiceUnavailable, ""))
		require.ErrorIs(f, f.get(f.client(s.URL()), freddy.WithMaxRetries(0)).api(http.StatusServiceUnavailable, 1), freddy.ErrServer)
		require.ErrorIs(f, f.get(f.client(s.URL(), freddy.WithMaxRetries(0)), freddy.WithMaxRetries(2)).api(http.StatusServiceUnavailable, 3), freddy.ErrServer)
		assert.True(f, f.get(f.client(s.URL()), freddy.WithAttemptTimeout(1)).within(fast).transport(0, 4).Timeout())
		forever := freddy.WithRetryWait(math.MaxInt64, math.MaxInt64)
		require.ErrorIs(f, f.get(f.client(s.URL(), forever), freddy.WithMaxRetries(0)).api(http.StatusServiceUnavailable, 1), freddy.ErrServer)
		whole := f.serve(faulty.Reply(http.StatusOK, faultBody))
		got := f.get(f.client(whole.URL(), freddy.WithMaxResponseBytes(int64(len(faultBody)-1)))).decode(http.StatusOK)
		require.ErrorIs(f, got, freddy.ErrResponseTooLarge)
	})

	fault(t, "F13_limit_and_offset", func(f *faultRow) {
		client := f.client(f.untouched().URL())
		for _, limit := range []int{-1, 101, math.MinInt, math.MaxInt} {
			f.refusedList(client, freddy.ConnectorListParams{Limit: limit}, "Limit")
		}
		for _, offset := range []int{-1, math.MinInt} {
			f.refusedList(client, freddy.ConnectorListParams{Offset: offset}, "Offset")
		}
		s := f.serve(faulty.Reply(http.StatusOK, `{"data":[]}`))
		client = f.client(s.URL())
		for i, row := range []struct {
			params freddy.ConnectorListParams
			query  string
		}{
			{freddy.ConnectorListParams{}, ""},
			{freddy.ConnectorListParams{Limit: 1}, "?limit=1"},
			{freddy.ConnectorListParams{Limit: 100, Offset: math.MaxInt}, "?limit=100&offset=" + strconv.Itoa(math.MaxInt)},
			{
				freddy.ConnectorListParams{Type: freddy.ConnectorTypeCustom, Category: "a b\r\n", Status: "\x00é"},
				"?category=a+b%0D%0A&status=%00%C3%A9&type=custom",
			},
		} {
			_, err := client.Connectors().List(f.Context(), row.params)
			require.NoError(f, err)
			assert.Equal(f, "/v1/personal-connectors"+row.query, s.Requests()[i].RequestURI)
		}
	})

	fault(t, "F15_bodies_that_are_no_json", func(f *faultRow) {
		client := f.client(f.untouched().URL())
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
			marshaler(func() ([]byte, error) { marshals++; return nil, fmt.Errorf("cannot write %s", faultKey) }),
			marshaler(func() ([]byte, error) { return []byte("{" + faultKey), nil }),
			json.Number(faultKey), json.RawMessage(nil), json.RawMessage(""), json.RawMessage("{"), json.RawMessage("{}{}"), json.RawMessage(faultKey),
		} {
			for _, method := range []string{http.MethodPost, http.MethodPut} {
				f.argument(client.Do(f.Context(), method, "/x", in, nil), "in")
			}
		}
		assert.Equal(f, 2, marshals, "each call asks once")
	})

	fault(t, "F15_bodies_as_sent", func(f *faultRow) {
		s := f.serve(faulty.Reply(http.StatusOK, ""))
		client := f.client(s.URL())
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
			require.NoError(f, client.Do(f.Context(), http.MethodPost, "/x", row.in, nil))
			request := s.Requests()[i]
			assert.Equal(f, row.sent, string(request.Body))
			assert.Equal(f, row.as, request.Header.Get("Content-Type"))
			assert.Equal(f, strconv.Itoa(len(row.sent)), request.Header.Get("Content-Length"))
		}
	})

	fault(t, "the_order_of_options_never_matters", func(f *faultRow) {
		s := f.serve(faulty.Reply(http.StatusServiceUnavailable, ""))
		lent := &http.Client{Transport: &http.Transport{Proxy: func(*http.Request) (*url.URL, error) { return url.Parse(s.URL()) }}}
		options := []freddy.Option{
			freddy.WithBaseURL("http://api.test/v1"), freddy.WithInsecureHTTP(), freddy.WithHTTPClient(lent),
			freddy.WithAuthScheme(freddy.AuthSchemeXAPIKey), freddy.WithKeySource(func(context.Context) (string, error) { return faultKey, nil }),
			freddy.WithUserAgent("a/1"), freddy.WithHeader("user-agent", "b/2"), freddy.WithHeader("ACCEPT", "text/plain"), freddy.WithHeader("X-Other", "c"),
			freddy.WithRetryWait(1, 1), freddy.WithMaxRetries(1), freddy.WithAttemptTimeout(time.Second), freddy.WithMaxRetryAfter(1), freddy.WithMaxResponseBytes(10),
		}
		const orders = 20
		for range orders {
			client, err := freddy.NewClient("", options...)
			require.NoError(f, err)
			f.checks.CloseIdle(client.CloseIdleConnections)
			_, err = client.Connectors().Get(f.Context(), "x")
			require.ErrorIs(f, err, freddy.ErrServer)
			rand.Shuffle(len(options), func(i, j int) { options[i], options[j] = options[j], options[i] })
		}
		requests := s.Requests()
		require.Len(f, requests, 2*orders)
		for _, request := range requests {
			assert.Equal(f, "http://api.test/v1/personal-connectors/x", request.RequestURI)
			assert.Equal(f, requests[0].Header, request.Header)
		}
		assert.Equal(f, "b/2", requests[0].Header.Get("User-Agent"))
		assert.Equal(f, "text/plain", requests[0].Header.Get("Accept"))
		assert.Equal(f, faultKey, requests[0].Header.Get("X-Api-Key"))
		assert.Empty(f, requests[0].Header.Get("Authorization"))
	})

	fault(t, "headers_of_a_call_win", func(f *faultRow) {
		s := f.serve(faulty.Reply(http.StatusOK, faultBody))
		client := f.client(s.URL(), freddy.WithHeader("x-a", "client"), freddy.WithHeader("X-B", "client"), freddy.WithHeader("Content-Type", "text/client"))
		require.NoError(f, client.Do(f.Context(), http.MethodPost, "/x", 1, nil, freddy.WithHeader("X-A", "call"), freddy.WithHeader("x-c", "é\ta")))
		require.NoError(f, client.Do(f.Context(), http.MethodPost, "/x", nil, nil))
		require.NoError(f, client.Do(f.Context(), http.MethodPost, "/x", 1, nil, freddy.WithHeader("content-type", "text/call")))
		sent := s.Requests()
		assert.Equal(f, []string{"call"}, sent[0].Header["X-A"])
		assert.Equal(f, []string{"client"}, sent[0].Header["X-B"])
		assert.Equal(f, []string{"é\ta"}, sent[0].Header["X-C"])
		assert.Equal(f, []string{"text/client"}, sent[0].Header["Content-Type"])
		assert.Equal(f, []string{"client"}, sent[1].Header["X-A"], "a call's header is gone with the call")
		assert.Empty(f, sent[1].Header["X-C"])
		assert.Empty(f, sent[1].Header["Content-Type"], "no Content-Type without a body")
		assert.Equal(f, []string{"text/call"}, sent[2].Header["Content-Type"])
		assert.True(f, strings.HasPrefix(sent[0].Header.Get("User-Agent"), "freddy-go/"+freddy.Version+" (go"), sent[0].Header.Get("User-Agent"))
	})

	fault(t, "response_nil", func(f *faultRow) {
		client := f.client(f.untouched().URL())
		f.allRefuse(f.Context(), client, client.Connectors(), "WithResponse", freddy.WithResponse(nil))
	})

	fault(t, "response_twice", func(f *faultRow) {
		s := f.serve(faulty.Reply(http.StatusOK, faultBody, "X-A: a"))
		var one, two freddy.Response
		f.get(f.client(s.URL()), freddy.WithResponse(&one), freddy.WithResponse(&two)).ok(1)
		assert.Equal(f, one, two)
		one.Header.Set("X-A", "b")
		one.Body[0] = 'x'
		assert.Equal(f, "a", two.Header.Get("X-A"), "each has memory of its own")
		assert.JSONEq(f, faultBody, string(two.Body))
	})

	// WithResponse overwrites: nothing of an earlier call is left.
	fault(t, "response_where_nothing_was_sent", func(f *faultRow) {
		s := f.untouched()
		source := func(context.Context) (string, error) { return "", errTest }
		keyless, err := freddy.NewClient("", freddy.WithBaseURL(s.URL()), freddy.WithKeySource(source))
		require.NoError(f, err)
		client := f.client(s.URL())
		for name, call := range map[string]func(freddy.CallOption) error{
			"id": func(opt freddy.CallOption) error {
				_, err := client.Connectors().Get(f.Context(), "", opt)
				return err
			},
			"option": func(opt freddy.CallOption) error {
				_, err := client.Connectors().Get(f.Context(), "x", freddy.WithMaxRetries(-1), opt, nil)
				return err
			},
			"client": func(opt freddy.CallOption) error {
				_, err := new(freddy.Client).Connectors().Get(f.Context(), "x", opt)
				return err
			},
			"path": func(opt freddy.CallOption) error { return client.Do(f.Context(), http.MethodGet, "x", nil, nil, opt) },
			"in": func(opt freddy.CallOption) error {
				return client.Do(f.Context(), http.MethodGet, "/x", make(chan int), nil, opt)
			},
			"key": func(opt freddy.CallOption) error {
				_, err := keyless.Connectors().Get(f.Context(), "x", opt)
				return err
			},
		} {
			response := freddy.Response{StatusCode: 200, RequestID: "stale", Attempts: 3, Header: http.Header{"A": {"b"}}, Body: []byte("stale")}
			require.Error(f, call(freddy.WithResponse(&response)))
			assert.Equal(f, freddy.Response{}, response, "%s: nothing of an earlier call is left", name)
		}
	})
}

// client2URL is a base URL that nothing is sent to.
const client2URL = "https://api.test/v1"

// badHeaders are the headers that WithHeader refuses.
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

// marshaler is a json.Marshaler of one function.
type marshaler func() ([]byte, error)

func (m marshaler) MarshalJSON() ([]byte, error) { return m() }

// allRefuse requires that every method refuses with an *ArgumentError.
func (f *faultRow) allRefuse(ctx context.Context, client *freddy.Client, service *freddy.ConnectorsService, argument string, opts ...freddy.CallOption) {
	f.Helper()
	connector, err := service.Get(ctx, "pcon_github", opts...)
	assert.Nil(f, connector)
	f.argument(err, argument)
	page, err := service.List(ctx, freddy.ConnectorListParams{}, opts...)
	assert.Nil(f, page)
	f.argument(err, argument)
	f.allYieldsOnly(service.All(ctx, freddy.ConnectorListParams{}, opts...), argument)
	f.argument(client.Do(ctx, http.MethodGet, "/x", nil, nil, opts...), argument)
}

// refusedList requires that List and All refuse the parameters.
func (f *faultRow) refusedList(client *freddy.Client, params freddy.ConnectorListParams, argument string) {
	f.Helper()
	page, err := client.Connectors().List(f.Context(), params)
	assert.Nil(f, page)
	f.argument(err, argument)
	f.allYieldsOnly(client.Connectors().All(f.Context(), params), argument)
}

func (f *faultRow) allYieldsOnly(all iter.Seq2[*freddy.Connector, error], argument string) {
	f.Helper()
	yields := 0
	for connector, err := range all {
		yields++
		assert.Nil(f, connector)
		f.argument(err, argument)
	}
	assert.Equal(f, 1, yields, "an error is yielded once")
}

func doRows(t *testing.T) {
	fault(t, "paths_that_leave", func(f *faultRow) {
		home, evil := f.untouched(), f.untouched()
		client := f.client(home.URL())
		host := strings.TrimPrefix(evil.URL(), "http://")
		for _, path := range []string{
			"", "x", "?a=b", "#", " ", "@" + host + "/x", "." + host + "/x", ":80/x", evil.URL() + "/x", "https://evil/", "//" + host + "/x", "///" + host + "/x", "//", "/\\" + host + "/x", `\\` + host, `/\`,
			"/..", "/.", "/../x", "/./x", "/x/..", "/x/.", "/x/../../y", "/%2e%2e/x", "/%2E%2e/x", "/.%2e/x", "/%2e", "/..%2f", "/x/..%2fy", "/x%2f..%2fy", "/x%2f%2e%2e", "/..%5cx", "/x%5c..%5cy", `/..\x`,
			"/%252e%252e/x", "/%25252e%25252e/x", "/x%252f..%252fy", "/..;/x", "/..;a=b/x", "/x/.;/y", "/%2e%2e%3b/x", "/x%3f/../y",
			"/x#f", "/x?a=b#f", "/#", "/x y", "/x?a b", "/x\ty", "/x\r\nX: 1", "/x?\r\nX: 1", "/x\x00", "/x\x7f", "/é", "/x?é", "/\u202e", "/\xff", "/x?\xff",
			"/%", "/%z", "/%zz", "/%1", "/x%", "/%00", "/x%0d%0aX:1", "/%7f", "/%1b",
			"/<x>", `/"x"`, "/x|y", "/{x}", "/x^y", "/x`y", "/[x]",
		} {
			for _, method := range []string{http.MethodGet, http.MethodPost} {
				err := client.Do(f.Context(), method, path, nil, nil)
				require.Error(f, err, "%q", path)
				f.argument(err, "path")
			}
		}
	})

	fault(t, "paths_as_sent", func(f *faultRow) {
		paths := []string{
			"/", "/x", "/x/", "/x//y", "/x%2Fy", "/x%2fy", "/x%5Cy", "/x%20y", "/%C3%A9", "/x%25y", "/x+y", "/~!$&'()*+,;=:@", "/...", "/..x", "/x..", "/.x", "/x?a=../..&b=https://evil/%2e%2e",
			"/x?a=%00&b=%zz", "/x?a?b", `/x?"<>|`, "/x;a=b", "/x%3Fy?z", "/x%23y", "/" + strings.Repeat("x", 8000), "/x:y", "/:x",
		}
		s := f.serve(faulty.Reply(http.StatusOK, ""))
		client := f.client(s.URL())
		for i, path := range paths {
			require.NoError(f, client.Do(f.Context(), http.MethodGet, path, nil, nil), path)
			request := s.Requests()[i]
			assert.Equal(f, "/v1"+path, request.RequestURI)
			assert.Equal(f, strings.TrimPrefix(s.URL(), "http://"), request.Host)
		}
	})

	fault(t, "methods", func(f *faultRow) {
		client := f.client(f.untouched().URL())
		for _, method := range []string{"", " ", "GET ", "G T", "GET /x", "GET\r\nX: 1", "GÉT", "\x00", "CONNECT", "(", "GET:"} {
			f.argument(client.Do(f.Context(), method, "/x", nil, nil), "method")
		}
		s := f.serve(faulty.Reply(http.StatusServiceUnavailable, ""))
		client = f.client(s.URL())
		for method, attempts := range map[string]int{
			"GET": 4, "HEAD": 4, "OPTIONS": 4, "PUT": 4, "DELETE": 4, "POST": 1, "PATCH": 1, "get": 1, "PURGE": 1, "X-A": 1,
		} {
			var refusal *freddy.APIError
			require.ErrorAs(f, client.Do(f.Context(), method, "/x", nil, nil), &refusal)
			assert.Equal(f, attempts, refusal.Attempts, method)
			assert.Equal(f, method, refusal.Method)
		}
	})

	fault(t, "outs", func(f *faultRow) {
		client := f.client(f.untouched().URL())
		for _, out := range []any{1, "", map[string]any{}, []byte{}, struct{}{}, json.RawMessage{}, (*int)(nil), (*json.RawMessage)(nil), func() {}, http.Header{}} {
			f.argument(client.Do(f.Context(), http.MethodGet, "/x", nil, out), "out")
		}
		s := f.serve(faulty.Reply(http.StatusOK, ` {"a":1.0}`))
		client = f.client(s.URL())
		var raw json.RawMessage
		require.NoError(f, client.Do(f.Context(), http.MethodGet, "/x", nil, &raw))
		assert.JSONEq(f, `{"a":1.0}`, string(raw))
		var value any
		require.NoError(f, client.Do(f.Context(), http.MethodGet, "/x", nil, &value))
		assert.Equal(f, map[string]any{"a": 1.0}, value)
		var wrong struct {
			Wrong string `json:"a"`
		}
		var decode *freddy.DecodeError
		require.ErrorAs(f, client.Do(f.Context(), http.MethodGet, "/x", nil, &wrong), &decode)
		assert.Equal(f, "/a", decode.Field)
	})

	// A 404 to a repeated DELETE whose earlier attempt may have been processed
	// is success, whatever its body says.
	fault(t, "delete_that_was_done_before", func(f *faultRow) {
		for name, body := range map[string]string{
			"empty": "", "html": "<html>", "old": `{"error":{"message":"gone","code":"configuration_not_found"}}`,
			"standard": `{"success":false,"error":{"code":"NOT_FOUND","message":"gone"}}`,
		} {
			s := f.serve(faulty.Close, faulty.Reply(http.StatusNotFound, body))
			client := f.client(s.URL())
			err := client.Do(f.Context(), http.MethodDelete, "/x", nil, nil)
			assert.NoError(f, err, name)
			var out map[string]any
			s = f.serve(faulty.Close, faulty.Reply(http.StatusNotFound, body))
			_ = f.client(s.URL()).Do(f.Context(), http.MethodDelete, "/x", nil, &out)
			assert.Empty(f, out, "%s: the body of a refusal is no result", name)
		}
		s := f.serve(faulty.Reply(http.StatusNotFound, ""))
		require.ErrorIs(f, f.client(s.URL()).Do(f.Context(), http.MethodDelete, "/x", nil, nil), freddy.ErrNotFound)
	})

	// Nothing was sent by an attempt that had no connection, so its 404 is one.
	fault(t, "delete_that_was_never_sent", func(f *faultRow) {
		s := f.serve(faulty.Reply(http.StatusNotFound, ""))
		var dials atomic.Int64
		dial := func(ctx context.Context, network, address string) (net.Conn, error) {
			if dials.Add(1) == 1 {
				<-ctx.Done()
				return nil, ctx.Err()
			}
			return new(net.Dialer).DialContext(ctx, network, address)
		}
		client := f.client(s.URL(), freddy.WithAttemptTimeout(30*time.Millisecond), freddy.WithHTTPClient(&http.Client{Transport: &http.Transport{DialContext: dial}}))
		require.ErrorIs(f, client.Do(f.Context(), http.MethodDelete, "/x", nil, nil), freddy.ErrNotFound)
		assert.Len(f, s.Requests(), 1)
	})

	// Err "quotes no value", and Error() never has a body.
	fault(t, "decode_errors_quote_no_value", func(f *faultRow) {
		for body, out := range map[string]any{
			`{"at":"` + querySecret + `"}`: new(struct{ At time.Time }),
			`123456789`:                    new(int8),
			`{"n":123456789}`:              new(struct{ N int8 }),
			`"` + querySecret + `"`:        new(int),
			querySecret:                    new(any),
		} {
			s := f.serve(faulty.Reply(http.StatusOK, body))
			err := f.client(s.URL()).Do(f.Context(), http.MethodGet, "/x", nil, out)
			var decode *freddy.DecodeError
			require.ErrorAs(f, err, &decode)
			assert.NotContains(f, err.Error(), querySecret)
			assert.NotContains(f, err.Error(), "123456789")
		}
	})

	fault(t, "C11_the_beginning_of_another_value", func(f *faultRow) {
		for _, more := range []string{"{", `{"a":`, `{"a":1`, `{"a":1,`, "[", "[1", "[1,", `"`, `"a`, "t", "-", "1", "}", "]", ",", ":", "\x00", "null", "{}", "\ufeff", "//"} {
			s := f.serve(faulty.Reply(http.StatusOK, faultBody+more))
			_, err := f.client(s.URL()).Connectors().Get(f.Context(), "x")
			_, ok := err.(*freddy.DecodeError) //nolint:errorlint // the type itself
			assert.True(f, ok, "%q: %v", more, err)
		}
	})

	fault(t, "status_000", func(f *faultRow) {
		s := f.serve(faulty.Raw("HTTP/1.1 000 nothing\r\nContent-Length: 0\r\n\r\n"))
		f.get(f.client(s.URL()), freddy.WithMaxRetries(0)) // settle: the error and the Response agree
	})
}

func keySourceRows(t *testing.T) {
	withSource := func(f *faultRow, origin string, source func(context.Context) (string, error), opts ...freddy.Option) *freddy.Client {
		client, err := freddy.NewClient("", append([]freddy.Option{
			freddy.WithBaseURL(origin + "/v1"), freddy.WithKeySource(source),
			freddy.WithRetryWait(time.Millisecond, 8*time.Millisecond), freddy.WithAttemptTimeout(300 * time.Millisecond),
		}, opts...)...)
		require.NoError(f, err)
		f.checks.CloseIdle(client.CloseIdleConnections)
		return client
	}

	fault(t, "asked_once_a_call", func(f *faultRow) {
		s := f.serve(faulty.Reply(http.StatusServiceUnavailable, ""))
		asked := 0
		type name struct{}
		ctx := context.WithValue(f.Context(), name{}, "caller's")
		client := withSource(f, s.URL(), func(ctx context.Context) (string, error) {
			asked++
			assert.Equal(f, "caller's", ctx.Value(name{}))
			return fmt.Sprintf("%s-%d", faultKey, asked), nil
		})
		assert.Zero(f, asked, "not before a call")
		require.ErrorIs(f, f.call(ctx, client, http.MethodGet).api(http.StatusServiceUnavailable, 4), freddy.ErrServer)
		assert.Equal(f, 1, asked)
		require.ErrorIs(f, f.call(ctx, client, http.MethodGet).api(http.StatusServiceUnavailable, 4), freddy.ErrServer)
		assert.Equal(f, 2, asked)
		for i, request := range s.Requests() {
			assert.Equal(f, fmt.Sprintf("Bearer %s-%d", faultKey, 1+i/4), request.Header.Get("Authorization"), "a new key in the next call, not before")
		}
	})

	fault(t, "not_asked_for_a_call_that_is_refused", func(f *faultRow) {
		client := withSource(f, f.untouched().URL(), func(context.Context) (string, error) {
			assert.Fail(f, "asked")
			return faultKey, nil
		})
		f.refusedID(client, "")
		f.argument(client.Do(f.Context(), http.MethodPost, "/x", make(chan int), nil), "in")
	})

	fault(t, "fails", func(f *faultRow) {
		client := withSource(f, f.untouched().URL(), func(context.Context) (string, error) {
			return faultKey, fmt.Errorf("vault sealed, last key %s: %w", faultKey, errTest)
		})
		o := f.get(client)
		require.ErrorIs(f, o.transport(0, 0), errTest)
		assert.False(f, o.transport(0, 0).Ambiguous)
		assert.False(f, o.transport(0, 0).Timeout())
		assert.Contains(f, o.err.Error(), "vault sealed")
		for _, err := range client.Connectors().All(f.Context(), freddy.ConnectorListParams{}) {
			require.ErrorIs(f, err, errTest)
		}
	})

	// An *ArgumentError of the source's own, from another client say, is no
	// fault of this call's arguments.
	fault(t, "fails_with_an_argument_error", func(f *faultRow) {
		client := withSource(f, f.untouched().URL(), func(ctx context.Context) (string, error) {
			_, err := new(freddy.Client).Connectors().Get(ctx, "x")
			return "", fmt.Errorf("asking for the key: %w", err)
		})
		o := f.get(client)
		assert.Contains(f, o.transport(0, 0).Error(), "asking for the key")
	})

	fault(t, "fails_with_a_deadline_of_its_own", func(f *faultRow) {
		client := withSource(f, f.untouched().URL(), func(ctx context.Context) (string, error) {
			ctx, cancel := context.WithTimeout(ctx, time.Millisecond)
			defer cancel()
			<-ctx.Done()
			return "", ctx.Err()
		})
		assert.True(f, f.get(client).transport(0, 0).Timeout()) // settle: not the caller's
	})

	fault(t, "outlives_the_context", func(f *faultRow) {
		client := withSource(f, f.untouched().URL(), func(ctx context.Context) (string, error) {
			<-ctx.Done()
			return "", ctx.Err()
		})
		ctx, cancel := context.WithTimeoutCause(f.Context(), 20*time.Millisecond, errTest)
		defer cancel()
		err := f.call(ctx, client, http.MethodGet).within(20*time.Millisecond+prompt).transport(0, 0)
		require.ErrorIs(f, err, context.DeadlineExceeded)
		require.ErrorIs(f, err, errTest)
		assert.True(f, err.Timeout())
	})

	fault(t, "bad_keys", func(f *faultRow) {
		s := f.untouched()
		for _, key := range []string{"", " ", faultKey + "\n", faultKey + "\r\nX: 1", "\x00" + faultKey, faultKey + "é", strings.Repeat(faultKey, 1000)} {
			client := withSource(f, s.URL(), func(context.Context) (string, error) { return key, nil })
			f.allRefuse(f.Context(), client, client.Connectors(), "WithKeySource")
		}
	})

	fault(t, "and_a_key", func(f *faultRow) {
		source := freddy.WithKeySource(func(context.Context) (string, error) { return faultKey, nil })
		_, err := freddy.NewClient(faultKey, source)
		f.argument(err, "apiKey")
	})

	fault(t, "concurrent", func(f *faultRow) {
		s := f.serve(func(c *faulty.Conn) {
			key := strings.TrimPrefix(c.Request().Header.Get("Authorization"), "Bearer ")
			faulty.Reply(http.StatusNotFound, `{"error":{"message":"no connector for `+key+`"}}`)(c)
		})
		var asked atomic.Int64
		client := withSource(f, s.URL(), func(context.Context) (string, error) {
			return fmt.Sprintf("%s-%04d", faultKey, asked.Add(1)), nil
		})
		errs := make([]error, 40)
		var tasks sync.WaitGroup
		for i := range errs {
			tasks.Go(func() { _, errs[i] = client.Connectors().Get(f.Context(), "x") })
		}
		tasks.Wait()
		for _, err := range errs {
			require.ErrorIs(f, err, freddy.ErrNotFound)
			assert.True(f, strings.HasSuffix(err.Error(), "no connector for REDACTED"), "the key of this call is replaced whole: %v", err)
			faulty.NoSecret(f, faultKey, err)
		}
		assert.Len(f, s.Requests(), len(errs))
		assert.EqualValues(f, len(errs), asked.Load())
	})
}

// pages is a server's answer: the items from offset on, limit of them.
func pages(items int) faulty.Handler {
	return func(c *faulty.Conn) {
		u, _ := url.ParseRequestURI(c.Request().RequestURI)
		limit, _ := strconv.Atoi(u.Query().Get("limit"))
		offset, _ := strconv.Atoi(u.Query().Get("offset"))
		if limit == 0 {
			limit = 20
		}
		faulty.Reply(http.StatusOK, page(offset, min(offset+limit, items), ""))(c)
	}
}

// page is a list of the items from, from+1 and so on, before to.
func page(from, to int, trailer string) string {
	var items []string
	for i := from; i < to; i++ {
		items = append(items, fmt.Sprintf(`{"id":"pcon_%d"}`, i))
	}
	return `{"object":"list","data":[` + strings.Join(items, ",") + `]` + trailer + `}`
}

// collect ranges to the end, or to so many items. An error is the last pair,
// without a connector.
func (f *faultRow) collect(all iter.Seq2[*freddy.Connector, error], most int) (ids []string, last error) {
	f.Helper()
	for connector, err := range all {
		require.NoError(f, last, "an error ends it")
		if last = err; err != nil {
			assert.Nil(f, connector)
			faulty.NoSecret(f, faultKey, err)
			continue
		}
		if ids = append(ids, connector.ID); len(ids) == most {
			break
		}
	}
	return ids, last
}

func ids(from, to int) []string {
	var all []string
	for i := from; i < to; i++ {
		all = append(all, fmt.Sprintf("pcon_%d", i))
	}
	return all
}

func allRows(t *testing.T) {
	const whole = 1000 // more items than any list has

	fault(t, "no_request_before_it_is_needed", func(f *faultRow) {
		s := f.serve(pages(5))
		client := f.client(s.URL())
		next, stop := iter.Pull2(client.Connectors().All(f.Context(), freddy.ConnectorListParams{Limit: 2, Type: "t"}))
		defer stop()
		for i, requests := range []int{1, 1, 2, 2, 3} {
			assert.Len(f, s.Requests(), i/2+i%2, "before item %d", i)
			connector, err, ok := next()
			require.NoError(f, err)
			require.True(f, ok)
			assert.Equal(f, fmt.Sprintf("pcon_%d", i), connector.ID)
			assert.Len(f, s.Requests(), requests, "after item %d", i)
		}
		_, _, ok := next()
		assert.False(f, ok)
		for i, offset := range []string{"", "&offset=2", "&offset=4"} {
			assert.Equal(f, "/v1/personal-connectors?limit=2"+offset+"&type=t", s.Requests()[i].RequestURI)
		}
		assert.Len(f, s.Requests(), 3, "a short page is the last")
	})

	fault(t, "break_stops_the_traffic", func(f *faultRow) {
		s := f.serve(pages(50))
		client := f.client(s.URL())
		all := client.Connectors().All(f.Context(), freddy.ConnectorListParams{Limit: 5})
		for n, requests := range map[int]int{1: 1, 5: 1, 6: 2} {
			before := len(s.Requests())
			got, err := f.collect(all, n)
			require.NoError(f, err)
			assert.Equal(f, ids(0, n), got, "each range starts afresh")
			assert.Len(f, s.Requests(), before+requests)
		}
		yields := 0
		all(func(*freddy.Connector, error) bool { yields++; return false })
		assert.Equal(f, 1, yields)
	})

	fault(t, "ends", func(f *faultRow) {
		for name, row := range map[string]struct {
			answers []string
			items   int
		}{
			"empty":                     {[]string{page(0, 0, "")}, 0},
			"empty_although_more":       {[]string{page(0, 0, `,"hasMore":true`)}, 0},
			"null_data":                 {[]string{`{"data":null,"hasMore":true}`}, 0},
			"no_data":                   {[]string{`{}`}, 0},
			"short":                     {[]string{page(0, 1, "")}, 1},
			"short_but_more":            {[]string{page(0, 1, `,"hasMore":true`), page(1, 3, `,"has_more":true`), page(3, 4, "")}, 4},
			"full_but_no_more":          {[]string{page(0, 2, `,"hasMore":false`)}, 2},
			"full_but_no_more_in_snake": {[]string{page(0, 2, `,"has_more":false`)}, 2},
			"full_then_empty":           {[]string{page(0, 2, ""), page(2, 2, "")}, 2},
			"full_then_empty_with_more": {[]string{page(0, 2, ""), page(2, 2, `,"hasMore":true`)}, 2},
			"null_has_more":             {[]string{page(0, 2, `,"hasMore":null`), page(2, 3, "")}, 3},
			"longer_than_asked":         {[]string{page(0, 3, ""), page(3, 4, "")}, 4},
		} {
			var answers []faulty.Handler
			for _, body := range row.answers {
				answers = append(answers, faulty.Reply(http.StatusOK, body))
			}
			s := f.serve(answers...)
			client := f.client(s.URL())
			got, err := f.collect(client.Connectors().All(f.Context(), freddy.ConnectorListParams{Limit: 2}), whole)
			require.NoError(f, err, name)
			assert.Equal(f, ids(0, row.items), got, name)
			assert.Len(f, s.Requests(), len(answers), name)
		}
	})

	fault(t, "error_yielded_once", func(f *faultRow) {
		for name, row := range map[string]struct {
			answer faulty.Handler
			class  error
		}{
			"refused":      {faulty.Reply(http.StatusNotFound, ""), freddy.ErrNotFound},
			"cut":          {faulty.Cut(http.StatusOK, 10, "{"), io.ErrUnexpectedEOF},
			"item_of_null": {faulty.Reply(http.StatusOK, `{"data":[null]}`), nil},
			"no_id":        {faulty.Reply(http.StatusOK, `{"data":[{"id":"x"},{}]}`), nil},
			"no_list":      {faulty.Reply(http.StatusOK, `[]`), nil},
		} {
			s := f.serve(faulty.Reply(http.StatusOK, page(0, 2, "")), row.answer)
			client := f.client(s.URL(), freddy.WithMaxRetries(0))
			got, err := f.collect(client.Connectors().All(f.Context(), freddy.ConnectorListParams{Limit: 2}), whole)
			assert.Equal(f, ids(0, 2), got, name)
			require.Error(f, err, name)
			if row.class != nil {
				require.ErrorIs(f, err, row.class, name)
			}
			assert.Len(f, s.Requests(), 2, name)
		}
	})

	fault(t, "each_range_afresh_after_an_error", func(f *faultRow) {
		s := f.serve(faulty.Reply(http.StatusNotFound, ""), pages(3))
		client := f.client(s.URL())
		all := client.Connectors().All(f.Context(), freddy.ConnectorListParams{Limit: 2})
		_, err := f.collect(all, whole)
		require.ErrorIs(f, err, freddy.ErrNotFound)
		for range 2 {
			got, err := f.collect(all, whole)
			require.NoError(f, err)
			assert.Equal(f, ids(0, 3), got)
		}
	})

	fault(t, "server_that_ignores_paging", func(f *faultRow) {
		for name, row := range map[string]struct {
			answers []faulty.Handler
			items   int
		}{
			"the_same_page": {[]faulty.Handler{faulty.Reply(http.StatusOK, page(0, 2, ""))}, 2},
			"with_more":     {[]faulty.Handler{faulty.Reply(http.StatusOK, page(0, 1, `,"hasMore":true`))}, 1},
			"in_a_circle": {[]faulty.Handler{
				faulty.Reply(http.StatusOK, page(0, 2, "")), faulty.Reply(http.StatusOK, page(2, 4, "")), faulty.Reply(http.StatusOK, page(0, 2, "")),
			}, 4},
		} {
			s := f.serve(row.answers...)
			client := f.client(s.URL())
			got, err := f.collect(client.Connectors().All(f.Context(), freddy.ConnectorListParams{Limit: 2}), whole)
			var decode *freddy.DecodeError
			require.ErrorAs(f, err, &decode, name)
			assert.Equal(f, http.StatusOK, decode.StatusCode)
			assert.Equal(f, "/v1/personal-connectors", decode.Path)
			assert.Len(f, got, row.items, "%s: no item comes twice", name)
			assert.Len(f, s.Requests(), max(2, len(row.answers)), name)
		}
	})

	fault(t, "overlapping_pages_are_no_repetition", func(f *faultRow) {
		s := f.serve(
			faulty.Reply(http.StatusOK, page(0, 3, "")), faulty.Reply(http.StatusOK, page(2, 5, "")),
			faulty.Reply(http.StatusOK, page(1, 4, "")), faulty.Reply(http.StatusOK, `{"data":[{"id":"pcon_2"},{"id":"pcon_1"},{"id":"pcon_0"}]}`), faulty.Reply(http.StatusOK, page(0, 2, "")))
		client := f.client(s.URL())
		got, err := f.collect(client.Connectors().All(f.Context(), freddy.ConnectorListParams{Limit: 3}), whole)
		require.NoError(f, err)
		assert.Len(f, got, 14)
	})

	fault(t, "options_and_params_are_copied", func(f *faultRow) {
		s := f.serve(pages(3))
		client := f.client(s.URL())
		var mine, other freddy.Response
		opts := []freddy.CallOption{freddy.WithHeader("X-A", "mine"), freddy.WithResponse(&mine)}
		params := freddy.ConnectorListParams{Limit: 2}
		all := client.Connectors().All(f.Context(), params, opts...)
		opts[0], opts[1] = freddy.WithHeader("X-A", "other"), freddy.WithResponse(&other)
		params.Limit, params.Offset = 1, 1
		for range 2 {
			got, err := f.collect(all, whole)
			require.NoError(f, err)
			assert.Equal(f, ids(0, 3), got)
		}
		assert.Len(f, s.Requests(), 4)
		for _, request := range s.Requests() {
			assert.Equal(f, []string{"mine"}, request.Header["X-A"])
		}
		assert.JSONEq(f, page(2, 3, ""), string(mine.Body), "the last page's")
		assert.Zero(f, other)
	})

	fault(t, "context_that_ends_in_the_loop", func(f *faultRow) {
		s := f.serve(pages(50))
		client := f.client(s.URL())
		ctx, cancel := context.WithCancelCause(f.Context())
		defer cancel(nil)
		var got []string
		var last error
		for connector, err := range client.Connectors().All(ctx, freddy.ConnectorListParams{Limit: 5}) {
			if last = err; err == nil {
				got = append(got, connector.ID)
				cancel(errTest)
			}
		}
		assert.Equal(f, ids(0, 5), got, "the page that was read is whole")
		require.ErrorIs(f, last, context.Canceled)
		require.ErrorIs(f, last, errTest)
		assert.Len(f, s.Requests(), 1)
	})

	fault(t, "two_at_once", func(f *faultRow) {
		s := f.serve(pages(30))
		client := f.client(s.URL())
		all := client.Connectors().All(f.Context(), freddy.ConnectorListParams{Limit: 4})
		var tasks sync.WaitGroup
		for range 4 {
			tasks.Go(func() {
				var got []string
				for connector, err := range all {
					if assert.NoError(f, err) {
						got = append(got, connector.ID)
					}
				}
				assert.Equal(f, ids(0, 30), got)
			})
		}
		tasks.Wait()
	})
}

// cancelled makes a call whose context is cancelled once ready says so. It
// must end at once, after one attempt, by the caller's doing.
func (f *faultRow) cancelled(client *freddy.Client, method string, ready <-chan struct{}) *faultOutcome {
	f.Helper()
	ctx, cancel := context.WithCancelCause(f.Context())
	defer cancel(nil)
	at := make(chan time.Time, 1)
	go func() {
		select {
		case <-ready:
		case <-ctx.Done():
		}
		at <- time.Now()
		cancel(errTest)
	}()
	o := f.call(ctx, client, method)
	end := time.Now()
	cancel(nil)
	assert.LessOrEqual(f, end.Sub(<-at), prompt)
	require.ErrorIs(f, o.err, context.Canceled)
	require.ErrorIs(f, o.err, errTest)
	return o
}

// say is an answer that sends nothing but the news that it is its turn.
func say(ready chan<- struct{}) faulty.Handler {
	return func(*faulty.Conn) { ready <- struct{}{} }
}

func concurrencyRows(t *testing.T) {
	fault(t, "G1_context_that_has_ended", func(f *faultRow) {
		client := f.client(f.untouched().URL())
		cancelled, cancel := context.WithCancelCause(f.Context())
		cancel(errTest)
		late, stop := context.WithDeadlineCause(f.Context(), time.Now().Add(-time.Second), errTest)
		defer stop()
		for ctx, end := range map[context.Context]error{cancelled: context.Canceled, late: context.DeadlineExceeded} {
			for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
				err := f.call(ctx, client, method).within(fast).transport(0, 0)
				require.ErrorIs(f, err, end)
				require.ErrorIs(f, err, errTest)
				assert.False(f, err.Ambiguous)
				assert.Equal(f, errors.Is(end, context.DeadlineExceeded), err.Timeout())
			}
			_, err := f.collect(client.Connectors().All(ctx, freddy.ConnectorListParams{}), 1)
			require.ErrorIs(f, err, end)
		}
	})

	patient := freddy.WithAttemptTimeout(time.Minute)
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		fault(t, "G2_cancel_while_dialling_"+method, func(f *faultRow) {
			dialling := make(chan struct{}, 1)
			dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
				dialling <- struct{}{}
				<-ctx.Done()
				return nil, ctx.Err()
			}
			client := f.client("http://127.0.0.1", patient, freddy.WithHTTPClient(&http.Client{Transport: &http.Transport{DialContext: dial}}))
			err := f.cancelled(client, method, dialling).transport(0, 1)
			if method == http.MethodPost {
				assert.False(f, err.Ambiguous, "nothing was sent")
			}
		})

		fault(t, "G2_cancel_in_the_handshake_"+method, func(f *faultRow) {
			s := f.checks.Server(faulty.ServeHandshakeStall(f))
			ready := make(chan struct{}, 1)
			timer := time.AfterFunc(20*time.Millisecond, func() { ready <- struct{}{} })
			defer timer.Stop()
			err := f.cancelled(f.client(s.URL(), patient, trusting()), method, ready).transport(0, 1)
			if method == http.MethodPost {
				assert.False(f, err.Ambiguous, "nothing was sent")
			}
		})

		fault(t, "G2_cancel_while_waiting_"+method, func(f *faultRow) {
			ready := make(chan struct{}, 1)
			s := f.serve(faulty.Then(say(ready), faulty.Stall))
			err := f.cancelled(f.client(s.URL(), patient), method, ready).transport(0, 1)
			assert.True(f, err.Ambiguous)
			assert.Len(f, s.Requests(), 1)
		})

		for _, status := range []int{http.StatusOK, http.StatusServiceUnavailable} {
			fault(t, fmt.Sprintf("G2_cancel_in_the_body_%d_%s", status, method), func(f *faultRow) {
				ready := make(chan struct{}, 1)
				head := faulty.Head(status, "Content-Length: 100", "X-Request-Id: req_begun")
				s := f.serve(faulty.Then(faulty.Raw(head+"half"), faulty.Wait(20*time.Millisecond), say(ready), faulty.Stall))
				o := f.cancelled(f.client(s.URL(), patient), method, ready)
				err := o.transport(status, 1)
				assert.Equal(f, "req_begun", err.RequestID)
				assert.True(f, err.Ambiguous)
				var refusal *freddy.APIError
				assert.Equal(f, status != http.StatusOK, errors.As(o.err, &refusal))
				assert.Len(f, s.Requests(), 1)
			})
		}
	}

	const unavailable = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nX-Request-Id: req_refused\r\n"
	for name, answer := range map[string]string{"asked_for": unavailable + "Retry-After: 1\r\n\r\n", "of_our_own": unavailable + "\r\n"} {
		forever := freddy.WithRetryWait(1<<62, 1<<62)
		faultInBubble(t, "G3_cancel_in_a_wait_"+name, func(f *faultRow) {
			ready := make(chan struct{}, 1)
			time.AfterFunc(50*time.Millisecond, func() { ready <- struct{}{} })
			o := f.cancelled(f.over(script(answer), forever), http.MethodGet, ready)
			assert.Equal(f, 50*time.Millisecond, o.took)
			f.refusedBefore(o)
		})

		if name == "of_our_own" { // a Retry-After past the deadline ends the call
			faultInBubble(t, "G3_deadline_in_a_wait", func(f *faultRow) {
				ctx, cancel := context.WithTimeout(f.Context(), 50*time.Millisecond)
				defer cancel()
				o := f.call(ctx, f.over(script(answer), forever), http.MethodGet)
				require.ErrorIs(f, o.err, context.DeadlineExceeded)
				assert.Equal(f, 50*time.Millisecond, o.took)
				f.refusedBefore(o)
			})
		}
	}

	fault(t, "G3_over_a_socket", func(f *faultRow) {
		ready := make(chan struct{}, 1)
		s := f.serve(faulty.Then(say(ready), faulty.Reply(http.StatusServiceUnavailable, "", "Retry-After: 2", "X-Request-Id: req_refused")))
		o := f.cancelled(f.client(s.URL()), http.MethodGet, ready)
		require.ErrorIs(f, o.err, context.Canceled)
		assert.Len(f, s.Requests(), 1)
	})

	silent := roundTrip(func(req *http.Request) (*http.Response, error) {
		<-req.Context().Done()
		return nil, context.Cause(req.Context()) // as net/http has it
	})
	for limit, attempts := range map[time.Duration]int{300 * time.Millisecond: 2, time.Hour: 1} {
		faultInBubble(t, "G5_deadline_of_a_call_"+limit.String(), func(f *faultRow) {
			client := f.over(silent, freddy.WithAttemptTimeout(limit))
			ctx, cancel := context.WithTimeoutCause(f.Context(), 500*time.Millisecond, errTest)
			defer cancel()
			o := f.call(ctx, client, http.MethodGet)
			assert.Equal(f, 500*time.Millisecond, o.took)
			err := o.transport(0, attempts)
			require.ErrorIs(f, err, context.DeadlineExceeded)
			require.ErrorIs(f, err, errTest)
			require.NotErrorIs(f, err, context.Canceled)
			assert.True(f, err.Timeout())
		})
	}

	fault(t, "G5_over_a_socket", func(f *faultRow) {
		s := f.serve(faulty.Stall)
		ctx, cancel := context.WithTimeout(f.Context(), 500*time.Millisecond)
		defer cancel()
		err := f.call(ctx, f.client(s.URL(), freddy.WithAttemptTimeout(time.Hour)), http.MethodGet).within(500*time.Millisecond+prompt).transport(0, 1)
		require.ErrorIs(f, err, context.DeadlineExceeded)
		assert.True(f, err.Timeout())
		assert.Len(f, s.Requests(), 1)
	})

	fault(t, "G6_time_limit_of_an_attempt", func(f *faultRow) {
		ctx, cancel := context.WithTimeout(f.Context(), time.Minute)
		defer cancel()
		short := freddy.WithAttemptTimeout(40 * time.Millisecond)
		s := f.serve(faulty.Stall, faulty.Then(faulty.Raw(faulty.Head(http.StatusOK, "Content-Length: 9")), faulty.Stall), faulty.Reply(http.StatusOK, faultBody))
		f.call(ctx, f.client(s.URL(), short), http.MethodGet).ok(3)

		s = f.serve(faulty.Stall)
		err := f.call(ctx, f.client(s.URL()), http.MethodGet, short, freddy.WithMaxRetries(1)).within(80*time.Millisecond+fast).transport(0, 2)
		assert.True(f, err.Timeout())
		var timeout interface{ Timeout() bool }
		require.ErrorAs(f, err.Err, &timeout)

		lent := &http.Client{Timeout: 40 * time.Millisecond} // the lent limit is one of an attempt, too
		err = f.call(ctx, f.client(s.URL(), freddy.WithHTTPClient(lent)), http.MethodPost).within(40*time.Millisecond+fast).transport(0, 1)
		assert.True(f, err.Timeout())
		assert.True(f, err.Ambiguous)
	})

	fault(t, "G7_fifty_at_once", func(f *faultRow) {
		s := f.serve(func(c *faulty.Conn) {
			uri := c.Request().RequestURI
			ok := faulty.Reply(http.StatusOK, `{"id":"`+uri[strings.LastIndexByte(uri, '/')+1:]+`"}`)
			switch rand.IntN(25) {
			case 0, 1:
				ok = faulty.Reply(http.StatusServiceUnavailable, "{}")
			case 2:
				ok = faulty.Close
			case 3:
				ok = faulty.Then(faulty.Wait(10*time.Millisecond), ok)
			case 4:
				ok = faulty.Cut(http.StatusOK, 100, "{")
			}
			ok(c)
		})
		base := &http.Transport{MaxIdleConnsPerHost: 50}
		var trips, attempts atomic.Int64
		counting := roundTrip(func(req *http.Request) (*http.Response, error) {
			trips.Add(1)
			return base.RoundTrip(req)
		})
		f.checks.CloseIdle(base.CloseIdleConnections)
		client := f.client(s.URL(), freddy.WithHTTPClient(&http.Client{Transport: counting}), freddy.WithAttemptTimeout(5*time.Second))
		var failed atomic.Int64
		var tasks sync.WaitGroup
		for g := range 50 {
			tasks.Go(func() {
				for n := range 10 {
					id := fmt.Sprintf("pcon_%d_%d", g, n)
					var response freddy.Response
					connector, err := client.Connectors().Get(f.Context(), id, freddy.WithResponse(&response))
					attempts.Add(int64(response.Attempts))
					if err == nil {
						assert.Equal(f, id, connector.ID, "each call has its own answer")
						continue
					}
					failed.Add(1)
					var api *freddy.APIError
					var fault *freddy.TransportError
					assert.True(f, errors.As(err, &api) || errors.As(err, &fault), "%T: %v", err, err)
				}
			})
		}
		tasks.Wait()
		assert.Equal(f, trips.Load(), attempts.Load())
		assert.Greater(f, trips.Load(), int64(500), "there were faults")
		assert.Less(f, failed.Load(), int64(100))
	})

	fault(t, "G9_five_hundred_failures", func(f *faultRow) {
		answers := []faulty.Handler{
			faulty.Close, faulty.Reset, faulty.Raw("BANANA\r\n\r\n"), faulty.Cut(http.StatusOK, 9, "{"), faulty.CutChunks("{"), faulty.Reply(http.StatusOK, "<html>"), faulty.Reply(http.StatusTeapot, ""),
			faulty.Flood(faulty.Head(http.StatusServiceUnavailable, "Content-Length: 300000"), 300_000), faulty.Flood(faulty.Head(http.StatusOK, "Content-Length: 2000000"), 2_000_000),
		}
		s := f.serve(func(c *faulty.Conn) { answers[rand.IntN(len(answers))](c) })
		client := f.client(s.URL(), freddy.WithMaxRetries(1))
		var tasks sync.WaitGroup
		for range 5 {
			tasks.Go(func() {
				for range 100 {
					_, err := client.Connectors().Get(f.Context(), "x")
					assert.Error(f, err)
				}
			})
		}
		tasks.Wait()
		for range 50 {
			_, err := client.Connectors().Get(f.Context(), "x", freddy.WithAttemptTimeout(1))
			require.Error(f, err)
		}
	})

	fault(t, "G10_one_connection", func(f *faultRow) {
		for name, answer := range map[string]faulty.Handler{
			"sized":    faulty.Reply(http.StatusServiceUnavailable, strings.Repeat("x", 100_000)),
			"chunked":  faulty.Then(faulty.Raw(faulty.Head(http.StatusServiceUnavailable, "Transfer-Encoding: chunked")), faulty.Chunk(strings.Repeat("x", 100_000)), faulty.LastChunk),
			"as_read":  faulty.Reply(http.StatusServiceUnavailable, strings.Repeat("x", 256<<10)),
			"nothing":  faulty.Reply(http.StatusServiceUnavailable, ""),
			"redirect": faulty.Reply(http.StatusFound, strings.Repeat("x", 100_000), "Location: /elsewhere"),
		} {
			s := f.serve(answer)
			client := f.client(s.URL(), freddy.WithMaxRetries(4))
			for range 2 {
				_, err := client.Connectors().Get(f.Context(), "x")
				var refusal *freddy.APIError
				require.ErrorAs(f, err, &refusal, name)
				assert.LessOrEqual(f, len(refusal.Body), 64<<10)
			}
			assert.Equal(f, 1, s.Accepted(), name)
		}
	})

	fault(t, "G13_calls_within_a_call", func(f *faultRow) {
		type name struct{}
		ctx, cancel := context.WithTimeout(context.WithValue(f.Context(), name{}, "outer"), 5*time.Second)
		defer cancel()
		s := f.serve(faulty.Reply(http.StatusServiceUnavailable, ""), faulty.Reply(http.StatusOK, anyBody), faulty.Reply(http.StatusServiceUnavailable, ""), faulty.Reply(http.StatusOK, anyBody))
		other := f.client(s.URL())
		var client *freddy.Client
		within := func(ctx context.Context) { // calls of both clients, in the context of a call
			if ctx.Value(name{}) != "outer" {
				return
			}
			ctx = context.WithValue(ctx, name{}, "inner")
			for _, c := range []*freddy.Client{other, client} {
				_, err := c.Connectors().Get(ctx, "x")
				assert.NoError(f, err)
			}
		}
		base := &http.Transport{}
		rt := roundTrip(func(req *http.Request) (*http.Response, error) {
			within(req.Context())
			return base.RoundTrip(req)
		})
		f.checks.CloseIdle(base.CloseIdleConnections)
		source := freddy.WithKeySource(func(ctx context.Context) (string, error) { within(ctx); return faultKey, nil })
		logger := freddy.WithLogger(slog.New(handler(func(ctx context.Context, _ slog.Record) { within(ctx) })))
		client, err := freddy.NewClient("", freddy.WithBaseURL(s.URL()), freddy.WithHTTPClient(&http.Client{Transport: rt}), source, logger, freddy.WithRetryWait(0, 0))
		require.NoError(f, err)
		_, err = client.Connectors().Get(ctx, "x")
		require.NoError(f, err)
		for connector, err := range client.Connectors().All(ctx, freddy.ConnectorListParams{}) {
			assert.Nil(f, connector)
			assert.NoError(f, err)
		}
	})

	fault(t, "G15_close_idle_connections_at_any_time", func(f *faultRow) {
		s := f.serve(faulty.Then(faulty.Wait(time.Millisecond), faulty.Reply(http.StatusOK, faultBody)))
		client := f.client(s.URL())
		client.CloseIdleConnections()
		f.get(client).ok(1)
		client.CloseIdleConnections()
		client.CloseIdleConnections()
		f.get(client).ok(1)
		assert.Equal(f, 2, s.Accepted())

		ctx, cancel := context.WithCancel(f.Context())
		var failed atomic.Int64
		var calls, closer sync.WaitGroup
		closer.Go(func() {
			for ctx.Err() == nil {
				client.CloseIdleConnections()
			}
		})
		for range 4 {
			calls.Go(func() {
				for range 25 {
					if _, err := client.Connectors().Get(ctx, "x"); err != nil {
						failed.Add(1)
					}
					err := client.Do(ctx, http.MethodPost, "/x", 1, nil)
					_, typed := err.(*freddy.TransportError) //nolint:errorlint // the type itself
					assert.True(f, err == nil || typed, "%T: %v", err, err)
				}
			})
		}
		calls.Wait()
		cancel()
		closer.Wait()
		assert.Zero(f, failed.Load(), "calls under way go on")
	})

	fault(t, "G16_a_thousand_for_two_connections", func(f *faultRow) {
		s := f.serve(faulty.Stall)
		client := f.client(s.URL(), freddy.WithHTTPClient(&http.Client{Transport: &http.Transport{MaxConnsPerHost: 2}}))
		errs, took := make([]error, 1000), make([]time.Duration, 1000)
		var tasks sync.WaitGroup
		for i := range errs {
			tasks.Go(func() {
				start := time.Now()
				ctx, cancel := context.WithTimeout(f.Context(), 50*time.Millisecond)
				defer cancel()
				_, errs[i] = client.Connectors().Get(ctx, "x")
				took[i] = time.Since(start)
			})
		}
		tasks.Wait()
		for _, err := range errs {
			var fault *freddy.TransportError
			require.ErrorAs(f, err, &fault)
			require.ErrorIs(f, err, context.DeadlineExceeded)
		}
		assert.LessOrEqual(f, slices.Max(took), fast)
		assert.LessOrEqual(f, s.Open(), 2)
	})
}

// refusedBefore requires that one attempt was refused with a 503, which the
// error still knows.
func (f *faultRow) refusedBefore(o *faultOutcome) {
	f.Helper()
	fault, ok := o.err.(*freddy.TransportError) //nolint:errorlint // the type itself
	require.True(f, ok, "%T: %v", o.err, o.err)
	assert.Equal(f, 1, fault.Attempts)
	assert.Zero(f, fault.StatusCode, "the answer did not break off")
	var refusal *freddy.APIError
	require.ErrorAs(f, o.err, &refusal)
	assert.Equal(f, http.StatusServiceUnavailable, refusal.StatusCode)
	assert.Equal(f, "req_refused", refusal.RequestID)
	assert.Equal(f, http.StatusServiceUnavailable, o.response.StatusCode, "the last answer that came")
}

// handler is a slog.Handler of one function, for every level.
type handler func(ctx context.Context, record slog.Record)

func (h handler) Enabled(context.Context, slog.Level) bool { return true }
func (h handler) Handle(ctx context.Context, record slog.Record) error {
	h(ctx, record)
	return nil
}
func (h handler) WithAttrs([]slog.Attr) slog.Handler { return h }
func (h handler) WithGroup(string) slog.Handler      { return h }

// What no error may show but the key: a query, a header, a proxy's password.
const (
	querySecret  = "query-secret-51c7ae"
	headerSecret = "header-secret-8d20fb"
	proxySecret  = "proxy-secret-6e9b04"
)

func secretRows(t *testing.T) {
	// Keys of the usual forms: what is here for tests says so.
	fault(t, "H10_no_key_in_the_tree", func(f *faultRow) {
		keys := regexp.MustCompile(`\b(sk|pk|rk)[-_](live|proj)?[-_]?[A-Za-z0-9]{20,}|\b(gh[pousr]|glpat|xox[abp]|tskey)[-_][A-Za-z0-9-]{20,}|\bAKIA[0-9A-Z]{16}\b|\beyJ[\w-]{20,}\.eyJ|-----BEGIN [A-Z ]*PRIVATE KEY`)
		sample := regexp.MustCompile(`(?i)test|example`)
		files := 0
		require.NoError(f, filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				if entry != nil && entry.Name() == ".git" {
					return filepath.SkipDir
				}
				return err
			}
			text, err := os.ReadFile(path)
			files++
			for _, key := range keys.FindAllString(string(text), -1) {
				assert.Regexp(f, sample, key, path)
			}
			return err
		}))
		assert.Greater(f, files, 100)
	})

	source := freddy.WithKeySource(func(context.Context) (string, error) { return faultKey, nil })
	for name, build := range map[string]struct {
		key     string
		options []freddy.Option
	}{
		"bearer":     {faultKey, nil},
		"x_api_key":  {faultKey, []freddy.Option{freddy.WithAuthScheme(freddy.AuthSchemeXAPIKey)}},
		"api_key":    {faultKey, []freddy.Option{freddy.WithAuthScheme(freddy.AuthSchemeAPIKey)}},
		"key_source": {"", []freddy.Option{source}},
		"all_options": {"", []freddy.Option{
			source, freddy.WithLogger(slog.New(slog.DiscardHandler)), freddy.WithHeader("X-A", "b"), freddy.WithUserAgent("a/1"), freddy.WithInsecureHTTP(),
			freddy.WithMaxRetries(1), freddy.WithAttemptTimeout(time.Second), freddy.WithHTTPClient(&http.Client{Transport: &http.Transport{}}),
		}},
	} {
		fault(t, "H1_H2_printed_and_encoded_"+name, func(f *faultRow) {
			s := f.serve(faulty.Reply(http.StatusOK, faultBody, "X-Request-Id: req_1"))
			options := append([]freddy.Option{freddy.WithBaseURL(s.URL())}, build.options...)
			client, err := freddy.NewClient(build.key, options...)
			require.NoError(f, err)
			f.checks.CloseIdle(client.CloseIdleConnections)
			var response freddy.Response
			calls := []freddy.CallOption{freddy.WithResponse(&response), freddy.WithHeader("X-B", "c")}
			connector, err := client.Connectors().Get(f.Context(), "x", calls...)
			require.NoError(f, err)

			type holder struct {
				client  *freddy.Client
				value   freddy.Client
				service *freddy.ConnectorsService
				options []freddy.Option
				calls   []freddy.CallOption
				all     iter.Seq2[*freddy.Connector, error]
				*freddy.Client
			}
			held := holder{client, *client, client.Connectors(), options, calls, client.Connectors().All(f.Context(), freddy.ConnectorListParams{}), client}
			faulty.NoSecret(f, faultKey, client, *client, client.Connectors(), *client.Connectors(), options, calls, connector, response, held, &held,
				[]*freddy.Client{client}, []freddy.Client{*client}, map[string]any{"client": client}, struct{ freddy.Client }{*client}, []holder{held})
		})
	}

	fault(t, "H3_every_error", func(f *faultRow) {
		long := strings.Repeat("x", 2<<20)
		var origins []string
		for _, answer := range []faulty.Handler{
			faulty.Close, faulty.Reset, faulty.Stall, faulty.Raw("BANANA\r\n\r\n"), faulty.Raw("HTTP/1.1 200 OK\r\nbanana\r\n\r\n"), faulty.Drip(faulty.Head(http.StatusOK, "Content-Length: 99"), 'x', 10*time.Millisecond),
			faulty.Cut(http.StatusOK, 100, "{"), faulty.CutChunks("{"), faulty.Reply(http.StatusOK, "<html>"), faulty.Reply(http.StatusOK, ""), faulty.Reply(http.StatusNoContent, ""), faulty.Reply(http.StatusOK, `{"data":5}`),
			faulty.Reply(http.StatusOK, `{"success":false}`), faulty.Reply(http.StatusOK, long), faulty.Reply(http.StatusOK, "x", "Content-Encoding: br"), faulty.Reply(http.StatusOK, "x", "Content-Encoding: gzip"),
			faulty.Reply(http.StatusFound, "", "Location: https://user:pw@evil.example/x?"+querySecret), faulty.Reply(http.StatusNotFound, "{}"), faulty.Reply(http.StatusServiceUnavailable, long), faulty.Reply(http.StatusTooManyRequests, "", "Retry-After: 86400"),
			faulty.Raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), faulty.Raw("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"), faulty.Raw(strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 9)),
		} {
			origins = append(origins, f.serve(answer).URL())
		}
		plain := f.serve(faulty.Reply(http.StatusOK, faultBody))
		tlsOnly := f.checks.Server(faulty.ServeTLS(f, nil, faulty.Reply(http.StatusOK, faultBody)))
		origins = append(origins, faulty.Refused(f), strings.Replace(plain.URL(), "http:", "https:", 1), strings.Replace(tlsOnly.URL(), "https:", "http:", 1), tlsOnly.URL(),
			f.checks.Server(faulty.ServeTLS(f, faulty.Expired(), faulty.Close)).URL(), f.checks.Server(faulty.ServeTLS(f, faulty.WrongHost(), faulty.Close)).URL(), f.checks.Server(faulty.ServeHandshakeStall(f)).URL())
		for _, origin := range origins {
			client := f.client(origin, freddy.WithMaxRetries(1), freddy.WithAttemptTimeout(30*time.Millisecond), freddy.WithHeader("X-Other", headerSecret))
			f.quietErrors(f.Context(), client)
		}
		ended, cancel := context.WithCancel(f.Context())
		cancel()
		f.quietErrors(ended, f.client(plain.URL()))
	})

	fault(t, "H3_errors_of_a_round_tripper", func(f *faultRow) {
		for name, fail := range map[string]func(req *http.Request) error{
			"url":     func(req *http.Request) error { return &url.Error{Op: "Get", URL: req.URL.String(), Err: errTest} },
			"wrapped": func(req *http.Request) error { return fmt.Errorf("sending to %s: %w", req.URL, errTest) },
			"header": func(req *http.Request) error {
				return fmt.Errorf("sent %v to %v: %w", req.Header["Authorization"], req.URL, errTest)
			},
			"joined": func(req *http.Request) error {
				return errors.Join(errTest, errors.New(req.Header.Get("Authorization")))
			},
		} {
			var last error
			rt := roundTrip(func(req *http.Request) (*http.Response, error) { return nil, fail(req) })
			for _, err := range f.quietErrors(f.Context(), f.over(rt, freddy.WithMaxRetries(0))) {
				require.ErrorIs(f, err, errTest, name)
				last = err
			}
			var fault *freddy.TransportError
			require.ErrorAs(f, last, &fault, name)
		}
	})

	fault(t, "H4_errors_that_hold_the_request", func(f *faultRow) {
		rt := roundTrip(func(req *http.Request) (*http.Response, error) { return nil, &dumpError{req} })
		var dumped *dumpError
		for _, err := range f.quietErrors(f.Context(), f.over(rt, freddy.WithMaxRetries(0))) {
			assert.NotErrorAs(f, err, &dumped, "an error whose text has the key is not reached")
		}
	})

	fault(t, "H4_errors_that_hold_such_an_error", func(f *faultRow) {
		rt := roundTrip(func(req *http.Request) (*http.Response, error) { return nil, &outerError{&dumpError{req}} })
		var dumped *dumpError
		for _, err := range f.quietErrors(f.Context(), f.over(rt, freddy.WithMaxRetries(0))) {
			assert.NotErrorAs(f, err, &dumped, "nor is one behind a text without it")
		}
	})

	fault(t, "H5_nothing_on_stderr", func(f *faultRow) { // see fault
		s := f.serve(faulty.Reply(http.StatusServiceUnavailable, ""), faulty.Close, faulty.Reply(http.StatusNotFound, ""))
		client, err := freddy.NewClient(faultKey, freddy.WithBaseURL(s.URL()), freddy.WithRetryWait(0, 0))
		require.NoError(f, err)
		f.checks.CloseIdle(client.CloseIdleConnections)
		_, err = client.Connectors().Get(f.Context(), "x")
		require.Error(f, err)
		bad := roundTrip(func(*http.Request) (*http.Response, error) { panic("in a RoundTripper") })
		assert.PanicsWithValue(f, "in a RoundTripper", func() { _, _ = f.over(bad).Connectors().Get(f.Context(), "x") })
	})

	fault(t, "H6_what_is_logged", func(f *faultRow) {
		var text bytes.Buffer
		logger := slog.New(slog.NewJSONHandler(&text, &slog.HandlerOptions{Level: slog.LevelDebug}))
		s := f.serve(
			faulty.Reply(http.StatusServiceUnavailable, `"body-secret"`, "X-Request-Id: req_1"), faulty.Reply(http.StatusOK, `{"data":[],"x":"body-secret"}`, "X-Request-Id: req_\u202e"+faultKey, "X-A: "+headerSecret),
			faulty.Reply(http.StatusNotFound, "body-secret"), faulty.Close)
		client := f.client(s.URL(), freddy.WithLogger(logger), freddy.WithHeader("X-Other", headerSecret))
		assert.Empty(f, text.String())
		_, err := client.Connectors().List(f.Context(), freddy.ConnectorListParams{Category: querySecret})
		require.NoError(f, err)
		_, err = client.Connectors().Get(f.Context(), "pcon_github")
		require.Error(f, err)
		require.Error(f, client.Do(f.Context(), http.MethodPost, "/x/"+faultKey+"?"+querySecret, "body-secret", nil))

		var lines []map[string]any
		for decoder := json.NewDecoder(&text); decoder.More(); {
			var line map[string]any
			require.NoError(f, decoder.Decode(&line))
			require.Contains(f, line, "duration")
			assert.Positive(f, line["duration"])
			delete(line, "time")
			delete(line, "duration")
			lines = append(lines, line)
		}
		line := func(level, message, method, route string, status, attempt float64, id string) map[string]any {
			return map[string]any{"level": level, "msg": message, "method": method, "route": route, "status": status, "attempt": attempt, "request_id": id}
		}
		assert.Equal(f, []map[string]any{
			line("WARN", "freddy: attempt failed: Service Unavailable", "GET", "/personal-connectors", 503, 1, "req_1"),
			line("DEBUG", "freddy: attempt", "GET", "/personal-connectors", 200, 2, `req_\u202eREDACTED`),
			line("WARN", "freddy: attempt failed: Not Found", "GET", "/personal-connectors/{connector_id}", 404, 1, ""),
			line("WARN", "freddy: attempt failed: the connection broke", "POST", "/v1/x/REDACTED", 0, 1, ""),
		}, lines)
	})

	fault(t, "H7_passwords_of_a_proxy", func(f *faultRow) {
		s := f.serve(faulty.Reply(http.StatusProxyAuthRequired, ""), faulty.Raw("HTTP/1.1 407 Who are you?\r\n\r\n"), faulty.Raw("HTTP/1.1 502 "+faultKey+"\r\n\r\n"), faulty.Raw(faultKey+"\r\n\r\n"), faulty.Close)
		for _, proxy := range []string{s.URL(), s.URL(), s.URL(), s.URL(), s.URL(), faulty.Refused(f)} {
			proxy = strings.Replace(proxy, "http://", "http://user:"+proxySecret+"@", 1)
			transport := &http.Transport{Proxy: func(*http.Request) (*url.URL, error) { return url.Parse(proxy) }}
			client := f.client("https://api.test", freddy.WithHTTPClient(&http.Client{Transport: transport}), freddy.WithMaxRetries(0))
			o := f.get(client)
			faulty.NoSecret(f, proxySecret, o.transport(0, 1))
		}
		for _, request := range s.Requests() {
			assert.Equal(f, http.MethodConnect, request.Method)
			assert.Empty(f, request.Header.Get("Authorization"), "the key is not a proxy's")
		}
	})

	fault(t, "H8_proxy_that_wants_credentials", func(f *faultRow) {
		s := f.serve(faulty.Reply(http.StatusProxyAuthRequired, ""))
		proxy := func(*http.Request) (*url.URL, error) { return url.Parse(s.URL()) }
		client := f.client("https://api.test", freddy.WithHTTPClient(&http.Client{Transport: &http.Transport{Proxy: proxy}}))
		require.Error(f, f.get(client).transport(0, 1))
	})

	fault(t, "H8_redirect", func(f *faultRow) {
		evil := f.untouched()
		for _, location := range []string{evil.URL() + "/" + faultKey, evil.URL() + "/?" + faultKey, "https://" + faultKey + ".example/", "https://" + faultKey + "@evil.example/x?" + querySecret, "/" + faultKey, faultKey, "%zz" + faultKey, "//" + faultKey} {
			for _, status := range []int{301, 302, 303, 307, 308} {
				s := f.serve(faulty.Reply(status, faultBody, "Location: "+location))
				err := f.get(f.client(s.URL())).api(status, 1)
				assert.NotContains(f, err.Error(), querySecret)
				require.Len(f, s.Requests(), 1)
			}
		}
	})

	fault(t, "H8_certificate", func(f *faultRow) {
		certificate := faulty.Certificate(time.Now().Add(time.Hour), faultKey+".example")
		s := f.serveTLS(&tls.Config{Certificates: []tls.Certificate{certificate}}, faulty.Close)
		lent := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: faulty.RootCAs(), ServerName: "api.test"}}
		err := f.get(f.client(s.URL(), freddy.WithHTTPClient(&http.Client{Transport: lent}))).transport(0, 1)
		assert.Contains(f, err.Error(), "REDACTED.example")
	})

	fault(t, "H8_goaway", func(f *faultRow) {
		frame := func(kind byte, payload string) string {
			return string([]byte{0, 0, byte(len(payload)), kind, 0, 0, 0, 0, 0}) + payload
		}
		config := faulty.Valid()
		config.NextProtos = []string{"h2"}
		const settings, goaway = 4, 7
		answer := faulty.Raw(frame(settings, "") + frame(goaway, "\x00\x00\x00\x00\x00\x00\x00\x0b"+faultKey))
		s := f.serveTLS(config, func(c *faulty.Conn) {
			answer(c)
			time.Sleep(30 * time.Millisecond) // the client reads; the server's reader is no h2 one
		})
		lent := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: faulty.RootCAs()}, ForceAttemptHTTP2: true}
		client := f.client(s.URL(), freddy.WithHTTPClient(&http.Client{Transport: lent}), freddy.WithMaxRetries(0))
		o := f.get(client)
		err := o.transport(0, 1)
		assert.Contains(f, err.Error(), "GOAWAY")
	})
}

// dumpError is an error as a RoundTripper for debugging makes it.
type dumpError struct{ request *http.Request }

func (e *dumpError) Error() string {
	dump, err := httputil.DumpRequest(e.request, false)
	return fmt.Sprintf("%s%v", dump, err)
}

// outerError tells nothing of what it wraps.
type outerError struct{ inner error }

func (e *outerError) Error() string { return "the request failed" }
func (e *outerError) Unwrap() error { return e.inner }

// quietErrors makes calls that have secrets in their query and headers and must
// fail, and returns their errors, which show none of them.
func (f *faultRow) quietErrors(ctx context.Context, client *freddy.Client) []error {
	f.Helper()
	_, list := client.Connectors().List(ctx, freddy.ConnectorListParams{Category: querySecret})
	post := client.Do(ctx, http.MethodPost, "/x?token="+querySecret, json.RawMessage(`{"a":1}`), new(struct{ Data string }))
	for _, err := range []error{list, post} {
		require.Error(f, err)
		faulty.NoSecret(f, faultKey, err)
		faulty.NoSecret(f, headerSecret, err)
		text := fmt.Sprintf("%v %+v %s %q", err, err, err, err)
		for unwrapped := err; unwrapped != nil; unwrapped = errors.Unwrap(unwrapped) {
			text += unwrapped.Error()
		}
		assert.NotContains(f, text, querySecret)
	}
	return []error{list, post}
}

// odd is a key whose every escape differs from it.
const odd = `fk-"<&>'\/+=~?#{}-5e9d7c`

// forms returns the ways in which servers write a text that they were sent.
func forms(text string) map[string]string {
	each := func(format string) string {
		var b strings.Builder
		for _, c := range []byte(text) {
			fmt.Fprintf(&b, format, c)
		}
		return b.String()
	}
	quoted, _ := json.Marshal(text)
	return map[string]string{
		"plain": text, "json": strings.Trim(string(quoted), `"`), "go": strings.Trim(strconv.Quote(text), `"`),
		"json_escapes": each(`\u%04x`), "upper_json_escapes": each(`\u%04X`), "hex_escapes": each(`\x%02x`), "percent": each("%%%02x"), "upper_percent": each("%%%02X"),
		"query": url.QueryEscape(text), "path": url.PathEscape(text), "html": html.EscapeString(text), "html_decimal": each("&#%d;"), "html_hex": each("&#x%x;"),
		"hex": hex.EncodeToString([]byte(text)), "upper_hex": strings.ToUpper(hex.EncodeToString([]byte(text))),
		"base64": base64.StdEncoding.EncodeToString([]byte(text)), "url_base64": base64.RawURLEncoding.EncodeToString([]byte(text)),
	}
}

// answerWith returns an answer in bytes.
func answerWith(status int, body string, fields ...string) string {
	return faulty.Head(status, append(fields, fmt.Sprintf("Content-Length: %d", len(body)))...) + body
}

// echoed calls a server that answers with the text, and requires that neither
// the error nor the Response shows one of the secrets. It returns the Response,
// and whether the call succeeded.
func (f *faultRow) echoed(key, text string, secrets ...string) (freddy.Response, bool) {
	f.Helper()
	client, err := freddy.NewClient(key, freddy.WithBaseURL("http://127.0.0.1"), freddy.WithMaxRetries(0), freddy.WithHTTPClient(&http.Client{Transport: script(text)}))
	require.NoError(f, err)
	var response freddy.Response
	_, err = client.Connectors().Get(f.Context(), "x", freddy.WithResponse(&response))
	for _, secret := range secrets {
		faulty.NoSecret(f, secret, err, response)
	}
	return response, err == nil
}

func echoRows(t *testing.T) {
	// Where net/http quotes what it was sent.
	quotes := map[string]bool{"transfer": true, "status": true, "status_line": true, "header_line": true}
	for name, surface := range map[string]func(echo string) string{
		"message": func(echo string) string {
			return answerWith(http.StatusNotFound, `{"error":{"message":"no key `+echo+`."}}`)
		},
		"members": func(echo string) string {
			return answerWith(http.StatusBadRequest, strings.ReplaceAll(`{"success":false,"error":{"code":"$","type":"$","message":"$","system_message":"$","trace_id":"$","details":{"$":["$"]}}}`, "$", echo))
		},
		"fields": func(echo string) string {
			return answerWith(http.StatusUnprocessableEntity, strings.ReplaceAll(`{"detail":[{"loc":["body","$"],"msg":"$","type":"$"}],"meta":{"request_id":"$"}}`, "$", echo))
		},
		"page": func(echo string) string {
			return answerWith(http.StatusBadGateway, "<p>Authorization: Bearer "+echo+"</p>", "Content-Type: text/html")
		},
		"not_json": func(echo string) string { return answerWith(http.StatusOK, "Authorization: "+echo+" ?") },
		"name_of_a_member": func(echo string) string {
			return answerWith(http.StatusOK, `{"`+echo+`":nope}`)
		},
		"wrong_type": func(echo string) string { return answerWith(http.StatusOK, `{"id":"x","createdAt":"`+echo+`"}`) },
		"unsuccessful": func(echo string) string {
			return answerWith(http.StatusOK, `{"success":false,"error":{"code":"`+echo+`"}}`)
		},
		"success": func(echo string) string { return answerWith(http.StatusOK, `{"id":"x","a":"`+echo+`"}`, "X-A: "+echo) },
		"header": func(echo string) string {
			return answerWith(http.StatusForbidden, "", "X-A: Bearer "+echo, "X-A: "+echo)
		},
		"request_id":       func(echo string) string { return answerWith(http.StatusForbidden, "", "X-Request-Id: "+echo) },
		"version":          func(echo string) string { return answerWith(http.StatusOK, faultBody, "Freddy-Api-Version: "+echo) },
		"location":         func(echo string) string { return answerWith(http.StatusFound, "", "Location: https://x/"+echo) },
		"host_of_location": func(echo string) string { return answerWith(http.StatusFound, "", "Location: https://"+echo+"/") },
		"content_type":     func(echo string) string { return answerWith(http.StatusOK, "<", "Content-Type: text/"+echo) },
		"content_encoding": func(echo string) string { return answerWith(http.StatusOK, "<", "Content-Encoding: "+echo) },
		"retry_after":      func(echo string) string { return answerWith(http.StatusServiceUnavailable, "", "Retry-After: "+echo) },
		"transfer":         func(echo string) string { return answerWith(http.StatusOK, "", "Transfer-Encoding: "+echo) },
		"reason":           func(echo string) string { return "HTTP/1.1 404 " + echo + "\r\n\r\n" },
		"status":           func(echo string) string { return "HTTP/1.1 " + echo + "\r\n\r\n" },
		"status_line":      func(echo string) string { return echo + "\r\n\r\n" },
		"header_line":      func(echo string) string { return "HTTP/1.1 200 OK\r\n" + echo + "\r\n\r\n" },
		"chunk": func(echo string) string {
			return faulty.Head(http.StatusOK, "Transfer-Encoding: chunked") + echo + "\r\n"
		},
	} {
		fault(t, "in_"+name, func(f *faultRow) {
			for _, key := range []string{faultKey, odd} {
				for form, echo := range forms(key) {
					if quotes[name] && form != "plain" {
						continue // what is escaped twice has rows of its own
					}
					_, ok := f.echoed(key, surface(echo), key, echo)
					require.True(f, !ok || name == "success" || name == "version", form)
				}
			}
		})
	}

	fault(t, "over_a_socket", func(f *faultRow) {
		for _, answer := range []string{
			faultKey + "\r\n\r\n", "HTTP/1.1 " + faultKey + "\r\n\r\n", "HTTP/1.1 200 " + faultKey + "\r\n" + faultKey + "\r\n\r\n",
			"HTTP/1.1 200 OK\r\nTransfer-Encoding: " + faultKey + "\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: " + faultKey + "\r\n\r\n",
			"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2" + faultKey + "\r\n\r\n", "HTTP/" + faultKey + " 200 OK\r\n\r\n",
		} {
			s := f.serve(faulty.Then(faulty.Raw(answer), faulty.Close))
			require.Error(f, f.get(f.client(s.URL()), freddy.WithMaxRetries(0)).transport(0, 1))
		}
	})

	fault(t, "in_what_was_asked_for", func(f *faultRow) { // a key in the wrong place
		s := f.serve(faulty.Reply(http.StatusNotFound, ""))
		client := f.client(s.URL())
		_, err := client.Connectors().Get(f.Context(), faultKey)
		require.ErrorIs(f, err, freddy.ErrNotFound)
		faulty.NoSecret(f, faultKey, err)
		err = client.Do(f.Context(), http.MethodGet, "/x/"+forms(faultKey)["percent"]+"?"+faultKey, nil, nil)
		require.ErrorIs(f, err, freddy.ErrNotFound)
		faulty.NoSecret(f, faultKey, err)
		faulty.NoSecret(f, forms(faultKey)["percent"], err)
	})

	fault(t, "in_the_method", func(f *faultRow) {
		s := f.serve(faulty.Reply(http.StatusNotFound, ""))
		err := f.client(s.URL()).Do(f.Context(), faultKey, "/x", nil, nil)
		require.Error(f, err)
		faulty.NoSecret(f, faultKey, err)
	})

	fault(t, "in_the_base_url", func(f *faultRow) {
		s := f.serve(faulty.Reply(http.StatusOK, page(0, 1, `,"hasMore":true`)))
		client := f.client(s.URL() + "/" + faultKey)
		got, err := f.collect(client.Connectors().All(f.Context(), freddy.ConnectorListParams{}), 9)
		assert.Len(f, got, 1)
		require.Error(f, err)
	})

	fault(t, "in_the_name_of_a_header", func(f *faultRow) { // net/http changes its case
		response, _ := f.echoed(faultKey, answerWith(http.StatusNotFound, "", "X-"+faultKey+": 1"), faultKey)
		assert.NotContains(f, strings.ToLower(fmt.Sprint(response.Header)), faultKey)
	})

	for name, text := range map[string]string{
		"bearer": "Bearer " + faultKey, "user_and_key": "x:" + faultKey, "key_and_colon": faultKey + ":", "header": "Authorization: Bearer " + faultKey + "\r\n",
	} {
		fault(t, "in_base64_of_"+name, func(f *faultRow) {
			for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.RawURLEncoding} {
				f.echoed(faultKey, answerWith(http.StatusBadGateway, "Basic "+encoding.EncodeToString([]byte(text))), faultKey)
			}
		})
	}

	fault(t, "escaped_twice", func(f *faultRow) {
		for _, key := range []string{faultKey, odd} {
			for _, echo := range []string{strconv.Quote(key), forms(key)["json_escapes"], forms(key)["percent"]} {
				twice := url.QueryEscape(echo)
				f.echoed(key, echo+"\r\n\r\n", key) // net/http quotes it once more
				f.echoed(key, answerWith(http.StatusBadGateway, twice), key, echo, twice)
				f.echoed(key, answerWith(http.StatusBadGateway, strconv.Quote(echo)), key, echo)
			}
		}
	})

	fault(t, "in_json_within_json", func(f *faultRow) { // a gateway that quotes its upstream
		inner := `{"key":"` + forms(faultKey)["json_escapes"] + `"}`
		outer, err := json.Marshal(map[string]any{"error": map[string]string{"message": inner}})
		require.NoError(f, err)
		f.echoed(faultKey, answerWith(http.StatusBadGateway, string(outer)), faultKey, forms(faultKey)["json_escapes"], strings.ReplaceAll(forms(faultKey)["json_escapes"], `\`, `\\`))
	})

	for _, key := range []string{`fk-&lt;5e9d7c41`, `fk-%41"5e9d7c41`, `fk-%41<5e9d7c41`, `fk-\u0041<5e9d7c41`, `fk-&copy-5e9d"7c41`} {
		fault(t, "of_a_key_that_looks_escaped_"+key, func(f *faultRow) {
			for _, form := range []string{"plain", "json", "go", "html", "query", "percent", "json_escapes"} {
				echo := forms(key)[form]
				f.echoed(key, answerWith(http.StatusNotFound, `{"error":{"message":"`+echo+`"}}`), key, echo)
			}
		})
	}

	// A text that is cut shows no part of the key either.
	for name, row := range map[string]struct {
		cut    int
		answer func(text string) string
	}{
		"request_id": {4 << 10, func(text string) string { return answerWith(http.StatusNotFound, "", "X-Request-Id: "+text) }},
		"request_id_of_a_broken_answer": {4 << 10, func(text string) string {
			return faulty.Head(http.StatusOK, "Content-Length: 9", "X-Request-Id: "+text) + "{"
		}},
		"request_id_in_the_body": {4 << 10, func(text string) string {
			return answerWith(http.StatusNotFound, `{"meta":{"request_id":"`+text+`"}}`)
		}},
		"trace_id":     {4 << 10, func(text string) string { return answerWith(http.StatusNotFound, `{"trace_id":"`+text+`"}`) }},
		"content_type": {4 << 10, func(text string) string { return answerWith(http.StatusOK, "<", "Content-Type: "+text) }},
		"version":      {4 << 10, func(text string) string { return answerWith(http.StatusOK, faultBody, "Freddy-Api-Version: "+text) }},
		"snippet":      {200, func(text string) string { return answerWith(http.StatusOK, text) }},
		"body":         {64 << 10, func(text string) string { return answerWith(http.StatusNotFound, text+"...") }},
		"message":      {64<<10 - len(`{"message":"`), func(text string) string { return answerWith(http.StatusNotFound, `{"message":"`+text+`..."}`) }},
		"details":      {64<<10 - len(`{"details":"`), func(text string) string { return answerWith(http.StatusNotFound, `{"details":"`+text+`..."}`) }},
		"text":         {1 << 10, func(text string) string { return answerWith(http.StatusNotFound, `{"message":"`+text+`"}`) }},
		"cause":        {512, func(text string) string { return text + "\r\n\r\n" }},
	} {
		fault(t, "cut_in_the_"+name, func(f *faultRow) {
			for _, shown := range []int{len(faultKey) - 1, len(faultKey) / 2} {
				text := strings.Repeat("x", row.cut-shown) + faultKey + "xxx"
				f.echoed(faultKey, row.answer(text), faultKey[:shown])
			}
		})
	}
}

func sizeRows(t *testing.T) {
	const limit, huge = 1 << 20, 256 << 20

	// gzip members of a megabyte of zeros, one after another.
	var member bytes.Buffer
	writer := gzip.NewWriter(&member)
	writer.Write(make([]byte, 1<<20))
	writer.Close()
	bomb := strings.Repeat(member.String(), huge>>20)

	flood := func(head string) faulty.Handler { return faulty.Flood(head, huge) }
	for name, row := range map[string]struct {
		answer faulty.Handler
		opts   []freddy.CallOption
	}{
		"I1_sized":             {flood(faulty.Head(http.StatusOK, fmt.Sprintf("Content-Length: %d", huge))), nil},
		"I1_until_close":       {flood(faulty.Head(http.StatusOK)), nil},
		"I1_a_lie":             {faulty.Reply(http.StatusOK, "{}", "Content-Length: 9223372036854775807"), nil},
		"I4_gzip":              {faulty.Reply(http.StatusOK, bomb, "Content-Encoding: gzip"), nil},
		"I4_gzip_asked_for":    {faulty.Reply(http.StatusOK, bomb, "Content-Encoding: GZIP"), []freddy.CallOption{freddy.WithHeader("Accept-Encoding", "gzip")}},
		"I5_chunks_for_ever":   {endless(http.StatusOK), nil},
		"I5_white_space_and_x": {faulty.Reply(http.StatusOK, faultBody+strings.Repeat(" ", limit)+"x"), nil},
	} {
		fault(t, name, func(f *faultRow) {
			if name == "I1_a_lie" { // one length, which is not true
				row.answer = faulty.Then(faulty.Raw(faulty.Head(http.StatusOK, "Content-Length: 9223372036854775807")+"{}"), faulty.Stall)
			}
			s := f.serve(row.answer)
			client := f.client(s.URL(), freddy.WithAttemptTimeout(5*time.Second))
			var err error
			used := allocated(func() { _, err = client.Connectors().Get(f.Context(), "x", row.opts...) })
			var decode *freddy.DecodeError
			require.ErrorAs(f, err, &decode)
			require.ErrorIs(f, err, freddy.ErrResponseTooLarge)
			assert.Equal(f, http.StatusOK, decode.StatusCode)
			assert.Equal(f, 1, decode.Attempts)
			assert.LessOrEqual(f, len(decode.Snippet), 200)
			assert.LessOrEqual(f, len(err.Error()), 1024)
			assert.LessOrEqual(f, used, uint64(6*limit))
			faulty.NoSecret(f, faultKey, err)
			f.CloseIdle(client)
			assert.Less(f, s.Written(), int64(32*limit), "the server saw the connection close")
			assert.Len(f, s.Requests(), 1)
		})
	}

	for name, answer := range map[string]faulty.Handler{
		"I2_sized":   flood(faulty.Head(http.StatusBadRequest, fmt.Sprintf("Content-Length: %d", huge))),
		"I2_closing": flood(faulty.Head(http.StatusBadRequest)),
		"I2_chunks":  endless(http.StatusBadRequest),
		"I2_gzip":    faulty.Reply(http.StatusBadRequest, bomb, "Content-Encoding: gzip"),
	} {
		fault(t, name, func(f *faultRow) {
			s := f.serve(answer)
			client := f.client(s.URL(), freddy.WithAttemptTimeout(5*time.Second))
			var err error
			used := allocated(func() { _, err = client.Connectors().Get(f.Context(), "x") })
			var refusal *freddy.APIError
			require.ErrorAs(f, err, &refusal)
			require.ErrorIs(f, err, freddy.ErrBadRequest)
			assert.Equal(f, 1, refusal.Attempts)
			assert.Len(f, refusal.Body, 64<<10)
			assert.LessOrEqual(f, cap(refusal.Body), 128<<10, "what is dropped is not kept alive")
			assert.LessOrEqual(f, len(err.Error()), 1024)
			assert.LessOrEqual(f, used, uint64(6*limit))
			assert.Less(f, s.Written(), int64(32*limit), "the server saw the connection close")
		})
	}

	fault(t, "I5_slowly_for_ever", func(f *faultRow) {
		s := f.serve(faulty.Drip(faulty.Head(http.StatusOK), ' ', 5*time.Millisecond))
		err := f.get(f.client(s.URL()), freddy.WithMaxRetries(1), freddy.WithAttemptTimeout(60*time.Millisecond)).within(120*time.Millisecond+fast).transport(http.StatusOK, 2)
		assert.True(f, err.Timeout())
		slow := f.serve(faulty.Drip(faulty.Head(http.StatusNotFound), ' ', 5*time.Millisecond))
		require.ErrorIs(f, f.get(f.client(slow.URL()), freddy.WithAttemptTimeout(60*time.Millisecond)).within(60*time.Millisecond+fast).api(http.StatusNotFound, 1), freddy.ErrNotFound)
	})

	fault(t, "I5_interim_answers_for_ever", func(f *faultRow) {
		s := f.serve(forever(strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", 100)))
		start := time.Now()
		_, err := f.client(s.URL()).Connectors().Get(f.Context(), "x", freddy.WithMaxRetries(0))
		assert.Less(f, time.Since(start), 300*time.Millisecond+fast)
		var fault *freddy.TransportError
		require.ErrorAs(f, err, &fault)
	})

	fault(t, "I8_steady_heap", func(f *faultRow) {
		body := `{"id":"x","description":"` + strings.Repeat("d", 20_000) + `"}`
		rt := roundTrip(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body))}, nil
		})
		client := f.over(rt)
		calls := func(n int) uint64 {
			for range n {
				_, err := client.Connectors().Get(f.Context(), "x")
				require.NoError(f, err)
			}
			runtime.GC()
			runtime.GC()
			var stats runtime.MemStats
			runtime.ReadMemStats(&stats)
			return stats.HeapAlloc
		}
		warm := calls(200)
		assert.Less(f, int64(calls(1000))-int64(warm), int64(256<<10))
	})

	fault(t, "I9_a_body_is_copied_once", func(f *faultRow) {
		const size = 4 << 20
		body := json.RawMessage(`"` + strings.Repeat("b", size-2) + `"`)
		rt := roundTrip(func(req *http.Request) (*http.Response, error) {
			n, err := io.Copy(io.Discard, req.Body)
			assert.True(f, err == nil && n == size, "%d bytes, %v", n, err)
			assert.EqualValues(f, size, req.ContentLength)
			return &http.Response{StatusCode: http.StatusServiceUnavailable, Body: http.NoBody}, nil
		})
		client := f.over(rt)
		used := allocated(func() {
			require.ErrorIs(f, client.Do(f.Context(), http.MethodPut, "/x", body, nil), freddy.ErrServer)
		})
		assert.Less(f, used, uint64(2*size))
	})

	fault(t, "I9_as_sent", func(f *faultRow) {
		body := `"` + strings.Repeat("b", 64<<10) + `"`
		s := f.serve(faulty.Reply(http.StatusServiceUnavailable, ""), faulty.Close, faulty.Cut(http.StatusOK, 9, "{"), faulty.Reply(http.StatusOK, ""))
		in := json.RawMessage(body)
		require.NoError(f, f.client(s.URL()).Do(f.Context(), http.MethodPut, "/x", in, nil))
		require.Len(f, s.Requests(), 4)
		for _, request := range s.Requests() {
			require.NoError(f, request.Err)
			assert.Equal(f, body, string(request.Body))
		}
	})
}

// CloseIdle closes the idle connections of a client before the row ends.
func (f *faultRow) CloseIdle(client *freddy.Client) { client.CloseIdleConnections() }

// forever is an answer that sends a text again and again; not quite for ever,
// so that a client that takes it all fails its test and not the machine.
func forever(text string) faulty.Handler {
	again := []byte(text)
	return func(c *faulty.Conn) {
		for range 10_000 {
			if _, err := c.Write(again); err != nil {
				return
			}
		}
		c.Close()
	}
}

// endless is a chunked answer without an end.
func endless(status int) faulty.Handler {
	part := strings.Repeat("x", 16<<10)
	return faulty.Then(faulty.Raw(faulty.Head(status, "Transfer-Encoding: chunked")), forever(fmt.Sprintf("%x\r\n%s\r\n", len(part), part)))
}
