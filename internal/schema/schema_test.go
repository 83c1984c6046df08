package schema_test

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go/internal/schema"
)

func compile(t *testing.T, text string) *schema.Document {
	t.Helper()
	doc, err := schema.Compile([]byte(text))
	require.NoError(t, err)
	return doc
}

// faults of a value, a line each: pointer, keyword, message.
func faults(t *testing.T, schemaText, value string) []string {
	t.Helper()
	found, err := compile(t, schemaText).Check([]byte(value))
	require.NoError(t, err)
	lines := []string{}
	for _, f := range found {
		lines = append(lines, f.Pointer+" | "+f.Keyword+" | "+f.Message)
	}
	return lines
}

func TestCheck(t *testing.T) {
	for _, row := range []struct {
		schema, value string
		want          []string
	}{
		{`{"required":["repository","branch"]}`, `{}`, []string{"/branch | required | branch: required", "/repository | required | repository: required"}},
		{`{"properties":{"branch":{"type":"string"}}}`, `{"branch":5}`, []string{"/branch | type | branch: must be a string, got a number"}},
		{`{"type":["string","null"]}`, `[]`, []string{" | type | must be a string or null, got an array"}},
		{`{"type":"integer"}`, `1.5`, []string{" | type | must be an integer, got a number"}},
		{`{"type":"integer"}`, `1.0`, []string{}},
		{`{"type":"integer","maximum":9007199254740993}`, `9007199254740994`, []string{" | maximum | must be at most 9007199254740993"}},
		{`{"type":"integer","maximum":9007199254740993}`, `9007199254740993`, []string{}},
		{`{"enum":["a",1,null]}`, `"b"`, []string{" | enum | must be one of a, 1, null"}},
		{`{"const":{"a":1}}`, `5`, []string{` | const | must be {"a":1}`}},
		{`{"minLength":2,"maxLength":1,"pattern":"^x"}`, `"é"`, []string{" | minLength | must have at least 2 characters", " | pattern | must match the pattern ^x"}},
		{`{"minimum":1.5,"multipleOf":0.5}`, `1.2`, []string{" | minimum | must be at least 1.5", " | multipleOf | must be a multiple of 0.5"}},
		{`{"exclusiveMinimum":1,"exclusiveMaximum":1}`, `1`, []string{" | exclusiveMaximum | must be less than 1", " | exclusiveMinimum | must be more than 1"}},
		{`{"minItems":3,"uniqueItems":true,"contains":{"const":9}}`, `[1,1]`, []string{
			" | contains | lacks an element that it must have", " | minItems | must have at least 3 elements", " | uniqueItems | must not have the same element twice",
		}},
		{`{"items":{"type":"string"}}`, `["a",1,{}]`, []string{"/1 | type | 1: must be a string, got a number", "/2 | type | 2: must be a string, got an object"}},
		{`{"additionalProperties":false,"properties":{"a":true}}`, `{"a":1,"c":1,"b":1}`, []string{
			"/b | additionalProperties | b: is not a known member", "/c | additionalProperties | c: is not a known member",
		}},
		{`{"unevaluatedProperties":false}`, `{"a":1}`, []string{"/a | unevaluatedProperties | a: is not allowed"}},
		{`{"properties":{"a":false}}`, `{"a":1}`, []string{"/a | false | a: is not allowed"}},
		{`{"propertyNames":{"maxLength":1}}`, `{"ab":1}`, []string{"/ab | propertyNames | ab: is not a name that is allowed"}},
		{`{"dependentRequired":{"a":["b"]}}`, `{"a":1}`, []string{"/b | dependentRequired | b: required because of a"}},
		{`{"minProperties":2,"maxProperties":1}`, `{"a":1}`, []string{" | minProperties | must have at least 2 members"}},
		{`{"anyOf":[{"type":"string"},{"type":"null"}]}`, `5`, []string{" | type | must be a string or null, got a number"}},
		{`{"anyOf":[{"required":["a"]},{"required":["b"]}]}`, `{}`, []string{" | anyOf | must have one of the forms that are allowed"}},
		{`{"oneOf":[{"type":"number"},{"minimum":1}]}`, `2`, []string{" | oneOf | must have exactly one of the forms that are allowed"}},
		{`{"not":{"type":"string"}}`, `"x"`, []string{" | not | is of a form that is excluded"}},
		{`{"allOf":[{"required":["a"]},{"required":["a","b"]}]}`, `{}`, []string{"/a | required | a: required", "/b | required | b: required"}},
		{`{"$defs":{"x":{"type":"string"}},"properties":{"a/b":{"$ref":"#/$defs/x"},"~":{"$ref":"#/$defs/x"}}}`, `{"a/b":1,"~":2}`, []string{
			"/a~1b | type | a~1b: must be a string, got a number", "/~0 | type | ~0: must be a string, got a number",
		}},
		{`{"format":"email"}`, `"nobody"`, []string{" | format | must be a valid email"}},
		{`true`, `5`, []string{}},
		{`false`, `5`, []string{" | false | is not allowed"}},
		{`{}`, `{"anything":[1e300]}`, []string{}},
		{`{"items":[{"type":"string"}]}`, `[5]`, []string{"/0 | type | 0: must be a string, got a number"}}, // draft 7 has arrays there
	} {
		assert.Equal(t, row.want, faults(t, row.schema, row.value), "%s %s", row.schema, row.value)
	}
}

