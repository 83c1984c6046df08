package schema_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestApplyDefaults(t *testing.T) {
	const nested = `{"properties":{"proxy":{"type":"object","required":["host"],"properties":{"host":{"type":"string"},"port":{"type":"integer","default":8080}}},
		"log":{"type":"object","required":["level"],"properties":{"level":{"default":"info"},"file":{"type":"string"}}}}}`
	const variants = `{"properties":{"kind":{"type":"string","default":"b"}},"oneOf":[
		{"properties":{"kind":{"const":"a"},"x":{"default":1}}},{"properties":{"kind":{"const":"b"},"x":{"default":2}}}]}`
	const shared = `{"properties":{"x":{"$ref":"#/$defs/a"},"y":{"allOf":[{"$ref":"#/$defs/a"},{"properties":{"p":{"type":"string"}}}]}},"$defs":{"a":{"properties":{"p":{"default":5}}}}}`
	for _, row := range []struct{ name, schema, values, want string }{
		{"null for a string", `{"properties":{"query":{"type":"string","default":null},"limit":{"type":"integer","default":20}}}`, `{}`, `{"limit":20}`},
		{"null where it is a value", `{"properties":{"query":{"type":["string","null"],"default":null}}}`, `{}`, `{"query":null}`},
		{"what is there stays", `{"properties":{"a":{"default":1},"b":{"default":2}}}`, `{"a":null,"c":3}`, `{"a":null,"b":2,"c":3}`},
		{"not accepted by type", `{"properties":{"a":{"type":"integer","default":"5"},"b":{"type":"boolean","default":"true"}}}`, `{}`, `{}`},
		{"not accepted by another keyword", `{"properties":{"a":{"type":"integer","minimum":5,"default":1},"b":{"enum":["x"],"default":"y"},"c":{"allOf":[{"pattern":"^x"}],"default":"y"}}}`, `{}`, `{}`},
		{"not accepted by another place", `{"properties":{"a":{"default":1}},"allOf":[{"properties":{"a":{"type":"string"}}}]}`, `{}`, `{}`},
		{"not accepted by another place of one of two objects", shared, `{"x":{},"y":{}}`, `{"x":{"p":5},"y":{}}`},
		{"not accepted with many problems", `{"properties":{"a":{"items":{"type":"string"},"default":` + array(13_000, `1`) + `}}}`, `{}`, `{}`},
		{"objects", nested, `{}`, `{"log":{"level":"info"}}`},
		{"in objects", nested, `{"proxy":{"host":"h"},"log":{}}`, `{"proxy":{"host":"h","port":8080},"log":{"level":"info"}}`},
		{"not in other values", nested, `{"proxy":"x","log":[]}`, `{"proxy":"x","log":[]}`},
		{"in items", `{"properties":{"rules":{"type":"array","items":{"properties":{"n":{"default":1}}}}}}`, `{"rules":[{},{"n":2},5]}`, `{"rules":[{"n":1},{"n":2},5]}`},
		{"in a tuple", `{"properties":{"t":{"prefixItems":[{"properties":{"n":{"default":1}}}],"items":{"properties":{"m":{"default":2}}}}}}`, `{"t":[{},{}]}`, `{"t":[{"n":1},{"m":2}]}`},
		{"in maps", `{"properties":{"m":{"additionalProperties":{"properties":{"n":{"default":1}}}}}}`, `{"m":{"x":{}}}`, `{"m":{"x":{"n":1}}}`},
		{"in default values", `{"properties":{"o":{"default":{"a":1},"properties":{"b":{"default":2}}}}}`, `{}`, `{"o":{"a":1,"b":2}}`},
		{"by reference", `{"$defs":{"x":{"type":"string","default":"d"}},"properties":{"a":{"$ref":"#/$defs/x"}}}`, `{}`, `{"a":"d"}`},
		{"draft 7 reference", `{"definitions":{"x":{"type":"string"}},"properties":{"a":{"$ref":"#/definitions/x","default":"d"},"b":{"$ref":"#/definitions/x","default":1}}}`, `{}`, `{"a":"d"}`},
		{"of the variant", variants, `{"kind":"a"}`, `{"kind":"a","x":1}`},
		{"of a variant with a number", `{"oneOf":[{"properties":{"v":{"const":1},"x":{"default":1}}},{"properties":{"v":{"const":2.0},"x":{"default":2}}}]}`, `{"v":2}`, `{"v":2,"x":2}`},
		{"of the default's variant", variants, `{}`, `{"kind":"b","x":2}`},
		{"of no variant", variants, `{"kind":"c"}`, `{"kind":"c"}`},
		{"under a condition", `{"properties":{"a":{}},"if":{"required":["a"]},"then":{"properties":{"b":{"default":1}}}}`, `{}`, `{}`},
		{"of a schema that contains itself", `{"properties":{"name":{"default":"n"},"child":{"$ref":"#"}}}`, `{"child":{"child":{}}}`, `{"name":"n","child":{"name":"n","child":{"name":"n"}}}`},
		{"of an unusable schema", `{"properties":{"a":{"type":"integer","default":1},"b":{"type":"integer","default":"x"},"c":{"enum":[1],"default":2},"d":{"$ref":"other.json"}}}`, `{}`, `{"a":1}`},
		{"large numbers", `{"properties":{"a":{"default":9007199254740993}}}`, `{}`, `{"a":9007199254740993}`},
	} {
		var values map[string]any
		require.NoError(t, json.Unmarshal([]byte(row.values), &values))
		got, err := json.Marshal(compile(t, row.schema).ApplyDefaults(values))
		require.NoError(t, err)
		assert.JSONEq(t, row.want, string(got), row.name)
		after, err := json.Marshal(values)
		require.NoError(t, err)
		assert.JSONEq(t, row.values, string(after), "%s: the values of the caller", row.name)
	}
}

