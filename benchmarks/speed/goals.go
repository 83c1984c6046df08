package main

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/aitronos/freddy-go/benchmarks/internal/clients"
)

// What is to be reached, beside the floor of each unit of work.
const (
	getTime     = 0.5 // of net/http
	getAllocs   = 30
	missingTime = 1.0
	pageTime    = 0.25
	pageBytes   = 0.5
	retryRounds = 0.5  // of net/http's Get, that a retry adds
	crowdRate   = 1.0  // of a tuned net/http
	crowdDials  = 1.05 // likewise: it is the same pool, in which dials race
	flakyRate   = 0.85 // of the rate at the healthy server
	flakyDials  = 1.2  // of the connections of a tuned net/http without retries
	heldPages   = 2.0
	startTime   = 1.25 // of a program with net/http alone

	// What CI holds besides: allocations that are there now.
	pageAllocs    = 338
	missingAllocs = 29
)

// A goal is what was to be reached, and what was.
type goal struct {
	what, wanted, measured string
	met                    bool
}

func atMost(what string, most float64, is ratio) goal {
	return goal{what, fmt.Sprintf("at most %.2f", most), is.String(), is.median <= most}
}

func atLeast(what string, least float64, is ratio) goal {
	return goal{what, fmt.Sprintf("at least %.2f", least), is.String(), is.median >= least}
}

func (r *results) goals() []goal {
	allocs := r.get.median(freddyName, allocsOf)
	next := fastestSDK(r.get)
	_, added := retryCost(r.retry)
	goals := []goal{
		atMost("Get: time, of net/http's", getTime, r.get.ratio(freddyName, plain, timeOf)),
		{"Get: allocations", fmt.Sprintf("at most %d", getAllocs), fmt.Sprintf("%.0f", allocs), allocs <= getAllocs},
		atMost("Get: time, of the fastest other SDK's ("+next+")", 1, r.get.ratio(freddyName, next, timeOf)),
		atMost("404: time, of net/http's", missingTime, r.missing.ratio(freddyName, plain, timeOf)),
		atMost("page of 100: time, of net/http's", pageTime, r.page.ratio(freddyName, plain, timeOf)),
		atMost("page of 100: bytes allocated, of net/http's", pageBytes, r.page.ratio(freddyName, plain, bytesOf)),
		atMost("one 503 and a retry: what it adds, in Gets of net/http", retryRounds, added),
	}
	for _, t := range []table{r.http1, r.http2} {
		goals = append(goals, atLeast(t.name+": calls a second, of a tuned net/http's", crowdRate, t.ratio(freddyName, tunedName, rateOf)))
	}
	for _, t := range []table{r.dials1, r.dials2} {
		goals = append(goals, atMost(t.name+": connections of all rounds, of a tuned net/http's", crowdDials, t.ratioOfSums(freddyName, tunedName, connectionsOf)))
	}
	for _, t := range []table{r.flaky1, r.flaky2} {
		goals = append(goals,
			atLeast(t.name+": calls a second, of those at the healthy server", flakyRate, t.ratio(freddyName, freddyName+healthyOf, rateOf)),
			atMost(t.name+": connections a request, of a tuned net/http's", flakyDials, t.ratioOfSums(freddyName, tunedName, dialsOf)))
	}
	goals = append(goals, atMost("start of a program: time, of net/http's", startTime, r.start.ratio(freddyName, plain, timeOf)))
	pages := float64(r.held) / float64(r.heldPage)
	return append(goals, goal{
		"All over 10,000: memory held, in pages", fmt.Sprintf("at most %.0f", heldPages),
		fmt.Sprintf("%.2f", pages), pages <= heldPages,
	})
}

// fastestSDK is the fastest client in t that is neither this one nor made by
// hand.
func fastestSDK(t table) string {
	names := slices.DeleteFunc(t.byRatio(plain, timeOf), func(name string) bool {
		return name == freddyName || name == plain || name == retrying
	})
	return names[0]
}

// check measures what CI holds: allocations, which are stable, and two times, which
// are not: that of a Get may be half more than the goal, that of a start two fifths.
func check() error {
	each("200ms")
	var wrong []error
	for _, row := range []struct {
		of     unit
		allocs float64
		time   float64 // 0: not held
	}{{getUnit(), getAllocs, getTime * 1.5}, {pageUnit(), pageAllocs, 0}, {missingUnit(), missingAllocs, 0}} {
		t := row.of.only(freddyName, plain).run(5)
		time, allocs := t.ratio(freddyName, plain, timeOf), t.median(freddyName, allocsOf)
		fmt.Printf("%s: %s of the time of %s, %.0f allocations\n", t.name, time, plain, allocs)
		if allocs > row.allocs {
			wrong = append(wrong, fmt.Errorf("%s: %.0f allocations, more than %.0f", t.name, allocs, row.allocs))
		}
		if row.time > 0 && time.median > row.time {
			wrong = append(wrong, fmt.Errorf("%s: %.2f of the time of %s, more than %.2f", t.name, time.median, plain, row.time))
		}
	}
	return errors.Join(append(wrong, checkStart(startTime*1.4))...)
}

// checkStart compares how long a program with this client takes from its start to
// its end with one that has net/http alone.
func checkStart(most float64) error {
	folder, err := os.MkdirTemp("", "speed")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	programs, err := buildPrograms(folder, clients.Find(freddyName), clients.Find(plain))
	if err != nil {
		return err
	}
	t := startUnit(programs).only(freddyName, plain).run(15)
	time := t.ratio(freddyName, plain, timeOf)
	fmt.Printf("%s of a program: %s of the time of %s\n", t.name, time, plain)
	if time.median > most {
		return fmt.Errorf("start of a program: %.2f of the time of %s, more than %.2f", time.median, plain, most)
	}
	return nil
}
