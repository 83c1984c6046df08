package redact_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go/internal/redact"
)

func TestCauseReachesTheErrorsBehindIt(t *testing.T) {
	op := &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", io.ErrClosedPipe)}
	cause := redact.New(testKey).Cause("dial "+testKey, nil, op)
	assert.Equal(t, "dial REDACTED", cause.Error())
	require.ErrorIs(t, cause, io.ErrClosedPipe)
	require.NotErrorIs(t, cause, io.EOF)
	var got *net.OpError
	require.ErrorAs(t, cause, &got)
	assert.Same(t, op, got)
}

type requestError struct{ Header http.Header }

func (requestError) Error() string { return "clean message" }

func TestCauseIsNotPrinted(t *testing.T) {
	cause := redact.New(testKey).Cause("clean message", nil, requestError{http.Header{"Authorization": {testKey}}})
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		assert.NotContains(t, fmt.Sprintf(verb, cause), testKey, verb)
		assert.NotContains(t, fmt.Sprintf(verb, struct{ err error }{cause}), testKey, verb)
	}
	encoded, err := json.Marshal(cause) //nolint:staticcheck // it has nothing to encode, which is tested
	require.NoError(t, err)
	assert.NotContains(t, string(encoded), testKey)
}

func TestCauseWithTheSecretInAMessage(t *testing.T) {
	r := redact.New(testKey)
	echo := fmt.Errorf("malformed response %q: %w", testKey, io.ErrUnexpectedEOF)
	wrapped := &url.Error{Op: "Get", URL: "https://api.example.com", Err: echo}
	for name, err := range map[string]error{
		"its own":    wrapped,
		"a joined":   errors.Join(&url.Error{Op: "Get", URL: "https://api.example.com", Err: io.EOF}, echo),
		"a replaced": replaced{wrapped},
	} {
		cause := r.Cause(echo.Error(), nil, err)
		assert.Equal(t, `malformed response "REDACTED": unexpected EOF`, cause.Error(), name)
		require.ErrorIs(t, cause, io.ErrUnexpectedEOF, name)
		var target *url.Error
		assert.NotErrorAs(t, cause, &target, name)
	}
}

// replaced has a clean message of its own.
type replaced struct{ error }

func (replaced) Error() string   { return "clean message" }
func (r replaced) Unwrap() error { return r.error }

type timeoutError struct{}

func (timeoutError) Error() string        { return "i/o timeout" }
func (timeoutError) Timeout() bool        { return true }
func (timeoutError) Is(target error) bool { return target == context.DeadlineExceeded }

func TestCauseIsANetError(t *testing.T) {
	r := redact.New(testKey)
	timeout := r.Cause("i/o timeout", []error{context.DeadlineExceeded}, fmt.Errorf("read: %w", timeoutError{}))
	assert.NotErrorIs(t, timeout, context.DeadlineExceeded)
	var netErr net.Error
	require.ErrorAs(t, timeout, &netErr)
	assert.True(t, netErr.Timeout())
	assert.True(t, netErr.Temporary()) //nolint:staticcheck // a part of net.Error

	canceled := r.Cause("context canceled", nil, context.Canceled, timeout, errors.New("other"))
	require.ErrorIs(t, canceled, context.Canceled)
	assert.NotErrorIs(t, canceled, context.DeadlineExceeded)
	assert.False(t, canceled.Timeout(), "the direct cause is the first error")
	assert.False(t, canceled.Temporary())
	assert.False(t, r.Cause("no error behind it", nil).Timeout())
}
