package freddy

import (
	"bytes"
	"encoding/json"

	"github.com/aitronos/freddy-go/internal/wire"
)

// Schema is a JSON Schema as the server sent it: a handle that is cheap to copy
// and safe for concurrent use. The zero Schema stands for an absent one.
//
// Any JSON value in a schema's place is kept; whether it is a schema at all is
// not checked when an answer is decoded.
type Schema struct{ doc *document }

// document is behind a pointer so that a Connector stays small, comparable and
// free to copy, whatever a schema comes to hold.
type document struct{ raw string }

// An answer's schema shares the answer's text, as its strings do.
func init() {
	wire.Keep(func(text string) Schema { return Schema{&document{raw: text}} })
}

// NewSchema returns a Schema over a copy of raw. It does not check raw; an
// empty one gives the zero Schema.
func NewSchema(raw []byte) Schema {
	if len(raw) == 0 {
		return Schema{}
	}
	return Schema{&document{raw: string(raw)}}
}

// IsZero reports whether there is no schema.
func (s Schema) IsZero() bool { return s.doc == nil }

// Raw returns a copy of the schema's bytes, or nil of the zero Schema.
func (s Schema) Raw() json.RawMessage {
	if s.IsZero() {
		return nil
	}
	return json.RawMessage(s.doc.raw)
}

// String returns the schema's text, or "" of the zero Schema.
func (s Schema) String() string {
	if s.IsZero() {
		return ""
	}
	return s.doc.raw
}

// Equal reports whether both are the same JSON value: white space, the order of
// an object's members and the way a number is written do not matter. Two
// schemas that are not JSON are equal if their bytes are.
func (s Schema) Equal(other Schema) bool {
	if s.doc == other.doc || s.IsZero() || other.IsZero() {
		return s.doc == other.doc
	}
	if s.doc.raw == other.doc.raw {
		return true
	}
	a, err := wire.Value([]byte(s.doc.raw))
	if err != nil {
		return false
	}
	b, err := wire.Value([]byte(other.doc.raw))
	return err == nil && wire.Equal(a, b)
}

// MarshalJSON returns the schema's bytes, or null of the zero Schema.
func (s Schema) MarshalJSON() ([]byte, error) {
	if s.IsZero() {
		return []byte("null"), nil
	}
	return []byte(s.doc.raw), nil
}

// UnmarshalJSON keeps a copy of data; null makes the zero Schema.
func (s *Schema) UnmarshalJSON(data []byte) error {
	*s = Schema{}
	if data = bytes.TrimSpace(data); string(data) != "null" {
		*s = NewSchema(data)
	}
	return nil
}
