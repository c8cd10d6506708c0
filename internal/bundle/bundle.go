// Package bundle makes what IT hosts and registers: the pages, what web servers need to know, and the app definition.
package bundle

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"sidetone/widgetbridge/web"
)

// ErrWrong says that the request has a value that cannot be used.
var ErrWrong = errors.New("the bundle is not written")

// Request says what differs from one house to the next. Host and Queue have no default.
type Request struct {
	Host       string   // where the pages will be served: "https://widget.example.com"
	Queue      string   // the external queue
	Visibility string   // "private" or "public"; "" is "private"
	Version    string   // of the app definition; "" is web's
	Support    string   // mail address for questions; "" leaves it out
	SDK        string   // https address of Kustomer's Cards SDK; "" is web's
	Orgs       []string // organisations that may frame the pages, beside all of Kustomer's
	Ancestors  []string // further origins that may frame the pages
	Ports      []int    // of the app; none: web's

	Statuses Statuses // what the organisation adds to Sidetone's own statuses
}

// Statuses is a flag that may repeat: "coaching=unavailable:Coaching".
type Statuses []web.Status

// String implements flag.Value.
func (s *Statuses) String() string { return fmt.Sprint([]web.Status(*s)) }

// Set implements flag.Value. The error is a sentence.
func (s *Statuses) Set(text string) error {
	one, err := web.ParseStatus(text)
	*s = append(*s, one)
	return err
}

// host is the name the pages are served under, with its port if there is one.
func (r Request) host() (string, error) {
	if r.Host == "" {
		return "", fmt.Errorf("%w: --host is missing: where the pages will be served, such as https://widget.example.com", ErrWrong)
	}
	name := strings.TrimSuffix(strings.TrimPrefix(r.Host, "https://"), "/")
	if !regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*\.[a-z][a-z0-9-]*[a-z0-9](:[0-9]{1,5})?$`).MatchString(name) {
		return "", fmt.Errorf("%w: --host is where the pages will be served, such as https://widget.example.com in lower case and without a path, not %q", ErrWrong, r.Host)
	}
	if !isPort(name) {
		return "", fmt.Errorf("%w: --host has a port that is none: use 1 to 65535, or leave it out, not %q", ErrWrong, r.Host)
	}
	return strings.TrimSuffix(name, ":443"), nil
}

// isPort reports whether a name has a port that browsers know, or none.
func isPort(name string) bool {
	_, text, ok := strings.Cut(strings.TrimPrefix(name, "https://"), ":")
	n, err := strconv.Atoi(text)
	return !ok || err == nil && n >= 1 && n <= 65535 && strconv.Itoa(n) == text
}

func (r Request) check() error {
	if r.Queue == "" {
		return fmt.Errorf("%w: --queue is missing: the external queue's name, such as %s", ErrWrong, web.DefaultQueue)
	}
	for _, o := range r.Orgs {
		if !regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`).MatchString(o) {
			return fmt.Errorf("%w: --org is the first part of your Kustomer address, such as acme of acme.kustomerapp.com, not %q", ErrWrong, o)
		}
	}
	for _, a := range r.Ancestors {
		if !regexp.MustCompile(`^https://(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)+(:[0-9]{1,5})?$`).MatchString(a) || !isPort(a) {
			return fmt.Errorf("%w: --ancestor is an address without a path, such as https://desk.example.com, not %q", ErrWrong, a)
		}
	}
	if r.SDK != "" && !regexp.MustCompile(`^https://[a-z0-9-]+(\.[a-z0-9-]+)+(:[0-9]{1,5})?/[A-Za-z0-9._/-]+$`).MatchString(r.SDK) {
		return fmt.Errorf("%w: --sdk is the https address of a script, not %q", ErrWrong, r.SDK)
	}
	return nil
}

// options are the pages' part of the request. All of Kustomer stays among the ancestors: every frame between the desk and
// the widget counts, and they may be served from other names of Kustomer's.
func (r Request) options() web.Options {
	frames := []string{"https://*.kustomerapp.com"}
	for _, o := range r.Orgs {
		frames = append(frames, "https://"+o+".kustomerapp.com")
	}
	return web.Options{Queue: r.Queue, Ports: r.Ports, SDK: r.SDK, Ancestors: append(frames, r.Ancestors...), Statuses: r.Statuses}
}

