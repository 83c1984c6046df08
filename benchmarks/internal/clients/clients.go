// Package clients holds the SDKs that the benchmarks compare, each behind the
// same two calls: one GET by id and one POST that creates.
//
// An adapter changes the address and the key and nothing else, so that what is
// measured is what a user of the SDK gets who reads no further than its first
// example.
package clients

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"net/http"
	"strings"
)

// Key is what every client authenticates with.
const Key = "example-key-7f3e9c2a51d84b06"

// ID is the id that Body answers to.
const ID = "42"

// Name is what Get returns for Body.
const Name = "sample"

// A Client is one SDK.
type Client struct {
	Name     string
	Module   string // empty: the standard library
	Defaults string // what the SDK says about timeouts, retries and redirects
	New      func(base string, transport http.RoundTripper) (API, error)

	body    string
	created string // what answers Create, if it is not body
	failure string // the form of the API's errors, with MESSAGE and CODE
}

// An API is a client of one server.
type API struct {
	Value  any // the client as the SDK hands it out
	Get    func(ctx context.Context, id string) (name string, err error)
	Create func(ctx context.Context) error
}

// All lists the clients, this module's first, then plain net/http.
func All() []Client {
	return []Client{
		freddyClient, plainClient, retryableClient,
		githubClient, gitlabClient, hcloudClient, godoClient, linodeClient, tailscaleClient, openaiClient,
	}
}

//go:embed bodies
var bodies embed.FS

// Body returns the client's sample: what its API answers to Get, about 1 KB.
func (c Client) Body() []byte { return read(c.body) }

// Created returns what the client's API answers to Create.
func (c Client) Created() []byte { return read(cmp.Or(c.created, c.body)) }

// Failure returns an error body in the form of the client's API.
func (c Client) Failure(status int, message string) string {
	return strings.NewReplacer("MESSAGE", message, "CODE", codes[status]).Replace(c.failure)
}

// codes are those by which hcloud decides what it repeats; other clients go by
// the status.
var codes = map[int]string{
	http.StatusBadRequest:         "invalid_input",
	http.StatusUnauthorized:       "unauthorized",
	http.StatusTooManyRequests:    "rate_limit_exceeded",
	http.StatusServiceUnavailable: "unavailable",
}

func read(name string) []byte {
	body, err := bodies.ReadFile("bodies/" + name)
	if err != nil {
		panic(err)
	}
	return body
}

var errNone = errors.New("neither a value nor an error")

// lent returns a client with the transport, or nil for the SDK's own.
func lent(transport http.RoundTripper) *http.Client {
	if transport == nil {
		return nil
	}
	return &http.Client{Transport: transport}
}
