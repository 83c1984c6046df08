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

func TestParseProblem(t *testing.T) {
	file := func(name string) string {
		body, err := os.ReadFile("../../testdata/" + name)
		require.NoError(t, err)
		return string(body)
	}
	for _, row := range []struct {
		name, body string
		want       wire.Problem
	}{
		{"old", file("error_connector_not_found.json"), wire.Problem{
			Type: "not_found_error", Code: "connector_not_found", Message: "Personal connector not found",
		}},
		{"standard", file("error_standard_envelope.json"), wire.Problem{
			Type: "client_error", Code: "INVALID_EMAIL_FORMAT", Message: "Please enter a valid email address.",
			SystemMessage: "Email validation failed", TraceID: "2fbbf3b6-51a1-4f1b-88e2-c00e8b52fbb8",
			Details: json.RawMessage(`{ "field": "email", "value": "invalid-email" }`),
		}},
		{"detail", file("error_detail_envelope.json"), wire.Problem{
			Type: "ValidationError", Message: "Human-readable error description", RequestID: "req_123456789",
			Fields: []wire.Field{{Name: "/email", Message: "Invalid email format", Code: "INVALID_FORMAT"}},
		}},
		{"fastapi detail", file("error_fastapi_detail.json"), wire.Problem{Message: "Method Not Allowed"}},
		{"fastapi validation", file("error_fastapi_validation.json"), wire.Problem{
			Message: "limit: Input should be less than or equal to 100 (and 1 more)",
			Fields: []wire.Field{
				{Name: "limit", Message: "Input should be less than or equal to 100", Code: "less_than_equal"},
				{Name: "/credentials/0", Message: "Field required", Code: "missing"},
			},
		}},
		{"camelCase", `{"error":{"systemMessage":"s","traceId":"t","requestId":"r"}}`, wire.Problem{SystemMessage: "s", TraceID: "t", RequestID: "r"}},
		{"text", `{"error":"boom"}`, wire.Problem{Message: "boom"}},
		{"null", `{"error":null}`, wire.Problem{}},
		{"array", `{"error":[]}`, wire.Problem{}},
		{"nothing inside", `{}`, wire.Problem{}},
		{"empty", ``, wire.Problem{}},
		{"html", `<html><body>502`, wire.Problem{}},
		{"another kind", `["error"]`, wire.Problem{}},
		{"at the top", `{"code":"c","message":"m","type":"t","trace_id":"i"}`, wire.Problem{Code: "c", Message: "m", Type: "t", TraceID: "i"}},
		{"wrong types are skipped", `{"error":{"code":5,"message":["x"],"type":"t","details":null},"meta":"x","errors":{}}`, wire.Problem{Type: "t"}},
		{"odd fields", `{"errors":[5,{"field":7,"message":"m"},{"field":"/a~b","code":"c"},{"field":"a/b"}]}`, wire.Problem{
			Message: "", Fields: []wire.Field{{}, {Message: "m"}, {Name: "/a~b", Code: "c"}, {Name: "/a~1b"}},
		}},
		{"odd locations", `{"detail":[{"loc":[],"msg":"a"},{"loc":["body"],"msg":"b"},{"loc":["header","x-key"]},{"loc":["a",{},1.5,"c/d"]},{"loc":"x"}]}`, wire.Problem{
			Message: "a (and 4 more)",
			Fields:  []wire.Field{{Message: "a"}, {Message: "b"}, {Name: "x-key"}, {Name: "/a/1.5/c~1d"}, {}},
		}},
		{"cut in a message", `{"error":{"code":"c","message":"as far as it ca`, wire.Problem{Code: "c", Message: "as far as it ca"}},
		{"cut in an escape", `{"error":{"code":"c","message":"a\u00`, wire.Problem{Code: "c", Message: "a"}},
		{"cut after a backslash", `{"error":{"code":"c","message":"a\`, wire.Problem{Code: "c", Message: "a"}},
		{"cut in a name", `{"error":{"code":"c","mess`, wire.Problem{Code: "c"}},
		{"cut after a comma", `{"error":{"code":"c",`, wire.Problem{Code: "c"}},
		{"broken later", `{"error":{"code":"c","message":"m"},oops`, wire.Problem{Code: "c", Message: "m"}},
		{"escaped quotes", `{"error":{"message":"say \"hi\" {[","code":"c"}}`, wire.Problem{Message: `say "hi" {[`, Code: "c"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			assert.Equal(t, row.want, wire.ParseProblem([]byte(row.body)))
		})
	}
}

// Wherever a body is cut, what stands before the cut is read.
func TestParseProblemCutAnywhere(t *testing.T) {
	const body = `{"success":false,"error":{"code":"c\u00e9","message":"m\"\\ \u20ac é","details":{"a":[1,{"b":"]"}]}},"trace_id":"t"}`
	full := wire.ParseProblem([]byte(body))
	require.Equal(t, `m"\ € é`, full.Message)
	for i := range len(body) {
		got := wire.ParseProblem([]byte(body[:i]))
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

func FuzzParseProblem(f *testing.F) {
	f.Add([]byte(`{"success":false,"error":{"code":"c","message":"m","details":{}}}`))
	f.Add([]byte(`{"detail":[{"loc":["query","limit",0],"msg":"m","type":"t"}]}`))
	f.Add([]byte(`{"error":"boom","meta":{"request_id":"r"},"errors":[{"field":"f"}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		got := wire.ParseProblem(body)
		for _, s := range []string{got.Type, got.Code, got.Message, got.SystemMessage, got.TraceID, got.RequestID} {
			require.True(t, utf8.ValidString(s))
		}
		require.True(t, got.Details == nil || json.Valid(got.Details))
	})
}
