package freddy_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
)

// A waitTest is a Wait in a testing/synctest bubble, which ends the test if a
// goroutine is left. Its stubs receive the polls and the completions.
type waitTest struct {
	*testing.T
	polls, completions *apiStub
	start              time.Time
}

func (w *waitTest) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/complete-oauth") {
		return w.completions.RoundTrip(r)
	}
	return w.polls.RoundTrip(r)
}

// inBubble runs a test of Wait with these replies to the polls. Each completion is
// pending unless the test says otherwise.
func inBubble(t *testing.T, name string, polls []apiReply, test func(w *waitTest)) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			pending := apiReply{body: gen2(t, "complete_oauth_pending")}
			test(&waitTest{t, newAPIStub(polls...), newAPIStub(pending), time.Now()})
		})
	})
}

func (w *waitTest) client(opts ...freddy.Option) *freddy.Client {
	w.Helper()
	return accountsClient(w.T, w, append([]freddy.Option{freddy.WithOrganization(exampleOrganization)}, opts...)...)
}

// wait waits for an account of slack.
func (w *waitTest) wait(params freddy.WaitParams, opts ...freddy.CallOption) (*freddy.Connection, error) {
	w.Helper()
	return w.client().Connections().Wait(w.Context(), "slack", params, opts...)
}

// requireFound requires that Wait returns the connection with an id.
func (w *waitTest) requireFound(id string, params freddy.WaitParams, opts ...freddy.CallOption) {
	w.Helper()
	connection, err := w.wait(params, opts...)
	require.NoError(w, err)
	assert.Equal(w, id, connection.ID)
}

// requireIntervals requires the times between the polls. Each may be longer by a
// tenth, at most a second.
func (w *waitTest) requireIntervals(want ...time.Duration) {
	w.Helper()
	requests := w.polls.received()
	require.Len(w, requests, len(want)+1)
	assert.Equal(w, w.start, requests[0].at, "the first poll is made at once")
	for i, interval := range want {
		got := requests[i+1].at.Sub(requests[i].at)
		assert.GreaterOrEqual(w, got, interval, "interval %d", i)
		assert.LessOrEqual(w, got, interval+min(interval/10, time.Second), "interval %d", i)
	}
}

// listed returns the reply with connections.
func listed(connections ...freddy.Connection) apiReply {
	if connections == nil {
		connections = []freddy.Connection{}
	}
	body, err := json.Marshal(map[string]any{"connections": connections, "tool_key": "slack"})
	if err != nil {
		panic(err)
	}
	return apiReply{body: string(body)}
}

// completed returns the reply to a completion that names a connection.
func completed(id string) apiReply {
	return apiReply{body: fmt.Sprintf(`{"connected":true,"message":"","connection":{"id":%q}}`, id)}
}

// failed returns a reply with a status.
func failed(status int, retryAfter ...string) apiReply {
	return apiReply{status: status, header: http.Header{"Retry-After": retryAfter}}
}

// times returns a reply n times.
func times(n int, reply apiReply) []apiReply { return slices.Repeat([]apiReply{reply}, n) }

var (
	signInTime = time.Date(2026, 2, 3, 9, 15, 0, 0, time.UTC)

	// signedIn is the connection that a test waits for, and earlier one from before.
	signedIn = freddy.Connection{ID: "tcred_2", ToolKey: "slack", AccountEmail: "ada@example.com", ConnectionID: "conn_2", Active: true, CreatedAt: signInTime}
	earlier  = freddy.Connection{
		ID: "tcred_1", ToolKey: "slack", DisplayName: "Work", CredentialName: "Work", AccountEmail: "grace@example.com",
		ConnectionID: "conn_1", Active: true, CreatedAt: signInTime.Add(-time.Hour),
	}
	none = listed(earlier) // nothing new
)

// known returns the parameters of a Wait to which only changes count.
func known(connections ...freddy.Connection) freddy.WaitParams {
	params := freddy.WaitParams{Known: []*freddy.Connection{}}
	for _, connection := range connections {
		params.Known = append(params.Known, &connection)
	}
	return params
}

