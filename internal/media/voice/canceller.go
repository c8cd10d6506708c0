package voice

// The canceller's constants.
const (
	partitions = 20        // of 10 ms: the room is heard for 200 ms
	latest     = 50        // blocks before the echo may begin: 500 ms
	steady     = 0.9998    // share of an echo path that is still true 10 ms later
	restless   = 0.1       // what is added to the doubt in 10 ms when nothing of the estimate is true
	informed   = 0.4       // of what a block tells: half of its window is in the error, and voices tell less than noise
	firstDoubt = 1         // variance of the weights before anything was heard, at the first partition
	roomDecay  = 0.8       // of it, from one partition to the next
	trimmed    = 4         // partitions brought back to their length in each block
	tiny       = 1e-10     // power that keeps divisions finite, far below one step of 16 bits
	bendHeard  = 10        // partitions that it is heard in: what comes later tells little
	bendAtOnce = 0.1       // variance of what is thought of the loudspeaker at first
	bendSteady = 1e-6      // added to it in 10 ms
	bendTrust  = 8.0 / hop // samples of speech are alike: eight tell as much as one of noise
)

// canceller estimates the echo in the microphone from what was played, and takes it off. The echo path is a filter in
// partitions of 10 ms, adapted by a Kalman filter for each frequency (Enzner and Vary, "Frequency-domain adaptive Kalman filter
// for acoustic echo control in hands-free telephones", Signal Processing 86, 2006; partitioned: Kuech, Mabande and Enzner,
// "State-space architecture of the partitioned-block-based acoustic echo controller", ICASSP 2014): its step follows from how
// much it doubts itself and how much else is in the microphone, so that it stands still while the near end talks.
// In front of it is a loudspeaker that saturates, x - bend*x³, as small ones do.
type canceller struct {
	fft    *transform
	x      history // what was played, after the loudspeaker
	cube   history // its third power
	weight [partitions]spectrum
	doubt  [partitions][bins]float32 // variance of each weight
	mean   [bins]float32             // power of the weights, a mean over the partitions
	other  [bins]float32             // power of what is no echo, slow
	offset int                       // blocks between playing and the first partition
	next   int                       // partition to trim

	bend      float32 // at full scale 1
	bendDoubt float32
	loudest   float32 // peak of what was played, slowly forgotten

	frame      [size]float32
	echo, left spectrum
	expected   [bins]float32 // power of the error that the doubt stands for
	step       [bins]float32 // of the weights, without their doubt
	far        [hop]float32
}

func newCanceller(fft *transform) *canceller {
	c := &canceller{fft: fft, x: history{fft: fft}, cube: history{fft: fft}}
	c.forget()
	return c
}

// forget begins anew.
func (c *canceller) forget() {
	c.weight = [partitions]spectrum{}
	d := float32(firstDoubt)
	for p := range c.doubt {
		for k := range c.doubt[p] {
			c.doubt[p][k] = d
		}
		d *= roomDecay
	}
	c.bend, c.bendDoubt = 0, bendAtOnce
}

// process takes 10 ms of what was played and of its third power and of the microphone, writes the echo that is in it and what is left
// of it, and learns. Astray is the share of the estimate that is known to be wrong, for each frequency, 0 to 1.
func (c *canceller) process(played, cubed, mic *[hop]float32, astray *[bins]float32, echo, left *[hop]float32) {
	for i, v := range played {
		c.far[i] = v - c.bend*cubed[i]
	}
	c.x.add(&c.far)
	c.cube.add(cubed)
	c.predict()
	c.fft.inverse(&c.frame, &c.echo)
	copy(echo[:], c.frame[hop:])
	for i, v := range mic {
		left[i] = v - echo[i]
	}
	c.learnBend(left)
	clear(c.frame[:hop])
	copy(c.frame[hop:], left[:])
	c.fft.forward(&c.left, &c.frame)
	c.steps()
	c.learn(astray)
	for range trimmed {
		c.trim(&c.weight[c.next])
		c.next = (c.next + 1) % partitions
	}
}

// predict filters what was played and computes how far the outcome may be wrong.
func (c *canceller) predict() {
	clear(c.echo.re[:])
	clear(c.echo.im[:])
	clear(c.expected[:])
	for p := range partitions {
		x, w, d := c.x.ago(c.offset+p), &c.weight[p], &c.doubt[p]
		for k := range bins {
			xr, xi, wr, wi := x.re[k], x.im[k], w.re[k], w.im[k]
			c.echo.re[k] += wr*xr - wi*xi
			c.echo.im[k] += wr*xi + wi*xr
			c.expected[k] += d[k] * (xr*xr + xi*xi)
		}
	}
}

