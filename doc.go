// Package freddy is a client for the Freddy personal connectors API: the catalogue
// of connectors (each an MCP server with a JSON Schema that says how it is
// configured), users' configurations of them, and the accounts that users connect.
//
//	client, err := freddy.NewClient(os.Getenv("FREDDY_API_KEY"))
//	if err != nil {
//		return err
//	}
//	connector, err := client.Connectors().Get(ctx, "pcon_github")
//	if err != nil {
//		return err // errors.Is(err, freddy.ErrNotFound): there is no such connector
//	}
//	fmt.Println(connector.Name, connector.Metadata.AuthMethod)
//
// A program makes one [Client] for each key ([Client.WithAPIKey] shares the
// connections) and uses it from any number of goroutines. Package
// [github.com/aitronos/freddy-go/schema] reads a connector's configuration schema,
// package [github.com/aitronos/freddy-go/freddytest] is a fake of the API for tests.
//
// # Models
//
// If a member is absent or null, its field is zero. Members that a model does not
// name are in its Extra. The strings of a model share one copy of the response body:
// strings.Clone keeps one without retaining the rest.
//
// # Errors
//
// The type of an error says how the call ended: [*ArgumentError], [*APIError],
// [*TransportError], [*DecodeError], or [*NotConnectedError] of Wait. errors.Is and
// errors.As never match an error of an earlier attempt. [MayHaveSucceeded] reports whether a
// failed call may have had its effect. context.DeadlineExceeded and context.Canceled
// match only if the caller's context ended the call.
//
// # Retries
//
// A call is retried only where that is safe and may help. HEAD, OPTIONS, SetEnabled,
// SetActive and SetTools are retried like PUT.
//
//	                            GET, PUT, DELETE    POST, PATCH
//	network failure, timeout    retried             if nothing was sent
//	body cut off or broken      retried             -
//	429                         retried             retried
//	408, 5xx                    retried             -
//	501, 505, 511               -                   -
//	any other status            -                   -
//
//	retries                     3                   WithMaxRetries
//	timeout of an attempt       30 s                WithAttemptTimeout
//	timeout of the call         none                the context
//	delay before retry n        1 ms to 500 ms * 2^(n-1), at most 8 s, uniform
//	                                                WithRetryBackoff
//	Retry-After                 up to 60 s          WithMaxRetryAfter
//	body of a 2xx               10 MiB              WithMaxResponseBytes
//
// Redirects are not followed: a 3xx is an *APIError. Permanent failures, such as an
// unknown host, are not retried. A retry budget limits the load that retries
// add during an outage. docs/errors.md of the repository has the rest of the policy.
//
// # Secrets
//
// The key goes to the scheme, host and port of the base URL only. It lives in a
// closure: no verb of fmt, logger, encoder or use of reflection shows it in a Client,
// an option, a Response, an error or a context. [Credentials] are write-only. Nothing
// is logged unless [WithLogger] is given.
//
// If a server echoes the key or the call's credentials, errors and responses contain
// REDACTED instead. That covers a secret of 8 bytes or more as it was sent, as JSON,
// Go, URLs or HTML escape it, and within base64; in codes, types, ids and header names
// a secret of 16 bytes or more. At the end of a body that was cut off, it also covers
// a beginning of 8 bytes or more. It does not cover hexadecimal, another case, or text
// in which every letter is escaped.
package freddy
