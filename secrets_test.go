package freddy_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"log/slog"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/internal/faulty"
)

func TestSecrets(t *testing.T) {
	source := freddy.WithKeySource(func(context.Context) (string, error) { return testKey, nil })
	for name, build := range map[string]struct {
		key     string
		options []freddy.Option
	}{
		"bearer":     {testKey, nil},
		"X-API-Key":  {testKey, []freddy.Option{freddy.WithAuthScheme(freddy.AuthSchemeXAPIKey)}},
		"api-key":    {testKey, []freddy.Option{freddy.WithAuthScheme(freddy.AuthSchemeAPIKey)}},
		"key source": {"", []freddy.Option{source}},
		"all options": {"", []freddy.Option{
			source, freddy.WithLogger(slog.New(slog.DiscardHandler)), freddy.WithHeader("X-A", "b"), freddy.WithUserAgent("a/1"), freddy.WithInsecureHTTP(),
			freddy.WithMaxRetries(1), freddy.WithAttemptTimeout(time.Second),
		}},
	} {
		runInBubble(t, "H1 H2 printed and encoded, "+name, func(t *T) {
			s := t.serve(faulty.Reply(http.StatusOK, connectorBody, "X-Request-Id: req_1"))
			options := append([]freddy.Option{freddy.WithBaseURL(s.URL())}, build.options...)
			client := t.newClient(build.key, options...)
			options = append(options, t.withTransport())
			var response freddy.Response
			calls := []freddy.CallOption{freddy.WithResponse(&response), freddy.WithHeader("X-B", "c")}
			connector, err := client.Connectors().Get(t.Context(), "x", calls...)
			require.NoError(t, err)

			type holder struct {
				client  *freddy.Client
				value   freddy.Client
				service *freddy.ConnectorsService
				options []freddy.Option
				calls   []freddy.CallOption
				all     iter.Seq2[*freddy.Connector, error]
				*freddy.Client
			}
			held := holder{client, *client, client.Connectors(), options, calls, client.Connectors().All(t.Context(), freddy.ConnectorListParams{}), client}
			faulty.NoSecret(t, testKey, client, *client, client.Connectors(), *client.Connectors(), options, calls, connector, response, held, &held,
				[]*freddy.Client{client}, []freddy.Client{*client}, map[string]any{"client": client}, struct{ freddy.Client }{*client}, []holder{held})
		})
	}

	// A sample key contains "test" or "example".
	run(t, "H10 no key in the repository", func(t *T) {
		var keys []*regexp.Regexp
		for _, key := range []string{ // each begins with a literal, which regexp finds fast
			`sk[-_](live|proj)?[-_]?[A-Za-z0-9]{20,}`, `pk[-_](live|proj)?[-_]?[A-Za-z0-9]{20,}`, `rk[-_](live|proj)?[-_]?[A-Za-z0-9]{20,}`,
			`gh[pousr][-_][A-Za-z0-9-]{20,}`, `glpat[-_][A-Za-z0-9-]{20,}`, `xox[abp][-_][A-Za-z0-9-]{20,}`, `tskey[-_][A-Za-z0-9-]{20,}`,
			`AKIA[0-9A-Z]{16}\b`, `eyJ[\w-]{20,}\.eyJ`, `-----BEGIN [A-Z ]*PRIVATE KEY`,
		} {
			keys = append(keys, regexp.MustCompile(key))
		}
		sample := regexp.MustCompile(`(?i)test|example`)
		files := 0
		require.NoError(t, filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				if entry != nil && entry.Name() == ".git" {
					return filepath.SkipDir
				}
				return err
			}
			text, err := os.ReadFile(path)
			files++
			for _, key := range keys {
				for _, found := range key.FindAllString(string(text), -1) {
					assert.Regexp(t, sample, found, path)
				}
			}
			return err
		}))
		assert.Greater(t, files, 100)
	})
	run(t, "H3 every error", func(t *T) {
		long := strings.Repeat("x", 2<<20)
		var origins []string
		for _, handler := range []faulty.Handler{
			faulty.Close, faulty.Reset, faulty.Raw("BANANA\r\n\r\n"), faulty.Raw("HTTP/1.1 200 OK\r\nbanana\r\n\r\n"),
			faulty.Cut(http.StatusOK, 100, "{"), faulty.CutChunks("{"), faulty.Reply(http.StatusOK, "<html>"), faulty.Reply(http.StatusOK, ""), faulty.Reply(http.StatusNoContent, ""), faulty.Reply(http.StatusOK, `{"data":5}`),
			faulty.Reply(http.StatusOK, `{"success":false}`), faulty.Reply(http.StatusOK, long), faulty.Reply(http.StatusOK, "x", "Content-Encoding: br"), faulty.Reply(http.StatusOK, "x", "Content-Encoding: gzip"),
			faulty.Reply(http.StatusFound, "", "Location: https://user:pw@evil.example/x?"+querySecret), faulty.Reply(http.StatusNotFound, "{}"), faulty.Reply(http.StatusServiceUnavailable, long), faulty.Reply(http.StatusTooManyRequests, "", "Retry-After: 86400"),
			faulty.Raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), faulty.Raw("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"),
		} {
			origins = append(origins, t.serve(handler).URL())
		}
		plain := t.serve(faulty.Reply(http.StatusOK, connectorBody))
		tlsOnly := t.serveTLS(nil, faulty.Reply(http.StatusOK, connectorBody))
		origins = append(origins, faulty.Refused(t), strings.Replace(plain.URL(), "http:", "https:", 1), strings.Replace(tlsOnly.URL(), "https:", "http:", 1), tlsOnly.URL(),
			t.serveTLS(faulty.Expired(), faulty.Close).URL(), t.serveTLS(faulty.WrongHost(), faulty.Close).URL())
		for _, origin := range origins {
			t.secretErrors(t.Context(), t.client(origin, freddy.WithMaxRetries(1), freddy.WithHeader("X-Other", headerSecret)))
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		t.secretErrors(ended, t.client(plain.URL()))
	})
	runInBubble(t, "H3 every timeout", func(t *T) {
		for _, s := range []*faulty.Server{
			t.serve(faulty.Stall), t.serve(faulty.Drip(faulty.Head(http.StatusOK, "Content-Length: 99"), 'x', time.Second)),
			t.serve(faulty.Raw(strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 9))), t.serveHandshakeStall(),
		} {
			t.secretErrors(t.Context(), t.client(s.URL(), t.withTransport(), freddy.WithMaxRetries(1), freddy.WithHeader("X-Other", headerSecret)))
		}
	})
	runInBubble(t, "H3 errors of a RoundTripper", func(t *T) {
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
			for _, err := range t.secretErrors(t.Context(), t.over(rt, freddy.WithMaxRetries(0))) {
				require.ErrorIs(t, err, errTest, name)
				last = err
			}
			var transportErr *freddy.TransportError
			require.ErrorAs(t, last, &transportErr, name)
		}
	})
	runInBubble(t, "H4 errors with the request", func(t *T) {
		rt := roundTrip(func(req *http.Request) (*http.Response, error) { return nil, &dumpError{req} })
		var dumped *dumpError
		for _, err := range t.secretErrors(t.Context(), t.over(rt, freddy.WithMaxRetries(0))) {
			assert.NotErrorAs(t, err, &dumped, "an error whose message has the key is not reachable")
		}
	})
	runInBubble(t, "H4 wrapped errors with the request", func(t *T) {
		rt := roundTrip(func(req *http.Request) (*http.Response, error) { return nil, &outerError{&dumpError{req}} })
		var dumped *dumpError
		for _, err := range t.secretErrors(t.Context(), t.over(rt, freddy.WithMaxRetries(0))) {
			assert.NotErrorAs(t, err, &dumped, "nor one that is wrapped by another message")
		}
	})
	// TestMain fails if anything is written.
	run(t, "H5 nothing on stderr", func(t *T) {
		s := t.serve(faulty.Reply(http.StatusServiceUnavailable, ""), faulty.Close, faulty.Reply(http.StatusNotFound, ""))
		client := t.newClient(testKey, freddy.WithBaseURL(s.URL()), freddy.WithRetryBackoff(0, 0))
		_, err := client.Connectors().Get(t.Context(), "x")
		require.Error(t, err)
		panicking := roundTrip(func(*http.Request) (*http.Response, error) { panic("in a RoundTripper") })
		assert.PanicsWithValue(t, "in a RoundTripper", func() { _, _ = t.over(panicking).Connectors().Get(t.Context(), "x") })
	})
}

