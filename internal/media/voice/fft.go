package voice

import "math"

// half is the length of the complex transform below a real one of size samples.
const half = size / 2

// spectrum is what a real block of size samples has at 0 Hz, 50 Hz, … 8 kHz. Nothing is scaled: a sine of amplitude a that
// fits the block has size*a/2 in its bin.
type spectrum struct{ re, im [bins]float32 }

// vector is a complex number.
type vector struct{ re, im float32 }

// transform is the discrete Fourier transform of size real samples, there and back: a complex one of half the length
// (Stockham's, radix 4, 4, 2 and 5, which needs no reordering) and a pass that takes even and odd samples apart. It
// allocates nothing after newTransform. Its scratch makes it unsafe for concurrent use.
type transform struct {
	wide   [40 * 3]vector // twiddles of the first stage, three for each of its butterflies
	narrow [10 * 3]vector // of the second
	two    [5]vector      // of the third; the last needs none
	turn   [half]vector   // exp(-2πik/size)

	ar, ai, br, bi [half]float32
}

func newTransform() *transform {
	t := &transform{}
	for p := range 40 {
		for k := range 3 {
			t.wide[3*p+k] = root(p*(k+1), 160)
		}
	}
	for p := range 10 {
		for k := range 3 {
			t.narrow[3*p+k] = root(p*(k+1), 40)
		}
	}
	for p := range 5 {
		t.two[p] = root(p, 10)
	}
	for k := range half {
		t.turn[k] = root(k, size)
	}
	return t
}

// root is exp(-2πik/n).
func root(k, n int) vector {
	s, c := math.Sincos(-2 * math.Pi * float64(k) / float64(n))
	return vector{float32(c), float32(s)}
}

// forward writes the spectrum of x.
func (t *transform) forward(out *spectrum, x *[size]float32) {
	for i := range half {
		t.ar[i], t.ai[i] = x[2*i], x[2*i+1]
	}
	t.complex(&t.ar, &t.ai, &t.br, &t.bi)
	zr, zi := &t.ar, &t.ai
	out.re[0], out.im[0] = zr[0]+zi[0], 0
	out.re[half], out.im[half] = zr[0]-zi[0], 0
	for k := 1; k <= half/2; k++ {
		j := half - k
		er, ei := 0.5*(zr[k]+zr[j]), 0.5*(zi[k]-zi[j])
		or, oi := 0.5*(zi[k]+zi[j]), 0.5*(zr[j]-zr[k])
		w := t.turn[k]
		tr, ti := w.re*or-w.im*oi, w.re*oi+w.im*or
		out.re[k], out.im[k] = er+tr, ei+ti
		out.re[j], out.im[j] = er-tr, ti-ei
	}
}

// inverse writes the samples of a spectrum, so that inverse undoes forward.
func (t *transform) inverse(x *[size]float32, in *spectrum) {
	const scale = 0.5 / half
	zr, zi := &t.ar, &t.ai
	zr[0], zi[0] = scale*(in.re[0]+in.re[half]), scale*(in.re[0]-in.re[half])
	for k := 1; k <= half/2; k++ {
		j := half - k
		er, ei := in.re[k]+in.re[j], in.im[k]-in.im[j]
		dr, di := in.re[k]-in.re[j], in.im[k]+in.im[j]
		w := t.turn[k]
		or, oi := w.re*dr+w.im*di, w.re*di-w.im*dr // the twiddle turned back
		zr[k], zi[k] = scale*(er-oi), scale*(ei+or)
		zr[j], zi[j] = scale*(er+oi), scale*(or-ei)
	}
	t.complex(zi, zr, &t.bi, &t.br) // real and imaginary parts changed over: the transform back
	for i := range half {
		x[2*i], x[2*i+1] = zr[i], zi[i]
	}
}

