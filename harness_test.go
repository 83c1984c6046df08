package freddy_test

import (
	"os"
	"testing"

	"github.com/aitronos/freddy-go/internal/faulty"
)

// TestMain also requires that the package writes nothing to stderr or to a
// default logger and leaves no goroutine.
func TestMain(m *testing.M) { os.Exit(faulty.Main(m.Run)) }
