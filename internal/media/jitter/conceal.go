package jitter

// Concealer fills holes in speech by going on with its last pitch period, ever softer, and joins what follows without a
// click. It works on linear samples, allocates nothing and is owned by one goroutine.
type Concealer struct {
	rate    int
	history [1024]int16 // the latest samples heard, newest last
	period  int         // samples of the period repeated; 0: nothing is being concealed
	phase   int         // place in the period
	filled  int         // samples concealed since the last good one
}

// NewConcealer returns a Concealer for samples at rate Hz, 8000 to 16000.
func NewConcealer(rate int) *Concealer { return &Concealer{rate: rate} }

// Good takes a frame that arrived. Its beginning is changed in place when a concealed one, or a frame left out (joined),
// came before it.
func (c *Concealer) Good(frame []int16, joined bool) {
	if joined && c.period == 0 {
		c.begin()
	}
	if c.period > 0 {
		n := min(len(frame), c.rate/200) // 5 ms
		for i := range n {
			old := c.synthetic()
			frame[i] = int16((old*(n-i) + int(frame[i])*i) / n)
		}
	}
	c.period, c.phase, c.filled = 0, 0, 0
	c.remember(frame)
}

// Fill appends n concealing samples to dst. After 60 ms of them only silence is left.
func (c *Concealer) Fill(dst []int16, n int) []int16 {
	if c.period == 0 {
		c.begin()
	}
	for range n {
		dst = append(dst, int16(c.synthetic()))
	}
	return dst
}

// Quiet takes n samples of silence that were heard.
func (c *Concealer) Quiet(n int) {
	c.period, c.phase, c.filled = 0, 0, 0
	n = min(n, len(c.history))
	copy(c.history[:], c.history[n:])
	clear(c.history[len(c.history)-n:])
}

func (c *Concealer) remember(frame []int16) {
	if len(frame) >= len(c.history) {
		copy(c.history[:], frame[len(frame)-len(c.history):])
		return
	}
	copy(c.history[:], c.history[len(frame):])
	copy(c.history[len(c.history)-len(frame):], frame)
}

// synthetic is the next sample of the repeated period, faded: full for 10 ms, then linearly to nothing at 60 ms. The last
// quarter of the period runs over into what came before the period, so that it closes upon itself.
func (c *Concealer) synthetic() int {
	h := c.history[:]
	from := len(h) - c.period
	v := int(h[from+c.phase])
	quarter := c.period / 4
	if i := c.phase - (c.period - quarter); i >= 0 && quarter > 0 {
		v = (v*(quarter-i) + int(h[from-quarter+i])*i) / quarter
	}
	if c.phase++; c.phase == c.period {
		c.phase = 0
	}
	full, end := c.rate/100, c.rate*60/1000
	switch {
	case c.filled >= end:
		v = 0
	case c.filled > full:
		v = v * (end - c.filled) / (end - full)
	}
	c.filled++
	return v
}

// begin finds the pitch: the lag from 2.5 to 15 ms at which the last 20 ms look most like themselves.
func (c *Concealer) begin() {
	h := c.history[:]
	low, high, window := c.rate/400, c.rate*15/1000, c.rate/50
	best, bestLag := -1.0, high
	tail := h[len(h)-window:]
	for lag := low; lag <= high; lag++ {
		earlier := h[len(h)-window-lag : len(h)-lag]
		var cross, energy float64
		for i, s := range tail {
			cross += float64(s) * float64(earlier[i])
			energy += float64(earlier[i]) * float64(earlier[i])
		}
		if cross <= 0 || energy == 0 {
			continue
		}
		if score := cross * cross / energy; score > best*1.02 {
			best, bestLag = score, lag
		}
	}
	c.period, c.phase, c.filled = bestLag, 0, 0
}
