package freddytest_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/freddytest"
)

const (
	mcpPath           = "/v1/mcp-configurations"
	organizationQuery = "?organization_id=" + organization
)

// addDocumented adds the documented samples of each kind.
func addDocumented(t *testing.T, fake *freddytest.Fake) {
	t.Helper()
	fake.AddAccount(fixtureOf[freddy.Account](t, "gen2/account.json"))
	for _, connection := range fixtureOf[struct{ Connections []freddy.Connection }](t, "gen2/connections_list.json").Connections {
		fake.AddConnection(connection)
	}
	fake.AddMCPConfiguration(fixtureOf[freddy.MCPConfiguration](t, "gen2/mcp_configuration.json"))
}

// fixtureOf returns a documented sample.
func fixtureOf[T any](t *testing.T, name string) T {
	t.Helper()
	var value T
	require.NoError(t, json.Unmarshal([]byte(fixture(t, name)), &value))
	return value
}

// The path of the accounts is that of the catalogue.
func TestOrganizationSelectsAccountsOrCatalogue(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	assert.Contains(t, get(t, server, connectorsPath).body, `"object":"personal_connector"`)
	for _, query := range []string{"?organization_id=org_1", "?organizationId=org_1", "?organization_id=org_1&forceCheck=true"} {
		got := get(t, server, connectorsPath+query)
		assert.Equal(t, http.StatusOK, got.status, query)
		assert.Equal(t, "[]", got.body, query)
	}
	addDocumented(t, server.Fake)
	got := get(t, server, connectorsPath+organizationQuery)
	assert.JSONEq(t, "["+fixture(t, "gen2/account.json")+"]", got.body)
}

// The Fake sends back the documented bodies that were added to it.
func TestDocumentedBodies(t *testing.T) {
	t.Parallel()
	const (
		connection    = "tcred_43a8fec047f64ba991fbc5f8fa25d2c9"
		configuration = "mcp_1234567890abcdef1234567890abcdef"
	)
	server := freddytest.NewServer(t)
	addDocumented(t, server.Fake)
	server.SetAccountTools("pcon_abc123",
		freddy.AccountTool{Name: "jira_create_issue", Description: "Create an issue in a Jira project.", Enabled: true},
		freddy.AccountTool{Name: "jira_delete_issue", Description: "Delete an issue from a Jira project."},
	)
	tests := []struct{ method, path, body, want string }{
		{http.MethodGet, connectorsPath + "/pcon_abc123/tools", "", "account_tools"},
		{http.MethodPatch, connectorsPath + "/pcon_abc123/tools", "account_tools_update_some", "account_tools_update_response"},
		{http.MethodGet, connectorsPath + "/connections/clickup" + organizationQuery, "", "connections_list"},
		{http.MethodPatch, connectorsPath + "/connections/" + connection + "/active" + organizationQuery, "connection_active_request", "connection_active_response"},
		{http.MethodGet, mcpPath + "/" + configuration, "", "mcp_configuration"},
	}
	for _, tt := range tests {
		body := ""
		if tt.body != "" {
			body = fixture(t, "gen2/"+tt.body+".json")
		}
		got := send(t, server, tt.method, tt.path, bearer(), body)
		assert.Equal(t, http.StatusOK, got.status, tt.path)
		assert.JSONEq(t, fixture(t, "gen2/"+tt.want+".json"), got.body, tt.path)
	}
	server.AddAccount(fixtureOf[freddy.Account](t, "gen2/account_minimal.json"))
	want := strings.ReplaceAll(fixture(t, "gen2/account_minimal.json"), "+00:00", "Z")
	assert.JSONEq(t, "["+want+"]", get(t, server, connectorsPath+organizationQuery).body)
}

