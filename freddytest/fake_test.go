package freddytest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/freddytest"
)

func TestHeaders(t *testing.T) {
	t.Parallel()
	client := freddytest.NewServer(t).Client()
	var first, second freddy.Response
	_, err := client.Connectors().Get(t.Context(), "pcon_github", freddy.WithResponse(&first))
	require.NoError(t, err)
	_, err = client.Connectors().Get(t.Context(), "pcon_unknown", freddy.WithResponse(&second))
	require.ErrorIs(t, err, freddy.ErrNotFound)

	assert.Equal(t, "req_000001", first.RequestID)
	assert.Equal(t, "req_000002", second.RequestID)
	for _, response := range []freddy.Response{first, second} {
		assert.Equal(t, "2025-01-01", response.APIVersion)
		assert.Positive(t, response.ProcessingTime)
		assert.Equal(t, "application/json", response.Header.Get("Content-Type"))
	}
	require.NotNil(t, first.RateLimit)
	require.NotNil(t, second.RateLimit)
	assert.Equal(t, 100, first.RateLimit.Limit)
	assert.Equal(t, 99, first.RateLimit.Remaining)
	assert.Equal(t, 98, second.RateLimit.Remaining)
	assert.WithinDuration(t, time.Now().Add(time.Minute), first.RateLimit.Reset, 5*time.Second)
	for _, family := range []string{"X-Ratelimit-%s", "X-Ratelimit-%s-Requests"} {
		assert.Equal(t, "100", first.Header.Get(fmt.Sprintf(family, "Limit")))
		assert.Equal(t, "99", first.Header.Get(fmt.Sprintf(family, "Remaining")))
		assert.Equal(t, strconv.FormatInt(first.RateLimit.Reset.Unix(), 10), first.Header.Get(fmt.Sprintf(family, "Reset")))
	}
}

func TestRateLimitRejectsNothingAndResetsEachMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := freddytest.NewFake()
		remaining := func() string {
			got := serve(fake, http.MethodGet, "/v1"+scriptGithub, "")
			assert.Equal(t, http.StatusOK, got.Code)
			return got.Header().Get("X-Ratelimit-Remaining")
		}
		assert.Equal(t, "99", remaining())
		for range 98 {
			remaining()
		}
		assert.Equal(t, "0", remaining())
		assert.Equal(t, "0", remaining(), "not negative")
		time.Sleep(time.Minute - time.Nanosecond)
		assert.Equal(t, "0", remaining())
		time.Sleep(time.Nanosecond)
		assert.Equal(t, "99", remaining())
	})
}

func TestZeroFakeIsEmpty(t *testing.T) {
	t.Parallel()
	var fake freddytest.Fake
	assert.JSONEq(t, `{"object":"list","data":[]}`, serve(&fake, http.MethodGet, connectorsPath, "").Body.String())
	fake.AddConnector(freddy.Connector{ID: "pcon_acme", Name: "Acme"})
	got := serve(&fake, http.MethodGet, connectorsPath+"/pcon_acme", "")
	assert.Equal(t, http.StatusOK, got.Code)
	assert.Contains(t, got.Body.String(), `"name":"Acme"`)
}

func TestNewFakeInAnHTTPServer(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(freddytest.NewFake())
	defer server.Close()
	client, err := freddy.NewClient(freddytest.APIKey, freddy.WithBaseURL(server.URL+"/v1/"))
	require.NoError(t, err)
	defer client.CloseIdleConnections()
	connector, err := client.Connectors().Get(t.Context(), "pcon_github")
	require.NoError(t, err)
	assert.Equal(t, "GitHub", connector.Name)
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	const callers, calls = 8, 10
	server := freddytest.NewServer(t)
	client := server.Client()
	var wg sync.WaitGroup
	for i := range callers {
		id := "pcon_" + strconv.Itoa(i)
		path := "/personal-connectors/" + id
		wg.Go(func() {
			for range calls {
				server.AddConnector(freddy.Connector{ID: id, Name: id, Status: freddy.ConnectorStatusActive})
				server.Script(http.MethodGet, path, freddytest.Reply{Status: http.StatusTeapot})
				_, scripted := client.Connectors().Get(t.Context(), id)
				connector, got := client.Connectors().Get(t.Context(), id)
				_, listed := client.Connectors().List(t.Context(), freddy.ConnectorListParams{})
				if scripted == nil || got != nil || listed != nil || connector.Name != id {
					t.Errorf("%s: scripted: %v, get: %v, list: %v", id, scripted, got, listed)
				}
				assert.NotEmpty(t, server.Requests())
			}
		})
	}
	wg.Wait()
	assert.Len(t, server.Requests(), callers*calls*3)
}
