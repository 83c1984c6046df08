package freddy_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"time"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/freddytest"
)

var ctx = context.Background()

// connect returns a client of the API in memory, which the examples ask so that
// their output can be checked. A program calls freddy.NewClient(key).
func connect(opts ...freddy.Option) (client *freddy.Client, fake *freddytest.Fake, done func()) {
	fake = freddytest.NewFake()
	server := httptest.NewServer(fake)
	opts = append([]freddy.Option{freddy.WithBaseURL(server.URL + "/v1"), freddy.WithRetryWait(0, 0)}, opts...)
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
	client, _, done := connect()
	defer done()

	connector, err := client.Connectors().Get(ctx, "pcon_github")
	switch {
	case errors.Is(err, freddy.ErrNotFound):
		fmt.Println("there is no such connector")
		return
	case err != nil:
		fmt.Println(err)
		return
	}
	fmt.Println(connector.Name, "is", connector.Status)
	fmt.Println("authenticates by", connector.Metadata.AuthMethod)
	fmt.Println("supports", connector.Metadata.SupportedFeatures)

	// Output:
	// GitHub is active
	// authenticates by oauth2
	// supports [repositories issues pull_requests]
}

// One connector, with its configuration schema and authentication method.
func ExampleConnectorsService_Get() {
	client, _, done := connect()
	defer done()

	connector, err := client.Connectors().Get(ctx, "pcon_github")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(connector.Metadata.AuthMethod)
	fmt.Println(connector.Metadata.ConfigurationSchema.Validate(map[string]any{"repository": "acme/backend"}))

	// Output:
	// oauth2
	// <nil>
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

func ExampleConnectorsService_All() {
	client, fake, done := connect()
	defer done()

	for connector, err := range client.Connectors().All(ctx, freddy.ConnectorListParams{Limit: 2}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		if connector.Category == freddy.CategoryCommunication {
			fmt.Println(connector.Name)
			break // no further page is asked for
		}
	}
	fmt.Println("requests:", len(fake.Requests()))

	// Output:
	// Slack
	// requests: 2
}

// What the server says of an unknown id. ExampleWithKeySource has a bad key.
func ExampleAPIError() {
	client, _, done := connect()
	defer done()

	_, err := client.Connectors().Get(ctx, "pcon_unknown")
	fmt.Println(errors.Is(err, freddy.ErrNotFound), errors.Is(err, freddy.ErrUnauthenticated))

	var refusal *freddy.APIError
	if errors.As(err, &refusal) {
		fmt.Println(refusal.StatusCode, refusal.Code, refusal.RequestID)
		fmt.Println(refusal.Message)
	}
	fmt.Println(err)

	// Output:
	// true false
	// 404 connector_not_found req_000001
	// Personal connector not found
	// freddy: GET /v1/personal-connectors/pcon_unknown: 404 connector_not_found: Personal connector not found, request id req_000001
}

// What was sent is not valid: the server names the fields.
func ExampleAPIError_fields() {
	client, _, done := connect()
	defer done()

	_, err := client.Connectors().List(ctx, freddy.ConnectorListParams{Category: "gardening"})
	var refusal *freddy.APIError
	if errors.Is(err, freddy.ErrBadRequest) && errors.As(err, &refusal) {
		for _, fault := range refusal.Fields {
			fmt.Println(refusal.StatusCode, fault.Field)
		}
	}

	// Output:
	// 422 category
}

// A service decides by class whether to try again later. Classes that no call
// here provokes work the same: ErrPermissionDenied, ErrConflict, ErrRateLimited.
func ExampleAPIError_Is() {
	for _, status := range []int{401, 403, 404, 409, 422, 429, 503} {
		err := error(&freddy.APIError{StatusCode: status})
		switch {
		case errors.Is(err, freddy.ErrRateLimited), errors.Is(err, freddy.ErrServer):
			fmt.Println(status, "try later")
		case errors.Is(err, freddy.ErrUnauthenticated), errors.Is(err, freddy.ErrPermissionDenied):
			fmt.Println(status, "ask for another key")
		case errors.Is(err, freddy.ErrNotFound), errors.Is(err, freddy.ErrConflict), errors.Is(err, freddy.ErrBadRequest):
			fmt.Println(status, "fix the request")
		}
	}

	// Output:
	// 401 ask for another key
	// 403 ask for another key
	// 404 fix the request
	// 409 fix the request
	// 422 fix the request
	// 429 try later
	// 503 try later
}

func ExampleArgumentError() {
	client, fake, done := connect()
	defer done()

	_, err := client.Connectors().Get(ctx, "../admin")
	fmt.Println(err)
	fmt.Println(errors.Is(err, freddy.ErrInvalidArgument), len(fake.Requests()))

	// Output:
	// freddy: id must be 1 to 128 characters of A-Z, a-z, 0-9, _ and -
	// true 0
}

// A server that does not answer: each attempt has its own time limit, the call
// that of the context.
func ExampleTransportError() {
	client, fake, done := connect(freddy.WithAttemptTimeout(20*time.Millisecond), freddy.WithMaxRetries(1))
	defer done()
	silence := freddytest.Reply{Delay: time.Minute}
	fake.Script(http.MethodGet, "/personal-connectors/pcon_github", silence, silence)

	_, err := client.Connectors().Get(ctx, "pcon_github")
	var fault *freddy.TransportError
	if errors.As(err, &fault) {
		fmt.Println("attempts:", fault.Attempts)
		fmt.Println("timeout:", fault.Timeout())
		fmt.Println("the caller's deadline:", errors.Is(err, context.DeadlineExceeded))
	}

	// Output:
	// attempts: 2
	// timeout: true
	// the caller's deadline: false
}

func ExampleDecodeError() {
	client, fake, done := connect()
	defer done()
	fake.Script(http.MethodGet, "/personal-connectors/pcon_github",
		freddytest.Reply{Body: `{"id":"pcon_github","metadata":{"authMethod":["oauth2"]}}`})

	_, err := client.Connectors().Get(ctx, "pcon_github")
	var odd *freddy.DecodeError
	if errors.As(err, &odd) {
		fmt.Println(odd.Field)
		fmt.Println(odd.Err)
	}

	// Output:
	// /metadata/authMethod
	// /metadata/authMethod must be a string, not an array
}

// A rate limit that asks for more patience than the client has ends the call at
// once and says how long to wait.
func ExampleAPIError_rateLimited() {
	client, fake, done := connect()
	defer done()
	fake.Script(http.MethodGet, "/personal-connectors/pcon_github", freddytest.Reply{
		Status: http.StatusTooManyRequests,
		Header: http.Header{"Retry-After": {"3600"}},
	})

	_, err := client.Connectors().Get(ctx, "pcon_github")
	var refusal *freddy.APIError
	if errors.Is(err, freddy.ErrRateLimited) && errors.As(err, &refusal) {
		fmt.Println("again in", refusal.RetryAfter)
	}

	// Output:
	// again in 1h0m0s
}

func ExampleWithMaxRetries() {
	client, fake, done := connect()
	defer done()
	busy := freddytest.Reply{Status: http.StatusServiceUnavailable}
	fake.Script(http.MethodGet, "/personal-connectors/pcon_github", busy, busy)

	// Off for one call; as an option of NewClient, for all of them.
	_, err := client.Connectors().Get(ctx, "pcon_github", freddy.WithMaxRetries(0))
	fmt.Println(errors.Is(err, freddy.ErrServer))
	connector, err := client.Connectors().Get(ctx, "pcon_github")
	fmt.Println(connector.ID, err)

	// Output:
	// true
	// pcon_github <nil>
}

// A call that must not take long, with a header of its own.
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

// What a logger is told of a call that was retried. (The handler leaves out what
// differs from run to run.)
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
	fake.Script(http.MethodGet, "/personal-connectors/pcon_github",
		freddytest.Reply{Body: `{"id":`, Fault: freddytest.FaultTruncate})

	if _, err := client.Connectors().Get(ctx, "pcon_github"); err != nil {
		fmt.Println(err)
	}

	// Output:
	// level=WARN msg="freddy: attempt failed: the answer was cut off" method=GET route=/personal-connectors/{connector_id} status=200 attempt=1 request_id=req_000001
	// level=DEBUG msg="freddy: attempt" method=GET route=/personal-connectors/{connector_id} status=200 attempt=2 request_id=req_000002
}

