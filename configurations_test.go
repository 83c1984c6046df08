package freddy_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
)

func sample() freddy.Configuration {
	at := time.Date(2025, 10, 7, 10, 45, 0, 0, time.UTC)
	return freddy.Configuration{
		ID: "pconf_abc123", Object: "personal_connector.configuration", UserID: "user_xyz789", OrganizationID: "org_123",
		PersonalConnectorID: "pcon_github", Name: "My Backend Repo",
		Configuration: map[string]any{"repository": "aitronos/freddy-backend", "branch": "main", "paths": []any{"src/", "docs/"}},
		Enabled:       true, HealthStatus: freddy.HealthStatusHealthy, LastSyncAt: &at,
		Description: "Access to Freddy Backend repository for AI assistance.", Metadata: map[string]any{}, CreatedAt: at, UpdatedAt: at,
	}
}

func TestConfigurationCreate(t *testing.T) {
	client, last := recorder(t, http.StatusCreated, string(fixture(t, "configuration_wrapped.json")))
	off := false
	got, err := client.Configurations().Create(t.Context(), freddy.ConfigurationCreateParams{
		PersonalConnectorID: "pcon_github", Name: "My GitHub Account", Credentials: freddy.BearerCredentials("example-token"),
		Configuration: map[string]any{"repository": "aitronos/freddy-backend", "n": json.Number("9007199254740993")},
		Description:   "d", Metadata: map[string]any{"team": "a"}, Enabled: &off,
	})
	require.NoError(t, err)
	assert.Equal(t, "POST /personal-connectors/configurations", last.Method+" "+last.URI)
	assert.Equal(t, "application/json", last.ContentType)
	assert.JSONEq(t, `{"personalConnectorId":"pcon_github","name":"My GitHub Account","credentials":{"type":"bearer","token":"example-token"},
		"configuration":{"repository":"aitronos/freddy-backend","n":9007199254740993},"description":"d","metadata":{"team":"a"},"enabled":false}`, last.Body)
	assert.Contains(t, last.Body, "9007199254740993")

	at := time.Date(2025, 11, 13, 10, 45, 0, 0, time.UTC)
	assert.Equal(t, &freddy.Configuration{
		ID: "pconf_abc123", Object: "personal_connector.configuration", UserID: "user_xyz789", OrganizationID: "org_123",
		PersonalConnectorID: "pcon_github", Name: "My GitHub Account", Configuration: map[string]any{"repository": "aitronos/freddy-backend"},
		Enabled: true, HealthStatus: freddy.HealthStatusUnknown, Metadata: map[string]any{}, CreatedAt: at, UpdatedAt: at,
	}, got)

	_, err = client.Configurations().Create(t.Context(), freddy.ConfigurationCreateParams{
		PersonalConnectorID: "pcon_github", Name: "n", Credentials: freddy.NewCredentials(map[string]any{"token": "t"}),
	})
	require.NoError(t, err)
	assert.JSONEq(t, `{"personalConnectorId":"pcon_github","name":"n","credentials":{"token":"t"}}`, last.Body, "zero fields are absent")
}

func TestConfigurationCreateShortForm(t *testing.T) {
	client, _ := recorder(t, http.StatusOK, string(fixture(t, "configuration_created.json")))
	got, err := client.Configurations().Create(t.Context(), freddy.ConfigurationCreateParams{
		PersonalConnectorID: "pcon_notion", Name: "n", Credentials: freddy.APIKeyCredentials("example"),
	})
	require.NoError(t, err)
	assert.Equal(t, &freddy.Configuration{
		ID: "config_abc123", Name: "My Notion Workspace", Description: "Access to my personal Notion workspace", Enabled: true,
		CreatedAt: time.Date(2025, 1, 15, 10, 30, 0, 0, time.UTC),
		Extra:     map[string]json.RawMessage{"connector_type": json.RawMessage(`"notion"`), "last_used": json.RawMessage(`null`)},
	}, got)
}

