package schema

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Field is one setting that a schema asks for.
type Field struct {
	Name, Title, Description, Format, Pattern string
	Types                                     []string
	Default                                   json.RawMessage // nil: none
	Enum, Examples                            []json.RawMessage
	Minimum, Maximum                          *float64
	MinLength, MaxLength                      *int
	Required, Nullable, Secret                bool
	Fields                                    []Field // of an object
	Items                                     *Field  // of an array
}

// Fields returns the settings at the top level, in the order in which the
// schema has them. References within the document and allOf are followed; where
// a schema contains itself, the inner one has no fields of its own.
func (d *Document) Fields() ([]Field, error) {
	w := &walker{root: d.root}
	top, err := w.field("", []*node{d.root}, nil)
	return top.Fields, err
}

// walker makes fields of nodes, and counts them: two references to two
// references to two references make more of them than anybody can read.
type walker struct {
	root  *node
	count int
}

// field makes one field of the nodes that describe it together. above are the
// nodes that contain them.
func (w *walker) field(name string, nodes, above []*node) (Field, error) {
	if w.count++; w.count > maxFields {
		return Field{}, fmt.Errorf("it has more than %d fields", maxFields)
	}
	f := Field{Name: name}
	var parts []*node
	for _, n := range nodes {
		var err error
		if parts, err = w.collect(n, parts, nil, &f.Nullable); err != nil {
			return Field{}, err
		}
	}
	f.describe(parts)
	if slices.ContainsFunc(parts, func(n *node) bool { return slices.Contains(above, n) }) {
		return f, nil
	}
	return f, w.descend(&f, parts, slices.Concat(above, parts))
}

// collect appends the node and what it is composed of in place: the target of
// $ref, the parts of allOf, and the one form beside null of anyOf and oneOf,
// which is how some frameworks write an optional value. path leads to the node.
func (w *walker) collect(n *node, parts, path []*node, nullable *bool) ([]*node, error) {
	if n == nil || n.kind != kindObject || slices.Contains(parts, n) {
		return parts, nil
	}
	if slices.Contains(path, n) {
		return nil, errCycle
	}
	if len(path) > maxDepth {
		return nil, errTooDeep
	}
	path = append(path, n)
	var composed []*node
	for _, name := range n.names {
		member := n.members[name]
		switch name {
		case "$ref":
			composed = append(composed, w.resolve(member.string()))
		case "allOf":
			composed = append(composed, member.items...)
		case "anyOf", "oneOf":
			if form := optional(member.items); form != nil {
				*nullable = true
				composed = append(composed, form)
			}
		}
	}
	at := len(parts)
	for _, c := range composed {
		var err error
		if parts, err = w.collect(c, parts, path, nullable); err != nil {
			return nil, err
		}
	}
	// A node speaks before what it refers to: its title is the nearer one.
	return slices.Insert(parts, at, n), nil
}

// optional returns the form beside {"type":"null"}, if there are just the two.
func optional(forms []*node) *node {
	if len(forms) != 2 {
		return nil
	}
	for i, form := range forms {
		if form.member("type").string() == "null" {
			return forms[1-i]
		}
	}
	return nil
}

// resolve finds the target of a reference within the document, or nil: a
// pointer, or the name of an anchor.
func (w *walker) resolve(ref string) *node {
	base, fragment, found := strings.Cut(ref, "#")
	if id, _, _ := strings.Cut(w.root.member("$id").string(), "#"); base != "" && base != id {
		return nil
	}
	fragment, err := url.PathUnescape(fragment)
	if err != nil || !found && base == "" {
		return nil
	}
	if fragment != "" && !strings.HasPrefix(fragment, "/") {
		return anchored(w.root, fragment)
	}
	n := w.root
	for token := range strings.SplitSeq(strings.TrimPrefix(fragment, "/"), "/") {
		if fragment == "" {
			break
		}
		token = strings.NewReplacer("~1", "/", "~0", "~").Replace(token)
		if n == nil {
			return nil
		}
		if n.kind == kindArray {
			i, err := strconv.Atoi(token)
			if err != nil || i < 0 || i >= len(n.items) {
				return nil
			}
			n = n.items[i]
			continue
		}
		n = n.member(token)
	}
	return n
}

// anchored finds the schema that bears an anchor; before 2019-09 it stands in
// $id or id.
func anchored(n *node, anchor string) *node {
	for _, name := range []string{"$anchor", "$id", "id"} {
		if s := n.member(name).string(); s == anchor && name == "$anchor" || s == "#"+anchor {
			return n
		}
	}
	children := n.items
	for _, name := range n.names {
		children = append(children, n.members[name])
	}
	for _, child := range children {
		if found := anchored(child, anchor); found != nil {
			return found
		}
	}
	return nil
}

// describe fills what a field says of itself. The first part that has a keyword
// counts.
func (f *Field) describe(parts []*node) {
	first := func(name string) *node {
		for _, n := range parts {
			if member := n.member(name); member != nil {
				return member
			}
		}
		return nil
	}
	f.Title, f.Description = first("title").string(), first("description").string()
	f.Format, f.Pattern = first("format").string(), first("pattern").string()
	f.Types = first("type").strings()
	f.Nullable = f.Nullable || slices.Contains(f.Types, "null")
	if fallback := first("default"); fallback != nil {
		f.Default = json.RawMessage(fallback.text)
	}
	f.Enum, f.Examples = first("enum").texts(), first("examples").texts()
	f.Minimum, f.Maximum = first("minimum").number(), first("maximum").number()
	f.MinLength, f.MaxLength = first("minLength").length(), first("maxLength").length()
	f.Secret = f.Format == "password" || first("writeOnly").isTrue() || first("x-secret").isTrue()
}

// descend makes the fields of an object and the items of an array.
func (w *walker) descend(f *Field, parts, above []*node) error {
	var names []string
	members := map[string][]*node{}
	required := map[string]bool{}
	var items []*node
	for _, n := range parts {
		properties := n.member("properties")
		if properties != nil {
			for _, name := range properties.names {
				if members[name] == nil {
					names = append(names, name)
				}
				members[name] = append(members[name], properties.members[name])
			}
		}
		for _, name := range n.member("required").strings() {
			required[name] = true
		}
		if item := n.member("items"); item != nil && item.kind == kindObject {
			items = append(items, item)
		}
	}
	for _, name := range names {
		field, err := w.field(name, members[name], above)
		if err != nil {
			return err
		}
		field.Required = required[name]
		f.Fields = append(f.Fields, field)
	}
	if len(items) > 0 {
		item, err := w.field("", items, above)
		if err != nil {
			return err
		}
		f.Items = &item
	}
	return nil
}
