package freddy_test

import (
	"context"
	"io"
	"iter"
	"net"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/internal/faulty"
	"github.com/aitronos/freddy-go/internal/transport"
)

func TestAPIKey(t *testing.T) {
	runInBubble(t, "F8 messages", func(t *T) {
		for key, want := range map[string]string{
			"":                        "freddy: apiKey must not be empty",
			strings.Repeat("x", 8193): "freddy: apiKey must be at most 8192 bytes",
			"a key":                   "freddy: apiKey must be visible ASCII, without spaces or line breaks",
		} {
			_, err := freddy.NewClient(key)
			assert.EqualError(t, err, want)
		}
	})
	runInBubble(t, "F7 no key", func(t *T) {
		for _, key := range []string{"", " ", "    ", "\t", "\n"} {
			client, err := freddy.NewClient(key)
			assert.Nil(t, client)
			t.argument(err, "apiKey")
		}
	})
	runInBubble(t, "F8 invalid keys", func(t *T) {
		rejected := func(key string) {
			client, err := freddy.NewClient(key)
			assert.Nil(t, client)
			t.argument(err, "apiKey") // which contains no part of the key
		}
		for b := range 256 {
			if '!' <= b && b <= '~' {
				continue
			}
			for _, key := range []string{string([]byte{byte(b)}) + testKey, testKey + string([]byte{byte(b)}), testKey + string([]byte{byte(b)}) + testKey} {
				rejected(key)
			}
		}
		for _, key := range []string{
			testKey + "\r\nX: 1", "ключ-" + testKey, testKey + "\u202e", testKey + strings.Repeat("k", 8<<10-len(testKey)+1), strings.Repeat(testKey, 1<<20/len(testKey)),
		} {
			rejected(key)
		}
	})
	runInBubble(t, "F8 valid keys", func(t *T) {
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
				s := t.serve(faulty.Reply(http.StatusOK, connectorBody))
				client := t.newClient(key, freddy.WithBaseURL(s.URL()), freddy.WithAuthScheme(scheme))
				_, err := client.Connectors().Get(t.Context(), "x")
				require.NoError(t, err)
				sent := s.Requests()[0].Header
				assert.Equal(t, []string{header[1] + key}, sent[header[0]])
				count := 0
				for _, name := range []string{"Authorization", "X-Api-Key", "Api-Key"} {
					count += len(sent[name])
				}
				assert.Equal(t, 1, count, "one header has the key")
			}
		}
	})
}

func TestClient(t *testing.T) {
	runInBubble(t, "F12 nil and zero clients", func(t *T) {
		var zero freddy.Client
		for _, client := range []*freddy.Client{nil, &zero} {
			t.allReject(t.Context(), client, client.Connectors(), "client")
			client.CloseIdleConnections()
		}
		t.allReject(t.Context(), nil, new(freddy.ConnectorsService), "client")
	})
	runInBubble(t, "F12 nil context", func(t *T) {
		client := t.client(t.untouched().URL())
		t.allReject(nil, client, client.Connectors(), "ctx") //nolint:staticcheck // what is tested
	})
	runInBubble(t, "F12 nil options", func(t *T) {
		client := t.client(t.untouched().URL())
		t.allReject(t.Context(), client, client.Connectors(), "option 0", nil)
		t.allReject(t.Context(), client, client.Connectors(), "option 1", freddy.WithMaxRetries(1), nil)
		t.allReject(t.Context(), client, client.Connectors(), "option 0", freddy.SharedOption(nil), freddy.WithMaxRetries(1))
		for i := range 2 {
			opts := []freddy.Option{freddy.WithMaxRetries(1), freddy.WithMaxRetries(1)}
			opts[i] = nil
			_, err := freddy.NewClient(testKey, opts...)
			t.argument(err, "option "+strconv.Itoa(i))
		}
	})
}

// allReject requires that every method returns an *ArgumentError.
func (t *T) allReject(ctx context.Context, client *freddy.Client, service *freddy.ConnectorsService, argument string, opts ...freddy.CallOption) {
	t.Helper()
	connector, err := service.Get(ctx, "pcon_github", opts...)
	assert.Nil(t, connector)
	t.argument(err, argument)
	page, err := service.List(ctx, freddy.ConnectorListParams{}, opts...)
	assert.Nil(t, page)
	t.argument(err, argument)
	t.allYieldsOnly(service.All(ctx, freddy.ConnectorListParams{}, opts...), argument)
	t.argument(client.Do(ctx, http.MethodGet, "/x", nil, nil, opts...), argument)
}

