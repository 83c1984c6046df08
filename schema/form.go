package schema

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// maxFormItems bounds the index of an item in the key of a form.
const maxFormItems = 1_000

// ParseForm returns the values of a form whose keys are the pointers of fields:
// /proxy/port. A key may be repeated for the items of an array (/tags or
// /tags/-), or name an item (/rules/0/name, up to 1,000), or a key of a map
// (/env/KEY). Missing indexes are closed up. Keys that are no pointers of the
// schema, such as a CSRF token, are ignored.
//
// An empty string counts as absent, so that Validate reports what is required.
// If a key that is not for an array is repeated, the last value wins: a hidden
// false in front of a checkbox works. A boolean is true, false, on, off, 1 or 0.
// A number is a float64, or a json.Number if a float64 would change it. An
// object or array for which the schema names no fields is JSON.
//
// A variant of a oneOf or anyOf is chosen if the form has its constants, or else
// if it is the only one that has all the keys with a value. Its constants are
// added, and the values of the variants that are not chosen are left out. If no
// variant is chosen, all values are kept, each converted by the first variant
// that has its key; no constants are added, and Validate reports the choice.
//
// Two variants may have a field with the same pointer. For these, an HTML form
// must use different names, and pass only those of the chosen variant to
// ParseForm, under their pointers.
//
// What does not convert is a problem with the keyword type, all of them in one
// *ValidationError. Everything else is for Validate to check.
func (s *Schema) ParseForm(form url.Values) (map[string]any, error) {
	if s.doc == nil {
		return map[string]any{}, nil
	}
	p := &formParser{walk: newWalk(s.doc)}
	values := p.object(p.walk.single(s.doc.root), newEntry(form), nil)
	if problems := p.report(); len(problems) > 0 {
		return nil, &ValidationError{Errors: problems}
	}
	return values, nil
}

// entry is what a form has at one place.
type entry struct {
	values   []string
	children map[string]*entry
}

// newEntry makes a tree of the keys that are pointers.
func newEntry(form url.Values) *entry {
	root := &entry{}
	for key, values := range form {
		if !strings.HasPrefix(key, "/") || strings.Count(key, "/") > maxDepth {
			continue
		}
		e := root
		for token := range strings.SplitSeq(key[1:], "/") {
			e = e.child(unescapeToken.Replace(token))
		}
		e.values = append(e.values, values...)
	}
	return root
}

func (e *entry) child(name string) *entry {
	if e.children == nil {
		e.children = map[string]*entry{}
	}
	if e.children[name] == nil {
		e.children[name] = &entry{}
	}
	return e.children[name]
}

// last returns the value that counts of a key that is repeated.
func (e *entry) last() string {
	if e == nil || len(e.values) == 0 {
		return ""
	}
	return e.values[len(e.values)-1]
}

// isEmpty reports whether all values at a place and below it are empty.
func (e *entry) isEmpty() bool {
	for _, value := range e.values {
		if value != "" {
			return false
		}
	}
	for _, child := range e.children {
		if !child.isEmpty() {
			return false
		}
	}
	return true
}

// formParser makes values of a form, and collects what does not convert.
type formParser struct {
	walk *walk
	collector
}

func (p *formParser) fail(path []string, keyword, message string) {
	p.problems = append(p.problems, problem{location: slices.Clone(path), keyword: keyword, message: message})
}

// parse returns the value at a place, or false if the form has none.
func (p *formParser) parse(v *view, e *entry, path []string) (any, bool) {
	types := p.walk.formTypes(v)
	isArray := slices.Contains(types, "array")
	switch {
	case len(e.children) > 0 && slices.Contains(types, "object"):
		object := p.object(v, e, path)
		return object, len(object) > 0
	case isArray && (len(e.children) > 0 || len(e.values) > 1 || len(types) == 1):
		items := p.array(v, e, path)
		return items, len(items) > 0
	}
	return p.scalar(v, types, e.last(), path)
}

// formTypes returns the types that a value may have, also where the schema says
// so only by what is inside the value, or by a choice.
func (w *walk) formTypes(v *view) []string {
	types, _ := v.types()
	if len(types) > 0 {
		return types
	}
	if len(v.names) > 0 || len(v.values) > 0 {
		types = append(types, "object")
	}
	if len(v.items) > 0 || len(v.tuple()) > 0 {
		types = append(types, "array")
	}
	for _, schemas := range v.choices {
		for _, schema := range schemas {
			if w.spend(1) {
				types = append(types, w.formTypes(w.single(schema))...)
			}
		}
	}
	return types
}

