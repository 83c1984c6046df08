package freddytest

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// maskCredentials returns a body in which *** stands for the value of every
// member called credentials, and the secrets that were there. A body that is not
// JSON, or not all of it, is *** as a whole if it speaks of credentials: where
// they end cannot be told.
func maskCredentials(body []byte) (masked []byte, secrets []string) {
	if !json.Valid(body) {
		if bytes.Contains(bytes.ToLower(body), []byte("credential")) {
			return []byte(mask), nil
		}
		return body, nil
	}
	done := 0
	for t, ok := nextToken(body, 0); ok; t, ok = nextToken(body, max(done, t.end)) {
		if !t.isName || !strings.EqualFold(t.text(body), "credentials") {
			continue
		}
		begin := len(body) - len(bytes.TrimLeft(body[t.end:], " \t\r\n:"))
		value := firstValue(body[begin:])
		secrets = append(secrets, secretsIn(value)...)
		masked = append(append(masked, body[done:begin]...), encode(mask)...)
		done = begin + len(value)
	}
	return append(masked, body[done:]...), secrets
}

// firstValue returns the value with which a piece of a valid document begins.
func firstValue(piece []byte) (value json.RawMessage) {
	_ = json.NewDecoder(bytes.NewReader(piece)).Decode(&value)
	return value
}

// secretsIn returns the texts and numbers in the value of a credentials member
// that are worth masking elsewhere too. Those of a few characters would mask
// half of a request, and the documented types of credentials are no secret.
func secretsIn(value []byte) []string {
	var secrets []string
	for t, ok := nextToken(value, 0); ok; t, ok = nextToken(value, t.end) {
		secret := t.text(value)
		if !t.isName && len(secret) >= 4 && !slices.Contains([]string{"api_key", "oauth2", "bearer"}, secret) {
			secrets = append(secrets, secret)
		}
	}
	return secrets
}

// replaceInBody replaces in the texts and numbers of a body that is JSON,
// however they are escaped there, and of another body in the whole. Names that
// are the API's own stay.
func replaceInBody(body []byte, replace func(string) string) []byte {
	if !json.Valid(body) {
		return []byte(replace(string(body)))
	}
	var out []byte
	done := 0
	for t, ok := nextToken(body, 0); ok; t, ok = nextToken(body, t.end) {
		text := t.text(body)
		replaced := replace(text)
		switch {
		case replaced == text:
		case !t.isText && replaced != mask: // a number that happens to have the digits of another
		case t.isName && slices.ContainsFunc(createMembers, func(m member) bool { return m.name == text }):
		default:
			out = append(append(out, body[done:t.begin]...), encode(replaced)...)
			done = t.end
		}
	}
	return append(out, body[done:]...)
}

// token is a text or a number of a JSON document. A name is a text, too.
type token struct {
	begin, end     int
	isText, isName bool
}

// nextToken returns the first token from a place in a valid document on.
func nextToken(document []byte, from int) (token, bool) {
	first := bytes.IndexAny(document[from:], `"-0123456789`)
	if first < 0 {
		return token{}, false
	}
	begin := from + first
	if document[begin] != '"' {
		after := bytes.TrimLeft(document[begin:], "+-.0123456789Ee")
		return token{begin: begin, end: len(document) - len(after)}, true
	}
	end := begin + 1
	for ; document[end] != '"'; end++ {
		if document[end] == '\\' {
			end++
		}
	}
	end++
	after := bytes.TrimLeft(document[end:], " \t\r\n")
	return token{begin, end, true, bytes.HasPrefix(after, []byte(":"))}, true
}

// text returns what a token says: of a text without the quotes.
func (t token) text(document []byte) string {
	found := document[t.begin:t.end]
	if !t.isText {
		return string(found)
	}
	var text string
	_ = json.Unmarshal(found, &text) // from a valid document
	return text
}
