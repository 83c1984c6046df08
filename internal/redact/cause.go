package redact

import (
	"errors"
	"slices"
)

// A Cause is an error whose text is safe to show. The errors behind it are in
// closures: errors.Is and errors.As reach them, printing, encoding and
// reflection do not, whatever a RoundTripper put into its error.
type Cause struct {
	text string
	is   func(target error) bool
	as   func(target any) bool
	late func() bool
}

// Cause returns an error with the text, redacted, and the errors behind it, of
// which the first is what happened. errors.Is does not match those in hidden.
// errors.As does not reach an error that holds a secret in its text.
func (r *Redactor) Cause(text string, hidden []error, behind ...error) *Cause {
	return &Cause{
		text: r.String(text),
		is: func(target error) bool {
			return !slices.Contains(hidden, target) &&
				slices.ContainsFunc(behind, func(err error) bool { return errors.Is(err, target) })
		},
		as: func(target any) bool {
			return slices.ContainsFunc(behind, func(err error) bool {
				return r.clean(err) && errors.As(err, target)
			})
		},
		late: func() bool {
			var limit interface{ Timeout() bool }
			return errors.As(behind[0], &limit) && limit.Timeout()
		},
	}
}

// clean reports whether neither the text of err nor that of any error behind it
// has a secret: errors.As would hand it out.
func (r *Redactor) clean(err error) bool {
	if text := err.Error(); r.String(text) != text {
		return false
	}
	switch e := err.(type) { //nolint:errorlint // this walks the tree itself
	case interface{ Unwrap() error }:
		inner := e.Unwrap()
		return inner == nil || r.clean(inner)
	case interface{ Unwrap() []error }:
		return !slices.ContainsFunc(e.Unwrap(), func(err error) bool { return err != nil && !r.clean(err) })
	}
	return true
}

func (c *Cause) Error() string { return c.text }

// Is serves errors.Is.
func (c *Cause) Is(target error) bool { return c.is(target) }

// As serves errors.As.
func (c *Cause) As(target any) bool { return c.as(target) }

// Timeout reports whether what happened is the end of a time limit.
func (c *Cause) Timeout() bool { return c.late() }
