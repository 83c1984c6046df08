// Package speed compares what a Get costs that no network delays: an answer of
// about 1 KB from memory, through each client as it comes.
//
//	go test -bench . ./speed    # in benchmarks/
package speed

import (
	"bytes"
	"context"
	"io"
	"log"
	"net/http"
	"testing"

	"github.com/aitronos/freddy-go/benchmarks/internal/clients"
)

// memory answers from memory, so that the client alone is measured.
type memory []byte

func (m memory) RoundTrip(req *http.Request) (*http.Response, error) {
	return &http.Response{
		Status:        "200 OK",
		StatusCode:    http.StatusOK,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        http.Header{"Content-Type": {"application/json"}, "X-Request-Id": {"req_bench"}},
		Body:          io.NopCloser(bytes.NewReader(m)),
		ContentLength: int64(len(m)),
		Request:       req,
	}, nil
}

// BenchmarkGet has net/http as its floor: the same body as freddy's, by
// encoding/json into an equal struct. Each SDK has a body of its own API.
func BenchmarkGet(b *testing.B) {
	log.SetOutput(io.Discard) // a client that prints is not measured by the terminal
	for _, client := range clients.All() {
		b.Run(client.Name, func(b *testing.B) {
			body := client.Body()
			api, err := client.New("https://api.example.com", memory(body))
			if err != nil {
				b.Fatal(err)
			}
			ctx := context.Background()
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				name, err := api.Get(ctx, clients.ID)
				if err != nil || name != clients.Name {
					b.Fatal(name, err)
				}
			}
		})
	}
}
