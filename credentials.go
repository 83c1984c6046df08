package freddy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"time"

	"github.com/aitronos/freddy-go/internal/redact"
)

// Credentials authenticate a configuration at its connector's server. They are
// write-only: no method reads them, and they print as REDACTED with every verb of
// fmt, in slog and in JSON, also within another struct. Only the client writes
// them, to the API.
//
// Which credentials a connector accepts for which AuthMethod is not documented.
//
// The zero Credentials are none, and marshal as null. reflect.DeepEqual never
// reports two that are set as equal.
type Credentials struct {
	// A closure: fmt calls no method of a value in an unexported field, and would
	// print a map.
	read func() ([]byte, error)
}

// NewCredentials returns credentials with any fields. It copies fields. nil gives
// the zero Credentials, an empty map {} for a connector that needs no credentials.
// If JSON cannot encode fields, the call that uses them returns an *ArgumentError.
func NewCredentials(fields map[string]any) Credentials {
	if fields == nil {
		return Credentials{}
	}
	data, err := json.Marshal(fields)
	return Credentials{read: func() ([]byte, error) { return data, err }}
}

// APIKeyCredentials returns {"type":"api_key","apiKey":...}. It does not check the
// key.
func APIKeyCredentials(apiKey string) Credentials {
	return NewCredentials(map[string]any{"type": "api_key", "apiKey": apiKey})
}

// BearerCredentials returns {"type":"bearer","token":...}. It does not check the
// token.
func BearerCredentials(token string) Credentials {
	return NewCredentials(map[string]any{"type": "bearer", "token": token})
}

// OAuth2Token is the result of an OAuth 2.0 sign-in, for [OAuth2Credentials].
type OAuth2Token struct {
	AccessToken  string
	RefreshToken string    // empty: none
	ExpiresAt    time.Time // sent in UTC and whole seconds; zero: not sent
}

// OAuth2Credentials returns {"type":"oauth2","accessToken":...}, with refreshToken
// and expiresAt if they are set. It does not check the token.
func OAuth2Credentials(token OAuth2Token) Credentials {
	fields := map[string]any{"type": "oauth2", "accessToken": token.AccessToken}
	if token.RefreshToken != "" {
		fields["refreshToken"] = token.RefreshToken
	}
	if !token.ExpiresAt.IsZero() {
		fields["expiresAt"] = token.ExpiresAt.UTC().Format(time.RFC3339)
	}
	return NewCredentials(fields)
}

// IsZero reports whether there are no credentials.
func (c Credentials) IsZero() bool { return c.read == nil }

// Format writes REDACTED for every verb.
func (c Credentials) Format(f fmt.State, verb rune) { _, _ = io.WriteString(f, redact.Redacted) }

// LogValue returns REDACTED.
func (c Credentials) LogValue() slog.Value { return slog.StringValue(redact.Redacted) }

// MarshalJSON returns "REDACTED", or null for the zero Credentials.
func (c Credentials) MarshalJSON() ([]byte, error) {
	if c.IsZero() {
		return []byte("null"), nil
	}
	return json.Marshal(redact.Redacted)
}

// UnmarshalJSON reads an object, as [NewCredentials] does. null leaves c unchanged.
// Everything else is an error, "REDACTED" included, so that no credentials are lost
// without notice. The error does not quote data.
func (c *Credentials) UnmarshalJSON(data []byte) error {
	data = bytes.TrimSpace(data)
	if string(data) == "null" {
		return nil
	}
	if !bytes.HasPrefix(data, []byte("{")) || !json.Valid(data) {
		return errors.New("freddy: credentials must be a JSON object")
	}
	own := bytes.Clone(data)
	c.read = func() ([]byte, error) { return own, nil }
	return nil
}

// revealed are Credentials that marshal as they are sent.
type revealed Credentials

// IsZero reports whether there are no credentials.
func (r revealed) IsZero() bool { return r.read == nil }

// MarshalJSON returns the credentials.
func (r revealed) MarshalJSON() ([]byte, error) { return r.read() }

// bodyWith encodes a body that reveals credentials. The strings in them are the
// secrets of the body: a server may echo what it rejects.
func bodyWith(c Credentials, in any) body {
	var secrets []string
	if !c.IsZero() {
		data, err := c.read()
		if err == nil {
			secrets, err = secretsIn(data)
		}
		if err != nil {
			return body{err: &ArgumentError{"Credentials", fmt.Sprintf("must be encodable as JSON: %T", err)}}
		}
	}
	return jsonBody("params", in, secrets...)
}

// secretsIn returns the strings and numbers in a JSON value, except the string of a
// member type: its documented values are part of the API's error codes.
func secretsIn(data []byte) ([]string, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber() // as written, because an echo has it as written
	var fields any
	err := decoder.Decode(&fields)
	return appendSecrets(nil, fields), err
}

func appendSecrets(secrets []string, v any) []string {
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			if _, text := value.(string); !text || name != "type" {
				secrets = appendSecrets(secrets, value)
			}
		}
	case []any:
		for _, value := range v {
			secrets = appendSecrets(secrets, value)
		}
	case string:
		secrets = append(secrets, v)
	case json.Number:
		secrets = append(secrets, string(v))
		// A server that reads it as a number may write it in another way.
		if f, err := v.Float64(); err == nil {
			for _, format := range []byte("feg") {
				secrets = append(secrets, strconv.FormatFloat(f, format, -1, 64))
			}
		}
	}
	return secrets
}
