package schema

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// ValidationError is the error of a value that does not match its schema, or of
// form input that does not convert.
type ValidationError struct {
	Errors []FieldError // sorted by pointer; never empty
}

// FieldError is one problem of a value.
type FieldError struct {
	// Pointer is the RFC 6901 JSON pointer of the value: /proxy/port. It is
	// empty for the value as a whole. A missing property has the pointer that it
	// would have if it were present.
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

// Error returns the problems on one line of at most 1 KiB, each with its pointer.
// It never contains a value.
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

// Error returns the pointer and the message: "/branch: must be a string, not a
// number". A pointer of more than 256 bytes is cut.
func (e FieldError) Error() string {
	if e.Pointer == "" {
		return e.Message
	}
	return singleLine(e.Pointer, maxErrorLine/4) + ": " + e.Message
}

// Limits of what one ValidationError reports.
const (
	maxProblems     = 300
	maxProblemBytes = 1 << 20 // of pointers
)

// problem is a FieldError whose pointer is not yet written.
type problem struct {
	location []string
	name     string // below the location, if hasName
	hasName  bool
	keyword  string
	message  string
}

// collector converts the library's tree of errors to problems.
type collector struct {
	engine   *engine // nil for the errors of a schema itself
	problems []problem
}

// collect returns the problems of a tree, sorted by pointer.
func (c *collector) collect(e *jsonschema.ValidationError) []FieldError {
	c.add(e)
	return c.report()
}

// report returns the problems without duplicates, within the limits.
func (c *collector) report() []FieldError {
	slices.SortFunc(c.problems, compareProblems)
	c.problems = slices.CompactFunc(c.problems, func(a, b problem) bool { return compareProblems(a, b) == 0 })
	var out []FieldError
	bytes := 0
	for _, p := range c.problems {
		pointer := p.pointer()
		bytes += len(pointer)
		if len(out) == maxProblems || bytes > maxProblemBytes && len(out) > 0 {
			out[len(out)-1] = FieldError{Message: "has more problems, which are not listed"}
			break
		}
		out = append(out, FieldError{Pointer: pointer, Keyword: p.keyword, Message: p.message})
	}
	return out
}

func (p *problem) pointer() string {
	var b strings.Builder
	for _, token := range p.location {
		b.WriteString("/" + escapeToken.Replace(token))
	}
	if p.hasName {
		b.WriteString("/" + escapeToken.Replace(p.name))
	}
	return b.String()
}

// token returns a token of the pointer, or "" and false after the last one.
func (p *problem) token(i int) (string, bool) {
	switch {
	case i < len(p.location):
		return p.location[i], true
	case i == len(p.location) && p.hasName:
		return p.name, true
	}
	return "", false
}

func compareProblems(a, b problem) int {
	for i := 0; ; i++ {
		x, more := a.token(i)
		y, moreOfB := b.token(i)
		switch {
		case !more && !moreOfB:
			return cmp.Or(cmp.Compare(a.keyword, b.keyword), cmp.Compare(a.message, b.message))
		case !more:
			return -1
		case !moreOfB:
			return 1
		}
		if order := compareTokens(x, y); order != 0 {
			return order
		}
	}
}

// compareTokens orders indexes as numbers.
func compareTokens(a, b string) int {
	if isIndex(a) && isIndex(b) {
		return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
	}
	return cmp.Compare(a, b)
}

// isIndex reports whether a token of a pointer is an index: RFC 6901 allows no
// leading zero.
func isIndex(s string) bool {
	return s == "0" || s != "" && s[0] != '0' && strings.Trim(s, "0123456789") == ""
}

// add adds the problems of a tree.
func (c *collector) add(e *jsonschema.ValidationError) {
	at := func(keyword, message string) {
		c.problems = append(c.problems, problem{location: e.InstanceLocation, keyword: keyword, message: message})
	}
	named := func(name, keyword, message string) {
		c.problems = append(c.problems, problem{location: e.InstanceLocation, name: name, hasName: true, keyword: keyword, message: message})
	}
	switch k := kindOf(e).(type) {
	case *kind.Required:
		for _, name := range k.Missing {
			named(name, "required", "is required")
		}
	case *kind.DependentRequired:
		for _, name := range k.Missing {
			named(name, "dependentRequired", "is required because "+shorten(k.Prop)+" is set")
		}
	case *kind.Dependency:
		for _, name := range k.Missing {
			named(name, "dependencies", "is required because "+shorten(k.Prop)+" is set")
		}
	case *kind.AdditionalProperties:
		for _, name := range k.Properties {
			named(name, "additionalProperties", "additional property is not allowed")
		}
	case *kind.PropertyNames:
		named(k.Property, "propertyNames", c.nameMessage(e))
	case *kind.AnyOf:
		c.choice(e, "anyOf", nil)
	case *kind.OneOf:
		c.choice(e, "oneOf", k.Subschemas)
	case *kind.FalseSchema:
		keyword := falseKeyword(e.SchemaURL)
		message := "is not allowed"
		if strings.HasSuffix(keyword, "Properties") {
			message = "additional property is not allowed"
		}
		at(keyword, message)
	case *kind.Contains, *kind.MinContains:
		keyword, message := describe(k)
		at(keyword, message)
	default:
		if keyword, message := describe(k); message != "" {
			at(keyword, message)
		}
		for _, cause := range e.Causes {
			c.add(cause)
		}
	}
}

// kindOf returns the kind of an error, also of one that a gate reports.
func kindOf(e *jsonschema.ValidationError) jsonschema.ErrorKind {
	if k, ok := e.ErrorKind.(*kind.Format); ok {
		var m mismatch
		if errors.As(k.Err, &m) {
			return m.kind
		}
	}
	return e.ErrorKind
}

// nameMessage says what is wrong with the name of a property.
func (c *collector) nameMessage(e *jsonschema.ValidationError) string {
	inner := &collector{engine: c.engine}
	for _, cause := range e.Causes {
		inner.add(cause)
	}
	if len(inner.problems) != 1 || inner.problems[0].keyword == "false" {
		return "is not an allowed property name"
	}
	return "is not an allowed property name: it " + inner.problems[0].message
}

// falseKeyword names the keyword whose schema is false.
func falseKeyword(location string) string {
	last := location[strings.LastIndexByte(location, '/')+1:]
	if strings.HasPrefix(last, "unevaluated") || strings.HasPrefix(last, "additional") || last == "items" {
		return last
	}
	return "false"
}
