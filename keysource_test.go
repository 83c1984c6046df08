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
	t.Run("J4 another key after a 401", testKeyRenewal)
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

func testKeyRenewal(t *testing.T) {
	// rotating returns a client whose key source returns the keys in order, the last
	// one again and again, and the number of its calls.
	rotating := func(t *T, rt http.RoundTripper, keys []string, opts ...freddy.Option) (*freddy.Client, *int) {
		asked := new(int)
		source := freddy.WithKeySource(func(context.Context) (string, error) {
			*asked++
			key := keys[min(*asked, len(keys))-1]
			if key == "" {
				return "", errTest
			}
			return key, nil
		})
		opts = append([]freddy.Option{freddy.WithBaseURL("http://127.0.0.1/v1"), freddy.WithRetryBackoff(0, 0), withTransport(rt), source}, opts...)
		return t.newClient("", opts...), asked
	}
	// keyed accepts otherKey only, and records the keys. Its body echoes every key.
	keyed := func(sent *[]string, unauthorized, accepted string) roundTrip {
		return func(req *http.Request) (*http.Response, error) {
			key := strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer ")
			*sent = append(*sent, key)
			if key == otherKey {
				return script(accepted).RoundTrip(req)
			}
			return script(unauthorized).RoundTrip(req)
		}
	}
	unauthorized, ok := faulty.Text(401, "", "X-Request-Id: req_401"), faulty.Text(200, connectorBody)
	runInBubble(t, "success", func(t *T) {
		for _, method := range allMethods {
			var sent []string
			log := new(hookLog)
			client, asked := rotating(t, keyed(&sent, unauthorized, ok), []string{testKey, otherKey}, log.option())
			t.do(client, method).ok(2)
			assert.Equal(t, []string{testKey, otherKey}, sent, method)
			assert.Equal(t, 2, *asked)
			assert.Equal(t, []freddy.RetryDecision{freddy.RetryScheduled, freddy.RetryNotNeeded}, []freddy.RetryDecision{log.attempts[0].Decision, log.attempts[1].Decision})
			t.do(client, method).ok(1)
			assert.Equal(t, 3, *asked, "once in the next call")
		}
	})
	runInBubble(t, "same key", func(t *T) {
		for _, method := range allMethods {
			var sent []string
			client, asked := rotating(t, keyed(&sent, unauthorized, ok), []string{testKey})
			err := t.do(client, method).api(401, 1)
			require.ErrorIs(t, err, freddy.ErrUnauthenticated)
			assert.Equal(t, freddy.RetryNotNeeded, err.Decision)
			assert.Equal(t, 2, *asked)
		}
	})
	runInBubble(t, "no valid key then", func(t *T) {
		for name, key := range map[string]string{"error": "", "invalid": "a key", "line break": otherKey + "\n"} {
			var sent []string
			client, _ := rotating(t, keyed(&sent, unauthorized, ok), []string{testKey, key})
			err := t.post(client).api(401, 1)
			assert.Equal(t, "req_401", err.RequestID, name)
			require.NotErrorIs(t, err, errTest, name)
		}
	})
	runInBubble(t, "wrong, too", func(t *T) {
		var sent []string
		third := otherKey + "-3"
		client, asked := rotating(t, keyed(&sent, unauthorized, ok), []string{testKey, third, otherKey})
		t.get(client).isAPI(401, 2)
		assert.Equal(t, []string{testKey, third}, sent)
		assert.Equal(t, 2, *asked, "asked again once a call")
	})
	runInBubble(t, "other statuses", func(t *T) {
		for _, status := range []int{400, 403, 404, 407, 419, 500} {
			var sent []string
			client, asked := rotating(t, keyed(&sent, faulty.Text(status, ""), ok), []string{testKey, otherKey}, freddy.WithMaxRetries(1))
			t.post(client).isAPI(status, 1)
			assert.Equal(t, 1, *asked, status)
		}
	})
	runInBubble(t, "beyond the retries and the budget", func(t *T) {
		rt := script(faulty.Text(503, ""), unauthorized, faulty.Text(503, ""), ok)
		client, _ := rotating(t, rt, []string{testKey, otherKey}, freddy.WithMaxRetries(2))
		t.get(client).ok(4)
		client, _ = rotating(t, script(unauthorized, faulty.Text(503, "")), []string{testKey, otherKey}, freddy.WithMaxRetries(2))
		t.get(client).isAPI(503, 4)

		// The budget is empty after the first call.
		rt = script(faulty.Text(503, ""))
		client, asked := rotating(t, rt, []string{testKey, testKey, otherKey})
		exhaustBudget(t, client, rt)
		require.Equal(t, 1, *asked)
		rt.responses = []string{unauthorized, ok}
		t.post(client).ok(2)
	})
	runInBubble(t, "retries are off", func(t *T) {
		var sent []string
		client, asked := rotating(t, keyed(&sent, unauthorized, ok), []string{testKey, otherKey}, freddy.WithMaxRetries(0))
		t.get(client).isAPI(401, 1)
		assert.Equal(t, 1, *asked)
	})
	runInBubble(t, "then lost", func(t *T) {
		var sent []string
		client, _ := rotating(t, keyed(&sent, unauthorized, "HTTP/1.1 201 Created\r\nContent-Length: 9\r\n\r\n{"), []string{testKey, otherKey})
		err := t.post(client).transport(201, 2)
		assert.True(t, err.Ambiguous)
		require.NotErrorIs(t, err, freddy.ErrUnauthenticated)
		assert.Equal(t, 401, err.Previous.StatusCode)
	})
	runInBubble(t, "both keys are redacted", func(t *T) {
		var sent []string
		echo := testKey + " was replaced by " + otherKey
		client, _ := rotating(t, keyed(&sent, unauthorized, faulty.Text(403, echo, "X-A: "+echo)), []string{testKey, otherKey})
		o := t.post(client)
		err := o.api(403, 2)
		assert.Equal(t, "REDACTED was replaced by REDACTED", string(err.Body))
		faulty.NoSecret(t, otherKey, err, o.response)
	})
}
