package sdp

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Local is what this side brings to a negotiation.
type Local struct {
	Addr      netip.Addr // the address to advertise
	Port      int        // the RTP port; RTCP is received on it and on Port+1
	SessionID uint64     // for o=; any number that is unlikely to come twice
	Codecs    []string   // names in order of preference; empty: OPUS, G722, PCMU, PCMA
	Key       []byte     // KeySize random octets for SDES; nil: encrypted offers are refused, and ours are plain
	Security  Security
	Quiet     bool        // silence need not be sent, by either side
	Cert      Fingerprint // of our certificate; none: no DTLS
	OfferDTLS bool        // own offers that ask for encryption ask for DTLS instead of SDES
	TLSID     string      // at least 16 letters or digits, for a=tls-id; empty: none is written
	ICE       ICE         // without Ufrag there is none
	SSRC      uint32      // of our stream, and its name
	CNAME     string
}

// State is one side of a negotiation. It is a value: methods return the next one.
type State struct {
	local        Local
	hold         bool   // we do not want to hear them
	version      uint64 // of the last description sent
	sent         string // the last description sent, without its o= line
	layout       []Media
	audio        int // which of layout is our audio
	proto        string
	cryptos      []crypto // a=crypto of ours
	dtls         bool     // our description has a fingerprint
	ice          bool     // and candidates
	mismatch     bool     // it says that theirs cannot be
	bundle       bool     // it names the medium as WebRTC does (RFC 9143)
	associations int      // of DTLS so far
	codecs       []Codec
	noise        Codec   // comfort noise, if we take it
	events       []Codec // telephone-event, one for each clock of codecs
	mux          bool
	agreed       Agreed
	up           bool
	offered      bool   // our offer awaits its answer
	theirs       bool   // our answer awaits Accept, which puts it into force
	before       *State // what Rollback returns to
}

// New returns the state before any negotiation.
func New(local Local) State {
	if len(local.Codecs) == 0 {
		local.Codecs = []string{"OPUS", "G722", "PCMU", "PCMA"}
	}
	s := State{local: local, proto: "RTP/AVP", mux: true}
	s.codecs, s.events = own(local.Codecs)
	s.noise = s.quiet()
	s.layout = []Media{{Kind: "audio"}}
	return s
}

// known is a codec as this side offers it. Payload types from 96 are dynamic (RFC 3551 §6); 111 is what most use for Opus.
func known(name string) (Codec, bool) {
	switch strings.ToUpper(name) {
	case "PCMU":
		return Codec{"PCMU", 0, 8000}, true
	case "PCMA":
		return Codec{"PCMA", 8, 8000}, true
	case "G722":
		return Codec{"G722", 9, 8000}, true // the clock is half the sample rate (RFC 3551 §4.5.2)
	case "OPUS":
		return Codec{"OPUS", 111, 48000}, true
	}
	return Codec{}, false
}

// own is what this side offers: the codecs named, and telephone-event with each of their clocks (RFC 4733 §2.5.1.1).
func own(names []string) (codecs, events []Codec) {
	for _, n := range names {
		if c, ok := known(n); ok {
			codecs = append(codecs, c)
		}
	}
	for _, e := range []Codec{{"TELEPHONE-EVENT", 101, 8000}, {"TELEPHONE-EVENT", 110, 48000}} {
		if slices.ContainsFunc(codecs, func(c Codec) bool { return c.Clock == e.Clock }) {
			events = append(events, e)
		}
	}
	return codecs, events
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
	s.codecs, s.events = own(s.local.Codecs)
	s.noise = s.quiet()
	s.mux = !s.up || s.agreed.Mux
	s = s.wishes()
	s.ice = s.mux && s.local.ICE.Ufrag != "" && (!s.up || s.agreed.ICE.Ufrag != "")
	s.bundle, s.mismatch = s.bundle || !s.up && s.ice, false
	wish := direction{send: true, recv: !hold}
	return s.emit(wish, 20)
}

// Move makes later descriptions name another address and port of ours, and other candidates; what was agreed stays.
func (s State) Move(addr netip.Addr, port int, ice ICE) State {
	s.local.Addr, s.local.Port, s.local.ICE = addr, port, ice
	if s.before != nil {
		before := s.before.Move(addr, port, ice)
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
	next.cryptos, next.dtls = nil, a.Keying == DTLS
	if a.Keying == SDES {
		next.cryptos = []crypto{answering(m, a)}
	}
	next.ice, next.bundle = a.ICE.Ufrag != "", d.bundles(m)
	_, _, next.mismatch = d.ice(m)
	a.Control = a.ICE.Lite
	next = next.associate(a)
	theirs := d.direction(m)
	ours := direction{send: true, recv: !s.hold}.mirror(theirs)
	a.Send, a.Recv, a.RemoteHeld = ours.send, ours.recv, !theirs.recv
	a.Codecs, a.OurEvent = a.Codecs[:1], a.Event.PT
	next.codecs, next.noise, next.events, next.mux = a.Codecs, a.Noise, nil, a.Mux
	if a.Event.Name != "" {
		next.events = []Codec{a.Event}
	}
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
	a.Mux = a.Mux && s.mux
	a.Control = true
	a.OurEvent = s.eventPT(a.Event.Clock)
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
	if err := s.secure(d, m, &a, answer); err != nil {
		return a, err
	}
	theirs := m.codecs()
	a.Codecs = common(s.local.Codecs, theirs, answer)
	if len(a.Codecs) == 0 {
		return a, fmt.Errorf("the far end offers %s, we speak %s: %w",
			clip(strings.Join(m.Formats, " ")), strings.Join(s.local.Codecs, " "), ErrNoCodec)
	}
	a.Codec = a.Codecs[0]
	a.Event = event(theirs, a.Codec.Clock)
	if s.local.Quiet {
		a.Noise = quieted(theirs, a.Codec)
	}
	a.Opus = m.opus(a.Codec.PT)
	a.Ptime = d.ptime(m)
	if s.local.ICE.Ufrag != "" && (!answer || s.ice) && (!s.up || s.agreed.ICE.Ufrag != "") {
		a.ICE, _, _ = d.ice(m)
	}
	a.Metrics = d.takesMetrics(m)
	return a, d.addresses(m, &a)
}

func clip(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}
