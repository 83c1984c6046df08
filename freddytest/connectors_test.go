package freddytest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/freddytest"
)

func TestGetConnectorIsTheDocumentedSample(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	sample := fixture(t, "connector.json")

	got := ask(t, server, http.MethodGet, "/v1/personal-connectors/pcon_github", bearer())
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
	var refused *freddy.APIError
	require.ErrorAs(t, err, &refused)
	assert.True(t, refused.HasCode(freddy.CodeConnectorNotFound))
	assert.JSONEq(t, fixture(t, "error_connector_not_found.json"), string(refused.Body))
	assert.Equal(t, "req_000001", refused.RequestID)
}

func TestCatalogue(t *testing.T) {
	t.Parallel()
	client := freddytest.NewServer(t).Client()
	types := map[freddy.ConnectorType]int{}
	categories := map[freddy.Category]int{}
	statuses := map[freddy.ConnectorStatus]int{}
	servers := map[freddy.ServerType]int{}
	ids := map[string]bool{}
	secrets := 0
	for _, status := range []freddy.ConnectorStatus{
		freddy.ConnectorStatusActive, freddy.ConnectorStatusDeprecated, freddy.ConnectorStatusMaintenance,
	} {
		for connector, err := range client.Connectors().All(t.Context(), freddy.ConnectorListParams{Status: status}) {
			require.NoError(t, err)
			ids[connector.ID] = true
			types[connector.Type]++
			categories[connector.Category]++
			statuses[connector.Status]++
			servers[connector.ServerType]++
			secrets += strings.Count(connector.Metadata.ConfigurationSchema.String(), `"format":"password"`)
			assertPlausible(t, *connector)

			alone, err := client.Connectors().Get(t.Context(), connector.ID)
			require.NoError(t, err)
			assert.Equal(t, connector, alone)
		}
	}
	assert.GreaterOrEqual(t, len(ids), 8)
	assert.Len(t, types, 3)
	assert.Len(t, categories, 5)
	assert.Len(t, statuses, 3)
	assert.Len(t, servers, 3)
	assert.Positive(t, secrets)
}

// assertPlausible requires of a connector what the API says is always there,
// and that nobody real is named, save by the documented sample.
func assertPlausible(t *testing.T, c freddy.Connector) {
	t.Helper()
	assert.True(t, strings.HasPrefix(c.ID, "pcon_"), c.ID)
	assert.Equal(t, "personal_connector", c.Object, c.ID)
	assert.NotEmpty(t, c.Name, c.ID)
	assert.NotEmpty(t, c.ConnectorID, c.ID)
	assert.True(t, c.Type.IsKnown(), c.ID)
	assert.True(t, c.Status.IsKnown(), c.ID)
	assert.False(t, c.CreatedAt.IsZero(), c.ID)
	assert.False(t, c.UpdatedAt.Before(c.CreatedAt), c.ID)
	assert.Equal(t, c.Type == freddy.ConnectorTypeCustom, c.CreatedBy != "", c.ID)
	assert.Empty(t, c.Extra, c.ID)
	if c.ID != "pcon_github" {
		for _, address := range []string{c.ServerURL, c.IconURL} {
			assert.True(t, address == "" || strings.Contains(address, "example.com"), address)
		}
	}
	var schema struct {
		Properties map[string]struct{ Description string }
		Required   []string
	}
	require.NoError(t, json.Unmarshal(c.Metadata.ConfigurationSchema.Raw(), &schema), c.ID)
	assert.NotEmpty(t, schema.Required, c.ID)
	for _, name := range schema.Required {
		assert.Contains(t, schema.Properties, name, c.ID)
	}
	for name, property := range schema.Properties {
		assert.NotEmpty(t, property.Description, "%s %s", c.ID, name)
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	client := freddytest.NewServer(t).Client()
	tests := []struct {
		name   string
		params freddy.ConnectorListParams
		want   string
	}{
		{"active ones, unless asked", freddy.ConnectorListParams{}, "github notion slack figma clickup jira inventory scripts"},
		{"active", freddy.ConnectorListParams{Status: freddy.ConnectorStatusActive}, "github notion slack figma clickup jira inventory scripts"},
		{"deprecated", freddy.ConnectorListParams{Status: freddy.ConnectorStatusDeprecated}, "trello"},
		{"maintenance", freddy.ConnectorListParams{Status: freddy.ConnectorStatusMaintenance}, "teams"},
		{"type", freddy.ConnectorListParams{Type: freddy.ConnectorTypeAitronosBuilt}, "clickup jira"},
		{"category", freddy.ConnectorListParams{Category: freddy.CategoryProductivity}, "notion clickup"},
		{"type and category", freddy.ConnectorListParams{Type: freddy.ConnectorTypeOfficial, Category: freddy.CategoryDevelopment}, "github"},
		{"nothing", freddy.ConnectorListParams{Type: freddy.ConnectorTypeCustom, Category: freddy.CategoryDesign}, ""},
		{"limit", freddy.ConnectorListParams{Limit: 2}, "github notion"},
		{"offset", freddy.ConnectorListParams{Offset: 6}, "inventory scripts"},
		{"limit and offset", freddy.ConnectorListParams{Limit: 2, Offset: 3}, "figma clickup"},
		{"beyond the end", freddy.ConnectorListParams{Offset: 8}, ""},
		{"most", freddy.ConnectorListParams{Limit: 100}, "github notion slack figma clickup jira inventory scripts"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			page, err := client.Connectors().List(t.Context(), tt.params)
			require.NoError(t, err)
			assert.Empty(t, page.Extra)
			assert.Equal(t, tt.want, names(page.Items))
		})
	}
}

