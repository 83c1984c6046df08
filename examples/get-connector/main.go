// Get-connector prints a connector of the catalogue and its settings. FREDDY_API_KEY has
// the API key; without one, the example uses a fake API.
//
//	go run ./examples/get-connector pcon_github
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
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
	"github.com/aitronos/freddy-go/schema"
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
	flags := flag.NewFlagSet("get-connector [-json] CONNECTOR_ID", flag.ExitOnError)
	asJSON := flags.Bool("json", false, "print JSON")
	if _ = flags.Parse(args); flags.NArg() != 1 { // Parse exits on an error
		return errors.New("usage: get-connector [-json] CONNECTOR_ID")
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
	connector, err := client.Connectors().Get(ctx, flags.Arg(0))
	switch {
	case errors.Is(err, freddy.ErrNotFound):
		return fmt.Errorf("there is no connector %s", flags.Arg(0))
	case err != nil:
		return err
	case *asJSON:
		return json.NewEncoder(stdout).Encode(connector)
	}
	return printConnector(stdout, connector)
}

func printConnector(stdout io.Writer, c *freddy.Connector) error {
	settings, err := schema.Compile(c.Metadata.ConfigurationSchema)
	if err != nil {
		return err
	}
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "%s\n%s\n\nID\t%s\nStatus\t%s\nServer\t%s\n", c.Name, c.Description, c.ID, c.Status, c.ServerURL)
	fmt.Fprintln(w, "Sign-in\t"+string(c.Metadata.AuthMethod)+"\n\nSETTING\tTYPE\tREQUIRED\tSECRET\tDEFAULT\tDESCRIPTION")
	printSettings(w, "", settings.Root())
	_ = w.Flush() // to memory
	_, err = io.WriteString(stdout, strings.Map(printable, b.String()))
	return err
}

// printSettings prints a row for each setting in a field.
func printSettings(w io.Writer, indent string, in schema.Field) {
	for _, f := range in.Fields {
		yes := map[bool]string{true: "yes"}
		fmt.Fprintf(w, "%s%s\t%s\t%s\t%s\t%s\t%s\n", indent, f.Name, typeOf(f), yes[f.Required], yes[f.Secret], asText(f.Default), f.Description)
		printSettings(w, indent+"  ", f)
	}
	for _, v := range in.Variants {
		fmt.Fprintf(w, "%seither\t%s\t\t\t\t%s\n", indent, asText(v.Match), cmp.Or(v.Description, v.Title))
		printSettings(w, indent+"  ", v.Field)
	}
}

// typeOf returns the type of a setting, or its options.
func typeOf(f schema.Field) string {
	if f.Items != nil {
		return "array of " + typeOf(*f.Items)
	}
	var options []string
	for _, option := range f.Options {
		options = append(options, asText(option.Value))
	}
	return cmp.Or(strings.Join(options, " | "), strings.Join(f.Types, " | "), "any")
}

// asText returns a value of a schema as JSON, but a string as it is.
func asText(value any) string {
	if value == nil {
		return ""
	}
	text, _ := json.Marshal(value)
	return strings.Trim(string(text), `"`)
}

func printable(r rune) rune {
	if unicode.IsPrint(r) || r == '\n' {
		return r
	}
	return unicode.ReplacementChar
}
