package schema

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// Fault is one thing that is wrong with a value. Its message quotes the schema,
// never the value, which may be a secret.
type Fault struct {
	Pointer string // RFC 6901
	Message string // for a person, with the place: "branch: must be a string, got a number"
	Keyword string
}

// Check checks a value, given as JSON, and returns all its faults in a stable
// order. The error is about the schema, or about what is not JSON.
func (d *Document) Check(value []byte) (faults []Fault, err error) {
	counter := &parser{raw: value, decoder: json.NewDecoder(strings.NewReader(string(value)))}
	counter.decoder.UseNumber()
	parts, err := counter.count()
	if err != nil {
		return nil, err
	}
	instance, err := decode(value)
	if err != nil {
		return nil, err
	}
	d.work.mu.Lock()
	defer d.work.mu.Unlock()
	d.work.left = budget(parts)
	defer func() {
		switch p := recover(); p {
		case nil:
		case ErrTooMuchWork:
			faults, err = nil, ErrTooMuchWork
		default:
			faults, err = nil, errors.New("it cannot be checked")
		}
	}()
	var invalid *jsonschema.ValidationError
	if !errors.As(d.compiled.Validate(instance), &invalid) {
		return nil, nil
	}
	if cyclic(invalid) {
		return nil, errCycle
	}
	faults = flatten(invalid, nil)
	slices.SortFunc(faults, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.Pointer, b.Pointer), cmp.Compare(a.Keyword, b.Keyword), cmp.Compare(a.Message, b.Message))
	})
	return slices.Compact(faults), nil
}

var errCycle = errors.New("it refers to itself without an end")

// count returns how many parts a value has, and refuses absurd numbers.
func (p *parser) count() (int, error) {
	parts := 0
	token, end := p.decoder.Token()
	for ; end == nil; token, end = p.decoder.Token() {
		if err := checkNumber(token); err != nil {
			return 0, fmt.Errorf("the value: %w", err)
		}
		parts++
	}
	return parts, nil // the end, or a fault that decode tells
}

func cyclic(e *jsonschema.ValidationError) bool {
	if _, ok := e.ErrorKind.(*kind.RefCycle); ok {
		return true
	}
	return slices.ContainsFunc(e.Causes, cyclic)
}

// flatten makes a list of the library's tree of errors.
func flatten(e *jsonschema.ValidationError, faults []Fault) []Fault {
	add := func(keyword, message string, names ...string) {
		faults = append(faults, fault(append(slices.Clone(e.InstanceLocation), names...), keyword, message))
	}
	switch k := e.ErrorKind.(type) {
	case *kind.Required:
		for _, name := range k.Missing {
			add("required", "required", name)
		}
	case *kind.DependentRequired:
		for _, name := range k.Missing {
			add("dependentRequired", "required because of "+k.Prop, name)
		}
	case *kind.Dependency:
		for _, name := range k.Missing {
			add("dependencies", "required because of "+k.Prop, name)
		}
	case *kind.AdditionalProperties:
		for _, name := range k.Properties {
			add("additionalProperties", "is not a known member", name)
		}
	case *kind.AnyOf, *kind.OneOf:
		if types, ok := onlyTypes(e); ok {
			add("type", typeMessage(types))
			break
		}
		keyword, message := describe(e.ErrorKind)
		add(keyword, message)
	case *kind.PropertyNames:
		add("propertyNames", "is not a name that is allowed", k.Property)
	case *kind.FalseSchema:
		add(falseKeyword(e.SchemaURL), "is not allowed")
	case *kind.Contains, *kind.MinContains:
		keyword, message := describe(e.ErrorKind)
		add(keyword, message)
	default:
		if keyword, message := describe(e.ErrorKind); message != "" {
			add(keyword, message)
		}
		for _, cause := range e.Causes {
			faults = flatten(cause, faults)
		}
	}
	return faults
}

var escapePointer = strings.NewReplacer("~", "~0", "/", "~1")

func fault(location []string, keyword, message string) Fault {
	var pointer strings.Builder
	for _, token := range location {
		pointer.WriteString("/" + escapePointer.Replace(token))
	}
	if place := strings.TrimPrefix(pointer.String(), "/"); place != "" {
		message = place + ": " + message
	}
	return Fault{Pointer: pointer.String(), Message: message, Keyword: keyword}
}

