package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// node is one value of the schema's text. It keeps what a decoded value would
// lose: the order of members and the text of each value.
type node struct {
	kind    nodeKind
	text    string // of any kind, as it is written
	names   []string
	members map[string]*node
	items   []*node
}

type nodeKind int

const (
	kindValue nodeKind = iota // a string, a number, true, false or null
	kindObject
	kindArray
)

// parser reads nodes and counts them.
type parser struct {
	raw            []byte
	decoder        *json.Decoder
	values, shapes int
}

func parse(raw []byte) (*node, error) {
	if len(raw) > maxBytes {
		return nil, fmt.Errorf("it is larger than %d bytes", maxBytes)
	}
	p := &parser{raw: raw, decoder: json.NewDecoder(bytes.NewReader(raw))}
	p.decoder.UseNumber()
	root, err := p.value(0)
	if err != nil {
		return nil, err
	}
	if _, err := p.decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("it has something after its end")
	}
	return root, nil
}

func (p *parser) value(depth int) (*node, error) {
	start := p.decoder.InputOffset()
	token, err := p.decoder.Token()
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, fmt.Errorf("it is not JSON: %w", err)
	}
	if p.values++; p.values > maxValues {
		return nil, fmt.Errorf("it has more than %d values", maxValues)
	}
	n := &node{}
	switch token {
	case json.Delim('{'):
		n.kind, err = kindObject, p.object(n, depth+1)
	case json.Delim('['):
		n.kind, err = kindArray, p.array(n, depth+1)
	default:
		err = checkNumber(token)
	}
	if err != nil {
		return nil, err
	}
	// What stands between two tokens belongs to neither.
	n.text = strings.TrimLeft(string(p.raw[start:p.decoder.InputOffset()]), " \t\r\n,:")
	return n, nil
}

func (p *parser) object(n *node, depth int) error {
	if p.shapes++; p.shapes > maxShapes {
		return fmt.Errorf("it has more than %d objects", maxShapes)
	}
	if depth > maxDepth {
		return errTooDeep
	}
	n.members = map[string]*node{}
	for p.decoder.More() {
		token, err := p.decoder.Token()
		if err != nil {
			return fmt.Errorf("it is not JSON: %w", err)
		}
		name, _ := token.(string) // the decoder takes nothing else for a name
		member, err := p.value(depth)
		if err != nil {
			return err
		}
		if n.members[name] == nil {
			n.names = append(n.names, name)
		}
		n.members[name] = member
	}
	return p.end()
}

func (p *parser) array(n *node, depth int) error {
	if depth > maxDepth {
		return errTooDeep
	}
	for p.decoder.More() {
		item, err := p.value(depth)
		if err != nil {
			return err
		}
		n.items = append(n.items, item)
	}
	return p.end()
}

var errTooDeep = fmt.Errorf("it is nested deeper than %d levels", maxDepth)

// end reads the closing bracket.
func (p *parser) end() error {
	if _, err := p.decoder.Token(); err != nil {
		return fmt.Errorf("it is not JSON: %w", err)
	}
	return nil
}

// checkNumber refuses numbers whose exact value, which the library builds, has
// more digits than it is worth: 1e1000000 has a million.
func checkNumber(token json.Token) error {
	number, ok := token.(json.Number)
	if !ok {
		return nil
	}
	const most = 400
	_, exponent, _ := strings.Cut(strings.ToLower(string(number)), "e")
	e, err := strconv.Atoi(exponent)
	if exponent == "" {
		e, err = 0, nil
	}
	if err != nil || len(number) > 2*most || e > most || e < -most {
		return errors.New("it has a number of too many digits")
	}
	return nil
}

// member returns the member of an object, or nil.
func (n *node) member(name string) *node {
	if n == nil || n.kind != kindObject {
		return nil
	}
	return n.members[name]
}

// string returns the text of a string, or "".
func (n *node) string() string {
	var s string
	if n != nil && n.kind == kindValue {
		_ = json.Unmarshal([]byte(n.text), &s) // of another kind it stays empty
	}
	return s
}

func (n *node) isTrue() bool { return n != nil && n.text == "true" }

// number returns a number, or nil.
func (n *node) number() *float64 {
	var f float64
	if n == nil || json.Unmarshal([]byte(n.text), &f) != nil || n.text == "null" {
		return nil
	}
	return &f
}

// length returns a number that is a length, or nil.
func (n *node) length() *int {
	f := n.number()
	if f == nil || *f < 0 || *f > math.MaxInt32 || *f != math.Trunc(*f) {
		return nil
	}
	length := int(*f)
	return &length
}

// texts returns the text of each element of an array.
func (n *node) texts() []json.RawMessage {
	if n == nil || n.kind != kindArray {
		return nil
	}
	texts := make([]json.RawMessage, len(n.items))
	for i, item := range n.items {
		texts[i] = json.RawMessage(item.text)
	}
	return texts
}

// strings returns the strings in an array, or the one that stands in its place.
func (n *node) strings() []string {
	if n == nil {
		return nil
	}
	if n.kind == kindValue {
		if s := n.string(); s != "" {
			return []string{s}
		}
		return nil
	}
	var all []string
	for _, item := range n.items {
		if s := item.string(); s != "" {
			all = append(all, s)
		}
	}
	return all
}
