package web

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// safe are the characters a header's value may hold: none of them means anything in a web server's configuration inside
// double quotes, as $, %, {, \ and " would.
const safe = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 '*-./:;_"

// Servers tells each web server of Headers in its own words: nginx.conf and apache.conf to include, a Caddyfile to use as it
// is, and _headers for hosts that read that file beside the pages. host is the pages' name: "widget.example.com".
func Servers(o Options, host string) (map[string][]byte, error) {
	headers, err := Headers(o)
	if err != nil {
		return nil, err
	}
	for name, values := range headers {
		if i := strings.IndexFunc(name+values[0], func(r rune) bool { return !strings.ContainsRune(safe, r) }); i >= 0 || len(values) != 1 {
			return nil, fmt.Errorf("the header %s cannot be written for a web server: %q", name, values)
		}
	}
	return map[string][]byte{
		"nginx.conf": []byte(fmt.Sprintf(nginx, host) + lines(headers, "add_header %s \"%s\" always;\n")),
		"apache.conf": []byte(fmt.Sprintf(apache, host) + "<IfModule !mod_headers.c>\n  Error \"Sidetone's pages need mod_headers\"\n</IfModule>\n" +
			lines(headers, "Header always set %s \"%s\"\n")),
		"Caddyfile": []byte(fmt.Sprintf(caddy, host) + lines(headers, "\t\t%s \"%s\"\n") + "\t}\n}\n"),
		"_headers":  []byte("/*\n" + lines(headers, "  %s: %s\n")),
	}, nil
}

const nginx = `# Include this in the server block of %s, which serves the folder "site" over https.
# nginx forgets these lines inside a location block that has an add_header of its own: include the file there as well.
`

const apache = `# Include this in the VirtualHost of %s, which serves the folder "site" over https.
`

const caddy = `# Caddy gets its certificate by itself. Put the folder "site" where root says, or change root.
%s {
	root * /srv/sidetone/site
	file_server {
		hide _headers
	}
	header {
`

// lines are the headers in the order of their names.
func lines(h http.Header, format string) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(h)) {
		fmt.Fprintf(&b, format, name, h[name][0])
	}
	return b.String()
}
