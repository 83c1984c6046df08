//go:build !only || github

package clients

import (
	"context"
	"net/http"

	"github.com/google/go-github/v93/github"
)

var _ = add(Client{
	Tag:      "github",
	Name:     "go-github",
	Module:   "github.com/google/go-github/v93",
	Defaults: "WithAuthToken; http.Client{} (no timeout, 10 redirects), no retry, rejects calls until a rate limit resets",
	failure:  `{"message":"MESSAGE","documentation_url":"https://docs.example.com"}`,
	body:     "github.json",
	page:     `[ITEMS]`,
	more:     `[ITEMS]`,
	header:   `Link: <https://api.example/orgs/acme/repos?page=2>; rel="next"`,
	New: func(base string, transport http.RoundTripper) (API, error) {
		base += "/"
		options := []github.ClientOptionsFunc{github.WithAuthToken(Key), github.WithURLs(&base, nil)}
		if transport != nil {
			options = append(options, github.WithTransport(transport))
		}
		client, err := github.NewClient(options...)
		return API{
			Value: client,
			Get: func(ctx context.Context, id string) (string, error) {
				repository, _, err := client.Repositories.Get(ctx, "acme", id)
				return repository.GetName(), err
			},
			List: func(ctx context.Context) (int, error) {
				params := &github.RepositoryListByOrgOptions{ListOptions: github.ListOptions{PerPage: 100}}
				repositories, _, err := client.Repositories.ListByOrg(ctx, "acme", params)
				return len(repositories), err
			},
			All: func(ctx context.Context) (int, error) {
				return count(client.Repositories.ListByOrgIter(ctx, "acme", nil))
			},
			Create: func(ctx context.Context) error {
				_, _, err := client.Repositories.Create(ctx, "acme", github.CreateRepositoryRequest{Name: Name})
				return err
			},
		}, err
	},
})
