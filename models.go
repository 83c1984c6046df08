package freddy

import (
	"encoding/json"
	"time"

	"github.com/aitronos/freddy-go/internal/wire"
)

// ConnectorType says who provides a connector. A value that is none of the
// constants is kept as the server sent it.
//
// Source: the page "The connector object".
type ConnectorType string

// The documented connector types.
const (
	ConnectorTypeOfficial      ConnectorType = "official"       // hosted by a third party
	ConnectorTypeAitronosBuilt ConnectorType = "aitronos_built" // hosted by Aitronos
	ConnectorTypeCustom        ConnectorType = "custom"         // the user's own MCP server
)

// IsKnown reports whether v is one of the constants; the empty value is not.
func (v ConnectorType) IsKnown() bool {
	switch v {
	case ConnectorTypeOfficial, ConnectorTypeAitronosBuilt, ConnectorTypeCustom:
		return true
	}
	return false
}

// Category groups connectors by what they are for. A value that is none of the
// constants is kept as the server sent it.
//
// Source: the page "List personal connectors".
type Category string

// The documented categories.
const (
	CategoryProductivity  Category = "productivity"
	CategoryDevelopment   Category = "development"
	CategoryCommunication Category = "communication"
	CategoryDesign        Category = "design"
	CategoryCustom        Category = "custom"
)

// IsKnown reports whether v is one of the constants; the empty value is not.
func (v Category) IsKnown() bool {
	switch v {
	case CategoryProductivity, CategoryDevelopment, CategoryCommunication, CategoryDesign, CategoryCustom:
		return true
	}
	return false
}

// ConnectorStatus says whether a connector can be used. A value that is none
// of the constants is kept as the server sent it.
//
// Source: the page "List personal connectors".
type ConnectorStatus string

// The documented connector statuses.
const (
	ConnectorStatusActive      ConnectorStatus = "active"
	ConnectorStatusDeprecated  ConnectorStatus = "deprecated"
	ConnectorStatusMaintenance ConnectorStatus = "maintenance"
)

// IsKnown reports whether v is one of the constants; the empty value is not.
func (v ConnectorStatus) IsKnown() bool {
	switch v {
	case ConnectorStatusActive, ConnectorStatusDeprecated, ConnectorStatusMaintenance:
		return true
	}
	return false
}

// ServerType is the transport of a connector's MCP server. A value that is none
// of the constants is kept as the server sent it.
//
// Source: the page "The connector object".
type ServerType string

// The documented server types.
const (
	ServerTypeHTTP      ServerType = "http"
	ServerTypeWebSocket ServerType = "websocket"
	ServerTypeStdio     ServerType = "stdio"
)

// IsKnown reports whether v is one of the constants; the empty value is not.
func (v ServerType) IsKnown() bool {
	switch v {
	case ServerTypeHTTP, ServerTypeWebSocket, ServerTypeStdio:
		return true
	}
	return false
}

// AuthMethod is how a connector's server authenticates its users. A value that
// is none of the constants is kept as the server sent it.
//
// Source: the page "Retrieve personal connector".
type AuthMethod string

// AuthMethodOAuth2 is the only method that is documented.
const AuthMethodOAuth2 AuthMethod = "oauth2"

// IsKnown reports whether v is one of the constants; the empty value is not.
func (v AuthMethod) IsKnown() bool { return v == AuthMethodOAuth2 }

// Connector is one entry of the catalogue: an MCP server and how it is
// configured. ID, Name, Type, ConnectorID, Status and the two times are
// documented as always there; the client insists on ID alone.
//
// Source: the page "The connector object".
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
	CreatedBy   string                     `json:"createdBy,omitzero"` // user id, of custom connectors only
	Extra       map[string]json.RawMessage `json:"-"`                  // members not named above
}

// MarshalJSON returns the connector in the documented form: members in
// documented order, then Extra by name.
func (c Connector) MarshalJSON() ([]byte, error) { return wire.Marshal(c) }

// UnmarshalJSON reads a connector in either spelling. Members that are absent
// or null leave the fields as they are; null for the whole is an error.
func (c *Connector) UnmarshalJSON(data []byte) error { return wire.Unmarshal(data, c) }

// ConnectorMetadata is what a connector says about itself. It is free-form;
// the members named here are the documented ones.
//
// Source: the page "Retrieve personal connector".
type ConnectorMetadata struct {
	SupportedFeatures   []string                   `json:"supportedFeatures,omitzero"`
	AuthMethod          AuthMethod                 `json:"authMethod,omitzero"`
	ConfigurationSchema Schema                     `json:"configurationSchema,omitzero"` // of Configuration.Configuration
	Extra               map[string]json.RawMessage `json:"-"`                            // members not named above
}

// MarshalJSON returns the metadata in the documented form: members in
// documented order, then Extra by name.
func (m ConnectorMetadata) MarshalJSON() ([]byte, error) { return wire.Marshal(m) }

// UnmarshalJSON reads metadata in either spelling. Members that are absent
// or null leave the fields as they are; null for the whole is an error.
func (m *ConnectorMetadata) UnmarshalJSON(data []byte) error { return wire.Unmarshal(data, m) }

// HealthStatus says whether a configuration works. A value that is none of the
// constants is kept as the server sent it.
//
// Source: the page "The configuration object".
type HealthStatus string