func TestApplyDefaultsCopies(t *testing.T) {
	s := compile(t, `{"properties":{"list":{"default":[{"a":1}]},"o":{"properties":{"x":{"default":1}}}}}`)
	first := s.ApplyDefaults(nil)
	first["list"].([]any)[0].(map[string]any)["a"] = 2
	assert.Equal(t, map[string]any{"list": []any{map[string]any{"a": 1.0}}, "o": map[string]any{"x": 1.0}}, s.ApplyDefaults(nil))

	self := map[string]any{}
	self["o"] = self
	assert.NotNil(t, s.ApplyDefaults(self)["o"])
}

const formSchema = `{"properties":{
	"proxy":{"type":"object","properties":{"host":{"type":"string"},"port":{"type":"integer"},"on":{"type":"boolean"}}},
	"tags":{"type":"array","items":{"type":"string"}},
	"ports":{"type":"array","items":{"type":"integer"}},
	"rules":{"type":"array","items":{"type":"object","properties":{"name":{"type":"string"},"weight":{"type":"number"},"tags":{"type":"array","items":{"type":"string"}}}}},
	"env":{"type":"object","additionalProperties":{"type":"string"}},
	"size":{"enum":[1,2,"3"]},
	"id":{"type":["integer","string"]},
	"ratio":{"type":["number","null"]},
	"free":{"type":"object"},
	"any":{},
	"a/b":{"type":"string"},
	"pair":{"prefixItems":[{"type":"string"},{"type":"integer"}]},
	"choice":{"oneOf":[{"type":"integer"},{"type":"boolean"},{"type":"array","items":{"type":"string"}}]},
	"credentials":{"type":"object","oneOf":[
		{"properties":{"auth_type":{"const":"oauth"},"client_id":{"type":"string"},"level":{"const":1}},"required":["auth_type"]},
		{"properties":{"auth_type":{"const":"token"},"token":{"type":"string"},"expires":{"type":"integer"}},"required":["auth_type"]}]}
}}`

