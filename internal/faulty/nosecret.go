package faulty

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/gob"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"go/token"
	"log/slog"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// NoSecret requires that no value contains secret: neither the output of fmt,
// json, gob, slog and errors.Join, nor any string or bytes that reflection
// reaches, whether plain, escaped, hex or base64. For an error it checks every
// error that it unwraps to. Failures never print the secret.
//
// Functions, channels and unsafe pointers are not searched. Reflection does not
// search net/http's transports and connections either, whose buffers hold the
// request as sent. An http.Client in use must be in an unexported field, since
// fmt would otherwise read it while its connections write. A value must not
// contain itself through a map or exported fields, since fmt and gob would not
// end.
func NoSecret(tb testing.TB, secret string, values ...any) {
	tb.Helper()
	NoSecrets(tb, []string{secret}, values...)
}

// NoSecrets is [NoSecret] for several secrets.
func NoSecrets(tb testing.TB, secrets []string, values ...any) {
	tb.Helper()
	var forms forms
	for _, secret := range secrets {
		if len(secret) < 8 {
			tb.Errorf("faulty: a secret of %d bytes is too short to be distinguished from chance", len(secret))
			return
		}
		forms = append(forms, formsOf(secret)...)
	}
	for i, value := range values {
		if value == nil {
			continue
		}
		for depth, part := range unwrapAll(value) {
			check := func(rendering, text string) {
				if form := forms.in(text); form != "" {
					tb.Helper()
					where := fmt.Sprintf("value %d (%T)", i, value)
					if depth > 0 {
						where += fmt.Sprintf(" unwrapped to %T", part)
					}
					tb.Errorf("faulty: %s: %s contains a secret, %s", where, rendering, form)
				}
			}
			render(part, check)
			w := walker{check, make(map[visit]bool)}
			w.walk("reflection", reflect.ValueOf(part))
		}
	}
}

// forms are the encodings of a secret: a name and a text each.
type forms [][2]string

var formsBySecret sync.Map

// formsOf returns the forms of a secret, which it computes once.
func formsOf(secret string) forms {
	known, ok := formsBySecret.Load(secret)
	if !ok {
		known, _ = formsBySecret.LoadOrStore(secret, encode(secret))
	}
	return known.(forms)
}

func encode(secret string) forms {
	quotedJSON, _ := json.Marshal(secret) // a string has no error
	quoted := strconv.Quote(secret)
	decimal := fmt.Sprintf("%d", []byte(secret))
	list := fmt.Sprintf("%#v", []byte(secret))
	f := forms{
		{"plain", secret},
		{"quoted", quoted[1 : len(quoted)-1]},
		{"in JSON", string(quotedJSON[1 : len(quotedJSON)-1])},
		{"in a URL query", url.QueryEscape(secret)},
		{"in a URL path", url.PathEscape(secret)},
		{"hex", hex.EncodeToString([]byte(secret))},
		{"upper hex", strings.ToUpper(hex.EncodeToString([]byte(secret)))},
		{"decimal", decimal[1 : len(decimal)-1]},
		{"Go bytes", list[len("[]byte{") : len(list)-1]},
	}
	// The base64 of a longer text contains the secret in one of three ways, apart
	// from the characters that also encode adjacent bytes.
	for offset, shared := range []int{0, 2, 3} {
		padded := []byte(strings.Repeat(" ", offset) + secret)
		whole := len(padded) * 8 / 6
		f = append(f,
			[2]string{"base64", base64.StdEncoding.EncodeToString(padded)[shared:whole]},
			[2]string{"URL base64", base64.URLEncoding.EncodeToString(padded)[shared:whole]})
	}
	// A text that is its own encoding needs no second search.
	var distinct forms
	for _, form := range f {
		if !slices.ContainsFunc(distinct, func(other [2]string) bool { return other[1] == form[1] }) {
			distinct = append(distinct, form)
		}
	}
	return distinct
}

