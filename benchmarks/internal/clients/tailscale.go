package clients

import (
	"context"
	"net/http"
	"net/url"

	"tailscale.com/client/tailscale/v2"
)

var tailscaleClient = Client{
	Name:     "tailscale",
	Module:   "tailscale.com/client/tailscale/v2",
	Defaults: "1 min a call, no retry, 10 redirects",
	failure:  `{"message":"MESSAGE"}`,
	body:     "tailscale.json",
	New: func(base string, transport http.RoundTripper) (API, error) {
		address, err := url.Parse(base)
		client := &tailscale.Client{BaseURL: address, APIKey: Key, HTTP: lent(transport)}
		return API{
			Value: client,
			Get: func(ctx context.Context, id string) (string, error) {
				device, err := client.Devices().Get(ctx, id)
				if err != nil {
					return "", err
				}
				return device.Name, nil
			},
			Create: func(ctx context.Context) error {
				_, err := client.Keys().CreateAuthKey(ctx, tailscale.CreateKeyRequest{Description: Name})
				return err
			},
		}, err
	},
}
