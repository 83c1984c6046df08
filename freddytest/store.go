package freddytest

import (
	"encoding/json"
	"fmt"
	"slices"
)

// store has the objects of one kind in the order in which they were added. The
// zero store is empty.
type store[T any] struct {
	ids     []string
	values  []*T
	created int // ids that newID has made
}

// newID returns the prefix with the next number whose id is not in the store.
func (s *store[T]) newID(prefix string) string {
	for {
		s.created++
		if id := fmt.Sprintf("%s%06d", prefix, s.created); s.index(id) < 0 {
			return id
		}
	}
}

// index returns the position of an object, or -1.
func (s *store[T]) index(id string) int { return slices.Index(s.ids, id) }

// get returns an object, or nil if the id is unknown.
func (s *store[T]) get(id string) *T {
	if i := s.index(id); i >= 0 {
		return s.values[i]
	}
	return nil
}

// put adds an object, or replaces the object with this id.
func (s *store[T]) put(id string, value *T) {
	if i := s.index(id); i >= 0 {
		s.values[i] = value
		return
	}
	s.ids, s.values = append(s.ids, id), append(s.values, value)
}

// remove removes an object, and reports whether it was in the store.
func (s *store[T]) remove(id string) bool {
	i := s.index(id)
	if i < 0 {
		return false
	}
	s.ids, s.values = slices.Delete(s.ids, i, i+1), slices.Delete(s.values, i, i+1)
	return true
}

// add puts a copy of a caller's object into a store of f.
func add[T any](f *Fake, s *store[T], id string, value T) {
	copied := copyOf(value)
	f.mu.Lock()
	defer f.mu.Unlock()
	s.put(id, copied)
}

// copyOf returns a deep copy of a caller's object.
func copyOf[T any](value T) *T {
	data, err := json.Marshal(value)
	copied := new(T)
	if err == nil {
		err = json.Unmarshal(data, copied)
	}
	if err != nil {
		panic(fmt.Sprintf("freddytest: %T has no JSON form: %v", value, err))
	}
	return copied
}