// in returns the name of the first form that text contains, or "".
func (f forms) in(text string) string {
	for _, form := range f {
		if strings.Contains(text, form[1]) {
			return form[0]
		}
	}
	return ""
}

// unwrapAll returns value and, for an error, all errors that it unwraps to. It is
// limited, since an error may unwrap to itself.
func unwrapAll(value any) []any {
	parts := []any{value}
	for i := 0; i < len(parts) && i < 100; i++ {
		for _, err := range unwrap(parts[i]) {
			parts = append(parts, err)
		}
	}
	return parts
}

func unwrap(value any) (errs []error) {
	defer func() { _ = recover() }() // a nil error of some type may panic
	switch err := value.(type) {
	case interface{ Unwrap() error }:
		if inner := err.Unwrap(); inner != nil {
			errs = []error{inner}
		}
	case interface{ Unwrap() []error }:
		errs = err.Unwrap()
	}
	return errs
}

// render passes each rendering of value to check. An error or a panic of an
// encoder is a rendering too.
func render(value any, check func(rendering, text string)) {
	try := func(rendering string, write func(b *bytes.Buffer) error) {
		var b bytes.Buffer
		defer func() {
			if r := recover(); r != nil {
				fmt.Fprint(&b, r)
			}
			check(rendering, b.String())
		}()
		if err := write(&b); err != nil {
			fmt.Fprint(&b, err)
		}
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		check(verb, fmt.Sprintf(verb, value))
	}
	try("json", func(b *bytes.Buffer) error { return json.NewEncoder(b).Encode(value) })
	try("gob", func(b *bytes.Buffer) error { return gob.NewEncoder(b).Encode(value) })
	var record slog.Record
	record.Add("value", value)
	try("slog text", func(b *bytes.Buffer) error { return slog.NewTextHandler(b, nil).Handle(context.Background(), record) })
	try("slog json", func(b *bytes.Buffer) error { return slog.NewJSONHandler(b, nil).Handle(context.Background(), record) })
	if err, ok := value.(error); ok {
		try("errors.Join", func(*bytes.Buffer) error { return errors.Join(err, err) })
	}
}

type visit struct {
	kind    reflect.Type
	pointer uintptr
	length  int
}

type walker struct {
	check func(path, text string)
	seen  map[visit]bool
}

// walk checks every string and byte slice that v refers to. Map keys are not in
// the path, since one might be the secret.
func (w walker) walk(path string, v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		w.check(path, v.String())
	case reflect.Interface:
		w.walk(path, v.Elem())
	case reflect.Pointer:
		if w.first(v, 0) {
			w.walk(path, v.Elem())
		}
	case reflect.Map:
		if w.first(v, 0) {
			for key, value := range v.Seq2() {
				w.walk(path+"[key]", key)
				w.walk(path+"[value]", value)
			}
		}
	case reflect.Slice:
		if w.first(v, v.Len()) {
			w.elements(path, v)
		}
	case reflect.Array:
		w.elements(path, v)
	case reflect.Struct:
		if opaque(v.Type()) {
			return
		}
		for i := range v.NumField() {
			w.walk(path+"."+v.Type().Field(i).Name, v.Field(i))
		}
	}
}

func (w walker) elements(path string, v reflect.Value) {
	var text []byte
	for i := range v.Len() {
		if element := v.Index(i); element.Kind() == reflect.Uint8 {
			text = append(text, byte(element.Uint()))
		} else {
			w.walk(fmt.Sprintf("%s[%d]", path, i), element)
		}
	}
	w.check(path, string(text))
}

func (w walker) first(v reflect.Value, length int) bool {
	at := visit{v.Type(), v.Pointer(), length}
	again := w.seen[at]
	w.seen[at] = true
	return !again
}

// opaque reports whether t is internal to net/http.
func opaque(t reflect.Type) bool {
	return t.PkgPath() == "net/http" && (t.Name() == "Transport" || !token.IsExported(t.Name()))
}
