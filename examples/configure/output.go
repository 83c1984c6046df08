package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/examples/internal/cli"
)

// creation tells of a configuration that was created, and of its settings.
func creation(created *freddy.Configuration, connector *freddy.Connector, fields []field, settings map[string]any) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Created %s, a configuration of %s\n\n", cli.Plain(created.ID), cli.Plain(cmp.Or(connector.Name, connector.ID)))
	rows := [][]string{{"Name", created.Name}}
	for _, f := range fields {
		value, given := settings[f.Name]
		switch {
		case !given:
		case isSecret(f):
			rows = append(rows, []string{f.Name, "(hidden)"})
		default:
			rows = append(rows, []string{f.Name, written(value)})
		}
	}
	b.WriteString(table(rows))
	return b.String()
}

// health tells of a test. What it does not say has no line.
func health(result *freddy.TestResult) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\nTest: %s\n\n", cli.Plain(cmp.Or(string(result.Status), "no status")))
	details := result.Details
	rows := [][]string{{"Message", result.Message}, {"Server", server(details)}, {"Version", details.ServerVersion}}
	if details.ResponseTime > 0 {
		rows = append(rows, []string{"Answered in", details.ResponseTime.String()})
	}
	if details.AvailableTools > 0 {
		rows = append(rows, []string{"Tools", strconv.Itoa(details.AvailableTools)})
	}
	for _, name := range slices.Sorted(maps.Keys(details.Extra)) {
		rows = append(rows, []string{name, text(details.Extra[name])})
	}
	b.WriteString(table(slices.DeleteFunc(rows, func(row []string) bool { return row[1] == "" })))
	return b.String()
}

func server(details freddy.TestDetails) string {
	switch {
	case details.ServerType == "":
		return details.ServerURL
	case details.ServerURL == "":
		return string(details.ServerType)
	}
	return fmt.Sprintf("%s (%s)", details.ServerURL, details.ServerType)
}

// text returns a string as it is, and any other value as JSON.
func text(raw json.RawMessage) string {
	value, err := decode(raw)
	if err != nil {
		return string(raw)
	}
	return written(value)
}

func toolTable(tools []*freddy.Tool) string {
	if len(tools) == 0 {
		return "\nTools\n\n  (none)\n"
	}
	rows := [][]string{{"NAME", "DESCRIPTION"}}
	for _, tool := range tools {
		rows = append(rows, []string{tool.Name, tool.Description})
	}
	return "\nTools\n\n" + table(rows)
}

func deletion(id string) string { return "\nDeleted " + cli.Plain(id) + "\n" }

// describe tells in a form what a setting is, and how it is written.
func describe(f field) string { return strings.TrimSpace(f.Description + " " + hints(f)) }

// hints says in brackets how a setting is written, and what it is by default.
func hints(f field) string {
	list := notation(f)
	if len(f.Examples) > 0 {
		list = append(list, "such as "+written(f.Examples[0]))
	}
	if f.Default != nil && !isSecret(f) {
		list = append(list, "default: "+cmp.Or(written(f.Default), "empty"))
	}
	if len(list) == 0 {
		return ""
	}
	return "(" + strings.Join(list, "; ") + ")"
}

// notation says how a setting is written.
func notation(f field) []string {
	var hints []string
	switch f.Type {
	case "string":
		hints = append(hints, textual(f)...)
	case "integer":
		hints = append(hints, "whole number"+limits(f))
	case "number":
		hints = append(hints, "number"+limits(f))
	case "array":
		hints = append(hints, "comma-separated")
		if f.Items != nil && len(f.Items.Enum) > 0 {
			hints = append(hints, "each "+oneOf(f.Items.Enum))
		}
	case "object":
		hints = append(hints, strings.TrimSuffix("as JSON: "+members(f.Fields), ": "))
	case "boolean":
	default:
		hints = append(hints, "text or JSON")
	}
	if f.Nullable {
		hints = append(hints, "null is possible")
	}
	return hints
}

// textual says what a text has to be like.
func textual(f field) []string {
	var hints []string
	if f.Format != "" && f.Format != "password" {
		hints = append(hints, f.Format)
	}
	switch {
	case f.MinLength != nil && f.MaxLength != nil:
		hints = append(hints, fmt.Sprintf("%d to %d characters", *f.MinLength, *f.MaxLength))
	case f.MinLength != nil:
		hints = append(hints, fmt.Sprintf("at least %d characters", *f.MinLength))
	case f.MaxLength != nil:
		hints = append(hints, fmt.Sprintf("at most %d characters", *f.MaxLength))
	}
	if f.Pattern != "" {
		hints = append(hints, "matching "+f.Pattern)
	}
	return hints
}

func limits(f field) string {
	switch {
	case f.Minimum != nil && f.Maximum != nil:
		return fmt.Sprintf(", %v to %v", *f.Minimum, *f.Maximum)
	case f.Minimum != nil:
		return fmt.Sprintf(", at least %v", *f.Minimum)
	case f.Maximum != nil:
		return fmt.Sprintf(", at most %v", *f.Maximum)
	}
	return ""
}

func members(fields []field) string {
	parts := make([]string, len(fields))
	for i, f := range fields {
		parts[i] = f.Name
		if f.Required {
			parts[i] += " (required)"
		}
	}
	return strings.Join(parts, ", ")
}

func table(rows [][]string) string { return cli.Indent(cli.Table(rows, 0)) }

// safe returns a text as it is if it is safe to print, or else nothing.
func safe(s string) string {
	if cli.Plain(s) != s {
		return ""
	}
	return s
}
