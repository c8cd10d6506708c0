package sip

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"sidetone/internal/call"
)

// impatient is a phone whose sessions last two seconds.
func impatient(t *testing.T) (*phone, *peer) {
	t.Helper()
	s := newPeer(t)
	p := newPhone(t, func(c *Config) { c.Session = 2 })
	p.Do(call.UseAccounts{Accounts: []call.Account{s.account()}})
	s.reply(s.request(sipmsg.REGISTER), 200, "reg", "Expires: 300")
	p.line(call.LineReady)
	return p, s
}

// timedCall is an outgoing call whose 2xx has these header lines.
func timedCall(t *testing.T, extra ...string) (*phone, *peer, *far) {
	t.Helper()
	p, s := impatient(t)
	p.Do(call.Invite{ID: "c1", Account: "work", Target: "9100", SDP: []byte("v=0 offer")})
	inv := s.request(sipmsg.INVITE)
	s.reply(inv, 200, "far", append(extra, "SDP v=0 answer")...)
	s.request(sipmsg.ACK)
	event[call.RemoteAnswered](p, "c1")
	return p, s, phoneAt(inv, "far")
}

func TestInviteAsksForASessionTimer(t *testing.T) {
	t.Parallel()
	_, s, inv := dialled(t)
	if headerValue(inv, "Session-Expires") != "1800" || headerValue(inv, "Min-SE") != "90" || !lists(headerValues(inv, "Supported"), "timer") {
		t.Errorf("INVITE %s", inv)
	}
	s.reply(inv, 422, "far", "Min-SE: 3600")
	s.request(sipmsg.ACK)
	second := s.request(sipmsg.INVITE)
	if headerValue(second, "Session-Expires") != "3600" || headerValue(second, "Min-SE") != "3600" ||
		second.CallID().Value() != inv.CallID().Value() || second.CSeq().SeqNo != inv.CSeq().SeqNo+1 || second.From().Value() != inv.From().Value() {
		t.Errorf("second INVITE %s", second)
	}
}

func TestServerThatWantsEverLongerSessions(t *testing.T) {
	t.Parallel()
	p, s, inv := dialled(t)
	s.reply(inv, 422, "far", "Min-SE: 3600")
	s.reply(s.request(sipmsg.INVITE), 422, "far", "Min-SE: 7200")
	s.reply(s.request(sipmsg.INVITE), 422, "far", "Min-SE: 14400")
	p.ended("c1", call.Failed)
}

func TestWeRefreshByUpdate(t *testing.T) {
	t.Parallel()
	p, s, _ := timedCall(t, "Session-Expires: 2;refresher=uac", "Allow: INVITE, ACK, BYE, UPDATE")
	for range 2 {
		up := s.request(sipmsg.UPDATE)
		if headerValue(up, "Session-Expires") != "2;refresher=uac" || len(up.Body()) != 0 || firstContact(up) == nil || !lists(headerValues(up, "Supported"), "timer") {
			t.Errorf("UPDATE %s", up)
		}
		s.reply(up, 200, "", "Session-Expires: 2;refresher=uac")
	}
	p.Do(call.End{ID: "c1"})
	s.reply(s.request(sipmsg.BYE), 200, "")
	p.ended("c1", call.Completed)
}

// TestWeRefreshByInvite: our description stays word for word; what they say again is no news.
func TestWeRefreshByInvite(t *testing.T) {
	t.Parallel()
	p, s, _ := timedCall(t, "Session-Expires: 2;refresher=uac")
	re := s.request(sipmsg.INVITE)
	if string(re.Body()) != "v=0 offer" || headerValue(re, "Session-Expires") != "2;refresher=uac" {
		t.Errorf("re-INVITE %s", re)
	}
	p.Do(call.Reoffer{ID: "c1", SDP: []byte("v=0 hold")}) // waits for the refresh
	s.reply(re, 200, "", "Session-Expires: 2;refresher=uac", "SDP v=0 answer")
	s.request(sipmsg.ACK)
	hold := s.request(sipmsg.INVITE)
	if string(hold.Body()) != "v=0 hold" {
		t.Errorf("re-INVITE %s", hold)
	}
	s.reply(hold, 200, "", "Session-Expires: 2;refresher=uac", "SDP v=0 held")
	s.request(sipmsg.ACK)
	if e := event[call.OfferAnswered](p, "c1"); string(e.SDP) != "v=0 held" {
		t.Errorf("answer %q", e.SDP)
	}
	re = s.request(sipmsg.INVITE)
	if string(re.Body()) != "v=0 hold" {
		t.Errorf("the refresh of a held call says %q", re.Body())
	}
	s.reply(re, 200, "", "Session-Expires: 2;refresher=uac", "SDP v=0 elsewhere")
	if e := event[call.Refreshed](p, "c1"); string(e.SDP) != "v=0 elsewhere" {
		t.Errorf("answer %q", e.SDP)
	}
}

