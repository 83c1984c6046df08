package schema_test

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go/schema"
)

func TestPatterns(t *testing.T) {
	for _, row := range []struct {
		pattern         string
		matching, other string
	}{
		{`^[\\w.-]+/[\\w.-]+(?<!\\.git)$`, "acme/x", "acme/x.git"},
		{`^(?=.*[A-Z])(?=.*\\d).{8,}$`, "Password1", "password1"},
		{`^(?!-)[a-z0-9-]{1,63}$`, "a-b", "-ab"},
		{`^\\u0041\\u00e9$`, "Aé", "A"},
		{`^\\\\u0041$`, `\u0041`, "A"},
		{`^.{2,2048}$`, "ab", "a"},
		{`^(?<year>\\d{4})-\\d\\d$`, "2025-01", "25-01"},
		{`^\\/a\\-b$`, "/a-b", "a-b"},
		{`a`, "xax", "b"},
		{`^((a{1000}){1000}){1000}$`, "", "b"},
	} {
		s := compile(t, `{"pattern":"`+row.pattern+`"}`)
		if row.matching != "" {
			assert.NoError(t, s.Validate(row.matching), row.pattern)
		}
		assert.Len(t, lines(t, s.Validate(row.other)), 1, row.pattern)
	}
	s := compile(t, `{"$schema":"http://json-schema.org/draft-07/schema#","properties":{"repositories":{"type":"array","items":{"type":"string","pattern":"^[\\w.-]+/[\\w.-]+(?<!\\.git)$"}}}}`)
	require.NoError(t, s.Validate(map[string]any{"repositories": []any{"acme/x"}}))
	assert.Equal(t, []string{`/repositories/0 | pattern | must match the pattern ^[\w.-]+/[\w.-]+(?<!\.git)$`}, lines(t, s.Validate(map[string]any{"repositories": []any{"acme/x.git"}})))
}

// The second engine's timer would leave a goroutine behind, which a bubble
// would wait for in vain.
func TestPatternsLeaveNoGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := schema.Compile(`{"pattern":"^(?!x)a+(?<!aaa)$"}`)
		require.NoError(t, err)
		require.NoError(t, s.Validate("aa"))
		require.Error(t, s.Validate("xa"))
		synctest.Wait()
	})
}
