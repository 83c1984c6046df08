//go:build !only || linodego

package clients

import (
	"context"
	"net/http"

	"github.com/linode/linodego"
)

var _ = add(Client{
	Tag:      "linodego",
	Name:     "linodego",
	Module:   "github.com/linode/linodego",
	Defaults: "resty without a timeout, 1000 retries 3 s to 30 s apart (408, 429, 503, GOAWAY, nginx 400) of any method, 10 redirects",
	failure:  `{"errors":[{"reason":"MESSAGE"}]}`,
	body:     "linode.json",
	page:     `{"data":[ITEMS],"page":1,"pages":1,"results":100}`,
	more:     `{"data":[ITEMS],"page":1,"pages":1000000,"results":10000000}`,
	New: func(base string, transport http.RoundTripper) (API, error) {
		client := linodego.NewClient(supplied(transport))
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
			List: func(ctx context.Context) (int, error) {
				images, err := client.ListImages(ctx, &linodego.ListOptions{PageOptions: &linodego.PageOptions{Page: 1}, PageSize: 100})
				return len(images), err
			},
			All: func(ctx context.Context) (int, error) {
				images, err := client.ListImages(ctx, nil)
				return len(images), err
			},
			Create: func(ctx context.Context) error {
				_, err := client.CreateImage(ctx, linodego.ImageCreateOptions{DiskID: 42, Label: Name})
				return err
			},
		}, nil
	},
})
