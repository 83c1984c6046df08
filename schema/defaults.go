package schema

import (
	"errors"
	"maps"
	"slices"
)

// maxDefaults bounds the values that ApplyDefaults creates.
const maxDefaults = 50_000

// minCheckSteps are the least steps for the check of one default.
const minCheckSteps = 5_000

// ApplyDefaults returns a copy of values in which each absent property has the
// default that the schema gives it, also in nested objects, in the items of
// arrays and in the values of maps. An absent object is created if one of its
// properties has a default, all that it requires have one, and its schema is not
// that of an object that contains it. Null is a value, so it is not replaced.
//
// A default that its own schema does not accept is not applied, nor is one whose
// check takes too much work. The defaults of
// a variant are applied if its constants match. Properties that only apply under
// a condition (if, dependentSchemas, dependencies) get no default.
//
// Only map[string]any and []any are copied and searched, down to 256 levels. At
// most 50,000 values are created. Values is not changed and may be nil.
func (s *Schema) ApplyDefaults(values map[string]any) map[string]any {
	left := maxWalk
	out, _ := copyValue(values, 1, &left).(map[string]any)
	if out == nil {
		out = map[string]any{}
	}
	if s.doc != nil {
		d := &defaulter{
			schema: s, walk: newWalk(s.doc), left: maxDefaults, complete: map[*view]bool{}, open: map[*node]int{},
			steps: maxSteps, accepted: map[defaultOf]bool{}, instances: map[*node]instance{},
		}
		d.object(out, d.walk.single(s.doc.root), 1)
		d.close()
	}
	return out
}

// copyValue copies the maps and slices of a JSON value. Those beyond the limits
// are shared with v.
func copyValue(v any, level int, left *int) any {
	if *left--; *left < 0 || level > maxDepth {
		return v
	}
	switch v := v.(type) {
	case map[string]any:
		out := maps.Clone(v)
		for name, member := range out {
			out[name] = copyValue(member, level+1, left)
		}
		return out
	case []any:
		out := slices.Clone(v)
		for i, item := range out {
			out[i] = copyValue(item, level+1, left)
		}
		return out
	}
	return v
}

// defaulter applies defaults to one value.
type defaulter struct {
	schema   *Schema
	walk     *walk
	left     int            // values that may be created
	complete map[*view]bool // whether an object can be made of defaults alone
	open     map[*node]int  // the heads of the enclosing objects
	engine   *engine        // checks defaults; nil until it is needed

	steps     int // of checks, that are left
	accepted  map[defaultOf]bool
	instances map[*node]instance // decoded defaults
}

// close gives the engine back.
func (d *defaulter) close() {
	if d.engine != nil {
		d.schema.engines.put(d.engine)
	}
}

// object applies the defaults of the properties of an object.
func (d *defaulter) object(values map[string]any, v *view, level int) {
	if level > maxDepth || !d.walk.spend(len(v.heads)) {
		return
	}
	for _, head := range v.heads {
		d.open[head]++
	}
	defer func() {
		for _, head := range v.heads {
			d.open[head]--
		}
	}()
	for _, name := range v.names {
		if d.left <= 0 || !d.walk.spend(1) {
			return
		}
		if v.conditional[name] {
			continue
		}
		property := d.walk.view(v.properties[name])
		if _, present := values[name]; !present {
			if value, ok := d.value(v.properties[name], property); ok {
				values[name] = value
			} else if !d.isOpen(property) && d.isComplete(property) {
				d.left--
				values[name] = map[string]any{}
			}
		}
		d.descend(values[name], property, level+1)
	}
	if len(v.values) > 0 {
		rest := d.walk.alternatives(v.values)
		for name, value := range values {
			if !d.walk.spend(1) {
				return
			}
			if v.properties[name] == nil {
				d.descend(value, rest, level+1)
			}
		}
	}
	d.choices(values, v, level)
}

// isOpen reports whether v is the schema of an enclosing object. To create an
// object for it would never end.
func (d *defaulter) isOpen(v *view) bool {
	return slices.ContainsFunc(v.heads, func(head *node) bool { return d.open[head] > 0 })
}

// choices applies the defaults of the variants that match.
func (d *defaulter) choices(values map[string]any, v *view, level int) {
	for _, schemas := range v.choices {
		for _, schema := range schemas {
			if !d.walk.spend(1) {
				return
			}
			variant := d.walk.single(schema)
			if matches(values, d.walk.match(variant)) {
				d.object(values, variant, level)
				break
			}
		}
	}
}

// matches reports whether an object has the constants of a variant.
func matches(values, match map[string]any) bool {
	free := &work{steps: maxSteps}
	for name, constant := range match {
		value, present := values[name]
		if !present || !isScalar(value) || canonical(value, free) != canonical(constant, free) {
			return false
		}
	}
	return len(match) > 0
}

// isScalar reports whether a value is JSON, but neither an object nor an array.
func isScalar(v any) bool {
	switch v.(type) {
	case nil, bool, string:
		return true
	}
	_, isNumber := literal(v)
	return isNumber
}

