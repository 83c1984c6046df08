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

// A reading is what one round measures of one contender. Fields that a unit of work
// does not measure are zero.
type reading struct {
	time          time.Duration // of one operation
	allocs, bytes int64         // of one operation
	rate          float64       // calls a second
	p50, p99      time.Duration
	connections   int // opened
	requests      int // received by the server
	failed        int // calls
	goroutines    int // afterwards, while connections are idle
	heap          int64
}

// A contender does a unit of work in one way.
type contender struct {
	name    string
	measure func() reading
}

// The contenders that others are compared with, and variants of them.
const (
	freddyName    = "freddy"
	ownBackoff    = "freddy, default backoff"
	plain         = "net/http" // the reference of what is measured in memory
	retrying      = "go-retryablehttp"
	tunedName     = "net/http, tuned"     // the reference of what opens connections: it has this client's pool
	twinName      = tunedName + ", again" // the reference once more shows how much is chance
	oneCall       = "one call"
	healthySuffix = ", healthy" // at a server without faults
)

// A unit of work is done by every contender in turn, round by round, so that other
// load on the machine affects all of them.
type unit struct {
	name  string
	floor string // the contender whose ratio is 1
	of    []contender
}

// A table has the readings of a unit of work, by contender, in the order of rounds.
type table struct {
	unit
	rows map[string][]reading
}

// only removes the contenders that are not named.
func (u unit) only(names ...string) unit {
	u.of = slices.DeleteFunc(slices.Clone(u.of), func(c contender) bool { return !slices.Contains(names, c.name) })
	return u
}

func (u unit) run(rounds int) table {
	began := time.Now()
	t := table{unit: u, rows: make(map[string][]reading)}
	for round := range rounds {
		for i := range u.of {
			c := u.of[(i+round)%len(u.of)] // no contender is always the first
			progress("%s: round %d of %d, %s", u.name, round+1, rounds, c.name)
			runtime.GC()
			t.rows[c.name] = append(t.rows[c.name], c.measure())
		}
	}
	progress("")
	fmt.Fprintf(terminal, "%s: %d rounds in %.1f s\n", u.name, rounds, time.Since(began).Seconds())
	return t
}

// progress prints what is being done, if a person is watching.
func progress(format string, args ...any) {
	if file, err := terminal.Stat(); err == nil && file.Mode()&os.ModeCharDevice != 0 {
		fmt.Fprintf(terminal, "\r\x1b[K"+format, args...)
	}
}

// median returns the median of a contender's rounds.
func (t table) median(name string, of func(reading) float64) float64 {
	return t.spread(name, of).median
}

func (t table) mean(name string, of func(reading) float64) float64 {
	sum := 0.0
	for _, r := range t.rows[name] {
		sum += of(r)
	}
	return sum / float64(len(t.rows[name]))
}

// byRatio returns the contenders in ascending order of their ratio.
func (t table) byRatio(floor string, of func(reading) float64) []string {
	return t.by(func(name string) float64 { return t.ratio(name, floor, of).median })
}

// by returns the contenders in ascending order of a value.
func (t table) by(value func(name string) float64) []string {
	return slices.SortedFunc(maps.Keys(t.rows), func(a, b string) int {
		return cmp.Or(cmp.Compare(value(a), value(b)), strings.Compare(a, b))
	})
}

// A spread is a median with the least and the greatest of all rounds.
type spread struct{ median, least, most float64 }

func (s spread) String() string {
	return fmt.Sprintf("%.2f (%.2f to %.2f)", s.median, s.least, s.most)
}

// whole is String without decimals, for what is counted.
func (s spread) whole() string { return fmt.Sprintf("%.0f (%.0f to %.0f)", s.median, s.least, s.most) }

// perRound returns the spread of a value of each round.
func perRound(rounds int, of func(round int) float64) spread {
	values := make([]float64, rounds)
	for i := range values {
		values[i] = of(i)
	}
	slices.Sort(values)
	return spread{values[len(values)/2], values[0], values[len(values)-1]}
}

// spread returns that of a contender's rounds.
func (t table) spread(name string, of func(reading) float64) spread {
	rows := t.rows[name]
	return perRound(len(rows), func(i int) float64 { return of(rows[i]) })
}

// ratio compares two contenders within each round.
func (t table) ratio(name, floor string, of func(reading) float64) spread {
	rows, floors := t.rows[name], t.rows[floor]
	return perRound(len(rows), func(i int) float64 { return of(rows[i]) / of(floors[i]) })
}

// ratioOfSums is ratio with the ratio of the sums of all rounds as its median, for
// what is left to chance in each round.
func (t table) ratioOfSums(name, floor string, of func(reading) float64) spread {
	r := t.ratio(name, floor, of)
	r.median = t.mean(name, of) / t.mean(floor, of)
	return r
}

// The values that medians and ratios are taken of.
func timeOf(r reading) float64        { return float64(r.time) }
func allocsOf(r reading) float64      { return float64(r.allocs) }
func bytesOf(r reading) float64       { return float64(r.bytes) }
func rateOf(r reading) float64        { return r.rate }
func p50Of(r reading) float64         { return float64(r.p50) }
func p99Of(r reading) float64         { return float64(r.p99) }
func connectionsOf(r reading) float64 { return float64(r.connections) }
func requestsOf(r reading) float64    { return float64(r.requests) }
func failedOf(r reading) float64      { return float64(r.failed) }
func goroutinesOf(r reading) float64  { return float64(r.goroutines) }
func heapOf(r reading) float64        { return float64(r.heap) }
func dialsOf(r reading) float64       { return float64(r.connections) / float64(r.requests) }

// operation measures one operation, repeated for as long as -test.benchtime says.
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
