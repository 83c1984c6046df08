package freddy_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/h2non/gock.v1"

	"github.com/aitronos/freddy-go"
)

// gock replaces http.DefaultTransport and keeps its mocks in globals, so the test
// is not parallel. Its patterns are regular expressions.
func TestGock(t *testing.T) {
	t.Cleanup(gock.OffAll)
	redirect := func(*http.Request, []*http.Request) error { return nil }
	provided := &http.Client{Timeout: time.Minute, CheckRedirect: redirect}
	gock.InterceptClient(provided)
	transport := provided.Transport

	client, err := freddy.NewClient("gock-test-key", freddy.WithHTTPClient(provided),
		freddy.WithRetryBackoff(time.Millisecond, time.Millisecond))
	require.NoError(t, err)

	var patterns []string
	match := func(req *http.Request, _ *gock.Request) (bool, error) {
		patterns = append(patterns, req.Pattern)
		return req.URL.Host == "api.freddy.aitronos.com" && req.URL.RawQuery == "", nil
	}
	intercept := func(id string) *gock.Request {
		return gock.New("https://api.freddy.aitronos.com").
			Get("^/v1/personal-connectors/"+id+"$").
			MatchHeader("Authorization", "^Bearer gock-test-key$").
			MatchHeader("Accept", "^application/json$").
			AddMatcher(match)
	}

	intercept("pcon_github").Reply(http.StatusServiceUnavailable)
	intercept("pcon_github").Reply(http.StatusOK).File("testdata/connector.json")
	var response freddy.Response
	connector, err := client.Connectors().Get(t.Context(), "pcon_github", freddy.WithResponse(&response))
	require.NoError(t, err)
	assert.Equal(t, "GitHub", connector.Name)
	assert.Equal(t, freddy.AuthMethodOAuth2, connector.Metadata.AuthMethod)
	assert.Equal(t, 2, response.Attempts)

	intercept("pcon_none").Reply(http.StatusNotFound).File("testdata/error_connector_not_found.json")
	_, err = client.Connectors().Get(t.Context(), "pcon_none")
	require.ErrorIs(t, err, freddy.ErrNotFound)
	var apiErr *freddy.APIError
	require.ErrorAs(t, err, &apiErr)
	assert.True(t, freddy.HasCode(apiErr, freddy.CodeConnectorNotFound))

	assert.True(t, gock.IsDone(), "every mock was requested")
	assert.False(t, gock.HasUnmatchedRequest(), "nothing else was requested")
	assert.NotEmpty(t, patterns)
	for _, pattern := range patterns {
		assert.Equal(t, "/personal-connectors/{connector_id}", pattern)
	}

	_, err = client.Connectors().Get(t.Context(), "pcon_other")
	require.ErrorIs(t, err, gock.ErrCannotMatch)
	var transportErr *freddy.TransportError
	require.ErrorAs(t, err, &transportErr)

	client.CloseIdleConnections()
	assert.Same(t, transport, provided.Transport, "a caller-supplied client is not changed")
	assert.Equal(t, time.Minute, provided.Timeout)
	assert.NotNil(t, provided.CheckRedirect)
	assert.Nil(t, provided.Jar)

	// A later change of the http.Client has no effect.
	intercept("pcon_github").Reply(http.StatusOK).File("testdata/connector.json")
	provided.Transport = roundTrip(func(*http.Request) (*http.Response, error) {
		t.Error("the client uses the Transport that it was given")
		return nil, http.ErrNotSupported
	})
	_, err = client.Connectors().Get(t.Context(), "pcon_github")
	require.NoError(t, err)
}