func TestWait(t *testing.T) {
	t.Parallel()
	inBubble(t, "J14 found at once", []apiReply{listed(earlier, signedIn)}, func(w *waitTest) {
		w.requireFound("tcred_2", known(earlier))
		w.requireIntervals()
		assert.Equal(w, freddy.ConnectionsBaseURL+"/personal-connectors/connections/slack?organization_id=org_example", w.polls.received()[0].url)
		assert.Empty(w, w.completions.received(), "there is no state")
	})
	inBubble(t, "J14 after three polls", []apiReply{none, none, none, listed(earlier, signedIn)}, func(w *waitTest) {
		w.requireFound("tcred_2", known(earlier))
		w.requireIntervals(2*time.Second, 3*time.Second, 4500*time.Millisecond)
	})
	inBubble(t, "without known ones, every active one counts", []apiReply{listed(), none}, func(w *waitTest) {
		w.requireFound("tcred_1", freddy.WaitParams{})
		w.requireIntervals(2 * time.Second)
	})
	inactive := signedIn
	inactive.Active = false
	inBubble(t, "an inactive one does not count", []apiReply{listed(inactive), listed(signedIn)}, func(w *waitTest) {
		w.requireFound("tcred_2", freddy.WaitParams{})
		w.requireIntervals(2 * time.Second)
	})
	inBubble(t, "a nil known one", []apiReply{listed(signedIn)}, func(w *waitTest) {
		w.requireFound("tcred_2", freddy.WaitParams{Known: []*freddy.Connection{nil}})
	})
	inBubble(t, "application", []apiReply{listed(signedIn)}, func(w *waitTest) {
		w.requireFound("tcred_2", freddy.WaitParams{ApplicationID: "my-app"})
		assert.Contains(w, w.polls.received()[0].url, "?application_id=my-app&organization_id=")
	})
	inBubble(t, "options of the call", []apiReply{listed(), listed(signedIn)}, func(w *waitTest) {
		w.requireFound("tcred_2", freddy.WaitParams{State: "state_example"}, freddy.WithOrganization("org_call"), freddy.WithHeader("X-Example", "1"))
		for _, request := range append(w.polls.received(), w.completions.received()...) {
			assert.Contains(w, request.url, "organization_id=org_call")
			assert.Equal(w, []string{"1"}, request.header["X-Example"])
		}
	})
	inBubble(t, "known ones may be changed meanwhile", []apiReply{none, none, listed(earlier, signedIn)}, func(w *waitTest) {
		params := known(earlier)
		params.Progress = func(int) { params.Known[0].AccountEmail, params.Known[0].ID = "", "" }
		w.requireFound("tcred_2", params)
		w.requireIntervals(2*time.Second, 3*time.Second)
	})
}

func TestWaitForAChangedRow(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(before, after *freddy.Connection){
		"active":          func(before, _ *freddy.Connection) { before.Active = false },
		"email":           func(_, after *freddy.Connection) { after.AccountEmail = "ada@example.com" },
		"credential name": func(_, after *freddy.Connection) { after.CredentialName = "" },
		"connection id":   func(_, after *freddy.Connection) { after.ConnectionID = "conn_9" },
		"created":         func(_, after *freddy.Connection) { after.CreatedAt = signInTime },
	} {
		before, after := earlier, earlier
		change(&before, &after)
		inBubble(t, "J14 "+name, []apiReply{listed(before), listed(after)}, func(w *waitTest) {
			w.requireFound("tcred_1", known(before))
			w.requireIntervals(2 * time.Second)
		})
	}
	// What the user or the server may change without a sign-in.
	before, after := earlier, earlier
	after.DisplayName = "Renamed"
	after.CreatedAt = after.CreatedAt.In(time.FixedZone("", 3600))
	after.Extra = map[string]json.RawMessage{"last_used_at": json.RawMessage("1")}
	inBubble(t, "other changes do not count", []apiReply{listed(after), listed(after, signedIn)}, func(w *waitTest) {
		w.requireFound("tcred_2", known(before))
	})
	off := earlier
	off.Active, off.AccountEmail = false, "ada@example.com"
	inBubble(t, "a changed row that is inactive does not count", []apiReply{listed(off), listed(off, signedIn)}, func(w *waitTest) {
		w.requireFound("tcred_2", known(earlier))
	})
}

