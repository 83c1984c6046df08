package main

import (
	"fmt"
	"html"
	"strings"
)

// The chart's measures, in pixels.
const (
	barHeight = 20
	rowHeight = 28
	barsLeft  = 150
	barsWidth = 420
	chartTop  = 56
	chartWide = 760
)

// chart returns an SVG of what a Get costs each client, in Gets of net/http. It
// has colours for light and dark pages.
func (r *results) chart() string {
	names := r.get.byRatio(plain, timeOf)
	widest := r.get.ratio(names[len(names)-1], plain, timeOf).median
	height := chartTop + len(names)*rowHeight + 40
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %d" role="img" aria-label="Time of a Get by client, net/http is 1">
<style>
text { font: 13px system-ui, sans-serif; fill: #1f2328; }
.head { font-size: 15px; font-weight: 600; }
.note { fill: #59636e; }
.bar { fill: #a8b3bf; }
.ours { fill: #0a7f6f; }
.one { stroke: #d1d9e0; }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc; }
.note { fill: #9198a1; }
.bar { fill: #545d68; }
.ours { fill: #2bb39b; }
.one { stroke: #3d444d; }
}
</style>
<text class="head" x="0" y="18">What a Get costs, without the network</text>
<text class="note" x="0" y="38">time, as a multiple of net/http with encoding/json; then allocations (%d rounds, medians)</text>
`, chartWide, height, len(r.get.rows[plain]))
	// Behind the bars and their texts.
	x := barsLeft + barsWidth/widest
	fmt.Fprintf(&b, `<line class="one" x1="%.1f" x2="%[1]f" y1="%d" y2="%d"/>`+"\n", x, chartTop-6, chartTop+len(names)*rowHeight)
	for i, name := range names {
		ratio := r.get.ratio(name, plain, timeOf).median
		y, class := chartTop+i*rowHeight, "bar"
		if name == freddyName {
			class = "ours"
		}
		width := ratio / widest * barsWidth
		fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="end">%s</text><rect class="%s" x="%d" y="%d" width="%.1f" height="%d" rx="2"/><text x="%.1f" y="%d">%.2f<tspan class="note" dx="8">%.0f allocations</tspan></text>`+"\n",
			barsLeft-10, y+15, html.EscapeString(name), class, barsLeft, y, width, barHeight, barsLeft+width+8, y+15, ratio, r.get.median(name, allocsOf))
	}
	fmt.Fprintf(&b, `<text class="note" x="%d" y="%d">Each SDK is answered with a body of its own API, of about 1 KB.</text>`+"\n</svg>\n", barsLeft, height-14)
	return b.String()
}
