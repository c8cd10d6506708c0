package media

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sidetone/internal/audio"
	"sidetone/internal/call"
)

const (
	headset = "module-null-sink sink_name=spk rate=48000 norewinds=1 sink_properties=device.description=Headset"
	headMic = "module-remap-source source_name=vmic master=spk.monitor source_properties=device.description=HeadsetMic"
)

// soundServer starts a private PulseAudio server with a headset whose speaker is heard by its microphone.
func soundServer(t *testing.T) {
	t.Helper()
	exe, err := exec.LookPath("pulseaudio")
	if err != nil {
		t.Fatal("this test needs PulseAudio: install the packages pulseaudio and pulseaudio-utils")
	}
	dir, err := os.MkdirTemp("", "pa") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	t.Setenv("XDG_RUNTIME_DIR", dir)
	t.Setenv("PULSE_RUNTIME_PATH", filepath.Join(dir, "pulse"))
	t.Setenv("PULSE_SERVER", "unix:"+filepath.Join(dir, "native"))
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, exe, "-n", "--daemonize=no", "--exit-idle-time=-1", "--disallow-exit", "--log-level=error",
		"-L", "module-native-protocol-unix auth-anonymous=1 socket="+filepath.Join(dir, "native"), "-L", headset, "-L", headMic)
	cmd.Env = append(os.Environ(), "HOME="+dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		if err := cmd.Wait(); err == nil {
			t.Error("the PulseAudio server ended by itself")
		}
	})
	eventually(t, "the sound server lists the headset", func() bool {
		list, err := audio.Devices()
		return err == nil && slices.ContainsFunc(list, func(d audio.Device) bool { return d.Name == "HeadsetMic" })
	})
}

func pactl(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.Command("pactl", args...).CombinedOutput(); err != nil {
		t.Fatalf("pactl %v: %v %s", args, err, out)
	}
}

// A call on real devices goes on when they are unplugged, and takes them back when they return.
func TestHeadsetIsUnpluggedDuringACall(t *testing.T) {
	soundServer(t)
	a := start(t, Config{}, audio.Choice{Input: "tone:1004", Output: "null"})
	b := start(t, Config{}, audio.Choice{Input: "HeadsetMic", Output: "Headset"})
	connect(a, b, "c1")
	heard := func(l call.Levels) bool { return l.In > 0.15 }
	await(a, "its own tone out of the headset", heard)
	pactl(t, "unload-module", "module-null-sink")
	await(b, "the loss", func(p call.AudioProblem) bool { return p.Text != "" })
	await(a, "silence", func(l call.Levels) bool { return l.In == 0 })
	pactl(t, append([]string{"load-module"}, strings.Fields(headset)...)...)
	pactl(t, append([]string{"load-module"}, strings.Fields(headMic)...)...)
	await(b, "the return", func(p call.AudioProblem) bool { return p.Text == "" })
	await(a, "the tone again", heard)
}
