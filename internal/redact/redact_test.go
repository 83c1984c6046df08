package redact_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/aitronos/freddy-go/internal/redact"
)

const testKey = "test-key-0123456789"

func TestStringReplacesEveryOccurrence(t *testing.T) {
	r := redact.New(testKey)
	for _, around := range []string{"", "-", "before ", strings.Repeat("key ", 30)} {
		assert.Equal(t, around+"REDACTED"+around, r.String(around+testKey+around))
	}
	assert.Equal(t, "REDACTED, REDACTED", r.String(testKey+", "+testKey))
}

func TestStringWithSeveralSecrets(t *testing.T) {
	r := redact.New("test-user").With(testKey, "test-user-password")
	assert.Equal(t, "REDACTED:REDACTED REDACTED", r.String("test-user:test-user-password "+testKey))
}

func TestSecretsShorterThanTheMinimum(t *testing.T) {
	for _, test := range []struct {
		secret, s, wantString, wantName string
	}{
		{"invalid", "invalid_api_key", "invalid_api_key", "invalid_api_key"},
		{"key", "invalid_api_key", "invalid_api_key", "invalid_api_key"},
		{"main", "/domains/main", "/domains/main", "/domains/main"},
		{"connector", "connector_not_found", "REDACTED_not_found", "connector_not_found"},
		{"fifteen-bytes-x", "fifteen-bytes-xy", "REDACTEDy", "fifteen-bytes-xy"},
		{"sixteen-bytes-xy", "sixteen-bytes-xyz", "REDACTEDz", "REDACTEDz"},
		{"sixteen-bytes/xy", "sixteen-bytes%2fxy", "REDACTED", "REDACTED"},
	} {
		r := redact.New(test.secret)
		assert.Equal(t, test.wantString, r.String(test.s), test.secret)
		assert.Equal(t, test.wantString, string(r.Bytes([]byte(test.s))), test.secret)
		assert.Equal(t, test.wantName, r.Name(test.s), test.secret)
	}
}

func TestNameWithSecretsOfBothLengths(t *testing.T) {
	r := redact.New("connector", testKey)
	assert.Equal(t, "connector_REDACTED", r.Name("connector_"+testKey))
	assert.Equal(t, "REDACTED_REDACTED", r.String("connector_"+testKey))
}

func TestWithLeavesTheOriginalUnchanged(t *testing.T) {
	first := redact.New(testKey)
	both := first.With("another-test-key")
	const s = testKey + " another-test-key"
	assert.Equal(t, "REDACTED another-test-key", first.String(s))
	assert.Equal(t, "REDACTED REDACTED", both.String(s))
	assert.Equal(t, testKey+" REDACTED", (*redact.Redactor)(nil).With("another-test-key").String(s))
}

func TestWithoutSecrets(t *testing.T) {
	header := http.Header{"X-Echo": {testKey}}
	for _, r := range []*redact.Redactor{nil, redact.New(), redact.New("", "short"), (*redact.Redactor)(nil).With()} {
		assert.Equal(t, testKey, r.String(testKey))
		assert.Equal(t, testKey, r.Name(testKey))
		assert.Equal(t, testKey, string(r.Bytes([]byte(testKey))))
		assert.Equal(t, testKey, string(r.Cut([]byte(testKey))))
		assert.Equal(t, http.Header{"X-Echo": {testKey}}, r.Header(header))
		assert.Equal(t, testKey, r.Cause(testKey, nil).Error())
	}
}

func TestCleanInputIsReturnedItself(t *testing.T) {
	r := redact.New(testKey)
	body := []byte(`{"message": "test-key\u002d and nothing else"}`)
	assert.Same(t, &body[0], &r.Bytes(body)[0])
	assert.Same(t, &body[0], &r.Cut(body)[0])
	header := http.Header{"A": {"b"}}
	got := r.Header(header)
	got.Set("A", "c")
	assert.Equal(t, "c", header.Get("A"))
	assert.Empty(t, r.Bytes(nil))
	assert.Empty(t, r.Cut(nil))
}

