package wire_test

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
	"weak"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go/internal/wire"
)

func TestMarshal(t *testing.T) {
	var got thing
	require.NoError(t, wire.Unmarshal([]byte(whole), &got))
	out, err := wire.Marshal(got)
	require.NoError(t, err)
	assert.Equal(t, `{"id":"t1","kindOf":"odd","enabled":true,"count":-42,"tookMs":145.25,`+
		`"createdAt":"2025-10-07T10:45:00Z","seenAt":"2025-10-07T12:45:00+02:00","tags":["a","b\né😀"],`+
		`"inner":{"fullName":"Ada","raw":[1,{"x":null}],"more":1},"items":[{"fullName":"Bob"},{}],`+
		`"free":{"big":9007199254740993,"deep":[true,null,"s"],"n":1.5},"account_email":"ada@example.com","is_known":false,`+
		`"alpha":"β","zeta":{"a":1}}`, string(out))

	var again thing
	require.NoError(t, wire.Unmarshal(out, &again))
	assert.Equal(t, got, again)
}

func TestMarshalZeroAndExtra(t *testing.T) {
	out, err := wire.Marshal(thing{CreatedAt: time.Time{}.UTC(), Extra: extra{
		"id": []byte(`"no"`), "kind_of": []byte(`"no"`), "is_active": []byte(`true`), "accountEmail": []byte(`"no"`), "b": nil,
	}})
	require.NoError(t, err)
	assert.Equal(t, `{"enabled":false,"b":null}`, string(out))

	_, err = wire.Marshal(thing{Extra: extra{"broken": []byte(`{`)}})
	require.ErrorContains(t, err, "broken: ")
	_, err = wire.Marshal(thing{Inner: inner{Extra: extra{"broken": []byte(`{`)}}})
	require.ErrorContains(t, err, "inner: broken: ")
	_, err = wire.Marshal(thing{Free: map[string]any{"f": func() {}}})
	require.ErrorContains(t, err, "free: ")
}

func TestModelMistakesPanic(t *testing.T) {
	for name, model := range map[string]any{
		"no json tag": new(struct{ Untagged string }),
		"ignored field": new(struct {
			A string `json:"-"`
		}),
		"unknown json option": new(struct {
			A string `json:"a,omitempty"`
		}),
		"channel": new(struct {
			A chan int `json:"a"`
		}),
		"map of strings": new(struct {
			A map[string]string `json:"a"`
		}),
		"Extra of strings": new(struct {
			Extra map[string]string `json:"-"`
		}),
		"array into a string": new(struct {
			A string `json:"a" wire:"[]"`
		}),
		"two arrays": new(struct {
			A []string `json:"a" wire:"[]"`
			B []string `json:"b" wire:"[]"`
		}),
		"no name": new(struct {
			A string `json:"a" wire:"b,"`
		}),
		"name with white space": new(struct {
			A string `json:"a" wire:"b, c"`
		}),
		"same name twice": new(struct {
			A string `json:"a_b"`
			B string `json:"aB"`
		}),
		"alias of another": new(struct {
			A string `json:"a"`
			B string `json:"b" wire:"a"`
		}),
		"inside another model": new(struct {
			A []*struct{ Untagged string } `json:"a"`
		}),
	} {
		assert.Panics(t, func() { _ = wire.Unmarshal([]byte(`{}`), model) }, name)
	}
}

// Neither the input nor the result may change the other.
func TestResultSharesNothingWithTheInput(t *testing.T) {
	data := []byte(`{"id":"abc","tags":["def"],"x":"ghi","free":{"j":"kl"},"inner":{"raw":[1]}}`)
	var got thing
	require.NoError(t, wire.Unmarshal(data, &got))
	for i := range data {
		data[i] = '#'
	}
	assert.Equal(t, thing{
		ID: "abc", Tags: []string{"def"}, Inner: inner{Raw: "[1]"}, Free: map[string]any{"j": "kl"}, Extra: extra{"x": []byte(`"ghi"`)},
	}, got)
}

// Slices of one response lie in one array: appending to one must not reach the
// next.
func TestSlicesOfAResponseAreApart(t *testing.T) {
	for n := range 70 {
		data := `{"data":[{"tags":["a"],"items":[{}]}`
		for i := range n {
			data += fmt.Sprintf(`,{"tags":["b%d","c%d"],"items":[{"fullName":"d%d"}]}`, i, i, i)
		}
		var got list[thing]
		require.NoError(t, wire.Unmarshal([]byte(data+"]}"), &got))
		require.Len(t, got.Data, n+1)
		for _, item := range got.Data {
			_ = append(item.Tags, "changed")
			_ = append(item.Items, &inner{FullName: "changed"})
		}
		for i, item := range got.Data[1:] {
			require.Equal(t, &thing{
				Tags: []string{fmt.Sprint("b", i), fmt.Sprint("c", i)}, Items: []*inner{{FullName: fmt.Sprint("d", i)}},
			}, item)
		}
	}
}

