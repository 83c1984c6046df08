package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/examples/internal/cli"
)

// card is a connector as a person would like to read it. What the connector
// does not say has no line.
func card(c *freddy.Connector) string {
	var b strings.Builder
	if c.Name != "" {
		fmt.Fprintln(&b, cli.Plain(c.Name))
	}
	if c.Description != "" {
		fmt.Fprintln(&b, cli.Plain(c.Description))
	}
	b.WriteString("\n")
	var facts [][]string
	for _, fact := range [][2]string{
		{"ID", c.ID},
		{"Type", string(c.Type)},
		{"Category", string(c.Category)},
		{"Status", string(c.Status)},
		{"Version", c.Version},
		{"Server", server(c)},
		{"Auth", string(c.Metadata.AuthMethod)},
		{"Features", strings.Join(c.Metadata.SupportedFeatures, ", ")},
		{"Created", date(c.CreatedAt)},
		{"Updated", date(c.UpdatedAt)},
	} {
		if fact[1] != "" {
			facts = append(facts, fact[:])
		}
	}
	b.WriteString(table(facts))
	b.WriteString("\nSettings\n\n")
	b.WriteString(settingsTable(c.Metadata.ConfigurationSchema.Raw()))
	return strings.TrimLeft(b.String(), "\n")
}

func server(c *freddy.Connector) string {
	switch {
	case c.ServerType == "":
		return c.ServerURL
	case c.ServerURL == "":
		return string(c.ServerType)
	}
	return fmt.Sprintf("%s (%s)", c.ServerURL, c.ServerType)
}

func date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateOnly)
}

func settingsTable(schema json.RawMessage) string {
	settings, ok := parseSettings(schema)
	switch {
	case !ok:
		return "  " + cli.Plain(oneLine(schema)) + "\n"
	case len(settings) == 0:
		return "  (none)\n"
	}
	rows := [][]string{{"SETTING", "TYPE", "REQUIRED", "DEFAULT", "DESCRIPTION"}}
	for _, s := range settings {
		required := "no"
		if s.required {
			required = "yes"
		}
		rows = append(rows, []string{s.name, s.kind, required, s.fallback, s.description})
	}
	return table(rows)
}

func table(rows [][]string) string { return cli.Indent(cli.Table(rows, 0)) }
