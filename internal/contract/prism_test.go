package contract_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
)

const (
	prismPackage = "@stoplight/prism-cli@5.14.2" // newer versions need Node 24
	prismTimeout = 5 * time.Minute               // to download and start it
)

// runPrism makes node run the program of its first argument, and end when the test
// process does, even if that is killed.
const runPrism = `process.stdin.on("end", () => process.exit()).resume(); require(process.argv[1])`

var listening = regexp.MustCompile(`Prism is listening on (http://\S+)`)

// Prism, a mock server of another project, reads the description and accepts every
// request of every method. The client decodes its responses as it decodes the
// documented bodies.
func TestPrism(t *testing.T) {
	url := startPrism(t)
	if url == "" {
		return
	}
	t.Run("rejects", func(t *testing.T) { // so the other tests can fail
		client, err := freddy.NewClient("example-key", freddy.WithBaseURL(url))
		require.NoError(t, err)
		err = client.Do(t.Context(), http.MethodPatch, "/personal-connectors/pcon_example", map[string]any{"active": true}, nil)
		assert.ErrorIs(t, err, freddy.ErrBadRequest)
	})
	for _, c := range calls {
		t.Run(c.method, func(t *testing.T) {
			documented := make(map[wanted]string)
			examples := &http.Client{Transport: &exampleServer{description: loaded(t)}}
			eachResponse(t, c, append(c.options(), freddy.WithHTTPClient(examples)), func(w wanted, result any, _ error) {
				documented[w] = encoded(t, result)
			})
			eachResponse(t, c, append(c.options(), freddy.WithBaseURL(url)), func(w wanted, result any, err error) {
				checkResult(t, w, result, err)
				assert.JSONEq(t, documented[w], encoded(t, result), w.String())
			})
		})
	}
}

// encoded returns the JSON form of a result, in which the order of members does not
// matter.
func encoded(t *testing.T, result any) string {
	t.Helper()
	data, err := json.Marshal(result)
	require.NoError(t, err)
	return string(data)
}

// startPrism starts Prism on a free port of loopback and returns its URL. It ends
// with the test. If Node or the npm registry cannot be used, it says so and returns
// an empty URL.
func startPrism(t *testing.T) string {
	t.Helper()
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Logf("NOT RUN against Prism: there is no %s", program)
			return ""
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), prismTimeout)
	t.Cleanup(cancel)
	install := exec.CommandContext(ctx, "npm", "exec", "--yes", "--ignore-scripts", "--package="+prismPackage, "-c", "command -v prism")
	var failure strings.Builder
	install.Stderr = &failure
	path, err := install.Output()
	if err != nil && regexp.MustCompile(`ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENOTCACHED`).MatchString(failure.String()) {
		t.Logf("NOT RUN against Prism: the npm registry cannot be reached")
		return ""
	}
	require.NoError(t, err, failure.String())

	prism := exec.CommandContext(ctx, "node", "-e", runPrism, strings.TrimSpace(string(path)),
		"mock", "--errors", "--host", "127.0.0.1", "--port", "0", descriptionFile)
	_, err = prism.StdinPipe()
	require.NoError(t, err)
	output, err := prism.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, prism.Start())
	t.Cleanup(func() {
		_ = prism.Process.Kill()
		_ = prism.Wait() // the error says that it was killed
	})
	var log strings.Builder
	for lines := bufio.NewScanner(output); lines.Scan(); {
		if found := listening.FindStringSubmatch(lines.Text()); found != nil {
			go io.Copy(io.Discard, output) // Prism blocks if its log is not read
			return found[1]
		}
		log.WriteString(lines.Text() + "\n")
	}
	require.FailNow(t, "Prism did not start", log.String())
	return ""
}
