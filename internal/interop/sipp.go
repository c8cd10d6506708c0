package interop

import (
	"embed"
	"time"

	"sidetone/internal/call"
	"sidetone/internal/peers"
	"sidetone/internal/phone"
)

//go:embed testdata/*.xml
var scripts embed.FS

// script reads a scenario.
func script(name string) string {
	b, err := scripts.ReadFile("testdata/" + name + ".xml")
	if err != nil {
		return err.Error() // sipp says so
	}
	return string(b)
}

// play is a script and what the phone is told meanwhile.
type play struct {
	script, feature string
	quick           bool
	drive           func(*bed)
}

func sippScenarios() (out []Scenario) {
	for _, p := range answering() {
		out = append(out, tested(p, ""))
	}
	for _, p := range calling() {
		out = append(out, tested(p, "1001"))
	}
	return out
}

func tested(p play, calls string) Scenario {
	return Scenario{
		Peer: "sipp", Transport: "udp", Keying: "none", Quick: p.quick,
		setup: func(b *bed) {
			b.port = peers.FreePort(b)
			with := []peers.With{peers.Testers(b.port)}
			if p.script == "uas-again" {
				with = append(with, peers.LosesACKs)
			}
			b.k = peers.StartKamailio(b, with...)
			b.phone("")
		},
		steps: []step{{p.feature, func(b *bed) {
			s := peers.StartSipp(b, b.k, b.port, script(p.script), calls)
			p.drive(b)
			s.Well()
			b.d.Idle()
		}}},
	}
}

// answering are the calls of the phone's to a script.
func answering() []play {
	return []play{
		{"uas-early", "early media (183), heard before the answer", true, func(b *bed) {
			dial(b)
			b.d.Call("early media", func(c call.Call) bool { return c.EarlyMedia && c.Phase < call.Active })
			b.d.Hears(peers.SippTone)
			b.d.Phase(call.Active)
			hangup(b)
		}},
		{"uas-slow", "an answer after 10 s, the first word after 2 s", false, talk},
		{"uas-again", "our ACK is lost twice: one for each 200, one call", false, talk},
		{"uas-busy", "486: busy", false, func(b *bed) {
			dial(b)
			if s := b.d.Idle(); s.Last.Reason.Cause != call.Busy {
				b.Errorf("%+v", s.Last.Reason)
			}
		}},
		{"uas-cancelled", "given up while it rings: CANCEL", false, func(b *bed) {
			dial(b)
			b.d.Phase(call.Ringing)
			hangup(b)
		}},
	}
}

// calling are the calls of a script to the phone.
func calling() []play {
	return []play{
		{"uac-reinvite", "re-INVITE: held by sendonly and by 0.0.0.0, taken back at another port", true, func(b *bed) {
			answer(b)
			b.d.Hears(peers.Tone)
			for range 2 {
				b.d.Call("held", func(c call.Call) bool { return c.RemoteHeld })
				b.d.Call("taken back", func(c call.Call) bool { return !c.RemoteHeld })
			}
			b.d.Hears(peers.Tone)
			b.d.Idle()
		}},
		{"uac-lost-ack", "the ACK is lost twice: 200 repeated, one call", false, answered},
		{"uac-no-ack", "no ACK ever comes: hung up with BYE", false, answer},
		{"uac-delayed", "an offer in our 200, the answer in the ACK", false, answered},
		{"uac-cancelled", "the caller gives up: 487, missed", false, func(b *bed) {
			b.d.Phase(call.Offered)
			if s := b.d.Idle(); !s.Last.Missed() {
				b.Errorf("%+v", s.Last)
			}
		}},
	}
}

func dial(b *bed) {
	b.Helper()
	b.d.Do(phone.Command{Do: phone.Dial, Number: "2000"})
}

func answer(b *bed) {
	b.Helper()
	b.d.Phase(call.Offered)
	b.d.Do(phone.Command{Do: phone.Answer})
}

func hangup(b *bed) {
	b.Helper()
	b.d.Do(phone.Command{Do: phone.Hangup})
}

// talk is a whole call of ours: sipp sends back what it hears.
func talk(b *bed) {
	b.Helper()
	dial(b)
	b.d.Phase(call.Active)
	b.d.Hears(peers.Tone)
	time.Sleep(3 * time.Second) // the script repeats itself for two
	if n := len(b.d.Now().Calls); n != 1 {
		b.Errorf("%d calls", n)
	}
	hangup(b)
}

// answered is a whole call of the script's, which hangs up.
func answered(b *bed) {
	b.Helper()
	answer(b)
	b.d.Phase(call.Active)
	b.d.Hears(peers.Tone)
	if s := b.d.Idle(); s.Last.Reason.Cause != call.RemoteHangup {
		b.Errorf("%+v", s.Last.Reason)
	}
}
