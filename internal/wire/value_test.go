package wire_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go/internal/wire"
)

func TestNumbers(t *testing.T) {
	for text, want := range map[string]any{
		"0":                       0.0,
		"-0":                      math.Copysign(0, -1),
		"1":                       1.0,
		"0.1":                     0.1,
		"1.10":                    1.1,
		"-12.5e-3":                -0.0125,
		"1E2":                     100.0,
		"123456789012345":         123456789012345.0,
		"9007199254740992":        9007199254740992.0,
		"9007199254740993":        json.Number("9007199254740993"),
		"18446744073709551615":    json.Number("18446744073709551615"),
		"100000000000000000000":   1e20,
		"3.141592653589793":       3.141592653589793,
		"3.14159265358979323846":  json.Number("3.14159265358979323846"),
		"1e400":                   json.Number("1e400"),
		"1e-400":                  json.Number("1e-400"),
		"0e999":                   0.0,
		"0.00":                    0.0,
		"1e99999999999999999999":  json.Number("1e99999999999999999999"),
		"1.7976931348623157e308":  math.MaxFloat64,
		"5e-324":                  math.SmallestNonzeroFloat64,
		"2.5000000000000000000":   2.5,
		"0.000000000000000000125": 1.25e-19,
	} {
		got, err := wire.Value([]byte(text))
		require.NoError(t, err, text)
		assert.Equal(t, want, got, text)
	}
}

func TestValueErrors(t *testing.T) {
	for _, text := range []string{``, ` `, `tru`, `[1,]`, `{"a":}`, `1 2`, `"a`, `01`, `-`, `+1`, `.5`, `1.`, `NaN`, `{"a":1,}`, `{1:2}`, `[`} {
		_, err := wire.Value([]byte(text))
		var e *wire.Error
		assert.ErrorAs(t, err, &e, text)
	}
}

func FuzzValue(f *testing.F) {
	for _, seed := range []string{`{"a":[1,2.5,"x",null,true]}`, `1e400`, `9007199254740993`, "\"\xff\"", strings.Repeat("[", 50)} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := wire.Value(data)
		require.Equal(t, json.Valid(data), err == nil, "not of one mind with encoding/json")
		if err != nil {
			return
		}
		out, err := json.Marshal(got)
		require.NoError(t, err)
		again, err := wire.Value(out)
		require.NoError(t, err)
		require.Equal(t, got, again, "%s became %s", data, out)
	})
}
