package schema

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// address is the URL of a schema without $id. The host does not exist.
const address = "https://schema.invalid/schema.json"

// resource is a schema that has a URL, with the anchors in it.
type resource struct {
	url     *url.URL
	root    *node
	anchors map[string]*node
}

// index finds the resources and anchors of a document, then the targets of its
// references.
func (d *document) index() {
	base, _ := url.Parse(address)
	d.addResource(d.root, base)
	for _, n := range d.schemas {
		if n.kind == kindObject {
			d.identify(n)
		}
	}
	for i := 0; i < len(d.schemas); i++ {
		n := d.schemas[i]
		ref := n.member("$ref")
		if ref == nil || ref.kind != kindString {
			continue
		}
		if target := d.resolve(n, ref.value); target.canBeSchema() {
			n.target = target
			if !target.isSchema {
				d.visitElsewhere(target, &features{})
			}
		}
	}
}

// identify reads $id and the anchors of a schema.
func (d *document) identify(n *node) {
	if n.members["$ref"] != nil && d.before2019() {
		return
	}
	home := n.home()
	id := n.member("$id").string()
	if id == "" && d.draft == jsonschema.Draft4 {
		id = n.member("id").string()
	}
	location, anchor, _ := strings.Cut(id, "#")
	if location != "" {
		if u, err := home.url.Parse(location); err == nil {
			home = d.addResource(n, u)
		}
	}
	for _, name := range []string{anchor, n.member("$anchor").string(), n.member("$dynamicAnchor").string()} {
		if name != "" && home.anchors[name] == nil {
			home.anchors[name] = n
		}
	}
}

func (d *document) addResource(n *node, u *url.URL) *resource {
	r := &resource{url: u, root: n, anchors: map[string]*node{}}
	n.resource = r
	if key := u.String(); d.resources[key] == nil {
		d.resources[key] = r
	}
	return r
}

// home returns the resource that a schema belongs to.
func (n *node) home() *resource {
	for n.resource == nil {
		n = n.parent
	}
	return n.resource
}

// resolve returns the target of a reference that n makes, or nil if the
// document does not contain it.
func (d *document) resolve(n *node, ref string) *node {
	location, fragment, _ := strings.Cut(ref, "#")
	home := n.home()
	if location != "" {
		u, err := home.url.Parse(location)
		if err != nil || d.resources[u.String()] == nil {
			return nil
		}
		home = d.resources[u.String()]
	}
	if fragment == "" || fragment[0] == '/' {
		return lookup(home.root, fragment)
	}
	name, err := url.PathUnescape(fragment)
	if err != nil {
		return nil
	}
	return home.anchors[name]
}

var (
	escapeToken   = strings.NewReplacer("~", "~0", "/", "~1")
	unescapeToken = strings.NewReplacer("~1", "/", "~0", "~")
)

// lookup follows a JSON pointer, written as the fragment of a URL, below n.
func lookup(n *node, fragment string) *node {
	pointer, err := url.PathUnescape(fragment)
	if err != nil || pointer != "" && pointer[0] != '/' {
		return nil
	}
	if pointer == "" {
		return n
	}
	for token := range strings.SplitSeq(pointer[1:], "/") {
		if n != nil {
			n = n.child(unescapeToken.Replace(token))
		}
	}
	return n
}

// child returns the member or the item that a token of a JSON pointer names.
func (n *node) child(token string) *node {
	if n.kind != kindArray {
		return n.members[token]
	}
	if i, err := strconv.Atoi(token); err == nil && i >= 0 && i < len(n.items) {
		return n.items[i]
	}
	return nil
}

// place returns the JSON pointer of a node in the document.
func (n *node) place() string {
	var tokens []string
	for ; n.parent != nil; n = n.parent {
		key := n.key
		if n.parent.kind == kindArray {
			key = strconv.Itoa(slices.Index(n.parent.items, n))
		}
		tokens = append(tokens, escapeToken.Replace(key))
	}
	if len(tokens) == 0 {
		return ""
	}
	slices.Reverse(tokens)
	return "/" + strings.Join(tokens, "/")
}
