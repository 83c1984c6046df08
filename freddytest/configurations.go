package freddytest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/aitronos/freddy-go"
)

const (
	objectConfiguration = "personal_connector.configuration"

	pathConfigurations = "/personal-connectors/configurations"
	pathConfiguration  = pathConfigurations + "/{config_id}"
)

var configurationEndpoints = []endpoint{
	{http.MethodGet, pathConfigurations, (*Fake).listConfigurations},
	{http.MethodPost, pathConfigurations, (*Fake).createConfiguration},
	{http.MethodGet, pathConfiguration, (*Fake).getConfiguration},
	{http.MethodPatch, pathConfiguration, (*Fake).updateConfiguration},
	{http.MethodDelete, pathConfiguration, (*Fake).deleteConfiguration},
	{http.MethodPost, pathConfiguration + "/toggle", (*Fake).toggleConfiguration},
	{http.MethodPost, pathConfiguration + "/test", (*Fake).testConfiguration},
	{http.MethodGet, pathConfiguration + "/tools", (*Fake).listTools},
}

// What the bodies of an update, a creation and a toggle may have.
var (
	changeMembers = []member{
		{"name", formText},
		{"credentials", formObject},
		{"configuration", formObject},
		{"description", formTextOrNull},
		{"metadata", formObject},
	}
	toggleMembers = []member{{"enabled", formBoolean}}
	createMembers = slices.Concat([]member{{"personalConnectorId", formText}}, changeMembers, toggleMembers)
)

// settings is what the bodies of the calls hold, save the credentials: the Fake
// has no use for them, and so has nothing to give away.
type settings struct {
	PersonalConnectorID string
	Name                *string
	Configuration       map[string]any
	Description         nullable
	Metadata            map[string]any
	Enabled             *bool
}

