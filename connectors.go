package freddy

import (
	"context"
	"iter"
	"net/http"
)

const (
	routeConnectors = "/personal-connectors"
	routeConnector  = "/personal-connectors/{connector_id}"
)

// ConnectorsService reads the catalogue of connectors. [Client.Connectors]
// returns it.
type ConnectorsService Client

// Get returns the connector with the id, with its configuration schema and its
// authentication method. An unknown id is an *APIError for which errors.Is
// matches [ErrNotFound].
//
// An id has 1 to 128 characters of A-Z, a-z, 0-9, _ and -, and is not the name
// of an endpoint beside it: configurations, available, authorize, callback,
// complete-oauth, connections. Any other is an *ArgumentError, and nothing is
// sent.
//
// Source: the page "Retrieve personal connector".
func (s *ConnectorsService) Get(ctx context.Context, id string, opts ...CallOption) (*Connector, error) {
	return do[Connector](ctx, (*Client)(s), request{method: http.MethodGet, route: routeConnector, id: id}, opts)
}

// List returns one page of the catalogue.
//
// Source: the page "List personal connectors".
func (s *ConnectorsService) List(ctx context.Context, params ConnectorListParams, opts ...CallOption) (*Page[Connector], error) {
	body, err := do[list[Connector]](ctx, (*Client)(s), request{method: http.MethodGet, route: routeConnectors, params: params}, opts)
	return body.page(params.Limit), err
}

// All returns every connector that matches, page by page as the loop asks for
// them; Limit is the size of a page. Without a Status those are the active ones.
//
// Nothing is sent before the loop begins, and each range starts afresh. break
// stops the requests. An error is yielded once, with a nil connector, as the last
// pair. An empty page ends the list; a server that sends the same page again ends
// it with a *DecodeError. Options, retries and the source of keys apply to each
// page. If the list changes meanwhile, an item may come twice or be missed.
func (s *ConnectorsService) All(ctx context.Context, params ConnectorListParams, opts ...CallOption) iter.Seq2[*Connector, error] {
	return paginate(params, opts, func(p ConnectorListParams, opts ...CallOption) (*Page[Connector], error) {
		return s.List(ctx, p, opts...)
	}, ConnectorListParams.after)
}

// ConnectorListParams says which connectors a list has. A zero field leaves the
// choice to the server, which lists active connectors unless Status says
// otherwise. A Limit that is not 0 to 100 and a negative Offset are an
// *ArgumentError; other values are the server's to judge.
type ConnectorListParams struct {
	Type     ConnectorType
	Category Category
	Status   ConnectorStatus
	Limit    int // page size, 1 to 100; 0 leaves it to the server, which takes 20
	Offset   int // how many to skip
}

func (p ConnectorListParams) query() (query, error) {
	if p.Offset < 0 {
		return "", &ArgumentError{"Offset", "must not be negative"}
	}
	limit, err := pageSize(p.Limit)
	return query("").
		with("category", string(p.Category)).
		with("limit", limit).
		with("offset", number(p.Offset)).
		with("status", string(p.Status)).
		with("type", string(p.Type)), err
}

// after returns the parameters of the page that follows items.
func (p ConnectorListParams) after(items []*Connector) (ConnectorListParams, bool) {
	p.Offset += len(items)
	return p, true
}

func (c *Connector) identity() (id, object, want string) {
	return c.ID, c.Object, "personal_connector"
}
