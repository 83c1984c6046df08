package freddy_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/freddytest"
	"github.com/aitronos/freddy-go/internal/faulty"
)

const (
	connectionID = "tcred_43a8fec047f64ba991fbc5f8fa25d2c9"
	healthID     = "cred_abc123def456"
)

var connectionCalls = []serviceCall{
	listConnections("List", freddy.ConnectionListParams{}, ""),
	listConnections("List of an application", freddy.ConnectionListParams{ApplicationID: "my app"}, "application_id=my+app&"),
	{
		name: "SetActive",
		call: func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
			return noResult(c.Connections().SetActive(ctx, connectionID, false, opts...))
		},
		method: http.MethodPatch, target: "/personal-connectors/connections/" + connectionID + "/active?organization_id={org}",
		organization: organizationNeeded, body: "connection_active_request", response: "connection_active_response", retried: true,
	},
	{
		name: "Health",
		call: func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
			return c.Connections().Health(ctx, healthID, opts...)
		},
		method: http.MethodGet, target: "/personal-connectors/" + healthID + "/health", response: "connection_health", retried: true,
		want: &freddy.ConnectionHealth{
			ID: healthID, ToolKey: "slack", Status: "active", Active: true, ConnectionStatus: "example_connection_status",
			Reason: "example_reason", LastCheckedAt: time.Date(2025, 11, 15, 10, 30, 0, 0, time.UTC),
		},
	},
	{
		name: "Health of a broken connection",
		call: func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
			return c.Connections().Health(ctx, connectionID, opts...)
		},
		method: http.MethodGet, target: "/personal-connectors/" + connectionID + "/health", response: "connection_health_unhealthy", retried: true,
		want: &freddy.ConnectionHealth{
			ID: connectionID, ToolKey: "clickup", Status: freddy.HealthStatusUnhealthy, Active: true,
			Reason: "The token was revoked.", LastCheckedAt: time.Date(2026, 2, 3, 9, 20, 0, 0, time.UTC),
		},
	},
	{
		name: "Test",
		call: func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
			return c.Connections().Test(ctx, healthID, opts...)
		},
		method: http.MethodPost, target: "/personal-connectors/" + healthID + "/test", response: "connection_test",
		want: &freddy.ConnectionTest{
			ID: healthID, ToolKey: "slack", Success: true, Action: "example_action_tested", Message: "Operation completed successfully",
			ExecutionTime: time.Millisecond, TestedAt: time.Date(2025, 11, 15, 10, 30, 0, 0, time.UTC),
		},
	},
	{
		name: "Test that fails",
		call: func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
			return c.Connections().Test(ctx, connectionID, opts...)
		},
		method: http.MethodPost, target: "/personal-connectors/" + connectionID + "/test", response: "connection_test_failed",
		want: &freddy.ConnectionTest{
			ID: connectionID, ToolKey: "clickup", Action: "clickup_list_workspaces", Message: "The token was revoked.",
			TestedAt: time.Date(2026, 2, 3, 9, 20, 0, 0, time.UTC),
		},
	},
	authorizeCall("Authorize", freddy.AuthorizeParams{ConnectorType: "atlassian"}, "authorize_request", "authorize_response"),
	authorizeCall("Authorize with parameters", freddy.AuthorizeParams{
		ConnectorType: "sharepoint", IntegrationParams: map[string]any{"site_name": "Engineering"},
	}, "authorize_request_integration_params", "authorize_response_connectors_page"),
	completeCall("Complete", "complete_oauth_response", &freddy.Completion{
		Connected: true, Message: "Connection completed.",
		Connection: freddy.CompletedConnection{ID: "conn_abc123", AppKey: "github", Status: "active"},
	}),
	completeCall("Complete too early", "complete_oauth_pending", &freddy.Completion{Message: "The authorization is not completed yet."}),
}

func listConnections(name string, params freddy.ConnectionListParams, query string) serviceCall {
	return serviceCall{
		name: name,
		call: func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
			return c.Connections().List(ctx, "clickup", params, opts...)
		},
		method: http.MethodGet, target: "/personal-connectors/connections/clickup?" + query + "organization_id={org}",
		organization: organizationNeeded, response: "connections_list", retried: true,
		want: &freddy.Page[freddy.Connection]{
			Items: []*freddy.Connection{
				{
					ID: connectionID, ToolKey: "clickup", DisplayName: "My Account - ClickUp", AccountEmail: "user@example.com",
					ConnectionID: "conn_abc123def456", Active: true, CreatedAt: time.Date(2026, 2, 3, 9, 15, 0, 0, time.UTC),
				},
				{
					ID: "tcred_0f1e2d3c4b5a69788796a5b4c3d2e1f0", ToolKey: "clickup", DisplayName: "Work - ClickUp", CredentialName: "Work",
					CreatedAt: time.Date(2026, 1, 20, 16, 40, 0, 0, time.UTC),
				},
			},
			Extra: map[string]json.RawMessage{"tool_key": json.RawMessage(`"clickup"`)},
		},
	}
}

