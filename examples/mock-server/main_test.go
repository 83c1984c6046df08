package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/examples/internal/cli"
	"github.com/aitronos/freddy-go/examples/internal/clitest"
	"github.com/aitronos/freddy-go/freddytest"
)

// running is a server that a test has started.
type running struct {
	url    string
	stop   context.CancelFunc
	out    chan string // what came after the greeting, when it has ended
	stderr bytes.Buffer
	code   int
}

var baseURL = regexp.MustCompile(`(?m)^Base URL  (http://127\.0\.0\.1:\d+/v1)$`)

// start starts the program on a free port.
func start(t *testing.T, args ...string) *running {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(stop)
	read, write := io.Pipe()
	r := &running{stop: stop, out: make(chan string, 1)}
	go func() {
		r.code = run(ctx, append([]string{"-addr", "127.0.0.1:0"}, args...), nil, write, &r.stderr)
		write.Close()
	}()
	lines := bufio.NewReader(read)
	var greeted strings.Builder
	for !strings.HasSuffix(greeted.String(), "Requests:\n\n") {
		line, err := lines.ReadString('\n')
		require.NoError(t, err)
		greeted.WriteString(line)
	}
	go func() {
		rest, _ := io.ReadAll(lines)
		r.out <- string(rest)
	}()
	found := baseURL.FindStringSubmatch(greeted.String())
	require.NotNil(t, found, greeted.String())
	r.url = found[1]
	clitest.Golden(t, "greeting.txt", strings.ReplaceAll(greeted.String(), strings.TrimSuffix(r.url, "/v1"), "http://127.0.0.1:8787"))
	return r
}

// end ends the server and returns what it has printed.
func (r *running) end(t *testing.T) string {
	t.Helper()
	r.stop()
	out := <-r.out
	assert.Equal(t, cli.ExitOK, r.code)
	assert.Empty(t, r.stderr.String())
	return out
}

// send sends a request, and returns its status.
func send(t *testing.T, method, url, header, value string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, http.NoBody)
	require.NoError(t, err)
	request.Header.Set(header, value)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	require.NoError(t, err)
	return response.StatusCode
}

func TestLog(t *testing.T) {
	t.Parallel()
	server := start(t)
	client, err := freddy.NewClient(freddytest.APIKey, freddy.WithBaseURL(server.url))
	require.NoError(t, err)
	connector, err := client.Connectors().Get(t.Context(), "pcon_github")
	require.NoError(t, err)
	assert.Equal(t, "GitHub", connector.Name)
	_, err = client.Connectors().List(t.Context(), freddy.ConnectorListParams{Limit: 2, Category: "design"})
	require.NoError(t, err)
	created, err := client.Configurations().Create(t.Context(), freddy.ConfigurationCreateParams{
		PersonalConnectorID: "pcon_github", Name: "Backend", Credentials: freddy.BearerCredentials("hunter2"),
	})
	require.NoError(t, err)
	require.NoError(t, client.Configurations().Delete(t.Context(), created.ID))
	client.CloseIdleConnections()

	const path = "/personal-connectors/"
	assert.Equal(t, http.StatusNotFound, send(t, "GET", server.url+path+freddytest.APIKey, "X-Api-Key", freddytest.APIKey))
	assert.Equal(t, http.StatusNotFound, send(t, "GET", server.url+path+"%66reddytest-key", "Api-Key", freddytest.APIKey))
	assert.Equal(t, http.StatusUnauthorized, send(t, "GET", server.url+path+"pcon_github?page=a%2Fb&api_key=mine&q=other+key&other%20key=1&flag", "Authorization", "Bearer other key"))
	assert.Equal(t, http.StatusMethodNotAllowed, send(t, "PUT", server.url+path+"pcon_github", "X-Api-Key", "wrong"))
	assert.Equal(t, http.StatusNotFound, send(t, "GET", server.url+"/%1b%5B2J", "X-Api-Key", "wrong"))

	out := server.end(t)
	clitest.Golden(t, "log.txt", out)
	for _, secret := range []string{freddytest.APIKey, "mine", "other", "hunter2", "wrong"} {
		assert.NotContains(t, out, secret)
	}
}

func TestLogWithTime(t *testing.T) {
	t.Parallel()
	server := start(t, "-time")
	assert.Equal(t, http.StatusOK, send(t, "GET", server.url+"/personal-connectors", "X-Api-Key", freddytest.APIKey))
	assert.Regexp(t, `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(Z|[+-]\d\d:\d\d) GET /v1/personal-connectors 200\nstopped\n$`, server.end(t))
}

func TestCommandLine(t *testing.T) {
	t.Parallel()
	assert.Equal(t, clitest.Result{Code: cli.ExitOK, Stdout: help}, clitest.Try(t.Context(), run, nil, "-h"))
	for line, args := range map[string][]string{
		"the address is a flag: -addr 127.0.0.1:8787; got: :8080 now":        {":8080", "now"},
		"-addr must be a host and a port, such as 127.0.0.1:8787; got: 8080": {"-addr", "8080"},
		`-addr must be a host and a port, such as 127.0.0.1:8787; got: \x1b`: {"-addr", "\x1b"},
		"flag provided but not defined: -port":                               {"-port", "1"},
	} {
		want := clitest.Result{Code: cli.ExitUsage, Stderr: "mock-server: " + line + "\n" + usage + "\n"}
		assert.Equal(t, want, clitest.Try(t.Context(), run, nil, args...))
	}
}

