//go:debug x509usefallbackroots=1

package clients_test

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go/benchmarks/internal/clients"
)

// Against a healthy server every adapter works; otherwise what it does against
// a faulty one, and how fast, says nothing.
func TestHealthy(t *testing.T) {
	for _, client := range clients.All() {
		for _, lent := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/lent=%t", client.Name, lent), func(t *testing.T) {
				answers := &answers{client: client}
				server := httptest.NewTLSServer(answers) // openai-go refuses to go without TLS
				defer server.Close()
				trust(server.Certificate())
				var transport http.RoundTripper
				if lent {
					transport = server.Client().Transport
				}
				answers.areRead(t, server.URL, transport)
			})
		}
	}
}

var trusted sync.Once

// trust makes every transport accept the certificate, which all test servers
// have in common.
func trust(certificate *x509.Certificate) {
	trusted.Do(func() {
		roots := x509.NewCertPool()
		roots.AddCert(certificate)
		x509.SetFallbackRoots(roots)
	})
}

// answers is a server of the client's API, for one call of each kind and a Get
// of what is not there.
type answers struct {
	client  clients.Client
	methods []string
}

func (a *answers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
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

func (a *answers) areRead(t *testing.T, base string, transport http.RoundTripper) {
	api, err := a.client.New(base, transport)
	require.NoError(t, err)
	name, err := api.Get(t.Context(), clients.ID)
	require.NoError(t, err)
	assert.Equal(t, clients.Name, name)
	n, err := api.List(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 100, n)
	require.NoError(t, api.Create(t.Context()))
	_, err = api.Get(t.Context(), clients.ID)
	require.Error(t, err, "404")
	expected := []string{http.MethodGet, http.MethodGet, http.MethodPost, http.MethodGet}
	if a.client.Name == "hcloud" { // then looks for one that has the id as its name
		expected = append(expected, http.MethodGet)
	}
	assert.Equal(t, expected, a.methods)
}

// The objects of a page differ by their ids; a domain of godo's has none.
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

// Each client can be built alone, as its program is: its file is named by its tag.
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
