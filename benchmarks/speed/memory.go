package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strconv"
	"time"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/benchmarks/internal/clients"
)

// base is asked for nothing: every answer comes from memory.
const base = "https://api.example.com"

// inMemory is a RoundTripper that answers without a network, so that the client
// alone is measured.
type inMemory func(*http.Request) (status int, body []byte)

func (answer inMemory) RoundTrip(req *http.Request) (*http.Response, error) {
	status, body := answer(req)
	return &http.Response{
		Status:        http.StatusText(status),
		StatusCode:    status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        http.Header{"Content-Type": {"application/json"}, "X-Request-Id": {"req_bench"}},
		Body:          io.NopCloser(bytes.NewReader(body)),
		ContentLength: int64(len(body)),
		Request:       req,
	}, nil
}

// always answers the same.
func always(status int, body []byte) inMemory {
	return func(*http.Request) (int, []byte) { return status, body }
}

var errWrong = errors.New("the client did not return what the server said")

// getUnit, pageUnit and missingUnit are done by every client, each with a body
// in the form of its own API.
func getUnit() unit {
	return everyClient("Get", func(client clients.Client) func() error {
		api := made(client, always(http.StatusOK, client.Body()))
		return getOf(api)
	})
}

func pageUnit() unit {
	return everyClient("page of 100", func(client clients.Client) func() error {
		api := made(client, always(http.StatusOK, client.Page()))
		return func() error {
			n, err := api.List(context.Background())
			return wrong(err, n != 100)
		}
	})
}

func missingUnit() unit {
	return everyClient("404", func(client clients.Client) func() error {
		body := client.Failure(http.StatusNotFound, "Personal connector not found")
		api := made(client, always(http.StatusNotFound, []byte(body)))
		return func() error {
			_, err := api.Get(context.Background(), clients.ID)
			return wrong(nil, err == nil)
		}
	})
}

func everyClient(name string, prepare func(clients.Client) func() error) unit {
	u := unit{name: name, floor: plain}
	for _, client := range clients.All() {
		op := prepare(client)
		u.of = append(u.of, contender{client.Name, func() reading { return operation(op) }})
	}
	return u
}

func made(client clients.Client, transport http.RoundTripper) clients.API {
	api, err := client.New(base, transport)
	if err != nil {
		panic(err)
	}
	return api
}

func wrong(err error, is bool) error {
	if err == nil && is {
		return errWrong
	}
	return err
}

const (
	connectors = 10_000
	pageSize   = 100
)

// catalogue answers with 10,000 connectors, a page at a time.
func catalogue() inMemory {
	body := clients.Find(freddyName).Page()
	pages := make([][]byte, connectors/pageSize)
	for i := range pages { // no page is like another, or All would end with an error
		pages[i] = bytes.ReplaceAll(body, []byte(`"id": "`), fmt.Appendf(nil, `"id": "%d_`, i))
	}
	return func(req *http.Request) (int, []byte) {
		offset, _ := strconv.Atoi(req.URL.Query().Get("offset"))
		if offset >= connectors {
			return http.StatusOK, []byte(`{"object":"list","data":[]}`) // the last one was full
		}
		return http.StatusOK, pages[offset/pageSize]
	}
}

// allUnit reads 10,000 connectors, 100 at a time: All against a loop by hand.
func allUnit() unit {
	answer := catalogue()
	client := newFreddy(freddy.WithHTTPClient(&http.Client{Transport: answer}))
	hand := &http.Client{Transport: answer}
	return unit{name: "10,000 connectors", floor: plain, of: []contender{
		{freddyName, func() reading { return operation(func() error { return readAll(client, func(int) {}) }) }},
		{plain, func() reading {
			return operation(func() error {
				n, err := clients.AllByHand(context.Background(), hand, base)
				return wrong(err, n != connectors)
			})
		}},
	}}
}

// readAll consumes All, and calls back after each connector.
func readAll(client *freddy.Client, each func(n int)) error {
	n := 0
	for _, err := range client.Connectors().All(context.Background(), freddy.ConnectorListParams{Limit: pageSize}) {
		if err != nil {
			return err
		}
		n++
		each(n)
	}
	return wrong(nil, n != connectors)
}

// heldByAll returns the most memory that All holds, seen twice in each page, and
// what one page holds.
func heldByAll() (all, page int64) {
	client := newFreddy(freddy.WithHTTPClient(&http.Client{Transport: catalogue()}))
	before := heap()
	first, err := client.Connectors().List(context.Background(), freddy.ConnectorListParams{Limit: pageSize})
	if err != nil {
		panic(err)
	}
	page = heap() - before
	runtime.KeepAlive(first)
	before = heap()
	err = readAll(client, func(n int) {
		if n%(pageSize/2) == 1 { // the first of a page, and one in its middle
			all = max(all, heap()-before)
		}
	})
	if err != nil {
		panic(err)
	}
	return all, page
}

// heap is what is in use. A second collection empties what a sync.Pool keeps.
func heap() int64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

// retryUnit is a Get that meets a 503 first, and one that does not. The budget
// of retries is kept up by five calls that succeed, in both.
func retryUnit() unit {
	body := clients.Find(freddyName).Body()
	gets := func(with503 bool) func() error {
		n := 0
		client := newFreddy(freddy.WithRetryBackoff(0, 0), freddy.WithHTTPClient(&http.Client{
			Transport: inMemory(func(*http.Request) (int, []byte) {
				n++
				if with503 && n%7 == 1 {
					return http.StatusServiceUnavailable, []byte(`{"error":{"message":"busy"}}`)
				}
				return http.StatusOK, body
			}),
		}))
		return func() error {
			for range 6 {
				if _, err := client.Connectors().Get(context.Background(), clients.ID); err != nil {
					return err
				}
			}
			return nil
		}
	}
	floor := getOf(made(clients.Find(plain), always(http.StatusOK, body)))
	without, with := gets(false), gets(true)
	return unit{name: "one 503, then success", floor: plain, of: []contender{
		{"with", func() reading { return operation(with) }},
		{"without", func() reading { return operation(without) }},
		{plain, func() reading { return operation(floor) }},
	}}
}

// retryCost is what the 503 adds, and how many Gets of the floor that is.
func retryCost(t table) (added time.Duration, rounds ratio) {
	extra := table{rows: map[string][]reading{plain: t.rows[plain]}}
	for i, with := range t.rows["with"] {
		extra.rows["extra"] = append(extra.rows["extra"], reading{time: with.time - t.rows["without"][i].time})
	}
	return time.Duration(extra.median("extra", timeOf)), extra.ratio("extra", plain, timeOf)
}

// constructionUnit makes a client as each SDK is made.
func constructionUnit() unit {
	u := unit{name: "construction", floor: plain}
	for _, client := range clients.All() {
		u.of = append(u.of, contender{client.Name, func() reading {
			return operation(func() error {
				api, err := client.New(base, nil)
				runtime.KeepAlive(api)
				return err
			})
		}})
	}
	return u
}

func newFreddy(opts ...freddy.Option) *freddy.Client {
	client, err := freddy.NewClient(clients.Key, append([]freddy.Option{freddy.WithBaseURL(base)}, opts...)...)
	if err != nil {
		panic(err)
	}
	return client
}
