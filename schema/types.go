package schema

import "slices"

// typeSet is a set of the types of JSON Schema.
type typeSet uint8

const (
	typeNull typeSet = 1 << iota
	typeBoolean
	typeNumber
	typeInteger
	typeString
	typeArray
	typeObject
)

// typeNames are the names of the types, in the order of their bits.
var typeNames = []string{"null", "boolean", "number", "integer", "string", "array", "object"}

func typesOf(names []string) typeSet {
	var set typeSet
	for _, name := range names {
		if i := slices.Index(typeNames, name); i >= 0 {
			set |= 1 << i
		}
	}
	return set
}

func (s typeSet) names() []string {
	var names []string
	for i, name := range typeNames {
		if s&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return names
}

// typeOf returns the type of a value: of an integer, typeNumber.
func typeOf(v any) typeSet {
	switch v.(type) {
	case string:
		return typeString
	case map[string]any:
		return typeObject
	case []any:
		return typeArray
	case bool:
		return typeBoolean
	case nil:
		return typeNull
	}
	return typeNumber
}

// isWhole reports whether a value is a number that is an integer.
func isWhole(v any) bool {
	text, isNumber := literal(v)
	return isNumber && isInteger(text)
}

// allows reports whether a value is of one of the types, if there are any.
func (s typeSet) allows(v any) bool {
	return s == 0 || s&typeOf(v) != 0 || s&typeInteger != 0 && isWhole(v)
}
