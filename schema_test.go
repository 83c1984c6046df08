package freddy_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
)

func githubSchema(t testing.TB) freddy.Schema {
	var connector freddy.Connector
	require.NoError(t, json.Unmarshal(fixture(t, "connector.json"), &connector))
	return connector.Metadata.ConfigurationSchema
}

func TestFields(t *testing.T) {
	fields, err := githubSchema(t).Fields()
	require.NoError(t, err)
	assert.Equal(t, []freddy.SchemaField{
		{Name: "repository", Type: "string", Types: []string{"string"}, Description: "Repository in format 'owner/repo'", Required: true},
		{Name: "branch", Type: "string", Types: []string{"string"}, Description: "Default branch", Default: "main"},
	}, fields)

	fields, err = freddy.NewSchema([]byte(`{"properties":{
		"n":{"type":["integer","null"],"default":9007199254740993,"enum":[1.5,"a",null],"examples":[{"b":[1]}],"minimum":-1,"maximum":7},
		"several":{"type":["string","number"],"minLength":1,"maxLength":2},
		"key":{"type":"string","format":"password"},
		"list":{"type":"array","items":{"type":"object","properties":{"x":{"type":"boolean","default":false}}}}
	}}`)).Fields()
	require.NoError(t, err)
	one, two, low, high := 1, 2, -1.0, 7.0
	assert.Equal(t, []freddy.SchemaField{
		{
			Name: "n", Type: "integer", Types: []string{"integer", "null"}, Nullable: true, Default: json.Number("9007199254740993"),
			Enum: []any{1.5, "a", nil}, Examples: []any{map[string]any{"b": []any{1.0}}}, Minimum: &low, Maximum: &high,
		},
		{Name: "several", Types: []string{"string", "number"}, MinLength: &one, MaxLength: &two},
		{Name: "key", Type: "string", Types: []string{"string"}, Format: "password", Secret: true},
		{Name: "list", Type: "array", Types: []string{"array"}, Items: &freddy.SchemaField{
			Type: "object", Types: []string{"object"},
			Fields: []freddy.SchemaField{{Name: "x", Type: "boolean", Types: []string{"boolean"}, Default: false}},
		}},
	}, fields)
}

func TestValidate(t *testing.T) {
	schema := githubSchema(t)
	type settings struct {
		Repository string `json:"repository,omitempty"`
		Branch     any    `json:"branch,omitempty"`
	}
	for _, valid := range []any{
		map[string]any{"repository": "acme/backend"},
		settings{Repository: "acme/backend", Branch: "main"},
		&settings{Repository: "acme/backend"},
		[]byte(`{"repository":"acme/backend"}`),
		json.RawMessage(`{"repository":"acme/backend"}`),
	} {
		require.NoError(t, schema.Validate(valid))
	}
	for _, value := range []any{
		map[string]any{"branch": 5},
		settings{Branch: 5},
		[]byte(`{"branch":5}`),
	} {
		err := schema.Validate(value)
		var invalid *freddy.ValidationError
		require.ErrorAs(t, err, &invalid)
		assert.Equal(t, []freddy.FieldError{
			{Field: "/branch", Message: "branch: must be a string, got a number", Code: "type"},
			{Field: "/repository", Message: "repository: required", Code: "required"},
		}, invalid.Fields)
		require.ErrorIs(t, err, freddy.ErrInvalidArgument)
		assert.EqualError(t, err, "freddy: invalid value: branch: must be a string, got a number; repository: required")
	}
}

func TestValidateWhatIsNoJSON(t *testing.T) {
	cyclic := map[string]any{}
	cyclic["self"] = cyclic
	for _, value := range []any{math.NaN(), func() {}, cyclic, []byte(`{`), []byte(nil), json.RawMessage(nil), json.RawMessage(`{} x`), failing{}} {
		for _, schema := range []freddy.Schema{githubSchema(t), {}} {
			err := schema.Validate(value)
			var argument *freddy.ArgumentError
			require.ErrorAs(t, err, &argument)
			assert.NotContains(t, err.Error(), secret)
		}
	}
	_, err := githubSchema(t).ApplyDefaults(cyclic)
	require.ErrorIs(t, err, freddy.ErrInvalidArgument)
}

// What is wrong with a secret is said without it; so with everything else.
func TestValidateQuotesNoValue(t *testing.T) {
	schema := freddy.NewSchema([]byte(`{"properties":{"key":{"format":"password","type":"string","pattern":"^k","minLength":90,"enum":["k1"],"not":{"minLength":1}}},
		"additionalProperties":false}`))
	err := schema.Validate(map[string]any{"key": secret})
	require.Error(t, err)
	for _, verb := range []string{"%v", "%+v", "%#v", "%q", "%d"} {
		assert.NotContains(t, fmt.Sprintf(verb, err), secret)
	}
	err = freddy.NewSchema([]byte(`{"properties":{"a":{"format":"email"},"b":{"const":1},"c":{"oneOf":[{"type":"null"},{"maxLength":1}]}}}`)).
		Validate(map[string]any{"a": secret, "b": secret, "c": secret})
	var invalid *freddy.ValidationError
	require.ErrorAs(t, err, &invalid)
	assert.Len(t, invalid.Fields, 3)
	assert.NotContains(t, fmt.Sprintf("%+v", invalid.Fields), secret)
}

