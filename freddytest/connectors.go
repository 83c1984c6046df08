package freddytest

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/aitronos/freddy-go"
)

// entry is what the Fake keeps of a connector: what lists are filtered by, and
// the JSON, which nobody can change any more.
type entry struct {
	id       string
	kind     freddy.ConnectorType
	category freddy.Category
	status   freddy.ConnectorStatus
	body     json.RawMessage
}

var connectorEndpoints = []endpoint{
	{http.MethodGet, "/personal-connectors", (*Fake).listConnectors},
	{http.MethodGet, "/personal-connectors/{connector_id}", (*Fake).getConnector},
}

// AddConnector adds a copy of a connector to the end of the catalogue, or puts
// it in the place of the one with the same ID.
//
// The connector is served as it is, nothing is filled in: one without a Status
// is found by its ID, but is in no list. AddConnector panics if there is no
// JSON for the connector, as where its schema is not JSON.
func (f *Fake) AddConnector(connector freddy.Connector) {
	body, err := json.Marshal(connector)
	if err != nil {
		panic(fmt.Sprintf("freddytest: AddConnector: %v", err))
	}
	added := entry{connector.ID, connector.Type, connector.Category, connector.Status, body}
	f.mu.Lock()
	defer f.mu.Unlock()
	if i := f.index(connector.ID); i >= 0 {
		f.connectors[i] = added
		return
	}
	f.connectors = append(f.connectors, added)
}

// index returns the place of a connector, or -1. The lock is held.
func (f *Fake) index(id string) int {
	return slices.IndexFunc(f.connectors, func(c entry) bool { return c.id == id })
}

func (f *Fake) getConnector(_ Request, id string) Reply {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := f.index(id)
	if i < 0 {
		return unknownConnector()
	}
	return Reply{Status: http.StatusOK, Body: string(f.connectors[i].body)}
}

func unknownConnector() Reply {
	return refusal(http.StatusNotFound, "not_found_error", "Personal connector not found", freddy.CodeConnectorNotFound)
}

func (f *Fake) listConnectors(in Request, _ string) Reply {
	q := query{values: in.Query}
	want := entry{
		kind: oneOf(&q, "type", "",
			freddy.ConnectorTypeOfficial, freddy.ConnectorTypeAitronosBuilt, freddy.ConnectorTypeCustom),
		category: oneOf(&q, "category", "",
			freddy.CategoryProductivity, freddy.CategoryDevelopment, freddy.CategoryCommunication,
			freddy.CategoryDesign, freddy.CategoryCustom),
		status: oneOf(&q, "status", freddy.ConnectorStatusActive,
			freddy.ConnectorStatusActive, freddy.ConnectorStatusDeprecated, freddy.ConnectorStatusMaintenance),
	}
	limit := q.number("limit", 20, 1, 100)
	offset := q.number("offset", 0, 0, math.MaxInt)
	if len(q.faults) > 0 {
		return unprocessable(q.faults)
	}
	found := f.bodies(want.lists)
	found = found[min(offset, len(found)):]
	return list(found[:min(limit, len(found))])
}

// lists reports whether c is in the list that want, an entry without id and
// body, asks for.
func (want entry) lists(c entry) bool {
	return (want.kind == "" || want.kind == c.kind) &&
		(want.category == "" || want.category == c.category) &&
		want.status == c.status
}

// bodies returns the connectors that a list has, in their order.
func (f *Fake) bodies(in func(entry) bool) []json.RawMessage {
	f.mu.Lock()
	defer f.mu.Unlock()
	found := []json.RawMessage{}
	for _, c := range f.connectors {
		if in(c) {
			found = append(found, c.body)
		}
	}
	return found
}

// list answers with a page. It has no trailer: its form is not documented.
func list[T any](data []T) Reply {
	return respond(http.StatusOK, struct {
		Object string `json:"object"`
		Data   []T    `json:"data"`
	}{"list", data})
}

// query reads the parameters of a list and collects what is wrong with them.
type query struct {
	values url.Values
	faults []invalid
}

func (q *query) refuse(name, kind, message string) {
	q.faults = append(q.faults, invalid{Loc: []string{"query", name}, Msg: message, Type: kind})
}

// number returns a parameter that is an integer.
func (q *query) number(name string, fallback, least, most int) int {
	if !q.values.Has(name) {
		return fallback
	}
	n, err := strconv.Atoi(q.values.Get(name))
	switch {
	case err != nil && !errors.Is(err, strconv.ErrRange): // out of range, n is the nearest int
		q.refuse(name, "int_parsing", "Input should be a valid integer, unable to parse string as an integer")
	case n < least:
		q.refuse(name, "greater_than_equal", fmt.Sprintf("Input should be greater than or equal to %d", least))
	case n > most:
		q.refuse(name, "less_than_equal", fmt.Sprintf("Input should be less than or equal to %d", most))
	}
	return n
}

// boolean returns a parameter that is true or false, or nil.
func (q *query) boolean(name string) *bool {
	if !q.values.Has(name) {
		return nil
	}
	value := q.values.Get(name) == "true"
	if !value && q.values.Get(name) != "false" {
		q.refuse(name, "bool_parsing", "Input should be a valid boolean, unable to interpret input")
	}
	return &value
}

// oneOf returns a parameter that has one of at least two values.
func oneOf[T ~string](q *query, name string, fallback T, values ...T) T {
	if !q.values.Has(name) {
		return fallback
	}
	value := T(q.values.Get(name))
	if !slices.Contains(values, value) {
		quoted := make([]string, len(values))
		for i, v := range values {
			quoted[i] = "'" + string(v) + "'"
		}
		last := len(quoted) - 1
		q.refuse(name, "enum", "Input should be "+strings.Join(quoted[:last], ", ")+" or "+quoted[last])
	}
	return value
}
