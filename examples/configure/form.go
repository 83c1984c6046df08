package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/huh"
	"github.com/charmbracelet/x/term"

	"github.com/aitronos/freddy-go"
	_ "github.com/aitronos/freddy-go/examples/configure/internal/quiet" // no questions to the terminal at the start
	"github.com/aitronos/freddy-go/examples/internal/cli"
)

// terminal shows a form until a person has filled it in.
type terminal interface {
	show(ctx context.Context, form *huh.Form) error
}

// errInterrupted is the error of a form that was left by Ctrl-C.
var errInterrupted = errors.New("interrupted")

// screen is a terminal that draws on out, so that stdout has the results alone.
type screen struct {
	in  io.Reader
	out io.Writer
}

// findTerminal returns nil where no form can be shown.
func findTerminal() terminal {
	if os.Getenv("TERM") == "dumb" || !term.IsTerminal(os.Stdin.Fd()) || !term.IsTerminal(os.Stderr.Fd()) {
		return nil
	}
	return screen{os.Stdin, os.Stderr}
}

func (s screen) show(ctx context.Context, form *huh.Form) error {
	err := form.WithProgramOptions(tea.WithFilter(dropCtrlV)).WithInput(s.in).WithOutput(s.out).RunWithContext(ctx)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, huh.ErrUserAborted):
		return errInterrupted
	case err != nil:
		return err
	case form.State != huh.StateCompleted: // a signal has ended it
		return errInterrupted
	}
	return nil
}

// dropCtrlV drops the key by which a form pastes: huh v1.0.0 pastes twice, which
// nobody sees in a secret. What the terminal itself pastes is typed once.
func dropCtrlV(_ tea.Model, msg tea.Msg) tea.Msg {
	if key, ok := msg.(tea.KeyMsg); ok && key.Type == tea.KeyCtrlV {
		return nil
	}
	return msg
}

// newForm returns a form that can be read on any background.
func newForm(groups ...*huh.Group) *huh.Form {
	theme := huh.ThemeBase()
	theme.Focused.Title = theme.Focused.Title.Bold(true)
	theme.Group.Title = theme.Group.Title.Underline(true)
	return huh.NewForm(groups...).WithTheme(theme)
}

// pick lets a person choose one of the connectors; choice becomes its id.
func pick(connectors []*freddy.Connector, choice *string) *huh.Form {
	options := make([]huh.Option[string], len(connectors))
	for i, c := range connectors {
		label := cmp.Or(c.Name, c.ID)
		if c.Description != "" {
			label += ": " + c.Description
		}
		options[i] = huh.NewOption(cli.Plain(label), c.ID)
	}
	return newForm(huh.NewGroup(huh.NewSelect[string]().
		Title("Which connector?").
		Options(options...).
		Value(choice)))
}

// confirmDeletion asks whether a configuration is to go.
func confirmDeletion(id string, yes *bool) *huh.Form {
	return newForm(huh.NewGroup(huh.NewConfirm().
		Title(cli.Plain("Delete the configuration " + id + "?")).
		Affirmative("Delete").
		Negative("Keep").
		Value(yes)))
}

// answers are what a person fills in.
type answers struct {
	questions  []*question
	name       string
	credential string
	known      bool // the credential, so that it is not asked for
	fake       bool // the API, so that any credential will do
}

// form asks for everything. The problem, if there is one, is what was wrong
// with the answers that are there.
func (a *answers) form(connector *freddy.Connector, problem string) *huh.Form {
	name := cli.Plain(cmp.Or(connector.Name, connector.ID))
	var groups []*huh.Group
	if len(a.questions) > 0 {
		inputs := make([]huh.Field, len(a.questions))
		for i, q := range a.questions {
			inputs[i] = q.input(connector.Metadata.ConfigurationSchema)
		}
		groups = append(groups, huh.NewGroup(inputs...).Title("Settings of "+name).Description(cli.Plain(problem)))
	}
	inputs := []huh.Field{huh.NewInput().Key("name").
		Title("Name (required)").
		Description("What the configuration is called").
		Validate(needed("the name")).
		Value(&a.name)}
	if !a.known {
		inputs = append(inputs, a.credentialInput(name))
	}
	return newForm(append(groups, huh.NewGroup(inputs...).Title("Configuration of "+name))...)
}

