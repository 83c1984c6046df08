package schema_test

import (
	"encoding/json"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go/schema"
)

// each joins n parts of JSON. In the part with the number i, #i is i and #j is i+1.
func each(n int, format string) string {
	parts := make([]string, n)
	for i := range parts {
		part := strings.ReplaceAll(format, "#i", strconv.Itoa(i))
		parts[i] = strings.ReplaceAll(part, "#j", strconv.Itoa(i+1))
	}
	return strings.Join(parts, ",")
}

func array(n int, item string) string { return "[" + each(n, item) + "]" }

// hostile are schemas and values that cost more than they look. The result of
// Validate is a part of its error: "" for none.
var hostile = map[string]struct{ schema, value, want string }{
	"doubling": {`{"$defs":{` + each(60, `"d#i":{"allOf":[{"$ref":"#/$defs/d#j"},{"$ref":"#/$defs/d#j"}]}`) + `,"d60":{"properties":{"a":{"minLength":3}}}},"$ref":"#/$defs/d0"}`, `{"a":"xyz"}`, "too much work"},
	"doubling pattern": {
		`{"$defs":{` + each(30, `"d#i":{"allOf":[{"$ref":"#/$defs/d#j"},{"$ref":"#/$defs/d#j"}]}`) + `,"d30":{"pattern":"^(a|aa)+$"}},"$ref":"#/$defs/d0"}`,
		`"` + strings.Repeat("a", 1000) + `"`, "too much work",
	},
	"doubling properties": {`{"$defs":{` + each(40, `"d#i":{"properties":{"a":{"$ref":"#/$defs/d#j"},"b":{"$ref":"#/$defs/d#j"}}}`) + `,"d40":{"default":1}},"$ref":"#/$defs/d0"}`, `{}`, ""},
	"doubling variants":   {`{"$defs":{` + each(40, `"d#i":{"oneOf":[{"properties":{"a":{"$ref":"#/$defs/d#j"}}},{"properties":{"b":{"$ref":"#/$defs/d#j"}}}]}`) + `,"d40":{}},"$ref":"#/$defs/d0"}`, `{"a":{},"b":{}}`, "must match"},
	"thirty choices":      {`{"allOf":[` + each(30, `{"oneOf":[{"properties":{"a#i":{"type":"string"}}},{"properties":{"b#i":{"type":"string"}}}]}`) + `]}`, `{"a0":1}`, "must match exactly one"},
	"defaults that fill": {
		`{"$defs":{` + each(12, `"d#i":{"properties":{"a":{"type":"array","default":[{},{},{},{},{},{},{},{},{},{}],"items":{"$ref":"#/$defs/d#j"}}}}`) + `,"d12":{}},"$ref":"#/$defs/d0"}`, `{}`, "",
	},
	"long enum":              {`{"items":{"enum":[` + each(10_000, `#i`) + `]}}`, array(1000, "46000.5"), "/0: must be one of 0, 1, 2"},
	"long patterns":          {`{"items":{"pattern":"^[a-z]{1000}$"}}`, array(1000, `"`+strings.Repeat("a", 1000)+`"`), "too much work"},
	"many patterns":          {`{"patternProperties":{` + each(1_000, `"x#i[a-z]{900}":true`) + `}}`, `{"a":1}`, "too much work"},
	"many types":             {`{"properties":{` + each(1_000, `"p#i":{"$ref":"#/$defs/x"}`) + `},"$defs":{"x":{"type":[` + each(40_000, `"t#i"`) + `]}}}`, `{}`, "not a valid schema"},
	"far anchor":             {`{"allOf":[` + each(500, `{"$ref":"#far"}`) + `],"$defs":{"far":{"$anchor":"far","type":"string"}}}`, `5`, "must be a string"},
	"shared allOf":           {`{"properties":{` + each(500, `"p#i":{"$ref":"#/$defs/x"}`) + `},"$defs":{"x":{"allOf":[` + each(500, `{"minimum":#i}`) + `]}}}`, `{"p1":498}`, "/p1: must be at least 499"},
	"shared enum":            {`{"properties":{` + each(100, `"p#i":{"$ref":"#/$defs/e"}`) + `},"$defs":{"e":{"enum":[` + each(20_000, `#i`) + `]}}}`, `{"p1":-1}`, "/p1: must be one of"},
	"shared constants":       {`{"properties":{` + each(4_000, `"p#i":{"$ref":"#/$defs/e"}`) + `},"$defs":{"e":{"oneOf":[` + each(8_000, `{"const":#i}`) + `]}}}`, `{}`, "more than 5000 schemas"},
	"shared text":            {`{"properties":{` + each(100, `"p#i":{"$ref":"#/$defs/e"}`) + `},"$defs":{"e":{"default":"` + strings.Repeat("x", 300_000) + `"}}}`, `{}`, ""},
	"places without keyword": {`{"x":{` + each(300, `"p#i":{"type":"string"}`) + `},"allOf":[` + each(300, `{"$ref":"#/x/p#i"}`) + `]}`, `1`, "must be a string"},
	"recursive anyOf":        {`{"anyOf":[{"items":{"$ref":"#"},"type":"array"},{"items":{"$ref":"#"},"minItems":1,"type":"array"}]}`, strings.Repeat("[", 200) + "5" + strings.Repeat("]", 200), "too much work"},
	"chain of references":    {`{"$defs":{` + each(500, `"d#i":{"$ref":"#/$defs/d#j"}`) + `,"d500":{"type":"string"}},"items":{"$ref":"#/$defs/d0"}}`, array(1_000, `1`), "too"},
	"deep and nested":        {`{"items":{"$ref":"#"},"allOf":[` + strings.Repeat(`{"allOf":[`, 100) + `{}` + strings.Repeat(`]}`, 100) + `]}`, strings.Repeat("[", 250) + strings.Repeat("]", 250), "too much work"},
	"deep value":             {`{"items":{"$ref":"#"}}`, strings.Repeat("[", 9_000) + strings.Repeat("]", 9_000), "deeper than 256"},
	"unique items":           {`{"allOf":` + array(200, `{"uniqueItems":true}`) + `}`, array(20, array(2_000, `1e300`)), "too much work"},
	"required":               {`{"items":{"required":[` + each(10_000, `"p#i"`) + `]}}`, array(1_000, `{}`), "too much work"},
	"dependencies":           {`{"items":{"dependentRequired":{"a":[` + each(10_000, `"p#i"`) + `]}}}`, array(1_000, `{"a":1}`), "too much work"},
	"unevaluated":            {`{"allOf":` + array(200, `{"unevaluatedProperties":{}}`) + `}`, `{` + each(5_000, `"p#i":1`) + `}`, "too much work"},
	"additional":             {`{"allOf":` + array(200, `{"additionalProperties":false}`) + `}`, `{` + each(5_000, `"p#i":1`) + `}`, "too many problems"},
	"names":                  {`{"propertyNames":{"pattern":"^[a-z]{500}$"}}`, `{` + each(10_000, `"p#i":1`) + `}`, "too much work"},
	"trues":                  {`{"items":{"allOf":` + array(500, `true`) + `}}`, array(2_000, `1`), "too much work"},
	"not":                    {`{"items":{"not":{"not":{"type":"string"}}}}`, array(20_000, "2"), "too many problems"},
	"contains":               {`{"items":{"contains":{"const":1}}}`, array(20, array(1_000, "2")), "too many problems"},
	"long string":            {`{"allOf":` + array(100, `{"format":"uri"}`) + `}`, `"http://x/` + strings.Repeat("a", 900_000) + `"`, "too much work"},
	"exact numbers":          {`{"items":{"multipleOf":1e-390,"minimum":1,"maximum":1e390}}`, array(10_000, "1e390"), "too"},
	"mismatches":             {`{"items":{"type":"string"}}`, array(20_000, `1`), "too many problems"},
	"below a long name":      {`{"properties":{"` + strings.Repeat("n", 400_000) + `":{"items":{"type":"string"}}}}`, `{"` + strings.Repeat("n", 400_000) + `":[1,2,3,4,5,6,7]}`, "must be a string"},
	"long names":             {`{"properties":{"` + strings.Repeat("n", 400_000) + `":{"properties":{` + each(4_000, `"p#i":{}`) + `}}}}`, `{}`, "names are too long"},
	"many schemas":           {`{"properties":{` + each(5_001, `"p#i":{"type":"string"}`) + `}}`, `{}`, "more than 5000 schemas"},
	"many resources":         {`{"$dynamicAnchor":"x","$defs":{` + each(300, `"p#i":{"$id":"x#i","$dynamicAnchor":"x"}`) + `},"allOf":[` + each(300, `{"$ref":"x#i"}`) + `],"$dynamicRef":"#x"}`, `1`, "itself"},
	"ambiguous pattern":      {`{"pattern":"^(?=a).*.*.*.*.*.*.*.*b$"}`, `"` + strings.Repeat("a", 1_000) + `"`, "too much work"},
}

