// Package arch checks that the house stays as docs/ARCHITECTURE.md draws it: who imports whom, and how code is written.
package arch

import (
	"fmt"
	"slices"
	"strings"
)

// Module is the path every own package begins with.
const Module = "sidetone"

// room is one part of the tree and what it may import of our own packages.
type room struct {
	path string   // package path below the module, or a prefix ending in "/..."
	may  []string // own packages, prefixes ending in "/..."; none: the standard library and its doors only
	why  string
}

// rooms is the table of the house. The first matching entry decides.
func rooms() []room { return slices.Concat(phoneRooms(), sipRooms(), itRooms(), drivenRooms()) }

const adapter = "an adapter knows the vocabulary of a call, never the phone or another adapter"

// sipRooms are those of the way to the server.
func sipRooms() []room {
	return []room{
		{"sip/locate", nil, "where a server is, is a question to the DNS alone"},
		{"sip/register", []string{"internal/call"}, "what a registration does next is a pure function"},
		{"sip/sessiontimer", nil, "what a session timer does next is a pure function: standard library only"},
		{"sip/softstate", nil, "when a subscription is sent is a pure function"},
		{"sip/notice", nil, "what a body says is a pure function of bytes"},
		{"sip/tidy", nil, "how a message is read is a pure function of bytes: standard library only"},
		{"sip/transact", nil, "a transaction knows no calls"},
		{"sip/flow", []string{"sip/locate"}, "a connection knows no messages"},
		{"sip", []string{"internal/call", "sip/..."}, adapter},
	}
}

// phoneRooms are those of the phone and its lab.
func phoneRooms() []room {
	return []room{
		{"internal/arch", nil, "the checker stands outside the house"},
		{"internal/call", nil, "the vocabulary of a call is the bottom of the house: standard library only"},
		{"internal/health", nil, "warnings are declared, nothing more"},
		{"internal/number", nil, "what is dialled is a pure function of a text and the settings"},
		{"internal/customer", nil, "who a caller is in Kustomer is decided by pure functions: standard library only"},
		{"sync/calllog", []string{"internal/call"}, "when a call goes into Kustomer is decided by pure functions of calls"},
		{"sync/presence", nil, "the status is decided by a pure function: standard library only"},
		{"assets", nil, "assets are files"},
		{"internal/sdp", nil, "offer and answer are a pure function of bytes"},
		{"internal/media/voice", nil, "how a voice is treated is a pure function of sound: standard library only"},
		{"internal/media/...", []string{"internal/call", "internal/sdp", "internal/audio", "internal/media/..."}, adapter},
		{"internal/media", []string{"internal/call", "internal/sdp", "internal/audio", "internal/devices", "internal/media/..."}, adapter},
		{"internal/devices", nil, "which device is used is a pure function of those that are there"},
		{"internal/audio/endpoint", nil, "which device Windows has for calls is one question"},
		{"internal/netmon", nil, "the network and the clock know nothing of calls"},
		{"internal/audio", []string{"internal/devices", "internal/audio/endpoint"}, "devices know nothing of calls"},
		{"internal/store", []string{"internal/call", "sync/calllog", "sync/presence"}, adapter},
		{"internal/config", []string{"internal/call", "internal/customer", "internal/number", "sync/calllog"}, "settings are values"},
		{"internal/secret", nil, "the keyring is one door"},
		{"internal/secret/secrettest", nil, "a keyring for tests stands alone"},
		{"internal/phone", []string{"internal/call", "internal/customer", "internal/health", "internal/number", "sync/calllog", "sync/presence"}, "the core knows pure packages only; adapters know the core's events"},
		{"widgetbridge/pairing", nil, "how two strangers come to know each other depends on nothing else"},
		{"widgetbridge/wire", []string{"internal/call"}, "the bridge's messages are a leaf beside what makes strangers' text safe to draw"},
		{"widgetbridge/web", []string{"assets"}, "the pages are files"},
		{"widgetbridge", []string{"internal/call", "internal/customer", "internal/phone", "sync/calllog", "sync/presence", "widgetbridge/..."}, "a front end sees the phone through Do and Watch"},
		{"internal/trace", nil, "what was on the wire is drawn by whoever has it"},
		{"internal/control", []string{"internal/call", "internal/devices", "internal/phone", "internal/trace", "sync/calllog"}, "a front end sees the phone through Do and Watch"},
		{"ui", []string{"assets", "internal/call", "internal/customer", "internal/health", "internal/phone", "sync/calllog", "sync/presence"}, "a front end sees the phone through Do and Watch"},
		{"internal/pbx", nil, "the lab's server must not check our code with itself"},
		{"internal/kustomersim", []string{"assets"}, "the pretend Kustomer knows nothing of the phone"},
		{"internal/browser", nil, "a browser is driven from outside"},
		{"internal/lna", nil, "its tests look at the widget and the bridge from outside"},
		{"internal/exchange", []string{"internal/pbx"}, "what a test is given must not check our code with itself"},
		{"internal/soundserver", nil, "what a test is given must not check our code with itself"},
		{"internal/app/place", nil, "where the data folder lies"},
		{"internal/app", []string{
			"internal/audio", "internal/call", "internal/config", "internal/control", "internal/devices", "internal/media", "internal/netmon", "internal/phone", "internal/trace",
			"internal/secret", "internal/store", "internal/app/place", "sip", "sip/flow", "sip/locate", "widgetbridge", "widgetbridge/web", "internal/health", "sync/presence", "widgetbridge/pairing",
		}, "the composition root wires; it draws nothing, so that sidetoned links no window"},
		{"internal/app/launch", []string{"internal/app", "internal/app/place", "internal/control", "internal/phone", "internal/slip", "internal/version"}, "the command line is the same for every program that holds a phone"},
		{"internal/mutants", nil, "what takes rules away stands outside the house"},
		{"internal/lab", []string{"internal/pbx", "internal/kustomersim", "widgetbridge/web", "widgetbridge"}, "the lab stands outside the phone"},
		{"cmd/sidetone", []string{"internal/app", "internal/app/launch", "ui"}, "an entry point starts the app and nothing else"},
		{"cmd/sidetoned", []string{"internal/app", "internal/app/launch"}, "an entry point starts the app and nothing else; no window is linked"},
		{"cmd/devlab", []string{"internal/endurance", "internal/interop", "internal/peers", "internal/sipbench", "internal/voicebench", "internal/lab", "internal/demo", "internal/latency", "internal/pbx", "internal/sdkrecord", "internal/soak", "internal/slip", "internal/version", "widgetbridge/web"}, "an entry point starts the lab and nothing else"},
	}
}

