package main

import (
	"bytes"
	"encoding/json"
	"log"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/freddytest"
)

// useServer points the example to a server, and returns what it logs.
func useServer(t *testing.T, key, baseURL string) *bytes.Buffer {
	t.Helper()
	t.Setenv("FREDDY_API_KEY", key)
	t.Setenv("FREDDY_BASE_URL", baseURL)
	logged := new(bytes.Buffer)
	log.SetOutput(logged)
	t.Cleanup(func() { log.SetOutput(os.Stderr) })
	return logged
}

func TestTable(t *testing.T) {
	for name, tt := range map[string]struct {
		args []string
		want string
	}{
		"active": {nil, `ID              NAME                 TYPE            CATEGORY       STATUS
pcon_github     GitHub               official        development    active
pcon_notion     Notion               official        productivity   active
pcon_slack      Slack                official        communication  active
pcon_figma      Figma                official        design         active
pcon_clickup    ClickUp              aitronos_built  productivity   active
pcon_jira       Jira                 aitronos_built  development    active
pcon_inventory  Warehouse inventory  custom          custom         active
pcon_scripts    Local scripts        custom          custom         active
`},
		"filtered": {[]string{"-category", "development", "-type=aitronos_built"}, `ID         NAME  TYPE            CATEGORY     STATUS
pcon_jira  Jira  aitronos_built  development  active
`},
		"deprecated": {[]string{"-status", "deprecated"}, `ID           NAME    TYPE      CATEGORY      STATUS
pcon_trello  Trello  official  productivity  deprecated
`},
		"none": {[]string{"-type", "custom", "-status", "deprecated"}, "ID  NAME  TYPE  CATEGORY  STATUS\n"},
	} {
		t.Run(name, func(t *testing.T) {
			logged := useServer(t, "", "https://unused.example.com")
			var stdout strings.Builder
			require.NoError(t, run(t.Context(), tt.args, &stdout))
			assert.Equal(t, tt.want, stdout.String())
			assert.Contains(t, logged.String(), "FREDDY_API_KEY is not set: using a fake API\n")
		})
	}
}

func TestPrintsAllPages(t *testing.T) {
	server := freddytest.NewServer(t)
	logged := useServer(t, freddytest.APIKey, server.URL())
	const route = "/personal-connectors"
	server.Script(http.MethodGet, route,
		freddytest.Reply{Body: `{"data":[{"id":"pcon_1","name":"One\u001b[2J"}],"hasMore":true}`},
		freddytest.Reply{Body: `{"data":[{"id":"pcon_2","name":"Two"}],"hasMore":false}`},
	)
	var stdout strings.Builder
	require.NoError(t, run(t.Context(), nil, &stdout))
	assert.Contains(t, stdout.String(), "pcon_1  One\ufffd[2J ")
	assert.Contains(t, stdout.String(), "pcon_2  Two ")
	assert.Empty(t, logged.String(), "nothing is said about the fake")
}

func TestPrintsJSON(t *testing.T) {
	for _, tt := range []struct {
		args []string
		ids  []string
	}{
		{[]string{"-json", "-type", "custom"}, []string{"pcon_inventory", "pcon_scripts"}},
		{[]string{"-json", "-type", "custom", "-status", "deprecated"}, []string{}},
	} {
		useServer(t, "", "")
		var stdout strings.Builder
		require.NoError(t, run(t.Context(), tt.args, &stdout))
		var got []freddy.Connector
		require.NoError(t, json.Unmarshal([]byte(stdout.String()), &got))
		ids := make([]string, len(got))
		for i, connector := range got {
			ids[i] = connector.ID
		}
		assert.Equal(t, tt.ids, ids)
		assert.Equal(t, byte('['), stdout.String()[0])
	}
}

func TestErrors(t *testing.T) {
	server := freddytest.NewServer(t)
	for name, tt := range map[string]struct {
		key  string
		args []string
		want string
	}{
		"argument":       {freddytest.APIKey, []string{"development"}, `unexpected argument: "development"`},
		"unknown filter": {freddytest.APIKey, []string{"-category", "x"}, "category: Input should be 'productivity'"},
		"invalid key":    {"another-key", nil, "401 invalid_api_key"},
	} {
		t.Run(name, func(t *testing.T) {
			useServer(t, tt.key, server.URL())
			var stdout strings.Builder
			err := run(t.Context(), tt.args, &stdout)
			require.ErrorContains(t, err, tt.want)
			assert.NotContains(t, err.Error(), "\n")
			assert.Empty(t, stdout.String())
		})
	}
}

func TestErrorOfLaterPagePrintsNothing(t *testing.T) {
	server := freddytest.NewServer(t)
	useServer(t, freddytest.APIKey, server.URL())
	server.Script(http.MethodGet, "/personal-connectors",
		freddytest.Reply{Body: `{"data":[{"id":"pcon_1"}],"hasMore":true}`},
		freddytest.Reply{Status: http.StatusForbidden},
	)
	var stdout strings.Builder
	require.ErrorIs(t, run(t.Context(), nil, &stdout), freddy.ErrPermissionDenied)
	assert.Empty(t, stdout.String())
}
