package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
)

// setting is one property of a connector's configuration schema.
type setting struct {
	name        string
	kind        string
	required    bool
	fallback    string
	description string
}

// parseSettings returns the settings that a schema describes, in its order. It
// is false of what it cannot make sense of; a part of a setting that is not as
// it should be is shown as it is.
func parseSettings(schema json.RawMessage) ([]setting, bool) {
	if len(schema) == 0 {
		return nil, true
	}
	top, _, err := members(schema)
	if err != nil {
		return nil, false
	}
	properties, found := top["properties"]
	if !found {
		return nil, true
	}
	values, names, err := members(properties)
	if err != nil {
		return nil, false
	}
	required := map[string]bool{}
	for _, name := range texts(top["required"]) {
		required[name] = true
	}
	var settings []setting
	for _, name := range names {
		s := describe(values[name])
		s.name, s.required = name, required[name]
		settings = append(settings, s)
	}
	return settings, true
}

// describe reads the schema of one setting.
func describe(property json.RawMessage) setting {
	parts, _, err := members(property)
	if err != nil {
		return setting{kind: "any", description: oneLine(property)}
	}
	return setting{
		kind:        kind(parts["type"]),
		fallback:    text(parts["default"]),
		description: strings.TrimSpace(sentence(parts["description"]) + " " + choices(parts["enum"])),
	}
}

// choices lists the values that a setting may have, or nothing if it may have
// any.
func choices(enum json.RawMessage) string {
	var values []json.RawMessage
	if json.Unmarshal(enum, &values) != nil || len(values) == 0 {
		return ""
	}
	var list []string
	for _, value := range values {
		list = append(list, text(value))
	}
	return "(one of: " + strings.Join(list, ", ") + ")"
}

// kind is the type of a setting: one, or several in an array.
func kind(raw json.RawMessage) string {
	if several := texts(raw); len(several) > 0 {
		return strings.Join(several, " or ")
	}
	if len(raw) == 0 {
		return "any"
	}
	return text(raw)
}

// texts returns the strings of an array, or nothing of anything else.
func texts(raw json.RawMessage) []string {
	var out []string
	if json.Unmarshal(raw, &out) != nil {
		return nil
	}
	return out
}

// text returns a string as it is, and any other value as JSON; of an empty
// string, too, one sees more that way.
func text(raw json.RawMessage) string {
	if s := sentence(raw); s != "" {
		return s
	}
	return oneLine(raw)
}

// sentence returns a string as it is, null as nothing, and any other value as
// JSON.
func sentence(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return oneLine(raw)
	}
	return s
}

// oneLine returns JSON without white space, or what is there if it is no JSON.
func oneLine(raw json.RawMessage) string {
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		return string(raw)
	}
	return b.String()
}

var errNoObject = errors.New("not a JSON object")

// members returns the members of a JSON object, and their names in the order in
// which they are written, which a map alone would lose.
func members(object json.RawMessage) (values map[string]json.RawMessage, names []string, err error) {
	decoder := json.NewDecoder(bytes.NewReader(object))
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return nil, nil, errNoObject
	}
	values = map[string]json.RawMessage{}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return nil, nil, err
		}
		name, _ := token.(string)
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return nil, nil, err
		}
		if _, twice := values[name]; !twice {
			names = append(names, name)
		}
		values[name] = value
	}
	_, err = decoder.Token() // the closing brace
	return values, names, err
}
