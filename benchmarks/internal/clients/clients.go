// Package clients contains the SDKs that the benchmarks compare, each with the same
// three calls: a GET by id, a GET of a page of a list, and a POST that creates. Built
// with the tag "only" and the tag of a client, it contains only that client.
//
// An adapter sets the address and the key, so that an SDK is measured with its
// defaults.
package clients

import (
	"bytes"
	"cmp"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
)

// Key is the API key of every client.
const Key = "example-key-7f3e9c2a51d84b06"

// ID is the id of the object in Body.
const ID = "42"

// Name is what Get returns for Body.
const Name = "sample"

// A Client is one SDK.
type Client struct {
	Name     string
	Tag      string
	Module   string // empty: the standard library
	Defaults string // timeouts, retries and redirects, as the SDK documents them
	TLSOnly  bool   // it sends no key over plaintext HTTP
	New      func(base string, transport http.RoundTripper) (API, error)

	body    string
	member  string // the property of body that contains the object of a page; empty: body is the object
	page    string // a page of the API, with ITEMS
	more    string // page if another page follows; empty: the SDK has no iterator over pages
	header  string // a header line of more
	created string // the response to Create; empty: body
	failure string // an error body of the API, with MESSAGE, CODE and STATUS
}

// An API is a client of one server.
type API struct {
	Value  any // the client, as the SDK returns it
	Get    func(ctx context.Context, id string) (name string, err error)
	List   func(ctx context.Context) (n int, err error)
	Create func(ctx context.Context) error
	All    func(ctx context.Context) (n int, err error) // all pages, by the SDK's own iterator; nil: it has none
}

var all []Client

func add(client Client) bool {
	all = append(all, client)
	return true
}

// All returns the clients: this module's, net/http, go-retryablehttp, and the SDKs
// by name.
func All() []Client {
	first := []string{"go-retryablehttp", "net/http", "freddy"}
	return slices.SortedFunc(slices.Values(all), func(a, b Client) int {
		return cmp.Or(slices.Index(first, b.Name)-slices.Index(first, a.Name), strings.Compare(a.Name, b.Name))
	})
}

// Find returns the client of that name. It panics if there is none.
func Find(name string) Client {
	i := slices.IndexFunc(all, func(c Client) bool { return c.Name == name })
	return all[i]
}

// Version returns the version of the SDK that was built.
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

// Body returns what the client's API returns for a Get, about 1 KB.
func (c Client) Body() []byte { return read(c.body) }

// Created returns what the client's API returns for a Create.
func (c Client) Created() []byte { return read(cmp.Or(c.created, c.body)) }

// Page returns what the client's API returns for a List: the object of Body a
// hundred times, each with its own id if it has one.
func (c Client) Page() []byte {
	items := make([][]byte, 100)
	for i := range items {
		items[i] = idMember.ReplaceAll(c.item(), fmt.Appendf(nil, "${1}%d", 42+i))
	}
	return []byte(strings.Replace(c.page, "ITEMS", string(bytes.Join(items, []byte(","))), 1))
}

var idMember = regexp.MustCompile(`("id": ?"?)` + ID)

// LargePage returns a page of at most size bytes that repeats the object of Body, its
// exact size, and how many items it has. The Reader holds one of them.
func (c Client) LargePage(size int64) (page io.Reader, length int64, items int) {
	head, tail, _ := strings.Cut(c.page, "ITEMS")
	item := string(c.item())
	n := int((size - int64(len(head)+len(tail))) / int64(len(item)+1)) // each with a comma, except the last
	r := &repeated{parts: []string{head, item, ",", tail}, left: n}
	return r, int64(len(head) + n*(len(item)+1) - 1 + len(tail)), n
}

// ShuffledPages returns pages of the same ten objects, each in another order, which
// all say that another page follows, and a line of their header. There are none if
// the SDK has no iterator.
func (c Client) ShuffledPages() (pages []string, header string) {
	if c.more == "" {
		return nil, ""
	}
	items := make([]string, 10)
	for i := range items {
		items[i] = string(idMember.ReplaceAll(c.item(), fmt.Appendf(nil, "${1}%d", 42+i)))
	}
	for range items {
		pages = append(pages, strings.Replace(c.more, "ITEMS", strings.Join(items, ","), 1))
		items = append(items[1:], items[0])
	}
	return pages, c.header
}

// item returns the object of Body as a page contains it.
func (c Client) item() []byte {
	item := c.Body()
	if c.member != "" {
		var body map[string]json.RawMessage
		if err := json.Unmarshal(item, &body); err != nil {
			panic(err)
		}
		item = body[c.member]
	}
	return bytes.TrimSpace(item)
}

// repeated reads a head, an item as often as left says, with separators, and a tail.
type repeated struct {
	parts []string // head, item, separator, tail
	part  int      // the next one
	left  int      // items
	rest  string   // of the part that is being read
}

func (r *repeated) Read(b []byte) (int, error) {
	for r.rest == "" {
		if r.part == len(r.parts) {
			return 0, io.EOF
		}
		r.rest = r.parts[r.part]
		switch r.part++; {
		case r.part == 2: // an item
			r.left--
			if r.left == 0 {
				r.part = 3 // no separator
			}
		case r.part == 3: // a separator
			r.part = 1
		}
	}
	n := copy(b, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// Failure returns an error body of the client's API.
func (c Client) Failure(status int, message string) string {
	return strings.NewReplacer("MESSAGE", message, "CODE", codes[status], "STATUS", strconv.Itoa(status)).Replace(c.failure)
}

// codes are what hcloud decides by whether to retry. Other clients use the status.
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

// supplied returns a client with the transport, or nil for the SDK's own.
func supplied(transport http.RoundTripper) *http.Client {
	if transport == nil {
		return nil
	}
	return &http.Client{Transport: transport}
}

// count reads an iterator to its end.
func count[T any, S ~func(func(T, error) bool)](all S) (n int, err error) {
	for _, err := range all {
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
