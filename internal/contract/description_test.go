// Package contract_test holds the client and freddytest to openapi.yaml, the
// description of the wire.
package contract_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
)

const descriptionFile = "openapi.yaml"

// description is what openapi.yaml says. A server may send more than that, but
// these tests accept only what is described: objects are closed unless they are
// declared as free-form, and strings with known values have no others.
type description struct {
	*openapi3.T
	router routers.Router
}

var load = sync.OnceValues(func() (*description, error) {
	document, err := openapi3.NewLoader().LoadFromFile(descriptionFile)
	if err != nil {
		return nil, err
	}
	if err := document.Validate(context.Background(), openapi3.EnableExamplesValidation()); err != nil {
		return nil, err
	}
	err = document.WalkSchemas(func(_ string, schema *openapi3.SchemaRef) error {
		s := schema.Value
		if len(s.Properties) > 0 && s.AdditionalProperties.Has == nil {
			s.AdditionalProperties.Has = new(bool)
		}
		if values, ok := s.Extensions["x-extensible-enum"].([]any); ok {
			s.Enum = values
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	router, err := gorillamux.NewRouter(document)
	return &description{document, router}, err
})

func loaded(t *testing.T) *description {
	t.Helper()
	d, err := load()
	require.NoError(t, err)
	return d
}

// operations returns the operations by their ids.
func (d *description) operations() map[string]*openapi3.Operation {
	all := make(map[string]*openapi3.Operation)
	for _, item := range d.Paths.Map() {
		for _, operation := range item.Operations() {
			all[operation.OperationID] = operation
		}
	}
	return all
}

// input returns what the validation of a request needs. It fails if there is no
// such operation.
func (d *description) input(r *http.Request) (*openapi3filter.RequestValidationInput, error) {
	route, parameters, err := d.router.FindRoute(r)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", r.Method, r.URL, err)
	}
	return &openapi3filter.RequestValidationInput{
		Request:    r,
		PathParams: parameters,
		Route:      route,
		Options: &openapi3filter.Options{
			AuthenticationFunc:                hasKey,
			IncludeResponseStatus:             true,
			RejectWhenRequestBodyNotSpecified: true,
			SkipSettingDefaults:               true,
		},
	}, nil
}

// hasKey accepts any key in the header of a security scheme.
func hasKey(_ context.Context, in *openapi3filter.AuthenticationInput) error {
	header := in.RequestValidationInput.Request.Header
	if in.SecurityScheme.Type == "apiKey" && header.Get(in.SecurityScheme.Name) == "" ||
		in.SecurityScheme.Type == "http" && !strings.HasPrefix(header.Get("Authorization"), "Bearer ") {
		return in.NewError(nil)
	}
	return nil
}

// validateRequest returns why a request is not described.
func validateRequest(in *openapi3filter.RequestValidationInput) error {
	declared := slices.Concat(in.Route.PathItem.Parameters, in.Route.Operation.Parameters)
	for name, values := range in.Request.URL.Query() {
		if declared.GetByInAndName(openapi3.ParameterInQuery, name) == nil {
			return fmt.Errorf("the query parameter %s is not described", name)
		}
		if len(values) > 1 {
			return fmt.Errorf("the query parameter %s is repeated", name)
		}
	}
	return openapi3filter.ValidateRequest(in.Request.Context(), in)
}

// validateResponse returns why a response to a request is not described.
func validateResponse(in *openapi3filter.RequestValidationInput, status int, header http.Header, body []byte) error {
	response := in.Route.Operation.Responses.Status(status)
	if response != nil && len(response.Value.Content) == 0 && len(body) > 0 {
		return fmt.Errorf("a response with the status %d has no body", status)
	}
	return openapi3filter.ValidateResponse(in.Request.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in,
		Status:                 status,
		Header:                 header,
		Body:                   io.NopCloser(bytes.NewReader(body)),
		Options:                in.Options,
	})
}

// bodies returns the documented bodies by their names.
func bodies(t *testing.T) map[string]string {
	t.Helper()
	all := make(map[string]string)
	for _, pattern := range []string{"*.json", "gen2/*.json"} {
		paths, err := filepath.Glob(filepath.Join("../../testdata", pattern))
		require.NoError(t, err)
		require.NotEmpty(t, paths)
		for _, path := range paths {
			content, err := os.ReadFile(path)
			require.NoError(t, err)
			all[strings.TrimSuffix(filepath.Base(path), ".json")] = string(content)
		}
	}
	return all
}

// The examples are the documented bodies, all of them.
func TestExamplesAreTheDocumentedBodies(t *testing.T) {
	documented := bodies(t)
	delete(documented, "responses_mcp_tool") // of another API
	for name, example := range loaded(t).Components.Examples {
		value, err := json.Marshal(example.Value.Value)
		require.NoError(t, err)
		assert.JSONEq(t, documented[name], string(value), name)
		delete(documented, name)
	}
	assert.Empty(t, documented, "bodies without an example")
}

// Each documented body is an example of an operation and valid there. Loading the
// description has not validated the examples against closed objects.
func TestDocumentedBodiesAreValid(t *testing.T) {
	d := loaded(t)
	unused := maps.Clone(d.Components.Examples)
	validate := func(where string, content openapi3.Content, as openapi3.SchemaValidationOption) {
		for _, media := range content {
			for name, example := range media.Examples {
				err := media.Schema.Value.VisitJSON(example.Value.Value, openapi3.EnableJSONSchema2020(), as)
				assert.NoError(t, err, "%s: %s", where, name)
				delete(unused, name)
			}
		}
	}
	for id, operation := range d.operations() {
		if body := operation.RequestBody; body != nil {
			validate(id, body.Value.Content, openapi3.VisitAsRequest())
		}
		for status, response := range operation.Responses.Map() {
			validate(id+" "+status, response.Value.Content, openapi3.VisitAsResponse())
		}
	}
	assert.Empty(t, unused, "examples that no operation has")
}

func TestCertainty(t *testing.T) {
	d := loaded(t)
	levels := []any{"doc", "gen", "doc+gen", "infer"}
	for id, operation := range d.operations() {
		assert.Contains(t, levels, operation.Extensions["x-certainty"], id)
	}
	for name, example := range d.Components.Examples {
		assert.Contains(t, levels, example.Value.Extensions["x-certainty"], name)
	}
}

func TestServers(t *testing.T) {
	var urls []string
	for _, server := range loaded(t).Servers {
		urls = append(urls, server.URL)
	}
	assert.Equal(t, []string{freddy.DefaultBaseURL, freddy.ConnectionsBaseURL}, urls)
}

// The constants of the client are the documented values.
func TestConstants(t *testing.T) {
	for name, values := range map[string][]any{
		"ConnectorType": {freddy.ConnectorTypeOfficial, freddy.ConnectorTypeAitronosBuilt, freddy.ConnectorTypeCustom},
		"Category": {
			freddy.CategoryProductivity, freddy.CategoryDevelopment, freddy.CategoryCommunication,
			freddy.CategoryDesign, freddy.CategoryCustom,
		},
		"ConnectorStatus": {freddy.ConnectorStatusActive, freddy.ConnectorStatusDeprecated, freddy.ConnectorStatusMaintenance},
		"ServerType":      {freddy.ServerTypeHTTP, freddy.ServerTypeWebSocket, freddy.ServerTypeStdio},
		"AuthMethod":      {freddy.AuthMethodOAuth2},
		"HealthStatus":    {freddy.HealthStatusHealthy, freddy.HealthStatusUnhealthy, freddy.HealthStatusUnknown},
		"ReleaseChannel":  {freddy.ReleaseChannelStable, freddy.ReleaseChannelBeta},
		"MCPTransport":    {freddy.MCPTransportSSE, freddy.MCPTransportStreamableHTTP},
		"MCPAuthType": {
			freddy.MCPAuthTypeNone, freddy.MCPAuthTypeAPIKey, freddy.MCPAuthTypeBearerToken, freddy.MCPAuthTypeOAuth,
		},
		"MCPConfigurationType": {
			freddy.MCPConfigurationTypeCustom, freddy.MCPConfigurationTypeStreamline, freddy.MCPConfigurationTypePersonalConnector,
		},
	} {
		for i, value := range values {
			values[i] = fmt.Sprint(value)
		}
		assert.ElementsMatch(t, values, loaded(t).Components.Schemas[name].Value.Extensions["x-extensible-enum"], name)
	}
}
