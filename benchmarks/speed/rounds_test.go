package main

import (
	"runtime"
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

func TestCountedGoal(t *testing.T) {
	assert.Equal(t, goal{"connections", "at most 8", "6 (1 to 9)", true}, atMostCount("connections", 8, spread{6, 1, 9}))
	assert.False(t, atMostCount("", 8, spread{9, 1, 9}).met)
}

func TestLateness(t *testing.T) {
	of := table{rows: map[string][]reading{
		freddyName: readings(30, 70),
		tunedName:  readings(20, 80),
		oneCall:    readings(5, 5),
	}}
	assert.Equal(t, spread{2, -2, 2}, lateness(of))
}

func TestOtherSDKs(t *testing.T) {
	assert.Equal(t, []string{"godo", "hcloud"}, otherSDKs([]string{plain, "godo", freddyName, retrying, "hcloud", tunedName, twinName, oneCall}))
}

func TestCount(t *testing.T) {
	var kept *[64]byte
	allocs, size := count(func() error {
		kept = new([64]byte)
		return nil
	})
	assert.NotNil(t, kept)
	assert.EqualValues(t, 1, allocs)
	assert.EqualValues(t, 64, size)
}

func TestMeter(t *testing.T) {
	var m meter
	m.read()
	before := m.most.Load()
	large := make([]byte, 10<<20)
	m.read()
	peak := m.most.Load()
	assert.Greater(t, peak, before+9<<20)
	runtime.KeepAlive(large)
	runtime.GC()
	m.read()
	assert.Equal(t, peak, m.most.Load())
}

func TestRows(t *testing.T) {
	var b strings.Builder
	rows := newRows("l", "client", "µs")
	rows.add("net/http", "2")
	rows.add(freddyName, "1")
	rows.write(&b)
	assert.Equal(t, "| client | µs |\n| --- | ---: |\n| net/http | 2 |\n| **freddy** | **1** |\n", b.String())
}
