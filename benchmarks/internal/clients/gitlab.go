//go:build !only || gitlab

package clients

import (
	"context"
	"net/http"

	gitlab "gitlab.com/gitlab-org/api/client-go/v2"
)

var _ = add(Client{
	Tag:      "gitlab",
	Name:     "gitlab",
	Module:   "gitlab.com/gitlab-org/api/client-go/v2",
	Defaults: "no timeout, 5 retries (429 and 5xx of any method, a failed dial), 10 redirects",
	failure:  `{"message":"MESSAGE"}`,
	body:     "gitlab.json",
	page:     `[ITEMS]`,
	more:     `[ITEMS]`,
	header:   `X-Next-Page: 2`,
	New: func(base string, transport http.RoundTripper) (API, error) {
		options := []gitlab.ClientOptionFunc{gitlab.WithBaseURL(base)}
		if transport != nil {
			options = append(options, gitlab.WithHTTPClient(supplied(transport)))
		}
		client, err := gitlab.NewClient(Key, options...)
		return API{
			Value: client,
			Get: func(ctx context.Context, id string) (string, error) {
				project, _, err := client.Projects.GetProject(id, nil, gitlab.WithContext(ctx))
				if err != nil {
					return "", err
				}
				return project.Name, nil
			},
			List: func(ctx context.Context) (int, error) {
				params := &gitlab.ListProjectsOptions{ListOptions: gitlab.ListOptions{PerPage: 100}}
				projects, _, err := client.Projects.ListProjects(params, gitlab.WithContext(ctx))
				return len(projects), err
			},
			All: func(ctx context.Context) (int, error) {
				return count(gitlab.Scan2(func(page gitlab.PaginationOptionFunc) ([]*gitlab.Project, *gitlab.Response, error) {
					return client.Projects.ListProjects(nil, gitlab.WithContext(ctx), page)
				}))
			},
			Create: func(ctx context.Context) error {
				params := &gitlab.CreateProjectOptions{Name: gitlab.Ptr(Name)}
				_, _, err := client.Projects.CreateProject(params, gitlab.WithContext(ctx))
				return err
			},
		}, err
	},
})
