package freddy_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
)

const (
	accountsKey         = "test-key-example-of-accounts"
	exampleOrganization = "org_example"
)

// apiReply is one response of an apiStub, or why there is none. If the status is 0,
// it is 200.
type apiReply struct {
	status int
	header http.Header
	body   string
	err    error
	hangs  bool // until the request's context ends
}

// apiRequest is one request that an apiStub has received.
type apiRequest struct {
	method, url, body string
	header            http.Header
	at                time.Time
}

// apiStub is a RoundTripper that gives the first reply to the first request, and so
// on. The last one repeats.
type apiStub struct {
	mu       sync.Mutex
	replies  []apiReply
	requests []apiRequest
}

func newAPIStub(replies ...apiReply) *apiStub { return &apiStub{replies: replies} }

func (s *apiStub) RoundTrip(r *http.Request) (*http.Response, error) {
	reply := s.receive(r)
	if reply.hangs {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	if reply.err != nil {
		return nil, reply.err
	}
	response := &http.Response{
		StatusCode: max(reply.status, http.StatusOK),
		Header:     http.Header{"Content-Type": {"application/json"}, "X-Request-Id": {"req_example"}},
		Body:       io.NopCloser(strings.NewReader(reply.body)),
		Request:    r,
	}
	maps.Copy(response.Header, reply.header)
	return response, nil
}

// receive records a request and returns the reply to it.
func (s *apiStub) receive(r *http.Request) apiReply {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
		r.Body.Close()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, apiRequest{r.Method, r.URL.String(), string(body), r.Header.Clone(), time.Now()})
	return s.replies[min(len(s.requests), len(s.replies))-1]
}

// received returns the requests so far.
func (s *apiStub) received() []apiRequest {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]apiRequest(nil), s.requests...)
}

// client returns a client whose requests the stub receives.
func (s *apiStub) client(t *testing.T, opts ...freddy.Option) *freddy.Client {
	t.Helper()
	return accountsClient(t, s, opts...)
}

// accountsClient returns a client as the documentation of accounts wants it. It does
// not wait before a retry.
func accountsClient(t *testing.T, transport http.RoundTripper, opts ...freddy.Option) *freddy.Client {
	t.Helper()
	client, err := freddy.NewClient(accountsKey, append([]freddy.Option{
		freddy.WithBaseURL(freddy.ConnectionsBaseURL),
		freddy.WithAuthScheme(freddy.AuthSchemeXAPIKey),
		freddy.WithHTTPClient(&http.Client{Transport: transport}),
		freddy.WithRetryBackoff(0, 0),
	}, opts...)...)
	require.NoError(t, err)
	return client
}

// gen2 returns a sample body of accounts, connections and MCP configurations.
func gen2(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "gen2", name+".json"))
	require.NoError(t, err)
	return string(data)
}

// gen2As decodes a sample body.
func gen2As[T any](t *testing.T, name string) *T {
	t.Helper()
	value := new(T)
	require.NoError(t, json.Unmarshal([]byte(gen2(t, name)), value))
	return value
}

// serviceCall is a call of a service of connected accounts, and what is documented
// about it.
type serviceCall struct {
	name   string
	call   func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error)
	method string

	// target is the path and query below the base URL, where {org} stands for the
	// organization.
	target string

	organization organizationUse
	body         string // of the request: a sample body; empty: none
	status       int    // of the response; 0: 200
	response     string // a sample body; empty: none
	want         any    // nil: the call returns no result

	// retried is true if an attempt that may have been processed is retried.
	retried bool
}

// organizationUse is what a call does with the organization.
type organizationUse int

const (
	organizationUnused organizationUse = iota
	organizationUsed                   // if there is one
	organizationNeeded
)

// noResult adapts a call that returns only an error.
func noResult(err error) (any, error) { return nil, err }

// reply returns the documented response.
func (c *serviceCall) reply(t *testing.T) apiReply {
	t.Helper()
	reply := apiReply{status: c.status}
	if c.response != "" {
		reply.body = gen2(t, c.response)
	}
	return reply
}