func TestWaitReturnsTheNewest(t *testing.T) {
	t.Parallel()
	older, newer, changed := signedIn, signedIn, earlier
	older.ID, older.CreatedAt = "tcred_3", signInTime.Add(-time.Second)
	newer.ID, newer.CreatedAt = "tcred_4", signInTime.Add(time.Second)
	changed.ConnectionID = "conn_9"
	for name, list := range map[string][]freddy.Connection{
		"first":                {newer, signedIn, older},
		"last":                 {older, signedIn, newer},
		"between":              {older, newer, signedIn},
		"before a changed one": {changed, newer, older},
	} {
		inBubble(t, name, []apiReply{listed(list...)}, func(w *waitTest) {
			w.requireFound("tcred_4", known(earlier))
		})
	}
}

func TestWaitCompletes(t *testing.T) {
	t.Parallel()
	params := func(knownOnes ...freddy.Connection) freddy.WaitParams {
		params := known(knownOnes...)
		params.State = "state_example"
		return params
	}
	inBubble(t, "not needed", []apiReply{listed(earlier, signedIn)}, func(w *waitTest) {
		w.requireFound("tcred_2", params(earlier))
		assert.Empty(w, w.completions.received(), "the poll has found it")
	})
	inBubble(t, "pending", []apiReply{none, none, listed(earlier, signedIn)}, func(w *waitTest) {
		w.requireFound("tcred_2", params(earlier))
		requests := w.completions.received()
		require.Len(w, requests, 2, "after each poll that finds nothing")
		for i, request := range requests {
			assert.JSONEq(w, `{"state_token":"state_example"}`, request.body)
			assert.Equal(w, w.polls.received()[i].at, request.at)
		}
	})
	for _, status := range []int{400, 404, 409, 410, 422} {
		inBubble(t, fmt.Sprintf("%d means not yet", status), slices.Concat(times(8, none), []apiReply{listed(signedIn)}), func(w *waitTest) {
			w.completions.replies = []apiReply{failed(status, "3600")}
			w.requireFound("tcred_2", params(earlier))
			assert.Len(w, w.completions.received(), 8, "more than five in a row")
		})
	}
	inBubble(t, "completed: polls once more", []apiReply{none, listed(earlier, signedIn)}, func(w *waitTest) {
		w.completions.replies = []apiReply{completed("conn_2")}
		w.requireFound("tcred_2", params(earlier))
		w.requireIntervals(0)
		assert.Equal(w, w.start, time.Now(), "at once")
	})
	inBubble(t, "completed: posts no more", slices.Concat(times(4, none), []apiReply{listed(earlier, signedIn)}), func(w *waitTest) {
		w.completions.replies = []apiReply{completed("conn_2")}
		var progress []int
		p := params(earlier)
		p.Progress = func(polls int) { progress = append(progress, polls) }
		w.requireFound("tcred_2", p)
		w.requireIntervals(0, 2*time.Second, 3*time.Second, 4500*time.Millisecond)
		assert.Len(w, w.completions.received(), 1)
		assert.Equal(w, []int{2, 3, 4}, progress)
	})
	for _, name := range []string{"conn_1", "tcred_1"} {
		inBubble(t, "completed: names a known one as "+name, []apiReply{none}, func(w *waitTest) {
			w.completions.replies = []apiReply{completed(name)}
			w.requireFound("tcred_1", params(earlier))
			w.requireIntervals(0)
		})
	}
	inBubble(t, "completed: a changed one goes before the named one", []apiReply{none, listed(earlier, signedIn)}, func(w *waitTest) {
		w.completions.replies = []apiReply{completed("conn_1")}
		w.requireFound("tcred_2", params(earlier))
	})
	off := earlier
	off.Active = false
	inBubble(t, "completed: the named one is inactive", []apiReply{listed(off), listed(off), listed(off), listed(earlier)}, func(w *waitTest) {
		w.completions.replies = []apiReply{completed("conn_1")}
		w.requireFound("tcred_1", params(off))
		w.requireIntervals(0, 2*time.Second, 3*time.Second)
	})
	unnamed := earlier
	unnamed.ConnectionID = ""
	inBubble(t, "completed: names none", []apiReply{listed(unnamed), listed(unnamed), listed(unnamed, signedIn)}, func(w *waitTest) {
		w.completions.replies = []apiReply{{body: `{"connected":true,"connection":null}`}}
		w.requireFound("tcred_2", params(unnamed))
		w.requireIntervals(0, 2*time.Second)
	})
	inBubble(t, "completed: the poll after it fails", []apiReply{none, failed(503), listed(earlier, signedIn)}, func(w *waitTest) {
		w.completions.replies = []apiReply{completed("conn_2")}
		w.requireFound("tcred_2", params(earlier))
		w.requireIntervals(0, 2*time.Second)
		assert.Len(w, w.completions.received(), 1)
	})
	inBubble(t, "failures of the completion", []apiReply{none}, func(w *waitTest) {
		w.completions.replies = slices.Concat(times(5, failed(503)), []apiReply{completed("conn_1")})
		w.requireFound("tcred_1", params(earlier))
		assert.Len(w, w.completions.received(), 6)
	})
	inBubble(t, "six failures of the completion in a row", []apiReply{none}, func(w *waitTest) {
		w.completions.replies = []apiReply{{err: errors.New("connection reset by peer")}}
		_, err := w.wait(params(earlier))
		var transportErr *freddy.TransportError
		require.ErrorAs(w, err, &transportErr)
		assert.Len(w, w.completions.received(), 6)
	})
	for name, reply := range map[string]apiReply{
		"401": failed(401), "403": failed(403), "405": failed(405), "no JSON": {body: "<html></html>"}, "no connected": {body: "{}"},
	} {
		inBubble(t, "ends: "+name, []apiReply{none}, func(w *waitTest) {
			w.completions.replies = []apiReply{reply}
			connection, err := w.wait(params(earlier))
			require.Error(w, err)
			assert.Nil(w, connection)
			require.NotErrorIs(w, err, freddy.ErrNotConnected)
			assert.Contains(w, err.Error(), "/complete-oauth")
			assert.NotContains(w, err.Error(), "state_example")
			w.requireIntervals()
		})
	}
	inBubble(t, "Retry-After of the completion", []apiReply{none, listed(signedIn)}, func(w *waitTest) {
		w.completions.replies = []apiReply{failed(429, "30")}
		w.requireFound("tcred_2", params(earlier))
		w.requireIntervals(30 * time.Second)
	})
}

