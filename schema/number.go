package schema

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// maxDigits bounds the numbers of schemas and values: the library computes with
// exact ones, and 1e1000000 has a million digits.
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

// isInteger reports whether a literal is that of a whole number: 5, 5.0, 50e-1.
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
