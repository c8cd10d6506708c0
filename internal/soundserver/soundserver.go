// Package soundserver gives a test a private PulseAudio server with a headset that hears itself.
package soundserver

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The headset's devices, as the sound system names them.
const (
	Speaker    = "Headset"
	Microphone = "HeadsetMic"
)

const (
	speaker    = "module-null-sink sink_name=spk rate=48000 norewinds=1 sink_properties=device.description=" + Speaker
	microphone = "module-remap-source source_name=vmic master=spk.monitor source_properties=device.description=" + Microphone
)

// Start runs a server until the test ends and points this process at it. It returns before the server answers: wait until
// the microphone is listed.
func Start(t testing.TB) {
	t.Helper()
	exe, err := exec.LookPath("pulseaudio")
	if err != nil {
		t.Fatal("this test needs PulseAudio: install the packages pulseaudio and pulseaudio-utils")
	}
	dir := surroundings(t)
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, exe, "-n", "--daemonize=no", "--exit-idle-time=-1", "--disallow-exit", "--log-level=error",
		"-L", "module-native-protocol-unix auth-anonymous=1 socket="+filepath.Join(dir, "native"), "-L", speaker, "-L", microphone)
	cmd.Env = append(os.Environ(), "HOME="+filepath.Join(dir, "home"))
	if err := cmd.Start(); err != nil {
		cancel()
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		if err := cmd.Wait(); err == nil {
			t.Error("the PulseAudio server ended by itself")
		}
	})
}

// surroundings makes the server's folders and names them to this process.
func surroundings(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "pa") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	for _, sub := range []string{"run", "home"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("XDG_RUNTIME_DIR", filepath.Join(dir, "run"))
	t.Setenv("PULSE_RUNTIME_PATH", filepath.Join(dir, "run", "pulse"))
	t.Setenv("PULSE_SERVER", "unix:"+filepath.Join(dir, "native"))
	return dir
}

// Unplug takes the headset away.
func Unplug(t testing.TB) {
	t.Helper()
	pactl(t, "unload-module", "module-null-sink")
}

// Plug brings the headset back.
func Plug(t testing.TB) {
	t.Helper()
	pactl(t, append([]string{"load-module"}, strings.Fields(speaker)...)...)
	pactl(t, append([]string{"load-module"}, strings.Fields(microphone)...)...)
}

func pactl(t testing.TB, args ...string) {
	t.Helper()
	if out, err := exec.Command("pactl", args...).CombinedOutput(); err != nil {
		t.Fatalf("pactl %v: %v %s", args, err, out)
	}
}