// requireSent requires that a request is the documented one.
func (c *serviceCall) requireSent(t *testing.T, r apiRequest, organization string) {
	t.Helper()
	target := strings.ReplaceAll(c.target, "{org}", organization)
	if organization == "" {
		target, _, _ = strings.Cut(target, "?")
	}
	require.Equal(t, c.method, r.method)
	require.Equal(t, freddy.ConnectionsBaseURL+target, r.url)
	assert.Equal(t, []string{accountsKey}, r.header["X-Api-Key"])
	assert.NotContains(t, r.header, "Authorization")
	if c.body == "" {
		assert.Empty(t, r.body)
		assert.NotContains(t, r.header, "Content-Type")
		return
	}
	want := strings.ReplaceAll(gen2(t, c.body), "org_xyz789", organization)
	assert.JSONEq(t, want, r.body)
	assert.Equal(t, []string{"application/json"}, r.header["Content-Type"])
}

// testServiceCalls makes each call with its documented response, with each way to
// set the organization, and with failures that are retried or not.
func testServiceCalls(t *testing.T, calls []serviceCall) {
	t.Helper()
	for _, c := range calls {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			t.Run("request and response", func(t *testing.T) {
				stub := newAPIStub(c.reply(t))
				var response freddy.Response
				got, err := c.call(t.Context(), stub.client(t, freddy.WithOrganization(exampleOrganization)), freddy.WithResponse(&response))
				require.NoError(t, err)
				assert.Equal(t, c.want, got)
				assert.Equal(t, max(c.status, http.StatusOK), response.StatusCode)
				requests := stub.received()
				require.Len(t, requests, 1)
				c.requireSent(t, requests[0], exampleOrganization)
			})
			t.Run("organization of the call", func(t *testing.T) {
				stub := newAPIStub(c.reply(t))
				_, err := c.call(t.Context(), stub.client(t, freddy.WithOrganization("org_client")), freddy.WithOrganization("org_call"))
				require.NoError(t, err)
				c.requireSent(t, stub.received()[0], "org_call")
			})
			t.Run("no organization", func(t *testing.T) {
				stub := newAPIStub(c.reply(t))
				_, err := c.call(t.Context(), stub.client(t))
				if c.organization == organizationNeeded {
					requireArgument(t, err, "WithOrganization")
					assert.Empty(t, stub.received())
					return
				}
				require.NoError(t, err)
				organization := exampleOrganization // not in the target
				if c.organization == organizationUsed {
					organization = ""
				}
				c.requireSent(t, stub.received()[0], organization)
			})
			t.Run("nil client", func(t *testing.T) {
				_, err := c.call(t.Context(), nil)
				require.ErrorIs(t, err, freddy.ErrInvalidArgument)
			})
			c.testRetries(t)
		})
	}
}

// testRetries tests what follows a failed attempt.
func (c *serviceCall) testRetries(t *testing.T) {
	t.Helper()
	lost := apiReply{err: errors.New("connection reset by peer")}
	unavailable := apiReply{status: http.StatusServiceUnavailable, body: gen2(t, "error_forbidden")}
	limited := apiReply{status: http.StatusTooManyRequests}
	rejected := apiReply{status: http.StatusForbidden, body: gen2(t, "error_forbidden")}
	for name, tt := range map[string]struct {
		first   apiReply
		retried bool
	}{
		"lost":         {lost, c.retried},
		"503":          {unavailable, c.retried},
		"429":          {limited, true},
		"403":          {rejected, false},
		"unauthorized": {apiReply{status: http.StatusUnauthorized, body: gen2(t, "error_unauthorized")}, false},
	} {
		t.Run(name, func(t *testing.T) {
			stub := newAPIStub(tt.first, c.reply(t))
			_, err := c.call(t.Context(), stub.client(t, freddy.WithOrganization(exampleOrganization)))
			if tt.retried {
				require.NoError(t, err)
				require.Len(t, stub.received(), 2)
				c.requireSent(t, stub.received()[1], exampleOrganization)
				return
			}
			require.Error(t, err)
			assert.Len(t, stub.received(), 1)
			processed := tt.first.err != nil || tt.first.status/100 == 5
			assert.Equal(t, processed && c.method != http.MethodGet, freddy.MayHaveSucceeded(err))
			var apiErr *freddy.APIError
			if errors.As(err, &apiErr) && tt.first.status == http.StatusForbidden {
				require.ErrorIs(t, err, freddy.ErrPermissionDenied)
				assert.Equal(t, "FORBIDDEN", apiErr.Code)
				assert.Equal(t, "authorization_error", apiErr.Type)
				assert.Equal(t, "You do not have permission to perform this action.", apiErr.Message)
				assert.Equal(t, "Insufficient permissions", apiErr.SystemMessage)
				assert.Equal(t, "req_def456", apiErr.TraceID)
			}
		})
	}
	if c.method != http.MethodDelete {
		return
	}
	gone := apiReply{status: http.StatusNotFound}
	for name, tt := range map[string]struct {
		replies []apiReply
		err     error
	}{
		"404 after a lost attempt": {[]apiReply{lost, gone}, nil},
		"404 after 503":            {[]apiReply{unavailable, gone}, nil},
		"404 after 429":            {[]apiReply{limited, gone}, freddy.ErrNotFound},
		"404 at once":              {[]apiReply{gone}, freddy.ErrNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			stub := newAPIStub(tt.replies...)
			_, err := c.call(t.Context(), stub.client(t, freddy.WithOrganization(exampleOrganization)))
			require.ErrorIs(t, err, tt.err)
			assert.Len(t, stub.received(), len(tt.replies))
		})
	}
}

