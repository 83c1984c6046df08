package contract_test

import (
	"context"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/aitronos/freddy-go"
)

// The ids of the calls. The fake has what they name.
const (
	connectorID     = "pcon_github"
	configurationID = "pconf_example"
	accountID       = "pcon_example"
	toolKey         = "slack"
	connectionID    = "tcred_example"
	mcpID           = "mcp_example"
	organization    = "org_example"
)

// call is a call of a method of a service.
type call struct {
	method    string // Connectors.Get
	operation string // of the description
	do        func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error)

	// successes are the examples that the method accepts, if not all of the operation.
	successes []string
}

var (
	credentials = freddy.OAuth2Credentials(freddy.OAuth2Token{
		AccessToken: "example-token", RefreshToken: "example-refresh", ExpiresAt: time.Unix(1767225599, 0),
	})
	settings = map[string]any{"repository": "example/repository", "branch": nil, "paths": []string{"src/"}}

	catalogueOnly = []string{"accounts_list_catalogue"}
	accountsOnly  = []string{"accounts_list"}
)

// calls has each method of each service, with as few and with as many parameters
// as possible.
var calls = []call{
	{"Connectors.Get", "getConnector", func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
		return c.Connectors().Get(ctx, connectorID, opts...)
	}, nil},
	{"Connectors.List", "listConnectorsOrAccounts", func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
		return c.Connectors().List(ctx, freddy.ConnectorListParams{}, opts...)
	}, catalogueOnly},
	{"Connectors.List", "listConnectorsOrAccounts", func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
		return c.Connectors().List(ctx, freddy.ConnectorListParams{
			Type: freddy.ConnectorTypeAitronosBuilt, Category: freddy.CategoryDesign, Status: freddy.ConnectorStatusDeprecated,
			Limit: 100, Offset: 1,
		}, opts...)
	}, catalogueOnly},
	{"Connectors.All", "listConnectorsOrAccounts", func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
		return freddy.Collect(c.Connectors().All(ctx, freddy.ConnectorListParams{}, opts...))
	}, catalogueOnly},

	{"Configurations.Create", "createConfiguration", func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
		return c.Configurations().Create(ctx, freddy.ConfigurationCreateParams{
			PersonalConnectorID: connectorID, Name: "Example", Credentials: freddy.NewCredentials(map[string]any{}),
		}, opts...)
	}, nil},
	{"Configurations.Create", "createConfiguration", func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
		return c.Configurations().Create(ctx, freddy.ConfigurationCreateParams{
			PersonalConnectorID: connectorID, Name: "Example", Credentials: credentials, Configuration: settings,
			Description: "An example", Metadata: map[string]any{"team": "example"}, Enabled: freddy.Ptr(false),
		}, opts...)
	}, nil},
	{"Configurations.Get", "getConfiguration", func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
		return c.Configurations().Get(ctx, configurationID, opts...)
	}, nil},
	{"Configurations.List", "listConfigurations", func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
		return c.Configurations().List(ctx, freddy.ConfigurationListParams{}, opts...)
	}, nil},
	{"Configurations.List", "listConfigurations", func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
		return c.Configurations().List(ctx, freddy.ConfigurationListParams{
			PersonalConnectorID: connectorID, Enabled: freddy.Ptr(true), HealthStatus: freddy.HealthStatusUnhealthy,
			Limit: 1, After: configurationID,
		}, opts...)
	}, nil},
	{"Configurations.All", "listConfigurations", func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
		return freddy.Collect(c.Configurations().All(ctx, freddy.ConfigurationListParams{}, opts...))
	}, nil},
	{"Configurations.Update", "updateConfiguration", func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
		return c.Configurations().Update(ctx, configurationID, freddy.ConfigurationUpdateParams{Description: freddy.Ptr("")}, opts...)
	}, nil},
	{"Configurations.Update", "updateConfiguration", func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
		return c.Configurations().Update(ctx, configurationID, freddy.ConfigurationUpdateParams{
			Name: freddy.Ptr("Renamed"), Configuration: settings, Credentials: credentials,
			Description: freddy.Ptr("An example"), Metadata: map[string]any{"team": nil},
		}, opts...)
	}, nil},
	{"Configurations.Delete", "deleteConfiguration", func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
		return nil, c.Configurations().Delete(ctx, configurationID, opts...)
	}, nil},
	{"Configurations.SetEnabled", "toggleConfiguration", func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
		return c.Configurations().SetEnabled(ctx, configurationID, false, opts...)
	}, nil},
	{"Configurations.Test", "testConfiguration", func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
		return c.Configurations().Test(ctx, configurationID, opts...)
	}, nil},
	{"Configurations.Tools", "listConfigurationTools", func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
		return c.Configurations().Tools(ctx, configurationID, freddy.ToolListParams{}, opts...)
	}, nil},
	{"Configurations.Tools", "listConfigurationTools", func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
		return c.Configurations().Tools(ctx, configurationID, freddy.ToolListParams{ForceRefresh: true}, opts...)
	}, nil},

	{"AvailableConnectors.List", "listAvailableConnectors", func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
		return c.AvailableConnectors().List(ctx, opts...)
	}, nil},
	{"AvailableConnectors.Get", "getAvailableConnector", func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
		return c.AvailableConnectors().Get(ctx, toolKey, opts...)
	}, nil},

	{"Accounts.List", "listConnectorsOrAccounts", func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
		return c.Accounts().List(ctx, freddy.AccountListParams{}, opts...)
	}, accountsOnly},
	{"Accounts.List", "listConnectorsOrAccounts", func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
		return c.Accounts().List(ctx, freddy.AccountListParams{ForceCheck: true}, opts...)
	}, accountsOnly},
	{"Accounts.SetActive", "updateAccount", func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
		return c.Accounts().SetActive(ctx, accountID, false, opts...)
	}, nil},
	{"Accounts.Disconnect", "disconnectAccount", func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
		return nil, c.Accounts().Disconnect(ctx, accountID, opts...)
	}, nil},
	{"Accounts.Tools", "getAccountTools", func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
		return c.Accounts().Tools(ctx, accountID, opts...)
	}, nil},
	{"Accounts.SetTools", "updateAccountTools", func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
		return nil, c.Accounts().SetTools(ctx, accountID, freddy.AccountToolsParams{}, opts...)
	}, nil},
	{"Accounts.SetTools", "updateAccountTools", func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
		return nil, c.Accounts().SetTools(ctx, accountID, freddy.AccountToolsParams{Enabled: true, Allowed: []string{"example"}}, opts...)
	}, nil},

	{"Connections.List", "listConnections", func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
		return c.Connections().List(ctx, toolKey, freddy.ConnectionListParams{}, opts...)
	}, nil},
	{"Connections.List", "listConnections", func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
		return c.Connections().List(ctx, toolKey, freddy.ConnectionListParams{ApplicationID: "example"}, opts...)
	}, nil},
	{"Connections.SetActive", "updateConnection", func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
		return nil, c.Connections().SetActive(ctx, connectionID, true, opts...)
	}, nil},
	{"Connections.Health", "getConnectionHealth", func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
		return c.Connections().Health(ctx, connectionID, opts...)
	}, nil},
	{"Connections.Test", "testConnection", func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
		return c.Connections().Test(ctx, connectionID, opts...)
	}, nil},
	{"Connections.Authorize", "authorizeConnection", func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
		return c.Connections().Authorize(ctx, freddy.AuthorizeParams{ConnectorType: toolKey}, opts...)
	}, nil},
	{"Connections.Authorize", "authorizeConnection", func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
		return c.Connections().Authorize(ctx, freddy.AuthorizeParams{
			ConnectorType: toolKey, IntegrationParams: map[string]any{"site_name": "Example"},
		}, opts...)
	}, nil},
	{"Connections.Complete", "completeConnection", func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
		return c.Connections().Complete(ctx, "example-state", opts...)
	}, nil},
	{"Connections.Wait", "listConnections", func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
		return c.Connections().Wait(ctx, toolKey, freddy.WaitParams{}, opts...)
	}, []string{"connections_list"}},

	{"MCPConfigurations.Create", "createMCPConfiguration", func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
		return c.MCPConfigurations().Create(ctx, freddy.MCPConfigurationCreateParams{
			Name: "Example", ServerURL: "https://mcp.example.com",
			TransportType: freddy.MCPTransportSSE, AuthType: freddy.MCPAuthTypeNone,
		}, opts...)
	}, nil},
	{"MCPConfigurations.Create", "createMCPConfiguration", func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
		return c.MCPConfigurations().Create(ctx, freddy.MCPConfigurationCreateParams{
			Name: "Example", ServerURL: "https://mcp.example.com",
			TransportType: freddy.MCPTransportStreamableHTTP, AuthType: freddy.MCPAuthTypeBearerToken,
			Credentials: credentials, Tools: &freddy.ToolConfiguration{Enabled: true, Allowed: []string{"example"}},
		}, opts...)
	}, nil},
	{"MCPConfigurations.Get", "getMCPConfiguration", func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
		return c.MCPConfigurations().Get(ctx, mcpID, opts...)
	}, nil},
	{"MCPConfigurations.List", "listMCPConfigurations", func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
		return c.MCPConfigurations().List(ctx, freddy.MCPConfigurationListParams{}, opts...)
	}, nil},
	{"MCPConfigurations.List", "listMCPConfigurations", func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
		return c.MCPConfigurations().List(ctx, freddy.MCPConfigurationListParams{
			Type: freddy.MCPConfigurationTypePersonalConnector, Active: freddy.Ptr(true),
		}, opts...)
	}, nil},
	{"MCPConfigurations.Update", "updateMCPConfiguration", func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
		return c.MCPConfigurations().Update(ctx, mcpID, freddy.MCPConfigurationUpdateParams{Active: freddy.Ptr(false)}, opts...)
	}, nil},
	{"MCPConfigurations.Update", "updateMCPConfiguration", func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
		return c.MCPConfigurations().Update(ctx, mcpID, freddy.MCPConfigurationUpdateParams{
			Name: freddy.Ptr("Renamed"), ServerURL: freddy.Ptr("https://other.example.com"), Active: freddy.Ptr(true),
			Credentials: credentials, Tools: &freddy.ToolConfiguration{},
		}, opts...)
	}, nil},
	{"MCPConfigurations.Delete", "deleteMCPConfiguration", func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
		return nil, c.MCPConfigurations().Delete(ctx, mcpID, opts...)
	}, nil},
	{"MCPConfigurations.Test", "testMCPConfiguration", func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
		return c.MCPConfigurations().Test(ctx, mcpID, opts...)
	}, nil},
}