// Each call on a hostile schema ends within a bounded time and without much
// memory.
func TestHostileSchemas(t *testing.T) {
	for name, row := range hostile {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			s, err := schema.Compile(row.schema)
			require.NoError(t, err)
			assert.LessOrEqual(t, count(s.Fields()), 4_000)
			err = s.Validate(json.RawMessage(row.value))
			if row.want == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, row.want)
			}
			assert.LessOrEqual(t, size(s.ApplyDefaults(nil)), 50_001)
			_, err = s.ParseForm(map[string][]string{"/p1": {"a"}, "/a/b/a/b": {"x"}})
			lines(t, err)
			runtime.ReadMemStats(&after)
			assert.Less(t, time.Since(start), time.Minute, "a second, on a machine with nothing else to do")
			assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(200<<20))
		})
	}
}

func count(fields []schema.Field) int {
	total := 0
	for _, f := range fields {
		total += 1 + count(f.Fields)
		if f.Items != nil {
			total += count([]schema.Field{*f.Items})
		}
		if f.Values != nil {
			total += count([]schema.Field{*f.Values})
		}
		for _, variant := range f.Variants {
			total += count([]schema.Field{variant.Field})
		}
	}
	return total
}

func size(v any) int {
	total := 1
	switch v := v.(type) {
	case map[string]any:
		for _, member := range v {
			total += size(member)
		}
	case []any:
		for _, item := range v {
			total += size(item)
		}
	}
	return total
}

