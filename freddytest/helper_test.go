package freddytest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go/freddytest"
)

// fixture returns a documented sample body.
func fixture(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "testdata", name))
	require.NoError(t, err)
	return string(data)
}

// compact returns JSON without white space, members in their order.
func compact(t *testing.T, text string) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, json.Compact(&out, []byte(text)))
	return out.String()
}

// bearer is the header of a valid key.
func bearer() http.Header { return http.Header{"Authorization": {"Bearer " + freddytest.APIKey}} }

// answer is a response as it came, without the client in between.
type answer struct {
	status int
	header http.Header
	body   string
}

// ask sends one request without the client. The path is below the host.
func ask(t *testing.T, server *freddytest.Server, method, path string, header http.Header) answer {
	t.Helper()
	return tell(t, server, method, path, header, "")
}

// tell is ask with a body.
func tell(t *testing.T, server *freddytest.Server, method, path string, header http.Header, text string) answer {
	t.Helper()
	root := server.URL()[:len(server.URL())-len("/v1")]
	req, err := http.NewRequestWithContext(t.Context(), method, root+path, strings.NewReader(text))
	require.NoError(t, err)
	maps.Copy(req.Header, header)
	res, err := plainTransport(t).RoundTrip(req)
	require.NoError(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return answer{res.StatusCode, res.Header, string(body)}
}

// plainTransport is net/http's, with connections of its own.
func plainTransport(t *testing.T) *http.Transport {
	t.Helper()
	transport := &http.Transport{DisableCompression: true}
	t.Cleanup(transport.CloseIdleConnections)
	return transport
}

func listenLoopback(t *testing.T) net.Listener {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	return listener
}
