package main

import (
	"bufio"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"

	"github.com/aitronos/freddy-go/benchmarks/internal/clients"
)

// A server answers on loopback from a process of its own, so that what it
// allocates is not the clients'. Each client has an address of its own there, for
// some drop the path of a base URL, and is answered as its API answers Get. Below
// /flaky one answer in fifty is, in turn, a 503 and a dropped connection.
type server struct {
	Plain, TLS  map[string]string // base URLs by client, of HTTP/1.1 and HTTP/2
	Certificate []byte

	process *exec.Cmd
	asked   int // what it has seen
}

// startServer starts this program once more and trusts its certificate.
func startServer() (*server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	s := &server{process: exec.Command(self, "-serve")}
	s.process.Stderr = terminal
	if _, err := s.process.StdinPipe(); err != nil { // its end, with ours, ends the server
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

// seen is what the server has seen, beside those who asked for it.
type seen struct{ Connections, Requests int }

// seen asks over a connection that counts too.
func (s *server) seen() seen {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Get(s.Plain[plain] + "/seen")
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

// serve is the server's process. It ends with its standard input.
func serve() error {
	var accepted, requests, flaky atomic.Int64
	count := func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			accepted.Add(1)
		}
	}
	s := server{Plain: make(map[string]string), TLS: make(map[string]string)}
	for _, client := range clients.All() {
		body := client.Body()
		handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/seen" {
				_ = json.NewEncoder(w).Encode(seen{int(accepted.Load()), int(requests.Load())})
				return
			}
			requests.Add(1)
			w.Header().Set("Content-Type", "application/json")
			if strings.HasPrefix(r.URL.Path, "/flaky/") {
				switch flaky.Add(1) % 100 {
				case 0:
					w.WriteHeader(http.StatusServiceUnavailable)
					fmt.Fprint(w, `{"error":{"message":"busy"}}`)
					return
				case 50:
					panic(http.ErrAbortHandler) // drops the connection, or resets the stream
				}
			}
			_, _ = w.Write(body)
		})
		plain, secure := httptest.NewUnstartedServer(handler), httptest.NewUnstartedServer(handler)
		plain.Config.ConnState, secure.Config.ConnState = count, count
		secure.EnableHTTP2 = true
		plain.Start()
		secure.StartTLS()
		s.Plain[client.Name], s.TLS[client.Name] = plain.URL, secure.URL
		s.Certificate = secure.Certificate().Raw // all have the same
	}
	if err := json.NewEncoder(os.Stdout).Encode(s); err != nil {
		return err
	}
	_, _ = bufio.NewReader(os.Stdin).ReadByte()
	return nil
}
