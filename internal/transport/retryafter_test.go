package transport_test

import (
	"math"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/aitronos/freddy-go/internal/transport"
)

func TestRetryAfter(t *testing.T) {
	const date, later = "Fri, 02 Jan 2026 03:04:05 GMT", "Fri, 02 Jan 2026 03:04:35 GMT"
	for _, row := range []struct {
		name  string
		lines []string // name, value, ...
		want  time.Duration
	}{
		{"none", nil, 0},
		{"seconds", []string{"Retry-After", "120"}, 2 * time.Minute},
		{"space around", []string{"Retry-After", " 120\t"}, 2 * time.Minute},
		{"decimals", []string{"Retry-After", "1.5"}, 1500 * time.Millisecond},
		{"zero", []string{"Retry-After", "0"}, 0},
		{"milliseconds win", []string{"Retry-After", "5", "Retry-After-Ms", "250"}, 250 * time.Millisecond},
		{"bad milliseconds do not", []string{"Retry-After", "5", "Retry-After-Ms", "soon"}, 5 * time.Second},
		{"first valid line", []string{"Retry-After", "abc", "Retry-After", "7", "Retry-After", "9"}, 7 * time.Second},
		{"zero is valid", []string{"Retry-After", "0", "Retry-After", "9"}, 0},

		{"date", []string{"Retry-After", later}, 30 * time.Second},
		{"date against Date", []string{"Retry-After", later, "Date", "Fri, 02 Jan 2026 03:04:25 GMT"}, 10 * time.Second},
		{"date against a bad Date", []string{"Retry-After", later, "Date", "today"}, 30 * time.Second},
		{"RFC 850 date", []string{"Retry-After", "Friday, 02-Jan-26 03:04:35 GMT"}, 30 * time.Second},
		{"asctime date", []string{"Retry-After", "Fri Jan  2 03:04:35 2026"}, 30 * time.Second},
		{"past date", []string{"Retry-After", "Fri, 02 Jan 2026 03:04:00 GMT"}, 0},
		{"same date", []string{"Retry-After", date}, 0},
		{"far date saturates", []string{"Retry-After", "Fri, 31 Dec 9999 23:59:59 GMT", "Date", "Mon, 01 Jan 0001 00:00:00 GMT"}, math.MaxInt64},
		{"another zone", []string{"Retry-After", "Friday, 02-Jan-26 03:04:35 PST"}, 0},
		{"another zone, RFC 1123", []string{"Retry-After", "Fri, 02 Jan 2026 03:04:35 PST"}, 0},

		{"a day", []string{"Retry-After", "86400"}, 24 * time.Hour},
		{"overflows nanoseconds", []string{"Retry-After", "9223372037"}, math.MaxInt64},
		{"overflows twice", []string{"Retry-After", "18446744074"}, math.MaxInt64},
		{"2^63", []string{"Retry-After", "9223372036854775808"}, math.MaxInt64},
		{"1e100", []string{"Retry-After", "1e100"}, math.MaxInt64},
		{"1e400", []string{"Retry-After", "1e400"}, math.MaxInt64},
		{"overflows as milliseconds", []string{"Retry-After-Ms", "9223372036855"}, math.MaxInt64},

		{"negative", []string{"Retry-After", "-5"}, 0},
		{"minus infinity", []string{"Retry-After", "-1e400"}, 0},
		{"NaN", []string{"Retry-After", "NaN"}, 0},
		{"Inf", []string{"Retry-After", "+Inf"}, 0},
		{"infinity", []string{"Retry-After", "infinity"}, 0},
		{"hexadecimal", []string{"Retry-After", "0x10"}, 0},
		{"underscore", []string{"Retry-After", "1_0"}, 0},
		{"word", []string{"Retry-After", "abc"}, 0},
		{"empty", []string{"Retry-After", ""}, 0},
		{"list", []string{"Retry-After", "120, 240"}, 0},
		{"unit", []string{"Retry-After", "10s"}, 0},
		{"sign alone", []string{"Retry-After", "-"}, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			header := http.Header{}
			for i := 0; i < len(row.lines); i += 2 {
				header.Add(row.lines[i], row.lines[i+1])
			}
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(time.Until(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)))
				assert.Equal(t, row.want, transport.RetryAfter(header))
			})
		})
	}
}

func FuzzRetryAfter(f *testing.F) {
	for _, seed := range []string{"120", "1.5", "1e400", "-5", "Fri, 02 Jan 2026 03:04:35 GMT", "NaN", ""} {
		f.Add(seed, seed, seed)
	}
	f.Fuzz(func(t *testing.T, seconds, milliseconds, date string) {
		header := http.Header{"Retry-After": {seconds}, "Retry-After-Ms": {milliseconds}, "Date": {date}}
		if wait := transport.RetryAfter(header); wait < 0 {
			t.Fatalf("waits %v", wait)
		}
	})
}
