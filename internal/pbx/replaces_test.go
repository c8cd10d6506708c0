package pbx

import (
	"testing"

	sipmsg "github.com/emiago/sipgo/sip"

	"sidetone/internal/call"
)

func TestParseReplaces(t *testing.T) {
	for in, want := range map[string]replaces{
		"1@example.com;to-tag=a;from-tag=b":              {callID: "1@example.com", to: "a", from: "b"},
		" 1 ; FROM-TAG=b ;x=y; to-tag=a ;early-only":     {},
		"1;From-Tag=b;x=y;to-tag=a;early-only":           {callID: "1", to: "a", from: "b", earlyOnly: true},
		"1;to-tag=a":                                     {},
		"1;to-tag=a;from-tag=b, 2;to-tag=a;from-tag=b":   {},
		";to-tag=a;from-tag=b":                           {},
		"1;to-tag=a;from-tag=b\r\nRefer-To: <sip:x@y.z>": {},
	} {
		got, ok := parseReplaces(in)
		if ok != (want != replaces{}) || ok && got != want {
			t.Errorf("%q: %+v %v", in, got, ok)
		}
		if again, _ := parseReplaces(got.String()); ok && again != got {
			t.Errorf("%q becomes %+v", got, again)
		}
	}
}

// TestPlaces: what may take the place of which conversation (RFC 3891 §3).
func TestPlaces(t *testing.T) {
	s := &Server{dialogs: map[string]*Leg{}}
	for tag, l := range map[string]*Leg{
		"up": {remoteTag: "b", state: Established}, "sent": {remoteTag: "b", answered: true}, "rings": {remoteTag: "b"},
		"ours": {invite: &sipmsg.Request{}}, "over": {remoteTag: "b", state: Over, answered: true},
	} {
		s.dialogs["1\n"+tag] = l
	}
	for _, c := range []struct {
		r    replaces
		want int
	}{
		{replaces{"1", "up", "b", false}, 0}, {replaces{"1", "sent", "b", false}, 0}, {replaces{"1", "up", "b", true}, 486},
		{replaces{"1", "up", "c", false}, 481}, {replaces{"2", "up", "b", false}, 481}, {replaces{"1", "b", "up", false}, 481},
		{replaces{"1", "rings", "b", false}, 481}, {replaces{"1", "ours", "b", false}, 481}, {replaces{"1", "over", "b", false}, 603},
	} {
		if l, status := s.place(c.r); status != c.want || (l == nil) != (status != 0) {
			t.Errorf("%+v: %d, want %d", c.r, status, c.want)
		}
	}
}

// TestPutThrough: both calls of the phone's are with the lab, and end once it connects them.
func TestPutThrough(t *testing.T) {
	b := newLab(t, func(c *Config) { c.FreeCalls = true })
	p := b.phone("1001", "udp")
	_, one := b.dial(p, "one", "9100")
	_, two := b.dial(p, "two", "+12025550142")
	p.Do(call.Refer{ID: "one", Other: "two"})
	event[call.RemoteEnded](p, "two")
	event[call.TransferDone](p, "one")
	if err := two.Wait(b.ctx, Over); err != nil || one.State() != Established {
		t.Errorf("%v, the first is in %d", err, one.State())
	}
	_, three := b.dial(p, "three", "9101")
	p.Do(call.Refer{ID: "one", Other: "three"})
	event[call.TransferDone](p, "one")
	if err := three.Wait(b.ctx, Over); err != nil {
		t.Error(err)
	}
}

// TestPutThroughToAUser: the lab's party calls the second phone in the place of the first one's call with it.
func TestPutThroughToAUser(t *testing.T) {
	b := newLab(t, func(c *Config) { c.FreeCalls = true })
	one, two := b.phone("1001", "udp"), b.phone("1002", "udp")
	b.dial(one, "lab", "9100")
	one.Do(call.Invite{ID: "them", Account: "a", Target: "1002", SDP: one.sdp("sendrecv")})
	in := next[call.Arrived](two, "call", nil)
	two.Do(call.Accept{ID: in.ID, SDP: two.sdp("sendrecv")})
	event[call.RemoteAnswered](one, "them")
	one.Do(call.Refer{ID: "lab", Other: "them"})
	again := next[call.Arrived](two, "call", nil)
	if again.Replaces != in.ID || again.Remote.Number != "9100" {
		t.Errorf("%+v", again)
	}
	two.Do(call.Accept{ID: again.ID, SDP: two.sdp("sendrecv")})
	event[call.TransferDone](one, "lab")
}
