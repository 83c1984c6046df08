package freddy_test

import (
	"context"
	"fmt"
	"io"
	"iter"
	"math"
	"math/rand/v2"
	"net/http"
	"net/url"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/internal/faulty"
)

// whole is more items than any list has.
const whole = 1000

func TestAll(t *testing.T) {
	for _, row := range []struct{ items, limit, requests int }{
		{0, 0, 1}, {1, 0, 1}, {20, 0, 2}, {45, 0, 3}, {45, 15, 4}, {99, 100, 1}, {100, 100, 2},
	} {
		runInBubble(t, fmt.Sprintf("%d items, limit %d", row.items, row.limit), func(t *T) {
			s := t.serve(pages(row.items))
			all := t.client(s.URL()).Connectors().All(t.Context(), freddy.ConnectorListParams{Limit: row.limit})
			for range 2 {
				before, n := len(s.Requests()), 0
				for connector, err := range all {
					require.NoError(t, err)
					require.Equal(t, fmt.Sprintf("pcon_%d", n), connector.ID)
					size := row.limit
					if size == 0 {
						size = 20
					}
					require.Len(t, s.Requests(), before+n/size+1, "a page is requested when the last one is consumed")
					n++
				}
				assert.Equal(t, row.items, n)
				assert.Len(t, s.Requests(), before+row.requests)
			}
		})
	}
	runInBubble(t, "lazy", func(t *T) {
		s := t.serve(pages(5))
		client := t.client(s.URL())
		next, stop := iter.Pull2(client.Connectors().All(t.Context(), freddy.ConnectorListParams{Limit: 2, Type: "t"}))
		defer stop()
		for i, requests := range []int{1, 1, 2, 2, 3} {
			assert.Len(t, s.Requests(), i/2+i%2, "before item %d", i)
			connector, err, ok := next()
			require.NoError(t, err)
			require.True(t, ok)
			assert.Equal(t, fmt.Sprintf("pcon_%d", i), connector.ID)
			assert.Len(t, s.Requests(), requests, "after item %d", i)
		}
		_, _, ok := next()
		assert.False(t, ok)
		for i, offset := range []string{"", "&offset=2", "&offset=4"} {
			assert.Equal(t, "/v1/personal-connectors?limit=2"+offset+"&type=t", s.Requests()[i].RequestURI)
		}
		assert.Len(t, s.Requests(), 3, "a short page is the last one")
	})
	runInBubble(t, "break", func(t *T) {
		s := t.serve(pages(50))
		client := t.client(s.URL())
		all := client.Connectors().All(t.Context(), freddy.ConnectorListParams{Limit: 5})
		for n, requests := range map[int]int{1: 1, 5: 1, 6: 2} {
			before := len(s.Requests())
			got, err := t.collect(all, n)
			require.NoError(t, err)
			assert.Equal(t, connectorIDs(0, n), got, "each range starts again")
			assert.Len(t, s.Requests(), before+requests)
		}
		yields := 0
		all(func(*freddy.Connector, error) bool { yields++; return false })
		assert.Equal(t, 1, yields)
	})
	runInBubble(t, "last page", func(t *T) {
		for name, row := range map[string]struct {
			bodies []string
			items  int
		}{
			"empty":                      {[]string{listBody(0, 0, "")}, 0},
			"empty with more":            {[]string{listBody(0, 0, `,"hasMore":true`)}, 0},
			"null data":                  {[]string{`{"data":null,"hasMore":true}`}, 0},
			"no data":                    {[]string{`{}`}, 0},
			"short":                      {[]string{listBody(0, 1, "")}, 1},
			"short with more":            {[]string{listBody(0, 1, `,"hasMore":true`), listBody(1, 3, `,"has_more":true`), listBody(3, 4, "")}, 4},
			"full, no more":              {[]string{listBody(0, 2, `,"hasMore":false`)}, 2},
			"full, no more, snake_case":  {[]string{listBody(0, 2, `,"has_more":false`)}, 2},
			"full, then empty":           {[]string{listBody(0, 2, ""), listBody(2, 2, "")}, 2},
			"full, then empty with more": {[]string{listBody(0, 2, ""), listBody(2, 2, `,"hasMore":true`)}, 2},
			"null hasMore":               {[]string{listBody(0, 2, `,"hasMore":null`), listBody(2, 3, "")}, 3},
			"longer than the limit":      {[]string{listBody(0, 3, ""), listBody(3, 4, "")}, 4},
		} {
			var handlers []faulty.Handler
			for _, body := range row.bodies {
				handlers = append(handlers, faulty.Reply(http.StatusOK, body))
			}
			s := t.serve(handlers...)
			client := t.client(s.URL())
			got, err := t.collect(client.Connectors().All(t.Context(), freddy.ConnectorListParams{Limit: 2}), whole)
			require.NoError(t, err, name)
			assert.Equal(t, connectorIDs(0, row.items), got, name)
			assert.Len(t, s.Requests(), len(handlers), name)
		}
	})
	runInBubble(t, "an error is yielded once", func(t *T) {
		for name, row := range map[string]struct {
			handler  faulty.Handler
			sentinel error
		}{
			"404":       {faulty.Reply(http.StatusNotFound, ""), freddy.ErrNotFound},
			"cut":       {faulty.Cut(http.StatusOK, 10, "{"), io.ErrUnexpectedEOF},
			"null item": {faulty.Reply(http.StatusOK, `{"data":[null]}`), nil},
			"no id":     {faulty.Reply(http.StatusOK, `{"data":[{"id":"x"},{}]}`), nil},
			"no list":   {faulty.Reply(http.StatusOK, `5`), nil},
		} {
			s := t.serve(faulty.Reply(http.StatusOK, listBody(0, 2, "")), row.handler)
			client := t.client(s.URL(), freddy.WithMaxRetries(0))
			got, err := t.collect(client.Connectors().All(t.Context(), freddy.ConnectorListParams{Limit: 2}), whole)
			assert.Equal(t, connectorIDs(0, 2), got, name)
			require.Error(t, err, name)
			if row.sentinel != nil {
				require.ErrorIs(t, err, row.sentinel, name)
			}
			assert.Len(t, s.Requests(), 2, name)
		}
	})
	runInBubble(t, "each range starts again after an error", func(t *T) {
		s := t.serve(faulty.Reply(http.StatusNotFound, ""), pages(3))
		client := t.client(s.URL())
		all := client.Connectors().All(t.Context(), freddy.ConnectorListParams{Limit: 2})
		_, err := t.collect(all, whole)
		require.ErrorIs(t, err, freddy.ErrNotFound)
		for range 2 {
			got, err := t.collect(all, whole)
			require.NoError(t, err)
			assert.Equal(t, connectorIDs(0, 3), got)
		}
	})
	runInBubble(t, "the server repeats pages", func(t *T) {
		for name, row := range map[string]struct {
			handlers []faulty.Handler
			items    int
		}{
			"the same page":           {[]faulty.Handler{faulty.Reply(http.StatusOK, listBody(0, 2, ""))}, 2},
			"the same page with more": {[]faulty.Handler{faulty.Reply(http.StatusOK, listBody(0, 1, `,"hasMore":true`))}, 1},
			"pages in a cycle": {[]faulty.Handler{
				faulty.Reply(http.StatusOK, listBody(0, 2, "")), faulty.Reply(http.StatusOK, listBody(2, 4, "")), faulty.Reply(http.StatusOK, listBody(0, 2, "")),
			}, 4},
		} {
			s := t.serve(row.handlers...)
			client := t.client(s.URL())
			got, err := t.collect(client.Connectors().All(t.Context(), freddy.ConnectorListParams{Limit: 2}), whole)
			var decode *freddy.DecodeError
			require.ErrorAs(t, err, &decode, name)
			assert.Equal(t, http.StatusOK, decode.StatusCode)
			assert.Equal(t, "/v1/personal-connectors", decode.Path)
			assert.Len(t, got, row.items, "%s: no item comes twice", name)
			assert.Len(t, s.Requests(), max(2, len(row.handlers)), name)
		}
	})
	runInBubble(t, "the server ignores paging", func(t *T) {
		const items = 40
		shuffled := func(take func() int) faulty.Handler {
			return func(c *faulty.Conn) {
				all := connectorIDs(0, items)
				rand.Shuffle(items, func(i, j int) { all[i], all[j] = all[j], all[i] })
				faulty.Reply(http.StatusOK, `{"data":[{"id":"`+strings.Join(all[:take()], `"},{"id":"`)+`"}],"hasMore":true}`)(c)
			}
		}
		for name, take := range map[string]func() int{
			"and shuffles all items":    func() int { return items },
			"and sends a random sample": func() int { return 1 + rand.IntN(items) },
		} {
			s := t.serve(shuffled(take))
			client := t.client(s.URL())
			connectors, err := freddy.Collect(client.Connectors().All(t.Context(), freddy.ConnectorListParams{Limit: items}))
			var decode *freddy.DecodeError
			require.ErrorAs(t, err, &decode, name)
			assert.Contains(t, err.Error(), "the server returned the same page again")
			assert.Equal(t, "/data", decode.Field)
			assert.LessOrEqual(t, len(s.Requests()), items+1, "each page but the last has a new item")
			assert.NotEmpty(t, connectors)

			configurations, err := freddy.Collect(client.Configurations().All(t.Context(), freddy.ConfigurationListParams{}))
			require.ErrorAs(t, err, &decode, name)
			assert.NotEmpty(t, configurations)
		}
	})
	runAlone(t, "memory of a long list", func(t *T) {
		// Only hashes of ids are kept, not the items.
		const pages, size = 100, 100
		page := 0
		rt := roundTrip(func(req *http.Request) (*http.Response, error) {
			var body strings.Builder
			for i := range size {
				fmt.Fprintf(&body, `,{"id":"pcon_%d","description":"%s"}`, page*size+i, strings.Repeat("d", 500))
			}
			page++
			return script(faulty.Text(200, fmt.Sprintf(`{"data":[%s],"hasMore":%t}`, body.String()[1:], page < pages))).RoundTrip(req)
		})
		client := t.over(rt)
		heap := func() int64 {
			runtime.GC()
			var stats runtime.MemStats
			runtime.ReadMemStats(&stats)
			return int64(stats.HeapAlloc)
		}
		n, before := 0, heap()
		for _, err := range client.Connectors().All(t.Context(), freddy.ConnectorListParams{Limit: size}) {
			require.NoError(t, err)
			if n++; n == pages*size {
				assert.Less(t, heap()-before, int64(2<<20), "the items are 5 MB")
			}
		}
		assert.Equal(t, pages*size, n)
	})
	runInBubble(t, "Collect", func(t *T) {
		s := t.serve(pages(3))
		all := t.client(s.URL()).Connectors().All(t.Context(), freddy.ConnectorListParams{Limit: 2})
		items, err := freddy.Collect(all)
		require.NoError(t, err)
		assert.Len(t, items, 3)
		s = t.serve(faulty.Reply(http.StatusOK, listBody(0, 2, "")), faulty.Reply(http.StatusNotFound, ""))
		items, err = freddy.Collect(t.client(s.URL()).Connectors().All(t.Context(), freddy.ConnectorListParams{Limit: 2}))
		require.ErrorIs(t, err, freddy.ErrNotFound)
		assert.Len(t, items, 2, "the items before the error")
		items, err = freddy.Collect(t.client(t.serve(pages(0)).URL()).Connectors().All(t.Context(), freddy.ConnectorListParams{}))
		require.NoError(t, err)
		assert.Empty(t, items)
	})
	runInBubble(t, "overlapping pages", func(t *T) {
		s := t.serve(
			faulty.Reply(http.StatusOK, listBody(0, 3, "")), faulty.Reply(http.StatusOK, listBody(2, 5, "")),
			faulty.Reply(http.StatusOK, listBody(3, 6, "")), faulty.Reply(http.StatusOK, `{"data":[{"id":"pcon_2"},{"id":"pcon_9"},{"id":"pcon_0"}]}`), faulty.Reply(http.StatusOK, listBody(9, 11, "")))
		client := t.client(s.URL())
		got, err := t.collect(client.Connectors().All(t.Context(), freddy.ConnectorListParams{Limit: 3}), whole)
		require.NoError(t, err)
		assert.Len(t, got, 14)
	})
	runInBubble(t, "options and parameters are copied", func(t *T) {
		s := t.serve(pages(3))
		client := t.client(s.URL())
		var mine, other freddy.Response
		opts := []freddy.CallOption{freddy.WithHeader("X-A", "mine"), freddy.WithResponse(&mine)}
		params := freddy.ConnectorListParams{Limit: 2}
		all := client.Connectors().All(t.Context(), params, opts...)
		opts[0], opts[1] = freddy.WithHeader("X-A", "other"), freddy.WithResponse(&other)
		params.Limit, params.Offset = 1, 1
		for range 2 {
			got, err := t.collect(all, whole)
			require.NoError(t, err)
			assert.Equal(t, connectorIDs(0, 3), got)
		}
		assert.Len(t, s.Requests(), 4)
		for _, request := range s.Requests() {
			assert.Equal(t, []string{"mine"}, request.Header["X-A"])
		}
		assert.Equal(t, "2", mine.Header.Get("X-Offset"), "that of the last page")
		assert.Zero(t, other)
	})
	runInBubble(t, "G1 context ends in the loop", func(t *T) {
		s := t.serve(pages(50))
		client := t.client(s.URL())
		ctx, cancel := context.WithCancelCause(t.Context())
		defer cancel(nil)
		var got []string
		var last error
		for connector, err := range client.Connectors().All(ctx, freddy.ConnectorListParams{Limit: 5}) {
			if last = err; err == nil {
				got = append(got, connector.ID)
				cancel(errTest)
			}
		}
		assert.Equal(t, connectorIDs(0, 5), got, "the page is yielded completely")
		require.ErrorIs(t, last, context.Canceled)
		require.ErrorIs(t, last, errTest)
		assert.Len(t, s.Requests(), 1)
	})
	runInBubble(t, "concurrent ranges", func(t *T) {
		s := t.serve(pages(30))
		client := t.client(s.URL())
		all := client.Connectors().All(t.Context(), freddy.ConnectorListParams{Limit: 4})
		var tasks sync.WaitGroup
		for range 4 {
			tasks.Go(func() {
				var got []string
				for connector, err := range all {
					if assert.NoError(t, err) {
						got = append(got, connector.ID)
					}
				}
				assert.Equal(t, connectorIDs(0, 30), got)
			})
		}
		tasks.Wait()
	})
	runInBubble(t, "F13 Limit and Offset", func(t *T) {
		client := t.client(t.untouched().URL())
		for _, limit := range []int{-1, -100, math.MinInt} {
			t.rejectedList(client, freddy.ConnectorListParams{Limit: limit}, "Limit")
		}
		for _, offset := range []int{-1, math.MinInt} {
			t.rejectedList(client, freddy.ConnectorListParams{Offset: offset}, "Offset")
		}
		s := t.serve(faulty.Reply(http.StatusOK, `{"data":[]}`))
		client = t.client(s.URL())
		for i, row := range []struct {
			params freddy.ConnectorListParams
			query  string
		}{
			{freddy.ConnectorListParams{}, ""},
			{freddy.ConnectorListParams{Limit: 1}, "?limit=1"},
			{freddy.ConnectorListParams{Limit: 101}, "?limit=101"},
			{freddy.ConnectorListParams{Limit: math.MaxInt, Offset: math.MaxInt}, fmt.Sprintf("?limit=%d&offset=%[1]d", math.MaxInt)},
			{
				freddy.ConnectorListParams{Type: freddy.ConnectorTypeCustom, Category: "a b\r\n", Status: "\x00é"},
				"?category=a+b%0D%0A&status=%00%C3%A9&type=custom",
			},
		} {
			_, err := client.Connectors().List(t.Context(), row.params)
			require.NoError(t, err)
			assert.Equal(t, "/v1/personal-connectors"+row.query, s.Requests()[i].RequestURI)
		}
	})
}

// pages is a handler of a list of so many items, by limit and offset.
func pages(items int) faulty.Handler {
	return func(c *faulty.Conn) {
		u, _ := url.ParseRequestURI(c.Request().RequestURI)
		limit, _ := strconv.Atoi(u.Query().Get("limit"))
		offset, _ := strconv.Atoi(u.Query().Get("offset"))
		if limit == 0 {
			limit = 20
		}
		faulty.Reply(http.StatusOK, listBody(offset, min(offset+limit, items), ""), fmt.Sprint("X-Offset: ", offset))(c)
	}
}

// collect returns the ids of at most so many items and the error. The error must
// be the last pair and have no connector.
func (t *T) collect(all iter.Seq2[*freddy.Connector, error], most int) (ids []string, last error) {
	t.Helper()
	for connector, err := range all {
		require.NoError(t, last, "an error ends the iteration")
		if last = err; err != nil {
			assert.Nil(t, connector)
			faulty.NoSecret(t, testKey, err)
			continue
		}
		if ids = append(ids, connector.ID); len(ids) == most {
			break
		}
	}
	return ids, last
}
