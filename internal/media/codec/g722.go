package codec

// g722 is ITU-T G.722 at 64 kbit/s (mode 1): 16,000 samples a second, of which two make an octet. Filters part the sound at 4 kHz; of
// each half an adaptive quantiser codes what a predictor did not expect, with six bits below and two above.
type g722 struct {
	t             *g722Tables
	send, receive halves
}

// halves is one direction.
type halves struct {
	low, high band
	taps      [24]int32 // of the filters, the oldest first
}

func newG722() *g722 {
	fresh := halves{low: band{step: 32}, high: band{step: 8}}
	return &g722{t: newG722Tables(), send: fresh, receive: fresh}
}

// Name implements Codec.
func (g *g722) Name() string { return "G722" }

// ClockRate implements Codec: 8000 Hz, although there are twice as many samples (RFC 3551 §4.5.2).
func (g *g722) ClockRate() int { return 8000 }

// SampleRate implements Codec.
func (g *g722) SampleRate() int { return 16000 }

// Units implements Codec: one octet is one tick of the clock and two samples.
func (g *g722) Units(payload []byte) int { return len(payload) }

// Encode implements Codec. An odd sample at the end is left out.
func (g *g722) Encode(dst []byte, pcm []int16) []byte {
	for ; len(pcm) >= 2; pcm = pcm[2:] {
		below, above := g.t.part(&g.send, int32(pcm[0]), int32(pcm[1]))
		low, high := g.t.codeLow(&g.send.low, below), g.t.codeHigh(&g.send.high, above)
		dst = append(dst, byte(high<<6|low))
	}
	return dst
}

// Decode implements Codec.
func (g *g722) Decode(dst []int16, payload []byte) []int16 {
	for _, b := range payload {
		below, above := g.t.soundLow(&g.receive.low, int32(b&63)), g.t.soundHigh(&g.receive.high, int32(b>>6))
		first, second := g.t.join(&g.receive, below, above)
		dst = append(dst, first, second)
	}
	return dst
}

// part takes two samples and gives one of each half (G.722 §3.1).
func (t *g722Tables) part(h *halves, a, b int32) (below, above int32) {
	copy(h.taps[:], h.taps[2:])
	h.taps[22], h.taps[23] = a, b
	var even, odd int32
	for i, c := range t.filter {
		odd += h.taps[2*i] * c
		even += h.taps[2*i+1] * t.filter[11-i]
	}
	return sat16((even + odd) >> 14), sat16((even - odd) >> 14)
}

// join is the way back (G.722 §4.4).
func (t *g722Tables) join(h *halves, below, above int32) (first, second int16) {
	copy(h.taps[:], h.taps[2:])
	h.taps[22], h.taps[23] = below+above, below-above
	var a, b int32
	for i, c := range t.filter {
		a += h.taps[2*i+1] * t.filter[11-i]
		b += h.taps[2*i] * c
	}
	return int16(sat16(a >> 11)), int16(sat16(b >> 11))
}

// codeLow quantises a sample of the lower half (G.722 §3.3, §3.5).
func (t *g722Tables) codeLow(b *band, x int32) int32 {
	e := sat16(x - b.guess)
	size := e
	if e < 0 {
		size = ^e
	}
	i := 1
	for i < 30 && size >= t.bounds[i]*b.step>>12 {
		i++
	}
	code := t.codes[i-1]
	if e < 0 {
		code = t.negative[i-1]
	}
	t.learnLow(b, code)
	return code
}

// soundLow is the sample that six bits stand for (G.722 §4.1). The predictor learns from four of them, as at the sender.
func (t *g722Tables) soundLow(b *band, code int32) int32 {
	x := clip(b.guess+b.step*t.fine[code]>>15, 1<<14)
	t.learnLow(b, code)
	return x
}

func (t *g722Tables) learnLow(b *band, code int32) {
	coarse := code >> 2
	d := b.step * t.coarse[coarse] >> 15
	b.scale = min(max(b.scale*127>>7+t.growLow[coarse], 0), 18432)
	b.step = t.stepOf(b.scale, 8)
	b.learn(d)
}

// codeHigh quantises a sample of the upper half.
func (t *g722Tables) codeHigh(b *band, x int32) int32 {
	e := sat16(x - b.guess)
	size, code := e, int32(2)
	if e < 0 {
		size, code = ^e, 0
	}
	if size < 564*b.step>>12 {
		code++
	}
	t.learnHigh(b, code)
	return code
}

// soundHigh is the sample that two bits stand for.
func (t *g722Tables) soundHigh(b *band, code int32) int32 {
	return clip(t.learnHigh(b, code), 1<<14)
}

// learnHigh returns the sample as far as it is known, which is what the predictor learns from.
func (t *g722Tables) learnHigh(b *band, code int32) int32 {
	d := b.step * t.two[code] >> 15
	x := b.guess + d
	b.scale = min(max(b.scale*127>>7+t.growHigh[code], 0), 22528)
	b.step = t.stepOf(b.scale, 10)
	b.learn(d)
	return x
}

// stepOf is the quantiser's step for a logarithmic scale factor (G.722 §3.5).
func (t *g722Tables) stepOf(scale, shift int32) int32 {
	v := t.power[scale>>6&31]
	if n := shift - scale>>11; n >= 0 {
		v >>= n
	} else {
		v <<= -n
	}
	return v << 2
}