func TestDrafts(t *testing.T) {
	for schemaText, want := range map[string]int{
		`{"$schema":"http://json-schema.org/draft-04/schema#","minimum":1,"exclusiveMinimum":true}`:                       1,
		`{"$schema":"http://json-schema.org/draft-06/schema#","exclusiveMinimum":1}`:                                      1,
		`{"$schema":"http://json-schema.org/draft-07/schema#","if":{"const":1},"then":false}`:                             1,
		`{"$schema":"https://json-schema.org/draft/2019-09/schema","$recursiveAnchor":true,"minimum":2}`:                  1,
		`{"$schema":"https://json-schema.org/draft/2020-12/schema","$dynamicAnchor":"x","minimum":2}`:                     1,
		`{"$schema":"http://json-schema.org/draft-07/schema","definitions":{"a":{"minimum":2}},"$ref":"#/definitions/a"}`: 1,
	} {
		assert.Len(t, faults(t, schemaText, `1`), want, schemaText)
	}
}

func TestFormats(t *testing.T) {
	for format, texts := range map[string][2]string{
		"date-time": {"2025-01-01T00:00:00Z", "2025-01-01"},
		"email":     {"a@example.com", "a"},
		"uri":       {"https://example.com/x", "/x"},
		"uuid":      {"2fbbf3b6-51a1-4f1b-88e2-c00e8b52fbb8", "2fbbf3b6"},
		"ipv4":      {"127.0.0.1", "127.0.0.256"},
		"hostname":  {"example.com", "-x"},
	} {
		for _, draft := range []string{"http://json-schema.org/draft-07/schema#", "https://json-schema.org/draft/2020-12/schema"} {
			text := fmt.Sprintf(`{"$schema":%q,"format":%q}`, draft, format)
			assert.Empty(t, faults(t, text, fmt.Sprintf("%q", texts[0])), format)
			assert.Len(t, faults(t, text, fmt.Sprintf("%q", texts[1])), 1, format)
		}
	}
	assert.Empty(t, faults(t, `{"format":"no-such-format"}`, `"x"`))
}

// Schemas that cannot be used are errors, quickly, and of bounded size.
func TestHostileSchemas(t *testing.T) {
	deep := func(n int) string { return strings.Repeat(`{"items":`, n) + `{}` + strings.Repeat(`}`, n) }
	for name, row := range map[string]struct{ text, want string }{
		"empty":             {``, "not JSON"},
		"broken":            {`{"type":`, "not JSON"},
		"two values":        {`{} {}`, "after its end"},
		"null":              {`null`, "neither an object nor a boolean"},
		"number":            {`5`, "neither an object nor a boolean"},
		"array":             {`[{}]`, "neither an object nor a boolean"},
		"string":            {`"x"`, "neither an object nor a boolean"},
		"wrong type":        {`{"type":5}`, "not a valid schema"},
		"wrong properties":  {`{"properties":[]}`, "not a valid schema"},
		"file":              {`{"$ref":"file:///etc/passwd"}`, "another document"},
		"network":           {`{"$ref":"https://example.com/x.json"}`, "another document"},
		"relative":          {`{"$ref":"other.json"}`, "another document, other.json"},
		"relative with id":  {`{"$id":"file:///etc/","$ref":"passwd"}`, "another document"},
		"unknown draft":     {`{"$schema":"https://example.com/my-draft"}`, "another document"},
		"nowhere":           {`{"$ref":"#/$defs/none"}`, ""},
		"no anchor":         {`{"$ref":"#none"}`, ""},
		"lookahead":         {`{"pattern":"(?=x)"}`, "pattern"},
		"back reference":    {`{"patternProperties":{"(a)\\1":{}}}`, "pattern"},
		"huge repetition":   {`{"pattern":"((a{1000}){1000}){1000}"}`, "pattern"},
		"huge number":       {`{"minimum":1e1000000}`, "too many digits"},
		"tiny number":       {`{"minimum":1e-1000000}`, "too many digits"},
		"absurd number":     {`{"minimum":1e99999999999999999999}`, "too many digits"},
		"long number":       {`{"minimum":` + strings.Repeat("9", 1000) + `}`, "too many digits"},
		"too deep":          {deep(9_900), "deeper than 256"},
		"too deep in lists": {`{"enum":` + strings.Repeat(`[`, 9_000) + strings.Repeat(`]`, 9_000) + `}`, "deeper than 256"},
		"a megabyte":        {`{"allOf":[` + strings.Repeat(`{},`, 1<<18) + `{}]}`, "more than 10000 objects"},
		"many values":       {`{"enum":[` + strings.Repeat(`1,`, 60_000) + `1]}`, "more than 50000 values"},
		"too large":         {`{"description":"` + strings.Repeat("x", 1<<20) + `"}`, "larger than"},
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			_, err := schema.Compile([]byte(row.text))
			require.Error(t, err)
			assert.Contains(t, err.Error(), row.want)
			assert.Less(t, len(err.Error()), 1000)
			assert.NotContains(t, err.Error(), "schema.invalid")
			assert.Less(t, time.Since(start), 3*time.Second)
		})
	}
}

