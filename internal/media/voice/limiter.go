package voice

// Limiter keeps sound below a ceiling without distorting it: it looks ahead by one stride, so that it is turned down before the peak
// comes, in a straight line, and turned up slowly. Its output is one stride late. Ceiling may be changed between calls.
type Limiter struct {
	Ceiling float32 // largest amplitude that comes out, full scale is 1
	gain    float32
	back    float32 // how far the gain comes back in a stride, as a share of what is missing
	late    []float32
	need    float32 // gain that what is held back must not exceed
}

// release is how long a limiter takes to come back most of the way, in strides of a millisecond.
const release = 80

// NewLimiter returns a limiter for sound in strides of so many samples, a millisecond's.
func NewLimiter(stride int, ceiling float32) *Limiter {
	return &Limiter{Ceiling: ceiling, gain: 1, need: 1, back: 1. / release, late: make([]float32, stride)}
}

// Process limits x in place; its length is a multiple of the stride. It returns the least gain that was applied.
func (l *Limiter) Process(x []float32) (least float32) {
	least = 1
	for n := len(l.late); len(x) >= n; x = x[n:] {
		need := float32(1)
		if p := peakOf(x[:n]); p > l.Ceiling {
			need = l.Ceiling / p
		}
		to := min(l.need, need, l.gain+(1-l.gain)*l.back)
		if l.gain > l.need { // the ceiling was lowered
			l.gain = l.need
		}
		step := (to - l.gain) / float32(n)
		for i, v := range x[:n] {
			l.gain += step
			x[i] = min(max(l.late[i]*l.gain, -l.Ceiling), l.Ceiling)
			l.late[i] = v
		}
		l.gain, l.need = to, need
		least = min(least, to)
	}
	return least
}

// peakOf is the largest amplitude.
func peakOf(x []float32) float32 {
	var p float32
	for _, v := range x {
		p = max(p, v, -v)
	}
	return p
}