func TestParseForm(t *testing.T) {
	s := compile(t, formSchema)
	for _, row := range []struct{ form, want string }{
		{"", `{}`},
		{"/proxy/port=8080&/proxy/host=h", `{"proxy":{"port":8080,"host":"h"}}`},
		{"/proxy/port=&/proxy/host=", `{}`},
		{"/proxy/on=false&/proxy/on=on", `{"proxy":{"on":true}}`},
		{"/proxy/on=0", `{"proxy":{"on":false}}`},
		{"/tags=a&/tags=&/tags=b&/tags/-=c", `{"tags":["a","b","c"]}`},
		{"/tags=", `{}`},
		{"/tags/1=b&/tags/0=a", `{"tags":["a","b"]}`},
		{"/ports=1&/ports=2", `{"ports":[1,2]}`},
		{`/ports=[1,2]`, `{"ports":[1,2]}`},
		{`/tags=[x]`, `{"tags":["[x]"]}`},
		{"/rules/0/name=x&/rules/10/name=z&/rules/2/name=y&/rules/2/weight=.50&/rules/2/tags=q", `{"rules":[{"name":"x"},{"name":"y","weight":0.5,"tags":["q"]},{"name":"z"}]}`},
		{"/rules/-/name=x", `{"rules":[{"name":"x"}]}`},
		{`/rules={"name":"x"}`, `{"rules":[{"name":"x"}]}`},
		{"/rules/1/name=a&/rules/01/name=b&/rules/001/x=c", `{"rules":[{"name":"a"}]}`},
		{"/rules/00/name=a&/tags/01=b&/pair/00=c", `{}`},
		{"/rules/0/tags/0=a&/rules/0/tags/00=b", `{"rules":[{"tags":["a"]}]}`},
		{"/env/KEY=v&/env/01=w&/env/*=no&/env/OTHER=", `{"env":{"KEY":"v","01":"w"}}`},
		{"/size=2", `{"size":2}`},
		{"/size=3", `{"size":"3"}`},
		{"/size=9", `{"size":"9"}`},
		{"/id=5", `{"id":5}`},
		{"/id=007", `{"id":"007"}`},
		{"/id=x", `{"id":"x"}`},
		{"/ratio=%2B1.50e3", `{"ratio":1500}`},
		{"/ratio=9007199254740993", `{"ratio":9007199254740993}`},
		{"/ratio=-5.", `{"ratio":-5}`},
		{`/free={"a":[1]}`, `{"free":{"a":[1]}}`},
		{"/free/x=1", `{}`},
		{"/any=5", `{"any":"5"}`},
		{"/a~1b=x", `{"a/b":"x"}`},
		{"/pair/0=x&/pair/1=5", `{"pair":["x",5]}`},
		{"/choice=5", `{"choice":5}`},
		{"/choice=true", `{"choice":true}`},
		{"/choice=x&/choice=y", `{"choice":["x","y"]}`},
		{"/credentials/auth_type=token", `{"credentials":{"auth_type":"token"}}`},
		{"/credentials/auth_type=oauth&/credentials/client_id=c", `{"credentials":{"auth_type":"oauth","client_id":"c","level":1}}`},
		{"/credentials/token=t&/credentials/client_id=", `{"credentials":{"auth_type":"token","token":"t"}}`},
		{"/credentials/token=t&/credentials/client_id=c", `{"credentials":{"token":"t","client_id":"c"}}`},
		{"/credentials/auth_type=token&/credentials/client_id=c&/credentials/expires=5", `{"credentials":{"auth_type":"token","expires":5}}`},
		{"/credentials/auth_type=other", `{"credentials":{"auth_type":"other"}}`},
		{"/credentials/auth_type=other&/credentials/token=t", `{"credentials":{"auth_type":"other","token":"t"}}`},
		{"csrf=x&/nope=1&/proxy/nope=1&=2&/=3&/tags/x=4&/rules/name=5", `{}`},
	} {
		form, err := url.ParseQuery(strings.ReplaceAll(row.form, "+", "%2B"))
		require.NoError(t, err)
		values, err := s.ParseForm(form)
		require.NoError(t, err, row.form)
		got, err := json.Marshal(values)
		require.NoError(t, err)
		assert.JSONEq(t, row.want, string(got), row.form)
	}
}

func TestParseFormProblems(t *testing.T) {
	s := compile(t, formSchema)
	values, err := s.ParseForm(url.Values{
		"/proxy/port": {"80x"}, "/proxy/on": {"maybe"}, "/ports": {"1", "x", "2.5"}, "/rules/3/weight": {"1,5"}, "/rules/1000/name": {"x"}, "/ratio": {"NaN"}, "/free": {"{"},
		"/credentials": {"{"}, "/credentials/expires": {"soon"}, "/choice": {"perhaps"}, "/proxy": {"x"}, "/pair/1": {"x"},
	})
	assert.Nil(t, values)
	assert.Equal(t, []string{
		"/choice | type | must be an integer or a boolean or an array",
		"/credentials/expires | type | must be an integer",
		"/free | type | must be an object",
		"/pair/1 | type | must be an integer",
		"/ports/1 | type | must be an integer",
		"/ports/2 | type | must be an integer",
		"/proxy/on | type | must be a boolean",
		"/proxy/port | type | must be an integer",
		"/ratio | type | must be a number",
		"/rules | maxItems | must have at most 1000 items in a form",
		"/rules/3/weight | type | must be a number",
	}, lines(t, err))
}