func TestConfigurationArguments(t *testing.T) {
	client, last := recorder(t, http.StatusOK, `{}`)
	c := client.Configurations()
	credentials := freddy.APIKeyCredentials("example")
	create := func(p freddy.ConfigurationCreateParams) error { _, err := c.Create(t.Context(), p); return err }
	for name, row := range map[string]struct {
		argument string
		err      error
	}{
		"no connector":   {"PersonalConnectorID", create(freddy.ConfigurationCreateParams{Name: "n", Credentials: credentials})},
		"no name":        {"Name", create(freddy.ConfigurationCreateParams{PersonalConnectorID: "p", Credentials: credentials})},
		"no credentials": {"Credentials", create(freddy.ConfigurationCreateParams{PersonalConnectorID: "p", Name: "n"})},
		"nothing":        {"PersonalConnectorID", create(freddy.ConfigurationCreateParams{})},
		"not JSON": {"params", create(freddy.ConfigurationCreateParams{
			PersonalConnectorID: "p", Name: "n", Credentials: credentials, Configuration: map[string]any{"f": func() {}},
		})},
		"no change":  {"params", second(c.Update(t.Context(), "pconf_1", freddy.ConfigurationUpdateParams{}))},
		"empty maps": {"params", second(c.Update(t.Context(), "pconf_1", freddy.ConfigurationUpdateParams{Configuration: map[string]any{}, Metadata: map[string]any{}}))},
		"get":        {"id", second(c.Get(t.Context(), ""))},
		"update":     {"id", second(c.Update(t.Context(), "a/b", freddy.ConfigurationUpdateParams{Name: new(string)}))},
		"delete":     {"id", c.Delete(t.Context(), "")},
		"enable":     {"id", second(c.SetEnabled(t.Context(), "..", true))},
		"test":       {"id", second(c.Test(t.Context(), "a?b"))},
		"tools":      {"id", second(c.Tools(t.Context(), "a%2Fb", freddy.ToolListParams{}))},
		"list":       {"Limit", second(c.List(t.Context(), freddy.ConfigurationListParams{Limit: -1}))},
	} {
		var invalid *freddy.ArgumentError
		require.ErrorAs(t, row.err, &invalid, name)
		assert.Equal(t, row.argument, invalid.Argument, name)
	}
	assert.Zero(t, *last, "nothing was sent")
	for _, none := range []*freddy.Client{nil, {}} {
		assert.ErrorIs(t, none.Configurations().Delete(t.Context(), "pconf_1"), freddy.ErrInvalidArgument)
		for _, err := range none.Configurations().All(t.Context(), freddy.ConfigurationListParams{}) {
			assert.ErrorIs(t, err, freddy.ErrInvalidArgument)
		}
	}
}

func TestConfigurationGet(t *testing.T) {
	for name, body := range map[string]string{
		"bare":    string(fixture(t, "configuration.json")),
		"wrapped": `{"success":true,"data":` + string(fixture(t, "configuration.json")) + `}`,
	} {
		client, last := recorder(t, http.StatusOK, body)
		got, err := client.Configurations().Get(t.Context(), "pconf_abc123")
		require.NoError(t, err, name)
		assert.Equal(t, "GET /personal-connectors/configurations/pconf_abc123", last.Method+" "+last.URI)
		want := sample()
		assert.Equal(t, &want, got, name)
	}
	for body, field := range map[string]string{
		`{"name":"n"}`:                                 "/id",
		`{"success":true,"data":{"name":"n"}}`:         "/data/id",
		`{"id":"a","object":"personal_connector"}`:     "/object",
		`{"id":"a","configuration":[]}`:                "/configuration",
		`{"success":true,"data":{"last_sync_at":"x"}}`: "/data/last_sync_at",
	} {
		client, _ := recorder(t, http.StatusOK, body)
		_, err := client.Configurations().Get(t.Context(), "pconf_abc123")
		var decode *freddy.DecodeError
		require.ErrorAs(t, err, &decode, body)
		assert.Equal(t, field, decode.Field, body)
	}
	client, _ := recorder(t, http.StatusOK, `{"success":false,"error":{"code":"CONFIGURATION_NOT_FOUND","message":"m"}}`)
	_, err := client.Configurations().Get(t.Context(), "pconf_abc123")
	var apiErr *freddy.APIError
	require.ErrorAs(t, err, &apiErr)
	assert.True(t, freddy.HasCode(apiErr, freddy.CodeConfigurationNotFound))
	assert.NotErrorIs(t, err, freddy.ErrNotFound, "its status is 200")
}

func TestConfigurationJSON(t *testing.T) {
	var configuration freddy.Configuration
	require.NoError(t, json.Unmarshal(fixture(t, "configuration.json"), &configuration))
	out, err := json.Marshal(configuration)
	require.NoError(t, err)
	assert.NotContains(t, string(out), "credentials")
	var again freddy.Configuration
	require.NoError(t, json.Unmarshal(out, &again))
	assert.Equal(t, configuration, again)

	require.NoError(t, json.Unmarshal([]byte(`{"configuration":{"id":9007199254740993,"x":1.5}}`), &again))
	assert.Equal(t, map[string]any{"id": json.Number("9007199254740993"), "x": 1.5}, again.Configuration)
	out, err = json.Marshal(again)
	require.NoError(t, err)
	assert.Contains(t, string(out), `9007199254740993`)
}

