package freddy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/aitronos/freddy-go/internal/redact"
	"github.com/aitronos/freddy-go/internal/schema"
	"github.com/aitronos/freddy-go/internal/wire"
)

// Schema is a JSON Schema as the server sent it: a handle that is cheap to copy
// and safe for concurrent use. The zero Schema stands for an absent one, which
// accepts everything and asks for nothing. Two schemas are compared by Equal; ==
// and reflect.DeepEqual may tell equal ones apart.
//
// Any JSON value in a schema's place is kept; whether it is a schema at all
// shows in Fields, Validate and ApplyDefaults, which compile it on first use,
// once for all copies of the handle. Each answer brings a handle of its own, so
// keep the Connector whose schema is used often. Drafts 4 to 2020-12 are
// understood.
//
// Schemas come from outside: no reference that leaves the document is opened, and
// one that is too large (1 MiB, 50,000 values; for Fields 4,000 fields), too deep
// (256 levels) or too much work is an error. An error of a schema that cannot be used
// is none of this package's types.
type Schema struct{ doc *document }

// document is behind a pointer so that a Connector stays small and free to
// copy.
type document struct {
	raw      string
	once     sync.Once
	compiled *schema.Document
	err      error
}

// compile returns the compiled schema.
func (d *document) compile() (*schema.Document, error) {
	d.once.Do(func() {
		if d.compiled, d.err = schema.Compile([]byte(d.raw)); d.err != nil {
			d.err = unusable(d.err)
		}
	})
	return d.compiled, d.err
}

// unusable is the error of a schema that cannot be used, one line for a log.
func unusable(err error) error {
	return fmt.Errorf("freddy: the schema cannot be used: %s", redact.Line(err.Error(), maxCauseText))
}

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

// SchemaField is one setting that a schema asks for: what a form needs to show
// it. A zero field means that the schema does not say.
//
// Default, Enum and Examples hold JSON values; numbers are float64, or
// json.Number where a float64 would change the value.
type SchemaField struct {
	Name        string
	Type        string   // the one type besides null; empty when there are several or none
	Types       []string // all of them, as written
	Nullable    bool     // null is one of them
	Title       string
	Description string
	Format      string
	Pattern     string // a regular expression
	Default     any    // nil: none, or null
	Enum        []any
	Examples    []any
	Minimum     *float64
	Maximum     *float64
	MinLength   *int          // in characters
	MaxLength   *int          // in characters
	Required    bool          // by the object that has it
	Secret      bool          // format: password, writeOnly or x-secret: not to be echoed
	Fields      []SchemaField // of an object
	Items       *SchemaField  // of an array
}

// Fields returns the settings at the top level, in the schema's own order. It
// follows references within the schema and allOf, and takes a choice between
// one form and null for that form. Where a schema contains itself, the inner
// field has no Fields. It does not look into a choice of several forms (oneOf,
// anyOf), if, const or patternProperties, which Validate checks. The slice is the
// caller's; a schema of no object has none. The error says why the schema cannot
// be used.
func (s Schema) Fields() ([]SchemaField, error) {
	fields, err := s.fields()
	if err != nil {
		return nil, err
	}
	return schemaFields(fields), nil
}

func (s Schema) fields() ([]schema.Field, error) {
	if s.IsZero() {
		return nil, nil
	}
	compiled, err := s.doc.compile()
	if err != nil {
		return nil, err
	}
	fields, err := compiled.Fields()
	if err != nil {
		return nil, unusable(err)
	}
	return fields, nil
}

func schemaFields(fields []schema.Field) []SchemaField {
	var out []SchemaField
	for i := range fields {
		out = append(out, schemaField(&fields[i]))
	}
	return out
}

func schemaField(f *schema.Field) SchemaField {
	out := SchemaField{
		Name: f.Name, Types: f.Types, Nullable: f.Nullable,
		Title: f.Title, Description: f.Description, Format: f.Format, Pattern: f.Pattern,
		Default: value(f.Default), Enum: values(f.Enum), Examples: values(f.Examples),
		Minimum: f.Minimum, Maximum: f.Maximum, MinLength: f.MinLength, MaxLength: f.MaxLength,
		Required: f.Required, Secret: f.Secret, Fields: schemaFields(f.Fields),
	}
	types := slices.DeleteFunc(slices.Clone(f.Types), func(t string) bool { return t == "null" })
	if len(types) == 1 {
		out.Type = types[0]
	}
	if f.Items != nil {
		items := schemaField(f.Items)
		out.Items = &items
	}
	return out
}

