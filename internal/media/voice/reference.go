package voice

import "math"

// The constants of a reference.
const (
	room      = rate // samples of what was played that are kept at most
	sincTaps  = 32
	sincSteps = 64  // between two samples; what lies between two steps is drawn straight
	spare     = 2   // blocks that lie ready, for a beat of the speaker that comes late
	given     = 10  // blocks for which what is late is waited for
	watched   = 500 // blocks after which more than was needed is not kept ready any longer
	tooLate   = 3   // blocks that may be late meanwhile
)

// reference hands out what was played in the beat of the microphone: 10 ms for 10 ms, read a little faster or slower where the
// two clocks differ. What is asked for and was not played was silence.
type reference struct {
	ring    [room]float32
	written int64   // samples so far
	at      float64 // of the next sample to read; the filter looks sincTaps/2 beyond it
	sinc    [sincSteps + 1][sincTaps]float32
	fewest  int64 // samples that were left ready, in the present watch
	seen    int   // blocks of the present watch
	missed  int   // blocks in a row that were not ready
	late    int   // blocks that were not ready in the present watch
	asked   int64 // samples that were written the last time
}

func newReference() *reference {
	r := &reference{missed: given, fewest: room}
	for s := range r.sinc {
		for i := range sincTaps {
			x := float64(i-sincTaps/2+1) - float64(s)/sincSteps
			h := 1.0
			if x != 0 {
				h = math.Sin(math.Pi*x) / (math.Pi * x)
			}
			r.sinc[s][i] = float32(h * (0.5 + 0.5*math.Cos(math.Pi*x/(sincTaps/2+0.5))))
		}
	}
	return r
}

// put takes 10 ms that were given to the loudspeaker.
func (r *reference) put(block *[hop]float32) {
	for i, v := range block {
		r.ring[(r.written+int64(i))%room] = v
	}
	r.written += hop
	if behind := r.written - int64(r.at); behind > room-hop {
		r.at = float64(r.written - spare*hop)
	}
}

// take writes the next 10 ms, read faster by the share of fast (1e-6 is 1 ppm), which may be negative. What is late is left out: the
// echo of what follows comes when it came before. It returns by how many blocks less the reading lags behind the writing than before:
// one more is kept ready when too often nothing was, one less when it was never needed.
func (r *reference) take(out *[hop]float32, fast float64) (closer int) {
	if r.missed >= given && r.written >= spare*hop && r.written != r.asked {
		r.at, r.missed = float64(r.written-spare*hop), 0
	}
	r.asked = r.written
	if closer = r.watch(); closer != 0 {
		r.at += float64(closer * hop)
	}
	ready := r.written - int64(r.at) - sincTaps/2 - 1
	if ready < hop {
		clear(out[:])
		if r.missed++; r.missed < given {
			r.late++
			r.at += hop
		}
		return closer
	}
	r.missed = 0
	for i := range out {
		whole := math.Floor(r.at)
		out[i] = r.between(int64(whole), float32(r.at-whole))
		r.at += 1 + fast
	}
	r.fewest = min(r.fewest, ready-hop)
	return closer
}

// watch looks at how much has been ready: for more at once, for less after a while.
func (r *reference) watch() (closer int) {
	r.seen++
	switch {
	case r.late >= tooLate:
		closer = -1
	case r.seen < watched:
		return 0
	case r.late == 0 && r.fewest > hop && r.fewest < room:
		closer = 1
	}
	r.seen, r.late, r.fewest = 0, 0, room
	return closer
}

// between is the sample so far after another one.
func (r *reference) between(n int64, after float32) float32 {
	step := min(int(after*sincSteps), sincSteps-1)
	part := after*sincSteps - float32(step)
	low, high := &r.sinc[step], &r.sinc[step+1]
	from := n - sincTaps/2 + 1
	var a, b float32
	for i := range sincTaps {
		j := from + int64(i)
		if j < 0 {
			continue
		}
		v := r.ring[j%room]
		a += v * low[i]
		b += v * high[i]
	}
	return a + part*(b-a)
}