// rejectedList requires that List and All reject the parameters.
func (t *T) rejectedList(client *freddy.Client, params freddy.ConnectorListParams, argument string) {
	t.Helper()
	page, err := client.Connectors().List(t.Context(), params)
	assert.Nil(t, page)
	t.argument(err, argument)
	t.allYieldsOnly(client.Connectors().All(t.Context(), params), argument)
}

// allYieldsOnly requires that an iterator yields an *ArgumentError only.
func (t *T) allYieldsOnly(all iter.Seq2[*freddy.Connector, error], argument string) {
	t.Helper()
	yields := 0
	for connector, err := range all {
		yields++
		assert.Nil(t, connector)
		t.argument(err, argument)
	}
	assert.Equal(t, 1, yields, "an error is yielded once")
}

func TestRequest(t *testing.T) {
	for scheme, header := range map[freddy.AuthScheme][2]string{
		freddy.AuthSchemeBearer:  {"Authorization", "Bearer " + testKey},
		freddy.AuthSchemeXAPIKey: {"X-Api-Key", testKey},
		freddy.AuthSchemeAPIKey:  {"Api-Key", testKey},
	} {
		var got *http.Request
		url := server(t, func(w http.ResponseWriter, r *http.Request) {
			got = r.Clone(context.Background())
			_, _ = w.Write(fixture(t, "connector.json"))
		})
		client := newClient(t, url, freddy.WithAuthScheme(scheme), freddy.WithUserAgent("acme/1.4"), freddy.WithHeader("x-team", "a"))
		_, err := client.Connectors().Get(t.Context(), "pcon_github", freddy.WithHeader("X-Call", "b"))
		require.NoError(t, err)

		assert.Equal(t, http.MethodGet, got.Method)
		assert.Equal(t, "/personal-connectors/pcon_github", got.URL.Path)
		assert.Equal(t, header[1], got.Header.Get(header[0]))
		assert.Regexp(t, `^acme/1\.4 freddy-go/\S+ \(go\S+; \w+/\w+\)$`, got.UserAgent())
		assert.Equal(t, "a", got.Header.Get("X-Team"))
		assert.Equal(t, "b", got.Header.Get("X-Call"))
		got.Header.Del(header[0])
		names := []string{}
		for name := range got.Header {
			names = append(names, name)
		}
		assert.ElementsMatch(t, []string{"Accept", "Accept-Encoding", "User-Agent", "X-Team", "X-Call"}, names)
	}
}

// An accessor returns the same service again and allocates nothing.
func TestServices(t *testing.T) {
	client, err := freddy.NewClient(testKey)
	require.NoError(t, err)
	derived, err := client.WithAPIKey(otherKey)
	require.NoError(t, err)
	for name, accessor := range map[string]func(*freddy.Client) any{
		"Connectors":          func(c *freddy.Client) any { return c.Connectors() },
		"Configurations":      func(c *freddy.Client) any { return c.Configurations() },
		"AvailableConnectors": func(c *freddy.Client) any { return c.AvailableConnectors() },
		"Accounts":            func(c *freddy.Client) any { return c.Accounts() },
		"Connections":         func(c *freddy.Client) any { return c.Connections() },
		"MCPConfigurations":   func(c *freddy.Client) any { return c.MCPConfigurations() },
	} {
		first := accessor(client)
		assert.Same(t, first, accessor(client), name)
		assert.NotSame(t, accessor(client), accessor(derived), name)
		assert.Zero(t, testing.AllocsPerRun(100, func() { accessor(client) }), name)
		assert.NotNil(t, accessor(nil), name)
		assert.NotNil(t, accessor(new(freddy.Client)), name)
	}
	var none *freddy.Client
	for _, err := range []error{
		second(none.Connectors().Get(t.Context(), "x")), second(none.Configurations().Get(t.Context(), "x")), second(none.AvailableConnectors().Get(t.Context(), "x")),
		second(none.Accounts().Tools(t.Context(), "x")), second(none.Connections().Health(t.Context(), "x")), second(none.MCPConfigurations().Get(t.Context(), "x")),
	} {
		require.EqualError(t, err, "freddy: client must come from NewClient")
	}
}

