package schema_test

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go/schema"
)

func compile(t *testing.T, text string) *schema.Schema {
	t.Helper()
	s, err := schema.Compile(text)
	require.NoError(t, err, text)
	return s
}

// problems returns the problems of a JSON value, a line each.
func problems(t *testing.T, schemaText, value string) []string {
	t.Helper()
	return lines(t, compile(t, schemaText).Validate(json.RawMessage(value)))
}

func lines(t *testing.T, err error) []string {
	t.Helper()
	out := []string{}
	if err == nil {
		return out
	}
	var invalid *schema.ValidationError
	require.ErrorAs(t, err, &invalid)
	for _, e := range invalid.Errors {
		out = append(out, e.Pointer+" | "+e.Keyword+" | "+e.Message)
	}
	return out
}

func TestMessages(t *testing.T) {
	for _, row := range []struct {
		schema, value string
		want          []string
	}{
		{`{"required":["repository","branch"]}`, `{}`, []string{"/branch | required | is required", "/repository | required | is required"}},
		{`{"properties":{"branch":{"type":"string"}}}`, `{"branch":5}`, []string{"/branch | type | must be a string, not a number"}},
		{`{"type":["string","null"]}`, `[]`, []string{" | type | must be a string or null, not an array"}},
		{`{"type":["null","array","string"]}`, `{}`, []string{" | type | must be a string or an array or null, not an object"}},
		{`{"type":"integer"}`, `1.5`, []string{" | type | must be an integer"}},
		{`{"type":"integer"}`, `1.0`, []string{}},
		{`{"type":"integer"}`, `10e-1`, []string{}},
		{`{"type":"integer","maximum":9007199254740993}`, `9007199254740994`, []string{" | maximum | must be at most 9007199254740993"}},
		{`{"type":"integer","maximum":9007199254740993}`, `9007199254740993`, []string{}},
		{`{"enum":["a",1,null]}`, `"b"`, []string{" | enum | must be one of a, 1, null"}},
		{`{"enum":["a"]}`, `"b"`, []string{" | enum | must be a"}},
		{`{"enum":[1.0,{"a":[1,2.50]}]}`, `{"a":[1e0,2.5]}`, []string{}},
		{`{"enum":[[1,"2"],""]}`, `[1,2]`, []string{` | enum | must be one of [1,"2"], ""`}},
		{`{"const":{"a":1}}`, `5`, []string{` | const | must be {"a":1}`}},
		{`{"minLength":2,"maxLength":1,"pattern":"^x"}`, `"é"`, []string{" | minLength | must have at least 2 characters", " | pattern | must match the pattern ^x"}},
		{`{"maxLength":1}`, `"éé"`, []string{" | maxLength | must have at most 1 character"}},
		{`{"minimum":1.5,"multipleOf":0.5}`, `1.2`, []string{" | minimum | must be at least 1.5", " | multipleOf | must be a multiple of 0.5"}},
		{`{"exclusiveMinimum":1,"exclusiveMaximum":1}`, `1`, []string{" | exclusiveMaximum | must be less than 1", " | exclusiveMinimum | must be more than 1"}},
		{`{"minItems":3,"uniqueItems":true,"contains":{"const":9}}`, `[1,1]`, []string{
			" | contains | must contain at least one matching item", " | minItems | must have at least 3 items", " | uniqueItems | must not contain the same item twice",
		}},
		{`{"maxItems":1,"contains":{"const":9},"minContains":2,"maxContains":1}`, `[9,1]`, []string{" | maxItems | must have at most 1 item", " | minContains | must contain at least 2 matching items"}},
		{`{"contains":{"const":9},"maxContains":1}`, `[9,9]`, []string{" | maxContains | must contain at most 1 matching item"}},
		{`{"items":{"type":"string"}}`, `["a",1,{}]`, []string{"/1 | type | must be a string, not a number", "/2 | type | must be a string, not an object"}},
		{`{"items":{"type":"string"}}`, `["","","",3,"","","","","","",10]`, []string{"/3 | type | must be a string, not a number", "/10 | type | must be a string, not a number"}},
		{`{"items":[{"type":"string"}],"additionalItems":false}`, `[5,6]`, []string{" | additionalItems | must not have additional items", "/0 | type | must be a string, not a number"}},
		{`{"additionalProperties":false,"properties":{"a":true}}`, `{"a":1,"c":1,"b":1}`, []string{
			"/b | additionalProperties | additional property is not allowed", "/c | additionalProperties | additional property is not allowed",
		}},
		{`{"unevaluatedProperties":false}`, `{"a":1}`, []string{"/a | unevaluatedProperties | additional property is not allowed"}},
		{`{"properties":{"a":false}}`, `{"a":1}`, []string{"/a | false | is not allowed"}},
		{`{"propertyNames":{"maxLength":1}}`, `{"ab":1}`, []string{"/ab | propertyNames | is not an allowed property name: it must have at most 1 character"}},
		{`{"propertyNames":false}`, `{"ab":1}`, []string{"/ab | propertyNames | is not an allowed property name"}},
		{`{"dependentRequired":{"a":["b"]}}`, `{"a":1}`, []string{"/b | dependentRequired | is required because a is set"}},
		{`{"$schema":"http://json-schema.org/draft-07/schema#","dependencies":{"a":["b"]}}`, `{"a":1}`, []string{"/b | dependencies | is required because a is set"}},
		{`{"minProperties":2,"maxProperties":1}`, `{"a":1}`, []string{" | minProperties | must have at least 2 properties"}},
		{`{"not":{"type":"string"}}`, `"x"`, []string{` | not | must not match the "not" schema`}},
		{`{"allOf":[{"required":["a"]},{"required":["a","b"]}]}`, `{}`, []string{"/a | required | is required", "/b | required | is required"}},
		{`{"allOf":[{"enum":["a"]},{"enum":["b"]}],"pattern":"^x"}`, `"c"`, []string{" | enum | must be a", " | enum | must be b", " | pattern | must match the pattern ^x"}},
		{`{"$defs":{"x":{"type":"string"}},"properties":{"a/b":{"$ref":"#/$defs/x"},"~":{"$ref":"#/$defs/x"}}}`, `{"a/b":1,"~":2}`, []string{
			"/a~1b | type | must be a string, not a number", "/~0 | type | must be a string, not a number",
		}},
		{`{"format":"email"}`, `"nobody"`, []string{" | format | must be a valid email"}},
		{`{"if":{"properties":{"a":{"const":1}}},"then":{"required":["b"]},"else":{"required":["c"]}}`, `{"a":2}`, []string{"/c | required | is required"}},
		{`true`, `5`, []string{}},
		{`false`, `5`, []string{" | false | is not allowed"}},
		{`{}`, `{"anything":[1e300]}`, []string{}},
	} {
		assert.Equal(t, row.want, problems(t, row.schema, row.value), "%s %s", row.schema, row.value)
	}
}

