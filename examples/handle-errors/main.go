// Handle-errors shows what a program asks an error, in an order that is always right, and
// how it finds what a call has created if the response is lost. A fake API makes the calls
// fail.
//
//	go run ./examples/handle-errors
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/freddytest"
)

func main() {
	log.SetFlags(0)
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// advise says what to do about an error. MayHaveSucceeded comes before the status: a call
// that may have been processed must not be repeated, whatever the last response was.
func advise(err error) string {
	var (
		argument  *freddy.ArgumentError
		api       *freddy.APIError
		transport *freddy.TransportError
	)
	switch {
	case errors.As(err, &argument):
		return "correct the program: " + argument.Argument + " " + argument.Reason
	case freddy.MayHaveSucceeded(err):
		return "look whether it happened before you call again"
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return "stop: the caller does not wait any longer"
	case errors.Is(err, freddy.ErrNotFound):
		return "tell the user that it does not exist"
	case freddy.HasCode(err, freddy.CodeInvalidAPIKey, freddy.CodeInsufficientPermissions):
		return "check the API key"
	case errors.Is(err, freddy.ErrRateLimited) && errors.As(err, &api):
		return fmt.Sprintf("call again in %v (%s)", api.RetryAfter, api.Decision)
	case errors.Is(err, freddy.ErrServer) && errors.As(err, &api):
		return fmt.Sprintf("call again later (%s)", api.Decision)
	case errors.As(err, &transport) && transport.Previous != nil:
		return fmt.Sprintf("call again later (%s, before that a %d)", transport.Decision, transport.Previous.StatusCode)
	case errors.As(err, &transport):
		return "check the network"
	}
	return "report it"
}

// create creates a configuration, and never a second one. If the response is lost, it looks
// for a mark, because names are not unique. If it finds none, it does not call again: the
// server may still be processing the first call.
func create(ctx context.Context, client *freddy.Client, params freddy.ConfigurationCreateParams) (*freddy.Configuration, error) {
	mark := rand.Text()
	metadata := map[string]any{"mark": mark}
	maps.Copy(metadata, params.Metadata)
	params.Metadata = metadata
	created, err := client.Configurations().Create(ctx, params)
	if !freddy.MayHaveSucceeded(err) {
		return created, err
	}
	look, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second) // ctx may have ended the call
	defer cancel()
	for configuration, listErr := range client.Configurations().All(look, freddy.ConfigurationListParams{}) {
		if listErr != nil {
			return nil, fmt.Errorf("%s may exist: %w, then %w", params.Name, err, listErr)
		}
		if configuration.Metadata["mark"] == mark {
			return configuration, nil
		}
	}
	return nil, fmt.Errorf("%s may exist, look again later: %w", params.Name, err)
}

// run prints errors and what to do about them.
func run(ctx context.Context, stdout io.Writer) error {
	fake := freddytest.NewFake()
	server := httptest.NewServer(fake)
	defer server.Close()
	client, err := freddy.NewClient(freddytest.APIKey, freddy.WithBaseURL(server.URL+"/v1"), freddy.WithRetryBackoff(0, 0))
	if err != nil {
		return err
	}
	limited := freddytest.Reply{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"120"}}}
	down := freddytest.Reply{Status: http.StatusServiceUnavailable}
	cut := freddytest.Reply{Body: `{"id":"pcon_slack"}`, Fault: freddytest.FaultTruncate}
	for _, call := range []struct {
		id      string
		replies []freddytest.Reply
	}{
		{"a/b", nil},
		{"pcon_unknown", nil},
		{"pcon_github", []freddytest.Reply{{Status: http.StatusUnauthorized, Body: `{"error":{"code":"invalid_api_key"}}`}}},
		{"pcon_notion", []freddytest.Reply{limited}},
		{"pcon_figma", []freddytest.Reply{down, down, down, down}},
		{"pcon_slack", []freddytest.Reply{down, cut, cut, cut}},
		{"pcon_jira", []freddytest.Reply{{Body: "<html>"}}},
	} {
		fake.Script(http.MethodGet, "/personal-connectors/"+call.id, call.replies...)
		_, err := client.Connectors().Get(ctx, call.id)
		fmt.Fprintf(stdout, "%v\n=> %s\n\n", err, advise(err))
	}

	lost := []freddytest.Reply{{Status: http.StatusTooManyRequests}, {Fault: freddytest.FaultLost}}
	fake.Script(http.MethodPost, "/personal-connectors/configurations", lost...)
	created, err := create(ctx, client, freddy.ConfigurationCreateParams{
		PersonalConnectorID: "pcon_github", Name: "Backend", Credentials: freddy.APIKeyCredentials("example-token"),
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "%s was created once, although the response was lost\n", created.ID)
	return nil
}
