package media

import (
	"time"

	"sidetone/internal/audio"
	"sidetone/internal/media/codec"
	"sidetone/internal/media/jitter"
	"sidetone/internal/sdp"
)

// block is the number of samples at 48 kHz that everything here moves at a time: 10 ms.
const block = audio.Period

// narrow is the rate of the codecs spoken now, in Hz.
const narrow = 8000

// player turns the packets of one call into sound for the ear.
type player struct {
	buffer  *jitter.Buffer
	conceal *jitter.Concealer
	codecs  [128]codec.Codec // by payload type
	up      *interpolator
	fifo    []int16 // decoded and not yet played
	quiet   bool
	peak    float32
}

func newPlayer() *player {
	return &player{
		buffer:  jitter.New(jitter.Config{ClockRate: narrow}),
		conceal: jitter.NewConcealer(narrow),
		up:      newInterpolator(audio.Rate/narrow, block*narrow/audio.Rate),
		fifo:    make([]int16, 0, narrow),
		quiet:   true,
	}
}

// use sets the codecs that may come; nothing changes for those it has.
func (p *player) use(codecs []sdp.Codec) error {
	var next [128]codec.Codec
	for _, c := range codecs {
		if old := p.codecs[c.PT&0x7f]; old != nil && old.Name() == c.Name {
			next[c.PT&0x7f] = old
			continue
		}
		made, err := codec.New(c.Name)
		if err != nil {
			return err
		}
		next[c.PT&0x7f] = made
	}
	p.codecs = next
	return nil
}

// forget drops what has come and was not played yet.
func (p *player) forget() {
	p.buffer.Reset()
	p.fifo = p.fifo[:0]
}

// pull writes the next 10 ms to out.
func (p *player) pull(now time.Time, out []int16) {
	const need = block * narrow / audio.Rate
	for len(p.fifo) < need {
		p.more(now)
	}
	p.up.process(out, p.fifo[:need])
	p.fifo = p.fifo[:copy(p.fifo, p.fifo[need:])]
	p.peak = max(p.peak, peak(out))
}

// more decodes or conceals one frame.
func (p *player) more(now time.Time) {
	f := p.buffer.Get(now, p.quiet)
	from := len(p.fifo)
	c := p.codecs[f.PT&0x7f]
	switch {
	case f.Kind == jitter.Voice && c != nil:
		p.fifo = c.Decode(p.fifo, f.Payload)
		p.conceal.Good(p.fifo[from:], f.Skipped)
	case f.Kind == jitter.Lost || f.Kind == jitter.Stretch:
		p.fifo = p.conceal.Fill(p.fifo, f.Samples)
	default:
		p.fifo = append(p.fifo, make([]int16, f.Samples)...)
		p.conceal.Quiet(f.Samples)
	}
	if len(p.fifo) == from {
		p.fifo = p.conceal.Fill(p.fifo, f.Samples) // an empty payload
	}
	p.quiet = isQuiet(p.fifo[from:])
}

// isQuiet reports whether a frame is near silence: its mean magnitude is below -54 dBFS.
func isQuiet(frame []int16) bool {
	sum := 0
	for _, s := range frame {
		sum += max(int(s), -int(s))
	}
	return sum < 64*len(frame)
}