func authorizeCall(name string, params freddy.AuthorizeParams, body, response string) serviceCall {
	want := map[string]*freddy.Authorization{
		"authorize_response":                 {URL: "https://auth.atlassian.com/authorize?...", State: "abc123def456"},
		"authorize_response_connectors_page": {URL: "https://example.com/resource", State: "example_state"},
	}
	return serviceCall{
		name: name,
		call: func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
			return c.Connections().Authorize(ctx, params, opts...)
		},
		method: http.MethodPost, target: "/personal-connectors/authorize?organizationId={org}&organization_id={org}",
		organization: organizationNeeded, body: body, response: response, want: want[response],
	}
}

func completeCall(name, response string, want *freddy.Completion) serviceCall {
	return serviceCall{
		name: name,
		call: func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
			return c.Connections().Complete(ctx, "state_xyz789abc", opts...)
		},
		method: http.MethodPost, target: "/personal-connectors/complete-oauth?organization_id={org}",
		organization: organizationNeeded, body: "complete_oauth_request", response: response, want: want,
	}
}

func TestConnections(t *testing.T) {
	t.Parallel()
	testServiceCalls(t, connectionCalls)
}

func TestConnectionArguments(t *testing.T) {
	t.Parallel()
	setActive := func(ctx context.Context, c *freddy.Client, id string) error {
		return c.Connections().SetActive(ctx, id, true)
	}
	health := func(ctx context.Context, c *freddy.Client, id string) error {
		_, err := c.Connections().Health(ctx, id)
		return err
	}
	test := func(ctx context.Context, c *freddy.Client, id string) error {
		_, err := c.Connections().Test(ctx, id)
		return err
	}
	list := func(ctx context.Context, c *freddy.Client, id string) error {
		_, err := c.Connections().List(ctx, id, freddy.ConnectionListParams{})
		return err
	}
	wait := func(ctx context.Context, c *freddy.Client, id string) error {
		_, err := c.Connections().Wait(ctx, id, freddy.WaitParams{State: "state_example"})
		return err
	}
	for name, calls := range map[string][]argumentCall{
		"SetActive": idCalls("id", setActive),
		"Health":    append(idCalls("id", health), reservedCalls(health)...),
		"Test":      append(idCalls("id", test), reservedCalls(test)...),
		"List":      idCalls("toolKey", list),
		"Wait":      idCalls("toolKey", wait),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testArguments(t, calls)
		})
	}
	authorize := func(params freddy.AuthorizeParams) func(context.Context, *freddy.Client) error {
		return func(ctx context.Context, c *freddy.Client) error {
			_, err := c.Connections().Authorize(ctx, params)
			return err
		}
	}
	testArguments(t, []argumentCall{
		{"no connector type", "ConnectorType", authorize(freddy.AuthorizeParams{})},
		{"parameters that are no JSON", "params", authorize(freddy.AuthorizeParams{
			ConnectorType: "slack", IntegrationParams: map[string]any{"a": make(chan int)},
		})},
		{"no state", "state", func(ctx context.Context, c *freddy.Client) error {
			_, err := c.Connections().Complete(ctx, "")
			return err
		}},
	})
}

func TestEmptyIntegrationParamsAreNotSent(t *testing.T) {
	t.Parallel()
	stub := newAPIStub(apiReply{body: gen2(t, "authorize_response")})
	_, err := stub.client(t).Connections().Authorize(t.Context(),
		freddy.AuthorizeParams{ConnectorType: "slack", IntegrationParams: map[string]any{}}, freddy.WithOrganization("org_1"))
	require.NoError(t, err)
	assert.Equal(t, `{"connector_type":"slack"}`, stub.received()[0].body)
}

