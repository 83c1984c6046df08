package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/freddytest"
)

const secret = "example-secret-of-the-test"

// serve runs the example until the test ends, and returns its URL.
func serve(t *testing.T, key, baseURL, connectorID string) string {
	t.Helper()
	t.Setenv("FREDDY_API_KEY", key)
	t.Setenv("FREDDY_BASE_URL", baseURL)
	ctx, cancel := context.WithCancel(t.Context())
	reader, stdout := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := run(ctx, []string{"-addr", "127.0.0.1:0", connectorID}, stdout)
		stdout.CloseWithError(err)
		done <- err
	}()
	t.Cleanup(func() {
		cancel()
		assert.NoError(t, <-done)
	})
	line, err := bufio.NewReader(reader).ReadString('\n')
	require.NoError(t, err)
	return strings.TrimSpace(line)
}

// serveSchema serves the form of a schema, from an API that the test can inspect.
func serveSchema(t *testing.T, schema freddy.Schema) (*freddytest.Server, string) {
	t.Helper()
	api := freddytest.NewServer(t)
	connector := freddy.Connector{ID: "pcon_test", Name: "<b>Test</b>"}
	connector.Metadata.ConfigurationSchema = schema
	api.AddConnector(connector)
	return api, serve(t, freddytest.APIKey, api.URL(), "pcon_test")
}

// send sends a request, and returns the body and the header of the response.
func send(t *testing.T, method, address string, form url.Values, header http.Header, wantStatus int) (string, http.Header) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(form.Encode()))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for name := range header {
		request.Header.Set(name, header.Get(name))
	}
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, wantStatus, response.StatusCode, "%s", text)
	return string(text), response.Header
}

func get(t *testing.T, address string) string {
	t.Helper()
	page, _ := send(t, http.MethodGet, address, nil, nil, http.StatusOK)
	return page
}

func post(t *testing.T, address string, wantStatus int, form url.Values) string {
	t.Helper()
	page, _ := send(t, http.MethodPost, address, form, nil, wantStatus)
	return page
}

var parts = regexp.MustCompile(`(?s)<fieldset>.*?</fieldset>|<label.*?</label>`)

// part returns the part of the page that has the input with a key.
func part(t *testing.T, page, key string) string {
	t.Helper()
	for _, text := range parts.FindAllString(page, -1) {
		if strings.Contains(text, `name="`+key+`"`) {
			return text
		}
	}
	t.Fatalf("no input %s: %s", key, page)
	return ""
}

func TestFormOfTheSample(t *testing.T) {
	var logged bytes.Buffer
	log.SetOutput(&logged)
	t.Cleanup(func() { log.SetOutput(os.Stderr) })
	page := get(t, serve(t, "", "", "pcon_sample"))
	assert.Contains(t, logged.String(), "FREDDY_API_KEY is not set: using a fake API\n")
	for key, want := range map[string][]string{
		"/site":             {`<label>Site`, `value=""`, `placeholder="https://shop.example.com"`, "Address of the shop"},
		"/region":           {"<select", `<option value="europe" selected>europe</option>`, `<option value="asia">asia</option>`, "optional"},
		"0:/login/token":    {`type="password"`, "Token"},
		"1:/login/user":     {"User name"},
		"1:/login/password": {`type="password"`},
		"/events":           {`value="order" checked>`, `value="refund">`},
		"/pageSize":         {`value="50"`},
		"/archived":         {`type="hidden" name="/archived" value="false"`, `value="true"> Yes`},
		"/labels":           {"<textarea", "One item on each line"},
		"/headers":          {"<textarea", "NAME=VALUE on each line"},
		"credential":        {`type="password"`},
		"name":              {"Name of the configuration"},
		"variant:/login":    {`type="radio"`, `value="0"`, "Access token"},
	} {
		for _, text := range want {
			assert.Contains(t, part(t, page, key), text)
		}
	}
	assert.NotContains(t, page, `class="problem"`)
	assert.NotContains(t, page, "<script")
	assert.NotContains(t, page, "/login/method", "constants are not asked for")
}

