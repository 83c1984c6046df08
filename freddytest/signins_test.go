package freddytest_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/freddytest"
)

const organization = "org_example"

// accountsClient returns a client with an organization.
func accountsClient(server *freddytest.Server) *freddy.Client {
	return server.Client(freddy.WithOrganization(organization))
}

// authorize begins a sign-in.
func authorize(t *testing.T, client *freddy.Client, tool string) *freddy.Authorization {
	t.Helper()
	authorization, err := client.Connections().Authorize(t.Context(), freddy.AuthorizeParams{ConnectorType: tool})
	require.NoError(t, err)
	return authorization
}

// emails returns the emails of the connections of a tool, separated by spaces.
func emails(t *testing.T, client *freddy.Client, tool string) string {
	t.Helper()
	page, err := client.Connections().List(t.Context(), tool, freddy.ConnectionListParams{})
	require.NoError(t, err)
	var found []string
	for _, connection := range page.Items {
		found = append(found, connection.AccountEmail)
	}
	return strings.Join(found, " ")
}

// open opens a URL as a browser does.
func open(t *testing.T, browser *http.Client, address string) response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	require.NoError(t, err)
	res, err := browser.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return response{res.StatusCode, res.Header, string(body)}
}

// Opening the URL of Authorize consents, however the program reaches the Fake.
func TestConsentInABrowser(t *testing.T) {
	t.Parallel()
	secure := httptest.NewTLSServer(freddytest.NewFake())
	defer secure.Close()
	plain := freddytest.NewServer(t)
	memory := freddytest.NewServer(t)
	fake := freddytest.NewFake()
	handler := &http.Client{Transport: handlerTransport{fake}}
	tests := map[string]struct {
		base    string
		browser *http.Client
		want    string // beginning of the URL
	}{
		"URL":                   {plain.URL(), http.DefaultClient, plain.URL() + "/freddytest/consent?state="},
		"in memory":             {"https://freddytest.invalid/v1", memory.HTTPClient(), "https://freddytest.invalid/v1/freddytest/consent?state="},
		"in memory on loopback": {"http://localhost:8080/v1", memory.HTTPClient(), "http://localhost:8080/v1/freddytest/consent?state="},
		"TLS":                   {secure.URL + "/v1", secure.Client(), secure.URL + "/v1/freddytest/consent?state="},
		"no server":             {"https://example.com/v1", handler, "https://example.com/v1/freddytest/consent?state="},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			client, err := freddy.NewClient(freddytest.APIKey, freddy.WithBaseURL(tt.base), freddy.WithHTTPClient(tt.browser),
				freddy.WithOrganization(organization))
			require.NoError(t, err)
			tool := "github"
			if strings.Contains(name, "loopback") {
				tool = "atlassian"
			}
			authorization := authorize(t, client, tool)
			assert.Equal(t, tt.want+authorization.State, authorization.URL)
			assert.Empty(t, emails(t, client, tool))

			got := open(t, tt.browser, authorization.URL+"&email=ada@example.com")
			assert.Equal(t, http.StatusOK, got.status)
			assert.JSONEq(t, fixture(t, "gen2/callback_response.json"), got.body)
			assert.Equal(t, "ada@example.com", emails(t, client, tool))

			assert.Equal(t, http.StatusBadRequest, open(t, tt.browser, authorization.URL).status, "the state works once")
			assert.Equal(t, "ada@example.com", emails(t, client, tool))
			tt.browser.CloseIdleConnections()
		})
	}
}

// handlerTransport calls a handler with the requests of a client as they are.
type handlerTransport struct{ http.Handler }

func (h handlerTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	response := w.Result()
	response.Request = r
	return response, nil
}

func TestConsentRedirectsToTheCallback(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	client := accountsClient(server)
	browser := server.HTTPClient()
	browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for tool, state := range map[string]bool{"github": true, "slack": true, "clickup": false} {
		authorize(t, client, tool) // remains usable
		authorization := authorize(t, client, tool)
		got := open(t, browser, authorization.URL)
		require.Equal(t, http.StatusFound, got.status, tool)
		callback, err := url.Parse(got.header.Get("Location"))
		require.NoError(t, err)
		assert.Equal(t, "/v1/personal-connectors/callback", callback.Path, tool)
		query := callback.Query()
		assert.NotEmpty(t, query.Get("code"), tool)
		assert.Equal(t, state, query.Has("state"), tool)
		assert.Empty(t, emails(t, client, tool), "the callback has not been called")

		assert.Equal(t, http.StatusOK, open(t, browser, callback.String()).status, tool)
		assert.Equal(t, http.StatusBadRequest, open(t, browser, callback.String()).status, "%s: a code works once", tool)
	}
}

