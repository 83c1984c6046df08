package faulty_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go/internal/faulty"
)

// soon is far longer than any of these tests takes, and shorter than the two
// seconds of a failing check.
const soon = time.Second

// errAny stands for any error.
var errAny = errors.New("any")

// rig is a test with a client, and checks for the servers that it starts.
type rig struct {
	*testing.T
	checks *faulty.Checks
	client *http.Client
}

func newRig(t *testing.T) *rig {
	checks := watch(t)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: faulty.RootCAs()}}
	checks.CloseIdle(transport.CloseIdleConnections)
	return &rig{t, checks, &http.Client{Transport: transport}}
}

func (r *rig) serve(handlers ...faulty.Handler) *faulty.Server {
	r.Helper()
	return r.checks.Server(faulty.Serve(r, handlers...))
}

func (r *rig) serveTLS(config *tls.Config, handlers ...faulty.Handler) *faulty.Server {
	r.Helper()
	return r.checks.Server(faulty.ServeTLS(r, config, handlers...))
}

// get returns the status and body of a GET, and the error of either step.
func (r *rig) get(ctx context.Context, url string) (int, string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	require.NoError(r, err)
	response, err := r.client.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return response.StatusCode, string(body), err
}

// dial opens a TCP connection and sends a GET.
func (r *rig) dial(s *faulty.Server) *net.TCPConn {
	r.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL(), "http://"))
	require.NoError(r, err)
	r.Cleanup(func() { conn.Close() })
	require.NoError(r, conn.SetDeadline(time.Now().Add(soon)))
	_, err = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: raw\r\n\r\n")
	require.NoError(r, err)
	return conn.(*net.TCPConn)
}

func TestHandlers(t *testing.T) {
	tests := map[string]struct {
		handler faulty.Handler
		status  int
		body    string
		fails   error // what errors.Is finds, nil for none, errAny
	}{
		"close":            {faulty.Close, 0, "", io.EOF},
		"reset":            {faulty.Reset, 0, "", syscall.ECONNRESET},
		"garbage":          {faulty.Then(faulty.Raw("220 smtp\r\n\r\n"), faulty.Close), 0, "", errAny},
		"raw":              {faulty.Raw("HTTP/1.1 418 Short\r\nContent-Length: 3\r\n\r\npot"), 418, "pot", nil},
		"until close":      {faulty.Then(faulty.Raw(faulty.Head(200)+"all"), faulty.Close), 200, "all", nil},
		"split":            {faulty.Split(faulty.Text(200, "bytes")), 200, "bytes", nil},
		"reply":            {faulty.Reply(503, `{"a":1}`), 503, `{"a":1}`, nil},
		"no content":       {faulty.Reply(204, "ignored"), 204, "", nil},
		"cut":              {faulty.Cut(200, 100, "half"), 200, "half", io.ErrUnexpectedEOF},
		"cut before body":  {faulty.Cut(200, 1, ""), 200, "", io.ErrUnexpectedEOF},
		"reset in body":    {faulty.Then(faulty.Raw(faulty.Head(200, "Content-Length: 9")+"half"), faulty.Wait(20*time.Millisecond), faulty.Reset), 200, "half", syscall.ECONNRESET},
		"chunks":           {faulty.Chunks("one", "two"), 200, "onetwo", nil},
		"no chunks":        {faulty.Chunks(), 200, "", nil},
		"cut chunks":       {faulty.CutChunks("one"), 200, "one.", io.ErrUnexpectedEOF},
		"no last chunk":    {faulty.Then(faulty.Raw(faulty.Head(200, "Transfer-Encoding: chunked")), faulty.Chunk("one"), faulty.Close), 200, "one", io.ErrUnexpectedEOF},
		"last chunk late":  {faulty.Then(faulty.Raw(faulty.Head(200, "Transfer-Encoding: chunked")), faulty.Chunk("one"), faulty.Wait(time.Millisecond), faulty.LastChunk), 200, "one", nil},
		"flood to its end": {faulty.Flood(faulty.Head(200, "Content-Length: 40000"), 40000), 200, strings.Repeat("x", 40000), nil},
	}
	for name, test := range tests {
		for _, scheme := range []string{"http", "https"} {
			t.Run(name+" "+scheme, func(t *testing.T) {
				r := newRig(t)
				server := r.serve
				if scheme == "https" {
					server = func(handlers ...faulty.Handler) *faulty.Server { return r.serveTLS(nil, handlers...) }
				}
				// net/http does not resend a POST, so the server gets one request.
				s := server(test.handler)
				assert.True(t, strings.HasPrefix(s.URL(), scheme+"://127.0.0.1:"))
				response, err := r.client.Post(s.URL(), "", strings.NewReader("in"))
				var body []byte
				if err == nil {
					assert.Equal(t, test.status, response.StatusCode)
					body, err = io.ReadAll(response.Body)
					require.NoError(t, response.Body.Close())
				} else {
					assert.Zero(t, test.status, err)
				}
				assert.Equal(t, test.body, string(body))
				switch {
				case test.fails == nil:
					require.NoError(t, err)
				case errors.Is(test.fails, errAny):
					require.Error(t, err)
				default:
					require.ErrorIs(t, err, test.fails)
				}
				require.Len(t, s.Requests(), 1)
				assert.Equal(t, 1, s.Accepted())
				assert.Equal(t, "in", string(s.Requests()[0].Body))
			})
		}
	}
}