// band is the predictor and the quantiser of one half (G.722 §3.6, named as in figure 5: two poles, six zeros). All is on the 16-bit scale.
type band struct {
	step  int32 // of the quantiser
	scale int32 // its logarithm
	guess int32 // of the next sample
	zeros int32 // the part of it that the zeros make

	a [2]int32 // poles
	b [6]int32 // zeros
	d [6]int32 // differences, the newest first
	r [2]int32 // reconstructed samples
	p [2]int32 // partly reconstructed ones
}

// learn adapts the predictor to a quantised difference, and predicts.
func (b *band) learn(d int32) {
	r, p := sat16(b.guess+d), sat16(b.zeros+d)
	second := b.secondPole(p)
	b.a[0] = b.firstPole(p, second)
	b.a[1] = second
	b.learnZeros(d)
	copy(b.d[1:], b.d[:5])
	b.d[0] = d
	b.r, b.p = [2]int32{r, b.r[0]}, [2]int32{p, b.p[0]}
	poles := sat16(b.a[0]*sat16(2*b.r[0])>>15 + b.a[1]*sat16(2*b.r[1])>>15)
	b.zeros = 0
	for i := 5; i >= 0; i-- {
		b.zeros += b.b[i] * sat16(2*b.d[i]) >> 15
	}
	b.zeros = sat16(b.zeros)
	b.guess = sat16(poles + b.zeros)
}

func (b *band) secondPole(p int32) int32 {
	w := sat16(4 * b.a[0])
	if p>>15 == b.p[0]>>15 {
		w = min(-w, 32767)
	}
	v := w>>7 - 128
	if p>>15 == b.p[1]>>15 {
		v = w>>7 + 128
	}
	return clip(v+b.a[1]*32512>>15, 12288)
}

func (b *band) firstPole(p, second int32) int32 {
	v := int32(-192)
	if p>>15 == b.p[0]>>15 {
		v = 192
	}
	limit := sat16(15360 - second)
	return min(max(sat16(v+b.a[0]*32640>>15), -limit), limit)
}

func (b *band) learnZeros(d int32) {
	for i := range b.b {
		v := int32(0)
		switch {
		case d == 0:
		case d>>15 == b.d[i]>>15:
			v = 128
		default:
			v = -128
		}
		b.b[i] = sat16(v + b.b[i]*32640>>15)
	}
}

func sat16(v int32) int32 { return min(max(v, -32768), 32767) }

// clip keeps v within ±limit; 1<<14 means as 15 bits do, whose positive end is one less.
func clip(v, limit int32) int32 {
	top := limit
	if limit == 1<<14 {
		top--
	}
	return min(max(v, -limit), top)
}

// g722Tables are those of the Recommendation.
type g722Tables struct {
	filter   [12]int32 // every other coefficient; the others are the same backwards (table 11)
	bounds   [30]int32 // of the six-bit quantiser (table 14, Q6)
	codes    [30]int32 // of positive differences, by interval (table 16)
	negative [30]int32
	fine     [64]int32 // what six bits stand for (table 19, QM6)
	coarse   [16]int32 // what their upper four do (QM4)
	two      [4]int32  // what two bits do (QM2)
	growLow  [16]int32 // of the scale, by the upper four bits (table 15, WL over RL42)
	growHigh [4]int32  // by the two (WH over RH2)
	power    [32]int32 // 2048 times 2 to the n/32 (ILB)
}

func newG722Tables() *g722Tables {
	t := &g722Tables{
		filter: [12]int32{3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11},
		bounds: [30]int32{
			0, 35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714, 786, 858, 940, 1023, 1121, 1219, 1339, 1458, 1612, 1765, 1980,
			2195, 2557, 2919,
		},
		coarse: [16]int32{0, -20456, -12896, -8968, -6288, -4240, -2584, -1200, 20456, 12896, 8968, 6288, 4240, 2584, 1200, 0},
		two:    [4]int32{-7408, -1616, 7408, 1616},
		growLow: [16]int32{
			-60, 3042, 1198, 538, 334, 172, 58, -30, 3042, 1198, 538, 334, 172, 58, -30, -60,
		},
		growHigh: [4]int32{798, -214, 798, -214},
		power: [32]int32{
			2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834,
			2896, 2960, 3025, 3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
		},
	}
	t.fillCodes()
	return t
}

// fillCodes lays the codes out: from the largest difference to the smallest they count up, positive ones behind negative ones. Negative
// ones have two codes more at the small end, and the first four are left to the data channel of other modes.
func (t *g722Tables) fillCodes() {
	levels := []int32{
		24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192, 10232, 9360, 8576, 7856, 7192, 6576, 6000, 5456, 4944, 4464, 4008, 3576, 3168, 2776,
		2400, 2032, 1688, 1360, 1040, 728,
	}
	for i := range 4 {
		t.fine[i] = -136
	}
	for i, v := range levels {
		t.fine[4+i], t.fine[32+i] = -v, v
	}
	copy(t.fine[60:], []int32{432, 136, -432, -136})
	for i := range 30 {
		t.codes[i], t.negative[i] = int32(61-i), int32(33-i)
	}
	t.negative[0], t.negative[1] = 63, 62
}
