package freddy_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/internal/faulty"
)

const mcpID = "mcp_1234567890abcdef1234567890abcdef"

// documentedMCPConfiguration returns the documented MCP configuration.
func documentedMCPConfiguration() *freddy.MCPConfiguration {
	return &freddy.MCPConfiguration{
		ID: mcpID, Name: "GitHub MCP", Type: freddy.MCPConfigurationTypeCustom, OrganizationID: "org_xyz789", UserID: "usr_abc123def456",
		ServerURL: "https://github-mcp.example.com", TransportType: freddy.MCPTransportSSE, AuthType: freddy.MCPAuthTypeAPIKey,
		Active: true, ConnectionStatus: "connected", LastConnectedAt: freddy.Ptr(time.Date(2025, 11, 13, 10, 30, 0, 0, time.UTC)),
		CreatedAt: time.Date(2025, 11, 13, 10, 0, 0, 0, time.UTC), UpdatedAt: time.Date(2025, 11, 13, 10, 30, 0, 0, time.UTC),
	}
}

// documentedMCPCreation returns the documented parameters of a creation.
func documentedMCPCreation() freddy.MCPConfigurationCreateParams {
	return freddy.MCPConfigurationCreateParams{
		Name: "Production GitHub", ServerURL: "https://mcp.github.example.com",
		TransportType: freddy.MCPTransportSSE, AuthType: freddy.MCPAuthTypeBearerToken,
		Credentials: freddy.BearerCredentials("ghp_YOUR_TOKEN_HERE"),
		Tools:       &freddy.ToolConfiguration{Enabled: true, Allowed: []string{"search_code", "create_issue"}},
	}
}

var mcpConfigurationCalls = []serviceCall{
	{
		name: "Create",
		call: func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
			return c.MCPConfigurations().Create(ctx, documentedMCPCreation(), opts...)
		},
		method: http.MethodPost, target: "/mcp-configurations", organization: organizationNeeded,
		body: "mcp_configuration_create_request", status: http.StatusCreated, response: "mcp_configuration",
		want: documentedMCPConfiguration(),
	},
	{
		name: "Get",
		call: func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
			return c.MCPConfigurations().Get(ctx, mcpID, opts...)
		},
		method: http.MethodGet, target: "/mcp-configurations/" + mcpID, response: "mcp_configuration", retried: true,
		want: documentedMCPConfiguration(),
	},
	listMCPConfigurations("List", freddy.MCPConfigurationListParams{}, ""),
	listMCPConfigurations("List of a type", freddy.MCPConfigurationListParams{
		Type: freddy.MCPConfigurationTypePersonalConnector, Active: freddy.Ptr(false),
	}, "is_active=false&type=personal_connector&"),
	listMCPConfigurations("List of active ones", freddy.MCPConfigurationListParams{Active: freddy.Ptr(true)}, "is_active=true&"),
	{
		name: "Update",
		call: func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
			return c.MCPConfigurations().Update(ctx, mcpID, freddy.MCPConfigurationUpdateParams{
				Name: freddy.Ptr("Updated GitHub"), Active: freddy.Ptr(false),
				Tools: &freddy.ToolConfiguration{Enabled: true, Allowed: []string{"search_code"}},
			}, opts...)
		},
		method: http.MethodPut, target: "/mcp-configurations/" + mcpID, body: "mcp_configuration_update_request",
		response: "mcp_configuration", retried: true, want: documentedMCPConfiguration(),
	},
	{
		name: "Delete",
		call: func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
			return noResult(c.MCPConfigurations().Delete(ctx, mcpID, opts...))
		},
		method: http.MethodDelete, target: "/mcp-configurations/" + mcpID, status: http.StatusNoContent, retried: true,
	},
	testMCPConfiguration("Test", "mcp_test_result", &freddy.MCPTestResult{
		Success: true, Status: "connected", Message: "Connection successful", AvailableTools: []string{"search_code", "create_issue"},
	}),
	testMCPConfiguration("Test that fails", "mcp_test_result_failed", &freddy.MCPTestResult{Status: "error", Message: "Connection refused"}),
}

