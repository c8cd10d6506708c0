package call

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"
)

// Account is one SIP identity as the agent or IT set it up. It never carries a password.
type Account struct {
	ID         string `json:"id" toml:"id"`                             // short name, unique: letters, digits, - and _
	Address    string `json:"address" toml:"address"`                   // "sip:1001@host:port", the address of record and the registrar
	Transport  string `json:"transport,omitempty" toml:"transport"`     // "udp" (default) or "tcp"
	Username   string `json:"username,omitempty" toml:"username"`       // for digest; the user part of Address if empty
	Name       string `json:"name,omitempty" toml:"name"`               // display name in From
	AutoAnswer bool   `json:"auto_answer,omitempty" toml:"auto_answer"` // calls answer themselves
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

// AOR splits the address of record into user, host and port (5060 if absent).
func (a Account) AOR() (user, host string, port int, err error) {
	rest, ok := strings.CutPrefix(a.Address, "sip:")
	if !ok {
		return "", "", 0, fmt.Errorf("account %s: the address %q must look like sip:1001@host:port", a.ID, a.Address)
	}
	user, hostport, ok := strings.Cut(rest, "@")
	if !ok || user == "" || hostport == "" || strings.ContainsAny(rest, " \t\r\n<>\";?") {
		return "", "", 0, fmt.Errorf("account %s: the address %q must look like sip:1001@host:port", a.ID, a.Address)
	}
	port = 5060
	host = strings.Trim(hostport, "[]")
	if h, p, splitErr := net.SplitHostPort(hostport); splitErr == nil {
		n, convErr := strconv.ParseUint(p, 10, 16)
		if convErr != nil || n == 0 {
			return "", "", 0, fmt.Errorf("account %s: %q is not a port", a.ID, p)
		}
		host, port = h, int(n)
	}
	return user, host, port, nil
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
	case "", "udp", "tcp":
	default:
		return "transport", fmt.Errorf("account %s: the transport %q is not one of udp, tcp", a.ID, a.Transport)
	}
	if _, _, _, err := a.AOR(); err != nil {
		return "address", err
	}
	return "", nil
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