func TestConfigurationUpdate(t *testing.T) {
	client, last := recorder(t, http.StatusOK, string(fixture(t, "configuration.json")))
	name, empty := "new", ""
	for _, row := range []struct {
		params freddy.ConfigurationUpdateParams
		want   string
	}{
		{freddy.ConfigurationUpdateParams{Name: &name}, `{"name":"new"}`},
		{freddy.ConfigurationUpdateParams{Description: &empty}, `{"description":""}`},
		{freddy.ConfigurationUpdateParams{Configuration: map[string]any{"branch": nil, "n": 0, "off": false}}, `{"configuration":{"branch":null,"n":0,"off":false}}`},
		{freddy.ConfigurationUpdateParams{Metadata: map[string]any{"a": []string{}}}, `{"metadata":{"a":[]}}`},
		{freddy.ConfigurationUpdateParams{Credentials: freddy.NewCredentials(map[string]any{"token": "t"})}, `{"credentials":{"token":"t"}}`},
	} {
		got, err := client.Configurations().Update(t.Context(), "pconf_abc123", row.params)
		require.NoError(t, err)
		assert.Equal(t, "pconf_abc123", got.ID)
		assert.Equal(t, "PATCH /personal-connectors/configurations/pconf_abc123", last.Method+" "+last.URI)
		assert.JSONEq(t, row.want, last.Body)
	}
}

func TestConfigurationDelete(t *testing.T) {
	for _, row := range []struct {
		status int
		body   string
	}{
		{200, string(fixture(t, "configuration_deleted.json"))},
		{200, `{"success":true,"data":{"id":"pconf_abc123","deleted":true}}`},
		{200, ``},
		{202, ``},
		{204, ``},
		{200, `{}`},
		{200, `{"deleted":false}`},
		{200, `{"object":"list"}`},
		{200, `[]`},
		{200, `"deleted"`},
		{200, `null`},
	} {
		client, last := recorder(t, row.status, row.body)
		err := client.Configurations().Delete(t.Context(), "pconf_abc123")
		assert.Equal(t, received{Method: "DELETE", URI: "/personal-connectors/configurations/pconf_abc123"}, *last)
		require.NoError(t, err, row.body)
	}
	for _, body := range []string{`<html>sign in</html>`, `{"deleted":true`, `{} {}`} {
		client, _ := recorder(t, http.StatusOK, body)
		var decode *freddy.DecodeError
		require.ErrorAs(t, client.Configurations().Delete(t.Context(), "pconf_abc123"), &decode, body)
	}
	client, _ := recorder(t, http.StatusOK, `{"success":false}`)
	var apiErr *freddy.APIError
	require.ErrorAs(t, client.Configurations().Delete(t.Context(), "pconf_abc123"), &apiErr)
}

func TestConfigurationDeleteTwice(t *testing.T) {
	var n atomic.Int64
	client := newClient(t, server(t, func(w http.ResponseWriter, _ *http.Request) {
		if n.Add(1) == 1 { // deleted, but the response is lost
			panic(http.ErrAbortHandler)
		}
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, `{"error":{"code":"configuration_not_found"}}`)
	}))
	require.NoError(t, client.Configurations().Delete(t.Context(), "pconf_1"))
	require.ErrorIs(t, client.Configurations().Delete(t.Context(), "pconf_1"), freddy.ErrNotFound)
}

func TestConfigurationSetEnabled(t *testing.T) {
	client, last := recorder(t, http.StatusOK, string(fixture(t, "configuration.json")))
	for _, enabled := range []bool{true, false} {
		got, err := client.Configurations().SetEnabled(t.Context(), "pconf_abc123", enabled)
		require.NoError(t, err)
		assert.Equal(t, "pconf_abc123", got.ID)
		assert.Equal(t, "POST /personal-connectors/configurations/pconf_abc123/toggle", last.Method+" "+last.URI)
		assert.JSONEq(t, fmt.Sprintf(`{"enabled":%v}`, enabled), last.Body)
	}
}

