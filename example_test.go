package freddy_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/freddytest"
	"github.com/aitronos/freddy-go/schema"
)

var ctx = context.Background()

// connect returns a client of the fake API, so that the output of the examples can be
// checked. A program calls freddy.NewClient(key).
func connect(opts ...freddy.Option) (client *freddy.Client, fake *freddytest.Fake, done func()) {
	fake = freddytest.NewFake()
	server := httptest.NewServer(fake)
	opts = append([]freddy.Option{freddy.WithBaseURL(server.URL + "/v1"), freddy.WithRetryBackoff(0, 0)}, opts...)
	client, err := freddy.NewClient(freddytest.APIKey, opts...)
	if err != nil {
		panic(err)
	}
	return client, fake, func() {
		client.CloseIdleConnections()
		server.Close()
	}
}

func Example() {
	client, err := freddy.NewClient(os.Getenv("FREDDY_API_KEY"))
	if err != nil {
		log.Fatal(err)
	}
	connector, err := client.Connectors().Get(context.Background(), "pcon_github")
	switch {
	case errors.Is(err, freddy.ErrNotFound):
		log.Fatal("there is no such connector")
	case err != nil:
		log.Fatal(err)
	}
	fmt.Println(connector.Name, "authenticates by", connector.Metadata.AuthMethod)
	fmt.Println(connector.Metadata.ConfigurationSchema)
}

// A program without a key uses the fake API.
func ExampleNewClient_fake() {
	server := httptest.NewServer(freddytest.NewFake())
	defer server.Close()
	client, err := freddy.NewClient(freddytest.APIKey, freddy.WithBaseURL(server.URL+"/v1"))
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	connector, err := client.Connectors().Get(ctx, "pcon_github")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(connector.Name, "authenticates by", connector.Metadata.AuthMethod)

	// Output:
	// GitHub authenticates by oauth2
}

// A connector has a configuration schema, which package schema reads.
func ExampleConnectorsService_Get() {
	client, _, done := connect()
	defer done()

	connector, err := client.Connectors().Get(ctx, "pcon_github")
	if err != nil {
		fmt.Println(err)
		return
	}
	settings, err := schema.Compile(connector.Metadata.ConfigurationSchema)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, field := range settings.Fields() {
		fmt.Println(field.Name, field.Type, field.Required, field.Description)
	}

	// Output:
	// repository string true Repository in format 'owner/repo'
	// branch string false Default branch
}

func ExampleConnectorsService_List() {
	client, _, done := connect()
	defer done()

	page, err := client.Connectors().List(ctx, freddy.ConnectorListParams{
		Category: freddy.CategoryDevelopment,
		Limit:    1,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, connector := range page.Items {
		fmt.Println(connector.ID)
	}
	fmt.Println("more:", page.HasMore)

	// Output:
	// pcon_github
	// more: true
}

// The second page is not requested, because the loop ends before.
func ExampleConnectorsService_All() {
	client, fake, done := connect()
	defer done()

	for connector, err := range client.Connectors().All(ctx, freddy.ConnectorListParams{Limit: 5}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(connector.Name)
		if connector.Category == freddy.CategoryDevelopment {
			break // the next page is not requested
		}
	}
	fmt.Println("requests:", len(fake.Requests()))

	// Output:
	// GitHub
	// requests: 1
}

func ExampleCollect() {
	client, _, done := connect()
	defer done()

	connectors, err := freddy.Collect(client.Connectors().All(ctx, freddy.ConnectorListParams{}))
	fmt.Println(len(connectors), err)

	// Output:
	// 8 <nil>
}

func ExampleWithMaxRetries() {
	client, fake, done := connect()
	defer done()
	busy := freddytest.Reply{Status: http.StatusServiceUnavailable}
	fake.Script(http.MethodGet, "/personal-connectors/pcon_github", busy, busy)

	// Off for one call. As an option of NewClient, it applies to all calls.
	_, err := client.Connectors().Get(ctx, "pcon_github", freddy.WithMaxRetries(0))
	fmt.Println(errors.Is(err, freddy.ErrServer))
	connector, err := client.Connectors().Get(ctx, "pcon_github")
	fmt.Println(connector.ID, err)

	// Output:
	// true
	// pcon_github <nil>
}

// An option of a call overrides that of the client.
func ExampleSharedOption() {
	client, fake, done := connect(freddy.WithHeader("X-Team", "integrations"))
	defer done()

	_, err := client.Connectors().Get(ctx, "pcon_github",
		freddy.WithAttemptTimeout(2*time.Second),
		freddy.WithMaxRetries(1),
		freddy.WithHeader("X-Team", "billing"))
	fmt.Println(fake.Requests()[0].Header.Get("X-Team"), err)

	// Output:
	// billing <nil>
}

// The log of a call that is retried. The handler leaves out what differs from run to
// run.
func ExampleWithLogger() {
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		Level: slog.LevelDebug,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey || a.Key == "duration" {
				return slog.Attr{}
			}
			return a
		},
	}))
	client, fake, done := connect(freddy.WithLogger(logger))
	defer done()
	fake.Script(http.MethodGet, "/personal-connectors/pcon_github", freddytest.Reply{Status: http.StatusBadGateway})

	if _, err := client.Connectors().Get(ctx, "pcon_github"); err != nil {
		fmt.Println(err)
	}

	// Output:
	// level=WARN msg="freddy: attempt" method=GET route=/personal-connectors/{connector_id} status=502 attempt=1 request_id=req_000001 reason=502 wait=0s
	// level=DEBUG msg="freddy: attempt" method=GET route=/personal-connectors/{connector_id} status=200 attempt=2 request_id=req_000002
}