func listMCPConfigurations(name string, params freddy.MCPConfigurationListParams, query string) serviceCall {
	return serviceCall{
		name: name,
		call: func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
			return c.MCPConfigurations().List(ctx, params, opts...)
		},
		method: http.MethodGet, target: "/mcp-configurations?" + query + "organization_id={org}", organization: organizationNeeded,
		response: "mcp_configurations_list_mixed", retried: true,
		want: &freddy.Page[freddy.MCPConfiguration]{
			Items: []*freddy.MCPConfiguration{documentedMCPConfiguration()},
			Extra: map[string]json.RawMessage{"total": json.RawMessage("1")},
		},
	}
}

func testMCPConfiguration(name, response string, want *freddy.MCPTestResult) serviceCall {
	return serviceCall{
		name: name,
		call: func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
			return c.MCPConfigurations().Test(ctx, mcpID, opts...)
		},
		method: http.MethodPost, target: "/mcp-configurations/" + mcpID + "/test", response: response, want: want,
	}
}

func TestMCPConfigurations(t *testing.T) {
	t.Parallel()
	testServiceCalls(t, mcpConfigurationCalls)
}

func TestMCPConfigurationArguments(t *testing.T) {
	t.Parallel()
	for name, call := range map[string]func(ctx context.Context, c *freddy.Client, id string) error{
		"Get": func(ctx context.Context, c *freddy.Client, id string) error {
			_, err := c.MCPConfigurations().Get(ctx, id)
			return err
		},
		"Update": func(ctx context.Context, c *freddy.Client, id string) error {
			_, err := c.MCPConfigurations().Update(ctx, id, freddy.MCPConfigurationUpdateParams{Active: freddy.Ptr(true)})
			return err
		},
		"Delete": func(ctx context.Context, c *freddy.Client, id string) error {
			return c.MCPConfigurations().Delete(ctx, id)
		},
		"Test": func(ctx context.Context, c *freddy.Client, id string) error {
			_, err := c.MCPConfigurations().Test(ctx, id)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testArguments(t, idCalls("id", call))
		})
	}
	create := func(change func(*freddy.MCPConfigurationCreateParams)) func(context.Context, *freddy.Client) error {
		return func(ctx context.Context, c *freddy.Client) error {
			params := documentedMCPCreation()
			change(&params)
			_, err := c.MCPConfigurations().Create(ctx, params)
			return err
		}
	}
	update := func(params freddy.MCPConfigurationUpdateParams) func(context.Context, *freddy.Client) error {
		return func(ctx context.Context, c *freddy.Client) error {
			_, err := c.MCPConfigurations().Update(ctx, mcpID, params)
			return err
		}
	}
	calls := []argumentCall{
		{"no name", "Name", create(func(p *freddy.MCPConfigurationCreateParams) { p.Name = "" })},
		{"no transport", "TransportType", create(func(p *freddy.MCPConfigurationCreateParams) { p.TransportType = "" })},
		{"no auth type", "AuthType", create(func(p *freddy.MCPConfigurationCreateParams) { p.AuthType = "" })},
		{"empty list of tools", "Tools.Allowed", create(func(p *freddy.MCPConfigurationCreateParams) {
			p.Tools = &freddy.ToolConfiguration{Enabled: true, Allowed: []string{}}
		})},
		{"credentials that are no JSON", "Credentials", create(func(p *freddy.MCPConfigurationCreateParams) {
			p.Credentials = freddy.NewCredentials(map[string]any{"a": make(chan int)})
		})},
		{"update of nothing", "params", update(freddy.MCPConfigurationUpdateParams{})},
		{"update with an empty list of tools", "Tools.Allowed", update(freddy.MCPConfigurationUpdateParams{
			Tools: &freddy.ToolConfiguration{Allowed: []string{}},
		})},
	}
	for _, address := range []string{
		"", "mcp.example.com", "http://mcp.example.com", "http://localhost:8000", "//mcp.example.com", "https:mcp.example.com",
		"https://", "https://:443", "https://mcp.example.com:99999", "javascript:alert(1)", "/path", "https://mcp.example.com/%zz",
	} {
		calls = append(calls,
			argumentCall{"server " + address, "ServerURL", create(func(p *freddy.MCPConfigurationCreateParams) { p.ServerURL = address })},
			argumentCall{"update to server " + address, "ServerURL", update(freddy.MCPConfigurationUpdateParams{ServerURL: &address})})
	}
	testArguments(t, calls)
}