func TestWaitSurvivesFailures(t *testing.T) {
	t.Parallel()
	lost := apiReply{err: errors.New("connection reset by peer")}
	found := listed(signedIn)
	const second = time.Second
	for _, tt := range []struct {
		name      string
		polls     []apiReply
		intervals []time.Duration
	}{
		{"J14 poll 2 is 503", []apiReply{none, failed(503), found}, []time.Duration{2 * second, 3 * second}},
		{"408", []apiReply{failed(408), found}, []time.Duration{2 * second}},
		{"500", []apiReply{failed(500), found}, []time.Duration{2 * second}},
		{"501, which no call retries", []apiReply{failed(501), found}, []time.Duration{2 * second}},
		{"J14 poll 2 is 429 with a longer Retry-After", []apiReply{none, failed(429, "30"), none, found}, []time.Duration{2 * second, 30 * second, 4500 * time.Millisecond}},
		{"J14 poll 2 is 429 with a shorter Retry-After", []apiReply{none, failed(429, "1"), found}, []time.Duration{2 * second, 3 * second}},
		{"503 with Retry-After", []apiReply{failed(503, "300"), found}, []time.Duration{300 * second}},
		{"Retry-After up to the limit", []apiReply{failed(429, "590"), found}, []time.Duration{590 * second}},
		{"J14 poll 2 is lost", []apiReply{none, lost, found}, []time.Duration{2 * second, 3 * second}},
		{"five in a row", slices.Concat(times(2, lost), times(2, failed(503)), []apiReply{failed(429), found}), []time.Duration{
			2 * second, 3 * second, 4500 * time.Millisecond, 6750 * time.Millisecond, 10 * second,
		}},
	} {
		inBubble(t, tt.name, tt.polls, func(w *waitTest) {
			w.requireFound("tcred_2", known(earlier))
			w.requireIntervals(tt.intervals...)
		})
	}
	inBubble(t, "five in a row, twice", slices.Concat(times(5, lost), []apiReply{none}, times(5, lost), []apiReply{found}), func(w *waitTest) {
		w.requireFound("tcred_2", known(earlier))
		assert.Len(w, w.polls.received(), 12)
	})
	inBubble(t, "a poll that hangs has the attempt's timeout", []apiReply{{hangs: true}, found}, func(w *waitTest) {
		w.requireFound("tcred_2", known(earlier), freddy.WithAttemptTimeout(5*time.Second))
		w.requireIntervals(7 * time.Second) // the interval counts from the end of the poll
	})
	inBubble(t, "the interval counts from the response", []apiReply{none, found}, func(w *waitTest) {
		client := accountsClient(w.T, slowTransport{w, 4 * time.Second}, freddy.WithOrganization(exampleOrganization))
		connection, err := client.Connections().Wait(w.Context(), "slack", known(earlier))
		require.NoError(w, err)
		assert.Equal(w, "tcred_2", connection.ID)
		requests := w.polls.received()
		assert.GreaterOrEqual(w, requests[1].at.Sub(requests[0].at), 6*time.Second)
	})
	inBubble(t, "a poll is retried if the call asks for it", []apiReply{failed(503), failed(503), found}, func(w *waitTest) {
		w.requireFound("tcred_2", known(earlier), freddy.WithMaxRetries(2))
		w.requireIntervals(0, 0)
	})
	inBubble(t, "a poll is not retried if only the client asks for it", []apiReply{failed(503), found}, func(w *waitTest) {
		connection, err := w.client(freddy.WithMaxRetries(3)).Connections().Wait(w.Context(), "slack", known(earlier))
		require.NoError(w, err)
		assert.Equal(w, "tcred_2", connection.ID)
		w.requireIntervals(2 * time.Second)
	})
}

