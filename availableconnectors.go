package freddy

import (
	"context"
	"net/http"
)

const (
	routeAvailable          = "/personal-connectors/available"
	routeAvailableConnector = "/personal-connectors/available/{tool_key}"
)

// AvailableConnectorsService lists the tools that a user can connect an account of.
// [Client.AvailableConnectors] returns it.
//
// The documentation of this service and of the services for accounts, connections
// and MCP configurations names [ConnectionsBaseURL] and [AuthSchemeXAPIKey].
type AvailableConnectorsService struct{ client *Client }

// List returns what can be connected, in one page. It sends no organization.
func (s *AvailableConnectorsService) List(ctx context.Context, opts ...CallOption) (*Page[AvailableConnector], error) {
	l, err := do[list[AvailableConnector]](ctx, s.client, request{method: http.MethodGet, route: routeAvailable}, opts)
	return l.page(), err
}

// Get returns the tool with a key, such as slack. It sends the organization of
// [WithOrganization], if there is one. If there is no such tool, it returns an
// *APIError that matches [ErrNotFound].
func (s *AvailableConnectorsService) Get(ctx context.Context, toolKey string, opts ...CallOption) (*AvailableConnector, error) {
	return do[AvailableConnector](ctx, s.client, request{
		method: http.MethodGet, route: routeAvailableConnector, id: toolKey, organization: organizationOptional,
	}, opts)
}
