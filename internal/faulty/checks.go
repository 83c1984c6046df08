package faulty

import (
	"flag"
	"fmt"
	"io"
	"log"
	"log/slog"
	"math"
	"net/http"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// Checks holds what must be true when a test ends.
type Checks struct {
	// Grace is how long connections and goroutines may take to end.
	Grace time.Duration

	tb        testing.TB
	closeIdle []func()
}

// NewChecks returns the checks of a test. Call it before anything that
// registers a cleanup.
func NewChecks(tb testing.TB) *Checks {
	c := &Checks{Grace: 2 * time.Second, tb: tb}
	tb.Cleanup(c.runCloseIdle)
	return c
}

// Goroutines requires that at the end of the test at most two goroutines more
// run than now. It is not for a parallel test.
func (c *Checks) Goroutines() {
	base := runtime.NumGoroutine()
	c.tb.Cleanup(func() {
		c.runCloseIdle()
		if left := c.goroutinesOver(base + 2); left != "" {
			c.tb.Error(left)
		}
	})
}

// CloseIdle registers a function that closes idle connections. The checks call
// it at the end of the test, possibly several times.
func (c *Checks) CloseIdle(closeIdle func()) {
	c.closeIdle = append(c.closeIdle, closeIdle)
}

// A connCounter is a server that counts its connections.
type connCounter interface {
	Accepted() int
	Open() int
}

// Server requires that the client has closed all connections to s at the end of
// the test, before s itself closes them. It returns s.
func (c *Checks) Server(s *Server) *Server {
	c.connections(s)
	return s
}

// HTTP2Server is [Checks.Server] for HTTP/2.
func (c *Checks) HTTP2Server(s *HTTP2Server) *HTTP2Server {
	c.connections(s)
	return s
}

func (c *Checks) connections(s connCounter) {
	c.tb.Cleanup(func() {
		// An HTTP/2 connection is idle only after net/http has reset its cancelled
		// streams, so idle connections are closed repeatedly.
		if !c.holds(func() bool { c.runCloseIdle(); return s.Open() == 0 }) {
			c.tb.Errorf("faulty: connections left open: %d of %d", s.Open(), s.Accepted())
		}
	})
}

func (c *Checks) runCloseIdle() {
	for _, closeIdle := range c.closeIdle {
		closeIdle()
	}
}

// goroutinesOver returns the stacks if more than limit goroutines run.
func (c *Checks) goroutinesOver(limit int) string {
	if c.holds(func() bool { return runtime.NumGoroutine() <= limit }) {
		return ""
	}
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	return fmt.Sprintf("faulty: goroutines left: %d, want at most %d\n%s", runtime.NumGoroutine(), limit, stacks)
}

func (c *Checks) holds(condition func() bool) bool {
	deadline := time.NewTimer(c.Grace)
	defer deadline.Stop()
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	for !condition() {
		select {
		case <-ticker.C:
		case <-deadline.C:
			return condition()
		}
	}
	return true
}

// noTests is what the testing package itself writes to os.Stderr.
const noTests = "testing: warning: no tests to run\n"

// Main runs the tests of a package, which is [testing.M.Run], and returns the
// exit code. The run fails if the tests write to os.Stderr, to the standard
// logger or, at any level, to the default slog logger, or if they leave
// goroutines. It checks nothing while fuzzing, which writes to os.Stderr itself.
func Main(run func() int) int {
	flag.Parse()
	if fuzz := flag.Lookup("test.fuzz"); fuzz != nil && fuzz.Value.String() != "" {
		return run()
	}
	checks := &Checks{Grace: 5 * time.Second}
	goroutines := runtime.NumGoroutine()
	restore, err := captureOutput()
	if err != nil {
		fmt.Fprintln(os.Stderr, "faulty:", err)
		return 1
	}
	code := run()
	written := restore()
	if strings.Contains(written, noTests) {
		fmt.Fprint(os.Stderr, noTests)
		written = strings.ReplaceAll(written, noTests, "")
	}
	new(http.Client).CloseIdleConnections() // of http.DefaultTransport
	if written != "" {
		fmt.Fprintf(os.Stderr, "faulty: written to stderr or a default logger: %.2000q\n", written)
		code = max(code, 1)
	}
	if left := checks.goroutinesOver(goroutines + 2); left != "" {
		fmt.Fprintln(os.Stderr, left)
		code = max(code, 1)
	}
	return code
}

// captureOutput redirects os.Stderr and the default loggers to a file. The
// function that it returns undoes that and returns what was written.
func captureOutput() (restore func() string, err error) {
	file, err := os.CreateTemp("", "stderr")
	if err != nil {
		return nil, err
	}
	stderr, output, flags, logger := os.Stderr, log.Writer(), log.Flags(), slog.Default()
	os.Stderr = file
	slog.SetDefault(slog.New(slog.NewTextHandler(file, &slog.HandlerOptions{Level: slog.Level(math.MinInt)})))
	log.SetOutput(file) // after SetDefault, which sets it too
	return func() string {
		os.Stderr = stderr
		slog.SetDefault(logger)
		log.SetOutput(output)
		log.SetFlags(flags)
		defer os.Remove(file.Name())
		defer file.Close()
		text, err := io.ReadAll(io.NewSectionReader(file, 0, math.MaxInt64))
		if err != nil {
			return err.Error()
		}
		return string(text)
	}, nil
}
