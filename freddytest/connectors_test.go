package freddytest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/freddytest"
)

func TestGetConnector(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	sample := fixture(t, "connector.json")

	got := get(t, server, connectorsPath+"/pcon_github")
	assert.Equal(t, compact(t, sample), got.body)

	var want freddy.Connector
	require.NoError(t, json.Unmarshal([]byte(compact(t, sample)), &want))
	connector, err := server.Client().Connectors().Get(t.Context(), "pcon_github")
	require.NoError(t, err)
	assert.Equal(t, want, *connector)
}

func TestGetUnknownConnector(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	_, err := server.Client().Connectors().Get(t.Context(), "pcon_unknown")
	require.ErrorIs(t, err, freddy.ErrNotFound)
	var apiErr *freddy.APIError
	require.ErrorAs(t, err, &apiErr)
	assert.Equal(t, freddy.CodeConnectorNotFound, apiErr.Code)
	assert.JSONEq(t, fixture(t, "error_connector_not_found.json"), string(apiErr.Body))
	assert.Equal(t, "req_000001", apiErr.RequestID)
}

func TestListConnectors(t *testing.T) {
	t.Parallel()
	client := freddytest.NewServer(t).Client()
	tests := []struct {
		name   string
		params freddy.ConnectorListParams
		want   string
	}{
		{"default", freddy.ConnectorListParams{}, "github notion slack figma clickup jira inventory scripts"},
		{"active", freddy.ConnectorListParams{Status: freddy.ConnectorStatusActive}, "github notion slack figma clickup jira inventory scripts"},
		{"deprecated", freddy.ConnectorListParams{Status: freddy.ConnectorStatusDeprecated}, "trello"},
		{"maintenance", freddy.ConnectorListParams{Status: freddy.ConnectorStatusMaintenance}, "teams"},
		{"type", freddy.ConnectorListParams{Type: freddy.ConnectorTypeAitronosBuilt}, "clickup jira"},
		{"category", freddy.ConnectorListParams{Category: freddy.CategoryProductivity}, "notion clickup"},
		{"type and category", freddy.ConnectorListParams{Type: freddy.ConnectorTypeOfficial, Category: freddy.CategoryDevelopment}, "github"},
		{"no match", freddy.ConnectorListParams{Type: freddy.ConnectorTypeCustom, Category: freddy.CategoryDesign}, ""},
		{"limit", freddy.ConnectorListParams{Limit: 2}, "github notion"},
		{"offset", freddy.ConnectorListParams{Offset: 6}, "inventory scripts"},
		{"limit and offset", freddy.ConnectorListParams{Limit: 2, Offset: 3}, "figma clickup"},
		{"beyond the end", freddy.ConnectorListParams{Offset: 8}, ""},
		{"largest limit", freddy.ConnectorListParams{Limit: 100}, "github notion slack figma clickup jira inventory scripts"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			page, err := client.Connectors().List(t.Context(), tt.params)
			require.NoError(t, err)
			assert.Empty(t, page.Extra)
			assert.Equal(t, tt.want, connectorIDs(page.Items))
		})
	}
}

func TestListConnectorsBody(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	sample := compact(t, fixture(t, "connector.json"))
	got := get(t, server, connectorsPath+"?limit=1")
	assert.Equal(t, `{"object":"list","data":[`+sample+`]}`, got.body)
	for _, offset := range []string{"1000", "99999999999999999999999"} {
		got = get(t, server, connectorsPath+"?offset="+offset)
		assert.JSONEq(t, `{"object":"list","data":[]}`, got.body)
	}
}

func TestListConnectorsDefaultLimit(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	for i := range 30 {
		server.AddConnector(freddy.Connector{ID: fmt.Sprint("pcon_", i), Status: freddy.ConnectorStatusActive})
	}
	page, err := server.Client().Connectors().List(t.Context(), freddy.ConnectorListParams{})
	require.NoError(t, err)
	assert.Len(t, page.Items, 20)
	assert.True(t, page.HasMore)
}

func TestAllConnectors(t *testing.T) {
	t.Parallel()
	// Of eight connectors, a page of four is full twice, and the third is empty.
	for limit, requests := range map[int]int{3: 3, 4: 3, 8: 2, 100: 1} {
		t.Run(fmt.Sprint(limit), func(t *testing.T) {
			t.Parallel()
			server := freddytest.NewServer(t)
			var found []*freddy.Connector
			for connector, err := range server.Client().Connectors().All(t.Context(), freddy.ConnectorListParams{Limit: limit}) {
				require.NoError(t, err)
				found = append(found, connector)
			}
			assert.Equal(t, "github notion slack figma clickup jira inventory scripts", connectorIDs(found))
			assert.Len(t, server.Requests(), requests)
		})
	}
}

