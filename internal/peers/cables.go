package peers

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

// isolated says that this process has a network of its own.
const isolated = "SIDETONE_OWN_NETWORK"

// Isolate runs this program again, with the same arguments, in a network of its own, which needs no rights on a machine that allows
// user namespaces. It reports true where this process is that one already; otherwise it returns once the other has ended.
func Isolate(ctx context.Context) (here bool, err error) {
	if os.Getenv(isolated) != "" {
		return true, nil
	}
	self, err := os.Executable()
	if err != nil {
		return false, err
	}
	cmd := exec.CommandContext(ctx, "unshare", append([]string{"--user", "--map-root-user", "--net", "--", self}, os.Args[1:]...)...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.Env = append(os.Environ(), isolated+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	return false, cmd.Run()
}

// ServersAt is the servers' address, behind either cable.
const ServersAt = "10.91.9.1"

// Cables are what a laptop is plugged into: it has one address on each.
type Cables struct {
	t   T
	pid string // of the process that holds the phone's namespace
}

func (c *Cables) run(args ...string) {
	c.t.Helper()
	if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
		c.t.Fatalf("%s: %v %s", strings.Join(args, " "), err, out)
	}
}

func (c *Cables) there(args ...string) { c.t.Helper(); c.run(append(c.Within(), args...)...) }

// Within runs a command where the phone is.
func (c *Cables) Within() []string { return []string{"nsenter", "--target", c.pid, "--net", "--"} }

// NewCables makes a namespace for the phone, joined to this one by two cables. This process must own its network namespace.
func NewCables(t T) *Cables {
	t.Helper()
	hold := Start(t, "unshare", "--net", "--", "sleep", "infinity")
	c := &Cables{t: t, pid: fmt.Sprint(hold.cmd.Process.Pid)}
	ours, err := os.Readlink("/proc/self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	hold.Asked("in a namespace", func() bool {
		theirs, err := os.Readlink("/proc/" + c.pid + "/ns/net")
		return err == nil && theirs != ours
	})
	LoopbackUp(t)
	c.run("ip", "addr", "add", ServersAt+"/32", "dev", "lo")
	c.there("ip", "link", "set", "lo", "up")
	for _, n := range []string{"1", "2"} {
		c.run("ip", "link", "add", "name", "wall"+n, "type", "veth", "peer", "name", "plug"+n)
		c.run("ip", "link", "set", "plug"+n, "netns", c.pid)
		c.run("ip", "addr", "add", "10.91."+n+".1/24", "dev", "wall"+n)
		c.run("ip", "link", "set", "wall"+n, "up")
	}
	return c
}

// LoopbackUp brings the loopback of a new namespace up.
func LoopbackUp(t T) {
	t.Helper()
	if out, err := exec.Command("ip", "link", "set", "lo", "up").CombinedOutput(); err != nil {
		t.Fatalf("the loopback does not come up: %v %s", err, out)
	}
}

// Plug puts the laptop on a cable and takes it off the other.
func (c *Cables) Plug(n, off string) {
	c.t.Helper()
	if off != "" {
		c.there("ip", "link", "set", "plug"+off, "down")
		c.there("ip", "addr", "flush", "dev", "plug"+off)
	}
	c.there("ip", "addr", "add", "10.91."+n+".2/24", "dev", "plug"+n)
	c.there("ip", "link", "set", "plug"+n, "up")
	c.there("ip", "route", "add", "default", "via", "10.91."+n+".1")
}
