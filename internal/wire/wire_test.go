package wire_test

import (
	"bytes"
	"encoding/json"
	"math"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go/internal/wire"
)

// thing has a field of every kind that a model may have.
type thing struct {
	ID        string         `json:"id,omitzero"`
	KindOf    kind           `json:"kindOf,omitzero"`
	Enabled   bool           `json:"enabled" wire:"isActive"`
	Count     int            `json:"count,omitzero"`
	Took      time.Duration  `json:"tookMs,omitzero"`
	CreatedAt time.Time      `json:"createdAt,omitzero"`
	SeenAt    *time.Time     `json:"seenAt,omitzero"`
	Tags      []string       `json:"tags,omitzero"`
	Inner     inner          `json:"inner,omitzero"`
	Items     []*inner       `json:"items,omitzero"`
	Free      map[string]any `json:"free,omitzero"`
	Email     string         `json:"account_email,omitzero"`
	Known     *bool          `json:"is_known,omitzero"`
	Extra     extra          `json:"-" wire:"passPhrase"`
}

type kind string

type inner struct {
	FullName string `json:"fullName,omitzero" wire:"label,caption"`
	Raw      schema `json:"raw,omitzero"`
	Extra    extra  `json:"-"`
}

const whole = `{
	"id": "t1", "kindOf": "odd", "enabled": true, "count": -42, "tookMs": 145.25,
	"createdAt": "2025-10-07T10:45:00Z", "seenAt": "2025-10-07T12:45:00+02:00",
	"tags": ["a", "b\n\u00e9\ud83d\ude00"], "inner": {"fullName": "Ada", "raw": [1,{"x":null}], "more": 1},
	"items": [{"full_name": "Bob"}, {}],
	"free": {"n": 1.5, "big": 9007199254740993, "deep": [true, null, "s"]},
	"account_email": "ada@example.com", "is_known": false, "zeta": {"a":1}, "alpha": "β"
}`

func TestUnmarshal(t *testing.T) {
	var got thing
	require.NoError(t, wire.Unmarshal([]byte(whole), &got))

	known, seen := false, time.Date(2025, 10, 7, 12, 45, 0, 0, time.FixedZone("", 2*60*60))
	assert.Equal(t, thing{
		ID: "t1", KindOf: "odd", Enabled: true, Count: -42, Took: 145*time.Millisecond + 250*time.Microsecond,
		CreatedAt: time.Date(2025, 10, 7, 10, 45, 0, 0, time.UTC),
		SeenAt:    &seen,
		Tags:      []string{"a", "b\né😀"},
		Inner:     inner{FullName: "Ada", Raw: `[1,{"x":null}]`, Extra: extra{"more": []byte(`1`)}},
		Items:     []*inner{{FullName: "Bob"}, {}},
		Free:      map[string]any{"n": 1.5, "big": json.Number("9007199254740993"), "deep": []any{true, nil, "s"}},
		Email:     "ada@example.com",
		Known:     &known,
		Extra:     extra{"zeta": []byte(`{"a":1}`), "alpha": []byte(`"β"`)},
	}, got)
}

func TestNullIsANoOp(t *testing.T) {
	got := thing{ID: "a"}
	require.NoError(t, wire.Unmarshal([]byte(` null `), &got))
	assert.Equal(t, thing{ID: "a"}, got)
	for data, reason := range map[string]string{"nul": "unexpected end", "nulL": "invalid JSON", "null null": "unexpected data"} {
		require.ErrorContains(t, wire.Unmarshal([]byte(data), &got), reason, data)
	}
}

func TestNullIsAbsent(t *testing.T) {
	got := thing{}
	require.NoError(t, wire.Unmarshal([]byte(`{"id":null,"enabled":null,"count":null,"tookMs":null,"createdAt":null,"seenAt":null,
		"tags":null,"inner":null,"items":null,"free":null,"account_email":null,"is_known":null,"passPhrase":null}`), &got))
	assert.Equal(t, thing{}, got)

	require.NoError(t, wire.Unmarshal([]byte(`{"inner":{"raw":null},"unknown":null}`), &got))
	assert.Equal(t, thing{Extra: extra{"unknown": []byte("null")}}, got)
}

