package transport

import (
	"errors"
	"net"
	"net/http"
	"strings"
)

// This file has everything that depends on the messages of errors for which net/http
// and crypto/tls export no type. It was checked against Go 1.25.5, 1.26.8 and
// 1.27.4. If a message changes, a request that is not idempotent becomes Ambiguous
// instead of being retried, and a rejected handshake or proxy is retried. Nothing is
// sent twice.

// isPermanentAlert reports whether the peer ended the TLS handshake with an alert
// that it would send again.
func isPermanentAlert(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "remote error" && op.Err.Error() != "tls: internal error"
}

// isProxyAuthRequired reports whether a proxy rejected CONNECT with 407 under a
// caller-supplied http.Transport, of which net/http reports only the reason phrase.
func isProxyAuthRequired(err error) bool {
	return strings.EqualFold(err.Error(), http.StatusText(http.StatusProxyAuthRequired))
}

// isRefusedStream reports whether an HTTP/2 server has stated that it did not
// process the request (RFC 9113, sections 6.8 and 8.7). net/http would have resent
// the request by itself if it could rewind the body.
func isRefusedStream(err error) bool {
	reason, ok := strings.CutPrefix(err.Error(), "http2: Transport: cannot retry err [")
	return ok && (strings.HasPrefix(reason, "http2: Transport received Server's graceful shutdown GOAWAY]") ||
		strings.HasPrefix(reason, "stream error: ") && strings.Contains(reason, "; REFUSED_STREAM; received from peer]"))
}

// isUnsentRewind reports whether net/http gave up on a request because it could
// not rewind the body. Over HTTP/1 it rewinds only if it has written nothing to
// a connection that the server had closed.
func isUnsentRewind(err error) bool {
	return strings.HasSuffix(err.Error(), "cannot rewind body after connection loss")
}
