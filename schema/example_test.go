package schema_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"net/url"
	"os"
	"strings"

	"github.com/aitronos/freddy-go/schema"
)

// From a schema to an HTML form and back.
func Example() {
	settings, err := schema.Compile(`{
		"type": "object",
		"required": ["repository"],
		"properties": {
			"repository": {"type": "string", "title": "Repository", "pattern": "^[^/]+/[^/]+$"},
			"interval": {"type": "integer", "title": "Minutes between runs", "minimum": 1, "default": 60},
			"mode": {"title": "Mode", "oneOf": [{"const": "full", "title": "Everything"}, {"const": "new", "title": "Only what is new"}]},
			"drafts": {"type": "boolean", "title": "Drafts, too"}
		}
	}`)
	if err != nil {
		fmt.Println(err)
		return
	}

	form := template.Must(template.New("form").Parse(`
{{- range .}}<label>{{.Title}}{{if .Required}} *{{end}}
{{- if .Options}} <select name="{{.Pointer}}">{{range .Options}}<option value="{{.Value}}">{{.Title}}</option>{{end}}</select>
{{- else if eq .Type "boolean"}} <input type="checkbox" name="{{.Pointer}}">
{{- else if eq .Type "integer"}} <input type="number" name="{{.Pointer}}" value="{{.Default}}"{{with .Minimum}} min="{{.}}"{{end}}>
{{- else}} <input name="{{.Pointer}}"{{with .Pattern}} pattern="{{.}}"{{end}}>
{{- end}}</label>
{{end}}`))
	if err := form.Execute(os.Stdout, settings.Fields()); err != nil {
		fmt.Println(err)
		return
	}

	// What a browser posts.
	values, err := settings.ParseForm(url.Values{"/repository": {"acme"}, "/interval": {"5"}, "/mode": {"new"}, "/drafts": {"on"}})
	if err == nil {
		err = settings.Validate(values)
	}
	var invalid *schema.ValidationError
	if errors.As(err, &invalid) {
		for _, problem := range invalid.Errors {
			fmt.Println(problem.Pointer, problem.Message)
		}
	}
	encoded, _ := json.Marshal(values)
	fmt.Println(string(encoded))

	// Output:
	// <label>Repository * <input name="/repository" pattern="^[^/]&#43;/[^/]&#43;$"></label>
	// <label>Minutes between runs <input type="number" name="/interval" value="60" min="1"></label>
	// <label>Mode <select name="/mode"><option value="full">Everything</option><option value="new">Only what is new</option></select></label>
	// <label>Drafts, too <input type="checkbox" name="/drafts"></label>
	// /repository must match the pattern ^[^/]+/[^/]+$
	// {"drafts":true,"interval":5,"mode":"new","repository":"acme"}
}

// A choice of credentials: the constants of the variant that was chosen go with
// its fields.
func ExampleVariant() {
	settings, _ := schema.Compile(`{"properties": {"credentials": {"type": "object", "oneOf": [
		{"title": "OAuth", "required": ["auth_type", "client_id"], "properties": {"auth_type": {"const": "oauth"}, "client_id": {"type": "string"}}},
		{"title": "Token", "required": ["auth_type", "token"], "properties": {"auth_type": {"const": "token"}, "token": {"type": "string", "format": "password"}}}
	]}}}`)

	for _, variant := range settings.Fields()[0].Variants {
		fmt.Println(variant.Title, variant.Match)
		for _, field := range variant.Field.Fields {
			fmt.Println(" ", field.Pointer, field.Type)
		}
	}

	values, _ := settings.ParseForm(url.Values{"/credentials/auth_type": {"token"}, "/credentials/token": {""}})
	fmt.Println(values, settings.Validate(values))
	values, _ = settings.ParseForm(url.Values{"/credentials/client_id": {"example"}})
	fmt.Println(values, settings.Validate(values))

	// Output:
	// OAuth map[auth_type:oauth]
	//   /credentials/client_id string
	// Token map[auth_type:token]
	//   /credentials/token string
	// map[credentials:map[auth_type:token]] /credentials/token: is required
	// map[credentials:map[auth_type:oauth client_id:example]] <nil>
}

// Secrets are marked wherever they are, so that a program can leave them out of
// pages and logs.
func ExampleField_secret() {
	settings, _ := schema.Compile(`{"properties": {
		"user": {"type": "string"},
		"password": {"type": "string", "format": "password"},
		"auth": {"type": "object", "writeOnly": true, "properties": {"key": {"type": "string"}}},
		"tokens": {"type": "array", "items": {"type": "string", "airbyte_secret": true}}
	}}`)

	var show func(fields []schema.Field)
	show = func(fields []schema.Field) {
		for _, field := range fields {
			fmt.Println(field.Pointer, field.Secret)
			show(field.Fields)
		}
	}
	show(settings.Fields())

	// Output:
	// /user false
	// /password true
	// /auth true
	// /auth/key true
	// /tokens true
}

// A map has keys that the user chooses. The "*" in the pointer stands for one.
func ExampleSchema_ParseForm_map() {
	settings, _ := schema.Compile(`{"properties": {"env": {"type": "object", "additionalProperties": {"type": "string"}, "propertyNames": {"pattern": "^[A-Z_]+$"}}}}`)

	value := settings.Fields()[0].Values
	fmt.Println(value.Pointer, value.Type)

	name := strings.Replace(value.Pointer, "*", "LOG_LEVEL", 1)
	values, _ := settings.ParseForm(url.Values{name: {"debug"}})
	fmt.Println(values, settings.Validate(values))
	values, _ = settings.ParseForm(url.Values{"/env/log-level": {"debug"}})
	fmt.Println(settings.Validate(values))

	// Output:
	// /env/* string
	// map[env:map[LOG_LEVEL:debug]] <nil>
	// /env/log-level: is not an allowed property name: it must match the pattern ^[A-Z_]+$
}

func ExampleSchema_ApplyDefaults() {
	settings, _ := schema.Compile(`{"properties": {
		"branch": {"type": "string", "default": "main"},
		"proxy": {"type": "object", "properties": {"host": {"type": "string"}, "port": {"type": "integer", "default": 8080}}},
		"query": {"type": "string", "default": null}
	}}`)

	fmt.Println(settings.ApplyDefaults(nil))
	fmt.Println(settings.ApplyDefaults(map[string]any{"branch": "dev", "proxy": map[string]any{"host": "proxy.example.com"}}))

	// Output:
	// map[branch:main proxy:map[port:8080]]
	// map[branch:dev proxy:map[host:proxy.example.com port:8080]]
}
