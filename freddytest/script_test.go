package freddytest_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/freddytest"
)

const githubPath = "/personal-connectors/pcon_github"

func TestScriptIsGivenInOrder(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	server.Script(http.MethodGet, githubPath,
		freddytest.Reply{Body: `{"id":"pcon_first"}`},
		freddytest.Reply{Status: http.StatusForbidden, Body: `{"error":{"code":"insufficient_permissions"}}`},
	)
	server.Script(http.MethodGet, githubPath, freddytest.Reply{Body: `{"id":"pcon_third"}`})
	client := server.Client()
	get := func() (string, error) {
		connector, err := client.Connectors().Get(t.Context(), "pcon_github")
		if err != nil {
			return "", err
		}
		return connector.ID, nil
	}

	_, err := client.Connectors().Get(t.Context(), "pcon_notion")
	require.NoError(t, err, "another path")
	err = client.Do(t.Context(), http.MethodPost, githubPath, nil, nil)
	var refused *freddy.APIError
	require.ErrorAs(t, err, &refused, "another method")
	assert.Equal(t, http.StatusMethodNotAllowed, refused.StatusCode)

	id, err := get()
	require.NoError(t, err)
	assert.Equal(t, "pcon_first", id)
	_, err = get()
	require.ErrorIs(t, err, freddy.ErrPermissionDenied)
	id, err = get()
	require.NoError(t, err)
	assert.Equal(t, "pcon_third", id)
	id, err = get()
	require.NoError(t, err)
	assert.Equal(t, "pcon_github", id, "the fake itself")
}

func TestScriptIsForAnyQuery(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	server.Script(http.MethodGet, "/personal-connectors", freddytest.Reply{Body: `{"object":"list","data":[],"hasMore":true}`})
	page, err := server.Client().Connectors().List(t.Context(), freddy.ConnectorListParams{Limit: 7})
	require.NoError(t, err)
	assert.True(t, page.HasMore)
}

func TestScriptComesBeforeTheKeyAndThePath(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	server.Script(http.MethodPost, "/some/a%20path", freddytest.Reply{Status: http.StatusCreated, Body: "hello"})
	outside := ask(t, server, http.MethodPost, "/some/a%20path", nil)
	assert.Equal(t, http.StatusNotFound, outside.status, "not below the base URL")
	got := ask(t, server, http.MethodPost, "/v1/some/a%20path", nil)
	assert.Equal(t, http.StatusCreated, got.status)
	assert.Equal(t, "hello", got.body)
}

func TestScriptHeaders(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	header := http.Header{
		"retry-after":          {"1"},
		"X-Request-Id":         {"req_own"},
		"Content-Type":         {"text/html"},
		"Freddy-Api-Version":   nil,
		"Set-Cookie":           {"a=1", "b=2"},
		"freddy-processing-ms": {"12.5"},
	}
	server.Script(http.MethodGet, githubPath, freddytest.Reply{}, freddytest.Reply{Header: header})
	header.Set("X-Request-Id", "changed")

	got := ask(t, server, http.MethodGet, "/v1"+githubPath, bearer())
	assert.Equal(t, http.StatusOK, got.status)
	assert.Empty(t, got.body)
	assert.Equal(t, "req_000001", got.header.Get("X-Request-Id"))
	assert.Equal(t, "application/json", got.header.Get("Content-Type"))
	assert.Equal(t, "99", got.header.Get("X-Ratelimit-Remaining-Requests"))

	got = ask(t, server, http.MethodGet, "/v1"+githubPath, bearer())
	assert.Equal(t, []string{"req_own"}, got.header.Values("X-Request-Id"))
	assert.Equal(t, []string{"text/html"}, got.header.Values("Content-Type"))
	assert.Equal(t, []string{"12.5"}, got.header.Values("Freddy-Processing-Ms"))
	assert.Equal(t, []string{"a=1", "b=2"}, got.header.Values("Set-Cookie"))
	assert.Equal(t, "1", got.header.Get("Retry-After"))
	assert.NotContains(t, got.header, "Freddy-Api-Version")
	assert.Equal(t, "98", got.header.Get("X-Ratelimit-Remaining-Requests"))
}

func TestFaultDrop(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	server.Script(http.MethodGet, githubPath, freddytest.Reply{Fault: freddytest.FaultDrop})
	_, err := server.Client(freddy.WithMaxRetries(0)).Connectors().Get(t.Context(), "pcon_github")
	var broken *freddy.TransportError
	require.ErrorAs(t, err, &broken)
	assert.Zero(t, broken.StatusCode, "no answer had begun")
	require.ErrorIs(t, err, io.EOF)
}

// What the comment of FaultDrop says of connections that are used again.
func TestFaultDropOnAConnectionThatIsUsedAgain(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	client := server.Client(freddy.WithMaxRetries(0))
	_, err := client.Connectors().Get(t.Context(), "pcon_github")
	require.NoError(t, err)
	server.Script(http.MethodGet, githubPath, freddytest.Reply{Fault: freddytest.FaultDrop})
	_, err = client.Connectors().Get(t.Context(), "pcon_github")
	require.NoError(t, err)
	assert.Len(t, server.Requests(), 3)
}