func TestSpellings(t *testing.T) {
	var camel, snake thing
	require.NoError(t, wire.Unmarshal([]byte(`{"kindOf":"k","tookMs":2,"inner":{"fullName":"x"},"accountEmail":"e","isKnown":true}`), &camel))
	require.NoError(t, wire.Unmarshal([]byte(`{"is_known":true,"account_email":"e","inner":{"full_name":"x"},"took_ms":2,"kind_of":"k"}`), &snake))
	assert.Equal(t, camel, snake)

	out, err := wire.Marshal(snake) // each name as its tag spells it
	require.NoError(t, err)
	assert.Equal(t, `{"kindOf":"k","enabled":false,"tookMs":2,"inner":{"fullName":"x"},"account_email":"e","is_known":true}`, string(out))

	var other thing
	require.NoError(t, wire.Unmarshal([]byte(`{"KindOf":"k","kind-of":"k","KIND_OF":"k","Kind_of":"k","account_Email":"e"}`), &other))
	assert.Len(t, other.Extra, 5)
	other.Extra = nil
	assert.Equal(t, thing{}, other)
}

func TestAliases(t *testing.T) {
	for data, want := range map[string]string{
		`{"label":"a"}`:                           "a",
		`{"caption":"a"}`:                         "a",
		`{"fullName":"a","label":"b"}`:            "a",
		`{"label":"b","full_name":"a"}`:           "a",
		`{"label":null,"caption":"a"}`:            "a",
		`{"fullName":"a","label":{"any":"kind"}}`: "a",
		`{"fullName":"","label":"a"}`:             "a",
	} {
		var got inner
		require.NoError(t, wire.Unmarshal([]byte(data), &got), data)
		assert.Equal(t, inner{FullName: want}, got, data)
		out, err := wire.Marshal(got)
		require.NoError(t, err)
		assert.Equal(t, `{"fullName":"a"}`, string(out))
	}
	for _, data := range []string{`{"is_active":true}`, `{"isActive":true}`, `{"enabled":true,"isActive":false}`} {
		var got thing
		require.NoError(t, wire.Unmarshal([]byte(data), &got))
		assert.Equal(t, thing{Enabled: true}, got, data)
	}
}

func TestDroppedMembers(t *testing.T) {
	for _, data := range []string{`{"passPhrase":"hunter2"}`, `{"pass_phrase":{"x":["hunter2"]}}`} {
		var got thing
		require.NoError(t, wire.Unmarshal([]byte(data), &got))
		assert.Equal(t, thing{}, got)
	}
	out, err := wire.Marshal(thing{Extra: extra{"passPhrase": []byte(`1`), "pass_phrase": []byte(`1`)}})
	require.NoError(t, err)
	assert.Equal(t, `{"enabled":false}`, string(out))
	require.ErrorContains(t, wire.Unmarshal([]byte(`{"passPhrase":}`), new(thing)), "invalid JSON")
}

func TestLastOfRepeatedMembersWins(t *testing.T) {
	for _, row := range []struct {
		name, data string
		want       thing
	}{
		{"string", `{"id":"a","id":"b"}`, thing{ID: "b"}},
		{"null", `{"id":"a","id":null}`, thing{ID: "a"}},
		{"both cases", `{"kindOf":"a","kind_of":"b"}`, thing{KindOf: "b"}},
		{"zero value", `{"count":7,"count":0}`, thing{}},
		{"slice of strings", `{"tags":["x","y"],"tags":["z"]}`, thing{Tags: []string{"z"}}},
		{"empty slice", `{"tags":["x","y"],"tags":[]}`, thing{Tags: []string{}}},
		{"slice of models", `{"items":[{"fullName":"a"},{"fullName":"b"}],"items":[{"raw":1}]}`, thing{Items: []*inner{{Raw: "1"}}}},
		{"model", `{"inner":{"fullName":"a","x":1},"inner":{"raw":2}}`, thing{Inner: inner{Raw: "2"}}},
		{"model, then null", `{"inner":{"fullName":"a"},"inner":null}`, thing{Inner: inner{FullName: "a"}}},
		{"free-form object", `{"free":{"a":1},"free":{"b":2}}`, thing{Free: map[string]any{"b": 2.0}}},
		{"member of a free-form object", `{"free":{"a":1,"a":null}}`, thing{Free: map[string]any{"a": nil}}},
		{"time, then empty", `{"createdAt":"2025-01-01T00:00:00Z","createdAt":""}`, thing{CreatedAt: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)}},
		{"unknown", `{"q":1,"q":2}`, thing{Extra: extra{"q": []byte("2")}}},
		{"unknown, then null", `{"q":1,"q":null}`, thing{Extra: extra{"q": []byte("1")}}},
	} {
		t.Run(row.name, func(t *testing.T) {
			var got thing
			require.NoError(t, wire.Unmarshal([]byte(row.data), &got))
			assert.Equal(t, row.want, got)
		})
	}
}

