//go:build !race

package freddy_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/aitronos/freddy-go"
)

// Allocations are stable where times are not, so they are what is held to a
// number. They include those of the RoundTripper that answers from memory (8).
// The race detector adds its own, so this file is not built with it.
func TestAllocations(t *testing.T) {
	ctx := t.Context()
	get := inMemory(t, http.StatusOK, fixture(t, "connector.json"))
	page := inMemory(t, http.StatusOK, pageOf100(t))
	missing := inMemory(t, http.StatusNotFound, fixture(t, "error_connector_not_found.json"))
	for name, row := range map[string]struct {
		most float64
		call func()
	}{
		"Get":         {30, func() { _, _ = get.Connectors().Get(ctx, "pcon_github") }},
		"page of 100": {338, func() { _, _ = page.Connectors().List(ctx, freddy.ConnectorListParams{Limit: 100}) }},
		"404":         {29, func() { _, _ = missing.Connectors().Get(ctx, "pcon_unknown") }},
	} {
		assert.LessOrEqual(t, testing.AllocsPerRun(200, row.call), row.most, name)
	}
}