// requireArgument requires an *ArgumentError of an argument.
func requireArgument(t *testing.T, err error, argument string) {
	t.Helper()
	require.ErrorIs(t, err, freddy.ErrInvalidArgument)
	var argumentErr *freddy.ArgumentError
	require.ErrorAs(t, err, &argumentErr)
	assert.Equal(t, argument, argumentErr.Argument, argumentErr.Reason)
}

// argumentCall is a call with an invalid argument.
type argumentCall struct {
	name     string
	argument string
	call     func(ctx context.Context, c *freddy.Client) error
}

// testArguments requires that calls with an invalid argument send nothing.
func testArguments(t *testing.T, calls []argumentCall) {
	t.Helper()
	for _, c := range calls {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			stub := newAPIStub(apiReply{body: "{}"})
			err := c.call(t.Context(), stub.client(t, freddy.WithOrganization(exampleOrganization)))
			requireArgument(t, err, c.argument)
			assert.Empty(t, stub.received())
		})
	}
}

// idCalls returns calls with invalid ids.
func idCalls(argument string, call func(ctx context.Context, c *freddy.Client, id string) error) []argumentCall {
	var calls []argumentCall
	for _, id := range []string{"", ".", "..", "a/b", "a?b", "a%2Fb", "a b", "ä", strings.Repeat("a", 129)} {
		calls = append(calls, argumentCall{"id " + id, argument, func(ctx context.Context, c *freddy.Client) error {
			return call(ctx, c, id)
		}})
	}
	return calls
}

// reservedCalls returns calls with the names of endpoints in the place of an id.
func reservedCalls(call func(ctx context.Context, c *freddy.Client, id string) error) []argumentCall {
	var calls []argumentCall
	for _, id := range []string{"configurations", "available", "authorize", "callback", "complete-oauth", "connections"} {
		calls = append(calls, argumentCall{"reserved " + id, "id", func(ctx context.Context, c *freddy.Client) error {
			return call(ctx, c, id)
		}})
	}
	return calls
}

// decodeCall is a call whose 2xx response is not as documented.
type decodeCall struct {
	name  string
	call  func(ctx context.Context, c *freddy.Client) (any, error)
	body  string
	field string // of the *DecodeError
}

// testDecodeErrors requires a *DecodeError that names the member and has no result.
func testDecodeErrors(t *testing.T, calls []decodeCall) {
	t.Helper()
	for _, c := range calls {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			stub := newAPIStub(apiReply{body: c.body})
			_, err := c.call(t.Context(), stub.client(t, freddy.WithOrganization(exampleOrganization)))
			var decodeErr *freddy.DecodeError
			require.ErrorAs(t, err, &decodeErr)
			assert.Equal(t, c.field, decodeErr.Field, decodeErr.Error())
			assert.Equal(t, http.StatusOK, decodeErr.StatusCode)
			assert.Equal(t, "req_example", decodeErr.RequestID)
			assert.Len(t, stub.received(), 1)
		})
	}
}

