package schema_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go/internal/schema"
)

// group is a schema of the official JSON-Schema-Test-Suite with its tests.
type group struct {
	Description string          `json:"description"`
	Schema      json.RawMessage `json:"schema"`
	Tests       []struct {
		Description string          `json:"description"`
		Data        json.RawMessage `json:"data"`
		Valid       bool            `json:"valid"`
	} `json:"tests"`
}

func suite(tb testing.TB, draft string) map[string][]group {
	tb.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "suite", draft, "*.json"))
	require.NoError(tb, err)
	groups := map[string][]group{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(tb, err)
		var all []group
		require.NoError(tb, json.Unmarshal(data, &all))
		groups[strings.TrimSuffix(filepath.Base(file), ".json")] = all
	}
	return groups
}

// TestSuite runs the required cases of two drafts. The suite's schemas name
// their draft, or mean that of their folder; those that refer to the suite's
// remote documents are refused, as every reference out of a schema is. format
// is asserted, which draft 2020-12 leaves to the implementation.
func TestSuite(t *testing.T) {
	for draft, uri := range map[string]string{
		"draft7":       "http://json-schema.org/draft-07/schema#",
		"draft2020-12": "https://json-schema.org/draft/2020-12/schema",
	} {
		t.Run(draft, func(t *testing.T) {
			passed, remote, asserted := 0, 0, 0
			for file, groups := range suite(t, draft) {
				for _, g := range groups {
					text := named(t, g.Schema, uri)
					doc, err := schema.Compile(text)
					if err != nil {
						require.ErrorContains(t, err, "another document", "%s: %s", file, g.Description)
						remote += len(g.Tests)
						continue
					}
					for _, test := range g.Tests {
						faults, err := doc.Check(test.Data)
						require.NoError(t, err, "%s: %s: %s", file, g.Description, test.Description)
						if strings.HasSuffix(test.Description, "is only an annotation by default") && len(faults) > 0 {
							asserted++
							continue
						}
						if assert.Equal(t, test.Valid, len(faults) == 0, "%s: %s: %s: %v", file, g.Description, test.Description, faults) {
							passed++
						}
					}
					_, err = doc.Fields()
					if err != nil {
						require.ErrorContains(t, err, "without an end", "%s: %s", file, g.Description)
					}
				}
			}
			t.Logf("%d cases passed, %d refer to other documents, %d have a format that is asserted here", passed, remote, asserted)
			assert.Greater(t, passed, 900)
		})
	}
}

// named puts the draft into a schema that does not name it.
func named(t *testing.T, text json.RawMessage, uri string) []byte {
	t.Helper()
	var object map[string]json.RawMessage
	if json.Unmarshal(text, &object) != nil || object["$schema"] != nil {
		return text
	}
	object["$schema"], _ = json.Marshal(uri)
	out, err := json.Marshal(object)
	require.NoError(t, err)
	return out
}

func FuzzFields(f *testing.F) {
	for _, draft := range []string{"draft7", "draft2020-12"} {
		for _, groups := range suite(f, draft) {
			for _, g := range groups {
				f.Add([]byte(g.Schema))
			}
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		doc, err := schema.Compile(text)
		if err != nil {
			require.Less(t, len(err.Error()), 2000)
			return
		}
		fields, err := doc.Fields()
		if err != nil {
			return
		}
		for _, field := range fields {
			require.True(t, field.Default == nil || json.Valid(field.Default))
		}
	})
}

func FuzzCheck(f *testing.F) {
	for _, draft := range []string{"draft7", "draft2020-12"} {
		for _, groups := range suite(f, draft) {
			for _, g := range groups {
				for _, test := range g.Tests {
					f.Add([]byte(g.Schema), []byte(test.Data))
				}
			}
		}
	}
	f.Fuzz(func(t *testing.T, text, value []byte) {
		doc, err := schema.Compile(text)
		if err != nil {
			return
		}
		faults, err := doc.Check(value)
		if err != nil {
			require.Less(t, len(err.Error()), 2000)
			return
		}
		again, err := doc.Check(value)
		require.NoError(t, err)
		require.Equal(t, faults, again, "the order changes")
		for _, fault := range faults {
			require.NotEmpty(t, fault.Message)
			require.NotEmpty(t, fault.Keyword)
		}
	})
}
