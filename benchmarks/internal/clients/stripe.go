//go:build !only || stripe

package clients

import (
	"context"
	"net/http"

	"github.com/stripe/stripe-go/v85"
)

var _ = add(Client{
	Tag:      "stripe",
	Name:     "stripe-go",
	Module:   "github.com/stripe/stripe-go/v85",
	Defaults: "80 s a call, 2 retries of any method with an idempotency key 0.5 s to 5 s apart (409, 5xx, network errors), 10 redirects, logs to stderr",
	failure:  `{"error":{"message":"MESSAGE","type":"invalid_request_error","code":"CODE"}}`,
	body:     "stripe.json",
	page:     `{"object":"list","data":[ITEMS],"has_more":false,"url":"/v1/customers"}`,
	more:     `{"object":"list","data":[ITEMS],"has_more":true,"url":"/v1/customers"}`,
	New: func(base string, transport http.RoundTripper) (API, error) {
		config := &stripe.BackendConfig{URL: stripe.String(base)}
		if transport != nil {
			config.HTTPClient = supplied(transport)
			config.LeveledLogger = &stripe.LeveledLogger{Level: stripe.LevelNull} // the cost of printing is not the client's
		}
		client := stripe.NewClient(Key, stripe.WithBackends(stripe.NewBackendsWithConfig(config)))
		return API{
			Value: client,
			Get: func(ctx context.Context, id string) (string, error) {
				customer, err := client.V1Customers.Retrieve(ctx, id, nil)
				if err != nil {
					return "", err
				}
				return customer.Name, nil
			},
			List: func(ctx context.Context) (int, error) {
				params := &stripe.CustomerListParams{}
				params.Limit = stripe.Int64(100)
				n := 0
				for _, err := range client.V1Customers.List(ctx, params).All(ctx) {
					if err != nil {
						return n, err
					}
					n++
				}
				return n, nil
			},
			All: func(ctx context.Context) (int, error) { return count(client.V1Customers.List(ctx, nil).All(ctx)) },
			Create: func(ctx context.Context) error {
				_, err := client.V1Customers.Create(ctx, &stripe.CustomerCreateParams{Name: stripe.String(Name)})
				return err
			},
		}, nil
	},
})
