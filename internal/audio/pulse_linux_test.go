package audio

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"sidetone/internal/soundserver"
)

// pulse gives the test a sound server with one speaker whose sound comes back through one microphone.
func pulse(t *testing.T) {
	t.Helper()
	soundserver.Start(t)
	eventually(t, 20*time.Second, "the PulseAudio server answers", func() bool {
		list, err := Devices()
		return err == nil && slices.ContainsFunc(list, func(d Device) bool { return d.Name == soundserver.Microphone && d.Input })
	})
}

// eventually polls until done says yes.
func eventually(t *testing.T, limit time.Duration, what string, done func() bool) {
	t.Helper()
	deadline := time.Now().Add(limit)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", limit, what)
		}
		<-tick.C
	}
}

func TestRealDevices(t *testing.T) {
	pulse(t)
	t.Run("heard back", heardBack)
	t.Run("list", listed)
	t.Run("unplugged", unplugged)
}

func heardBack(t *testing.T) {
	s := New(Choice{Input: soundserver.Microphone, Output: soundserver.Speaker}, nil)
	src, err := s.OpenSource()
	if err != nil {
		t.Fatal(err)
	}
	sink, err := s.OpenSink(Speech)
	if err != nil {
		t.Fatal(err)
	}
	tone := NewTone(1004)
	base, asked := time.Now(), 0
	var heard []int16
	buf := make([]int16, Rate)
	eventually(t, 30*time.Second, "a clear second of the tone comes back", func() bool {
		now := time.Now()
		space, err := sink.Space(now)
		if err != nil {
			t.Fatal(err)
		}
		for ; space >= Period; space -= Period { // the sink's clock drives the tone
			asked++
			n, _ := tone.Read(base.Add(time.Duration(asked)*10*time.Millisecond), buf[:Period])
			if _, err := sink.Write(buf[:n]); err != nil {
				t.Fatal(err)
			}
		}
		n, err := src.Read(now, buf)
		if err != nil {
			t.Fatal(err)
		}
		heard = append(heard, buf[:n]...)
		return len(heard) >= 2*Rate && hear(heard[len(heard)-Rate/2:], 1004) > 0.9
	})
	for _, c := range []interface{ Close() error }{src, sink} {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}

func listed(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	var got []Device
	if err := Follow(ctx, func(d []Device) { got = d; cancel() }); err != nil {
		t.Error(err)
	}
	if !slices.ContainsFunc(got, func(d Device) bool { return d.Name == soundserver.Speaker && !d.Input && d.Default && d.ID != "" }) {
		t.Errorf("the speaker is missing or is not the default: %+v", got)
	}
	_, err := New(Choice{Ring: "Gone"}, nil).OpenSink(Ring)
	if err == nil || err.Error() != `the ring device cannot be used: there is no device named "Gone" now` {
		t.Errorf("a device that is not there: %v", err)
	}
}

func unplugged(t *testing.T) {
	sink, err := New(Choice{Output: "default"}, nil).OpenSink(Speech)
	if err != nil {
		t.Fatal(err)
	}
	soundserver.Unplug(t)
	eventually(t, 20*time.Second, "the loss of the device is noticed", func() bool {
		_, err := sink.Space(time.Now())
		return errors.Is(err, ErrDead)
	})
	start := time.Now()
	err = sink.Close()
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("closing a lost device took %v: %v", took, err)
	}
}

func TestNoSoundSystem(t *testing.T) {
	t.Setenv("PULSE_SERVER", "unix:/nowhere/native")
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	start := time.Now()
	_, err := New(Choice{}, nil).OpenSource()
	if err == nil || !strings.HasPrefix(err.Error(), "the microphone cannot be used: ") {
		t.Errorf("without a sound system: %v", err)
	}
	if took := time.Since(start); took > 15*time.Second {
		t.Errorf("it took %v", took)
	}
}
