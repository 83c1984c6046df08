package freddytest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
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

// envelopeError is an error in the envelope of the newer pages.
type envelopeError struct {
	Code          string    `json:"code"`
	Message       string    `json:"message"`
	SystemMessage string    `json:"system_message"`
	Type          string    `json:"type"`
	Status        int       `json:"status"`
	TraceID       string    `json:"trace_id"`
	Timestamp     time.Time `json:"timestamp"`
	Details       *struct{} `json:"details,omitempty"`
}

// envelopeReply returns an error response. It sets the trace id and the time.
func (f *Fake) envelopeReply(e envelopeError) Reply {
	e.TraceID, e.Timestamp = f.requestID(), now()
	return jsonReply(e.Status, struct {
		Success bool          `json:"success"`
		Error   envelopeError `json:"error"`
	}{false, e})
}

// unauthorized is documented for accounts, and taken for MCP configurations.
func (f *Fake) unauthorized() Reply {
	return f.envelopeReply(envelopeError{
		Code:          "UNAUTHORIZED",
		Message:       "Authentication required. Please provide a valid API key.",
		SystemMessage: "Missing or invalid authorization header",
		Type:          "authentication_error",
		Status:        http.StatusUnauthorized,
	})
}

// authenticationRequired is documented for available connectors and connections.
func (f *Fake) authenticationRequired() Reply {
	return f.envelopeReply(envelopeError{
		Code:          "AUTHENTICATION_REQUIRED",
		Message:       "Authentication required. Please provide a valid API key.",
		SystemMessage: "Missing or invalid authorization header",
		Type:          "authentication_error",
		Status:        http.StatusUnauthorized,
		Details:       new(struct{}),
	})
}

// invalidRequest is documented for a 400. The reasons of the Fake are invented.
func (f *Fake) invalidRequest() Reply {
	return f.envelopeReply(envelopeError{
		Code:          "VALIDATION_ERROR",
		Message:       "Invalid request parameters",
		SystemMessage: "Validation failed",
		Type:          "validation_error",
		Status:        http.StatusBadRequest,
	})
}

// unknownID is invented, as is its code: the documentation has no error for an
// unknown id of accounts, connections and MCP configurations.
func (f *Fake) unknownID() Reply {
	return f.envelopeReply(envelopeError{
		Code:          "NOT_FOUND",
		Message:       "The requested resource was not found.",
		SystemMessage: "Resource not found",
		Type:          "client_error",
		Status:        http.StatusNotFound,
	})
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
