package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/freddytest"
)

const route = "/personal-connectors/configurations"

var params = freddy.ConfigurationCreateParams{
	PersonalConnectorID: "pcon_github", Name: "Backend", Credentials: freddy.APIKeyCredentials("example-token"),
}

func TestOutput(t *testing.T) {
	t.Parallel()
	var stdout strings.Builder
	require.NoError(t, run(t.Context(), &stdout))
	want, err := os.ReadFile("testdata/output.txt")
	require.NoError(t, err)
	assert.Equal(t, string(want), stdout.String())
}

func TestRunEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stdout strings.Builder
	require.ErrorIs(t, run(ctx, &stdout), context.Canceled)
	assert.Contains(t, stdout.String(), "=> stop: ")
}

// Each row is an error for which another order of questions would give other advice.
func TestAdviceDependsOnOrder(t *testing.T) {
	t.Parallel()
	limited := &freddy.APIError{Method: http.MethodPost, StatusCode: http.StatusTooManyRequests, RetryAfter: time.Second}
	for name, tt := range map[string]struct {
		err  error
		want string
	}{
		"lost after a rate limit": {
			&freddy.TransportError{Method: http.MethodPost, Ambiguous: true, Previous: limited, Err: context.DeadlineExceeded},
			"look whether it happened before you call again",
		},
		"rate limited after a lost attempt": {
			&freddy.APIError{Method: http.MethodDelete, StatusCode: http.StatusTooManyRequests, Ambiguous: true},
			"look whether it happened before you call again",
		},
		"creation rejected by a proxy": {
			&freddy.APIError{Method: http.MethodPost, StatusCode: http.StatusBadGateway},
			"look whether it happened before you call again",
		},
		"creation with an invalid response": {
			&freddy.DecodeError{Method: http.MethodPost, StatusCode: http.StatusCreated},
			"look whether it happened before you call again",
		},
		"rate limited": {fmt.Errorf("create: %w", limited), "call again in 1s ()"},
		"deadline of a read after a 503": {
			&freddy.TransportError{Previous: &freddy.APIError{StatusCode: http.StatusServiceUnavailable}, Err: context.DeadlineExceeded},
			"stop: the caller does not wait any longer",
		},
		"no connection":   {&freddy.TransportError{Err: assert.AnError}, "check the network"},
		"no permission":   {&freddy.APIError{StatusCode: http.StatusForbidden, Code: "INSUFFICIENT_PERMISSIONS"}, "check the API key"},
		"not of this API": {assert.AnError, "report it"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tt.want, advise(tt.err))
		})
	}
}

func TestCreateCreatesOnce(t *testing.T) {
	t.Parallel()
	limited := freddytest.Reply{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"30"}}}
	for name, tt := range map[string]struct {
		replies []freddytest.Reply
		created bool
	}{
		"no failure":                     {nil, true},
		"response lost":                  {[]freddytest.Reply{{Fault: freddytest.FaultLost}}, true},
		"response lost after a 429":      {[]freddytest.Reply{limited, {Fault: freddytest.FaultLost}}, true},
		"request lost":                   {[]freddytest.Reply{{Fault: freddytest.FaultDrop}}, false},
		"response of a proxy":            {[]freddytest.Reply{{Status: http.StatusBadGateway}}, false},
		"response that is not an object": {[]freddytest.Reply{{Status: http.StatusCreated, Body: "[]"}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := freddytest.NewServer(t)
				server.AddConfiguration(freddy.Configuration{ID: "pconf_other", Name: "Other", PersonalConnectorID: "pcon_github"})
				server.Script(http.MethodPost, route, tt.replies...)
				params := params
				params.Metadata = map[string]any{"team": "billing"}
				created, err := create(t.Context(), server.Client(), params)
				page, listErr := server.Client().Configurations().List(t.Context(), freddy.ConfigurationListParams{})
				require.NoError(t, listErr)
				assert.Equal(t, map[string]any{"team": "billing"}, params.Metadata)
				if !tt.created {
					assert.True(t, freddy.MayHaveSucceeded(err))
					assert.Len(t, page.Items, 1)
					return
				}
				require.NoError(t, err)
				assert.Equal(t, "pconf_000001", created.ID)
				assert.Equal(t, "billing", created.Metadata["team"])
				assert.Len(t, page.Items, 2)
			})
		})
	}
}

// The server is slower than the caller's deadline.
func TestCreateLooksAfterTheDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := freddytest.NewServer(t)
		slow := roundTripper(func(req *http.Request) (*http.Response, error) {
			response, err := server.HTTPClient().Transport.RoundTrip(req)
			if req.Method == http.MethodPost {
				time.Sleep(time.Minute)
			}
			return response, err
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		created, err := create(ctx, server.Client(freddy.WithHTTPClient(&http.Client{Transport: slow})), params)
		require.NoError(t, err)
		assert.Equal(t, "pconf_000001", created.ID)
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func TestCreateReportsErrors(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	client := server.Client(freddy.WithMaxRetries(0))

	server.Script(http.MethodPost, route, freddytest.Reply{Status: http.StatusConflict})
	_, err := create(t.Context(), client, params)
	require.ErrorIs(t, err, freddy.ErrConflict)

	server.Script(http.MethodPost, route, freddytest.Reply{Fault: freddytest.FaultLost})
	server.Script(http.MethodGet, route, freddytest.Reply{Status: http.StatusServiceUnavailable})
	_, err = create(t.Context(), client, params)
	require.ErrorIs(t, err, freddy.ErrServer)
	assert.True(t, freddy.MayHaveSucceeded(err))
	assert.Regexp(t, "^Backend may exist: ", err.Error())
	assert.NotContains(t, err.Error(), "\n")
}
