package main

import (
	"context"
	"io"
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
	"github.com/aitronos/freddy-go/examples/internal/cli"
	"github.com/aitronos/freddy-go/freddytest"
)

// The library looks at TERM: where it is dumb, it shows other forms.
func TestMain(m *testing.M) {
	os.Setenv("TERM", "xterm")
	os.Exit(m.Run())
}

// typist is a terminal with somebody at the keys: of each form, the keys that
// are pressed. A word of several letters is typed letter by letter.
type typist struct {
	t     *testing.T
	forms [][]string
	seen  []string // what each form has shown, all of its states
}

func (p *typist) show(ctx context.Context, form *huh.Form) error {
	require.NotEmpty(p.t, p.forms, "a form that nobody expects:\n%s", form.View())
	keys := p.forms[0]
	p.forms = p.forms[1:]
	d := newDriver(form)
	for _, key := range keys {
		d.press(key)
	}
	p.seen = append(p.seen, d.seen.String())
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case form.State == huh.StateAborted:
		return errInterrupted
	}
	require.Equal(p.t, huh.StateCompleted, form.State, "the form waits for more:\n%s", form.View())
	return nil
}

// driver runs a form without a program around it.
type driver struct {
	form *huh.Form
	msgs chan tea.Msg
	seen strings.Builder
}

func newDriver(form *huh.Form) *driver {
	d := &driver{form: form, msgs: make(chan tea.Msg, 1000)}
	form.SubmitCmd, form.CancelCmd = tea.Quit, tea.Interrupt
	form.Init() // its commands only ask for the size of the window
	d.update(tea.WindowSizeMsg{Width: 100, Height: 40})
	return d
}

var special = map[string]tea.KeyType{
	"enter":  tea.KeyEnter,
	"down":   tea.KeyDown,
	"left":   tea.KeyLeft,
	"back":   tea.KeyShiftTab,
	"clear":  tea.KeyCtrlU,
	"ctrl+c": tea.KeyCtrlC,
}

// press presses one key, or the letters of a word. What leaves a field does so
// by messages, so it waits for their effect.
func (d *driver) press(word string) {
	key, isSpecial := special[word]
	if !isSpecial {
		for _, letter := range word {
			d.update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{letter}})
		}
		return
	}
	field := d.form.GetFocusedField()
	d.update(tea.KeyMsg{Type: key})
	if word != "enter" && word != "back" {
		return
	}
	for d.form.State == huh.StateNormal && d.form.GetFocusedField() == field && field.Error() == nil {
		d.update(<-d.msgs)
	}
}

func (d *driver) update(msg tea.Msg) {
	_, cmd := d.form.Update(msg)
	d.start(cmd)
	d.seen.WriteString(ansi.Strip(d.form.View()) + "\n")
}

// start runs a command, and those that it consists of, beside the form: the
// cursor's only waits.
func (d *driver) start(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	go func() {
		msg := cmd()
		if v := reflect.ValueOf(msg); v.Kind() == reflect.Slice && v.Type().Elem() == reflect.TypeFor[tea.Cmd]() {
			for i := range v.Len() {
				inner, _ := reflect.TypeAssert[tea.Cmd](v.Index(i))
				d.start(inner)
			}
			return
		}
		d.msgs <- msg
	}()
}

// view is what a part of a form shows.
func view(f interface{ View() string }) string { return ansi.Strip(f.View()) }

// only returns the one setting of a schema, and the schema.
func only(t *testing.T, property string, required bool) (field, freddy.Schema) {
	t.Helper()
	text := `{"properties":{"a":` + property + `}}`
	if required {
		text = `{"properties":{"a":` + property + `},"required":["a"]}`
	}
	schema := freddy.NewSchema([]byte(text))
	fields, err := schema.Fields()
	require.NoError(t, err)
	require.Len(t, fields, 1)
	return fields[0], schema
}

