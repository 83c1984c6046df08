package freddy_test

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
)

// accountModels are the models of connected accounts, each with a body that sets
// every field.
var accountModels = []struct {
	name string
	body string // in the names of the documentation
	zero func() any
}{
	{"AvailableConnector", `{"id":"a","tool_key":"b","display_name":"c","description":"d","category":"e","icon_id":"f","icon_url":"g",
		"requires_oauth":false,"is_connected":true,"connection_id":"h","release_channel":"beta"}`, zeroOf[freddy.AvailableConnector]},
	{"Account", `{"connector_id":"a","connector_type":"b","account_email":"c","is_active":true,"last_sync_at":"2026-01-02T03:04:05Z",
		"created_at":"2026-01-02T03:04:05.678Z","mcp_configuration_id":"d","icon_id":"e","icon_url":"f"}`, zeroOf[freddy.Account]},
	{"AccountTools", `{"are_tools_enabled":true,"tools":[{"name":"a","description":"b","enabled":true}]}`, zeroOf[freddy.AccountTools]},
	{"AccountTool", `{"name":"a","description":"b","enabled":true}`, zeroOf[freddy.AccountTool]},
	{"Connection", `{"id":"a","tool_key":"b","display_name":"c","credential_name":"d","account_email":"e","connection_id":"f",
		"is_active":true,"created_at":"2026-01-02T03:04:05Z"}`, zeroOf[freddy.Connection]},
	{"ConnectionHealth", `{"credential_id":"a","tool_key":"b","status":"unhealthy","is_active":true,"connection_status":"c","reason":"d",
		"last_checked_at":"2026-01-02T03:04:05Z"}`, zeroOf[freddy.ConnectionHealth]},
	{"ConnectionTest", `{"credential_id":"a","tool_key":"b","success":true,"action_tested":"c","message":"d","execution_time_ms":1500,
		"tested_at":"2026-01-02T03:04:05Z"}`, zeroOf[freddy.ConnectionTest]},
	{"Authorization", `{"authorization_url":"https://example.com","state":"a"}`, zeroOf[freddy.Authorization]},
	{"Completion", `{"connected":true,"message":"a","connection":{"id":"b","app_key":"c","status":"d"}}`, zeroOf[freddy.Completion]},
	{"CompletedConnection", `{"id":"b","app_key":"c","status":"d"}`, zeroOf[freddy.CompletedConnection]},
	{"MCPConfiguration", `{"id":"a","name":"b","type":"custom","organizationId":"c","userId":"d","serverUrl":"e","transportType":"sse",
		"authType":"oauth","isActive":true,"connectionStatus":"f","lastConnectedAt":"2026-01-02T03:04:05Z","errorMessage":"g",
		"createdAt":"2026-01-02T03:04:05Z","updatedAt":"2026-01-02T03:04:05Z"}`, zeroOf[freddy.MCPConfiguration]},
	{"MCPTestResult", `{"success":true,"status":"a","message":"b","available_tools":["c","d"]}`, zeroOf[freddy.MCPTestResult]},
	{"AccountToolsParams", `{"enabled":true,"allowed_tools":["a"]}`, zeroOf[freddy.AccountToolsParams]},
	{"ToolConfiguration", `{"enabled":true,"allowed_tools":["a"]}`, zeroOf[freddy.ToolConfiguration]},
	{"AuthorizeParams", `{"connector_type":"a","integration_params":{"b":"c"}}`, zeroOf[freddy.AuthorizeParams]},
}

func zeroOf[T any]() any { return new(T) }

// params reports whether a type has only the names of the documentation, and no
// Extra: programs write it, servers do not.
func params(value any) bool { return !reflect.ValueOf(value).Elem().FieldByName("Extra").IsValid() }

// otherNames returns JSON with camelCase names in place of snake_case ones, and the
// other way round.
func otherNames(t *testing.T, body string) string {
	t.Helper()
	var value any
	require.NoError(t, json.Unmarshal([]byte(body), &value))
	data, err := json.Marshal(renamed(value))
	require.NoError(t, err)
	return string(data)
}

func renamed(value any) any {
	switch value := value.(type) {
	case []any:
		for i := range value {
			value[i] = renamed(value[i])
		}
	case map[string]any:
		for _, name := range slices.Collect(maps.Keys(value)) {
			member := renamed(value[name])
			delete(value, name)
			value[otherName(name)] = member
		}
	}
	return value
}

