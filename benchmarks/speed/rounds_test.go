package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func readings(times ...time.Duration) []reading {
	all := make([]reading, len(times))
	for i, t := range times {
		all[i] = reading{time: t, connections: int(t)}
	}
	return all
}

func TestTable(t *testing.T) {
	of := table{unit: unit{name: "test", floor: "floor"}, rows: map[string][]reading{
		"floor": readings(10, 20, 40),
		"fast":  readings(5, 4, 20),
		"slow":  readings(30, 40, 80),
	}}
	assert.Equal(t, spread{0.5, 0.2, 0.5}, of.ratio("fast", "floor", timeOf), "of the rounds, not of the medians")
	assert.Equal(t, spread{2, 2, 3}, of.ratio("slow", "floor", timeOf))
	assert.Equal(t, spread{150.0 / 70, 2, 3}, of.ratioOfSums("slow", "floor", connectionsOf))
	assert.Equal(t, 20.0, of.median("floor", timeOf))
	assert.Equal(t, []string{"fast", "floor", "slow"}, of.byRatio("floor", timeOf))
}

func TestRun(t *testing.T) {
	var order []string
	contend := func(name string) contender {
		return contender{name, func() reading {
			order = append(order, name)
			return reading{time: 1}
		}}
	}
	u := unit{name: "test", floor: "a", of: []contender{contend("a"), contend("b"), contend("c")}}
	of := u.only("a", "c").run(3)
	assert.Equal(t, "a c c a a c", strings.Join(order, " "), "no contender is always the first")
	assert.Len(t, of.rows["a"], 3)
	assert.NotContains(t, of.rows, "b")
}

func TestGoals(t *testing.T) {
	assert.True(t, atMost("", 1, spread{median: 1}).met)
	assert.False(t, atMost("", 1, spread{median: 1.01}).met)
	assert.True(t, atLeast("", 1, spread{median: 1}).met)
	assert.False(t, atLeast("", 1, spread{median: 0.99}).met)
}

func TestRows(t *testing.T) {
	var b strings.Builder
	rows := newRows("l", "client", "µs")
	rows.add("net/http", "2")
	rows.add(freddyName, "1")
	rows.write(&b)
	assert.Equal(t, "| client | µs |\n| --- | ---: |\n| net/http | 2 |\n| **freddy** | **1** |\n", b.String())
}
