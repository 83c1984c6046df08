package schema

import "errors"

// errTooMuchWork ends a validation that costs too much. The schema or the value
// has to become smaller.
var errTooMuchWork = errors.New("it takes too much work")

// Limits of one validation. A step is about 10 ns, and errors are counted by
// the bytes that they may take.
const (
	maxSteps      = 60_000_000
	maxErrorBytes = 48 << 20
)

// work is what a validation may still spend. The library cannot be stopped, so
// what it calls panics with errTooMuchWork or errTooManyErrors.
type work struct {
	steps      int
	errorBytes int
	errorSize  int // of one error, which has the location of its value
}

var errTooManyErrors = errors.New("it has too many problems")

func (w *work) spend(steps int) {
	if w.steps -= steps; w.steps < 0 {
		panic(errTooMuchWork)
	}
}

// allow counts errors that an evaluation may lead to.
func (w *work) allow(errors int) {
	if w.errorBytes -= errors * w.errorSize; w.errorBytes < 0 {
		panic(errTooManyErrors)
	}
}
