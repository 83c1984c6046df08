package clients

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// ByHand is the three calls without an SDK: net/http, io.ReadAll and encoding/json
// into structs with the fields of freddy's, the schema as json.RawMessage.
func ByHand(client *http.Client, base string) API { return byHand(client, base, client.Do) }

func byHand(client any, base string, do func(*http.Request) (*http.Response, error)) API {
	return API{
		Value: client,
		Get: func(ctx context.Context, id string) (string, error) {
			var out connector
			err := call(ctx, do, http.MethodGet, base+"/personal-connectors/"+id, nil, &out)
			return out.Name, err
		},
		List: func(ctx context.Context) (int, error) {
			return list(ctx, do, base+"/personal-connectors?limit=100")
		},
		Create: func(ctx context.Context) error {
			return call(ctx, do, http.MethodPost, base+"/personal-connectors/configurations", strings.NewReader(`{"name":"sample"}`), new(connector))
		},
	}
}

// AllByHand reads a list to its end, page by page.
func AllByHand(ctx context.Context, client *http.Client, base string) (int, error) {
	for n := 0; ; {
		items, err := list(ctx, client.Do, fmt.Sprintf("%s/personal-connectors?limit=100&offset=%d", base, n))
		if n += items; err != nil || items < 100 {
			return n, err
		}
	}
}

func list(ctx context.Context, do func(*http.Request) (*http.Response, error), url string) (int, error) {
	var page struct {
		Data []*connector `json:"data"`
	}
	err := call(ctx, do, http.MethodGet, url, nil, &page)
	return len(page.Data), err
}

func call(ctx context.Context, do func(*http.Request) (*http.Response, error), method, url string, in io.Reader, out any) error {
	req, err := http.NewRequestWithContext(ctx, method, url, in)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+Key)
	req.Header.Set("Accept", "application/json")
	res, err := do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode/100 != 2 {
		var e struct {
			Error struct{ Type, Code, Message string }
		}
		if err := json.Unmarshal(body, &e); err != nil {
			return fmt.Errorf("%s: %s", res.Status, body)
		}
		return fmt.Errorf("%s: %s: %s", res.Status, e.Error.Code, e.Error.Message)
	}
	return json.Unmarshal(body, out)
}

// A connector has the fields of freddy.Connector, its schema as json.RawMessage.
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
