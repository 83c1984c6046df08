package freddy_test

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/internal/faulty"
)

// No request is sent before the TLS handshake ends.
func TestTLS(t *testing.T) {
	rejected := func(t *T, s *faulty.Server, opts []freddy.Option, cause any) {
		for i, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
			err := t.do(t.client(s.URL(), opts...), method).transport(0, 1)
			require.ErrorAs(t, err, cause)
			notSent(t, method, err)
			assert.False(t, err.Timeout())
			assert.Equal(t, i+1, s.Accepted())
		}
		assert.Empty(t, s.Requests())
	}
	run(t, "A8 untrusted certificate", func(t *T) {
		s := t.serveTLS(faulty.Untrusted(), faulty.Reply(200, connectorBody))
		rejected(t, s, nil, new(*tls.CertificateVerificationError))
		require.ErrorAs(t, t.get(t.client(s.URL(), t.withTransport())).err, new(x509.UnknownAuthorityError))
	})
	run(t, "A9 wrong host and expired", func(t *T) {
		wrong := t.serveTLS(faulty.WrongHost(), faulty.Reply(200, connectorBody))
		rejected(t, wrong, []freddy.Option{t.withTransport()}, new(x509.HostnameError))
		expired := t.serveTLS(faulty.Expired(), faulty.Reply(200, connectorBody))
		rejected(t, expired, []freddy.Option{t.withTransport()}, new(x509.CertificateInvalidError))
	})
	run(t, "A9 version rejected by the server", func(t *T) {
		old := faulty.Valid()
		old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
		s := t.serveTLS(old, faulty.Reply(200, connectorBody))
		rejected(t, s, []freddy.Option{t.withTransport()}, new(*net.OpError))
		assert.ErrorContains(t, t.get(t.client(s.URL(), t.withTransport())).err, "protocol version")
	})
	run(t, "A10 https to a plain HTTP port", func(t *T) {
		for _, banner := range []string{
			"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n",
			"HTTP/1.0 400 Bad Request\r\n\r\nno TLS here",
		} {
			s := t.checks.Server(faulty.ServeBanner(t, banner))
			for i, method := range []string{http.MethodGet, http.MethodPost} {
				err := t.do(t.client(s.URL()), method).transport(0, 1)
				assert.Contains(t, err.Error(), "server gave HTTP response to HTTPS client")
				require.ErrorIs(t, err, http.ErrSchemeMismatch)
				notSent(t, method, err)
				assert.Equal(t, i+1, s.Accepted())
			}
		}
		s := httptest.NewServer(http.NotFoundHandler())
		defer s.Close()
		err := t.get(t.client(strings.Replace(s.URL, "http", "https", 1))).transport(0, 1)
		require.ErrorIs(t, err, http.ErrSchemeMismatch)
	})
	run(t, "A10 https to another protocol", func(t *T) {
		s := t.checks.Server(faulty.ServeBanner(t, "220 mail.example ESMTP ready\r\n"))
		rejected(t, s, nil, new(tls.RecordHeaderError))
	})
	run(t, "A11 http to a TLS port", func(t *T) {
		s := httptest.NewUnstartedServer(http.NotFoundHandler())
		s.Config.ErrorLog = log.New(io.Discard, "", 0)
		s.StartTLS()
		defer s.Close()
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			err := t.do(t.client(strings.Replace(s.URL, "https", "http", 1)), method).api(400, 1)
			require.ErrorIs(t, err, freddy.ErrBadRequest)
			assert.Contains(t, string(err.Body), "HTTP request to an HTTPS server")
			assert.Equal(t, "Bad Request", err.Message)
			assert.Empty(t, err.Code)
		}
	})
	runInBubble(t, "A13 handshake never finishes", func(t *T) {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
			s := t.serveHandshakeStall()
			err := t.do(t.client(s.URL(), t.withTransport(), freddy.WithAttemptTimeout(brief)), method).within(4*brief+backoffs).transport(0, 4)
			assert.True(t, err.Timeout())
			notSent(t, method, err)
			assert.Equal(t, 4, s.Accepted())
		}
	})
	runInBubble(t, "A13 DELETE after a failed handshake", func(t *T) {
		stalled := t.serveHandshakeStall()
		s := t.serveTLS(nil, faulty.Reply(404, ""))
		c := t.client("https://127.0.0.1", t.dialing(nil, stalled.URL(), s.URL()))
		t.do(c, http.MethodDelete).isAPI(404, 2)
	})
	run(t, "H8 key in a certificate", func(t *T) {
		certificate := faulty.Certificate(time.Now().Add(time.Hour), testKey+".example")
		s := t.serveTLS(&tls.Config{Certificates: []tls.Certificate{certificate}}, faulty.Close)
		transport := t.transport()
		transport.TLSClientConfig.ServerName = "api.test"
		err := t.get(t.client(s.URL(), withTransport(transport))).transport(0, 1)
		assert.Contains(t, err.Error(), "REDACTED.example")
	})
}
