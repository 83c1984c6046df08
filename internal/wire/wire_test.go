package wire_test

import (
	"bytes"
	"encoding/json"
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
	ID        string                     `json:"id,omitzero"`
	KindOf    kind                       `json:"kindOf,omitzero"`
	Enabled   bool                       `json:"enabled" wire:"isActive"`
	Count     int                        `json:"count,omitzero"`
	Took      time.Duration              `json:"tookMs,omitzero"`
	CreatedAt time.Time                  `json:"createdAt,omitzero"`
	SeenAt    *time.Time                 `json:"seenAt,omitzero"`
	Tags      []string                   `json:"tags,omitzero"`
	Inner     inner                      `json:"inner,omitzero"`
	Free      map[string]any             `json:"free,omitzero"`
	Extra     map[string]json.RawMessage `json:"-" wire:"passPhrase"`
}

type kind string

type inner struct {
	FullName string                     `json:"fullName,omitzero"`
	Raw      raw                        `json:"raw,omitzero"`
	Extra    map[string]json.RawMessage `json:"-"`
}

// raw keeps its JSON, as Schema does.
type raw struct{ text string }

func (r raw) MarshalJSON() ([]byte, error) { return []byte(r.text), nil }

func init() { wire.Keep(func(text string) raw { return raw{text} }) }

// listing is the shape of a list.
type listing struct {
	Data    []*thing                   `json:"data"`
	HasMore *bool                      `json:"hasMore"`
	Extra   map[string]json.RawMessage `json:"-"`
}

const whole = `{
	"id": "t1", "kindOf": "odd", "enabled": true, "count": -42, "tookMs": 145.25,
	"createdAt": "2025-10-07T10:45:00Z", "seenAt": "2025-10-07T12:45:00+02:00",
	"tags": ["a", "b\n\u00e9\ud83d\ude00"], "inner": {"fullName": "Ada", "raw": [1,{"x":null}], "more": 1},
	"free": {"n": 1.5, "big": 9007199254740993, "deep": [true, null, "s"]},
	"zeta": {"a":1}, "alpha": "β"
}`

func TestUnmarshal(t *testing.T) {
	var got thing
	require.NoError(t, wire.Unmarshal([]byte(whole), &got))

	at := time.Date(2025, 10, 7, 10, 45, 0, 0, time.UTC)
	require.NotNil(t, got.SeenAt)
	assert.True(t, at.Equal(*got.SeenAt))
	got.SeenAt = nil
	assert.Equal(t, thing{
		ID: "t1", KindOf: "odd", Enabled: true, Count: -42, Took: 145*time.Millisecond + 250*time.Microsecond,
		CreatedAt: at,
		Tags:      []string{"a", "b\né😀"},
		Inner: inner{
			FullName: "Ada", Raw: raw{`[1,{"x":null}]`},
			Extra: map[string]json.RawMessage{"more": json.RawMessage(`1`)},
		},
		Free: map[string]any{
			"n": 1.5, "big": json.Number("9007199254740993"), "deep": []any{true, nil, "s"},
		},
		Extra: map[string]json.RawMessage{"zeta": json.RawMessage(`{"a":1}`), "alpha": json.RawMessage(`"β"`)},
	}, got)
}

func TestSpellings(t *testing.T) {
	var camel, snake thing
	require.NoError(t, wire.Unmarshal([]byte(`{"kindOf":"k","tookMs":2,"createdAt":"2025-01-01T00:00:00Z","inner":{"fullName":"x"}}`), &camel))
	require.NoError(t, wire.Unmarshal([]byte(`{"inner":{"full_name":"x"},"created_at":"2025-01-01T00:00:00Z","took_ms":2,"kind_of":"k"}`), &snake))
	assert.Equal(t, camel, snake)

	var other thing // any third spelling is another member
	require.NoError(t, wire.Unmarshal([]byte(`{"KindOf":"k","kind-of":"k","KIND_OF":"k","Kind_of":"k"}`), &other))
	assert.Empty(t, other.KindOf)
	assert.Len(t, other.Extra, 4)
}