func TestCallbackRejects(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	client := accountsClient(server)
	github, slack := authorize(t, client, "github").State, authorize(t, client, "slack").State
	browser := server.HTTPClient()
	browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	location := open(t, browser, "https://localhost/v1/freddytest/consent?state="+github).header.Get("Location")
	callback, err := url.Parse(location)
	require.NoError(t, err)
	code := callback.Query().Get("code")
	for _, query := range []string{
		"",
		"state=" + github,
		"code=unknown&state=" + github,
		"code=" + code,
		"code=" + code + "&state=",
		"code=" + code + "&state=unknown",
		"code=" + code + "&state=" + slack,
		"error=access_denied",
	} {
		got := send(t, server, http.MethodGet, "/v1/personal-connectors/callback?"+query, nil, "")
		assert.Equal(t, http.StatusBadRequest, got.status, query)
		assert.Contains(t, got.body, `"code":"VALIDATION_ERROR"`, query)
	}
	assert.Equal(t, http.StatusOK, send(t, server, http.MethodGet, "/v1/personal-connectors/callback?code="+code+"&state="+github, nil, "").status)
	got := send(t, server, http.MethodGet, "/v1/personal-connectors/callback?error=access_denied&state="+slack, nil, "")
	assert.Equal(t, http.StatusBadRequest, got.status)
	assert.False(t, server.Consent(slack, ""), "the state is used up")
}

func TestConsentStoresConnectionAccountAndMCPConfiguration(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	client := accountsClient(server)
	before := time.Now().Truncate(time.Second)
	require.True(t, server.Consent(authorize(t, client, "github").State, "ada@example.com"))

	connections, err := client.Connections().List(t.Context(), "github", freddy.ConnectionListParams{})
	require.NoError(t, err)
	require.Len(t, connections.Items, 1)
	connection := connections.Items[0]
	assert.WithinRange(t, connection.CreatedAt, before, time.Now())
	assert.Equal(t, freddy.Connection{
		ID: "tcred_000001", ToolKey: "github", DisplayName: "ada@example.com - GitHub", AccountEmail: "ada@example.com",
		ConnectionID: "conn_000001", Active: true, CreatedAt: connection.CreatedAt,
	}, *connection)

	accounts, err := client.Accounts().List(t.Context(), freddy.AccountListParams{ForceCheck: true})
	require.NoError(t, err)
	require.Len(t, accounts.Items, 1)
	account := accounts.Items[0]
	assert.Equal(t, freddy.Account{
		ID: "pcon_000001", Type: "github", AccountEmail: "ada@example.com", Active: true,
		CreatedAt: connection.CreatedAt, MCPConfigurationID: "mcp_000001",
	}, *account)

	configuration, err := client.MCPConfigurations().Get(t.Context(), account.MCPConfigurationID)
	require.NoError(t, err)
	assert.Equal(t, freddy.MCPConfigurationTypePersonalConnector, configuration.Type)
	assert.Equal(t, "GitHub", configuration.Name)
	assert.Equal(t, organization, configuration.OrganizationID)
	assert.True(t, configuration.Active)

	tools, err := client.Accounts().Tools(t.Context(), account.ID)
	require.NoError(t, err)
	assert.True(t, tools.Enabled)
	require.NotEmpty(t, tools.Tools)
	assert.Equal(t, "github_search_code", tools.Tools[0].Name)

	connector, err := client.AvailableConnectors().Get(t.Context(), "github")
	require.NoError(t, err)
	require.NotNil(t, connector.Connected)
	assert.True(t, *connector.Connected)
	assert.Equal(t, "conn_000001", connector.ConnectionID)
}

// A second sign-in with an email renews the connection, whose tokens work again.
func TestConsentRenews(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	client := accountsClient(server)
	require.True(t, server.Consent(authorize(t, client, "github").State, "ada@example.com"))
	require.True(t, server.Consent(authorize(t, client, "github").State, "grace@example.com"))
	require.NoError(t, client.Connections().SetActive(t.Context(), "tcred_000001", false))
	_, err := client.Accounts().SetActive(t.Context(), "pcon_000001", false)
	require.NoError(t, err)
	require.True(t, server.Break("tcred_000001", "The token was revoked."))

	require.True(t, server.Consent(authorize(t, client, "github").State, "ada@example.com"))
	assert.Equal(t, "ada@example.com grace@example.com", emails(t, client, "github"))
	page, err := client.Connections().List(t.Context(), "github", freddy.ConnectionListParams{})
	require.NoError(t, err)
	assert.True(t, page.Items[0].Active)
	assert.Equal(t, "conn_000003", page.Items[0].ConnectionID)
	health, err := client.Connections().Health(t.Context(), "tcred_000001")
	require.NoError(t, err)
	assert.Equal(t, freddy.HealthStatusHealthy, health.Status)
	accounts, err := client.Accounts().List(t.Context(), freddy.AccountListParams{})
	require.NoError(t, err)
	require.Len(t, accounts.Items, 2)
	assert.True(t, accounts.Items[0].Active)
	configuration, err := client.MCPConfigurations().Get(t.Context(), accounts.Items[0].MCPConfigurationID)
	require.NoError(t, err)
	assert.True(t, configuration.Active)
}

