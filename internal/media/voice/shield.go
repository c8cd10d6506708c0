package voice

// The constants of a Shield. Levels are amplitudes, full scale is 1.
const (
	shieldMost  = 0.7      // peaks are never louder: -3 dB
	shieldSpan  = 20       // peaks of speech are at most 26 dB above its usual level; what is, is a bang
	shieldTone  = 2.8      // a sine 6 dB louder than the speech before it
	usualFirst  = 0.05     // level of speech: -26 dB, before any was heard
	usualLeast  = 0.01     // -40 dB
	usualMost   = 0.1      // -20 dB
	usualPace   = 1. / 200 // the usual level follows in 2 s
	usualStep   = 4        // times its power is the most that a block counts with
	unheardOf   = 3e-3     // -50 dB: below is no speech
	shrillCrest = 2.5      // peak to mean power of a block: a sine has 2, speech and two tones together more
	shrillLoud  = 4        // 12 dB above the usual level
	shrillSoon  = 5        // blocks in a row: 50 ms
	shrillHold  = 30       // blocks that the guard stays up afterwards
)

// Shield guards the ear against acoustic shock: sudden bangs and shrill tones, such as a fax or a whistle, after quiet speech. What
// is played never exceeds -3 dB of full scale, a bang is brought down to what peaks of the speech so far may have before it
// is heard, and a loud steady tone to little more than the level of that speech within 50 ms. The limits in the ear that ITU-T P.360
// and ETSI EG 202 518 set for headsets are the headset's to keep: how loud full scale is, no program knows. It
// makes the sound 1 ms late.
type Shield struct {
	limiter *Limiter
	usual   float32 // level of speech
	shrill  int     // blocks of a tone so far
	guarded int     // blocks that the guard stays up
	buf     [wide]float32
}

// NewShield returns a Shield that has heard nothing yet.
func NewShield() *Shield {
	return &Shield{limiter: NewLimiter(Block/10, shieldMost), usual: usualFirst}
}

// Process treats the next block to be played in place and returns the gain it applied at the least, 0 to 1.
func (s *Shield) Process(block []int16) float32 {
	toFloat(&s.buf, block)
	s.judge()
	s.limiter.Ceiling = min(shieldMost, s.usual*shieldSpan)
	if s.guarded > 0 {
		s.guarded--
		s.limiter.Ceiling = s.usual * shieldTone
	}
	gain := s.limiter.Process(s.buf[:])
	for i, v := range s.buf {
		block[i] = toSample(v)
	}
	return gain
}

// judge listens to the block that comes.
func (s *Shield) judge() {
	var power float32
	for _, v := range s.buf {
		power += v * v / wide
	}
	level, peak := root32(power), peakOf(s.buf[:])
	if peak*peak > shrillCrest*power || level < shrillLoud*s.usual {
		s.shrill = 0
	} else if s.shrill++; s.shrill >= shrillSoon {
		s.guarded = shrillHold
	}
	if level > unheardOf && s.shrill == 0 && s.guarded == 0 {
		was := s.usual * s.usual
		was += (min(power, usualStep*was) - was) * usualPace
		s.usual = min(max(root32(was), usualLeast), usualMost)
	}
}
