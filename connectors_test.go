package freddy_test

import (
	"fmt"
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
			ConfigurationSchema: freddy.NewSchema([]byte(`{"type":"object","required":["repository"],"properties":{
				"repository":{"type":"string","description":"Repository in format 'owner/repo'"},
				"branch":{"type":"string","description":"Default branch","default":"main"}}}`)),
		},
		CreatedAt: first, UpdatedAt: first,
	}
}

// equalConnectors compares schemas as JSON and the rest as it is.
func equalConnectors(t *testing.T, want, got freddy.Connector) {
	t.Helper()
	assert.True(t, want.Metadata.ConfigurationSchema.Equal(got.Metadata.ConfigurationSchema), got.Metadata.ConfigurationSchema)
	want.Metadata.ConfigurationSchema, got.Metadata.ConfigurationSchema = freddy.Schema{}, freddy.Schema{}
	assert.Equal(t, want, got)
}

func TestGet(t *testing.T) {
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

func TestGetErrors(t *testing.T) {
	for _, row := range []struct {
		fixture             string
		status              int
		class               error
		kind, code, message string
	}{
		{"error_connector_not_found.json", 404, freddy.ErrNotFound, "not_found_error", freddy.CodeConnectorNotFound, "Personal connector not found"},
		{"error_invalid_api_key.json", 401, freddy.ErrUnauthenticated, "authentication_error", freddy.CodeInvalidAPIKey, "Invalid API key"},
		{"error_configuration_forbidden.json", 403, freddy.ErrPermissionDenied, "authorization_error", freddy.CodeInsufficientPermissions, "You do not have permission to delete this configuration."},
	} {
		url := server(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Request-Id", "req_7")
			w.WriteHeader(row.status)
			_, _ = w.Write(fixture(t, row.fixture))
		})
		connector, err := newClient(t, url).Connectors().Get(t.Context(), "pcon_github")
		assert.Nil(t, connector)
		require.ErrorIs(t, err, row.class)
		var refusal *freddy.APIError
		require.ErrorAs(t, err, &refusal)
		assert.Equal(t, row.kind, refusal.Type)
		assert.True(t, refusal.HasCode(row.code))
		assert.Equal(t, row.message, refusal.Message)
		assert.Equal(t, "/prefix/v1/personal-connectors/pcon_github", refusal.Path)
		assert.Equal(t, fixture(t, row.fixture), refusal.Body)
		assert.EqualError(t, err, fmt.Sprintf("freddy: GET /prefix/v1/personal-connectors/pcon_github: %d %s: %s, request id req_7",
			row.status, row.code, row.message))
	}
}

func TestGetRequiresAConnector(t *testing.T) {
	for body, field := range map[string]string{
		`{"object":"personal_connector"}`:          "/id",
		`{"id":"a","object":"list"}`:               "/object",
		`{"id":""}`:                                "/id",
		`{"id":null}`:                              "/id",
		`{"id":"a","object":5}`:                    "/object",
		`{"id":"a","metadata":{"auth_method":[]}}`: "/metadata/auth_method",
	} {
		client := newClient(t, server(t, reply(body)))
		connector, err := client.Connectors().Get(t.Context(), "pcon_github")
		assert.Nil(t, connector)
		var decode *freddy.DecodeError
		require.ErrorAs(t, err, &decode, body)
		assert.Equal(t, field, decode.Field, body)
		assert.Equal(t, body, decode.Snippet)
	}
}

