package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"log"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/freddytest"
)

// useServer points the example to a server, and returns what it logs.
func useServer(t *testing.T, key, baseURL string) *bytes.Buffer {
	t.Helper()
	t.Setenv("FREDDY_API_KEY", key)
	t.Setenv("FREDDY_BASE_URL", baseURL)
	logged := new(bytes.Buffer)
	log.SetOutput(logged)
	t.Cleanup(func() { log.SetOutput(os.Stderr) })
	return logged
}

func TestPrintsConnectorOfTheFake(t *testing.T) {
	for _, id := range []string{"pcon_github", "pcon_inventory", "pcon_jira", "pcon_scripts"} {
		t.Run(id, func(t *testing.T) {
			logged := useServer(t, "", "https://unused.example.com")
			var stdout strings.Builder
			require.NoError(t, run(t.Context(), []string{id}, &stdout))
			want, err := os.ReadFile("testdata/" + id + ".txt")
			require.NoError(t, err)
			assert.Equal(t, string(want), stdout.String())
			assert.Contains(t, logged.String(), "FREDDY_API_KEY is not set: using a fake API\n")
		})
	}
}

func TestPrintsJSON(t *testing.T) {
	server := freddytest.NewServer(t)
	logged := useServer(t, freddytest.APIKey, server.URL())
	var stdout strings.Builder
	require.NoError(t, run(t.Context(), []string{"-json", "pcon_figma"}, &stdout))
	var got freddy.Connector
	require.NoError(t, json.Unmarshal([]byte(stdout.String()), &got))
	want, err := server.Client().Connectors().Get(t.Context(), "pcon_figma")
	require.NoError(t, err)
	assert.Equal(t, want, &got)
	assert.Empty(t, logged.String(), "nothing is said about the fake")
}

func TestVariantsAndControlCharacters(t *testing.T) {
	server := freddytest.NewServer(t)
	useServer(t, freddytest.APIKey, server.URL())
	server.AddConnector(freddy.Connector{
		ID: "pcon_vault", Name: "Vault\x1b[2J", Description: "\u202eKeys", ServerURL: "https://vault.example.com", Status: "active",
		Metadata: freddy.ConnectorMetadata{ConfigurationSchema: `{"properties": {
			"login": {"description": "How to sign in", "oneOf": [
				{"title": "Token", "properties": {"by": {"const": "token"}, "token": {"type": "string", "writeOnly": true}}, "required": ["by", "token"]},
				{"title": "User", "properties": {"by": {"const": "user"}, "name": {"type": ["string", "integer"]}}, "required": ["by"]}
			]},
			"depth": {"enum": [1, "all"], "default": "all"}
		}}`},
	})
	var stdout strings.Builder
	require.NoError(t, run(t.Context(), []string{"pcon_vault"}, &stdout))
	want, err := os.ReadFile("testdata/pcon_vault.txt")
	require.NoError(t, err)
	assert.Equal(t, string(want), stdout.String())
}

func TestErrors(t *testing.T) {
	server := freddytest.NewServer(t)
	server.AddConnector(freddy.Connector{ID: "pcon_broken", Metadata: freddy.ConnectorMetadata{ConfigurationSchema: `["not a schema"]`}})
	server.Script(http.MethodGet, "/personal-connectors/pcon_proxy", freddytest.Reply{Body: "<html>\n</html>"})
	for name, tt := range map[string]struct {
		key  string
		args []string
		want string
	}{
		"no id":        {freddytest.APIKey, nil, "usage: get-connector [-json] CONNECTOR_ID"},
		"two ids":      {freddytest.APIKey, []string{"pcon_a", "pcon_b"}, "usage: get-connector [-json] CONNECTOR_ID"},
		"unknown id":   {freddytest.APIKey, []string{"pcon_unknown"}, "there is no connector pcon_unknown"},
		"invalid id":   {freddytest.APIKey, []string{"a/b"}, "freddy: id must "},
		"invalid key":  {"another-key", []string{"pcon_github"}, "401 invalid_api_key"},
		"unusable key": {"two words", []string{"pcon_github"}, "freddy: apiKey must "},
		"proxy page":   {freddytest.APIKey, []string{"pcon_proxy"}, "GET /v1/personal-connectors/pcon_proxy"},
		"not a schema": {freddytest.APIKey, []string{"pcon_broken"}, "schema: "},
	} {
		t.Run(name, func(t *testing.T) {
			useServer(t, tt.key, server.URL())
			var stdout strings.Builder
			err := run(t.Context(), tt.args, &stdout)
			require.ErrorContains(t, err, tt.want)
			assert.NotContains(t, err.Error(), "\n")
			assert.Empty(t, stdout.String())
		})
	}
}

func TestOutputError(t *testing.T) {
	useServer(t, "", "")
	assert.ErrorIs(t, run(t.Context(), []string{"pcon_github"}, full{}), errFull)
}

var errFull = errors.New("no space left")

// full is an output that cannot be written.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }
