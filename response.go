package freddy

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/aitronos/freddy-go/internal/transport"
)

// Response describes the last HTTP response of a call, successful or not.
// [WithResponse] fills it.
//
// The error of the call says whether it succeeded. If the last attempt had no
// response, Response describes the last error response of an earlier attempt. Of a
// response that was cut off, it describes what arrived.
//
// If the server echoes the key or the call's credentials in a header, REDACTED
// stands in their place.
type Response struct {
	StatusCode     int // 0: there was no response
	Header         http.Header
	RequestID      string        // x-request-id; quote it to support
	APIVersion     string        // freddy-api-version
	ProcessingTime time.Duration // freddy-processing-ms
	RateLimit      *RateLimit    // nil if the server sent none
	Attempts       int           // calls of the RoundTripper
}

// RateLimit is the state of the caller's quota. A field that the server did not
// send, or sent in an unknown form, is zero.
//
// The headers x-ratelimit-*-requests win over X-RateLimit-*. Reset is read as Unix
// seconds or milliseconds, seconds from now, or a duration such as 1m30s.
type RateLimit struct {
	Limit     int       // requests in the window
	Remaining int       // requests left in the window
	Reset     time.Time // start of the next window
}

// lastResponse returns the response of the last attempt; if there was none, the
// last error response of an earlier one.
func (c *call) lastResponse() *transport.Response {
	if c.result.Response.StatusCode == 0 {
		return &c.result.Previous
	}
	return &c.result.Response
}

// fillResponses fills the responses of WithResponse.
func (c *call) fillResponses() {
	last := c.lastResponse()
	header := c.redactor.Header(last.Header)
	if c.request.secret {
		header = withoutLocation(header)
	}
	for _, response := range c.responses {
		*response = Response{
			StatusCode:     last.StatusCode,
			Header:         header.Clone(),
			RequestID:      c.requestID(last.Header),
			APIVersion:     clip(header.Get("Freddy-Api-Version"), maxIDBytes),
			ProcessingTime: milliseconds(header.Get("Freddy-Processing-Ms")),
			RateLimit:      rateLimit(header),
			Attempts:       c.result.Number,
		}
	}
}

func milliseconds(value string) time.Duration {
	ms, err := strconv.ParseFloat(value, 64)
	if err != nil || !(ms >= 0 && ms < math.MaxInt64/float64(time.Millisecond)) {
		return 0
	}
	return time.Duration(ms * float64(time.Millisecond))
}

// rateLimit reads both families of headers leniently: they come from proxies as
// often as from the API.
func rateLimit(header http.Header) *RateLimit {
	first := func(names ...string) string { // in canonical form
		for _, name := range names {
			if values := header[name]; len(values) > 0 && values[0] != "" {
				return values[0]
			}
		}
		return ""
	}
	limits := first("X-Ratelimit-Limit-Requests", "X-Ratelimit-Limit")
	remains := first("X-Ratelimit-Remaining-Requests", "X-Ratelimit-Remaining")
	resets := first("X-Ratelimit-Reset-Requests", "X-Ratelimit-Reset")
	if limits == "" && remains == "" && resets == "" { // nearly always
		return nil
	}
	limit, hasLimit := count(limits)
	remaining, hasRemaining := count(remains)
	reset, hasReset := resetTime(resets, header.Get("Date"))
	if !hasLimit && !hasRemaining && !hasReset {
		return nil
	}
	return &RateLimit{Limit: limit, Remaining: remaining, Reset: reset}
}

func count(value string) (int, bool) {
	n, err := strconv.Atoi(strings.TrimSpace(value))
	return max(n, 0), err == nil && n >= 0
}

// resetTime reads Unix seconds, as documented, with or without decimals. It also
// reads what other vendors send: Unix milliseconds, seconds from now, a Go
// duration.
func resetTime(value, date string) (time.Time, bool) {
	value = strings.TrimSpace(value)
	now, err := http.ParseTime(date)
	if err != nil {
		now = time.Now()
	}
	if wait, err := time.ParseDuration(value); err == nil && wait > 0 {
		return now.Add(wait), true
	}
	const (
		oldest    = 1_000_000_000     // a smaller number is no time of this century
		newest    = 1_000_000_000_000 // a larger number is milliseconds
		year10000 = 253_402_300_800_000
	)
	n, err := strconv.ParseFloat(value, 64)
	switch {
	case err != nil, !(n >= 0 && n < year10000):
		return time.Time{}, false
	case n >= newest:
		return time.UnixMilli(int64(n)).UTC(), true
	case n >= oldest:
		return time.UnixMilli(int64(n * 1000)).UTC(), true
	default:
		return now.Add(time.Duration(n * float64(time.Second))), true
	}
}