// Hooks count calls, and why attempts failed.
func ExampleWithHooks() {
	hooks := freddy.Hooks{
		Call: func(_ context.Context, call freddy.CallInfo) (context.Context, func(freddy.CallResult)) {
			return nil, func(r freddy.CallResult) {
				fmt.Println("call", call.Method, call.Route, r.StatusCode, r.Attempts, "attempts")
			}
		},
		Attempt: func(_ context.Context, attempt freddy.AttemptInfo) (context.Context, func(freddy.AttemptResult)) {
			return nil, func(r freddy.AttemptResult) {
				fmt.Printf("attempt %d: %d %q\n", attempt.Number, r.StatusCode, r.Decision)
			}
		},
	}
	client, fake, done := connect(freddy.WithHooks(hooks))
	defer done()
	fake.Script(http.MethodGet, "/personal-connectors/pcon_github", freddytest.Reply{Status: http.StatusBadGateway})

	if _, err := client.Connectors().Get(ctx, "pcon_github"); err != nil {
		fmt.Println(err)
	}

	// Output:
	// attempt 1: 502 "retry"
	// attempt 2: 200 ""
	// call GET /personal-connectors/{connector_id} 200 2 attempts
}

// A service keeps a client for each of its users. The clients share their connections.
func ExampleClient_WithAPIKey() {
	service, _, done := connect()
	defer done()

	users := users{service: service}
	for _, key := range []string{"example-key-of-a-user", "unused, because the user has a client"} {
		client, err := users.client("user-1", key)
		if err != nil {
			fmt.Println(err)
			return
		}
		_, err = client.Connectors().Get(ctx, "pcon_github")
		fmt.Println(errors.Is(err, freddy.ErrUnauthenticated)) // the fake accepts one key only
	}

	// Output:
	// true
	// true
}

// users has a client for each user of a service.
type users struct {
	service *freddy.Client
	clients sync.Map // *freddy.Client by user ID
}

func (u *users) client(id, key string) (*freddy.Client, error) {
	if client, ok := u.clients.Load(id); ok {
		return client.(*freddy.Client), nil
	}
	derived, err := u.service.WithAPIKey(key)
	if err != nil {
		return nil, err
	}
	client, _ := u.clients.LoadOrStore(id, derived) // another goroutine may have stored one
	return client.(*freddy.Client), nil
}

