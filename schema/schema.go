package schema

import (
	"errors"
	"fmt"
	"strings"
	"sync"
)

// Schema is a compiled schema. It is immutable and safe for concurrent use;
// validations run in parallel. The zero Schema, as that of an empty text,
// accepts everything and has no fields.
type Schema struct {
	doc      *document
	engines  *engines
	accepted *sync.Map // defaultOf to bool: whether the schema accepts it
}

// Compile reads a JSON Schema of draft 4, 6, 7, 2019-09 or 2020-12. The draft is
// the one that $schema names, or else the one whose features the schema has. The
// empty text is a schema that accepts everything.
//
// The error says why the text is no schema: it is not JSON, it is neither an
// object nor a boolean, or it is over the limits (1 MiB, 256 levels, 50,000
// values). What prevents only validation, such as a reference to another
// document or a keyword of a wrong kind, is an error of Validate.
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
	return &Schema{doc: doc, engines: &engines{doc: doc}, accepted: &sync.Map{}}, nil
}
