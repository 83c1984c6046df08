package wire_test

import (
	"encoding/json"
	"time"
)

// The models of the API as the root package has them.

type extra = map[string]json.RawMessage

// schema keeps its JSON, as freddy.Schema does.
type schema string

func (s schema) MarshalJSON() ([]byte, error) {
	if s == "" {
		return []byte("null"), nil
	}
	return []byte(s), nil
}

func (s *schema) UnmarshalJSON(data []byte) error {
	*s = schema(data)
	return nil
}

type connector struct {
	ID          string            `json:"id,omitzero"`
	Object      string            `json:"object,omitzero"`
	Name        string            `json:"name,omitzero"`
	Type        kind              `json:"type,omitzero"`
	ConnectorID string            `json:"connectorId,omitzero"`
	Description string            `json:"description,omitzero"`
	IconURL     string            `json:"iconUrl,omitzero"`
	Category    kind              `json:"category,omitzero"`
	Version     string            `json:"version,omitzero"`
	Status      kind              `json:"status,omitzero"`
	ServerURL   string            `json:"serverUrl,omitzero"`
	ServerType  kind              `json:"serverType,omitzero"`
	Metadata    connectorMetadata `json:"metadata,omitzero"`
	CreatedAt   time.Time         `json:"createdAt,omitzero"`
	UpdatedAt   time.Time         `json:"updatedAt,omitzero"`
	CreatedBy   string            `json:"createdBy,omitzero"`
	Extra       extra             `json:"-"`
}

type connectorMetadata struct {
	SupportedFeatures   []string `json:"supportedFeatures,omitzero"`
	AuthMethod          kind     `json:"authMethod,omitzero"`
	ConfigurationSchema schema   `json:"configurationSchema,omitzero"`
	Extra               extra    `json:"-"`
}

type configuration struct {
	ID                  string         `json:"id,omitzero"`
	Object              string         `json:"object,omitzero"`
	UserID              string         `json:"userId,omitzero"`
	APIKeyID            string         `json:"apiKeyId,omitzero"`
	OrganizationID      string         `json:"organizationId,omitzero"`
	PersonalConnectorID string         `json:"personalConnectorId,omitzero"`
	Name                string         `json:"name,omitzero"`
	Configuration       map[string]any `json:"configuration,omitzero"`
	Enabled             bool           `json:"enabled" wire:"isActive"`
	HealthStatus        kind           `json:"healthStatus,omitzero"`
	LastSyncAt          *time.Time     `json:"lastSyncAt,omitzero"`
	LastError           string         `json:"lastError,omitzero"`
	Description         string         `json:"description,omitzero"`
	Metadata            map[string]any `json:"metadata,omitzero"`
	CreatedAt           time.Time      `json:"createdAt,omitzero"`
	UpdatedAt           time.Time      `json:"updatedAt,omitzero"`
	Extra               extra          `json:"-" wire:"credentials"`
}

type tool struct {
	Name         string         `json:"name,omitzero"`
	Description  string         `json:"description,omitzero"`
	InputSchema  schema         `json:"inputSchema,omitzero"`
	OutputSchema schema         `json:"outputSchema,omitzero"`
	Metadata     map[string]any `json:"metadata,omitzero"`
	Extra        extra          `json:"-"`
}

type testResult struct {
	Status   kind        `json:"status,omitzero"`
	Message  string      `json:"message,omitzero"`
	Details  testDetails `json:"details,omitzero"`
	TestedAt time.Time   `json:"testedAt,omitzero"`
	Extra    extra       `json:"-"`
}

type testDetails struct {
	ServerURL      string        `json:"serverUrl,omitzero"`
	ServerType     kind          `json:"serverType,omitzero"`
	ResponseTime   time.Duration `json:"responseTimeMs,omitzero"`
	ServerVersion  string        `json:"serverVersion,omitzero"`
	AvailableTools int           `json:"availableTools,omitzero"`
	Extra          extra         `json:"-"`
}

// list is the body of a list: an object with data, or a bare array.
type list[T any] struct {
	Object  string `json:"object"`
	Data    []*T   `json:"data" wire:"[]"`
	HasMore *bool  `json:"hasMore"`
	Extra   extra  `json:"-"`
}

