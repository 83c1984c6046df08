package transport_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go/internal/faulty"
	"github.com/aitronos/freddy-go/internal/transport"
)

// connectTime is how long each dial of a cold burst takes.
const connectTime = 50 * time.Millisecond

// delayed dials the servers of a network after connectTime.
func delayed(network *faulty.Network) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, kind, address string) (net.Conn, error) {
		time.Sleep(connectTime)
		return network.DialContext(ctx, kind, address)
	}
}

// inMemory returns a Transport whose own pool reaches a server in memory, and a
// request for it.
func inMemory(t *testing.T, network *faulty.Network, server *faulty.Server) (*transport.Transport, *transport.Request) {
	t.Helper()
	target, err := url.Parse(server.URL())
	require.NoError(t, err)
	c := config(nil)
	c.Client, c.Host = nil, target.Host
	tr := transport.New(c)
	transport.OwnTransport(tr).TLSClientConfig = &tls.Config{RootCAs: faulty.RootCAs(), MinVersion: tls.VersionTLS12}
	transport.SetDial(tr, delayed(network))
	t.Cleanup(tr.CloseIdleConnections)
	r := request(http.MethodGet)
	r.URL = target
	return tr, r
}

func TestColdBurst(t *testing.T) {
	for streams, connections := range map[int]int64{250: 32, 100: 128} { // on a busy machine; 1 on an idle one
		t.Run(fmt.Sprintf("J7 HTTP/2, %d streams", streams), func(t *testing.T) {
			o := newOrigin(t, streams, slow)
			tr, r := o.client(t)
			transport.SetDial(tr, func(ctx context.Context, network, address string) (net.Conn, error) {
				time.Sleep(connectTime)
				return new(net.Dialer).DialContext(ctx, network, address)
			})
			r.Timeout = 10 * time.Second
			burst(t, tr, r, 256)
			assert.LessOrEqual(t, o.connections.Load(), connections)
		})
	}
	t.Run("J7 HTTP/1.1", func(t *testing.T) {
		const calls = 120 // more than burstStreams
		synctest.Test(t, func(t *testing.T) {
			network := new(faulty.Network)
			server := network.ServeTLS(t, nil, faulty.Then(faulty.Wait(20*time.Millisecond), faulty.Reply(http.StatusOK, "{}")))
			tr, r := inMemory(t, network, server)
			start := time.Now()
			burst(t, tr, r, calls)
			gated := time.Since(start)

			plain := transport.NewHTTPTransport()
			plain.TLSClientConfig = &tls.Config{RootCAs: faulty.RootCAs(), MinVersion: tls.VersionTLS12}
			plain.DialContext = delayed(network)
			defer plain.CloseIdleConnections()
			start = time.Now()
			var group sync.WaitGroup
			for range calls {
				group.Go(func() {
					response, err := (&http.Client{Transport: plain}).Get(server.URL())
					if assert.NoError(t, err) {
						assert.NoError(t, response.Body.Close())
					}
				})
			}
			group.Wait()
			assert.LessOrEqual(t, gated, time.Since(start)+connectTime)

			start = time.Now() // warm
			burst(t, tr, r, calls)
			assert.Less(t, time.Since(start), connectTime, "while a connection is open nothing waits")
		})
	})
	t.Run("J7 canceled waiters", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			network := new(faulty.Network)
			tr, r := inMemory(t, network, network.ServeHandshakeStall(t))
			r.MaxRetries, r.Timeout = 0, 600*time.Millisecond
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(10*time.Millisecond, cancel)
			var first, waiters sync.WaitGroup
			first.Go(func() { assert.Equal(t, transport.Timeout, tr.Do(t.Context(), r).Failure.Kind) })
			synctest.Wait() // it connects
			start := time.Now()
			for range 100 {
				waiters.Go(func() {
					result := tr.Do(ctx, r)
					assert.Equal(t, transport.Context, result.Failure.Kind)
					assert.Zero(t, result.Number)
					assert.Equal(t, 10*time.Millisecond, time.Since(start), "returns at once")
				})
			}
			waiters.Wait()
			result := tr.Do(ctx, r) // which has ended before
			assert.Equal(t, transport.Context, result.Failure.Kind)
			assert.Zero(t, result.Number)
			first.Wait()
		})
	})
	t.Run("J7 waits are bounded", func(t *testing.T) {
		for timeout, wait := range map[time.Duration]time.Duration{600 * time.Millisecond: 300 * time.Millisecond, 10 * time.Second: time.Second} {
			synctest.Test(t, func(t *testing.T) {
				network := new(faulty.Network)
				server := network.ServeHandshakeStall(t)
				tr, r := inMemory(t, network, server)
				r.MaxRetries, r.Timeout = 0, timeout
				start := time.Now()
				var group sync.WaitGroup
				for range 10 {
					group.Go(func() {
						assert.Equal(t, transport.Timeout, tr.Do(t.Context(), r).Failure.Kind)
						assert.Equal(t, timeout, time.Since(start), "the wait is a part of the attempt's timeout")
					})
				}
				time.Sleep(wait)
				synctest.Wait()
				assert.Equal(t, 1, server.Accepted(), "one attempt connects")
				time.Sleep(connectTime)
				synctest.Wait()
				assert.Equal(t, 10, server.Accepted(), "the others do not wait longer")
				group.Wait()
			})
		}
	})
}
