package freddy

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"strconv"

	"github.com/aitronos/freddy-go/internal/wire"
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
// An id has 1 to 128 characters of A-Z, a-z, 0-9, _ and -; any other is an
// *ArgumentError, and nothing is sent. An unknown id is an *APIError for which
// errors.Is matches [ErrNotFound].
type ConfigurationsService Client

// Create creates a configuration. It is sent once, unless it surely was not
// processed: the API knows no idempotency keys. So the configuration may exist
// although there is an error: after a *TransportError with Ambiguous true, after
// a *DecodeError, and after an *APIError with status 408 or 5xx. List and look
// before trying again.
//
// Nothing is checked against the connector's schema; for that see
// [Schema.Validate]. An older form of the API answers with a part of the
// configuration; Get returns the whole.
//
// Source: the page "Create configuration".
func (s *ConfigurationsService) Create(ctx context.Context, params ConfigurationCreateParams, opts ...CallOption) (*Configuration, error) {
	return do[Configuration](ctx, (*Client)(s), request{method: http.MethodPost, route: routeConfigurations, body: params}, opts)
}

// Get returns the configuration with the id.
//
// Source: the page "Retrieve configuration".
func (s *ConfigurationsService) Get(ctx context.Context, id string, opts ...CallOption) (*Configuration, error) {
	return do[Configuration](ctx, (*Client)(s), request{method: http.MethodGet, route: routeConfiguration, id: id}, opts)
}

// List returns one page of the configurations.
//
// Source: the page "List configurations".
func (s *ConfigurationsService) List(ctx context.Context, params ConfigurationListParams, opts ...CallOption) (*Page[Configuration], error) {
	body, err := do[list[Configuration]](ctx, (*Client)(s), request{method: http.MethodGet, route: routeConfigurations, params: params}, opts)
	return body.page(params.Limit), err
}

// All returns every configuration that matches, page by page as the loop asks
// for them; Limit is the size of a page. See [ConnectorsService.All] for how it
// begins and ends.
func (s *ConfigurationsService) All(ctx context.Context, params ConfigurationListParams, opts ...CallOption) iter.Seq2[*Configuration, error] {
	params.Enabled = clone(params.Enabled)
	return paginate(params, opts, func(p ConfigurationListParams, opts ...CallOption) (*Page[Configuration], error) {
		return s.List(ctx, p, opts...)
	}, ConfigurationListParams.after)
}

// Update changes what params have and leaves the rest. It is sent once, like
// Create; where Create leaves a doubt, Get tells what is there.
//
// Source: the page "Update configuration".
func (s *ConfigurationsService) Update(ctx context.Context, id string, params ConfigurationUpdateParams, opts ...CallOption) (*Configuration, error) {
	return do[Configuration](ctx, (*Client)(s), request{method: http.MethodPatch, route: routeConfiguration, id: id, body: params}, opts)
}

// Delete deletes the configuration. If it is gone when an earlier attempt is
// repeated, that attempt has deleted it, which is success.
//
// Source: the page "Delete configuration".
func (s *ConfigurationsService) Delete(ctx context.Context, id string, opts ...CallOption) error {
	_, err := do[deletion](ctx, (*Client)(s), request{method: http.MethodDelete, route: routeConfiguration, id: id, bodyless: true}, opts)
	return err
}

// SetEnabled turns the configuration on or off. It sets an absolute value, so it
// is retried like a PUT.
//
// Source: the page "Toggle configuration".
func (s *ConfigurationsService) SetEnabled(ctx context.Context, id string, enabled bool, opts ...CallOption) (*Configuration, error) {
	return do[Configuration](ctx, (*Client)(s), request{method: http.MethodPost, route: routeToggle, id: id, body: toggle{enabled}, repeatable: true}, opts)
}

// Test lets the API call the connector's server with the configuration. An
// unhealthy configuration is an answer, not an error. It is sent once, like
// Create, but trying again does no harm.
//
// Source: the page "Test configuration".
func (s *ConfigurationsService) Test(ctx context.Context, id string, opts ...CallOption) (*TestResult, error) {
	return do[TestResult](ctx, (*Client)(s), request{method: http.MethodPost, route: routeTest, id: id}, opts)
}

// Tools returns the tools of the configuration's MCP server. Without an error
// the slice is not nil.
//
// Source: the page "List configuration tools".
func (s *ConfigurationsService) Tools(ctx context.Context, id string, params ToolListParams, opts ...CallOption) ([]*Tool, error) {
	body, err := do[list[Tool]](ctx, (*Client)(s), request{method: http.MethodGet, route: routeTools, id: id, params: params}, opts)
	return body.items(), err
}

// ConfigurationListParams says which configurations a list has. A zero field
// leaves the choice to the server. A Limit that is not 0 to 100 is an
// *ArgumentError; other values are the server's to judge.
type ConfigurationListParams struct {
	PersonalConnectorID string
	Enabled             *bool // nil: either
	HealthStatus        HealthStatus
	Limit               int    // page size, 1 to 100; 0 leaves it to the server, which takes 20
	After               string // id of the last configuration of the page before
}

