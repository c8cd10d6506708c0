package media

import (
	"math"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sidetone/internal/audio"
	"sidetone/internal/call"
	"sidetone/internal/devices"
)

// owed counts the samples that a device in real time wants or has.
type owed struct {
	start time.Time
	given int
}

func (d *owed) now(now time.Time) int {
	if d.start.IsZero() {
		d.start = now
	}
	return max(0, (int(now.Sub(d.start)/(10*time.Millisecond))+1)*block-d.given)
}

// murmur is noise in syllables, as a talker without a language.
type murmur struct {
	random *rand.Rand
	loud   float64
	left   int
	low    float64
}

func newMurmur(seed uint64) *murmur { return &murmur{random: rand.New(rand.NewPCG(seed, 9))} }

func (m *murmur) next() float64 {
	if m.left--; m.left < 0 {
		m.left = audio.Rate/20 + m.random.IntN(audio.Rate/5)
		m.loud = m.random.Float64()
		if m.random.IntN(4) == 0 {
			m.loud = 0
		}
	}
	m.low += 0.2 * (m.random.NormFloat64() - m.low)
	return 7000 * m.loud * m.low
}

// room is a desk with a loudspeaker and a microphone that hears it, and who sits there. It is the speaker and the microphone.
type room struct {
	mu     sync.Mutex
	ear    owed
	mic    owed
	air    []float64 // what the microphone will hear, from the sample mic.given on
	at     int       // of the next sample to be played, in the air
	talker func(i int) float64
}

// echo is how a sample sounds in the room after so many.
func echo() map[int]float64 {
	return map[int]float64{2400: 0.5, 2700: -0.3, 3300: 0.2, 4100: 0.1, 5003: -0.05}
}

func (r *room) Space(now time.Time) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ear.now(now), nil
}

func (r *room) Write(p []int16) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ear.given += len(p)
	r.at = max(r.at, r.mic.given)
	for _, v := range p {
		for after, by := range echo() {
			for len(r.air) <= r.at-r.mic.given+after {
				r.air = append(r.air, 0)
			}
			r.air[r.at-r.mic.given+after] += by * float64(v)
		}
		r.at++
	}
	return len(p), nil
}

func (r *room) Read(now time.Time, p []int16) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := min(len(p), r.mic.now(now))
	for i := range n {
		v := r.talker(r.mic.given + i)
		if i < len(r.air) {
			v += r.air[i]
		}
		p[i] = int16(max(-32768, min(32767, v)))
	}
	r.air = r.air[min(n, len(r.air)):]
	r.mic.given += n
	return n, nil
}

func (r *room) Wakes() bool  { return false }
func (r *room) Close() error { return nil }

// source is a microphone far from every loudspeaker; its ear keeps what it hears.
type source struct {
	clock owed
	next  func() float64
}

func (s *source) Read(now time.Time, p []int16) (int, error) {
	n := min(len(p), s.clock.now(now))
	s.clock.given += n
	for i := range p[:n] {
		p[i] = int16(s.next())
	}
	return n, nil
}

func (s *source) Wakes() bool  { return false }
func (s *source) Close() error { return nil }

type ear struct {
	mu    sync.Mutex
	clock owed
	heard []int16
}

func (e *ear) Space(now time.Time) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.clock.now(now), nil
}

func (e *ear) Write(p []int16) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.clock.given += len(p)
	e.heard = append(e.heard, p...)
	return len(p), nil
}

func (e *ear) Wakes() bool  { return false }
func (e *ear) Close() error { return nil }

// latest is the last seconds that were heard.
func (e *ear) latest(seconds float64) []int16 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]int16(nil), e.heard[max(0, len(e.heard)-int(seconds*audio.Rate)):]...)
}

// with gives a phone devices of the test.
func with(mic audio.Source, speaker audio.Sink) func(*Engine) {
	return func(e *Engine) {
		e.mic = newDock("the microphone", audio.NewSilence, func(devices.Target) (audio.Source, error) { return mic, nil }, e.beat.Knock)
		e.ear = newDock("the speaker", audio.NewNull, func(devices.Target) (audio.Sink, error) { return speaker, nil }, e.beat.Knock)
	}
}

// TestLoudspeaker calls somebody who sits before a loudspeaker: the caller hears no echo of their own, and hears the other one.
func TestLoudspeaker(t *testing.T) {
	for _, processing := range []string{"off", "echo noise"} {
		t.Run(processing, func(t *testing.T) {
			var talking atomic.Bool
			r := &room{talker: func(i int) float64 {
				if !talking.Load() || i/(audio.Rate/5)%2 == 0 {
					return float64(i % 3)
				}
				return 3000 * math.Sin(2*math.Pi*1004*float64(i)/audio.Rate)
			}}
			heard := &ear{}
			a := startWith(t, Config{Codecs: []string{"opus"}}, audio.Choice{}, with(&source{next: newMurmur(1).next}, heard))
			b := startWith(t, Config{Processing: processing, Codecs: []string{"opus"}}, audio.Choice{}, with(r, r))
			connect(a, b, "c1")
			if processing == "off" {
				eventually(t, "an echo", func() bool { return rms(heard.latest(1)) > 300 })
				return
			}
			eventually(t, "the echo goes", func() bool { return len(heard.latest(4)) == 4*audio.Rate && rms(heard.latest(1)) < 8 })
			talking.Store(true)
			eventually(t, "the near end is heard while the far end talks", func() bool {
				_, tone := power(heard.latest(1), 1004)
				return 10*math.Log10(tone/(3000*3000/2.)+1e-9) > -14 // it sounds half of the time: -6 dB at most
			})
		})
	}
}

// TestTalkingMuted tells an agent who talks while muted, and takes it back.
func TestTalkingMuted(t *testing.T) {
	a := startWith(t, Config{}, audio.Choice{Input: "silence", Output: "null"}, nil)
	b := startWith(t, Config{}, audio.Choice{}, with(&source{next: newMurmur(2).next}, &ear{}))
	connect(a, b, "c1")
	b.engine.Do(call.Gate{ID: "c1", On: true})
	await(b, "talk while muted", func(m call.Measured) bool { return m.Sound.TalkingMuted })
	b.engine.Do(call.Gate{ID: "c1", On: false})
	await(b, "the end of it", func(m call.Measured) bool { return !m.Sound.TalkingMuted })
}
