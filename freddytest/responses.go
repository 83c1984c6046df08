package freddytest

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// jsonReply returns a reply with a body that is known to have a JSON form.
func jsonReply(status int, body any) Reply {
	return Reply{Status: status, Body: string(encode(body))}
}

// listReply returns one page of a list. It has no pagination metadata, since
// their form is not documented.
func listReply[T any](data []T) Reply {
	return jsonReply(http.StatusOK, struct {
		Object string `json:"object"`
		Data   []T    `json:"data"`
	}{"list", data})
}

// dataReply returns a reply in the documented {"success":true,"data":...} form.
func dataReply(status int, data any) Reply {
	return jsonReply(status, struct {
		Success bool `json:"success"`
		Data    any  `json:"data"`
	}{true, data})
}

// errorReply returns an error response of the API.
func errorReply(status int, kind, message, code string) Reply {
	type apiError struct {
		Type    string `json:"type"`
		Message string `json:"message"`
		Code    string `json:"code"`
	}
	return jsonReply(status, map[string]apiError{"error": {kind, message, code}})
}

// detailReply returns an error response of the API's web framework. The detail
// is a string or a list of validation errors.
func detailReply(status int, detail any) Reply {
	return jsonReply(status, map[string]any{"detail": detail})
}

func notFound() Reply { return detailReply(http.StatusNotFound, "Not Found") }

// validationError is one invalid parameter or body field, as the web framework
// reports it, but without the invalid value.
type validationError struct {
	Loc  []string `json:"loc"`
	Msg  string   `json:"msg"`
	Type string   `json:"type"`
}

func invalidReply(errs []validationError) Reply {
	return detailReply(http.StatusUnprocessableEntity, errs)
}

// membersOf returns the members of a model's JSON form. If one of nullable is empty
// or absent, it is null.
func membersOf(model any, nullable ...string) map[string]json.RawMessage {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(encode(model), &members); err != nil {
		panic(fmt.Sprintf("freddytest: %v", err))
	}
	for _, name := range nullable {
		if value := string(members[name]); value == "" || value == `""` {
			members[name] = json.RawMessage("null")
		}
	}
	return members
}

// encode returns the JSON form of a value that is known to have one.
func encode(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("freddytest: %v", err))
	}
	return data
}
