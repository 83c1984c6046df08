package freddy_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/internal/faulty"
)

func TestHeaderLimit(t *testing.T) {
	runAlone(t, "E14 endless headers", func(t *T) {
		few := faulty.Then(faulty.Flood("HTTP/1.1 200 OK\r\nX-A: ", 9<<20), faulty.Raw("\r\n\r\n"+connectorBody))
		var lines strings.Builder
		for i := range 50_000 {
			fmt.Fprintf(&lines, "X-%06d: 0123456789a\r\n", i)
		}
		many := faulty.Raw("HTTP/1.1 200 OK\r\n" + lines.String() + "\r\n" + connectorBody)
		same := faulty.Raw("HTTP/1.1 200 OK\r\n" + strings.Repeat("X-Same: 0123456789012\r\n", 50_000) + "\r\n" + connectorBody)
		interim := faulty.Then(faulty.Flood("HTTP/1.1 103 Early Hints\r\nX-A: ", 9<<20), faulty.Raw("\r\n\r\n"), faulty.Reply(200, connectorBody))
		for name, handler := range map[string]faulty.Handler{"few long fields": few, "many fields": many, "same field": same, "interim response": interim} {
			t.run(name, func(t *T) {
				s := t.serve(handler)
				const most = 8 << 20
				extra := int64(most + 1)
				// Repeated, since a collection also counts what is allocated while it runs.
				for try := 0; try < 5 && extra > most; try++ {
					extra = peakHeap(func() {
						err := t.get(t.client(s.URL())).transport(0, 4)
						assert.False(t, err.Timeout())
					})
				}
				assert.LessOrEqual(t, extra, int64(most))
				t.post(t.client(s.URL())).isTransport(0, 1)
			})
		}
		// Below the limit.
		s := t.serve(faulty.Reply(200, connectorBody, "X-A: "+strings.Repeat("x", 900<<10)))
		t.get(t.client(s.URL())).ok(1)
	})
}

