package main

import (
	"bytes"
	"context"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/freddytest"
)

// TestMain is a browser if the program is called like one.
func TestMain(m *testing.M) {
	switch filepath.Base(os.Args[0]) {
	case "xdg-open", "open":
		response, err := http.Get(os.Args[1])
		if err != nil {
			log.Fatal(err)
		}
		response.Body.Close()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func useFake(t *testing.T) *bytes.Buffer {
	t.Helper()
	t.Setenv("FREDDY_API_KEY", "")
	logged := new(bytes.Buffer)
	log.SetOutput(logged)
	t.Cleanup(func() { log.SetOutput(os.Stderr) })
	return logged
}

func TestListsWhatCanBeConnected(t *testing.T) {
	logged := useFake(t)
	var stdout strings.Builder
	require.NoError(t, run(t.Context(), nil, &stdout))
	assert.Contains(t, stdout.String(), "\"slack\"      \"Slack\"\n")
	assert.Contains(t, stdout.String(), "\"atlassian\"  \"Atlassian\"\n")
	assert.Contains(t, logged.String(), "FREDDY_API_KEY is not set: using a fake API\n")
}

func TestConnectsAccountOfTheFake(t *testing.T) {
	for _, tool := range []string{"slack", "clickup"} { // with a completion, and without a state
		t.Run(tool, func(t *testing.T) {
			useFake(t)
			var stdout strings.Builder
			require.NoError(t, run(t.Context(), []string{"-disconnect", tool}, &stdout))
			assert.Regexp(t, `^Sign in at http://127\.0\.0\.1:\d+/v1/\S+\nWaiting \n"user@example\.com - \w+" is connected as pcon_\w+\n"`+tool+`_`, stdout.String())
		})
	}
}

func TestSendsKeyAndOrganization(t *testing.T) {
	server := freddytest.NewServer(t)
	t.Setenv("FREDDY_API_KEY", freddytest.APIKey)
	t.Setenv("FREDDY_ORGANIZATION", "org_test")
	t.Setenv("FREDDY_BASE_URL", server.URL())
	ctx, cancel := context.WithCancel(t.Context())
	stdout := writerFunc(func(p []byte) (int, error) {
		if string(p) == "." { // the first poll has found nothing
			cancel()
		}
		return len(p), nil
	})
	require.ErrorIs(t, run(ctx, []string{"github"}, stdout), context.Canceled)
	require.Len(t, server.Requests(), 4, "connections, authorize, and a poll that also completes")
	for _, request := range server.Requests() {
		assert.Equal(t, freddytest.APIKey, request.Header.Get("X-Api-Key"))
		assert.Equal(t, "org_test", request.Query.Get("organization_id"))
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestWaitsForTheUser(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := freddytest.NewServer(t)
		server.AddConnection(freddy.Connection{ID: "tcred_old", ToolKey: "github", AccountEmail: "old@example.com", Active: true})
		client := server.Client(freddy.WithOrganization("org_test"))
		var stdout strings.Builder
		connection, err := connect(t.Context(), client, "github", &stdout, func(_ context.Context, a *freddy.Authorization) {
			time.AfterFunc(6*time.Second, func() { server.Consent(a.State, "new@example.com") })
		})
		require.NoError(t, err)
		assert.Equal(t, "new@example.com", connection.AccountEmail)
		assert.Regexp(t, `\nWaiting \.\.\.\n$`, stdout.String())

		stdout.Reset()
		require.NoError(t, finish(t.Context(), client, "github", connection, false, &stdout))
		accounts, err := client.Accounts().List(t.Context(), freddy.AccountListParams{})
		require.NoError(t, err)
		require.Len(t, accounts.Items, 1)
		assert.Contains(t, stdout.String(), `"new@example.com - GitHub" is connected as `+accounts.Items[0].ID+"\n\"github_search_code\" \"")

		require.NoError(t, finish(t.Context(), client, "github", connection, true, &stdout))
		accounts, err = client.Accounts().List(t.Context(), freddy.AccountListParams{})
		require.NoError(t, err)
		assert.Empty(t, accounts.Items)
		assert.ErrorContains(t, finish(t.Context(), client, "github", connection, false, &stdout), `the API lists no account for "new@example.com - GitHub"`)
	})
}

func TestWaitEnds(t *testing.T) {
	t.Parallel()
	t.Run("with the context", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			client := freddytest.NewServer(t).Client(freddy.WithOrganization("org_test"))
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(3*time.Second, cancel)
			var stdout strings.Builder
			_, err := connect(ctx, client, "github", &stdout, func(context.Context, *freddy.Authorization) {})
			require.ErrorIs(t, err, context.Canceled)
			require.ErrorIs(t, err, freddy.ErrNotConnected)
			assert.Regexp(t, `\nWaiting \.\.\n$`, stdout.String(), "the line of progress has an end")
		})
	})
	t.Run("after 10 minutes", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			server := freddytest.NewServer(t)
			var stdout strings.Builder
			_, err := connect(t.Context(), server.Client(freddy.WithOrganization("org_test")), "slack", &stdout,
				func(_ context.Context, a *freddy.Authorization) { server.Refuse(a.State) })
			require.ErrorIs(t, err, freddy.ErrNotConnected)
			assert.NotContains(t, err.Error(), "\n")
		})
	})
}

func TestOpensBrowser(t *testing.T) {
	opened := make(chan string, 1)
	site := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { opened <- r.URL.String() }))
	t.Cleanup(site.Close)
	program, err := os.Executable()
	require.NoError(t, err)
	folder := t.TempDir()
	for _, name := range []string{"xdg-open", "open"} {
		require.NoError(t, os.Symlink(program, filepath.Join(folder, name)))
	}
	t.Setenv("PATH", folder)
	openBrowser(t.Context(), &freddy.Authorization{URL: site.URL + "/sign-in?state=example"})
	assert.Equal(t, "/sign-in?state=example", <-opened)
}

func TestReportsThatThereIsNoBrowser(t *testing.T) {
	logged := useFake(t)
	t.Setenv("PATH", t.TempDir())
	openBrowser(t.Context(), &freddy.Authorization{URL: "https://provider.example.com/?state=secret-state"})
	assert.Contains(t, logged.String(), "cannot open a browser: ")
	assert.NotContains(t, logged.String(), "secret-state")
}

func TestErrors(t *testing.T) {
	server := freddytest.NewServer(t)
	t.Setenv("FREDDY_BASE_URL", server.URL())
	for name, tt := range map[string]struct {
		key, organization string
		args              []string
		want              string
	}{
		"unknown tool":    {freddytest.APIKey, "org_test", []string{"unknown"}, "404 NOT_FOUND"},
		"invalid tool":    {freddytest.APIKey, "org_test", []string{"a/b"}, "must be 1 to 128"},
		"invalid key":     {"another-key", "org_test", nil, "401 "},
		"no organization": {freddytest.APIKey, "", []string{"slack"}, "WithOrganization must be 1 to 128"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("FREDDY_API_KEY", tt.key)
			t.Setenv("FREDDY_ORGANIZATION", tt.organization)
			var stdout strings.Builder
			err := run(t.Context(), tt.args, &stdout)
			require.ErrorContains(t, err, tt.want)
			assert.NotContains(t, err.Error(), "\n")
			assert.Empty(t, stdout.String())
		})
	}
}
