package wire

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-faster/jx"
)

// Problem is what the body of an error says, whichever of the API's four forms
// it has. A member that is absent or of a wrong type is empty.
type Problem struct {
	Type          string
	Code          string
	Message       string
	SystemMessage string
	TraceID       string
	RequestID     string
	Details       json.RawMessage
	Fields        []Field
}

// Field is one fault of a request: where, what, and the server's code for it.
// Name is a JSON pointer into the body, or the bare name of a query parameter,
// a path parameter or a header.
type Field struct{ Name, Message, Code string }

// ParseProblem reads as much as it can of an error's body and cannot fail: of
// a body that was cut it takes what is there, of HTML or nothing it takes
// nothing.
func ParseProblem(body []byte) Problem {
	p, whole := parseProblem(body)
	if !whole {
		p, _ = parseProblem(mend(body))
	}
	if p.Message == "" && len(p.Fields) > 0 {
		p.Message = summary(p.Fields)
	}
	return p
}

// parseProblem also reports whether body was an object, to its end.
func parseProblem(body []byte) (p Problem, whole bool) {
	d := newDecoder(body)
	whole = d.members(d.json.Next(), func(key string, kind jx.Type) bool {
		switch {
		case key == "error" && kind == jx.Object:
			d.members(kind, func(key string, kind jx.Type) bool { return p.member(d, key, kind) })
		case key == "error":
			return d.take(kind, &p.Message)
		case key == "detail" && kind == jx.Array:
			p.Fields = d.fields(kind)
		case key == "meta" && kind == jx.Object:
			d.members(kind, func(key string, kind jx.Type) bool {
				return (key == "request_id" || key == "requestId") && d.take(kind, &p.RequestID)
			})
		default:
			return p.member(d, key, kind)
		}
		return true
	})
	return p, whole
}

// member reads a member that means the same in {"error":{...}} and outside it.
func (p *Problem) member(d *decoder, key string, kind jx.Type) bool {
	switch key {
	case "type", "error_type", "errorType":
		return d.take(kind, &p.Type)
	case "code":
		return d.take(kind, &p.Code)
	case "message", "detail":
		return d.take(kind, &p.Message)
	case "system_message", "systemMessage":
		return d.take(kind, &p.SystemMessage)
	case "trace_id", "traceId":
		return d.take(kind, &p.TraceID)
	case "request_id", "requestId":
		return d.take(kind, &p.RequestID)
	case "details":
		raw, err := d.json.Raw()
		if err == nil && kind != jx.Null {
			p.Details = append(json.RawMessage(nil), raw...)
		}
		return err == nil
	case "errors":
		if kind == jx.Array {
			p.Fields = d.fields(kind)
			return true
		}
	}
	return false
}

// fields reads [{field,message,code}] and [{loc,msg,type}].
func (d *decoder) fields(kind jx.Type) []Field {
	var fields []Field
	d.elements(kind, func(kind jx.Type) bool {
		var f Field
		d.members(kind, func(key string, kind jx.Type) bool {
			switch key {
			case "field":
				var name string
				if !d.take(kind, &name) {
					return false
				}
				f.Name = pointer(name)
				return true
			case "loc":
				f.Name = d.location(kind)
				return true
			case "message", "msg":
				return d.take(kind, &f.Message)
			case "code", "type":
				return d.take(kind, &f.Code)
			}
			return false
		})
		fields = append(fields, f)
		return true
	})
	return fields
}

// pointer makes a JSON pointer of a field's name, if it is not one already.
func pointer(name string) string {
	if name == "" || strings.HasPrefix(name, "/") {
		return name
	}
	return "/" + escapePointer.Replace(name)
}

// location reads a FastAPI location: ["body","credentials",0] is a place in the
// body, ["query","limit"] a parameter.
func (d *decoder) location(kind jx.Type) string {
	var tokens []string
	d.elements(kind, func(kind jx.Type) bool {
		if kind == jx.Number {
			n, err := d.number(kind)
			tokens = append(tokens, string(n))
			return err == nil
		}
		var token string
		if !d.take(kind, &token) {
			return false
		}
		tokens = append(tokens, token)
		return true
	})
	if len(tokens) == 0 {
		return ""
	}
	switch tokens[0] {
	case "query", "path", "header", "cookie":
		return strings.Join(tokens[1:], ".")
	case "body":
		tokens = tokens[1:]
	}
	var b strings.Builder
	for _, token := range tokens {
		b.WriteString("/" + escapePointer.Replace(token))
	}
	return b.String()
}

// summary is the message of an error that has only fields.
func summary(fields []Field) string {
	text := fields[0].Message
	if text == "" {
		return ""
	}
	if name := fields[0].Name; name != "" {
		text = name + ": " + text
	}
	if more := len(fields) - 1; more > 0 {
		text += fmt.Sprintf(" (and %s more)", strconv.Itoa(more))
	}
	return text
}

// members calls visit for each member of the object that comes next and skips
// the values that visit leaves. Anything that is not an object is skipped, and
// it ends where the text is broken. It reports whether there was an object, to
// its end.
func (d *decoder) members(kind jx.Type, visit func(key string, kind jx.Type) bool) bool {
	if kind != jx.Object {
		_ = d.json.Skip()
		return false
	}
	it, err := d.json.ObjIter()
	if err != nil {
		return false
	}
	for it.Next() {
		if !visit(d.cut(it.Key()), d.json.Next()) && d.json.Skip() != nil {
			return false
		}
	}
	return it.Err() == nil
}

// elements is members for an array.
func (d *decoder) elements(kind jx.Type, visit func(kind jx.Type) bool) {
	if kind != jx.Array {
		_ = d.json.Skip()
		return
	}
	it, err := d.json.ArrIter()
	if err != nil {
		return
	}
	for it.Next() {
		if !visit(d.json.Next()) && d.json.Skip() != nil {
			return
		}
	}
}

// take sets s, if it is still empty, from a string, and leaves anything else.
func (d *decoder) take(kind jx.Type, s *string) bool {
	if kind != jx.String || *s != "" {
		return false
	}
	text, err := d.json.StrBytes()
	if err != nil {
		return false
	}
	*s = d.cut(text)
	return true
}

// mend closes the string, the arrays and the objects that a cut body leaves
// open, so that a long message survives as far as it arrived.
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
	whole := append([]byte(nil), body...)
	if inString {
		if escape >= 0 {
			whole = whole[:escape]
		}
		whole = append(whole, '"')
	}
	for _, end := range slices.Backward(open) {
		whole = append(whole, end)
	}
	return whole
}
