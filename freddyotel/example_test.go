package freddyotel_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/freddyotel"
	"github.com/aitronos/freddy-go/freddytest"
)

func ExampleHooks() {
	fake := freddytest.NewFake()
	fake.Script(http.MethodGet, "/personal-connectors/pcon_github", freddytest.Reply{Status: http.StatusServiceUnavailable})
	server := httptest.NewServer(fake)
	defer server.Close()

	spans := tracetest.NewInMemoryExporter() // a program exports to its collector
	client, err := freddy.NewClient(freddytest.APIKey, freddy.WithBaseURL(server.URL+"/v1"),
		freddy.WithHooks(freddyotel.Hooks(
			freddyotel.WithTracerProvider(trace.NewTracerProvider(trace.WithSyncer(spans))),
		)))
	if err != nil {
		log.Fatal(err)
	}
	if _, err := client.Connectors().Get(context.Background(), "pcon_github"); err != nil {
		log.Fatal(err)
	}
	for _, span := range spans.GetSpans() {
		fmt.Println(span.Name)
		for _, attribute := range span.Attributes {
			if attribute.Key == "http.response.status_code" || attribute.Key == "http.request.resend_count" {
				fmt.Printf("  %s=%s\n", attribute.Key, attribute.Value.String())
			}
		}
	}

	// Output:
	// GET /personal-connectors/{connector_id}
	//   http.response.status_code=503
	// GET /personal-connectors/{connector_id}
	//   http.request.resend_count=1
	//   http.response.status_code=200
	// GET /personal-connectors/{connector_id}
	//   http.response.status_code=200
}
