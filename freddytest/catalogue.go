package freddytest

import (
	"time"

	"github.com/aitronos/freddy-go"
)

// catalogue returns the connectors of a new Fake. They have every type, category,
// status and server type. The first is the documented sample. The others are
// invented.
func catalogue() []freddy.Connector {
	return []freddy.Connector{
		github(), notion(), slack(), figma(), clickup(), jira(), teams(), trello(), inventory(), scripts(),
	}
}

const objectConnector = "personal_connector"

func github() freddy.Connector {
	return freddy.Connector{
		ID:          "pcon_github",
		Object:      objectConnector,
		Name:        "GitHub",
		Type:        freddy.ConnectorTypeOfficial,
		ConnectorID: "github",
		Description: "Official GitHub MCP Server for repository management",
		IconURL:     "https://github.githubassets.com/images/modules/logos_page/GitHub-Mark.png",
		Category:    freddy.CategoryDevelopment,
		Version:     "1.0.0",
		Status:      freddy.ConnectorStatusActive,
		ServerURL:   "https://github-mcp.example.com",
		ServerType:  freddy.ServerTypeHTTP,
		Metadata: freddy.ConnectorMetadata{
			SupportedFeatures: []string{"repositories", "issues", "pull_requests"},
			AuthMethod:        freddy.AuthMethodOAuth2,
			ConfigurationSchema: schema(`{
				"type": "object",
				"properties": {
					"repository": {"type": "string", "description": "Repository in format 'owner/repo'"},
					"branch": {"type": "string", "description": "Default branch", "default": "main"}
				},
				"required": ["repository"]
			}`),
		},
		CreatedAt: day(2025, time.January, 1),
		UpdatedAt: day(2025, time.January, 1),
	}
}

func notion() freddy.Connector {
	return freddy.Connector{
		ID:          "pcon_notion",
		Object:      objectConnector,
		Name:        "Notion",
		Type:        freddy.ConnectorTypeOfficial,
		ConnectorID: "notion",
		Description: "Search, read and write the pages of a Notion workspace",
		IconURL:     "https://icons.example.com/notion.png",
		Category:    freddy.CategoryProductivity,
		Version:     "2.1.0",
		Status:      freddy.ConnectorStatusActive,
		ServerURL:   "https://notion-mcp.example.com",
		ServerType:  freddy.ServerTypeHTTP,
		Metadata: freddy.ConnectorMetadata{
			SupportedFeatures: []string{"pages", "databases", "search"},
			AuthMethod:        freddy.AuthMethodOAuth2,
			ConfigurationSchema: schema(`{
				"type": "object",
				"properties": {
					"workspaceId": {"type": "string", "description": "Workspace to work in"},
					"databases": {"type": "array", "items": {"type": "string"}, "description": "Databases to include; none means all"},
					"includeArchived": {"type": "boolean", "description": "Whether archived pages are found", "default": false}
				},
				"required": ["workspaceId"]
			}`),
		},
		CreatedAt: day(2025, time.January, 15),
		UpdatedAt: day(2025, time.June, 2),
	}
}

func slack() freddy.Connector {
	return freddy.Connector{
		ID:          "pcon_slack",
		Object:      objectConnector,
		Name:        "Slack",
		Type:        freddy.ConnectorTypeOfficial,
		ConnectorID: "slack",
		Description: "Read channels and post messages in Slack",
		IconURL:     "https://icons.example.com/slack.png",
		Category:    freddy.CategoryCommunication,
		Version:     "1.4.2",
		Status:      freddy.ConnectorStatusActive,
		ServerURL:   "wss://slack-mcp.example.com/socket",
		ServerType:  freddy.ServerTypeWebSocket,
		Metadata: freddy.ConnectorMetadata{
			SupportedFeatures: []string{"channels", "messages", "threads"},
			AuthMethod:        freddy.AuthMethodOAuth2,
			ConfigurationSchema: schema(`{
				"type": "object",
				"properties": {
					"workspace": {"type": "string", "description": "Name of the workspace, as in acme.slack.com"},
					"channels": {"type": "array", "items": {"type": "string"}, "description": "Channels to read", "default": ["general"]},
					"historyDays": {"type": "integer", "description": "How many days back to read", "minimum": 1, "maximum": 90, "default": 30},
					"signingSecret": {"type": "string", "format": "password", "writeOnly": true, "description": "Signing secret of the Slack app"}
				},
				"required": ["workspace", "signingSecret"]
			}`),
		},
		CreatedAt: day(2025, time.February, 3),
		UpdatedAt: day(2025, time.August, 19),
	}
}

