// Package clitest runs the examples in tests.
package clitest

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aitronos/freddy-go/examples/internal/cli"
	"github.com/aitronos/freddy-go/freddytest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// Result is what a run leaves behind.
type Result struct {
	Code           int
	Stdout, Stderr string
}

// Try runs a program in an environment.
func Try(ctx context.Context, run cli.Run, env map[string]string, args ...string) Result {
	var stdout, stderr bytes.Buffer
	code := run(ctx, args, func(name string) string { return env[name] }, &stdout, &stderr)
	return Result{code, stdout.String(), stderr.String()}
}

// Live is the environment of somebody who has a key.
func Live(server *freddytest.Server) map[string]string {
	return map[string]string{"FREDDY_API_KEY": freddytest.APIKey, "FREDDY_BASE_URL": server.URL()}
}

// Golden compares a text with the file of that name in testdata, which -update
// writes anew.
func Golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if text := strings.ReplaceAll(string(want), "\r\n", "\n"); text != got {
		t.Errorf("%s is not what came (-update writes it anew):\n--- want\n%s\n--- got\n%s", path, text, got)
	}
}

// Evil is a text that would take over a terminal, if it were printed as it is.
const Evil = "a\x1b[2J\tb\nc\r\x7f\u009b31m\u202ed\u2028e"

// Printable requires of a text that no part of Evil is in it as it was.
func Printable(t *testing.T, text string) {
	t.Helper()
	for _, r := range "\x1b\t\r\x7f\u009b\u202e\u2028" {
		if strings.ContainsRune(text, r) {
			t.Errorf("%q is in %q", r, text)
		}
	}
}

// Full is a disk that is full.
type Full struct{}

func (Full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }
