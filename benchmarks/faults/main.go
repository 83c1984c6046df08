//go:debug x509usefallbackroots=1

// Command faults injects the same faults into calls of freddy and other public SDKs,
// each with its defaults, and prints a Markdown table of the outcomes.
//
//	go run ./faults          # in benchmarks/; about seven minutes
//	go run ./faults -write   # also writes FAULTS.md and faults.svg
//
// All servers are on loopback.
package main

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aitronos/freddy-go/benchmarks/internal/clients"
	"github.com/aitronos/freddy-go/internal/faulty"
)

// limit is how long a run may take. Processes that have not ended then are killed.
const limit = 10 * time.Minute

func main() {
	write := flag.Bool("write", false, "write FAULTS.md and faults.svg, too")
	child := flag.String("child", "", "measure `client/group` and print it as JSON, for internal use")
	flag.Parse()
	if *child != "" {
		runChild(*child)
		return
	}
	results := measureAll()
	document := results.document()
	fmt.Print(document)
	if n := len(faults)*len(clients.All()) - len(results.cells); n > 0 {
		fmt.Fprintf(os.Stderr, "%d cells were not measured\n", n)
		os.Exit(1)
	}
	if *write {
		err := errors.Join(
			os.WriteFile("FAULTS.md", []byte(document), 0o644),
			os.WriteFile("faults.svg", []byte(results.picture()), 0o644))
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

// A result is one cell as a child prints it.
type result struct {
	Client, Fault, Text string
	Desired             bool
}

// A table has the results by fault and client.
type table struct {
	mu    sync.Mutex
	cells map[[2]string]result
	lines map[string]int // that the client wrote to stderr
}

func (t *table) add(r result) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cells[[2]string{r.Fault, r.Client}] = r
}

// measureAll starts a process for each client and group of faults, so that neither a
// crash nor a shared transport affects other cells.
func measureAll() *table {
	t := &table{cells: make(map[[2]string]result), lines: make(map[string]int)}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	var all sync.WaitGroup
	for i, client := range clients.All() {
		// Staggered, so that short times are not those of a busy machine.
		all.Go(func() {
			time.Sleep(time.Duration(i) * 500 * time.Millisecond)
			t.run(ctx, client, patient)
		})
		all.Go(func() {
			time.Sleep(8*time.Second + time.Duration(i)*time.Second)
			t.run(ctx, client, alone)
		})
	}
	all.Go(func() {
		time.Sleep(40 * time.Second)
		for _, client := range clients.All() {
			t.run(ctx, client, heavy)
		}
	})
	all.Wait()
	return t
}

func (t *table) run(ctx context.Context, client clients.Client, g group) {
	var stdout, stderr bytes.Buffer
	self, err := os.Executable()
	if err != nil {
		panic(err)
	}
	command := exec.CommandContext(ctx, self, "-child", client.Name+" "+string(g))
	command.Stdout, command.Stderr = &stdout, &stderr
	err = command.Run()
	for decoder := json.NewDecoder(&stdout); ; {
		var r result
		if decoder.Decode(&r) != nil {
			break
		}
		t.add(r)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s, %s: %v\n%s\n", client.Name, g, err, stderr.Bytes())
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lines[client.Name] += bytes.Count(stderr.Bytes(), []byte("\n"))
}

// runChild measures the faults of one group with one client.
func runChild(what string) {
	name, g, _ := strings.Cut(what, " ")
	all := clients.All()
	i := slices.IndexFunc(all, func(c clients.Client) bool { return c.Name == name })
	if i < 0 {
		fmt.Fprintln(os.Stderr, "no such client")
		os.Exit(2)
	}
	x509.SetFallbackRoots(faulty.RootCAs())
	if err := errors.Join(useOwnDNS(), healthy(all[i])); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	var mu sync.Mutex
	var running sync.WaitGroup
	for _, f := range faults {
		if string(f.group) != g {
			continue
		}
		measure := func() {
			r := f.cell(all[i])
			mu.Lock()
			defer mu.Unlock()
			_ = json.NewEncoder(os.Stdout).Encode(r)
		}
		if f.group == patient {
			running.Go(measure)
		} else {
			measure()
		}
	}
	running.Wait()
}

// healthy requires that the client works without faults. Otherwise an error of the
// setup would count as the desired error.
func healthy(client clients.Client) error {
	c := &cell{client: client, window: 10 * time.Second}
	defer c.finish()
	if _, o := c.get(ok(client.Body())); !o.right() {
		return fmt.Errorf("get: %v: %w", o, o.err)
	}
	if _, o := c.create(faulty.Reply(http.StatusCreated, string(client.Created()), "Content-Type: application/json")); o.hung || o.err != nil {
		return fmt.Errorf("create: %v: %w", o, o.err)
	}
	return nil
}

// cell measures one cell. A panic of the client is a result, too.
func (f fault) cell(client clients.Client) (r result) {
	c := &cell{client: client, window: f.window}
	defer c.finish()
	r = result{Client: client.Name, Fault: f.name}
	defer func() {
		if p := recover(); p != nil {
			r.Text = fmt.Sprint("panic: ", p)
		}
	}()
	r.Text, r.Desired = f.measure(c)
	return r
}