// A transport of one's own sees each attempt. The route is a name for a span or a
// metric; the path has the id.
func ExampleWithHTTPClient() {
	spans := roundTripperFunc(func(req *http.Request) (*http.Response, error) {
		fmt.Println("span:", req.Method, req.Pattern)
		return http.DefaultTransport.RoundTrip(req)
	})
	client, _, done := connect(freddy.WithHTTPClient(&http.Client{Transport: spans}))
	defer done()

	_, err := client.Connectors().Get(ctx, "pcon_github")
	fmt.Println(err)

	// Output:
	// span: GET /personal-connectors/{connector_id}
	// <nil>
}

type roundTripperFunc func(*http.Request) (*http.Response, error)

func (f roundTripperFunc) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

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

// A key that rotates: the source is asked once a call.
func ExampleWithKeySource() {
	fake := freddytest.NewFake()
	server := httptest.NewServer(fake)
	defer server.Close()

	key := "an-old-example-key"
	client, err := freddy.NewClient("",
		freddy.WithBaseURL(server.URL+"/v1"),
		freddy.WithKeySource(func(context.Context) (string, error) { return key, nil }))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.CloseIdleConnections()

	_, err = client.Connectors().Get(ctx, "pcon_github")
	fmt.Println(errors.Is(err, freddy.ErrUnauthenticated))
	key = freddytest.APIKey
	_, err = client.Connectors().Get(ctx, "pcon_github")
	fmt.Println(err)

	// Output:
	// true
	// <nil>
}