func TestScript(t *testing.T) {
	r := newRig(t)
	s := r.serve(faulty.Reply(500, "first"), faulty.Close, faulty.Reply(200, "last", "X-Kind: b"))
	post := func(path string) (*http.Response, error) {
		request, err := http.NewRequest(http.MethodPost, s.URL()+path, strings.NewReader("body of "+path))
		require.NoError(t, err)
		request.Header.Set("X-Path", path)
		return r.client.Do(request)
	}
	statuses := []int{}
	for _, path := range []string{"/1", "/2?q=1", "/3", "/4"} {
		response, err := post(path)
		if err != nil {
			statuses = append(statuses, 0)
			continue
		}
		statuses = append(statuses, response.StatusCode)
		_, err = io.Copy(io.Discard, response.Body)
		assert.NoError(t, err)
		assert.NoError(t, response.Body.Close())
	}
	assert.Equal(t, []int{500, 0, 200, 200}, statuses)

	requests := s.Requests()
	require.Len(t, requests, 4)
	conns := []int{}
	for _, request := range requests {
		conns = append(conns, request.Conn)
	}
	assert.Equal(t, []int{1, 1, 2, 2}, conns, "a reply keeps the connection open")
	assert.Equal(t, 2, s.Accepted())
	assert.Equal(t, 1, s.Open())
	second := requests[1]
	assert.Equal(t, "POST /2?q=1", second.Method+" "+second.RequestURI)
	assert.Equal(t, strings.TrimPrefix(s.URL(), "http://"), second.Host)
	assert.Equal(t, "/2?q=1", second.Header.Get("X-Path"))
	assert.Equal(t, "body of /2?q=1", string(second.Body))
	assert.NoError(t, second.Err)
}

func TestReplyToHead(t *testing.T) {
	r := newRig(t)
	s := r.serve(faulty.Reply(200, "body"))
	for range 2 {
		response, err := r.client.Head(s.URL())
		require.NoError(t, err)
		assert.NoError(t, response.Body.Close())
		assert.EqualValues(t, 4, response.ContentLength)
	}
	assert.Equal(t, 1, s.Accepted(), "no body breaks the connection")
}

func TestCustomHandler(t *testing.T) {
	r := newRig(t)
	s := r.serve(func(c *faulty.Conn) {
		select {
		case <-c.Gone():
			t.Error("the connection is closed before the response")
		default:
		}
		faulty.Reply(200, c.Request().RequestURI)(c)
	})
	_, body, err := r.get(t.Context(), s.URL()+"/echo")
	require.NoError(t, err)
	assert.Equal(t, "/echo", body)
}

func TestBrokenUpload(t *testing.T) {
	r := newRig(t)
	s := r.serve(faulty.Reply(200, ""))
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL(), "http://"))
	require.NoError(t, err)
	_, err = io.WriteString(conn, "PUT /file HTTP/1.1\r\nHost: raw\r\nContent-Length: 10\r\n\r\nhalf")
	require.NoError(t, err)
	require.NoError(t, conn.Close())
	require.Eventually(t, func() bool { return len(s.Requests()) == 1 }, soon, time.Millisecond)
	assert.Equal(t, "half", string(s.Requests()[0].Body))
	assert.ErrorIs(t, s.Requests()[0].Err, io.ErrUnexpectedEOF)
}

