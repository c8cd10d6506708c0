// Package jitter turns packets that arrive unevenly into even sound, with time passed in.
//
// A Playout reads no clock, starts no goroutine and allocates nothing after New. It is owned by one goroutine. Put takes
// packets as they arrive; Pull is called by whoever feeds the loudspeaker, each time it needs sound. How long a packet
// waits follows the network: as long as nearly all packets of the last seconds needed, and one packet longer where packets are
// lost, because a hole is closed better when what follows it is known. What is too late or too early is made up for by leaving
// out or putting in single pitch periods.
package jitter

import "time"

// Decoder makes sound of payloads. Its sound is 16-bit linear, mono, at the Config's SampleRate.
type Decoder interface {
	// Decode appends the sound of a payload to dst.
	Decode(dst []int16, payload []byte) []int16
}

// Healer is a Decoder that conceals by itself what is lost.
type Healer interface {
	Decoder
	// Conceal appends n samples of sound in place of lost ones, up to 20 ms.
	Conceal(dst []int16, n int) []int16
	// Recover appends the n samples before those of a payload, from what it carries of them; false if it carries nothing.
	Recover(dst []int16, payload []byte, n int) ([]int16, bool)
}

// Config are the rates and limits of a Playout; zero values take the default.
type Config struct {
	ClockRate  int           // RTP clock in Hz; 8000
	SampleRate int           // of the sound in Hz, a multiple of ClockRate; ClockRate
	Min, Max   time.Duration // bounds of the target delay; 10 ms and 200 ms
	Start      time.Duration // target before anything is known; 40 ms
}

func (c Config) filled() Config {
	if c.ClockRate <= 0 {
		c.ClockRate = 8000
	}
	if c.SampleRate < c.ClockRate {
		c.SampleRate = c.ClockRate
	}
	if c.Min <= 0 {
		c.Min = 10 * time.Millisecond
	}
	if c.Max <= 0 {
		c.Max = 200 * time.Millisecond
	}
	if c.Start <= 0 {
		c.Start = 40 * time.Millisecond
	}
	return c
}

// Packet is what Put needs of an RTP packet (RFC 3550 §5.1).
type Packet struct {
	SSRC      uint32
	Seq       uint16
	Timestamp uint32
	PT        uint8  // payload type, which chooses the Decoder
	Units     int    // duration in units of the RTP clock, 1 to a fifth of a second
	Payload   []byte // copied; at most MaxPayload octets
}

// Verdict says what Put did with a packet.
type Verdict int

// The verdicts.
const (
	Stored    Verdict = iota // will be played
	Restarted                // stored, after everything older was thrown away: a new source or a jump in its time
	Duplicate                // here already
	Late                     // its turn is over
	Refused                  // too long, too short, too large, or of a payload type without a Decoder
)

// Stats are running totals of packets and of sound, and the present delays.
type Stats struct {
	Stored, Duplicate, Late, Refused, Restarts uint64        // packets
	Lost                                       uint64        // holes that were closed
	Concealed                                  time.Duration // sound made up for holes and for what was not there in time
	Lengthened, Shortened                      time.Duration // sound put in and left out by pitch periods
	Target, Delay                              time.Duration // of the playout
}

// Playout is the playout buffer of one stream.
type Playout struct {
	cfg      Config
	ratio    int // samples per unit
	decoders [128]Decoder

	epoch   time.Time
	started bool // a packet has been seen
	ssrc    uint32
	highest int64 // unwrapped timestamp last seen
	shelf   shelf
	delays  delays
	losses  losses

	tape    tape
	mender  *mender
	pacer   *pacer
	current Decoder // of the latest packet decoded
	playing bool
	pulled  time.Duration
	next    int64 // unwrapped timestamp of the tape's end, were there no extra
	lastSeq uint16
	frame   int           // units of the latest packet
	extra   int           // samples made up beyond the stream since the last real one
	held    time.Duration // until then the delay is not lowered
	unpaced int           // samples since a period was put in or left out

	stats Stats
}

