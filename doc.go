// Package freddy is a client for the Freddy personal connectors API: the catalogue
// of connectors (each an MCP server with a JSON Schema that says how it is
// configured), users' configurations of them, and the accounts that users connect.
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
// A program makes one [Client] for each key ([Client.WithAPIKey] shares the
// connections) and uses it from any number of goroutines. Lists are iterators that
// request a page when the loop gets there. Package
// [github.com/aitronos/freddy-go/schema] reads a connector's configuration schema,
// package [github.com/aitronos/freddy-go/freddytest] is a fake of the API for tests.
//
// # Models
//
// A zero field means that the member was absent or null. Members that a model does
// not name are in its Extra. camelCase and snake_case names are read, because the
// API's pages use both. If a member is repeated, the last value that is not null
// wins. encoding/json writes what was read, except credentials and the difference
// between null and absent.
//
// The strings of a model share one copy of the response body. Use strings.Clone to
// keep one without retaining the rest. Items of a list are allocated in blocks of up
// to 8.
//
// # Errors
//
// The type of an error says how the call ended. errors.Is and errors.As never speak
// of an earlier attempt.
//
//   - [*ArgumentError]: nothing was sent; the program has to change.
//   - [*TransportError]: there was no complete response. Ambiguous reports whether
//     the server may have processed the request.
//   - [*APIError]: an error response. It matches the sentinel of its status:
//     [ErrNotFound], [ErrUnauthenticated], [ErrRateLimited] and others.
//   - [*DecodeError]: a 2xx response that is not as documented.
//   - [*NotConnectedError]: the end of [ConnectionsService.Wait].
//
// [MayHaveSucceeded] reports whether a failed call may have had its effect.
// context.DeadlineExceeded and context.Canceled match only if the caller's context
// ended the call. The text of an error is one line of at most 1 KiB, without the key,
// a query or a body.
//
// # Retries
//
// A call is retried only where that is safe and may help. HEAD and OPTIONS are
// retried like GET. SetEnabled, SetActive and SetTools set absolute values and are
// retried like PUT.
//
//	                            GET, PUT, DELETE    POST, PATCH
//	network failure, timeout    retried             if nothing was sent
//	body cut off or broken      retried             -
//	429                         retried             retried
//	408, 5xx                    retried             -
//	501, 505, 511               -                   -
//	any other status            -                   -
//
// Permanent failures are not retried: unknown hosts, rejected TLS certificates,
// plain HTTP on a TLS port, a proxy that rejects the connection with a status below
// 500, and 2xx bodies that cannot be used. Redirects are not followed: a 3xx is an
// *APIError. If a retried DELETE gets 404 after an attempt that may have been
// processed, it succeeds. After a 401, the key source is called again: another key
// gets one more attempt, whatever the method.
//
//	retries                     3                   WithMaxRetries
//	timeout of an attempt       30 s                WithAttemptTimeout
//	timeout of the call         none                the context
//	delay before retry n        1 ms to 500 ms * 2^(n-1), at most 8 s, uniform
//	                                                WithRetryBackoff
//	Retry-After                 up to 60 s          WithMaxRetryAfter
//	retry budget of a client    500 tokens; a retry takes 5, a response below 500
//	                            gives 1
//	body of a 2xx               10 MiB              WithMaxResponseBytes
//	body of an error response   64 KiB kept
//	response header             1 MiB               own transport, NewTransport
//
// A Retry-After is waited for with a random extra of up to a tenth, at most 1 s. It
// may be in seconds, with decimals, an HTTP-date, or retry-after-ms, which wins. If
// it is longer than the limit, or a delay would outlast the context's deadline, the
// call ends at once. A 429 with a Retry-After costs no budget, and a 429 gives none.
// Without tokens, a call ends with the error of its last attempt, so that an outage
// is not multiplied. Derived clients have their own budget, and share one that is ten
// times as large. The Decision of an error says why there was no further attempt.
//
// net/http itself may resend a request that a closing connection did not accept.
//
// # Secrets
//
// The key goes to the scheme, host and port of the base URL only. It lives in a
// closure: no verb of fmt, logger, encoder or use of reflection shows it in a Client,
// an option, a Response, an error or a context. [Credentials] are write-only.
//
// If a server echoes the key or the call's credentials, errors and responses contain
// REDACTED instead. That covers a secret of 8 bytes or more as it was sent, as JSON,
// Go, URLs or HTML escape it, and within base64; in codes, types, ids and header names
// a secret of 16 bytes or more. At the end of a body that was cut off, it also covers
// a beginning of 8 bytes or more. It does not cover hexadecimal, another case, or text
// in which every letter is escaped. Settings that a schema marks as secret are no
// credentials: they are values of Configuration, which the API returns.
//
// Nothing is logged unless [WithLogger] is given.
package freddy
