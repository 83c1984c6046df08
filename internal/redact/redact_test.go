package redact_test

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go/internal/redact"
)

const (
	plainKey = "example-key-0123456789"
	oddKey   = `ex"am\ple/<key>&'+=%41~` // everything that some encoding escapes
)

func TestString(t *testing.T) {
	for _, key := range []string{plainKey, oddKey} {
		quoted, err := json.Marshal(key)
		require.NoError(t, err)
		everyByte := func(format string) string {
			var b strings.Builder
			for _, c := range []byte(key) {
				fmt.Fprintf(&b, format, c)
			}
			return b.String()
		}
		for name, echoed := range map[string]string{
			"as it is":    key,
			"twice":       key + key,
			"Go":          strconv.Quote(key),
			"JSON":        string(quoted),
			"JSON, all":   everyByte(`\u%04x`),
			"JSON, ALL":   everyByte(`\u%04X`),
			"hex escapes": everyByte(`\x%02x`),
			"query":       url.QueryEscape(key),
			"path":        url.PathEscape(key),
			"percent":     everyByte("%%%02x"),
			"HTML":        html.EscapeString(key),
			"slashes":     strings.ReplaceAll(key, "/", `\/`),
			"hex":         hex.EncodeToString([]byte(key)),
			"HEX":         fmt.Sprintf("%X", key),
			"base64":      base64.StdEncoding.EncodeToString([]byte(key)),
			"base64url":   base64.URLEncoding.EncodeToString([]byte(key)),
		} {
			got := redact.New(key).String("before " + echoed + " after")
			assert.NotContains(t, got, key, name)
			assert.NotContains(t, got, echoed, name)
			assert.Contains(t, got, redact.Mark, name)
			assert.True(t, strings.HasPrefix(got, "before "), name)
			assert.True(t, strings.HasSuffix(got, " after"), name)
		}
	}
}

// Wherever a secret stands, and however long it is, none gets past the look at a
// few bytes that spares most texts the search.
func TestEveryPlace(t *testing.T) {
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789"
	for length := 1; length <= len(letters); length++ {
		key := letters[:length]
		r := redact.New(key)
		for before := range 2 * len(letters) {
			for after := range 5 {
				s := strings.Repeat("-", before) + key + strings.Repeat("-", after)
				want := strings.Repeat("-", before) + redact.Mark + strings.Repeat("-", after)
				require.Equal(t, want, r.String(s))
				require.Equal(t, want, string(r.Bytes([]byte(s))))
				require.Equal(t, want, string(r.Plain([]byte(s))))
			}
		}
	}
}

// The shortest of several secrets decides where to look, and an escape is always
// looked behind.
func TestEveryForm(t *testing.T) {
	r := redact.New(strings.Repeat("a long secret ", 10), "brief")
	for before := range 100 {
		got := r.Bytes([]byte(strings.Repeat("-", before) + "brief"))
		require.Equal(t, strings.Repeat("-", before)+redact.Mark, string(got))
	}
	for _, echoed := range []string{`b\u0072ief`, "%62rief", "&#98;rief"} {
		assert.Equal(t, redact.Mark, string(r.Bytes([]byte(echoed))), echoed)
	}
}

// A credential may be any text.
func TestAnySecret(t *testing.T) {
	const secret = "pässword\n\t😀 \"x\""
	quoted := strconv.QuoteToASCII(secret)
	asJSON, err := json.Marshal(secret)
	require.NoError(t, err)
	r := redact.New(plainKey).With("", secret)
	for _, echoed := range []string{
		secret, quoted, string(asJSON), url.PathEscape(secret),
		html.EscapeString(secret), `p\u00E4ssword\n\t\uD83D\ude00 \"x\"`,
	} {
		got := r.String("a " + echoed + " " + plainKey + " z")
		assert.NotContains(t, got, "ssword", echoed)
		assert.NotContains(t, got, plainKey)
		assert.Contains(t, got, redact.Mark)
	}
	// The longer of two goes first, so that nothing of it is left.
	assert.Equal(t, redact.Mark+" "+redact.Mark, redact.New("word", "password").String("password word"))
}

func TestNothingToRedact(t *testing.T) {
	for _, s := range []string{"", "plain", `C:\path\u0041 100% &amp; \"`, "<>", "\xff\x00"} {
		assert.Equal(t, s, redact.New(plainKey).String(s))
		assert.Equal(t, s, redact.New("").String(s))
		assert.Equal(t, s, (*redact.Redactor)(nil).String(s))
	}
	header := http.Header{"A": {"b"}}
	body := []byte("body")
	assert.Equal(t, header, redact.New("").Header(header))
	assert.Equal(t, body, redact.New("").Bytes(body))
	assert.Same(t, &body[0], &redact.New(plainKey).Bytes(body)[0])
}

func TestHeader(t *testing.T) {
	header := http.Header{
		"X-Echo":        {"Bearer " + plainKey, "clean"},
		"Clean":         {"a", "b"},
		"X-" + plainKey: {"name"},
	}
	got := redact.New(plainKey).Header(header)
	assert.Equal(t, http.Header{
		"X-Echo":   {"Bearer REDACTED", "clean"},
		"Clean":    {"a", "b"},
		"REDACTED": {"name"},
	}, got)
	assert.Contains(t, header["X-Echo"][0], plainKey, "the original was changed")
}

