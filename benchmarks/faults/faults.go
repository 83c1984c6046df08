package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aitronos/freddy-go/benchmarks/internal/clients"
	"github.com/aitronos/freddy-go/internal/faulty"
)

// A group of faults shares a process for each client.
type group string

const (
	patient group = "patient" // mostly waits: all at the same time
	alone   group = "alone"   // affects others, or is affected through a shared transport
	heavy   group = "heavy"   // uses much memory and time: one process at a time
)

// noIterator is the cell of an SDK that leaves it to its caller to ask for the next page.
const noIterator = "has no iterator"

// A fault is a row of the table.
type fault struct {
	name    string
	group   group
	window  time.Duration // how long a call may take before it counts as hanging
	desired string
	measure func(*cell) (text string, desired bool)
}

// longest is the window of calls that only a timeout of the client ends. This module's
// calls take four attempts of 30 s and the delays between them.
const longest = 130 * time.Second

var faults = []fault{
	{"silent server, no deadline", patient, longest, "ends by itself", silent},
	{"503 whose body stalls, no deadline", patient, longest, "ends with the 503", stalled},
	{"200 cut short, then a whole one", patient, 20 * time.Second, "retried, success", cutOnce},
	{"GET: connection dropped, then 200", patient, 20 * time.Second, "retried, success", droppedOnce},
	{"POST: connection dropped", patient, 60 * time.Second, "sent once, error", dropped},
	{"POST: 503", patient, 60 * time.Second, "sent once, error", failedPost},
	{"503 forever", patient, 100 * time.Second, "retried a few times, ends with the 503", unavailable},
	{"429, Retry-After: 1, then 200", patient, 20 * time.Second, "waits 1 s, success", oneSecond},
	{"429, Retry-After: 86400", patient, 20 * time.Second, "no wait of a day, an error at once", oneDay},
	{"cancelled while it waits to retry", patient, 20 * time.Second, "ends at once as context.Canceled", cancelled},
	{"NXDOMAIN", patient, 60 * time.Second, "looked up once", nxdomain},
	{"200 calls at once, all dropped", alone, 100 * time.Second, "at most 300 requests", storm},
	{"50 idle connections, one call fails", alone, 30 * time.Second, "all are kept, before and after it", idle},
	{"redirect to another host", patient, 10 * time.Second, "the key stays", redirectHost},
	{"redirect to another port", patient, 10 * time.Second, "the key stays", redirectPort},
	{"id `..`", patient, 10 * time.Second, "nothing else is requested", dots},
	{"id `42/secret?admin=1`", patient, 10 * time.Second, "nothing else is requested", slash},
	{"502 with an HTML page", patient, 100 * time.Second, "an error with the status, without the page", html502},
	{"200 with an HTML page", patient, 10 * time.Second, "error", html200},
	{"200 without a body", patient, 10 * time.Second, "error", empty},
	{"200, junk after the JSON", patient, 10 * time.Second, "error", junk},
	{"400, message of 1 MiB with line breaks", patient, 10 * time.Second, "an error of one line, at most 4 KiB", longMessage},
	{"200 with 256 MiB", heavy, 30 * time.Second, "not all of it is read", flood},
	{"gzip of 256 MiB", heavy, 30 * time.Second, "not all of it is unpacked", bomb},
	{"key in %v, %+v, %#v of the client", patient, 0, "none", printed},
	{"key in an error, by reflection", patient, 10 * time.Second, "none", reflected},
	{"key in an error, echoed by the server", patient, 10 * time.Second, "none", echoed},
	{"key in an error, echoed by a server that cuts the echo", patient, 20 * time.Second, "not even a part", cutEcho},
	{"all pages, which are shuffled and never end", alone, 3 * time.Second, "ends with an error", shuffled},
	{"HTTP/2 connection that is dead", patient, longest, "success on another connection", deadConnection},
	{"broken JSON of 9 MB, 9,000 levels deep", heavy, 30 * time.Second, "an error, at most 90 MiB allocated", deepJSON},
	{"50 clients, all told Retry-After: 10", alone, 25 * time.Second, "wait 10 s or more, come back at different times", herd},
}

func silent(c *cell) (string, bool) {
	s, o := c.get(faulty.Stall)
	return sent(s, o), o.failed()
}

func stalled(c *cell) (string, bool) {
	s, o := c.get(faulty.Then(faulty.Raw(faulty.Head(503, "Content-Length: 4096")), faulty.Stall))
	return sent(s, o), o.failed() && strings.Contains(o.text, "503")
}

func cutOnce(c *cell) (string, bool) {
	body := c.client.Body()
	cut := faulty.Cut(200, int64(len(body)), string(body[:len(body)/2]), "Content-Type: application/json")
	s, o := c.get(cut, ok(body))
	return sent(s, o), o.right()
}

