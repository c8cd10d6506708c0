package media

import (
	"net/netip"
	"time"

	"sidetone/internal/call"
	"sidetone/internal/sdp"
)

// localAddr is the address to advertise: the configured one, else the one that reaches the sender of the offer.
func (e *Engine) localAddr(offer []byte) netip.Addr {
	if a := e.presentAddr(); a.IsValid() {
		return a
	}
	if d, err := sdp.Parse(offer); err == nil && d.Conn.IsValid() && !d.Conn.IsUnspecified() {
		return LocalAddrTo(d.Conn.String())
	}
	return LocalAddrTo("")
}

// presentAddr is the configured address; not valid if there is none.
func (e *Engine) presentAddr() netip.Addr {
	if e.cfg.LocalAddr == nil {
		return netip.Addr{}
	}
	if a := e.cfg.LocalAddr().Unmap().WithZone(""); !a.IsUnspecified() {
		return a
	}
	return netip.Addr{}
}

// obtain returns the session of a call, opening its sockets if it has none. Offer is the far end's, if there is one.
func (e *Engine) obtain(id call.ID, account string, offer []byte) (s *session, fresh bool, err error) {
	if s = e.sessions[id]; s != nil {
		return s, false, nil
	}
	addr := e.localAddr(offer)
	socks, err := openPair(addr, e.cfg.PortMin, e.cfg.PortMax)
	if err != nil {
		return nil, false, err
	}
	with := e.cfg.account(account)
	local := sdp.Local{
		Addr: addr, Codecs: e.cfg.Codecs, Quiet: e.cfg.Quiet, Security: e.cfg.security(with), OfferDTLS: with.Keys == "dtls" || with.Profile == "webrtc",
	}
	s = newSession(id, socks, local, e.log)
	s.webrtc = with.Profile == "webrtc"
	s.sender.muted = e.muted[id]
	e.sessions[id] = s
	e.hear(s, socks)
	switch {
	case s.webrtc && offer == nil:
		e.endpointOf(s, nil)
	case s.webrtc: // the far end's part comes first
	case offer == nil && with.ICE == "on" || offer != nil && with.ICE != "off" && sdp.WantsICE(offer):
		e.seek(s, sdp.ICE{})
	}
	return s, true, nil
}

// hear reads a call's sockets until they are closed.
func (e *Engine) hear(s *session, socks pair) {
	e.readers.Go(func() { e.in.read(socks.rtp, s, false, socks.checks) })
	e.readers.Go(func() { e.in.read(socks.rtcp, s, true, socks.checks) })
}

// follow moves a call's sockets to the address this computer has now, if that is another one: the description that is about to
// be made tells the far end. Keys, sequence numbers and the far end's address stay (RFC 3711 §3.3.1).
func (e *Engine) follow(s *session) {
	if !s.up {
		return
	}
	addr := e.presentAddr()
	if !addr.IsValid() || addr == s.state.Addr() {
		if s.renew {
			e.again(s, sdp.ICE{})
		}
		return
	}
	socks, err := openPair(addr, e.cfg.PortMin, e.cfg.PortMax)
	if err != nil {
		s.log.Warn("the sound cannot move to the new address", "error", err)
		return
	}
	if err := s.socks.close(); err != nil {
		s.log.Warn("a socket did not close", "error", err)
	}
	s.socks, s.state = socks, s.state.Move(addr, socks.port, sdp.ICE{})
	e.hear(s, socks)
	e.again(s, sdp.ICE{})
	s.reroute()
}

// again begins ICE anew: with other credentials, or with old ones that the far end has already.
func (e *Engine) again(s *session, old sdp.ICE) {
	s.renew, s.trickled = false, nil
	switch {
	case s.peering != nil:
		s.peering.close(&e.readers)
		e.endpointOf(s, nil)
	case s.ice != nil:
		s.ice.close(&e.readers)
		e.seek(s, old)
	}
}

// apply puts what the negotiation settled into force, and begins what path and keys need.
func (e *Engine) apply(now time.Time, s *session) error {
	was := s.agreed
	if err := s.apply(now); err != nil {
		return err
	}
	if !s.up {
		return nil
	}
	if s.peering != nil {
		return e.join(s, was)
	}
	e.link(s)
	e.key(s)
	return nil
}

// drop ends a call's sound and everything that runs for it.
func (e *Engine) drop(now time.Time, s *session) {
	s.close(now)
	s.dropShakes()
	s.ice.close(&e.readers)
	s.peering.close(&e.readers)
	s.waiting, s.due = nil, nil
}

// post has the engine's goroutine do something. It may be called from any other; false: Run has ended, and nothing is done.
func (e *Engine) post(do func(now time.Time)) bool {
	taken := e.later.put(do)
	e.beat.Knock()
	return taken
}
