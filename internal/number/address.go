package number

import (
	"net/netip"
	"strconv"
	"strings"
)

// The characters of an address: unreserved ones of RFC 3261, 25.1, and +; letters, digits, dots and dashes of a host.
const (
	letters   = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	userChars = letters + "-_.!~*'()+"
	hostChars = letters + "-."
)

// address reads sip:user@host and sip:user@host:port, without parameters, headers or a password.
func (d desk) address(text string) (Number, error) {
	if !d.agent() {
		return Number{}, refuse(CodeAddress)
	}
	scheme, rest, _ := strings.Cut(text, ":")
	user, host, found := strings.Cut(rest, "@")
	if !found || user == "" || len(user) > 64 || strings.Trim(user, userChars) != "" || !isHost(host) {
		return Number{}, refuse(CodeAddress)
	}
	whole := strings.ToLower(scheme) + ":" + user + "@" + host
	return Number{Kind: Address, Dial: whole, Shown: whole}, nil
}

func isHost(host string) bool {
	if at, err := netip.ParseAddrPort(host); err == nil {
		return at.Port() != 0 && at.Addr().Zone() == ""
	}
	if inner, ok := strings.CutPrefix(host, "["); ok {
		addr, err := netip.ParseAddr(strings.TrimSuffix(inner, "]"))
		return err == nil && strings.HasSuffix(host, "]") && addr.Is6() && addr.Zone() == ""
	}
	name, port, some := strings.Cut(host, ":")
	if some {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return false
		}
	}
	return name != "" && len(name) <= 190 && strings.Trim(name, hostChars) == ""
}
