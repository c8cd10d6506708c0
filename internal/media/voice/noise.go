package voice

import "math"

// noise follows the power of the room's noise: each block counts as far as it is probably no speech (Gerkmann and Hendriks,
// "Unbiased MMSE-based noise power estimation with low complexity and low tracking delay", IEEE TASL 20(4), 2012).
type noise struct {
	power  [bins]float32
	speech [bins]float32 // probability of speech, slow
}

// newNoise believes in so much noise that the first block becomes the estimate.
func newNoise() noise {
	var n noise
	for k := range n.power {
		n.power[k] = 1e3
	}
	return n
}

// follow takes the power of a block. Where the rest of an echo may be more than the noise, the estimate can only fall.
func (n *noise) follow(power, rest *[bins]float32) {
	const (
		snr   = 31.6 // 15 dB: what speech is thought to have
		slope = snr / (1 + snr)
	)
	for k, p := range power {
		was := n.power[k]
		over := min(p/(was+tiny), 50)
		speech := 1 / (1 + (1+snr)*float32(math.Exp(-slope*float64(over))))
		n.speech[k] = 0.9*n.speech[k] + 0.1*speech
		if n.speech[k] > 0.99 {
			speech = min(speech, 0.99)
		}
		now := speech*was + (1-speech)*p
		if caution*rest[k] > was {
			now = min(now, was)
		}
		n.power[k] = 0.8*was + 0.2*now
	}
}
