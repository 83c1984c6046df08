package schema

import (
	"maps"
	"slices"
)

// maxViewSteps bounds the work of a walk over a schema.
const maxViewSteps = 3_000_000

// walk goes through a schema as a form sees it, for one call of Fields,
// ApplyDefaults or ParseForm. What is beyond its limits is left out.
type walk struct {
	doc      *document
	steps    int // that are left
	ofNode   map[*node]*view
	ofNodes  map[**node]*view // by the address of the first node
	building map[*node]bool
}

func newWalk(doc *document) *walk {
	return &walk{doc: doc, steps: maxViewSteps, ofNode: map[*node]*view{}, ofNodes: map[**node]*view{}, building: map[*node]bool{}}
}

// spend reports whether there are steps left.
func (w *walk) spend(steps int) bool {
	w.steps -= steps
	return w.steps >= 0
}

// view is what a schema and the schemas that it is composed of say about a value.
// A schema is composed of the target of its $ref, the schemas of allOf, and the
// only schema besides null of an anyOf or oneOf. Views are shared.
type view struct {
	node     *node   // nil if several nodes describe the value
	children []*view // what it is composed of
	found    map[string]*node

	nullable, secret, readOnly, deprecated bool // if one of the schemas says so

	names       []string // of properties
	properties  map[string][]*node
	conditional map[string]bool // properties that only if, dependentSchemas or dependencies name
	required    map[string]bool
	items       []*node
	values      []*node   // the schemas of a map's values; one of them applies
	constants   []*node   // an anyOf or oneOf of constants
	choices     [][]*node // other anyOf and oneOf with several schemas
	heads       []*node   // nodes that describe values inside the value

	matched   bool           // constant is known
	constant  map[string]any // the properties that are constants
	typed     bool           // formTypes is known
	formTypes []string
}

// view returns the view of nodes that describe a value together.
func (w *walk) view(nodes []*node) *view {
	if len(nodes) == 1 {
		return w.single(nodes[0])
	}
	if len(nodes) == 0 {
		return &view{}
	}
	if v := w.ofNodes[&nodes[0]]; v != nil {
		return v
	}
	v := &view{}
	w.ofNodes[&nodes[0]] = v
	for _, n := range nodes {
		w.compose(v, n)
	}
	w.merge(v)
	return v
}

// single returns the view of one node. If a schema is composed of itself, that part
// is ignored.
func (w *walk) single(n *node) *view {
	if v := w.ofNode[n]; v != nil {
		return v
	}
	v := &view{node: n}
	if !w.spend(1) || n.kind != kindObject {
		return v
	}
	w.ofNode[n] = v
	w.building[n] = true
	for _, keyword := range n.names {
		switch keyword {
		case "$ref":
			w.compose(v, n.target)
		case "$dynamicRef", "$recursiveRef":
			w.compose(v, w.doc.resolve(n, n.members[keyword].string()))
		case "allOf":
			for _, part := range n.members[keyword].items {
				w.compose(v, part)
			}
		case "anyOf", "oneOf":
			w.choice(v, n.members[keyword].items)
		}
	}
	w.own(v)
	w.merge(v)
	w.conditions(v)
	delete(w.building, n)
	return v
}

// compose makes a schema a part of v.
func (w *walk) compose(v *view, part *node) {
	if part.canBeSchema() && !w.building[part] && w.spend(1) {
		v.children = append(v.children, w.single(part))
	}
}

// choice reads the schemas of an anyOf or oneOf.
func (w *walk) choice(v *view, schemas []*node) {
	var others []*node
	constant, contents := true, false
	for _, schema := range schemas {
		if !schema.canBeSchema() || schema.kind == kindBool && !schema.isTrue || w.building[schema] {
			continue
		}
		part := w.single(schema)
		if part.isNull() {
			v.nullable = true
			continue
		}
		others = append(others, schema)
		constant = constant && len(part.constantValues()) > 0
		contents = contents || part.hasContents()
	}
	switch {
	case len(others) == 1 && w.single(others[0]).onlyValue() != nil:
		// Its title and description are those of the option.
		option := &view{children: []*view{w.single(others[0])}, found: map[string]*node{"title": nil, "description": nil}}
		w.merge(option)
		v.children = append(v.children, option)
		v.constants = append(v.constants, others...)
	case len(others) == 1:
		w.compose(v, others[0])
	case len(others) > 1 && constant:
		v.constants = append(v.constants, others...)
	case len(others) > 1 && contents:
		v.choices = append(v.choices, others)
	}
}

