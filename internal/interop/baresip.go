package interop

import (
	"slices"
	"strings"

	"sidetone/internal/call"
	"sidetone/internal/peers"
	"sidetone/internal/phone"
)

func baresipScenarios() (out []Scenario) {
	for _, transport := range []string{"udp", "tcp", "tls", "wss"} {
		start := func(manual bool) func(*bed) {
			return func(b *bed) {
				theirs := transport
				if theirs == "wss" {
					theirs = "udp"
				}
				b.k = peers.StartKamailio(b)
				b.b = peers.StartBaresip(b, b.k, peers.BaresipOptions{Manual: manual, Transport: theirs})
				b.phone(b.k.Over(transport))
			}
		}
		out = append(out, Scenario{
			Peer: "baresip", Transport: transport, Keying: "none", Quick: transport == "udp", setup: start(false),
			steps: []step{
				{"call out", callToBaresip}, {"digits by RFC 4733, ours", digitsToBaresip}, {"hold and resume, ours", holdAndResume},
				{"sound both ways after it", echoed}, {"end, ours", endedByUs},
			},
		}, Scenario{
			Peer: "baresip", Transport: transport, Keying: "none", Quick: transport == "tls", setup: start(true),
			steps: []step{
				{"call in", callFromBaresip}, {"digits by RFC 4733, theirs", digitsFromBaresip},
				{"hold and resume, theirs", heldByBaresip}, {"end, theirs", endedByBaresip}, {"a call to the phone after its end finds nobody", nobodyThere},
			},
		})
	}
	return slices.Concat(out, passingOn())
}

// passingOn are the transfers.
func passingOn() (out []Scenario) {
	for _, transport := range []string{"udp", "wss"} {
		out = append(out, Scenario{
			Peer: "baresip", Transport: transport, Keying: "none",
			setup: func(b *bed) {
				b.k = peers.StartKamailio(b)
				b.b = peers.StartBaresip(b, b.k, peers.BaresipOptions{})
				b.c = peers.StartBaresip(b, b.k, peers.BaresipOptions{User: "1004"})
				b.phone(b.k.Over(transport))
			},
			steps: []step{{"call out, to be passed on", callToBaresip}, {"blind transfer, ours, to another baresip", transferred}},
		})
	}
	return out
}

func callToBaresip(b *bed) {
	b.d.Do(phone.Command{Do: phone.Dial, Number: "1002"})
	if b.b.Manual {
		b.b.Event("CALL_INCOMING")
		b.b.Do("accept", "")
	}
	b.d.Phase(call.Active)
	b.b.Event("CALL_ESTABLISHED")
	b.b.Hears(peers.Tone)
	b.d.Hears(peers.BaresipTone)
}

func callFromBaresip(b *bed) {
	b.b.Call("1001")
	if s := b.d.Phase(call.Offered); s.Calls[0].Direction != call.Incoming || s.Calls[0].Remote.Number != "1002" {
		b.Errorf("%+v", s.Calls[0])
	}
	b.b.Event("CALL_RINGING")
	b.d.Do(phone.Command{Do: phone.Answer})
	b.d.Phase(call.Active)
	b.b.Event("CALL_ESTABLISHED")
	b.b.Hears(peers.Tone)
	b.d.Hears(peers.BaresipTone)
}

func digitsToBaresip(b *bed) {
	b.d.Do(phone.Command{Do: phone.Digits, Digits: "42#"})
	for _, want := range "42#" {
		if e := b.b.Event("CALL_DTMF_START"); e.Param != string(want) {
			b.Errorf("baresip got the digit %q, want %q", e.Param, want)
		}
	}
}

func digitsFromBaresip(b *bed) {
	b.b.Do("sndcode", "7")
	b.d.Call("told the digit", func(c call.Call) bool { return c.Received == "7" })
}

// holdAndResume changes the call by two re-INVITEs through kamailio.
func holdAndResume(b *bed) {
	before := b.k.Seen("seen INVITE of 1001")
	b.d.Do(phone.Command{Do: phone.Hold})
	b.d.Call("held", func(c call.Call) bool { return c.Held && c.Pending == call.Settled })
	b.d.HearsNothing()
	b.d.Do(phone.Command{Do: phone.Resume})
	b.d.Call("resumed", func(c call.Call) bool { return !c.Held && c.Pending == call.Settled })
	if n := b.k.Seen("seen INVITE of 1001") - before; n != 2 {
		b.Errorf("%d INVITE went through kamailio for hold and resume", n)
	}
	if b.b != nil {
		b.d.Hears(peers.BaresipTone)
	}
}

// echoed proves both ways at once: once it was held, baresip 1.0 no longer writes down what it hears, but it plays it still.
func echoed(b *bed) {
	b.b.Echo()
	b.d.Hears(peers.Tone)
}

func heldByBaresip(b *bed) {
	b.b.Do("hold", "")
	b.d.Call("held by baresip", func(c call.Call) bool { return c.RemoteHeld })
	b.b.Do("resume", "")
	b.d.Call("resumed by baresip", func(c call.Call) bool { return !c.RemoteHeld })
	b.d.Hears(peers.BaresipTone)
}

// transferred passes the call on: the two others talk to each other, and the call is over here.
func transferred(b *bed) {
	b.d.Do(phone.Command{Do: phone.Transfer, Number: "1004"})
	b.c.Event("CALL_ESTABLISHED")
	ended(b, call.Transferred)
	b.c.Hears(peers.BaresipTone)
}

func endedByUs(b *bed) {
	b.d.Do(phone.Command{Do: phone.Hangup})
	b.b.Event("CALL_CLOSED")
	ended(b, call.Completed)
}

func endedByBaresip(b *bed) {
	b.b.Do("hangup", "")
	ended(b, call.RemoteHangup)
	b.b.Event("CALL_CLOSED")
}

// ended waits for the end and looks at what the journal says.
func ended(b *bed, cause call.Cause) {
	b.Helper()
	if s := b.d.Idle(); s.Last.Reason.Cause != cause {
		b.Errorf("the call ended with %+v, want %s", s.Last.Reason, cause)
	}
	if c := history(b); c.AnsweredAt.IsZero() || c.Remote.Number == "" {
		b.Errorf("the journal has %+v", c)
	}
}

func nobodyThere(b *bed) {
	b.d.Stop()
	b.b.Call("1001")
	if e := b.b.Event("CALL_CLOSED"); !strings.Contains(e.Param, "404") {
		b.Errorf("it ended with %q", e.Param)
	}
}