func TestCleanInputAllocatesNothing(t *testing.T) {
	r := redact.New(`test/key"with<everything>&'+=`, testKey)
	body := strings.Repeat(`{"message": "A string that is longer than the keys."} `, 8)
	raw := []byte(body)
	header := http.Header{"Content-Security-Policy-Report-Only": {body}}
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		_, _, _ = r.String(body), r.Name(body), r.Bytes(raw)
	}))
	short := http.Header{"Content-Type": {body}}
	assert.Zero(t, testing.AllocsPerRun(100, func() { _ = r.Header(short) }))
	assert.Equal(t, header, r.Header(header))
}

func TestHeader(t *testing.T) {
	name := http.CanonicalHeaderKey("X-" + testKey)
	assert.NotContains(t, name, testKey, "net/http changes the case")
	header := http.Header{
		"X-Echo":    {"Bearer " + testKey, "clean"},
		"Clean":     {"a", "b"},
		name:        {"name"},
		"Connector": {"connector"},
	}
	want := http.Header{
		"X-Echo":    {"Bearer REDACTED", "clean"},
		"Clean":     {"a", "b"},
		"REDACTED":  {"name"},
		"Connector": {"REDACTED"},
	}
	original := header.Clone()
	assert.Equal(t, want, redact.New(testKey, "connector").Header(header))
	assert.Equal(t, original, header)
}

func TestCut(t *testing.T) {
	r := redact.New(testKey, `quote"and/slash`)
	for in, want := range map[string]string{
		"whole " + testKey + " inside":             "whole REDACTED inside",
		"whole " + testKey:                         "whole REDACTED",
		"start " + testKey[:8]:                     "start REDACTED",
		"start " + testKey[:len(testKey)-1]:        "start REDACTED",
		"short " + testKey[:7]:                     "short " + testKey[:7],
		testKey + testKey[:12]:                     "REDACTEDREDACTED",
		testKey[:12] + " is not the end":           testKey[:12] + " is not the end",
		`in an escape quote\`:                      `in an escape quote\`, // 6 bytes of the secret
		`in an escape quote\"and\`:                 "in an escape REDACTED",
		`in an escape quote\u002`:                  "in an escape REDACTED",
		`in an escape quote%2`:                     "in an escape quote%2",
		`in an escape quote%22and%2`:               "in an escape REDACTED",
		`in an escape quote&quot;and&#x2`:          `in an escape quote&quot;and&#x2`,
		`in JSON in JSON quote\\\"and\`:            "in JSON in JSON REDACTED",
		"base64 dGVzdC1rZXktMDEy":                  "base64 REDACTED",
		"base64 after user: dXNlcjp0ZXN0LWtleS0wM": "base64 after user: dXNlcjpREDACTED",
	} {
		assert.Equal(t, want, string(r.Cut([]byte(in))), in)
	}
}

// A secret can begin with another one.
func TestCutReplacesTheLongestBeginning(t *testing.T) {
	r := redact.New("test-user", "test-user-password")
	assert.Equal(t, "a REDACTED", string(r.Cut([]byte("a test-user-pass"))))
	assert.Equal(t, "a REDACTED", string(r.Cut([]byte("a test-user"))))
}

func TestConcurrentUse(t *testing.T) {
	r := redact.New(testKey)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			assert.Equal(t, "REDACTED", r.String(testKey))
			assert.Equal(t, "REDACTED", r.With("another-test-key").Name(testKey))
			assert.Equal(t, "REDACTED", string(r.Cut([]byte(testKey))))
		})
	}
	group.Wait()
}

func BenchmarkStringClean(b *testing.B) {
	r := redact.New("test0123456789abcdefghijKLMNOPQRSTuvwxyz")
	body := `{"success":false,"error":{"code":"connector_not_found","message":"Personal connector 'pcon_github' was ` +
		`not found or is not accessible to this user.","system_message":"No row for the given id in ` +
		`personal_connectors, or the caller has no access to it","type":"not_found_error","status":404,` +
		`"trace_id":"req_0123456789abcdef","timestamp":"2026-01-01T00:00:00.000000Z","details":{"id":"pcon_github"}}}`
	b.ReportAllocs()
	for b.Loop() {
		_ = r.String(body)
	}
}