// The largest schema that is taken compiles in bounded time.
func TestLargestSchema(t *testing.T) {
	var properties []string
	for i := range 3_990 {
		properties = append(properties, fmt.Sprintf(`"p%d":{"type":"string","title":"%d"}`, i, i))
	}
	start := time.Now()
	doc := compile(t, `{"properties":{`+strings.Join(properties, ",")+`}}`)
	assert.Less(t, time.Since(start), 15*time.Second)
	fields, err := doc.Fields()
	require.NoError(t, err)
	assert.Len(t, fields, 3_990)
	t.Log(time.Since(start))

	compile(t, strings.Repeat(`{"items":`, 250)+`{}`+strings.Repeat(`}`, 250))
}

func TestCycles(t *testing.T) {
	for _, text := range []string{
		`{"$ref":"#"}`,
		`{"allOf":[{"$ref":"#"}]}`,
		`{"$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}},"$ref":"#/$defs/a"}`,
		`{"properties":{"x":{"$ref":"#/properties/x"}}}`,
	} {
		doc := compile(t, text)
		_, err := doc.Check([]byte(`{"x":1}`))
		require.ErrorContains(t, err, "without an end", text)
		_, err = doc.Fields()
		require.ErrorContains(t, err, "without an end", text)
	}
	// A tree is no cycle: each level of the value uses up one of the schema.
	doc := compile(t, `{"properties":{"name":{"type":"string"},"children":{"type":"array","items":{"$ref":"#"}}}}`)
	found, err := doc.Check([]byte(`{"children":[{"name":"a","children":[{"name":5}]}]}`))
	require.NoError(t, err)
	require.Len(t, found, 1)
	assert.Equal(t, "/children/0/children/0/name", found[0].Pointer)
	fields, err := doc.Fields()
	require.NoError(t, err)
	require.Len(t, fields, 2)
	require.NotNil(t, fields[1].Items)
	assert.Empty(t, fields[1].Items.Fields, "it ends where it begins anew")
}

// doubling is a schema whose check takes 2^n steps.
func doubling(n int) string {
	var defs []string
	for i := range n {
		defs = append(defs, fmt.Sprintf(`"d%d":{"allOf":[{"$ref":"#/$defs/d%d"},{"$ref":"#/$defs/d%d"}]}`, i, i+1, i+1))
	}
	return fmt.Sprintf(`{"$defs":{%s,"d%d":{"properties":{"a":{"minLength":3}}}},"$ref":"#/$defs/d0"}`, strings.Join(defs, ","), n)
}