func TestPostCreatesConfiguration(t *testing.T) {
	api, address := serveSchema(t, sample)
	page := post(t, address, http.StatusCreated, url.Values{
		"name": {"My <shop>"}, "credential": {"example-token"},
		"/site": {"https://shop.example.com"}, "/region": {""},
		"variant:/login": {"1"}, "0:/login/token": {"unused"}, "1:/login/user": {"ann"}, "1:/login/password": {secret},
		"/events": {"refund", "review"}, "/pageSize": {"20"}, "/archived": {"false", "true"},
		"/labels": {"new\r\n\r\nsale\r\n"}, "/headers": {"Accept=a=b\r\n\r\nX/Y~=1"}, "unknown": {"x"},
	})
	assert.Contains(t, page, "Created “My &lt;shop&gt;”")
	assert.Contains(t, page, "&lt;b&gt;Test&lt;/b&gt; has the id <code>pconf_000001</code>")
	assert.NotContains(t, page, secret)

	created, err := api.Client().Configurations().Get(t.Context(), "pconf_000001")
	require.NoError(t, err)
	assert.Equal(t, "pcon_test", created.PersonalConnectorID)
	assert.Equal(t, map[string]any{
		"site":     "https://shop.example.com",
		"login":    map[string]any{"method": "password", "user": "ann", "password": secret},
		"events":   []any{"refund", "review"},
		"pageSize": 20.0,
		"archived": true,
		"labels":   []any{"new", "sale"},
		"headers":  map[string]any{"Accept": "a=b", "X/Y~": "1"},
	}, created.Configuration)
	assert.Contains(t, string(api.Requests()[1].Body), `"apiKey":"example-token"`)
}

func TestProblemsAreShownBesideTheirInputs(t *testing.T) {
	api, address := serveSchema(t, sample)
	page := post(t, address, http.StatusUnprocessableEntity, url.Values{
		"name": {"<Shop>"}, "credential": {secret}, "/site": {"not a site"}, "/region": {"mars"},
		"variant:/login": {"0"}, "0:/login/token": {"short-" + secret[:10]}, "1:/login/user": {"ann"},
		"/events": {"refund"}, "/pageSize": {"500"}, "/archived": {"false"}, "/labels": {"new\nNo"}, "/headers": {"A=1"},
	})
	for key, want := range map[string][]string{
		"/site":          {`class="invalid"`, `value="not a site"`, `<span class="problem">must be a valid uri</span>`},
		"/region":        {`<span class="problem">must be one of`},
		"0:/login/token": {`<span class="problem">must have at least 20 characters</span>`, "Enter it again"},
		"1:/login/user":  {`value="ann"`},
		"/events":        {`value="order">`, `value="refund" checked>`},
		"/pageSize":      {`value="500"`, `<span class="problem">must be at most 100</span>`},
		"/archived":      {`value="true"> Yes`},
		"/labels":        {"new\nNo</textarea>", `<span class="problem">/1: must match the pattern`},
		"/headers":       {"A=1</textarea>"},
		"variant:/login": {`value="0" checked>`},
		"name":           {`value="&lt;Shop&gt;"`},
	} {
		for _, text := range want {
			assert.Contains(t, part(t, page, key), text)
		}
	}
	assert.Equal(t, 5, strings.Count(page, `class="problem"`))
	assert.NotContains(t, page, secret[:10])
	assert.Len(t, api.Requests(), 1, "nothing is created")
}

func TestRequiredSettingsAndConversions(t *testing.T) {
	_, address := serveSchema(t, sample)
	page := post(t, address, http.StatusUnprocessableEntity, nil)
	assert.Contains(t, part(t, page, "/site"), `<span class="problem">is required</span>`)
	assert.Contains(t, page, `<legend>Sign-in</legend><span class="problem">is required</span>`)
	page = post(t, address, http.StatusUnprocessableEntity, url.Values{"/pageSize": {"many"}})
	assert.Contains(t, part(t, page, "/pageSize"), `<span class="problem">must be an integer`)
}

// Secrets are not sent back, whatever their type.
func TestSecretsAreNotSentBack(t *testing.T) {
	_, address := serveSchema(t, `{"properties": {
		"text": {"type": "string", "format": "password", "default": "default-secret"},
		"list": {"type": "array", "items": {"type": "string"}, "writeOnly": true},
		"map": {"type": "object", "additionalProperties": {"type": "string", "writeOnly": true}},
		"choice": {"enum": ["one", "two"], "writeOnly": true, "default": "two"},
		"group": {"writeOnly": true, "properties": {"inner": {"type": "string"}}},
		"read": {"readOnly": true},
		"port": {"type": "integer"}
	}}`)
	page := get(t, address)
	assert.NotContains(t, page, "default-secret")
	assert.NotContains(t, page, "selected")
	assert.NotContains(t, page, `name="/read"`)
	page = post(t, address, http.StatusUnprocessableEntity, url.Values{
		"credential": {secret}, "/text": {secret}, "/list": {secret + "\n" + secret}, "/map": {secret + "=" + secret},
		"/choice": {"two"}, "/group/inner": {secret}, "/port": {"x"},
	})
	assert.NotContains(t, page, secret)
	assert.NotContains(t, page, "selected")
	assert.Equal(t, 5, strings.Count(page, "Enter it again"))
}

