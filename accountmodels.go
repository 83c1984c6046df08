package freddy

import (
	"encoding/json"
	"net/url"
	"time"

	"github.com/aitronos/freddy-go/internal/wire"
)

// This file has the models of connected accounts: what can be connected, accounts,
// connections and MCP configurations.

// ReleaseChannel says who provides the sign-in of an available connector.
type ReleaseChannel string

// The documented release channels.
const (
	ReleaseChannelStable ReleaseChannel = "stable" // the vendor's own sign-in
	ReleaseChannelBeta   ReleaseChannel = "beta"   // a partner's sign-in
)

// MCPTransport is the transport of an MCP server.
type MCPTransport string

// The documented MCP transports.
const (
	MCPTransportSSE            MCPTransport = "sse"
	MCPTransportStreamableHTTP MCPTransport = "streamable_http"
)

// MCPAuthType is how an MCP server authenticates its client.
type MCPAuthType string

// The documented MCP auth types.
const (
	MCPAuthTypeNone        MCPAuthType = "none"
	MCPAuthTypeAPIKey      MCPAuthType = "api_key"
	MCPAuthTypeBearerToken MCPAuthType = "bearer_token"
	MCPAuthTypeOAuth       MCPAuthType = "oauth"
)

// MCPConfigurationType is the origin of an MCP configuration.
type MCPConfigurationType string

// The documented types of MCP configurations.
const (
	MCPConfigurationTypeCustom            MCPConfigurationType = "custom"
	MCPConfigurationTypeStreamline        MCPConfigurationType = "streamline"
	MCPConfigurationTypePersonalConnector MCPConfigurationType = "personal_connector" // of an Account
)

// AvailableConnector is a tool that a user can connect an account of. The API
// documents it in two forms: an older one with type and name, and a newer one with
// tool_key and display_name. The client requires Key.
type AvailableConnector struct {
	ID             string                     `json:"id"`                   // empty in the older form
	Key            string                     `json:"tool_key" wire:"type"` // slack; AuthorizeParams.ConnectorType
	Name           string                     `json:"display_name" wire:"name"`
	Description    string                     `json:"description"`
	Category       string                     `json:"category"`
	IconID         string                     `json:"icon_id,omitzero"`
	IconURL        string                     `json:"icon_url"`
	RequiresOAuth  *bool                      `json:"requires_oauth,omitzero"` // nil: absent; the vendor's client assumes true
	Connected      *bool                      `json:"is_connected,omitzero"`   // nil: absent
	ConnectionID   string                     `json:"connection_id"`           // independent of Connected
	ReleaseChannel ReleaseChannel             `json:"release_channel,omitzero"`
	Extra          map[string]json.RawMessage `json:"-"` // members not named above
}

// MarshalJSON returns the documented form: the named members in documented order,
// then Extra by name.
func (c AvailableConnector) MarshalJSON() ([]byte, error) { return wire.Marshal(c) }

// UnmarshalJSON reads camelCase and snake_case names. Absent and null members leave
// their fields unchanged. If data is null, nothing changes.
func (c *AvailableConnector) UnmarshalJSON(data []byte) error { return wire.Unmarshal(data, c) }

func (c *AvailableConnector) validate() error {
	if c.Key == "" {
		return missing("tool_key")
	}
	return nil
}

// Account is an account that a user has connected. The client requires ID and Type.
type Account struct {
	ID                 string                     `json:"connector_id"`   // pcon_...; no ID of the catalogue
	Type               string                     `json:"connector_type"` // atlassian, github
	AccountEmail       string                     `json:"account_email"`
	Active             bool                       `json:"is_active"`
	LastSyncAt         *time.Time                 `json:"last_sync_at"` // nil: never
	CreatedAt          time.Time                  `json:"created_at"`
	MCPConfigurationID string                     `json:"mcp_configuration_id"` // mcp_...; what an assistant's mcp_tools list
	IconID             string                     `json:"icon_id,omitzero"`
	IconURL            string                     `json:"icon_url,omitzero"`
	Extra              map[string]json.RawMessage `json:"-"` // members not named above
}

// MarshalJSON returns the documented form: the named members in documented order,
// then Extra by name.
func (a Account) MarshalJSON() ([]byte, error) { return wire.Marshal(a) }

// UnmarshalJSON reads camelCase and snake_case names. Absent and null members leave
// their fields unchanged. If data is null, nothing changes.
func (a *Account) UnmarshalJSON(data []byte) error { return wire.Unmarshal(data, a) }

// validate tells an account from an entry of the catalogue, which the same path
// returns on another host: that has object and no connector_type.
func (a *Account) validate() error {
	_, object := a.Extra["object"]
	switch {
	case object:
		return &wire.Error{Pointer: "/object", Reason: "must be absent: this is the catalogue, not a list of accounts"}
	case a.ID == "":
		return missing("connector_id")
	case a.Type == "":
		return missing("connector_type")
	}
	return nil
}

