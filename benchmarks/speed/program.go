package main

import (
	"bytes"
	"debug/buildinfo"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/aitronos/freddy-go/benchmarks/internal/clients"
)

// A program is an otherwise empty main with one client.
type program struct {
	path       string
	size       int64
	modules    int
	initAllocs int // of package initialization
	initBytes  int
}

// buildPrograms builds a program for each of the clients into the folder.
func buildPrograms(folder string, of ...clients.Client) (map[string]program, error) {
	programs := make(map[string]program)
	for _, client := range of {
		progress("building a program with %s", client.Name)
		p := program{path: filepath.Join(folder, client.Tag)}
		build := exec.Command("go", "build", "-ldflags=-s -w", "-tags=only,"+client.Tag, "-o", p.path, "./speed/start")
		if output, err := build.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("%s: %w\n%s", client.Name, err, output)
		}
		file, err := os.Stat(p.path)
		if err != nil {
			return nil, err
		}
		info, err := buildinfo.ReadFile(p.path)
		if err != nil {
			return nil, err
		}
		p.size, p.modules = file.Size(), len(info.Deps)
		if p.initAllocs, p.initBytes, err = initialization(p.path); err != nil {
			return nil, err
		}
		programs[client.Name] = p
	}
	progress("")
	return programs, nil
}

// initialization returns what the packages of a program allocate before main. The
// runtime prints a line for each of them:
//
//	init net/http @0.52 ms, 0.011 ms clock, 10640 bytes, 92 allocs
func initialization(path string) (allocs, size int, err error) {
	command := exec.Command(path)
	command.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	output, err := command.CombinedOutput()
	if err != nil {
		return 0, 0, err
	}
	for line := range bytes.Lines(output) {
		fields := bytes.Fields(line)
		if len(fields) != 11 || string(fields[0]) != "init" {
			continue
		}
		b, err1 := strconv.Atoi(string(fields[7]))
		n, err2 := strconv.Atoi(string(fields[9]))
		if err1 != nil || err2 != nil {
			return 0, 0, fmt.Errorf("unknown line of inittrace: %s", line)
		}
		size, allocs = size+b, allocs+n
	}
	if allocs == 0 {
		return 0, 0, fmt.Errorf("%s prints no inittrace", path)
	}
	return allocs, size, nil
}

// startUnit starts each program and waits for its end, ten times a round.
func startUnit(programs map[string]program) unit {
	u := unit{name: "start", floor: plain}
	for _, client := range clients.All() {
		u.of = append(u.of, contender{client.Name, func() reading {
			const times = 10
			began := time.Now()
			for range times {
				if err := exec.Command(programs[client.Name].path).Run(); err != nil {
					panic(err)
				}
			}
			return reading{time: time.Since(began) / times}
		}})
	}
	return u
}
