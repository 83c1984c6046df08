package freddy

import (
	"context"
	"iter"
	"net/http"
)

const (
	routeConfigurations = "/personal-connectors/configurations"
	routeConfiguration  = "/personal-connectors/configurations/{config_id}"
	routeToggle         = "/personal-connectors/configurations/{config_id}/toggle"
	routeTest           = "/personal-connectors/configurations/{config_id}/test"
	routeTools          = "/personal-connectors/configurations/{config_id}/tools"
)

// ConfigurationsService manages a user's configurations of connectors.
// [Client.Configurations] returns it.
//
// An id has 1 to 128 of the characters A-Z, a-z, 0-9, -, ., _ and ~, and is not .
// or ..; any other id is an *ArgumentError, and nothing is sent. If there is no
// configuration with an id, a method returns an *APIError that matches
// [ErrNotFound].
type ConfigurationsService struct{ client *Client }

// Create creates a configuration. Create is not idempotent, so it is retried only
// if the server has certainly not processed it. If [MayHaveSucceeded] reports true
// for its error, the configuration may exist: look for it with All before
// creating it again.
//
// Create does not check the configuration against the connector's schema; package
// [github.com/aitronos/freddy-go/schema] does. An older version of the API returns
// only a part of the configuration; Get returns all of it.
func (s *ConfigurationsService) Create(ctx context.Context, params ConfigurationCreateParams, opts ...CallOption) (*Configuration, error) {
	return do[Configuration](ctx, s.client, request{method: http.MethodPost, route: routeConfigurations, body: params.body()}, opts)
}

// Get returns the configuration with an id.
func (s *ConfigurationsService) Get(ctx context.Context, id string, opts ...CallOption) (*Configuration, error) {
	return do[Configuration](ctx, s.client, request{method: http.MethodGet, route: routeConfiguration, id: id}, opts)
}

// List returns one page of the configurations.
func (s *ConfigurationsService) List(ctx context.Context, params ConfigurationListParams, opts ...CallOption) (*Page[Configuration], error) {
	return s.list(ctx, params, nil, opts)
}

// All returns an iterator over every configuration that matches params. Limit is
// the size of a page. [ConnectorsService.All] says when requests are sent and how
// the iterator ends.
func (s *ConfigurationsService) All(ctx context.Context, params ConfigurationListParams, opts ...CallOption) iter.Seq2[*Configuration, error] {
	if params.Enabled != nil {
		params.Enabled = Ptr(*params.Enabled) // the caller may change its own during the loop
	}
	return paginate(ctx, s.list, params, opts)
}

func (s *ConfigurationsService) list(ctx context.Context, params ConfigurationListParams, seen *seenIDs, opts []CallOption) (*Page[Configuration], error) {
	l, err := do[list[Configuration]](ctx, s.client, request{method: http.MethodGet, route: routeConfigurations, query: params.query(), seen: seen}, opts)
	return l.pageOf(params.Limit), err
}

// Update changes the fields that params sets. Like Create, it is not idempotent.
// If [MayHaveSucceeded] reports true for its error, Get returns the current state.
func (s *ConfigurationsService) Update(ctx context.Context, id string, params ConfigurationUpdateParams, opts ...CallOption) (*Configuration, error) {
	return do[Configuration](ctx, s.client, request{method: http.MethodPatch, route: routeConfiguration, id: id, body: params.body()}, opts)
}

// Delete deletes a configuration. If a retry gets 404 because an earlier attempt
// may have deleted the configuration, Delete succeeds.
func (s *ConfigurationsService) Delete(ctx context.Context, id string, opts ...CallOption) error {
	_, err := do[nothing](ctx, s.client, request{method: http.MethodDelete, route: routeConfiguration, id: id}, opts)
	return err
}

// SetEnabled enables or disables a configuration. It sets an absolute value, so it
// is retried like a PUT.
func (s *ConfigurationsService) SetEnabled(ctx context.Context, id string, enabled bool, opts ...CallOption) (*Configuration, error) {
	return do[Configuration](ctx, s.client, request{method: http.MethodPost, route: routeToggle, id: id, body: jsonBody("enabled", map[string]bool{"enabled": enabled}), idempotent: true}, opts)
}

// Test makes the API call the connector's server with a configuration. An
// unhealthy configuration is a result, not an error. Test is retried like Create,
// but calling it again does no harm.
func (s *ConfigurationsService) Test(ctx context.Context, id string, opts ...CallOption) (*TestResult, error) {
	return do[TestResult](ctx, s.client, request{method: http.MethodPost, route: routeTest, id: id}, opts)
}