// drivenRooms are those of what runs programs and looks at them from outside.
func drivenRooms() []room {
	return []room{
		{"internal/demo", []string{"internal/customer", "sync/presence", "internal/browser", "internal/lab", "internal/control", "internal/call", "internal/phone", "internal/pbx", "internal/kustomersim"}, "the story drives programs from outside"},
		{"internal/sdkrecord", []string{"internal/browser"}, "what looks at Kustomer's SDK knows nothing of the phone"},
		{"internal/sipbench", []string{"internal/peers"}, "what measures drives programs from outside"},
		{"internal/voicebench", []string{"internal/peers", "internal/media/codec", "internal/media/opus"}, "what measures drives programs from outside; the codecs are the standards', bit for bit"},
		{"internal/endurance", []string{"internal/call", "internal/control", "internal/peers", "internal/phone"}, "what drives programs from outside sees the phone through its socket"},
		{"internal/interop", []string{"internal/call", "internal/control", "internal/peers", "internal/phone"}, "what drives programs from outside sees the phone through its socket"},
		{"internal/peers", []string{"internal/trace", "internal/call", "internal/control", "internal/phone"}, "what drives programs from outside sees the phone through its socket"},
		{"internal/rig", []string{"internal/browser", "internal/lab", "internal/control", "internal/phone", "internal/pbx"}, "what measures drives programs from outside"},
		{"internal/latency", []string{"internal/rig", "internal/phone", "internal/pbx"}, "what measures drives programs from outside"},
		{"internal/soak", []string{"internal/rig", "internal/phone"}, "what measures drives programs from outside"},
	}
}