// Each of these handlers ends when the client closes the connection.
func TestEndsWithClient(t *testing.T) {
	head := faulty.Head(200, "Content-Length: 1000000000")
	tests := map[string]struct {
		handler faulty.Handler
		sends   bool // ten bytes and more
	}{
		"stall":         {faulty.Stall, false},
		"wait":          {faulty.Wait(time.Hour), false},
		"stall in head": {faulty.Then(faulty.Raw("HTTP/1.1 200"), faulty.Stall), false},
		"stall in body": {faulty.Then(faulty.Raw(head+"some"), faulty.Stall), false},
		"drip":          {faulty.Drip(head, 'x', time.Millisecond), true},
		"flood":         {faulty.Flood(head, 1e9), true},
		"short flood":   {faulty.Then(faulty.Flood(head, 1<<20), faulty.Stall), true},
	}
	for name, test := range tests {
		for _, scheme := range []string{"http", "https"} {
			t.Run(name+" "+scheme, func(t *testing.T) {
				r := newRig(t)
				var s *faulty.Server
				if scheme == "https" {
					s = r.serveTLS(faulty.Valid(), test.handler)
				} else {
					s = r.serve(test.handler)
				}
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL(), nil)
				require.NoError(t, err)
				enough := make(chan struct{})
				done := make(chan error)
				go func() {
					response, err := r.client.Do(request)
					if err == nil {
						_, err = io.CopyN(io.Discard, response.Body, 10)
						close(enough)
						<-ctx.Done()
						err = errors.Join(err, response.Body.Close())
					}
					done <- err
				}()
				if test.sends {
					<-enough
					assert.Equal(t, 1, s.Open())
					cancel()
					require.NoError(t, <-done)
				} else {
					require.Eventually(t, func() bool { return len(s.Requests()) == 1 }, soon, time.Millisecond)
					assert.Equal(t, 1, s.Open())
					cancel()
					require.ErrorIs(t, <-done, context.Canceled)
				}
				assert.Eventually(t, func() bool { return s.Open() == 0 }, soon, time.Millisecond)
				assert.Less(t, s.Written(), int64(50e6))
			})
		}
	}
}

// Close ends every handler, whatever the client does.
func TestEndsWithServer(t *testing.T) {
	head := faulty.Head(200, "Content-Length: 1000000000")
	handlers := map[string]faulty.Handler{
		"stall": faulty.Stall,
		"wait":  faulty.Wait(time.Hour),
		"drip":  faulty.Drip(head, 'x', time.Millisecond),
		"flood": faulty.Flood(head, 1e9), // blocked, since the client does not read
		"reply": faulty.Reply(200, "kept alive"),
	}
	for name, handler := range handlers {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			s := faulty.Serve(t, handler)
			conn := r.dial(s)
			require.Eventually(t, func() bool { return len(s.Requests()) == 1 }, soon, time.Millisecond)
			assert.Equal(t, 1, s.Open())
			s.Close()
			s.Close()
			assert.Zero(t, s.Open())
			_, err := io.Copy(io.Discard, conn)
			require.NotErrorIs(t, err, context.DeadlineExceeded)
			_, err = net.Dial("tcp", conn.RemoteAddr().String())
			require.ErrorIs(t, err, syscall.ECONNREFUSED)
		})
	}
}

func TestStallSendsNothing(t *testing.T) {
	r := newRig(t)
	s := r.serve(faulty.Stall)
	conn := r.dial(s)
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(20*time.Millisecond)))
	n, err := conn.Read(make([]byte, 1))
	assert.Zero(t, n)
	var timeout net.Error
	require.ErrorAs(t, err, &timeout)
	assert.True(t, timeout.Timeout())
	assert.Zero(t, s.Written())
}

// A client that pipelines a request and closes its sending half still gets all
// responses.
func TestQueuedRequests(t *testing.T) {
	r := newRig(t)
	s := r.serve(faulty.Then(faulty.Wait(time.Millisecond), faulty.Reply(200, "one")), faulty.Reply(200, "two"))
	conn := r.dial(s)
	_, err := io.WriteString(conn, "GET /next HTTP/1.1\r\nHost: raw\r\n\r\n")
	require.NoError(t, err)
	require.NoError(t, conn.CloseWrite())
	text, err := io.ReadAll(conn)
	require.NoError(t, err)
	assert.Regexp(t, `(?s)\r\n\r\none.*\r\n\r\ntwo$`, string(text))
}

func TestStallSeesClientBehindQueuedRequest(t *testing.T) {
	r := newRig(t)
	s := r.serve(faulty.Then(faulty.Reply(200, ""), faulty.Stall))
	conn := r.dial(s)
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	_, err = io.WriteString(conn, "GET /next HTTP/1.1\r\nHost: raw\r\n\r\n")
	require.NoError(t, err)
	require.Eventually(t, func() bool { return len(s.Requests()) == 2 }, soon, time.Millisecond)
	require.NoError(t, conn.Close())
	assert.Eventually(t, func() bool { return s.Open() == 0 }, soon, time.Millisecond)
}

func TestWaitEnds(t *testing.T) {
	r := newRig(t)
	s := r.serve(faulty.Then(faulty.Wait(20*time.Millisecond), faulty.Reply(200, "late")))
	start := time.Now()
	_, body, err := r.get(t.Context(), s.URL())
	require.NoError(t, err)
	assert.Equal(t, "late", body)
	assert.GreaterOrEqual(t, time.Since(start), 20*time.Millisecond)
}

