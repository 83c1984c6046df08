// Package schema turns the JSON Schema of settings into a form, checks the
// values, and reads the form back.
//
//	settings, err := schema.Compile(text)
//	if err != nil {
//		return err // not a schema
//	}
//	for _, field := range settings.Fields() {
//		// one input each: field.Pointer is its name, field.Title its label,
//		// and field.Default what it shows at first
//	}
//	values, err := settings.ParseForm(request.PostForm)
//	if err == nil {
//		err = settings.Validate(values)
//	}
//	var invalid *schema.ValidationError
//	if errors.As(err, &invalid) {
//		// one FieldError per problem: its Pointer is that of a field, of an item of
//		// an array, of a group, or empty
//	}
//
// Show defaults in the form instead of applying them to the posted values: a
// browser posts nothing for an unchecked checkbox, so a default of true would
// replace the user's choice.
//
// # Schemas
//
// Drafts 4, 6, 7, 2019-09 and 2020-12 are supported. The draft is the one that
// $schema names. Without a known $schema it is draft 4 if exclusiveMinimum or
// exclusiveMaximum is a boolean, draft 7 if items is an array or there are
// definitions but no $defs, and otherwise 2020-12.
//
// Schemas are read leniently. A keyword that is null is absent, except const and
// default. If properties, additionalProperties, not or another keyword that cannot
// be an array is an empty array, it is read as an empty object.
// "nullable": true allows null. A boolean required is ignored. A boolean
// exclusiveMinimum or exclusiveMaximum has its draft 4 meaning in every draft.
//
// Fields follows references inside the document, allOf, and a oneOf or anyOf
// with one schema besides null. An invalid keyword does not affect the others.
// Validate needs the whole schema: it returns an error if a keyword is invalid or
// a reference leads to another document. Other documents are never loaded.
//
// # Secrets
//
// Field.Secret says that a value must not be shown. Neither errors nor their
// messages contain values.
//
// # Patterns
//
// Patterns are those of ECMAScript. Package regexp matches them where it can, in
// time that is linear in the string. The others, such as those with a lookahead
// or a lookbehind, are matched by a backtracking engine. Its work is bounded, so
// such a pattern is an error if it has a back reference, an unlimited repetition
// of a repetition, or more than 1,000 bytes.
//
// # Limits
//
// Schemas and values may be hostile, so the work is bounded. A schema has at
// most 1 MiB, 256 levels and 50,000 values, and for Validate 5,000 schemas; a
// value has at most 256 levels. If Validate or ParseForm takes too much work, more
// than a few tenths of a second, it returns an error. Fields returns at most 4,000
// fields, ApplyDefaults creates at most 50,000 values, and a ValidationError has
// at most 300 problems.
package schema