// describe returns the keyword and the message of a fault; a node that only
// groups others has none.
func describe(e jsonschema.ErrorKind) (keyword, message string) {
	switch k := e.(type) {
	case *kind.Type:
		return "type", typeMessage(k)
	case *kind.Enum:
		return "enum", "must be one of " + values(k.Want)
	case *kind.Const:
		return "const", "must be " + values([]any{k.Want})
	case *kind.Format:
		return "format", "must be a valid " + k.Want
	case *kind.Pattern:
		return "pattern", "must match the pattern " + bounded(k.Want)
	case *kind.MinLength:
		return "minLength", "must have at least " + counted(k.Want, "character")
	case *kind.MaxLength:
		return "maxLength", "must have at most " + counted(k.Want, "character")
	case *kind.MinItems:
		return "minItems", "must have at least " + counted(k.Want, "element")
	case *kind.MaxItems:
		return "maxItems", "must have at most " + counted(k.Want, "element")
	case *kind.MinProperties:
		return "minProperties", "must have at least " + counted(k.Want, "member")
	case *kind.MaxProperties:
		return "maxProperties", "must have at most " + counted(k.Want, "member")
	case *kind.Minimum:
		return "minimum", "must be at least " + rational(k.Want)
	case *kind.Maximum:
		return "maximum", "must be at most " + rational(k.Want)
	case *kind.ExclusiveMinimum:
		return "exclusiveMinimum", "must be more than " + rational(k.Want)
	case *kind.ExclusiveMaximum:
		return "exclusiveMaximum", "must be less than " + rational(k.Want)
	case *kind.MultipleOf:
		return "multipleOf", "must be a multiple of " + rational(k.Want)
	case *kind.AdditionalItems:
		return "additionalItems", "has too many elements"
	case *kind.UniqueItems:
		return "uniqueItems", "must not have the same element twice"
	case *kind.Contains:
		return "contains", "lacks an element that it must have"
	case *kind.MinContains:
		return "minContains", "must have at least " + counted(k.Want, "element") + " of the kind that is required"
	case *kind.MaxContains:
		return "maxContains", "must have at most " + counted(k.Want, "element") + " of the kind that is required"
	case *kind.Not:
		return "not", "is of a form that is excluded"
	case *kind.AnyOf:
		return "anyOf", "must have one of the forms that are allowed"
	case *kind.OneOf:
		return "oneOf", "must have exactly one of the forms that are allowed"
	}
	return "", ""
}

// onlyTypes reports whether all the forms of an anyOf or oneOf failed by their
// type alone, as with {"anyOf":[{"type":"string"},{"type":"null"}]}, and joins
// the types.
func onlyTypes(e *jsonschema.ValidationError) (*kind.Type, bool) {
	var joined kind.Type
	for _, cause := range e.Causes {
		k, ok := cause.ErrorKind.(*kind.Type)
		if !ok || len(cause.InstanceLocation) != len(e.InstanceLocation) {
			return nil, false
		}
		joined.Got = k.Got
		joined.Want = append(joined.Want, k.Want...)
	}
	return &joined, len(joined.Want) > 0
}

func typeMessage(k *kind.Type) string {
	var want []string
	for _, name := range k.Want {
		if name != "null" {
			want = append(want, article(name))
		}
	}
	if len(want) < len(k.Want) { // it is the exception, whatever its place
		want = append(want, "null")
	}
	return "must be " + strings.Join(want, " or ") + ", got " + article(k.Got)
}

func article(name string) string {
	switch name {
	case "null":
		return name
	case "array", "object", "integer":
		return "an " + name
	}
	return "a " + name
}

// falseKeyword names the keyword whose schema is false.
func falseKeyword(location string) string {
	last := location[strings.LastIndexByte(location, '/')+1:]
	if strings.HasPrefix(last, "unevaluated") || strings.HasPrefix(last, "additional") || last == "items" {
		return last
	}
	return "false"
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

// rational writes a limit as people write numbers.
func rational(r *big.Rat) string {
	if r.IsInt() {
		return bounded(r.Num().String())
	}
	f, _ := r.Float64()
	return strconv.FormatFloat(f, 'g', -1, 64)
}

// values writes values of the schema, the first few of them.
func values(all []any) string {
	const most = 10
	var b strings.Builder
	for i, v := range all {
		if i == most {
			fmt.Fprintf(&b, " and %d more", len(all)-most)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		if s, ok := v.(string); ok && s != "" {
			b.WriteString(bounded(s))
			continue
		}
		text, _ := json.Marshal(v) // it came from JSON
		b.WriteString(bounded(string(text)))
	}
	return b.String()
}

// bounded keeps what a schema puts into a message short.
func bounded(s string) string {
	const most = 100
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "..."
}
