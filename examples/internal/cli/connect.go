package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/freddytest"
)

// Ask calls do with a client of the API, or of a fake one where FREDDY_API_KEY
// is not set, and gives both of them no longer than timeout.
func (p Program) Ask(ctx context.Context, timeout time.Duration, env func(string) string, stderr io.Writer, do func(context.Context, *freddy.Client) error) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	client, done, err := p.Connect(ctx, env, stderr)
	if err != nil {
		return err
	}
	defer done()
	err = do(ctx, client)
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("no answer within %v; -timeout allows for more", timeout)
	}
	return err
}

// Connect returns a client of the API, or of a fake one where FREDDY_API_KEY is
// not set, and what to do when it is no longer needed.
func (p Program) Connect(ctx context.Context, env func(string) string, stderr io.Writer) (client *freddy.Client, done func(), err error) {
	key, address, stop := env("FREDDY_API_KEY"), env("FREDDY_BASE_URL"), func() {}
	if key == "" {
		fmt.Fprintf(stderr, "%s: FREDDY_API_KEY is not set, so a built-in fake API answers\n", p.Name)
		key = freddytest.APIKey
		if address, stop, err = Serve(ctx, freddytest.NewFake()); err != nil {
			return nil, nil, err
		}
	}
	if address == "" {
		address = freddy.DefaultBaseURL
	}
	client, err = freddy.NewClient(key, freddy.WithBaseURL(address))
	if err != nil {
		stop()
		return nil, nil, err
	}
	done = func() {
		client.CloseIdleConnections()
		stop()
	}
	return client, done, nil
}

// Serve serves an API on a free port of this machine, until it is stopped.
func Serve(ctx context.Context, api http.Handler) (baseURL string, stop func(), err error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := NewServer(api)
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		_ = server.Serve(listener) // http.ErrServerClosed, or the call fails
	}()
	stop = func() {
		_ = server.Close()
		<-stopped
	}
	return "http://" + listener.Addr().String() + "/v1", stop, nil
}

// NewServer returns a server of an API that logs nothing.
func NewServer(api http.Handler) *http.Server {
	return &http.Server{
		Handler:           api,
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          log.New(io.Discard, "", 0),
	}
}
