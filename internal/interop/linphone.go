package interop

import (
	"sidetone/internal/call"
	"sidetone/internal/peers"
	"sidetone/internal/phone"
)

func linphoneScenarios() (out []Scenario) {
	for _, transport := range []string{"udp", "tcp", "tls"} {
		out = append(out, Scenario{
			Peer: "linphonec", Transport: transport, Keying: "none", Quick: transport == "udp",
			setup: func(b *bed) { withLinphone(b, peers.LinphoneOptions{Transport: transport}) },
			steps: []step{
				{"call in", callFromLinphone}, {"digits by RFC 4733, theirs", digitsFromLinphone}, {"hold and resume, theirs", heldByLinphone},
				{"hold and resume, ours", holdAndResume}, {"end, theirs", endedByLinphone}, {"our sound, at their end", func(b *bed) { b.l.Heard(peers.Tone) }},
			},
		}, Scenario{
			Peer: "linphonec", Transport: transport, Keying: "none",
			setup: func(b *bed) { withLinphone(b, peers.LinphoneOptions{Transport: transport, Auto: true}) },
			steps: []step{{"call out", callToLinphone}, {"digits by RFC 4733, ours", digitsToLinphone}, {"end, ours", linphoneEndedByUs}, {"our sound, at their end", func(b *bed) { b.l.Heard(peers.Tone) }}},
		})
	}
	out = append(out, Scenario{
		Peer: "linphonec", Transport: "udp", Keying: "none",
		setup: func(b *bed) { withLinphone(b, peers.LinphoneOptions{Info: true}) },
		steps: []step{{"call in, with digits by INFO", callFromLinphone}, {"digits by INFO, theirs", func(b *bed) {
			digitsFromLinphone(b)
			if b.k.Seen("seen INFO of 1003") == 0 {
				b.Error("the digit did not come in INFO")
			}
		}}, {"end, theirs", endedByLinphone}},
	})
	return out
}

func withLinphone(b *bed, o peers.LinphoneOptions) {
	b.k = peers.StartKamailio(b)
	b.l = peers.StartLinphone(b, b.k, o)
	b.phone(b.k.Over(b.transport))
}

func callFromLinphone(b *bed) {
	b.l.Do("call sip:1001@" + b.k.IP)
	if s := b.d.Phase(call.Offered); s.Calls[0].Direction != call.Incoming || s.Calls[0].Remote.Number != "1003" {
		b.Errorf("%+v", s.Calls[0])
	}
	b.l.Says("ringing")
	b.d.Do(phone.Command{Do: phone.Answer})
	b.d.Phase(call.Active)
	b.l.Says("connected")
	b.d.Hears(peers.LinphoneTone)
}

func callToLinphone(b *bed) {
	b.d.Do(phone.Command{Do: phone.Dial, Number: "1003"})
	b.d.Phase(call.Active)
	b.l.Says("connected")
	b.d.Hears(peers.LinphoneTone)
}

func digitsFromLinphone(b *bed) {
	b.l.Do("5")
	b.d.Call("told the digit", func(c call.Call) bool { return c.Received == "5" })
}

func digitsToLinphone(b *bed) {
	b.d.Do(phone.Command{Do: phone.Digits, Digits: "42"})
	b.l.Says("Receiving tone 4")
	b.l.Says("Receiving tone 2")
}

func heldByLinphone(b *bed) {
	b.l.Do("pause")
	b.d.Call("held by linphonec", func(c call.Call) bool { return c.RemoteHeld })
	b.l.Says("is now paused")
	b.l.Do("resume")
	b.d.Call("resumed by linphonec", func(c call.Call) bool { return !c.RemoteHeld })
	b.l.Says("Media streams established")
	b.d.Hears(peers.LinphoneTone)
}

func endedByLinphone(b *bed) {
	b.l.Do("terminate")
	ended(b, call.RemoteHangup)
	b.l.Says("ended")
}

func linphoneEndedByUs(b *bed) {
	b.d.Do(phone.Command{Do: phone.Hangup})
	b.l.Says("ended")
	ended(b, call.Completed)
}
