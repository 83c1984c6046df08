package main

import (
	"cmp"
	"context"
	"encoding/json"
	"os"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/freddytest"
)

// The code of docs/tools.md that is not in the example. It is here because it needs the MCP SDK.

const anyObject freddy.Schema = `{"type": "object"}` // for a tool whose input schema is absent

func openAITool(tool *freddy.Tool) map[string]any {
	return map[string]any{
		"type": "function", "name": tool.Name, "description": tool.Description,
		"parameters": cmp.Or(tool.InputSchema, anyObject), "strict": false,
	}
}

func anthropicTool(tool *freddy.Tool) map[string]any {
	return map[string]any{
		"name": tool.Name, "description": tool.Description,
		"input_schema": cmp.Or(tool.InputSchema, anyObject),
	}
}

func mcpTool(tool *freddy.Tool) *mcp.Tool {
	definition := &mcp.Tool{Name: tool.Name, Description: tool.Description, InputSchema: cmp.Or(tool.InputSchema, anyObject)}
	if tool.OutputSchema != "" {
		definition.OutputSchema = tool.OutputSchema
	}
	return definition
}

// configurationTools returns the definitions of a configuration's tools.
func configurationTools(ctx context.Context, client *freddy.Client, id string) ([]map[string]any, error) {
	tools, err := client.Configurations().Tools(ctx, id, freddy.ToolListParams{})
	if err != nil {
		return nil, err
	}
	definitions := []map[string]any{} // not nil, which encodes as null
	for _, tool := range tools.Items {
		definitions = append(definitions, openAITool(tool))
	}
	return definitions, nil
}

// accountTools returns the tools of an account that are enabled, without their schemas.
func accountTools(ctx context.Context, client *freddy.Client, id string) ([]*freddy.Tool, error) {
	tools, err := client.Accounts().Tools(ctx, id)
	if err != nil {
		return nil, err
	}
	var enabled []*freddy.Tool
	for _, tool := range tools.Tools {
		if tools.Enabled && tool.Enabled {
			enabled = append(enabled, &freddy.Tool{Name: tool.Name, Description: tool.Description})
		}
	}
	return enabled, nil
}

func responsesTool(label string, account *freddy.Account) map[string]any {
	return map[string]any{
		"type": "mcp", "server_label": label, "configuration_id": account.MCPConfigurationID,
	}
}

// callOutput calls the tool of a function_call of a response, and returns the item with
// its result for the next request.
func callOutput(ctx context.Context, session *mcp.ClientSession, callID, name, arguments string) (map[string]any, error) {
	result, err := session.CallTool(ctx, &mcp.CallToolParams{Name: name, Arguments: json.RawMessage(cmp.Or(arguments, "{}"))})
	if err != nil {
		return nil, err
	}
	output, err := json.Marshal(result) // with isError, if the tool has failed
	return map[string]any{"type": "function_call_output", "call_id": callID, "output": string(output)}, err
}

const searchSchema freddy.Schema = `{"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]}`

