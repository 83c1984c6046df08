// Configure asks for the settings of a connector in a terminal form, and creates a
// configuration of them. FREDDY_API_KEY has the API key; without one, the example uses a
// fake API. It is a module of its own, so run it in its folder.
//
//	go run . pcon_inventory
package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http/httptest"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"unicode"

	"github.com/charmbracelet/huh"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/freddytest"
	"github.com/aitronos/freddy-go/schema"
)

var escape = strings.NewReplacer("~", "~0", "/", "~1") // a name in a JSON pointer

func main() {
	log.SetFlags(0)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ask := func(form *huh.Form) error { return form.WithOutput(os.Stderr).RunWithContext(ctx) }
	if err := run(ctx, os.Args[1:], os.Stdout, ask); err != nil {
		log.Fatal(err)
	}
}

// run shows forms by ask, which returns when a person has filled one in.
func run(ctx context.Context, args []string, stdout io.Writer, ask func(*huh.Form) error) error {
	flags := flag.NewFlagSet("configure CONNECTOR_ID", flag.ExitOnError)
	if _ = flags.Parse(args); flags.NArg() != 1 { // Parse exits on an error
		return errors.New("usage: configure CONNECTOR_ID")
	}
	key, baseURL := os.Getenv("FREDDY_API_KEY"), cmp.Or(os.Getenv("FREDDY_BASE_URL"), freddy.DefaultBaseURL)
	if key == "" {
		log.Print("FREDDY_API_KEY is not set: using a fake API")
		server := httptest.NewServer(freddytest.NewFake())
		defer server.Close()
		key, baseURL = freddytest.APIKey, server.URL+"/v1"
	}
	client, err := freddy.NewClient(key, freddy.WithBaseURL(baseURL))
	if err != nil {
		return err
	}
	connector, err := client.Connectors().Get(ctx, flags.Arg(0))
	if err != nil {
		return err
	}
	settings, err := schema.Compile(connector.Metadata.ConfigurationSchema)
	if err != nil {
		return err
	}
	f := &form{title: "Configure " + plain(connector.Name), settings: settings, ask: ask, constants: url.Values{}}
	params := freddy.ConfigurationCreateParams{PersonalConnectorID: connector.ID, Name: connector.Name}
	if err := f.fillIn(&params); err != nil {
		return err
	}
	created, err := create(ctx, client, params)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "%s is a configuration of %s\n", created.ID, connector.ID)
	return err
}

// create creates a configuration once. If the call fails and may have succeeded, it looks
// for the configuration by its metadata before it calls again.
func create(ctx context.Context, client *freddy.Client, params freddy.ConfigurationCreateParams) (*freddy.Configuration, error) {
	const key = "createdBy"
	params.Metadata = map[string]any{key: "configure " + rand.Text()}
	created, err := client.Configurations().Create(ctx, params)
	if !freddy.MayHaveSucceeded(err) {
		return created, err
	}
	for configuration, listErr := range client.Configurations().All(ctx, freddy.ConfigurationListParams{PersonalConnectorID: params.PersonalConnectorID}) {
		if listErr != nil {
			return nil, fmt.Errorf("the configuration may exist: %w, then %w", err, listErr)
		}
		if configuration.Metadata[key] == params.Metadata[key] {
			return configuration, nil
		}
	}
	return client.Configurations().Create(ctx, params)
}

// form asks for the settings of a connector.
type form struct {
	title     string
	settings  *schema.Schema
	ask       func(*huh.Form) error
	constants url.Values // of the chosen variants, by pointer
	questions []*question
}

// question asks for one setting.
type question struct {
	schema.Field
	text string   // or the chosen option
	list []string // the chosen options of an array
}

// fillIn asks until the settings are valid.
func (f *form) fillIn(params *freddy.ConfigurationCreateParams) error {
	err := f.add(f.settings.Root())
	if err != nil {
		return err
	}
	credential, problem, invalid := "", "", &schema.ValidationError{}
	for {
		var inputs []huh.Field
		for _, q := range f.questions {
			inputs = append(inputs, f.input(q))
		}
		inputs = append(inputs,
			huh.NewInput().Title("Name of the configuration").Validate(huh.ValidateNotEmpty()).Value(&params.Name),
			huh.NewInput().Title("API key of the connector").EchoMode(huh.EchoModePassword).Validate(huh.ValidateNotEmpty()).Value(&credential))
		if err := f.ask(huh.NewForm(huh.NewGroup(inputs...).Title(f.title).Description(problem))); err != nil {
			return err
		}
		params.Credentials = freddy.APIKeyCredentials(credential)
		if params.Configuration, err = f.values(); !errors.As(err, &invalid) {
			return err // nil, or the schema cannot be used
		}
		problem = err.Error()
	}
}