var accountCalls = []serviceCall{
	{
		name: "List",
		call: func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
			return c.Accounts().List(ctx, freddy.AccountListParams{}, opts...)
		},
		method: http.MethodGet, target: "/personal-connectors?organization_id={org}", organization: organizationNeeded,
		response: "accounts_list", retried: true,
		want: &freddy.Page[freddy.Account]{Items: []*freddy.Account{
			{
				ID: "pcon_abc123", Type: "atlassian", AccountEmail: "user@example.com", Active: true,
				LastSyncAt: freddy.Ptr(time.Date(2025, 11, 14, 10, 30, 0, 0, time.UTC)),
				CreatedAt:  time.Date(2025, 11, 10, 8, 0, 0, 0, time.UTC), MCPConfigurationID: "mcp_xyz789",
			},
			{
				ID: "pcon_def456", Type: "github", AccountEmail: "developer@example.com",
				LastSyncAt: freddy.Ptr(time.Date(2025, 11, 12, 15, 45, 0, 0, time.UTC)),
				CreatedAt:  time.Date(2025, 11, 5, 12, 30, 0, 0, time.UTC), MCPConfigurationID: "mcp_abc123",
			},
		}},
	},
	{
		name: "List without the cache",
		call: func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
			page, err := c.Accounts().List(ctx, freddy.AccountListParams{ForceCheck: true}, opts...)
			if err != nil {
				return nil, err
			}
			return len(page.Items), nil
		},
		method: http.MethodGet, target: "/personal-connectors?forceCheck=true&organization_id={org}", organization: organizationNeeded,
		response: "accounts_list", retried: true, want: 2,
	},
	{
		name: "SetActive",
		call: func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
			return c.Accounts().SetActive(ctx, "pcon_abc123", false, opts...)
		},
		method: http.MethodPatch, target: "/personal-connectors/pcon_abc123",
		body: "account_active_request", response: "account", retried: true,
		want: &freddy.Account{
			ID: "pcon_abc123", Type: "atlassian", AccountEmail: "user@example.com", Active: true,
			LastSyncAt: freddy.Ptr(time.Date(2025, 11, 14, 10, 30, 0, 0, time.UTC)),
			CreatedAt:  time.Date(2025, 11, 10, 8, 0, 0, 0, time.UTC), MCPConfigurationID: "mcp_xyz789",
			IconID: "icon_abc123", IconURL: "https://example.com/icon.png",
		},
	},
	{
		name: "Disconnect",
		call: func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
			return noResult(c.Accounts().Disconnect(ctx, "pcon_abc123", opts...))
		},
		method: http.MethodDelete, target: "/personal-connectors/pcon_abc123", status: http.StatusNoContent, retried: true,
	},
	{
		name: "Tools",
		call: func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
			return c.Accounts().Tools(ctx, "pcon_abc123", opts...)
		},
		method: http.MethodGet, target: "/personal-connectors/pcon_abc123/tools", response: "account_tools", retried: true,
		want: &freddy.AccountTools{Enabled: true, Tools: []*freddy.AccountTool{
			{Name: "jira_create_issue", Description: "Create an issue in a Jira project.", Enabled: true},
			{Name: "jira_delete_issue", Description: "Delete an issue from a Jira project."},
		}},
	},
	setTools("all", freddy.AccountToolsParams{Enabled: true}),
	setTools("none", freddy.AccountToolsParams{}),
	setTools("some", freddy.AccountToolsParams{Enabled: true, Allowed: []string{"jira_create_issue", "jira_update_issue"}}),
}

func setTools(which string, params freddy.AccountToolsParams) serviceCall {
	return serviceCall{
		name: "SetTools to " + which,
		call: func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
			return noResult(c.Accounts().SetTools(ctx, "pcon_abc123", params, opts...))
		},
		method: http.MethodPatch, target: "/personal-connectors/pcon_abc123/tools",
		body: "account_tools_update_" + which, response: "account_tools_update_response", retried: true,
	}
}