func TestRefreshThatIsRefused(t *testing.T) {
	t.Parallel()
	p, s, _ := timedCall(t, "Session-Expires: 2;refresher=uac", "Allow: INVITE, UPDATE")
	s.reply(s.request(sipmsg.UPDATE), 405, "")
	s.reply(s.request(sipmsg.INVITE), 422, "", "Min-SE: 3")
	re := s.request(sipmsg.INVITE)
	if headerValue(re, "Session-Expires") != "3;refresher=uac" {
		t.Errorf("re-INVITE %s", re)
	}
	s.reply(re, 488, "") // whoever answers is alive
	s.reply(s.request(sipmsg.INVITE), 481, "")
	s.reply(s.request(sipmsg.BYE), 481, "")
	p.ended("c1", call.Lost)
}

// TestServerIsAwayWhenWeRefresh: one refresh without an answer is not the end.
func TestServerIsAwayWhenWeRefresh(t *testing.T) {
	t.Parallel()
	p, s, _ := timedCall(t, "Session-Expires: 14;refresher=uac", "Allow: INVITE, ACK, BYE, UPDATE")
	s.request(sipmsg.UPDATE)
	s.reply(s.request(sipmsg.UPDATE), 200, "", "Session-Expires: 14;refresher=uac")
	p.Do(call.End{ID: "c1"})
	s.reply(s.request(sipmsg.BYE), 200, "")
	p.ended("c1", call.Completed)
}

func TestTheyDoNotRefresh(t *testing.T) {
	t.Parallel()
	p, s, f := timedCall(t, "Session-Expires: 3;refresher=uas", "Require: timer")
	s.send(f, "UPDATE", "u1", "Supported: timer", "Session-Expires: 3;refresher=uac")
	if res := s.response(200, sipmsg.UPDATE); headerValue(res, "Session-Expires") != "3;refresher=uac" || headerValue(res, "Require") != "timer" {
		t.Errorf("200 %s", res)
	}
	s.reply(s.request(sipmsg.BYE), 200, "")
	p.ended("c1", call.Lost)
}

// TestNoTimerNoEnd: a far end without session timers is neither asked nor left.
func TestNoTimerNoEnd(t *testing.T) {
	t.Parallel()
	p, s, f := timedCall(t, "Allow: INVITE, UPDATE")
	for m := s.read(3 * time.Second); m != nil; m = s.read(3 * time.Second) {
		if req, ok := m.(*sipmsg.Request); ok && req.CallID().Value() == f.callID { // others look after the server
			t.Fatalf("the phone sent %s", m)
		}
	}
	p.Do(call.End{ID: "c1"})
	s.reply(s.request(sipmsg.BYE), 200, "")
	p.ended("c1", call.Completed)
}

func TestSessionTimerOfAnIncomingCall(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		extra         []string
		granted, asks string
	}{
		"no word of it":   {nil, "", ""},
		"they refresh":    {[]string{"Supported: timer", "Session-Expires: 600"}, "600;refresher=uac", "timer"},
		"compact":         {[]string{"k: timer", "x: 600;refresher=uas"}, "600;refresher=uas", "timer"},
		"a proxy asks":    {[]string{"Session-Expires: 600"}, "600;refresher=uas", ""},
		"they know it":    {[]string{"Supported: timer"}, "1800;refresher=uas", "timer"},
		"nonsense in it":  {[]string{"Supported: timer", "Session-Expires: soon"}, "1800;refresher=uas", "timer"},
		"a timer at most": {[]string{"Require: timer", "Supported: timer", "Session-Expires: 90"}, "90;refresher=uac", "timer"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, s, _, in := rung(t, append(c.extra, "SDP v=0 offer")...)
			p.Do(call.Accept{ID: in.ID, SDP: []byte("v=0 answer")})
			ok := s.response(200, sipmsg.INVITE)
			if headerValue(ok, "Session-Expires") != c.granted || headerValue(ok, "Require") != c.asks {
				t.Errorf("200 %s", ok)
			}
		})
	}
}

func TestSessionTooShort(t *testing.T) {
	t.Parallel()
	p, s := registered(t)
	f := &far{callID: "short", from: "<sip:2@example.com>;tag=far", to: "<sip:1001@example.com>", uri: "sip:1001@" + s.from.String()}
	s.send(f, "INVITE", "in1", "Supported: timer", "Session-Expires: 30", "SDP v=0 offer")
	if res := s.response(422, sipmsg.INVITE); headerValue(res, "Min-SE") != "90" {
		t.Errorf("422 %s", res)
	}
	s.send(f, "ACK", "in1")
	s.send(f, "INVITE", "in2", "Supported: timer", "Session-Expires: 90", "SDP v=0 offer")
	in := next[call.Arrived](p, "incoming call", nil)
	p.Do(call.Accept{ID: in.ID, SDP: []byte("v=0 answer")})
	f.to = s.response(200, sipmsg.INVITE).To().Value()
	s.send(f, "ACK", "ack")
	s.send(f, "UPDATE", "u1", "Supported: timer", "Session-Expires: 30")
	s.response(422, sipmsg.UPDATE)
	s.send(f, "INVITE", "r1", "Supported: timer", "Session-Expires: 30", "SDP v=0 offer")
	s.response(422, sipmsg.INVITE)
}

// TestProbe: who is asked because nothing is heard of them stays in the call if they answer, whatever they say but that there is
// no such call.
func TestProbe(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		allow  string
		method sipmsg.RequestMethod
		status int // 0: no answer
		lost   bool
	}{
		{"INVITE, UPDATE", sipmsg.UPDATE, 200, false}, {"INVITE, UPDATE", sipmsg.UPDATE, 500, false}, {"INVITE, UPDATE", sipmsg.UPDATE, 481, true},
		{"INVITE", sipmsg.OPTIONS, 200, false}, {"INVITE", sipmsg.OPTIONS, 404, false},
		{"INVITE", sipmsg.OPTIONS, 408, true}, {"INVITE", sipmsg.OPTIONS, 504, true}, {"INVITE", sipmsg.OPTIONS, 481, true}, {"INVITE", sipmsg.OPTIONS, 0, true}, {"UPDATE", sipmsg.UPDATE, 0, true},
	} {
		t.Run(fmt.Sprint(c.method, c.status), func(t *testing.T) {
			t.Parallel()
			p, s, inv := dialled(t)
			s.reply(inv, 200, "far", "SDP v=0 answer", "Allow: "+c.allow)
			s.request(sipmsg.ACK)
			event[call.RemoteAnswered](p, "c1")
			p.Do(call.Probe{ID: "c1"})
			asked := s.within(c.method)
			if len(asked.Body()) != 0 {
				t.Errorf("%s", asked)
			}
			switch {
			case c.status == 0:
				s.within(sipmsg.BYE)
			case c.lost:
				s.reply(asked, c.status, "")
				s.within(sipmsg.BYE) // nobody answers it
			default:
				s.reply(asked, c.status, "")
				p.Do(call.End{ID: "c1"})
				s.reply(s.within(sipmsg.BYE), 200, "")
				p.ended("c1", call.Completed)
				return
			}
			began := time.Now()
			if r := p.ended("c1", call.Lost); r.Detail != "the far end is not there any more" || time.Since(began) > 10*testT1 {
				t.Errorf("%+v after %v", r, time.Since(began))
			}
		})
	}
}

// within waits for a request of this method in a dialog, and answers what the phone asks its server meanwhile.
func (s *peer) within(method sipmsg.RequestMethod) *sipmsg.Request {
	s.t.Helper()
	for late := time.Now().Add(patience); ; {
		req, ok := s.readUntil(late, false).(*sipmsg.Request)
		if !ok {
			continue
		}
		key := req.Via().Params.GetOr("branch", "")
		switch {
		case tagOf(req.To().Params) == "":
			s.reply(req, 200, "server")
		case req.Method == method && !s.seen[key]:
			s.seen[key] = true
			return req
		}
	}
}

