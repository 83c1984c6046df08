package freddytest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// member is one that the body of a request may have.
type member struct {
	name string
	form form
}

// form is a kind of JSON: what it may begin with, and what is said where
// another kind stands.
type form struct{ begins, message, fault string }

var (
	formText       = form{`"`, "Input should be a valid string", "string_type"}
	formTextOrNull = form{`"n`, formText.message, formText.fault}
	formObject     = form{`{`, "Input should be a valid dictionary", "dict_type"}
	formBoolean    = form{`tf`, "Input should be a valid boolean", "bool_type"}
)

// nullable is a text that may be null, which is not the same as absent.
type nullable struct {
	given bool
	text  string
}

func (n *nullable) UnmarshalJSON(data []byte) error {
	n.given = true
	return json.Unmarshal(data, &n.text) // null leaves it empty
}

// decode reads the body, an object of these members, into out. Where the body
// is something else, it returns the refusal and false.
func (in Request) decode(out any, members []member, required ...string) (Reply, bool) {
	if len(in.Body) > maxBody {
		return respond(http.StatusRequestEntityTooLarge, detail{http.StatusText(http.StatusRequestEntityTooLarge)}), false
	}
	found, faults := in.members()
	if faults == nil {
		faults = in.faults(found, members, required)
	}
	if faults != nil {
		return unprocessable(faults), false
	}
	// Not the body itself: there, a name may come twice.
	decoder := json.NewDecoder(bytes.NewReader(encode(found)))
	decoder.UseNumber() // a float64 would change large numbers
	if err := decoder.Decode(out); err != nil {
		panic(fmt.Sprintf("freddytest: %v", err))
	}
	return Reply{}, true
}

// members returns the members of a body that is a JSON object. The faults here
// and below are put as the API's web framework puts them.
func (in Request) members() (map[string]json.RawMessage, []invalid) {
	fault := func(kind, message string) []invalid { return []invalid{{[]string{"body"}, message, kind}} }
	if len(in.Body) == 0 {
		return nil, fault("missing", "Field required")
	}
	if !json.Valid(in.Body) {
		return nil, fault("json_invalid", "JSON decode error")
	}
	var found map[string]json.RawMessage
	if json.Unmarshal(in.Body, &found) != nil || found == nil {
		return nil, fault("model_attributes_type", "Input should be a valid dictionary or object to extract fields from")
	}
	return found, nil
}

// faults says what is wrong with the members. Unlike the web framework it does
// not repeat a value, and a name only without what is secret in the body.
func (in Request) faults(found map[string]json.RawMessage, members []member, required []string) []invalid {
	var faults []invalid
	refuse := func(name, kind, message string) {
		faults = append(faults, invalid{[]string{"body", name}, message, kind})
	}
	unknown := maps.Clone(found)
	for _, m := range members {
		value, given := found[m.name]
		delete(unknown, m.name)
		switch {
		case given && !strings.Contains(m.form.begins, string(value[:1])):
			refuse(m.name, m.form.fault, m.form.message)
		case !given && slices.Contains(required, m.name):
			refuse(m.name, "missing", "Field required")
		}
	}
	_, secrets := maskCredentials(in.Body)
	hidden := replacer(secrets)
	for _, name := range slices.Sorted(maps.Keys(unknown)) {
		refuse(hidden.Replace(name), "extra_forbidden", "Extra inputs are not permitted")
	}
	return faults
}

func unprocessable(faults []invalid) Reply {
	return respond(http.StatusUnprocessableEntity, detail{faults})
}
