package freddytest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

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
			got := ask(t, server, http.MethodGet, "/v1/personal-connectors/pcon_github", tt.header)
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

	client, err := freddy.NewClient("another-key", freddy.WithBaseURL(server.URL()))
	require.NoError(t, err)
	defer client.CloseIdleConnections()
	_, err = client.Connectors().Get(t.Context(), "pcon_github")
	require.ErrorIs(t, err, freddy.ErrUnauthenticated)
	var refused *freddy.APIError
	require.ErrorAs(t, err, &refused)
	assert.True(t, refused.HasCode(freddy.CodeInvalidAPIKey))
	assert.Equal(t, "Invalid API key", refused.Message)
	assert.Equal(t, "authentication_error", refused.Type)
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
		body         string // "": any
	}{
		{http.MethodGet, "/v1/personal-connectors", http.StatusOK, ""},
		{http.MethodGet, "/v1/personal-connectors/pcon_github", http.StatusOK, ""},
		{http.MethodGet, "/v1/personal-connectors/%70con_github", http.StatusOK, ""},
		{http.MethodGet, "/v1/personal-connectors/", http.StatusNotFound, notFound},
		{http.MethodGet, "/v1/personal-connectors/pcon_github/", http.StatusNotFound, notFound},
		{http.MethodGet, "/v1/personal-connectors/pcon_github/tools", http.StatusNotFound, notFound},
		{http.MethodGet, "/v1//personal-connectors", http.StatusNotFound, notFound},
		{http.MethodGet, "/v1/personal-connectors/configurations", http.StatusOK, `{"object":"list","data":[]}`},
		{http.MethodGet, "/v1/personal-connectors/configurations/", http.StatusNotFound, notFound},
		{http.MethodGet, "/v1/personal-connectors/configurations/pconf_1/settings", http.StatusNotFound, notFound},
		{http.MethodGet, "/v1/personal-connectors/pcon_github/pconf_1/tools", http.StatusNotFound, notFound},
		{http.MethodGet, "/v1/personal-connectors/available", http.StatusNotFound, notFound},
		{http.MethodGet, "/v1/personal-connectors/authorize", http.StatusNotFound, notFound},
		{http.MethodGet, "/v1/personal-connectors/callback", http.StatusNotFound, notFound},
		{http.MethodGet, "/v1/personal-connectors/complete-oauth", http.StatusNotFound, notFound},
		{http.MethodGet, "/v1/personal-connectors/connections", http.StatusNotFound, notFound},
		{http.MethodGet, "/v1", http.StatusNotFound, notFound},
		{http.MethodGet, "/v1/", http.StatusNotFound, notFound},
		{http.MethodGet, "/v1/assistants", http.StatusNotFound, notFound},
		{http.MethodGet, "/v12/personal-connectors", http.StatusNotFound, notFound},
		{http.MethodGet, "/personal-connectors/pcon_github", http.StatusNotFound, notFound},
		{http.MethodGet, "/", http.StatusNotFound, notFound},
		{http.MethodPost, "/v1/personal-connectors", http.StatusMethodNotAllowed, notAllowed},
		{http.MethodDelete, "/v1/personal-connectors/pcon_github", http.StatusMethodNotAllowed, notAllowed},
		{http.MethodHead, "/v1/personal-connectors/pcon_github", http.StatusMethodNotAllowed, ""},
	}
	for _, tt := range tests {
		t.Run(tt.method+" "+tt.path, func(t *testing.T) {
			t.Parallel()
			got := ask(t, server, tt.method, tt.path, bearer())
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

func TestMethodsOfConfigurations(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	for path, allow := range map[string]string{
		"":                "GET, POST",
		"/pconf_1":        "GET, PATCH, DELETE",
		"/pconf_1/toggle": "POST",
		"/pconf_1/test":   "POST",
		"/pconf_1/tools":  "GET",
	} {
		got := ask(t, server, http.MethodPut, configurationsPath+path, bearer())
		assert.Equal(t, http.StatusMethodNotAllowed, got.status, path)
		assert.Equal(t, allow, got.header.Get("Allow"), path)
	}
}

func TestMethodNotAllowedThroughTheClient(t *testing.T) {
	t.Parallel()
	err := freddytest.NewServer(t).Client().Do(t.Context(), http.MethodDelete, "/personal-connectors/pcon_github", nil, nil)
	var refused *freddy.APIError
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, http.StatusMethodNotAllowed, refused.StatusCode)
	assert.Equal(t, "Method Not Allowed", refused.Message)
	assert.JSONEq(t, fixture(t, "error_fastapi_detail.json"), string(refused.Body))
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	client := freddytest.NewServer(t).Client()
	var first, second freddy.Response
	_, err := client.Connectors().Get(t.Context(), "pcon_github", freddy.WithResponse(&first))
	require.NoError(t, err)
	_, err = client.Connectors().Get(t.Context(), "pcon_unknown", freddy.WithResponse(&second))
	require.ErrorIs(t, err, freddy.ErrNotFound)

	assert.Equal(t, "req_000001", first.RequestID)
	assert.Equal(t, "req_000002", second.RequestID)
	for _, response := range []freddy.Response{first, second} {
		assert.Equal(t, "2025-01-01", response.APIVersion)
		assert.Positive(t, response.ProcessingTime)
		assert.Equal(t, "application/json", response.Header.Get("Content-Type"))
	}
	require.NotNil(t, first.RateLimit)
	require.NotNil(t, second.RateLimit)
	assert.Equal(t, 100, first.RateLimit.Limit)
	assert.Equal(t, 99, first.RateLimit.Remaining)
	assert.Equal(t, 98, second.RateLimit.Remaining)
	assert.WithinDuration(t, time.Now().Add(time.Minute), first.RateLimit.Reset, 5*time.Second)
	for _, family := range []string{"X-Ratelimit-%s", "X-Ratelimit-%s-Requests"} {
		assert.Equal(t, "100", first.Header.Get(fmt.Sprintf(family, "Limit")))
		assert.Equal(t, "99", first.Header.Get(fmt.Sprintf(family, "Remaining")))
		assert.Equal(t, strconv.FormatInt(first.RateLimit.Reset.Unix(), 10), first.Header.Get(fmt.Sprintf(family, "Reset")))
	}
}

func TestRateLimitNeverRefusesAndResetsEachMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := freddytest.NewFake()
		remaining := func() string {
			w := httptest.NewRecorder()
			r := httptest.NewRequest(http.MethodGet, "/v1/personal-connectors/pcon_github", nil)
			r.Header = bearer()
			fake.ServeHTTP(w, r)
			assert.Equal(t, http.StatusOK, w.Code)
			return w.Header().Get("X-Ratelimit-Remaining")
		}
		assert.Equal(t, "99", remaining())
		for range 98 {
			remaining()
		}
		assert.Equal(t, "0", remaining())
		assert.Equal(t, "0", remaining(), "no less than nothing")
		time.Sleep(time.Minute - time.Nanosecond)
		assert.Equal(t, "0", remaining())
		time.Sleep(time.Nanosecond)
		assert.Equal(t, "99", remaining())
	})
}