func TestAccounts(t *testing.T) {
	t.Parallel()
	testServiceCalls(t, accountCalls)
}

func TestAccountArguments(t *testing.T) {
	t.Parallel()
	byID := map[string]func(ctx context.Context, c *freddy.Client, id string) error{
		"SetActive": func(ctx context.Context, c *freddy.Client, id string) error {
			_, err := c.Accounts().SetActive(ctx, id, true)
			return err
		},
		"Disconnect": func(ctx context.Context, c *freddy.Client, id string) error {
			return c.Accounts().Disconnect(ctx, id)
		},
		"Tools": func(ctx context.Context, c *freddy.Client, id string) error {
			_, err := c.Accounts().Tools(ctx, id)
			return err
		},
		"SetTools": func(ctx context.Context, c *freddy.Client, id string) error {
			return c.Accounts().SetTools(ctx, id, freddy.AccountToolsParams{})
		},
	}
	for name, call := range byID {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testArguments(t, append(idCalls("id", call), reservedCalls(call)...))
		})
	}
	testArguments(t, []argumentCall{
		{"empty list of tools", "Allowed", func(ctx context.Context, c *freddy.Client) error {
			return c.Accounts().SetTools(ctx, "pcon_abc123", freddy.AccountToolsParams{Enabled: true, Allowed: []string{}})
		}},
		{"nil context", "ctx", func(_ context.Context, c *freddy.Client) error {
			_, err := c.Accounts().List(nil, freddy.AccountListParams{}) //nolint:staticcheck // on purpose
			return err
		}},
		{"empty organization", "WithOrganization", func(ctx context.Context, c *freddy.Client) error {
			_, err := c.Accounts().List(ctx, freddy.AccountListParams{}, freddy.WithOrganization(""))
			return err
		}},
	})
}

// The organization is escaped in the query.
func TestOrganizationIsEscaped(t *testing.T) {
	t.Parallel()
	stub := newAPIStub(apiReply{body: "[]"})
	_, err := stub.client(t).Accounts().List(t.Context(), freddy.AccountListParams{}, freddy.WithOrganization("a&b=c+d%/#?"))
	require.NoError(t, err)
	assert.Equal(t, freddy.ConnectionsBaseURL+"/personal-connectors?organization_id=a%26b%3Dc%2Bd%25%2F%23%3F", stub.received()[0].url)
}

