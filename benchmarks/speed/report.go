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

Every client does each unit of work in turn, for several rounds. A figure is the
median of the rounds. A ratio is taken within a round; its least and its greatest
value follow the median. Each SDK has its defaults, except at the flaky server, and
receives a body of its own API, of about the size of freddy's. "net/http" is written
by hand: http.Client.Do, io.ReadAll and encoding/json into a struct with freddy's
fields, the schema as json.RawMessage. It keeps no unknown property, validates
nothing, does not retry and has no timeout.

`

// notes are the part of the document that is written by hand.
//
//go:embed notes.md
var notes string

func (r *results) document() string {
	var b strings.Builder
	fmt.Fprintf(&b, introduction, runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), processor(),
		time.Now().UTC().Format(time.DateOnly), r.took.Round(time.Second))
	r.writeGoals(&b)
	r.writeMemory(&b)
	r.writeLoopback(&b)
	r.writeKeys(&b)
	r.writePrograms(&b)
	b.WriteString("\n" + notes)
	return b.String()
}

func (r *results) writeGoals(b *strings.Builder) {
	b.WriteString("![Time and allocations of a Get, and connections of a cold burst, by client](results.svg)\n\n## Goals\n\n")
	rows := newRows("", "what is measured", "goal", "measured", "")
	for _, g := range r.goals() {
		rows.add(g.what, g.wanted, g.measured, map[bool]string{true: "✓", false: "missed"}[g.met])
	}
	rows.write(b)
}

func (r *results) writeMemory(b *strings.Builder) {
	fmt.Fprintf(b, `
## In memory

A RoundTripper responds from memory, so only the client is measured. The
RoundTripper makes %d of the allocations of a call. godo's retries are bypassed,
because they accept no RoundTripper. Medians of %d rounds.

### Get: one object of about 1 KB

`, transportAllocs, len(r.get.rows[plain]))
	inMemoryRows(b, r.get)
	b.WriteString("\n### Page: 100 of them\n\n")
	inMemoryRows(b, r.page)
	b.WriteString("\n### 404, to an error\n\n")
	inMemoryRows(b, r.missing)
	b.WriteString("\nhcloud sends two requests: after the 404 it looks for an object of that name.\n")
	b.WriteString("\n### All over 10,000 connectors, in pages of 100\n\n")
	inMemoryRows(b, r.all)
	fmt.Fprintf(b, "\nRead at two points of each page, at most %.0f KB are in use. One page uses %.0f KB.\nThe iterator keeps a hash of each id, because a page without a new one must end it.\n",
		kilobytes(r.held), kilobytes(r.heldPage))
	fmt.Fprintf(b, "\n### One 503, then success\n\nWithout backoff, the 503 and the second attempt add %s µs to a Get, %s of a Get\nof net/http.\n",
		micro(r.retry.median(extraAttempt, timeOf)), r.retry.ratio(extraAttempt, plain, timeOf))
	r.writePeak(b)
	b.WriteString("\n### Making a client\n\n")
	inMemoryRows(b, r.built)
}

func (r *results) writePeak(b *strings.Builder) {
	fmt.Fprintf(b, `
### Peak of a response of %d MiB

A page of that size, whose length is announced, in a process for each reading. The
peak is that of all objects on the heap, including garbage that the collector, with
its default settings, has not freed yet. It is read every 20 µs and at each read of
the body.

`, largeBody>>20)
	rows := newRows("l", "client", "peak, in sizes of the response", "ms")
	for _, name := range r.peak.by(func(name string) float64 { return r.peak.median(name, peakOf) }) {
		rows.add(name, r.peak.spread(name, peakOf).String(), milli(r.peak.median(name, timeOf)))
	}
	rows.write(b)
}

func (r *results) writeLoopback(b *strings.Builder) {
	fmt.Fprintf(b, `
## On loopback

The server is a process on the same CPUs. %d goroutines make %d calls each, after
three that are not measured. The tuned net/http has 256 idle connections; the second
row of it shows how much is chance. An SDK that requires TLS is missing from
HTTP/1.1.
`, crowd, callsEach)
	for _, t := range []table{r.http1, r.http2} {
		fmt.Fprintf(b, "\n### %s\n\n", t.name)
		t.loaded(b)
	}
	b.WriteString("\ngo-pagerduty uses HTTP/1.1 here, too: its transport has its own DialContext and does\nnot ask for HTTP/2.\n")
	fmt.Fprintf(b, "\n### Connections\n\nOpened by the first four calls of %d goroutines, in the mean of %d rounds:\n", crowd, len(r.dials1.rows[freddyName]))
	for i, t := range []table{r.dials1, r.dials2} {
		fmt.Fprintf(b, "%s%s, freddy %.0f, the tuned net/http %.0f", []string{"", "; "}[i], t.name, t.mean(freddyName, connectionsOf), t.mean(tunedName, connectionsOf))
	}
	fmt.Fprintf(b, `.

### Cold burst

The first %d calls of a client, all at once, to a server that begins each TLS
handshake after %d ms and responds after %d ms.
`, crowd, connectDelay.Milliseconds(), responseDelay.Milliseconds())
	for _, t := range []table{r.burst2, r.burst2few, r.burst1} {
		fmt.Fprintf(b, "\n%s:\n\n", strings.TrimPrefix(t.name, "cold burst, "))
		t.bursts(b)
	}
	fmt.Fprintf(b, `
### One response in fifty fails

%d goroutines, %d calls each. Half of the failures are a 503, half a dropped
connection (over HTTP/2, a reset stream). The backoff of the clients that retry is at
most 1 ms, so that connections are measured and not delays. One row has freddy's
default backoff of up to 500 ms, during which a goroutine does not call.

HTTP/1.1:

