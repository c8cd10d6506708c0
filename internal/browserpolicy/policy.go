// Package browserpolicy makes the browsers' policy files for a fleet and says whether a list in such a policy covers a site.
//
// A page in Kustomer may reach the phone on the agent's computer only after the browser asked the agent, or silently where a
// policy says so. Chrome and Edge look at the site in the address bar, Kustomer; Firefox looks at the page that asks, the
// widget. Nothing here touches a disk.
package browserpolicy

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// ErrWrong says that the request has a value that cannot be used.
var ErrWrong = errors.New("no names to work with")

// The policies of Chrome and Edge that decide whether a site reaches this computer.
const (
	LoopbackAllowed = "LoopbackNetworkAllowedForUrls"    // 146 and newer
	LoopbackBlocked = "LoopbackNetworkBlockedForUrls"    // 146 and newer
	LocalAllowed    = "LocalNetworkAccessAllowedForUrls" // 140 and newer; opens the local network as well
	LocalBlocked    = "LocalNetworkAccessBlockedForUrls" // 140 and newer
	Delegated       = "LocalNetworkAccessPermissionsPolicyDefaultEnabled"
	OptOut          = "LocalNetworkAccessRestrictionsTemporaryOptOut"
	Popups          = "PopupsAllowedForUrls"
	Links           = "AutoLaunchProtocolsFromOrigins" // Firefox has it too
)

// The policies of Firefox.
const (
	FirefoxLocal  = "LocalNetworkAccess"
	FirefoxSkip   = "SkipDomains" // in FirefoxLocal
	FirefoxPopups = "PopupBlocking"
)

// protocol is the scheme of the links that the phone opens.
const protocol = "sidetone"

// Request says whose browsers they are and what they may.
type Request struct {
	Orgs         []string // Kustomer's name of each organisation: "acme" of acme.kustomerapp.com
	Sites        []string // further addresses Kustomer's desk is opened at: "https://desk.example.com"
	WidgetHost   string   // where the widget is served: "widget.example.com" or "https://widget.example.com:8443"
	NotDelegated bool     // Kustomer does not pass the permission on to the widget's frame
	Popups       bool     // the small window may open without a click
	Links        bool     // sidetone: links open the phone without a question
	OldVersions  bool     // Chrome and Edge 142 to 145 as well
}

// check refuses everything that is not a plain name in lower case: quotes, backslashes, markup and line ends never get as far
// as a file.
func (r Request) check() error {
	if len(r.Orgs)+len(r.Sites) == 0 {
		return fmt.Errorf("%w: --org is missing: the first part of your Kustomer address, such as acme of acme.kustomerapp.com", ErrWrong)
	}
	for _, s := range r.Sites {
		if name, ok := strings.CutPrefix(s, "https://"); !ok || !isHost(name) {
			return fmt.Errorf("%w: --ancestor is an address without a path, such as https://desk.example.com, not %q", ErrWrong, s)
		}
	}
	return Names(r.Orgs, []string{r.WidgetHost})
}

// Names refuses what is no name of an organisation or of a widget's host. The error is ErrWrong and one sentence.
func Names(orgs, widgetHosts []string) error {
	for _, o := range orgs {
		if !regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`).MatchString(o) {
			return fmt.Errorf("%w: --org is the first part of your Kustomer address in lower case, such as acme of acme.kustomerapp.com, not %q", ErrWrong, o)
		}
	}
	for _, h := range widgetHosts {
		if strings.HasSuffix(Host(h), ".kustomerapp.com") {
			return fmt.Errorf("%w: --widget-host is where your company serves the widget, not Kustomer's own address %q", ErrWrong, h)
		}
		if !isHost(Host(h)) {
			return fmt.Errorf("%w: --widget-host is where the widget is served, such as https://widget.example.com or widget.example.com:8443 in lower case and without a path, not %q", ErrWrong, h)
		}
	}
	return nil
}

// Host is the name, and the port if there is one, of a widget's host that is written with or without https:// before it.
func Host(s string) string { return strings.TrimSuffix(strings.TrimPrefix(s, "https://"), "/") }

// isHost takes names with at least two parts and a port if there is one; no addresses of numbers, no localhost.
func isHost(s string) bool {
	return len(s) <= 253 && regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9](:[1-9][0-9]{0,4})?$`).MatchString(s)
}

// Site is Kustomer's address of an organisation.
func Site(org string) string { return "https://" + org + ".kustomerapp.com" }

// sites are the addresses in the agents' address bars, sorted.
func (r Request) sites() []string {
	out := slices.Clone(r.Sites)
	for _, o := range r.Orgs {
		out = append(out, Site(o))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// launch is one entry of Links.
type launch struct {
	Protocol string   `json:"protocol"`
	Origins  []string `json:"allowed_origins"`
}

// chromium is the policy of Chrome, Chromium and Edge. The values are bool, []string or []launch.
func (r Request) chromium() map[string]any {
	out := map[string]any{LoopbackAllowed: r.sites()}
	if r.NotDelegated {
		out[Delegated] = true
	}
	if r.OldVersions {
		out[LocalAllowed] = r.sites()
	}
	if r.Popups {
		out[Popups] = append(r.sites(), r.widget())
	}
	if r.Links {
		out[Links] = []launch{{protocol, []string{r.widget()}}}
	}
	return out
}

// firefox is the policy of Firefox. The values are as in chromium, or a map of such.
func (r Request) firefox() map[string]any {
	name, _, _ := strings.Cut(r.WidgetHost, ":")
	out := map[string]any{FirefoxLocal: map[string]any{FirefoxSkip: []string{name}, "Locked": true}}
	if r.Popups {
		out[FirefoxPopups] = map[string]any{"Allow": append(r.sites(), r.widget())}
	}
	if r.Links {
		out[Links] = []launch{{protocol, []string{r.widget()}}}
	}
	return out
}

func (r Request) widget() string { return "https://" + r.WidgetHost }

// Files are the policy files by their names, with README.txt. The same request gives the same bytes. The error is one
// sentence.
func Files(r Request) (map[string][]byte, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	r.WidgetHost = Host(r.WidgetHost)
	chrome, err := indented(r.chromium())
	if err != nil {
		return nil, err
	}
	firefox, err := indented(map[string]any{"policies": r.firefox()})
	if err != nil {
		return nil, err
	}
	registry, err := r.registry()
	if err != nil {
		return nil, err
	}
	return map[string][]byte{
		"README.txt":                    []byte(r.readme()),
		"linux/chrome/sidetone.json":    chrome,
		"linux/chromium/sidetone.json":  chrome,
		"linux/edge/sidetone.json":      chrome,
		"linux/firefox/policies.json":   firefox,
		"windows/sidetone.reg":          registry,
		"windows/firefox/policies.json": firefox,
		"macos/sidetone.mobileconfig":   r.profile(),
	}, nil
}
