package main

import (
	"bytes"
	"context"
	"errors"
	"log"
	"net/http"
	"os"
	"reflect"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/huh"
	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/freddytest"
)

const (
	route  = "/personal-connectors/configurations"
	secret = "example-secret-of-the-test"
)

// typist presses keys in forms.
type typist struct {
	t     *testing.T
	forms [][]string // the keys for each form: names of special keys, or text to type
	seen  []string   // what each form has shown
}

// ask runs a form without a terminal. It executes the commands of the form itself, so it
// waits for their effect and not for time.
func (p *typist) ask(form *huh.Form) error {
	require.NotEmpty(p.t, p.forms, "unexpected form:\n%s", ansi.Strip(form.View()))
	keys := p.forms[0]
	p.forms = p.forms[1:]
	d := &driver{form: form, messages: make(chan tea.Msg, 1000)}
	form.SubmitCmd, form.CancelCmd = tea.Quit, tea.Interrupt
	form.Init()
	d.update(tea.WindowSizeMsg{Width: 100, Height: 80})
	d.seen.WriteString(ansi.Strip(form.View()) + "\n")
	for _, key := range keys {
		d.press(key)
	}
	p.seen = append(p.seen, d.seen.String())
	if form.State == huh.StateAborted {
		return huh.ErrUserAborted
	}
	require.Equal(p.t, huh.StateCompleted, form.State, "the form is not complete:\n%s", ansi.Strip(form.View()))
	return nil
}

type driver struct {
	form     *huh.Form
	messages chan tea.Msg
	seen     strings.Builder
}

var special = map[string]tea.KeyType{
	"enter": tea.KeyEnter, "down": tea.KeyDown, "clear": tea.KeyCtrlU, "line": tea.KeyCtrlJ, "ctrl+c": tea.KeyCtrlC,
}

func (d *driver) press(key string) {
	kind, isSpecial := special[key]
	if !isSpecial {
		for _, r := range key {
			d.update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}})
		}
		return
	}
	field := d.form.GetFocusedField()
	d.update(tea.KeyMsg{Type: kind})
	for key == "enter" && d.form.State == huh.StateNormal && d.form.GetFocusedField() == field && field.Error() == nil {
		d.update(<-d.messages)
	}
	d.seen.WriteString(ansi.Strip(d.form.View()) + "\n")
}

func (d *driver) update(message tea.Msg) {
	_, command := d.form.Update(message)
	d.start(command)
}

// start runs a command, or the commands of a batch.
func (d *driver) start(command tea.Cmd) {
	if command == nil {
		return
	}
	go func() {
		message := command()
		if v := reflect.ValueOf(message); v.Kind() == reflect.Slice && v.Type().Elem() == reflect.TypeFor[tea.Cmd]() {
			for i := range v.Len() {
				inner, _ := reflect.TypeAssert[tea.Cmd](v.Index(i))
				d.start(inner)
			}
			return
		}
		d.messages <- message
	}()
}

// configure runs the example for a schema, and returns what the API has created.
func configure(t *testing.T, schema freddy.Schema, forms ...[]string) (*typist, map[string]any) {
	t.Helper()
	api := freddytest.NewServer(t)
	connector := freddy.Connector{ID: "pcon_test", Name: "Test"}
	connector.Metadata.ConfigurationSchema = schema
	api.AddConnector(connector)
	t.Setenv("FREDDY_API_KEY", freddytest.APIKey)
	t.Setenv("FREDDY_BASE_URL", api.URL())
	p := &typist{t: t, forms: forms}
	var stdout strings.Builder
	require.NoError(t, run(t.Context(), []string{"pcon_test"}, &stdout, p.ask))
	assert.Empty(t, p.forms, "forms that were not shown")
	assert.Equal(t, "pconf_000001 is a configuration of pcon_test\n", stdout.String())
	created, err := api.Client().Configurations().Get(t.Context(), "pconf_000001")
	require.NoError(t, err)
	assert.Equal(t, "Test", created.Name)
	requests := api.Requests()
	assert.Contains(t, string(requests[len(requests)-2].Body), `"apiKey":"example-token"`)
	return p, created.Configuration
}

func TestConnectorOfTheFake(t *testing.T) {
	t.Setenv("FREDDY_API_KEY", "")
	var logged bytes.Buffer
	log.SetOutput(&logged)
	t.Cleanup(func() { log.SetOutput(os.Stderr) })
	p := &typist{t: t, forms: [][]string{{
		"down", "enter", // hamburg
		"short", "enter", "-" + secret, "enter",
		"clear", "5", "enter", "nobody", "enter", "@example.com", "enter",
		"enter", secret, "enter",
	}}}
	var stdout strings.Builder
	require.NoError(t, run(t.Context(), []string{"pcon_inventory"}, &stdout, p.ask))
	assert.Equal(t, "pconf_000001 is a configuration of pcon_inventory\n", stdout.String())
	assert.Contains(t, logged.String(), "FREDDY_API_KEY is not set: using a fake API\n")
	for _, want := range []string{
		"Configure Warehouse inventory", "warehouse (required)", "Warehouse to ask", "> hamburg", "Whom to tell",
		"/apiToken: must have at least 20 characters", "/limits/email: must be a valid email",
	} {
		assert.Contains(t, p.seen[0], want)
	}
	assert.NotContains(t, p.seen[0], "short")
	assert.NotContains(t, p.seen[0], secret)
}

