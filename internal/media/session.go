package media

import (
	"bytes"
	"crypto/rand"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"log/slog"
	mathrand "math/rand/v2"
	"net/netip"
	"time"

	"sidetone/internal/call"
	"sidetone/internal/media/quality"
	"sidetone/internal/sdp"
)

// relatch is how long the far end's present address must have been silent before another one may take its place.
const relatch = 2 * time.Second

// session is one call's sound: its sockets, its negotiation, what is sent and what is heard. The engine's goroutine owns it.
type session struct {
	id       call.ID
	log      *slog.Logger
	socks    pair
	state    sdp.State
	keys     keys
	up       bool // the descriptions are in force
	sounded  bool // and sound has flowed since
	cert     tls.Certificate
	rtcpKeys keys            // of RTCP after a handshake of its own
	shakes   [2]*association // of RTP, and of RTCP where that has a port of its own
	early    []early
	peering  *peerPath       // of the WebRTC profile, with its keys; nil: of another
	ice      *icePath        // nil: the path is the pair of sockets
	webrtc   bool            // the account's profile
	trickled []string        // candidates of theirs that came after the description
	renew    bool            // the next offer begins ICE anew
	waiting  func(time.Time) // what is done once the candidates are known
	due      *due            // nil: nothing is waited for
	parked   bool            // neither side hears the other, whatever the descriptions allow
	relay    relay           // to the other joined calls
	done     bool            // released: packets still under way are dropped

	agreed sdp.Agreed
	sender *sender
	player *player
	heard  [block]int16

	// Symmetric RTP: we send to the described address until packets of a believed source come from another one, then
	// there. The described address wins whenever it speaks; any other may only replace one that was silent for relatch.
	peer     netip.AddrPort
	peerRTCP netip.AddrPort
	lastFrom time.Time
	heardAt  time.Time // when the last packet of theirs came, a report or one that is not played included
	unheard  unheard

	reception reception
	fates     quality.Fates
	meter     quality.Meter
	measureAt time.Time // when the next second of it is over
	sound     call.Sound
	told      told
	pauses    pauses
	digits    digitReceiver
	cname     string
	reportAt  time.Time // of our next report
	levelsAt  time.Time
	roundTrip time.Duration
	sendFails int
}

func newSession(id call.ID, socks pair, local sdp.Local, log *slog.Logger) *session {
	var b [16]byte
	rand.Read(b[:]) // never fails since Go 1.24
	local.SessionID = uint64(binary.BigEndian.Uint32(b[:]))
	local.Port = socks.port
	local.Key = make([]byte, sdp.KeySize)
	rand.Read(local.Key)
	local.TLSID = rand.Text()
	ssrc := binary.BigEndian.Uint32(b[4:])
	// A sequence number in the lower half spares the first roll-over guess of SRTP (RFC 3711 §3.3.1).
	seq := binary.BigEndian.Uint16(b[8:]) >> 1
	local.SSRC, local.CNAME = ssrc, rand.Text() // RFC 7022: says nothing about the user
	cert, print, err := newCertificate()
	if err != nil {
		log.Warn("there is no certificate for calls with DTLS", "error", err)
	}
	local.Cert = print
	return &session{
		id: id, log: log.With("call", id), socks: socks, state: sdp.New(local), cert: cert,
		sender: newSender(ssrc, seq, binary.BigEndian.Uint32(b[10:])), player: &player{},
		cname: local.CNAME,
	}
}

// apply puts what the negotiation settled into force.
func (s *session) apply(now time.Time) error {
	a, ok := s.state.Agreed()
	if !ok {
		return nil
	}
	if s.peering == nil {
		if err := s.keys.use(a); err != nil {
			return err
		}
		s.rtcpKeys.kind = a.Keying
	}
	if err := s.player.use(a.Codecs); err != nil {
		return err
	}
	if err := s.sender.use(a); err != nil {
		return err
	}
	if !s.up || a.RTP != s.agreed.RTP || a.RTCP != s.agreed.RTCP || !bytes.Equal(a.RecvKey, s.agreed.RecvKey) {
		// Another address or key is another phone: what its packets count from is not known yet.
		s.lastFrom, s.reception.known = time.Time{}, false
		if a.ICE.Ufrag == "" {
			s.peer, s.peerRTCP = a.RTP, a.RTCP
		}
	}
	if !s.up {
		s.reportAt = now.Add(time.Second + mathrand.N(1500*time.Millisecond))
	}
	if s.up && s.agreed.Recv && !a.Recv {
		s.player.forget()
		s.relay.forget()
	}
	s.agreed, s.up = a, true
	return nil
}

