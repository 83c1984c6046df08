package freddy

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/aitronos/freddy-go/internal/transport"
)

// WaitParams describes the sign-in that [ConnectionsService.Wait] waits for.
type WaitParams struct {
	// Known are the connections that List returned before Authorize. Wait ignores them
	// unless they change. nil: Wait accepts any active connection.
	Known []*Connection

	// State is Authorization.State. If it is set, each poll that finds nothing also
	// calls Complete, until that reports success.
	State string

	ApplicationID   string          // empty: the server's default, flowplate
	PollInterval    time.Duration   // before the second poll; 0: 2 s, or MaxPollInterval if that is shorter
	MaxPollInterval time.Duration   // the interval grows by half each time up to this; 0: 10 s
	Progress        func(polls int) `json:"-"` // called after each poll that found nothing; nil: none
}

const (
	defaultPollInterval    = 2 * time.Second
	defaultMaxPollInterval = 10 * time.Second
	longestInterval        = math.MaxInt64 / 4 // so that it can grow and have its random extra
	maxWait                = 10 * time.Minute  // without a deadline; sign-ins are known to expire then
	maxFailedPolls         = 5                 // in a row, without ending the wait
)

// errEnded is the result of a wait that time or the context has ended.
var errEnded = errors.New("the wait has ended")

// Wait polls the connections of a tool until the user has signed in, and returns the
// new connection: an active one that is not in Known, or one of Known that has become
// active or has another email, credential name, connection id or creation time. Of
// several, it returns the newest. It requires [WithOrganization].
//
// The first poll is made at once. The interval counts from the response of the last
// poll. A random delay of up to a tenth, at most 1 s, is added. A poll is not retried unless
// [WithMaxRetries] is given for the call. Up to five polls in a row may fail with 408,
// 429, 5xx or without a response. Wait returns any other error of a poll, and the
// sixth such error in a row, at once. A Retry-After longer than the interval replaces
// it. If a Retry-After is beyond the deadline, Wait returns the error of that poll at
// once.
// An error response of Complete with status 400, 404, 409, 410 or 422 means that the
// user has not signed in yet. If the user denies access, Wait polls until the context ends or 10
// minutes have passed.
//
// If the context ends, Wait returns a *NotConnectedError, which matches
// [ErrNotConnected] and the error of the context. If the context has no deadline, Wait
// returns a *NotConnectedError after 10 minutes.
func (s *ConnectionsService) Wait(ctx context.Context, toolKey string, params WaitParams, opts ...CallOption) (*Connection, error) {
	switch {
	case ctx == nil:
		return nil, &ArgumentError{"ctx", "must not be nil"}
	case params.PollInterval < 0:
		return nil, &ArgumentError{"PollInterval", "must not be negative"}
	case params.MaxPollInterval < 0:
		return nil, &ArgumentError{"MaxPollInterval", "must not be negative"}
	}
	limited := ctx
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		limited, cancel = context.WithTimeout(ctx, maxWait)
		defer cancel()
	}
	w := &waiter{service: s, toolKey: toolKey, params: params, opts: append([]CallOption{WithMaxRetries(0), renewAlways}, opts...), known: knownBy(params.Known)}
	start := time.Now()
	connection, err := w.wait(limited)
	if !errors.Is(err, errEnded) {
		return connection, err
	}
	return nil, &NotConnectedError{ToolKey: toolKey, Polls: w.polls, Waited: time.Since(start), Last: w.last, Err: ctx.Err()}
}

// renewAlways lets a poll, which is not retried, use another key after a 401.
var renewAlways = callOption(func(s *callSettings) error {
	s.renewAlways = true
	return nil
})

// waiter is the state of a Wait.
type waiter struct {
	service *ConnectionsService
	toolKey string
	params  WaitParams
	opts    []CallOption
	known   map[string]Connection

	polls       int
	failures    int    // in a row
	last        error  // of the last poll that failed
	completed   bool   // Complete has reported success
	completedID string // of the connection that Complete named
}

// knownBy returns copies of connections by id.
func knownBy(connections []*Connection) map[string]Connection {
	known := make(map[string]Connection, len(connections))
	for _, c := range connections {
		if c != nil {
			known[c.ID] = *c
		}
	}
	return known
}

