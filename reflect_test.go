package freddy_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
	"unsafe"
	"weak"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/internal/faulty"
)

// credentialSecret is in the body of each call of TestReflection.
const credentialSecret = "credential-secret-4b7d19"

// sighting searches everything that reflection reaches from a value, exported or
// not, for secrets. Unlike faulty.NoSecret it enters net/http's types, too.
type sighting struct {
	secrets []string
	seen    map[[2]uintptr]bool
	visits  int
	found   []string
}

func search(value any, secrets ...string) *sighting {
	s := &sighting{secrets: secrets, seen: map[[2]uintptr]bool{}}
	s.walk(fmt.Sprintf("%T", value), reflect.ValueOf(value))
	return s
}

func (s *sighting) text(path, text string) {
	for _, secret := range s.secrets {
		if strings.Contains(text, secret) {
			s.found = append(s.found, path)
		}
	}
}

func (s *sighting) walk(path string, v reflect.Value) {
	if !v.IsValid() {
		return
	}
	s.visits++
	switch v.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice:
		at := [2]uintptr{v.Pointer(), reflect.ValueOf(v.Type()).Pointer()}
		if v.IsNil() || s.seen[at] {
			return
		}
		s.seen[at] = true
	}
	switch v.Kind() {
	case reflect.String:
		s.text(path, v.String())
	case reflect.Pointer, reflect.Interface:
		s.walk(path, v.Elem())
	case reflect.Map:
		for key, value := range v.Seq2() {
			s.walk(path+"[key]", key)
			s.walk(path+"[value]", value)
		}
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			bytes := make([]byte, v.Len())
			for i := range bytes {
				bytes[i] = byte(v.Index(i).Uint())
			}
			s.text(path, string(bytes))
			return
		}
		for i := range v.Len() {
			s.walk(path+"[]", v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			s.walk(path+"."+v.Type().Field(i).Name, v.Field(i))
		}
	}
}

// credentialsCall creates a configuration with credentialSecret.
func credentialsCall(ctx context.Context, client *freddy.Client) error {
	_, err := client.Configurations().Create(ctx, freddy.ConfigurationCreateParams{
		PersonalConnectorID: "p", Name: "n", Credentials: freddy.APIKeyCredentials(credentialSecret),
	})
	return err
}