func TestAccountResponses(t *testing.T) {
	t.Parallel()
	list := func(ctx context.Context, c *freddy.Client) (any, error) {
		return c.Accounts().List(ctx, freddy.AccountListParams{})
	}
	setActive := func(ctx context.Context, c *freddy.Client) (any, error) {
		return c.Accounts().SetActive(ctx, "pcon_1", true)
	}
	tools := func(ctx context.Context, c *freddy.Client) (any, error) { return c.Accounts().Tools(ctx, "pcon_1") }
	setTools := func(ctx context.Context, c *freddy.Client) (any, error) {
		return noResult(c.Accounts().SetTools(ctx, "pcon_1", freddy.AccountToolsParams{}))
	}
	testDecodeErrors(t, []decodeCall{
		{"no connector_id", list, `[{"connector_type":"github"}]`, "/0/connector_id"},
		{"no connector_type", list, `[{"connector_id":"pcon_1","connector_type":"github"},{"connector_id":"pcon_2"}]`, "/1/connector_type"},
		{"null connector_type", list, `{"success":true,"data":[{"connector_id":"pcon_1","connector_type":null}]}`, "/data/0/connector_type"},
		{"no account", setActive, `{}`, "/connector_id"},
		{"account without a type", setActive, `{"connector_id":"pcon_1"}`, "/connector_type"},
		{"active is not a bool", setActive, `{"connector_id":"pcon_1","connector_type":"github","is_active":"yes"}`, "/is_active"},
		{"no tools", tools, `{"are_tools_enabled":true}`, "/tools"},
		{"null tools", tools, `{"are_tools_enabled":true,"tools":null}`, "/tools"},
		{"tools are no list", tools, `{"are_tools_enabled":true,"tools":{}}`, "/tools"},
		{"a null tool", tools, `{"are_tools_enabled":true,"tools":[null]}`, "/tools/0"},
		{"a page of a proxy", setTools, "<html></html>", ""},
		{"no body", tools, "", ""},
	})
	t.Run("success false", func(t *testing.T) {
		t.Parallel()
		for name, call := range map[string]func(context.Context, *freddy.Client) (any, error){
			"List": list, "SetActive": setActive, "Tools": tools, "SetTools": setTools,
		} {
			stub := newAPIStub(apiReply{body: gen2(t, "error_insufficient_permissions")})
			_, err := call(t.Context(), stub.client(t, freddy.WithOrganization(exampleOrganization)))
			var apiErr *freddy.APIError
			require.ErrorAs(t, err, &apiErr, name)
			assert.Equal(t, http.StatusOK, apiErr.StatusCode, name)
			assert.True(t, freddy.HasCode(err, freddy.CodeInsufficientPermissions), name)
		}
	})
	t.Run("forms of a list", func(t *testing.T) {
		t.Parallel()
		for _, body := range []string{
			gen2(t, "accounts_list"),
			`{"success":true,"data":` + gen2(t, "accounts_list") + `,"total":2}`,
			`{"object":"list","data":` + gen2(t, "accounts_list") + `}`,
		} {
			stub := newAPIStub(apiReply{body: body})
			page, err := stub.client(t).Accounts().List(t.Context(), freddy.AccountListParams{}, freddy.WithOrganization("org_1"))
			require.NoError(t, err, body)
			require.Len(t, page.Items, 2, body)
			assert.Equal(t, "pcon_def456", page.Items[1].ID)
			assert.False(t, page.HasMore)
			if strings.Contains(body, "total") {
				assert.Equal(t, map[string]json.RawMessage{"total": json.RawMessage("2")}, page.Extra)
			}
		}
	})
	t.Run("no account", func(t *testing.T) {
		t.Parallel()
		for _, body := range []string{`[]`, `{"success":true,"data":[]}`} {
			stub := newAPIStub(apiReply{body: body})
			page, err := stub.client(t).Accounts().List(t.Context(), freddy.AccountListParams{}, freddy.WithOrganization("org_1"))
			require.NoError(t, err, body)
			assert.Empty(t, page.Items, body)
		}
	})
	t.Run("a change without a body", func(t *testing.T) {
		t.Parallel()
		for _, reply := range []apiReply{{status: http.StatusNoContent}, {}, {body: `{"message":"ok"}`}, {body: "null"}} {
			stub := newAPIStub(reply)
			_, err := setTools(t.Context(), stub.client(t))
			require.NoError(t, err, reply.body)
			require.NoError(t, stub.client(t).Accounts().Disconnect(t.Context(), "pcon_1"), reply.body)
		}
	})
}

// The catalogue and the accounts have the same path on two hosts. J12 of the fault
// matrix.
func TestAccountsAreNotTakenForTheCatalogue(t *testing.T) {
	t.Parallel()
	accounts := func(ctx context.Context, c *freddy.Client) (any, error) {
		return c.Accounts().List(ctx, freddy.AccountListParams{})
	}
	catalogue := func(ctx context.Context, c *freddy.Client) (any, error) {
		return c.Connectors().List(ctx, freddy.ConnectorListParams{})
	}
	const connector = `{"id":"pcon_github","connectorId":"github","type":"official","name":"GitHub"}`
	testDecodeErrors(t, []decodeCall{
		{"J12 the catalogue in place of accounts", accounts, gen2(t, "accounts_list_catalogue"), "/data/0/object"},
		{"J12 its items as an array", accounts, `[{"id":"pcon_github","object":"personal_connector","connectorId":"github"}]`, "/0/object"},
		{"J12 its items without object", accounts, `{"object":"list","data":[` + connector + `]}`, "/data/0/connector_type"},
		{"J12 in snake_case", accounts, `[{"id":"pcon_github","object":"personal_connector","connector_id":"github","connector_type":"x"}]`, "/0/object"},
		{"J12 accounts in place of the catalogue", catalogue, gen2(t, "accounts_list"), "/0/id"},
		{"J12 wrapped", catalogue, `{"success":true,"data":` + gen2(t, "accounts_list") + `}`, "/data/0/id"},
	})
}