// TestAbsent: what an answer to a question says, by why it was asked, and whether the time before brought none either.
func TestAbsent(t *testing.T) {
	for _, c := range []struct {
		status                                   int
		refreshing, wondering, checking, checked bool
	}{
		{481, true, true, true, true}, {408, true, true, false, true}, {silence, false, true, false, true},
		{477, false, true, false, true}, {478, false, true, false, true}, {502, false, true, false, true}, {504, false, true, false, true},
		{unknown, false, false, false, false}, {200, false, false, false, false}, {403, false, false, false, false},
		{404, false, false, false, false}, {405, false, false, false, false}, {491, false, false, false, false},
		{500, false, false, false, false}, {501, false, false, false, false}, {503, false, false, false, false}, {603, false, false, false, false},
	} {
		got := []bool{absent(c.status, refreshing, false), absent(c.status, wondering, false), absent(c.status, checking, false), absent(c.status, checking, true)}
		if want := []bool{c.refreshing, c.wondering, c.checking, c.checked}; !slices.Equal(got, want) {
			t.Errorf("%d: %v, want %v", c.status, got, want)
		}
	}
}

// TestProbeOfAHeldCall: who need not be heard is gone by its own word at once, by others' and by silence only twice in a row.
func TestProbeOfAHeldCall(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		answers []int // 0: none
		asked   int   // times until it is over; 0: it is not
	}{
		{[]int{481}, 1}, {[]int{408, 408}, 2}, {[]int{0, 504}, 2}, {[]int{0, 0}, 2},
		{[]int{0, 405, 0}, 0}, {[]int{408, 501, 408, 403}, 0}, {[]int{504, 200}, 0},
	} {
		t.Run(fmt.Sprint(c.answers), func(t *testing.T) {
			t.Parallel()
			p, s, inv := dialled(t)
			s.reply(inv, 200, "far", "SDP v=0 answer")
			s.request(sipmsg.ACK)
			event[call.RemoteAnswered](p, "c1")
			for _, status := range c.answers {
				p.Do(call.Probe{ID: "c1", Excused: true})
				if asked := s.within(sipmsg.OPTIONS); status != 0 {
					s.reply(asked, status, "")
				} else {
					s.serve(66 * testT1)
				}
				s.serve(4 * testT1) // until what was said is taken
			}
			if c.asked > 0 {
				s.within(sipmsg.BYE)
				p.ended("c1", call.Lost)
				return
			}
			p.Do(call.End{ID: "c1"})
			s.reply(s.within(sipmsg.BYE), 200, "")
			p.ended("c1", call.Completed)
		})
	}
}

// TestSignOfLifeBetweenQuestions: two questions of a held call that nobody answers are not two in a row when the far end was heard of
// meanwhile, by whichever request.
func TestSignOfLifeBetweenQuestions(t *testing.T) {
	t.Parallel()
	for name, sign := range map[string]func(*phone, *peer, *far){
		"a request of theirs": func(_ *phone, s *peer, f *far) {
			s.send(f, "INFO", "life")
			s.response(200, sipmsg.INFO)
		},
		"an answer to ours": func(p *phone, s *peer, _ *far) {
			p.Do(call.Reoffer{ID: "c1", SDP: []byte("v=0 offer")})
			s.reply(s.within(sipmsg.INVITE), 200, "", "SDP v=0 answer")
			s.within(sipmsg.ACK)
		},
		"a refusal of ours": func(p *phone, s *peer, _ *far) {
			p.Do(call.Refer{ID: "c1", Target: "1002"})
			s.reply(s.within(sipmsg.REFER), 603, "")
			event[call.TransferFailed](p, "c1")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, s, f := talking(t)
			for range 2 {
				p.Do(call.Probe{ID: "c1", Excused: true})
				s.reply(s.within(sipmsg.OPTIONS), 408, "")
				s.serve(4 * testT1)
				sign(p, s, f)
			}
			p.Do(call.End{ID: "c1"})
			s.reply(s.within(sipmsg.BYE), 200, "")
			p.ended("c1", call.Completed)
		})
	}
}

// serve answers what the phone asks its server, and nothing else, for a time. It returns what came in dialogs.
func (s *peer) serve(d time.Duration) (within []sipmsg.RequestMethod) {
	s.t.Helper()
	buf := make([]byte, 65535)
	for s.conn.SetReadDeadline(time.Now().Add(d)); ; {
		n, _, err := s.conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			return within
		}
		msg, err := sipmsg.ParseMessage(bytes.Clone(buf[:n]))
		req, ok := msg.(*sipmsg.Request)
		switch {
		case err != nil || !ok:
		case tagOf(req.To().Params) == "":
			s.reply(req, 200, "server")
		default:
			within = append(within, req.Method)
		}
	}
}

