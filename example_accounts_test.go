package freddy_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aitronos/freddy-go"
)

// A user signs in. Here, Consent plays the user's browser.
func ExampleConnectionsService_Wait() {
	client, fake, done := connect(freddy.WithOrganization("org_example"))
	defer done()

	known, err := client.Connections().List(ctx, "github", freddy.ConnectionListParams{})
	if err != nil {
		fmt.Println(err)
		return
	}
	authorization, err := client.Connections().Authorize(ctx, freddy.AuthorizeParams{ConnectorType: "github"})
	if err != nil {
		fmt.Println(err)
		return
	}
	// Send the user's browser to authorization.URL.
	fake.Consent(authorization.State, "user@example.com")

	connection, err := client.Connections().Wait(ctx, "github", freddy.WaitParams{
		Known: known.Items,
		State: authorization.State,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(connection.ToolKey, connection.AccountEmail, connection.Active)

	// Output:
	// github user@example.com true
}

// The user does not sign in.
func ExampleNotConnectedError() {
	client, _, done := connect(freddy.WithOrganization("org_example"))
	defer done()

	waiting, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	_, err := client.Connections().Wait(waiting, "github", freddy.WaitParams{
		Progress: func(polls int) { fmt.Println("polls:", polls) },
	})
	var notConnected *freddy.NotConnectedError
	if errors.As(err, &notConnected) {
		fmt.Println(notConnected.ToolKey, "after", notConnected.Polls, "poll")
	}
	fmt.Println(errors.Is(err, freddy.ErrNotConnected))

	// Output:
	// polls: 1
	// github after 1 poll
	// true
}

func ExampleAvailableConnectorsService_List() {
	client, _, done := connect()
	defer done()

	available, err := client.AvailableConnectors().List(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, connector := range available.Items {
		fmt.Println(connector.Key, connector.Name)
	}

	// Output:
	// slack Slack
	// github GitHub
	// clickup ClickUp
	// atlassian Atlassian
}

// Two tools of an account are allowed, the others are not.
func ExampleAccountsService_SetTools() {
	client, fake, done := connect(freddy.WithOrganization("org_example"))
	defer done()
	fake.AddAccount(freddy.Account{ID: "pcon_1", Type: "github", Active: true})
	fake.SetAccountTools("pcon_1",
		freddy.AccountTool{Name: "search_code"}, freddy.AccountTool{Name: "create_issue"}, freddy.AccountTool{Name: "delete_repository"})

	err := client.Accounts().SetTools(ctx, "pcon_1", freddy.AccountToolsParams{
		Enabled: true,
		Allowed: []string{"search_code", "create_issue"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	tools, err := client.Accounts().Tools(ctx, "pcon_1")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, tool := range tools.Tools {
		fmt.Println(tool.Name, tool.Enabled)
	}

	// Output:
	// search_code true
	// create_issue true
	// delete_repository false
}

// The tokens of a connection stop working.
func ExampleConnectionsService_Health() {
	client, fake, done := connect(freddy.WithOrganization("org_example"))
	defer done()
	fake.AddConnection(freddy.Connection{ID: "tcred_1", ToolKey: "github", Active: true})
	fake.Break("tcred_1", "The token was revoked.")

	health, err := client.Connections().Health(ctx, "tcred_1")
	if err != nil {
		fmt.Println(err)
		return
	}
	if health.Status == freddy.HealthStatusUnhealthy {
		fmt.Println("sign in again:", health.Reason)
	}

	// Output:
	// sign in again: The token was revoked.
}

func ExampleMCPConfigurationsService_Create() {
	client, _, done := connect(freddy.WithOrganization("org_example"))
	defer done()

	created, err := client.MCPConfigurations().Create(ctx, freddy.MCPConfigurationCreateParams{
		Name:          "Backend",
		ServerURL:     "https://mcp.example.com",
		TransportType: freddy.MCPTransportStreamableHTTP,
		AuthType:      freddy.MCPAuthTypeBearerToken,
		Credentials:   freddy.BearerCredentials("example-token"),
		Tools:         &freddy.ToolConfiguration{Enabled: true, Allowed: []string{"search_code"}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(created.Name, created.Type, created.TransportType)

	// Output:
	// Backend custom streamable_http
}
