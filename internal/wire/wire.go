// Package wire decodes the API's JSON into Go structs and encodes it, in one
// pass over the bytes and without decoding code for each model.
//
// A model is a struct whose fields have json tags, in documented order, and a
// field Extra map[string]json.RawMessage for the members that it does not
// name. Its decoder is compiled once, from the tags. Every member is decoded
// from its camelCase and its snake_case name, because the API's pages use both.
// Otherwise names are case-sensitive. null equals absent. If a member is repeated, the
// last value that is not null wins.
//
// It is the only package that imports the JSON library.
package wire

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/go-faster/jx"
)

// ErrUnsuccessful is the error for a response that says "success": false
// although its status is 2xx.
var ErrUnsuccessful = errors.New(`the response says "success": false`)

// ErrCanceled is the error for a document whose decoding was canceled.
var ErrCanceled = errors.New("decoding was canceled")

// Error says which part of a JSON document is invalid. It quotes at most one
// byte of the input, so it shows no value.
type Error struct {
	// Pointer is a JSON pointer (RFC 6901), empty for the whole document. One
	// that would be longer than 4 KiB ends in "/...".
	Pointer string
	Reason  string // "must be a string, not a number"
}

// Error returns the pointer, if there is one, and the reason.
func (e *Error) Error() string {
	if e.Pointer == "" {
		return e.Reason
	}
	return e.Pointer + ": " + e.Reason
}

// Unmarshal decodes data into v, a non-nil pointer to a model. data must be one
// JSON object and nothing after it; null is a no-op. Members that are absent
// leave v as it is. Every error is an *Error.
//
// The strings of v share one copy of data.
func Unmarshal(data []byte, v any) error {
	target := reflect.ValueOf(v).Elem()
	object := objectOf(target.Type())
	d := newDecoder(data)
	defer d.free()
	if kind := d.json.Next(); kind != jx.Null {
		return d.finish(object.read(d, kind, target))
	}
	return d.finish(d.skip())
}

// Decode decodes the body of a 2xx response into v as Unmarshal does, with
// these differences. The body may be wrapped: {"success":true,"data":...}. A
// boolean success that the model does not name is no part of Extra, and
// Decode returns ErrUnsuccessful if it is false. null is an *Error.
func Decode(data []byte, v any) error {
	return DecodeUntil(nil, data, v, func() error { return nil })
}

// DecodeUntil is Decode that returns ErrCanceled if done is closed before it ends: a
// body of 10 MiB can hold a million items. validate checks v afterwards. The pointer
// of its error is into v, that of DecodeUntil's error into data.
func DecodeUntil(done <-chan struct{}, data []byte, v any, validate func() error) error {
	target := reflect.ValueOf(v).Elem()
	object := objectOf(target.Type())
	d := newDecoder(data)
	defer d.free()
	d.done = done
	err := d.finish(d.body(object, target))
	if err != nil || d.unsuccessful || object.blank(target) {
		err = d.unwrap(object, target, err)
	}
	switch {
	case d.canceled:
		return ErrCanceled
	case err != nil:
		return err
	}
	if err = validate(); err != nil {
		return d.located(err)
	}
	return nil
}

// located returns an error of validate with its pointer into the document.
func (d *decoder) located(err error) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	pointer := e.Pointer
	if d.bareArray { // only the model has a member around it
		_, rest, found := strings.Cut(pointer[min(1, len(pointer)):], "/")
		if pointer = ""; found {
			pointer = "/" + rest
		}
	}
	return &Error{Pointer: d.prefix + pointer, Reason: e.Reason}
}

// Unsuccessful reports whether data is an object that says "success": false.
func Unsuccessful(data []byte) bool {
	d := newDecoder(data)
	defer d.free()
	success, _, found := d.wrapper()
	return found && !success
}

// Has reports whether the body of a response, bare or wrapped, has a member that is
// not null. A model cannot tell an absent bool from false.
func Has(data []byte, name string) bool {
	d := newDecoder(data)
	defer d.free()
	if d.has(name) {
		return true
	}
	success, inner, _ := d.wrapper()
	d.json.ResetBytes(inner)
	return success && d.has(name)
}

