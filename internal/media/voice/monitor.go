package voice

// The constants of a Monitor.
const (
	dead       = 3    // steps of 16 bits: a microphone that works is never that quiet
	deadFor    = 1000 // blocks: 10 s
	aloud      = 16   // times the power of the noise: 12 dB
	aloudLeast = 1e-5 // power of talk: -50 dB of full scale
	talkedFor  = 60   // blocks of talk that make it sure; each without takes half of one back
	talkMost   = 90   // so that it ends a while after the last word
	floorUp    = 1.01 // how fast the noise rises, in 10 ms
)

// Monitor notices what the agent should be told about a microphone: that somebody talks into it who is muted, and that nothing comes
// from it at all, as from a headset that has a switch of its own.
type Monitor struct {
	noise  float32 // power
	talk   int     // half blocks
	quiet  int     // blocks of nothing
	muted  bool
	talks  bool
	silent bool
}

// NewMonitor returns a Monitor that has heard nothing.
func NewMonitor() *Monitor { return &Monitor{noise: 1} }

// Next takes a block as the microphone gave it and as it is sent, and whether the agent is muted.
func (m *Monitor) Next(raw, cleaned []int16, muted bool) {
	if m.quiet++; loudest(raw) > dead {
		m.quiet = 0
	}
	m.silent = m.quiet >= deadFor
	if muted != m.muted { // what was said before does not count
		m.muted, m.talk = muted, 0
	}
	m.listen(cleaned)
	switch {
	case !muted:
		m.talks = false
	case m.talk >= 2*talkedFor:
		m.talks = true
	case m.talk == 0:
		m.talks = false
	}
}

// listen counts blocks of talk.
func (m *Monitor) listen(block []int16) {
	var power float32
	for _, v := range block {
		x := float32(v) / 32768
		power += x * x
	}
	power /= float32(len(block))
	if power > aloud*m.noise && power > aloudLeast {
		m.talk = min(m.talk+2, 2*talkMost)
	} else if m.talk > 0 {
		m.talk--
	}
	m.noise = min(max(power, tiny), m.noise*floorUp)
}

// TalkingMuted reports whether the agent has been talking for most of a second while muted.
func (m *Monitor) TalkingMuted() bool { return m.talks }

// Silent reports whether the microphone has given nothing for ten seconds.
func (m *Monitor) Silent() bool { return m.silent }

// loudest is the largest absolute sample.
func loudest(p []int16) int {
	most := 0
	for _, s := range p {
		most = max(most, int(s), -int(s))
	}
	return most
}