// The retry table of doc.go is that of the policy.
func TestDocStatesTheRetryTable(t *testing.T) {
	text, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	_, table, ok := strings.Cut(string(text), "GET, PUT, DELETE    POST, PATCH\n")
	require.True(t, ok)
	table, _, ok = strings.Cut(table, "//\n")
	require.True(t, ok)
	dial := roundTrip(func(*http.Request) (*http.Response, error) {
		return nil, &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	})
	lost := roundTrip(func(*http.Request) (*http.Response, error) { return nil, io.EOF })
	timeout := roundTrip(func(*http.Request) (*http.Response, error) { return nil, os.ErrDeadlineExceeded })
	of := func(statuses ...int) (all []http.RoundTripper) {
		for _, status := range statuses {
			all = append(all, script(faulty.Text(status, "{}")))
		}
		return all
	}
	except := func(from, to int, but ...int) (all []http.RoundTripper) {
		for status := from; status <= to; status++ {
			if !slices.Contains(but, status) {
				all = append(all, of(status)...)
			}
		}
		return all
	}
	failures := map[string][]http.RoundTripper{
		"network failure, timeout": {lost, timeout},
		"body cut off or broken":   {script(faulty.Head(200, "Content-Length: 9") + "{"), script(faulty.Text(200, "{", "Content-Encoding: gzip"))},
		"429":                      of(429),
		"408, 5xx":                 append(of(408, 520, 529, 599), except(500, 512, 501, 505, 511)...),
		"501, 505, 511":            of(501, 505, 511),
		"any other status":         append(of(302, 307, 451, 499, 600, 999), except(400, 428, 408)...),
	}
	rows := 0
	runInBubble(t, "each cell", func(t *T) {
		for line := range strings.Lines(table) {
			cells := regexp.MustCompile(`  +`).Split(strings.TrimSpace(strings.TrimPrefix(line, "//\t")), -1)
			require.Len(t, cells, 3, line)
			require.Contains(t, failures, cells[0])
			rows++
			for _, rt := range failures[cells[0]] {
				for column, methods := range [][]string{idempotent, notIdempotent} {
					for _, method := range methods {
						if method == http.MethodHead && strings.Contains(cells[0], "body") {
							continue // it has none
						}
						retried := t.do(t.over(rt), method).response.Attempts == 4
						assert.Equal(t, cells[1+column] == "retried", retried, "%s, %s", cells[0], method)
						if cells[1+column] == "if nothing was sent" {
							assert.Equal(t, 4, t.do(t.over(dial), method).response.Attempts, "%s, %s", cells[0], method)
						}
					}
				}
			}
		}
		assert.Equal(t, len(failures), rows)
	})
}

// doc.go and docs/errors.md state the numbers of the retry policy.
func TestDocStatesThePolicy(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	guide, err := os.ReadFile("docs/errors.md")
	require.NoError(t, err)
	text := strings.ReplaceAll(string(doc), "\n//", "\n") + string(guide)
	for row, stated := range map[string]bool{
		`retries +3 +WithMaxRetries`:                      transport.MaxRetries == 3,
		`timeout of an attempt +30 s +WithAttemptTimeout`: transport.AttemptTimeout == 30*time.Second,
		`delay before retry n +1 ms to 500 ms \* 2\^\(n-1\), at most 8 s, uniform\s+WithRetryBackoff`: transport.MinDelay == time.Millisecond &&
			transport.BaseDelay == 500*time.Millisecond && transport.MaxDelay == 8*time.Second,
		`Retry-After +up to 60 s +WithMaxRetryAfter`:    transport.MaxRetryAfter == 60*time.Second,
		`up to a tenth more \(at most 1 s\), at random`: transport.MaxRetryExtra == time.Second,
		`budget of a client has 500 tokens\. A retry takes 5 tokens, .* A response with a status below 500 adds 1 token`: transport.BudgetTokens == 500 &&
			transport.RetryCost == 5 && transport.ResponseCredit == 1,
		`share another one that is 10 times as large`: transport.SharedBudgetFactor == 10,
		`body of a 2xx +10 MiB +WithMaxResponseBytes`: transport.MaxResponseBytes == 10<<20,
		`first 64 KiB of an error response are kept`:  transport.ErrorBytesKept == 64<<10,
		`header is limited to 1 MiB`:                  transport.MaxHeaderBytes == 1<<20 && freddy.NewTransport().MaxResponseHeaderBytes == 1<<20,
	} {
		assert.Regexp(t, row, text)
		assert.True(t, stated, row)
	}
}
