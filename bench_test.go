package freddy_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/aitronos/freddy-go"
)

// benchKey is as long as keys are.
const benchKey = "example-key-7f3e9c2a51d84b06"

// memory answers from memory, so that a benchmark sees the client alone.
type memory struct {
	status int
	body   []byte
}

func (m memory) RoundTrip(req *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode:    m.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        http.Header{"Content-Type": {"application/json"}, "X-Request-Id": {"req_bench"}},
		Body:          io.NopCloser(bytes.NewReader(m.body)),
		ContentLength: int64(len(m.body)),
		Request:       req,
	}, nil
}

func fixture(tb testing.TB, name string) []byte {
	tb.Helper()
	body, err := os.ReadFile("testdata/" + name)
	if err != nil {
		tb.Fatal(err)
	}
	return body
}

func pageOf100(tb testing.TB) []byte {
	one := string(fixture(tb, "connector.json"))
	items := make([]string, 100)
	for i := range items {
		items[i] = strings.Replace(one, "pcon_github", fmt.Sprintf("pcon_github_%d", i), 1)
	}
	return []byte(`{"object":"list","data":[` + strings.Join(items, ",") + `]}`)
}

func inMemory(tb testing.TB, status int, body []byte) *freddy.Client {
	tb.Helper()
	client, err := freddy.NewClient(benchKey, freddy.WithHTTPClient(&http.Client{Transport: memory{status, body}}))
	if err != nil {
		tb.Fatal(err)
	}
	return client
}

// These are for profiles; module benchmarks measures beside net/http and others.

func BenchmarkGet(b *testing.B) {
	client := inMemory(b, http.StatusOK, fixture(b, "connector.json"))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := client.Connectors().Get(b.Context(), "pcon_github"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPage(b *testing.B) {
	client := inMemory(b, http.StatusOK, pageOf100(b))
	b.ReportAllocs()
	for b.Loop() {
		page, err := client.Connectors().List(b.Context(), freddy.ConnectorListParams{Limit: 100})
		if err != nil || len(page.Items) != 100 {
			b.Fatal(err)
		}
	}
}

func BenchmarkNotFound(b *testing.B) {
	client := inMemory(b, http.StatusNotFound, fixture(b, "error_connector_not_found.json"))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := client.Connectors().Get(b.Context(), "pcon_unknown"); err == nil {
			b.Fatal("no error")
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	body := fixture(b, "connector.json")
	b.ReportAllocs()
	for b.Loop() {
		if err := new(freddy.Connector).UnmarshalJSON(body); err != nil {
			b.Fatal(err)
		}
	}
}