// names returns the ids, without their prefix, in one string.
func names(connectors []*freddy.Connector) string {
	var out []string
	for _, c := range connectors {
		out = append(out, strings.TrimPrefix(c.ID, "pcon_"))
	}
	return strings.Join(out, " ")
}

func TestListBody(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	sample := compact(t, fixture(t, "connector.json"))
	got := ask(t, server, http.MethodGet, "/v1/personal-connectors?limit=1", bearer())
	assert.Equal(t, `{"object":"list","data":[`+sample+`]}`, got.body)
	for _, offset := range []string{"1000", "99999999999999999999999"} {
		got = ask(t, server, http.MethodGet, "/v1/personal-connectors?offset="+offset, bearer())
		assert.JSONEq(t, `{"object":"list","data":[]}`, got.body)
	}
}

func TestListHasTwentyUnlessAsked(t *testing.T) {
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

func TestAllGoesThroughThePages(t *testing.T) {
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
			assert.Equal(t, "github notion slack figma clickup jira inventory scripts", names(found))
			assert.Len(t, server.Requests(), requests)
		})
	}
}

func TestListRefusesParameters(t *testing.T) {
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
			got := ask(t, server, http.MethodGet, "/v1/personal-connectors?"+tt.query, bearer())
			assert.Equal(t, http.StatusUnprocessableEntity, got.status)
			want, err := json.Marshal(tt.message)
			require.NoError(t, err)
			assert.JSONEq(t, fmt.Sprintf(`{"detail":[{"loc":["query",%q],"msg":%s,"type":%q}]}`, tt.name, want, tt.kind), got.body)
		})
	}
}

func TestListRefusesParametersThroughTheClient(t *testing.T) {
	t.Parallel()
	client := freddytest.NewServer(t).Client()
	_, err := client.Connectors().List(t.Context(), freddy.ConnectorListParams{Category: "games"})
	require.ErrorIs(t, err, freddy.ErrBadRequest)

	err = client.Do(t.Context(), http.MethodGet, "/personal-connectors?limit=101&offset=-1", nil, nil)
	var refused *freddy.APIError
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, []freddy.FieldError{
		{Field: "limit", Message: "Input should be less than or equal to 100", Code: "less_than_equal"},
		{Field: "offset", Message: "Input should be greater than or equal to 0", Code: "greater_than_equal"},
	}, refused.Fields)
}

func TestTheKeyComesBeforeTheParameters(t *testing.T) {
	t.Parallel()
	got := ask(t, freddytest.NewServer(t), http.MethodGet, "/v1/personal-connectors?limit=0", nil)
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
	assert.Equal(t, "github notion slack figma clickup jira inventory scripts", names(page.Items))
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

func TestAddConnectorPanicsWithoutJSON(t *testing.T) {
	t.Parallel()
	fake := freddytest.NewFake()
	assert.Panics(t, func() {
		fake.AddConnector(freddy.Connector{
			ID:       "pcon_acme",
			Metadata: freddy.ConnectorMetadata{ConfigurationSchema: freddy.NewSchema([]byte("{"))},
		})
	})
}
