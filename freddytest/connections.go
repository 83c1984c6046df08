package freddytest

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/aitronos/freddy-go"
)

const pathConnections = "/personal-connectors/connections"

var connectionRoutes = []route{
	{http.MethodGet, pathConnections + "/{tool_key}", (*Fake).listConnections},
	{http.MethodPatch, pathConnections + "/{credential_id}/active", (*Fake).updateConnection},
	{http.MethodGet, "/personal-connectors/{credential_id}/health", (*Fake).getHealth},
	{http.MethodPost, "/personal-connectors/{credential_id}/test", (*Fake).testConnection},
}

// AddConnection adds a copy of a connection to the end of the list of its tool, or
// replaces the connection with the same ID. It is served as it is, and its tokens
// work; use Break for a connection whose tokens do not.
func (f *Fake) AddConnection(connection freddy.Connection) {
	copied := copyOf(connection)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.connections.put(copied.ID, copied)
	f.broken.remove(copied.ID)
}

// Break makes the tokens of a connection stop working: Health reports unhealthy, and
// Test fails, both with this reason, until the user consents again. It reports
// whether there is a connection with this id. The connection stays active.
func (f *Fake) Break(id, reason string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.connections.get(id) == nil {
		return false
	}
	f.broken.put(id, &reason)
	return true
}

// connectionOf returns the connection of an account, or nil. An account and a
// connection belong together if they have the same tool and email.
func (f *Fake) connectionOf(tool, email string) *freddy.Connection {
	for _, connection := range f.connections.values {
		if email != "" && connection.ToolKey == tool && connection.AccountEmail == email {
			return connection
		}
	}
	return nil
}

// accountOf returns the account of a connection, or nil.
func (f *Fake) accountOf(tool, email string) *freddy.Account {
	for _, account := range f.accounts.values {
		if email != "" && account.Type == tool && account.AccountEmail == email {
			return account
		}
	}
	return nil
}

func (f *Fake) listConnections(r request) Reply {
	q := query{values: r.Query} // application_id has no effect
	q.requireOrganization("organization_id")
	if len(q.errs) > 0 {
		return invalidReply(q.errs)
	}
	found := []map[string]json.RawMessage{}
	for _, connection := range f.connections.values {
		if connection.ToolKey == r.id {
			found = append(found, membersOf(connection, "credential_name", "account_email", "connection_id"))
		}
	}
	if len(found) == 0 && f.available.get(r.id) == nil {
		return f.unknownID()
	}
	return jsonReply(http.StatusOK, map[string]any{"connections": found, "tool_key": r.id})
}

// withConnection calls handle with a connection, which handle may change, and the
// reason why its tokens do not work, or nil.
func (f *Fake) withConnection(id string, handle func(c *freddy.Connection, broken *string) Reply) Reply {
	connection := f.connections.get(id)
	if connection == nil {
		return f.unknownID()
	}
	return handle(connection, f.broken.get(id))
}

func (f *Fake) updateConnection(r request) Reply {
	q := query{values: r.Query}
	q.requireOrganization("organization_id")
	if len(q.errs) > 0 {
		return invalidReply(q.errs)
	}
	var input activeInput
	if reply, ok := r.decode(&input, activeFields, "is_active"); !ok {
		return reply
	}
	return f.withConnection(r.id, func(c *freddy.Connection, _ *string) Reply {
		c.Active = input.Active
		return jsonReply(http.StatusOK, map[string]any{"id": c.ID, "is_active": c.Active})
	})
}

func (f *Fake) getHealth(r request) Reply {
	return f.withConnection(r.id, func(c *freddy.Connection, broken *string) Reply {
		health := freddy.ConnectionHealth{
			ID:               c.ID,
			ToolKey:          c.ToolKey,
			Status:           freddy.HealthStatusHealthy,
			Active:           c.Active,
			ConnectionStatus: "active",
			LastCheckedAt:    now(),
		}
		if broken != nil {
			health.Status, health.ConnectionStatus, health.Reason = freddy.HealthStatusUnhealthy, "error", *broken
		}
		return jsonReply(http.StatusOK, membersOf(health, "reason"))
	})
}

func (f *Fake) testConnection(r request) Reply {
	return f.withConnection(r.id, func(c *freddy.Connection, broken *string) Reply {
		result := freddy.ConnectionTest{
			ID:            c.ID,
			ToolKey:       c.ToolKey,
			Success:       true,
			Action:        c.ToolKey + "_read_profile",
			Message:       "Operation completed successfully",
			ExecutionTime: 120 * time.Millisecond,
			TestedAt:      now(),
		}
		if broken == nil {
			return jsonReply(http.StatusOK, result)
		}
		result.Success, result.Message = false, *broken
		members := membersOf(result)
		members["execution_time_ms"] = json.RawMessage("null")
		return jsonReply(http.StatusOK, members)
	})
}
