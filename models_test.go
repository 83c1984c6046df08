package freddy_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
)

func TestConnectorJSON(t *testing.T) {
	body := fixture(t, "connector.json")
	var connector freddy.Connector
	require.NoError(t, json.Unmarshal(body, &connector))
	out, err := json.Marshal(connector)
	require.NoError(t, err)
	assert.JSONEq(t, string(body), string(out))
	out, err = json.Marshal(&connector)
	require.NoError(t, err)
	assert.JSONEq(t, string(body), string(out))

	var snake freddy.Connector
	require.NoError(t, json.Unmarshal(fixture(t, "connector_snake_case.json"), &snake))
	out, err = json.Marshal(map[string]any{"connector": snake})
	require.NoError(t, err)
	assert.JSONEq(t, `{"connector":`+string(body)+`}`, string(out))
}

func TestExtraIsKept(t *testing.T) {
	const body = `{"id":"pcon_x","status":"beta","metadata":{"authMethod":"magic","quota":{"n":9007199254740993}},"tags":["a"],"weight":1.50}`
	var connector freddy.Connector
	require.NoError(t, json.Unmarshal([]byte(body), &connector))
	assert.Equal(t, freddy.ConnectorStatus("beta"), connector.Status)
	assert.Equal(t, json.RawMessage(`1.50`), connector.Extra["weight"])
	out, err := json.Marshal(connector)
	require.NoError(t, err)
	assert.Equal(t, body, string(out))
}

func TestInvalidModels(t *testing.T) {
	for _, body := range []string{`[]`, `"x"`, `5`, `{"id":5}`, `{"metadata":[]}`} {
		assert.Error(t, json.Unmarshal([]byte(body), new(freddy.Connector)), body)
	}
	kept := freddy.Connector{ID: "kept"}
	require.NoError(t, json.Unmarshal([]byte(`null`), &kept))
	assert.Equal(t, freddy.Connector{ID: "kept"}, kept, "null leaves a model unchanged, as encoding/json does")
	// The client checks id and object.
	assert.NoError(t, json.Unmarshal([]byte(`{"object":"other"}`), new(freddy.Connector)))
	assert.NoError(t, json.Unmarshal([]byte(`{"metadata":null}`), new(freddy.Connector)))
	var metadata freddy.ConnectorMetadata
	require.NoError(t, json.Unmarshal([]byte(`{"auth_method":"oauth2","x":1}`), &metadata))
	out, err := json.Marshal(metadata)
	require.NoError(t, err)
	assert.Equal(t, `{"authMethod":"oauth2","x":1}`, string(out))
}

// A program stores WaitParams to continue after a restart.
func TestWaitParamsJSON(t *testing.T) {
	stored := freddy.WaitParams{Known: []*freddy.Connection{{ID: "tcred_1", ToolKey: "github"}}, State: "example-state", PollInterval: time.Second}
	params := stored
	params.Progress = func(int) {}
	out, err := json.Marshal(params)
	require.NoError(t, err)
	var restored freddy.WaitParams
	require.NoError(t, json.Unmarshal(out, &restored))
	assert.Equal(t, stored, restored)
}

func TestSchema(t *testing.T) {
	var schema freddy.Schema
	out, err := json.Marshal(schema)
	require.NoError(t, err)
	assert.Equal(t, "null", string(out), "empty means absent")
	require.NoError(t, json.Unmarshal([]byte(` [1, {"a":2}] `), &schema), "any JSON is kept")
	assert.Equal(t, freddy.Schema(`[1, {"a":2}]`), schema)
	require.NoError(t, json.Unmarshal([]byte("null"), &schema))
	assert.Equal(t, freddy.Schema(`[1, {"a":2}]`), schema, "null leaves it unchanged")
	out, err = json.Marshal(schema)
	require.NoError(t, err)
	assert.Equal(t, `[1,{"a":2}]`, string(out), "JSON, not a string")

	raw := []byte(`{"type" : "object"}`)
	require.NoError(t, schema.UnmarshalJSON(raw))
	raw[0] = '#'
	assert.Equal(t, freddy.Schema(`{"type" : "object"}`), schema, "a copy")
	_, err = json.Marshal(freddy.Schema("{broken"))
	require.Error(t, err)
}
