package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/examples/internal/cli"
	"github.com/aitronos/freddy-go/examples/internal/clitest"
	"github.com/aitronos/freddy-go/freddytest"
)

const demoNotice = "get-connector: FREDDY_API_KEY is not set, so a built-in fake API answers\n"

// try runs the program in an environment.
func try(ctx context.Context, env map[string]string, args ...string) clitest.Result {
	return clitest.Try(ctx, run, env, args...)
}

func TestDemo(t *testing.T) {
	t.Parallel()
	for golden, args := range map[string][]string{
		"github.txt":    {"pcon_github"},
		"github.json":   {"-json", "pcon_github"},
		"inventory.txt": {"-timeout", "1m", "pcon_inventory"},
		"teams.txt":     {"pcon_teams"},
		"scripts.txt":   {"pcon_scripts"},
	} {
		t.Run(golden, func(t *testing.T) {
			t.Parallel()
			// Without a key, what the address is does not matter.
			got := try(t.Context(), map[string]string{"FREDDY_BASE_URL": "https://api.example.com"}, args...)
			assert.Equal(t, cli.ExitOK, got.Code)
			assert.Equal(t, demoNotice, got.Stderr)
			clitest.Golden(t, golden, got.Stdout)
		})
	}
}

func TestLive(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	got := try(t.Context(), clitest.Live(server), "pcon_github")
	assert.Equal(t, cli.ExitOK, got.Code)
	assert.Empty(t, got.Stderr)
	clitest.Golden(t, "github.txt", got.Stdout)
	require.Len(t, server.Requests(), 1)
	assert.Equal(t, "Bearer ***", server.Requests()[0].Header.Get("Authorization"))
}

func TestHelp(t *testing.T) {
	t.Parallel()
	for _, flag := range []string{"-h", "-help", "--help"} {
		got := try(t.Context(), nil, flag)
		assert.Equal(t, clitest.Result{Code: cli.ExitOK, Stdout: help}, got)
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		args []string
		line string
	}{
		"no id":         {nil, "which connector? Give its id, such as pcon_github"},
		"two ids":       {[]string{"pcon_a", "pcon_b"}, "one connector at a time, and flags before its id; got: pcon_a pcon_b"},
		"flag after id": {[]string{"pcon_a", "-json"}, "one connector at a time, and flags before its id; got: pcon_a -json"},
		"unknown flag":  {[]string{"-yaml", "pcon_a"}, "flag provided but not defined: -yaml"},
		"bad timeout":   {[]string{"-timeout", "soon", "pcon_a"}, `invalid value "soon" for flag -timeout: parse error`},
		"no timeout":    {[]string{"-timeout", "0", "pcon_a"}, "-timeout must be positive"},
		"escapes":       {[]string{"a", "\x1b[2J"}, `one connector at a time, and flags before its id; got: a \x1b[2J`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := try(t.Context(), nil, tt.args...)
			assert.Equal(t, clitest.Result{Code: cli.ExitUsage, Stderr: "get-connector: " + tt.line + "\n" + usage + "\n"}, got)
		})
	}
}

func TestArguments(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		key, address, id string
		line             string
	}{
		"id":      {"key", "", "a/b", "the connector's id must be 1 to 128 characters of A-Z, a-z, 0-9, _ and -"},
		"empty":   {"key", "", "", "the connector's id must be 1 to 128 characters of A-Z, a-z, 0-9, _ and -"},
		"key":     {"a key", "", "pcon_a", "FREDDY_API_KEY must be visible ASCII, without spaces or line ends"},
		"address": {"key", "ftp://api.example.com", "pcon_a", "FREDDY_BASE_URL must have the scheme https"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := try(t.Context(), map[string]string{"FREDDY_API_KEY": tt.key, "FREDDY_BASE_URL": tt.address}, tt.id)
			assert.Equal(t, clitest.Result{Code: cli.ExitUsage, Stderr: "get-connector: " + tt.line + "\n"}, got)
		})
	}
}

func TestUnknownID(t *testing.T) {
	t.Parallel()
	const line = "get-connector: there is no connector with the id pcon_unknown\n"
	got := try(t.Context(), nil, "pcon_unknown")
	assert.Equal(t, clitest.Result{Code: cli.ExitFailed, Stderr: demoNotice + line}, got)
	got = try(t.Context(), clitest.Live(freddytest.NewServer(t)), "-json", "pcon_unknown")
	assert.Equal(t, clitest.Result{Code: cli.ExitFailed, Stderr: line}, got)
}

func TestBadKey(t *testing.T) {
	t.Parallel()
	env := clitest.Live(freddytest.NewServer(t))
	env["FREDDY_API_KEY"] = "another-key"
	got := try(t.Context(), env, "pcon_github")
	assert.Equal(t, clitest.Result{Code: cli.ExitFailed, Stderr: "get-connector: the API refused the key: check FREDDY_API_KEY\n"}, got)
}