// Secrets that no error may contain, besides the key.
const (
	querySecret  = "query-secret-51c7ae"
	headerSecret = "header-secret-8d20fb"
	proxySecret  = "proxy-secret-6e9b04"
)

// dumpError is an error of a RoundTripper for debugging.
type dumpError struct{ request *http.Request }

func (e *dumpError) Error() string {
	dump, err := httputil.DumpRequest(e.request, false)
	return fmt.Sprintf("%s%v", dump, err)
}

// outerError hides the message of the error that it wraps.
type outerError struct{ inner error }

func (e *outerError) Error() string { return "the request failed" }
func (e *outerError) Unwrap() error { return e.inner }

// secretErrors makes calls with secrets in the query and header. They must fail
// with errors that contain no secret. It returns the errors.
func (t *T) secretErrors(ctx context.Context, client *freddy.Client) []error {
	t.Helper()
	_, list := client.Connectors().List(ctx, freddy.ConnectorListParams{Category: querySecret})
	post := client.Do(ctx, http.MethodPost, "/x?token="+querySecret, json.RawMessage(`{"a":1}`), new(struct{ Data string }))
	for _, err := range []error{list, post} {
		require.Error(t, err)
		faulty.NoSecrets(t, []string{testKey, headerSecret}, err)
		text := fmt.Sprintf("%v %+v %s %q", err, err, err, err)
		for unwrapped := err; unwrapped != nil; unwrapped = errors.Unwrap(unwrapped) {
			text += unwrapped.Error()
		}
		assert.NotContains(t, text, querySecret)
	}
	return []error{list, post}
}
