package freddytest_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/freddytest"
)

func TestTools(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	client := server.Client()
	seen := map[string]bool{}
	connectors := 0
	for _, status := range []freddy.ConnectorStatus{
		freddy.ConnectorStatusActive, freddy.ConnectorStatusDeprecated, freddy.ConnectorStatusMaintenance,
	} {
		for connector, err := range client.Connectors().All(t.Context(), freddy.ConnectorListParams{Status: status}) {
			require.NoError(t, err)
			connectors++
			server.AddConfiguration(freddy.Configuration{ID: "pconf_a", PersonalConnectorID: connector.ID})
			tools := toolsOf(t, client, "pconf_a", freddy.ToolListParams{ForceRefresh: connectors%2 == 0})
			assert.Contains(t, []int{2, 3}, len(tools), connector.ID)
			for _, tool := range tools {
				assert.False(t, seen[tool.Name], tool.Name)
				seen[tool.Name] = true
				assertPlausibleTool(t, strings.TrimPrefix(connector.ID, "pcon_"), *tool)
			}
			result, err := client.Configurations().Test(t.Context(), "pconf_a")
			require.NoError(t, err)
			assert.Equal(t, len(tools), result.Details.AvailableTools, connector.ID)
		}
	}
	assert.Equal(t, 10, connectors)
}

func assertPlausibleTool(t *testing.T, prefix string, tool freddy.Tool) {
	t.Helper()
	assert.True(t, strings.HasPrefix(tool.Name, prefix+"_"), tool.Name)
	assert.NotEmpty(t, tool.Description, tool.Name)
	assert.Empty(t, tool.Extra, tool.Name)
	for _, of := range []freddy.Schema{tool.InputSchema, tool.OutputSchema} {
		var schema struct {
			Type       string
			Properties map[string]struct{ Type, Description string }
			Required   []string
		}
		require.NoError(t, json.Unmarshal(schemaJSON(t, of), &schema), tool.Name)
		assert.Equal(t, "object", schema.Type, tool.Name)
		assert.NotEmpty(t, schema.Properties, tool.Name)
		for name, property := range schema.Properties {
			assert.NotEmpty(t, property.Type, "%s %s", tool.Name, name)
			assert.NotEmpty(t, property.Description, "%s %s", tool.Name, name)
		}
		for _, name := range schema.Required {
			assert.Contains(t, schema.Properties, name, tool.Name)
		}
	}
}

func TestToolsContainTheDocumentedSample(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	server.AddConfiguration(freddy.Configuration{ID: "pconf_a", PersonalConnectorID: "pcon_clickup"})
	got := get(t, server, configurationsPath+"/pconf_a/tools?forceRefresh=true")
	type body struct {
		Object string
		Data   []any
	}
	var served, documented body
	require.NoError(t, json.Unmarshal([]byte(got.body), &served))
	require.NoError(t, json.Unmarshal([]byte(fixture(t, "configuration_tools.json")), &documented))
	served.Data = served.Data[:1]
	assert.Equal(t, documented, served)
}

func TestToolsOfAnAddedConnector(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	server.AddConnector(freddy.Connector{ID: "pcon_acme"})
	server.AddConfiguration(freddy.Configuration{ID: "pconf_a", PersonalConnectorID: "pcon_acme"})
	got := get(t, server, configurationsPath+"/pconf_a/tools")
	assert.JSONEq(t, `{"object":"list","data":[]}`, got.body)
	assert.Empty(t, toolsOf(t, server.Client(), "pconf_a", freddy.ToolListParams{}))
}
