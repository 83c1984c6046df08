package freddytest

import (
	"cmp"
	"encoding/json"
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

var configurationRoutes = []route{
	{http.MethodGet, pathConfigurations, (*Fake).listConfigurations},
	{http.MethodPost, pathConfigurations, (*Fake).createConfiguration},
	{http.MethodGet, pathConfiguration, (*Fake).getConfiguration},
	{http.MethodPatch, pathConfiguration, (*Fake).updateConfiguration},
	{http.MethodDelete, pathConfiguration, (*Fake).deleteConfiguration},
	{http.MethodPost, pathConfiguration + "/toggle", (*Fake).toggleConfiguration},
	{http.MethodPost, pathConfiguration + "/test", (*Fake).testConfiguration},
	{http.MethodGet, pathConfiguration + "/tools", (*Fake).listTools},
}

// The fields that the bodies of an update, a toggle and a creation can have.
var (
	updateFields = []field{
		{"name", kindString},
		{"credentials", kindObject},
		{"configuration", kindObject},
		{"description", kindStringOrNull},
		{"metadata", kindObject},
	}
	toggleFields = []field{{"enabled", kindBoolean}}
	createFields = slices.Concat([]field{{"personalConnectorId", kindString}}, updateFields, toggleFields)
)

// configurationInput is a body of a creation, an update or a toggle. It has no
// credentials: the Fake only checks that they are an object.
type configurationInput struct {
	PersonalConnectorID string
	Name                *string
	Configuration       map[string]any
	Description         optionalString
	Metadata            map[string]any
	Enabled             *bool
}

// AddConfiguration adds a copy of a configuration to the end of the list, or
// replaces the configuration with the same ID.
//
// The configuration is served as it is, and its connector can be unknown. If its
// HealthStatus is unhealthy, every test finds it unhealthy, with LastError as
// the message if it is not empty. Add the configuration again to change that.
// AddConfiguration panics if the configuration has no JSON form.
func (f *Fake) AddConfiguration(configuration freddy.Configuration) {
	add(f, &f.configurations, configuration.ID, configuration)
}

// withConfiguration calls handle with a configuration, which handle may change.
// If the id is unknown, the reply is a 404.
func (f *Fake) withConfiguration(id string, handle func(*freddy.Configuration) Reply) Reply {
	configuration := f.configurations.get(id)
	if configuration == nil {
		return errorReply(http.StatusNotFound, "not_found_error", "Configuration not found", freddy.CodeConfigurationNotFound)
	}
	return handle(configuration)
}

func (f *Fake) createConfiguration(r request) Reply {
	var input configurationInput
	if reply, ok := r.decode(&input, createFields, "personalConnectorId", "name", "credentials"); !ok {
		return reply
	}
	if f.connectors.get(input.PersonalConnectorID) == nil {
		return connectorNotFound()
	}
	now := now()
	configuration := &freddy.Configuration{
		ID:                  f.configurations.newID("pconf_"),
		Object:              objectConfiguration,
		UserID:              "user_fake",
		OrganizationID:      "org_fake",
		PersonalConnectorID: input.PersonalConnectorID,
		Name:                *input.Name,
		Configuration:       orEmpty(input.Configuration),
		Enabled:             input.Enabled == nil || *input.Enabled,
		HealthStatus:        freddy.HealthStatusUnknown,
		Description:         input.Description.value,
		Metadata:            orEmpty(input.Metadata),
		CreatedAt:           now,
		UpdatedAt:           now,
	}
	f.configurations.put(configuration.ID, configuration)
	return dataReply(http.StatusCreated, configurationBody(configuration))
}

// orEmpty keeps null members, which can have a meaning in a configuration.
func orEmpty(m map[string]any) map[string]any {
	if m == nil {
		return map[string]any{}
	}
	return m
}

func (f *Fake) getConfiguration(r request) Reply {
	return f.withConfiguration(r.id, func(c *freddy.Configuration) Reply {
		return jsonReply(http.StatusOK, configurationBody(c))
	})
}

func (f *Fake) updateConfiguration(r request) Reply {
	var input configurationInput
	if reply, ok := r.decode(&input, updateFields); !ok {
		return reply
	}
	return f.withConfiguration(r.id, func(c *freddy.Configuration) Reply {
		if input.Name != nil {
			c.Name = *input.Name
		}
		if input.Description.present {
			c.Description = input.Description.value
		}
		c.Configuration = merge(c.Configuration, input.Configuration)
		c.Metadata = merge(c.Metadata, input.Metadata)
		c.UpdatedAt = now()
		return dataReply(http.StatusOK, configurationBody(c))
	})
}

// merge sets the members of changes in m and removes those that are null. A
// member that is an object is replaced, not merged.
func merge(m, changes map[string]any) map[string]any {
	if m == nil && changes != nil {
		m = map[string]any{}
	}
	for name, value := range changes {
		if value == nil {
			delete(m, name)
		} else {
			m[name] = value
		}
	}
	return m
}

func (f *Fake) deleteConfiguration(r request) Reply {
	return f.withConfiguration(r.id, func(*freddy.Configuration) Reply {
		f.configurations.remove(r.id)
		return jsonReply(http.StatusOK, struct {
			ID      string `json:"id"`
			Object  string `json:"object"`
			Deleted bool   `json:"deleted"`
		}{r.id, objectConfiguration, true})
	})
}

func (f *Fake) toggleConfiguration(r request) Reply {
	var input configurationInput
	if reply, ok := r.decode(&input, toggleFields, "enabled"); !ok {
		return reply
	}
	return f.withConfiguration(r.id, func(c *freddy.Configuration) Reply {
		c.Enabled, c.UpdatedAt = *input.Enabled, now()
		return jsonReply(http.StatusOK, configurationBody(c))
	})
}

func (f *Fake) testConfiguration(r request) Reply {
	return f.withConfiguration(r.id, func(c *freddy.Configuration) Reply {
		now := now()
		c.LastSyncAt = &now
		if c.HealthStatus == freddy.HealthStatusUnhealthy {
			c.LastError = cmp.Or(c.LastError, "Connection failed. MCP server is not responding.")
		} else {
			c.HealthStatus, c.LastError = freddy.HealthStatusHealthy, ""
		}
		return jsonReply(http.StatusOK, freddy.TestResult{
			Status:   c.HealthStatus,
			Message:  cmp.Or(c.LastError, "Connection successful. MCP server is responding correctly."),
			Details:  f.testDetails(c),
			TestedAt: now,
		})
	})
}

// testDetails returns what a test reports of the connector's server. If the
// connector is unknown, so is its server.
func (f *Fake) testDetails(c *freddy.Configuration) freddy.TestDetails {
	connector := f.connectors.get(c.PersonalConnectorID)
	if connector == nil {
		connector = new(freddy.Connector)
	}
	details := freddy.TestDetails{ServerURL: connector.ServerURL, ServerType: connector.ServerType}
	if c.HealthStatus == freddy.HealthStatusHealthy {
		details.ResponseTime = 145 * time.Millisecond // as in the documented sample
		details.ServerVersion = connector.Version
		details.AvailableTools = len(toolsOf(c.PersonalConnectorID))
	}
	return details
}

func (f *Fake) listTools(r request) Reply {
	q := query{values: r.Query}
	q.boolean("forceRefresh") // no effect: there is no cache
	if len(q.errs) > 0 {
		return invalidReply(q.errs)
	}
	return f.withConfiguration(r.id, func(c *freddy.Configuration) Reply {
		return listReply(toolsOf(c.PersonalConnectorID))
	})
}

func (f *Fake) listConfigurations(r request) Reply {
	q := query{values: r.Query}
	connector, anyConnector := r.Query.Get("personalConnectorId"), !r.Query.Has("personalConnectorId")
	enabled := q.boolean("enabled")
	health := choice(&q, "healthStatus", "",
		freddy.HealthStatusHealthy, freddy.HealthStatusUnhealthy, freddy.HealthStatusUnknown)
	limit := q.integer("limit", 20, 1, 100)
	first := f.afterCursor(&q)
	if len(q.errs) > 0 {
		return invalidReply(q.errs)
	}
	page := []json.RawMessage{}
	for _, c := range f.configurations.values[first:] {
		if len(page) < limit &&
			(anyConnector || connector == c.PersonalConnectorID) &&
			(enabled == nil || *enabled == c.Enabled) &&
			(health == "" || health == c.HealthStatus) {
			page = append(page, configurationBody(c))
		}
	}
	return listReply(page)
}

// afterCursor returns the position after the configuration that the cursor
// names, whether it matches the filters or not.
func (f *Fake) afterCursor(q *query) int {
	if !q.values.Has("after") {
		return 0
	}
	i := f.configurations.index(q.values.Get("after"))
	if i < 0 {
		q.reject("after", "value_error", "Value error, unknown cursor")
	}
	return i + 1
}

// configurationBody returns a configuration as the API sends it: with null for
// each empty field and a placeholder for the credentials.
func configurationBody(c *freddy.Configuration) json.RawMessage {
	members := membersOf(c, "userId", "apiKeyId", "lastSyncAt", "lastError", "description")
	members["credentials"] = json.RawMessage(`"***REDACTED***"`)
	return encode(members)
}

// now returns the time in the API's precision.
func now() time.Time { return time.Now().UTC().Truncate(time.Second) }
