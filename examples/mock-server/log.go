package main

import (
	"cmp"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aitronos/freddy-go/examples/internal/cli"
)

// logged returns a handler that prints a line of each request when it is
// answered, with the time if there is a clock.
func logged(handler http.Handler, out io.Writer, clock func() time.Time) http.Handler {
	var mu sync.Mutex
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		recorded := &recorder{ResponseWriter: w}
		outcome := "broken off" // where the handler panics
		defer func() {
			line := cli.Plain(r.Method+" "+masked(r)+" "+outcome) + "\n"
			mu.Lock()
			defer mu.Unlock()
			if clock != nil {
				line = clock().Format("2006-01-02T15:04:05.000Z07:00") + " " + line
			}
			fmt.Fprint(out, line)
		}()
		handler.ServeHTTP(recorded, r)
		outcome = strconv.Itoa(cmp.Or(recorded.status, http.StatusOK))
	})
}

// recorder remembers the status of an answer. Through Unwrap, an
// http.ResponseController finds what else the server's writer can do.
type recorder struct {
	http.ResponseWriter
	status int // 0: none was written
}

func (r *recorder) WriteHeader(status int) {
	if status >= 200 { // below, another one follows
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

const mask = "***"

// masked returns the path and the query of a request, as they were sent, without
// the key that it was sent with and without parameters that look like one.
func masked(r *http.Request) string {
	keys := sentKeys(r.Header)
	segments := strings.Split(r.URL.EscapedPath(), "/")
	for i, segment := range segments {
		segments[i] = hide(segment, url.PathUnescape, url.PathEscape, keys)
	}
	path := strings.Join(segments, "/")
	if r.URL.RawQuery == "" {
		return path
	}
	parameters := strings.Split(r.URL.RawQuery, "&")
	for i, parameter := range parameters {
		name, value, found := strings.Cut(parameter, "=")
		switch {
		case found && secret(name):
			value = mask
		case found:
			value = hide(value, url.QueryUnescape, url.QueryEscape, keys)
		}
		parameters[i] = hide(name, url.QueryUnescape, url.QueryEscape, keys)
		if found {
			parameters[i] += "=" + value
		}
	}
	return path + "?" + strings.Join(parameters, "&")
}

// secret reports whether a parameter is likely to hold a key.
func secret(name string) bool {
	if plain, err := url.QueryUnescape(name); err == nil {
		name = plain
	}
	name = strings.ToLower(name)
	return slices.ContainsFunc([]string{"key", "token", "secret", "password", "authorization"}, func(word string) bool {
		return strings.Contains(name, word)
	})
}

// sentKeys returns the keys in a header, whether they are valid or not.
func sentKeys(header http.Header) []string {
	var keys []string
	for _, value := range header.Values("Authorization") {
		if _, key, found := strings.Cut(value, " "); found {
			value = strings.TrimSpace(key)
		}
		keys = append(keys, value)
	}
	keys = append(keys, header.Values("X-Api-Key")...)
	keys = append(keys, header.Values("Api-Key")...)
	return slices.DeleteFunc(keys, func(key string) bool { return key == "" })
}

// hide masks keys in a part of a URL, however it is escaped. What has none stays
// as it was sent.
func hide(part string, unescape func(string) (string, error), escape func(string) string, keys []string) string {
	plain, err := unescape(part)
	if err != nil {
		plain = part
	}
	var found bool
	for _, key := range keys {
		found = found || strings.Contains(plain, key)
		plain = strings.ReplaceAll(plain, key, mask)
	}
	if !found {
		return part
	}
	return strings.ReplaceAll(escape(plain), url.QueryEscape(mask), mask)
}
