package schema_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go/schema"
)

// comparison is one schema, as this package and as the library compile it, with
// a value that it accepts.
type comparison struct {
	ours    *schema.Schema
	library *jsonschema.Schema
	value   any
}

// comparisons returns the documented connector, and settings with more keywords.
func comparisons(t testing.TB) map[string]comparison {
	t.Helper()
	var connector struct {
		Metadata struct{ ConfigurationSchema json.RawMessage }
	}
	var configuration struct{ Configuration json.RawMessage }
	for file, into := range map[string]any{"connector.json": &connector, "configuration.json": &configuration} {
		data, err := os.ReadFile("../testdata/" + file)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(data, into))
	}
	return map[string]comparison{
		"sample": compare(t, string(connector.Metadata.ConfigurationSchema), string(configuration.Configuration)),
		"settings": compare(t, `{"type":"object","required":["auth","every"],"properties":{
			"auth":{"oneOf":[
				{"title":"OAuth","properties":{"type":{"const":"oauth"},"client_id":{"type":"string","minLength":1}},"required":["type","client_id"]},
				{"title":"Token","properties":{"type":{"const":"token"},"token":{"type":"string","pattern":"^[a-z0-9]+$"}},"required":["type","token"]}]},
			"every":{"type":"integer","minimum":1,"maximum":1440},
			"site":{"type":"string","format":"uri"},
			"mode":{"enum":["full","incremental"]},
			"tags":{"type":"array","items":{"type":"string"},"maxItems":9},
			"proxy":{"$ref":"#/$defs/proxy"}},
			"$defs":{"proxy":{"type":"object","additionalProperties":false,"properties":{"host":{"type":"string","format":"hostname"},"port":{"type":"integer"}}}}}`,
			`{"auth":{"type":"token","token":"abc"},"every":60,"site":"https://example.com/x","mode":"full","tags":["a","b","c"],"proxy":{"host":"proxy.example.com","port":8080}}`),
	}
}

func compare(t testing.TB, text, value string) comparison {
	t.Helper()
	c := comparison{}
	require.NoError(t, json.Unmarshal([]byte(value), &c.value))
	var err error
	c.ours, err = schema.Compile(text)
	require.NoError(t, err)
	require.NoError(t, c.ours.Validate(c.value))

	document, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	require.NoError(t, compiler.AddResource("schema.json", document))
	c.library, err = compiler.Compile("schema.json")
	require.NoError(t, err)
	require.NoError(t, c.library.Validate(c.value))
	return c
}

// BenchmarkValidate compares Validate with the library that it calls. They take
// turns of some microseconds, so that other programs slow down both. The metric
// "ratio" is the median of all turns. The goal is at most 1.3.
func BenchmarkValidate(b *testing.B) {
	for name, c := range comparisons(b) {
		b.Run(name, func(b *testing.B) {
			turn := func(validate func(any) error) time.Duration {
				start := time.Now()
				for range 32 {
					_ = validate(c.value)
				}
				return time.Since(start)
			}
			var ratios []float64
			for b.Loop() {
				library := turn(c.library.Validate)
				ratios = append(ratios, float64(turn(c.ours.Validate))/float64(library))
			}
			slices.Sort(ratios)
			b.ReportMetric(ratios[len(ratios)/2], "ratio")
		})
	}
}

// A validation allocates no more than the library does alone.
func TestValidateAllocations(t *testing.T) {
	for name, c := range comparisons(t) {
		library := testing.AllocsPerRun(100, func() { _ = c.library.Validate(c.value) })
		assert.LessOrEqual(t, testing.AllocsPerRun(100, func() { _ = c.ours.Validate(c.value) }), library, name)
	}
}