func TestReflection(t *testing.T) {
	secrets := []string{testKey, otherKey, credentialSecret}
	runInBubble(t, "H1 the walk finds secrets", func(t *T) {
		type inner struct{ hidden any }
		for _, value := range []any{
			testKey, []byte(testKey), &inner{map[string][]string{"a": {testKey}}}, context.WithValue(t.Context(), inner{}, testKey),
			inner{inner{&[]any{testKey}}},
			&http.Request{Header: http.Header{"Authorization": {"Bearer " + testKey}}}, bytes.NewReader([]byte(testKey)), &http.Transport{Proxy: nil, ProxyConnectHeader: http.Header{"A": {testKey}}},
		} {
			assert.NotEmpty(t, search(value, testKey).found, "%T", value)
		}
	})
	runInBubble(t, "H1 contexts", func(t *T) {
		// Those of hooks, log handlers, limiters, key sources and RoundTrippers.
		places := map[string]int{}
		look := func(place string, values ...any) {
			for _, value := range values {
				s := search(value, secrets...)
				places[place]++
				assert.Empty(t, s.found, place)
			}
		}
		base := script(faulty.Text(401, ""), faulty.Text(503, ""), faulty.Text(200, connectorBody))
		keys := []string{testKey, otherKey}
		hooks := freddy.Hooks{
			Call: func(ctx context.Context, info freddy.CallInfo) (context.Context, func(freddy.CallResult)) {
				look("call", ctx, info)
				return context.WithValue(ctx, info, "call"), func(r freddy.CallResult) { look("call end", ctx, r) }
			},
			Attempt: func(ctx context.Context, info freddy.AttemptInfo) (context.Context, func(freddy.AttemptResult)) {
				look("attempt", ctx, info)
				return nil, func(r freddy.AttemptResult) { look("attempt end", ctx, r, info) }
			},
		}
		var kept []context.Context
		client := t.newClient("", freddy.WithBaseURL("http://127.0.0.1"), freddy.WithRetryBackoff(0, 0), freddy.WithHooks(hooks),
			freddy.WithKeySource(func(ctx context.Context) (string, error) {
				look("key source", ctx)
				key := keys[0]
				keys = append(keys[1:], key)
				return key, nil
			}),
			freddy.WithLimiter(limiter(func(ctx context.Context) error { look("limiter", ctx); kept = append(kept, ctx); return nil })),
			freddy.WithLogger(slog.New(logHandler(func(ctx context.Context, record slog.Record) { look("log", ctx, record) }))),
			withTransport(roundTrip(func(req *http.Request) (*http.Response, error) {
				look("round trip", req.Context())
				kept = append(kept, req.Context())
				return base.RoundTrip(req)
			})))
		var apiErr *freddy.APIError
		require.ErrorAs(t, credentialsCall(t.Context(), client), &apiErr)
		_, err := client.Connectors().Get(t.Context(), "x")
		require.NoError(t, err)
		for _, place := range []string{"call", "call end", "attempt", "attempt end", "key source", "limiter", "log", "round trip"} {
			assert.NotZero(t, places[place], place)
		}
		look("kept", kept, client, client.Connectors())
	})
	run(t, "H1 clients after calls", func(t *T) {
		// No field leads to a connection, whose buffers hold requests.
		s := t.serve(faulty.Reply(403, ""))
		client := t.newClient(testKey, freddy.WithBaseURL(s.URL()))
		derived := derive(t, client, otherKey)
		for _, c := range []*freddy.Client{client, derived} {
			require.ErrorIs(t, credentialsCall(t.Context(), c), freddy.ErrPermissionDenied)
		}
		for _, value := range []any{client, *client, derived, client.Configurations(), []freddy.Client{*client}} {
			found := search(value, secrets...)
			assert.Empty(t, found.found, "%T", value)
			assert.Less(t, found.visits, 3000, "the walk does not reach net/http's connections")
		}
	})
	runInBubble(t, "H1 errors", func(t *T) {
		for _, response := range []string{
			faulty.Text(401, testKey), faulty.Text(200, testKey+credentialSecret), testKey + "\r\n\r\n", faulty.Text(503, credentialSecret, "X-A: "+testKey), faulty.Head(201, "Content-Length: 99") + testKey,
		} {
			err := credentialsCall(t.Context(), t.over(script(response), freddy.WithMaxRetries(0)))
			require.Error(t, err)
			assert.Empty(t, search(err, secrets...).found, "%.40q", response)
		}
	})
}

// A keeper is a RoundTripper that keeps all that it gets and changes all that it
// can.
type keeper struct {
	mu       sync.Mutex
	base     http.RoundTripper
	requests []*http.Request
	sent     []string // method, URL, header and body, as they came
}

func (k *keeper) RoundTrip(req *http.Request) (*http.Response, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	var body []byte
	if req.Body != nil {
		body, _ = io.ReadAll(req.Body)
		req.Body.Close()
	}
	header, _ := json.Marshal(req.Header)
	k.sent = append(k.sent, fmt.Sprintf("%s %s %s %s %s", req.Method, req.URL, req.Host, header, body))
	response, err := k.base.RoundTrip(req.Clone(context.Background())) //nolint:contextcheck // of no matter here
	k.requests = append(k.requests, req)
	for _, old := range k.requests {
		old.Method, old.Host = "EVIL", "evil.example"
		*old.URL = url.URL{Scheme: "http", Host: "evil.example", Path: "/evil", RawQuery: "evil=1"}
		for name := range old.Header {
			for i := range old.Header[name] {
				old.Header[name][i] = "evil"
			}
			old.Header[name] = append(old.Header[name], "evil")
		}
		old.Header.Set("X-Evil", "evil")
		old.Pattern, old.ContentLength, old.Close = "evil", 1, true
		old.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("evil")), nil }
		old.Body = io.NopCloser(strings.NewReader("evil"))
	}
	if response != nil {
		response.Request = req
	}
	return response, err
}