func TestAddressInUse(t *testing.T) {
	t.Parallel()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	address := listener.Addr().String()
	got := clitest.Try(t.Context(), run, nil, "-addr", address)
	assert.Equal(t, cli.ExitFailed, got.Code)
	assert.Empty(t, got.Stdout)
	if runtime.GOOS != "windows" { // which says it in words of its own
		assert.Equal(t, "mock-server: "+address+" is in use already; -addr takes another address\n", got.Stderr)
	}
	assert.Equal(t, 1, strings.Count(got.Stderr, "\n"))
}

func TestAddressThatIsNone(t *testing.T) {
	t.Parallel()
	got := clitest.Try(t.Context(), run, nil, "-addr", "127.0.0.1:99999")
	assert.Equal(t, cli.ExitFailed, got.Code)
	assert.Equal(t, "mock-server: listen tcp: address 99999: invalid port\n", got.Stderr)
}

func TestGreeting(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"[::]:8787":      "http://127.0.0.1:8787/v1",
		"0.0.0.0:80":     "http://127.0.0.1:80/v1",
		"[::1]:8787":     "http://[::1]:8787/v1",
		"127.0.0.1:8787": "http://127.0.0.1:8787/v1",
	} {
		assert.Contains(t, greeting(address), "Base URL  "+want+"\n")
		assert.Contains(t, greeting(address), " "+want+"/personal-connectors/pcon_github\n")
	}
}

// A request that never ends does not keep the server from ending.
func TestEndsAmidARequest(t *testing.T) {
	t.Parallel()
	server := start(t)
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimSuffix(strings.TrimPrefix(server.url, "http://"), "/v1"))
	require.NoError(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, "POST /v1/personal-connectors/configurations HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n")
	require.NoError(t, err)
	answer := bufio.NewReader(conn)
	line, err := answer.ReadString('\n') // the server waits for the body
	require.NoError(t, err)
	assert.Contains(t, line, "100")
	began := time.Now()
	assert.Contains(t, server.end(t), "stopped\n")
	assert.Less(t, time.Since(began), 5*time.Second)
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(5*time.Second)))
	_, err = io.ReadAll(answer)
	assert.NotErrorIs(t, err, os.ErrDeadlineExceeded, "the connection is closed")
}

func TestRecorder(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		handler http.HandlerFunc
		want    string
	}{
		"nothing": {func(http.ResponseWriter, *http.Request) {}, "200"},
		"body":    {func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "a") }, "200"},
		"status":  {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }, "418"},
		"interim": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusEarlyHints)
			io.WriteString(w, "a")
		}, "200"},
		"flushed": {func(w http.ResponseWriter, _ *http.Request) { assert.NoError(t, http.NewResponseController(w).Flush()) }, "200"},
		"deadline": {func(w http.ResponseWriter, _ *http.Request) {
			assert.NoError(t, http.NewResponseController(w).SetWriteDeadline(time.Time{}))
		}, "200"},
		"panic": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "broken off"},
		"hijacked": {func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			assert.NoError(t, err)
			conn.Close()
			panic(http.ErrAbortHandler)
		}, "broken off"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			done := make(chan struct{})
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				defer close(done)
				logged(tt.handler, &out, nil).ServeHTTP(w, r)
			}))
			defer server.Close()
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, http.NoBody)
			require.NoError(t, err)
			response, err := http.DefaultClient.Do(request)
			if err == nil {
				response.Body.Close()
			}
			<-done
			assert.Equal(t, "GET / "+tt.want+"\n", out.String())
		})
	}
}

// The process itself, as a shell ends it.
func TestSignals(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" { // has no signals to send
		return
	}
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			executable, err := os.Executable()
			require.NoError(t, err)
			process := exec.CommandContext(t.Context(), executable)
			process.Env = append(os.Environ(), "MOCK_SERVER_MAIN=1")
			stdout, err := process.StdoutPipe()
			require.NoError(t, err)
			require.NoError(t, process.Start())
			lines := bufio.NewReader(stdout)
			_, err = lines.ReadString('\n') // the greeting: it listens
			require.NoError(t, err)
			require.NoError(t, process.Process.Signal(signal))
			rest, err := io.ReadAll(lines)
			require.NoError(t, err)
			require.NoError(t, process.Wait(), "exit code 0")
			assert.True(t, strings.HasSuffix(string(rest), "\nstopped\n"), string(rest))
		})
	}
}

// TestMain lets TestSignals start the program itself.
func TestMain(m *testing.M) {
	if os.Getenv("MOCK_SERVER_MAIN") != "" {
		os.Args = []string{"mock-server", "-addr", "127.0.0.1:0"}
		main()
	}
	os.Exit(m.Run())
}
