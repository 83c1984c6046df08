package wire_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go/internal/wire"
)

func TestDecode(t *testing.T) {
	a := thing{ID: "a"}
	for _, row := range []struct {
		name, data string
		want       thing
		err        string
	}{
		{"bare", `{"id":"a"}`, a, ""},
		{"wrapped", `{"success":true,"data":{"id":"a"}}`, a, ""},
		{"wrapped, in another order, with more members", `{"meta":{},"data":{"id":"a"},"success":true}`, a, ""},
		{"bare with success", `{"success":true,"id":"a"}`, a, ""},
		{"bare with success and data", `{"success":true,"id":"a","data":{"id":"b"}}`, thing{ID: "a", Extra: extra{"data": []byte(`{"id":"b"}`)}}, ""},
		{"bare with data", `{"id":"a","data":{"id":"b"}}`, thing{ID: "a", Extra: extra{"data": []byte(`{"id":"b"}`)}}, ""},
		{"only data", `{"data":{"id":"b"}}`, thing{Extra: extra{"data": []byte(`{"id":"b"}`)}}, ""},
		{"success is a string", `{"success":"false","id":"a"}`, thing{ID: "a", Extra: extra{"success": []byte(`"false"`)}}, ""},
		{"success inside", `{"id":"a","inner":{"success":false}}`, thing{ID: "a", Inner: inner{Extra: extra{"success": []byte("false")}}}, ""},
		{"success inside data", `{"success":true,"data":{"success":true,"id":"a"}}`, a, ""},
		{"the last success wins", `{"success":false,"success":true,"id":"a"}`, a, ""},
		{"empty", `{}`, thing{}, ""},
		{"wrapped null", `{"success":true,"data":null}`, thing{Extra: extra{"data": []byte(`null`)}}, ""},
		{"wrapped and blank", `{"success":true,"data":{"x":1}}`, thing{}, ""},
		{"unsuccessful", `{"success":false,"error":{"code":"X"}}`, thing{}, wire.ErrUnsuccessful.Error()},
		{"unsuccessful, with data", `{"success":false,"data":{"id":"a"}}`, thing{}, wire.ErrUnsuccessful.Error()},
		{"unsuccessful, with a wrong member", `{"id":5,"success":false}`, thing{}, wire.ErrUnsuccessful.Error()},
		{"unsuccessful, with members", `{"id":"a","success":false}`, thing{}, wire.ErrUnsuccessful.Error()},
		{"unsuccessful inside data", `{"success":true,"data":{"id":"a","success":false}}`, thing{}, wire.ErrUnsuccessful.Error()},
		{"wrong member", `{"success":true,"id":5,"data":{"id":"a"}}`, thing{}, "/id: must be a string, not a number"},
		{"wrong member in data", `{"success":true,"data":{"inner":{"fullName":5}}}`, thing{}, "/data/inner/fullName: must be a string, not a number"},
		{"wrapped array", `{"success":true,"data":[]}`, thing{}, "/data: must be an object, not an array"},
		{"array", `[]`, thing{}, "must be an object, not an array"},
		{"string", `"a"`, thing{}, "must be an object, not a string"},
		{"null", `null`, thing{}, "must be an object, not null"},
		{"nothing", ``, thing{}, "unexpected end of JSON input"},
		{"cut", `{"success":true,"data":{"id":"a"}`, thing{}, "unexpected end of JSON input"},
		{"two values", `{"success":true,"data":{"id":"a"}}{}`, thing{}, "unexpected data after JSON value"},
	} {
		t.Run(row.name, func(t *testing.T) {
			var got thing
			err := wire.Decode([]byte(row.data), &got)
			if row.err != "" {
				require.EqualError(t, err, row.err)
				return
			}
			require.NoError(t, err)
			if row.name == "wrapped and blank" {
				got.Extra = nil
			}
			assert.Equal(t, row.want, got)
		})
	}
}

