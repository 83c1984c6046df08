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
	// minSecret is the least length of a secret that is replaced, and of the
	// beginning of one that Cut replaces. Shorter ones are often ordinary words.
	minSecret = 8
	// minInName is minSecret for names, which programs compare.
	minInName = 16
)

// A Redactor replaces secrets that a server, a proxy or a library echoes: the
// API key and what else a request carries. It replaces a secret as it was sent
// and as encoders of JSON, Go, URLs, HTML and base64 write it (its forms).
// Secrets shorter than 8 bytes are ignored. A nil Redactor replaces nothing. A
// Redactor is safe for concurrent use.
type Redactor struct {
	secrets  []string
	shortest int       // length of the shortest secret
	once     sync.Once // for forms: most calls need none
	forms    []form
}

type form struct {
	text   string
	bytes  []byte // text, to search in bytes without an allocation
	inName bool   // whether the secret is long enough for names
}

// New returns a Redactor of secrets.
func New(secrets ...string) *Redactor {
	r := &Redactor{shortest: math.MaxInt}
	for _, secret := range secrets {
		if len(secret) >= minSecret {
			r.secrets = append(r.secrets, secret)
			r.shortest = min(r.shortest, len(secret))
		}
	}
	return r
}

// With returns a Redactor of the secrets of r and of more secrets. r can be nil.
func (r *Redactor) With(secrets ...string) *Redactor {
	if r == nil {
		return New(secrets...)
	}
	return New(slices.Concat(r.secrets, secrets)...)
}

// formsIn returns the forms to search for in a string of a length, the longest
// first, because one can contain another. It returns none if each secret is
// longer: no form is shorter than its secret.
func (r *Redactor) formsIn(length int) []form {
	if r == nil || length < r.shortest {
		return nil
	}
	r.once.Do(func() {
		for _, secret := range r.secrets {
			for _, text := range formsOf(secret) {
				r.forms = append(r.forms, form{text, []byte(text), len(secret) >= minInName})
			}
		}
		slices.SortFunc(r.forms, func(a, b form) int { return len(b.text) - len(a.text) })
	})
	return r.forms
}

// String returns s with every form of every secret replaced.
func (r *Redactor) String(s string) string {
	for _, f := range r.formsIn(len(s)) {
		s = strings.ReplaceAll(s, f.text, Redacted)
	}
	return s
}

// Name is String for what programs compare: error codes and types, JSON
// pointers, request and trace ids, methods. It ignores secrets shorter than 16
// bytes.
func (r *Redactor) Name(s string) string {
	for _, f := range r.formsIn(len(s)) {
		if f.inName {
			s = strings.ReplaceAll(s, f.text, Redacted)
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

// Cut is Bytes for a body that was cut off. If b ends in the beginning of a form,
// Cut replaces that, too, unless it is shorter than 8 bytes.
func (r *Redactor) Cut(b []byte) []byte {
	longest := 0
	for _, f := range r.formsIn(math.MaxInt) {
		for n := min(len(f.bytes), len(b)); n >= max(minSecret, longest+1); n-- {
			if bytes.HasSuffix(b, f.bytes[:n]) {
				longest = n
			}
		}
	}
	if longest == 0 {
		return r.Bytes(b)
	}
	return []byte(r.String(string(b[:len(b)-longest])) + Redacted)
}

// Header returns h with String of its values and Name of its names. A secret in
// a name is replaced in any case, because net/http changes the case of names. If
// h contains no secret, Header returns h itself; it never changes h.
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
		if f.inName && strings.Contains(strings.ToLower(name), strings.ToLower(f.text)) {
			return Redacted
		}
	}
	return name
}