// AccountTools is the state of an account's tools.
type AccountTools struct {
	Enabled bool                       `json:"are_tools_enabled"`
	Tools   []*AccountTool             `json:"tools"`
	Extra   map[string]json.RawMessage `json:"-"` // members not named above
}

// MarshalJSON returns the documented form: the named members in documented order,
// then Extra by name.
func (t AccountTools) MarshalJSON() ([]byte, error) { return wire.Marshal(t) }

// UnmarshalJSON reads camelCase and snake_case names. Absent and null members leave
// their fields unchanged. If data is null, nothing changes.
func (t *AccountTools) UnmarshalJSON(data []byte) error { return wire.Unmarshal(data, t) }

func (t *AccountTools) validate() error {
	if t.Tools == nil {
		return missing("tools")
	}
	return nil
}

// AccountTool is a tool of an account. The API does not return the schema of its
// input.
type AccountTool struct {
	Name        string                     `json:"name"`
	Description string                     `json:"description"`
	Enabled     bool                       `json:"enabled"`
	Extra       map[string]json.RawMessage `json:"-"` // members not named above
}

// MarshalJSON returns the documented form: the named members in documented order,
// then Extra by name.
func (t AccountTool) MarshalJSON() ([]byte, error) { return wire.Marshal(t) }

// UnmarshalJSON reads camelCase and snake_case names. Absent and null members leave
// their fields unchanged. If data is null, nothing changes.
func (t *AccountTool) UnmarshalJSON(data []byte) error { return wire.Unmarshal(data, t) }

// Connection is one account of a tool, as the newer calls of the API describe it.
// The client requires ID.
type Connection struct {
	ID             string                     `json:"id"` // tcred_...
	ToolKey        string                     `json:"tool_key"`
	DisplayName    string                     `json:"display_name"`
	CredentialName string                     `json:"credential_name"`
	AccountEmail   string                     `json:"account_email"`
	ConnectionID   string                     `json:"connection_id"` // conn_..., of the system that holds the tokens
	Active         bool                       `json:"is_active"`     // the user's switch, not the state of the tokens
	CreatedAt      time.Time                  `json:"created_at"`
	Extra          map[string]json.RawMessage `json:"-"` // members not named above
}

// MarshalJSON returns the documented form: the named members in documented order,
// then Extra by name.
func (c Connection) MarshalJSON() ([]byte, error) { return wire.Marshal(c) }

// UnmarshalJSON reads camelCase and snake_case names. Absent and null members leave
// their fields unchanged. If data is null, nothing changes.
func (c *Connection) UnmarshalJSON(data []byte) error { return wire.Unmarshal(data, c) }

func (c *Connection) validate() error {
	if c.ID == "" {
		return missing("id")
	}
	return nil
}

// ConnectionHealth says whether a connection works. The client requires ID and Status.
type ConnectionHealth struct {
	ID               string                     `json:"credential_id"`
	ToolKey          string                     `json:"tool_key"`
	Status           HealthStatus               `json:"status"`    // healthy, unhealthy, unknown; the documented sample has active
	Active           bool                       `json:"is_active"` // the user's switch
	ConnectionStatus string                     `json:"connection_status"`
	Reason           string                     `json:"reason"`
	LastCheckedAt    time.Time                  `json:"last_checked_at"`
	Extra            map[string]json.RawMessage `json:"-"` // members not named above
}

// MarshalJSON returns the documented form: the named members in documented order,
// then Extra by name.
func (h ConnectionHealth) MarshalJSON() ([]byte, error) { return wire.Marshal(h) }

// UnmarshalJSON reads camelCase and snake_case names. Absent and null members leave
// their fields unchanged. If data is null, nothing changes.
func (h *ConnectionHealth) UnmarshalJSON(data []byte) error { return wire.Unmarshal(data, h) }

func (h *ConnectionHealth) validate() error {
	switch {
	case h.ID == "":
		return missing("credential_id")
	case h.Status == "":
		return missing("status")
	}
	return nil
}

// ConnectionTest is the result of a test of a connection. Success false is a result,
// not an error of the call.
type ConnectionTest struct {
	ID            string                     `json:"credential_id"`
	ToolKey       string                     `json:"tool_key"`
	Success       bool                       `json:"success"`
	Action        string                     `json:"action_tested"`
	Message       string                     `json:"message"`
	ExecutionTime time.Duration              `json:"execution_time_ms"` // milliseconds in JSON
	TestedAt      time.Time                  `json:"tested_at"`
	Extra         map[string]json.RawMessage `json:"-"` // members not named above
}

// MarshalJSON returns the documented form: the named members in documented order,
// then Extra by name.
func (t ConnectionTest) MarshalJSON() ([]byte, error) { return wire.Marshal(t) }

// UnmarshalJSON reads camelCase and snake_case names. Absent and null members leave
// their fields unchanged. If data is null, nothing changes.
func (t *ConnectionTest) UnmarshalJSON(data []byte) error { return wire.Unmarshal(data, t) }

