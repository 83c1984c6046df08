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
		Note:  fmt.Sprintf("A Get of an object of about 1 KB, in memory; and the first %d calls, all at once, over HTTP/2. Less is better.", crowd),
		Names: names,
		Ours:  freddyName,
		Panels: []chart.Panel{
			{Title: "Time of a Get", Note: "net/http with encoding/json is 1"},
			{Title: "Allocations of a Get", Note: fmt.Sprintf("%d of them by the test transport", transportAllocs)},
			{Title: "Connections of a cold burst", Note: "opened by the first calls"},
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
