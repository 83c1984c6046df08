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
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go/internal/faulty"
)

// fakeTB records failures instead of reporting them.
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

// end runs the cleanups and returns the failures.
func (f *fakeTB) end() []string {
	for len(f.cleanups) > 0 {
		last := f.cleanups[len(f.cleanups)-1]
		f.cleanups = f.cleanups[:len(f.cleanups)-1]
		last()
	}
	return f.failures
}

func (f *fakeTB) Error(args ...any) { f.Errorf("%s", fmt.Sprint(args...)) }

// watch returns the checks of a test, those of goroutines included.
func watch(tb testing.TB) *faulty.Checks {
	checks := faulty.NewChecks(tb)
	checks.Goroutines()
	return checks
}

func TestChecksPass(t *testing.T) {
	fake := &fakeTB{TB: t}
	checks := watch(fake)
	s := checks.Server(faulty.Serve(fake, faulty.Reply(200, "")))
	transport := &http.Transport{}
	checks.CloseIdle(transport.CloseIdleConnections)
	response, err := (&http.Client{Transport: transport}).Get(s.URL())
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	assert.Equal(t, 1, s.Open())
	assert.Empty(t, fake.end())
}

func TestChecksFindConnections(t *testing.T) {
	fake := &fakeTB{TB: t}
	checks := watch(fake)
	checks.Grace = 20 * time.Millisecond
	s := checks.Server(faulty.Serve(fake, faulty.Reply(200, "")))
	transport := &http.Transport{}
	response, err := (&http.Client{Transport: transport}).Get(s.URL())
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	assert.Equal(t, []string{"faulty: connections left open: 1 of 1"}, fake.end())
}

func TestChecksFindGoroutines(t *testing.T) {
	fake := &fakeTB{TB: t}
	checks := watch(fake)
	checks.Grace = 20 * time.Millisecond
	stop := make(chan struct{})
	defer close(stop)
	for range 10 { // several, since goroutines of an earlier test may end meanwhile
		go leaky(stop)
	}
	failures := fake.end()
	require.Len(t, failures, 1)
	assert.Contains(t, failures[0], "faulty: goroutines left")
	assert.Contains(t, failures[0], "leaky")
}

func leaky(stop chan struct{}) { <-stop }

func TestChecksWaitForGoroutines(t *testing.T) {
	fake := &fakeTB{TB: t}
	watch(fake)
	for range 10 {
		go time.Sleep(10 * time.Millisecond)
	}
	assert.Empty(t, fake.end())
}

func TestMainExitCode(t *testing.T) {
	tests := map[string]struct {
		run  func() int
		code int
		want string // on stderr
	}{
		"success": {func() int { return 0 }, 0, ""},
		"failure": {func() int { return 3 }, 3, ""},
		"stderr":  {func() int { fmt.Fprint(os.Stderr, "on stderr"); return 0 }, 1, "on stderr"},
		"log":     {func() int { log.Print("by log"); return 0 }, 1, "by log"},
		"slog":    {func() int { slog.Warn("by slog"); return 0 }, 1, "by slog"},
		"debug":   {func() int { slog.Debug("by slog"); return 3 }, 3, "by slog"},
		"handler": {func() int {
			_ = slog.Default().Handler().Handle(context.Background(), slog.Record{Message: "by handler"})
			return 0
		}, 1, "by handler"},
		"warning": {func() int { fmt.Fprintln(os.Stderr, "testing: warning: no tests to run"); return 0 }, 0, "no tests to run"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			stderr, output, flags, logger := os.Stderr, log.Writer(), log.Flags(), slog.Default()
			shown, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
			require.NoError(t, err)
			defer shown.Close()
			os.Stderr = shown
			code := faulty.Main(test.run)
			assert.Same(t, shown, os.Stderr)
			os.Stderr = stderr
			assert.Equal(t, test.code, code)
			text, err := os.ReadFile(shown.Name())
			require.NoError(t, err)
			if test.want == "" {
				assert.Empty(t, string(text))
			} else {
				assert.Contains(t, string(text), test.want)
			}
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
		"string":           {"key " + secret + ".", "%v contains a secret, plain"},
		"bytes":            {[]byte("key " + secret), "%d contains a secret, decimal"},
		"Go bytes":         {[]byte(secret), "%#v contains a secret, Go bytes"},
		"array":            {[32]byte([]byte(secret + strings.Repeat(".", 32-len(secret)))), "reflection contains a secret, plain"},
		"hex":              {hex.EncodeToString([]byte("key " + secret)), "%v contains a secret, hex"},
		"upper hex":        {fmt.Sprintf("%X", secret), "%v contains a secret, upper hex"},
		"base64":           {base64.StdEncoding.EncodeToString([]byte(secret)), "%v contains a secret, base64"},
		"base64 within 1":  {base64.StdEncoding.EncodeToString([]byte("k" + secret + "k")), "%v contains a secret, base64"},
		"base64 within 2":  {base64.StdEncoding.EncodeToString([]byte("ke" + secret + "ke")), "%v contains a secret, base64"},
		"base64 within 3":  {base64.StdEncoding.EncodeToString([]byte("key" + secret + "key")), "%v contains a secret, base64"},
		"URL base64":       {base64.RawURLEncoding.EncodeToString([]byte("k" + secret + "k")), "%v contains a secret, URL base64"},
		"URL query":        {"https://localhost/?key=" + strings.NewReplacer(`"`, "%22", "&", "%26", "/", "%2F", "<", "%3C", "Ü", "%C3%9C", ">", "%3E").Replace(secret), "%v contains a secret, in a URL query"},
		"public field":     {public{secret}, "json contains a secret, in JSON"},
		"gob":              {public{secret}, "gob contains a secret, plain"},
		"private field":    {&private{secret}, "reflection.key contains a secret"},
		"pointer in field": {nested{&key}, "reflection.next contains a secret"},
		"ring":             {ring, "reflection.key contains a secret"},
		"map key":          {nested{map[string]int{secret: 1}}, "reflection.next[key] contains a secret"},
		"map value":        {nested{map[int]any{1: []any{"", private{secret}}}}, "reflection.next[value][1].key contains a secret"},
		"request":          {request, "reflection.Header[value][0] contains a secret"},
		"stringer":         {stringer{reveal}, "%s contains a secret"},
		"pointer stringer": {&stringer{reveal}, "%v contains a secret"},
		"formatter":        {formatter{reveal}, "%#v contains a secret"},
		"text":             {textual{reveal}, "slog text contains a secret"},
		"log value":        {logged{reveal}, "slog json contains a secret"},
		"json error":       {jsonic{reveal}, "json contains a secret"},
		"json panic":       {panicky{reveal}, "json contains a secret"},
		"gob encoder":      {gobic{reveal}, "gob contains a secret"},
		"error":            {errors.New("key " + secret), "errors.Join contains a secret"},
		"wrapped":          {computed{func() error { return private2{} }}, "unwrapped to faulty_test.private2: %v contains a secret"},
		"joined":           {fmt.Errorf("%.1w %.1w", io.EOF, computed{func() error { return private2{} }}), "unwrapped to faulty_test.private2: %v contains a secret"},
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

// private2 is an error whose Error method alone reveals the secret.
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

func TestNoSecretsFindsEach(t *testing.T) {
	for _, value := range []string{"first secret", "second secret"} {
		fake := &fakeTB{TB: t}
		faulty.NoSecrets(fake, []string{"first secret", "second secret"}, "harmless", value)
		assert.NotEmpty(t, fake.failures)
		assert.NotContains(t, strings.Join(fake.failures, "\n"), value)
	}
	faulty.NoSecrets(t, []string{"first secret", "second secret"}, "harmless")
}

func TestNoSecretTooShort(t *testing.T) {
	fake := &fakeTB{TB: t}
	faulty.NoSecret(fake, "short", "value")
	require.Len(t, fake.failures, 1)
	assert.NotContains(t, fake.failures[0], "short\"")
}
