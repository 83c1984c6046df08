package schema_test

import (
	"encoding/json"
	"net/url"
	"testing"

	"github.com/aitronos/freddy-go/schema"
)

var seeds = []string{
	``, `true`, `{}`, `{"type":"object"}`,
	`{"$schema":"http://json-schema.org/draft-07/schema#","properties":{"a":{"$ref":"#/definitions/x","default":1}},"definitions":{"x":{"type":"integer"}}}`,
	`{"properties":{"c":{"oneOf":[{"properties":{"t":{"const":"a"},"x":{"type":"string"}}},{"properties":{"t":{"const":"b"},"y":{"items":{"type":"number"}}}}]}}}`,
	`{"properties":{"env":{"additionalProperties":{"type":"string"},"propertyNames":{"pattern":"^[A-Z]+(?<!X)$"}},"l":{"prefixItems":[{"enum":[1,null]}],"items":{"nullable":true,"type":"boolean"}}}}`,
	`{"$dynamicAnchor":"a","items":{"$dynamicRef":"#a"},"unevaluatedProperties":false,"if":{"minProperties":1},"then":{"required":["x"]}}`,
	`{"minimum":1,"exclusiveMinimum":true,"anyOf":[{"$ref":"#"},{"not":{}}]}`, `{"x":{"y":{"type":"string"}},"allOf":[{"$ref":"#/x/y"},{"$ref":"#/x"}]}`,
}

// What Fields returns can be read, and has pointers of its own.
func FuzzFields(f *testing.F) {
	for _, text := range seeds {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := schema.Compile(text)
		if err != nil {
			return
		}
		var walk func(field schema.Field)
		walk = func(field schema.Field) {
			if len(field.Raw) > 0 && !json.Valid(field.Raw) {
				t.Fatalf("%s: no JSON: %s", field.Pointer, field.Raw)
			}
			for _, inner := range field.Fields {
				if len(inner.Pointer) <= len(field.Pointer) {
					t.Fatalf("%q is not below %q", inner.Pointer, field.Pointer)
				}
				walk(inner)
			}
			for _, variant := range field.Variants {
				walk(variant.Field)
			}
			if field.Items != nil {
				walk(*field.Items)
			}
			if field.Values != nil {
				walk(*field.Values)
			}
		}
		walk(s.Root())
	})
}

// Validate of a value and of what ApplyDefaults makes of it never panics, and
// gives the same result each time.
func FuzzValidate(f *testing.F) {
	for _, text := range seeds {
		f.Add(text, `{"a":1,"c":{"t":"b"},"env":{"x":1},"l":[1,null]}`)
	}
	f.Fuzz(func(t *testing.T, text, value string) {
		s, err := schema.Compile(text)
		if err != nil {
			return
		}
		first, second := s.Validate(json.RawMessage(value)), s.Validate(json.RawMessage(value))
		if (first == nil) != (second == nil) || first != nil && first.Error() != second.Error() {
			t.Fatalf("%v, then %v", first, second)
		}
		var values map[string]any
		if json.Unmarshal([]byte(value), &values) == nil {
			_ = s.Validate(s.ApplyDefaults(values))
		}
	})
}

// Validate may reject what ParseForm returns, but it is JSON.
func FuzzParseForm(f *testing.F) {
	for _, text := range seeds {
		f.Add(text, `/a=1&/c/t=a&/c/x=y&/env/A=b&/l=1&/l/0=2&/l/-=3`)
	}
	f.Fuzz(func(t *testing.T, text, query string) {
		s, err := schema.Compile(text)
		if err != nil {
			return
		}
		form, _ := url.ParseQuery(query)
		values, err := s.ParseForm(form)
		if err != nil {
			return
		}
		if _, err := json.Marshal(values); err != nil {
			t.Fatal(err)
		}
		_ = s.Validate(values)
	})
}
