package clients

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

var plainClient = Client{
	Name:     "net/http",
	Defaults: "the reference: http.Client{}, io.ReadAll, encoding/json; no timeout, no retry, 10 redirects",
	failure:  `{"message":"MESSAGE"}`,
	body:     "freddy.json",
	New: func(base string, transport http.RoundTripper) (API, error) {
		client := &http.Client{Transport: transport}
		return byHand(client, base, client.Do), nil
	},
}

var retryableClient = Client{
	Name:     "go-retryablehttp",
	Module:   "github.com/hashicorp/go-retryablehttp",
	Defaults: "NewClient, io.ReadAll, encoding/json; no timeout, 4 retries of any method, 1 s to 30 s between them, logs to stderr",
	failure:  `{"message":"MESSAGE"}`,
	body:     "freddy.json",
	New: func(base string, transport http.RoundTripper) (API, error) {
		client := retryablehttp.NewClient()
		if transport != nil {
			client.HTTPClient = lent(transport)
			client.Logger = nil // what it costs to print is not the client's
		}
		return byHand(client, base, func(req *http.Request) (*http.Response, error) {
			retryable, err := retryablehttp.FromRequest(req)
			if err != nil {
				return nil, err
			}
			return client.Do(retryable)
		}), nil
	},
}

// byHand is what one writes who needs two calls and takes no SDK.
func byHand(client any, base string, do func(*http.Request) (*http.Response, error)) API {
	call := func(ctx context.Context, method, path string, in io.Reader) (*connector, error) {
		req, err := http.NewRequestWithContext(ctx, method, base+path, in)
		if err != nil {
			return nil, err
		}
		req.Header.Set("Authorization", "Bearer "+Key)
		req.Header.Set("Accept", "application/json")
		res, err := do(req)
		if err != nil {
			return nil, err
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			return nil, err
		}
		if res.StatusCode/100 != 2 {
			return nil, fmt.Errorf("%s: %s", res.Status, body)
		}
		out := new(connector)
		return out, json.Unmarshal(body, out)
	}
	return API{
		Value: client,
		Get: func(ctx context.Context, id string) (string, error) {
			out, err := call(ctx, http.MethodGet, "/personal-connectors/"+id, nil)
			if err != nil {
				return "", err
			}
			return out.Name, nil
		},
		Create: func(ctx context.Context) error {
			_, err := call(ctx, http.MethodPost, "/personal-connectors/configurations", strings.NewReader(`{"name":"sample"}`))
			return err
		},
	}
}

// A connector has what freddy.Connector has, its schema left raw.
type connector struct {
	ID          string `json:"id"`
	Object      string `json:"object"`
	Name        string `json:"name"`
	Type        string `json:"type"`
	ConnectorID string `json:"connectorId"`
	Description string `json:"description"`
	IconURL     string `json:"iconUrl"`
	Category    string `json:"category"`
	Version     string `json:"version"`
	Status      string `json:"status"`
	ServerURL   string `json:"serverUrl"`
	ServerType  string `json:"serverType"`
	Metadata    struct {
		SupportedFeatures   []string        `json:"supportedFeatures"`
		AuthMethod          string          `json:"authMethod"`
		ConfigurationSchema json.RawMessage `json:"configurationSchema"`
	} `json:"metadata"`
	CreatedAt time.Time `json:"createdAt"`
	UpdatedAt time.Time `json:"updatedAt"`
	CreatedBy string    `json:"createdBy"`
}
