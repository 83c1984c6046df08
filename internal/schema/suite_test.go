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

func suite(t *testing.T, draft string) map[string][]group {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "suite", draft, "*.json"))
	require.NoError(t, err)
	groups := map[string][]group{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		var all []group
		require.NoError(t, json.Unmarshal(data, &all))
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
