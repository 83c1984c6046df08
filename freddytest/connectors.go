package freddytest

import (
	"math"
	"net/http"

	"github.com/aitronos/freddy-go"
)

var connectorRoutes = []route{
	{http.MethodGet, "/personal-connectors", (*Fake).listConnectors},
	{http.MethodGet, "/personal-connectors/{connector_id}", (*Fake).getConnector},
}

// AddConnector adds a copy of a connector to the end of the catalogue, or
// replaces the connector with the same ID.
//
// The connector is served as it is. Without a Status it is found by its ID, but
// no list contains it. AddConnector panics if the connector has no JSON form,
// for example because its schema is not JSON.
func (f *Fake) AddConnector(connector freddy.Connector) {
	add(f, &f.connectors, connector.ID, connector)
}

func (f *Fake) getConnector(r request) Reply {
	connector := f.connectors.get(r.id)
	if connector == nil {
		return connectorNotFound()
	}
	return jsonReply(http.StatusOK, connector)
}

func connectorNotFound() Reply {
	return errorReply(http.StatusNotFound, "not_found_error", "Personal connector not found", freddy.CodeConnectorNotFound)
}

func (f *Fake) listConnectors(r request) Reply {
	q := query{values: r.Query}
	kind := choice(&q, "type", "",
		freddy.ConnectorTypeOfficial, freddy.ConnectorTypeAitronosBuilt, freddy.ConnectorTypeCustom)
	category := choice(&q, "category", "",
		freddy.CategoryProductivity, freddy.CategoryDevelopment, freddy.CategoryCommunication,
		freddy.CategoryDesign, freddy.CategoryCustom)
	status := choice(&q, "status", freddy.ConnectorStatusActive,
		freddy.ConnectorStatusActive, freddy.ConnectorStatusDeprecated, freddy.ConnectorStatusMaintenance)
	limit := q.integer("limit", 20, 1, 100)
	offset := q.integer("offset", 0, 0, math.MaxInt)
	if len(q.errs) > 0 {
		return invalidReply(q.errs)
	}
	found := []*freddy.Connector{}
	for _, c := range f.connectors.values {
		if (kind == "" || kind == c.Type) && (category == "" || category == c.Category) && status == c.Status {
			found = append(found, c)
		}
	}
	found = found[min(offset, len(found)):]
	return listReply(found[:min(limit, len(found))])
}
