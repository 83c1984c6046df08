package main

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/aitronos/freddy-go/benchmarks/internal/chart"
	"github.com/aitronos/freddy-go/benchmarks/internal/clients"
)

// picture returns in how many rows of the table each client does what is desired, as
// SVG.
func (t *table) picture() string {
	rows := [][]result{t.written()}
	for _, f := range faults {
		rows = append(rows, t.row(f))
	}
	passed := make(map[string]int)
	for _, row := range rows {
		for i, client := range clients.All() {
			if row[i].Desired {
				passed[client.Name]++
			}
		}
	}
	all := clients.All()
	slices.SortStableFunc(all, func(a, b clients.Client) int { return cmp.Compare(passed[b.Name], passed[a.Name]) })
	c := chart.Chart{
		Title:  "When a server misbehaves",
		Note:   "Silent servers, broken connections, retries, redirects, hostile ids, huge bodies, echoed keys: each client with its defaults.",
		Ours:   "freddy",
		Panels: []chart.Panel{{Title: "Faults survived", Note: fmt.Sprintf("of %d; more is better", len(rows)), Of: float64(len(rows))}},
	}
	for _, client := range all {
		n := passed[client.Name]
		c.Names = append(c.Names, client.Name)
		c.Panels[0].Bars = append(c.Panels[0].Bars, chart.Bar{Value: float64(n), Label: fmt.Sprint(n)})
	}
	return c.SVG()
}
