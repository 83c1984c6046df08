//go:build !only || hcloud

package clients

import (
	"context"
	"net/http"

	"github.com/hetznercloud/hcloud-go/v2/hcloud"
)

var _ = add(Client{
	Tag:      "hcloud",
	Name:     "hcloud",
	Module:   "github.com/hetznercloud/hcloud-go/v2",
	Defaults: "http.Client{} (no timeout, 10 redirects), 5 retries 1 s to 60 s apart on 502, 504, timeouts, conflict and rate limit",
	failure:  `{"error":{"code":"CODE","message":"MESSAGE"}}`,
	body:     "hcloud.json",
	member:   "ssh_key",
	page:     `{"ssh_keys":[ITEMS],"meta":{"pagination":{"page":1,"per_page":100,"last_page":1,"total_entries":100}}}`,
	more:     `{"ssh_keys":[ITEMS],"meta":{"pagination":{"page":1,"per_page":10,"next_page":2,"last_page":1000000,"total_entries":10000000}}}`,
	New: func(base string, transport http.RoundTripper) (API, error) {
		options := []hcloud.ClientOption{hcloud.WithEndpoint(base), hcloud.WithToken(Key)}
		if transport != nil {
			options = append(options, hcloud.WithHTTPClient(supplied(transport)))
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
			List: func(ctx context.Context) (int, error) {
				params := hcloud.SSHKeyListOpts{ListOpts: hcloud.ListOpts{PerPage: 100}}
				keys, _, err := client.SSHKey.List(ctx, params)
				return len(keys), err
			},
			All: func(ctx context.Context) (int, error) {
				keys, err := client.SSHKey.All(ctx)
				return len(keys), err
			},
			Create: func(ctx context.Context) error {
				_, _, err := client.SSHKey.Create(ctx, hcloud.SSHKeyCreateOpts{Name: Name, PublicKey: "ssh-rsa AAAA"})
				return err
			},
		}, nil
	},
})