// object returns the properties of an object that the form has.
func (p *formParser) object(v *view, e *entry, path []string) map[string]any {
	values := map[string]any{}
	p.properties(values, v, e, path)
	known := p.variants(values, v, e, path)
	if len(v.values) == 0 {
		return values
	}
	rest := p.walk.alternatives(v.values)
	for name, child := range e.children {
		if v.properties[name] == nil && !known[name] && name != "*" {
			if value, ok := p.parse(rest, child, append(path, name)); ok {
				values[name] = value
			}
		}
	}
	return values
}

// properties adds the properties of a view.
func (p *formParser) properties(values map[string]any, v *view, e *entry, path []string) {
	for name, child := range e.children {
		if nodes := v.properties[name]; nodes != nil {
			if value, ok := p.parse(p.walk.view(nodes), child, append(path, name)); ok {
				values[name] = value
			}
		}
	}
}

// variants adds the properties of the variants that the form chooses. If it
// chooses none of a choice, it adds the properties of all of them. It returns
// the names of the properties of all variants.
func (p *formParser) variants(values map[string]any, v *view, e *entry, path []string) map[string]bool {
	known := map[string]bool{}
	for _, schemas := range v.choices {
		variants := p.walk.nested(schemas)
		if !p.walk.spend(3 * len(variants) * len(e.children)) {
			break
		}
		for _, variant := range variants {
			for name := range e.children {
				if variant.properties[name] != nil {
					known[name] = true
				}
			}
		}
		chosen := p.choose(schemas, v, e)
		if chosen == nil {
			p.unchosen(values, v, variants, e, path)
			continue
		}
		addMissing(values, p.object(chosen, e, path))
		maps.Copy(values, p.walk.match(chosen))
	}
	return known
}

// nested returns the views of the schemas of a choice, each followed by those of
// the choices inside it.
func (w *walk) nested(schemas []*node) []*view {
	var views []*view
	for _, schema := range schemas {
		if !w.spend(1) {
			break
		}
		v := w.single(schema)
		views = append(views, v)
		for _, inner := range v.choices {
			views = append(views, w.nested(inner)...)
		}
	}
	return views
}

// addMissing adds the properties that an object does not have, also in the
// objects that both have.
func addMissing(values, more map[string]any) {
	for name, value := range more {
		object, _ := values[name].(map[string]any)
		inner, _ := value.(map[string]any)
		if _, present := values[name]; !present {
			values[name] = value
		} else if object != nil && inner != nil {
			addMissing(object, inner)
		}
	}
}

// unchosen adds the properties of a choice of which the form chooses no variant,
// so that Validate reports them instead of ParseForm losing them.
func (p *formParser) unchosen(values map[string]any, v *view, variants []*view, e *entry, path []string) {
	for name, child := range e.children {
		own := v.properties[name] != nil
		if own && len(child.children) == 0 {
			continue
		}
		property := p.property(variants, name, child)
		if property == nil && !own && len(v.values) == 0 && name != "*" {
			if i := slices.IndexFunc(variants, func(variant *view) bool { return len(variant.values) > 0 }); i >= 0 {
				property = p.walk.alternatives(variants[i].values)
			}
		}
		if property == nil {
			continue
		}
		if value, ok := p.parse(property, child, append(path, name)); ok {
			addMissing(values, map[string]any{name: value})
		}
	}
}

// property returns the view of a property in the first variant that has it, or
// nil. Objects and arrays of several variants are combined.
func (p *formParser) property(variants []*view, name string, e *entry) *view {
	var first *view
	var nodes []*node
	for _, variant := range variants {
		if variant.properties[name] == nil {
			continue
		}
		property := p.walk.view(variant.properties[name])
		if first == nil {
			first = property
		}
		if !p.fits(property, e) {
			continue
		}
		if len(e.children) == 0 {
			return property
		}
		nodes = p.walk.union(nodes, variant.properties[name])
	}
	if len(nodes) > 0 {
		return p.walk.view(nodes)
	}
	return first
}

