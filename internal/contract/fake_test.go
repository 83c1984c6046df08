package contract_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/freddytest"
)

// checkedFake is a RoundTripper that validates each response of a Fake. Requests
// may be invalid: they provoke error responses.
type checkedFake struct {
	*freddytest.Fake
	t      *testing.T
	mu     sync.Mutex
	called map[string]bool // operations
}

func newCheckedFake(t *testing.T) *checkedFake {
	f := &checkedFake{Fake: freddytest.NewFake(), t: t, called: make(map[string]bool)}
	f.AddConfiguration(freddy.Configuration{
		ID: configurationID, Object: "personal_connector.configuration", Name: "Example", PersonalConnectorID: connectorID, Enabled: true,
		HealthStatus: freddy.HealthStatusUnknown, CreatedAt: time.Unix(0, 0), UpdatedAt: time.Unix(0, 0),
	})
	f.AddAccount(freddy.Account{ID: accountID, Type: "github", Active: true, CreatedAt: time.Unix(0, 0), MCPConfigurationID: mcpID})
	f.AddConnection(freddy.Connection{ID: connectionID, ToolKey: toolKey, DisplayName: "Example", Active: true, CreatedAt: time.Unix(0, 0)})
	return f
}

func (f *checkedFake) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	recorder := httptest.NewRecorder()
	f.ServeHTTP(recorder, r)
	response := recorder.Result()
	response.Request = r
	if strings.HasPrefix(r.URL.Path, "/v1/freddytest/") { // the page of the provider, no part of the API
		return response, nil
	}
	in, err := loaded(f.t).input(r)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.called[in.Route.Operation.OperationID] = true
	body := recorder.Body.Bytes()
	if err := validateResponse(in, response.StatusCode, response.Header, body); err != nil {
		f.t.Errorf("%s %s: %d %s: %v", r.Method, r.URL, response.StatusCode, body, err)
	}
	if response.StatusCode == http.StatusOK && in.Route.Operation.OperationID == "listConnectorsOrAccounts" {
		f.checkList(r, body)
	}
	return response, nil
}

// checkList checks what no description can say: that the query decides which of two
// lists the response is.
func (f *checkedFake) checkList(r *http.Request, body []byte) {
	name := "ConnectorList"
	if r.URL.Query().Has("organization_id") {
		name = "AccountList"
	}
	var list any
	require.NoError(f.t, json.Unmarshal(body, &list))
	assert.NoError(f.t, loaded(f.t).Components.Schemas[name].Value.VisitJSON(list, openapi3.EnableJSONSchema2020()), r.URL.String())
}

func (f *checkedFake) client(opts ...freddy.Option) *freddy.Client {
	client, err := freddy.NewClient(freddytest.APIKey, append(opts, freddy.WithHTTPClient(&http.Client{Transport: f}))...)
	require.NoError(f.t, err)
	return client
}

// Every method gets a response that is described.
func TestFakeResponds(t *testing.T) {
	for _, c := range calls {
		t.Run(c.method, func(t *testing.T) {
			fake := newCheckedFake(t)
			_, err := c.do(t.Context(), fake.client(c.options()...))
			if c.method == "Connections.Complete" { // the state is unknown; TestFakeSignIn has a known one
				assert.ErrorIs(t, err, freddy.ErrBadRequest)
			} else {
				assert.NoError(t, err)
			}
			assert.Equal(t, map[string]bool{c.operation: true}, fake.called)
		})
	}
}

// Every object of the catalogue is as described, and what its tools and tests are.
func TestFakeCatalogue(t *testing.T) {
	fake := newCheckedFake(t)
	client := fake.client()
	for _, status := range []freddy.ConnectorStatus{
		freddy.ConnectorStatusActive, freddy.ConnectorStatusDeprecated, freddy.ConnectorStatusMaintenance,
	} {
		connectors, err := freddy.Collect(client.Connectors().All(t.Context(), freddy.ConnectorListParams{Status: status, Limit: 3}))
		require.NoError(t, err)
		require.NotEmpty(t, connectors)
		for _, connector := range connectors {
			created, err := client.Configurations().Create(t.Context(), freddy.ConfigurationCreateParams{
				PersonalConnectorID: connector.ID, Name: connector.Name, Credentials: credentials,
			})
			require.NoError(t, err)
			_, err = client.Configurations().Tools(t.Context(), created.ID, freddy.ToolListParams{})
			assert.NoError(t, err)
			_, err = client.Configurations().Test(t.Context(), created.ID)
			assert.NoError(t, err)
		}
	}
	_, err := freddy.Collect(client.Configurations().All(t.Context(), freddy.ConfigurationListParams{Limit: 4}))
	assert.NoError(t, err)
}

