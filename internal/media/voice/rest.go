package voice

import "math"

// The constants of rest.
const (
	bands    = 20
	ringing  = 0.6    // power of the echo of a block that is still there in the next
	sinking  = 0.033  // how fast a leak falls
	rising   = 0.01   // how fast it rises
	outlier  = 5      // times the leak: what is beyond is somebody talking
	classes  = 8      // of loudness
	class    = 4.0    // dB that each is wide
	fading   = 0.9995 // of the loudest echo, in 10 ms
	least    = 1e-4   // leak
	lateLow  = 2      // first band that tells how late the echo is: 200 Hz
	lateHigh = 16     // to 3.9 kHz
	averaged = 20     // blocks of the mean that shows what is astray
)

// rest estimates what the canceller leaves of the echo: for each band and loudness of the echo the share of its power that stays
// (the leak; loud echo leaves more, for loudspeakers distort), and for each band the share that the estimate is wrong by: what
// is left and the estimated echo have nothing in common where the filter is right, whoever talks.
type rest struct {
	edges  [bands + 1]int
	leak   [classes][bands]float32
	rung   [bins]float32 // power of the estimated echo, with its ringing
	power  [bins]float32 // of the rest
	astray [bins]float32 // share of the estimate that is wrong, 0 to 1
	top    float32       // of the loudness

	commonRe, commonIm, echo, left [bands]float32 // means
}

func newRest() rest {
	r := rest{edges: [bands + 1]int{0, 2, 4, 6, 8, 10, 12, 15, 18, 22, 26, 31, 37, 44, 53, 64, 77, 93, 112, 136, bins}}
	for c := range r.leak {
		for b := range r.leak[c] {
			r.leak[c][b] = 1
		}
	}
	return r
}

// follow takes what is left, e with its power, and the estimated echo y.
func (r *rest) follow(e, y *spectrum, power, noise *[bins]float32) {
	var loud float32
	for k := range bins {
		v := y.re[k]*y.re[k] + y.im[k]*y.im[k]
		r.rung[k] = max(v, ringing*r.rung[k])
		loud += r.rung[k]
	}
	r.top = max(loud, fading*r.top)
	below := 10 * math.Log10(float64((r.top+tiny)/(loud+tiny)))
	leak := &r.leak[min(int(below/class), classes-1)]
	for b := range bands {
		low, high := r.edges[b], r.edges[b+1]
		r.compare(b, e, y)
		var left, echo, quiet float32
		for k := low; k < high; k++ {
			left += power[k]
			echo += r.rung[k]
			quiet += noise[k]
		}
		if echo > quiet/2 {
			leak[b] = adapt(leak[b], max(0, left-quiet)/(echo+tiny))
		}
		wrong := r.wrong(b)
		share := max(leak[b], wrong)
		for k := low; k < high; k++ {
			r.astray[k] = wrong
			r.power[k] = share * r.rung[k]
		}
	}
}

// adapt moves a leak towards what was seen; what is far above it is somebody talking and moves it little.
func adapt(leak, seen float32) float32 {
	q := seen / leak
	if q < 1 {
		leak *= 1 - sinking*(1-q)
	} else {
		leak *= 1 + rising*(q-1)/(1+(q/outlier)*(q/outlier))
	}
	return min(max(leak, least), 1)
}

// compare takes a block into the means of a band.
func (r *rest) compare(b int, e, y *spectrum) {
	var re, im, yy, ee float32
	for k := r.edges[b]; k < r.edges[b+1]; k++ {
		er, ei, yr, yi := e.re[k], e.im[k], y.re[k], y.im[k]
		re += er*yr + ei*yi
		im += ei*yr - er*yi
		yy += yr*yr + yi*yi
		ee += er*er + ei*ei
	}
	r.commonRe[b] += (re - r.commonRe[b]) / averaged
	r.commonIm[b] += (im - r.commonIm[b]) / averaged
	r.echo[b] += (yy - r.echo[b]) / averaged
	r.left[b] += (ee - r.left[b]) / averaged
}

// wrong is the share of the estimated echo that is found in what is left, without what chance puts there.
func (r *rest) wrong(b int) float32 {
	echo := r.echo[b] + tiny
	common := (r.commonRe[b]*r.commonRe[b] + r.commonIm[b]*r.commonIm[b]) / (echo * echo)
	chance := 12 * r.left[b] / echo / float32(averaged*(r.edges[b+1]-r.edges[b]))
	return min(1, max(0, common-chance))
}

// late is by how many samples the echo comes later than was estimated, from how the phase of what is left turns with frequency.
func (r *rest) late() float64 {
	var turned, size float64
	for b := lateLow; b < lateHigh; b++ {
		w := math.Pi / half * float64(r.edges[b]+r.edges[b+1]-1) / 4
		turned -= w * float64(r.commonIm[b])
		size += w * w * float64(r.echo[b])
	}
	return turned / (size + tiny)
}
