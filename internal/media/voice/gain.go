package voice

// The constants of a gain.
const (
	nominal    = 0.05  // RMS of speech: -26 dB of full scale (ITU-T P.56), what networks and codecs are made for
	gainMost   = 8     // 18 dB
	gainLeast  = 0.3   // -10 dB
	gainUp     = 1.004 // in 10 ms of speech: 3.5 dB in a second
	gainDown   = 0.985 // 13 dB in a second
	gainWindow = 100   // blocks of speech that the level is the mean of
	headroom   = 0.7   // ceiling: -3 dB of full scale
	alike      = 1.1   // what is within 1 dB is right
)

// gain brings speech to its nominal level, slowly and only while somebody speaks, and keeps its peaks off the ceiling.
type gain struct {
	now     float32
	power   float32 // of speech before the gain
	blocks  float32 // of speech heard, up to gainWindow
	limiter *Limiter
}

func newGain() *gain { return &gain{now: 1, limiter: NewLimiter(rate/1000, headroom)} }

// process treats a block in place and returns its gain; speech says whether the near end talks in it. It makes a block 1 ms late.
func (g *gain) process(block *[hop]float32, speech bool) float32 {
	from := g.now
	if speech {
		var power float32
		for _, v := range block {
			power += v * v / hop
		}
		g.blocks = min(g.blocks+1, gainWindow)
		g.power += (power - g.power) / g.blocks
		want := min(max(nominal/root32(g.power+tiny), gainLeast), gainMost)
		switch {
		case want > g.now*alike:
			g.now = min(g.now*gainUp, want)
		case want*alike < g.now:
			g.now = max(g.now*gainDown, want)
		}
	}
	step := (g.now - from) / hop
	for i := range block {
		from += step
		block[i] *= from
	}
	return g.now * g.limiter.Process(block[:])
}
