package freddy

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/aitronos/freddy-go/internal/redact"
	"github.com/aitronos/freddy-go/internal/transport"
)

// Hooks observe calls and attempts, for tracing and metrics. [WithHooks] sets
// them. A nil func is skipped. Hooks run in the goroutine of the call, concurrently
// for concurrent calls.
//
// Each func returns a context and a func, which both may be nil. The returned
// context's values are used: by the call (Call), or by the request that the
// RoundTripper receives (Attempt). Cancellation and deadline remain those of the
// caller's context. The returned func is called once, when the call or the attempt
// has ended, even by a panic.
//
// Call runs once the arguments are valid. Attempt runs after the limiter of
// [WithLimiter]. If there are several hooks, the first is the outermost: the
// funcs that they return run in reverse order. Later hooks receive the context of
// the earlier ones.
//
// A panic in a hook reaches the caller and leaves the client usable. No hook
// receives the key, a query or a body.
type Hooks struct {
	Call    func(ctx context.Context, call CallInfo) (context.Context, func(CallResult))
	Attempt func(ctx context.Context, attempt AttemptInfo) (context.Context, func(AttemptResult))
}

// CallInfo describes a call that begins.
type CallInfo struct {
	Method string
	Host   string // of the base URL, with the port if it has one
	Route  string // /personal-connectors/{connector_id}; empty for Client.Do
}

// CallResult describes how a call ended.
type CallResult struct {
	StatusCode int    // of the last response; 0: none
	RequestID  string // of the last response
	Attempts   int
	Err        error // what the call returns
}

// AttemptInfo describes an attempt that begins.
type AttemptInfo struct {
	Method string
	Host   string // of the base URL, with the port if it has one
	Route  string // /personal-connectors/{connector_id}; empty for Client.Do
	Number int    // from 1

	// Header is the header of the request, without the key. A hook may add to it,
	// for example traceparent. What WithHeader rejects is removed.
	Header http.Header
}

// AttemptResult describes how an attempt ended.
type AttemptResult struct {
	StatusCode int // 0: no response
	RequestID  string

	// Err is why there is no complete response. It is nil if a response was received,
	// even if its body cannot be used or, of an error response, is incomplete.
	Err error

	// Reason is why the attempt failed, in fixed words: "timeout", "connection
	// refused", "503". It is empty if the attempt did not fail.
	Reason string

	Decision RetryDecision
	Wait     time.Duration // before the next attempt
}

// RetryDecision says whether another attempt follows and, if not, why. It is in hooks,
// in the log, and in [APIError] and [TransportError].
type RetryDecision string

// The retry decisions.
const (
	RetryNotNeeded       RetryDecision = ""                       // success, or not retryable
	RetryScheduled       RetryDecision = "retry"                  // another attempt is planned
	RetryUnsafe          RetryDecision = "not safe to retry"      // the request may have been processed and is not idempotent
	RetryExhausted       RetryDecision = "retries exhausted"      // the limit of WithMaxRetries
	RetryBudgetExhausted RetryDecision = "retry budget exhausted" // too many retries in all calls of the client
	RetryAfterTooLong    RetryDecision = "Retry-After too long"   // over the limit of WithMaxRetryAfter
	RetryDeadline        RetryDecision = "deadline too near"      // the wait would outlast the context
	RetryCanceled        RetryDecision = "context ended"          // the caller's, or the limiter failed
)

// A hook is one func of Hooks.
type hook[I, R any] func(context.Context, I) (context.Context, func(R))

// startHooks runs hooks in order. It returns the context with their values, and
// the func that runs their ends in reverse order. Each end runs even if another
// hook panics: if that is at the start, with the result panicked.
func startHooks[I, R any](ctx context.Context, hooks []hook[I, R], info I, panicked R) (context.Context, func(R)) {
	caller, ends, started := ctx, make([]func(R), 0, len(hooks)), false
	finish := func(result R) {
		for _, end := range ends {
			defer end(result) // in reverse order, and although another one panics
		}
	}
	defer func() {
		if !started {
			finish(panicked)
		}
	}()
	for _, start := range hooks {
		values, end := start(ctx, info)
		ctx = withValues(caller, ctx, values)
		if end != nil {
			ends = append(ends, end)
		}
	}
	started = true
	return ctx, finish
}