// AddConfiguration adds a copy of a configuration to the end of the list, or
// puts it in the place of the one with the same ID.
//
// The configuration is served as it is, nothing is filled in, and its connector
// need not be known. One whose HealthStatus is unhealthy is found unhealthy by
// every test, with LastError as the message if it has one; to let it recover,
// add it again. AddConfiguration panics if there is no JSON for the
// configuration.
func (f *Fake) AddConfiguration(configuration freddy.Configuration) {
	added, err := copied(configuration)
	if err != nil {
		panic(fmt.Sprintf("freddytest: AddConfiguration: %v", err))
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if i := f.indexConfiguration(added.ID); i >= 0 {
		f.configurations[i] = added
		return
	}
	f.configurations = append(f.configurations, added)
}

// copied goes through JSON, which leaves nothing shared.
func copied(configuration freddy.Configuration) (freddy.Configuration, error) {
	var out freddy.Configuration
	data, err := json.Marshal(configuration)
	if err != nil {
		return out, err
	}
	return out, json.Unmarshal(data, &out)
}

// indexConfiguration returns the place of a configuration, or -1. The lock is
// held.
func (f *Fake) indexConfiguration(id string) int {
	return slices.IndexFunc(f.configurations, func(c freddy.Configuration) bool { return c.ID == id })
}

// withConfiguration answers with what serve makes of a configuration, which it
// may change, or says that there is none. The lock is held meanwhile.
func (f *Fake) withConfiguration(id string, serve func(*freddy.Configuration) Reply) Reply {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := f.indexConfiguration(id)
	if i < 0 {
		return refusal(http.StatusNotFound, "not_found_error", "Configuration not found", freddy.CodeConfigurationNotFound)
	}
	return serve(&f.configurations[i])
}

func (f *Fake) createConfiguration(in Request, _ string) Reply {
	var want settings
	if refused, ok := in.decode(&want, createMembers, "personalConnectorId", "name", "credentials"); !ok {
		return refused
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.index(want.PersonalConnectorID) < 0 {
		return unknownConnector()
	}
	created := want.configuration(f.nextID())
	f.configurations = append(f.configurations, created)
	return wrapped(http.StatusCreated, created)
}

// configuration returns the one that is created with these settings.
func (s settings) configuration(id string) freddy.Configuration {
	now := now()
	return freddy.Configuration{
		ID:                  id,
		Object:              objectConfiguration,
		UserID:              "user_fake",
		OrganizationID:      "org_fake",
		PersonalConnectorID: s.PersonalConnectorID,
		Name:                *s.Name,
		Configuration:       orEmpty(s.Configuration),
		Enabled:             s.Enabled == nil || *s.Enabled,
		HealthStatus:        freddy.HealthStatusUnknown,
		Description:         s.Description.text,
		Metadata:            orEmpty(s.Metadata),
		CreatedAt:           now,
		UpdatedAt:           now,
	}
}

// orEmpty leaves null as it is, which in a configuration may have a meaning.
func orEmpty(m map[string]any) map[string]any {
	if m == nil {
		return map[string]any{}
	}
	return m
}

// nextID passes over the ids that were added. The lock is held.
func (f *Fake) nextID() string {
	for {
		f.created++
		if id := fmt.Sprintf("pconf_%06d", f.created); f.indexConfiguration(id) < 0 {
			return id
		}
	}
}

func (f *Fake) getConfiguration(_ Request, id string) Reply {
	return f.withConfiguration(id, bare)
}

func (f *Fake) updateConfiguration(in Request, id string) Reply {
	var change settings
	if refused, ok := in.decode(&change, changeMembers); !ok {
		return refused
	}
	return f.withConfiguration(id, func(c *freddy.Configuration) Reply {
		if change.Name != nil {
			c.Name = *change.Name
		}
		if change.Description.given {
			c.Description = change.Description.text
		}
		c.Configuration = merge(c.Configuration, change.Configuration)
		c.Metadata = merge(c.Metadata, change.Metadata)
		c.UpdatedAt = now()
		return wrapped(http.StatusOK, *c)
	})
}

// merge changes the members of to that change has; one that is null goes. The
// values of members are replaced, whatever they are.
func merge(to, change map[string]any) map[string]any {
	if to == nil && change != nil {
		to = map[string]any{}
	}
	for name, value := range change {
		if value == nil {
			delete(to, name)
		} else {
			to[name] = value
		}
	}
	return to
}

func (f *Fake) deleteConfiguration(_ Request, id string) Reply {
	return f.withConfiguration(id, func(*freddy.Configuration) Reply {
		f.configurations = slices.DeleteFunc(f.configurations, func(c freddy.Configuration) bool { return c.ID == id })
		return respond(http.StatusOK, struct {
			ID      string `json:"id"`
			Object  string `json:"object"`
			Deleted bool   `json:"deleted"`
		}{id, objectConfiguration, true})
	})
}

func (f *Fake) toggleConfiguration(in Request, id string) Reply {
	var want settings
	if refused, ok := in.decode(&want, toggleMembers, "enabled"); !ok {
		return refused
	}
	return f.withConfiguration(id, func(c *freddy.Configuration) Reply {
		c.Enabled, c.UpdatedAt = *want.Enabled, now()
		return bare(c)
	})
}

func (f *Fake) testConfiguration(_ Request, id string) Reply {
	return f.withConfiguration(id, func(c *freddy.Configuration) Reply {
		now := now()
		c.LastSyncAt = &now
		if c.HealthStatus == freddy.HealthStatusUnhealthy {
			c.LastError = cmp.Or(c.LastError, "Connection failed. MCP server is not responding.")
		} else {
			c.HealthStatus, c.LastError = freddy.HealthStatusHealthy, ""
		}
		return respond(http.StatusOK, freddy.TestResult{
			Status:   c.HealthStatus,
			Message:  cmp.Or(c.LastError, "Connection successful. MCP server is responding correctly."),
			Details:  f.details(*c),
			TestedAt: now,
		})
	})
}

// details is what a test finds out about the server of a connector, if the
// connector is known and the server answers. The lock is held.
func (f *Fake) details(c freddy.Configuration) freddy.TestDetails {
	var connector freddy.Connector
	if i := f.index(c.PersonalConnectorID); i >= 0 {
		_ = json.Unmarshal(f.connectors[i].body, &connector) // it was made from one
	}
	details := freddy.TestDetails{ServerURL: connector.ServerURL, ServerType: connector.ServerType}
	if c.HealthStatus == freddy.HealthStatusHealthy {
		details.ResponseTime = 145 * time.Millisecond // as in the documented sample
		details.ServerVersion = connector.Version
		details.AvailableTools = len(toolsOf(c.PersonalConnectorID))
	}
	return details
}

func (f *Fake) listTools(in Request, id string) Reply {
	q := query{values: in.Query}
	q.boolean("forceRefresh") // makes no difference: there is no cache
	if len(q.faults) > 0 {
		return unprocessable(q.faults)
	}
	return f.withConfiguration(id, func(c *freddy.Configuration) Reply {
		return list(toolsOf(c.PersonalConnectorID))
	})
}

func (f *Fake) listConfigurations(in Request, _ string) Reply {
	q := query{values: in.Query}
	wanted := wantedConfigurations(&q)
	limit := q.number("limit", 20, 1, 100)

	f.mu.Lock()
	defer f.mu.Unlock()
	next := f.after(&q)
	if len(q.faults) > 0 {
		return unprocessable(q.faults)
	}
	page := []json.RawMessage{}
	for _, c := range f.configurations[next:] {
		if len(page) < limit && wanted(c) {
			page = append(page, configurationBody(c))
		}
	}
	return list(page)
}

// wantedConfigurations reads the filters of a list.
func wantedConfigurations(q *query) func(freddy.Configuration) bool {
	anyConnector, connector := !q.values.Has("personalConnectorId"), q.values.Get("personalConnectorId")
	enabled := q.boolean("enabled")
	health := oneOf(q, "healthStatus", "",
		freddy.HealthStatusHealthy, freddy.HealthStatusUnhealthy, freddy.HealthStatusUnknown)
	return func(c freddy.Configuration) bool {
		return (anyConnector || connector == c.PersonalConnectorID) &&
			(enabled == nil || *enabled == c.Enabled) &&
			(health == "" || health == c.HealthStatus)
	}
}

// after returns the place after that of the cursor, whether its object matches
// the filters or not. The lock is held.
func (f *Fake) after(q *query) int {
	if !q.values.Has("after") {
		return 0
	}
	i := f.indexConfiguration(q.values.Get("after"))
	if i < 0 {
		q.refuse("after", "value_error", "Value error, unknown cursor")
	}
	return i + 1
}

// bare answers with a configuration alone, which is one of the documented
// forms; wrapped with the other. The Fake has both, so that no client depends
// on one.
func bare(c *freddy.Configuration) Reply { return respond(http.StatusOK, configurationBody(*c)) }

func wrapped(status int, c freddy.Configuration) Reply {
	return respond(status, struct {
		Success bool            `json:"success"`
		Data    json.RawMessage `json:"data"`
	}{true, configurationBody(c)})
}

// configurationBody returns a configuration as the API shows it: with null
// where the model has nothing, and with what stands for the credentials.
func configurationBody(c freddy.Configuration) json.RawMessage {
	null := json.RawMessage("null")
	members := map[string]json.RawMessage{
		"userId": null, "apiKeyId": null, "lastSyncAt": null, "lastError": null, "description": null,
		"credentials": json.RawMessage(`"***REDACTED***"`),
	}
	if err := json.Unmarshal(encode(c), &members); err != nil {
		panic(fmt.Sprintf("freddytest: %v", err))
	}
	return encode(members)
}

// now is the time in the precision in which the API tells it.
func now() time.Time { return time.Now().UTC().Truncate(time.Second) }
