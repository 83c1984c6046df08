package freddy

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/aitronos/freddy-go/internal/redact"
	"github.com/aitronos/freddy-go/internal/transport"
)

// call is a request made ready: checked, addressed, authenticated.
type call struct {
	transport.Request
	query     string           // as sent
	redactor  *redact.Redactor // of the key
	responses []*Response
	accept    func(body any) error
}

func (c *Client) prepare(ctx context.Context, r request, opts []CallOption) (*call, error) {
	settings, err := c.settings(opts)
	switch {
	case err != nil:
		return nil, err
	case c == nil || c.transport == nil:
		return nil, &ArgumentError{"client", "must come from NewClient"}
	case ctx == nil:
		return nil, &ArgumentError{"ctx", "must not be nil"}
	}
	target, err := c.address(r)
	if err != nil {
		return nil, err
	}
	body, secrets, err := encode(r.body)
	if err != nil {
		return nil, err
	}
	prepared := &call{query: target.RawQuery, responses: settings.responses, accept: settings.accept}
	prepared.Request = transport.Request{
		Method:     r.method,
		URL:        target,
		Header:     contentType(settings.header, body != nil),
		Body:       body,
		Repeatable: r.repeatable || idempotent(r.method),
		MaxRetries: settings.maxRetries,
		Timeout:    settings.attemptTimeout,
	}
	if !r.raw {
		prepared.Route = r.route
	}
	if c.logger != nil {
		prepared.Observe = prepared.log(c.logger)
	}
	return prepared, prepared.authorize(ctx, c.auth, secrets)
}

// settings applies the options of a call to the client's. All of them are
// applied even if one fails, so that every Response is reset.
func (c *Client) settings(opts []CallOption) (callSettings, error) {
	if len(opts) == 0 && c != nil {
		return c.defaults, nil
	}
	s := new(callSettings)
	if c != nil {
		*s = c.defaults
	}
	var first error
	for i, opt := range opts {
		err := nilOption(i)
		if opt != nil {
			err = opt.applyCall(s)
		}
		if first == nil {
			first = err
		}
	}
	return *s, first
}

// authorize asks for the key. It is in the call, and nowhere else, until the
// call ends.
func (c *call) authorize(ctx context.Context, auth authenticator, secrets []string) error {
	credential, err := auth(ctx)
	c.AuthName, c.AuthValue, c.redactor = credential.name, credential.value, credential.redactor
	if len(secrets) > 0 {
		c.redactor = c.redactor.With(secrets...)
	}
	if err != nil {
		return c.unauthorized(ctx, err)
	}
	return nil
}

// path is the path as requested.
func (c *call) path() string { return c.redactor.String(c.URL.EscapedPath()) }

// log returns what tells the logger of an attempt.
func (c *call) log(logger *slog.Logger) func(context.Context, transport.Attempt) {
	return func(ctx context.Context, a transport.Attempt) {
		level, message := slog.LevelDebug, "freddy: attempt"
		if failure := whatFailed(ctx, a); failure != "" {
			level, message = slog.LevelWarn, "freddy: attempt failed: "+failure
		}
		route := c.Route
		if route == "" {
			route = c.path()
		}
		logger.LogAttrs(ctx, level, message,
			slog.String("method", c.redactor.String(c.Method)),
			slog.String("route", route),
			slog.Int("status", a.Answer.StatusCode),
			slog.Int("attempt", a.Number),
			slog.Duration("duration", a.Duration),
			slog.String("request_id", redact.Line(c.requestID(a.Answer.Header), maxNameText)))
	}
}

// idempotent reports whether a method may be repeated (RFC 9110, section
// 9.2.2).
func idempotent(method string) bool {
	return safe(method) || method == http.MethodPut || method == http.MethodDelete
}

// contentType makes the header of a request say what its body is, if and only
// if it has one.
func contentType(header http.Header, body bool) http.Header {
	if _, set := header["Content-Type"]; set == body {
		return header
	}
	header = header.Clone()
	if body {
		header["Content-Type"] = []string{"application/json"}
	} else {
		delete(header, "Content-Type")
	}
	return header
}
