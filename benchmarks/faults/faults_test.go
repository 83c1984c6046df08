package main

import (
	"crypto/x509"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go/benchmarks/internal/clients"
	"github.com/aitronos/freddy-go/internal/faulty"
)

// The column of this module, except the faults that take long.
func TestOwnColumn(t *testing.T) {
	x509.SetFallbackRoots(faulty.RootCAs())
	require.NoError(t, useOwnDNS())
	own := clients.All()[0]
	require.NoError(t, healthy(own))
	for _, f := range faults {
		if f.group != patient || f.window > 20*time.Second {
			continue
		}
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			r := f.cell(own)
			assert.True(t, r.Desired, r.Text)
		})
	}
}
