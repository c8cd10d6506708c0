package sip

import (
	"slices"
	"strings"

	sipmsg "github.com/emiago/sipgo/sip"

	"sidetone/internal/call"
)

// divertedFrom is whom the caller dialled, when that was somebody else and the call was forwarded to us: the last Diversion
// (RFC 5806 §4: the topmost is the last of several), else the first entry of History-Info (RFC 7044). Who wants to stay private
// is not named.
func divertedFrom(req *sipmsg.Request) call.Party {
	var p call.Party
	if vs := listed(headerValues(req, "Diversion")); len(vs) > 0 {
		p = diversion(vs[len(vs)-1])
	} else if !hidesHistory(req) {
		p = history(listed(headerValues(req, "History-Info")))
	}
	if p.Number == req.Recipient.User {
		return call.Party{} // for us from the first
	}
	return p
}

func diversion(v string) call.Party {
	p, params, ok := address(v)
	if privacy := params.GetOr("privacy", "off"); !ok || !strings.EqualFold(strings.Trim(privacy, `"`), "off") {
		return call.Party{}
	}
	return p
}

// history is the first entry of a History-Info whose call was sent on because of what happened there: a later entry says why, by
// the cause of RFC 4458 or the Reason of the time before RFC 7044.
func history(entries []string) call.Party {
	on := slices.ContainsFunc(entries, func(v string) bool {
		flat := strings.ToLower(v)
		return strings.Contains(flat, ";cause=") || strings.Contains(flat, "cause%3d")
	})
	if !on || len(entries) < 2 {
		return call.Party{}
	}
	if strings.Contains(strings.ToLower(entries[0]), "privacy=") {
		return call.Party{}
	}
	p, _, _ := address(entries[0])
	return p
}

// hidesHistory reports whether the way of a call shall not be shown (RFC 7044 §5.1).
func hidesHistory(req *sipmsg.Request) bool {
	for _, v := range headerValues(req, "Privacy") {
		if strings.Contains(strings.ToLower(v), "history") {
			return true
		}
	}
	return false
}

// address reads one name-addr with its parameters.
func address(v string) (call.Party, sipmsg.HeaderParams, bool) {
	var h sipmsg.FromHeader
	params := sipmsg.NewParams()
	name, err := sipmsg.ParseAddressValue(v, &h.Address, &params)
	h.DisplayName = name
	return partyFrom(&h), params, err == nil
}

// mostEntries bounds how many entries of a list are looked at.
const mostEntries = 16

// listed takes the entries of comma-separated headers apart; a comma in an address or a quoted text is none.
func listed(values []string) (out []string) {
	for _, v := range values {
		inside, quoted, from := false, false, 0
		for i := 0; i <= len(v) && len(out) < mostEntries; i++ {
			switch {
			case i == len(v), v[i] == ',' && !inside && !quoted:
				if one := strings.TrimSpace(v[from:i]); one != "" {
					out = append(out, one)
				}
				from = i + 1
			case v[i] == '\\' && quoted:
				i++
			case v[i] == '"':
				quoted = !quoted
			case v[i] == '<' && !quoted:
				inside = true
			case v[i] == '>' && !quoted:
				inside = false
			}
		}
	}
	return out
}
