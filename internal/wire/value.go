package wire

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/go-faster/jx"
)

// Value reads data, one JSON value and nothing after it: nil, bool, string,
// []any, map[string]any, and for a number float64, or json.Number where a
// float64 would change the value. Of a name that comes twice in an object the
// last value stays. Every error is an *Error.
func Value(data []byte) (any, error) {
	d := newDecoder(data)
	v, err := d.value(d.json.Next())
	if err != nil {
		return nil, err
	}
	return v, d.end()
}

func (d *decoder) value(kind jx.Type) (any, error) {
	switch kind {
	case jx.Null:
		return nil, d.skip()
	case jx.Bool:
		b, err := d.json.Bool()
		if err != nil {
			return nil, syntax(err)
		}
		return b, nil
	case jx.String:
		s, err := d.str(kind)
		return d.cut(s), err
	case jx.Number:
		text, err := d.number(kind)
		if err != nil {
			return nil, err
		}
		return number(d.cut(text)), nil
	case jx.Array:
		return d.array()
	case jx.Object:
		return d.object()
	default:
		return nil, d.mismatch("a value", kind)
	}
}

func (d *decoder) array() (any, error) {
	it, err := d.json.ArrIter()
	if err != nil {
		return nil, syntax(err)
	}
	values := []any{}
	for it.Next() {
		v, err := d.value(d.json.Next())
		if err != nil {
			return nil, at(err, strconv.Itoa(len(values)))
		}
		values = append(values, v)
	}
	if err := it.Err(); err != nil {
		return nil, syntax(err)
	}
	return values, nil
}

func (d *decoder) object() (any, error) {
	it, err := d.json.ObjIter()
	if err != nil {
		return nil, syntax(err)
	}
	values := map[string]any{}
	for it.Next() {
		name := d.cut(it.Key())
		v, err := d.value(d.json.Next())
		if err != nil {
			return nil, at(err, name)
		}
		values[name] = v
	}
	if err := it.Err(); err != nil {
		return nil, syntax(err)
	}
	return values, nil
}

// number is the one rule for numbers in free-form JSON: a float64 where its
// shortest decimal form is the number that was written, the text otherwise
// (an identifier above 2^53, more digits than a float64 holds, 1e400).
func number(text string) any {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return json.Number(text)
	}
	// Up to 15 significant digits always survive, if the exponent fits too.
	if len(text) <= 15 && !strings.ContainsAny(text, "eE") {
		return f
	}
	if !sameNumber(text, strconv.FormatFloat(f, 'e', -1, 64)) {
		return json.Number(text)
	}
	return f
}

// Equal reports whether two values that Value returned are the same JSON value:
// members in any order, numbers by what they are worth.
func Equal(a, b any) bool {
	switch a := a.(type) {
	case json.Number:
		b, ok := b.(json.Number)
		return ok && sameNumber(string(a), string(b))
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, Equal)
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && maps.EqualFunc(a, b, Equal)
	default:
		switch b.(type) {
		case []any, map[string]any: // not comparable with ==
			return false
		}
		return a == b
	}
}

// sameNumber compares two numbers as they are written, exactly and without
// building them: 1e400 would need 400 digits, 1e999999999 a gigabyte.
func sameNumber(a, b string) bool {
	return scientific(a) == scientific(b)
}

// decimal is 0.DIGITS * 10^exponent with no zero at either end of digits.
type decimal struct {
	negative bool
	digits   string
	exponent int64
}

func scientific(text string) decimal {
	mantissa, exponent, _ := strings.Cut(strings.ToLower(text), "e")
	var d decimal
	mantissa, d.negative = strings.CutPrefix(mantissa, "-")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := whole + fraction
	d.digits = strings.TrimLeft(digits, "0")
	leading := len(digits) - len(d.digits)
	d.digits = strings.TrimRight(d.digits, "0")
	if d.digits == "" {
		return decimal{negative: d.negative}
	}
	// An exponent beyond an int64 saturates; no two such numbers fit in memory
	// with different digits before it.
	e, _ := strconv.ParseInt(exponent, 10, 64)
	d.exponent = min(max(e, math.MinInt64/2), math.MaxInt64/2) + int64(len(whole)-leading)
	return d
}