// TestProbeWhileTheServerIsAway: then silence says nothing of the far end.
func TestProbeWhileTheServerIsAway(t *testing.T) {
	t.Parallel()
	p, s, _ := talking(t)
	p.Do(call.Probe{ID: "c1"})
	p.line(call.LineUnreachable) // it does not answer to anything
	for late := time.Now().Add(64 * testT1); s.readUntil(late, true) != nil; {
	}
	p.Do(call.End{ID: "c1"})
	s.reply(s.within(sipmsg.BYE), 200, "")
	p.ended("c1", call.Completed)
}

func TestInfoCarriesDigits(t *testing.T) {
	t.Parallel()
	p, s, inv := dialled(t)
	s.reply(inv, 200, "far", "SDP v=0 answer", "Allow: INVITE, INFO")
	s.request(sipmsg.ACK)
	if e := event[call.FarEnd](p, "c1"); !e.Info {
		t.Errorf("%+v", e)
	}
	event[call.RemoteAnswered](p, "c1")
	p.Do(call.SendInfo{ID: "c1", Digits: "5#"})
	p.Do(call.SendInfo{ID: "c1", Digits: "A"})
	for _, want := range []string{"Signal=5\r\nDuration=160\r\n", "Signal=#\r\nDuration=160\r\n"} {
		info := s.request(sipmsg.INFO)
		if string(info.Body()) != want || headerValue(info, "Content-Type") != infoType {
			t.Errorf("INFO %s", info)
		}
		s.reply(info, 200, "")
	}
	s.reply(s.request(sipmsg.INFO), 415, "")
	if e := event[call.InfoRefused](p, "c1"); e.Digits != "A" {
		t.Errorf("%+v", e)
	}
}

func TestDigitsByInfo(t *testing.T) {
	t.Parallel()
	p, s, f := talking(t)
	for i, c := range []struct {
		kind, body string
		want       rune
	}{
		{"application/dtmf-relay", "Signal=5\r\nDuration=160\r\n", '5'},
		{"Application/DTMF-relay; x=1", "Duration= 250\r\nsignal = *\r\n", '*'},
		{"application/dtmf", "#", '#'},
		{"application/dtmf-relay", "Signal=11\r\n", '#'},
	} {
		f.seq++
		s.write(strings.Join([]string{
			"INFO " + f.uri + " SIP/2.0", "Via: SIP/2.0/UDP " + s.addr().String() + ";branch=z9hG4bKi" + string(rune('a'+i)), "From: " + f.from, "To: " + f.to,
			"Call-ID: " + f.callID, "CSeq: " + fmt.Sprint(f.seq, " INFO"), "Content-Type: " + c.kind, "", c.body,
		}, "\r\n"))
		if e := event[call.DigitReceived](p, "c1"); e.Digit != c.want {
			t.Errorf("%q: %c", c.body, e.Digit)
		}
		s.response(200, sipmsg.INFO)
	}
}

func TestCandidatesByInfo(t *testing.T) {
	t.Parallel()
	p, s, f := talking(t)
	f.seq++
	const fragment = "m=audio 9 RTP/AVP 0\r\na=candidate:1 1 UDP 1 192.0.2.9 5004 typ host\r\n"
	s.write(strings.Join([]string{
		"INFO " + f.uri + " SIP/2.0", "Via: SIP/2.0/UDP " + s.addr().String() + ";branch=z9hG4bKtrickle", "From: " + f.from, "To: " + f.to,
		"Call-ID: " + f.callID, "CSeq: " + fmt.Sprint(f.seq, " INFO"), "Info-Package: trickle-ice", "Content-Disposition: Info-Package",
		"Content-Type: application/trickle-ice-sdpfrag", "", fragment,
	}, "\r\n"))
	if e := event[call.Trickled](p, "c1"); string(e.Fragment) != fragment {
		t.Errorf("%q", e.Fragment)
	}
	s.response(200, sipmsg.INFO)
}

func FuzzDigitOf(f *testing.F) {
	for _, s := range []string{"Signal=5\r\nDuration=160\r\n", "5", "Signal=", "Signal=16", "\r\nSignal=D"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if d, ok := digitOf(b); ok && !strings.ContainsRune("0123456789*#ABCD", d) {
			t.Errorf("%q: %q", b, d)
		}
	})
}
