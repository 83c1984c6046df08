package schema

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// describe returns the keyword and the message of an error, or "" for an error that
// only groups others. Messages quote the schema, never the value.
func describe(e jsonschema.ErrorKind) (keyword, message string) {
	switch k := e.(type) {
	case *kind.Type:
		return "type", typeMessage(k)
	case *kind.Enum:
		if len(k.Want) == 1 {
			return "enum", "must be " + valueList(k.Want)
		}
		return "enum", "must be one of " + valueList(k.Want)
	case *kind.Const:
		return "const", "must be " + valueList([]any{k.Want})
	case *kind.Format:
		return "format", "must be a valid " + shorten(k.Want)
	case *kind.Pattern:
		return "pattern", "must match the pattern " + shorten(k.Want)
	case *kind.MinLength:
		return "minLength", "must have at least " + counted(k.Want, "character", "characters")
	case *kind.MaxLength:
		return "maxLength", "must have at most " + counted(k.Want, "character", "characters")
	case *kind.MinItems:
		return "minItems", "must have at least " + counted(k.Want, "item", "items")
	case *kind.MaxItems:
		return "maxItems", "must have at most " + counted(k.Want, "item", "items")
	case *kind.MinProperties:
		return "minProperties", "must have at least " + counted(k.Want, "property", "properties")
	case *kind.MaxProperties:
		return "maxProperties", "must have at most " + counted(k.Want, "property", "properties")
	case *kind.Minimum:
		return "minimum", "must be at least " + rational(k.Want)
	case *kind.Maximum:
		return "maximum", "must be at most " + rational(k.Want)
	case *kind.ExclusiveMinimum:
		return "exclusiveMinimum", "must be more than " + rational(k.Want)
	case *kind.ExclusiveMaximum:
		return "exclusiveMaximum", "must be less than " + rational(k.Want)
	case *kind.MultipleOf:
		return "multipleOf", "must be a multiple of " + rational(k.Want)
	case *kind.AdditionalItems:
		return "additionalItems", "must not have additional items"
	case *kind.UniqueItems:
		return "uniqueItems", "must not contain the same item twice"
	case *kind.Contains:
		return "contains", "must contain at least one matching item"
	case *kind.MinContains:
		return "minContains", "must contain at least " + counted(k.Want, "matching item", "matching items")
	case *kind.MaxContains:
		return "maxContains", "must contain at most " + counted(k.Want, "matching item", "matching items")
	case *kind.Not:
		return "not", `must not match the "not" schema`
	}
	return "", ""
}

func typeMessage(k *kind.Type) string {
	var want []string
	null := false
	for _, name := range k.Want {
		if name == "null" {
			null = true
		} else if !slices.Contains(want, article(name)) {
			want = append(want, article(name))
		}
	}
	if null { // always last
		want = append(want, "null")
	}
	got := article(k.Got)
	if k.Got == "number" && slices.Equal(want, []string{"an integer"}) {
		return "must be an integer"
	}
	return "must be " + strings.Join(want, " or ") + ", not " + got
}

func article(name string) string {
	switch name {
	case "null":
		return name
	case "array", "object", "integer":
		return "an " + name
	}
	return "a " + name
}

func counted(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + more
}

// rational formats a limit as a decimal number.
func rational(r *big.Rat) string {
	if r.IsInt() {
		return shorten(r.Num().String())
	}
	f, _ := r.Float64()
	return strconv.FormatFloat(f, 'g', -1, 64)
}

// valueList formats the first values of an enum.
func valueList(values []any) string {
	const most = 10
	var list []string
	for i, v := range values {
		if i == most {
			return strings.Join(list, ", ") + fmt.Sprintf(" and %d more", len(values)-most)
		}
		text, isString := v.(string)
		if !isString || text == "" {
			encoded, _ := json.Marshal(v) // it came from JSON
			text = string(encoded)
		}
		list = append(list, shorten(text))
	}
	return strings.Join(list, ", ")
}

// shorten returns a string of the schema for a message: short and on one line.
func shorten(s string) string { return singleLine(s, 100) }

// singleLine replaces characters that are not printable by spaces, and cuts s at
// limit bytes.
func singleLine(s string, limit int) string {
	cut := len(s) > limit
	if cut {
		s = s[:limit-3]
	}
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	if cut {
		s += "..."
	}
	return s
}
