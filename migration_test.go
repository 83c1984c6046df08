package freddy_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/freddytest"
)

// The code of docs/migration.md: the same call by hand and with the client.

var errNoConnector = errors.New("there is no such connector")

type connectorByHand struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Status string `json:"status"`
}

func getByHand(ctx context.Context, httpClient *http.Client, baseURL, id string) (*connectorByHand, error) {
	for attempt := 1; ; attempt++ {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, baseURL+"/personal-connectors/"+url.PathEscape(id), nil)
		if err != nil {
			return nil, err
		}
		req.Header.Set("Authorization", "Bearer "+os.Getenv("FREDDY_API_KEY"))
		resp, err := httpClient.Do(req)
		if err != nil {
			return nil, err
		}
		body, err := io.ReadAll(io.LimitReader(resp.Body, 10<<20))
		resp.Body.Close()
		if err != nil {
			return nil, err
		}
		switch {
		case resp.StatusCode == http.StatusOK:
			connector := new(connectorByHand)
			if err := json.Unmarshal(body, connector); err != nil {
				return nil, err
			}
			return connector, nil
		case resp.StatusCode == http.StatusNotFound:
			return nil, errNoConnector
		case resp.StatusCode != http.StatusTooManyRequests && resp.StatusCode < 500 || attempt == 4:
			return nil, fmt.Errorf("GET %s: %s: %s", req.URL.Path, resp.Status, body)
		}
		wait := time.Duration(attempt) * time.Second
		if seconds, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil {
			wait = time.Duration(seconds) * time.Second
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func getWithClient(ctx context.Context, client *freddy.Client, id string) (*freddy.Connector, error) {
	connector, err := client.Connectors().Get(ctx, id)
	switch {
	case errors.Is(err, freddy.ErrNotFound):
		return nil, errNoConnector
	case err != nil:
		return nil, err
	}
	return connector, nil
}

// getInto keeps a type of the program.
func getInto(ctx context.Context, client *freddy.Client, id string) (*connectorByHand, error) {
	connector := new(connectorByHand)
	err := client.Do(ctx, http.MethodGet, "/personal-connectors/"+url.PathEscape(id), nil, connector)
	if err != nil {
		return nil, err
	}
	return connector, nil
}

func TestMigration(t *testing.T) {
	t.Setenv("FREDDY_API_KEY", freddytest.APIKey)
	for name, tt := range map[string]struct {
		id           string
		replies      []freddytest.Reply
		wantErr      error
		wantRequests int
	}{
		"found":   {id: "pcon_github", wantRequests: 1},
		"unknown": {id: "pcon_unknown", wantErr: errNoConnector, wantRequests: 1},
		"retried": {
			id: "pcon_github", wantRequests: 3,
			replies: []freddytest.Reply{
				{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"0"}}},
				{Status: http.StatusServiceUnavailable, Header: http.Header{"Retry-After": {"0"}}},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			server := freddytest.NewServer(t)
			want := &connectorByHand{ID: "pcon_github", Name: "GitHub", Status: "active"}
			ways := map[string]func() (*connectorByHand, error){
				"by hand": func() (*connectorByHand, error) {
					return getByHand(t.Context(), server.HTTPClient(), server.URL(), tt.id)
				},
				"with the client": func() (*connectorByHand, error) {
					c, err := getWithClient(t.Context(), server.Client(), tt.id)
					if err != nil {
						return nil, err
					}
					return &connectorByHand{c.ID, c.Name, string(c.Status)}, nil
				},
				"with Do": func() (*connectorByHand, error) {
					c, err := getInto(t.Context(), server.Client(), tt.id)
					if errors.Is(err, freddy.ErrNotFound) {
						err = errNoConnector
					}
					return c, err
				},
			}
			for way, get := range ways {
				server.Script(http.MethodGet, "/personal-connectors/"+tt.id, tt.replies...)
				before := len(server.Requests())
				got, err := get()
				assert.Len(t, server.Requests(), before+tt.wantRequests, way)
				if tt.wantErr != nil {
					assert.ErrorIs(t, err, tt.wantErr, way)
					continue
				}
				require.NoError(t, err, way)
				assert.Equal(t, want, got, way)
			}
		})
	}
}