// fits reports whether a value can be what the form has: an object or array
// where there are keys below it, and the constant if the value is one.
func (p *formParser) fits(v *view, e *entry) bool {
	if len(e.children) > 0 {
		types := p.walk.formTypes(v)
		return slices.Contains(types, "object") || slices.Contains(types, "array")
	}
	constant := v.onlyValue()
	return constant == nil || constant.text() == e.last()
}

// choose returns the variant that the form means, or nil.
func (p *formParser) choose(schemas []*node, v *view, e *entry) *view {
	var byConstants, byKeys []*view
	has := make([]map[string]bool, len(schemas)) // the names with a value, also of the choices inside
	asked := map[string]bool{}                   // those of all variants
	for i, schema := range schemas {
		has[i] = map[string]bool{}
		for _, variant := range p.walk.nested([]*node{schema}) {
			for name, child := range e.children {
				if variant.properties[name] != nil && v.properties[name] == nil && !child.isEmpty() {
					has[i][name], asked[name] = true, true
				}
			}
		}
	}
	for i, schema := range schemas {
		variant := p.walk.single(schema)
		same, other := p.postedConstants(variant, e)
		if same && !other {
			byConstants = append(byConstants, variant)
		}
		if len(asked) > 0 && len(has[i]) == len(asked) && !other {
			byKeys = append(byKeys, variant)
		}
	}
	switch {
	case len(byConstants) == 1:
		return byConstants[0]
	case len(byKeys) == 1:
		return byKeys[0]
	}
	return nil
}

// postedConstants reports whether the form has a constant of a variant, and
// whether it has another value in the place of one.
func (p *formParser) postedConstants(variant *view, e *entry) (same, other bool) {
	for name := range p.walk.match(variant) {
		switch e.children[name].last() {
		case "":
		case p.walk.view(variant.properties[name]).onlyValue().text():
			same = true
		default:
			other = true
		}
	}
	return same, other
}

// text returns a value as a form has it.
func (n *node) text() string {
	switch n.kind {
	case kindString, kindNumber:
		return n.value
	case kindBool:
		return strconv.FormatBool(n.isTrue)
	case kindNull, kindArray, kindObject:
	}
	return ""
}

// array returns the items of an array that the form has.
func (p *formParser) array(v *view, e *entry, path []string) []any {
	v = p.walk.arrayView(v)
	tuple, rest := v.tuple(), p.walk.view(v.items)
	schema := func(i int) *view {
		if i < len(tuple) {
			return p.walk.single(tuple[i])
		}
		return rest
	}
	var items []any
	add := func(v *view, e *entry, token string) {
		if item, ok := p.parse(v, e, append(path, token)); ok {
			items = append(items, item)
		}
	}
	values := e.values
	dash := e.children["-"]
	if dash != nil {
		values = slices.Concat(values, dash.values)
	}
	if whole, ok := p.wholeArray(values, rest); ok {
		return whole
	}
	for i, value := range values {
		add(schema(i), &entry{values: []string{value}}, strconv.Itoa(i))
	}
	for _, name := range indexes(e.children) {
		i, err := strconv.Atoi(name)
		if err != nil || i >= maxFormItems {
			p.fail(path, "maxItems", "must have at most "+strconv.Itoa(maxFormItems)+" items in a form")
			break
		}
		add(schema(i), e.children[name], name)
	}
	if dash != nil && len(dash.children) > 0 {
		add(rest, &entry{children: dash.children}, "-")
	}
	return items
}

// wholeArray returns the array that is posted as one JSON text. Where an item
// may be a string, the text is an item.
func (p *formParser) wholeArray(values []string, items *view) ([]any, bool) {
	if len(values) != 1 || !strings.HasPrefix(values[0], "[") || slices.Contains(p.walk.formTypes(items), "string") {
		return nil, false
	}
	whole, ok := parseJSON(values[0]).([]any)
	return whole, ok
}

// indexes returns the names that are indexes, in their order.
func indexes(children map[string]*entry) []string {
	var names []string
	for name := range children {
		if isDigits(name) {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, compareTokens)
	return names
}

// arrayView returns the view that describes the items: of a choice, the first
// schema that does.
func (w *walk) arrayView(v *view) *view {
	if len(v.items) > 0 || len(v.tuple()) > 0 {
		return v
	}
	for _, schemas := range v.choices {
		for _, schema := range schemas {
			if variant := w.single(schema); len(variant.items) > 0 || len(variant.tuple()) > 0 {
				return variant
			}
		}
	}
	return v
}
