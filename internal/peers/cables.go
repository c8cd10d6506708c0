package peers

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
)

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
	c.run("ip", "link", "set", "lo", "up")
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