func TestRoundTripperKeepsRequests(t *testing.T) {
	runInBubble(t, "nothing of one attempt is in another", func(t *T) {
		busy := faulty.Text(503, "")
		run := func(rt http.RoundTripper) []string {
			client := t.over(rt, freddy.WithHeader("X-A", "a"), freddy.WithRetryBackoff(0, 0))
			derived := derive(t, client, otherKey)
			for _, c := range []*freddy.Client{client, derived, client} {
				t.do(c, http.MethodPut).ok(4)
				_, err := c.Connectors().List(t.Context(), freddy.ConnectorListParams{Category: "dev", Limit: 3})
				require.NoError(t, err)
				require.NoError(t, credentialsCall(t.Context(), c))
			}
			if keep, ok := rt.(*keeper); ok {
				return keep.sent
			}
			return nil
		}
		responses := []string{busy, busy, busy, faulty.Text(200, connectorBody), faulty.Text(200, `[]`), faulty.Text(200, `{"id":"x"}`)}
		keep := &keeper{base: script(append(append(append([]string{}, responses...), responses...), responses...)...)}
		sent := run(keep)
		require.Len(t, sent, 3*len(responses))
		for _, request := range sent {
			assert.NotContains(t, request, "evil")
		}
		for i := 1; i < 4; i++ {
			assert.Equal(t, sent[0], sent[i], "attempts are equal")
		}
		assert.Equal(t, sent[:6], sent[12:], "calls are equal")
		assert.Equal(t, sent[0], strings.ReplaceAll(sent[6], otherKey, testKey), "a derived client differs by its key")
		for i, request := range sent {
			assert.Equal(t, i >= 6 && i < 12, strings.Contains(request, otherKey), request)
			assert.Equal(t, i%6 == 5, strings.Contains(request, credentialSecret), request)
		}
	})
	runInBubble(t, "kept responses", func(t *T) {
		// What the RoundTripper does with its response later changes no result.
		var kept []*http.Response
		base := script(faulty.Text(404, `{"error":{"code":"c","message":"m"}}`, "X-A: a", "X-Request-Id: req_1"))
		rt := roundTrip(func(req *http.Request) (*http.Response, error) {
			response, err := base.RoundTrip(req)
			kept = append(kept, response)
			return response, err
		})
		client := t.over(rt)
		o := t.get(client)
		err := o.api(404, 1)
		err.Header.Set("X-A", "changed by the caller")
		err.Body[0] = 'x'
		assert.Equal(t, "a", o.response.Header.Get("X-A"), "an error and a Response share no memory")
		t.get(client).isAPI(404, 1)
		require.Len(t, kept, 2)
	})
	runInBubble(t, "no credential stays in a pool", func(t *T) {
		// After the calls end, what the RoundTripper still has does not lead to a key
		// that it did not get: a pooled call is empty.
		var contexts []context.Context
		base := script(faulty.Text(200, `{"id":"x"}`))
		client := t.over(roundTrip(func(req *http.Request) (*http.Response, error) {
			contexts = append(contexts, req.Context())
			return base.RoundTrip(req)
		}))
		for range 10 {
			require.NoError(t, credentialsCall(t.Context(), client))
			require.NoError(t, credentialsCall(t.Context(), derive(t, client, otherKey)))
		}
		assert.Empty(t, search(contexts, testKey, otherKey, credentialSecret).found)
	})
	t.Run("nothing of a call stays in a pool", func(t *testing.T) { // not parallel: one collection leaves what lies in pools
		for name, response := range map[string]string{
			"success":     faulty.Text(200, connectorBody),
			"not found":   faulty.Text(404, `{"error":{"code":"c"}}`),
			"invalid":     faulty.Text(200, `{"id":1}`),
			"no response": "",
		} {
			client, err := freddy.NewClient(testKey, withTransport(script(response)), freddy.WithMaxRetries(0))
			require.NoError(t, err)
			id := strings.Repeat("x", 100)
			_, err = client.Connectors().Get(t.Context(), id)
			assert.Equal(t, name == "success", err == nil)
			last := weak.Make(unsafe.StringData(id))
			runtime.GC()
			assert.Nil(t, last.Value(), name)
		}
	})
	runInBubble(t, "bodies are not shared", func(t *T) {
		// The memory of a response is reused, but not while a result has a part of it.
		var raws []json.RawMessage
		var items []*freddy.Connector
		var want []string
		n := 0
		rt := roundTrip(func(req *http.Request) (*http.Response, error) {
			n++
			return script(faulty.Text(200, fmt.Sprintf(`{"id":"pcon_%04d","name":"%04d","x":{"y":[%d]}}`, n, n, n))).RoundTrip(req)
		})
		client := t.over(rt)
		for range 50 {
			var raw json.RawMessage
			require.NoError(t, client.Do(t.Context(), http.MethodGet, "/x", nil, &raw))
			raws = append(raws, raw)
			item, err := client.Connectors().Get(t.Context(), "x")
			require.NoError(t, err)
			items = append(items, item)
			want = append(want, fmt.Sprintf(`{"id":"pcon_%04d","name":"%04d","x":{"y":[%d]}}`, n-1, n-1, n-1))
		}
		for i := range raws {
			assert.Equal(t, want[i], string(raws[i]))
			assert.Equal(t, []string{fmt.Sprintf("pcon_%04d", 2*i+2), fmt.Sprintf("%04d", 2*i+2), fmt.Sprintf(`{"y":[%d]}`, 2*i+2)}, []string{items[i].ID, items[i].Name, string(items[i].Extra["x"])})
		}
	})
}