func TestListConnectorsParameterErrors(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	const (
		types      = "Input should be 'official', 'aitronos_built' or 'custom'"
		categories = "Input should be 'productivity', 'development', 'communication', 'design' or 'custom'"
		statuses   = "Input should be 'active', 'deprecated' or 'maintenance'"
		integer    = "Input should be a valid integer, unable to parse string as an integer"
	)
	tests := []struct{ query, name, message, kind string }{
		{"limit=101", "limit", "Input should be less than or equal to 100", "less_than_equal"},
		{"limit=99999999999999999999", "limit", "Input should be less than or equal to 100", "less_than_equal"},
		{"limit=0", "limit", "Input should be greater than or equal to 1", "greater_than_equal"},
		{"limit=ten", "limit", integer, "int_parsing"},
		{"limit=", "limit", integer, "int_parsing"},
		{"limit=1.5", "limit", integer, "int_parsing"},
		{"offset=-1", "offset", "Input should be greater than or equal to 0", "greater_than_equal"},
		{"offset=x", "offset", integer, "int_parsing"},
		{"type=Official", "type", types, "enum"},
		{"type=", "type", types, "enum"},
		{"category=games", "category", categories, "enum"},
		{"status=all", "status", statuses, "enum"},
	}
	for _, tt := range tests {
		t.Run(tt.query, func(t *testing.T) {
			t.Parallel()
			got := get(t, server, connectorsPath+"?"+tt.query)
			assert.Equal(t, http.StatusUnprocessableEntity, got.status)
			want, err := json.Marshal(tt.message)
			require.NoError(t, err)
			assert.JSONEq(t, fmt.Sprintf(`{"detail":[{"loc":["query",%q],"msg":%s,"type":%q}]}`, tt.name, want, tt.kind), got.body)
		})
	}
}

func TestListConnectorsParameterErrorsThroughTheClient(t *testing.T) {
	t.Parallel()
	client := freddytest.NewServer(t).Client()
	_, err := client.Connectors().List(t.Context(), freddy.ConnectorListParams{Category: "games"})
	require.ErrorIs(t, err, freddy.ErrBadRequest)

	err = client.Do(t.Context(), http.MethodGet, "/personal-connectors?limit=101&offset=-1", nil, nil)
	var apiErr *freddy.APIError
	require.ErrorAs(t, err, &apiErr)
	assert.Equal(t, []freddy.FieldError{
		{Field: "limit", Message: "Input should be less than or equal to 100", Code: "less_than_equal"},
		{Field: "offset", Message: "Input should be greater than or equal to 0", Code: "greater_than_equal"},
	}, apiErr.Fields)
}

func TestKeyIsCheckedBeforeParameters(t *testing.T) {
	t.Parallel()
	got := send(t, freddytest.NewServer(t), http.MethodGet, connectorsPath+"?limit=0", nil, "")
	assert.Equal(t, http.StatusUnauthorized, got.status)
}

func TestAddConnectorReplaces(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	client := server.Client()
	server.AddConnector(freddy.Connector{ID: "pcon_notion", Name: "Another", Status: freddy.ConnectorStatusActive})

	connector, err := client.Connectors().Get(t.Context(), "pcon_notion")
	require.NoError(t, err)
	assert.Equal(t, freddy.Connector{ID: "pcon_notion", Name: "Another", Status: freddy.ConnectorStatusActive}, *connector)
	page, err := client.Connectors().List(t.Context(), freddy.ConnectorListParams{})
	require.NoError(t, err)
	assert.Equal(t, "github notion slack figma clickup jira inventory scripts", connectorIDs(page.Items))
}

func TestAddConnectorCopies(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	extra := json.RawMessage(`{"a":1}`)
	connector := freddy.Connector{
		ID:        "pcon_acme",
		Metadata:  freddy.ConnectorMetadata{SupportedFeatures: []string{"one"}},
		CreatedAt: time.Date(2025, time.May, 4, 3, 2, 1, 123456000, time.UTC),
		Extra:     map[string]json.RawMessage{"beta": extra},
	}
	server.AddConnector(connector)
	connector.Metadata.SupportedFeatures[0] = "changed"
	connector.Extra["gamma"] = json.RawMessage(`2`)
	extra[2] = 'b'

	got, err := server.Client().Connectors().Get(t.Context(), "pcon_acme")
	require.NoError(t, err)
	assert.Equal(t, freddy.Connector{
		ID:        "pcon_acme",
		Metadata:  freddy.ConnectorMetadata{SupportedFeatures: []string{"one"}},
		CreatedAt: time.Date(2025, time.May, 4, 3, 2, 1, 123456000, time.UTC),
		Extra:     map[string]json.RawMessage{"beta": json.RawMessage(`{"a":1}`)},
	}, *got)
}

func TestAddConnectorPanicsForInvalidJSON(t *testing.T) {
	t.Parallel()
	fake := freddytest.NewFake()
	assert.Panics(t, func() {
		fake.AddConnector(freddy.Connector{ID: "pcon_acme", Extra: map[string]json.RawMessage{"beta": json.RawMessage("{")}})
	})
	assert.Equal(t, http.StatusNotFound, serve(fake, http.MethodGet, connectorsPath+"/pcon_acme", "").Code)
}
