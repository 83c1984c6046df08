package freddytest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/freddytest"
)

func TestRequests(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	client := server.Client(freddy.WithHeader("X-Trace", "abc"))
	assert.Empty(t, server.Requests())

	_, err := client.Connectors().List(t.Context(), freddy.ConnectorListParams{Category: freddy.CategoryDesign, Limit: 5})
	require.NoError(t, err)
	err = client.Do(t.Context(), http.MethodPost, "/some/a%20path?x=1", map[string]any{"n": 1}, nil)
	require.ErrorIs(t, err, freddy.ErrNotFound)
	send(t, server, http.MethodGet, "/elsewhere", nil, "")

	requests := server.Requests()
	require.Len(t, requests, 3)
	assert.Equal(t, http.MethodGet, requests[0].Method)
	assert.Equal(t, "/personal-connectors", requests[0].Path)
	assert.Equal(t, url.Values{"category": {"design"}, "limit": {"5"}}, requests[0].Query)
	assert.Equal(t, "abc", requests[0].Header.Get("X-Trace"))
	assert.Nil(t, requests[0].Body)

	assert.Equal(t, http.MethodPost, requests[1].Method)
	assert.Equal(t, "/some/a%20path", requests[1].Path)
	assert.Equal(t, url.Values{"x": {"1"}}, requests[1].Query)
	assert.Equal(t, "application/json", requests[1].Header.Get("Content-Type"))
	assert.JSONEq(t, `{"n":1}`, string(requests[1].Body))

	assert.Equal(t, "/elsewhere", requests[2].Path, "not below the base URL")
	assert.Equal(t, url.Values{}, requests[2].Query)
}

func TestRequestsHaveKeysAndCredentials(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	created, err := server.Client().Configurations().Create(t.Context(), minimal())
	require.NoError(t, err)
	_, err = server.Client(freddy.WithAuthScheme(freddy.AuthSchemeXAPIKey)).Configurations().Update(t.Context(), created.ID,
		freddy.ConfigurationUpdateParams{Credentials: freddy.APIKeyCredentials(secret)})
	require.NoError(t, err)

	requests := server.Requests()
	require.Len(t, requests, 2)
	assert.Equal(t, "Bearer "+freddytest.APIKey, requests[0].Header.Get("Authorization"))
	assert.JSONEq(t, minimalBody, string(requests[0].Body))
	assert.Equal(t, freddytest.APIKey, requests[1].Header.Get("X-Api-Key"))
	assert.JSONEq(t, `{"credentials":{"type":"api_key","apiKey":"`+secret+`"}}`, string(requests[1].Body))
}

func TestRequestsAreCopies(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	err := server.Client().Do(t.Context(), http.MethodPost, "/some?x=1", map[string]any{"n": 1}, nil)
	require.ErrorIs(t, err, freddy.ErrNotFound)
	changed := server.Requests()
	changed[0].Method = "CHANGED"
	changed[0].Query.Set("x", "changed")
	changed[0].Query["x"][0] = "changed"
	changed[0].Header.Set("Accept", "changed")
	changed[0].Body[0] = '#'

	kept := server.Requests()[0]
	assert.Equal(t, http.MethodPost, kept.Method)
	assert.Equal(t, "1", kept.Query.Get("x"))
	assert.Equal(t, "application/json", kept.Header.Get("Accept"))
	assert.JSONEq(t, `{"n":1}`, string(kept.Body))
}

func TestRequestsKeepTheLastTenThousand(t *testing.T) {
	t.Parallel()
	const limit, more = 10_000, 2_500
	fake := freddytest.NewFake()
	sendUntil := func(first, end int) (last *httptest.ResponseRecorder) {
		for i := first; i < end; i++ {
			last = httptest.NewRecorder()
			fake.ServeHTTP(last, &http.Request{URL: &url.URL{Path: "/v1/" + strconv.Itoa(i)}})
		}
		return last
	}
	wantPaths := func(first int) {
		requests := fake.Requests()
		require.Len(t, requests, limit)
		var have, want strings.Builder
		for i, request := range requests {
			fmt.Fprintln(&have, request.Path)
			fmt.Fprintf(&want, "/%d\n", first+i)
		}
		require.Equal(t, want.String(), have.String())
	}
	sendUntil(0, limit)
	wantPaths(0)
	last := sendUntil(limit, limit+more)
	wantPaths(more)
	assert.Equal(t, "req_012500", last.Header().Get("X-Request-Id"), "request ids count all requests")
}

func TestRequestsKeepOneMebibyteOfABody(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	body := strings.Repeat("a", 3<<20)
	got := send(t, server, http.MethodPost, configurationsPath, bearer(), body)
	assert.Equal(t, http.StatusRequestEntityTooLarge, got.status, "the client reads the response, although it sent more")
	assert.Len(t, server.Requests()[0].Body, 1<<20)
}

// roundTripper calls a handler in the way of an in-memory transport: with the
// request of the client, which has a nil Body if it is empty.
type roundTripper struct{ handler http.Handler }

func (t roundTripper) RoundTrip(req *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	t.handler.ServeHTTP(w, req)
	return w.Result(), nil
}

func TestNilRequestBodyIsEmpty(t *testing.T) {
	t.Parallel()
	fake := freddytest.NewFake()
	fake.AddConfiguration(freddy.Configuration{ID: "pconf_a"})
	client, err := freddy.NewClient(freddytest.APIKey, freddy.WithHTTPClient(&http.Client{Transport: roundTripper{fake}}))
	require.NoError(t, err)
	_, err = client.Connectors().Get(t.Context(), "pcon_github")
	require.NoError(t, err)
	require.NoError(t, client.Configurations().Delete(t.Context(), "pconf_a"))

	err = client.Do(t.Context(), http.MethodPost, scriptConfigurations, nil, nil)
	require.ErrorIs(t, err, freddy.ErrBadRequest)
	for _, request := range fake.Requests() {
		assert.Nil(t, request.Body)
	}
}

// In an http.Request of a client, an empty Method is GET.
func TestRequestWithoutMethodAndHeader(t *testing.T) {
	t.Parallel()
	fake := freddytest.NewFake()
	w := httptest.NewRecorder()
	fake.ServeHTTP(w, &http.Request{URL: &url.URL{Path: "/v1" + scriptGithub}})
	assert.Equal(t, http.StatusUnauthorized, w.Code)
	assert.Equal(t, []freddytest.Request{{
		Method: http.MethodGet, Path: scriptGithub, Query: url.Values{}, Header: http.Header{},
	}}, fake.Requests())
}
