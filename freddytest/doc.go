// Package freddytest is a fake Freddy API: a server in memory that programs are
// tested against through the real client.
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
//		// The client has retried twice: server.Requests() has three entries.
//	}
//
// A [Server] is a [Fake] behind a listener of its own, for tests. A Fake alone
// is an http.Handler, for programs that bring their own server.
//
// A new Fake knows a catalogue of connectors, such as pcon_github, which is the
// documented sample, and no configuration. It answers as the API's documentation
// says: request ids, rate-limit headers, and the documented bodies for bad keys,
// ids and parameters. What it is to answer instead, or how it is to fail, is
// scripted.
//
// Configurations are created, listed, changed, toggled, tested and deleted, and
// have the tools of their connector:
//
//   - New ones have the ids pconf_000001, pconf_000002 and so on; AddConfiguration
//     adds others, such as one that is unhealthy.
//   - An update merges configuration and metadata member by member, one level
//     deep, and removes those that are null.
//   - Lists are in the order of creation. A cursor is the id of a configuration
//     that exists; when it has been deleted, it is as unknown as any.
//   - A test finds a configuration healthy unless it is unhealthy already, and
//     sets what it found: HealthStatus, LastSyncAt and LastError.
//   - A connector of the catalogue has tools; one that is added has none.
//   - What is created or updated comes in {"success":true,"data":...}, the rest
//     bare: both are documented.
//   - A body with members that are unknown, or of the wrong type, is refused.
//     Whether the configuration fits the connector's schema is not looked at.
//
// Credentials are required of a new configuration, and then forgotten: the Fake
// does not keep them, and masks them in what Requests returns.
package freddytest
