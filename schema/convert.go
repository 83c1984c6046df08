package schema

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// scalar converts a posted string. If string is one of several types, another
// type that fits is preferred.
func (p *formParser) scalar(v *view, types []string, text string, path []string) (any, bool) {
	if text == "" {
		return nil, false
	}
	if option := p.option(v, text); option != nil {
		return option.decode(number), true
	}
	anything := len(types) == 0 || slices.Contains(types, "string")
	if value, ok := convert(types, text, anything); ok {
		return value, true
	}
	if anything {
		return text, true
	}
	message, _, _ := strings.Cut(typeMessage(&kind.Type{Got: "string", Want: types}), ", not ")
	p.fail(path, "type", message)
	return nil, false
}

// option returns the constant that a posted string stands for, or nil. A constant
// that is written as the string is preferred to a boolean: on can be both.
func (p *formParser) option(v *view, text string) *node {
	constants := v.constantValues()
	if !p.walk.spend(len(constants)) {
		return nil
	}
	var found *node
	for _, n := range constants {
		if n.text() == text {
			return n
		}
		if found == nil && n.isPostedAs(text) {
			found = n
		}
	}
	if len(constants) > 0 {
		return found
	}
	for _, schema := range v.constants {
		if n := p.option(p.walk.single(schema), text); n != nil {
			return n
		}
	}
	return nil
}

// convert converts a string to one of the types. If strict, it takes a number only
// as JSON writes it: 007 may be meant as a string.
func convert(types []string, text string, strict bool) (any, bool) {
	trimmed := strings.TrimSpace(text)
	for _, name := range types {
		switch name {
		case "integer", "number":
			literal := text
			if !strict {
				literal = numberLiteral(trimmed)
			}
			if isNumber(literal) && checkNumber(literal) == nil && (name == "number" || isInteger(literal)) {
				return number(literal), true
			}
		case "boolean":
			switch strings.ToLower(trimmed) {
			case "true", "on", "1":
				return true, true
			case "false", "off", "0":
				return false, true
			}
		case "object":
			if object, ok := parseJSON(trimmed).(map[string]any); ok {
				return object, true
			}
		case "array":
			if array, ok := parseJSON(trimmed).([]any); ok {
				return array, true
			}
		}
	}
	return nil, false
}

// isNumber reports whether a string is a JSON number.
func isNumber(s string) bool {
	return strings.Trim(s, "-+.eE0123456789") == "" && json.Valid([]byte(s))
}

// numberLiteral writes a number as JSON does: HTML also allows .5, 5. and 007.
func numberLiteral(text string) string {
	digits := strings.TrimPrefix(strings.TrimPrefix(text, "-"), "+")
	sign := strings.TrimSuffix(strings.TrimSuffix(text, digits), "+")
	exponent := ""
	if i := strings.IndexAny(digits, "eE"); i >= 0 {
		digits, exponent = digits[:i], digits[i:]
	}
	whole, fraction, _ := strings.Cut(digits, ".")
	if whole+fraction == "" {
		return ""
	}
	if fraction != "" {
		fraction = "." + fraction
	}
	if whole = strings.TrimLeft(whole, "0"); whole == "" {
		whole = "0"
	}
	return sign + whole + fraction + exponent
}

// parseJSON decodes an object or array. It returns nil for anything else.
func parseJSON(text string) any {
	if len(text) > maxBytes || !strings.HasPrefix(text, "{") && !strings.HasPrefix(text, "[") {
		return nil
	}
	root, err := parse(text)
	if err != nil {
		return nil
	}
	return root.decode(number)
}