// Short secrets are ordinary words.
func TestShortSecrets(t *testing.T) {
	names := []string{"X-Api-Key-Id: 1", "X-Connector: 1", "X-Main: 1", "X-Request-Id: req_invalid_main_key_connector"}
	body := `{"error":{"type":"invalid_key_error","code":"invalid_api_key","message":"invalid main key of the connector","trace_id":"main-key-invalid-connector"}}`
	for _, key := range []string{"invalid", "key", "main", "connector", "personal", "api_key", "k", "connectors", "invalid_api_key"} {
		runInBubble(t, "J11 key "+key, func(t *T) {
			client := t.newClient(key, freddy.WithBaseURL("http://127.0.0.1/main/v1"), withTransport(script(faulty.Text(401, body, names...))))
			_, err := client.Connectors().Get(t.Context(), "connector")
			var apiErr *freddy.APIError
			require.ErrorAs(t, err, &apiErr)
			assert.Equal(t, []string{"invalid_key_error", "invalid_api_key", "main-key-invalid-connector", "req_invalid_main_key_connector", "/main/v1/personal-connectors/connector", "GET"},
				[]string{apiErr.Type, apiErr.Code, apiErr.TraceID, apiErr.RequestID, apiErr.Path, apiErr.Method})
			assert.True(t, freddy.HasCode(err, freddy.CodeInvalidAPIKey))
			for _, name := range []string{"X-Api-Key-Id", "X-Connector", "X-Main"} {
				assert.NotEmpty(t, apiErr.Header.Get(name), name)
			}
			if len(key) < 8 {
				assert.Equal(t, "invalid main key of the connector", apiErr.Message)
				assert.Equal(t, body, string(apiErr.Body))
			} else {
				assert.NotContains(t, string(apiErr.Body)+apiErr.Message, key, "from 8 bytes a secret is replaced")
			}
		})
	}
	runInBubble(t, "J11 credentials", func(t *T) {
		rt := script(faulty.Text(422, `{"detail":{"code":"connector_name_invalid","message":"no connector"}}`, "X-Connector: connector", "X-Request-Id: req_connector"))
		_, err := t.over(rt).Configurations().Create(t.Context(), freddy.ConfigurationCreateParams{
			PersonalConnectorID: "p", Name: "n", Credentials: freddy.NewCredentials(map[string]any{"username": "connector", "password": "personal-connectors"}),
		})
		var apiErr *freddy.APIError
		require.ErrorAs(t, err, &apiErr)
		assert.Equal(t, []string{"connector_name_invalid", "req_connector", "/v1/personal-connectors/configurations", "no REDACTED"},
			[]string{apiErr.Code, apiErr.RequestID, apiErr.Path, apiErr.Message})
		assert.Equal(t, []string{"REDACTED"}, apiErr.Header["X-Connector"], "a value")
	})
	runInBubble(t, "J11 lengths", func(t *T) {
		for _, row := range []struct {
			length            int
			inMessage, inCode bool
		}{{7, false, false}, {8, true, false}, {15, true, false}, {16, true, true}} {
			key := "test-abcdefghijklmnop"[:row.length]
			rt := script(faulty.Text(404, `{"error":{"code":"`+key+`","message":"`+key+`"}}`, "X-"+key+": 1", "X-Request-Id: "+key))
			client := t.newClient(key, freddy.WithBaseURL("http://127.0.0.1"), withTransport(rt))
			var apiErr *freddy.APIError
			require.ErrorAs(t, second(client.Connectors().Get(t.Context(), "x")), &apiErr)
			shown := func(replaced bool) string {
				if replaced {
					return "REDACTED"
				}
				return key
			}
			assert.Equal(t, []string{shown(row.inMessage), shown(row.inCode), shown(row.inCode)}, []string{apiErr.Message, apiErr.Code, apiErr.RequestID}, row.length)
			assert.Equal(t, row.inCode, apiErr.Header.Get("X-"+key) == "", "header name, %d", row.length)
		}
	})
}
