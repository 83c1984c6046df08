package freddytest_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/freddytest"
)

func TestKeys(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	tests := []struct {
		name   string
		header http.Header
		status int
	}{
		{"bearer", bearer(), http.StatusOK},
		{"x-api-key", http.Header{"X-Api-Key": {freddytest.APIKey}}, http.StatusOK},
		{"api-key", http.Header{"Api-Key": {freddytest.APIKey}}, http.StatusOK},
		{"none", http.Header{}, http.StatusUnauthorized},
		{"another", http.Header{"Authorization": {"Bearer freddytest-key2"}}, http.StatusUnauthorized},
		{"another scheme", http.Header{"Authorization": {"Basic " + freddytest.APIKey}}, http.StatusUnauthorized},
		{"no scheme", http.Header{"Authorization": {freddytest.APIKey}}, http.StatusUnauthorized},
		{"empty", http.Header{"X-Api-Key": {""}}, http.StatusUnauthorized},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := send(t, server, http.MethodGet, "/v1"+scriptGithub, tt.header, "")
			assert.Equal(t, tt.status, got.status)
			if tt.status == http.StatusUnauthorized {
				assert.JSONEq(t, fixture(t, "error_invalid_api_key.json"), got.body)
			}
		})
	}
}

func TestKeysThroughTheClient(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	for _, scheme := range []freddy.AuthScheme{freddy.AuthSchemeBearer, freddy.AuthSchemeXAPIKey, freddy.AuthSchemeAPIKey} {
		_, err := server.Client(freddy.WithAuthScheme(scheme)).Connectors().Get(t.Context(), "pcon_github")
		require.NoError(t, err)
	}

	client, err := freddy.NewClient("another-key", freddy.WithHTTPClient(server.HTTPClient()))
	require.NoError(t, err)
	_, err = client.Connectors().Get(t.Context(), "pcon_github")
	require.ErrorIs(t, err, freddy.ErrUnauthenticated)
	var apiErr *freddy.APIError
	require.ErrorAs(t, err, &apiErr)
	assert.Equal(t, freddy.CodeInvalidAPIKey, apiErr.Code)
	assert.Equal(t, "Invalid API key", apiErr.Message)
	assert.Equal(t, "authentication_error", apiErr.Type)
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	const (
		notFound   = `{"detail":"Not Found"}`
		notAllowed = `{"detail":"Method Not Allowed"}`
	)
	server := freddytest.NewServer(t)
	tests := []struct {
		method, path string
		status       int
		body         string // empty: any
	}{
		{http.MethodGet, connectorsPath, http.StatusOK, ""},
		{http.MethodGet, connectorsPath + "/pcon_github", http.StatusOK, ""},
		{http.MethodGet, connectorsPath + "/%70con_github", http.StatusOK, ""},
		{http.MethodGet, connectorsPath + "/", http.StatusNotFound, notFound},
		{http.MethodGet, connectorsPath + "/pcon_github/", http.StatusNotFound, notFound},
		{http.MethodGet, connectorsPath + "/pcon_github/settings", http.StatusNotFound, notFound},
		{http.MethodGet, "/v1//personal-connectors", http.StatusNotFound, notFound},
		{http.MethodGet, connectorsPath + "/configurations", http.StatusOK, `{"object":"list","data":[]}`},
		{http.MethodGet, connectorsPath + "/configurations/", http.StatusNotFound, notFound},
		{http.MethodGet, connectorsPath + "/configurations/pconf_1/settings", http.StatusNotFound, notFound},
		{http.MethodGet, connectorsPath + "/pcon_github/pconf_1/tools", http.StatusNotFound, notFound},
		{http.MethodGet, connectorsPath + "/connections", http.StatusNotFound, notFound},
		{http.MethodGet, connectorsPath + "/available/health/test", http.StatusNotFound, notFound},
		{http.MethodGet, connectorsPath + "/connections/health", http.StatusUnprocessableEntity, ""},
		{http.MethodGet, connectorsPath + "/available/tools", http.StatusNotFound, ""},
		{http.MethodGet, "/freddytest/consent", http.StatusNotFound, notFound},
		{http.MethodGet, "/v1", http.StatusNotFound, notFound},
		{http.MethodGet, "/v1/", http.StatusNotFound, notFound},
		{http.MethodGet, "/v1/assistants", http.StatusNotFound, notFound},
		{http.MethodGet, "/v12/personal-connectors", http.StatusNotFound, notFound},
		{http.MethodGet, "/personal-connectors/pcon_github", http.StatusNotFound, notFound},
		{http.MethodGet, "/", http.StatusNotFound, notFound},
		{http.MethodPost, connectorsPath, http.StatusMethodNotAllowed, notAllowed},
		{http.MethodPost, connectorsPath + "?organization_id=org_1", http.StatusMethodNotAllowed, notAllowed},
		{http.MethodPost, connectorsPath + "/available", http.StatusMethodNotAllowed, notAllowed},
		{http.MethodHead, connectorsPath + "/callback", http.StatusMethodNotAllowed, ""},
	}
	for _, tt := range tests {
		t.Run(tt.method+" "+tt.path, func(t *testing.T) {
			t.Parallel()
			got := send(t, server, tt.method, tt.path, bearer(), "")
			assert.Equal(t, tt.status, got.status)
			if tt.body != "" {
				assert.Equal(t, tt.body, got.body)
			}
			allow := ""
			if tt.status == http.StatusMethodNotAllowed {
				allow = http.MethodGet
			}
			assert.Equal(t, allow, got.header.Get("Allow"))
			assert.Equal(t, "application/json", got.header.Get("Content-Type"))
			assert.NotEmpty(t, got.header.Get("X-Request-Id"))
		})
	}
}