func TestChoices(t *testing.T) {
	const credentials = `{"properties":{"credentials":{"type":"object","oneOf":[
		{"title":"OAuth","properties":{"auth_type":{"const":"oauth"},"client_id":{"type":"string"}},"required":["auth_type","client_id"]},
		{"title":"Token","properties":{"auth_type":{"const":"token"},"token":{"type":"string"}},"required":["auth_type","token"]}]}}}`
	for _, row := range []struct {
		name, schema, value string
		want                []string
	}{
		{"the constants of one match", credentials, `{"credentials":{"auth_type":"token"}}`, []string{"/credentials/token | required | is required"}},
		{
			"the constants inside an object", `{"oneOf":[
				{"properties":{"auth":{"properties":{"by":{"const":"oauth"}}},"id":{"type":"string"}}},
				{"properties":{"auth":{"properties":{"by":{"const":"token"}}},"id":{"type":"string"}}}]}`,
			`{"auth":{"by":"token"},"id":5}`,
			[]string{"/id | type | must be a string, not a number"},
		},
		{"no constant", credentials, `{"credentials":{}}`, []string{"/credentials | oneOf | must match one of: OAuth, Token"}},
		{"another constant", credentials, `{"credentials":{"auth_type":"other"}}`, []string{"/credentials | oneOf | must match one of: OAuth, Token"}},
		{"another type", credentials, `{"credentials":5}`, []string{"/credentials | type | must be an object, not a number"}},
		{
			"by reference", `{"$defs":{"a":{"properties":{"t":{"enum":["a"]},"x":{"type":"string"}}},"b":{"properties":{"t":{"enum":["b"]}}}},"anyOf":[{"$ref":"#/$defs/a"},{"$ref":"#/$defs/b"}]}`,
			`{"t":"a","x":1}`,
			[]string{"/x | type | must be a string, not a number"},
		},
		{"only types", `{"anyOf":[{"type":"string"},{"type":"null"}]}`, `5`, []string{" | type | must be a string or null, not a number"}},
		{"one of the type", `{"anyOf":[{"type":"string","minLength":3},{"type":"integer","minimum":3}]}`, `"a"`, []string{" | minLength | must have at least 3 characters"}},
		{"two of the type", `{"anyOf":[{"title":"Short","type":"string","maxLength":2},{"type":"string","pattern":"^x"}]}`, `"abc"`, []string{" | anyOf | must match one of: Short, string"}},
		{"named by constants", `{"oneOf":[{"properties":{"k":{"const":1}},"required":["k"]},{"properties":{"k":{"const":2}},"required":["k"]}]}`, `{"k":3}`, []string{" | oneOf | must match one of: k 1, k 2"}},
		{"named by what they require", `{"anyOf":[{"required":["a"]},{"required":["b","c"]}]}`, `{}`, []string{" | anyOf | must match one of: with a, with b and c"}},
		{"without a name", `{"anyOf":[{"minProperties":2},{"required":["b"]}]}`, `{}`, []string{" | anyOf | must match one of the schemas"}},
		{"two match", `{"oneOf":[{"title":"A","type":"number"},{"title":"B","minimum":1}]}`, `2`, []string{" | oneOf | must match exactly one of the schemas, not both A and B"}},
		{"constants", `{"oneOf":[{"const":"s","title":"Small"},{"const":"l","title":"Large"}]}`, `"m"`, []string{" | oneOf | must match one of: Small, Large"}},
		{
			"nested", `{"oneOf":[{"properties":{"a":{"const":1},"b":{"anyOf":[{"type":"string"},{"type":"boolean"}]}}},{"properties":{"a":{"const":2}}}]}`, `{"a":1,"b":5}`,
			[]string{"/b | type | must be a string or a boolean, not a number"},
		},
	} {
		t.Run(row.name, func(t *testing.T) { assert.Equal(t, row.want, problems(t, row.schema, row.value)) })
	}
}

