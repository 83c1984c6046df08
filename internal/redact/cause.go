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
// errors.As does not reach an error whose own text holds the key.
func (r *Redactor) Cause(text string, hidden []error, behind ...error) *Cause {
	return &Cause{
		text: r.String(text),
		is: func(target error) bool {
			return !slices.Contains(hidden, target) &&
				slices.ContainsFunc(behind, func(err error) bool { return errors.Is(err, target) })
		},
		as: func(target any) bool {
			return slices.ContainsFunc(behind, func(err error) bool {
				return r.String(err.Error()) == err.Error() && errors.As(err, target)
			})
		},
		late: func() bool {
			var limit interface{ Timeout() bool }
			return errors.As(behind[0], &limit) && limit.Timeout()
		},
	}
}

func (c *Cause) Error() string { return c.text }

// Is serves errors.Is.
func (c *Cause) Is(target error) bool { return c.is(target) }

// As serves errors.As.
func (c *Cause) As(target any) bool { return c.as(target) }

// Timeout reports whether what happened is the end of a time limit.
func (c *Cause) Timeout() bool { return c.late() }
