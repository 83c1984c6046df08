package freddytest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/freddytest"
)

// A test gets its server from NewServer; a program, such as this example, gives
// a Fake to a server of its own.
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
	// GET /personal-connectors/pcon_github Bearer ***
}

// What the server does to the program under test is scripted.
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

// What is to be found is added; a program that is tested does the rest.
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
		Credentials: freddy.BearerCredentials("a-new-token"),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	requests := fake.Requests()
	fmt.Printf("%s\n", requests[len(requests)-1].Body)

	// Output:
	// unhealthy Token expired.
	// {"credentials":"***"}
}
