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

	// Type is the only type besides null. It is empty if there are several or
	// none.
	Type     string
	Types    []string // without null
	Nullable bool     // null is a value

	// Required says that the object with this property requires it. A required
	// field of an optional object is required only if that object is present.
	Required bool

	// Secret says that the value must not be shown: format password or secret,
	// or one of writeOnly, x-secret, airbyte_secret, isSecret and sensitive. If an
	// object, array or map is secret, the values inside it are. If the values of
	// an array or map are secret, it is.
	Secret bool

	ReadOnly   bool
	Deprecated bool
	Format     string
	Pattern    string // a regular expression of ECMAScript
	Default    any    // nil: none, or null
	Examples   []any  // examples, or OpenAPI's example

	// Options are the only allowed values: those of enum, const, or a oneOf or
	// anyOf of constants.
	Options []Option

	Minimum          *float64
	Maximum          *float64
	ExclusiveMinimum *float64
	ExclusiveMaximum *float64
	MultipleOf       *float64
	MinLength        *int // in characters
	MaxLength        *int // in characters
	MinItems         *int
	MaxItems         *int
	UniqueItems      bool

	// Fields are the properties of an object, also those that only apply under a
	// condition (if, dependentSchemas, dependencies). If the first items of an
	// array have their own schemas, Fields are these items, named by index.
	Fields []Field

	Items *Field // of an array

	// Values is the field of a map's values. A map is an object with
	// additionalProperties or patternProperties.
	Values *Field

	// Variants are the schemas of a oneOf or anyOf. The value must match one of
	// them in addition to the rest of the field.
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