// Idempotent calls are retried.
func TestConfigurationRetries(t *testing.T) {
	const id = "pconf_1"
	for name, row := range map[string]struct {
		call      func(*freddy.ConfigurationsService) error
		attempts  int
		ambiguous bool
	}{
		"get": {func(c *freddy.ConfigurationsService) error { return second(c.Get(t.Context(), id)) }, 4, false},
		"list": {func(c *freddy.ConfigurationsService) error {
			return second(c.List(t.Context(), freddy.ConfigurationListParams{}))
		}, 4, false},
		"tools": {func(c *freddy.ConfigurationsService) error {
			return second(c.Tools(t.Context(), id, freddy.ToolListParams{}))
		}, 4, false},
		"delete": {func(c *freddy.ConfigurationsService) error { return c.Delete(t.Context(), id) }, 4, true},
		"enable": {func(c *freddy.ConfigurationsService) error { return second(c.SetEnabled(t.Context(), id, true)) }, 4, true},
		"test":   {func(c *freddy.ConfigurationsService) error { return second(c.Test(t.Context(), id)) }, 1, true},
		"update": {func(c *freddy.ConfigurationsService) error {
			return second(c.Update(t.Context(), id, freddy.ConfigurationUpdateParams{Name: new(string)}))
		}, 1, true},
		"create": {func(c *freddy.ConfigurationsService) error {
			return second(c.Create(t.Context(), freddy.ConfigurationCreateParams{PersonalConnectorID: "p", Name: "n", Credentials: freddy.BearerCredentials("example")}))
		}, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			var mu sync.Mutex // a dropped connection does not synchronize
			var n int
			bodies := map[string]bool{}
			dropping := newClient(t, server(t, func(_ http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				mu.Lock()
				defer mu.Unlock()
				n++
				bodies[string(body)] = true
				panic(http.ErrAbortHandler)
			}))
			var lost *freddy.TransportError
			require.ErrorAs(t, row.call(dropping.Configurations()), &lost)
			assert.Equal(t, row.attempts, lost.Attempts)
			mu.Lock()
			defer mu.Unlock()
			assert.Equal(t, row.attempts, n)
			assert.Equal(t, row.ambiguous, lost.Ambiguous)
			assert.Len(t, bodies, 1, "each attempt has the same body")

			for status, attempts := range map[int]int{503: row.attempts, 429: 4, 409: 1} {
				client, _ := recorder(t, status, `{}`)
				var apiErr *freddy.APIError
				require.ErrorAs(t, row.call(client.Configurations()), &apiErr)
				assert.Equal(t, attempts, apiErr.Attempts, status)
			}
		})
	}
}

func TestConfigurationTest(t *testing.T) {
	client, last := recorder(t, http.StatusOK, string(fixture(t, "configuration_test_healthy.json")))
	got, err := client.Configurations().Test(t.Context(), "pconf_abc123")
	require.NoError(t, err)
	assert.Equal(t, received{Method: "POST", URI: "/personal-connectors/configurations/pconf_abc123/test"}, *last)
	assert.Equal(t, &freddy.TestResult{
		Status: freddy.HealthStatusHealthy, Message: "Connection successful. MCP server is responding correctly.",
		Details: freddy.TestDetails{
			ServerURL: "http://clickup-mcp:8000", ServerType: freddy.ServerTypeHTTP, ResponseTime: 145 * time.Millisecond,
			ServerVersion: "1.0.0", AvailableTools: 8,
		},
		TestedAt: time.Date(2025, 10, 7, 12, 30, 0, 0, time.UTC),
	}, got)
	out, err := json.Marshal(got)
	require.NoError(t, err)
	assert.JSONEq(t, string(fixture(t, "configuration_test_healthy.json")), string(out))

	client, _ = recorder(t, http.StatusOK, `{"success":true,"data":{"status":"unhealthy","message":"m","details":{"error":"rejected","response_time_ms":1.5}}}`)
	got, err = client.Configurations().Test(t.Context(), "pconf_abc123")
	require.NoError(t, err, "unhealthy is a result")
	assert.Equal(t, freddy.HealthStatusUnhealthy, got.Status)
	assert.Equal(t, 1500*time.Microsecond, got.Details.ResponseTime)
	assert.JSONEq(t, `"rejected"`, string(got.Details.Extra["error"]))
}

