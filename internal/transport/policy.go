package transport

import (
	"math"
	"net/http"
	"sync/atomic"
	"time"
)

// The numbers of the policy. doc.go of the root package promises them to users; a
// test compares the two.
const (
	MaxRetries       = 3                      // after the first attempt
	AttemptTimeout   = 30 * time.Second       // of an attempt, its body included
	BaseDelay        = 500 * time.Millisecond // limit of the first delay; doubles with each retry
	MaxDelay         = 8 * time.Second        // limit of every delay
	MinDelay         = time.Millisecond       // prevents a hot loop, unless a limit below it asks for one
	MaxRetryAfter    = 60 * time.Second       // a longer Retry-After ends the call
	MaxRetryExtra    = time.Second            // limit of the random extra on a Retry-After
	MaxResponseBytes = 10 << 20               // of a 2xx body, after decompression
	MaxHeaderBytes   = 1 << 20                // of a response's header, on NewHTTPTransport
	ErrorBytesKept   = 64 << 10               // of an error response's body
	errorBytesRead   = 256 << 10              // so that the connection stays usable; a longer body closes it

	BudgetTokens       = 500 // of a full Budget
	SharedBudgetFactor = 10  // size of the Budget that derived clients share, in Budgets
	RetryCost          = 5   // tokens that a retry takes
	ResponseCredit     = 1   // tokens that a response below 500 gives back, except 429
)

// Decision is why a call ended with an attempt, or did not.
type Decision string

// The decisions. The root package exports them with the same values.
const (
	NotNeeded         Decision = ""
	Retry             Decision = "retry"
	Unsafe            Decision = "not safe to retry"
	Exhausted         Decision = "retries exhausted"
	BudgetExhausted   Decision = "retry budget exhausted"
	RetryAfterTooLong Decision = "Retry-After too long"
	DeadlineTooNear   Decision = "deadline too near"
	Canceled          Decision = "context ended"
)

// decide says what follows the last attempt, and after which delay. It is the
// retry table of doc.go.
func (c *call) decide() (Decision, time.Duration) {
	helps, safe := c.retryable()
	status, failure := c.last.Response.StatusCode, c.last.Failure
	if failure == nil && status < 500 && status != http.StatusTooManyRequests {
		c.request.Budget.credit()
	}
	switch {
	case failure != nil && failure.Kind == Context:
		return Canceled, 0
	case failure == nil && status == http.StatusUnauthorized && c.renew():
		return Retry, 0
	case !helps:
		return NotNeeded, 0
	case !safe:
		return Unsafe, 0
	case c.last.Number-c.renewed > c.request.MaxRetries:
		return Exhausted, 0
	}
	asked := time.Duration(0)
	if failure == nil {
		asked = RetryAfter(c.last.Response.Header)
	}
	if asked > c.config.MaxRetryAfter {
		return RetryAfterTooLong, 0
	}
	delay := c.delay(asked)
	if deadline, ok := c.Deadline(); ok && delay > time.Until(deadline) {
		return DeadlineTooNear, 0
	}
	// A 429 with a Retry-After takes no tokens, because the server chose the delay.
	if chosen := status == http.StatusTooManyRequests && asked > 0; !chosen && !c.request.Budget.spend() {
		return BudgetExhausted, 0
	}
	return Retry, delay
}

// retryable reports whether another attempt may have another outcome, and whether
// it is safe.
func (c *call) retryable() (helps, safe bool) {
	idempotent := c.request.Idempotent
	if f := c.last.Failure; f != nil {
		return f.Kind == Network || f.Kind == Timeout, idempotent || !f.Sent
	}
	switch status := c.last.Response.StatusCode; status {
	case http.StatusTooManyRequests: // rejected before it was processed
		return true, true
	case http.StatusNotImplemented, http.StatusHTTPVersionNotSupported, http.StatusNetworkAuthenticationRequired:
		return false, false
	default:
		return Inconclusive(status), idempotent
	}
}

// mayHaveBeenProcessed reports whether the server may have acted on the last
// attempt without saying so.
func (c *call) mayHaveBeenProcessed() bool {
	switch {
	case ReadOnly(c.request.Method):
		return false
	case c.last.Failure != nil:
		return c.last.Failure.Sent
	}
	return Inconclusive(c.last.Response.StatusCode)
}

// Inconclusive reports whether a status does not say if the request was processed.
func Inconclusive(status int) bool {
	return status == http.StatusRequestTimeout || status/100 == 5
}

// Transient reports whether a status may be another one later.
func Transient(status int) bool {
	return status == http.StatusTooManyRequests || Inconclusive(status)
}

// ReadOnly reports whether a method is safe (RFC 9110, section 9.2.1).
func ReadOnly(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// renew asks for another credential after a 401, once a call. A request with a
// wrong credential was not processed, so it is retryable, whatever its method.
func (c *call) renew() bool {
	if c.request.Renew == nil || c.renewed > 0 {
		return false
	}
	credential := c.request.Renew(c.Context)
	if credential == nil {
		return false
	}
	c.credential, c.renewed = credential, 1
	return true
}

// delay returns the time before the next attempt: what the server asked for and a
// random extra of up to a tenth, so that clients that were told the same do not
// retry at the same time; otherwise backoff with full jitter.
func (c *call) delay(asked time.Duration) time.Duration {
	if asked > 0 {
		return min(asked, math.MaxInt64-MaxRetryExtra) + c.random(min(asked/10, MaxRetryExtra))
	}
	limit, retry := c.config.MaxDelay, c.last.Number-c.renewed-1
	if base := c.config.BaseDelay; retry < 62 && base <= math.MaxInt64>>retry {
		limit = min(limit, base<<retry)
	}
	if limit <= MinDelay {
		return limit
	}
	return MinDelay + c.random(limit-MinDelay)
}

// random returns a duration of 0 to limit, uniformly distributed.
func (c *call) random(limit time.Duration) time.Duration {
	return time.Duration(c.config.Random(int64(limit) + 1))
}

// Budget limits how much retries multiply the load during an outage: a retry takes
// tokens that only responses give back, so that a failing server soon gets each
// call once.
type Budget struct {
	tokens atomic.Int64
	full   int64
	shared *Budget // of a Budget and its siblings
}

// NewBudget returns a full Budget for the calls of one client.
func NewBudget() *Budget {
	return newBudget(BudgetTokens, newBudget(SharedBudgetFactor*BudgetTokens, nil))
}

// Sibling returns a full Budget for the calls of a derived client. All siblings also
// draw on one that is larger.
func (b *Budget) Sibling() *Budget { return newBudget(BudgetTokens, b.shared) }

func newBudget(full int64, shared *Budget) *Budget {
	b := &Budget{full: full, shared: shared}
	b.tokens.Store(full)
	return b
}

// spend takes the tokens of a retry, if they are there.
func (b *Budget) spend() bool {
	if b == nil {
		return true
	}
	for have := b.tokens.Load(); have >= RetryCost; have = b.tokens.Load() {
		if !b.tokens.CompareAndSwap(have, have-RetryCost) {
			continue
		}
		if b.shared.spend() {
			return true
		}
		b.add(RetryCost)
		return false
	}
	return false
}

// credit gives back the tokens of a response.
func (b *Budget) credit() {
	for ; b != nil; b = b.shared {
		b.add(ResponseCredit)
	}
}

func (b *Budget) add(tokens int64) {
	// A full budget, the usual case, is only read, so that no cache line moves.
	for have := b.tokens.Load(); have < b.full; have = b.tokens.Load() {
		if b.tokens.CompareAndSwap(have, min(have+tokens, b.full)) {
			return
		}
	}
}