// Tools returns the tools of a configuration's MCP server. The API returns all of
// them in one page.
func (s *ConfigurationsService) Tools(ctx context.Context, id string, params ToolListParams, opts ...CallOption) (*Page[Tool], error) {
	l, err := do[list[Tool]](ctx, s.client, request{method: http.MethodGet, route: routeTools, id: id, query: params.query()}, opts)
	return l.page(), err
}

// ConfigurationListParams selects configurations. A zero field leaves the choice to
// the server. A negative Limit is an *ArgumentError. Other values are sent as they
// are.
type ConfigurationListParams struct {
	PersonalConnectorID string
	Enabled             *bool // nil: enabled and disabled ones
	HealthStatus        HealthStatus
	Limit               int    // page size, documented as 1 to 100; 0: the server's default, 20
	After               string // ID of the last configuration of the previous page
}

func (p ConfigurationListParams) query() query {
	return query{}.
		with("after", p.After).
		withBool("enabled", p.Enabled).
		with("healthStatus", string(p.HealthStatus)).
		withNumber("limit", "Limit", p.Limit).
		with("personalConnectorId", p.PersonalConnectorID)
}

func (p ConfigurationListParams) next(items []*Configuration) ConfigurationListParams {
	p.After = items[len(items)-1].ID
	return p
}

// ToolListParams selects how tools are listed. The zero value lists what the API
// has cached.
type ToolListParams struct {
	ForceRefresh bool // ask the MCP server instead of the API's cache
}

func (p ToolListParams) query() query { return query{}.withFlag("forceRefresh", p.ForceRefresh) }

// ConfigurationCreateParams describes a new configuration. PersonalConnectorID,
// Name and Credentials are required: without one of them, Create returns an
// *ArgumentError. Other zero fields are not sent. An empty map that is not nil is
// sent as {}, a nil value in a map as null. The maps are read during the call, and
// neither kept nor changed.
type ConfigurationCreateParams struct {
	PersonalConnectorID string         `json:"personalConnectorId"` // Connector.ID
	Name                string         `json:"name"`
	Credentials         Credentials    `json:"credentials"`
	Configuration       map[string]any `json:"configuration,omitzero"` // what the connector's ConfigurationSchema describes
	Description         string         `json:"description,omitzero"`
	Metadata            map[string]any `json:"metadata,omitzero"`
	Enabled             *bool          `json:"enabled,omitzero"` // nil: the server's default, true
}

func (p ConfigurationCreateParams) body() body {
	switch {
	case p.PersonalConnectorID == "":
		return body{err: &ArgumentError{"PersonalConnectorID", "must not be empty"}}
	case p.Name == "":
		return body{err: &ArgumentError{"Name", "must not be empty"}}
	case p.Credentials.IsZero():
		return body{err: &ArgumentError{"Credentials", "must not be empty"}}
	}
	return bodyWith(p.Credentials, struct {
		ConfigurationCreateParams
		Credentials revealed `json:"credentials"`
	}{p, revealed(p.Credentials)})
}

// ConfigurationUpdateParams has the fields to change. Nil and zero fields, and empty
// maps, are left unchanged. An update that changes nothing is an *ArgumentError.
type ConfigurationUpdateParams struct {
	Name          *string        `json:"name,omitzero"`
	Configuration map[string]any `json:"configuration,omitempty"` // merged by the server; a nil value sends null
	Credentials   Credentials    `json:"credentials,omitzero"`    // replaced
	Description   *string        `json:"description,omitzero"`    // a pointer to "" clears it
	Metadata      map[string]any `json:"metadata,omitempty"`      // merged by the server; a nil value sends null
}

func (p ConfigurationUpdateParams) body() body {
	if p.Name == nil && len(p.Configuration) == 0 && p.Credentials.IsZero() && p.Description == nil && len(p.Metadata) == 0 {
		return body{err: &ArgumentError{"params", "must change something"}}
	}
	return bodyWith(p.Credentials, struct {
		ConfigurationUpdateParams
		Credentials revealed `json:"credentials,omitzero"`
	}{p, revealed(p.Credentials)})
}

func (c *Configuration) identity() string { return c.ID }

func (c *Configuration) validate() error {
	return validateObject(c.Object, "personal_connector.configuration", c.ID)
}
