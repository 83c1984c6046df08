package schema

import (
	"cmp"
	"errors"
	"math"
	"strconv"
	"strings"
)

// maxBacktracking bounds the length of a pattern for the backtracking engine.
// The only limit of the engine itself is a timer.
const maxBacktracking = 1_000

var (
	errParentheses      = errors.New("its parentheses do not match")
	errBackReference    = errors.New("it has a back reference")
	errNestedRepetition = errors.New("it has a repetition inside a repetition, and package regexp cannot match it")
)

// shape is the structure of a pattern, as far as the cost of matching depends on
// it.
type shape struct {
	kind     shapeKind
	parts    []*shape
	min, max int // of a repetition; max is -1 if there is no limit
}

type shapeKind uint8

const (
	shapeAtom  shapeKind = iota // a character, a class, an assertion
	shapeStart                  // ^
	shapeAll                    // one part after the other
	shapeAny                    // one of the parts
	shapeLook                   // a lookaround: matched in one way or not at all
	shapeRepeat
)

// total returns the steps of searching a string of n bytes.
func (s *shape) total(n int) int {
	_, steps := s.measure(float64(n))
	if !s.anchored() {
		steps *= float64(n + 1)
	}
	return int(min(steps, maxSteps+1))
}

// anchored reports whether a match can only begin at the start.
func (s *shape) anchored() bool {
	switch s.kind {
	case shapeStart:
		return true
	case shapeAll:
		return len(s.parts) > 0 && s.parts[0].anchored()
	case shapeAny:
		for _, part := range s.parts {
			if !part.anchored() {
				return false
			}
		}
		return true
	case shapeAtom, shapeLook, shapeRepeat:
	}
	return false
}

// measure returns the number of ways in which a shape can match at one position of
// a string of n bytes, and the steps to try them all.
func (s *shape) measure(n float64) (ways, steps float64) {
	switch s.kind {
	case shapeAll:
		ways = 1
		for _, part := range s.parts {
			w, t := part.measure(n)
			steps += ways * t
			ways *= w
		}
		return ways, steps + 1
	case shapeAny:
		for _, part := range s.parts {
			w, t := part.measure(n)
			ways, steps = ways+w, steps+t
		}
		return ways, steps + 1
	case shapeLook:
		_, steps = s.parts[0].measure(n)
		return 1, steps
	case shapeRepeat:
		w, t := s.parts[0].measure(n)
		times := n + 1
		if s.max >= 0 {
			times = min(times, float64(s.max))
		}
		if w <= 1 {
			return max(times-float64(s.min), 0) + 1, t * (times + 1)
		}
		all := math.Pow(w, times) * (times + 1)
		return all, all * t
	case shapeAtom, shapeStart:
	}
	return 1, 1
}

// parseShape returns the shape of a valid pattern.
func parseShape(source string) (s *shape, err error) {
	p := &shapeParser{rest: source}
	s = p.alternatives()
	if p.err == nil && p.rest != "" {
		p.err = errParentheses
	}
	return s, p.err
}

type shapeParser struct {
	rest string
	err  error
}

func (p *shapeParser) alternatives() *shape {
	s := &shape{kind: shapeAny, parts: []*shape{p.sequence()}}
	for strings.HasPrefix(p.rest, "|") {
		p.rest = p.rest[1:]
		s.parts = append(s.parts, p.sequence())
	}
	return s
}

func (p *shapeParser) sequence() *shape {
	s := &shape{kind: shapeAll}
	for p.err == nil && p.rest != "" && p.rest[0] != '|' && p.rest[0] != ')' {
		s.parts = append(s.parts, p.repetition(p.atom()))
	}
	return s
}

// atom reads one character, class or group.
func (p *shapeParser) atom() *shape {
	switch p.rest[0] {
	case '^':
		p.rest = p.rest[1:]
		return &shape{kind: shapeStart}
	case '(':
		return p.group()
	case '[':
		p.class()
	case '\\':
		p.escape()
	default:
		p.rest = p.rest[1:]
	}
	return &shape{kind: shapeAtom}
}

func (p *shapeParser) group() *shape {
	p.rest = p.rest[1:]
	look := false
	for _, prefix := range []string{"?=", "?!", "?<=", "?<!"} {
		if strings.HasPrefix(p.rest, prefix) {
			p.rest, look = p.rest[len(prefix):], true
			break
		}
	}
	if !look && strings.HasPrefix(p.rest, "?") {
		// The name of a group or its options end with one of these.
		p.rest = p.rest[max(strings.IndexAny(p.rest, ":>)"), 0):]
		if p.rest[0] != ')' {
			p.rest = p.rest[1:]
		}
	}
	inner := p.alternatives()
	if !strings.HasPrefix(p.rest, ")") {
		p.err = cmp.Or(p.err, errParentheses)
		return inner
	}
	p.rest = p.rest[1:]
	if look {
		return &shape{kind: shapeLook, parts: []*shape{inner}}
	}
	return inner
}

func (p *shapeParser) class() {
	for i := 1; i < len(p.rest); i++ {
		switch p.rest[i] {
		case '\\':
			i++
		case ']':
			if i == 1 || i == 2 && p.rest[1] == '^' {
				p.err = errors.New("it has an empty class")
			}
			p.rest = p.rest[i+1:]
			return
		}
	}
	p.rest = ""
}

func (p *shapeParser) escape() {
	if len(p.rest) < 2 {
		p.rest = ""
		return
	}
	kind := p.rest[1]
	p.rest = p.rest[2:]
	switch {
	case kind >= '1' && kind <= '9' || kind == 'k':
		p.err = errBackReference
	case (kind == 'p' || kind == 'P' || kind == 'u' || kind == 'x') && strings.HasPrefix(p.rest, "{"):
		_, p.rest, _ = strings.Cut(p.rest, "}")
	}
}

// repetition reads the quantifier after a part, if there is one.
func (p *shapeParser) repetition(part *shape) *shape {
	if p.err != nil || p.rest == "" {
		return part
	}
	least, most, length := quantifier(p.rest)
	if length == 0 {
		return part
	}
	p.rest = strings.TrimPrefix(p.rest[length:], "?")
	if ways, _ := part.measure(2); ways > 1 && most < 0 {
		p.err = errNestedRepetition
	}
	return &shape{kind: shapeRepeat, parts: []*shape{part}, min: least, max: most}
}

// quantifier reads *, +, ?, {n}, {n,} or {n,m}. The length is 0 for anything
// else.
func quantifier(s string) (least, most, length int) {
	switch s[0] {
	case '*':
		return 0, -1, 1
	case '+':
		return 1, -1, 1
	case '?':
		return 0, 1, 1
	case '{':
	default:
		return 0, 0, 0
	}
	inner, _, found := strings.Cut(s[1:], "}")
	first, second, isRange := strings.Cut(inner, ",")
	least, err := strconv.Atoi(first)
	if !found || err != nil {
		return 0, 0, 0
	}
	most = least
	if isRange {
		if most, err = strconv.Atoi(second); second == "" {
			most, err = -1, nil
		}
	}
	if err != nil {
		return 0, 0, 0
	}
	return least, most, len(inner) + 2
}