func TestEmptyIsNotAbsent(t *testing.T) {
	var got thing
	require.NoError(t, wire.Unmarshal([]byte(`{"tags":[],"items":[],"free":{}}`), &got))
	assert.Equal(t, thing{Tags: []string{}, Items: []*inner{}, Free: map[string]any{}}, got)
	out, err := wire.Marshal(got)
	require.NoError(t, err)
	assert.Equal(t, `{"enabled":false,"tags":[],"items":[],"free":{}}`, string(out))
}

func TestIntegers(t *testing.T) {
	for text, want := range map[string]int{
		"0": 0, "-0": 0, "7": 7, "-7": -7, "5.0": 5, "5e0": 5, "5E+0": 5, "-5.00": -5, "50e-1": 5, "1.5e1": 15, "0.0": 0, "0e99": 0,
		strconv.Itoa(math.MaxInt): math.MaxInt, strconv.Itoa(math.MaxInt) + ".0": math.MaxInt, strconv.Itoa(math.MinInt) + "e0": math.MinInt, "2e9": 2e9,
	} {
		var got thing
		require.NoError(t, wire.Unmarshal([]byte(`{"count":`+text+`}`), &got), text)
		assert.Equal(t, want, got.Count, text)
	}
	for _, text := range []string{"1.5", "5e-1", "9223372036854775808", "9223372036854775808.0", "1e19", "1e400", "1e99999999999999999999", "-1e99", "1e-99999999999999999999"} {
		err := wire.Unmarshal([]byte(`{"count":`+text+`}`), new(thing))
		require.EqualError(t, err, "/count: must be an integer that fits in an int", text)
	}
}

func TestDurations(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0": 0, "145": 145 * time.Millisecond, "0.25": 250 * time.Microsecond, "1e3": time.Second, "-1": -time.Millisecond, "1e-9": 0, "null": 0,
	} {
		var got thing
		require.NoError(t, wire.Unmarshal([]byte(`{"tookMs":`+text+`}`), &got), text)
		assert.Equal(t, want, got.Took, text)
	}
}

