package freddy_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
)

// Users build errors in their own tests: every one of them must work by hand.
func TestErrorsMadeByHand(t *testing.T) {
	for _, row := range []struct {
		err  error
		text string
	}{
		{&freddy.ArgumentError{Argument: "id", Reason: "must not be empty"}, "freddy: id must not be empty"},
		{&freddy.APIError{Method: "GET", Path: "/x", StatusCode: 404}, "freddy: GET /x: 404 Not Found"},
		{&freddy.APIError{Method: "GET", Path: "/x", StatusCode: 404, Message: "Not Found", Attempts: 2}, "freddy: GET /x: 404 Not Found, 2 attempts"},
		{&freddy.APIError{Method: "GET", Path: "/x", StatusCode: 799, Code: "c", Message: "m\nn", RequestID: "r"}, `freddy: GET /x: 799 c: m\nn, request id r`},
		{
			&freddy.APIError{Method: "GET", Path: "/x", StatusCode: 302, Header: http.Header{"Location": {"https://u:p@h.example.com:8/secret?q=1"}}},
			"freddy: GET /x: 302 Found, to https://h.example.com:8",
		},
		{&freddy.TransportError{Method: "GET", Path: "/x", Attempts: 4, Err: io.EOF}, "freddy: GET /x: no complete answer, 4 attempts: EOF"},
		{
			&freddy.TransportError{Method: "POST", Path: "/x", StatusCode: 200, RequestID: "r", Attempts: 1, Ambiguous: true, Err: io.ErrUnexpectedEOF},
			"freddy: POST /x: no complete answer (200 had begun), request id r, the request may have been processed: unexpected EOF",
		},
		{&freddy.TransportError{}, "freddy:  : no complete answer"},
		{
			&freddy.DecodeError{Method: "GET", Path: "/x", StatusCode: 200, ContentType: "text/html", Err: errors.New("the JSON is not JSON")},
			"freddy: GET /x: 200 text/html, but the answer is not as documented: the JSON is not JSON",
		},
		{&freddy.DecodeError{}, "freddy:  : 0, but the answer is not as documented"},
	} {
		assert.EqualError(t, row.err, row.text)
	}
	assert.False(t, (&freddy.TransportError{}).Timeout())
	assert.False(t, (&freddy.APIError{StatusCode: 404}).HasCode(""))
}

func TestClasses(t *testing.T) {
	classes := []error{
		freddy.ErrBadRequest, freddy.ErrUnauthenticated, freddy.ErrPermissionDenied, freddy.ErrNotFound,
		freddy.ErrConflict, freddy.ErrRateLimited, freddy.ErrServer, freddy.ErrInvalidArgument, freddy.ErrResponseTooLarge,
	}
	for status, want := range map[int]error{
		0: nil, 200: nil, 302: nil, 400: freddy.ErrBadRequest, 401: freddy.ErrUnauthenticated, 403: freddy.ErrPermissionDenied,
		404: freddy.ErrNotFound, 405: nil, 408: nil, 409: freddy.ErrConflict, 410: nil, 422: freddy.ErrBadRequest,
		429: freddy.ErrRateLimited, 499: nil, 500: freddy.ErrServer, 501: freddy.ErrServer, 599: freddy.ErrServer, 600: nil,
	} {
		for _, class := range classes {
			assert.Equal(t, errors.Is(want, class), errors.Is(&freddy.APIError{StatusCode: status}, class), "%d %v", status, class)
		}
	}
	assert.ErrorIs(t, &freddy.ArgumentError{}, freddy.ErrInvalidArgument)
	assert.NotErrorIs(t, &freddy.ArgumentError{}, freddy.ErrBadRequest)
}

func TestErrorTextIsBounded(t *testing.T) {
	long := strings.Repeat("é\n\u202e", 10_000)
	for _, err := range []error{
		&freddy.ArgumentError{Argument: long, Reason: long},
		&freddy.APIError{Method: long, Path: long, StatusCode: 400, Code: long, Message: long, RequestID: long, Header: http.Header{"Location": {"https://" + strings.Repeat("h", 5000)}}},
		&freddy.TransportError{Method: long, Path: long, RequestID: long, Err: errors.New(long + "the end")},
		&freddy.DecodeError{Method: long, Path: long, RequestID: long, ContentType: long, Err: errors.New(long)},
	} {
		assert.LessOrEqual(t, len(err.Error()), 1024)
		assert.NotContains(t, err.Error(), "\n")
		assert.NotContains(t, err.Error(), "\u202e")
	}
}