// Authorization is the beginning of an OAuth sign-in. Both fields are secrets of one
// sign-in of one user.
type Authorization struct {
	URL   string                     `json:"authorization_url"` // for the user's browser; absolute, with https
	State string                     `json:"state"`             // for WaitParams and Complete
	Extra map[string]json.RawMessage `json:"-"`                 // members not named above
}

// MarshalJSON returns the documented form: the named members in documented order,
// then Extra by name.
func (a Authorization) MarshalJSON() ([]byte, error) { return wire.Marshal(a) }

// UnmarshalJSON reads camelCase and snake_case names. Absent and null members leave
// their fields unchanged. If data is null, nothing changes.
func (a *Authorization) UnmarshalJSON(data []byte) error { return wire.Unmarshal(data, a) }

// validate requires a URL that a program may pass to a browser: https, or http to
// loopback.
func (a *Authorization) validate() error {
	if a.URL == "" {
		return missing("authorization_url")
	}
	u, err := url.Parse(a.URL)
	if err != nil || !validHost(u) || u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())) {
		return &wire.Error{Pointer: "/authorization_url", Reason: "must be an absolute https URL"}
	}
	if a.State == "" {
		return missing("state")
	}
	return nil
}

// Completion is the result of Connections().Complete. Connected false means that the
// sign-in is not complete yet.
type Completion struct {
	Connected  bool                       `json:"connected"`
	Message    string                     `json:"message"`
	Connection CompletedConnection        `json:"connection"`
	Extra      map[string]json.RawMessage `json:"-"` // members not named above
}

// MarshalJSON returns the documented form: the named members in documented order,
// then Extra by name.
func (c Completion) MarshalJSON() ([]byte, error) { return wire.Marshal(c) }

// UnmarshalJSON reads camelCase and snake_case names. Absent and null members leave
// their fields unchanged. If data is null, nothing changes.
func (c *Completion) UnmarshalJSON(data []byte) error { return wire.Unmarshal(data, c) }

// CompletedConnection is the connection of a Completion.
type CompletedConnection struct {
	ID     string                     `json:"id"` // conn_...
	AppKey string                     `json:"app_key"`
	Status string                     `json:"status"`
	Extra  map[string]json.RawMessage `json:"-"` // members not named above
}

// MarshalJSON returns the documented form: the named members in documented order,
// then Extra by name.
func (c CompletedConnection) MarshalJSON() ([]byte, error) { return wire.Marshal(c) }

// UnmarshalJSON reads camelCase and snake_case names. Absent and null members leave
// their fields unchanged. If data is null, nothing changes.
func (c *CompletedConnection) UnmarshalJSON(data []byte) error { return wire.Unmarshal(data, c) }

// MCPConfiguration is an MCP server of a user: their own, or that of an Account.
// Credentials are write-only. The client requires ID.
type MCPConfiguration struct {
	ID               string                     `json:"id"` // mcp_...
	Name             string                     `json:"name"`
	Type             MCPConfigurationType       `json:"type"`
	OrganizationID   string                     `json:"organizationId"`
	UserID           string                     `json:"userId"`
	ServerURL        string                     `json:"serverUrl"`
	TransportType    MCPTransport               `json:"transportType"`
	AuthType         MCPAuthType                `json:"authType"`
	Active           bool                       `json:"isActive"`
	ConnectionStatus string                     `json:"connectionStatus"`
	LastConnectedAt  *time.Time                 `json:"lastConnectedAt"` // nil: never
	ErrorMessage     string                     `json:"errorMessage"`
	CreatedAt        time.Time                  `json:"createdAt"`
	UpdatedAt        time.Time                  `json:"updatedAt"`
	Extra            map[string]json.RawMessage `json:"-" wire:"credentials"` // members not named above, never credentials
}

// MarshalJSON returns the documented form: the named members in documented order,
// then Extra by name.
func (c MCPConfiguration) MarshalJSON() ([]byte, error) { return wire.Marshal(c) }

// UnmarshalJSON reads camelCase and snake_case names. Absent and null members leave
// their fields unchanged. If data is null, nothing changes.
func (c *MCPConfiguration) UnmarshalJSON(data []byte) error { return wire.Unmarshal(data, c) }

func (c *MCPConfiguration) validate() error {
	if c.ID == "" {
		return missing("id")
	}
	return nil
}

// MCPTestResult is the result of a test of an MCP configuration. Success false is a
// result, not an error of the call.
type MCPTestResult struct {
	Success        bool                       `json:"success"`
	Status         string                     `json:"status"`
	Message        string                     `json:"message"`
	AvailableTools []string                   `json:"available_tools"`
	Extra          map[string]json.RawMessage `json:"-"` // members not named above
}

// MarshalJSON returns the documented form: the named members in documented order,
// then Extra by name.
func (r MCPTestResult) MarshalJSON() ([]byte, error) { return wire.Marshal(r) }

// UnmarshalJSON reads camelCase and snake_case names. Absent and null members leave
// their fields unchanged. If data is null, nothing changes.
func (r *MCPTestResult) UnmarshalJSON(data []byte) error { return wire.Unmarshal(data, r) }
