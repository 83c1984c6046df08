package freddy_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/internal/faulty"
)

func TestProxy(t *testing.T) {
	runInBubble(t, "proxy rejects CONNECT", func(t *T) {
		through := func(handler faulty.Handler) (*faulty.Server, freddy.Option) {
			proxy := t.serve(handler)
			return proxy, t.withProxy(proxy.URL())
		}
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
			// A retry has no credentials either.
			proxy, option := through(faulty.Reply(407, "", "Proxy-Authenticate: Basic"))
			err := t.do(t.client("https://api.invalid", option), method).transport(0, 1)
			notSent(t, method, err)
			require.Len(t, proxy.Requests(), 1)
			assert.Equal(t, http.MethodConnect, proxy.Requests()[0].Method)

			// An unavailable proxy has forwarded nothing.
			proxy, option = through(faulty.Reply(503, ""))
			err = t.do(t.client("https://api.invalid", option), method).transport(0, 4)
			notSent(t, method, err)
			assert.Len(t, proxy.Requests(), 4)

			// To a plain HTTP request the proxy itself responds.
			proxy, option = through(faulty.Reply(407, ""))
			t.do(t.client("http://api.invalid", option, freddy.WithInsecureHTTP()), method).isAPI(407, 1)
			assert.Len(t, proxy.Requests(), 1)
		}
	})
	run(t, "J10 the text names the proxy and the status", func(t *T) {
		for status, attempts := range map[int]int{201: 1, 302: 1, 400: 1, 403: 1, 404: 1, 407: 1, 429: 1, 500: 4, 502: 4, 503: 4, 504: 4} {
			for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
				proxy := t.serve(faulty.Reply(status, `{"error":"`+testKey+`"}`, "X-Request-Id: req_proxy", "Retry-After: 9"))
				address, err := url.Parse(strings.Replace(proxy.URL(), "http://", "http://user:"+proxySecret+"@", 1))
				require.NoError(t, err)
				transport := freddy.NewTransport()
				transport.Proxy = http.ProxyURL(address)
				t.checks.CloseIdle(transport.CloseIdleConnections)
				log := new(hookLog)
				o := t.do(t.client("https://api.invalid", withTransport(transport), log.option()), method)
				failed := o.transport(0, attempts)
				assert.Contains(t, failed.Error(), fmt.Sprintf("the proxy %s rejected the connection: %d %s", address.Host, status, http.StatusText(status)))
				assert.Len(t, proxy.Requests(), attempts)
				assert.False(t, failed.Ambiguous, "nothing was sent")
				assert.False(t, freddy.MayHaveSucceeded(failed))
				assert.NotErrorAs(t, failed, new(*freddy.APIError), "it is not the API's status")
				assert.Zero(t, o.response.StatusCode)
				assert.Equal(t, fmt.Sprint("proxy ", status), log.attempts[0].Reason)
				faulty.NoSecret(t, proxySecret, failed, log.attempts)
				for _, request := range proxy.Requests() {
					assert.Empty(t, request.Header.Get("Authorization"), "the proxy does not get the key")
				}
			}
		}
	})
	run(t, "J10 proxy cannot be reached", func(t *T) {
		transport := freddy.NewTransport()
		address, err := url.Parse(faulty.Refused(t))
		require.NoError(t, err)
		transport.Proxy = http.ProxyURL(address)
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			failed := t.do(t.client("https://api.invalid", withTransport(transport)), method).transport(0, 4)
			assert.False(t, failed.Ambiguous)
		}
	})
	run(t, "H7 password of a proxy", func(t *T) {
		s := t.serve(faulty.Reply(http.StatusProxyAuthRequired, ""), faulty.Raw("HTTP/1.1 407 Who are you?\r\n\r\n"), faulty.Raw("HTTP/1.1 502 "+testKey+"\r\n\r\n"), faulty.Raw(testKey+"\r\n\r\n"), faulty.Close)
		for _, proxy := range []string{s.URL(), s.URL(), s.URL(), s.URL(), s.URL(), faulty.Refused(t)} {
			proxy = strings.Replace(proxy, "http://", "http://user:"+proxySecret+"@", 1)
			o := t.get(t.client("https://api.test", t.withProxy(proxy)), freddy.WithMaxRetries(0))
			faulty.NoSecret(t, proxySecret, o.transport(0, 1))
		}
		for _, request := range s.Requests() {
			assert.Equal(t, http.MethodConnect, request.Method)
			assert.Empty(t, request.Header.Get("Authorization"), "the proxy does not get the key")
		}
	})
}

// withProxy is the option of a client that uses a proxy.
func (t *T) withProxy(proxy string) freddy.Option {
	t.Helper()
	address, err := url.Parse(proxy)
	require.NoError(t, err)
	transport := t.transport()
	transport.Proxy = http.ProxyURL(address)
	return withTransport(transport)
}
