package sip

import (
	"strings"
	"testing"

	sipmsg "github.com/emiago/sipgo/sip"
)

func parse(t *testing.T, text string) sipmsg.Message {
	t.Helper()
	msg, err := sipmsg.ParseMessage([]byte(strings.ReplaceAll(strings.TrimLeft(text, "\n"), "\n", "\r\n")))
	if err != nil {
		t.Fatal(err)
	}
	return msg
}

const inviteText = `
INVITE sip:1001@192.0.2.1:5070 SIP/2.0
Via: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK1
Record-Route: <sip:p2.example.com;lr>, <sip:p1.example.com;lr>
From: "Bob" <sip:bob@example.com>;tag=bob
To: <sip:1001@example.com>
Call-ID: abc
CSeq: 7 INVITE
Contact: <sip:bob@192.0.2.9:5080;ob>;expires=5
Content-Length: 0

`

const answerText = `
SIP/2.0 200 OK
Via: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK1
Record-Route: <sip:p2.example.com;lr>, <sip:p1.example.com;lr>
From: "Bob" <sip:bob@example.com>;tag=bob
To: <sip:1001@example.com>;tag=ada
Call-ID: abc
CSeq: 7 INVITE
Contact: <sip:1001@192.0.2.1:5070>, <sip:other@192.0.2.66>
Content-Length: 0

`

func TestDialogOfTheCaller(t *testing.T) {
	d, err := uacDialog(parse(t, inviteText).(*sipmsg.Request), parse(t, answerText).(*sipmsg.Response))
	if err != nil {
		t.Fatal(err)
	}
	req := d.request(sipmsg.BYE)
	if req.Recipient.String() != "sip:1001@192.0.2.1:5070" || req.CSeq().Value() != "8 BYE" || d.localTag() != "bob" || d.remoteTag() != "ada" {
		t.Errorf("BYE %s", req)
	}
	// The caller sends through the proxies in the order the response lists them backwards (RFC 3261 §12.1.2).
	if r := req.GetHeaders("Route"); len(r) != 2 || r[0].Value() != "<sip:p1.example.com;lr>" || r[1].Value() != "<sip:p2.example.com;lr>" {
		t.Errorf("routes %v", r)
	}
	hop := d.nextHop()
	if hop.Host != "p1.example.com" {
		t.Errorf("next hop %s", hop.String())
	}
	if ack := d.ack(7); ack.CSeq().Value() != "7 ACK" {
		t.Errorf("ACK %s", ack)
	}
}

func TestDialogOfTheCalled(t *testing.T) {
	d, err := uasDialog(parse(t, inviteText).(*sipmsg.Request), "ada")
	if err != nil {
		t.Fatal(err)
	}
	req := d.request(sipmsg.INVITE)
	if req.Recipient.String() != "sip:bob@192.0.2.9:5080;ob" || req.From().Value() != "<sip:1001@example.com>;tag=ada" ||
		req.To().Value() != `"Bob" <sip:bob@example.com>;tag=bob` || req.CSeq().Value() != "1 INVITE" {
		t.Errorf("INVITE %s", req)
	}
	if r := req.GetHeaders("Route"); len(r) != 2 || r[0].Value() != "<sip:p2.example.com;lr>" {
		t.Errorf("routes %v", r)
	}
	for seq, want := range map[string]bool{"7": false, "6": false, "8": true} {
		probe := d
		in := parse(t, strings.Replace(inviteText, "CSeq: 7", "CSeq: "+seq, 1)).(*sipmsg.Request)
		if err := probe.receive(in); (err == nil) != want {
			t.Errorf("CSeq %s: %v", seq, err)
		}
	}
}

func TestStrictRouterTakesTheRequestURI(t *testing.T) {
	d, err := uacDialog(parse(t, inviteText).(*sipmsg.Request),
		parse(t, strings.Replace(answerText, "<sip:p1.example.com;lr>", "<sip:p1.example.com>", 1)).(*sipmsg.Response))
	if err != nil {
		t.Fatal(err)
	}
	req := d.request(sipmsg.BYE)
	r := req.GetHeaders("Route")
	if req.Recipient.String() != "sip:p1.example.com" || len(r) != 2 || r[1].Value() != "<sip:1001@192.0.2.1:5070>" {
		t.Errorf("BYE %s", req)
	}
}

