package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"sidetone/internal/audio"
	"sidetone/internal/phone"
)

// The phone's network namespace and the servers', joined by two cables. The servers have one address, behind either.
const (
	inNamespace = "SIDETONE_TEST_NETWORK"
	serversAt   = "10.91.9.1"
)

// cables are what a laptop is plugged into: it has one address on each.
type cables struct {
	t   *testing.T
	pid string // of the process that holds the phone's namespace
}

// namespaced runs the test again in a network of its own, which needs no rights on a machine that allows user namespaces, and
// reports whether it is there already.
func namespaced(t *testing.T) bool {
	t.Helper()
	if os.Getenv(inNamespace) != "" {
		return true
	}
	if out, err := exec.Command(installed(t, "unshare"), "--user", "--map-root-user", "--net", "--", "ip", "link", "set", "lo", "up").CombinedOutput(); err != nil {
		t.Skipf("this machine allows no network of one's own: %v %s", err, out)
	}
	cmd := exec.Command(installed(t, "unshare"), "--user", "--map-root-user", "--net", "--", os.Args[0], "-test.run", "^"+t.Name()+"$", "-test.v", "-test.timeout", "4m")
	cmd.Env = append(os.Environ(), inNamespace+"=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("in a network of its own: %v\n%s", err, out)
	}
	if !strings.Contains(string(out), "without sound for") {
		t.Fatalf("in a network of its own nothing was measured:\n%s", out)
	}
	for line := range strings.SplitSeq(string(out), "\n") {
		if strings.Contains(line, "without sound for") {
			t.Log(strings.TrimSpace(line))
		}
	}
	return false
}

func (c *cables) run(args ...string) {
	c.t.Helper()
	if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
		c.t.Fatalf("%s: %v %s", strings.Join(args, " "), err, out)
	}
}

func (c *cables) there(args ...string) { c.t.Helper(); c.run(append(c.within(), args...)...) }

// within runs a command where the phone is.
func (c *cables) within() []string { return []string{"nsenter", "--target", c.pid, "--net", "--"} }

func newCables(t *testing.T) *cables {
	t.Helper()
	hold := exec.Command("unshare", "--net", "--", "sleep", "600")
	hold.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := hold.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = hold.Process.Kill(); _ = hold.Wait() })
	c := &cables{t: t, pid: fmt.Sprint(hold.Process.Pid)}
	ours, err := os.Readlink("/proc/self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	for limit := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) { // unshare can only be asked
		if theirs, err := os.Readlink("/proc/" + c.pid + "/ns/net"); err == nil && theirs != ours {
			break
		}
		if time.Now().After(limit) {
			t.Fatal("no namespace for the phone")
		}
	}
	c.run("ip", "link", "set", "lo", "up")
	c.run("ip", "addr", "add", serversAt+"/32", "dev", "lo")
	c.there("ip", "link", "set", "lo", "up")
	for _, n := range []string{"1", "2"} {
		c.run("ip", "link", "add", "name", "wall"+n, "type", "veth", "peer", "name", "plug"+n)
		c.run("ip", "link", "set", "plug"+n, "netns", c.pid)
		c.run("ip", "addr", "add", "10.91."+n+".1/24", "dev", "wall"+n)
		c.run("ip", "link", "set", "wall"+n, "up")
	}
	return c
}

// plug puts the laptop on a cable and takes it off the other.
func (c *cables) plug(n, off string) {
	c.t.Helper()
	if off != "" {
		c.there("ip", "link", "set", "plug"+off, "down")
		c.there("ip", "addr", "flush", "dev", "plug"+off)
	}
	c.there("ip", "addr", "add", "10.91."+n+".2/24", "dev", "plug"+n)
	c.there("ip", "link", "set", "plug"+n, "up")
	c.there("ip", "route", "add", "default", "via", "10.91."+n+".1")
}

// TestNetworkChangesInACall takes the phone off one cable and puts it on another, there and back, while it talks: the call stays and
// its sound comes back, at both ends.
func TestNetworkChangesInACall(t *testing.T) {
	for _, transport := range []string{"udp", "tcp", "tls"} {
		t.Run(transport, func(t *testing.T) {
			installed(t, "baresip")
			if namespaced(t) {
				changeNetworks(t, transport)
			}
		})
	}
}

func changeNetworks(t *testing.T, transport string) {
	c := newCables(t)
	c.plug("1", "")
	k := startKamailioAt(t, serversAt)
	b := startBaresip(t, k, "auto")
	dir := t.TempDir()
	settings := fmt.Sprintf("[bridge]\noff = true\n[[account]]\nid = \"main\"\naddress = \"sip:1001@%s\"\n%s", k.addr, k.over(transport))
	if err := os.WriteFile(filepath.Join(dir, "config.toml"), []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	d := startWithin(t, c.within(), dir, "secret-1001")
	d.ready()
	d.do(phone.Command{Do: phone.Dial, Number: "1002"})
	b.event("CALL_ESTABLISHED")
	b.hears(t, 440)
	d.hears(t, baresipTone)
	for _, move := range [][2]string{{"2", "1"}, {"1", "2"}} {
		before := len(growingWAV(t, d.heard()))
		c.plug(move[0], move[1])
		d.hears(t, baresipTone)
		b.hears(t, 440)
		t.Logf("over %s: without sound for %s", transport, gap(growingWAV(t, d.heard())[before:]))
	}
	d.do(phone.Command{Do: phone.Hangup})
	b.event("CALL_CLOSED")
	d.idle()
	d.stop()
}

// gap is the longest time without a tone in what was heard.
func gap(pcm []int16) time.Duration {
	const piece = audio.Rate / 50
	longest, now := 0, 0
	for ; len(pcm) >= piece; pcm = pcm[piece:] {
		if now++; power(pcm[:piece])/piece > 1000 {
			now = 0
		}
		longest = max(longest, now)
	}
	return time.Duration(longest) * 20 * time.Millisecond
}