func TestInputs(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		property string
		required bool
		shows    []string
		value    any
	}{
		"string":       {`{"type":"string","description":"What"}`, false, []string{"  a ", "  What "}, ""},
		"required":     {`{"type":"string"}`, true, []string{"a (required)"}, ""},
		"title":        {`{"type":"string","title":"The a"}`, true, []string{"The a (required)"}, ""},
		"default":      {`{"type":"string","default":"main"}`, false, []string{"(default: main)", "> main"}, "main"},
		"empty":        {`{"type":"string","default":""}`, false, []string{"(default: empty)"}, ""},
		"secret":       {`{"type":"string","format":"password","default":"xyzzy","minLength":3}`, false, []string{"(at least 3 characters)"}, ""},
		"lengths":      {`{"type":"string","minLength":3,"maxLength":5}`, false, []string{"(3 to 5 characters)"}, ""},
		"length":       {`{"type":"string","maxLength":5}`, false, []string{"(at most 5 characters)"}, ""},
		"format":       {`{"type":"string","format":"uri","pattern":"^h","examples":["http://a"]}`, false, []string{"(uri; matching ^h; such as http://a)"}, ""},
		"nullable":     {`{"type":["string","null"],"default":null}`, false, []string{"(null is possible)"}, ""},
		"integer":      {`{"type":"integer","minimum":1,"maximum":90,"default":30}`, false, []string{"(whole number, 1 to 90; default: 30)", "> 30"}, "30"},
		"number":       {`{"type":"number","minimum":0.5}`, false, []string{"(number, at least 0.5)"}, ""},
		"maximum":      {`{"type":"number","maximum":4}`, false, []string{"(number, at most 4)"}, ""},
		"boolean":      {`{"type":"boolean","default":true}`, false, []string{"(default: true)", "Yes", "No"}, true},
		"unset":        {`{"type":"boolean"}`, false, []string{"Yes", "No"}, false},
		"enum":         {`{"enum":["x",5,null],"default":5}`, false, []string{"default: 5", "  x", "> 5", "  null", "  (none)"}, 1},
		"needed enum":  {`{"type":"string","enum":["x","y"]}`, true, []string{"> x", "  y"}, 0},
		"free enum":    {`{"type":"string","enum":["x","y"]}`, false, []string{"  x", "  y", "> (none)"}, none},
		"list":         {`{"type":"array","items":{"type":"string","enum":["x","y"]},"default":["x","y"]}`, false, []string{"(comma-separated; each one of: x, y; default: x, y)", "> x, y"}, "x, y"},
		"list as JSON": {`{"type":"array","default":["x,y"]}`, false, []string{`> ["x,y"]`}, `["x,y"]`},
		"empty list":   {`{"type":"array","default":[]}`, false, []string{`default: empty`}, ``},
		"object":       {`{"type":"object","properties":{"x":{},"y":{}},"required":["y"],"default":{"y":1}}`, false, []string{`(as JSON: x, y (required); default: {"y":1})`, `> {"y":1}`}, `{"y":1}`},
		"bare object":  {`{"type":"object"}`, false, []string{"(as JSON)"}, ""},
		"any":          {`{}`, false, []string{"(text or JSON)"}, ""},
		"hostile":      {`{"type":"string","title":"\u001b[2J","description":"\u202e","default":"\u009b"}`, false, []string{`\x1b[2J`, `\u202e (default: \u009b)`}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, schema := only(t, tt.property, tt.required)
			input := newQuestion(f).input(schema)
			input.WithWidth(100)
			assert.Equal(t, "a", input.GetKey())
			assert.Equal(t, tt.value, input.GetValue())
			for _, want := range tt.shows {
				assert.Contains(t, view(input), want)
			}
			assert.NotContains(t, view(input), "xyzzy")
			assert.Equal(t, tt.required, strings.Contains(view(input), "a (required)"))
		})
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	const absent = "absent"
	for name, tt := range map[string]struct {
		property string
		required bool
		keys     []string
		want     any
	}{
		"text":            {`{"type":"string"}`, false, []string{"abc", "enter"}, "abc"},
		"nothing":         {`{"type":"string"}`, false, []string{"enter"}, absent},
		"default":         {`{"type":"string","default":"main"}`, true, []string{"enter"}, "main"},
		"other":           {`{"type":"string","default":"main"}`, true, []string{"clear", "next", "enter"}, "next"},
		"cleared":         {`{"type":"string","default":"main"}`, true, []string{"clear", "enter"}, absent},
		"null":            {`{"type":["string","null"]}`, false, []string{"null", "enter"}, nil},
		"list":            {`{"type":"array","items":{"type":"string"}}`, false, []string{"a, b", "enter"}, []any{"a", "b"}},
		"yes":             {`{"type":"boolean"}`, false, []string{"y"}, true},
		"no":              {`{"type":"boolean","default":true}`, false, []string{"left", "enter"}, false},
		"not yes":         {`{"type":"boolean"}`, false, []string{"enter"}, absent},
		"required no":     {`{"type":"boolean"}`, true, []string{"enter"}, false},
		"choice":          {`{"enum":["x","y"]}`, true, []string{"down", "enter"}, "y"},
		"default choice":  {`{"enum":["x","y"],"default":"y"}`, true, []string{"enter"}, "y"},
		"no choice":       {`{"enum":["x","y"]}`, false, []string{"enter"}, absent},
		"any text":        {`{}`, false, []string{"{a", "enter"}, "{a"},
		"any JSON":        {`{}`, false, []string{"[true]", "enter"}, []any{true}},
		"after a mistake": {`{"type":"integer","maximum":5}`, false, []string{"x", "enter", "clear", "6", "enter", "clear", "", "enter"}, absent},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, schema := only(t, tt.property, tt.required)
			q := newQuestion(f)
			d := newDriver(newForm(huh.NewGroup(q.input(schema))))
			for _, key := range tt.keys {
				d.press(key)
			}
			if name == "yes" { // it is answered by one key
				for d.form.State == huh.StateNormal {
					d.update(<-d.msgs)
				}
			}
			assert.Equal(t, huh.StateCompleted, d.form.State)
			value, given, err := q.value()
			require.NoError(t, err)
			if tt.want == absent {
				assert.False(t, given)
				return
			}
			assert.True(t, given)
			assert.Equal(t, tt.want, value)
		})
	}
}

