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
// documented sample. It answers as the API's documentation says: request ids,
// rate-limit headers, and the documented bodies for bad keys, ids and
// parameters. What it is to answer instead, or how it is to fail, is scripted.
package freddytest
