package voicebench

import (
	"math"
	"slices"
	"time"
)

// rate is that of all sound here, in Hz.
const rate = 8000

// lower brings 48000 samples a second to 8000, raise does the opposite: by a windowed sinc of 96 taps, the same for every phone.
func lower(in []int16) []int16 {
	taps := kernel()
	out := make([]int16, len(in)/6)
	for i := range out {
		sum := 0.0
		for k, t := range taps {
			if at := 6*i + k - len(taps)/2; at >= 0 && at < len(in) {
				sum += t * float64(in[at])
			}
		}
		out[i] = clip(sum)
	}
	return out
}

func raise(in []int16) []int16 {
	taps := kernel()
	out := make([]int16, 6*len(in))
	for i := range out {
		sum := 0.0
		for k := (i + len(taps)/2) % 6; k < len(taps); k += 6 {
			if at := i + len(taps)/2 - k; at >= 0 && at/6 < len(in) {
				sum += 6 * taps[k] * float64(in[at/6])
			}
		}
		out[i] = clip(sum)
	}
	return out
}

func kernel() []float64 {
	taps := make([]float64, 97)
	sum := 0.0
	for i := range taps {
		x := float64(i-48) / 6
		taps[i] = 0.5 + 0.5*math.Cos(math.Pi*float64(i-48)/49)
		if x != 0 {
			taps[i] *= math.Sin(math.Pi*x) / (math.Pi * x)
		}
		sum += taps[i]
	}
	for i := range taps {
		taps[i] /= sum
	}
	return taps
}

func clip(v float64) int16 { return int16(min(max(math.Round(v), math.MinInt16), math.MaxInt16)) }

// find returns where in heard the piece begins that is most like ref, between the samples low and high, and how alike they are, 0 to 1.
func find(ref, heard []int16, low, high int) (at int, likeness float64) {
	var own float64
	for _, v := range ref {
		own += float64(v) * float64(v)
	}
	low = max(0, low)
	high = min(high, len(heard)-len(ref))
	var energy float64
	for i := low; i < low+len(ref) && i < len(heard); i++ {
		energy += float64(heard[i]) * float64(heard[i])
	}
	for k := low; k <= high; k++ {
		var product float64
		for i, v := range ref {
			product += float64(v) * float64(heard[k+i])
		}
		if l := product / math.Sqrt(own*energy+1); l > likeness {
			at, likeness = k, l
		}
		if k+len(ref) < len(heard) {
			energy += float64(heard[k+len(ref)])*float64(heard[k+len(ref)]) - float64(heard[k])*float64(heard[k])
		}
	}
	return at, likeness
}

// piece is how much is looked for at once: some words.
const piece = 600 * rate / 1000

// spoken are the places in ref where pieces begin that hold speech.
func spoken(ref []int16) []int {
	var out []int
	for at := 0; at+piece <= len(ref); at += piece / 2 {
		if power(ref[at:at+piece]) > 200*200 {
			out = append(out, at)
		}
	}
	return out
}

func power(pcm []int16) float64 {
	sum := 0.0
	for _, v := range pcm {
		sum += float64(v) * float64(v)
	}
	return sum / float64(len(pcm))
}

// Hearing is how ref is heard.
type Hearing struct {
	Delay   time.Duration // the median over the pieces
	Damaged time.Duration // speech that is not as it was said, a minute of speech
}

// compare looks for ref in heard, which began as long before it as began says (negative: after it), and takes longest for the longest
// delay.
func compare(ref, heard []int16, began time.Duration, longest time.Duration) (Hearing, bool) {
	var delays []time.Duration
	origin := int(began.Seconds() * rate)
	span := int(longest.Seconds() * rate)
	bad, all := 0, 0
	for _, at := range spoken(ref) {
		k, likeness := find(ref[at:at+piece], heard, origin+at-span/20, origin+at+span)
		if likeness < 0.5 {
			bad, all = bad+piece/frames, all+piece/frames
			continue
		}
		delays = append(delays, time.Duration(k-origin-at)*time.Second/rate)
		b, a := damage(ref[at:at+piece], heard[k:])
		bad, all = bad+b, all+a
	}
	if len(delays) == 0 || all == 0 {
		return Hearing{}, false
	}
	slices.Sort(delays)
	return Hearing{Delay: delays[len(delays)/2], Damaged: time.Minute * time.Duration(bad) / time.Duration(all)}, true
}

// frames is how long the sound is that is compared at once: 20 ms.
const frames = rate / 50

// damage counts the loud pieces of 20 ms of ref that are not in heard, give or take 5 ms, and all loud ones.
func damage(ref, heard []int16) (bad, all int) {
	for at := 0; at+frames <= len(ref); at += frames {
		if power(ref[at:at+frames]) < 300*300 {
			continue
		}
		all++
		if _, likeness := find(ref[at:at+frames], heard, at-rate/200, at+rate/200); likeness < 0.8 {
			bad++
		}
	}
	return bad, all
}
