package schema

import "strings"

// ValidationError is the error of a value that does not match its schema, or of
// form input that does not convert.
type ValidationError struct {
	Errors []FieldError // in the order of their places; never empty
}

// FieldError is one problem of a value.
type FieldError struct {
	// Pointer is the RFC 6901 JSON pointer of the value: /proxy/port. It is
	// empty for the value as a whole. For a property that is missing it is where
	// the property belongs.
	Pointer string

	// Keyword is the JSON Schema keyword that the value does not match, such as
	// required or minLength. It is "type" also for form input that does not
	// convert, "false" for a schema that accepts nothing, and empty if the
	// message is not about one keyword.
	Keyword string

	// Message is for people and does not name the value: "must be at least 1".
	// It quotes the schema, never the value.
	Message string
}

// Error returns all problems with their places on one line of at most 1 KiB. It
// never contains a value.
func (e *ValidationError) Error() string {
	var b strings.Builder
	for i, problem := range e.Errors {
		if i > 0 {
			b.WriteString("; ")
		}
		if b.WriteString(problem.Error()); b.Len() > maxErrorLine {
			break
		}
	}
	return singleLine(b.String(), maxErrorLine)
}

const maxErrorLine = 1024

// Error returns the place and the message: "/branch: must be a string, not a
// number". A place of more than 256 bytes is cut.
func (e FieldError) Error() string {
	if e.Pointer == "" {
		return e.Message
	}
	return singleLine(e.Pointer, maxErrorLine/4) + ": " + e.Message
}
