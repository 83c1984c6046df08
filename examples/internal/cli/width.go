package cli

import (
	"io"
	"os"
	"strconv"
)

// Width returns how long the lines of an output may be: what COLUMNS says, or
// else what the terminal does. 0 stands for any length, as in a pipe or a file.
func Width(out io.Writer, env func(string) string) int {
	if columns, err := strconv.Atoi(env("COLUMNS")); err == nil && columns > 0 {
		return columns
	}
	if file, ok := out.(*os.File); ok {
		return terminalWidth(file)
	}
	return 0
}