func TestAnswersAreChecked(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		property, text, want string
	}{
		"required":   {`{"type":"string"}`, " ", "a: required"},
		"integer":    {`{"type":"integer"}`, "x", "a: must be a whole number"},
		"number":     {`{"type":"number"}`, "x", "a: must be a number"},
		"maximum":    {`{"type":"integer","maximum":90}`, "91", "a: must be at most 90"},
		"length":     {`{"type":"string","format":"password","minLength":5}`, "x", "a: must have at least 5 characters"},
		"pattern":    {`{"type":"string","pattern":"^a\u001b?$"}`, "b", "a: must match the pattern ^a\\x1b?$"},
		"format":     {`{"type":"string","format":"email"}`, "b", "a: must be a valid email"},
		"list":       {`{"type":"array","items":{"type":"integer"}}`, "1, x", "a: value 2 must be a whole number"},
		"object":     {`{"type":"object"}`, "[]", "a: must be a JSON object"},
		"in objects": {`{"type":"object","required":["b/c"],"properties":{"b/c":{}}}`, "{}", "a/b~1c: required"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, schema := only(t, tt.property, true)
			d := newDriver(newForm(huh.NewGroup(newQuestion(f).input(schema))))
			d.press(tt.text)
			d.press("enter")
			assert.Equal(t, huh.StateNormal, d.form.State)
			require.EqualError(t, d.form.GetFocusedField().Error(), tt.want)
			assert.Contains(t, view(d.form), tt.want)
		})
	}
}

func TestCheckIsForOneSettingAlone(t *testing.T) {
	t.Parallel()
	schema := freddy.NewSchema([]byte(`{"required":["other"],"properties":{"a/~b":{"type":"string","minLength":2},"a":{"maxLength":0}}}`))
	require.NoError(t, faultOf(schema, "a/~b", "xy"))
	require.EqualError(t, faultOf(schema, "a/~b", "x"), "a~1~0b: must have at least 2 characters")
	require.Error(t, faultOf(freddy.NewSchema([]byte(`{"$ref":"https://example.com/schema"}`)), "a", "x"))
}

