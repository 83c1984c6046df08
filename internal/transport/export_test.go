package transport

import (
	"crypto/tls"
	"net/http"
)

// OwnTransport returns the http.Transport that t made for itself.
func OwnTransport(t *Transport) *http.Transport {
	own := t.roundTripper().(*http.Transport)
	if own.TLSClientConfig == nil {
		own.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	return own
}
