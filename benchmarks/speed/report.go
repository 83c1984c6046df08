package main

import (
	"bufio"
	_ "embed"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/aitronos/freddy-go/benchmarks/internal/clients"
)

const introduction = `# Speed

What this client costs beside net/http and other public Go SDKs. Made by

	go run ./speed -write

in benchmarks/, with %s on %s/%s, %d CPUs%s, on %s, in %s.

Each unit of work is done by every client in turn, %d rounds of it, or %d of those in
memory and short. A figure is the median of the rounds; a ratio is taken within a
round, and the least and the most of any round stand behind its median. Each SDK is
used as it comes, but for the flaky server, and is answered with a body of its own
API, of about the size of freddy's. Where net/http stands alone it is what one
writes by hand: http.Client.Do, io.ReadAll and encoding/json into a struct with
freddy's fields, the schema left raw. It keeps no unknown member, checks nothing,
retries nothing and has no time limit.

`

// notes say where the time goes, by the profiles, and what was tried.
//
//go:embed notes.md
var notes string

func (r *results) document() string {
	var b strings.Builder
	fmt.Fprintf(&b, introduction, runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), processor(),
		time.Now().UTC().Format(time.DateOnly), r.took.Round(time.Second), r.rounds, 3*r.rounds)

	b.WriteString("## Goals\n\n")
	rows := newRows("", "what is measured", "goal", "reached", "")
	for _, g := range r.goals() {
		rows.add(g.what, g.wanted, g.measured, map[bool]string{true: "✓", false: "missed"}[g.met])
	}
	rows.write(&b)

	b.WriteString("\n![Time of a Get, by client](results.svg)\n\n## In memory\n\nA RoundTripper answers from memory, so this is what the client itself costs; 7\nof the allocations are the RoundTripper's. godo is lent a transport in a way that\ngoes around its retries.\n\n### Get: one object of about 1 KB\n\n")
	inMemoryRows(&b, r.get)
	b.WriteString("\n### Page: 100 of them\n\n")
	inMemoryRows(&b, r.page)
	b.WriteString("\n### 404, to an error\n\n")
	inMemoryRows(&b, r.missing)
	b.WriteString("\nhcloud's is two requests: it asks for an object of that name next.\n")
	fmt.Fprintf(&b, "\n### All over 10,000 connectors, in pages of 100\n\n")
	inMemoryRows(&b, r.all)
	fmt.Fprintf(&b, "\nSeen at two points of each page, at most %.0f KB are held, %.2f of what one page\nholds (%.0f KB).\n",
		kilobytes(r.held), float64(r.held)/float64(r.heldPage), kilobytes(r.heldPage))
	added, rounds := retryCost(r.retry)
	fmt.Fprintf(&b, "\n### One 503, then success\n\nWithout a wait, the 503 and the second attempt add %s µs, %s of a Get of net/http.\n", micro(float64(added)), rounds)
	b.WriteString("\n### Making a client\n\n")
	inMemoryRows(&b, r.built)

	fmt.Fprintf(&b, "\n## On loopback\n\nThe server is a process of its own, on the same CPUs. %d goroutines make %d calls\neach, after three whose time is not measured. The tuned net/http is the one by hand,\nwith 256 idle connections; once more, it shows what chance makes of a figure. An\nSDK that refuses plain HTTP is missing from HTTP/1.1.\n", crowd, callsEach)
	for _, t := range []table{r.http1, r.http2} {
		fmt.Fprintf(&b, "\n### %s\n\n", t.name)
		t.loaded(&b, tunedName)
	}
	b.WriteString("\ngo-pagerduty speaks HTTP/1.1 here, too: its transport has a DialContext of its own\nand does not ask for HTTP/2.\n")
	fmt.Fprintf(&b, "\n### Cold burst\n\nThe first %d calls of a client, all at once.\n\nHTTP/1.1:\n\n", crowd)
	r.burst1.loaded(&b, tunedName)
	b.WriteString("\nHTTP/2:\n\n")
	r.burst2.loaded(&b, tunedName)
	fmt.Fprintf(&b, "\n### Connections\n\nOf the first four calls of %d goroutines, in the mean of %d rounds, for over HTTP/2\ntheir number is left to chance:\n", crowd, len(r.dials1.rows[freddyName]))
	for i, t := range []table{r.dials1, r.dials2} {
		fmt.Fprintf(&b, "%s%s, freddy %.0f, the tuned net/http %.0f", []string{"", "; "}[i], t.name, t.mean(freddyName, connectionsOf), t.mean(tunedName, connectionsOf))
	}
	b.WriteString(".\n")
	fmt.Fprintf(&b, "\n### One answer in fifty fails\n\n%d goroutines, %d calls each; of the failing answers every other is a 503, and\nevery other a dropped connection (over HTTP/2, a reset stream). Both clients that\nretry wait 1 ms at most before they do, so that what is seen are connections and\nnot waits, but for freddy once with the waits it has by itself (up to 500 ms): a\ncall that waits is a goroutine that does not call.\n\nHTTP/1.1:\n\n", fewer, flakyEach)
	r.flaky1.flakiness(&b)
	b.WriteString("\nHTTP/2:\n\n")
	r.flaky2.flakiness(&b)

	b.WriteString("\n### Idle connections kept\n\nnet/http with pools of several sizes, HTTP/1.1, as above.\n\n")
	r.pool.loaded(&b, "256")

	b.WriteString("\n## Programs\n\nA main that makes a client and ends, built with `-trimpath -ldflags='-s -w'`.\n\n")
	rows = newRows("l", "client", "start to end, ms", "of net/http", "MB", "modules linked, its own included")
	for _, name := range r.start.byRatio(plain, timeOf) {
		p := r.programs[name]
		rows.add(name, fmt.Sprintf("%.2f", r.start.median(name, timeOf)/float64(time.Millisecond)), r.start.ratio(name, plain, timeOf).String(),
			fmt.Sprintf("%.1f", float64(p.size)/1e6), fmt.Sprint(p.modules))
	}
	rows.write(&b)

	b.WriteString("\n## Versions\n\n")
	rows = newRows("ll", "client", "version")
	for _, client := range clients.All() {
		rows.add(client.Name, client.Version())
	}
	rows.write(&b)
	b.WriteString("\n" + notes)
	return b.String()
}

