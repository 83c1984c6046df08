package freddytest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/freddytest"
)

func TestCreateConfiguration(t *testing.T) {
	t.Parallel()
	client := freddytest.NewServer(t).Client()
	before := time.Now().UTC().Truncate(time.Second)
	off := false
	created, err := client.Configurations().Create(t.Context(), freddy.ConfigurationCreateParams{
		PersonalConnectorID: "pcon_jira",
		Name:                "Ours",
		Credentials:         freddy.APIKeyCredentials(secret),
		Configuration:       map[string]any{"projectKey": "ABC", "team": nil, "nested": map[string]any{"id": json.Number("12345678901234567890")}},
		Description:         "For everyone",
		Metadata:            map[string]any{"owner": "x"},
		Enabled:             &off,
	})
	require.NoError(t, err)
	assert.WithinRange(t, created.CreatedAt, before, time.Now())
	assert.Zero(t, created.CreatedAt.Nanosecond())
	assert.Equal(t, freddy.Configuration{
		ID:                  "pconf_000001",
		Object:              "personal_connector.configuration",
		UserID:              "user_fake",
		OrganizationID:      "org_fake",
		PersonalConnectorID: "pcon_jira",
		Name:                "Ours",
		Configuration:       map[string]any{"projectKey": "ABC", "team": nil, "nested": map[string]any{"id": json.Number("12345678901234567890")}},
		HealthStatus:        freddy.HealthStatusUnknown,
		Description:         "For everyone",
		Metadata:            map[string]any{"owner": "x"},
		CreatedAt:           created.CreatedAt,
		UpdatedAt:           created.CreatedAt,
	}, *created)

	got, err := client.Configurations().Get(t.Context(), created.ID)
	require.NoError(t, err)
	assert.Equal(t, created, got)
}

func TestCreateConfigurationDefaults(t *testing.T) {
	t.Parallel()
	client := freddytest.NewServer(t).Client()
	for _, id := range []string{"pconf_000001", "pconf_000002"} {
		created, err := client.Configurations().Create(t.Context(), minimal())
		require.NoError(t, err)
		assert.Equal(t, id, created.ID)
		assert.True(t, created.Enabled)
		assert.Equal(t, map[string]any{}, created.Configuration)
		assert.Equal(t, map[string]any{}, created.Metadata)
		assert.Empty(t, created.Description)
	}
}

// The responses have both documented forms, with null for each empty field and
// without the credentials.
func TestConfigurationBodies(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	server.AddConnector(freddy.Connector{ID: "pcon_acme"})
	created := send(t, server, http.MethodPost, configurationsPath, bearer(),
		`{"personalConnectorId":"pcon_acme","name":"n","credentials":{"token":"example-secret"},"description":null}`)
	assert.Equal(t, http.StatusCreated, created.status)
	var body struct {
		Success bool
		Data    json.RawMessage
	}
	require.NoError(t, json.Unmarshal([]byte(created.body), &body))
	assert.True(t, body.Success)
	var times struct{ CreatedAt, UpdatedAt string }
	require.NoError(t, json.Unmarshal(body.Data, &times))
	assert.JSONEq(t, fmt.Sprintf(`{"id":"pconf_000001","object":"personal_connector.configuration","userId":"user_fake","apiKeyId":null,
		"organizationId":"org_fake","personalConnectorId":"pcon_acme","name":"n","configuration":{},"credentials":"***REDACTED***",
		"enabled":true,"healthStatus":"unknown","lastSyncAt":null,"lastError":null,"description":null,"metadata":{},
		"createdAt":%q,"updatedAt":%q}`, times.CreatedAt, times.UpdatedAt), string(body.Data))

	path := configurationsPath + "/pconf_000001"
	got := get(t, server, path)
	assert.Equal(t, string(body.Data), got.body)
	listed := get(t, server, configurationsPath)
	assert.Equal(t, `{"object":"list","data":[`+got.body+`]}`, listed.body)

	updated := send(t, server, http.MethodPatch, path, bearer(), `{}`)
	assert.Equal(t, http.StatusOK, updated.status)
	assert.Contains(t, updated.body, `{"success":true,"data":{`)
	toggled := send(t, server, http.MethodPost, path+"/toggle", bearer(), `{"enabled":false}`)
	assert.Equal(t, http.StatusOK, toggled.status)
	assert.NotContains(t, toggled.body, `"success"`)
	deleted := send(t, server, http.MethodDelete, path, bearer(), "")
	assert.Equal(t, http.StatusOK, deleted.status)
	assert.Equal(t, strings.ReplaceAll(compact(t, fixture(t, "configuration_deleted.json")), "pconf_abc123", "pconf_000001"), deleted.body)
}

