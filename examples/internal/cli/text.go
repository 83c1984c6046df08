package cli

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Plain makes a text of the server's safe to print: what would move the cursor,
// change colours or turn the reading direction around is escaped.
func Plain(s string) string {
	return escape(s, func(r rune) string {
		quoted := strconv.QuoteRuneToASCII(r)
		return quoted[1 : len(quoted)-1]
	})
}

// JSON returns a value as indented JSON that is safe to print.
func JSON(v any) (string, error) {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(v); err != nil {
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

// gap is what is between two columns.
const gap = "  "

// Table aligns the columns of rows, which are made plain, without blanks at a
// line's end. Lines longer than width are made to fit, if they can be, by cells
// that end in an ellipsis; 0 allows for any length.
func Table(rows [][]string, width int) string {
	var columns []int
	for _, row := range rows {
		for i, cell := range row {
			row[i] = Plain(cell)
			if i == len(columns) {
				columns = append(columns, 0)
			}
			columns[i] = max(columns[i], utf8.RuneCountInString(row[i]))
		}
	}
	if width > 0 {
		shrink(columns, width)
	}
	var b strings.Builder
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			fmt.Fprintf(&line, "%-*s%s", columns[i], cut(cell, columns[i]), gap)
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return b.String()
}

// shrink takes from the widest column, again and again, until all of them fit.
// The first, which names the row, gives only when the others cannot any more.
func shrink(columns []int, width int) {
	const least = 4
	excess := -width - len(gap)
	for _, column := range columns {
		excess += column + len(gap)
	}
	for ; excess > 0; excess-- {
		widest := 0
		for i, column := range columns {
			if i > 0 && column > least && (widest == 0 || column > columns[widest]) {
				widest = i
			}
		}
		if columns[widest] <= least {
			return
		}
		columns[widest]--
	}
}

// cut shortens a text to some characters.
func cut(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most-1]) + "…"
}

// Indent puts blanks in front of each line.
func Indent(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString("  " + line)
	}
	return b.String()
}
