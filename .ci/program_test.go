package ci_test

import (
	"encoding/json"
	"go/format"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/freddytest"
)

// runProgram returns what a program prints that uses the real API. It is built with
// the address of a fake as DefaultBaseURL.
func runProgram(t *testing.T, code string) string {
	formatted, err := format.Source([]byte(code))
	require.NoError(t, err)
	assert.Equal(t, string(formatted), code, "a program that gofmt changes")

	server := httptest.NewServer(freddytest.NewFake())
	defer server.Close()
	source, err := os.ReadFile("client.go")
	require.NoError(t, err)
	require.Contains(t, string(source), freddy.DefaultBaseURL)
	root, err := os.Getwd()
	require.NoError(t, err)

	folder := t.TempDir()
	put := func(name, content string) string {
		path := filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		return path
	}
	changed := put("client.go", strings.ReplaceAll(string(source), freddy.DefaultBaseURL, server.URL+"/v1"))
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(root, "client.go"): changed}})
	require.NoError(t, err)

	command := exec.CommandContext(t.Context(), "go", "run", "-overlay", put("overlay.json", string(replace)), put("main.go", code))
	command.Env = append(os.Environ(), "FREDDY_API_KEY="+freddytest.APIKey)
	var stderr strings.Builder
	command.Stderr = &stderr
	output, err := command.Output()
	require.NoError(t, err, stderr.String())
	return string(output)
}
