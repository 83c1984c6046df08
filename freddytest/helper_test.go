package freddytest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/freddytest"
)

const (
	connectorsPath     = "/v1/personal-connectors"
	configurationsPath = connectorsPath + "/configurations"

	// Paths for Script.
	scriptGithub         = "/personal-connectors/pcon_github"
	scriptConfigurations = "/personal-connectors/configurations"

	// secret is in the credentials that the tests send, and nowhere else.
	secret = "example-secret"
)

// fixture returns a documented sample body.
func fixture(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "testdata", name))
	require.NoError(t, err)
	return string(data)
}

// compact returns JSON without white space.
func compact(t *testing.T, text string) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, json.Compact(&out, []byte(text)))
	return out.String()
}

// schemaJSON returns the JSON of a schema.
func schemaJSON(t *testing.T, schema freddy.Schema) []byte {
	t.Helper()
	data, err := json.Marshal(schema)
	require.NoError(t, err)
	return data
}

// bearer returns the header of a valid key.
func bearer() http.Header { return http.Header{"Authorization": {"Bearer " + freddytest.APIKey}} }

// response is a response without the client in between.
type response struct {
	status int
	header http.Header
	body   string
}

// get sends a GET with a valid key.
func get(t *testing.T, server *freddytest.Server, path string) response {
	t.Helper()
	return send(t, server, http.MethodGet, path, bearer(), "")
}

// send sends one request without the client. The path is below the host.
func send(t *testing.T, server *freddytest.Server, method, path string, header http.Header, body string) response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "http://localhost"+path, strings.NewReader(body))
	require.NoError(t, err)
	maps.Copy(req.Header, header)
	res, err := server.HTTPClient().Transport.RoundTrip(req)
	require.NoError(t, err)
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return response{res.StatusCode, res.Header, string(data)}
}

// serve calls the handler with a valid key, without a server in between.
func serve(fake *freddytest.Fake, method, path, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header = bearer()
	fake.ServeHTTP(w, r)
	return w
}

// minimal returns the smallest valid parameters of a creation.
func minimal() freddy.ConfigurationCreateParams {
	return freddy.ConfigurationCreateParams{
		PersonalConnectorID: "pcon_github",
		Name:                "Mine",
		Credentials:         freddy.BearerCredentials(secret),
	}
}

// minimalBody is the body of minimal.
const minimalBody = `{"personalConnectorId":"pcon_github","name":"Mine","credentials":{"type":"bearer","token":"` + secret + `"}}`

// sample returns the documented configuration.
func sample(t *testing.T) freddy.Configuration {
	t.Helper()
	var configuration freddy.Configuration
	require.NoError(t, json.Unmarshal([]byte(fixture(t, "configuration.json")), &configuration))
	return configuration
}

// connectorIDs returns the ids without their prefix, separated by spaces.
func connectorIDs(connectors []*freddy.Connector) string {
	var ids []string
	for _, c := range connectors {
		ids = append(ids, strings.TrimPrefix(c.ID, "pcon_"))
	}
	return strings.Join(ids, " ")
}

// configurationIDs returns the ids without their prefix, separated by spaces.
func configurationIDs(configurations []*freddy.Configuration) string {
	var ids []string
	for _, c := range configurations {
		ids = append(ids, strings.TrimPrefix(c.ID, "pconf_"))
	}
	return strings.Join(ids, " ")
}

// listed returns the ids of all configurations.
func listed(t *testing.T, server *freddytest.Server) string {
	t.Helper()
	page, err := server.Client().Configurations().List(t.Context(), freddy.ConfigurationListParams{Limit: 100})
	require.NoError(t, err)
	return configurationIDs(page.Items)
}

// toolsOf returns the tools of a configuration.
func toolsOf(t *testing.T, client *freddy.Client, id string, params freddy.ToolListParams) []*freddy.Tool {
	t.Helper()
	page, err := client.Configurations().Tools(t.Context(), id, params)
	require.NoError(t, err)
	return page.Items
}