func TestStateWorksOnce(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	client := accountsClient(server)
	for _, tool := range []string{"github", "slack", "clickup", "atlassian"} {
		accepted, refused := authorize(t, client, tool).State, authorize(t, client, tool).State
		if tool == "clickup" {
			accepted, refused = refused, accepted // the newest is used first
		}
		assert.True(t, server.Consent(accepted, "ada@example.com"), tool)
		assert.True(t, server.Refuse(refused), tool)
		for _, state := range []string{accepted, refused, "unknown", ""} {
			assert.False(t, server.Consent(state, "grace@example.com"), "%s %s", tool, state)
			assert.False(t, server.Refuse(state), "%s %s", tool, state)
		}
	}
}

func TestStateExpires(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := freddytest.NewServer(t)
		client := accountsClient(server)
		late := map[string]string{}
		for _, tool := range []string{"github", "clickup", "slack"} {
			late[tool] = authorize(t, client, tool).State
		}
		completed, missed := authorize(t, client, "slack").State, authorize(t, client, "slack").State
		time.Sleep(10*time.Minute - time.Nanosecond)
		assert.True(t, server.Consent(completed, "ada@example.com"), "the last moment")
		assert.True(t, server.Consent(missed, "grace@example.com"), "the last moment")
		_, err := client.Connections().Complete(t.Context(), completed)
		require.NoError(t, err)
		time.Sleep(time.Nanosecond)
		for tool, state := range late {
			assert.False(t, server.Consent(state, "ada@example.com"), tool)
			assert.False(t, server.Refuse(state), tool)
			_, err := client.Connections().Complete(t.Context(), state)
			require.ErrorIs(t, err, freddy.ErrBadRequest, tool)
		}
		_, err = client.Connections().Complete(t.Context(), missed)
		require.ErrorIs(t, err, freddy.ErrBadRequest, "consented, but not completed in time")
		completion, err := client.Connections().Complete(t.Context(), completed)
		require.NoError(t, err)
		assert.True(t, completion.Connected, "completed in time")
		assert.Equal(t, "ada@example.com", emails(t, client, "slack"))
	})
}

func TestSlackNeedsCompletion(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	client := accountsClient(server)
	state := authorize(t, client, "slack").State
	pending := send(t, server, http.MethodPost, "/v1/personal-connectors/complete-oauth?organization_id=org_1", bearer(), `{"state_token":"`+state+`"}`)
	assert.Equal(t, http.StatusOK, pending.status)
	assert.JSONEq(t, fixture(t, "gen2/complete_oauth_pending.json"), pending.body)

	require.True(t, server.Consent(state, "ada@example.com"))
	assert.Empty(t, emails(t, client, "slack"), "consented, but not completed")
	for range 2 {
		completion, err := client.Connections().Complete(t.Context(), state)
		require.NoError(t, err)
		assert.Equal(t, freddy.Completion{
			Connected: true, Message: "Connection completed.",
			Connection: freddy.CompletedConnection{ID: "conn_000001", AppKey: "slack", Status: "active"},
		}, *completion)
		assert.Equal(t, "ada@example.com", emails(t, client, "slack"))
	}
}

func TestCompletionOfOtherTools(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	client := accountsClient(server)
	state, refused := authorize(t, client, "github").State, authorize(t, client, "github").State
	completion, err := client.Connections().Complete(t.Context(), state)
	require.NoError(t, err)
	assert.False(t, completion.Connected)
	require.True(t, server.Consent(state, "ada@example.com"))
	completion, err = client.Connections().Complete(t.Context(), state)
	require.NoError(t, err)
	assert.True(t, completion.Connected)
	assert.Equal(t, "conn_000001", completion.Connection.ID)

	require.True(t, server.Refuse(refused))
	for _, state := range []string{refused, "unknown"} {
		_, err = client.Connections().Complete(t.Context(), state)
		require.ErrorIs(t, err, freddy.ErrBadRequest, state)
		assert.True(t, freddy.HasCode(err, "VALIDATION_ERROR"), state)
	}
	assert.Equal(t, "ada@example.com", emails(t, client, "github"))
}

