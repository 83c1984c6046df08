package schema

import (
	"errors"
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// gate runs before and after the library applies a schema to a value. Before, it
// counts the work and checks the type. After, it checks the keywords at which the
// library would stop, and the one that it reports at the wrong place.
type gate struct {
	engine *engine
	schema *jsonschema.Schema

	never  bool        // the schema is false
	types  typeSet     // none: any
	values []*valueSet // enum and const
	kinds  []jsonschema.ErrorKind
	format *jsonschema.Format
	names  *jsonschema.Schema // propertyNames

	steps               int // of any value
	perItem             int // of an object or array
	perByte             int // of a string, times 16
	perNumber           int
	closed              bool // additionalProperties is false
	limited             bool // it has keywords about sizes, names or limits
	hidden              int  // errors of keywords that no gate checks
	least, most, factor *float64
}

// newGate removes the keywords that the gate checks from s. The library calls the
// gate as the format of s and as an extension.
func newGate(e *engine, s *jsonschema.Schema, uneval bool) *gate {
	g := &gate{engine: e, schema: s, closed: s.AdditionalProperties == false}
	if s.Bool != nil {
		g.never, s.Bool = true, nil
	}
	if s.Types != nil {
		g.types, s.Types = typesOf(s.Types.ToStrings()), nil
	}
	if s.Const != nil {
		g.values = append(g.values, newValueSet([]any{*s.Const}))
		g.kinds = append(g.kinds, &kind.Const{Want: *s.Const})
		s.Const = nil
	}
	if s.Enum != nil {
		g.values = append(g.values, newValueSet(s.Enum.Values))
		g.kinds = append(g.kinds, &kind.Enum{Want: s.Enum.Values})
		s.Enum = nil
	}
	g.format = s.Format
	g.names, s.PropertyNames = s.PropertyNames, nil
	if pattern, ok := s.Pattern.(*matcher); ok {
		counting := *pattern
		counting.counts = true
		s.Pattern = &counting
	}
	if len(g.values) > 0 || g.format != nil || g.names != nil {
		s.Extensions = append(s.Extensions, g)
	}
	s.Format = &jsonschema.Format{Name: "gate", Validate: g.before}
	g.weigh(uneval)
	return g
}

// weigh sets the costs of the schema.
func (g *gate) weigh(uneval bool) {
	s := g.schema
	g.steps = 60 + 40*len(inPlace(s)) + g.engine.nesting/4
	if s.DynamicRef != nil || s.RecursiveRef != nil {
		g.steps += maxFrames / 20
	}
	g.steps += 3 * len(s.Required)
	for _, dependency := range s.Dependencies {
		names, _ := dependency.([]string)
		g.steps += 5 + 3*len(names)
	}
	for _, names := range s.DependentRequired {
		g.steps += 5 + 3*len(names)
	}
	g.perItem = 20 + 3*len(s.PatternProperties)
	if uneval {
		g.perItem += 160
	}
	g.perByte = 2 + 3*count(s.MinLength != nil, s.MaxLength != nil)
	if g.format != nil {
		g.perByte += 32
	}
	for _, limit := range []*big.Rat{s.Minimum, s.Maximum, s.ExclusiveMinimum, s.ExclusiveMaximum, s.MultipleOf} {
		if limit != nil {
			g.perNumber += 30 + limit.Num().BitLen() + limit.Denom().BitLen()
		}
	}
	g.hidden = count(s.Not != nil, s.Contains != nil, s.MaxContains != nil, s.AdditionalItems == false, s.UniqueItems)
	g.least, g.most = floatOf(s.Minimum, s.ExclusiveMinimum), floatOf(s.Maximum, s.ExclusiveMaximum)
	g.factor = floatOf(s.MultipleOf)
	g.limited = g.closed || g.hidden > 0 || g.perNumber > 0 || s.MinLength != nil || s.MaxLength != nil || s.MinItems != nil || s.MaxItems != nil ||
		s.MinProperties != nil || s.MaxProperties != nil || len(s.Required) > 0 || len(s.Dependencies) > 0 || len(s.DependentRequired) > 0
}

// floatOf returns the first limit that there is.
func floatOf(limits ...*big.Rat) *float64 {
	for _, limit := range limits {
		if limit != nil {
			f, _ := limit.Float64()
			return &f
		}
	}
	return nil
}

func count(present ...bool) int {
	total := 0
	for _, p := range present {
		if p {
			total++
		}
	}
	return total
}

// mismatch is the error of a gate. The library reports it as a format error.
type mismatch struct{ kind jsonschema.ErrorKind }

func (mismatch) Error() string { return "mismatch" }

// before counts the work for a value and checks its type.
func (g *gate) before(v any) error {
	work := &g.engine.work
	work.spend(g.cost(v))
	switch {
	case g.never:
		work.fail(1)
		return mismatch{&kind.FalseSchema{}}
	case !g.types.allows(v):
		work.fail(1)
		return mismatch{&kind.Type{Got: typeOf(v).names()[0], Want: g.types.names()}}
	case g.limited:
		work.fail(g.failures(v))
	}
	return nil
}

// cost returns the steps of the library for a value, without what is inside it.
func (g *gate) cost(v any) int {
	switch v := v.(type) {
	case string:
		return g.steps + len(v)*g.perByte/16
	case map[string]any:
		return g.steps + len(v)*g.perItem
	case []any:
		if g.schema.UniqueItems {
			return g.steps + len(v)*g.perItem + compareCost(v)
		}
		return g.steps + len(v)*g.perItem
	}
	return g.steps + g.perNumber
}

// failures estimates the errors of the library about a value, without the values
// inside it.
func (g *gate) failures(v any) int {
	s, failures := g.schema, g.hidden
	switch v := v.(type) {
	case string:
		if s.MinLength != nil || s.MaxLength != nil {
			failures += outside(utf8.RuneCountInString(v), s.MinLength, s.MaxLength)
		}
	case map[string]any:
		failures += outside(len(v), s.MinProperties, s.MaxProperties) + g.missing(v)
	case []any:
		failures += outside(len(v), s.MinItems, s.MaxItems)
	case nil, bool:
	default:
		if g.least != nil || g.most != nil || g.factor != nil {
			text, _ := literal(v)
			f, _ := strconv.ParseFloat(text, 64)
			failures += count(g.least != nil && f <= *g.least, g.most != nil && f >= *g.most, g.factor != nil && math.Mod(f, *g.factor) != 0)
		}
	}
	return failures
}

// outside returns 1 if a limit excludes n.
func outside(n int, least, most *int) int {
	if least != nil && n < *least || most != nil && n > *most {
		return 1
	}
	return 0
}

// missing estimates the errors about the names of an object. The library also
// keeps these names.
func (g *gate) missing(object map[string]any) int {
	s, errors, names := g.schema, 0, 0
	for _, name := range s.Required {
		if _, present := object[name]; !present {
			names++
		}
	}
	if len(s.Dependencies) > 0 || len(s.DependentRequired) > 0 { // to iterate over no map at all is faster
		for name, dependency := range s.Dependencies {
			if _, present := object[name]; present {
				list, _ := dependency.([]string)
				errors, names = errors+1, names+len(list)
			}
		}
		for name, list := range s.DependentRequired {
			if _, present := object[name]; present {
				errors, names = errors+1, names+len(list)
			}
		}
	}
	if g.closed && len(object) > len(s.Properties) {
		names += len(object) - len(s.Properties)
	}
	if names > 0 {
		g.engine.work.failBytes(32 * names)
		errors++
	}
	return errors
}

// Validate checks the keywords that newGate removed, after the library's.
func (g *gate) Validate(ctx *jsonschema.ValidatorContext, v any) {
	for i, values := range g.values {
		if !values.contains(v, &g.engine.work) {
			g.engine.work.fail(1)
			ctx.AddError(g.kinds[i])
		}
	}
	if s, isString := v.(string); isString && g.format != nil && !matchesFormat(g.format, s) {
		g.engine.work.fail(1)
		ctx.AddError(&kind.Format{Want: g.format.Name, Err: errors.New("format")})
	}
	if object, isObject := v.(map[string]any); isObject && g.names != nil {
		for name := range object {
			if err := ctx.Validate(g.names, name, []string{name}); err != nil {
				ctx.AddErrors([]*jsonschema.ValidationError{libraryError(err)}, &kind.PropertyNames{Property: name})
			}
		}
	}
}

// stricter are checks of formats in addition to the library's.
var stricter = map[string]func(string) bool{
	"email":         func(s string) bool { return !strings.HasPrefix(s, "@") },
	"uri":           onlyURICharacters,
	"uri-reference": onlyURICharacters,
}

// onlyURICharacters reports whether a string has no character that a URI has to
// escape.
func onlyURICharacters(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c > '~' || strings.IndexByte("\"<>\\^`{|}", c) >= 0 {
			return false
		}
	}
	return true
}

// matchesFormat reports whether a string has a format.
func matchesFormat(format *jsonschema.Format, s string) bool {
	if check := stricter[format.Name]; check != nil && !check(s) {
		return false
	}
	if format.Name == "regex" {
		return isPattern(s)
	}
	return format.Validate(s) == nil
}

// isPattern reports whether a string can be used as a pattern.
func isPattern(s string) bool {
	if len(s) > maxPatternSize {
		return false
	}
	_, err := parsePattern(s)
	return err == nil
}
