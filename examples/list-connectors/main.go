// List-connectors prints the connectors of the catalogue. FREDDY_API_KEY has the API key;
// without one, the example uses a fake API.
//
//	go run ./examples/list-connectors -category development
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"os/signal"
	"strings"
	"text/tabwriter"
	"unicode"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/freddytest"
)

func main() {
	log.SetFlags(0)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, args []string, stdout io.Writer) error {
	var params freddy.ConnectorListParams
	flags := flag.NewFlagSet("list-connectors", flag.ExitOnError)
	flags.StringVar((*string)(&params.Type), "type", "", "official, aitronos_built or custom")
	flags.StringVar((*string)(&params.Category), "category", "", "productivity, development, communication, design or custom")
	flags.StringVar((*string)(&params.Status), "status", "", "active, deprecated or maintenance (default active)")
	asJSON := flags.Bool("json", false, "print a JSON array")
	if _ = flags.Parse(args); flags.NArg() > 0 { // Parse exits on an error
		return fmt.Errorf("unexpected argument: %q", flags.Arg(0))
	}
	key, baseURL := os.Getenv("FREDDY_API_KEY"), cmp.Or(os.Getenv("FREDDY_BASE_URL"), freddy.DefaultBaseURL)
	if key == "" {
		log.Print("FREDDY_API_KEY is not set: using a fake API")
		server := httptest.NewServer(freddytest.NewFake())
		defer server.Close()
		key, baseURL = freddytest.APIKey, server.URL+"/v1"
	}
	client, err := freddy.NewClient(key, freddy.WithBaseURL(baseURL))
	if err != nil {
		return err
	}
	connectors, err := freddy.Collect(client.Connectors().All(ctx, params))
	switch {
	case err != nil:
		return err
	case *asJSON:
		return json.NewEncoder(stdout).Encode(append([]*freddy.Connector{}, connectors...)) // [], not null
	}
	w := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tNAME\tTYPE\tCATEGORY\tSTATUS")
	for _, c := range connectors {
		cells := []string{c.ID, c.Name, string(c.Type), string(c.Category), string(c.Status)}
		fmt.Fprintln(w, strings.Map(printable, strings.Join(cells, "\t")))
	}
	return w.Flush()
}

// printable replaces a control character, which could take over a terminal.
func printable(r rune) rune {
	if unicode.IsPrint(r) || r == '\t' {
		return r
	}
	return unicode.ReplacementChar
}
