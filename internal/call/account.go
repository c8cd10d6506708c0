package call

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Account is one SIP identity as the agent or IT set it up. It never carries a password.
type Account struct {
	ID         string `json:"id" toml:"id"`                             // short name, unique: letters, digits, - and _
	Address    string `json:"address" toml:"address"`                   // "sip:1001@host:port", the address of record and the registrar
	Transport  string `json:"transport,omitempty" toml:"transport"`     // "udp", "tcp", "tls" or "wss"; empty: what the DNS says of the server, else udp
	Server     string `json:"server,omitempty" toml:"server"`           // where requests go instead of Address' host: "host", "host:port", "wss://host/path"
	Username   string `json:"username,omitempty" toml:"username"`       // for digest; the user part of Address if empty
	Name       string `json:"name,omitempty" toml:"name"`               // display name in From
	Voicemail  string `json:"voicemail,omitempty" toml:"voicemail"`     // what is dialled to hear the messages
	Publish    bool   `json:"publish,omitempty" toml:"publish"`         // the server is told how the agent is
	AutoAnswer bool   `json:"auto_answer,omitempty" toml:"auto_answer"` // calls answer themselves

	// AutoAnswerHeaders lets those answer themselves of which the caller's PBX says so.
	AutoAnswerHeaders bool `json:"auto_answer_headers,omitempty" toml:"auto_answer_headers"`

	Encryption string `json:"encryption,omitempty" toml:"encryption"` // of the sound: "off", "offered" or "required"; empty: as media.srtp says
	Keys       string `json:"keys,omitempty" toml:"keys"`             // how own offers agree on them: "sdes" (default) or "dtls"
	Profile    string `json:"profile,omitempty" toml:"profile"`       // "webrtc": of calls through a WebRTC gateway; empty or "sip": of all others
	ICE        string `json:"ice,omitempty" toml:"ice"`               // "on": own offers have candidates; "off": theirs are passed over; empty: theirs are answered
}

// Line is the state of an account's registration.
type Line struct {
	State  LineState `json:"state"`
	Detail string    `json:"detail,omitempty"` // one sentence when something is wrong
	Retry  time.Time `json:"retry,omitzero"`   // when it is tried again by itself; zero: never
	Since  time.Time `json:"since,omitzero"`   // when this state began
}

// LineState is one word for a registration.
type LineState string

// The states of a registration.
const (
	LineOff         LineState = "off"         // not registered and not trying
	LineRegistering LineState = "registering" // first attempt under way
	LineReady       LineState = "ready"       // registered: calls reach this phone
	LineRefused     LineState = "refused"     // the server said no; trying again by itself would not help
	LineUnreachable LineState = "unreachable" // the server does not answer; will try again at Retry
)

// AOR splits the address of record into user, host and port (0 if absent).
func (a Account) AOR() (user, host string, port int, err error) {
	rest, ok := strings.CutPrefix(a.Address, "sip:")
	if !ok {
		return "", "", 0, fmt.Errorf("account %s: the address %q must look like sip:1001@host:port", a.ID, a.Address)
	}
	user, hostport, ok := strings.Cut(rest, "@")
	if !ok || user == "" || hostport == "" || strings.ContainsAny(rest, " <>\";?") || strings.ContainsFunc(rest, unicode.IsControl) {
		return "", "", 0, fmt.Errorf("account %s: the address %q must look like sip:1001@host:port", a.ID, a.Address)
	}
	host, port, err = a.split(hostport)
	return user, host, port, err
}

func (a Account) split(hostport string) (host string, port int, err error) {
	wrong := fmt.Errorf("account %s: %q is not a host and a port", a.ID, hostport)
	host = hostport
	if h, p, err := net.SplitHostPort(hostport); err == nil {
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil || n == 0 {
			return "", 0, wrong
		}
		host, port = h, int(n)
	} else if strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]") {
		host = host[1 : len(host)-1]
	}
	if !isHost(host) {
		return "", 0, wrong
	}
	return host, port, nil
}

// isHost reports whether a text may be a name or is an address. Whether the name exists is for the DNS to say.
func isHost(s string) bool {
	if _, err := netip.ParseAddr(s); err == nil {
		return true
	}
	return s != "" && !strings.ContainsAny(s, "[]@:/\\,")
}

// Next is where the account's requests go: host, port (0 if absent) and, of a WebSocket, the path.
func (a Account) Next() (host string, port int, path string, err error) {
	if a.Server == "" {
		_, host, port, err = a.AOR()
		return host, port, "", err
	}
	rest, isURL := strings.CutPrefix(a.Server, "wss://")
	hostport, path, _ := strings.Cut(rest, "/")
	if isURL != (a.Transport == "wss") || !isURL && path != "" || hostport == "" || strings.ContainsAny(rest, " <>\";?@#") || strings.ContainsFunc(rest, unicode.IsControl) {
		if isURL && a.Transport != "wss" {
			return "", 0, "", fmt.Errorf("account %s: the server %q is a WebSocket: set transport = \"wss\"", a.ID, a.Server)
		}
		form := "host or host:port"
		if a.Transport == "wss" {
			form = "wss://host/path"
		}
		return "", 0, "", fmt.Errorf("account %s: the server %q must look like %s", a.ID, a.Server, form)
	}
	host, port, err = a.split(hostport)
	return host, port, "/" + path, err
}

// Check says in one sentence what is wrong with the account, or nil.
func (a Account) Check() error {
	_, err := a.Wrong()
	return err
}

// Wrong is Check with the name of the field that is wrong, as the settings write it.
func (a Account) Wrong() (field string, err error) {
	if a.ID == "" || strings.Trim(a.ID, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != "" {
		return "id", fmt.Errorf("the account id %q must be letters, digits, - or _", a.ID)
	}
	switch a.Transport {
	case "", "udp", "tcp", "tls", "wss":
	default:
		return "transport", fmt.Errorf("account %s: the transport %q is not one of udp, tcp, tls, wss", a.ID, a.Transport)
	}
	switch a.Encryption {
	case "", "off", "offered", "required":
	default:
		return "encryption", fmt.Errorf("account %s: the encryption %q is not one of off, offered, required", a.ID, a.Encryption)
	}
	switch a.Keys {
	case "", "sdes", "dtls":
	default:
		return "keys", fmt.Errorf("account %s: the keys %q are not sdes or dtls", a.ID, a.Keys)
	}
	switch a.ICE {
	case "", "on", "off":
	default:
		return "ice", fmt.Errorf("account %s: ice is %q: use on or off", a.ID, a.ICE)
	}
	switch {
	case a.Profile == "" || a.Profile == "sip":
	case a.Profile != "webrtc":
		return "profile", fmt.Errorf("account %s: the profile %q is not sip or webrtc", a.ID, a.Profile)
	case a.Encryption == "off" || a.Encryption == "offered" || a.Keys == "sdes" || a.ICE == "off":
		return "profile", fmt.Errorf("account %s: the profile webrtc has ICE and DTLS always: take encryption, keys and ice out", a.ID)
	}
	if _, _, _, err := a.AOR(); err != nil {
		return "address", err
	}
	if _, _, _, err := a.Next(); err != nil {
		return "server", err
	}
	return "", nil
}

// Answers reports whether who dials this reaches this account: its own number or address.
func (a Account) Answers(dial string) bool {
	user, _, _, err := a.AOR()
	return err == nil && dial != "" && (dial == user || dial == a.Address)
}

// User is the name digest authentication uses.
func (a Account) User() string {
	if a.Username != "" {
		return a.Username
	}
	user, _, _, err := a.AOR()
	if err != nil {
		return ""
	}
	return user
}