// parsedForm returns the JSON of a form, which ParseForm has to accept.
func parsedForm(t *testing.T, schema, form string) string {
	t.Helper()
	posted, err := url.ParseQuery(form)
	require.NoError(t, err)
	values, err := compile(t, schema).ParseForm(posted)
	require.NoError(t, err, form)
	out, err := json.Marshal(values)
	require.NoError(t, err)
	return string(out)
}

// A boolean that only constants name is posted as any other boolean.
func TestParseFormBooleanConstants(t *testing.T) {
	const variants = `{"$defs":{"no":{"const":false}},"properties":{"tls":{"oneOf":[
		{"properties":{"on":{"$ref":"#/$defs/no"},"x":{"type":"integer"}}},{"properties":{"on":{"const":true},"x":{}}}]}}}`
	for _, row := range []struct{ schema, form, want string }{
		{`{"properties":{"b":{"const":true}}}`, "/b=on", `{"b":true}`},
		{`{"properties":{"b":{"const":false}}}`, "/b=Off", `{"b":false}`},
		{`{"properties":{"b":{"const":true}}}`, "/b=off", `{"b":"off"}`},
		{`{"properties":{"b":{"enum":[true,false]}}}`, "/b=0", `{"b":false}`},
		{`{"properties":{"b":{"enum":["auto",true]}}}`, "/b=1", `{"b":true}`},
		{`{"properties":{"b":{"enum":[true,1,"on"]}}}`, "/b=1", `{"b":1}`},
		{`{"properties":{"b":{"enum":[true,1,"on"]}}}`, "/b=on", `{"b":"on"}`},
		{`{"properties":{"b":{"enum":["true"]}}}`, "/b=on", `{"b":"on"}`},
		{`{"properties":{"b":{"oneOf":[{"const":true},{"const":false},{"const":"auto"}]}}}`, "/b=off", `{"b":false}`},
		{`{"$defs":{"b":{"enum":[true,false]}},"properties":{"l":{"items":{"$ref":"#/$defs/b"}}}}`, "/l=on&/l=0", `{"l":[true,false]}`},
		{variants, "/tls/on=0&/tls/x=5", `{"tls":{"on":false,"x":5}}`},
		{variants, "/tls/on=on&/tls/x=5", `{"tls":{"on":true,"x":"5"}}`},
	} {
		assert.JSONEq(t, row.want, parsedForm(t, row.schema, row.form), "%s %s", row.schema, row.form)
	}
}

// A form at the top level can be a choice, too.
func TestParseFormAtTheTop(t *testing.T) {
	s := compile(t, `{"oneOf":[{"properties":{"kind":{"const":"a"},"x":{"type":"integer"}}},{"properties":{"kind":{"const":"b"},"y":{"type":"integer"}}}]}`)
	values, err := s.ParseForm(url.Values{"/y": {"5"}})
	require.NoError(t, err)
	assert.Equal(t, map[string]any{"kind": "b", "y": 5.0}, values)
}

