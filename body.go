package freddy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/aitronos/freddy-go/internal/wire"
)

// encode returns the bytes of a request's body, or nil for none, and the secrets
// in it.
func encode(in any) (body []byte, secrets []string, err error) {
	if params, ok := in.(payload); ok {
		if in, secrets, err = params.payload(); err != nil {
			return nil, nil, err
		}
	}
	switch in := in.(type) {
	case nil:
		return nil, nil, nil
	case json.RawMessage:
		if !json.Valid(in) {
			return nil, nil, &ArgumentError{"in", "must be valid JSON"}
		}
		return bytes.Clone(in), nil, nil
	}
	body, err = json.Marshal(in)
	if err != nil {
		// The text of a failing MarshalJSON may hold what it could not write.
		return nil, nil, &ArgumentError{"in", fmt.Sprintf("must be encodable as JSON: %T", err)}
	}
	return body, secrets, nil
}

var errNoBody = errors.New("there is no body, but one is required")

// identified is a model that says what it is: its id, and the object member it
// has and the one it should have.
type identified interface {
	identity() (id, object, want string)
}

// read decodes a 2xx answer into out.
func (r request) read(body []byte, out any) error {
	if r.decode != nil {
		return r.decode(body, out)
	}
	switch {
	case len(body) == 0 && r.bodyless:
		return nil
	case len(body) == 0:
		return errNoBody
	}
	if err := wire.Answer(body, out); err != nil {
		return err
	}
	if model, ok := out.(identified); ok {
		return identify(model, "")
	}
	if other, ok := out.(interface{ verify() error }); ok {
		return other.verify()
	}
	return nil
}

// identify requires of a model at the pointer that it has an id and is the
// object it should be, where it says so.
func identify(model identified, pointer string) error {
	switch id, object, want := model.identity(); {
	case object != "" && object != want:
		return &wire.Error{Pointer: pointer + "/object", Reason: "must be " + want}
	case id == "":
		return &wire.Error{Pointer: pointer + "/id", Reason: "is missing"}
	}
	return nil
}

func checkOut(out any) error {
	if v := reflect.ValueOf(out); out != nil && (v.Kind() != reflect.Pointer || v.IsNil()) {
		return &ArgumentError{"out", "must be nil or a pointer that is not"}
	}
	return nil
}

// decodeInto decodes the answer of an endpoint that is not modelled.
func decodeInto(body []byte, out any) error {
	if wire.Unsuccessful(body) {
		return wire.ErrUnsuccessful
	}
	if out == nil {
		return nil
	}
	if len(body) == 0 {
		return errNoBody
	}
	if raw, ok := out.(*json.RawMessage); ok && json.Valid(body) {
		*raw = append((*raw)[:0:0], body...)
		return nil
	}
	return unquoted(json.Unmarshal(body, out))
}

// unquoted returns an error of encoding/json, or of a type that decodes itself,
// without the value that it quotes.
func unquoted(err error) error {
	var (
		mismatch *json.UnmarshalTypeError
		syntax   *json.SyntaxError
		member   *wire.Error
	)
	switch {
	case err == nil, errors.As(err, &syntax), errors.As(err, &member):
		return err
	case errors.As(err, &mismatch):
		pointer := ""
		if mismatch.Field != "" {
			pointer = "/" + strings.ReplaceAll(mismatch.Field, ".", "/")
		}
		return &wire.Error{Pointer: pointer, Reason: "must fit " + mismatch.Type.String()}
	}
	return &opaqueError{err}
}

// opaqueError is an error whose text is nobody's business but errors.As's.
type opaqueError struct{ error }

func (e *opaqueError) Error() string { return fmt.Sprintf("a type refused its JSON: %T", e.error) }
func (e *opaqueError) Unwrap() error { return e.error }