// Bodies whose values are the Fake's own have the documented members.
func TestDocumentedMembers(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	addDocumented(t, server.Fake)
	const id = "tcred_43a8fec047f64ba991fbc5f8fa25d2c9"
	require.True(t, server.Break(id, "The token was revoked."))
	server.AddMCPConfiguration(freddy.MCPConfiguration{ID: "mcp_down", ErrorMessage: "Connection refused"})
	tests := []struct{ method, path, want string }{
		{http.MethodGet, connectorsPath + "/available/slack", "available_connector"},
		{http.MethodGet, connectorsPath + "/tcred_0f1e2d3c4b5a69788796a5b4c3d2e1f0/health", "connection_health"},
		{http.MethodGet, connectorsPath + "/" + id + "/health", "connection_health_unhealthy"},
		{http.MethodPost, connectorsPath + "/tcred_0f1e2d3c4b5a69788796a5b4c3d2e1f0/test", "connection_test"},
		{http.MethodPost, connectorsPath + "/" + id + "/test", "connection_test_failed"},
		{http.MethodPost, mcpPath + "/mcp_1234567890abcdef1234567890abcdef/test", "mcp_test_result"},
		{http.MethodPost, mcpPath + "/mcp_down/test", "mcp_test_result_failed"},
		{http.MethodGet, mcpPath + organizationQuery, "mcp_configurations_list_mixed"},
	}
	for _, tt := range tests {
		got := send(t, server, tt.method, tt.path, bearer(), "")
		assert.Equal(t, http.StatusOK, got.status, tt.path)
		assert.ElementsMatch(t, names(t, fixture(t, "gen2/"+tt.want+".json")), names(t, got.body), tt.path)
	}
	var list []json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(get(t, server, connectorsPath+"/available").body), &list))
	require.Len(t, list, 4)
	assert.JSONEq(t, `{"type":"slack","name":"Slack","description":"Read channels and post messages in Slack",
		"icon_id":null,"icon_url":"https://icons.example.com/slack.png","requires_oauth":true}`, string(list[0]))
}

// names returns the names of the members of an object.
func names(t *testing.T, body string) []string {
	t.Helper()
	var members map[string]json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(body), &members))
	var names []string
	for name := range members {
		names = append(names, name)
	}
	return names
}

// Trace ids and times differ; everything else is to the letter.
func TestErrorsOfAccounts(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	addDocumented(t, server.Fake)
	other := http.Header{"X-Api-Key": {"another-key"}}
	const (
		unauthorized  = "error_unauthorized"
		required      = "error_authentication_required"
		organization  = "error_missing_organization"
		notFound      = "" // no documented body
		id, unknownID = "/tcred_43a8fec047f64ba991fbc5f8fa25d2c9", "/unknown"
	)
	tests := []struct {
		method, path string
		header       http.Header
		body         string
		status       int
		want         string
	}{
		{http.MethodGet, connectorsPath + organizationQuery, other, "", 401, unauthorized},
		{http.MethodDelete, connectorsPath + "/pcon_abc123", other, "", 401, unauthorized},
		{http.MethodGet, mcpPath + organizationQuery, other, "", 401, unauthorized},
		{http.MethodGet, connectorsPath + "/available/slack", other, "", 401, required},
		{http.MethodGet, connectorsPath + "/connections/slack", other, "", 401, required},
		{http.MethodPost, connectorsPath + "/authorize", other, "{}", 401, required},
		{http.MethodGet, connectorsPath + "?organization_id=", bearer(), "", 422, organization},
		{http.MethodGet, connectorsPath + "/connections/slack", bearer(), "", 422, organization},
		{http.MethodGet, connectorsPath + "/connections/slack?organizationId=org_1", bearer(), "", 422, organization},
		{http.MethodPatch, connectorsPath + "/connections" + id + "/active", bearer(), `{"is_active":true}`, 422, organization},
		{http.MethodPost, connectorsPath + "/complete-oauth", bearer(), `{"state_token":"x"}`, 422, organization},
		{http.MethodGet, mcpPath, bearer(), "", 422, organization},
		{http.MethodPatch, connectorsPath + unknownID, bearer(), `{"is_active":true}`, 404, notFound},
		{http.MethodDelete, connectorsPath + unknownID, bearer(), "", 404, notFound},
		{http.MethodGet, connectorsPath + unknownID + "/tools", bearer(), "", 404, notFound},
		{http.MethodPatch, connectorsPath + unknownID + "/tools", bearer(), `{"enabled":true}`, 404, notFound},
		{http.MethodGet, connectorsPath + "/available" + unknownID, bearer(), "", 404, notFound},
		{http.MethodGet, connectorsPath + "/connections" + unknownID + organizationQuery, bearer(), "", 404, notFound},
		{http.MethodPatch, connectorsPath + "/connections" + unknownID + "/active" + organizationQuery, bearer(), `{"is_active":true}`, 404, notFound},
		{http.MethodGet, connectorsPath + unknownID + "/health", bearer(), "", 404, notFound},
		{http.MethodPost, connectorsPath + unknownID + "/test", bearer(), "", 404, notFound},
		{http.MethodGet, mcpPath + unknownID, bearer(), "", 404, notFound},
		{http.MethodPut, mcpPath + unknownID, bearer(), "{}", 404, notFound},
		{http.MethodDelete, mcpPath + unknownID, bearer(), "", 404, notFound},
		{http.MethodPost, mcpPath + unknownID + "/test", bearer(), "", 404, notFound},
	}
	for _, tt := range tests {
		t.Run(tt.method+" "+tt.path, func(t *testing.T) {
			t.Parallel()
			got := send(t, server, tt.method, tt.path, tt.header, tt.body)
			assert.Equal(t, tt.status, got.status)
			var body, want struct{ Error map[string]any }
			require.NoError(t, json.Unmarshal([]byte(got.body), &body))
			switch tt.want {
			case organization:
				assert.JSONEq(t, fixture(t, "gen2/"+tt.want+".json"), got.body)
			case notFound:
				assert.Equal(t, "NOT_FOUND", body.Error["code"])
				assert.Equal(t, got.header.Get("X-Request-Id"), body.Error["trace_id"])
			default:
				require.NoError(t, json.Unmarshal([]byte(fixture(t, "gen2/"+tt.want+".json")), &want))
				assert.Equal(t, got.header.Get("X-Request-Id"), body.Error["trace_id"])
				body.Error["trace_id"], body.Error["timestamp"] = want.Error["trace_id"], want.Error["timestamp"]
				assert.Equal(t, want, body)
			}
		})
	}
}