func TestCreateConfigurationOfUnknownConnector(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	params := minimal()
	params.PersonalConnectorID = "pcon_unknown"
	_, err := server.Client().Configurations().Create(t.Context(), params)
	require.ErrorIs(t, err, freddy.ErrNotFound)
	var apiErr *freddy.APIError
	require.ErrorAs(t, err, &apiErr)
	assert.JSONEq(t, fixture(t, "error_connector_not_found.json"), string(apiErr.Body))
	assert.Empty(t, listed(t, server))
}

func TestUnknownConfiguration(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	s := server.Client().Configurations()
	name := "n"
	for call, send := range map[string]func() error{
		"get": func() error { _, err := s.Get(t.Context(), "pconf_unknown"); return err },
		"update": func() error {
			_, err := s.Update(t.Context(), "pconf_unknown", freddy.ConfigurationUpdateParams{Name: &name})
			return err
		},
		"delete": func() error { return s.Delete(t.Context(), "pconf_unknown") },
		"toggle": func() error { _, err := s.SetEnabled(t.Context(), "pconf_unknown", true); return err },
		"test":   func() error { _, err := s.Test(t.Context(), "pconf_unknown"); return err },
		"tools": func() error {
			_, err := s.Tools(t.Context(), "pconf_unknown", freddy.ToolListParams{})
			return err
		},
	} {
		err := send()
		require.ErrorIs(t, err, freddy.ErrNotFound, call)
		var apiErr *freddy.APIError
		require.ErrorAs(t, err, &apiErr, call)
		assert.JSONEq(t, `{"error":{"type":"not_found_error","message":"Configuration not found","code":"configuration_not_found"}}`, string(apiErr.Body), call)
	}
}

func TestUpdateConfiguration(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	server.AddConfiguration(sample(t))
	name, description := "Renamed", ""
	updated, err := server.Client().Configurations().Update(t.Context(), "pconf_abc123", freddy.ConfigurationUpdateParams{
		Name:          &name,
		Description:   &description,
		Credentials:   freddy.BearerCredentials(secret),
		Configuration: map[string]any{"branch": nil, "paths": []string{"cmd/"}, "depth": 3, "absent": nil},
		Metadata:      map[string]any{"owner": map[string]any{"team": "a"}},
	})
	require.NoError(t, err)
	want := sample(t)
	want.Name, want.Description = name, ""
	want.Configuration = map[string]any{"repository": "aitronos/freddy-backend", "paths": []any{"cmd/"}, "depth": 3.0}
	want.Metadata = map[string]any{"owner": map[string]any{"team": "a"}}
	want.UpdatedAt = updated.UpdatedAt
	assert.True(t, updated.UpdatedAt.After(updated.CreatedAt))
	assert.Equal(t, want, *updated)
	got, err := server.Client().Configurations().Get(t.Context(), "pconf_abc123")
	require.NoError(t, err)
	assert.Equal(t, updated, got)
}