// What does not work is reported as described.
func TestFakeUnhealthy(t *testing.T) {
	fake := newCheckedFake(t)
	fake.AddConfiguration(freddy.Configuration{
		ID: "pconf_broken", Object: "personal_connector.configuration", HealthStatus: freddy.HealthStatusUnhealthy,
		CreatedAt: time.Unix(0, 0), UpdatedAt: time.Unix(0, 0),
	})
	fake.AddMCPConfiguration(freddy.MCPConfiguration{ID: "mcp_broken", ErrorMessage: "Connection refused"})
	require.True(t, fake.Break(connectionID, "The token was revoked."))
	client := fake.client()

	test, err := client.Configurations().Test(t.Context(), "pconf_broken")
	require.NoError(t, err)
	assert.Equal(t, freddy.HealthStatusUnhealthy, test.Status)

	mcpTest, err := client.MCPConfigurations().Test(t.Context(), "mcp_broken")
	require.NoError(t, err)
	assert.False(t, mcpTest.Success)

	health, err := client.Connections().Health(t.Context(), connectionID)
	require.NoError(t, err)
	assert.Equal(t, freddy.HealthStatusUnhealthy, health.Status)

	connectionTest, err := client.Connections().Test(t.Context(), connectionID)
	require.NoError(t, err)
	assert.False(t, connectionTest.Success)
}

// A sign-in of each tool is as described, the browser's part included.
func TestFakeSignIn(t *testing.T) {
	for _, tool := range []string{"slack", "github", "clickup", "atlassian"} {
		t.Run(tool, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fake := newCheckedFake(t)
				client := fake.client(freddy.WithBaseURL(freddy.ConnectionsBaseURL), freddy.WithOrganization(organization))
				known, err := client.Connections().List(t.Context(), tool, freddy.ConnectionListParams{})
				require.NoError(t, err)
				authorization, err := client.Connections().Authorize(t.Context(), freddy.AuthorizeParams{ConnectorType: tool})
				require.NoError(t, err)
				time.AfterFunc(30*time.Second, func() {
					browser := &http.Client{Transport: fake}
					page, err := browser.Get(authorization.URL)
					if assert.NoError(t, err) {
						assert.Equal(t, http.StatusOK, page.StatusCode)
						assert.NoError(t, page.Body.Close())
					}
				})

				connection, err := client.Connections().Wait(t.Context(), tool, freddy.WaitParams{Known: known.Items, State: authorization.State})
				require.NoError(t, err)
				assert.NotEmpty(t, connection.AccountEmail)
				_, err = client.AvailableConnectors().Get(t.Context(), tool)
				assert.NoError(t, err)
				accounts, err := client.Accounts().List(t.Context(), freddy.AccountListParams{})
				require.NoError(t, err)
				account := accounts.Items[len(accounts.Items)-1]
				_, err = client.Accounts().Tools(t.Context(), account.ID)
				assert.NoError(t, err)
				_, err = client.MCPConfigurations().Get(t.Context(), account.MCPConfigurationID)
				assert.NoError(t, err)
				_, err = client.MCPConfigurations().Test(t.Context(), account.MCPConfigurationID)
				assert.NoError(t, err)
				synctest.Wait() // for the browser
				assert.True(t, fake.called["oauthCallback"])
				assert.True(t, fake.called["completeConnection"])
			})
		})
	}
}

