package freddytest

import "github.com/aitronos/freddy-go"

// toolsOf returns the tools of a connector of the catalogue. Other connectors
// have none. The first tool of ClickUp is the documented sample. The other tools
// are invented.
func toolsOf(connectorID string) []freddy.Tool {
	tools, known := toolsByConnector[connectorID]
	if !known {
		return []freddy.Tool{}
	}
	return tools()
}

var toolsByConnector = map[string]func() []freddy.Tool{
	"pcon_github":    githubTools,
	"pcon_notion":    notionTools,
	"pcon_slack":     slackTools,
	"pcon_figma":     figmaTools,
	"pcon_clickup":   clickupTools,
	"pcon_jira":      jiraTools,
	"pcon_teams":     teamsTools,
	"pcon_trello":    trelloTools,
	"pcon_inventory": inventoryTools,
	"pcon_scripts":   scriptsTools,
}

func tool(name, description, input, output string) freddy.Tool {
	return freddy.Tool{Name: name, Description: description, InputSchema: schema(input), OutputSchema: schema(output)}
}

func githubTools() []freddy.Tool {
	return []freddy.Tool{
		tool("github_search_code", "Search the code of the repository.", `{
			"type": "object",
			"properties": {
				"query": {"type": "string", "description": "What to search for"},
				"path": {"type": "string", "description": "Directory to search in"},
				"limit": {"type": "integer", "description": "Most results", "minimum": 1, "maximum": 100, "default": 20}
			},
			"required": ["query"]
		}`, `{
			"type": "object",
			"properties": {
				"matches": {"type": "array", "items": {"type": "string"}, "description": "Files that match"}
			}
		}`),
		tool("github_create_issue", "Open an issue in the repository.", `{
			"type": "object",
			"properties": {
				"title": {"type": "string", "description": "Title of the issue"},
				"body": {"type": "string", "description": "Text of the issue, in Markdown"},
				"labels": {"type": "array", "items": {"type": "string"}, "description": "Labels of the issue"}
			},
			"required": ["title"]
		}`, `{
			"type": "object",
			"properties": {
				"number": {"type": "integer", "description": "Number of the issue"},
				"url": {"type": "string", "description": "URL to view the issue"}
			}
		}`),
		tool("github_get_pull_request", "Show a pull request.", `{
			"type": "object",
			"properties": {
				"number": {"type": "integer", "description": "Number of the pull request", "minimum": 1}
			},
			"required": ["number"]
		}`, `{
			"type": "object",
			"properties": {
				"title": {"type": "string", "description": "Title of the pull request"},
				"state": {"type": "string", "enum": ["open", "closed", "merged"], "description": "State of the pull request"},
				"changedFiles": {"type": "integer", "description": "How many files it changes"}
			}
		}`),
	}
}

func notionTools() []freddy.Tool {
	return []freddy.Tool{
		tool("notion_search", "Search the pages of the workspace.", `{
			"type": "object",
			"properties": {
				"query": {"type": "string", "description": "What to search for"}
			},
			"required": ["query"]
		}`, `{
			"type": "object",
			"properties": {
				"pageIds": {"type": "array", "items": {"type": "string"}, "description": "Pages that match"}
			}
		}`),
		tool("notion_create_page", "Create a page.", `{
			"type": "object",
			"properties": {
				"parentId": {"type": "string", "description": "Page or database to create it in"},
				"title": {"type": "string", "description": "Title of the page"},
				"content": {"type": "string", "description": "Text of the page, in Markdown"}
			},
			"required": ["parentId", "title"]
		}`, `{
			"type": "object",
			"properties": {
				"id": {"type": "string", "description": "The ID of the page"},
				"url": {"type": "string", "description": "URL to view the page"}
			}
		}`),
	}
}

func slackTools() []freddy.Tool {
	return []freddy.Tool{
		tool("slack_post_message", "Post a message in a channel.", `{
			"type": "object",
			"properties": {
				"channel": {"type": "string", "description": "Name of the channel"},
				"text": {"type": "string", "description": "Text of the message"},
				"thread": {"type": "string", "description": "Message to reply to"}
			},
			"required": ["channel", "text"]
		}`, `{
			"type": "object",
			"properties": {
				"timestamp": {"type": "string", "description": "What identifies the message in its channel"}
			}
		}`),
		tool("slack_read_channel", "Read the latest messages of a channel.", `{
			"type": "object",
			"properties": {
				"channel": {"type": "string", "description": "Name of the channel"},
				"limit": {"type": "integer", "description": "Most messages", "minimum": 1, "maximum": 200, "default": 50}
			},
			"required": ["channel"]
		}`, `{
			"type": "object",
			"properties": {
				"messages": {"type": "array", "items": {"type": "object"}, "description": "Messages, the latest first"}
			}
		}`),
	}
}

