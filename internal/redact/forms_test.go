package redact_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"html/template"
	"math/rand/v2"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go/internal/redact"
)

// The second column is the output of the named encoder.
func TestStringReplacesWhatEncodersWrite(t *testing.T) {
	const odd = `test/key+1="<&>'é😀` + "\n"
	for _, test := range []struct{ encoder, secret, encoded string }{
		{"none", odd, odd},
		{"Go, JSON", odd, `test/key+1=\"\u003c\u0026\u003e'é😀\n`},
		{"Go, JSON without HTML escaping", odd, `test/key+1=\"<&>'é😀\n`},
		{"Python, json.dumps", odd, `test/key+1=\"<&>'\u00e9\ud83d\ude00\n`},
		{"Jackson, non-ASCII escaped", odd, `test/key+1=\"<&>'\u00E9\uD83D\uDE00\n`},
		{"Jinja, tojson", odd, `test/key+1=\"\u003c\u0026\u003e\u0027\u00e9\ud83d\ude00\n`},
		{"Gson", odd, `test/key+1\u003d\"\u003c\u0026\u003e\u0027é😀\n`},
		{"Newtonsoft, HTML escaped", odd, `test/key+1=\u0022\u003c\u0026\u003e\u0027é😀\n`},
		{"PHP, json_encode", odd, `test\/key+1=\"<&>'\u00e9\ud83d\ude00\n`},
		{"PHP, json_encode, slashes and Unicode unescaped", odd, `test/key+1=\"<&>'é😀\n`},
		{"PHP, json_encode, JSON_HEX", odd, `test\/key+1=\u0022\u003C\u0026\u003E\u0027\u00e9\ud83d\ude00\n`},
		{".NET, System.Text.Json", odd, `test/key\u002B1=\u0022\u003C\u0026\u003E\u0027\u00E9\uD83D\uDE00\n`},
		{".NET, System.Text.Json, backquote", "test`key`", `test\u0060key\u0060`},
		{"JSON, all but letters and digits", odd, `test\u002fkey\u002b1\u003d\u0022\u003c\u0026\u003e\u0027\u00e9\ud83d\ude00\u000a`},
		{"JSON, all but letters and digits, upper case", "test-key_1.2", `test\u002Dkey\u005F1\u002E2`},
		{"JSON, control characters", "test\x01\x1fkey\b\f\r\t", `test\u0001\u001fkey\b\f\r\t`},
		{"JSON in JSON", odd, `test/key+1=\\\"\\u003c\\u0026\\u003e'é😀\\n`},
		{"JSON in JSON, HTML escaped once", odd, `test/key+1=\\\"\u003c\u0026\u003e'é😀\\n`},
		{"PHP in JSON", odd, `test\\/key+1=\\\"<&>'\\u00e9\\ud83d\\ude00\\n`},
		{"PHP in PHP", "test/key/1", `test\\\/key\\\/1`},
		{"HTML in JSON", odd, `test/key+1=\u0026#34;\u0026lt;\u0026amp;\u0026gt;\u0026#39;é😀\n`},
		{"Go, %q", odd, `test/key+1=\"<&>'é😀\n`},
		{"Go, %+q", odd, `test/key+1=\"<&>'\u00e9\U0001f600\n`},
		{"Go, %q, unprintable", "test\x00key\u202e1", `test\x00key\u202e1`},
		{"Go, query", odd, `test%2Fkey%2B1%3D%22%3C%26%3E%27%C3%A9%F0%9F%98%80%0A`},
		{"query in lower case", odd, `test%2fkey%2b1%3d%22%3c%26%3e%27%c3%a9%f0%9f%98%80%0a`},
		{"Go, path", odd, `test%2Fkey+1=%22%3C&%3E%27%C3%A9%F0%9F%98%80%0A`},
		{"path in lower case", odd, `test%2fkey+1=%22%3c&%3e%27%c3%a9%f0%9f%98%80%0a`},
		{"query, space as +", "test key ~1", "test+key+~1"},
		{"query, space as %20", "test key ~1", "test%20key%20~1"},
		{"HTML form", "test key ~1*", "test+key+%7E1*"},
		{"Python, quote", "test/key 1", "test/key%201"},
		{"JavaScript, encodeURIComponent", "test/key !'()*", "test%2Fkey%20!'()*"},
		{"Go, HTML", odd, `test/key+1=&#34;&lt;&amp;&gt;&#39;é😀` + "\n"},
		{"JavaScript, escape-html", odd, `test/key+1=&quot;&lt;&amp;&gt;&#39;é😀` + "\n"},
		{"Python, html.escape", odd, `test/key+1=&quot;&lt;&amp;&gt;&#x27;é😀` + "\n"},
		{"PHP, htmlspecialchars", odd, `test/key+1=&quot;&lt;&amp;&gt;&#039;é😀` + "\n"},
		{"XML", odd, `test/key+1=&quot;&lt;&amp;&gt;&apos;é😀` + "\n"},
		{"HTML attribute", odd, `test/key+1=&quot;&lt;&amp;&gt;'é😀` + "\n"},
		{"HTML text", odd, `test/key+1="&lt;&amp;&gt;'é😀` + "\n"},
		{"base64 in JSON", "test-key->>>???", `dGVzdC1rZXktPj4+Pz8\/`},
		{"base64 in a query", "test-key->>>???", "dGVzdC1rZXktPj4%2BPz8%2F"},
	} {
		r := redact.New(test.secret)
		in := "before " + test.encoded + " after"
		assert.Equal(t, "before REDACTED after", r.String(in), test.encoder)
		assert.Equal(t, "before REDACTED after", string(r.Bytes([]byte(in))), test.encoder)
	}
}

