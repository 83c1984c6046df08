package redact

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
)

// formsOf returns a secret and the output of encoders for it, without duplicates.
// JSON is applied twice, because a gateway quotes the body of its upstream in a
// JSON string.
func formsOf(secret string) []string {
	forms := append(inBase64(secret), secret)
	for _, form := range escapable(forms) {
		forms = slices.Concat(forms, inJSON(form), inGo(form), inURL(form), inHTML(form))
	}
	for _, form := range escapable(forms) {
		plain := goJSON(form, false)
		forms = append(forms, plain, strings.ReplaceAll(plain, "/", `\/`), goJSON(form, true))
	}
	return distinct(forms)
}

// escapable returns the forms that some encoder changes. No encoder changes
// letters and digits.
func escapable(forms []string) []string {
	return slices.DeleteFunc(distinct(slices.Clone(forms)), func(form string) bool {
		return !strings.ContainsFunc(form, isNotAlphanumeric)
	})
}

func isNotAlphanumeric(r rune) bool {
	return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
}

func isNotASCII(r rune) bool { return r > '~' }

// distinct sorts forms and removes duplicates.
func distinct(forms []string) []string {
	slices.Sort(forms)
	return slices.Compact(forms)
}

// variants returns forms and the output of similar encoders. An encoder is a list
// of pairs: a string in forms, and what this encoder writes instead.
func variants(forms []string, encoders ...[]string) []string {
	for _, form := range forms {
		for _, encoder := range encoders {
			variant := form
			for pair := range slices.Chunk(encoder, 2) {
				variant = strings.ReplaceAll(variant, pair[0], pair[1])
			}
			if variant != form {
				forms = append(forms, variant)
			}
		}
	}
	return distinct(forms)
}

// inJSON returns s as encoders of JSON write it, without the quotes.
func inJSON(s string) []string {
	quotes := []string{"'", `\u0027`, `\"`, `\u0022`}
	upper := []string{`\u003c`, `\u003C`, `\u003e`, `\u003E`}
	forms := variants([]string{goJSON(s, true), goJSON(s, false)},
		[]string{"'", `\u0027`},                                  // Jinja
		[]string{"'", `\u0027`, "=", `\u003d`},                   // Gson
		slices.Concat([]string{"'", `\'`, "=", `\u003D`}, upper), // JavaScript in Go's templates
		quotes,                       // Newtonsoft
		slices.Concat(quotes, upper), // PHP
		slices.Concat(quotes, upper, []string{"+", `\u002B`, "`", `\u0060`})) // .NET
	forms = variants(forms, []string{"/", `\/`}) // PHP
	for _, form := range forms {
		forms = append(forms, escapeUnicode(form, lowerHex, isNotASCII), escapeUnicode(form, upperHex, isNotASCII))
	}
	return append(forms, escapeUnicode(s, lowerHex, isNotAlphanumeric), escapeUnicode(s, upperHex, isNotAlphanumeric))
}

const (
	lowerHex = `\u%04x`
	upperHex = `\u%04X`
)

func goJSON(s string, escapeHTML bool) string {
	var encoded strings.Builder
	encoder := json.NewEncoder(&encoded)
	encoder.SetEscapeHTML(escapeHTML)
	_ = encoder.Encode(s) // encoding a string does not fail
	return unquote(strings.TrimSuffix(encoded.String(), "\n"))
}

func unquote(s string) string { return s[1 : len(s)-1] }

func escapeUnicode(s, format string, isEscaped func(rune) bool) string {
	if !strings.ContainsFunc(s, isEscaped) {
		return s
	}
	var escaped strings.Builder
	for _, r := range s {
		if !isEscaped(r) {
			escaped.WriteRune(r)
			continue
		}
		for _, unit := range utf16.AppendRune(nil, r) {
			fmt.Fprintf(&escaped, format, unit)
		}
	}
	return escaped.String()
}

// inGo returns s as %q and %+q write it, without the quotes.
func inGo(s string) []string {
	return []string{unquote(strconv.Quote(s)), unquote(strconv.QuoteToASCII(s))}
}

// inURL returns s as encoders of URLs write it.
func inURL(s string) []string {
	forms := variants([]string{url.QueryEscape(s), url.PathEscape(s)},
		[]string{"+", "%20"},
		// Python
		[]string{"+", "%20", "%2F", "/"},
		// JavaScript
		[]string{"+", "%20", "%21", "!", "%27", "'", "%28", "(", "%29", ")", "%2A", "*"},
		// HTML forms
		[]string{"%2A", "*", "~", "%7E"})
	for _, form := range forms {
		forms = append(forms, lowerPercent(form))
	}
	return forms
}

// lowerPercent returns a percent-encoded string with its escapes in lower case.
func lowerPercent(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c == '%' {
			copy(b[i:], strings.ToLower(s[i:i+len("%2F")]))
		}
	}
	return string(b)
}

// inHTML returns s as encoders of HTML and XML write it.
func inHTML(s string) []string {
	return variants([]string{html.EscapeString(s)},
		[]string{"&#34;", `"`, "&#39;", "'"},           // text of an element
		[]string{"&#34;", "&quot;"},                    // JavaScript
		[]string{"&#34;", "&quot;", "&#39;", "'"},      // attributes
		[]string{"&#34;", "&quot;", "&#39;", "&#x27;"}, // Python
		[]string{"&#34;", "&quot;", "&#39;", "&#039;"}, // PHP
		[]string{"&#34;", "&quot;", "&#39;", "&apos;"}) // XML
}

// inBase64 returns s as it appears in base64 of a longer string. The result
// depends on the number of bytes before s, modulo three. It excludes the
// characters at the ends that also depend on the bytes around s.
func inBase64(s string) []string {
	var forms []string
	for before := range 3 {
		padded := []byte("\x00\x00"[:before] + s)
		start, end := (before*8+5)/6, len(padded)*8/6
		for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			forms = append(forms, encoding.EncodeToString(padded)[start:end])
		}
	}
	return forms
}