func TestInvalidBodiesOfAccounts(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	addDocumented(t, server.Fake)
	const (
		tools  = connectorsPath + "/pcon_abc123/tools"
		create = `{"name":"n","organization_id":"org_1","server_url":"https://example.com","transport_type":"sse","auth_type":"none"`
	)
	tests := []struct{ method, path, body, want string }{
		{http.MethodPatch, connectorsPath + "/pcon_abc123", `{}`, `"loc":["body","is_active"],"msg":"Field required"`},
		{http.MethodPatch, connectorsPath + "/pcon_abc123", `{"is_active":"yes"}`, `"bool_type"`},
		{http.MethodPatch, tools, `{"allowed_tools":["a"]}`, `"loc":["body","enabled"],"msg":"Field required"`},
		{http.MethodPatch, tools, `{"enabled":true,"allowed_tools":{}}`, `"list_type"`},
		{http.MethodPatch, tools, `{"enabled":true,"allowed_tools":["a",1]}`, `"loc":["body","allowed_tools"],"msg":"Input should be a valid string","type":"string_type"`},
		{http.MethodPatch, tools, `{"enabled":true,"allowed_tools":[]}`, `"too_short"`},
		{http.MethodPost, mcpPath, `{}`, `"loc":["body","organization_id"],"msg":"Field required"`},
		{http.MethodPost, mcpPath, create + `,"credentials":"x"}`, `"dict_type"`},
		{http.MethodPost, mcpPath, create + `,"tool_configuration":{"enabled":"x"}}`, `"loc":["body","tool_configuration"],"msg":"Input should be a valid bool"`},
		{http.MethodPost, mcpPath, create + `,"tool_configuration":{"enabled":true,"allowed_tools":[]}}`, `"too_short"`},
		{http.MethodPut, mcpPath + "/mcp_xyz789", `{"name":null}`, `"string_type"`},
		{http.MethodPut, mcpPath + "/mcp_xyz789", `{"transport_type":"sse"}`, `"extra_forbidden"`},
		{http.MethodPut, mcpPath + "/mcp_xyz789", `{"tool_configuration":{"enabled":true,"allowed_tools":[]}}`, `"too_short"`},
		{http.MethodGet, mcpPath + organizationQuery + "&type=other", "", `"loc":["query","type"]`},
		{http.MethodGet, mcpPath + organizationQuery + "&is_active=1", "", `"loc":["query","is_active"]`},
		{http.MethodGet, connectorsPath + organizationQuery + "&forceCheck=1", "", `"loc":["query","forceCheck"]`},
	}
	for _, tt := range tests {
		got := send(t, server, tt.method, tt.path, bearer(), tt.body)
		assert.Equal(t, http.StatusUnprocessableEntity, got.status, "%s %s", tt.path, tt.body)
		assert.Contains(t, got.body, tt.want, "%s %s", tt.path, tt.body)
	}
}