func TestOtherErrorsTakeOneLine(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		reply freddytest.Reply
		want  string
	}{
		"refused":      {freddytest.Reply{Status: http.StatusForbidden, Body: `{"detail":"not\nyours"}`}, `403 Forbidden: not\nyours`},
		"no endpoint":  {freddytest.Reply{Status: http.StatusNotFound, Body: `{"detail":"Not Found"}`}, "404 Not Found"},
		"not allowed":  {freddytest.Reply{Status: http.StatusMethodNotAllowed, Body: `{"detail":"Method Not Allowed"}`}, "405 Method Not Allowed"},
		"a proxy page": {freddytest.Reply{Body: "<html>\n\n</html>"}, "not as documented"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := freddytest.NewServer(t)
			server.Script(http.MethodGet, "/personal-connectors/pcon_github", tt.reply)
			got := try(t.Context(), clitest.Live(server), "pcon_github")
			assert.Equal(t, cli.ExitFailed, got.Code)
			assert.Empty(t, got.Stdout)
			assert.Contains(t, got.Stderr, tt.want)
			assert.Equal(t, 1, strings.Count(got.Stderr, "\n"), got.Stderr)
		})
	}
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	server.Script(http.MethodGet, "/personal-connectors/pcon_github", freddytest.Reply{Delay: time.Hour})
	got := try(t.Context(), clitest.Live(server), "-timeout", "50ms", "pcon_github")
	assert.Equal(t, clitest.Result{Code: cli.ExitFailed, Stderr: "get-connector: no answer within 50ms; -timeout allows for more\n"}, got)
}

func TestInterruptedBefore(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	got := try(ctx, clitest.Live(freddytest.NewServer(t)), "pcon_github")
	assert.Equal(t, clitest.Result{Code: cli.ExitInterrupted, Stderr: "get-connector: interrupted\n"}, got)
	got = try(ctx, nil, "pcon_github")
	assert.Equal(t, clitest.Result{Code: cli.ExitInterrupted, Stderr: demoNotice + "get-connector: interrupted\n"}, got)
}

func TestInterruptedMeanwhile(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	server.Script(http.MethodGet, "/personal-connectors/pcon_github", freddytest.Reply{Delay: time.Hour})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for len(server.Requests()) == 0 {
			runtime.Gosched()
		}
		cancel()
	}()
	got := try(ctx, clitest.Live(server), "pcon_github")
	assert.Equal(t, clitest.Result{Code: cli.ExitInterrupted, Stderr: "get-connector: interrupted\n"}, got)
}

func TestOutputThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	var stderr bytes.Buffer
	code := run(t.Context(), []string{"pcon_github"}, func(string) string { return "" }, clitest.Full{}, &stderr)
	assert.Equal(t, cli.ExitFailed, code)
	assert.Equal(t, demoNotice+"get-connector: no space left on device\n", stderr.String())
}

// hostile is a connector whose every text would take over a terminal.
func hostile() freddy.Connector {
	const evil = clitest.Evil
	return freddy.Connector{
		ID: "pcon_evil", Name: evil, Type: evil, ConnectorID: evil, Description: evil, IconURL: evil, Category: evil,
		Version: evil, Status: evil, ServerURL: evil, ServerType: evil, CreatedBy: evil,
		Metadata: freddy.ConnectorMetadata{
			SupportedFeatures:   []string{evil},
			AuthMethod:          evil,
			ConfigurationSchema: freddy.NewSchema([]byte(`{"properties":{` + quote(evil) + `:{"type":` + quote(evil) + `,"description":` + quote(evil) + `,"default":` + quote(evil) + `,"enum":[` + quote(evil) + `]},"raw":"` + "\u009b" + `"}}`)),
			Extra:               map[string]json.RawMessage{"beta": json.RawMessage(quote(evil))},
		},
	}
}

// quote writes JSON that escapes no more than it must.
func quote(s string) string {
	return `"` + strings.NewReplacer("\x1b", `\u001b`, "\t", `\t`, "\n", `\n`, "\r", `\r`).Replace(s) + `"`
}

func TestControlCharactersAreEscaped(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	server.AddConnector(hostile())

	got := try(t.Context(), clitest.Live(server), "pcon_evil")
	assert.Equal(t, cli.ExitOK, got.Code)
	clitest.Printable(t, got.Stdout)
	clitest.Golden(t, "hostile.txt", got.Stdout)

	got = try(t.Context(), clitest.Live(server), "-json", "pcon_evil")
	assert.Equal(t, cli.ExitOK, got.Code)
	clitest.Printable(t, got.Stdout)
	var decoded freddy.Connector
	require.NoError(t, json.Unmarshal([]byte(got.Stdout), &decoded))
	assert.Equal(t, hostile().Name, decoded.Name)
	assert.True(t, hostile().Metadata.ConfigurationSchema.Equal(decoded.Metadata.ConfigurationSchema))
}

func TestConnectorThatSaysNothing(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	server.AddConnector(freddy.Connector{ID: "pcon_bare"})
	got := try(t.Context(), clitest.Live(server), "pcon_bare")
	assert.Equal(t, clitest.Result{Code: cli.ExitOK, Stdout: "  ID  pcon_bare\n\nSettings\n\n  (none)\n"}, got)
}
