package schema

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"strconv"
)

// Limits of what Fields returns.
const (
	maxFields       = 4_000
	maxFieldBytes   = 8 << 20 // of pointers, and of the schema's values
	maxFieldOptions = 50_000
)

// Root returns the schema itself as a field, without a name and with an empty
// pointer. Its Variants are those at the top level.
//
// References that cannot be resolved are left out. If a schema contains itself,
// the inner field has no Fields, Items, Values or Variants. At most 4,000 fields
// are returned, including nested ones. The caller may modify the result.
func (s *Schema) Root() Field {
	if s.doc == nil {
		return Field{}
	}
	b := &fieldBuilder{walk: newWalk(s.doc), text: []byte(s.doc.text), open: map[*node]int{}}
	return b.field("", "", b.walk.single(s.doc.root), false)
}

// Fields returns the properties at the top level: those with an "order" keyword
// first, in that order, then the rest as written. It is Root().Fields.
func (s *Schema) Fields() []Field { return s.Root().Fields }

// fieldBuilder makes fields of views.
type fieldBuilder struct {
	walk    *walk
	text    []byte        // of the document; a copy for the caller
	open    map[*node]int // the heads of the fields that are being made
	fields  int
	bytes   int
	options int
}

// field makes the field of a view. secret is inherited.
func (b *fieldBuilder) field(name, pointer string, v *view, secret bool) Field {
	b.fields++
	b.bytes += len(pointer)
	f := Field{Name: name, Pointer: pointer, Secret: secret || v.secret}
	if !b.walk.spend(40) {
		return f
	}
	b.describe(&f, v)
	if b.full() || slices.ContainsFunc(v.heads, func(n *node) bool { return b.open[n] > 0 }) {
		return f
	}
	if !b.walk.spend(2 * len(v.heads)) {
		return f
	}
	for _, head := range v.heads {
		b.open[head]++
	}
	b.descend(&f, v)
	for _, head := range v.heads {
		b.open[head]--
	}
	return f
}

func (b *fieldBuilder) full() bool { return b.fields >= maxFields || b.bytes >= maxFieldBytes }

// describe sets what the schema says about the value itself.
func (b *fieldBuilder) describe(f *Field, v *view) {
	f.Title, f.Description = v.first("title").string(), v.first("description").string()
	f.Format, f.Pattern = v.first("format").string(), v.first("pattern").string()
	f.Types, f.Nullable = v.types()
	if len(f.Types) == 1 {
		f.Type = f.Types[0]
	}
	f.ReadOnly, f.Deprecated = v.readOnly, v.deprecated
	if n := v.first("default"); n != nil && b.afford(n) {
		f.Default = n.decode(number)
	}
	if n := v.first("examples"); n != nil && n.kind == kindArray && b.afford(n) {
		f.Examples, _ = n.decode(number).([]any)
	} else if n := v.first("example"); n != nil && b.afford(n) {
		f.Examples = []any{n.decode(number)}
	}
	f.Options = b.choices(v)
	f.Minimum, f.ExclusiveMinimum = limits(v, "minimum", "exclusiveMinimum")
	f.Maximum, f.ExclusiveMaximum = limits(v, "maximum", "exclusiveMaximum")
	f.MultipleOf = v.first("multipleOf").number()
	f.MinLength, f.MaxLength = v.first("minLength").length(), v.first("maxLength").length()
	f.MinItems, f.MaxItems = v.first("minItems").length(), v.first("maxItems").length()
	f.UniqueItems = v.first("uniqueItems").true()
	if n := v.source(); n != nil {
		f.Raw = json.RawMessage(b.text[n.start:n.end:n.end])
	}
}

// source returns the nearest node.
func (v *view) source() *node {
	for v.node == nil && len(v.children) > 0 {
		v = v.children[0]
	}
	return v.node
}

// types returns the types besides null, and whether null is a value.
func (v *view) types() (types []string, nullable bool) {
	nullable = v.nullable
	for _, name := range v.typeNames() {
		if name == "null" {
			nullable = true
		} else if !slices.Contains(types, name) {
			types = append(types, name)
		}
	}
	return types, nullable
}

