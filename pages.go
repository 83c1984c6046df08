package freddy

import (
	"encoding/json"
	"hash/maphash"
	"iter"
	"slices"
	"strconv"

	"github.com/aitronos/freddy-go/internal/wire"
)

// Page is one page of a list. The one that follows has the Offset of this one and
// len(Items) more, or the ID of the last item as its After; All does that by
// itself.
type Page[T any] struct {
	Items []*T // none of them nil; may be nil itself where there are none

	// HasMore reports whether another page may follow. The form of the trailer
	// is not documented: hasMore rules where the server sends it; without it a
	// page that is full has a successor: one of Limit items, or of 20 where
	// Limit is 0.
	HasMore bool
	Extra   map[string]json.RawMessage // members beside data and hasMore: total and the like
}

const (
	maxPageSize     = 100
	defaultPageSize = 20 // the server's, where no limit is sent
)

// list is the body of a list.
type list[T any] struct {
	Object  string                     `json:"object"`
	Data    []*T                       `json:"data"`
	HasMore *bool                      `json:"hasMore"`
	Extra   map[string]json.RawMessage `json:"-"`
}

// verify requires of a list that it says so, and of its items what is required
// of them alone.
func (l *list[T]) verify() error {
	if l.Object != "" && l.Object != "list" {
		return &wire.Error{Pointer: "/object", Reason: "must be list"}
	}
	for i, item := range l.Data {
		if model, ok := any(item).(identified); ok {
			if err := identify(model, "/data/"+strconv.Itoa(i)); err != nil {
				return err
			}
		}
	}
	return nil
}

// page returns the list as a Page, or nil of nil.
func (l *list[T]) page(limit int) *Page[T] {
	if l == nil {
		return nil
	}
	if limit == 0 {
		limit = defaultPageSize
	}
	more := len(l.Data) >= limit
	if l.HasMore != nil {
		more = *l.HasMore
	}
	return &Page[T]{Items: l.Data, HasMore: more, Extra: l.Extra}
}

// items returns what is listed, never nil unless the list is.
func (l *list[T]) items() []*T {
	if l == nil {
		return nil
	}
	return append([]*T{}, l.Data...)
}

// pageSize returns the query's value for the size of a page, empty for 0.
func pageSize(limit int) (string, error) {
	if limit < 0 || limit > maxPageSize {
		return "", &ArgumentError{"Limit", "must be 1 to 100, or 0 for the server's default"}
	}
	return number(limit), nil
}

// model is a pointer to T that says what it is.
type model[T any] interface {
	*T
	identified
}

var errRepeated = &wire.Error{Pointer: "/data", Reason: "is a page that the server has sent before"}

// paginate is the one iterator behind every All. It asks for the first page
// when the first item is wanted and for the next when the last is consumed;
// next returns the parameters of the page that follows, and whether they are
// others.
//
// A server that ignores paging would keep it going for ever, so it ends with an
// error at a page with the very items of an earlier one, and at one after which
// the same request would follow again.
func paginate[P, T any, M model[T]](first P, opts []CallOption, get func(P, ...CallOption) (*Page[T], error), next func(P, []*T) (P, bool)) iter.Seq2[*T, error] {
	opts = slices.Clone(opts)
	return func(yield func(*T, error) bool) {
		seen := map[uint64]bool{}
		seed := maphash.MakeSeed()
		params, following := first, first
		unseen := callOption(func(s *callSettings) error {
			s.accept = func(body any) error {
				items := body.(*list[T]).Data
				if len(items) == 0 {
					return nil
				}
				mark := fingerprint[T, M](seed, items)
				var moved bool
				if following, moved = next(params, items); seen[mark] || !moved {
					return errRepeated
				}
				seen[mark] = true
				return nil
			}
			return nil
		})
		for {
			page, err := get(params, append(slices.Clip(opts), unseen)...)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, item := range page.Items {
				if !yield(item, nil) {
					return
				}
			}
			if len(page.Items) == 0 || !page.HasMore {
				return
			}
			params = following
		}
	}
}

// fingerprint is a hash of the ids of a page, in their order.
func fingerprint[T any, M model[T]](seed maphash.Seed, items []*T) uint64 {
	var hash maphash.Hash
	hash.SetSeed(seed)
	for _, item := range items {
		id, _, _ := M(item).identity()
		hash.WriteString(id)
		hash.WriteByte(0)
	}
	return hash.Sum64()
}
