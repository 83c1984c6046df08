package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/examples/internal/cli"
	"github.com/aitronos/freddy-go/freddytest"
)

var update = flag.Bool("update", false, "write the golden files anew")

const (
	demoNotice = "configure: FREDDY_API_KEY is not set, so a built-in fake API answers\n"

	pathConfigurations = "/personal-connectors/configurations"
	pathCreated        = pathConfigurations + "/pconf_000001"
	createdRemains     = "; the configuration pconf_000001 remains\n"

	credential = "a-credential-of-the-test"
)

// result is what a run leaves behind.
type result struct {
	code           int
	stdout, stderr string
}

// try runs the program without a terminal. env is what the variables are.
func try(ctx context.Context, env map[string]string, args ...string) result {
	return tryIn(ctx, nil, env, args...)
}

func tryIn(ctx context.Context, forms terminal, env map[string]string, args ...string) result {
	var stdout, stderr bytes.Buffer
	code := run(ctx, args, func(name string) string { return env[name] }, forms, &stdout, &stderr)
	return result{code, stdout.String(), stderr.String()}
}

// live is the environment of somebody who has a key.
func live(server *freddytest.Server) map[string]string {
	return map[string]string{
		"FREDDY_API_KEY": freddytest.APIKey, "FREDDY_BASE_URL": server.URL(), "FREDDY_CREDENTIAL": credential,
	}
}

// github is a command line that has all that GitHub needs.
func github(flags ...string) []string {
	return append(flags, "-set", "repository=acme/backend", "pcon_github")
}

func assertGolden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, strings.ReplaceAll(string(want), "\r\n", "\n"), got)
}

// calls returns the requests as METHOD PATH.
func calls(server *freddytest.Server) []string {
	var list []string
	for _, r := range server.Requests() {
		list = append(list, r.Method+" "+r.Path)
	}
	return list
}

func TestDemo(t *testing.T) {
	t.Parallel()
	for golden, args := range map[string][]string{
		"github.txt":    github(),
		"deleted.txt":   github("-name", "My backend", "-delete"),
		"inventory.txt": {"-set", "warehouse=lyon", "-set", "apiToken=not-to-be-shown-anywhere", "-set", `limits={"email":"a@example.com"}`, "pcon_inventory"},
		"jira.txt":      {"-set", "siteUrl=https://acme.example.com", "-set", "projectKey=ACME", "-set", "issueTypes=bug, epic", "-set", "maxResults=7", "pcon_jira"},
	} {
		t.Run(golden, func(t *testing.T) {
			t.Parallel()
			// Without a key, what the address is does not matter.
			got := try(t.Context(), map[string]string{"FREDDY_BASE_URL": "https://api.example.com"}, args...)
			assert.Equal(t, cli.ExitOK, got.code)
			assert.Equal(t, demoNotice, got.stderr)
			assertGolden(t, golden, got.stdout)
			assert.NotContains(t, got.stdout, "not-to-be-shown")
			assert.NotContains(t, got.stdout, sampleCredential)
		})
	}
}

func TestLive(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	got := try(t.Context(), live(server), github("-name", "My backend", "-delete")...)
	assert.Equal(t, cli.ExitOK, got.code)
	assert.Empty(t, got.stderr)
	assertGolden(t, "deleted.txt", got.stdout)
	assert.Equal(t, []string{
		"GET /personal-connectors/pcon_github",
		"POST " + pathConfigurations,
		"POST " + pathCreated + "/test",
		"GET " + pathCreated + "/tools",
		"DELETE " + pathCreated,
	}, calls(server))
	assert.JSONEq(t, `{
		"personalConnectorId": "pcon_github", "name": "My backend", "credentials": "***",
		"configuration": {"repository": "acme/backend", "branch": "main"}
	}`, string(server.Requests()[1].Body))
}