// A variant is chosen by its keys below the first level, too.
func TestParseFormChoosesByNestedKeys(t *testing.T) {
	const objects = `{"oneOf":[{"properties":{"k":{"const":"a"},"o":{"properties":{"x":{},"z":{}}}}},{"properties":{"k":{"const":"b"},"o":{"properties":{"y":{},"z":{}}}}}]}`
	shared := `{"properties":{"o":{"properties":{"z":{}}}},` + objects[1:]
	const deep = `{"oneOf":[{"properties":{"k":{"const":"a"},"o":{"oneOf":[{"properties":{"x":{}}},{"properties":{"z":{"properties":{"y":{}}}}}]}}},{"properties":{"k":{"const":"b"},"o":{"additionalProperties":{"properties":{"w":{}}}}}}]}`
	const arrays = `{"oneOf":[{"properties":{"k":{"const":"a"},"l":{"items":{"properties":{"x":{}}}}}},{"properties":{"k":{"const":"b"},"l":{"prefixItems":[{"properties":{"y":{}}}],"items":{"properties":{"z":{}}}}}}]}`
	const ownArray = `{"properties":{"l":{"items":{"properties":{"z":{}}}}},"oneOf":[{"properties":{"k":{"const":"a"},"l":{"items":{"properties":{"x":{}}}}}},{"properties":{"k":{"const":"b"},"l":{"items":{"properties":{"y":{}}}}}}]}`
	const patterns = `{"patternProperties":{"^x":{"properties":{"k":{"const":"a"},"y":{}}},"^z":{"properties":{"k":{"const":"b"},"z":{}}}}}`
	const ofArrays = `{"properties":{"l":{"oneOf":[{"items":{"properties":{"k":{"const":"a"},"x":{}}}},{"items":{"properties":{"k":{"const":"b"},"y":{"type":"integer"}}}}]}}}`
	for _, row := range []struct{ name, schema, form, want string }{
		{"first", objects, "/o/x=1", `{"k":"a","o":{"x":"1"}}`},
		{"second", objects, "/o/y=1", `{"k":"b","o":{"y":"1"}}`},
		{"second, with a key of both", objects, "/o/y=1&/o/z=2&/o/x=", `{"k":"b","o":{"y":"1","z":"2"}}`},
		{"only a key of both", objects, "/o/z=2", `{"o":{"z":"2"}}`},
		{"keys of each", objects, "/o/x=1&/o/y=2", `{"o":{"x":"1","y":"2"}}`},
		{"beside a property of the object itself", shared, "/o/z=2&/o/y=1", `{"k":"b","o":{"y":"1","z":"2"}}`},
		{"only a property of the object itself", shared, "/o/z=2", `{"o":{"z":"2"}}`},
		{"in a choice", deep, "/o/z/y=1", `{"k":"a","o":{"z":{"y":"1"}}}`},
		{"in a map", deep, "/o/KEY/w=1", `{"k":"b","o":{"KEY":{"w":"1"}}}`},
		{"in an array", arrays, "/l/5/x=1&/l/-/x=2", `{"k":"a","l":[{"x":"1"},{"x":"2"}]}`},
		{"in a tuple", arrays, "/l/0/y=1&/l/1/z=2", `{"k":"b","l":[{"y":"1"},{"z":"2"}]}`},
		{"in an array of the object itself", ownArray, "/l/0/z=1&/l/0/x=2&/l/1/x=3", `{"k":"a","l":[{"z":"1","x":"2"},{"x":"3"}]}`},
		{"in an array of the object itself, keys of each", ownArray, "/l/0/z=1&/l/0/x=2&/l/1/y=3", `{"l":[{"z":"1","x":"2"},{"y":"3"}]}`},
		{"in a map of several patterns", patterns, "/xA/y=1&/zB/z=2&/zC/y=3&/zC/z=4", `{"xA":{"k":"a","y":"1"},"zB":{"k":"b","z":"2"},"zC":{"y":"3","z":"4"}}`},
		{"variants are arrays", ofArrays, "/l/0/y=1&/l/1/y=2", `{"l":[{"y":1},{"y":2}]}`},
		{"variants are arrays, keys of each", ofArrays, "/l/0/y=1&/l/1/x=2", `{"l":[{"y":1},{"x":"2"}]}`},
	} {
		assert.JSONEq(t, row.want, parsedForm(t, row.schema, row.form), row.name)
	}
}