// afford counts the values of the schema that are decoded for fields.
func (b *fieldBuilder) afford(n *node) bool {
	b.bytes += n.end - n.start
	return b.bytes < maxFieldBytes
}

// limits returns an inclusive and an exclusive limit. In draft 4 the exclusive one
// is a boolean.
func limits(v *view, inclusive, exclusive string) (limit, exclusiveLimit *float64) {
	limit = v.first(inclusive).number()
	other := v.first(exclusive)
	if other.true() {
		return nil, limit
	}
	return limit, other.number()
}

// number returns a number, or nil.
func (n *node) number() *float64 {
	if n == nil || n.kind != kindNumber {
		return nil
	}
	f, err := strconv.ParseFloat(n.value, 64)
	if err != nil {
		return nil
	}
	return &f
}

// length returns a number that is a length, or nil.
func (n *node) length() *int {
	f := n.number()
	if f == nil || *f < 0 || *f > math.MaxInt32 || *f != math.Trunc(*f) {
		return nil
	}
	length := int(*f)
	return &length
}

// choices returns the values of a closed choice. If there are too many, it returns
// none: an incomplete list would look complete.
func (b *fieldBuilder) choices(v *view) []Option {
	if b.options > maxFieldOptions || !b.walk.spend(len(v.constants)) {
		return nil
	}
	constants := v.constantValues()
	listed, titled := len(constants) > 0, map[*node]*view{}
	for _, schema := range v.constants {
		part := b.walk.single(schema)
		if !listed {
			constants = append(constants, part.constantValues()...)
		}
		if only := part.onlyValue(); only != nil {
			titled[only] = part
		}
	}
	if b.options += len(constants); b.options > maxFieldOptions {
		return nil
	}
	var options []Option
	for _, n := range constants {
		if !b.afford(n) {
			return nil
		}
		option := Option{Value: n.decode(number)}
		if part := titled[n]; part != nil {
			option.Title, option.Description = part.first("title").string(), part.first("description").string()
		}
		options = append(options, option)
	}
	return options
}

// descend makes the fields below a field.
func (b *fieldBuilder) descend(f *Field, v *view) {
	f.Fields = b.properties(f, v)
	for i, item := range v.tuple() {
		if item.kind == kindObject && !b.full() {
			name := strconv.Itoa(i)
			f.Fields = append(f.Fields, b.field(name, f.Pointer+"/"+name, b.walk.single(item), f.Secret))
		}
	}
	if len(v.items) > 0 && !b.full() {
		items := b.field("", f.Pointer+"/-", b.walk.view(v.items), f.Secret)
		f.Items = &items
	}
	if len(v.values) > 0 && !b.full() {
		values := b.field("", f.Pointer+"/*", b.walk.alternatives(v.values), f.Secret)
		f.Values = &values
	}
	b.variants(f, v)
	for _, inner := range []*Field{f.Items, f.Values} {
		if inner != nil && inner.Secret {
			f.Secret = true
		}
	}
}

// alternatives returns the view of a value that matches one of several schemas.
func (w *walk) alternatives(schemas []*node) *view {
	if len(schemas) == 1 {
		return w.single(schemas[0])
	}
	return &view{choices: [][]*node{schemas}, heads: schemas[:1]}
}

// properties makes the fields of an object.
func (b *fieldBuilder) properties(f *Field, v *view) []Field {
	var fields []Field
	for _, name := range b.walk.ordered(v) {
		if b.full() {
			break
		}
		property := b.field(name, f.Pointer+"/"+escapeToken.Replace(name), b.walk.view(v.properties[name]), f.Secret)
		property.Required = v.required[name] && !v.conditional[name]
		fields = append(fields, property)
	}
	return fields
}

// ordered returns the names of the properties in the order of a form.
func (w *walk) ordered(v *view) []string {
	order := make(map[string]float64, len(v.names))
	for _, name := range v.names {
		order[name] = math.Inf(1)
		if n := w.view(v.properties[name]).first("order").number(); n != nil {
			order[name] = *n
		}
	}
	names := slices.Clone(v.names)
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(order[a], order[b]) })
	return names
}
