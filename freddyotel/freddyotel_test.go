package freddyotel_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/freddyotel"
	"github.com/aitronos/freddy-go/freddytest"
)

const (
	path  = "/personal-connectors/pcon_github"
	route = "/personal-connectors/{connector_id}"
)

// global has hooks without providers, from before the global ones were set.
var global = &telemetry{
	spans:  tracetest.NewInMemoryExporter(),
	reader: sdkmetric.NewManualReader(),
	hooks:  freddyotel.Hooks(nil, freddyotel.WithTracerProvider(nil), freddyotel.WithMeterProvider(nil)),
}

func TestMain(m *testing.M) {
	otel.SetTextMapPropagator(propagation.TraceContext{})
	otel.SetTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSyncer(global.spans)))
	otel.SetMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(global.reader)))
	os.Exit(m.Run())
}

// telemetry collects what the hooks of a client report.
type telemetry struct {
	spans   *tracetest.InMemoryExporter
	tracers *sdktrace.TracerProvider
	reader  *sdkmetric.ManualReader
	hooks   freddy.Hooks
}

func newTelemetry() *telemetry {
	t := &telemetry{spans: tracetest.NewInMemoryExporter(), reader: sdkmetric.NewManualReader()}
	t.tracers = sdktrace.NewTracerProvider(sdktrace.WithSyncer(t.spans))
	t.hooks = freddyotel.Hooks(
		freddyotel.WithTracerProvider(t.tracers),
		freddyotel.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(t.reader))),
	)
	return t
}

// split returns the span of the only call, and those of its attempts in order. An
// attempt ends before its call.
func (s *telemetry) split(t *testing.T) (call tracetest.SpanStub, attempts tracetest.SpanStubs) {
	t.Helper()
	spans := s.spans.GetSpans()
	require.NotEmpty(t, spans)
	last := len(spans) - 1
	for _, attempt := range spans[:last] {
		assert.Equal(t, spans[last].SpanContext.TraceID(), attempt.SpanContext.TraceID())
		assert.Equal(t, spans[last].SpanContext.SpanID(), attempt.Parent.SpanID())
	}
	for _, span := range spans {
		assert.Equal(t, trace.SpanKindClient, span.SpanKind)
		assert.Empty(t, span.Events)
		assert.Empty(t, span.Status.Description)
		assert.Equal(t, "github.com/aitronos/freddy-go/freddyotel", span.InstrumentationScope.Name)
	}
	return spans[last], spans[:last]
}

// histogram returns the data points of the only metric.
func (s *telemetry) histogram(t *testing.T) []metricdata.HistogramDataPoint[float64] {
	t.Helper()
	var collected metricdata.ResourceMetrics
	require.NoError(t, s.reader.Collect(t.Context(), &collected))
	require.Len(t, collected.ScopeMetrics, 1)
	require.Len(t, collected.ScopeMetrics[0].Metrics, 1)
	metric := collected.ScopeMetrics[0].Metrics[0]
	assert.Equal(t, "http.client.request.duration", metric.Name)
	assert.Equal(t, "s", metric.Unit)
	data, ok := metric.Data.(metricdata.Histogram[float64])
	require.True(t, ok)
	return data.DataPoints
}

// attributes returns attributes as text.
func attributes(set []attribute.KeyValue) map[string]string {
	all := make(map[string]string)
	for _, a := range set {
		all[string(a.Key)] = a.Value.String()
	}
	return all
}

// with returns the attributes of a span of a Get, and more.
func with(more map[string]string) map[string]string {
	all := map[string]string{
		"http.request.method": "GET", "server.address": "api.example.com", "server.port": "8443", "url.template": route,
	}
	maps.Copy(all, more)
	return all
}

// newClient returns a client of a fake with an address that the attributes show.
func newClient(t *testing.T, s *telemetry, opts ...freddy.Option) (*freddy.Client, *freddytest.Server) {
	server := freddytest.NewServer(t)
	opts = append([]freddy.Option{freddy.WithBaseURL("https://api.example.com:8443/v1"), freddy.WithHooks(s.hooks)}, opts...)
	return server.Client(opts...), server
}

func TestCall(t *testing.T) {
	s := newTelemetry()
	client, _ := newClient(t, s)
	_, err := client.Connectors().Get(t.Context(), "pcon_github")
	require.NoError(t, err)

	call, attempts := s.split(t)
	require.Len(t, attempts, 1)
	for _, span := range []tracetest.SpanStub{call, attempts[0]} {
		assert.Equal(t, "GET "+route, span.Name)
		assert.Equal(t, with(map[string]string{"http.response.status_code": "200"}), attributes(span.Attributes))
		assert.Equal(t, codes.Unset, span.Status.Code)
	}
	assert.False(t, call.Parent.IsValid())
}

