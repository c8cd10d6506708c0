package media

// relayMost is how much of a far end's sound waits at most for the other joined calls, in blocks of 10 ms: what two devices
// whose clocks differ, or that are served in gulps, make of it.
const relayMost = 8

// relay takes what one joined call's far end says, in the speaker's time, to the other joined calls, in the microphone's. When
// the two times drift apart a block is left out, or a silent one put in.
type relay struct {
	on      bool
	waiting [relayMost][block]int16
	first   int
	n       int
	said    [block]int16 // in the present 10 ms of the microphone
	silent  bool
	without [block]int32
}

// put takes the next 10 ms of the far end.
func (r *relay) put(heard []int16) {
	if !r.on {
		return
	}
	if r.n == relayMost { // the oldest half is late: one cut instead of many
		r.first, r.n = (r.first+relayMost/2)%relayMost, relayMost/2
	}
	copy(r.waiting[(r.first+r.n)%relayMost][:], heard)
	r.n++
}

// forget drops what waits: nobody shall hear what was said before a hold once that is on.
func (r *relay) forget() { r.n = 0 }

// next adds the 10 ms whose turn it is to the joint sound.
func (r *relay) next(joint []int32) {
	if r.silent = !r.on || r.n == 0; r.silent {
		return
	}
	r.said = r.waiting[r.first]
	r.first, r.n = (r.first+1)%relayMost, r.n-1
	for i, v := range r.said {
		joint[i] += int32(v)
	}
}

// others is the joint sound without this far end's own: nobody shall hear themselves. It is valid until the next call.
func (r *relay) others(joint []int32) []int32 {
	copy(r.without[:], joint)
	if !r.silent {
		for i, v := range r.said {
			r.without[i] -= int32(v)
		}
	}
	return r.without[:]
}
