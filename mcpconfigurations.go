package freddy

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
)

const (
	routeMCPConfigurations    = "/mcp-configurations"
	routeMCPConfiguration     = "/mcp-configurations/{config_id}"
	routeMCPConfigurationTest = "/mcp-configurations/{config_id}/test"
)

// MCPConfigurationsService manages a user's MCP servers: their own, and those of
// their accounts. [Client.MCPConfigurations] returns it.
//
// An id is checked like that of [ConfigurationsService].
type MCPConfigurationsService struct{ client *Client }

// Create adds an MCP server. It requires [WithOrganization]. Create is not
// idempotent, so it is retried only if the server has certainly not processed it. If
// [MayHaveSucceeded] reports true for its error, the configuration may exist: look
// for it with List before creating it again.
func (s *MCPConfigurationsService) Create(ctx context.Context, params MCPConfigurationCreateParams, opts ...CallOption) (*MCPConfiguration, error) {
	return do[MCPConfiguration](ctx, s.client, request{
		method: http.MethodPost, route: routeMCPConfigurations, body: params.body(), organization: organizationInTheBody,
	}, opts)
}

// Get returns the MCP configuration with an id.
func (s *MCPConfigurationsService) Get(ctx context.Context, id string, opts ...CallOption) (*MCPConfiguration, error) {
	return do[MCPConfiguration](ctx, s.client, request{method: http.MethodGet, route: routeMCPConfiguration, id: id}, opts)
}

// List returns the MCP configurations, in one page. It requires [WithOrganization].
func (s *MCPConfigurationsService) List(ctx context.Context, params MCPConfigurationListParams, opts ...CallOption) (*Page[MCPConfiguration], error) {
	l, err := do[mcpConfigurationList](ctx, s.client, request{
		method: http.MethodGet, route: routeMCPConfigurations, query: params.query(), organization: organizationRequired,
	}, opts)
	if err != nil {
		return nil, err
	}
	return &Page[MCPConfiguration]{Items: l.Configurations, Extra: l.Extra}, nil
}

// Update changes the fields that params sets. It is a PUT that sets absolute values
// and leaves absent fields unchanged, so it is retried.
func (s *MCPConfigurationsService) Update(ctx context.Context, id string, params MCPConfigurationUpdateParams, opts ...CallOption) (*MCPConfiguration, error) {
	return do[MCPConfiguration](ctx, s.client, request{method: http.MethodPut, route: routeMCPConfiguration, id: id, body: params.body()}, opts)
}

// Delete deletes an MCP configuration. If a retry gets 404 because an earlier attempt
// may have deleted the configuration, Delete succeeds.
func (s *MCPConfigurationsService) Delete(ctx context.Context, id string, opts ...CallOption) error {
	_, err := do[nothing](ctx, s.client, request{method: http.MethodDelete, route: routeMCPConfiguration, id: id}, opts)
	return err
}

// Test makes the API connect to the MCP server. A failed test is a result, not an
// error. Test is not idempotent, so it is retried only if the server has certainly
// not processed it, but calling it again does no harm.
func (s *MCPConfigurationsService) Test(ctx context.Context, id string, opts ...CallOption) (*MCPTestResult, error) {
	return do[MCPTestResult](ctx, s.client, request{method: http.MethodPost, route: routeMCPConfigurationTest, id: id, required: "success"}, opts)
}

// MCPConfigurationListParams selects MCP configurations. A zero field selects all.
type MCPConfigurationListParams struct {
	Type   MCPConfigurationType
	Active *bool
}

func (p MCPConfigurationListParams) query() query {
	return query{}.withBool("is_active", p.Active).with("type", string(p.Type))
}

// MCPConfigurationCreateParams describes a new MCP configuration. Name, ServerURL,
// TransportType and AuthType are required: without one of them, Create returns an
// *ArgumentError.
type MCPConfigurationCreateParams struct {
	Name          string             `json:"name"`
	ServerURL     string             `json:"server_url"` // absolute, with https
	TransportType MCPTransport       `json:"transport_type"`
	AuthType      MCPAuthType        `json:"auth_type"`
	Credentials   Credentials        `json:"credentials,omitzero"`        // zero: not sent
	Tools         *ToolConfiguration `json:"tool_configuration,omitzero"` // nil: the server's default
}

func (p MCPConfigurationCreateParams) body() body {
	for _, required := range []struct{ name, value string }{
		{"Name", p.Name},
		{"TransportType", string(p.TransportType)},
		{"AuthType", string(p.AuthType)},
	} {
		if required.value == "" {
			return body{err: &ArgumentError{required.name, "must not be empty"}}
		}
	}
	if err := checkServer(&p.ServerURL, p.Tools); err != nil {
		return body{err: err}
	}
	return bodyWith(p.Credentials, struct {
		MCPConfigurationCreateParams
		Credentials revealed `json:"credentials,omitzero"`
	}{p, revealed(p.Credentials)})
}

// MCPConfigurationUpdateParams has the fields to change. Nil and zero fields are left
// unchanged. An update that changes nothing is an *ArgumentError.
type MCPConfigurationUpdateParams struct {
	Name        *string            `json:"name,omitzero"`
	ServerURL   *string            `json:"server_url,omitzero"` // absolute, with https
	Active      *bool              `json:"is_active,omitzero"`
	Credentials Credentials        `json:"credentials,omitzero"` // replaced
	Tools       *ToolConfiguration `json:"tool_configuration,omitzero"`
}

func (p MCPConfigurationUpdateParams) body() body {
	if p.Name == nil && p.ServerURL == nil && p.Active == nil && p.Credentials.IsZero() && p.Tools == nil {
		return body{err: &ArgumentError{"params", "must change something"}}
	}
	if err := checkServer(p.ServerURL, p.Tools); err != nil {
		return body{err: err}
	}
	return bodyWith(p.Credentials, struct {
		MCPConfigurationUpdateParams
		Credentials revealed `json:"credentials,omitzero"`
	}{p, revealed(p.Credentials)})
}

// checkServer checks the URL of an MCP server and the selection of its tools, if they
// are not nil.
func checkServer(serverURL *string, tools *ToolConfiguration) error {
	if serverURL != nil {
		if u, err := url.Parse(*serverURL); err != nil || u.Scheme != "https" || !validHost(u) {
			return &ArgumentError{"ServerURL", "must be an absolute https URL"}
		}
	}
	if tools != nil {
		return checkAllowed("Tools.Allowed", tools.Allowed)
	}
	return nil
}

// ToolConfiguration selects the tools of an MCP server that are allowed. An empty
// Allowed that is not nil is an *ArgumentError, as in [AccountToolsParams].
type ToolConfiguration struct {
	Enabled bool     `json:"enabled"`       // false: no tool is allowed, whatever Allowed contains
	Allowed []string `json:"allowed_tools"` // names; nil: all
}

// mcpConfigurationList is the body of a list of MCP configurations.
type mcpConfigurationList struct {
	Configurations []*MCPConfiguration        `json:"configurations" wire:"[]"`
	Extra          map[string]json.RawMessage `json:"-"`
}

func (l *mcpConfigurationList) validate() error {
	if l.Configurations == nil {
		return missing("configurations")
	}
	return validateItems("/configurations", l.Configurations)
}
