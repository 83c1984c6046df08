//go:build !only || retryablehttp

package clients

import (
	"net/http"

	"github.com/hashicorp/go-retryablehttp"
)

var _ = add(Client{
	Tag:      "retryablehttp",
	Name:     "go-retryablehttp",
	Module:   "github.com/hashicorp/go-retryablehttp",
	Defaults: "NewClient, io.ReadAll, encoding/json; no timeout, 4 retries of any method, 1 s to 30 s between them, logs to stderr",
	failure:  `{"error":{"type":"not_found_error","code":"CODE","message":"MESSAGE"}}`,
	body:     "freddy.json",
	page:     `{"object":"list","data":[ITEMS]}`,
	New: func(base string, transport http.RoundTripper) (API, error) {
		client := retryablehttp.NewClient()
		if transport != nil {
			client.HTTPClient = supplied(transport)
			client.Logger = nil // the cost of printing is not the client's
		}
		return Retrying(client, base), nil
	},
})

// Retrying is ByHand with go-retryablehttp's loop.
func Retrying(client *retryablehttp.Client, base string) API {
	return byHand(client, base, func(req *http.Request) (*http.Response, error) {
		retryable, err := retryablehttp.FromRequest(req)
		if err != nil {
			return nil, err
		}
		return client.Do(retryable)
	})
}