// What no encoder writes is not searched for.
func TestStringKeepsOtherForms(t *testing.T) {
	r := redact.New(testKey)
	everyByte := func(format string) string {
		var s strings.Builder
		for _, c := range []byte(testKey) {
			fmt.Fprintf(&s, format, c)
		}
		return s.String()
	}
	for _, s := range []string{
		hex.EncodeToString([]byte(testKey)), strings.ToUpper(testKey), everyByte(`\u%04x`), everyByte("%%%02X"),
		everyByte("&#%d;"), testKey[1:], `C:\test\u0041 100% &amp; \"`, "\xff\x00 invalid UTF-8, longer than the key",
	} {
		assert.Equal(t, s, r.String(s))
	}
}

func jsonWithoutHTML(s string) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(s); err != nil {
		panic(err)
	}
	return unquote(strings.TrimSpace(b.String()))
}

func jsonWithHTML(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return unquote(string(b))
}

func unquote(s string) string { return s[1 : len(s)-1] }

var encoders = map[string]func(string) string{
	"none":                        func(s string) string { return s },
	"json":                        jsonWithHTML,
	"json without HTML":           jsonWithoutHTML,
	"json in json":                func(s string) string { return jsonWithHTML(jsonWithHTML(s)) },
	"json in json without HTML":   func(s string) string { return jsonWithoutHTML(jsonWithoutHTML(s)) },
	"html in json":                func(s string) string { return jsonWithHTML(html.EscapeString(s)) },
	"%q in json":                  func(s string) string { return jsonWithHTML(unquote(strconv.Quote(s))) },
	"strconv.Quote":               func(s string) string { return unquote(strconv.Quote(s)) },
	"strconv.QuoteToASCII":        func(s string) string { return unquote(strconv.QuoteToASCII(s)) },
	"url.QueryEscape":             url.QueryEscape,
	"url.PathEscape":              url.PathEscape,
	"url.QueryEscape with %20":    func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") },
	"html.EscapeString":           html.EscapeString,
	"template.HTMLEscapeString":   template.HTMLEscapeString,
	"template.JSEscapeString":     template.JSEscapeString,
	"base64.StdEncoding":          func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
	"base64.RawURLEncoding":       func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) },
	"base64.StdEncoding in json":  func(s string) string { return jsonWithHTML(base64.StdEncoding.EncodeToString([]byte(s))) },
	"base64.StdEncoding in a URL": func(s string) string { return url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(s))) },
}

