package freddy

import (
	"context"
	"net/http"
)

const (
	routeAccounts     = "/personal-connectors"
	routeAccount      = "/personal-connectors/{connector_id}"
	routeAccountTools = "/personal-connectors/{connector_id}/tools"
)

// AccountsService manages the accounts that a user has connected, whatever the tool.
// [Client.Accounts] returns it. [ConnectionsService] manages the accounts of one
// tool, and adds accounts.
//
// The user is the one that the key belongs to. An id is Account.ID. It is checked
// like that of [ConnectorsService.Get].
type AccountsService struct{ client *Client }

// List returns the user's accounts, in one page. It requires [WithOrganization].
//
// The same path on another host returns the catalogue. A response that is no list of
// accounts is a *DecodeError that names the member.
func (s *AccountsService) List(ctx context.Context, params AccountListParams, opts ...CallOption) (*Page[Account], error) {
	l, err := do[list[Account]](ctx, s.client, request{
		method: http.MethodGet, route: routeAccounts, query: params.query(), organization: organizationRequired,
	}, opts)
	return l.page(), err
}

// SetActive turns an account and its MCP configuration on or off. It sets an absolute
// value, so it is retried like a PUT.
func (s *AccountsService) SetActive(ctx context.Context, id string, active bool, opts ...CallOption) (*Account, error) {
	return do[Account](ctx, s.client, request{
		method: http.MethodPatch, route: routeAccount, id: id, body: jsonBody("active", map[string]bool{"is_active": active}), idempotent: true,
	}, opts)
}

// Disconnect deletes an account and its MCP configuration. If a retry gets 404
// because an earlier attempt may have deleted the account, Disconnect succeeds.
func (s *AccountsService) Disconnect(ctx context.Context, id string, opts ...CallOption) error {
	_, err := do[nothing](ctx, s.client, request{method: http.MethodDelete, route: routeAccount, id: id}, opts)
	return err
}

// Tools returns the tools of an account, and which of them are allowed. The API asks
// the MCP server, so the call takes as long as that server.
func (s *AccountsService) Tools(ctx context.Context, id string, opts ...CallOption) (*AccountTools, error) {
	return do[AccountTools](ctx, s.client, request{method: http.MethodGet, route: routeAccountTools, id: id}, opts)
}

// SetTools sets which tools of an account are allowed. It replaces both settings, so
// it is retried like a PUT.
func (s *AccountsService) SetTools(ctx context.Context, id string, params AccountToolsParams, opts ...CallOption) error {
	_, err := do[nothing](ctx, s.client, request{
		method: http.MethodPatch, route: routeAccountTools, id: id, body: params.body(), idempotent: true,
	}, opts)
	return err
}

// AccountListParams selects how accounts are listed. The zero value lists what the
// API has cached.
type AccountListParams struct {
	ForceCheck bool // bypass the API's cache
}

func (p AccountListParams) query() query { return query{}.withFlag("forceCheck", p.ForceCheck) }

// AccountToolsParams selects the tools of an account that are allowed.
//
// An empty Allowed that is not nil is an *ArgumentError, because a server may read
// it as all tools. To allow none, set Enabled to false.
type AccountToolsParams struct {
	Enabled bool     `json:"enabled"`       // false: no tool is allowed, whatever Allowed contains
	Allowed []string `json:"allowed_tools"` // names; nil: all
}

func (p AccountToolsParams) body() body {
	if err := checkAllowed("Allowed", p.Allowed); err != nil {
		return body{err: err}
	}
	return jsonBody("params", p)
}

// checkAllowed rejects an empty list of tools.
func checkAllowed(argument string, allowed []string) error {
	if allowed != nil && len(allowed) == 0 {
		return &ArgumentError{argument, "must be nil for all tools, or not empty"}
	}
	return nil
}