func TestAccountTools(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	server.AddAccount(freddy.Account{ID: "pcon_1", Type: "atlassian"})
	server.AddAccount(freddy.Account{ID: "pcon_2", Type: "other"})
	accounts := server.Client().Accounts()
	tools := func() (enabled bool, allowed string) {
		state, err := accounts.Tools(t.Context(), "pcon_1")
		require.NoError(t, err)
		var names []string
		for _, tool := range state.Tools {
			if tool.Enabled {
				names = append(names, tool.Name)
			}
		}
		return state.Enabled, strings.Join(names, " ")
	}
	_, all := tools()
	require.Contains(t, all, "jira_create_issue ")
	for _, tt := range []struct {
		params  freddy.AccountToolsParams
		allowed string
	}{
		{freddy.AccountToolsParams{Enabled: true, Allowed: []string{"jira_create_issue", "unknown"}}, "jira_create_issue"},
		{freddy.AccountToolsParams{Enabled: false}, all},
		{freddy.AccountToolsParams{Enabled: true}, all},
	} {
		require.NoError(t, accounts.SetTools(t.Context(), "pcon_1", tt.params))
		enabled, allowed := tools()
		assert.Equal(t, tt.params.Enabled, enabled)
		assert.Equal(t, tt.allowed, allowed)
	}
	state, err := accounts.Tools(t.Context(), "pcon_2")
	require.NoError(t, err)
	assert.Empty(t, state.Tools)

	mine := freddy.AccountTool{Name: "mine", Enabled: true}
	server.SetAccountTools("pcon_1", mine)
	_, allowed := tools()
	assert.Equal(t, "mine", allowed)
}

func TestAccountAndItsMCPConfiguration(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	client := accountsClient(server)
	server.AddAccount(freddy.Account{ID: "pcon_1", Type: "github", AccountEmail: "ada@example.com", Active: true, MCPConfigurationID: "mcp_1"})
	server.AddConnection(freddy.Connection{ID: "tcred_1", ToolKey: "github", AccountEmail: "ada@example.com", Active: true})
	server.AddConnection(freddy.Connection{ID: "tcred_2", ToolKey: "slack", AccountEmail: "ada@example.com", Active: true})
	configuration, err := client.MCPConfigurations().Get(t.Context(), "mcp_1")
	require.NoError(t, err)
	assert.True(t, configuration.Active)
	result, err := client.MCPConfigurations().Test(t.Context(), "mcp_1")
	require.NoError(t, err)
	assert.Contains(t, result.AvailableTools, "github_search_code")

	account, err := client.Accounts().SetActive(t.Context(), "pcon_1", false)
	require.NoError(t, err)
	assert.False(t, account.Active)
	configuration, err = client.MCPConfigurations().Get(t.Context(), "mcp_1")
	require.NoError(t, err)
	assert.False(t, configuration.Active)

	require.NoError(t, client.Accounts().Disconnect(t.Context(), "pcon_1"))
	require.ErrorIs(t, client.Accounts().Disconnect(t.Context(), "pcon_1"), freddy.ErrNotFound)
	_, err = client.MCPConfigurations().Get(t.Context(), "mcp_1")
	require.ErrorIs(t, err, freddy.ErrNotFound)
	assert.Empty(t, emails(t, client, "github"))
	assert.Equal(t, "ada@example.com", emails(t, client, "slack"), "of another tool")
}