func TestPartialUpdates(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	server.AddConfiguration(sample(t))
	tests := []struct {
		body   string
		change func(*freddy.Configuration)
	}{
		{`{}`, func(*freddy.Configuration) {}},
		{`{"credentials":{}}`, func(*freddy.Configuration) {}},
		{`{"configuration":{}}`, func(*freddy.Configuration) {}},
		{`{"metadata":{"a":{"b":1,"c":2}}}`, func(c *freddy.Configuration) {
			c.Metadata = map[string]any{"a": map[string]any{"b": 1.0, "c": 2.0}}
		}},
		{`{"metadata":{"a":{"b":null}}}`, func(c *freddy.Configuration) {
			c.Metadata = map[string]any{"a": map[string]any{"b": nil}} // one level deep
		}},
		{`{"metadata":{"a":null}}`, func(c *freddy.Configuration) { c.Metadata = map[string]any{} }},
		{`{"name":""}`, func(c *freddy.Configuration) { c.Name = "" }},
		{`{"name":5,"name":"last"}`, func(c *freddy.Configuration) { c.Name = "last" }},
		{`{"description":null}`, func(c *freddy.Configuration) { c.Description = "" }},
	}
	want := sample(t)
	for _, tt := range tests {
		t.Run(tt.body, func(t *testing.T) { // each depends on the previous one
			got := send(t, server, http.MethodPatch, configurationsPath+"/pconf_abc123", bearer(), tt.body)
			require.Equal(t, http.StatusOK, got.status, got.body)
			updated, err := server.Client().Configurations().Get(t.Context(), "pconf_abc123")
			require.NoError(t, err)
			tt.change(&want)
			want.UpdatedAt = updated.UpdatedAt
			assert.Equal(t, want, *updated)
		})
	}
}

func TestUpdateSetsAbsentFields(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	server.AddConfiguration(freddy.Configuration{ID: "pconf_bare"})
	name := "n"
	updated, err := server.Client().Configurations().Update(t.Context(), "pconf_bare", freddy.ConfigurationUpdateParams{
		Name: &name, Metadata: map[string]any{"a": 1, "b": nil},
	})
	require.NoError(t, err)
	assert.Equal(t, freddy.Configuration{
		ID: "pconf_bare", Name: "n", Metadata: map[string]any{"a": 1.0}, UpdatedAt: updated.UpdatedAt,
	}, *updated)
}

func TestDeleteConfiguration(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	s := server.Client().Configurations()
	for _, id := range []string{"pconf_a", "pconf_b", "pconf_c"} {
		server.AddConfiguration(freddy.Configuration{ID: id})
	}
	require.NoError(t, s.Delete(t.Context(), "pconf_b"))
	assert.Equal(t, "a c", listed(t, server))
	require.ErrorIs(t, s.Delete(t.Context(), "pconf_b"), freddy.ErrNotFound)
}

func TestConfigurationIDsAreUnique(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	s := server.Client().Configurations()
	server.AddConfiguration(freddy.Configuration{ID: "pconf_000002"})
	for _, want := range []string{"pconf_000001", "pconf_000003", "pconf_000004"} {
		created, err := s.Create(t.Context(), minimal())
		require.NoError(t, err)
		assert.Equal(t, want, created.ID)
		require.NoError(t, s.Delete(t.Context(), want))
	}
}

func TestSetEnabled(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	s := server.Client().Configurations()
	server.AddConfiguration(sample(t))
	for _, enabled := range []bool{false, false, true} {
		toggled, err := s.SetEnabled(t.Context(), "pconf_abc123", enabled)
		require.NoError(t, err)
		want := sample(t)
		want.Enabled, want.UpdatedAt = enabled, toggled.UpdatedAt
		assert.True(t, toggled.UpdatedAt.After(toggled.CreatedAt))
		assert.Equal(t, want, *toggled)
		got, err := s.Get(t.Context(), "pconf_abc123")
		require.NoError(t, err)
		assert.Equal(t, toggled, got)
	}
}

