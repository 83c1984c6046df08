package schema

import (
	"errors"
	"math/big"
	"slices"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// gate runs before and after the library applies a schema to a value. Before,
// it counts the work and checks the type; after, it checks what the library
// would end with at the first problem, or would report at the wrong place.
type gate struct {
	engine *engine
	schema *jsonschema.Schema

	never  bool // the schema is false
	types  []string
	values []*valueSet // enum and const
	kinds  []jsonschema.ErrorKind
	format *jsonschema.Format
	names  *jsonschema.Schema // propertyNames

	steps       int // of any value
	perItem     int // of an object or array
	perByte     int // of a string, times 16
	perNumber   int
	errors      int // that the schema may report of any value
	ofObject    int
	ofArray     int
	ofString    int
	ofNumber    int
	uniqueItems bool
	closed      bool // additionalProperties is false
}

// newGate takes over the keywords of s that it checks. The library calls it as
// the format of the schema, and as an extension.
func newGate(e *engine, s *jsonschema.Schema, p *patterns, uneval bool) *gate {
	g := &gate{engine: e, schema: s, uniqueItems: s.UniqueItems, closed: s.AdditionalProperties == false}
	if s.Bool != nil {
		g.never, s.Bool = true, nil
	}
	if s.Types != nil {
		g.types, s.Types = s.Types.ToStrings(), nil
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
	if g.format = s.Format; g.format != nil && g.format.Name == "regex" {
		g.format = &jsonschema.Format{Name: "regex", Validate: regexFormat}
	}
	g.names, s.PropertyNames = s.PropertyNames, nil
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
	applied := inPlace(s)
	g.steps = 30 + 10*len(applied) + g.engine.nesting/8
	g.errors = 1 + min(len(applied), 8)
	if s.DynamicRef != nil || s.RecursiveRef != nil {
		g.steps += maxFrames / 20
	}

	lists := len(s.Required)
	for _, dependency := range s.Dependencies {
		if names, ok := dependency.([]string); ok {
			lists += 1 + len(names)
		}
	}
	for _, names := range s.DependentRequired {
		lists += 1 + len(names)
	}
	g.steps += lists * 3
	g.ofObject = count(s.MinProperties != nil, s.MaxProperties != nil, g.closed, len(s.Required) > 0) +
		len(s.Dependencies) + len(s.DependentRequired) + lists/8
	g.ofArray = count(s.MinItems != nil, s.MaxItems != nil, s.UniqueItems, s.Contains != nil, s.MinContains != nil, s.MaxContains != nil, s.AdditionalItems != nil)
	g.ofString = count(s.MinLength != nil, s.MaxLength != nil, s.Pattern != nil, g.format != nil) + len(g.values)
	g.ofNumber = count(s.Minimum != nil, s.Maximum != nil, s.ExclusiveMinimum != nil, s.ExclusiveMaximum != nil, s.MultipleOf != nil) + len(g.values)

	g.perItem = 10 + 3*len(s.PatternProperties)
	if uneval {
		g.perItem += 20
	}
	g.perByte = 2 * count(s.MinLength != nil, s.MaxLength != nil)
	if g.format != nil {
		g.perByte += 16
	}
	for _, limit := range []*big.Rat{s.Minimum, s.Maximum, s.ExclusiveMinimum, s.ExclusiveMaximum, s.MultipleOf} {
		if limit != nil {
			g.perNumber += 20 + limit.Num().BitLen() + limit.Denom().BitLen()
		}
	}
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

// mismatch is the error of a gate. The library wraps it as a format's.
type mismatch struct{ kind jsonschema.ErrorKind }

func (mismatch) Error() string { return "mismatch" }

// before counts the work for a value and checks its type.
func (g *gate) before(v any) error {
	work := &g.engine.work
	steps, failures := g.steps, g.errors
	switch v := v.(type) {
	case string:
		steps += len(v) * g.perByte / 16
		failures += g.ofString
	case map[string]any:
		steps += len(v) * g.perItem
		failures += g.ofObject
		if g.closed {
			failures += len(v) / 8
		}
	case []any:
		steps += len(v) * g.perItem
		failures += g.ofArray
		if g.uniqueItems {
			steps += compareCost(v)
		}
	case nil, bool:
	default:
		steps += g.perNumber
		failures += g.ofNumber
	}
	work.spend(steps)
	if g.never {
		work.allow(1)
		return mismatch{&kind.FalseSchema{}}
	}
	if len(g.types) > 0 && !g.allows(v) {
		work.allow(1)
		return mismatch{&kind.Type{Got: typeName(v), Want: g.types}}
	}
	if failures > 1 {
		work.allow(failures)
	}
	return nil
}

// allows reports whether the type of a value is one of the schema's.
func (g *gate) allows(v any) bool {
	name := typeName(v)
	if slices.Contains(g.types, name) {
		return true
	}
	if name != "number" || !slices.Contains(g.types, "integer") {
		return false
	}
	text, _ := literal(v)
	return isInteger(text)
}

func typeName(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case []any:
		return "array"
	case map[string]any:
		return "object"
	}
	return "number"
}

// Validate checks what the gate took over from the library, after the rest.
func (g *gate) Validate(ctx *jsonschema.ValidatorContext, v any) {
	for i, values := range g.values {
		if !values.contains(v, &g.engine.work) {
			ctx.AddError(g.kinds[i])
		}
	}
	if s, isString := v.(string); isString && g.format != nil && g.format.Validate(s) != nil {
		ctx.AddError(&kind.Format{Want: g.format.Name, Err: errors.New("format")})
	}
	if object, isObject := v.(map[string]any); isObject && g.names != nil {
		for name := range object {
			if err := ctx.Validate(g.names, name, []string{name}); err != nil {
				var invalid *jsonschema.ValidationError
				errors.As(err, &invalid)
				ctx.AddErrors([]*jsonschema.ValidationError{invalid}, &kind.PropertyNames{Property: name})
			}
		}
	}
}

// regexFormat accepts what can be used as a pattern.
func regexFormat(v any) error {
	s, _ := v.(string)
	if len(s) > maxPatternSize {
		return errPatternTooLarge
	}
	_, err := parsePattern(s)
	return err
}
