package freddy_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/internal/faulty"
)

func TestKeySource(t *testing.T) {
	withSource := func(t *T, origin string, source func(context.Context) (string, error)) *freddy.Client {
		return t.newClient("", freddy.WithBaseURL(origin+"/v1"), freddy.WithKeySource(source),
			freddy.WithRetryBackoff(time.Millisecond, 8*time.Millisecond), freddy.WithAttemptTimeout(300*time.Millisecond))
	}
	runInBubble(t, "called once a call", func(t *T) {
		s := t.serve(faulty.Reply(http.StatusServiceUnavailable, ""))
		called := 0
		type name struct{}
		ctx := context.WithValue(t.Context(), name{}, "caller's")
		client := withSource(t, s.URL(), func(ctx context.Context) (string, error) {
			called++
			assert.Equal(t, "caller's", ctx.Value(name{}))
			return fmt.Sprintf("%s-%d", testKey, called), nil
		})
		assert.Zero(t, called, "not before a call")
		require.ErrorIs(t, t.call(ctx, client, http.MethodGet).api(http.StatusServiceUnavailable, 4), freddy.ErrServer)
		assert.Equal(t, 1, called)
		require.ErrorIs(t, t.call(ctx, client, http.MethodGet).api(http.StatusServiceUnavailable, 4), freddy.ErrServer)
		assert.Equal(t, 2, called)
		for i, request := range s.Requests() {
			assert.Equal(t, fmt.Sprintf("Bearer %s-%d", testKey, 1+i/4), request.Header.Get("Authorization"), "a new key for the next call only")
		}
	})
	runInBubble(t, "not called for invalid arguments", func(t *T) {
		client := withSource(t, t.untouched().URL(), func(context.Context) (string, error) {
			assert.Fail(t, "called")
			return testKey, nil
		})
		t.rejectedID(client, "")
		t.argument(client.Do(t.Context(), http.MethodPost, "/x", make(chan int), nil), "in")
	})
	runInBubble(t, "fails", func(t *T) {
		client := withSource(t, t.untouched().URL(), func(context.Context) (string, error) {
			return testKey, fmt.Errorf("vault sealed, last key %s: %w", testKey, errTest)
		})
		o := t.get(client)
		require.ErrorIs(t, o.transport(0, 0), errTest)
		assert.False(t, o.transport(0, 0).Ambiguous)
		assert.False(t, o.transport(0, 0).Timeout())
		assert.Contains(t, o.err.Error(), "vault sealed")
		for _, err := range client.Connectors().All(t.Context(), freddy.ConnectorListParams{}) {
			require.ErrorIs(t, err, errTest)
		}
	})
	// An *ArgumentError of the source says nothing of the call's arguments.
	runInBubble(t, "fails with an argument error", func(t *T) {
		client := withSource(t, t.untouched().URL(), func(ctx context.Context) (string, error) {
			_, err := new(freddy.Client).Connectors().Get(ctx, "x")
			return "", fmt.Errorf("get the key: %w", err)
		})
		o := t.get(client)
		assert.Contains(t, o.transport(0, 0).Error(), "get the key")
	})
	runInBubble(t, "fails with its own deadline", func(t *T) {
		client := withSource(t, t.untouched().URL(), func(ctx context.Context) (string, error) {
			ctx, cancel := context.WithTimeout(ctx, time.Millisecond)
			defer cancel()
			<-ctx.Done()
			return "", ctx.Err()
		})
		assert.True(t, t.get(client).transport(0, 0).Timeout()) // settle checks that it is not context.DeadlineExceeded
	})
	runInBubble(t, "G5 blocks until the deadline", func(t *T) {
		client := withSource(t, t.untouched().URL(), func(ctx context.Context) (string, error) {
			<-ctx.Done()
			return "", ctx.Err()
		})
		ctx, cancel := context.WithTimeoutCause(t.Context(), 20*time.Millisecond, errTest)
		defer cancel()
		err := t.call(ctx, client, http.MethodGet).within(20*time.Millisecond).transport(0, 0)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorIs(t, err, errTest)
		assert.True(t, err.Timeout())
	})
	runInBubble(t, "F8 invalid keys", func(t *T) {
		s := t.untouched()
		for _, key := range []string{"", " ", testKey + "\n", testKey + "\r\nX: 1", "\x00" + testKey, testKey + "é", strings.Repeat(testKey, 1000)} {
			client := withSource(t, s.URL(), func(context.Context) (string, error) { return key, nil })
			t.allReject(t.Context(), client, client.Connectors(), "WithKeySource")
		}
	})
	runInBubble(t, "F7 and a key", func(t *T) {
		source := freddy.WithKeySource(func(context.Context) (string, error) { return testKey, nil })
		_, err := freddy.NewClient(testKey, source)
		t.argument(err, "apiKey")
	})
	runInBubble(t, "concurrent", func(t *T) {
		s := t.serve(func(c *faulty.Conn) {
			key := strings.TrimPrefix(c.Request().Header.Get("Authorization"), "Bearer ")
			faulty.Reply(http.StatusNotFound, `{"error":{"message":"no connector for `+key+`"}}`)(c)
		})
		var called atomic.Int64
		client := withSource(t, s.URL(), func(context.Context) (string, error) {
			return fmt.Sprintf("%s-%04d", testKey, called.Add(1)), nil
		})
		errs := make([]error, 40)
		var tasks sync.WaitGroup
		for i := range errs {
			tasks.Go(func() { _, errs[i] = client.Connectors().Get(t.Context(), "x") })
		}
		tasks.Wait()
		for _, err := range errs {
			require.ErrorIs(t, err, freddy.ErrNotFound)
			assert.True(t, strings.HasSuffix(err.Error(), "no connector for REDACTED"), "the whole key of this call is redacted: %v", err)
			faulty.NoSecret(t, testKey, err)
		}
		assert.Len(t, s.Requests(), len(errs))
		assert.EqualValues(t, len(errs), called.Load())
	})
}
