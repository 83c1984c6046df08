package schema

import "encoding/json"

// Field is one setting, as a form needs it. A zero field means that the schema
// does not say.
//
// A value of type any is JSON: nil, bool, string, []any, map[string]any, and
// float64, or json.Number if a float64 would change the number.
type Field struct {
	Name string

	// Pointer is the RFC 6901 JSON pointer of the value: /proxy/port. The token
	// "-" stands for each item of an array, "*" for each key of a map.
	Pointer string

	Title       string // empty if the schema has none
	Description string

	Type     string   // the one type besides null; empty if there are several or none
	Types    []string // all types but null
	Nullable bool     // null is a value

	// Required says that the object that has the property requires it. A field of
	// an optional object can be required: it is, if that object is present.
	Required bool

	// Secret says that the value must not be shown: format password or secret,
	// or one of writeOnly, x-secret, airbyte_secret, isSecret and sensitive. The
	// mark of an object, array or map is also that of the values inside it. An
	// array or a map whose values are secret is secret, too.
	Secret bool

	ReadOnly   bool
	Deprecated bool
	Format     string
	Pattern    string // a regular expression of ECMAScript
	Default    any    // nil: none, or null
	Examples   []any  // of examples, or the one of OpenAPI's example

	// Options are the only values: those of enum, of const, or of a oneOf or
	// anyOf whose schemas are constants.
	Options []Option

	Minimum          *float64
	Maximum          *float64
	ExclusiveMinimum *float64 // in draft 4, minimum with a boolean exclusiveMinimum
	ExclusiveMaximum *float64
	MultipleOf       *float64
	MinLength        *int // in characters
	MaxLength        *int // in characters
	MinItems         *int
	MaxItems         *int
	UniqueItems      bool

	// Fields are the properties of an object, also those that only apply under a
	// condition (if, dependentSchemas, dependencies). Of an array whose first
	// items have schemas of their own, they are those items, named by index.
	Fields []Field

	Items  *Field // of an array
	Values *Field // of a map: an object whose keys are free (additionalProperties, patternProperties)

	// Variants are the schemas of a oneOf or anyOf with several. The value
	// matches one of them in addition to the rest of the field.
	Variants []Variant

	// Raw is the schema of the field as it is written, references included.
	Raw json.RawMessage
}

// Option is one of the values that a field may have.
type Option struct {
	Value       any
	Title       string // empty if the schema has none
	Description string
}

// Variant is one schema of a oneOf or anyOf.
type Variant struct {
	Title       string
	Description string

	// Match are the constants that select the variant, by property:
	// {"auth_type":"token"}. They are not among the fields of Field.
	Match map[string]any

	// Field is what the variant asks for in addition: the fields of an object, or
	// a value of another type. It has the pointer of the field with the variants.
	Field Field
}