// slowTransport responds after a delay.
type slowTransport struct {
	*waitTest
	delay time.Duration
}

func (s slowTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := s.waitTest.RoundTrip(r)
	time.Sleep(s.delay)
	return response, err
}

func TestWaitAsksTheKeySourceAgain(t *testing.T) {
	t.Parallel()
	// source returns one key until a 401, and then another.
	source := func(keys ...string) (func(context.Context) (string, error), *atomic.Int32) {
		asked := new(atomic.Int32)
		return func(context.Context) (string, error) {
			return keys[min(int(asked.Add(1)), len(keys))-1], nil
		}, asked
	}
	wait := func(w *waitTest, params freddy.WaitParams, keySource func(context.Context) (string, error)) (*freddy.Connection, error) {
		client, err := freddy.NewClient("", freddy.WithKeySource(keySource), freddy.WithHTTPClient(&http.Client{Transport: w}),
			freddy.WithOrganization(exampleOrganization), freddy.WithAuthScheme(freddy.AuthSchemeXAPIKey))
		require.NoError(w, err)
		return client.Connections().Wait(w.Context(), "slack", params)
	}
	inBubble(t, "J14 401 with another key", []apiReply{none, failed(401), none, listed(signedIn)}, func(w *waitTest) {
		keySource, _ := source("test-key-one", "test-key-one", "test-key-two")
		connection, err := wait(w, known(earlier), keySource)
		require.NoError(w, err)
		assert.Equal(w, "tcred_2", connection.ID)
		w.requireIntervals(2*time.Second, 0, 3*time.Second)
		assert.Equal(w, []string{"test-key-two"}, w.polls.received()[2].header["X-Api-Key"])
	})
	inBubble(t, "401 of the completion with another key", []apiReply{none}, func(w *waitTest) {
		w.completions.replies = []apiReply{failed(401), completed("conn_1")}
		keySource, _ := source("test-key-one", "test-key-one", "test-key-two")
		params := known(earlier)
		params.State = "state_example"
		connection, err := wait(w, params, keySource)
		require.NoError(w, err)
		assert.Equal(w, "tcred_1", connection.ID)
		assert.Len(w, w.completions.received(), 2)
	})
	inBubble(t, "J14 401 with the same key", []apiReply{none, failed(401)}, func(w *waitTest) {
		keySource, asked := source("test-key-one")
		_, err := wait(w, known(earlier), keySource)
		require.ErrorIs(w, err, freddy.ErrUnauthenticated)
		w.requireIntervals(2 * time.Second)
		assert.EqualValues(w, 3, asked.Load())
	})
	inBubble(t, "a key source that fails", []apiReply{none, listed(signedIn)}, func(w *waitTest) {
		asked := 0
		connection, err := wait(w, known(earlier), func(context.Context) (string, error) {
			if asked++; asked == 1 {
				return "", errors.New("vault is sealed")
			}
			return "test-key-one", nil
		})
		require.NoError(w, err)
		assert.Equal(w, "tcred_2", connection.ID)
		assert.Equal(w, 3, asked)
	})
	inBubble(t, "an invalid key ends it", []apiReply{none}, func(w *waitTest) {
		keySource, _ := source("test-key-one", "")
		_, err := wait(w, known(earlier), keySource)
		requireArgument(w.T, err, "WithKeySource")
		w.requireIntervals()
	})
}