func TestAddedAccountsAreCopies(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	client := accountsClient(server)
	synced := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	account := freddy.Account{ID: "pcon_1", Type: "github", LastSyncAt: &synced, Extra: map[string]json.RawMessage{"x": json.RawMessage("1")}}
	server.AddAccount(account)
	account.Extra["x"] = json.RawMessage("2")
	synced = synced.Add(time.Hour)
	server.AddAccount(freddy.Account{ID: "pcon_2", Type: "github"})
	server.AddAccount(freddy.Account{ID: "pcon_2", Type: "slack"})
	page, err := client.Accounts().List(t.Context(), freddy.AccountListParams{})
	require.NoError(t, err)
	require.Len(t, page.Items, 2)
	assert.Equal(t, 3, page.Items[0].LastSyncAt.Hour())
	assert.Equal(t, map[string]json.RawMessage{"x": json.RawMessage("1")}, page.Items[0].Extra)
	assert.Equal(t, "slack", page.Items[1].Type, "replaced")

	tools := []freddy.AccountTool{{Name: "a", Enabled: true}}
	server.SetAccountTools("pcon_1", tools...)
	tools[0].Name = "b"
	state, err := client.Accounts().Tools(t.Context(), "pcon_1")
	require.NoError(t, err)
	assert.Equal(t, "a", state.Tools[0].Name)
}

func TestBreak(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	connections := accountsClient(server).Connections()
	server.AddConnection(freddy.Connection{ID: "tcred_1", ToolKey: "github", Active: true})
	check := func(status freddy.HealthStatus, reason string) {
		t.Helper()
		health, err := connections.Health(t.Context(), "tcred_1")
		require.NoError(t, err)
		assert.Equal(t, status, health.Status)
		assert.Equal(t, reason, health.Reason)
		assert.True(t, health.Active, "the user's switch")
		result, err := connections.Test(t.Context(), "tcred_1")
		require.NoError(t, err)
		assert.Equal(t, reason == "", result.Success)
		assert.Equal(t, "github", result.ToolKey)
		if reason != "" {
			assert.Equal(t, reason, result.Message)
			assert.Zero(t, result.ExecutionTime)
		}
	}
	check(freddy.HealthStatusHealthy, "")
	assert.True(t, server.Break("tcred_1", "The token was revoked."))
	check(freddy.HealthStatusUnhealthy, "The token was revoked.")
	assert.False(t, server.Break("unknown", "No."))
	server.AddConnection(freddy.Connection{ID: "tcred_1", ToolKey: "github", Active: true})
	check(freddy.HealthStatusHealthy, "")
}

func TestConnectionsOfAnAddedTool(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	client := accountsClient(server)
	server.AddConnection(freddy.Connection{ID: "tcred_1", ToolKey: "acme", ConnectionID: "conn_1"})
	page, err := client.Connections().List(t.Context(), "acme", freddy.ConnectionListParams{ApplicationID: "other"})
	require.NoError(t, err, "although it cannot be connected")
	require.Len(t, page.Items, 1)
	assert.Equal(t, json.RawMessage(`"acme"`), page.Extra["tool_key"])

	no := false
	server.AddAvailableConnector(freddy.AvailableConnector{Key: "acme", Name: "Acme", RequiresOAuth: &no})
	connector, err := client.AvailableConnectors().Get(t.Context(), "acme")
	require.NoError(t, err)
	assert.False(t, *connector.Connected, "the connection is not active")
	assert.Equal(t, "conn_1", connector.ConnectionID)
	assert.Equal(t, freddy.ReleaseChannelStable, connector.ReleaseChannel)
	listed, err := client.AvailableConnectors().List(t.Context())
	require.NoError(t, err)
	require.Len(t, listed.Items, 5)
	assert.Equal(t, freddy.AvailableConnector{Key: "acme", Name: "Acme", RequiresOAuth: &no}, *listed.Items[4])

	yes := true
	server.AddAvailableConnector(freddy.AvailableConnector{Key: "acme", Connected: &yes, ConnectionID: "conn_2", ReleaseChannel: "alpha"})
	connector, err = client.AvailableConnectors().Get(t.Context(), "acme")
	require.NoError(t, err)
	assert.True(t, *connector.Connected)
	assert.Equal(t, "conn_2", connector.ConnectionID)
	assert.Equal(t, freddy.ReleaseChannel("alpha"), connector.ReleaseChannel)
	assert.True(t, server.Consent(authorize(t, client, "acme").State, ""))
}

