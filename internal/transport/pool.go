package transport

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"time"
)

// NewHTTPTransport returns the http.Transport that a client has by default:
// net/http's, with a pool for a service's load on one host, a limit on response
// headers, and pings. Without pings, the attempts after one that timed out would use
// the same dead HTTP/2 connection.
func NewHTTPTransport() *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           512,
		MaxIdleConnsPerHost:    256,
		IdleConnTimeout:        90 * time.Second,
		TLSHandshakeTimeout:    10 * time.Second,
		ExpectContinueTimeout:  time.Second,
		MaxResponseHeaderBytes: MaxHeaderBytes,
		OnProxyConnectResponse: rejectProxy,
		HTTP2:                  pings(AttemptTimeout),
	}
}

// pings returns the settings that find a dead HTTP/2 connection before an attempt
// times out: a third of the timeout without data, and a third to respond, each at
// most 10 s.
func pings(attemptTimeout time.Duration) *http.HTTP2Config {
	third := min(attemptTimeout/3, 10*time.Second)
	return &http.HTTP2Config{SendPingTimeout: third, PingTimeout: third}
}

// rejectProxy names the proxy that rejects CONNECT, and its status. net/http
// reports only the reason phrase.
func rejectProxy(_ context.Context, proxy *url.URL, _ *http.Request, response *http.Response) error {
	if response.StatusCode == http.StatusOK {
		return nil
	}
	return &ProxyError{Host: proxy.Host, StatusCode: response.StatusCode}
}
