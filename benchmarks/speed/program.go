package main

import (
	"debug/buildinfo"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/aitronos/freddy-go/benchmarks/internal/clients"
)

// A program is what one client makes of an otherwise empty main.
type program struct {
	path    string
	size    int64
	modules int
}

// buildPrograms builds one for each of the clients into the folder.
func buildPrograms(folder string, of ...clients.Client) (map[string]program, error) {
	programs := make(map[string]program)
	for _, client := range of {
		progress("building a program with %s", client.Name)
		p := program{path: filepath.Join(folder, client.Tag)}
		build := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-tags=only,"+client.Tag, "-o", p.path, "./speed/start")
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
		programs[client.Name] = p
	}
	progress("")
	return programs, nil
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