// A large schema and a large value within the limits give a result.
func TestLargeSchemas(t *testing.T) {
	s := compile(t, `{"type":"object","properties":{`+each(1_000, `"p#i":{"type":"array","title":"Property #i","items":{"type":"string","minLength":1,"pattern":"^[a-z]+$"}}`)+`}}`)
	assert.Len(t, s.Fields(), 1_000)
	value := `{` + each(1_000, `"p#i":["abc","def","ghi"]`) + `}`
	require.NoError(t, s.Validate(json.RawMessage(value)))
	got := lines(t, s.Validate(json.RawMessage(strings.Replace(value, `"p7":["abc"`, `"p7":[""`, 1))))
	assert.Equal(t, []string{"/p7/0 | minLength | must have at least 1 character", "/p7/0 | pattern | must match the pattern ^[a-z]+$"}, got)

	many := compile(t, `{"items":{"oneOf":[{"type":"string"},{"type":"object","required":["a"],"properties":{"a":{"type":"integer"}}}]}}`)
	require.NoError(t, many.Validate(json.RawMessage(array(10_000, `{"a":#i}`))))
}

func TestManyProblems(t *testing.T) {
	s := compile(t, `{"items":{"type":"string"}}`)
	got := lines(t, s.Validate(json.RawMessage(array(1_000, `#i`))))
	require.Len(t, got, 300)
	assert.Equal(t, "/298 | type | must be a string, not a number", got[298])
	assert.Equal(t, " |  | has more problems, which are not listed", got[299])

	names := compile(t, `{"additionalProperties":{"additionalProperties":false}}`)
	long := lines(t, names.Validate(json.RawMessage(`{"`+strings.Repeat("n", 400_000)+`":{"a":1,"b":1,"c":1,"d":1}}`)))
	assert.Len(t, long, 2, "pointers are long, too")
}

// Variants with the same properties do not multiply the work on each level.
func TestParseFormOfNestedVariants(t *testing.T) {
	s := compile(t, `{"$defs":{`+each(40, `"d#i":{"oneOf":[{"properties":{"a":{"$ref":"#/$defs/d#j"}}},{"properties":{"a":{"$ref":"#/$defs/d#j"}}}]}`)+`,"d40":{}},"$ref":"#/$defs/d0"}`)
	values, err := s.ParseForm(map[string][]string{strings.Repeat("/a", 40): {"x"}})
	require.NoError(t, err)
	assert.Equal(t, 41, size(values))
}

// A choice that several schemas share is searched once.
func TestParseFormOfSharedChoices(t *testing.T) {
	choices := func(last string) string {
		return `"$defs":{` + each(100, `"d#i":{"oneOf":[{"$ref":"#/$defs/d#j"},{"$ref":"#/$defs/d#j"}]}`) + `,"d100":` + last + `}`
	}
	const object = `{"type":"object","properties":{"x":{"default":1}}}`
	for _, row := range []struct{ name, schema, form, want string }{
		{"at the top", `{"$ref":"#/$defs/d0",` + choices(object) + `}`, "/k=1&/x=1", `{"x":"1"}`},
		{"of a property", `{"properties":{"o":{"$ref":"#/$defs/d0"}},` + choices(object) + `}`, "/o/k=1&/o/x=1", `{"o":{"x":"1"}}`},
		{"of items", `{"properties":{"l":{"items":{"$ref":"#/$defs/d0"}}},` + choices(object) + `}`, "/l/0/k=1&/l/0/x=1", `{"l":[{"x":"1"}]}`},
		{"in a variant", `{"oneOf":[{"properties":{"o":{"$ref":"#/$defs/d0"}}},{"properties":{"p":{}}}],` + choices(object) + `}`, "/o/k=1&/o/x=1", `{"o":{"x":"1"}}`},
		{"of types", `{"properties":{"n":{"$ref":"#/$defs/d0"}},` + choices(`{"type":"integer"}`) + `}`, "/n=1", `{"n":1}`},
		{"without a type", `{"properties":{"n":{"$ref":"#/$defs/d0"}},` + choices(`{"minimum":1}`) + `}`, "/n=1", `{"n":"1"}`},
		{"of objects without a type", `{"properties":{"o":{"$ref":"#/$defs/d0"}},` + choices(`{"properties":{"x":{}}}`) + `}`, "/o/x=1", `{"o":{"x":"1"}}`},
	} {
		assert.JSONEq(t, row.want, parsedForm(t, row.schema, row.form), row.name)
	}

	integers := compile(t, `{"properties":{"l":{"items":{"anyOf":[`+each(3_000, `{"type":"integer","minimum":#i}`)+`]}}}}`)
	_, err := integers.ParseForm(map[string][]string{"/l": slices.Repeat([]string{"x"}, 3_000)})
	assert.Contains(t, lines(t, err), "/l/298 | type | must be an integer")
}