// value decodes a value of the schema, which is known to be JSON.
func value(raw json.RawMessage) any {
	if raw == nil {
		return nil
	}
	v, _ := wire.Value(raw)
	return v
}

func values(raw []json.RawMessage) []any {
	var out []any
	for _, text := range raw {
		out = append(out, value(text))
	}
	return out
}

// Validate checks a value against the schema: a map, a struct or anything else
// that encoding/json takes, or JSON in a []byte or json.RawMessage; a string is a
// JSON string, and nil, a nil map included, is null. All its faults come in one
// *ValidationError. Common formats (date-time, email, uri,
// uuid, ipv4, hostname and others) are asserted, and large integers are
// compared exactly.
//
// Any other error is not about the value: an *ArgumentError if it is no JSON,
// or the reason why the schema cannot be used.
func (s Schema) Validate(value any) error {
	text, err := jsonOf(value)
	if err != nil {
		return err
	}
	if s.IsZero() {
		return nil
	}
	compiled, err := s.doc.compile()
	if err != nil {
		return err
	}
	faults, err := compiled.Check(text)
	switch {
	case err != nil:
		return unusable(err)
	case len(faults) == 0:
		return nil
	}
	invalid := &ValidationError{Fields: make([]FieldError, len(faults))}
	for i, f := range faults {
		invalid.Fields[i] = FieldError{Field: f.Pointer, Message: f.Message, Code: f.Keyword}
	}
	return invalid
}

// jsonOf returns the JSON of what Validate is given.
func jsonOf(value any) ([]byte, error) {
	raw, isJSON := value.(json.RawMessage)
	if !isJSON {
		raw, isJSON = value.([]byte)
	}
	if isJSON {
		if !json.Valid(raw) {
			return nil, &ArgumentError{"value", "must be JSON"}
		}
		return raw, nil
	}
	text, err := json.Marshal(value)
	if err != nil {
		// The text of a failing MarshalJSON may hold what it could not write.
		return nil, &ArgumentError{"value", fmt.Sprintf("must be JSON: %T", err)}
	}
	return text, nil
}

// ApplyDefaults returns a copy of values in which what is absent has the default
// that the schema gives it, in nested objects and in the elements of arrays,
// too. An absent object is made of the defaults of its fields, if it has any and
// every field that it requires has one. null is a value, not an absence. Only
// map[string]any and []any are copied and looked into. The caller's values, which
// may be nil, are not changed, and nothing is checked.
func (s Schema) ApplyDefaults(values map[string]any) (map[string]any, error) {
	fields, err := s.fields()
	if err != nil {
		return nil, err
	}
	whole, ok := deepCopy(values, 0)
	if !ok {
		return nil, &ArgumentError{"values", "must not be nested deeper than 10000 levels"}
	}
	out, _ := whole.(map[string]any)
	if out == nil {
		out = map[string]any{}
	}
	applyDefaults(out, fields)
	return out, nil
}

func applyDefaults(values map[string]any, fields []schema.Field) {
	for i := range fields {
		f := &fields[i]
		if _, present := values[f.Name]; !present {
			switch {
			case f.Default != nil:
				values[f.Name] = value(f.Default)
			case complete(f):
				values[f.Name] = map[string]any{}
			}
		}
		descend(values[f.Name], f)
	}
}

// descend applies the defaults below a value.
func descend(v any, f *schema.Field) {
	switch v := v.(type) {
	case map[string]any:
		applyDefaults(v, f.Fields)
	case []any:
		if f.Items != nil {
			for _, item := range v {
				descend(item, f.Items)
			}
		}
	}
}

// complete reports whether an object can be made of defaults alone.
func complete(f *schema.Field) bool {
	some := false
	for i := range f.Fields {
		has := f.Fields[i].Default != nil || complete(&f.Fields[i])
		if f.Fields[i].Required && !has {
			return false
		}
		some = some || has
	}
	return some
}

// deepCopy copies the maps and slices that JSON is made of; anything else is
// not written to. It is false for a value that contains itself.
func deepCopy(v any, depth int) (any, bool) {
	const most = 10_000 // what JSON may have anywhere here
	ok := depth < most
	switch v := v.(type) {
	case map[string]any:
		out := maps.Clone(v)
		for name := range out {
			if ok {
				out[name], ok = deepCopy(out[name], depth+1)
			}
		}
		return out, ok
	case []any:
		out := slices.Clone(v)
		for i := range out {
			if ok {
				out[i], ok = deepCopy(out[i], depth+1)
			}
		}
		return out, ok
	}
	return v, true
}
