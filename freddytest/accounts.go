package freddytest

import (
	"encoding/json"
	"net/http"
	"slices"

	"github.com/aitronos/freddy-go"
)

const (
	pathAccounts = "/personal-connectors"
	pathAccount  = "/personal-connectors/{connector_id}"
)

// The catalogue has the path of the accounts, and is listed to requests that name no
// organization. The documentation of accounts spells the parameter in both ways.
var accountRoutes = []route{
	{http.MethodGet, pathAccounts + "?organization_id", (*Fake).listAccounts},
	{http.MethodGet, pathAccounts + "?organizationId", (*Fake).listAccounts},
	{http.MethodPatch, pathAccount, (*Fake).updateAccount},
	{http.MethodDelete, pathAccount, (*Fake).disconnectAccount},
	{http.MethodGet, pathAccount + "/tools", (*Fake).getAccountTools},
	{http.MethodPatch, pathAccount + "/tools", (*Fake).updateAccountTools},
}

// The fields of the bodies that turn an account or a connection on or off, and that
// select tools.
var (
	activeFields       = []field{{"is_active", kindBoolean}}
	accountToolsFields = []field{{"enabled", kindBoolean}, {"allowed_tools", kindListOrNull}}
)

type activeInput struct {
	Active bool `json:"is_active"`
}

type toolsInput struct {
	Enabled bool     `json:"enabled"`
	Allowed []string `json:"allowed_tools"`
}

// AddAccount adds a copy of an account to the end of the list, or replaces the
// account with the same ID. It is served as it is.
//
// If there is no MCP configuration with the account's MCPConfigurationID,
// AddAccount adds one, unless the id is empty. The account has the tools of the
// catalogue's connector for its Type, if there is one; use SetAccountTools for
// others.
func (f *Fake) AddAccount(account freddy.Account) {
	copied := copyOf(account)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.putAccount(copied, "org_fake")
}

// putAccount stores an account and its MCP configuration, if it has none yet.
func (f *Fake) putAccount(account *freddy.Account, organization string) {
	f.accounts.put(account.ID, account)
	id := account.MCPConfigurationID
	if id == "" || f.mcpConfigurations.get(id) != nil {
		return
	}
	f.mcpConfigurations.put(id, &freddy.MCPConfiguration{
		ID:               id,
		Name:             f.toolName(account.Type),
		Type:             freddy.MCPConfigurationTypePersonalConnector,
		OrganizationID:   organization,
		UserID:           "user_fake",
		ServerURL:        "https://mcp.example.com/" + account.Type,
		TransportType:    freddy.MCPTransportStreamableHTTP,
		AuthType:         freddy.MCPAuthTypeOAuth,
		Active:           account.Active,
		ConnectionStatus: "connected",
		CreatedAt:        account.CreatedAt,
		UpdatedAt:        account.CreatedAt,
	})
}

// toolName returns the name for people of what can be connected.
func (f *Fake) toolName(key string) string {
	if connector := f.available.get(key); connector != nil && connector.Name != "" {
		return connector.Name
	}
	return key
}

// SetAccountTools replaces the tools of an account. A tool is allowed if its Enabled
// is true. The account itself can be added later.
func (f *Fake) SetAccountTools(accountID string, tools ...freddy.AccountTool) {
	state := freddy.AccountTools{Enabled: true, Tools: make([]*freddy.AccountTool, len(tools))}
	for i := range tools {
		state.Tools[i] = &tools[i]
	}
	add(f, &f.accountTools, accountID, state)
}

func (f *Fake) listAccounts(r request) Reply {
	q := query{values: r.Query}
	q.requireOrganization("organization_id", "organizationId")
	q.boolean("forceCheck") // no effect: there is no cache
	if len(q.errs) > 0 {
		return invalidReply(q.errs)
	}
	accounts := make([]map[string]json.RawMessage, len(f.accounts.values))
	for i, account := range f.accounts.values {
		accounts[i] = accountBody(account)
	}
	return jsonReply(http.StatusOK, accounts)
}

// withAccount calls handle with an account, which handle may change.
func (f *Fake) withAccount(id string, handle func(*freddy.Account) Reply) Reply {
	account := f.accounts.get(id)
	if account == nil {
		return f.unknownID()
	}
	return handle(account)
}

// updateAccount turns the MCP configuration on or off, too.
func (f *Fake) updateAccount(r request) Reply {
	var input activeInput
	if reply, ok := r.decode(&input, activeFields, "is_active"); !ok {
		return reply
	}
	return f.withAccount(r.id, func(account *freddy.Account) Reply {
		account.Active = input.Active
		if configuration := f.mcpConfigurations.get(account.MCPConfigurationID); configuration != nil {
			configuration.Active, configuration.UpdatedAt = input.Active, now()
		}
		return jsonReply(http.StatusOK, accountBody(account))
	})
}

// disconnectAccount removes the MCP configuration and the connection, too.
func (f *Fake) disconnectAccount(r request) Reply {
	return f.withAccount(r.id, func(account *freddy.Account) Reply {
		if connection := f.connectionOf(account.Type, account.AccountEmail); connection != nil {
			f.connections.remove(connection.ID)
			f.broken.remove(connection.ID)
		}
		f.mcpConfigurations.remove(account.MCPConfigurationID)
		f.accountTools.remove(account.ID)
		f.accounts.remove(account.ID)
		return Reply{Status: http.StatusNoContent}
	})
}

func (f *Fake) getAccountTools(r request) Reply {
	return f.withAccount(r.id, func(account *freddy.Account) Reply {
		return jsonReply(http.StatusOK, f.toolsOfAccount(account))
	})
}

// toolsOfAccount returns the tools of an account, which the caller may change.
func (f *Fake) toolsOfAccount(account *freddy.Account) *freddy.AccountTools {
	if state := f.accountTools.get(account.ID); state != nil {
		return state
	}
	state := &freddy.AccountTools{Enabled: true, Tools: []*freddy.AccountTool{}}
	for _, tool := range toolsOf(connectorOf(account.Type)) {
		state.Tools = append(state.Tools, &freddy.AccountTool{Name: tool.Name, Description: tool.Description, Enabled: true})
	}
	f.accountTools.put(account.ID, state)
	return state
}

// connectorOf returns the connector of the catalogue that has the tools of a kind of
// account.
func connectorOf(accountType string) string {
	if accountType == "atlassian" {
		return "pcon_jira"
	}
	return "pcon_" + accountType
}

func (f *Fake) updateAccountTools(r request) Reply {
	var input toolsInput
	if reply, ok := r.decode(&input, accountToolsFields, "enabled"); !ok {
		return reply
	}
	if err := input.check("allowed_tools"); err != nil {
		return invalidReply(err)
	}
	return f.withAccount(r.id, func(account *freddy.Account) Reply {
		state := f.toolsOfAccount(account)
		state.Enabled = input.Enabled
		for _, tool := range state.Tools {
			tool.Enabled = input.Allowed == nil || slices.Contains(input.Allowed, tool.Name)
		}
		return jsonReply(http.StatusOK, map[string]any{"success": true, "message": "Tool configuration updated"})
	})
}

// check rejects an empty list: it is not documented whether that means all tools or
// none.
func (i toolsInput) check(name string) []validationError {
	if i.Allowed == nil || len(i.Allowed) > 0 {
		return nil
	}
	return []validationError{{[]string{"body", name}, "List should have at least 1 item after validation, not 0", "too_short"}}
}

// accountBody returns an account as the API sends it.
func accountBody(account *freddy.Account) map[string]json.RawMessage {
	return membersOf(account, "account_email", "icon_id", "icon_url")
}