func TestValuesHaveTheTypeOfTheirField(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	server.AddConnector(freddy.Connector{ID: "pcon_types", Metadata: freddy.ConnectorMetadata{
		ConfigurationSchema: freddy.NewSchema([]byte(`{"type":"object","properties":{
			"text":{"type":"string"}, "whole":{"type":"integer"}, "part":{"type":"number"}, "yes":{"type":"boolean"},
			"list":{"type":"array","items":{"type":"integer"}}, "object":{"type":"object"}, "null":{"type":["string","null"]},
			"any":{}, "enum":{"enum":["a",5,null]}, "last":{"type":"string"}, "nested":{"type":"object","properties":{"a":{"default":[1]}}}
		}}`)),
	}})
	got := try(t.Context(), live(server),
		"-set", "text=5", "-set", "whole=12345678901234567890", "-set", "part=0.5", "-set", "yes=true",
		"-set", "list=1, 2", "-set", `object={"a":[true]}`, "-set", "null=null", "-set", "any=[1]", "-set", "enum=5",
		"-set", "last=first", "-set", "last=a=b", "pcon_types")
	assert.Equal(t, cli.ExitOK, got.code, got.stderr)
	var sent struct{ Configuration json.RawMessage }
	require.NoError(t, json.Unmarshal(server.Requests()[1].Body, &sent))
	value, err := decode(sent.Configuration)
	require.NoError(t, err)
	one := json.Number("1")
	assert.Equal(t, map[string]any{
		"text": "5", "whole": json.Number("12345678901234567890"), "part": json.Number("0.5"), "yes": true,
		"list": []any{one, json.Number("2")}, "object": map[string]any{"a": []any{true}}, "null": nil,
		"any": []any{one}, "enum": json.Number("5"), "last": "a=b", "nested": map[string]any{"a": []any{one}},
	}, value)
}

func TestHelp(t *testing.T) {
	t.Parallel()
	for _, flag := range []string{"-h", "-help", "--help"} {
		assert.Equal(t, result{cli.ExitOK, help, ""}, try(t.Context(), nil, flag))
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		args []string
		line string
	}{
		"no id":         {nil, "which connector? Give its id, such as pcon_github"},
		"settings only": {[]string{"-set", "a=b"}, "which connector? Give its id, such as pcon_github"},
		"two ids":       {[]string{"pcon_a", "pcon_b"}, "one connector at a time, and flags before its id"},
		"flag after id": {[]string{"pcon_a", "-set", "token=secret"}, "one connector at a time, and flags before its id"},
		"unknown flag":  {[]string{"-credential=secret", "pcon_a"}, "flag provided but not defined: -credential"},
		"no value":      {[]string{"-set", "secret", "pcon_a"}, "-set takes name=value"},
		"no name":       {[]string{"-set", "=secret", "pcon_a"}, "-set takes name=value"},
		"bad flag":      {[]string{"-\x1b[2J", "pcon_a"}, `flag provided but not defined: -\x1b[2J`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := try(t.Context(), nil, tt.args...)
			assert.Equal(t, result{cli.ExitUsage, "", "configure: " + tt.line + "\n" + usage + "\n"}, got)
		})
	}
}

func TestSettingsThatDoNotFit(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		args []string
		line string
	}{
		"missing":        {[]string{"pcon_github"}, "required, but not set: repository (use -set name=value)"},
		"two missing":    {[]string{"-set", "channels=a", "pcon_slack"}, "required, but not set: signingSecret, workspace (use -set name=value)"},
		"missing inside": {[]string{"-set", "warehouse=lyon", "-set", "apiToken=12345678901234567890", "-set", "limits={}", "pcon_inventory"}, "required, but not set: limits/email (use -set name=value)"},
		"unknown":        {[]string{"-set", "repo=secret", "pcon_github"}, "-set repo: there is no such setting, only: repository, branch"},
		"no integer":     {[]string{"-set", "historyDays=secret", "pcon_slack"}, "-set historyDays: must be a whole number"},
		"fraction":       {[]string{"-set", "historyDays=1.5", "pcon_slack"}, "-set historyDays: must be a whole number"},
		"no number":      {[]string{"-set", "exportScale=secret", "pcon_figma"}, "-set exportScale: must be a number"},
		"no boolean":     {[]string{"-set", "includeArchived=secret", "pcon_notion"}, "-set includeArchived: must be true or false"},
		"no choice":      {[]string{"-set", "warehouse=secret", "pcon_inventory"}, "-set warehouse: must be one of: zurich, hamburg, lyon"},
		"no list":        {[]string{"-set", "channels=[secret", "pcon_slack"}, "-set channels: must be values between commas, or a JSON array"},
		"bad in list":    {[]string{"-set", "issueTypes=bug,secret", "pcon_jira"}, "-set issueTypes: value 2 must be one of: bug, task, story, epic"},
		"no object":      {[]string{"-set", "limits=secret", "pcon_inventory"}, "-set limits: must be a JSON object"},
		"two objects":    {[]string{"-set", "limits={} {}", "pcon_inventory"}, "-set limits: must be a JSON object"},
		"too large":      {[]string{"-set", "workspace=a", "-set", "signingSecret=secret", "-set", "historyDays=91", "pcon_slack"}, "historyDays: must be at most 90"},
		"too short":      {[]string{"-set", "warehouse=lyon", "-set", "apiToken=secret", "pcon_inventory"}, "apiToken: must have at least 20 characters"},
		"pattern":        {[]string{"-set", "siteUrl=https://a.example.com", "-set", "projectKey=secret", "pcon_jira"}, "projectKey: must match the pattern ^[A-Z][A-Z0-9]{1,9}$"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := freddytest.NewServer(t)
			got := try(t.Context(), live(server), tt.args...)
			assert.Equal(t, result{cli.ExitUsage, "", "configure: " + tt.line + "\n"}, got)
			assert.Len(t, server.Requests(), 1, "nothing is created")
		})
	}
}

