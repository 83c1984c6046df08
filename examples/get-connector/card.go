package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/aitronos/freddy-go"
)

// card is a connector as a person would like to read it. What the connector
// does not say has no line.
func card(c *freddy.Connector) string {
	var b strings.Builder
	if c.Name != "" {
		fmt.Fprintln(&b, plain(c.Name))
	}
	if c.Description != "" {
		fmt.Fprintln(&b, plain(c.Description))
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
		return "  " + plain(oneLine(schema)) + "\n"
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

// table aligns the columns of rows, indented, without blanks at a line's end.
func table(rows [][]string) string {
	var aligned bytes.Buffer
	w := tabwriter.NewWriter(&aligned, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		for i, cell := range row {
			row[i] = plain(cell) // a tab of the server's would begin a column
		}
		fmt.Fprintln(w, "  "+strings.Join(row, "\t"))
	}
	w.Flush()
	var b strings.Builder
	for line := range strings.Lines(aligned.String()) {
		b.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	return b.String()
}

// asJSON is the connector in the documented form, indented.
func asJSON(c *freddy.Connector) (string, error) {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(c); err != nil {
		return "", err
	}
	// JSON itself escapes some of the characters that move a cursor, not all.
	return escape(b.String(), func(r rune) string {
		if r == '\n' {
			return "\n" // between members: within a string it is escaped
		}
		return fmt.Sprintf(`\u%04x`, r)
	}), nil
}

// plain makes a text of the server's safe to print: what would move the cursor,
// change colours or turn the reading direction around is escaped.
func plain(s string) string {
	return escape(s, func(r rune) string {
		quoted := strconv.QuoteRuneToASCII(r)
		return quoted[1 : len(quoted)-1]
	})
}

func escape(s string, form func(rune) string) string {
	var b strings.Builder
	for _, r := range s {
		if unicode.IsControl(r) || unicode.In(r, unicode.Bidi_Control, unicode.Zl, unicode.Zp) {
			b.WriteString(form(r))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}
