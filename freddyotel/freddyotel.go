// Package freddyotel traces and measures the calls of a [freddy.Client] with
// OpenTelemetry:
//
//	client, err := freddy.NewClient(os.Getenv("FREDDY_API_KEY"), freddy.WithHooks(freddyotel.Hooks()))
//
// # Spans
//
// Each call has a span, and each of its attempts has a child span, so a call that is
// retried is one trace. Both have the kind client and a name such as
// "GET /personal-connectors/{connector_id}", without the path for [freddy.Client.Do].
// A call with an invalid argument sends nothing and has no span. The spans have these
// attributes of the semantic conventions of HTTP clients:
//
//   - http.request.method: _OTHER for a method that is not a standard one
//   - server.address and server.port: of the base URL; 443 if that has no port
//   - url.template: the path below the base URL, with the names of its parameters
//   - http.response.status_code: of the attempt, or of the last attempt of the call
//   - http.request.resend_count: of an attempt, from the second on
//   - freddy.decision: of an attempt, whether it is retried and, if not, why; the value of
//     a [freddy.RetryDecision], absent for [freddy.RetryNotNeeded]
//   - error.type: of an attempt, the status code or what failed in fixed words, such as
//     timeout; of a call, the status code or the type of its error
//
// The status of a span is Error if it has an error.type. An attempt with a status of
// 400 or above is an error, as the conventions require, even if the call succeeds.
//
// # Metrics
//
// The histogram http.client.request.duration has the seconds that each attempt took,
// from its request to the end of its response, with the same attributes except
// http.request.resend_count and freddy.decision.
//
// # Propagation
//
// Each request carries the context of the span of its attempt, as the propagator of
// [otel.SetTextMapPropagator] writes it. Without one, nothing is propagated. A
// RoundTripper that traces, too, finds the span in the context of its request.
//
// # Secrets
//
// No span and no metric contains an id, a query, a header, a body, an error message, or
// the key. So there is no url.full.
package freddyotel

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/semconv/v1.43.0/httpconv"
	"go.opentelemetry.io/otel/trace"

	"github.com/aitronos/freddy-go"
)

const scope = "github.com/aitronos/freddy-go/freddyotel"

// Hooks returns hooks for [freddy.WithHooks]. They can be shared by clients. A nil
// Option is ignored.
func Hooks(opts ...Option) freddy.Hooks {
	c := config{tracers: otel.GetTracerProvider(), meters: otel.GetMeterProvider()}
	for _, opt := range opts {
		if opt != nil {
			opt.apply(&c)
		}
	}
	duration, err := httpconv.NewClientRequestDuration(c.meters.Meter(scope, metric.WithSchemaURL(semconv.SchemaURL)))
	if err != nil {
		otel.Handle(err)
	}
	i := &instrumentation{c.tracers.Tracer(scope, trace.WithSchemaURL(semconv.SchemaURL)), duration}
	return freddy.Hooks{Call: i.call, Attempt: i.attempt}
}

// An Option configures [Hooks].
type Option interface{ apply(c *config) }

type config struct {
	tracers trace.TracerProvider
	meters  metric.MeterProvider
}

type option func(c *config)

func (o option) apply(c *config) { o(c) }

// WithTracerProvider sets the provider of the tracer. The default, also for nil, is the
// provider of [otel.SetTracerProvider].
func WithTracerProvider(provider trace.TracerProvider) Option {
	return option(func(c *config) {
		if provider != nil {
			c.tracers = provider
		}
	})
}

// WithMeterProvider sets the provider of the meter. The default, also for nil, is the
// provider of [otel.SetMeterProvider].
func WithMeterProvider(provider metric.MeterProvider) Option {
	return option(func(c *config) {
		if provider != nil {
			c.meters = provider
		}
	})
}

// instrumentation has the hooks.
type instrumentation struct {
	tracer   trace.Tracer
	duration httpconv.ClientRequestDuration
}