// add adds a question for each setting in a field. It asks for a variant at once.
func (f *form) add(field schema.Field) error {
	for _, inner := range field.Fields {
		if !inner.ReadOnly && len(inner.Fields)+len(inner.Variants) > 0 {
			if err := f.add(inner); err != nil {
				return err
			}
		} else if !inner.ReadOnly {
			f.addQuestion(inner)
		}
	}
	if len(field.Variants) == 0 {
		return nil
	}
	var options []huh.Option[int]
	for i, v := range field.Variants {
		options = append(options, huh.NewOption(plain(cmp.Or(v.Title, fmt.Sprint("Variant ", i+1))), i))
	}
	if field.Name != "" && !field.Required {
		options = append(options, huh.NewOption("(none)", len(options)))
	}
	var choice int
	input := huh.NewSelect[int]().Title(titleOf(field)).Options(options...).Value(&choice)
	if err := f.ask(huh.NewForm(huh.NewGroup(input).Title(f.title))); err != nil || choice == len(field.Variants) {
		return err
	}
	v := field.Variants[choice]
	for name, value := range v.Match {
		f.constants.Set(field.Pointer+"/"+escape.Replace(name), asText(value))
	}
	if len(v.Field.Fields)+len(v.Field.Variants)+len(v.Match) == 0 && v.Field.Type != "object" {
		f.addQuestion(v.Field)
	}
	return f.add(v.Field)
}

// addQuestion adds a question for a setting, with its default.
func (f *form) addQuestion(field schema.Field) {
	q := &question{Field: field}
	if field.Type == "boolean" && field.Options == nil {
		q.Options = []schema.Option{{Value: true, Title: "yes"}, {Value: false, Title: "no"}}
	}
	if !field.Secret {
		q.text = asText(field.Default)
		q.list = strings.Split(q.text, "\n")
	}
	f.questions = append(f.questions, q)
}

// input returns the input of a question, which checks the value when a person leaves it.
func (f *form) input(q *question) huh.Field {
	title, about, separator, echo := titleOf(q.Field), plain(q.Description), "one on each line", huh.EchoModeNormal
	if q.Secret {
		separator, echo = "separated by semicolons", huh.EchoModePassword
	}
	check := func(string) error { return f.check(q.Pointer) }
	switch {
	case len(q.Options) > 0:
		return huh.NewSelect[string]().Title(title).Description(about).Options(optionsOf(q.Field)...).Validate(check).Value(&q.text)
	case q.Items != nil && len(q.Items.Options) > 0:
		return huh.NewMultiSelect[string]().Title(title).Description(about).Options(optionsOf(*q.Items)...).
			Validate(func([]string) error { return f.check(q.Pointer) }).Value(&q.list)
	case q.Values != nil:
		about += " (NAME=VALUE, " + separator + ")"
	case q.Items != nil:
		about += " (items, " + separator + ")"
	}
	if (q.Items != nil || q.Values != nil) && !q.Secret {
		return huh.NewText().Lines(3).Title(title).Description(about).Validate(check).Value(&q.text)
	}
	return huh.NewInput().Title(title).Description(about).EchoMode(echo).Validate(check).Value(&q.text)
}

// values returns the settings.
func (f *form) values() (map[string]any, error) {
	posted := maps.Clone(f.constants)
	for _, q := range f.questions {
		switch lines := strings.FieldsFunc(q.text, func(r rune) bool { return r == '\n' || q.Secret && r == ';' }); {
		case len(q.Options) > 0:
			posted.Set(q.Pointer, q.text)
		case q.Items != nil && len(q.Items.Options) > 0:
			posted[q.Pointer] = q.list
		case q.Items != nil:
			posted[q.Pointer] = lines
		case q.Values != nil:
			for _, line := range lines {
				name, value, _ := strings.Cut(line, "=")
				posted.Set(q.Pointer+"/"+escape.Replace(name), value)
			}
		default:
			posted.Set(q.Pointer, q.text)
		}
	}
	values, err := f.settings.ParseForm(posted)
	if err == nil {
		err = f.settings.Validate(values)
	}
	return values, err
}

// check returns the first problem of the value at a place.
func (f *form) check(pointer string) error {
	invalid := &schema.ValidationError{}
	_, err := f.values()
	errors.As(err, &invalid)
	for _, problem := range invalid.Errors {
		if problem.Pointer == pointer || strings.HasPrefix(problem.Pointer, pointer+"/") {
			return problem
		}
	}
	return nil
}

func titleOf(f schema.Field) string {
	return plain(cmp.Or(f.Title, f.Name, "Value")) + map[bool]string{true: " (required)"}[f.Required]
}

func optionsOf(f schema.Field) []huh.Option[string] {
	var options []huh.Option[string]
	if f.Name != "" && !f.Required { // not for the items of an array
		options = append(options, huh.NewOption("(none)", ""))
	}
	for _, o := range f.Options {
		value := asText(o.Value)
		options = append(options, huh.NewOption(plain(cmp.Or(o.Title, value)), value))
	}
	return options
}

// asText returns a value of a schema as JSON, but a string as it is, and an array in lines.
func asText(value any) string {
	switch value := value.(type) {
	case nil:
		return ""
	case string:
		return value
	case []any:
		var lines []string
		for _, item := range value {
			lines = append(lines, asText(item))
		}
		return strings.Join(lines, "\n")
	}
	text, _ := json.Marshal(value)
	return string(text)
}

// plain replaces control characters, which could take over a terminal.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, s)
}
