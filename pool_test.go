package freddy_test

import (
	"context"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/internal/faulty"
)

func TestPool(t *testing.T) {
	runInBubble(t, "J6 a wrapped NewTransport", func(t *T) {
		// A pool of two idle connections, net/http's default, would open a connection
		// for nearly every call.
		const calls, workers = 1_000, 200
		s := t.serve(faulty.Then(faulty.Wait(time.Millisecond), faulty.Reply(http.StatusOK, connectorBody)))
		base := freddy.NewTransport()
		base.DialContext = t.network.DialContext
		t.checks.CloseIdle(base.CloseIdleConnections)
		var trips atomic.Int64
		traced := roundTrip(func(req *http.Request) (*http.Response, error) { trips.Add(1); return base.RoundTrip(req) })
		client := t.client(s.URL(), withTransport(traced))
		var next atomic.Int64
		var tasks sync.WaitGroup
		for range workers {
			tasks.Go(func() {
				for next.Add(1) <= calls {
					_, err := client.Connectors().Get(t.Context(), "pcon_github")
					assert.NoError(t, err)
				}
			})
		}
		tasks.Wait()
		assert.EqualValues(t, calls, trips.Load())
		assert.LessOrEqual(t, s.Accepted(), 260)
	})
	runInBubble(t, "G3 a cancellation leaves the pool alone", func(t *T) {
		// One caller's end of a wait or an attempt closes no other's connections.
		s := t.serve(faulty.Reply(http.StatusOK, connectorBody), faulty.Reply(http.StatusServiceUnavailable, ""), faulty.Reply(http.StatusOK, connectorBody))
		client := t.client(s.URL(), freddy.WithRetryBackoff(1<<62, 1<<62))
		t.get(client).ok(1)
		ready := make(chan struct{}, 1)
		time.AfterFunc(time.Second, func() { ready <- struct{}{} })
		t.canceled(client, http.MethodGet, ready).isTransport(0, 1) // in a wait
		t.get(client).ok(1)
		t.get(client, freddy.WithMaxRetries(0)).ok(1)
		assert.Equal(t, 1, s.Accepted())
	})
	run(t, "A14 a dead HTTP/2 connection", func(t *T) {
		// Packets are lost without a trace. With pings the attempt after the one that is
		// lost has another connection.
		s := t.serveHTTP2(nil, faulty.StreamReply(200, connectorBody))
		var dials atomic.Int32
		dead := make(chan struct{})
		transport := t.transport()
		transport.ForceAttemptHTTP2 = true
		transport.HTTP2 = &http.HTTP2Config{SendPingTimeout: 100 * time.Millisecond, PingTimeout: 100 * time.Millisecond}
		transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := new(net.Dialer).DialContext(ctx, network, address)
			if err == nil && dials.Add(1) == 1 {
				conn = &deadConn{Conn: conn, dead: dead}
			}
			return conn, err
		}
		client := t.client(s.URL(), withTransport(transport))
		t.get(client).ok(1)
		close(dead)
		o := t.get(client, freddy.WithAttemptTimeout(time.Second)) // far longer than two pings
		require.NoError(t, o.err)
		assert.LessOrEqual(t, o.response.Attempts, 3)
		assert.EqualValues(t, 2, dials.Load())
	})
}

// A deadConn loses what is written, and receives nothing, once dead is closed.
type deadConn struct {
	net.Conn
	dead <-chan struct{}
}

func (c *deadConn) Write(p []byte) (int, error) {
	select {
	case <-c.dead:
		return len(p), nil
	default:
		return c.Conn.Write(p)
	}
}
