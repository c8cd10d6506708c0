package media

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"sidetone/internal/call"
	"sidetone/internal/sdp"
)

// due is a MediaUp that waits for the path and the keys.
type due struct {
	refresh bool
	first   bool // no sound has flowed before
	until   time.Time
}

// readyLimit is how long path and keys may take together once the descriptions are in force.
const readyLimit = 20 * time.Second

// ready reports whether sound can flow as agreed.
func (s *session) ready() bool {
	if s.peering != nil {
		return s.peering.up
	}
	if s.ice != nil && s.agreed.ICE.Ufrag != "" && !s.ice.connected {
		return false
	}
	return s.agreed.Keying != sdp.DTLS || s.shakes[0] != nil && s.shakes[0].keyed // reports need not wait, nor come
}

// announce tells that sound flows, at once or when it does.
func (e *Engine) announce(now time.Time, s *session, refresh bool) {
	if s.ready() {
		if !s.sounded {
			s.greet()
		}
		s.sounded, s.due = true, nil
		e.tell(s.id, s.mediaUp(refresh))
		return
	}
	s.due = &due{refresh: refresh, first: !s.sounded, until: now.Add(readyLimit)}
}

// greet sends a packet of silence before the microphone has its first: it opens the way through NATs and firewalls, and shows the far end
// where our sound comes from.
func (s *session) greet() {
	var silence [block]int16
	for range s.sender.blocks {
		s.speak(silence[:], nil)
	}
}

// progress looks whether what was waited for is there.
func (e *Engine) progress(now time.Time, s *session) {
	if s.due != nil && s.ready() {
		e.announce(now, s, s.due.refresh)
	}
}

// broken gives up a call whose path or keys do not come. What was agreed is in force at both ends, so that a call that is on already
// has to end.
func (e *Engine) broken(s *session, err error) {
	d := s.due
	s.due = nil
	reason := call.Reason{Cause: call.NotAcceptable, Detail: err.Error()}
	e.log.Warn("sound cannot flow as agreed", "call", s.id, "error", err)
	if d != nil && d.first {
		e.tell(s.id, call.MediaFailed{Reason: reason})
		return
	}
	e.tell(s.id, call.Leave{Reason: reason})
}

// overdue gives up what takes too long.
func (e *Engine) overdue(now time.Time, s *session) {
	if s.due == nil || now.Before(s.due.until) {
		return
	}
	what := "the keys of the sound were not agreed"
	if s.ice != nil && s.agreed.ICE.Ufrag != "" && !s.ice.connected {
		what = "no path to the far end was found"
	}
	e.broken(s, fmt.Errorf("%s within %v", what, readyLimit))
}

// key begins the handshakes that what is agreed needs and that are not there. With ICE they wait for the path.
func (e *Engine) key(s *session) {
	a := s.agreed
	if had := s.shakes[0]; had == nil || a.Keying != sdp.DTLS || !had.with.Same(a.Handshake) {
		s.dropShakes()
	}
	if a.Keying != sdp.DTLS || s.overICE() && !s.ice.connected {
		return
	}
	if s.shakes[0] == nil {
		e.begin(s, false)
	}
	switch {
	case a.Mux:
		s.shakes[1].close()
		s.shakes[1] = nil
	case s.shakes[1] == nil: // the far end has only now given RTCP a port of its own, or both are new
		e.begin(s, true)
	}
	early := s.early
	s.early = nil
	for _, p := range early {
		s.handshakes(p.from, p.b, p.rtcp)
	}
}

// begin begins the handshake of RTP or of RTCP.
func (e *Engine) begin(s *session, isRTCP bool) {
	a := &association{rtcp: isRTCP, with: s.agreed.Handshake, peer: s.agreed.RTP}
	if isRTCP {
		a.peer = s.agreed.RTCP
	}
	if s.overICE() {
		a.peer = s.peer
	}
	a.duct = newDuct(netip.AddrPortFrom(s.state.Addr(), uint16(s.socks.port)), nil)
	s.shakes[index(isRTCP)] = a
	s.reroute()
	e.shake(a, s.cert, func(now time.Time, m material, err error) {
		if s.done || s.shakes[index(isRTCP)] != a {
			return
		}
		if err == nil {
			err = s.keysOf(isRTCP).install(m)
		}
		if err != nil && isRTCP {
			s.log.Warn("there are no keys for reports", "error", err)
			return
		}
		if err != nil {
			e.broken(s, fmt.Errorf("the handshake for the keys failed: %w", err))
			return
		}
		a.keyed = true
		e.progress(now, s)
	})
}

func index(isRTCP bool) int {
	if isRTCP {
		return 1
	}
	return 0
}

// keysOf are the keys of RTP, or of RTCP where that has its own.
func (s *session) keysOf(isRTCP bool) *keys {
	if isRTCP && s.agreed.Keying == sdp.DTLS && !s.agreed.Mux {
		return &s.rtcpKeys
	}
	return &s.keys
}

func (s *session) dropShakes() {
	for i, a := range s.shakes {
		a.close()
		s.shakes[i] = nil
	}
}

// errNoWay says that there is no path yet, or no longer.
var errNoWay = errors.New("there is no path to the far end")

// reroute has handshakes go out by the sockets or the path that the call has now.
func (s *session) reroute() {
	for i, a := range s.shakes {
		if a == nil {
			continue
		}
		conn := s.socks.rtp
		if i == 1 {
			conn = s.socks.rtcp
		}
		out := conn.Send
		if s.overICE() {
			path := s.ice.conn
			out = func(b []byte, _ netip.AddrPort) error {
				if path == nil {
					return errNoWay
				}
				_, err := path.Write(b)
				return err
			}
		}
		a.duct.reroute(out)
	}
}

// handshakes takes a DTLS packet: from the agreed peer, or early.
func (s *session) handshakes(from netip.AddrPort, b []byte, onRTCP bool) {
	if a := s.shakes[index(onRTCP)]; a != nil {
		if (s.overICE() || from == a.peer) && !a.misplaced(b) {
			a.duct.put(b, a.peer)
		}
		return
	}
	if len(s.early) < earlyRoom {
		s.early = append(s.early, early{append([]byte(nil), b...), from, onRTCP})
	}
}
