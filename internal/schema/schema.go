// Package schema compiles a JSON Schema, checks values against it and tells
// what settings it asks for. The schemas come from outside, so everything here
// is bounded: no reference leaves the document, and what is too large, too deep
// or too much work is an error.
//
// This is the only package that knows the JSON Schema library.
package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// What a schema may take. The settings of a connector need a hundredth of it;
// the library's work grows with the square of some of these.
const (
	maxBytes  = 1 << 20
	maxDepth  = 256
	maxValues = 50_000
	maxShapes = 10_000 // objects, each of which may be a schema
	maxFields = 4_000  // that Fields returns, nested ones included
)

// ErrTooMuchWork ends a check whose schema multiplies itself.
var ErrTooMuchWork = errors.New("it takes too much work to check")

// Document is a compiled schema, safe for concurrent use.
type Document struct {
	root     *node
	compiled *jsonschema.Schema
	work     *work
}

// Compile compiles a schema of the draft that $schema names, 4 to 2020-12; of
// one without $schema, 2020-12 or else 7.
func Compile(raw []byte) (doc *Document, err error) {
	root, err := parse(raw)
	if err != nil {
		return nil, err
	}
	if root.kind == kindValue && root.text != "true" && root.text != "false" || root.kind == kindArray {
		return nil, errors.New("it is neither an object nor a boolean")
	}
	value, err := decode(raw)
	if err != nil {
		return nil, err
	}
	drafts := []*jsonschema.Draft{jsonschema.Draft2020}
	if root.member("$schema") == nil {
		drafts = append(drafts, jsonschema.Draft7) // items as an array, definitions
	}
	for _, draft := range drafts {
		if doc, compileErr := compile(root, value, draft); compileErr == nil {
			return doc, nil
		} else if err == nil {
			err = compileErr // of the newest draft
		}
	}
	return nil, err
}

// address is that of the document itself, which references are relative to.
const address = "https://schema.invalid/root.json"

func compile(root *node, value any, draft *jsonschema.Draft) (doc *Document, err error) {
	defer func() { // some inputs that are not schemas make the library panic
		if p := recover(); p != nil {
			doc, err = nil, errors.New("it is not a valid schema")
		}
	}()
	doc = &Document{root: root, work: new(work)}
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(draft)
	compiler.UseLoader(noLoader{})
	compiler.AssertFormat()
	compiler.RegisterVocabulary(&jsonschema.Vocabulary{
		URL:     "https://schema.invalid/work",
		Compile: func(*jsonschema.CompilerContext, map[string]any) (jsonschema.SchemaExt, error) { return doc.work, nil },
	})
	compiler.AssertVocabs()
	if err := compiler.AddResource(address, value); err != nil {
		return nil, err
	}
	if doc.compiled, err = compiler.Compile(address); err != nil {
		return nil, explain(err)
	}
	return doc, nil
}

// noLoader opens nothing: the library's own would read files.
type noLoader struct{}

func (noLoader) Load(string) (any, error) {
	return nil, errors.New("references to other documents are not followed")
}

// explain says what is wrong with a schema, without the address that the
// document has for the library only.
func explain(err error) error {
	var (
		load  *jsonschema.LoadURLError
		regex *jsonschema.InvalidRegexError
		meta  *jsonschema.SchemaValidationError
	)
	switch {
	case errors.As(err, &load):
		return fmt.Errorf("it refers to another document, %s, which is not opened", strings.TrimPrefix(load.URL, "https://schema.invalid/"))
	case errors.As(err, &regex):
		return fmt.Errorf("it has a pattern that regexp does not take: %w", regex.Err)
	case errors.As(err, &meta):
		var fault *jsonschema.ValidationError
		if errors.As(meta.Err, &fault) {
			if faults := flatten(fault, nil); len(faults) > 0 {
				return fmt.Errorf("it is not a valid schema: %s", faults[0].Message)
			}
		}
		return errors.New("it is not a valid schema")
	}
	return errors.New(strings.ReplaceAll(err.Error(), address, ""))
}

// decode is what the library wants: numbers as they are written.
func decode(raw []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, fmt.Errorf("it is not JSON: %w", err)
	}
	return value, nil
}

// work counts the schemas that a check evaluates, and ends it when they are too
// many: allOf with two references to an allOf with two references, and so on,
// doubles the work with each level. The library calls it as an extension of
// every schema; it has no other way to be stopped.
type work struct {
	mu   sync.Mutex // of the check that is under way
	left int
}

// budget is generous for what a value of so many parts needs.
func budget(parts int) int { return 100_000 + 100*parts }

func (w *work) Validate(*jsonschema.ValidatorContext, any) {
	if w.left--; w.left < 0 {
		panic(ErrTooMuchWork)
	}
}
