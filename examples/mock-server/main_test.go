package main

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/freddytest"
)

func TestServesUntilContextEnds(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	reader, stdout := io.Pipe()
	lines := bufio.NewScanner(reader)
	done := make(chan error, 1)
	go func() {
		done <- run(ctx, []string{"-addr", "127.0.0.1:0"}, stdout)
		stdout.Close()
	}()

	require.True(t, lines.Scan())
	command, url, found := strings.Cut(lines.Text(), "' ")
	require.True(t, found, "%s", lines.Text())
	assert.Equal(t, "curl -H 'Authorization: Bearer "+freddytest.APIKey, command)

	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"?key=example", http.NoBody)
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer "+freddytest.APIKey)
	status := make(chan int, 1)
	go func() {
		response, err := http.DefaultClient.Do(request)
		if assert.NoError(t, err) {
			response.Body.Close()
			status <- response.StatusCode
		}
		close(status)
	}()
	require.True(t, lines.Scan())
	assert.Equal(t, "GET /v1/personal-connectors/pcon_github", lines.Text())
	assert.Equal(t, http.StatusOK, <-status)

	cancel()
	require.NoError(t, <-done)
	assert.False(t, lines.Scan(), "nothing is printed at the end")
	_, err = new(net.Dialer).DialContext(t.Context(), "tcp", request.URL.Host)
	assert.Error(t, err, "the server has closed its listener")
}

func TestServesOtherClients(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	reader, stdout := io.Pipe()
	done := make(chan error, 1)
	go func() { done <- run(ctx, []string{"-addr", "127.0.0.1:0"}, stdout) }()
	lines := bufio.NewReader(reader)
	first, err := lines.ReadString('\n')
	require.NoError(t, err)
	go io.Copy(io.Discard, lines)

	_, rest, _ := strings.Cut(first, "' ")
	baseURL := strings.TrimSuffix(strings.TrimSpace(rest), "/personal-connectors/pcon_github")
	client, err := freddy.NewClient(freddytest.APIKey, freddy.WithBaseURL(baseURL))
	require.NoError(t, err)
	connectors, err := freddy.Collect(client.Connectors().All(ctx, freddy.ConnectorListParams{}))
	require.NoError(t, err)
	assert.Len(t, connectors, 8)
	cancel()
	require.NoError(t, <-done)
}

func TestErrors(t *testing.T) {
	t.Parallel()
	taken, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { taken.Close() })
	for name, tt := range map[string]struct {
		args []string
		want string
	}{
		"argument":    {[]string{":8787"}, `unexpected argument: ":8787"`},
		"bad address": {[]string{"-addr", "nowhere"}, "missing port in address"},
		"in use":      {[]string{"-addr", taken.Addr().String()}, "address already in use"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var stdout strings.Builder
			assert.ErrorContains(t, run(t.Context(), tt.args, &stdout), tt.want)
			assert.Empty(t, stdout.String())
		})
	}
}
