//go:build !race

package freddy_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/aitronos/freddy-go"
)

// The cost of a body is linear in its size, whatever is in it.
func TestCostOfBodies(t *testing.T) {
	const size, levels = 2 << 20, 9000
	name := strings.Repeat("n", size/levels-len(`{"":`))
	opened := strings.Repeat(`{"`+name+`":`, levels)
	bodies := map[string]string{
		"deep, broken at the bottom": `{"id":"x","new":` + opened + `?`,
		"deep, cut":                  `{"id":"x","new":` + opened,
		"deep":                       `{"id":"x","new":` + opened + "1" + strings.Repeat("}", levels) + "}",
		"deep in a model":            `{"id":"x","metadata":{"configurationSchema":` + opened + `?`,
		"wide":                       `{"id":"x"` + strings.Repeat(`,"new":[1,{}]`, size/13) + "}",
		"a long list, broken":        `{"id":"x","metadata":{"supportedFeatures":[` + strings.Repeat(`"a",`, size/4) + `1]}}`,
		"escapes":                    `{"id":"x","name":"` + strings.Repeat(`\u00e4`, size/6) + `"}`,
		"a long name":                `{"id":"x","` + strings.Repeat("n", size) + `":?}`,
	}
	for name, body := range bodies {
		for _, status := range []int{200, 400} {
			runAlone(t, fmt.Sprintf("%s, %d", name, status), func(t *T) {
				rt := roundTrip(func(*http.Request) (*http.Response, error) {
					return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body))}, nil
				})
				client := t.over(rt, freddy.WithMaxResponseBytes(10<<20))
				var err error
				used := allocated(func() { _, err = client.Connectors().Get(t.Context(), "x") })
				assert.LessOrEqual(t, used, uint64(24*len(body)))
				var decode *freddy.DecodeError
				if errors.As(err, &decode) {
					assert.LessOrEqual(t, len(decode.Field), 4<<10, "a pointer is bounded")
					assert.LessOrEqual(t, len(decode.Err.Error()), 8<<10)
				}
			})
		}
	}
}
