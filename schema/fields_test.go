package schema_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go/schema"
)

func fields(t *testing.T, text string) map[string]schema.Field {
	t.Helper()
	all := map[string]schema.Field{}
	for _, field := range compile(t, text).Fields() {
		all[field.Name] = field
	}
	return all
}

// outline returns the pointers of a field and of what is inside it.
func outline(f schema.Field) []string {
	line := f.Pointer
	if f.Type != "" {
		line += " " + f.Type
	}
	if f.Secret {
		line += " secret"
	}
	if f.Required {
		line += " required"
	}
	out := []string{line}
	for _, inner := range f.Fields {
		out = append(out, outline(inner)...)
	}
	for _, inner := range []*schema.Field{f.Items, f.Values} {
		if inner != nil {
			out = append(out, outline(*inner)...)
		}
	}
	for _, variant := range f.Variants {
		match, _ := json.Marshal(variant.Match)
		out = append(out, fmt.Sprintf("%s? %s %s", f.Pointer, variant.Title, match))
		out = append(out, outline(variant.Field)[1:]...)
	}
	return out
}

func TestFieldMembers(t *testing.T) {
	const text = `{
		"type":"object","required":["z","sync"],
		"$defs":{"named":{"$anchor":"named","title":"From the definition","description":"d","type":"string","minLength":1}},
		"properties":{
			"z":{"type":"string","pattern":"^a","format":"uri","examples":["a1"],"maxLength":9},
			"a":{"type":["integer","null"],"minimum":1,"maximum":2.5,"default":9007199254740993,"enum":[1,2],"multipleOf":0.5,"exclusiveMinimum":0,"exclusiveMaximum":3},
			"named":{"$ref":"#/$defs/named","title":"Nearer"},"anchored":{"$ref":"#named"},
			"optional":{"anyOf":[{"type":"string"},{"type":"null"}],"default":null},
			"sync":{"type":"object","required":["every"],"properties":{"every":{"type":"integer","default":60}}},
			"paths":{"type":"array","items":{"type":"string","title":"Path"},"minItems":1,"maxItems":3,"uniqueItems":true,"readOnly":true,"deprecated":true},
			"any":{},"yes":true,"no":false
		},
		"allOf":[{"properties":{"late":{"type":"boolean"},"z":{"description":"from allOf"}},"required":["late"]}]
	}`
	number := func(f float64) *float64 { return &f }
	length := func(n int) *int { return &n }
	want := []schema.Field{
		{Name: "z", Pointer: "/z", Type: "string", Types: []string{"string"}, Pattern: "^a", Format: "uri", Examples: []any{"a1"}, MaxLength: length(9), Required: true, Description: "from allOf"},
		{
			Name: "a", Pointer: "/a", Type: "integer", Types: []string{"integer"}, Nullable: true, Minimum: number(1), Maximum: number(2.5), ExclusiveMinimum: number(0), ExclusiveMaximum: number(3),
			MultipleOf: number(0.5), Default: json.Number("9007199254740993"), Options: []schema.Option{{Value: 1.0}, {Value: 2.0}},
		},
		{Name: "named", Pointer: "/named", Title: "Nearer", Description: "d", Type: "string", Types: []string{"string"}, MinLength: length(1)},
		{Name: "anchored", Pointer: "/anchored", Title: "From the definition", Description: "d", Type: "string", Types: []string{"string"}, MinLength: length(1)},
		{Name: "optional", Pointer: "/optional", Type: "string", Types: []string{"string"}, Nullable: true},
		{Name: "sync", Pointer: "/sync", Type: "object", Types: []string{"object"}, Required: true, Fields: []schema.Field{
			{Name: "every", Pointer: "/sync/every", Type: "integer", Types: []string{"integer"}, Default: 60.0, Required: true},
		}},
		{
			Name: "paths", Pointer: "/paths", Type: "array", Types: []string{"array"}, MinItems: length(1), MaxItems: length(3), UniqueItems: true, ReadOnly: true, Deprecated: true,
			Items: &schema.Field{Pointer: "/paths/-", Title: "Path", Type: "string", Types: []string{"string"}},
		},
		{Name: "any", Pointer: "/any"},
		{Name: "yes", Pointer: "/yes"},
		{Name: "late", Pointer: "/late", Type: "boolean", Types: []string{"boolean"}, Required: true},
	}
	got := compile(t, text).Fields()
	require.Len(t, got, len(want))
	for i := range want {
		clearRaw(&got[i])
		assert.Equal(t, want[i], got[i])
	}
}