func TestDecodeModelThatNamesSuccess(t *testing.T) {
	failed := connectionTest{ID: "cred_1", Message: "revoked"}
	passed := connectionTest{ID: "cred_1", Success: true}
	for _, row := range []struct {
		data string
		want connectionTest
	}{
		{`{"credential_id":"cred_1","success":false,"message":"revoked"}`, failed},
		{`{"success":false,"message":"revoked","credential_id":"cred_1"}`, failed},
		{`{"success":true,"credential_id":"cred_1"}`, passed},
		{`{"success":true,"data":{"credential_id":"cred_1","success":false,"message":"revoked"}}`, failed},
		{`{"success":true,"data":{"credential_id":"cred_1","success":true}}`, passed},
		{`{"success":true}`, connectionTest{Success: true}},
		{`{"success":false}`, connectionTest{}},
	} {
		var got connectionTest
		require.NoError(t, wire.Decode([]byte(row.data), &got), row.data)
		assert.Equal(t, row.want, got, row.data)
	}
	require.EqualError(t, wire.Decode([]byte(`{"success":"yes"}`), new(connectionTest)), "/success: must be a boolean, not a string")
}

func TestDecodeWithoutExtra(t *testing.T) {
	type small struct {
		ID string `json:"id"`
	}
	for _, data := range []string{`{"id":"a"}`, `{"success":true,"data":{"id":"a","x":1}}`, `{"id":"a","success":true}`} {
		var got small
		require.NoError(t, wire.Decode([]byte(data), &got))
		assert.Equal(t, small{ID: "a"}, got, data)
	}
	require.ErrorIs(t, wire.Decode([]byte(`{"success":false}`), new(small)), wire.ErrUnsuccessful)
}

func TestDecodeLists(t *testing.T) {
	more := true
	items := []*inner{{FullName: "a"}, {FullName: "b"}}
	for _, row := range []struct {
		name, data string
		want       list[inner]
	}{
		{
			"object", `{"object":"list","data":[{"label":"a"},{"label":"b"}],"hasMore":true,"total":2}`,
			list[inner]{Object: "list", Data: items, HasMore: &more, Extra: extra{"total": []byte("2")}},
		},
		{"array", ` [ {"label":"a"} , {"label":"b"} ] `, list[inner]{Data: items}},
		{"empty array", `[]`, list[inner]{Data: []*inner{}}},
		{"wrapped array", `{"success":true,"data":[{"label":"a"},{"label":"b"}]}`, list[inner]{Data: items}},
		{"wrapped empty array", `{"success":true,"data":[]}`, list[inner]{Data: []*inner{}}},
		{"wrapped object", `{"success":true,"data":{"data":[{"label":"a"},{"label":"b"}],"has_more":true}}`, list[inner]{Data: items, HasMore: &more}},
		{"wrapped object, success last", `{"data":{"data":[{"label":"a"},{"label":"b"}]},"success":true}`, list[inner]{Data: items}},
		{"repeated", `{"data":[{"label":"x"}],"data":[{"label":"a"},{"label":"b"}]}`, list[inner]{Data: items}},
	} {
		t.Run(row.name, func(t *testing.T) {
			var got list[inner]
			require.NoError(t, wire.Decode([]byte(row.data), &got))
			assert.Equal(t, row.want, got)
		})
	}
	for data, reason := range map[string]string{
		`[null]`:                                "/0: must be an object, not null",
		`[{},{"label":5}]`:                      "/1/label: must be a string, not a number",
		`[[]]`:                                  "/0: must be an object, not an array",
		`[{}`:                                   "unexpected end of JSON input",
		`[]]`:                                   "unexpected data after JSON value",
		`{"data":[{},null]}`:                    "/data/1: must be an object, not null",
		`{"data":{}}`:                           "/data: must be an array, not an object",
		`{"success":true,"data":{}}`:            "/data: must be an array, not an object",
		`{"success":true,"data":{"label":"a"}}`: "/data: must be an array, not an object",
		`{"success":true,"data":{"data":[null]}}`:  "/data/data/0: must be an object, not null",
		`{"success":true,"data":[{"label":true}]}`: "/data/0/label: must be a string, not a boolean",
		`{"success":false,"data":{}}`:              wire.ErrUnsuccessful.Error(),
		`{"success":false,"data":[]}`:              wire.ErrUnsuccessful.Error(),
		`{"success":true,"data":{"data":[]},"x"}`:  "/data: must be an array, not an object",
		`{"success":true,"data":{"data":[]}}]`:     "/data: must be an array, not an object",
		`"x"`:                                      "must be an object or an array, not a string",
		`null`:                                     "must be an object or an array, not null",
	} {
		assert.EqualError(t, wire.Decode([]byte(data), new(list[inner])), reason, data)
	}
}