// A configuration whose settings are checked first, then created, changed,
// tested, used and deleted.
func ExampleConfigurationsService() {
	client, _, done := connect()
	defer done()

	connector, err := client.Connectors().Get(ctx, "pcon_github")
	if err != nil {
		fmt.Println(err)
		return
	}
	settings := map[string]any{"repository": "acme/backend"}
	if err := connector.Metadata.ConfigurationSchema.Validate(settings); err != nil {
		fmt.Println(err)
		return
	}
	created, err := client.Configurations().Create(ctx, freddy.ConfigurationCreateParams{
		PersonalConnectorID: connector.ID,
		Name:                "Backend",
		Credentials:         freddy.BearerCredentials("example-token"),
		Configuration:       settings,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(created.Name, created.Enabled, created.HealthStatus)

	changed, err := client.Configurations().Update(ctx, created.ID, freddy.ConfigurationUpdateParams{
		Configuration: map[string]any{"branch": "dev"}, // merged: the repository stays
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(changed.Configuration)

	result, err := client.Configurations().Test(ctx, created.ID)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(result.Status)

	if _, err := client.Configurations().SetEnabled(ctx, created.ID, false); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(client.Configurations().Delete(ctx, created.ID))

	// Output:
	// Backend true unknown
	// map[branch:dev repository:acme/backend]
	// healthy
	// <nil>
}

// Absent, false and true are three things, so that such fields are pointers.
func ExampleConfigurationsService_List() {
	client, fake, done := connect()
	defer done()
	fake.AddConfiguration(freddy.Configuration{ID: "pconf_1", PersonalConnectorID: "pcon_github", Name: "Backend", Enabled: true})
	fake.AddConfiguration(freddy.Configuration{ID: "pconf_2", PersonalConnectorID: "pcon_github", Name: "Attic"})

	enabled := true
	page, err := client.Configurations().List(ctx, freddy.ConfigurationListParams{Enabled: &enabled})
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

	name, none := "Frontend", ""
	changed, err := client.Configurations().Update(ctx, "pconf_1", freddy.ConfigurationUpdateParams{
		Name:          &name,
		Description:   &none,                           // emptied
		Configuration: map[string]any{"branch": "dev"}, // merged with what is there
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
	for _, tool := range tools {
		fmt.Println(tool.Name, tool.InputSchema.Validate(map[string]any{}))
		break
	}
	fmt.Println(len(tools), "tools")

	// Output:
	// github_search_code freddy: invalid value: query: required
	// 3 tools
}

// An answer that got lost: the configuration may exist, so look before trying
// again.
func ExampleTransportError_ambiguous() {
	client, fake, done := connect()
	defer done()
	fake.Script(http.MethodPost, "/personal-connectors/configurations", freddytest.Reply{Fault: freddytest.FaultDrop})

	_, err := client.Configurations().Create(ctx, freddy.ConfigurationCreateParams{
		PersonalConnectorID: "pcon_github", Name: "Backend", Credentials: freddy.APIKeyCredentials("example-key"),
	})
	var lost *freddy.TransportError
	if errors.As(err, &lost) && lost.Ambiguous {
		found := 0
		params := freddy.ConfigurationListParams{PersonalConnectorID: "pcon_github"}
		for configuration, err := range client.Configurations().All(ctx, params) {
			if err != nil {
				fmt.Println(err) // still not known: create nothing
				return
			}
			if configuration.Name == "Backend" {
				found++
			}
		}
		fmt.Println("attempts:", lost.Attempts, "found:", found)
	}

	// Output:
	// attempts: 1 found: 0
}

// Credentials are write-only: they reach the API and nobody else.
func ExampleCredentials() {
	params := freddy.ConfigurationCreateParams{
		Name:        "Backend",
		Credentials: freddy.OAuth2Credentials("example-access", "example-refresh", time.Time{}),
	}
	fmt.Printf("%s, %+v\n", params.Name, params.Credentials)
	out, _ := json.Marshal(params)
	fmt.Println(strings.Contains(string(out), `"Credentials":"REDACTED"`))

	// Output:
	// Backend, REDACTED
	// true
}

// What a form needs to know.
func ExampleSchema_Fields() {
	client, _, done := connect()
	defer done()
	connector, err := client.Connectors().Get(ctx, "pcon_github")
	if err != nil {
		fmt.Println(err)
		return
	}

	fields, err := connector.Metadata.ConfigurationSchema.Fields()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, field := range fields {
		fmt.Printf("%s (%s, required: %v, default: %v): %s\n",
			field.Name, field.Type, field.Required, field.Default, field.Description)
	}

	// Output:
	// repository (string, required: true, default: <nil>): Repository in format 'owner/repo'
	// branch (string, required: false, default: main): Default branch
}

func ExampleSchema_Validate() {
	schema := freddy.NewSchema([]byte(`{
		"type": "object",
		"properties": {"repository": {"type": "string"}, "branch": {"type": "string"}},
		"required": ["repository"]
	}`))

	err := schema.Validate(map[string]any{"branch": 5})
	var invalid *freddy.ValidationError
	if errors.As(err, &invalid) {
		for _, fault := range invalid.Fields {
			fmt.Println(fault.Field, fault.Code)
		}
	}
	fmt.Println(err)

	// Output:
	// /branch type
	// /repository required
	// freddy: invalid value: branch: must be a string, got a number; repository: required
}

func ExampleValidationError() {
	err := freddy.NewSchema([]byte(`{"required": ["repository"]}`)).Validate(map[string]any{})
	fmt.Println(errors.Is(err, freddy.ErrInvalidArgument))
	fmt.Println(err)

	// Output:
	// true
	// freddy: invalid value: repository: required
}

func ExampleSchema_ApplyDefaults() {
	schema := freddy.NewSchema([]byte(`{"properties": {
		"branch": {"default": "main"},
		"sync":   {"properties": {"minutes": {"default": 60}}}
	}}`))

	settings, err := schema.ApplyDefaults(map[string]any{"repository": "acme/backend"})
	fmt.Println(settings, err)

	// Output:
	// map[branch:main repository:acme/backend sync:map[minutes:60]] <nil>
}
