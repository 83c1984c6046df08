package faulty_test

import (
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go/internal/faulty"
)

// newMemoryRig is newRig for a server in memory.
func newMemoryRig(t *testing.T, network *faulty.Network) *rig {
	checks := faulty.NewChecks(t)
	transport := &http.Transport{
		DialContext: network.DialContext, TLSClientConfig: &tls.Config{RootCAs: faulty.RootCAs()},
	}
	checks.CloseIdle(transport.CloseIdleConnections)
	return &rig{t, checks, &http.Client{Transport: transport}}
}

func TestNetworkServers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var network faulty.Network
		r := newMemoryRig(t, &network)
		plain := r.checks.Server(network.Serve(t, faulty.Reply(200, "plain")))
		secure := r.checks.Server(network.ServeTLS(t, nil, faulty.Reply(200, "secure")))
		for url, want := range map[string]string{plain.URL(): "plain", secure.URL(): "secure"} {
			for range 2 {
				status, body, err := r.get(t.Context(), url)
				require.NoError(t, err)
				assert.Equal(t, 200, status)
				assert.Equal(t, want, body)
			}
		}
		assert.Equal(t, 1, plain.Accepted())
		assert.Equal(t, 1, secure.Accepted())
	})
}

func TestNetworkFaults(t *testing.T) {
	head := faulty.Head(200, "Content-Length: 1000")
	for name, test := range map[string]struct {
		handler faulty.Handler
		fails   error
		takes   time.Duration
	}{
		"close": {faulty.Close, io.EOF, 0},
		"cut":   {faulty.Cut(200, 9, "half"), io.ErrUnexpectedEOF, 0},
		"stall": {faulty.Stall, context.DeadlineExceeded, time.Minute},
		"drip":  {faulty.Drip(head, 'x', time.Second), context.DeadlineExceeded, time.Minute},
		"flood": {faulty.Flood(head, 1000), nil, 0},
		"wait":  {faulty.Then(faulty.Wait(59*time.Second), faulty.Reply(200, "")), nil, 59 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var network faulty.Network
				r := newMemoryRig(t, &network)
				s := r.checks.Server(network.Serve(t, test.handler))
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				start := time.Now()
				_, _, err := r.get(ctx, s.URL())
				require.ErrorIs(t, err, test.fails)
				assert.Equal(t, test.takes, time.Since(start), "time is the bubble's")
			})
		})
	}
}

func TestNetworkHandshakeStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var network faulty.Network
		r := newMemoryRig(t, &network)
		s := r.checks.Server(network.ServeHandshakeStall(t))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, _, err := r.get(ctx, s.URL())
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, 1, s.Accepted())
		assert.Empty(t, s.Requests())
	})
}

func TestNetworkRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var network faulty.Network
		r := newMemoryRig(t, &network)
		_, _, err := r.get(t.Context(), "http://127.0.0.1:1")
		require.ErrorIs(t, err, syscall.ECONNREFUSED)
		s := network.Serve(t, faulty.Reply(200, ""))
		s.Close()
		_, _, err = r.get(t.Context(), s.URL())
		require.ErrorIs(t, err, syscall.ECONNREFUSED)
	})
}
