// Package voice cleans up what the microphone picks up and guards the ear against what is played.
//
// A Processor takes the microphone's blocks and those that were played, and takes off rumble, echo and noise and levels speech. A Shield
// keeps what is played from being sudden or shrill, a Dose adds up how much of it the ear gets, and a Monitor
// notices who talks while muted.
//
// Sound is in blocks of 10 ms at 48 kHz, 16 bits. Inside, a voice is treated at 16 kHz: a canceller at 48 kHz costs three times as much
// for a band in which speakers and rooms leave little of an echo, and a call of G.711 or G.722 does not carry it. What is
// above 8 kHz stays the sound it was and is turned down with what is below.
//
// Nothing here starts a goroutine, keeps time or allocates after its constructor; no value is safe for concurrent use.
package voice

// The inner rate and sizes.
const (
	rate = 16000      // Hz
	hop  = rate / 100 // samples in a block
	size = 2 * hop    // samples of a spectrum: the block and the one before
	bins = hop + 1    // of 50 Hz
)

// Block is the number of samples that everything here takes at a time: 10 ms at 48 kHz.
const Block = wide

// Config says what is done. The zero value takes off rumble only.
type Config struct {
	Echo  bool // what was played is taken off
	Noise bool // what never changes is turned down, by 12 dB
	Gain  bool // speech is brought to -26 dB of full scale, from 10 dB above to 18 below
}

// Processor treats the sound of a microphone. It makes it Latency samples late.
type Processor struct {
	cfg    Config
	chain  *chain
	mic    *split
	ear    *split
	wide   [wide]float32
	low    [hop]float32
	before [hop]float32
}

// Latency is how late a Processor's sound comes out, in samples: 11.5 ms.
const Latency = lag

// New returns a Processor.
func New(cfg Config) *Processor {
	return &Processor{cfg: cfg, chain: newChain(cfg), mic: newSplit(), ear: newSplit()}
}

// Played takes the next block that was given to the loudspeaker, after everything that changes its sound. Blocks come in the pace
// in which they are played, at most a second ahead of the microphone's.
func (p *Processor) Played(block []int16) {
	if !p.cfg.Echo {
		return
	}
	toFloat(&p.wide, block)
	p.ear.lower(&p.low, &p.wide)
	p.chain.reference.put(&p.low)
}

// Process treats the next block of the microphone in place.
func (p *Processor) Process(block []int16) {
	toFloat(&p.wide, block)
	p.mic.lower(&p.before, &p.wide)
	p.low = p.before
	gain := p.chain.process(&p.low)
	p.mic.join(&p.wide, &p.before, &p.low, gain)
	for i, v := range p.wide {
		block[i] = toSample(v)
	}
}

// Talking reports whether the near end talked in the latest block.
func (p *Processor) Talking() bool { return p.chain.suppressor.talking() }

// Stats are what a Processor has found out.
type Stats struct {
	Delay float64 // s, from playing to hearing, to 10 ms
	Drift float64 // by how much the microphone's clock is faster, in ppm
	Loss  float64 // of the echo by the canceller alone, lately, in dB
	Gain  float64 // of speech, in dB
}

// Stats are the present ones.
func (p *Processor) Stats() Stats { return p.chain.stats() }

func toFloat(out *[wide]float32, in []int16) {
	for i, v := range in[:wide] {
		out[i] = float32(v) / 32768
	}
}

// toSample rounds and saturates.
func toSample(v float32) int16 {
	v *= 32768
	switch {
	case v >= 32767:
		return 32767
	case v <= -32768:
		return -32768
	case v < 0:
		return int16(v - 0.5)
	}
	return int16(v + 0.5)
}
