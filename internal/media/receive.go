package media

import (
	"net/netip"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"sidetone/internal/media/codec"
	"sidetone/internal/media/jitter"
)

// receive takes one datagram. What is not a packet of this call changes nothing. It returns a digit if one began with it.
func (s *session) receive(now time.Time, from netip.AddrPort, b []byte, onRTCP bool) (digit rune, ok bool) {
	if s.peering != nil && from.IsValid() {
		return 0, false // not by its way
	}
	if isDTLS(b) {
		s.handshakes(from, b, onRTCP)
		return 0, false
	}
	if !s.up || len(b) < 2 || b[0]>>6 != 2 {
		return 0, false
	}
	if !from.IsValid() {
		from = s.peer // by a relay of ours
	}
	if onRTCP || (b[1] >= 192 && b[1] <= 223) { // RFC 5761 §4
		s.receiveRTCP(now, from, b)
		return 0, false
	}
	return s.receiveRTP(now, from, b)
}

func (s *session) receiveRTP(now time.Time, from netip.AddrPort, b []byte) (digit rune, ok bool) {
	plain, err := s.keys.open(b, false)
	if err != nil {
		return 0, false
	}
	var p rtp.Packet
	if err := p.Unmarshal(plain); err != nil {
		return 0, false
	}
	if from == s.peer {
		s.heardAt = now
	}
	c := s.player.codec(p.PayloadType)
	event := c == nil && s.agreed.Event.Name != "" && (p.PayloadType == s.agreed.Event.PT || p.PayloadType == s.agreed.OurEvent)
	rests := c == nil && !event && p.PayloadType == s.noisePT()
	if (c == nil && !event && !rests) || !s.latch(now, from, p.Header) {
		return 0, false
	}
	s.reception.packet(now, p.SequenceNumber, p.Timestamp, s.clock(c))
	switch {
	case !s.agreed.Recv:
		return 0, false
	case rests:
		s.fates.Packet(p.SequenceNumber, false)
		s.pauses.makes = true
		s.player.rest(p.Payload)
		return 0, false
	case event:
		s.fates.Packet(p.SequenceNumber, false)
		return s.digits.event(p.Timestamp, p.Payload)
	}
	verdict := s.player.put(now, jitter.Packet{
		SSRC: p.SSRC, Seq: p.SequenceNumber, Timestamp: p.Timestamp, PT: p.PayloadType,
		Units: c.Units(p.Payload), Payload: p.Payload,
	})
	s.fates.Packet(p.SequenceNumber, verdict == jitter.Late)
	s.pauses.packet(p.SequenceNumber, p.Timestamp, c.Units(p.Payload))
	return 0, false
}

// noisePT is the payload type of comfort noise: the one that was agreed, else the static one, which some send without a word of it.
func (s *session) noisePT() uint8 {
	if s.agreed.Noise.Name != "" {
		return s.agreed.Noise.PT
	}
	return 13
}

// clock is the RTP clock of a packet, in Hz: its codec's, or that of the events without one.
func (s *session) clock(c codec.Codec) int {
	if c == nil {
		return max(s.agreed.Event.Clock, 8000)
	}
	return c.ClockRate()
}

// latch decides whether a packet is from the far end, and follows it to a new address.
func (s *session) latch(now time.Time, from netip.AddrPort, h rtp.Header) bool {
	if s.overICE() || s.peering != nil {
		return from == s.peer && s.believed(now, h, true)
	}
	described := from == s.agreed.RTP
	if from != s.peer && !described && !s.lastFrom.IsZero() && now.Sub(s.lastFrom) < relatch {
		return false
	}
	if !s.believed(now, h, described) {
		return false
	}
	if from != s.peer {
		s.log.Info("the far end's sound comes from another address", "described", s.agreed.RTP, "now", from)
		s.peer = from
		s.peerRTCP = from
		if !s.agreed.Mux {
			s.peerRTCP = netip.AddrPortFrom(from.Addr(), from.Port()+1)
		}
		if described {
			s.peerRTCP = s.agreed.RTCP
		}
	}
	return true
}

// believed decides whether a packet's source is listened to.
func (s *session) believed(now time.Time, h rtp.Header, described bool) bool {
	before := s.reception.ssrc
	if !s.reception.believe(h.SSRC, h.SequenceNumber, described) {
		return false
	}
	if before != s.reception.ssrc {
		s.digits = digitReceiver{}
		s.fates.Restart()
	}
	s.lastFrom, s.heardAt = now, now
	return true
}

func (s *session) receiveRTCP(now time.Time, from netip.AddrPort, b []byte) {
	if from.Addr() != s.peer.Addr() && from != s.agreed.RTCP {
		return
	}
	plain, err := s.keysOf(true).open(b, true)
	if err != nil {
		return
	}
	packets, err := rtcp.Unmarshal(plain)
	if err != nil {
		return
	}
	s.heardAt = now
	for _, p := range packets {
		switch p := p.(type) {
		case *rtcp.SenderReport:
			if s.reception.known && p.SSRC == s.reception.ssrc {
				s.reception.report, s.reception.reportAt = uint32(p.NTPTime>>16), now
			}
			s.heed(now, p.Reports)
		case *rtcp.ReceiverReport:
			s.heed(now, p.Reports)
		case *rtcp.ExtendedReport:
			s.opinion(p)
		case *rtcp.Goodbye:
			// Signalling ends calls. A source that left may be followed by another at once.
			s.reception.known = s.reception.known && !contains(p.Sources, s.reception.ssrc)
		}
	}
}

// heed takes the loss and the round trip out of reports about what we send (RFC 3550 §6.4.1).
func (s *session) heed(now time.Time, reports []rtcp.ReceptionReport) {
	for _, r := range reports {
		if r.SSRC != s.sender.ssrc {
			continue
		}
		s.sender.lost(r.FractionLost)
		s.told.heeded, s.told.loss = true, float64(r.FractionLost)*100/255
		if r.LastSenderReport == 0 {
			continue
		}
		units := int32(uint32(ntp(now)>>16) - r.LastSenderReport - r.Delay)
		if units >= 0 {
			s.roundTrip = time.Duration(units) * time.Second / 65536
		}
	}
}

func contains(list []uint32, v uint32) bool {
	for _, x := range list {
		if x == v {
			return true
		}
	}
	return false
}

// report sends a compound RTCP packet: SR or RR, SDES with a CNAME, and BYE when the call ends (RFC 3550 §6.1).
func (s *session) report(now time.Time, bye bool) {
	var blocks []rtcp.ReceptionReport
	if b, ok := s.reception.block(now); ok {
		blocks = append(blocks, b)
	}
	var packets []rtcp.Packet
	if s.sender.packets > 0 {
		packets = append(packets, &rtcp.SenderReport{
			SSRC: s.sender.ssrc, NTPTime: ntp(now), RTPTime: s.sender.clock,
			PacketCount: s.sender.packets, OctetCount: s.sender.octets, Reports: blocks,
		})
	} else {
		packets = append(packets, &rtcp.ReceiverReport{SSRC: s.sender.ssrc, Reports: blocks})
	}
	packets = append(packets, rtcp.NewCNAMESourceDescription(s.sender.ssrc, s.cname))
	if s.agreed.Metrics && len(blocks) > 0 {
		packets = append(packets, s.extended())
	}
	if bye {
		packets = append(packets, &rtcp.Goodbye{Sources: []uint32{s.sender.ssrc}})
	}
	b, err := rtcp.Marshal(packets)
	if err != nil {
		s.log.Warn("a report could not be made", "error", err)
		return
	}
	s.write(b, true)
}