// A caller may keep one item of many, or one slice.
func TestWhatIsKeptRetainsLittleElse(t *testing.T) {
	heap := func() uint64 {
		runtime.GC()
		runtime.GC() // the first one leaves what lies in pools
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		return stats.HeapAlloc
	}
	items := []byte("[" + strings.Repeat("{},", 20_000) + "{}]")
	tags := []byte(`[{"tags":["",` + strings.Repeat(`"",`, 200_000) + `""]},{"tags":[""]}]`)
	for name, row := range map[string]struct {
		body []byte
		keep func(*list[thing]) any
	}{
		"item":  {items, func(got *list[thing]) any { return got.Data[10_000] }},
		"slice": {tags, func(got *list[thing]) any { return got.Data[1].Tags }},
	} {
		before := heap()
		got := new(list[thing])
		require.NoError(t, wire.Decode(row.body, got))
		require.Greater(t, heap(), before+1<<20, name)
		kept := row.keep(got)
		got = nil //nolint:ineffassign,wastedassign // so that the collector can free it
		assert.Less(t, heap(), before+1<<17, name)
		runtime.KeepAlive(kept)
	}
	runtime.KeepAlive(items)
	runtime.KeepAlive(tags)
}

// Unmarshalling twice into one model leaves the slices of the first result as
// they are.
func TestSecondUnmarshalLeavesTheFirstResult(t *testing.T) {
	var got thing
	require.NoError(t, wire.Unmarshal([]byte(`{"tags":["a","b"],"items":[{"label":"a"}]}`), &got))
	first := got
	require.NoError(t, wire.Unmarshal([]byte(`{"tags":["c"],"items":[{"label":"c"}]}`), &got))
	assert.Equal(t, thing{Tags: []string{"a", "b"}, Items: []*inner{{FullName: "a"}}}, first)
	assert.Equal(t, thing{Tags: []string{"c"}, Items: []*inner{{FullName: "c"}}}, got)
}

// A decoder goes back into a pool, which must not keep what it has decoded.
func TestPoolKeepsNothing(t *testing.T) {
	decode := func(body string, decode func([]byte)) weak.Pointer[byte] {
		data := []byte(body + strings.Repeat(" ", 1<<10))
		decode(data)
		return weak.Make(&data[0])
	}
	for name, data := range map[string]weak.Pointer[byte]{
		"Unmarshal":      decode(whole, func(data []byte) { assert.NoError(t, wire.Unmarshal(data, new(thing))) }),
		"error":          decode(`{"id":{}}`, func(data []byte) { assert.Error(t, wire.Unmarshal(data, new(thing))) }),
		"Decode":         decode(`{"success":true,"data":{"id":"a"}}`, func(data []byte) { assert.NoError(t, wire.Decode(data, new(thing))) }),
		"Unsuccessful":   decode(`{}`, func(data []byte) { assert.False(t, wire.Unsuccessful(data)) }),
		"ParseErrorBody": decode(`{"code":"c","x`, func(data []byte) { assert.Equal(t, "c", wire.ParseErrorBody(data).Code) }),
		"Value": decode(`[]`, func(data []byte) {
			_, err := wire.Value(data)
			assert.NoError(t, err)
		}),
	} {
		runtime.GC() // one collection leaves what lies in pools
		assert.Nil(t, data.Value(), name)
	}
}

func TestConcurrentUse(t *testing.T) {
	type fresh struct { // compiled by several goroutines at once
		ID    string `json:"id"`
		Inner inner  `json:"inner"`
		Extra extra  `json:"-"`
	}
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			for j := range 200 {
				id := fmt.Sprint(i, "-", j)
				var got fresh
				assert.NoError(t, wire.Decode(fmt.Appendf(nil, `{"id":%q,"inner":{"raw":[%d]},"x":%d}`, id, j, i), &got))
				assert.Equal(t, fresh{ID: id, Inner: inner{Raw: schema(fmt.Sprintf("[%d]", j))}, Extra: extra{"x": fmt.Append(nil, i)}}, got)
				assert.Error(t, wire.Decode([]byte(`{"id":"cut`), new(fresh)))
			}
		})
	}
	wait.Wait()
}
