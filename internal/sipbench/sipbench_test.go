package sipbench

import (
	"net/netip"
	"strings"
	"testing"
	"time"
)

func TestSeen(t *testing.T) {
	server, phone, tester := netip.MustParseAddrPort("127.0.0.1:5060"), netip.MustParseAddrPort("127.0.0.1:6000"), netip.MustParseAddrPort("127.0.0.1:7000")
	s := newSeen(server, tester)
	now := time.Unix(1000, 0)
	say := func(from, to netip.AddrPort, line, id, cseq string) {
		now = now.Add(time.Millisecond)
		s.see(datagram{now, from, to, line + "\r\ncall-id : " + id + "\r\nCSeq: " + cseq + "\r\n\r\nv=0"})
	}
	say(tester, server, "SIP/2.0 200 OK", "r", "1 REGISTER")
	say(server, tester, "SIP/2.0 200 OK", "r", "1 REGISTER")
	say(server, phone, "SIP/2.0 401 Unauthorized", "r", "1 REGISTER")
	if !s.registered.IsZero() {
		t.Error("somebody else is registered")
	}
	say(server, phone, "SIP/2.0 200 OK", "r", "2 REGISTER")
	at := now
	say(server, phone, "SIP/2.0 200 OK", "r", "3 REGISTER")
	if s.registered != at {
		t.Errorf("registered at %s", s.registered)
	}
	say(tester, server, "INVITE sip:1001@x SIP/2.0", "a", "1 INVITE")
	say(server, phone, "INVITE sip:1001@x SIP/2.0", "a", "1 INVITE")
	asked := now
	say(server, phone, "INVITE sip:1001@x SIP/2.0", "a", "1 INVITE") // again
	say(phone, server, "SIP/2.0 180 Ringing", "a", "1 INVITE")
	say(phone, server, "SIP/2.0 200 OK", "a", "1 INVITE")
	say(server, tester, "SIP/2.0 200 OK", "a", "1 INVITE")
	say(phone, server, "SIP/2.0 200 OK", "other", "1 INVITE")
	c := s.calls["a"]
	if len(s.order) != 1 || c.asked != asked || c.ringing.Sub(asked) != 2*time.Millisecond || c.answered.Sub(asked) != 3*time.Millisecond {
		t.Errorf("%v %+v", s.order, c)
	}
	if s.wait(func() bool { return false }, time.Millisecond) || !s.wait(func() bool { return true }, time.Millisecond) {
		t.Error("wait")
	}
	if s.forget(); !s.registered.IsZero() || len(s.calls) != 0 {
		t.Error("not forgotten")
	}
}

func TestFigures(t *testing.T) {
	var r Result
	for i := range 100 {
		r.add("sidetoned", Answered, time.Duration(i+1)*time.Millisecond)
		r.add("baresip", Answered, time.Duration(i+1)*2*time.Millisecond)
	}
	r.add("baresip", Rang, time.Millisecond)
	r.sum()
	if f, ok := r.of("baresip", Answered); !ok || f.P50 != 100 || f.P99 != 198 || f.Count != 100 {
		t.Errorf("%+v", f)
	}
	if len(r.Behind()) != 0 || !strings.Contains(r.String(), "met") {
		t.Error(r)
	}
	r = Result{}
	r.add("sidetoned", Answered, 2*time.Millisecond)
	r.add("linphonec", Answered, time.Millisecond)
	r.sum()
	if b := r.Behind(); len(b) != 2 || !strings.Contains(r.String(), "missed") || !strings.Contains(b[0], "linphonec 1.0 ms") {
		t.Error(r)
	}
}
