package sdp

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Codec is one audio codec with the payload type the far end wants to receive it under.
type Codec struct {
	Name  string // upper case, as in a=rtpmap: "PCMU"
	PT    uint8  // RTP payload type, 0 to 127
	Clock int    // RTP clock in Hz
}

// Agreed is what both descriptions together allow: how sound flows until the next negotiation.
type Agreed struct {
	RTP, RTCP  netip.AddrPort // where the far end receives; equal when Mux
	Mux        bool           // RTCP shares the RTP port (RFC 5761)
	Codec      Codec          // what we send; we may receive any of Codecs
	Codecs     []Codec        // common codecs, the sent one first
	Event      Codec          // telephone-event (RFC 4733); Name is empty if the far end takes none
	OurEvent   uint8          // the payload type we announced for telephone-event: theirs may come under it or under Event.PT
	Noise      Codec          // comfort noise (RFC 3389), if both take it beside Codec; else its Name is empty
	Opus       Opus           // the far end's wishes
	Ptime      int            // milliseconds of sound in a packet we send: 10 to 60, a multiple of 10
	Send, Recv bool           // whether we send and whether we play what comes
	RemoteHeld bool           // the far end does not want to hear us
	Metrics    bool           // the far end takes VoIP metrics in its reports (RFC 3611 §5)
	Keying     Keying
	Suite      Suite     // of SDES
	SendKey    []byte    // SDES: master key and salt for what we send, as long as Suite.Sizes say
	RecvKey    []byte    // the same for what we receive
	Handshake  Handshake // of DTLS
	ICE        ICE       // of the far end; without Ufrag the path is none of ICE
	Control    bool      // of ICE: this side chooses the path (RFC 8445 §6.1.1)
}

// direction is a pair of wishes seen from one side.
type direction struct{ send, recv bool }

// String is the attribute that says so.
func (d direction) String() string {
	switch {
	case d.send && d.recv:
		return "sendrecv"
	case d.send:
		return "sendonly"
	case d.recv:
		return "recvonly"
	}
	return "inactive"
}

// mirror is what this side may do when the other side wishes d (RFC 3264 §6.1).
func (d direction) mirror(other direction) direction {
	return direction{send: d.send && other.recv, recv: d.recv && other.send}
}

// direction reads the wish of a medium. An unspecified address is a hold of the old kind (RFC 3264 §8.4).
func (d Description) direction(m Media) direction {
	out := direction{true, true}
	for _, list := range [][]Attr{d.Attrs, m.Attrs} {
		for _, a := range list {
			switch strings.ToLower(a.Key) {
			case "sendrecv":
				out = direction{true, true}
			case "sendonly":
				out = direction{true, false}
			case "recvonly":
				out = direction{false, true}
			case "inactive":
				out = direction{}
			}
		}
	}
	if c := d.conn(m); c.IsValid() && c.IsUnspecified() {
		// Not so where the addresses are candidates that come later.
		_, ice, _ := d.ice(m)
		out.recv = out.recv && ice
	}
	return out
}

func (d Description) conn(m Media) netip.Addr {
	if m.Conn.IsValid() {
		return m.Conn
	}
	return d.Conn
}

// codecs lists the formats of a medium that have a name: from a=rtpmap, or a static payload type (RFC 3551 §6).
func (m Media) codecs() []Codec {
	var out []Codec
	for _, f := range m.Formats {
		n, err := strconv.ParseUint(f, 10, 7)
		if err != nil {
			continue
		}
		c := Codec{PT: uint8(n), Clock: 8000}
		switch n {
		case 0:
			c.Name = "PCMU"
		case 8:
			c.Name = "PCMA"
		case 9:
			c.Name = "G722"
		case 13:
			c.Name = "CN"
		}
		for _, v := range m.values("rtpmap") {
			c = c.mapped(f, v)
		}
		if c.Name != "" {
			out = append(out, c)
		}
	}
	return out
}

// mapped returns c as the value of an rtpmap line names it, or c itself if the line is about another format.
func (c Codec) mapped(format, value string) Codec {
	pt, encoding, ok := strings.Cut(value, " ")
	if !ok || pt != format {
		return c
	}
	name, clock, _ := strings.Cut(strings.TrimSpace(encoding), "/")
	clock, channels, _ := strings.Cut(clock, "/")
	n, err := strconv.ParseUint(clock, 10, 20)
	stereo := channels == "2" && strings.EqualFold(name, "opus") // always written so (RFC 7587 §7)
	if err != nil || n == 0 || (channels != "" && channels != "1" && !stereo) {
		return Codec{PT: c.PT}
	}
	return Codec{Name: strings.ToUpper(name), PT: c.PT, Clock: int(n)}
}

// common returns what both sides speak in our order of preference, or in theirs when their list is an answer.
func common(names []string, theirs []Codec, answer bool) (codecs []Codec) {
	for _, n := range names {
		ours, ok := known(n)
		for _, c := range theirs {
			if ok && c.Name == ours.Name && c.Clock == ours.Clock {
				codecs = append(codecs, c)
				break
			}
		}
	}
	if answer {
		slices.SortStableFunc(codecs, func(a, b Codec) int { return slices.Index(theirs, a) - slices.Index(theirs, b) })
	}
	return codecs
}

// event finds telephone-event: with that clock, because its packets share the codec's time (RFC 4733 §2.5.1.1), else any.
func event(theirs []Codec, clock int) (found Codec) {
	for _, c := range theirs {
		if c.Name == "TELEPHONE-EVENT" && (found.Name == "" || c.Clock == clock && found.Clock != clock) {
			found = c
		}
	}
	return found
}

// ptime reads how much sound the far end wants in a packet, in milliseconds; 20 when it does not say or says nonsense.
func (d Description) ptime(m Media) int {
	n := 20
	if v, ok := d.attr(m, "ptime"); ok {
		if f, err := strconv.ParseFloat(v, 32); err == nil && f >= 10 && f <= 60 {
			n = int(f) / 10 * 10
		}
	}
	if v, ok := d.attr(m, "maxptime"); ok {
		if most, err := strconv.Atoi(v); err == nil && most >= 10 && most < n {
			n = most / 10 * 10
		}
	}
	return n
}

// addresses finds where the far end receives RTP and RTCP (RFC 3605, RFC 5761).
func (d Description) addresses(m Media, a *Agreed) error {
	host := d.conn(m)
	if !host.IsValid() {
		return fmt.Errorf("the description has %w: its c= line is missing or is not an IP address", ErrNoAddress)
	}
	a.RTP = netip.AddrPortFrom(host, uint16(m.Port))
	_, a.Mux = d.attr(m, "rtcp-mux")
	a.RTCP = a.RTP
	if a.Mux {
		return nil
	}
	a.RTCP = netip.AddrPortFrom(host, uint16(min(m.Port+1, 65535)))
	v, ok := d.attr(m, "rtcp")
	if !ok {
		return nil
	}
	port, rest, _ := strings.Cut(v, " ")
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		return nil
	}
	if own := parseConn(rest); own.IsValid() {
		host = own
	}
	a.RTCP = netip.AddrPortFrom(host, uint16(n))
	return nil
}

// takesMetrics reads whether the far end takes VoIP metrics (RFC 3611 §5.1).
func (d Description) takesMetrics(m Media) bool {
	v, ok := d.attr(m, "rtcp-xr")
	return ok && slices.Contains(strings.Fields(v), "voip-metrics")
}
