// Command start makes a client and ends: what is measured of it is how long it
// takes to start, how large it is, and which modules it links. It has one client
// only where it is built with the tags that say which:
//
//	go build -tags only,github ./speed/start
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/aitronos/freddy-go/benchmarks/internal/clients"
)

func main() {
	if len(clients.All()) == 0 {
		fmt.Fprintln(os.Stderr, "the tags name no client")
		os.Exit(1)
	}
	for _, client := range clients.All() {
		api, err := client.New("https://api.example.com", nil)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		if len(os.Args) > 1 { // never, but the linker does not know
			fmt.Println(api.Get(context.Background(), os.Args[1]))
			fmt.Println(api.List(context.Background()))
			fmt.Println(api.Create(context.Background()))
		}
	}
}
