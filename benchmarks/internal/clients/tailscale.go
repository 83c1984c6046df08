//go:build !only || tailscale

package clients

import (
	"context"
	"net/http"
	"net/url"

	"tailscale.com/client/tailscale/v2"
)

var _ = add(Client{
	Tag:      "tailscale",
	Name:     "tailscale",
	Module:   "tailscale.com/client/tailscale/v2",
	Defaults: "1 min a call, no retry, 10 redirects",
	failure:  `{"message":"MESSAGE"}`,
	body:     "tailscale.json",
	page:     `{"devices":[ITEMS]}`,
	New: func(base string, transport http.RoundTripper) (API, error) {
		address, err := url.Parse(base)
		client := &tailscale.Client{BaseURL: address, APIKey: Key, HTTP: supplied(transport)}
		return API{
			Value: client,
			Get: func(ctx context.Context, id string) (string, error) {
				device, err := client.Devices().Get(ctx, id)
				if err != nil {
					return "", err
				}
				return device.Name, nil
			},
			List: func(ctx context.Context) (int, error) {
				devices, err := client.Devices().List(ctx)
				return len(devices), err
			},
			Create: func(ctx context.Context) error {
				_, err := client.Keys().CreateAuthKey(ctx, tailscale.CreateKeyRequest{Description: Name})
				return err
			},
		}, err
	},
})