// What is nil or zero is not sent.
func TestMCPConfigurationBodies(t *testing.T) {
	t.Parallel()
	stub := newAPIStub(apiReply{body: gen2(t, "mcp_configuration")})
	client := stub.client(t, freddy.WithOrganization(exampleOrganization))
	for _, tt := range []struct {
		params any
		want   string
	}{
		{
			freddy.MCPConfigurationCreateParams{
				Name: "n", ServerURL: "https://mcp.example.com", TransportType: freddy.MCPTransportStreamableHTTP, AuthType: freddy.MCPAuthTypeNone,
			},
			`{"organization_id":"org_example","name":"n","server_url":"https://mcp.example.com","transport_type":"streamable_http","auth_type":"none"}`,
		},
		{
			freddy.MCPConfigurationCreateParams{
				Name: "n", ServerURL: "https://mcp.example.com", TransportType: freddy.MCPTransportSSE, AuthType: freddy.MCPAuthTypeNone,
				Tools: &freddy.ToolConfiguration{Enabled: true},
			},
			`{"organization_id":"org_example","name":"n","server_url":"https://mcp.example.com","transport_type":"sse","auth_type":"none","tool_configuration":{"enabled":true,"allowed_tools":null}}`,
		},
		{freddy.MCPConfigurationUpdateParams{Active: freddy.Ptr(false)}, `{"is_active":false}`},
		{freddy.MCPConfigurationUpdateParams{Name: freddy.Ptr("")}, `{"name":""}`},
		{freddy.MCPConfigurationUpdateParams{ServerURL: freddy.Ptr("https://mcp.example.com")}, `{"server_url":"https://mcp.example.com"}`},
		{freddy.MCPConfigurationUpdateParams{Tools: &freddy.ToolConfiguration{}}, `{"tool_configuration":{"enabled":false,"allowed_tools":null}}`},
		{freddy.MCPConfigurationUpdateParams{Credentials: freddy.APIKeyCredentials("test-key")}, `{"credentials":{"type":"api_key","apiKey":"test-key"}}`},
	} {
		var err error
		switch params := tt.params.(type) {
		case freddy.MCPConfigurationCreateParams:
			_, err = client.MCPConfigurations().Create(t.Context(), params)
		case freddy.MCPConfigurationUpdateParams:
			_, err = client.MCPConfigurations().Update(t.Context(), mcpID, params)
		}
		require.NoError(t, err, tt.want)
		requests := stub.received()
		assert.JSONEq(t, tt.want, requests[len(requests)-1].body)
	}
}

