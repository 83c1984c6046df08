package freddy_test

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/internal/faulty"
)

func TestID(t *testing.T) {
	ids := []struct {
		row string
		ids []string
	}{
		{"F1 empty id", []string{"", " ", "\t", "\u00a0", "   "}},
		{"F2 dot segments", []string{
			".", "..", "../admin", "..%2fadmin", "%2e%2e", `..\admin`, ".%2e", "..;", "%252e%252e", "\uff0e\uff0e",
		}},
		{"F3 delimiters", []string{
			"a/b", "a?x=1", "a#f", "a;x", "a%00", "//evil/x", "/", "?", "#", "a%2fb", "a&b", "a=b", "a+b", "a b", "a:b", "a@b", "a!", "a'b", "a,b", "a$b", "{connector_id}", "*",
		}},
		{"F4 invalid characters and long ids", []string{
			"a\r\nX: 1", "a\n", "a\x00", "a\x7f", "a\xff", "\u202epcon", "pcön", "pcon_github\u200b", strings.Repeat("a", 129), strings.Repeat("a", 1<<20), strings.Repeat("\x00", 1<<20),
		}},
		{"F5 reserved names", []string{"configurations", "available", "authorize", "callback", "complete-oauth", "connections"}},
	}
	for _, row := range ids {
		run(t, row.row, func(t *T) {
			client := t.client(t.untouched().URL())
			for _, id := range row.ids {
				t.rejectedID(client, id)
			}
		})
	}

	runInBubble(t, "F5 valid ids", func(t *T) {
		ids := []string{
			"a", "0", "_", "-", "pcon_github", "PCON-9", "Configurations", "configurations_", "availables", "...", "pcon.", ".x", "~", "a~b",
			strings.Repeat("z", 128), "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.~",
		}
		s := t.serve(faulty.Reply(http.StatusOK, connectorBody))
		client := t.client(s.URL())
		for i, id := range ids {
			_, err := client.Connectors().Get(t.Context(), id)
			require.NoError(t, err)
			assert.Equal(t, "/v1/personal-connectors/"+id, s.Requests()[i].RequestURI)
		}
	})
	runInBubble(t, "F6 empty path", func(t *T) {
		client := t.client(t.untouched().URL())
		t.argument(client.Do(t.Context(), http.MethodDelete, "", nil, nil), "path")
	})
}