// itRooms are those of the terminal and of what it does for IT.
func itRooms() []room {
	return []room{
		{"internal/version", nil, "one number"},
		{"internal/slip", nil, "what is wrong with a command line is a pure function of it"},
		{"internal/folder", nil, "files in a folder know nothing of what is in them"},
		{"internal/bundle", []string{"widgetbridge/web"}, "what IT hosts is made of the pages and nothing of the phone"},
		{"internal/browserpolicy", nil, "a policy is a pure function of two names"},
		{"internal/doctor", []string{"internal/browserpolicy"}, "findings are a pure function of facts"},
		{"internal/doctor/gather", []string{
			"internal/browserpolicy", "internal/call", "internal/config", "internal/control", "internal/doctor", "internal/phone", "internal/secret", "widgetbridge/web",
		}, "who gathers facts asks and looks, and changes nothing"},
		{"cmd/sidetonectl", []string{
			"internal/app/place", "internal/call", "internal/control", "internal/customer", "internal/devices", "internal/phone", "internal/secret", "sync/calllog",
			"internal/folder", "internal/bundle", "internal/browserpolicy", "internal/doctor", "internal/doctor/gather", "internal/trace", "internal/slip", "internal/version",
			"sync/presence",
		}, "the terminal speaks to the socket, and to IT"},
	}
}

// doors says which packages may import a library; everything below the path counts.
func doors() map[string][]string {
	return map[string][]string{
		"fyne.io/fyne":                    {"ui", "cmd/sidetone"},
		"github.com/emiago/sipgo":         {"sip", "internal/pbx"},
		"github.com/icholy/digest":        {"sip", "internal/pbx"},
		"github.com/miekg/dns":            {"sip/locate"},
		"github.com/nyaruka/phonenumbers": {"internal/number"},
		"github.com/pion/":                {"internal/media"},
		"github.com/gen2brain/malgo":      {"internal/audio"},
		"github.com/jfreymuth/pulse":      {"internal/audio"},
		"github.com/coder/websocket":      {"widgetbridge", "sip", "internal/browser", "internal/latency"},
		"github.com/zalando/go-keyring":   {"internal/secret"},
		"modernc.org/sqlite":              {"internal/store"},
		"github.com/BurntSushi/toml":      {"internal/config"},
		"github.com/santhosh-tekuri/":     {"internal/bundle"},
		"github.com/chromedp/":            {"internal/browser"},
		"github.com/gofrs/flock":          {"internal/app"},
		"golang.org/x/sync":               {"internal/app", "internal/lab"},
		"golang.org/x/sys":                {"sip/flow", "internal/control", "internal/app", "internal/audio/endpoint", "internal/doctor", "widgetbridge"},
		"github.com/godbus/dbus":          {"internal/app", "internal/secret"},
	}
}

// imports checks one import of a package and returns the sentence that says what is wrong, or "".
func imports(pkg, path string) string {
	if own, ok := strings.CutPrefix(path, Module+"/"); ok {
		return ownImport(pkg, own)
	}
	if !strings.Contains(strings.Split(path, "/")[0], ".") {
		return "" // standard library
	}
	for library, may := range doors() {
		if !strings.HasPrefix(path, library) {
			continue
		}
		for _, p := range may {
			if matches(p+"/...", pkg) || p == pkg {
				return ""
			}
		}
		return fmt.Sprintf("%s imports %s, whose door is %s", pkg, path, strings.Join(may, ", "))
	}
	return fmt.Sprintf("%s imports %s, a library without a door: add it to doors() with a reason in docs/ARCHITECTURE.md", pkg, path)
}

func ownImport(pkg, own string) string {
	for _, r := range rooms() {
		if !matches(r.path, pkg) {
			continue
		}
		for _, m := range r.may {
			if matches(m, own) {
				return ""
			}
		}
		return fmt.Sprintf("%s imports %s: %s", pkg, own, r.why)
	}
	return fmt.Sprintf("%s is no room of the house: add it to rooms() with one sentence", pkg)
}

func matches(pattern, path string) bool {
	if prefix, ok := strings.CutSuffix(pattern, "/..."); ok {
		return strings.HasPrefix(path, prefix+"/")
	}
	return pattern == path
}