// requireRedacted checks what every encoder of the standard library makes of a
// secret, whole and cut off.
func requireRedacted(t *testing.T, secret string) {
	t.Helper()
	const border = "\x00" // neither in the secret nor in a form
	r := redact.New(secret)
	for name, encode := range encoders {
		encoded := encode(secret)
		switch {
		case strings.HasPrefix(name, "base64"):
			// The last character depends on what follows, and then = is added.
			got := strings.TrimPrefix(r.String(border+encoded), border)
			require.True(t, strings.HasPrefix(got, redact.Redacted), "%s of %q: %q", name, secret, got)
			require.LessOrEqual(t, len(got), len(redact.Redacted)+len("x%3D%3D"), "%s of %q: %q", name, secret, got)
			continue
		case name == "template.JSEscapeString" && strings.ContainsFunc(secret, isNotPrintableASCII):
			continue // it escapes a newline as \u000A, unlike JSON
		}
		require.Equal(t, border+redact.Redacted+border, r.String(border+encoded+border), "%s of %q", name, secret)
		for n := 1; n < len(encoded); n += 3 {
			cut := []byte(border + encoded[:n])
			want := border + redact.Redacted
			if n < 8 {
				want = string(cut)
			}
			require.Equal(t, want, string(r.Cut(cut)), "%s of %q", name, secret)
		}
	}
	requireRedactedInBase64(t, r, secret)
}

func requireRedactedInBase64(t *testing.T, r *redact.Redactor, secret string) {
	t.Helper()
	for _, encoding := range []*base64.Encoding{
		base64.StdEncoding, base64.URLEncoding, base64.RawStdEncoding, base64.RawURLEncoding,
	} {
		for _, before := range []string{"", "\xff", "a:"} {
			for _, after := range []string{"", ".", "\xff\xff"} {
				encoded := encoding.EncodeToString([]byte(before + secret + after))
				start, end := (8*len(before)+5)/6, 8*len(before+secret)/6
				want := encoded[:start] + redact.Redacted + encoded[end:]
				require.Equal(t, want, r.String(encoded), "%q between %q and %q", secret, before, after)
			}
		}
	}
}

func isNotPrintableASCII(r rune) bool { return r < ' ' || r > '~' }

func TestRandomSecrets(t *testing.T) {
	visible := make([]string, 0, '~'-' ')
	for c := '!'; c <= '~'; c++ {
		visible = append(visible, string(c))
	}
	inHeader := append([]string{" ", "\t"}, visible...)
	for c := 0x80; c <= 0xff; c++ {
		inHeader = append(inHeader, string([]byte{byte(c)}))
	}
	for name, alphabet := range map[string][]string{
		"letters and digits":   strings.Split("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", ""),
		"visible ASCII":        visible,
		"bytes of a header":    inHeader,
		"what encoders change": strings.Split(`"\/<>&'+=%~ !`+"`\n\r\t\b\fé€😀\u2028\u202e", ""),
	} {
		t.Run(name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(1, 2)) // the same in each run
			for range 12 {
				var secret strings.Builder
				for length := 8 + random.IntN(40); secret.Len() < length; {
					secret.WriteString(alphabet[random.IntN(len(alphabet))])
				}
				requireRedacted(t, secret.String())
			}
		})
	}
}

func FuzzSecret(f *testing.F) {
	f.Add(testKey)
	f.Add(`ex"am\ple/<key>&'+=%41~`)
	f.Add("pässword\n\t😀 \"x\"")
	f.Add("\xff\ufffd\u2028 invalid UTF-8")
	f.Fuzz(func(t *testing.T, secret string) {
		if len(secret) < 8 || len(secret) > 100 || strings.Contains(secret, "\x00") {
			return
		}
		// A secret can begin with the end of REDACTED.
		for i := range len(redact.Redacted) {
			if strings.HasPrefix(secret, redact.Redacted[i:]) || strings.HasSuffix(secret, redact.Redacted[:i+1]) {
				return
			}
		}
		// A secret that repeats itself is found in base64 at several places.
		for i := 1; i <= len(secret)/2; i++ {
			if strings.HasPrefix(secret, secret[i:]) {
				return
			}
		}
		requireRedacted(t, secret)
	})
}