// The documented health statuses.
const (
	HealthStatusHealthy   HealthStatus = "healthy"
	HealthStatusUnhealthy HealthStatus = "unhealthy"
	HealthStatusUnknown   HealthStatus = "unknown"
)

// IsKnown reports whether v is one of the constants; the empty value is not.
func (v HealthStatus) IsKnown() bool {
	switch v {
	case HealthStatusHealthy, HealthStatusUnhealthy, HealthStatusUnknown:
		return true
	}
	return false
}

// Configuration is a user's configuration of a connector. Its credentials are
// write-only: the server sends a placeholder, which is dropped.
//
// Numbers in Configuration and Metadata are float64, or json.Number where a
// float64 would change the value. The wire tags are this package's own.
//
// Source: the page "The configuration object".
type Configuration struct {
	ID                  string                     `json:"id,omitzero"`                  // pconf_...
	Object              string                     `json:"object,omitzero"`              // personal_connector.configuration
	UserID              string                     `json:"userId,omitzero"`              // whose it is: a user's,
	APIKeyID            string                     `json:"apiKeyId,omitzero"`            // or an API key's
	OrganizationID      string                     `json:"organizationId,omitzero"`      // org_...
	PersonalConnectorID string                     `json:"personalConnectorId,omitzero"` // Connector.ID
	Name                string                     `json:"name,omitzero"`
	Configuration       map[string]any             `json:"configuration,omitzero"`  // what the connector's ConfigurationSchema describes
	Enabled             bool                       `json:"enabled" wire:"isActive"` // false also where the answer has none; an older page calls it is_active
	HealthStatus        HealthStatus               `json:"healthStatus,omitzero"`
	LastSyncAt          *time.Time                 `json:"lastSyncAt,omitzero"` // nil: never
	LastError           string                     `json:"lastError,omitzero"`
	Description         string                     `json:"description,omitzero"`
	Metadata            map[string]any             `json:"metadata,omitzero"`
	CreatedAt           time.Time                  `json:"createdAt,omitzero"`
	UpdatedAt           time.Time                  `json:"updatedAt,omitzero"`
	Extra               map[string]json.RawMessage `json:"-" wire:"credentials"` // members not named above, never credentials
}

// MarshalJSON returns the configuration in the documented form: members in
// documented order, then Extra by name.
func (c Configuration) MarshalJSON() ([]byte, error) { return wire.Marshal(c) }

// UnmarshalJSON reads a configuration in either spelling, and the short form of
// an older page. Members that are absent or null leave the fields as they are;
// null for the whole is an error.
func (c *Configuration) UnmarshalJSON(data []byte) error { return wire.Unmarshal(data, c) }

// Tool is a tool of a connector's MCP server.
//
// Source: the page "List configuration tools".
type Tool struct {
	Name         string                     `json:"name,omitzero"`
	Description  string                     `json:"description,omitzero"`
	InputSchema  Schema                     `json:"inputSchema,omitzero"`  // of the tool's arguments
	OutputSchema Schema                     `json:"outputSchema,omitzero"` // of its result
	Metadata     map[string]any             `json:"metadata,omitzero"`     // numbers as in Configuration
	Extra        map[string]json.RawMessage `json:"-"`                     // members not named above
}

// MarshalJSON returns the tool in the documented form: members in documented
// order, then Extra by name.
func (t Tool) MarshalJSON() ([]byte, error) { return wire.Marshal(t) }

// UnmarshalJSON reads a tool in either spelling. Members that are absent or
// null leave the fields as they are; null for the whole is an error.
func (t *Tool) UnmarshalJSON(data []byte) error { return wire.Unmarshal(data, t) }

// TestResult is how a configuration answered a test.
//
// Source: the page "Test configuration".
type TestResult struct {
	Status   HealthStatus               `json:"status,omitzero"` // healthy or unhealthy
	Message  string                     `json:"message,omitzero"`
	Details  TestDetails                `json:"details,omitzero"`
	TestedAt time.Time                  `json:"testedAt,omitzero"`
	Extra    map[string]json.RawMessage `json:"-"` // members not named above
}

// MarshalJSON returns the result in the documented form: members in documented
// order, then Extra by name.
func (r TestResult) MarshalJSON() ([]byte, error) { return wire.Marshal(r) }

// UnmarshalJSON reads a result in either spelling. Members that are absent
// or null leave the fields as they are; null for the whole is an error.
func (r *TestResult) UnmarshalJSON(data []byte) error { return wire.Unmarshal(data, r) }

// TestDetails is what a test found out about the connector's MCP server. It is
// free-form; the members named here are the documented ones.
//
// Source: the page "Test configuration".
type TestDetails struct {
	ServerURL      string                     `json:"serverUrl,omitzero"`
	ServerType     ServerType                 `json:"serverType,omitzero"`
	ResponseTime   time.Duration              `json:"responseTimeMs,omitzero"` // a number of milliseconds on the wire
	ServerVersion  string                     `json:"serverVersion,omitzero"`
	AvailableTools int                        `json:"availableTools,omitzero"`
	Extra          map[string]json.RawMessage `json:"-"` // members not named above
}

// MarshalJSON returns the details in the documented form: members in documented
// order, then Extra by name.
func (d TestDetails) MarshalJSON() ([]byte, error) { return wire.Marshal(d) }

// UnmarshalJSON reads details in either spelling. Members that are absent or
// null leave the fields as they are; null for the whole is an error.
func (d *TestDetails) UnmarshalJSON(data []byte) error { return wire.Unmarshal(data, d) }
