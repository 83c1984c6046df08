package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/aitronos/freddy-go"
)

// This file is the one to copy: what a web service that calls the API does with
// its errors.

// answer is what the service tells its own caller.
type answer struct {
	status     int           // of HTTP
	text       string        // holds nothing that is the service's own business
	retryAfter time.Duration // for a Retry-After header; 0: none
	alert      bool          // somebody has to look, or it stays so
}

// statusGone is what nginx logs where the caller has gone; nobody reads it.
const statusGone = 499

// answerTo turns an error of the client into an answer. Beside it, every error
// goes to the log as it is: its text is one line without secrets.
func answerTo(err error) answer {
	var (
		invalid  *freddy.ValidationError
		argument *freddy.ArgumentError
		refused  *freddy.APIError
		lost     *freddy.TransportError
		odd      *freddy.DecodeError
	)
	switch {
	// Our own context comes first: its error may hold a refusal that came before,
	// and then belongs to that one's class, too.
	case errors.Is(err, context.Canceled):
		return answer{status: statusGone, text: "nobody waits for an answer any more"}
	case errors.Is(err, context.DeadlineExceeded):
		return answer{status: http.StatusGatewayTimeout, text: "it took longer than we allow for"}

	// Nothing was sent.
	case errors.As(err, &invalid):
		return answer{status: http.StatusUnprocessableEntity, text: faults(invalid.Fields)}
	case errors.As(err, &argument):
		return answer{status: http.StatusBadRequest, text: argument.Argument + " " + argument.Reason}

	// The server said no.
	case errors.Is(err, freddy.ErrNotFound):
		return answer{status: http.StatusNotFound, text: "there is no such connector"}
	case errors.Is(err, freddy.ErrUnauthenticated), errors.Is(err, freddy.ErrPermissionDenied):
		return answer{status: http.StatusBadGateway, text: "we are not set up right", alert: true}
	case errors.Is(err, freddy.ErrRateLimited) && errors.As(err, &refused):
		return answer{status: http.StatusServiceUnavailable, text: "too much is going on", retryAfter: refused.RetryAfter}
	case errors.Is(err, freddy.ErrServer):
		return answer{status: http.StatusServiceUnavailable, text: "the API is out of order", retryAfter: time.Minute}
	case errors.As(err, &refused):
		return answer{status: http.StatusBadGateway, text: "the API refused it", alert: true}

	// No answer, or none that can be used.
	case errors.As(err, &lost) && lost.Timeout():
		return answer{status: http.StatusGatewayTimeout, text: "the API does not answer"}
	case errors.As(err, &lost):
		return answer{status: http.StatusBadGateway, text: "the API cannot be reached"}
	case errors.As(err, &odd):
		return answer{status: http.StatusBadGateway, text: "the API's answer makes no sense", alert: true}
	}
	return answer{status: http.StatusInternalServerError, text: "something went wrong", alert: true}
}

// faults lists what is wrong with settings, for the person who gave them.
func faults(fields []freddy.FieldError) string {
	messages := make([]string, len(fields))
	for i, field := range fields {
		messages[i] = field.Message
	}
	return strings.Join(messages, "; ")
}

// configure creates a configuration whose settings satisfy the connector's
// schema.
func configure(ctx context.Context, client *freddy.Client, params freddy.ConfigurationCreateParams) (*freddy.Configuration, error) {
	connector, err := client.Connectors().Get(ctx, params.PersonalConnectorID)
	if err != nil {
		return nil, err
	}
	schema := connector.Metadata.ConfigurationSchema
	if params.Configuration, err = schema.ApplyDefaults(params.Configuration); err != nil {
		return nil, err
	}
	if err := schema.Validate(params.Configuration); err != nil {
		return nil, err
	}
	return createOnce(ctx, client, params)
}

// createOnce creates a configuration. Where it may have been created all the same
// although the call failed, it looks before it tries again.
func createOnce(ctx context.Context, client *freddy.Client, params freddy.ConfigurationCreateParams) (*freddy.Configuration, error) {
	created, err := client.Configurations().Create(ctx, params)
	if uncertain(err) {
		return lookOrCreate(ctx, client, params, err)
	}
	return created, err
}

// uncertain reports whether a call that failed may have had its effect.
func uncertain(err error) bool {
	var (
		lost *freddy.TransportError
		odd  *freddy.DecodeError
	)
	return errors.As(err, &lost) && lost.Ambiguous ||
		errors.As(err, &odd) || // it was a success, whatever it says
		errors.Is(err, freddy.ErrServer) // that of a proxy, maybe
}

// lookOrCreate finds the configuration that a call was to create, or else
// creates it, once more. It takes the service to give each of its configurations
// a name of its own. What the API is still at work on it does not see: a service
// that can wait does so before.
func lookOrCreate(ctx context.Context, client *freddy.Client, params freddy.ConfigurationCreateParams, failed error) (*freddy.Configuration, error) {
	filter := freddy.ConfigurationListParams{PersonalConnectorID: params.PersonalConnectorID}
	for found, err := range client.Configurations().All(ctx, filter) {
		switch {
		case err != nil:
			return nil, fmt.Errorf("%q may have been created: %w", params.Name, errors.Join(failed, err))
		case found.Name == params.Name:
			return found, nil
		}
	}
	return client.Configurations().Create(ctx, params)
}
