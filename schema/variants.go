package schema

import (
	"maps"
	"slices"
)

// variants adds the variants of a field.
func (b *fieldBuilder) variants(f *Field, v *view) {
	var types []string
	for _, variant := range b.walk.variants(v) {
		if b.full() {
			break
		}
		field := b.variant(f, variant)
		f.Variants = append(f.Variants, field)
		for _, name := range field.Field.Types {
			if !slices.Contains(types, name) {
				types = append(types, name)
			}
		}
		f.Nullable = f.Nullable || field.Field.Nullable
		// A value that is secret in one variant must not be shown in any.
		f.Secret = f.Secret || field.Field.Secret
	}
	if len(f.Types) == 0 && len(types) > 0 {
		if f.Types = types; len(types) == 1 {
			f.Type = types[0]
		}
	}
}

func (b *fieldBuilder) variant(f *Field, v *variantView) Variant {
	field := b.field("", f.Pointer, v.view, f.Secret)
	field.Fields = slices.DeleteFunc(field.Fields, func(inner Field) bool {
		_, matched := v.match[inner.Name]
		return matched
	})
	return Variant{Title: field.Title, Description: field.Description, Match: v.match, Field: field}
}

// variantView is one schema of a choice.
type variantView struct {
	view  *view
	match map[string]any
}

// variants returns the schemas of the first choice of a view. Further choices are
// added to each of them.
func (w *walk) variants(v *view) []*variantView {
	if len(v.choices) == 0 {
		return nil
	}
	var variants []*variantView
	for _, schema := range v.choices[0] {
		if !w.spend(1 + len(v.choices)) {
			break
		}
		inner := w.single(schema)
		variant := &variantView{view: inner, match: maps.Clone(w.match(inner))}
		if len(v.choices) > 1 {
			combined := *inner
			combined.choices = slices.Concat(inner.choices, v.choices[1:])
			variant.view = &combined
		}
		variants = append(variants, variant)
	}
	return variants
}

// match returns the constants among the properties of a view.
func (w *walk) match(v *view) map[string]any {
	if v.matched {
		return v.constant
	}
	v.matched = true
	for _, name := range v.names {
		constant := w.view(v.properties[name]).onlyValue()
		if constant == nil || v.conditional[name] || !w.spend(1) {
			continue
		}
		if v.constant == nil {
			v.constant = map[string]any{}
		}
		v.constant[name] = constant.decode(number)
	}
	return v.constant
}
