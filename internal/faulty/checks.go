package faulty

import (
	"log"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// Checks holds what must be true when a fault test ends.
type Checks struct {
	// Grace is how long connections and goroutines may take to end.
	Grace time.Duration

	tb        testing.TB
	base      int
	closeIdle []func()
}

// Watch notes the goroutines that run now and requires at the end of the test
// that no more than two others remain. Call it before anything that registers
// a cleanup, and not in a parallel test, whose goroutines are not its own.
func Watch(tb testing.TB) *Checks {
	c := &Checks{Grace: 2 * time.Second, tb: tb, base: runtime.NumGoroutine()}
	tb.Cleanup(func() {
		c.runCloseIdle()
		if !c.holds(func() bool { return runtime.NumGoroutine() <= c.base+2 }) {
			stacks := make([]byte, 1<<20)
			stacks = stacks[:runtime.Stack(stacks, true)]
			tb.Errorf("faulty: goroutines left: %d at the start, %d now\n%s", c.base, runtime.NumGoroutine(), stacks)
		}
	})
	return c
}

// CloseIdle adds a function that closes idle connections; it is called, maybe
// more than once, before the checks.
func (c *Checks) CloseIdle(closeIdle func()) {
	c.closeIdle = append(c.closeIdle, closeIdle)
}

// Server requires that at the end of the test, before s closes them itself,
// the client has closed all its connections to s. It returns s.
func (c *Checks) Server(s *Server) *Server {
	c.tb.Cleanup(func() {
		c.runCloseIdle()
		if !c.holds(func() bool { return s.Open() == 0 }) {
			c.tb.Errorf("faulty: connections left open: %d of %d", s.Open(), s.Accepted())
		}
	})
	return s
}

func (c *Checks) runCloseIdle() {
	for _, closeIdle := range c.closeIdle {
		closeIdle()
	}
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

// Quiet requires that until the end of the test nothing is written to
// os.Stderr, to the standard logger, or at any level to slog's default. It
// swaps these globals, so it is not for parallel tests.
func Quiet(tb testing.TB) {
	tb.Helper()
	name := filepath.Join(tb.TempDir(), "stderr")
	file, err := os.Create(name)
	if err != nil {
		tb.Fatalf("faulty: %v", err)
	}
	stderr, output, flags, logger := os.Stderr, log.Writer(), log.Flags(), slog.Default()
	os.Stderr = file
	slog.SetDefault(slog.New(slog.NewTextHandler(file, &slog.HandlerOptions{Level: slog.Level(math.MinInt)})))
	log.SetOutput(file) // after SetDefault, which sets it too
	tb.Cleanup(func() {
		os.Stderr = stderr
		slog.SetDefault(logger)
		log.SetOutput(output)
		log.SetFlags(flags)
		file.Close()
		text, err := os.ReadFile(name)
		if err != nil {
			tb.Errorf("faulty: %v", err)
		}
		if len(text) > 0 {
			tb.Errorf("faulty: written to stderr or a default logger: %.2000q", text)
		}
	})
}
