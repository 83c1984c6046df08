package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/go-faster/jx"
)

// ErrorBody is the content of an error response, whichever form it has. A
// member that is absent or of a wrong kind is empty.
type ErrorBody struct {
	Type          string
	Code          string
	Message       string
	SystemMessage string
	TraceID       string
	RequestID     string
	Details       json.RawMessage
	Fields        []Field
}

// Field is one problem of a request. Name is a JSON pointer into the request's
// body, or the bare name of a query parameter, a path parameter or a header.
type Field struct{ Name, Message, Code string }

// ParseErrorBody returns what body contains of an ErrorBody. If body was cut,
// it uses what is there; if body is HTML or empty, the result is zero.
//
// A message, detail or errors that is a list or an object of strings, or of
// lists of strings, becomes Fields. If there are only Fields, the first one is
// the Message.
func ParseErrorBody(body []byte) ErrorBody {
	e, complete := parseErrorBody(body)
	if !complete {
		e, _ = parseErrorBody(mend(body))
	}
	if e.Message == "" && len(e.Fields) > 0 {
		e.Message = summary(e.Fields)
	}
	return e
}

// parseErrorBody also reports whether the object is complete.
func parseErrorBody(body []byte) (e ErrorBody, complete bool) {
	d := newDecoder(body)
	defer d.free()
	err := e.read(d, d.json.Next())
	return e, err == nil
}

// read reads an object. Its members mean the same in error, detail and meta as
// outside.
func (e *ErrorBody) read(d *decoder, kind jx.Type) *Error {
	return d.members(kind, func(key []byte, kind jx.Type) *Error {
		switch string(key) {
		case "error", "detail", "meta":
			if kind == jx.Object {
				return e.read(d, kind)
			} else if string(key) == "meta" {
				return d.skip()
			}
			return e.message(d, kind)
		case "message":
			return e.message(d, kind)
		case "errors":
			return e.fields(d, kind)
		case "type", "error_type", "errorType":
			return d.take(kind, &e.Type)
		case "code":
			return d.take(kind, &e.Code)
		case "system_message", "systemMessage":
			return d.take(kind, &e.SystemMessage)
		case "trace_id", "traceId":
			return d.take(kind, &e.TraceID)
		case "request_id", "requestId":
			return d.take(kind, &e.RequestID)
		case "details":
			raw, err := d.json.Raw()
			if err == nil && kind != jx.Null {
				e.Details = bytes.Clone(raw)
			}
			return syntax(err)
		}
		return d.skip()
	})
}

// message reads a message, or the fields in its place.
func (e *ErrorBody) message(d *decoder, kind jx.Type) *Error {
	if kind == jx.String {
		return d.take(kind, &e.Message)
	}
	return e.fields(d, kind)
}

// fields reads a list of fields, or an object of fields by name.
func (e *ErrorBody) fields(d *decoder, kind jx.Type) *Error {
	if kind != jx.Object {
		return e.field(d, kind, Field{})
	}
	return d.members(kind, func(key []byte, kind jx.Type) *Error {
		return e.field(d, kind, Field{Name: fieldPointer(d.cut(key))})
	})
}

// field reads a string, {field,message,code} or {loc,msg,type}, or a list of
// these, and appends what it finds to f.
func (e *ErrorBody) field(d *decoder, kind jx.Type, f Field) (err *Error) {
	switch kind {
	case jx.String:
		f.Message, err = d.str(kind)
	case jx.Object:
		err = f.read(d, kind)
	case jx.Array:
		return d.items(kind, func(_ int, kind jx.Type) *Error { return e.field(d, kind, f) })
	default:
		return d.skip()
	}
	if f != (Field{}) {
		e.Fields = append(e.Fields, f)
	}
	return err
}

func (f *Field) read(d *decoder, kind jx.Type) *Error {
	return d.members(kind, func(key []byte, kind jx.Type) (err *Error) {
		switch string(key) {
		case "field":
			var name string
			if err = d.take(kind, &name); name != "" {
				f.Name = fieldPointer(name)
			}
			return err
		case "loc":
			f.Name, err = d.location(kind)
			return err
		case "message", "msg":
			return d.take(kind, &f.Message)
		case "code", "type":
			return d.take(kind, &f.Code)
		}
		return d.skip()
	})
}

// fieldPointer returns the JSON pointer of a field, whose name may be one.
func fieldPointer(name string) string {
	if name == "" || strings.HasPrefix(name, "/") {
		return name
	}
	return "/" + escapePointer.Replace(name)
}

// location reads a FastAPI location: ["body","credentials",0] is a place in the
// body, ["query","limit"] a parameter.
func (d *decoder) location(kind jx.Type) (string, *Error) {
	if kind != jx.Array {
		return "", d.skip()
	}
	var tokens []string
	err := d.items(kind, func(_ int, kind jx.Type) (err *Error) {
		var token string
		switch kind {
		case jx.String:
			token, err = d.str(kind)
		case jx.Number:
			token, err = d.number(kind)
		default:
			return d.skip()
		}
		tokens = append(tokens, token)
		return err
	})
	if len(tokens) == 0 {
		return "", err
	}
	switch tokens[0] {
	case "query", "path", "header", "cookie":
		return strings.Join(tokens[1:], "."), err
	case "body":
		tokens = tokens[1:]
	}
	return pointer(slices.All(tokens)), err
}

// summary is the message of an error that has only fields.
func summary(fields []Field) string {
	message := fields[0].Message
	if message == "" {
		return ""
	}
	if name := fields[0].Name; name != "" {
		message = name + ": " + message
	}
	if more := len(fields) - 1; more > 0 {
		message += fmt.Sprintf(" (and %d more)", more)
	}
	return message
}

// take sets s to the string that comes next if s is empty. It skips any other
// kind of value.
func (d *decoder) take(kind jx.Type, s *string) (err *Error) {
	if kind != jx.String || *s != "" {
		return d.skip()
	}
	*s, err = d.str(kind)
	return err
}

// mend closes the string, the arrays and the objects that a cut body leaves
// open, so that a long message is there as far as it arrived.
func mend(body []byte) []byte {
	var open []byte
	inString, escape := false, -1 // escape: where an unfinished one begins
	for i, c := range body {
		switch {
		case escape >= 0:
			if u := body[escape+1]; u != 'u' || i == escape+5 {
				escape = -1
			}
		case inString && c == '\\':
			escape = i
		case c == '"':
			inString = !inString
		case inString:
		case c == '{':
			open = append(open, '}')
		case c == '[':
			open = append(open, ']')
		case (c == '}' || c == ']') && len(open) > 0:
			open = open[:len(open)-1]
		}
	}
	if !inString && len(open) == 0 {
		return body
	}
	mended := bytes.Clone(body)
	if inString {
		if escape >= 0 {
			mended = mended[:escape]
		}
		mended = append(mended, '"')
	}
	slices.Reverse(open)
	return append(mended, open...)
}
