package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

var (
	errCycle        = errors.New("it refers to itself without an end")
	errValueTooDeep = fmt.Errorf("schema: the value is nested deeper than %d levels", maxDepth)
)

// Validate checks a value against the schema. The value is a map, a struct or
// anything else that encoding/json takes, or JSON in a []byte or
// json.RawMessage. A string is a JSON string; nil and a nil map are null. All
// problems are in one *ValidationError. If there are more than 300, the last one
// says so.
//
// Formats such as date-time, email, uri, uuid, ipv4 and hostname are checked.
// Numbers are compared exactly. Of oneOf and anyOf, the problems of one schema
// are reported if its constants match the value or if it is the only one for the
// value's type; otherwise one problem names the choices.
//
// Validate returns another error if the value is not JSON or is nested deeper
// than 256 levels, if the schema cannot be used (the error names the keyword and
// its place), or if the validation takes too much work.
func (s *Schema) Validate(value any) error {
	instance, depth, err := instanceOf(value)
	if err != nil || s.engines == nil {
		return err
	}
	e, err := s.engines.get()
	if err != nil {
		return unusable(err)
	}
	e.work.steps = maxSteps
	problems, err := e.validate(e.root, instance, depth)
	s.engines.put(e)
	if err != nil {
		return unusable(err)
	}
	if len(problems) > 0 {
		return &ValidationError{Errors: problems}
	}
	return nil
}

// unusable returns the error of a schema that cannot be used, on one line.
func unusable(err error) error { return fmt.Errorf("schema: %s", singleLine(err.Error(), 1024)) }

// validate checks a value against a schema of the engine, with the steps that
// e.work has left.
func (e *engine) validate(s *jsonschema.Schema, value any, depth int) ([]FieldError, error) {
	if depth*e.nesting > maxFrames {
		return nil, errTooMuchWork
	}
	// An error contains the location of its value. Each schema that applies
	// another one may wrap the error, on each level of the value.
	e.work = work{steps: e.work.steps, errorBytes: maxErrorBytes, errorSize: (160 + 8*depth) * (1 + e.nesting) * depth}
	invalid, err := run(s, value)
	if errors.Is(err, errTooManyErrors) && s == e.root {
		// All of them may be errors of variants that the value need not match.
		e.work = work{steps: e.work.steps, errorBytes: math.MaxInt, errorSize: 1}
		if invalid, err = run(e.negated, value); err == nil && invalid == nil {
			return []FieldError{{Message: errTooManyErrors.Error()}}, nil
		}
		return nil, err
	}
	if err != nil || invalid == nil {
		return nil, err
	}
	if cyclic(invalid) {
		return nil, errCycle
	}
	c := &collector{engine: e}
	return c.collect(invalid), nil
}

// run applies a schema to a value. err says why the validation was stopped.
func run(s *jsonschema.Schema, value any) (invalid *jsonschema.ValidationError, err error) {
	defer func() {
		switch p := recover(); p {
		case nil:
		case errTooMuchWork, errTooManyErrors:
			invalid, err = nil, p.(error)
		default:
			invalid, err = nil, errors.New("it cannot be applied to the value")
		}
	}()
	return libraryError(s.Validate(value)), nil
}

// libraryError returns the library's error, if it is one.
func libraryError(err error) *jsonschema.ValidationError {
	if err == nil {
		return nil
	}
	var invalid *jsonschema.ValidationError
	errors.As(err, &invalid)
	return invalid
}

func cyclic(e *jsonschema.ValidationError) bool {
	if _, ok := e.ErrorKind.(*kind.RefCycle); ok {
		return true
	}
	return slices.ContainsFunc(e.Causes, cyclic)
}

// instanceOf returns the value that is passed to the library, and its depth.
func instanceOf(value any) (instance any, depth int, err error) {
	raw, isJSON := value.(json.RawMessage)
	if !isJSON {
		raw, isJSON = value.([]byte)
	}
	if !isJSON {
		if depth, plain, err := inspect(value); plain || err != nil {
			return value, depth, err
		}
		if raw, err = json.Marshal(value); err != nil {
			// The message of a failing MarshalJSON may contain the value.
			return nil, 0, fmt.Errorf("schema: the value is not JSON: %T", err)
		}
	}
	if instance, err = decodeJSON(raw); err != nil {
		return nil, 0, err
	}
	depth, _, err = inspect(instance)
	return instance, depth, err
}

// decodeJSON decodes one JSON value with its numbers as they are written.
func decodeJSON(raw []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, fmt.Errorf("schema: the value is not JSON: %T", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("schema: the value is not JSON: unexpected data after it")
	}
	return value, nil
}

// maxWalk bounds the values inside a value. A map can contain itself.
const maxWalk = 2_000_000

// inspect returns the depth of a value, and whether the value consists of what
// encoding/json makes of JSON: the library takes nothing else.
func inspect(value any) (depth int, plain bool, err error) {
	w := inspector{left: maxWalk}
	plain = w.inspect(value, 1)
	return w.depth + 1, plain, w.err
}

type inspector struct {
	left  int // values that may follow
	depth int // of objects and arrays
	err   error
}

func (w *inspector) inspect(v any, level int) (plain bool) {
	switch v := v.(type) {
	case map[string]any:
		if v == nil || !w.enter(level, len(v)) {
			return false
		}
		for _, member := range v {
			if _, isString := member.(string); !isString && !w.inspect(member, level+1) { // strings are frequent
				return false
			}
		}
		return true
	case []any:
		if v == nil || !w.enter(level, len(v)) {
			return false
		}
		for _, item := range v {
			if !w.inspect(item, level+1) {
				return false
			}
		}
		return true
	case json.Number:
		return w.number(string(v))
	case float64:
		return !math.IsNaN(v) && !math.IsInf(v, 0)
	case nil, bool, string, int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64:
		return true
	}
	return false
}

// enter counts an object or array with n values.
func (w *inspector) enter(level, n int) bool {
	if w.left -= n; w.left < 0 {
		w.err = errors.New("schema: the value is too large")
	} else if level > maxDepth {
		w.err = errValueTooDeep
	}
	w.depth = max(w.depth, level)
	return w.err == nil
}

func (w *inspector) number(literal string) bool {
	if !isNumber(literal) { // encoding/json checks it only when it marshals one
		return false
	}
	if err := checkNumber(literal); err != nil {
		w.err = fmt.Errorf("schema: the value: %w", err)
		return false
	}
	return true
}
