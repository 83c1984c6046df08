package freddytest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/freddytest"
)

// secret is in the credentials of the tests, and nowhere else.
const secret = `hunter2/<"é">\hunter2`

// What is said of a request that was made with the secret, in whatever spelling,
// does not hold it. Every spelling has the beginning of the secret.
func assertNoSecret(t *testing.T, said ...string) {
	t.Helper()
	for _, text := range said {
		assert.NotContains(t, text, "hunter2")
	}
}

func TestCredentialsAreNowhere(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	s := server.Client().Configurations()
	var response freddy.Response
	with := freddy.WithResponse(&response)
	created, err := s.Create(t.Context(), minimal(), with)
	require.NoError(t, err)
	assert.Contains(t, string(response.Body), `"credentials":"***REDACTED***"`)
	assertNoSecret(t, string(response.Body))

	_, err = s.Update(t.Context(), created.ID, freddy.ConfigurationUpdateParams{
		Credentials: freddy.NewCredentials(map[string]any{"type": "api_key", "deep": []any{map[string]any{"apiKey": secret}}}),
	}, with)
	require.NoError(t, err)
	assert.Contains(t, string(response.Body), `"credentials":"***REDACTED***"`)
	assertNoSecret(t, string(response.Body))

	unknown := minimal()
	unknown.PersonalConnectorID = "pcon_unknown"
	_, err = s.Create(t.Context(), unknown, with)
	require.ErrorIs(t, err, freddy.ErrNotFound)
	assertNoSecret(t, string(response.Body), err.Error())

	assertNoSecret(t, fmt.Sprintf("%+v %#v", server.Fake, server.Fake), fmt.Sprintf("%s", server.Requests()))
	assert.JSONEq(t, `{"personalConnectorId":"pcon_github","name":"Mine","credentials":"***"}`, string(server.Requests()[0].Body))
	assert.JSONEq(t, `{"credentials":"***"}`, string(server.Requests()[1].Body))
}

// The client hides secrets in answers, too: these are without the client.
func TestCredentialsAreInNoAnswer(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	server.AddConfiguration(freddy.Configuration{ID: "pconf_a"})
	const path = configurationsPath + "/pconf_a"
	for _, call := range []struct {
		method, path, body string
		status             int
	}{
		{http.MethodPost, configurationsPath, members("credentials", `"credentials":{"token":"hunter2"}`), http.StatusCreated},
		{http.MethodPost, configurationsPath, members("credentials", `"credentials":"hunter2"`), http.StatusUnprocessableEntity},
		{http.MethodPost, configurationsPath, members("credentials", `"credentials":["hunter2"],"hunter2":1`), http.StatusUnprocessableEntity},
		{http.MethodPost, configurationsPath, members("credentials", `"credentials":{"token":"hunter2"},"a hunter2":1`), http.StatusUnprocessableEntity},
		{http.MethodPost, configurationsPath, `{"credentials":{"token":"hunter2"`, http.StatusUnprocessableEntity},
		{http.MethodPatch, path, `{"credentials":{"token":"hunter2"}}`, http.StatusOK},
		{http.MethodPatch, path, `{"Credentials":{"token":"hunter2"}}`, http.StatusUnprocessableEntity},
		{http.MethodGet, path, `{"credentials":{"token":"hunter2"}}`, http.StatusOK},
		{http.MethodPost, path + "/test", `{"credentials":{"token":"hunter2"}}`, http.StatusOK},
		{http.MethodPost, path + "/toggle", `{"credentials":{"token":"hunter2"}}`, http.StatusUnprocessableEntity},
		{http.MethodPost, "/v1/elsewhere", `{"credentials":{"token":"hunter2"}}`, http.StatusNotFound},
	} {
		got := tell(t, server, call.method, call.path, bearer(), call.body)
		assert.Equal(t, call.status, got.status, call.body)
		assertNoSecret(t, got.body)
	}
	assertNoSecret(t, fmt.Sprintf("%s", server.Requests()), fmt.Sprintf("%+v", server.Fake))
}

func TestAddConfigurationDropsCredentials(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	seed := sample(t)
	seed.Extra = map[string]json.RawMessage{"credentials": json.RawMessage(`{"token":"hunter2"}`)}
	server.AddConfiguration(seed)
	got := ask(t, server, http.MethodGet, configurationsPath+"/pconf_abc123", bearer())
	assert.JSONEq(t, fixture(t, "configuration.json"), got.body)
}