func (a *answers) credentialInput(name string) huh.Field {
	input := huh.NewInput().Key("credential").
		Title("API key (required)").
		Description("The key that " + name + " is to be used with; it is not shown").
		EchoMode(huh.EchoModePassword).
		Validate(needed("the API key")).
		Value(&a.credential)
	if a.fake {
		input.Title("API key").
			Description("The built-in fake API takes any, and none, too").
			Validate(func(string) error { return nil })
	}
	return input
}

func needed(what string) func(string) error {
	return func(text string) error {
		if strings.TrimSpace(text) == "" {
			return errors.New(what + " is needed")
		}
		return nil
	}
}

// settings returns what was answered.
func (a *answers) settings() (map[string]any, error) {
	values := map[string]any{}
	for _, q := range a.questions {
		value, given, err := q.value()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", q.field.Name, err)
		}
		if given {
			values[q.field.Name] = value
		}
	}
	return values, nil
}

// question asks for one setting. Its answer is in one of the last three.
type question struct {
	field  field
	text   string
	yes    bool // of a boolean
	choice int  // of an enum: its place, or none
}

const none = -1

// newQuestion returns a question whose answer is the default.
func newQuestion(f field) *question {
	q := &question{field: f}
	if len(f.Enum) > 0 {
		q.choice = place(f)
		return q
	}
	q.yes, _ = f.Default.(bool)
	if f.Default != nil && !isSecret(f) {
		q.text = safe(written(f.Default))
	}
	return q
}

// place returns where the default stands among the choices. Without one it is
// none, or the first, if there has to be a choice.
func place(f field) int {
	for i, choice := range f.Enum {
		if f.Default != nil && written(choice) == written(f.Default) {
			return i
		}
	}
	if f.Required {
		return 0
	}
	return none
}

// input returns the part of a form that the question is.
func (q *question) input(schema freddy.Schema) huh.Field {
	f := q.field
	title, description := cmp.Or(f.Title, f.Name), describe(f)
	if f.Required {
		title += " (required)"
	}
	title, description = cli.Plain(title), cli.Plain(description)
	switch {
	case len(f.Enum) > 0:
		var options []huh.Option[int]
		for i, choice := range f.Enum {
			options = append(options, huh.NewOption(cli.Plain(written(choice)), i))
		}
		if !f.Required {
			options = append(options, huh.NewOption("(none)", none))
		}
		return huh.NewSelect[int]().Key(f.Name).Title(title).Description(description).Options(options...).Value(&q.choice)
	case f.Type == "boolean":
		return huh.NewConfirm().Key(f.Name).Title(title).Description(description).Value(&q.yes)
	}
	input := huh.NewInput().Key(f.Name).Title(title).Description(description).
		Validate(func(text string) error { return check(schema, f, text) }).
		Value(&q.text)
	if isSecret(f) {
		input.EchoMode(huh.EchoModePassword)
	}
	return input
}

// check says what is wrong with the text of an answer.
func check(schema freddy.Schema, f field, text string) error {
	value, given, err := read(f, text)
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", cli.Plain(f.Name), err)
	case given:
		return faultOf(schema, f.Name, value)
	case f.Required && f.Default == nil:
		return errors.New(cli.Plain(f.Name) + ": required")
	}
	return nil
}

// value returns the answer, and whether there is one.
func (q *question) value() (value any, given bool, err error) {
	f := q.field
	switch {
	case len(f.Enum) > 0 && q.choice == none:
		return nil, false, nil
	case len(f.Enum) > 0:
		return f.Enum[q.choice], true, nil
	case f.Type == "boolean":
		return q.yes, q.yes || f.Required || f.Default != nil, nil
	}
	return read(f, q.text)
}

// read returns the value of a text; a blank one is no answer.
func read(f field, text string) (value any, given bool, err error) {
	if strings.TrimSpace(text) == "" {
		return nil, false, nil
	}
	value, err = parseValue(f, text)
	return value, err == nil, err
}
