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

// gock swaps http.DefaultTransport and keeps its mocks in globals: a test that
// uses it must not be parallel, and its patterns are anchored, since gock takes
// them for regular expressions.
func TestGock(t *testing.T) {
	t.Cleanup(gock.OffAll)
	redirect := func(*http.Request, []*http.Request) error { return nil }
	lent := &http.Client{Timeout: time.Minute, CheckRedirect: redirect}
	gock.InterceptClient(lent)
	transport := lent.Transport

	client, err := freddy.NewClient("gock-tests-key", freddy.WithHTTPClient(lent),
		freddy.WithRetryWait(time.Millisecond, time.Millisecond))
	require.NoError(t, err)

	var patterns []string
	seen := func(req *http.Request, _ *gock.Request) (bool, error) {
		patterns = append(patterns, req.Pattern)
		return req.URL.Host == "api.freddy.aitronos.com" && req.URL.RawQuery == "", nil
	}
	intercept := func(id string) *gock.Request {
		return gock.New("https://api.freddy.aitronos.com").
			Get("^/v1/personal-connectors/"+id+"$").
			MatchHeader("Authorization", "^Bearer gock-tests-key$").
			MatchHeader("Accept", "^application/json$").
			AddMatcher(seen)
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
	var refusal *freddy.APIError
	require.ErrorAs(t, err, &refusal)
	assert.True(t, refusal.HasCode(freddy.CodeConnectorNotFound))

	assert.True(t, gock.IsDone(), "every answer was asked for")
	assert.False(t, gock.HasUnmatchedRequest(), "and nothing else")
	assert.NotEmpty(t, patterns)
	for _, pattern := range patterns {
		assert.Equal(t, "/personal-connectors/{connector_id}", pattern)
	}

	_, err = client.Connectors().Get(t.Context(), "pcon_other")
	require.ErrorIs(t, err, gock.ErrCannotMatch)
	var fault *freddy.TransportError
	require.ErrorAs(t, err, &fault)

	client.CloseIdleConnections()
	assert.Same(t, transport, lent.Transport, "a lent client is not changed")
	assert.Equal(t, time.Minute, lent.Timeout)
	assert.NotNil(t, lent.CheckRedirect)
	assert.Nil(t, lent.Jar)

	// Nor does a change after the loan reach the Client.
	intercept("pcon_github").Reply(http.StatusOK).File("testdata/connector.json")
	lent.Transport = roundTrip(func(*http.Request) (*http.Response, error) {
		t.Error("the client uses the copy that it made")
		return nil, http.ErrNotSupported
	})
	_, err = client.Connectors().Get(t.Context(), "pcon_github")
	require.NoError(t, err)
}