func TestBaseURL(t *testing.T) {
	runInBubble(t, "F9 invalid base URLs", func(t *T) {
		const secret = "hunter2-hunter2"
		for _, base := range []string{
			"", " ", "/", "api.x", "//x", "//x/v1", "/v1", "ftp://x", "ws://x", "file:///v1", "javascript:alert(1)", "https:", "https:x", "https:/x", "https://", "https:///v1",
			"https://:443", "https://x y", "https://[::1", "https://::1]", "https://x:port", "https://x/%zz", "https://%zz/", "https://x\n", "https://x/\x00", "https://x/\x7f",
			" https://x", "https ://x", `https:\\x`, `https://x\y`, "unix:///run/x",
			"https://user@x", "https://user:" + secret + "@x", "https://:" + secret + "@x/v1", "https://@x",
			"https://x?token=" + secret, "https://x/v1?", "https://x#" + secret, "https://x/v1#", "https://x/" + secret + "%zz", "https://u:" + secret + "@x:port",
		} {
			client, err := freddy.NewClient(testKey, freddy.WithBaseURL(base))
			assert.Nil(t, client)
			require.Error(t, err, base)
			t.argument(err, "WithBaseURL")
			faulty.NoSecret(t, secret, err)
		}
	})
	runInBubble(t, "F10 http to another host", func(t *T) {
		for _, base := range []string{
			"http://api.freddy.example", "HTTP://api.freddy.example", "http://10.0.0.1", "http://0.0.0.0", "http://128.0.0.1", "http://[::2]", "http://[::ffff:10.0.0.1]",
			"http://localhost.evil.example", "http://127.0.0.1.evil.example", "http://localhostx", "http://xlocalhost",
		} {
			_, err := freddy.NewClient(testKey, freddy.WithBaseURL(base))
			t.argument(err, "WithBaseURL")
			for _, opts := range [][]freddy.Option{
				{freddy.WithBaseURL(base), freddy.WithInsecureHTTP()},
				{freddy.WithInsecureHTTP(), freddy.WithBaseURL(base)},
			} {
				_, err = freddy.NewClient(testKey, opts...)
				require.NoError(t, err, base)
			}
		}
		for _, base := range []string{
			"http://127.0.0.1", "http://127.255.255.254:8080/v1", "http://[::1]:80", "http://localhost", "http://LOCALHOST:1", "http://[::ffff:127.0.0.1]",
		} {
			_, err := freddy.NewClient(testKey, freddy.WithBaseURL(base))
			require.NoError(t, err, base)
		}
	})
	for _, row := range []struct{ name, base, host, uri string }{
		{"bare", "http://api.test", "api.test", ""},
		{"slash", "http://api.test/", "api.test", ""},
		{"slashes", "http://api.test///", "api.test", ""},
		{"path", "http://api.test/v1", "api.test", "/v1"},
		{"path and slash", "http://api.test/v1/", "api.test", "/v1"},
		{"prefix", "http://api.test/proxy/v1", "api.test", "/proxy/v1"},
		{"double slash", "http://api.test/proxy//v1//", "api.test", "/proxy//v1"},
		{"leading double slash", "http://api.test//v1", "api.test", "//v1"},
		{"port", "http://api.test:8443/v1", "api.test:8443", "/v1"},
		{"ipv4", "http://127.0.0.2:81", "127.0.0.2:81", ""},
		{"ipv6", "http://[::1]:8080/v1", "[::1]:8080", "/v1"},
		{"upper case", "HTTP://API.Test/V1", "API.Test", "/V1"},
		{"escape", "http://api.test/a%20b", "api.test", "/a%20b"},
		{"escaped slash", "http://api.test/a%2Fb/", "api.test", "/a%2Fb"},
		{"trailing escaped slash", "http://api.test/a%2F", "api.test", "/a%2F"},
		{"unneeded escape", "http://api.test/%7Euser", "api.test", "/%7Euser"},
		{"lower-case escape", "http://api.test/%c3%a9", "api.test", "/%c3%a9"},
		{"not ASCII", "http://api.test/é", "api.test", "/%C3%A9"},
		{"sub-delimiters", "http://api.test/a;b=c,d:e@f!$&'()*+", "api.test", "/a;b=c,d:e@f!$&'()*+"},
	} {
		runInBubble(t, "F11 "+row.name, func(t *T) {
			s := t.serve(faulty.Reply(http.StatusOK, anyBody))
			transport := t.transport()
			transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
				return t.network.DialContext(ctx, network, strings.TrimPrefix(s.URL(), "http://"))
			}
			client := t.newClient(testKey, freddy.WithBaseURL(row.base), freddy.WithInsecureHTTP(), withTransport(transport))

			_, err := client.Connectors().Get(t.Context(), "pcon_github")
			require.NoError(t, err)
			_, err = client.Connectors().List(t.Context(), freddy.ConnectorListParams{Category: "a&b=c/?d é"})
			require.NoError(t, err)
			require.NoError(t, client.Do(t.Context(), http.MethodGet, "/x%2Fy/?z=%2F", nil, nil))
			require.NoError(t, client.Do(t.Context(), http.MethodGet, "/", nil, nil))

			var uris []string
			for _, request := range s.Requests() {
				uris = append(uris, request.RequestURI)
				assert.Equal(t, row.host, request.Host)
				assert.Equal(t, "Bearer "+testKey, request.Header.Get("Authorization"))
			}
			assert.Equal(t, []string{
				row.uri + "/personal-connectors/pcon_github",
				row.uri + "/personal-connectors?category=a%26b%3Dc%2F%3Fd+%C3%A9",
				row.uri + "/x%2Fy/?z=%2F",
				row.uri + "/",
			}, uris)
		})
	}
}

func TestPath(t *testing.T) {
	runInBubble(t, "F2 paths that leave the base URL", func(t *T) {
		base, evil := t.untouched(), t.untouched()
		client := t.client(base.URL())
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
				err := client.Do(t.Context(), method, path, nil, nil)
				require.Error(t, err, "%q", path)
				t.argument(err, "path")
			}
		}
	})
	runInBubble(t, "F11 paths as sent", func(t *T) {
		paths := []string{
			"/", "/x", "/x/", "/x//y", "/x%2Fy", "/x%2fy", "/x%5Cy", "/x%20y", "/%C3%A9", "/x%25y", "/x+y", "/~!$&'()*+,;=:@", "/...", "/..x", "/x..", "/.x", "/x?a=../..&b=https://evil/%2e%2e",
			"/x?a=%00&b=%zz", "/x?a?b", `/x?"<>|`, "/x;a=b", "/x%3Fy?z", "/x%23y", "/" + strings.Repeat("x", 8000), "/x:y", "/:x",
		}
		s := t.serve(faulty.Reply(http.StatusOK, ""))
		client := t.client(s.URL())
		for i, path := range paths {
			require.NoError(t, client.Do(t.Context(), http.MethodGet, path, nil, nil), path)
			request := s.Requests()[i]
			assert.Equal(t, "/v1"+path, request.RequestURI)
			assert.Equal(t, strings.TrimPrefix(s.URL(), "http://"), request.Host)
		}
	})
}

// rejectedID requires that Get rejects the id.
func (t *T) rejectedID(client *freddy.Client, id string) {
	t.Helper()
	start := time.Now()
	connector, err := client.Connectors().Get(t.Context(), id)
	assert.Less(t, time.Since(start), patience)
	assert.Nil(t, connector)
	t.argument(err, "id")
	if len(id) > 8 {
		assert.NotContains(t, err.Error(), id)
	}
}
