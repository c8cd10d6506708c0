package sdp

import (
	"encoding/base64"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Local is what this side brings to a negotiation.
type Local struct {
	Addr      netip.Addr // the address to advertise
	Port      int        // the RTP port; RTCP is received on it and on Port+1
	SessionID uint64     // for o=; any number that is unlikely to come twice
	Codecs    []string   // names in order of preference; empty: PCMU, PCMA
	Key       []byte     // KeySize octets for SDES-SRTP; nil: encrypted offers are refused
	Secure    bool       // offer RTP/SAVP instead of RTP/AVP; needs Key
}

// State is one side of a negotiation. It is a value: methods return the next one.
type State struct {
	local   Local
	hold    bool   // we do not want to hear them
	version uint64 // of the last description sent
	sent    string // the last description sent, without its o= line
	layout  []Media
	audio   int // which of layout is our audio
	proto   string
	tag     string // of our a=crypto line
	codecs  []Codec
	event   Codec
	mux     bool
	agreed  Agreed
	up      bool
	offered bool   // our offer awaits its answer
	theirs  bool   // our answer awaits Accept, which puts it into force
	before  *State // what Rollback returns to
}

// eventPT is the payload type we offer for telephone-event.
const eventPT = 101

// New returns the state before any negotiation.
func New(local Local) State {
	if len(local.Codecs) == 0 {
		local.Codecs = []string{"PCMU", "PCMA"}
	}
	s := State{local: local, proto: "RTP/AVP", tag: "1", mux: true, event: Codec{"TELEPHONE-EVENT", eventPT, 8000}}
	if local.Secure && len(local.Key) == KeySize {
		s.proto = "RTP/SAVP"
	}
	s.codecs = own(local.Codecs)
	s.layout = []Media{{Kind: "audio"}}
	return s
}

func own(names []string) []Codec {
	var out []Codec
	for _, n := range names {
		switch strings.ToUpper(n) {
		case "PCMU":
			out = append(out, Codec{"PCMU", 0, 8000})
		case "PCMA":
			out = append(out, Codec{"PCMA", 8, 8000})
		}
	}
	return out
}

// Agreed returns what is in force and whether anything is.
func (s State) Agreed() (Agreed, bool) { return s.agreed, s.up }

// Held reports whether the latest description of ours holds the far end.
func (s State) Held() bool { return s.hold }

// Offer makes a new offer, the first or a later one: sendonly to hold, else sendrecv. Rollback undoes it.
func (s State) Offer(hold bool) (State, []byte) {
	before := s
	before.before = nil
	s.before = &before
	s.hold, s.offered, s.theirs = hold, true, false
	s.codecs = own(s.local.Codecs)
	if s.event.Name == "" {
		s.event = Codec{"TELEPHONE-EVENT", eventPT, 8000}
	}
	s.mux = !s.up || s.agreed.Mux
	wish := direction{send: true, recv: !hold}
	return s.emit(wish, 20)
}

// Move makes later descriptions name another address and port of ours; what was agreed stays.
func (s State) Move(addr netip.Addr, port int) State {
	s.local.Addr, s.local.Port = addr, port
	if s.before != nil {
		before := s.before.Move(addr, port)
		s.before = &before
	}
	return s
}

// Addr is the address of ours that descriptions name.
func (s State) Addr() netip.Addr { return s.local.Addr }

// Rollback forgets the last offer of ours that was not answered (RFC 3264 §8), whose version number stays used, or our answer to one
// of theirs that Accept has not put into force, which nobody has seen.
func (s State) Rollback() State {
	if !s.offered && !s.theirs || s.before == nil {
		return s
	}
	old := *s.before
	if s.offered {
		old.version, old.sent = s.version, s.sent
	}
	return old
}

// Answer applies an offer of the far end and makes the answer. With an error the state has not changed; the error wraps one
// of the sentinels and is a sentence. The first answer is in force, a later one with Accept(nil) or never, with Rollback. It answers with one codec, our first that they offer, so that neither side has to
// switch in mid-sentence, and rejects every other medium in its place with port 0.
func (s State) Answer(offer []byte) (State, []byte, error) {
	d, err := Parse(offer)
	if err != nil {
		return s, nil, err
	}
	index, a, err := s.choose(d)
	if err != nil {
		return s, nil, err
	}
	next := s
	m := d.Media[index]
	next.layout, next.audio, next.proto = d.Media, index, m.Proto
	if tag, _, ok := m.crypto(); ok {
		next.tag = tag
	}
	theirs := d.direction(m)
	ours := direction{send: true, recv: !s.hold}.mirror(theirs)
	a.Send, a.Recv, a.RemoteHeld = ours.send, ours.recv, !theirs.recv
	a.Codecs, a.OurEvent = a.Codecs[:1], a.Event.PT
	next.codecs, next.event, next.mux = a.Codecs, a.Event, a.Mux
	next.agreed, next.up, next.offered, next.theirs, next.before = a, true, false, s.up, nil
	if s.up {
		s.before = nil
		next.before = &s
	}
	next, body := next.emit(ours, a.Ptime)
	return next, body, nil
}

// Accept applies the far end's answer to our last offer. It may come more than once for one offer, for early media and for
// the final answer. An empty answer keeps what an earlier one to the same offer settled; without one it is an error.
func (s State) Accept(answer []byte) (State, error) {
	if len(answer) == 0 {
		if !s.up || s.offered {
			return s, fmt.Errorf("the far end answered without a description: %w", ErrNoAudio)
		}
		s.theirs = false
		return s, nil
	}
	d, err := Parse(answer)
	if err != nil {
		return s, err
	}
	index := s.audio
	if index >= len(d.Media) || d.Media[index].Kind != "audio" {
		index = slices.IndexFunc(d.Media, func(m Media) bool { return m.Kind == "audio" })
	}
	if index < 0 {
		return s, fmt.Errorf("the answer has %w", ErrNoAudio)
	}
	m := d.Media[index]
	a, err := s.usable(d, m, true)
	if err != nil {
		return s, err
	}
	if secure := strings.HasPrefix(s.proto, "RTP/SAVP"); secure != a.Secure {
		return s, fmt.Errorf("the answer changes %s to %s: %w", s.proto, m.Proto, ErrEncrypted)
	}
	a.Mux = a.Mux && s.mux
	a.OurEvent = s.event.PT
	theirs := d.direction(m)
	ours := direction{send: true, recv: !s.hold}.mirror(theirs)
	a.Send, a.Recv, a.RemoteHeld = ours.send, ours.recv, !theirs.recv
	s.agreed, s.up, s.offered, s.theirs = a, true, false, false
	return s, nil
}

// choose finds the first audio line of an offer we can answer.
func (s State) choose(d Description) (int, Agreed, error) {
	why := fmt.Errorf("the offer has %w", ErrNoAudio)
	first := true
	for i, m := range d.Media {
		if m.Kind != "audio" || m.Port == 0 {
			continue
		}
		a, err := s.usable(d, m, false)
		if err == nil {
			return i, a, nil
		}
		if first {
			why, first = err, false
		}
	}
	return 0, Agreed{}, why
}

// usable reads one audio line of the far end into what could be agreed, directions left out.
func (s State) usable(d Description, m Media, answer bool) (Agreed, error) {
	var a Agreed
	if m.Port == 0 {
		return a, fmt.Errorf("the far end refused our offer of sound: %w", ErrNoAudio)
	}
	switch m.Proto {
	case "RTP/AVP", "RTP/AVPF":
	case "RTP/SAVP", "RTP/SAVPF":
		_, key, ok := m.crypto()
		if !ok || len(s.local.Key) != KeySize {
			return a, fmt.Errorf("%s without an a=crypto line of suite %s is %w", m.Proto, suite, ErrEncrypted)
		}
		a.Secure, a.RecvKey, a.SendKey = true, key, s.local.Key
	default:
		return a, fmt.Errorf("%s is %w", clip(m.Proto), ErrEncrypted)
	}
	a.Codecs, a.Event = common(s.local.Codecs, m.codecs(), answer)
	if len(a.Codecs) == 0 {
		return a, fmt.Errorf("the far end offers %s, we speak %s: %w",
			clip(strings.Join(m.Formats, " ")), strings.Join(s.local.Codecs, " "), ErrNoCodec)
	}
	a.Codec = a.Codecs[0]
	a.Ptime = d.ptime(m)
	return a, d.addresses(m, &a)
}

func clip(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}

// emit writes our description for the present layout; the version grows when anything changed (RFC 3264 §8).
func (s State) emit(dir direction, ptime int) (State, []byte) {
	d := Description{Name: "-", Conn: s.local.Addr}
	for i, m := range s.layout {
		if i == s.audio {
			d.Media = append(d.Media, s.audioLine(dir, ptime))
			continue
		}
		d.Media = append(d.Media, Media{Kind: m.Kind, Proto: m.Proto, Formats: m.Formats})
	}
	if text := string(d.Format()); text != s.sent {
		s.sent = text
		s.version++
	}
	d.Origin = fmt.Sprintf("- %d %d IN %s %s", s.local.SessionID, s.version, family(s.local.Addr), s.local.Addr)
	return s, d.Format()
}

func (s State) audioLine(dir direction, ptime int) Media {
	m := Media{Kind: "audio", Port: s.local.Port, Proto: s.proto}
	codecs := s.codecs
	if s.event.Name != "" {
		codecs = append(slices.Clip(codecs), s.event)
	}
	for _, c := range codecs {
		pt, name := strconv.Itoa(int(c.PT)), c.Name
		if c == s.event {
			name = "telephone-event"
		}
		m.Formats = append(m.Formats, pt)
		m.Attrs = append(m.Attrs, Attr{"rtpmap", fmt.Sprintf("%s %s/%d", pt, name, c.Clock)})
	}
	if s.event.Name != "" {
		m.Attrs = append(m.Attrs, Attr{"fmtp", fmt.Sprintf("%d 0-16", s.event.PT)})
	}
	m.Attrs = append(m.Attrs, Attr{"ptime", strconv.Itoa(ptime)})
	if s.mux {
		m.Attrs = append(m.Attrs, Attr{"rtcp-mux", ""})
	}
	if strings.HasPrefix(s.proto, "RTP/SAVP") {
		key := base64.StdEncoding.EncodeToString(s.local.Key)
		m.Attrs = append(m.Attrs, Attr{"crypto", s.tag + " " + suite + " inline:" + key})
	}
	m.Attrs = append(m.Attrs, Attr{dir.String(), ""})
	return m
}
