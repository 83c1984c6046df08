package freddytest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/freddytest"
)

// Keep the next three tests the same as in the package documentation.

func TestSync(t *testing.T) {
	server := freddytest.NewServer(t)
	server.AddConnector(freddy.Connector{ID: "pcon_acme", Name: "Acme", Status: freddy.ConnectorStatusActive})
	server.Script(http.MethodGet, "/personal-connectors/pcon_acme",
		freddytest.Reply{Status: http.StatusServiceUnavailable},
		freddytest.Reply{Body: `{"id":"pcon_acme"}`, Fault: freddytest.FaultTruncate},
	)

	connector, err := server.Client().Connectors().Get(t.Context(), "pcon_acme")
	if err != nil {
		t.Fatal(err)
	}
	if connector.Name != "Acme" {
		t.Errorf("got %q", connector.Name)
	}
	if got := len(server.Requests()); got != 3 { // the client has retried twice
		t.Errorf("got %d requests", got)
	}
}

func TestRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := freddytest.NewServer(t)
		server.Script(http.MethodGet, "/personal-connectors/pcon_github", freddytest.Reply{
			Status: http.StatusTooManyRequests,
			Header: http.Header{"Retry-After": {"30"}},
		})

		start := time.Now()
		_, err := server.Client().Connectors().Get(t.Context(), "pcon_github")
		if err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(start); waited < 30*time.Second || waited > 32*time.Second {
			t.Errorf("waited for %v", waited)
		}
	})
}

func TestConnect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := freddytest.NewServer(t)
		connections := server.Client(freddy.WithOrganization("org_example")).Connections()
		authorization, err := connections.Authorize(t.Context(), freddy.AuthorizeParams{ConnectorType: "slack"})
		if err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Minute, func() { server.Consent(authorization.State, "ada@example.com") })

		connection, err := connections.Wait(t.Context(), "slack", freddy.WaitParams{State: authorization.State})
		if err != nil {
			t.Fatal(err)
		}
		if connection.AccountEmail != "ada@example.com" {
			t.Errorf("got %q", connection.AccountEmail)
		}
	})
}

// A test uses NewServer. A program, such as this example, serves a Fake itself.
func Example() {
	fake := freddytest.NewFake()
	server := httptest.NewServer(fake)
	defer server.Close()

	client, err := freddy.NewClient(freddytest.APIKey, freddy.WithBaseURL(server.URL+"/v1"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.CloseIdleConnections()

	connector, err := client.Connectors().Get(context.Background(), "pcon_github")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(connector.Name, connector.Status)
	for _, request := range fake.Requests() {
		fmt.Println(request.Method, request.Path, request.Header.Get("Authorization"))
	}

	// Output:
	// GitHub active
	// GET /personal-connectors/pcon_github Bearer freddytest-key
}

// A scripted reply is sent once.
func ExampleFake_Script() {
	fake := freddytest.NewFake()
	fake.Script(http.MethodGet, "/personal-connectors/pcon_github", freddytest.Reply{
		Status: http.StatusForbidden,
		Body:   `{"error":{"type":"authorization_error","message":"Not yours.","code":"insufficient_permissions"}}`,
	})
	server := httptest.NewServer(fake)
	defer server.Close()

	client, err := freddy.NewClient(freddytest.APIKey, freddy.WithBaseURL(server.URL+"/v1"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.CloseIdleConnections()

	_, err = client.Connectors().Get(context.Background(), "pcon_github")
	fmt.Println(errors.Is(err, freddy.ErrPermissionDenied))
	_, err = client.Connectors().Get(context.Background(), "pcon_github")
	fmt.Println(err)

	// Output:
	// true
	// <nil>
}

// An unhealthy configuration is added. The update sends new credentials, which
// Requests returns as they were sent.
func ExampleFake_AddConfiguration() {
	fake := freddytest.NewFake()
	fake.AddConfiguration(freddy.Configuration{
		ID:                  "pconf_acme",
		PersonalConnectorID: "pcon_github",
		HealthStatus:        freddy.HealthStatusUnhealthy,
		LastError:           "Token expired.",
	})
	server := httptest.NewServer(fake)
	defer server.Close()

	client, err := freddy.NewClient(freddytest.APIKey, freddy.WithBaseURL(server.URL+"/v1"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.CloseIdleConnections()

	result, err := client.Configurations().Test(context.Background(), "pconf_acme")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(result.Status, result.Message)

	_, err = client.Configurations().Update(context.Background(), "pconf_acme", freddy.ConfigurationUpdateParams{
		Credentials: freddy.NewCredentials(map[string]any{"token": "example-token"}),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	requests := fake.Requests()
	fmt.Printf("%s\n", requests[len(requests)-1].Body)

	// Output:
	// unhealthy Token expired.
	// {"credentials":{"token":"example-token"}}
}
