package clients_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go/benchmarks/internal/clients"
)

// Against a healthy server every adapter works; otherwise what it does against
// a faulty one says nothing.
func TestHealthy(t *testing.T) {
	for _, client := range clients.All() {
		t.Run(client.Name, func(t *testing.T) {
			var methods []string
			server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				methods = append(methods, r.Method)
				w.Header().Set("Content-Type", "application/json")
				if r.Method == http.MethodPost {
					w.WriteHeader(http.StatusCreated)
					w.Write(client.Created())
					return
				}
				w.Write(client.Body())
			}))
			defer server.Close()
			api, err := client.New(server.URL, server.Client().Transport)
			require.NoError(t, err)
			name, err := api.Get(t.Context(), clients.ID)
			require.NoError(t, err)
			assert.Equal(t, clients.Name, name)
			require.NoError(t, api.Create(t.Context()))
			assert.Equal(t, []string{http.MethodGet, http.MethodPost}, methods)
		})
	}
}