func figmaTools() []freddy.Tool {
	return []freddy.Tool{
		tool("figma_get_file", "Show the pages and frames of a file.", `{
			"type": "object",
			"properties": {
				"fileKey": {"type": "string", "description": "Key of the file, from its URL"}
			},
			"required": ["fileKey"]
		}`, `{
			"type": "object",
			"properties": {
				"name": {"type": "string", "description": "Name of the file"},
				"frames": {"type": "array", "items": {"type": "string"}, "description": "IDs of its frames"}
			}
		}`),
		tool("figma_export_frame", "Export a frame as an image.", `{
			"type": "object",
			"properties": {
				"fileKey": {"type": "string", "description": "Key of the file, from its URL"},
				"frameId": {"type": "string", "description": "The ID of the frame"},
				"format": {"type": "string", "enum": ["png", "svg", "pdf"], "description": "Format of the image"}
			},
			"required": ["fileKey", "frameId"]
		}`, `{
			"type": "object",
			"properties": {
				"url": {"type": "string", "description": "URL of the image"}
			}
		}`),
	}
}

func clickupTools() []freddy.Tool {
	create := tool("clickup_create_task", "Create a new task in ClickUp within a specified list.", `{
		"type": "object",
		"properties": {
			"list_id": {"type": "string", "description": "The ID of the ClickUp list where the task will be created."},
			"name": {"type": "string", "description": "The name or title of the new task."},
			"description": {"type": "string", "description": "A detailed description for the task."},
			"priority": {"type": "integer", "description": "The priority level of the task (e.g., 1-4).", "minimum": 1, "maximum": 4},
			"assignees": {"type": "array", "items": {"type": "string"}, "description": "Array of user IDs to assign to the task."}
		},
		"required": ["list_id", "name"]
	}`, `{
		"type": "object",
		"properties": {
			"id": {"type": "string", "description": "The ID of the newly created task."},
			"url": {"type": "string", "description": "URL to view the task in ClickUp."},
			"status": {"type": "string", "description": "The status of the created task."}
		}
	}`)
	create.Metadata = map[string]any{"rateLimit": "100/minute", "costCategory": "high"}
	return []freddy.Tool{
		create,
		tool("clickup_list_tasks", "List the tasks of a list.", `{
			"type": "object",
			"properties": {
				"list_id": {"type": "string", "description": "The ID of the ClickUp list."},
				"include_closed": {"type": "boolean", "description": "Whether closed tasks are listed.", "default": false}
			},
			"required": ["list_id"]
		}`, `{
			"type": "object",
			"properties": {
				"tasks": {"type": "array", "items": {"type": "object"}, "description": "Tasks of the list."}
			}
		}`),
		tool("clickup_add_comment", "Comment on a task.", `{
			"type": "object",
			"properties": {
				"task_id": {"type": "string", "description": "The ID of the task."},
				"text": {"type": "string", "description": "Text of the comment."}
			},
			"required": ["task_id", "text"]
		}`, `{
			"type": "object",
			"properties": {
				"id": {"type": "string", "description": "The ID of the comment."}
			}
		}`),
	}
}

func jiraTools() []freddy.Tool {
	return []freddy.Tool{
		tool("jira_search_issues", "Search the issues of the project.", `{
			"type": "object",
			"properties": {
				"jql": {"type": "string", "description": "Query in Jira's language"},
				"maxResults": {"type": "integer", "description": "Most issues", "minimum": 1, "maximum": 100}
			},
			"required": ["jql"]
		}`, `{
			"type": "object",
			"properties": {
				"total": {"type": "integer", "description": "How many issues match"},
				"keys": {"type": "array", "items": {"type": "string"}, "description": "Keys of those that are returned"}
			}
		}`),
		tool("jira_create_issue", "Create an issue in the project.", `{
			"type": "object",
			"properties": {
				"summary": {"type": "string", "description": "Summary of the issue"},
				"issueType": {"type": "string", "enum": ["bug", "task", "story", "epic"], "description": "Type of the issue"}
			},
			"required": ["summary", "issueType"]
		}`, `{
			"type": "object",
			"properties": {
				"key": {"type": "string", "description": "Key of the issue"},
				"url": {"type": "string", "description": "URL to view the issue"}
			}
		}`),
		tool("jira_transition_issue", "Move an issue to another status.", `{
			"type": "object",
			"properties": {
				"key": {"type": "string", "description": "Key of the issue"},
				"status": {"type": "string", "description": "Status to move it to"}
			},
			"required": ["key", "status"]
		}`, `{
			"type": "object",
			"properties": {
				"status": {"type": "string", "description": "Status that the issue has now"}
			}
		}`),
	}
}