// Files are the files of the bundle: app.json and README.txt, the pages below site/, and what to tell web servers below
// server/. The definition was validated against web.Schema. The same request gives the same bytes. The error is a sentence.
func Files(r Request) (map[string][]byte, error) {
	host, err := r.host()
	if err == nil {
		err = r.check()
	}
	if err != nil {
		return nil, err
	}
	def, err := web.AppDefinition(web.Definition{Host: host, Queue: r.Queue, Visibility: r.Visibility, Version: r.Version, Support: r.Support})
	if err == nil {
		err = Validate(def)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrWrong, err)
	}
	pages, err := web.Files(r.options())
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrWrong, err)
	}
	servers, err := web.Servers(r.options(), host)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrWrong, err)
	}
	out := map[string][]byte{"app.json": def, "README.txt": []byte(strings.Join(Next(r), "\n\n") + "\n")}
	for _, name := range slices.Sorted(maps.Keys(pages)) {
		out["site/"+name] = pages[name]
	}
	for name, b := range servers {
		out["server/"+name] = b
	}
	out["site/_headers"] = out["server/_headers"] // hosts look for it beside the pages
	delete(out, "server/_headers")
	return out, nil
}

// Next are the steps that IT takes with a bundle, one paragraph each.
func Next(r Request) []string {
	host, _ := r.host()
	org := "ORG"
	if len(r.Orgs) > 0 {
		org = r.Orgs[0]
	}
	settings := fmt.Sprintf("bridge.origins = [\"https://%s\"]", host)
	if len(r.Ports) > 0 {
		settings += fmt.Sprintf(" and bridge.ports = [%s], which the pages look for", list(r.Ports))
	}
	return []string{
		fmt.Sprintf("1. Upload what is in the folder site to https://%s, served over https with a certificate the browsers trust. Give the web server its headers: server/nginx.conf, server/apache.conf or server/Caddyfile; hosts that read a _headers file find it in site.", host),
		fmt.Sprintf("2. Look at https://%s/widget.html: the page loads, and the answer carries Content-Security-Policy with frame-ancestors.", host),
		fmt.Sprintf("3. Register the app with an API key that has the role org.admin.apps. Run in this folder; the key is in no command line that others can see:\n   printf 'Authorization: Bearer %%s' \"$KUSTOMER_API_KEY\" | curl -H @- -H 'Content-Type: application/json' --data @app.json https://%s.api.kustomerapp.com/v1/apps/available\n   Then install it under Settings > Apps. Registering again needs a higher --version.", org),
		fmt.Sprintf("4. In Kustomer under Settings > Users > Teams choose the team, and in its Routing Profile add %s to the External Queues. Then open the app's settings page and say what each status means.", r.Queue),
		fmt.Sprintf("5. In each agent's settings of Sidetone put %s.", settings),
		fmt.Sprintf("6. Spare the agents the browser's question:\n   sidetonectl browser-policy%s --widget-host %s", r.policyFlags(), host),
		"This bundle was written by the following command, which writes it again. DIR is this folder.\n   sidetonectl kustomer export DIR" + r.Flags(),
	}
}

// policyFlags are the flags of browser-policy that fit the bundle. A wildcard among the ancestors is no address of a desk.
func (r Request) policyFlags() string {
	orgs := r.Orgs
	if len(orgs)+len(r.Ancestors) == 0 {
		orgs = []string{"ORG"}
	}
	sites := slices.DeleteFunc(slices.Clone(r.Ancestors), func(a string) bool { return strings.Contains(a, "*") })
	return repeated("org", orgs) + repeated("ancestor", sites)
}

// Flags are the flags of kustomer export that make this request, each with a space before it, for a POSIX shell.
func (r Request) Flags() string {
	host, _ := r.host() // Files has refused one that is none
	var ports, statuses []string
	if len(r.Ports) > 0 {
		ports = []string{list(r.Ports)}
	}
	for _, s := range r.Statuses {
		statuses = append(statuses, s.ID+"="+s.Status+":"+s.Label)
	}
	out := ""
	for _, f := range []struct {
		name   string
		values []string
	}{
		{"host", []string{"https://" + host}}, {"queue", []string{r.Queue}}, {"visibility", []string{r.Visibility}}, {"version", []string{r.Version}},
		{"support", []string{r.Support}}, {"org", r.Orgs}, {"ancestor", r.Ancestors}, {"ports", ports}, {"status", statuses}, {"sdk", []string{r.SDK}},
	} {
		out += repeated(f.name, f.values)
	}
	return out
}

// repeated is a flag with each of its values that is not empty.
func repeated(name string, values []string) string {
	out := ""
	for _, v := range values {
		if v != "" {
			out += " --" + name + " " + quoted(v)
		}
	}
	return out
}

// quoted is a word as a POSIX shell takes it whole.
func quoted(s string) string {
	if regexp.MustCompile(`^[A-Za-z0-9@%+=:,./_-]+$`).MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// list is numbers with commas between them.
func list(ports []int) string {
	words := make([]string, len(ports))
	for i, p := range ports {
		words[i] = strconv.Itoa(p)
	}
	return strings.Join(words, ",")
}