// A posted value of a field is in the result, or Validate reports the choice.
func TestParseFormWithoutChosenVariant(t *testing.T) {
	const tokens = `{"properties":{"a":{"oneOf":[
		{"title":"App","properties":{"tok":{"type":"string"},"n":{"type":"integer"}},"required":["tok","n"]},
		{"title":"Bot","properties":{"tok":{"type":"integer"},"m":{"type":"boolean"}},"required":["tok","m"]}]}}}`
	const credentials = `{"properties":{"c":{"oneOf":[
		{"title":"OAuth","properties":{"by":{"const":"oauth"},"id":{"type":"string"}},"required":["by","id"]},
		{"title":"Token","properties":{"by":{"const":"token"},"token":{"type":"string"}},"required":["by","token"]}]}}}`
	const required = `{"required":["a"],"properties":{"a":{"anyOf":[{"properties":{"x":{"type":"integer"}},"required":["x","y"]},{"properties":{"x":{},"z":{}},"required":["z"]}]}}}`
	const nested = `{"oneOf":[
		{"properties":{"kind":{"const":"a"}},"required":["kind"],"oneOf":[{"properties":{"x":{"type":"integer"},"sub":{"const":1}},"required":["sub"]},{"properties":{"y":{}},"required":["y"]}]},
		{"properties":{"kind":{"const":"b"},"z":{}},"required":["kind"]}]}`
	const objects = `{"properties":{"o":{"type":"object"}},"oneOf":[{"properties":{"o":{"properties":{"x":{"type":"integer"}}}},"required":["p"]},{"properties":{"o":{"properties":{"y":{"type":"integer"}}}},"required":["q"]}]}`
	const arrays = `{"oneOf":[{"properties":{"l":{"items":{"properties":{"x":{"type":"integer"}}}}},"required":["p"]},{"properties":{"l":{"items":{"properties":{"y":{"type":"integer"}}}}},"required":["q"]}]}`
	const objectMaps = `{"oneOf":[{"additionalProperties":{"properties":{"x":{"type":"integer"}}},"required":["p"]},{"additionalProperties":{"properties":{"y":{"type":"integer"}}},"required":["q"]}]}`
	const booleans = `{"oneOf":[{"properties":{"on":{"const":true},"x":{}}},{"properties":{"on":{"const":false},"x":{}}}]}`
	const constants = `{"oneOf":[{"properties":{"k":{"const":1}}},{"properties":{"k":{"const":2},"x":{},"w":{"const":"x"}}},{"properties":{"k":{"const":2},"y":{}}}]}`
	const maps = `{"properties":{"m":{"oneOf":[{"properties":{"x":{}},"required":["x"]},{"additionalProperties":{"type":"integer"},"minProperties":2}]}}}`
	const kinds = `{"oneOf":[{"properties":{"v":{"type":"string"},"x":{}},"required":["x"]},{"properties":{"v":{"properties":{"y":{}}}},"required":["z"]}]}`
	for _, row := range []struct{ name, schema, form, want, problem string }{
		{"several", tokens, "/a/tok=x", `{"a":{"tok":"x"}}`, "/a | oneOf | must match one of: App, Bot"},
		{"several, converted by the first", tokens, "/a/tok=5", `{"a":{"tok":"5"}}`, "/a | oneOf | must match one of: App, Bot"},
		{"constants of none", credentials, "/c/id=x&/c/token=t", `{"c":{"id":"x","token":"t"}}`, "/c | oneOf | must match one of: OAuth, Token"},
		{"none", tokens, "/a/n=5&/a/m=on", `{"a":{"n":5,"m":true}}`, "/a | oneOf | must match one of: App, Bot"},
		{"one by its keys", tokens, "/a/n=5&/a/m=", `{"a":{"n":5}}`, "/a | oneOf | must match one of: App, Bot"},
		{"optional, nothing posted", tokens, "/a/tok=&/a/n=", `{}`, ""},
		{"required, nothing posted", required, "/a/x=", `{}`, "/a | required | is required"},
		{"required, several", required, "/a/x=5", `{"a":{"x":5}}`, "/a | anyOf | must match one of: with x and y, with z"},
		{"nested, chosen by a key inside", nested, "/x=5", `{"kind":"a","sub":1,"x":5}`, ""},
		{"nested, several inside", nested, "/kind=a&/x=5&/y=t", `{"kind":"a","x":5,"y":"t"}`, ""},
		{"nested, none outside", nested, "/x=5&/z=t", `{"x":5,"z":"t"}`, " | oneOf | must match one of: kind a, kind b"},
		{"objects of several", objects, "/o/x=5&/o/y=6", `{"o":{"x":5,"y":6}}`, " | oneOf | must match one of: with p, with q"},
		{"several by constants, one by keys", constants, "/k=2&/x=t", `{"k":2,"x":"t","w":"x"}`, " | oneOf | must match exactly one of the schemas"},
		{"a constant of a later variant", constants, "/k=2&/x=t&/y=t", `{"k":2,"x":"t","y":"t"}`, " | oneOf"},
		{"objects in arrays", arrays, "/l/0/x=5&/l/0/y=6&/l/1/y=7", `{"l":[{"x":5,"y":6},{"y":7}]}`, " | oneOf | must match one of: with p, with q"},
		{"maps of objects", objectMaps, "/A/x=5&/A/y=6&/B/y=7", `{"A":{"x":5,"y":6},"B":{"y":7}}`, " | oneOf | must match one of: with p, with q"},
		{"booleans", booleans, "/on=true&/x=5", `{"on":true,"x":"5"}`, ""},
		{"keys of a map", maps, "/m/KEY=5&/m/*=6", `{"m":{"KEY":5}}`, "/m | oneOf"},
		{"a value and an object", kinds, "/v/y=t", `{"v":{"y":"t"}}`, " | oneOf"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := compile(t, row.schema)
			form, err := url.ParseQuery(row.form)
			require.NoError(t, err)
			values, err := s.ParseForm(form)
			require.NoError(t, err)
			got, err := json.Marshal(values)
			require.NoError(t, err)
			assert.JSONEq(t, row.want, string(got))
			if err = s.Validate(values); row.problem == "" {
				assert.NoError(t, err)
			} else {
				assert.Contains(t, strings.Join(lines(t, err), "\n"), row.problem)
			}
		})
	}
}