func TestConnectionResponses(t *testing.T) {
	t.Parallel()
	list := func(ctx context.Context, c *freddy.Client) (any, error) {
		return c.Connections().List(ctx, "slack", freddy.ConnectionListParams{})
	}
	health := func(ctx context.Context, c *freddy.Client) (any, error) {
		return c.Connections().Health(ctx, connectionID)
	}
	test := func(ctx context.Context, c *freddy.Client) (any, error) {
		return c.Connections().Test(ctx, connectionID)
	}
	complete := func(ctx context.Context, c *freddy.Client) (any, error) {
		return c.Connections().Complete(ctx, "state_example")
	}
	testDecodeErrors(t, []decodeCall{
		{"no connections", list, `{"tool_key":"slack"}`, "/connections"},
		{"null connections", list, `{"connections":null}`, "/connections"},
		{"a connection without id", list, `{"connections":[{"id":"tcred_1"},{"tool_key":"slack"}]}`, "/connections/1/id"},
		{"in an array", list, `[{"id":"tcred_1"},{"id":""}]`, "/1/id"},
		{"accounts in place of connections", list, gen2(t, "accounts_list"), "/0/id"},
		{"the catalogue in place of connections", list, gen2(t, "accounts_list_catalogue"), "/connections"},
		{"created_at is no time", list, `{"connections":[{"id":"tcred_1","created_at":"yesterday"}]}`, "/connections/0/created_at"},
		{"health without credential_id", health, `{"status":"healthy"}`, "/credential_id"},
		{"health without status", health, `{"credential_id":"tcred_1"}`, "/status"},
		{"test without success", test, `{"credential_id":"tcred_1","message":"ok"}`, "/success"},
		{"test with null for success", test, `{"credential_id":"tcred_1","success":null}`, "/success"},
		{"completion without connected", complete, `{"message":"ok"}`, "/connected"},
		{"completion that is no object", complete, `[]`, ""},
	})
	t.Run("forms of a list", func(t *testing.T) {
		t.Parallel()
		want := gen2As[struct{ Connections []*freddy.Connection }](t, "connections_list").Connections
		bare, err := json.Marshal(want)
		require.NoError(t, err)
		for body, n := range map[string]int{
			gen2(t, "connections_list"): 2, gen2(t, "connections_list_empty"): 0, string(bare): 2, "[]": 0,
			`{"success":true,"data":` + gen2(t, "connections_list") + `}`: 2,
		} {
			stub := newAPIStub(apiReply{body: body})
			page, err := stub.client(t).Connections().List(t.Context(), "clickup", freddy.ConnectionListParams{}, freddy.WithOrganization("org_1"))
			require.NoError(t, err, body)
			assert.Equal(t, want[:n], page.Items[:n:n], body)
			assert.Len(t, page.Items, n, body)
			assert.False(t, page.HasMore)
		}
	})
	t.Run("a change without a body", func(t *testing.T) {
		t.Parallel()
		stub := newAPIStub(apiReply{status: http.StatusNoContent})
		require.NoError(t, stub.client(t).Connections().SetActive(t.Context(), connectionID, true, freddy.WithOrganization("org_1")))
		assert.JSONEq(t, `{"is_active":true}`, stub.received()[0].body)
	})
	t.Run("a wrapped test that fails", func(t *testing.T) {
		t.Parallel()
		stub := newAPIStub(apiReply{body: `{"success":true,"data":` + gen2(t, "connection_test_failed") + `}`})
		result, err := stub.client(t).Connections().Test(t.Context(), connectionID)
		require.NoError(t, err)
		assert.False(t, result.Success)
		assert.Equal(t, "The token was revoked.", result.Message)
	})
}

