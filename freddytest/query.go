package freddytest

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// query reads query parameters and collects their errors.
type query struct {
	values url.Values
	errs   []validationError
}

func (q *query) reject(name, kind, message string) {
	q.errs = append(q.errs, validationError{Loc: []string{"query", name}, Msg: message, Type: kind})
}

// requireOrganization rejects a request that names no organization. The first of
// names is the documented one.
func (q *query) requireOrganization(names ...string) {
	if !slices.ContainsFunc(names, func(name string) bool { return q.values.Get(name) != "" }) {
		q.reject(names[0], "missing", "Field required")
	}
}

// integer returns the value of an integer parameter.
func (q *query) integer(name string, fallback, least, most int) int {
	if !q.values.Has(name) {
		return fallback
	}
	n, err := strconv.Atoi(q.values.Get(name))
	switch {
	case err != nil && !errors.Is(err, strconv.ErrRange): // if it is out of range, n is the nearest int
		q.reject(name, "int_parsing", "Input should be a valid integer, unable to parse string as an integer")
	case n < least:
		q.reject(name, "greater_than_equal", fmt.Sprintf("Input should be greater than or equal to %d", least))
	case n > most:
		q.reject(name, "less_than_equal", fmt.Sprintf("Input should be less than or equal to %d", most))
	}
	return n
}

// boolean returns the value of a boolean parameter, or nil if it is absent.
func (q *query) boolean(name string) *bool {
	if !q.values.Has(name) {
		return nil
	}
	value := q.values.Get(name) == "true"
	if !value && q.values.Get(name) != "false" {
		q.reject(name, "bool_parsing", "Input should be a valid boolean, unable to interpret input")
	}
	return &value
}

// choice returns the value of a parameter that has one of at least two values.
func choice[T ~string](q *query, name string, fallback T, values ...T) T {
	if !q.values.Has(name) {
		return fallback
	}
	value := T(q.values.Get(name))
	if !slices.Contains(values, value) {
		quoted := make([]string, len(values))
		for i, v := range values {
			quoted[i] = "'" + string(v) + "'"
		}
		last := len(quoted) - 1
		q.reject(name, "enum", "Input should be "+strings.Join(quoted[:last], ", ")+" or "+quoted[last])
	}
	return value
}