func TestEveryKindOfInput(t *testing.T) {
	p, got := configure(t, `{"properties": {
		"text": {"type": "string", "title": "The text", "default": "a", "pattern": "^a+$"},
		"number": {"type": "number", "default": 0.5},
		"choice": {"enum": [1, "x"]},
		"switch": {"type": "boolean", "default": true},
		"unset": {"type": "boolean"},
		"several": {"type": "array", "items": {"enum": ["p", "q", "r"]}, "default": ["p"]},
		"list": {"type": "array", "items": {"type": "string", "minLength": 2}, "default": ["aa"]},
		"map": {"type": "object", "additionalProperties": {"type": "integer"}},
		"tokens": {"type": "array", "items": {"type": "string", "writeOnly": true}},
		"any": {},
		"read": {"readOnly": true}
	}}`, []string{
		"b", "enter", "clear", "aaa", "enter",
		"enter",
		"down", "enter",
		"down", "enter",
		"enter",
		"down", "x", "enter",
		"line", "b", "enter", "b", "enter",
		"A/1=1", "line", "B=x", "enter", "clear", "B=2", "enter",
		secret + ";b", "enter",
		"free", "enter",
		"enter", "example-token", "enter",
	})
	assert.Equal(t, map[string]any{
		"text": "aaa", "number": 0.5, "choice": 1.0, "switch": false, "several": []any{"p", "q"},
		"list": []any{"aa", "bb"}, "map": map[string]any{"A/1": 1.0, "B": 2.0}, "tokens": []any{secret, "b"}, "any": "free",
	}, got)
	for _, want := range []string{
		"The text", "/text: must match the pattern ^a+$", "/list/1: must have at least 2 characters", "/map/B: must be an integer",
		"(NAME=VALUE, one on each line)", "(items, separated by semicolons)", "(none)",
	} {
		assert.Contains(t, p.seen[0], want)
	}
	assert.NotContains(t, p.seen[0], secret)
	assert.NotContains(t, p.seen[0], "read")
}

func TestVariantIsChosenFirst(t *testing.T) {
	const login freddy.Schema = `{"properties": {"login": {"title": "Sign-in", "type": "object", "oneOf": [
		{"title": "Token", "properties": {"by": {"const": "token"}, "token": {"type": "string", "writeOnly": true}}, "required": ["by", "token"]},
		{"properties": {"by": {"const": "user"}, "user": {"type": "string"}, "more": {"oneOf": [
			{"title": "Text", "type": "string"},
			{"title": "Number", "type": "object", "properties": {"n": {"type": "integer"}}}
		]}}, "required": ["by", "user"]}
	]}}}`
	for name, tt := range map[string]struct {
		forms [][]string
		want  map[string]any
	}{
		"first": {
			[][]string{{"enter"}, {"enter", secret, "enter", "enter", "example-token", "enter"}},
			map[string]any{"login": map[string]any{"by": "token", "token": secret}},
		},
		"nested": {
			[][]string{{"down", "enter"}, {"down", "enter"}, {"ann", "enter", "7", "enter", "enter", "example-token", "enter"}},
			map[string]any{"login": map[string]any{"by": "user", "user": "ann", "more": map[string]any{"n": 7.0}}},
		},
		"nested scalar": {
			[][]string{{"down", "enter"}, {"enter"}, {"ann", "enter", "x", "enter", "enter", "example-token", "enter"}},
			map[string]any{"login": map[string]any{"by": "user", "user": "ann", "more": "x"}},
		},
		"none": {
			[][]string{{"down", "down", "enter"}, {"enter", "example-token", "enter"}},
			map[string]any{},
		},
	} {
		t.Run(name, func(t *testing.T) {
			p, got := configure(t, login, tt.forms...)
			assert.Equal(t, tt.want, got)
			assert.Contains(t, p.seen[0], "Sign-in")
			assert.Contains(t, p.seen[0], "Variant 2")
			assert.NotContains(t, p.seen[len(p.seen)-1], secret)
		})
	}
}