func TestDripComesByteByByte(t *testing.T) {
	r := newRig(t)
	s := r.serve(faulty.Drip(faulty.Head(200, "Content-Type: text/plain"), '.', time.Millisecond))
	response, err := r.client.Get(s.URL())
	require.NoError(t, err)
	defer response.Body.Close()
	assert.Equal(t, "text/plain", response.Header.Get("Content-Type"))
	dots := make([]byte, 5)
	_, err = io.ReadFull(response.Body, dots)
	require.NoError(t, err)
	assert.Equal(t, ".....", string(dots))
}

func TestFloodCountsWhatWasTaken(t *testing.T) {
	r := newRig(t)
	head := faulty.Head(200, "Content-Length: 100000")
	s := r.serve(faulty.Flood(head, 100000))
	_, body, err := r.get(t.Context(), s.URL())
	require.NoError(t, err)
	assert.Len(t, body, 100000)
	assert.Eventually(t, func() bool { return s.Written() == int64(len(head)+100000) }, soon, time.Millisecond)
}

func TestRefused(t *testing.T) {
	r := newRig(t)
	url := faulty.Refused(t)
	for range 3 {
		_, _, err := r.get(t.Context(), url)
		require.ErrorIs(t, err, syscall.ECONNREFUSED)
	}
	_, err := net.Listen("tcp", strings.TrimPrefix(url, "http://"))
	assert.ErrorIs(t, err, syscall.EADDRINUSE, "no other process can listen")
}

func TestCertificates(t *testing.T) {
	tests := map[string]struct {
		config *tls.Config
		target any // nil for success
	}{
		"default":    {nil, nil},
		"valid":      {faulty.Valid(), nil},
		"wrong host": {faulty.WrongHost(), new(x509.HostnameError)},
		"expired":    {faulty.Expired(), new(x509.CertificateInvalidError)},
		"untrusted":  {faulty.Untrusted(), new(x509.UnknownAuthorityError)},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			s := r.serveTLS(test.config, faulty.Reply(200, "secure"))
			_, body, err := r.get(t.Context(), s.URL())
			if test.target == nil {
				require.NoError(t, err)
				assert.Equal(t, "secure", body)
				return
			}
			require.ErrorAs(t, err, test.target)
			assert.Equal(t, 1, s.Accepted())
			assert.Empty(t, s.Requests())
		})
	}
}

func TestCertificateForNames(t *testing.T) {
	r := newRig(t)
	certificate := faulty.Certificate(time.Now().AddDate(5, 0, 0), "api.example", "::1")
	leaf, err := x509.ParseCertificate(certificate.Certificate[0])
	require.NoError(t, err)
	for _, host := range []string{"api.example", "::1"} {
		_, err = leaf.Verify(x509.VerifyOptions{Roots: faulty.RootCAs(), DNSName: host})
		require.NoError(t, err)
	}
	s := r.serveTLS(&tls.Config{Certificates: []tls.Certificate{certificate}, MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}, faulty.Reply(200, ""))
	_, _, err = r.get(t.Context(), s.URL())
	assert.ErrorContains(t, err, "protocol version")
}

func TestHandshakeStall(t *testing.T) {
	r := newRig(t)
	s := r.checks.Server(faulty.ServeHandshakeStall(t))
	assert.True(t, strings.HasPrefix(s.URL(), "https://"))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, _, err := r.get(ctx, s.URL())
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assert.Equal(t, 1, s.Accepted())
	assert.Empty(t, s.Requests())
}

func TestBanner(t *testing.T) {
	r := newRig(t)
	s := r.checks.Server(faulty.ServeBanner(t, "HTTP/1.1 400 Bad Request\r\n\r\n"))
	_, _, err := r.get(t.Context(), s.URL())
	require.ErrorIs(t, err, http.ErrSchemeMismatch)
	assert.Equal(t, 1, s.Accepted())
}

func TestWrongProtocol(t *testing.T) {
	r := newRig(t)
	plain, secure := r.serve(faulty.Reply(200, "")), r.serveTLS(nil, faulty.Reply(200, ""))
	for _, url := range []string{
		strings.Replace(plain.URL(), "http", "https", 1),
		strings.Replace(secure.URL(), "https", "http", 1),
	} {
		_, _, err := r.get(t.Context(), url)
		require.Error(t, err)
	}
	assert.Empty(t, plain.Requests())
	assert.Empty(t, secure.Requests())
}

func TestNoHandlers(t *testing.T) {
	fake := &fakeTB{TB: t}
	assert.Panics(t, func() { faulty.Serve(fake) })
	assert.Equal(t, []string{"faulty: a server needs a handler"}, fake.failures)
}