func clearRaw(f *schema.Field) {
	f.Raw = nil
	for i := range f.Fields {
		clearRaw(&f.Fields[i])
	}
	if f.Items != nil {
		clearRaw(f.Items)
	}
}

func TestRaw(t *testing.T) {
	s := compile(t, `{"$defs":{"x":{"title":"X"}}, "properties" : { "a" : {"$ref": "#/$defs/x" , "x-widget":[1, 2]} , "b":true} }`)
	all := s.Fields()
	assert.Equal(t, `{"$ref": "#/$defs/x" , "x-widget":[1, 2]}`, string(all[0].Raw))
	assert.Equal(t, `true`, string(all[1].Raw))
	all[0].Raw[0] = 'x'
	assert.Equal(t, byte('{'), s.Fields()[0].Raw[0], "the schema keeps its own text")
	assert.True(t, json.Valid(s.Root().Raw))
}

func TestOrder(t *testing.T) {
	var names []string
	for _, f := range compile(t, `{"$defs":{"x":{"order":1.5}},"properties":{"b":{},"d":{"order":2},"a":{"order":0},"c":{"order":"1"},"x":{"$ref":"#/$defs/x"},"e":{"order":2}}}`).Fields() {
		names = append(names, f.Name)
	}
	assert.Equal(t, []string{"a", "x", "d", "e", "b", "c"}, names)
}

func TestOptions(t *testing.T) {
	f := fields(t, `{"properties":{
		"size":{"oneOf":[{"const":"s","title":"Small","description":"d"},{"const":"l","title":"Large"}]},
		"mode":{"const":"fixed"},
		"nothing":{"enum":["a",null]},
		"mixed":{"anyOf":[{"enum":["a","b"]},{"const":5}]},
		"optional":{"oneOf":[{"const":"a"},{"const":"b"},{"type":"null"}]},
		"open":{"anyOf":[{"enum":["a","b"]},{"type":"string"}]},
		"one":{"title":"Mode","oneOf":[{"const":"a","title":"A","description":"D","type":"string","writeOnly":true}]},
		"untitled":{"anyOf":[{"const":"a","title":"A"},{"type":"null"}]},
		"reference":{"$ref":"#/$defs/one"},
		"part":{"title":"Part","allOf":[{"$ref":"#/$defs/one"},{"oneOf":[{"const":"a","title":"Other"},{"const":"b"}]}]},
		"items":{"items":{"$ref":"#/$defs/one"}},
		"list":{"anyOf":[{"enum":["a","b"],"title":"List"},{"type":"null"}]},
		"own":{"title":"Own","description":"d","const":"a"}
	},"$defs":{"one":{"oneOf":[{"$ref":"#/$defs/a"}]},"a":{"const":"a","title":"A","description":"D"}}}`)
	assert.Equal(t, []schema.Option{{"s", "Small", "d"}, {"l", "Large", ""}}, f["size"].Options)
	assert.Empty(t, f["size"].Variants)
	assert.Equal(t, []schema.Option{{Value: "fixed"}}, f["mode"].Options)
	assert.Equal(t, []schema.Option{{Value: "a"}, {Value: nil}}, f["nothing"].Options)
	assert.Equal(t, []schema.Option{{Value: "a"}, {Value: "b"}, {Value: 5.0}}, f["mixed"].Options)
	assert.True(t, f["optional"].Nullable)
	assert.Len(t, f["optional"].Options, 2)
	assert.Empty(t, f["open"].Options, "it is not closed")
	assert.Len(t, f["open"].Variants, 2)

	for name, title := range map[string]string{"one": "Mode", "reference": "", "part": "Part"} {
		assert.Equal(t, []schema.Option{{"a", "A", "D"}}, f[name].Options, name)
		assert.Equal(t, title, f[name].Title, name)
		assert.Empty(t, f[name].Description, name)
	}
	assert.Equal(t, "string", f["one"].Type)
	assert.True(t, f["one"].Secret)
	assert.Equal(t, []schema.Option{{"a", "A", ""}}, f["untitled"].Options)
	assert.True(t, f["untitled"].Nullable)
	assert.Empty(t, f["untitled"].Title, "it is that of the option")
	assert.Equal(t, []schema.Option{{"a", "A", "D"}}, f["items"].Items.Options)
	assert.Equal(t, "List", f["list"].Title)
	assert.Equal(t, []schema.Option{{Value: "a"}}, f["own"].Options)
}