// mediaUp is the news that follows apply.
func (s *session) mediaUp(refresh bool) call.Event {
	return call.MediaUp{Codec: s.agreed.Codec.Name, RemoteHeld: s.agreed.RemoteHeld, Events: s.agreed.Event.Name != "", Refresh: refresh}
}

// park stops the sound in both directions, or lets it flow again.
func (s *session) park(on bool) {
	if s.parked = on; on {
		s.relay.forget()
	}
}

// join lets the far end hear the joined calls and be heard by them, or no longer.
func (s *session) join(on bool) {
	s.relay = relay{on: on}
}

// speak takes 10 ms of the microphone, and of all joined calls together, and sends the packet that is complete with it.
func (s *session) speak(mic []int16, joint []int32) {
	var others []int32
	if s.relay.on {
		others = s.relay.others(joint)
	}
	s.sender.held = s.parked || s.state.Held()
	if p := s.sender.take(mic, others, s.agreed.Send && (s.peering != nil || sendable(s.peer))); p != nil {
		s.write(p, false)
	}
}

// silence tells when a far end has gone silent, or is heard again. Who holds, or is held, need not send, but may be gone too.
func (s *session) silence(now time.Time) (e call.Unheard, news bool) {
	awaited := s.agreed.Recv && !s.agreed.RemoteHeld && !s.parked
	s.unheard, e, news = s.unheard.next(now, s.heardAt, awaited)
	return e, news
}

// sendable reports whether packets can be sent to an address: c=0.0.0.0 and port 0 mean nowhere.
func sendable(a netip.AddrPort) bool {
	return a.IsValid() && !a.Addr().IsUnspecified() && a.Port() != 0
}

// write sends one packet. A packet that cannot be sent is one more lost packet; the first in a row is logged.
func (s *session) write(b []byte, isRTCP bool) {
	if s.peering != nil {
		s.wrote(s.peering.write(b, isRTCP))
		return
	}
	conn, to := s.socks.rtp, s.peer
	if isRTCP {
		to = s.peerRTCP
		if !s.agreed.Mux {
			conn = s.socks.rtcp
		}
	}
	if !sendable(to) {
		return
	}
	sealed, err := s.keysOf(isRTCP).seal(b, isRTCP)
	switch {
	case errors.Is(err, errNoKeys) || s.overICE() && s.ice.conn == nil:
		return // not yet
	case err == nil && s.overICE():
		_, err = s.ice.conn.Write(sealed)
	case err == nil:
		err = conn.Send(sealed, to)
	}
	s.wrote(err)
}

// wrote notes what became of a packet.
func (s *session) wrote(err error) {
	if err == nil {
		s.sendFails = 0
		return
	}
	if s.sendFails++; s.sendFails == 1 {
		s.log.Warn("a packet could not be sent", "to", s.peer, "error", err)
	}
}

// levels returns the peaks since the last time, at most ten times a second.
func (s *session) levels(now time.Time) (call.Levels, bool) {
	if now.Sub(s.levelsAt) < 100*time.Millisecond {
		return call.Levels{}, false
	}
	s.levelsAt = now
	l := call.Levels{ID: s.id, In: s.player.peak, Out: s.sender.peak}
	s.player.peak, s.sender.peak = 0, 0
	return l, true
}

// close says goodbye and closes the sockets; the readers end by it.
func (s *session) close(now time.Time) {
	if s.done {
		return
	}
	if s.up {
		s.report(now, true)
	}
	s.done = true
	st := s.player.stats()
	s.log.Info("sound of a call ended", "sent", s.sender.packets, "received", s.reception.received, "lost", st.Lost,
		"late", st.Late, "concealed", st.Concealed, "lengthened", st.Lengthened, "shortened", st.Shortened, "delay", st.Delay, "round_trip", s.roundTrip)
	if err := s.socks.close(); err != nil {
		s.log.Warn("a socket did not close", "error", err)
	}
}