func TestUnmarshalErrors(t *testing.T) {
	const noInt, noDuration = "must be an integer that fits in an int", "must be a number of milliseconds that fits in a time.Duration"
	for _, row := range []struct{ name, data, pointer, reason string }{
		{"array", `[]`, "", "must be an object, not an array"},
		{"string", `"x"`, "", "must be an object, not a string"},
		{"number", `5`, "", "must be an object, not a number"},
		{"boolean", `true`, "", "must be an object, not a boolean"},
		{"empty", ``, "", "unexpected end of JSON input"},
		{"white space", " \n\t ", "", "unexpected end of JSON input"},
		{"HTML", `<html>`, "", "invalid JSON: unexpected byte 60 '<' at 0"},
		{"byte order mark", "\ufeff{}", "", "invalid JSON"},
		{"two values", `{} {}`, "", "unexpected data after JSON value"},
		{"trailing text", `{}x`, "", "unexpected data after JSON value"},
		{"trailing bracket", `{}}`, "", "unexpected data after JSON value"},
		{"trailing NUL", "{}\x00", "", "unexpected data after JSON value"},
		{"cut trailing value", `{} {"a":`, "", "unexpected data after JSON value"},
		{"cut in a name", `{"id":"a","na`, "", "unexpected end of JSON input"},
		{"cut in a string", `{"id":"a`, "/id", "unexpected end of JSON input"},
		{"cut in an object", `{"inner":{"fullName":"x"`, "/inner", "unexpected end of JSON input"},
		{"cut in an array", `{"tags":["x"`, "/tags", "unexpected end of JSON input"},
		{"cut after a colon", `{"id":`, "", ""},
		{"comma", `{"id":"a",}`, "", "invalid JSON"},
		{"no comma", `{"id":"a" "count":1}`, "", "invalid JSON"},
		{"control character", "{\"id\":\"a\nb\"}", "/id", "invalid JSON"},
		{"bad escape", `{"id":"\q"}`, "/id", "invalid JSON"},
		{"no string", `{"id":5}`, "/id", "must be a string, not a number"},
		{"snake_case name", `{"kind_of":[]}`, "/kind_of", "must be a string, not an array"},
		{"alias", `{"inner":{"caption":5}}`, "/inner/caption", "must be a string, not a number"},
		{"no boolean", `{"enabled":"true"}`, "/enabled", "must be a boolean, not a string"},
		{"no boolean behind a pointer", `{"is_known":0}`, "/is_known", "must be a boolean, not a number"},
		{"no number", `{"count":"7"}`, "/count", "must be a number, not a string"},
		{"fraction", `{"count":1.5}`, "/count", noInt},
		{"number with a leading zero", `{"count":01}`, "/count", "invalid JSON"},
		{"no duration", `{"tookMs":"1s"}`, "/tookMs", "must be a number, not a string"},
		{"large duration", `{"tookMs":1e300}`, "/tookMs", noDuration},
		{"duration that is no float64", `{"tookMs":1e400}`, "/tookMs", noDuration},
		{"no time", `{"createdAt":"soon"}`, "/createdAt", "must be an RFC 3339 time"},
		{"time as a number", `{"seenAt":1736000000}`, "/seenAt", "must be a string, not a number"},
		{"null in an array of strings", `{"tags":["a",null]}`, "/tags/1", "must be a string, not null"},
		{"null in an array of models", `{"items":[{},null]}`, "/items/1", "must be an object, not null"},
		{"no array", `{"tags":{}}`, "/tags", "must be an array, not an object"},
		{"nested", `{"inner":{"fullName":{}}}`, "/inner/fullName", "must be a string, not an object"},
		{"in an item", `{"items":[{},{"full_name":false}]}`, "/items/1/full_name", "must be a string, not a boolean"},
		{"no free-form object", `{"free":[]}`, "/free", "must be an object, not an array"},
		{"in a free-form object", `{"free":{"a/b":{"~":[1,tru]}}}`, "/free/a~1b/~0/1", "invalid JSON"},
		{"unknown member", `{"x":nul}`, "/x", "invalid JSON"},
		{"escaped name", `{"\u0069d":5}`, "/id", "must be a string"},
	} {
		t.Run(row.name, func(t *testing.T) {
			err := wire.Unmarshal([]byte(row.data), new(thing))
			var e *wire.Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, row.pointer, e.Pointer)
			assert.Contains(t, e.Reason, row.reason)
		})
	}
}

func TestErrorText(t *testing.T) {
	assert.EqualError(t, &wire.Error{Reason: "unexpected data after JSON value"}, "unexpected data after JSON value")
	assert.EqualError(t, &wire.Error{Pointer: "/data/0", Reason: "must be an object, not null"}, "/data/0: must be an object, not null")
}

// Errors go into logs.
func TestErrorsQuoteNothing(t *testing.T) {
	for _, data := range []string{
		`{"count":"hunter2"}`, `{"createdAt":"hunter2"}`, `{"id":hunter2}`, `hunter2`, `{"tookMs":hunter2}`, `{} hunter2`,
	} {
		err := wire.Unmarshal([]byte(data), new(thing))
		require.Error(t, err)
		assert.NotContains(t, err.Error(), "hunter2")
	}
}

func TestDepth(t *testing.T) {
	nested := func(n int) []byte {
		return []byte(`{"x":` + strings.Repeat("[", n) + strings.Repeat("]", n) + `}`)
	}
	require.NoError(t, wire.Unmarshal(nested(9_999), new(thing)))

	for _, data := range [][]byte{nested(10_000), nested(200_000), bytes.Repeat([]byte(`[`), 1<<20), bytes.Repeat([]byte(`{"a":`), 1<<18)} {
		err := wire.Unmarshal(data, new(thing))
		require.Error(t, err)
		assert.Less(t, len(err.Error()), 200)
	}
	require.EqualError(t, wire.Unmarshal(nested(10_000), new(thing)), "/x: nested deeper than 10000 levels")
}

