package freddytest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/freddytest"
)

// invalid is an entry of the documented body of a 422.
type invalid struct {
	Loc  []any  `json:"loc"`
	Msg  string `json:"msg"`
	Type string `json:"type"`
}

func inBody(name, message, kind string) invalid { return invalid{[]any{"body", name}, message, kind} }

func notString(name string) invalid {
	return inBody(name, "Input should be a valid string", "string_type")
}

func notObject(name string) invalid {
	return inBody(name, "Input should be a valid dictionary", "dict_type")
}

func notBoolean(name string) invalid {
	return inBody(name, "Input should be a valid boolean", "bool_type")
}

func missing(name string) invalid { return inBody(name, "Field required", "missing") }

func extra(name string) invalid {
	return inBody(name, "Extra inputs are not permitted", "extra_forbidden")
}

func notJSON() invalid { return invalid{[]any{"body"}, "JSON decode error", "json_invalid"} }

func noMembers() invalid {
	return invalid{[]any{"body"}, "Input should be a valid dictionary or object to extract fields from", "model_attributes_type"}
}

// members returns the body of a creation without one member and with others.
func members(without string, others string) string {
	all := map[string]string{"personalConnectorId": `"pcon_github"`, "name": `"n"`, "credentials": `{}`}
	var out []string
	for name, value := range all {
		if name != without {
			out = append(out, fmt.Sprintf("%q:%s", name, value))
		}
	}
	if others != "" {
		out = append(out, others)
	}
	return "{" + strings.Join(out, ",") + "}"
}

func TestInvalidBodies(t *testing.T) {
	t.Parallel()
	const create, update, toggle = "POST ", "PATCH /pconf_a", "POST /pconf_a/toggle"
	tests := []struct {
		call, body string
		want       []invalid
	}{
		{create, `{}`, []invalid{missing("personalConnectorId"), missing("name"), missing("credentials")}},
		{create, members("personalConnectorId", ``), []invalid{missing("personalConnectorId")}},
		{create, members("name", ``), []invalid{missing("name")}},
		{create, members("credentials", ``), []invalid{missing("credentials")}},
		{create, members("personalConnectorId", `"personalConnectorId":1`), []invalid{notString("personalConnectorId")}},
		{create, members("name", `"name":null`), []invalid{notString("name")}},
		{create, members("name", `"name":["n"]`), []invalid{notString("name")}},
		{create, members("credentials", `"credentials":"example"`), []invalid{notObject("credentials")}},
		{create, members("credentials", `"credentials":null`), []invalid{notObject("credentials")}},
		{create, members("", `"configuration":[]`), []invalid{notObject("configuration")}},
		{create, members("", `"configuration":null`), []invalid{notObject("configuration")}},
		{create, members("", `"metadata":5`), []invalid{notObject("metadata")}},
		{create, members("", `"description":{}`), []invalid{notString("description")}},
		{create, members("", `"enabled":"true"`), []invalid{notBoolean("enabled")}},
		{create, members("", `"enabled":null`), []invalid{notBoolean("enabled")}},
		{create, members("name", `"Name":"n"`), []invalid{missing("name"), extra("Name")}},
		{create, members("", `"z":1,"id":"pconf_1"`), []invalid{extra("id"), extra("z")}},
		{create, members("personalConnectorId", `"personal_connector_id":"pcon_github"`), []invalid{missing("personalConnectorId"), extra("personal_connector_id")}},
		{create, members("", `"name":7`), []invalid{notString("name")}}, // repeated: the last one wins
		{create, ``, []invalid{{[]any{"body"}, "Field required", "missing"}}},
		{create, `{`, []invalid{notJSON()}},
		{create, `{} {}`, []invalid{notJSON()}},
		{create, strings.Repeat("[", 20000), []invalid{notJSON()}},
		{create, `[]`, []invalid{noMembers()}},
		{create, ` null `, []invalid{noMembers()}},
		{create, `"a"`, []invalid{noMembers()}},
		{update, `{"name":1,"configuration":1,"credentials":1,"description":1,"metadata":1}`, []invalid{
			notString("name"), notObject("credentials"), notObject("configuration"), notString("description"), notObject("metadata"),
		}},
		{update, `{"name":null}`, []invalid{notString("name")}},
		{update, `{"enabled":true}`, []invalid{extra("enabled")}},
		{update, `{"personalConnectorId":"pcon_jira"}`, []invalid{extra("personalConnectorId")}},
		{update, ``, []invalid{{[]any{"body"}, "Field required", "missing"}}},
		{update, `[]`, []invalid{noMembers()}},
		{toggle, `{}`, []invalid{missing("enabled")}},
		{toggle, `{"enabled":"no"}`, []invalid{notBoolean("enabled")}},
		{toggle, `{"enabled":true,"name":"n"}`, []invalid{extra("name")}},
		{toggle, `true`, []invalid{noMembers()}},
	}
	server := freddytest.NewServer(t)
	want := freddy.Configuration{ID: "pconf_a", Name: "kept"}
	server.AddConfiguration(want)
	for _, tt := range tests {
		t.Run(tt.call+" "+tt.body[:min(len(tt.body), 60)], func(t *testing.T) {
			method, path, _ := strings.Cut(tt.call, " ")
			got := send(t, server, method, configurationsPath+path, bearer(), tt.body)
			assert.Equal(t, http.StatusUnprocessableEntity, got.status)
			wanted, err := json.Marshal(map[string]any{"detail": tt.want})
			require.NoError(t, err)
			assert.JSONEq(t, string(wanted), got.body)
		})
	}
	page, err := server.Client().Configurations().List(t.Context(), freddy.ConfigurationListParams{})
	require.NoError(t, err)
	require.Len(t, page.Items, 1, "nothing was created")
	assert.Equal(t, want, *page.Items[0], "nothing was changed")
}

