package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/go-faster/jx"
)

// object is what is known of a struct type: its members in documented order.
type object struct {
	members []member
	extra   int // index of the field Extra
}

type member struct {
	camel, snake string
	index        int
	omitZero     bool
	read         reader
	write        writer // nil: under this name the member is only read
}

// A reader sets v from the value that comes next, whose kind jx has told.
type reader func(d *decoder, kind jx.Type, v reflect.Value) error

// A writer appends the JSON of v.
type writer func(out []byte, v reflect.Value) ([]byte, error)

var objects sync.Map // reflect.Type to *object

// objectOf compiles a struct type on first sight. A wire tag names another
// member that the field is read from; on Extra, one that is dropped.
//
//	Enabled bool                       `json:"enabled" wire:"isActive"`
//	Extra   map[string]json.RawMessage `json:"-" wire:"credentials"`
//
// A field without a json tag other than Extra, or of a type without a reader, is
// a mistake in the model and panics: the first test that touches the model finds
// it.
func objectOf(t reflect.Type) *object {
	if known, ok := objects.Load(t); ok {
		return known.(*object)
	}
	o := &object{extra: -1}
	for i := range t.NumField() {
		field := t.Field(i)
		other := field.Tag.Get("wire")
		if field.Name == "Extra" {
			o.extra = i
			if other != "" {
				o.members = append(o.members, member{camel: other, snake: snake(other), index: i, read: drop})
			}
			continue
		}
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name == "" {
			panic(fmt.Sprintf("wire: %s.%s has no json tag", t, field.Name))
		}
		m := member{camel: name, snake: snake(name), index: i, omitZero: options == "omitzero"}
		m.read, m.write = codec(field.Type)
		o.members = append(o.members, m)
		if other != "" {
			o.members = append(o.members, member{camel: other, snake: snake(other), index: i, read: m.read})
		}
	}
	known, _ := objects.LoadOrStore(t, o)
	return known.(*object)
}

// snake spells a camelCase name in snake_case.
func snake(camel string) string {
	var b strings.Builder
	for _, r := range camel {
		if unicode.IsUpper(r) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// find returns the member called key, or nil. The search begins at next, the
// documented order, so that the usual case compares once.
func (o *object) find(key []byte, next int) (*member, int) {
	for i := next; i < len(o.members); i++ {
		if m := &o.members[i]; string(key) == m.camel || string(key) == m.snake {
			return m, i + 1
		}
	}
	for i := range min(next, len(o.members)) {
		if m := &o.members[i]; string(key) == m.camel || string(key) == m.snake {
			return m, i + 1
		}
	}
	return nil, next
}

func (o *object) read(d *decoder, kind jx.Type, v reflect.Value) error {
	if kind != jx.Object {
		return d.mismatch("an object", kind)
	}
	it, err := d.json.ObjIter()
	if err != nil {
		return syntax(err)
	}
	for next := 0; it.Next(); {
		var m *member
		key := it.Key()
		m, next = o.find(key, next)
		if m == nil {
			err = o.keep(d, key, v)
		} else if kind := d.json.Next(); kind == jx.Null {
			err = d.skip()
		} else {
			err = m.read(d, kind, v.Field(m.index))
		}
		if err != nil {
			return at(err, string(key))
		}
	}
	if err := it.Err(); err != nil {
		return syntax(err)
	}
	return nil
}

// keep puts an unknown member into Extra, as it was written.
func (o *object) keep(d *decoder, key []byte, v reflect.Value) error {
	name := d.cut(key)
	raw, err := d.json.Raw()
	if err != nil {
		return syntax(err)
	}
	if o.extra < 0 {
		return nil
	}
	extra := v.Field(o.extra).Addr().Interface().(*map[string]json.RawMessage)
	if *extra == nil {
		*extra = make(map[string]json.RawMessage)
	}
	(*extra)[name] = bytes.Clone(raw)
	return nil
}

func (o *object) extraOf(v reflect.Value) map[string]json.RawMessage {
	if o.extra < 0 {
		return nil
	}
	return v.Field(o.extra).Interface().(map[string]json.RawMessage)
}

// blank reports whether no member that the model names is set.
func (o *object) blank(v reflect.Value) bool {
	for _, m := range o.members {
		if m.index != o.extra && !v.Field(m.index).IsZero() {
			return false
		}
	}
	return true
}

// Marshal returns the JSON of v, a struct that Unmarshal can read: the members
// in documented order and in camelCase, those that are zero left out where the
// tag says omitzero, then Extra by name. An Extra that bears the name of a
// member is left out: the member itself says what is true.
func Marshal(v any) ([]byte, error) {
	value := reflect.ValueOf(v)
	return objectOf(value.Type()).write(nil, value)
}

func (o *object) write(out []byte, v reflect.Value) ([]byte, error) {
	out = append(out, '{')
	start := len(out)
	for i := range o.members {
		m := &o.members[i]
		field := v.Field(m.index)
		if m.write == nil || m.omitZero && isZero(field) {
			continue
		}
		var err error
		out = appendName(out, start, m.camel)
		if out, err = m.write(out, field); err != nil {
			return nil, fmt.Errorf("%s: %w", m.camel, err)
		}
	}
	extra := o.extraOf(v)
	for _, name := range slices.Sorted(maps.Keys(extra)) {
		if m, _ := o.find([]byte(name), 0); m != nil {
			continue
		}
		var err error
		out = appendName(out, start, name)
		if out, err = appendJSON(out, extra[name]); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return append(out, '}'), nil
}

// isZero asks the value itself where it can say, as omitzero does elsewhere: a
// time in UTC is zero although its bits are not.
func isZero(v reflect.Value) bool {
	if z, ok := reflect.TypeAssert[interface{ IsZero() bool }](v); ok && v.Kind() != reflect.Pointer {
		return z.IsZero()
	}
	return v.IsZero()
}

func appendName(out []byte, start int, name string) []byte {
	if len(out) > start {
		out = append(out, ',')
	}
	out, _ = appendJSON(out, name)
	return append(out, ':')
}

// appendJSON leaves a single value to encoding/json: marshalling is not on the
// path of a call's answer.
func appendJSON(out []byte, v any) ([]byte, error) {
	text, err := json.Marshal(v)
	return append(out, text...), err
}
