package codec

import "math"

// NoiseOrder is how many reflection coefficients describe the colour of noise here.
const NoiseOrder = 6

// most coefficients of others that are used.
const mostNoise = 12

// Noise is comfort noise (RFC 3389): what is heard while the far end sends nothing. The zero value is silent. It allocates nothing.
type Noise struct {
	level  float32 // of the excitation, as a peak of its uniform distribution
	k      [mostNoise]float32
	order  int
	b      [mostNoise + 1]float32 // backward residuals of the lattice
	random uint32
}

// Set takes a payload: the level in -dBov, then coefficients (RFC 3389 §3). It reports whether that is one.
func (n *Noise) Set(payload []byte) bool {
	if len(payload) == 0 {
		return false
	}
	n.order = min(len(payload)-1, mostNoise)
	power := 1.0
	for i, v := range payload[1 : 1+n.order] {
		n.k[i] = min(0.98, max(-0.98, float32(int(v)-127)*258/32768)) // at 1 it would ring for ever
		power *= 1 - float64(n.k[i])*float64(n.k[i])
	}
	// The square of a uniform variable has a third of its peak's on average; the filter adds what its poles do.
	n.level = float32(math.MaxInt16 * math.Pow(10, -float64(payload[0]&0x7f)/20) * math.Sqrt(3*max(power, 0)))
	return true
}

// Add adds the next of it to out.
func (n *Noise) Add(out []int16) {
	for i := range out {
		n.random = n.random*1664525 + 1013904223
		f := n.level * (float32(int32(n.random)) / (1 << 31))
		for j := n.order - 1; j >= 0; j-- {
			f -= n.k[j] * n.b[j]
			n.b[j+1] = n.b[j] + n.k[j]*f
		}
		n.b[0] = f
		v := int32(out[i]) + int32(f)
		out[i] = int16(min(max(v, math.MinInt16), math.MaxInt16))
	}
}

// DescribeNoise appends the payload that stands for pcm to dst, 1+NoiseOrder octets. Pcm is at least 10 ms long.
func DescribeNoise(dst []byte, pcm []int16) []byte {
	var r [NoiseOrder + 1]float64
	for lag := range r {
		for i := lag; i < len(pcm); i++ {
			r[lag] += float64(pcm[i]) * float64(pcm[i-lag])
		}
	}
	level := 127.0
	if r[0] > 0 {
		level = min(127, max(0, -10*math.Log10(r[0]/float64(len(pcm))/(math.MaxInt16*math.MaxInt16))))
	}
	dst = append(dst, byte(level+0.5))
	for _, k := range reflections(r) {
		dst = append(dst, byte(127+math.Round(k*32768/258)))
	}
	return dst
}

// reflections are the reflection coefficients of an autocorrelation (Levinson and Durbin), each from -1 to 1.
func reflections(r [NoiseOrder + 1]float64) (k [NoiseOrder]float64) {
	rest := r[0] * 1.0001 // a white floor keeps the filter away from its edge
	if rest <= 0 {
		return k
	}
	var a [NoiseOrder + 1]float64
	a[0] = 1
	for m := 1; m <= NoiseOrder; m++ {
		sum := 0.0
		for i := range m {
			sum += a[i] * r[m-i]
		}
		v := -sum / rest
		k[m-1] = v
		old := a
		for i := 1; i <= m; i++ {
			a[i] = old[i] + v*old[m-i]
		}
		rest *= 1 - v*v
	}
	return k
}
