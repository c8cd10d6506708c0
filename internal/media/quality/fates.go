// Package quality judges how a call sounds by what has become of its packets and of its sound. Pure: time is passed in, nothing
// is read, sent or started.
package quality

import "math/bits"

// window is how many packets the fate of one stays open for, 1.3 s of packets of 20 ms: so late may it still come.
const window = 64

// Gmin is how many packets in a row must be played so that a burst is over (RFC 3611 §4.7.2, the value recommended there).
const Gmin = 16

// Fates follows the packets of one stream in the order of their numbers (RFC 3550 §5.1): which came, which were lost on the way, which
// came too late to be played; and finds the bursts among them (RFC 3611 §4.7.2). The zero value is ready.
type Fates struct {
	begun      bool
	newest     uint16
	open       int    // of the window, how many packets there have been
	came, late uint64 // bit 0 is the newest packet

	total Counts
	span  Run // from the first packet that was not played to the last one so far, with fewer than Gmin played between two
	good  int // played since
}

// Counts are packets whose fate is known.
type Counts struct {
	Played, Lost, Discarded uint64
	Runs                    uint64 // of packets not played, one after another
	Bursts, Gaps            Run    // all bursts together, and all gaps
}

// Run is a stretch of a stream.
type Run struct {
	N            int // how many there are of them
	Packets, Bad int // in it; Bad were not played
}

// Missing is the share of packets that were not played, 0 to 1.
func (c Counts) Missing() float64 {
	bad := c.Lost + c.Discarded
	return ratio(bad, bad+c.Played)
}

// BurstRatio is how much longer the runs of missing packets are than if chance alone took them, at least 1 (ITU-T G.107 §7.4).
func (c Counts) BurstRatio() float64 {
	return max(1, ratio(c.Lost+c.Discarded, c.Runs)*(1-c.Missing()))
}

// Since is what came after an earlier count. Bursts and gaps are counted from the beginning only.
func (c Counts) Since(was Counts) Counts {
	return Counts{
		Played: c.Played - was.Played, Lost: c.Lost - was.Lost, Discarded: c.Discarded - was.Discarded, Runs: c.Runs - was.Runs,
		Bursts: c.Bursts, Gaps: c.Gaps,
	}
}

func ratio(a, b uint64) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// Packet is told of every packet that came; late says that its turn to be played was over.
func (f *Fates) Packet(seq uint16, late bool) {
	step := int(int16(seq - f.newest))
	if !f.begun || step > 3000 || step < -3000 { // it begins, or the sender began anew
		f.settle(f.open)
		f.begun, f.newest, f.open, f.came, f.late = true, seq, 0, 0, 0
		f.slide()
		step = 0
	}
	for ; step > 0; step-- {
		f.slide()
		f.newest++
	}
	if age := -step; age < f.open {
		f.came |= 1 << age
		if late {
			f.late |= 1 << age
		}
	}
}

// Restart says that another source sends from now on: its numbers do not follow those before.
func (f *Fates) Restart() {
	f.settle(f.open)
	f.begun = false
}

// slide makes room for one packet more; the oldest one's fate is sealed.
func (f *Fates) slide() {
	if f.open == window {
		f.settle(1)
	}
	f.open++
	f.came <<= 1
	f.late <<= 1
}

// settle counts the n oldest packets of the window.
func (f *Fates) settle(n int) {
	for ; n > 0; n-- {
		f.open--
		at := uint64(1) << f.open
		f.count(f.came&at != 0, f.late&at != 0)
	}
}

// count takes the fate of the next packet.
func (f *Fates) count(came, late bool) {
	if came && !late {
		f.total.Played++
		f.good++
		return
	}
	if came {
		f.total.Discarded++
	} else {
		f.total.Lost++
	}
	if f.good > 0 || f.span.Bad == 0 {
		f.total.Runs++
	}
	if f.good >= Gmin || f.span.Bad == 0 {
		f.close(&f.total)
		f.span = Run{}
	} else {
		f.span.Packets += f.good
	}
	f.span.Packets++
	f.span.Bad++
	f.good = 0
}

// close counts the span and the played packets after it. A packet that is missing by itself belongs to the gap around it.
func (f *Fates) close(c *Counts) {
	if f.span.Bad > 1 {
		c.Bursts = Run{N: c.Bursts.N + 1, Packets: c.Bursts.Packets + f.span.Packets, Bad: c.Bursts.Bad + f.span.Bad}
	} else {
		c.Gaps.Packets += f.span.Packets
		c.Gaps.Bad += f.span.Bad
	}
	c.Gaps.Packets += f.good
	c.Gaps.N = c.Bursts.N + 1
}

// Counts are those whose fate is sealed; Open is how many are not.
func (f *Fates) Counts() Counts {
	c := f.total
	f.close(&c)
	return c
}

// Finished counts also the packets whose fate is still open, as it is now.
func (f *Fates) Finished() Counts {
	all := *f
	all.settle(all.open)
	return all.Counts()
}

// Open is how many of the latest packets have come in time, and how many there have been of them.
func (f *Fates) Open() (came, of int) { return bits.OnesCount64(f.came &^ f.late), f.open }