func TestValidationErrorText(t *testing.T) {
	invalid := &freddy.ValidationError{}
	assert.EqualError(t, invalid, "freddy: invalid value")
	for i := range 7 {
		invalid.Fields = append(invalid.Fields, freddy.FieldError{Message: fmt.Sprintf("f%d: required\n", i)})
	}
	assert.EqualError(t, invalid, `freddy: invalid value: f0: required\n; f1: required\n; f2: required\n; and 4 more`)
	invalid.Fields[0].Message = strings.Repeat("é", 5000)
	assert.LessOrEqual(t, len(invalid.Error()), 1024)
}

// A schema that cannot be used is an error of its methods, each time the same.
func TestUnusableSchemas(t *testing.T) {
	for _, text := range []string{
		`{"$ref":"file:///etc/passwd"}`, `{"$ref":"https://example.com/x"}`, `{"pattern":"(?=a)"}`, `{"type":5}`, `5`, `{broken`,
		`{"$schema":"https://example.com/draft"}`, strings.Repeat(`{"items":`, 9_000) + `{}` + strings.Repeat(`}`, 9_000), `{"$ref":"#"}`,
	} {
		schema := freddy.NewSchema([]byte(text))
		for range 2 {
			_, err := schema.Fields()
			require.ErrorContains(t, err, "the schema cannot be used", text[:min(len(text), 40)])
			assert.Less(t, len(err.Error()), 1000)
			err = schema.Validate(map[string]any{})
			require.ErrorContains(t, err, "the schema cannot be used")
			var invalid *freddy.ValidationError
			assert.NotErrorAs(t, err, &invalid)
			assert.NotErrorIs(t, err, freddy.ErrInvalidArgument)
			_, err = schema.ApplyDefaults(nil)
			require.ErrorContains(t, err, "the schema cannot be used")
		}
		var connector freddy.Connector
		quoted := text
		if !json.Valid([]byte(text)) {
			continue
		}
		require.NoError(t, json.Unmarshal([]byte(`{"id":"a","metadata":{"configurationSchema":`+quoted+`}}`), &connector), "decoding does not mind")
		assert.Equal(t, text, connector.Metadata.ConfigurationSchema.String())
	}
}

func TestZeroSchema(t *testing.T) {
	var schema freddy.Schema
	fields, err := schema.Fields()
	require.NoError(t, err)
	assert.Empty(t, fields)
	require.NoError(t, schema.Validate(nil))
	require.NoError(t, schema.Validate(map[string]any{"a": 1}))
	out, err := schema.ApplyDefaults(nil)
	require.NoError(t, err)
	assert.Equal(t, map[string]any{}, out)
	for _, all := range []string{`true`, `{}`} {
		require.NoError(t, freddy.NewSchema([]byte(all)).Validate(5))
	}
}

func TestApplyDefaults(t *testing.T) {
	schema := freddy.NewSchema([]byte(`{"properties":{
		"branch":{"default":"main"},"paths":{"default":["src/"]},"n":{"default":9007199254740993},"none":{},"nil":{"default":null},
		"sync":{"properties":{"every":{"default":60},"mode":{"properties":{"kind":{"default":"full"}}}}},
		"auth":{"required":["user"],"properties":{"user":{},"realm":{"default":"x"}}},
		"ready":{"required":["user"],"properties":{"user":{"default":"me"}}},
		"list":{"items":{"properties":{"on":{"default":true}}}}
	}}`))
	given := map[string]any{"nil": 1, "list": []any{map[string]any{}, map[string]any{"on": false}, 5}, "auth": map[string]any{"user": "u"}, "extra": "kept"}
	before := fmt.Sprint(given)
	got, err := schema.ApplyDefaults(given)
	require.NoError(t, err)
	assert.Equal(t, map[string]any{
		"branch": "main", "paths": []any{"src/"}, "n": json.Number("9007199254740993"), "nil": 1,
		"sync": map[string]any{"every": 60.0, "mode": map[string]any{"kind": "full"}},
		"auth": map[string]any{"user": "u", "realm": "x"}, "ready": map[string]any{"user": "me"},
		"list": []any{map[string]any{"on": true}, map[string]any{"on": false}, 5}, "extra": "kept",
	}, got)
	assert.Equal(t, before, fmt.Sprint(given), "the caller's map is untouched")

	got["paths"].([]any)[0] = "changed"
	again, err := schema.ApplyDefaults(nil)
	require.NoError(t, err)
	assert.Equal(t, []any{"src/"}, again["paths"], "a default is not shared")
	assert.NotContains(t, again, "auth", "what it requires has no default")
	assert.Contains(t, again, "nil")
	require.NoError(t, schema.Validate(again))
}

