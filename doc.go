// Package freddy is a client for the Freddy personal connectors API: the
// catalogue of connectors, each an MCP server with a JSON Schema that says how
// it is configured, and users' configurations of them.
//
//	client, err := freddy.NewClient(os.Getenv("FREDDY_API_KEY"))
//	if err != nil {
//		return err
//	}
//	connector, err := client.Connectors().Get(ctx, "pcon_github")
//	switch {
//	case errors.Is(err, freddy.ErrNotFound):
//		// there is no such connector
//	case err != nil:
//		return err
//	}
//	fmt.Println(connector.Name, connector.Metadata.AuthMethod)
//
// A program makes one [Client] for each key and shares it: it is immutable and
// safe for concurrent use. Lists are iterators that ask for a page when the
// loop gets there:
//
//	for connector, err := range client.Connectors().All(ctx, freddy.ConnectorListParams{}) {
//		if err != nil {
//			return err
//		}
//		fmt.Println(connector.Name)
//	}
//
// A connector's [Schema] makes a form ([Schema.Fields]), fills in what is left
// out ([Schema.ApplyDefaults]) and checks settings ([Schema.Validate]) before a
// configuration is created with them. Nothing is checked unasked.
//
// # Models
//
// Models are plain structs. A zero field means that the member was absent or
// null; members that a model does not name are in its Extra, and unknown values
// of an enumeration pass through. Both spellings of the API's pages decode,
// camelCase and snake_case; encoding/json writes camelCase and loses nothing.
// json.Unmarshal follows the rules of the client, save that a missing id and a
// foreign object value are the client's errors only.
//
// The strings of a model are pieces of one copy of its answer's text: one that
// is kept for long keeps that text alive, and strings.Clone frees it.
//
// # Errors
//
// The type of an error says where the call ended.
//
//   - [*ArgumentError]: before anything was sent; the program has to change.
//   - [*TransportError]: no complete answer arrived. Its Ambiguous says whether
//     the server may have processed the request, Timeout whether a time limit
//     ended it.
//   - [*APIError]: the server said no. errors.Is matches the class of its
//     status: [ErrNotFound], [ErrUnauthenticated], [ErrRateLimited] and others.
//   - [*DecodeError]: the server said yes, but not as documented.
//   - [*ValidationError]: settings do not satisfy a connector's schema.
//
// errors.Is matches context.DeadlineExceeded and context.Canceled only where the
// caller's own context ended the call; the error is then a *TransportError, in
// which errors.As also finds the last *APIError, if there was one.
//
// The text of an error is one line of at most 1 KiB, fit for a log: it holds
// neither a key nor a query nor a body, and control characters are escaped.
//
// # Retries
//
// A call is retried where that is safe and may help, and in no other case:
//
//	                            GET, PUT, DELETE,   POST, PATCH
//	                            SetEnabled
//	network fault, time limit   retried             if nothing was sent
//	body cut or broken          retried             -
//	429                         retried             retried
//	408, 5xx                    retried             -
//	501, 505, 511               -                   -
//	any other status            -                   -
//
// Never retried, because a repeat meets the same: a name that does not exist, a
// TLS certificate that one side refuses, plain HTTP on a TLS port, a proxy that
// wants credentials, an answer that cannot be decoded or is too large. Redirects
// are never followed. A 404 that answers a repeated DELETE, when an earlier
// attempt may have been processed, is success.
//
//	retries                     3                   WithMaxRetries
//	time of an attempt          30 s                WithAttemptTimeout
//	time of the call            unlimited           the context
//	wait before retry n         1 ms to 500 ms * 2^(n-1), at most 8 s, uniform
//	                                                WithRetryWait
//	Retry-After                 up to 60 s          WithMaxRetryAfter
//	budget of a client          500 tokens; a retry takes 5, a success gives 1
//	body of a success           10 MiB              WithMaxResponseBytes
//	body of an error            64 KiB kept
//	headers                     1 MiB               own transport only
//
// Retry-After is honoured in seconds, with decimals, as an HTTP-date, and as
// retry-after-ms, which wins. A server that asks for more than the limit, or for
// more than the context has left, ends the call at once with the *APIError,
// whose RetryAfter is what it asked. Without tokens a client does not retry, so
// that an outage is not multiplied. net/http itself may send a request anew that
// a closing connection did not take.
//
// # Secrets
//
// The key goes to the scheme, host and port of the base URL and nowhere else. It
// lives in a closure: no verb of fmt, no logger, encoder or use of reflection
// shows it in a [Client], an option, a [Response] or an error, and where a
// server or proxy echoes it, REDACTED stands in its place. [Credentials] are
// write-only: they print as REDACTED, and no error shows what a server repeats
// of them. Nothing is logged
// unless [WithLogger] is given; then it is method, route, status, attempt,
// duration and request id.
//
// # Testing
//
// Package [github.com/aitronos/freddy-go/freddytest] is the API in memory,
// behind a real listener, with faults on demand: code that uses a Client is
// tested with the Client.
package freddy
