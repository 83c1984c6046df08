package wire_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go/internal/wire"
)

func TestParseErrorBody(t *testing.T) {
	file := func(name string) string {
		body, err := os.ReadFile("../../testdata/" + name)
		require.NoError(t, err)
		return string(body)
	}
	for _, row := range []struct {
		name, body string
		want       wire.ErrorBody
	}{
		{"old", file("error_connector_not_found.json"), wire.ErrorBody{
			Type: "not_found_error", Code: "connector_not_found", Message: "Personal connector not found",
		}},
		{"standard", file("error_standard_envelope.json"), wire.ErrorBody{
			Type: "client_error", Code: "INVALID_EMAIL_FORMAT", Message: "Please enter a valid email address.",
			SystemMessage: "Email validation failed", TraceID: "2fbbf3b6-51a1-4f1b-88e2-c00e8b52fbb8",
			Details: json.RawMessage(`{ "field": "email", "value": "invalid-email" }`),
		}},
		{"detail", file("error_detail_envelope.json"), wire.ErrorBody{
			Type: "ValidationError", Message: "Human-readable error description", RequestID: "req_123456789",
			Fields: []wire.Field{{Name: "/email", Message: "Invalid email format", Code: "INVALID_FORMAT"}},
		}},
		{"fastapi detail", file("error_fastapi_detail.json"), wire.ErrorBody{Message: "Method Not Allowed"}},
		{"fastapi validation", file("error_fastapi_validation.json"), wire.ErrorBody{
			Message: "limit: Input should be less than or equal to 100 (and 1 more)",
			Fields: []wire.Field{
				{Name: "limit", Message: "Input should be less than or equal to 100", Code: "less_than_equal"},
				{Name: "/credentials/0", Message: "Field required", Code: "missing"},
			},
		}},
		{"missing parameter", file("gen2/error_missing_organization.json"), wire.ErrorBody{
			Message: "organization_id: Field required", Fields: []wire.Field{{Name: "organization_id", Message: "Field required", Code: "missing"}},
		}},
		{"empty details", file("gen2/error_insufficient_permissions.json"), wire.ErrorBody{
			Type: "authorization_error", Code: "INSUFFICIENT_PERMISSIONS", Message: "You do not have permission to perform this action.",
			SystemMessage: "Insufficient permissions", TraceID: "req_def456", Details: json.RawMessage("{}"),
		}},
		{"camelCase", `{"error":{"systemMessage":"s","traceId":"t","requestId":"r"}}`, wire.ErrorBody{SystemMessage: "s", TraceID: "t", RequestID: "r"}},
		{"text", `{"error":"boom"}`, wire.ErrorBody{Message: "boom"}},
		{"null", `{"error":null}`, wire.ErrorBody{}},
		{"array", `{"error":[]}`, wire.ErrorBody{}},
		{"nothing inside", `{}`, wire.ErrorBody{}},
		{"empty", ``, wire.ErrorBody{}},
		{"html", `<html><body>502`, wire.ErrorBody{}},
		{"another kind", `["error"]`, wire.ErrorBody{}},
		{"at the top", `{"code":"c","message":"m","type":"t","trace_id":"i"}`, wire.ErrorBody{Code: "c", Message: "m", Type: "t", TraceID: "i"}},
		{"wrong kinds are skipped", `{"error":{"code":5,"message":null,"type":"t","details":null},"detail":7,"meta":"x","errors":true}`, wire.ErrorBody{Type: "t"}},
		{"odd fields", `{"errors":[5,{},"",{"field":7,"message":"m"},{"field":"/a~b","code":"c"},{"field":"a/b"}]}`, wire.ErrorBody{
			Message: "m (and 2 more)", Fields: []wire.Field{{Message: "m"}, {Name: "/a~b", Code: "c"}, {Name: "/a~1b"}},
		}},
		{"odd locations", `{"detail":[{"loc":[],"msg":"a"},{"loc":["body"],"msg":"b"},{"loc":["header","x-key"]},{"loc":["a",{},1.5,"c/d"]},{"loc":"x"}]}`, wire.ErrorBody{
			Message: "a (and 3 more)",
			Fields:  []wire.Field{{Message: "a"}, {Message: "b"}, {Name: "x-key"}, {Name: "/a/1.5/c~1d"}},
		}},
		{"errors: strings", `{"message":"Validation Failed","errors":["position is null","line is null"]}`, wire.ErrorBody{
			Message: "Validation Failed", Fields: []wire.Field{{Message: "position is null"}, {Message: "line is null"}},
		}},
		{"errors: one string", `{"errors":"no"}`, wire.ErrorBody{Message: "no", Fields: []wire.Field{{Message: "no"}}}},
		{"errors: strings by field", `{"errors":{"email":"is taken","a/b":["is short","is odd"],"/c/0":[],"n":5}}`, wire.ErrorBody{
			Message: "/email: is taken (and 2 more)",
			Fields:  []wire.Field{{Name: "/email", Message: "is taken"}, {Name: "/a~1b", Message: "is short"}, {Name: "/a~1b", Message: "is odd"}},
		}},
		{"errors: objects by field", `{"errors":{"email":{"message":"is taken","code":"taken"},"name":[{"msg":"is short","field":"full"}]}}`, wire.ErrorBody{
			Message: "/email: is taken (and 1 more)",
			Fields:  []wire.Field{{Name: "/email", Message: "is taken", Code: "taken"}, {Name: "/full", Message: "is short"}},
		}},
		{"message: strings", `{"statusCode":400,"message":["a","b"]}`, wire.ErrorBody{Message: "a (and 1 more)", Fields: []wire.Field{{Message: "a"}, {Message: "b"}}}},
		{"message: lists of strings", `{"message":[["a"],["b"]]}`, wire.ErrorBody{Message: "a (and 1 more)", Fields: []wire.Field{{Message: "a"}, {Message: "b"}}}},
		{"message: lists of strings by field", `{"error":{"code":"c","message":{"email":["is taken"]}}}`, wire.ErrorBody{
			Code: "c", Message: "/email: is taken", Fields: []wire.Field{{Name: "/email", Message: "is taken"}},
		}},
		{"detail: object", `{"detail":{"code":"connector_not_found","message":"gone","request_id":"r"}}`, wire.ErrorBody{
			Code: "connector_not_found", Message: "gone", RequestID: "r",
		}},
		{"detail: object with an error", `{"detail":{"error":{"code":"c","message":"m","errors":["e"]}}}`, wire.ErrorBody{
			Code: "c", Message: "m", Fields: []wire.Field{{Message: "e"}},
		}},
		{"detail: strings", `{"detail":["a"]}`, wire.ErrorBody{Message: "a", Fields: []wire.Field{{Message: "a"}}}},
		{"cut in a field", `{"message":"m","errors":[{"field":"a","message":"b"},{"field":"c","mess`, wire.ErrorBody{
			Message: "m", Fields: []wire.Field{{Name: "/a", Message: "b"}, {Name: "/c"}},
		}},
		{"cut in a list", `{"detail":{"code":"c","message":["one","tw`, wire.ErrorBody{
			Code: "c", Message: "one (and 1 more)", Fields: []wire.Field{{Message: "one"}, {Message: "tw"}},
		}},
		{"cut in a message", `{"error":{"code":"c","message":"as far as it ca`, wire.ErrorBody{Code: "c", Message: "as far as it ca"}},
		{"cut in an escape", `{"error":{"code":"c","message":"a\u00`, wire.ErrorBody{Code: "c", Message: "a"}},
		{"cut after a backslash", `{"error":{"code":"c","message":"a\`, wire.ErrorBody{Code: "c", Message: "a"}},
		{"cut in a name", `{"error":{"code":"c","mess`, wire.ErrorBody{Code: "c"}},
		{"cut after a comma", `{"error":{"code":"c",`, wire.ErrorBody{Code: "c"}},
		{"broken later", `{"error":{"code":"c","message":"m"},oops`, wire.ErrorBody{Code: "c", Message: "m"}},
		{"escaped quotes", `{"error":{"message":"say \"hi\" {[","code":"c"}}`, wire.ErrorBody{Message: `say "hi" {[`, Code: "c"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			assert.Equal(t, row.want, wire.ParseErrorBody([]byte(row.body)))
		})
	}
}

// Wherever a body is cut, what stands before the cut is read.
func TestParseErrorBodyCutAnywhere(t *testing.T) {
	const body = `{"success":false,"error":{"code":"c\u00e9","message":"m\"\\ \u20ac é","details":{"a":[1,{"b":"]"}]}},"trace_id":"t"}`
	full := wire.ParseErrorBody([]byte(body))
	require.Equal(t, `m"\ € é`, full.Message)
	for i := range len(body) {
		got := wire.ParseErrorBody([]byte(body[:i]))
		assert.True(t, strings.HasPrefix(full.Code, strings.TrimRight(got.Code, "\uFFFD")), i)
		assert.True(t, strings.HasPrefix(full.Message, strings.TrimRight(got.Message, "\uFFFD")), i)
		if i > strings.Index(body, `"message"`) {
			assert.Equal(t, full.Code, got.Code, i)
		}
		if i > strings.Index(body, `"details"`) {
			assert.Equal(t, full.Message, got.Message, i)
		}
	}
}

func FuzzParseErrorBody(f *testing.F) {
	f.Add([]byte(`{"success":false,"error":{"code":"c","message":"m","details":{}}}`))
	f.Add([]byte(`{"detail":[{"loc":["query","limit",0],"msg":"m","type":"t"}]}`))
	f.Add([]byte(`{"detail":{"code":"c","message":{"a":["b"]}},"errors":{"a":{"msg":"m"}}}`))
	f.Add([]byte(`{"error":"boom","meta":{"request_id":"r"},"errors":[{"field":"f"}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		got := wire.ParseErrorBody(body)
		for _, s := range []string{got.Type, got.Code, got.Message, got.SystemMessage, got.TraceID, got.RequestID} {
			require.True(t, utf8.ValidString(s))
		}
		require.True(t, got.Details == nil || json.Valid(got.Details))
		for _, field := range got.Fields {
			require.NotZero(t, field)
			require.True(t, utf8.ValidString(field.Name+field.Message+field.Code))
		}
	})
}
