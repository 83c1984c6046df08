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

// SetDial replaces the dial func of the http.Transport that t made for itself.
func SetDial(t *Transport, dial dialFunc) { OwnTransport(t).DialContext = t.gate.watch(dial) }

// IsOpen reports whether no attempt of t waits for a connection.
func IsOpen(t *Transport) bool { return t.gate.isOpen() }