// A problem of no single input is shown above the form, which keeps its values.
func TestFormIsShownAgain(t *testing.T) {
	p, got := configure(t, `{"properties": {"a": {"type": "string"}, "b": {"type": "string"}}, "minProperties": 2}`,
		[]string{"one", "enter", "enter", "enter", "example-token", "enter"},
		[]string{"enter", "two", "enter", "enter", "enter"},
	)
	assert.Equal(t, map[string]any{"a": "one", "b": "two"}, got)
	assert.Contains(t, p.seen[1], "must have at least 2 properties")
}

func TestControlCharactersAreReplaced(t *testing.T) {
	p, _ := configure(t, `{"properties": {"a": {"title": "\u001b[2JA", "description": "\u202eB", "enum": ["\u009bC"]}}}`,
		[]string{"enter", "enter", "example-token", "enter"})
	assert.Contains(t, p.seen[0], "\ufffd[2JA")
	assert.Contains(t, p.seen[0], "\ufffdB")
	assert.Contains(t, p.seen[0], "\ufffdC")
}

func TestCreateCreatesOnce(t *testing.T) {
	params := freddy.ConfigurationCreateParams{
		PersonalConnectorID: "pcon_github", Name: "Same", Credentials: freddy.APIKeyCredentials("example-token"),
	}
	for name, replies := range map[string][]freddytest.Reply{
		"no failure":                nil,
		"response lost":             {{Fault: freddytest.FaultLost}},
		"response lost after a 429": {{Status: http.StatusTooManyRequests}, {Fault: freddytest.FaultLost}},
		"request lost":              {{Fault: freddytest.FaultDrop}},
	} {
		t.Run(name, func(t *testing.T) {
			server := freddytest.NewServer(t)
			server.AddConfiguration(freddy.Configuration{ID: "pconf_other", Name: "Same", PersonalConnectorID: "pcon_github"})
			server.Script(http.MethodPost, route, replies...)
			created, err := create(t.Context(), server.Client(), params)
			require.NoError(t, err)
			assert.Equal(t, "pconf_000001", created.ID)
			page, err := server.Client().Configurations().List(t.Context(), freddy.ConfigurationListParams{})
			require.NoError(t, err)
			assert.Len(t, page.Items, 2)
		})
	}
}

func TestCreateReportsWhatMayExist(t *testing.T) {
	server := freddytest.NewServer(t)
	server.Script(http.MethodPost, route, freddytest.Reply{Fault: freddytest.FaultLost})
	server.Script(http.MethodGet, route, freddytest.Reply{Status: http.StatusForbidden})
	_, err := create(t.Context(), server.Client(), freddy.ConfigurationCreateParams{
		PersonalConnectorID: "pcon_github", Name: "Backend", Credentials: freddy.APIKeyCredentials("example-token"),
	})
	require.ErrorIs(t, err, freddy.ErrPermissionDenied)
	assert.Regexp(t, "^the configuration may exist: ", err.Error())
	assert.NotContains(t, err.Error(), "\n")
}

func TestErrors(t *testing.T) {
	api := freddytest.NewServer(t)
	api.AddConnector(freddy.Connector{ID: "pcon_broken", Metadata: freddy.ConnectorMetadata{ConfigurationSchema: `["not a schema"]`}})
	api.AddConnector(freddy.Connector{ID: "pcon_remote", Name: "Remote", Metadata: freddy.ConnectorMetadata{ConfigurationSchema: `{"$ref": "other.json"}`}})
	t.Setenv("FREDDY_API_KEY", freddytest.APIKey)
	t.Setenv("FREDDY_BASE_URL", api.URL())
	canceled := func(*huh.Form) error { return context.Canceled }
	for name, tt := range map[string]struct {
		args []string
		ask  func(*huh.Form) error
		want string
	}{
		"no connector":      {nil, canceled, "usage: configure CONNECTOR_ID"},
		"unknown connector": {[]string{"pcon_unknown"}, canceled, "404 connector_not_found"},
		"not a schema":      {[]string{"pcon_broken"}, canceled, "schema: "},
		"no terminal":       {[]string{"pcon_jira"}, func(*huh.Form) error { return errors.New("no terminal") }, "no terminal"},
		"unusable schema":   {[]string{"pcon_remote"}, (&typist{t: t, forms: [][]string{{"enter", "example-token", "enter"}}}).ask, "other.json"},
		"Ctrl-C":            {[]string{"pcon_jira"}, (&typist{t: t, forms: [][]string{{"ctrl+c"}}}).ask, "user aborted"},
		"end of context":    {[]string{"pcon_jira"}, canceled, "context canceled"},
	} {
		t.Run(name, func(t *testing.T) {
			var stdout strings.Builder
			require.ErrorContains(t, run(t.Context(), tt.args, &stdout, tt.ask), tt.want)
			assert.Empty(t, stdout.String())
		})
	}
	for _, request := range api.Requests() {
		assert.Equal(t, http.MethodGet, request.Method, "nothing is created")
	}
}
