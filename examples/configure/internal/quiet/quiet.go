// Package quiet keeps github.com/charmbracelet/bubbletea from asking the
// terminal for its background colour as soon as a program that imports it
// starts: what it writes for that would precede every output, and a terminal
// that does not answer would hold the program up for seconds.
//
// It is imported for its effect. Go initializes packages in the order of their
// paths, as far as their imports allow, so this one comes before bubbletea.
package quiet

import "github.com/charmbracelet/lipgloss"

func init() { lipgloss.SetHasDarkBackground(true) }
