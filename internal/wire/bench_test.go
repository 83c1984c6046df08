package wire_test

import (
	"bytes"
	"os"
	"testing"

	"github.com/aitronos/freddy-go/internal/wire"
)

func fixture(tb testing.TB, name string) []byte {
	tb.Helper()
	body, err := os.ReadFile("../../testdata/" + name)
	if err != nil {
		tb.Fatal(err)
	}
	return body
}

// page returns a list of n connectors.
func page(tb testing.TB, n int) []byte {
	items := bytes.Repeat(append(fixture(tb, "connector.json"), ','), n)
	return append(append([]byte(`{"object":"list","data":[`), items[:len(items)-1]...), "]}"...)
}

func benchmarkDecode[T any](b *testing.B, body []byte) {
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if err := wire.Decode(body, new(T)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeConnector(b *testing.B) {
	benchmarkDecode[connector](b, fixture(b, "connector.json"))
}

func BenchmarkDecodePage(b *testing.B) { benchmarkDecode[list[connector]](b, page(b, 100)) }

func BenchmarkParseErrorBody(b *testing.B) {
	body := fixture(b, "error_standard_envelope.json")
	b.ReportAllocs()
	for b.Loop() {
		if wire.ParseErrorBody(body).Code == "" {
			b.Fatal("no code")
		}
	}
}
