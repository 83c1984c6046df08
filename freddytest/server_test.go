package freddytest_test

import (
	"fmt"
	"net/http"
	"net/url"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/freddytest"
)

// fakeTB is a test within a test, whose failure is looked at.
type fakeTB struct {
	testing.TB
	cleanups []func()
	errors   []string
	fatal    string
}

func (tb *fakeTB) Helper() {}

func (tb *fakeTB) Cleanup(f func()) { tb.cleanups = append(tb.cleanups, f) }

func (tb *fakeTB) Errorf(format string, args ...any) {
	tb.errors = append(tb.errors, fmt.Sprintf(format, args...))
}

func (tb *fakeTB) Fatalf(format string, args ...any) {
	tb.fatal = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// run runs the test to its end, with its cleanups.
func (tb *fakeTB) run(test func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			for _, f := range slices.Backward(tb.cleanups) {
				f()
			}
		}()
		test()
	}()
	<-done
}

func TestServerURL(t *testing.T) {
	t.Parallel()
	address, err := url.Parse(freddytest.NewServer(t).URL())
	require.NoError(t, err)
	assert.Equal(t, "127.0.0.1", address.Hostname())
	assert.Equal(t, "/v1", address.Path)
}

func TestServersAreApart(t *testing.T) {
	t.Parallel()
	one, other := freddytest.NewServer(t), freddytest.NewServer(t)
	one.AddConnector(freddy.Connector{ID: "pcon_acme"})
	_, err := one.Client().Connectors().Get(t.Context(), "pcon_acme")
	require.NoError(t, err)
	_, err = other.Client().Connectors().Get(t.Context(), "pcon_acme")
	require.ErrorIs(t, err, freddy.ErrNotFound)
}

func TestServerFailsTheTestForRepliesNobodyAskedFor(t *testing.T) {
	t.Parallel()
	tb := &fakeTB{TB: t}
	tb.run(func() {
		server := freddytest.NewServer(tb)
		server.Script(http.MethodGet, "/personal-connectors/pcon_github", freddytest.Reply{Status: http.StatusTeapot}, freddytest.Reply{}, freddytest.Reply{})
		server.Script(http.MethodDelete, "/a", freddytest.Reply{})
		server.Script(http.MethodGet, "/used", freddytest.Reply{})
		server.Script(http.MethodGet, "/nothing")
		client := server.Client()
		if _, err := client.Connectors().Get(t.Context(), "pcon_github"); err == nil {
			t.Error("the first reply was not given")
		}
		if err := client.Do(t.Context(), http.MethodGet, "/used", nil, nil); err != nil {
			t.Error(err)
		}
	})
	assert.Equal(t, []string{
		"freddytest: DELETE /a: scripted replies that nobody asked for: 1",
		"freddytest: GET /personal-connectors/pcon_github: scripted replies that nobody asked for: 2",
	}, tb.errors)
	assert.Empty(t, tb.fatal)
}

func TestServerCloses(t *testing.T) {
	t.Parallel()
	tb := &fakeTB{TB: t}
	address := ""
	tb.run(func() {
		server := freddytest.NewServer(tb)
		if _, err := server.Client().Connectors().Get(t.Context(), "pcon_github"); err != nil {
			t.Error(err)
		}
		address = server.URL()
	})
	assert.Empty(t, tb.errors)
	client, err := freddy.NewClient(freddytest.APIKey, freddy.WithBaseURL(address), freddy.WithMaxRetries(0))
	require.NoError(t, err)
	_, err = client.Connectors().Get(t.Context(), "pcon_github")
	var broken *freddy.TransportError
	require.ErrorAs(t, err, &broken)
}

// A test that ends while a call still waits is not held up by it.
func TestServerClosesDuringADelay(t *testing.T) {
	t.Parallel()
	tb := &fakeTB{TB: t}
	began := time.Now()
	ended := make(chan error, 1)
	tb.run(func() {
		server := freddytest.NewServer(tb)
		server.Script(http.MethodGet, "/slow", freddytest.Reply{Delay: time.Hour})
		client := server.Client(freddy.WithMaxRetries(0))
		go func() { ended <- client.Do(t.Context(), http.MethodGet, "/slow", nil, nil) }()
		for len(server.Requests()) == 0 {
			runtime.Gosched()
		}
	})
	var broken *freddy.TransportError
	require.ErrorAs(t, <-ended, &broken)
	assert.Less(t, time.Since(began), 30*time.Second)
	assert.Empty(t, tb.errors)
}

func TestClientTakesOptions(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	server.Script(http.MethodGet, "/x", freddytest.Reply{Status: http.StatusServiceUnavailable})
	err := server.Client(freddy.WithMaxRetries(0)).Do(t.Context(), http.MethodGet, "/x", nil, nil)
	require.ErrorIs(t, err, freddy.ErrServer)
}

func TestClientEndsTheTestForABadOption(t *testing.T) {
	t.Parallel()
	tb := &fakeTB{TB: t}
	tb.run(func() {
		freddytest.NewServer(tb).Client(freddy.WithMaxRetries(-1))
		t.Error("Client has returned")
	})
	assert.Contains(t, tb.fatal, "WithMaxRetries")
}