func TestVariantsThatShareNames(t *testing.T) {
	api, address := serveSchema(t, `{"oneOf": [
		{"properties": {"by": {"const": "a"}, "key": {"type": "string"}}},
		{"properties": {"by": {"const": "b"}, "key": {"type": "string"}, "how": {"oneOf": [
			{"type": "string"},
			{"type": "object", "properties": {"deep": {"type": "string"}}}
		]}}}
	]}`)
	assert.Contains(t, get(t, address), "Variant 2")
	post(t, address, http.StatusCreated, url.Values{
		"name": {"n"}, "credential": {"c"}, "variant:": {"1"}, "0:/key": {"left"}, "1:/key": {"right"},
		"1:variant:/how": {"1"}, "1:0:/how": {"text"}, "1:1:/how/deep": {"x"},
	})
	created, err := api.Client().Configurations().Get(t.Context(), "pconf_000001")
	require.NoError(t, err)
	assert.Equal(t, map[string]any{"by": "b", "key": "right", "how": map[string]any{"deep": "x"}}, created.Configuration)
}

func TestPostsOfOtherSitesAreRejected(t *testing.T) {
	api, address := serveSchema(t, sample)
	form := url.Values{
		"name": {"n"}, "credential": {"c"}, "/site": {"https://shop.example.com"},
		"variant:/login": {"1"}, "1:/login/user": {"ann"}, "1:/login/password": {secret},
	}
	for _, header := range []http.Header{{"Sec-Fetch-Site": {"cross-site"}}, {"Origin": {"https://evil.example.com"}}} {
		send(t, http.MethodPost, address, form, header, http.StatusForbidden)
	}
	assert.Len(t, api.Requests(), 1, "nothing is created")
	send(t, http.MethodPost, address, form, http.Header{"Sec-Fetch-Site": {"same-origin"}}, http.StatusCreated)
}

func TestResponseHeaders(t *testing.T) {
	_, address := serveSchema(t, `{}`)
	_, header := send(t, http.MethodGet, address, nil, nil, http.StatusOK)
	assert.Equal(t, "text/html; charset=utf-8", header.Get("Content-Type"))
	assert.Contains(t, header.Get("Content-Security-Policy"), "default-src 'none'")
}

func TestErrorsOfTheAPIAreShown(t *testing.T) {
	api, address := serveSchema(t, `{}`)
	form := url.Values{"name": {"n"}, "credential": {secret}}
	const route = "/personal-connectors/configurations"

	api.Script(http.MethodPost, route, freddytest.Reply{Status: http.StatusForbidden, Body: `{"detail":"not <yours>"}`})
	page := post(t, address, http.StatusUnprocessableEntity, form)
	assert.Contains(t, page, "403 Forbidden: not &lt;yours&gt;")
	assert.NotContains(t, page, "look whether")

	api.Script(http.MethodPost, route, freddytest.Reply{Fault: freddytest.FaultLost})
	page = post(t, address, http.StatusUnprocessableEntity, form)
	assert.Contains(t, page, "look whether the configuration exists before you try again: freddy: POST")
	assert.NotContains(t, page, secret)

	page = post(t, address, http.StatusUnprocessableEntity, url.Values{"credential": {"c"}})
	assert.Contains(t, page, "Name must not be empty")
}

func TestLargeFormIsRejected(t *testing.T) {
	_, address := serveSchema(t, `{}`)
	assert.Equal(t, "The form cannot be read.\n", post(t, address, http.StatusBadRequest, url.Values{"name": {strings.Repeat("n", 2<<20)}}))
}

func TestErrors(t *testing.T) {
	api := freddytest.NewServer(t)
	api.AddConnector(freddy.Connector{ID: "pcon_broken", Metadata: freddy.ConnectorMetadata{ConfigurationSchema: `["not a schema"]`}})
	t.Setenv("FREDDY_API_KEY", freddytest.APIKey)
	t.Setenv("FREDDY_BASE_URL", api.URL())
	taken, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { taken.Close() })
	for name, tt := range map[string]struct {
		args []string
		want string
	}{
		"no connector":      {nil, "usage: web-form [-addr ADDRESS] CONNECTOR_ID"},
		"unknown connector": {[]string{"pcon_unknown"}, "404 connector_not_found"},
		"not a schema":      {[]string{"pcon_broken"}, "schema: "},
		"address in use":    {[]string{"-addr", taken.Addr().String(), "pcon_github"}, "address already in use"},
	} {
		t.Run(name, func(t *testing.T) {
			var stdout strings.Builder
			require.ErrorContains(t, run(t.Context(), tt.args, &stdout), tt.want)
			assert.Empty(t, stdout.String())
		})
	}
}
