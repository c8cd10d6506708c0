package peers

import (
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// The devices of StartPulse: what the phones play into, and what they hear; each has a monitor.
const (
	PulseSpeaker    = "spk"
	PulseMicrophone = "mic"
)

// StartPulse runs a private PulseAudio server with a speaker and a microphone that are nothing but wires, and has the programs started
// after it use them. It changes this process' environment.
func StartPulse(t T) *Program {
	t.Helper()
	dir, err := os.MkdirTemp("", "pa") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	write(t, dir, map[string]string{".asoundrc": "pcm.!default { type pulse }\nctl.!default { type pulse }\n"})
	for name, value := range map[string]string{"HOME": dir, "XDG_RUNTIME_DIR": dir, "PULSE_RUNTIME_PATH": filepath.Join(dir, "pulse"), "PULSE_SERVER": "unix:" + filepath.Join(dir, "native")} {
		if err := os.Setenv(name, value); err != nil {
			t.Fatal(err)
		}
	}
	wire := func(name string) string {
		return "module-null-sink sink_name=" + name + " rate=48000 channels=1 format=s16le norewinds=1"
	}
	p := Start(t, "pulseaudio", "-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1", "--disallow-exit", "--log-level=error",
		"-L", "module-native-protocol-unix auth-anonymous=1 socket="+filepath.Join(dir, "native"), "-L", wire(PulseSpeaker), "-L", wire(PulseMicrophone))
	p.Asked("serving", func() bool {
		return p.Gone() || exec.Command("pactl", "set-default-sink", PulseSpeaker).Run() == nil && exec.Command("pactl", "set-default-source", PulseMicrophone+".monitor").Run() == nil
	})
	if p.Gone() {
		t.Fatalf("PulseAudio does not start:\n%s", p.Said())
	}
	time.Sleep(2 * time.Second) // a new wire plays nothing at first, for as long as it holds
	return p
}