func TestDialogNeedsTagAndContact(t *testing.T) {
	inv := parse(t, inviteText).(*sipmsg.Request)
	for _, text := range []string{
		strings.Replace(answerText, ";tag=ada", "", 1),
		strings.Replace(answerText, "Contact: <sip:1001@192.0.2.1:5070>, <sip:other@192.0.2.66>\n", "", 1),
		strings.Replace(answerText, "<sip:1001@192.0.2.1:5070>, <sip:other@192.0.2.66>", "*", 1),
	} {
		if _, err := uacDialog(inv, parse(t, text).(*sipmsg.Response)); err == nil {
			t.Errorf("a dialog was made from\n%s", text)
		}
	}
}

func TestParty(t *testing.T) {
	cases := []struct{ from, name, number, uri string }{
		{`"Ada \"the\" B\\C" <sip:+12025550142@example.com;user=phone>;tag=1`, `Ada "the" B\C`, "+12025550142", "sip:+12025550142@example.com;user=phone"},
		{`<sip:9%2310@example.com>;tag=1`, "", "9#10", "sip:9%2310@example.com"},
		{`Anonymous <sip:anonymous@anonymous.invalid>;tag=1`, "Anonymous", "anonymous", "sip:anonymous@anonymous.invalid"},
		{`<tel:+12025550142;phone-context=x>;tag=1`, "", "+12025550142", "tel:+12025550142;phone-context=x"},
		{`<sip:example.com>;tag=1`, "", "", "sip:example.com"},
	}
	for _, c := range cases {
		inv := parse(t, strings.Replace(inviteText, `"Bob" <sip:bob@example.com>;tag=bob`, c.from, 1)).(*sipmsg.Request)
		got := partyFrom(inv.From())
		if got.Name != c.name || got.Number != c.number || got.URI != c.uri {
			t.Errorf("%s: %+v", c.from, got)
		}
	}
}

func TestPrintable(t *testing.T) {
	got := printable("a\x1b[2Jb\u202ec\x80\xff\nd" + strings.Repeat("x", 500))
	if !strings.HasPrefix(got, "a[2Jbcd") || len([]rune(got)) != 128 {
		t.Errorf("%q", got)
	}
}

func TestAnsweredElsewhereReason(t *testing.T) {
	for value, want := range map[string]bool{
		`SIP;cause=200;text="Call completed elsewhere"`: true,
		`Q.850;cause=16, SIP ;cause=200`:                true,
		`SIP;cause=487`:                                 false,
		`Q.850;cause=200`:                               false,
		`SIP;cause=2001`:                                false,
		``:                                              false,
	} {
		req := sipmsg.NewRequest(sipmsg.CANCEL, sipmsg.Uri{Host: "example.com"})
		req.AppendHeader(sipmsg.NewHeader("Reason", value))
		if answeredElsewhere(req) != want {
			t.Errorf("%q", value)
		}
	}
}

func FuzzParty(f *testing.F) {
	f.Add(`"Ada \"x\" \\" <sip:1%23%4@example.com;user=phone?x=y>;tag=1`)
	f.Add(`<tel:+1-202;phone-context=x>`)
	f.Add(`sip:a@b`)
	f.Fuzz(func(t *testing.T, from string) {
		text := strings.ReplaceAll(inviteText, "\n", "\r\n")[2:]
		raw := strings.Replace(text, `"Bob" <sip:bob@example.com>;tag=bob`, from, 1)
		msg := complete(sipmsg.NewParser(), []byte(raw))
		if msg == nil {
			return
		}
		p := partyFrom(msg.From())
		for _, s := range []string{p.Name, p.Number, p.URI} {
			if s != printable(s) || len([]rune(s)) > 128 {
				t.Errorf("not fit to be shown: %q", s)
			}
		}
	})
}