func droppedOnce(c *cell) (string, bool) {
	s, o := c.get(faulty.Close, ok(c.client.Body()))
	return sent(s, o), o.right()
}

func dropped(c *cell) (string, bool) {
	s, o := c.create(faulty.Close)
	return sent(s, o), o.failed() && len(s.Requests()) == 1
}

func failedPost(c *cell) (string, bool) {
	s, o := c.create(c.failure(503, "no"))
	return sent(s, o), o.failed() && len(s.Requests()) == 1
}

func unavailable(c *cell) (string, bool) {
	s, o := c.get(c.failure(503, "no"))
	n := len(s.Requests())
	return sent(s, o), o.failed() && strings.Contains(o.text, "503") && n > 1 && n < 10
}

func oneSecond(c *cell) (string, bool) {
	s, o := c.get(c.failure(429, "no", "Retry-After: 1"), ok(c.client.Body()))
	return sent(s, o), o.right() && o.took >= time.Second && o.took < 2*time.Second
}

func oneDay(c *cell) (string, bool) {
	s, o := c.get(c.failure(429, "no", "Retry-After: 86400"))
	return sent(s, o), o.failed() && len(s.Requests()) == 1
}

// cancelled responds with a long Retry-After, so that every client that waits still does
// when the context is cancelled.
func cancelled(c *cell) (string, bool) {
	server := c.serve(c.failure(429, "no", "Retry-After: 5"))
	api := c.dial(server.URL())
	const delay = 500 * time.Millisecond
	o := c.call(func(ctx context.Context) (string, error) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		time.AfterFunc(delay, cancel)
		return api.Get(ctx, clients.ID)
	})
	if o.took < delay {
		return "does not wait", false
	}
	is := errors.Is(o.err, context.Canceled)
	late := o.took - delay
	return fmt.Sprintf("ended %s, is Canceled: %s", after(late), yes(is)), is && late < atOnce
}

func nxdomain(c *cell) (string, bool) {
	api := c.dial("https://" + nowhere)
	o := c.call(func(ctx context.Context) (string, error) { return api.Get(ctx, clients.ID) })
	n := int(lookups.Load())
	return fmt.Sprintf("looked up %s, %v", times(n), o), o.failed() && n == 1
}

func storm(c *cell) (string, bool) {
	const calls = 200
	server := c.serve(faulty.Close)
	api := c.dial(server.URL())
	o := c.call(func(ctx context.Context) (string, error) {
		var all sync.WaitGroup
		for range calls {
			all.Go(func() { _, _ = api.Get(ctx, clients.ID) })
		}
		all.Wait()
		return "", nil
	})
	n := len(server.Requests())
	text := counted(n, "request")
	if o.hung {
		text += ", " + o.String()
	}
	return text, !o.hung && n <= calls*3/2
}

func idle(c *cell) (string, bool) {
	const conns = 50
	responses := slices.Repeat([]faulty.Handler{faulty.Then(faulty.Wait(500*time.Millisecond), ok(c.client.Body()))}, conns)
	server := c.serve(append(responses, c.failure(503, "no"))...)
	api := c.dial(server.URL())
	var all sync.WaitGroup
	for range conns {
		all.Go(func() { _, _ = api.Get(context.Background(), clients.ID) })
	}
	all.Wait()
	settle := func() int { time.Sleep(200 * time.Millisecond); return server.Open() }
	before := settle()
	o := c.call(func(ctx context.Context) (string, error) { return api.Get(ctx, clients.ID) })
	left := settle()
	text := fmt.Sprintf("%d kept, %d after the failure", before, left)
	if o.hung {
		text = fmt.Sprintf("%d kept, %d while it retries", before, left)
	}
	return text, before == conns && left == conns
}

func redirectHost(c *cell) (string, bool) { return c.redirect("localhost") }
func redirectPort(c *cell) (string, bool) { return c.redirect("127.0.0.1") }

func (c *cell) redirect(host string) (string, bool) {
	target := c.serve(ok(c.client.Body()))
	address, err := url.Parse(target.URL())
	if err != nil {
		panic(err)
	}
	_, o := c.get(faulty.Reply(302, "", "Location: https://"+host+":"+address.Port()+"/elsewhere"))
	got := target.Requests()
	switch {
	case len(got) == 0:
		return fmt.Sprintf("not followed, %v", o), o.failed()
	case slices.ContainsFunc(got, func(r faulty.Request) bool { return carriesKey(r.Header) }):
		return "followed, key sent", false
	default:
		return "followed, key kept", true
	}
}

func dots(c *cell) (string, bool)  { return c.request("..") }
func slash(c *cell) (string, bool) { return c.request("42/secret?admin=1") }