func TestTestConfiguration(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	s := server.Client().Configurations()
	params := minimal()
	params.PersonalConnectorID = "pcon_clickup"
	created, err := s.Create(t.Context(), params)
	require.NoError(t, err)
	result, err := s.Test(t.Context(), created.ID)
	require.NoError(t, err)
	assert.Equal(t, freddy.TestResult{
		Status:  freddy.HealthStatusHealthy,
		Message: "Connection successful. MCP server is responding correctly.",
		Details: freddy.TestDetails{
			ServerURL:      "http://clickup-mcp.example.com:8000",
			ServerType:     freddy.ServerTypeHTTP,
			ResponseTime:   145 * time.Millisecond,
			ServerVersion:  "1.0.0",
			AvailableTools: 3,
		},
		TestedAt: result.TestedAt,
	}, *result)

	got, err := s.Get(t.Context(), created.ID)
	require.NoError(t, err)
	created.HealthStatus, created.LastSyncAt = freddy.HealthStatusHealthy, &result.TestedAt
	assert.Equal(t, created, got)
}

func TestTestUnhealthyConfiguration(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	s := server.Client().Configurations()
	for lastError, message := range map[string]string{
		"":               "Connection failed. MCP server is not responding.",
		"Token expired.": "Token expired.",
	} {
		unhealthy := freddy.Configuration{
			ID: "pconf_bad", PersonalConnectorID: "pcon_github", HealthStatus: freddy.HealthStatusUnhealthy, LastError: lastError,
		}
		server.AddConfiguration(unhealthy)
		for range 2 { // the state is kept
			var response freddy.Response
			result, err := s.Test(t.Context(), "pconf_bad", freddy.WithResponse(&response))
			require.NoError(t, err)
			assert.Equal(t, http.StatusOK, response.StatusCode)
			assert.Equal(t, freddy.TestResult{
				Status:   freddy.HealthStatusUnhealthy,
				Message:  message,
				Details:  freddy.TestDetails{ServerURL: "https://github-mcp.example.com", ServerType: freddy.ServerTypeHTTP},
				TestedAt: result.TestedAt,
			}, *result)
			got, err := s.Get(t.Context(), "pconf_bad")
			require.NoError(t, err)
			unhealthy.LastError, unhealthy.LastSyncAt = message, &result.TestedAt
			assert.Equal(t, unhealthy, *got)
		}
	}
	server.AddConfiguration(freddy.Configuration{ID: "pconf_bad", LastError: "outdated"})
	result, err := s.Test(t.Context(), "pconf_bad")
	require.NoError(t, err)
	assert.Equal(t, freddy.HealthStatusHealthy, result.Status, "added again")
	assert.Equal(t, "Connection successful. MCP server is responding correctly.", result.Message)
}

func TestTestConfigurationOfUnknownConnector(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	server.AddConfiguration(freddy.Configuration{ID: "pconf_a", PersonalConnectorID: "pcon_unknown"})
	result, err := server.Client().Configurations().Test(t.Context(), "pconf_a")
	require.NoError(t, err)
	assert.Equal(t, freddy.HealthStatusHealthy, result.Status)
	assert.Equal(t, freddy.TestDetails{ResponseTime: 145 * time.Millisecond}, result.Details)
}

func TestTimesOfConfigurations(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := freddytest.NewFake()
		call := func(method, path, body string) {
			time.Sleep(90 * time.Second)
			serve(fake, method, configurationsPath+path, body)
		}
		times := func() (created, updated, synced string) {
			got := serve(fake, http.MethodGet, configurationsPath+"/pconf_000001", "")
			var c struct{ CreatedAt, UpdatedAt, LastSyncAt string }
			require.NoError(t, json.Unmarshal(got.Body.Bytes(), &c))
			return c.CreatedAt, c.UpdatedAt, c.LastSyncAt
		}
		for _, step := range []struct{ method, path, body, updated, synced string }{
			{http.MethodPost, "", `{"personalConnectorId":"pcon_github","name":"n","credentials":{}}`, "2000-01-01T00:01:30Z", ""},
			{http.MethodPatch, "/pconf_000001", `{"name":"m"}`, "2000-01-01T00:03:00Z", ""},
			{http.MethodPost, "/pconf_000001/test", ``, "2000-01-01T00:03:00Z", "2000-01-01T00:04:30Z"},
			{http.MethodPost, "/pconf_000001/toggle", `{"enabled":true}`, "2000-01-01T00:06:00Z", "2000-01-01T00:04:30Z"},
			{http.MethodPost, "/pconf_000001/toggle", `{"enabled":1}`, "2000-01-01T00:06:00Z", "2000-01-01T00:04:30Z"},
		} {
			call(step.method, step.path, step.body)
			created, updated, synced := times()
			assert.Equal(t, "2000-01-01T00:01:30Z", created)
			assert.Equal(t, step.updated, updated, step.path)
			assert.Equal(t, step.synced, synced, step.path)
		}
	})
}

