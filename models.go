package freddy

import (
	"encoding/json"
	"time"

	"github.com/aitronos/freddy-go/internal/wire"
)

// Ptr returns a pointer to v, for optional parameters.
func Ptr[T any](v T) *T { return &v }

// ConnectorType says who provides a connector. Unknown values are kept as the server
// sent them. This holds for every string type in this package.
type ConnectorType string

// The documented connector types.
const (
	ConnectorTypeOfficial      ConnectorType = "official"       // hosted by a third party
	ConnectorTypeAitronosBuilt ConnectorType = "aitronos_built" // hosted by Aitronos
	ConnectorTypeCustom        ConnectorType = "custom"         // the user's own MCP server
)

// Category is the purpose of a connector.
type Category string

// The documented categories.
const (
	CategoryProductivity  Category = "productivity"
	CategoryDevelopment   Category = "development"
	CategoryCommunication Category = "communication"
	CategoryDesign        Category = "design"
	CategoryCustom        Category = "custom"
)

// ConnectorStatus says whether a connector can be used.
type ConnectorStatus string

// The documented connector statuses.
const (
	ConnectorStatusActive      ConnectorStatus = "active"
	ConnectorStatusDeprecated  ConnectorStatus = "deprecated"
	ConnectorStatusMaintenance ConnectorStatus = "maintenance"
)

// ServerType is the transport of a connector's MCP server.
type ServerType string

// The documented server types.
const (
	ServerTypeHTTP      ServerType = "http"
	ServerTypeWebSocket ServerType = "websocket"
	ServerTypeStdio     ServerType = "stdio"
)

// AuthMethod is how a connector's server authenticates its users.
type AuthMethod string

// AuthMethodOAuth2 is the only documented method.
const AuthMethodOAuth2 AuthMethod = "oauth2"

// HealthStatus says whether a configuration or a connection works.
type HealthStatus string

// The documented health statuses.
const (
	HealthStatusHealthy   HealthStatus = "healthy"
	HealthStatusUnhealthy HealthStatus = "unhealthy"
	HealthStatusUnknown   HealthStatus = "unknown"
)

// Schema is a JSON Schema as the server sent it. Empty means absent. It marshals as
// the JSON value that it contains, not as a string.
//
// Any JSON value is kept. Package [github.com/aitronos/freddy-go/schema] reads it:
// it lists the settings for a form, and validates them.
type Schema string

// MarshalJSON returns the schema, or null if it is empty.
func (s Schema) MarshalJSON() ([]byte, error) {
	if s == "" {
		return []byte("null"), nil
	}
	return []byte(s), nil
}

// UnmarshalJSON keeps data. null leaves s unchanged.
func (s *Schema) UnmarshalJSON(data []byte) error {
	if string(data) != "null" {
		*s = Schema(data)
	}
	return nil
}

// Connector is an entry of the catalogue: an MCP server and how it is configured.
// ID, Name, Type, ConnectorID, Status and the two times are documented as always
// present. The client requires only ID.
type Connector struct {
	ID          string                     `json:"id,omitzero"`          // pcon_...
	Object      string                     `json:"object,omitzero"`      // personal_connector
	Name        string                     `json:"name,omitzero"`        // for people: GitHub
	Type        ConnectorType              `json:"type,omitzero"`        // who provides it
	ConnectorID string                     `json:"connectorId,omitzero"` // integration key: github, custom_mcp
	Description string                     `json:"description,omitzero"`
	IconURL     string                     `json:"iconUrl,omitzero"`
	Category    Category                   `json:"category,omitzero"`
	Version     string                     `json:"version,omitzero"` // semantic version
	Status      ConnectorStatus            `json:"status,omitzero"`
	ServerURL   string                     `json:"serverUrl,omitzero"` // of the MCP server; may be an internal address
	ServerType  ServerType                 `json:"serverType,omitzero"`
	Metadata    ConnectorMetadata          `json:"metadata,omitzero"`
	CreatedAt   time.Time                  `json:"createdAt,omitzero"`
	UpdatedAt   time.Time                  `json:"updatedAt,omitzero"`
	CreatedBy   string                     `json:"createdBy,omitzero"` // user ID, of custom connectors only
	Extra       map[string]json.RawMessage `json:"-"`                  // members not named above
}

// MarshalJSON returns the documented form: the named members in documented order,
// then Extra by name.
func (c Connector) MarshalJSON() ([]byte, error) { return wire.Marshal(c) }

// UnmarshalJSON reads camelCase and snake_case names. Absent and null members leave
// their fields unchanged. If data is null, nothing changes.
func (c *Connector) UnmarshalJSON(data []byte) error { return wire.Unmarshal(data, c) }

// ConnectorMetadata describes a connector. It is free-form; the named members are
// the documented ones.
type ConnectorMetadata struct {
	SupportedFeatures   []string                   `json:"supportedFeatures,omitzero"`
	AuthMethod          AuthMethod                 `json:"authMethod,omitzero"`          // empty: absent
	ConfigurationSchema Schema                     `json:"configurationSchema,omitzero"` // of Configuration.Configuration
	Extra               map[string]json.RawMessage `json:"-"`                            // members not named above
}

