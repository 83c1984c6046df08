package faulty_test

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go/internal/faulty"
)

// fakeTB keeps failures to itself, so that a check can be seen to fail.
type fakeTB struct {
	testing.TB
	failures []string
	cleanups []func()
}

func (f *fakeTB) Cleanup(cleanup func()) { f.cleanups = append(f.cleanups, cleanup) }

func (f *fakeTB) Errorf(format string, args ...any) {
	f.failures = append(f.failures, fmt.Sprintf(format, args...))
}

func (f *fakeTB) Fatal(args ...any) {
	f.failures = append(f.failures, fmt.Sprint(args...))
	panic("fatal")
}

// end does what the end of a test does, and returns the failures so far.
func (f *fakeTB) end() []string {
	for len(f.cleanups) > 0 {
		last := f.cleanups[len(f.cleanups)-1]
		f.cleanups = f.cleanups[:len(f.cleanups)-1]
		last()
	}
	return f.failures
}

func TestWatchPasses(t *testing.T) {
	fake := &fakeTB{TB: t}
	checks := faulty.Watch(fake)
	s := checks.Server(faulty.Serve(fake, faulty.Reply(200, "")))
	transport := &http.Transport{}
	checks.CloseIdle(transport.CloseIdleConnections)
	response, err := (&http.Client{Transport: transport}).Get(s.URL())
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	assert.Equal(t, 1, s.Open())
	assert.Empty(t, fake.end())
}

func TestWatchFindsConnections(t *testing.T) {
	fake := &fakeTB{TB: t}
	checks := faulty.Watch(fake)
	checks.Grace = 20 * time.Millisecond
	s := checks.Server(faulty.Serve(fake, faulty.Reply(200, "")))
	transport := &http.Transport{}
	response, err := (&http.Client{Transport: transport}).Get(s.URL())
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	assert.Equal(t, []string{"faulty: connections left open: 1 of 1"}, fake.end())
}

func TestWatchFindsGoroutines(t *testing.T) {
	fake := &fakeTB{TB: t}
	checks := faulty.Watch(fake)
	checks.Grace = 20 * time.Millisecond
	stop := make(chan struct{})
	defer close(stop)
	for range 10 { // some, since goroutines of a test before may end meanwhile
		go leaky(stop)
	}
	failures := fake.end()
	require.Len(t, failures, 1)
	assert.Contains(t, failures[0], "faulty: goroutines left")
	assert.Contains(t, failures[0], "leaky")
}

func leaky(stop chan struct{}) { <-stop }

func TestWatchWaitsForGoroutines(t *testing.T) {
	fake := &fakeTB{TB: t}
	faulty.Watch(fake)
	for range 10 {
		go time.Sleep(10 * time.Millisecond)
	}
	assert.Empty(t, fake.end())
}

func TestQuiet(t *testing.T) {
	tests := map[string]func(){
		"":        func() {},
		"stderr":  func() { fmt.Fprint(os.Stderr, "stderr") },
		"log":     func() { log.Print("log") },
		"slog":    func() { slog.Warn("slog") },
		"debug":   func() { slog.Debug("debug") },
		"handler": func() { _ = slog.Default().Handler().Handle(context.Background(), slog.Record{Message: "handler"}) },
	}
	for name, write := range tests {
		t.Run(name, func(t *testing.T) {
			stderr, output, flags, logger := os.Stderr, log.Writer(), log.Flags(), slog.Default()
			fake := &fakeTB{TB: t}
			faulty.Quiet(fake)
			write()
			failures := fake.end()
			if name == "" {
				assert.Empty(t, failures)
			} else {
				require.Len(t, failures, 1)
				assert.Contains(t, failures[0], name)
			}
			assert.Same(t, stderr, os.Stderr)
			assert.Equal(t, output, log.Writer())
			assert.Equal(t, flags, log.Flags())
			assert.Same(t, logger, slog.Default())
		})
	}
}

const secret = `sk-"a&b/c"<Ü>_7f3e`

type (
	public    struct{ Key string }
	private   struct{ key string }
	stringer  struct{ f func() string }
	textual   struct{ f func() string }
	jsonic    struct{ f func() string }
	gobic     struct{ f func() string }
	logged    struct{ f func() string }
	formatter struct{ f func() string }
	panicky   struct{ f func() string }
	computed  struct{ inner func() error }
	nested    struct{ next any }
	node      struct {
		next *node
		key  *string
	}
	nilError struct{ inner error }
	endless  struct{}
)

func reveal() string                           { return secret }
func (s stringer) String() string              { return s.f() }
func (s textual) MarshalText() ([]byte, error) { return []byte(s.f()), nil }
func (s jsonic) MarshalJSON() ([]byte, error)  { return nil, errors.New(s.f()) }
func (s gobic) GobEncode() ([]byte, error)     { return []byte(s.f()), nil }
func (s logged) LogValue() slog.Value          { return slog.StringValue(s.f()) }
func (s formatter) Format(w fmt.State, _ rune) { io.WriteString(w, s.f()) }
func (s panicky) MarshalJSON() ([]byte, error) { panic(s.f()) }
func (s computed) Error() string               { return "computed" }
func (s computed) Unwrap() error               { return s.inner() }
func (e *nilError) Error() string              { return "nil" }
func (e *nilError) Unwrap() error              { return e.inner }
func (e endless) Error() string                { return "endless" }
func (e endless) Unwrap() error                { return e }

