//go:build !only || pagerduty

package clients

import (
	"context"
	"net/http"

	"github.com/PagerDuty/go-pagerduty"
)

var _ = add(Client{
	Tag:      "pagerduty",
	Name:     "go-pagerduty",
	Module:   "github.com/PagerDuty/go-pagerduty",
	Defaults: "no timeout, no retry, 10 redirects",
	failure:  `{"error":{"code":2100,"message":"MESSAGE"}}`,
	body:     "pagerduty.json",
	member:   "service",
	page:     `{"services":[ITEMS],"limit":100,"offset":0,"more":false,"total":null}`,
	more:     `{"services":[ITEMS],"limit":10,"offset":0,"more":true,"total":null}`,
	New: func(base string, transport http.RoundTripper) (API, error) {
		client := pagerduty.NewClient(Key, pagerduty.WithAPIEndpoint(base))
		if transport != nil {
			client.HTTPClient = supplied(transport)
		}
		return API{
			Value: client,
			Get: func(ctx context.Context, id string) (string, error) {
				service, err := client.GetServiceWithContext(ctx, id, &pagerduty.GetServiceOptions{})
				if err != nil {
					return "", err
				}
				return service.Name, nil
			},
			List: func(ctx context.Context) (int, error) {
				list, err := client.ListServicesWithContext(ctx, pagerduty.ListServiceOptions{Limit: 100})
				if err != nil {
					return 0, err
				}
				return len(list.Services), nil
			},
			All: func(ctx context.Context) (int, error) {
				services, err := client.ListServicesPaginated(ctx, pagerduty.ListServiceOptions{})
				return len(services), err
			},
			Create: func(ctx context.Context) error {
				_, err := client.CreateServiceWithContext(ctx, pagerduty.Service{Name: Name})
				return err
			},
		}, nil
	},
})
