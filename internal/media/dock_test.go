package media

import (
	"errors"
	"strings"
	"testing"
	"time"

	"sidetone/internal/devices"
)

// fakeDevice counts how often it was closed.
type fakeDevice struct {
	name   string
	closed chan struct{}
}

func fake(name string) *fakeDevice { return &fakeDevice{name, make(chan struct{}, 2)} }

func (f *fakeDevice) Wakes() bool { return false }

func (f *fakeDevice) Close() error {
	f.closed <- struct{}{}
	return nil
}

// isClosed waits until it was closed.
func (f *fakeDevice) isClosed(t *testing.T) {
	t.Helper()
	select {
	case <-f.closed:
	case <-time.After(5 * time.Second):
		t.Errorf("%s is not closed", f.name)
	}
}

// bench is a dock whose openings the test answers.
type bench struct {
	dock[*fakeDevice]
	answers chan opened[*fakeDevice]
	asked   chan string
}

func newBench(names ...string) *bench {
	b := &bench{answers: make(chan opened[*fakeDevice], 4), asked: make(chan string, 4)}
	b.dock = newDock("the microphone", func() *fakeDevice { return fake("stand-in") }, func(t devices.Target) (*fakeDevice, error) {
		b.asked <- t.Key()
		r := <-b.answers
		return r.device, r.err
	}, func() {})
	b.offer(targets(names...))
	return b
}

func targets(names ...string) (out []devices.Target) {
	for _, n := range names {
		out = append(out, devices.Target{Devices: []devices.Device{{ID: n, Name: n}}})
	}
	return out
}

// settle answers the opening under way, which must be of the one named, and takes its outcome.
func (b *bench) settle(t *testing.T, now time.Time, name string, r opened[*fakeDevice]) {
	t.Helper()
	if b.done == nil {
		t.Fatalf("%s is not being opened", name)
	}
	b.answers <- r
	if got := <-b.asked; got != name {
		t.Errorf("%s is opened, want %s", got, name)
	}
	b.finished(now, <-b.done)
}

func TestStandInUntilTheDeviceIsThere(t *testing.T) {
	b, now := newBench("a"), clockStart()
	b.want(now, true)
	if !b.has || b.device.name != "stand-in" {
		t.Fatal("there is no stand-in while the device opens")
	}
	real := fake("real")
	b.settle(t, now, "a", opened[*fakeDevice]{device: real})
	if b.device != real || b.problem != "" {
		t.Fatalf("%v %q", b.device, b.problem)
	}
	b.want(now, false)
	if b.has {
		t.Error("a device nobody wants is still in use")
	}
	real.isClosed(t)
}

func TestFailedDeviceIsTriedAgain(t *testing.T) {
	b, now := newBench("a"), clockStart()
	b.want(now, true)
	b.settle(t, now, "a", opened[*fakeDevice]{err: errors.New("there is none")})
	if b.problem != "There is none." || !b.has {
		t.Errorf("%q, in use %v", b.problem, b.has)
	}
	b.want(now.Add(199*time.Millisecond), true)
	if b.done != nil {
		t.Error("tried again too early")
	}
	now = now.Add(200 * time.Millisecond)
	first := fake("first")
	b.want(now, true)
	b.settle(t, now, "a", opened[*fakeDevice]{device: first})
	if b.device != first || b.problem != "" {
		t.Errorf("%v %q", b.device, b.problem)
	}
	b.failed(now, errors.New("it was unplugged"))
	if !strings.HasPrefix(b.problem, "The microphone failed: it was unplugged") {
		t.Errorf("%q", b.problem)
	}
	b.want(now, true)
	if b.device.name != "stand-in" {
		t.Error("no stand-in for a dead device")
	}
	first.isClosed(t)
	b.offer(nil)
	b.want(now, true)
	if b.problem != "The microphone cannot be used: no such device is connected." {
		t.Errorf("%q", b.problem)
	}
	b.offer(targets("a"))
	b.want(now, true) // at once: it was plugged in again
	b.settle(t, now, "a", opened[*fakeDevice]{device: fake("second")})
	if b.device.name != "second" {
		t.Error(b.device.name)
	}
}

// The present device goes on until the better one has taken over, and the next best is opened when it dies.
func TestBetterDeviceTakesOver(t *testing.T) {
	b, now := newBench("loudspeaker"), clockStart()
	b.want(now, true)
	first, second := fake("loudspeaker"), fake("headset")
	b.settle(t, now, "loudspeaker", opened[*fakeDevice]{device: first})
	b.offer(targets("headset", "loudspeaker"))
	b.want(now, true)
	b.settle(t, now, "headset", opened[*fakeDevice]{device: second})
	if b.device != first || !b.better {
		t.Error("the present device is given up before its sound has gone out")
	}
	b.swap()
	first.isClosed(t)
	b.want(now, true)
	if b.device != second || b.done != nil || b.used.Key() != "headset" {
		t.Errorf("%v is used, opening %v", b.device, b.done != nil)
	}
	b.failed(now, errors.New("it was unplugged"))
	b.want(now, true)
	b.settle(t, now, "loudspeaker", opened[*fakeDevice]{device: fake("loudspeaker again")})
	if b.device.name != "loudspeaker again" || b.problem != "" {
		t.Errorf("%v %q", b.device, b.problem)
	}
	third := fake("headset again")
	b.want(now.Add(time.Second), true) // its rest is over
	b.settle(t, now, "headset", opened[*fakeDevice]{device: third})
	b.failed(now, errors.New("it was unplugged as well"))
	if b.device != third || !b.real {
		t.Error("a better device that waits is not taken when the present one dies")
	}
	if err := b.shut(); err != nil || b.has {
		t.Errorf("shut: %v", err)
	}
	third.isClosed(t)
}

func TestDeviceThatComesTooLateIsClosed(t *testing.T) {
	b, now := newBench("a"), clockStart()
	late := fake("late")
	b.want(now, true)
	b.want(now, false)
	b.settle(t, now, "a", opened[*fakeDevice]{device: late})
	late.isClosed(t)
	b.want(now, false)
	if b.has {
		t.Error("the stand-in is still in use")
	}

	b.want(now, true)
	b.answers <- opened[*fakeDevice]{device: late}
	if err := b.shut(); err != nil {
		t.Errorf("shut while opening: %v", err)
	}
	late.isClosed(t)
}
