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

// base receives no request: every response comes from memory.
const base = "https://api.example.com"

// inMemory is a RoundTripper that responds without a network, so that only the client
// is measured. It allocates transportAllocs times a call.
type inMemory func(*http.Request) (status int, body []byte)

// transportAllocs counts a Response, a Reader and a Closer.
const transportAllocs = 3

// header is that of every response in memory. No client changes it.
var header = http.Header{"Content-Type": {"application/json"}, "X-Request-Id": {"req_bench"}}

func (respond inMemory) RoundTrip(req *http.Request) (*http.Response, error) {
	status, body := respond(req)
	return response(req, status, io.NopCloser(bytes.NewReader(body)), int64(len(body))), nil
}

func response(req *http.Request, status int, body io.ReadCloser, length int64) *http.Response {
	return &http.Response{
		Status:        http.StatusText(status),
		StatusCode:    status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        header,
		Body:          body,
		ContentLength: length,
		Request:       req,
	}
}

// always returns the same response to every request.
func always(status int, body []byte) inMemory {
	return func(*http.Request) (int, []byte) { return status, body }
}

// getUnit, pageUnit and missingUnit are done by every client, each with a body of its
// own API.
func getUnit() unit {
	return everyClient("Get", func(client clients.Client) func() error {
		return getOf(newAPI(client, always(http.StatusOK, client.Body())))
	})
}

func pageUnit() unit {
	return everyClient("page of 100", func(client clients.Client) func() error {
		api := newAPI(client, always(http.StatusOK, client.Page()))
		return func() error {
			n, err := api.List(context.Background())
			return unless(n == 100, err)
		}
	})
}

func missingUnit() unit {
	return everyClient("404", func(client clients.Client) func() error {
		body := client.Failure(http.StatusNotFound, "Personal connector not found")
		api := newAPI(client, always(http.StatusNotFound, []byte(body)))
		return func() error {
			_, err := api.Get(context.Background(), clients.ID)
			return unless(err != nil, nil)
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

func newAPI(client clients.Client, transport http.RoundTripper) clients.API {
	api, err := client.New(base, transport)
	if err != nil {
		panic(err)
	}
	return api
}

func newFreddy(opts ...freddy.Option) *freddy.Client {
	return newFreddyFor(clients.Key, opts...)
}

func newFreddyFor(key string, opts ...freddy.Option) *freddy.Client {
	client, err := freddy.NewClient(key, append([]freddy.Option{freddy.WithBaseURL(base)}, opts...)...)
	if err != nil {
		panic(err)
	}
	return client
}

// withTransport is the option for a caller-supplied RoundTripper.
func withTransport(transport http.RoundTripper) freddy.Option {
	return freddy.WithHTTPClient(&http.Client{Transport: transport})
}

func getOf(api clients.API) func() error {
	return func() error {
		name, err := api.Get(context.Background(), clients.ID)
		return unless(name == clients.Name, err)
	}
}

func freddyGet(client *freddy.Client) func() error {
	return func() error {
		_, err := client.Connectors().Get(context.Background(), clients.ID)
		return err
	}
}

var errWrong = errors.New("the client did not return what the server sent")

// unless returns err, or errWrong if the result is not right.
func unless(right bool, err error) error {
	if err == nil && !right {
		return errWrong
	}
	return err
}

const (
	connectors = 10_000 // of allUnit
	pageSize   = 100
)

// catalogue responds with n connectors, a page at a time.
func catalogue(n int) inMemory {
	body := clients.Find(freddyName).Page()
	pages := make([][]byte, n/pageSize)
	for i := range pages { // two equal pages would end All with an error
		pages[i] = bytes.ReplaceAll(body, []byte(`"id": "`), fmt.Appendf(nil, `"id": "%d_`, i))
	}
	return func(req *http.Request) (int, []byte) {
		offset, _ := strconv.Atoi(req.URL.Query().Get("offset"))
		if offset >= n {
			return http.StatusOK, []byte(`{"object":"list","data":[]}`) // the last page was full
		}
		return http.StatusOK, pages[offset/pageSize]
	}
}

// allUnit reads 10,000 connectors, 100 at a time: All, and a loop by hand.
func allUnit() unit {
	transport := catalogue(connectors)
	client, byHand := newFreddy(withTransport(transport)), &http.Client{Transport: transport}
	return unit{name: "10,000 connectors", floor: plain, of: []contender{
		{freddyName, func() reading { return operation(func() error { return readAll(client, connectors, func(int) {}) }) }},
		{plain, func() reading {
			return operation(func() error {
				n, err := clients.AllByHand(context.Background(), byHand, base)
				return unless(n == connectors, err)
			})
		}},
	}}
}

// readAll reads all connectors with All, of which there must be n. It calls each
// after each of them.
func readAll(client *freddy.Client, n int, each func(read int)) error {
	read := 0
	for _, err := range client.Connectors().All(context.Background(), freddy.ConnectorListParams{Limit: pageSize}) {
		if err != nil {
			return err
		}
		read++
		each(read)
	}
	return unless(read == n, nil)
}

// heldByAll returns the most memory that All keeps in use, read twice a page, and
// that of one page.
func heldByAll() (all, page int64) {
	client := newFreddy(withTransport(catalogue(connectors)))
	before := heap()
	first, err := client.Connectors().List(context.Background(), freddy.ConnectorListParams{Limit: pageSize})
	if err != nil {
		panic(err)
	}
	page = heap() - before
	runtime.KeepAlive(first)
	before = heap()
	err = readAll(client, connectors, func(read int) {
		if read%(pageSize/2) == 1 { // the first of a page, and one in its middle
			all = max(all, heap()-before)
		}
	})
	if err != nil {
		panic(err)
	}
	return all, page
}

// heap returns the bytes in use. The second collection empties each sync.Pool.
func heap() int64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

// What retryUnit compares.
const (
	extraAttempt = "a 503 and a second attempt"
	getsAMeasure = 1000
)

// retryUnit measures what a 503 and the attempt after it add to a Get. Of six Gets,
// the first one is retried; the others give back the budget that it takes, and are
// what it is compared with.
func retryUnit() unit {
	body := clients.Find(freddyName).Body()
	requests := 0
	get := freddyGet(newFreddy(freddy.WithRetryBackoff(0, 0), withTransport(inMemory(func(*http.Request) (int, []byte) {
		requests++
		if requests%7 == 1 {
			return http.StatusServiceUnavailable, []byte(`{"error":{"message":"busy"}}`)
		}
		return http.StatusOK, body
	}))))
	floor := getOf(newAPI(clients.Find(plain), always(http.StatusOK, body)))
	return unit{name: "one 503, then success", floor: plain, of: []contender{
		{extraAttempt, func() reading {
			var retried, others time.Duration
			for range getsAMeasure {
				retried += timed(get)
				for range 5 {
					others += timed(get)
				}
			}
			return reading{time: (retried - others/5) / getsAMeasure}
		}},
		{plain, func() reading {
			var total time.Duration
			for range getsAMeasure {
				total += timed(floor)
			}
			return reading{time: total / getsAMeasure}
		}},
	}}
}

// timed returns how long a call takes, which must succeed.
func timed(call func() error) time.Duration {
	began := time.Now()
	if err := call(); err != nil {
		panic(err)
	}
	return time.Since(began)
}

// constructionUnit makes a client of each SDK.
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