// wait polls until there is a connection, or an error that ends the wait: errEnded if
// the context has ended.
func (w *waiter) wait(ctx context.Context) (*Connection, error) {
	interval, maxInterval := w.params.PollInterval, w.params.MaxPollInterval
	if maxInterval == 0 {
		maxInterval = defaultMaxPollInterval
	}
	if interval == 0 {
		interval = min(defaultPollInterval, maxInterval)
	}
	for ; ; interval = max(interval, min(interval+interval/2, maxInterval)) {
		interval = min(interval, longestInterval)
		connection, err := w.poll(ctx)
		switch {
		case connection != nil, err != nil && !isTransient(err):
			return connection, err
		case ctx.Err() != nil:
			return nil, errEnded
		}
		delay := interval
		if err == nil {
			w.failures = 0
		} else {
			w.last, w.failures = err, w.failures+1
			if w.failures > maxFailedPolls {
				return nil, err
			}
			asked := retryAfter(err)
			if deadline, ok := ctx.Deadline(); ok && asked > 0 && asked > time.Until(deadline) {
				return nil, err
			}
			delay = max(delay, asked)
		}
		if w.params.Progress != nil {
			w.params.Progress(w.polls)
		}
		if !sleep(ctx, delay+time.Duration(rand.Int64N(int64(min(delay/10, time.Second))+1))) {
			return nil, errEnded
		}
	}
}

// poll lists the connections, and completes the sign-in if there is none yet.
func (w *waiter) poll(ctx context.Context) (*Connection, error) {
	connection, err := w.find(ctx)
	if connection != nil || err != nil || w.params.State == "" || w.completed {
		return connection, err
	}
	completion, err := w.service.Complete(ctx, w.params.State, w.opts...)
	switch {
	case notYet(err), err == nil && !completion.Connected:
		return nil, nil //nolint:nilnil // neither a connection nor an error: the user has not signed in yet
	case err != nil:
		return nil, err
	}
	w.completed, w.completedID = true, completion.Connection.ID
	return w.find(ctx)
}

// find returns the newest connection that is new or has changed; otherwise the active
// one that Complete has named.
func (w *waiter) find(ctx context.Context) (*Connection, error) {
	if ctx.Err() == nil {
		w.polls++
	}
	page, err := w.service.List(ctx, w.toolKey, ConnectionListParams{ApplicationID: w.params.ApplicationID}, w.opts...)
	if err != nil {
		return nil, err
	}
	var newest, named *Connection
	for _, c := range page.Items {
		switch {
		case !c.Active:
		case w.changed(c):
			if newest == nil || c.CreatedAt.After(newest.CreatedAt) {
				newest = c
			}
		case w.completedID != "" && (c.ConnectionID == w.completedID || c.ID == w.completedID):
			named = c
		}
	}
	if newest == nil {
		newest = named
	}
	return newest, nil
}

// changed reports whether an active connection is not known, or not as it was.
func (w *waiter) changed(c *Connection) bool {
	before, known := w.known[c.ID]
	return !known || !before.Active || before.AccountEmail != c.AccountEmail || before.CredentialName != c.CredentialName ||
		before.ConnectionID != c.ConnectionID || !before.CreatedAt.Equal(c.CreatedAt)
}

// notYet reports whether an error of Complete may only mean that the user has not
// signed in yet.
func notYet(err error) bool {
	var e *APIError
	if !errors.As(err, &e) {
		return false
	}
	if e.StatusCode/100 == 2 { // "success": false
		return true
	}
	switch e.StatusCode {
	case http.StatusBadRequest, http.StatusNotFound, http.StatusConflict, http.StatusGone, http.StatusUnprocessableEntity:
		return true
	}
	return false
}

// isTransient reports whether a later poll may succeed.
func isTransient(err error) bool {
	var (
		response   *APIError
		noResponse *TransportError
	)
	return errors.As(err, &noResponse) || errors.As(err, &response) && transport.Transient(response.StatusCode)
}

func retryAfter(err error) time.Duration {
	var e *APIError
	if errors.As(err, &e) {
		return e.RetryAfter
	}
	return 0
}

// sleep waits, and reports false if the context ends before.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
