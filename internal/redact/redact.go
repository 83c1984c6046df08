// Package redact makes texts from outside fit to be shown: without the key, on
// one line, and of bounded length.
package redact

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"html"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// Mark stands where a key stood.
const Mark = "REDACTED"

// Redactor replaces one key wherever a server, a proxy or a library echoes it.
// A nil Redactor, and that of an empty key, replace nothing. It is safe for
// concurrent use.
type Redactor struct {
	key   string
	once  sync.Once // most calls need no redaction
	forms []string
}

// New returns the Redactor of a key.
func New(key string) *Redactor { return &Redactor{key: key} }

func (r *Redactor) idle() bool {
	if r == nil || r.key == "" {
		return true
	}
	r.once.Do(func() {
		raw := []byte(r.key)
		r.forms = []string{
			r.key,
			hex.EncodeToString(raw),
			strings.ToUpper(hex.EncodeToString(raw)),
			base64.RawStdEncoding.EncodeToString(raw),
			base64.RawURLEncoding.EncodeToString(raw),
		}
	})
	return false
}

// String returns s without the key: as it is, in hexadecimal, in base64, or
// with some of its characters escaped as JSON, Go, URLs or HTML escape them.
func (r *Redactor) String(s string) string {
	if r.idle() {
		return s
	}
	s = r.replace(s)
	if !strings.ContainsAny(s, `\%&`) {
		return s
	}
	// Where only the unescaped text shows the key, that text is kept instead:
	// it cannot be told which of its escapes belonged to the key. A key that
	// looks escaped itself is found by what becomes of it.
	text := unescape(s)
	plain := strings.ReplaceAll(r.replace(text), unescape(r.key), Mark)
	if plain != text {
		return plain
	}
	return s
}

// Bytes is String for bytes; what is clean is returned as it is.
func (r *Redactor) Bytes(b []byte) []byte {
	if len(b) == 0 || r.idle() {
		return b
	}
	s := string(b)
	if clean := r.String(s); clean != s {
		return []byte(clean)
	}
	return b
}

// Header returns h without the key in any name or value; what is clean is
// returned as it is.
func (r *Redactor) Header(h http.Header) http.Header {
	if r.idle() {
		return h
	}
	dirty := func(s string) bool { return r.String(s) != s }
	for name, values := range h {
		if dirty(name) || slices.ContainsFunc(values, dirty) {
			return r.rewrite(h)
		}
	}
	return h
}

func (r *Redactor) rewrite(h http.Header) http.Header {
	clean := make(http.Header, len(h))
	for name, values := range h {
		name = r.String(name)
		for _, value := range values {
			clean[name] = append(clean[name], r.String(value))
		}
	}
	return clean
}

func (r *Redactor) replace(s string) string {
	for _, form := range r.forms {
		s = strings.ReplaceAll(s, form, Mark)
	}
	return s
}

// escaped matches one visible ASCII character in an escaped form: \u006b, \x6b,
// %6b, and a backslash before the character itself. A key has no others.
var escaped = regexp.MustCompile(`\\u00[2-7][0-9A-Fa-f]|\\x[2-7][0-9A-Fa-f]|%[2-7][0-9A-Fa-f]|\\[!-/:-@\[-` + "`" + `{-~]`)

func unescape(s string) string {
	return html.UnescapeString(escaped.ReplaceAllStringFunc(s, func(e string) string {
		if len(e) == 2 {
			return e[1:]
		}
		code, _ := strconv.ParseUint(e[len(e)-2:], 16, 8)
		return string(rune(code))
	}))
}

// Line returns s as one line of at most limit bytes: control, bidirectional and
// other invisible characters are escaped, so that a log shows what is there.
func Line(s string, limit int) string {
	if plain(s) && len(s) <= limit {
		return s
	}
	const more = "..."
	var b bytes.Buffer
	cut := 0 // as far as the text may go if more has to follow it
	for i, r := range s {
		piece := string(r)
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], piece):
			piece = `\x` + hex.EncodeToString([]byte{s[i]})
		case !strconv.IsPrint(r):
			quoted := strconv.QuoteRuneToASCII(r)
			piece = quoted[1 : len(quoted)-1]
		}
		if b.Len()+len(piece) > limit {
			b.Truncate(cut)
			b.WriteString(more)
			break
		}
		b.WriteString(piece)
		if b.Len() <= limit-len(more) {
			cut = b.Len()
		}
	}
	return b.String()
}

// plain reports whether s is printable ASCII, as nearly every text is.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