func (i *instrumentation) call(ctx context.Context, info freddy.CallInfo) (context.Context, func(freddy.CallResult)) {
	ctx, span, _ := i.start(ctx, info.Method, info.Host, info.Route)
	return ctx, func(r freddy.CallResult) {
		end(span, resultAttributes(r.StatusCode, callErrorType(r)))
	}
}

func (i *instrumentation) attempt(ctx context.Context, info freddy.AttemptInfo) (context.Context, func(freddy.AttemptResult)) {
	ctx, span, attributes := i.start(ctx, info.Method, info.Host, info.Route)
	if info.Number > 1 {
		span.SetAttributes(semconv.HTTPRequestResendCount(info.Number - 1))
	}
	otel.GetTextMapPropagator().Inject(ctx, propagation.HeaderCarrier(info.Header))
	start := time.Now()
	return ctx, func(r freddy.AttemptResult) {
		seconds := time.Since(start).Seconds()
		result := resultAttributes(r.StatusCode, attemptErrorType(r))
		if r.Decision != freddy.RetryNotNeeded {
			span.SetAttributes(attribute.String("freddy.decision", string(r.Decision)))
		}
		end(span, result)
		i.duration.Inst().Record(ctx, seconds, metric.WithAttributes(slices.Concat(attributes, result)...))
	}
}

// start starts a span. It returns the attributes that the span begins with.
func (i *instrumentation) start(ctx context.Context, method, host, route string) (context.Context, trace.Span, []attribute.KeyValue) {
	attributes := requestAttributes(method, host, route)
	ctx, span := i.tracer.Start(ctx, spanName(method, route), trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(attributes...))
	return ctx, span, attributes
}

// end ends a span with the attributes of a result.
func end(span trace.Span, result []attribute.KeyValue) {
	span.SetAttributes(result...)
	for _, a := range result {
		if a.Key == semconv.ErrorTypeKey {
			span.SetStatus(codes.Error, "") // error.type says what a description would
		}
	}
	span.End()
}

func spanName(method, route string) string {
	if !standard(method) {
		method = "HTTP"
	}
	return strings.TrimSuffix(method+" "+route, " ")
}

// requestAttributes returns what is known before a response.
func requestAttributes(method, host, route string) []attribute.KeyValue {
	if !standard(method) {
		method = "_OTHER"
	}
	address, port := splitHost(host)
	attributes := []attribute.KeyValue{
		semconv.HTTPRequestMethodKey.String(method), semconv.ServerAddress(address), semconv.ServerPort(port),
	}
	if route != "" {
		attributes = append(attributes, semconv.URLTemplate(route))
	}
	return attributes
}

// standard reports whether the conventions have a method. Any other one could have
// any value.
func standard(method string) bool {
	switch method {
	case "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY":
		return true
	}
	return false
}

// splitHost returns the address and the port of a host. Hooks do not get the scheme, so
// a host without a port is taken for one with https.
func splitHost(host string) (address string, port int) {
	address, number, err := net.SplitHostPort(host)
	if err != nil {
		return strings.Trim(host, "[]"), 443
	}
	port, _ = strconv.Atoi(number) // the client accepts no other base URL
	return address, port
}

// resultAttributes returns what is known after a response, or without one.
func resultAttributes(status int, errorType string) []attribute.KeyValue {
	var attributes []attribute.KeyValue
	if status != 0 {
		attributes = append(attributes, semconv.HTTPResponseStatusCode(status))
	}
	if errorType != "" {
		attributes = append(attributes, semconv.ErrorTypeKey.String(errorType))
	}
	return attributes
}

func attemptErrorType(r freddy.AttemptResult) string {
	if r.Reason == "" && r.StatusCode >= 400 { // the client reports as failed only what is retried
		return strconv.Itoa(r.StatusCode)
	}
	return r.Reason
}

func callErrorType(r freddy.CallResult) string {
	var apiError *freddy.APIError
	switch {
	case r.Err == nil:
		return ""
	case errors.As(r.Err, &apiError) && apiError.StatusCode >= 400:
		return strconv.Itoa(apiError.StatusCode)
	}
	return fmt.Sprintf("%T", r.Err)
}
