package schema_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go/schema"
)

// group is a schema of the official test suite with its cases.
type group struct {
	Description string          `json:"description"`
	Schema      json.RawMessage `json:"schema"`
	Tests       []struct {
		Description string          `json:"description"`
		Data        json.RawMessage `json:"data"`
		Valid       bool            `json:"valid"`
	} `json:"tests"`
}

// TestSuite runs the required cases of the official test suite. A case is not
// passed for one of these reasons: its schema refers to one of the suite's
// remote documents or names one as its metaschema, or it expects that a format
// is not checked.
func TestSuite(t *testing.T) {
	for draft, want := range map[string]struct {
		uri    string
		passed int
	}{
		"draft4":       {"http://json-schema.org/draft-04/schema#", 601},
		"draft6":       {"http://json-schema.org/draft-06/schema#", 816},
		"draft7":       {"http://json-schema.org/draft-07/schema#", 904},
		"draft2019-09": {"https://json-schema.org/draft/2019-09/schema", 1223},
		"draft2020-12": {"https://json-schema.org/draft/2020-12/schema", 1233},
	} {
		t.Run(draft, func(t *testing.T) {
			files, err := filepath.Glob(filepath.Join("testdata", "suite", draft, "*.json"))
			require.NoError(t, err)
			passed, remote, metaschema, format := 0, 0, 0, 0
			for _, file := range files {
				data, err := os.ReadFile(file)
				require.NoError(t, err)
				var groups []group
				require.NoError(t, json.Unmarshal(data, &groups))
				for _, g := range groups {
					s, err := schema.Compile(named(t, g.Schema, want.uri))
					require.NoError(t, err)
					s.Fields()
					if strings.Contains(string(g.Schema), `"$schema": "http://localhost`) {
						metaschema += len(g.Tests)
						continue
					}
					for _, test := range g.Tests {
						name := filepath.Base(file) + ": " + g.Description + ": " + test.Description
						err := s.Validate(test.Data)
						var invalid *schema.ValidationError
						switch {
						case err != nil && !errors.As(err, &invalid):
							assert.ErrorContains(t, err, "another document", name)
							remote++
						case test.Valid && invalid != nil && isFormat(invalid):
							assert.Contains(t, test.Description, "is only an annotation by default", name)
							format++
						case assert.Equal(t, test.Valid, err == nil, "%s: %v", name, err):
							passed++
						}
					}
				}
			}
			t.Logf("%d passed, %d refer to other documents, %d name a metaschema of their own, %d expect that a format is not checked", passed, remote, metaschema, format)
			assert.Equal(t, want.passed, passed)
		})
	}
}

func isFormat(e *schema.ValidationError) bool {
	return len(e.Errors) == 1 && e.Errors[0].Keyword == "format"
}

// named puts the draft into a schema that does not name it.
func named(t *testing.T, text json.RawMessage, uri string) []byte {
	t.Helper()
	object, isObject := strings.CutPrefix(strings.TrimSpace(string(text)), "{")
	if !isObject || strings.Contains(string(text), `"$schema"`) {
		return text
	}
	if strings.TrimSpace(object) == "}" {
		return []byte(`{"$schema":"` + uri + `"}`)
	}
	return []byte(`{"$schema":"` + uri + `",` + object)
}