// A call that is retried twice is one trace with three attempts.
func TestRetriedCall(t *testing.T) {
	s := newTelemetry()
	client, server := newClient(t, s)
	server.Script(http.MethodGet, path,
		freddytest.Reply{Status: http.StatusServiceUnavailable},
		freddytest.Reply{Fault: freddytest.FaultDrop},
	)
	ctx, program := s.tracers.Tracer("program").Start(t.Context(), "program")
	_, err := client.Connectors().Get(ctx, "pcon_github")
	require.NoError(t, err)

	call, attempts := s.split(t)
	require.Len(t, attempts, 3)
	assert.Equal(t, program.SpanContext().TraceID(), call.SpanContext.TraceID())
	assert.Equal(t, program.SpanContext().SpanID(), call.Parent.SpanID())
	assert.Equal(t, with(map[string]string{"http.response.status_code": "200"}), attributes(call.Attributes))
	assert.Equal(t, codes.Unset, call.Status.Code)

	assert.Equal(t, with(map[string]string{"http.response.status_code": "503", "error.type": "503", "freddy.decision": "retry"}), attributes(attempts[0].Attributes))
	dropped := attributes(attempts[1].Attributes)
	assert.NotEmpty(t, dropped["error.type"])
	assert.Equal(t, with(map[string]string{"http.request.resend_count": "1", "error.type": dropped["error.type"], "freddy.decision": "retry"}), dropped)
	assert.Equal(t, with(map[string]string{"http.request.resend_count": "2", "http.response.status_code": "200"}), attributes(attempts[2].Attributes))
	for i, status := range []codes.Code{codes.Error, codes.Error, codes.Unset} {
		assert.Equal(t, status, attempts[i].Status.Code)
		sent := server.Requests()[i].Header.Get("Traceparent")
		assert.Equal(t, fmt.Sprintf("00-%s-%s-01", call.SpanContext.TraceID(), attempts[i].SpanContext.SpanID()), sent)
	}
}

func TestErrors(t *testing.T) {
	for name, tt := range map[string]struct {
		reply         freddytest.Reply
		status        string // of the last response
		call, attempt string // error.type
		decision      freddy.RetryDecision
	}{
		"404":           {freddytest.Reply{Status: 404}, "404", "404", "404", freddy.RetryNotNeeded},
		"429":           {freddytest.Reply{Status: 429}, "429", "429", "429", freddy.RetryExhausted},
		"500":           {freddytest.Reply{Status: 500}, "500", "500", "500", freddy.RetryExhausted},
		"redirect":      {freddytest.Reply{Status: 302}, "302", "*freddy.APIError", "", freddy.RetryNotNeeded},
		"no response":   {freddytest.Reply{Fault: freddytest.FaultDrop}, "", "*freddy.TransportError", "connection closed", freddy.RetryExhausted},
		"cut off":       {freddytest.Reply{Body: `{"id":1}`, Fault: freddytest.FaultTruncate}, "200", "*freddy.TransportError", "connection closed", freddy.RetryExhausted},
		"not JSON":      {freddytest.Reply{Body: "<html>"}, "200", "*freddy.DecodeError", "", freddy.RetryNotNeeded},
		"not a success": {freddytest.Reply{Body: `{"success":false}`}, "200", "*freddy.APIError", "", freddy.RetryNotNeeded},
	} {
		t.Run(name, func(t *testing.T) {
			s := newTelemetry()
			client, server := newClient(t, s, freddy.WithMaxRetries(0))
			server.Script(http.MethodGet, path, tt.reply)
			_, err := client.Connectors().Get(t.Context(), "pcon_github")
			require.Error(t, err)

			call, attempts := s.split(t)
			require.Len(t, attempts, 1)
			checkResult(t, call, tt.status, tt.call, "")
			checkResult(t, attempts[0], tt.status, tt.attempt, tt.decision)
		})
	}
}

func checkResult(t *testing.T, span tracetest.SpanStub, status, errorType string, decision freddy.RetryDecision) {
	t.Helper()
	want, code := map[string]string{}, codes.Unset
	if status != "" {
		want["http.response.status_code"] = status
	}
	if errorType != "" {
		want["error.type"], code = errorType, codes.Error
	}
	if decision != "" {
		want["freddy.decision"] = string(decision)
	}
	assert.Equal(t, with(want), attributes(span.Attributes))
	assert.Equal(t, code, span.Status.Code)
}

