package freddy_test

import (
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
)

func github(t *testing.T) freddy.Connector {
	t.Helper()
	first := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	return freddy.Connector{
		ID: "pcon_github", Object: "personal_connector", Name: "GitHub", Type: freddy.ConnectorTypeOfficial, ConnectorID: "github",
		Description: "Official GitHub MCP Server for repository management",
		IconURL:     "https://github.githubassets.com/images/modules/logos_page/GitHub-Mark.png",
		Category:    freddy.CategoryDevelopment, Version: "1.0.0", Status: freddy.ConnectorStatusActive,
		ServerURL: "https://github-mcp.example.com", ServerType: freddy.ServerTypeHTTP,
		Metadata: freddy.ConnectorMetadata{
			SupportedFeatures: []string{"repositories", "issues", "pull_requests"},
			AuthMethod:        freddy.AuthMethodOAuth2,
			ConfigurationSchema: freddy.Schema(`{"type":"object","required":["repository"],"properties":{
				"repository":{"type":"string","description":"Repository in format 'owner/repo'"},
				"branch":{"type":"string","description":"Default branch","default":"main"}}}`),
		},
		CreatedAt: first, UpdatedAt: first,
	}
}

// equalConnectors compares schemas as JSON and the rest as it is.
func equalConnectors(t *testing.T, want, got freddy.Connector) {
	t.Helper()
	assert.JSONEq(t, string(want.Metadata.ConfigurationSchema), string(got.Metadata.ConfigurationSchema))
	want.Metadata.ConfigurationSchema, got.Metadata.ConfigurationSchema = "", ""
	assert.Equal(t, want, got)
}

func TestConnectorGet(t *testing.T) {
	for _, name := range []string{"connector.json", "connector_snake_case.json"} {
		client := newClient(t, server(t, reply(string(fixture(t, name)))))
		connector, err := client.Connectors().Get(t.Context(), "pcon_github")
		require.NoError(t, err)
		equalConnectors(t, github(t), *connector)
	}
	wrapped := `{"success":true,"data":` + string(fixture(t, "connector.json")) + `}`
	connector, err := newClient(t, server(t, reply(wrapped))).Connectors().Get(t.Context(), "pcon_github")
	require.NoError(t, err)
	equalConnectors(t, github(t), *connector)
}

func TestConnectorList(t *testing.T) {
	var query string
	url := server(t, func(w http.ResponseWriter, r *http.Request) {
		query = r.URL.RawQuery
		_, _ = io.WriteString(w, `{"object":"list","data":[{"id":"a"},{"id":"b"}],"total":7}`)
	})
	client := newClient(t, url)
	page, err := client.Connectors().List(t.Context(), freddy.ConnectorListParams{
		Type: freddy.ConnectorTypeCustom, Category: "a&b= c", Status: freddy.ConnectorStatusDeprecated, Limit: 2, Offset: 40,
	})
	require.NoError(t, err)
	assert.Equal(t, "category=a%26b%3D+c&limit=2&offset=40&status=deprecated&type=custom", query)
	require.Len(t, page.Items, 2)
	assert.Equal(t, "b", page.Items[1].ID)
	assert.True(t, page.HasMore, "a full page")
	assert.JSONEq(t, "7", string(page.Extra["total"]))

	page, err = client.Connectors().List(t.Context(), freddy.ConnectorListParams{})
	require.NoError(t, err)
	assert.Empty(t, query)
	assert.False(t, page.HasMore, "2 of 20")
}

func TestHasMore(t *testing.T) {
	for body, want := range map[string]bool{
		`{"data":[{"id":"a"}],"hasMore":true}`:             true,
		`{"data":[{"id":"a"}],"has_more":true}`:            true,
		`{"data":[{"id":"a"},{"id":"b"}],"hasMore":false}`: false,
		`{"data":[{"id":"a"},{"id":"b"}],"hasMore":null}`:  true,
		`{"data":[],"hasMore":true}`:                       true,
		`{"data":null}`:                                    false,
		`{}`:                                               false,
	} {
		page, err := newClient(t, server(t, reply(body))).Connectors().List(t.Context(), freddy.ConnectorListParams{Limit: 2})
		require.NoError(t, err, body)
		assert.Equal(t, want, page.HasMore, body)
	}
}

// Another document is not an empty list: a program that deletes what is not listed would
// delete everything.
func TestListOfAnotherDocument(t *testing.T) {
	for _, body := range []string{`{"error":"boom"}`, `{"detail":"Not Found"}`, `{"items":[{"id":"pcon_x"}]}`} {
		client := newClient(t, server(t, reply(body)))
		page, err := client.Connectors().List(t.Context(), freddy.ConnectorListParams{})
		assert.Nil(t, page)
		var decodeErr *freddy.DecodeError
		require.ErrorAs(t, err, &decodeErr, body)
		assert.Equal(t, "/data", decodeErr.Field)
	}
}