func TestConnectorWithoutSettings(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	server.AddConnector(freddy.Connector{ID: "pcon_bare"})
	got := try(t.Context(), live(server), "pcon_bare")
	assert.Equal(t, cli.ExitOK, got.code)
	assertGolden(t, "bare.txt", got.stdout)
	got = try(t.Context(), live(server), "-set", "a=b", "pcon_bare")
	assert.Equal(t, result{cli.ExitUsage, "", "configure: -set a: there is no such setting, only: none at all\n"}, got)
}

func TestSchemaThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	server.AddConnector(freddy.Connector{ID: "pcon_odd", Metadata: freddy.ConnectorMetadata{
		ConfigurationSchema: freddy.NewSchema([]byte(`{"properties":{"a":{"$ref":"https://example.com/schema"}}}`)),
	}})
	got := try(t.Context(), live(server), "-set", "a=b", "pcon_odd")
	assert.Equal(t, cli.ExitFailed, got.code)
	assert.Contains(t, got.stderr, "the schema cannot be used")
	assertOneLine(t, got.stderr)
}

func assertOneLine(t *testing.T, text string) {
	t.Helper()
	assert.Equal(t, 1, strings.Count(text, "\n"), text)
}

func TestArguments(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		key, address, id, line string
	}{
		"id":      {"key", "", "a/b", "the id must be 1 to 128 characters of A-Z, a-z, 0-9, _ and -"},
		"key":     {"a key", "", "pcon_a", "FREDDY_API_KEY must be visible ASCII, without spaces or line ends"},
		"address": {"key", "ftp://api.example.com", "pcon_a", "FREDDY_BASE_URL must have the scheme https"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := try(t.Context(), map[string]string{"FREDDY_API_KEY": tt.key, "FREDDY_BASE_URL": tt.address}, tt.id)
			assert.Equal(t, result{cli.ExitUsage, "", "configure: " + tt.line + "\n"}, got)
		})
	}
}

func TestNoCredential(t *testing.T) {
	t.Parallel()
	env := live(freddytest.NewServer(t))
	delete(env, "FREDDY_CREDENTIAL")
	got := try(t.Context(), env, github()...)
	assert.Equal(t, result{cli.ExitUsage, "", "configure: FREDDY_CREDENTIAL is not set: it has the API key that pcon_github is to be used with\n"}, got)
}

func TestUnknownConnector(t *testing.T) {
	t.Parallel()
	const line = "configure: there is no connector with the id pcon_unknown\n"
	assert.Equal(t, result{cli.ExitFailed, "", demoNotice + line}, try(t.Context(), nil, "pcon_unknown"))
	assert.Equal(t, result{cli.ExitFailed, "", line}, try(t.Context(), live(freddytest.NewServer(t)), "pcon_unknown"))
}

func TestBadKey(t *testing.T) {
	t.Parallel()
	env := live(freddytest.NewServer(t))
	env["FREDDY_API_KEY"] = "another-key"
	got := try(t.Context(), env, github()...)
	assert.Equal(t, result{cli.ExitFailed, "", "configure: the API refused the key: check FREDDY_API_KEY\n"}, got)
}

func TestRefusedCreate(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	server.Script(http.MethodPost, pathConfigurations, freddytest.Reply{
		Status: http.StatusUnprocessableEntity,
		Body:   `{"detail":[{"loc":["body","name"],"msg":"taken\nalready","type":"value_error"}]}`,
	})
	got := try(t.Context(), live(server), github("-delete")...)
	assert.Equal(t, cli.ExitFailed, got.code)
	assert.Empty(t, got.stdout)
	assert.Contains(t, got.stderr, `/name: taken\nalready`)
	assert.NotContains(t, got.stderr, "may exist")
	assertOneLine(t, got.stderr)
}

