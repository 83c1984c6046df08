package freddy

import (
	"context"
	"encoding/json"
	"errors"
	"hash/maphash"
	"iter"
	"slices"
	"strconv"

	"github.com/aitronos/freddy-go/internal/wire"
)

// Page is one page of a list. The next page begins at the Offset of this one plus
// len(Items), or has the ID of the last item as its After. The All methods request
// the pages one after the other.
type Page[T any] struct {
	Items []*T // no item is nil; may be nil if there are none

	// HasMore reports whether another page may follow. It is the server's hasMore
	// if present. Otherwise it is true if the page is full: if it has at least
	// Limit items (100 if Limit is larger, 20 if Limit is 0). It is false for lists
	// that have no paging parameters.
	HasMore bool

	// Extra has the other members of the response, such as total.
	Extra map[string]json.RawMessage
}

// Collect returns everything that an iterator yields. On an error, it returns the
// items before it, too.
func Collect[T any](seq iter.Seq2[T, error]) ([]T, error) {
	var items []T
	for item, err := range seq {
		if err != nil {
			return items, err
		}
		items = append(items, item)
	}
	return items, nil
}

const (
	maxPageSize     = 100 // documented
	defaultPageSize = 20  // the server's, if no limit is sent
)

// list is the body of a list: an object with data, or a bare array.
type list[T any] struct {
	Object  string                     `json:"object"`
	Data    []*T                       `json:"data" wire:"[]"`
	HasMore *bool                      `json:"hasMore"`
	Extra   map[string]json.RawMessage `json:"-"`
}

func (l *list[T]) validate() error {
	switch {
	case l.Object != "" && l.Object != "list":
		return &wire.Error{Pointer: "/object", Reason: "must be list"}
	case l.Object == "" && l.Data == nil && len(l.Extra) > 0: // some other document
		return missing("data")
	}
	return validateItems("/data", l.Data)
}

// validateItems validates the items at a pointer.
func validateItems[T any](pointer string, items []*T) error {
	for i, item := range items {
		model, ok := any(item).(interface{ validate() error })
		if !ok {
			return nil
		}
		if err := model.validate(); err != nil {
			return atPointer(pointer+"/"+strconv.Itoa(i), err)
		}
	}
	return nil
}

// atPointer prefixes the pointer of an error of validate.
func atPointer(pointer string, err error) error {
	var member *wire.Error
	if errors.As(err, &member) {
		return &wire.Error{Pointer: pointer + member.Pointer, Reason: member.Reason}
	}
	return err
}

// page returns the list as a Page; nil for nil.
func (l *list[T]) page() *Page[T] {
	if l == nil {
		return nil
	}
	return &Page[T]{Items: l.Data, HasMore: l.HasMore != nil && *l.HasMore, Extra: l.Extra}
}

// pageOf returns a page of a list that was requested with a limit.
func (l *list[T]) pageOf(limit int) *Page[T] {
	page := l.page()
	if page == nil || l.HasMore != nil {
		return page
	}
	if limit == 0 {
		limit = defaultPageSize
	}
	page.HasMore = len(l.Data) >= min(limit, maxPageSize)
	return page
}

// A pager has the parameters of a list in pages.
type pager[P, T any] interface {
	next(items []*T) P // the parameters of the page after items
}

// paginate is the iterator behind every All. It requests the first page when the
// loop begins, and the next page when the loop has consumed all items of a page.
func paginate[P pager[P, T], T any](ctx context.Context, fetch func(context.Context, P, *seenIDs, []CallOption) (*Page[T], error), first P, opts []CallOption) iter.Seq2[*T, error] {
	opts = slices.Clone(opts)
	return func(yield func(*T, error) bool) {
		seen := &seenIDs{seed: maphash.MakeSeed(), hashes: map[uint64]struct{}{}}
		for params := first; ; {
			page, err := fetch(ctx, params, seen, opts)
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
			params = params.next(page.Items)
		}
	}
}

// seenIDs has the hashes of the ids of all pages so far. A server that ignores
// paging would keep an iterator going forever, so a page without a new id is an
// error. Hashes bound the memory.
type seenIDs struct {
	seed   maphash.Seed
	hashes map[uint64]struct{}
}

var errSamePage = &wire.Error{Pointer: "/data", Reason: "has no new item: the server returned the same page again"}

// add adds the ids of a list.
func (s *seenIDs) add(page any) error {
	ids := page.(interface{ ids() []string }).ids()
	before := len(s.hashes)
	for _, id := range ids {
		s.hashes[maphash.String(s.seed, id)] = struct{}{}
	}
	if len(ids) > 0 && len(s.hashes) == before {
		return errSamePage
	}
	return nil
}

func (l *list[T]) ids() []string {
	ids := make([]string, len(l.Data))
	for i, item := range l.Data {
		ids[i] = any(item).(interface{ identity() string }).identity()
	}
	return ids
}
