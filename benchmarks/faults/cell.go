package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aitronos/freddy-go/benchmarks/internal/clients"
	"github.com/aitronos/freddy-go/internal/faulty"
)

// A cell is one client and one fault. It has its own servers and clients, so the cells
// of a group can run at the same time.
type cell struct {
	tb
	client clients.Client
	window time.Duration
}

// tb is the testing.TB that package faulty requires.
type tb struct {
	testing.TB
	cleanups []func()
	failures int
}

func (t *tb) Helper()                   {}
func (t *tb) Context() context.Context  { return context.Background() }
func (t *tb) Cleanup(cleanup func())    { t.cleanups = append(t.cleanups, cleanup) }
func (t *tb) Errorf(string, ...any)     { t.failures++ }
func (t *tb) Fatal(args ...any)         { panic(fmt.Sprint(args...)) }
func (t *tb) Fatalf(f string, a ...any) { panic(fmt.Sprintf(f, a...)) }

// finish does not wait for the cleanups: a server may still be writing to a client
// that hangs.
func (t *tb) finish() {
	for _, cleanup := range t.cleanups {
		go cleanup()
	}
}

// serve starts a server with TLS, because some clients send no key without it.
func (c *cell) serve(responses ...faulty.Handler) *faulty.Server {
	return faulty.ServeTLS(c, serverTLS(), responses...)
}

func serverTLS() *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{certificate()}}
}

var certificate = sync.OnceValue(func() tls.Certificate {
	return faulty.Certificate(time.Now().Add(time.Hour), "127.0.0.1", "localhost")
})

func (c *cell) dial(base string) clients.API {
	api, err := c.client.New(base, nil)
	if err != nil {
		panic(err)
	}
	return api
}

// get makes one Get to a server with the responses.
func (c *cell) get(responses ...faulty.Handler) (*faulty.Server, outcome) {
	server := c.serve(responses...)
	api := c.dial(server.URL())
	o := c.call(func(ctx context.Context) (string, error) { return api.Get(ctx, clients.ID) })
	return reached(server), o.without(server)
}

// create is get with a POST.
func (c *cell) create(responses ...faulty.Handler) (*faulty.Server, outcome) {
	server := c.serve(responses...)
	api := c.dial(server.URL())
	o := c.call(func(ctx context.Context) (string, error) { return "", api.Create(ctx) })
	return reached(server), o.without(server)
}

// reached panics if no request arrived: then another fault was measured.
func reached(server *faulty.Server) *faulty.Server {
	if len(server.Requests()) == 0 {
		panic("no request arrived")
	}
	return server
}

// An outcome is how a call ended.
type outcome struct {
	name string
	err  error
	text string // of err
	took time.Duration
	hung bool // it did not end within the window
}

// call runs f with a context without deadline. The context is cancelled at the end of
// the window, so that nothing is left running.
func (c *cell) call(f func(context.Context) (string, error)) outcome {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	done := make(chan outcome, 1)
	start := time.Now()
	go func() {
		name, err := f(ctx)
		done <- outcome{name: name, err: err, took: time.Since(start)}
	}()
	select {
	case o := <-done:
		return o
	case <-time.After(c.window):
		return outcome{hung: true, took: c.window}
	}
}

func (o outcome) failed() bool { return !o.hung && o.err != nil }

// right reports whether the call returned the value that the server sent.
func (o outcome) right() bool { return !o.hung && o.err == nil && o.name == clients.Name }

// without removes the server's address from the message: a port must not count as a
// status.
func (o outcome) without(server *faulty.Server) outcome {
	if o.err != nil {
		o.text = strings.ReplaceAll(o.err.Error(), strings.TrimPrefix(server.URL(), "https://"), "host")
	}
	return o
}

func (o outcome) String() string {
	switch {
	case o.hung:
		return fmt.Sprintf("no end within %.0f s", o.took.Seconds())
	case o.err != nil:
		return "error " + after(o.took)
	case o.name != "" && o.name != clients.Name:
		return "another value " + after(o.took)
	default:
		return "success " + after(o.took)
	}
}

// atOnce is the longest time that counts as without delay. It is less than the delay
// before a retry of any client, and enough for a busy machine.
const atOnce = 250 * time.Millisecond

func after(d time.Duration) string {
	if d < atOnce {
		return "at once"
	}
	return fmt.Sprintf("after %.1f s", d.Seconds())
}

// sent is how many requests arrived and how the call ended.
func sent(s *faulty.Server, o outcome) string {
	return fmt.Sprintf("%s, %v", counted(len(s.Requests()), "request"), o)
}

// carriesKey reports whether a header contains the key, plain or in Basic credentials.
func carriesKey(header http.Header) bool {
	basic := base64.StdEncoding.EncodeToString([]byte(clients.Key + ":"))
	for _, values := range header {
		all := strings.Join(values, " ")
		if strings.Contains(all, clients.Key) || strings.Contains(all, basic) {
			return true
		}
	}
	return false
}

func ok(body []byte) faulty.Handler {
	return faulty.Reply(http.StatusOK, string(body), "Content-Type: application/json")
}

// failure responds with an error of the client's API.
func (c *cell) failure(status int, message string, fields ...string) faulty.Handler {
	return faulty.Reply(status, c.client.Failure(status, message), append(fields, "Content-Type: application/json")...)
}

// longer returns the two halves of the body around a filler in its name, so that the
// body with the filler is valid.
func (c *cell) longer() (head, tail string) {
	before, behind, found := bytes.Cut(c.client.Body(), []byte(`"`+clients.Name+`"`))
	if !found {
		panic(c.client.Name + ": the body has no name")
	}
	return string(before) + `"`, `"` + string(behind)
}
