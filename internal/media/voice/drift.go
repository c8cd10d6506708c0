package voice

import "math"

// The constants of a drift.
const (
	driftEvery  = 25     // blocks between two looks: a quarter of a second
	driftFew    = 8      // looks before anything is concluded
	driftMany   = 40     // looks after which there is nothing to conclude
	driftSure   = 3      // times its wavering that a way must be long
	driftBelief = 0.7    // of what is seen
	driftMost   = 500e-6 // two clocks differ by less
	driftCatch  = 0.02   // of what the echo is late that is caught up with in 10 ms
	driftFollow = 2e-4   // of it, by which the pace changes in 10 ms
	driftLow    = 4      // bins looked at: 200 Hz
	driftHigh   = 80     // to 4 kHz
	driftAlike  = 0.8    // the filter must be the same one, only moved
)

// drift finds how much faster the clock of the microphone is than that of the loudspeaker: the echo path then moves steadily, and
// with it the filter. What it moves by from look to look wavers, but not what it has moved by in many: a way is believed
// once it is longer than the wavering, however many looks that takes.
type drift struct {
	was     [partitions]spectrum
	blocks  int
	looks   int     // of this way; below 0 those that are still to be passed over
	way     float64 // samples
	squares float64 // of what it moved by from look to look
	fast    float64 // what the reference is to be read faster by
	catch   float64 // the same, for this block only
}

// forget begins a new way: the filter has been moved on purpose, or begins anew.
func (d *drift) forget(weight *[partitions]spectrum) {
	d.was, d.blocks = *weight, 0
	d.looks, d.way, d.squares = -driftFew/2, 0, 0
}

// next looks at the filter after each block.
func (d *drift) next(weight *[partitions]spectrum) {
	if d.blocks++; d.blocks < driftEvery {
		return
	}
	later, alike := moved(&d.was, weight)
	d.was, d.blocks = *weight, 0
	if d.looks++; d.looks <= 0 {
		return
	}
	if alike < driftAlike {
		d.forget(weight)
		return
	}
	d.way += later
	d.squares += later * later
	n := float64(d.looks)
	waver := math.Sqrt(max(0, d.squares/n-d.way*d.way/(n*n)))
	switch {
	case d.looks >= driftFew && math.Abs(d.way) > driftSure*waver:
		d.fast -= driftBelief * d.way / (n * driftEvery * hop)
		d.fast = min(max(d.fast, -driftMost), driftMost)
	case d.looks < driftMany:
		return
	}
	d.looks, d.way, d.squares = 0, 0, 0
}

// moved is by how many samples a filter comes later than it did, from how its phases turn with frequency, and how alike the two are,
// 0 to 1.
func moved(was, now *[partitions]spectrum) (later, alike float64) {
	var re, im, size, before, after float64
	var lastRe, lastIm float64
	for k := driftLow; k < driftHigh; k++ {
		var zr, zi float64
		for p := range partitions {
			a, b := &was[p], &now[p]
			zr += float64(a.re[k]*b.re[k] + a.im[k]*b.im[k])
			zi += float64(a.re[k]*b.im[k] - a.im[k]*b.re[k])
			before += float64(a.re[k]*a.re[k] + a.im[k]*a.im[k])
			after += float64(b.re[k]*b.re[k] + b.im[k]*b.im[k])
		}
		size += math.Hypot(zr, zi)
		re += zr*lastRe + zi*lastIm
		im += zi*lastRe - zr*lastIm
		lastRe, lastIm = zr, zi
	}
	const wide = 2 * hop
	return -math.Atan2(im, re) * wide / (2 * math.Pi), size / math.Sqrt(before*after+tiny)
}

// pace is what the next block is to be read faster by.
func (d *drift) pace() float64 { return d.fast + d.catch }

// lock follows what the echo is late by, in samples, as far as it is known: a loop of second order.
func (d *drift) lock(late float64) {
	late = min(max(late, -0.5), 0.5)
	d.catch = -driftCatch * late / hop
	d.fast -= driftFollow * late / hop
	d.fast = min(max(d.fast, -driftMost), driftMost)
}