func TestLostCreate(t *testing.T) {
	t.Parallel()
	for name, reply := range map[string]freddytest.Reply{
		"no answer":     {Fault: freddytest.FaultDrop},
		"half of it":    {Body: `{"id":"pconf_a"}`, Fault: freddytest.FaultTruncate},
		"a proxy":       {Status: http.StatusBadGateway, Body: "<html>"},
		"not an answer": {Body: "<html>"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := freddytest.NewServer(t)
			server.Script(http.MethodPost, pathConfigurations, reply)
			got := try(t.Context(), live(server), github("-delete")...)
			assert.Equal(t, cli.ExitFailed, got.code)
			assert.Empty(t, got.stdout)
			assert.Contains(t, got.stderr, "; the configuration may exist: list those of pcon_github before trying again\n")
			assertOneLine(t, got.stderr)
			assert.Len(t, server.Requests(), 2)
		})
	}
}

const unhealthy = `{"status":"unhealthy","message":"Bad key ` + credential + `\nfor GitHub","details":{"serverUrl":"https://mcp.example.com","reason":{"code":401}},"testedAt":"2025-10-07T12:30:00Z"}`

func TestUnhealthy(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	server.Script(http.MethodPost, pathCreated+"/test", freddytest.Reply{Body: unhealthy})
	got := try(t.Context(), live(server), github()...)
	assert.Equal(t, cli.ExitFailed, got.code)
	assert.Equal(t, "configure: the test failed"+createdRemains, got.stderr)
	assertGolden(t, "unhealthy.txt", got.stdout)
	assert.NotContains(t, got.stdout, credential)
}

func TestUnhealthyAndDeleted(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	server.Script(http.MethodPost, pathCreated+"/test", freddytest.Reply{Body: unhealthy})
	got := try(t.Context(), live(server), github("-delete")...)
	assert.Equal(t, cli.ExitFailed, got.code)
	assert.Equal(t, "configure: the test failed\n", got.stderr)
	assert.True(t, strings.HasSuffix(got.stdout, "\nDeleted pconf_000001\n"), got.stdout)
}

func TestFaultsAfterCreation(t *testing.T) {
	t.Parallel()
	forbidden := freddytest.Reply{Status: http.StatusForbidden, Body: `{"detail":"not yours"}`}
	for name, tt := range map[string]struct {
		method, path string
		reply        freddytest.Reply
		flags        []string
		want         []string
	}{
		"test":           {http.MethodPost, pathCreated + "/test", forbidden, nil, []string{"/test: 403 Forbidden: not yours", createdRemains}},
		"lost test":      {http.MethodPost, pathCreated + "/test", freddytest.Reply{Fault: freddytest.FaultDrop}, nil, []string{"/test: no complete answer", createdRemains}},
		"tools":          {http.MethodGet, pathCreated + "/tools", forbidden, nil, []string{"/tools: 403 Forbidden: not yours", createdRemains}},
		"delete":         {http.MethodDelete, pathCreated, forbidden, []string{"-delete"}, []string{"DELETE", "403 Forbidden: not yours", createdRemains}},
		"lost delete":    {http.MethodDelete, pathCreated, freddytest.Reply{Body: "<html>"}, []string{"-delete"}, []string{"DELETE", "; the configuration pconf_000001 may remain\n"}},
		"test, deleted":  {http.MethodPost, pathCreated + "/test", forbidden, []string{"-delete"}, []string{"/test: 403 Forbidden: not yours, request id req_000003\n"}},
		"tools, deleted": {http.MethodGet, pathCreated + "/tools", forbidden, []string{"-delete"}, []string{"/tools: 403 Forbidden: not yours, request id req_000004\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := freddytest.NewServer(t)
			server.Script(tt.method, tt.path, tt.reply)
			got := try(t.Context(), live(server), github(tt.flags...)...)
			assert.Equal(t, cli.ExitFailed, got.code)
			assert.Contains(t, got.stdout, "Created pconf_000001")
			for _, want := range tt.want {
				assert.Contains(t, got.stderr, want)
			}
			assertOneLine(t, got.stderr)
		})
	}
}

func TestTwoFaultsTakeOneLine(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	server.Script(http.MethodPost, pathCreated+"/test", freddytest.Reply{Body: unhealthy})
	server.Script(http.MethodDelete, pathCreated, freddytest.Reply{Status: http.StatusForbidden})
	got := try(t.Context(), live(server), github("-delete")...)
	assert.Equal(t, cli.ExitFailed, got.code)
	assert.Contains(t, got.stderr, "configure: the test failed; freddy: DELETE ")
	assert.Contains(t, got.stderr, createdRemains)
	assertOneLine(t, got.stderr)
}

