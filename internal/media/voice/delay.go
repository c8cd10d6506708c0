package voice

import "math/bits"

// The constants of a finder.
const (
	bitBands = 32
	bitFirst = 10      // bin of the first band: 500 Hz
	bitWidth = 3       // bins: 150 Hz
	bitSlow  = 1. / 64 // how fast the mean of a band follows
	costSlow = 1. / 50
	heard    = 1e-4 // amplitude of a block that counts as sound, in the mean over its bands
	clearly  = 4    // bits by which the best delay must beat the mean
	stands   = 40   // blocks for which the best must have been the best
)

// finder finds after how many blocks the echo of what is played is loudest in the microphone, up to latest. Each block is drawn
// in black and white, a band is white when it is louder than usual, and the delay at which the pictures are most alike is
// the echo's: loudness and colour of loudspeaker, room and microphone do not matter.
type finder struct {
	far, near meanBands
	pictures  [latest]uint32
	sounding  [latest]bool
	at        int
	cost      [latest]float32 // bits that differ, in the mean
	best      int
	since     int // blocks
}

func newFinder() *finder {
	f := &finder{}
	for d := range f.cost {
		f.cost[d] = bitBands / 2
	}
	return f
}

// meanBands are the usual amplitudes of the bands.
type meanBands [bitBands]float32

// picture is a block in black and white, and whether it has any sound.
func (m *meanBands) picture(s *spectrum) (white uint32, sound bool) {
	var sum float32
	for b := range m {
		var power float32
		for k := bitFirst + b*bitWidth; k < bitFirst+(b+1)*bitWidth; k++ {
			power += s.re[k]*s.re[k] + s.im[k]*s.im[k]
		}
		v := root32(power)
		sum += v
		if v > m[b] {
			white |= 1 << b
		}
		m[b] += (v - m[b]) * bitSlow
	}
	return white, sum > heard*hop*bitBands
}

// next takes a block of what was played and of the microphone, and returns the delay in blocks once it is sure.
func (f *finder) next(played, mic *spectrum) (delay int, sure bool) {
	if f.at--; f.at < 0 {
		f.at = latest - 1
	}
	f.pictures[f.at], f.sounding[f.at] = f.far.picture(played)
	near, sound := f.near.picture(mic)
	if !sound {
		return f.best, false
	}
	best, mean := 0, float32(0)
	for d := range latest {
		i := (f.at + d) % latest
		if f.sounding[i] {
			f.cost[d] += (float32(bits.OnesCount32(f.pictures[i]^near)) - f.cost[d]) * costSlow
		}
		mean += f.cost[d] / latest
		if f.cost[d] < f.cost[best] {
			best = d
		}
	}
	if f.since++; best != f.best {
		f.best, f.since = best, 0
	}
	return best, f.since >= stands && mean-f.cost[best] > clearly
}
