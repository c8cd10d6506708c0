package pbx

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// description is the little of SDP (RFC 8866) the lab understands: one audio stream of G.711 µ-law.
type description struct {
	addr      netip.AddrPort
	direction string // as written: sendrecv, sendonly, recvonly, inactive
	ulaw      bool   // payload type 0 is offered
	event     int    // payload type of telephone-event, -1: none
	sections  []string
	audio     int // index of the audio section taken, -1: none
}

// parseSDP reads an offer or answer; what it does not know it skips.
func parseSDP(text string) description {
	d := description{direction: "sendrecv", event: -1, audio: -1}
	var session, media netip.Addr
	port := 0
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\r", ""), "\n") {
		kind, value, _ := strings.Cut(line, "=")
		here := d.audio >= 0 && d.audio == len(d.sections)-1
		switch {
		case kind == "m":
			d.sections = append(d.sections, value)
			f := strings.Fields(value)
			if d.audio < 0 && len(f) > 3 && f[0] == "audio" && f[2] == "RTP/AVP" {
				d.audio = len(d.sections) - 1
				port, _ = strconv.Atoi(f[1])
				d.ulaw = strings.Contains(" "+strings.Join(f[3:], " ")+" ", " 0 ")
			}
		case kind == "c":
			ip, err := netip.ParseAddr(value[strings.LastIndex(value, " ")+1:])
			if err == nil && here {
				media = ip
			} else if err == nil && len(d.sections) == 0 {
				session = ip
			}
		case kind == "a" && (here || len(d.sections) == 0):
			d.attribute(value)
		}
	}
	if !media.IsValid() {
		media = session
	}
	if media.IsValid() && port > 0 && port < 65536 {
		d.addr = netip.AddrPortFrom(media, uint16(port))
	}
	return d
}

func (d *description) attribute(value string) {
	switch value {
	case "sendrecv", "sendonly", "recvonly", "inactive":
		d.direction = value
		return
	}
	rest, ok := strings.CutPrefix(value, "rtpmap:")
	pt, name, _ := strings.Cut(rest, " ")
	if n, err := strconv.Atoi(pt); ok && err == nil && strings.HasPrefix(strings.ToLower(name), "telephone-event/8000") {
		d.event = n
	}
}

// usable reports whether the lab can talk to this.
func (d description) usable() bool { return d.audio >= 0 && d.ulaw && d.addr.IsValid() }

// mirrored is the direction an answer must have (RFC 3264 §6.1), given that we are willing to do both.
func (d description) mirrored() string {
	switch d.direction {
	case "sendonly":
		return "recvonly"
	case "recvonly":
		return "sendonly"
	}
	return d.direction
}

// writeSDP makes an offer or, with remote, an answer that refuses every section but the audio one.
func writeSDP(local netip.AddrPort, version int, direction string, remote *description) []byte {
	event, sections := 101, []string{""}
	audio := 0
	if remote != nil {
		event, sections, audio = remote.event, remote.sections, remote.audio
	}
	var b strings.Builder
	ip := local.Addr()
	family := "IP4"
	if ip.Is6() {
		family = "IP6"
	}
	fmt.Fprintf(&b, "v=0\r\no=lab 1 %d IN %s %s\r\ns=-\r\nc=IN %s %s\r\nt=0 0\r\n", version, family, ip, family, ip)
	for i, sec := range sections {
		if i != audio {
			f := strings.Fields(sec)
			for len(f) < 4 {
				f = append(f, "0")
			}
			fmt.Fprintf(&b, "m=%s 0 %s %s\r\n", f[0], f[2], f[3])
			continue
		}
		fmt.Fprintf(&b, "m=audio %d RTP/AVP 0", local.Port())
		if event >= 0 {
			fmt.Fprintf(&b, " %d", event)
		}
		b.WriteString("\r\na=rtpmap:0 PCMU/8000\r\n")
		if event >= 0 {
			fmt.Fprintf(&b, "a=rtpmap:%d telephone-event/8000\r\na=fmtp:%d 0-16\r\n", event, event)
		}
		fmt.Fprintf(&b, "a=ptime:20\r\na=%s\r\n", direction)
	}
	return []byte(b.String())
}
