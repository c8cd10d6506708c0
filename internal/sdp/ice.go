package sdp

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// ICE is what a description says of a side's part in ICE (RFC 8839).
type ICE struct {
	Ufrag, Pwd string
	Candidates []string // values of a=candidate, of RTP over UDP; our own list is whole
	Lite       bool     // it only answers checks
	More       bool     // further candidates come after the description (trickle, RFC 8838)
}

// mostCandidates bounds what is kept of a description.
const mostCandidates = 64

// Candidate reads "1 1 UDP 2130706431 192.0.2.1 5004 typ host". The address is invalid for a name, which stands for one (mDNS).
func parseCandidate(value string) (at netip.AddrPort, component int, udp, ok bool) {
	f := strings.Fields(value)
	if len(f) < 8 || f[6] != "typ" {
		return at, 0, false, false
	}
	component, err := strconv.Atoi(f[1])
	if err != nil || component < 1 || component > 256 {
		return at, 0, false, false
	}
	if _, err := strconv.ParseUint(f[3], 10, 32); err != nil {
		return at, 0, false, false
	}
	port, err := strconv.ParseUint(f[5], 10, 16)
	if err != nil {
		return at, 0, false, false
	}
	if addr, err := netip.ParseAddr(f[4]); err == nil {
		at = netip.AddrPortFrom(addr.Unmap().WithZone(""), uint16(port))
	}
	return at, component, strings.EqualFold(f[2], "udp"), true
}

// ice reads what the far end says of ICE. It counts only where RTCP shares the port. Mismatch is that something on the way has put an
// address into the description that is no candidate: then ICE is off (RFC 8839 §4.2.5).
func (d Description) ice(m Media) (ice ICE, ok, mismatch bool) {
	var ufrag, pwd, mux bool
	ice.Ufrag, ufrag = d.attr(m, "ice-ufrag")
	ice.Pwd, pwd = d.attr(m, "ice-pwd")
	_, mux = d.attr(m, "rtcp-mux")
	if _, gave := d.attr(m, "ice-mismatch"); gave {
		return ICE{}, false, false // they have given it up, and say so
	}
	if !ufrag || !pwd || !mux || !iceChars(ice.Ufrag, 4) || !iceChars(ice.Pwd, 22) {
		return ICE{}, false, false
	}
	_, ice.Lite = d.attr(m, "ice-lite")
	options, _ := d.attr(m, "ice-options")
	_, ended := d.attr(m, "end-of-candidates")
	ice.More = slices.Contains(strings.Fields(options), "trickle") && !ended
	to := netip.AddrPortFrom(d.conn(m), uint16(m.Port))
	found := !to.Addr().IsValid() || to.Addr().IsUnspecified() || to.Port() == 9
	for _, v := range m.values("candidate") {
		at, component, udp, good := parseCandidate(v)
		if !good || component != 1 || len(ice.Candidates) == mostCandidates {
			continue
		}
		found = found || at == to || !at.IsValid()
		if udp {
			ice.Candidates = append(ice.Candidates, v)
		}
	}
	if !found {
		return ICE{}, false, true
	}
	return ice, true, false
}

// iceChars reports whether a text is one of letters, digits, + and /, of a length (RFC 8839 §5.4).
func iceChars(s string, least int) bool {
	return len(s) >= least && len(s) <= 256 && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") == ""
}

// Candidates are the further candidates that a trickled fragment brings for RTP (RFC 8840 §9), and whether they are the last.
func Candidates(fragment []byte) (list []string, last bool) {
	d, err := Parse(append([]byte("v=0\r\n"), fragment...))
	if err != nil {
		return nil, false
	}
	_, last = Media{Attrs: d.Attrs}.flag("end-of-candidates")
	all := Media{Attrs: d.Attrs}.values("candidate")
	for _, m := range d.Media {
		all = append(all, m.values("candidate")...)
		if _, ok := m.flag("end-of-candidates"); ok {
			last = true
		}
	}
	for _, v := range all {
		if _, component, udp, ok := parseCandidate(v); ok && udp && component == 1 && len(list) < mostCandidates {
			list = append(list, v)
		}
	}
	return list, last
}

// flag finds an attribute of the medium alone.
func (m Media) flag(key string) (string, bool) { return Description{}.attr(m, key) }

// WantsICE reports whether a description can be answered with ICE.
func WantsICE(description []byte) bool {
	d, err := Parse(description)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(d.Media, func(m Media) bool {
		_, ok, _ := d.ice(m)
		return ok && m.Kind == "audio" && m.Port != 0
	})
}

// WantsDTLS reports whether a description can be answered with a certificate.
func WantsDTLS(description []byte) bool {
	d, err := Parse(description)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(d.Media, func(m Media) bool { return len(d.fingerprints(m)) > 0 })
}

// iceAttrs are the lines of our description about ICE.
func (s State) iceAttrs() []Attr {
	if s.mismatch {
		return []Attr{{"ice-mismatch", ""}}
	}
	if !s.ice {
		return nil
	}
	// Ours are whole; theirs may come later (RFC 8838 §3).
	out := []Attr{{"ice-options", "trickle"}, {"ice-ufrag", s.local.ICE.Ufrag}, {"ice-pwd", s.local.ICE.Pwd}}
	for _, c := range s.local.ICE.Candidates {
		out = append(out, Attr{"candidate", c})
	}
	out = append(out, Attr{"end-of-candidates", ""})
	if s.local.SSRC != 0 {
		// Who speaks WebRTC knows a stream by the line that announces it.
		out = append(out, Attr{"ssrc", strconv.FormatUint(uint64(s.local.SSRC), 10) + " cname:" + s.local.CNAME})
	}
	return out
}

// Restarts reports whether an offer of theirs begins ICE anew, so that the answer needs other candidates of ours (RFC 8839 §4.4.1.1).
func (s State) Restarts(offer []byte) bool {
	d, err := Parse(offer)
	if err != nil || s.agreed.ICE.Ufrag == "" {
		return false
	}
	return slices.ContainsFunc(d.Media, func(m Media) bool {
		ice, ok, _ := d.ice(m)
		return ok && m.Kind == "audio" && m.Port != 0 && (ice.Ufrag != s.agreed.ICE.Ufrag || ice.Pwd != s.agreed.ICE.Pwd)
	})
}
