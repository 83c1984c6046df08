package schema_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go/schema"
)

func TestCompileErrors(t *testing.T) {
	deep := func(n int) string { return strings.Repeat(`{"items":`, n) + `{}` + strings.Repeat(`}`, n) }
	for name, row := range map[string]struct{ text, want string }{
		"broken":            {`{"type":`, "not JSON"},
		"broken name":       {`{5:1}`, "not JSON"},
		"broken array":      {`[1,`, "not JSON"},
		"two values":        {`{} {}`, "unexpected data after the value"},
		"null":              {`null`, "neither an object nor a boolean"},
		"number":            {`5`, "neither an object nor a boolean"},
		"array":             {`[{}]`, "neither an object nor a boolean"},
		"string":            {`"x"`, "neither an object nor a boolean"},
		"huge number":       {`{"minimum":1e1000000}`, "too many digits"},
		"tiny number":       {`{"minimum":1e-1000000}`, "too many digits"},
		"absurd number":     {`{"minimum":1e99999999999999999999}`, "too many digits"},
		"long number":       {`{"minimum":` + strings.Repeat("9", 1000) + `}`, "too many digits"},
		"too deep":          {deep(9_900), "deeper than 256"},
		"too deep in lists": {`{"enum":` + strings.Repeat(`[`, 9_000) + strings.Repeat(`]`, 9_000) + `}`, "deeper than 256"},
		"many values":       {`{"enum":[` + strings.Repeat(`1,`, 60_000) + `1]}`, "more than 50000 values"},
		"too large":         {`{"description":"` + strings.Repeat("x", 1<<20) + `"}`, "larger than"},
	} {
		_, err := schema.Compile(row.text)
		require.ErrorContains(t, err, row.want, name)
		assert.Less(t, len(err.Error()), 1100, name)
	}
	_, err := schema.Compile([]byte(deep(250)))
	require.NoError(t, err)
}

// What prevents validation is an error of Validate that says where it is. The
// fields are there all the same.
func TestUnusableSchemas(t *testing.T) {
	for name, row := range map[string]struct{ text, want string }{
		"wrong type":         {`{"properties":{"a":{"type":5},"ok":{}}}`, "/properties/a/type: must be"},
		"unknown type":       {`{"properties":{"a":{"type":"text"},"ok":{}}}`, "/properties/a/type: must be"},
		"wrong limit":        {`{"properties":{"a":{"minLength":"x"},"ok":{}}}`, "/properties/a/minLength: must be an integer, not a string"},
		"wrong properties":   {`{"properties":{"ok":{},"a":5}}`, "/properties/a: must be"},
		"wrong required":     {`{"required":"a","properties":{"ok":{}}}`, "/required: must be an array"},
		"file":               {`{"properties":{"a":{"$ref":"file:///etc/passwd"},"ok":{}}}`, "/properties/a/$ref: it refers to file:///etc/passwd, another document, which is not opened"},
		"network":            {`{"properties":{"a":{"$ref":"https://example.com/x.json"},"ok":{}}}`, "/properties/a/$ref: it refers to https://example.com/x.json, another document"},
		"relative":           {`{"properties":{"a":{"$ref":"other.json#/x"},"ok":{}}}`, "other.json#/x, another document"},
		"relative with id":   {`{"$id":"file:///etc/","properties":{"a":{"$ref":"passwd"},"ok":{}}}`, "passwd, another document"},
		"dynamic":            {`{"$dynamicRef":"http://127.0.0.1:1/s.json","properties":{"ok":{}}}`, "http://127.0.0.1:1/s.json, another document"},
		"nowhere":            {`{"properties":{"a":{"$ref":"#/$defs/none"},"ok":{}}}`, "/properties/a/$ref: it refers to #/$defs/none, which does not exist"},
		"no anchor":          {`{"properties":{"a":{"$ref":"#none"},"ok":{}}}`, "#none, which does not exist"},
		"no schema":          {`{"type":"object","properties":{"a":{"$ref":"#/type"},"ok":{}}}`, "#/type, which does not exist"},
		"back reference":     {`{"patternProperties":{"(a)\\1":{}},"properties":{"ok":{}}}`, "/patternProperties: the pattern (a)\\1 cannot be used: it has a back reference"},
		"nested repetition":  {`{"properties":{"a":{"pattern":"(?=a)(a+)+$"},"ok":{}}}`, "a repetition inside a repetition"},
		"large pattern":      {`{"properties":{"a":{"pattern":"` + strings.Repeat("a{1000}", 21) + `"},"ok":{}}}`, "it is too large"},
		"large lookahead":    {`{"properties":{"a":{"pattern":"(?=x)` + strings.Repeat("a", 1_000) + `"},"ok":{}}}`, "it is too large"},
		"broken pattern":     {`{"properties":{"a":{"pattern":"["},"ok":{}}}`, "/properties/a/pattern: the pattern [ cannot be used"},
		"composed of itself": {`{"properties":{"ok":{}},"allOf":[{"$ref":"#"}]}`, "refers to itself"},
	} {
		s, err := schema.Compile(row.text)
		require.NoError(t, err, name)
		for range 2 {
			err = s.Validate(map[string]any{"a": "a"})
			require.ErrorContains(t, err, row.want, name)
			var invalid *schema.ValidationError
			assert.NotErrorAs(t, err, &invalid, name)
			assert.NotContains(t, err.Error(), "schema.invalid", name)
			assert.Less(t, len(err.Error()), 1100, name)
		}
		var names []string
		for _, field := range s.Fields() {
			names = append(names, field.Name)
		}
		assert.Contains(t, names, "ok", name)
	}
}

