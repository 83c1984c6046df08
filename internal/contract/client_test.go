package contract_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
)

// wanted is the response that a request asks for in the header Prefer, as Prism
// defines it: "code=200, example=connector". The name is empty if the response has
// no body.
type wanted struct {
	status  int
	example string
}

func (w wanted) String() string {
	if w.example == "" {
		return fmt.Sprintf("code=%d", w.status)
	}
	return fmt.Sprintf("code=%d, example=%s", w.status, w.example)
}

func (w wanted) option() freddy.CallOption { return freddy.WithHeader("Prefer", w.String()) }

// parseWanted is the reverse of String.
func parseWanted(header string) (wanted, error) {
	code, example, _ := strings.Cut(header, ", example=")
	status, err := strconv.Atoi(strings.TrimPrefix(code, "code="))
	return wanted{status, example}, err
}

// responses returns every example of every response that an operation describes.
// Examples of the default response have a status of their own.
func responses(operation *openapi3.Operation) []wanted {
	var all []wanted
	byStatus := operation.Responses.Map()
	for _, status := range slices.Sorted(maps.Keys(byStatus)) {
		code, err := strconv.Atoi(status)
		if err != nil {
			code = http.StatusConflict
		}
		content := byStatus[status].Value.Content["application/json"]
		if content == nil {
			all = append(all, wanted{status: code})
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(content.Examples)) {
			all = append(all, wanted{code, name})
		}
	}
	return all
}

// exampleServer is an API that accepts what is described, and responds with the
// example that a request asks for.
type exampleServer struct {
	*description
	operations []string // that were called
}

func (s *exampleServer) RoundTrip(r *http.Request) (*http.Response, error) {
	in, err := s.input(r)
	if err == nil {
		err = validateRequest(in)
	}
	if err != nil {
		return nil, err
	}
	s.operations = append(s.operations, in.Route.Operation.OperationID)
	want, err := parseWanted(r.Header.Get("Prefer"))
	if err != nil {
		return nil, err
	}
	var body []byte
	if want.example != "" {
		body, err = json.Marshal(example(in.Route.Operation, want))
	}
	if err != nil {
		return nil, err
	}
	return &http.Response{
		StatusCode: want.status,
		Header:     http.Header{"Content-Type": {"application/json"}},
		Body:       io.NopCloser(bytes.NewReader(body)),
		Request:    r,
	}, nil
}

// example returns the value of an example of an operation.
func example(operation *openapi3.Operation, w wanted) any {
	response := operation.Responses.Status(w.status)
	if response == nil {
		response = operation.Responses.Default()
	}
	return response.Value.Content["application/json"].Examples[w.example].Value.Value
}

// Every request of every method is as described, and every documented response is
// decoded.
func TestClient(t *testing.T) {
	for _, c := range calls {
		t.Run(c.method, func(t *testing.T) {
			server := &exampleServer{description: loaded(t)}
			eachResponse(t, c, append(c.options(), freddy.WithHTTPClient(&http.Client{Transport: server})), func(w wanted, result any, err error) {
				assert.Equal(t, []string{c.operation}, server.operations, w.String())
				server.operations = nil
				checkResult(t, w, result, err)
			})
		})
	}
}

// eachResponse calls a method once for each response that its operation describes.
func eachResponse(t *testing.T, c call, opts []freddy.Option, check func(w wanted, result any, err error)) {
	t.Helper()
	client, err := freddy.NewClient("example-key", opts...)
	require.NoError(t, err)
	all := responses(loaded(t).operations()[c.operation])
	require.NotEmpty(t, all)
	for _, w := range all {
		if w.status/100 == 2 && c.successes != nil && !slices.Contains(c.successes, w.example) {
			continue
		}
		result, err := c.do(t.Context(), client, w.option())
		check(w, result, err)
	}
}

// checkResult checks what a method returns for a response.
func checkResult(t *testing.T, w wanted, result any, err error) {
	t.Helper()
	if w.status/100 == 2 {
		assert.NoError(t, err, w.String())
		return
	}
	var apiError *freddy.APIError
	if assert.ErrorAs(t, err, &apiError, w.String()) {
		assert.Equal(t, w.status, apiError.StatusCode, w.String())
		assert.NotEmpty(t, apiError.Message, w.String())
	}
	assert.Empty(t, result, w.String())
}

// The third documented header for the key is described, too.
func TestAuthSchemes(t *testing.T) {
	for _, scheme := range []freddy.AuthScheme{freddy.AuthSchemeBearer, freddy.AuthSchemeXAPIKey, freddy.AuthSchemeAPIKey} {
		server := &exampleServer{description: loaded(t)}
		client, err := freddy.NewClient("example-key", freddy.WithAuthScheme(scheme), freddy.WithHTTPClient(&http.Client{Transport: server}))
		require.NoError(t, err)
		_, err = client.Connectors().Get(t.Context(), connectorID, wanted{http.StatusOK, "connector"}.option())
		assert.NoError(t, err)
	}
}

// What is not described is an error, so the other tests can fail.
func TestValidationRejects(t *testing.T) {
	client, err := freddy.NewClient("example-key", freddy.WithMaxRetries(0),
		freddy.WithHTTPClient(&http.Client{Transport: &exampleServer{description: loaded(t)}}))
	require.NoError(t, err)
	for name, tt := range map[string]struct {
		method, path string
		body         any
		message      string
	}{
		"path":            {http.MethodGet, "/unknown", nil, "no matching operation was found"},
		"method":          {http.MethodPut, "/personal-connectors", nil, "method not allowed"},
		"query":           {http.MethodGet, "/personal-connectors?unknown=1", nil, "unknown is not described"},
		"repeated query":  {http.MethodGet, "/personal-connectors?limit=1&limit=2", nil, "limit is repeated"},
		"enum":            {http.MethodGet, "/personal-connectors?type=unknown", nil, `parameter "type"`},
		"missing query":   {http.MethodGet, "/mcp-configurations", nil, `parameter "organization_id"`},
		"member":          {http.MethodPatch, "/personal-connectors/pcon_example", map[string]any{"is_active": true, "unknown": 1}, "unknown"},
		"missing member":  {http.MethodPatch, "/personal-connectors/pcon_example", map[string]any{}, "is_active"},
		"empty list":      {http.MethodPatch, "/personal-connectors/pcon_example/tools", map[string]any{"enabled": true, "allowed_tools": []string{}}, "allowed_tools"},
		"unexpected body": {http.MethodGet, "/personal-connectors/pcon_example", map[string]any{}, "request body not allowed"},
	} {
		t.Run(name, func(t *testing.T) {
			err := client.Do(t.Context(), tt.method, tt.path, tt.body, nil, wanted{http.StatusOK, "connector"}.option())
			var failure *freddy.TransportError
			require.ErrorAs(t, err, &failure)
			assert.ErrorContains(t, failure.Err, tt.message)
		})
	}
}
