package redact

import (
	"errors"
	"slices"
)

// A Cause is an error with a safe message. It keeps the errors behind it in
// closures: errors.Is and errors.As reach them, but printing, encoding and
// reflection do not. It implements net.Error.
type Cause struct {
	message string
	is      func(target error) bool
	as      func(target any) bool
	timeout func() bool
}

// Cause returns an error with a message, which it redacts, and the errors behind
// it, the direct cause first. errors.Is does not match the errors in hidden.
// errors.As does not find an error if its message, or that of an error that it
// wraps, contains a secret.
func (r *Redactor) Cause(message string, hidden []error, behind ...error) *Cause {
	return &Cause{
		message: r.String(message),
		is: func(target error) bool {
			return !slices.Contains(hidden, target) &&
				slices.ContainsFunc(behind, func(err error) bool { return errors.Is(err, target) })
		},
		as: func(target any) bool {
			return slices.ContainsFunc(behind, func(err error) bool { return r.isClean(err) && errors.As(err, target) })
		},
		timeout: func() bool {
			var err interface{ Timeout() bool }
			return len(behind) > 0 && errors.As(behind[0], &err) && err.Timeout()
		},
	}
}

// isClean reports whether no message in the tree of err contains a secret.
// errors.As returns an error of the tree, and its fields hold the wrapped errors.
func (r *Redactor) isClean(err error) bool {
	if err == nil {
		return true
	}
	if message := err.Error(); r.String(message) != message {
		return false
	}
	switch err := err.(type) { //nolint:errorlint // errors.As would skip a level of the tree
	case interface{ Unwrap() error }:
		return r.isClean(err.Unwrap())
	case interface{ Unwrap() []error }:
		return !slices.ContainsFunc(err.Unwrap(), func(err error) bool { return !r.isClean(err) })
	}
	return true
}

// Error returns the message.
func (c *Cause) Error() string { return c.message }

// Is implements errors.Is.
func (c *Cause) Is(target error) bool { return c.is(target) }

// As implements errors.As.
func (c *Cause) As(target any) bool { return c.as(target) }

// Timeout reports whether the direct cause is a timeout.
func (c *Cause) Timeout() bool { return c.timeout() }

// Temporary is a part of net.Error and reports the same as Timeout.
func (c *Cause) Temporary() bool { return c.timeout() }
