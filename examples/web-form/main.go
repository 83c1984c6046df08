// Web-form serves the settings of a connector as an HTML form without JavaScript, and
// creates a configuration of them. FREDDY_API_KEY has the API key; without one, the example
// uses a fake API, which also has the connector pcon_sample.
//
//	go run ./examples/web-form pcon_sample
package main

import (
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"html/template"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/freddytest"
	"github.com/aitronos/freddy-go/schema"
)

var (
	//go:embed page.html
	pageText string
	page     = template.Must(template.New("page").Parse(pageText))
	//go:embed sample.json
	sample freddy.Schema // of pcon_sample

	escape = strings.NewReplacer("~", "~0", "/", "~1") // a name in a JSON pointer
)

func main() {
	log.SetFlags(0)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// run serves until ctx ends.
func run(ctx context.Context, args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("web-form [-addr ADDRESS] CONNECTOR_ID", flag.ExitOnError)
	addr := flags.String("addr", "127.0.0.1:8080", "`address` to listen on; port 0 chooses a free one")
	if _ = flags.Parse(args); flags.NArg() != 1 { // Parse exits on an error
		return errors.New("usage: web-form [-addr ADDRESS] CONNECTOR_ID")
	}
	key, baseURL := os.Getenv("FREDDY_API_KEY"), cmp.Or(os.Getenv("FREDDY_BASE_URL"), freddy.DefaultBaseURL)
	if key == "" {
		log.Print("FREDDY_API_KEY is not set: using a fake API")
		fake := freddytest.NewFake()
		fake.AddConnector(freddy.Connector{ID: "pcon_sample", Name: "Sample shop", Metadata: freddy.ConnectorMetadata{ConfigurationSchema: sample}})
		api := httptest.NewServer(fake)
		defer api.Close()
		key, baseURL = freddytest.APIKey, api.URL+"/v1"
	}
	client, err := freddy.NewClient(key, freddy.WithBaseURL(baseURL))
	if err != nil {
		return err
	}
	s := &site{client: client}
	if s.connector, err = client.Connectors().Get(ctx, flags.Arg(0)); err != nil {
		return err
	}
	if s.settings, err = schema.Compile(s.connector.Metadata.ConfigurationSchema); err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", *addr)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "http://%s/\n", listener.Addr())
	server := &http.Server{Handler: s.handler(), ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// site serves the form of one connector.
type site struct {
	client    *freddy.Client
	connector *freddy.Connector
	settings  *schema.Schema
}

// handler rejects posts from other sites.
func (s *site) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		s.render(w, http.StatusOK, newForm(s.settings.Root(), nil))
	})
	mux.HandleFunc("POST /{$}", s.create)
	return http.NewCrossOriginProtection().Handler(mux)
}

// create creates a configuration, or shows the form again with its problems.
func (s *site) create(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
	if err := r.ParseForm(); err != nil {
		http.Error(w, "The form cannot be read.", http.StatusBadRequest)
		return
	}
	f := newForm(s.settings.Root(), r.PostForm)
	values, err := s.settings.ParseForm(f.values)
	if err == nil {
		err = s.settings.Validate(values)
	}
	if err == nil {
		f.Created, err = s.client.Configurations().Create(r.Context(), freddy.ConfigurationCreateParams{
			PersonalConnectorID: s.connector.ID,
			Name:                f.Name,
			Credentials:         freddy.APIKeyCredentials(r.PostForm.Get("credential")),
			Configuration:       values,
		})
	}
	if freddy.MayHaveSucceeded(err) {
		err = fmt.Errorf("look whether the configuration exists before you try again: %w", err)
	}
	if err != nil {
		f.addProblems(err)
		s.render(w, http.StatusUnprocessableEntity, f)
		return
	}
	s.render(w, http.StatusCreated, f)
}

func (s *site) render(w http.ResponseWriter, status int, f *form) {
	f.Connector = s.connector
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_ = page.Execute(w, f) // fails if the browser is gone
}

// form is what the page shows.
type form struct {
	Connector *freddy.Connector
	Created   *freddy.Configuration // nil: show the form
	Name      string
	Settings  *input

	posted    url.Values        // nil: the form is new
	values    url.Values        // the posted settings by pointer, for ParseForm
	byPointer map[string]*input // has "", the whole settings
}

// input is a setting, a choice between variants, or one of its options or variants.
type input struct {
	schema.Field
	Key      string // of the posted values: the pointer, after the index of a variant
	Control  string // selects the HTML
	Value    string
	Selected bool
	Retype   bool     // a secret was posted, and is not sent back
	Inputs   []*input // settings of a group or variant; options or variants of a choice
	Problems []string
}