// J13 of the fault matrix: programs hand the URL to a browser.
func TestAuthorizationURL(t *testing.T) {
	t.Parallel()
	const state = "state-example-4f1c9b"
	for _, address := range []string{
		"https://provider.example/authorize?client_id=1&state=" + state,
		"HTTPS://provider.example:8443/a",
		"https://provider.example",
		"https://[2001:db8::1]/a",
		"http://localhost:8080/a", "http://127.0.0.1/a", "http://127.9.9.9:1/a", "http://[::1]:8080/a",
	} {
		body, err := json.Marshal(map[string]string{"authorization_url": address, "state": state})
		require.NoError(t, err)
		stub := newAPIStub(apiReply{body: string(body)})
		authorization, err := stub.client(t).Connections().Authorize(t.Context(),
			freddy.AuthorizeParams{ConnectorType: "slack"}, freddy.WithOrganization("org_1"))
		require.NoError(t, err, address)
		assert.Equal(t, address, authorization.URL)
		assert.Equal(t, state, authorization.State)
	}
	const urlField = "/authorization_url"
	tests := []struct{ address, state, field string }{
		{"javascript:alert(1)//example", state, urlField},
		{"http://evil.example/authorize", state, urlField},
		{"http://localhost.evil.example/", state, urlField},
		{"http://127.0.0.1.evil.example/", state, urlField},
		{"http://127.0.0.1@evil.example/", state, urlField},
		{"//provider.example/authorize", state, urlField},
		{"/authorize/example", state, urlField},
		{"provider.example/authorize", state, urlField},
		{"https:provider.example", state, urlField},
		{"https:///authorize", state, urlField},
		{"https://:443/authorize", state, urlField},
		{"https://provider.example:99999/", state, urlField},
		{"https://provider.example:port/", state, urlField},
		{"file:///etc/passwd", state, urlField},
		{"data:text/html,example", state, urlField},
		{"ftp://provider.example/", state, urlField},
		{" https://provider.example/", state, urlField},
		{"https://provider.example/\nexample", state, urlField},
		{"", state, urlField},
		{"https://provider.example/authorize", "", "/state"},
	}
	for _, tt := range tests {
		t.Run("J13 "+tt.address, func(t *testing.T) {
			t.Parallel()
			body, err := json.Marshal(map[string]string{"authorization_url": tt.address, "state": tt.state, "message": state})
			require.NoError(t, err)
			requireAuthorizeSecret(t, apiReply{body: string(body)}, tt.field, tt.address, state)
		})
	}
}

// Whatever is wrong with the response, neither the URL nor the state is in the
// error, in a hook or in the log.
func TestAuthorizeErrorsHaveNoSecret(t *testing.T) {
	t.Parallel()
	const (
		address = "https://provider.example/authorize?code=example"
		state   = "state-example-4f1c9b"
	)
	members := `"authorization_url":"` + address + `","state":"` + state + `"`
	for name, reply := range map[string]apiReply{
		"cut off":             {body: "{" + members},
		"not JSON":            {body: "{" + members + "}x"},
		"a state of no kind":  {body: `{"authorization_url":"` + address + `","state":["` + state + `"]}`},
		"a URL of no kind":    {body: `{"authorization_url":{"` + address + `":1},"state":"` + state + `"}`},
		"as a text":           {body: `"` + address + state + `"`},
		"success is false":    {body: `{"success":false,"message":"` + state + `","error":{"code":"` + state + `"},"detail":"` + address + `"}`},
		"HTML":                {body: "<a href='" + address + "'>" + state + "</a>", header: http.Header{"Content-Type": {"text/html"}}},
		"redirect":            {status: 302, header: http.Header{"Location": {address + "&state=" + state}}, body: "<a href='" + address + "'>" + state + "</a>"},
		"conflict":            {status: 409, body: `{"error":{"code":"CONFLICT","message":"see ` + address + `&state=` + state + `","details":{` + members + `}}}`},
		"a name is the state": {body: `{"authorization_url":"` + address + `","state":"","` + state + `":{}}`},
	} {
		t.Run("J13 "+name, func(t *testing.T) {
			t.Parallel()
			requireAuthorizeSecret(t, reply, "", address, state)
		})
	}
}

// requireAuthorizeSecret requires that Authorize fails, that a field is named unless
// it is empty, and that no secret is in the error, in what hooks receive, or in the
// log.
func requireAuthorizeSecret(t *testing.T, reply apiReply, field string, secrets ...string) {
	t.Helper()
	var (
		log   bytes.Buffer
		shown []any
	)
	stub := newAPIStub(reply)
	client := stub.client(t, freddy.WithOrganization(exampleOrganization),
		freddy.WithLogger(slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))),
		freddy.WithHooks(recordingHooks(&shown)))
	authorization, err := client.Connections().Authorize(t.Context(), freddy.AuthorizeParams{ConnectorType: "slack"})
	require.Error(t, err)
	assert.Nil(t, authorization)
	var decodeErr *freddy.DecodeError
	if field != "" {
		require.ErrorAs(t, err, &decodeErr)
		assert.Equal(t, field, decodeErr.Field)
		assert.Empty(t, decodeErr.Snippet)
	}
	require.Len(t, shown, 4)
	require.NotEmpty(t, log.String())
	for _, secret := range secrets {
		if len(secret) >= 8 {
			faulty.NoSecret(t, secret, err, shown, log.String())
		}
	}
}

