package freddy_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
)

var availableConnectorCalls = []serviceCall{
	{
		name: "List",
		call: func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
			return c.AvailableConnectors().List(ctx, opts...)
		},
		method: http.MethodGet, target: "/personal-connectors/available", response: "available_list", retried: true,
		want: &freddy.Page[freddy.AvailableConnector]{Items: []*freddy.AvailableConnector{
			{
				Key: "atlassian", Name: "Atlassian", Description: "Jira and Confluence", IconID: "icon_abc123",
				IconURL: "https://example.com/atlassian.png", RequiresOAuth: freddy.Ptr(true),
			},
			{Key: "github", Name: "GitHub", Description: "Repositories, issues and pull requests"},
		}},
	},
	{
		name: "Get",
		call: func(ctx context.Context, c *freddy.Client, opts ...freddy.CallOption) (any, error) {
			return c.AvailableConnectors().Get(ctx, "slack", opts...)
		},
		method: http.MethodGet, target: "/personal-connectors/available/slack?organization_id={org}", organization: organizationUsed,
		response: "available_connector", retried: true,
		want: &freddy.AvailableConnector{
			ID: "abc123def456", Key: "slack", Name: "My Resource", Description: "A description of the resource", Category: "general",
			IconURL: "https://example.com/resource", Connected: freddy.Ptr(false), ConnectionID: "conn_abc123def456",
			ReleaseChannel: freddy.ReleaseChannelBeta,
		},
	},
}

func TestAvailableConnectors(t *testing.T) {
	t.Parallel()
	testServiceCalls(t, availableConnectorCalls)
}

func TestAvailableConnectorArguments(t *testing.T) {
	t.Parallel()
	testArguments(t, idCalls("toolKey", func(ctx context.Context, c *freddy.Client, id string) error {
		_, err := c.AvailableConnectors().Get(ctx, id)
		return err
	}))
}

// A tool may have the name of an endpoint: it is a level below them.
func TestToolKeyMayBeTheNameOfAnEndpoint(t *testing.T) {
	t.Parallel()
	stub := newAPIStub(apiReply{body: `{"tool_key":"connections"}`})
	_, err := stub.client(t).AvailableConnectors().Get(t.Context(), "connections")
	require.NoError(t, err)
	assert.Equal(t, freddy.ConnectionsBaseURL+"/personal-connectors/available/connections", stub.received()[0].url)
}

func TestAvailableConnectorResponses(t *testing.T) {
	t.Parallel()
	list := func(ctx context.Context, c *freddy.Client) (any, error) { return c.AvailableConnectors().List(ctx) }
	get := func(ctx context.Context, c *freddy.Client) (any, error) {
		return c.AvailableConnectors().Get(ctx, "slack")
	}
	testDecodeErrors(t, []decodeCall{
		{"neither tool_key nor type", list, `[{"name":"Slack"}]`, "/0/tool_key"},
		{"in a wrapped list", list, `{"success":true,"data":[{"type":"slack"},{"type":""}]}`, "/data/1/tool_key"},
		{"a null item", list, `[null]`, "/0"},
		{"one without a key", get, `{"display_name":"Slack"}`, "/tool_key"},
		{"connected is not a bool", get, `{"tool_key":"slack","is_connected":1}`, "/is_connected"},
		{"null", get, `null`, ""},
	})
	t.Run("both forms of an item in both forms of a list", func(t *testing.T) {
		t.Parallel()
		for body, want := range map[string]freddy.AvailableConnector{
			gen2(t, "available_list_wrapped"): {
				ID: "abc123def456", Key: "slack", Name: "Slack", Category: "communication", Connected: freddy.Ptr(true),
				ConnectionID: "conn_abc123def456", ReleaseChannel: freddy.ReleaseChannelStable,
			},
			"[" + gen2(t, "available_connector") + "]":             *gen2As[freddy.AvailableConnector](t, "available_connector"),
			`{"success":true,"data":[{"type":"a","name":"A"}]}`:    {Key: "a", Name: "A"},
			`[{"toolKey":"a","displayName":"A","type":"b"}]`:       {Key: "a", Name: "A"},
			`[{"type":"b","tool_key":"a","name":"B","id":"tool"}]`: {ID: "tool", Key: "a", Name: "B"},
		} {
			stub := newAPIStub(apiReply{body: body})
			page, err := stub.client(t).AvailableConnectors().List(t.Context())
			require.NoError(t, err, body)
			require.Len(t, page.Items, 1, body)
			got := *page.Items[0]
			got.Extra = nil
			assert.Equal(t, want, got, body)
		}
	})
	t.Run("unknown tool", func(t *testing.T) {
		t.Parallel()
		stub := newAPIStub(apiReply{status: http.StatusNotFound, body: `{"detail":"Not Found"}`})
		_, err := stub.client(t).AvailableConnectors().Get(t.Context(), "unknown")
		require.ErrorIs(t, err, freddy.ErrNotFound)
	})
	t.Run("members that are not named", func(t *testing.T) {
		t.Parallel()
		stub := newAPIStub(apiReply{body: `{"tool_key":"slack","scopes":["a"]}`})
		connector, err := stub.client(t).AvailableConnectors().Get(t.Context(), "slack")
		require.NoError(t, err)
		assert.Equal(t, map[string]json.RawMessage{"scopes": json.RawMessage(`["a"]`)}, connector.Extra)
	})
}
