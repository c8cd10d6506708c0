package media

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sidetone/internal/audio"
	"sidetone/internal/call"
	"sidetone/internal/devices"
	"sidetone/internal/soundserver"
)

// soundServer starts a private PulseAudio server with a headset whose speaker is heard by its microphone.
func soundServer(t *testing.T) *soundserver.Server {
	t.Helper()
	server := soundserver.Start(t)
	eventually(t, "the sound server lists the headset", func() bool {
		list, err := audio.Devices()
		return err == nil && slices.ContainsFunc(list, func(d devices.Device) bool { return d.Name == soundserver.Microphone })
	})
	return server
}

// loudness is what the far end heard in 5 ms: nothing, the softer desk, or the headset.
type loudness byte

const (
	nothing loudness = iota
	desk
	headset
)

// slot is 5 ms of samples.
const slot = audio.Rate / 200

// loud says for each slot what was heard, by its peak. A sine of 1004 Hz has five periods in one.
func loud(samples []int16) (out []loudness) {
	for ; len(samples) >= slot; samples = samples[slot:] {
		switch p := peak(samples[:slot]); {
		case p > 0.1:
			out = append(out, headset)
		case p > 0.01:
			out = append(out, desk)
		default:
			out = append(out, nothing)
		}
	}
	return out
}

// gaps are the times without any sound while the headset was taken away and while it came back, in the order of the rounds. A device
// counts when it was heard for a tenth of a second.
func gaps(heard []loudness) (away, back []time.Duration) {
	const steady = 20
	var at, last loudness
	var gap time.Duration
	run := 0
	for _, l := range heard {
		if run++; l != last {
			last, run = l, 1
		}
		switch {
		case l == nothing:
			gap += 5 * time.Millisecond
		case run < steady || l == at:
		case at == headset:
			away, at, gap = append(away, gap), l, 0
		case at == desk:
			back, at, gap = append(back, gap), l, 0
		default: // the beginning
			at, gap = l, 0
		}
	}
	return away, back
}

// The device is unplugged and replugged ten times in a call; the other one takes over, and gives the call back.
func TestHeadsetIsUnpluggedTenTimes(t *testing.T) {
	const rounds = 10
	soundServer(t)
	soundserver.AddDesk(t)
	unplugOften(t, rounds)
}

// The same with the driver library, which says nothing of devices that come and go: other systems have nothing else.
func TestHeadsetIsUnpluggedFromTheDriver(t *testing.T) {
	soundServer(t)
	soundserver.AddDesk(t)
	t.Setenv("PULSE_SERVER", "unix:/nowhere "+os.Getenv("PULSE_SERVER")) // the library tries all servers of a list, our own words go to the first
	unplugOften(t, 3)
}

// unplugOften takes the headset away and brings it back, in a call. Each time the sound is there again within a second; where other
// tests keep PulseAudio, which has no real-time class here, from its work, that is forgiven every fifth time, up to three seconds.
func unplugOften(t *testing.T, rounds int) {
	t.Helper()
	slow := 0
	file := filepath.Join(t.TempDir(), "heard.wav")
	a := start(t, Config{Codecs: []string{"pcmu"}}, audio.Choice{Input: "tone:1004", Output: "file:" + file})
	b := start(t, Config{Codecs: []string{"pcmu"}}, audio.Choice{Input: soundserver.Microphone, Output: soundserver.Speaker})
	connect(a, b, "c1")
	onHeadset := func(l call.Levels) bool { return l.In > 0.15 }
	onDesk := func(l call.Levels) bool { return l.In > 0.01 && l.In < 0.1 }
	await(a, "its own tone out of the headset", onHeadset)
	for round := range rounds {
		b.forget()
		soundserver.Unplug(t)
		start := time.Now()
		a.forget()
		await(a, "the tone out of the other device", onDesk)
		over := time.Since(start)
		await(a, "the other device for a while", onDesk)
		await(a, "the other device for a while longer", onDesk)
		await(b, "the word of the other device", func(p call.AudioProblem) bool { return strings.Contains(p.Instead, soundserver.DeskMicrophone) })
		b.forget()
		soundserver.Plug(t)
		start = time.Now()
		a.forget()
		await(a, "the tone out of the headset", onHeadset)
		returned := time.Since(start)
		await(b, "no more word of the other device", func(p call.AudioProblem) bool { return p.Instead == "" && p.Text == "" })
		await(a, "the tone for a while", onHeadset)
		await(a, "the tone for a while longer", onHeadset)
		t.Logf("round %d: over to the other device in %v, back in %v, both with up to 200 ms of the meter", round+1, over, returned)
		if longer := max(over, returned); longer > 3*time.Second {
			t.Error("that took longer than three seconds")
		} else if longer > time.Second {
			slow++
		}
	}
	a.stop()
	samples, err := audio.ReadWAV(file)
	if err != nil {
		t.Fatal(err)
	}
	if slow > rounds/5 {
		t.Errorf("%d of %d times took longer than a second", slow, rounds)
	}
	// Speaker and microphone are taken back one after the other, and between them the one does not hear the other.
	away, back := gaps(loud(samples))
	t.Logf("without sound when it went: %v, when it came back: %v", away, back)
	if longest := slices.Max(append(slices.Concat(away, back), 0)); longest > 3*time.Second {
		t.Errorf("the far end heard nothing for %v", longest)
	}
}