// typeNames returns the names in the type keyword. A list of more names than there
// are types is invalid.
func (v *view) typeNames() []string {
	n := v.first("type")
	if len(n.list()) > len(typeNames) {
		return nil
	}
	return n.strings()
}

// isNull reports whether null is the only value.
func (v *view) isNull() bool {
	if values := v.constantValues(); len(values) > 0 {
		return len(values) == 1 && values[0].kind == kindNull
	}
	return slices.Equal(v.typeNames(), []string{"null"})
}

// hasContents reports whether a form needs an input because of the view.
func (v *view) hasContents() bool {
	for _, keyword := range []string{"format", "pattern", "minimum", "maximum"} {
		if v.first(keyword) != nil {
			return true
		}
	}
	types := v.typeNames()
	return len(v.constantValues()) > 0 || len(v.heads) > 0 || len(v.constants) > 0 || len(types) > 0 && !slices.Equal(types, []string{"object"})
}

// own reads the keywords of the node itself.
func (w *walk) own(v *view) {
	n := v.node
	v.nullable = v.nullable || n.nullable()
	v.secret, v.readOnly, v.deprecated = n.secret(), n.member("readOnly").true(), n.member("deprecated").true()
	if properties := n.member("properties"); properties != nil && w.spend(len(properties.names)) {
		for _, name := range properties.names {
			if property := properties.members[name]; property.kind == kindObject || property.kind == kindBool && property.isTrue {
				v.addProperty(name, property)
			}
		}
	}
	for _, name := range n.member("required").strings() {
		v.require(name)
	}
	if items := n.member("items"); items != nil && items.kind == kindObject {
		v.items = []*node{items}
	} else if rest := n.member("additionalItems"); rest != nil && rest.kind == kindObject && items != nil && items.kind == kindArray {
		v.items = []*node{rest}
	}
	for _, value := range n.subschemas("patternProperties") {
		if value.kind == kindObject {
			v.values = append(v.values, value)
		}
	}
	if rest := n.member("additionalProperties"); rest.canBeSchema() {
		anything := rest.kind == kindBool && rest.isTrue || rest.kind == kindObject && len(rest.names) == 0
		if anything && len(v.names) == 0 && len(v.values) == 0 || rest.kind == kindObject && !anything {
			v.values = append(v.values, rest)
		}
	}
	if len(v.properties) > 0 || len(v.items) > 0 || len(v.values) > 0 || len(v.choices) > 0 || len(n.tuple()) > 0 {
		v.heads = []*node{n}
	}
}

// secret reports whether a schema marks its value as one not to be shown.
func (n *node) secret() bool {
	switch n.member("format").string() {
	case "password", "secret":
		return true
	}
	for _, keyword := range []string{"writeOnly", "x-secret", "airbyte_secret", "isSecret", "sensitive"} {
		if n.member(keyword).true() {
			return true
		}
	}
	return false
}

// tuple returns the schemas of the first items.
func (n *node) tuple() []*node {
	if first := n.member("prefixItems"); first != nil {
		return first.items
	}
	return n.member("items").list()
}

func (v *view) addProperty(name string, nodes ...*node) {
	if v.properties == nil {
		v.properties = map[string][]*node{}
	}
	if v.properties[name] == nil {
		v.names = append(v.names, name)
	}
	v.properties[name] = union(v.properties[name], nodes)
}

func (v *view) require(name string) {
	if v.required == nil {
		v.required = map[string]bool{}
	}
	v.required[name] = true
}

// first returns the keyword of the nearest schema that has it, or nil.
func (v *view) first(keyword string) *node {
	if member := v.node.member(keyword); member != nil || len(v.children) == 0 {
		return member
	}
	if member, known := v.found[keyword]; known {
		return member
	}
	if v.found == nil {
		v.found = map[string]*node{}
	}
	v.found[keyword] = nil // a schema may be composed of itself
	for _, child := range v.children {
		if member := child.first(keyword); member != nil {
			v.found[keyword] = member
			break
		}
	}
	return v.found[keyword]
}

