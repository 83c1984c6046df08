package chart_test

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go/benchmarks/internal/chart"
)

func TestSVG(t *testing.T) {
	svg := chart.Chart{
		Title: "Time & space",
		Note:  "A note.",
		Names: []string{"ours", "theirs", "none"},
		Ours:  "ours",
		Panels: []chart.Panel{{
			Title: "time",
			Bars:  []chart.Bar{{1, "1 µs"}, {2, "2 µs"}, {}},
		}, {
			Title: "space",
			Bars:  []chart.Bar{{0, "0"}, {3, "3"}, {4, "4"}},
		}},
	}.SVG()
	wellFormed(t, svg)
	assert.Contains(t, svg, "Time &amp; space")
	assert.Equal(t, 6, strings.Count(svg, "<rect"), "the background, and a bar for each label")
	assert.Equal(t, 2, strings.Count(svg, `<rect class="ours"`))
	assert.Contains(t, svg, `width="1.0"`, "a bar of 0 is visible")
}

func TestPartsOfATotal(t *testing.T) {
	svg := chart.Chart{
		Names: []string{"ours", "theirs"},
		Ours:  "ours",
		Panels: []chart.Panel{{
			Of:   10,
			Bars: []chart.Bar{{10, "10"}, {5, "5"}},
		}},
	}.SVG()
	wellFormed(t, svg)
	assert.Equal(t, 3, strings.Count(svg, `width="684.0"`), "two totals and a full bar")
	assert.Contains(t, svg, `width="342.0"`)
	assert.Equal(t, 2, strings.Count(svg, `x="823.0"`), "labels follow the totals")
}

func wellFormed(t *testing.T, svg string) {
	t.Helper()
	for decoder := xml.NewDecoder(strings.NewReader(svg)); ; {
		_, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		require.NoError(t, err)
	}
}
