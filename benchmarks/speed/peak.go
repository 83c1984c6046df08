package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"runtime/metrics"
	"sync/atomic"
	"time"

	"github.com/aitronos/freddy-go/benchmarks/internal/clients"
)

// largeBody is the size of the response whose peak is measured.
const largeBody = 10 << 20

// peakUnit lists a page of about 10 MiB with each client, in a process for each
// reading. The heap of a reading is its peak, in bytes a byte of the response.
func peakUnit() unit {
	u := unit{name: "response of 10 MiB", floor: plain}
	for _, client := range clients.All() {
		u.of = append(u.of, contender{client.Name, func() reading {
			self, err := os.Executable()
			if err != nil {
				panic(err)
			}
			command := exec.Command(self, "-peak", client.Name)
			command.Stderr = terminal
			output, err := command.Output()
			if err != nil {
				panic(fmt.Errorf("%s: %w", client.Name, err))
			}
			var p peak
			if err := json.Unmarshal(output, &p); err != nil {
				panic(err)
			}
			return reading{time: p.Time, heap: p.Heap, bytes: p.Body}
		}})
	}
	return u
}

// peakOf is the peak of the heap, as a multiple of the body.
func peakOf(r reading) float64 { return float64(r.heap) / float64(r.bytes) }

// A peak is what the process of a reading prints.
type peak struct {
	Heap, Body int64
	Time       time.Duration
}

// measurePeak is the process of a reading. The garbage collector runs with its
// default settings, so the peak includes garbage that is not yet collected, as it
// does in the programs of users.
func measurePeak(name string) error {
	client := clients.Find(name)
	body, size, items := client.LargePage(largeBody)
	var m meter
	api := newAPI(client, transportFunc(func(req *http.Request) (*http.Response, error) {
		return response(req, http.StatusOK, io.NopCloser(metered{body, &m}), size), nil
	}))
	runtime.GC()
	before := heapObjects()
	stop := make(chan struct{})
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				m.read()
				time.Sleep(20 * time.Microsecond)
			}
		}
	}()
	began := time.Now()
	n, err := api.List(context.Background())
	took := time.Since(began)
	m.read()
	close(stop)
	<-stopped
	if err := unless(n == items, err); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(peak{m.most.Load() - before, size, took})
}

// A meter keeps the greatest size of the heap that it has read.
type meter struct{ most atomic.Int64 }

func (m *meter) read() {
	now := heapObjects()
	for most := m.most.Load(); now > most && !m.most.CompareAndSwap(most, now); most = m.most.Load() {
	}
}

// heapObjects returns the bytes of live objects and of those not yet collected.
func heapObjects() int64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64())
}

// metered reads the meter at each read of the body, too: at the last one, the client
// has all of it.
type metered struct {
	io.Reader
	meter *meter
}

func (r metered) Read(b []byte) (int, error) {
	r.meter.read()
	return r.Reader.Read(b)
}

// transportFunc is a RoundTripper.
type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }
