package media

import (
	"time"

	"sidetone/internal/audio"
	"sidetone/internal/media/codec"
	"sidetone/internal/media/jitter"
	"sidetone/internal/media/opus"
	"sidetone/internal/media/quality"
	"sidetone/internal/sdp"
)

// block is the number of samples at 48 kHz that everything here moves at a time: 10 ms.
const block = audio.Period

// player turns the packets of one call into sound for the ear.
type player struct {
	codecs [128]codec.Codec // by payload type
	lines  [128]*line       // by payload type; codecs of the same rates share one
	now    *line            // of the latest packet, nil before the first
	low    [block]int16
	peak   float32
	loud   quality.Loudness
	noise  noise
}

// noise is what is heard in the pauses of a far end that describes it instead of sending it (RFC 3389).
type noise struct {
	codec.Noise
	on  bool
	up  *interpolator
	low [block / 6]int16
	out [block]int16
}

// add adds 10 ms of it to out.
func (n *noise) add(out []int16) {
	if !n.on {
		return
	}
	if n.up == nil {
		n.up = newInterpolator(6, len(n.low))
	}
	clear(n.low[:])
	n.Add(n.low[:])
	n.up.process(n.out[:], n.low[:])
	for i, v := range n.out[:] {
		out[i] = clip(int32(out[i]) + int32(v))
	}
}

// line is a playout at one pair of rates, and what brings its sound to the ear's.
type line struct {
	clock, rate int // in Hz
	playout     *jitter.Playout
	up          *interpolator
}

func newLine(clock, rate int) *line {
	return &line{
		clock: clock, rate: rate, playout: jitter.New(jitter.Config{ClockRate: clock, SampleRate: rate, Max: longestDelay}),
		up: newInterpolator(audio.Rate/rate, rate/100),
	}
}

// newCodec makes the codec with that encoding name.
func newCodec(name string) (codec.Codec, error) {
	if name == "OPUS" {
		return opus.New()
	}
	return codec.New(name)
}

// codec is what a payload type means, nil for nothing.
func (p *player) codec(pt uint8) codec.Codec { return p.codecs[pt&0x7f] }

// use sets the codecs that may come; nothing changes for those it has.
func (p *player) use(codecs []sdp.Codec) error {
	var next player
	for _, c := range codecs {
		pt := c.PT & 0x7f
		if old := p.codecs[pt]; old != nil && old.Name() == c.Name {
			next.codecs[pt], next.lines[pt] = old, p.lines[pt]
			continue
		}
		made, err := newCodec(c.Name)
		if err != nil {
			return err
		}
		next.codecs[pt] = made
	}
	for pt, c := range next.codecs {
		if c == nil {
			continue
		}
		next.lines[pt] = p.line(&next, c)
		next.lines[pt].playout.Use(uint8(pt), c)
	}
	p.codecs, p.lines = next.codecs, next.lines
	return nil
}

// line finds one with the rates of a codec, the present one first, or makes it.
func (p *player) line(next *player, c codec.Codec) *line {
	for _, list := range [][128]*line{p.lines, next.lines} {
		for _, l := range list {
			if l != nil && l.clock == c.ClockRate() && l.rate == c.SampleRate() {
				return l
			}
		}
	}
	return newLine(c.ClockRate(), c.SampleRate())
}

// put takes a packet of a payload type that has a codec.
func (p *player) put(now time.Time, k jitter.Packet) jitter.Verdict {
	l := p.lines[k.PT&0x7f]
	if l != p.now {
		p.forget()
	}
	p.now, p.noise.on = l, false
	return l.playout.Put(now, k)
}

// rest takes a description of the noise in a pause.
func (p *player) rest(payload []byte) { p.noise.on = p.noise.Set(payload) }

// forget drops what has come and was not played yet.
func (p *player) forget() {
	p.noise.on = false
	if p.now != nil {
		p.now.playout.Reset()
		clear(p.now.up.past)
	}
}

// pull writes the next 10 ms to out.
func (p *player) pull(now time.Time, out []int16) {
	if p.now == nil {
		clear(out)
		p.noise.add(out)
		return
	}
	low := p.low[:p.now.rate/100]
	p.now.playout.Pull(now, low)
	p.now.up.process(out, low)
	p.noise.add(out)
	p.peak = max(p.peak, peak(out))
	p.loud.Add(out)
}

// clock is the RTP clock of the present playout, in Hz.
func (p *player) clock() int {
	if p.now == nil {
		return 8000
	}
	return p.now.clock
}

// stats are those of the present playout.
func (p *player) stats() jitter.Stats {
	if p.now == nil {
		return jitter.Stats{}
	}
	return p.now.playout.Stats()
}