// recordingHooks returns hooks that append what they receive to shown.
func recordingHooks(shown *[]any) freddy.Hooks {
	return freddy.Hooks{
		Call: func(_ context.Context, info freddy.CallInfo) (context.Context, func(freddy.CallResult)) {
			*shown = append(*shown, info)
			return nil, func(result freddy.CallResult) { *shown = append(*shown, result) }
		},
		Attempt: func(_ context.Context, info freddy.AttemptInfo) (context.Context, func(freddy.AttemptResult)) {
			*shown = append(*shown, info)
			return nil, func(result freddy.AttemptResult) { *shown = append(*shown, result) }
		},
	}
}

// A server may echo the state that it rejects.
func TestCompleteErrorsDoNotEchoTheState(t *testing.T) {
	t.Parallel()
	const state = "state-example-4f1c9b"
	for name, reply := range map[string]apiReply{
		"in an error": {status: http.StatusBadRequest, body: `{"success":false,"error":{"code":"` + state + `","message":"unknown state ` + state +
			`","details":{"` + state + `":"` + state + `"},"trace_id":"` + state + `"}}`, header: http.Header{"X-Echo": {state}}},
		"in a validation error": {status: http.StatusUnprocessableEntity, body: `{"detail":[{"loc":["body","` + state + `"],"msg":"` + state + `","type":"value_error"}]}`},
		"in a success":          {body: `{"connected":"` + state + `"}`},
		"in a network error":    {err: errorText("cannot send " + state)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var (
				log   bytes.Buffer
				shown []any
			)
			client := newAPIStub(reply).client(t, freddy.WithOrganization(exampleOrganization),
				freddy.WithLogger(slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))),
				freddy.WithHooks(recordingHooks(&shown)))
			var response freddy.Response
			_, err := client.Connections().Complete(t.Context(), state, freddy.WithResponse(&response))
			require.Error(t, err)
			require.Len(t, shown, 4)
			faulty.NoSecret(t, state, err, response, shown, log.String())
		})
	}
}

type errorText string

func (e errorText) Error() string { return string(e) }

func TestLongStateIsSentAsItIs(t *testing.T) {
	t.Parallel()
	state := strings.Repeat("ä\"\\<&", 400)
	stub := newAPIStub(apiReply{body: gen2(t, "complete_oauth_response")})
	_, err := stub.client(t).Connections().Complete(t.Context(), state, freddy.WithOrganization("org_1"))
	require.NoError(t, err)
	var sent map[string]string
	require.NoError(t, json.Unmarshal([]byte(stub.received()[0].body), &sent))
	assert.Equal(t, map[string]string{"state_token": state}, sent)
}

// The fake plays the consent of a user who takes 20 seconds.
func TestConnectAnAccount(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"slack", "github", "clickup"} {
		t.Run(tool, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := freddytest.NewServer(t)
				connections := server.Client(freddy.WithOrganization(exampleOrganization)).Connections()
				connect := func(email string) *freddy.Connection {
					before, err := connections.List(t.Context(), tool, freddy.ConnectionListParams{})
					require.NoError(t, err)
					authorization, err := connections.Authorize(t.Context(), freddy.AuthorizeParams{ConnectorType: tool})
					require.NoError(t, err)
					time.AfterFunc(20*time.Second, func() { assert.True(t, server.Consent(authorization.State, email)) })
					start, sent := time.Now(), len(server.Requests())
					var polls int
					connection, err := connections.Wait(t.Context(), tool, freddy.WaitParams{
						Known: before.Items, State: authorization.State, Progress: func(n int) { polls = n },
					})
					require.NoError(t, err)
					assert.GreaterOrEqual(t, time.Since(start), 20*time.Second)
					assert.Less(t, time.Since(start), 30*time.Second)
					lists := 0
					for _, request := range server.Requests()[sent:] {
						if strings.HasPrefix(request.Path, "/personal-connectors/connections/") {
							lists++
						}
					}
					assert.Greater(t, lists, polls, "Progress is called after polls that found nothing")
					assert.LessOrEqual(t, lists, polls+2)
					return connection
				}
				ada, grace := connect("ada@example.com"), connect("grace@example.com")
				assert.Equal(t, "ada@example.com", ada.AccountEmail)
				assert.Equal(t, "grace@example.com", grace.AccountEmail)
				again := connect("ada@example.com")
				assert.Equal(t, ada.ID, again.ID, "a changed row")
				assert.NotEqual(t, ada.ConnectionID, again.ConnectionID)
			})
		})
	}
}
