package sip

import (
	"strings"
	"testing"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"sidetone/internal/call"
)

// inviteWith is an INVITE for sip:1001@example.com with these header lines.
func inviteWith(t testing.TB, lines ...string) *sipmsg.Request {
	t.Helper()
	text := "INVITE sip:1001@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nFrom: <sip:+12025550143@example.com>;tag=1\r\n" +
		"To: <sip:1001@example.com>\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n" + strings.Join(lines, "\r\n") + "\r\nContent-Length: 0\r\n\r\n"
	m, err := sipmsg.ParseMessage([]byte(strings.ReplaceAll(text, "\r\n\r\nContent", "\r\nContent")))
	if err != nil {
		t.Skipf("no message: %v", err)
	}
	return m.(*sipmsg.Request)
}

func TestDivertedFrom(t *testing.T) {
	for name, c := range map[string]struct {
		lines []string
		want  string // name and number
	}{
		"nobody":         {nil, " "},
		"diversion":      {[]string{`Diversion: "Sales, \"north\"" <sip:+12025550123@example.com>;reason=no-answer;counter=1`}, `Sales, "north" +12025550123`},
		"two diversions": {[]string{"Diversion: <sip:2@example.com>;reason=user-busy, <sip:3@example.com>;reason=unconditional"}, " 3"},
		"on two lines":   {[]string{"Diversion: <sip:2@example.com>;reason=user-busy", "Diversion: <tel:+12025550123>;reason=unknown"}, " +12025550123"},
		"private":        {[]string{"Diversion: <sip:2@example.com>;privacy=full"}, " "},
		"not private":    {[]string{"Diversion: <sip:2@example.com>;privacy=\"off\""}, " 2"},
		"to ourselves":   {[]string{"Diversion: <sip:1001@example.com>;reason=no-answer"}, " "},
		"history": {[]string{"History-Info: <sip:+12025550123@example.com>;index=1, <sip:1001@example.com;cause=302>;index=1.1;mp=1"},
			" +12025550123"},
		"history of old":     {[]string{"History-Info: <sip:2@example.com?Reason=SIP%3Bcause%3D302>;index=1", "History-Info: <sip:1001@example.com>;index=1.1"}, " 2"},
		"history, no change": {[]string{"History-Info: <sip:2@example.com>;index=1, <sip:1001@192.0.2.1>;index=1.1"}, " "},
		"history, ours":      {[]string{"History-Info: <sip:1001@example.com>;index=1, <sip:1001@192.0.2.1;cause=302>;index=1.1"}, " "},
		"history, hidden":    {[]string{"Privacy: id;history", "History-Info: <sip:2@example.com>;index=1, <sip:1001@192.0.2.1;cause=302>;index=1.1"}, " "},
		"history, an entry":  {[]string{"History-Info: <sip:2@example.com?Privacy=history>;index=1, <sip:1001@192.0.2.1;cause=302>;index=1.1"}, " "},
		"nonsense":           {[]string{"Diversion: ;;;,<>,\""}, " "},
	} {
		p := divertedFrom(inviteWith(t, c.lines...))
		if got := p.Name + " " + p.Number; got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestSelfAnswering(t *testing.T) {
	for line, want := range map[string]time.Duration{
		"Call-Info: <sip:x@example.com>;answer-after=0":                              0,
		"Call-Info: <sip:x@example.com;a=b>; answer-after=5":                         5 * time.Second,
		"Call-Info: <http://example.com/i.png>;purpose=icon, <sip:x>;answer-after=1": time.Second,
		"Call-Info: <sip:x>;answer-after=9999":                                       longestRing,
		"Call-Info: <sip:x>;answer-after=soon":                                       0,
		"Alert-Info: <http://www.example.com>;info=alert-autoanswer;delay=0":         0,
		"Alert-Info: info=alert-autoanswer":                                          -1,
		"Alert-Info: ;info=alert-autoanswer":                                         0,
		"Alert-Info: Auto Answer":                                                    0,
		"Alert-Info: <Auto Answer>":                                                  0,
		"Alert-Info: Ring Answer":                                                    ringFirst,
		"Alert-Info: <http://127.0.0.1/>;info=\"Ring Answer\";delay=3":               3 * time.Second,
		"Alert-Info: <http://127.0.0.1/Bellcore-dr4>;delay=0":                        0,
		"Alert-Info: <http://127.0.0.1/x;delay=0>":                                   -1,
		"Alert-Info: <http://www.example.com>;info=alert-external":                   -1,
		"Alert-Info: <http://www.example.com>;info=alert-group;delay=0":              -1,
		"Answer-Mode: Auto":                                                          0,
		"Answer-Mode: auto;require":                                                  0,
		"Answer-Mode: Manual":                                                        -1,
		"P-Auto-Answer: normal":                                                      0,
		"P-Auto-Answer: no":                                                          -1,
		"X-Nothing: at all":                                                          -1,
	} {
		after, ok := selfAnswering(inviteWith(t, line))
		if ok != (want >= 0) || ok && after != want {
			t.Errorf("%s: %v %v", line, after, ok)
		}
	}
}

// FuzzWhatAnInviteSays: whatever stands in the headers that say who is called and how, what comes out is bounded and drawable.
func FuzzWhatAnInviteSays(f *testing.F) {
	f.Add("Diversion", "<sip:2@example.com>;reason=x, \"a\\\"b\" <tel:+1>")
	f.Add("History-Info", "<sip:2@example.com?Reason=SIP%3Bcause%3D302>;index=1,<sip:3@x>;index=1.1")
	f.Add("Alert-Info", "<x>;info=\"Ring Answer\";delay=-1")
	f.Add("Call-Info", "<x>;answer-after=99999999999")
	f.Fuzz(func(t *testing.T, name, value string) {
		if strings.ContainsAny(name+value, "\r\n") || name == "" {
			return
		}
		req := inviteWith(t, name+": "+value)
		p := divertedFrom(req)
		for _, s := range []string{p.Name, p.Number, p.URI} {
			if s != printable(s) {
				t.Errorf("%q: %q", value, s)
			}
		}
		if after, _ := selfAnswering(req); after < 0 || after > longestRing {
			t.Errorf("%q: %v", value, after)
		}
	})
}

func TestPBXWantsACallAnswered(t *testing.T) {
	t.Parallel()
	for _, allowed := range []bool{false, true} {
		s := newPeer(t)
		p := newPhone(t, nil)
		a := s.account()
		a.AutoAnswerHeaders = allowed
		p.Do(call.UseAccounts{Accounts: []call.Account{a}})
		s.reply(s.request(sipmsg.REGISTER), 200, "reg", "Expires: 300")
		p.line(call.LineReady)
		f := &far{callID: "in", from: "<sip:2@example.com>;tag=far", to: "<sip:1001@example.com>", uri: "sip:1001@" + s.from.String()}
		s.send(f, "INVITE", "in1", "SDP v=0", "Call-Info: <sip:x>;answer-after=4", "Diversion: \"Sales\" <sip:+12025550123@example.com>;reason=no-answer")
		in := next[call.Arrived](p, "incoming call", nil)
		if in.AutoAnswer != allowed || allowed && in.AnswerAfter != 4*time.Second {
			t.Errorf("allowed %v: %+v", allowed, in)
		}
		if in.Diverted.Name != "Sales" || in.Diverted.Number != "+12025550123" {
			t.Errorf("%+v", in.Diverted)
		}
	}
}

func TestByeSaysAnsweredElsewhere(t *testing.T) {
	t.Parallel()
	p, s, f, in := rung(t, "SDP v=0 offer")
	p.Do(call.SendRinging{ID: in.ID})
	f.to = s.response(180, sipmsg.INVITE).To().Value()
	s.send(f, "BYE", "b1", "Reason: Q.850;cause=26")
	s.response(487, sipmsg.INVITE)
	p.ended(in.ID, call.AnsweredElsewhere)
}
