package main

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aitronos/freddy-go/benchmarks/internal/clients"
)

// A network is how clients reach a server.
type network struct {
	name    string
	tls     bool
	http2   bool
	streams int  // over HTTP/2, at the same time on one connection; 0: 250, the default of net/http
	distant bool // connections and responses are delayed
}

var (
	http1        = network{name: "HTTP/1.1"}
	http2        = network{name: "HTTP/2", tls: true, http2: true}
	distant1     = network{name: "HTTP/1.1 with TLS", tls: true, distant: true}
	distant2     = network{name: "HTTP/2, 250 streams", tls: true, http2: true, distant: true}
	distant2few  = network{name: "HTTP/2, 100 streams", tls: true, http2: true, streams: 100, distant: true}
	networks     = []network{http1, http2, distant1, distant2, distant2few}
	seenByServer = "/seen"
)

// What a distant server adds.
const (
	connectDelay  = 50 * time.Millisecond // before the TLS handshake
	responseDelay = 20 * time.Millisecond
)

// A server listens on loopback in its own process, so that its allocations are not
// counted. Each client has an address of its own, because some SDKs drop the path
// of a base URL. A Get receives what the client's API returns. Below /flaky one
// response in fifty is, in turn, a 503 and a dropped connection.
type server struct {
	Bases       map[string]map[string]string // base URLs by network and client
	Certificate []byte

	process *exec.Cmd
	asked   int // how often seen has connected
}

// startServer starts this program once more and trusts its certificate.
func startServer() (*server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	s := &server{process: exec.Command(self, "-serve")}
	s.process.Stderr = terminal
	if _, err := s.process.StdinPipe(); err != nil { // it is closed when this process ends, which ends the server
		return nil, err
	}
	stdout, err := s.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.process.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err != nil {
		return nil, fmt.Errorf("the server did not start: %w", err)
	}
	if err := json.Unmarshal(line, s); err != nil {
		return nil, err
	}
	certificate, err := x509.ParseCertificate(s.Certificate)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AddCert(certificate)
	x509.SetFallbackRoots(roots)
	return s, nil
}

func (s *server) stop() { _ = s.process.Process.Kill() }

// base returns the base URL of a client.
func (s *server) base(n network, client string) string { return s.Bases[n.name][client] }

// seen is what the server has seen, except the requests for it.
type seen struct{ Connections, Requests int }

func (s *server) seen() seen {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Get(s.base(http1, plain) + seenByServer)
	if err != nil {
		panic(err)
	}
	defer response.Body.Close()
	var n seen
	if err := json.NewDecoder(response.Body).Decode(&n); err != nil {
		panic(err)
	}
	s.asked++
	n.Connections -= s.asked
	return n
}

// serve is the process of the server. It ends with its standard input.
func serve() error {
	certificate, err := selfSigned()
	if err != nil {
		return err
	}
	var all listeners
	s := server{Bases: make(map[string]map[string]string), Certificate: certificate.Certificate[0]}
	for _, n := range networks {
		s.Bases[n.name] = make(map[string]string)
		for _, client := range clients.All() {
			s.Bases[n.name][client.Name] = all.start(n, certificate, client)
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(s); err != nil {
		return err
	}
	_, _ = bufio.NewReader(os.Stdin).ReadByte()
	return nil
}

// listeners count together.
type listeners struct{ connections, requests, flaky atomic.Int64 }

// start returns the base URL of a new listener.
func (l *listeners) start(n network, certificate tls.Certificate, client clients.Client) string {
	s := httptest.NewUnstartedServer(l.handler(n, client.Body()))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			l.connections.Add(1)
		}
	}
	s.Config.HTTP2 = &http.HTTP2Config{MaxConcurrentStreams: n.streams}
	s.EnableHTTP2 = n.http2
	if n.distant {
		s.Listener = delayedListener{s.Listener}
	}
	if n.tls {
		s.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
		s.StartTLS()
	} else {
		s.Start()
	}
	return s.URL
}

func (l *listeners) handler(n network, body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == seenByServer {
			_ = json.NewEncoder(w).Encode(seen{int(l.connections.Load()), int(l.requests.Load())})
			return
		}
		l.requests.Add(1)
		if n.distant {
			time.Sleep(responseDelay)
		}
		w.Header().Set("Content-Type", "application/json")
		if strings.HasPrefix(r.URL.Path, "/flaky/") {
			switch l.flaky.Add(1) % 100 {
			case 0:
				w.WriteHeader(http.StatusServiceUnavailable)
				fmt.Fprint(w, `{"error":{"message":"busy"}}`)
				return
			case 50:
				panic(http.ErrAbortHandler) // drops the connection, or resets the stream
			}
		}
		_, _ = w.Write(body)
	}
}

// A delayedListener delays the first read of each connection, which begins its TLS
// handshake.
type delayedListener struct{ net.Listener }

func (l delayedListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &delayedConn{Conn: conn}, nil
}

type delayedConn struct {
	net.Conn
	once sync.Once
}

func (c *delayedConn) Read(b []byte) (int, error) {
	c.once.Do(func() { time.Sleep(connectDelay) })
	return c.Conn.Read(b)
}

// selfSigned returns a certificate with an ECDSA key: a handshake with the RSA key of
// httptest takes so long that a burst measures little else.
func selfSigned() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(time.Hour),
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		IsCA:                  true,
		BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}
