//go:debug x509usefallbackroots=1

// Command speed measures this client beside net/http and other public SDKs.
//
//	go run ./speed           # in benchmarks/; prints the results
//	go run ./speed -write    # also writes RESULTS.md and results.svg
//	go run ./speed -check    # only what CI limits; fails if a limit is exceeded
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
	short := flag.Bool("check", false, "measure only what CI limits, and fail if a limit is exceeded")
	rounds := flag.Int("rounds", 5, "how often each unit of work is measured; those in memory four times as often")
	child := flag.Bool("serve", false, "be the server, for internal use")
	peak := flag.String("peak", "", "list a large page with a `client`, for internal use")
	testing.Init()
	flag.Parse()
	silence()

	var err error
	switch {
	case *child:
		err = serve()
	case *peak != "":
		err = measurePeak(*peak)
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

// terminal receives progress and errors.
var terminal = os.Stderr

// silence discards what clients log, because the cost of printing is not theirs.
func silence() {
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		panic(err)
	}
	os.Stderr = null
	log.SetOutput(null)
}

// each sets how long one round repeats an operation in memory.
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
	return os.WriteFile("results.svg", []byte(r.picture()), 0o644)
}

// results are all tables of a run.
type results struct {
	rounds                                int
	took                                  time.Duration
	get, page, missing, all, retry, built table
	peak                                  table
	http1, http2, dials1, dials2          table
	burst1, burst2, burst2few             table
	flaky1, flaky2                        table
	keys1, keys2, wrap1, wrap2            table
	start                                 table
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

	r.held, r.heldPage = heldByAll()
	// Short and often, because other load changes from second to second.
	often := 4 * rounds
	each("100ms")
	r.get, r.page, r.missing = getUnit().run(often), pageUnit().run(often), missingUnit().run(often)
	r.all, r.retry = allUnit().run(often), retryUnit().run(often)
	each("50ms")
	r.built = constructionUnit().run(rounds)
	r.peak = peakUnit().run(2*rounds - 1)
	r.http1, r.http2 = s.crowdUnit(http1).run(rounds), s.crowdUnit(http2).run(rounds)
	r.dials1, r.dials2 = s.dialsUnit(http1).run(6*rounds), s.dialsUnit(http2).run(6*rounds)
	r.burst2 = s.burstUnit(distant2).run(rounds)
	r.burst1 = s.burstUnit(distant1).only(freddyName, tunedName, twinName, oneCall).run(2 * rounds)
	r.burst2few = s.burstUnit(distant2few).only(freddyName, tunedName, twinName).run(2 * rounds)
	r.flaky1, r.flaky2 = s.flakyUnit(http1).run(rounds), s.flakyUnit(http2).run(rounds)
	r.keys1, r.keys2 = s.keysUnit(http1).run(rounds), s.keysUnit(http2).run(rounds)
	r.wrap1, r.wrap2 = s.wrapUnit(http1).run(rounds), s.wrapUnit(http2).run(rounds)
	r.start = startUnit(r.programs).run(often)
	r.took = time.Since(began)
	return r, nil
}
