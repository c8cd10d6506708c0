package quality

import (
	"math"
	"time"

	"sidetone/internal/call"
)

// Loudness adds up sound.
type Loudness struct {
	Energy           float64 // sum of the squares of 16-bit samples
	Samples, Clipped int     // Clipped are at full scale
}

// Add takes some sound.
func (l *Loudness) Add(pcm []int16) {
	sum := int64(0)
	for _, v := range pcm {
		sum += int64(v) * int64(v)
		if v == math.MaxInt16 || v == math.MinInt16 {
			l.Clipped++
		}
	}
	l.Energy += float64(sum)
	l.Samples += len(pcm)
}

// silence is how loud nothing is, in dBFS: less than 16 bits can say.
const silence = -96

// decibels is the loudness against a full-scale square wave.
func (l Loudness) decibels() float64 {
	if l.Energy == 0 || l.Samples == 0 {
		return silence
	}
	return max(silence, 10*math.Log10(l.Energy/float64(l.Samples)/(32768*32768)))
}

func (l Loudness) since(was Loudness) Loudness {
	return Loudness{Energy: l.Energy - was.Energy, Samples: l.Samples - was.Samples, Clipped: l.Clipped - was.Clipped}
}

// Totals are what has become of a call's sound since it began, and how things stand.
type Totals struct {
	Counts                           Counts
	Came                             uint64        // packets, whatever became of them
	Concealed, Lengthened, Shortened time.Duration // by the playout
	Heard, Said                      Loudness
	Jitter, RoundTrip, Delay         time.Duration // present; RoundTrip 0: not known
	Packet                           time.Duration // sound in a packet
	TheirLoss                        float64       // percent of our packets they miss, by their latest report
	TheirMOS                         float64       // their opinion of our sound, 0: they tell none
	Codec                            string        // encoding name of what comes

	Awaited bool // packets of theirs should come
	Heeded  bool // they report on packets of ours
	Sending bool // the microphone should be heard: it is neither muted nor held
}

// Meter tells how a call sounds. The zero value is ready.
type Meter struct {
	was          Totals
	delays       float64 // sum of the playout's delays, in ms
	seconds      int
	quiet, still int // seconds without a packet of theirs, without any sound of the microphone
	deaf         int // seconds in which they reported that all was lost
	bad, good    int // seconds
	poor         bool
}

// devices is what microphone, speaker and the drivers of both ends add to the way from mouth to ear, in ms.
const devices = 40

// Seconds after which something is told: that a side is silent, that a call is poor, that it is so no more.
const (
	silentAfter = 2
	poorAfter   = 3
	goodAfter   = 5
)

// poorMOS is the opinion below which many are dissatisfied (R = 60), fairMOS that above which only some are (R = 70; ITU-T G.109).
const (
	poorMOS = 3.1
	fairMOS = 3.6
)

// Second is to be called every second with the totals by then.
func (m *Meter) Second(t Totals) call.Sound {
	m.seconds++
	m.delays += t.Delay.Seconds() * 1000
	whole := t
	whole.Delay = time.Duration(m.delays / float64(m.seconds) * float64(time.Millisecond))
	s := call.Sound{Now: m.last(t), Whole: rate(whole), Silent: m.silent(t)}
	m.judge(s.Now, t.Awaited && t.Came > m.was.Came)
	s.Poor = m.poor
	m.was = t
	return s
}

// last is the quality of the time since the call before.
func (m *Meter) last(t Totals) call.Quality {
	t.Counts = t.Counts.Since(m.was.Counts)
	t.Concealed, t.Lengthened, t.Shortened = t.Concealed-m.was.Concealed, t.Lengthened-m.was.Lengthened, t.Shortened-m.was.Shortened
	t.Heard, t.Said = t.Heard.since(m.was.Heard), t.Said.since(m.was.Said)
	return rate(t)
}

// rate judges.
func rate(t Totals) call.Quality {
	ms := func(d time.Duration) float64 { return round(d.Seconds() * 1000) }
	all := t.Counts.Played + t.Counts.Lost + t.Counts.Discarded
	burst := t.Counts.BurstRatio()
	toEar := (t.RoundTrip/2+t.Packet+t.Delay).Seconds()*1000 + devices
	r := R(Impairment(t.Codec), t.Counts.Missing(), burst, toEar)
	return call.Quality{
		MOS: round(MOS(r)), R: round(r), Lost: round(100 * ratio(t.Counts.Lost, all)), Late: round(100 * ratio(t.Counts.Discarded, all)),
		Burst: round(burst), Jitter: ms(t.Jitter), RoundTrip: ms(t.RoundTrip), Delay: ms(t.Delay),
		Concealed: ms(t.Concealed), Lengthened: ms(t.Lengthened), Shortened: ms(t.Shortened),
		Heard: round(t.Heard.decibels()), Said: round(t.Said.decibels()),
		Clipped: round(100 * ratio(uint64(t.Said.Clipped), uint64(t.Said.Samples))), TheirLoss: round(t.TheirLoss), TheirMOS: t.TheirMOS,
	}
}

// round keeps two decimals: what is shown and stored needs no more.
func round(v float64) float64 { return math.Round(100*v) / 100 }

// silent says whose sound is missing, theirs first.
func (m *Meter) silent(t Totals) call.Side {
	count(&m.quiet, t.Awaited && t.Came == m.was.Came)
	count(&m.deaf, t.Heeded && t.TheirLoss >= 99)
	count(&m.still, t.Sending && t.Said.Samples > m.was.Said.Samples && t.Said.Energy == m.was.Said.Energy)
	switch {
	case m.quiet >= silentAfter:
		return call.FromThem
	case m.still >= silentAfter:
		return call.FromMicrophone
	case m.deaf >= silentAfter:
		return call.ToThem
	}
	return call.NothingMissing
}

func count(n *int, on bool) {
	if *n++; !on {
		*n = 0
	}
}

// judge follows whether the call is poor; seconds without sound say nothing.
func (m *Meter) judge(q call.Quality, sounds bool) {
	count(&m.bad, sounds && q.MOS < poorMOS)
	count(&m.good, sounds && q.MOS > fairMOS)
	switch {
	case m.bad >= poorAfter:
		m.poor = true
	case m.good >= goodAfter:
		m.poor = false
	}
}
