package transport

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// The numbers of the policy. doc.go of the root package states them as a
// promise to users; the two change together, and a test holds them to it.
const (
	MaxRetries       = 3                      // after the first attempt
	AttemptTimeout   = 30 * time.Second       // for one attempt, its body included
	BaseWait         = 500 * time.Millisecond // bound of the first wait; doubles with each retry
	MaxWait          = 8 * time.Second        // bound of any wait
	MinWait          = time.Millisecond       // no hot loop, unless a bound below it asks for one
	MaxRetryAfter    = 60 * time.Second       // a server that asks for more ends the call
	MaxResponseBytes = 10 << 20               // of a 2xx body, after decompression
	MaxHeaderBytes   = 1 << 20                // of a response's headers, on our own http.Transport
	ErrorBytesKept   = 64 << 10               // of an error's body
	errorBytesRead   = 256 << 10              // so that the connection stays usable; beyond it is dropped

	BudgetTokens = 500 // a client starts with these and never has more
	RetryCost    = 5   // tokens that a retry takes
	SuccessGain  = 1   // tokens that a 2xx answer gives back
)

// retriable reports whether the outcome of the last attempt may be another one
// next time and repeating the request is safe. It is the table of doc.go.
func (c *call) retriable() bool {
	if c.err != nil {
		return !permanent(c.err) && (c.request.Repeatable || c.unsent)
	}
	switch status := c.answer.StatusCode; status {
	case http.StatusTooManyRequests:
		return true // refused before it was processed
	case http.StatusNotImplemented, http.StatusHTTPVersionNotSupported, http.StatusNetworkAuthenticationRequired:
		return false
	case http.StatusRequestTimeout:
		return c.request.Repeatable
	default:
		return status/100 == 5 && c.request.Repeatable
	}
}

// mayBeProcessed reports whether the server may have acted on the last attempt
// although it did not say so.
func (c *call) mayBeProcessed() bool {
	if c.err != nil {
		return !c.unsent
	}
	return c.answer.StatusCode == http.StatusRequestTimeout || c.answer.StatusCode/100 == 5
}

// permanent reports whether a repeat would meet the same fault: a name that
// does not exist, TLS that one side refuses, a proxy that wants credentials, an
// answer that came whole and cannot be used.
func permanent(err error) bool {
	var (
		dns     *net.DNSError
		verify  *tls.CertificateVerificationError
		record  tls.RecordHeaderError
		unknown x509.UnknownAuthorityError
		host    x509.HostnameError
		invalid x509.CertificateInvalidError
		op      *net.OpError
		coding  *EncodingError
	)
	switch {
	case errors.As(err, &dns):
		return dns.IsNotFound
	case errors.As(err, &verify), errors.As(err, &record), errors.As(err, &unknown), errors.As(err, &host), errors.As(err, &invalid):
		return true
	case errors.Is(err, http.ErrSchemeMismatch), errors.Is(err, ErrTooLarge), errors.As(err, &coding):
		return true
	case errors.As(err, &op) && op.Op == "remote error": // a TLS alert; crypto/tls has no type for it
		return op.Err.Error() != "tls: internal error"
	}
	// net/http has no type for a refused CONNECT: its text is the proxy's reason.
	return strings.EqualFold(err.Error(), http.StatusText(http.StatusProxyAuthRequired))
}

// notSent reports whether the error itself proves that no byte of the request
// left: the connection, or the one to the proxy, never came to be.
func notSent(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect")
}

// refusedStream reports whether an HTTP/2 server has said that it did not process
// the request (RFC 9113, sections 6.8 and 8.7). net/http would have sent it anew
// by itself, had it been given the body again; it tells the reason in words.
func refusedStream(err error) bool {
	const unable = "http2: Transport: cannot retry err ["
	reason, ok := strings.CutPrefix(err.Error(), unable)
	return ok && (strings.HasPrefix(reason, "http2: Transport received Server's graceful shutdown GOAWAY]") ||
		strings.HasPrefix(reason, "stream error: ") && strings.Contains(reason, "; REFUSED_STREAM; received from peer]"))
}

// pause returns the wait before retry n, counted from 1: what the server asked
// for, else full jitter. It is false where the server asked for more than the
// call may wait.
func (c *call) pause(n int, deadline time.Time) (time.Duration, bool) {
	t := c.transport
	if asked := RetryAfter(c.answer.Header, t.now); c.err == nil && asked > 0 {
		late := !deadline.IsZero() && asked > deadline.Sub(t.now())
		return asked, asked <= t.maxRetryAfter && !late
	}
	bound := t.maxWait
	if shift := n - 1; shift < 62 && t.baseWait <= math.MaxInt64>>shift {
		bound = min(bound, t.baseWait<<shift)
	}
	if bound <= MinWait {
		return bound, true
	}
	return MinWait + time.Duration(t.random(int64(bound-MinWait)+1)), true
}

// A budget keeps an outage from being multiplied: retries take tokens that only
// successes give back, so that a server in trouble soon sees every call once.
type budget struct{ tokens atomic.Int64 }

func (b *budget) spend() bool {
	for {
		have := b.tokens.Load()
		if have < RetryCost {
			return false
		}
		if b.tokens.CompareAndSwap(have, have-RetryCost) {
			return true
		}
	}
}

func (b *budget) earn() {
	// A full budget, the usual case, is only read: no cache line moves.
	for have := b.tokens.Load(); have < BudgetTokens; have = b.tokens.Load() {
		if b.tokens.CompareAndSwap(have, min(have+SuccessGain, BudgetTokens)) {
			return
		}
	}
}
