package quality

import "math"

// Codec is how a codec bears the loss of packets (ITU-T G.107 §7.4).
type Codec struct {
	Ie  float64 // equipment impairment without loss
	Bpl float64 // robustness against loss; the higher, the less it is heard
}

// Impairment is that of a codec by its encoding name. G.711 with concealment is ITU-T G.113 (Appendix I); there is no value for the
// others on this scale: G.722 is taken to bear loss as G.711 does, since the same concealment mends it, and Opus is fitted to what
// PESQ says of this phone's own decoder with redundancy (4.18, 4.14, 4.06, 3.80 of 4.21 at 1, 3, 5 and 10 %).
func Impairment(name string) Codec {
	if name == "OPUS" {
		return Codec{Ie: 0, Bpl: 60}
	}
	return Codec{Ie: 0, Bpl: 25.1}
}

// best is R without any impairment but those of the default connection (ITU-T G.107 §7.7).
const best = 93.2

// R is the transmission rating of the E-model, 0 to 93.2, with all values at their defaults but these: missing is the share of packets
// that were not played, 0 to 1; burst is BurstRatio; delay is from mouth to ear, in milliseconds (Ta of ITU-T G.107 §7.3). Echo is
// taken to be cancelled.
func R(c Codec, missing, burst, delay float64) float64 {
	percent := 100 * missing
	ie := c.Ie + (95-c.Ie)*percent/(percent/max(1, burst)+c.Bpl) // equation 7-29
	return min(best, max(0, best-ie-tooLate(delay)))
}

// tooLate is the impairment by a delay (Idd, ITU-T G.107 equations 7-27 and 7-28).
func tooLate(ms float64) float64 {
	if ms <= 100 {
		return 0
	}
	x := math.Log2(ms / 100)
	return 25 * (math.Pow(1+math.Pow(x, 6), 1.0/6) - 3*math.Pow(1+math.Pow(x/3, 6), 1.0/6) + 2)
}

// MOS is the mean opinion a rating stands for, 1 to 4.5 (ITU-T G.107 Annex B).
func MOS(r float64) float64 {
	switch {
	case r <= 0:
		return 1
	case r >= 100:
		return 4.5
	}
	return max(1, 1+0.035*r+r*(r-60)*(100-r)*7e-6) // below 6.5 the polynomial is under 1
}
