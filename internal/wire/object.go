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

// object is the compiled form of a model.
type object struct {
	members []member // in documented order
	extra   int      // index of the field Extra, or -1
	array   *member  // decodes a bare array; nil: an array is an error
}

type member struct {
	name, other string // as in the tag, and its snake_case or camelCase form
	index       int    // of the field; -1: the member is dropped
	omitZero    bool
	alias       bool // only read, and only into a field that is zero
	read        reader
	write       writer
}

// A reader decodes the value that comes next, which is of the given kind, into
// v.
type reader func(d *decoder, kind jx.Type, v reflect.Value) *Error

// A writer appends the JSON of v.
type writer func(out []byte, v reflect.Value) ([]byte, error)

var objects sync.Map // reflect.Type to *object

// objectOf returns the compiled form of a model. Options in a wire tag are
// separated by commas. "[]" on a slice decodes a bare array into it; any other
// option is an alias: a name that is read, too. On Extra it names a member that
// is dropped.
//
//	Key   string                     `json:"tool_key" wire:"type"`
//	Data  []*Tool                    `json:"data" wire:"[]"`
//	Extra map[string]json.RawMessage `json:"-" wire:"credentials"`
//
// It panics for a field that has no valid tag or is of a type that cannot be
// decoded. A model must not contain itself.
func objectOf(t reflect.Type) *object {
	if known, ok := objects.Load(t); ok {
		return known.(*object)
	}
	o := &object{extra: -1}
	for i := range t.NumField() {
		o.compile(t, i)
	}
	for i := range o.members {
		if m, _ := o.find(o.members[i].name, 0); m != &o.members[i] {
			panic(fmt.Sprintf("wire: %s has two members %s", t, m.name))
		}
	}
	known, _ := objects.LoadOrStore(t, o)
	return known.(*object)
}

// compile adds the members of field i.
func (o *object) compile(t reflect.Type, i int) {
	field := t.Field(i)
	var options []string
	if tag := field.Tag.Get("wire"); tag != "" {
		options = strings.Split(tag, ",")
	}
	name, option, _ := strings.Cut(field.Tag.Get("json"), ",")
	switch {
	case field.Name == "Extra" && field.Type == reflect.TypeFor[map[string]json.RawMessage]():
		o.extra = i
		for _, name := range options {
			o.members = append(o.members, newMember(name, -1))
		}
		return
	case name == "" || name == "-" || option != "" && option != "omitzero":
		panic(fmt.Sprintf("wire: %s.%s has no valid json tag", t, field.Name))
	}
	m := newMember(name, i)
	m.read, m.write = codec(field.Type)
	m.omitZero = option != ""
	o.members = append(o.members, m)
	for _, name := range options {
		if name == "[]" && o.array == nil && field.Type.Kind() == reflect.Slice {
			o.array = &m
			continue
		}
		alias := newMember(name, i)
		alias.read, alias.alias = m.read, true
		o.members = append(o.members, alias)
	}
}

func newMember(name string, index int) member {
	if name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != "" {
		panic(fmt.Sprintf("wire: %q is no name of a member", name))
	}
	return member{name: name, other: respell(name), index: index}
}

// respell returns a camelCase name in snake_case, and the reverse.
func respell(name string) string {
	var b strings.Builder
	up := false
	for _, r := range name {
		switch {
		case r == '_':
			up = true
			continue
		case up:
			r, up = unicode.ToUpper(r), false
		case unicode.IsUpper(r):
			b.WriteByte('_')
			r = unicode.ToLower(r)
		}
		b.WriteRune(r)
	}
	return b.String()
}

// find returns the member called key, or nil, and where the next search should
// begin: in a document in documented order, it compares one name a member.
func (o *object) find(key string, next int) (*member, int) {
	for i := range len(o.members) {
		at := next + i
		if at >= len(o.members) { // faster than a remainder
			at -= len(o.members)
		}
		if m := &o.members[at]; key == m.name || key == m.other {
			return m, at + 1
		}
	}
	return nil, next
}

func (o *object) read(d *decoder, kind jx.Type, v reflect.Value) *Error {
	envelope := d.envelope
	d.envelope = false
	switch {
	case o.array != nil && kind == jx.Array:
		d.bareArray = true
		return o.array.read(d, kind, v.Field(o.array.index))
	case o.array != nil && kind != jx.Object:
		return d.mismatch("an object or an array", kind)
	}
	next := 0
	return d.members(kind, func(key []byte, kind jx.Type) *Error {
		var m *member
		m, next = o.find(d.cut(key), next)
		switch {
		case m == nil && envelope && kind == jx.Bool && string(key) == "success":
			success, err := d.json.Bool()
			d.unsuccessful = !success
			return syntax(err)
		case m == nil:
			return o.keep(d, key, kind, v)
		case kind == jx.Null, m.index < 0, m.alias && !v.Field(m.index).IsZero():
			return d.skip()
		default:
			return m.read(d, kind, v.Field(m.index))
		}
	})
}

// keep stores an unknown member in Extra, as it is written.
func (o *object) keep(d *decoder, key []byte, kind jx.Type, v reflect.Value) *Error {
	raw, err := d.json.Raw()
	if err != nil || o.extra < 0 {
		return syntax(err)
	}
	name := d.cut(key)
	extra := v.Field(o.extra).Addr().Interface().(*map[string]json.RawMessage)
	if _, ok := (*extra)[name]; ok && kind == jx.Null {
		return nil
	}
	if *extra == nil {
		*extra = make(map[string]json.RawMessage)
	}
	(*extra)[name] = bytes.Clone(raw)
	return nil
}

// blank reports whether no member that the model names is set, except success.
func (o *object) blank(v reflect.Value) bool {
	for i := range o.members {
		if m := &o.members[i]; m.index >= 0 && m.name != "success" && !v.Field(m.index).IsZero() {
			return false
		}
	}
	return true
}

func (o *object) write(out []byte, v reflect.Value) ([]byte, error) {
	out = append(out, '{')
	start := len(out)
	var err error
	for i := range o.members {
		m := &o.members[i]
		if m.write == nil || m.omitZero && isZero(v.Field(m.index)) {
			continue
		}
		out = appendName(out, start, m.name)
		if out, err = m.write(out, v.Field(m.index)); err != nil {
			return nil, fmt.Errorf("%s: %w", m.name, err)
		}
	}
	if o.extra < 0 {
		return append(out, '}'), nil
	}
	extra := v.Field(o.extra).Interface().(map[string]json.RawMessage)
	for _, name := range slices.Sorted(maps.Keys(extra)) {
		if m, _ := o.find(name, 0); m != nil {
			continue
		}
		out = appendName(out, start, name)
		if out, err = appendJSON(out, extra[name]); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return append(out, '}'), nil
}

// isZero calls the IsZero method of v if it has one, as encoding/json does for
// omitzero: a time in UTC is zero although its bits are not.
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

// appendJSON uses encoding/json: encoding is not part of decoding a response.
func appendJSON(out []byte, v any) ([]byte, error) {
	text, err := json.Marshal(v)
	return append(out, text...), err
}
