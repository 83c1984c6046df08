// Package wire turns the API's JSON into Go structs and back, in one pass over
// the bytes and without a line of decode code per model.
//
// A model is a struct with json tags in camelCase, documented order first, and
// a field Extra map[string]json.RawMessage for the members that it does not
// name. A reader for each type is compiled once, from the tags. It takes every
// member in camelCase and in snake_case, because the API's pages spell both;
// no other case, since that would be another member. null equals absent, and
// of a member that comes twice the last value that is not null stays.
//
// This is the only package that knows the JSON library.
package wire

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/go-faster/jx"
)

// ErrUnsuccessful is the answer that says "success": false although its status
// says the opposite.
var ErrUnsuccessful = errors.New(`the answer says "success": false`)

// Error says which part of a JSON text is not what it should be. Its text
// quotes at most one byte of the input, so that no value leaks through it.
type Error struct {
	Pointer string // RFC 6901; empty for the whole text
	Reason  string // reads on from the pointer: "must be a string, not a number"
}

func (e *Error) Error() string {
	if e.Pointer == "" {
		return "the JSON " + e.Reason
	}
	return e.Pointer + " " + e.Reason
}

// Unmarshal reads data, one JSON object and nothing after it, into v, a
// non-nil pointer to a struct. Members that are absent leave v as it is. Every
// error is an *Error.
//
// The strings it sets are cut from one copy of data: one that is kept alive
// keeps that copy alive.
func Unmarshal(data []byte, v any) error {
	target := reflect.ValueOf(v).Elem()
	d := newDecoder(data)
	if err := objectOf(target.Type()).read(d, d.json.Next(), target); err != nil {
		return err
	}
	return d.end()
}

// Answer reads the body of a 2xx answer into v as Unmarshal does, bare or
// wrapped in {"success":true,"data":{...}}. It returns ErrUnsuccessful for
// "success": false, whatever else the body holds.
func Answer(data []byte, v any) error {
	err := Unmarshal(data, v)
	target := reflect.ValueOf(v).Elem()
	object := objectOf(target.Type())
	_, marked := object.extraOf(target)["success"]
	if err == nil && !marked && object.extra >= 0 { // the usual case
		return nil
	}
	success, inner, found := unwrap(data)
	switch {
	case !found:
		return err
	case !success:
		return ErrUnsuccessful
	case inner == nil,
		err == nil && !object.blank(target), // data is a member of the bare object
		err != nil && !isAt(err, "/data"),   // another member is wrong
		err != nil && !jx.Valid(data):       // what is around data is broken
		return err
	}
	target.SetZero()
	return at(Unmarshal(inner, v), "data")
}

// Unsuccessful reports whether data is an object that says "success": false.
func Unsuccessful(data []byte) bool {
	success, _, found := unwrap(data)
	return found && !success
}

// unwrap looks at the members of an object for the wrapper's: whether success
// is there as a bool, what it says, and data where that is an object.
func unwrap(data []byte) (success bool, inner []byte, found bool) {
	d := newDecoder(data)
	d.members(d.json.Next(), func(key string, kind jx.Type) bool {
		var err error
		switch {
		case key == "success" && kind == jx.Bool:
			success, err = d.json.Bool()
			found = err == nil
			return true
		case key == "data" && kind == jx.Object:
			inner, err = d.json.Raw()
			return err == nil
		}
		return false
	})
	return success, inner, found
}

// decoder reads one JSON text.
type decoder struct {
	json jx.Decoder
	data []byte
	text string // data once more: the strings of the result are cut from it
}

// newDecoder never lets invalid UTF-8 through, which jx would: such bytes
// become U+FFFD, as in encoding/json.
func newDecoder(data []byte) *decoder {
	if !utf8.Valid(data) {
		data = bytes.ToValidUTF8(data, []byte("\uFFFD"))
	}
	d := &decoder{data: data, text: string(data)}
	d.json.ResetBytes(data)
	return d
}

// cut returns b as a piece of d.text. jx hands out a sub-slice of its input,
// recognised by its address; a string with escapes is memory of its own.
func (d *decoder) cut(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	start := cap(d.data) - cap(b)
	if start >= 0 && start+len(b) <= len(d.data) && &d.data[start] == &b[0] {
		return d.text[start : start+len(b)]
	}
	return string(b)
}

// end requires that nothing but white space is left: jx stops after one value.
func (d *decoder) end() error {
	if err := d.json.Skip(); err != io.EOF { //nolint:errorlint // wrapped, it is the end of another value
		return &Error{Reason: "has something after its end"}
	}
	return nil
}

// mismatch is the error for a value that is not the wanted kind. For what is
// no value at all, jx says only Invalid; reading on tells what is wrong.
func (d *decoder) mismatch(want string, got jx.Type) error {
	if got != jx.Invalid {
		return &Error{Reason: "must be " + want + ", not " + article(got)}
	}
	err := d.json.Skip()
	if errors.Is(err, io.EOF) {
		return &Error{Reason: "is missing: the text ends before it"}
	}
	return syntax(err)
}

func article(kind jx.Type) string {
	switch kind {
	case jx.Null:
		return "null"
	case jx.Array, jx.Object:
		return "an " + kind.String()
	case jx.Bool:
		return "a boolean"
	default:
		return "a " + kind.String()
	}
}

// syntax keeps only the innermost error: jx nests one for each level of depth,
// which at 10,000 levels makes a text of a megabyte.
func syntax(err error) error {
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	switch text := err.Error(); {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return &Error{Reason: "ends in the middle"}
	case text == "depth: maximum":
		return &Error{Reason: "is nested deeper than 10000 levels"}
	default:
		return &Error{Reason: fmt.Sprintf("is not JSON: %s", text)}
	}
}

// escapePointer escapes a token of a JSON pointer (RFC 6901, section 3).
var escapePointer = strings.NewReplacer("~", "~0", "/", "~1")

func isAt(err error, pointer string) bool {
	var e *Error
	return errors.As(err, &e) && e.Pointer == pointer
}

// at puts a member's name or an element's number before the pointer of err.
func at(err error, token string) error {
	var e *Error
	if errors.As(err, &e) {
		e.Pointer = "/" + escapePointer.Replace(token) + e.Pointer
	}
	return err
}
