package main

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What written writes is what parseValue reads.
func TestWrittenValuesCanBeRead(t *testing.T) {
	t.Parallel()
	text := field{Type: "string"}
	for want, tt := range map[string]struct {
		field field
		value any
	}{
		"main":                 {text, "main"},
		"12345678901234567890": {field{Type: "integer"}, json.Number("12345678901234567890")},
		"0.5":                  {field{Type: "number"}, json.Number("0.5")},
		"true":                 {field{Type: "boolean"}, true},
		"false":                {field{Type: "boolean"}, false},
		"null":                 {field{Type: "string", Nullable: true}, nil},
		"":                     {field{Type: "array"}, []any{}},
		"a, b c":               {field{Type: "array", Items: &text}, []any{"a", "b c"}},
		`["a,b"," c",""]`:      {field{Type: "array", Items: &text}, []any{"a,b", " c", ""}},
		`["[","\""]`:           {field{Type: "array", Items: &text}, []any{"[", `"`}},
		`[1,[true]]`:           {field{Type: "array"}, []any{json.Number("1"), []any{true}}},
		`{"a":"<&>"}`:          {field{Type: "object"}, map[string]any{"a": "<&>"}},
		"x":                    {field{Enum: []any{"y", "x"}}, "x"},
		"5":                    {field{Enum: []any{"y", float64(5)}}, float64(5)},
		"a {":                  {field{Types: []string{"string", "object"}}, "a {"},
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, want, written(tt.value))
			value, err := parseValue(tt.field, want)
			require.NoError(t, err)
			assert.Equal(t, tt.value, value)
		})
	}
}

func TestSecretsInAValue(t *testing.T) {
	t.Parallel()
	assert.ElementsMatch(t, []string{"a", "b", "1"},
		secretsIn(map[string]any{"x": []any{"a", json.Number("1")}, "y": "b", "z": nil, "0": true}))
	assert.False(t, isSecret(field{Fields: []field{{}}, Items: &field{}}))
}

func TestHide(t *testing.T) {
	t.Parallel()
	s := &session{secrets: []string{"abcd", "", "abc", "abcdef", "x\ty "}}
	assert.Equal(t, "*** *** abc *** ***", s.hide("abcd abcdef abc x\ty  x\\ty "))
	assert.Equal(t, "abcd", new(session).hide("abcd"))
}