// steps decides how far the weights may follow this block's error. What is no echo counts as it is and as it was: the first
// syllable of the near end shall move nothing.
func (c *canceller) steps() {
	for k := range bins {
		e := c.left.re[k]*c.left.re[k] + c.left.im[k]*c.left.im[k]
		c.other[k] = 0.5 * (c.other[k] + e)
		c.step[k] = 1 / (c.expected[k] + 2*c.other[k] + tiny)
	}
}

// learn moves the weights and their doubt.
func (c *canceller) learn(astray *[bins]float32) {
	const moved = 1 - steady*steady
	var sum [bins]float32
	for p := range partitions {
		x, w, d := c.x.ago(c.offset+p), &c.weight[p], &c.doubt[p]
		for k := range bins {
			xr, xi := x.re[k], x.im[k]
			mu := d[k] * c.step[k]
			er, ei := mu*c.left.re[k], mu*c.left.im[k]
			wr, wi := w.re[k]+xr*er+xi*ei, w.im[k]+xr*ei-xi*er
			w.re[k], w.im[k] = wr, wi
			power := wr*wr + wi*wi
			sum[k] += power
			shaken := restless * astray[k]
			d[k] = steady*steady*(1-informed*mu*(xr*xr+xi*xi))*d[k] + (moved+shaken)*power + shaken*c.mean[k]
		}
	}
	for k, s := range sum {
		c.mean[k] = s / partitions
	}
}

// trim makes a partition's filter one of 10 ms again: what adapts in circles wraps around.
func (c *canceller) trim(w *spectrum) {
	c.fft.inverse(&c.frame, w)
	clear(c.frame[hop:])
	c.fft.forward(w, &c.frame)
}

// learnBend follows how much the loudspeaker saturates: one number, by recursive least squares on what the echo of the third power
// explains of what is left.
func (c *canceller) learnBend(left *[hop]float32) {
	for _, v := range c.far {
		c.loudest = max(c.loudest, v, -v)
	}
	c.loudest *= 0.9999
	clear(c.echo.re[:])
	clear(c.echo.im[:])
	for p := range bendHeard {
		x, w := c.cube.ago(c.offset+p), &c.weight[p]
		for k := range bins {
			c.echo.re[k] += w.re[k]*x.re[k] - w.im[k]*x.im[k]
			c.echo.im[k] += w.re[k]*x.im[k] + w.im[k]*x.re[k]
		}
	}
	c.fft.inverse(&c.frame, &c.echo)
	var both, cubed, all float32
	for i, v := range c.frame[hop:] {
		both += left[i] * v
		cubed += v * v
		all += left[i] * left[i]
	}
	gain := c.bendDoubt / (c.bendDoubt*cubed + bendTrust*all + tiny)
	c.bend -= gain * both
	c.bendDoubt = min(bendAtOnce, c.bendDoubt*(1-gain*cubed)+bendSteady)
	c.bend = min(max(c.bend, 0), 1/(3*c.loudest*c.loudest+tiny))
}

// move lets the filter begin so many blocks after playing. The path stays the same if the delay was only looked at from a wrong
// place: then the weights move with it.
func (c *canceller) move(offset int, samePath bool) {
	n := offset - c.offset
	c.offset = offset
	if !samePath {
		for p := range c.doubt {
			for k := range c.doubt[p] {
				w := &c.weight[p]
				c.doubt[p][k] = max(c.doubt[p][k], (w.re[k]*w.re[k] + w.im[k]*w.im[k] + c.mean[k]))
			}
		}
		return
	}
	c.shift(n)
}

// slide follows what was played when it comes so many blocks earlier than before: the echo then comes as much later after it.
func (c *canceller) slide(blocks int) {
	if to := c.offset + blocks; to >= 0 && to <= latest-ahead {
		c.offset = to
		return
	}
	c.shift(-blocks)
}

// shift lets every partition take the place of the one n before it.
func (c *canceller) shift(n int) {
	weight, doubt := c.weight, c.doubt
	for p := range partitions {
		if from := p + n; from >= 0 && from < partitions {
			c.weight[p], c.doubt[p] = weight[from], doubt[from]
		} else {
			c.weight[p] = spectrum{}
		}
	}
}
