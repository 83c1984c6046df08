//go:debug x509usefallbackroots=1

// Command speed measures this client beside net/http and other public SDKs, and
// writes what it found.
//
//	go run ./speed           # in benchmarks/; prints the results
//	go run ./speed -write    # also writes RESULTS.md and results.svg
//	go run ./speed -check    # the short form: fails if a goal that CI keeps is missed
//
// All servers are on loopback.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"testing"
	"time"

	"github.com/aitronos/freddy-go/benchmarks/internal/clients"
)

func main() {
	write := flag.Bool("write", false, "write RESULTS.md and results.svg, too")
	short := flag.Bool("check", false, "measure only what CI keeps to its goals, and fail if it does not")
	rounds := flag.Int("rounds", 7, "how often each unit of work is measured; those in memory three times as often")
	child := flag.Bool("serve", false, "be the server, for the command's own use")
	testing.Init()
	flag.Parse()
	silence()

	var err error
	switch {
	case *child:
		err = serve()
	case *short:
		err = check()
	default:
		err = measureAll(*rounds, *write)
	}
	if err != nil {
		fmt.Fprintln(terminal, err)
		os.Exit(1)
	}
}

// terminal is where progress and errors go.
var terminal = os.Stderr

// silence discards what clients log by themselves: what it costs to print is the
// terminal's.
func silence() {
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		panic(err)
	}
	os.Stderr = null
	log.SetOutput(null)
}

// each sets for how long one round repeats an operation in memory.
func each(benchtime string) {
	if err := flag.Set("test.benchtime", benchtime); err != nil {
		panic(err)
	}
}

func measureAll(rounds int, write bool) error {
	r, err := measure(rounds)
	if err != nil {
		return err
	}
	document := r.document()
	fmt.Print(document)
	if !write {
		return nil
	}
	if err := os.WriteFile("RESULTS.md", []byte(document), 0o644); err != nil {
		return err
	}
	return os.WriteFile("results.svg", []byte(r.chart()), 0o644)
}

// results are all tables of a run.
type results struct {
	rounds                                int
	took                                  time.Duration
	get, page, missing, all, retry, built table
	http1, http2, burst1, burst2          table
	dials1, dials2                        table
	flaky1, flaky2, pool, start           table
	programs                              map[string]program
	held, heldPage                        int64 // bytes: by All at most, by one page
}

func measure(rounds int) (*results, error) {
	began := time.Now()
	folder, err := os.MkdirTemp("", "speed")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	r := &results{rounds: rounds}
	if r.programs, err = buildPrograms(folder, clients.All()...); err != nil {
		return nil, err
	}
	s, err := startServer()
	if err != nil {
		return nil, err
	}
	defer s.stop()

	// Short and often: what is around it changes from second to second.
	each("100ms")
	often := 3 * rounds
	r.get, r.page, r.missing = getUnit().run(often), pageUnit().run(often), missingUnit().run(often)
	r.all, r.retry = allUnit().run(often), retryUnit().run(often)
	each("50ms")
	r.built = constructionUnit().run(rounds)
	r.held, r.heldPage = heldByAll()
	r.http1, r.http2 = crowdUnit("HTTP/1.1", s, s.Plain).run(rounds), crowdUnit("HTTP/2", s, s.TLS).run(rounds)
	r.burst1, r.burst2 = burstUnit("cold burst, HTTP/1.1", s, s.Plain).run(rounds), burstUnit("cold burst, HTTP/2", s, s.TLS).run(rounds)
	r.dials1, r.dials2 = dialsUnit("HTTP/1.1", s, s.Plain).run(8*rounds), dialsUnit("HTTP/2", s, s.TLS).run(8*rounds)
	r.flaky1, r.flaky2 = flakyUnit("flaky, waits of 1 ms, HTTP/1.1", s, s.Plain).run(rounds), flakyUnit("flaky, waits of 1 ms, HTTP/2", s, s.TLS).run(rounds)
	r.pool = poolUnit(s).run(rounds)
	r.start = startUnit(r.programs).run(rounds)
	r.took = time.Since(began)
	return r, nil
}
