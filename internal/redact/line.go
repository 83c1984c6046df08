package redact

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// SingleLine returns s as one line of at most limit bytes. It escapes control,
// bidirectional and other invisible characters, and invalid UTF-8. If s does not
// fit, SingleLine cuts it between two characters and appends "...".
func SingleLine(s string, limit int) string {
	const more = "..."
	if len(s) <= limit && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) {
		return s
	}
	var line []byte
	cut := 0 // length of the longest beginning that leaves room for more
	for i, r := range s {
		char := string(r)
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], char):
			char = fmt.Sprintf(`\x%02x`, s[i])
		case !strconv.IsPrint(r):
			char = unquote(strconv.QuoteRuneToASCII(r))
		}
		if len(line)+len(char) > limit {
			return string(line[:cut]) + more
		}
		line = append(line, char...)
		if len(line) <= limit-len(more) {
			cut = len(line)
		}
	}
	return string(line)
}
