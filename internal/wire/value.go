package wire

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"github.com/go-faster/jx"
)

// Value decodes data, one JSON value and nothing after it: nil, bool, string,
// []any, map[string]any, and for a number a float64, or a json.Number if a
// float64 would change the value. If a name is repeated in an object, the last
// value wins. Every error is an *Error.
func Value(data []byte) (any, error) {
	d := newDecoder(data)
	defer d.free()
	v, err := d.value(d.json.Next())
	if err := d.finish(err); err != nil {
		return nil, err
	}
	return v, nil
}

func (d *decoder) value(kind jx.Type) (any, *Error) {
	switch kind {
	case jx.Null:
		return nil, d.skip()
	case jx.Bool:
		b, err := d.json.Bool()
		return b, syntax(err)
	case jx.String:
		return d.str(kind)
	case jx.Number:
		text, err := d.number(kind)
		return parseNumber(text), err
	case jx.Array:
		return d.array(kind)
	case jx.Object:
		return d.object(kind)
	default:
		return nil, d.mismatch("a value", kind)
	}
}

func (d *decoder) array(kind jx.Type) ([]any, *Error) {
	values := []any{}
	err := d.items(kind, func(_ int, kind jx.Type) *Error {
		v, err := d.value(kind)
		values = append(values, v)
		return err
	})
	return values, err
}

func (d *decoder) object(kind jx.Type) (map[string]any, *Error) {
	values := map[string]any{}
	err := d.members(kind, func(key []byte, kind jx.Type) *Error {
		name := d.cut(key)
		v, err := d.value(kind)
		values[name] = v
		return err
	})
	return values, err
}

// parseNumber is the one rule for numbers in free-form JSON: a float64 if its
// shortest decimal form equals the number as it is written, else a json.Number
// (an identifier above 2^53, more digits than a float64 holds, 1e400).
func parseNumber(text string) any {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return json.Number(text)
	}
	// A float64 holds any 15 significant digits if the exponent is small.
	if len(text) <= 15 && !strings.ContainsAny(text, "eE") {
		return f
	}
	if parseDecimal(text) != parseDecimal(strconv.FormatFloat(f, 'e', -1, 64)) {
		return json.Number(text)
	}
	return f
}

// decimal is the number 0.DIGITS * 10^exponent, without a zero at either end of
// digits. Equal numbers have equal decimals, and even 1e999999999 is small.
type decimal struct {
	negative bool
	digits   string
	exponent int64
}

func parseDecimal(text string) decimal {
	var d decimal
	mantissa, exponent, _ := strings.Cut(strings.ToLower(text), "e")
	mantissa, d.negative = strings.CutPrefix(mantissa, "-")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := whole + fraction
	d.digits = strings.TrimLeft(digits, "0")
	leading := len(digits) - len(d.digits)
	d.digits = strings.TrimRight(d.digits, "0")
	if d.digits == "" {
		return decimal{negative: d.negative}
	}
	// ParseInt saturates an exponent beyond an int64. No float64 has one, so the
	// comparison with it still fails.
	e, _ := strconv.ParseInt(exponent, 10, 64)
	d.exponent = min(max(e, math.MinInt64/2), math.MaxInt64/2) + int64(len(whole)-leading)
	return d
}

// integer returns d as an integer, or an empty string if d has a fraction or
// more than 20 digits.
func (d decimal) integer() string {
	zeros := d.exponent - int64(len(d.digits))
	if zeros < 0 || d.exponent > 20 {
		return ""
	}
	sign := ""
	if d.negative {
		sign = "-"
	}
	return sign + "0" + d.digits + strings.Repeat("0", int(zeros))
}