func TestAllowedMethods(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	for path, allow := range map[string]string{
		configurationsPath:                         "GET, POST",
		configurationsPath + "/pconf_1":            "GET, PATCH, DELETE",
		configurationsPath + "/pconf_1/toggle":     "POST",
		configurationsPath + "/pconf_1/test":       "POST",
		configurationsPath + "/pconf_1/tools":      "GET",
		connectorsPath + "/pcon_github":            "PATCH, DELETE, GET",
		connectorsPath + "/pcon_github/tools":      "GET, PATCH",
		connectorsPath + "/available/slack":        "GET",
		connectorsPath + "/connections/slack":      "GET",
		connectorsPath + "/connections/t_1/active": "PATCH",
		connectorsPath + "/tcred_1/health":         "GET",
		connectorsPath + "/tcred_1/test":           "POST",
		connectorsPath + "/authorize":              "POST",
		connectorsPath + "/complete-oauth":         "POST",
		connectorsPath + "/callback":               "GET",
		"/v1/mcp-configurations":                   "GET, POST",
		"/v1/mcp-configurations/mcp_1/test":        "POST",
		"/v1/freddytest/consent":                   "GET",
	} {
		got := send(t, server, http.MethodOptions, path, bearer(), "")
		assert.Equal(t, http.StatusMethodNotAllowed, got.status, path)
		assert.Equal(t, allow, got.header.Get("Allow"), path)
	}
}

func TestMethodNotAllowedThroughTheClient(t *testing.T) {
	t.Parallel()
	err := freddytest.NewServer(t).Client().Do(t.Context(), http.MethodPut, scriptGithub, nil, nil)
	var apiErr *freddy.APIError
	require.ErrorAs(t, err, &apiErr)
	assert.Equal(t, http.StatusMethodNotAllowed, apiErr.StatusCode)
	assert.Equal(t, "Method Not Allowed", apiErr.Message)
	assert.JSONEq(t, fixture(t, "error_fastapi_detail.json"), string(apiErr.Body))
}
