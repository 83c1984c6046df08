package freddy_test

import (
	"encoding/json"
	"testing"

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
	assert.False(t, connector.Status.IsKnown())
	assert.Equal(t, json.RawMessage(`1.50`), connector.Extra["weight"])
	out, err := json.Marshal(connector)
	require.NoError(t, err)
	assert.Equal(t, body, string(out))
}

func TestInvalidModels(t *testing.T) {
	for _, body := range []string{`null`, `[]`, `"x"`, `5`, `{"id":5}`, `{"metadata":[]}`} {
		assert.Error(t, json.Unmarshal([]byte(body), new(freddy.Connector)), body)
	}
	// The client checks id and object.
	assert.NoError(t, json.Unmarshal([]byte(`{"object":"other"}`), new(freddy.Connector)))
	assert.NoError(t, json.Unmarshal([]byte(`{"metadata":null}`), new(freddy.Connector)))
	var metadata freddy.ConnectorMetadata
	require.NoError(t, json.Unmarshal([]byte(`{"auth_method":"oauth2","x":1}`), &metadata))
	out, err := json.Marshal(metadata)
	require.NoError(t, err)
	assert.Equal(t, `{"authMethod":"oauth2","x":1}`, string(out))
}

func TestIsKnown(t *testing.T) {
	assert.True(t, freddy.ConnectorTypeCustom.IsKnown())
	assert.True(t, freddy.CategoryDesign.IsKnown())
	assert.True(t, freddy.ConnectorStatusMaintenance.IsKnown())
	assert.True(t, freddy.ServerTypeStdio.IsKnown())
	assert.True(t, freddy.AuthMethodOAuth2.IsKnown())
	assert.False(t, freddy.ConnectorType("Custom").IsKnown())
	assert.False(t, freddy.Category("").IsKnown())
	assert.False(t, freddy.ConnectorStatus("gone").IsKnown())
	assert.False(t, freddy.ServerType("grpc").IsKnown())
	assert.False(t, freddy.AuthMethod("none").IsKnown())
}

func TestSchema(t *testing.T) {
	raw := []byte(`{"type" : "object"}`)
	schema := freddy.NewSchema(raw)
	raw[0] = '#'
	assert.Equal(t, `{"type" : "object"}`, schema.String())
	schema.Raw()[0] = '#'
	assert.Equal(t, `{"type" : "object"}`, string(schema.Raw()))
	assert.False(t, schema.IsZero())

	var zero freddy.Schema
	assert.True(t, zero.IsZero())
	assert.True(t, freddy.NewSchema(nil).IsZero())
	assert.Empty(t, zero.String())
	assert.Nil(t, zero.Raw())
	out, err := json.Marshal(zero)
	require.NoError(t, err)
	assert.Equal(t, "null", string(out))
	require.NoError(t, json.Unmarshal([]byte("null"), &schema))
	assert.True(t, schema.IsZero())
	require.NoError(t, json.Unmarshal([]byte(` [1, {"a":2}] `), &schema), "any JSON is kept")
	assert.Equal(t, `[1, {"a":2}]`, schema.String())

	_, err = json.Marshal(freddy.NewSchema([]byte("{broken")))
	require.Error(t, err)
	assert.True(t, assert.ObjectsAreEqual(freddy.NewSchema([]byte("1")), freddy.NewSchema([]byte("1"))))
	assert.False(t, assert.ObjectsAreEqual(freddy.NewSchema([]byte("1")), freddy.NewSchema([]byte("2"))))
}

func TestSchemaEqual(t *testing.T) {
	for _, row := range []struct {
		a, b string
		want bool
	}{
		{"", "", true},
		{"", "{}", false},
		{"{}", "", false},
		{`{"a":1,"b":2}`, `{"b":2.0, "a":1e0}`, true},
		{`{"a":1}`, `{"a":"1"}`, false},
		{`{broken`, `{broken`, true},
		{`{broken`, `{}`, false},
		{`{}`, `{broken`, false},
	} {
		assert.Equal(t, row.want, freddy.NewSchema([]byte(row.a)).Equal(freddy.NewSchema([]byte(row.b))), "%s %s", row.a, row.b)
	}
}
