// Package jitter turns packets that arrive unevenly into frames at an even pace, with time passed in.
//
// A Buffer reads no clock, starts no goroutine and allocates nothing after New. It is owned by one goroutine. Put takes
// packets as they arrive; Get is called by whoever feeds the loudspeaker, each time it needs a frame. How long a packet
// waits follows the network: the target is what nearly all packets of the last seconds needed.
package jitter

import "time"

// Config are the limits of a Buffer; zero values take the default.
type Config struct {
	ClockRate int           // RTP clock in Hz; 8000
	Min, Max  time.Duration // bounds of the target delay; 20 ms and 200 ms
	Start     time.Duration // target before anything is known; 40 ms
}

// Packet is what Put needs of an RTP packet (RFC 3550 §5.1).
type Packet struct {
	SSRC      uint32
	Seq       uint16
	Timestamp uint32
	PT        uint8  // payload type, handed back in Frame
	Samples   int    // duration in units of the RTP clock, 1 to a fifth of a second
	Payload   []byte // copied; at most MaxPayload octets
}

// MaxPayload is the largest payload a Buffer takes, in octets.
const MaxPayload = 1500

// capacity is the number of packets a Buffer holds: 1.28 s at 20 ms each.
const capacity = 64

// Verdict says what Put did with a packet.
type Verdict int

// The verdicts.
const (
	Stored    Verdict = iota // will be played
	Restarted                // stored, after everything older was thrown away: a new source or a jump in its time
	Duplicate                // here already
	Late                     // its turn is over
	Refused                  // too long, too short or too large
)

// Kind says what Get wants to be heard.
type Kind int

// The kinds of frame.
const (
	Silence Kind = iota // nothing is being sent to us
	Voice               // Payload
	Lost                // a packet is missing: conceal it
	Stretch             // what comes next is not here yet: conceal, the stream has not moved
)

// Frame is one answer of Get.
type Frame struct {
	Kind    Kind
	PT      uint8  // of the packet
	Payload []byte // for Voice; valid until the next call of Put
	Samples int    // duration in units of the RTP clock, never 0
	Skipped bool   // one frame before this one was left out to catch up: smooth the join
}

// Stats are running totals of packets, and the present delays.
type Stats struct {
	Stored, Duplicate, Late, Refused, Restarts uint64
	Lost, Stretched, Skipped                   uint64 // frames
	Target, Delay                              time.Duration
}

type slot struct {
	at      int64 // unwrapped timestamp
	arrived time.Duration
	samples int
	seq     uint16
	pt      uint8
	size    int
	payload [MaxPayload]byte
}

// Buffer is the playout buffer of one stream.
type Buffer struct {
	cfg   Config
	epoch time.Time
	slots [capacity]slot
	order [capacity]uint8 // the first count are used, sorted by timestamp; the rest are free
	count int

	started bool // a packet has been seen
	ssrc    uint32
	highest int64 // unwrapped timestamp last seen

	playing   bool
	lastGet   time.Duration
	next      int64 // unwrapped timestamp to play next
	lastSeq   uint16
	frame     int // samples of the latest packet
	stretched int // samples played beyond the stream since the last voice
	sinceSkip int // frames since one was left out

	delays delays
	stats  Stats
}

// New returns an empty Buffer.
func New(cfg Config) *Buffer {
	if cfg.ClockRate <= 0 {
		cfg.ClockRate = 8000
	}
	if cfg.Min <= 0 {
		cfg.Min = 20 * time.Millisecond
	}
	if cfg.Max <= 0 {
		cfg.Max = 200 * time.Millisecond
	}
	if cfg.Start <= 0 {
		cfg.Start = 40 * time.Millisecond
	}
	b := &Buffer{cfg: cfg, frame: cfg.ClockRate / 50}
	for i := range b.order {
		b.order[i] = uint8(i)
	}
	return b
}

// Stats returns the totals so far.
func (b *Buffer) Stats() Stats {
	s := b.stats
	s.Target = b.target()
	return s
}

// Reset forgets the stream but not the totals: the next packet starts anew.
func (b *Buffer) Reset() {
	b.count, b.started, b.playing, b.stretched = 0, false, false, 0
	b.delays = delays{}
}

// Put takes a packet that arrived at now. Now must not go backwards.
func (b *Buffer) Put(now time.Time, p Packet) Verdict {
	if p.Samples <= 0 || p.Samples > b.cfg.ClockRate/5 || len(p.Payload) > MaxPayload {
		b.stats.Refused++
		return Refused
	}
	if b.epoch.IsZero() {
		b.epoch = now
	}
	arrived := now.Sub(b.epoch)
	verdict := Stored
	at := b.highest + int64(int32(p.Timestamp-uint32(b.highest)))
	if !b.started || p.SSRC != b.ssrc || b.jumped(arrived, at) {
		if b.started {
			verdict = Restarted
			b.stats.Restarts++
		}
		b.Reset()
		b.started, b.ssrc, at = true, p.SSRC, int64(p.Timestamp)
		b.highest = at
	}
	b.highest = max(b.highest, at)
	b.delays.add(arrived - b.span(at))
	if b.playing && at+int64(p.Samples) <= b.next {
		b.stats.Late++
		return Late
	}
	if !b.insert(at, arrived, p) {
		b.stats.Duplicate++
		return Duplicate
	}
	b.frame = p.Samples
	b.stats.Stored++
	return verdict
}

// jumped reports whether a packet does not fit the time line of those before: the sender has set its clock anew.
func (b *Buffer) jumped(arrived time.Duration, at int64) bool {
	d := arrived - b.span(at) - b.delays.least()
	return d < -time.Second || d > 2*time.Second
}

// span is a number of samples as a time.
func (b *Buffer) span(samples int64) time.Duration {
	rate := int64(b.cfg.ClockRate)
	return time.Duration(samples/rate)*time.Second + time.Duration(samples%rate*int64(time.Second)/rate)
}

// insert puts a packet into its place; when the buffer is full the oldest goes. It returns false for a duplicate.
func (b *Buffer) insert(at int64, arrived time.Duration, p Packet) bool {
	place := b.count
	for place > 0 && b.slots[b.order[place-1]].at > at {
		place--
	}
	if place > 0 && b.slots[b.order[place-1]].at == at {
		return false
	}
	if b.count == capacity {
		b.pop()
		if place > 0 {
			place--
		}
	}
	free := b.order[b.count]
	copy(b.order[place+1:b.count+1], b.order[place:b.count])
	b.order[place] = free
	b.count++
	s := &b.slots[free]
	s.at, s.arrived, s.samples, s.seq, s.pt = at, arrived, p.Samples, p.Seq, p.PT
	s.size = copy(s.payload[:], p.Payload)
	return true
}

// pop takes the oldest packet out; its slot keeps its content until the next Put.
func (b *Buffer) pop() *slot {
	i := b.order[0]
	copy(b.order[:], b.order[1:b.count])
	b.count--
	b.order[b.count] = i
	return &b.slots[i]
}

func (b *Buffer) first() *slot { return &b.slots[b.order[0]] }

func (b *Buffer) target() time.Duration {
	t := b.delays.spread() + 10*time.Millisecond
	if b.delays.count < 25 {
		t = max(t, b.cfg.Start)
	}
	return min(max(t, b.cfg.Min), b.cfg.Max)
}