// A call whose context ends during an attempt is an error of both.
func TestCanceled(t *testing.T) {
	s := newTelemetry()
	ctx, cancel := context.WithCancel(t.Context())
	client, _ := newClient(t, s, freddy.WithHTTPClient(&http.Client{
		Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			cancel()
			return nil, r.Context().Err()
		}),
	}))
	_, err := client.Connectors().Get(ctx, "pcon_github")
	require.ErrorIs(t, err, context.Canceled)

	call, attempts := s.split(t)
	require.Len(t, attempts, 1)
	checkResult(t, call, "", "*freddy.TransportError", "")
	checkResult(t, attempts[0], "", "context canceled", freddy.RetryCanceled)
}

// A call that sends nothing because of its arguments has no span.
func TestInvalidArgument(t *testing.T) {
	s := newTelemetry()
	client, _ := newClient(t, s)
	_, err := client.Connectors().Get(t.Context(), "")
	require.ErrorIs(t, err, freddy.ErrInvalidArgument)
	assert.Empty(t, s.spans.GetSpans())
}

// A deletion whose retry gets a 404 succeeds, but the attempt is an error.
func TestDeletedBefore(t *testing.T) {
	s := newTelemetry()
	client, server := newClient(t, s)
	server.AddConfiguration(freddy.Configuration{ID: "pconf_example"})
	server.Script(http.MethodDelete, "/personal-connectors/configurations/pconf_example", freddytest.Reply{Fault: freddytest.FaultLost})
	require.NoError(t, client.Configurations().Delete(t.Context(), "pconf_example"))

	call, attempts := s.split(t)
	require.Len(t, attempts, 2)
	assert.Equal(t, codes.Unset, call.Status.Code)
	assert.Equal(t, "404", attributes(call.Attributes)["http.response.status_code"])
	assert.Equal(t, codes.Error, attempts[1].Status.Code)
	assert.Equal(t, "404", attributes(attempts[1].Attributes)["error.type"])
}

// Do has no route, and a method of a caller could have any value.
func TestDo(t *testing.T) {
	for method, want := range map[string][2]string{
		http.MethodPatch: {"PATCH", "PATCH"},
		"PURGE":          {"HTTP", "_OTHER"},
		"get":            {"HTTP", "_OTHER"},
	} {
		s := newTelemetry()
		client, _ := newClient(t, s)
		_ = client.Do(t.Context(), method, path+"?query=1", nil, nil) // a 4xx
		call, attempts := s.split(t)
		require.Len(t, attempts, 1)
		for _, span := range []tracetest.SpanStub{call, attempts[0]} {
			assert.Equal(t, want[0], span.Name)
			assert.Equal(t, want[1], attributes(span.Attributes)["http.request.method"])
			assert.NotContains(t, attributes(span.Attributes), "url.template")
		}
	}
}

func TestMetrics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTelemetry()
		client, server := newClient(t, s)
		server.Script(http.MethodGet, path, freddytest.Reply{Status: http.StatusServiceUnavailable, Delay: 2 * time.Second})
		for range 2 {
			_, err := client.Connectors().Get(t.Context(), "pcon_github")
			require.NoError(t, err)
		}
		counts, seconds := make(map[string]uint64), make(map[string]float64)
		for _, point := range s.histogram(t) {
			set := attributes(point.Attributes.ToSlice())
			status := set["http.response.status_code"]
			counts[status], seconds[status] = point.Count, point.Sum
			want := map[string]string{"http.response.status_code": status}
			if status == "503" {
				want["error.type"] = "503"
			}
			assert.Equal(t, with(want), set)
			assert.Equal(t, []float64{0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10}, point.Bounds)
		}
		assert.Equal(t, map[string]uint64{"200": 2, "503": 1}, counts)
		assert.Equal(t, map[string]float64{"200": 0, "503": 2}, seconds)
	})
}

// roundTripper is a func that is an http.RoundTripper.
type roundTripper func(r *http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestServer(t *testing.T) {
	for baseURL, want := range map[string][2]string{
		"https://api.example.com/v1":  {"api.example.com", "443"},
		"https://api.example.com:1/":  {"api.example.com", "1"},
		"http://127.0.0.1:8080/v1":    {"127.0.0.1", "8080"},
		"https://[2001:db8::1]/v1":    {"2001:db8::1", "443"},
		"https://[2001:db8::1]:90/v1": {"2001:db8::1", "90"},
	} {
		s := newTelemetry()
		client, err := freddy.NewClient("example-key", freddy.WithBaseURL(baseURL), freddy.WithHooks(s.hooks),
			freddy.WithHTTPClient(&http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
				// A RoundTripper that traces, too, finds the span of the attempt.
				assert.Contains(t, r.Header.Get("Traceparent"), trace.SpanContextFromContext(r.Context()).SpanID().String())
				return &http.Response{StatusCode: http.StatusNotFound, Body: http.NoBody, Request: r}, nil
			})}))
		require.NoError(t, err)
		_, err = client.Connectors().Get(t.Context(), "pcon_github")
		require.ErrorIs(t, err, freddy.ErrNotFound)
		_, attempts := s.split(t)
		require.Len(t, attempts, 1)
		set := attributes(attempts[0].Attributes)
		assert.Equal(t, want, [2]string{set["server.address"], set["server.port"]})
	}
}