func TestWaitEndsAtErrors(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		reply apiReply
		match error // nil: a *DecodeError
	}{
		"400":               {failed(400), freddy.ErrBadRequest},
		"J14 401":           {failed(401), freddy.ErrUnauthenticated},
		"403":               {failed(403), freddy.ErrPermissionDenied},
		"404":               {failed(404), freddy.ErrNotFound},
		"409":               {failed(409), freddy.ErrConflict},
		"422":               {failed(422), freddy.ErrBadRequest},
		"no JSON":           {apiReply{body: "<html></html>"}, nil},
		"no connections":    {apiReply{body: "{}"}, nil},
		"a row without id":  {apiReply{body: `{"connections":[{}]}`}, nil},
		"a larger response": {apiReply{body: strings.Repeat(" ", 11<<20)}, freddy.ErrResponseTooLarge},
	} {
		inBubble(t, name, []apiReply{none, tt.reply}, func(w *waitTest) {
			connection, err := w.wait(known(earlier))
			assert.Nil(w, connection)
			require.NotErrorIs(w, err, freddy.ErrNotConnected)
			if tt.match != nil {
				require.ErrorIs(w, err, tt.match)
			} else {
				var decodeErr *freddy.DecodeError
				require.ErrorAs(w, err, &decodeErr)
			}
			w.requireIntervals(2 * time.Second)
		})
	}
	inBubble(t, "the sixth failure in a row", slices.Concat([]apiReply{none}, times(6, failed(503)), []apiReply{listed(signedIn)}), func(w *waitTest) {
		var progress []int
		params := known(earlier)
		params.Progress = func(polls int) { progress = append(progress, polls) }
		_, err := w.wait(params)
		require.ErrorIs(w, err, freddy.ErrServer)
		require.NotErrorIs(w, err, freddy.ErrNotConnected)
		assert.Len(w, w.polls.received(), 7)
		assert.Equal(w, []int{1, 2, 3, 4, 5, 6}, progress)
	})
	for name, timeout := range map[string]time.Duration{"a deadline": time.Minute, "the limit": 0} {
		inBubble(t, "a Retry-After beyond "+name, []apiReply{none, failed(429, "601")}, func(w *waitTest) {
			ctx := w.Context()
			if timeout > 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, timeout)
				defer cancel()
			}
			_, err := w.client().Connections().Wait(ctx, "slack", known(earlier))
			require.ErrorIs(w, err, freddy.ErrRateLimited)
			require.NotErrorIs(w, err, freddy.ErrNotConnected)
			w.requireIntervals(2 * time.Second)
			assert.Less(w, time.Since(w.start), 3*time.Second, "at once")
		})
	}
	inBubble(t, "invalid arguments", []apiReply{listed(signedIn)}, func(w *waitTest) {
		for argument, params := range map[string]freddy.WaitParams{
			"PollInterval":    {PollInterval: -1},
			"MaxPollInterval": {MaxPollInterval: -time.Second},
		} {
			_, err := w.wait(params)
			requireArgument(w.T, err, argument)
		}
		_, err := w.client().Connections().Wait(nil, "slack", freddy.WaitParams{}) //nolint:staticcheck // on purpose
		requireArgument(w.T, err, "ctx")
		_, err = accountsClient(w.T, w).Connections().Wait(w.Context(), "slack", freddy.WaitParams{})
		requireArgument(w.T, err, "WithOrganization")
		_, err = w.wait(freddy.WaitParams{}, nil)
		require.ErrorIs(w, err, freddy.ErrInvalidArgument)
		_, err = (*freddy.Client)(nil).Connections().Wait(w.Context(), "slack", freddy.WaitParams{})
		requireArgument(w.T, err, "client")
		assert.Empty(w, w.polls.received())
	})
}

// requireNotConnected requires that time or the context has ended a Wait.
func (w *waitTest) requireNotConnected(connection *freddy.Connection, err error) *freddy.NotConnectedError {
	w.Helper()
	assert.Nil(w, connection)
	require.ErrorIs(w, err, freddy.ErrNotConnected)
	var notConnected *freddy.NotConnectedError
	require.ErrorAs(w, err, &notConnected)
	assert.Equal(w, "slack", notConnected.ToolKey)
	assert.Equal(w, time.Since(w.start), notConnected.Waited)
	return notConnected
}

