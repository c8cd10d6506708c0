// Package peers runs programs that are not ours — SIP servers, phones and testers from Debian — with the headless phone among them.
//
// Whatever fails says so to a T and goes no further, as in a test. What was started ends when the T does.
package peers

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// T is what runs the programs: a *testing.T, or anything else that can be failed from outside of a test.
type T interface {
	Helper()
	Context() context.Context
	TempDir() string
	Cleanup(func())
	Failed() bool
	Log(...any)
	Logf(string, ...any)
	Error(...any)
	Errorf(string, ...any)
	Fatal(...any)          // does not return
	Fatalf(string, ...any) // does not return
}

// patience is how long a program may take for anything.
const patience = 30 * time.Second

// Program is a running program in a process group of its own, its words in a file.
type Program struct {
	t     T
	name  string
	cmd   *exec.Cmd
	log   string
	ended chan struct{}
}

// Installed finds a program. There is no skipping: a machine that tests the phone has it, scripts/setup installs it.
func Installed(t T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		path, err = exec.LookPath(filepath.Join("/usr/sbin", name)) // not in everyone's PATH
	}
	if err != nil {
		t.Fatalf("%s is missing: run scripts/setup.", name)
	}
	return path
}

// Start runs a program until the test is over. It does not outlive this process either.
func Start(t T, name string, args ...string) *Program {
	t.Helper()
	return start(t, exec.Command(Installed(t, name), args...))
}

func start(t T, cmd *exec.Cmd) *Program {
	t.Helper()
	name := filepath.Base(cmd.Path)
	p := &Program{t: t, name: name, cmd: cmd, log: filepath.Join(t.TempDir(), name+".log"), ended: make(chan struct{})}
	out, err := os.Create(p.log)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	p.cmd.Stdout, p.cmd.Stderr = out, out
	ownGroup(p.cmd)
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // the kernel ends the program when the thread that started it ends
		defer runtime.UnlockOSThread()
		defer close(p.ended)
		err := p.cmd.Start()
		started <- err
		if err == nil {
			_ = p.cmd.Wait() // how it ends is not ours to judge
		}
	}()
	if err := <-started; err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.End)
	return p
}

// End ends the program and whatever it forked.
func (p *Program) End() {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.t.Error(err)
	}
	select {
	case <-p.ended:
	case <-time.After(5 * time.Second):
		p.t.Logf("%s had to be killed", p.name)
	}
	if err := killGroup(p.cmd.Process.Pid); err != nil {
		p.t.Error(err)
	}
	<-p.ended
	if p.t.Failed() {
		p.t.Logf("%s said:\n%s", p.name, p.Said())
	}
}

// PID is its process.
func (p *Program) PID() int { return p.cmd.Process.Pid }

// Gone reports whether the program has ended.
func (p *Program) Gone() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// Said is all that the program wrote so far.
func (p *Program) Said() string {
	b, err := os.ReadFile(p.log)
	if err != nil {
		p.t.Fatal(err)
	}
	return string(b)
}

// Seen counts how often the program wrote these words.
func (p *Program) Seen(words string) int { return strings.Count(p.Said(), words) }

// Asked polls what can only be asked.
func (p *Program) Asked(what string, ok func() bool) { p.t.Helper(); p.AskedFor(patience, what, ok) }

// AskedFor is Asked with another patience.
func (p *Program) AskedFor(limit time.Duration, what string, ok func() bool) {
	p.t.Helper()
	for began := time.Now(); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Since(began) > limit {
			p.t.Fatalf("%s: never %s", p.name, what)
		}
	}
}

// FreePort is a port of the loopback that UDP and TCP have free. Another program may be quicker: who uses it tries again.
func FreePort(t T) int {
	t.Helper()
	for range 50 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		p, err := net.ListenPacket("udp", l.Addr().String())
		l.Close()
		if err == nil {
			p.Close()
			return l.Addr().(*net.TCPAddr).Port
		}
	}
	t.Fatal("no port is free for UDP and TCP")
	return 0
}

// freePorts is where a range of n ports for sound begins, an even one. Whoever uses them looks for itself which are free.
func freePorts(t T, n int) int {
	t.Helper()
	return min(FreePort(t), 65000-n) &^ 1
}

// write puts files into a folder.
func write(t T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// portRange writes a range as most programs want it.
func portRange(from, n int) string { return fmt.Sprintf("%d-%d", from, from+n) }
