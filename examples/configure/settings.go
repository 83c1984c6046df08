package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/examples/internal/cli"
)

type field = freddy.SchemaField

// given returns the settings of the command line.
func given(settings []setting, fields []field) (map[string]any, error) {
	values := map[string]any{}
	for _, s := range settings {
		i := slices.IndexFunc(fields, func(f field) bool { return f.Name == s.name })
		if i < 0 {
			return nil, usageError{fmt.Sprintf("-set %s: there is no such setting, only: %s", s.name, names(fields))}
		}
		value, err := parseValue(fields[i], s.value)
		if err != nil {
			return nil, usageError{fmt.Sprintf("-set %s: %v", s.name, err)}
		}
		values[s.name] = value
	}
	return values, nil
}

func names(fields []field) string {
	if len(fields) == 0 {
		return "none at all"
	}
	list := make([]string, len(fields))
	for i, f := range fields {
		list[i] = f.Name
	}
	return strings.Join(list, ", ")
}

// settle adds the defaults, and returns the settings if they fit the schema.
func settle(schema freddy.Schema, values map[string]any) (map[string]any, error) {
	values, err := schema.ApplyDefaults(values)
	if err != nil {
		return nil, err
	}
	err = schema.Validate(values)
	var invalid *freddy.ValidationError
	if !errors.As(err, &invalid) {
		return values, err
	}
	var missing, faults []string
	for _, f := range invalid.Fields {
		if f.Code == "required" {
			missing = append(missing, strings.TrimPrefix(f.Field, "/"))
		} else {
			faults = append(faults, f.Message)
		}
	}
	if len(missing) > 0 {
		faults = append(faults, "required, but not set: "+strings.Join(missing, ", ")+" (use -set name=value)")
	}
	return nil, usageError{strings.Join(faults, "; ")}
}

// faultOf says what is wrong with one setting, whatever the others are.
func faultOf(schema freddy.Schema, name string, value any) error {
	err := schema.Validate(map[string]any{name: value})
	var invalid *freddy.ValidationError
	if !errors.As(err, &invalid) {
		return err
	}
	place := "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
	for _, f := range invalid.Fields {
		if f.Field == place || strings.HasPrefix(f.Field, place+"/") {
			return errors.New(cli.Plain(f.Message))
		}
	}
	return nil
}

// isSecret reports whether a setting, or a part of it, is to be hidden.
func isSecret(f field) bool {
	return f.Secret || slices.ContainsFunc(f.Fields, isSecret) || f.Items != nil && isSecret(*f.Items)
}

// secretsIn returns the texts and numbers in a value.
func secretsIn(value any) []string {
	var found []string
	switch value := value.(type) {
	case map[string]any:
		for _, v := range value {
			found = append(found, secretsIn(v)...)
		}
	case []any:
		for _, v := range value {
			found = append(found, secretsIn(v)...)
		}
	case nil, bool:
	default:
		found = append(found, written(value))
	}
	return found
}
