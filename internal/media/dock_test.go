package media

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// fakeDevice counts how often it was closed.
type fakeDevice struct {
	name   string
	closed int
}

func (f *fakeDevice) Close() error {
	f.closed++
	return nil
}

// bench is a dock whose openings the test answers.
type bench struct {
	dock[*fakeDevice]
	answers chan opened[*fakeDevice]
}

func newBench() *bench {
	b := &bench{answers: make(chan opened[*fakeDevice], 4)}
	b.dock = newDock("the microphone", func() *fakeDevice { return &fakeDevice{name: "stand-in"} }, func() (*fakeDevice, error) {
		r := <-b.answers
		return r.device, r.err
	}, func() {})
	return b
}

// settle waits for the operation under way and takes its outcome.
func (b *bench) settle(t *testing.T, now time.Time) {
	t.Helper()
	if b.done == nil {
		t.Fatal("nothing is under way")
	}
	b.finished(now, <-b.done)
}

func TestStandInUntilTheDeviceIsThere(t *testing.T) {
	b, now := newBench(), clockStart()
	b.want(now, true)
	if !b.has || b.device.name != "stand-in" {
		t.Fatal("there is no stand-in while the device opens")
	}
	real := &fakeDevice{name: "real"}
	b.answers <- opened[*fakeDevice]{device: real}
	b.settle(t, now)
	if b.device != real || b.problem != "" {
		t.Fatalf("%v %q", b.device, b.problem)
	}
	b.want(now, false)
	if b.has {
		t.Error("a device nobody wants is still in use")
	}
	b.settle(t, now)
	if real.closed != 1 {
		t.Errorf("closed %d times", real.closed)
	}
}

func TestFailedDeviceIsTriedAgain(t *testing.T) {
	b, now := newBench(), clockStart()
	b.answers <- opened[*fakeDevice]{err: errors.New("there is none")}
	b.want(now, true)
	b.settle(t, now)
	if b.problem != "There is none." || !b.has {
		t.Errorf("%q, in use %v", b.problem, b.has)
	}
	b.want(now.Add(retryAfter-time.Millisecond), true)
	if b.done != nil {
		t.Error("tried again too early")
	}
	now = now.Add(retryAfter)
	first := &fakeDevice{name: "first"}
	b.answers <- opened[*fakeDevice]{device: first}
	b.want(now, true)
	b.settle(t, now)
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
	b.settle(t, now) // the closing
	if first.closed != 1 || b.problem == "" {
		t.Errorf("closed %d times, %q", first.closed, b.problem)
	}
	b.answers <- opened[*fakeDevice]{device: &fakeDevice{name: "second"}}
	b.want(now.Add(retryAfter), true)
	b.settle(t, now)
	if b.device.name != "second" {
		t.Error(b.device.name)
	}
	b.renew()
	b.settle(t, now)
	b.answers <- opened[*fakeDevice]{device: &fakeDevice{name: "third"}}
	b.want(now, true)
	b.settle(t, now)
	if b.device.name != "third" || b.shut() != nil || b.has {
		t.Errorf("after a new choice: %v", b.device)
	}
}

func TestDeviceThatComesTooLateIsClosed(t *testing.T) {
	b, now := newBench(), clockStart()
	late := &fakeDevice{name: "late"}
	b.want(now, true)
	b.want(now, false)
	b.answers <- opened[*fakeDevice]{device: late}
	b.settle(t, now)
	b.settle(t, now)
	if late.closed != 1 {
		t.Errorf("closed %d times", late.closed)
	}
	b.want(now, false)
	if b.has {
		t.Error("the stand-in is still in use")
	}

	b.want(now, true)
	b.answers <- opened[*fakeDevice]{device: late}
	if err := b.shut(); err != nil || late.closed != 2 {
		t.Errorf("shut while opening: %v, closed %d times", err, late.closed)
	}
}
