package schema

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A validation never waits for another one: it gets an engine of its own.
func TestEnginesAreNotShared(t *testing.T) {
	s, err := Compile(`{"type":"string"}`)
	require.NoError(t, err)
	first, err := s.engines.get()
	require.NoError(t, err)
	second, err := s.engines.get()
	require.NoError(t, err)
	assert.NotSame(t, first, second)
	assert.NotSame(t, first.root, second.root)

	s.engines.put(first)
	again, err := s.engines.get()
	require.NoError(t, err)
	assert.Same(t, first, again)
}

func TestCanonicalNumber(t *testing.T) {
	for _, same := range [][]string{
		{"1", "1.0", "10e-1", "0.1e1", "1E0", "100e-2"},
		{"0", "-0", "0.0", "0e5", "-0.00"},
		{"-1200", "-12e2", "-1.2e3", "-1200.0"},
		{"1.5", "15e-1", "1.50"},
		{"9007199254740993", "9007199254740993.0", "9.007199254740993e15"},
	} {
		for _, literal := range same {
			assert.Equal(t, canonicalNumber(same[0]), canonicalNumber(literal), literal)
		}
	}
	assert.NotEqual(t, canonicalNumber("9007199254740993"), canonicalNumber("9007199254740992"))
	assert.NotEqual(t, canonicalNumber("1"), canonicalNumber("-1"))
	assert.NotEqual(t, canonicalNumber("1"), canonicalNumber("10"))

	assert.Equal(t, any(0.1), number("0.1"))
	assert.Equal(t, any(1e300), number("1e300"))
	assert.Equal(t, any(json.Number("9007199254740993")), number("9007199254740993"))
	assert.Equal(t, any(json.Number("1e400")), number("1e400"))
}

// No value looks like another one.
func TestCanonicalValues(t *testing.T) {
	values := []string{
		`null`, `true`, `false`, `0`, `1`, `"1"`, `"null"`, `[]`, `{}`, `[[]]`, `[null]`, `[{}]`, `["a","b"]`, `["a,b"]`, `["ab"]`, `{"a":"b"}`, `{"ab":""}`, `{"a":1,"b":2}`,
		`[1,2]`, `[12]`, `"[1]"`, `["s1:a"]`, `["a"]`, `{"a":{"b":1}}`, `{"a":{},"b":1}`,
	}
	seen := map[string]string{}
	for _, text := range values {
		root, err := parse(text)
		require.NoError(t, err)
		key := canonical(root.decode(exactNumber), &work{steps: 1000})
		assert.Empty(t, seen[key], "%s and %s", seen[key], text)
		seen[key] = text
	}
}

// A set of values is complete, also if the work for it once was too much.
func TestValueSetAfterTooMuchWork(t *testing.T) {
	set := newValueSet([]any{json.Number("1"), json.Number("2"), json.Number("3")})
	assert.PanicsWithValue(t, errTooMuchWork, func() { set.contains(json.Number("3"), &work{steps: 25}) })
	assert.True(t, set.contains(json.Number("3"), &work{steps: 1000}))
}

func TestShapes(t *testing.T) {
	steps := func(source string, n int) int {
		s, err := parseShape(source)
		require.NoError(t, err, source)
		return s.total(n)
	}
	assert.Less(t, steps(`^(?=.*[A-Z])(?=.*\d).{8,}$`, 1000), 10_000, "lookaheads are tried once each")
	assert.Less(t, steps(`^[\w.-]+/[\w.-]+(?<!\.git)$`, 100), 1_000_000)
	assert.Greater(t, steps(`^.*.*.*.*$`, 1000), maxSteps)
	assert.Greater(t, steps(`.*`, 1000), 100*steps(`^.*`, 1000))
	assert.Greater(t, steps(`^(a|b){1,50}$`, 50), maxSteps)
	for source, want := range map[string]error{
		`(?=x)(a+)+`: errNestedRepetition, `(?=x)(a|b)*`: errNestedRepetition, `(?=x)((?:a?){3})*`: errNestedRepetition,
		`(a)\1`: errBackReference, `(?<n>a)\k<n>`: errBackReference,
	} {
		_, err := parseShape(source)
		require.ErrorIs(t, err, want, source)
	}
	for _, source := range []string{`(?!\.)[a-z]+(\.[a-z])*`, `[)(]{2,}\)`, `(?<name>a)b{,}`, `\u{1F600}\p{L}+?`, `(?:ab)*a{x`} {
		_, err := parseShape(source)
		require.NoError(t, err, source)
	}
}
