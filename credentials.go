package freddy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"time"

	"github.com/aitronos/freddy-go/internal/redact"
)

// Credentials are what a configuration authenticates with. They are write-only:
// there is no way to read them, and they print as REDACTED under every verb of
// fmt, in slog and in JSON, also from within a struct. Only the client writes
// them, to the API. The zero Credentials are none. They cannot be compared: for
// reflect.DeepEqual two that are set are never equal.
//
// Source: the page "Create configuration", whose samples NewCredentials and the
// three helpers follow.
type Credentials struct {
	// A closure: fmt calls no method of a value in an unexported field, and
	// would print a map.
	read func() ([]byte, error)
}

// NewCredentials returns credentials of any form, a copy of fields; nil gives
// none, an empty map {}, for a connector that asks for no credentials. Fields
// that JSON cannot hold are an *ArgumentError of the call.
func NewCredentials(fields map[string]any) Credentials {
	if fields == nil {
		return Credentials{}
	}
	data, err := json.Marshal(fields)
	return Credentials{read: func() ([]byte, error) { return data, err }}
}

// APIKeyCredentials returns {"type":"api_key","apiKey":...}. Whether the key is
// empty is not looked at, nor in the helpers below.
func APIKeyCredentials(apiKey string) Credentials {
	return NewCredentials(map[string]any{"type": "api_key", "apiKey": apiKey})
}

// BearerCredentials returns {"type":"bearer","token":...}.
func BearerCredentials(token string) Credentials {
	return NewCredentials(map[string]any{"type": "bearer", "token": token})
}

// OAuth2Credentials returns {"type":"oauth2","accessToken":...} with the refresh
// token and the expiry, in UTC and whole seconds; an empty refreshToken and a
// zero expiresAt are left out.
func OAuth2Credentials(accessToken, refreshToken string, expiresAt time.Time) Credentials {
	fields := map[string]any{"type": "oauth2", "accessToken": accessToken}
	if refreshToken != "" {
		fields["refreshToken"] = refreshToken
	}
	if !expiresAt.IsZero() {
		fields["expiresAt"] = expiresAt.UTC().Format(time.RFC3339)
	}
	return NewCredentials(fields)
}

// IsZero reports whether there are none.
func (c Credentials) IsZero() bool { return c.read == nil }

// Format writes REDACTED, whatever the verb.
func (c Credentials) Format(f fmt.State, verb rune) { _, _ = io.WriteString(f, redact.Mark) }

// LogValue returns REDACTED.
func (c Credentials) LogValue() slog.Value { return slog.StringValue(redact.Mark) }

// MarshalJSON returns "REDACTED".
func (c Credentials) MarshalJSON() ([]byte, error) { return json.Marshal(redact.Mark) }

// reveal returns the JSON for the API, nil of none, and the texts in it that no
// error may show: a server may repeat in its answer what it refuses.
func (c Credentials) reveal() (json.RawMessage, []string, error) {
	if c.IsZero() {
		return nil, nil, nil
	}
	data, err := c.read()
	if err != nil {
		return nil, nil, &ArgumentError{"Credentials", fmt.Sprintf("must be encodable as JSON: %T", err)}
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber() // as it is written, for that is what an echo has
	var fields any
	if err := decoder.Decode(&fields); err != nil {
		return nil, nil, &ArgumentError{"Credentials", "must be encodable as JSON"}
	}
	return data, secretsIn(fields, nil), nil
}

// minSecret is the shortest text that is worth hiding: less would hide half of
// every error.
const minSecret = 4

// secretsIn appends the texts and numbers in a JSON value. type is no secret:
// its documented values are part of the API's error codes.
func secretsIn(v any, secrets []string) []string {
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			if name != "type" {
				secrets = secretsIn(value, secrets)
			}
		}
	case []any:
		for _, value := range v {
			secrets = secretsIn(value, secrets)
		}
	case string:
		if len(v) >= minSecret {
			secrets = append(secrets, v)
		}
	case json.Number:
		secrets = secretsIn(string(v), secrets)
		// A server that takes it for a number may write it in another way.
		if f, err := v.Float64(); err == nil {
			for _, format := range []byte("feg") {
				secrets = secretsIn(strconv.FormatFloat(f, format, -1, 64), secrets)
			}
		}
	}
	return secrets
}
