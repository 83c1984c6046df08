package freddytest_test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
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

const configurationsPath = "/v1/personal-connectors/configurations"

// minimal is the least that a configuration is created with.
func minimal() freddy.ConfigurationCreateParams {
	return freddy.ConfigurationCreateParams{
		PersonalConnectorID: "pcon_github",
		Name:                "Mine",
		Credentials:         freddy.BearerCredentials(secret),
	}
}

// ids returns the ids, without their prefix, in one string.
func ids(configurations []*freddy.Configuration) string {
	var out []string
	for _, c := range configurations {
		out = append(out, strings.TrimPrefix(c.ID, "pconf_"))
	}
	return strings.Join(out, " ")
}

// sample returns the documented configuration.
func sample(t *testing.T) freddy.Configuration {
	t.Helper()
	var configuration freddy.Configuration
	require.NoError(t, json.Unmarshal([]byte(fixture(t, "configuration.json")), &configuration))
	return configuration
}

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

func TestCreateConfigurationWithTheLeast(t *testing.T) {
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

// Both documented forms are there, null and all.
func TestConfigurationBodies(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	server.AddConnector(freddy.Connector{ID: "pcon_acme"})
	created := tell(t, server, http.MethodPost, configurationsPath, bearer(),
		`{"personalConnectorId":"pcon_acme","name":"n","credentials":{"token":"hunter2"},"description":null}`)
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
	got := ask(t, server, http.MethodGet, path, bearer())
	assert.Equal(t, string(body.Data), got.body)
	listed := ask(t, server, http.MethodGet, configurationsPath, bearer())
	assert.Equal(t, `{"object":"list","data":[`+got.body+`]}`, listed.body)

	updated := tell(t, server, http.MethodPatch, path, bearer(), `{}`)
	assert.Equal(t, http.StatusOK, updated.status)
	assert.Contains(t, updated.body, `{"success":true,"data":{`)
	toggled := tell(t, server, http.MethodPost, path+"/toggle", bearer(), `{"enabled":false}`)
	assert.Equal(t, http.StatusOK, toggled.status)
	assert.NotContains(t, toggled.body, `"success"`)
	deleted := ask(t, server, http.MethodDelete, path, bearer())
	assert.Equal(t, http.StatusOK, deleted.status)
	assert.Equal(t, strings.ReplaceAll(compact(t, fixture(t, "configuration_deleted.json")), "pconf_abc123", "pconf_000001"), deleted.body)
}

func TestCreateConfigurationOfUnknownConnector(t *testing.T) {
	t.Parallel()
	client := freddytest.NewServer(t).Client()
	params := minimal()
	params.PersonalConnectorID = "pcon_unknown"
	_, err := client.Configurations().Create(t.Context(), params)
	require.ErrorIs(t, err, freddy.ErrNotFound)
	var refused *freddy.APIError
	require.ErrorAs(t, err, &refused)
	assert.JSONEq(t, fixture(t, "error_connector_not_found.json"), string(refused.Body))
	page, err := client.Configurations().List(t.Context(), freddy.ConfigurationListParams{})
	require.NoError(t, err)
	assert.Empty(t, page.Items)
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
		var refused *freddy.APIError
		require.ErrorAs(t, err, &refused, call)
		assert.JSONEq(t, `{"error":{"type":"not_found_error","message":"Configuration not found","code":"configuration_not_found"}}`, string(refused.Body), call)
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

func TestUpdateConfigurationLeavesTheRest(t *testing.T) {
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
		t.Run(tt.body, func(t *testing.T) { // each builds on the one before
			got := tell(t, server, http.MethodPatch, configurationsPath+"/pconf_abc123", bearer(), tt.body)
			require.Equal(t, http.StatusOK, got.status, got.body)
			updated, err := server.Client().Configurations().Get(t.Context(), "pconf_abc123")
			require.NoError(t, err)
			tt.change(&want)
			want.UpdatedAt = updated.UpdatedAt
			assert.Equal(t, want, *updated)
		})
	}
}

func TestUpdateOfNothingThatWasThere(t *testing.T) {
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
	page, err := s.List(t.Context(), freddy.ConfigurationListParams{})
	require.NoError(t, err)
	assert.Equal(t, "a c", ids(page.Items))
	require.ErrorIs(t, s.Delete(t.Context(), "pconf_b"), freddy.ErrNotFound)
}

func TestIDsAreNotGivenTwice(t *testing.T) {
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
		for range 2 { // it does not recover by itself
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
	server.AddConfiguration(freddy.Configuration{ID: "pconf_bad", LastError: "an old one"})
	result, err := s.Test(t.Context(), "pconf_bad")
	require.NoError(t, err)
	assert.Equal(t, freddy.HealthStatusHealthy, result.Status, "it was added again")
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
			r := httptest.NewRequest(method, configurationsPath+path, strings.NewReader(body))
			r.Header = bearer()
			fake.ServeHTTP(httptest.NewRecorder(), r)
		}
		times := func() (created, updated, synced string) {
			w := httptest.NewRecorder()
			r := httptest.NewRequest(http.MethodGet, configurationsPath+"/pconf_000001", nil)
			r.Header = bearer()
			fake.ServeHTTP(w, r)
			var c struct{ CreatedAt, UpdatedAt, LastSyncAt string }
			require.NoError(t, json.Unmarshal(w.Body.Bytes(), &c))
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

// seeded has six configurations, of which every filter finds some.
func seeded(t *testing.T) *freddytest.Server {
	t.Helper()
	server := freddytest.NewServer(t)
	for i, c := range []freddy.Configuration{
		{PersonalConnectorID: "pcon_github", Enabled: true, HealthStatus: freddy.HealthStatusHealthy},
		{PersonalConnectorID: "pcon_notion", Enabled: true, HealthStatus: freddy.HealthStatusUnknown},
		{PersonalConnectorID: "pcon_github", Enabled: false, HealthStatus: freddy.HealthStatusUnhealthy},
		{PersonalConnectorID: "pcon_github", Enabled: true, HealthStatus: freddy.HealthStatusUnknown},
		{PersonalConnectorID: "pcon_slack", Enabled: false, HealthStatus: freddy.HealthStatusHealthy},
		{PersonalConnectorID: "pcon_slack", Enabled: true, HealthStatus: freddy.HealthStatusHealthy},
	} {
		c.ID = fmt.Sprint("pconf_", i+1)
		server.AddConfiguration(c)
	}
	return server
}

func TestListConfigurations(t *testing.T) {
	t.Parallel()
	client := seeded(t).Client()
	yes, no := true, false
	tests := []struct {
		name   string
		params freddy.ConfigurationListParams
		want   string
	}{
		{"all", freddy.ConfigurationListParams{}, "1 2 3 4 5 6"},
		{"connector", freddy.ConfigurationListParams{PersonalConnectorID: "pcon_github"}, "1 3 4"},
		{"unknown connector", freddy.ConfigurationListParams{PersonalConnectorID: "pcon_unknown"}, ""},
		{"enabled", freddy.ConfigurationListParams{Enabled: &yes}, "1 2 4 6"},
		{"disabled", freddy.ConfigurationListParams{Enabled: &no}, "3 5"},
		{"healthy", freddy.ConfigurationListParams{HealthStatus: freddy.HealthStatusHealthy}, "1 5 6"},
		{"unhealthy", freddy.ConfigurationListParams{HealthStatus: freddy.HealthStatusUnhealthy}, "3"},
		{"unknown", freddy.ConfigurationListParams{HealthStatus: freddy.HealthStatusUnknown}, "2 4"},
		{"all filters", freddy.ConfigurationListParams{PersonalConnectorID: "pcon_slack", Enabled: &yes, HealthStatus: freddy.HealthStatusHealthy}, "6"},
		{"limit", freddy.ConfigurationListParams{Limit: 2}, "1 2"},
		{"limit of what matches", freddy.ConfigurationListParams{PersonalConnectorID: "pcon_github", Limit: 2}, "1 3"},
		{"after", freddy.ConfigurationListParams{After: "pconf_4"}, "5 6"},
		{"limit and after", freddy.ConfigurationListParams{After: "pconf_2", Limit: 3}, "3 4 5"},
		{"after one that does not match", freddy.ConfigurationListParams{PersonalConnectorID: "pcon_github", After: "pconf_2"}, "3 4"},
		{"after the last", freddy.ConfigurationListParams{After: "pconf_6"}, ""},
		{"most", freddy.ConfigurationListParams{Limit: 100}, "1 2 3 4 5 6"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			page, err := client.Configurations().List(t.Context(), tt.params)
			require.NoError(t, err)
			assert.Empty(t, page.Extra)
			assert.Equal(t, tt.want, ids(page.Items))
		})
	}
}

func TestListConfigurationsHasTwentyUnlessAsked(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	for i := range 30 {
		server.AddConfiguration(freddy.Configuration{ID: fmt.Sprint("pconf_", i)})
	}
	page, err := server.Client().Configurations().List(t.Context(), freddy.ConfigurationListParams{})
	require.NoError(t, err)
	assert.Len(t, page.Items, 20)
	assert.True(t, page.HasMore)
}

func TestAllGoesThroughThePagesOfConfigurations(t *testing.T) {
	t.Parallel()
	// Of six, a page of three is full twice, and the third is empty.
	for limit, requests := range map[int]int{1: 7, 3: 3, 4: 2, 6: 2, 100: 1} {
		t.Run(fmt.Sprint(limit), func(t *testing.T) {
			t.Parallel()
			server := seeded(t)
			var found []*freddy.Configuration
			for c, err := range server.Client().Configurations().All(t.Context(), freddy.ConfigurationListParams{Limit: limit}) {
				require.NoError(t, err)
				found = append(found, c)
			}
			assert.Equal(t, "1 2 3 4 5 6", ids(found))
			assert.Len(t, server.Requests(), requests)
		})
	}
}

// A loop over a filter may change what the filter asks for.
func TestAllWhileConfigurationsChange(t *testing.T) {
	t.Parallel()
	server := seeded(t)
	s := server.Client().Configurations()
	yes := true
	var found []*freddy.Configuration
	for c, err := range s.All(t.Context(), freddy.ConfigurationListParams{Enabled: &yes, Limit: 1}) {
		require.NoError(t, err)
		found = append(found, c)
		_, err = s.SetEnabled(t.Context(), c.ID, false)
		require.NoError(t, err)
	}
	assert.Equal(t, "1 2 4 6", ids(found))
}

func TestAllEndsWhereTheCursorWasDeleted(t *testing.T) {
	t.Parallel()
	s := seeded(t).Client().Configurations()
	var found []*freddy.Configuration
	var last error
	for c, err := range s.All(t.Context(), freddy.ConfigurationListParams{Limit: 2}) {
		if last = err; err == nil {
			found = append(found, c)
			require.NoError(t, s.Delete(t.Context(), c.ID))
		}
	}
	require.ErrorIs(t, last, freddy.ErrBadRequest)
	assert.Equal(t, "1 2", ids(found))
}

func TestListConfigurationsRefusesParameters(t *testing.T) {
	t.Parallel()
	server := seeded(t)
	const (
		boolean = "Input should be a valid boolean, unable to interpret input"
		health  = "Input should be 'healthy', 'unhealthy' or 'unknown'"
		cursor  = "Value error, unknown cursor"
	)
	tests := []struct{ target, name, message, kind string }{
		{"?limit=0", "limit", "Input should be greater than or equal to 1", "greater_than_equal"},
		{"?limit=101", "limit", "Input should be less than or equal to 100", "less_than_equal"},
		{"?enabled=maybe", "enabled", boolean, "bool_parsing"},
		{"?enabled=", "enabled", boolean, "bool_parsing"},
		{"?healthStatus=sick", "healthStatus", health, "enum"},
		{"?after=pconf_7", "after", cursor, "value_error"},
		{"?after=", "after", cursor, "value_error"},
		{"/pconf_1/tools?forceRefresh=1", "forceRefresh", boolean, "bool_parsing"},
		{"/pconf_unknown/tools?forceRefresh=1", "forceRefresh", boolean, "bool_parsing"},
	}
	for _, tt := range tests {
		t.Run(tt.target, func(t *testing.T) {
			t.Parallel()
			got := ask(t, server, http.MethodGet, configurationsPath+tt.target, bearer())
			assert.Equal(t, http.StatusUnprocessableEntity, got.status)
			want, err := json.Marshal(tt.message)
			require.NoError(t, err)
			assert.JSONEq(t, fmt.Sprintf(`{"detail":[{"loc":["query",%q],"msg":%s,"type":%q}]}`, tt.name, want, tt.kind), got.body)
		})
	}
}

func TestListConfigurationsRefusesParametersThroughTheClient(t *testing.T) {
	t.Parallel()
	_, err := freddytest.NewServer(t).Client().Configurations().List(t.Context(), freddy.ConfigurationListParams{HealthStatus: "sick", After: "pconf_7"})
	require.ErrorIs(t, err, freddy.ErrBadRequest)
	var refused *freddy.APIError
	require.ErrorAs(t, err, &refused)
	require.Len(t, refused.Fields, 2)
	assert.Equal(t, "healthStatus", refused.Fields[0].Field)
	assert.Equal(t, freddy.FieldError{Field: "after", Message: "Value error, unknown cursor", Code: "value_error"}, refused.Fields[1])
}

func TestAddConfigurationIsTheDocumentedSample(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	server.AddConfiguration(sample(t))
	got := ask(t, server, http.MethodGet, configurationsPath+"/pconf_abc123", bearer())
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
	assert.Equal(t, freddy.Configuration{ID: "pconf_2", Name: "Another"}, *got, "nothing is filled in")
	page, err := s.List(t.Context(), freddy.ConfigurationListParams{})
	require.NoError(t, err)
	assert.Equal(t, "1 2 3 4 5 6", ids(page.Items))
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

func TestAddConfigurationPanicsWithoutJSON(t *testing.T) {
	t.Parallel()
	fake := freddytest.NewFake()
	defer func() { // encoding/json's own words differ between releases of Go
		assert.Regexp(t, "^freddytest: AddConfiguration: json: .*: configuration: json: unsupported type: chan int$", recover())
		assert.NotPanics(t, func() { fake.AddConfiguration(freddy.Configuration{}) }, "nothing stays locked")
	}()
	fake.AddConfiguration(freddy.Configuration{ID: "pconf_a", Configuration: map[string]any{"a": make(chan int)}})
}

// What a script answers is not processed, and what is processed is so once.
func TestCreationIsCountedOnce(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	s := server.Client().Configurations()
	const path = "/personal-connectors/configurations"
	server.Script(http.MethodPost, path,
		freddytest.Reply{Status: http.StatusServiceUnavailable},
		freddytest.Reply{Status: http.StatusCreated, Body: `{"id":"pconf_1"}`, Fault: freddytest.FaultTruncate},
		freddytest.Reply{Status: http.StatusTooManyRequests},
	)
	_, err := s.Create(t.Context(), minimal())
	require.ErrorIs(t, err, freddy.ErrServer)
	_, err = s.Create(t.Context(), minimal())
	var broken *freddy.TransportError
	require.ErrorAs(t, err, &broken)
	assert.True(t, broken.Ambiguous)
	page, err := s.List(t.Context(), freddy.ConfigurationListParams{})
	require.NoError(t, err)
	assert.Empty(t, page.Items, "a scripted answer stands in the place of the processing")

	created, err := s.Create(t.Context(), minimal()) // 429, then the fake itself
	require.NoError(t, err)
	assert.Equal(t, "pconf_000001", created.ID)
	page, err = s.List(t.Context(), freddy.ConfigurationListParams{})
	require.NoError(t, err)
	assert.Equal(t, "000001", ids(page.Items))
	assert.Len(t, server.Requests(), 6)
}

// A body that breaks off is not processed, even if it is JSON up to there.
func TestBodyThatBreaksOff(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	address := strings.TrimSuffix(strings.TrimPrefix(server.URL(), "http://"), "/v1")
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	require.NoError(t, err)
	defer conn.Close()
	_, err = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: 500\r\n\r\n"+
		`{"personalConnectorId":"pcon_github","name":"n","credentials":{"token":%q}}`, configurationsPath, freddytest.APIKey, secret)
	require.NoError(t, err)
	require.NoError(t, conn.(*net.TCPConn).CloseWrite())
	n, err := conn.Read(make([]byte, 1))
	require.Error(t, err)
	assert.Zero(t, n, "there is no answer")

	page, err := server.Client().Configurations().List(t.Context(), freddy.ConfigurationListParams{})
	require.NoError(t, err)
	assert.Empty(t, page.Items)
	assert.JSONEq(t, `{"personalConnectorId":"pcon_github","name":"n","credentials":"***"}`, string(server.Requests()[0].Body))
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

// createAndChange makes a configuration, changes it, lists it and may delete it.
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

// changeAll makes every call on one configuration; its metadata get the name.
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