func TestTooMuchWork(t *testing.T) {
	doc := compile(t, doubling(60))
	for range 2 {
		start := time.Now()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := doc.Check([]byte(`{"a":"x"}`))
		runtime.ReadMemStats(&after)
		require.ErrorIs(t, err, schema.ErrTooMuchWork)
		assert.Less(t, time.Since(start), 10*time.Second)
		assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<30))
	}
	found, err := compile(t, doubling(4)).Check([]byte(`{"a":"x"}`))
	require.NoError(t, err)
	assert.Len(t, found, 1, "the same fault is told once")
	_, err = doc.Fields() // a part that has been seen is not looked at again
	require.NoError(t, err)

	var wide []string
	for i := range 40 {
		wide = append(wide, fmt.Sprintf(`"d%d":{"properties":{"a":{"$ref":"#/$defs/d%d"},"b":{"$ref":"#/$defs/d%d"}}}`, i, i+1, i+1))
	}
	doc = compile(t, `{"$defs":{`+strings.Join(wide, ",")+`,"d40":{}},"$ref":"#/$defs/d0"}`)
	_, err = doc.Fields()
	require.ErrorContains(t, err, "more than 4000 fields")
}

func TestHostileValues(t *testing.T) {
	doc := compile(t, `{"minimum":1,"uniqueItems":true}`)
	for _, value := range []string{`1e1000000`, `[1e-999999999]`, ``, `{`, `{"a":1e99999999999}`} {
		_, err := doc.Check([]byte(value))
		require.Error(t, err, value)
	}
	_, err := doc.Check([]byte(strings.Repeat(`[`, 9_999) + strings.Repeat(`]`, 9_999)))
	require.NoError(t, err)
}

func TestConcurrentChecks(t *testing.T) {
	doc := compile(t, `{"properties":{"a":{"type":"string"}}}`)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				found, err := doc.Check([]byte(`{"a":1}`))
				assert.NoError(t, err)
				assert.Len(t, found, 1)
				_, err = doc.Fields()
				assert.NoError(t, err)
			}
		})
	}
	wg.Wait()
}

func TestFields(t *testing.T) {
	fields, err := compile(t, `{
		"type":"object","required":["z","sync"],
		"$defs":{"named":{"$anchor":"named","title":"From the definition","description":"d","type":"string","minLength":1}},
		"properties":{
			"z":{"type":"string","pattern":"^a","format":"uri","examples":["a1"],"maxLength":9},
			"a":{"type":["integer","null"],"minimum":1,"maximum":2.5,"default":9007199254740993,"enum":[1,2]},
			"key":{"type":"string","writeOnly":true},"password":{"format":"password"},"x":{"x-secret":true},
			"named":{"$ref":"#/$defs/named","title":"Nearer"},"anchored":{"$ref":"#named"},
			"optional":{"anyOf":[{"type":"string"},{"type":"null"}],"default":null},
			"sync":{"type":"object","required":["every"],"properties":{"every":{"type":"integer","default":60}}},
			"paths":{"type":"array","items":{"type":"string","title":"Path"}},
			"any":{},"yes":true
		},
		"allOf":[{"properties":{"late":{"type":"boolean"},"z":{"description":"from allOf"}},"required":["late"]}]
	}`).Fields()
	require.NoError(t, err)
	number := func(f float64) *float64 { return &f }
	length := func(n int) *int { return &n }
	raw := func(s string) json.RawMessage { return json.RawMessage(s) }
	want := []schema.Field{
		{Name: "z", Types: []string{"string"}, Pattern: "^a", Format: "uri", Examples: []json.RawMessage{raw(`"a1"`)}, MaxLength: length(9), Required: true, Description: "from allOf"},
		{Name: "a", Types: []string{"integer", "null"}, Nullable: true, Minimum: number(1), Maximum: number(2.5), Default: raw("9007199254740993"), Enum: []json.RawMessage{raw("1"), raw("2")}},
		{Name: "key", Types: []string{"string"}, Secret: true},
		{Name: "password", Format: "password", Secret: true},
		{Name: "x", Secret: true},
		{Name: "named", Title: "Nearer", Description: "d", Types: []string{"string"}, MinLength: length(1)},
		{Name: "anchored", Title: "From the definition", Description: "d", Types: []string{"string"}, MinLength: length(1)},
		{Name: "optional", Types: []string{"string"}, Nullable: true, Default: raw("null")},
		{Name: "sync", Types: []string{"object"}, Required: true, Fields: []schema.Field{{Name: "every", Types: []string{"integer"}, Default: raw("60"), Required: true}}},
		{Name: "paths", Types: []string{"array"}, Items: &schema.Field{Title: "Path", Types: []string{"string"}}},
		{Name: "any"},
		{Name: "yes"},
		{Name: "late", Types: []string{"boolean"}, Required: true},
	}
	require.Len(t, fields, len(want))
	for i := range want {
		assert.Equal(t, want[i], fields[i])
	}
}