// clickup sends no state, so each consent uses up the newest one: the first user
// gets the organization of the second, and the other way round.
func TestParallelSignInsOfClickUpMixUp(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"Consent", "browser"} {
		server := freddytest.NewServer(t)
		client := server.Client()
		begin := func(organization string) *freddy.Authorization {
			authorization, err := client.Connections().Authorize(t.Context(),
				freddy.AuthorizeParams{ConnectorType: "clickup"}, freddy.WithOrganization(organization))
			require.NoError(t, err)
			return authorization
		}
		consent := func(authorization *freddy.Authorization, email string) bool {
			if how == "Consent" {
				return server.Consent(authorization.State, email)
			}
			return open(t, server.HTTPClient(), authorization.URL+"&email="+email).status == http.StatusOK
		}
		connected := func(authorization *freddy.Authorization) bool {
			completion, err := client.Connections().Complete(t.Context(), authorization.State, freddy.WithOrganization("org_1"))
			require.NoError(t, err)
			return completion.Connected
		}
		first, second := begin("org_first"), begin("org_second")
		require.True(t, consent(first, "first@example.com"), how)
		assert.False(t, connected(first), how)
		assert.True(t, connected(second), how)
		require.True(t, consent(second, "second@example.com"), how)
		assert.True(t, connected(first), how)
		assert.False(t, consent(first, "third@example.com"), "%s: none is left", how)

		accounts, err := client.Accounts().List(t.Context(), freddy.AccountListParams{}, freddy.WithOrganization("org_first"))
		require.NoError(t, err)
		require.Len(t, accounts.Items, 2, how)
		for i, want := range []struct{ email, organization string }{
			{"first@example.com", "org_second"}, {"second@example.com", "org_first"},
		} {
			assert.Equal(t, want.email, accounts.Items[i].AccountEmail, how)
			configuration, err := client.MCPConfigurations().Get(t.Context(), accounts.Items[i].MCPConfigurationID)
			require.NoError(t, err)
			assert.Equal(t, want.organization, configuration.OrganizationID, how)
		}
	}
}

// Only clickup is without a state: sign-ins of others do not mix up.
func TestParallelSignIns(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	client := accountsClient(server)
	first, second := authorize(t, client, "github").State, authorize(t, client, "github").State
	require.True(t, server.Consent(first, "first@example.com"))
	completion, err := client.Connections().Complete(t.Context(), second)
	require.NoError(t, err)
	assert.False(t, completion.Connected)
	require.True(t, server.Consent(second, "second@example.com"))
	assert.Equal(t, "first@example.com second@example.com", emails(t, client, "github"))
}

func TestAuthorizeRejects(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	const path = "/v1/personal-connectors/authorize"
	tests := map[string]struct {
		query, body string
		status      int
	}{
		"other name of the parameter":       {"?organizationId=org_1", `{"connector_type":"slack"}`, http.StatusOK},
		"parameters":                        {"?organization_id=org_1", `{"connector_type":"slack","integration_params":{"site_name":"x"}}`, http.StatusOK},
		"no organization":                   {"", `{"connector_type":"slack"}`, http.StatusUnprocessableEntity},
		"empty organization":                {"?organization_id=", `{"connector_type":"slack"}`, http.StatusUnprocessableEntity},
		"no connector":                      {"?organization_id=org_1", `{}`, http.StatusUnprocessableEntity},
		"unknown connector":                 {"?organization_id=org_1", `{"connector_type":"unknown"}`, http.StatusBadRequest},
		"parameters that are not an object": {"?organization_id=org_1", `{"connector_type":"slack","integration_params":[]}`, http.StatusUnprocessableEntity},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := send(t, server, http.MethodPost, path+tt.query, bearer(), tt.body)
			assert.Equal(t, tt.status, got.status, got.body)
			if strings.HasSuffix(name, "organization") {
				assert.JSONEq(t, fixture(t, "gen2/error_missing_organization.json"), got.body)
			}
		})
	}
}

// The browser has no key, and its requests are recorded like others.
func TestBrowserRequestsAreRecorded(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	authorization := authorize(t, accountsClient(server), "atlassian")
	open(t, server.HTTPClient(), authorization.URL)
	requests := server.Requests()
	require.Len(t, requests, 3)
	assert.Equal(t, "/freddytest/consent", requests[1].Path)
	assert.Equal(t, "/personal-connectors/callback", requests[2].Path)
	assert.Equal(t, authorization.State, requests[2].Query.Get("state"))
	assert.Empty(t, requests[2].Header.Get("Authorization"))
}