// A call without any other device goes on when its only one is unplugged, and takes it back when it returns.
func TestOnlyHeadsetIsUnplugged(t *testing.T) {
	soundServer(t)
	a := start(t, Config{}, audio.Choice{Input: "tone:1004", Output: "null"})
	b := start(t, Config{}, audio.Choice{Input: soundserver.Microphone, Output: soundserver.Speaker})
	connect(a, b, "c1")
	heard := func(l call.Levels) bool { return l.In > 0.15 }
	await(a, "its own tone out of the headset", heard)
	soundserver.Unplug(t)
	await(b, "the loss", func(p call.AudioProblem) bool { return p.Text != "" })
	await(a, "silence", func(l call.Levels) bool { return l.In < 0.001 })
	soundserver.Plug(t)
	await(b, "the return", func(p call.AudioProblem) bool { return p.Text == "" })
	await(a, "the tone again", heard)
}

// A call outlives its sound server.
func TestSoundServerIsRestarted(t *testing.T) {
	server := soundServer(t)
	a := start(t, Config{}, audio.Choice{Input: "tone:1004", Output: "null"})
	b := start(t, Config{}, audio.Choice{Input: soundserver.Microphone, Output: soundserver.Speaker})
	connect(a, b, "c1")
	heard := func(l call.Levels) bool { return l.In > 0.15 }
	await(a, "its own tone out of the headset", heard)
	server.Restart()
	await(a, "silence", func(l call.Levels) bool { return l.In < 0.001 })
	began := time.Now()
	await(a, "the tone again", heard)
	t.Logf("the sound was back %v after the server was started", time.Since(began))
	await(b, "no word of trouble", func(p call.AudioProblem) bool { return p == call.AudioProblem{} })
}

// A Bluetooth headset in hands-free mode is explained while a call has it.
func TestHandsFreeIsTold(t *testing.T) {
	soundServer(t)
	soundserver.Load(t, "module-null-sink sink_name=bluez_sink.AA_BB.handsfree_head_unit norewinds=1 sink_properties='device.description=Buds;device.bus=bluetooth;bluetooth.protocol=handsfree_head_unit'")
	a := start(t, Config{}, audio.Choice{Input: "silence", Output: "null"})
	b := start(t, Config{}, audio.Choice{Input: soundserver.Microphone, Output: "Buds"})
	connect(a, b, "c1")
	const want = "Buds is in hands-free mode: Bluetooth sounds like a telephone while its microphone is used. For better sound choose another microphone, such as HeadsetMic."
	await(b, "the explanation", func(p call.AudioProblem) bool { return p.HandsFree == want && p.Instead == "" })
	b.audio.Choose(audio.Choice{Input: soundserver.Microphone, Output: soundserver.Speaker})
	await(b, "no more of it", func(p call.AudioProblem) bool { return p == call.AudioProblem{} })
}

// A call rings on every ring device at once, also on one that is plugged in meanwhile.
func TestRingsOnSeveralDevices(t *testing.T) {
	soundServer(t)
	p := start(t, Config{}, audio.Choice{Input: "silence", Output: "null", Ring: soundserver.Speaker + "\n" + soundserver.Desk, RingAll: true})
	rings := func(monitor string) {
		t.Helper()
		src, err := audio.New(audio.Choice{Input: monitor}, nil).Source(devices.Target{Devices: []devices.Device{{ID: monitor, Input: true}}}, func() {})
		if err != nil {
			t.Fatal(err)
		}
		defer src.Close()
		room := make([]int16, audio.Rate)
		eventually(t, monitor+" hears it ring", func() bool {
			n, err := src.Read(time.Now(), room)
			return err == nil && peak(room[:n]) > 0.01
		})
	}
	p.engine.Do(call.PlayTone{ID: "c1", Tone: call.Ringtone})
	rings("spk.monitor")
	soundserver.AddDesk(t)
	rings("desk.monitor")
	rings("spk.monitor")
	soundserver.Unplug(t)
	rings("desk.monitor")
	p.engine.Do(call.StopTone{ID: "c1"})
}

// TestEchoOfRealDevices plays into a speaker that its microphone hears, both of a sound server with its own timing.
func TestEchoOfRealDevices(t *testing.T) {
	soundServer(t)
	heard := &ear{}
	a := startWith(t, Config{Codecs: []string{"opus"}}, audio.Choice{}, with(&source{next: newMurmur(1).next}, heard))
	b := start(t, Config{Processing: "echo noise", Codecs: []string{"opus"}}, audio.Choice{Input: soundserver.Microphone, Output: soundserver.Speaker})
	connect(a, b, "c1")
	eventually(t, "the echo goes", func() bool { return len(heard.latest(6)) == 6*audio.Rate && rms(heard.latest(1)) < 12 })
}
