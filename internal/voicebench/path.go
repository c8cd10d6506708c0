package voicebench

import (
	"math/rand/v2"
	"time"
)

// frame is how much sound is in a packet.
const frame = 20 * time.Millisecond

// Condition is how a network treats packets.
type Condition struct {
	Name   string
	Loss   float64       // share of packets that is lost
	Run    int           // how many are lost one after another
	Jitter time.Duration // each packet is late by up to this much; none overtakes another
}

// Conditions are all there are, by the names the command takes.
func Conditions() []Condition {
	return []Condition{
		{Name: "clean"},
		{Name: "loss3", Loss: 0.03, Run: 1},
		{Name: "loss10", Loss: 0.10, Run: 1},
		{Name: "jitter40", Jitter: 40 * time.Millisecond},
		{Name: "mix", Loss: 0.03, Run: 2, Jitter: 40 * time.Millisecond},
	}
}

// passage is what becomes of one packet.
type passage struct {
	lost bool
	at   time.Duration // when it arrives, from the beginning
}

// spared is how many packets at the beginning arrive as they were sent.
const spared = 25

// trace decides for each packet, the same for every phone: seed and number say it.
func (c Condition) trace(seed uint64, packets int) []passage {
	rnd := rand.New(rand.NewPCG(seed, uint64(len(c.Name))))
	out := make([]passage, packets)
	last, run := time.Duration(0), 0
	for i := range out {
		late, chance := rnd.Float64(), rnd.Float64() // drawn always, so that one packet's fate says nothing of the next one's
		at := time.Duration(i) * frame
		if i >= spared {
			at += time.Duration(late * float64(c.Jitter))
			if run == 0 && c.Run > 0 && chance < c.Loss/float64(c.Run) {
				run = c.Run
			}
		}
		last = max(last, at)
		out[i] = passage{lost: run > 0, at: last}
		run = max(0, run-1)
	}
	return out
}