func TestWaitEndsWithTheContext(t *testing.T) {
	t.Parallel()
	// until waits with a context that is canceled after a time.
	until := func(w *waitTest, after time.Duration, params freddy.WaitParams) *freddy.NotConnectedError {
		ctx, cancel := context.WithCancel(w.Context())
		time.AfterFunc(after, cancel)
		notConnected := w.requireNotConnected(w.client().Connections().Wait(ctx, "slack", params))
		require.ErrorIs(w, notConnected, context.Canceled)
		assert.Equal(w, after, notConnected.Waited)
		return notConnected
	}
	inBubble(t, "J14 canceled between two polls", []apiReply{none}, func(w *waitTest) {
		notConnected := until(w, 4*time.Second, known(earlier))
		assert.Equal(w, 2, notConnected.Polls)
		require.NoError(w, notConnected.Last)
		assert.EqualError(w, notConnected, "freddy: slack is not connected after 4s and 2 polls: context canceled")
		w.requireIntervals(2 * time.Second)
	})
	inBubble(t, "canceled in a poll", []apiReply{none, {hangs: true}}, func(w *waitTest) {
		notConnected := until(w, 20*time.Second, known(earlier))
		assert.Equal(w, 2, notConnected.Polls)
		require.NoError(w, notConnected.Last, "the poll did not fail by itself")
	})
	inBubble(t, "canceled in a completion", []apiReply{none}, func(w *waitTest) {
		w.completions.replies = []apiReply{{hangs: true}}
		params := known(earlier)
		params.State = "state_example"
		assert.NotContains(w, until(w, time.Second, params).Error(), "state_example")
	})
	inBubble(t, "canceled after a failure", []apiReply{none, failed(503)}, func(w *waitTest) {
		notConnected := until(w, 3*time.Second, known(earlier))
		require.ErrorIs(w, notConnected.Last, freddy.ErrServer)
		require.NotErrorIs(w, notConnected, freddy.ErrServer, "a field only")
		assert.Contains(w, notConnected.Error(), "503")
	})
	inBubble(t, "canceled in Progress", []apiReply{none}, func(w *waitTest) {
		ctx, cancel := context.WithCancel(w.Context())
		params := known(earlier)
		params.Progress = func(int) { cancel() }
		notConnected := w.requireNotConnected(w.client().Connections().Wait(ctx, "slack", params))
		assert.Equal(w, 1, notConnected.Polls)
		assert.Zero(w, notConnected.Waited)
	})
	inBubble(t, "canceled before", []apiReply{listed(signedIn)}, func(w *waitTest) {
		ctx, cancel := context.WithCancel(w.Context())
		cancel()
		assert.Zero(w, w.requireNotConnected(w.client().Connections().Wait(ctx, "slack", known(earlier))).Polls)
		assert.Empty(w, w.polls.received())
	})
	// The context ends between the response to a poll and what Wait makes of it.
	meanwhile := func(w *waitTest) (*freddy.Connection, error) {
		ctx, cancel := context.WithCancel(w.Context())
		defer cancel()
		hooks := freddy.Hooks{Call: func(context.Context, freddy.CallInfo) (context.Context, func(freddy.CallResult)) {
			return nil, func(freddy.CallResult) { cancel() }
		}}
		return w.client(freddy.WithHooks(hooks)).Connections().Wait(ctx, "slack", known(earlier))
	}
	inBubble(t, "canceled when a poll has found nothing", []apiReply{none}, func(w *waitTest) {
		notConnected := w.requireNotConnected(meanwhile(w))
		require.ErrorIs(w, notConnected, context.Canceled)
		assert.Equal(w, 1, notConnected.Polls)
	})
	inBubble(t, "canceled when a poll is rejected", []apiReply{failed(403)}, func(w *waitTest) {
		_, err := meanwhile(w)
		require.ErrorIs(w, err, freddy.ErrPermissionDenied, "the response has ended it")
		require.NotErrorIs(w, err, freddy.ErrNotConnected)
	})
	inBubble(t, "canceled when a poll has found it", []apiReply{listed(signedIn)}, func(w *waitTest) {
		connection, err := meanwhile(w)
		require.NoError(w, err)
		assert.Equal(w, "tcred_2", connection.ID)
	})
	inBubble(t, "J14 deadline", []apiReply{none}, func(w *waitTest) {
		ctx, cancel := context.WithTimeout(w.Context(), 9*time.Second)
		defer cancel()
		notConnected := w.requireNotConnected(w.client().Connections().Wait(ctx, "slack", known(earlier)))
		require.ErrorIs(w, notConnected, context.DeadlineExceeded)
		assert.Equal(w, 9*time.Second, notConnected.Waited)
		assert.Equal(w, 3, notConnected.Polls)
		w.requireIntervals(2*time.Second, 3*time.Second)
	})
	run(t, "a poll that fails at the deadline", func(t *T) { // in real time, which passes between two looks at the clock
		for range 20 {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Millisecond)
			rt := roundTrip(func(*http.Request) (*http.Response, error) { time.Sleep(2 * time.Millisecond); return nil, io.EOF })
			_, err := t.over(rt, freddy.WithOrganization("org_example")).Connections().Wait(ctx, "slack", freddy.WaitParams{})
			require.ErrorIs(t, err, freddy.ErrNotConnected)
			cancel()
		}
	})
	inBubble(t, "J14 never: 10 minutes without a deadline", []apiReply{none}, func(w *waitTest) {
		notConnected := w.requireNotConnected(w.wait(known(earlier)))
		assert.Equal(w, 10*time.Minute, notConnected.Waited)
		require.NoError(w, notConnected.Err)
		require.NotErrorIs(w, notConnected, context.DeadlineExceeded)
		assert.Len(w, w.polls.received(), notConnected.Polls)
	})
	inBubble(t, "a deadline after an hour", []apiReply{none}, func(w *waitTest) {
		ctx, cancel := context.WithTimeout(w.Context(), time.Hour)
		defer cancel()
		assert.Equal(w, time.Hour, w.requireNotConnected(w.client().Connections().Wait(ctx, "slack", known(earlier))).Waited)
	})
}

