package schema

import (
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// document is the tree of a schema, read leniently and with its references
// resolved. It does not change afterwards.
type document struct {
	text      string
	root      *node
	draft     *jsonschema.Draft
	schemas   []*node // each before the schemas inside it
	elsewhere []*node // schemas only because of a reference
	resources map[string]*resource
	dynamic   bool // it has a $dynamicRef or $recursiveRef
}

// read returns the document of a tree.
func read(text string, root *node) *document {
	d := &document{text: text, root: root, resources: map[string]*resource{}}
	var found features
	d.visit(root, &found)
	// Schemas under other keywords, such as OpenAPI's "components", are found by the
	// references to them.
	for i := 0; i < len(d.schemas); i++ {
		if ref := d.schemas[i].member("$ref").string(); strings.HasPrefix(ref, "#") {
			if target := lookup(root, ref[1:]); target.canBeSchema() && !target.isSchema {
				d.visitElsewhere(target, &found)
			}
		}
	}
	d.draft, d.dynamic = found.draft(root), found.dynamic
	d.index()
	return d
}

// features are the properties of a schema that indicate its draft.
type features struct {
	booleanExclusive, itemsList, definitions, defs, dynamic bool
}

// visit marks the schemas of n and reads them leniently.
func (d *document) visit(n *node, found *features) {
	if !n.canBeSchema() || n.isSchema {
		return
	}
	n.isSchema = true
	d.schemas = append(d.schemas, n)
	n.forgive()
	for _, keyword := range n.names {
		member := n.members[keyword]
		switch keyword {
		case "exclusiveMinimum", "exclusiveMaximum":
			found.booleanExclusive = found.booleanExclusive || member.kind == kindBool
		case "items":
			found.itemsList = found.itemsList || member.kind == kindArray
		case "definitions":
			found.definitions = true
		case "$defs":
			found.defs = true
		case "$dynamicRef", "$recursiveRef":
			found.dynamic = true
		}
		for _, child := range n.subschemas(keyword) {
			d.visit(child, found)
		}
	}
}

func (d *document) visitElsewhere(n *node, found *features) {
	n.isElsewhere = true
	d.elsewhere = append(d.elsewhere, n)
	d.visit(n, found)
}

// forgive corrects keywords that JSON Schema does not allow but whose meaning is
// clear.
func (n *node) forgive() {
	n.names = slices.DeleteFunc(n.names, func(keyword string) bool {
		member := n.members[keyword]
		remove := false
		switch {
		case member.kind == kindNull:
			remove = keyword != "const" && keyword != "default"
		case keyword == "required":
			remove = member.kind == kindBool
		case (applicators[keyword] == byName || applicators[keyword] == single) && member.kind == kindArray && len(member.items) == 0:
			member.kind = kindObject // PHP writes an empty object like this
		case keyword == "properties":
			for _, property := range member.children() {
				if property.kind == kindNull {
					property.kind, property.isTrue = kindBool, true
				}
			}
		}
		if remove {
			delete(n.members, keyword)
		}
		return remove
	})
}

// draft returns the draft that $schema names, or else the one whose features a
// schema has.
func (f *features) draft(root *node) *jsonschema.Draft {
	if draft := knownDraft(root.member("$schema").string()); draft != nil {
		return draft
	}
	switch {
	case f.booleanExclusive:
		return jsonschema.Draft4
	case f.itemsList, f.definitions && !f.defs:
		return jsonschema.Draft7
	}
	return jsonschema.Draft2020
}

// knownDraft returns the draft of a $schema, or nil.
func knownDraft(uri string) *jsonschema.Draft {
	uri = strings.TrimPrefix(strings.TrimPrefix(uri, "https://"), "http://")
	switch strings.TrimRight(uri, "#/") {
	case "json-schema.org/draft-04/schema":
		return jsonschema.Draft4
	case "json-schema.org/draft-06/schema":
		return jsonschema.Draft6
	case "json-schema.org/draft-07/schema":
		return jsonschema.Draft7
	case "json-schema.org/draft/2019-09/schema":
		return jsonschema.Draft2019
	case "json-schema.org/draft/2020-12/schema", "json-schema.org/schema":
		return jsonschema.Draft2020
	}
	return nil
}

// before2019 reports whether the draft ignores the keywords beside a $ref.
func (d *document) before2019() bool {
	return d.draft != jsonschema.Draft2019 && d.draft != jsonschema.Draft2020
}

// arrangement says how a keyword contains schemas.
type arrangement uint8

const (
	single arrangement = iota + 1
	list
	byName
	singleOrList
)

// applicators are the keywords that contain schemas, of all drafts.
var applicators = map[string]arrangement{
	"$defs":                 byName,
	"additionalItems":       single,
	"additionalProperties":  single,
	"allOf":                 list,
	"anyOf":                 list,
	"contains":              single,
	"contentSchema":         single,
	"definitions":           byName,
	"dependencies":          byName, // or lists of names
	"dependentSchemas":      byName,
	"else":                  single,
	"if":                    single,
	"items":                 singleOrList,
	"not":                   single,
	"oneOf":                 list,
	"patternProperties":     byName,
	"prefixItems":           list,
	"properties":            byName,
	"propertyNames":         single,
	"then":                  single,
	"unevaluatedItems":      single,
	"unevaluatedProperties": single,
}

// assertions are the other keywords that validation needs.
var assertions = map[string]bool{
	"$dynamicRef": true, "$recursiveRef": true, "$ref": true, "$schema": true,
	"const": true, "dependentRequired": true, "enum": true, "exclusiveMaximum": true, "exclusiveMinimum": true, "format": true,
	"maxContains": true, "maxItems": true, "maxLength": true, "maxProperties": true, "maximum": true, "minContains": true, "minItems": true,
	"minLength": true, "minProperties": true, "minimum": true, "multipleOf": true, "pattern": true, "required": true, "type": true, "uniqueItems": true,
}

// identifiers are the keywords that name a schema. The library needs them only
// for dynamic references.
var identifiers = map[string]bool{"$anchor": true, "$dynamicAnchor": true, "$id": true, "$recursiveAnchor": true, "id": true}

// subschemas returns the schemas that a keyword of n contains.
func (n *node) subschemas(keyword string) []*node {
	member := n.member(keyword)
	if member == nil {
		return nil
	}
	switch applicators[keyword] {
	case single:
		return []*node{member}
	case list:
		return member.items
	case byName:
		if member.kind == kindObject {
			return member.children()
		}
	case singleOrList:
		if member.kind == kindArray {
			return member.items
		}
		return []*node{member}
	}
	return nil
}

// canBeSchema reports whether n is an object or a boolean.
func (n *node) canBeSchema() bool {
	return n != nil && (n.kind == kindObject || n.kind == kindBool)
}

// nullable reports whether n has "nullable": true.
func (n *node) nullable() bool { return n.member("nullable").true() }
