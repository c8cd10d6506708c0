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

// Those of AddDesk.
const (
	Desk           = "Desk"
	DeskMicrophone = "DeskMic"
)

const (
	speaker    = "module-null-sink sink_name=spk rate=48000 norewinds=1 sink_properties=device.description=" + Speaker
	microphone = "module-remap-source source_name=vmic master=spk.monitor source_properties=device.description=" + Microphone
)

// Server is a running one.
type Server struct {
	t    testing.TB
	dir  string
	stop func()
}

// Start runs a server until the test ends and points this process at it. It returns before the server answers: wait until
// the microphone is listed.
func Start(t testing.TB) *Server {
	t.Helper()
	s := &Server{t: t, dir: surroundings(t)}
	s.start()
	t.Cleanup(func() { s.stop() })
	return s
}

func (s *Server) start() {
	s.t.Helper()
	exe, err := exec.LookPath("pulseaudio")
	if err != nil {
		s.t.Fatal("this test needs PulseAudio: install the packages pulseaudio and pulseaudio-utils")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, exe, "-n", "--daemonize=no", "--exit-idle-time=-1", "--disallow-exit", "--log-level=error",
		"-L", "module-native-protocol-unix auth-anonymous=1 socket="+filepath.Join(s.dir, "native"), "-L", speaker, "-L", microphone)
	cmd.Env = append(os.Environ(), "HOME="+filepath.Join(s.dir, "home"))
	if err := cmd.Start(); err != nil {
		cancel()
		s.t.Fatal(err)
	}
	s.stop = func() {
		cancel()
		if err := cmd.Wait(); err == nil {
			s.t.Error("the PulseAudio server ended by itself")
		}
	}
}

// Restart kills the server, as a crash does, and starts it again with the headset alone.
func (s *Server) Restart() {
	s.t.Helper()
	s.stop()
	for _, left := range []string{"native", filepath.Join("run", "pulse", "pid")} { // a killed server leaves them
		if err := os.Remove(filepath.Join(s.dir, left)); err != nil && !os.IsNotExist(err) {
			s.t.Fatal(err)
		}
	}
	s.start()
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

// AddDesk plugs in a second speaker that hears itself, whose sound is 18 dB softer than the headset's, so that one can tell them apart.
func AddDesk(t testing.TB) {
	t.Helper()
	pactl(t, strings.Fields("load-module module-null-sink sink_name=desk rate=48000 norewinds=1 sink_properties=device.description="+Desk)...)
	pactl(t, strings.Fields("load-module module-remap-source source_name=deskmic master=desk.monitor source_properties=device.description="+DeskMicrophone)...)
	pactl(t, "set-sink-volume", "desk", "50%")
}

// Load plugs a device in that a module of PulseAudio makes. A semicolon in an argument stands for a space. It goes
// when the test ends.
func Load(t testing.TB, module string) {
	t.Helper()
	args := strings.Fields(module)
	for i, a := range args {
		args[i] = strings.ReplaceAll(a, ";", " ")
	}
	index := strings.TrimSpace(pactl(t, append([]string{"load-module"}, args...)...))
	t.Cleanup(func() { pactl(t, "unload-module", index) })
}

// Unplug takes the headset away.
func Unplug(t testing.TB) {
	t.Helper()
	for line := range strings.Lines(pactl(t, "list", "short", "modules")) {
		if fields := strings.Fields(line); strings.Contains(line, "sink_name=spk") {
			pactl(t, "unload-module", fields[0])
		}
	}
}

// Plug brings the headset back.
func Plug(t testing.TB) {
	t.Helper()
	pactl(t, append([]string{"load-module"}, strings.Fields(speaker)...)...)
	pactl(t, append([]string{"load-module"}, strings.Fields(microphone)...)...)
}

func pactl(t testing.TB, args ...string) string {
	t.Helper()
	out, err := exec.Command("pactl", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("pactl %v: %v %s", args, err, out)
	}
	return string(out)
}