// withValues returns a context with the values of one context, and with the
// cancellation and deadline of the caller's.
func withValues(caller, current, values context.Context) context.Context {
	switch {
	case values == nil:
		return current
	case values.Done() == caller.Done(): // made by context.WithValue, as nearly always
		return values
	}
	return valuesContext{caller, values}
}

type valuesContext struct {
	context.Context
	values context.Context //nolint:containedctx // this is a context
}

func (c valuesContext) Value(key any) any { return c.values.Value(key) }

func (c *Client) hooked() bool { return len(c.callHooks)+len(c.attemptHooks) > 0 }

// start runs the hooks of a call that begins, and prepares those of its attempts.
func (c *call) start(ctx context.Context) context.Context {
	if len(c.client.attemptHooks) > 0 {
		c.Observe = c.observe
	}
	ctx, c.endHooks = startHooks(ctx, c.client.callHooks, CallInfo{c.method(), c.client.base.Host, c.request.route}, CallResult{Err: errPanic})
	return ctx
}

// end runs the ends of the hooks of a call.
func (c *call) end(err error) {
	if c.endHooks == nil {
		return
	}
	response := c.lastResponse()
	c.endHooks(CallResult{response.StatusCode, c.requestID(response.Header), c.result.Number, err})
}

// observe runs the hooks of an attempt that begins.
func (c *call) observe(ctx context.Context, number int, header http.Header) (context.Context, func(transport.Attempt)) {
	ctx, end := startHooks(ctx, c.client.attemptHooks, AttemptInfo{c.method(), c.client.base.Host, c.request.route, number, header},
		AttemptResult{Err: errPanic, Reason: "panic"})
	for name, values := range header {
		if slices.Contains(reservedHeaders, http.CanonicalHeaderKey(name)) || !validToken(name) || slices.ContainsFunc(values, invalidHeaderValue) {
			delete(header, name)
		}
	}
	return ctx, func(a transport.Attempt) { end(c.attemptResult(&a)) }
}

func (c *call) attemptResult(a *transport.Attempt) AttemptResult {
	result := AttemptResult{
		StatusCode: a.Response.StatusCode,
		RequestID:  c.requestID(a.Response.Header),
		Decision:   RetryDecision(a.Decision),
		Wait:       a.Delay,
	}
	switch f, status := a.Failure, a.Response.StatusCode; {
	case f == nil && transport.Transient(status):
		result.Reason = strconv.Itoa(status)
	case f != nil && f.Kind != transport.Unusable: // an unusable body is the call's error, not the attempt's
		result.Reason, result.Err = f.Reason, c.failureCause(f)
	}
	return result
}

// logHooks logs each attempt.
func logHooks(logger *slog.Logger) Hooks {
	return Hooks{Attempt: func(ctx context.Context, a AttemptInfo) (context.Context, func(AttemptResult)) {
		start := time.Now()
		return nil, func(r AttemptResult) {
			level := slog.LevelDebug
			if r.Reason != "" && !errors.Is(r.Err, context.Canceled) {
				level = slog.LevelWarn
			}
			if !logger.Enabled(ctx, level) {
				return
			}
			attrs := []slog.Attr{
				slog.String("method", a.Method),
				slog.String("route", a.Route),
				slog.Int("status", r.StatusCode),
				slog.Int("attempt", a.Number),
				slog.Duration("duration", time.Since(start)),
				slog.String("request_id", redact.SingleLine(r.RequestID, maxNameText)),
			}
			if r.Reason != "" {
				attrs = append(attrs, slog.String("reason", r.Reason))
			}
			switch r.Decision {
			case RetryNotNeeded:
			case RetryScheduled:
				attrs = append(attrs, slog.Duration("wait", r.Wait))
			default:
				attrs = append(attrs, slog.String("decision", string(r.Decision)))
			}
			logger.LogAttrs(ctx, level, "freddy: attempt", attrs...)
		}
	}}
}
