//go:build !only || godo

package clients

import (
	"context"
	"net/http"
	"net/url"

	"github.com/digitalocean/godo"
	"golang.org/x/oauth2"
)

var _ = add(Client{
	Tag:      "godo",
	Name:     "godo",
	Module:   "github.com/digitalocean/godo",
	Defaults: "NewFromToken: no timeout, 4 retries of any method through go-retryablehttp, 10 redirects",
	failure:  `{"id":"CODE","message":"MESSAGE"}`,
	body:     "godo.json",
	member:   "domain",
	page:     `{"domains":[ITEMS],"links":{},"meta":{"total":100}}`,
	New: func(base string, transport http.RoundTripper) (API, error) {
		client := godo.NewFromToken(Key)
		if transport != nil { // bypasses its retries, which accept no transport
			client.HTTPClient.Transport = &oauth2.Transport{
				Base: transport, Source: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: Key}),
			}
		}
		address, err := url.Parse(base + "/")
		client.BaseURL = address
		return API{
			Value: client,
			Get: func(ctx context.Context, id string) (string, error) {
				domain, _, err := client.Domains.Get(ctx, id)
				if err != nil {
					return "", err
				}
				return domain.Name, nil
			},
			List: func(ctx context.Context) (int, error) {
				domains, _, err := client.Domains.List(ctx, &godo.ListOptions{PerPage: 100})
				return len(domains), err
			},
			Create: func(ctx context.Context) error {
				_, _, err := client.Domains.Create(ctx, &godo.DomainCreateRequest{Name: Name})
				return err
			},
		}, err
	},
})
