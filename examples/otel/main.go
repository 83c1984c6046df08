// Otel prints the OpenTelemetry spans of a call, as JSON. FREDDY_API_KEY has the API key;
// without one, the example uses a fake API, whose first response is a 503.
//
//	cd examples/otel && go run . pcon_github
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/freddyotel"
	"github.com/aitronos/freddy-go/freddytest"
)

func main() {
	log.SetFlags(0)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, args []string, stdout io.Writer) (err error) {
	flags := flag.NewFlagSet("otel", flag.ExitOnError)
	flags.Usage = func() { fmt.Fprintln(flags.Output(), "usage: otel [CONNECTOR_ID] (default pcon_github)") }
	if _ = flags.Parse(args); flags.NArg() > 1 { // Parse exits on an error
		return fmt.Errorf("unexpected argument: %q", flags.Arg(1))
	}
	id := cmp.Or(flags.Arg(0), "pcon_github")

	key, baseURL := os.Getenv("FREDDY_API_KEY"), cmp.Or(os.Getenv("FREDDY_BASE_URL"), freddy.DefaultBaseURL)
	if key == "" {
		log.Print("FREDDY_API_KEY is not set: using a fake API")
		fake := freddytest.NewFake()
		fake.Script(http.MethodGet, "/personal-connectors/"+id, freddytest.Reply{Status: http.StatusServiceUnavailable})
		server := httptest.NewServer(fake)
		defer server.Close()
		key, baseURL = freddytest.APIKey, server.URL+"/v1"
	}

	tracers, err := newTracers(stdout)
	if err != nil {
		return err
	}
	defer func() { // exports what is left, also after an interrupt
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		err = errors.Join(err, tracers.Shutdown(ctx))
	}()
	client, err := freddy.NewClient(key, freddy.WithBaseURL(baseURL),
		freddy.WithHooks(freddyotel.Hooks(freddyotel.WithTracerProvider(tracers))))
	if err != nil {
		return err
	}

	ctx, span := tracers.Tracer("example").Start(ctx, "look up a connector")
	defer span.End()
	connector, err := client.Connectors().Get(ctx, id)
	if err != nil {
		return err
	}
	log.Printf("found %q", connector.Name)
	return nil
}

// newTracers returns a provider that prints spans. A program that runs for longer
// exports to a collector, with go.opentelemetry.io/otel/exporters/otlp.
func newTracers(w io.Writer) (*trace.TracerProvider, error) {
	exporter, err := stdouttrace.New(stdouttrace.WithWriter(w), stdouttrace.WithPrettyPrint())
	if err != nil {
		return nil, err
	}
	otel.SetTextMapPropagator(propagation.TraceContext{}) // the API gets the trace in the header traceparent
	return trace.NewTracerProvider(
		trace.WithBatcher(exporter),
		trace.WithResource(resource.NewSchemaless(semconv.ServiceName("otel-example"))),
	), nil
}