func TestOtherNames(t *testing.T) {
	for _, data := range []string{`{"is_active":true}`, `{"isActive":true}`, `{"enabled":true,"isActive":null}`} {
		var got thing
		require.NoError(t, wire.Unmarshal([]byte(data), &got))
		out, err := wire.Marshal(got)
		require.NoError(t, err)
		assert.Equal(t, `{"enabled":true}`, string(out))
	}
}

func TestDropped(t *testing.T) {
	for _, data := range []string{`{"passPhrase":"hunter2"}`, `{"pass_phrase":{"x":["hunter2"]}}`} {
		var got thing
		require.NoError(t, wire.Unmarshal([]byte(data), &got))
		assert.Equal(t, thing{}, got)
	}
	out, err := wire.Marshal(thing{Extra: map[string]json.RawMessage{"passPhrase": []byte(`1`), "pass_phrase": []byte(`1`)}})
	require.NoError(t, err)
	assert.Equal(t, `{"enabled":false}`, string(out))
	require.ErrorContains(t, wire.Unmarshal([]byte(`{"passPhrase":}`), new(thing)), "is not JSON")
}

func TestNullIsAbsent(t *testing.T) {
	got := thing{}
	require.NoError(t, wire.Unmarshal([]byte(`{"id":null,"enabled":null,"count":null,"tookMs":null,"createdAt":null,
		"seenAt":null,"tags":null,"inner":null,"free":null}`), &got))
	assert.Equal(t, thing{}, got)

	require.NoError(t, wire.Unmarshal([]byte(`{"kindOf":"k","kind_of":null,"unknown":null}`), &got))
	assert.Equal(t, kind("k"), got.KindOf)
	assert.Equal(t, json.RawMessage("null"), got.Extra["unknown"])
}

func TestLastOfTwoStays(t *testing.T) {
	var got thing
	require.NoError(t, wire.Unmarshal([]byte(`{"id":"a","tags":["x","y"],"id":"b","tags":["z"],"q":1,"q":2}`), &got))
	assert.Equal(t, "b", got.ID)
	assert.Equal(t, []string{"z"}, got.Tags)
	assert.Equal(t, json.RawMessage("2"), got.Extra["q"])
}

func TestEmptyIsNotAbsent(t *testing.T) {
	var got thing
	require.NoError(t, wire.Unmarshal([]byte(`{"tags":[],"free":{}}`), &got))
	assert.NotNil(t, got.Tags)
	assert.NotNil(t, got.Free)
	out, err := wire.Marshal(got)
	require.NoError(t, err)
	assert.JSONEq(t, `{"enabled":false,"tags":[],"free":{}}`, string(out))
}