// options returns the options of a client for a call: the host and the
// authentication that the pages of its service name.
func (c call) options() []freddy.Option {
	opts := []freddy.Option{freddy.WithOrganization(organization), freddy.WithMaxRetries(0)}
	if strings.HasPrefix(c.method, "Connectors.") || strings.HasPrefix(c.method, "Configurations.") {
		return append(opts, freddy.WithBaseURL(freddy.DefaultBaseURL), freddy.WithAuthScheme(freddy.AuthSchemeBearer))
	}
	return append(opts, freddy.WithBaseURL(freddy.ConnectionsBaseURL), freddy.WithAuthScheme(freddy.AuthSchemeXAPIKey))
}

// Every method of every service is in calls, and so is every operation but the one
// that is for browsers only.
func TestCallsAreComplete(t *testing.T) {
	methods, operations := make(map[string]bool), map[string]bool{"oauthCallback": true}
	for _, c := range calls {
		methods[c.method], operations[c.operation] = true, true
	}
	exported := make(map[string]bool)
	client := reflect.TypeFor[*freddy.Client]()
	for i := range client.NumMethod() {
		accessor := client.Method(i)
		if accessor.Type.NumIn() != 1 || accessor.Type.NumOut() != 1 {
			continue
		}
		service := accessor.Type.Out(0)
		for j := range service.NumMethod() {
			exported[accessor.Name+"."+service.Method(j).Name] = true
		}
	}
	assert.Equal(t, exported, methods)

	described := make(map[string]bool)
	for id := range loaded(t).operations() {
		described[id] = true
	}
	assert.Equal(t, described, operations)
}