// The pointer of an error of validate is one into the document.
func TestDecodeUntilValidates(t *testing.T) {
	sentinel := errors.New("another error")
	for _, row := range []struct {
		data    string
		failure error
		want    string
	}{
		{`{"data":[{}]}`, &wire.Error{Pointer: "/data/0/id", Reason: "is missing"}, "/data/0/id: is missing"},
		{`[{}]`, &wire.Error{Pointer: "/data/0/id", Reason: "is missing"}, "/0/id: is missing"},
		{`[{}]`, &wire.Error{Pointer: "/data", Reason: "has no new item"}, "has no new item"},
		{`[{}]`, &wire.Error{Reason: "is wrong"}, "is wrong"},
		{`{"success":true,"data":[{}]}`, &wire.Error{Pointer: "/data/0/id", Reason: "is missing"}, "/data/0/id: is missing"},
		{`{"success":true,"data":{"data":[{}]}}`, &wire.Error{Pointer: "/data/0/id", Reason: "is missing"}, "/data/data/0/id: is missing"},
		{`[{}]`, sentinel, "another error"},
	} {
		err := wire.DecodeUntil(nil, []byte(row.data), new(list[inner]), func() error { return row.failure })
		require.EqualError(t, err, row.want, row.data)
	}
	named := func() error { return &wire.Error{Pointer: "/connections/0/id", Reason: "is missing"} }
	require.EqualError(t, wire.DecodeUntil(nil, []byte(`{"success":true,"data":[{}]}`), new(connectionList), named), "/data/0/id: is missing")
	never := func() error { panic("what is invalid is not validated") }
	require.Error(t, wire.DecodeUntil(nil, []byte(`[`), new(list[inner]), never))
	require.ErrorIs(t, wire.DecodeUntil(nil, []byte(`{"success":false}`), new(list[inner]), never), wire.ErrUnsuccessful)
}

func TestDecodeListsUnderAnotherName(t *testing.T) {
	for _, data := range []string{
		`{"connections":[{"id":"a"}]}`, `[{"id":"a"}]`, `{"success":true,"data":[{"id":"a"}]}`, `{"success":true,"data":{"connections":[{"id":"a"}]}}`,
	} {
		var got connectionList
		require.NoError(t, wire.Decode([]byte(data), &got), data)
		assert.Equal(t, connectionList{Connections: []*connection{{ID: "a"}}}, got, data)
	}
	require.EqualError(t, wire.Decode([]byte(`[{"id":"a"},{"id":1}]`), new(connectionList)), "/1/id: must be a string, not a number")
	require.EqualError(t, wire.Decode([]byte(`{"success":true,"data":[null]}`), new(connectionList)), "/data/0: must be an object, not null")
}

// The models name every member of the documented bodies, with two exceptions,
// and Marshal writes what Decode reads.
func TestDecodeDocumentedBodies(t *testing.T) {
	unnamed := []string{"configuration_created.json", "gen2/mcp_configurations_list_mixed.json"} // connector_type, last_used; total
	for file, model := range map[string]any{
		"connector.json":                          new(connector),
		"connector_snake_case.json":               new(connector),
		"configuration.json":                      new(configuration),
		"configuration_created.json":              new(configuration),
		"configuration_wrapped.json":              new(configuration),
		"configuration_test_healthy.json":         new(testResult),
		"configuration_tools.json":                new(list[tool]),
		"gen2/account.json":                       new(account),
		"gen2/account_minimal.json":               new(account),
		"gen2/account_naive_time.json":            new(account),
		"gen2/account_tools.json":                 new(accountTools),
		"gen2/accounts_list.json":                 new(list[account]),
		"gen2/accounts_list_catalogue.json":       new(list[connector]),
		"gen2/authorize_response.json":            new(authorization),
		"gen2/available_connector.json":           new(availableConnector),
		"gen2/available_list.json":                new(list[availableConnector]),
		"gen2/available_list_wrapped.json":        new(list[availableConnector]),
		"gen2/complete_oauth_pending.json":        new(completion),
		"gen2/complete_oauth_response.json":       new(completion),
		"gen2/connection_active_response.json":    new(connection),
		"gen2/connection_health.json":             new(connectionHealth),
		"gen2/connection_health_unhealthy.json":   new(connectionHealth),
		"gen2/connection_test.json":               new(connectionTest),
		"gen2/connection_test_failed.json":        new(connectionTest),
		"gen2/connections_list.json":              new(connectionList),
		"gen2/connections_list_empty.json":        new(connectionList),
		"gen2/mcp_configuration.json":             new(mcpConfiguration),
		"gen2/mcp_configurations_list_mixed.json": new(mcpConfigurationList),
		"gen2/mcp_test_result.json":               new(mcpTestResult),
		"gen2/mcp_test_result_failed.json":        new(mcpTestResult),
	} {
		t.Run(file, func(t *testing.T) {
			require.NoError(t, wire.Decode(fixture(t, file), model))
			value := reflect.ValueOf(model).Elem()
			assert.Equal(t, slices.Contains(unnamed, file), hasExtra(value))
			out, err := wire.Marshal(value.Interface())
			require.NoError(t, err)
			again := reflect.New(value.Type())
			require.NoError(t, wire.Unmarshal(out, again.Interface()))
			twice, err := wire.Marshal(again.Elem().Interface())
			require.NoError(t, err)
			assert.Equal(t, string(out), string(twice))
		})
	}
}