func TestUnmarshalErrors(t *testing.T) {
	for _, row := range []struct{ name, data, pointer, reason string }{
		{"null", `null`, "", "must be an object, not null"},
		{"array", `[]`, "", "must be an object, not an array"},
		{"string", `"x"`, "", "must be an object, not a string"},
		{"number", `5`, "", "must be an object, not a number"},
		{"nothing", ``, "", "is missing: the text ends before it"},
		{"space", " \n\t ", "", "is missing: the text ends before it"},
		{"html", `<html>`, "", "is not JSON"},
		{"byte order mark", "\ufeff{}", "", "is not JSON"},
		{"two values", `{} {}`, "", "has something after its end"},
		{"trailing junk", `{}x`, "", "has something after its end"},
		{"trailing bracket", `{}}`, "", "has something after its end"},
		{"trailing NUL", "{}\x00", "", "has something after its end"},
		{"cut in a name", `{"id":"a","na`, "", "ends in the middle"},
		{"cut in a string", `{"id":"a`, "/id", "ends in the middle"},
		{"cut in an object", `{"inner":{"fullName":"x"`, "/inner", "ends in the middle"},
		{"cut after a colon", `{"id":`, "", ""},
		{"comma", `{"id":"a",}`, "", "is not JSON"},
		{"no comma", `{"id":"a" "count":1}`, "", "is not JSON"},
		{"control character", "{\"id\":\"a\nb\"}", "/id", "is not JSON"},
		{"bad escape", `{"id":"\q"}`, "/id", "is not JSON"},
		{"string", `{"id":5}`, "/id", "must be a string, not a number"},
		{"snake name", `{"kind_of":[]}`, "/kind_of", "must be a string, not an array"},
		{"bool", `{"enabled":"true"}`, "/enabled", "must be a boolean, not a string"},
		{"int as string", `{"count":"7"}`, "/count", "must be a number, not a string"},
		{"int with fraction", `{"count":1.5}`, "/count", "is a number that does not fit an int"},
		{"int too large", `{"count":9223372036854775808}`, "/count", "is a number that does not fit an int"},
		{"int out of range", `{"count":1e400}`, "/count", "is a number that does not fit an int"},
		{"number with zero", `{"count":01}`, "/count", "is not JSON"},
		{"duration too large", `{"tookMs":1e300}`, "/tookMs", "is a number of milliseconds that does not fit"},
		{"duration out of range", `{"tookMs":1e400}`, "/tookMs", "is a number of milliseconds that does not fit"},
		{"time", `{"createdAt":"2025-01-01"}`, "/createdAt", "is not an RFC 3339 time"},
		{"time without zone", `{"createdAt":"2025-01-01T00:00:00"}`, "/createdAt", "is not an RFC 3339 time"},
		{"time with comma", `{"createdAt":"2025-01-01T00:00:00,5Z"}`, "/createdAt", "is not an RFC 3339 time"},
		{"time with one digit", `{"createdAt":"2025-01-01T0:00:00Z"}`, "/createdAt", "is not an RFC 3339 time"},
		{"time with a bare dot", `{"createdAt":"2025-01-01T00:00:00.Z"}`, "/createdAt", "is not an RFC 3339 time"},
		{"time out of range", `{"createdAt":"2025-02-30T00:00:00Z"}`, "/createdAt", "is not an RFC 3339 time"},
		{"time with a long offset", `{"createdAt":"2025-01-01T00:00:00+24:00"}`, "/createdAt", "is not an RFC 3339 time"},
		{"time, empty", `{"createdAt":""}`, "/createdAt", "is not an RFC 3339 time"},
		{"time as number", `{"seenAt":1736000000}`, "/seenAt", "must be a string, not a number"},
		{"array element", `{"tags":["a",null]}`, "/tags/1", "must be a string, not null"},
		{"array", `{"tags":{}}`, "/tags", "must be an array, not an object"},
		{"nested", `{"inner":{"fullName":{}}}`, "/inner/fullName", "must be a string, not an object"},
		{"map", `{"free":[]}`, "/free", "must be an object, not an array"},
		{"in free-form", `{"free":{"a/b":{"~":[1,tru]}}}`, "/free/a~1b/~0/1", "is not JSON"},
		{"unknown member", `{"x":nul}`, "/x", "is not JSON"},
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

func TestElementErrors(t *testing.T) {
	for data, pointer := range map[string]string{
		`{"data":[{"id":"a"},{"id":"b"},null]}`:               "/data/2",
		`{"data":[{"id":"a"},{"inner":{"fullName":1}}]}`:      "/data/1/inner/fullName",
		`{"data":[{"id":"a"},{"inner":{"full_name":false}}]}`: "/data/1/inner/full_name",
		`{"hasMore":"no"}`: "/hasMore",
	} {
		var e *wire.Error
		require.ErrorAs(t, wire.Unmarshal([]byte(data), new(listing)), &e, data)
		assert.Equal(t, pointer, e.Pointer)
	}
}

// An error must not show what it is about: it goes into logs.
func TestErrorsQuoteNothing(t *testing.T) {
	for _, data := range []string{
		`{"count":"hunter2"}`, `{"createdAt":"hunter2"}`, `{"id":hunter2}`, `hunter2`, `{"tookMs":hunter2}`,
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
	var e *wire.Error
	require.ErrorAs(t, wire.Unmarshal(nested(10_000), new(thing)), &e)
	assert.Equal(t, "is nested deeper than 10000 levels", e.Reason)
}

func TestInvalidUTF8(t *testing.T) {
	var got thing
	require.NoError(t, wire.Unmarshal([]byte("{\"id\":\"a\xff\xfeb\",\"tags\":[\"\xc3\"]}"), &got))
	assert.Equal(t, "a\uFFFDb", got.ID)
	assert.Equal(t, []string{"\uFFFD"}, got.Tags)

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

// Neither the input nor what was decoded from it may change the other.
func TestResultIsACopy(t *testing.T) {
	data := []byte(`{"id":"abc","tags":["def"],"x":"ghi","free":{"j":"kl"}}`)
	var got thing
	require.NoError(t, wire.Unmarshal(data, &got))
	for i := range data {
		data[i] = '#'
	}
	assert.Equal(t, "abc", got.ID)
	assert.Equal(t, []string{"def"}, got.Tags)
	assert.Equal(t, json.RawMessage(`"ghi"`), got.Extra["x"])
	assert.Equal(t, map[string]any{"j": "kl"}, got.Free)
}

func TestMarshal(t *testing.T) {
	var got thing
	require.NoError(t, wire.Unmarshal([]byte(whole), &got))
	out, err := wire.Marshal(got)
	require.NoError(t, err)

	var again thing
	require.NoError(t, wire.Unmarshal(out, &again))
	assert.Equal(t, got, again)
	var names []string
	dec := json.NewDecoder(bytes.NewReader(out))
	depth := 0
	for {
		token, err := dec.Token()
		if err != nil {
			break
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		default:
			if name, ok := token.(string); ok && depth == 1 {
				names = append(names, name)
			}
		}
	}
	assert.Equal(t, []string{
		"id", "t1", "kindOf", "odd", "enabled", "count", "tookMs", "createdAt", "2025-10-07T10:45:00Z",
		"seenAt", "2025-10-07T12:45:00+02:00", "tags", "inner", "free", "alpha", "β", "zeta",
	}, names)
}

func TestMarshalZero(t *testing.T) {
	out, err := wire.Marshal(thing{CreatedAt: time.Time{}.UTC(), Extra: map[string]json.RawMessage{"id": []byte(`"no"`), "kind_of": []byte(`"no"`), "b": nil}})
	require.NoError(t, err)
	assert.Equal(t, `{"enabled":false,"b":null}`, string(out))

	_, err = wire.Marshal(thing{Extra: map[string]json.RawMessage{"broken": []byte(`{`)}})
	require.ErrorContains(t, err, "broken")
	_, err = wire.Marshal(thing{Free: map[string]any{"f": func() {}}})
	require.ErrorContains(t, err, "free")
}

func TestAnswer(t *testing.T) {
	for _, row := range []struct{ name, data, id, err string }{
		{"bare", `{"id":"a"}`, "a", ""},
		{"wrapped", `{"success":true,"data":{"id":"a"}}`, "a", ""},
		{"wrapped, order and company", `{"meta":{},"data":{"id":"a"},"success":true}`, "a", ""},
		{"bare with success", `{"success":true,"id":"a"}`, "a", ""},
		{"bare with success and data", `{"success":true,"id":"a","data":{"id":"b"}}`, "a", ""},
		{"data of its own", `{"id":"a","data":{"id":"b"}}`, "a", ""},
		{"success is no bool", `{"success":"false","id":"a"}`, "a", ""},
		{"refused", `{"success":false,"error":{"code":"X"}}`, "", wire.ErrUnsuccessful.Error()},
		{"refused, with data", `{"success":false,"data":{"id":"a"}}`, "", wire.ErrUnsuccessful.Error()},
		{"refused, and odd", `{"id":5,"success":false}`, "", wire.ErrUnsuccessful.Error()},
		{"wrapped, wrong inside", `{"success":true,"data":{"id":5}}`, "", "/data/id must be a string"},
		{"wrapped null", `{"success":true,"data":null}`, "", ""},
		{"wrapped array", `{"success":true,"data":[]}`, "", ""},
		{"broken", `{"success":true,"data":{"id":"a"}`, "", "ends in the middle"},
	} {
		t.Run(row.name, func(t *testing.T) {
			var got thing
			err := wire.Answer([]byte(row.data), &got)
			if row.err != "" {
				require.ErrorContains(t, err, row.err)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, row.id, got.ID)
		})
	}
}

func TestAnswerOfAList(t *testing.T) {
	for _, data := range []string{
		`{"data":[{"id":"a"}],"hasMore":true}`,
		`{"success":true,"data":[{"id":"a"}],"has_more":true}`,
		`{"success":true,"data":{"data":[{"id":"a"}],"hasMore":true}}`,
	} {
		var got listing
		require.NoError(t, wire.Answer([]byte(data), &got), data)
		require.Len(t, got.Data, 1, data)
		assert.Equal(t, "a", got.Data[0].ID)
		assert.True(t, *got.HasMore)
	}
	require.ErrorIs(t, wire.Answer([]byte(`{"success":false,"data":{}}`), new(listing)), wire.ErrUnsuccessful)
	require.ErrorContains(t, wire.Answer([]byte(`{"data":{}}`), new(listing)), "/data must be an array, not an object")
}

func TestAnswerWithoutExtra(t *testing.T) {
	type small struct {
		ID string `json:"id"`
	}
	for _, data := range []string{`{"id":"a"}`, `{"success":true,"data":{"id":"a"}}`, `{"id":"a","success":true}`} {
		var got small
		require.NoError(t, wire.Answer([]byte(data), &got))
		assert.Equal(t, "a", got.ID, data)
	}
	require.ErrorIs(t, wire.Answer([]byte(`{"success":false}`), new(small)), wire.ErrUnsuccessful)
}

func TestUnsuccessful(t *testing.T) {
	for data, want := range map[string]bool{
		`{"success":false}`:        true,
		`{"a":[1],"success":false`: true,
		`{"success":true}`:         false,
		`{"success":null}`:         false,
		`[{"success":false}]`:      false,
		``:                         false,
		`<html>`:                   false,
	} {
		assert.Equal(t, want, wire.Unsuccessful([]byte(data)), data)
	}
}

func TestModelMistakesPanic(t *testing.T) {
	assert.Panics(t, func() {
		_ = wire.Unmarshal([]byte(`{}`), &struct{ Untagged string }{})
	})
	assert.Panics(t, func() {
		_ = wire.Unmarshal([]byte(`{}`), &struct {
			C chan int `json:"c"`
		}{})
	})
}

// FuzzUnmarshal holds the reader to encoding/json: what one takes the other
// takes, and what is decoded survives a round trip.
func FuzzUnmarshal(f *testing.F) {
	f.Add([]byte(whole))
	f.Add([]byte(`{"success":true,"data":{"id":"a"}}`))
	f.Add([]byte(`{"tags":[],"free":{"n":1e400,"m":-0.0},"tookMs":0.0001,"count":-0}`))
	f.Add([]byte("{\"id\":\"\xff\",\"x\":\"\\ud800\"}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var got thing
		err := wire.Unmarshal(data, &got)
		if err != nil {
			var e *wire.Error
			require.ErrorAs(t, err, &e)
			require.Error(t, wire.Answer(data, new(thing)))
			return
		}
		require.True(t, json.Valid(data), "accepted what is not JSON")
		require.True(t, utf8.ValidString(got.ID))
		out, err := wire.Marshal(got)
		if err != nil {
			require.ErrorContains(t, err, "year outside") // a time zone can push it there
			return
		}
		require.True(t, json.Valid(out))
		require.True(t, utf8.Valid(out))
		var again thing
		require.NoError(t, wire.Unmarshal(out, &again))
		twice, err := wire.Marshal(again)
		require.NoError(t, err)
		require.Equal(t, string(out), string(twice))
	})
}