func TestWaitIntervals(t *testing.T) {
	t.Parallel()
	const second = time.Second
	for name, tt := range map[string]struct {
		interval, most time.Duration
		want           []time.Duration
	}{
		"defaults":                           {0, 0, []time.Duration{2 * second, 3 * second, 4500 * time.Millisecond, 6750 * time.Millisecond, 10 * second, 10 * second}},
		"given":                              {8 * second, 30 * second, []time.Duration{8 * second, 12 * second, 18 * second, 27 * second, 30 * second, 30 * second}},
		"interval above the default maximum": {20 * second, 0, []time.Duration{20 * second, 20 * second}},
		"interval above the maximum":         {4 * second, second, []time.Duration{4 * second, 4 * second}},
		"maximum below the default interval": {0, second, []time.Duration{second, second}},
	} {
		inBubble(t, name, slices.Concat(times(len(tt.want), none), []apiReply{listed(signedIn)}), func(w *waitTest) {
			params := known(earlier)
			params.PollInterval, params.MaxPollInterval = tt.interval, tt.most
			var progress, want []int
			params.Progress = func(polls int) { progress = append(progress, polls) }
			w.requireFound("tcred_2", params)
			w.requireIntervals(tt.want...)
			for i := range tt.want {
				want = append(want, i+1)
			}
			assert.Equal(w, want, progress)
		})
	}
	inBubble(t, "random", times(100, none), func(w *waitTest) {
		_, err := w.wait(known(earlier))
		require.ErrorIs(w, err, freddy.ErrNotConnected)
		distinct := map[time.Duration]bool{}
		requests := w.polls.received()
		for i := 6; i < len(requests); i++ {
			distinct[requests[i].at.Sub(requests[i-1].at)] = true
		}
		assert.Greater(w, len(distinct), 10)
	})
	for name, params := range map[string]freddy.WaitParams{
		"the longest interval": {PollInterval: math.MaxInt64},
		"the longest maximum":  {PollInterval: math.MaxInt64 / 3, MaxPollInterval: math.MaxInt64},
	} {
		inBubble(t, name, []apiReply{listed()}, func(w *waitTest) {
			ctx, cancel := context.WithDeadline(w.Context(), w.start.Add(math.MaxInt64))
			defer cancel()
			time.AfterFunc(math.MaxInt64/2, cancel)
			notConnected := w.requireNotConnected(w.client().Connections().Wait(ctx, "slack", params))
			assert.LessOrEqual(w, notConnected.Polls, 3)
		})
	}
}
