package freddytest

import (
	"cmp"
	"encoding/json"
	"net/http"

	"github.com/aitronos/freddy-go"
)

const pathAvailable = "/personal-connectors/available"

var availableRoutes = []route{
	{http.MethodGet, pathAvailable, (*Fake).listAvailable},
	{http.MethodGet, pathAvailable + "/{tool_key}", (*Fake).getAvailable},
}

// available returns what can be connected to a new Fake. Its values are invented.
func available() []freddy.AvailableConnector {
	return []freddy.AvailableConnector{
		{
			ID: "tool_slack", Key: "slack", Name: "Slack", Description: "Read channels and post messages in Slack",
			Category: "communication", IconURL: "https://icons.example.com/slack.png",
		},
		{
			ID: "tool_github", Key: "github", Name: "GitHub", Description: "Repositories, issues and pull requests",
			Category: "development", IconURL: "https://icons.example.com/github.png",
		},
		{
			ID: "tool_clickup", Key: "clickup", Name: "ClickUp", Description: "Tasks and lists of a ClickUp workspace",
			Category: "productivity", ReleaseChannel: freddy.ReleaseChannelBeta,
		},
		{
			ID: "tool_atlassian", Key: "atlassian", Name: "Atlassian", Description: "Jira and Confluence",
			Category: "productivity", IconID: "icon_atlassian", IconURL: "https://icons.example.com/atlassian.png",
		},
	}
}

// AddAvailableConnector adds a copy of a connector to the end of what can be
// connected, or replaces the connector with the same Key.
//
// If Connected is nil, the Fake reports whether there is a connection of the tool
// that is active. If ConnectionID is empty, it reports that of the newest
// connection. A nil RequiresOAuth is true, and an empty ReleaseChannel is stable.
// The list leaves out what its documented form does not have.
func (f *Fake) AddAvailableConnector(connector freddy.AvailableConnector) {
	add(f, &f.available, connector.Key, connector)
}

// listAvailable returns the older of the two documented forms, the only one that
// is documented for the list.
func (f *Fake) listAvailable(request) Reply {
	items := []json.RawMessage{}
	for _, c := range f.available.values {
		members := membersOf(c, "icon_id", "icon_url")
		items = append(items, encode(map[string]any{
			"type":           c.Key,
			"name":           c.Name,
			"description":    c.Description,
			"icon_id":        members["icon_id"],
			"icon_url":       members["icon_url"],
			"requires_oauth": c.RequiresOAuth == nil || *c.RequiresOAuth,
		}))
	}
	return jsonReply(http.StatusOK, items)
}

// getAvailable returns the newer form, the only one that is documented for one
// connector.
func (f *Fake) getAvailable(r request) Reply {
	stored := f.available.get(r.id)
	if stored == nil {
		return f.unknownID()
	}
	c := *stored
	connected := false
	for _, connection := range f.connections.values {
		if connection.ToolKey == c.Key {
			connected = connected || connection.Active
			c.ConnectionID = cmp.Or(stored.ConnectionID, connection.ConnectionID, c.ConnectionID)
		}
	}
	if c.Connected == nil {
		c.Connected = &connected
	}
	c.ReleaseChannel = cmp.Or(c.ReleaseChannel, freddy.ReleaseChannelStable)
	members := membersOf(c, "icon_url", "connection_id")
	delete(members, "icon_id")
	delete(members, "requires_oauth")
	return jsonReply(http.StatusOK, members)
}
