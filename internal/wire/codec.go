package wire

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-faster/jx"
)

// codec compiles the reader and the writer for the type of a field.
func codec(t reflect.Type) (reader, writer) {
	switch t {
	case reflect.TypeFor[time.Time]():
		return readTime, writeJSON
	case reflect.TypeFor[*time.Time]():
		return readTimePointer, writeJSON
	case reflect.TypeFor[time.Duration]():
		return readDuration, writeDuration
	case reflect.TypeFor[[]string]():
		return readStrings, writeJSON
	case reflect.TypeFor[map[string]any]():
		return readMap, writeJSON
	}
	switch t.Kind() {
	case reflect.String:
		if reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]()) {
			return readRaw, writeJSON
		}
		return readString, writeJSON
	case reflect.Bool:
		return readBool, writeJSON
	case reflect.Int:
		return readInt, writeJSON
	case reflect.Struct:
		return readStruct(t), objectOf(t).write
	case reflect.Pointer:
		return readPointer(t), writeJSON
	case reflect.Slice:
		return readSlice(t), writeJSON
	default:
		panic(fmt.Sprintf("wire: cannot decode %s", t))
	}
}

func readString(d *decoder, kind jx.Type, v reflect.Value) *Error {
	s, err := d.str(kind)
	if err == nil {
		v.SetString(s)
	}
	return err
}

// readRaw keeps the JSON of a value of any kind but null: a string type that is
// a json.Unmarshaler decides itself what is valid.
func readRaw(d *decoder, kind jx.Type, v reflect.Value) *Error {
	if kind == jx.Null {
		return d.skip()
	}
	raw, err := d.raw()
	if err == nil {
		v.SetString(raw)
	}
	return err
}

func readBool(d *decoder, kind jx.Type, v reflect.Value) *Error {
	if kind != jx.Bool {
		return d.mismatch("a boolean", kind)
	}
	b, err := d.json.Bool()
	if err == nil {
		v.SetBool(b)
	}
	return syntax(err)
}

func readInt(d *decoder, kind jx.Type, v reflect.Value) *Error {
	text, err := d.number(kind)
	if err != nil {
		return err
	}
	n, failed := strconv.ParseInt(text, 10, strconv.IntSize)
	if failed != nil { // 5.0 and 5e0 are integers, too
		n, failed = strconv.ParseInt(parseDecimal(text).integer(), 10, strconv.IntSize)
	}
	if failed != nil {
		return &Error{Reason: "must be an integer that fits in an int"}
	}
	v.SetInt(n)
	return nil
}

// readDuration decodes a number of milliseconds, the only unit of this API.
func readDuration(d *decoder, kind jx.Type, v reflect.Value) *Error {
	text, err := d.number(kind)
	if err != nil {
		return err
	}
	ms, failed := strconv.ParseFloat(text, 64)
	if failed != nil || math.Abs(ms) >= float64(math.MaxInt64/time.Millisecond) {
		return &Error{Reason: "must be a number of milliseconds that fits in a time.Duration"}
	}
	v.SetInt(int64(math.Round(ms * float64(time.Millisecond))))
	return nil
}

func writeDuration(out []byte, v reflect.Value) ([]byte, error) {
	return strconv.AppendFloat(out, float64(v.Int())/float64(time.Millisecond), 'f', -1, 64), nil
}

func readTime(d *decoder, kind jx.Type, v reflect.Value) *Error {
	at, ok, err := d.time(kind)
	if ok {
		*v.Addr().Interface().(*time.Time) = at
	}
	return err
}

func readTimePointer(d *decoder, kind jx.Type, v reflect.Value) *Error {
	at, ok, err := d.time(kind)
	if ok {
		p := new(time.Time)
		*p = at
		*v.Addr().Interface().(**time.Time) = p
	}
	return err
}

// readStruct decodes a nested model. A repeated member replaces the first one.
func readStruct(t reflect.Type) reader {
	object := objectOf(t)
	return func(d *decoder, kind jx.Type, v reflect.Value) *Error {
		v.SetZero()
		return object.read(d, kind, v)
	}
}

func readPointer(t reflect.Type) reader {
	read, _ := codec(t.Elem())
	return func(d *decoder, kind jx.Type, v reflect.Value) *Error {
		p := reflect.New(t.Elem())
		v.Set(p)
		return read(d, kind, p.Elem())
	}
}

