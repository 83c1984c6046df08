// Package chart draws bar charts as SVG, with colours for light and dark pages.
package chart

import (
	"cmp"
	"fmt"
	"html"
	"slices"
	"strings"
)

// A Chart has a row for each name and a column of bars for each Panel.
type Chart struct {
	Title  string
	Note   string
	Names  []string
	Ours   string // the name that is emphasized
	Panels []Panel
}

// A Panel is a column of bars, which begin at 0.
type Panel struct {
	Title string
	Note  string
	Of    float64 // the value of a full bar; if it is 0, the longest bar is full
	Bars  []Bar   // of each name, in the order of Chart.Names
}

// A Bar has a length and, after it, its label. A Bar without a label is not drawn.
type Bar struct {
	Value float64
	Label string
}

// The measures, in pixels.
const (
	margin    = 20
	width     = 880
	nameWidth = 132
	gap       = 24
	labelRoom = 64 // after a full bar
	heads     = 70 // baseline of the titles of the panels
	bars      = 104
	barHeight = 16
	rowHeight = 25
	lineStep  = 19
)

const style = `<style>
text { font: 13px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328; }
.title { font-size: 17px; font-weight: 600; }
.head, .mine { font-weight: 600; }
.note { fill: #59636e; }
.page { fill: #ffffff; }
.rest { fill: #eff2f5; }
.bar { fill: #b6bfc9; }
.ours { fill: #0a7f6f; }
.mine { fill: #0a7f6f; }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc; }
.note { fill: #9198a1; }
.page { fill: #0d1117; }
.rest { fill: #1c2229; }
.bar { fill: #4d5662; }
.ours { fill: #2bb39b; }
.mine { fill: #3fd0b6; }
}
</style>
`

// SVG returns the chart as an SVG document.
func (c Chart) SVG() string {
	height := bars + rowHeight*len(c.Names)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="%d %[3]d %[1]d %[2]d" role="img" aria-label="%[4]s">`+"\n",
		width+2*margin, height+2*margin, -margin, html.EscapeString(c.Title+". "+c.Note))
	b.WriteString(style)
	// A page may be dark where the reader's system is light.
	fmt.Fprintf(&b, `<rect class="page" x="%d" y="%[1]d" width="%d" height="%d" rx="6"/>`+"\n", -margin, width+2*margin, height+2*margin)
	text(&b, "title", 0, 18, c.Title)
	text(&b, "note", 0, 18+lineStep, c.Note)
	for i, name := range c.Names {
		class := ""
		if name == c.Ours {
			class = ` class="mine"`
		}
		fmt.Fprintf(&b, `<text%s x="%d" y="%d" text-anchor="end">%s</text>`+"\n", class, nameWidth-10, baseline(i), html.EscapeString(name))
	}
	each := (width - nameWidth - gap*(len(c.Panels)-1)) / len(c.Panels)
	for i, p := range c.Panels {
		left := nameWidth + i*(each+gap)
		text(&b, "head", left, heads, p.Title)
		text(&b, "note", left, heads+lineStep, p.Note)
		c.draw(&b, p, left, float64(each-labelRoom))
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// draw draws the bars of a panel. A full bar is as wide as full says.
func (c Chart) draw(b *strings.Builder, p Panel, left int, full float64) {
	most := cmp.Or(p.Of, slices.MaxFunc(p.Bars, func(a, b Bar) int { return cmp.Compare(a.Value, b.Value) }).Value)
	for i, bar := range p.Bars {
		if bar.Label == "" {
			continue
		}
		class, label := "bar", ""
		if c.Names[i] == c.Ours {
			class, label = "ours", ` class="mine"`
		}
		wide := max(1, bar.Value/most*full)
		end := wide
		if p.Of > 0 {
			end = full
			fmt.Fprintf(b, `<rect class="rest" x="%d" y="%d" width="%.1f" height="%d" rx="2"/>`+"\n", left, bars+rowHeight*i, full, barHeight)
		}
		fmt.Fprintf(b, `<rect class="%s" x="%d" y="%d" width="%.1f" height="%d" rx="2"/><text%s x="%.1f" y="%d">%s</text>`+"\n",
			class, left, bars+rowHeight*i, wide, barHeight, label, float64(left)+end+7, baseline(i), html.EscapeString(bar.Label))
	}
}

// baseline returns where the text of a row stands.
func baseline(row int) int { return bars + rowHeight*row + barHeight - 3 }

func text(b *strings.Builder, class string, x, y int, s string) {
	fmt.Fprintf(b, `<text class="%s" x="%d" y="%d">%s</text>`+"\n", class, x, y, html.EscapeString(s))
}
