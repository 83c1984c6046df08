package main

import (
	"bytes"
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/freddytest"
)

// recorder keeps what an MCP server is sent: a dump of each request, and its Authorization.
type recorder struct {
	http.Handler
	mu             sync.Mutex
	dumps          []string
	authorizations []string
}

func (r *recorder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	req.Body = io.NopCloser(bytes.NewReader(body))
	var dump strings.Builder
	dump.WriteString(req.URL.String() + "\n")
	req.Header.Write(&dump)
	dump.Write(body)
	r.mu.Lock()
	r.dumps = append(r.dumps, dump.String())
	r.authorizations = append(r.authorizations, req.Header.Get("Authorization"))
	r.mu.Unlock()
	r.Handler.ServeHTTP(w, req)
}

// requests returns what was recorded.
func (r *recorder) requests() (dumps, authorizations []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.dumps, r.authorizations
}

// newRecorder serves a handler as the MCP server of pcon_recorded.
func newRecorder(t *testing.T, api *freddytest.Server, handler http.Handler) *recorder {
	t.Helper()
	r := &recorder{Handler: handler}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	api.AddConnector(freddy.Connector{ID: "pcon_recorded", ServerURL: server.URL, ServerType: freddy.ServerTypeHTTP})
	return r
}

// try runs the example and returns what it prints.
func try(t *testing.T, key, baseURL, token string, args ...string) (string, error) {
	t.Helper()
	t.Setenv("FREDDY_API_KEY", key)
	t.Setenv("FREDDY_BASE_URL", baseURL)
	t.Setenv("MCP_TOKEN", token)
	logged := log.Writer()
	log.SetOutput(io.Discard)
	t.Cleanup(func() { log.SetOutput(logged) })
	var stdout strings.Builder
	err := run(t.Context(), args, &stdout)
	return stdout.String(), err
}

func TestListsAndCallsTools(t *testing.T) {
	for name, tt := range map[string]struct {
		args []string
		want string
	}{
		"list": {[]string{"pcon_example"}, `"add" "Add two numbers."`},
		"call": {
			[]string{"pcon_example", "add", `{"a": 2, "b": 3.5}`},
			`{"content":[{"type":"text","text":"5.5"}],"structuredContent":5.5}`,
		},
		"failed call": {
			[]string{"pcon_example", "add", `{"a": true}`},
			`"isError":true}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := try(t, "", "https://unused.example.com", "", tt.args...)
			require.NoError(t, err)
			assert.Contains(t, got, tt.want+"\n")
		})
	}
}

func TestServerNeverGetsTheAPIKey(t *testing.T) {
	for name, tt := range map[string]struct{ token, want string }{
		"with a token":    {"example-token", "Bearer example-token"},
		"without a token": {"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			api := freddytest.NewServer(t)
			server := newRecorder(t, api, newServer())
			got, err := try(t, freddytest.APIKey, api.URL(), tt.token, "pcon_recorded", "add", `{"a": 1, "b": 1}`)
			require.NoError(t, err)
			assert.Contains(t, got, `"structuredContent":2`)

			dumps, authorizations := server.requests()
			require.GreaterOrEqual(t, len(dumps), 2, "a session and a call")
			for i, dump := range dumps {
				assert.NotContains(t, dump, freddytest.APIKey)
				assert.Equal(t, tt.want, authorizations[i])
			}
			require.Len(t, api.Requests(), 1)
			assert.Equal(t, "Bearer "+freddytest.APIKey, api.Requests()[0].Header.Get("Authorization"))
		})
	}
}

func TestRefusesServers(t *testing.T) {
	const notHTTPS = "pcon_1: the server URL must be an https URL"
	for name, tt := range map[string]struct {
		serverType freddy.ServerType
		url, want  string
	}{
		"websocket":     {freddy.ServerTypeWebSocket, "wss://mcp.example.com", `pcon_1: the server type is "websocket"; this program supports only http`},
		"stdio":         {freddy.ServerTypeStdio, "", `pcon_1: the server type is "stdio"; this program supports only http`},
		"unknown type":  {"grpc\n", "https://mcp.example.com", `pcon_1: the server type is "grpc\n"; this program supports only http`},
		"no type":       {"", "https://mcp.example.com", `pcon_1: the server type is ""; this program supports only http`},
		"plain http":    {freddy.ServerTypeHTTP, "http://mcp.example.com:8000", notHTTPS},
		"no URL":        {freddy.ServerTypeHTTP, "", notHTTPS},
		"no host":       {freddy.ServerTypeHTTP, "https:///mcp", notHTTPS},
		"other scheme":  {freddy.ServerTypeHTTP, "file:///etc/hosts", notHTTPS},
		"malformed URL": {freddy.ServerTypeHTTP, "https://mcp.example.com:port", notHTTPS},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			session, err := connect(t.Context(), &freddy.Connector{ID: "pcon_1", ServerType: tt.serverType, ServerURL: tt.url}, "example-token")
			require.EqualError(t, err, tt.want)
			assert.Nil(t, session)
		})
	}
}

func TestDoesNotFollowRedirects(t *testing.T) {
	api := freddytest.NewServer(t)
	target := newRecorder(t, api, newServer()) // its connector is replaced by that of the redirect
	elsewhere := httptest.NewServer(target)
	t.Cleanup(elsewhere.Close)
	newRecorder(t, api, http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))

	_, err := try(t, freddytest.APIKey, api.URL(), "example-token", "pcon_recorded")
	require.ErrorContains(t, err, "Temporary Redirect")
	dumps, _ := target.requests()
	assert.Empty(t, dumps)
}

func TestErrors(t *testing.T) {
	api := freddytest.NewServer(t)
	newRecorder(t, api, newServer())
	for name, tt := range map[string]struct {
		args []string
		want string
	}{
		"no connector":       {nil, usage},
		"too many arguments": {[]string{"pcon_recorded", "add", "{}", "{}"}, usage},
		"unknown connector":  {[]string{"pcon_unknown"}, "404"},
		"server type":        {[]string{"pcon_slack"}, `the server type is "websocket"`},
		"unknown tool":       {[]string{"pcon_recorded", "subtract"}, `unknown tool "subtract"`},
		"arguments":          {[]string{"pcon_recorded", "add", "a=1"}, "invalid character"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := try(t, freddytest.APIKey, api.URL(), "", tt.args...)
			require.ErrorContains(t, err, tt.want)
			assert.NotContains(t, err.Error(), "\n")
			assert.Empty(t, got)
		})
	}
}

func TestContextEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	session, err := connect(ctx, &freddy.Connector{ServerType: freddy.ServerTypeHTTP, ServerURL: serve(t)}, "")
	require.NoError(t, err)
	t.Cleanup(func() { session.Close() })
	cancel()
	assert.ErrorIs(t, call(ctx, session, "add", "{}", io.Discard), context.Canceled)
}

func serve(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(newServer())
	t.Cleanup(server.Close)
	return server.URL
}
