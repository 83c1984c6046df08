// Package redact makes strings from outside safe to show: without secrets, on
// one line, and of bounded length.
package redact

import (
	"bytes"
	"math"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// Redacted replaces a secret.
const Redacted = "REDACTED"

const (
	// minSecret is the minimum length of a secret, and of a beginning that Cut
	// replaces. Shorter ones are often ordinary words.
	minSecret = 8
	// minInName is the minimum length of a secret in a name. Programs compare
	// names.
	minInName = 16
)

// A Redactor replaces secrets that a server, a proxy or a library echoes: the
// API key and the credentials of a request. It replaces each form of a secret:
// the secret as it was sent, and as JSON, Go, URLs, HTML and base64 encode it.
// Secrets shorter than 8 bytes are ignored. A nil Redactor replaces nothing. A
// Redactor is safe for concurrent use.
type Redactor struct {
	base     *Redactor // of other secrets, whose forms are computed already; nil: none
	secrets  []string
	shortest int       // length of the shortest secret
	once     sync.Once // for forms: most calls need none
	forms    []form
}

// A form is a secret as an encoder writes it.
type form struct {
	str    string
	bytes  []byte // str, to search in bytes without an allocation
	inName bool   // whether the secret is long enough for names
}

// New returns a Redactor of secrets.
func New(secrets ...string) *Redactor { return (*Redactor)(nil).With(secrets...) }

// With returns a Redactor of the secrets of r and the given ones. r can be nil.
func (r *Redactor) With(secrets ...string) *Redactor {
	more := &Redactor{base: r, shortest: math.MaxInt}
	if r != nil {
		more.shortest = r.shortest
	}
	for _, secret := range secrets {
		if len(secret) >= minSecret {
			more.secrets = append(more.secrets, secret)
			more.shortest = min(more.shortest, len(secret))
		}
	}
	return more
}

// formsIn returns the forms to search for in a string of length bytes. The
// longest comes first, because a form can contain another. If length is less than
// the length of each secret, there are none: no form is shorter than its secret.
func (r *Redactor) formsIn(length int) []form {
	if r == nil || length < r.shortest {
		return nil
	}
	r.once.Do(func() {
		r.forms = slices.Clone(r.base.formsIn(math.MaxInt))
		for _, secret := range r.secrets {
			for _, str := range formsOf(secret) {
				r.forms = append(r.forms, form{str, []byte(str), len(secret) >= minInName})
			}
		}
		slices.SortFunc(r.forms, func(a, b form) int { return len(b.str) - len(a.str) })
	})
	return r.forms
}

// String returns s with every form of every secret replaced.
func (r *Redactor) String(s string) string {
	for _, f := range r.formsIn(len(s)) {
		s = strings.ReplaceAll(s, f.str, Redacted)
	}
	return s
}

// Name is String for strings that programs compare: error codes and types, JSON
// pointers, request and trace ids, methods. It ignores secrets shorter than 16
// bytes.
func (r *Redactor) Name(s string) string {
	for _, f := range r.formsIn(len(s)) {
		if f.inName {
			s = strings.ReplaceAll(s, f.str, Redacted)
		}
	}
	return s
}

// Bytes is String for bytes. It returns b itself if b contains no secret.
func (r *Redactor) Bytes(b []byte) []byte {
	for _, f := range r.formsIn(len(b)) {
		if bytes.Contains(b, f.bytes) {
			return []byte(r.String(string(b)))
		}
	}
	return b
}

// Cut is Bytes for an incomplete body. If b ends with the first 8 or more bytes
// of a form, Cut replaces these, too.
func (r *Redactor) Cut(b []byte) []byte { return r.Bytes(r.CutEnd(b)) }

// CutEnd returns b with the first 8 or more bytes of a form replaced if b ends with
// them. It replaces nothing else, so that b can be parsed.
func (r *Redactor) CutEnd(b []byte) []byte {
	longest := 0
	for _, f := range r.formsIn(math.MaxInt) {
		for n := min(len(f.bytes), len(b)); n >= max(minSecret, longest+1); n-- {
			if bytes.HasSuffix(b, f.bytes[:n]) {
				longest = n
			}
		}
	}
	if longest == 0 {
		return b
	}
	return slices.Concat(b[:len(b)-longest], []byte(Redacted))
}

// Header returns a copy of h with redacted names and values, or h itself if it
// contains no secret. A name that contains a secret of 16 bytes or more becomes
// REDACTED. Names are compared without regard to case, because net/http canonicalizes them.
func (r *Redactor) Header(h http.Header) http.Header {
	hasSecret := func(value string) bool { return r.String(value) != value }
	for name, values := range h {
		if r.headerName(name) != name || slices.ContainsFunc(values, hasSecret) {
			return r.redactHeader(h)
		}
	}
	return h
}

func (r *Redactor) redactHeader(h http.Header) http.Header {
	redacted := make(http.Header, len(h))
	for name, values := range h {
		name = r.headerName(name)
		for _, value := range values {
			redacted[name] = append(redacted[name], r.String(value))
		}
	}
	return redacted
}

func (r *Redactor) headerName(name string) string {
	for _, f := range r.formsIn(len(name)) {
		if f.inName && strings.Contains(strings.ToLower(name), strings.ToLower(f.str)) {
			return Redacted
		}
	}
	return name
}
