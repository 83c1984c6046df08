package schema

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Limits of a schema. The settings of a connector need a hundredth of them.
const (
	maxBytes  = 1 << 20
	maxDepth  = 256
	maxValues = 50_000
)

var errTooDeep = fmt.Errorf("it is nested deeper than %d levels", maxDepth)

type nodeKind uint8

const (
	kindNull nodeKind = iota
	kindBool
	kindNumber
	kindString
	kindArray
	kindObject
)

// node is one JSON value of a schema. Unlike a decoded value, it keeps the order of
// properties and the source of each value.
type node struct {
	kind        nodeKind
	isTrue      bool   // of a boolean
	isSchema    bool   // set by read
	isElsewhere bool   // only a reference makes it a schema; set by read
	start, end  int    // in the source
	size        int    // the number of values in it, including itself
	value       string // a string, or the literal of a number
	names       []string
	members     map[string]*node
	items       []*node

	parent *node
	key    string // the name in a parent that is an object

	resource *resource // of a schema with a URL
	target   *node     // of $ref; nil if unresolved
	pointer  string    // in the library's input
}

// parser converts JSON to nodes.
type parser struct {
	text    string
	decoder *json.Decoder
	values  int
}

// parse returns the tree of a JSON value, or an error if it exceeds the limits.
func parse(text string) (*node, error) {
	if len(text) > maxBytes {
		return nil, fmt.Errorf("it is larger than %d bytes", maxBytes)
	}
	p := &parser{text: text, decoder: json.NewDecoder(strings.NewReader(text))}
	p.decoder.UseNumber()
	root, err := p.parse(nil, "", 0)
	if err != nil {
		return nil, err
	}
	if _, err := p.decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("it is not JSON: unexpected data after the value")
	}
	return root, nil
}

func (p *parser) token() (json.Token, error) {
	token, err := p.decoder.Token()
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, fmt.Errorf("it is not JSON: %w", err)
	}
	return token, nil
}

func (p *parser) parse(parent *node, key string, depth int) (*node, error) {
	start := int(p.decoder.InputOffset())
	for start < len(p.text) && strings.IndexByte(" \t\r\n,:", p.text[start]) >= 0 {
		start++
	}
	token, err := p.token()
	if err != nil {
		return nil, err
	}
	before := p.values
	if p.values++; p.values > maxValues {
		return nil, fmt.Errorf("it has more than %d values", maxValues)
	}
	n := &node{start: start, parent: parent, key: key}
	switch token := token.(type) {
	case bool:
		n.kind, n.isTrue = kindBool, token
	case string:
		n.kind, n.value = kindString, token
	case json.Number:
		n.kind, n.value, err = kindNumber, string(token), checkNumber(string(token))
	case json.Delim:
		if depth == maxDepth {
			return nil, errTooDeep
		}
		if token == '{' {
			n.kind, err = kindObject, p.object(n, depth+1)
		} else {
			n.kind, err = kindArray, p.array(n, depth+1)
		}
	}
	n.end = int(p.decoder.InputOffset())
	n.size = p.values - before
	return n, err
}

// object reads the members of n. If a name is repeated, the last one wins.
func (p *parser) object(n *node, depth int) error {
	n.members = map[string]*node{}
	for p.decoder.More() {
		token, err := p.token()
		if err != nil {
			return err
		}
		name, _ := token.(string) // the decoder takes nothing else for a name
		member, err := p.parse(n, name, depth)
		if err != nil {
			return err
		}
		if n.members[name] == nil {
			n.names = append(n.names, name)
		}
		n.members[name] = member
	}
	_, err := p.token()
	return err
}

func (p *parser) array(n *node, depth int) error {
	for p.decoder.More() {
		item, err := p.parse(n, "", depth)
		if err != nil {
			return err
		}
		n.items = append(n.items, item)
	}
	_, err := p.token()
	return err
}

// member returns the member of an object, or nil. It is safe on a nil node, as
// the other methods are.
func (n *node) member(name string) *node {
	if n == nil {
		return nil
	}
	return n.members[name]
}

// string returns a string, or "".
func (n *node) string() string {
	if n == nil || n.kind != kindString {
		return ""
	}
	return n.value
}

// true reports whether the node is true, or the string "true".
func (n *node) true() bool {
	return n != nil && (n.kind == kindBool && n.isTrue || n.string() == "true")
}

// strings returns the strings of an array, or a single string.
func (n *node) strings() []string {
	if n == nil {
		return nil
	}
	if n.kind == kindString {
		return []string{n.value}
	}
	var all []string
	for _, item := range n.items {
		if item.kind == kindString {
			all = append(all, item.value)
		}
	}
	return all
}

// list returns the items of an array.
func (n *node) list() []*node {
	if n == nil {
		return nil
	}
	return n.items
}

// children returns the values of the properties, or the items.
func (n *node) children() []*node {
	if n.kind == kindArray {
		return n.items
	}
	all := make([]*node, 0, len(n.names))
	for _, name := range n.names {
		all = append(all, n.members[name])
	}
	return all
}

// decode returns the Go value of a node. convert makes the value of a number.
func (n *node) decode(convert func(literal string) any) any {
	switch n.kind {
	case kindBool:
		return n.isTrue
	case kindNumber:
		return convert(n.value)
	case kindString:
		return n.value
	case kindArray:
		items := make([]any, len(n.items))
		for i, item := range n.items {
			items[i] = item.decode(convert)
		}
		return items
	case kindObject:
		members := make(map[string]any, len(n.members))
		for name, member := range n.members {
			members[name] = member.decode(convert)
		}
		return members
	case kindNull:
	}
	return nil
}
