package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"slices"
	"strings"
)

// parseValue reads a setting as a person writes it. Its errors quote nothing of
// the text, which may be a secret.
func parseValue(f field, text string) (any, error) {
	trimmed := strings.TrimSpace(text)
	switch {
	case f.Nullable && trimmed == "null":
		return nil, nil
	case len(f.Enum) > 0:
		return parseChoice(f.Enum, trimmed)
	}
	switch f.Type {
	case "string":
		return text, nil
	case "boolean":
		return parseBoolean(trimmed)
	case "integer", "number":
		return parseNumber(f.Type, trimmed)
	case "array":
		return parseList(f.Items, trimmed)
	case "object":
		value, err := decode([]byte(trimmed))
		if _, ok := value.(map[string]any); err != nil || !ok {
			return nil, errors.New("must be a JSON object")
		}
		return value, nil
	}
	if value, err := decode([]byte(trimmed)); err == nil {
		return value, nil
	}
	return text, nil
}

func parseChoice(choices []any, text string) (any, error) {
	i := slices.IndexFunc(choices, func(v any) bool { return written(v) == text })
	if i < 0 {
		return nil, errors.New("must be " + oneOf(choices))
	}
	return choices[i], nil
}

func parseBoolean(text string) (any, error) {
	switch text {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return nil, errors.New("must be true or false")
}

// parseNumber keeps the digits as they are: a float64 has not room for all.
func parseNumber(kind, text string) (any, error) {
	if kind == "integer" {
		n, ok := new(big.Int).SetString(text, 10)
		if !ok {
			return nil, errors.New("must be a whole number")
		}
		return json.Number(n.String()), nil
	}
	value, _ := decode([]byte(text))
	n, ok := value.(json.Number)
	if !ok {
		return nil, errors.New("must be a number")
	}
	return n, nil
}

// parseList reads values between commas, or a JSON array.
func parseList(items *field, text string) (any, error) {
	list := []any{}
	if strings.HasPrefix(text, "[") {
		value, err := decode([]byte(text))
		list, ok := value.([]any)
		if err != nil || !ok {
			return nil, errors.New("must be values between commas, or a JSON array")
		}
		return list, nil
	}
	if text == "" {
		return list, nil
	}
	if items == nil {
		items = &field{}
	}
	for i, part := range strings.Split(text, ",") {
		value, err := parseValue(*items, strings.TrimSpace(part))
		if err != nil {
			return nil, fmt.Errorf("value %d %w", i+1, err)
		}
		list = append(list, value)
	}
	return list, nil
}

// decode reads one JSON value, numbers as json.Number.
func decode(data []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one value")
	}
	return value, nil
}

// written is a value as parseValue reads it.
func written(value any) string {
	switch value := value.(type) {
	case string:
		return value
	case []any:
		if text, ok := separated(value); ok {
			return text
		}
	}
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return fmt.Sprint(value)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// separated writes a list with commas, if it can be read back.
func separated(list []any) (text string, ok bool) {
	parts := make([]string, len(list))
	for i, value := range list {
		s, isText := value.(string)
		if !isText || s == "" || strings.TrimSpace(s) != s || strings.ContainsAny(s, `,["`) {
			return "", false
		}
		parts[i] = s
	}
	return strings.Join(parts, ", "), true
}

// oneOf names the choices.
func oneOf(choices []any) string {
	texts := make([]string, len(choices))
	for i, choice := range choices {
		texts[i] = written(choice)
	}
	return "one of: " + strings.Join(texts, ", ")
}
