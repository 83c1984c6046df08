//go:build !race

package freddy_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
)

func pageOf100(tb testing.TB) []byte {
	one := string(fixture(tb, "connector.json"))
	items := make([]string, 100)
	for i := range items {
		items[i] = strings.Replace(one, "pcon_github", fmt.Sprintf("pcon_github_%d", i), 1)
	}
	return []byte(`{"object":"list","data":[` + strings.Join(items, ",") + `]}`)
}

// Allocations, unlike times, do not vary. They include the 8 of the RoundTripper.
// The race detector adds its own, so this file is not built with it.
func TestAllocations(t *testing.T) {
	ctx := t.Context()
	get := inMemory(t, http.StatusOK, fixture(t, "connector.json"))
	page := inMemory(t, http.StatusOK, pageOf100(t))
	missing := inMemory(t, http.StatusNotFound, fixture(t, "error_connector_not_found.json"))
	for name, row := range map[string]struct {
		most float64
		call func()
	}{
		"Get":         {30, func() { _, _ = get.Connectors().Get(ctx, "pcon_github") }},
		"page of 100": {338, func() { _, _ = page.Connectors().List(ctx, freddy.ConnectorListParams{Limit: 100}) }},
		"404":         {29, func() { _, _ = missing.Connectors().Get(ctx, "pcon_unknown") }},
	} {
		assert.LessOrEqual(t, testing.AllocsPerRun(200, row.call), row.most, name)
	}
}

// The benchmarks are for profiles. The benchmarks module compares the client with
// net/http and other SDKs.

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

// memory is a RoundTripper that gives the same response to every request.
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
		Header:        http.Header{"Content-Type": {"application/json"}, "X-Request-Id": {"req_memory"}},
		Body:          io.NopCloser(bytes.NewReader(m.body)),
		ContentLength: int64(len(m.body)),
		Request:       req,
	}, nil
}

func inMemory(tb testing.TB, status int, body []byte) *freddy.Client {
	tb.Helper()
	client, err := freddy.NewClient(testKey, withTransport(memory{status, body}))
	require.NoError(tb, err)
	return client
}
