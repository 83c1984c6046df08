package freddy_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/internal/faulty"
)

func TestRetryAfter(t *testing.T) {
	ok := faulty.Text(200, connectorBody)
	backsOff := func(t *T, waits []time.Duration) { // within the bounds of WithRetryBackoff
		t.Helper()
		for i, wait := range waits {
			assert.GreaterOrEqual(t, wait, time.Millisecond)
			assert.LessOrEqual(t, wait, time.Millisecond<<i)
		}
	}
	waited := func(t *T, rt *scripted, want ...time.Duration) { // up to a tenth longer, at most 1 s
		t.Helper()
		waits := rt.waits()
		require.Len(t, waits, len(want))
		for i, wait := range waits {
			assert.GreaterOrEqual(t, wait, want[i])
			assert.LessOrEqual(t, wait, want[i]+min(want[i]/10, time.Second))
		}
	}
	zero := []string{"0", "0.0", "-0", "Sat, 01 Jan 1999 00:00:00 GMT", "Thu, 01 Jan 1970 00:00:00 GMT", "Mon, 01 Jan 0001 00:00:00 GMT"}
	invalid := []string{
		"-5", "-0.5", "-1e9", "NaN", "nan", "Inf", "+Inf", "-Inf", "Infinity", "abc", "", "120, 240", "1;2", "1 2", "1s", "PT1S", "0x10", "1_0", "1,5", "٣", "∞", "--1", "1-", "e", ".", "+",
		"Mon, 01 Jan 2001 00:00:00 PST", "Monday, 01-Jan-01 00:00:00 PST", "Mon, 01 Jan 2001 00:00:00 +0100", "Mon, 01 Jan 2001 00:00:00", "2001-01-01T00:00:00Z", "Mon, 32 Jan 2001 00:00:00 GMT",
	}
	for name, values := range map[string][]string{"E4 zero and past": zero, "E5 invalid": invalid} {
		runInBubble(t, name, func(t *T) {
			for _, value := range values {
				for _, field := range []string{"Retry-After: ", "Retry-After-Ms: "} {
					rt := script(faulty.Text(503, "", field+value))
					err := t.get(t.over(rt)).api(503, 4)
					assert.Zero(t, err.RetryAfter, "%s%q", field, value)
					assert.Len(t, rt.waits(), 3)
					backsOff(t, rt.waits())
				}
			}
		})
	}
	run(t, "E1 over TCP", func(t *T) {
		const wait = 100 * time.Millisecond
		s := t.serve(faulty.Reply(429, "", "retry-after: 0.1"), faulty.Reply(200, connectorBody))
		o := t.post(t.client(s.URL())).ok(2)
		assert.GreaterOrEqual(t, o.took, wait)
	})
	runInBubble(t, "E1 honored", func(t *T) {
		for value, want := range map[string]time.Duration{
			"1": time.Second, "2": 2 * time.Second, "0.25": 250 * time.Millisecond, "1.5": 1500 * time.Millisecond, " 1 ": time.Second, "01": time.Second, "0.001": time.Millisecond,
		} {
			for _, status := range []int{408, 429, 500, 502, 503, 504, 520, 529} {
				rt := script(faulty.Text(status, "", "Retry-After: "+value), ok)
				t.get(t.over(rt)).ok(2)
				waited(t, rt, want)
			}
			for _, method := range allMethods {
				rt := script(faulty.Text(429, "", "Retry-After: "+value), faulty.Text(429, "", "retry-after: "+value), ok)
				t.do(t.over(rt), method).ok(3)
				waited(t, rt, want, want)
			}
		}
	})
	runInBubble(t, "E2 over the limit", func(t *T) {
		for value, want := range map[string]time.Duration{"86400": 24 * time.Hour, "2.1": 2100 * time.Millisecond, "3": 3 * time.Second} {
			for _, method := range []string{http.MethodGet, http.MethodPost} {
				o := t.do(t.over(script(faulty.Text(429, "", "Retry-After: "+value), ok)), method).within(0)
				err := o.api(429, 1)
				require.ErrorIs(t, err, freddy.ErrRateLimited)
				assert.Equal(t, want, err.RetryAfter)
			}
		}
		err := t.get(t.over(script(faulty.Text(503, "", "Retry-After: 1")))).api(503, 4)
		assert.Equal(t, time.Second, err.RetryAfter, "after retries, too")
		err = t.get(t.over(script(faulty.Text(429, "", "Retry-After: 1"), ok), freddy.WithMaxRetryAfter(0))).within(0).api(429, 1)
		assert.Equal(t, time.Second, err.RetryAfter)
	})
	runInBubble(t, "E3 huge numbers", func(t *T) {
		const century = 100 * 365 * 24 * time.Hour
		for _, value := range []string{"9223372037", "18446744074", "9223372036854775808", "18446744073709551616", "1e100", "1e400", strings.Repeat("9", 5000)} {
			for _, name := range []string{"Retry-After: ", "Retry-After-Ms: 000000"} {
				if name != "Retry-After: " && len(value) < 19 && value != "1e100" {
					continue // not huge in milliseconds
				}
				for _, status := range []int{429, 503} {
					err := t.get(t.over(script(faulty.Text(status, "", name+value), ok))).within(0).api(status, 1)
					assert.Greater(t, err.RetryAfter, century, value)
				}
			}
		}
		for _, date := range []string{"Fri, 31 Dec 9999 23:59:59 GMT", "Thu, 01 Jan 2500 00:00:00 GMT"} {
			err := t.get(t.over(script(faulty.Text(503, "", "Retry-After: "+date)))).within(0).api(503, 1)
			assert.Greater(t, err.RetryAfter, century)
		}
	})
	runInBubble(t, "E7 dates", func(t *T) {
		forms := map[string]func(at time.Time) string{
			"RFC 1123": func(at time.Time) string { return at.Format(http.TimeFormat) },
			"RFC 850":  func(at time.Time) string { return at.Format("Monday, 02-Jan-06 15:04:05 GMT") },
			"asctime":  func(at time.Time) string { return at.Format(time.ANSIC) },
		}
		for name, form := range forms {
			// Relative to the server's Date.
			for _, skew := range []time.Duration{0, time.Hour, -time.Hour, 24 * 365 * time.Hour} {
				date := time.Now().UTC().Add(skew).Truncate(time.Second)
				rt := script(faulty.Text(503, "", "Date: "+date.Format(http.TimeFormat), "Retry-After: "+form(date.Add(time.Second))), ok)
				t.get(t.over(rt)).ok(2)
				waited(t, rt, time.Second)
				err := t.get(t.over(script(faulty.Text(429, "", "Date: "+form(date), "Retry-After: "+form(date.Add(time.Hour)))))).api(429, 1)
				assert.Equal(t, time.Hour, err.RetryAfter, "%s %v", name, skew)
			}
			// Relative to the local clock, since there is no valid Date.
			for _, fields := range [][]string{nil, {"Date: soon"}, {"Date: "}, {"Date: 2000-01-01T00:00:00Z"}, {"Date: Sat, 01 Jan 2000 09:00:00 PST"}} {
				time.Sleep(time.Until(time.Now().Truncate(time.Second).Add(time.Second)))
				rt := script(faulty.Text(503, "", append(fields, "Retry-After: "+form(time.Now().UTC().Add(time.Second)))...), ok)
				t.get(t.over(rt)).ok(2)
				waited(t, rt, time.Second)
			}
		}
	})
	runInBubble(t, "E9 milliseconds and repeated fields", func(t *T) {
		for want, fields := range map[time.Duration][]string{
			250 * time.Millisecond:  {"Retry-After: 5", "retry-after-ms: 250"},
			1500 * time.Millisecond: {"RETRY-AFTER-MS: 1500"},
			500 * time.Microsecond:  {"Retry-After-Ms: 0.5"},
			time.Second:             {"Retry-After-Ms: soon", "Retry-After: 1"},
			2 * time.Second:         {"Retry-After: soon", "Retry-After: 2", "Retry-After: 1"},
			700 * time.Millisecond:  {"Retry-After-Ms: -1", "Retry-After-Ms: 700", "Retry-After-Ms: 100"},
		} {
			rt := script(faulty.Text(429, "", fields...), ok)
			t.get(t.over(rt)).ok(2)
			waited(t, rt, want)
		}
	})
	runInBubble(t, "E11 past the deadline", func(t *T) {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			err := t.call(ctx, t.over(script(faulty.Text(429, "", "Retry-After: 1"), ok)), method).within(0).api(429, 1)
			require.ErrorIs(t, err, freddy.ErrRateLimited)
			require.NotErrorIs(t, err, context.DeadlineExceeded)
			assert.Equal(t, time.Second, err.RetryAfter)
			cancel()

			ctx, cancel = context.WithTimeout(t.Context(), 1200*time.Millisecond)
			rt := script(faulty.Text(429, "", "Retry-After: 1"), faulty.Text(429, "", "Retry-After: 1"), ok)
			t.call(ctx, t.over(rt), method).within(1100*time.Millisecond).isAPI(429, 2)
			cancel()
		}
		// The same holds of a backoff.
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		slow := freddy.WithRetryBackoff(1<<62, 1<<62)
		err := t.call(ctx, t.over(script(faulty.Text(503, "", "X-Request-Id: req_e11")), slow), http.MethodGet).within(0).api(503, 1)
		assert.Equal(t, "req_e11", err.RequestID)
		assert.Equal(t, freddy.RetryDeadline, err.Decision)
		// A network failure that is followed by no attempt has no response.
		failing := roundTrip(func(*http.Request) (*http.Response, error) { return nil, errTest })
		lost := t.call(ctx, t.over(failing, slow), http.MethodGet).within(0).transport(0, 1)
		assert.Equal(t, freddy.RetryDeadline, lost.Decision)
		require.NotErrorIs(t, lost, context.DeadlineExceeded)
	})
}
