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
// (/env/KEY). Gaps between indexes are removed. Keys that are not pointers of the
// schema, such as a CSRF token, are ignored.
//
// An empty string counts as absent, so that Validate reports what is required.
// If a key of another value is repeated, the last one wins, so a checkbox can
// follow a hidden false. A boolean is true, false, on, off, 1 or 0. A number
// becomes a float64, or a json.Number if a float64 would change it. An object or
// array for which the schema names no fields is posted as JSON.
//
// A variant of a oneOf or anyOf is chosen if the form has its constants, or else
// if it is the only one that has all keys with a value. Its constants are added,
// and the values of the other variants are left out. If no variant is chosen, all
// values are kept, each converted by the first variant that has its key. No
// constants are added then, and Validate reports the choice.
//
// If two variants have a field with the same pointer, the HTML form must give
// their inputs different names. The program then passes only the values of the
// chosen variant to ParseForm, under their pointers.
//
// ParseForm reports all values that do not convert in one *ValidationError, with
// the keyword type. Everything else is checked by Validate. ParseForm returns
// another error if the form takes too much work.
func (s *Schema) ParseForm(form url.Values) (map[string]any, error) {
	if s.doc == nil {
		return map[string]any{}, nil
	}
	p := &formParser{walk: newWalk(s.doc)}
	values := p.object(p.walk.single(s.doc.root), newEntry(form), nil)
	if p.walk.steps < 0 {
		return nil, unusable(errTooMuchWork)
	}
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

// last returns the last value of a key, or "".
func (e *entry) last() string {
	if e == nil || len(e.values) == 0 {
		return ""
	}
	return e.values[len(e.values)-1]
}

// hasValue reports whether a value at a place is not empty.
func (e *entry) hasValue() bool {
	return slices.ContainsFunc(e.values, func(value string) bool { return value != "" })
}

// formParser converts a form, and collects the problems.
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

// formTypes returns the types that a value may have. If the schema names none,
// they follow from its properties, items and choices.
func (w *walk) formTypes(v *view) []string {
	if !v.typed {
		v.typed = true
		if v.formTypes, _ = v.types(); len(v.formTypes) == 0 {
			v.formTypes = w.impliedTypes(v)
		}
	}
	return v.formTypes
}

// impliedTypes returns the types that follow from the properties, items and
// choices of a schema.
func (w *walk) impliedTypes(v *view) []string {
	var types []string
	if len(v.names) > 0 || len(v.values) > 0 {
		types = append(types, "object")
	}
	if v.hasItems() {
		types = append(types, "array")
	}
	for _, schemas := range v.choices {
		for _, schema := range schemas {
			if !w.spend(1) {
				return types
			}
			for _, name := range w.formTypes(w.single(schema)) {
				if !slices.Contains(types, name) {
					types = append(types, name)
				}
			}
		}
	}
	return types
}

// object converts the properties of an object.
func (p *formParser) object(v *view, e *entry, path []string) map[string]any {
	values, constants, known := map[string]any{}, map[string]any{}, map[string]bool{}
	views := p.chosen(v, e, constants, known)
	for name, child := range e.children {
		property := p.property(views, name, child)
		if property == nil && !known[name] && name != "*" {
			property = p.mapValue(views, child)
		}
		if property == nil {
			continue
		}
		if value, ok := p.parse(property, child, append(path, name)); ok {
			values[name] = value
		}
	}
	maps.Copy(values, constants)
	return values
}

// chosen returns v and the views of the variants that the form chooses. If it
// chooses none of a choice, these are all variants, so that Validate reports them
// instead of ParseForm losing their values. It adds the constants of the chosen
// variants, and the names of all properties of these choices.
func (p *formParser) chosen(v *view, e *entry, constants map[string]any, known map[string]bool) []*view {
	views := []*view{v}
	for _, schemas := range v.choices {
		variants := p.walk.nested(schemas)
		if !p.walk.spend(3 * len(variants) * len(e.children)) {
			break
		}
		chosen := p.choose(schemas, v, e)
		if chosen == nil {
			views = append(views, variants...)
			continue
		}
		views = append(views, p.chosen(chosen, e, constants, known)...)
		maps.Copy(constants, p.walk.match(chosen))
		for _, variant := range variants {
			for name := range e.children {
				if variant.properties[name] != nil {
					known[name] = true
				}
			}
		}
	}
	return views
}

// nested returns the views of the schemas of a choice, each followed by those of
// the choices inside it. A choice that occurs several times is included once.
func (w *walk) nested(schemas []*node) []*view {
	var views []*view
	seen := map[*node]bool{} // the first schemas of choices
	var add func(schemas []*node)
	add = func(schemas []*node) {
		if seen[schemas[0]] {
			return
		}
		seen[schemas[0]] = true
		for _, schema := range schemas {
			if !w.spend(1) {
				return
			}
			v := w.single(schema)
			views = append(views, v)
			for _, inner := range v.choices {
				add(inner)
			}
		}
	}
	add(schemas)
	return views
}

// property returns the view of a property in the first view that has it, or nil.
// Objects and arrays of several views are combined.
func (p *formParser) property(views []*view, name string, e *entry) *view {
	var first *view
	var nodes []*node
	for _, v := range views {
		if v.properties[name] == nil {
			continue
		}
		property := p.walk.view(v.properties[name])
		if first == nil {
			first = property
		}
		if !p.fits(property, e) {
			continue
		}
		if len(e.children) == 0 {
			return property
		}
		nodes = p.walk.union(nodes, v.properties[name])
	}
	if len(nodes) > 0 {
		return p.walk.view(nodes)
	}
	return first
}

// mapValue returns the view of a value in the first view of a map, or nil. Objects
// and arrays of several views are combined.
func (p *formParser) mapValue(views []*view, e *entry) *view {
	var mapViews []*view
	var nodes []*node
	for _, v := range views {
		if len(v.values) > 0 {
			mapViews, nodes = append(mapViews, v), p.walk.union(nodes, v.values)
		}
	}
	switch {
	case len(mapViews) == 0:
		return nil
	case len(mapViews) == 1 || len(e.children) == 0:
		return p.walk.alternatives(mapViews[0].values)
	}
	return p.walk.view(nodes)
}

// fits reports whether v accepts what the form has: an object or array if there
// are keys below e, otherwise the constant if v has only one value.
func (p *formParser) fits(v *view, e *entry) bool {
	if len(e.children) > 0 {
		types := p.walk.formTypes(v)
		return slices.Contains(types, "object") || slices.Contains(types, "array")
	}
	constant := v.onlyValue()
	return constant == nil || constant.isPostedAs(e.last())
}

// choose returns the variant that the constants or the keys of the form select, or
// nil.
func (p *formParser) choose(schemas []*node, v *view, e *entry) *view {
	seen := map[place]bool{}
	p.findOwn(seen, v, e)
	own := keysWithValue(seen, nil)
	asked := map[*entry]bool{} // the keys of all variants
	has := make([]map[*entry]bool, len(schemas))
	for i, schema := range schemas {
		seen := map[place]bool{}
		p.find(seen, p.walk.single(schema), e)
		has[i] = keysWithValue(seen, own)
		maps.Copy(asked, has[i])
	}
	var byConstants, byKeys []*view
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

// place is a place in a form, and a view that describes its value.
type place struct {
	view  *view
	entry *entry
}

// find adds e and the places below it that v describes.
func (p *formParser) find(seen map[place]bool, v *view, e *entry) {
	if seen[place{v, e}] {
		return
	}
	p.findOwn(seen, v, e)
	for _, schemas := range v.choices {
		for _, schema := range schemas {
			if !p.walk.spend(1) {
				return
			}
			p.find(seen, p.walk.single(schema), e)
		}
	}
}

// findOwn is find without what only the choices of v describe.
func (p *formParser) findOwn(seen map[place]bool, v *view, e *entry) {
	seen[place{v, e}] = true
	if !p.walk.spend(1 + len(e.children)) {
		return
	}
	for name, child := range e.children {
		if inner := p.walk.inside(v, name); inner != nil {
			p.find(seen, inner, child)
		}
	}
}

// keysWithValue returns the keys that have a value, without some of them.
func keysWithValue(seen map[place]bool, without map[*entry]bool) map[*entry]bool {
	keys := map[*entry]bool{}
	for at := range seen {
		if at.entry.hasValue() && !without[at.entry] {
			keys[at.entry] = true
		}
	}
	return keys
}

// inside returns the view of what a key names in an object or array, or nil.
func (w *walk) inside(v *view, name string) *view {
	switch {
	case v.properties[name] != nil:
		return w.view(v.properties[name])
	case len(v.values) > 0:
		return w.alternatives(v.values)
	case v.hasItems() && name == "-":
		return w.item(v, maxFormItems)
	case v.hasItems() && isIndex(name):
		i, _ := strconv.Atoi(name)
		return w.item(v, i)
	}
	return nil
}

func (w *walk) item(v *view, i int) *view {
	if tuple := v.tuple(); i < len(tuple) {
		return w.single(tuple[i])
	}
	return w.view(v.items)
}

func (v *view) hasItems() bool { return len(v.items) > 0 || len(v.tuple()) > 0 }

// postedConstants reports whether the form has a constant of a variant, and
// whether it has another value in the place of one.
func (p *formParser) postedConstants(variant *view, e *entry) (same, other bool) {
	for name := range p.walk.match(variant) {
		text := e.children[name].last()
		switch {
		case text == "":
		case p.walk.view(variant.properties[name]).onlyValue().isPostedAs(text):
			same = true
		default:
			other = true
		}
	}
	return same, other
}

// isPostedAs reports whether a posted string stands for a scalar.
func (n *node) isPostedAs(text string) bool {
	if n.kind == kindBool {
		value, ok := convert([]string{"boolean"}, text, false)
		return ok && value == n.isTrue
	}
	return n.text() == text
}

// text returns a scalar as a form posts it.
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

// array converts the items of an array.
func (p *formParser) array(v *view, e *entry, path []string) []any {
	v = p.arrayView(v, e)
	var items []any
	add := func(i int, e *entry, token string) {
		if item, ok := p.parse(p.walk.item(v, i), e, append(path, token)); ok {
			items = append(items, item)
		}
	}
	values := e.values
	dash := e.children["-"]
	if dash != nil {
		values = slices.Concat(values, dash.values)
	}
	if whole, ok := p.wholeArray(values, p.walk.view(v.items)); ok {
		return whole
	}
	for i, value := range values {
		add(i, &entry{values: []string{value}}, strconv.Itoa(i))
	}
	for _, name := range indexes(e.children) {
		i, err := strconv.Atoi(name)
		if err != nil || i >= maxFormItems {
			p.fail(path, "maxItems", "must have at most "+strconv.Itoa(maxFormItems)+" items in a form")
			break
		}
		add(i, e.children[name], name)
	}
	if dash != nil && len(dash.children) > 0 {
		add(maxFormItems, &entry{children: dash.children}, "-")
	}
	return items
}

// wholeArray returns the array that is posted as JSON in one value. If an item may
// be a string, the value is an item instead.
func (p *formParser) wholeArray(values []string, items *view) ([]any, bool) {
	if len(values) != 1 || !strings.HasPrefix(values[0], "[") || slices.Contains(p.walk.formTypes(items), "string") {
		return nil, false
	}
	whole, ok := parseJSON(values[0]).([]any)
	return whole, ok
}

// indexes returns the names that are indexes, sorted.
func indexes(children map[string]*entry) []string {
	var names []string
	for name := range children {
		if isIndex(name) {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, compareTokens)
	return names
}

// arrayView returns the view that describes the items. If only variants do, it is
// the chosen variant, or else all of them combined.
func (p *formParser) arrayView(v *view, e *entry) *view {
	if v.hasItems() {
		return v
	}
	var nodes []*node
	for _, schemas := range v.choices {
		if chosen := p.choose(schemas, v, e); chosen != nil && chosen.hasItems() {
			return chosen
		}
		for _, schema := range schemas {
			if p.walk.single(schema).hasItems() {
				nodes = append(nodes, schema)
			}
		}
	}
	return p.walk.view(nodes)
}
