package main

import (
	"fmt"
	"runtime"
	"strings"
	"time"

	"github.com/aitronos/freddy-go/benchmarks/internal/clients"
)

const introduction = `# Faults

What this client and other public Go SDKs do when a server misbehaves, each with
its defaults. All servers are on loopback and speak TLS, every cell was measured in
one run, and no call had a deadline. Made by

	go run ./faults -write

in benchmarks/, with %s on %s/%s, on %s.

A bold cell with ✓ is the behaviour that the second column asks for. That column
says what this client aims at, so it judges the others by a contract that they
do not all make: a client that leaves time limits or retries to its caller, as
net/http does, does so on purpose. "At once" is within 250 ms. A call that did
not end while it was watched may end later: openai-go documents 10 minutes.

`

// render returns the document: the table, then what it was measured with.
func render(t *table) string {
	var b strings.Builder
	fmt.Fprintf(&b, introduction, runtime.Version(), runtime.GOOS, runtime.GOARCH, time.Now().UTC().Format(time.DateOnly))
	t.render(&b)
	b.WriteString("\n## Clients\n\n| client | version | its defaults, by its documentation or source |\n| --- | --- | --- |\n")
	for _, client := range clients.All() {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", client.Name, client.Version(), client.Defaults)
	}
	return b.String()
}

func (t *table) render(b *strings.Builder) {
	all := clients.All()
	b.WriteString("| fault | desired |")
	rule := "| --- | --- |"
	for _, client := range all {
		b.WriteString(" " + client.Name + " |")
		rule += " --- |"
	}
	b.WriteString("\n" + rule + "\n")
	for _, f := range faults {
		row := make([]result, len(all))
		for i, client := range all {
			row[i] = t.cells[[2]string{f.name, client.Name}]
		}
		line(b, f.name, f.desired, row)
	}
	row := make([]result, len(all))
	for i, client := range all {
		n := t.lines[client.Name]
		row[i] = result{Text: fmt.Sprintf("%d lines", n), Desired: n == 0}
	}
	line(b, "written to stderr in all this, unasked", "nothing", row)
}

func line(b *strings.Builder, name, desired string, row []result) {
	fmt.Fprintf(b, "| %s | %s |", name, desired)
	for _, r := range row {
		switch {
		case r.Text == "":
			b.WriteString(" not measured: the process ended |")
		case r.Desired:
			fmt.Fprintf(b, " **✓ %s** |", r.Text)
		default:
			fmt.Fprintf(b, " %s |", r.Text)
		}
	}
	b.WriteString("\n")
}