func TestLine(t *testing.T) {
	for in, want := range map[string]string{
		"plain text, as it is":     "plain text, as it is",
		"zwölf €":                  "zwölf €",
		"two\nlines\r\n\ttab":      `two\nlines\r\n\ttab`,
		"\x1b[31mred\x1b[0m":       `\x1b[31mred\x1b[0m`,
		"a\u202eb\u2066c\u200fd":   `a\u202eb\u2066c\u200fd`,
		"line\u2028par\u2029":      `line\u2028par\u2029`,
		"bad \xff\xfe utf":         `bad \xff\xfe utf`,
		"\uFFFD itself":            "\uFFFD itself",
		"nul\x00 del\x7f c1\u0085": `nul\x00 del\x7f c1\u0085`,
	} {
		assert.Equal(t, want, redact.Line(in, 100), "%q", in)
	}
}

func TestLineIsBounded(t *testing.T) {
	for _, s := range []string{
		strings.Repeat("a", 2000), strings.Repeat("é", 2000), strings.Repeat("\u202e", 2000), strings.Repeat("\xff", 2000),
	} {
		for limit := 3; limit < 40; limit++ {
			got := redact.Line(s, limit)
			assert.LessOrEqual(t, len(got), limit)
			assert.True(t, utf8.ValidString(got))
			assert.True(t, strings.HasSuffix(got, "..."))
		}
	}
	assert.Equal(t, "abc", redact.Line("abc", 3))
	assert.Equal(t, "...", redact.Line("abcd", 3))
	assert.Equal(t, "a...", redact.Line("abcde", 4))
	assert.Equal(t, "éé", redact.Line("éé", 4))
}

type leaky struct{ header http.Header }

func (leaky) Error() string { return "clean text" }

func TestCause(t *testing.T) {
	r := redact.New(plainKey)
	op := &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", io.ErrClosedPipe)}
	cause := r.Cause(op.Error(), nil, op)
	assert.Equal(t, op.Error(), cause.Error())
	require.ErrorIs(t, cause, io.ErrClosedPipe)
	var got *net.OpError
	require.ErrorAs(t, cause, &got)
	assert.Same(t, op, got)
	assert.False(t, cause.Timeout())

	// Whatever stands in the fields of an error behind it, printing does not get there.
	hidden := r.Cause("clean text", nil, leaky{http.Header{"Authorization": {plainKey}}})
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		assert.NotContains(t, fmt.Sprintf(verb, hidden), plainKey, verb)
		assert.NotContains(t, fmt.Sprintf(verb, struct{ err error }{hidden}), plainKey, verb)
	}
}

func TestCauseWithTheKeyInAText(t *testing.T) {
	echo := fmt.Errorf("malformed response %q: %w", plainKey, io.ErrUnexpectedEOF)
	wrapped := &url.Error{Op: "Get", URL: "https://api.example.com", Err: echo}
	cause := redact.New(plainKey).Cause(wrapped.Err.Error(), nil, wrapped)
	assert.Equal(t, `malformed response "REDACTED": unexpected EOF`, cause.Error())
	require.ErrorIs(t, cause, io.ErrUnexpectedEOF)
	var target *url.Error
	assert.NotErrorAs(t, cause, &target, "its text has the key")
}

type slow struct{}

func (slow) Error() string        { return "i/o timeout" }
func (slow) Timeout() bool        { return true }
func (slow) Is(target error) bool { return target == context.DeadlineExceeded }

func TestCauseHides(t *testing.T) {
	r := redact.New(plainKey)
	cause := r.Cause("i/o timeout", []error{context.DeadlineExceeded}, slow{})
	assert.NotErrorIs(t, cause, context.DeadlineExceeded)
	assert.True(t, cause.Timeout())

	ended := r.Cause("canceled", nil, context.Canceled, cause, errors.New("other"))
	require.ErrorIs(t, ended, context.Canceled)
	assert.NotErrorIs(t, ended, context.DeadlineExceeded)
	assert.False(t, ended.Timeout(), "what happened is the first error")
	var inner *redact.Cause
	require.ErrorAs(t, ended, &inner)
}

func FuzzRedact(f *testing.F) {
	f.Add(plainKey, "a "+plainKey+" b")
	f.Add(oddKey, url.QueryEscape(oddKey))
	f.Fuzz(func(t *testing.T, key, s string) {
		for _, c := range []byte(key) {
			if c <= ' ' || c > '~' {
				return
			}
		}
		if len(key) < 10 {
			return
		}
		for i := range len(redact.Mark) { // the mark and its neighbours can spell such a key
			if strings.HasPrefix(key, redact.Mark[i:]) || strings.HasSuffix(key, redact.Mark[:i+1]) {
				return
			}
		}
		got := redact.New(key).String(s + key + s)
		require.NotContains(t, got, key)
		line := redact.Line(got, 64)
		require.LessOrEqual(t, len(line), 64)
		require.True(t, utf8.ValidString(line))
	})
}