func TestMCPConfigurations(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	configurations := accountsClient(server).MCPConfigurations()
	created, err := configurations.Create(t.Context(), freddy.MCPConfigurationCreateParams{
		Name: "Mine", ServerURL: "https://mcp.example.com", TransportType: freddy.MCPTransportSSE,
		AuthType: freddy.MCPAuthTypeBearerToken, Credentials: freddy.BearerCredentials(secret),
		Tools: &freddy.ToolConfiguration{Enabled: true, Allowed: []string{"a"}},
	})
	require.NoError(t, err)
	assert.Equal(t, freddy.MCPConfiguration{
		ID: "mcp_000001", Name: "Mine", Type: freddy.MCPConfigurationTypeCustom, OrganizationID: organization, UserID: "user_fake",
		ServerURL: "https://mcp.example.com", TransportType: freddy.MCPTransportSSE, AuthType: freddy.MCPAuthTypeBearerToken,
		Active: true, ConnectionStatus: "unknown", CreatedAt: created.CreatedAt, UpdatedAt: created.CreatedAt,
	}, *created)
	assert.Contains(t, string(server.Requests()[0].Body), secret)
	assert.NotContains(t, get(t, server, mcpPath+"/mcp_000001").body, secret)

	updated, err := configurations.Update(t.Context(), created.ID, freddy.MCPConfigurationUpdateParams{Active: freddy.Ptr(false)})
	require.NoError(t, err)
	assert.False(t, updated.Active)
	assert.Equal(t, "Mine", updated.Name, "unchanged")
	patched := send(t, server, http.MethodPatch, mcpPath+"/mcp_000001", bearer(), `{"name":"Ours","server_url":"https://example.com"}`)
	assert.Equal(t, http.StatusOK, patched.status)
	assert.Contains(t, patched.body, `"name":"Ours"`)
	assert.Contains(t, patched.body, `"serverUrl":"https://example.com"`)

	server.AddMCPConfiguration(freddy.MCPConfiguration{ID: "mcp_down", Type: freddy.MCPConfigurationTypeStreamline, Active: true, ErrorMessage: "Connection refused"})
	for filter, want := range map[string]int{"": 2, "&type=custom": 1, "&type=streamline": 1, "&is_active=true": 1, "&is_active=true&type=custom": 0} {
		var body struct {
			Configurations []json.RawMessage
			Total          int
		}
		require.NoError(t, json.Unmarshal([]byte(get(t, server, mcpPath+organizationQuery+filter).body), &body))
		assert.Len(t, body.Configurations, want, filter)
		assert.Equal(t, want, body.Total, filter)
	}

	for id, status := range map[string]string{"mcp_000001": "connected", "mcp_down": "error"} {
		result, err := configurations.Test(t.Context(), id)
		require.NoError(t, err)
		assert.Equal(t, status == "connected", result.Success, id)
		assert.Equal(t, status, result.Status, id)
		got, err := configurations.Get(t.Context(), id)
		require.NoError(t, err)
		assert.Equal(t, status, got.ConnectionStatus, id)
		assert.Equal(t, status == "connected", got.LastConnectedAt != nil, id)
	}
	require.NoError(t, configurations.Delete(t.Context(), created.ID))
	require.ErrorIs(t, configurations.Delete(t.Context(), created.ID), freddy.ErrNotFound)
}

func TestConcurrentSignIns(t *testing.T) {
	t.Parallel()
	const users = 20
	server := freddytest.NewServer(t)
	client := accountsClient(server)
	var wg sync.WaitGroup
	for i := range users {
		wg.Go(func() {
			authorization, err := client.Connections().Authorize(t.Context(), freddy.AuthorizeParams{ConnectorType: "github"})
			if assert.NoError(t, err) {
				assert.True(t, server.Consent(authorization.State, strings.Repeat("a", i+1)+"@example.com"))
			}
			_, err = client.Accounts().List(t.Context(), freddy.AccountListParams{})
			assert.NoError(t, err)
		})
	}
	wg.Wait()
	page, err := client.Connections().List(t.Context(), "github", freddy.ConnectionListParams{})
	require.NoError(t, err)
	assert.Len(t, page.Items, users)
}
