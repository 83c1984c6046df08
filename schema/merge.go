package schema

import (
	"maps"
	"slices"
)

// merge adds what the children say of the values inside the value. It shares
// the maps of an only child.
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
