package main

import (
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/examples/internal/cli"
)

// session makes one configuration.
type session struct {
	options
	credential string   // of the environment; empty: to be asked for
	forms      terminal // nil: nobody can be asked
	stdout     io.Writer
	client     *freddy.Client
	offline    bool

	secrets []string // that no output has
	left    string   // what the user has to know if it ends here
}

// usageError is what the user has to give in another way.
type usageError struct{ line string }

func (e usageError) Error() string { return e.line }

// errUnhealthy is the error of a configuration that does not work.
var errUnhealthy = errors.New("the test failed")

func (s *session) run(ctx context.Context) error {
	connector, err := s.choose(ctx)
	if err != nil {
		return err
	}
	params, fields, err := s.params(ctx, connector)
	if err != nil {
		return err
	}
	created, err := s.client.Configurations().Create(ctx, params)
	if err != nil {
		if uncertain(err) {
			s.left = "the configuration may exist: list those of " + connector.ID + " before trying again"
		}
		return err
	}
	s.left = "the configuration " + created.ID + " remains"
	if err = s.print(creation(created, connector, fields, params.Configuration)); err == nil {
		err = s.inspect(ctx, created.ID)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	after := s.cleanUp(ctx, created.ID)
	if err != nil && after != nil {
		return failures{err, after}
	}
	return cmp.Or(err, after)
}

// failures are those of what was created, and of its deletion.
type failures []error

func (f failures) Error() string   { return errors.Join(f...).Error() }
func (f failures) Unwrap() []error { return f }

// uncertain reports whether a call that failed may have had its effect.
func uncertain(err error) bool {
	var (
		lost *freddy.TransportError
		odd  *freddy.DecodeError
	)
	return errors.As(err, &lost) && lost.Ambiguous || errors.As(err, &odd) ||
		errors.Is(err, freddy.ErrServer) // that of a proxy, maybe
}

// choose returns the connector of the command line, or else the one that is
// picked from the catalogue.
func (s *session) choose(ctx context.Context) (*freddy.Connector, error) {
	if s.id == "" {
		var connectors []*freddy.Connector
		for connector, err := range s.client.Connectors().All(ctx, freddy.ConnectorListParams{}) {
			if err != nil {
				return nil, err
			}
			connectors = append(connectors, connector)
		}
		if len(connectors) == 0 {
			return nil, errors.New("the catalogue is empty")
		}
		if err := s.forms.show(ctx, pick(connectors, &s.id)); err != nil {
			return nil, err
		}
	}
	return s.client.Connectors().Get(ctx, s.id)
}

// params are what the configuration is made of, from the command line or from a
// form.
func (s *session) params(ctx context.Context, connector *freddy.Connector) (freddy.ConfigurationCreateParams, []field, error) {
	var none freddy.ConfigurationCreateParams
	fields, err := connector.Metadata.ConfigurationSchema.Fields()
	if err != nil {
		return none, nil, err
	}
	s.name = cmp.Or(s.name, safe(connector.Name), s.id)
	settings, err := s.collect(ctx, connector, fields)
	if err != nil {
		return none, nil, err
	}
	s.conceal(fields, settings)
	return freddy.ConfigurationCreateParams{
		PersonalConnectorID: connector.ID,
		Name:                s.name,
		Credentials:         freddy.APIKeyCredentials(s.credential),
		Configuration:       settings,
	}, fields, nil
}

func (s *session) collect(ctx context.Context, connector *freddy.Connector, fields []field) (map[string]any, error) {
	if s.forms != nil {
		return s.ask(ctx, connector, fields)
	}
	if s.credential == "" && !s.offline {
		return nil, usageError{"FREDDY_CREDENTIAL is not set: it has the API key that " + connector.ID + " is to be used with"}
	}
	s.credential = cmp.Or(s.credential, sampleCredential)
	values, err := given(s.settings, fields)
	if err != nil {
		return nil, err
	}
	return settle(connector.Metadata.ConfigurationSchema, values)
}

// ask shows the form, and shows it again where the answers together do not fit
// the schema.
func (s *session) ask(ctx context.Context, connector *freddy.Connector, fields []field) (map[string]any, error) {
	a := &answers{name: s.name, credential: s.credential, known: s.credential != "", fake: s.offline}
	for _, f := range fields {
		a.questions = append(a.questions, newQuestion(f))
	}
	for problem := ""; ; {
		if err := s.forms.show(ctx, a.form(connector, problem)); err != nil {
			return nil, err
		}
		s.name, s.credential = a.name, a.credential
		if s.credential == "" {
			s.credential = sampleCredential // only the fake API goes without
		}
		values, err := a.settings()
		if err != nil {
			return nil, err
		}
		settings, err := settle(connector.Metadata.ConfigurationSchema, values)
		var wrong usageError
		if !errors.As(err, &wrong) {
			return settings, err
		}
		problem = wrong.line
	}
}

// inspect tests the configuration and lists its tools.
func (s *session) inspect(ctx context.Context, id string) error {
	result, err := s.client.Configurations().Test(ctx, id)
	if err != nil {
		return err
	}
	if err := s.print(health(result)); err != nil {
		return err
	}
	if result.Status != freddy.HealthStatusHealthy {
		return errUnhealthy
	}
	tools, err := s.client.Configurations().Tools(ctx, id, freddy.ToolListParams{})
	if err != nil {
		return err
	}
	return s.print(toolTable(tools))
}

// cleanUp deletes the configuration if the user wants that.
func (s *session) cleanUp(ctx context.Context, id string) error {
	if !s.remove && s.forms != nil {
		if err := s.forms.show(ctx, confirmDeletion(id, &s.remove)); err != nil {
			return err
		}
	}
	if !s.remove {
		return nil
	}
	if err := s.client.Configurations().Delete(ctx, id); err != nil {
		if uncertain(err) {
			s.left = "the configuration " + id + " may remain"
		}
		return err
	}
	s.left = ""
	return s.print(deletion(id))
}

func (s *session) print(text string) error {
	_, err := io.WriteString(s.stdout, s.hide(text))
	return err
}

// conceal adds the credential and the secret settings to what is not printed:
// the API or the connector may repeat them.
func (s *session) conceal(fields []field, values map[string]any) {
	s.secrets = append(s.secrets, s.credential)
	for _, f := range fields {
		if isSecret(f) {
			s.secrets = append(s.secrets, secretsIn(values[f.Name])...)
		}
	}
}

// hide replaces the secrets in a text that is printed.
func (s *session) hide(text string) string {
	const least = 4 // less would hide half of every text
	var pairs []string
	for _, secret := range slices.SortedFunc(slices.Values(s.secrets), longestFirst) {
		if len(secret) >= least {
			pairs = append(pairs, secret, "***", cli.Plain(secret), "***")
		}
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

func longestFirst(a, b string) int { return cmp.Compare(len(b), len(a)) }

// explain returns the line and the exit code of an error.
func (s *session) explain(ctx context.Context, err error) (line string, code int) {
	line, code = s.reason(err)
	if ctx.Err() != nil || errors.Is(err, errInterrupted) {
		line, code = errInterrupted.Error(), cli.ExitInterrupted
	}
	if s.left != "" {
		line += "; " + s.left
	}
	return line, code
}

func (s *session) reason(err error) (line string, code int) {
	var (
		several failures
		refused *freddy.APIError
		invalid *freddy.ArgumentError
		wrong   usageError
	)
	switch {
	case errors.As(err, &several):
		var lines []string
		for _, one := range several {
			text, _ := s.reason(one)
			lines = append(lines, text)
		}
		return strings.Join(lines, "; "), cli.ExitFailed
	case errors.As(err, &wrong):
		return wrong.line, cli.ExitUsage
	case errors.As(err, &invalid):
		return argument(invalid) + " " + invalid.Reason, cli.ExitUsage
	case errors.As(err, &refused) && refused.HasCode(freddy.CodeConnectorNotFound):
		return "there is no connector with the id " + s.id, cli.ExitFailed
	case errors.Is(err, freddy.ErrUnauthenticated):
		return "the API refused the key: check FREDDY_API_KEY", cli.ExitFailed
	case refused != nil:
		lines := []string{err.Error()}
		for _, f := range refused.Fields {
			lines = append(lines, f.Field+": "+f.Message)
		}
		return strings.Join(lines, "; "), cli.ExitFailed
	}
	return err.Error(), cli.ExitFailed
}

// argument says where the user finds what the client calls by its own name.
func argument(err *freddy.ArgumentError) string {
	switch err.Argument {
	case "apiKey":
		return "FREDDY_API_KEY"
	case "WithBaseURL":
		return "FREDDY_BASE_URL"
	case "id":
		return "the id"
	}
	return err.Argument
}
