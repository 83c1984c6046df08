package main

import (
	"fmt"

	"github.com/aitronos/freddy-go/benchmarks/internal/chart"
)

// picture returns the most important results as SVG.
func (r *results) picture() string {
	names := r.get.byRatio(plain, timeOf)
	c := chart.Chart{
		Title: "What a call costs",
		Note:  "Get: an object of about 1 KB, from memory. Cold burst: the first calls of a client. Medians; less is better.",
		Names: names,
		Ours:  freddyName,
		Panels: []chart.Panel{
			{Title: "Time of a Get", Note: "net/http with encoding/json is 1"},
			{Title: "Allocations of a Get", Note: fmt.Sprintf("%d of them by the test transport", transportAllocs)},
			{Title: "Connections of a cold burst", Note: fmt.Sprintf("%d calls at once, HTTP/2 server", crowd)},
		},
	}
	for _, name := range names {
		ratio, allocs := r.get.ratio(name, plain, timeOf).median, r.get.median(name, allocsOf)
		connections := r.burst2.median(name, connectionsOf)
		for i, bar := range []chart.Bar{
			{Value: ratio, Label: fmt.Sprintf("%.2f", ratio)},
			{Value: allocs, Label: fmt.Sprintf("%.0f", allocs)},
			{Value: connections, Label: fmt.Sprintf("%.0f", connections)},
		} {
			c.Panels[i].Bars = append(c.Panels[i].Bars, bar)
		}
	}
	return c.SVG()
}