func figma() freddy.Connector {
	return freddy.Connector{
		ID:          "pcon_figma",
		Object:      objectConnector,
		Name:        "Figma",
		Type:        freddy.ConnectorTypeOfficial,
		ConnectorID: "figma",
		Description: "Inspect Figma files and export their frames",
		IconURL:     "https://icons.example.com/figma.png",
		Category:    freddy.CategoryDesign,
		Version:     "1.0.3",
		Status:      freddy.ConnectorStatusActive,
		ServerURL:   "https://figma-mcp.example.com",
		ServerType:  freddy.ServerTypeHTTP,
		Metadata: freddy.ConnectorMetadata{
			SupportedFeatures: []string{"files", "components", "exports"},
			AuthMethod:        freddy.AuthMethodOAuth2,
			ConfigurationSchema: schema(`{
				"type": "object",
				"properties": {
					"teamId": {"type": "string", "description": "Team whose files are read"},
					"exportFormat": {"type": "string", "enum": ["png", "svg", "pdf"], "description": "Format of exported frames", "default": "png"},
					"exportScale": {"type": "number", "description": "Scale of exported frames", "minimum": 0.5, "maximum": 4, "default": 1}
				},
				"required": ["teamId"]
			}`),
		},
		CreatedAt: day(2025, time.February, 20),
		UpdatedAt: day(2025, time.February, 20),
	}
}

func clickup() freddy.Connector {
	return freddy.Connector{
		ID:          "pcon_clickup",
		Object:      objectConnector,
		Name:        "ClickUp",
		Type:        freddy.ConnectorTypeAitronosBuilt,
		ConnectorID: "clickup",
		Description: "Create and track ClickUp tasks",
		IconURL:     "https://icons.example.com/clickup.png",
		Category:    freddy.CategoryProductivity,
		Version:     "1.0.0",
		Status:      freddy.ConnectorStatusActive,
		ServerURL:   "http://clickup-mcp.example.com:8000",
		ServerType:  freddy.ServerTypeHTTP,
		Metadata: freddy.ConnectorMetadata{
			SupportedFeatures: []string{"tasks", "lists", "comments"},
			AuthMethod:        freddy.AuthMethodOAuth2,
			ConfigurationSchema: schema(`{
				"type": "object",
				"properties": {
					"listId": {"type": "string", "description": "List for new tasks"},
					"priority": {"type": "integer", "description": "Priority of new tasks, from 1 (urgent) to 4 (low)", "minimum": 1, "maximum": 4, "default": 3},
					"assignees": {"type": "array", "items": {"type": "string"}, "description": "User ids to assign new tasks to"}
				},
				"required": ["listId"]
			}`),
		},
		CreatedAt: day(2025, time.March, 10),
		UpdatedAt: day(2025, time.October, 7),
	}
}

func jira() freddy.Connector {
	return freddy.Connector{
		ID:          "pcon_jira",
		Object:      objectConnector,
		Name:        "Jira",
		Type:        freddy.ConnectorTypeAitronosBuilt,
		ConnectorID: "jira",
		Description: "Search and update the issues of a Jira project",
		IconURL:     "https://icons.example.com/jira.png",
		Category:    freddy.CategoryDevelopment,
		Version:     "3.2.0",
		Status:      freddy.ConnectorStatusActive,
		ServerURL:   "http://jira-mcp.example.com:8000",
		ServerType:  freddy.ServerTypeHTTP,
		Metadata: freddy.ConnectorMetadata{
			SupportedFeatures: []string{"issues", "sprints", "search"},
			AuthMethod:        freddy.AuthMethodOAuth2,
			ConfigurationSchema: schema(`{
				"type": "object",
				"properties": {
					"siteUrl": {"type": "string", "format": "uri", "description": "Address of the Jira site", "examples": ["https://acme.example.com"]},
					"projectKey": {"type": "string", "pattern": "^[A-Z][A-Z0-9]{1,9}$", "description": "Key of the project"},
					"issueTypes": {
						"type": "array",
						"items": {"type": "string", "enum": ["bug", "task", "story", "epic"]},
						"description": "Types of issues to include",
						"default": ["bug", "task"]
					},
					"maxResults": {"type": "integer", "description": "Most issues that a search returns", "minimum": 1, "maximum": 100, "default": 50}
				},
				"required": ["siteUrl", "projectKey"]
			}`),
		},
		CreatedAt: day(2025, time.March, 24),
		UpdatedAt: day(2025, time.September, 30),
	}
}