func TestAddConfiguration(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	server.AddConfiguration(sample(t))
	got := get(t, server, configurationsPath+"/pconf_abc123")
	assert.JSONEq(t, fixture(t, "configuration.json"), got.body)
	configuration, err := server.Client().Configurations().Get(t.Context(), "pconf_abc123")
	require.NoError(t, err)
	assert.Equal(t, sample(t), *configuration)
}

func TestAddConfigurationReplaces(t *testing.T) {
	t.Parallel()
	server := seeded(t)
	s := server.Client().Configurations()
	server.AddConfiguration(freddy.Configuration{ID: "pconf_2", Name: "Another"})
	got, err := s.Get(t.Context(), "pconf_2")
	require.NoError(t, err)
	assert.Equal(t, freddy.Configuration{ID: "pconf_2", Name: "Another"}, *got, "no field is set")
	assert.Equal(t, "1 2 3 4 5 6", listed(t, server))
}

func TestAddConfigurationCopies(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	synced := time.Date(2025, time.May, 4, 3, 2, 1, 123456000, time.UTC)
	full := func() freddy.Configuration {
		at := synced
		return freddy.Configuration{
			ID:            "pconf_a",
			APIKeyID:      "key_1",
			Configuration: map[string]any{"list": []any{"one"}},
			Metadata:      map[string]any{"nested": map[string]any{"a": "b"}},
			LastSyncAt:    &at,
			Extra:         map[string]json.RawMessage{"beta": json.RawMessage(`{"a":1}`)},
		}
	}
	seed := full()
	server.AddConfiguration(seed)
	seed.Configuration["list"].([]any)[0] = "changed"
	seed.Metadata["nested"].(map[string]any)["a"] = "changed"
	seed.Extra["beta"][2] = 'b'
	*seed.LastSyncAt = time.Time{}
	got, err := server.Client().Configurations().Get(t.Context(), "pconf_a")
	require.NoError(t, err)
	assert.Equal(t, full(), *got)
}

func TestAddConfigurationPanicsForInvalidJSON(t *testing.T) {
	t.Parallel()
	fake := freddytest.NewFake()
	defer func() { // the words of encoding/json differ between releases of Go
		assert.Regexp(t, "^freddytest: freddy.Configuration has no JSON form: json: .*unsupported type: chan int$", recover())
		assert.NotPanics(t, func() { fake.AddConfiguration(freddy.Configuration{}) }, "the lock is released")
	}()
	fake.AddConfiguration(freddy.Configuration{ID: "pconf_a", Configuration: map[string]any{"a": make(chan int)}})
}