// The library reports the problems of names at whatever place it has been at
// last.
func TestPropertyNamesPlace(t *testing.T) {
	s := compile(t, `{"properties":{"env":{"propertyNames":{"pattern":"^[A-Z_]+$"}},"name":{"type":"string"},"z":{"properties":{"q":{"type":"integer"}}}}}`)
	for range 50 {
		got := lines(t, s.Validate(json.RawMessage(`{"env":{"bad-name":"x"},"name":"n","z":{"q":1}}`)))
		require.Equal(t, []string{"/env/bad-name | propertyNames | is not an allowed property name: it must match the pattern ^[A-Z_]+$"}, got)
	}
}

func TestFormats(t *testing.T) {
	for format, texts := range map[string][2]string{
		"date-time":     {"2025-01-01T00:00:00Z", "2025-01-01"},
		"date":          {"2025-01-31", "2025-02-30"},
		"time":          {"12:00:00Z", "25:00:00Z"},
		"duration":      {"P1D", "1 day"},
		"email":         {"a@example.com", "@example.com"},
		"uri":           {"https://example.com/x", "https://example.com/a b"},
		"uri-reference": {"/x?y", "a{b}"},
		"uuid":          {"2fbbf3b6-51a1-4f1b-88e2-c00e8b52fbb8", "2fbbf3b6"},
		"ipv4":          {"127.0.0.1", "127.0.0.256"},
		"ipv6":          {"::1", "1"},
		"hostname":      {"example.com", "-x"},
		"regex":         {"^(?!a)b+$", "("},
	} {
		for _, draft := range []string{"http://json-schema.org/draft-07/schema#", "https://json-schema.org/draft/2020-12/schema"} {
			text := fmt.Sprintf(`{"$schema":%q,"format":%q}`, draft, format)
			assert.Empty(t, problems(t, text, fmt.Sprintf("%q", texts[0])), format)
			assert.Len(t, problems(t, text, fmt.Sprintf("%q", texts[1])), 1, format)
		}
	}
	assert.Empty(t, problems(t, `{"format":"no-such-format"}`, `"x"`))
	assert.Empty(t, problems(t, `{"format":"email"}`, `5`))
}

