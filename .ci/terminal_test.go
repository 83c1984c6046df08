package ci_test

import (
	"bytes"
	"flag"
	"fmt"
	"html"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var write = flag.Bool("write", false, "write docs/get-connector.svg")

// The picture of a terminal has the command and what it prints. To draw it again:
//
//	go test ./.ci -count=1 -run TestTerminal -write
func TestTerminal(t *testing.T) {
	const picture, command = "docs/get-connector.svg", "go run ./examples/get-connector pcon_github"
	output, err := exec.CommandContext(t.Context(), "sh", "-c", command).Output()
	require.NoError(t, err)
	svg := terminal(command, strings.TrimSpace(string(output)))
	if *write {
		require.NoError(t, os.WriteFile(picture, svg, 0o644))
	}
	got, err := os.ReadFile(picture)
	require.NoError(t, err)
	assert.Equal(t, string(svg), string(got), "draw the picture again (see above)")
}

const terminalStyle = `<style>
rect { fill: #f6f8fa; stroke: #d1d9e0; }
text { font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #1f2328; white-space: pre; }
.prompt { fill: #0a7f6f; }
.command { font-weight: 600; }
@media (prefers-color-scheme: dark) {
rect { fill: #0d1117; stroke: #3d444d; }
text { fill: #f0f6fc; }
.prompt { fill: #3fd0b6; }
}
</style>
`

// terminal returns the SVG picture of a command and its output.
func terminal(command, output string) []byte {
	const margin, line, character = 20, 19, 8 // pixels; a character is a little narrower
	lines := strings.Split(output, "\n")
	longest := len(command) + 2
	for _, l := range lines {
		longest = max(longest, len(l))
	}
	width, height := longest*character+2*margin, (len(lines)+2)*line+2*margin
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" xml:space="preserve" role="img" aria-label="%s">`+"\n",
		width, height, html.EscapeString(command))
	b.WriteString(terminalStyle)
	fmt.Fprintf(&b, `<rect x="0.5" y="0.5" width="%d" height="%d" rx="6"/>`+"\n", width-1, height-1)
	fmt.Fprintf(&b, `<text x="%d" y="%d"><tspan class="prompt">$ </tspan><tspan class="command">%s</tspan></text>`+"\n",
		margin, margin+13, html.EscapeString(command))
	for i, l := range lines {
		fmt.Fprintf(&b, `<text x="%d" y="%d">%s</text>`+"\n", margin, margin+13+(i+2)*line, html.EscapeString(l))
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}
