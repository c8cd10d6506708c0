package media

import (
	"math"
	"time"

	"github.com/pion/rtcp"
)

// reception keeps the statistics of one received stream (RFC 3550 §6.4.1, appendices A.1, A.3 and A.8).
type reception struct {
	known    bool // a source is believed
	ssrc     uint32
	base     uint32 // first extended sequence number
	highest  uint32 // extended
	received uint32
	jitter   float64 // in RTP clock units
	transit  int64
	timed    bool

	expectedBefore, receivedBefore uint32

	probing  bool // a new source is on probation
	newSSRC  uint32
	newSeq   uint16
	reportAt time.Time // when the last sender report came
	report   uint32    // its middle 32 bits of NTP time
}

// believe decides whether a packet belongs to a source to listen to. A packet from the described address is believed at
// once; from elsewhere a source has to send two packets in sequence first.
func (r *reception) believe(ssrc uint32, seq uint16, described bool) bool {
	if r.known && ssrc == r.ssrc {
		r.probing = false
		return true
	}
	if described {
		r.begin(ssrc, seq)
		return true
	}
	if !r.probing || r.newSSRC != ssrc || r.newSeq+1 != seq {
		r.probing, r.newSSRC, r.newSeq = true, ssrc, seq
		return false
	}
	r.begin(ssrc, seq)
	return true
}

func (r *reception) begin(ssrc uint32, seq uint16) {
	*r = reception{known: true, ssrc: ssrc, base: 1<<16 + uint32(seq), highest: 1<<16 + uint32(seq) - 1}
}

// packet counts a believed packet; clock is that of its payload type in Hz.
func (r *reception) packet(now time.Time, seq uint16, timestamp uint32, clock int) {
	r.received++
	step := int16(seq - uint16(r.highest))
	switch {
	case step > 0:
		r.highest += uint32(step)
	case step < -3000: // the sender began anew
		r.begin(r.ssrc, seq)
		r.received, r.highest = 1, r.base
	}
	transit := now.UnixNano()/(int64(time.Second)/int64(clock)) - int64(timestamp)
	if r.timed {
		d := int32(transit - r.transit)
		r.jitter += (math.Abs(float64(d)) - r.jitter) / 16
	}
	r.transit, r.timed = transit, true
}

// block is the report about the stream and starts the next interval.
func (r *reception) block(now time.Time) (rtcp.ReceptionReport, bool) {
	if !r.known {
		return rtcp.ReceptionReport{}, false
	}
	expected := r.highest - r.base + 1
	lost := min(max(int64(expected)-int64(r.received), -0x800000), 0x7fffff)
	interval, got := expected-r.expectedBefore, r.received-r.receivedBefore
	r.expectedBefore, r.receivedBefore = expected, r.received
	out := rtcp.ReceptionReport{
		SSRC: r.ssrc, LastSequenceNumber: r.highest, Jitter: uint32(min(r.jitter, math.MaxUint32)),
		TotalLost: uint32(max(lost, 0)),
	}
	if interval > got {
		out.FractionLost = uint8(min(255, uint64(interval-got)*256/uint64(interval)))
	}
	if !r.reportAt.IsZero() {
		out.LastSenderReport = r.report
		out.Delay = uint32(now.Sub(r.reportAt).Seconds() * 65536)
	}
	return out, true
}

// ntp is a time as 32.32 bits of seconds since 1900 (RFC 3550 §4).
func ntp(t time.Time) uint64 {
	const since1900 = 2208988800
	return uint64(t.Unix()+since1900)<<32 | uint64(t.Nanosecond())<<32/uint64(time.Second)
}