func TestZeroFakeIsEmpty(t *testing.T) {
	t.Parallel()
	var fake freddytest.Fake
	server := httptest.NewServer(&fake)
	defer server.Close()
	client, err := freddy.NewClient(freddytest.APIKey, freddy.WithBaseURL(server.URL+"/v1"))
	require.NoError(t, err)
	defer client.CloseIdleConnections()

	page, err := client.Connectors().List(t.Context(), freddy.ConnectorListParams{})
	require.NoError(t, err)
	assert.Empty(t, page.Items)
	fake.AddConnector(freddy.Connector{ID: "pcon_acme", Name: "Acme"})
	connector, err := client.Connectors().Get(t.Context(), "pcon_acme")
	require.NoError(t, err)
	assert.Equal(t, "Acme", connector.Name)
}

// A program brings its own http.Server.
func TestNewFakeUnderAServerOfOnesOwn(t *testing.T) {
	t.Parallel()
	server := &http.Server{Handler: freddytest.NewFake(), ReadHeaderTimeout: time.Second}
	listener := listenLoopback(t)
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()

	client, err := freddy.NewClient(freddytest.APIKey, freddy.WithBaseURL("http://"+listener.Addr().String()+"/v1/"))
	require.NoError(t, err)
	defer client.CloseIdleConnections()
	connector, err := client.Connectors().Get(t.Context(), "pcon_github")
	require.NoError(t, err)
	assert.Equal(t, "GitHub", connector.Name)

	require.NoError(t, server.Close())
	require.ErrorIs(t, <-done, http.ErrServerClosed)
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	const callers, calls = 8, 10
	server := freddytest.NewServer(t)
	client := server.Client()
	var wg sync.WaitGroup
	for i := range callers {
		id := "pcon_" + strconv.Itoa(i)
		path := "/personal-connectors/" + id
		wg.Go(func() {
			for range calls {
				server.AddConnector(freddy.Connector{ID: id, Name: id, Status: freddy.ConnectorStatusActive})
				server.Script(http.MethodGet, path, freddytest.Reply{Status: http.StatusTeapot})
				_, scripted := client.Connectors().Get(t.Context(), id)
				connector, got := client.Connectors().Get(t.Context(), id)
				_, listed := client.Connectors().List(t.Context(), freddy.ConnectorListParams{})
				if scripted == nil || got != nil || listed != nil || connector.Name != id {
					t.Errorf("%s: scripted: %v, get: %v, list: %v", id, scripted, got, listed)
				}
				assert.NotEmpty(t, server.Requests())
			}
		})
	}
	wg.Wait()
	assert.Len(t, server.Requests(), callers*calls*3)
}