// constantValues returns the values of const or enum.
func (v *view) constantValues() []*node {
	if c := v.first("const"); c != nil {
		return []*node{c}
	}
	return v.first("enum").list()
}

// onlyValue returns the only value, or nil.
func (v *view) onlyValue() *node {
	if values := v.constantValues(); len(values) == 1 {
		return values[0]
	}
	return nil
}

// tuple returns the schemas of the first items.
func (v *view) tuple() []*node {
	if first := v.first("prefixItems"); first != nil {
		return first.items
	}
	return v.first("items").list()
}

// merge adds what the children say. It shares the maps of an only child.
func (w *walk) merge(v *view) {
	if len(v.children) == 1 && len(v.names) == 0 && len(v.required) == 0 {
		child := v.children[0]
		v.names, v.properties, v.required, v.conditional = slices.Clip(child.names), child.properties, child.required, child.conditional
	} else {
		for _, child := range v.children {
			w.mergeProperties(v, child)
		}
	}
	for _, child := range v.children {
		v.nullable, v.secret = v.nullable || child.nullable, v.secret || child.secret
		v.readOnly, v.deprecated = v.readOnly || child.readOnly, v.deprecated || child.deprecated
		v.items = w.union(v.items, child.items)
		if len(v.values) == 0 {
			v.values = child.values
		}
		v.constants = w.union(v.constants, child.constants)
		v.heads = w.union(v.heads, child.heads)
		for _, choice := range child.choices {
			if w.spend(1) && !slices.ContainsFunc(v.choices, func(other []*node) bool { return other[0] == choice[0] }) {
				v.choices = append(slices.Clip(v.choices), choice)
			}
		}
	}
}

func (w *walk) mergeProperties(v, child *view) {
	if !w.spend(len(child.names) + len(child.required)) {
		return
	}
	for _, name := range child.names {
		if !child.conditional[name] {
			v.addProperty(name, child.properties[name]...)
		} else if v.properties[name] == nil {
			v.addConditional(name, child.properties[name])
		}
	}
	for name := range child.required {
		v.require(name)
	}
}

func (v *view) addConditional(name string, nodes []*node) {
	v.addProperty(name, nodes...)
	if v.conditional == nil {
		v.conditional = map[string]bool{}
	}
	v.conditional[name] = true
}

// union returns the nodes of both lists, without a copy if one is empty.
func (w *walk) union(a, b []*node) []*node {
	if len(a) > 0 && len(b) > 0 && !w.spend(len(a)+len(b)) {
		return a
	}
	return union(a, b)
}

func union(a, b []*node) []*node {
	switch {
	case len(b) == 0:
		return a
	case len(a) == 0:
		return b
	}
	seen := make(map[*node]bool, len(a))
	for _, n := range a {
		seen[n] = true
	}
	all := slices.Clip(a)
	for _, n := range b {
		if !seen[n] {
			all = append(all, n)
		}
	}
	return all
}

// conditions adds the properties that only apply under a condition.
func (w *walk) conditions(v *view) {
	var parts []*node
	if v.node.member("if") != nil {
		parts = append(parts, v.node.member("then"), v.node.member("else"))
	}
	parts = slices.Concat(parts, v.node.subschemas("dependentSchemas"), v.node.subschemas("dependencies"))
	copied := false
	for _, part := range parts {
		if !part.canBeSchema() || w.building[part] {
			continue
		}
		for _, name := range w.single(part).names {
			if v.properties[name] != nil || !w.spend(1) {
				continue
			}
			if !copied {
				v.unshare()
				copied = true
			}
			v.addConditional(name, w.single(part).properties[name])
		}
	}
	if copied && !slices.Contains(v.heads, v.node) {
		v.heads = append(slices.Clip(v.heads), v.node)
	}
}

// unshare gives v maps that it may change.
func (v *view) unshare() {
	v.names, v.properties, v.conditional = slices.Clip(v.names), maps.Clone(v.properties), maps.Clone(v.conditional)
}
