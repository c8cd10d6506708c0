package voice

// reach is how far back the history goes, in blocks: the latest delay that is looked for and the length of the filter after it.
const reach = latest + partitions

// history keeps the spectra of the latest reach blocks of one signal, each with the block before it in front.
type history struct {
	fft   *transform
	past  [reach]spectrum
	at    int // the latest
	frame [size]float32
}

// add takes the next block.
func (h *history) add(block *[hop]float32) {
	copy(h.frame[:hop], h.frame[hop:])
	copy(h.frame[hop:], block[:])
	if h.at--; h.at < 0 {
		h.at = reach - 1
	}
	h.fft.forward(&h.past[h.at], &h.frame)
}

// ago is the spectrum of n blocks ago, n below reach.
func (h *history) ago(n int) *spectrum {
	if n += h.at; n >= reach {
		n -= reach
	}
	return &h.past[n]
}