// Validate takes Go values as encoding/json does.
func TestValues(t *testing.T) {
	s := compile(t, `{"type":"object","properties":{"port":{"type":"integer","maximum":10},"tags":{"type":"array","items":{"type":"string"}}},"required":["port"]}`)
	type settings struct {
		Port int      `json:"port"`
		Tags []string `json:"tags,omitempty"`
	}
	for _, value := range []any{
		map[string]any{"port": 5, "tags": []any{"a"}},
		map[string]any{"port": uint8(5)},
		map[string]any{"port": 5.0},
		map[string]any{"port": float32(5)},
		map[string]any{"port": json.Number("5")},
		settings{5, []string{"a"}},
		&settings{Port: 5}, []byte(`{"port":5}`), json.RawMessage(` {"port":5} `),
		map[string]any{"port": 5, "tags": []string{"a"}},
		map[string]int{"port": 5},
		map[string]any{"port": 5, "tags": []any{"\xff"}, "\xff": "\xff"}, // encoding/json replaces what is not UTF-8
	} {
		assert.NoError(t, s.Validate(value), "%#v", value)
	}
	for _, value := range []any{nil, map[string]any(nil), "text", map[string]any{"port": 11}, map[string]any{"port": "5"}, map[string]any{"port": 5, "tags": []any(nil)}, settings{Port: 11}, []any{}} {
		var invalid *schema.ValidationError
		assert.ErrorAs(t, s.Validate(value), &invalid, "%#v", value)
	}
	self := map[string]any{}
	self["self"] = self
	for name, value := range map[string]any{
		"channel": map[string]any{"port": make(chan int)}, "NaN": map[string]any{"port": math.NaN()}, "infinite": map[string]any{"port": math.Inf(1)},
		"empty": []byte{}, "broken": []byte(`{"port":`), "two values": []byte(`{} {}`), "no number": map[string]any{"port": json.Number("port")},
		"too many digits": []byte(`{"port":1e1000000}`), "too deep": []byte(strings.Repeat("[", 300) + strings.Repeat("]", 300)), "contains itself": self,
		"spaces in a number": map[string]any{"port": json.Number("5 ")},
	} {
		err := s.Validate(value)
		require.Error(t, err, name)
		var invalid *schema.ValidationError
		assert.NotErrorAs(t, err, &invalid, name)
		assert.True(t, strings.HasPrefix(err.Error(), "schema: "), "%s: %v", name, err)
	}
}

// No error contains a value: it may be a secret.
func TestErrorsContainNoValue(t *testing.T) {
	const secret = "example-secret"
	for _, text := range []string{
		`{"items":{"const":"x"}}`, `{"items":{"enum":["x","y"]}}`, `{"items":{"pattern":"^x"}}`, `{"items":{"format":"uri"}}`, `{"items":{"type":"object"}}`,
		`{"items":{"not":{"type":"string"}}}`, `{"items":{"oneOf":[{"const":"x"},{"maxLength":1}]}}`, `{"maxItems":0}`, `{"contains":{"const":1}}`, `{"items":{"maxLength":1}}`,
	} {
		err := compile(t, text).Validate([]any{secret})
		require.Error(t, err, text)
		assert.NotContains(t, err.Error(), secret, text)
	}
	_, err := compile(t, `{"properties":{"n":{"type":"integer"}}}`).ParseForm(map[string][]string{"/n": {secret}})
	require.Error(t, err)
	assert.NotContains(t, err.Error(), secret)
}

func TestErrorStrings(t *testing.T) {
	err := error(&schema.ValidationError{Errors: []schema.FieldError{{Pointer: "/branch", Message: "must be a string, not a number"}, {Message: "is required"}}})
	require.EqualError(t, err, "/branch: must be a string, not a number; is required")

	long := compile(t, `{"propertyNames":{"maxLength":1},"items":{"const":"a\nb"}}`)
	names := map[string]any{}
	for i := range 100 {
		names[fmt.Sprintf("line\nbreak %d", i)] = 1
	}
	message := long.Validate(names).Error()
	assert.LessOrEqual(t, len(message), 1024)
	assert.NotContains(t, message, "\n")
	assert.NotContains(t, long.Validate([]any{1}).Error(), "\n")
}

// Validations of one schema run in parallel, each with its own count of work.
func TestConcurrentUse(t *testing.T) {
	s := compile(t, `{"properties":{"a":{"type":"string","default":"x","pattern":"^(?!y)"},"b":{"oneOf":[{"type":"string"},{"type":"number"}]}}}`)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				assert.Equal(t, []string{"/a | type | must be a string, not a number"}, lines(t, s.Validate(map[string]any{"a": 1, "b": 2})))
				assert.Len(t, s.Fields(), 2)
				assert.Equal(t, map[string]any{"a": "x"}, s.ApplyDefaults(nil))
				values, err := s.ParseForm(map[string][]string{"/b": {"5"}})
				assert.NoError(t, err)
				assert.Equal(t, map[string]any{"b": 5.0}, values)
			}
		})
	}
	wg.Wait()
}