// The spans of a call whose RoundTripper panics end as errors.
func TestPanic(t *testing.T) {
	s := newTelemetry()
	client, _ := newClient(t, s, freddy.WithHTTPClient(&http.Client{
		Transport: roundTripper(func(*http.Request) (*http.Response, error) { panic("example") }),
	}))
	assert.Panics(t, func() { _, _ = client.Connectors().Get(t.Context(), "pcon_github") })
	call, attempts := s.split(t)
	require.Len(t, attempts, 1)
	assert.Equal(t, "panic", attributes(attempts[0].Attributes)["error.type"])
	assert.Equal(t, codes.Error, call.Status.Code)
}

// Nothing that is secret, or that only one call has, is in a span or a metric, even
// if the server repeats it.
func TestNoSecrets(t *testing.T) {
	const token, state = "example-credential-token", "example-state-token"
	s := newTelemetry()
	client, server := newClient(t, s, freddy.WithOrganization("org_secret"), freddy.WithMaxRetries(0))
	echo := freddytest.Reply{
		Status: http.StatusBadRequest,
		Header: http.Header{"X-Request-Id": {freddytest.APIKey}, "Location": {"https://" + token + "/" + state}},
		Body:   `{"error":{"type":"` + token + `","message":"` + freddytest.APIKey + `","code":"` + state + `"}}`,
	}
	server.Script(http.MethodPost, "/personal-connectors/configurations", echo)
	server.Script(http.MethodPost, "/personal-connectors/complete-oauth", echo)
	server.Script(http.MethodGet, "/query", echo)

	_, err := client.Configurations().Create(t.Context(), freddy.ConfigurationCreateParams{
		PersonalConnectorID: "pcon_github", Name: "Example", Credentials: freddy.BearerCredentials(token),
	})
	require.Error(t, err)
	_, err = client.Connections().Complete(t.Context(), state)
	require.Error(t, err)
	require.Error(t, client.Do(t.Context(), http.MethodGet, "/query?token="+token, nil, nil))
	_, err = client.Connectors().Get(t.Context(), "pcon_private")
	require.Error(t, err)
	authorization, err := client.Connections().Authorize(t.Context(), freddy.AuthorizeParams{ConnectorType: "slack"})
	require.NoError(t, err)
	require.Error(t, client.Do(t.Context(), http.MethodGet, "/"+token, nil, nil))

	spans, err := json.Marshal(s.spans.GetSpans())
	require.NoError(t, err)
	metrics, err := json.Marshal(s.histogram(t))
	require.NoError(t, err)
	for _, secret := range []string{freddytest.APIKey, token, state, "org_secret", "pcon_private", "query", authorization.State} {
		assert.NotContains(t, string(spans), secret)
		assert.NotContains(t, string(metrics), secret)
	}
	assert.Contains(t, string(spans), "complete-oauth")
	assert.Contains(t, string(metrics), "complete-oauth")
}

// Without options, or with nil ones, the global providers are used, even those that
// are set later.
func TestDefaults(t *testing.T) {
	global.spans.Reset()
	client, _ := newClient(t, global)
	_, err := client.Connectors().Get(t.Context(), "pcon_github")
	require.NoError(t, err)
	_, attempts := global.split(t)
	assert.Len(t, attempts, 1)
	assert.Len(t, global.histogram(t), 1)
}

// Concurrent calls have a trace each.
func TestConcurrency(t *testing.T) {
	const calls = 50
	s := newTelemetry()
	client, server := newClient(t, s)
	for range calls / 2 {
		server.Script(http.MethodGet, path, freddytest.Reply{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"0"}}})
	}
	var running sync.WaitGroup
	for range calls {
		running.Go(func() { _, _ = client.Connectors().Get(t.Context(), "pcon_github") }) // some may fail
	}
	running.Wait()

	roots := make(map[trace.TraceID]trace.SpanID)
	attempts := make(map[trace.TraceID][]trace.SpanID) // their parents
	for _, span := range s.spans.GetSpans() {
		id := span.SpanContext.TraceID()
		if span.Parent.IsValid() {
			attempts[id] = append(attempts[id], span.Parent.SpanID())
		} else {
			roots[id] = span.SpanContext.SpanID()
		}
	}
	assert.Len(t, roots, calls)
	total := 0
	for id, parents := range attempts {
		total += len(parents)
		for _, parent := range parents {
			assert.Equal(t, roots[id], parent)
		}
	}
	assert.Len(t, server.Requests(), total)
}
