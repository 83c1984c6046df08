// Package schema turns the JSON Schema of settings into a form, checks the
// values, and reads the form back.
//
//	settings, err := schema.Compile(text)
//	if err != nil {
//		return err // the text is no schema
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
//		// one FieldError per problem: its Pointer is that of a field
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
// Schemas are read as people write them. A keyword that is null is absent,
// except const and default; an empty array in the place of properties is an
// empty object; "nullable": true allows null; a boolean required is ignored; a
// boolean exclusiveMinimum or exclusiveMaximum has its meaning of draft 4 in
// each draft.
//
// Fields follows references inside the document, allOf, and a oneOf or anyOf
// with one schema besides null. A keyword that it does not understand does not
// affect the others. Validate needs the whole schema: a reference to another
// document or a keyword of a wrong kind is its error. No reference is opened.
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
// or a lookbehind, are matched by a backtracking engine within bounds: a pattern
// with a back reference, or with an unlimited repetition inside a repetition, is
// an error, and so is one over 1,000 bytes.
//
// # Limits
//
// Schemas and values come from outside, so the work is bounded. A schema has at
// most 1 MiB, 256 levels and 50,000 values, and for Validate 5,000 schemas; a
// value has at most 256 levels. A validation that takes too much work, more than a
// few tenths of a second, ends with an error. Fields returns at most 4,000 fields,
// ApplyDefaults creates at most 50,000 values, and a ValidationError has at most
// 300 problems.
package schema
