package secret

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// busSettings name no folder of services. A bus that may start services answers the first question by starting a second
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

// privateBus starts a session bus of the test's own and points this process to it.
func privateBus(t *testing.T) {
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
	start(t, bus)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", strings.TrimSpace(line))
}

func start(t *testing.T, cmd *exec.Cmd) {
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

// TestRealKeyring goes through the Secret Service of a real gnome-keyring.
func TestRealKeyring(t *testing.T) {
	privateBus(t)
	daemon := exec.Command("gnome-keyring-daemon", "--unlock", "--components=secrets", "--foreground")
	daemon.Stdin = strings.NewReader("test")
	start(t, daemon)
	var k Keyring
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	// The daemon takes its name on the bus a moment after it starts: ask until it answers.
	for err := k.Set(ctx, "main", "s3cret-ü"); err != nil; err = k.Set(ctx, "main", "s3cret-ü") {
		if ctx.Err() != nil {
			t.Fatal(err)
		}
	}
	if got, err := k.Get(ctx, "main"); err != nil || got != "s3cret-ü" {
		t.Fatalf("%q %v", got, err)
	}
	if _, err := k.Get(ctx, "other"); !errors.Is(err, ErrNone) {
		t.Errorf("an unknown account: %v", err)
	}
	if err := k.Set(ctx, "main", "another"); err != nil {
		t.Fatal(err)
	}
	if got, _ := k.Get(ctx, "main"); got != "another" {
		t.Errorf("%q", got)
	}
	if err := k.Delete(ctx, "main"); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Get(ctx, "main"); !errors.Is(err, ErrNone) {
		t.Errorf("after Delete: %v", err)
	}
}

// TestNoKeyring: a bus without a keyring, a bus that is gone and no bus at all are told from a locked one.
func TestNoKeyring(t *testing.T) {
	for name, arrange := range map[string]func(t *testing.T){
		"nobody on the bus": privateBus,
		"the bus is gone":   func(t *testing.T) { t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+t.TempDir()+"/gone") },
		"no bus": func(t *testing.T) {
			t.Setenv("DBUS_SESSION_BUS_ADDRESS", "")
			t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
		},
	} {
		t.Run(name, func(t *testing.T) {
			arrange(t)
			_, err := Keyring{}.Get(t.Context(), "main")
			if !errors.Is(err, ErrNoKeyring) || strings.Contains(err.Error(), "nlock") {
				t.Errorf("%v", err)
			}
		})
	}
}

// TestSilentBusIsNotWaitedForEver talks to a bus that accepts and never answers.
func TestSilentBusIsNotWaitedForEver(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bus")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+path)
	got := make(chan error, 1)
	go func() {
		_, err := patiently(t.Context(), func() (string, error) {
			c, err := net.Dial("unix", path)
			if err != nil {
				return "", err
			}
			_, err = c.Read(make([]byte, 1)) // as a client of a dead bus does
			return "", err
		})
		got <- err
	}()
	if err := <-got; !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "does not answer") {
		t.Errorf("%v", err)
	}
}