// has reports whether the object that comes next has a member that is not null.
func (d *decoder) has(name string) (found bool) {
	_ = d.members(d.json.Next(), func(key []byte, kind jx.Type) *Error {
		found = found || string(key) == name && kind != jx.Null
		return d.skip()
	})
	d.path = nil
	return found
}

// Marshal returns the JSON of v, a model: the members in documented order, each
// under the name of its tag, without the zero ones whose tag says omitzero,
// then Extra by name. A member of Extra that has the name of another member is
// left out.
func Marshal(v any) ([]byte, error) {
	value := reflect.ValueOf(v)
	return objectOf(value.Type()).write(nil, value)
}

// decoder decodes one JSON document. Its methods leave the Pointer of an error
// empty and collect the pointer's tokens in path, so that deep documents cost
// no more than shallow ones; finish joins them.
type decoder struct {
	json         jx.Decoder
	data         []byte
	text         string   // data as a string, which the decoded strings share
	path         []string // of the error, innermost token first
	strings      []string // what is left of the array for slices of strings
	block        int      // the length of that array
	envelope     bool     // the next object is the body of a response
	unsuccessful bool     // the body says "success": false in a member that its model does not name
	bareArray    bool     // the body is the array of a list
	prefix       string   // JSON pointer of the value that was decoded
	done         <-chan struct{}
	steps        int  // members and items read so far
	canceled     bool // done is closed
}

var decoders = sync.Pool{New: func() any { return new(decoder) }}

// newDecoder replaces invalid UTF-8 by U+FFFD as encoding/json does: jx does
// not check it.
func newDecoder(data []byte) *decoder {
	if !utf8.Valid(data) {
		data = bytes.ToValidUTF8(data, []byte("\uFFFD"))
	}
	d := decoders.Get().(*decoder)
	d.data, d.text = data, string(data)
	d.json.ResetBytes(data)
	return d
}

// free returns d to the pool without anything of the document.
func (d *decoder) free() {
	*d = decoder{}
	decoders.Put(d)
}

// body decodes the value that comes next as the body of a response.
func (d *decoder) body(object *object, target reflect.Value) *Error {
	d.envelope = true
	return object.read(d, d.json.Next(), target)
}

// finish returns err with its pointer, or an error if data goes on.
func (d *decoder) finish(err *Error) error {
	if err == nil {
		if d.json.Skip() == io.EOF { //nolint:errorlint // a wrapped io.EOF is the end of a second value
			return nil
		}
		err = &Error{Reason: "unexpected data after JSON value"}
	}
	err.Pointer = pointer(slices.Backward(d.path))
	d.path = nil
	return err
}

// at records that err is inside the member or item called token.
func (d *decoder) at(err *Error, token string) *Error {
	d.path = append(d.path, token)
	return err
}

// unwrap decodes the body once more if it is wrapped. err is the result of
// decoding it as a bare one. unwrap returns err if the body is not wrapped.
func (d *decoder) unwrap(object *object, target reflect.Value, err error) error {
	success, inner, found := d.wrapper()
	named, _ := object.find("success", 0)
	var e *Error
	atData := errors.As(err, &e) && e.Pointer == "/data"
	switch {
	case found && !success && named == nil:
		return ErrUnsuccessful
	case !success || inner == nil:
		return err
	case err != nil && (!atData || !jx.Valid(d.data)): // another member is invalid
		return err
	}
	target.SetZero()
	d.json.ResetBytes(inner)
	d.prefix = "/data"
	failure := d.body(object, target)
	d.path = append(d.path, "data")
	if innerErr := d.finish(failure); innerErr != nil {
		return innerErr
	}
	if d.unsuccessful {
		return ErrUnsuccessful
	}
	if object.blank(target) {
		return err
	}
	return nil
}

// wrapper reads the members of the wrapper from the start of the document:
// success if it is there as a boolean, and data if it is an object or an array.
func (d *decoder) wrapper() (success bool, inner []byte, found bool) {
	d.json.ResetBytes(d.data)
	_ = d.members(d.json.Next(), func(key []byte, kind jx.Type) *Error {
		var err error
		switch {
		case string(key) == "success" && kind == jx.Bool:
			success, err = d.json.Bool()
			found = err == nil
		case string(key) == "data" && (kind == jx.Object || kind == jx.Array):
			inner, err = d.json.Raw()
		default:
			err = d.json.Skip()
		}
		return syntax(err)
	})
	d.path = nil
	return success, inner, found
}

