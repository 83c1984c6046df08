package main

import (
	"fmt"
	"runtime"
	"strings"
	"time"

	"github.com/aitronos/freddy-go/benchmarks/internal/clients"
)

const introduction = `# Faults

What this client and other public Go SDKs do when a server misbehaves, each with its
defaults. All servers are on loopback and use TLS. All cells were measured in one
run, and no call had a deadline. Made by

	go run ./faults -write

in benchmarks/, with %s on %s/%s, on %s.

A bold cell with ✓ is the behaviour of the second column. That column is what this
client aims at, so the others are judged by a contract that they do not all make: a
client that leaves timeouts or retries to its caller, as net/http does, does so on
purpose. "At once" is within 250 ms. A call that did not end while it was observed may
end later: openai-go documents 10 minutes. An SDK without an iterator over pages leaves
their end to its caller.

![Faults survived, by client](faults.svg)

`

// document returns the Markdown document: the table, and the clients.
func (t *table) document() string {
	var b strings.Builder
	fmt.Fprintf(&b, introduction, runtime.Version(), runtime.GOOS, runtime.GOARCH, time.Now().UTC().Format(time.DateOnly))
	t.render(&b)
	b.WriteString("\n## Clients\n\n| client | version | its defaults, by its documentation or source |\n| --- | --- | --- |\n")
	for _, client := range clients.All() {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", client.Name, client.Version(), client.Defaults)
	}
	return b.String()
}

// row returns the results of a fault, in the order of the clients.
func (t *table) row(f fault) []result {
	var row []result
	for _, client := range clients.All() {
		row = append(row, t.cells[[2]string{f.name, client.Name}])
	}
	return row
}

// written is the last row: the lines that each client wrote to stderr.
func (t *table) written() []result {
	var row []result
	for _, client := range clients.All() {
		n := t.lines[client.Name]
		row = append(row, result{Client: client.Name, Text: fmt.Sprintf("%d lines", n), Desired: n == 0})
	}
	return row
}

func (t *table) render(b *strings.Builder) {
	b.WriteString("| fault | desired |")
	rule := "| --- | --- |"
	for _, client := range clients.All() {
		b.WriteString(" " + client.Name + " |")
		rule += " --- |"
	}
	b.WriteString("\n" + rule + "\n")
	for _, f := range faults {
		line(b, f.name, f.desired, t.row(f))
	}
	line(b, "written to stderr in all this, by default", "nothing", t.written())
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