func teamsTools() []freddy.Tool {
	return []freddy.Tool{
		tool("teams_list_channels", "List the channels of the team.", `{
			"type": "object",
			"properties": {
				"includeArchived": {"type": "boolean", "description": "Whether archived channels are listed", "default": false}
			}
		}`, `{
			"type": "object",
			"properties": {
				"channels": {"type": "array", "items": {"type": "string"}, "description": "Names of the channels"}
			}
		}`),
		tool("teams_read_messages", "Read the latest messages of a channel.", `{
			"type": "object",
			"properties": {
				"channel": {"type": "string", "description": "Name of the channel"},
				"since": {"type": "string", "format": "date-time", "description": "Nothing before this time"}
			},
			"required": ["channel"]
		}`, `{
			"type": "object",
			"properties": {
				"messages": {"type": "array", "items": {"type": "object"}, "description": "Messages, the latest first"}
			}
		}`),
	}
}

func trelloTools() []freddy.Tool {
	return []freddy.Tool{
		tool("trello_list_cards", "List the cards of the board.", `{
			"type": "object",
			"properties": {
				"list": {"type": "string", "description": "Name of the list to show"}
			}
		}`, `{
			"type": "object",
			"properties": {
				"cards": {"type": "array", "items": {"type": "object"}, "description": "Cards in their order"}
			}
		}`),
		tool("trello_move_card", "Move a card to another list.", `{
			"type": "object",
			"properties": {
				"cardId": {"type": "string", "description": "The ID of the card"},
				"list": {"type": "string", "description": "Name of the list to move it to"}
			},
			"required": ["cardId", "list"]
		}`, `{
			"type": "object",
			"properties": {
				"position": {"type": "integer", "description": "Place in the list"}
			}
		}`),
	}
}

func inventoryTools() []freddy.Tool {
	return []freddy.Tool{
		tool("inventory_get_stock", "Tell how many pieces of an article are left.", `{
			"type": "object",
			"properties": {
				"article": {"type": "string", "pattern": "^[A-Z]{2}-[0-9]{5}$", "description": "Number of the article"}
			},
			"required": ["article"]
		}`, `{
			"type": "object",
			"properties": {
				"pieces": {"type": "integer", "minimum": 0, "description": "Pieces left"},
				"shelf": {"type": "string", "description": "Where they are"}
			}
		}`),
		tool("inventory_order", "Order an article from its supplier.", `{
			"type": "object",
			"properties": {
				"article": {"type": "string", "pattern": "^[A-Z]{2}-[0-9]{5}$", "description": "Number of the article"},
				"pieces": {"type": "integer", "minimum": 1, "description": "Pieces to order"}
			},
			"required": ["article", "pieces"]
		}`, `{
			"type": "object",
			"properties": {
				"orderId": {"type": "string", "description": "The ID of the order"},
				"expectedOn": {"type": "string", "format": "date", "description": "Day of delivery"}
			}
		}`),
	}
}

func scriptsTools() []freddy.Tool {
	return []freddy.Tool{
		tool("scripts_list", "List the scripts that can be run.", `{
			"type": "object",
			"properties": {
				"prefix": {"type": "string", "description": "What their names begin with"}
			}
		}`, `{
			"type": "object",
			"properties": {
				"scripts": {"type": "array", "items": {"type": "string"}, "description": "Names of the scripts"}
			}
		}`),
		tool("scripts_run", "Run a script and wait for its end.", `{
			"type": "object",
			"properties": {
				"script": {"type": "string", "description": "Name of the script"},
				"args": {"type": "array", "items": {"type": "string"}, "description": "Its arguments", "default": []}
			},
			"required": ["script"]
		}`, `{
			"type": "object",
			"properties": {
				"exitCode": {"type": "integer", "description": "With what it has ended"},
				"output": {"type": "string", "description": "What it has printed"}
			}
		}`),
	}
}
