package schema

import (
	"errors"
	"math"
	"regexp"
	"regexp/syntax"
	"strings"
	"sync"

	"github.com/dlclark/regexp2"
)

// Limits of patterns, in instructions. A pattern over maxPatternSize is an error.
// Over maxPatternsSize, compiled patterns are not kept but compiled each time.
const (
	maxPatternSize  = 20_000
	maxPatternsSize = 100_000
)

var errPatternTooLarge = errors.New("it is too large")

// patterns are the patterns of a schema, shared by its validations.
type patterns struct {
	mu   sync.Mutex
	all  map[string]*pattern
	size int // of those that are kept
}

// pattern is a regular expression. It is compiled when a validation needs it.
type pattern struct {
	source string // in the syntax of Go, or of ECMAScript if steps is set
	size   int
	steps  *shape // nil if package regexp matches it
	match  func(string) bool
}

// find returns a pattern, which may not be compiled yet.
func (p *patterns) find(source string) (*pattern, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if found := p.all[source]; found != nil {
		return found, nil
	}
	found, err := parsePattern(source)
	if err != nil {
		return nil, err
	}
	if p.all == nil {
		p.all = map[string]*pattern{}
	}
	p.all[source] = found
	return found, nil
}

func parsePattern(source string) (*pattern, error) {
	translated := translate(source)
	parsed, err := syntax.Parse(translated, syntax.Perl)
	if err == nil {
		size := instructions(parsed)
		if size > maxPatternSize {
			return nil, errPatternTooLarge
		}
		return &pattern{source: translated, size: size}, nil
	}
	if len(source) > maxBacktracking {
		return nil, errPatternTooLarge
	}
	if _, err2 := regexp2.Compile(source, regexp2.ECMAScript); err2 != nil {
		return nil, err
	}
	steps, err := parseShape(source)
	if err != nil {
		return nil, err
	}
	return &pattern{source: source, size: 10 * len(source), steps: steps}, nil
}

// compiled returns the function that matches a pattern.
func (p *patterns) compiled(found *pattern, w *work) func(string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if found.match != nil {
		return found.match
	}
	w.spend(30 * found.size)
	match := found.compile()
	if p.size+found.size <= maxPatternsSize {
		p.size += found.size
		found.match = match
	}
	return match
}

func (p *pattern) compile() func(string) bool {
	if p.steps == nil {
		return regexp.MustCompile(p.source).MatchString
	}
	re := regexp2.MustCompile(p.source, regexp2.ECMAScript)
	// A timeout would start a goroutine that never ends. The program may have set
	// regexp2.DefaultMatchTimeout, so it is overridden.
	re.MatchTimeout = math.MaxInt64
	return func(s string) bool {
		matched, err := re.MatchString(s)
		return matched && err == nil
	}
}

// cost returns the steps of matching a string.
func (p *pattern) cost(s string) int {
	if p.steps == nil {
		return 10 + (len(s)+1)*p.size
	}
	return p.steps.total(len(s))
}

// translate converts escapes of ECMAScript that package regexp writes differently.
func translate(source string) string {
	if !strings.Contains(source, `\u`) {
		return source
	}
	var b strings.Builder
	for i := 0; i < len(source); i++ {
		if source[i] != '\\' || i+1 == len(source) {
			b.WriteByte(source[i])
			continue
		}
		if code := source[i+1:]; len(code) >= 5 && code[0] == 'u' && isHex(code[1:5]) {
			b.WriteString(`\x{` + code[1:5] + `}`)
			i += 5
			continue
		}
		b.WriteString(source[i : i+2])
		i++
	}
	return b.String()
}

func isHex(s string) bool {
	return strings.Trim(s, "0123456789abcdefABCDEF") == ""
}

// instructions estimates the size of a compiled expression.
func instructions(re *syntax.Regexp) int {
	size := 1 + len(re.Rune)/8
	const most = 1 << 20 // over every limit; the product fits in 32 bits
	for _, sub := range re.Sub {
		size = min(size+instructions(sub), most)
	}
	if re.Op == syntax.OpRepeat {
		size = min(size, most) * max(re.Min+1, re.Max, 1)
	}
	return min(size, most)
}

// matcher is a pattern for the library. It counts the work of a validation.
type matcher struct {
	pattern  *pattern
	patterns *patterns
	work     *work
	source   string
	counts   bool // a mismatch is an error
}

func (m *matcher) String() string { return m.source }

func (m *matcher) MatchString(s string) bool {
	m.work.spend(m.pattern.cost(s))
	matched := m.patterns.compiled(m.pattern, m.work)(s)
	if !matched && m.counts {
		m.work.fail(1)
	}
	return matched
}
