//go:build !only || openai

package clients

import (
	"context"
	"net/http"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
)

var _ = add(Client{
	Tag:      "openai",
	Name:     "openai-go",
	Module:   "github.com/openai/openai-go/v3",
	TLSOnly:  true,
	Defaults: "10 min to the header of a response, 2 retries of any method 0.5 s to 8 s apart (408, 409, 429, 5xx, network errors), 10 redirects",
	failure:  `{"error":{"message":"MESSAGE","type":"invalid_request_error","param":null,"code":"CODE"}}`,
	body:     "openai.json",
	page:     `{"object":"list","data":[ITEMS],"first_id":"42","last_id":"141","has_more":false}`,
	more:     `{"object":"list","data":[ITEMS],"first_id":"42","last_id":"51","has_more":true}`,
	New: func(base string, transport http.RoundTripper) (API, error) {
		options := []option.RequestOption{option.WithAPIKey(Key), option.WithBaseURL(base)}
		if transport != nil {
			options = append(options, option.WithHTTPClient(supplied(transport)))
		}
		client := openai.NewClient(options...)
		return API{
			Value: &client,
			Get: func(ctx context.Context, id string) (string, error) {
				store, err := client.VectorStores.Get(ctx, id)
				if err != nil {
					return "", err
				}
				return store.Name, nil
			},
			List: func(ctx context.Context) (int, error) {
				page, err := client.VectorStores.List(ctx, openai.VectorStoreListParams{Limit: openai.Int(100)})
				if err != nil {
					return 0, err
				}
				return len(page.Data), nil
			},
			All: func(ctx context.Context) (n int, err error) {
				pager := client.VectorStores.ListAutoPaging(ctx, openai.VectorStoreListParams{})
				for pager.Next() {
					n++
				}
				return n, pager.Err()
			},
			Create: func(ctx context.Context) error {
				_, err := client.VectorStores.New(ctx, openai.VectorStoreNewParams{Name: openai.String(Name)})
				return err
			},
		}, nil
	},
})