// A client that also trusts the CA of a company.
func ExampleNewTransport() {
	pool, err := x509.SystemCertPool()
	if err != nil {
		log.Fatal(err)
	}
	ca, err := os.ReadFile("company-ca.pem")
	if err != nil || !pool.AppendCertsFromPEM(ca) {
		log.Fatal("company-ca.pem has no certificate")
	}
	transport := freddy.NewTransport() // HTTP/2 stays on
	transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	client, err := freddy.NewClient(os.Getenv("FREDDY_API_KEY"), freddy.WithHTTPClient(&http.Client{Transport: transport}))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(client.Connectors().Get(ctx, "pcon_github"))
}

// A program wraps the default transport without losing the settings of its pool.
func ExampleWithHTTPClient() {
	wrapped := &http.Client{Transport: counter{freddy.NewTransport()}}
	client, _, done := connect(freddy.WithHTTPClient(wrapped))
	defer done()

	_, err := client.Connectors().Get(ctx, "pcon_github")
	fmt.Println(err)

	// Output:
	// GET /personal-connectors/{connector_id}
	// <nil>
}

type counter struct{ next http.RoundTripper }

func (c counter) RoundTrip(req *http.Request) (*http.Response, error) {
	fmt.Println(req.Method, req.Pattern) // the route, of which there are few
	return c.next.RoundTrip(req)
}

// A client for connected accounts: another host, another key header, and an
// organization.
func ExampleWithOrganization() {
	client, err := freddy.NewClient(os.Getenv("FREDDY_API_KEY"),
		freddy.WithBaseURL(freddy.ConnectionsBaseURL),
		freddy.WithAuthScheme(freddy.AuthSchemeXAPIKey),
		freddy.WithOrganization(os.Getenv("FREDDY_ORGANIZATION")))
	if err != nil {
		log.Fatal(err)
	}
	accounts, err := client.Accounts().List(ctx, freddy.AccountListParams{})
	if err != nil {
		log.Fatal(err)
	}
	for _, account := range accounts.Items {
		fmt.Println(account.Type, account.AccountEmail, account.Active)
	}
}

// A limiter is waited for before each attempt, retries included.
func ExampleWithLimiter() {
	client, fake, done := connect(freddy.WithLimiter(printer{}))
	defer done()
	fake.Script(http.MethodGet, "/personal-connectors/pcon_github", freddytest.Reply{Status: http.StatusBadGateway})

	_, err := client.Connectors().Get(ctx, "pcon_github")
	fmt.Println(err)

	// Output:
	// waiting
	// waiting
	// <nil>
}

// A printer is a limiter. *rate.Limiter of golang.org/x/time is another.
type printer struct{}

func (printer) Wait(context.Context) error {
	fmt.Println("waiting")
	return nil
}

func ExampleWithResponse() {
	client, fake, done := connect()
	defer done()
	fake.Script(http.MethodGet, "/personal-connectors/pcon_github", freddytest.Reply{Status: http.StatusBadGateway})

	var response freddy.Response
	_, err := client.Connectors().Get(ctx, "pcon_github", freddy.WithResponse(&response))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(response.StatusCode, response.RequestID, "after", response.Attempts, "attempts")
	fmt.Println(response.RateLimit.Remaining, "of", response.RateLimit.Limit, "requests left")

	// Output:
	// 200 req_000002 after 2 attempts
	// 98 of 100 requests left
}

// An endpoint without a method of its own.
func ExampleClient_Do() {
	client, fake, done := connect()
	defer done()
	fake.Script(http.MethodPost, "/personal-connectors/pcon_github/star", freddytest.Reply{Body: `{"stars":5}`})

	var out struct{ Stars int }
	err := client.Do(ctx, http.MethodPost, "/personal-connectors/pcon_github/star", map[string]any{"by": "me"}, &out)
	fmt.Println(out.Stars, err)

	// Output:
	// 5 <nil>
}

