package audio

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sidetone/internal/devices"
	"sidetone/internal/soundserver"
)

// pulse gives the test a sound server with one speaker whose sound comes back through one microphone.
func pulse(t *testing.T) {
	t.Helper()
	soundserver.Start(t)
	eventually(t, 20*time.Second, "the PulseAudio server answers", func() bool {
		list, err := Devices()
		return err == nil && slices.ContainsFunc(list, func(d devices.Device) bool { return d.Name == soundserver.Microphone && d.Input })
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
	t.Run("radio", radio)
	t.Run("driver", driver)
	t.Run("tried", tried)
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
	loops(t, src, sink)
}

// driver is what other systems use, and Linux without PulseAudio.
func driver(t *testing.T) {
	src, err := openDriverSource(devices.Device{ID: "vmic", Input: true}, asleep)
	if err != nil {
		t.Fatal(err)
	}
	sink, err := openDriverSink(devices.Device{ID: "spk"}, asleep)
	if err != nil {
		t.Fatal(err)
	}
	loops(t, src, sink)
	if _, err := openDriverSink(devices.Device{ID: "gone"}, asleep); !errors.Is(err, errNoDevice) {
		t.Errorf("a device that is not there: %v", err)
	}
	list, err := listDrivers()
	if err != nil || !slices.Contains(list, devices.Device{ID: "spk", Name: soundserver.Speaker, Default: true}) {
		t.Errorf("the driver lists %+v, %v", list, err)
	}
	if sink, err = openDriverSink(devices.Device{ID: "spk"}, asleep); err != nil {
		t.Fatal(err)
	}
	soundserver.Unplug(t)
	defer soundserver.Plug(t)
	eventually(t, 20*time.Second, "the loss of the device is noticed", func() bool {
		_, err := sink.Space(time.Now())
		return errors.Is(err, ErrDead)
	})
	start := time.Now()
	err = sink.Close()
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("closing a lost device took %v: %v", took, err)
	}
}

// radio reads from the properties of PulseAudio's devices which are Bluetooth headsets, and in which mode.
func radio(t *testing.T) {
	soundserver.Load(t, "module-null-sink sink_name=bluez_sink.AA_BB.handsfree_head_unit sink_properties='device.description=Buds;device.bus=bluetooth;bluetooth.protocol=handsfree_head_unit'")
	soundserver.Load(t, "module-null-sink sink_name=bluez_output.CC_DD.1 sink_properties='device.description=Box;device.api=bluez5;api.bluez5.profile=a2dp-sink'")
	soundserver.Load(t, "module-null-sink sink_name=auto_null sink_properties=device.description=Dummy")
	list, err := Devices()
	if err != nil {
		t.Fatal(err)
	}
	if slices.ContainsFunc(list, func(d devices.Device) bool { return strings.Contains(d.ID+d.Name, "auto_null") || d.Name == "Dummy" }) {
		t.Errorf("what the server has instead of a speaker is listed as one: %+v", list)
	}
	for _, want := range []devices.Device{
		{ID: "bluez_sink.AA_BB.handsfree_head_unit", Name: "Buds", Bluetooth: true, HandsFree: true},
		{ID: "bluez_output.CC_DD.1", Name: "Box", Bluetooth: true},
	} {
		same := func(d devices.Device) bool { d.Default = false; return d == want }
		if !slices.ContainsFunc(list, same) {
			t.Errorf("%+v is missing in %+v", want, list)
		}
	}
}

// tried plays the test's notes into the headset, whose microphone hears them meanwhile.
func tried(t *testing.T) {
	s := New(Choice{Input: soundserver.Microphone, Output: soundserver.Speaker}, nil)
	var playing sync.WaitGroup
	playing.Go(func() {
		if last := try(t, s, TrySpeaker, 0); last[len(last)-1].Device != soundserver.Speaker {
			t.Errorf("%+v", last)
		}
	})
	told := try(t, s, TryMicrophone, 0)
	playing.Wait()
	if last := told[len(told)-1]; last.Text != soundserver.Microphone+" hears you." || last.Peak < 0.2 {
		t.Errorf("%+v", last)
	}
	list, err := s.Listed()
	if err != nil || !slices.ContainsFunc(list, func(l devices.Listed) bool { return l.ID == "vmic" && l.Choice == 1 && l.Calls }) {
		t.Errorf("%+v, %v", list, err)
	}
}

// loops plays a tone and waits until it comes back.
func loops(t *testing.T, src Source, sink Sink) {
	t.Helper()
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
	defer cancel()
	s := New(Choice{Ring: "Gone"}, nil)
	var watching sync.WaitGroup
	watching.Go(func() {
		if err := s.Watch(ctx); err != nil {
			t.Error(err)
		}
	})
	eventually(t, 10*time.Second, "the devices are known", func() bool { return s.Generation() > 0 })
	for use, want := range map[Use]devices.Target{
		Speech: {Devices: []devices.Device{{ID: "spk", Name: soundserver.Speaker, Default: true}}},
		Ring:   {Devices: []devices.Device{{ID: "spk", Name: soundserver.Speaker, Default: true}}, Instead: true},
	} {
		if got := s.Targets(use); len(got) != 1 || got[0].Key() != want.Key() || got[0].Name() != want.Name() || got[0].Instead != want.Instead {
			t.Errorf("for use %d: %+v, want %+v", use, got, want)
		}
	}
	cancel()
	watching.Wait()
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
	if err := sink.Close(); err != nil {
		t.Error(err)
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("closing a lost device took %v", took)
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
