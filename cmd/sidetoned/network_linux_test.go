package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"sidetone/internal/audio"
	"sidetone/internal/peers"
	"sidetone/internal/phone"
)

// inNamespace says that the test runs in a network of its own.
const inNamespace = "SIDETONE_TEST_NETWORK"

// namespaced runs the test again in a network of its own, which needs no rights on a machine that allows user namespaces, and
// reports whether it is there already.
func namespaced(t *testing.T) bool {
	t.Helper()
	if os.Getenv(inNamespace) != "" {
		return true
	}
	if out, err := exec.Command(peers.Installed(t, "unshare"), "--user", "--map-root-user", "--net", "--", "ip", "link", "set", "lo", "up").CombinedOutput(); err != nil {
		t.Skipf("this machine allows no network of one's own: %v %s", err, out)
	}
	cmd := exec.Command(peers.Installed(t, "unshare"), "--user", "--map-root-user", "--net", "--", os.Args[0], "-test.run", "^"+t.Name()+"$", "-test.v", "-test.timeout", "4m")
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

// TestNetworkChangesInACall takes the phone off one cable and puts it on another, there and back, while it talks: the call stays and
// its sound comes back, at both ends.
func TestNetworkChangesInACall(t *testing.T) {
	for _, transport := range []string{"udp", "tcp", "tls"} {
		t.Run(transport, func(t *testing.T) {
			peers.Installed(t, "baresip")
			if namespaced(t) {
				changeNetworks(t, transport)
			}
		})
	}
}

// TestNetworkChangesUnderSRTP does it with encrypted sound: the keys stay, and so does the count of what was sent under them.
func TestNetworkChangesUnderSRTP(t *testing.T) {
	if !namespaced(t) {
		return
	}
	c := peers.NewCables(t)
	c.Plug("1", "")
	k := peers.StartKamailioAt(t, peers.ServersAt)
	far := colleague(t, k, "1002", "")
	d := newPhone(t, t.TempDir(), "secret-1001")
	d.Within = c.Within()
	d.Configure("1001@"+k.Addr, k.Over("tls")+"[media]\nsrtp = \"sdes\"\n")
	d.Launch()
	d.Ready()
	callTo(t, d, far, "1002")
	far.Hears(peers.Tone)
	d.Hears(tones()["1002"])
	sealed := func() int {
		n := 0
		for _, text := range traces(t, d) {
			n += strings.Count(text, "RTP/SAVP")
		}
		return n
	}
	if sealed() < 2 {
		t.Fatal("the sound is not encrypted")
	}
	for _, move := range [][2]string{{"2", "1"}, {"1", "2"}} {
		before, offers := len(peers.GrowingWAV(t, d.Heard())), sealed()
		c.Plug(move[0], move[1])
		k.Asked("a new offer and its answer", func() bool { return sealed() >= offers+2 })
		d.Hears(tones()["1002"])
		far.Hears(peers.Tone)
		t.Logf("over tls, encrypted: without sound for %s", peers.Gap(peers.GrowingWAV(t, d.Heard())[before:], audio.Rate))
	}
	d.Do(phone.Command{Do: phone.Hangup})
	far.Idle()
	d.Stop()
	far.Stop()
}

func changeNetworks(t *testing.T, transport string) {
	c := peers.NewCables(t)
	c.Plug("1", "")
	k := peers.StartKamailioAt(t, peers.ServersAt)
	b := peers.StartBaresip(t, k, peers.BaresipOptions{})
	d := newPhone(t, t.TempDir(), "secret-1001")
	d.Within = c.Within()
	d.Configure("1001@"+k.Addr, k.Over(transport))
	d.Launch()
	d.Ready()
	d.Do(phone.Command{Do: phone.Dial, Number: "1002"})
	b.Event("CALL_ESTABLISHED")
	b.Hears(440)
	d.Hears(peers.BaresipTone)
	for _, move := range [][2]string{{"2", "1"}, {"1", "2"}} {
		before := len(peers.GrowingWAV(t, d.Heard()))
		c.Plug(move[0], move[1])
		d.Hears(peers.BaresipTone)
		b.Hears(440)
		t.Logf("over %s: without sound for %s", transport, peers.Gap(peers.GrowingWAV(t, d.Heard())[before:], audio.Rate))
	}
	d.Do(phone.Command{Do: phone.Hangup})
	b.Event("CALL_CLOSED")
	d.Idle()
	d.Stop()
}