func TestFaultTruncate(t *testing.T) {
	t.Parallel()
	for name, reply := range map[string]freddytest.Reply{
		"a body":   {Body: `{"id":"pcon_github"}`, Fault: freddytest.FaultTruncate},
		"one byte": {Body: "1", Fault: freddytest.FaultTruncate},
		"no body":  {Fault: freddytest.FaultTruncate},
		"an error": {Status: http.StatusForbidden, Body: `{"detail":"no"}`, Fault: freddytest.FaultTruncate},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := freddytest.NewServer(t)
			server.Script(http.MethodGet, githubPath, reply)
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL()+githubPath, nil)
			require.NoError(t, err)
			res, err := plainTransport(t).RoundTrip(req)
			require.NoError(t, err)
			defer res.Body.Close()
			assert.EqualValues(t, max(1, len(reply.Body)), res.ContentLength)
			body, err := io.ReadAll(res.Body)
			require.ErrorIs(t, err, io.ErrUnexpectedEOF)
			assert.Equal(t, reply.Body[:len(reply.Body)/2], string(body))
		})
	}
}

func TestFaultTruncateThroughTheClient(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	server.Script(http.MethodGet, githubPath, freddytest.Reply{Body: `{"id":"pcon_github"}`, Fault: freddytest.FaultTruncate})
	_, err := server.Client(freddy.WithMaxRetries(0)).Connectors().Get(t.Context(), "pcon_github")
	var broken *freddy.TransportError
	require.ErrorAs(t, err, &broken)
	assert.Equal(t, http.StatusOK, broken.StatusCode)
	assert.Equal(t, "req_000001", broken.RequestID)
}

// What the package comment shows.
func TestPackageComment(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	server.AddConnector(freddy.Connector{ID: "pcon_acme", Name: "Acme", Status: freddy.ConnectorStatusActive})
	server.Script(http.MethodGet, "/personal-connectors/pcon_acme",
		freddytest.Reply{Status: http.StatusServiceUnavailable},
		freddytest.Reply{Body: `{"id":"pcon_acme"}`, Fault: freddytest.FaultTruncate},
	)
	var response freddy.Response
	connector, err := server.Client().Connectors().Get(t.Context(), "pcon_acme", freddy.WithResponse(&response))
	require.NoError(t, err)
	assert.Equal(t, "Acme", connector.Name)
	assert.Equal(t, 3, response.Attempts)
	assert.Len(t, server.Requests(), 3)
}

func TestTheClientSurvivesAScript(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	server.Script(http.MethodGet, githubPath,
		freddytest.Reply{Status: http.StatusServiceUnavailable, Body: "<html>", Header: http.Header{"Content-Type": {"text/html"}}},
		freddytest.Reply{Body: `{"id":"pcon_github"}`, Fault: freddytest.FaultTruncate},
		freddytest.Reply{Fault: freddytest.FaultDrop},
	)
	connector, err := server.Client().Connectors().Get(t.Context(), "pcon_github")
	require.NoError(t, err)
	assert.Equal(t, "GitHub", connector.Name)
	assert.Len(t, server.Requests(), 4)
}

func TestDelay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := freddytest.NewFake()
		fake.Script(http.MethodGet, githubPath, freddytest.Reply{Status: http.StatusTeapot, Delay: 3 * time.Second})
		w := httptest.NewRecorder()
		began := time.Now()
		fake.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/v1"+githubPath, nil))
		assert.Equal(t, 3*time.Second, time.Since(began))
		assert.Equal(t, http.StatusTeapot, w.Code)
		assert.Equal(t, "3000", w.Header().Get("Freddy-Processing-Ms"))
	})
}

func TestDelayEndsWhenTheCallerGivesUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := freddytest.NewFake()
		fake.Script(http.MethodGet, githubPath, freddytest.Reply{Delay: time.Hour})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		r := httptest.NewRequest(http.MethodGet, "/v1"+githubPath, nil).WithContext(ctx)
		assert.PanicsWithValue(t, http.ErrAbortHandler, func() { fake.ServeHTTP(httptest.NewRecorder(), r) })
		assert.Equal(t, time.Second, time.Since(began))
	})
}

func TestDelayThroughTheClient(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	server.Script(http.MethodGet, githubPath, freddytest.Reply{Delay: time.Hour})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := server.Client().Connectors().Get(ctx, "pcon_github")
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestScriptPanicsOnWhatNoCallWouldSee(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]func(*freddytest.Fake){
		"no slash":          func(f *freddytest.Fake) { f.Script("GET", "personal-connectors") },
		"no path":           func(f *freddytest.Fake) { f.Script("GET", "") },
		"query":             func(f *freddytest.Fake) { f.Script("GET", "/personal-connectors?limit=1") },
		"fragment":          func(f *freddytest.Fake) { f.Script("GET", "/personal-connectors#x") },
		"no status":         func(f *freddytest.Fake) { f.Script("GET", "/x", freddytest.Reply{Status: 20}) },
		"status in between": func(f *freddytest.Fake) { f.Script("GET", "/x", freddytest.Reply{Status: 103}) },
		"no fault":          func(f *freddytest.Fake) { f.Script("GET", "/x", freddytest.Reply{Fault: 3}) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake := freddytest.NewFake()
			assert.Panics(t, func() { script(fake) })
			assert.NotPanics(t, func() { fake.Script("GET", "/x", freddytest.Reply{Status: 299}) }, "nothing stays locked")
		})
	}
}
