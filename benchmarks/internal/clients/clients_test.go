//go:debug x509usefallbackroots=1

package clients_test

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go/benchmarks/internal/clients"
)

// Every adapter works with a healthy server. Otherwise neither its faults nor its
// speed can be compared.
func TestHealthy(t *testing.T) {
	for _, client := range clients.All() {
		for _, supplied := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/supplied=%t", client.Name, supplied), func(t *testing.T) {
				api := &api{client: client}
				server := httptest.NewTLSServer(api) // openai-go requires TLS
				defer server.Close()
				trust(server.Certificate())
				var transport http.RoundTripper
				if supplied {
					transport = server.Client().Transport
				}
				api.test(t, server.URL, transport)
			})
		}
	}
}

var trusted sync.Once

// trust makes every transport accept the certificate of all test servers.
func trust(certificate *x509.Certificate) {
	trusted.Do(func() {
		roots := x509.NewCertPool()
		roots.AddCert(certificate)
		x509.SetFallbackRoots(roots)
	})
}

// An api responds as the client's API does: to each of the three calls, and then to a
// Get of an unknown object.
type api struct {
	client  clients.Client
	methods []string
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	a.methods = append(a.methods, r.Method)
	switch len(a.methods) {
	case 1:
		w.Write(a.client.Body())
	case 2:
		w.Write(a.client.Page())
	case 3:
		w.WriteHeader(http.StatusCreated)
		w.Write(a.client.Created())
	default:
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, a.client.Failure(http.StatusNotFound, "none"))
	}
}

func (a *api) test(t *testing.T, base string, transport http.RoundTripper) {
	client, err := a.client.New(base, transport)
	require.NoError(t, err)
	name, err := client.Get(t.Context(), clients.ID)
	require.NoError(t, err)
	assert.Equal(t, clients.Name, name)
	n, err := client.List(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 100, n)
	require.NoError(t, client.Create(t.Context()))
	_, err = client.Get(t.Context(), clients.ID)
	require.Error(t, err, "404")
	expected := []string{http.MethodGet, http.MethodGet, http.MethodPost, http.MethodGet}
	if a.client.Name == "hcloud" { // it then looks for an object of that name
		expected = append(expected, http.MethodGet)
	}
	assert.Equal(t, expected, a.methods)
}

// An iterator returns the whole of a single page, and ShuffledPages has pages for it.
func TestAll(t *testing.T) {
	for _, client := range clients.All() {
		t.Run(client.Name, func(t *testing.T) {
			pages := []string{string(client.Page()), `{"object":"list","data":[]}`} // freddy asks for another after a full page
			server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				fmt.Fprint(w, pages[0])
				pages = pages[1:]
			}))
			defer server.Close()
			api, err := client.New(server.URL, server.Client().Transport)
			require.NoError(t, err)
			shuffled, _ := client.ShuffledPages()
			require.Equal(t, api.All == nil, shuffled == nil)
			if api.All != nil {
				n, err := api.All(t.Context())
				require.NoError(t, err)
				assert.Equal(t, 100, n)
			}
		})
	}
}

// The objects of a page have different ids. A domain of godo's has none.
func TestPage(t *testing.T) {
	for _, client := range clients.All() {
		page := client.Page()
		for id := 42; id < 142 && client.Name != "godo"; id++ {
			n := 0
			for _, form := range []string{`"id":%d,`, `"id":"%d",`, `"id": "%d",`} {
				n += bytes.Count(page, fmt.Appendf(nil, form, id))
			}
			assert.Equal(t, 1, n, "%s: %d", client.Name, id)
		}
	}
}

// A large page is a page: every client reads all of its items.
func TestLargePage(t *testing.T) {
	const size = 64 << 10
	for _, client := range clients.All() {
		t.Run(client.Name, func(t *testing.T) {
			page, length, items := client.LargePage(size)
			body, err := io.ReadAll(iotest.OneByteReader(page))
			require.NoError(t, err)
			assert.Len(t, body, int(length))
			assert.LessOrEqual(t, length, int64(size))
			assert.Greater(t, length, int64(size-2<<10), "another item would not fit")
			api, err := client.New("https://api.example.com", transport(body))
			require.NoError(t, err)
			n, err := api.List(t.Context())
			require.NoError(t, err)
			assert.Equal(t, items, n)
		})
	}
}

// transport responds with a body.
type transport []byte

func (body transport) RoundTrip(req *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode:    http.StatusOK,
		Header:        http.Header{"Content-Type": {"application/json"}},
		Body:          io.NopCloser(bytes.NewReader(body)),
		ContentLength: int64(len(body)),
		Request:       req,
	}, nil
}

// Each client can be built alone, because its file has its tag.
func TestTags(t *testing.T) {
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	var tags []string
	for _, name := range files {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		if line, _, _ := strings.Cut(string(text), "\n"); strings.HasPrefix(line, "//go:build !only || ") {
			tag := strings.TrimPrefix(line, "//go:build !only || ")
			assert.Contains(t, string(text), fmt.Sprintf("Tag:      %q,", tag), name)
			tags = append(tags, tag)
		}
	}
	var want []string
	for _, client := range clients.All() {
		want = append(want, client.Tag)
	}
	assert.ElementsMatch(t, want, tags)
}
