package schema

import (
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
// A variant is chosen by its constants in the form, or else by being the only
// one that has all the keys with a value. Its constants are added.
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

// variants adds the properties of the variants that the form chooses, and
// returns the names of the properties of all variants.
func (p *formParser) variants(values map[string]any, v *view, e *entry, path []string) map[string]bool {
	known := map[string]bool{}
	for _, schemas := range v.choices {
		if !p.walk.spend(3 * len(schemas) * len(e.children)) {
			break
		}
		for _, schema := range schemas {
			for name := range e.children {
				if p.walk.single(schema).properties[name] != nil {
					known[name] = true
				}
			}
		}
		chosen := p.choose(schemas, v, e)
		if chosen == nil {
			continue
		}
		for name, value := range p.object(chosen, e, path) {
			if v.properties[name] == nil {
				values[name] = value
			}
		}
		for name, constant := range p.walk.match(chosen) {
			values[name] = constant
		}
	}
	return known
}

// choose returns the variant that the form means, or nil.
func (p *formParser) choose(schemas []*node, v *view, e *entry) *view {
	var byConstants, byKeys []*view
	asked := map[string]bool{} // the names with a value that some variant has
	for _, schema := range schemas {
		variant := p.walk.single(schema)
		if p.postsConstants(variant, e) {
			byConstants = append(byConstants, variant)
		}
		for name, child := range e.children {
			if variant.properties[name] != nil && v.properties[name] == nil && !child.isEmpty() {
				asked[name] = true
			}
		}
	}
	for _, schema := range schemas {
		variant := p.walk.single(schema)
		hasAll := len(asked) > 0
		for name := range asked {
			hasAll = hasAll && variant.properties[name] != nil
		}
		if hasAll {
			byKeys = append(byKeys, variant)
		}
	}
	switch {
	case len(byConstants) == 1:
		return byConstants[0]
	case len(byConstants) == 0 && len(byKeys) == 1:
		return byKeys[0]
	}
	return nil
}

// postsConstants reports whether the form has constants of a variant, and none
// of another value.
func (p *formParser) postsConstants(variant *view, e *entry) bool {
	some := false
	for name := range p.walk.match(variant) {
		posted := e.children[name].last()
		if posted == "" {
			continue
		}
		if p.walk.view(variant.properties[name]).onlyValue().text() != posted {
			return false
		}
		some = true
	}
	return some
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
