// Package secrettest gives a test a session bus and a real keyring of its own.
package secrettest

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// keyring daemon, a locked one, which then asks for its password on a screen that is not there.
const busSettings = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:dir=%s</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
`

// Bus starts a session bus of the test's own and points this process to it.
func Bus(t *testing.T) {
	t.Helper()
	t.Setenv("HOME", t.TempDir())
	run := filepath.Join(t.TempDir(), "run")
	if err := os.Mkdir(run, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_RUNTIME_DIR", run)
	t.Setenv("DISPLAY", "")
	settings := filepath.Join(run, "bus.conf")
	if err := os.WriteFile(settings, []byte(fmt.Sprintf(busSettings, run)), 0o600); err != nil {
		t.Fatal(err)
	}
	bus := exec.Command("dbus-daemon", "--config-file="+settings, "--nofork", "--print-address=1")
	out, err := bus.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	Start(t, bus)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", strings.TrimSpace(line))
}

// Start runs a program until the test ends.
func Start(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatalf("%s could not be started: %v. Install dbus-daemon and gnome-keyring", cmd.Path, err)
	}
	t.Cleanup(func() {
		if err := cmd.Process.Kill(); err == nil {
			_ = cmd.Wait()
		}
	})
}

// Keyring starts a session bus and an unlocked gnome-keyring on it, whose "login" collection is empty. It takes its name on the bus a moment
// later: ask until it answers.
func Keyring(t *testing.T) {
	t.Helper()
	Bus(t)
	daemon := exec.Command("gnome-keyring-daemon", "--unlock", "--components=secrets", "--foreground")
	daemon.Stdin = strings.NewReader("test")
	Start(t, daemon)
}
