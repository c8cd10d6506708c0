package app

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sidetone/internal/secret/secrettest"
)

const systemBus = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path=%s</listen>
  <policy context="default">
    <allow user="*"/>
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
`

// desktop starts a system bus of the test's own, with RealtimeKit and what it asks about rights.
func desktop(t *testing.T) {
	t.Helper()
	dir, err := os.MkdirTemp("", "bus") // polkit's own user must reach it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	settings := filepath.Join(dir, "bus.conf")
	if err := os.WriteFile(settings, fmt.Appendf(nil, systemBus, filepath.Join(dir, "bus")), 0o600); err != nil {
		t.Fatal(err)
	}
	bus := exec.Command("dbus-daemon", "--config-file="+settings, "--nofork", "--print-address=1")
	said, err := bus.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	secrettest.Start(t, bus)
	if _, err := bufio.NewReader(said).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path="+filepath.Join(dir, "bus"))
	secrettest.Start(t, exec.Command("/usr/lib/polkit-1/polkitd", "--no-debug"))
	secrettest.Start(t, exec.Command("/usr/libexec/rtkit-daemon", "--no-chroot", "--no-drop-privileges", "--no-canary"))
}

// levels are the nice levels of this program's threads.
func levels(t *testing.T) (out []string) {
	t.Helper()
	files, err := filepath.Glob("/proc/self/task/*/stat")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			continue // it has ended
		}
		_, rest, _ := strings.Cut(string(b), ") ")
		out = append(out, strings.Fields(rest)[16])
	}
	return out
}

// TestPreferred: RealtimeKit has the threads of this program run before others, those that come later, too, and programs started here not.
func TestPreferred(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root may start what a desktop starts at boot")
	}
	desktop(t)
	var p preference
	late := time.Now().Add(20 * time.Second)
	for err := p.take(t.Context()); err != nil; err = p.take(t.Context()) {
		if time.Now().After(late) {
			t.Fatal(err)
		}
		time.Sleep(50 * time.Millisecond) // the service takes its name when it does
	}
	ahead := 0
	for _, level := range levels(t) {
		if level == "-11" {
			ahead++
		}
	}
	if ahead < 3 || ahead < len(p.asked)/2 {
		t.Errorf("%d threads run before others, %d were asked for: %v", ahead, len(p.asked), levels(t))
	}
	out, err := exec.Command("nice").Output()
	if err != nil || strings.TrimSpace(string(out)) != "0" {
		t.Errorf("a program started here has the nice level %q: %v", out, err)
	}
}

// TestNobodyToAsk: without the service nothing happens but a word.
func TestNobodyToAsk(t *testing.T) {
	t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path="+filepath.Join(t.TempDir(), "none"))
	var p preference
	if err := p.take(t.Context()); err == nil || !strings.Contains(err.Error(), "no system bus") {
		t.Errorf("%v", err)
	}
}
