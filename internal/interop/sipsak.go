package interop

import (
	"fmt"
	"strings"

	"sidetone/internal/call"
	"sidetone/internal/peers"
	"sidetone/internal/phone"
)

func sipsakScenarios() []Scenario {
	return []Scenario{
		{
			Peer: "sipsak", Transport: "udp", Keying: "-", Quick: true,
			setup: func(b *bed) {
				b.k = peers.StartKamailio(b)
				b.phone("")
			},
			steps: []step{
				{"OPTIONS ping, through kamailio", func(b *bed) { sipsak(b, "-s", "sip:1001@"+b.k.Addr) }},
				{"another device's registration is left alone (usrloc)", besideAnother},
			},
		},
		{
			Peer: "sipsak", Transport: "udp", Keying: "none",
			setup: func(b *bed) {
				b.k = peers.StartKamailio(b)
				b.b = peers.StartBaresip(b, b.k, peers.BaresipOptions{})
				b.phone("")
			},
			steps: []step{{"flood: 20,000 OPTIONS through kamailio in a call", flooded}, {"random: 200 broken requests at the phone itself in a call", shaken}},
		},
	}
}

func sipsak(b *bed, args ...string) {
	b.Helper()
	if said, well := peers.Run(b, "sipsak", append([]string{"-vv"}, args...)...); !well {
		b.Errorf("sipsak %s did not end well: %s", strings.Join(args, " "), said)
	}
}

// besideAnother registers a second device of the user, ends the phone, and finds the other still there.
func besideAnother(b *bed) {
	sipsak(b, "-U", "-C", fmt.Sprintf("sip:1001@127.0.0.1:%d", peers.FreePort(b)), "-x", "600", "-a", "secret-1001", "-s", "sip:1001@"+b.k.Addr)
	b.d.Do(phone.Command{Do: phone.Reregister})
	b.d.Ready()
	b.d.Stop()
	if !b.k.Knows("1001") {
		b.Error("nobody is registered any more")
	}
}

func flooded(b *bed) {
	callToBaresip(b)
	before := len(peers.GrowingWAV(b, b.d.Heard()))
	sipsak(b, "-F", "-e", "20000", "-s", "sip:1001@"+b.k.Addr)
	talksStill(b, before)
}

// shaken has sipsak send what is no SIP any more to the phone's own port, from an address that is no server's.
func shaken(b *bed) {
	before := len(peers.GrowingWAV(b, b.d.Heard()))
	at := b.d.Trace()[0].Local
	said, _ := peers.Run(b, "sipsak", "-R", "-t", "200", "-s", fmt.Sprintf("sip:1001@%s", at)) // it gives up when nobody answers
	b.Log(said)
	talksStill(b, before)
}

// talksStill listens to the call that is on, and to what it was like since before.
func talksStill(b *bed, before int) {
	b.Helper()
	b.d.Hears(peers.BaresipTone)
	b.b.Hears(peers.Tone)
	if gap := peers.Gap(peers.GrowingWAV(b, b.d.Heard())[before:], peers.Rate); gap.Milliseconds() > 200 {
		b.Errorf("the sound was away for %s", gap)
	}
	b.d.Call("the call alone", func(c call.Call) bool { return c.Phase == call.Active && c.Remote.Number == "1002" })
}
