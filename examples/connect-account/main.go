// Connect-account lists what can be connected, or connects an account. FREDDY_API_KEY has
// the API key, FREDDY_ORGANIZATION the organization. Without a key, it uses a fake API.
//
//	go run ./examples/connect-account slack
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"slices"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/freddytest"
)

func main() {
	log.SetFlags(0)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil && ctx.Err() == nil { // Ctrl-C is no error
		log.Fatal(err)
	}
}

func run(ctx context.Context, args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("connect-account [flags] [TOOL]", flag.ExitOnError)
	open := flags.Bool("open", false, "open the sign-in in a browser")
	disconnect := flags.Bool("disconnect", false, "disconnect the account at the end")
	_ = flags.Parse(args) // exits on an error
	key, organization := os.Getenv("FREDDY_API_KEY"), os.Getenv("FREDDY_ORGANIZATION")
	baseURL, fake := cmp.Or(os.Getenv("FREDDY_BASE_URL"), freddy.ConnectionsBaseURL), freddytest.NewFake()
	if key == "" {
		log.Print("FREDDY_API_KEY is not set: using a fake API")
		server := httptest.NewServer(fake)
		defer server.Close()
		key, organization, baseURL = freddytest.APIKey, "org_example", server.URL+"/v1"
	}
	client, err := freddy.NewClient(key, freddy.WithBaseURL(baseURL), freddy.WithAuthScheme(freddy.AuthSchemeXAPIKey), freddy.WithOrganization(organization))
	if err != nil {
		return err
	}
	if flags.NArg() == 0 {
		available, err := client.AvailableConnectors().List(ctx)
		if err != nil {
			return err
		}
		for _, c := range available.Items {
			fmt.Fprintf(stdout, "%-12q %q\n", c.Key, c.Name)
		}
		return nil
	}
	signIn := openBrowser // or the fake's user signs in
	if !*open {
		signIn = func(_ context.Context, a *freddy.Authorization) { fake.Consent(a.State, "user@example.com") }
	}
	connection, err := connect(ctx, client, flags.Arg(0), stdout, signIn)
	if err != nil {
		return err
	}
	return finish(ctx, client, flags.Arg(0), connection, *disconnect, stdout)
}

// connect lets a user sign in, and waits for the connection.
func connect(ctx context.Context, client *freddy.Client, tool string, stdout io.Writer, signIn func(context.Context, *freddy.Authorization)) (*freddy.Connection, error) {
	known, err := client.Connections().List(ctx, tool, freddy.ConnectionListParams{})
	if err != nil {
		return nil, err
	}
	authorization, err := client.Connections().Authorize(ctx, freddy.AuthorizeParams{ConnectorType: tool})
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(stdout, "Sign in at %s\nWaiting ", authorization.URL)
	defer fmt.Fprintln(stdout) // ends the line of progress
	signIn(ctx, authorization)
	progress := func(int) { fmt.Fprint(stdout, ".") }
	return client.Connections().Wait(ctx, tool, freddy.WaitParams{Known: known.Items, State: authorization.State, Progress: progress})
}

// openBrowser opens the sign-in. If that fails, the user can do it.
func openBrowser(ctx context.Context, a *freddy.Authorization) {
	opener := cmp.Or(map[string]string{"darwin": "open", "windows": "explorer"}[runtime.GOOS], "xdg-open")
	if err := exec.CommandContext(context.WithoutCancel(ctx), opener, a.URL).Start(); err != nil {
		log.Printf("cannot open a browser: %v", err)
	}
}

// finish prints the tools of the account of a connection.
func finish(ctx context.Context, client *freddy.Client, tool string, connection *freddy.Connection, disconnect bool, stdout io.Writer) error {
	accounts, err := client.Accounts().List(ctx, freddy.AccountListParams{ForceCheck: true})
	if err != nil {
		return err
	}
	i := slices.IndexFunc(accounts.Items, func(a *freddy.Account) bool { return a.Type == tool && a.AccountEmail == connection.AccountEmail })
	if i < 0 {
		return fmt.Errorf("the API lists no account for %q", connection.DisplayName)
	}
	account := accounts.Items[i]
	fmt.Fprintf(stdout, "%q is connected as %s\n", connection.DisplayName, account.ID)
	tools, err := client.Accounts().Tools(ctx, account.ID)
	if err != nil {
		return err
	}
	for _, t := range tools.Tools {
		fmt.Fprintf(stdout, "%q %q\n", t.Name, t.Description)
	}
	if disconnect {
		return client.Accounts().Disconnect(ctx, account.ID)
	}
	return nil
}