func TestInterruptedBefore(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	assert.Equal(t, result{cli.ExitInterrupted, "", "configure: interrupted\n"}, try(ctx, live(freddytest.NewServer(t)), github()...))
	assert.Equal(t, result{cli.ExitInterrupted, "", demoNotice + "configure: interrupted\n"}, try(ctx, nil, github()...))
}

func TestInterruptedMeanwhile(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		method, path string
		line         string
	}{
		"get":    {http.MethodGet, "/personal-connectors/pcon_github", "\n"},
		"create": {http.MethodPost, pathConfigurations, "; the configuration may exist: list those of pcon_github before trying again\n"},
		"test":   {http.MethodPost, pathCreated + "/test", createdRemains},
		"tools":  {http.MethodGet, pathCreated + "/tools", createdRemains},
		"delete": {http.MethodDelete, pathCreated, "; the configuration pconf_000001 may remain\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := freddytest.NewServer(t)
			server.Script(tt.method, tt.path, freddytest.Reply{Delay: time.Hour})
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				for last := ""; last != tt.method+" "+tt.path; runtime.Gosched() {
					if seen := calls(server); len(seen) > 0 {
						last = seen[len(seen)-1]
					}
				}
				cancel()
			}()
			got := try(ctx, live(server), github("-delete")...)
			assert.Equal(t, cli.ExitInterrupted, got.code)
			assert.Equal(t, "configure: interrupted"+tt.line, got.stderr)
		})
	}
}

// full is a disk that is.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestOutputThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	var stderr bytes.Buffer
	code := run(t.Context(), github(), func(string) string { return "" }, nil, full{}, &stderr)
	assert.Equal(t, cli.ExitFailed, code)
	assert.Equal(t, demoNotice+"configure: no space left on device"+createdRemains, stderr.String())
}

func TestSecretsAreInNoOutput(t *testing.T) {
	t.Parallel()
	const token = "token\tof 20 characters"
	server := freddytest.NewServer(t)
	echo := `"` + credential + ` ` + strings.ReplaceAll(token, "\t", `\t`) + ` ` + freddytest.APIKey + `"`
	server.Script(http.MethodPost, pathCreated+"/test", freddytest.Reply{
		Body: `{"status":"healthy","message":` + echo + `,"details":{"extra":` + echo + `}}`,
	})
	server.Script(http.MethodGet, pathCreated+"/tools", freddytest.Reply{Status: http.StatusForbidden, Body: `{"detail":` + echo + `}`})
	got := try(t.Context(), live(server), "-set", "warehouse=lyon", "-set", "apiToken="+token, "pcon_inventory")
	assert.Equal(t, cli.ExitFailed, got.code)
	for _, secret := range []string{credential, token, cli.Plain(token), freddytest.APIKey} {
		assert.NotContains(t, got.stdout+got.stderr, secret)
	}
	assert.Contains(t, got.stdout, "*** *** ***")
}

func TestControlCharactersAreEscaped(t *testing.T) {
	t.Parallel()
	const evil = "a\x1b[2J\tb\nc\r\x7f\u009b31m\u202ed\u2028e"
	text, err := json.Marshal(evil)
	require.NoError(t, err)
	server := freddytest.NewServer(t)
	server.AddConnector(freddy.Connector{
		ID: "pcon_evil", Name: evil, Description: evil, Status: freddy.ConnectorStatusActive,
		Metadata: freddy.ConnectorMetadata{ConfigurationSchema: freddy.NewSchema([]byte(
			`{"properties":{` + string(text) + `:{"type":"string","title":` + string(text) + `,"description":` + string(text) + `,"default":` + string(text) + `}}}`))},
	})
	server.Script(http.MethodPost, pathCreated+"/test", freddytest.Reply{
		Body: `{"status":"healthy","message":` + string(text) + `,"details":{"serverUrl":` + string(text) + `,` + string(text) + `:` + string(text) + `}}`,
	})
	server.Script(http.MethodGet, pathCreated+"/tools", freddytest.Reply{
		Body: `{"data":[{"name":` + string(text) + `,"description":` + string(text) + `}]}`,
	})
	got := try(t.Context(), live(server), "pcon_evil")
	assert.Equal(t, cli.ExitOK, got.code, got.stderr)
	assertPrintable(t, got.stdout)
	assertGolden(t, "hostile.txt", got.stdout)
}

func assertPrintable(t *testing.T, text string) {
	t.Helper()
	for _, r := range "\x1b\t\r\x7f\u009b\u202e\u2028" {
		assert.NotContains(t, text, string(r))
	}
}
