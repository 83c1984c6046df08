package main

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// A reading is what one round tells of one contender. What a unit of work does
// not measure is zero.
type reading struct {
	time          time.Duration // of one operation
	allocs, bytes int64         // of one operation
	rate          float64       // calls a second
	p50, p99      time.Duration
	connections   int // opened
	requests      int // that arrived
	failed        int // calls
}

// A contender does a unit of work in one way.
type contender struct {
	name    string
	measure func() reading
}

// The contenders that others are compared with, and variants of them.
const (
	freddyName   = "freddy"
	defaultWaits = "freddy, with its own waits"
	retrying     = "go-retryablehttp"
	plain        = "net/http"            // the floor of what is measured in memory
	tunedName    = "net/http, tuned"     // of what takes connections: with the pool that this client has
	twinName     = tunedName + ", again" // the floor once more: how far it is off is chance
	healthyOf    = ", healthy"           // behind a name: at a server without faults
)

// A unit of work is done by every contender in turn, round by round, so that
// what the machine does besides meets all of them.
type unit struct {
	name  string
	floor string // the contender that is 1.0
	of    []contender
}

// A table is what a unit of work came to: the readings of each contender, round
// by round.
type table struct {
	unit
	rows map[string][]reading
}

// only leaves out the contenders that are not named.
func (u unit) only(names ...string) unit {
	u.of = slices.DeleteFunc(u.of, func(c contender) bool { return !slices.Contains(names, c.name) })
	return u
}

func (u unit) run(rounds int) table {
	t := table{unit: u, rows: make(map[string][]reading)}
	for round := range rounds {
		for i := range u.of {
			c := u.of[(i+round)%len(u.of)] // nobody is always the first
			progress("%s: round %d of %d, %s", u.name, round+1, rounds, c.name)
			runtime.GC()
			t.rows[c.name] = append(t.rows[c.name], c.measure())
		}
	}
	progress("")
	return t
}

// progress tells a person at a terminal what is being done.
func progress(format string, args ...any) {
	if file, err := terminal.Stat(); err == nil && file.Mode()&os.ModeCharDevice != 0 {
		fmt.Fprintf(terminal, "\r\x1b[K"+format, args...)
	}
}

// median is that of what the rounds say of a contender.
func (t table) median(name string, of func(reading) float64) float64 {
	values := make([]float64, len(t.rows[name]))
	for i, r := range t.rows[name] {
		values[i] = of(r)
	}
	slices.Sort(values)
	return values[len(values)/2]
}

func (t table) mean(name string, of func(reading) float64) float64 {
	sum := 0.0
	for _, r := range t.rows[name] {
		sum += of(r)
	}
	return sum / float64(len(t.rows[name]))
}

// byRatio returns the contenders, the one of the least ratio first.
func (t table) byRatio(floor string, of func(reading) float64) []string {
	names := slices.Collect(maps.Keys(t.rows))
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(t.ratio(a, floor, of).median, t.ratio(b, floor, of).median), strings.Compare(a, b))
	})
	return names
}

// A ratio compares two contenders within each round: its median, and the least
// and the most that any round says.
type ratio struct{ median, least, most float64 }

func (t table) ratio(name, floor string, of func(reading) float64) ratio {
	values := make([]float64, len(t.rows[name]))
	for i := range values {
		values[i] = of(t.rows[name][i]) / of(t.rows[floor][i])
	}
	slices.Sort(values)
	return ratio{values[len(values)/2], values[0], values[len(values)-1]}
}

// ratioOfSums is a ratio of what all rounds together say, for what is left to
// chance in each.
func (t table) ratioOfSums(name, floor string, of func(reading) float64) ratio {
	r := t.ratio(name, floor, of)
	r.median = t.mean(name, of) / t.mean(floor, of)
	return r
}

func (r ratio) String() string { return fmt.Sprintf("%.2f (%.2f to %.2f)", r.median, r.least, r.most) }

// What a ratio or a median is of.
func timeOf(r reading) float64        { return float64(r.time) }
func allocsOf(r reading) float64      { return float64(r.allocs) }
func bytesOf(r reading) float64       { return float64(r.bytes) }
func rateOf(r reading) float64        { return r.rate }
func p50Of(r reading) float64         { return float64(r.p50) }
func p99Of(r reading) float64         { return float64(r.p99) }
func connectionsOf(r reading) float64 { return float64(r.connections) }
func requestsOf(r reading) float64    { return float64(r.requests) }
func failedOf(r reading) float64      { return float64(r.failed) }

func dialsOf(r reading) float64 { return float64(r.connections) / float64(r.requests) }

// operation measures one operation, repeated for as long as -test.benchtime
// says.
func operation(op func() error) reading {
	var failure error
	result := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if failure = op(); failure != nil {
				b.FailNow()
			}
		}
	})
	if failure != nil {
		panic(failure)
	}
	return reading{
		time:   time.Duration(result.NsPerOp()),
		allocs: result.AllocsPerOp(),
		bytes:  result.AllocedBytesPerOp(),
	}
}