func inMemoryRows(b *strings.Builder, t table) {
	rows := newRows("l", "client", "µs", "of net/http", "allocations", "KB allocated")
	for _, name := range t.byRatio(plain, timeOf) {
		rows.add(name, micro(t.median(name, timeOf)), t.ratio(name, plain, timeOf).String(),
			fmt.Sprintf("%.0f", t.median(name, allocsOf)), fmt.Sprintf("%.1f", t.median(name, bytesOf)/1e3))
	}
	rows.write(b)
}

// loaded writes what goroutines measured, the highest rate first.
func (t table) loaded(b *strings.Builder, floor string) {
	rows := newRows("l", "client", "calls a second", "of "+floor, "p50, ms", "p99, ms", "connections", "calls failed")
	names := t.byRatio(floor, rateOf)
	slices.Reverse(names)
	for _, name := range names {
		rows.add(name, fmt.Sprintf("%.0f", t.median(name, rateOf)), t.ratio(name, floor, rateOf).String(),
			milli(t.median(name, p50Of)), milli(t.median(name, p99Of)),
			fmt.Sprintf("%.0f", t.median(name, connectionsOf)), fmt.Sprintf("%.0f", t.median(name, failedOf)))
	}
	rows.write(b)
}

func (t table) flakiness(b *strings.Builder) {
	rows := newRows("l", "client", "calls a second", "of those at the healthy server", "p50, ms", "p99, ms", "connections, healthy", "connections", "requests", "calls failed")
	for _, name := range []string{freddyName, defaultWaits, tunedName, retrying} {
		rows.add(name, fmt.Sprintf("%.0f", t.median(name, rateOf)), t.ratio(name, name+healthyOf, rateOf).String(),
			milli(t.median(name, p50Of)), milli(t.median(name, p99Of)),
			fmt.Sprintf("%.0f", t.median(name+healthyOf, connectionsOf)), fmt.Sprintf("%.0f", t.median(name, connectionsOf)),
			fmt.Sprintf("%.0f", t.median(name, requestsOf)), fmt.Sprintf("%.0f", t.median(name, failedOf)))
	}
	rows.write(b)
}

// rows are those of a Markdown table.
type rows struct {
	b    strings.Builder
	left int
}

// newRows begins a table; its first columns are aligned to the left, as many as
// left has letters, the others to the right. With none, all are.
func newRows(left string, heads ...string) *rows {
	t := &rows{left: len(left)}
	t.add(heads...)
	t.b.WriteString("|")
	for i := range heads {
		if i < t.left || t.left == 0 {
			t.b.WriteString(" --- |")
		} else {
			t.b.WriteString(" ---: |")
		}
	}
	t.b.WriteString("\n")
	return t
}

func (t *rows) add(cells ...string) {
	if cells[0] == freddyName {
		cells = slices.Clone(cells)
		for i, cell := range cells {
			cells[i] = "**" + cell + "**"
		}
	}
	t.b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
}

func (t *rows) write(b *strings.Builder) { b.WriteString(t.b.String()) }

func micro(nanoseconds float64) string { return fmt.Sprintf("%.2f", nanoseconds/1e3) }
func milli(nanoseconds float64) string { return fmt.Sprintf("%.1f", nanoseconds/1e6) }
func kilobytes(n int64) float64        { return float64(n) / 1e3 }

// processor names the CPU, where Linux tells.
func processor() string {
	file, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if name, value, found := strings.Cut(lines.Text(), ":"); found && strings.TrimSpace(name) == "model name" {
			return " (" + strings.TrimSpace(value) + ")"
		}
	}
	return ""
}