`, fewer, flakyEach)
	r.flaky1.flakiness(b)
	b.WriteString("\nHTTP/2:\n\n")
	r.flaky2.flakiness(b)
}

func (r *results) writeKeys(b *strings.Builder) {
	fmt.Fprintf(b, `
## Many keys

%d workers make %d calls with %d keys, in turn: with one client for comparison, with
clients that WithAPIKey derives from one, and with a NewClient for each key. Heap and
goroutines are those of the clients and their idle connections, after the calls.
`, workers, keys*callsAKey, keys)
	for _, t := range []table{r.keys1, r.keys2} {
		fmt.Fprintf(b, "\n%s:\n\n", t.name)
		rows := newRows("l", "clients", "connections", "goroutines", "heap, KB", "ms", "of "+t.floor, "calls failed")
		for _, c := range t.of {
			rows.add(c.name, t.count(c.name, connectionsOf), t.count(c.name, goroutinesOf), fmt.Sprintf("%.0f", t.median(c.name, heapOf)/1e3),
				milli(t.median(c.name, timeOf)), t.ratio(c.name, t.floor, timeOf).String(), t.count(c.name, failedOf))
		}
		rows.write(b)
	}
	fmt.Fprintf(b, `
## Wrapped transport

%d calls of %d goroutines through a RoundTripper of the program, as one for tracing
is. It has the pool of the transport that it wraps.
`, wrappedCalls, wrappedWorkers)
	for _, t := range []table{r.wrap1, r.wrap2} {
		fmt.Fprintf(b, "\n%s:\n\n", t.name)
		rows := newRows("l", "transport", "calls a second", "of "+t.floor, "connections", "calls failed")
		for _, c := range t.of {
			rows.add(c.name, t.count(c.name, rateOf), t.ratio(c.name, t.floor, rateOf).String(),
				t.spread(c.name, connectionsOf).whole(), t.count(c.name, failedOf))
		}
		rows.write(b)
	}
}

func (r *results) writePrograms(b *strings.Builder) {
	b.WriteString("\n## Programs\n\nA main that makes a client and ends, built with `-ldflags='-s -w'`. Package\ninitialization is what `GODEBUG=inittrace=1` reports.\n\n")
	rows := newRows("l", "client", "start to end, ms", "of net/http", "allocations of initialization", "MB", "modules linked, its own included")
	for _, name := range r.start.byRatio(plain, timeOf) {
		p := r.programs[name]
		rows.add(name, fmt.Sprintf("%.2f", r.start.median(name, timeOf)/float64(time.Millisecond)), r.start.ratio(name, plain, timeOf).String(),
			fmt.Sprint(p.initAllocs), fmt.Sprintf("%.1f", float64(p.size)/1e6), fmt.Sprint(p.modules))
	}
	rows.write(b)

	b.WriteString("\n## Versions\n\n")
	rows = newRows("ll", "client", "version")
	for _, client := range clients.All() {
		rows.add(client.Name, client.Version())
	}
	rows.write(b)
}

func inMemoryRows(b *strings.Builder, t table) {
	rows := newRows("l", "client", "µs", "of net/http", "allocations", "KB allocated")
	for _, name := range t.byRatio(plain, timeOf) {
		rows.add(name, micro(t.median(name, timeOf)), t.ratio(name, plain, timeOf).String(),
			fmt.Sprintf("%.0f", t.median(name, allocsOf)), fmt.Sprintf("%.1f", t.median(name, bytesOf)/1e3))
	}
	rows.write(b)
}

// loaded writes what goroutines measured, in descending order of the rate.
func (t table) loaded(b *strings.Builder) {
	rows := newRows("l", "client", "calls a second", "of "+t.floor, "p50, ms", "p99, ms", "connections", "calls failed")
	names := t.byRatio(t.floor, rateOf)
	slices.Reverse(names)
	for _, name := range names {
		rows.add(name, t.count(name, rateOf), t.ratio(name, t.floor, rateOf).String(), milli(t.median(name, p50Of)), milli(t.median(name, p99Of)),
			t.count(name, connectionsOf), t.count(name, failedOf))
	}
	rows.write(b)
}

// bursts writes a cold burst, in ascending order of the time.
func (t table) bursts(b *strings.Builder) {
	rows := newRows("l", "client", "ms", "of "+t.floor, "p50, ms", "connections", "calls failed")
	for _, name := range t.byRatio(t.floor, timeOf) {
		rows.add(name, milli(t.median(name, timeOf)), t.ratio(name, t.floor, timeOf).String(), milli(t.median(name, p50Of)),
			t.spread(name, connectionsOf).whole(), t.count(name, failedOf))
	}
	rows.write(b)
}

func (t table) flakiness(b *strings.Builder) {
	rows := newRows("l", "client", "calls a second", "of those at the healthy server", "p50, ms", "p99, ms", "connections, healthy", "connections", "requests", "calls failed")
	for _, name := range []string{freddyName, ownBackoff, tunedName, retrying} {
		rows.add(name, t.count(name, rateOf), t.ratio(name, name+healthySuffix, rateOf).String(),
			milli(t.median(name, p50Of)), milli(t.median(name, p99Of)),
			t.count(name+healthySuffix, connectionsOf), t.count(name, connectionsOf), t.count(name, requestsOf), t.count(name, failedOf))
	}
	rows.write(b)
}

// count formats the median of what is counted.
func (t table) count(name string, of func(reading) float64) string {
	return fmt.Sprintf("%.0f", t.median(name, of))
}

// rows are those of a Markdown table.
type rows struct {
	b    strings.Builder
	left int // columns that are aligned to the left; 0: all
}

// newRows begins a table. As many of its first columns as left has letters are
// aligned to the left, the others to the right; all to the left if left is empty.
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

// processor returns the name of the CPU on Linux.
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
