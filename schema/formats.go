package schema

import (
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// stricter are conditions on formats beside those of the library.
var stricter = map[string]func(string) bool{
	"email":         func(s string) bool { return !strings.HasPrefix(s, "@") },
	"uri":           onlyURICharacters,
	"uri-reference": onlyURICharacters,
}

// onlyURICharacters reports whether a string has no character that a URI has to
// escape.
func onlyURICharacters(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c > '~' || strings.IndexByte("\"<>\\^`{|}", c) >= 0 {
			return false
		}
	}
	return true
}

// matchesFormat reports whether a string has a format.
func matchesFormat(format *jsonschema.Format, s string) bool {
	if check := stricter[format.Name]; check != nil && !check(s) {
		return false
	}
	if format.Name == "regex" {
		return isPattern(s)
	}
	return format.Validate(s) == nil
}

// isPattern reports whether a string can be used as a pattern.
func isPattern(s string) bool {
	if len(s) > maxPatternSize {
		return false
	}
	_, err := parsePattern(s)
	return err == nil
}
