package main

import (
	"bytes"
	"context"
	"net"
	"sync/atomic"
)

// nowhere is a host whose name does not exist.
const nowhere = "nowhere.invalid"

// lookups counts the questions for the address of nowhere.
var lookups atomic.Int64

// useOwnDNS makes the process ask a server on loopback, which knows no name at
// all: the measurements need no network, and none can spoil them.
func useOwnDNS() error {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go answerNXDOMAIN(conn)
	net.DefaultResolver = &net.Resolver{
		PreferGo: true,
		Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var dialer net.Dialer
			return dialer.DialContext(ctx, "udp", conn.LocalAddr().String())
		},
	}
	return nil
}

func answerNXDOMAIN(conn net.PacketConn) {
	question := []byte("\x07nowhere\x07invalid\x00\x00\x01") // type A; a lookup asks for AAAA besides
	message := make([]byte, 1500)
	for {
		n, from, err := conn.ReadFrom(message)
		if err != nil {
			return
		}
		if n < 12 {
			continue
		}
		if bytes.Contains(message[:n], question) {
			lookups.Add(1)
		}
		message[2], message[3] = 0x81, 0x83 // a response; recursion available, no such name
		_, _ = conn.WriteTo(message[:n], from)
	}
}
