package clients

import (
	"context"
	"net/http"

	gitlab "gitlab.com/gitlab-org/api/client-go/v2"
)

var gitlabClient = Client{
	Name:     "gitlab",
	Module:   "gitlab.com/gitlab-org/api/client-go/v2",
	Defaults: "no timeout, 5 retries (429 and 5xx of any method, a failed dial), 10 redirects",
	failure:  `{"message":"MESSAGE"}`,
	body:     "gitlab.json",
	New: func(base string, transport http.RoundTripper) (API, error) {
		options := []gitlab.ClientOptionFunc{gitlab.WithBaseURL(base)}
		if transport != nil {
			options = append(options, gitlab.WithHTTPClient(lent(transport)))
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
			Create: func(ctx context.Context) error {
				params := &gitlab.CreateProjectOptions{Name: gitlab.Ptr(Name)}
				_, _, err := client.Projects.CreateProject(params, gitlab.WithContext(ctx))
				return err
			},
		}, err
	},
}