func TestMCPConfigurationResponses(t *testing.T) {
	t.Parallel()
	get := func(ctx context.Context, c *freddy.Client) (any, error) { return c.MCPConfigurations().Get(ctx, mcpID) }
	list := func(ctx context.Context, c *freddy.Client) (any, error) {
		return c.MCPConfigurations().List(ctx, freddy.MCPConfigurationListParams{})
	}
	create := func(ctx context.Context, c *freddy.Client) (any, error) {
		return c.MCPConfigurations().Create(ctx, documentedMCPCreation())
	}
	test := func(ctx context.Context, c *freddy.Client) (any, error) {
		return c.MCPConfigurations().Test(ctx, mcpID)
	}
	testDecodeErrors(t, []decodeCall{
		{"no id", get, `{"name":"n"}`, "/id"},
		{"created without an id", create, `{"success":true,"data":{"name":"n"}}`, "/data/id"},
		{"created without a body", create, ``, ""},
		{"no configurations", list, `{"total":0}`, "/configurations"},
		{"a configuration without id", list, `{"configurations":[{"id":"mcp_1"},{}]}`, "/configurations/1/id"},
		{"in an array", list, `[{"id":null}]`, "/0/id"},
		{"test without success", test, `{"status":"connected"}`, "/success"},
		{"names that are numbers", test, `{"success":true,"available_tools":[1]}`, "/available_tools/0"},
	})
	t.Run("forms of a list", func(t *testing.T) {
		t.Parallel()
		for _, body := range []string{
			gen2(t, "mcp_configurations_list_mixed"),
			"[" + gen2(t, "mcp_configuration") + "]",
			`{"success":true,"data":` + gen2(t, "mcp_configurations_list_mixed") + `}`,
		} {
			stub := newAPIStub(apiReply{body: body})
			page, err := stub.client(t).MCPConfigurations().List(t.Context(), freddy.MCPConfigurationListParams{}, freddy.WithOrganization("org_1"))
			require.NoError(t, err, body)
			assert.Equal(t, []*freddy.MCPConfiguration{documentedMCPConfiguration()}, page.Items, body)
			assert.False(t, page.HasMore)
		}
	})
	t.Run("a lost creation may have succeeded", func(t *testing.T) {
		t.Parallel()
		for name, reply := range map[string]apiReply{
			"lost":     {err: errorText("connection reset by peer")},
			"504":      {status: http.StatusGatewayTimeout},
			"not JSON": {status: http.StatusCreated, body: "<html></html>"},
		} {
			stub := newAPIStub(reply)
			_, err := create(t.Context(), stub.client(t, freddy.WithOrganization("org_1")))
			require.Error(t, err, name)
			assert.True(t, freddy.MayHaveSucceeded(err), name)
			assert.Len(t, stub.received(), 1, name)
		}
	})
}

// A server may echo the credentials that it rejects.
func TestMCPCredentialsAreNotEchoed(t *testing.T) {
	t.Parallel()
	const token = "example-token-77c1e0"
	for name, reply := range map[string]apiReply{
		"in an error": {status: http.StatusBadRequest, header: http.Header{"X-Echo": {token}}, body: `{"success":false,"error":{"code":"` + token +
			`","message":"no ` + token + `","details":{"token":"` + token + `"}}}`},
		"in a validation error": {status: http.StatusUnprocessableEntity, body: `{"detail":[{"loc":["body","credentials"],"msg":"` + token + `","type":"x","input":"` + token + `"}]}`},
		"in a success":          {status: http.StatusCreated, body: `{"id":5,"credentials":{"token":"` + token + `"}}`},
		"in a network error":    {err: errorText("cannot send " + token)},
	} {
		for _, method := range []string{"Create", "Update"} {
			t.Run(method+" "+name, func(t *testing.T) {
				t.Parallel()
				var (
					log   bytes.Buffer
					shown []any
					err   error
				)
				client := newAPIStub(reply).client(t, freddy.WithOrganization(exampleOrganization), freddy.WithMaxRetries(0),
					freddy.WithLogger(slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))),
					freddy.WithHooks(recordingHooks(&shown)))
				credentials := freddy.NewCredentials(map[string]any{"nested": []any{map[string]any{"token": token}}})
				if method == "Create" {
					params := documentedMCPCreation()
					params.Credentials = credentials
					_, err = client.MCPConfigurations().Create(t.Context(), params)
				} else {
					_, err = client.MCPConfigurations().Update(t.Context(), mcpID, freddy.MCPConfigurationUpdateParams{Credentials: credentials})
				}
				require.Error(t, err)
				require.Len(t, shown, 4)
				faulty.NoSecret(t, token, err, shown, log.String())
			})
		}
	}
}

// A model never has the credentials, whatever the server sends.
func TestMCPConfigurationHasNoCredentials(t *testing.T) {
	t.Parallel()
	stub := newAPIStub(apiReply{body: `{"id":"mcp_1","credentials":{"token":"example-token-77c1e0"},"region":"eu"}`})
	configuration, err := stub.client(t).MCPConfigurations().Get(t.Context(), "mcp_1")
	require.NoError(t, err)
	assert.Equal(t, map[string]json.RawMessage{"region": json.RawMessage(`"eu"`)}, configuration.Extra)
	faulty.NoSecret(t, "example-token-77c1e0", configuration)
}
