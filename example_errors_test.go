package freddy_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/freddytest"
)

// An error response has the status, the code and the message of the server.
func ExampleAPIError() {
	client, _, done := connect()
	defer done()

	_, err := client.Connectors().Get(ctx, "pcon_unknown")
	var apiError *freddy.APIError
	if errors.As(err, &apiError) {
		fmt.Println(apiError.StatusCode, apiError.Code, apiError.RequestID)
		fmt.Println(apiError.Message)
	}
	fmt.Println(err)

	// Output:
	// 404 connector_not_found req_000001
	// Personal connector not found
	// freddy: GET /v1/personal-connectors/pcon_unknown: 404 connector_not_found: Personal connector not found, request id req_000001
}

// If the request is invalid, the server names the fields.
func ExampleAPIError_fields() {
	client, _, done := connect()
	defer done()

	_, err := client.Connectors().List(ctx, freddy.ConnectorListParams{Category: "gardening"})
	var apiError *freddy.APIError
	if errors.Is(err, freddy.ErrBadRequest) && errors.As(err, &apiError) {
		for _, field := range apiError.Fields {
			fmt.Println(apiError.StatusCode, field.Field)
		}
	}

	// Output:
	// 422 category
}

// A service decides by the error what to do.
func ExampleAPIError_Is() {
	for _, err := range []error{
		&freddy.APIError{StatusCode: http.StatusTooManyRequests},
		&freddy.APIError{StatusCode: http.StatusServiceUnavailable},
		&freddy.APIError{StatusCode: http.StatusUnauthorized},
		&freddy.APIError{StatusCode: http.StatusNotFound},
		&freddy.TransportError{Err: context.DeadlineExceeded, Attempts: 1},
		&freddy.TransportError{Err: context.Canceled, Attempts: 1},
		&freddy.TransportError{Err: os.ErrDeadlineExceeded, Attempts: 1},
		&freddy.TransportError{Err: io.ErrUnexpectedEOF, Attempts: 1},
		&freddy.APIError{Method: http.MethodGet, Path: "/v1/x", StatusCode: http.StatusTeapot, Message: "I'm a teapot"},
	} {
		var transport *freddy.TransportError
		switch {
		case errors.Is(err, freddy.ErrRateLimited), errors.Is(err, freddy.ErrServer):
			fmt.Println("try later")
		case errors.Is(err, freddy.ErrUnauthenticated), errors.Is(err, freddy.ErrPermissionDenied):
			fmt.Println("use another key")
		case errors.Is(err, freddy.ErrNotFound), errors.Is(err, freddy.ErrConflict), errors.Is(err, freddy.ErrBadRequest):
			fmt.Println("fix the request")
		case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
			fmt.Println("the context of the caller ended the call")
		case errors.As(err, &transport) && transport.Timeout():
			fmt.Println("no response in time")
		case errors.As(err, &transport):
			fmt.Println("no response")
		default: // an unexpected response, another status
			fmt.Println(err)
		}
	}

	// Output:
	// try later
	// try later
	// use another key
	// fix the request
	// the context of the caller ended the call
	// the context of the caller ended the call
	// no response in time
	// no response
	// freddy: GET /v1/x: 418 I'm a teapot
}

func ExampleHasCode() {
	client, _, done := connect()
	defer done()

	_, err := client.Connectors().Get(ctx, "pcon_unknown")
	fmt.Println(freddy.HasCode(err, freddy.CodeConnectorNotFound))

	// Output:
	// true
}

func ExampleArgumentError() {
	client, fake, done := connect()
	defer done()

	_, err := client.Connectors().Get(ctx, "../admin")
	fmt.Println(err)
	fmt.Println(errors.Is(err, freddy.ErrInvalidArgument), len(fake.Requests()))

	// Output:
	// freddy: id must be 1 to 128 characters of A-Z, a-z, 0-9, -, ., _ and ~, and not . or ..
	// true 0
}

// A timeout of an attempt is retried. It is not the deadline of the caller.
func ExampleTransportError() {
	client, fake, done := connect(freddy.WithAttemptTimeout(20*time.Millisecond), freddy.WithMaxRetries(1))
	defer done()
	silent := freddytest.Reply{Delay: time.Minute}
	fake.Script(http.MethodGet, "/personal-connectors/pcon_github", silent, silent)

	_, err := client.Connectors().Get(ctx, "pcon_github")
	var failed *freddy.TransportError
	if errors.As(err, &failed) {
		fmt.Println("attempts:", failed.Attempts)
		fmt.Println("timeout:", failed.Timeout())
		fmt.Println("decision:", failed.Decision)
		fmt.Println("the caller's deadline:", errors.Is(err, context.DeadlineExceeded))
	}

	// Output:
	// attempts: 2
	// timeout: true
	// decision: retries exhausted
	// the caller's deadline: false
}

func ExampleDecodeError() {
	client, fake, done := connect()
	defer done()
	fake.Script(http.MethodGet, "/personal-connectors/pcon_github",
		freddytest.Reply{Body: `{"id":"pcon_github","metadata":{"authMethod":["oauth2"]}}`})

	_, err := client.Connectors().Get(ctx, "pcon_github")
	var unexpected *freddy.DecodeError
	if errors.As(err, &unexpected) {
		fmt.Println(unexpected.Field)
		fmt.Println(unexpected.Err)
	}

	// Output:
	// /metadata/authMethod
	// /metadata/authMethod: must be a string, not an array
}

// If the server asks to wait longer than the client does, the call ends at once.
func ExampleAPIError_rateLimited() {
	client, fake, done := connect()
	defer done()
	fake.Script(http.MethodGet, "/personal-connectors/pcon_github", freddytest.Reply{
		Status: http.StatusTooManyRequests,
		Header: http.Header{"Retry-After": {"3600"}},
	})

	_, err := client.Connectors().Get(ctx, "pcon_github")
	var apiError *freddy.APIError
	if errors.Is(err, freddy.ErrRateLimited) && errors.As(err, &apiError) {
		fmt.Println(apiError.RetryAfter, apiError.Decision)
	}

	// Output:
	// 1h0m0s Retry-After too long
}

// The configuration may exist although Create failed. So look for it before creating
// it again.
func ExampleMayHaveSucceeded() {
	client, fake, done := connect()
	defer done()
	fake.Script(http.MethodPost, "/personal-connectors/configurations", freddytest.Reply{Fault: freddytest.FaultLost})

	mark := rand.Text() // names are not unique
	params := freddy.ConfigurationCreateParams{
		PersonalConnectorID: "pcon_github",
		Name:                "Backend",
		Credentials:         freddy.BearerCredentials("example-token"),
		Configuration:       map[string]any{"repository": "acme/backend"},
		Metadata:            map[string]any{"mark": mark},
	}
	created, err := client.Configurations().Create(ctx, params)
	if freddy.MayHaveSucceeded(err) {
		fmt.Println("look before creating it again:", err)
		look, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second) // ctx may have ended the call
		defer cancel()
		existing := freddy.ConfigurationListParams{PersonalConnectorID: params.PersonalConnectorID}
		for configuration, listErr := range client.Configurations().All(look, existing) {
			if listErr != nil {
				fmt.Println(err, listErr) // still unknown: create nothing
				return
			}
			if configuration.Metadata["mark"] == mark {
				created, err = configuration, nil
				break
			}
		}
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("exists:", created.Name)

	// Output:
	// look before creating it again: freddy: POST /v1/personal-connectors/configurations: no response, the request may have been processed: EOF
	// exists: Backend
}