func TestDefinitions(t *testing.T) {
	full := &freddy.Tool{Name: "search", Description: "Search.", InputSchema: searchSchema, OutputSchema: `{"type": "array"}`}
	bare := &freddy.Tool{Name: "refresh"}
	for name, tt := range map[string]struct {
		got  any
		want string
	}{
		"OpenAI": {openAITool(full), `{"type": "function", "name": "search", "description": "Search.", "strict": false, "parameters": ` + string(searchSchema) + `}`},
		"OpenAI, no schema": {
			openAITool(bare),
			`{"type": "function", "name": "refresh", "description": "", "strict": false, "parameters": {"type": "object"}}`,
		},
		"Anthropic":            {anthropicTool(full), `{"name": "search", "description": "Search.", "input_schema": ` + string(searchSchema) + `}`},
		"Anthropic, no schema": {anthropicTool(bare), `{"name": "refresh", "description": "", "input_schema": {"type": "object"}}`},
		"MCP":                  {mcpTool(full), `{"name": "search", "description": "Search.", "inputSchema": ` + string(searchSchema) + `, "outputSchema": {"type": "array"}}`},
		"MCP, no schema":       {mcpTool(bare), `{"name": "refresh", "inputSchema": {"type": "object"}}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := json.Marshal(tt.got)
			require.NoError(t, err)
			assert.JSONEq(t, tt.want, string(got))
		})
	}
}

func TestConfigurationTools(t *testing.T) {
	t.Parallel()
	api := freddytest.NewServer(t)
	api.AddConfiguration(freddy.Configuration{ID: "pconf_1", PersonalConnectorID: "pcon_github"})
	definitions, err := configurationTools(t.Context(), api.Client(), "pconf_1")
	require.NoError(t, err)
	require.Len(t, definitions, 3)
	assert.Equal(t, "github_search_code", definitions[0]["name"])
	assert.Contains(t, definitions[0]["parameters"], `"required"`)

	api.AddConnector(freddy.Connector{ID: "pcon_bare"}) // no tools
	api.AddConfiguration(freddy.Configuration{ID: "pconf_2", PersonalConnectorID: "pcon_bare"})
	none, err := configurationTools(t.Context(), api.Client(), "pconf_2")
	require.NoError(t, err)
	encoded, err := json.Marshal(none)
	require.NoError(t, err)
	assert.Equal(t, "[]", string(encoded))

	_, err = configurationTools(t.Context(), api.Client(), "pconf_unknown")
	assert.ErrorIs(t, err, freddy.ErrNotFound)
}

// An MCP server accepts the definitions, and a client of it gets the same tools.
func TestMCPServerAcceptsDefinitions(t *testing.T) {
	t.Parallel()
	api := freddytest.NewServer(t)
	api.AddConfiguration(freddy.Configuration{ID: "pconf_1", PersonalConnectorID: "pcon_github"})
	tools, err := api.Client().Configurations().Tools(t.Context(), "pconf_1", freddy.ToolListParams{})
	require.NoError(t, err)
	server := mcp.NewServer(&mcp.Implementation{Name: "gateway", Version: "1.0.0"}, nil)
	want := map[string]string{}
	for _, tool := range append(tools.Items, &freddy.Tool{Name: "refresh"}) {
		server.AddTool(mcpTool(tool), func(context.Context, *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			return &mcp.CallToolResult{}, nil
		})
		want[tool.Name] = string(cmp.Or(tool.InputSchema, anyObject))
	}

	near, far := mcp.NewInMemoryTransports()
	serving, err := server.Connect(t.Context(), far, nil)
	require.NoError(t, err)
	t.Cleanup(func() { serving.Close() })
	session, err := mcp.NewClient(&mcp.Implementation{Name: "example", Version: "1.0.0"}, nil).Connect(t.Context(), near, nil)
	require.NoError(t, err)
	t.Cleanup(func() { session.Close() })
	listed, err := session.ListTools(t.Context(), nil)
	require.NoError(t, err)
	require.Len(t, listed.Tools, len(want))
	for _, tool := range listed.Tools {
		got, err := json.Marshal(tool.InputSchema)
		require.NoError(t, err)
		assert.JSONEq(t, want[tool.Name], string(got), tool.Name)
	}
}

func TestAccountTools(t *testing.T) {
	t.Parallel()
	api := freddytest.NewServer(t)
	api.AddAccount(freddy.Account{ID: "pcon_1", Type: "github", Active: true})
	api.SetAccountTools("pcon_1", freddy.AccountTool{Name: "search_code", Description: "Search."}, freddy.AccountTool{Name: "delete_repository"})
	client := api.Client()
	for name, tt := range map[string]struct {
		params freddy.AccountToolsParams
		want   []*freddy.Tool
	}{
		"some": {
			freddy.AccountToolsParams{Enabled: true, Allowed: []string{"search_code"}},
			[]*freddy.Tool{{Name: "search_code", Description: "Search."}},
		},
		"none": {freddy.AccountToolsParams{Enabled: false}, nil},
	} {
		t.Run(name, func(t *testing.T) { // in turn: they share the account
			require.NoError(t, client.Accounts().SetTools(t.Context(), "pcon_1", tt.params))
			got, err := accountTools(t.Context(), client, "pcon_1")
			require.NoError(t, err)
			assert.Equal(t, tt.want, got)
		})
	}
	_, err := accountTools(t.Context(), client, "pcon_unknown")
	assert.ErrorIs(t, err, freddy.ErrNotFound)
}

func TestResponsesTool(t *testing.T) {
	t.Parallel()
	documented, err := os.ReadFile("../../testdata/gen2/responses_mcp_tool.json")
	require.NoError(t, err)
	got, err := json.Marshal(responsesTool("crm", &freddy.Account{MCPConfigurationID: "mcp_a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6"}))
	require.NoError(t, err)
	assert.JSONEq(t, string(documented), string(got))
}

func TestCallOutput(t *testing.T) {
	t.Parallel()
	session, err := connect(t.Context(), &freddy.Connector{ServerType: freddy.ServerTypeHTTP, ServerURL: serve(t)}, "")
	require.NoError(t, err)
	t.Cleanup(func() { session.Close() })
	for name, tt := range map[string]struct{ arguments, want string }{
		"success":      {`{"a": 2, "b": 3}`, `{"content":[{"type":"text","text":"5"}],"structuredContent":5}`},
		"no arguments": {"", `{"content":[{"type":"text","text":"0"}],"structuredContent":0}`},
		"failure":      {`{"a": true}`, `"isError":true}`},
	} {
		t.Run(name, func(t *testing.T) { // in turn: they share the session
			got, err := callOutput(t.Context(), session, "call_1", "add", tt.arguments)
			require.NoError(t, err)
			assert.Equal(t, "function_call_output", got["type"])
			assert.Equal(t, "call_1", got["call_id"])
			assert.Contains(t, got["output"], tt.want)
		})
	}
	for _, call := range []struct{ name, arguments string }{{"subtract", "{}"}, {"add", "a=1"}} {
		_, err := callOutput(t.Context(), session, "call_1", call.name, call.arguments)
		require.Error(t, err)
	}
}
