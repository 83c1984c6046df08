// Package redact makes texts from outside fit to be shown: without secrets, on
// one line, and of bounded length.
package redact

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"html"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Mark stands where a secret stood.
const Mark = "REDACTED"

// Redactor replaces secrets, a key and what else a call carries, wherever a
// server, a proxy or a library echoes them. A nil Redactor, and one without
// secrets, replace nothing. It is safe for concurrent use.
type Redactor struct {
	secrets []string
	once    sync.Once // most calls need no redaction
	forms   []string
	sieve   sieve
}

// New returns the Redactor of secrets; empty ones are none.
func New(secrets ...string) *Redactor {
	r := new(Redactor)
	for _, secret := range secrets {
		if secret != "" {
			r.secrets = append(r.secrets, secret)
		}
	}
	// The longest first: a secret may be a part of another one.
	slices.SortFunc(r.secrets, func(a, b string) int { return len(b) - len(a) })
	return r
}

// With returns a Redactor of more secrets.
func (r *Redactor) With(secrets ...string) *Redactor {
	return New(slices.Concat(r.secrets, secrets)...)
}

func (r *Redactor) idle() bool {
	if r == nil || len(r.secrets) == 0 {
		return true
	}
	r.once.Do(func() {
		for _, secret := range r.secrets {
			raw := []byte(secret)
			r.forms = append(r.forms, secret, hex.EncodeToString(raw), strings.ToUpper(hex.EncodeToString(raw)))
			r.forms = append(r.forms, inBase64(raw)...)
		}
		r.sieve = newSieve(r.forms)
	})
	return false
}

// inBase64 returns what a secret looks like within base64, which depends on how
// many bytes stand before it: "Bearer " moves it by one. The characters at its
// ends that depend on its neighbours are left out.
func inBase64(secret []byte) []string {
	var forms []string
	for before := range 3 {
		bits := (before + len(secret)) * 8 / 6 // that the secret decides to its end
		first := (before*8 + 5) / 6
		for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			text := encoding.EncodeToString(append(make([]byte, before), secret...))
			if form := text[first:bits]; len(form) >= minForm && !slices.Contains(forms, form) {
				forms = append(forms, form)
			}
		}
	}
	return forms
}

// minForm is the shortest piece of base64 that is not taken for a word.
const minForm = 6

// String returns s without the secrets: as it is, in hexadecimal, in base64, or
// with some of its characters escaped as JSON, Go, URLs or HTML escape them.
func (r *Redactor) String(s string) string {
	if s == "" || r.idle() {
		return s
	}
	escaped := hasEscapes(s, strings.IndexByte)
	if !escaped && !hasAny(&r.sieve, s) {
		return s
	}
	if s = r.replace(s); !escaped {
		return s
	}
	// Where only the unescaped text shows a secret, that text is kept instead:
	// it cannot be told which of its escapes belonged to it. A secret that
	// looks escaped itself is found by what becomes of it.
	// What a gateway quotes of its upstream is escaped more than once.
	const most = 4
	text := s
	for range most {
		inner := unescape(text)
		plain := r.replace(inner)
		for _, secret := range r.secrets {
			plain = strings.ReplaceAll(plain, unescape(secret), Mark)
		}
		if plain != inner {
			return plain
		}
		if inner == text {
			break
		}
		text = inner
	}
	return s
}

// Plain is Bytes for a text that has to stay what it is, JSON say: it replaces
// only what stands there unescaped.
func (r *Redactor) Plain(b []byte) []byte {
	if len(b) == 0 || r.idle() || !hasAny(&r.sieve, b) {
		return b
	}
	return changed(b, r.replace)
}

// Bytes is String for bytes; what is clean is returned as it is.
func (r *Redactor) Bytes(b []byte) []byte {
	if len(b) == 0 || r.idle() || !hasEscapes(b, bytes.IndexByte) && !hasAny(&r.sieve, b) {
		return b
	}
	return changed(b, r.String)
}

func changed(b []byte, redact func(string) string) []byte {
	s := string(b)
	if clean := redact(s); clean != s {
		return []byte(clean)
	}
	return b
}

// Header returns h without the secrets in any name or value; what is clean is
// returned as it is.
func (r *Redactor) Header(h http.Header) http.Header {
	if r.idle() {
		return h
	}
	dirty := func(s string) bool { return r.String(s) != s }
	for name, values := range h {
		if r.name(name) != name || slices.ContainsFunc(values, dirty) {
			return r.rewrite(h)
		}
	}
	return h
}

func (r *Redactor) rewrite(h http.Header) http.Header {
	clean := make(http.Header, len(h))
	for name, values := range h {
		name = r.name(name)
		for _, value := range values {
			clean[name] = append(clean[name], r.String(value))
		}
	}
	return clean
}

// name is String for a header's name, whose case net/http has changed.
func (r *Redactor) name(name string) string {
	for _, secret := range r.secrets {
		if len(name) >= len(secret) && strings.Contains(strings.ToLower(name), strings.ToLower(secret)) {
			return Mark
		}
	}
	return r.String(name)
}

func (r *Redactor) replace(s string) string {
	for _, form := range r.forms {
		s = strings.ReplaceAll(s, form, Mark)
	}
	return s
}

// unescape undoes one level of what JSON, Go, URLs and HTML escape.
func unescape(s string) string {
	var b strings.Builder
	for {
		i := strings.IndexAny(s, `\%`)
		if i < 0 {
			break
		}
		b.WriteString(s[:i])
		char, length := escape(s[i:])
		b.WriteString(char)
		s = s[i+length:]
	}
	b.WriteString(s)
	return html.UnescapeString(b.String())
}

// escape returns the character that the escape at the beginning of s stands
// for, and the length of the escape; of what is none, its first byte.
func escape(s string) (char string, length int) {
	if s[0] == '%' {
		return oneByte(s, len("%"))
	}
	if len(s) < 2 {
		return s, len(s)
	}
	switch c := s[1]; c {
	case 'x':
		return oneByte(s, len(`\x`))
	case 'u':
		return oneRune(s, len(`\u006b`))
	case 'U':
		return oneRune(s, len(`\U0000006b`))
	case 'b', 'f', 'n', 'r', 't':
		i := strings.IndexByte("bfnrt", c)
		return "\b\f\n\r\t"[i : i+1], 2
	default:
		if c < utf8.RuneSelf && !unicode.IsPunct(rune(c)) && !unicode.IsSymbol(rune(c)) {
			return s[:1], 1
		}
		return s[1:2], 2
	}
}

// oneByte reads the two digits after a prefix.
func oneByte(s string, prefix int) (string, int) {
	if len(s) >= prefix+2 {
		if code, err := strconv.ParseUint(s[prefix:prefix+2], 16, 8); err == nil {
			return string([]byte{byte(code)}), prefix + 2
		}
	}
	return s[:1], 1
}

// oneRune reads the digits of \u or \U, and the second half of a pair of
// surrogates.
func oneRune(s string, length int) (string, int) {
	first, ok := digits(s, length)
	if !ok {
		return s[:1], 1
	}
	if second, ok := digits(s[length:], len(`\u006b`)); ok && utf16.DecodeRune(first, second) != utf8.RuneError {
		return string(utf16.DecodeRune(first, second)), length + len(`\u006b`)
	}
	return string(first), length
}

func digits(s string, length int) (rune, bool) {
	if len(s) < length || s[0] != '\\' || s[1]|0x20 != 'u' {
		return 0, false
	}
	code, err := strconv.ParseInt(s[2:length], 16, 32)
	return rune(code), err == nil && code >= 0
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
