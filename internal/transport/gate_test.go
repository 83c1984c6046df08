package transport_test

import (
	"context"
	"crypto/x509"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go/internal/transport"
)

// An origin is a TLS server that counts its connections.
type origin struct {
	*httptest.Server
	connections atomic.Int64
}

// newOrigin starts an origin with HTTP/2, or with HTTP/1.1 if it allows no streams.
func newOrigin(t *testing.T, streams int, handler http.HandlerFunc) *origin {
	t.Helper()
	o := &origin{Server: httptest.NewUnstartedServer(handler)}
	o.EnableHTTP2 = streams > 0
	o.Config.HTTP2 = &http.HTTP2Config{MaxConcurrentStreams: streams}
	o.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			o.connections.Add(1)
		}
	}
	o.StartTLS()
	t.Cleanup(o.Close)
	return o
}

// client returns a Transport with a pool of its own that trusts the server, and the
// request that gets a page from it.
func (o *origin) client(t *testing.T) (*transport.Transport, *transport.Request) {
	t.Helper()
	target, err := url.Parse(o.URL)
	require.NoError(t, err)
	c := config(nil)
	c.Client, c.Host = nil, target.Host
	tr := transport.New(c)
	pool := x509.NewCertPool()
	pool.AddCert(o.Certificate())
	own := transport.OwnTransport(tr)
	own.TLSClientConfig.RootCAs = pool
	dial := own.DialContext
	own.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		time.Sleep(20 * time.Millisecond) // so that the calls of a burst meet
		return dial(ctx, network, address)
	}
	t.Cleanup(tr.CloseIdleConnections)
	r := request(http.MethodGet)
	r.URL = target
	return tr, r
}

// burst sends n calls at once.
func burst(t *testing.T, tr *transport.Transport, r *transport.Request, n int) {
	t.Helper()
	var group sync.WaitGroup
	for range n {
		group.Go(func() {
			result := tr.Do(t.Context(), r)
			assert.Equal(t, http.StatusOK, result.Response.StatusCode)
		})
	}
	group.Wait()
}

func ok(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("{}")) }

// slow keeps a connection busy while the other calls of a burst begin.
func slow(w http.ResponseWriter, r *http.Request) {
	time.Sleep(20 * time.Millisecond)
	ok(w, r)
}

// An attempt waits for a free stream, but not for long.
func TestGateWaitsForStreams(t *testing.T) {
	const calls = 200
	var requests atomic.Int64
	all := make(chan struct{})
	o := newOrigin(t, 250, func(w http.ResponseWriter, r *http.Request) {
		switch requests.Add(1) {
		case 1:
		case calls:
			close(all)
		default:
			<-all
		}
		ok(w, r)
	})
	tr, r := o.client(t)
	start := time.Now()
	var group sync.WaitGroup
	group.Go(func() { burst(t, tr, r, calls) })
	require.Eventually(t, func() bool { return requests.Load() > 1 }, 10*time.Second, time.Millisecond)
	time.Sleep(20 * time.Millisecond)
	assert.LessOrEqual(t, requests.Load(), int64(1+96), "the others wait")
	group.Wait()
	assert.Less(t, time.Since(start), 900*time.Millisecond)
	assert.Equal(t, int64(1), o.connections.Load())
}

// Over HTTP/1.1 the waiting attempts go on in parallel once one has connected, and
// nothing waits while a connection is open.
func TestGateOverHTTP1(t *testing.T) {
	o := newOrigin(t, 0, slow)
	tr, r := o.client(t)
	burst(t, tr, r, 20)
	assert.LessOrEqual(t, o.connections.Load(), int64(20))
	assert.Greater(t, o.connections.Load(), int64(1))
}

// The gate closes again when the last connection is closed, by either side.
func TestGateClosesAgain(t *testing.T) {
	o := newOrigin(t, 250, slow)
	tr, r := o.client(t)
	for _, closeAll := range []func(){tr.CloseIdleConnections, o.CloseClientConnections} {
		before := o.connections.Load()
		burst(t, tr, r, 100)
		assert.LessOrEqual(t, o.connections.Load()-before, int64(8))
		assert.True(t, transport.IsOpen(tr))
		closeAll()
		require.Eventually(t, func() bool { return !transport.IsOpen(tr) }, 10*time.Second, time.Millisecond)
	}
}

