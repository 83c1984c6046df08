package freddy_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/internal/faulty"
)

const secret = "s3cr3t-example-credential"

func TestCredentialsAreRedacted(t *testing.T) {
	type holder struct {
		Open   freddy.Credentials
		hidden freddy.Credentials
	}
	credentials := freddy.APIKeyCredentials(secret)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%T|%v", "%10.3v"} {
		args := []any{credentials}
		if verb == "%T|%v" {
			args = append(args, credentials)
		}
		assert.NotContains(t, fmt.Sprintf(verb, args...), secret, verb)
	}
	assert.Equal(t, "REDACTED", fmt.Sprint(credentials))
	out, err := json.Marshal(map[string]any{"c": credentials, "p": freddy.ConfigurationCreateParams{Credentials: credentials}})
	require.NoError(t, err)
	assert.Contains(t, string(out), `"c":"REDACTED"`)
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "c", credentials)
	assert.Contains(t, log.String(), "c=REDACTED")
	require.Error(t, gob.NewEncoder(io.Discard).Encode(credentials))

	held := holder{credentials, freddy.NewCredentials(map[string]any{"deep": map[string]any{"token": secret}})}
	faulty.NoSecret(t, secret, credentials, &credentials, held, &held, []any{held},
		freddy.ConfigurationCreateParams{Credentials: credentials}, freddy.ConfigurationUpdateParams{Credentials: credentials})
	_ = held.hidden
}

func TestCredentialsOnTheWire(t *testing.T) {
	for name, row := range map[string]struct {
		credentials freddy.Credentials
		want        string
	}{
		"API key": {freddy.APIKeyCredentials(secret), `{"type":"api_key","apiKey":"` + secret + `"}`},
		"bearer":  {freddy.BearerCredentials(secret), `{"type":"bearer","token":"` + secret + `"}`},
		"OAuth 2": {
			freddy.OAuth2Credentials(freddy.OAuth2Token{
				AccessToken: secret, RefreshToken: "refresh", ExpiresAt: time.Date(2025, 12, 31, 23, 59, 59, 0, time.FixedZone("", 3600)),
			}),
			`{"type":"oauth2","accessToken":"` + secret + `","refreshToken":"refresh","expiresAt":"2025-12-31T22:59:59Z"}`,
		},
		"OAuth 2, short": {freddy.OAuth2Credentials(freddy.OAuth2Token{AccessToken: secret}), `{"type":"oauth2","accessToken":"` + secret + `"}`},
		"any":            {freddy.NewCredentials(map[string]any{"pin": 1234, "deep": []any{"<x>"}}), `{"pin":1234,"deep":["<x>"]}`},
		"empty":          {freddy.NewCredentials(map[string]any{}), `{}`},
	} {
		t.Run(name, func(t *testing.T) {
			got := recordBody(t, row.credentials)
			assert.JSONEq(t, row.want, string(got))
			assert.False(t, row.credentials.IsZero())
		})
	}
	assert.True(t, freddy.NewCredentials(nil).IsZero())

	fields := map[string]any{"token": "before"}
	credentials := freddy.NewCredentials(fields)
	fields["token"] = "after"
	assert.JSONEq(t, `{"token":"before"}`, string(recordBody(t, credentials)))
}

// recordBody returns the credentials as the server receives them.
func recordBody(t *testing.T, credentials freddy.Credentials) json.RawMessage {
	t.Helper()
	var body struct{ Credentials json.RawMessage }
	client := newClient(t, server(t, func(w http.ResponseWriter, r *http.Request) {
		assert.NoError(t, json.NewDecoder(r.Body).Decode(&body))
		_, _ = io.WriteString(w, `{"id":"pconf_1"}`)
	}))
	_, err := client.Configurations().Create(t.Context(), freddy.ConfigurationCreateParams{
		PersonalConnectorID: "pcon_x", Name: "n", Credentials: credentials,
	})
	require.NoError(t, err)
	return body.Credentials
}

func TestCredentialsNotEncodable(t *testing.T) {
	client := newClient(t, "https://api.example.com")
	for _, value := range []any{math.NaN(), func() {}, failing{}} {
		credentials := freddy.NewCredentials(map[string]any{"token": value})
		_, err := client.Configurations().Create(t.Context(), freddy.ConfigurationCreateParams{
			PersonalConnectorID: "pcon_x", Name: "n", Credentials: credentials,
		})
		var invalid *freddy.ArgumentError
		require.ErrorAs(t, err, &invalid)
		assert.Equal(t, "Credentials", invalid.Argument)
		assert.NotContains(t, err.Error(), secret)
	}
}

type failing struct{}

func (failing) MarshalJSON() ([]byte, error) { return nil, errors.New("cannot write " + secret) }

// Web frameworks quote the input that they reject.
func TestCredentialsEchoed(t *testing.T) {
	for name, body := range map[string]string{
		"validation": `{"detail":[{"loc":["body","credentials"],"msg":"` + secret + ` is bad","type":"x","input":{"apiKey":"` + secret + `","pin":98765432}}]}`,
		"message":    `{"error":{"code":"BAD","message":"got ` + secret + `","details":{"value":"\u0073\u0033cr3t-example-credential"}}}`,
		"page":       `<p>` + secret + `</p>`,
	} {
		for _, status := range []int{200, 422, 500} {
			t.Run(fmt.Sprint(name, status), func(t *testing.T) {
				client := newClient(t, server(t, func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("X-Echo", secret)
					w.WriteHeader(status)
					_, _ = io.WriteString(w, body)
				}))
				credentials := freddy.NewCredentials(map[string]any{"apiKey": secret, "pin": 98765432})
				var response freddy.Response
				_, err := client.Configurations().Create(t.Context(), freddy.ConfigurationCreateParams{
					PersonalConnectorID: "pcon_x", Name: "n", Credentials: credentials,
				}, freddy.WithResponse(&response))
				require.Error(t, err)
				faulty.NoSecret(t, secret, err, response)
				assert.NotContains(t, fmt.Sprintf("%#v %s", err, err), "98765432")
				var apiErr *freddy.APIError
				if errors.As(err, &apiErr) {
					assert.NotContains(t, string(apiErr.Body)+string(apiErr.Details), "98765432")
				}
				_, err = client.Configurations().Update(t.Context(), "pconf_1", freddy.ConfigurationUpdateParams{Credentials: credentials})
				require.Error(t, err)
				faulty.NoSecret(t, secret, err)
			})
		}
	}
}

// Only a string named type is no secret.
func TestCredentialsInAMemberNamedType(t *testing.T) {
	const nested = "nested-secret-example"
	client := newClient(t, server(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnprocessableEntity)
		_, _ = io.WriteString(w, `{"detail":"invalid: `+nested+`, kind oauth2-example"}`)
	}))
	credentials := freddy.NewCredentials(map[string]any{"type": map[string]any{"token": nested}, "kind": map[string]any{"type": "oauth2-example"}})
	_, err := client.Configurations().Create(t.Context(), freddy.ConfigurationCreateParams{PersonalConnectorID: "pcon_x", Name: "n", Credentials: credentials})
	faulty.NoSecret(t, nested, err)
	assert.ErrorContains(t, err, "kind oauth2-example")
}
