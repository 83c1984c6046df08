package freddy_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

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
