package schema

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// maxFrames bounds the recursion of a validation: the levels of the value times
// the schemas that are applied to one level.
const maxFrames = 20_000

// engine is a schema compiled for one validation at a time.
type engine struct {
	root *jsonschema.Schema
	// negated is {"not": root}. The library keeps no errors below it.
	negated *jsonschema.Schema
	work    work
	nesting int                           // of schemas that apply to one value
	gates   map[string]*gate              // by location
	schemas map[string]*jsonschema.Schema // by location
	titles  map[string]string             // by location
}

const negation = "https://schema.invalid/not.json"

// engines compiles the engines of a schema and keeps the idle ones.
type engines struct {
	doc      *document
	patterns patterns
	once     sync.Once
	input    any
	refs     []*node           // unresolved ones
	titles   map[string]string // of schemas, by location
	err      error             // why the schema cannot be used
	free     []atomic.Pointer[engine]
}

// get returns an idle engine, or else a new one.
func (e *engines) get() (*engine, error) {
	e.once.Do(func() {
		in := &input{doc: e.doc, patterns: &e.patterns}
		if e.input, e.err = in.build(); e.err != nil {
			return
		}
		e.refs, e.titles, e.free = in.unresolved, in.titles(), make([]atomic.Pointer[engine], runtime.GOMAXPROCS(0))
		var first *engine
		if first, e.err = e.compile(); e.err == nil {
			e.put(first)
		}
	})
	if e.err != nil {
		return nil, e.err
	}
	for i := range e.free {
		if found := e.free[i].Swap(nil); found != nil {
			return found, nil
		}
	}
	return e.compile()
}

// put keeps an engine for the next validation.
func (e *engines) put(used *engine) {
	for i := range e.free {
		if e.free[i].CompareAndSwap(nil, used) {
			return
		}
	}
}

// compile makes an engine.
func (e *engines) compile() (made *engine, err error) {
	made = &engine{gates: map[string]*gate{}, schemas: map[string]*jsonschema.Schema{}, titles: e.titles}
	defer func() { // the library panics on some invalid schemas
		if p := recover(); p != nil {
			made, err = nil, errors.New("it is not a valid schema")
		}
	}()
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(e.doc.draft)
	compiler.UseLoader(noLoader{})
	compiler.AssertFormat()
	compiler.UseRegexpEngine(func(source string) (jsonschema.Regexp, error) {
		found, err := e.patterns.find(source)
		if err != nil {
			return nil, err
		}
		return &matcher{pattern: found, patterns: &e.patterns, work: &made.work, source: source}, nil
	})
	if err := compiler.AddResource(address, e.input); err != nil {
		return nil, err
	}
	if made.root, err = compiler.Compile(address); err != nil {
		return nil, e.explain(err)
	}
	if err := compiler.AddResource(negation, map[string]any{"not": map[string]any{"$ref": address}}); err != nil {
		return nil, err
	}
	if made.negated, err = compiler.Compile(negation); err != nil {
		return nil, err
	}
	made.install()
	return made, nil
}

// noLoader loads no document. The library's default loader reads files.
type noLoader struct{}

func (noLoader) Load(string) (any, error) { return nil, errors.New("not opened") }

// explain says what is wrong with a schema, and where.
func (e *engines) explain(err error) error {
	var (
		load *jsonschema.LoadURLError
		meta *jsonschema.SchemaValidationError
	)
	switch {
	case errors.As(err, &load):
		index, isRef := strings.CutPrefix(load.URL, unresolved)
		if i, err := strconv.Atoi(index); isRef && err == nil && i < len(e.refs) {
			return e.unresolved(e.refs[i])
		}
		return fmt.Errorf("it refers to %s, another document, which is not opened", shorten(load.URL))
	case errors.As(err, &meta):
		var invalid *jsonschema.ValidationError
		if errors.As(meta.Err, &invalid) {
			c := &collector{}
			if problems := c.collect(invalid); len(problems) > 0 {
				return fmt.Errorf("it is not a valid schema: %s", problems[0].Error())
			}
		}
		return errors.New("it is not a valid schema")
	}
	return errors.New(shorten(strings.ReplaceAll(err.Error(), address, "")))
}

func (e *engines) unresolved(ref *node) error {
	kind := "another document, which is not opened"
	if location, _, _ := strings.Cut(ref.value, "#"); location == "" {
		kind = "which does not exist"
	}
	return fmt.Errorf("%s: it refers to %s, %s", ref.place(), shorten(ref.value), kind)
}

