package freddytest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// field is a field that the body of a request can have.
type field struct {
	name string
	kind kind
}

// kind is a kind of JSON value: the bytes it can begin with, and the validation
// error for any other kind.
type kind struct{ first, message, code string }

var (
	kindString       = kind{`"`, "Input should be a valid string", "string_type"}
	kindStringOrNull = kind{`"n`, kindString.message, kindString.code}
	kindObject       = kind{`{`, "Input should be a valid dictionary", "dict_type"}
	kindObjectOrNull = kind{`{n`, kindObject.message, kindObject.code}
	kindListOrNull   = kind{`[n`, "Input should be a valid list", "list_type"}
	kindBoolean      = kind{`tf`, "Input should be a valid boolean", "bool_type"}
)

// optionalString distinguishes null from absent.
type optionalString struct {
	present bool
	value   string // empty for null
}

func (s *optionalString) UnmarshalJSON(data []byte) error {
	s.present = true
	return json.Unmarshal(data, &s.value)
}

// decode decodes the body, an object with these fields, into out. If the body is
// something else, it returns the error response and false.
func (r request) decode(out any, fields []field, required ...string) (Reply, bool) {
	if len(r.Body) > maxBody {
		return detailReply(http.StatusRequestEntityTooLarge, http.StatusText(http.StatusRequestEntityTooLarge)), false
	}
	members, errs := r.members()
	if errs == nil {
		errs = validate(members, fields, required)
	}
	if len(errs) > 0 {
		return invalidReply(errs), false
	}
	// The members are decoded instead of the body, which may repeat a name.
	decoder := json.NewDecoder(bytes.NewReader(encode(members)))
	decoder.UseNumber() // a float64 would change large numbers
	if err := decoder.Decode(out); err != nil {
		return invalidReply([]validationError{nestedError(err)}), false
	}
	return Reply{}, true
}

// nestedError returns the error for a value of the wrong kind inside a field, such
// as an item of a list.
func nestedError(err error) validationError {
	var mismatch *json.UnmarshalTypeError
	if !errors.As(err, &mismatch) {
		panic(fmt.Sprintf("freddytest: %v", err))
	}
	name, _, _ := strings.Cut(mismatch.Field, ".")
	kind := mismatch.Type.String()
	return validationError{[]string{"body", name}, "Input should be a valid " + kind, kind + "_type"}
}

// members returns the members of a body that is a JSON object. If a name is
// repeated, the last one wins.
func (r request) members() (map[string]json.RawMessage, []validationError) {
	reject := func(code, message string) []validationError {
		return []validationError{{[]string{"body"}, message, code}}
	}
	if len(r.Body) == 0 {
		return nil, reject("missing", "Field required")
	}
	if !json.Valid(r.Body) {
		return nil, reject("json_invalid", "JSON decode error")
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(r.Body, &members) != nil || members == nil {
		return nil, reject("model_attributes_type", "Input should be a valid dictionary or object to extract fields from")
	}
	return members, nil
}

// validate returns an error for each member of the wrong kind, each missing
// field and each unknown member.
func validate(members map[string]json.RawMessage, fields []field, required []string) []validationError {
	var errs []validationError
	reject := func(name, code, message string) {
		errs = append(errs, validationError{[]string{"body", name}, message, code})
	}
	unknown := maps.Clone(members)
	for _, f := range fields {
		value, present := members[f.name]
		delete(unknown, f.name)
		switch {
		case present && !strings.Contains(f.kind.first, string(value[:1])):
			reject(f.name, f.kind.code, f.kind.message)
		case !present && slices.Contains(required, f.name):
			reject(f.name, "missing", "Field required")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(unknown)) {
		reject(name, "extra_forbidden", "Extra inputs are not permitted")
	}
	return errs
}
