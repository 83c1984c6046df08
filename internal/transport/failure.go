package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"syscall"
	"time"
)

// Failure is why an attempt has no complete response. Its kind and reason are
// decided here, once, for the retry, the log and the error.
type Failure struct {
	Err    error
	Kind   Kind
	Reason string // in fixed words, for a log: Err may quote what a server or a proxy sent
	Sent   bool   // the server may have received the request
}

// Kind is what a Failure means for the call.
type Kind int

// The kinds of a Failure.
const (
	Network   Kind = iota // another attempt may succeed
	Timeout               // of the attempt; another attempt may succeed
	Permanent             // another attempt would fail in the same way
	Context               // the caller's context ended
	Limit                 // the limiter failed
	Unusable              // a 2xx body that is too large or in an unknown content coding
)

// ErrTooLarge is a 2xx body over the limit.
var ErrTooLarge = errors.New("the response body is larger than the limit")

// EncodingError is a 2xx body with an unsupported Content-Encoding.
type EncodingError struct{ Encoding string }

func (e *EncodingError) Error() string { return "unsupported Content-Encoding: " + e.Encoding }

// TimeoutError is the end of an attempt by its own timeout. It implements
// net.Error. It is not a context.DeadlineExceeded: that one is the caller's.
type TimeoutError struct{ Limit time.Duration }

func (e *TimeoutError) Error() string {
	return "timeout: no complete response within " + e.Limit.String()
}

// Timeout returns true.
func (e *TimeoutError) Timeout() bool { return true }

// Temporary returns true.
func (e *TimeoutError) Temporary() bool { return true }

// ProxyError is a proxy that rejected CONNECT.
type ProxyError struct {
	Host       string
	StatusCode int
}

func (e *ProxyError) Error() string {
	return fmt.Sprintf("the proxy %s rejected the connection: %d %s", e.Host, e.StatusCode, http.StatusText(e.StatusCode))
}

// panicked is the failure of an attempt whose RoundTripper panics.
var panicked = &Failure{Err: errors.New("panic"), Kind: Permanent, Reason: "panic", Sent: true}

// contextFailure is the failure of a call whose context ended. err is what the
// attempt returned, if there was one.
func contextFailure(ctx context.Context, err error, sent bool) *Failure {
	reason := "context canceled"
	if !errors.Is(ctx.Err(), context.Canceled) {
		reason = "context deadline exceeded"
	}
	return &Failure{Err: err, Kind: Context, Reason: reason, Sent: sent}
}

// classify returns the failure of an attempt that ended with err.
func classify(err error, sent bool) *Failure {
	f := &Failure{Err: err, Sent: sent}
	f.Kind, f.Reason = kindOf(err)
	return f
}

func kindOf(err error) (Kind, string) {
	var (
		timeout  interface{ Timeout() bool }
		proxy    *ProxyError
		dns      *net.DNSError
		op       *net.OpError
		encoding *EncodingError

		certificate *tls.CertificateVerificationError
	)
	switch {
	case errors.Is(err, ErrTooLarge), errors.As(err, &encoding):
		return Unusable, ""
	case errors.As(err, &proxy):
		return proxy.kind(), fmt.Sprintf("proxy %d", proxy.StatusCode)
	case isProxyAuthRequired(err):
		return Permanent, "proxy 407"
	case errors.As(err, &dns) && dns.IsNotFound:
		return Permanent, "unknown host"
	case errors.As(err, &certificate):
		return Permanent, "certificate rejected"
	case isTLSMismatch(err):
		return Permanent, "TLS handshake failed"
	case errors.As(err, &timeout) && timeout.Timeout():
		return Timeout, "timeout"
	case errors.Is(err, syscall.ECONNREFUSED):
		return Network, "connection refused"
	case errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect"):
		return Network, "cannot connect"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed), errors.As(err, &op):
		return Network, "connection closed"
	}
	return Network, "no valid response"
}

func (e *ProxyError) kind() Kind {
	if e.StatusCode/100 == 5 {
		return Network
	}
	return Permanent
}

// isTLSMismatch reports whether both sides cannot agree on TLS.
func isTLSMismatch(err error) bool {
	var record tls.RecordHeaderError
	return errors.As(err, &record) || errors.Is(err, http.ErrSchemeMismatch) || isPermanentAlert(err)
}

// neverSent reports whether err itself proves that no byte of the request was
// sent, or that the server did not process it.
func neverSent(err error) bool {
	var (
		op    *net.OpError
		proxy *ProxyError
	)
	return errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect") || errors.As(err, &proxy) || isRefusedStream(err)
}