func TestOutlines(t *testing.T) {
	for name, row := range map[string]struct {
		text string
		want []string
	}{
		"variants": {
			`{"properties":{"c":{"type":"object","oneOf":[
				{"title":"OAuth","properties":{"auth_type":{"const":"oauth"},"secret":{"type":"string","airbyte_secret":true}},"required":["auth_type","secret"]},
				{"title":"Token","properties":{"auth_type":{"enum":["token"]},"token":{"type":"string","airbyte_secret":true}}}]}}}`,
			[]string{"", "/c object", `/c? OAuth {"auth_type":"oauth"}`, "/c/secret string secret required", `/c? Token {"auth_type":"token"}`, "/c/token string secret"},
		},
		"variants at the top": {
			`{"properties":{"a":{}},"anyOf":[{"properties":{"b":{}}},{"$ref":"#/$defs/x"}],"$defs":{"x":{"title":"X","properties":{"c":{}}}}}`,
			[]string{"", "/a", "?  null", "/b", "? X null", "/c"},
		},
		"one schema of a choice":   {`{"properties":{"p":{"oneOf":[{"type":"object","properties":{"n":{"type":"string"}}}]}}}`, []string{"", "/p object", "/p/n string"}},
		"one schema beside null":   {`{"properties":{"p":{"anyOf":[{"type":"null"},{"type":"object","properties":{"n":{"type":"string"}}}]}}}`, []string{"", "/p object", "/p/n string"}},
		"only what is required":    {`{"properties":{"a":{},"b":{}},"anyOf":[{"required":["a"]},{"required":["b"]}]}`, []string{"", "/a", "/b"}},
		"scalars of two types":     {`{"properties":{"p":{"oneOf":[{"type":"string"},{"type":"integer"}]}}}`, []string{"", "/p", "/p?  null", "/p?  null"}},
		"two choices":              {`{"allOf":[{"oneOf":[{"properties":{"a":{}}},{"properties":{"b":{}}}]},{"oneOf":[{"properties":{"c":{}}},{"properties":{"d":{}}}]}]}`, []string{"", "?  null", "/a", "?  null", "/c", "?  null", "/d", "?  null", "/b", "?  null", "/c", "?  null", "/d"}},
		"map":                      {`{"properties":{"env":{"type":"object","additionalProperties":{"type":"string"}}}}`, []string{"", "/env object", "/env/* string"}},
		"map by pattern":           {`{"properties":{"env":{"patternProperties":{"^x":{"type":"string"}},"additionalProperties":false}}}`, []string{"", "/env", "/env/* string"}},
		"map by patterns":          {`{"properties":{"env":{"patternProperties":{"^x":{"type":"string"},"^y":{"type":"integer"}}}}}`, []string{"", "/env", "/env/*", "/env/*?  null", "/env/*?  null"}},
		"map of anything":          {`{"properties":{"env":{"type":"object","additionalProperties":true}}}`, []string{"", "/env object", "/env/*"}},
		"object with more":         {`{"properties":{"env":{"type":"object","properties":{"a":{}},"additionalProperties":true}}}`, []string{"", "/env object", "/env/a"}},
		"nested arrays":            {`{"properties":{"m":{"type":"array","items":{"type":"array","items":{"properties":{"x/y":{}}}}}}}`, []string{"", "/m array", "/m/- array", "/m/-/-", "/m/-/-/x~1y"}},
		"tuple":                    {`{"properties":{"m":{"type":"array","prefixItems":[{"type":"string"},{"type":"integer"}],"items":{"type":"boolean"}}}}`, []string{"", "/m array", "/m/0 string", "/m/1 integer", "/m/- boolean"}},
		"old tuple":                {`{"properties":{"m":{"items":[{"type":"string"}],"additionalItems":{"type":"boolean"}}}}`, []string{"", "/m", "/m/0 string", "/m/- boolean"}},
		"contains itself":          {`{"properties":{"name":{"type":"string"},"children":{"type":"array","items":{"$ref":"#"}}}}`, []string{"", "/name string", "/children array", "/children/-"}},
		"contains itself in turns": {`{"$defs":{"a":{"properties":{"b":{"$ref":"#/$defs/b"}}},"b":{"properties":{"a":{"$ref":"#/$defs/a"}}}},"$ref":"#/$defs/a"}`, []string{"", "/b", "/b/a"}},
		"composed of itself":       {`{"allOf":[{"$ref":"#"}],"properties":{"a":{"$ref":"#/properties/a"}}}`, []string{"", "/a"}},
		"under a condition": {
			`{"properties":{"mode":{"type":"string"}},"if":{"properties":{"mode":{"const":"x"}}},"then":{"properties":{"key":{"type":"string","writeOnly":true},"mode":{"minLength":5}},"required":["key"]},
				"dependentSchemas":{"mode":{"properties":{"more":{"type":"integer"}}}}}`,
			[]string{"", "/mode string", "/key string secret", "/more integer"},
		},
		"under a condition of a part": {
			`{"allOf":[{"if":{},"then":{"properties":{"x":{}}}},{"properties":{"y":{}},"required":["x"]}]}`, []string{"", "/x", "/y"},
		},
		"what is no schema": {`{"properties":{"a":5,"b":"x","c":{"$ref":"other.json"},"d":{"type":7,"title":[],"minimum":"x","enum":{},"properties":3,"items":4,"oneOf":{},"required":5}}}`, []string{"", "/c", "/d"}},
		"boolean":           {`true`, []string{""}},
	} {
		assert.Equal(t, row.want, outline(compile(t, row.text).Root()), name)
	}
}