// complex transforms a in place; b is scratch.
func (t *transform) complex(ar, ai, br, bi *[half]float32) {
	stage4(br, bi, ar, ai, t.wide[:], 1)
	stage4(ar, ai, br, bi, t.narrow[:], 4)
	t.stage2(br, bi, ar, ai)
	stage5(ar, ai, br, bi)
}

// stage4 is a stage of radix 4; s is the product of the radices before it.
func stage4(yr, yi, xr, xi *[half]float32, w []vector, s int) {
	const quarter = half / 4
	for p := 0; 3*p+2 < len(w); p++ {
		w1, w2, w3 := w[3*p], w[3*p+1], w[3*p+2]
		for q := range s {
			i := q + s*p
			o := q + 4*s*p
			ar, ai := xr[i]+xr[i+2*quarter], xi[i]+xi[i+2*quarter]
			br, bi := xr[i]-xr[i+2*quarter], xi[i]-xi[i+2*quarter]
			cr, ci := xr[i+quarter]+xr[i+3*quarter], xi[i+quarter]+xi[i+3*quarter]
			dr, di := xr[i+quarter]-xr[i+3*quarter], xi[i+quarter]-xi[i+3*quarter]
			yr[o], yi[o] = ar+cr, ai+ci
			ur, ui := br+di, bi-dr
			yr[o+s], yi[o+s] = ur*w1.re-ui*w1.im, ur*w1.im+ui*w1.re
			ur, ui = ar-cr, ai-ci
			yr[o+2*s], yi[o+2*s] = ur*w2.re-ui*w2.im, ur*w2.im+ui*w2.re
			ur, ui = br-di, bi+dr
			yr[o+3*s], yi[o+3*s] = ur*w3.re-ui*w3.im, ur*w3.im+ui*w3.re
		}
	}
}

// stage2 is the stage of radix 2, after two of radix 4.
func (t *transform) stage2(yr, yi, xr, xi *[half]float32) {
	const s = 16
	for p, w := range t.two {
		for q := range s {
			i, o := q+s*p, q+2*s*p
			yr[o], yi[o] = xr[i]+xr[i+half/2], xi[i]+xi[i+half/2]
			ur, ui := xr[i]-xr[i+half/2], xi[i]-xi[i+half/2]
			yr[o+s], yi[o+s] = ur*w.re-ui*w.im, ur*w.im+ui*w.re
		}
	}
}

// stage5 is the last stage, of radix 5.
func stage5(yr, yi, xr, xi *[half]float32) {
	const (
		s      = 32
		c1, c2 = 0.30901699437494745, -0.8090169943749475 // cos(2π/5), cos(4π/5)
		s1, s2 = 0.9510565162951535, 0.5877852522924731   // sin(2π/5), sin(4π/5)
	)
	for q := range s {
		x0r, x0i := xr[q], xi[q]
		ar, ai := xr[q+s]+xr[q+4*s], xi[q+s]+xi[q+4*s]
		br, bi := xr[q+2*s]+xr[q+3*s], xi[q+2*s]+xi[q+3*s]
		cr, ci := xr[q+s]-xr[q+4*s], xi[q+s]-xi[q+4*s]
		dr, di := xr[q+2*s]-xr[q+3*s], xi[q+2*s]-xi[q+3*s]
		yr[q], yi[q] = x0r+ar+br, x0i+ai+bi
		er, ei := x0r+c1*ar+c2*br, x0i+c1*ai+c2*bi
		fr, fi := s1*cr+s2*dr, s1*ci+s2*di
		yr[q+s], yi[q+s] = er+fi, ei-fr
		yr[q+4*s], yi[q+4*s] = er-fi, ei+fr
		er, ei = x0r+c2*ar+c1*br, x0i+c2*ai+c1*bi
		fr, fi = s2*cr-s1*dr, s2*ci-s1*di
		yr[q+2*s], yi[q+2*s] = er+fi, ei-fr
		yr[q+3*s], yi[q+3*s] = er-fi, ei+fr
	}
}
