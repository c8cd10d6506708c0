package jitter

import "math"

// bridgeMS is the longest hole that is closed in one piece, in milliseconds.
const bridgeMS = 100

// joinMS is how long what is made up runs over into what came.
const joinMS = 5

// mender makes up sound for what is missing. Between what was heard and what comes after a hole it goes on from both sides,
// backwards in time from the far one, and passes from the one to the other. It is for codecs that do not conceal by
// themselves, at 8 and 16 kHz; it allocates nothing after newMender.
type mender struct {
	rate   int
	ahead  *extension
	behind *extension
	made   int // samples made up since the last real one
	past   []float32
	future []float32
	left   []float32
	right  []float32
	frame  []int16
}

func newMender(rate int) *mender {
	ms := rate / 1000
	return &mender{
		rate: rate, ahead: newExtension(rate), behind: newExtension(rate),
		past: make([]float32, 45*ms), future: make([]float32, 0, 60*ms),
		left: make([]float32, bridgeMS*ms), right: make([]float32, bridgeMS*ms),
		frame: make([]int16, 200*ms),
	}
}

// pastNeeded is how much of what was heard the mender looks at, in samples.
func (m *mender) pastNeeded() int { return len(m.past) }

// start looks at what was heard, unless it goes on with what it made itself.
func (m *mender) start(past []int16) {
	if m.made > 0 {
		return
	}
	for i, s := range past {
		m.past[i] = float32(s)
	}
	m.ahead.begin(m.past)
}

// real tells that what was made up has ended.
func (m *mender) real() { m.made = 0 }

// extend fills out with how the past goes on.
func (m *mender) extend(past, out []int16) {
	m.start(past)
	left := m.left[:len(out)]
	m.ahead.next(left)
	for i, v := range left {
		out[i] = whole(v * m.fade(m.made+i))
	}
	m.made += len(out)
}

// bridge fills out, at most bridgeMS, between the past and the future, of which there are at least 10 ms.
func (m *mender) bridge(past, future, out []int16) {
	m.start(past)
	n := len(out)
	left, right := m.left[:n], m.right[:n]
	m.ahead.next(left)
	m.future = m.future[:min(len(future), cap(m.future))]
	for i := range m.future {
		m.future[len(m.future)-1-i] = float32(future[i])
	}
	m.behind.begin(m.future)
	m.behind.next(right)
	for i, j := 0, n-1; i < j; i, j = i+1, j-1 {
		right[i], right[j] = right[j], right[i]
	}
	alike := product(left, right) / float32(math.Sqrt(float64(product(left, left)*product(right, right))+1))
	alike = max(0, alike)
	for i := range out {
		late := (float32(i) + 0.5) / float32(n)
		early := 1 - late
		// Two voices that differ would be softer halfway than each alone.
		level := float32(math.Sqrt(float64(early*early + late*late + 2*alike*early*late)))
		out[i] = whole((early*left[i]*m.fade(m.made+i) + late*right[i]*m.fade(n-1-i)) / level)
	}
	m.made = 0
}

// join appends to dst what was made up, on to where it best meets frame, and then frame, whose first samples are changed.
func (m *mender) join(dst []int16, frame []int16) []int16 {
	lag, over := len(m.ahead.period), m.rate*joinMS/1000
	over = min(over, len(frame))
	made := m.left[:lag+over]
	m.ahead.next(made)
	head := m.right[:over]
	for i := range head {
		head[i] = float32(frame[i])
	}
	best, at := float32(-1), 0
	for shift := range lag {
		part := made[shift : shift+over]
		alike := product(part, head) / float32(math.Sqrt(float64(product(part, part)*product(head, head))+1))
		if alike > best+0.01 {
			best, at = alike, shift
		}
	}
	for i, v := range made[:at] {
		dst = append(dst, whole(v*m.fade(m.made+i)))
	}
	for i := range head {
		late := (float32(i) + 0.5) / float32(over)
		frame[i] = whole((1-late)*made[at+i]*m.fade(m.made+at+i) + late*head[i])
	}
	m.made = 0
	return append(dst, frame...)
}

// fade is how loud a made up sample is that far from the last real one.
func (m *mender) fade(samples int) float32 {
	ms := float32(samples) * 1000 / float32(m.rate)
	return min(1, max(0, (goneMS-ms)/(goneMS-fullMS)))
}

// whole makes a sample of a number, saturating.
func whole(v float32) int16 {
	switch {
	case v >= math.MaxInt16:
		return math.MaxInt16
	case v <= math.MinInt16:
		return math.MinInt16
	case v < 0:
		return int16(v - 0.5)
	}
	return int16(v + 0.5)
}
