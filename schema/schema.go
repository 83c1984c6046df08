package schema

import (
	"errors"
	"fmt"
	"strings"
	"sync"
)

// Schema is a compiled schema. It is immutable and safe for concurrent use;
// validations run in parallel. The zero Schema accepts everything and has no
// fields.
type Schema struct {
	doc     *document
	engines *engines
	checks  *sync.Map // from defaultOf to checked
}

// Compile reads a JSON Schema of draft 4, 6, 7, 2019-09 or 2020-12. The draft is
// the one that $schema names, or else the one whose features the schema has. An
// empty string is read as a schema that accepts everything.
//
// Compile returns an error if the string is not JSON, is neither an object nor a
// boolean, or exceeds the limits (1 MiB, 256 levels, 50,000 values). An invalid
// keyword or a reference to another document is an error of Validate.
func Compile[T ~string | ~[]byte](text T) (*Schema, error) {
	s := string(text)
	if strings.Trim(s, " \t\r\n") == "" {
		return &Schema{}, nil
	}
	root, err := parse(s)
	if err == nil && !root.canBeSchema() {
		err = errors.New("it is neither an object nor a boolean")
	}
	if err != nil {
		return nil, fmt.Errorf("schema: %s", singleLine(err.Error(), maxErrorLine))
	}
	doc := read(s, root)
	return &Schema{doc: doc, engines: &engines{doc: doc}, checks: &sync.Map{}}, nil
}
