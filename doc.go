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
// A program makes one [Client] for each key and shares it. Lists are iterators
// that ask for a page when the loop gets there:
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
// Where a comment names a page as its source, it is one of the vendor's
// documentation (docs.aitronos.com, as of November 2026), which is marked as in
// development.
//
// # Models
//
// Models are plain structs. A zero field means that the member was absent or
// null; members that a model does not name are in its Extra, and unknown values
// of an enumeration pass through. Both spellings of the API's pages decode,
// camelCase and snake_case; of a member that comes twice the last value that is
// not null counts. encoding/json writes camelCase and loses nothing but
// credentials and the difference between null and absent; an Extra that bears the
// name of a field is not written. json.Unmarshal follows the rules of the client,
// save that a missing id and a foreign object value are the client's errors only.
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
// caller's own context ended the call; the error is then a *TransportError.
//
// A *TransportError holds the last *APIError of an earlier attempt, if there was
// one: errors.As finds it, and errors.Is matches its class. Where the difference
// matters, ask for the *TransportError first. The methods of a [Schema] that
// cannot be used return an error of none of these types.
//
// The text of an error is one line of at most 1 KiB, fit for a log: it holds
// neither a key nor a query nor a body, and control characters are escaped.
//
// # Retries
//
// A call is retried where that is safe and may help, and in no other case. HEAD
// and OPTIONS, which only [Client.Do] sends, are retried like GET:
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
// are never followed: a 3xx is an *APIError. A 404 that answers a repeated
// DELETE, when an earlier attempt may have been processed, is success.
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
// whose RetryAfter is what it asked. The budget is shared by all calls of a
// client; without tokens a call ends with the error of its last attempt, so that
// an outage is not multiplied. net/http itself may send a request anew that
// a closing connection did not take.
//
// # Concurrency
//
// A [Client], its services, a [Schema] and the iterators of All may be used by
// many goroutines at once, and options may be shared, save [WithResponse]. What a
// call returns is its caller's alone: the client neither keeps it nor changes it.
//
// # Secrets
//
// The key goes to the scheme, host and port of the base URL and nowhere else. It
// lives in a closure: no verb of fmt, no logger, encoder or use of reflection
// shows it in a [Client], an option, a [Response] or an error, and where a
// server or proxy echoes it, REDACTED stands in its place. [Credentials] are
// write-only: they print as REDACTED, and no error or Response shows what a
// server repeats of them, but for values of less than four bytes and the member
// type. Nothing is logged unless [WithLogger] is given; then it is method, route,
// status, attempt, duration, request id and, in fixed words, why an attempt
// failed.
//
// # Testing
//
// Package [github.com/aitronos/freddy-go/freddytest] is the API in memory,
// behind a real listener, with faults on demand: code that uses a Client is
// tested with the Client.
//
//	func TestSync(t *testing.T) {
//		server := freddytest.NewServer(t)
//		server.Script(http.MethodGet, "/personal-connectors/pcon_github",
//			freddytest.Reply{Status: http.StatusServiceUnavailable})
//		err := Sync(t.Context(), server.Client()) // which asks again
//		...
//	}
package freddy
