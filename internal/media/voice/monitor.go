package voice

// The constants of a Monitor.
const (
	aloud      = 16   // times the power of the noise: 12 dB
	aloudLeast = 1e-5 // power of talk: -50 dB of full scale
	talkedFor  = 60   // blocks of talk that make it sure; each without takes half of one back
	talkMost   = 90   // so that it ends a while after the last word
	floorUp    = 1.01 // how fast the noise rises, in 10 ms
)

// Monitor notices that somebody talks into a microphone who is muted.
type Monitor struct {
	noise float32 // power
	talk  int     // half blocks
	muted bool
	talks bool
}

// NewMonitor returns a Monitor that has heard nothing.
func NewMonitor() *Monitor { return &Monitor{noise: 1} }

// Next takes a block of the microphone, without echo, and whether the agent is muted.
func (m *Monitor) Next(block []int16, muted bool) {
	if muted != m.muted { // what was said before does not count
		m.muted, m.talk = muted, 0
	}
	m.listen(block)
	switch {
	case !muted || m.talk == 0:
		m.talks = false
	case m.talk >= 2*talkedFor:
		m.talks = true
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
