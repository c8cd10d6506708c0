// Package doctor makes findings out of facts about one computer: what is well, what is not, and the fix.
package doctor

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// State is how a finding stands.
type State string

// The states of a finding.
const (
	OK   State = "ok"
	Warn State = "warn" // it works, or will once something is done
	Bad  State = "bad"  // it does not work, or is not safe
)

// Finding is one line of the doctor's.
type Finding struct {
	State State  `json:"state"`
	Check string `json:"check"`         // one word for programs
	Text  string `json:"text"`          // what was found, one sentence
	Fix   string `json:"fix,omitempty"` // what to do; "" if nothing
}

// Facts are what was seen on a computer. What could not be seen has its zero value and a flag that says so.
type Facts struct {
	Orgs        []string // organisations of Kustomer that were asked about
	WidgetHosts []string // where the widget is served
	Folder      Folder
	App         App
	Settings    Settings
	Ports       []Port // those the settings name, in order
	Sockets     []Socket
	SocketsSeen bool // Sockets are all that listen
	Probes      []Probe
	Keyring     Keyring
	Browsers    []Browser
}

// Folder is the data folder.
type Folder struct {
	Path    string
	Missing bool
	Problem string
}

// App is the running phone.
type App struct {
	Running bool
	Problem string // why it does not answer though its socket is there
	Port    int    // of the bridge; 0: it does not listen
	Bridge  string // why the bridge does not listen
	Closed  bool   // the bridge answers nobody: no browser is paired, and none may ask
	Lines   []Line
	Pages   []Page
}

// Line is an account and its registration.
type Line struct {
	ID, State, Detail string
	Ready, Trying     bool
}

// Page is a browser that was paired.
type Page struct {
	Origin, Org string
	Used        time.Time
}

// Settings are those of the bridge.
type Settings struct {
	Path    string
	Problem string
	Origins []string
	Off     bool
}

// Port is one port of the bridge's.
type Port struct {
	Number int
	Taken  []string // the addresses of this computer on which it is held
	Holder string   // the program that holds it; "": not known
}

// Socket is a port that somebody listens on.
type Socket struct {
	At     netip.AddrPort
	Holder string
}

// Probe is one request of a stranger to the bridge.
type Probe struct {
	At      string // address and port
	What    string // what is wrong with the request
	Want    int    // the status that is due
	Got     int    // the status that came; 0: none
	More    string // what the answer told beside its status
	Problem string // why no answer came
}

// Keyring is how the keyring answered.
type Keyring struct {
	None    bool // this session has none
	Problem string
}

// Examine makes the findings, in the order in which things are mended.
func Examine(f Facts) []Finding {
	return slices.Concat(folder(f.Folder), app(f), settings(f), ports(f), strangers(f), exposure(f), pairing(f), keyring(f.Keyring), lines(f.App), browsers(f))
}

// Ill reports whether any finding is bad.
func Ill(all []Finding) bool {
	return slices.ContainsFunc(all, func(f Finding) bool { return f.State == Bad })
}

func one(s State, check, text, fix string) []Finding { return []Finding{{s, check, text, fix}} }

func folder(f Folder) []Finding {
	switch {
	case f.Problem != "":
		return one(Bad, "folder", "The data folder "+f.Path+" cannot be used: "+f.Problem+".", "Give it back to this user, or name another with --data-dir.")
	case f.Missing:
		return one(Warn, "folder", "The data folder "+f.Path+" is not there: Sidetone has not run for this user.", "Start Sidetone, or name its folder with --data-dir.")
	}
	return one(OK, "folder", "The data folder is "+f.Path+".", "")
}

func app(f Facts) []Finding {
	switch {
	case f.App.Problem != "":
		return one(Bad, "app", "Sidetone's control socket is there but nobody answers: "+f.App.Problem+".", "Start Sidetone again.")
	case !f.App.Running:
		return one(Warn, "app", "Sidetone is not running.", "Start it and ask again: the bridge, the line and connected browsers are only seen then.")
	}
	return one(OK, "app", "Sidetone is running and answers.", "")
}

