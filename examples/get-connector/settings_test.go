package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestSettingsTable(t *testing.T) {
	t.Parallel()
	const none = "  (none)\n"
	tests := []struct{ name, schema, want string }{
		{"no schema", ``, none},
		{"no properties", `{"type":"object"}`, none},
		{"no property", `{"properties":{}}`, none},
		{"true", ` true `, "  true\n"},
		{"array", `[1, 2]`, "  [1,2]\n"},
		{"properties of a wrong type", `{"properties": 5}`, "  {\"properties\":5}\n"},
		{"not JSON", "{\"properties\"\n:", `  {"properties"\n:` + "\n"},
		{"cut", `{"properties":{"a":{}}`, `  {"properties":{"a":{}}` + "\n"},
		{"too deep", strings.Repeat("[", 20000), "  " + strings.Repeat("[", 20000) + "\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tt.want, settingsTable(json.RawMessage(tt.schema)))
		})
	}
}

func TestSettingsKeepTheirOrder(t *testing.T) {
	t.Parallel()
	settings, ok := parseSettings(json.RawMessage(
		`{"required":["b"],"properties":{"z":{"type":"string"},"b":{"type":"integer"},"a":{"type":"boolean"},"z":{"type":"number"}}}`))
	assert.True(t, ok)
	assert.Equal(t, []setting{
		{name: "z", kind: "number"}, // as in JavaScript and Go: the first place, the last value
		{name: "b", kind: "integer", required: true},
		{name: "a", kind: "boolean"},
	}, settings)
}

func TestSettings(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, property string
		want           setting
	}{
		{"nothing", `{}`, setting{kind: "any"}},
		{"type", `{"type":"string"}`, setting{kind: "string"}},
		{"types", `{"type":["string","null"]}`, setting{kind: "string or null"}},
		{"no types", `{"type":[]}`, setting{kind: "[]"}},
		{"odd types", `{"type":["string", 5]}`, setting{kind: `["string",5]`}},
		{"odd type", `{"type":{ "a": 1 }}`, setting{kind: `{"a":1}`}},
		{"default", `{"default":"main"}`, setting{kind: "any", fallback: "main"}},
		{"empty default", `{"default":""}`, setting{kind: "any", fallback: `""`}},
		{"null default", `{"default":null}`, setting{kind: "any", fallback: "null"}},
		{"large default", `{"default":12345678901234567890}`, setting{kind: "any", fallback: "12345678901234567890"}},
		{"object default", `{"default":{ "a": [ 1 ] }}`, setting{kind: "any", fallback: `{"a":[1]}`}},
		{"description", `{"description":"What"}`, setting{kind: "any", description: "What"}},
		{"null description", `{"description":null}`, setting{kind: "any"}},
		{"odd description", `{"description":[ 1 ]}`, setting{kind: "any", description: "[1]"}},
		{"enum", `{"description":"What","enum":["a",null,2]}`, setting{kind: "any", description: "What (one of: a, null, 2)"}},
		{"only enum", `{"enum":["a","b"]}`, setting{kind: "any", description: "(one of: a, b)"}},
		{"odd enum", `{"enum":"a"}`, setting{kind: "any"}},
		{"true", `true`, setting{kind: "any", description: "true"}},
		{"number", `5`, setting{kind: "any", description: "5"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			settings, ok := parseSettings(json.RawMessage(`{"required":{},"properties":{"a":` + tt.property + `}}`))
			assert.True(t, ok)
			tt.want.name = "a"
			assert.Equal(t, []setting{tt.want}, settings)
		})
	}
}