func TestSecretsAreNotEchoed(t *testing.T) {
	t.Parallel()
	for name, property := range map[string]string{
		"password": `{"type":"string","format":"password"}`,
		"writable": `{"type":"string","writeOnly":true}`,
		"marked":   `{"type":"string","x-secret":true}`,
		"list":     `{"type":"array","items":{"type":"string","format":"password"}}`,
		"inside":   `{"type":"object","properties":{"b":{"type":"string","format":"password"}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, schema := only(t, property, true)
			d := newDriver(newForm(huh.NewGroup(newQuestion(f).input(schema))))
			d.press("xyzzy")
			assert.NotContains(t, d.seen.String(), "xy")
			assert.Contains(t, view(d.form), "> *****")
			assert.True(t, isSecret(f))
		})
	}
}

func TestFormsFromEndToEnd(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	env := live(server)
	delete(env, "FREDDY_CREDENTIAL")
	person := &typist{t: t, forms: [][]string{
		{"down", "down", "enter"}, // Slack
		{"enter", "acme", "enter", "enter", "clear", "91", "enter", "clear", "7", "enter", "the-signing-secret", "enter", "clear", "enter", "My Slack", "enter", "enter", credential, "enter"},
		{"left", "enter"},
	}}
	got := tryIn(t.Context(), person, env)
	assert.Equal(t, cli.ExitOK, got.code)
	assert.Empty(t, got.stderr)
	assertGolden(t, "form.txt", got.stdout)
	assert.Equal(t, []string{
		"GET /personal-connectors",
		"GET /personal-connectors/pcon_slack",
		"POST " + pathConfigurations,
		"POST " + pathCreated + "/test",
		"GET " + pathCreated + "/tools",
		"DELETE " + pathCreated,
	}, calls(server))
	assert.JSONEq(t, `{
		"personalConnectorId": "pcon_slack", "name": "My Slack", "credentials": "***",
		"configuration": {"workspace": "acme", "channels": ["general"], "historyDays": 7, "signingSecret": "the-signing-secret"}
	}`, string(server.Requests()[2].Body))

	require.Len(t, person.seen, 3)
	assert.Contains(t, person.seen[0], "> Slack: Read channels and post messages in Slack")
	for _, want := range []string{
		"workspace: required", "historyDays: must be at most 90", "the name is needed", "the API key is needed",
		"Settings of Slack", "Configuration of Slack", "> " + strings.Repeat("*", len(credential)),
	} {
		assert.Contains(t, person.seen[1], want)
	}
	assert.NotContains(t, person.seen[1], "the-sig")
	assert.NotContains(t, person.seen[1], credential[:5])
	assert.Contains(t, person.seen[2], "Delete the configuration pconf_000001?")
}

func TestFormsOffline(t *testing.T) {
	t.Parallel()
	person := &typist{t: t, forms: [][]string{{"a", "enter", "enter", "enter", "enter"}, {"enter"}}}
	got := tryIn(t.Context(), person, nil, "pcon_github")
	assert.Equal(t, cli.ExitOK, got.code)
	assert.Equal(t, demoNotice, got.stderr)
	assert.NotContains(t, got.stdout, "Deleted")
	assert.Contains(t, person.seen[0], "The built-in fake API takes any")
}

func TestFormsAskOnlyForWhatIsNotKnown(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	server.AddConnector(freddy.Connector{ID: "pcon_bare"})
	person := &typist{t: t, forms: [][]string{{"enter"}}}
	got := tryIn(t.Context(), person, live(server), "-name", "My own", "-delete", "pcon_bare")
	assert.Equal(t, cli.ExitOK, got.code)
	assert.Contains(t, got.stdout, "Deleted pconf_000001")
	assert.Contains(t, person.seen[0], "> My own")
	assert.NotContains(t, person.seen[0], "API key")

	person = &typist{t: t} // with -set there is no form
	got = tryIn(t.Context(), person, live(server), github()...)
	assert.Equal(t, cli.ExitOK, got.code)
}

func TestFormIsShownAgain(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	server.AddConnector(freddy.Connector{ID: "pcon_pair", Metadata: freddy.ConnectorMetadata{ConfigurationSchema: freddy.NewSchema([]byte(
		`{"properties":{"user":{"type":"string"},"group":{"type":"string"}},"dependentRequired":{"user":["group"]}}`))}})
	person := &typist{t: t, forms: [][]string{
		{"me", "enter", "enter", "enter"},
		{"enter", "us", "enter", "enter"},
		{"enter"},
	}}
	got := tryIn(t.Context(), person, live(server), "pcon_pair")
	assert.Equal(t, cli.ExitOK, got.code)
	require.Len(t, person.seen, 3)
	assert.Contains(t, person.seen[1], "group: required because of user")
	assert.Contains(t, person.seen[1], "> me")
	assert.Contains(t, string(server.Requests()[1].Body), `"configuration":{"group":"us","user":"me"}`)
}

func TestInterruptedForms(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		forms [][]string
		line  string
	}{
		"catalogue": {[][]string{{"ctrl+c"}}, "\n"},
		"settings":  {[][]string{{"enter"}, {"acme", "ctrl+c"}}, "\n"},
		"name":      {[][]string{{"enter"}, {"acme", "enter", "enter", "ctrl+c"}}, "\n"},
		"deletion":  {[][]string{{"enter"}, {"acme", "enter", "enter", "enter"}, {"ctrl+c"}}, createdRemains},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			person := &typist{t: t, forms: tt.forms}
			got := tryIn(t.Context(), person, live(freddytest.NewServer(t)))
			assert.Equal(t, cli.ExitInterrupted, got.code)
			assert.Equal(t, "configure: interrupted"+tt.line, got.stderr)
			assert.Empty(t, person.forms)
		})
	}
}

func TestUnhealthyStillOffersDeletion(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		keys []string
		code int
		line string
	}{
		"deleted": {[]string{"left", "enter"}, cli.ExitFailed, "the test failed\n"},
		"kept":    {[]string{"enter"}, cli.ExitFailed, "the test failed" + createdRemains},
		"ctrl+c":  {[]string{"ctrl+c"}, cli.ExitInterrupted, "interrupted" + createdRemains},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := freddytest.NewServer(t)
			server.Script(http.MethodPost, pathCreated+"/test", freddytest.Reply{Body: unhealthy})
			person := &typist{t: t, forms: [][]string{{"a", "enter", "enter", "enter"}, tt.keys}}
			got := tryIn(t.Context(), person, live(server), "pcon_github")
			assert.Equal(t, tt.code, got.code)
			assert.Equal(t, "configure: "+tt.line, got.stderr)
			assert.Equal(t, name == "deleted", strings.Contains(got.stdout, "Deleted pconf_000001"))
		})
	}
}

func TestEmptyCatalogue(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	server.Script(http.MethodGet, "/personal-connectors", freddytest.Reply{Body: `{"data":[]}`}, freddytest.Reply{Status: http.StatusForbidden})
	got := tryIn(t.Context(), &typist{t: t}, live(server))
	assert.Equal(t, result{cli.ExitFailed, "", "configure: the catalogue is empty\n"}, got)
	got = tryIn(t.Context(), &typist{t: t}, live(server))
	assert.Equal(t, cli.ExitFailed, got.code)
	assert.Contains(t, got.stderr, "403")
}

// The tests run without a terminal, but a screen draws on anything.
func TestScreen(t *testing.T) {
	t.Parallel()
	var yes bool
	s := screen{strings.NewReader("y"), io.Discard}
	require.NoError(t, s.show(t.Context(), confirmDeletion("pconf_a", &yes)))
	assert.True(t, yes)

	s = screen{strings.NewReader("\x03"), io.Discard}
	require.ErrorIs(t, s.show(t.Context(), confirmDeletion("pconf_a", &yes)), errInterrupted)

	reader, writer := io.Pipe()
	defer writer.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s = screen{reader, io.Discard}
	require.ErrorIs(t, s.show(ctx, confirmDeletion("pconf_a", &yes)), context.Canceled)
}

func TestCtrlVIsDropped(t *testing.T) {
	t.Parallel()
	assert.Nil(t, dropCtrlV(nil, tea.KeyMsg{Type: tea.KeyCtrlV}))
	for _, msg := range []tea.Msg{tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("v"), Paste: true}, tea.KeyMsg{Type: tea.KeyCtrlC}, tea.WindowSizeMsg{}} {
		assert.Equal(t, msg, dropCtrlV(nil, msg))
	}
}
