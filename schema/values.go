package schema

import (
	"slices"
	"strconv"
	"strings"
)

// valueSet is the values of an enum or a const.
type valueSet struct {
	values    []any
	strings   map[string]bool // if all are strings
	canonical map[string]bool // else; made when it is needed
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
		s.canonical = make(map[string]bool, len(s.values))
		for _, value := range s.values {
			s.canonical[canonical(value, w)] = true
		}
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

// writeString writes a string with its length, so that no string looks like
// more than one value.
func writeString(b *strings.Builder, s string, w *work) {
	w.spend(len(s) / 16)
	b.WriteString("s" + strconv.Itoa(len(s)) + ":" + s)
}

// compareCost returns the steps of comparing the items of an array with each
// other.
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