func TestRequestsMaskCredentials(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, body, want string }{
		{"an object", `{"credentials":{"a":"hunter2"},"b":1}`, `{"credentials":"***","b":1}`},
		{"spaces", `{ "credentials" : [ "hunter2" ] , "b" : 1 }`, `{ "credentials" : "***" , "b" : 1 }`},
		{"a text", `{"credentials":"hunter2"}`, `{"credentials":"***"}`},
		{"anything", `{"credentials":null,"b":{"credentials":true},"c":[{"credentials":17}]}`, `{"credentials":"***","b":{"credentials":"***"},"c":[{"credentials":"***"}]}`},
		{"within", `{"credentials":{"credentials":{"a":"hunter2"},"b":"hunter2"},"c":1}`, `{"credentials":"***","c":1}`},
		{"twice", `{"credentials":{"a":"hunter2"},"credentials":{"a":"hunter2b"},"b":"hunter2b"}`, `{"credentials":"***","credentials":"***","b":"***"}`},
		{"other spellings", `{"Credentials":"hunter2","\u0063redentials":"hunter2"}`, `{"Credentials":"***","\u0063redentials":"***"}`},
		{"elsewhere, before", `{"b":"the hunter2","credentials":{"a":"hunter2"}}`, `{"b":"the ***","credentials":"***"}`},
		{"elsewhere, deep", `{"credentials":{"a":[{"b":"hunter2"}]},"c":{"d":["hunter2"]}}`, `{"credentials":"***","c":{"d":["***"]}}`},
		{"elsewhere, as a name", `{"credentials":{"a":"hunter2"},"hunter2":{"my hunter2" : 1}}`, `{"credentials":"***","***":{"my ***" : 1}}`},
		{"elsewhere, escaped in other ways", `{"credentials":{"a":"hunter2<\u0022/é"},"b":"\u0068unter2\u003c\"\/\u00e9"}`, `{"credentials":"***","b":"***"}`},
		{"a number", `{"credentials":{"pin":12345},"a":12345,"b":"12345","c":123456}`, `{"credentials":"***","a":"***","b":"***","c":123456}`},
		{"names of the API", `{"credentials":{"a":"name","b":"credentials"},"name":"name"}`, `{"credentials":"***","name":"***"}`},
		{"short ones and types, elsewhere", `{"credentials":{"type":"bearer","a":"abc","b":true},"c":"abc bearer","d":true}`, `{"credentials":"***","c":"abc bearer","d":true}`},
		{"no member", `{"a":"credentials","b":["credentials",":"],"c":"\":"}`, `{"a":"credentials","b":["credentials",":"],"c":"\":"}`},
		{"an array", `[{"credentials":"hunter2"}]`, `[{"credentials":"***"}]`},
		{"cut", `{"name":"hunter2","credentials":{"a":"hunter`, `***`},
		{"two values", `{"credentials":"hunter2"} {}`, `***`},
		{"a form", `name=n&Credentials=hunter2`, `***`},
		{"not JSON", `{name`, `{name`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			fake := freddytest.NewFake()
			r := httptest.NewRequest(http.MethodPut, "/v1/x", strings.NewReader(tt.body))
			fake.ServeHTTP(httptest.NewRecorder(), r)
			assert.Equal(t, tt.want, string(fake.Requests()[0].Body))
		})
	}
}

func TestRequestsMaskCredentialsBesideTheBody(t *testing.T) {
	t.Parallel()
	fake := freddytest.NewFake()
	target := "/v1/x/" + url.PathEscape(secret) + "?hunter2=a&b=" + url.QueryEscape(secret)
	r := httptest.NewRequest(http.MethodPost, target, strings.NewReader(`{"credentials":{"a":"hunter2/<\"é\">\\hunter2","b":"hunter2"}}`))
	r.Header.Set("X-Copy", "a "+secret)
	fake.ServeHTTP(httptest.NewRecorder(), r)
	got := fake.Requests()[0]
	assert.Equal(t, "/x/***", got.Path)
	assert.Equal(t, url.Values{"***": {"a"}, "b": {"***"}}, got.Query)
	assert.Equal(t, "a ***", got.Header.Get("X-Copy"))
}

// Masking leaves a body as valid as it was, and one without secrets as it was.
func FuzzRequestsMaskCredentials(f *testing.F) {
	for _, seed := range []string{
		`{"credentials":{"a":["hunter2",12345]},"b":"hunter2 12345","c":12345,"d":-1.5e+3}`,
		`[{"credentials" : "a\\\"b"},"\\"]`, `"credentials"`, `{"credentials`, `-0`, ``,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		fake := freddytest.NewFake()
		fake.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPut, "/v1/x", bytes.NewReader(body)))
		got := fake.Requests()[0].Body
		if json.Valid(body) {
			assert.True(t, json.Valid(got), "%s", got)
		}
		if !bytes.Contains(bytes.ToLower(body), []byte("credential")) && !bytes.Contains(body, []byte(`\u`)) {
			assert.Equal(t, string(body), string(got))
		}
	})
}

// What is masked is the record of a request, not the request.
func TestMaskingDoesNotChangeWhatIsProcessed(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	params := minimal()
	params.Credentials = freddy.NewCredentials(map[string]any{"workspace": "acme"})
	params.Configuration = map[string]any{"workspace": "acme"}
	created, err := server.Client().Configurations().Create(t.Context(), params)
	require.NoError(t, err)
	assert.Equal(t, params.Configuration, created.Configuration)
	assert.Contains(t, string(server.Requests()[0].Body), `"configuration":{"workspace":"***"}`)
}
