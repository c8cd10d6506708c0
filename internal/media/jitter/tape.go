package jitter

// tape is sound in one piece: what was heard lately, and after it what waits to be heard.
type tape struct {
	pcm   []int16
	heard int // samples of pcm that were heard
	keep  int // how many of those are kept
}

// newTape keeps past samples that were heard and has room for ahead more.
func newTape(past, ahead int) tape {
	return tape{pcm: make([]int16, past, past+ahead), heard: past, keep: past}
}

func (t *tape) waiting() int { return len(t.pcm) - t.heard }

// take moves the next len(out) samples into out; so many must wait.
func (t *tape) take(out []int16) {
	t.heard += copy(out, t.pcm[t.heard:])
	if over := t.heard - t.keep; over > 0 {
		t.pcm = t.pcm[:copy(t.pcm, t.pcm[over:])]
		t.heard = t.keep
	}
}

// past is the latest n samples made, heard or not; n is at most what is kept.
func (t *tape) past(n int) []int16 { return t.pcm[len(t.pcm)-n:] }

// zeros adds n samples of silence.
func (t *tape) zeros(n int) {
	from := len(t.pcm)
	t.pcm = t.pcm[:from+n]
	clear(t.pcm[from:])
}

// drop forgets what waits.
func (t *tape) drop() { t.pcm = t.pcm[:t.heard] }

// cut takes n samples out at place from.
func (t *tape) cut(from, n int) { t.pcm = append(t.pcm[:from], t.pcm[from+n:]...) }

// widen makes room for n samples at place from; what they hold is undefined.
func (t *tape) widen(from, n int) {
	t.pcm = t.pcm[:len(t.pcm)+n]
	copy(t.pcm[from+n:], t.pcm[from:])
}
