package transport

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// RetryAfter returns how long the server asks to wait: the header retry-after-ms,
// which wins, or Retry-After in seconds, with or without decimals, or as an HTTP-date
// (RFC 9110, section 10.2.3), counted from the response's Date, or from now without
// one. The first valid line counts. The result saturates and is never negative. It is
// 0 if the header is missing or invalid, or if the time has passed.
func RetryAfter(header http.Header) time.Duration {
	for _, line := range header["Retry-After-Ms"] {
		if wait, ok := parseWait(line, time.Millisecond); ok {
			return wait
		}
	}
	for _, line := range header["Retry-After"] {
		if wait, ok := parseWait(line, time.Second); ok {
			return wait
		}
		if at, ok := parseDate(line); ok {
			from, ok := parseDate(header.Get("Date"))
			if !ok {
				from = time.Now()
			}
			return max(0, at.Sub(from)) // Sub saturates
		}
	}
	return 0
}

// parseWait reads a decimal number of units. strconv would also take "inf",
// "nan", "0x10" and "1_0".
func parseWait(text string, unit time.Duration) (time.Duration, bool) {
	text = strings.TrimSpace(text)
	if text == "" || strings.Trim(text, "0123456789.eE+-") != "" {
		return 0, false
	}
	n, err := strconv.ParseFloat(text, 64)
	if n < 0 || err != nil && !math.IsInf(n, 1) {
		return 0, false
	}
	if n >= math.MaxInt64/float64(unit) {
		return math.MaxInt64, true
	}
	return time.Duration(n * float64(unit)), true
}

// parseDate reads the three forms of an HTTP-date. All of them are in GMT;
// time.Parse takes any other zone's name too, as if it were GMT.
func parseDate(text string) (time.Time, bool) {
	at, err := http.ParseTime(strings.TrimSpace(text))
	if err != nil {
		return time.Time{}, false
	}
	zone, _ := at.Zone()
	return at, zone == "GMT" || zone == "UTC"
}