// isCanceled looks at done once every thousand members and items, which take less
// than a millisecond.
func (d *decoder) isCanceled() bool {
	if d.steps++; d.steps%1024 == 0 && !d.canceled {
		select {
		case <-d.done: // never of a nil channel
			d.canceled = true
		default:
		}
	}
	return d.canceled
}

// members calls read for each member of the object that comes next. read must
// consume the member's value.
func (d *decoder) members(kind jx.Type, read func(key []byte, kind jx.Type) *Error) *Error {
	if kind != jx.Object {
		return d.mismatch("an object", kind)
	}
	it, err := d.json.ObjIter()
	if err != nil {
		return syntax(err)
	}
	for it.Next() {
		if d.isCanceled() {
			return &Error{Reason: "canceled"}
		}
		key := it.Key()
		if err := read(key, d.json.Next()); err != nil {
			return d.at(err, d.cut(key))
		}
	}
	return syntax(it.Err())
}

// items calls read for each item of the array that comes next. read must
// consume the item.
func (d *decoder) items(kind jx.Type, read func(n int, kind jx.Type) *Error) *Error {
	if kind != jx.Array {
		return d.mismatch("an array", kind)
	}
	it, err := d.json.ArrIter()
	if err != nil {
		return syntax(err)
	}
	for n := 0; it.Next(); n++ {
		if d.isCanceled() {
			return &Error{Reason: "canceled"}
		}
		if err := read(n, d.json.Next()); err != nil {
			return d.at(err, strconv.Itoa(n))
		}
	}
	return syntax(it.Err())
}

// str returns the string that comes next.
func (d *decoder) str(kind jx.Type) (string, *Error) {
	if kind != jx.String {
		return "", d.mismatch("a string", kind)
	}
	s, err := d.json.StrBytes()
	return d.cut(s), syntax(err)
}

// number returns the number that comes next as it is written. jx's own Num
// also accepts a number in quotes.
func (d *decoder) number(kind jx.Type) (string, *Error) {
	if kind != jx.Number {
		return "", d.mismatch("a number", kind)
	}
	return d.raw()
}

// raw returns the JSON of the value that comes next.
func (d *decoder) raw() (string, *Error) {
	raw, err := d.json.Raw()
	return d.cut(raw), syntax(err)
}

func (d *decoder) skip() *Error { return syntax(d.json.Skip()) }

// cut returns b as a string that shares d.text. jx returns sub-slices of its
// input, except for a string with escapes. A sub-slice has the same end of capacity
// as d.data, so the capacities give its offset.
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

// mismatch is the error for a value of the wrong kind. If it is no JSON value
// at all, jx only says Invalid; skipping it tells why.
func (d *decoder) mismatch(want string, got jx.Type) *Error {
	if got == jx.Invalid {
		return d.skip()
	}
	return &Error{Reason: "must be " + want + ", not " + kinds[got]}
}

var kinds = [...]string{
	jx.Null: "null", jx.Bool: "a boolean", jx.Number: "a number", jx.String: "a string", jx.Array: "an array", jx.Object: "an object",
}

// syntax returns the innermost error of err, or nil: jx wraps an error once for
// each level of nesting.
func syntax(err error) *Error {
	if err == nil {
		return nil
	}
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	switch reason := err.Error(); {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return &Error{Reason: "unexpected end of JSON input"}
	case reason == "depth: maximum":
		return &Error{Reason: "nested deeper than 10000 levels"}
	default:
		return &Error{Reason: "invalid JSON: " + reason}
	}
}

// maxPointer is the length of the longest JSON pointer in an error.
const maxPointer = 4 << 10

// pointer joins tokens to a JSON pointer of at most maxPointer bytes.
func pointer(tokens func(yield func(int, string) bool)) string {
	const more = "/..."
	var b strings.Builder
	for _, token := range tokens {
		if len(token) < maxPointer { // escaping only makes it longer
			token = escapePointer.Replace(token)
		}
		if b.Len()+1+len(token)+len(more) > maxPointer {
			b.WriteString(more)
			break
		}
		b.WriteString("/" + token)
	}
	return b.String()
}

// escapePointer escapes a token of a JSON pointer (RFC 6901, section 3).
var escapePointer = strings.NewReplacer("~", "~0", "/", "~1")