func newForm(settings schema.Field, posted url.Values) *form {
	f := &form{Name: posted.Get("name"), posted: posted, values: url.Values{}, byPointer: map[string]*input{}}
	f.Settings = f.input("", settings)
	return f
}

// inputs returns the inputs of what is inside a field.
func (f *form) inputs(prefix string, field schema.Field) []*input {
	var inputs []*input
	for _, inner := range field.Fields {
		if !inner.ReadOnly {
			inputs = append(inputs, f.input(prefix, inner))
		}
	}
	if len(field.Variants) > 0 {
		inputs = append(inputs, f.variants(prefix, field))
	}
	return inputs
}

// variants returns the choice between variants. Only the chosen one adds values.
func (f *form) variants(prefix string, field schema.Field) *input {
	in := &input{Key: prefix + "variant:" + field.Pointer, Control: "variants"}
	for i, v := range field.Variants {
		variant := &input{Field: v.Field, Value: fmt.Sprint(i)}
		variant.Title, variant.Selected = cmp.Or(v.Title, fmt.Sprint("Variant ", i+1)), f.posted.Get(in.Key) == variant.Value
		target := f
		if !variant.Selected {
			target = &form{posted: f.posted, values: url.Values{}, byPointer: map[string]*input{}}
		}
		for name, value := range v.Match {
			target.values.Set(field.Pointer+"/"+escape.Replace(name), asText(value))
		}
		inner := prefix + variant.Value + ":"
		if variant.Inputs = target.inputs(inner, v.Field); variant.Inputs == nil && v.Match == nil && v.Field.Type != "object" {
			variant.Inputs = []*input{target.input(inner, v.Field)}
		}
		in.Inputs = append(in.Inputs, variant)
	}
	return in
}

// input returns the input of a field, with what was posted, or with its default if the
// form is new.
func (f *form) input(prefix string, field schema.Field) *input {
	in := &input{Field: field, Key: prefix + field.Pointer}
	f.byPointer[field.Pointer] = in
	if in.Value = strings.Join(f.posted[in.Key], "\n"); f.posted == nil {
		in.Value = asText(field.Default)
	}
	lines := strings.FieldsFunc(in.Value, func(r rune) bool { return r == '\r' || r == '\n' })
	if field.Secret {
		in.Value, in.Retype = "", f.posted.Get(in.Key) != ""
	}
	options := field.Options
	switch {
	case len(field.Fields)+len(field.Variants) > 0:
		in.Control, in.Inputs = "group", f.inputs(prefix, field)
		return in
	case len(options) > 0:
		in.Control = "select"
	case field.Type == "boolean":
		in.Control, options = "checkboxes", []schema.Option{{Value: true, Title: "Yes"}}
	case field.Items != nil && len(field.Items.Options) > 0:
		in.Control, options = "checkboxes", field.Items.Options
	case field.Items != nil && isScalar(*field.Items):
		in.Control = "lines"
	case field.Values != nil && isScalar(*field.Values):
		in.Control = "pairs"
	}
	for _, o := range options {
		value := asText(o.Value)
		option := schema.Field{Title: cmp.Or(o.Title, value)}
		in.Inputs = append(in.Inputs, &input{Field: option, Value: value, Selected: !field.Secret && slices.Contains(lines, value)})
	}
	switch in.Control {
	case "lines":
		f.values[field.Pointer] = lines
	case "pairs":
		for _, line := range lines {
			name, value, _ := strings.Cut(line, "=")
			f.values.Add(field.Pointer+"/"+escape.Replace(name), value)
		}
	default:
		f.values[field.Pointer] = f.posted[in.Key]
	}
	return in
}

// addProblems adds each problem of an error to the innermost input that contains it.
func (f *form) addProblems(err error) {
	var invalid *schema.ValidationError
	if !errors.As(err, &invalid) {
		invalid = &schema.ValidationError{Errors: []schema.FieldError{{Message: err.Error()}}}
	}
	for _, problem := range invalid.Errors {
		pointer := problem.Pointer
		for f.byPointer[pointer] == nil {
			pointer = pointer[:strings.LastIndex(pointer, "/")]
		}
		in := f.byPointer[pointer]
		in.Problems = append(in.Problems, strings.TrimPrefix(strings.TrimPrefix(problem.Error(), pointer), ": "))
	}
}

// isScalar reports whether a value of a field fits on one line.
func isScalar(f schema.Field) bool {
	return len(f.Fields)+len(f.Variants) == 0 && f.Items == nil && f.Values == nil
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
