package main

import (
	"fmt"
	"slices"
)

// The goals. Times are ratios to net/http unless a comment says otherwise.
const (
	getTime     = 0.42
	getAllocs   = 20 // with those of the RoundTripper, transportAllocs
	pageTime    = 0.25
	pageAllocs  = 90
	pageBytes   = 0.50
	missingTime = 0.95
	retryTime   = 0.50 // what a retry adds, in Gets
	peakHeap    = 2.7  // in sizes of the response
	heldPages   = 2.0  // memory that All holds beside the hashes of ids, in pages
	heldHash    = 32   // bytes that All keeps for each id, so that it ends
	startTime   = 1.25

	burstConnections    = 8   // over HTTP/2 with 250 streams
	burstConnectionsFew = 0.5 // with 100 streams, in all rounds, of a tuned net/http
	burstDelay          = 1.0 // over HTTP/1.1, in times of one call
	crowdRate           = 1.0 // of a tuned net/http
	crowdDials          = 1.05
	flakyRate           = 0.85 // of the rate at the healthy server
	flakyDials          = 1.2  // of the connections a request of a tuned net/http, without retries
	keyConnections      = workers + 5
	wrappedConnections  = 260
)

// A goal is what is to be reached, and what was measured.
type goal struct {
	what, wanted, measured string
	met                    bool
}

func atMost(what string, most float64, measured spread) goal {
	return goal{what, fmt.Sprintf("at most %.2f", most), measured.String(), measured.median <= most}
}

func atLeast(what string, least float64, measured spread) goal {
	return goal{what, fmt.Sprintf("at least %.2f", least), measured.String(), measured.median >= least}
}

// atMostCount is atMost for what is counted.
func atMostCount(what string, most float64, measured spread) goal {
	return goal{what, fmt.Sprintf("at most %.0f", most), measured.whole(), measured.median <= most}
}

func (r *results) goals() []goal {
	goals := []goal{
		atMost("Get: time, of net/http's", getTime, r.get.ratio(freddyName, plain, timeOf)),
		atMostCount("Get: allocations", getAllocs, r.get.spread(freddyName, allocsOf)),
		atMost("page of 100: time, of net/http's", pageTime, r.page.ratio(freddyName, plain, timeOf)),
		atMostCount("page of 100: allocations", pageAllocs, r.page.spread(freddyName, allocsOf)),
		atMost("page of 100: bytes allocated, of net/http's", pageBytes, r.page.ratio(freddyName, plain, bytesOf)),
		atMost("404: time, of net/http's", missingTime, r.missing.ratio(freddyName, plain, timeOf)),
		atMost("a 503 and a second attempt: time, of a Get of net/http", retryTime, r.retry.ratio(extraAttempt, plain, timeOf)),
		atMost("response of 10 MiB: peak of the heap, in sizes of the response", peakHeap, r.peak.spread(freddyName, peakOf)),
		atMost("All over 10,000: memory held beside 32 bytes an id, in pages", heldPages, constant(float64(r.held-connectors*heldHash)/float64(r.heldPage))),
		atMost("start of a program: time, of net/http's", startTime, r.start.ratio(freddyName, plain, timeOf)),
		atMostCount("cold burst of 256, "+distant2.name+": connections", burstConnections, r.burst2.spread(freddyName, connectionsOf)),
		atMost("cold burst of 256, "+distant2few.name+": connections, of a tuned net/http's", burstConnectionsFew, r.burst2few.ratioOfSums(freddyName, tunedName, connectionsOf)),
		atMost("cold burst of 256, "+distant1.name+": later than a tuned net/http, in times of one call", burstDelay, lateness(r.burst1)),
	}
	for _, t := range []table{r.http1, r.http2} {
		goals = append(goals, atLeast(t.name+", 256 goroutines: calls a second, of a tuned net/http's", crowdRate, t.ratio(freddyName, tunedName, rateOf)))
	}
	for _, t := range []table{r.dials1, r.dials2} {
		goals = append(goals, atMost(t.name+", 256 goroutines: connections, of a tuned net/http's", crowdDials, t.ratioOfSums(freddyName, tunedName, connectionsOf)))
	}
	for _, t := range []table{r.flaky1, r.flaky2} {
		goals = append(goals,
			atLeast(t.name+": calls a second, of those at the healthy server", flakyRate, t.ratio(freddyName, freddyName+healthySuffix, rateOf)),
			atMost(t.name+": connections a request, of a tuned net/http's", flakyDials, t.ratioOfSums(freddyName, tunedName, dialsOf)))
	}
	for _, t := range []table{r.keys1, r.keys2} {
		goals = append(goals, atMostCount(t.name+" with WithAPIKey: connections of 50 workers", keyConnections, t.spread(derived, connectionsOf)))
	}
	for _, t := range []table{r.wrap1, r.wrap2} {
		goals = append(goals, atMostCount(t.name+": connections of 200 goroutines", wrappedConnections, t.spread(wrapsNew, connectionsOf)))
	}
	for _, t := range []table{r.get, r.page, r.missing} {
		next := otherSDKs(t.byRatio(plain, timeOf))[0]
		goals = append(goals, atMost(t.name+": time, of the fastest other SDK's ("+next+")", 1, t.ratio(freddyName, next, timeOf)))
	}
	for _, t := range []table{r.http1, r.http2} {
		others := otherSDKs(t.byRatio(tunedName, rateOf))
		next := others[len(others)-1]
		goals = append(goals, atLeast(t.name+", 256 goroutines: calls a second, of the fastest other SDK's ("+next+")", 1, t.ratio(freddyName, next, rateOf)))
	}
	return goals
}

// constant is the spread of what is measured once.
func constant(value float64) spread { return spread{value, value, value} }

// otherSDKs removes this client and those that are written by hand.
func otherSDKs(names []string) []string {
	return slices.DeleteFunc(names, func(name string) bool {
		return slices.Contains([]string{freddyName, plain, retrying, tunedName, twinName, oneCall}, name)
	})
}

// lateness is how much longer a burst takes than with a tuned net/http, in times of
// one call.
func lateness(t table) spread {
	return perRound(len(t.rows[freddyName]), func(i int) float64 {
		return float64(t.rows[freddyName][i].time-t.rows[tunedName][i].time) / float64(t.rows[oneCall][i].time)
	})
}
