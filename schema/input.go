package schema

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Limits of what the library compiles. Its time grows with the square of the
// number of schemas, and it keeps a pointer for each.
const (
	maxSchemas      = 5_000
	maxPointerBytes = 4 << 20
)

var errTooManySchemas = fmt.Errorf("it has more than %d schemas", maxSchemas)

// unresolved is the scheme of the URLs that replace unresolved references. The
// library loads such a URL if it needs the target.
const unresolved = "unresolved:"

// input converts a document for the library: annotations are removed, and
// references become pointers from the root.
type input struct {
	doc        *document
	patterns   *patterns
	pointers   int // their bytes
	unresolved []*node
}

// build returns the document for the library.
func (in *input) build() (any, error) {
	d := in.doc
	if len(d.schemas) > maxSchemas {
		return nil, errTooManySchemas
	}
	if err := in.locate(d.root, "", 0); err != nil {
		return nil, err
	}
	for i, n := range d.elsewhere {
		if err := in.locate(n, in.elsewhere(i), 0); err != nil {
			return nil, err
		}
	}
	if err := in.checkPatterns(); err != nil {
		return nil, err
	}
	root := in.schema(d.root)
	if len(d.elsewhere) == 0 {
		return root, nil
	}
	// The root is an object, because it has a reference.
	object, _ := root.(map[string]any)
	keyword := in.definitions()
	definitions, _ := object[keyword].(map[string]any)
	if definitions == nil {
		definitions = map[string]any{}
	}
	for i, n := range d.elsewhere {
		definitions[elsewhereName(i)] = in.object(n)
	}
	object[keyword] = definitions
	return object, nil
}

// definitions is the keyword for definitions in the draft.
func (in *input) definitions() string {
	if in.doc.before2019() {
		return "definitions"
	}
	return "$defs"
}

func (in *input) elsewhere(i int) string { return "/" + in.definitions() + "/" + elsewhereName(i) }

func elsewhereName(i int) string { return "elsewhere " + strconv.Itoa(i) }

// locate sets the pointers of the schemas at n and inside it.
func (in *input) locate(n *node, pointer string, depth int) error {
	if n.pointer != "" || !n.isSchema {
		return nil
	}
	// The library builds the pointer of a schema token by token.
	if in.pointers += len(pointer) * (depth + 1) / 4; in.pointers > maxPointerBytes {
		return errors.New("its names are too long")
	}
	n.pointer = pointer
	if in.wraps(n) {
		pointer += "/anyOf/1"
	}
	for _, keyword := range n.names {
		if applicators[keyword] == 0 {
			continue
		}
		member := n.members[keyword]
		below := pointer + "/" + in.keyword(n, keyword)
		if applicators[keyword] == single || applicators[keyword] == singleOrList && member.kind != kindArray {
			if err := in.locate(member, below, depth+1); err != nil {
				return err
			}
			continue
		}
		for i, item := range member.items {
			if err := in.locate(item, below+"/"+strconv.Itoa(i), depth+2); err != nil {
				return err
			}
		}
		for _, name := range member.names {
			if err := in.locate(member.members[name], below+"/"+escapeToken.Replace(name), depth+2); err != nil {
				return err
			}
		}
	}
	return nil
}

// keyword returns the library's name of a keyword of n. In draft 2020-12, a list in
// items is named prefixItems, and additionalItems is named items.
func (in *input) keyword(n *node, keyword string) string {
	if in.doc.draft != jsonschema.Draft2020 || n.member("items") == nil || n.members["items"].kind != kindArray || n.members["prefixItems"] != nil {
		return keyword
	}
	switch keyword {
	case "items":
		return "prefixItems"
	case "additionalItems":
		return "items"
	}
	return keyword
}

// wraps reports whether a nullable schema needs an anyOf to allow null, because a
// keyword other than type may exclude it.
func (in *input) wraps(n *node) bool {
	if !n.nullable() {
		return false
	}
	for _, keyword := range []string{"$ref", "allOf", "anyOf", "oneOf", "not", "if", "const"} {
		if n.members[keyword] != nil {
			return true
		}
	}
	return false
}

// schema converts a schema, or whatever stands in its place.
func (in *input) schema(n *node) any {
	if n.isElsewhere {
		return map[string]any{"$ref": n.location()}
	}
	return in.object(n)
}

func (in *input) object(n *node) any {
	if !n.isSchema || n.kind != kindObject {
		return n.decode(exactNumber)
	}
	out := map[string]any{}
	for _, keyword := range n.names {
		if assertions[keyword] || applicators[keyword] != 0 || identifiers[keyword] && in.doc.dynamic {
			in.add(out, n, keyword)
		}
	}
	if in.wraps(n) {
		return map[string]any{"anyOf": []any{map[string]any{"type": "null"}, out}}
	}
	if n.nullable() {
		allowNull(out)
	}
	return out
}

