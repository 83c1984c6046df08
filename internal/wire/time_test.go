package wire_test

import (
	"encoding/json"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go/internal/wire"
)

type times struct {
	At    time.Time  `json:"at,omitzero"`
	MayBe *time.Time `json:"mayBe,omitzero"`
}

func TestTimes(t *testing.T) {
	at := func(nanosecond int, zone *time.Location) time.Time {
		return time.Date(2025, 11, 10, 8, 0, 0, nanosecond, zone)
	}
	zone := func(hours, minutes int) *time.Location { return time.FixedZone("", (hours*60+minutes)*60) }
	for text, want := range map[string]time.Time{
		"2025-11-10T08:00:00Z":                     at(0, time.UTC),
		"2025-11-10T08:00:00.5Z":                   at(5e8, time.UTC),
		"2025-11-10T08:00:00.123456789Z":           at(123456789, time.UTC),
		"2025-11-10T08:00:00.1234567899999999999Z": at(123456789, time.UTC),
		"2025-11-10T08:00:00.000Z":                 at(0, time.UTC),
		"2025-11-10T08:00:00+00:00":                at(0, time.UTC),
		"2025-11-10T08:00:00-00:00":                at(0, time.UTC),
		"2025-11-10T08:00:00+02:00":                at(0, zone(2, 0)),
		"2025-11-10T08:00:00.25-05:30":             at(25e7, zone(-5, -30)),
		"2025-11-10T08:00:00+23:59":                at(0, zone(23, 59)),
		"2025-11-10T08:00:00":                      at(0, time.UTC),
		"2025-11-10T08:00:00.123456":               at(123456000, time.UTC),
		"2025-11-10 08:00:00":                      at(0, time.UTC),
		"2025-11-10 08:00:00+0000":                 at(0, time.UTC),
		"2025-11-10T08:00:00.5+0530":               at(5e8, zone(5, 30)),
		"2025-11-10 08:00:00.5-03":                 at(5e8, zone(-3, 0)),
		"2025-11-10t08:00:00z":                     at(0, time.UTC),
		"2024-02-29T23:59:59Z":                     time.Date(2024, 2, 29, 23, 59, 59, 0, time.UTC),
		"0001-01-01T00:00:00Z":                     {},
		"9999-12-31T23:59:59-23:59":                time.Date(9999, 12, 31, 23, 59, 59, 0, zone(-23, -59)),
	} {
		var got times
		data, err := json.Marshal(map[string]string{"at": text, "may_be": text})
		require.NoError(t, err)
		require.NoError(t, wire.Unmarshal(data, &got), text)
		assert.Equal(t, want, got.At, text)
		require.NotNil(t, got.MayBe)
		assert.Equal(t, want, *got.MayBe, text)
	}
}

func TestEmptyTimeIsAbsent(t *testing.T) {
	var got times
	require.NoError(t, wire.Unmarshal([]byte(`{"at":"","mayBe":""}`), &got))
	assert.Equal(t, times{}, got)
}

func TestInvalidTimes(t *testing.T) {
	for _, text := range []string{
		" ", "soon", "2025-11-10", "20251110T080000Z", "2025-11-10T08:00Z", "2025-11-10T8:00:00Z", "2025-11-10T8:00:00.5Z", "2025-11-10T8:00:00.5", "2025-1-10T08:00:00Z", "2025-11-10_08:00:00Z",
		"2025-11-10T08:00:00.Z", "2025-11-10T08:00:00,5Z", "2025-11-10T08:00:0Z", "2025-11-10T08:00:00Z ", " 2025-11-10T08:00:00Z",
		"2025-00-10T08:00:00Z", "2025-13-10T08:00:00Z", "2025-11-00T08:00:00Z", "2025-11-31T08:00:00Z", "2025-02-29T08:00:00Z",
		"2025-11-10T24:00:00Z", "2025-11-10T08:60:00Z", "2025-11-10T08:00:60Z", "+025-11-10T08:00:00Z", "2025-11-1\u0661T08:00:00Z",
		"2025-11-10T08:00:00+-1:00", "2025-11-10T08:00:00+00-00", "2025-11-10T08:00:00 +00:00", "2025-11-10T08:00:00+", "2025-11-10T08:00:00ZZ",
		"2025-11-10T08:00:00UTC", "2025-11-10T08:00:00+00:00Z", "2025-11-10T08-00-00Z", "2025/11/10T08:00:00Z",
	} {
		for _, member := range []string{"at", "mayBe"} {
			data, err := json.Marshal(map[string]string{member: text})
			require.NoError(t, err)
			var got times
			assert.EqualError(t, wire.Unmarshal(data, &got), "/"+member+": must be an RFC 3339 time", text)
			assert.Equal(t, times{}, got)
		}
	}
}

// rfc3339 is stricter than encoding/json, which also accepts hours of one digit and
// offsets of 60 minutes.
var rfc3339 = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:[0-5]\d)$`)

// FuzzTime compares with encoding/json: an RFC 3339 time that it accepts is the
// same time here.
func FuzzTime(f *testing.F) {
	for _, seed := range []string{"2025-11-10T08:00:00Z", "2025-11-10T08:00:00.123456+02:00", "2025-11-10 08:00:00-0330", "2024-02-30t00:00:00z", "0000-01-10T0:00:00Z"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		data, err := json.Marshal(map[string]string{"at": text})
		require.NoError(t, err)
		var got, want times
		err = wire.Unmarshal(data, &got)
		if json.Unmarshal(data, &want) == nil && rfc3339.MatchString(text) {
			require.NoError(t, err)
			require.True(t, want.At.Equal(got.At), "%v is %v", got.At, want.At)
			return
		}
		if err == nil && !got.At.IsZero() {
			require.GreaterOrEqual(t, len(text), len("2025-11-10T08:00:00"))
			out, err := wire.Marshal(got)
			require.NoError(t, err)
			var again times
			require.NoError(t, wire.Unmarshal(out, &again))
			require.True(t, got.At.Equal(again.At))
		}
	})
}