func TestNoSecretFinds(t *testing.T) {
	key := secret
	ring := &node{key: &key}
	ring.next = &node{next: ring}
	request, err := http.NewRequest(http.MethodGet, "http://localhost", nil)
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer "+secret)

	tests := map[string]struct {
		value any
		shown string // what one of the failures says
	}{
		"string":           {"key " + secret + ".", "%v shows the secret, plain"},
		"bytes":            {[]byte("key " + secret), "%d shows the secret, decimal"},
		"Go bytes":         {[]byte(secret), "%#v shows the secret, Go bytes"},
		"array":            {[32]byte([]byte(secret + strings.Repeat(".", 32-len(secret)))), "reflection shows the secret, plain"},
		"hex":              {hex.EncodeToString([]byte("key " + secret)), "%v shows the secret, hex"},
		"upper hex":        {fmt.Sprintf("%X", secret), "%v shows the secret, upper hex"},
		"base64":           {base64.StdEncoding.EncodeToString([]byte(secret)), "%v shows the secret, base64"},
		"base64 within 1":  {base64.StdEncoding.EncodeToString([]byte("k" + secret + "k")), "%v shows the secret, base64"},
		"base64 within 2":  {base64.StdEncoding.EncodeToString([]byte("ke" + secret + "ke")), "%v shows the secret, base64"},
		"base64 within 3":  {base64.StdEncoding.EncodeToString([]byte("key" + secret + "key")), "%v shows the secret, base64"},
		"URL base64":       {base64.RawURLEncoding.EncodeToString([]byte("k" + secret + "k")), "%v shows the secret, URL base64"},
		"URL query":        {"https://localhost/?key=" + strings.NewReplacer(`"`, "%22", "&", "%26", "/", "%2F", "<", "%3C", "Ü", "%C3%9C", ">", "%3E").Replace(secret), "%v shows the secret, in a URL query"},
		"public field":     {public{secret}, "json shows the secret, in JSON"},
		"gob":              {public{secret}, "gob shows the secret, plain"},
		"private field":    {&private{secret}, "reflection.key shows the secret"},
		"pointer in field": {nested{&key}, "reflection.next shows the secret"},
		"ring":             {ring, "reflection.key shows the secret"},
		"map key":          {nested{map[string]int{secret: 1}}, "reflection.next[key] shows the secret"},
		"map value":        {nested{map[int]any{1: []any{"", private{secret}}}}, "reflection.next[value][1].key shows the secret"},
		"request":          {request, "reflection.Header[value][0] shows the secret"},
		"stringer":         {stringer{reveal}, "%s shows the secret"},
		"pointer stringer": {&stringer{reveal}, "%v shows the secret"},
		"formatter":        {formatter{reveal}, "%#v shows the secret"},
		"text":             {textual{reveal}, "slog text shows the secret"},
		"log value":        {logged{reveal}, "slog json shows the secret"},
		"json error":       {jsonic{reveal}, "json shows the secret"},
		"json panic":       {panicky{reveal}, "json shows the secret"},
		"gob encoder":      {gobic{reveal}, "gob shows the secret"},
		"error":            {errors.New("key " + secret), "errors.Join shows the secret"},
		"wrapped":          {computed{func() error { return private2{} }}, "unwrapped to faulty_test.private2: %v shows the secret"},
		"joined":           {fmt.Errorf("%.1w %.1w", io.EOF, computed{func() error { return private2{} }}), "unwrapped to faulty_test.private2: %v shows the secret"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			fake := &fakeTB{TB: t}
			faulty.NoSecret(fake, secret, "harmless", test.value)
			failures := strings.Join(fake.failures, "\n")
			assert.Contains(t, failures, test.shown)
			assert.NotContains(t, failures, "value 0")
			assert.NotContains(t, failures, secret)
		})
	}
}

// private2 is an error that only its Error method gives away.
type private2 struct{}

func (private2) Error() string { return secret }

func TestNoSecretPasses(t *testing.T) {
	r := newRig(t)
	s := r.serve(faulty.Reply(200, strings.Repeat(".", 10000)))
	request, err := http.NewRequest(http.MethodGet, s.URL(), nil)
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer "+secret)
	response, err := r.client.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()

	ring := &node{}
	ring.next = ring
	self := &nested{}
	self.next = map[string]any{"self": self}
	faulty.NoSecret(t, secret,
		nil, "", []byte(nil), 7, ring, self, error(nil), (*nilError)(nil), endless{},
		errors.Join(io.EOF, io.ErrUnexpectedEOF), func() string { return secret }, stringer{func() string { return "" }},
		&nested{r.client}, &nested{response.Body}, map[any]any{1: nil}, secret[1:], time.Now(), make(chan string),
	)
}

func TestNoSecretTooShort(t *testing.T) {
	fake := &fakeTB{TB: t}
	faulty.NoSecret(fake, "short", "value")
	require.Len(t, fake.failures, 1)
	assert.NotContains(t, fake.failures[0], "short\"")
}