// A stream that fails is not a connection that is lost.
func TestGateStaysOpen(t *testing.T) {
	var requests atomic.Int64
	o := newOrigin(t, 250, func(w http.ResponseWriter, r *http.Request) {
		if requests.Add(1) == 2 {
			panic(http.ErrAbortHandler)
		}
		ok(w, r)
	})
	tr, r := o.client(t)
	r.MaxRetries = 0
	burst(t, tr, r, 1)
	assert.Equal(t, transport.Network, tr.Do(t.Context(), r).Failure.Kind)
	assert.True(t, transport.IsOpen(tr))
	burst(t, tr, r, 1)
	assert.Equal(t, int64(1), o.connections.Load())
}

// If the first attempt fails, another one connects.
func TestGateAfterAFailure(t *testing.T) {
	o := newOrigin(t, 250, slow)
	tr, r := o.client(t)
	var dials atomic.Int64
	own := transport.OwnTransport(tr)
	dial := own.DialContext
	own.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		if dials.Add(1) == 1 {
			return nil, &net.OpError{Op: "dial", Err: os.ErrDeadlineExceeded}
		}
		return dial(ctx, network, address)
	}
	burst(t, tr, r, 100)
	assert.LessOrEqual(t, dials.Load(), int64(10))
}

// A panic in a hook of the attempt that connects does not keep the gate closed.
func TestGateAfterAPanic(t *testing.T) {
	o := newOrigin(t, 250, ok)
	tr, r := o.client(t)
	bad := *r
	bad.Observe = func(context.Context, int, http.Header) (context.Context, func(transport.Attempt)) { panic("test") }
	assert.PanicsWithValue(t, "test", func() { tr.Do(t.Context(), &bad) })
	start := time.Now()
	burst(t, tr, r, 2)
	assert.Less(t, time.Since(start), 900*time.Millisecond)
}

// Plain HTTP and caller-supplied transports have no gate.
func TestNoGate(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(slow))
	t.Cleanup(server.Close)
	target, err := url.Parse(server.URL)
	require.NoError(t, err)
	var dials atomic.Int64
	own := transport.NewHTTPTransport()
	own.TLSClientConfig = server.Client().Transport.(*http.Transport).TLSClientConfig
	own.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		dials.Add(1)
		time.Sleep(100 * time.Millisecond)
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}
	c := config(own)
	c.Host = target.Host
	tr := transport.New(c)
	t.Cleanup(tr.CloseIdleConnections)
	r := request(http.MethodGet)
	r.URL = target
	burst(t, tr, r, 5)
	assert.Equal(t, int64(5), dials.Load())
}

// silentListener accepts connections and never completes a handshake.
func silentListener(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	return listener
}

// A limiter that fails ends the call, also while another attempt connects.
func TestGateIsAfterTheLimiter(t *testing.T) {
	listener := silentListener(t)
	var calls atomic.Int64
	c := config(nil)
	c.Client, c.Host = nil, listener.Addr().String()
	c.Limiter = limiterFunc(func(context.Context) error {
		if calls.Add(1) > 1 {
			return os.ErrInvalid
		}
		return nil
	})
	tr := transport.New(c)
	t.Cleanup(tr.CloseIdleConnections)
	r := request(http.MethodGet)
	r.URL = &url.URL{Scheme: "https", Host: c.Host, Path: "/"}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		tr.Do(ctx, r)
	}()
	require.Eventually(t, func() bool { return calls.Load() == 1 }, 10*time.Second, time.Millisecond)
	start := time.Now()
	result := tr.Do(t.Context(), r)
	require.NotNil(t, result.Failure)
	assert.Equal(t, transport.Limit, result.Failure.Kind)
	assert.Less(t, time.Since(start), 900*time.Millisecond)
	cancel()
	<-done
}