func TestList(t *testing.T) {
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

func TestListTrailer(t *testing.T) {
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

func TestListRequiresAList(t *testing.T) {
	for body, field := range map[string]string{
		`[]`:                                 "",
		`{"object":"personal_connector"}`:    "/object",
		`{"data":{}}`:                        "/data",
		`{"data":[null]}`:                    "/data/0",
		`{"data":[{"id":"a"},{}]}`:           "/data/1/id",
		`{"data":[{"id":"a","object":"x"}]}`: "/data/0/object",
		`{"data":[{"id":"a"},{"id":"b","metadata":{"authMethod":1}}]}`: "/data/1/metadata/authMethod",
	} {
		page, err := newClient(t, server(t, reply(body))).Connectors().List(t.Context(), freddy.ConnectorListParams{})
		assert.Nil(t, page)
		var decode *freddy.DecodeError
		require.ErrorAs(t, err, &decode, body)
		assert.Equal(t, field, decode.Field, body)
	}
}

// catalogue serves n connectors by limit and offset, and counts the requests.
func catalogue(t *testing.T, n int, requests *int) *freddy.Client {
	t.Helper()
	return newClient(t, server(t, func(w http.ResponseWriter, r *http.Request) {
		*requests++
		limit, offset := 20, 0
		_, _ = fmt.Sscan(r.FormValue("limit"), &limit)
		_, _ = fmt.Sscan(r.FormValue("offset"), &offset)
		body := ""
		for i := offset; i < min(n, offset+limit); i++ {
			body += fmt.Sprintf(`,{"id":"pcon_%d"}`, i)
		}
		_, _ = io.WriteString(w, `{"object":"list","data":[`+body[min(1, len(body)):]+`]}`)
	}))
}

func TestAll(t *testing.T) {
	for _, row := range []struct{ n, limit, requests int }{
		{0, 0, 1}, {1, 0, 1}, {20, 0, 2}, {45, 0, 3}, {45, 15, 4}, {99, 100, 1}, {100, 100, 2},
	} {
		var requests int
		all := catalogue(t, row.n, &requests).Connectors().All(t.Context(), freddy.ConnectorListParams{Limit: row.limit})
		assert.Zero(t, requests, "nothing is asked before the first pull")
		for range 2 { // each range starts afresh
			requests = 0
			var i int
			for connector, err := range all {
				require.NoError(t, err)
				require.Equal(t, fmt.Sprintf("pcon_%d", i), connector.ID)
				i++
				assert.Equal(t, min(i-1, row.n)/max(row.limit, 20*(1-min(row.limit, 1)))+1, requests, "the next page only when the last is consumed")
			}
			assert.Equal(t, row.n, i)
			assert.Equal(t, row.requests, requests)
		}
	}
}

func TestAllBreak(t *testing.T) {
	var requests int
	for _, err := range catalogue(t, 100, &requests).Connectors().All(t.Context(), freddy.ConnectorListParams{Limit: 10}) {
		require.NoError(t, err)
		break
	}
	assert.Equal(t, 1, requests)
}

func TestAllEndsWithAnError(t *testing.T) {
	for name, handler := range map[string]func(n int, w http.ResponseWriter){
		"refused":       func(_ int, w http.ResponseWriter) { w.WriteHeader(http.StatusForbidden) },
		"the same page": func(_ int, w http.ResponseWriter) { _, _ = io.WriteString(w, `{"data":[{"id":"a"},{"id":"b"}]}`) },
		"pages in a circle": func(n int, w http.ResponseWriter) {
			_, _ = fmt.Fprintf(w, `{"data":[{"id":"a%d"}],"hasMore":true}`, n%3)
		},
		"not a list": func(_ int, w http.ResponseWriter) { _, _ = io.WriteString(w, `[]`) },
	} {
		t.Run(name, func(t *testing.T) {
			var n, failures int
			client := newClient(t, server(t, func(w http.ResponseWriter, _ *http.Request) { handler(n, w); n++ }))
			for connector, err := range client.Connectors().All(t.Context(), freddy.ConnectorListParams{Limit: 2}) {
				assert.NotEqual(t, connector == nil, err == nil)
				if err != nil {
					failures++
				}
			}
			assert.Equal(t, 1, failures)
			assert.LessOrEqual(t, n, 4)
		})
	}
}

func TestAllTakesOverlaps(t *testing.T) {
	pages := []string{`{"data":[{"id":"a"},{"id":"b"}]}`, `{"data":[{"id":"b"},{"id":"c"}]}`, `{"data":[{"id":"c"}]}`}
	var n int
	client := newClient(t, server(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, pages[n]); n++ }))
	var ids string
	for connector, err := range client.Connectors().All(t.Context(), freddy.ConnectorListParams{Limit: 2}) {
		require.NoError(t, err)
		ids += connector.ID
	}
	assert.Equal(t, "abbcc", ids)
}