func TestDrafts(t *testing.T) {
	for text, want := range map[string]int{
		`{"$schema":"http://json-schema.org/draft-04/schema#","minimum":1,"exclusiveMinimum":true}`:                        1,
		`{"$schema":"http://json-schema.org/draft-04/schema#","const":2}`:                                                  0,
		`{"$schema":"http://json-schema.org/draft-06/schema#","exclusiveMinimum":1}`:                                       1,
		`{"$schema":"https://json-schema.org/draft-07/schema","if":{"const":1},"then":false}`:                              1,
		`{"$schema":"https://json-schema.org/draft/2019-09/schema","$recursiveAnchor":true,"minimum":2}`:                   1,
		`{"$schema":"https://json-schema.org/draft/2020-12/schema","$dynamicAnchor":"x","minimum":2}`:                      1,
		`{"$schema":"http://json-schema.org/draft-07/schema","definitions":{"a":{"minimum":2}},"$ref":"#/definitions/a"}`:  1,
		`{"$schema":"http://json-schema.org/draft-07/schema","definitions":{"a":{}},"$ref":"#/definitions/a","minimum":2}`: 0,
		`{"$defs":{"a":{}},"$ref":"#/$defs/a","minimum":2}`:                                                                1,
		`{"definitions":{"a":{}},"$ref":"#/definitions/a","minimum":2}`:                                                    0,
		`{"definitions":{"a":{}},"$defs":{},"$ref":"#/definitions/a","minimum":2}`:                                         1,
		`{"$schema":"https://example.com/my-draft","minimum":2}`:                                                           1,
		`{"$schema":"","minimum":2}`:             1,
		`{"minimum":1,"exclusiveMinimum":true}`:  1,
		`{"minimum":1,"exclusiveMinimum":false}`: 0,
		`{"$schema":"http://json-schema.org/draft-07/schema#","minimum":1,"exclusiveMinimum":true}`:                                1,
		`{"$schema":"http://json-schema.org/draft-07/schema#","maximum":1,"exclusiveMaximum":false}`:                               0,
		`{"$schema":"http://json-schema.org/draft-04/schema#","exclusiveMinimum":true}`:                                            0,
		`{"properties":{"exclusiveMinimum":true,"definitions":{},"items":{}},"$defs":{"a":{"$anchor":"b"}},"$ref":"#b","const":2}`: 1,
	} {
		assert.Len(t, problems(t, text, `1`), want, text)
	}
	assert.Len(t, problems(t, `{"items":[{"type":"string"}],"additionalItems":{"type":"null"}}`, `[5,6,null]`), 2)
	assert.Len(t, problems(t, `{"$schema":"https://json-schema.org/draft/2020-12/schema","items":[{"type":"string"}],"additionalItems":{"type":"null"}}`, `[5,6,null]`), 2)
}