func TestSchemaConcurrently(t *testing.T) {
	schema := githubSchema(t)
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			copied := schema
			assert.Error(t, copied.Validate(map[string]any{}))
			fields, err := copied.Fields()
			assert.NoError(t, err)
			assert.Len(t, fields, 2)
			_, err = copied.ApplyDefaults(nil)
			assert.NoError(t, err)
			assert.NotPanics(t, func() { assert.ObjectsAreEqual(copied, freddy.NewSchema([]byte(`{}`))) })
		})
	}
	wg.Wait()
}

func hundredFields() freddy.Schema {
	var properties []string
	for i := range 100 {
		properties = append(properties, fmt.Sprintf(`"field%d":{"type":"string","description":"Field %d","minLength":1,"maxLength":200,"default":"x"}`, i, i))
	}
	return freddy.NewSchema([]byte(`{"type":"object","properties":{` + strings.Join(properties, ",") + `},"required":["field0"]}`))
}

func BenchmarkSchema(b *testing.B) {
	values := map[string]any{"repository": "acme/backend", "branch": "main"}
	hundred := map[string]any{}
	for i := range 100 {
		hundred[fmt.Sprintf("field%d", i)] = "value"
	}
	for name, row := range map[string]struct {
		schema freddy.Schema
		values map[string]any
	}{"sample": {githubSchema(b), values}, "100 fields": {hundredFields(), hundred}} {
		b.Run(name+"/compile", func(b *testing.B) {
			b.ReportAllocs()
			raw := row.schema.Raw()
			for b.Loop() {
				if err := freddy.NewSchema(raw).Validate(row.values); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"/check", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := row.schema.Validate(row.values); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// A second check pays no compile: it costs a small part of the first.
func TestCompiledOnce(t *testing.T) {
	schema, values := hundredFields(), map[string]any{"field0": "x"}
	first := testing.AllocsPerRun(1, func() { _ = freddy.NewSchema(schema.Raw()).Validate(values) })
	second := testing.AllocsPerRun(10, func() { _ = schema.Validate(values) })
	assert.Less(t, second, first/20)
}

// seedSchemas adds schemas with values: a few of our own, and the required cases
// of the official JSON-Schema-Test-Suite.
func seedSchemas(f *testing.F, add func(schema, value []byte)) {
	for _, pair := range [][2]string{
		{`{"type":"object","properties":{"a":{"type":"string","default":"x"}},"required":["a"]}`, `{"a":1}`},
		{`{"properties":{"a":{"$ref":"#/$defs/b"}},"$defs":{"b":{"allOf":[{"minimum":1},{"default":{"c":[1]}}]}}}`, `{}`},
		{`{"$ref":"#"}`, `null`},
		{`{"items":{"anyOf":[{"type":"null"},{"$ref":"#"}]},"pattern":"(a+)+$"}`, `[[null],["aaaa"]]`},
	} {
		add([]byte(pair[0]), []byte(pair[1]))
	}
	files, err := filepath.Glob("internal/schema/testdata/suite/*/*.json")
	require.NoError(f, err)
	require.NotEmpty(f, files)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(f, err)
		var groups []struct {
			Schema json.RawMessage
			Tests  []struct{ Data json.RawMessage }
		}
		require.NoError(f, json.Unmarshal(text, &groups))
		for _, group := range groups {
			for _, test := range group.Tests {
				add(group.Schema, test.Data)
			}
		}
	}
}

func FuzzFields(f *testing.F) {
	seedSchemas(f, func(schema, _ []byte) { f.Add(schema) })
	f.Fuzz(func(t *testing.T, text []byte) {
		schema := freddy.NewSchema(text)
		fields, err := schema.Fields()
		if err != nil {
			require.LessOrEqual(t, len(err.Error()), 1024)
			return
		}
		_, err = json.Marshal(fields)
		require.NoError(t, err, "fields are data")
		defaults, err := schema.ApplyDefaults(nil)
		require.NoError(t, err)
		_, err = json.Marshal(defaults)
		require.NoError(t, err)
	})
}

func FuzzValidate(f *testing.F) {
	seedSchemas(f, func(schema, value []byte) { f.Add(schema, value) })
	f.Fuzz(func(t *testing.T, text, value []byte) {
		schema := freddy.NewSchema(text)
		err := schema.Validate(value)
		require.Equal(t, fmt.Sprint(err), fmt.Sprint(schema.Validate(value)), "the order changes")
		var (
			invalid  *freddy.ValidationError
			argument *freddy.ArgumentError
		)
		switch {
		case err == nil:
			require.True(t, json.Valid(value))
		case errors.As(err, &invalid):
			require.NotEmpty(t, invalid.Fields)
		case errors.As(err, &argument):
			require.False(t, json.Valid(value))
		default:
			require.Contains(t, err.Error(), "the schema cannot be used")
		}
		if err != nil {
			require.LessOrEqual(t, len(err.Error()), 1024)
			require.NotContains(t, err.Error(), "\n")
		}
	})
}
