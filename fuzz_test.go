package freddy_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/textproto"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
)

// fuzzKey is a placeholder for the key in fuzzed responses, so that mutations can
// move it.
const fuzzKey = "{KEY}"

// fuzzClient returns a client that retries without waiting and sends to rt.
func fuzzClient(t *testing.T, rt roundTrip, opts ...freddy.Option) (*freddy.Client, error) {
	t.Helper()
	return freddy.NewClient(testKey, append([]freddy.Option{
		freddy.WithHTTPClient(&http.Client{Transport: rt}), freddy.WithMaxRetries(1), freddy.WithRetryBackoff(0, 0),
		freddy.WithMaxRetryAfter(0), freddy.WithMaxResponseBytes(1 << 20),
	}, opts...)...)
}

// FuzzResponse gives Get any response. The header is a text of lines.
func FuzzResponse(f *testing.F) {
	files, err := filepath.Glob("testdata/*.json")
	require.NoError(f, err)
	require.NotEmpty(f, files)
	for _, file := range files {
		body, err := os.ReadFile(file)
		require.NoError(f, err)
		for _, status := range []int{200, 400, 404} {
			f.Add(status, "Content-Type: application/json\nX-Request-Id: req_1", body)
		}
	}
	for _, body := range []string{
		``, `null`, `[]`, `5`, `"x"`, `{"id":"a"}{}`, `{"id":5}`, `{"id":"a","metadata":{"authMethod":1}}`, `{"id":"a","createdAt":"soon"}`,
		`{"success":false,"error":{"code":"` + fuzzKey + `"}}`, `{"success":true,"data":{"id":"a"}}`, `{"error":"` + fuzzKey + `\u001b[31m"}`,
		`{"detail":[{"loc":["body",0],"msg":"` + fuzzKey + `"}]}`, `{"error":[]}`, `<html>` + fuzzKey, `{"id":"a","object":"` + fuzzKey + `"}`,
		`{"id":1e400}`, `{"id":"\ud800"}`, `{"id":"a","` + fuzzKey + `":1,"x":}`, "\xff\x00", strings.Repeat("[", 11_000), "\x1f\x8b\x08",
	} {
		for _, head := range []struct {
			status int
			lines  string
		}{
			{200, ""},
			{204, ""},
			{200, "Content-Encoding: gzip"},
			{200, "Content-Type: " + fuzzKey + "\nX-Request-Id: " + fuzzKey},
			{302, "Location: https://" + fuzzKey + "/" + fuzzKey},
			{429, "Retry-After: 1e100\nX-RateLimit-Reset: soon\nDate: " + fuzzKey},
			{503, "Retry-After-Ms: 1\nContent-Encoding: gzip"},
		} {
			f.Add(head.status, head.lines, []byte(body))
		}
	}
	f.Fuzz(func(t *testing.T, status int, lines string, body []byte) {
		if status < 100 || status > 999 { // net/http rejects others, except for 0 to 99
			return
		}
		header := http.Header{}
		for line := range strings.Lines(strings.ReplaceAll(lines, fuzzKey, testKey)) {
			if name, value, ok := strings.Cut(line, ":"); ok {
				header.Add(textproto.TrimString(name), textproto.TrimString(value))
			}
		}
		body = bytes.ReplaceAll(body, []byte(fuzzKey), []byte(testKey))
		client, err := fuzzClient(t, func(*http.Request) (*http.Response, error) {
			return &http.Response{
				StatusCode: status, Header: header.Clone(), ContentLength: -1, Body: io.NopCloser(bytes.NewReader(body)),
			}, nil
		})
		require.NoError(t, err)
		var response freddy.Response
		connector, err := client.Connectors().Get(context.Background(), "pcon_github", freddy.WithResponse(&response))
		for name, values := range response.Header {
			require.NotContains(t, name+strings.Join(values, " "), testKey)
		}
		if err == nil {
			require.Equal(t, 2, status/100)
			require.NotEmpty(t, connector.ID)
			return
		}
		require.Nil(t, connector)
		requireFitForLog(t, err)
		switch err := err.(type) { //nolint:errorlint // the type itself
		case *freddy.APIError:
			require.Equal(t, status, err.StatusCode)
			for _, text := range []string{err.Message, err.SystemMessage, err.Code, err.Type, err.TraceID, err.RequestID, string(err.Details), string(err.Body)} {
				require.NotContains(t, text, testKey)
			}
			for name, values := range err.Header {
				require.NotContains(t, name+strings.Join(values, " "), testKey)
			}
			for _, field := range err.Fields {
				require.NotContains(t, field.Field+field.Message+field.Code, testKey)
			}
		case *freddy.DecodeError:
			require.Equal(t, 2, status/100)
			require.LessOrEqual(t, len(err.Snippet), 200)
			for _, text := range []string{err.Snippet, err.Field, err.ContentType, err.RequestID} {
				require.NotContains(t, text, testKey)
			}
		case *freddy.TransportError: // invalid gzip, or a final 1xx
			require.Contains(t, []int{1, 2}, status/100)
		default:
			require.Fail(t, "unexpected type", "%T: %v", err, err)
		}
	})
}

// requireFitForLog requires what doc.go promises of the text of an error.
func requireFitForLog(t *testing.T, err error) {
	t.Helper()
	text := err.Error()
	require.LessOrEqual(t, len(text), 1024)
	require.NotContains(t, text, testKey)
	require.False(t, strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }), "%q", text)
}

