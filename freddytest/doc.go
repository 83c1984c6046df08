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
// documented sample, and no configurations. It responds as the documentation of
// the API says, with request ids, rate limit headers and the documented errors
// for invalid keys, ids and parameters. Use Script for other responses and for
// faults.
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