// request calls Get with an invalid id. That is harmless if it is rejected, or arrives
// as one query value or as one path segment without a special meaning.
func (c *cell) request(id string) (string, bool) {
	server := c.serve(ok(c.client.Body()))
	api := c.dial(server.URL())
	o := c.call(func(ctx context.Context) (string, error) { return api.Get(ctx, id) })
	got := server.Requests()
	if len(got) == 0 {
		return "rejected, nothing sent", o.failed()
	}
	uri, err := url.ParseRequestURI(got[0].RequestURI)
	if err != nil {
		panic(err)
	}
	text := "`GET " + got[0].RequestURI + "`"
	for _, values := range uri.Query() {
		if slices.Contains(values, id) {
			return text, true
		}
	}
	segments := strings.Split(uri.EscapedPath(), "/")
	last, err := url.PathUnescape(segments[len(segments)-1])
	return text, err == nil && last == id && id != ".." // proxies resolve it even if it is escaped
}

const page = "<html><head><title>502 Bad Gateway</title></head><body>nginx, sign in</body></html>"

func html502(c *cell) (string, bool) {
	s, o := c.get(faulty.Reply(502, page, "Content-Type: text/html"))
	status, body := strings.Contains(o.text, "502"), strings.Contains(o.text, "<html>")
	text := sent(s, o)
	if !o.hung && !status {
		text += " without the status"
	}
	if body {
		text += " with the page"
	}
	return text, o.failed() && status && !body
}

func html200(c *cell) (string, bool) {
	_, o := c.get(faulty.Reply(200, page, "Content-Type: text/html"))
	return o.String(), o.failed()
}

func empty(c *cell) (string, bool) {
	_, o := c.get(faulty.Reply(200, "", "Content-Type: application/json"))
	return o.String(), o.failed()
}

func junk(c *cell) (string, bool) {
	_, o := c.get(ok(append(c.client.Body(), "}junk"...)))
	return o.String(), o.failed()
}

func longMessage(c *cell) (string, bool) {
	message := strings.Repeat(`all work and no play\n`, 1<<20/21)
	_, o := c.get(c.failure(400, message))
	lines := 1 + strings.Count(o.text, "\n")
	text := fmt.Sprintf("%d bytes in %s", len(o.text), counted(lines, "line"))
	return text, o.failed() && lines == 1 && len(o.text) <= 4<<10
}

const huge = 256 << 20

func flood(c *cell) (string, bool) {
	head, tail := c.longer()
	head = faulty.Head(200, "Content-Type: application/json", "Connection: close") + head
	server := c.serve(faulty.Then(faulty.Flood(head, huge), faulty.Raw(tail), faulty.Close))
	text, allocated := c.weigh(server)
	return fmt.Sprintf("%s, %d MiB taken, %d MiB allocated", text, server.Written()>>20, allocated), server.Written() < huge/4
}

func bomb(c *cell) (string, bool) {
	head, tail := c.longer()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	filler := bytes.Repeat([]byte("x"), 1<<20)
	_, _ = w.Write([]byte(head))
	for range huge >> 20 {
		_, _ = w.Write(filler)
	}
	_, _ = w.Write([]byte(tail))
	_ = w.Close()
	server := c.serve(faulty.Reply(200, packed.String(), "Content-Type: application/json", "Content-Encoding: gzip"))
	text, allocated := c.weigh(server)
	return fmt.Sprintf("%s, %d MiB allocated", text, allocated), allocated < huge>>22
}

// weigh returns how a Get ended and how many MiB it allocated.
func (c *cell) weigh(server *faulty.Server) (string, uint64) {
	api := c.dial(server.URL())
	var before, behind runtime.MemStats
	runtime.ReadMemStats(&before)
	o := c.call(func(ctx context.Context) (string, error) { return api.Get(ctx, clients.ID) })
	runtime.ReadMemStats(&behind)
	text := "success"
	switch {
	case o.hung:
		text = o.String()
	case o.err != nil:
		text = "error"
	}
	return text, (behind.TotalAlloc - before.TotalAlloc) >> 20
}

func printed(c *cell) (string, bool) {
	value := c.dial("https://127.0.0.1:1").Value
	var shown []string
	for _, verb := range []string{"%v", "%+v", "%#v"} {
		if strings.Contains(fmt.Sprintf(verb, value), clients.Key) {
			shown = append(shown, verb)
		}
	}
	if shown == nil {
		return "not printed", true
	}
	return "key printed by " + strings.Join(shown, ", "), false
}

// reflected searches everything that reflection reaches from an error, as loggers and
// debuggers do.
func reflected(c *cell) (string, bool) {
	_, o := c.get(c.failure(401, "no"))
	finder := new(tb)
	faulty.NoSecret(finder, clients.Key, o.err)
	if finder.failures == 0 {
		return "not found", o.failed()
	}
	return "key found", false
}