func TestConfigurationTools(t *testing.T) {
	client, last := recorder(t, http.StatusOK, string(fixture(t, "configuration_tools.json")))
	tools, err := client.Configurations().Tools(t.Context(), "pconf_abc123", freddy.ToolListParams{ForceRefresh: true})
	require.NoError(t, err)
	assert.Equal(t, "/personal-connectors/configurations/pconf_abc123/tools?forceRefresh=true", last.URI)
	require.Len(t, tools.Items, 1)
	tool := tools.Items[0]
	assert.Equal(t, "clickup_create_task", tool.Name)
	assert.Contains(t, tool.InputSchema, `"list_id"`)
	assert.Contains(t, tool.OutputSchema, `"status"`)
	assert.Equal(t, map[string]any{"rateLimit": "100/minute", "costCategory": "high"}, tool.Metadata)
	assert.False(t, tools.HasMore, "the list has no paging parameters")
	out, err := json.Marshal(map[string]any{"object": "list", "data": tools.Items})
	require.NoError(t, err)
	assert.JSONEq(t, string(fixture(t, "configuration_tools.json")), string(out))

	client, last = recorder(t, http.StatusOK, `{"object":"list","data":[]}`)
	tools, err = client.Configurations().Tools(t.Context(), "pconf_abc123", freddy.ToolListParams{})
	require.NoError(t, err)
	require.NotNil(t, tools)
	assert.Empty(t, tools.Items)
	assert.NotContains(t, last.URI, "?")

	client, _ = recorder(t, http.StatusNotFound, `{}`)
	tools, err = client.Configurations().Tools(t.Context(), "pconf_abc123", freddy.ToolListParams{})
	require.ErrorIs(t, err, freddy.ErrNotFound)
	assert.Nil(t, tools)
}

func TestConfigurationList(t *testing.T) {
	client, last := recorder(t, http.StatusOK, `{"object":"list","data":[`+string(fixture(t, "configuration.json"))+`],"has_more":true}`)
	off := false
	page, err := client.Configurations().List(t.Context(), freddy.ConfigurationListParams{
		PersonalConnectorID: "pcon_x&y", Enabled: &off, HealthStatus: freddy.HealthStatusUnknown, Limit: 5, After: "pconf_/?1",
	})
	require.NoError(t, err)
	assert.Equal(t, "/personal-connectors/configurations?after=pconf_%2F%3F1&enabled=false&healthStatus=unknown&limit=5&personalConnectorId=pcon_x%26y", last.URI)
	require.Len(t, page.Items, 1)
	assert.True(t, page.HasMore)
}

func TestConfigurationAll(t *testing.T) {
	var cursors []string
	client := newClient(t, server(t, func(w http.ResponseWriter, r *http.Request) {
		after := r.FormValue("after")
		cursors = append(cursors, after+r.FormValue("enabled"))
		start := 0
		if after != "" {
			_, _ = fmt.Sscanf(after, "pconf_%d", &start)
		}
		var items []string
		for i := start + 1; i <= min(7, start+3); i++ {
			items = append(items, fmt.Sprintf(`{"id":"pconf_%d"}`, i))
		}
		_, _ = io.WriteString(w, `{"object":"list","data":[`+strings.Join(items, ",")+`]}`)
	}))
	on := true
	all := client.Configurations().All(t.Context(), freddy.ConfigurationListParams{Limit: 3, Enabled: &on})
	on = false // the iterator has a copy
	for range 2 {
		cursors = nil
		var ids string
		for configuration, err := range all {
			require.NoError(t, err)
			ids += configuration.ID[len("pconf_"):]
		}
		assert.Equal(t, "1234567", ids)
		assert.Equal(t, []string{"true", "pconf_3true", "pconf_6true"}, cursors)
	}
}

func TestConfigurationAllRepeatedPages(t *testing.T) {
	for name, pages := range map[string][]string{
		"same page":          {`{"data":[{"id":"a"}],"hasMore":true}`},
		"same cursor":        {`{"data":[{"id":"a"}],"hasMore":true}`, `{"data":[{"id":"b"},{"id":"a"}],"hasMore":true}`},
		"cursors in a cycle": {`{"data":[{"id":"a"}],"hasMore":true}`, `{"data":[{"id":"b"}],"hasMore":true}`, `{"data":[{"id":"a"}],"hasMore":true}`},
		"empty with more":    {`{"data":[],"hasMore":true}`},
	} {
		var n, failures int
		client := newClient(t, server(t, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, pages[n%len(pages)])
			n++
		}))
		for _, err := range client.Configurations().All(t.Context(), freddy.ConfigurationListParams{}) {
			if err != nil {
				var decode *freddy.DecodeError
				require.ErrorAs(t, err, &decode)
				failures++
			}
		}
		assert.LessOrEqual(t, n, 3, name)
		assert.Equal(t, name != "empty with more", failures == 1, name)
	}
}
