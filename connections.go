package freddy

import (
	"context"
	"encoding/json"
	"net/http"
)

const (
	routeConnections      = "/personal-connectors/connections/{tool_key}"
	routeConnectionActive = "/personal-connectors/connections/{credential_id}/active"
	routeConnectionHealth = "/personal-connectors/{credential_id}/health"
	routeConnectionTest   = "/personal-connectors/{credential_id}/test"
	routeAuthorize        = "/personal-connectors/authorize"
	routeComplete         = "/personal-connectors/complete-oauth"
)

// ConnectionsService manages the accounts of one tool, and adds accounts by OAuth.
// [Client.Connections] returns it. [AccountsService] lists the accounts of all
// tools.
//
// To add an account, List the connections of the tool, Authorize, send the user's
// browser to the URL, and Wait:
//
//	known, err := client.Connections().List(ctx, "slack", freddy.ConnectionListParams{})
//	...
//	authorization, err := client.Connections().Authorize(ctx, freddy.AuthorizeParams{ConnectorType: "slack"})
//	...
//	fmt.Println("Sign in at", authorization.URL)
//	connection, err := client.Connections().Wait(ctx, "slack", freddy.WaitParams{
//		Known: known.Items, State: authorization.State,
//	})
//
// The user is the one that the key belongs to. A tool key is AvailableConnector.Key,
// an id is Connection.ID. Both are checked like the id of [ConnectorsService.Get].
type ConnectionsService struct{ client *Client }

// List returns the connections of a tool, in one page, inactive ones among them. It
// requires [WithOrganization].
func (s *ConnectionsService) List(ctx context.Context, toolKey string, params ConnectionListParams, opts ...CallOption) (*Page[Connection], error) {
	l, err := do[connectionList](ctx, s.client, request{
		method: http.MethodGet, route: routeConnections, id: toolKey, query: params.query(), organization: organizationRequired,
	}, opts)
	if err != nil {
		return nil, err
	}
	return &Page[Connection]{Items: l.Connections, Extra: l.Extra}, nil
}

// SetActive turns a connection on or off. An inactive connection keeps its tokens. It
// sets an absolute value, so it is retried like a PUT. It requires
// [WithOrganization].
func (s *ConnectionsService) SetActive(ctx context.Context, id string, active bool, opts ...CallOption) error {
	_, err := do[nothing](ctx, s.client, request{
		method: http.MethodPatch, route: routeConnectionActive, id: id, body: jsonBody("active", map[string]bool{"is_active": active}),
		organization: organizationRequired, idempotent: true,
	}, opts)
	return err
}

// Health returns whether a connection works. An unhealthy connection is a result, not
// an error. The documentation does not say whether the API checks at the time of the
// call; Test does.
func (s *ConnectionsService) Health(ctx context.Context, id string, opts ...CallOption) (*ConnectionHealth, error) {
	return do[ConnectionHealth](ctx, s.client, request{method: http.MethodGet, route: routeConnectionHealth, id: id}, opts)
}

// Test makes the API run a read-only action with a connection. A failed test is a
// result, not an error. Test is not idempotent, so it is retried only if the server
// has certainly not processed it, but calling it again does no harm.
func (s *ConnectionsService) Test(ctx context.Context, id string, opts ...CallOption) (*ConnectionTest, error) {
	return do[ConnectionTest](ctx, s.client, request{method: http.MethodPost, route: routeConnectionTest, id: id, required: "success"}, opts)
}

// Authorize begins an OAuth sign-in. The user's browser must open the URL of the
// result, and [ConnectionsService.Wait] waits until the user has signed in. It
// requires [WithOrganization].
//
// A URL that is not absolute with https (http to loopback) is a *DecodeError, so the
// URL can be passed to a browser. No error contains the URL or the state. Authorize
// is not idempotent, but calling it again does no harm: it begins another sign-in.
func (s *ConnectionsService) Authorize(ctx context.Context, params AuthorizeParams, opts ...CallOption) (*Authorization, error) {
	return do[Authorization](ctx, s.client, request{
		method: http.MethodPost, route: routeAuthorize, body: params.body(), organization: organizationTwice, secret: true,
	}, opts)
}

// Complete completes a sign-in of a connector that needs a step of its own after the
// callback. Which connectors do is not documented; [ConnectionsService.Wait] calls
// Complete if it has a State. state is Authorization.State. It requires
// [WithOrganization].
//
// Complete may use up the state, so it is not idempotent.
func (s *ConnectionsService) Complete(ctx context.Context, state string, opts ...CallOption) (*Completion, error) {
	r := request{method: http.MethodPost, route: routeComplete, organization: organizationRequired, required: "connected"}
	if r.body = jsonBody("state", map[string]string{"state_token": state}, state); state == "" {
		r.body.err = &ArgumentError{"state", "must not be empty"}
	}
	return do[Completion](ctx, s.client, r, opts)
}

// ConnectionListParams selects connections.
type ConnectionListParams struct {
	ApplicationID string // of the application that uses the connections; empty: the server's default, flowplate
}

func (p ConnectionListParams) query() query {
	return query{}.with("application_id", p.ApplicationID)
}

// AuthorizeParams describes the account to connect.
type AuthorizeParams struct {
	ConnectorType     string         `json:"connector_type"`               // required; AvailableConnector.Key
	IntegrationParams map[string]any `json:"integration_params,omitempty"` // such as the name of a SharePoint site; not sent if empty
}

func (p AuthorizeParams) body() body {
	if p.ConnectorType == "" {
		return body{err: &ArgumentError{"ConnectorType", "must not be empty"}}
	}
	return jsonBody("params", p)
}

// connectionList is the body of a list of connections.
type connectionList struct {
	Connections []*Connection              `json:"connections" wire:"[]"`
	Extra       map[string]json.RawMessage `json:"-"`
}

func (l *connectionList) validate() error {
	if l.Connections == nil {
		return missing("connections")
	}
	return validateItems("/connections", l.Connections)
}
