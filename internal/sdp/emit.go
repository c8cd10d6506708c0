package sdp

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// emit writes our description for the present layout; the version grows when anything changed (RFC 3264 §8).
func (s State) emit(dir direction, ptime int) (State, []byte) {
	d := Description{Name: "-", Conn: s.local.Addr}
	for i, m := range s.layout {
		if i == s.audio {
			d.Media = append(d.Media, s.audioLine(dir, ptime))
			continue
		}
		d.Media = append(d.Media, Media{Kind: m.Kind, Proto: m.Proto, Formats: m.Formats, Attrs: m.mid()})
	}
	if s.bundle {
		d.Attrs = append(d.Attrs, Attr{"group", "BUNDLE " + d.Media[s.audio].mid()[0].Value})
	}
	if text := string(d.Format()); text != s.sent {
		s.sent = text
		s.version++
	}
	d.Origin = fmt.Sprintf("- %d %d IN %s %s", s.local.SessionID, s.version, family(s.local.Addr), s.local.Addr)
	return s, d.Format()
}

// eventPT is the payload type we announced for telephone-event with that clock, else the first of ours.
func (s State) eventPT(clock int) uint8 {
	for _, e := range s.events {
		if e.Clock == clock {
			return e.PT
		}
	}
	if len(s.events) > 0 {
		return s.events[0].PT
	}
	return 0
}

// add lists a format with its name.
func (m *Media) add(c Codec) {
	name := c.Name
	switch name {
	case "TELEPHONE-EVENT":
		name = "telephone-event"
	case "OPUS":
		name = "opus"
	}
	value := fmt.Sprintf("%d %s/%d", c.PT, name, c.Clock)
	if name == "opus" {
		value += "/2" // whatever is coded (RFC 7587 §7)
	}
	m.Formats = append(m.Formats, strconv.Itoa(int(c.PT)))
	m.Attrs = append(m.Attrs, Attr{"rtpmap", value})
}

func (s State) audioLine(dir direction, ptime int) Media {
	m := Media{Kind: "audio", Port: s.local.Port, Proto: s.proto, Attrs: s.layout[s.audio].mid()}
	if s.bundle && len(m.Attrs) == 0 {
		m.Attrs = []Attr{{"mid", "0"}}
	}
	for _, c := range s.codecs {
		m.add(c)
		if c.Name == "OPUS" {
			m.Attrs = append(m.Attrs, s.opusLine(c.PT))
		}
	}
	if s.noise.Name != "" {
		m.add(s.noise)
	}
	for _, e := range s.events {
		m.add(e)
		m.Attrs = append(m.Attrs, Attr{"fmtp", fmt.Sprintf("%d 0-16", e.PT)})
	}
	m.Attrs = append(m.Attrs, Attr{"ptime", strconv.Itoa(ptime)})
	if s.mux {
		m.Attrs = append(m.Attrs, Attr{"rtcp-mux", ""})
	}
	m.Attrs = append(m.Attrs, Attr{"rtcp-xr", "voip-metrics"})
	for _, c := range s.cryptos {
		m.Attrs = append(m.Attrs, Attr{"crypto", c.String()})
	}
	m.Attrs = slices.Concat(m.Attrs, s.dtlsAttrs(), s.iceAttrs())
	m.Attrs = append(m.Attrs, Attr{dir.String(), ""})
	return m
}

// mid is the name of a medium (RFC 5888), as it was given.
func (m Media) mid() []Attr {
	if v, ok := m.flag("mid"); ok && v != "" {
		return []Attr{{"mid", v}}
	}
	return nil
}

// bundles reports whether a medium is named and one of a bundle.
func (d Description) bundles(m Media) bool {
	mid := m.mid()
	if mid == nil {
		return false
	}
	return slices.ContainsFunc(Media{Attrs: d.Attrs}.values("group"), func(v string) bool {
		f := strings.Fields(v)
		return len(f) > 1 && strings.EqualFold(f[0], "BUNDLE") && slices.Contains(f[1:], mid[0].Value)
	})
}
