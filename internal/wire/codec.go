package wire

import (
	"bytes"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"sync"
	"time"

	"github.com/go-faster/jx"
)

var (
	typeTime     = reflect.TypeFor[time.Time]()
	typeDuration = reflect.TypeFor[time.Duration]()
)

// kept has the types that keep their JSON as it came, reflect.Type to reader.
var kept sync.Map

// Keep makes T a type that a model may have for a member whose JSON it keeps:
// the reader calls keep with the text, which is a piece of the answer's. What
// kind of JSON it is does not matter: what stands in a schema's place is the
// schema's to judge.
func Keep[T any](keep func(text string) T) {
	kept.Store(reflect.TypeFor[T](), reader(func(d *decoder, _ jx.Type, v reflect.Value) error {
		raw, err := d.json.Raw()
		if err != nil {
			return syntax(err)
		}
		*v.Addr().Interface().(*T) = keep(d.cut(raw))
		return nil
	}))
}

// codec compiles the reader and the writer for the type of a field.
func codec(t reflect.Type) (reader, writer) {
	if keep, ok := kept.Load(t); ok {
		return keep.(reader), writeJSON
	}
	switch t {
	case typeTime:
		return readTime, writeJSON
	case typeDuration:
		return readDuration, writeDuration
	}
	switch t.Kind() {
	case reflect.String:
		return readString, writeJSON
	case reflect.Bool:
		return readBool, writeJSON
	case reflect.Int:
		return readInt, writeJSON
	case reflect.Struct:
		o := objectOf(t)
		return o.read, o.write
	case reflect.Pointer:
		return readPointer(t), writeJSON
	case reflect.Slice:
		return readSlice(t), writeJSON
	case reflect.Map:
		return readMap, writeJSON
	default:
		panic(fmt.Sprintf("wire: no reader for %s", t))
	}
}

func drop(d *decoder, _ jx.Type, _ reflect.Value) error { return d.skip() }

func readString(d *decoder, kind jx.Type, v reflect.Value) error {
	s, err := d.str(kind)
	if err != nil {
		return err
	}
	v.SetString(d.cut(s))
	return nil
}

func readBool(d *decoder, kind jx.Type, v reflect.Value) error {
	if kind != jx.Bool {
		return d.mismatch("a boolean", kind)
	}
	b, err := d.json.Bool()
	if err != nil {
		return syntax(err)
	}
	v.SetBool(b)
	return nil
}

func readInt(d *decoder, kind jx.Type, v reflect.Value) error {
	text, err := d.number(kind)
	if err != nil {
		return err
	}
	n, err := strconv.ParseInt(string(text), 10, strconv.IntSize)
	if err != nil {
		return &Error{Reason: "is a number that does not fit an int"}
	}
	v.SetInt(n)
	return nil
}

// readDuration reads a number of milliseconds, the only unit in this API.
func readDuration(d *decoder, kind jx.Type, v reflect.Value) error {
	text, err := d.number(kind)
	if err != nil {
		return err
	}
	ms, err := strconv.ParseFloat(string(text), 64)
	if err != nil || math.Abs(ms) >= float64(math.MaxInt64/time.Millisecond) {
		return &Error{Reason: "is a number of milliseconds that does not fit"}
	}
	v.SetInt(int64(math.Round(ms * float64(time.Millisecond))))
	return nil
}

func writeDuration(out []byte, v reflect.Value) ([]byte, error) {
	return strconv.AppendFloat(out, float64(v.Int())/float64(time.Millisecond), 'f', -1, 64), nil
}

func readTime(d *decoder, kind jx.Type, v reflect.Value) error {
	s, err := d.str(kind)
	if err != nil {
		return err
	}
	if !isRFC3339(s) || v.Addr().Interface().(*time.Time).UnmarshalText(s) != nil {
		return &Error{Reason: "is not an RFC 3339 time"}
	}
	return nil
}

// isRFC3339 checks the shape of a time. The time package checks the ranges, but
// takes hours of one digit, a comma and offsets of a day, too.
func isRFC3339(s []byte) bool {
	const shape = "0000-00-00T00:00:00"
	if len(s) <= len(shape) || !shaped(s[:len(shape)], shape) {
		return false
	}
	zone := s[len(shape):]
	if zone[0] == '.' {
		zone = bytes.TrimLeft(zone[1:], "0123456789")
		if len(s)-len(zone) == len(shape)+len(".") { // no digit
			return false
		}
	}
	if len(zone) == len("+00:00") && (zone[0] == '+' || zone[0] == '-') {
		return shaped(zone[1:], "00:00") && string(zone[1:3]) < "24" && string(zone[4:]) < "60"
	}
	return string(zone) == "Z"
}

// shaped reports whether s has a digit for each 0 of the shape, and is the
// shape elsewhere.
func shaped(s []byte, shape string) bool {
	for i, c := range s {
		digit := '0' <= c && c <= '9'
		if digit != (shape[i] == '0') || !digit && c != shape[i] {
			return false
		}
	}
	return true
}

func readPointer(t reflect.Type) reader {
	read, _ := codec(t.Elem())
	return func(d *decoder, kind jx.Type, v reflect.Value) error {
		p := reflect.New(t.Elem())
		if err := read(d, kind, p.Elem()); err != nil {
			return err
		}
		v.Set(p)
		return nil
	}
}

// readSlice reads an array. An empty one stays apart from an absent one.
func readSlice(t reflect.Type) reader {
	read, _ := codec(t.Elem())
	return func(d *decoder, kind jx.Type, v reflect.Value) error {
		if kind != jx.Array {
			return d.mismatch("an array", kind)
		}
		it, err := d.json.ArrIter()
		if err != nil {
			return syntax(err)
		}
		n := 0
		for ; it.Next(); n++ {
			if n == v.Cap() {
				v.Grow(max(4, n))
			}
			v.SetLen(n + 1)
			if err := read(d, d.json.Next(), v.Index(n)); err != nil {
				return at(err, strconv.Itoa(n))
			}
		}
		if err := it.Err(); err != nil {
			return syntax(err)
		}
		if n == 0 {
			v.Set(reflect.MakeSlice(t, 0, 0))
		}
		return nil
	}
}

// readMap reads free-form JSON, a map[string]any.
func readMap(d *decoder, kind jx.Type, v reflect.Value) error {
	if kind != jx.Object {
		return d.mismatch("an object", kind)
	}
	value, err := d.value(kind)
	if err != nil {
		return err
	}
	v.Set(reflect.ValueOf(value))
	return nil
}

func writeJSON(out []byte, v reflect.Value) ([]byte, error) {
	return appendJSON(out, v.Interface())
}

// str returns the string that comes next, valid until the next read.
func (d *decoder) str(kind jx.Type) ([]byte, error) {
	if kind != jx.String {
		return nil, d.mismatch("a string", kind)
	}
	s, err := d.json.StrBytes()
	if err != nil {
		return nil, syntax(err)
	}
	return s, nil
}

// number returns the text of the number that comes next. Not jx's Num, which
// takes a number in quotes too.
func (d *decoder) number(kind jx.Type) ([]byte, error) {
	if kind != jx.Number {
		return nil, d.mismatch("a number", kind)
	}
	text, err := d.json.Raw()
	if err != nil {
		return nil, syntax(err)
	}
	return text, nil
}

func (d *decoder) skip() error {
	if err := d.json.Skip(); err != nil {
		return syntax(err)
	}
	return nil
}
