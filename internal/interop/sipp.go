package interop

import (
	"embed"
	"slices"
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
	after           func(*bed) // once the script has ended well; may be nil
}

func sippScenarios() (out []Scenario) {
	for _, p := range answering() {
		out = append(out, tested(p, ""))
	}
	for _, p := range slices.Concat(calling(), lasting()) {
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
			if p.script == "uas-redirect" {
				b.b = peers.StartBaresip(b, b.k, peers.BaresipOptions{})
			}
			b.phone("")
		},
		steps: []step{{p.feature, func(b *bed) {
			s := peers.StartSipp(b, b.k, b.port, script(p.script), calls)
			p.drive(b)
			s.Well()
			if p.after != nil {
				p.after(b)
			}
			b.d.Idle()
		}}},
	}
}

// lasting are the plays of what keeps a call alive, and of answers that are confirmed.
func lasting() []play {
	return []play{
		{script: "uac-timer", feature: "session timer: 422 for 30 s, then refreshed by us after 45 s", drive: func(b *bed) {
			answer(b)
			b.d.Phase(call.Active)
			b.d.Hears(peers.Tone)
		}},
		{script: "uac-prack", feature: "PRACK for our ringing (Require: 100rel)", drive: func(b *bed) {
			b.d.Phase(call.Offered)
			time.Sleep(500 * time.Millisecond) // an agent is not quicker, and the PRACK is on its way
			answer(b)
			b.d.Phase(call.Active)
			b.d.Hears(peers.Tone)
		}},
		{script: "uac-info", feature: "a digit by INFO, theirs", drive: func(b *bed) {
			answer(b)
			b.d.Call("told the digit", func(c call.Call) bool { return c.Received == "5" })
		}},
	}
}

// answering are the calls of the phone's to a script.
func answering() []play {
	return []play{
		{script: "uas-early", feature: "early media (183), heard before the answer", quick: true, drive: func(b *bed) {
			dial(b)
			b.d.Call("early media", func(c call.Call) bool { return c.EarlyMedia && c.Phase < call.Active })
			b.d.Hears(peers.SippTone)
			b.d.Phase(call.Active)
			hangup(b)
		}},
		{script: "uas-slow", feature: "an answer after 10 s, the first word after 2 s", drive: talk},
		{script: "uas-again", feature: "our ACK is lost twice: one for each 200, one call", drive: talk},
		{script: "uas-busy", feature: "486: busy", drive: func(b *bed) {
			dial(b)
			if s := b.d.Idle(); s.Last.Reason.Cause != call.Busy {
				b.Errorf("%+v", s.Last.Reason)
			}
		}},
		{script: "uas-redirect", feature: "302 followed: another phone answers", drive: dial, after: func(b *bed) {
			b.b.Event("CALL_ESTABLISHED")
			b.d.Phase(call.Active)
			b.d.Hears(peers.BaresipTone)
			b.b.Hears(peers.Tone)
			hangup(b)
		}},
		{script: "uas-422", feature: "session timer: 422, then as long as they want", drive: talk},
		{script: "uas-timer", feature: "session timer: refreshed by us after 45 s", drive: func(b *bed) {
			dial(b)
			b.d.Phase(call.Active)
			b.k.AskedFor(80*time.Second, "a refresh", func() bool { return b.k.Seen("seen UPDATE of 1001")+b.k.Seen("seen INVITE of 1001") > 2 })
			time.Sleep(time.Second)
			b.d.Hears(peers.Tone)
			hangup(b)
		}},
		{script: "uas-prack", feature: "PRACK for their ringing (183, Require: 100rel)", drive: talk},
		{script: "uas-cancelled", feature: "given up while it rings: CANCEL", drive: func(b *bed) {
			dial(b)
			b.d.Phase(call.Ringing)
			hangup(b)
		}},
	}
}

// calling are the calls of a script to the phone.
func calling() []play {
	return []play{
		{script: "uac-reinvite", feature: "re-INVITE: held by sendonly and by 0.0.0.0, taken back at another port", quick: true, drive: func(b *bed) {
			answer(b)
			b.d.Hears(peers.Tone)
			for range 2 {
				b.d.Call("held", func(c call.Call) bool { return c.RemoteHeld })
				b.d.Call("taken back", func(c call.Call) bool { return !c.RemoteHeld })
			}
			b.d.Hears(peers.Tone)
			b.d.Idle()
		}},
		{script: "uac-lost-ack", feature: "the ACK is lost twice: 200 repeated, one call", drive: answered},
		{script: "uac-no-ack", feature: "no ACK ever comes: hung up with BYE", drive: answer},
		{script: "uac-delayed", feature: "an offer in our 200, the answer in the ACK", drive: answered},
		{script: "uac-cancelled", feature: "the caller gives up: 487, missed", drive: func(b *bed) {
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
