package freddytest

import (
	"bytes"
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Request is one request that a [Fake] has seen, without what is secret in it.
//
// The key that it was sent with stands as *** wherever it was: in the headers,
// the path, the query, the body. So does the value of every member of the body
// called credentials, as a whole, and what it held, four characters and more,
// wherever else that was. A body with credentials that is not valid JSON, as
// where it was cut, is *** altogether.
type Request struct {
	Method string
	Path   string      // below the base URL, escaped as it was sent: /personal-connectors/pcon_github
	Query  url.Values  // never nil
	Header http.Header // never nil
	Body   []byte      // nil where there was none; at most its first 1 MiB
}

// Requests returns a copy of all requests so far, in the order in which they
// arrived, those to scripted replies and unknown paths among them.
func (f *Fake) Requests() []Request {
	f.mu.Lock()
	defer f.mu.Unlock()
	requests := make([]Request, len(f.requests))
	for i, r := range f.requests {
		r.Query = url.Values(http.Header(r.Query).Clone())
		r.Header = r.Header.Clone()
		r.Body = bytes.Clone(r.Body)
		requests[i] = r
	}
	return requests
}

// mask stands where a secret stood.
const mask = "***"

// keyHeaders are those whose whole value is a key.
var keyHeaders = []string{"X-Api-Key", "Api-Key"}

// masked returns a copy without the keys that the request was sent with and
// without credentials.
func (in Request) masked() Request {
	body, secrets := maskCredentials(in.Body)
	hidden := replacer(append(sentKeys(in.Header), secrets...))
	out := Request{
		Method: in.Method,
		Path:   hidden.Replace(in.Path),
		Query:  url.Values{},
		Header: make(http.Header, len(in.Header)),
	}
	if in.Body != nil {
		body = replaceInBody(body, hidden.Replace)
		out.Body = body[:min(len(body), maxBody)]
	}
	for name, values := range in.Query {
		name = hidden.Replace(name)
		out.Query[name] = append(out.Query[name], replaceAll(values, hidden.Replace)...)
	}
	for name, values := range in.Header {
		switch {
		case name == "Authorization":
			out.Header[name] = replaceAll(values, maskAuthorization)
		case slices.Contains(keyHeaders, name):
			out.Header[name] = replaceAll(values, func(string) string { return mask })
		default:
			out.Header[name] = replaceAll(values, hidden.Replace)
		}
	}
	return out
}

// maskAuthorization keeps the scheme, so that a test can see it.
func maskAuthorization(value string) string {
	scheme, _, found := strings.Cut(value, " ")
	if !found {
		return mask
	}
	return scheme + " " + mask
}

// sentKeys returns the keys in a header, whether they are valid or not.
func sentKeys(header http.Header) []string {
	var keys []string
	for _, value := range header.Values("Authorization") {
		if _, key, found := strings.Cut(value, " "); found {
			value = strings.TrimSpace(key)
		}
		keys = append(keys, value)
	}
	for _, name := range keyHeaders {
		keys = append(keys, header.Values(name)...)
	}
	return keys
}

// replacer masks secrets as they are, and as JSON and URLs escape them.
func replacer(secrets []string) *strings.Replacer {
	forms := map[string]bool{}
	for _, secret := range secrets {
		quoted := encode(secret)
		for _, form := range []string{
			secret, string(quoted[1 : len(quoted)-1]), url.QueryEscape(secret), url.PathEscape(secret),
		} {
			forms[form] = true
		}
	}
	delete(forms, "")
	// The longest first: of a secret that begins with another one nothing remains.
	var pairs []string
	for _, form := range slices.SortedFunc(maps.Keys(forms), func(a, b string) int { return cmp.Compare(len(b), len(a)) }) {
		pairs = append(pairs, form, mask)
	}
	return strings.NewReplacer(pairs...)
}

func replaceAll(values []string, replace func(string) string) []string {
	out := make([]string, len(values))
	for i, value := range values {
		out[i] = replace(value)
	}
	return out
}
