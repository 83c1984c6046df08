package freddy

import (
	"context"
	"fmt"
	"runtime"

	"github.com/aitronos/freddy-go/internal/redact"
)

// maxKeyBytes bounds a key: servers bound their headers to about as much.
const maxKeyBytes = 8 << 10

// credential is a key and the header that carries it. It lives in a closure of
// the client and, as long as a call lasts, in that call.
type credential struct {
	name, value string
	redactor    *redact.Redactor // of the key
}

// An authenticator says which credential a call has.
type authenticator func(context.Context) (credential, error)

func authenticate(apiKey string, s settings) (authenticator, error) {
	name, prefix := s.authScheme.header()
	if source := s.keySource; source != nil {
		if apiKey != "" {
			return nil, &ArgumentError{"apiKey", "must be empty, for WithKeySource is given"}
		}
		return func(ctx context.Context) (credential, error) {
			key, err := source(ctx)
			if err != nil {
				return credential{redactor: redact.New(key)}, &sourceError{err}
			}
			return credential{name, prefix + key, redact.New(key)}, checkKey("WithKeySource", key)
		}, nil
	}
	if err := checkKey("apiKey", apiKey); err != nil {
		return nil, err
	}
	fixed := credential{name, prefix + apiKey, redact.New(apiKey)}
	return func(context.Context) (credential, error) { return fixed, nil }, nil
}

// sourceError is an error of the caller's key source, whatever its type.
type sourceError struct{ error }

// checkKey requires what any header can carry. It says nothing of the key.
func checkKey(argument, key string) error {
	if key == "" {
		return &ArgumentError{argument, "must not be empty"}
	}
	if len(key) > maxKeyBytes {
		return &ArgumentError{argument, fmt.Sprintf("must be at most %d bytes", maxKeyBytes)}
	}
	for _, c := range []byte(key) {
		if c <= ' ' || c > '~' {
			return &ArgumentError{argument, "must be visible ASCII, without spaces or line ends"}
		}
	}
	return nil
}

func userAgent(product string) string {
	own := fmt.Sprintf("freddy-go/%s (%s; %s/%s)", Version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	if product == "" {
		return own
	}
	return product + " " + own
}
