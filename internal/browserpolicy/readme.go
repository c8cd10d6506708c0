package browserpolicy

import (
	"fmt"
	"strings"
)

const readme = `Browser policies for Sidetone

They let Kustomer's page at %[1]s
reach the phone on the agent's computer without asking the agent.

THE MISTAKE TO AVOID
Chrome and Edge look at the site in the address bar: Kustomer.
Firefox looks at the page that asks: the widget, %[2]s.
The widget's address in Chrome's list does nothing. 127.0.0.1 in Firefox's
list lets every site on the web reach this computer: never write it there.

LINUX
  linux/chrome/sidetone.json     to /etc/opt/chrome/policies/managed/
  linux/chromium/sidetone.json   to /etc/chromium/policies/managed/
  linux/edge/sidetone.json       to /etc/opt/edge/policies/managed/
  linux/firefox/policies.json    to /etc/firefox/policies/
Firefox has one policies.json: if there is one, merge ours into it. If another
file in a managed/ folder sets the same list, only the last one by name
counts: put all addresses into one file.

WINDOWS
  windows/sidetone.reg           for Chrome, Edge and Firefox
Import it as an administrator, or carry its values over into your Group
Policy. It sets entry 1 of each list: where a list exists, give ours the next
free number instead. windows/firefox/policies.json in the folder distribution
beside firefox.exe does the same for Firefox without the registry.

MACOS
  macos/sidetone.mobileconfig    for Chrome, Edge and Firefox
Deploy it with your device management. Made again for the same organisations
and the same host, it replaces the older one.

AFTER IT
Restart the browsers. chrome://policy, edge://policy and about:policies show
what was read; sidetonectl doctor%[3]s checks it on the computer.
Chrome and Edge need version 146 or newer for the list; Firefox 150.
`

// readme says where each file goes.
func (r Request) readme() string {
	flags := ""
	for _, o := range r.Orgs {
		flags += " --org " + o
	}
	out := fmt.Sprintf(readme, strings.Join(r.sites(), "\nand "), r.WidgetHost, flags)
	for _, extra := range []struct {
		on   bool
		text string
	}{
		{r.NotDelegated, Delegated + " is set: every frame in a page that may reach this\ncomputer may do so too. Leave it out once Kustomer passes the permission on.\n"},
		{r.OldVersions, LocalAllowed + " is set for Chrome and Edge 142 to 145. It opens\nthe local network to Kustomer as well: drop it when those are gone.\n"},
		{r.Popups, Popups + " is set: the small window opens without a click.\n"},
		{r.Links, Links + " is set: sidetone: links in the widget open\nthe phone without a question.\n"},
	} {
		if extra.on {
			out += "\n" + extra.text
		}
	}
	return out
}
