package clients

import (
	"context"
	"net/http"

	"github.com/aitronos/freddy-go"
)

var freddyClient = Client{
	Name:     "freddy",
	Module:   "github.com/aitronos/freddy-go",
	Defaults: "30 s an attempt, 3 retries of GET, POST only on 429, redirects never followed, 10 MiB a body",
	failure:  `{"error":{"type":"authentication_error","code":"CODE","message":"MESSAGE"}}`,
	body:     "freddy.json",
	created:  "freddy_created.json",
	New: func(base string, transport http.RoundTripper) (API, error) {
		options := []freddy.Option{freddy.WithBaseURL(base)}
		if transport != nil {
			options = append(options, freddy.WithHTTPClient(lent(transport)))
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
			Create: func(ctx context.Context) error {
				_, err := client.Configurations().Create(ctx, freddy.ConfigurationCreateParams{
					PersonalConnectorID: ID, Name: Name, Credentials: freddy.BearerCredentials("token"),
				})
				return err
			},
		}, err
	},
}
