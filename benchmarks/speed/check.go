package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/benchmarks/internal/clients"
)

// A limit is what CI allows an operation to allocate: the greatest number that was
// measured with a supported release of Go. It does not depend on the machine.
type limit struct {
	name          string
	allocs, bytes int64
	op            func() error
}

// check fails if a limit is exceeded, or a time is far above its goal.
func check() error {
	var failures []error
	for _, l := range limits() {
		allocs, size := count(l.op)
		fmt.Printf("%s: %d allocations, %d bytes\n", l.name, allocs, size)
		if allocs > l.allocs || size > l.bytes {
			failures = append(failures, fmt.Errorf("%s: %d allocations, %d bytes; the limit is %d, %d", l.name, allocs, size, l.allocs, l.bytes))
		}
	}
	return errors.Join(append(failures, checkGet(), checkProgram())...)
}

func limits() []limit {
	get := clients.Find(freddyName).Body()
	source := func(context.Context) (string, error) { return clients.Key, nil }
	own := func(status int, body []byte, opts ...freddy.Option) *freddy.Client {
		return newFreddy(append(opts, withTransport(always(status, body)))...)
	}
	page := own(http.StatusOK, clients.Find(freddyName).Page())
	missing := freddyGet(own(http.StatusNotFound, []byte(clients.Find(freddyName).Failure(http.StatusNotFound, "Personal connector not found"))))
	three := newFreddy(withTransport(catalogue(3 * pageSize)))
	create := newAPI(clients.Find(freddyName), always(http.StatusCreated, clients.Find(freddyName).Created()))
	return []limit{
		{"Get", 18, 2944, freddyGet(own(http.StatusOK, get))},
		{"Get with a key source", 20, 3008, freddyGet(newFreddyFor("", freddy.WithKeySource(source), withTransport(always(http.StatusOK, get))))},
		{"404", 20, 2392, func() error { return unless(missing() != nil, nil) }},
		{"page of 100", 46, 141512, func() error {
			_, err := page.Connectors().List(context.Background(), freddy.ConnectorListParams{Limit: pageSize})
			return err
		}},
		{"All over three pages", 202, 452528, func() error { return readAll(three, 3*pageSize, func(int) {}) }},
		{"Create", 63, 4840, func() error { return create.Create(context.Background()) }},
	}
}

// count returns what an operation allocates. Without the garbage collector, which
// empties each sync.Pool, and on one processor it is the same every time.
func count(op func() error) (allocs, size int64) {
	const times = 100
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	repeat := func() {
		for range times {
			if err := op(); err != nil {
				panic(err)
			}
		}
	}
	repeat()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	repeat()
	runtime.ReadMemStats(&after)
	return int64(after.Mallocs-before.Mallocs) / times, int64(after.TotalAlloc-before.TotalAlloc) / times
}

func checkGet() error {
	each("100ms")
	return checkTime(getUnit().only(freddyName, plain).run(9), getTime)
}

// checkTime fails if all rounds exceed half more than the goal: times depend on the
// other load of the machine.
func checkTime(t table, goal float64) error {
	time, most := t.ratio(freddyName, plain, timeOf), 1.5*goal
	fmt.Printf("%s: %s of the time of %s\n", t.name, time, plain)
	if time.least > most {
		return fmt.Errorf("%s: at least %.2f of the time of %s; the limit is %.2f", t.name, time.least, plain, most)
	}
	return nil
}

// What package initialization may allocate beyond that of net/http. It varies by a few
// allocations.
const (
	initAllocs = 135
	initBytes  = 26_500
)

// checkProgram compares a program with this client with one that has net/http alone.
func checkProgram() error {
	folder, err := os.MkdirTemp("", "speed")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	programs, err := buildPrograms(folder, clients.Find(freddyName), clients.Find(plain))
	if err != nil {
		return err
	}
	allocs := programs[freddyName].initAllocs - programs[plain].initAllocs
	size := programs[freddyName].initBytes - programs[plain].initBytes
	fmt.Printf("initialization: %d allocations, %d bytes more than %s\n", allocs, size, plain)
	var failure error
	if allocs > initAllocs || size > initBytes {
		failure = fmt.Errorf("initialization: %d allocations, %d bytes more than %s; the limit is %d, %d", allocs, size, plain, initAllocs, initBytes)
	}
	return errors.Join(failure, checkTime(startUnit(programs).only(freddyName, plain).run(9), startTime))
}
