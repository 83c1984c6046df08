package freddytest_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/freddytest"
)

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
			secrets += bytes.Count(schemaJSON(t, connector.Metadata.ConfigurationSchema), []byte(`"format":"password"`))
			assertPlausible(t, *connector)

			again, err := client.Connectors().Get(t.Context(), connector.ID)
			require.NoError(t, err)
			assert.Equal(t, connector, again)
		}
	}
	assert.GreaterOrEqual(t, len(ids), 8)
	assert.Len(t, types, 3)
	assert.Len(t, categories, 5)
	assert.Len(t, statuses, 3)
	assert.Len(t, servers, 3)
	assert.Positive(t, secrets)
}

// assertPlausible checks the fields that every connector has. Only the documented
// sample names a real host.
func assertPlausible(t *testing.T, c freddy.Connector) {
	t.Helper()
	assert.True(t, strings.HasPrefix(c.ID, "pcon_"), c.ID)
	assert.Equal(t, "personal_connector", c.Object, c.ID)
	assert.NotEmpty(t, c.Name, c.ID)
	assert.NotEmpty(t, c.ConnectorID, c.ID)
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
	require.NoError(t, json.Unmarshal(schemaJSON(t, c.Metadata.ConfigurationSchema), &schema), c.ID)
	assert.NotEmpty(t, schema.Required, c.ID)
	for _, name := range schema.Required {
		assert.Contains(t, schema.Properties, name, c.ID)
	}
	for name, property := range schema.Properties {
		assert.NotEmpty(t, property.Description, "%s %s", c.ID, name)
	}
}
