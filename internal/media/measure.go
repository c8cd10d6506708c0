package media

import (
	"math"
	"time"

	"github.com/pion/rtcp"

	"sidetone/internal/call"
	"sidetone/internal/media/quality"
)

// told is what the far end says about the sound it gets from us.
type told struct {
	heeded bool    // it reports on our packets
	loss   float64 // percent of them it missed before its latest report
	mos    float64 // its opinion of us, 1 to 5; 0: it has none
}

// pauses finds out whether a far end sends nothing while it is silent: then that nothing comes means nothing.
type pauses struct {
	makes bool
	begun bool
	seq   uint16 // of the next packet without a pause
	at    uint32 // its timestamp
}

// packet takes a packet and how long it lasts in units of its clock. The next number with a later time is a pause (RFC 3550 §5.1).
func (p *pauses) packet(seq uint16, at uint32, units int) {
	p.makes = p.makes || p.begun && seq == p.seq && int32(at-p.at) > int32(4*units)
	p.begun, p.seq, p.at = true, seq+1, at+uint32(units)
}

// measure tells how the call sounded in the last second, once a second.
// Still says that a real microphone gives nothing, talks that the agent talks while muted.
func (s *session) measure(now time.Time, still, talks bool) (call.Measured, bool) {
	if now.Before(s.measureAt) {
		return call.Measured{}, false
	}
	if s.measureAt.IsZero() {
		s.measureAt = now.Add(time.Second)
		return call.Measured{}, false
	}
	s.measureAt = s.measureAt.Add(time.Second * (1 + now.Sub(s.measureAt)/time.Second))
	s.sound = s.meter.Second(s.totals(still))
	s.sound.TalkingMuted = talks && s.sender.muted && !s.parked
	return call.Measured{ID: s.id, Sound: s.sound}, true
}

func (s *session) totals(still bool) quality.Totals {
	st := s.player.stats()
	clock := s.player.clock()
	return quality.Totals{
		Counts: s.fates.Counts(), Came: uint64(s.reception.received),
		Concealed: st.Concealed, Lengthened: st.Lengthened, Shortened: st.Shortened, Delay: st.Delay,
		Heard: s.player.loud, Said: s.sender.loud,
		Jitter: time.Duration(s.reception.jitter / float64(clock) * float64(time.Second)), RoundTrip: s.roundTrip,
		Packet: time.Duration(s.agreed.Ptime) * time.Millisecond, TheirLoss: s.told.loss, TheirMOS: s.told.mos, Codec: s.agreed.Codec.Name,
		Awaited: s.agreed.Recv && !s.agreed.RemoteHeld && !s.parked && !s.pauses.makes,
		Heeded:  s.told.heeded && s.agreed.Send,
		Sending: still && s.agreed.Send && !s.sender.muted && !s.sender.held,
	}
}

// extended is the VoIP metrics block about what is heard (RFC 3611 §4.7).
func (s *session) extended() *rtcp.ExtendedReport {
	c, q := s.fates.Finished(), s.sound.Whole
	all := c.Played + c.Lost + c.Discarded
	ms := func(packets, n int) uint16 {
		return uint16(min(packets*s.agreed.Ptime/max(n, 1), math.MaxUint16))
	}
	delay := uint16(min(max(q.Delay, 0), math.MaxUint16))
	return &rtcp.ExtendedReport{SenderSSRC: s.sender.ssrc, Reports: []rtcp.ReportBlock{&rtcp.VoIPMetricsReportBlock{
		SSRC: s.reception.ssrc, LossRate: share(c.Lost, all), DiscardRate: share(c.Discarded, all),
		BurstDensity: share(uint64(c.Bursts.Bad), uint64(c.Bursts.Packets)), GapDensity: share(uint64(c.Gaps.Bad), uint64(c.Gaps.Packets)),
		BurstDuration: ms(c.Bursts.Packets, c.Bursts.N), GapDuration: ms(c.Gaps.Packets, c.Gaps.N),
		RoundTripDelay: uint16(min(s.roundTrip.Milliseconds(), math.MaxUint16)), EndSystemDelay: delay + uint16(s.agreed.Ptime),
		SignalLevel: uint8(int8(max(q.Heard, -126))), NoiseLevel: unknown, RERL: unknown, Gmin: quality.Gmin,
		RFactor: uint8(q.R), ExtRFactor: unknown, MOSLQ: uint8(10*q.MOS + 0.5), MOSCQ: uint8(10*q.MOS + 0.5),
		RXConfig:  0xf0, // enhanced concealment, an adaptive playout
		JBNominal: delay, JBMaximum: uint16(longestDelay.Milliseconds()), JBAbsMax: uint16(longestDelay.Milliseconds()),
	}}}
}

// unknown stands for a value that is not measured (RFC 3611 §4.7).
const unknown = 127

// longestDelay is the most the playout waits for a packet.
const longestDelay = 200 * time.Millisecond

func share(part, of uint64) uint8 {
	if of == 0 {
		return 0
	}
	return uint8(min(255, 256*part/of))
}

// opinion takes what the far end measured of our sound.
func (s *session) opinion(x *rtcp.ExtendedReport) {
	for _, b := range x.Reports {
		if v, ok := b.(*rtcp.VoIPMetricsReportBlock); ok && v.SSRC == s.sender.ssrc && v.MOSCQ >= 10 && v.MOSCQ <= 50 {
			s.told.mos = float64(v.MOSCQ) / 10
		}
	}
}