// A key that rotates: after a 401, the source is called again.
func ExampleWithKeySource() {
	var key rotatingKey
	key.set("an-old-example-key")
	fake := freddytest.NewFake()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key.set(freddytest.APIKey) // while the request with the old key is in flight
		fake.ServeHTTP(w, r)
	}))
	defer server.Close()
	client, err := freddy.NewClient("", freddy.WithKeySource(key.get), freddy.WithBaseURL(server.URL+"/v1"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.CloseIdleConnections()

	connector, err := client.Connectors().Get(ctx, "pcon_github")
	fmt.Println(connector.Name, err, len(fake.Requests()), "requests")

	// Output:
	// GitHub <nil> 2 requests
}

// A rotatingKey has the current key. Another goroutine sets it before the old one expires.
type rotatingKey struct{ current atomic.Pointer[string] }

func (k *rotatingKey) set(key string) { k.current.Store(&key) }

// get is the key source. It is called concurrently, and does not wait.
func (k *rotatingKey) get(context.Context) (string, error) {
	if key := k.current.Load(); key != nil {
		return *key, nil
	}
	return "", errors.New("there is no key yet")
}

// A configuration whose settings are validated first, then created.
func ExampleConfigurationsService_Create() {
	client, _, done := connect()
	defer done()

	connector, err := client.Connectors().Get(ctx, "pcon_github")
	if err != nil {
		fmt.Println(err)
		return
	}
	settings, err := schema.Compile(connector.Metadata.ConfigurationSchema)
	if err != nil {
		fmt.Println(err)
		return
	}
	values := settings.ApplyDefaults(map[string]any{"repository": "acme/backend"})
	if err := settings.Validate(values); err != nil {
		fmt.Println(err)
		return
	}
	created, err := client.Configurations().Create(ctx, freddy.ConfigurationCreateParams{
		PersonalConnectorID: connector.ID,
		Name:                "Backend",
		Credentials:         freddy.BearerCredentials("example-token"),
		Configuration:       values,
	})
	if freddy.MayHaveSucceeded(err) {
		fmt.Println("it may exist, so look for it first:", err) // see docs/errors.md
		return
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(created.Name, created.Configuration)

	// Output:
	// Backend map[branch:main repository:acme/backend]
}

// Absent, false and true differ, so such fields are pointers.
func ExamplePtr() {
	client, fake, done := connect()
	defer done()
	fake.AddConfiguration(freddy.Configuration{ID: "pconf_1", PersonalConnectorID: "pcon_github", Name: "Backend", Enabled: true})
	fake.AddConfiguration(freddy.Configuration{ID: "pconf_2", PersonalConnectorID: "pcon_github", Name: "Archive"})

	page, err := client.Configurations().List(ctx, freddy.ConfigurationListParams{Enabled: freddy.Ptr(true)})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, configuration := range page.Items {
		fmt.Println(configuration.Name)
	}

	// Output:
	// Backend
}

func ExampleConfigurationsService_Update() {
	client, fake, done := connect()
	defer done()
	fake.AddConfiguration(freddy.Configuration{ID: "pconf_1", PersonalConnectorID: "pcon_github", Name: "Backend", Description: "old"})

	changed, err := client.Configurations().Update(ctx, "pconf_1", freddy.ConfigurationUpdateParams{
		Name:          freddy.Ptr("Frontend"),
		Description:   freddy.Ptr(""),                  // cleared
		Configuration: map[string]any{"branch": "dev"}, // merged with the current one
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s %q %v\n", changed.Name, changed.Description, changed.Configuration)

	// Output:
	// Frontend "" map[branch:dev]
}

func ExampleConfigurationsService_Tools() {
	client, fake, done := connect()
	defer done()
	fake.AddConfiguration(freddy.Configuration{ID: "pconf_1", PersonalConnectorID: "pcon_github", Name: "Backend"})

	tools, err := client.Configurations().Tools(ctx, "pconf_1", freddy.ToolListParams{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, tool := range tools.Items {
		fmt.Println(tool.Name)
	}

	// Output:
	// github_search_code
	// github_create_issue
	// github_get_pull_request
}

// Credentials are write-only: only the API receives them.
func ExampleCredentials() {
	params := freddy.ConfigurationCreateParams{
		Name:        "Backend",
		Credentials: freddy.OAuth2Credentials(freddy.OAuth2Token{AccessToken: "example-access", RefreshToken: "example-refresh"}),
	}
	fmt.Printf("%s, %+v\n", params.Name, params.Credentials)
	data, err := json.Marshal(params.Credentials)
	fmt.Println(string(data), err)

	// Output:
	// Backend, REDACTED
	// "REDACTED" <nil>
}
