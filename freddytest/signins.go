package freddytest

import (
	"cmp"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/aitronos/freddy-go"
)

const (
	pathConsent  = "/freddytest/consent"
	pathCallback = "/personal-connectors/callback"

	stateLifetime = 10 * time.Minute
	defaultEmail  = "user@example.com"

	toolWithCompletion = "slack"   // the connection exists only after complete-oauth
	toolWithoutState   = "clickup" // its provider does not return the state to the callback
)

var signInRoutes = []route{
	{http.MethodPost, "/personal-connectors/authorize", (*Fake).authorize},
	{http.MethodPost, "/personal-connectors/complete-oauth", (*Fake).completeSignIn},
}

// browserRoutes are for the user's browser, which has no key.
var browserRoutes = []route{
	{http.MethodGet, pathConsent, (*Fake).serveConsent},
	{http.MethodGet, pathCallback, (*Fake).serveCallback},
}

var (
	authorizeFields = []field{{"connector_type", kindString}, {"integration_params", kindObjectOrNull}}
	completeFields  = []field{{"state_token", kindString}}
)

// signIn is one call of authorize. Its state is used up when it leaves
// stagePending.
type signIn struct {
	state        string
	tool         string
	organization string
	expires      time.Time
	stage        stage
	email        string // of who consented
	connectionID string // conn_...; empty before stageConnected
}

type stage int

const (
	stagePending   stage = iota // the browser has not been at the callback
	stageConsented              // complete-oauth is missing
	stageConnected
	stageRefused
)

// grant is what a provider's code stands for.
type grant struct{ tool, email string }

// Consent does what the user's browser does when the user signs in: it opens the
// authorization URL, and the callback stores the connection. It reports whether the
// callback succeeded. It is false if the state is unknown, used or older than 10
// minutes.
//
// email is the account that the user chooses. If it has been connected before, its
// connection and account are renewed.
//
// The provider of clickup does not return the state, as documented. So Consent uses
// up the newest state of clickup that is neither used nor expired, which may be
// that of another sign-in, and is false only if state is not one of clickup or none
// is left. The organization of the MCP configuration is that of the state that was
// used up.
func (f *Fake) Consent(state, email string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	callback, ok := f.consent(state, email)
	return ok && f.acceptCode(callback.Get("code"), callback.Get("state"))
}

// Refuse does what the user's browser does when the user denies access. The state is
// used up, as with Consent, and there is no connection. It reports whether the state
// could be used.
func (f *Fake) Refuse(state string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.signIns.get(state)
	if s == nil {
		return false
	}
	if s.tool == toolWithoutState {
		state = ""
	}
	return f.refuse(state)
}

// authorize begins a sign-in whose provider is the Fake.
func (f *Fake) authorize(r request) Reply {
	q := query{values: r.Query}
	q.requireOrganization("organization_id", "organizationId")
	if len(q.errs) > 0 {
		return invalidReply(q.errs)
	}
	var input struct {
		ConnectorType string `json:"connector_type"`
	}
	if reply, ok := r.decode(&input, authorizeFields, "connector_type"); !ok {
		return reply
	}
	if f.available.get(input.ConnectorType) == nil {
		return f.invalidRequest()
	}
	s := &signIn{
		state:        f.signIns.newID("state_"),
		tool:         input.ConnectorType,
		organization: cmp.Or(r.Query.Get("organization_id"), r.Query.Get("organizationId")),
		expires:      time.Now().Add(stateLifetime),
	}
	f.signIns.put(s.state, s)
	return jsonReply(http.StatusOK, freddy.Authorization{
		URL:   r.origin + prefix + pathConsent + "?state=" + s.state,
		State: s.state,
	})
}

// originOf returns the scheme and host under which a request reached the Fake. The
// client accepts http only to loopback, so a server elsewhere is behind a proxy with
// TLS, or in memory.
func originOf(r *http.Request) string {
	u := url.URL{Scheme: "https", Host: cmp.Or(r.Host, r.URL.Host)}
	if r.TLS == nil && isLoopback(u.Hostname()) {
		u.Scheme = "http"
	}
	return u.String()
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback() || strings.EqualFold(host, "localhost")
}

// serveConsent is the page of the provider. It asks nothing and sends the browser to
// the callback.
func (f *Fake) serveConsent(r request) Reply {
	callback, ok := f.consent(r.Query.Get("state"), cmp.Or(r.Query.Get("email"), defaultEmail))
	if !ok {
		return f.invalidRequest()
	}
	return Reply{Status: http.StatusFound, Header: http.Header{
		"Location": {r.origin + prefix + pathCallback + "?" + callback.Encode()},
	}}
}