// install puts a gate in front of each schema of the engine.
func (e *engine) install() {
	queue := []*jsonschema.Schema{e.root}
	for len(queue) > 0 {
		s := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		if e.schemas[s.Location] != nil {
			continue
		}
		e.schemas[s.Location] = s
		queue = append(queue, inPlace(s)...)
		queue = append(queue, below(s)...)
	}
	e.nesting = nesting(e.schemas)
	uneval := false
	for _, s := range e.schemas {
		uneval = uneval || s.UnevaluatedItems != nil || s.UnevaluatedProperties != nil
	}
	for location, s := range e.schemas {
		if s.Bool == nil || !*s.Bool {
			e.gates[location] = newGate(e, s, uneval)
		}
	}
}

// inPlace returns the schemas that s applies to the same value.
func inPlace(s *jsonschema.Schema) []*jsonschema.Schema {
	all := []*jsonschema.Schema{s.Ref, s.RecursiveRef, s.Not, s.If, s.Then, s.Else}
	if s.DynamicRef != nil {
		all = append(all, s.DynamicRef.Ref)
	}
	all = slices.Concat(all, s.AllOf, s.AnyOf, s.OneOf)
	for _, sub := range s.DependentSchemas {
		all = append(all, sub)
	}
	for _, dependency := range s.Dependencies {
		if sub, ok := dependency.(*jsonschema.Schema); ok {
			all = append(all, sub)
		}
	}
	return present(all)
}

// below returns the schemas that s applies to what is inside the value, or to
// names.
func below(s *jsonschema.Schema) []*jsonschema.Schema {
	all := []*jsonschema.Schema{s.PropertyNames, s.UnevaluatedProperties, s.Contains, s.Items2020, s.UnevaluatedItems}
	for _, sub := range s.Properties {
		all = append(all, sub)
	}
	for _, sub := range s.PatternProperties {
		all = append(all, sub)
	}
	for _, some := range []any{s.AdditionalProperties, s.AdditionalItems, s.Items} {
		switch some := some.(type) {
		case *jsonschema.Schema:
			all = append(all, some)
		case []*jsonschema.Schema:
			all = append(all, some...)
		}
	}
	return present(append(all, s.PrefixItems...))
}

func present(all []*jsonschema.Schema) []*jsonschema.Schema {
	return slices.DeleteFunc(all, func(s *jsonschema.Schema) bool { return s == nil })
}

// nesting returns how many schemas that apply to one value can be nested. If a
// schema contains itself, that is at most the number of schemas: the library
// stops at a schema that it is already applying.
func nesting(schemas map[string]*jsonschema.Schema) int {
	depths := map[*jsonschema.Schema]int{}
	cyclic := false
	var measure func(s *jsonschema.Schema) int
	measure = func(s *jsonschema.Schema) int {
		if depth, seen := depths[s]; seen {
			cyclic = cyclic || depth == 0
			return depth
		}
		depths[s] = 0 // until it is known
		deepest := 0
		for _, sub := range inPlace(s) {
			deepest = max(deepest, measure(sub))
		}
		depths[s] = deepest + 1
		return deepest + 1
	}
	deepest := 1
	for _, s := range schemas {
		deepest = max(deepest, measure(s))
		if cyclic {
			return len(schemas)
		}
	}
	return deepest
}

// errTooMuchWork ends a validation that costs too much.
var errTooMuchWork = errors.New("it takes too much work")

// Limits of one validation. A step takes about 10 ns. Errors are counted by the
// bytes that the library may allocate for them.
const (
	maxSteps      = 15_000_000
	maxErrorBytes = 8 << 20
)

// work is what a validation may still spend. The library cannot be stopped, so the
// functions that it calls panic with errTooMuchWork or errTooManyErrors.
type work struct {
	steps      int
	errorBytes int
	errorSize  int // of one error and the errors that wrap it
}

var errTooManyErrors = errors.New("has too many problems to list")

func (w *work) spend(steps int) {
	if w.steps -= steps; w.steps < 0 {
		panic(errTooMuchWork)
	}
}

// fail counts errors.
func (w *work) fail(errors int) { w.failBytes(errors * w.errorSize) }

func (w *work) failBytes(size int) {
	if w.errorBytes -= size; w.errorBytes < 0 {
		panic(errTooManyErrors)
	}
}
