// Mock-server serves the fake API of freddytest, for curl and for programs in other
// languages, and prints each request. What it creates is gone when it ends.
//
//	go run ./examples/mock-server -addr 127.0.0.1:8787
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/aitronos/freddy-go/freddytest"
)

func main() {
	log.SetFlags(0)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// run serves until ctx ends.
func run(ctx context.Context, args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("mock-server", flag.ExitOnError)
	addr := flags.String("addr", "127.0.0.1:8787", "`address` to listen on; port 0 chooses a free one")
	if _ = flags.Parse(args); flags.NArg() > 0 { // Parse exits on an error
		return fmt.Errorf("unexpected argument: %q", flags.Arg(0))
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", *addr)
	if err != nil {
		return err
	}
	baseURL := "http://" + listener.Addr().String() + "/v1"
	fmt.Fprintf(stdout, "curl -H 'Authorization: Bearer %s' %s/personal-connectors/pcon_github\n", freddytest.APIKey, baseURL)

	fake := freddytest.NewFake()
	server := &http.Server{
		ReadHeaderTimeout: 10 * time.Second,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintln(stdout, r.Method, r.URL.EscapedPath()) // not the query, which may contain a key
			fake.ServeHTTP(w, r)
		}),
	}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
