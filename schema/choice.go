package schema

import (
	"maps"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// choice adds the problems of an anyOf or oneOf: those of the schema whose
// constants or type the value has, or else one that names the choices. matched
// are the indexes of two schemas of a oneOf that both match.
func (c *collector) choice(e *jsonschema.ValidationError, keyword string, matched []int) {
	add := func(keyword, message string) {
		c.problems = append(c.problems, problem{location: e.InstanceLocation, keyword: keyword, message: message})
	}
	names := c.choices(e.SchemaURL, keyword)
	if len(matched) == 2 {
		message := "must match exactly one of the schemas"
		if len(names) > matched[1] {
			message += ", not both " + names[matched[0]] + " and " + names[matched[1]]
		}
		add(keyword, message)
		return
	}
	var rightType, rightConstants []*jsonschema.ValidationError
	var types kind.Type
	for _, cause := range e.Causes {
		if k := typeMismatch(cause, len(e.InstanceLocation)); k != nil {
			types.Got = k.Got
			types.Want = append(types.Want, k.Want...)
			continue
		}
		rightType = append(rightType, cause)
		if !constantMismatch(cause) {
			rightConstants = append(rightConstants, cause)
		}
	}
	switch {
	case len(rightType) == 0 && len(types.Want) > 0:
		add("type", typeMessage(&types))
	case len(rightConstants) == 1:
		c.add(rightConstants[0])
	case len(rightType) == 1:
		c.add(rightType[0])
	case len(names) > 0:
		add(keyword, "must match one of: "+strings.Join(names[:min(len(names), 10)], ", "))
	default:
		add(keyword, "must match one of the schemas")
	}
}

// typeMismatch returns the type error of the value at a depth, or nil if the
// schema failed for another reason.
func typeMismatch(e *jsonschema.ValidationError, depth int) *kind.Type {
	if k, ok := kindOf(e).(*kind.Type); ok && len(e.InstanceLocation) == depth {
		return k
	}
	switch e.ErrorKind.(type) {
	case *kind.Reference, *kind.Group, *kind.AllOf:
		for _, cause := range e.Causes {
			if k := typeMismatch(cause, depth); k != nil {
				return k
			}
		}
	}
	return nil
}

// constantMismatch reports whether a schema failed because the value, or a value
// inside it, is not the schema's constant.
func constantMismatch(e *jsonschema.ValidationError) bool {
	switch k := kindOf(e).(type) {
	case *kind.Const:
		return true
	case *kind.Enum:
		return len(k.Want) == 1
	case *kind.Reference, *kind.Group, *kind.AllOf:
		return slices.ContainsFunc(e.Causes, constantMismatch)
	}
	return false
}

// choices names the schemas of an anyOf or oneOf by their titles, constants,
// required properties or types. It returns nil if one of them has none of these.
func (c *collector) choices(location, keyword string) []string {
	if c.engine == nil || c.engine.schemas[location] == nil {
		return nil
	}
	schemas := c.engine.schemas[location].OneOf
	if keyword == "anyOf" {
		schemas = c.engine.schemas[location].AnyOf
	}
	names := make([]string, len(schemas))
	for i, s := range schemas {
		names[i] = c.name(s)
		if names[i] == "" {
			return nil
		}
	}
	return names
}

// name names one schema of a choice.
func (c *collector) name(s *jsonschema.Schema) string {
	for range maxDepth {
		if s.Ref == nil {
			break
		}
		s = s.Ref
	}
	g := c.engine.gates[s.Location]
	if g == nil {
		return ""
	}
	if title := c.engine.titles[s.Location]; title != "" {
		return shorten(title)
	}
	for _, values := range g.values {
		return valueList(values.values)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		if property := c.engine.gates[s.Properties[name].Location]; property != nil && len(property.values) > 0 && len(property.values[0].values) == 1 {
			return shorten(name) + " " + valueList(property.values[0].values)
		}
	}
	if len(s.Required) > 0 {
		return "with " + shorten(strings.Join(s.Required, " and "))
	}
	return strings.Join(g.types.names(), " or ")
}
