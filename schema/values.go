package schema

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

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

// typeOf returns the type of a value, typeNumber for an integer.
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

// isWhole reports whether a value is a whole number.
func isWhole(v any) bool {
	text, isNumber := literal(v)
	return isNumber && isInteger(text)
}

// allows reports whether a value has one of the types. The empty set allows any.
func (s typeSet) allows(v any) bool {
	return s == 0 || s&typeOf(v) != 0 || s&typeInteger != 0 && isWhole(v)
}

// maxDigits bounds the numbers of schemas and values. The library computes with
// exact numbers, and 1e1000000 has a million digits.
const maxDigits = 400

var errTooManyDigits = errors.New("it has a number of too many digits")

func checkNumber(literal string) error {
	if len(literal) <= maxDigits && !strings.ContainsAny(literal, "eE") {
		return nil
	}
	_, exponent, _ := strings.Cut(strings.ToLower(literal), "e")
	e, err := strconv.Atoi(exponent)
	if exponent == "" {
		e, err = 0, nil
	}
	if err != nil || len(literal) > 2*maxDigits || e > maxDigits || e < -maxDigits {
		return errTooManyDigits
	}
	return nil
}

// exactNumber keeps a number as it is written.
func exactNumber(literal string) any { return json.Number(literal) }

// number returns a float64, or a json.Number if a float64 would change the value.
func number(literal string) any {
	f, err := strconv.ParseFloat(literal, 64)
	if err != nil || canonicalNumber(strconv.FormatFloat(f, 'e', -1, 64)) != canonicalNumber(literal) {
		return json.Number(literal)
	}
	return f
}

// canonicalNumber returns the same string for all literals of one number: its
// digits without zeros at the ends, and the exponent of the last digit.
func canonicalNumber(literal string) string {
	mantissa, exponent, _ := strings.Cut(strings.ToLower(literal), "e")
	e, _ := strconv.Atoi(exponent)
	digits, negative := strings.CutPrefix(mantissa, "-")
	whole, fraction, _ := strings.Cut(digits, ".")
	e -= len(fraction)
	digits = strings.TrimLeft(whole+fraction, "0")
	if digits == "" {
		return "0"
	}
	significant := strings.TrimRight(digits, "0")
	e += len(digits) - len(significant)
	if negative {
		significant = "-" + significant
	}
	if e == 0 {
		return significant
	}
	return significant + "e" + strconv.Itoa(e)
}

// isInteger reports whether a literal is a whole number: 5, 5.0, 50e-1.
func isInteger(literal string) bool {
	return !strings.ContainsAny(literal, ".eE") || !strings.Contains(canonicalNumber(literal), "e-")
}

// literal returns the JSON of a Go number.
func literal(v any) (string, bool) {
	switch v := v.(type) {
	case json.Number:
		return string(v), true
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64), true
	case float32:
		return strconv.FormatFloat(float64(v), 'g', -1, 32), true
	case int:
		return strconv.Itoa(v), true
	case int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64:
		return fmt.Sprint(v), true
	}
	return "", false
}

// valueSet is the values of an enum or a const.
type valueSet struct {
	values    []any
	strings   map[string]bool // if all are strings
	canonical map[string]bool // otherwise; nil until it is needed
}

func newValueSet(values []any) *valueSet {
	set := &valueSet{values: values, strings: make(map[string]bool, len(values))}
	for _, v := range values {
		s, isString := v.(string)
		if !isString {
			set.strings = nil
			return set
		}
		set.strings[s] = true
	}
	return set
}

func (s *valueSet) contains(v any, w *work) bool {
	if s.strings != nil {
		text, isString := v.(string)
		return isString && s.strings[text]
	}
	if s.canonical == nil {
		all := make(map[string]bool, len(s.values))
		for _, value := range s.values {
			all[canonical(value, w)] = true // panics if it takes too much work
		}
		s.canonical = all
	}
	return s.canonical[canonical(v, w)]
}

// canonical returns the same string for equal JSON values.
func canonical(v any, w *work) string {
	var b strings.Builder
	writeCanonical(&b, v, w)
	return b.String()
}

func writeCanonical(b *strings.Builder, v any, w *work) {
	w.spend(10)
	switch v := v.(type) {
	case nil:
		b.WriteByte('z')
	case bool:
		if v {
			b.WriteByte('t')
		} else {
			b.WriteByte('f')
		}
	case string:
		writeString(b, v, w)
	case []any:
		b.WriteByte('[')
		for _, item := range v {
			writeCanonical(b, item, w)
		}
		b.WriteByte(']')
	case map[string]any:
		b.WriteByte('{')
		names := make([]string, 0, len(v))
		for name := range v {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			writeString(b, name, w)
			writeCanonical(b, v[name], w)
		}
		b.WriteByte('}')
	default:
		text, _ := literal(v)
		b.WriteString("n" + canonicalNumber(text) + ";")
	}
}

// writeString writes a string with its length, so that no string looks like several
// values.
func writeString(b *strings.Builder, s string, w *work) {
	w.spend(len(s) / 16)
	b.WriteString("s" + strconv.Itoa(len(s)) + ":" + s)
}

// compareCost returns the steps to compare the items of an array with each other.
func compareCost(items []any) int {
	cost := 0
	for _, item := range items {
		cost += valueCost(item)
	}
	return cost * min(max(len(items), 2), 20) / 2
}

func valueCost(v any) int {
	cost := 20
	switch v := v.(type) {
	case string:
		cost += len(v) / 8
	case []any:
		for _, item := range v {
			cost += valueCost(item)
		}
	case map[string]any:
		cost += 20 * len(v)
		for name, member := range v {
			cost += len(name)/8 + valueCost(member)
		}
	case nil, bool:
	default:
		cost += 80
	}
	return cost
}