func TestConcurrentConfigurations(t *testing.T) {
	t.Parallel()
	const callers, rounds = 8, 5
	server := freddytest.NewServer(t)
	server.AddConfiguration(freddy.Configuration{ID: "pconf_shared", PersonalConnectorID: "pcon_github"})
	s := server.Client().Configurations()
	var created sync.Map
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			for round := range rounds {
				server.AddConfiguration(freddy.Configuration{ID: fmt.Sprint("pconf_own_", i)})
				id, err := createAndChange(t, s, round%2 == 0)
				if err == nil {
					err = changeAll(t, s, "pconf_shared", fmt.Sprint(i, "_", round))
				}
				if err != nil {
					t.Errorf("%d, %d: %v", i, round, err)
					return
				}
				_, twice := created.LoadOrStore(id, true)
				assert.False(t, twice, id)
				assert.NotEmpty(t, server.Requests())
			}
		})
	}
	wg.Wait()
	shared, err := s.Get(t.Context(), "pconf_shared")
	require.NoError(t, err)
	assert.Len(t, shared.Metadata, callers*rounds, "no update is lost")
	page, err := s.List(t.Context(), freddy.ConfigurationListParams{Limit: 100})
	require.NoError(t, err)
	assert.Len(t, page.Items, 1+callers+callers*(rounds/2))
}

// createAndChange creates a configuration, changes it, lists it and, if remove is
// set, deletes it.
func createAndChange(t *testing.T, s *freddy.ConfigurationsService, remove bool) (string, error) {
	t.Helper()
	c, err := s.Create(t.Context(), minimal())
	if err != nil {
		return "", err
	}
	if err := changeAll(t, s, c.ID, "x"); err != nil {
		return "", err
	}
	if _, err := s.List(t.Context(), freddy.ConfigurationListParams{}); err != nil {
		return "", err
	}
	if remove {
		err = s.Delete(t.Context(), c.ID)
	}
	return c.ID, err
}

// changeAll makes every call that changes one configuration, and adds the name to
// its metadata.
func changeAll(t *testing.T, s *freddy.ConfigurationsService, id, name string) error {
	t.Helper()
	if _, err := s.Update(t.Context(), id, freddy.ConfigurationUpdateParams{Metadata: map[string]any{name: true}}); err != nil {
		return err
	}
	if _, err := s.SetEnabled(t.Context(), id, true); err != nil {
		return err
	}
	if _, err := s.Test(t.Context(), id); err != nil {
		return err
	}
	_, err := s.Tools(t.Context(), id, freddy.ToolListParams{ForceRefresh: true})
	return err
}

// No response contains the credentials of the request, with or without an error.
func TestResponsesDoNotContainCredentials(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	server.AddConfiguration(freddy.Configuration{ID: "pconf_a"})
	const path, body = configurationsPath + "/pconf_a", `{"credentials":{"token":"` + secret + `"}}`
	for _, call := range []struct {
		method, path, body string
		status             int
	}{
		{http.MethodPost, configurationsPath, minimalBody, http.StatusCreated},
		{http.MethodPost, configurationsPath, members("credentials", `"credentials":"`+secret+`"`), http.StatusUnprocessableEntity},
		{http.MethodPost, configurationsPath, members("credentials", `"credentials":["`+secret+`"]`), http.StatusUnprocessableEntity},
		{http.MethodPost, configurationsPath, body[:len(body)-1], http.StatusUnprocessableEntity},
		{http.MethodPatch, path, body, http.StatusOK},
		{http.MethodPatch, path, strings.Replace(body, "c", "C", 1), http.StatusUnprocessableEntity},
		{http.MethodGet, path, body, http.StatusOK},
		{http.MethodPost, path + "/test", body, http.StatusOK},
		{http.MethodPost, path + "/toggle", body, http.StatusUnprocessableEntity},
		{http.MethodPost, "/v1/elsewhere", body, http.StatusNotFound},
	} {
		got := send(t, server, call.method, call.path, bearer(), call.body)
		assert.Equal(t, call.status, got.status, call.body)
		assert.NotContains(t, got.body, secret)
	}
}

func TestAddConfigurationIgnoresCredentials(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	configuration := sample(t)
	configuration.Extra = map[string]json.RawMessage{"credentials": json.RawMessage(`{"token":"` + secret + `"}`)}
	server.AddConfiguration(configuration)
	assert.JSONEq(t, fixture(t, "configuration.json"), get(t, server, configurationsPath+"/pconf_abc123").body)
}