func settings(f Facts) []Finding {
	s := f.Settings
	switch {
	case s.Problem != "":
		return one(Bad, "settings", upper(s.Problem)+".", "Mend the file; Sidetone does not start with it.")
	case s.Off:
		return one(Warn, "origins", "The bridge to Kustomer is switched off.", "Remove off = true under [bridge] in "+s.Path+".")
	case len(s.Origins) == 0:
		return one(Bad, "origins", "No page may drive the phone: bridge.origins is empty.",
			fmt.Sprintf("Put origins = [%q] under [bridge] in %s.", "https://"+firstOr(f.WidgetHosts, "WIDGET-HOST"), s.Path))
	}
	for _, h := range f.WidgetHosts {
		if !slices.Contains(s.Origins, "https://"+h) {
			return one(Bad, "origins", "The widget at https://"+h+" may not drive the phone.", fmt.Sprintf("Add %q to bridge.origins in %s.", "https://"+h, s.Path))
		}
	}
	return one(OK, "origins", "Pages from "+strings.Join(s.Origins, ", ")+" may drive the phone.", "")
}

func pairing(f Facts) []Finding {
	if !f.App.Running || f.Settings.Off {
		return nil
	}
	if len(f.App.Pages) == 0 {
		return one(Warn, "pairing", "No browser is connected to the phone yet.", "Press Connect to Kustomer in Sidetone's window, or run sidetonectl kustomer connect, then press Connect in the widget.")
	}
	var out []Finding
	for _, p := range f.App.Pages {
		text := "A browser is connected from " + p.Origin
		if p.Org != "" {
			text += " for " + p.Org
		}
		text += ", last used on " + p.Used.Format("2006-01-02") + "."
		if f.Settings.Problem == "" && !slices.Contains(f.Settings.Origins, p.Origin) {
			out = append(out, Finding{Warn, "pairing", text, "Its page is not among bridge.origins any more: add it, or forget the browser with sidetonectl kustomer forget."})
			continue
		}
		out = append(out, Finding{OK, "pairing", text, ""})
	}
	return out
}

func keyring(k Keyring) []Finding {
	switch {
	case k.None:
		return one(Warn, "keyring", "This session has no keyring: passwords are not kept, and browsers have to be connected anew after every start.", "Start one, such as gnome-keyring.")
	case k.Problem != "":
		return one(Bad, "keyring", upper(k.Problem)+".", "Unlock the keyring, then start Sidetone again.")
	}
	return one(OK, "keyring", "The keyring answers.", "")
}

func lines(a App) []Finding {
	if !a.Running {
		return nil
	}
	if len(a.Lines) == 0 {
		return one(Warn, "line", "No line is set up.", "Set one up in the phone's window or under [[account]] in its settings.")
	}
	var out []Finding
	for _, l := range a.Lines {
		if l.Ready {
			out = append(out, Finding{OK, "line", "Line " + l.ID + " is registered.", ""})
			continue
		}
		if l.Trying {
			out = append(out, Finding{Warn, "line", "Line " + l.ID + " is being registered.", "Ask again in a moment."})
			continue
		}
		text := "Line " + l.ID + " is not registered: " + l.State
		if l.Detail != "" {
			text += ", " + strings.TrimSuffix(l.Detail, ".")
		}
		out = append(out, Finding{Bad, "line", text + ".", lineFix(l)})
	}
	return out
}

// lineFix is what to do about a line that is down: what its sentence asks of IT already, or what its state leaves.
func lineFix(l Line) string {
	switch {
	case strings.Contains(l.Detail, "IT must"), strings.Contains(l.Detail, "does not speak TLS"):
		return "When that is done, run sidetonectl register."
	case l.State == "refused":
		return "Check its address and password, then run sidetonectl register."
	}
	return "Check the server's address and this computer's network, then run sidetonectl register."
}

func firstOr(list []string, other string) string {
	if len(list) > 0 {
		return list[0]
	}
	return other
}

func upper(s string) string {
	s = strings.TrimSuffix(s, ".")
	if s != "" {
		s = strings.ToUpper(s[:1]) + s[1:]
	}
	return s
}