func (p ConfigurationListParams) query() (query, error) {
	enabled := ""
	if p.Enabled != nil {
		enabled = strconv.FormatBool(*p.Enabled)
	}
	limit, err := pageSize(p.Limit)
	return query("").
		with("after", p.After).
		with("enabled", enabled).
		with("healthStatus", string(p.HealthStatus)).
		with("limit", limit).
		with("personalConnectorId", p.PersonalConnectorID), err
}

// after returns the parameters of the page that follows items.
func (p ConfigurationListParams) after(items []*Configuration) (ConfigurationListParams, bool) {
	cursor := items[len(items)-1].ID
	moved := cursor != p.After
	p.After = cursor
	return p, moved
}

// ToolListParams says how tools are listed.
type ToolListParams struct {
	ForceRefresh bool // ask the MCP server, not the API's cache
}

func (p ToolListParams) query() (query, error) {
	if p.ForceRefresh {
		return query("").with("forceRefresh", "true"), nil
	}
	return "", nil
}

// ConfigurationCreateParams are what a configuration is made of.
// PersonalConnectorID, Name and Credentials are required: without one of them
// Create returns an *ArgumentError. What else is zero is left out; an empty map
// that is not nil goes out as {}, and a nil value in a map as null. The maps are
// read during the call, never kept or changed.
type ConfigurationCreateParams struct {
	PersonalConnectorID string // Connector.ID
	Name                string
	Credentials         Credentials
	Configuration       map[string]any // what the connector's ConfigurationSchema describes
	Description         string
	Metadata            map[string]any
	Enabled             *bool // nil: the server's default, which is true
}

func (p ConfigurationCreateParams) payload() (any, []string, error) {
	switch {
	case p.PersonalConnectorID == "":
		return nil, nil, &ArgumentError{"PersonalConnectorID", "must not be empty"}
	case p.Name == "":
		return nil, nil, &ArgumentError{"Name", "must not be empty"}
	case p.Credentials.IsZero():
		return nil, nil, &ArgumentError{"Credentials", "must not be empty"}
	}
	credentials, secrets, err := p.Credentials.reveal()
	return struct {
		PersonalConnectorID string          `json:"personalConnectorId"`
		Name                string          `json:"name"`
		Credentials         json.RawMessage `json:"credentials"`
		Configuration       map[string]any  `json:"configuration,omitzero"`
		Description         string          `json:"description,omitzero"`
		Metadata            map[string]any  `json:"metadata,omitzero"`
		Enabled             *bool           `json:"enabled,omitzero"`
	}{
		p.PersonalConnectorID, p.Name, credentials, p.Configuration, p.Description, p.Metadata, p.Enabled,
	}, secrets, err
}

// ConfigurationUpdateParams are the changes of an update; what is nil or zero
// stays as it is, and so does what an empty map stands for. An update that
// changes nothing is an *ArgumentError.
type ConfigurationUpdateParams struct {
	Name          *string
	Configuration map[string]any // merged by the server; a nil value sends null
	Credentials   Credentials    // replaced
	Description   *string        // a pointer to "" empties it
	Metadata      map[string]any // merged by the server; a nil value sends null
}

func (p ConfigurationUpdateParams) payload() (any, []string, error) {
	if p.Name == nil && len(p.Configuration) == 0 && p.Credentials.IsZero() && p.Description == nil && len(p.Metadata) == 0 {
		return nil, nil, &ArgumentError{"params", "must change something"}
	}
	credentials, secrets, err := p.Credentials.reveal()
	return struct {
		Name          *string         `json:"name,omitzero"`
		Configuration map[string]any  `json:"configuration,omitempty"`
		Credentials   json.RawMessage `json:"credentials,omitempty"`
		Description   *string         `json:"description,omitzero"`
		Metadata      map[string]any  `json:"metadata,omitempty"`
	}{p.Name, p.Configuration, credentials, p.Description, p.Metadata}, secrets, err
}

// toggle is the body of SetEnabled.
type toggle struct {
	Enabled bool `json:"enabled"`
}

// deletion is the answer to Delete.
type deletion struct {
	ID      string `json:"id"`
	Object  string `json:"object"`
	Deleted *bool  `json:"deleted"`
}

func (d *deletion) verify() error {
	switch {
	case d.Object != "" && d.Object != configurationObject:
		return &wire.Error{Pointer: "/object", Reason: "must be " + configurationObject}
	case d.Deleted != nil && !*d.Deleted:
		return &wire.Error{Pointer: "/deleted", Reason: "must be true"}
	}
	return nil
}

const configurationObject = "personal_connector.configuration"

func (c *Configuration) identity() (id, object, want string) {
	return c.ID, c.Object, configurationObject
}

func clone[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}
