package main

import (
	"encoding/json"
	"io"
	"log"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/freddytest"
)

// span is what the tests look at of a span that is printed.
type span struct {
	Name                string
	SpanContext, Parent struct{ TraceID, SpanID string }
	Status              struct{ Code string }
}

// try runs the example and returns the spans that it prints.
func try(t *testing.T, key, baseURL string, args ...string) ([]span, error) {
	t.Helper()
	t.Setenv("FREDDY_API_KEY", key)
	t.Setenv("FREDDY_BASE_URL", baseURL)
	logged := log.Writer()
	log.SetOutput(io.Discard)
	t.Cleanup(func() { log.SetOutput(logged) })
	var stdout strings.Builder
	err := run(t.Context(), args, &stdout)
	var spans []span
	for decoder := json.NewDecoder(strings.NewReader(stdout.String())); decoder.More(); {
		var s span
		require.NoError(t, decoder.Decode(&s))
		spans = append(spans, s)
	}
	return spans, err
}

const get = "GET /personal-connectors/{connector_id}"

func TestPrintsATrace(t *testing.T) {
	spans, err := try(t, "", "https://unused.example.com")
	require.NoError(t, err)
	require.Len(t, spans, 4)
	failed, succeeded, call, program := spans[0], spans[1], spans[2], spans[3]
	assert.Equal(t, []string{get, get, get, "look up a connector"}, []string{failed.Name, succeeded.Name, call.Name, program.Name})
	assert.Equal(t, []string{"Error", "Unset", "Unset", "Unset"},
		[]string{failed.Status.Code, succeeded.Status.Code, call.Status.Code, program.Status.Code})
	assert.Equal(t, call.SpanContext, failed.Parent)
	assert.Equal(t, call.SpanContext, succeeded.Parent)
	assert.Equal(t, program.SpanContext, call.Parent)
}

func TestSendsTheTrace(t *testing.T) {
	server := freddytest.NewServer(t)
	spans, err := try(t, freddytest.APIKey, server.URL(), "pcon_jira")
	require.NoError(t, err)
	require.Len(t, server.Requests(), 1)
	assert.Equal(t, "/personal-connectors/pcon_jira", server.Requests()[0].Path)
	sent := "00-" + spans[0].SpanContext.TraceID + "-" + spans[0].SpanContext.SpanID + "-01"
	assert.Equal(t, sent, server.Requests()[0].Header.Get("Traceparent"))
}

func TestErrors(t *testing.T) {
	server := freddytest.NewServer(t)
	spans, err := try(t, freddytest.APIKey, server.URL(), "pcon_unknown")
	require.ErrorIs(t, err, freddy.ErrNotFound)
	assert.NotContains(t, err.Error(), "\n")
	require.Len(t, spans, 3, "the spans of a failed call are printed, too")
	assert.Equal(t, "Error", spans[1].Status.Code)

	_, err = try(t, freddytest.APIKey, server.URL(), "pcon_github", "pcon_jira")
	assert.ErrorContains(t, err, `unexpected argument: "pcon_jira"`)
	_, err = try(t, freddytest.APIKey, "ftp://api.example.com")
	assert.ErrorIs(t, err, freddy.ErrInvalidArgument)
	assert.NotContains(t, err.Error(), "\n")
}