// consent returns the query of the callback after a consent. A provider that ignores
// the state does not notice that it is used.
func (f *Fake) consent(state, email string) (callback url.Values, ok bool) {
	s := f.signIns.get(state)
	if s == nil || s.tool != toolWithoutState && !s.usable() {
		return nil, false
	}
	code := f.grants.newID("code_")
	f.grants.put(code, &grant{s.tool, email})
	callback = url.Values{"code": {code}}
	if s.tool != toolWithoutState {
		callback.Set("state", state)
	}
	return callback, true
}

// serveCallback is where a provider sends the browser.
func (f *Fake) serveCallback(r request) Reply {
	state := r.Query.Get("state")
	if r.Query.Get("error") != "" {
		f.refuse(state)
		return f.invalidRequest()
	}
	if !f.acceptCode(r.Query.Get("code"), state) {
		return f.invalidRequest()
	}
	return dataReply(http.StatusOK, struct{}{})
}

// usable reports whether the state is neither used nor expired.
func (s *signIn) usable() bool { return s.stage == stagePending && s.alive() }

func (s *signIn) alive() bool { return time.Now().Before(s.expires) }

// usableSignIn returns the sign-in with a state if that is usable, or nil. Without a
// state it is the newest usable one of the tool whose provider does not return it.
func (f *Fake) usableSignIn(state string) *signIn {
	var found *signIn
	for _, s := range f.signIns.values {
		if s.usable() && (s.state == state || state == "" && s.tool == toolWithoutState) {
			found = s
		}
	}
	return found
}

// acceptCode uses up a code and a state. It reports whether both could be used.
func (f *Fake) acceptCode(code, state string) bool {
	g, s := f.grants.get(code), f.usableSignIn(state)
	if g == nil || s == nil || g.tool != s.tool {
		return false
	}
	f.grants.remove(code)
	s.stage, s.email = stageConsented, g.email
	if s.tool != toolWithCompletion {
		f.connect(s)
	}
	return true
}

func (f *Fake) refuse(state string) bool {
	s := f.usableSignIn(state)
	if s == nil {
		return false
	}
	s.stage = stageRefused
	return true
}

// connect stores the connection and the account of a sign-in, or renews them.
func (f *Fake) connect(s *signIn) {
	s.stage, s.connectionID = stageConnected, strings.Replace(s.state, "state_", "conn_", 1)
	connection := f.connectionOf(s.tool, s.email)
	if connection == nil {
		connection = &freddy.Connection{
			ID:           f.connections.newID("tcred_"),
			ToolKey:      s.tool,
			DisplayName:  strings.TrimPrefix(s.email+" - "+f.toolName(s.tool), " - "),
			AccountEmail: s.email,
			CreatedAt:    now(),
		}
		f.connections.put(connection.ID, connection)
	}
	connection.Active, connection.ConnectionID = true, s.connectionID
	f.broken.remove(connection.ID)

	account := f.accountOf(s.tool, s.email)
	if account == nil {
		account = &freddy.Account{
			ID:                 f.accounts.newID("pcon_"),
			Type:               s.tool,
			AccountEmail:       s.email,
			CreatedAt:          now(),
			MCPConfigurationID: f.mcpConfigurations.newID("mcp_"),
		}
	}
	account.Active = true
	f.putAccount(account, s.organization)
	if configuration := f.mcpConfigurations.get(account.MCPConfigurationID); configuration != nil {
		configuration.Active = true
	}
}

// completeSignIn responds to a completed state that is posted again as it did before.
func (f *Fake) completeSignIn(r request) Reply {
	q := query{values: r.Query}
	q.requireOrganization("organization_id")
	if len(q.errs) > 0 {
		return invalidReply(q.errs)
	}
	var input struct {
		State string `json:"state_token"`
	}
	if reply, ok := r.decode(&input, completeFields, "state_token"); !ok {
		return reply
	}
	s := f.signIns.get(input.State)
	switch {
	case s == nil || s.stage == stageRefused || s.stage != stageConnected && !s.alive():
		return f.invalidRequest()
	case s.stage == stagePending:
		return jsonReply(http.StatusOK, map[string]any{
			"connected": false, "connection": nil, "message": "The authorization is not completed yet.",
		})
	case s.stage == stageConsented:
		f.connect(s)
	}
	return jsonReply(http.StatusOK, freddy.Completion{
		Connected:  true,
		Message:    "Connection completed.",
		Connection: freddy.CompletedConnection{ID: s.connectionID, AppKey: s.tool, Status: "active"},
	})
}
