//go:build !only || freddy

package clients

import (
	"context"
	"net/http"

	"github.com/aitronos/freddy-go"
)

var _ = add(Client{
	Tag:      "freddy",
	Name:     "freddy",
	Module:   "github.com/aitronos/freddy-go",
	Defaults: "30 s an attempt, 3 retries of GET, POST only on 429, redirects never followed, 10 MiB a body",
	failure:  `{"error":{"type":"authentication_error","code":"CODE","message":"MESSAGE"}}`,
	body:     "freddy.json",
	created:  "freddy_created.json",
	page:     `{"object":"list","data":[ITEMS]}`,
	more:     `{"object":"list","data":[ITEMS],"hasMore":true}`,
	New: func(base string, transport http.RoundTripper) (API, error) {
		options := []freddy.Option{freddy.WithBaseURL(base)}
		if transport != nil {
			options = append(options, freddy.WithHTTPClient(supplied(transport)))
		}
		client, err := freddy.NewClient(Key, options...)
		return API{
			Value: client,
			Get: func(ctx context.Context, id string) (string, error) {
				connector, err := client.Connectors().Get(ctx, id)
				if err != nil {
					return "", err
				}
				return connector.Name, nil
			},
			List: func(ctx context.Context) (int, error) {
				page, err := client.Connectors().List(ctx, freddy.ConnectorListParams{Limit: 100})
				if err != nil {
					return 0, err
				}
				return len(page.Items), nil
			},
			All: func(ctx context.Context) (int, error) {
				return count(client.Connectors().All(ctx, freddy.ConnectorListParams{Limit: 10}))
			},
			Create: func(ctx context.Context) error {
				_, err := client.Configurations().Create(ctx, freddy.ConfigurationCreateParams{
					PersonalConnectorID: ID, Name: Name, Credentials: freddy.BearerCredentials("token"),
				})
				return err
			},
		}, err
	},
})
