package media

import (
	"math"
	"testing"
	"time"

	"sidetone/internal/audio"
	"sidetone/internal/devices"
)

// wire is a source and a sink in memory with a beat of its own.
type wire struct {
	sound []int16 // to be read, or written
	space int
	dead  bool
}

func (w *wire) Wakes() bool  { return true }
func (w *wire) Close() error { return nil }

func (w *wire) state() error {
	if w.dead {
		return audio.ErrDead
	}
	return nil
}

func (w *wire) Read(_ time.Time, p []int16) (int, error) {
	n := copy(p, w.sound)
	w.sound = w.sound[n:]
	if n > 0 {
		return n, nil
	}
	return 0, w.state()
}

func (w *wire) Space(time.Time) (int, error) { return w.space, w.state() }

func (w *wire) Write(p []int16) (int, error) {
	w.sound = append(w.sound, p...)
	w.space -= len(p)
	return len(p), nil
}

func newWire(space int) *wire { return &wire{space: space} }

// hum is n samples of a sine from its sample at on: 200 Hz, whose steps from sample to sample are at most 262.
func hum(at, n int) []int16 {
	out := make([]int16, n)
	for i := range out {
		out[i] = int16(10000 * math.Sin(2*math.Pi*200*float64(at+i)/audio.Rate))
	}
	return out
}

// clicks counts the steps that the sine cannot make, not even while it fades.
func clicks(p []int16) (n int) {
	for i := 1; i < len(p); i++ {
		if d := int(p[i]) - int(p[i-1]); d > 300 || d < -300 {
			n++
		}
	}
	return n
}

func target(id string) devices.Target {
	return devices.Target{Devices: []devices.Device{{ID: id, Name: id}}}
}

// The speaker is changed in a sentence: the two devices together play each sample once, without a click.
func TestSpeakerChangesWithoutAClick(t *testing.T) {
	now := clockStart()
	var made int
	fill := func(out []int16) {
		copy(out, hum(made, len(out)))
		made += len(out)
	}
	d := newDock("the speaker", audio.NewNull, func(devices.Target) (audio.Sink, error) { return nil, audio.ErrDead }, func() {})
	old, better := newWire(2*block), newWire(3*block)
	d.device, d.has, d.real = old, true, true
	var room [block]int16
	for range 5 {
		old.space = block
		serve(&d, now, fill, &room)
	}
	d.next, d.better, d.taking = better, true, target("better")
	old.space = block
	serve(&d, now, fill, &room)
	if d.device != audio.Sink(better) || d.used.Key() != "better" {
		t.Fatal("the better speaker did not take over")
	}
	for range 4 {
		better.space = block
		serve(&d, now, fill, &room)
	}
	const waits = 2 // blocks that wait in a device
	if len(better.sound) != (waits+5)*block || peak(better.sound[:waits*block]) != 0 {
		t.Fatalf("the better one got %d samples, the first of them not silent", len(better.sound))
	}
	sum := hum(0, 0)
	for i := range made {
		var v int16
		if i < len(old.sound) {
			v = old.sound[i]
		}
		if at := i - 5*block; at >= 0 {
			v += better.sound[waits*block+at]
		}
		sum = append(sum, v)
	}
	for i, v := range hum(0, made) {
		if d := int(v) - int(sum[i]); d > 2 || d < -2 {
			t.Fatalf("sample %d is %d, want %d", i, sum[i], v)
		}
	}
	if n := clicks(old.sound) + clicks(better.sound); n > 0 {
		t.Errorf("%d clicks", n)
	}
}

// The microphone is changed in a sentence: what is sent goes on.
func TestMicrophoneChangesWithoutAClick(t *testing.T) {
	e := New(Config{}, nil)
	now := clockStart()
	old, better := newWire(0), newWire(0)
	e.mic.device, e.mic.has, e.mic.real, e.mic.wanted = old, true, true, true
	var sent []int16
	hear := func() {
		e.listen(now)
		sent = append(sent, e.micBlock[:]...)
	}
	at := 0
	both := func(n int) {
		old.sound, better.sound = append(old.sound, hum(at, n)...), append(better.sound, hum(at, n)...)
		at += n
	}
	for range 3 {
		both(block)
		hear()
	}
	e.mic.next, e.mic.better, e.mic.taking = better, true, target("better")
	for range 4 {
		both(block)
		hear()
	}
	if e.mic.device != audio.Source(better) {
		t.Fatal("the better microphone did not take over")
	}
	for i, v := range hum(0, at)[block:] {
		if d := int(v) - int(sent[i+block]); d > 2 || d < -2 {
			t.Fatalf("sample %d is %d, want %d", i+block, sent[i+block], v)
		}
	}
	old.dead, better.dead = true, true
	e.listen(now)
	if e.mic.has || e.mic.problem == "" {
		t.Errorf("a dead microphone is in use: %q", e.mic.problem)
	}
}