// Error responses are as described.
func TestFakeRejects(t *testing.T) {
	const all = "/personal-connectors"
	for name, tt := range map[string]struct {
		method, path, body, key string
		status                  int
	}{
		"invalid limit":         {http.MethodGet, all + "?limit=0", "", freddytest.APIKey, 422},
		"limit is no number":    {http.MethodGet, all + "?limit=x", "", freddytest.APIKey, 422},
		"unknown type":          {http.MethodGet, all + "?type=unknown", "", freddytest.APIKey, 422},
		"unknown cursor":        {http.MethodGet, all + "/configurations?after=unknown", "", freddytest.APIKey, 422},
		"unknown connector":     {http.MethodGet, all + "/pcon_unknown", "", freddytest.APIKey, 404},
		"no key":                {http.MethodDelete, all + "/configurations/pconf_example", "", "", 401},
		"configuration's key":   {http.MethodGet, all + "/configurations/pconf_example", "", "another-key", 401},
		"connector's key":       {http.MethodGet, all + "/" + connectorID, "", "another-key", 401},
		"accounts' key":         {http.MethodGet, all + "?organization_id=org_example", "", "another-key", 401},
		"available's key":       {http.MethodGet, all + "/available", "", "another-key", 401},
		"connection's key":      {http.MethodGet, all + "/tcred_example/health", "", "another-key", 401},
		"sign-in's key":         {http.MethodPost, all + "/authorize", "", "another-key", 401},
		"MCP key":               {http.MethodGet, "/mcp-configurations/mcp_example", "", "another-key", 401},
		"unknown configuration": {http.MethodGet, all + "/configurations/unknown", "", freddytest.APIKey, 404},
		"no body":               {http.MethodPost, all + "/configurations", "", freddytest.APIKey, 422},
		"no JSON":               {http.MethodPost, all + "/configurations", "{", freddytest.APIKey, 422},
		"missing members":       {http.MethodPost, all + "/configurations", "{}", freddytest.APIKey, 422},
		"unknown members":       {http.MethodPatch, all + "/configurations/pconf_example", `{"unknown":1}`, freddytest.APIKey, 422},
		"too large":             {http.MethodPost, all + "/configurations", strings.Repeat(" ", 1<<20+1), freddytest.APIKey, 413},
		"unknown tool":          {http.MethodGet, all + "/available/unknown", "", freddytest.APIKey, 404},
		"unknown account":       {http.MethodDelete, all + "/pcon_unknown", "", freddytest.APIKey, 404},
		"account's body":        {http.MethodPatch, all + "/pcon_example", "[]", freddytest.APIKey, 422},
		"no tools":              {http.MethodPatch, all + "/pcon_example/tools", `{"enabled":true,"allowed_tools":[]}`, freddytest.APIKey, 422},
		"tools of a kind":       {http.MethodPatch, all + "/pcon_example/tools", `{"enabled":true,"allowed_tools":[1]}`, freddytest.APIKey, 422},
		"no organization":       {http.MethodGet, all + "/connections/slack", "", freddytest.APIKey, 422},
		"unknown connection":    {http.MethodGet, all + "/unknown/health", "", freddytest.APIKey, 404},
		"authorize nothing":     {http.MethodPost, all + "/authorize?organization_id=a", "{}", freddytest.APIKey, 422},
		"authorize unknown":     {http.MethodPost, all + "/authorize?organization_id=a", `{"connector_type":"x"}`, freddytest.APIKey, 400},
		"unknown state":         {http.MethodPost, all + "/complete-oauth?organization_id=a", `{"state_token":"x"}`, freddytest.APIKey, 400},
		"complete no org":       {http.MethodPost, all + "/complete-oauth", "", freddytest.APIKey, 422},
		"callback":              {http.MethodGet, all + "/callback?code=x&state=x", "", "", 400},
		"refused callback":      {http.MethodGet, all + "/callback?error=access_denied", "", "", 400},
		"MCP no organization":   {http.MethodGet, "/mcp-configurations", "", freddytest.APIKey, 422},
		"MCP body":              {http.MethodPost, "/mcp-configurations", "{}", freddytest.APIKey, 422},
		"unknown MCP":           {http.MethodPut, "/mcp-configurations/unknown", "{}", freddytest.APIKey, 404},
	} {
		t.Run(name, func(t *testing.T) {
			request, err := http.NewRequestWithContext(t.Context(), tt.method, freddy.DefaultBaseURL+tt.path, bytes.NewReader([]byte(tt.body)))
			require.NoError(t, err)
			if tt.key != "" {
				request.Header.Set("X-Api-Key", tt.key)
			}
			response, err := newCheckedFake(t).RoundTrip(request)
			require.NoError(t, err)
			body, err := io.ReadAll(response.Body)
			require.NoError(t, err)
			require.NoError(t, response.Body.Close())
			assert.Equal(t, tt.status, response.StatusCode, string(body))
		})
	}
}

// Requests for what is not described get a described error.
func TestFakeHasNoOtherOperation(t *testing.T) {
	for status, request := range map[int]*http.Request{
		http.StatusNotFound:         httptest.NewRequest(http.MethodGet, "/v1/unknown", nil),
		http.StatusMethodNotAllowed: httptest.NewRequest(http.MethodPut, "/v1/personal-connectors", nil),
	} {
		recorder := httptest.NewRecorder()
		newCheckedFake(t).ServeHTTP(recorder, request)
		assert.Equal(t, status, recorder.Code)
		var body any
		require.NoError(t, json.Unmarshal(recorder.Body.Bytes(), &body))
		assert.NoError(t, loaded(t).Components.Schemas["FrameworkError"].Value.VisitJSON(body, openapi3.EnableJSONSchema2020()))
	}
}