func otherName(name string) string {
	var b strings.Builder
	upper := false
	for _, r := range name {
		switch {
		case r == '_':
			upper = true
		case upper:
			b.WriteString(strings.ToUpper(string(r)))
			upper = false
		case 'A' <= r && r <= 'Z':
			b.WriteString("_" + strings.ToLower(string(r)))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func TestAccountModelsRoundTrip(t *testing.T) {
	t.Parallel()
	for _, model := range accountModels {
		t.Run(model.name, func(t *testing.T) {
			t.Parallel()
			first := model.zero()
			require.NoError(t, json.Unmarshal([]byte(model.body), first))
			requireAllSet(t, reflect.ValueOf(first).Elem())
			written, err := json.Marshal(first)
			require.NoError(t, err)
			assert.JSONEq(t, model.body, string(written), "the documented names are written")

			again := model.zero()
			require.NoError(t, json.Unmarshal(written, again))
			assert.Equal(t, first, again)
			byValue, err := json.Marshal(reflect.ValueOf(first).Elem().Interface())
			require.NoError(t, err)
			assert.Equal(t, string(written), string(byValue))

			require.NoError(t, json.Unmarshal([]byte("null"), again))
			assert.Equal(t, first, again, "null is a no-op")
			require.Error(t, json.Unmarshal([]byte(`"text"`), model.zero()))

			empty := model.zero()
			written, err = json.Marshal(empty)
			require.NoError(t, err)
			require.NoError(t, json.Unmarshal(written, again))
			require.NoError(t, json.Unmarshal(written, empty))
			assert.Equal(t, model.zero(), empty, "a zero value stays zero: %s", written)
		})
	}
}

// requireAllSet requires that a body sets every field except Extra.
func requireAllSet(t *testing.T, value reflect.Value) {
	t.Helper()
	for i := range value.NumField() {
		if field := value.Type().Field(i); field.Name != "Extra" {
			assert.False(t, value.Field(i).IsZero(), field.Name)
		}
	}
}

func TestAccountModelsTakeBothSpellings(t *testing.T) {
	t.Parallel()
	for _, model := range accountModels {
		documented, other := model.zero(), model.zero()
		if params(documented) {
			continue
		}
		require.NoError(t, json.Unmarshal([]byte(model.body), documented))
		require.NoError(t, json.Unmarshal([]byte(otherNames(t, model.body)), other), model.name)
		assert.Equal(t, documented, other, model.name)
	}
}

// Extra keeps what a model does not name, as it was sent.
func TestAccountModelsKeepExtra(t *testing.T) {
	t.Parallel()
	for _, model := range accountModels {
		value := model.zero()
		if params(value) {
			continue
		}
		const extra = `"newMember":{"b": [1, 2.50]},"other_member":null`
		require.NoError(t, json.Unmarshal([]byte("{"+extra+","+strings.TrimPrefix(model.body, "{")), value))
		kept := reflect.ValueOf(value).Elem().FieldByName("Extra").Interface()
		assert.Equal(t, map[string]json.RawMessage{
			"newMember": json.RawMessage(`{"b": [1, 2.50]}`), "other_member": json.RawMessage("null"),
		}, kept, model.name)
		written, err := json.Marshal(value)
		require.NoError(t, err)
		assert.JSONEq(t, "{"+extra+","+strings.TrimPrefix(model.body, "{"), string(written), model.name)
		assert.Contains(t, string(written), "2.50", model.name)
	}
}

func TestDocumentedAccountBodies(t *testing.T) {
	t.Parallel()
	created := time.Date(2025, 11, 10, 8, 0, 0, 0, time.UTC)
	assert.Equal(t, &freddy.Account{
		ID: "pcon_abc123", Type: "clickup", Active: true, CreatedAt: created, MCPConfigurationID: "mcp_xyz789",
	}, gen2As[freddy.Account](t, "account_minimal"))
	naive := gen2As[freddy.Account](t, "account_naive_time")
	assert.True(t, created.Add(123456*time.Microsecond).Equal(naive.CreatedAt), "a time without offset is UTC: %v", naive.CreatedAt)

	// Null stands for an empty field, and an absent member for an empty one.
	health := gen2As[freddy.ConnectionHealth](t, "connection_health_unhealthy")
	assert.Empty(t, health.ConnectionStatus)
	assert.Nil(t, gen2As[freddy.MCPTestResult](t, "mcp_test_result_failed").AvailableTools)
	assert.Equal(t, freddy.CompletedConnection{}, gen2As[freddy.Completion](t, "complete_oauth_pending").Connection)
}

func TestAvailableConnectorAliases(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]freddy.AvailableConnector{
		`{"type":"a","name":"b"}`:                        {Key: "a", Name: "b"},
		`{"tool_key":"a","type":"b","display_name":"c"}`: {Key: "a", Name: "c"},
		`{"type":"b","name":"d","tool_key":"a"}`:         {Key: "a", Name: "d"},
		`{"requires_oauth":null,"is_connected":null}`:    {},
	} {
		var got freddy.AvailableConnector
		require.NoError(t, json.Unmarshal([]byte(body), &got), body)
		assert.Equal(t, want, got, body)
	}
	written, err := json.Marshal(freddy.AvailableConnector{Key: "a", Name: "b"})
	require.NoError(t, err)
	assert.Contains(t, string(written), `"tool_key":"a","display_name":"b"`)
}

func TestMCPConfigurationParamsAsJSON(t *testing.T) {
	t.Parallel()
	create := freddy.MCPConfigurationCreateParams{
		Name: "n", ServerURL: "https://mcp.example.com", TransportType: "sse", AuthType: "none",
		Tools: &freddy.ToolConfiguration{Enabled: true, Allowed: []string{"a"}},
	}
	update := freddy.MCPConfigurationUpdateParams{
		Name: freddy.Ptr("n"), ServerURL: freddy.Ptr(""), Active: freddy.Ptr(false), Tools: &freddy.ToolConfiguration{},
	}
	for _, value := range []any{&create, &update} {
		written, err := json.Marshal(value)
		require.NoError(t, err)
		again := reflect.New(reflect.TypeOf(value).Elem()).Interface()
		require.NoError(t, json.Unmarshal(written, again))
		assert.Equal(t, value, again)
	}
	create.Credentials = freddy.BearerCredentials("example-token-77c1e0")
	written, err := json.Marshal(create)
	require.NoError(t, err)
	assert.Contains(t, string(written), `"credentials":"REDACTED"`)
	assert.NotContains(t, string(written), "example-token-77c1e0")
	require.Error(t, json.Unmarshal(written, new(freddy.MCPConfigurationCreateParams)), "no credentials are lost without notice")
	require.NoError(t, json.Unmarshal([]byte(`{"credentials":{"token":"example-token-77c1e0"}}`), &create))
	assert.False(t, create.Credentials.IsZero())
}
