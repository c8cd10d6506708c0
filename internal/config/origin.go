package config

import (
	"regexp"
	"strconv"
	"strings"
)

// normal writes what people write in several ways as browsers do.
func (c *Config) normal() {
	for _, list := range [][]string{c.Bridge.Origins, c.Kustomer.Hosts} {
		for i, o := range list {
			list[i] = normalOrigin(o)
		}
	}
}

// normalOrigin is an origin in lower case and without the port its scheme has anyway. What is none stays as it is.
func normalOrigin(s string) string {
	scheme, host, ok := strings.Cut(strings.ToLower(s), "://")
	if !ok || !isOrigin(scheme+"://"+host) {
		return s
	}
	usual := map[string]string{"https": ":443", "http": ":80"}
	return scheme + "://" + strings.TrimSuffix(host, usual[scheme])
}

// isOrigin reports whether a text is an origin as browsers write one, but for the port.
func isOrigin(s string) bool {
	m := regexp.MustCompile(`^https?://(?:[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])(?::([0-9]+))?$`).FindStringSubmatch(s)
	if m == nil {
		return false
	}
	port, err := strconv.Atoi(m[1])
	return m[1] == "" || err == nil && port >= 1 && port <= 65535 && strconv.Itoa(port) == m[1]
}

// hostHint says what hosts are made of, where that is what is wrong with one.
func hostHint(s string) string {
	_, host, _ := strings.Cut(s, "://")
	if regexp.MustCompile(`[^a-zA-Z0-9._:/?#@*\[\]-]`).MatchString(host) {
		return "; a host is letters, digits, dots and dashes, in other scripts its form with xn--"
	}
	return ""
}

// kinds says in plain words what the reader says of a value of the wrong kind.
func kinds(text string) string {
	words := map[string]string{
		"string": "a text in quotes", "int64": "a whole number", "integer": "a whole number", "float64": "a number with a fraction", "bool": "true or false",
		"boolean": "true or false", "slice": "a list in brackets", "array": "a list in brackets", "map": "a table", "table": "a table", "time.Time": "a date",
		"[]any": "a list in brackets", "map[string]any": "a table", "[]map[string]any": "several tables",
	}
	m := regexp.MustCompile(`^(.*)(?:incompatible types: TOML value has type (\S+); destination has type (\S+)|type mismatch for \S+: expected (\S+) but found (\S+))$`).FindStringSubmatch(text)
	if m == nil {
		return text
	}
	found, wanted := words[m[2]+m[5]], words[m[3]+m[4]]
	if found == "" || wanted == "" {
		return text
	}
	if strings.Contains(m[1], `"wrap_up.`) {
		wanted = `a time with its unit in quotes, such as "30s" or "2m"`
	}
	return m[1] + "it takes " + wanted + ", not " + found
}