// A secret is one wherever it is marked.
func TestSecrets(t *testing.T) {
	for _, mark := range []string{`"format":"password"`, `"format":"secret"`, `"writeOnly":true`, `"x-secret":true`, `"airbyte_secret":true`, `"isSecret":true`, `"sensitive":true`} {
		for _, text := range []string{
			`{"properties":{"s":{"type":"string",MARK}}}`,
			`{"$defs":{"x":{MARK}},"properties":{"s":{"$ref":"#/$defs/x"}}}`,
			`{"properties":{"s":{"allOf":[{"type":"string"},{MARK}]}}}`,
			`{"properties":{"s":{"oneOf":[{"type":"string",MARK},{"type":"null"}]}}}`,
			`{"properties":{"s":{"oneOf":[{"type":"string",MARK},{"type":"integer"}]}}}`,
			`{"properties":{"s":{"anyOf":[{"type":"integer"},{"type":"array","items":{MARK}}]}}}`,
			`{"properties":{"s":{"type":"array","items":{"type":"string",MARK}}}}`,
			`{"properties":{"s":{"additionalProperties":{"type":"string",MARK}}}}`,
		} {
			assert.True(t, compile(t, strings.ReplaceAll(text, "MARK", mark)).Fields()[0].Secret, "%s in %s", mark, text)
		}
	}
	assert.False(t, compile(t, `{"properties":{"s":{"writeOnly":false,"x-secret":null,"format":"email"}}}`).Fields()[0].Secret)
	assert.False(t, compile(t, `{"properties":{"o":{"properties":{"s":{"writeOnly":true}}}}}`).Fields()[0].Secret, "an object is not secret because of one property")

	container := outline(compile(t, `{"properties":{"c":{"writeOnly":true,"properties":{"a":{"type":"string"},"l":{"items":{"type":"string"}}},"oneOf":[{"properties":{"b":{"type":"string"}}},{"properties":{"d":{"type":"string"}}}]}}}`).Root())
	for _, line := range container {
		if strings.HasSuffix(strings.Fields(line + " .")[0], "?") || line == "" {
			continue
		}
		assert.Contains(t, line, "secret")
	}
	assert.True(t, slices.Contains(container, "/c/l/- string secret"))
}

func TestTypesExamplesAndLimits(t *testing.T) {
	f := fields(t, `{"properties":{
		"a":{"type":["string","integer","string","null"]},"b":{"nullable":true,"type":"string"},"c":{"oneOf":[{"type":"string"},{"type":"integer"}]},
		"d":{"oneOf":[{"type":"object","properties":{"x":{}}},{"type":"object","properties":{"y":{}}}]}}}`)
	assert.Equal(t, []string{"string", "integer"}, f["a"].Types)
	assert.Empty(t, f["a"].Type)
	assert.True(t, f["a"].Nullable)
	assert.Equal(t, "string", f["b"].Type)
	assert.True(t, f["b"].Nullable)
	assert.Equal(t, []string{"string", "integer"}, f["c"].Types)
	assert.Equal(t, "object", f["d"].Type)

	examples := fields(t, `{"properties":{"a":{"example":5},"b":{"examples":["x"],"example":"y"},"c":{"examples":"x"}}}`)
	assert.Equal(t, []any{5.0}, examples["a"].Examples)
	assert.Equal(t, []any{"x"}, examples["b"].Examples)
	assert.Empty(t, examples["c"].Examples)

	limits := fields(t, `{"properties":{"n":{"minimum":0,"exclusiveMinimum":true,"maximum":9,"exclusiveMaximum":false}}}`)["n"]
	assert.Nil(t, limits.Minimum)
	assert.Zero(t, *limits.ExclusiveMinimum)
	assert.InDelta(t, 9, *limits.Maximum, 0)
	assert.Nil(t, limits.ExclusiveMaximum)
}
