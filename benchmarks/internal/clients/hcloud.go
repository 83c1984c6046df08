package clients

import (
	"context"
	"net/http"

	"github.com/hetznercloud/hcloud-go/v2/hcloud"
)

var hcloudClient = Client{
	Name:     "hcloud",
	Module:   "github.com/hetznercloud/hcloud-go/v2",
	Defaults: "http.Client{} (no timeout, 10 redirects), 5 retries 1 s to 60 s apart on 502, 504, timeouts, conflict and rate limit",
	failure:  `{"error":{"code":"CODE","message":"MESSAGE"}}`,
	body:     "hcloud.json",
	New: func(base string, transport http.RoundTripper) (API, error) {
		options := []hcloud.ClientOption{hcloud.WithEndpoint(base), hcloud.WithToken(Key)}
		if transport != nil {
			options = append(options, hcloud.WithHTTPClient(lent(transport)))
		}
		client := hcloud.NewClient(options...)
		return API{
			Value: client,
			Get: func(ctx context.Context, id string) (string, error) {
				key, _, err := client.SSHKey.Get(ctx, id)
				if err != nil {
					return "", err
				}
				if key == nil { // how it says that there is none
					return "", errNone
				}
				return key.Name, nil
			},
			Create: func(ctx context.Context) error {
				_, _, err := client.SSHKey.Create(ctx, hcloud.SSHKeyCreateOpts{Name: Name, PublicKey: "ssh-rsa AAAA"})
				return err
			},
		}, nil
	},
}