func TestLogValue(t *testing.T) {
	var out bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&out, nil))
	logger.Error("x", "err", &freddy.APIError{
		Method: "GET", Path: "/x", StatusCode: 404, RequestID: "r", Attempts: 1, Type: "t", Code: "c", Message: "m", TraceID: "i",
		Header: http.Header{"Hidden": {"hidden"}}, Body: []byte("hidden"),
	})
	logger.Error("x", "err", &freddy.TransportError{Method: "POST", Path: "/x", Attempts: 2, Ambiguous: true, Err: io.EOF})
	logger.Error("x", "err", &freddy.DecodeError{Method: "GET", Path: "/x", StatusCode: 200, ContentType: "text/html", Field: "/a", Snippet: "hidden", Err: io.EOF})
	for _, want := range []string{
		"err.method=GET err.path=/x err.status=404 err.request_id=r err.attempts=1 err.type=t err.code=c err.message=m err.trace_id=i",
		`err.method=POST err.path=/x err.status=0 err.request_id="" err.attempts=2 err.ambiguous=true err.cause=EOF`,
		`err.status=200 err.request_id="" err.attempts=0 err.content_type=text/html err.field=/a err.cause=EOF`,
	} {
		assert.Contains(t, out.String(), want)
	}
	assert.NotContains(t, out.String(), "hidden")
}

func TestErrorOfEachBody(t *testing.T) {
	for _, row := range []struct {
		name, body string
		status     int
		want       freddy.APIError
	}{
		{"standard", string(fixture(t, "error_standard_envelope.json")), 400, freddy.APIError{
			Type: "client_error", Code: "INVALID_EMAIL_FORMAT", Message: "Please enter a valid email address.",
			SystemMessage: "Email validation failed", TraceID: "2fbbf3b6-51a1-4f1b-88e2-c00e8b52fbb8",
			Details: []byte(`{ "field": "email", "value": "invalid-email" }`),
		}},
		{"detail", string(fixture(t, "error_detail_envelope.json")), 400, freddy.APIError{
			Type: "ValidationError", Message: "Human-readable error description", RequestID: "req_123456789",
			Fields: []freddy.FieldError{{Field: "/email", Message: "Invalid email format", Code: "INVALID_FORMAT"}},
		}},
		{"validation", string(fixture(t, "error_fastapi_validation.json")), 422, freddy.APIError{
			Message: "limit: Input should be less than or equal to 100 (and 1 more)",
			Fields: []freddy.FieldError{
				{Field: "limit", Message: "Input should be less than or equal to 100", Code: "less_than_equal"},
				{Field: "/credentials/0", Message: "Field required", Code: "missing"},
			},
		}},
		{"405", string(fixture(t, "error_fastapi_detail.json")), 405, freddy.APIError{Message: "Method Not Allowed"}},
		{"html", "<html><h1>Conflict</h1>", 409, freddy.APIError{Message: "Conflict"}},
		{"empty", "", 403, freddy.APIError{Message: "Forbidden"}},
		{"unknown status", "", 499, freddy.APIError{}},
	} {
		t.Run(row.name, func(t *testing.T) {
			url := server(t, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(row.status)
				_, _ = io.WriteString(w, row.body)
			})
			_, err := newClient(t, url).Connectors().Get(t.Context(), "pcon_x")
			var got *freddy.APIError
			require.ErrorAs(t, err, &got)
			assert.NotEmpty(t, got.Header)
			row.want.Method, row.want.Path, row.want.StatusCode, row.want.Attempts = "GET", "/prefix/v1/personal-connectors/pcon_x", row.status, 1
			row.want.Header, row.want.Body = got.Header, []byte(row.body)
			assert.Equal(t, row.want.Details, got.Details)
			row.want.Details = got.Details
			if row.body == "" {
				assert.Empty(t, got.Body)
				row.want.Body = got.Body
			}
			assert.Equal(t, row.want, *got)
		})
	}
}