// Each posted value is compared with the constants. ParseForm counts them.
func TestParseFormOfManyConstants(t *testing.T) {
	constants := `{"oneOf":[` + each(3_000, `{"const":"e#i"}`) + `]}`
	for _, row := range []struct {
		name, items, value string
		values             int
		want               string
	}{
		{"constants", constants, "e5", 5_000, ""},
		{"constants by reference", `{"$ref":"#/$defs/e"}`, "e5", 5_000, ""},
		{"enum", `{"enum":[` + each(5_000, `"e#i"`) + `]}`, "e4999", 500, ""},
		{"enum, more values", `{"enum":[` + each(5_000, `"e#i"`) + `]}`, "x", 5_000, "too much work"},
		{"enums", `{"anyOf":[` + each(1_000, `{"enum":["e#i",#i]}`) + `]}`, "e999", 500, ""},
	} {
		s := compile(t, `{"properties":{"l":{"type":"array","items":`+row.items+`}},"$defs":{"e":`+constants+`}}`)
		start := time.Now()
		values, err := s.ParseForm(map[string][]string{"/l": slices.Repeat([]string{row.value}, row.values)})
		if row.want == "" {
			require.NoError(t, err, row.name)
			assert.Equal(t, row.values+2, size(values), row.name)
		} else {
			require.ErrorContains(t, err, row.want, row.name)
			assert.Nil(t, values, row.name)
		}
		assert.Less(t, time.Since(start), 10*time.Second, "%s: a tenth of a second, on a machine with nothing else to do", row.name)
	}
}

// A default that takes too much work, or is too large, is not applied. The others
// are, in every order and in every call.
func TestExpensiveDefaults(t *testing.T) {
	doubled := `"d":{"$ref":"#/$defs/d0"},` + each(30, `"d#i":{"allOf":[{"$ref":"#/$defs/d#j"},{"$ref":"#/$defs/d#j"}]}`) + `,"d30":{"type":"object"}`
	unique := `"D":{"type":"array","uniqueItems":true,"items":{"type":"integer"},"default":` + array(20_000, `#i`) + `}`
	constants := `"D":{"enum":` + array(20_000, `#i`) + `,"default":-1}`
	const cheap = `"z":{"type":"integer","default":5}`
	for _, row := range []struct{ name, properties, defs string }{
		{"one", `"a":{"$ref":"#/$defs/d0","default":{}}`, doubled},
		{"many", each(100, `"a#i":{"$ref":"#/$defs/d0","default":{"x":#i}}`), doubled},
		{"in an object", `"o":{"properties":{"a":{"$ref":"#/$defs/d0","default":{}}}}`, doubled},
		{"one value and many schemas", each(300, `"a#i":{"$ref":"#/$defs/D"}`), unique},
		{"constants of an unusable schema", `"bad":{"$ref":"other.json"},` + each(1_500, `"a#i":{"$ref":"#/$defs/D"}`), constants},
	} {
		for _, properties := range []string{row.properties + "," + cheap, cheap + "," + row.properties} {
			s := compile(t, `{"properties":{`+properties+`},"$defs":{`+row.defs+`}}`)
			start := time.Now()
			for range 2 {
				assert.Equal(t, map[string]any{"z": 5.0}, s.ApplyDefaults(nil), row.name)
			}
			assert.Less(t, time.Since(start), 10*time.Second, "%s: a fifth of a second, on a machine with nothing else to do", row.name)
		}
	}

	large := compile(t, `{"properties":{`+each(3, `"a#i":{"$ref":"#/$defs/D"}`)+`,`+cheap+`},"$defs":{"D":{"type":"array","items":{"type":"integer"},"default":`+array(20_000, `1`)+`}}}`)
	for range 2 {
		values := large.ApplyDefaults(nil)
		assert.Equal(t, 40_004, size(values))
		assert.NotContains(t, values, "a2")
		assert.Contains(t, values, "z")
	}
}
