//go:build !race

package freddy_test

import (
	"bytes"
	"context"
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

// Allocations, unlike times, do not vary. Those of the RoundTripper are not counted.
// The race detector adds its own, so this file is not built with it. A limit is the
// number that was measured: if one gets smaller, lower the limit.
func TestAllocations(t *testing.T) {
	ctx := t.Context()
	get := inMemory(t, http.StatusOK, fixture(t, "connector.json"))
	page := inMemory(t, http.StatusOK, pageOf100(t))
	missing := inMemory(t, http.StatusNotFound, fixture(t, "error_connector_not_found.json"))
	created := inMemory(t, http.StatusCreated, fixture(t, "configuration_created.json"))
	renewed, err := freddy.NewClient("", freddy.WithKeySource(func(context.Context) (string, error) { return testKey, nil }),
		withTransport(memory{http.StatusOK, fixture(t, "connector.json")}))
	require.NoError(t, err)
	hooked := inMemory(t, http.StatusOK, fixture(t, "connector.json"), freddy.WithHooks(freddy.Hooks{
		Call: func(context.Context, freddy.CallInfo) (context.Context, func(freddy.CallResult)) { return nil, nil },
		Attempt: func(context.Context, freddy.AttemptInfo) (context.Context, func(freddy.AttemptResult)) {
			return nil, nil
		},
	}))
	pages := threePages(t)
	create := freddy.ConfigurationCreateParams{PersonalConnectorID: "pcon_github", Name: "Work", Credentials: freddy.BearerCredentials("example-token")}
	tripper, request := memory{http.StatusOK, nil}, new(http.Request)
	own := testing.AllocsPerRun(200, func() { _, _ = tripper.RoundTrip(request) }) //nolint:bodyclose // in memory
	for name, row := range map[string]struct {
		most  float64
		trips float64
		call  func()
	}{
		"Get":                   {20, 1, func() { _, _ = get.Connectors().Get(ctx, "pcon_github") }},
		"page of 100":           {49, 1, func() { _, _ = page.Connectors().List(ctx, freddy.ConnectorListParams{Limit: 100}) }},
		"404":                   {22, 1, func() { _, _ = missing.Connectors().Get(ctx, "pcon_unknown") }},
		"All, three pages":      {88, 3, func() { _, _ = freddy.Collect(pages.Connectors().All(ctx, freddy.ConnectorListParams{Limit: 2})) }},
		"POST with a body":      {60, 1, func() { _, _ = created.Configurations().Create(ctx, create) }},
		"Get with a key source": {21, 1, func() { _, _ = renewed.Connectors().Get(ctx, "pcon_github") }},
		"Get with hooks":        {32, 1, func() { _, _ = hooked.Connectors().Get(ctx, "pcon_github") }},
		"WithAPIKey":            {7, 0, func() { _, _ = get.WithAPIKey(otherKey) }},
		"an ArgumentError":      {3, 0, func() { _, _ = get.Connectors().Get(ctx, "") }},
	} {
		assert.LessOrEqual(t, testing.AllocsPerRun(100, row.call)-row.trips*own, row.most, name)
	}
}

// threePages returns a client of a list of 5 connectors in pages of 2.
func threePages(t *testing.T) *freddy.Client {
	t.Helper()
	client, err := freddy.NewClient(testKey, withTransport(roundTrip(func(req *http.Request) (*http.Response, error) {
		body := `{"data":[{"id":"pcon_0"},{"id":"pcon_1"}]}`
		switch query := req.URL.RawQuery; {
		case strings.HasSuffix(query, "offset=2"):
			body = `{"data":[{"id":"pcon_2"},{"id":"pcon_3"}]}`
		case strings.HasSuffix(query, "offset=4"):
			body = `{"data":[{"id":"pcon_4"}]}`
		}
		return memory{http.StatusOK, []byte(body)}.RoundTrip(req)
	})))
	require.NoError(t, err)
	items, err := freddy.Collect(client.Connectors().All(t.Context(), freddy.ConnectorListParams{Limit: 2}))
	require.NoError(t, err)
	require.Len(t, items, 5)
	return client
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

func inMemory(tb testing.TB, status int, body []byte, opts ...freddy.Option) *freddy.Client {
	tb.Helper()
	client, err := freddy.NewClient(testKey, append(opts, withTransport(memory{status, body}))...)
	require.NoError(tb, err)
	return client
}
