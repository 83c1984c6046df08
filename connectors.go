package freddy

import (
	"context"
	"iter"
	"net/http"

	"github.com/aitronos/freddy-go/internal/wire"
)

const (
	routeConnectors = "/personal-connectors"
	routeConnector  = "/personal-connectors/{connector_id}"
)

// ConnectorsService reads the catalogue of connectors. [Client.Connectors]
// returns it.
type ConnectorsService struct{ client *Client }

// Get returns the connector with an id, with its configuration schema and its
// authentication method. If there is no such connector, it returns an *APIError
// that matches [ErrNotFound].
//
// An id has 1 to 128 of the characters A-Z, a-z, 0-9, -, ., _ and ~. It is not .
// or .., and not the name of an endpoint at the same level: configurations,
// available, authorize, callback, complete-oauth, connections. Any other id is an
// *ArgumentError, and nothing is sent.
func (s *ConnectorsService) Get(ctx context.Context, id string, opts ...CallOption) (*Connector, error) {
	return do[Connector](ctx, s.client, request{method: http.MethodGet, route: routeConnector, id: id}, opts)
}

// List returns one page of the catalogue.
func (s *ConnectorsService) List(ctx context.Context, params ConnectorListParams, opts ...CallOption) (*Page[Connector], error) {
	return s.list(ctx, params, nil, opts)
}

// All returns an iterator over every connector that matches params. Limit is the
// size of a page. Without a Status, the server lists active connectors.
//
// Nothing is sent before the loop begins, and each range starts again with the
// first page. The next page is requested when the loop gets there; break stops the
// requests. An error is yielded once, with a nil connector, as the last pair.
//
// An empty page ends the list. If the server returns a page without a new
// connector, the iterator yields a *DecodeError. Options, retries and the key
// source apply to each page. If the catalogue changes during the loop, a connector
// may be yielded twice or not at all.
func (s *ConnectorsService) All(ctx context.Context, params ConnectorListParams, opts ...CallOption) iter.Seq2[*Connector, error] {
	return paginate(ctx, s.list, params, opts)
}

func (s *ConnectorsService) list(ctx context.Context, params ConnectorListParams, seen *seenIDs, opts []CallOption) (*Page[Connector], error) {
	l, err := do[list[Connector]](ctx, s.client, request{method: http.MethodGet, route: routeConnectors, query: params.query(), seen: seen}, opts)
	return l.pageOf(params.Limit), err
}

// ConnectorListParams selects connectors. A zero field leaves the choice to the
// server, which lists active connectors unless Status is set. A negative Limit or
// Offset is an *ArgumentError. Other values are sent as they are.
type ConnectorListParams struct {
	Type     ConnectorType
	Category Category
	Status   ConnectorStatus
	Limit    int // page size, documented as 1 to 100; 0: the server's default, 20
	Offset   int // number of connectors to skip
}

func (p ConnectorListParams) query() query {
	return query{}.
		with("category", string(p.Category)).
		withNumber("limit", "Limit", p.Limit).
		withNumber("offset", "Offset", p.Offset).
		with("status", string(p.Status)).
		with("type", string(p.Type))
}

func (p ConnectorListParams) next(items []*Connector) ConnectorListParams {
	p.Offset += len(items)
	return p
}

func (c *Connector) identity() string { return c.ID }

func (c *Connector) validate() error {
	return validateObject(c.Object, "personal_connector", c.ID)
}

// validateObject requires an id, and the documented object if the response names
// one.
func validateObject(object, want, id string) error {
	switch {
	case object != "" && object != want:
		return &wire.Error{Pointer: "/object", Reason: "must be " + want}
	case id == "":
		return missing("id")
	}
	return nil
}