func TestInvalidBodyThroughTheClient(t *testing.T) {
	t.Parallel()
	err := freddytest.NewServer(t).Client().Do(t.Context(), http.MethodPost, "/personal-connectors/configurations",
		map[string]any{"personalConnectorId": "pcon_github", "name": 5, "extra": true}, nil)
	require.ErrorIs(t, err, freddy.ErrBadRequest)
	var apiErr *freddy.APIError
	require.ErrorAs(t, err, &apiErr)
	assert.Equal(t, []freddy.FieldError{
		{Field: "/name", Message: "Input should be a valid string", Code: "string_type"},
		{Field: "/credentials", Message: "Field required", Code: "missing"},
		{Field: "/extra", Message: "Extra inputs are not permitted", Code: "extra_forbidden"},
	}, apiErr.Fields)
}

func TestBodyIsCheckedBeforeIDs(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	for call, want := range map[string]int{
		"POST /pconf_unknown/toggle {}":                 http.StatusUnprocessableEntity,
		"POST /pconf_unknown/toggle {\"enabled\":true}": http.StatusNotFound,
		"PATCH /pconf_unknown []":                       http.StatusUnprocessableEntity,
		"PATCH /pconf_unknown {}":                       http.StatusNotFound,
	} {
		parts := strings.Fields(call)
		assert.Equal(t, want, send(t, server, parts[0], configurationsPath+parts[1], bearer(), parts[2]).status, call)
		assert.Equal(t, http.StatusUnauthorized, send(t, server, parts[0], configurationsPath+parts[1], nil, parts[2]).status, call)
	}
}

func TestLargestBody(t *testing.T) {
	t.Parallel()
	fake := freddytest.NewFake()
	for size, want := range map[int]int{1 << 20: http.StatusCreated, 1<<20 + 1: http.StatusRequestEntityTooLarge} {
		text := members("", `"description":""`)
		text = strings.Replace(text, `"description":""`, `"description":"`+strings.Repeat("a", size-len(text))+`"`, 1)
		got := serve(fake, http.MethodPost, configurationsPath, text)
		assert.Equal(t, want, got.Code)
		if want != http.StatusCreated {
			assert.JSONEq(t, `{"detail":"Request Entity Too Large"}`, got.Body.String())
		}
	}
}
