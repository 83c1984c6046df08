// Package freddytest is a fake Freddy API: a server in memory for tests that use
// the real client.
//
//	func TestSync(t *testing.T) {
//		server := freddytest.NewServer(t)
//		server.AddConnector(freddy.Connector{ID: "pcon_acme", Name: "Acme", Status: freddy.ConnectorStatusActive})
//		server.Script(http.MethodGet, "/personal-connectors/pcon_acme",
//			freddytest.Reply{Status: http.StatusServiceUnavailable},
//			freddytest.Reply{Body: `{"id":"pcon_acme"}`, Fault: freddytest.FaultTruncate},
//		)
//
//		connector, err := server.Client().Connectors().Get(t.Context(), "pcon_acme")
//		if err != nil {
//			t.Fatal(err)
//		}
//		if connector.Name != "Acme" {
//			t.Errorf("got %q", connector.Name)
//		}
//		if got := len(server.Requests()); got != 3 { // the client has retried twice
//			t.Errorf("got %d requests", got)
//		}
//	}
//
// A [Server] is a [Fake] with a server, for one test. A Fake is an http.Handler,
// for programs that run their own server.
//
// # Responses
//
// A new Fake has a catalogue of connectors, such as pcon_github, which is the
// documented sample. It has no configurations and no accounts. It responds as the
// documentation of the API says, with request ids, rate limit headers and the
// documented errors for invalid keys, ids and parameters. Use Script for other
// responses and for faults.
//
// Configurations can be created, listed, updated, toggled, tested and deleted:
//
//   - New configurations have the ids pconf_000001, pconf_000002 and so on. Use
//     AddConfiguration for others, such as an unhealthy one.
//   - An update merges the members of configuration and metadata, one level deep,
//     and removes those that are null.
//   - Lists are in the order of creation. A cursor is the id of a configuration.
//     If the configuration has been deleted, the cursor is invalid.
//   - A test finds a configuration healthy unless it is already unhealthy. It sets
//     HealthStatus, LastSyncAt and LastError.
//   - The connectors of the catalogue have tools. Added connectors have none.
//   - The responses to Create and Update are {"success":true,"data":...}, the
//     others are the object itself. Both forms are documented.
//   - A body with unknown members, or with members of the wrong type, is rejected.
//     A configuration is not validated against the schema of its connector.
//   - Credentials are required and not kept. Requests has them as they were sent.
//
// # Connected accounts
//
// A Fake has one user, with the same accounts in every organization. Accounts of
// slack, github, clickup and atlassian can be connected, and none is connected. The
// Fake is also where the user signs in: the URL that Authorize returns points to it.
// Opening that URL consents, and redirects to the callback. Consent and
// Refuse do the same from Go:
//
//	func TestConnect(t *testing.T) {
//		synctest.Test(t, func(t *testing.T) {
//			server := freddytest.NewServer(t)
//			connections := server.Client(freddy.WithOrganization("org_example")).Connections()
//			authorization, err := connections.Authorize(t.Context(), freddy.AuthorizeParams{ConnectorType: "slack"})
//			if err != nil {
//				t.Fatal(err)
//			}
//			time.AfterFunc(time.Minute, func() { server.Consent(authorization.State, "ada@example.com") })
//
//			connection, err := connections.Wait(t.Context(), "slack", freddy.WaitParams{State: authorization.State})
//			if err != nil {
//				t.Fatal(err)
//			}
//			if connection.AccountEmail != "ada@example.com" {
//				t.Errorf("got %q", connection.AccountEmail)
//			}
//		})
//	}
//
// The calls, their statuses and the members of their bodies are documented:
//
//   - GET /personal-connectors lists the accounts if the query has an organization,
//     and the catalogue if it has none.
//   - What can be connected has two documented forms. The list has the older one
//     (type, name), a single connector the newer one (tool_key, display_name).
//   - A call that requires an organization and has none gets a 422.
//   - The callback of clickup has no state, so it uses up the newest one of clickup.
//     If several users sign in at the same time, their sign-ins mix up.
//   - The MCP configuration of an account can be retrieved and listed like others.
//
// The documentation does not specify the following. It is the Fake's own behavior:
//
//   - slack requires Complete: there is no connection until then. If Complete
//     is called again, the response is the same. For the other tools, Complete only
//     reports whether the user has consented.
//   - A state expires after 10 minutes and is used once. After that, and if it is
//     unknown or refused, the callback and Complete respond with a 400.
//   - The query parameter email of the authorization URL selects the account. The
//     default is user@example.com. If the tool already has a connection with that
//     email, it is renewed: it becomes active, and gets another ConnectionID.
//   - An account and a connection with the same tool and email belong together.
//     Disconnect removes the connection, too. SetActive does not change the other.
//   - An unknown id is a 404 with the code NOT_FOUND, an unknown connector type a
//     400. Connections of an unknown tool are a 404 if there are none.
//   - An empty list of allowed tools is a 422. Names of tools are not checked.
//   - A connection works until Break is called. An MCP configuration works unless
//     it has an ErrorMessage.
//   - The credentials and the tool configuration of a new MCP configuration are not
//     kept. Its URL, transport and auth type are not checked.
//
// # Waits that take no time
//
// In a testing/synctest bubble, the clock advances as soon as every goroutine of
// the bubble waits. So a Retry-After or a Delay takes no time:
//
//	func TestRetryAfter(t *testing.T) {
//		synctest.Test(t, func(t *testing.T) {
//			server := freddytest.NewServer(t)
//			server.Script(http.MethodGet, "/personal-connectors/pcon_github", freddytest.Reply{
//				Status: http.StatusTooManyRequests,
//				Header: http.Header{"Retry-After": {"30"}},
//			})
//
//			start := time.Now()
//			_, err := server.Client().Connectors().Get(t.Context(), "pcon_github")
//			if err != nil {
//				t.Fatal(err)
//			}
//			if waited := time.Since(start); waited < 30*time.Second || waited > 32*time.Second {
//				t.Errorf("waited for %v", waited)
//			}
//		})
//	}
//
// # Requests whose response is lost
//
// FaultLost processes a request and then closes the connection without a
// response. Use it to test code that handles freddy.MayHaveSucceeded: after a
// lost Create, the client returns an error, and the configuration exists.
package freddytest
