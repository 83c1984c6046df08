package schema

import "errors"

// errTooMuchWork ends a validation that costs too much. The schema or the value
// has to become smaller.
var errTooMuchWork = errors.New("it takes too much work")

// Limits of one validation. A step is about 10 ns. Errors are counted by the
// bytes that they may take until the library returns them.
const (
	maxSteps      = 20_000_000
	maxErrorBytes = 8 << 20
)

// work is what a validation may still spend. The library cannot be stopped, so
// what it calls panics with errTooMuchWork or errTooManyErrors.
type work struct {
	steps      int
	errorBytes int
	errorSize  int // of one error with those that contain it
}

var errTooManyErrors = errors.New("has too many problems to list")

func (w *work) spend(steps int) {
	if w.steps -= steps; w.steps < 0 {
		panic(errTooMuchWork)
	}
}

// fail counts errors.
func (w *work) fail(errors int) { w.failBytes(errors * w.errorSize) }

func (w *work) failBytes(size int) {
	if w.errorBytes -= size; w.errorBytes < 0 {
		panic(errTooManyErrors)
	}
}