type availableConnector struct {
	ID             string `json:"id"`
	Key            string `json:"tool_key" wire:"type"`
	Name           string `json:"display_name" wire:"name"`
	Description    string `json:"description"`
	Category       string `json:"category"`
	IconID         string `json:"icon_id,omitzero"`
	IconURL        string `json:"icon_url"`
	RequiresOAuth  *bool  `json:"requires_oauth,omitzero"`
	Connected      *bool  `json:"is_connected,omitzero"`
	ConnectionID   string `json:"connection_id"`
	ReleaseChannel kind   `json:"release_channel,omitzero"`
	Extra          extra  `json:"-"`
}

type connection struct {
	ID             string    `json:"id"`
	ToolKey        string    `json:"tool_key"`
	DisplayName    string    `json:"display_name"`
	CredentialName string    `json:"credential_name"`
	AccountEmail   string    `json:"account_email"`
	ConnectionID   string    `json:"connection_id"`
	Active         bool      `json:"is_active"`
	CreatedAt      time.Time `json:"created_at"`
	Extra          extra     `json:"-"`
}

type connectionList struct {
	Connections []*connection `json:"connections" wire:"[]"`
	ToolKey     string        `json:"tool_key"`
	Extra       extra         `json:"-"`
}

type connectionHealth struct {
	ID               string    `json:"credential_id"`
	ToolKey          string    `json:"tool_key"`
	Status           kind      `json:"status"`
	Active           bool      `json:"is_active"`
	ConnectionStatus string    `json:"connection_status"`
	Reason           string    `json:"reason"`
	LastCheckedAt    time.Time `json:"last_checked_at"`
	Extra            extra     `json:"-"`
}

type connectionTest struct {
	ID            string        `json:"credential_id"`
	ToolKey       string        `json:"tool_key"`
	Success       bool          `json:"success"`
	Action        string        `json:"action_tested"`
	Message       string        `json:"message"`
	ExecutionTime time.Duration `json:"execution_time_ms"`
	TestedAt      time.Time     `json:"tested_at"`
	Extra         extra         `json:"-"`
}

type account struct {
	ID                 string     `json:"connector_id"`
	Type               string     `json:"connector_type"`
	AccountEmail       string     `json:"account_email"`
	Active             bool       `json:"is_active"`
	LastSyncAt         *time.Time `json:"last_sync_at"`
	CreatedAt          time.Time  `json:"created_at"`
	MCPConfigurationID string     `json:"mcp_configuration_id"`
	IconID             string     `json:"icon_id,omitzero"`
	IconURL            string     `json:"icon_url,omitzero"`
	Extra              extra      `json:"-"`
}

type accountTools struct {
	Enabled bool           `json:"are_tools_enabled"`
	Tools   []*accountTool `json:"tools"`
	Extra   extra          `json:"-"`
}

type accountTool struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Enabled     bool   `json:"enabled"`
	Extra       extra  `json:"-"`
}

type authorization struct {
	URL   string `json:"authorization_url"`
	State string `json:"state"`
	Extra extra  `json:"-"`
}

type completion struct {
	Connected  bool                `json:"connected"`
	Message    string              `json:"message"`
	Connection completedConnection `json:"connection"`
	Extra      extra               `json:"-"`
}

type completedConnection struct {
	ID     string `json:"id"`
	AppKey string `json:"app_key"`
	Status string `json:"status"`
	Extra  extra  `json:"-"`
}

type mcpConfiguration struct {
	ID               string     `json:"id"`
	Name             string     `json:"name"`
	Type             kind       `json:"type"`
	OrganizationID   string     `json:"organizationId"`
	UserID           string     `json:"userId"`
	ServerURL        string     `json:"serverUrl"`
	TransportType    kind       `json:"transportType"`
	AuthType         kind       `json:"authType"`
	Active           bool       `json:"isActive"`
	ConnectionStatus string     `json:"connectionStatus"`
	LastConnectedAt  *time.Time `json:"lastConnectedAt"`
	ErrorMessage     string     `json:"errorMessage"`
	CreatedAt        time.Time  `json:"createdAt"`
	UpdatedAt        time.Time  `json:"updatedAt"`
	Extra            extra      `json:"-" wire:"credentials"`
}

type mcpConfigurationList struct {
	Configurations []*mcpConfiguration `json:"configurations" wire:"[]"`
	Extra          extra               `json:"-"`
}

type mcpTestResult struct {
	Success        bool     `json:"success"`
	Status         string   `json:"status"`
	Message        string   `json:"message"`
	AvailableTools []string `json:"available_tools"`
	Extra          extra    `json:"-"`
}