// FuzzRequest makes calls with any base URL, id and path. If a call is rejected,
// nothing is sent. Otherwise the request stays below the base URL.
func FuzzRequest(f *testing.F) {
	bases := []string{
		"https://api.example.com/v1", "https://api.example.com/v1/", "http://127.0.0.1:8080", "http://[::1]:8080/a%2Fb", "HTTPS://API.example.com/proxy//v1",
		"https://api.example.com/a/../b", "https://api.example.com/%2e%2e/b", "https://user:pass@x", "https://x?q", "https://x/#f", "//x", "ftp://x", "https://x y",
		"https://[::1", "https://x:99999", "https://x:", "https://%41.example", "https://x/%zz", "https://x\\@evil.example/", "",
	}
	ids := []string{
		"pcon_github", "", " ", ".", "..", "../admin", "..%2fadmin", `..\admin`, "a/b", "a?x=1", "a#f", "a;x", "a%00", "//evil/x", "a\r\nX: 1",
		"configurations", "available", "\u202e", "\xff", strings.Repeat("a", 129),
	}
	paths := []string{
		"/x", "/x?y=z", "/", "//evil.example/x", "", "x", "/../x", "/x/..;/y", "/%2e%2e/x", "/%252e%252e/x", "/x%2f..%2f..", `/..\x`, "/x%5c..%5cy", "/x#f",
		"/x y", "/x\r\nHost: evil.example", "/x?a b", "/x?\r\n", "@evil.example/", "/x?", "/%", "/%zz", "/:80/", "/é", "/a%0d%0ab", "/*",
	}
	for i, id := range ids {
		f.Add(bases[i%len(bases)], id, paths[i%len(paths)])
		f.Add(bases[0], id, paths[i%len(paths)])
	}
	for _, base := range bases {
		f.Add(base, ids[0], paths[0])
	}
	for i, p := range paths {
		f.Add(bases[0], ids[0], p)
		f.Add(bases[i%5], ids[0], p)
	}
	f.Fuzz(func(t *testing.T, base, id, target string) {
		var sent *http.Request
		client, err := fuzzClient(t, func(req *http.Request) (*http.Response, error) {
			require.Nil(t, sent, "one request per call")
			sent = req
			return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{"id":"a"}`))}, nil
		}, freddy.WithBaseURL(base), freddy.WithInsecureHTTP())
		if err != nil {
			requireRejected(t, err, sent)
			return
		}
		origin, err := url.Parse(base)
		require.NoError(t, err)

		connector, err := client.Connectors().Get(context.Background(), id)
		if err == nil {
			require.Equal(t, "a", connector.ID)
			requireWithin(t, origin, sent)
			require.True(t, strings.HasSuffix(sent.URL.EscapedPath(), "/personal-connectors/"+id), "unchanged")
		} else {
			requireRejected(t, err, sent)
		}

		sent = nil
		err = client.Do(context.Background(), http.MethodGet, target, nil, nil)
		if err == nil {
			requireWithin(t, origin, sent)
			require.True(t, strings.HasSuffix(sent.URL.RequestURI(), target), "unchanged")
		} else {
			requireRejected(t, err, sent)
		}
	})
}

// requireRejected requires an *ArgumentError and that nothing was sent.
func requireRejected(t *testing.T, err error, sent *http.Request) {
	t.Helper()
	require.Nil(t, sent, "rejected, but sent")
	var invalid *freddy.ArgumentError
	require.ErrorAs(t, err, &invalid)
	requireFitForLog(t, err)
}

// requireWithin requires that a request as on the wire is for the origin of the
// base URL and below its path, even if the server unescapes the path several times.
func requireWithin(t *testing.T, base *url.URL, sent *http.Request) {
	t.Helper()
	require.NotNil(t, sent)
	require.Equal(t, base.Scheme, sent.URL.Scheme)
	require.Equal(t, base.Host, sent.URL.Host)
	require.Nil(t, sent.URL.User)
	require.Empty(t, sent.URL.Fragment)

	var wire bytes.Buffer
	require.NoError(t, sent.Write(&wire))
	reader := bufio.NewReader(&wire)
	got, err := http.ReadRequest(reader)
	require.NoError(t, err)
	assert.Zero(t, reader.Buffered(), "bytes after the request")
	assert.Equal(t, http.MethodGet, got.Method)
	assert.Len(t, got.Header, len(sent.Header), "additional headers")
	require.Equal(t, "Bearer "+testKey, got.Header.Get("Authorization"))

	below, at := strings.TrimRight(base.EscapedPath(), "/"), got.URL.EscapedPath()
	require.True(t, strings.HasPrefix(got.RequestURI, below+"/"), "%s is not below %s", got.RequestURI, below)
	for range 3 {
		clean := strings.TrimRight(resolved(below), "/") + "/"
		require.True(t, strings.HasPrefix(resolved(at)+"/", clean), "%s is not below %s", at, below)
		if below, at, err = unescapeBoth(below, at); err != nil {
			break
		}
	}
}

// resolved returns a path as a server resolves it that treats backslashes as
// slashes and removes path parameters.
func resolved(p string) string {
	var segments []string
	for segment := range strings.SplitSeq(strings.ReplaceAll(p, `\`, "/"), "/") {
		name, _, _ := strings.Cut(segment, ";")
		segments = append(segments, name)
	}
	return path.Clean("/" + strings.Join(segments, "/"))
}

func unescapeBoth(a, b string) (plainA, plainB string, err error) {
	plainA, errA := url.PathUnescape(a)
	plainB, errB := url.PathUnescape(b)
	return plainA, plainB, errors.Join(errA, errB)
}