func TestMemory(t *testing.T) {
	const limit, huge = 1 << 20, 256 << 20

	// 256 gzip members of 1 MiB of zeros.
	var member bytes.Buffer
	writer := gzip.NewWriter(&member)
	writer.Write(make([]byte, 1<<20))
	writer.Close()
	bomb := strings.Repeat(member.String(), huge>>20)

	flood := func(head string) faulty.Handler { return faulty.Flood(head, huge) }
	for name, row := range map[string]struct {
		handler faulty.Handler
		opts    []freddy.CallOption
	}{
		"I1 Content-Length":          {flood(faulty.Head(http.StatusOK, fmt.Sprintf("Content-Length: %d", huge))), nil},
		"I1 until close":             {flood(faulty.Head(http.StatusOK)), nil},
		"I1 wrong length":            {faulty.Then(faulty.Raw(faulty.Head(http.StatusOK, "Content-Length: 9223372036854775807")+"{}"), faulty.Stall), nil},
		"I4 gzip":                    {faulty.Reply(http.StatusOK, bomb, "Content-Encoding: gzip"), nil},
		"I4 gzip set by the caller":  {faulty.Reply(http.StatusOK, bomb, "Content-Encoding: GZIP"), []freddy.CallOption{freddy.WithHeader("Accept-Encoding", "gzip")}},
		"I5 endless chunks":          {endless(http.StatusOK), nil},
		"I5 white space and garbage": {faulty.Reply(http.StatusOK, connectorBody+strings.Repeat(" ", limit)+"x"), nil},
	} {
		runAlone(t, name, func(t *T) {
			s := t.serve(row.handler)
			client := t.client(s.URL())
			var err error
			used := allocated(func() { _, err = client.Connectors().Get(t.Context(), "x", row.opts...) })
			var decode *freddy.DecodeError
			require.ErrorAs(t, err, &decode)
			require.ErrorIs(t, err, freddy.ErrResponseTooLarge)
			assert.Equal(t, http.StatusOK, decode.StatusCode)
			assert.Equal(t, 1, decode.Attempts)
			assert.LessOrEqual(t, len(decode.Snippet), 200)
			assert.LessOrEqual(t, len(err.Error()), 1024)
			assert.LessOrEqual(t, used, uint64(6*limit))
			faulty.NoSecret(t, testKey, err)
			client.CloseIdleConnections()
			assert.Less(t, s.Written(), int64(32*limit), "the connection is closed early")
			assert.Len(t, s.Requests(), 1)
		})
	}

	for name, handler := range map[string]faulty.Handler{
		"I2 Content-Length": flood(faulty.Head(http.StatusBadRequest, fmt.Sprintf("Content-Length: %d", huge))),
		"I2 until close":    flood(faulty.Head(http.StatusBadRequest)),
		"I2 endless chunks": endless(http.StatusBadRequest),
		"I2 gzip":           faulty.Reply(http.StatusBadRequest, bomb, "Content-Encoding: gzip"),
	} {
		runAlone(t, name, func(t *T) {
			s := t.serve(handler)
			client := t.client(s.URL())
			var err error
			used := allocated(func() { _, err = client.Connectors().Get(t.Context(), "x") })
			var apiErr *freddy.APIError
			require.ErrorAs(t, err, &apiErr)
			require.ErrorIs(t, err, freddy.ErrBadRequest)
			assert.Equal(t, 1, apiErr.Attempts)
			assert.Len(t, apiErr.Body, 64<<10)
			assert.LessOrEqual(t, cap(apiErr.Body), 128<<10, "the rest is not retained")
			assert.LessOrEqual(t, len(err.Error()), 1024)
			assert.LessOrEqual(t, used, uint64(6*limit))
			assert.Less(t, s.Written(), int64(32*limit), "the connection is closed early")
		})
	}

	runInBubble(t, "I5 endless interim responses", func(t *T) {
		s := t.serve(repeat(faulty.Head(103, "Link: </"+strings.Repeat("x", 4<<10)+">")))
		t.get(t.client(s.URL()), freddy.WithMaxRetries(0)).isTransport(0, 1)
	})
	runAlone(t, "I8 steady heap", func(t *T) {
		body := `{"id":"x","description":"` + strings.Repeat("d", 20_000) + `"}`
		rt := roundTrip(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body))}, nil
		})
		client := t.over(rt)
		calls := func(n int) uint64 {
			for range n {
				_, err := client.Connectors().Get(t.Context(), "x")
				require.NoError(t, err)
			}
			runtime.GC()
			runtime.GC()
			var stats runtime.MemStats
			runtime.ReadMemStats(&stats)
			return stats.HeapAlloc
		}
		warm := calls(200)
		assert.Less(t, int64(calls(1000))-int64(warm), int64(256<<10))
	})
	runAlone(t, "I9 request body copied once", func(t *T) {
		const size = 4 << 20
		body := json.RawMessage(`"` + strings.Repeat("b", size-2) + `"`)
		rt := roundTrip(func(req *http.Request) (*http.Response, error) {
			n, err := io.Copy(io.Discard, req.Body)
			assert.True(t, err == nil && n == size, "%d bytes, %v", n, err)
			assert.EqualValues(t, size, req.ContentLength)
			return &http.Response{StatusCode: http.StatusServiceUnavailable, Body: http.NoBody}, nil
		})
		client := t.over(rt)
		used := allocated(func() {
			require.ErrorIs(t, client.Do(t.Context(), http.MethodPut, "/x", body, nil), freddy.ErrServer)
		})
		assert.Less(t, used, uint64(size*3/2), "one copy for four attempts")
	})
	run(t, "I9 request body as sent", func(t *T) {
		body := `"` + strings.Repeat("b", 64<<10) + `"`
		s := t.serve(faulty.Reply(http.StatusServiceUnavailable, ""), faulty.Close, faulty.Cut(http.StatusOK, 9, "{"), faulty.Reply(http.StatusOK, ""))
		in := json.RawMessage(body)
		require.NoError(t, t.client(s.URL()).Do(t.Context(), http.MethodPut, "/x", in, nil))
		require.Len(t, s.Requests(), 4)
		for _, request := range s.Requests() {
			require.NoError(t, request.Err)
			assert.Equal(t, body, string(request.Body))
		}
	})
}