// add adds a keyword of n to out.
func (in *input) add(out map[string]any, n *node, keyword string) {
	member := n.members[keyword]
	switch keyword {
	case "$schema":
		// The draft of the root is given to the compiler.
		if n.parent != nil && n.members["$id"] != nil && knownDraft(member.string()) != nil {
			out[keyword] = member.value
		}
	case "$ref":
		out[keyword] = in.ref(n)
	case "required":
		if member.kind != kindArray {
			out[keyword] = member.decode(exactNumber)
		} else if names := uniqueNames(member); len(names) > 0 {
			out[keyword] = names
		}
	case "minimum", "maximum":
		if exclusive := n.member(exclusiveOf[keyword]); exclusive != nil && exclusive.kind == kindBool && exclusive.isTrue {
			keyword = exclusiveOf[keyword]
			if in.doc.draft == jsonschema.Draft4 {
				out[keyword], keyword = true, limitOf[keyword]
			}
		}
		out[keyword] = member.decode(exactNumber)
	case "exclusiveMinimum", "exclusiveMaximum":
		if member.kind != kindBool { // a boolean belongs to the limit beside it
			out[keyword] = member.decode(exactNumber)
		}
	default:
		if applicators[keyword] != 0 {
			out[in.keyword(n, keyword)] = in.under(member, keyword)
		} else {
			out[keyword] = member.decode(exactNumber)
		}
	}
}

var (
	exclusiveOf = map[string]string{"minimum": "exclusiveMinimum", "maximum": "exclusiveMaximum"}
	limitOf     = map[string]string{"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"}
)

// under converts the value of an applicator.
func (in *input) under(member *node, keyword string) any {
	arrangement := applicators[keyword]
	switch {
	case member.kind == kindArray && (arrangement == list || arrangement == singleOrList):
		items := make([]any, len(member.items))
		for i, item := range member.items {
			items[i] = in.schema(item)
		}
		return items
	case member.kind == kindObject && arrangement == byName:
		members := make(map[string]any, len(member.names))
		for name, schema := range member.members {
			members[name] = in.schema(schema)
		}
		return members
	}
	return in.schema(member)
}

// ref converts the $ref of n.
func (in *input) ref(n *node) any {
	ref := n.members["$ref"]
	switch {
	case ref.kind != kindString:
		return ref.decode(exactNumber)
	case n.target != nil:
		return n.target.location()
	case knownDraft(ref.value) != nil:
		return ref.value
	}
	in.unresolved = append(in.unresolved, ref)
	return unresolved + strconv.Itoa(len(in.unresolved)-1)
}

// location returns the library's location of a schema.
func (n *node) location() string {
	tokens := strings.Split(n.pointer, "/")
	for i, token := range tokens {
		tokens[i] = url.PathEscape(token)
	}
	return address + "#" + strings.Join(tokens, "/")
}

// titles returns the titles of the schemas by their locations.
func (in *input) titles() map[string]string {
	titles := map[string]string{}
	for _, n := range in.doc.schemas {
		if title := n.member("title").string(); title != "" {
			titles[n.location()] = title
		}
	}
	return titles
}

// uniqueNames returns the items of an array without repeated strings.
func uniqueNames(n *node) []any {
	var names []any
	seen := map[string]bool{}
	for _, item := range n.items {
		if item.kind == kindString && seen[item.value] {
			continue
		}
		seen[item.value] = true
		names = append(names, item.decode(exactNumber))
	}
	return names
}

// allowNull adds null to the type and the enum of a schema.
func allowNull(schema map[string]any) {
	switch types := schema["type"].(type) {
	case string:
		if types != "null" {
			schema["type"] = []any{types, "null"}
		}
	case []any:
		if !slices.Contains(types, any("null")) {
			schema["type"] = append(types, "null")
		}
	}
	if values, ok := schema["enum"].([]any); ok && !slices.Contains(values, nil) {
		schema["enum"] = append(values, nil)
	}
}

// checkPatterns reports the first pattern that cannot be used.
func (in *input) checkPatterns() error {
	for _, n := range in.doc.schemas {
		if pattern := n.member("pattern"); pattern != nil && pattern.kind == kindString {
			if err := in.checkPattern(pattern, pattern.value); err != nil {
				return err
			}
		}
		if patterns := n.member("patternProperties"); patterns != nil {
			for _, name := range patterns.names {
				if err := in.checkPattern(patterns, name); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (in *input) checkPattern(at *node, source string) error {
	if _, err := in.patterns.find(source); err != nil {
		return fmt.Errorf("%s: the pattern %s cannot be used: %w", at.place(), shorten(source), err)
	}
	return nil
}
