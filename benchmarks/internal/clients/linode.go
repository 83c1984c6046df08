package clients

import (
	"context"
	"net/http"

	"github.com/linode/linodego"
)

var linodeClient = Client{
	Name:     "linodego",
	Module:   "github.com/linode/linodego",
	Defaults: "resty without a timeout, 1000 retries 3 s to 30 s apart (408, 429, 503, GOAWAY, nginx 400) of any method, 10 redirects",
	failure:  `{"errors":[{"reason":"MESSAGE"}]}`,
	body:     "linode.json",
	New: func(base string, transport http.RoundTripper) (API, error) {
		client := linodego.NewClient(lent(transport))
		client.SetBaseURL(base)
		client.SetToken(Key)
		return API{
			Value: &client,
			Get: func(ctx context.Context, id string) (string, error) {
				image, err := client.GetImage(ctx, id)
				if err != nil {
					return "", err
				}
				return image.Label, nil
			},
			Create: func(ctx context.Context) error {
				_, err := client.CreateImage(ctx, linodego.ImageCreateOptions{DiskID: 42, Label: Name})
				return err
			},
		}, nil
	},
}
