// Mcp lists the tools of a connector's MCP server, and calls one. FREDDY_API_KEY has the
// API key, and MCP_TOKEN the token of the MCP server, if it needs one. Without an API key,
// the example uses a fake API and a server of its own.
//
//	cd examples/mcp && go run . pcon_example add '{"a": 2, "b": 3}'
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/signal"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"golang.org/x/oauth2"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/freddytest"
)

func main() {
	log.SetFlags(0)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		log.Fatal(err)
	}
}

const usage = "usage: mcp CONNECTOR_ID [TOOL [ARGUMENTS]]"

func run(ctx context.Context, args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("mcp", flag.ExitOnError)
	flags.Usage = func() { fmt.Fprintln(flags.Output(), usage) }
	if _ = flags.Parse(args); flags.NArg() < 1 || flags.NArg() > 3 { // Parse exits on an error
		return errors.New(usage)
	}
	key, baseURL := os.Getenv("FREDDY_API_KEY"), cmp.Or(os.Getenv("FREDDY_BASE_URL"), freddy.DefaultBaseURL)
	if key == "" {
		log.Print("FREDDY_API_KEY is not set: using a fake API")
		server, fake := httptest.NewServer(newServer()), freddytest.NewFake()
		defer server.Close()
		api := httptest.NewServer(fake)
		defer api.Close()
		fake.AddConnector(freddy.Connector{ID: "pcon_example", ServerURL: server.URL, ServerType: freddy.ServerTypeHTTP})
		key, baseURL = freddytest.APIKey, api.URL+"/v1"
	}
	client, err := freddy.NewClient(key, freddy.WithBaseURL(baseURL))
	if err != nil {
		return err
	}
	connector, err := client.Connectors().Get(ctx, flags.Arg(0))
	if err != nil {
		return err
	}
	session, err := connect(ctx, connector, os.Getenv("MCP_TOKEN"))
	if err != nil {
		return err
	}
	defer session.Close()
	if flags.NArg() > 1 {
		return call(ctx, session, flags.Arg(1), cmp.Or(flags.Arg(2), "{}"), stdout)
	}
	for tool, err := range session.Tools(ctx, nil) {
		if err != nil {
			return err
		}
		fmt.Fprintf(stdout, "%q %q\n", tool.Name, tool.Description)
	}
	return nil
}

// connect opens a session with the MCP server of a connector. The server gets the token,
// or no credential if the token is empty. It never gets the API key.
func connect(ctx context.Context, connector *freddy.Connector, token string) (*mcp.ClientSession, error) {
	if connector.ServerType != freddy.ServerTypeHTTP {
		return nil, fmt.Errorf("%s: the server type is %q; this program supports only http", connector.ID, connector.ServerType)
	}
	server, err := url.Parse(connector.ServerURL)
	local := err == nil && server.Scheme == "http" && net.ParseIP(server.Hostname()).IsLoopback()
	if err != nil || server.Host == "" || server.Scheme != "https" && !local {
		return nil, fmt.Errorf("%s: the server URL must be an https URL", connector.ID)
	}
	// A redirect is an error, because the token would go to its target, too.
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	if token != "" {
		client.Transport = &oauth2.Transport{Source: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: token})}
	}
	transport := &mcp.StreamableClientTransport{Endpoint: connector.ServerURL, HTTPClient: client, DisableStandaloneSSE: true}
	return mcp.NewClient(&mcp.Implementation{Name: "example", Version: "1.0.0"}, nil).Connect(ctx, transport, nil)
}

// call prints the result of a tool as JSON. If the tool fails, the result says so.
func call(ctx context.Context, session *mcp.ClientSession, tool, arguments string, stdout io.Writer) error {
	result, err := session.CallTool(ctx, &mcp.CallToolParams{Name: tool, Arguments: json.RawMessage(arguments)})
	if err != nil {
		return err
	}
	return json.NewEncoder(stdout).Encode(result)
}

// newServer returns the MCP server of the fake API's connector. It has one tool.
func newServer() http.Handler {
	server := mcp.NewServer(&mcp.Implementation{Name: "example", Version: "1.0.0"}, nil)
	add := func(_ context.Context, _ *mcp.CallToolRequest, in map[string]float64) (*mcp.CallToolResult, float64, error) {
		return nil, in["a"] + in["b"], nil
	}
	mcp.AddTool(server, &mcp.Tool{Name: "add", Description: "Add two numbers."}, add)
	return mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return server }, nil)
}
