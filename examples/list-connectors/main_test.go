package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/examples/internal/cli"
	"github.com/aitronos/freddy-go/examples/internal/clitest"
	"github.com/aitronos/freddy-go/freddytest"
)

const (
	demoNotice = "list-connectors: FREDDY_API_KEY is not set, so a built-in fake API answers\n"
	path       = "/personal-connectors"
)

// try runs the program in an environment.
func try(ctx context.Context, env map[string]string, args ...string) clitest.Result {
	return clitest.Try(ctx, run, env, args...)
}

func TestDemo(t *testing.T) {
	t.Parallel()
	for golden, args := range map[string][]string{
		"all.txt":         nil,
		"development.txt": {"-category", "development"},
		"built.txt":       {"-type=aitronos_built", "-timeout", "1m"},
		"deprecated.txt":  {"-status", "deprecated"},
		"custom.json":     {"-type", "custom", "-category", "custom", "-status", "active", "-json"},
		"nothing.json":    {"-type", "custom", "-status", "deprecated", "-json"},
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

func TestNarrow(t *testing.T) {
	t.Parallel()
	for _, columns := range []int{30, 50, 80} {
		t.Run(fmt.Sprint(columns), func(t *testing.T) {
			t.Parallel()
			got := try(t.Context(), map[string]string{"COLUMNS": fmt.Sprint(columns)})
			assert.Equal(t, cli.ExitOK, got.Code)
			for line := range strings.Lines(got.Stdout) {
				assert.LessOrEqual(t, utf8.RuneCountInString(strings.TrimSpace(line)), columns, line)
			}
			clitest.Golden(t, fmt.Sprintf("columns%d.txt", columns), got.Stdout)
		})
	}
}

// JSON is for programs: no width cuts it.
func TestNarrowJSON(t *testing.T) {
	t.Parallel()
	args := []string{"-type", "custom", "-json"}
	wide := try(t.Context(), nil, args...)
	assert.Equal(t, wide, try(t.Context(), map[string]string{"COLUMNS": "20"}, args...))
}

func TestFileIsNotCut(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	name := strings.Repeat("long ", 50) + "name"
	server.AddConnector(freddy.Connector{ID: "pcon_long", Name: name, Type: "custom", Category: "design", Status: "active"})
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	require.NoError(t, err)
	env := clitest.Live(server)
	code := run(t.Context(), []string{"-category", "design"}, func(name string) string { return env[name] }, file, file)
	require.NoError(t, file.Close())
	assert.Equal(t, cli.ExitOK, code)
	text, err := os.ReadFile(file.Name())
	require.NoError(t, err)
	assert.Contains(t, string(text), "  "+name+"  custom ")
}

// Whatever the size of a page, all connectors are listed, in the same order.
func TestPages(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	for limit, requests := range map[string]int{"1": 9, "3": 3, "8": 2, "100": 1} {
		before := len(server.Requests())
		got := try(t.Context(), clitest.Live(server), "-limit", limit)
		assert.Equal(t, cli.ExitOK, got.Code)
		assert.Empty(t, got.Stderr)
		clitest.Golden(t, "all.txt", got.Stdout)
		asked := server.Requests()[before:]
		assert.Len(t, asked, requests)
		assert.Equal(t, limit, asked[0].Query.Get("limit"))
		assert.Equal(t, "Bearer ***", asked[0].Header.Get("Authorization"))
	}
}

func TestFiltersAreSent(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	got := try(t.Context(), clitest.Live(server), "-type", "custom", "-category", "design", "-status", "maintenance")
	assert.Equal(t, clitest.Result{Code: cli.ExitOK, Stderr: "list-connectors: no connector matches\n"}, got)
	require.Len(t, server.Requests(), 1)
	assert.Equal(t, "category=design&status=maintenance&type=custom", server.Requests()[0].Query.Encode())
}

func TestHelp(t *testing.T) {
	t.Parallel()
	assert.Equal(t, clitest.Result{Code: cli.ExitOK, Stdout: help}, try(t.Context(), nil, "-h"))
}

func TestUsage(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		args []string
		line string
	}{
		"word":         {[]string{"development"}, "filters are flags, such as -type official; got: development"},
		"escapes":      {[]string{"\x1b[2J"}, `filters are flags, such as -type official; got: \x1b[2J`},
		"unknown flag": {[]string{"-yaml"}, "flag provided but not defined: -yaml"},
		"bad limit":    {[]string{"-limit", "all"}, `invalid value "all" for flag -limit: parse error`},
		"no timeout":   {[]string{"-timeout", "-1s"}, "-timeout must be positive"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := clitest.Result{Code: cli.ExitUsage, Stderr: "list-connectors: " + tt.line + "\n" + usage + "\n"}
			assert.Equal(t, want, try(t.Context(), nil, tt.args...))
		})
	}
}

