package main

import (
	"bytes"
	"context"
	"net"
	"sync/atomic"
)

// nowhere is a host whose name does not exist.
const nowhere = "nowhere.invalid"

// lookups counts the queries for the address of nowhere.
var lookups atomic.Int64

// useOwnDNS makes the process resolve names with a server on loopback, to which every
// name is unknown. So the measurements neither need a network nor depend on one.
func useOwnDNS() error {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go serveNXDOMAIN(conn)
	net.DefaultResolver = &net.Resolver{
		PreferGo: true,
		Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var dialer net.Dialer
			return dialer.DialContext(ctx, "udp", conn.LocalAddr().String())
		},
	}
	return nil
}

func serveNXDOMAIN(conn net.PacketConn) {
	question := []byte("\x07nowhere\x07invalid\x00\x00\x01") // type A; a lookup also queries AAAA
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
