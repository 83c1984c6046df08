//go:build !only || govultr

package clients

import (
	"context"
	"net/http"

	"github.com/vultr/govultr/v3"
	"golang.org/x/oauth2"
)

var _ = add(Client{
	Tag:      "govultr",
	Name:     "govultr",
	Module:   "github.com/vultr/govultr/v3",
	Defaults: "NewClient with oauth2, as its README has it: no timeout, 3 retries of any method through go-retryablehttp, 10 redirects",
	failure:  `{"error":"MESSAGE","status":STATUS}`,
	body:     "vultr.json",
	member:   "instance",
	page:     `{"instances":[ITEMS],"meta":{"total":100,"links":{"next":"","prev":""}}}`,
	New: func(base string, transport http.RoundTripper) (API, error) {
		source := oauth2.StaticTokenSource(&oauth2.Token{AccessToken: Key})
		client := govultr.NewClient(&http.Client{Transport: &oauth2.Transport{Base: transport, Source: source}})
		err := client.SetBaseURL(base)
		return API{
			Value: client,
			Get: func(ctx context.Context, id string) (string, error) {
				instance, _, err := client.Instance.Get(ctx, id) //nolint:bodyclose // the SDK closes it
				if err != nil {
					return "", err
				}
				if instance == nil {
					return "", errNone
				}
				return instance.Label, nil
			},
			List: func(ctx context.Context) (int, error) {
				instances, _, _, err := client.Instance.List(ctx, &govultr.ListOptions{PerPage: 100}) //nolint:bodyclose // the SDK closes it
				return len(instances), err
			},
			Create: func(ctx context.Context) error {
				_, _, err := client.Instance.Create(ctx, &govultr.InstanceCreateReq{Label: Name}) //nolint:bodyclose // the SDK closes it
				return err
			},
		}, err
	},
})