// hasExtra reports whether a model, or one in it, has a member in Extra.
func hasExtra(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer:
		return !v.IsNil() && hasExtra(v.Elem())
	case reflect.Slice:
		for i := range v.Len() {
			if hasExtra(v.Index(i)) {
				return true
			}
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return false
		}
		for i := range v.NumField() {
			if v.Type().Field(i).Name == "Extra" && v.Field(i).Len() > 0 || hasExtra(v.Field(i)) {
				return true
			}
		}
	}
	return false
}

func TestDecodeAccounts(t *testing.T) {
	var accounts list[account]
	require.NoError(t, wire.Decode(fixture(t, "gen2/accounts_list.json"), &accounts))
	require.Len(t, accounts.Data, 2)
	synced := time.Date(2025, 11, 12, 15, 45, 0, 0, time.UTC)
	assert.Equal(t, &account{
		ID: "pcon_def456", Type: "github", AccountEmail: "developer@example.com", LastSyncAt: &synced,
		CreatedAt: time.Date(2025, 11, 5, 12, 30, 0, 0, time.UTC), MCPConfigurationID: "mcp_abc123",
	}, accounts.Data[1])

	var naive account
	require.NoError(t, wire.Decode(fixture(t, "gen2/account_naive_time.json"), &naive))
	assert.Equal(t, time.Date(2025, 11, 10, 8, 0, 0, 123456000, time.UTC), naive.CreatedAt)

	var available list[availableConnector]
	require.NoError(t, wire.Decode(fixture(t, "gen2/available_list.json"), &available))
	assert.Equal(t, "atlassian", available.Data[0].Key)
	assert.Equal(t, "Atlassian", available.Data[0].Name)

	var mixed mcpConfigurationList
	require.NoError(t, wire.Decode(fixture(t, "gen2/mcp_configurations_list_mixed.json"), &mixed))
	assert.Equal(t, "org_xyz789", mixed.Configurations[0].OrganizationID)
	assert.Equal(t, "usr_abc123def456", mixed.Configurations[0].UserID)
	assert.Equal(t, extra{"total": []byte("1")}, mixed.Extra)
}

// FuzzDecode compares with Unmarshal: what Unmarshal accepts Decode accepts,
// too, except null and "success": false.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"object":"list","data":[{"label":"a"}],"hasMore":true}`, `[{"label":"a"},null]`, `{"success":true,"data":[{"label":"a"}]}`,
		`{"success":true,"data":{"data":[],"success":false}}`, `{"success":false}`, `{"data":{"success":true},"success":true}`, `null`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var got, bare list[inner]
		err := wire.Decode(data, &got)
		bareErr := wire.Unmarshal(data, &bare)
		if err != nil && err != wire.ErrUnsuccessful { //nolint:errorlint // it is never wrapped
			var e *wire.Error
			require.ErrorAs(t, err, &e)
			require.Truef(t, bareErr != nil || json.Valid(data), "%v", err)
			return
		}
		if err != nil {
			return
		}
		require.True(t, json.Valid(data), "accepted what is not JSON")
		require.NotContains(t, got.Data, (*inner)(nil))
		if success := got.Extra["success"]; success != nil {
			require.NotContains(t, []string{"true", "false"}, string(success))
		}
		if bareErr == nil && len(bare.Data) > 0 {
			require.Equal(t, bare.Data, got.Data)
		}
	})
}