func TestPointerIsBounded(t *testing.T) {
	pointerOf := func(data string) string {
		var e *wire.Error
		require.ErrorAs(t, wire.Unmarshal([]byte(data), new(thing)), &e)
		return e.Pointer
	}
	for _, row := range []struct {
		name, data, pointer string
	}{
		{"longest", `{"free":{"` + strings.Repeat("a", 4086) + `":x}}`, "/free/" + strings.Repeat("a", 4086)},
		{"longer by one", `{"free":{"` + strings.Repeat("a", 4087) + `":x}}`, "/free/..."},
		{"longer by escapes", `{"free":{"` + strings.Repeat("/", 4086) + `":x}}`, "/free/..."},
		{"long name at the top", `{"` + strings.Repeat("a", 1<<20) + `":x}`, "/..."},
		{"many levels", `{"free":` + strings.Repeat(`{"a":`, 9000) + `x`, "/free" + strings.Repeat("/a", 2043) + "/..."},
	} {
		t.Run(row.name, func(t *testing.T) {
			pointer := pointerOf(row.data)
			assert.Equal(t, row.pointer, pointer)
			assert.LessOrEqual(t, len(pointer), 4<<10)
		})
	}
}

// Each level once put its name before the pointer of the level below, which
// made this cost 38 GB.
func TestDeepErrorsCostNoMoreThanTheirLength(t *testing.T) {
	const levels, name = 9000, 1000
	body := []byte(`{"free":` + strings.Repeat(`{"`+strings.Repeat("n", name)+`":`, levels) + `x`)
	for name, decode := range map[string]func([]byte, any) error{"Unmarshal": wire.Unmarshal, "Decode": wire.Decode} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		require.Error(t, decode(body, new(thing)))
		runtime.ReadMemStats(&after)
		assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(3*len(body)), name)
	}
}

func TestInvalidUTF8(t *testing.T) {
	var got thing
	require.NoError(t, wire.Unmarshal([]byte("{\"id\":\"a\xff\xfeb\",\"tags\":[\"\xc3\"]}"), &got))
	assert.Equal(t, thing{ID: "a\uFFFDb", Tags: []string{"\uFFFD"}}, got)

	got = thing{}
	require.NoError(t, wire.Unmarshal([]byte("{\"id\":\"\\ud800\",\"free\":{\"\xff\":\"\\udc00x\"},\"\xff\":\"\xff\"}"), &got))
	assert.True(t, utf8.ValidString(got.ID))
	for name, value := range got.Free {
		assert.True(t, utf8.ValidString(name))
		assert.True(t, utf8.ValidString(value.(string)))
	}
	for name, value := range got.Extra {
		assert.True(t, utf8.ValidString(name))
		assert.True(t, utf8.Valid(value))
	}
}

func TestUnsuccessful(t *testing.T) {
	for data, want := range map[string]bool{
		`{"success":false}`:           true,
		`{"a":[1],"success":false`:    true,
		`{"data":{},"success":false}`: true,
		`{"success":true}`:            false,
		`{"success":null}`:            false,
		`{"success":"false"}`:         false,
		`{"a":{"success":false}}`:     false,
		`[{"success":false}]`:         false,
		``:                            false,
		`<html>`:                      false,
	} {
		assert.Equal(t, want, wire.Unsuccessful([]byte(data)), data)
	}
}

// FuzzUnmarshal compares with encoding/json: Unmarshal rejects whatever is no
// JSON, and rejects JSON only because of a value. What it decodes survives a
// round trip.
func FuzzUnmarshal(f *testing.F) {
	for _, seed := range []string{
		whole, `null`, `{"tags":[],"free":{"n":1e400,"m":-0.0},"tookMs":0.0001,"count":-0}`, "{\"id\":\"\xff\",\"x\":\"\\ud800\"}",
		`{"createdAt":"2025-11-10 08:00:00.123456+0000","seenAt":"","count":5.0}`, `{"items":[{"label":"a"},null]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var got thing
		if err := wire.Unmarshal(data, &got); err != nil {
			var e *wire.Error
			require.ErrorAs(t, err, &e)
			require.LessOrEqual(t, len(e.Pointer), 4<<10)
			if json.Valid(data) {
				require.True(t, strings.HasPrefix(e.Reason, "must be "), "%v", err)
			}
			require.Error(t, wire.Decode(data, new(thing)))
			return
		}
		require.True(t, json.Valid(data), "accepted what is not JSON")
		require.True(t, utf8.ValidString(got.ID))
		out, err := wire.Marshal(got)
		require.NoError(t, err)
		require.True(t, json.Valid(out))
		require.True(t, utf8.Valid(out))
		var again thing
		require.NoError(t, wire.Unmarshal(out, &again))
		twice, err := wire.Marshal(again)
		require.NoError(t, err)
		require.Equal(t, string(out), string(twice))
	})
}