func TestArguments(t *testing.T) {
	t.Parallel()
	for line, tt := range map[string]struct{ key, address, limit string }{
		"-limit must be 1 to 100, or 0 for the server's default":                      {"key", "", "101"},
		"FREDDY_API_KEY must be visible ASCII, without spaces or line ends":           {"a key", "", "1"},
		"FREDDY_BASE_URL must have the scheme https":                                  {"key", "ftp://api.example.com", "1"},
		"FREDDY_BASE_URL would send the key in clear: use https, or WithInsecureHTTP": {"key", "http://api.example.com", "1"},
	} {
		got := try(t.Context(), map[string]string{"FREDDY_API_KEY": tt.key, "FREDDY_BASE_URL": tt.address}, "-limit", tt.limit)
		assert.Equal(t, clitest.Result{Code: cli.ExitUsage, Stderr: "list-connectors: " + line + "\n"}, got)
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	live := clitest.Live(freddytest.NewServer(t))
	for name, tt := range map[string]struct {
		key  string
		args []string
		line string
	}{
		"unknown filter": {
			freddytest.APIKey,
			[]string{"-category", "x"},
			"the API refused -category: Input should be 'productivity', 'development', 'communication', 'design' or 'custom'",
		},
		"unknown filters": {
			freddytest.APIKey,
			[]string{"-status", "\x1b", "-type", "x", "-json"},
			"the API refused -type: Input should be 'official', 'aitronos_built' or 'custom'; -status: Input should be 'active', 'deprecated' or 'maintenance'",
		},
		"bad key": {"another-key", nil, "the API refused the key: check FREDDY_API_KEY"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := try(t.Context(), map[string]string{"FREDDY_API_KEY": tt.key, "FREDDY_BASE_URL": live["FREDDY_BASE_URL"]}, tt.args...)
			assert.Equal(t, clitest.Result{Code: cli.ExitFailed, Stderr: "list-connectors: " + tt.line + "\n"}, got)
		})
	}
}

// What fails at the second page prints nothing of the first.
func TestLaterPageFails(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	first := `{"object":"list","data":[{"id":"pcon_first"}],"hasMore":true}`
	server.Script(http.MethodGet, path, freddytest.Reply{Body: first}, freddytest.Reply{Status: http.StatusForbidden, Body: `{"detail":"not\nyours"}`})
	got := try(t.Context(), clitest.Live(server), "-limit", "1")
	assert.Equal(t, cli.ExitFailed, got.Code)
	assert.Empty(t, got.Stdout)
	assert.Contains(t, got.Stderr, `403 Forbidden: not\nyours`)
	assert.Equal(t, 1, strings.Count(got.Stderr, "\n"), got.Stderr)
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	server.Script(http.MethodGet, path, freddytest.Reply{Delay: time.Hour})
	got := try(t.Context(), clitest.Live(server), "-timeout", "50ms")
	assert.Equal(t, clitest.Result{Code: cli.ExitFailed, Stderr: "list-connectors: no answer within 50ms; -timeout allows for more\n"}, got)
}

func TestInterrupted(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	server.Script(http.MethodGet, path, freddytest.Reply{Delay: time.Hour})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for len(server.Requests()) == 0 {
			runtime.Gosched()
		}
		cancel()
	}()
	interrupted := clitest.Result{Code: cli.ExitInterrupted, Stderr: "list-connectors: interrupted\n"}
	assert.Equal(t, interrupted, try(ctx, clitest.Live(server)))
	assert.Equal(t, interrupted, try(ctx, clitest.Live(server)), "before it began")
}

func TestOutputThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	var stderr strings.Builder
	code := run(t.Context(), nil, func(string) string { return "" }, clitest.Full{}, &stderr)
	assert.Equal(t, cli.ExitFailed, code)
	assert.Equal(t, demoNotice+"list-connectors: no space left on device\n", stderr.String())
}

func TestControlCharactersAreEscaped(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	evil, err := json.Marshal(map[string]any{
		"object": "list",
		"data":   []map[string]any{{"id": clitest.Evil, "name": clitest.Evil, "type": clitest.Evil, "category": clitest.Evil, "status": clitest.Evil}},
	})
	require.NoError(t, err)
	server.Script(http.MethodGet, path, freddytest.Reply{Body: string(evil)}, freddytest.Reply{Body: string(evil)}, freddytest.Reply{Body: string(evil)})

	got := try(t.Context(), clitest.Live(server))
	assert.Equal(t, cli.ExitOK, got.Code)
	clitest.Printable(t, got.Stdout)
	assert.Equal(t, 2, strings.Count(got.Stdout, "\n"), got.Stdout)

	env := clitest.Live(server)
	env["COLUMNS"] = "40"
	got = try(t.Context(), env)
	clitest.Printable(t, got.Stdout)
	for line := range strings.Lines(got.Stdout) {
		assert.LessOrEqual(t, utf8.RuneCountInString(line), 41, "with its end: %q", line)
	}

	got = try(t.Context(), clitest.Live(server), "-json")
	clitest.Printable(t, got.Stdout)
	var decoded []freddy.Connector
	require.NoError(t, json.Unmarshal([]byte(got.Stdout), &decoded))
	require.Len(t, decoded, 1)
	assert.Equal(t, clitest.Evil, decoded[0].Name)
}