func echoed(c *cell) (string, bool) {
	_, o := c.get(c.failure(401, "the key "+clients.Key+" is unknown"))
	if strings.Contains(o.text, clients.Key) {
		return "key in the message", false
	}
	return "not in the message", o.failed()
}

// cutEcho ends the response in the middle of the key.
func cutEcho(c *cell) (string, bool) {
	body := c.client.Failure(401, "the key "+clients.Key+" is unknown")
	end := strings.Index(body, clients.Key) + len(clients.Key)*2/3
	_, o := c.get(faulty.Cut(401, int64(len(body)), body[:end], "Content-Type: application/json"))
	if strings.Contains(o.text, clients.Key[:len(clients.Key)/2]) {
		return "a part of the key in the text", false
	}
	if o.hung {
		return o.String(), false
	}
	return "not in the text", o.failed()
}

func shuffled(c *cell) (string, bool) {
	pages, header := c.client.ShuffledPages()
	if pages == nil {
		return noIterator, false
	}
	n := 0 // of the requests, which come one after another
	server := c.serve(func(conn *faulty.Conn) {
		fields := []string{"Content-Type: application/json"}
		if header != "" {
			fields = append(fields, header)
		}
		faulty.Reply(200, pages[n%len(pages)], fields...)(conn)
		n++
	})
	api := c.dial(server.URL())
	o := c.call(func(ctx context.Context) (string, error) {
		_, err := api.All(ctx)
		return "", err
	})
	return sent(reached(server), o), o.failed()
}

// deadConnection makes a call, then lets the connection do nothing more, as if the
// network had lost it, and makes another one.
func deadConnection(c *cell) (string, bool) {
	server := c.serveUnresponsive(c.client.Body())
	api := c.dial(server.url)
	get := func(ctx context.Context) (string, error) { return api.Get(ctx, clients.ID) }
	if o := c.call(get); !o.right() {
		panic("no connection to lose: " + o.String())
	}
	server.stopResponding()
	o := c.call(get)
	text := o.String()
	if !server.http2.Load() {
		text = "over HTTP/1.1: " + text
	}
	return text, o.right()
}

// deepJSON puts the deep part in front of what the client reads.
func deepJSON(c *cell) (string, bool) {
	const levels, size = 9000, 9_000_000
	name := strings.Repeat("x", size/levels-len(`{"":`))
	server := c.serve(faulty.Reply(200, strings.Repeat(`{"`+name+`":`, levels)+"!", "Content-Type: application/json"))
	text, allocated := c.weigh(server)
	return fmt.Sprintf("%s, %d MiB allocated", text, allocated), text == "error" && allocated <= 90
}

// herd tells clients at the same moment to come back, and measures over how long
// they do, without the first and the last tenth.
func herd(c *cell) (string, bool) {
	const size, wait, spread = 50, 10 * time.Second, 400 * time.Millisecond
	var (
		mu   sync.Mutex
		told time.Time
		back []time.Duration
		here = make(chan struct{}, size)
		tell = make(chan struct{})
	)
	responses := slices.Repeat([]faulty.Handler{func(conn *faulty.Conn) {
		here <- struct{}{}
		<-tell
		c.failure(429, "no", "Retry-After: 10")(conn)
	}}, size)
	server := c.serve(append(responses, func(conn *faulty.Conn) {
		mu.Lock()
		back = append(back, time.Since(told))
		mu.Unlock()
		ok(c.client.Body())(conn)
	})...)
	go func() {
		for range size {
			<-here
		}
		mu.Lock()
		told = time.Now()
		mu.Unlock()
		close(tell)
	}()
	o := c.call(func(ctx context.Context) (string, error) {
		var all sync.WaitGroup
		for range size {
			api := c.dial(server.URL())
			all.Go(func() { _, _ = api.Get(ctx, clients.ID) })
		}
		all.Wait()
		return "", nil
	})
	mu.Lock()
	defer mu.Unlock()
	slices.Sort(back)
	switch {
	case len(back) == 0:
		return "do not come back", false
	case len(back) < size || o.hung:
		return fmt.Sprintf("%d come back within %.0f s", len(back), c.window.Seconds()), false
	case back[0] < wait:
		return fmt.Sprintf("come back after %.1f s", back[0].Seconds()), false
	}
	over := back[size*9/10] - back[size/10]
	if over < spread {
		return fmt.Sprintf("wait %.1f s, all come back at the same time", back[0].Seconds()), false
	}
	return fmt.Sprintf("wait %.1f s or more, come back over %.1f s", back[0].Seconds(), over.Seconds()), true
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}
