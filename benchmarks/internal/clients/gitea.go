//go:build !only || gitea

package clients

import (
	"context"
	"net/http"

	"code.gitea.io/sdk/gitea"
)

var _ = add(Client{
	Tag:      "gitea",
	Name:     "gitea",
	Module:   "code.gitea.io/sdk/gitea",
	Defaults: "SetGiteaVersion; http.Client{} (no timeout, 10 redirects), no retry, no context of a call",
	failure:  `{"message":"MESSAGE","url":"https://gitea.example.com/api/swagger"}`,
	body:     "gitea.json",
	page:     `[ITEMS]`,
	New: func(base string, transport http.RoundTripper) (API, error) {
		// Without a version NewClient would ask the server for it.
		options := []gitea.ClientOption{gitea.SetToken(Key), gitea.SetGiteaVersion("1.24.0")}
		if transport != nil {
			options = append(options, gitea.SetHTTPClient(supplied(transport)))
		}
		client, err := gitea.NewClient(base, options...)
		return API{
			Value: client,
			// The context of the client is for all calls, so those of the calls are unused.
			Get: func(_ context.Context, id string) (string, error) {
				repository, _, err := client.GetRepo("acme", id)
				if err != nil {
					return "", err
				}
				return repository.Name, nil
			},
			List: func(context.Context) (int, error) {
				params := gitea.ListOrgReposOptions{ListOptions: gitea.ListOptions{PageSize: 100}}
				repositories, _, err := client.ListOrgRepos("acme", params)
				return len(repositories), err
			},
			Create: func(context.Context) error {
				_, _, err := client.CreateOrgRepo("acme", gitea.CreateRepoOption{Name: Name})
				return err
			},
		}, err
	},
})
