package freddy_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aitronos/freddy-go"
)

// benchKey is as long as keys are.
const benchKey = "example-key-7f3e9c2a51d84b06"

// memory answers from memory, so that a benchmark sees the client alone.
type memory struct {
	status int
	body   []byte
}

func (m memory) RoundTrip(req *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode:    m.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        http.Header{"Content-Type": {"application/json"}, "X-Request-Id": {"req_bench"}},
		Body:          io.NopCloser(bytes.NewReader(m.body)),
		ContentLength: int64(len(m.body)),
		Request:       req,
	}, nil
}

// The floor is what one would write by hand: net/http, io.ReadAll and
// encoding/json into an equal struct whose schema stays raw.
type (
	floorConnector struct {
		ID          string        `json:"id"`
		Object      string        `json:"object"`
		Name        string        `json:"name"`
		Type        string        `json:"type"`
		ConnectorID string        `json:"connectorId"`
		Description string        `json:"description"`
		IconURL     string        `json:"iconUrl"`
		Category    string        `json:"category"`
		Version     string        `json:"version"`
		Status      string        `json:"status"`
		ServerURL   string        `json:"serverUrl"`
		ServerType  string        `json:"serverType"`
		Metadata    floorMetadata `json:"metadata"`
		CreatedAt   time.Time     `json:"createdAt"`
		UpdatedAt   time.Time     `json:"updatedAt"`
		CreatedBy   string        `json:"createdBy"`
	}
	floorMetadata struct {
		SupportedFeatures   []string        `json:"supportedFeatures"`
		AuthMethod          string          `json:"authMethod"`
		ConfigurationSchema json.RawMessage `json:"configurationSchema"`
	}
	floorError struct {
		Error struct {
			Type    string `json:"type"`
			Code    string `json:"code"`
			Message string `json:"message"`
		} `json:"error"`
	}
)

func floor(ctx context.Context, client *http.Client, path string, out any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://api.example.com/v1"+path, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+benchKey)
	req.Header.Set("Accept", "application/json")
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		var e floorError
		if err := json.Unmarshal(body, &e); err != nil {
			return err
		}
		return fmt.Errorf("%d %s: %s", res.StatusCode, e.Error.Code, e.Error.Message)
	}
	return json.Unmarshal(body, out)
}

func fixture(tb testing.TB, name string) []byte {
	tb.Helper()
	body, err := os.ReadFile("testdata/" + name)
	if err != nil {
		tb.Fatal(err)
	}
	return body
}

func pageOf100(tb testing.TB) []byte {
	one := string(fixture(tb, "connector.json"))
	items := make([]string, 100)
	for i := range items {
		items[i] = strings.Replace(one, "pcon_github", fmt.Sprintf("pcon_github_%d", i), 1)
	}
	return []byte(`{"object":"list","data":[` + strings.Join(items, ",") + `]}`)
}

func inMemory(tb testing.TB, status int, body []byte) (*freddy.Client, *http.Client) {
	tb.Helper()
	plain := &http.Client{Transport: memory{status, body}}
	client, err := freddy.NewClient(benchKey, freddy.WithHTTPClient(plain))
	if err != nil {
		tb.Fatal(err)
	}
	return client, plain
}

func BenchmarkGet(b *testing.B) {
	client, plain := inMemory(b, http.StatusOK, fixture(b, "connector.json"))
	ctx := context.Background()
	b.Run("freddy", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := client.Connectors().Get(ctx, "pcon_github"); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("floor", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := floor(ctx, plain, "/personal-connectors/pcon_github", new(floorConnector)); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkPage(b *testing.B) {
	client, plain := inMemory(b, http.StatusOK, pageOf100(b))
	ctx := context.Background()
	b.Run("freddy", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			page, err := client.Connectors().List(ctx, freddy.ConnectorListParams{Limit: 100})
			if err != nil || len(page.Items) != 100 {
				b.Fatal(err)
			}
		}
	})
	b.Run("floor", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var page struct {
				Data []*floorConnector `json:"data"`
			}
			if err := floor(ctx, plain, "/personal-connectors?limit=100", &page); err != nil || len(page.Data) != 100 {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkNotFound(b *testing.B) {
	client, plain := inMemory(b, http.StatusNotFound, fixture(b, "error_connector_not_found.json"))
	ctx := context.Background()
	b.Run("freddy", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := client.Connectors().Get(ctx, "pcon_unknown"); err == nil {
				b.Fatal("no error")
			}
		}
	})
	b.Run("floor", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := floor(ctx, plain, "/personal-connectors/pcon_unknown", nil); err == nil {
				b.Fatal("no error")
			}
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	body := fixture(b, "connector.json")
	b.Run("freddy", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := new(freddy.Connector).UnmarshalJSON(body); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("floor", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := json.Unmarshal(body, new(floorConnector)); err != nil {
				b.Fatal(err)
			}
		}
	})
}