// A body of a million items takes longer than the caller has left.
func TestDeadlineWhileDecoding(t *testing.T) {
	bodies := map[string]string{
		"items":   `[` + strings.Repeat(`{"id":"a"},`, 900_000) + `{"id":"a"}]`,
		"wrapped": `{"success":true,"data":[` + strings.Repeat(`{"id":"a"},`, 900_000) + `{"id":"a"}]}`,
	}
	for name, body := range bodies {
		for end, cause := range map[string]error{"deadline": context.DeadlineExceeded, "canceled": context.Canceled} {
			runAlone(t, name+", "+end, func(t *T) {
				ctx, cancel := context.WithCancel(t.Context())
				if end == "deadline" {
					ctx, cancel = context.WithTimeout(t.Context(), 100*time.Millisecond)
				}
				defer cancel()
				rt := roundTrip(func(*http.Request) (*http.Response, error) {
					reader := readerFunc(nil)
					left := strings.NewReader(body)
					reader = func(p []byte) (int, error) {
						n, err := left.Read(p)
						if left.Len() == 0 && end == "canceled" {
							time.AfterFunc(5*time.Millisecond, cancel)
						} else if deadline, ok := ctx.Deadline(); left.Len() == 0 && ok {
							time.Sleep(time.Until(deadline) - 10*time.Millisecond)
						}
						return n, err
					}
					return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(reader), ContentLength: int64(len(body)), Header: http.Header{"X-Request-Id": {"req_1"}}}, nil
				})
				client := t.over(rt, freddy.WithMaxResponseBytes(10<<20))
				var response freddy.Response
				page, err := client.Connectors().List(ctx, freddy.ConnectorListParams{}, freddy.WithResponse(&response))
				assert.Nil(t, page)
				var failed *freddy.TransportError
				require.ErrorAs(t, err, &failed)
				require.ErrorIs(t, err, cause)
				assert.Equal(t, []any{200, "req_1", freddy.RetryCanceled, false}, []any{failed.StatusCode, failed.RequestID, failed.Decision, failed.Ambiguous})
				assert.Equal(t, 200, response.StatusCode)
			})
		}
	}
}

// peakHeap returns how many bytes the live heap grows at most while run runs.
func peakHeap(run func()) int64 {
	live := func() int64 {
		sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}} // as of the last collection
		metrics.Read(sample)
		return int64(sample[0].Value.Uint64())
	}
	debug.SetGCPercent(100) // each collection is a sample
	defer debug.SetGCPercent(gcPercent)
	runtime.GC()
	before, peak := live(), int64(0)
	done := make(chan struct{})
	var sampling sync.WaitGroup
	sampling.Go(func() {
		for tick := time.NewTicker(time.Millisecond); ; {
			select {
			case <-done:
				tick.Stop()
				return
			case <-tick.C:
				peak = max(peak, live())
			}
		}
	})
	run()
	close(done)
	sampling.Wait()
	return peak - before
}

// repeat is a handler that sends a text 10,000 times, which is endless to a client
// with a limit.
func repeat(text string) faulty.Handler {
	part := []byte(text)
	return func(c *faulty.Conn) {
		for range 10_000 {
			if _, err := c.Write(part); err != nil {
				return
			}
		}
		c.Close()
	}
}

// endless is a handler that sends a chunked body without an end.
func endless(status int) faulty.Handler {
	part := strings.Repeat("x", 16<<10)
	return faulty.Then(faulty.Raw(faulty.Head(status, "Transfer-Encoding: chunked")), repeat(fmt.Sprintf("%x\r\n%s\r\n", len(part), part)))
}
