package freddytest

import (
	"cmp"
	"encoding/json"
	"net/http"

	"github.com/aitronos/freddy-go"
)

const (
	pathMCPConfigurations = "/mcp-configurations"
	pathMCPConfiguration  = pathMCPConfigurations + "/{config_id}"
)

// The documentation has the update as a PUT and, in one sample, as a PATCH.
var mcpConfigurationRoutes = []route{
	{http.MethodGet, pathMCPConfigurations, (*Fake).listMCPConfigurations},
	{http.MethodPost, pathMCPConfigurations, (*Fake).createMCPConfiguration},
	{http.MethodGet, pathMCPConfiguration, (*Fake).getMCPConfiguration},
	{http.MethodPut, pathMCPConfiguration, (*Fake).updateMCPConfiguration},
	{http.MethodPatch, pathMCPConfiguration, (*Fake).updateMCPConfiguration},
	{http.MethodDelete, pathMCPConfiguration, (*Fake).deleteMCPConfiguration},
	{http.MethodPost, pathMCPConfiguration + "/test", (*Fake).testMCPConfiguration},
}

// The fields that the bodies of a creation and of an update can have.
var (
	mcpCreateFields = []field{
		{"name", kindString},
		{"organization_id", kindString},
		{"server_url", kindString},
		{"transport_type", kindString},
		{"auth_type", kindString},
		{"credentials", kindObjectOrNull},
		{"tool_configuration", kindObjectOrNull},
	}
	mcpUpdateFields = []field{
		{"name", kindString},
		{"server_url", kindString},
		{"is_active", kindBoolean},
		{"credentials", kindObjectOrNull},
		{"tool_configuration", kindObjectOrNull},
	}
)

// mcpInput is a body of a creation or an update. It has no credentials: the Fake
// only checks that they are an object.
type mcpInput struct {
	Name           string     `json:"name"`
	OrganizationID string     `json:"organization_id"`
	ServerURL      string     `json:"server_url"`
	TransportType  string     `json:"transport_type"`
	AuthType       string     `json:"auth_type"`
	Active         *bool      `json:"is_active"`
	Tools          toolsInput `json:"tool_configuration"`
}

// AddMCPConfiguration adds a copy of an MCP configuration to the end of the list, or
// replaces the configuration with the same ID.
//
// The configuration is served as it is. If it has an ErrorMessage, every test of it
// fails with that message. Add the configuration again to change that.
func (f *Fake) AddMCPConfiguration(configuration freddy.MCPConfiguration) {
	add(f, &f.mcpConfigurations, configuration.ID, configuration)
}

func (f *Fake) listMCPConfigurations(r request) Reply {
	q := query{values: r.Query}
	q.requireOrganization("organization_id")
	kind := choice(&q, "type", "", freddy.MCPConfigurationTypeCustom,
		freddy.MCPConfigurationTypeStreamline, freddy.MCPConfigurationTypePersonalConnector)
	active := q.boolean("is_active")
	if len(q.errs) > 0 {
		return invalidReply(q.errs)
	}
	found := []map[string]json.RawMessage{}
	for _, c := range f.mcpConfigurations.values {
		if (kind == "" || kind == c.Type) && (active == nil || *active == c.Active) {
			found = append(found, mcpConfigurationBody(c))
		}
	}
	return jsonReply(http.StatusOK, map[string]any{"configurations": found, "total": len(found)})
}

func (f *Fake) createMCPConfiguration(r request) Reply {
	var input mcpInput
	reply, ok := r.decode(&input, mcpCreateFields, "name", "organization_id", "server_url", "transport_type", "auth_type")
	if !ok {
		return reply
	}
	if err := input.Tools.check("tool_configuration"); err != nil {
		return invalidReply(err)
	}
	now := now()
	configuration := &freddy.MCPConfiguration{
		ID:               f.mcpConfigurations.newID("mcp_"),
		Name:             input.Name,
		Type:             freddy.MCPConfigurationTypeCustom,
		OrganizationID:   input.OrganizationID,
		UserID:           "user_fake",
		ServerURL:        input.ServerURL,
		TransportType:    freddy.MCPTransport(input.TransportType),
		AuthType:         freddy.MCPAuthType(input.AuthType),
		Active:           true,
		ConnectionStatus: "unknown",
		CreatedAt:        now,
		UpdatedAt:        now,
	}
	f.mcpConfigurations.put(configuration.ID, configuration)
	return jsonReply(http.StatusCreated, mcpConfigurationBody(configuration))
}

// withMCPConfiguration calls handle with an MCP configuration, which handle may
// change.
func (f *Fake) withMCPConfiguration(id string, handle func(*freddy.MCPConfiguration) Reply) Reply {
	configuration := f.mcpConfigurations.get(id)
	if configuration == nil {
		return f.unknownID()
	}
	return handle(configuration)
}

func (f *Fake) getMCPConfiguration(r request) Reply {
	return f.withMCPConfiguration(r.id, func(c *freddy.MCPConfiguration) Reply {
		return jsonReply(http.StatusOK, mcpConfigurationBody(c))
	})
}

func (f *Fake) updateMCPConfiguration(r request) Reply {
	var input mcpInput
	if reply, ok := r.decode(&input, mcpUpdateFields); !ok {
		return reply
	}
	if err := input.Tools.check("tool_configuration"); err != nil {
		return invalidReply(err)
	}
	return f.withMCPConfiguration(r.id, func(c *freddy.MCPConfiguration) Reply {
		c.Name = cmp.Or(input.Name, c.Name)
		c.ServerURL = cmp.Or(input.ServerURL, c.ServerURL)
		if input.Active != nil {
			c.Active = *input.Active
		}
		c.UpdatedAt = now()
		return jsonReply(http.StatusOK, mcpConfigurationBody(c))
	})
}

func (f *Fake) deleteMCPConfiguration(r request) Reply {
	if !f.mcpConfigurations.remove(r.id) {
		return f.unknownID()
	}
	return Reply{Status: http.StatusNoContent}
}

func (f *Fake) testMCPConfiguration(r request) Reply {
	return f.withMCPConfiguration(r.id, func(c *freddy.MCPConfiguration) Reply {
		if c.ErrorMessage != "" {
			c.ConnectionStatus = "error"
			return jsonReply(http.StatusOK, freddy.MCPTestResult{Status: c.ConnectionStatus, Message: c.ErrorMessage})
		}
		now := now()
		c.ConnectionStatus, c.LastConnectedAt = "connected", &now
		return jsonReply(http.StatusOK, freddy.MCPTestResult{
			Success:        true,
			Status:         c.ConnectionStatus,
			Message:        "Connection successful",
			AvailableTools: f.toolNames(c.ID),
		})
	})
}

// toolNames returns the names of the tools behind an MCP configuration. Only those
// of accounts are known.
func (f *Fake) toolNames(mcpConfigurationID string) []string {
	names := []string{}
	for _, account := range f.accounts.values {
		if account.MCPConfigurationID == mcpConfigurationID {
			for _, tool := range f.toolsOfAccount(account).Tools {
				names = append(names, tool.Name)
			}
		}
	}
	return names
}

// mcpConfigurationBody returns an MCP configuration as the API sends it.
func mcpConfigurationBody(c *freddy.MCPConfiguration) map[string]json.RawMessage {
	return membersOf(c, "userId", "errorMessage")
}
