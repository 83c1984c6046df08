// Mock-server serves the fake API of freddytest, for curl and for clients in
// other languages:
//
//	go run ./examples/mock-server
//
// It prints the key to use and a line of each request, until Ctrl-C.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"time"

	"github.com/aitronos/freddy-go/examples/internal/cli"
	"github.com/aitronos/freddy-go/freddytest"
)

const (
	usage = "usage: mock-server [-addr 127.0.0.1:8787] [-time]"
	help  = usage + `

Serves a fake API with a catalogue of connectors, and prints a line of each
request, with keys masked: method, path with query, status. What is created is
kept in memory, and gone when the server ends. Ctrl-C ends it.

  -addr 127.0.0.1:8787  where to listen; port 0 takes a free one
  -time                 begin each line with the time
  -h                    print this text
`
)

// grace is for requests under way when the server is to end.
const grace = 2 * time.Second

var program = cli.Program{Name: "mock-server", Usage: usage, Help: help}

func main() { cli.Main(run, syscall.SIGTERM) }

// run is the program: it returns the exit code. To be ended is success: a server
// has no other end.
func run(ctx context.Context, args []string, _ func(string) string, stdout, stderr io.Writer) int {
	opts, err := parse(args)
	if err != nil {
		return program.Misused(err, stdout, stderr)
	}
	err = opts.serve(ctx, stdout)
	return program.Done(context.WithoutCancel(ctx), err, stderr)
}

// options is what the command line asks for.
type options struct {
	address string
	time    bool
}

func parse(args []string) (options, error) {
	var opts options
	flags := program.Flags()
	flags.StringVar(&opts.address, "addr", "127.0.0.1:8787", "")
	flags.BoolVar(&opts.time, "time", false, "")
	if err := flags.Parse(args); err != nil {
		return opts, err
	}
	if flags.NArg() > 0 {
		return opts, fmt.Errorf("the address is a flag: -addr 127.0.0.1:8787; got: %s", strings.Join(flags.Args(), " "))
	}
	if _, _, err := net.SplitHostPort(opts.address); err != nil {
		return opts, fmt.Errorf("-addr must be a host and a port, such as 127.0.0.1:8787; got: %s", opts.address)
	}
	return opts, nil
}

// serve serves the fake API until ctx ends.
func (o options) serve(ctx context.Context, stdout io.Writer) error {
	listener, err := new(net.ListenConfig).Listen(context.WithoutCancel(ctx), "tcp", o.address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%s is in use already; -addr takes another address", o.address)
	case err != nil:
		return err
	}
	fmt.Fprint(stdout, greeting(listener.Addr().String()))
	clock := time.Now
	if !o.time {
		clock = nil
	}
	server := cli.NewServer(logged(freddytest.NewFake(), stdout, clock))
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	if server.Shutdown(ending) != nil { // some are still under way
		_ = server.Close()
	}
	fmt.Fprintln(stdout, "stopped")
	return nil
}

// greeting says how to use a server that listens on an address.
func greeting(address string) string {
	if ap, err := netip.ParseAddrPort(address); err == nil && ap.Addr().IsUnspecified() {
		address = fmt.Sprintf("127.0.0.1:%d", ap.Port()) // one that a client can call
	}
	url := "http://" + address + "/v1"
	return fmt.Sprintf(`Base URL  %s
Key       %s

  curl -H 'Authorization: Bearer %s' %s/personal-connectors/pcon_github

Ctrl-C stops the server. Requests:

`, url, freddytest.APIKey, freddytest.APIKey, url)
}
