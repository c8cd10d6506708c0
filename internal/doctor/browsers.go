package doctor

import (
	"fmt"
	"slices"
	"strings"

	"sidetone/internal/browserpolicy"
)

// Browser is one browser and the policy that IT has installed for it.
type Browser struct {
	Name      string
	Firefox   bool // else one of Chrome's family
	Installed bool
	Policy    map[string]any // as JSON has it; empty: none
	Problems  []string       // files that could not be read
	Twice     []string       // policies that more than one file sets
}

// browsers says for each browser what its policy means for the widget.
func browsers(f Facts) []Finding {
	var out []Finding
	seen := false
	for _, b := range f.Browsers {
		for _, p := range b.Problems {
			out = append(out, Finding{Bad, "browser", "A policy of " + b.Name + " is not read: " + p + ".", "Mend or remove that file."})
		}
		for _, name := range b.Twice {
			out = append(out, Finding{Warn, "browser", "More than one policy file of " + b.Name + " sets " + name + "; only the last by name counts.", "Put all addresses into one file."})
		}
		if !b.Installed && len(b.Policy) == 0 {
			continue
		}
		seen = true
		if b.Firefox {
			out = append(out, firefox(b, f)...)
		} else {
			out = append(out, chromium(b, f)...)
		}
	}
	if !seen {
		out = append(out, Finding{Warn, "browser", "No browser was found where they are usually installed.", "If there is one, look at its own page of policies."})
	}
	return out
}

// verdict is what Chrome's family makes of a site: the first of four lists that covers it decides.
func verdict(policy map[string]any, site string) (key string, allowed bool) {
	if policy[browserpolicy.OptOut] == true {
		return browserpolicy.OptOut, true
	}
	for _, key := range []string{browserpolicy.LoopbackBlocked, browserpolicy.LoopbackAllowed, browserpolicy.LocalBlocked, browserpolicy.LocalAllowed} {
		if slices.ContainsFunc(texts(policy[key]), func(p string) bool { return browserpolicy.Covers(p, site) }) {
			return key, key == browserpolicy.LoopbackAllowed || key == browserpolicy.LocalAllowed
		}
	}
	return "", false
}

func chromium(b Browser, f Facts) []Finding {
	allowed := append(texts(b.Policy[browserpolicy.LoopbackAllowed]), texts(b.Policy[browserpolicy.LocalAllowed])...)
	var out []Finding
	if b.Policy[browserpolicy.OptOut] == true {
		out = append(out, Finding{Warn, "browser", b.Name + " has " + browserpolicy.OptOut + ": every site reaches this computer.", "Remove it; " + browserpolicy.LoopbackAllowed + " with Kustomer's address is enough."})
	}
	if slices.ContainsFunc(allowed, browserpolicy.Everyone) {
		out = append(out, Finding{Warn, "browser", b.Name + " lets every site on the web reach this computer.", "Replace * by Kustomer's address in the list."})
	}
	for _, h := range f.WidgetHosts {
		if slices.ContainsFunc(allowed, func(p string) bool { return browserpolicy.Covers(p, "https://"+h) && !browserpolicy.Everyone(p) }) {
			out = append(out, Finding{Bad, "browser", b.Name + " has the widget's address https://" + h + " in its list, where it does nothing.",
				"Put Kustomer's address there instead: " + b.Name + " looks at the site in the address bar."})
		}
	}
	if len(f.Orgs) == 0 {
		return append(out, unasked(b, allowed)...)
	}
	for _, org := range f.Orgs {
		site := browserpolicy.Site(org)
		key, ok := verdict(b.Policy, site)
		switch {
		case ok:
			out = append(out, Finding{OK, "browser", fmt.Sprintf("%s lets %s reach this computer (%s).", b.Name, site, key), ""})
		case key != "":
			out = append(out, Finding{Bad, "browser", fmt.Sprintf("%s keeps %s from reaching this computer (%s).", b.Name, site, key), "Take the address out of that list, and put it into " + browserpolicy.LoopbackAllowed + "."})
		default:
			out = append(out, Finding{Warn, "browser", fmt.Sprintf("No policy of %s covers %s: each agent is asked once.", b.Name, site), "Deploy what sidetonectl browser-policy --org " + org + " writes."})
		}
	}
	return out
}

// unasked is what can be said without knowing the organisation.
func unasked(b Browser, allowed []string) []Finding {
	const ask = "Run sidetonectl doctor with --org to have it checked."
	blocked := append(texts(b.Policy[browserpolicy.LoopbackBlocked]), texts(b.Policy[browserpolicy.LocalBlocked])...)
	switch {
	case len(blocked) > 0:
		return one(Warn, "browser", b.Name+" keeps some sites from reaching this computer: "+strings.Join(blocked, ", ")+".", ask)
	case len(allowed) > 0:
		return one(OK, "browser", b.Name+" lets these reach this computer: "+strings.Join(allowed, ", ")+".", "")
	}
	return one(Warn, "browser", "No policy of "+b.Name+" lets Kustomer reach this computer: each agent is asked once.", "Deploy what sidetonectl browser-policy writes.")
}

func firefox(b Browser, f Facts) []Finding {
	local, _ := b.Policy[browserpolicy.FirefoxLocal].(map[string]any)
	skip := texts(local[browserpolicy.FirefoxSkip])
	var out []Finding
	for _, entry := range skip {
		if browserpolicy.ThisComputer(entry) {
			out = append(out, Finding{Bad, "browser", "Firefox has " + entry + " in SkipDomains, which lets every site on the web reach this computer.", "Put the widget's host there instead."})
		}
	}
	covers := func(host string) bool {
		host, _, _ = strings.Cut(host, ":")
		return slices.ContainsFunc(skip, func(e string) bool { return browserpolicy.Skips(e, host) })
	}
	open := local["Enabled"] == false
	if open {
		out = append(out, Finding{Warn, "browser", "Firefox does not guard this computer against any site: LocalNetworkAccess is not enabled.", "Remove Enabled, and put the widget's host into SkipDomains."})
	}
	for _, h := range f.WidgetHosts {
		if covers(h) {
			out = append(out, Finding{OK, "browser", "Firefox lets the widget at " + h + " reach this computer.", ""})
			continue
		}
		if slices.ContainsFunc(f.Orgs, func(o string) bool { return covers(o + ".kustomerapp.com") }) {
			out = append(out, Finding{Bad, "browser", "Firefox has Kustomer's address in SkipDomains, where it does nothing.", "Put " + h + " there instead: Firefox looks at the page that asks."})
		}
	}
	if len(out) == 0 {
		return one(OK, "browser", "No policy of Firefox concerns the widget, and today Firefox lets its connection through without asking.", "")
	}
	return out
}

// texts are the strings of a list in a policy.
func texts(v any) []string {
	var out []string
	list, _ := v.([]any)
	for _, e := range list {
		if s, ok := e.(string); ok {
			out = append(out, s)
		}
	}
	return out
}
