//go:build !only || nethttp

package clients

import "net/http"

var _ = add(Client{
	Tag:      "nethttp",
	Name:     "net/http",
	Defaults: "the reference: http.Client{}, io.ReadAll, encoding/json; no timeout, no retry, 10 redirects",
	failure:  `{"error":{"type":"not_found_error","code":"CODE","message":"MESSAGE"}}`,
	body:     "freddy.json",
	page:     `{"object":"list","data":[ITEMS]}`,
	New: func(base string, transport http.RoundTripper) (API, error) {
		return ByHand(&http.Client{Transport: transport}, base), nil
	},
})