// Schemas are read as people write them.
func TestLenientReading(t *testing.T) {
	for _, row := range []struct {
		text, value string
		want        []string
	}{
		{`{"properties":{"a":{"type":"string","nullable":true}},"required":null}`, `{"a":null}`, []string{}},
		{`{"properties":{"a":{"type":"string","nullable":true}}}`, `{"a":5}`, []string{"/a | type | must be a string or null, not a number"}},
		{`{"properties":{"a":{"type":["string","integer"],"enum":["x",5],"nullable":true}}}`, `{"a":null}`, []string{}},
		{`{"$defs":{"x":{"type":"string"}},"properties":{"a":{"$ref":"#/$defs/x","nullable":true},"b":{"$ref":"#/properties/a"}}}`, `{"a":null,"b":null}`, []string{}},
		{`{"$defs":{"x":{"type":"string"}},"properties":{"a":{"$ref":"#/$defs/x","nullable":true}}}`, `{"a":5}`, []string{"/a | type | must be a string or null, not a number"}},
		{`{"properties":{"a":{"allOf":[{"type":"object","properties":{"b":{"minimum":2}}}],"nullable":true}}}`, `{"a":{"b":1}}`, []string{"/a/b | minimum | must be at least 2"}},
		{`{"properties":[],"$defs":[],"type":null,"minLength":null}`, `{"a":1}`, []string{}},
		{`{"additionalProperties":[],"contains":[],"if":[],"then":[],"propertyNames":[]}`, `{"a":1}`, []string{}},
		{`{"items":{"additionalProperties":[],"not":[]}}`, `[{}]`, []string{`/0 | not | must not match the "not" schema`}},
		{`{"properties":{"a":{"type":"string","required":true},"b":null}}`, `{"b":1}`, []string{}},
		{`{"properties":{"a":{"const":null}}}`, `{"a":1}`, []string{"/a | const | must be null"}},
		{`{"properties":{"required":{"type":"null"},"properties":{"type":"array"}}}`, `{"required":null,"properties":[]}`, []string{}},
		{`{"required":["a","a"],"title":5,"examples":"x","description":["x"],"x-order":{}}`, `{"a":1}`, []string{}},
		{`{"$schema":"http://json-schema.org/draft-04/schema#","required":[]}`, `{}`, []string{}},
		{
			`{"components":{"schemas":{"A":{"type":"string","nullable":true},"B":{"items":{"$ref":"#/components/schemas/A"}}}},"$ref":"#/components/schemas/B"}`, `["a",null,5]`,
			[]string{"/2 | type | must be a string or null, not a number"},
		},
	} {
		assert.Equal(t, row.want, problems(t, row.text, row.value), row.text)
	}
}

func TestReferences(t *testing.T) {
	for name, text := range map[string]string{
		"pointer":          `{"$defs":{"a/b%~":{"type":"string"}},"$ref":"#/$defs/a~1b%25~0"}`,
		"into a list":      `{"allOf":[true,{"type":"string"}],"$ref":"#/allOf/1"}`,
		"anchor":           `{"$defs":{"a":{"$anchor":"here","type":"string"}},"$ref":"#here"}`,
		"dynamic anchor":   `{"$defs":{"a":{"$dynamicAnchor":"here","type":"string"}},"$ref":"#here"}`,
		"draft 7 anchor":   `{"definitions":{"a":{"$id":"#here","type":"string"}},"allOf":[{"$ref":"#here"}]}`,
		"draft 4 id":       `{"$schema":"http://json-schema.org/draft-04/schema#","definitions":{"a":{"id":"item","type":"string"}},"allOf":[{"$ref":"item"}]}`,
		"inner id":         `{"$defs":{"a":{"$id":"item","$defs":{"b":{"type":"string"}}}},"$ref":"item#/$defs/b"}`,
		"own id":           `{"$id":"https://example.com/s.json","$defs":{"a":{"type":"string"}},"$ref":"https://example.com/s.json#/$defs/a"}`,
		"relative to id":   `{"$id":"https://example.com/x/s.json","$defs":{"a":{"$id":"t.json","type":"string"}},"$ref":"t.json"}`,
		"an id of no form": `{"$id":"My Settings","$defs":{"a":{"type":"string"}},"$ref":"#/$defs/a"}`,
		"unknown place":    `{"x":{"y":[{"type":"string"}]},"$ref":"#/x/y/0"}`,
		"unknown in id":    `{"$defs":{"a":{"$id":"item","x":{"type":"string"}}},"$ref":"item#/x"}`,
		"places in places": `{"x":{"y":{"type":"string"},"allOf":[{"$ref":"#/x/y"}]},"allOf":[{"$ref":"#/x/y"},{"$ref":"#/x"}]}`,
		"chain":            `{"$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/c"},"c":{"type":"string"}},"$ref":"#/$defs/a"}`,
	} {
		s := compile(t, text)
		require.NoError(t, s.Validate("x"), name)
		assert.Contains(t, lines(t, s.Validate(5)), " | type | must be a string, not a number", name)
		assert.Equal(t, "string", s.Root().Type, name)
	}
}

// Members of the document can be schemas of schemas.
func TestMetaschema(t *testing.T) {
	s := compile(t, `{"$ref":"http://json-schema.org/draft-07/schema#"}`)
	require.NoError(t, s.Validate(json.RawMessage(`{"type":"string"}`)))
	assert.NotEmpty(t, lines(t, s.Validate(json.RawMessage(`{"type":5}`))))
}

func TestEmptySchema(t *testing.T) {
	for _, text := range []string{"", " \n"} {
		s := compile(t, text)
		require.NoError(t, s.Validate(5))
		require.Error(t, s.Validate(make(chan int)))
		assert.Empty(t, s.Fields())
		assert.Equal(t, map[string]any{"a": 1}, s.ApplyDefaults(map[string]any{"a": 1}))
		values, err := s.ParseForm(map[string][]string{"/a": {"1"}})
		require.NoError(t, err)
		assert.Empty(t, values)
	}
	var zero schema.Schema
	require.NoError(t, zero.Validate(5))
	assert.Equal(t, schema.Field{}, zero.Root())
}