// starveLimit is how long the sound is stretched when nothing comes; after it the stream counts as stopped.
const starveLimit = 500 * time.Millisecond

// pauseLimit is how long Pull may not have been called before what waits is old news: the loudspeaker was gone meanwhile.
const pauseLimit = 200 * time.Millisecond

// New returns an empty Playout.
func New(cfg Config) *Playout {
	cfg = cfg.filled()
	ms := cfg.SampleRate / 1000
	p := &Playout{cfg: cfg, ratio: cfg.SampleRate / cfg.ClockRate, frame: cfg.ClockRate / 50, tape: newTape(50*ms, 600*ms), pacer: newPacer(cfg.SampleRate)}
	p.shelf.clear()
	if cfg.SampleRate <= 16000 {
		p.mender = newMender(cfg.SampleRate)
	}
	return p
}

// Use sets the Decoder of a payload type, nil for none.
func (p *Playout) Use(pt uint8, d Decoder) { p.decoders[pt&0x7f] = d }

// Stats returns the totals so far.
func (p *Playout) Stats() Stats {
	s := p.stats
	s.Target = p.target(p.pulled)
	return s
}

// Reset forgets the stream but not the totals: the next packet starts anew.
func (p *Playout) Reset() {
	p.shelf.clear()
	p.started, p.playing, p.extra = false, false, 0
	p.delays, p.losses = delays{}, losses{}
	p.tape.drop()
}

// Put takes a packet that arrived at now. Now must not go backwards.
func (p *Playout) Put(now time.Time, k Packet) Verdict {
	if k.Units <= 0 || k.Units > p.cfg.ClockRate/5 || len(k.Payload) > MaxPayload || p.decoders[k.PT&0x7f] == nil {
		p.stats.Refused++
		return Refused
	}
	if p.epoch.IsZero() {
		p.epoch = now
	}
	arrived := now.Sub(p.epoch)
	verdict := Stored
	at := p.highest + int64(int32(k.Timestamp-uint32(p.highest)))
	if !p.started || k.SSRC != p.ssrc || p.jumped(arrived, at) {
		if p.started {
			verdict = Restarted
			p.stats.Restarts++
		}
		p.Reset()
		p.started, p.ssrc, at = true, k.SSRC, int64(k.Timestamp)
		p.highest = at
	}
	p.highest = max(p.highest, at)
	p.delays.add(arrived - p.span(at))
	if arrived < p.held && p.lag(arrived, at) > p.target(arrived) {
		p.held = arrived + holdTime // it pays
	}
	if p.playing && at+int64(k.Units) <= p.next {
		p.stats.Late++
		p.losses.until = 0 // it was overtaken, not lost
		return Late
	}
	if !p.shelf.insert(at, arrived, k) {
		p.stats.Duplicate++
		return Duplicate
	}
	p.frame = k.Units
	p.stats.Stored++
	return verdict
}

// jumped reports whether a packet does not fit the time line of those before: the sender has set its clock anew.
func (p *Playout) jumped(arrived time.Duration, at int64) bool {
	d := arrived - p.span(at) - p.delays.least()
	return d < -time.Second || d > 2*time.Second
}

// span is a number of units of the RTP clock as a time.
func (p *Playout) span(units int64) time.Duration {
	rate := int64(p.cfg.ClockRate)
	return time.Duration(units/rate)*time.Second + time.Duration(units%rate*int64(time.Second)/rate)
}

// length is a number of samples as a time.
func (p *Playout) length(samples int) time.Duration {
	return time.Duration(samples) * time.Second / time.Duration(p.cfg.SampleRate)
}

// Pull fills out, at most 20 ms, with the sound to be heard at now. Now must not go backwards.
func (p *Playout) Pull(now time.Time, out []int16) {
	if !p.started {
		clear(out)
		return
	}
	at := now.Sub(p.epoch)
	if at-p.pulled > pauseLimit {
		p.playing = false
		p.tape.drop()
	}
	p.pulled = at
	for p.tape.waiting() < len(out) {
		p.more(at, len(out)-p.tape.waiting())
	}
	p.tape.take(out)
}