func teams() freddy.Connector {
	return freddy.Connector{
		ID:          "pcon_teams",
		Object:      objectConnector,
		Name:        "Microsoft Teams",
		Type:        freddy.ConnectorTypeAitronosBuilt,
		ConnectorID: "teams",
		Description: "Read chats and channels of Microsoft Teams",
		IconURL:     "https://icons.example.com/teams.png",
		Category:    freddy.CategoryCommunication,
		Version:     "0.9.1",
		Status:      freddy.ConnectorStatusMaintenance,
		ServerURL:   "wss://teams-mcp.example.com/socket",
		ServerType:  freddy.ServerTypeWebSocket,
		Metadata: freddy.ConnectorMetadata{
			SupportedFeatures: []string{"chats", "channels", "meetings"},
			AuthMethod:        freddy.AuthMethodOAuth2,
			ConfigurationSchema: schema(`{
				"type": "object",
				"properties": {
					"tenantId": {"type": "string", "format": "uuid", "description": "Directory (tenant) id"},
					"team": {"type": ["string", "null"], "description": "Team to read; null means all", "default": null}
				},
				"required": ["tenantId"]
			}`),
		},
		CreatedAt: day(2025, time.April, 14),
		UpdatedAt: day(2025, time.November, 3),
	}
}

func trello() freddy.Connector {
	return freddy.Connector{
		ID:          "pcon_trello",
		Object:      objectConnector,
		Name:        "Trello",
		Type:        freddy.ConnectorTypeOfficial,
		ConnectorID: "trello",
		Description: "Read and move the cards of a Trello board",
		IconURL:     "https://icons.example.com/trello.png",
		Category:    freddy.CategoryProductivity,
		Version:     "0.4.0",
		Status:      freddy.ConnectorStatusDeprecated,
		ServerURL:   "https://trello-mcp.example.com",
		ServerType:  freddy.ServerTypeHTTP,
		Metadata: freddy.ConnectorMetadata{
			SupportedFeatures: []string{"boards", "cards"},
			AuthMethod:        freddy.AuthMethodOAuth2,
			ConfigurationSchema: schema(`{
				"type": "object",
				"properties": {
					"boardId": {"type": "string", "description": "Board to work on"}
				},
				"required": ["boardId"]
			}`),
		},
		CreatedAt: day(2024, time.June, 11),
		UpdatedAt: day(2025, time.May, 5),
	}
}

// inventory has a token among its settings.
func inventory() freddy.Connector {
	return freddy.Connector{
		ID:          "pcon_inventory",
		Object:      objectConnector,
		Name:        "Warehouse inventory",
		Type:        freddy.ConnectorTypeCustom,
		ConnectorID: "custom_mcp",
		Description: "Stock levels of our warehouses",
		Category:    freddy.CategoryCustom,
		Version:     "0.2.0",
		Status:      freddy.ConnectorStatusActive,
		ServerURL:   "https://mcp.warehouse.example.com",
		ServerType:  freddy.ServerTypeHTTP,
		Metadata: freddy.ConnectorMetadata{
			SupportedFeatures: []string{"stock", "orders"},
			ConfigurationSchema: schema(`{
				"type": "object",
				"properties": {
					"warehouse": {"type": "string", "enum": ["zurich", "hamburg", "lyon"], "description": "Warehouse to ask"},
					"apiToken": {"type": "string", "format": "password", "minLength": 20, "description": "Token of the warehouse API"},
					"limits": {
						"type": "object",
						"description": "When to warn",
						"properties": {
							"lowStock": {"type": "integer", "description": "Pieces left", "minimum": 0, "default": 10},
							"email": {"type": "string", "format": "email", "description": "Whom to tell"}
						},
						"required": ["email"]
					}
				},
				"required": ["warehouse", "apiToken"]
			}`),
		},
		CreatedAt: day(2025, time.July, 8),
		UpdatedAt: day(2025, time.July, 21),
		CreatedBy: "user_xyz789",
	}
}

// scripts has no URL, icon or features.
func scripts() freddy.Connector {
	return freddy.Connector{
		ID:          "pcon_scripts",
		Object:      objectConnector,
		Name:        "Local scripts",
		Type:        freddy.ConnectorTypeCustom,
		ConnectorID: "custom_mcp",
		Category:    freddy.CategoryCustom,
		Status:      freddy.ConnectorStatusActive,
		ServerType:  freddy.ServerTypeStdio,
		Metadata: freddy.ConnectorMetadata{
			ConfigurationSchema: schema(`{
				"type": "object",
				"properties": {
					"command": {"type": "string", "description": "Program to start"},
					"args": {"type": "array", "items": {"type": "string"}, "description": "Its arguments", "default": []}
				},
				"required": ["command"]
			}`),
		},
		CreatedAt: day(2025, time.September, 12),
		UpdatedAt: day(2025, time.September, 12),
		CreatedBy: "user_xyz789",
	}
}

func schema(text string) freddy.Schema { return freddy.Schema(text) }

func day(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}