// readSlice decodes an array into a new slice, never a nil one. Items that are
// pointers point into blocks of 1, 2, 4 and then 8 values. That saves
// allocations, and an item that a caller keeps retains at most 7 others.
func readSlice(t reflect.Type) reader {
	item := t.Elem()
	var blocks []reflect.Type
	if item.Kind() == reflect.Pointer {
		item = item.Elem()
		for n := 1; n <= 8; n *= 2 {
			blocks = append(blocks, reflect.ArrayOf(n, item))
		}
	}
	read, _ := codec(item)
	empty := reflect.MakeSlice(t, 0, 0)
	return func(d *decoder, kind jx.Type, v reflect.Value) *Error {
		v.Set(empty)
		sizes, block, used := blocks, reflect.Value{}, 0
		return d.items(kind, func(n int, kind jx.Type) *Error {
			if n == v.Cap() {
				v.Grow(max(4, 2*n))
			}
			v.SetLen(n + 1)
			if blocks == nil {
				return read(d, kind, v.Index(n))
			}
			if n == 0 || used == block.Len() {
				block, used = reflect.New(sizes[0]).Elem(), 0
				sizes = sizes[min(1, len(sizes)-1):]
			}
			target := block.Index(used)
			used++
			v.Index(n).Set(target.Addr())
			return read(d, kind, target)
		})
	}
}

// readStrings decodes an array into a new slice, never a nil one. The slices of
// one document share arrays of 4 to 64 strings. That saves allocations, and a
// slice that a caller keeps retains at most 1 KiB more.
func readStrings(d *decoder, kind jx.Type, v reflect.Value) *Error {
	out := d.strings[:0]
	err := d.items(kind, func(n int, kind jx.Type) *Error {
		if n == cap(out) {
			d.block = min(max(4, 2*d.block), 64)
			out = append(make([]string, 0, max(d.block, 2*n)), out...)
		}
		s, err := d.str(kind)
		out = append(out, s)
		return err
	})
	d.strings = nil
	if cap(out) <= 64 {
		d.strings = out[len(out):]
	}
	if len(out) == 0 {
		out = []string{}
	}
	*v.Addr().Interface().(*[]string) = slices.Clip(out)
	return err
}

// readMap decodes free-form JSON.
func readMap(d *decoder, kind jx.Type, v reflect.Value) *Error {
	values, err := d.object(kind)
	*v.Addr().Interface().(*map[string]any) = values
	return err
}

func writeJSON(out []byte, v reflect.Value) ([]byte, error) {
	return appendJSON(out, v.Interface())
}

// time returns the time that comes next. ok is false if there is none: the
// string is empty, or err says why.
func (d *decoder) time(kind jx.Type) (t time.Time, ok bool, err *Error) {
	s, err := d.str(kind)
	if err != nil || s == "" {
		return time.Time{}, false, err
	}
	if t, ok = parseTime(s); !ok {
		err = &Error{Reason: "must be an RFC 3339 time"}
	}
	return t, ok, err
}

// parseTime parses an RFC 3339 time and what servers write in its place.
func parseTime(s string) (t time.Time, ok bool) {
	const layout = "2006-01-02T15:04:05"
	if len(s) < len(layout) || s[13] != ':' { // the time package also takes an hour of one digit
		return t, false
	}
	if s[10] != 'T' || s[len(s)-1] != 'Z' || strings.HasPrefix(s[len(layout):], ",") {
		s = normalTime(s[:len(layout)], s[len(layout):])
	}
	if t.UnmarshalText([]byte(s)) != nil {
		return time.Time{}, false
	}
	_, seconds := t.Zone()
	if seconds == 0 {
		return t.UTC(), true
	}
	return t.In(time.FixedZone("", seconds)), true // not time.Local, whatever the machine
}

// normalTime returns an RFC 3339 time for one without an offset (UTC), with an offset
// without a colon or minutes, with t or z, or with a space for T.
func normalTime(seconds, rest string) string {
	if c := seconds[10]; c == ' ' || c == 't' {
		seconds = seconds[:10] + "T" + seconds[11:]
	}
	offset := strings.TrimLeft(rest, ".0123456789")
	fraction := rest[:len(rest)-len(offset)]
	switch {
	case offset == "" || offset == "z":
		offset = "Z"
	case len(offset) == len("+hh"):
		offset += ":00"
	case len(offset) == len("+hhmm"):
		offset = offset[:3] + ":" + offset[3:]
	}
	return seconds + fraction + offset
}
