package schema

// arrangement says how the schemas stand under a keyword.
type arrangement uint8

const (
	single arrangement = iota + 1
	list
	byName
	singleOrList
)

// applicators are the keywords that have schemas, of all drafts.
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

// subschemas returns the schemas that stand under a keyword of n.
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

// canBeSchema reports whether the value is one that a schema has.
func (n *node) canBeSchema() bool {
	return n != nil && (n.kind == kindObject || n.kind == kindBool)
}

// nullable reports whether "nullable": true says that null is a value.
func (n *node) nullable() bool { return n.member("nullable").true() }
