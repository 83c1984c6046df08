package freddytest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/freddytest"
)

// fault is one that the documented body of a 422 holds.
type fault struct {
	Loc  []any  `json:"loc"`
	Msg  string `json:"msg"`
	Type string `json:"type"`
}

func body(name, message, kind string) fault { return fault{[]any{"body", name}, message, kind} }

func wrongText(name string) fault { return body(name, "Input should be a valid string", "string_type") }

func wrongObject(name string) fault {
	return body(name, "Input should be a valid dictionary", "dict_type")
}

func wrongBoolean(name string) fault {
	return body(name, "Input should be a valid boolean", "bool_type")
}

func missing(name string) fault { return body(name, "Field required", "missing") }

func extra(name string) fault { return body(name, "Extra inputs are not permitted", "extra_forbidden") }

func notJSON() fault { return fault{[]any{"body"}, "JSON decode error", "json_invalid"} }

func noObject() fault {
	return fault{[]any{"body"}, "Input should be a valid dictionary or object to extract fields from", "model_attributes_type"}
}

// members returns a body of an update or a creation with other members instead.
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

func TestBodiesThatAreRefused(t *testing.T) {
	t.Parallel()
	const create, update, toggle = "POST ", "PATCH /pconf_a", "POST /pconf_a/toggle"
	tests := []struct {
		call, body string
		want       []fault
	}{
		{create, `{}`, []fault{missing("personalConnectorId"), missing("name"), missing("credentials")}},
		{create, members("personalConnectorId", ``), []fault{missing("personalConnectorId")}},
		{create, members("name", ``), []fault{missing("name")}},
		{create, members("credentials", ``), []fault{missing("credentials")}},
		{create, members("personalConnectorId", `"personalConnectorId":1`), []fault{wrongText("personalConnectorId")}},
		{create, members("name", `"name":null`), []fault{wrongText("name")}},
		{create, members("name", `"name":["n"]`), []fault{wrongText("name")}},
		{create, members("credentials", `"credentials":"hunter2"`), []fault{wrongObject("credentials")}},
		{create, members("credentials", `"credentials":null`), []fault{wrongObject("credentials")}},
		{create, members("", `"configuration":[]`), []fault{wrongObject("configuration")}},
		{create, members("", `"configuration":null`), []fault{wrongObject("configuration")}},
		{create, members("", `"metadata":5`), []fault{wrongObject("metadata")}},
		{create, members("", `"description":{}`), []fault{wrongText("description")}},
		{create, members("", `"enabled":"true"`), []fault{wrongBoolean("enabled")}},
		{create, members("", `"enabled":null`), []fault{wrongBoolean("enabled")}},
		{create, members("name", `"Name":"n"`), []fault{missing("name"), extra("Name")}},
		{create, members("", `"z":1,"id":"pconf_1"`), []fault{extra("id"), extra("z")}},
		{create, members("personalConnectorId", `"personal_connector_id":"pcon_github"`), []fault{missing("personalConnectorId"), extra("personal_connector_id")}},
		{create, members("", `"name":7`), []fault{wrongText("name")}}, // of two, the last
		{create, ``, []fault{{[]any{"body"}, "Field required", "missing"}}},
		{create, `{`, []fault{notJSON()}},
		{create, `{} {}`, []fault{notJSON()}},
		{create, strings.Repeat("[", 20000), []fault{notJSON()}},
		{create, `[]`, []fault{noObject()}},
		{create, ` null `, []fault{noObject()}},
		{create, `"a"`, []fault{noObject()}},
		{update, `{"name":1,"configuration":1,"credentials":1,"description":1,"metadata":1}`, []fault{
			wrongText("name"), wrongObject("credentials"), wrongObject("configuration"), wrongText("description"), wrongObject("metadata"),
		}},
		{update, `{"name":null}`, []fault{wrongText("name")}},
		{update, `{"enabled":true}`, []fault{extra("enabled")}},
		{update, `{"personalConnectorId":"pcon_jira"}`, []fault{extra("personalConnectorId")}},
		{update, ``, []fault{{[]any{"body"}, "Field required", "missing"}}},
		{update, `[]`, []fault{noObject()}},
		{toggle, `{}`, []fault{missing("enabled")}},
		{toggle, `{"enabled":"no"}`, []fault{wrongBoolean("enabled")}},
		{toggle, `{"enabled":true,"name":"n"}`, []fault{extra("name")}},
		{toggle, `true`, []fault{noObject()}},
	}
	server := freddytest.NewServer(t)
	want := freddy.Configuration{ID: "pconf_a", Name: "kept"}
	server.AddConfiguration(want)
	for _, tt := range tests {
		t.Run(tt.call+" "+tt.body[:min(len(tt.body), 60)], func(t *testing.T) {
			method, path, _ := strings.Cut(tt.call, " ")
			got := tell(t, server, method, configurationsPath+path, bearer(), tt.body)
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

func TestBodiesThatAreRefusedThroughTheClient(t *testing.T) {
	t.Parallel()
	err := freddytest.NewServer(t).Client().Do(t.Context(), http.MethodPost, "/personal-connectors/configurations",
		map[string]any{"personalConnectorId": "pcon_github", "name": 5, "extra": true}, nil)
	require.ErrorIs(t, err, freddy.ErrBadRequest)
	var refused *freddy.APIError
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, []freddy.FieldError{
		{Field: "/name", Message: "Input should be a valid string", Code: "string_type"},
		{Field: "/credentials", Message: "Field required", Code: "missing"},
		{Field: "/extra", Message: "Extra inputs are not permitted", Code: "extra_forbidden"},
	}, refused.Fields)
}

// The body is looked at before the ids are, as the web framework does.
func TestTheBodyComesBeforeTheIDs(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	for call, want := range map[string]int{
		"POST /pconf_unknown/toggle {}":                 http.StatusUnprocessableEntity,
		"POST /pconf_unknown/toggle {\"enabled\":true}": http.StatusNotFound,
		"PATCH /pconf_unknown []":                       http.StatusUnprocessableEntity,
		"PATCH /pconf_unknown {}":                       http.StatusNotFound,
	} {
		parts := strings.Fields(call)
		assert.Equal(t, want, tell(t, server, parts[0], configurationsPath+parts[1], bearer(), parts[2]).status, call)
		assert.Equal(t, http.StatusUnauthorized, tell(t, server, parts[0], configurationsPath+parts[1], nil, parts[2]).status, call)
	}
}

func TestBodyThatIsTooLarge(t *testing.T) {
	t.Parallel()
	fake := freddytest.NewFake()
	for size, want := range map[int]int{1 << 20: http.StatusCreated, 1<<20 + 1: http.StatusRequestEntityTooLarge} {
		text := members("credentials", `"credentials":{"token":"hunter2"},"description":""`)
		text = strings.Replace(text, `"description":""`, `"description":"`+strings.Repeat("a", size-len(text))+`"`, 1)
		r := httptest.NewRequest(http.MethodPost, configurationsPath, strings.NewReader(text))
		r.Header = bearer()
		w := httptest.NewRecorder()
		fake.ServeHTTP(w, r)
		assert.Equal(t, want, w.Code)
		if want != http.StatusCreated {
			assert.JSONEq(t, `{"detail":"Request Entity Too Large"}`, w.Body.String())
		}
	}
	for _, request := range fake.Requests() {
		assertNoSecret(t, string(request.Body))
	}
}