// descend applies the defaults below a value.
func (d *defaulter) descend(value any, v *view, level int) {
	if len(v.heads) == 0 || level > maxDepth {
		return
	}
	switch value := value.(type) {
	case map[string]any:
		d.object(value, v, level)
	case []any:
		items, tuple := d.walk.view(v.items), v.tuple()
		for i, item := range value {
			if !d.walk.spend(1) {
				return
			}
			if i < len(tuple) {
				d.descend(item, d.walk.single(tuple[i]), level+1)
			} else {
				d.descend(item, items, level+1)
			}
		}
	}
}

// value returns the default of a property if its own schema accepts it.
func (d *defaulter) value(nodes []*node, v *view) (value any, ok bool) {
	n := v.first("default")
	if n == nil || n.size > d.left || !d.accepts(nodes, n) {
		return nil, false
	}
	d.left -= n.size
	return n.decode(number), true
}

// isComplete reports whether an object can be made of defaults alone.
func (d *defaulter) isComplete(v *view) bool {
	if complete, known := d.complete[v]; known {
		return complete
	}
	d.complete[v] = false // an object that requires itself cannot be made
	if types, _ := v.types(); len(types) > 0 && !slices.Contains(types, "object") {
		return false
	}
	some := false
	for _, name := range v.names {
		if !d.walk.spend(1) {
			return false
		}
		if v.conditional[name] {
			continue
		}
		property := d.walk.view(v.properties[name])
		n := property.first("default")
		has := n != nil && d.accepts(v.properties[name], n) || d.isComplete(property)
		if v.required[name] && !has {
			return false
		}
		some = some || has
	}
	for name := range v.required {
		if v.properties[name] == nil {
			return false
		}
	}
	d.complete[v] = some
	return some
}

// defaultOf is a default and a schema that has to accept it.
type defaultOf struct{ value, schema *node }

// checked is the result of a check.
type checked struct {
	accepted bool
	finished bool // within the steps
	steps    int
}

// accepts reports whether the schemas of a property accept a default.
func (d *defaulter) accepts(nodes []*node, value *node) bool {
	if !d.walk.spend(len(nodes) - 1) {
		return false
	}
	for _, n := range nodes {
		key := defaultOf{value, n}
		accepted, known := d.accepted[key]
		if !known {
			accepted = d.acceptedBy(key)
			d.accepted[key] = accepted
		}
		if !accepted {
			return false
		}
	}
	return true
}

// acceptedBy checks a default. A check has half of the steps that are left, and at
// least minCheckSteps, so that an expensive one does not exclude the others. A
// result of another call counts its steps again, so that all calls return the same.
func (d *defaulter) acceptedBy(key defaultOf) bool {
	steps := max(d.steps/2, minCheckSteps)
	found, _ := d.schema.checks.Load(key)
	result, known := found.(checked)
	if !known || !result.finished && result.steps < steps {
		result = d.check(key.schema, key.value, steps)
		d.schema.checks.Store(key, result)
	}
	d.steps -= min(result.steps, steps)
	return result.accepted && result.steps <= steps
}

// check applies a schema to a default. If the schema as a whole cannot be used, it
// compares only the type and the constants.
func (d *defaulter) check(n, value *node, steps int) checked {
	if n.kind == kindBool {
		return checked{accepted: true, finished: true}
	}
	if d.engine == nil {
		if e, err := d.schema.engines.get(); err == nil {
			d.engine = e
		}
	}
	if d.engine != nil {
		if s := d.engine.schemas[n.location()]; s != nil {
			instance := d.decode(value)
			d.engine.work.steps = steps
			problems, err := d.engine.validate(s, instance.value, instance.depth)
			if errors.Is(err, errTooMuchWork) {
				return checked{steps: steps}
			}
			return checked{accepted: err == nil && len(problems) == 0, finished: true, steps: steps - d.engine.work.steps}
		}
	}
	return d.resembles(d.walk.single(n), value, steps)
}

// instance is a decoded default.
type instance struct {
	value any
	depth int
}

func (d *defaulter) decode(n *node) instance {
	if _, known := d.instances[n]; !known {
		value := n.decode(exactNumber)
		depth, _, _ := inspect(value)
		d.instances[n] = instance{value, depth}
	}
	return d.instances[n]
}

// resembles compares a default with the type and the constants of a schema.
func (d *defaulter) resembles(v *view, n *node, steps int) checked {
	value := d.decode(n).value
	types, nullable := v.types()
	if value == nil {
		return checked{accepted: nullable || len(types) == 0, finished: true}
	}
	allowed := v.constantValues()
	if len(allowed) == 0 || !typesOf(types).allows(value) {
		return checked{accepted: typesOf(types).allows(value), finished: true}
	}
	used := 10 * (n.end - n.start + allowed[len(allowed)-1].end - allowed[0].start) // by the source
	if used > steps {
		return checked{steps: steps}
	}
	free := &work{steps: maxSteps}
	want := canonical(value, free)
	accepted := slices.ContainsFunc(allowed, func(n *node) bool { return canonical(n.decode(exactNumber), free) == want })
	return checked{accepted: accepted, finished: true, steps: used}
}
