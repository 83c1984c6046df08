package freddy

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/aitronos/freddy-go/internal/transport"
)

// Response is what is known of a call beside its result: the last answer that
// came, of a success or of a refusal. [WithResponse] fills it.
//
// Whether the call succeeded is the error's to say: where the last attempt had no
// answer, this is an earlier refusal, if there was one, and of an answer that
// broke off it has what arrived.
//
// If the server echoes the key, or the call's credentials, Header and Body have
// REDACTED in their place.
//
// Source: the page "API overview", response headers.
type Response struct {
	StatusCode     int // 0: no answer came
	Header         http.Header
	RequestID      string        // x-request-id; quote it to support
	APIVersion     string        // freddy-api-version
	ProcessingTime time.Duration // freddy-processing-ms
	RateLimit      *RateLimit    // nil when the server sent none
	Attempts       int           // calls of the RoundTripper
	Body           []byte        // of an error at most 64 KiB
}

// RateLimit is how much of the quota is left. A field that the server did not
// send, or sent in a form that is not understood, is zero. Reset may come as Unix
// seconds or milliseconds, as seconds from now, or as a duration such as 1m30s.
//
// Source: the page "Rate limits"; the x-ratelimit-*-requests family wins over
// X-RateLimit-*.
type RateLimit struct {
	Limit     int       // requests in the window
	Remaining int       // requests left in it
	Reset     time.Time // when it begins anew
}

// report fills what WithResponse asked for.
func (c *call) report(result transport.Result) {
	if len(c.responses) == 0 {
		return
	}
	answer := result.Answer
	if answer.StatusCode == 0 {
		answer = result.Refusal
	}
	r, body := c.redactor, answer.Body
	header := r.Header(answer.Header)
	if body = r.Bytes(body); answer.StatusCode/100 != 2 {
		body = body[:min(len(body), transport.ErrorBytesKept)]
	}
	for _, response := range c.responses {
		*response = Response{
			StatusCode:     answer.StatusCode,
			Header:         header.Clone(),
			RequestID:      clip(header.Get("X-Request-Id"), maxIDBytes),
			APIVersion:     clip(header.Get("Freddy-Api-Version"), maxIDBytes),
			ProcessingTime: milliseconds(header.Get("Freddy-Processing-Ms")),
			RateLimit:      rateLimit(header),
			Attempts:       result.Attempts,
			Body:           append([]byte(nil), body...),
		}
	}
}

func milliseconds(text string) time.Duration {
	ms, err := strconv.ParseFloat(text, 64)
	if err != nil || !(ms >= 0 && ms < math.MaxInt64/float64(time.Millisecond)) {
		return 0
	}
	return time.Duration(ms * float64(time.Millisecond))
}

// rateLimit reads the two families leniently: such headers come from proxies as
// often as from the API.
func rateLimit(header http.Header) *RateLimit {
	first := func(name string) string {
		if value := header.Get("X-Ratelimit-" + name + "-Requests"); value != "" {
			return value
		}
		return header.Get("X-Ratelimit-" + name)
	}
	limit, limitOK := count(first("Limit"))
	remaining, remainingOK := count(first("Remaining"))
	reset, resetOK := resetTime(first("Reset"), header.Get("Date"))
	if !limitOK && !remainingOK && !resetOK {
		return nil
	}
	return &RateLimit{Limit: limit, Remaining: remaining, Reset: reset}
}

func count(text string) (int, bool) {
	n, err := strconv.Atoi(strings.TrimSpace(text))
	return max(n, 0), err == nil && n >= 0
}

// resetTime reads Unix seconds, as documented; and what others send in their
// place: Unix milliseconds, seconds from now, a Go duration.
func resetTime(text, date string) (time.Time, bool) {
	text = strings.TrimSpace(text)
	now, err := http.ParseTime(date)
	if err != nil {
		now = time.Now()
	}
	if wait, err := time.ParseDuration(text); err == nil && wait > 0 {
		return now.Add(wait), true
	}
	const (
		oldest    = 1_000_000_000     // below, no time of this century
		newest    = 1_000_000_000_000 // above, milliseconds
		year10000 = 253_402_300_800_000
	)
	switch n, err := strconv.ParseInt(text, 10, 64); {
	case err != nil, n < 0, n >= year10000:
		return time.Time{}, false
	case n >= newest:
		return time.UnixMilli(n).UTC(), true
	case n >= oldest:
		return time.Unix(n, 0).UTC(), true
	default:
		return now.Add(time.Duration(n) * time.Second), true
	}
}