// MarshalJSON returns the documented form: the named members in documented order,
// then Extra by name.
func (m ConnectorMetadata) MarshalJSON() ([]byte, error) { return wire.Marshal(m) }

// UnmarshalJSON reads camelCase and snake_case names. Absent and null members leave
// their fields unchanged. If data is null, nothing changes.
func (m *ConnectorMetadata) UnmarshalJSON(data []byte) error { return wire.Unmarshal(data, m) }

// Configuration is a user's configuration of a connector. Credentials are write-only:
// the server sends a placeholder, which is dropped.
//
// Numbers in Configuration and Metadata are float64, or json.Number where a float64
// would change the value.
type Configuration struct {
	ID                  string                     `json:"id,omitzero"`                  // pconf_...
	Object              string                     `json:"object,omitzero"`              // personal_connector.configuration
	UserID              string                     `json:"userId,omitzero"`              // of the owner, if it is a user
	APIKeyID            string                     `json:"apiKeyId,omitzero"`            // of the owner, if it is an API key
	OrganizationID      string                     `json:"organizationId,omitzero"`      // org_...
	PersonalConnectorID string                     `json:"personalConnectorId,omitzero"` // Connector.ID
	Name                string                     `json:"name,omitzero"`
	Configuration       map[string]any             `json:"configuration,omitzero"`  // what the connector's ConfigurationSchema describes
	Enabled             bool                       `json:"enabled" wire:"isActive"` // an older page spells it is_active
	HealthStatus        HealthStatus               `json:"healthStatus,omitzero"`
	LastSyncAt          *time.Time                 `json:"lastSyncAt,omitzero"` // nil: never
	LastError           string                     `json:"lastError,omitzero"`
	Description         string                     `json:"description,omitzero"`
	Metadata            map[string]any             `json:"metadata,omitzero"`
	CreatedAt           time.Time                  `json:"createdAt,omitzero"`
	UpdatedAt           time.Time                  `json:"updatedAt,omitzero"`
	Extra               map[string]json.RawMessage `json:"-" wire:"credentials"` // members not named above, never credentials
}

// MarshalJSON returns the documented form: the named members in documented order,
// then Extra by name.
func (c Configuration) MarshalJSON() ([]byte, error) { return wire.Marshal(c) }

// UnmarshalJSON reads camelCase and snake_case names. Absent and null members leave
// their fields unchanged. If data is null, nothing changes.
func (c *Configuration) UnmarshalJSON(data []byte) error { return wire.Unmarshal(data, c) }

// Tool is a tool of a connector's MCP server.
type Tool struct {
	Name         string                     `json:"name,omitzero"`
	Description  string                     `json:"description,omitzero"`
	InputSchema  Schema                     `json:"inputSchema,omitzero"`  // of the tool's arguments
	OutputSchema Schema                     `json:"outputSchema,omitzero"` // of its result
	Metadata     map[string]any             `json:"metadata,omitzero"`     // numbers as in Configuration
	Extra        map[string]json.RawMessage `json:"-"`                     // members not named above
}

// MarshalJSON returns the documented form: the named members in documented order,
// then Extra by name.
func (t Tool) MarshalJSON() ([]byte, error) { return wire.Marshal(t) }

// UnmarshalJSON reads camelCase and snake_case names. Absent and null members leave
// their fields unchanged. If data is null, nothing changes.
func (t *Tool) UnmarshalJSON(data []byte) error { return wire.Unmarshal(data, t) }

// TestResult is the result of a test of a configuration.
type TestResult struct {
	Status   HealthStatus               `json:"status,omitzero"` // healthy or unhealthy
	Message  string                     `json:"message,omitzero"`
	Details  TestDetails                `json:"details,omitzero"`
	TestedAt time.Time                  `json:"testedAt,omitzero"`
	Extra    map[string]json.RawMessage `json:"-"` // members not named above
}

// MarshalJSON returns the documented form: the named members in documented order,
// then Extra by name.
func (r TestResult) MarshalJSON() ([]byte, error) { return wire.Marshal(r) }

// UnmarshalJSON reads camelCase and snake_case names. Absent and null members leave
// their fields unchanged. If data is null, nothing changes.
func (r *TestResult) UnmarshalJSON(data []byte) error { return wire.Unmarshal(data, r) }

// TestDetails describes the MCP server that a test called. It is free-form; the named
// members are the documented ones.
type TestDetails struct {
	ServerURL      string                     `json:"serverUrl,omitzero"`
	ServerType     ServerType                 `json:"serverType,omitzero"`
	ResponseTime   time.Duration              `json:"responseTimeMs,omitzero"` // milliseconds in JSON
	ServerVersion  string                     `json:"serverVersion,omitzero"`
	AvailableTools int                        `json:"availableTools,omitzero"`
	Extra          map[string]json.RawMessage `json:"-"` // members not named above
}

// MarshalJSON returns the documented form: the named members in documented order,
// then Extra by name.
func (d TestDetails) MarshalJSON() ([]byte, error) { return wire.Marshal(d) }

// UnmarshalJSON reads camelCase and snake_case names. Absent and null members leave
// their fields unchanged. If data is null, nothing changes.
func (d *TestDetails) UnmarshalJSON(data []byte) error { return wire.Unmarshal(data, d) }
