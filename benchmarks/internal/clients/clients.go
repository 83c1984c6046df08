// Package clients holds the SDKs that the benchmarks compare, each behind the
// same three calls: one GET by id, one of a page of a list, and one POST that
// creates. Built with the tags only and a client's own, it holds that one alone.
//
// An adapter changes the address and the key and nothing else, so that what is
// measured is what a user of the SDK gets who reads no further than its first
// example.
package clients

import (
	"bytes"
	"cmp"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
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
	Tag      string
	Module   string // empty: the standard library
	Defaults string // what the SDK says about timeouts, retries and redirects
	TLSOnly  bool   // it refuses to send a key in clear
	New      func(base string, transport http.RoundTripper) (API, error)

	body    string
	member  string // of body, in which the object is that a page lists; empty: body is it
	page    string // the form of the API's lists, with ITEMS
	created string // what answers Create, if it is not body
	failure string // the form of the API's errors, with MESSAGE, CODE and STATUS
}

// An API is a client of one server.
type API struct {
	Value  any // the client as the SDK hands it out
	Get    func(ctx context.Context, id string) (name string, err error)
	List   func(ctx context.Context) (n int, err error)
	Create func(ctx context.Context) error
}

var all []Client

func add(client Client) bool {
	all = append(all, client)
	return true
}

// All lists the clients: this module's, net/http, go-retryablehttp, and the SDKs
// by name.
func All() []Client {
	first := []string{"go-retryablehttp", "net/http", "freddy"}
	return slices.SortedFunc(slices.Values(all), func(a, b Client) int {
		return cmp.Or(slices.Index(first, b.Name)-slices.Index(first, a.Name), strings.Compare(a.Name, b.Name))
	})
}

// Find returns the client of that name, which there must be.
func Find(name string) Client {
	i := slices.IndexFunc(all, func(c Client) bool { return c.Name == name })
	return all[i]
}

// Version is that of the SDK. It reads what was built, not what someone wrote
// down.
func (c Client) Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || c.Module == "" {
		return runtime.Version()
	}
	for _, dep := range info.Deps {
		switch {
		case dep.Path != c.Module:
		case dep.Replace != nil:
			return "this tree"
		default:
			return dep.Version
		}
	}
	return "unknown"
}

//go:embed bodies
var bodies embed.FS

// Body returns the client's sample: what its API answers to Get, about 1 KB.
func (c Client) Body() []byte { return read(c.body) }

// Created returns what the client's API answers to Create.
func (c Client) Created() []byte { return read(cmp.Or(c.created, c.body)) }

// Page returns what the client's API answers to List: the object of Body a
// hundred times, each with an id of its own where it has one.
func (c Client) Page() []byte {
	item := c.Body()
	if c.member != "" {
		var body map[string]json.RawMessage
		if err := json.Unmarshal(item, &body); err != nil {
			panic(err)
		}
		item = body[c.member]
	}
	items := make([][]byte, 100)
	for i := range items {
		items[i] = idMember.ReplaceAll(bytes.TrimSpace(item), fmt.Appendf(nil, "${1}%d", 42+i))
	}
	return []byte(strings.Replace(c.page, "ITEMS", string(bytes.Join(items, []byte(","))), 1))
}

var idMember = regexp.MustCompile(`("id": ?"?)` + ID)

// Failure returns an error body in the form of the client's API.
func (c Client) Failure(status int, message string) string {
	return strings.NewReplacer("MESSAGE", message, "CODE", codes[status], "STATUS", strconv.Itoa(status)).Replace(c.failure)
}

// codes are those by which hcloud decides what it repeats; other clients go by
// the status.
var codes = map[int]string{
	http.StatusBadRequest:         "invalid_input",
	http.StatusUnauthorized:       "unauthorized",
	http.StatusNotFound:           "not_found",
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
