package freddytest_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
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
	ask(t, server, http.MethodGet, "/elsewhere", nil)

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

func TestRequestsMaskKeys(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name       string
		key        string
		header     http.Header
		target     string
		body       string
		wantHeader http.Header
		wantPath   string
		wantQuery  url.Values
		wantBody   string
	}{
		{
			name:       "bearer",
			header:     http.Header{"Authorization": {"Bearer " + freddytest.APIKey}},
			target:     "/x",
			wantHeader: http.Header{"Authorization": {"Bearer ***"}},
			wantPath:   "/x",
			wantQuery:  url.Values{},
		},
		{
			name:       "a key that is not valid",
			header:     http.Header{"Authorization": {"Basic secret-one"}, "X-Api-Key": {"secret-two"}, "Api-Key": {"secret-three"}},
			target:     "/x",
			wantHeader: http.Header{"Authorization": {"Basic ***"}, "X-Api-Key": {"***"}, "Api-Key": {"***"}},
			wantPath:   "/x",
			wantQuery:  url.Values{},
		},
		{
			name:       "without a scheme",
			header:     http.Header{"Authorization": {"secret-one"}},
			target:     "/x?q=secret-one",
			wantHeader: http.Header{"Authorization": {"***"}},
			wantPath:   "/x",
			wantQuery:  url.Values{"q": {"***"}},
		},
		{
			name:       "wherever it is",
			header:     http.Header{"X-Api-Key": {"secret-one"}, "X-Copy": {"<secret-one>"}},
			target:     "/x/secret-one?secret-one=a&b=1secret-one2&b=3",
			body:       `{"a":"secret-one","b":["secret-one"]}`,
			wantHeader: http.Header{"X-Api-Key": {"***"}, "X-Copy": {"<***>"}},
			wantPath:   "/x/***",
			wantQuery:  url.Values{"***": {"a"}, "b": {"1***2", "3"}},
			wantBody:   `{"a":"***","b":["***"]}`,
		},
		{
			name:       "escaped",
			header:     http.Header{"X-Api-Key": {`se"c/r<et`}},
			target:     "/x/se%22c%2Fr%3Cet",
			body:       `{"a":"se\"c/r\u003cet"}`,
			wantHeader: http.Header{"X-Api-Key": {"***"}},
			wantPath:   "/x/***",
			wantQuery:  url.Values{},
			wantBody:   `{"a":"***"}`,
		},
		{
			name:       "one key begins with another",
			header:     http.Header{"X-Api-Key": {"secret"}, "Api-Key": {"secret-one"}},
			target:     "/x?q=secret-one",
			wantHeader: http.Header{"X-Api-Key": {"***"}, "Api-Key": {"***"}},
			wantPath:   "/x",
			wantQuery:  url.Values{"q": {"***"}},
		},
		{
			name:       "empty key",
			header:     http.Header{"X-Api-Key": {""}},
			target:     "/x?q=a",
			body:       "b",
			wantHeader: http.Header{"X-Api-Key": {"***"}},
			wantPath:   "/x",
			wantQuery:  url.Values{"q": {"a"}},
			wantBody:   "b",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			fake := freddytest.NewFake()
			r := httptest.NewRequest(http.MethodPut, "/v1"+tt.target, strings.NewReader(tt.body))
			r.Header = tt.header
			fake.ServeHTTP(httptest.NewRecorder(), r)
			got := fake.Requests()[0]
			assert.Equal(t, tt.wantHeader, got.Header)
			assert.Equal(t, tt.wantPath, got.Path)
			assert.Equal(t, tt.wantQuery, got.Query)
			assert.Equal(t, tt.wantBody, string(got.Body))
		})
	}
}

func TestRequestsKeepOneMebibyteOfABody(t *testing.T) {
	t.Parallel()
	fake := freddytest.NewFake()
	r := httptest.NewRequest(http.MethodPost, "/v1/x", strings.NewReader(strings.Repeat("a", 1<<20+1)))
	fake.ServeHTTP(httptest.NewRecorder(), r)
	assert.Len(t, fake.Requests()[0].Body, 1<<20)
}
